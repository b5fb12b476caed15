//! The registry of vehicles, software, maps and qualifications, and the open-data catalogue: who may use what, for what.
//!
//! An entry belongs to the party that made it; only that party changes or withdraws it. A data set is used under a grant that
//! names purposes and an end; each use leaves a receipt in the journal.

use crate::crypto::Digest;
use crate::party::{Party, Role};
use crate::state::{Access, Record, Stop, View, party_key};
use crate::transaction::{Id, Refusal, check_name, check_text};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Attributes of an entry, purposes of a grant.
const LIST_MAX: usize = 64;

/// What an entry is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A vehicle: its data sheet's digest. By makers and operators.
    Vehicle,
    /// A software version: the digest of its bill of materials. By makers.
    Software,
    /// A map. By makers, operators, the government.
    Map,
    /// What a driver or supervisor is qualified for. By inspectors and the government.
    Qualification,
    /// A data set of the open-data catalogue. By every party.
    DataSet,
}

impl EntryKind {
    /// The name in keys.
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Vehicle => "vehicle",
            EntryKind::Software => "software",
            EntryKind::Map => "map",
            EntryKind::Qualification => "qualification",
            EntryKind::DataSet => "data-set",
        }
    }

    fn roles(self) -> &'static [Role] {
        match self {
            EntryKind::Vehicle => &[Role::Maker, Role::Operator],
            EntryKind::Software => &[Role::Maker],
            EntryKind::Map => &[Role::Maker, Role::Operator, Role::Government],
            EntryKind::Qualification => &[Role::Inspector, Role::Government],
            EntryKind::DataSet => &Role::ALL,
        }
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryEntry {
    /// What it is.
    pub kind: EntryKind,
    /// Its name within its kind.
    pub id: String,
    /// Digest of the file that says more.
    #[serde(default)]
    pub digest: Option<Digest>,
    /// What can be said in words.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// When it ends, milliseconds since 1970 UTC; zero: never.
    #[serde(default)]
    pub valid_until_ms: u64,
    /// Has it been withdrawn?
    #[serde(default)]
    pub withdrawn: bool,
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RegistryRecord {
    /// The entry.
    pub entry: RegistryEntry,
    /// Whose it is.
    pub owner: String,
    /// When it was last changed.
    pub time_ms: u64,
    /// How often it was changed.
    pub revision: u32,
}

/// Leave to use a data set.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataGrant {
    /// Its number.
    pub id: Id,
    /// The data set.
    pub data_set: String,
    /// Who may use it.
    pub to: String,
    /// For what.
    pub purposes: Vec<String>,
    /// Digest of the consent that it rests on, if the data are of persons.
    #[serde(default)]
    pub consent: Option<Digest>,
    /// When it ends, milliseconds since 1970 UTC.
    pub valid_until_ms: u64,
    /// Has it been taken back?
    #[serde(default)]
    pub withdrawn: bool,
}

/// A use of a data set: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataUse {
    /// Its number.
    pub id: Id,
    /// The grant.
    pub grant: Id,
    /// The data set.
    pub data_set: String,
    /// For what.
    pub purpose: String,
    /// Digest of what was handed out.
    pub digest: Digest,
}

/// What may be asked of the registry.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryAction {
    /// Enter, change or withdraw.
    Enter(RegistryEntry),
    /// Give leave to use a data set, or take it back.
    Grant(DataGrant),
    /// Use a data set under a grant.
    Use(DataUse),
}

/// Key of an entry.
pub fn entry_key(kind: EntryKind, id: &str) -> String {
    format!("registry/{}/{id}", kind.name())
}

/// Key of a grant.
pub fn grant_key(id: Id) -> String {
    format!("grant/{id}")
}

/// Key of a use.
pub fn use_key(id: Id) -> String {
    format!("use/{id}")
}

pub(crate) fn registry_access(action: &RegistryAction, access: &mut Access) {
    match action {
        RegistryAction::Enter(entry) => {
            access.writes.insert(entry_key(entry.kind, &entry.id));
        }
        RegistryAction::Grant(grant) => {
            access.reads.insert(entry_key(EntryKind::DataSet, &grant.data_set));
            access.reads.insert(party_key(&grant.to));
            access.writes.insert(grant_key(grant.id));
        }
        RegistryAction::Use(used) => {
            access.reads.insert(entry_key(EntryKind::DataSet, &used.data_set));
            access.reads.insert(grant_key(used.grant));
            access.writes.insert(use_key(used.id));
        }
    }
}

