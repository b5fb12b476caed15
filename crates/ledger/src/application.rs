//! The application: what a block of transactions does to the state, the same on every machine and any number of threads.
//!
//! Each transaction declares what it reads and writes before it runs ([`access`]); those that touch nothing in common run side
//! by side, in waves, and the result is that of running one after another. In goes a reader of the state before the block, out
//! come outcomes and changes; storing them, and agreeing on the block, are others' work.

use crate::account::{self, Mover, PendingTransfer, account_key, pending_key};
use crate::crypto::{Claim, Digest, Suite, verify_claims};
use crate::governance::Protocol;
use crate::party::Genesis;
use crate::state::{Access, Changes, Overlay, PROTOCOL_KEY, Record, StateReader, Stop, View, party_key};
use crate::transaction::{Action, FIRST_VERSION, Outcome, Refusal, SignedTransaction, TRANSACTION_BYTES_MAX};
use crate::{LedgerError, contract, evidence, governance, permit, registry};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A wave shorter than this is not worth the threads.
const WAVE_PARALLEL_MIN: usize = 8;
/// Signatures that one thread verifies.
#[cfg(feature = "validators")]
const SIGNATURES_TOGETHER: usize = crate::crypto::TOGETHER_MAX;
#[cfg(not(feature = "validators"))]
const SIGNATURES_TOGETHER: usize = 16;

/// Where and when a block stands.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext {
    /// Its suite.
    pub suite: Suite,
    /// Digest of genesis.
    pub chain: Digest,
    /// Its height.
    pub height: u64,
    /// Its time, milliseconds since 1970 UTC.
    pub time_ms: u64,
}

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Of each transaction, in their order.
    pub outcomes: Vec<Outcome>,
    /// Entries changed by all of them together.
    pub changes: Changes,
}

/// What a transaction may touch.
pub fn access(signed: &SignedTransaction, id: &Digest) -> Access {
    let transaction = &signed.transaction;
    let mut access = Access::default();
    access.reads.insert(party_key(&transaction.sender));
    access.reads.insert(PROTOCOL_KEY.to_owned());
    match &transaction.action {
        Action::CreateAccounts(accounts) => {
            account::accounts_access(accounts, &mut access);
            access
                .reads
                .extend(accounts.iter().map(|account| party_key(&account.owner)));
        }
        Action::Transfer(transfers) => account::transfers_access(transfers, &mut access),
        Action::Anchor(items) => evidence::evidence_access(items, &mut access),
        Action::Permit(step) => permit::permit_access(step, &mut access),
        Action::Registry(action) => registry::registry_access(action, &mut access),
        Action::Contract(action) => contract::contract_access(action, id, &mut access),
        Action::Vote(_) => access.is_exclusive = true,
    }
    access
}

/// What can be said of transactions without the state: their names, and whether each may stand in a block at all.
pub fn check_forms(signed: &[&SignedTransaction], context: &BlockContext) -> Vec<(Digest, Result<(), Refusal>)> {
    // Parts of one size: a small rest would be dear.
    let parts = signed.len().div_ceil(SIGNATURES_TOGETHER).max(1);
    let chunks = signed.par_chunks(signed.len().div_ceil(parts).max(1));
    chunks
        .flat_map_iter(|signed| check_forms_of_some(signed, context))
        .collect()
}

fn check_forms_of_some(signed: &[&SignedTransaction], context: &BlockContext) -> Vec<(Digest, Result<(), Refusal>)> {
    let messages: Vec<Vec<u8>> = signed.iter().map(|signed| signed.transaction.message()).collect();
    let forms: Vec<Result<(), Refusal>> = signed
        .iter()
        .map(|signed| check_form_unsigned(signed, context))
        .collect();
    let keys = signed.iter().map(|signed| (&signed.key, &signed.signature));
    let claims: Vec<Claim<'_>> = keys
        .zip(&messages)
        .zip(&forms)
        .filter(|(_, form)| form.is_ok())
        .map(|(((key, signature), message), _)| Claim {
            key,
            message,
            signature,
        })
        .collect();
    let mut verdicts = verify_claims(&claims).into_iter();
    forms
        .into_iter()
        .zip(&messages)
        .map(|(form, message)| {
            let form = form.and_then(|()| match verdicts.next() {
                Some(true) => Ok(()),
                _ => Err(Refusal::WrongSignature),
            });
            (Digest::of(context.suite, &[message]), form)
        })
        .collect()
}

