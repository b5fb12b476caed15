//! `westline network`: the 5G link, and the messages between vehicles, roadside and cloud.

mod calibrate;
mod cover;
mod dashboard;
pub mod day;
mod experiment;
mod messages;
mod path_loss;
mod pki;
mod plan;
mod remote;
mod show;
mod sidelink;
mod surroundings;
pub use surroundings::Surroundings;
mod trace;
pub mod v2x;

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
    /// Take a capture apart: a JSON line a message.
    Decode(messages::DecodeArguments),
    /// Encode messages from JSON values; prints hex, a line a message.
    Encode(messages::EncodeArguments),
    /// Make and show certificates for signing messages.
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// What density costs on the air between vehicles.
    Sidelink(sidelink::SidelinkArguments),
    /// Watch a day's links, latency budget and messages in the terminal.
    Show(show::ShowArguments),
    /// Sign the packets of a capture.
    Sign(pki::SignArguments),
    /// What it is worth to a line that its vehicles hear others.
    V2x(v2x::V2xArguments),
    /// Judge the signed packets of a capture.
    Verify(pki::VerifyArguments),
}

pub fn execute(command: &NetworkCommand) -> Result<Answer> {
    match command {
        NetworkCommand::Check(arguments) => cover::check(arguments),
        NetworkCommand::Cover(arguments) => cover::execute(arguments),
        NetworkCommand::Plan(arguments) => plan::execute(arguments),
        NetworkCommand::Experiment(arguments) => experiment::execute(arguments),
        NetworkCommand::Show(arguments) => show::execute(arguments),
        NetworkCommand::Remote(arguments) => remote::execute(arguments),
        NetworkCommand::PathLoss(arguments) => path_loss::execute(arguments),
        NetworkCommand::Trace(arguments) => trace::execute(arguments),
        NetworkCommand::Fit(arguments) => trace::fit(arguments),
        NetworkCommand::Calibrate(arguments) => calibrate::execute(arguments),
        NetworkCommand::Decode(arguments) => messages::decode(arguments),
        NetworkCommand::Encode(arguments) => messages::encode(arguments),
        NetworkCommand::Pki(command) => pki::execute(command),
        NetworkCommand::Sidelink(arguments) => sidelink::execute(arguments),
        NetworkCommand::Sign(arguments) => pki::sign(arguments),
        NetworkCommand::V2x(arguments) => v2x::execute(arguments),
        NetworkCommand::Verify(arguments) => pki::verify(arguments),
    }
}
