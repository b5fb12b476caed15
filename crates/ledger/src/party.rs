//! Who takes part: parties with a role and keys, and the genesis that a chain begins with.

use crate::checkpoint::Validators;
use crate::crypto::{Digest, PublicKey, Suite};
use crate::permit::Procedure;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Letters of a party's name.
pub const PARTY_NAME_MAX: usize = 40;
/// Keys that a party may have at once.
pub const PARTY_KEYS_MAX: usize = 8;

/// What a party is in the region's procedures; it decides what the party may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The district: reviews, licenses, suspends, pays subsidies, fines.
    Government,
    /// The vehicle inspection institute: tests and certifies.
    Inspector,
    /// Runs a line.
    Operator,
    /// Makes vehicles and their software.
    Maker,
    /// Keeps accounts.
    Bank,
    /// Insures.
    Insurer,
    /// Verifies claims.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 7] = [
        Role::Government,
        Role::Inspector,
        Role::Operator,
        Role::Maker,
        Role::Bank,
        Role::Insurer,
        Role::Auditor,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Role::Government => "government",
            Role::Inspector => "inspector",
            Role::Operator => "operator",
            Role::Maker => "maker",
            Role::Bank => "bank",
            Role::Insurer => "insurer",
            Role::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One party.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Party {
    /// Short name: lower-case letters, digits and hyphens.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Keys that may sign for it; the first signs blocks and credentials.
    pub keys: Vec<PublicKey>,
    /// Does it sign blocks and vote?
    pub validates: bool,
}

/// May this be the short name of a party?
pub fn is_party_id(id: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !id.is_empty() && id.len() <= PARTY_NAME_MAX && id.bytes().all(is_letter)
}

impl Party {
    /// What is wrong with it, if anything.
    pub fn fault(&self, suite: Suite) -> Option<String> {
        if !is_party_id(&self.id) {
            return Some(format!(
                "`{}` is no short name of lower-case letters, digits, hyphens",
                self.id
            ));
        }
        if self.keys.is_empty() || self.keys.len() > PARTY_KEYS_MAX {
            return Some(format!(
                "`{}` has {} keys, expected 1 to {PARTY_KEYS_MAX}",
                self.id,
                self.keys.len()
            ));
        }
        let wrong = self
            .keys
            .iter()
            .find(|key| !key.is_valid() || !suite.allows(key.scheme));
        wrong.map(|key| {
            format!(
                "`{}` has the key `{key}`, which this chain's suite does not take",
                self.id
            )
        })
    }
}

/// A currency: the ledger number of its accounts, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Currency {
    /// Number in accounts and transfers; ISO 4217's where there is one.
    pub ledger: u32,
    /// ISO 4217 letters.
    pub code: String,
    /// Decimal digits of the smallest unit: 2 for fen.
    pub digits: u8,
}

/// What a chain begins with. Its digest names the chain, and is all that a verifier has to be told.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Genesis {
    /// The site.
    pub site: String,
    /// Hashes and signatures.
    pub suite: Suite,
    /// Milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Currencies.
    pub currencies: Vec<Currency>,
    /// The founding parties, by name.
    pub parties: Vec<Party>,
    /// How permits are given here.
    pub procedure: Procedure,
}

impl Genesis {
    /// The chain's name.
    pub fn digest(&self) -> Digest {
        let bytes = borsh::to_vec(self).expect("writing to memory does not fail");
        Digest::of(self.suite, &[b"westline genesis 1\0", &bytes])
    }

    /// The first line of its checkpoints.
    pub fn origin(&self) -> String {
        format!("westline/{}/{}", self.site, &self.digest().to_string()[..16])
    }

    /// The founding validators.
    pub fn validators(&self) -> Validators {
        let validators = self.parties.iter().filter(|party| party.validates);
        validators
            .map(|party| (party.id.clone(), party.keys[0].clone()))
            .collect()
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self
            .parties
            .iter()
            .filter_map(|party| party.fault(self.suite))
            .collect();
        if !is_party_id(&self.site) {
            faults.push(format!("`{}` is no name of a site", self.site));
        }
        let in_order = self.parties.windows(2).all(|pair| pair[0].id < pair[1].id);
        if !in_order {
            faults.push("the parties are not in the order of their names, each once".to_owned());
        }
        if !self.parties.iter().any(|party| party.validates) {
            faults.push("no party validates".to_owned());
        }
        faults.extend(self.procedure.faults());
        faults
    }
}
