//! The application: what a block of transactions does to the state, the same on every machine and any number of threads.
//!
//! Each transaction declares what it reads and writes before it runs ([`access`]); those that touch nothing in common run side
//! by side, in waves, and the result is that of running one after another. In goes a reader of the state before the block, out
//! come outcomes and changes; storing them, and agreeing on the block, are others' work.

use crate::account::{self, Mover, PendingTransfer, account_key, pending_key};
use crate::crypto::{Digest, Suite};
use crate::governance::Protocol;
use crate::party::Genesis;
use crate::state::{Access, Changes, Overlay, PROTOCOL_KEY, Record, StateReader, Stop, View, party_key};
use crate::transaction::{Action, FIRST_VERSION, Outcome, Refusal, SignedTransaction, TRANSACTION_BYTES_MAX};
use crate::{LedgerError, contract, evidence, governance, permit, registry};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A wave shorter than this is not worth the threads.
const WAVE_PARALLEL_MIN: usize = 8;

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

/// What can be said of a transaction without the state: whether it may stand in a block at all.
pub fn check_form(signed: &SignedTransaction, context: &BlockContext) -> Result<(), Refusal> {
    let transaction = &signed.transaction;
    if transaction.chain != context.chain {
        return Err(Refusal::WrongChain);
    }
    if transaction.valid_until_ms < context.time_ms {
        return Err(Refusal::TooLate);
    }
    if transaction.bytes().len() > TRANSACTION_BYTES_MAX {
        return Err(Refusal::Invalid(format!("longer than {TRANSACTION_BYTES_MAX} bytes")));
    }
    if !context.suite.allows(signed.key.scheme) || !signed.is_signed() {
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
    let mut changes = expire(base, context, expired)?;
    let accesses: Vec<Access> = transactions.iter().map(|(id, signed)| access(signed, id)).collect();
    let mut outcomes: Vec<Option<Outcome>> = vec![None; transactions.len()];
    for wave in waves(&accesses) {
        let overlay = Overlay {
            base,
            changes: &changes,
        };
        let run = |&index: &usize| {
            let (id, signed) = transactions[index];
            run_one(&overlay, context, &accesses[index], id, signed).map(|(outcome, changes)| (index, outcome, changes))
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
        let (outcome, written) = run_one(&overlay, context, &access, *id, signed)?;
        outcomes.push(outcome);
        changes.extend(written);
    }
    Ok(Executed { outcomes, changes })
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
    access: &Access,
    id: Digest,
    signed: &SignedTransaction,
) -> Result<(Outcome, Changes), LedgerError> {
    let place = (context.height, context.time_ms);
    let mut view = View::new(base, access, context.suite, place, id);
    match run_action(&mut view, signed) {
        Ok(refused) => Ok((Outcome::Done { refused }, view.into_changes())),
        Err(Stop::Refused(refusal)) => Ok((Outcome::Refused(refusal), Changes::new())),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn run_action(view: &mut View<'_>, signed: &SignedTransaction) -> Result<Vec<(u32, Refusal)>, Stop> {
    let transaction = &signed.transaction;
    let active = view.protocol()?.version_at(view.height);
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
