//! `westline traffic realism`: standard experiments beside what is published of real roads, as a table and pictures.
//!
//! In go kinds of drivers; out come text, JSON and SVG or PNG. What is played and what is published is `world`'s.

use crate::arguments::TrafficRealism;
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use record::Seed;
use report::{Axis, Layer, Plot};
use world::realism::{Finding, Study, study};

/// Drivers who are asked if the caller names none: the first are judged, the others stand beside them.
const DRIVERS: [(&str, &str); 2] = [
    ("people", "carFollowModel=\"Human\""),
    ("Krauß, as SUMO's default", "carFollowModel=\"Krauss\""),
];
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];
const DASHES: [&str; 3] = ["", "7 3", "2 2"];
/// Pixels of a PNG for one of the picture's.
const SCALE: f64 = 2.0;

/// What came of one kind of driver.
struct Played {
    name: String,
    study: Study,
}

pub fn realism(arguments: &TrafficRealism) -> Result<Answer> {
    let drivers: Vec<(String, String)> = match arguments.driver.is_empty() {
        true => DRIVERS
            .iter()
            .map(|&(name, attributes)| (name.to_owned(), attributes.to_owned()))
            .collect(),
        false => arguments
            .driver
            .iter()
            .map(|attributes| (attributes.clone(), attributes.clone()))
            .collect(),
    };
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}")?);
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar.set_message("playing roads, queues, entries and a bottleneck");
    let played: Vec<Played> = drivers
        .par_iter()
        .map(|(name, attributes)| {
            let study = study(attributes, Seed(arguments.seed)).map_err(|error| anyhow!("{error}"))?;
            Ok(Played {
                name: name.clone(),
                study,
            })
        })
        .collect::<Result<_>>()?;
    bar.finish_and_clear();
    if let Some(folder) = &arguments.pictures {
        std::fs::create_dir_all(folder)?;
        for (name, plot) in pictures(&played) {
            output::write_picture(&folder.join(format!("{name}.{}", arguments.format)), &plot.svg(), SCALE)?;
        }
    }
    output::print(&match arguments.json {
        true => json(&played),
        false => table(&played),
    })?;
    let is_real = played[0].study.findings.iter().all(Finding::is_real);
    Ok(if is_real { Answer::Yes } else { Answer::No })
}

fn table(played: &[Played]) -> String {
    let mut text = String::new();
    let findings = &played[0].study.findings;
    for (index, one) in played.iter().enumerate() {
        text += &format!("{}  {}\n", char::from(b'A' + index as u8), one.name);
    }
    text += &format!("\n{:<50}", "");
    for index in 0..played.len() {
        text += &format!("{:>10}", char::from(b'A' + index as u8));
    }
    text += &format!("  {:<17}{:>18}\n", "", "published");
    for finding in findings {
        text += &format!("{:<50}", finding.name);
        for one in played {
            let own = one.study.findings.iter().find(|other| other.name == finding.name);
            text += &match own {
                Some(own) if own.is_real() => format!("{:>10}", number(own.value)),
                Some(own) => format!("{:>10}", format!("{} !", number(own.value))),
                None => format!("{:>10}", "none"),
            };
        }
        let [low, high] = finding.published;
        text += &format!(
            "  {:<17}{:>18}\n",
            finding.unit,
            format!("{} to {}", number(low), number(high))
        );
    }
    text += "\n! lies outside what is published\n\n";
    let mut sources: Vec<&str> = findings.iter().map(|finding| finding.source).collect();
    sources.dedup();
    for source in sources {
        text += &format!("{source}\n");
    }
    text
}