/// The same but for the signature.
fn check_form_unsigned(signed: &SignedTransaction, context: &BlockContext) -> Result<(), Refusal> {
    let transaction = &signed.transaction;
    if transaction.chain != context.chain {
        return Err(Refusal::WrongChain);
    }
    if transaction.valid_until_ms < context.time_ms {
        return Err(Refusal::TooLate);
    }
    if borsh::object_length(transaction).expect("counting does not fail") > TRANSACTION_BYTES_MAX {
        return Err(Refusal::Invalid(format!("longer than {TRANSACTION_BYTES_MAX} bytes")));
    }
    if !context.suite.allows(signed.key.scheme) {
        return Err(Refusal::WrongSignature);
    }
    Ok(())
}

/// Entries that a chain begins with.
pub fn genesis_changes(genesis: &Genesis) -> Changes {
    let protocol = Protocol {
        version: FIRST_VERSION,
        next: None,
        procedure: genesis.procedure.clone(),
        validators: genesis.validators().into_keys().collect(),
    };
    let parties = genesis.parties.iter();
    let mut changes: Changes = parties
        .map(|party| (party_key(&party.id), Some(Record::Party(party.clone()))))
        .collect();
    changes.insert(PROTOCOL_KEY.to_owned(), Some(Record::Protocol(protocol)));
    changes
}

/// Runs a block: first the holds that are over, in the order of their keys, then the transactions.
pub fn execute(
    base: &dyn StateReader,
    context: &BlockContext,
    expired: &[PendingTransfer],
    transactions: &[(Digest, &SignedTransaction)],
) -> Result<Executed, LedgerError> {
    let often = read_often(base, transactions)?;
    let base = &Overlay { base, changes: &often };
    let mut changes = expire(base, context, expired)?;
    let accesses: Vec<Access> = transactions.iter().map(|(id, signed)| access(signed, id)).collect();
    let mut outcomes: Vec<Option<Outcome>> = vec![None; transactions.len()];
    for wave in waves(&accesses) {
        let overlay = Overlay {
            base,
            changes: &changes,
        };
        let active = active_version(&overlay, context)?;
        let run = |&index: &usize| {
            let (id, signed) = transactions[index];
            let (outcome, changes) = run_one(&overlay, context, (&active, &accesses[index]), id, signed)?;
            Ok((index, outcome, changes))
        };
        let results: Result<Vec<_>, LedgerError> = match wave.len() < WAVE_PARALLEL_MIN {
            true => wave.iter().map(run).collect(),
            false => wave.par_iter().map(run).collect(),
        };
        for (index, outcome, written) in results? {
            outcomes[index] = Some(outcome);
            changes.extend(written);
        }
    }
    let outcomes = outcomes
        .into_iter()
        .map(|outcome| outcome.expect("each transaction is in one wave"));
    Ok(Executed {
        outcomes: outcomes.collect(),
        changes,
    })
}

/// Runs a block one transaction after another: what [`execute`] must equal.
pub fn execute_in_order(
    base: &dyn StateReader,
    context: &BlockContext,
    expired: &[PendingTransfer],
    transactions: &[(Digest, &SignedTransaction)],
) -> Result<Executed, LedgerError> {
    let mut changes = expire(base, context, expired)?;
    let mut outcomes = Vec::with_capacity(transactions.len());
    for (id, signed) in transactions {
        let access = access(signed, id);
        let overlay = Overlay {
            base,
            changes: &changes,
        };
        let active = active_version(&overlay, context)?;
        let (outcome, written) = run_one(&overlay, context, (&active, &access), *id, signed)?;
        outcomes.push(outcome);
        changes.extend(written);
    }
    Ok(Executed { outcomes, changes })
}

/// What each transaction of a block reads, read once.
fn read_often(base: &dyn StateReader, transactions: &[(Digest, &SignedTransaction)]) -> Result<Changes, LedgerError> {
    let senders: BTreeSet<&str> = transactions
        .iter()
        .map(|(_, signed)| signed.transaction.sender.as_str())
        .collect();
    let keys = senders.into_iter().map(party_key).chain([PROTOCOL_KEY.to_owned()]);
    keys.map(|key| base.read(&key).map(|record| (key, record))).collect()
}

