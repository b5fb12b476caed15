//! `westline bench ledger`: what one machine does with the embedded ledger, and the bound that signatures set.
//!
//! A ledger of four validators in a folder of its own; transfers of one item, each signed by the bank,
//! in blocks. Clock time, all threads: disk and processor together are what a user waits for. Each figure is of the rounds
//! that the constants name.

use super::{Figure, print};
use crate::Answer;
use anyhow::{Context, Result};
use ledger::account::{NewAccount, Transfer, account_key};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{
    Action, Digest, EntryReceipt, Id, Ledger, Ordering as _, SecretKey, SignedTransaction, Solo, Suite, Transaction,
    merkle,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

const BLOCK: usize = 2000;
const ACCOUNTS: u128 = 10_000;
const PROOFS: u64 = 500;
const LEAVES: usize = 4096;
const START_MS: u64 = 1_772_366_400_000;

pub fn bench(transactions: usize, #[cfg(feature = "validators")] network_seconds: u64, json: bool) -> Result<Answer> {
    let folder = std::env::temp_dir().join(format!("westline-bench-ledger-{}", std::process::id()));
    let outcome = measure(&folder, transactions);
    #[cfg(feature = "validators")]
    let outcome = outcome.and_then(|mut figures| {
        if network_seconds > 0 {
            super::validators::bench(&folder, network_seconds, &mut figures)?;
        }
        Ok(figures)
    });
    // The folder is ours, whatever became of the figures.
    let _ = std::fs::remove_dir_all(&folder);
    print(&outcome?, json)?;
    Ok(Answer::Yes)
}

fn measure(folder: &Path, transactions: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for suite in [Suite::International, Suite::Sm] {
        let count = if suite == Suite::Sm {
            transactions / 10
        } else {
            transactions
        };
        Bench::new(&folder.join(format!("{suite:?}")), suite)?.run(count.max(BLOCK), &mut figures)?;
    }
    Ok(figures)
}

struct Bench {
    ledger: Ledger,
    solo: Solo,
    keys: BTreeMap<String, SecretKey>,
    suite: Suite,
    time_ms: u64,
    nonce: u64,
}

impl Bench {
    fn new(folder: &Path, suite: Suite) -> Result<Bench> {
        let mut site = LedgerSite::read(("parties.toml", DEFAULT_PARTIES), ("permits.toml", DEFAULT_PERMITS))?;
        site.suite = suite;
        let mut keys = BTreeMap::new();
        for party in &site.parties {
            keys.insert(party.id.clone(), SecretKey::generate(suite.default_scheme())?);
        }
        let public = keys
            .iter()
            .map(|(name, key)| (name.clone(), key.public_key()))
            .collect();
        let genesis = site.genesis("bench", START_MS, &public)?;
        Ok(Bench {
            ledger: Ledger::create(folder, genesis)?,
            solo: Solo::new(keys.clone()),
            keys,
            suite,
            time_ms: START_MS,
            nonce: 0,
        })
    }

    fn sign(&mut self, sender: &str, actions: Vec<Action>) -> Vec<SignedTransaction> {
        let first = self.nonce;
        self.nonce += actions.len() as u64;
        let (chain, key) = (self.ledger.chain(), &self.keys[sender]);
        let sign = |(index, action): (usize, Action)| {
            let transaction = Transaction {
                version: 1,
                chain,
                sender: sender.to_owned(),
                nonce: first + index as u64,
                valid_until_ms: START_MS * 2,
                action,
            };
            transaction.sign(key)
        };
        actions.into_par_iter().enumerate().map(sign).collect()
    }

    fn block(&mut self, transactions: Vec<SignedTransaction>) -> Result<()> {
        self.time_ms += 1000;
        let committed = self.solo.order(&mut self.ledger, transactions, self.time_ms)?;
        let refused = committed.outcomes.iter().find(|(_, outcome)| !outcome.is_done());
        anyhow::ensure!(
            refused.is_none() && committed.turned_away.is_empty(),
            "the ledger refused: {refused:?}"
        );
        Ok(())
    }

    fn open_accounts(&mut self) -> Result<()> {
        let accounts: Vec<NewAccount> = (1..=ACCOUNTS)
            .map(|id| NewAccount::new(Id(id), "bank", 156, 1))
            .collect();
        let actions = accounts
            .chunks(1000)
            .map(|accounts| Action::CreateAccounts(accounts.to_vec()))
            .collect();
        let signed = self.sign("bank", actions);
        self.block(signed)
    }

    fn run(mut self, count: usize, figures: &mut Vec<Figure>) -> Result<()> {
        let is_sm = self.suite == Suite::Sm;
        let name = |international: &'static str, sm: &'static str| if is_sm { sm } else { international };
        self.open_accounts()?;
        let actions = (0..count as u128)
            .map(|index| {
                // A walk over the accounts that meets each again and again, and seldom twice in a block.
                let debit = 1 + index * 7919 % ACCOUNTS;
                let credit = 1 + (index * 104_729 + 1) % ACCOUNTS;
                let credit = if credit == debit { 1 + debit % ACCOUNTS } else { credit };
                Action::Transfer(vec![Transfer::posted(
                    Id(1 + index),
                    [Id(debit), Id(credit)],
                    1,
                    156,
                    1,
                )])
            })
            .collect();
        let signed = self.sign("bank", actions);
        let bytes = encoded_length(&signed[0]);
        let begun = Instant::now();
        let verified = signed.par_iter().filter(|signed| signed.is_signed()).count();
        anyhow::ensure!(verified == count, "a signature does not hold");
        let limit = count as f64 / begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let mut rest = signed.into_iter();
        loop {
            let block: Vec<SignedTransaction> = rest.by_ref().take(BLOCK).collect();
            if block.is_empty() {
                break;
            }
            self.block(block)?;
        }
        let stored = count as f64 / begun.elapsed().as_secs_f64();
        let mut add =
            |name: &'static str, unit: &'static str, ours: f64, peer: Option<(&'static str, f64)>, is_cost: bool| {
                figures.push(Figure {
                    name,
                    unit,
                    ours,
                    peer,
                    is_cost,
                });
            };
        add(
            name("transfers verified and stored", "transfers, SM2 and SM3"),
            "tx/s",
            stored,
            Some(("signatures", limit)),
            false,
        );
        if !is_sm {
            add("bytes of a signed transfer", "bytes", bytes as f64, None, true);
        }
        let anchors = self.anchors()?;
        add(
            name("digests set down in batches", "digests, SM3"),
            "/s",
            anchors,
            None,
            false,
        );
        let (made, checked) = self.proofs()?;
        add(name("receipt made", "receipt made, SM"), "us", made, None, true);
        add(
            name("receipt checked", "receipt checked, SM"),
            "us",
            checked,
            None,
            true,
        );
        if !is_sm {
            add("state proof made and checked", "us", self.state_proofs()?, None, true);
            self.ledger.flush()?;
            let entries = self.ledger.head().context("a block")?.header.log_size;
            let folder = self.ledger.folder().to_owned();
            drop(self.ledger);
            let begun = Instant::now();
            let (_, recovery) = Ledger::open(&folder)?;
            add("restart", "ms", begun.elapsed().as_secs_f64() * 1e3, None, true);
            anyhow::ensure!(recovery.blocks_replayed == 0, "a flushed ledger runs nothing again");
            std::fs::remove_file(folder.join("index.redb")).context("the index")?;
            let begun = Instant::now();
            Ledger::open(&folder)?;
            let seconds = begun.elapsed().as_secs_f64();
            add(
                "entries run again without index",
                "/s",
                entries as f64 / seconds,
                None,
                false,
            );
        }
        Ok(())
    }

    /// Digests a second: a Merkle tree over each batch, its root set down, sixteen batches a transaction.
    fn anchors(&mut self) -> Result<f64> {
        let mut total = 0;
        let begun = Instant::now();
        for round in 0..8u64 {
            let items: Vec<EvidenceItem> = (0..16u64)
                .into_par_iter()
                .map(|batch| {
                    let leaf = |index: usize| {
                        let number = [round, batch, index as u64].map(u64::to_be_bytes).concat();
                        merkle::leaf_hash(self.suite, &number)
                    };
                    let leaves: Vec<Digest> = (0..LEAVES).map(leaf).collect();
                    EvidenceItem {
                        kind: EvidenceKind::Recording,
                        subject: "fleet".to_owned(),
                        digest: merkle::root(self.suite, &leaves),
                        count: LEAVES as u32,
                        from_ms: START_MS,
                        to_ms: START_MS + 60_000,
                    }
                })
                .collect();
            total += items.len() * LEAVES;
            let signed = self.sign("operator", vec![Action::Anchor(items)]);
            self.block(signed)?;
        }
        Ok(total as f64 / begun.elapsed().as_secs_f64())
    }

    /// Microseconds to make and to check a receipt.
    fn proofs(&self) -> Result<(f64, f64)> {
        let size = self.ledger.head().context("a block")?.header.log_size;
        let begun = Instant::now();
        let receipts: Result<Vec<EntryReceipt>, _> = (0..PROOFS)
            .map(|index| self.ledger.receipt_at(index * 7919 % size))
            .collect();
        let receipts = receipts?;
        let made = begun.elapsed().as_secs_f64() * 1e6 / PROOFS as f64;
        let begun = Instant::now();
        for receipt in &receipts {
            receipt.verify(self.ledger.validators())?;
        }
        Ok((made, begun.elapsed().as_secs_f64() * 1e6 / PROOFS as f64))
    }

    fn state_proofs(&mut self) -> Result<f64> {
        let validators = self.ledger.validators().clone();
        let begun = Instant::now();
        for index in 0..u128::from(PROOFS) {
            let key = account_key(Id(1 + index * 13 % ACCOUNTS));
            self.ledger.prove(&key)?.verify(&validators)?;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e6 / PROOFS as f64)
    }
}

/// The transaction, the key with its scheme and length, the signature.
fn encoded_length(signed: &SignedTransaction) -> usize {
    signed.transaction.bytes().len() + 5 + signed.key.bytes.len() + 64
}
