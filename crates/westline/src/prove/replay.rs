//! `westline replay`: one verdict's run again, bit for bit, or why a vehicle of a recorded day did what it did.
//!
//! What a run is and how it is judged is `proving`'s; here is the command's grammar, the search for the campaign that a verdict
//! belongs to, and both results side by side.

use super::with_kept_campaign;
use crate::arguments::TEMPLATE;
use crate::{Answer, explain, output};
use anyhow::{Result, anyhow};
use clap::Args;
use proving::campaign::CAMPAIGN_FILE;
use proving::evidence;
use proving::test_record::{self, RECORD_FILE};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// `westline replay`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline replay out/yongchuan/2026-05-18-1/recording.mcap --explain 07:42:10
  westline replay recording.mcap --explain 07:42 --vehicle minibus-2 --json
  westline replay --verdict 0c1d2e3f4a5b.cut-in.1042.0
  westline replay --verdict 0c1d2e3f4a5b.cut-in.1042.0 --record run.mcap
  westline replay --verdict 0c1d2e3f4a5b.cut-in.1042.0 --out results/july
")]
pub struct ReplayArguments {
    /// A recording of `westline run`, to be asked with --explain.
    #[arg(value_name = "RECORDING", requires = "explain", required_unless_present = "verdict")]
    pub recording: Option<PathBuf>,
    /// Tell why the vehicles did what they did at this time of day.
    #[arg(long, value_name = "HH:MM:SS", value_parser = crate::arguments::time_of_day, requires = "recording")]
    pub explain: Option<f64>,
    /// Only this vehicle [default: all on the road then].
    #[arg(long, value_name = "NAME", requires = "explain")]
    pub vehicle: Option<String>,
    /// Print it as JSON.
    #[arg(long, requires = "explain")]
    pub json: bool,
    /// The verdict's name, as reports and records have it.
    #[arg(long, value_name = "ID", conflicts_with = "explain")]
    pub verdict: Option<String>,
    /// Folder of the campaign [default: the one below out/prove that the name belongs to].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write a recording of the run.
    #[arg(long, value_name = "FILE.mcap", requires = "verdict")]
    pub record: Option<PathBuf>,
}

pub fn execute(arguments: &ReplayArguments) -> Result<Answer> {
    if let (Some(recording), Some(clock_s)) = (&arguments.recording, arguments.explain) {
        return explain::execute(&explain::Question {
            recording,
            clock_s,
            vehicle: arguments.vehicle.as_deref(),
            json: arguments.json,
        });
    }
    let verdict = arguments.verdict.as_deref().unwrap_or_default();
    let (digest, id, run, criterion) = test_record::parse_verdict_id(verdict)
        .ok_or_else(|| anyhow!("`{verdict}` is no verdict's name\nhint: it looks like 0c1d2e3f4a5b.cut-in.1042.0"))?;
    let (folder, identity) = find_campaign(digest, arguments.out.as_deref())?;
    with_kept_campaign(&folder, &identity, |campaign| {
        let scenario = campaign.suite.scenarios.iter().find(|scenario| scenario.id == id);
        let scenario = scenario.ok_or_else(|| anyhow!("`{}` has no scenario `{id}`", campaign.suite.name))?;
        let kept = evidence::kept_run(&folder, scenario, run)?;
        let again = evidence::reproduce(campaign, scenario, run, arguments.record.as_deref())?;
        let asked = scenario.criteria.get(criterion);
        let asked = asked.ok_or_else(|| anyhow!("`{id}` has no criterion {criterion}"))?;
        let (before, now) = (&kept.verdicts[criterion], &again.verdicts[criterion]);
        let mut text = format!("{}, run {run}: {}\n", scenario.title, scenario.aim);
        for (parameter, value) in scenario.parameters.iter().zip(&again.values) {
            writeln!(text, "{:<28} {value} {}", parameter.name, parameter.unit)?;
        }
        writeln!(
            text,
            "clause {}: {}",
            asked.clause,
            proving::verdict::told(asked.figure, asked.bound)
        )?;
        let number = |value: Option<f64>| value.map_or("none".to_owned(), |value| value.to_string());
        writeln!(text, "{:<28} {:<24} {:<24}", "", "kept", "again")?;
        writeln!(
            text,
            "{:<28} {:<24} {:<24}",
            "verdict",
            before.decision.word(),
            now.decision.word()
        )?;
        writeln!(
            text,
            "{:<28} {:<24} {:<24}",
            asked.figure.word(),
            number(before.value),
            number(now.value)
        )?;
        writeln!(
            text,
            "{:<28} {:<24} {:<24}",
            "at s",
            number(before.time_s),
            number(now.time_s)
        )?;
        let short = |digest: &Option<String>| {
            digest
                .as_ref()
                .map_or("none".to_owned(), |digest| digest[..16].to_owned())
        };
        writeln!(
            text,
            "{:<28} {:<24} {:<24}",
            "states",
            short(&kept.digest),
            short(&again.digest)
        )?;
        let is_same = kept == again;
        text += if is_same {
            "the same, bit for bit\n"
        } else {
            "not the same\n"
        };
        output::print(&text)?;
        if !is_same && identity["software"]["digest"] != campaign.software.1 {
            eprintln!("hint: another build of the program judged it");
        }
        Ok(if is_same { Answer::Yes } else { Answer::No })
    })
}

/// The folder of the campaign whose digest begins so, and what it says of itself.
fn find_campaign(digest: &str, named: Option<&Path>) -> Result<(PathBuf, Value)> {
    let read = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join(CAMPAIGN_FILE)).ok()?;
        let is_it = proving::digest::hex_of(text.as_bytes()).starts_with(digest);
        Some((is_it, serde_json::from_str::<Value>(&text).ok()?))
    };
    if let Some(folder) = named {
        return match read(folder) {
            Some((true, identity)) => Ok((folder.to_owned(), identity)),
            Some((false, _)) => Err(anyhow!("{}: holds another campaign than {digest}", folder.display())),
            None => Err(anyhow!(
                "{}: holds no campaign\nhint: the folder that `westline prove` wrote",
                folder.display()
            )),
        };
    }
    let below = Path::new("out").join("prove");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&below)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    for folder in folders {
        if let Some((true, identity)) = read(&folder) {
            return Ok((folder, identity));
        }
    }
    Err(anyhow!(
        "no campaign {digest} below {}\nhint: name its folder with --out; {RECORD_FILE} lies in it",
        below.display()
    ))
}
