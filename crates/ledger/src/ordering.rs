//! Who decides which block comes next: the seam between the ledger and consensus.
//!
//! An [`Ordering`] is handed transactions and asks the ledger to [`Ledger::propose`] a block of them, has it signed by more
//! than two thirds of the validators, and gives it back to [`Ledger::commit`]. A validator that hears of another's block has it
//! checked and run by [`Ledger::check`] and commits it likewise. [`Solo`] is the embedded way: one process that holds all
//! validators' keys, with the same blocks and the same receipts as a network would make.

use crate::LedgerError;
use crate::checkpoint::{Checkpoint, Validators, quorum};
use crate::crypto::SecretKey;
use crate::ledger::{Committed, Ledger};
use crate::transaction::SignedTransaction;
use std::collections::BTreeMap;

/// Decides blocks.
pub trait Ordering {
    /// Puts transactions into the next block, final when this returns. Time is milliseconds since 1970 UTC.
    fn order(
        &mut self,
        ledger: &mut Ledger,
        transactions: Vec<SignedTransaction>,
        time_ms: u64,
    ) -> Result<Committed, LedgerError>;
}

/// One writer that holds the validators' keys.
#[derive(Debug)]
pub struct Solo {
    keys: BTreeMap<String, SecretKey>,
}

impl Solo {
    /// A writer with these parties' keys.
    pub fn new(keys: BTreeMap<String, SecretKey>) -> Solo {
        Solo { keys }
    }

    /// The validators whose present key is held.
    fn signers(&self, validators: &Validators) -> Vec<(&String, &SecretKey)> {
        let is_present = |name: &str, key: &SecretKey| validators.get(name) == Some(&key.public_key());
        self.keys.iter().filter(|(name, key)| is_present(name, key)).collect()
    }
}

impl Ordering for Solo {
    fn order(
        &mut self,
        ledger: &mut Ledger,
        transactions: Vec<SignedTransaction>,
        time_ms: u64,
    ) -> Result<Committed, LedgerError> {
        let signers = self.signers(ledger.validators());
        let needed = quorum(ledger.validators().len());
        if signers.len() < needed {
            return Err(LedgerError::Key(format!(
                "the keys of {} of {} validators are here, {needed} are needed\nhint: name the folder that holds the validators' key files",
                signers.len(),
                ledger.validators().len()
            )));
        }
        let proposal = ledger.propose(transactions, time_ms)?;
        let signatures = signers
            .into_iter()
            .map(|(name, key)| proposal.header().sign(name, key))
            .collect();
        let checkpoint = Checkpoint {
            header: proposal.header().clone(),
            signatures,
        };
        ledger.commit(proposal, checkpoint)
    }
}
