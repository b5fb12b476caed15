//! A ledger in a folder: proposes, checks and commits blocks, answers questions with proofs.
//!
//! In go signed transactions through an [`crate::Ordering`]; out come receipts, entries, proofs. Opening it runs again what the
//! index lacks and compares every root, so that what is answered is what the validators signed.

use crate::LedgerError;
use crate::account::PendingTransfer;
use crate::application::{self, BlockContext};
use crate::block::{BLOCK_TRANSACTIONS_MAX, Block};
use crate::checkpoint::{Checkpoint, Header, Validators};
use crate::crypto::{Digest, Suite};
use crate::governance::Protocol;
use crate::log::{LogEdge, TilePlace};
use crate::merkle;
use crate::party::Genesis;
use crate::reader::{Base, Reader, receipt_at, tiled};
use crate::receipt::{EntryReceipt, StateReceipt};
use crate::state::{Changes, Overlay, PROTOCOL_KEY, Record, StateReader, is_journal, party_key};
use crate::state_tree::StateTree;
use crate::store::{IndexUpdate, Recovery, Store, encode};
use crate::transaction::{Entry, Outcome, Refusal, SignedTransaction};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const GENESIS_FILE: &str = "genesis.json";

/// A ledger.
pub struct Ledger {
    folder: PathBuf,
    genesis: Genesis,
    chain: Digest,
    origin: String,
    store: Store,
    tree: StateTree,
    log: LogEdge,
    /// Holds that end, by when.
    expiries: BTreeSet<(u64, String)>,
    validators: Validators,
    head: Option<Checkpoint>,
    /// Digest of the last block's text.
    head_digest: Digest,
    /// A block is safe in the file but could not be entered into the index: nothing may follow it until the ledger is opened
    /// again.
    is_behind: bool,
}

/// A block that has been run but is not final.
#[derive(Debug)]
pub struct Proposal {
    header: Header,
    entries: Vec<Entry>,
    ids: Vec<Digest>,
    /// Length of each entry's encoding.
    entry_lengths: Vec<u32>,
    changes: Changes,
    log: LogEdge,
    /// Transactions that cannot stand in a block: place among those handed in, and why.
    turned_away: Vec<(usize, Refusal)>,
}

impl Proposal {
    /// What is to be signed.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The block as it travels before anyone has signed it.
    pub fn block(&self) -> Block {
        let checkpoint = Checkpoint {
            header: self.header.clone(),
            signatures: Vec::new(),
        };
        Block {
            checkpoint,
            entries: self.entries.clone(),
        }
    }

    /// Does it append nothing to the log?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Transactions that cannot stand in a block: place among those handed in, and why.
    pub fn turned_away(&self) -> &[(usize, Refusal)] {
        &self.turned_away
    }
}

/// What became of the transactions handed in.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The block's checkpoint.
    pub checkpoint: Checkpoint,
    /// Of each transaction that stands in the block: its digest and its outcome, in order.
    pub outcomes: Vec<(Digest, Outcome)>,
    /// Transactions that do not stand in it: place among those handed in, and why.
    pub turned_away: Vec<(usize, Refusal)>,
}

impl Ledger {
    /// Begins a ledger in a folder that has none; the folder is made if it is not there.
    pub fn create(folder: &Path, genesis: Genesis) -> Result<Ledger, LedgerError> {
        let faults = genesis.faults();
        if !faults.is_empty() {
            return Err(LedgerError::Problems(faults));
        }
        std::fs::create_dir_all(folder).map_err(|error| LedgerError::store(folder, error))?;
        let path = folder.join(GENESIS_FILE);
        if path.exists() {
            return Err(LedgerError::store(
                folder,
                "there is a ledger already\nhint: name another folder",
            ));
        }
        let text = serde_json::to_string_pretty(&genesis).expect("a genesis is plain data") + "\n";
        Store::create(folder)?;
        let part = folder.join("genesis.json.part");
        std::fs::write(&part, text)
            .and_then(|()| std::fs::rename(&part, &path))
            .map_err(|error| LedgerError::store(&path, error))?;
        Ledger::open(folder).map(|(ledger, _)| ledger)
    }

