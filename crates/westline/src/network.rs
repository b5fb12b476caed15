//! `westline network`: the messages and the link between vehicles, roadside and cloud.

mod messages;

use crate::Answer;
use anyhow::Result;
use clap::Subcommand;

/// `westline network`.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// Take a capture apart: a JSON line a message.
    Decode(messages::DecodeArguments),
    /// Encode messages from JSON values; prints hex, a line a message.
    Encode(messages::EncodeArguments),
}

pub fn execute(command: &NetworkCommand) -> Result<Answer> {
    match command {
        NetworkCommand::Decode(arguments) => messages::decode(arguments),
        NetworkCommand::Encode(arguments) => messages::encode(arguments),
    }
}
