//! What a campaign came to: counts, statistics, the worst runs, and a decision for each clause.
//!
//! In go the tables of a campaign, one after the other; out comes an [`Outcome`] whose size does not grow with the number
//! of runs. A clause is failed by one failed run, passed when all required runs were decided well, and else not decided,
//! with the reason. It plays nothing.

use crate::campaign::{Campaign, kept_runs};
use crate::figure::Figure;
use crate::problem::ProvingError;
use crate::run_table::RunRow;
use crate::statistics::{CONFIDENCE, Estimate, clopper_pearson};
use crate::suite::{LogicalScenario, Suite};
use crate::verdict::{Decision, Verdict, model_name, told};
use std::collections::{BTreeMap, BTreeSet};

/// Worst runs that are kept of each criterion.
pub const WORST: usize = 3;
/// Points of the parameter space that are kept of each scenario, for pictures.
pub const POINTS_MAX: usize = 4000;
/// Reasons that are told of each criterion.
const REASONS_MAX: usize = 5;

/// What a campaign came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Scenario by scenario, in the suite's order.
    pub scenarios: Vec<ScenarioOutcome>,
    /// Clause by clause, in the suite's order.
    pub clauses: Vec<ClauseOutcome>,
}

/// What became of one scenario.
#[derive(Clone, Debug, Default)]
pub struct ScenarioOutcome {
    /// Its id.
    pub id: String,
    /// Runs that the suite requires.
    pub required: u64,
    /// Runs that were made.
    pub runs: u64,
    /// Of these, all verdicts passed.
    pub passed: u64,
    /// One failed.
    pub failed: u64,
    /// None failed, one was not decided.
    pub undecided: u64,
    /// Not allowed by the scenario.
    pub refused: u64,
    /// The driver failed.
    pub driver_failed: u64,
    /// Simulated seconds.
    pub simulated_s: f64,
    /// Ids of the roads that the ego was on.
    pub roads: BTreeSet<String>,
    /// Share of failures of the runs that were decided: a probability if runs are random draws, else a share of a plan.
    pub failure: Option<Estimate>,
    /// Criterion by criterion.
    pub criteria: Vec<CriterionOutcome>,
    /// Reference drivers: name, runs that they avoided, runs that they played.
    pub references: Vec<(String, u64, u64)>,
    /// Runs for pictures.
    pub points: Vec<Point>,
}

/// What became of one criterion.
#[derive(Clone, Debug, Default)]
pub struct CriterionOutcome {
    /// Its clause.
    pub clause: String,
    /// In words.
    pub told: String,
    /// Runs.
    pub passed: u64,
    /// Runs.
    pub failed: u64,
    /// Runs.
    pub undecided: u64,
    /// Why not decided, and how often; the most frequent first.
    pub reasons: Vec<(String, u64)>,
    /// The runs with the least margins.
    pub worst: Vec<Worst>,
}

/// A run with little or no margin.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// Its number.
    pub run: u64,
    /// Values of the parameters.
    pub values: Vec<f64>,
    /// Digest of its states.
    pub digest: Option<String>,
    /// The least room to anybody: of runs with the same margin, the nearer is the worse.
    pub clearance_m: f64,
    /// The verdict.
    pub verdict: Verdict,
}

/// A run as a picture shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its number.
    pub run: u64,
    /// Values of the parameters.
    pub values: Vec<f64>,
    /// Its decision.
    pub decision: Decision,
    /// Whether each reference driver avoided every contact, in the scenario's order.
    pub avoided: Vec<bool>,
}

/// What became of one clause.
#[derive(Clone, Debug)]
pub struct ClauseOutcome {
    /// Its number.
    pub id: String,
    /// The decision, with the reason if there is none.
    pub decision: Decision,
    /// Runs that were judged by it: passed, failed, not decided.
    pub runs: [u64; 3],
    /// The least margin: scenario, criterion and run.
    pub worst: Option<(String, usize, Worst)>,
}

