//! The test stand: plays one concrete run of a logical scenario with the vehicle and the driver under test, and judges it.
//!
//! In go values for the scenario's parameters; out comes a [`Judged`] run. The vehicle is a data sheet: the ego gets its
//! box and its limits, whatever the scenario's file says of the ego, and the automated driver its dynamics. Where a
//! scenario declares `EgoLength_m`, `EgoWidth_m`, `EgoHeight_m` and `EgoMiddle_m`, these are set too, so that a run that is
//! saved as a file carries the box with it. The stand keeps nothing between runs.

use crate::figure::{Ending, Figure, Readings, Watch};
use crate::parameter::written;
use crate::sampler::Sampler;
use crate::suite::{LogicalScenario, Suite};
use crate::verdict::{Verdict, judge};
use driver::reference::Model;
use record::Seed;
use scenario::model::Scenario;
use scenario::{Caller, Driver, Library, Player, ReadOptions, Run, Severity};
use vehicle::DataSheet;

/// A check of a suite tries no more values of a scenario.
const RUNS_CHECKED: u64 = 64;
/// Standard gravity: braking limits of tyres.
const GRAVITY_MPS2: f64 = 9.81;

/// The driver under test.
#[derive(Clone, Copy)]
pub struct UnderTest<'a> {
    /// Its name on command lines.
    pub name: &'a str,
    /// Who it is.
    pub driver: Driver,
    /// For [`Driver::Outside`]: calls it.
    pub outside: Option<&'a Caller<'a>>,
}

/// Vehicle and driver under test, and the files they are tested with.
#[derive(Clone, Copy)]
pub struct Stand<'a> {
    /// Where files are kept.
    pub library: &'a Library,
    /// The vehicle.
    pub sheet: &'a DataSheet,
    /// The driver.
    pub under_test: UnderTest<'a>,
    /// Length of a step.
    pub step_s: f64,
    /// The campaign's luck.
    pub seed: Seed,
}

/// A run, played and judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Its number.
    pub index: u64,
    /// Values of the parameters, in their order.
    pub values: Vec<f64>,
    /// What became of it.
    pub fate: Fate,
    /// One a criterion, in their order.
    pub verdicts: Vec<Verdict>,
    /// Whether each reference driver avoided every contact; in the order of the scenario's.
    pub references: Vec<(Model, bool)>,
}

/// What a driver's run left.
struct Driven {
    time_s: f64,
    readings: Readings,
    digest: [u8; 32],
    roads: Vec<String>,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It was played.
    Played {
        /// Simulated time at its end.
        time_s: f64,
        /// What was seen.
        readings: Box<Readings>,
        /// SHA-256 of everybody's states ten times a second.
        digest: [u8; 32],
        /// Ids of the roads that the ego was on.
        roads: Vec<String>,
    },
    /// The scenario's constraints do not allow these values, or the file is wrong.
    Refused(String),
    /// The driver did not come, died or answered nonsense.
    DriverFailed(String),
    /// Whoever played it died of it, again and again.
    SetAside(String),
}

impl Suite {
    /// Reads each scenario with its first values, and tells what is wrong with those that cannot be played.
    pub fn check(&self, stand: &Stand<'_>) -> Vec<String> {
        let mut problems = Vec::new();
        for scenario in &self.scenarios {
            let seed = stand.seed.child(&format!("proving.scenario.{}", scenario.id), 0);
            let runs = scenario.runs.min(RUNS_CHECKED);
            let sampler = Sampler::new(scenario.sampler, &scenario.parameters, runs, seed);
            // Constraints may forbid some values; a scenario that allows none of a few is wrong.
            let read = (0..sampler.runs()).map(|index| stand.concrete(scenario, &sampler.values(index)));
            let mut first = None;
            let mut can_be_played = false;
            for result in read {
                match result {
                    Ok(concrete) if concrete.ego().is_none() => {
                        first = Some(format!("{}: nobody in it can be driven", scenario.file.display()));
                    }
                    Ok(_) => {
                        can_be_played = true;
                        break;
                    }
                    Err(problem) => {
                        first.get_or_insert(problem);
                    }
                }
            }
            if let Some(problem) = first.filter(|_| !can_be_played) {
                problems.push(format!("{}: scenario `{}`: {problem}", self.file, scenario.id));
            }
        }
        problems
    }
}