    /// Opens a ledger; the second value tells what had to be mended.
    pub fn open(folder: &Path) -> Result<(Ledger, Recovery), LedgerError> {
        let genesis = read_genesis(folder)?;
        let (store, mut recovery) = Store::open(folder)?;
        let suite = genesis.suite;
        let mut ledger = Ledger {
            folder: folder.to_owned(),
            chain: genesis.digest(),
            origin: genesis.origin(),
            validators: genesis.validators(),
            genesis,
            store,
            tree: StateTree::new(suite),
            log: LogEdge::new(suite),
            expiries: BTreeSet::new(),
            head: None,
            head_digest: Digest::default(),
            is_behind: false,
        };
        ledger.load()?;
        while let Some((block, length)) = ledger.store.read_at(ledger.store.end())? {
            let offset = ledger.store.end();
            ledger.run_again(&block, offset, length)?;
            ledger.store.advance(length);
            recovery.blocks_replayed += 1;
        }
        if recovery.blocks_replayed > 0 {
            ledger.store.flush()?;
        }
        Ok((ledger, recovery))
    }

    /// Takes up the state that the index holds.
    fn load(&mut self) -> Result<(), LedgerError> {
        let Some((height, _)) = self.store.indexed()? else {
            for (key, record) in application::genesis_changes(&self.genesis) {
                self.tree.set(key.as_bytes(), record.as_ref().map(encode).as_deref());
            }
            return Ok(());
        };
        let missing = || LedgerError::store(&self.folder, "the index names a block that is not there");
        let block = self.store.block(height)?.ok_or_else(missing)?;
        let header = &block.checkpoint.header;
        let tree = &mut self.tree;
        self.store
            .for_each_state(|key, value| tree.set(key.as_bytes(), Some(value)))?;
        let log = LogEdge::restore(self.genesis.suite, header.log_size, |place| self.store.tile(place))?;
        self.log = log;
        let mut expiries = BTreeSet::new();
        self.store.for_each("pending/", |key, record| {
            note_expiry(&mut expiries, key, Some(&record));
            Ok(())
        })?;
        self.expiries = expiries;
        if self.tree.root() != header.state_root || self.log.root() != header.log_root {
            return Err(LedgerError::store(
                &self.folder,
                "the index is not what the validators signed\nhint: delete `index.redb`; it is made again from the blocks",
            ));
        }
        self.head_digest = header.digest(self.genesis.suite);
        self.head = Some(block.checkpoint);
        self.refresh_validators()
    }

    /// What the chain began with.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Digest of genesis: the chain's name in transactions.
    pub fn chain(&self) -> Digest {
        self.chain
    }

    /// Its suite.
    pub fn suite(&self) -> Suite {
        self.genesis.suite
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The last block's checkpoint; none before the first block.
    pub fn head(&self) -> Option<&Checkpoint> {
        self.head.as_ref()
    }

    /// Digest of the last block's text; zeros before the first block.
    pub fn head_digest(&self) -> Digest {
        self.head_digest
    }

    /// The height of the next block.
    pub fn next_height(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.header.height + 1)
    }

    /// The time of the last block, or of genesis.
    pub fn time_ms(&self) -> u64 {
        self.head
            .as_ref()
            .map_or(self.genesis.time_ms, |head| head.header.time_ms)
    }

    /// Who signs the next block.
    pub fn validators(&self) -> &Validators {
        &self.validators
    }

    /// The protocol's settings, the permits' procedure among them.
    pub fn protocol(&self) -> Result<Protocol, LedgerError> {
        match self.read(PROTOCOL_KEY)? {
            Some(Record::Protocol(protocol)) => Ok(protocol),
            _ => Err(LedgerError::store(&self.folder, "the protocol's settings are missing")),
        }
    }

    /// An entry of state or journal.
    pub fn get(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        self.read(key)
    }

    /// An entry as it stood after the block of a height.
    pub fn get_past(&self, key: &str, height: u64) -> Result<Option<Record>, LedgerError> {
        if self.next_height() == 0 {
            return self.read(key);
        }
        self.store.read_past(key, height)
    }

    /// Calls a function for each entry whose key begins so, in the order of keys.
    pub fn for_each(
        &self,
        prefix: &str,
        each: impl FnMut(&str, Record) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        self.store.for_each(prefix, each)
    }

