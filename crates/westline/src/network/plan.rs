//! `westline network plan`: masts for the line, beside greedy and random plans.

use super::cover::{masts, picture};
use super::surroundings::{SiteArguments, Surroundings};
use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use network::cover::Requirement;
use network::plan::{Costs, Plan, Planner, candidates};
use network::radio::environment::Place;
use network::radio::obstacles::Obstacles;
use network::site::{Mast, NetworkSite};
use record::Seed;
use road::draw::Overlay;
use std::fmt::Write;
use std::path::PathBuf;

/// `westline network plan`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network plan yongchuan             masts for 95 % of the line's metres at the remote-driving requirement
  westline network plan yongchuan --target 0.99 --spacing 150
  westline network plan ninghua --mast-cost 500000 --out plan

The proposal is written as a network.toml: westline network cover SITE --network out/SITE/network/proposal.toml
")]
pub struct PlanArguments {
    #[command(flatten)]
    pub site: SiteArguments,
    /// Share of the line's metres that must hold.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    pub target: f64,
    /// Rate that a vehicle sends, Mbit/s.
    #[arg(long, value_name = "MBPS", default_value_t = 25.0)]
    pub rate: f64,
    /// Distance of candidates along the line, m.
    #[arg(long, value_name = "M", default_value_t = 200.0)]
    pub spacing: f64,
    /// Height of new masts, m.
    #[arg(long, value_name = "M", default_value_t = 25.0)]
    pub height: f64,
    /// What a mast with its sectors costs.
    #[arg(long, value_name = "YUAN", default_value_t = 400_000.0)]
    pub mast_cost: f64,
    /// What an edge site costs.
    #[arg(long, value_name = "YUAN", default_value_t = 600_000.0)]
    pub edge_cost: f64,
    /// The random plans' luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for the results [default: out/SITE/network].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn execute(arguments: &PlanArguments) -> Result<Answer> {
    let is_sound = (0.0..=1.0).contains(&arguments.target)
        && [arguments.rate, arguments.spacing]
            .iter()
            .all(|value| value.is_finite() && *value > 0.0)
        && (3.0..=300.0).contains(&arguments.height)
        && [arguments.mast_cost, arguments.edge_cost]
            .iter()
            .all(|cost| cost.is_finite() && *cost >= 0.0);
    if !is_sound {
        bail!(
            "a number of the plan makes no sense\nhint: --target from 0 to 1, --height from 3 to 300, --rate and --spacing above 0, costs from 0"
        );
    }
    let surroundings = Surroundings::open(&arguments.site)?;
    let folder = surroundings.folder(arguments.out.as_deref())?;
    let network = &*surroundings.network;
    let places: Vec<Place> = surroundings.points.iter().map(|point| point.place).collect();
    let model = Mast {
        height_m: arguments.height,
        sectors: network::site::three_sectors(0, 8.0, 46.0),
        has_edge_site: false,
        ..NetworkSite::plausible(network).masts[0].clone()
    };
    let all = NetworkSite {
        masts: candidates(&places, arguments.spacing, &model),
        ..surroundings.site.clone()
    };
    let requirement = Requirement {
        up_mbps: arguments.rate,
        ..Requirement::REMOTE_DRIVING
    };
    let costs = Costs {
        mast: arguments.mast_cost,
        edge_site: arguments.edge_cost,
    };
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(ProgressStyle::with_template("{spinner} {msg}")?);
    let obstacles = Obstacles::of(network);
    let planner = Planner::new(
        &all,
        &obstacles,
        places,
        requirement,
        surroundings.share_min,
        costs,
        arguments.target,
    );
    let plans = planner.plan(Seed(arguments.seed), |what| {
        spinner.set_message(what.to_owned());
        spinner.tick();
    });
    spinner.finish_and_clear();
    let proposal = NetworkSite {
        masts: plans.ours.masts.iter().map(|&mast| all.masts[mast].clone()).collect(),
        ..surroundings.site.clone()
    };
    output::write_whole(
        &folder.join("proposal.toml"),
        written(&proposal, &plans.ours).as_bytes(),
    )?;
    let line = Overlay::Line {
        points_m: surroundings.points.iter().map(|point| point.place.at_m).collect(),
        colour: "#0072b2".to_owned(),
        width_px: 4.0,
    };
    let title = format!(
        "{}: {} masts for {:.1} % of the line",
        surroundings.name,
        plans.ours.masts.len(),
        100.0 * plans.ours.holds
    );
    let overlays = std::iter::once(line).chain(masts(&proposal)).collect();
    output::write_picture(&folder.join("plan.png"), &picture(network, title, overlays), 1.0)?;
    let random = plans.random;
    let rows = [
        ("ours", plans.ours.masts.len() as f64, plans.ours.holds, plans.ours.cost),
        (
            "greedy",
            plans.greedy.masts.len() as f64,
            plans.greedy.holds,
            plans.greedy.cost,
        ),
        ("random, mean of 10", random[0], random[1], random[2]),
    ];
    let mut text = String::new();
    if arguments.json {
        let list = rows.map(|(name, masts, holds, cost)| serde_json::json!({"plan": name, "masts": masts, "holds_share": holds, "cost_yuan": cost}));
        text = format!("{:#}\n", serde_json::Value::Array(list.to_vec()));
    } else {
        let _ = writeln!(
            text,
            "{:<20}{:>8}{:>22}{:>14}",
            "plan", "masts", "% of metres that hold", "cost, yuan"
        );
        for (name, masts, holds, cost) in rows {
            let _ = writeln!(text, "{name:<20}{masts:>8.1}{:>22.1}{cost:>14.0}", 100.0 * holds);
        }
        let _ = writeln!(text, "of {} candidates; one edge site in each plan", all.masts.len());
    }
    output::print(&text)?;
    eprintln!("results are in {}", folder.display());
    Ok(if plans.ours.holds >= arguments.target {
        Answer::Yes
    } else {
        Answer::No
    })
}

