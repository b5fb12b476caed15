//! Receipts: what stands on the ledger, with everything needed to verify it without the ledger.
//!
//! A receipt is one JSON document: the entry in its canonical encoding, its place, the Merkle proof, and the checkpoint as a
//! signed note (C2SP). Whoever knows the validators' keys verifies it offline; `examples/verify_receipt.py` does, and shares no
//! code with us.

use crate::LedgerError;
use crate::checkpoint::{Checkpoint, Validators};
use crate::crypto::{Digest, Suite};
use crate::merkle;
use crate::state::Record;
use crate::state_tree::StateProof;
use crate::store::encode;
use crate::transaction::Entry;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// A receipt is a few kilobytes, or a large batch.
pub const RECEIPT_BYTES_MAX: usize = 8 << 20;
const ENTRY_FORMAT: &str = "westline-receipt-1";
const STATE_FORMAT: &str = "westline-state-1";

/// Proof that the log holds an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryReceipt {
    /// The chain's suite.
    pub suite: Suite,
    /// Its place in the log.
    pub index: u64,
    /// The transaction and what became of it.
    pub entry: Entry,
    /// From the entry's leaf to the log's root.
    pub proof: Vec<Digest>,
    /// The block whose log it is.
    pub checkpoint: Checkpoint,
}

/// Proof of what the state holds under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateReceipt {
    /// The chain's suite.
    pub suite: Suite,
    /// The key.
    pub key: String,
    /// What stands there; nothing, provably, if nothing does.
    pub record: Option<Record>,
    /// From the entry's leaf to the state's root.
    pub proof: StateProof,
    /// The block whose state it is.
    pub checkpoint: Checkpoint,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryForm {
    format: String,
    suite: Suite,
    index: u64,
    /// Canonical bytes of the entry, base 64.
    entry: String,
    /// Of these, how many at their beginning are the transaction that was signed.
    transaction_bytes: usize,
    proof: Vec<Digest>,
    checkpoint: String,
    /// The same entry, to be read by people; verifiers look at the bytes.
    content: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateForm {
    format: String,
    suite: Suite,
    key: String,
    /// Canonical bytes of the record, base 64.
    record: Option<String>,
    proof: StateProof,
    checkpoint: String,
    content: serde_json::Value,
}

impl EntryReceipt {
    /// Does it hold, for those who believe these validators?
    pub fn verify(&self, validators: &Validators) -> Result<(), LedgerError> {
        self.checkpoint.verify(validators)?;
        let leaf = merkle::leaf_hash(self.suite, &self.entry.bytes());
        let header = &self.checkpoint.header;
        let is_in = merkle::verify_inclusion(
            self.suite,
            &leaf,
            self.index,
            header.log_size,
            &self.proof,
            &header.log_root,
        );
        if !is_in {
            return Err(LedgerError::Proof(format!(
                "entry {} is not in the log of block {}",
                self.index, header.height
            )));
        }
        if !self.entry.signed.is_signed() {
            return Err(LedgerError::Proof(
                "the transaction's signature does not hold".to_owned(),
            ));
        }
        Ok(())
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        let form = EntryForm {
            format: ENTRY_FORMAT.to_owned(),
            suite: self.suite,
            index: self.index,
            entry: BASE64_STANDARD.encode(self.entry.bytes()),
            transaction_bytes: self.entry.signed.transaction.bytes().len(),
            proof: self.proof.clone(),
            checkpoint: self.checkpoint.note(),
            content: serde_json::to_value(&self.entry).expect("an entry is plain data"),
        };
        serde_json::to_string_pretty(&form).expect("a receipt is plain data") + "\n"
    }

    /// Reads what [`EntryReceipt::to_json`] writes. What is shown to people must be what the bytes say.
    pub fn from_json(text: &str) -> Result<EntryReceipt, LedgerError> {
        let form: EntryForm = read(text, ENTRY_FORMAT)?;
        let bytes = BASE64_STANDARD
            .decode(&form.entry)
            .map_err(|_| wrong("the entry is not in base 64"))?;
        let entry: Entry = borsh::from_slice(&bytes).map_err(|error| wrong(&format!("the entry: {error}")))?;
        let is_shown = serde_json::to_value(&entry).ok().as_ref() == Some(&form.content);
        if !is_shown || form.transaction_bytes != entry.signed.transaction.bytes().len() {
            return Err(LedgerError::Proof(
                "what is shown to people is not what the bytes say".to_owned(),
            ));
        }
        Ok(EntryReceipt {
            suite: form.suite,
            index: form.index,
            entry,
            proof: form.proof,
            checkpoint: Checkpoint::parse(&form.checkpoint)?,
        })
    }
}

impl StateReceipt {
    /// Does it hold, for those who believe these validators?
    pub fn verify(&self, validators: &Validators) -> Result<(), LedgerError> {
        self.checkpoint.verify(validators)?;
        let header = &self.checkpoint.header;
        let value = self.record.as_ref().map(encode);
        if self
            .proof
            .verify(self.suite, &header.state_root, self.key.as_bytes(), value.as_deref())
        {
            return Ok(());
        }
        let what = if value.is_some() { "is not this" } else { "is something" };
        Err(LedgerError::Proof(format!(
            "`{}` {what} in the state of block {}",
            self.key, header.height
        )))
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        let form = StateForm {
            format: STATE_FORMAT.to_owned(),
            suite: self.suite,
            key: self.key.clone(),
            record: self
                .record
                .as_ref()
                .map(|record| BASE64_STANDARD.encode(encode(record))),
            proof: self.proof.clone(),
            checkpoint: self.checkpoint.note(),
            content: serde_json::to_value(&self.record).expect("a record is plain data"),
        };
        serde_json::to_string_pretty(&form).expect("a receipt is plain data") + "\n"
    }

    /// Reads what [`StateReceipt::to_json`] writes.
    pub fn from_json(text: &str) -> Result<StateReceipt, LedgerError> {
        let form: StateForm = read(text, STATE_FORMAT)?;
        let record = match &form.record {
            None => None,
            Some(text) => {
                let bytes = BASE64_STANDARD
                    .decode(text)
                    .map_err(|_| wrong("the record is not in base 64"))?;
                Some(borsh::from_slice(&bytes).map_err(|error| wrong(&format!("the record: {error}")))?)
            }
        };
        if serde_json::to_value(&record).ok().as_ref() != Some(&form.content) {
            return Err(LedgerError::Proof(
                "what is shown to people is not what the bytes say".to_owned(),
            ));
        }
        Ok(StateReceipt {
            suite: form.suite,
            key: form.key,
            record,
            proof: form.proof,
            checkpoint: Checkpoint::parse(&form.checkpoint)?,
        })
    }
}

fn wrong(what: &str) -> LedgerError {
    LedgerError::format("receipt", what, "`westline ledger query` writes receipts")
}

fn read<T: serde::de::DeserializeOwned>(text: &str, format: &str) -> Result<T, LedgerError> {
    if text.len() > RECEIPT_BYTES_MAX {
        return Err(wrong(&format!("longer than {RECEIPT_BYTES_MAX} bytes")));
    }
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    if value["format"] != format {
        return Err(wrong(&format!(
            "the format is {}, expected `{format}`",
            value["format"]
        )));
    }
    serde_json::from_value(value).map_err(|error| wrong(&error.to_string()))
}