impl Outcome {
    /// Reads the tables of a campaign.
    ///
    /// # Errors
    /// From a table that cannot be read.
    pub fn of(campaign: &Campaign<'_>) -> Result<Outcome, ProvingError> {
        let scenarios = campaign.suite.scenarios.iter().map(|scenario| {
            let mut outcome = ScenarioOutcome::new(scenario);
            for rows in kept_runs(campaign.folder, scenario) {
                rows?.iter().for_each(|row| outcome.add(scenario, row));
            }
            outcome.close();
            Ok(outcome)
        });
        let scenarios: Vec<ScenarioOutcome> = scenarios.collect::<Result<_, ProvingError>>()?;
        let clauses = clauses(campaign.suite, &scenarios);
        Ok(Outcome { scenarios, clauses })
    }

    /// The whole: failed by one clause, passed by all.
    pub fn decision(&self) -> Decision {
        let count = |fits: fn(&Decision) -> bool| self.clauses.iter().filter(|clause| fits(&clause.decision)).count();
        let undecided = count(|decision| decision.reason().is_some());
        match count(|decision| *decision == Decision::Failed) {
            0 if undecided == 0 => Decision::Passed,
            0 => Decision::Undecided(format!("{undecided} of {} clauses are not decided", self.clauses.len())),
            _ => Decision::Failed,
        }
    }
}

impl ScenarioOutcome {
    fn new(scenario: &LogicalScenario) -> ScenarioOutcome {
        let criteria = scenario.criteria.iter().map(|criterion| CriterionOutcome {
            clause: criterion.clause.clone(),
            told: told(criterion.figure, criterion.bound),
            ..CriterionOutcome::default()
        });
        ScenarioOutcome {
            id: scenario.id.clone(),
            required: scenario.runs,
            criteria: criteria.collect(),
            references: scenario
                .boundary
                .iter()
                .map(|&model| (model_name(model).to_owned(), 0, 0))
                .collect(),
            ..ScenarioOutcome::default()
        }
    }

    fn add(&mut self, scenario: &LogicalScenario, row: &RunRow) {
        self.runs += 1;
        self.simulated_s += row.time_s.unwrap_or(0.0);
        for road in row
            .roads
            .iter()
            .filter(|road| !self.roads.contains(*road))
            .collect::<Vec<_>>()
        {
            self.roads.insert(road.clone());
        }
        self.refused += u64::from(row.refused.is_some());
        self.driver_failed += u64::from(row.driver_failed.is_some());
        let decision = row.decision();
        match &decision {
            Decision::Passed => self.passed += 1,
            Decision::Failed => self.failed += 1,
            Decision::Undecided(_) => self.undecided += 1,
        }
        for (reference, (_, avoided)) in self.references.iter_mut().zip(&row.references) {
            reference.1 += u64::from(*avoided);
            reference.2 += 1;
        }
        for (criterion, verdict) in self.criteria.iter_mut().zip(&row.verdicts) {
            criterion.add(row, verdict);
        }
        if self.points.len() < POINTS_MAX && !scenario.parameters.is_empty() {
            self.points.push(Point {
                run: row.index,
                values: row.values.clone(),
                decision,
                avoided: row.references.iter().map(|(_, avoided)| *avoided).collect(),
            });
        }
    }

    fn close(&mut self) {
        let decided = self.passed + self.failed;
        self.failure = (decided > 0).then(|| clopper_pearson(self.failed, decided, CONFIDENCE));
        for criterion in &mut self.criteria {
            criterion.reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            criterion.reasons.truncate(REASONS_MAX);
        }
    }
}

