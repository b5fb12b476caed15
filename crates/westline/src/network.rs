//! `westline network`: the link and the messages over it.

mod calibrate;
mod cover;
mod experiment;
mod path_loss;
mod plan;
mod remote;
mod surroundings;
mod trace;

use crate::Answer;
use anyhow::Result;
use clap::Subcommand;

/// `westline network`.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// Tell every fault of a site's network.toml and remote.toml.
    Check(cover::CheckArguments),
    /// Draw coverage, rate, latency and reliability of a site.
    Cover(cover::CoverArguments),
    /// Propose masts for a site's line, beside greedy and random plans.
    Plan(plan::PlanArguments),
    /// Sweep a parameter of a site's network with seeds.
    Experiment(experiment::ExperimentArguments),
    /// Drive a site's line from afar: the loop's latency, and the speed that each section of road allows.
    Remote(remote::RemoteArguments),
    /// Path loss of links in a table, after 3GPP TR 38.901 and TR 37.885.
    PathLoss(path_loss::PathLossArguments),
    /// Replay measured runs, and tell their figures.
    Trace(trace::TraceArguments),
    /// Fit the delay model to measured runs, and tell how it fares on runs that it has not seen.
    Fit(trace::FitArguments),
    /// Put the model beside what companies reported to 3GPP, and its queues beside theory.
    Calibrate(calibrate::CalibrateArguments),
}

pub fn execute(command: &NetworkCommand) -> Result<Answer> {
    match command {
        NetworkCommand::Check(arguments) => cover::check(arguments),
        NetworkCommand::Cover(arguments) => cover::execute(arguments),
        NetworkCommand::Plan(arguments) => plan::execute(arguments),
        NetworkCommand::Experiment(arguments) => experiment::execute(arguments),
        NetworkCommand::Remote(arguments) => remote::execute(arguments),
        NetworkCommand::PathLoss(arguments) => path_loss::execute(arguments),
        NetworkCommand::Trace(arguments) => trace::execute(arguments),
        NetworkCommand::Fit(arguments) => trace::fit(arguments),
        NetworkCommand::Calibrate(arguments) => calibrate::execute(arguments),
    }
}
