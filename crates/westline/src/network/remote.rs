//! `westline network remote`: a drive from afar along the line, and what it means for each section of road.

use super::cover::{masts, picture};
use super::surroundings::{SiteArguments, Surroundings};
use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Result, bail};
use clap::Args;
use network::drive::{Drive, WayPoint};
use network::radio::environment::Environment;
use network::remote::{RemoteDrive, Rules, Section, supervise, supervise_trace};
use network::trace::quantile;
use record::Seed;
use road::RoadNetwork;
use road::draw::{ColourScale, Overlay};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Moments of the drive: a tenth of a frame's period or less.
const STEP_S: f64 = 0.003;

/// `westline network remote`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network remote yongchuan           a verdict for each 100 m of the line
  westline network remote yongchuan --rules germany.toml --section 50
  westline network remote ninghua --json
  westline network remote yongchuan --trace run.csv --limit 60
                                              a measured run in the place of the model
")]
pub struct RemoteArguments {
    #[command(flatten)]
    pub site: SiteArguments,
    /// A remote.toml that takes the place of the site's.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// A measured run (t_ms, round trip delay_ms, v_mps) in the place of the model.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// The limit of the measured run's road, km/h.
    #[arg(long, value_name = "KMH", default_value_t = 50.0)]
    pub limit: f64,
    /// Length of a section, m.
    #[arg(long, value_name = "M", default_value_t = 100.0)]
    pub section: f64,
    /// The luck of frames and fading.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for the results [default: out/SITE/network].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn execute(arguments: &RemoteArguments) -> Result<Answer> {
    if !(10.0..=10_000.0).contains(&arguments.section) {
        bail!("--section {}\nhint: give metres from 10 to 10000", arguments.section);
    }
    let surroundings = Surroundings::open(&arguments.site)?;
    let rules = surroundings.rules(arguments.rules.as_deref())?;
    if let Some(path) = &arguments.trace {
        return of_trace(path, arguments, &rules);
    }
    let folder = surroundings.folder(arguments.out.as_deref())?;
    let environment = Environment::new(&surroundings.site, &surroundings.network);
    let points = &surroundings.points;
    let drive = Drive::along(&environment, points, f64::INFINITY, STEP_S, surroundings.share_min);
    let found = supervise(
        &environment,
        points,
        &drive.moments,
        &rules,
        arguments.section,
        Seed(arguments.seed),
    );
    output::write_whole(
        &folder.join("remote.geojson"),
        geojson(&found, points, &surroundings.network).as_bytes(),
    )?;
    let scale = ColourScale {
        low: 0.0,
        high: 60.0,
        label: "speed from afar, km/h".to_owned(),
    };
    let overlays = found.sections.iter().map(|section| {
        let of_section = &points[section.points[0]..(section.points[1] + 2).min(points.len())];
        Overlay::Heat {
            points_m: of_section.iter().map(|point| point.place.at_m).collect(),
            values: vec![Some(section.speed_kmh.unwrap_or(0.0)); of_section.len()],
            scale: scale.clone(),
            width_px: 5.0,
        }
    });
    let title = format!("{}: remote driving after `{}`", surroundings.name, rules.regime);
    let svg = picture(
        &surroundings.network,
        title,
        overlays.chain(masts(&surroundings.site)).collect(),
    );
    output::write_picture(&folder.join("remote.png"), &svg, 1.0)?;
    eprintln!(
        "{} handovers, {} links failed on {:.1} km",
        drive.handovers,
        drive.failures,
        drive.length_m / 1e3
    );
    let text = if arguments.json {
        json(&found, points, Some(&surroundings.network), &rules)
    } else {
        told(&found, points, Some(&surroundings.network), &rules)
    };
    output::print(&text)?;
    eprintln!("results are in {}", folder.display());
    Ok(answer(&found, &rules))
}

/// Yes where every section has a speed and the regime lets the service be.
fn answer(found: &RemoteDrive, rules: &Rules) -> Answer {
    let is_possible = found.sections.iter().all(|section| section.speed_kmh.is_some());
    let is_allowed = rules.remote_alone_is_allowed || rules.officer_on_board;
    if is_possible && is_allowed {
        Answer::Yes
    } else {
        Answer::No
    }
}

/// A measured run judged as a drive would be.
fn of_trace(path: &Path, arguments: &RemoteArguments, rules: &Rules) -> Result<Answer> {
    if !(1.0..=200.0).contains(&arguments.limit) {
        bail!("--limit {}\nhint: give km/h from 1 to 200", arguments.limit);
    }
    let run = super::trace::read(path)?;
    let (points, found) = supervise_trace(&run, rules, arguments.section, arguments.limit / 3.6);
    let text = if arguments.json {
        json(&found, &points, None, rules)
    } else {
        told(&found, &points, None, rules)
    };
    output::print(&text)?;
    Ok(answer(&found, rules))
}

/// The street, or the road's number, where a section begins.
fn road_name<'n>(section: &Section, points: &[WayPoint], network: Option<&'n RoadNetwork>) -> &'n str {
    let Some(network) = network else { return "" };
    let road = &network.roads()[network.lane(points[section.points[0]].lane).road.0 as usize];
    if road.name.is_empty() { &road.id } else { &road.name }
}

fn length_m(section: &Section, points: &[WayPoint]) -> f64 {
    points[section.points[1]].distance_m - points[section.points[0]].distance_m + network::drive::STEP_M
}