impl CriterionOutcome {
    fn add(&mut self, row: &RunRow, verdict: &Verdict) {
        match &verdict.decision {
            Decision::Passed => self.passed += 1,
            Decision::Failed => self.failed += 1,
            Decision::Undecided(reason) => {
                self.undecided += 1;
                // Reasons with figures in them could be as many as runs.
                match self.reasons.iter().position(|(known, _)| known == reason) {
                    Some(at) => self.reasons[at].1 += 1,
                    None if self.reasons.len() < 50 * REASONS_MAX => self.reasons.push((reason.clone(), 1)),
                    None => {}
                }
                return;
            }
        }
        let margin = |worst: &Worst| worst.verdict.margin.unwrap_or(f64::INFINITY);
        let worst = Worst {
            run: row.index,
            values: row.values.clone(),
            digest: row.digest.clone(),
            clearance_m: row.figure(Figure::CLEARANCE).unwrap_or(f64::INFINITY),
            verdict: verdict.clone(),
        };
        // Failures first, then by margin, by room, by number.
        let at = self.worst.partition_point(|known| {
            let passed = |worst: &Worst| worst.verdict.decision != Decision::Failed;
            let by_room = known.clearance_m.total_cmp(&worst.clearance_m);
            let by_margin = margin(known).total_cmp(&margin(&worst)).then(by_room);
            passed(known)
                .cmp(&passed(&worst))
                .then(by_margin)
                .then(known.run.cmp(&worst.run))
                .is_lt()
        });
        if at < WORST {
            self.worst.insert(at, worst);
            self.worst.truncate(WORST);
        }
    }
}

fn clauses(suite: &Suite, scenarios: &[ScenarioOutcome]) -> Vec<ClauseOutcome> {
    let of_clause = |id: &str| {
        let mut runs = [0u64; 3];
        let mut worst: Option<(String, usize, Worst)> = None;
        let mut open: BTreeMap<String, ()> = BTreeMap::new();
        let mut is_judged = false;
        for scenario in scenarios {
            for (index, criterion) in scenario
                .criteria
                .iter()
                .enumerate()
                .filter(|(_, known)| known.clause == id)
            {
                is_judged = true;
                runs = [
                    runs[0] + criterion.passed,
                    runs[1] + criterion.failed,
                    runs[2] + criterion.undecided,
                ];
                if scenario.runs < scenario.required {
                    let told = format!(
                        "{} of {} required runs of `{}`",
                        scenario.runs, scenario.required, scenario.id
                    );
                    open.insert(told, ());
                }
                if scenario.driver_failed > 0 {
                    open.insert(
                        format!(
                            "the driver failed in {} runs of `{}`",
                            scenario.driver_failed, scenario.id
                        ),
                        (),
                    );
                }
                if criterion.passed + criterion.failed == 0 {
                    let reason = criterion
                        .reasons
                        .first()
                        .map_or("no run", |(reason, _)| reason.as_str());
                    open.insert(format!("no run of `{}` was decided: {reason}", scenario.id), ());
                }
                if let Some(candidate) = criterion.worst.first() {
                    let margin = |worst: &Worst| worst.verdict.margin.unwrap_or(f64::INFINITY);
                    let has_failed = |worst: &Worst| worst.verdict.decision == Decision::Failed;
                    let is_worse = worst.as_ref().is_none_or(|(_, _, known)| {
                        let badness = |worst: &Worst| (has_failed(worst), -margin(worst), -worst.clearance_m);
                        badness(candidate) > badness(known)
                    });
                    if is_worse {
                        worst = Some((scenario.id.clone(), index, candidate.clone()));
                    }
                }
            }
        }
        let reasons: Vec<String> = open.into_keys().collect();
        let decision = match (runs[1] > 0, is_judged, reasons.is_empty()) {
            (true, _, _) => Decision::Failed,
            (false, false, _) => Decision::Undecided("nothing in this suite is judged by it yet".to_owned()),
            (false, true, false) => Decision::Undecided(reasons.join("; ")),
            (false, true, true) => Decision::Passed,
        };
        ClauseOutcome {
            id: id.to_owned(),
            decision,
            runs,
            worst,
        }
    };
    suite.clauses.iter().map(|clause| of_clause(&clause.id)).collect()
}
