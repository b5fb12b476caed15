//! A site's files about its ledger: `parties.toml` (who takes part, contracts' amounts) and `permits.toml` (the procedure).
//!
//! In go their names and texts, out come plain structs, or every problem with file, line and mend. A site without the files
//! gets those that lie beside this one. It reads no file and makes no key.

use crate::LedgerError;
use crate::crypto::{PublicKey, Suite};
use crate::party::{Currency, Genesis, Party, Role, is_party_id};
use crate::permit::{Conditions, Procedure, Supervision};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// `parties.toml` of a site that has none.
pub const DEFAULT_PARTIES: &str = include_str!("site/parties.toml");
/// `permits.toml` of a site that has none.
pub const DEFAULT_PERMITS: &str = include_str!("site/permits.toml");

/// A party as its site names it, before it has keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyEntry {
    /// Short name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Does it sign blocks?
    pub validates: bool,
    /// Its public key, if it made one itself.
    pub key: Option<PublicKey>,
}

/// Amounts of a site's contracts, in the currency's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContractTerms {
    /// Of a ride.
    pub fare: u64,
    /// Subsidy for each kilometre in service.
    pub subsidy_per_km: u64,
    /// Subsidy for each passenger.
    pub subsidy_per_passenger: u64,
    /// Subsidy in all.
    pub subsidy_limit: u64,
}

/// What a site says of its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSite {
    /// Hashes and signatures.
    pub suite: Suite,
    /// The currency.
    pub currency: Currency,
    /// Parties, by name.
    pub parties: Vec<PartyEntry>,
    /// Amounts.
    pub contracts: ContractTerms,
    /// What the permit of the site's service allows.
    pub permit: Conditions,
    /// How permits are given.
    pub procedure: Procedure,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartiesFile {
    #[serde(default)]
    suite: Suite,
    currency: Option<CurrencyEntry>,
    #[serde(default, rename = "party")]
    parties: Vec<Spanned<PartyFile>>,
    #[serde(default)]
    contracts: ContractTerms,
    permit: Option<Conditions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrencyEntry {
    code: String,
    ledger: u32,
    #[serde(default)]
    digits: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyFile {
    id: String,
    name: Option<String>,
    role: Role,
    #[serde(default)]
    validates: bool,
    key: Option<String>,
}

impl LedgerSite {
    /// Reads both files: the name to call each by, and its text. Every problem of both is told.
    pub fn read(parties: (&str, &str), permits: (&str, &str)) -> Result<LedgerSite, LedgerError> {
        let mut problems = Vec::new();
        let file: Option<PartiesFile> = parse(parties, &mut problems);
        let procedure: Option<Procedure> = parse(permits, &mut problems);
        if let Some(procedure) = &procedure {
            let faults = procedure.faults();
            problems.extend(faults.into_iter().map(|fault| {
                let word = fault.split('`').nth(1).unwrap_or_default();
                let line = line_of(permits.1, permits.1.find(&format!("\"{word}\"")).unwrap_or(0));
                format!(
                    "{}:{line}: {fault}\nhint: name states and steps as they are written in the file",
                    permits.0
                )
            }));
        }
        let mut entries = Vec::new();
        if let Some(file) = &file {
            let mut names = BTreeSet::new();
            for party in &file.parties {
                let place = format!("{}:{}", parties.0, line_of(parties.1, party.span().start));
                let party = party.get_ref();
                if !is_party_id(&party.id) {
                    problems.push(format!(
                        "{place}: `{}` is no short name\nhint: use up to 40 lower-case letters, digits and hyphens",
                        party.id
                    ));
                }
                if !names.insert(&party.id) {
                    problems.push(format!(
                        "{place}: there are two parties `{}`\nhint: give one another id",
                        party.id
                    ));
                }
                let key = party.key.as_deref().map(str::parse::<PublicKey>).transpose();
                let key = key.unwrap_or_else(|error| {
                    problems.push(format!("{place}: {error}"));
                    None
                });
                if key.as_ref().is_some_and(|key| !file.suite.allows(key.scheme)) {
                    problems.push(format!(
                        "{place}: the key of `{}` is not of the file's suite\nhint: make one with `westline ledger key`",
                        party.id
                    ));
                }
                entries.push(PartyEntry {
                    id: party.id.clone(),
                    name: party.name.clone().unwrap_or_else(|| party.id.clone()),
                    role: party.role,
                    validates: party.validates,
                    key,
                });
            }
            if !entries.iter().any(|party| party.validates) {
                problems.push(format!(
                    "{}:1: no party validates\nhint: write `validates = true` at those who sign blocks",
                    parties.0
                ));
            }
        }
        entries.sort_by(|one, other| one.id.cmp(&other.id));
        match (file, procedure) {
            (Some(file), Some(procedure)) if problems.is_empty() => Ok(LedgerSite {
                suite: file.suite,
                currency: file.currency.map_or_else(
                    || Currency {
                        ledger: 156,
                        code: "CNY".to_owned(),
                        digits: 2,
                    },
                    |currency| Currency {
                        ledger: currency.ledger,
                        code: currency.code,
                        digits: currency.digits,
                    },
                ),
                parties: entries,
                contracts: file.contracts,
                permit: file.permit.unwrap_or_else(default_conditions),
                procedure,
            }),
            _ => Err(LedgerError::Problems(problems)),
        }
    }

    /// The first party of a role.
    pub fn party(&self, role: Role) -> Option<&PartyEntry> {
        self.parties.iter().find(|party| party.role == role)
    }

    /// The genesis with these keys, by the parties' names; a party's own key of the file goes before.
    pub fn genesis(
        &self,
        site: &str,
        time_ms: u64,
        keys: &BTreeMap<String, PublicKey>,
    ) -> Result<Genesis, LedgerError> {
        let party = |entry: &PartyEntry| {
            let key = entry.key.as_ref().or_else(|| keys.get(&entry.id));
            let key = key.ok_or_else(|| LedgerError::Key(format!("party `{}` has no key", entry.id)))?;
            Ok(Party {
                id: entry.id.clone(),
                name: entry.name.clone(),
                role: entry.role,
                keys: vec![key.clone()],
                validates: entry.validates,
            })
        };
        Ok(Genesis {
            site: site.to_owned(),
            suite: self.suite,
            time_ms,
            currencies: vec![self.currency.clone()],
            parties: self.parties.iter().map(party).collect::<Result<_, LedgerError>>()?,
            procedure: self.procedure.clone(),
        })
    }
}

/// What a site's permit allows where nobody says: a whole day, a minibus's speed, all but a cloudburst, an officer on board.
fn default_conditions() -> Conditions {
    Conditions {
        area: "service".to_owned(),
        from_minute: 0,
        to_minute: 24 * 60,
        speed_kmh_max: 80,
        rain_mm_per_h_max: 50,
        supervision: Supervision::OnBoard,
    }
}

fn parse<T: serde::de::DeserializeOwned>((name, text): (&str, &str), problems: &mut Vec<String>) -> Option<T> {
    toml::from_str(text)
        .map_err(|error| {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            problems.push(format!(
                "{name}:{line}: {}\nhint: docs/ledger.md lists what may stand there",
                error.message()
            ));
        })
        .ok()
}

/// The line, counted from one, in which a byte lies.
fn line_of(text: &str, byte: usize) -> usize {
    1 + text.as_bytes()[..byte.min(text.len())]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
}