    /// The block of a height.
    pub fn block(&self, height: u64) -> Result<Option<Block>, LedgerError> {
        self.store.block(height)
    }

    /// Where a transaction stands in the log.
    pub fn place_of(&self, transaction: &Digest) -> Result<Option<u64>, LedgerError> {
        self.store.entry_of(transaction)
    }

    /// Where each of these transactions stands in the log.
    pub fn places_of(&self, transactions: &[Digest]) -> Result<Vec<Option<u64>>, LedgerError> {
        self.store.entries_of(transactions.iter())
    }

    /// An entry of the log by its place.
    pub fn entry(&self, place: u64) -> Result<Option<Entry>, LedgerError> {
        self.store.entry(place)
    }

    /// A hand on the ledger for another thread: it reads what is final while this one goes on.
    pub fn reader(&self) -> Result<Reader, LedgerError> {
        Ok(Reader::new(self.store.for_reading()?, Arc::new(self.genesis.clone())))
    }

    /// Runs transactions into a block that follows the last. Those that cannot stand in a block are turned away.
    pub fn propose(&mut self, transactions: Vec<SignedTransaction>, time_ms: u64) -> Result<Proposal, LedgerError> {
        let context = BlockContext {
            suite: self.genesis.suite,
            chain: self.chain,
            height: self.next_height(),
            time_ms: time_ms.max(self.time_ms()),
        };
        if transactions.len() > BLOCK_TRANSACTIONS_MAX {
            return Err(LedgerError::Block {
                height: context.height,
                what: format!(
                    "{} transactions, expected at most {BLOCK_TRANSACTIONS_MAX}",
                    transactions.len()
                ),
            });
        }
        let mut known = BTreeSet::new();
        let mut taken = Vec::with_capacity(transactions.len());
        let mut turned_away = Vec::new();
        let judged = application::check_forms(&transactions.iter().collect::<Vec<_>>(), &context);
        let done = self.store.entries_of(judged.iter().map(|(id, _)| id))?;
        for (place, ((id, form), signed)) in judged.into_iter().zip(transactions).enumerate() {
            let is_repeated = !known.insert(id) || done[place].is_some();
            match form {
                Err(refusal) => turned_away.push((place, refusal)),
                Ok(()) if is_repeated => turned_away.push((place, Refusal::Repeated)),
                Ok(()) => taken.push((id, signed)),
            }
        }
        self.run(&context, taken, turned_away)
    }

    /// Checks a block that another validator made: form, signatures of its transactions, that it follows the last block, and
    /// that running it gives its roots. Whether it is final, [`Ledger::commit`] asks.
    pub fn check(&mut self, block: &Block) -> Result<Proposal, LedgerError> {
        let header = &block.checkpoint.header;
        let context = self.context_of(header)?;
        let wrong = |what: String| LedgerError::Block {
            height: header.height,
            what,
        };
        let signed: Vec<&SignedTransaction> = block.entries.iter().map(|entry| &entry.signed).collect();
        let judged = application::check_forms(&signed, &context);
        let mut known = BTreeSet::new();
        let done = self.store.entries_of(judged.iter().map(|(id, _)| id))?;
        for (place, (id, form)) in judged.iter().enumerate() {
            let is_repeated = !known.insert(*id) || done[place].is_some();
            let refusal = form.clone().err().or(is_repeated.then_some(Refusal::Repeated));
            if let Some(refusal) = refusal {
                return Err(wrong(format!("transaction {place} cannot stand in it: {refusal}")));
            }
        }
        let ids = judged.into_iter().map(|(id, _)| id);
        let taken = ids
            .zip(block.entries.iter().map(|entry| entry.signed.clone()))
            .collect();
        let proposal = self.run(&context, taken, Vec::new())?;
        self.compare(&proposal, block)?;
        Ok(proposal)
    }

    fn context_of(&self, header: &Header) -> Result<BlockContext, LedgerError> {
        let is_next = header.height == self.next_height()
            && header.parent == self.head_digest
            && header.origin == self.origin
            && header.time_ms >= self.time_ms();
        if !is_next {
            return Err(LedgerError::Block {
                height: header.height,
                what: format!(
                    "it does not follow block {} of {}",
                    self.next_height().wrapping_sub(1),
                    self.origin
                ),
            });
        }
        Ok(BlockContext {
            suite: self.genesis.suite,
            chain: self.chain,
            height: header.height,
            time_ms: header.time_ms,
        })
    }

