//! A campaign: all runs of a suite with one vehicle and one driver, kept as they are played.
//!
//! In go a suite, a test stand and a folder; out come tables in that folder, `runs/SCENARIO/000000.parquet` and so on, one
//! for each [`Shard`] of [`SHARD_RUNS`] runs, written whole or not at all. What is written is never played again: a campaign
//! that was killed goes on where it was and ends with the same bytes. Memory does not grow with the number of runs. Runs know
//! no order, no threads and no machine; a driver outside is the only thing that could make them differ.

use crate::digest::{canonical, hex_of};
use crate::problem::ProvingError;
use crate::run_table::{self, RunRow};
use crate::sampler::Sampler;
use crate::stand::Stand;
use crate::suite::{LogicalScenario, Suite};
use crate::test_record::{RECORD_FILE, REPORT_FILES, TREE_FILE};
use rayon::prelude::*;
use record::{Rows, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Runs of one table: some seconds of work, so that little is lost when a campaign is killed.
pub const SHARD_RUNS: u64 = 500;
/// A driver that fails so often in a row is not called again: one that says nothing costs seconds each time.
const FAILURES_IN_A_ROW_MAX: u32 = 3;
/// What is played, in the campaign's folder.
pub const CAMPAIGN_FILE: &str = "campaign.json";
/// What the format is called.
const FORMAT: &str = "westline-campaign-1";

/// A campaign.
#[derive(Clone, Copy)]
pub struct Campaign<'a> {
    /// What is played.
    pub suite: &'a Suite,
    /// With what.
    pub stand: Stand<'a>,
    /// No scenario gets more runs than this, whatever the suite requires.
    pub runs_max: Option<u64>,
    /// Where results are kept.
    pub folder: &'a Path,
    /// Version and digest of the program that plays.
    pub software: (&'a str, &'a str),
}

/// The runs of one table: what is played, kept and lost as one.
#[derive(Clone, Debug)]
pub struct Shard<'a> {
    /// Of which scenario.
    pub scenario: &'a LogicalScenario,
    /// Its number in the scenario, from 0.
    pub number: u64,
    /// Numbers of its runs.
    pub runs: Range<u64>,
}

/// How often in a row the driver has failed.
#[derive(Debug, Default)]
pub struct Failures(AtomicU32);

impl Failures {
    fn count(&self, row: &RunRow) {
        match row.driver_failed {
            Some(_) => self.0.fetch_add(1, Ordering::Relaxed),
            None => self.0.swap(0, Ordering::Relaxed),
        };
    }

    fn are_too_many(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= FAILURES_IN_A_ROW_MAX
    }
}

