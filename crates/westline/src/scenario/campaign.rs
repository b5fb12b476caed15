//! `westline scenario run --all`: every permutation of a distribution, a table of them, and a page of figures.

use crate::{Answer, output};
use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use record::{Cell, Column, ColumnKind, Table};
use scenario::campaign::{Campaign, Outcome, PERMUTATIONS_MAX, Summary};
use scenario::measures::Name;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const MEASURES: usize = Name::ALL.len();

/// Plays all and tells; `table` gets a row a permutation, as Parquet or CSV by its name.
pub fn run(campaign: &Campaign, file: &Path, threads: Option<u32>, table: Option<&Path>) -> Result<Answer> {
    let count = campaign.distribution.permutations().unwrap_or(u64::MAX);
    if count > PERMUTATIONS_MAX {
        return Err(anyhow!(
            "{}: {count} permutations, more than {PERMUTATIONS_MAX}\nhint: play some of them with --permutation",
            file.display()
        ));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0) as usize)
        .build()
        .context("threads cannot be started")?;
    let bar = ProgressBar::new(count);
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left")?;
    bar.set_style(style);
    let outcomes = pool.install(|| campaign.play_all(count, || bar.inc(1)));
    bar.finish_and_clear();
    // A driver who never comes is no judgement on the permutations.
    let is_played = |outcome: &Outcome| matches!(outcome, Outcome::Played(_));
    if campaign.outside.is_some()
        && !outcomes.iter().any(is_played)
        && let Some(reason) = outcomes.iter().find_map(failure)
    {
        return Err(anyhow!("{}: nothing was played: {reason}", file.display()));
    }
    if let Some(path) = table {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => parquet(campaign, &outcomes).write(path, &BTreeMap::new())?,
            Some("csv") => output::write_whole(path, csv(campaign, &outcomes)?.as_bytes())?,
            _ => return Err(anyhow!("{}: tables end in .parquet or .csv", path.display())),
        }
    }
    output::print(&page(&outcomes)?)?;
    eprintln!(
        "hint: look at one with `westline scenario run {} --permutation I`",
        file.display()
    );
    Ok(match outcomes.iter().any(|outcome| failure(outcome).is_some()) {
        true => Answer::No,
        false => Answer::Yes,
    })
}

/// Why the driver failed.
fn failure(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::DriverFailed(reason) => Some(reason),
        Outcome::Played(_) | Outcome::Refused(_) => None,
    }
}

/// Why the permutation is not allowed.
fn refusal(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Refused(reason) => Some(reason),
        Outcome::Played(_) | Outcome::DriverFailed(_) => None,
    }
}

fn worst(summary: &Summary, name: Name) -> Option<f64> {
    let found = summary.worst.iter().find(|measure| measure.name == name);
    found.map(|measure| measure.value)
}

/// The figures of a campaign.
fn page(outcomes: &[Outcome]) -> Result<String> {
    let played: Vec<(usize, &Summary)> = outcomes
        .iter()
        .enumerate()
        .filter_map(|(index, outcome)| match outcome {
            Outcome::Played(summary) => Some((index, summary)),
            Outcome::Refused(_) | Outcome::DriverFailed(_) => None,
        })
        .collect();
    let mut text = String::new();
    writeln!(text, "{:<28} {:>10}", "permutations", outcomes.len())?;
    writeln!(text, "{:<28} {:>10}", "played", played.len())?;
    writeln!(
        text,
        "{:<28} {:>10}",
        "not allowed",
        outcomes.iter().filter_map(refusal).count()
    )?;
    let failed = outcomes.iter().filter_map(failure).count();
    if failed > 0 {
        writeln!(text, "{:<28} {failed:>10}", "driver failed")?;
    }
    let count = |fits: fn(&Summary) -> bool| played.iter().filter(|(_, summary)| fits(summary)).count();
    writeln!(
        text,
        "{:<28} {:>10}",
        "with a collision",
        count(|run| run.collisions > 0)
    )?;
    writeln!(
        text,
        "{:<28} {:>10}",
        "without an end in time",
        count(|run| !run.has_ended)
    )?;
    let simulated_s: f64 = played.iter().map(|(_, summary)| summary.time_s).sum();
    writeln!(text, "{:<28} {simulated_s:>10.0} s", "simulated")?;
    writeln!(
        text,
        "\n{:<28} {:>10} {:>10} {:>12}",
        "worst", "median", "extreme", "permutation"
    )?;
    for name in Name::ALL {
        let mut values: Vec<(f64, usize)> = played
            .iter()
            .filter_map(|(index, summary)| Some((worst(summary, name)?, *index)))
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let extreme = if name.smaller_is_worse() {
            values.first()
        } else {
            values.last()
        };
        if let (Some(&(value, index)), Some(&(median, _))) = (extreme, values.get(values.len() / 2)) {
            writeln!(text, "{:<28} {median:>10.2} {value:>10.2} {index:>12}", name.word())?;
        }
    }
    tell_reasons(&mut text, "not allowed", outcomes.iter().filter_map(refusal))?;
    tell_reasons(&mut text, "driver failed", outcomes.iter().filter_map(failure))?;
    Ok(text)
}