    fn compare(&mut self, proposal: &Proposal, block: &Block) -> Result<(), LedgerError> {
        if proposal.header == block.checkpoint.header && proposal.entries == block.entries {
            return Ok(());
        }
        self.abandon(proposal)?;
        Err(LedgerError::Block {
            height: proposal.header.height,
            what: "running its transactions does not give its outcomes and roots".to_owned(),
        })
    }

    /// Runs what may stand in a block. The tree is left as it is after the block.
    fn run(
        &mut self,
        context: &BlockContext,
        taken: Vec<(Digest, SignedTransaction)>,
        turned_away: Vec<(usize, Refusal)>,
    ) -> Result<Proposal, LedgerError> {
        if self.is_behind {
            return Err(LedgerError::store(
                &self.folder,
                "the last block is safe, but the index could not be written\nhint: make room on the disk and open the ledger again",
            ));
        }
        let expired = self.expired(context.time_ms)?;
        let by_digest: Vec<(Digest, &SignedTransaction)> = taken.iter().map(|(id, signed)| (*id, signed)).collect();
        // The first block sets down what the chain begins with.
        let mut first = match self.head {
            None => application::genesis_changes(&self.genesis),
            Some(_) => Changes::new(),
        };
        let base = Overlay {
            base: &self.store.standing()?,
            changes: &first,
        };
        let executed = application::execute(&base, context, &expired, &by_digest)?;
        let changes = match first.is_empty() {
            true => executed.changes,
            false => {
                first.extend(executed.changes);
                first
            }
        };
        let (ids, signed): (Vec<Digest>, Vec<SignedTransaction>) = taken.into_iter().unzip();
        let entries: Vec<Entry> = signed
            .into_iter()
            .zip(executed.outcomes)
            .map(|(signed, outcome)| Entry { signed, outcome })
            .collect();
        let suite = context.suite;
        let (leaves, entry_lengths): (Vec<Digest>, Vec<u32>) = entries
            .par_iter()
            .map(|entry| {
                let bytes = entry.bytes();
                (merkle::leaf_hash(suite, &bytes), bytes.len() as u32)
            })
            .unzip();
        let mut log = self.log.clone();
        leaves.into_iter().for_each(|leaf| log.append(leaf));
        self.apply_to_tree(&changes);
        let header = Header {
            origin: self.origin.clone(),
            height: context.height,
            time_ms: context.time_ms,
            parent: self.head_digest,
            log_size: log.size(),
            log_root: log.root(),
            state_root: self.tree.root(),
        };
        Ok(Proposal {
            header,
            entries,
            ids,
            entry_lengths,
            changes,
            log,
            turned_away,
        })
    }

    fn apply_to_tree(&mut self, changes: &Changes) {
        for (key, record) in changes.iter().filter(|(key, _)| !is_journal(key)) {
            self.tree.set(key.as_bytes(), record.as_ref().map(encode).as_deref());
        }
    }

    /// Forgets a proposal that did not become final.
    pub fn abandon(&mut self, proposal: &Proposal) -> Result<(), LedgerError> {
        let first = match self.head {
            None => application::genesis_changes(&self.genesis),
            Some(_) => Changes::new(),
        };
        for key in proposal.changes.keys().filter(|key| !is_journal(key)) {
            let before = match first.get(key) {
                Some(record) => record.clone(),
                None => self.store.read(key)?,
            };
            self.tree.set(key.as_bytes(), before.as_ref().map(encode).as_deref());
        }
        Ok(())
    }

    /// Takes a proposal up again that was abandoned: it can be committed if it is the one that became final.
    pub fn resume(&mut self, proposal: &Proposal) {
        self.apply_to_tree(&proposal.changes);
    }

