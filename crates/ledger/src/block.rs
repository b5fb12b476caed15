//! A block: its checkpoint and its entries.

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::transaction::Entry;
use borsh::{BorshDeserialize, BorshSerialize};

/// Transactions of a block.
pub const BLOCK_TRANSACTIONS_MAX: usize = 16_384;
/// Bytes of a block: what a batch of the longest transactions comes to.
pub const BLOCK_BYTES_MAX: usize = 64 << 20;

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// Header and signatures.
    pub checkpoint: Checkpoint,
    /// What it appends to the log.
    pub entries: Vec<Entry>,
}

impl Block {
    /// Reads the canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Block, LedgerError> {
        if bytes.len() > BLOCK_BYTES_MAX {
            return Err(LedgerError::format(
                "block",
                format!("{} bytes, expected at most {BLOCK_BYTES_MAX}", bytes.len()),
                "this is no block of this ledger",
            ));
        }
        borsh::from_slice(bytes)
            .map_err(|error| LedgerError::format("block", error.to_string(), "this is no block of this ledger"))
    }
}
