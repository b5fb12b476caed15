//! `westline network`: the link and the messages over it.

mod path_loss;
mod trace;

use crate::Answer;
use anyhow::Result;
use clap::Subcommand;

/// `westline network`.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// Path loss of links in a table, after 3GPP TR 38.901 and TR 37.885.
    PathLoss(path_loss::PathLossArguments),
    /// Replay a measured run, and tell its figures.
    Trace(trace::TraceArguments),
    /// Fit the delay model to measured runs, and tell how it fares on runs that it has not seen.
    Fit(trace::FitArguments),
}

pub fn execute(command: &NetworkCommand) -> Result<Answer> {
    match command {
        NetworkCommand::PathLoss(arguments) => path_loss::execute(arguments),
        NetworkCommand::Trace(arguments) => trace::execute(arguments),
        NetworkCommand::Fit(arguments) => trace::fit(arguments),
    }
}
