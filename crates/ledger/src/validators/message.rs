//! What validators tell each other besides the engine's votes: bodies of blocks, signatures of checkpoints, transactions.
//!
//! Borsh, in which a message has one encoding; what does not decode is dropped. Enumerations grow at their end only.

use crate::block::Block;
use crate::checkpoint::NoteSignature;
use crate::crypto::Digest;
use crate::transaction::SignedTransaction;
use borsh::{BorshDeserialize, BorshSerialize};

/// Bytes of a message: a block that was proposed, with its outcomes.
pub const MESSAGE_BYTES_MAX: usize = 8 << 20;
/// Bytes of a proposed block, so that a message holds it.
pub(super) const BODY_BYTES_MAX: usize = 4 << 20;
/// Bytes of transactions in one message, beyond the first of them.
pub(super) const GOSSIP_BYTES_MAX: usize = 1 << 20;

/// A message between validators.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Message {
    /// A block that was proposed, not signed.
    Body(Block),
    /// Asks for the body of a digest.
    WantBody(Digest),
    /// A validator's signature of a final block's checkpoint.
    Signed(Digest, NoteSignature),
    /// Asks for final blocks from a height on.
    WantFinal(u64),
    /// A final block with its signatures.
    Final(Block),
    /// Transactions that wait for a block.
    Transactions(Vec<SignedTransaction>),
}

impl Message {
    /// Its encoding.
    pub fn bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to memory does not fail")
    }

    /// The encoding of [`Message::Body`] of a block that is lent.
    pub fn body_bytes(block: &Block) -> Vec<u8> {
        const BODY: u8 = 0;
        let mut bytes = vec![BODY];
        borsh::to_writer(&mut bytes, block).expect("writing to memory does not fail");
        bytes
    }

    /// Reads an encoding.
    pub fn from_bytes(bytes: &[u8]) -> Option<Message> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return None;
        }
        borsh::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Checkpoint, Header};

    #[test]
    fn a_body_that_is_lent_is_encoded_as_one_that_is_given() {
        let header = Header {
            origin: "westline/test/0".to_owned(),
            height: 7,
            time_ms: 8,
            parent: Digest([1; 32]),
            log_size: 9,
            log_root: Digest([2; 32]),
            state_root: Digest([3; 32]),
        };
        let block = Block {
            checkpoint: Checkpoint {
                header,
                signatures: Vec::new(),
            },
            entries: Vec::new(),
        };
        let bytes = Message::body_bytes(&block);
        assert_eq!(bytes, Message::Body(block.clone()).bytes());
        assert_eq!(Message::from_bytes(&bytes), Some(Message::Body(block)));
    }
}
