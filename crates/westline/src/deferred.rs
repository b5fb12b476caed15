//! Commands of commands whose grammar is made when they are asked for.
//!
//! A type of `clap` goes in, the same type comes out, with the same help. What is left out is the work: the whole tree of
//! flags took a sixth of the time in which a short scenario is played.

use clap::error::Error;
use clap::{ArgMatches, Command, FromArgMatches, Subcommand};

/// `T` as a subcommand that is described only when it is called or its help is read.
#[derive(Debug)]
pub struct Deferred<T>(pub T);

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Subcommand> Subcommand for Deferred<T> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|command| {
            // What the variant says of itself goes before what the type does, as it would without delay.
            let about = command.get_about().cloned();
            let command = T::augment_subcommands(command);
            match about {
                Some(about) => command.about(about),
                None => command,
            }
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        T::augment_subcommands_for_update(command)
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}
