//! `westline prove search|estimate|compare`: failures sought, their probability, and two campaigns side by side.

use super::{Request, TargetArguments, with_campaign, with_kept_campaign};
use crate::prove::{EstimateArguments, SearchArguments};
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use proving::campaign::CAMPAIGN_FILE;
use proving::compare::{Comparison, compare as compare_runs};
use proving::hunt;
use proving::rare_event::Budget;
use proving::suite::LogicalScenario;
use proving::{Campaign, Stand};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs of each level while the region of failure is sought.
const LEVEL_RUNS: usize = 200;

/// Hands over the stand and the scenario that were asked for.
fn with_target<T>(target: &TargetArguments, act: impl FnOnce(&Stand<'_>, &LogicalScenario) -> Result<T>) -> Result<T> {
    let request = Request {
        suite: &target.suite,
        vehicle: &target.vehicle,
        driver: &target.driver,
        seed: target.seed,
        runs: None,
        only: std::slice::from_ref(&target.scenario),
        folder: Path::new(""),
    };
    with_campaign(&request, |campaign| {
        let scenario = campaign.suite.scenarios.first().context("the suite's scenario")?;
        if scenario.parameters.is_empty() {
            return Err(anyhow!("`{}` has no parameter that varies", scenario.id));
        }
        act(&campaign.stand, scenario)
    })
}

/// Something that moves while nobody knows how long it takes.
fn spinner(what: &str) -> Result<ProgressBar> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}")?);
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    Ok(bar)
}

fn named(scenario: &LogicalScenario, values: &[f64]) -> Value {
    let values = scenario.parameters.iter().zip(values);
    values
        .map(|(parameter, value)| (parameter.name.clone(), json!(value)))
        .collect()
}

fn in_words(scenario: &LogicalScenario, values: &[f64]) -> String {
    let values = scenario.parameters.iter().zip(values);
    let values: Vec<String> = values
        .map(|(parameter, value)| {
            format!("{}={value:.6}", parameter.name)
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        })
        .collect();
    values.join(" ")
}

pub fn search(arguments: &SearchArguments) -> Result<Answer> {
    with_target(&arguments.target, |stand, scenario| {
        let bar = spinner(&format!("searching `{}` for failures", scenario.id))?;
        let found = hunt::hunt(stand, scenario, arguments.runs as usize, arguments.boundary as usize);
        bar.finish_and_clear();
        let found = found?;
        if let (Some(path), Some(values)) = (&arguments.save, &found.plainest) {
            save(stand, scenario, values, path)?;
        }
        if arguments.target.json {
            let boundary: Vec<Value> = found.boundary.iter().map(|values| named(scenario, values)).collect();
            let told = json!({
                "runs": found.runs, "failures": found.failures,
                "worst": found.worst.as_ref().map(|(values, value)| json!({ "parameters": named(scenario, values), "margin": value })),
                "plainest": found.plainest.as_ref().map(|values| named(scenario, values)),
                "boundary": boundary,
            });
            output::print(&format!("{told:#}\n"))?;
        } else {
            let mut text = format!("{} runs, {} failures\n", found.runs, found.failures);
            if let Some((values, value)) = &found.worst {
                writeln!(text, "worst     margin {value:.3}: {}", in_words(scenario, values))?;
            }
            if let Some(values) = &found.plainest {
                writeln!(text, "plainest  {}", in_words(scenario, values))?;
            }
            for values in &found.boundary {
                writeln!(text, "boundary  {}", in_words(scenario, values))?;
            }
            output::print(&text)?;
        }
        Ok(if found.failures == 0 { Answer::Yes } else { Answer::No })
    })
}

pub fn estimate(arguments: &EstimateArguments) -> Result<Answer> {
    with_target(&arguments.target, |stand, scenario| {
        let bar = spinner(&format!("estimating how often `{}` is failed", scenario.id))?;
        let budget = Budget {
            level_runs: LEVEL_RUNS,
            runs: arguments.runs as usize,
        };
        let found = hunt::failure_probability(stand, scenario, budget);
        bar.finish_and_clear();
        let found = found?;
        let share = found.probability;
        if arguments.target.json {
            let told = json!({
                "probability": share.value, "low": share.low, "high": share.high, "confidence": share.confidence,
                "runs": found.runs, "failures": found.failures, "worth_runs": found.worth_runs, "levels": found.levels,
            });
            output::print(&format!("{told:#}\n"))?;
        } else {
            let confidence = 100.0 * share.confidence;
            let mut text = format!("probability of failure {:.3e}\n", share.value);
            writeln!(
                text,
                "{confidence:.0} % interval         {:.3e} to {:.3e}",
                share.low, share.high
            )?;
            writeln!(
                text,
                "runs                   {}, of which {} failed in the last {}",
                found.runs, found.failures, arguments.runs
            )?;
            if found.worth_runs > 0.0 {
                writeln!(text, "as many random draws   {:.0}", found.worth_runs)?;
            }
            output::print(&text)?;
        }
        Ok(Answer::Yes)
    })
}

