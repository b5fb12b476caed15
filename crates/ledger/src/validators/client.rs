//! How the rest of a program speaks with a validator that runs: sends transactions, asks the ledger, follows blocks.
//!
//! A [`Client`] is a handle that may be cloned and used from any thread. What it asks is done between two steps of consensus.

use super::application::Event;
use crate::block::Block;
use crate::ledger::Ledger;
use crate::transaction::{Outcome, Refusal, SignedTransaction};
use commonware_utils::channel::{mpsc, oneshot};
use std::sync::Arc;

/// Blocks that wait for a watcher: one that is slower is dropped.
const WATCH_BLOCKS_MAX: usize = 256;

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It stands in a final block.
    Final {
        /// Its place in the log.
        entry: u64,
        /// What it did.
        outcome: Outcome,
    },
    /// It cannot stand in a block.
    TurnedAway(Refusal),
    /// Too many wait here: try again later, or another validator.
    Busy,
}

pub(super) type Question = Box<dyn FnOnce(&mut Ledger) + Send>;

/// A handle on a validator.
#[derive(Clone)]
pub struct Client {
    pub(super) events: mpsc::UnboundedSender<Event>,
}

impl Client {
    /// Sends a transaction; the answer comes when it is final. Nothing comes if the validator ends before.
    pub fn submit(&self, signed: SignedTransaction) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        // A validator that has ended drops the sender, which the receiver tells.
        let _ = self.events.send(Event::Submit(signed, sender));
        receiver
    }

    /// Asks the ledger. Nothing comes if the validator has ended.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Ledger) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        let question: Question = Box::new(move |ledger| {
            let _ = sender.send(question(ledger));
        });
        let _ = self.events.send(Event::Ask(question));
        receiver
    }

    /// Blocks as they become final, from now on.
    pub fn watch(&self) -> mpsc::Receiver<Arc<Block>> {
        let (sender, receiver) = mpsc::channel(WATCH_BLOCKS_MAX);
        let _ = self.events.send(Event::Watch(sender));
        receiver
    }

    /// Ends the validator.
    pub fn stop(&self) {
        let _ = self.events.send(Event::Stop);
    }
}