/// The proposal's masts as a `network.toml`; bands, slices and settings are the site's and are not repeated where they are the defaults.
fn written(site: &NetworkSite, plan: &Plan) -> String {
    let mut text = format!(
        "# {} masts: {:.1} % of the line's metres hold. Written by `westline network plan`.\n",
        plan.masts.len(),
        100.0 * plan.holds
    );
    let _ = writeln!(
        text,
        "\n[propagation]\nseed = {}\nbuildings = \"{}\"\ntunnels = \"{}\"",
        site.propagation.seed,
        if site.propagation.buildings_are_drawn {
            "drawn"
        } else {
            "unknown"
        },
        if site.propagation.tunnels_have_feeders {
            "leaky-feeder"
        } else {
            "none"
        }
    );
    let _ = writeln!(text, "\n[load]\nshare = {}", site.load);
    let _ = writeln!(
        text,
        "\n[core]\nedge_ms = {}\ncloud_ms = {}",
        site.backhaul.edge_ms, site.backhaul.cloud_ms
    );
    for band in &site.bands {
        let duplex = match band.duplex {
            network::site::Duplex::Frequency => "duplex = \"fdd\"".to_owned(),
            network::site::Duplex::Time(down) => format!("downlink_share = {down}"),
        };
        let _ = writeln!(
            text,
            "\n[[bands]]\nname = {:?}\nfrequency_mhz = {}\nbandwidth_mhz = {}\nsubcarrier_khz = {}\n{duplex}",
            band.name,
            band.frequency_ghz * 1e3,
            band.bandwidth_mhz,
            band.subcarrier_khz
        );
    }
    for slice in &site.slices {
        let _ = writeln!(
            text,
            "\n[[slices]]\nname = {:?}\nfive_qi = {}\nshare_min = {}",
            slice.name, slice.five_qi, slice.share_min
        );
    }
    for (index, mast) in site.masts.iter().enumerate() {
        let [x_m, y_m] = mast.at_m;
        let edge = if plan.edge_site == Some(index) {
            "edge_site = true\n"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "\n[[masts]]\nname = {:?}\nx_m = {x_m:.1}\ny_m = {y_m:.1}\nheight_m = {}\n{edge}",
            mast.name, mast.height_m
        );
    }
    text
}
