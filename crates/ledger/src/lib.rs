//! The consortium ledger of a site's parties: evidence, permits, accounts and contracts, with proofs that verify offline.
//!
//! In go signed transactions ([`SignedTransaction`]), which an [`Ordering`] puts into blocks; the application runs them, the
//! state has one root, the log another, and more than two thirds of the validators sign both in a [`Checkpoint`]. Out come
//! receipts ([`EntryReceipt`], [`StateReceipt`]) that anyone verifies without the ledger, W3C credentials and ISO 20022
//! messages. It knows nothing of vehicles, roads or services: what they did reaches it as digests and amounts.

pub mod account;
#[cfg(feature = "validators")]
pub mod api;
mod application;
mod block;
mod checkpoint;
pub mod contract;
pub mod credential;
mod crypto;
mod error;
pub mod evidence;
pub mod governance;
pub mod hex;
pub mod iso20022;
pub mod jcs;
mod ledger;
mod log;
pub mod merkle;
mod ordering;
mod party;
pub mod permit;
pub mod permit_credential;
mod reader;
mod receipt;
pub mod registry;
pub mod site;
mod state;
mod state_tree;
mod store;
mod transaction;
#[cfg(feature = "validators")]
pub mod validators;

pub use application::{BlockContext, Executed, access, check_forms, execute, execute_in_order, genesis_changes};
pub use block::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, Block};
pub use checkpoint::{Checkpoint, Header, NoteSignature, Validators, key_id, quorum, verifier_key};
pub use crypto::*;
pub use error::LedgerError;
pub use ledger::{Committed, Ledger, Proposal, read_genesis};
pub use log::{LogEdge, TILE_HASHES, TilePlace, TiledLog, tile_path};
pub use ordering::{Ordering, Solo};
pub use party::{Currency, Genesis, PARTY_KEYS_MAX, Party, Role, is_party_id};
pub use reader::Reader;
pub use receipt::{EntryReceipt, RECEIPT_BYTES_MAX, StateReceipt};
pub use state::{Access, Changes, PROTOCOL_KEY, Record, StateReader, is_journal, party_key};
pub use state_tree::{StateProof, StateTree};
pub use store::{BlockReader, Recovery};
pub use transaction::{
    Action, BATCH_MAX, Entry, FIRST_VERSION, Id, NEWEST_VERSION, Outcome, Refusal, SignedTransaction, Transaction,
};
