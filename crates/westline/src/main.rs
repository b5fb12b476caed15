//! The command line: reads what the user typed, calls the floor that does it, and says how it went.
//!
//! Data goes to standard output, everything else to standard error. Exit status 0: done; 1: done and the answer is no;
//! 2: it could not be done. Nothing here decides what another floor should own.

mod account;
mod arguments;
mod bench;
mod cache;
mod commonroad;
mod day_table;
mod deferred;
mod explain;
mod fault;
mod input;
mod ledger;
mod map;
mod network;
mod output;
mod prove;
mod recorder;
mod reference;
mod robustness;
mod run;
mod scenario;
mod serve;
mod sites;
mod timed;
mod traffic;
mod worker;

use arguments::{Arguments, Command};
use clap::Parser;
use deferred::Deferred;
use std::process::ExitCode;

/// Maps, campaigns and ledgers are many small things: the system's allocator took a fifth of the import of a town.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers; anything else is a question we cannot read.
            let status = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let outcome = match arguments.command {
        Command::Account(Deferred(command)) => account::execute(&command),
        Command::Bench(Deferred(command)) => bench::execute(command),
        Command::Commonroad(Deferred(command)) => commonroad::execute(&command),
        Command::Demo(Deferred(command)) => ledger::execute_demo(&command),
        Command::Ledger(Deferred(command)) => ledger::execute(&command),
        Command::Map(Deferred(command)) => map::execute(command),
        Command::Network(Deferred(command)) => network::execute(&command),
        Command::Prove(arguments) => prove::execute(&arguments),
        Command::Replay(arguments) => prove::replay::execute(&arguments),
        Command::Reference(Deferred(command)) => reference::execute(&command),
        Command::Robustness(arguments) => robustness::execute(&arguments),
        Command::Run(arguments) => run::execute(&arguments),
        Command::Scenario(Deferred(command)) => scenario::execute(&command),
        Command::Serve(arguments) => serve::execute(&arguments),
        Command::Site(Deferred(command)) => run::execute_site(&command),
        Command::Traffic(Deferred(command)) => traffic::execute(&command),
        Command::Worker(arguments) => worker::execute(&arguments),
    };
    match outcome {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// What a command found, when it could be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Done.
    Yes,
    /// Done, and the answer is no.
    No,
}
