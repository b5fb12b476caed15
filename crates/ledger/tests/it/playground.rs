//! A small chain of seven parties, four of which validate, in a folder of its own.

use ledger::account::{Account, AccountFlags, NewAccount, Transfer};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{
    Action, Digest, Genesis, Id, Ledger, Ordering, Outcome, Record, Scheme, SecretKey, SignedTransaction, Solo, Suite,
    Transaction,
};
use std::collections::BTreeMap;

/// Noon of the first of March 2026, UTC.
pub const START_MS: u64 = 1_772_366_400_000;
pub const YUAN: u32 = 156;

pub struct Playground {
    pub folder: tempfile::TempDir,
    pub ledger: Ledger,
    pub solo: Solo,
    pub keys: BTreeMap<String, SecretKey>,
    pub time_ms: u64,
    nonce: u64,
}

/// The key of a party: the same in every test.
pub fn key(scheme: Scheme, party: &str) -> SecretKey {
    let seed = Digest::of(Suite::International, &[b"playground", party.as_bytes()]);
    SecretKey::from_bytes(scheme, &seed.0).expect("a key")
}

pub fn genesis(suite: Suite) -> (Genesis, BTreeMap<String, SecretKey>) {
    let parties = DEFAULT_PARTIES.replace(
        "\"international\"",
        if suite == Suite::Sm {
            "\"sm\""
        } else {
            "\"international\""
        },
    );
    let site = LedgerSite::read(("parties.toml", &parties), ("permits.toml", DEFAULT_PERMITS)).expect("good files");
    let keys: BTreeMap<String, SecretKey> = site
        .parties
        .iter()
        .map(|party| (party.id.clone(), key(suite.default_scheme(), &party.id)))
        .collect();
    let public = keys
        .iter()
        .map(|(name, key)| (name.clone(), key.public_key()))
        .collect();
    (site.genesis("playground", START_MS, &public).expect("a genesis"), keys)
}

impl Playground {
    pub fn new() -> Playground {
        Playground::of(Suite::International)
    }

    pub fn of(suite: Suite) -> Playground {
        let folder = tempfile::tempdir().expect("a folder");
        let (genesis, keys) = genesis(suite);
        let ledger = Ledger::create(&folder.path().join("ledger"), genesis).expect("a new ledger");
        Playground {
            folder,
            ledger,
            solo: Solo::new(keys.clone()),
            keys,
            time_ms: START_MS,
            nonce: 0,
        }
    }

    pub fn sign(&mut self, sender: &str, action: Action) -> SignedTransaction {
        self.nonce += 1;
        let transaction = Transaction {
            version: 1,
            chain: self.ledger.chain(),
            sender: sender.to_owned(),
            nonce: self.nonce,
            valid_until_ms: self.time_ms + 3_600_000,
            action,
        };
        transaction.sign(&self.keys[sender])
    }

    /// One block a second, of these.
    pub fn block(&mut self, transactions: Vec<SignedTransaction>) -> ledger::Committed {
        self.time_ms += 1000;
        self.solo
            .order(&mut self.ledger, transactions, self.time_ms)
            .expect("a block")
    }

    /// One transaction in a block of its own.
    pub fn send(&mut self, sender: &str, action: Action) -> Outcome {
        let signed = self.sign(sender, action);
        let committed = self.block(vec![signed]);
        assert_eq!(committed.turned_away, []);
        committed.outcomes[0].1.clone()
    }

    /// One transaction that must be done whole.
    pub fn done(&mut self, sender: &str, action: Action) {
        let outcome = self.send(sender, action);
        assert!(outcome.is_done(), "{outcome:?}");
    }

    /// Why one is refused, in words; empty if it is not.
    pub fn refused(&mut self, sender: &str, action: Action) -> String {
        match self.send(sender, action) {
            Outcome::Refused(refusal) => refusal.to_string(),
            Outcome::Done { refused } => refused
                .iter()
                .map(|(_, refusal)| refusal.to_string())
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    pub fn account(&self, id: u128) -> Account {
        match self
            .ledger
            .get(&ledger::account::account_key(Id(id)))
            .expect("a readable store")
        {
            Some(Record::Account(account)) => account,
            other => panic!("account {id}: {other:?}"),
        }
    }

    /// Accounts 1 (bank, unbounded), 2 (operator), 3 (district), 4 (escrow of the operator): what tests need.
    pub fn with_accounts(mut self) -> Playground {
        let escrow = AccountFlags {
            debits_must_not_exceed_credits: true,
            only_contracts_debit: true,
            ..AccountFlags::default()
        };
        let holds = AccountFlags {
            debits_must_not_exceed_credits: true,
            ..AccountFlags::default()
        };
        self.done(
            "bank",
            Action::CreateAccounts(vec![
                account(1, "bank", AccountFlags::default()),
                account(2, "operator", holds),
                account(3, "district", holds),
                account(4, "operator", escrow),
            ]),
        );
        self.done(
            "bank",
            Action::Transfer(vec![transfer(1, 1, 2, 10_000), transfer(2, 1, 3, 10_000)]),
        );
        self
    }
}

pub fn account(id: u128, owner: &str, flags: AccountFlags) -> NewAccount {
    NewAccount {
        flags,
        ..NewAccount::new(Id(id), owner, YUAN, 1)
    }
}

pub fn transfer(id: u128, debit: u128, credit: u128, amount: u64) -> Transfer {
    Transfer::posted(Id(id), [Id(debit), Id(credit)], amount, YUAN, 1)
}