/// Writes a concrete scenario that any player reads.
fn save(stand: &Stand<'_>, scenario: &LogicalScenario, values: &[f64], path: &Path) -> Result<()> {
    let content = stand
        .library
        .content(&scenario.file)
        .with_context(|| scenario.file.display().to_string())?;
    let text = String::from_utf8_lossy(&content);
    let folder = scenario.file.parent().map(Path::to_owned).unwrap_or_default();
    // Maps that come with the program are put beside the scenario.
    let beside = path.parent().map(Path::to_owned).unwrap_or_default();
    let maps: RefCell<Vec<(PathBuf, Vec<u8>)>> = RefCell::default();
    let saved = scenario::concrete(&text, &stand.assignments(scenario, values), |referred| {
        let file = folder.join(referred.replace('\\', "/"));
        if !file.exists()
            && let (Ok(content), Some(name)) = (stand.library.content(&file), file.file_name())
        {
            let name = name.to_string_lossy().into_owned();
            maps.borrow_mut().push((beside.join(&name), content.into_owned()));
            return name;
        }
        std::path::absolute(&file)
            .unwrap_or(file)
            .to_string_lossy()
            .into_owned()
    });
    let saved = saved.ok_or_else(|| {
        anyhow!(
            "{}: a value belongs to no parameter of the file",
            scenario.file.display()
        )
    })?;
    for (file, content) in maps.into_inner() {
        output::write_whole(&file, &content)?;
    }
    output::write_whole(path, saved.as_bytes())
}

pub fn compare(folders: [&Path; 2], save_as: Option<&Path>, json: bool) -> Result<Answer> {
    let identities: Vec<Value> = folders.iter().map(|folder| identity(folder)).collect::<Result<_>>()?;
    if identities[0]["suite"]["digest"] != identities[1]["suite"]["digest"] {
        eprintln!("warning: the suite was changed between the two; only runs with the same values are compared");
    }
    with_kept_campaign(folders[1], &identities[1], |campaign| {
        let compared = campaign
            .suite
            .scenarios
            .iter()
            .map(|scenario| compare_runs(folders[0], folders[1], scenario));
        let compared: Vec<Comparison> = compared.collect::<Result<_, _>>()?;
        let smallest = smallest(campaign, &compared)?;
        if let (Some(path), Some((scenario, values))) = (save_as, &smallest) {
            save(&campaign.stand, scenario, values, path)?;
        }
        match json {
            true => output::print(&format!("{:#}\n", as_json(campaign, &compared, smallest.as_ref())))?,
            false => output::print(&page(campaign, &compared, smallest.as_ref())?)?,
        }
        let is_worse = compared.iter().any(|scenario| scenario.broken > 0);
        Ok(if is_worse { Answer::No } else { Answer::Yes })
    })
}

fn identity(folder: &Path) -> Result<Value> {
    let file = folder.join(CAMPAIGN_FILE);
    let text = std::fs::read_to_string(&file).map_err(|error| {
        anyhow!(
            "{}: {error}\nhint: the folder that `westline prove` wrote",
            file.display()
        )
    })?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

/// The plainest case that is broken now, of the run nearest to passing.
fn smallest<'a>(campaign: &Campaign<'a>, compared: &[Comparison]) -> Result<Option<(&'a LogicalScenario, Vec<f64>)>> {
    for (scenario, of) in campaign.suite.scenarios.iter().zip(compared) {
        if let Some(change) = of.worse.last() {
            let values = hunt::plainest(&campaign.stand, scenario, &change.values)?;
            return Ok(Some((scenario, values)));
        }
    }
    Ok(None)
}

fn page(
    campaign: &Campaign<'_>,
    compared: &[Comparison],
    smallest: Option<&(&LogicalScenario, Vec<f64>)>,
) -> Result<String> {
    let mut text = format!(
        "{:<28} {:>7} {:>7} {:>8} {:>7} {:>12} {:>12}\n",
        "scenario", "runs", "same", "mended", "broken", "more margin", "less margin"
    );
    for of in compared {
        let [more, less] = of.margin;
        writeln!(
            text,
            "{:<28} {:>7} {:>7} {:>8} {:>7} {more:>12} {less:>12}",
            of.id, of.both, of.same, of.mended, of.broken
        )?;
        if of.apart > 0 {
            writeln!(text, "{:<28} {} runs have no counterpart", "", of.apart)?;
        }
    }
    for (scenario, of) in campaign.suite.scenarios.iter().zip(compared) {
        for change in of.worse.iter().take(3) {
            let margin = change.margins[1].map_or(String::new(), |margin| format!(" margin {margin:.3}"));
            writeln!(
                text,
                "broken    {} run {}{margin}: {}",
                of.id,
                change.run,
                in_words(scenario, &change.values)
            )?;
        }
    }
    if let Some((scenario, values)) = smallest {
        writeln!(text, "plainest  {}: {}", scenario.id, in_words(scenario, values))?;
    }
    Ok(text)
}

fn as_json(campaign: &Campaign<'_>, compared: &[Comparison], smallest: Option<&(&LogicalScenario, Vec<f64>)>) -> Value {
    let scenarios = campaign.suite.scenarios.iter().zip(compared).map(|(scenario, of)| {
        let changes = |changes: &[proving::compare::Change]| -> Vec<Value> {
            let change = |change: &proving::compare::Change| {
                json!({ "run": change.run, "parameters": named(scenario, &change.values), "margins": change.margins })
            };
            changes.iter().map(change).collect()
        };
        json!({
            "id": of.id, "runs": of.both, "same": of.same, "apart": of.apart, "mended": of.mended, "broken": of.broken,
            "more_margin": of.margin[0], "less_margin": of.margin[1],
            "worse": changes(&of.worse), "better": changes(&of.better),
        })
    });
    json!({
        "scenarios": scenarios.collect::<Vec<_>>(),
        "plainest": smallest.map(|(scenario, values)| json!({ "scenario": scenario.id, "parameters": named(scenario, values) })),
    })
}
