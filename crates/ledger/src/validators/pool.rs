//! Transactions that wait for a block, in the order in which they came.
//!
//! Each source (a validator, or the clients of this one) has its share, so that one that floods takes no room from the others.
//! Signatures are checked when a block is made or judged, once; what cannot stand in a block is thrown out then.

use crate::crypto::Digest;
use crate::transaction::SignedTransaction;
use std::collections::{BTreeMap, VecDeque};

/// Transactions of one source that wait.
pub(super) const POOL_TRANSACTIONS_MAX: usize = 1 << 16;
/// Bytes of one source's transactions that wait.
pub(super) const POOL_BYTES_MAX: usize = 64 << 20;

struct Waiting {
    signed: SignedTransaction,
    bytes: usize,
    source: usize,
    /// When it was last sent to others, or came.
    told_ms: u64,
}

/// How much of a source waits.
#[derive(Clone, Copy, Default)]
struct Share {
    transactions: usize,
    bytes: usize,
}

/// The pool.
pub(super) struct Pool {
    order: VecDeque<Digest>,
    waiting: BTreeMap<Digest, Waiting>,
    shares: Vec<Share>,
}

impl Pool {
    /// An empty pool for so many sources.
    pub fn new(sources: usize) -> Pool {
        Pool {
            order: VecDeque::new(),
            waiting: BTreeMap::new(),
            shares: vec![Share::default(); sources],
        }
    }

    /// Takes one in: does it wait? Not, when the source's share is full. One that waits already is taken as it is.
    pub fn add(&mut self, source: usize, id: Digest, signed: SignedTransaction, now_ms: u64) -> bool {
        if self.waiting.contains_key(&id) {
            return true;
        }
        let bytes = encoded_bytes(&signed);
        let share = &mut self.shares[source];
        if share.transactions == POOL_TRANSACTIONS_MAX || share.bytes + bytes > POOL_BYTES_MAX {
            return false;
        }
        share.transactions += 1;
        share.bytes += bytes;
        self.order.push_back(id);
        let waiting = Waiting {
            signed,
            bytes,
            source,
            told_ms: now_ms,
        };
        self.waiting.insert(id, waiting);
        true
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Is nothing waiting?
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The first that fit into so many, and so many bytes, and their digests.
    pub fn first(&mut self, count: usize, bytes_max: usize) -> (Vec<Digest>, Vec<SignedTransaction>) {
        self.forget_gone();
        let mut bytes = 0;
        let found = self.order.iter().filter_map(|id| Some((id, self.waiting.get(id)?)));
        found
            .take(count)
            .take_while(|(_, waiting)| {
                bytes += waiting.bytes;
                bytes <= bytes_max
            })
            .map(|(id, waiting)| (*id, waiting.signed.clone()))
            .unzip()
    }

    /// The first of one source that were not told to others since a time, and fit into so many bytes. They count as told now.
    pub fn untold(&mut self, source: usize, since_ms: u64, now_ms: u64, bytes_max: usize) -> Vec<SignedTransaction> {
        let mut bytes = 0;
        let mut untold = Vec::new();
        for id in &self.order {
            let Some(waiting) = self.waiting.get_mut(id) else {
                continue;
            };
            if waiting.source != source || waiting.told_ms > since_ms {
                continue;
            }
            bytes += waiting.bytes;
            if bytes > bytes_max {
                break;
            }
            waiting.told_ms = now_ms;
            untold.push(waiting.signed.clone());
        }
        untold
    }

    /// Takes one out.
    pub fn remove(&mut self, id: &Digest) {
        if let Some(waiting) = self.waiting.remove(id) {
            let share = &mut self.shares[waiting.source];
            share.transactions -= 1;
            share.bytes -= waiting.bytes;
        }
    }

    /// Drops places of those that were taken out: from the front always, from the middle when they are the larger part.
    fn forget_gone(&mut self) {
        while self.order.front().is_some_and(|id| !self.waiting.contains_key(id)) {
            self.order.pop_front();
        }
        if self.order.len() > 2 * self.waiting.len() + 1024 {
            self.order.retain(|id| self.waiting.contains_key(id));
        }
    }
}

/// Bytes of a transaction's encoding.
pub(super) fn encoded_bytes(signed: &SignedTransaction) -> usize {
    borsh::object_length(signed).expect("counting does not fail")
}
