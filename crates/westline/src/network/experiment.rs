//! `westline network experiment`: a parameter swept with seeds; Parquet and plots.

use super::surroundings::{SiteArguments, Surroundings, bar};
use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use network::cover::Requirement;
use network::experiment::{Experiment, FIGURES, Interval, Parameter, Run, intervals};
use record::{Column, ColumnKind, Table};
use report::{Axis, Layer, Plot};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// Runs of an experiment at most: a night on a laptop.
const RUNS_MAX: usize = 10_000;

/// `westline network experiment`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network experiment yongchuan load 0,0.2,0.4,0.6,0.8
  westline network experiment yongchuan tilt 2,4,6,8,10,12 --seeds 20
  westline network experiment ninghua hysteresis 0,1,2,3,4,6 --out sweep

Parameters: load (share), power (dBm), tilt (deg), height (m), bandwidth (MHz), frequency (MHz), vehicle-power (dBm),
hysteresis (dB), time-to-trigger (ms), speed (m/s). The line's metres count; a seed is the luck of shadowing.
")]
pub struct ExperimentArguments {
    #[command(flatten)]
    pub site: SiteArguments,
    /// What is swept.
    pub parameter: String,
    /// Its values, with commas between them.
    #[arg(value_delimiter = ',', required = true, allow_negative_numbers = true)]
    pub values: Vec<f64>,
    /// How many seeds each value is played with.
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// Folder for the results [default: out/SITE/network].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn execute(arguments: &ExperimentArguments) -> Result<Answer> {
    let found = Parameter::ALL
        .into_iter()
        .find(|(_, name, _)| *name == arguments.parameter);
    let Some((parameter, name, unit)) = found else {
        let names = Parameter::ALL.map(|(_, name, _)| name);
        let hint = match service::nearest_name(&arguments.parameter, names) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known are {}", names.join(", ")),
        };
        bail!("there is no parameter `{}`\nhint: {hint}", arguments.parameter);
    };
    let [low, high] = parameter.range();
    if let Some(value) = arguments.values.iter().find(|value| !(low..=high).contains(*value)) {
        bail!("{name} is `{value}`\nhint: give values from {low} to {high} {unit}");
    }
    let seeds: Vec<u64> = (1..=arguments.seeds).collect();
    if seeds.len() * arguments.values.len() > RUNS_MAX {
        bail!("more than {RUNS_MAX} runs\nhint: fewer values or seeds");
    }
    let surroundings = Surroundings::open(&arguments.site)?;
    let folder = surroundings.folder(arguments.out.as_deref())?;
    let experiment = Experiment {
        site: &surroundings.site,
        network: &surroundings.network,
        points: &surroundings.points,
        requirement: Requirement::REMOTE_DRIVING,
        share_min: surroundings.share_min,
        parameter,
    };
    let progress = bar((seeds.len() * arguments.values.len()) as u64, "runs")?;
    let runs = experiment.run(&arguments.values, &seeds, || progress.inc(1));
    progress.finish_and_clear();
    let file = folder.join(format!("experiment-{name}.parquet"));
    let details = BTreeMap::from([
        ("parameter".to_owned(), name.to_owned()),
        ("unit".to_owned(), unit.to_owned()),
    ]);
    table(&runs)
        .write(&file, &details)
        .map_err(|error| anyhow!("{error}"))?;
    let told: Vec<(f64, [Interval; FIGURES.len()])> = runs
        .chunks(seeds.len())
        .map(|of_value| (of_value[0].value, intervals(of_value)))
        .collect();
    for (index, (figure, figure_unit, meaning)) in FIGURES.iter().enumerate() {
        let svg = plot(
            &told,
            index,
            &format!("{name}, {unit}"),
            &format!("{figure_unit}: {meaning}"),
        )
        .svg();
        output::write_picture(&folder.join(format!("experiment-{name}-{figure}.svg")), &svg, 1.0)?;
        output::write_picture(&folder.join(format!("experiment-{name}-{figure}.png")), &svg, 2.0)?;
    }
    output::print(&text(&told, name, seeds.len(), arguments.json))?;
    eprintln!("results are in {}", folder.display());
    Ok(Answer::Yes)
}

