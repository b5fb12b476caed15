//! A ledger in this process with the keys of all its parties: what the demonstration and an embedded day write to.

use super::VALID_FOR_MS;
use anyhow::{Context, Result, bail};
use ledger::account::{AccountFlags, NewAccount, Transfer};
use ledger::{
    Action, Committed, Digest, Id, Ledger, Ordering as _, Outcome, SecretKey, SignedTransaction, Solo, Transaction,
};
use std::collections::BTreeMap;

/// Numbers of the accounts that both open.
pub const BANK: Id = Id(1);
pub const OPERATOR: Id = Id(2);
pub const DISTRICT: Id = Id(3);
pub const FARES: Id = Id(4);
pub const DEPOSITS: Id = Id(5);
pub const PASSENGERS: Id = Id(6);

/// The ledger and who signs on it.
pub struct Chain {
    pub ledger: Ledger,
    solo: Solo,
    keys: BTreeMap<String, SecretKey>,
    /// Of the next block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    nonce: u64,
}

impl Chain {
    pub fn new(ledger: Ledger, keys: BTreeMap<String, SecretKey>) -> Chain {
        Chain {
            time_ms: ledger.time_ms(),
            nonce: ledger.head().map_or(0, |head| head.header.log_size),
            solo: Solo::new(keys.clone()),
            ledger,
            keys,
        }
    }

    /// Signs an action as a party.
    pub fn sign(&mut self, sender: &str, action: Action) -> Result<SignedTransaction> {
        self.nonce += 1;
        let key = self
            .keys
            .get(sender)
            .with_context(|| format!("no key of `{sender}` is here"))?;
        let transaction = Transaction {
            version: self.ledger.protocol()?.version_at(self.ledger.next_height()),
            chain: self.ledger.chain(),
            sender: sender.to_owned(),
            nonce: self.nonce,
            valid_until_ms: self.time_ms + VALID_FOR_MS,
            action,
        };
        Ok(transaction.sign(key))
    }

    /// Puts transactions into a block.
    pub fn block(&mut self, transactions: Vec<SignedTransaction>) -> Result<Committed> {
        let committed = self.solo.order(&mut self.ledger, transactions, self.time_ms)?;
        if let Some((_, refusal)) = committed.turned_away.first() {
            bail!("a transaction cannot stand in a block: {refusal}");
        }
        Ok(committed)
    }

    /// One action in a block of its own: its transaction and what became of it.
    pub fn send(&mut self, sender: &str, action: Action) -> Result<(Digest, Outcome)> {
        let signed = self.sign(sender, action)?;
        let committed = self.block(vec![signed])?;
        committed
            .outcomes
            .into_iter()
            .next()
            .context("the block holds the transaction")
    }

    /// One action that has to succeed.
    pub fn done(&mut self, sender: &str, action: Action) -> Result<Digest> {
        match self.send(sender, action)? {
            (id, outcome) if outcome.is_done() => Ok(id),
            (_, Outcome::Refused(refusal)) => bail!("refused: {refusal}"),
            (_, Outcome::Done { refused }) => {
                let (place, refusal) = refused.into_iter().next().context("something was refused")?;
                bail!("item {place} refused: {refusal}")
            }
        }
    }

    /// Opens the accounts named above and pays the district its budget.
    pub fn open_accounts(&mut self, parties: &Parties, currency: u32, budget: u64) -> Result<()> {
        let holds = AccountFlags {
            debits_must_not_exceed_credits: true,
            ..AccountFlags::default()
        };
        let binds = AccountFlags {
            only_contracts_debit: true,
            ..holds
        };
        let account = |id, owner: &str, code, flags| NewAccount {
            flags,
            ..NewAccount::new(id, owner, currency, code)
        };
        let accounts = vec![
            account(BANK, &parties.bank, 100, AccountFlags::default()),
            account(OPERATOR, &parties.operator, 200, holds),
            account(DISTRICT, &parties.government, 300, holds),
            account(FARES, &parties.bank, 400, binds),
            account(DEPOSITS, &parties.government, 500, binds),
            account(PASSENGERS, &parties.bank, 600, holds),
        ];
        self.done(&parties.bank, Action::CreateAccounts(accounts))?;
        if budget > 0 {
            self.pay(&parties.bank, Id(1), BANK, DISTRICT, budget, currency)?;
        }
        Ok(())
    }

    /// One posted transfer.
    pub fn pay(&mut self, sender: &str, id: Id, from: Id, to: Id, amount: u64, currency: u32) -> Result<Digest> {
        let transfer = Transfer::posted(id, [from, to], amount, currency, 1);
        self.done(sender, Action::Transfer(vec![transfer]))
    }
}

/// Names of the parties by what they do.
pub struct Parties {
    pub government: String,
    pub inspector: String,
    pub operator: String,
    pub bank: String,
    pub maker: String,
    pub auditor: String,
}

impl Parties {
    /// The first party of each role.
    pub fn of(site: &ledger::site::LedgerSite) -> Result<Parties> {
        use ledger::Role;
        let name = |role| {
            let party = site.party(role).with_context(|| {
                format!("no party is the {role}\nhint: name one in parties.toml, or run with `--ledger none`")
            })?;
            Ok::<String, anyhow::Error>(party.id.clone())
        };
        Ok(Parties {
            government: name(Role::Government)?,
            inspector: name(Role::Inspector)?,
            operator: name(Role::Operator)?,
            bank: name(Role::Bank)?,
            maker: name(Role::Maker)?,
            auditor: name(Role::Auditor)?,
        })
    }
}
