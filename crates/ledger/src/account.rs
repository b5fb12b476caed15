//! Double-entry accounts: transfers posted, pending and voided, linked, limited, with identifiers that clients choose.
//!
//! The invariants are those of TigerBeetle's data model: each transfer debits one account and credits another of the same
//! ledger by the same amount, pending amounts are held until posted, voided or timed out, a repeated identifier does nothing,
//! and flags bound an account's balance to one side. Amounts are whole numbers of the currency's smallest unit.

use crate::crypto::Digest;
use crate::party::{Party, Role};
use crate::state::{Access, Record, Stop, View};
use crate::transaction::{BATCH_MAX, Id, Refusal};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What bounds an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AccountFlags {
    /// Its debits, pending ones included, never exceed its posted credits: it holds money and cannot owe.
    pub debits_must_not_exceed_credits: bool,
    /// Its credits, pending ones included, never exceed its posted debits: it owes and cannot hold.
    pub credits_must_not_exceed_debits: bool,
    /// Only contracts debit it: what lies there is bound.
    pub only_contracts_debit: bool,
    /// Nothing moves any more.
    pub closed: bool,
}

/// An account to be opened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its number, chosen by the client; zero is none.
    pub id: Id,
    /// The party that may debit it.
    pub owner: String,
    /// The currency.
    pub ledger: u32,
    /// What it is for, in the owner's chart of accounts; zero is none.
    pub code: u16,
    /// Its bounds.
    #[serde(default)]
    pub flags: AccountFlags,
    /// Anything that the client wants to find it by.
    #[serde(default)]
    pub user_data: Id,
    /// Opened only if the next of the batch is.
    #[serde(default)]
    pub linked: bool,
}

impl NewAccount {
    /// An account without bounds.
    pub fn new(id: Id, owner: &str, ledger: u32, code: u16) -> NewAccount {
        NewAccount {
            id,
            owner: owner.to_owned(),
            ledger,
            code,
            flags: AccountFlags::default(),
            user_data: Id(0),
            linked: false,
        }
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[allow(missing_docs)] // As in NewAccount; the four sums are in the smallest unit.
pub struct Account {
    pub id: Id,
    pub owner: String,
    pub ledger: u32,
    pub code: u16,
    pub flags: AccountFlags,
    pub user_data: Id,
    pub debits_pending: u64,
    pub debits_posted: u64,
    pub credits_pending: u64,
    pub credits_posted: u64,
    pub opened_ms: u64,
}

/// What a transfer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferKind {
    /// Moves the amount at once.
    #[default]
    Posted,
    /// Holds the amount until it is posted, voided or its time is over.
    Pending {
        /// Seconds after which it is released; zero: never.
        timeout_s: u32,
    },
    /// Moves a held amount, or less; the rest is released. An amount of zero: all of it.
    Post {
        /// The pending transfer.
        pending: Id,
    },
    /// Releases a held amount.
    Void {
        /// The pending transfer.
        pending: Id,
    },
}

/// Take less than the amount, if a limit asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balancing {
    /// No: all or nothing.
    #[default]
    No,
    /// As much as the debited account holds.
    Debit,
    /// As much as the credited account owes.
    Credit,
}

/// A transfer as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Chosen by the client, below 2^127; the same again does nothing. Zero is none.
    pub id: Id,
    /// Pays.
    pub debit_account: Id,
    /// Is paid.
    pub credit_account: Id,
    /// In the smallest unit.
    pub amount: u64,
    /// The currency; both accounts' own.
    pub ledger: u32,
    /// Why, in the chart of the sender; zero is none.
    pub code: u16,
    /// Posted, pending, ...
    #[serde(default)]
    pub kind: TransferKind,
    /// May it be less?
    #[serde(default)]
    pub balancing: Balancing,
    /// Anything that the client wants to find it by.
    #[serde(default)]
    pub user_data: Id,
    /// Done only if the next of the batch is.
    #[serde(default)]
    pub linked: bool,
}

impl Transfer {
    /// A transfer that is done at once and whole, from one account to another.
    pub fn posted(id: Id, [debit_account, credit_account]: [Id; 2], amount: u64, ledger: u32, code: u16) -> Transfer {
        Transfer {
            id,
            debit_account,
            credit_account,
            amount,
            ledger,
            code,
            kind: TransferKind::Posted,
            balancing: Balancing::No,
            user_data: Id(0),
            linked: false,
        }
    }
}

/// A transfer as it was done: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TransferRecord {
    /// As asked for.
    pub transfer: Transfer,
    /// What moved or was held, in the smallest unit.
    pub amount: u64,
    /// When.
    pub time_ms: u64,
    /// In which block.
    pub height: u64,
}