fn table(runs: &[Run]) -> Table {
    let mut columns = vec![
        Column::new("value", "", ColumnKind::Number, "the parameter's value"),
        Column::new("seed", "", ColumnKind::Count, "the luck of shadowing"),
    ];
    columns.extend(
        FIGURES
            .iter()
            .map(|(name, unit, meaning)| Column::new(name, unit, ColumnKind::Number, meaning)),
    );
    let mut table = Table::new(columns);
    for run in runs {
        let [a, b, c, d, e, f, g, h] = run.figures;
        table.push([
            run.value.into(),
            (run.seed as i64).into(),
            a.into(),
            b.into(),
            c.into(),
            d.into(),
            e.into(),
            f.into(),
            g.into(),
            h.into(),
        ]);
    }
    table
}

fn plot(told: &[(f64, [Interval; FIGURES.len()])], figure: usize, x: &str, y: &str) -> Plot {
    let bounds = |of: &dyn Fn(&Interval) -> f64| {
        told.iter()
            .map(|(_, all)| of(&all[figure]))
            .filter(|value| value.is_finite())
            .collect::<Vec<_>>()
    };
    let half = |interval: &Interval| {
        if interval.half_width.is_finite() {
            interval.half_width
        } else {
            0.0
        }
    };
    let low = bounds(&|interval| interval.mean - half(interval))
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    let high = bounds(&|interval| interval.mean + half(interval))
        .into_iter()
        .fold(f64::NEG_INFINITY, f64::max);
    let (from, to) = told
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), (value, _)| {
            (from.min(*value), to.max(*value))
        });
    let mut plot = Plot::new(
        &format!("{} by {x}", FIGURES[figure].0),
        Axis::numbers(x, from, to),
        Axis::numbers_to_round(y, low.min(high), high),
    );
    let points: Vec<(f64, f64)> = told
        .iter()
        .filter(|(_, all)| all[figure].mean.is_finite())
        .map(|(value, all)| (*value, all[figure].mean))
        .collect();
    for (value, all) in told.iter().filter(|(_, all)| all[figure].mean.is_finite()) {
        let interval = &all[figure];
        plot.layers.push(Layer::Line {
            points: vec![
                (*value, interval.mean - half(interval)),
                (*value, interval.mean + half(interval)),
            ],
            colour: "#777777".to_owned(),
            dash: String::new(),
            width_px: 1.2,
        });
    }
    plot.layers.push(Layer::Line {
        points: points.clone(),
        colour: "#0072b2".to_owned(),
        dash: String::new(),
        width_px: 1.8,
    });
    plot.layers.push(Layer::Dots {
        points,
        colour: "#0072b2".to_owned(),
        radius_px: 3.0,
    });
    plot
}

fn text(told: &[(f64, [Interval; FIGURES.len()])], name: &str, seeds: usize, json: bool) -> String {
    if json {
        let list = told.iter().map(|(value, all)| {
            let figures = FIGURES.iter().zip(all).map(|((figure, _, _), interval)| {
                (
                    figure.to_string(),
                    serde_json::json!({"mean": interval.mean, "half_width_95": interval.half_width}),
                )
            });
            serde_json::json!({"value": value, "figures": figures.collect::<serde_json::Map<_, _>>()})
        });
        return format!("{:#}\n", serde_json::Value::Array(list.collect()));
    }
    let mut text = format!("{seeds} seeds each: mean ± half of the 95 % confidence interval\n{name:<10}");
    FIGURES
        .iter()
        .for_each(|(figure, _, _)| text += &format!("{figure:>20}"));
    text += "\n";
    for (value, all) in told {
        let _ = write!(text, "{value:<10}");
        for interval in all {
            let cell = match interval.half_width.is_finite() {
                true => format!("{:.3} ± {:.3}", interval.mean, interval.half_width),
                false => format!("{:.3}", interval.mean),
            };
            let _ = write!(text, "{cell:>20}");
        }
        text += "\n";
    }
    text
}
