//! `westline scenario`: OpenSCENARIO files in, what happened or what is wrong out.

mod campaign;
pub mod foreign;
mod from;
mod played;
mod trace;

use crate::arguments::{DriverChoice, ScenarioCommand, ScenarioRun};
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use played::{Run, play, quoted};
use scenario::campaign::Campaign;
use scenario::{Distribution, Driver, Library, ReadOptions, distribution, read};
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn execute(command: &ScenarioCommand) -> Result<Answer> {
    match command {
        ScenarioCommand::Check { files, lenient } => check(files, *lenient),
        ScenarioCommand::From {
            recording,
            from,
            to,
            ego,
            map,
            output,
        } => from::run(&from::Request {
            recording,
            from: *from,
            to: *to,
            ego: ego.as_deref(),
            map: map.as_deref(),
            output,
        }),
        ScenarioCommand::Draw {
            file,
            output,
            max_time,
            set,
        } => {
            let options = ReadOptions {
                lenient: false,
                parameters: set.clone(),
            };
            let reading = read(&Library::default(), file, &options).map_err(|error| anyhow!("{error}"))?;
            let svg = scenario::picture::storyboard(&reading.scenario, *max_time);
            output::write_picture(output, &svg, 1.0)?;
            Ok(Answer::Yes)
        }
        ScenarioCommand::Run(run) => run_one_or_all(run),
    }
}

fn run_one_or_all(run: &ScenarioRun) -> Result<Answer> {
    let ScenarioRun {
        file,
        permutation,
        all,
        threads,
        table,
        driver,
        real_time,
        osi,
        preview,
        sample,
        seed,
        step,
        max_time,
        set,
        value,
        lenient,
        csv,
        record,
        save,
        json,
    } = run;
    let library = Library::default();
    let mut file = file.clone();
    let mut parameters = Vec::new();
    if distribution::is_distribution(&library, &file) {
        let found = Distribution::read(&library, &file).map_err(|error| anyhow!("{error}"))?;
        for warning in &found.warnings {
            eprintln!("warning: {warning}");
        }
        if *all {
            // Each run calls the driver anew, on as many lines at once as there are threads.
            let outside = || foreign::call(driver, *step, None);
            let threads = match driver {
                DriverChoice::Socket(_) => Some(threads.unwrap_or(1)),
                DriverChoice::Own(_) | DriverChoice::Program(_) => *threads,
            };
            let campaign = Campaign {
                library: &library,
                distribution: &found,
                step_s: *step,
                time_s_max: *max_time,
                driver: driver.driver(),
                seed: record::Seed(seed.or(found.seed).unwrap_or(0)),
                parameters: set.clone(),
                lenient: *lenient,
                user_values: value,
                outside: match driver.driver() {
                    Driver::Outside => Some(&outside),
                    _ => None,
                },
            };
            return campaign::run(&campaign, &file, threads, table.as_deref());
        }
        if permutation.is_none() && sample.is_none() {
            return tell(&found, &file);
        }
        parameters = chosen(&found, permutation.unwrap_or(0), sample.unwrap_or(0), *seed)?;
        file.clone_from(&found.scenario);
    } else if permutation.is_some() || sample.is_some() || *all {
        return Err(anyhow!(
            "{}: --permutation, --sample and --all need a file with a <ParameterValueDistribution>",
            file.display()
        ));
    }
    parameters.extend(set.iter().cloned());
    let options = ReadOptions {
        lenient: *lenient,
        parameters,
    };
    let reading = read(&library, &file, &options).map_err(|error| anyhow!("{error}"))?;
    if let Some(save) = save {
        output::write_whole(save, saved(&file, &options.parameters)?.as_bytes())?;
    }
    for warning in &reading.warnings {
        eprintln!("warning: {warning}");
    }
    let run = Run {
        driver,
        seed: record::Seed(seed.unwrap_or(0)),
        values: value,
        step_s: *step,
        time_s_max: *max_time,
        real_time: *real_time,
        wants_csv: csv.is_some(),
        record: record.as_deref(),
        osi: osi.as_deref(),
        preview: preview.as_deref(),
    };
    let played = play(&reading.scenario, &run)?;
    if let Some(path) = csv {
        output::write_whole(path, played.csv.as_bytes())?;
    }
    if let Some(path) = json {
        output::write_whole(
            path,
            format!("{:#}\n", played.to_json(&reading.scenario.name)).as_bytes(),
        )?;
    }
    played.print()
}

