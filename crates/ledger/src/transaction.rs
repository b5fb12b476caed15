//! Transactions: what is asked, by whom, signed; and what became of it.
//!
//! The canonical encoding is Borsh, in which a value has exactly one encoding; the digest of the unsigned transaction is its
//! name, so that neither key nor signature can make two of one. Enumerations grow at their end only: their order is the
//! format.

use crate::LedgerError;
use crate::account::{NewAccount, Transfer};
use crate::contract::ContractAction;
use crate::crypto::{Digest, PublicKey, SecretKey, Signature, Suite};
use crate::evidence::EvidenceItem;
use crate::governance::Change;
use crate::permit::PermitStep;
use crate::registry::RegistryAction;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of transactions that a chain begins with.
pub const FIRST_VERSION: u16 = 1;
/// The newest version that this program knows.
pub const NEWEST_VERSION: u16 = 1;
/// A transaction is at most this long: a batch of 4096 items of evidence fits.
pub const TRANSACTION_BYTES_MAX: usize = 1 << 20;
/// Items in a batch.
pub const BATCH_MAX: usize = 4096;
/// Letters of a free text.
pub const TEXT_MAX: usize = 400;

/// What a signature of a transaction is over, before the encoding: no other text of ours begins so.
const SIGNED_PREFIX: &[u8] = b"westline transaction 1\0";

/// An identifier that a client chooses: 128 bits, best random. In JSON a number or a decimal text.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Id(pub u128);

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Id(number.into())),
            Form::Text(text) => text
                .parse()
                .map(Id)
                .map_err(|_| serde::de::Error::custom("expected a whole number below 2^128")),
        }
    }
}

/// What may be asked of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Open accounts. Banks for anyone, others for themselves.
    CreateAccounts(Vec<NewAccount>),
    /// Move money, or hold, post and release it. The owner of the account that pays.
    Transfer(Vec<Transfer>),
    /// Set down digests of evidence. Every party.
    Anchor(Vec<EvidenceItem>),
    /// A step of a permit's procedure. Who the procedure says.
    Permit(PermitStep),
    /// Enter or withdraw vehicles, software, maps, qualifications, data sets and their use.
    Registry(RegistryAction),
    /// Subsidies, tickets, deposits, fines.
    Contract(ContractAction),
    /// Vote for a change of the parties or the rules. Validators.
    Vote(Change),
}

/// A transaction before it is signed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Transaction {
    /// Version of the format.
    pub version: u16,
    /// Digest of genesis: a transaction of one chain is none of another.
    pub chain: Digest,
    /// The party that asks.
    pub sender: String,
    /// Tells equal wishes of one sender apart.
    pub nonce: u64,
    /// Refused in blocks after this time, milliseconds since 1970 UTC.
    pub valid_until_ms: u64,
    /// What is asked.
    pub action: Action,
}

impl Transaction {
    /// Its canonical encoding.
    pub fn bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to memory does not fail")
    }

    /// What a signature of it is over.
    pub(crate) fn message(&self) -> Vec<u8> {
        let mut message = SIGNED_PREFIX.to_vec();
        borsh::to_writer(&mut message, self).expect("writing to memory does not fail");
        message
    }

    /// Its name.
    pub fn id(&self, suite: Suite) -> Digest {
        Digest::of(suite, &[&self.message()])
    }

    /// Signs it.
    pub fn sign(self, key: &SecretKey) -> SignedTransaction {
        let signature = key.sign(&self.message());
        SignedTransaction {
            transaction: self,
            key: key.public_key(),
            signature,
        }
    }
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SignedTransaction {
    /// What was signed.
    pub transaction: Transaction,
    /// The key that signed; it must be the sender's.
    pub key: PublicKey,
    /// Over the canonical encoding.
    pub signature: Signature,
}

impl SignedTransaction {
    /// Reads the canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<SignedTransaction, LedgerError> {
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(LedgerError::format(
                "transaction",
                format!("{} bytes, expected at most {TRANSACTION_BYTES_MAX}", bytes.len()),
                "send it in several",
            ));
        }
        borsh::from_slice(bytes).map_err(|error| {
            LedgerError::format(
                "transaction",
                error.to_string(),
                "it must be in the canonical encoding (Borsh)",
            )
        })
    }

    /// Is the signature the key's?
    pub fn is_signed(&self) -> bool {
        self.key.verify(&self.transaction.message(), &self.signature)
    }
}

/// Why a transaction, or one item of its batch, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// For another chain.
    #[error("it is for another chain")]
    WrongChain,
    /// Of a version that is not in force.
    #[error("it is of version {found}, version {active} is in force")]
    WrongVersion {
        /// Its version.
        found: u16,
        /// The chain's.
        active: u16,
    },
    /// After its time.
    #[error("its time is over")]
    TooLate,
    /// It has been in a block before.
    #[error("it has been done before")]
    Repeated,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    WrongSignature,
    /// The sender may not do it.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// Something it names is not there.
    #[error("there is no {0}")]
    Missing(String),
    /// Something it makes is there and is another.
    #[error("{0} is there already and differs")]
    Differs(String),
    /// A field has a value that it cannot have.
    #[error("{0}")]
    Invalid(String),
    /// Money that is not there.
    #[error("account {account} would exceed its limit by {amount}")]
    Exceeds {
        /// The account.
        account: Id,
        /// By so many of its smallest units.
        amount: u64,
    },
    /// Another of its chain of linked items was refused.
    #[error("linked to an item that was refused")]
    Linked,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done, but for these items of its batch.
    Done {
        /// Position and reason of each refused item.
        refused: Vec<(u32, Refusal)>,
    },
    /// Nothing of it was done.
    Refused(Refusal),
}

impl Outcome {
    /// Everything was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Outcome::Done { refused } if refused.is_empty())
    }
}

/// One entry of the log: a transaction and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Entry {
    /// The transaction, as it was signed.
    pub signed: SignedTransaction,
    /// What became of it.
    pub outcome: Outcome,
}

impl Entry {
    /// The data of its leaf.
    pub fn bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to memory does not fail")
    }
}

pub(crate) fn check_text(what: &str, text: &str) -> Result<(), Refusal> {
    if text.len() > TEXT_MAX {
        return Err(Refusal::Invalid(format!("{what} is longer than {TEXT_MAX} bytes")));
    }
    Ok(())
}

/// Names in keys: short, printable, without the slash that divides keys.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Refusal> {
    let is_fit = !name.is_empty() && name.len() <= 100 && !name.contains('/') && !name.chars().any(char::is_control);
    if is_fit {
        Ok(())
    } else {
        Err(Refusal::Invalid(format!(
            "{what} is no name of 1 to 100 bytes without `/`"
        )))
    }
}
