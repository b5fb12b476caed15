//! `westline network`: the messages and the link between vehicles, roadside and cloud.

mod messages;
mod pki;
mod sidelink;
pub mod v2x;

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
    /// Make and show certificates for signing messages.
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// What density costs on the air between vehicles.
    Sidelink(sidelink::SidelinkArguments),
    /// Sign the packets of a capture.
    Sign(pki::SignArguments),
    /// What it is worth to a line that its vehicles hear others.
    V2x(v2x::V2xArguments),
    /// Judge the signed packets of a capture.
    Verify(pki::VerifyArguments),
}

pub fn execute(command: &NetworkCommand) -> Result<Answer> {
    match command {
        NetworkCommand::Decode(arguments) => messages::decode(arguments),
        NetworkCommand::Encode(arguments) => messages::encode(arguments),
        NetworkCommand::Pki(command) => pki::execute(command),
        NetworkCommand::Sidelink(arguments) => sidelink::execute(arguments),
        NetworkCommand::Sign(arguments) => pki::sign(arguments),
        NetworkCommand::V2x(arguments) => v2x::execute(arguments),
        NetworkCommand::Verify(arguments) => pki::verify(arguments),
    }
}
