//! `westline network trace` and `fit`: measured runs replayed as they are, and a model of them beside them.

use crate::arguments::TEMPLATE;
use crate::{Answer, input, output};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use network::trace::fit::{Comparison, DelayModel, RUNS};
use network::trace::{Figures, GAPS_MS, Packet, Replay, Trace};
use record::Seed;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// `westline network trace`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network trace run.csv              its figures
  westline network trace run.csv --replay packets.csv
  westline network trace run.csv --at 62.5    what the link did then

A run is a table with t_ms and delay_ms (empty: lost); utm_x_m, utm_y_m, v_mps, cell, sinr_db, rsrp_dbm where known.
")]
pub struct TraceArguments {
    /// Runs.
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Write each packet as replayed (sent_ms, delay_ms, arrived_ms); for one run.
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// Tell what the link did so many seconds after the start.
    #[arg(long, value_name = "SECONDS")]
    pub at: Vec<f64>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline network fit`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network fit runs/*.csv             the model beside the runs, and beside halves that it has not seen
  westline network fit runs/*.csv --unseen later/*.csv
  westline network fit runs/*.csv --play like.csv --seed 7
")]
pub struct FitArguments {
    /// Runs to learn from.
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Runs to compare with that the model does not learn from.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub unseen: Vec<PathBuf>,
    /// Write a run like the first one, made by the model.
    #[arg(long, value_name = "FILE")]
    pub play: Option<PathBuf>,
    /// The model's luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Leave the halves out.
    #[arg(long)]
    pub no_halves: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads a run and tells its notes.
pub fn read(path: &Path) -> Result<Trace> {
    let (name, text) = input::read_table(path)?;
    let trace = Trace::read(&name, &text).map_err(|error| anyhow!("{error}"))?;
    for note in &trace.notes {
        eprintln!("note: {note}");
    }
    Ok(trace)
}

pub fn execute(arguments: &TraceArguments) -> Result<Answer> {
    let runs: Vec<Trace> = arguments.runs.iter().map(|path| read(path)).collect::<Result<_>>()?;
    if (arguments.replay.is_some() || !arguments.at.is_empty()) && runs.len() > 1 {
        bail!("--replay and --at are for one run\nhint: name one file");
    }
    if let Some(path) = &arguments.replay {
        // Asked of the replay as a link would be, packet by packet.
        let mut replay = Replay::new(&runs[0]);
        let mut csv = String::from("sent_ms,delay_ms,arrived_ms\n");
        for packet in &runs[0].packets {
            let found = replay.at_time(packet.sent_ms);
            let _ = match found.delay_ms {
                Some(delay_ms) => writeln!(csv, "{},{delay_ms},{}", packet.sent_ms, packet.sent_ms + delay_ms),
                None => writeln!(csv, "{},,", packet.sent_ms),
            };
        }
        output::write_whole(path, csv.as_bytes())?;
    }
    if !arguments.at.is_empty() {
        let mut replay = Replay::new(&runs[0]);
        let mut text = String::new();
        for at_s in &arguments.at {
            if !at_s.is_finite() {
                bail!("--at {at_s}\nhint: give seconds after the start");
            }
            text += &moment(*at_s, replay.at_time(at_s * 1_000.0), &runs[0]);
        }
        output::print(&text)?;
        return Ok(Answer::Yes);
    }
    if arguments.json {
        let list = runs.iter().map(|run| json_of(&run.name, &run.figures()));
        output::print(&format!("{:#}\n", serde_json::Value::Array(list.collect())))?;
        return Ok(Answer::Yes);
    }
    let mut text = String::new();
    for run in &runs {
        let figures = run.figures();
        let _ = writeln!(
            text,
            "{} ({} packets in {:.0} s, {} lost)",
            run.name,
            figures.packets,
            run.duration_ms() / 1e3,
            figures.lost
        );
        let _ = writeln!(
            text,
            "  delay       p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms, {:.2} % above 100 ms",
            figures.p50_ms,
            figures.p95_ms,
            figures.p99_ms,
            100.0 * figures.late_share
        );
        let gaps: Vec<String> = GAPS_MS
            .iter()
            .zip(figures.gaps)
            .map(|(ms, count)| format!("{count} above {ms} ms"))
            .collect();
        let _ = writeln!(text, "  gaps        {}", gaps.join(", "));
        let _ = writeln!(
            text,
            "  longest     {:.0} ms without an arrival, news {:.0} ms old",
            figures.gap_ms_max, figures.age_ms_max
        );
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}

fn moment(at_s: f64, packet: &Packet, run: &Trace) -> String {
    let delay = packet
        .delay_ms
        .map_or("lost".to_owned(), |delay_ms| format!("{delay_ms} ms"));
    let signal = |value: Option<f64>, unit: &str| value.map_or("unknown".to_owned(), |value| format!("{value} {unit}"));
    let cell = match run.cells[packet.cell].as_str() {
        "" => "unknown",
        cell => cell,
    };
    format!(
        "{at_s} s: {delay}, SINR {}, RSRP {}, cell {cell}, {} m/s\n",
        signal(packet.sinr_db, "dB"),
        signal(packet.rsrp_dbm, "dBm"),
        packet.speed_mps
    )
}

fn json_of(name: &str, figures: &Figures) -> serde_json::Value {
    serde_json::json!({
        "name": name, "packets": figures.packets, "lost": figures.lost, "p50_ms": figures.p50_ms, "p95_ms": figures.p95_ms,
        "p99_ms": figures.p99_ms, "above_100_ms_share": figures.late_share,
        "gaps": GAPS_MS.iter().zip(figures.gaps).map(|(ms, count)| serde_json::json!({"above_ms": ms, "count": count})).collect::<Vec<_>>(),
        "gap_ms_max": figures.gap_ms_max, "age_ms_max": figures.age_ms_max,
    })
}

pub fn fit(arguments: &FitArguments) -> Result<Answer> {
    let runs: Vec<Trace> = arguments.runs.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let unseen: Vec<Trace> = arguments.unseen.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let seed = Seed(arguments.seed);
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}")?);
    let compare = |model: &DelayModel, run: &Trace| {
        bar.set_message(run.name.clone());
        bar.tick();
        Comparison::of(model, run, seed)
    };
    let model = DelayModel::fit(&runs);
    let mut parts = vec![(
        "the runs that it learned from",
        runs.iter().map(|run| compare(&model, run)).collect::<Vec<_>>(),
    )];
    if !unseen.is_empty() {
        parts.push(("unseen runs", unseen.iter().map(|run| compare(&model, run)).collect()));
    }
    if !arguments.no_halves {
        let halves: Vec<[Trace; 2]> = runs.iter().map(Trace::halves).collect();
        let of = |half: usize| halves.iter().map(|halves| halves[half].clone()).collect::<Vec<_>>();
        let [firsts, seconds] = [of(0), of(1)];
        let from_firsts = DelayModel::fit(&firsts);
        let from_seconds = DelayModel::fit(&seconds);
        parts.push((
            "second halves, learned from first halves",
            seconds.iter().map(|run| compare(&from_firsts, run)).collect(),
        ));
        parts.push((
            "first halves, learned from second halves",
            firsts.iter().map(|run| compare(&from_seconds, run)).collect(),
        ));
    }
    bar.finish_and_clear();
    if let Some(path) = &arguments.play {
        let mut csv = String::from("t_ms,delay_ms\n");
        for (packet, delay_ms) in runs[0].packets.iter().zip(model.play(&runs[0], seed)) {
            let _ = writeln!(csv, "{},{delay_ms:.1}", packet.sent_ms);
        }
        output::write_whole(path, csv.as_bytes())?;
    }
    if arguments.json {
        let list = parts.iter().flat_map(|(part, comparisons)| {
            comparisons.iter().map(move |comparison| {
                let figures = comparison.modelled.iter().map(|figure| {
                    let [low, middle, high] = figure.runs;
                    serde_json::json!({
                        "figure": figure.name, "measured": figure.measured, "model": figure.pooled, "model_p5": low, "model_p50": middle, "model_p95": high,
                    })
                });
                serde_json::json!({"part": part, "name": comparison.name, "figures": figures.collect::<Vec<_>>()})
            })
        });
        output::print(&format!("{:#}\n", serde_json::Value::Array(list.collect())))?;
        return Ok(Answer::Yes);
    }
    let mut text = model.describe();
    for (part, comparisons) in &parts {
        let (held, all) = comparisons
            .iter()
            .map(Comparison::within)
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let _ = writeln!(
            text,
            "\n{part}: {held} of {all} measured figures within 5 to 95 % of {RUNS} runs of the model"
        );
        for comparison in comparisons {
            let _ = writeln!(
                text,
                "  {:<42}{:>10}{:>12}{:>28}",
                comparison.name, "measured", "model", "single runs (5 to 95 %)"
            );
            for figure in &comparison.modelled {
                let (name, measured, pooled, [low, middle, high]) =
                    (figure.name, figure.measured, figure.pooled, figure.runs);
                if measured == 0.0 && high == 0.0 {
                    continue;
                }
                let decimals = usize::from(name.ends_with('%')) * 2;
                let of_runs = format!("{middle:.decimals$} ({low:.decimals$} to {high:.decimals$})");
                let _ = writeln!(
                    text,
                    "    {name:<40}{measured:>10.decimals$}{pooled:>12.decimals$}{of_runs:>28}"
                );
            }
        }
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}
