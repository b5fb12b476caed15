//! The state: named entries, what a transaction may touch of them, and a view that holds it to that.
//!
//! Most entries change and stand in the authenticated tree. Entries of the journal (evidence, transfers, trips, uses of data)
//! are written once and never change; they are proven by the log, where the transaction that wrote them stands.

use crate::account::{Account, PendingTransfer, TransferRecord};
use crate::contract::{Claim, Deposit, DoubleSpend, Subsidy, TicketBook, TripRecord};
use crate::crypto::{Digest, Suite};
use crate::evidence::EvidenceRecord;
use crate::governance::{Proposal, Protocol};
use crate::party::Party;
use crate::permit::Permit;
use crate::registry::{DataGrant, DataUse, RegistryRecord};
use crate::{LedgerError, Refusal};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One entry of the state.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // Each is named after what it holds.
pub enum Record {
    Protocol(Protocol),
    Party(Party),
    Proposal(Proposal),
    Account(Account),
    Pending(PendingTransfer),
    Transfer(TransferRecord),
    Evidence(EvidenceRecord),
    Permit(Permit),
    Registry(RegistryRecord),
    DataGrant(DataGrant),
    DataUse(DataUse),
    Subsidy(Subsidy),
    Claim(Claim),
    Trip(TripRecord),
    TicketBook(TicketBook),
    DoubleSpend(DoubleSpend),
    Deposit(Deposit),
}

/// Beginnings of the keys of the journal.
const JOURNAL: [&str; 5] = ["evidence/", "transfer/", "trip/", "use/", "double-spend/"];

/// Is this an entry that is written once, proven by the log and not by the state's root?
pub fn is_journal(key: &str) -> bool {
    JOURNAL.iter().any(|prefix| key.starts_with(prefix))
}

/// Where the protocol's own settings stand.
pub const PROTOCOL_KEY: &str = "protocol";

/// What a transaction may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Keys it may read.
    pub reads: BTreeSet<String>,
    /// Keys it may read and write.
    pub writes: BTreeSet<String>,
    /// It may touch anything, and so stands alone.
    pub is_exclusive: bool,
}

impl Access {
    /// May two transactions run side by side?
    pub fn is_independent_of(&self, other: &Access) -> bool {
        let touches = |one: &Access, two: &Access| {
            one.writes
                .iter()
                .any(|key| two.writes.contains(key) || two.reads.contains(key))
        };
        !self.is_exclusive && !other.is_exclusive && !touches(self, other) && !touches(other, self)
    }
}

/// Somewhere that entries are read from.
pub trait StateReader: Sync {
    /// The entry under a key.
    fn read(&self, key: &str) -> Result<Option<Record>, LedgerError>;
}

/// Entries written, by key; `None` where one is removed.
pub type Changes = BTreeMap<String, Option<Record>>;

/// Why a transaction stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is refused; everybody agrees on it.
    Refused(Refusal),
    /// This machine cannot tell.
    Failed(LedgerError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Stop {
        Stop::Failed(error)
    }
}

/// The state as one transaction sees and changes it.
pub(crate) struct View<'a> {
    pub suite: Suite,
    pub time_ms: u64,
    pub height: u64,
    /// Digest of the transaction.
    pub id: Digest,
    base: &'a dyn StateReader,
    access: &'a Access,
    changes: Changes,
}

impl<'a> View<'a> {
    pub fn new(
        base: &'a dyn StateReader,
        access: &'a Access,
        suite: Suite,
        (height, time_ms): (u64, u64),
        id: Digest,
    ) -> View<'a> {
        View {
            suite,
            time_ms,
            height,
            id,
            base,
            access,
            changes: Changes::new(),
        }
    }

    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// What was changed up to here, to come back to with [`View::restore`].
    pub fn save(&self) -> Changes {
        self.changes.clone()
    }

    pub fn restore(&mut self, changes: Changes) {
        self.changes = changes;
    }

    pub fn get(&self, key: &str) -> Result<Option<Record>, Stop> {
        let is_declared =
            self.access.is_exclusive || self.access.reads.contains(key) || self.access.writes.contains(key);
        assert!(is_declared, "a transaction reads `{key}` without having declared it");
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => Ok(self.base.read(key)?),
        }
    }

    pub fn has(&self, key: &str) -> Result<bool, Stop> {
        Ok(self.get(key)?.is_some())
    }

    pub fn set(&mut self, key: String, record: Record) {
        self.declare(&key);
        self.changes.insert(key, Some(record));
    }

    pub fn remove(&mut self, key: String) {
        self.declare(&key);
        self.changes.insert(key, None);
    }

    fn declare(&self, key: &str) {
        let is_declared = self.access.is_exclusive || self.access.writes.contains(key);
        assert!(is_declared, "a transaction writes `{key}` without having declared it");
    }

    pub fn party(&self, id: &str) -> Result<Party, Stop> {
        match self.get(&party_key(id))? {
            Some(Record::Party(party)) => Ok(party),
            _ => Err(Refusal::Missing(format!("party `{id}`")).into()),
        }
    }

    pub fn protocol(&self) -> Result<Protocol, Stop> {
        match self.get(PROTOCOL_KEY)? {
            Some(Record::Protocol(protocol)) => Ok(protocol),
            _ => Err(Refusal::Missing("the protocol's settings".to_owned()).into()),
        }
    }
}

/// A reader of entries that lie over others.
pub(crate) struct Overlay<'a> {
    pub base: &'a dyn StateReader,
    pub changes: &'a Changes,
}

impl StateReader for Overlay<'_> {
    fn read(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.base.read(key),
        }
    }
}

/// Key of a party.
pub fn party_key(id: &str) -> String {
    format!("party/{id}")
}
