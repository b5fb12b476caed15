//! What travels: one struct for each answer, kept apart from the ledger's own types so that the format can keep its promise.
//!
//! Numbers of accounts, permits and transfers are decimal texts, digests hexadecimal, times milliseconds since 1970 UTC.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What the chain has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainTold {
    /// First line of its checkpoints.
    pub origin: String,
    /// Digest of genesis, which transactions name.
    pub chain: String,
    /// `international` or `sm`.
    pub suite: String,
    /// The version of transactions that the next block takes.
    pub version: u16,
    /// The last block that is final; none before the first.
    pub height: Option<u64>,
    /// Its time.
    pub time_ms: Option<u64>,
    /// Entries in the log.
    pub log_size: Option<u64>,
    /// Root of the log.
    pub log_root: Option<String>,
    /// Root of the state.
    pub state_root: Option<String>,
    /// Who signs the next block.
    pub validators: Vec<String>,
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthTold {
    /// More than two thirds of the validators, this one among them, have voted lately.
    pub is_well: bool,
    /// Whose node it is.
    pub party: String,
    /// The last block that is final here; none before the first.
    pub height: Option<u64>,
    /// Transactions that wait for a block.
    pub waiting: u64,
    /// The engine's latest view.
    pub view: u64,
    /// Milliseconds since each validator's last vote came here; null where none has.
    pub voted_ms_ago: BTreeMap<String, Option<u64>>,
}

/// What became of a transaction that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubmittedTold {
    /// The transaction's digest.
    pub id: String,
    /// It stands in a block.
    pub is_final: bool,
    /// Its receipt, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub receipt: Option<Value>,
}

/// What became of one of several transactions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswerTold {
    /// The transaction's digest.
    pub id: String,
    /// `final`, `waiting`, `turned-away` or `busy`.
    pub state: AnswerState,
    /// Its place in the log, if it is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// Everything that it asked for was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_done: Option<bool>,
    /// Why it was turned away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerState {
    /// It stands in a block.
    Final,
    /// It waits for one.
    Waiting,
    /// It cannot stand in one.
    TurnedAway,
    /// Too many wait here.
    Busy,
}

/// What became of several transactions, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswersTold {
    /// One for each.
    pub answers: Vec<AnswerTold>,
}

/// An entry of the state or of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordTold {
    /// Its key.
    pub key: String,
    /// What stands there: an object with one member, named after its kind.
    #[schema(value_type = Object)]
    pub record: Value,
}

/// Entries whose keys begin alike, in the order of keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordsTold {
    /// The entries.
    pub records: Vec<RecordTold>,
    /// Where to go on; null at the end.
    pub next: Option<String>,
}

/// A final block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlockTold {
    /// Header and signatures: a C2SP signed note.
    pub checkpoint: String,
    /// The header's fields.
    #[schema(value_type = Object)]
    pub header: Value,
    /// Transactions with their outcomes.
    #[schema(value_type = Vec<Object>)]
    pub entries: Vec<Value>,
}

/// A transaction as its party signed it; docs/ledger.md lists the actions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TransactionTold {
    /// Version, chain, sender, nonce, valid_until_ms, action.
    #[schema(value_type = Object)]
    pub transaction: Value,
    /// `ed25519:`, `p256:` or `sm2:` and hexadecimal digits.
    pub key: String,
    /// Over the canonical encoding (Borsh), hexadecimal.
    pub signature: String,
}

/// Why a request is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What is wrong.
    pub error: String,
    /// The mend.
    pub hint: String,
}