fn told(found: &RemoteDrive, points: &[WayPoint], network: Option<&RoadNetwork>, rules: &Rules) -> String {
    let mut text = String::new();
    let sorted = |of: &dyn Fn(&network::remote::Frame) -> Option<f64>| {
        let mut values: Vec<f64> = found
            .frames
            .iter()
            .map(|frame| of(frame).unwrap_or(f64::INFINITY))
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let _ = writeln!(text, "{:<34}{:>10}{:>10}{:>10}", "", "p50", "p95", "p99");
    for (label, values) in [
        ("glass to glass, ms", sorted(&|frame| frame.glass_ms)),
        ("command to wheels, ms", sorted(&|frame| frame.command_ms)),
        ("the loop, ms", sorted(&|frame| frame.loop_ms())),
    ] {
        let _ = writeln!(
            text,
            "{label:<34}{:>10.0}{:>10.0}{:>10.0}",
            quantile(&values, 0.5),
            quantile(&values, 0.95),
            quantile(&values, 0.99)
        );
    }
    let missing = found.frames.iter().filter(|frame| frame.glass_ms.is_none()).count();
    let _ = writeln!(text, "{} frames, {missing} never came", found.frames.len());
    for stop in &found.stops {
        let _ = writeln!(
            text,
            "minimal-risk stop after {:.1} s at {:.2} km: stands {:.0} m after the last picture",
            stop.time_s,
            points[stop.point].distance_m / 1e3,
            stop.length_m
        );
    }
    let _ = writeln!(
        text,
        "\nafter `{}`: the road's limit up to {} ms, above it v · {} / t, none above {} ms",
        rules.regime, rules.loop_ms, rules.loop_ms, rules.loop_ms_max
    );
    if !rules.remote_alone_is_allowed {
        let _ = writeln!(
            text,
            "the regime does not allow this service to be driven from afar alone: {}",
            if rules.officer_on_board {
                "an officer is on board, as it demands"
            } else {
                "nobody is on board"
            }
        );
    }
    let _ = writeln!(
        text,
        "\n{:>8}  {:<28}{:>10}{:>12}{:>10}  verdict",
        "km", "road", "loop, ms", "worst, ms", "in time"
    );
    let (mut possible_m, mut all_m) = (0.0, 0.0);
    for section in &found.sections {
        let verdict = match section.speed_kmh {
            Some(speed_kmh) => format!("remote driving is possible here at {:.0} km/h", speed_kmh.floor()),
            None => "remote driving is not possible here".to_owned(),
        };
        all_m += length_m(section, points);
        possible_m += if section.speed_kmh.is_some() {
            length_m(section, points)
        } else {
            0.0
        };
        let _ = writeln!(
            text,
            "{:>8.2}  {:<28}{:>10.0}{:>12.0}{:>9.1}%  {verdict}",
            points[section.points[0]].distance_m / 1e3,
            road_name(section, points, network).chars().take(27).collect::<String>(),
            section.loop_ms[0],
            section.loop_ms[1],
            100.0 * section.in_time
        );
    }
    let _ = writeln!(
        text,
        "\nremote driving is possible on {:.1} % of {:.2} km",
        100.0 * possible_m / all_m.max(1.0),
        all_m / 1e3
    );
    text
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn json(found: &RemoteDrive, points: &[WayPoint], network: Option<&RoadNetwork>, rules: &Rules) -> String {
    let sections = found.sections.iter().map(|section| {
        serde_json::json!({
            "from_m": points[section.points[0]].distance_m, "length_m": length_m(section, points), "road": road_name(section, points, network),
            "frames": section.frames, "loop_ms_p50": finite(section.loop_ms[0]), "loop_ms_worst": finite(section.loop_ms[1]),
            "in_time_share": section.in_time, "limit_kmh": section.limit_kmh, "speed_kmh": section.speed_kmh,
        })
    });
    let stops = found.stops.iter().map(|stop| serde_json::json!({"time_s": stop.time_s, "at_m": points[stop.point].distance_m, "length_m": stop.length_m}));
    let whole = serde_json::json!({
        "regime": rules.regime, "officer_on_board": rules.officer_on_board, "remote_alone_is_allowed": rules.remote_alone_is_allowed,
        "sections": sections.collect::<Vec<_>>(), "stops": stops.collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn geojson(found: &RemoteDrive, points: &[WayPoint], network: &RoadNetwork) -> String {
    let at = |[x_m, y_m]: [f64; 2]| match network.to_geographic_deg(x_m, y_m) {
        Some([latitude, longitude]) => serde_json::json!([longitude, latitude]),
        None => serde_json::json!([x_m, y_m]),
    };
    let features = found.sections.iter().map(|section| {
        let of_section = &points[section.points[0]..(section.points[1] + 2).min(points.len())];
        let line: Vec<serde_json::Value> = of_section.iter().map(|point| at(point.place.at_m)).collect();
        serde_json::json!({
            "type": "Feature", "geometry": {"type": "LineString", "coordinates": line},
            "properties": {
                "road": road_name(section, points, Some(network)), "loop_ms": finite(section.loop_ms[1]), "in_time": section.in_time,
                "limit_kmh": section.limit_kmh, "speed_kmh": section.speed_kmh,
            },
        })
    });
    format!(
        "{}\n",
        serde_json::json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()})
    )
}