impl TransferRecord {
    /// What moved for good, in the smallest unit: nothing, where an amount was only held or let go.
    pub fn moved(&self) -> u64 {
        match self.transfer.kind {
            TransferKind::Posted | TransferKind::Post { .. } => self.amount,
            TransferKind::Pending { .. } | TransferKind::Void { .. } => 0,
        }
    }
}

/// An amount that is held.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PendingTransfer {
    /// The transfer that holds it.
    pub transfer: Transfer,
    /// How much.
    pub amount: u64,
    /// When it is released, milliseconds since 1970 UTC; zero: never.
    pub expires_ms: u64,
}

/// Who moves money: the owner of an account, or a contract by its rules.
#[derive(Clone, Copy)]
pub(crate) enum Mover<'a> {
    Party(&'a Party),
    Contract,
}

/// Key of an account.
pub fn account_key(id: Id) -> String {
    format!("account/{id}")
}

/// Key of a transfer.
pub fn transfer_key(id: Id) -> String {
    format!("transfer/{id}")
}

/// Key of an amount that is held.
pub fn pending_key(id: Id) -> String {
    format!("pending/{id}")
}

/// The number of a transfer that a contract makes: the transaction's digest and a count.
pub(crate) fn derived_id(transaction: &Digest, index: u32) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&transaction.0[..16]);
    // Never zero, which is no number.
    Id((u128::from_be_bytes(bytes) ^ u128::from(index)) | 1 << 127)
}

pub(crate) fn accounts_access(accounts: &[NewAccount], access: &mut Access) {
    access
        .writes
        .extend(accounts.iter().map(|account| account_key(account.id)));
}

pub(crate) fn transfers_access(transfers: &[Transfer], access: &mut Access) {
    for transfer in transfers {
        access.writes.insert(account_key(transfer.debit_account));
        access.writes.insert(account_key(transfer.credit_account));
        access.writes.insert(transfer_key(transfer.id));
        match transfer.kind {
            TransferKind::Posted => {}
            TransferKind::Pending { .. } => {
                access.writes.insert(pending_key(transfer.id));
            }
            TransferKind::Post { pending } | TransferKind::Void { pending } => {
                access.writes.insert(pending_key(pending));
            }
        }
    }
}