/// Somebody who is told how far a campaign is.
pub trait Progress: Sync {
    /// A scenario begins.
    fn begins(&self, _scenario: &LogicalScenario) {}
    /// A run begins.
    fn run_begins(&self, _run: u64) {}
    /// What a person who watches should know: who plays, what is waited for.
    fn tells(&self, _what: &str) {}
    /// So many runs are done, or were done before.
    fn ran(&self, _runs: u64) {}
    /// Asked after each run: whether to stop here.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody is told.
impl Progress for () {}

/// Stops when the flag is set.
impl Progress for AtomicBool {
    fn is_stopped(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}

impl Campaign<'_> {
    /// The sampler of one of its scenarios.
    pub fn sampler<'s>(&self, scenario: &'s LogicalScenario) -> Sampler<'s> {
        let runs = self.runs_max.map_or(scenario.runs, |most| scenario.runs.min(most));
        let seed = self.stand.seed.child(&format!("proving.scenario.{}", scenario.id), 0);
        Sampler::new(scenario.sampler, &scenario.parameters, runs, seed)
    }

    /// How many runs there are in all.
    pub fn runs(&self) -> u64 {
        self.suite
            .scenarios
            .iter()
            .map(|scenario| self.sampler(scenario).runs())
            .sum()
    }

    /// What is played, and with what, as it is kept: two campaigns with the same have the same results. `asked` is how it
    /// was asked for, for whoever plays a run again.
    ///
    /// # Errors
    /// If a scenario cannot be played at all.
    pub fn identity(&self, asked: &Value) -> Result<Value, ProvingError> {
        let mut maps = BTreeMap::new();
        let mut scenarios = Vec::new();
        for scenario in &self.suite.scenarios {
            let sampler = self.sampler(scenario);
            let concrete = self.stand.concrete(scenario, &sampler.values(0));
            let map = concrete.ok().and_then(|concrete| {
                let roads = concrete.roads?;
                Some(roads.network().digest().to_owned())
            });
            if let Some(map) = map {
                maps.insert(scenario.id.clone(), map);
            }
            scenarios.push(json!({ "id": scenario.id, "runs": sampler.runs(), "sampler": scenario.sampler.word() }));
        }
        let mut files = BTreeMap::new();
        for path in self.stand.library.paths() {
            let content = self.stand.library.content(&path);
            let content = content.map_err(|error| ProvingError::Told(format!("{}: {error}", path.display())))?;
            files.insert(path.display().to_string(), hex_of(&content));
        }
        let sheet = self.stand.sheet;
        Ok(json!({
            "format": FORMAT,
            "asked": asked,
            "suite": { "name": self.suite.name, "digest": self.suite.digest },
            "vehicle": { "name": sheet.name, "digest": hex_of(format!("{sheet:?}").as_bytes()) },
            "driver": self.stand.under_test.name,
            "seed": self.stand.seed.0,
            "step_s": self.stand.step_s,
            "software": { "version": self.software.0, "digest": self.software.1 },
            "scenarios": scenarios,
            "files": files,
            "maps": maps,
        }))
    }

    /// Gets the folder ready: empty of an earlier campaign, or, to go on, with this one's.
    ///
    /// # Errors
    /// If the folder holds another campaign that is to be gone on with, or cannot be written.
    pub fn prepare(&self, resume: bool, asked: &Value) -> Result<Value, ProvingError> {
        let identity = self.identity(asked)?;
        let text = canonical(&identity);
        let file = self.folder.join(CAMPAIGN_FILE);
        let told = |path: &Path, error: std::io::Error| {
            ProvingError::Told(format!("{}: {error}\nhint: another folder with --out", path.display()))
        };
        let known = std::fs::read_to_string(&file).ok();
        match known {
            Some(known) if known == text && resume => return Ok(identity),
            Some(known) if resume => {
                let what = difference(&known, &identity);
                return Err(ProvingError::Told(format!(
                    "{}: another campaign is kept there: {what}\nhint: --out for this one, or begin anew without --resume",
                    file.display()
                )));
            }
            _ => {}
        }
        // Only what a campaign leaves is taken away; whatever else is in the folder stays.
        // What is not there needs no removing.
        let refused = |removed: std::io::Result<()>| removed.err().filter(|error| error.kind() != ErrorKind::NotFound);
        for name in ["runs", "evidence"] {
            let path = self.folder.join(name);
            if let Some(error) = refused(std::fs::remove_dir_all(&path)) {
                return Err(told(&path, error));
            }
        }
        for name in REPORT_FILES.into_iter().chain([RECORD_FILE, TREE_FILE]) {
            let path = self.folder.join(name);
            if let Some(error) = refused(std::fs::remove_file(&path)) {
                return Err(told(&path, error));
            }
        }
        std::fs::create_dir_all(self.folder).map_err(|error| told(self.folder, error))?;
        write_whole(&file, text.as_bytes())?;
        Ok(identity)
    }

    /// All shards, in the order in which they are played.
    pub fn shards(&self) -> impl Iterator<Item = Shard<'_>> {
        let of = move |scenario| (0..).map_while(move |number| self.shard_of(scenario, number));
        self.suite.scenarios.iter().flat_map(of)
    }

    /// One shard of a scenario, by the scenario's id.
    pub fn shard(&self, scenario: &str, number: u64) -> Option<Shard<'_>> {
        let mut scenarios = self.suite.scenarios.iter();
        self.shard_of(scenarios.find(|known| known.id == scenario)?, number)
    }

    fn shard_of<'s>(&self, scenario: &'s LogicalScenario, number: u64) -> Option<Shard<'s>> {
        let runs = self.sampler(scenario).runs();
        let first = number.checked_mul(SHARD_RUNS)?;
        (first < runs).then(|| Shard {
            scenario,
            number,
            runs: first..(first + SHARD_RUNS).min(runs),
        })
    }

    /// Where a shard's table is, or will be.
    pub fn shard_file(&self, shard: &Shard<'_>) -> PathBuf {
        table_file(self.folder, shard.scenario, shard.number)
    }

    /// Makes the folders for tables.
    ///
    /// # Errors
    /// If one cannot be made.
    pub fn make_folders(&self) -> Result<(), ProvingError> {
        self.suite.scenarios.iter().try_for_each(|scenario| {
            let folder = tables_of(self.folder, scenario);
            std::fs::create_dir_all(&folder).map_err(|error| {
                ProvingError::Told(format!(
                    "{}: cannot be made: {error}\nhint: another folder with --out",
                    folder.display()
                ))
            })
        })
    }

    /// Plays what is not there yet.
    ///
    /// # Errors
    /// If a table cannot be written, the driver fails again and again, or it is stopped; what was written is kept.
    pub fn play(&self, progress: &dyn Progress) -> Result<(), ProvingError> {
        let failures = Failures::default();
        self.make_folders()?;
        for shard in self.shards() {
            if shard.number == 0 {
                progress.begins(shard.scenario);
            }
            let file = self.shard_file(&shard);
            if file.exists() {
                progress.ran(shard.runs.end - shard.runs.start);
                continue;
            }
            self.play_shard(&shard, &BTreeMap::new(), &failures, progress)?
                .write(&file, &table_details(shard.scenario))?;
        }
        Ok(())
    }

    /// Plays the runs of one table. Those that are set aside, by their number with the reason, are not.
    ///
    /// # Errors
    /// If the driver fails again and again, or it is stopped.
    pub fn play_shard(
        &self,
        shard: &Shard<'_>,
        aside: &BTreeMap<u64, String>,
        failures: &Failures,
        progress: &dyn Progress,
    ) -> Result<Table, ProvingError> {
        let scenario = shard.scenario;
        let sampler = self.sampler(scenario);
        let count = (shard.runs.end - shard.runs.start) as usize;
        let rows = (0..count).into_par_iter().with_max_len(1).map(|number| {
            let run = shard.runs.start + number as u64;
            if progress.is_stopped() || failures.are_too_many() {
                return None;
            }
            let values = sampler.values(run);
            let row = match aside.get(&run) {
                Some(reason) => RunRow::from(&self.stand.set_aside(scenario, run, values, reason)),
                None => {
                    progress.run_begins(run);
                    let row = RunRow::from(&self.stand.play(scenario, run, values));
                    failures.count(&row);
                    row
                }
            };
            progress.ran(1);
            Some(row)
        });
        let rows: Vec<Option<RunRow>> = rows.collect();
        if rows.iter().any(Option::is_none) {
            let mut failed = rows.iter().flatten().filter_map(|row| row.driver_failed.clone());
            return Err(match failed.next_back().filter(|_| !progress.is_stopped()) {
                Some(reason) => ProvingError::Driver(format!(
                    "{reason}\nhint: it failed {FAILURES_IN_A_ROW_MAX} times in a row; finished runs are kept, go on with --resume"
                )),
                None => ProvingError::Interrupted,
            });
        }
        let mut table = run_table::table(scenario);
        rows.iter().flatten().for_each(|row| run_table::push(&mut table, row));
        Ok(table)
    }
}