    /// Makes a proposal final: enough validators have signed it. It is safe on disk when this returns.
    pub fn commit(&mut self, proposal: Proposal, checkpoint: Checkpoint) -> Result<Committed, LedgerError> {
        let is_same = checkpoint.header == proposal.header;
        let verified = match is_same {
            true => checkpoint.verify(&self.validators),
            false => Err(LedgerError::Block {
                height: proposal.header.height,
                what: "the signatures are of another block".to_owned(),
            }),
        };
        if let Err(error) = verified {
            self.abandon(&proposal)?;
            return Err(error);
        }
        let block = Block {
            checkpoint,
            entries: proposal.entries,
        };
        let (offset, length) = match self.store.append(&block) {
            Ok(place) => place,
            Err(error) => {
                let proposal = Proposal {
                    entries: Vec::new(),
                    ..proposal
                };
                self.abandon(&proposal)?;
                return Err(error);
            }
        };
        let Block { checkpoint, entries } = block;
        let place = (offset, length);
        self.is_behind = true;
        let ids = (&proposal.ids[..], &proposal.entry_lengths[..]);
        self.enter(&checkpoint, ids, &proposal.changes, proposal.log, place)?;
        self.is_behind = false;
        let outcomes = entries.into_iter().map(|entry| entry.outcome);
        Ok(Committed {
            checkpoint,
            outcomes: proposal.ids.into_iter().zip(outcomes).collect(),
            turned_away: proposal.turned_away,
        })
    }

    /// Enters a final block into the index and becomes its successor.
    fn enter(
        &mut self,
        checkpoint: &Checkpoint,
        (ids, entry_lengths): (&[Digest], &[u32]),
        changes: &Changes,
        mut log: LogEdge,
        (offset, length): (u64, u32),
    ) -> Result<(), LedgerError> {
        let first_entry = self.log.size();
        let tiles: BTreeMap<TilePlace, Vec<Digest>> = log.take_tiles();
        self.store.index(&IndexUpdate {
            height: checkpoint.header.height,
            offset,
            length,
            first_entry,
            transactions: ids,
            entry_lengths,
            changes,
            tiles: &tiles,
        })?;
        self.log = log;
        for (key, record) in changes.range("pending/".to_owned()..) {
            if !key.starts_with("pending/") {
                break;
            }
            // A hold that has ended is skipped when its time comes; see `expired`.
            note_expiry(&mut self.expiries, key, record.as_ref());
        }
        self.head_digest = checkpoint.header.digest(self.genesis.suite);
        self.head = Some(checkpoint.clone());
        if changes.contains_key(PROTOCOL_KEY) {
            self.refresh_validators()?;
        }
        Ok(())
    }

    /// Runs a block again that is final and stored, but not in the index.
    fn run_again(&mut self, block: &Block, offset: u64, length: u32) -> Result<(), LedgerError> {
        let context = self.context_of(&block.checkpoint.header)?;
        block.checkpoint.verify(&self.validators)?;
        let suite = context.suite;
        let taken = block
            .entries
            .par_iter()
            .map(|entry| (entry.signed.transaction.id(suite), entry.signed.clone()))
            .collect();
        let proposal = self.run(&context, taken, Vec::new())?;
        self.compare(&proposal, block)?;
        let ids = (&proposal.ids[..], &proposal.entry_lengths[..]);
        self.enter(
            &block.checkpoint,
            ids,
            &proposal.changes,
            proposal.log,
            (offset, length),
        )
    }

    fn refresh_validators(&mut self) -> Result<(), LedgerError> {
        let mut validators = Validators::new();
        for name in self.protocol()?.validators {
            match self.read(&party_key(&name))? {
                Some(Record::Party(party)) => validators.insert(name, party.keys[0].clone()),
                _ => {
                    return Err(LedgerError::store(
                        &self.folder,
                        format!("validator `{name}` is no party"),
                    ));
                }
            };
        }
        self.validators = validators;
        Ok(())
    }

    /// Holds whose time is over, in the order of time and number.
    fn expired(&mut self, time_ms: u64) -> Result<Vec<PendingTransfer>, LedgerError> {
        let mut expired = Vec::new();
        let due: Vec<(u64, String)> = self
            .expiries
            .range(..(time_ms.saturating_add(1), String::new()))
            .cloned()
            .collect();
        for entry in due {
            match self.read(&entry.1)? {
                Some(Record::Pending(held)) => expired.push(held),
                // Posted or voided since.
                _ => {
                    self.expiries.remove(&entry);
                }
            }
        }
        Ok(expired)
    }

