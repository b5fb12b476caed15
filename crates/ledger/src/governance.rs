//! How the parties and the rules change: by a vote of more than two thirds of the validators.
//!
//! The first vote for a change proposes it; the vote that fills the quorum carries it out. Chains move to a new version of
//! the transactions at a height that such a vote sets.

use crate::checkpoint::quorum;
use crate::crypto::{Digest, PublicKey};
use crate::party::Party;
use crate::permit::Procedure;
use crate::state::{PROTOCOL_KEY, Record, Stop, View, party_key};
use crate::transaction::{NEWEST_VERSION, Refusal};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A change that is voted for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A party joins, or gets another name or role, or begins or ends to validate.
    SetParty(Party),
    /// A party leaves. Its accounts and permits stay.
    RemoveParty {
        /// The party.
        party: String,
    },
    /// A party's keys are replaced.
    SetKeys {
        /// The party.
        party: String,
        /// All its keys from now on.
        keys: Vec<PublicKey>,
    },
    /// Permits are given by other rules.
    SetProcedure(Procedure),
    /// Transactions are of another version from a height on.
    Upgrade {
        /// The version.
        version: u16,
        /// The first height of that version.
        height: u64,
    },
}

/// Votes for a change that has not been carried out.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Proposal {
    /// The change.
    pub change: Change,
    /// Who has voted for it.
    pub votes: BTreeSet<String>,
    /// When it was proposed.
    pub time_ms: u64,
}

/// The protocol's own settings.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Protocol {
    /// The version of transactions in force.
    pub version: u16,
    /// The next version, and the height at which it begins.
    pub next: Option<(u16, u64)>,
    /// How permits are given.
    pub procedure: Procedure,
    /// Names of the parties that validate, in order.
    pub validators: Vec<String>,
}

impl Protocol {
    /// The version in force at a height.
    pub fn version_at(&self, height: u64) -> u16 {
        match self.next {
            Some((version, from)) if height >= from => version,
            _ => self.version,
        }
    }
}

/// Key of a proposal: the change's own digest.
pub fn proposal_key(suite: crate::crypto::Suite, change: &Change) -> String {
    let bytes = borsh::to_vec(change).expect("writing to memory does not fail");
    format!("proposal/{}", Digest::of(suite, &[&bytes]))
}

/// Votes for a change. Voting touches anything, and so stands alone.
pub(crate) fn vote(view: &mut View<'_>, sender: &Party, change: &Change) -> Result<(), Stop> {
    if !sender.validates {
        return Err(Refusal::NotAllowed("only validators vote".to_owned()).into());
    }
    let mut protocol = view.protocol()?;
    check(view, &protocol, change)?;
    let key = proposal_key(view.suite, change);
    let mut proposal = match view.get(&key)? {
        Some(Record::Proposal(proposal)) => proposal,
        _ => Proposal {
            change: change.clone(),
            votes: BTreeSet::new(),
            time_ms: view.time_ms,
        },
    };
    proposal.votes.insert(sender.id.clone());
    // Votes of those who have left since do not count.
    proposal.votes.retain(|voter| protocol.validators.contains(voter));
    if proposal.votes.len() < quorum(protocol.validators.len()) {
        view.set(key, Record::Proposal(proposal));
        return Ok(());
    }
    view.remove(key);
    carry_out(view, &mut protocol, change)?;
    view.set(PROTOCOL_KEY.to_owned(), Record::Protocol(protocol));
    Ok(())
}

fn check(view: &View<'_>, protocol: &Protocol, change: &Change) -> Result<(), Stop> {
    let leaves = |party: &str| protocol.validators.len() == 1 && protocol.validators[0] == party;
    let fault = match change {
        Change::SetParty(party) if !party.validates && leaves(&party.id) => {
            Some("no validator would be left".to_owned())
        }
        Change::SetParty(party) => party.fault(view.suite),
        Change::RemoveParty { party } if leaves(party) => Some("no validator would be left".to_owned()),
        Change::RemoveParty { party } => {
            view.party(party)?;
            None
        }
        Change::SetKeys { party, keys } => {
            let mut party = view.party(party)?;
            party.keys.clone_from(keys);
            party.fault(view.suite)
        }
        Change::SetProcedure(procedure) => procedure.faults().into_iter().next(),
        Change::Upgrade { version, height } => {
            (*version <= protocol.version_at(view.height) || *version > NEWEST_VERSION || *height <= view.height)
                .then(|| format!("version {version} from block {height} on cannot be: it is unknown, old or too early"))
        }
    };
    fault.map_or(Ok(()), |fault| Err(Refusal::Invalid(fault).into()))
}

fn carry_out(view: &mut View<'_>, protocol: &mut Protocol, change: &Change) -> Result<(), Stop> {
    let mut validates = |party: &str, does: bool| {
        protocol.validators.retain(|other| other != party);
        if does {
            protocol.validators.push(party.to_owned());
            protocol.validators.sort();
        }
    };
    match change {
        Change::SetParty(party) => {
            validates(&party.id, party.validates);
            view.set(party_key(&party.id), Record::Party(party.clone()));
        }
        Change::RemoveParty { party } => {
            validates(party, false);
            view.remove(party_key(party));
        }
        Change::SetKeys { party, keys } => {
            let mut party = view.party(party)?;
            party.keys.clone_from(keys);
            view.set(party_key(&party.id), Record::Party(party));
        }
        Change::SetProcedure(procedure) => protocol.procedure = procedure.clone(),
        Change::Upgrade { version, height } => {
            protocol.version = protocol.version_at(view.height);
            protocol.next = Some((*version, *height));
        }
    }
    Ok(())
}