/// The version of transactions that is in force; it changes by votes only, which stand alone.
fn active_version(base: &dyn StateReader, context: &BlockContext) -> Result<Result<u16, Refusal>, LedgerError> {
    Ok(match base.read(PROTOCOL_KEY)? {
        Some(Record::Protocol(protocol)) => Ok(protocol.version_at(context.height)),
        _ => Err(Refusal::Missing("the protocol's settings".to_owned())),
    })
}

fn expire(base: &dyn StateReader, context: &BlockContext, expired: &[PendingTransfer]) -> Result<Changes, LedgerError> {
    let mut access = Access::default();
    for held in expired {
        access.writes.insert(account_key(held.transfer.debit_account));
        access.writes.insert(account_key(held.transfer.credit_account));
        access.writes.insert(pending_key(held.transfer.id));
    }
    let mut view = View::new(
        base,
        &access,
        context.suite,
        (context.height, context.time_ms),
        Digest::default(),
    );
    for held in expired {
        match account::expire(&mut view, held) {
            Ok(()) => {}
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Refused(refusal)) => panic!("a hold that is there can be released: {refusal}"),
        }
    }
    Ok(view.into_changes())
}

/// Transactions in waves: each goes into the first wave after all those before it that it shares anything with.
fn waves(accesses: &[Access]) -> Vec<Vec<usize>> {
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    let mut read: BTreeMap<&str, usize> = BTreeMap::new();
    // No transaction goes into a wave before this one: an exclusive one stands there.
    let mut barrier = 0;
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (index, access) in accesses.iter().enumerate() {
        if access.is_exclusive {
            waves.push(vec![index]);
            barrier = waves.len();
            continue;
        }
        let mut wave = barrier;
        let after = |known: &BTreeMap<&str, usize>, key: &String| known.get(key.as_str()).map_or(0, |wave| wave + 1);
        for key in &access.writes {
            wave = wave.max(after(&written, key)).max(after(&read, key));
        }
        for key in &access.reads {
            wave = wave.max(after(&written, key));
        }
        if wave == waves.len() {
            waves.push(Vec::new());
        }
        waves[wave].push(index);
        for key in &access.writes {
            written.insert(key, wave);
        }
        for key in &access.reads {
            let latest = read.entry(key).or_insert(wave);
            *latest = wave.max(*latest);
        }
    }
    waves
}

fn run_one(
    base: &dyn StateReader,
    context: &BlockContext,
    (active, access): (&Result<u16, Refusal>, &Access),
    id: Digest,
    signed: &SignedTransaction,
) -> Result<(Outcome, Changes), LedgerError> {
    let place = (context.height, context.time_ms);
    let mut view = View::new(base, access, context.suite, place, id);
    match run_action(&mut view, active, signed) {
        Ok(refused) => Ok((Outcome::Done { refused }, view.into_changes())),
        Err(Stop::Refused(refusal)) => Ok((Outcome::Refused(refusal), Changes::new())),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn run_action(
    view: &mut View<'_>,
    active: &Result<u16, Refusal>,
    signed: &SignedTransaction,
) -> Result<Vec<(u32, Refusal)>, Stop> {
    let transaction = &signed.transaction;
    let active = active.clone()?;
    if transaction.version != active {
        let found = transaction.version;
        return Err(Refusal::WrongVersion { found, active }.into());
    }
    let sender = view.party(&transaction.sender)?;
    if !sender.keys.contains(&signed.key) {
        return Err(Refusal::NotAllowed(format!("this key is not `{}`'s", sender.id)).into());
    }
    match &transaction.action {
        Action::CreateAccounts(accounts) => account::run_batch(
            view,
            accounts,
            |account| account.linked,
            |view, account| account::open(view, &sender, account),
        ),
        Action::Transfer(transfers) => account::run_batch(
            view,
            transfers,
            |transfer| transfer.linked,
            |view, transfer| account::transfer(view, Mover::Party(&sender), transfer),
        ),
        Action::Anchor(items) => account::run_batch(
            view,
            items,
            |_| false,
            |view, item| evidence::anchor(view, &sender, item),
        ),
        Action::Permit(step) => permit::take(view, &sender, step).map(|()| Vec::new()),
        Action::Registry(action) => registry::act(view, &sender, action).map(|()| Vec::new()),
        Action::Contract(action) => contract::act(view, &sender, action),
        Action::Vote(change) => governance::vote(view, &sender, change).map(|()| Vec::new()),
    }
}