    /// The receipt of a transaction: its entry, and the proof that the log of the last block holds it.
    pub fn receipt(&self, transaction: &Digest) -> Result<Option<EntryReceipt>, LedgerError> {
        match self.store.entry_of(transaction)? {
            Some(index) => self.receipt_at(index).map(Some),
            None => Ok(None),
        }
    }

    /// The receipt of an entry of the log.
    pub fn receipt_at(&self, index: u64) -> Result<EntryReceipt, LedgerError> {
        let missing = || LedgerError::store(&self.folder, format!("the log has no entry {index}"));
        let checkpoint = self.head.clone().ok_or_else(missing)?;
        receipt_at(&self.store, self.genesis.suite, checkpoint, index)?.ok_or_else(missing)
    }

    /// Proof that the log of `old` entries is the beginning of the present one.
    pub fn consistency(&self, old: u64) -> Result<Vec<Digest>, LedgerError> {
        if old > self.log.size() {
            return Err(LedgerError::store(
                &self.folder,
                format!("the log has no {old} entries"),
            ));
        }
        merkle::consistency_proof(
            self.genesis.suite,
            &tiled(&self.store, self.genesis.suite),
            old,
            self.log.size(),
        )
    }

    /// What the state holds under a key, with the proof against the last block; entries of the journal are proven by receipts.
    pub fn prove(&mut self, key: &str) -> Result<StateReceipt, LedgerError> {
        let Some(checkpoint) = self.head.clone() else {
            return Err(LedgerError::store(&self.folder, "there is no block yet"));
        };
        if is_journal(key) {
            return Err(LedgerError::store(
                &self.folder,
                format!("`{key}` is of the journal\nhint: ask for the receipt of the transaction that wrote it"),
            ));
        }
        Ok(StateReceipt {
            suite: self.genesis.suite,
            key: key.to_owned(),
            record: self.read(key)?,
            proof: self.tree.prove(key.as_bytes()),
            checkpoint,
        })
    }

    /// Goes through all blocks from the first, checks every checksum, signature, outcome and root anew in a second, empty
    /// ledger, and compares. Calls `each` after every block with its height.
    pub fn verify(&self, scratch: &Path, mut each: impl FnMut(u64)) -> Result<(), LedgerError> {
        let mut again = Ledger::create(scratch, self.genesis.clone())?;
        for height in 0..self.next_height() {
            let block = self.store.block(height)?.ok_or_else(|| LedgerError::Block {
                height,
                what: "it is not there".to_owned(),
            })?;
            let proposal = again.check(&block)?;
            again.commit(proposal, block.checkpoint)?;
            each(height);
        }
        if again.head() == self.head() {
            Ok(())
        } else {
            Err(LedgerError::store(
                &self.folder,
                "the last block is another than the blocks lead to",
            ))
        }
    }

    /// Makes the index durable: the next start runs nothing again.
    pub fn flush(&self) -> Result<(), LedgerError> {
        self.store.flush()
    }

    /// A tile of the log, for those who publish it (C2SP tlog-tiles).
    pub fn tile(&self, place: TilePlace) -> Result<Vec<Digest>, LedgerError> {
        self.store.tile(place)
    }
}

impl StateReader for Ledger {
    fn read(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        Base {
            store: &self.store,
            genesis: &self.genesis,
            is_first: self.head.is_none(),
        }
        .read(key)
    }
}

fn note_expiry(expiries: &mut BTreeSet<(u64, String)>, key: &str, record: Option<&Record>) {
    if let Some(Record::Pending(held)) = record
        && held.expires_ms > 0
    {
        expiries.insert((held.expires_ms, key.to_owned()));
    }
}

/// Reads `genesis.json` of a ledger's folder.
pub fn read_genesis(folder: &Path) -> Result<Genesis, LedgerError> {
    let path = folder.join(GENESIS_FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        LedgerError::store(
            &path,
            format!("{error}\nhint: `westline ledger init SITE` makes a ledger"),
        )
    })?;
    let genesis: Genesis = serde_json::from_str(&text).map_err(|error| {
        LedgerError::format(
            path.display().to_string(),
            error.to_string(),
            "take the file from another party's ledger",
        )
    })?;
    let faults = genesis.faults();
    if faults.is_empty() {
        Ok(genesis)
    } else {
        Err(LedgerError::Problems(faults))
    }
}
