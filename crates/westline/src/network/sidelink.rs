//! `westline network sidelink`: what density costs on the air.

use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::Result;
use clap::Args;
use network::sidelink::{Channel, Fate, Street};
use record::Seed;
use serde_json::json;

/// `westline network sidelink`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network sidelink
  westline network sidelink --stations 50,100,200 --bytes 400 --within 200

A straight street of stations, each sending ten packets a second by 3GPP mode 2; the table says what became of packets.
")]
pub struct SidelinkArguments {
    /// How many stations on the street.
    #[arg(long, value_delimiter = ',', default_value = "10,25,50,100,200,400", value_parser = clap::value_parser!(u32).range(2..=2_000))]
    stations: Vec<u32>,
    /// Length of the street, metres.
    #[arg(long, value_name = "METRES", default_value_t = 1_000.0)]
    length: f64,
    /// Length of a packet.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=1_700))]
    bytes: u64,
    /// How far packets matter, metres.
    #[arg(long, value_name = "METRES", default_value_t = 150.0)]
    within: f64,
    /// How long it is played.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// The luck.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

pub fn execute(arguments: &SidelinkArguments) -> Result<Answer> {
    let mut text = format!(
        "{:>10}{:>12}{:>12}{:>12}{:>12}{:>12}\n",
        "stations", "received", "collided", "deaf", "too far", "busy"
    );
    let mut rows = Vec::new();
    for &stations in &arguments.stations {
        let street = Street {
            stations,
            length_m: arguments.length.clamp(1.0, 1e6),
            packet_bytes: arguments.bytes as usize,
            within_m: arguments.within,
        };
        let report = street.play(Channel::default(), arguments.seconds, Seed(arguments.seed));
        let fates = [Fate::Received, Fate::Collided, Fate::Deaf, Fate::OutOfReach];
        text += &format!("{stations:>10}");
        for share in fates
            .map(|fate| report.share(fate))
            .into_iter()
            .chain([report.busy_share])
        {
            text += &format!("{:>10.2} %", 100.0 * share);
        }
        text.push('\n');
        rows.push(json!({
            "stations": stations,
            "received": report.share(Fate::Received),
            "collided": report.share(Fate::Collided),
            "deaf": report.share(Fate::Deaf),
            "out_of_reach": report.share(Fate::OutOfReach),
            "busy_share": report.busy_share,
        }));
    }
    if arguments.json {
        text = format!("{:#}\n", serde_json::Value::Array(rows));
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}