/// The reasons that most often kept permutations from being played.
fn tell_reasons<'a>(text: &mut String, what: &str, reasons: impl Iterator<Item = &'a str>) -> Result<()> {
    /// More reasons than this nobody reads.
    const REASONS_SHOWN: usize = 5;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    writeln!(text, "\n{what}, {} reasons:", counts.len())?;
    for (reason, count) in counts.iter().take(REASONS_SHOWN) {
        writeln!(text, "{count:>8}  {reason}")?;
    }
    Ok(())
}

fn values(campaign: &Campaign, index: usize) -> String {
    let values = campaign.parameters(index as u64);
    let values: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    values.join("; ")
}

fn parquet(campaign: &Campaign, outcomes: &[Outcome]) -> Table {
    let column = Column::new;
    let mut columns = vec![
        column("permutation", "", ColumnKind::Count, "its number, from 0"),
        column("parameters", "", ColumnKind::Text, "its values"),
        column("refused", "", ColumnKind::Text, "why it is not allowed"),
        column("driver_failed", "", ColumnKind::Text, "how its driver failed"),
        column("has_ended", "", ColumnKind::Flag, "the storyboard ended by itself"),
        column("time_s", "s", ColumnKind::Number, "simulated time at its end"),
        column("collisions", "", ColumnKind::Count, "pairs that collided"),
        column("collision_time_s", "s", ColumnKind::Number, "the first collision"),
        column(
            "impact_mps",
            "m/s",
            ColumnKind::Number,
            "speed against each other in it",
        ),
    ];
    let measures = Name::ALL.map(|name| {
        column(
            name.word(),
            name.unit(),
            ColumnKind::Number,
            "the worst value of the run",
        )
    });
    columns.extend(measures);
    let mut table = Table::new(columns);
    for (index, outcome) in outcomes.iter().enumerate() {
        let summary = match outcome {
            Outcome::Played(summary) => Some(summary),
            Outcome::Refused(_) | Outcome::DriverFailed(_) => None,
        };
        let collision = summary.and_then(|summary| summary.first_collision.as_ref());
        let mut row: [Cell; 9 + MEASURES] = std::array::from_fn(|_| Cell::Missing);
        row[0] = Cell::Count(index as i64);
        row[1] = values(campaign, index).into();
        row[2] = refusal(outcome).into();
        row[3] = failure(outcome).into();
        row[4] = summary.map(|summary| summary.has_ended).into();
        row[5] = summary.map(|summary| summary.time_s).into();
        row[6] = summary.map(|summary| summary.collisions as i64).into();
        row[7] = collision.map(|collision| collision.time_s).into();
        row[8] = collision.map(|collision| collision.impact_mps).into();
        for (cell, name) in row[9..].iter_mut().zip(Name::ALL) {
            *cell = summary.and_then(|summary| worst(summary, name)).into();
        }
        table.push(row);
    }
    table
}

fn csv(campaign: &Campaign, outcomes: &[Outcome]) -> Result<String> {
    let mut text =
        "permutation,parameters,refused,driver_failed,has_ended,time_s,collisions,collision_time_s,impact_mps"
            .to_owned();
    for name in Name::ALL {
        write!(text, ",{}", name.word())?;
    }
    text.push('\n');
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
    for (index, outcome) in outcomes.iter().enumerate() {
        write!(text, "{index},{}", super::quoted(&values(campaign, index)))?;
        match outcome {
            Outcome::Refused(reason) => {
                write!(text, ",{}{}", super::quoted(reason), ",".repeat(6 + MEASURES))?;
            }
            Outcome::DriverFailed(reason) => {
                write!(text, ",,{}{}", super::quoted(reason), ",".repeat(5 + MEASURES))?;
            }
            Outcome::Played(summary) => {
                let collision = summary.first_collision.as_ref();
                write!(
                    text,
                    ",,,{},{:.3},{},{},{}",
                    summary.has_ended,
                    summary.time_s,
                    summary.collisions,
                    number(collision.map(|collision| collision.time_s)),
                    number(collision.map(|collision| collision.impact_mps))
                )?;
                for name in Name::ALL {
                    write!(text, ",{}", number(worst(summary, name)))?;
                }
            }
        }
        text.push('\n');
    }
    Ok(text)
}
