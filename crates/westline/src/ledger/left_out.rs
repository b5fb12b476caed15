//! What a build without the feature `validators` says in place of the commands that need it.

/// Why it cannot be done, and how it can.
fn left_out() -> anyhow::Error {
    anyhow::anyhow!(
        "this build has no network of validators\nhint: build it with the feature: `cargo build --release -p westline --features validators`"
    )
}

/// In place of validators as processes.
pub mod consortium {
    use super::left_out;
    use crate::Answer;
    use crate::ledger::arguments::{InitArguments, NodeArguments, RenewArguments};
    use anyhow::Result;

    pub fn found(_: &InitArguments, _: usize) -> Result<Answer> {
        Err(left_out())
    }

    pub fn node(_: &NodeArguments) -> Result<Answer> {
        Err(left_out())
    }

    pub fn renew(_: &RenewArguments) -> Result<Answer> {
        Err(left_out())
    }

    pub fn engine_key(_: &ledger::SecretKey) -> Result<String> {
        Err(left_out())
    }
}

/// In place of commands that ask a node.
pub mod remote {
    use super::left_out;
    use crate::Answer;
    use crate::ledger::arguments::{QueryArguments, SubmitArguments, SyncArguments, VerifyArguments, WatchArguments};
    use anyhow::Result;

    pub fn submit(_: &SubmitArguments, _: &str) -> Result<Answer> {
        Err(left_out())
    }

    pub fn query(_: &QueryArguments, _: &str) -> Result<Answer> {
        Err(left_out())
    }

    pub fn verify(_: &VerifyArguments, _: &str) -> Result<Answer> {
        Err(left_out())
    }

    pub fn watch(_: &WatchArguments, _: &str) -> Result<Answer> {
        Err(left_out())
    }

    pub fn sync(_: &SyncArguments) -> Result<Answer> {
        Err(left_out())
    }

    pub fn genesis_validators(_: &str) -> Result<ledger::Validators> {
        Err(left_out())
    }
}
