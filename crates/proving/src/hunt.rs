//! A logical scenario hunted for failures, and its probability of failure estimated, with the driver under test.
//!
//! In go a test stand and a scenario; out come what [`crate::search`] and [`crate::rare_event`] make of it, with values
//! instead of shares. The objective is the least margin of the run's criteria; where nobody was touched, how near it came
//! takes the place of an impact of 0, so that the search feels its way. Points of a generation are played on all threads.

use crate::figure::Figure;
use crate::problem::ProvingError;
use crate::rare_event::{self, Budget, RareEvent};
use crate::run_table::RunRow;
use crate::sampler::{Sampler, SamplerKind};
use crate::search::{self, Search};
use crate::stand::Stand;
use crate::statistics::CONFIDENCE;
use crate::suite::LogicalScenario;
use crate::verdict::Decision;
use rayon::prelude::*;
use record::Seed;

/// How far apart points of the boundary are, of the unit cube.
const BOUNDARY_STEP: f64 = 0.06;
/// Beyond this, nobody came near.
const CLEARANCE_M_MAX: f64 = 100.0;

/// What a hunt found.
#[derive(Clone, Debug, Default)]
pub struct Hunt {
    /// Runs in all.
    pub runs: usize,
    /// Of these, failures.
    pub failures: usize,
    /// Values of the worst run, and its objective.
    pub worst: Option<(Vec<f64>, f64)>,
    /// The worst run made as plain as it can be, if it fails.
    pub plainest: Option<Vec<f64>>,
    /// Points of the boundary between pass and fail.
    pub boundary: Vec<Vec<f64>>,
}

/// A scenario on a stand, as a function of shares.
struct Target<'a> {
    stand: &'a Stand<'a>,
    scenario: &'a LogicalScenario,
    sampler: Sampler<'a>,
}

impl<'a> Target<'a> {
    fn new(stand: &'a Stand<'a>, scenario: &'a LogicalScenario) -> Target<'a> {
        let sampler = Sampler::new(SamplerKind::MonteCarlo, &scenario.parameters, 1, seed(stand, scenario));
        Target {
            stand,
            scenario,
            sampler,
        }
    }

    /// The objective at values; nothing if the scenario does not allow them or nothing was decided.
    fn at_values(&self, values: Vec<f64>) -> Result<Option<f64>, ProvingError> {
        let row = RunRow::from(&self.stand.play(self.scenario, 0, values));
        match &row.driver_failed {
            Some(reason) => Err(ProvingError::Driver(reason.clone())),
            None => Ok(objective(self.scenario, &row)),
        }
    }

    fn ask(&self, points: &[Vec<f64>]) -> Result<Vec<Option<f64>>, ProvingError> {
        points
            .par_iter()
            .map(|point| self.at_values(self.sampler.at(point)))
            .collect()
    }
}

fn seed(stand: &Stand<'_>, scenario: &LogicalScenario) -> Seed {
    stand.seed.child(&format!("proving.hunt.{}", scenario.id), 0)
}

/// The least margin of what was decided.
pub fn objective(scenario: &LogicalScenario, row: &RunRow) -> Option<f64> {
    let clearance_m = row.figure(Figure::CLEARANCE);
    let margins = scenario
        .criteria
        .iter()
        .zip(&row.verdicts)
        .filter_map(|(criterion, verdict)| {
            let margin = verdict.margin?;
            match verdict.decision {
                Decision::Undecided(_) => None,
                // An impact of 0 is no margin: how near it came is.
                Decision::Passed if criterion.figure == Figure::IMPACT => {
                    Some(margin.max(0.0) + clearance_m.unwrap_or(CLEARANCE_M_MAX).min(CLEARANCE_M_MAX))
                }
                Decision::Passed => Some(margin.max(0.0)),
                // A touch at the same speed is a failure all the same.
                Decision::Failed => Some(margin.min(-1e-9)),
            }
        });
    margins.reduce(f64::min)
}

/// Searches for failures with at most `runs` points, follows the boundary and shrinks the worst case.
///
/// # Errors
/// If the driver fails.
pub fn hunt(
    stand: &Stand<'_>,
    scenario: &LogicalScenario,
    runs: usize,
    boundary_points: usize,
) -> Result<Hunt, ProvingError> {
    let target = Target::new(stand, scenario);
    let seed = seed(stand, scenario);
    let mut found: Search = search::search(scenario.parameters.len(), runs, seed, |points| target.ask(points))?;
    let boundary = match boundary_points {
        0 => Vec::new(),
        points => search::follow_boundary(&mut found, points, BOUNDARY_STEP, seed, |point| {
            target.at_values(target.sampler.at(point))
        })?,
    };
    let worst = found.worst().filter(|worst| worst.value.is_finite());
    let worst = worst.map(|worst| (target.sampler.at(&worst.point), worst.value));
    let plainest = match &worst {
        Some((values, value)) if *value < 0.0 => Some(plainest(stand, scenario, values)?),
        _ => None,
    };
    Ok(Hunt {
        runs: found.seen.len(),
        failures: found.failures(),
        worst,
        plainest,
        boundary: boundary.iter().map(|point| target.sampler.at(point)).collect(),
    })
}

/// Makes failing values as plain as they can be: as near as possible to the middle of each parameter's law.
///
/// # Errors
/// If the driver fails.
pub fn plainest(stand: &Stand<'_>, scenario: &LogicalScenario, failing: &[f64]) -> Result<Vec<f64>, ProvingError> {
    let target = Target::new(stand, scenario);
    let plain: Vec<f64> = scenario
        .parameters
        .iter()
        .map(|parameter| parameter.value(0.5))
        .collect();
    search::shrink(failing, &plain, |values| {
        let value = target.at_values(values.to_vec())?;
        Ok(value.is_some_and(|value| value < 0.0))
    })
}

/// Estimates the probability of failure under the parameters' laws.
///
/// # Errors
/// If the driver fails.
pub fn failure_probability(
    stand: &Stand<'_>,
    scenario: &LogicalScenario,
    budget: Budget,
) -> Result<RareEvent, ProvingError> {
    let target = Target::new(stand, scenario);
    let seed = seed(stand, scenario);
    rare_event::estimate(scenario.parameters.len(), budget, seed, CONFIDENCE, |points| {
        target.ask(points)
    })
}