/// The text of a scenario with these values, its paths as seen from anywhere.
fn saved(file: &Path, values: &[(String, String)]) -> Result<String> {
    let text = scenario::text_of(file).map_err(|error| anyhow!("{}: cannot be read: {error}", file.display()))?;
    let folder = std::path::absolute(file)?
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    let beside = |path: &str| folder.join(path.replace('\\', "/")).to_string_lossy().into_owned();
    scenario::concrete(&text, values, beside)
        .ok_or_else(|| anyhow!("{}: a value belongs to no parameter of the file", file.display()))
}

/// The values of one run.
fn chosen(
    distribution: &Distribution,
    permutation: u64,
    sample: u64,
    seed: Option<u64>,
) -> Result<distribution::Assignments> {
    let mut parameters = distribution.permutation(permutation).ok_or_else(|| {
        let count = distribution.permutations().unwrap_or(u64::MAX);
        anyhow!("no permutation {permutation}\nhint: there are {count}, counted from 0")
    })?;
    let seed = seed.or(distribution.seed).unwrap_or(0);
    parameters.extend(distribution.sample(record::Seed(seed), sample));
    for (name, value) in &parameters {
        eprintln!("{name} = {value}");
    }
    Ok(parameters)
}

/// What a distribution holds.
fn tell(distribution: &Distribution, file: &Path) -> Result<Answer> {
    let mut text = String::new();
    for alternatives in &distribution.choices {
        let names = alternatives
            .first()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.collect();
        writeln!(text, "{:<48} {:>8} values", names.join(", "), alternatives.len())?;
    }
    for drawn in &distribution.drawn {
        writeln!(text, "{:<48} {:>8}", drawn.parameter, "drawn")?;
    }
    match distribution.permutations() {
        Some(count) => writeln!(text, "{count} permutations of {}", distribution.scenario.display())?,
        None => writeln!(text, "more than {} permutations", u64::MAX)?,
    }
    if !distribution.drawn.is_empty() {
        writeln!(text, "{} samples asked for", distribution.samples)?;
    }
    eprintln!(
        "hint: play one with `westline scenario run {} --permutation 0`",
        file.display()
    );
    output::print(&text)?;
    Ok(Answer::Yes)
}

fn check(files: &[PathBuf], lenient: bool) -> Result<Answer> {
    let library = Library::default();
    let options = ReadOptions {
        lenient,
        ..ReadOptions::default()
    };
    let mut text = String::new();
    let mut is_sound = true;
    for file in files {
        if distribution::is_distribution(&library, file) {
            match Distribution::read(&library, file) {
                Ok(found) => {
                    let count = found
                        .permutations()
                        .map_or("countless".to_owned(), |count| count.to_string());
                    writeln!(text, "{}: {count} permutations can be made", file.display())?;
                }
                Err(error) => {
                    is_sound = false;
                    writeln!(text, "{error}")?;
                }
            }
            continue;
        }
        match read(&library, file, &options) {
            Ok(reading) => {
                for warning in &reading.warnings {
                    writeln!(text, "warning: {warning}")?;
                }
                writeln!(text, "{}: can be played", file.display())?;
            }
            Err(error) => {
                is_sound = false;
                writeln!(text, "{error}")?;
            }
        }
    }
    output::print(&text)?;
    Ok(if is_sound { Answer::Yes } else { Answer::No })
}
