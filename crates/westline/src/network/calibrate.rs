//! `westline network calibrate`: the model beside what companies reported and what theory says.

use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::Result;
use clap::Args;
use network::radio::calibration::SETTINGS;
use network::radio::queue::{Service, mean_wait, simulate};
use record::Seed;
use std::fmt::Write;

/// Packets through a simulated queue.
const PACKETS: usize = 1_000_000;

/// `westline network calibrate`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network calibrate                  TR 38.901's coupling loss and geometry; M/M/1 and M/D/1
  westline network calibrate --users 100000 --seed 3
")]
pub struct CalibrateArguments {
    /// Users dropped in each setting.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub users: u64,
    /// Their luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

pub fn execute(arguments: &CalibrateArguments) -> Result<Answer> {
    let mut text = String::from("large-scale calibration of TR 38.901 (clause 7.8.1): dB at percentiles of users\n");
    let mut farthest_db = 0.0f64;
    for setting in SETTINGS {
        let found = setting.calibrate(arguments.users as usize, Seed(arguments.seed));
        for (name, rows) in [("coupling gain", found.coupling), ("geometry", found.geometry)] {
            let _ = writeln!(
                text,
                "{}, {name}\n{:>12}{:>10}{:>24}{:>10}",
                found.name, "percentile", "ours", "companies", "outside"
            );
            for row in rows {
                let companies = format!("{:.1} to {:.1}", row.companies_db[0], row.companies_db[1]);
                let _ = writeln!(
                    text,
                    "{:>12.0}{:>10.1}{companies:>24}{:>10.1}",
                    100.0 * row.share,
                    row.ours_db,
                    row.outside_db()
                );
                farthest_db = farthest_db.max(row.outside_db());
            }
        }
    }
    let _ = writeln!(
        text,
        "farthest outside what five companies reported (3GPP R1-165974): {farthest_db:.1} dB\n"
    );
    let _ = writeln!(
        text,
        "mean wait before service, in service times\n{:>12}{:>10}{:>12}{:>12}{:>10}",
        "queue", "load", "simulated", "theory", "error, %"
    );
    for (name, service) in [("M/M/1", Service::Exponential), ("M/D/1", Service::Constant)] {
        for utilisation in [0.3, 0.5, 0.7, 0.9] {
            let found = simulate(service, utilisation, PACKETS, Seed(arguments.seed)).mean;
            let theory = mean_wait(service, utilisation);
            let _ = writeln!(
                text,
                "{name:>12}{utilisation:>10.1}{found:>12.3}{theory:>12.3}{:>10.1}",
                100.0 * (found / theory - 1.0)
            );
        }
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}
