//! Two campaigns of one suite compared, run by run: what got better, what got worse.
//!
//! In go the folders of two campaigns; out come counts and the runs that changed, the worst first. Runs are held against
//! each other where they have the same number and the same values. It plays nothing.

use crate::campaign::kept_runs;
use crate::problem::ProvingError;
use crate::run_table::RunRow;
use crate::suite::LogicalScenario;
use crate::verdict::Decision;
use std::path::Path;

/// Changed runs that are kept of each scenario and direction.
const CHANGES_MAX: usize = 20;
/// A change of the least margin that is smaller is none.
const MARGIN_SLACK: f64 = 1e-9;

/// What changed in a scenario.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Its id.
    pub id: String,
    /// Runs that both campaigns have.
    pub both: u64,
    /// Runs with other values or that only one has.
    pub apart: u64,
    /// Failed before, and does not now.
    pub mended: u64,
    /// Did not fail before, and does now.
    pub broken: u64,
    /// The same decision with more margin, with less.
    pub margin: [u64; 2],
    /// States of everybody are the same bit for bit.
    pub same: u64,
    /// Runs that are broken, those nearest to passing last.
    pub worse: Vec<Change>,
    /// Runs that are mended.
    pub better: Vec<Change>,
}

/// A run whose decision changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number.
    pub run: u64,
    /// Values of the parameters.
    pub values: Vec<f64>,
    /// Least margins before and now.
    pub margins: [Option<f64>; 2],
}

/// Compares a scenario's runs of two folders.
///
/// # Errors
/// From a table that cannot be read.
pub fn compare(before: &Path, now: &Path, scenario: &LogicalScenario) -> Result<Comparison, ProvingError> {
    let mut comparison = Comparison {
        id: scenario.id.clone(),
        ..Comparison::default()
    };
    let (mut old, mut new) = (kept_runs(before, scenario), kept_runs(now, scenario));
    loop {
        let (old, new) = (old.next().transpose()?, new.next().transpose()?);
        let (old, new) = match (old, new) {
            (None, None) => break,
            (old, new) => (old.unwrap_or_default(), new.unwrap_or_default()),
        };
        comparison.apart += old.len().abs_diff(new.len()) as u64;
        for (old, new) in old.iter().zip(&new) {
            comparison.add(old, new);
        }
    }
    let by_margin = |a: &Change, b: &Change| {
        let margin = |change: &Change| change.margins[1].unwrap_or(f64::INFINITY);
        margin(a).total_cmp(&margin(b)).then(a.run.cmp(&b.run))
    };
    comparison.worse.sort_by(by_margin);
    comparison.better.sort_by(by_margin);
    comparison.worse.truncate(CHANGES_MAX);
    comparison.better.truncate(CHANGES_MAX);
    Ok(comparison)
}

impl Comparison {
    fn add(&mut self, old: &RunRow, new: &RunRow) {
        if old.index != new.index || old.values != new.values {
            self.apart += 1;
            return;
        }
        self.both += 1;
        self.same += u64::from(old.digest.is_some() && old.digest == new.digest);
        let change = || Change {
            run: new.index,
            values: new.values.clone(),
            margins: [old.margin(), new.margin()],
        };
        match (old.decision() == Decision::Failed, new.decision() == Decision::Failed) {
            (true, false) => {
                self.mended += 1;
                self.better.push(change());
            }
            (false, true) => {
                self.broken += 1;
                self.worse.push(change());
            }
            _ => {
                if let (Some(before), Some(now)) = (old.margin(), new.margin()) {
                    self.margin[0] += u64::from(now > before + MARGIN_SLACK);
                    self.margin[1] += u64::from(now < before - MARGIN_SLACK);
                }
            }
        }
        // Memory stays flat: no more than twice what is told is kept.
        for kept in [&mut self.worse, &mut self.better] {
            if kept.len() > 2 * CHANGES_MAX {
                kept.sort_by(|a, b| {
                    let margin = |change: &Change| change.margins[1].unwrap_or(f64::INFINITY);
                    margin(a).total_cmp(&margin(b)).then(a.run.cmp(&b.run))
                });
                kept.truncate(CHANGES_MAX);
            }
        }
    }
}
