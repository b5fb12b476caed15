//! The validators as an [`Ordering`]: transactions go to one of them, and its final blocks into the caller's own ledger.
//!
//! The caller's ledger believes nobody: each block is run again and its signatures counted before it is taken. So whoever wrote to
//! [`crate::Solo`] writes to a network of validators with the same calls.

use super::client::{Answer, Client};
use crate::LedgerError;
use crate::crypto::Digest;
use crate::ledger::{Committed, Ledger};
use crate::ordering::Ordering;
use crate::transaction::SignedTransaction;
use std::collections::BTreeMap;

/// Orders by way of a validator that runs. To be called outside of its threads: it waits.
pub struct Follower {
    client: Client,
}

impl Follower {
    /// A follower of this validator.
    pub fn new(client: Client) -> Follower {
        Follower { client }
    }

    /// Takes the final blocks that a ledger lacks; each with what was done in it.
    pub fn follow(&mut self, ledger: &mut Ledger) -> Result<Vec<Committed>, LedgerError> {
        let mut taken = Vec::new();
        loop {
            let height = ledger.next_height();
            let block = self.client.ask(move |theirs| theirs.block(height));
            let Some(block) = block.blocking_recv().map_err(|_| ended())?? else {
                return Ok(taken);
            };
            let proposal = ledger.check(&block)?;
            taken.push(ledger.commit(proposal, block.checkpoint)?);
        }
    }
}

impl Ordering for Follower {
    /// The block's time is its leader's. What is told is of these transactions, whichever blocks they came to stand in; the
    /// checkpoint is of the last.
    fn order(
        &mut self,
        ledger: &mut Ledger,
        transactions: Vec<SignedTransaction>,
        _time_ms: u64,
    ) -> Result<Committed, LedgerError> {
        let suite = ledger.suite();
        let sent: Vec<_> = transactions
            .into_iter()
            .map(|signed| (signed.transaction.id(suite), self.client.submit(signed)))
            .collect();
        let mut turned_away = Vec::new();
        let mut final_ids: Vec<Digest> = Vec::new();
        for (place, (id, answer)) in sent.into_iter().enumerate() {
            match answer.blocking_recv().map_err(|_| ended())? {
                Answer::Final { .. } => final_ids.push(id),
                Answer::TurnedAway(refusal) => turned_away.push((place, refusal)),
                Answer::Busy => {
                    return Err(LedgerError::Proof(
                        "the validator has too many transactions waiting\nhint: send them in smaller parts, or try again later"
                            .to_owned(),
                    ));
                }
            }
        }
        let taken = self.follow(ledger)?;
        let checkpoint = ledger
            .head()
            .cloned()
            .ok_or_else(|| LedgerError::Proof("the validators have no block yet".to_owned()))?;
        let known: BTreeMap<Digest, _> = taken.into_iter().flat_map(|block| block.outcomes).collect();
        let mut outcomes = Vec::with_capacity(final_ids.len());
        for id in final_ids {
            // One that was done before stands in a block that was taken before.
            let outcome = match known.get(&id) {
                Some(outcome) => Some(outcome.clone()),
                None => match ledger.place_of(&id)? {
                    Some(entry) => ledger.entry(entry)?.map(|entry| entry.outcome),
                    None => None,
                },
            };
            let outcome = outcome.ok_or_else(|| {
                LedgerError::Proof(format!("the validator calls {id} final, but no block of its holds it"))
            })?;
            outcomes.push((id, outcome));
        }
        Ok(Committed {
            checkpoint,
            outcomes,
            turned_away,
        })
    }
}

fn ended() -> LedgerError {
    LedgerError::Proof("the validator has ended\nhint: ask another one".to_owned())
}
