//! How the rest of a program speaks with a validator that runs: sends transactions, asks the ledger, follows blocks.
//!
//! A [`Client`] is a handle that may be cloned and used from any thread. What it asks is done between two steps of consensus.

use super::application::Event;
use crate::LedgerError;
use crate::block::Block;
use crate::crypto::{Digest, Suite};
use crate::ledger::Ledger;
use crate::reader::Reader;
use crate::transaction::{Outcome, Refusal, SignedTransaction};
use commonware_utils::channel::{mpsc, oneshot};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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

/// How a validator is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The last block that is final here; none before the first.
    pub height: Option<u64>,
    /// Transactions that wait for a block.
    pub waiting: usize,
    /// The engine's latest view that is known here.
    pub view: u64,
    /// Milliseconds since a vote of each validator came here; none, where there was none since the start.
    pub voted_ms_ago: BTreeMap<String, Option<u64>>,
}

/// A handle on a validator.
#[derive(Clone)]
pub struct Client {
    pub(super) events: mpsc::UnboundedSender<Event>,
    /// Taken away when the validator ends, so that no client keeps its ledger open.
    pub(super) reader: Arc<Mutex<Option<Reader>>>,
    pub(super) suite: Suite,
}

impl Client {
    /// Sends a transaction; the answer comes when it is final. Nothing comes if the validator ends before.
    pub fn submit(&self, signed: SignedTransaction) -> oneshot::Receiver<Answer> {
        self.submit_named(signed.transaction.id(self.suite), signed)
    }

    /// The same of one whose digest the caller knows.
    pub(crate) fn submit_named(&self, id: Digest, signed: SignedTransaction) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        // A validator that has ended drops the sender, which the receiver tells.
        let _ = self.events.send(Event::Submit(id, signed, sender));
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

    /// How it is. Nothing comes if the validator has ended.
    pub fn status(&self) -> oneshot::Receiver<Status> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.events.send(Event::Status(sender));
        receiver
    }

    /// The chain's suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// A reader of its ledger, which goes on by itself meanwhile.
    pub fn reader(&self) -> Result<Reader, LedgerError> {
        match &*self.reader.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(reader) => reader.again(),
            None => Err(LedgerError::Proof(
                "the validator has ended\nhint: ask another one".to_owned(),
            )),
        }
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