/// Runs a batch item by item; what is linked succeeds or fails together.
pub(crate) fn run_batch<T>(
    view: &mut View<'_>,
    items: &[T],
    is_linked: impl Fn(&T) -> bool,
    mut run: impl FnMut(&mut View<'_>, &T) -> Result<(), Stop>,
) -> Result<Vec<(u32, Refusal)>, Stop> {
    if items.is_empty() || items.len() > BATCH_MAX {
        return Err(Refusal::Invalid(format!("a batch of {}, expected 1 to {BATCH_MAX}", items.len())).into());
    }
    let mut refused = Vec::new();
    let mut start = 0;
    while start < items.len() {
        let chain = 1 + items[start..].iter().take_while(|item| is_linked(item)).count();
        let end = start + chain;
        let before = (chain > 1).then(|| view.save());
        let failure = match end > items.len() {
            // The last of the batch is linked to nothing.
            true => Some((
                items.len() - 1,
                Refusal::Invalid("linked to nothing: the batch ends".to_owned()),
            )),
            false => {
                let mut failure = None;
                for (offset, item) in items[start..end].iter().enumerate() {
                    match run(view, item) {
                        Ok(()) => {}
                        Err(Stop::Refused(refusal)) => {
                            failure = Some((start + offset, refusal));
                            break;
                        }
                        Err(failed) => return Err(failed),
                    }
                }
                failure
            }
        };
        let end = end.min(items.len());
        if let Some((place, refusal)) = failure {
            if let Some(before) = before {
                view.restore(before);
            }
            for item in start..end {
                let reason = if item == place {
                    refusal.clone()
                } else {
                    Refusal::Linked
                };
                refused.push((item as u32, reason));
            }
        }
        start = end;
    }
    Ok(refused)
}

/// Opens one account.
pub(crate) fn open(view: &mut View<'_>, sender: &Party, new: &NewAccount) -> Result<(), Stop> {
    if sender.role != Role::Bank && new.owner != sender.id {
        return Err(Refusal::NotAllowed("only banks open accounts for others".to_owned()).into());
    }
    if new.id == Id(0) || new.id == Id(u128::MAX) || new.ledger == 0 || new.code == 0 {
        return Err(
            Refusal::Invalid("an account needs an id, a ledger and a code that are not zero".to_owned()).into(),
        );
    }
    if new.flags.debits_must_not_exceed_credits && new.flags.credits_must_not_exceed_debits {
        return Err(Refusal::Invalid("an account is bounded on one side only".to_owned()).into());
    }
    if new.owner != sender.id {
        // The owner has to exist; the sender does.
        view.party(&new.owner)?;
    }
    let key = account_key(new.id);
    if let Some(Record::Account(there)) = view.get(&key)? {
        let is_same = (&there.owner, there.ledger, there.code, there.flags, there.user_data)
            == (&new.owner, new.ledger, new.code, new.flags, new.user_data);
        return if is_same {
            Ok(())
        } else {
            Err(Refusal::Differs(format!("account {}", new.id)).into())
        };
    }
    let account = Account {
        id: new.id,
        owner: new.owner.clone(),
        ledger: new.ledger,
        code: new.code,
        flags: new.flags,
        user_data: new.user_data,
        debits_pending: 0,
        debits_posted: 0,
        credits_pending: 0,
        credits_posted: 0,
        opened_ms: view.time_ms,
    };
    view.set(key, Record::Account(account));
    Ok(())
}

pub(crate) fn account(view: &View<'_>, id: Id) -> Result<Account, Stop> {
    match view.get(&account_key(id))? {
        Some(Record::Account(account)) => Ok(account),
        _ => Err(Refusal::Missing(format!("account {id}")).into()),
    }
}

/// Does one transfer.
pub(crate) fn transfer(view: &mut View<'_>, mover: Mover<'_>, wanted: &Transfer) -> Result<(), Stop> {
    let invalid = |what: &str| Err(Stop::Refused(Refusal::Invalid(what.to_owned())));
    if wanted.id == Id(0) || wanted.id == Id(u128::MAX) || wanted.code == 0 {
        return invalid("a transfer needs an id and a code that are not zero");
    }
    if matches!(mover, Mover::Party(_)) && wanted.id.0 >> 127 == 1 {
        return invalid("ids from 2^127 on are those of contracts' transfers");
    }
    if let Some(Record::Transfer(done)) = view.get(&transfer_key(wanted.id))? {
        // The client asks again because it did not hear: the first answer stands. `linked` says nothing of the transfer.
        let same = Transfer {
            linked: wanted.linked,
            ..done.transfer
        };
        return if same == *wanted {
            Ok(())
        } else {
            Err(Refusal::Differs(format!("transfer {}", wanted.id)).into())
        };
    }
    if wanted.debit_account == wanted.credit_account {
        return invalid("an account cannot pay itself");
    }
    let mut debit = account(view, wanted.debit_account)?;
    let mut credit = account(view, wanted.credit_account)?;
    if debit.ledger != credit.ledger || wanted.ledger != debit.ledger {
        return invalid("both accounts and the transfer must be of one ledger");
    }
    let is_release = matches!(wanted.kind, TransferKind::Void { .. });
    if (debit.flags.closed || credit.flags.closed) && !is_release {
        return invalid("an account is closed");
    }
    let amount = match wanted.kind {
        TransferKind::Posted | TransferKind::Pending { .. } => {
            may_debit(mover, &debit)?;
            let amount = bounded(wanted, &debit, &credit)?;
            let is_pending = wanted.kind != TransferKind::Posted;
            hold_or_move(&mut debit, &mut credit, amount, is_pending)?;
            if let TransferKind::Pending { timeout_s } = wanted.kind {
                let pending = PendingTransfer {
                    transfer: wanted.clone(),
                    amount,
                    expires_ms: match timeout_s {
                        0 => 0,
                        _ => view.time_ms.saturating_add(u64::from(timeout_s) * 1000),
                    },
                };
                view.set(pending_key(wanted.id), Record::Pending(pending));
            }
            amount
        }
        TransferKind::Post { pending } | TransferKind::Void { pending } => {
            let Some(Record::Pending(held)) = view.get(&pending_key(pending))? else {
                return Err(
                    Refusal::Missing(format!("pending transfer {pending}: posted, voided or timed out?")).into(),
                );
            };
            let accounts = (held.transfer.debit_account, held.transfer.credit_account);
            if accounts != (wanted.debit_account, wanted.credit_account) {
                return Err(Refusal::Differs(format!("pending transfer {pending}")).into());
            }
            may_finish(mover, &credit)?;
            let amount = match (is_release, wanted.amount) {
                (true, 0) | (false, 0) => held.amount,
                (true, amount) if amount != held.amount => {
                    return invalid("a pending transfer is voided whole: its amount, or zero");
                }
                (_, amount) if amount > held.amount => return invalid("more than was held"),
                (_, amount) => amount,
            };
            release(&mut debit, &mut credit, held.amount);
            if !is_release {
                post(&mut debit, &mut credit, amount)?;
            }
            view.remove(pending_key(pending));
            amount
        }
    };
    view.set(account_key(debit.id), Record::Account(debit));
    view.set(account_key(credit.id), Record::Account(credit));
    let done = TransferRecord {
        transfer: wanted.clone(),
        amount,
        time_ms: view.time_ms,
        height: view.height,
    };
    view.set(transfer_key(wanted.id), Record::Transfer(done));
    Ok(())
}

/// Lets a held amount go because its time is over.
pub(crate) fn expire(view: &mut View<'_>, held: &PendingTransfer) -> Result<(), Stop> {
    let mut debit = account(view, held.transfer.debit_account)?;
    let mut credit = account(view, held.transfer.credit_account)?;
    release(&mut debit, &mut credit, held.amount);
    view.set(account_key(debit.id), Record::Account(debit));
    view.set(account_key(credit.id), Record::Account(credit));
    view.remove(pending_key(held.transfer.id));
    Ok(())
}

fn may_debit(mover: Mover<'_>, debit: &Account) -> Result<(), Refusal> {
    let Mover::Party(party) = mover else {
        return Ok(());
    };
    if debit.flags.only_contracts_debit {
        return Err(Refusal::NotAllowed(format!(
            "only contracts debit account {}",
            debit.id
        )));
    }
    if debit.owner != party.id {
        return Err(Refusal::NotAllowed(format!(
            "account {} is not yours to debit",
            debit.id
        )));
    }
    Ok(())
}

/// A held amount is posted or voided by whom it is held for, or by a bank.
fn may_finish(mover: Mover<'_>, credit: &Account) -> Result<(), Refusal> {
    match mover {
        Mover::Party(party) if party.id != credit.owner && party.role != Role::Bank => Err(Refusal::NotAllowed(
            format!("what is held for account {} is not yours to post or void", credit.id),
        )),
        _ => Ok(()),
    }
}

/// The amount that moves, within the accounts' bounds.
fn bounded(wanted: &Transfer, debit: &Account, credit: &Account) -> Result<u64, Refusal> {
    let debit_room = debit
        .credits_posted
        .saturating_sub(debit.debits_posted.saturating_add(debit.debits_pending));
    let credit_room = credit
        .debits_posted
        .saturating_sub(credit.credits_posted.saturating_add(credit.credits_pending));
    let amount = match wanted.balancing {
        Balancing::No => wanted.amount,
        Balancing::Debit => wanted.amount.min(debit_room),
        Balancing::Credit => wanted.amount.min(credit_room),
    };
    if amount == 0 {
        return Err(Refusal::Invalid("an amount of nothing".to_owned()));
    }
    if debit.flags.debits_must_not_exceed_credits && amount > debit_room {
        return Err(Refusal::Exceeds {
            account: debit.id,
            amount: amount - debit_room,
        });
    }
    if credit.flags.credits_must_not_exceed_debits && amount > credit_room {
        return Err(Refusal::Exceeds {
            account: credit.id,
            amount: amount - credit_room,
        });
    }
    Ok(amount)
}

/// Adds to both sides; sums beyond 2^64 are refused, pending and posted together, so that posting later cannot fail.
fn hold_or_move(debit: &mut Account, credit: &mut Account, amount: u64, is_pending: bool) -> Result<(), Refusal> {
    let fits = |pending: u64, posted: u64| {
        let sum = pending.checked_add(posted).and_then(|sum| sum.checked_add(amount));
        sum.map(|_| ())
            .ok_or_else(|| Refusal::Invalid("a sum of the account would pass 2^64".to_owned()))
    };
    fits(debit.debits_pending, debit.debits_posted)?;
    fits(credit.credits_pending, credit.credits_posted)?;
    if is_pending {
        debit.debits_pending += amount;
        credit.credits_pending += amount;
        Ok(())
    } else {
        post(debit, credit, amount)
    }
}

fn post(debit: &mut Account, credit: &mut Account, amount: u64) -> Result<(), Refusal> {
    let overflow = || Refusal::Invalid("a sum of the account would pass 2^64".to_owned());
    debit.debits_posted = debit.debits_posted.checked_add(amount).ok_or_else(overflow)?;
    credit.credits_posted = credit.credits_posted.checked_add(amount).ok_or_else(overflow)?;
    Ok(())
}

fn release(debit: &mut Account, credit: &mut Account, amount: u64) {
    assert!(
        debit.debits_pending >= amount,
        "more is released than account {} holds",
        debit.id
    );
    assert!(
        credit.credits_pending >= amount,
        "more is released than account {} holds",
        credit.id
    );
    debit.debits_pending -= amount;
    credit.credits_pending -= amount;
}
