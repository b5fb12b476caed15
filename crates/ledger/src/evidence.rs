//! Evidence: digests of recordings, verdicts and documents, set down so that nobody can later change or backdate them.
//!
//! In goes a digest with its subject and span of time; the log proves from then on that it was known. A large set of digests
//! is set down as the root of their Merkle tree ([`crate::merkle`]), which proves each of them.

use crate::crypto::Digest;
use crate::party::{Party, Role};
use crate::state::{Access, Record, Stop, View};
use crate::transaction::{Refusal, check_name};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What a digest is of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A segment of a recording, or the root over several.
    Recording,
    /// A verdict of a suite.
    Verdict,
    /// A test record: a suite's verdicts with their evidence.
    TestRecord,
    /// A record of service: a day of a line, its trips.
    ServiceRecord,
    /// Any other document: a report, an application, a decision.
    Document,
}

/// One digest to be set down.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceItem {
    /// What it is of.
    pub kind: EvidenceKind,
    /// Whom it is about: a vehicle, a line, a permit.
    pub subject: String,
    /// The digest, or the root of a Merkle tree of digests.
    pub digest: Digest,
    /// Digests under the root; one, if it is a digest itself.
    #[serde(default = "one")]
    pub count: u32,
    /// Span of time that it covers, milliseconds since 1970 UTC.
    pub from_ms: u64,
    /// Its end.
    pub to_ms: u64,
}

fn one() -> u32 {
    1
}

/// Evidence as it was set down: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// The item.
    pub item: EvidenceItem,
    /// Who set it down.
    pub by: String,
    /// What that party was then.
    pub role: Role,
    /// When.
    pub time_ms: u64,
    /// In which block.
    pub height: u64,
}

/// Key of evidence.
pub fn evidence_key(digest: &Digest) -> String {
    format!("evidence/{digest}")
}

pub(crate) fn evidence_access(items: &[EvidenceItem], access: &mut Access) {
    access
        .writes
        .extend(items.iter().map(|item| evidence_key(&item.digest)));
}

/// Sets one item down. The first to do so stays the one who did.
pub(crate) fn anchor(view: &mut View<'_>, sender: &Party, item: &EvidenceItem) -> Result<(), Stop> {
    check_name("the subject", &item.subject)?;
    if item.from_ms > item.to_ms || item.count == 0 {
        return Err(Refusal::Invalid("evidence covers no time, or is of nothing".to_owned()).into());
    }
    let key = evidence_key(&item.digest);
    if let Some(Record::Evidence(there)) = view.get(&key)? {
        let is_same = there.item == *item && there.by == sender.id;
        return if is_same {
            Ok(())
        } else {
            Err(Refusal::Differs(format!("evidence {}", item.digest)).into())
        };
    }
    let record = EvidenceRecord {
        item: item.clone(),
        by: sender.id.clone(),
        role: sender.role,
        time_ms: view.time_ms,
        height: view.height,
    };
    view.set(key, Record::Evidence(record));
    Ok(())
}