pub(crate) fn act(view: &mut View<'_>, sender: &Party, action: &RegistryAction) -> Result<(), Stop> {
    match action {
        RegistryAction::Enter(entry) => enter(view, sender, entry),
        RegistryAction::Grant(grant) => give(view, sender, grant),
        RegistryAction::Use(used) => use_data(view, sender, used),
    }
}

fn enter(view: &mut View<'_>, sender: &Party, entry: &RegistryEntry) -> Result<(), Stop> {
    check_name("the entry's id", &entry.id)?;
    if entry.attributes.len() > LIST_MAX {
        return Err(Refusal::Invalid(format!("more than {LIST_MAX} attributes")).into());
    }
    for (name, value) in &entry.attributes {
        check_text("an attribute's name", name)?;
        check_text("an attribute", value)?;
    }
    if !entry.kind.roles().contains(&sender.role) {
        return Err(Refusal::NotAllowed(format!("a {} enters no {}", sender.role, entry.kind.name())).into());
    }
    let key = entry_key(entry.kind, &entry.id);
    let revision = match view.get(&key)? {
        Some(Record::Registry(there)) if there.owner != sender.id => {
            return Err(Refusal::NotAllowed(format!("`{}` is an entry of `{}`", entry.id, there.owner)).into());
        }
        Some(Record::Registry(there)) => there.revision + 1,
        _ => 0,
    };
    let record = RegistryRecord {
        entry: entry.clone(),
        owner: sender.id.clone(),
        time_ms: view.time_ms,
        revision,
    };
    view.set(key, Record::Registry(record));
    Ok(())
}

/// The owner of a data set that is there and open.
fn data_set_owner(view: &View<'_>, id: &str) -> Result<String, Stop> {
    match view.get(&entry_key(EntryKind::DataSet, id))? {
        Some(Record::Registry(record)) if !record.entry.withdrawn => Ok(record.owner),
        _ => Err(Refusal::Missing(format!("data set `{id}`")).into()),
    }
}

fn give(view: &mut View<'_>, sender: &Party, grant: &DataGrant) -> Result<(), Stop> {
    let owner = data_set_owner(view, &grant.data_set)?;
    if owner != sender.id {
        return Err(Refusal::NotAllowed(format!("data set `{}` is `{owner}`'s to give", grant.data_set)).into());
    }
    view.party(&grant.to)?;
    if grant.purposes.is_empty() || grant.purposes.len() > LIST_MAX {
        return Err(Refusal::Invalid(format!("a grant names 1 to {LIST_MAX} purposes")).into());
    }
    grant
        .purposes
        .iter()
        .try_for_each(|purpose| check_text("a purpose", purpose))?;
    let key = grant_key(grant.id);
    if let Some(Record::DataGrant(there)) = view.get(&key)? {
        let is_same = (&there.data_set, &there.to) == (&grant.data_set, &grant.to);
        if !is_same {
            return Err(Refusal::Differs(format!("grant {}", grant.id)).into());
        }
    }
    view.set(key, Record::DataGrant(grant.clone()));
    Ok(())
}

fn use_data(view: &mut View<'_>, sender: &Party, used: &DataUse) -> Result<(), Stop> {
    data_set_owner(view, &used.data_set)?;
    let Some(Record::DataGrant(grant)) = view.get(&grant_key(used.grant))? else {
        return Err(Refusal::Missing(format!("grant {}", used.grant)).into());
    };
    let objection = if grant.to != sender.id || grant.data_set != used.data_set {
        Some("the grant is for another".to_owned())
    } else if grant.withdrawn || view.time_ms > grant.valid_until_ms {
        Some("the grant has ended".to_owned())
    } else if !grant.purposes.contains(&used.purpose) {
        Some(format!("the grant is not for `{}`", used.purpose))
    } else {
        None
    };
    if let Some(objection) = objection {
        return Err(Refusal::NotAllowed(objection).into());
    }
    let key = use_key(used.id);
    if let Some(Record::DataUse(there)) = view.get(&key)? {
        return if there == *used {
            Ok(())
        } else {
            Err(Refusal::Differs(format!("use {}", used.id)).into())
        };
    }
    view.set(key, Record::DataUse(used.clone()));
    Ok(())
}
