//! `westline network path-loss`: a table of links in, the same with path loss and chance of a line of sight out.

use crate::arguments::TEMPLATE;
use crate::{Answer, input, output};
use anyhow::{Result, anyhow};
use clap::Args;
use std::path::PathBuf;

/// Messages about links outside the report's ranges that are shown; the rest is counted.
const WARNINGS_SHOWN: usize = 5;

/// `westline network path-loss`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network path-loss rows.csv > with-loss.csv
  westline network path-loss - < rows.csv

Columns, in any order, others pass through:
  scenario       UMa, UMi, RMa, InH, InH-open, InF, InF-SL, InF-DL, InF-SH, InF-DH, V2V-urban, V2V-highway
  base_height_m, user_height_m, distance_2d_m, frequency_ghz
  visibility     los, nlos, nlosv; for InF nlos-sl, nlos-dl, nlos-sh, nlos-dh
  wall           optional: low, high, car, car-metallised; inside_m behind it
Out come the same with path_loss_db (no shadowing) and los_probability.
")]
pub struct PathLossArguments {
    /// A CSV table; `-` for standard input.
    pub rows: PathBuf,
    /// Write the table here instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub fn execute(arguments: &PathLossArguments) -> Result<Answer> {
    let (name, text) = input::read_table(&arguments.rows)?;
    let rows = network::radio::rows::path_loss(&name, &text).map_err(|error| anyhow!("{error}"))?;
    for warning in rows.warnings.iter().take(WARNINGS_SHOWN) {
        eprintln!("warning: {warning}");
    }
    if let Some(more) = rows.warnings.len().checked_sub(WARNINGS_SHOWN + 1) {
        eprintln!("warning: and {} more rows outside the report's ranges", more + 1);
    }
    match &arguments.output {
        Some(path) => output::write_whole(path, rows.csv.as_bytes())?,
        None => output::print(&rows.csv)?,
    }
    Ok(Answer::Yes)
}