impl Stand<'_> {
    /// The parameters of a run as the scenario's file takes them.
    pub fn assignments(&self, scenario: &LogicalScenario, values: &[f64]) -> Vec<(String, String)> {
        let varied = scenario.parameters.iter().zip(values);
        let mut all: Vec<(String, String)> = varied
            .map(|(parameter, value)| (parameter.name.clone(), written(*value)))
            .collect();
        all.extend(scenario.fixed.iter().cloned());
        let size = self.sheet.dimensions;
        let declared = self.library.document(&scenario.file).ok();
        let declared = declared
            .as_ref()
            .and_then(|document| document.root.child("ParameterDeclarations"));
        for (name, value) in [
            ("EgoLength_m", size.length_m),
            ("EgoWidth_m", size.width_m),
            ("EgoHeight_m", size.height_m),
            ("EgoMiddle_m", size.middle_m()),
        ] {
            let is_declared = declared.is_some_and(|node| {
                node.children
                    .iter()
                    .any(|child| child.attribute("name").is_some_and(|attribute| attribute.value == name))
            });
            if is_declared {
                all.push((name.to_owned(), written(value)));
            }
        }
        all
    }

    /// The scenario with values put in and the vehicle under test in the ego's place.
    ///
    /// # Errors
    /// The first problem of the file with these values.
    pub fn concrete(&self, scenario: &LogicalScenario, values: &[f64]) -> Result<Scenario, String> {
        let options = ReadOptions {
            lenient: false,
            parameters: self.assignments(scenario, values),
        };
        let reading = scenario::read(self.library, &scenario.file, &options).map_err(|error| {
            let first = error.0.iter().find(|problem| problem.severity == Severity::Error);
            first.map_or_else(String::new, ToString::to_string)
        })?;
        let mut concrete = reading.scenario;
        if let Some(ego) = concrete.ego() {
            let size = self.sheet.dimensions;
            let form = &mut concrete.entities[ego];
            form.size_m = [size.length_m, size.width_m, size.height_m];
            form.centre_m = [size.middle_m(), 0.0, 0.5 * size.height_m];
            form.speed_mps_max = self.sheet.drive.speed_mps_max;
            let braking_mps2 = self.sheet.brake.force_n_max / self.sheet.mass.empty_kg;
            form.deceleration_mps2_max = braking_mps2.min(self.sheet.tyres.friction * GRAVITY_MPS2);
        }
        Ok(concrete)
    }

    /// Plays and judges a run.
    pub fn play(&self, scenario: &LogicalScenario, index: u64, values: Vec<f64>) -> Judged {
        self.play_watched(scenario, index, values, |_| {})
    }

    /// The same, with somebody else who sees each step of the driver under test.
    pub fn play_watched(
        &self,
        scenario: &LogicalScenario,
        index: u64,
        values: Vec<f64>,
        also: impl FnMut(&Player<'_>),
    ) -> Judged {
        let seed = self.run_seed(scenario, index);
        let concrete = match self.concrete(scenario, &values) {
            Ok(concrete) => concrete,
            Err(reason) => return self.not_played(scenario, index, values, Fate::Refused(reason)),
        };
        let driven = match self.drive(scenario, &concrete, self.under_test, seed, also) {
            Ok(driven) => driven,
            Err(reason) => return self.not_played(scenario, index, values, Fate::DriverFailed(reason)),
        };
        let references = scenario.boundary.iter().map(|&model| {
            let reference = UnderTest {
                name: "",
                driver: Driver::Reference(model),
                outside: None,
            };
            let driven = self.drive(scenario, &concrete, reference, seed, |_| {});
            let impact = driven
                .ok()
                .and_then(|driven| driven.readings.get(Figure::IMPACT).map(|hit| hit.value));
            (model, impact == Some(0.0))
        });
        let references: Vec<(Model, bool)> = references.collect();
        let verdicts = scenario
            .criteria
            .iter()
            .map(|criterion| judge(criterion, &driven.readings, &references));
        Judged {
            index,
            values,
            verdicts: verdicts.collect(),
            references,
            fate: Fate::Played {
                time_s: driven.time_s,
                readings: Box::new(driven.readings),
                digest: driven.digest,
                roads: driven.roads,
            },
        }
    }

    /// A run of the driver under test as a picture.
    ///
    /// # Errors
    /// If it cannot be played.
    pub fn storyboard(&self, scenario: &LogicalScenario, index: u64, values: &[f64]) -> Result<String, String> {
        let mut concrete = self.concrete(scenario, values)?;
        concrete.name = format!("{}, run {index}", scenario.title);
        let mut time_s = 0.0;
        // As long as it was judged.
        self.play_watched(scenario, index, values.to_vec(), |player| time_s = player.time_s());
        let run = Run {
            step_s: self.step_s,
            time_s_max: time_s,
            driver: self.under_test.driver,
            sheet: Some(self.sheet),
            seed: self.run_seed(scenario, index),
            user_values: &[],
            outside: self.under_test.outside,
        };
        scenario::picture::storyboard_of(&concrete, &run)
    }

    /// The luck of one run.
    pub fn run_seed(&self, scenario: &LogicalScenario, index: u64) -> Seed {
        self.seed.child(&format!("proving.run.{}", scenario.id), index)
    }

    /// A run that nobody can play.
    pub fn set_aside(&self, scenario: &LogicalScenario, index: u64, values: Vec<f64>, reason: &str) -> Judged {
        self.not_played(scenario, index, values, Fate::SetAside(reason.to_owned()))
    }

    fn not_played(&self, scenario: &LogicalScenario, index: u64, values: Vec<f64>, fate: Fate) -> Judged {
        let reason = match &fate {
            Fate::Refused(reason) => format!("the scenario does not allow these values: {reason}"),
            Fate::DriverFailed(reason) => format!("the driver failed: {reason}"),
            Fate::SetAside(reason) => format!("set aside: {reason}"),
            Fate::Played { .. } => String::new(),
        };
        let verdicts = scenario
            .criteria
            .iter()
            .map(|criterion| Verdict::undecided(criterion, &reason));
        Judged {
            index,
            values,
            verdicts: verdicts.collect(),
            references: Vec::new(),
            fate,
        }
    }

    fn drive(
        &self,
        logical: &LogicalScenario,
        concrete: &Scenario,
        who: UnderTest<'_>,
        seed: Seed,
        mut also: impl FnMut(&Player<'_>),
    ) -> Result<Driven, String> {
        let run = Run {
            step_s: self.step_s,
            time_s_max: logical.duration_s,
            driver: who.driver,
            sheet: Some(self.sheet),
            seed,
            user_values: &[],
            outside: who.outside,
        };
        let ego = concrete.ego();
        let mut watch = Watch::new(ego);
        let end = run.play(concrete, |player, step_s| {
            watch.observe(player, step_s);
            also(player);
            watch.goes_on(player, logical)
        })?;
        let network = concrete.roads.as_ref().map(|roads| roads.network());
        let id = |&road: &usize| network.map(|network| network.roads()[road].id.clone());
        let roads = watch.roads().iter().filter_map(id).collect();
        let (readings, digest) = watch.finish(&Ending::of(&end.player, ego));
        Ok(Driven {
            time_s: end.player.time_s(),
            readings,
            digest,
            roads,
        })
    }
}
