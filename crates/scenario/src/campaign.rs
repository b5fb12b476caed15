//! All permutations of a distribution, each played with its measures, on as many threads as there are.
//!
//! In goes a [`Distribution`]; out comes one [`Outcome`] for each permutation, in their order, the same on any number of
//! threads unless somebody outside drives. Files, catalogs and roads are read once, through the [`Library`]. It writes
//! nothing and knows no verdicts.

use crate::distribution::{Assignments, Distribution};
use crate::files::Library;
use crate::measures::{Collision, Measure, Measures};
use crate::play::Driver;
use crate::problem::Severity;
use crate::read::{ReadOptions, read};
use crate::run::{Caller, Run};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// No campaign has more permutations: each leaves an outcome in memory, about 1 kB.
pub const PERMUTATIONS_MAX: u64 = 10_000_000;

/// What all runs of a campaign have in common.
pub struct Campaign<'a> {
    /// Where files are kept.
    pub library: &'a Library,
    /// What varies.
    pub distribution: &'a Distribution,
    /// Length of a step, seconds.
    pub step_s: f64,
    /// A run is stopped after this simulated time.
    pub time_s_max: f64,
    /// Who drives the ego.
    pub driver: Driver,
    /// The luck of stochastic values: each permutation takes the sample of its own number.
    pub seed: record::Seed,
    /// Parameters that are the same in all runs.
    pub parameters: Assignments,
    /// What is unknown in the file is no reason to refuse it.
    pub lenient: bool,
    /// Values from outside, for `UserDefinedValueCondition`, in all runs.
    pub user_values: &'a [(String, String)],
    /// For [`Driver::Outside`]: calls somebody to drive one run.
    pub outside: Option<&'a Caller<'a>>,
}

/// A driver that fails so often in a row is not called again: one that says nothing costs seconds each time.
const FAILURES_IN_A_ROW_MAX: u32 = 3;

/// What became of one permutation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Its values are not allowed, or the file is wrong: the first problem.
    Refused(String),
    /// The driver under test did not come, died or answered nonsense, or had done so too often before: why.
    DriverFailed(String),
    /// It was played.
    Played(Summary),
}

/// What a run left.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The storyboard ended by itself.
    pub has_ended: bool,
    /// When it was over.
    pub time_s: f64,
    /// Steps taken.
    pub steps: u64,
    /// How many pairs collided.
    pub collisions: usize,
    /// The first collision.
    pub first_collision: Option<Collision>,
    /// Worst moments by name.
    pub worst: Vec<Measure>,
}

impl Campaign<'_> {
    /// Plays all permutations. `done` is called after each, from any thread.
    pub fn play_all(&self, count: u64, done: impl Fn() + Sync) -> Vec<Outcome> {
        let failures_in_a_row = AtomicU32::new(0);
        let outcomes = (0..count).into_par_iter().map(|index| {
            let outcome = match failures_in_a_row.load(Ordering::Relaxed) >= FAILURES_IN_A_ROW_MAX {
                true => Outcome::DriverFailed(format!(
                    "not played: the driver had failed {FAILURES_IN_A_ROW_MAX} times in a row"
                )),
                false => self.play(index),
            };
            match outcome {
                Outcome::Played(_) => failures_in_a_row.store(0, Ordering::Relaxed),
                Outcome::DriverFailed(_) => {
                    failures_in_a_row.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Refused(_) => {}
            }
            done();
            outcome
        });
        outcomes.collect()
    }

    /// The parameters of one permutation.
    pub fn parameters(&self, index: u64) -> Assignments {
        let mut parameters = self.distribution.permutation(index).unwrap_or_default();
        parameters.extend(self.distribution.sample(self.seed, index));
        parameters.extend(self.parameters.iter().cloned());
        parameters
    }

    /// Plays one permutation.
    pub fn play(&self, index: u64) -> Outcome {
        let options = ReadOptions {
            lenient: self.lenient,
            parameters: self.parameters(index),
        };
        let reading = match read(self.library, &self.distribution.scenario, &options) {
            Ok(reading) => reading,
            Err(error) => {
                let first = error.0.iter().find(|problem| problem.severity == Severity::Error);
                return Outcome::Refused(first.map_or_else(String::new, |problem| problem.message.clone()));
            }
        };
        let run = Run {
            step_s: self.step_s,
            time_s_max: self.time_s_max,
            driver: self.driver,
            sheet: None,
            seed: self.seed,
            user_values: self.user_values,
            outside: self.outside,
        };
        let mut measures = Measures::default();
        let played = run.play(&reading.scenario, |player, step_s| {
            measures.observe(player, step_s);
            true
        });
        let end = match played {
            Ok(end) => end,
            Err(reason) => return Outcome::DriverFailed(reason),
        };
        let first = measures.collisions().min_by(|a, b| a.time_s.total_cmp(&b.time_s));
        Outcome::Played(Summary {
            has_ended: end.has_ended,
            time_s: end.player.time_s(),
            steps: end.steps,
            collisions: measures.collisions().count(),
            first_collision: first.cloned(),
            worst: measures.worst().cloned().collect(),
        })
    }
}
