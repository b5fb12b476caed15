//! Reads a ledger that another thread writes: entries, receipts, blocks, as of the last block that is final.
//!
//! In go keys, places, heights; out come records and proofs. Reading waits for nobody and keeps nobody waiting, so that a validator
//! votes while its clients look. Proofs of the state need the tree, which only its writer has: [`crate::Ledger::prove`].

use crate::LedgerError;
use crate::application;
use crate::block::Block;
use crate::checkpoint::{Checkpoint, Validators};
use crate::crypto::{Digest, Suite};
use crate::evidence::evidence_key;
use crate::governance::Protocol;
use crate::log::{TilePlace, TiledLog};
use crate::merkle;
use crate::party::Genesis;
use crate::receipt::EntryReceipt;
use crate::state::{PROTOCOL_KEY, Record, StateReader, party_key};
use crate::store::Store;
use crate::transaction::Action;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A reader of a ledger that is open in this process.
pub struct Reader {
    store: Store,
    genesis: Arc<Genesis>,
}

impl Reader {
    pub(crate) fn new(store: Store, genesis: Arc<Genesis>) -> Reader {
        Reader { store, genesis }
    }

    /// Another one, for another thread.
    pub fn again(&self) -> Result<Reader, LedgerError> {
        Ok(Reader::new(self.store.for_reading()?, self.genesis.clone()))
    }

    /// What the chain began with.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The last block's checkpoint; none before the first block.
    pub fn head(&self) -> Result<Option<Checkpoint>, LedgerError> {
        let Some((height, _)) = self.store.indexed()? else {
            return Ok(None);
        };
        Ok(self.store.block(height)?.map(|block| block.checkpoint))
    }

    /// The block of a height.
    pub fn block(&self, height: u64) -> Result<Option<Block>, LedgerError> {
        self.store.block(height)
    }

    /// An entry of state or journal.
    pub fn get(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        let is_first = self.store.indexed()?.is_none();
        let (store, genesis) = (&self.store, &self.genesis);
        Base {
            store,
            genesis,
            is_first,
        }
        .read(key)
    }

    /// An entry as it stood after the block of a height.
    pub fn get_past(&self, key: &str, height: u64) -> Result<Option<Record>, LedgerError> {
        match self.store.indexed()? {
            None => self.get(key),
            Some(_) => self.store.read_past(key, height),
        }
    }

    /// Calls a function for each entry whose key begins so and is not before `from`, in the order of keys, until it breaks off.
    pub fn for_each(
        &self,
        prefix: &str,
        from: &str,
        each: impl FnMut(&str, Record) -> ControlFlow<()>,
    ) -> Result<(), LedgerError> {
        self.store.for_each_from(prefix, from, each)
    }

    /// The protocol's settings.
    pub fn protocol(&self) -> Result<Protocol, LedgerError> {
        match self.get(PROTOCOL_KEY)? {
            Some(Record::Protocol(protocol)) => Ok(protocol),
            _ => Err(self.store.failed("the protocol's settings are missing")),
        }
    }

    /// Who signs the next block.
    pub fn validators(&self) -> Result<Validators, LedgerError> {
        let mut validators = Validators::new();
        for name in self.protocol()?.validators {
            if let Some(Record::Party(party)) = self.get(&party_key(&name))? {
                validators.insert(name, party.keys[0].clone());
            }
        }
        Ok(validators)
    }

    /// The receipt of a transaction.
    pub fn receipt(&self, transaction: &Digest) -> Result<Option<EntryReceipt>, LedgerError> {
        match self.store.entry_of(transaction)? {
            Some(index) => self.receipt_at(index),
            None => Ok(None),
        }
    }

    /// The receipt of an entry of the log.
    pub fn receipt_at(&self, index: u64) -> Result<Option<EntryReceipt>, LedgerError> {
        match self.head()? {
            Some(checkpoint) => receipt_at(&self.store, self.genesis.suite, checkpoint, index),
            None => Ok(None),
        }
    }

    /// The receipt of the transaction that set a digest down.
    pub fn receipt_of_evidence(&self, digest: &Digest) -> Result<Option<EntryReceipt>, LedgerError> {
        let Some(Record::Evidence(evidence)) = self.get(&evidence_key(digest))? else {
            return Ok(None);
        };
        let Some(block) = self.block(evidence.height)? else {
            return Ok(None);
        };
        let first = block.checkpoint.header.log_size - block.entries.len() as u64;
        let place = block.entries.iter().position(|entry| {
            matches!(&entry.signed.transaction.action, Action::Anchor(items) if items.iter().any(|item| item.digest == *digest))
        });
        match place {
            Some(place) => self.receipt_at(first + place as u64),
            None => Ok(None),
        }
    }
}

/// The receipt of an entry of the log that a checkpoint is of; nothing where it is shorter.
pub(crate) fn receipt_at(
    store: &Store,
    suite: Suite,
    checkpoint: Checkpoint,
    index: u64,
) -> Result<Option<EntryReceipt>, LedgerError> {
    let size = checkpoint.header.log_size;
    if index >= size {
        return Ok(None);
    }
    let Some(entry) = store.entry(index)? else {
        return Ok(None);
    };
    Ok(Some(EntryReceipt {
        suite,
        index,
        entry,
        proof: merkle::inclusion_proof(suite, &tiled(store, suite), index, size)?,
        checkpoint,
    }))
}

/// The stored log.
pub(crate) fn tiled(
    store: &Store,
    suite: Suite,
) -> TiledLog<impl Fn(TilePlace) -> Result<Vec<Digest>, LedgerError> + '_> {
    TiledLog {
        suite,
        read: |place| store.tile(place),
    }
}

/// The state before a block; before the first, what genesis says.
pub(crate) struct Base<'a> {
    pub store: &'a Store,
    pub genesis: &'a Genesis,
    pub is_first: bool,
}

impl StateReader for Base<'_> {
    fn read(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        match self.is_first {
            true => Ok(application::genesis_changes(self.genesis).remove(key).flatten()),
            false => self.store.read(key),
        }
    }
}
