//! The ledger: blocks and who signed them, permits with who is to act next, evidence, accounts, receipts.
//!
//! In goes a ledger's folder, opened for each question, so that others may write to it in between; out comes JSON. What is
//! proven is proven by receipts, which pages verify by themselves: this room is not to be believed. It writes nothing.

use crate::refusal::Refusal;
use ledger::evidence::evidence_key;
use ledger::permit::Permit;
use ledger::{Action, Digest, EntryReceipt, Ledger, LedgerError, Outcome, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Blocks that are told, the newest ones.
const BLOCKS_MAX: u64 = 60;
/// Entries that are told of a block.
const ENTRIES_MAX: usize = 50;
/// Rows of a table that are told.
const ROWS_MAX: usize = 1_000;

/// A summary is made anew when there are more blocks, and after so long, because permits lapse by themselves.
const FRESH: Duration = Duration::from_secs(60);

/// A ledger's folder.
pub struct LedgerRoom {
    folder: PathBuf,
    /// The last summary: of how many bytes of blocks, when.
    summary: Mutex<Option<(u64, Instant, Value)>>,
}

fn told(error: LedgerError) -> Refusal {
    Refusal::told(&error.to_string())
}

impl LedgerRoom {
    /// A room of the ledger in a folder, which need not be there yet.
    pub fn new(folder: PathBuf) -> LedgerRoom {
        LedgerRoom {
            folder,
            summary: Mutex::default(),
        }
    }

    fn open(&self) -> Result<Ledger, Refusal> {
        if !self.folder.join("genesis.json").is_file() {
            return Err(Refusal::unknown(
                format!("there is no ledger in {}", self.folder.display()),
                "westline ledger init SITE or westline run SITE makes one; serve it with --ledger DIR",
            ));
        }
        Ledger::open(&self.folder).map(|(ledger, _)| ledger).map_err(told)
    }

    /// All at a glance: chain, parties, blocks, permits, evidence, accounts.
    pub(crate) fn summary(&self) -> Result<Value, Refusal> {
        let bytes = std::fs::metadata(self.folder.join("blocks")).map_or(0, |meta| meta.len());
        // Whoever asks meanwhile waits for it instead of making it, too.
        let mut kept = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, summary)) = kept
            .as_ref()
            .filter(|(of, when, _)| *of == bytes && when.elapsed() < FRESH)
        {
            return Ok(summary.clone());
        }
        let summary = self.summarise()?;
        *kept = Some((bytes, Instant::now(), summary.clone()));
        Ok(summary)
    }

    fn summarise(&self) -> Result<Value, Refusal> {
        let ledger = self.open()?;
        let protocol = ledger.protocol().map_err(told)?;
        let now_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_millis() as u64);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let (mut parties, mut permits, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
        let mut evidence: Vec<(u64, Value)> = Vec::new();
        let each = |key: &str, record: Record| {
            let kind = key.split('/').next().unwrap_or_default();
            *counts.entry(kind.to_owned()).or_default() += 1;
            match record {
                Record::Party(party) => parties.push(party),
                Record::Permit(permit) if permits.len() < ROWS_MAX => permits.push(permit),
                Record::Account(account) if accounts.len() < ROWS_MAX => accounts.push(json!({
                    // Numbers of accounts may be larger than a page's.
                    "id": account.id.0.to_string(), "owner": account.owner, "ledger": account.ledger, "code": account.code,
                    "flags": account.flags, "debits_pending": account.debits_pending, "debits_posted": account.debits_posted,
                    "credits_pending": account.credits_pending, "credits_posted": account.credits_posted,
                })),
                Record::Evidence(record) => {
                    evidence.push((record.height, json!({
                        "kind": record.item.kind, "subject": record.item.subject, "digest": record.item.digest.to_string(),
                        "count": record.item.count, "by": record.by, "time_ms": record.time_ms, "height": record.height,
                    })));
                    // The newest are kept.
                    if evidence.len() > 2 * ROWS_MAX {
                        evidence.sort_by_key(|(height, _)| std::cmp::Reverse(*height));
                        evidence.truncate(ROWS_MAX);
                    }
                }
                _ => {}
            }
            Ok(())
        };
        ledger.for_each("", each).map_err(told)?;
        evidence.sort_by_key(|(height, _)| std::cmp::Reverse(*height));
        evidence.truncate(ROWS_MAX);
        let next = ledger.next_height();
        let blocks = (next.saturating_sub(BLOCKS_MAX)..next)
            .rev()
            .filter_map(|height| ledger.block(height).transpose());
        let mut signed: BTreeMap<String, u64> = BTreeMap::new();
        let mut blocks_told = Vec::new();
        for block in blocks {
            let block = block.map_err(told)?;
            let header = &block.checkpoint.header;
            let signers: Vec<&str> = block
                .checkpoint
                .signatures
                .iter()
                .map(|signature| signature.validator.as_str())
                .collect();
            signers
                .iter()
                .for_each(|name| *signed.entry((*name).to_owned()).or_default() += 1);
            let entries = block.entries.iter().take(ENTRIES_MAX).map(|entry| {
                let refused = match &entry.outcome {
                    Outcome::Refused(refusal) => Some(refusal.to_string()),
                    Outcome::Done { refused } => refused.first().map(|(_, refusal)| refusal.to_string()),
                };
                json!({ "action": action_word(&entry.signed.transaction.action), "by": entry.signed.transaction.sender, "refused": refused })
            });
            blocks_told.push(json!({
                "height": header.height, "time_ms": header.time_ms, "log_size": header.log_size,
                "log_root": header.log_root.to_string(), "state_root": header.state_root.to_string(),
                "count": block.entries.len(), "entries": entries.collect::<Vec<_>>(), "signers": signers,
            }));
        }
        let permit = |permit: &Permit| {
            let state = permit.state_at(&protocol.procedure, now_ms);
            let steps = protocol.procedure.steps_from(state).map(|step| {
                let who = parties.iter().filter(|party| party.role == step.by);
                json!({ "step": step.name, "by": step.by.name(), "who": who.map(|party| &party.id).collect::<Vec<_>>(), "to": step.to, "needs": step.needs })
            });
            let rule = protocol.procedure.state(state);
            json!({
                "id": permit.id.0.to_string(), "holder": permit.holder, "vehicles": permit.vehicles, "conditions": permit.conditions,
                "state": state, "since_ms": permit.since_ms, "lapses_ms": permit.lapses_ms,
                "may": rule.map(|rule| [rule.may_drive, rule.may_carry, rule.may_charge]), "history": permit.history.iter().map(|taken| json!({
                    "step": taken.step, "by": taken.by, "time_ms": taken.time_ms, "height": taken.height, "note": taken.note,
                    "evidence": taken.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(), "next": steps.collect::<Vec<_>>(),
            })
        };
        let validators = ledger.validators();
        let parties_told = parties.iter().map(|party| {
            json!({ "id": party.id, "name": party.name, "role": party.role.name(), "validates": validators.contains_key(&party.id), "signed": signed.get(&party.id).copied().unwrap_or(0) })
        });
        let states = protocol.procedure.states.iter().map(|state| &state.name);
        let currencies = ledger.genesis().currencies.iter();
        Ok(json!({
            "folder": self.folder.display().to_string(), "origin": ledger.genesis().origin(), "chain": ledger.chain().to_string(), "suite": ledger.suite(),
            "now_ms": now_ms, "height": next.checked_sub(1), "counts": counts, "parties": parties_told.collect::<Vec<_>>(), "blocks": blocks_told,
            "states": states.collect::<Vec<_>>(), "permits": permits.iter().map(permit).collect::<Vec<_>>(),
            "evidence": evidence.into_iter().map(|(_, told)| told).collect::<Vec<_>>(), "accounts": accounts,
            "currencies": currencies.map(|currency| json!([currency.ledger, currency.code, currency.digits])).collect::<Vec<_>>(),
        }))
    }

    /// What the chain began with: all that a verifier has to be told.
    pub(crate) fn genesis(&self) -> Result<Value, Refusal> {
        let ledger = self.open()?;
        serde_json::to_value(ledger.genesis()).map_err(|error| Refusal::told(&error.to_string()))
    }

    /// The receipt of the transaction that set a digest down.
    pub(crate) fn receipt(&self, digest: &str) -> Result<String, Refusal> {
        let ledger = self.open()?;
        let digest: Digest = digest.parse().map_err(told)?;
        let unknown = || {
            Refusal::unknown(
                "no such digest is on the ledger".to_owned(),
                "a document that was changed by one byte has another digest",
            )
        };
        let Some(Record::Evidence(evidence)) = ledger.get(&evidence_key(&digest)).map_err(told)? else {
            return Err(unknown());
        };
        let block = ledger.block(evidence.height).map_err(told)?.ok_or_else(unknown)?;
        let first = block.checkpoint.header.log_size - block.entries.len() as u64;
        let holds =
            |action: &Action| matches!(action, Action::Anchor(items) if items.iter().any(|item| item.digest == digest));
        let place = block
            .entries
            .iter()
            .position(|entry| holds(&entry.signed.transaction.action))
            .ok_or_else(unknown)?;
        let receipt: EntryReceipt = ledger.receipt_at(first + place as u64).map_err(told)?;
        Ok(receipt.to_json())
    }
}

fn action_word(action: &Action) -> String {
    // Each is one member, named after what it does.
    let value = serde_json::to_value(action).unwrap_or_default();
    let word = value.as_object().and_then(|object| object.keys().next().cloned());
    word.unwrap_or_default()
}
