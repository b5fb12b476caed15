//! `westline traffic assign`: a matrix's vehicles get ways, each the quickest that the others leave it.
//!
//! In go a network, a matrix, zones and counts; out come a route file, a line for each round, and how well counts are
//! met. The method is `world`'s.

use super::files::{self, Files};
use crate::arguments::TrafficAssign;
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use record::Seed;
use std::sync::Arc;
use world::assignment::{Assignment, Question, Round};
use world::microscopic::Settings;
use world::sumo::{SourceFile, StreetNetwork, SumoDemand, read_counts, read_matrix};

pub fn assign(arguments: &TrafficAssign) -> Result<Answer> {
    let files = Files::open(&arguments.net, &arguments.files)?;
    let mut network = StreetNetwork::read(&files.net).map_err(|error| anyhow!("{error}"))?;
    let seed = Seed(arguments.seed);
    let mut given = files.demand;
    given.push(SourceFile {
        name: "--driver".to_owned(),
        text: format!("<routes><vType id=\"assigned\" {}/></routes>", arguments.driver),
    });
    let given = SumoDemand::read(&mut network, &given, seed).map_err(|error| anyhow!("{error}"))?;
    for note in &given.notes {
        eprintln!("note: {note}");
    }
    let matrix = files::open(&arguments.matrix)?;
    let zones = arguments.zones.as_deref().map(files::open).transpose()?;
    let flows = read_matrix(&network, &matrix, zones.as_ref()).map_err(|error| anyhow!("{error}"))?;
    let counts = match &arguments.counts {
        Some(path) => read_counts(&network, &files::open(path)?).map_err(|error| anyhow!("{error}"))?,
        None => Vec::new(),
    };
    let mut assignment = Assignment::new(Question {
        network: Arc::new(network),
        given,
        flows,
        counts,
        settings: Settings {
            seed,
            ..Settings::default()
        },
    })
    .map_err(|error| anyhow!("{}: {error}", matrix.name))?;
    let bar = ProgressBar::new(u64::from(arguments.rounds));
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} round {pos} of {len}, {elapsed} {msg}",
    )?);
    let mut rounds: Vec<Round> = Vec::new();
    if !arguments.json {
        output::print("round  vehicles  on the way      gap  mean duration  GEH < 5  change their way\n")?;
    }
    while rounds.len() < arguments.rounds as usize {
        bar.set_message("playing");
        let round = assignment.round().map_err(|error| anyhow!("{error}"))?;
        rounds.push(round);
        bar.inc(1);
        if !arguments.json {
            bar.suspend(|| output::print(&line(rounds.len(), &round)))?;
        }
        let fits = round.fit.is_none_or(|fit| fit >= arguments.fit / 100.0);
        if round.gap <= arguments.gap / 100.0 && fits {
            break;
        }
    }
    bar.finish_and_clear();
    output::write_whole(&arguments.output, assignment.routes(&arguments.driver).as_bytes())?;
    let last = rounds[rounds.len() - 1];
    let is_done = last.gap <= arguments.gap / 100.0 && last.fit.is_none_or(|fit| fit >= arguments.fit / 100.0);
    match arguments.json {
        true => output::print(&json(&rounds, &assignment))?,
        false => output::print(&closing(arguments, &last, &assignment))?,
    }
    Ok(if is_done { Answer::Yes } else { Answer::No })
}

fn line(number: usize, round: &Round) -> String {
    let fit = round
        .fit
        .map_or_else(|| "-".to_owned(), |fit| format!("{:.0} %", 100.0 * fit));
    format!(
        "{number:>5}{:>10}{:>12}{:>7.2} %{:>13.0} s{fit:>9}{:>18}\n",
        round.vehicles,
        round.on_the_way,
        100.0 * round.gap,
        round.mean_duration_s,
        round.changed
    )
}

fn closing(arguments: &TrafficAssign, last: &Round, assignment: &Assignment) -> String {
    let reached = if last.gap <= arguments.gap / 100.0 {
        "reached"
    } else {
        "not reached"
    };
    let mut text = format!(
        "\nrelative gap {:.2} %, {} % wanted: {reached}\n",
        100.0 * last.gap,
        arguments.gap
    );
    if let Some(fit) = last.fit {
        let (least, most) = assignment.scales();
        text += &format!(
            "{:.0} % of {} counts with a GEH below 5, {} % wanted; flows scaled {least:.2} to {most:.2} times\n",
            100.0 * fit,
            assignment.fits().len(),
            arguments.fit
        );
    }
    text
}

fn json(rounds: &[Round], assignment: &Assignment) -> String {
    let rounds: Vec<serde_json::Value> = rounds
        .iter()
        .map(|round| {
            serde_json::json!({
                "vehicles": round.vehicles, "on_the_way": round.on_the_way, "gap": round.gap,
                "mean_duration_s": round.mean_duration_s, "geh_below_5": round.fit, "changed": round.changed,
            })
        })
        .collect();
    let counts: Vec<serde_json::Value> = assignment
        .fits()
        .iter()
        .map(|fit| {
            serde_json::json!({
                "edge": assignment.edge_id(fit.count.edge), "begin_s": fit.count.begin_s, "end_s": fit.count.end_s,
                "counted": fit.count.vehicles, "simulated": fit.simulated, "geh": fit.geh(),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::json!({ "rounds": rounds, "counts": counts }))
}