/// Where a campaign's folder keeps the tables of a scenario.
fn tables_of(folder: &Path, scenario: &LogicalScenario) -> PathBuf {
    folder.join("runs").join(&scenario.id)
}

fn table_file(folder: &Path, scenario: &LogicalScenario, number: u64) -> PathBuf {
    tables_of(folder, scenario).join(format!("{number:06}.parquet"))
}

/// What a table of runs says of itself.
pub fn table_details(scenario: &LogicalScenario) -> BTreeMap<String, String> {
    BTreeMap::from([("scenario".to_owned(), scenario.id.clone())])
}

/// The runs that a folder keeps of a scenario, a table at a time, in order.
///
/// # Errors
/// From a table that cannot be read or is of another scenario.
pub fn kept_runs<'a>(
    folder: &Path,
    scenario: &'a LogicalScenario,
) -> impl Iterator<Item = Result<Vec<RunRow>, ProvingError>> + 'a {
    let folder = folder.to_owned();
    let files = (0u64..).map(move |number| table_file(&folder, scenario, number));
    files.take_while(|file| file.exists()).map(|file| {
        let read = Rows::read(&file)?;
        run_table::rows(scenario, &read).ok_or_else(|| {
            ProvingError::Told(format!(
                "{}: not a table of the scenario `{}`\nhint: the suite was changed since; prove it anew",
                file.display(),
                scenario.id
            ))
        })
    })
}

/// What differs between a campaign that is kept and another.
pub(crate) fn difference(known: &str, identity: &Value) -> String {
    let known: Value = serde_json::from_str(known).unwrap_or(Value::Null);
    let keys = [
        "asked",
        "suite",
        "vehicle",
        "driver",
        "seed",
        "software",
        "scenarios",
        "files",
        "step_s",
        "maps",
    ];
    let differs: Vec<&str> = keys.into_iter().filter(|key| known[key] != identity[key]).collect();
    match differs.is_empty() {
        true => "of another format".to_owned(),
        false => format!("with another {}", differs.join(", another ")),
    }
}

/// Writes a file beside its place and moves it there, so that nobody ever sees half of it.
///
/// # Errors
/// If it cannot be written.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), ProvingError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let written = std::fs::write(part, content).and_then(|()| std::fs::rename(part, path));
    written.map_err(|error| {
        // The part may never have come into being; what matters is told.
        let _ = std::fs::remove_file(part);
        ProvingError::Told(format!(
            "{}: cannot be written: {error}\nhint: finished runs are kept; go on with --resume",
            path.display()
        ))
    })
}
