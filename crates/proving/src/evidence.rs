//! Evidence: recordings of the runs that matter, and any run reproduced bit for bit.
//!
//! In go a campaign and what it came to; out come `evidence/SCENARIO-RUN.mcap`, one for each of the worst runs, played again
//! from seed and values. Each is held against the digest that was kept when the run was judged: evidence that shows another
//! run is an error, not evidence.

use crate::campaign::{Campaign, Progress, kept_runs};
use crate::digest::hex_of;
use crate::problem::ProvingError;
use crate::result::Outcome;
use crate::run_table::RunRow;
use crate::suite::LogicalScenario;
use rayon::prelude::*;
use record::RecordError;
use scenario::Player;
use scenario::recording::{Near, Recorder};
use std::collections::BTreeMap;
use std::path::Path;

/// Seconds before and after a verdict's moment that its segment of the recording spans.
pub const SEGMENT_S: [f64; 2] = [5.0, 2.0];

/// Evidence shows the map so far around where the ego begins: a run goes some hundred metres, a town is large.
const MAP_REACH_M: f64 = 600.0;

/// A recording of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Its path below the campaign's folder.
    pub path: String,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
}

/// Recordings by scenario and run.
pub type AllEvidence = BTreeMap<(String, u64), Evidence>;

/// Records the worst runs of a campaign.
///
/// # Errors
/// If a file cannot be written, or a run is not what it was.
pub fn record_worst(
    campaign: &Campaign<'_>,
    outcome: &Outcome,
    progress: &dyn Progress,
) -> Result<AllEvidence, ProvingError> {
    let folder = campaign.folder.join("evidence");
    std::fs::create_dir_all(&folder)
        .map_err(|error| ProvingError::Told(format!("{}: cannot be made: {error}", folder.display())))?;
    let mut wanted: BTreeMap<(String, u64), (&LogicalScenario, Option<String>)> = BTreeMap::new();
    for (scenario, of) in campaign.suite.scenarios.iter().zip(&outcome.scenarios) {
        for worst in of.criteria.iter().flat_map(|criterion| &criterion.worst) {
            wanted.insert((scenario.id.clone(), worst.run), (scenario, worst.digest.clone()));
        }
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let recorded = wanted.into_par_iter().map(|((id, run), (scenario, digest))| {
        if progress.is_stopped() {
            return Err(ProvingError::Interrupted);
        }
        let path = format!("evidence/{id}-{run:06}.mcap");
        let file = campaign.folder.join(&path);
        let row = reproduce(campaign, scenario, run, Some(&file))?;
        if row.digest != digest {
            return Err(ProvingError::Told(format!(
                "{}: run {run} of `{id}` is not what it was when it was judged\nhint: a driver outside has to answer the same to the same; begin anew without --resume if the program was changed",
                file.display()
            )));
        }
        let content = std::fs::read(&file).map_err(|error| ProvingError::Told(format!("{}: {error}", file.display())))?;
        let digest = hex_of(&content);
        Ok(((id, run), Evidence { path, digest }))
    });
    recorded.collect()
}

/// Plays one run again, and records it if a file is named.
///
/// # Errors
/// If the file cannot be written.
pub fn reproduce(
    campaign: &Campaign<'_>,
    scenario: &LogicalScenario,
    run: u64,
    file: Option<&Path>,
) -> Result<RunRow, ProvingError> {
    let sampler = campaign.sampler(scenario);
    let mut recorder: Option<Recorder> = None;
    let mut failure: Option<RecordError> = None;
    let mut beside = file.map(|file| file.as_os_str().to_owned()).unwrap_or_default();
    beside.push(".part");
    let beside = Path::new(&beside);
    let judged = campaign
        .stand
        .play_watched(scenario, run, sampler.values(run), |player: &Player<'_>| {
            if file.is_none() || failure.is_some() {
                return;
            }
            let written = match &mut recorder {
                Some(recorder) => recorder.observe(player),
                None => {
                    let ego = player.scenario().ego().map(|ego| player.bodies()[ego].pose);
                    let near = ego.map(|pose| Near {
                        x_m: pose.x_m,
                        y_m: pose.y_m,
                        reach_m: MAP_REACH_M,
                    });
                    let made = Recorder::create(beside, player.scenario(), campaign.stand.seed.0, near);
                    made.and_then(|mut made| {
                        made.observe(player)?;
                        recorder = Some(made);
                        Ok(())
                    })
                }
            };
            failure = written.err();
        });
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    if let (Some(recorder), Some(file)) = (recorder, file) {
        recorder.finish()?;
        std::fs::rename(beside, file).map_err(|error| ProvingError::Told(format!("{}: {error}", file.display())))?;
    }
    Ok(RunRow::from(&judged))
}

/// A run as the campaign's tables keep it.
///
/// # Errors
/// If a table cannot be read or has no such run.
pub fn kept_run(folder: &Path, scenario: &LogicalScenario, run: u64) -> Result<RunRow, ProvingError> {
    for rows in kept_runs(folder, scenario) {
        if let Some(row) = rows?.into_iter().find(|row| row.index == run) {
            return Ok(row);
        }
    }
    Err(ProvingError::Told(format!(
        "{}: no run {run} of `{}` is kept there\nhint: runs are counted from 0",
        folder.display(),
        scenario.id
    )))
}