/// Three digits that tell something.
fn number(value: f64) -> String {
    match value {
        value if !value.is_finite() => "none".to_owned(),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn json(played: &[Played]) -> String {
    let drivers: Vec<serde_json::Value> = played
        .iter()
        .map(|one| {
            let findings: Vec<serde_json::Value> = one
                .study
                .findings
                .iter()
                .map(|finding| {
                    serde_json::json!({
                        "name": finding.name, "unit": finding.unit, "value": finding.value,
                        "published": finding.published, "source": finding.source, "is_real": finding.is_real(),
                    })
                })
                .collect();
            serde_json::json!({ "driver": one.name, "findings": findings })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::from(drivers))
}

/// A picture of each experiment, by the name of its file.
fn pictures(played: &[Played]) -> Vec<(&'static str, Plot)> {
    vec![
        ("fundamental-diagram", fundamental_diagram(played)),
        ("signal", discharge(played)),
        ("entries", entries(&played[0])),
        ("bottleneck", bottleneck(played)),
        ("lane-changes", lane_changes(played)),
    ]
}

fn plot(title: &str, x: Axis, y: Axis) -> Plot {
    let mut plot = Plot::new(title, x, y);
    (plot.width_px, plot.height_px) = (640.0, 340.0);
    plot
}

/// Points joined by a line, in the colour and dash of a kind of driver.
fn curve(plot: &mut Plot, index: usize, name: &str, points: Vec<(f64, f64)>) {
    let (colour, dash) = (COLOURS[index % 3].to_owned(), DASHES[index % 3].to_owned());
    plot.layers.push(Layer::Dots {
        points: points.clone(),
        colour: colour.clone(),
        radius_px: 2.2,
    });
    plot.layers.push(Layer::Line {
        points,
        colour: colour.clone(),
        dash: dash.clone(),
        width_px: 1.4,
    });
    plot.legend.push((name.to_owned(), colour, dash));
}

fn fundamental_diagram(played: &[Played]) -> Plot {
    let mut plot = plot(
        "Flow by density, a lane of 100 km/h",
        Axis::numbers("vehicles a kilometre", 0.0, 140.0),
        Axis::numbers("vehicles an hour", 0.0, 2600.0),
    );
    for (index, one) in played.iter().enumerate() {
        let flows = one.study.fundamental_diagram.iter();
        curve(
            &mut plot,
            index,
            &one.name,
            flows.map(|flow| (flow.density_per_km, flow.flow_per_h)).collect(),
        );
    }
    for (at, label) in [(1800.0, "least capacity published"), (2400.0, "most")] {
        plot.layers.push(Layer::Level {
            at,
            label: label.to_owned(),
        });
    }
    plot
}

fn discharge(played: &[Played]) -> Plot {
    let mut plot = plot(
        "Who leaves a queue after green",
        Axis::numbers("place in the queue", 1.0, 25.0),
        Axis::numbers("seconds after the one before", 0.0, 4.0),
    );
    for (index, one) in played.iter().enumerate() {
        let headways_s = one.study.discharge_s.iter();
        let points = headways_s
            .enumerate()
            .map(|(place, &headway_s)| (place as f64 + 1.0, headway_s));
        curve(&mut plot, index, &one.name, points.collect());
    }
    for (at, label) in [(3600.0 / 1900.0, ""), (3600.0 / 1700.0, "1,700 to 1,900 an hour")] {
        plot.layers.push(Layer::Level {
            at,
            label: label.to_owned(),
        });
    }
    plot
}

/// Measured as points, the handbook's as lines.
fn entries(one: &Played) -> Plot {
    /// One colour more than kinds of drivers.
    const OF_ENTRY: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
    const DASH_OF_ENTRY: [&str; 4] = ["", "7 3", "2 2", "9 3 2 3"];
    let mut plot = plot(
        "Who gets in beside others: counted (dots), and the handbook's (lines)",
        Axis::numbers("an hour who go first", 0.0, 1100.0),
        Axis::numbers("an hour who get in", 0.0, 1600.0),
    );
    for (index, (name, points)) in one.study.capacities.iter().enumerate() {
        let (colour, dash) = (OF_ENTRY[index % 4].to_owned(), DASH_OF_ENTRY[index % 4].to_owned());
        plot.layers.push(Layer::Dots {
            points: points
                .iter()
                .map(|point| (point.conflicting_per_h, point.entering_per_h))
                .collect(),
            colour: colour.clone(),
            radius_px: 3.0,
        });
        plot.layers.push(Layer::Line {
            points: points
                .iter()
                .map(|point| (point.conflicting_per_h, point.published_per_h))
                .collect(),
            colour: colour.clone(),
            dash: dash.clone(),
            width_px: 1.4,
        });
        // Four names stand side by side above the picture.
        let short = name.replace(" turn from a", ",").replace("entry of a ", "");
        plot.legend.push((short, colour, dash));
    }
    plot
}

fn bottleneck(played: &[Played]) -> Plot {
    let mut plot = plot(
        "Beyond the place where one of two lanes ends, while demand grows",
        Axis::numbers("minutes", 0.0, 150.0),
        Axis::numbers("vehicles an hour", 0.0, 2200.0),
    );
    for (index, one) in played.iter().enumerate() {
        let flows = one.study.bottleneck.iter();
        curve(
            &mut plot,
            index,
            &one.name,
            flows.map(|&(at_s, flow)| (at_s / 60.0, flow)).collect(),
        );
    }
    plot
}

fn lane_changes(played: &[Played]) -> Plot {
    let mut plot = plot(
        "Lane changes, two lanes, a tenth of all trucks",
        Axis::numbers("vehicles an hour", 0.0, 3000.0),
        Axis::numbers("changes a vehicle and kilometre", 0.0, 1.0),
    );
    for (index, one) in played.iter().enumerate() {
        curve(&mut plot, index, &one.name, one.study.lane_changes.clone());
    }
    plot
}
