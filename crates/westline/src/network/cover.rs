//! `westline network cover` and `check`: where there is which link, as pictures, grids and figures.

use super::surroundings::{SiteArguments, Surroundings, bar};
use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use clap::Args;
use network::cover::{CoverFigures, LaneSamples, Quantity, Requirement, Sample, Surveyor, geojson, geotiff};
use network::radio::environment::Environment;
use network::site::NetworkSite;
use road::draw::{ColourScale, DrawOptions, Mark, Overlay};
use road::{LaneId, RoadNetwork, Traveller};
use std::fmt::Write;
use std::path::PathBuf;

/// `westline network cover`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network cover yongchuan            pictures, GeoTIFF, GeoJSON in out/yongchuan/network
  westline network cover ninghua --out maps --no-grid
  westline network cover yongchuan --network proposal.toml --json
")]
pub struct CoverArguments {
    #[command(flatten)]
    pub site: SiteArguments,
    /// Folder for the results [default: out/SITE/network].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Only roads, no grid over the land.
    #[arg(long)]
    pub no_grid: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline network check`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network check yongchuan
  westline network check mysite --network draft.toml
")]
pub struct CheckArguments {
    #[command(flatten)]
    pub site: SiteArguments,
}

pub fn check(arguments: &CheckArguments) -> Result<Answer> {
    let found = Surroundings::open(&arguments.site).and_then(|surroundings| {
        let rules = surroundings.rules(None)?;
        Ok((surroundings, rules))
    });
    match found {
        Ok((Surroundings { site, .. }, rules)) => {
            output::print(&format!(
                "{}: nothing wrong: {} masts, {} cells, {} bands, {} slices; remote driving after `{}`\n",
                arguments.site.site,
                site.masts.len(),
                site.cells().count(),
                site.bands.len(),
                site.slices.len(),
                rules.regime
            ))?;
            Ok(Answer::Yes)
        }
        Err(error) => {
            output::print(&format!("{error:#}\n"))?;
            Ok(Answer::No)
        }
    }
}

/// The quantities that are drawn: file, what, colours from and to, value.
type Drawn = (&'static str, &'static str, f64, f64, fn(&Sample) -> Option<f64>);
const DRAWN: [Drawn; 4] = [
    ("coverage.png", "SINR downwards, dB", -5.0, 30.0, |sample| {
        Quantity::Ratio.of(sample)
    }),
    ("rate.png", "rate upwards, Mbit/s", 0.0, 100.0, |sample| {
        Quantity::UpRate.of(sample)
    }),
    (
        "latency.png",
        "upward latency of 99 % of pictures, ms",
        10.0,
        100.0,
        |sample| Quantity::Latency.of(sample),
    ),
    ("reliability.png", "pictures within 100 ms, %", 90.0, 100.0, |sample| {
        Some(100.0 * sample.up_in_time)
    }),
];

pub fn execute(arguments: &CoverArguments) -> Result<Answer> {
    let surroundings = Surroundings::open(&arguments.site)?;
    let folder = surroundings.folder(arguments.out.as_deref())?;
    let network = &*surroundings.network;
    let environment = Environment::new(&surroundings.site, network);
    let surveyor = Surveyor::new(&environment, Requirement::REMOTE_DRIVING, surroundings.share_min);
    let lanes_used = (0..network.lanes().len() as u32).filter(|&lane| network.may_use(LaneId(lane), Traveller::Car));
    let progress = bar(lanes_used.count() as u64, "lanes")?;
    let lanes = surveyor.lanes(network, |_| true, || progress.inc(1));
    progress.finish_and_clear();
    output::write_whole(
        &folder.join("roads.geojson"),
        geojson(&lanes, network, &environment).as_bytes(),
    )?;
    for (file, label, low, high, value) in DRAWN {
        let scale = ColourScale {
            low,
            high,
            label: label.to_owned(),
        };
        let mut overlays: Vec<Overlay> = lanes.iter().map(|lane| heat(lane, &scale, value)).collect();
        overlays.extend(masts(&surroundings.site));
        let options = DrawOptions {
            title: format!("{}: {label}", surroundings.name),
            overlays,
            names: false,
            ..DrawOptions::default()
        };
        output::write_picture(&folder.join(file), &road::draw::draw(network, &options), 1.0)?;
    }
    if !arguments.no_grid {
        let progress = bar(0, "grid")?;
        let grid = surveyor.grid(network, || progress.tick());
        progress.finish_and_clear();
        for (quantity, name) in Quantity::ALL {
            let bytes = geotiff(&grid, quantity, network).map_err(|error| anyhow!("{error}"))?;
            output::write_whole(&folder.join(format!("{name}.tif")), &bytes)?;
        }
    }
    let on_line = line_lanes(&surroundings);
    let line: Vec<LaneSamples> = lanes
        .iter()
        .filter(|lane| on_line.binary_search(&lane.lane).is_ok())
        .cloned()
        .collect();
    let parts = [
        ("all roads", CoverFigures::of(&lanes, network)),
        ("the line", CoverFigures::of(&line, network)),
    ];
    output::print(&told(&parts, arguments.json))?;
    eprintln!("results are in {}", folder.display());
    Ok(Answer::Yes)
}

/// The lanes that the line takes, sorted.
pub fn line_lanes(surroundings: &Surroundings) -> Vec<LaneId> {
    let mut lanes: Vec<LaneId> = surroundings.points.iter().map(|point| point.lane).collect();
    lanes.sort();
    lanes.dedup();
    lanes
}

fn heat(lane: &LaneSamples, scale: &ColourScale, value: fn(&Sample) -> Option<f64>) -> Overlay {
    Overlay::Heat {
        points_m: lane.samples.iter().map(|sample| sample.place.at_m).collect(),
        values: lane.samples.iter().map(value).collect(),
        scale: scale.clone(),
        width_px: 2.4,
    }
}

/// Masts as dots, with the way that each sector looks.
pub fn masts(site: &NetworkSite) -> impl Iterator<Item = Overlay> + '_ {
    const ARROW_M: f64 = 60.0;
    site.masts.iter().flat_map(|mast| {
        let look = |azimuth_rad: f64| {
            [
                mast.at_m[0] + ARROW_M * libm::cos(azimuth_rad),
                mast.at_m[1] + ARROW_M * libm::sin(azimuth_rad),
            ]
        };
        let sectors = mast.sectors.iter().map(move |sector| Overlay::Line {
            points_m: vec![mast.at_m, look(sector.panel.azimuth_rad)],
            colour: "#c0392b".to_owned(),
            width_px: 2.0,
        });
        sectors.chain([Overlay::Mark {
            at_m: mast.at_m,
            mark: Mark::Dot,
            colour: "#c0392b".to_owned(),
            label: mast.name.clone(),
        }])
    })
}

fn told(parts: &[(&str, CoverFigures)], json: bool) -> String {
    if json {
        let list = parts.iter().map(|(name, f)| {
            serde_json::json!({
                "part": name, "length_km": f.length_km, "covered_share": f.covered, "remote_driving_share": f.holds,
                "sinr_db_p5": f.sinr_db[0], "sinr_db_p50": f.sinr_db[1], "up_mbps_p5": f.up_mbps[0], "up_mbps_p50": f.up_mbps[1],
                "down_mbps_p5": f.down_mbps[0], "down_mbps_p50": f.down_mbps[1], "up_p99_ms_p50": f.up_p99_ms[0], "up_p99_ms_p95": f.up_p99_ms[1],
                "up_in_time_share": f.up_in_time,
            })
        });
        return format!("{:#}\n", serde_json::Value::Array(list.collect()));
    }
    let mut text = format!("{:<46}", "");
    parts.iter().for_each(|(name, _)| text += &format!("{name:>14}"));
    text += "\n";
    let mut row = |label: &str, value: &dyn Fn(&CoverFigures) -> f64| {
        let _ = write!(text, "{label:<46}");
        parts
            .iter()
            .for_each(|(_, figures)| text += &format!("{:>14.1}", value(figures)));
        text += "\n";
    };
    row("lanes, km", &|f| f.length_km);
    row("covered, % of metres", &|f| 100.0 * f.covered);
    row("fit for remote driving, % of metres", &|f| 100.0 * f.holds);
    row("SINR downwards, dB: median", &|f| f.sinr_db[1]);
    row("  5 % of metres have less than", &|f| f.sinr_db[0]);
    row("rate upwards, Mbit/s: median", &|f| f.up_mbps[1]);
    row("  5 % of metres have less than", &|f| f.up_mbps[0]);
    row("rate downwards, Mbit/s: median", &|f| f.down_mbps[1]);
    row("  5 % of metres have less than", &|f| f.down_mbps[0]);
    row("latency of 99 % of pictures, ms: median", &|f| f.up_p99_ms[0]);
    row("  5 % of metres have more than", &|f| f.up_p99_ms[1]);
    row("pictures within 100 ms, %", &|f| 100.0 * f.up_in_time);
    text + "Fit for remote driving: 25 Mbit/s up, 1 down, 99 % of pictures within 100 ms and of commands within 20 ms.\n"
}

/// A map with lines of one colour and masts, for plans and verdicts.
pub fn picture(network: &RoadNetwork, title: String, overlays: Vec<Overlay>) -> String {
    road::draw::draw(
        network,
        &DrawOptions {
            title,
            overlays,
            names: true,
            ..DrawOptions::default()
        },
    )
}
