//! One validator's side of the agreement: makes blocks when it leads, judges others' before it votes, commits what is final.
//!
//! In go the engine's questions, other validators' messages and clients' wishes, one after another; out go answers and messages.
//! All state is the ledger and what waits. Nothing here is believed of one validator alone: a body has to run to the roots of its
//! header, a checkpoint needs the signatures of more than two thirds.

use super::bodies::Bodies;
use super::client::{Answer, Question, Status};
use super::committee::{Committee, Member};
use super::engine::{End, Timing};
use super::epoch::Epoch;
use super::message::{BODY_BYTES_MAX, GOSSIP_BYTES_MAX, MESSAGE_BYTES_MAX, Message};
use super::pool::{Pool, encoded_bytes};
use crate::LedgerError;
use crate::block::Block;
use crate::checkpoint::{Checkpoint, NoteSignature, key_id, quorum};
use crate::crypto::Digest;
use crate::ledger::{Committed, Ledger, Proposal};
use crate::transaction::{Refusal, SignedTransaction};
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::sha256;
use commonware_p2p::{Recipients, Sender};
use commonware_runtime::IoBuf;
use commonware_utils::channel::{mpsc, oneshot};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Transactions of a block: as many as four validators on a small machine verify and run well within a view. How many are put into one
/// follows what became of those before: see [`Application::room`].
const TRANSACTIONS_MAX: usize = 4096;
const TRANSACTIONS_FIRST: usize = 1024;
const TRANSACTIONS_MIN: usize = 32;
/// Bytes of transactions of a block; with their outcomes they must stay below [`BODY_BYTES_MAX`].
const TRANSACTION_BYTES_MAX: usize = 2 << 20;
/// A block's time may be so far ahead of this validator's clock.
const AHEAD_MS_MAX: u64 = 2_000;
/// Final blocks sent for one question, and their bytes.
const FINAL_BLOCKS_MAX: u64 = 64;
const FINAL_BYTES_MAX: usize = 4 << 20;
/// Signatures of one validator that are kept for blocks that are not final here yet.
const SIGNATURES_OF_ONE_MAX: usize = 8;
/// Digests of past blocks that are remembered, to know a question about one of them.
const PAST_MAX: u64 = 1024;
/// How often a question that was not answered is asked again.
const ASK_AGAIN_MS: u64 = 100;
/// How often final blocks are asked for though nothing tells of any: the others may have ended the epoch with one that was not heard of
/// here.
const ASK_ANYWAY_MS: u64 = 2_000;
/// Transactions that have waited for so long are sent to the others again.
const GOSSIP_AGAIN_MS: u64 = 1_000;

/// What happens to a validator.
pub(crate) enum Event {
    /// The engine wants a payload upon a parent.
    Propose {
        parent: sha256::Digest,
        response: oneshot::Sender<sha256::Digest>,
    },
    /// The engine wants to know whether a payload may stand upon a parent.
    Verify {
        parent: sha256::Digest,
        leader: PublicKey,
        payload: sha256::Digest,
        response: oneshot::Sender<bool>,
    },
    /// The engine wants others to have a payload's body.
    Relay {
        payload: sha256::Digest,
        recipients: Recipients<PublicKey>,
    },
    /// A payload is final.
    Final(sha256::Digest),
    /// A client's transaction, and its digest.
    Submit(Digest, SignedTransaction, oneshot::Sender<Answer>),
    /// A client's question.
    Ask(Question),
    /// A vote of the validator of this place in the engine's order came, in this view.
    Voted { place: usize, view: u64 },
    /// A client that asks how this validator is.
    Status(oneshot::Sender<Status>),
    /// A client that follows blocks.
    Watch(mpsc::Sender<Arc<Block>>),
    /// The end.
    Stop,
}

struct ToPropose {
    parent: Digest,
    response: oneshot::Sender<sha256::Digest>,
    since_ms: u64,
}

struct ToVerify {
    parent: Digest,
    payload: Digest,
    leader: Option<usize>,
    response: oneshot::Sender<bool>,
}

/// What a body is found to be.
#[derive(PartialEq, Eq)]
enum Found {
    /// It is not here.
    Nothing,
    /// Its parent is not the last block here.
    Early,
    /// It runs to its header, and is safe on disk.
    True,
}

/// The state of one validator.
pub(super) struct Application<S> {
    ledger: Ledger,
    member: Member,
    committee: Committee,
    timing: Timing,
    sender: S,
    pool: Pool,
    bodies: Bodies,
    /// Blocks that were run upon the last one.
    runs: BTreeMap<Digest, Proposal>,
    /// The one whose changes the ledger's tree holds now.
    applied: Option<Digest>,
    /// Who sent a wrong body of a digest.
    wrong: BTreeSet<(Digest, usize)>,
    past: BTreeMap<Digest, u64>,
    /// The latest payload that the engine called final, until it is committed.
    finalised: Option<Digest>,
    /// Transactions that this validator puts into a block.
    room: usize,
    /// The block that changed the validators: nothing follows it here.
    changed: Option<u64>,
    signatures: BTreeMap<String, VecDeque<(Digest, NoteSignature)>>,
    to_propose: Option<ToPropose>,
    to_verify: Vec<ToVerify>,
    answers: BTreeMap<Digest, Vec<oneshot::Sender<Answer>>>,
    watchers: Vec<mpsc::Sender<Arc<Block>>>,
    /// Clients' transactions that have not been looked at.
    arrived: Vec<(Digest, SignedTransaction, oneshot::Sender<Answer>)>,
    /// Those that the others have not been sent.
    fresh: Vec<SignedTransaction>,
    is_catching_up: bool,
    /// Whose questions for final blocks were answered since the last tick.
    served: BTreeSet<usize>,
    /// The engine's latest view, and when a vote of each validator came.
    view: u64,
    voted_ms: BTreeMap<String, u64>,
    asked_ms: u64,
    asked_final_ms: u64,
    gossiped_ms: u64,
}

impl<S: Sender<PublicKey = PublicKey>> Application<S> {
    pub fn new(
        ledger: Ledger,
        member: Member,
        committee: Committee,
        timing: Timing,
        sender: S,
    ) -> Result<Application<S>, LedgerError> {
        let suite = ledger.suite();
        let next = ledger.next_height();
        let bodies = Bodies::open(ledger.folder(), next, |block| block.checkpoint.header.digest(suite))?;
        let mut past = BTreeMap::new();
        past.insert(Digest::default(), u64::MAX);
        for height in next.saturating_sub(PAST_MAX)..next {
            if let Some(block) = ledger.block(height)? {
                past.insert(block.checkpoint.header.digest(suite), height);
            }
        }
        Ok(Application {
            pool: Pool::new(committee.len() + 1),
            bodies,
            past,
            ledger,
            member,
            committee,
            timing,
            sender,
            runs: BTreeMap::new(),
            applied: None,
            wrong: BTreeSet::new(),
            finalised: None,
            room: TRANSACTIONS_FIRST,
            changed: None,
            signatures: BTreeMap::new(),
            to_propose: None,
            to_verify: Vec::new(),
            answers: BTreeMap::new(),
            watchers: Vec::new(),
            arrived: Vec::new(),
            fresh: Vec::new(),
            is_catching_up: true,
            served: BTreeSet::new(),
            view: 0,
            voted_ms: BTreeMap::new(),
            asked_ms: 0,
            asked_final_ms: 0,
            gossiped_ms: 0,
        })
    }

    /// Takes one event in. What follows from it, [`Application::advance`] does.
    pub fn take(&mut self, event: Event, now_ms: u64) -> Result<Option<End>, LedgerError> {
        match event {
            Event::Propose { parent, response } => {
                self.to_propose = Some(ToPropose {
                    parent: Digest(parent.0),
                    response,
                    since_ms: now_ms,
                });
            }
            Event::Verify {
                parent,
                leader,
                payload,
                response,
            } => self.to_verify.push(ToVerify {
                parent: Digest(parent.0),
                payload: Digest(payload.0),
                leader: self.committee.place(&leader),
                response,
            }),
            Event::Relay { payload, recipients } => {
                self.send_body(recipients, &Digest(payload.0));
            }
            Event::Final(payload) => {
                let digest = Digest(payload.0);
                if !self.past.contains_key(&digest) {
                    self.finalised = Some(digest);
                }
            }
            Event::Submit(id, signed, response) => self.arrived.push((id, signed, response)),
            Event::Ask(question) => {
                self.put_back()?;
                question(&mut self.ledger);
            }
            Event::Voted { place, view } => {
                self.view = self.view.max(view);
                if let Some(name) = self.committee.voter(place) {
                    let name = name.to_owned();
                    self.voted_ms.insert(name, now_ms);
                }
            }
            Event::Status(response) => {
                let _ = response.send(self.status(now_ms));
            }
            Event::Watch(watcher) => self.watchers.push(watcher),
            Event::Stop => return Ok(Some(End::Stopped)),
        }
        Ok(None)
    }

    fn status(&self, now_ms: u64) -> Status {
        let voted = |name: &String| self.voted_ms.get(name).map(|voted_ms| now_ms.saturating_sub(*voted_ms));
        Status {
            height: self.ledger.next_height().checked_sub(1),
            waiting: self.pool.len(),
            view: self.view,
            voted_ms_ago: self.committee.names().map(|name| (name.clone(), voted(name))).collect(),
        }
    }

    /// Takes in the transactions that clients have sent since the last time.
    fn admit_arrived(&mut self, now_ms: u64) -> Result<(), LedgerError> {
        let arrived = std::mem::take(&mut self.arrived);
        let ids: Vec<Digest> = arrived.iter().map(|(id, ..)| *id).collect();
        let places = self.ledger.places_of(&ids)?;
        for ((id, signed, response), place) in arrived.into_iter().zip(places) {
            let answer = match place {
                Some(_) => self.answer_of(&id)?,
                None => self.admit(id, signed, now_ms),
            };
            match answer {
                Some(answer) => {
                    let _ = response.send(answer);
                }
                None => self.answers.entry(id).or_default().push(response),
            }
        }
        Ok(())
    }

    /// Takes one in that is new; an answer, if it is not to wait.
    fn admit(&mut self, id: Digest, signed: SignedTransaction, now_ms: u64) -> Option<Answer> {
        if signed.transaction.chain != self.ledger.chain() {
            return Some(Answer::TurnedAway(Refusal::WrongChain));
        }
        if encoded_bytes(&signed) > crate::transaction::TRANSACTION_BYTES_MAX {
            return Some(Answer::TurnedAway(Refusal::Invalid("it is too long".to_owned())));
        }
        if !self.pool.add(self.committee.len(), id, signed.clone(), now_ms) {
            return Some(Answer::Busy);
        }
        self.fresh.push(signed);
        None
    }

    /// The answer for a transaction that stands in the log.
    fn answer_of(&self, id: &Digest) -> Result<Option<Answer>, LedgerError> {
        let Some(entry) = self.ledger.place_of(id)? else {
            return Ok(None);
        };
        let found = self.ledger.entry(entry)?;
        Ok(found.map(|found| Answer::Final {
            entry,
            outcome: found.outcome,
        }))
    }

    /// Takes another validator's message in.
    pub fn hear(&mut self, from: &PublicKey, bytes: &[u8], now_ms: u64) -> Result<(), LedgerError> {
        let (Some(source), Some(message)) = (self.committee.place(from), Message::from_bytes(bytes)) else {
            return Ok(());
        };
        match message {
            Message::Body(block) => {
                let height = block.checkpoint.header.height;
                // One block ahead of the next: its parent may be on its way.
                let is_near = (self.ledger.next_height()..=self.ledger.next_height() + 1).contains(&height);
                if is_near && block.checkpoint.signatures.is_empty() {
                    let digest = block.checkpoint.header.digest(self.ledger.suite());
                    self.bodies.add(digest, block, source);
                }
            }
            Message::WantBody(digest) => {
                self.send_body(Recipients::One(from.clone()), &digest);
            }
            Message::Signed(digest, signature) => {
                let is_own = self.committee.names().nth(source) == Some(&signature.validator);
                if is_own && !self.past.contains_key(&digest) {
                    self.remember(digest, signature);
                }
            }
            Message::WantFinal(height) => {
                if self.served.insert(source) {
                    self.serve(from, height)?;
                }
            }
            Message::Final(block) => self.take_final(&block)?,
            Message::Transactions(transactions) => {
                let suite = self.ledger.suite();
                let ids: Vec<Digest> = transactions.iter().map(|signed| signed.transaction.id(suite)).collect();
                let places = self.ledger.places_of(&ids)?;
                for ((id, place), signed) in ids.into_iter().zip(places).zip(transactions) {
                    if place.is_none() && signed.transaction.chain == self.ledger.chain() {
                        self.pool.add(source, id, signed, now_ms);
                    }
                }
            }
        }
        Ok(())
    }

    fn remember(&mut self, digest: Digest, signature: NoteSignature) {
        let kept = self.signatures.entry(signature.validator.clone()).or_default();
        if kept
            .iter()
            .any(|(other, known)| *other == digest && *known == signature)
        {
            return;
        }
        if kept.len() == SIGNATURES_OF_ONE_MAX {
            kept.pop_front();
        }
        kept.push_back((digest, signature));
    }

    /// Answers one who asks for final blocks.
    fn serve(&mut self, to: &PublicKey, from_height: u64) -> Result<(), LedgerError> {
        let mut bytes = 0;
        let end = self
            .ledger
            .next_height()
            .min(from_height.saturating_add(FINAL_BLOCKS_MAX));
        for height in from_height..end {
            let Some(block) = self.ledger.block(height)? else {
                break;
            };
            let message = Message::Final(block);
            bytes += self.send(Recipients::One(to.clone()), &message);
            if bytes > FINAL_BYTES_MAX {
                break;
            }
        }
        if from_height == self.ledger.next_height()
            && let Some(digest) = self.finalised
        {
            // Final, but not signed by enough here either: together it may be enough.
            self.send_body(Recipients::One(to.clone()), &digest);
            if let Some(signature) = self.own_signature(&digest) {
                self.send(Recipients::One(to.clone()), &Message::Signed(digest, signature));
            }
        }
        Ok(())
    }

    fn own_signature(&self, digest: &Digest) -> Option<NoteSignature> {
        let kept = self.signatures.get(&self.member.name)?;
        kept.iter()
            .find(|(other, _)| other == digest)
            .map(|(_, signature)| signature.clone())
    }

    /// Takes a block that others have committed.
    fn take_final(&mut self, block: &Block) -> Result<(), LedgerError> {
        if self.changed.is_some() || block.checkpoint.header.height != self.ledger.next_height() {
            return Ok(());
        }
        if block.checkpoint.verify(self.ledger.validators()).is_err() {
            return Ok(());
        }
        self.put_back()?;
        match self.ledger.check(block) {
            Ok(proposal) => {
                self.is_catching_up = true;
                self.commit(proposal, block.checkpoint.clone())
            }
            // The header is signed by more than two thirds: entries that do not run to it are the sender's own.
            Err(LedgerError::Block { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn digest_of(&self, block: &Block) -> Digest {
        block.checkpoint.header.digest(self.ledger.suite())
    }

    /// Brings the ledger's tree back to the last block.
    fn put_back(&mut self) -> Result<(), LedgerError> {
        if let Some(digest) = self.applied.take()
            && let Some(proposal) = self.runs.get(&digest)
        {
            self.ledger.abandon(proposal)?;
        }
        Ok(())
    }

    /// Does what can be done now: commits what is final, judges, proposes, tells the others.
    pub fn advance(&mut self, now_ms: u64) -> Result<Option<End>, LedgerError> {
        self.admit_arrived(now_ms)?;
        self.tell_fresh();
        self.commit_final()?;
        if let Some(height) = self.changed {
            return Ok(Some(End::ValidatorsChanged { height }));
        }
        let mut waiting = std::mem::take(&mut self.to_verify);
        waiting.retain(|question| !question.response.is_closed());
        for question in waiting {
            match self.judge(&question, now_ms)? {
                Some(verdict) => {
                    let _ = question.response.send(verdict);
                }
                None => self.to_verify.push(question),
            }
        }
        self.propose(now_ms)?;
        Ok(None)
    }

    /// Asks again for what is missing.
    pub fn tick(&mut self, now_ms: u64) {
        self.served.clear();
        if now_ms >= self.gossiped_ms + GOSSIP_AGAIN_MS {
            self.gossiped_ms = now_ms;
            let since_ms = now_ms.saturating_sub(GOSSIP_AGAIN_MS);
            let own = self.committee.len();
            let own = self.pool.untold(own, since_ms, now_ms, GOSSIP_BYTES_MAX);
            if !own.is_empty() {
                self.send(Recipients::All, &Message::Transactions(own));
            }
        }
        if now_ms < self.asked_ms + ASK_AGAIN_MS {
            return;
        }
        self.asked_ms = now_ms;
        let lacks_parent = self
            .to_verify
            .iter()
            .any(|question| question.parent != self.ledger.head_digest());
        let is_time = now_ms >= self.asked_final_ms + ASK_ANYWAY_MS;
        if self.finalised.is_some() || lacks_parent || std::mem::take(&mut self.is_catching_up) || is_time {
            self.asked_final_ms = now_ms;
            let next = self.ledger.next_height();
            self.send(Recipients::All, &Message::WantFinal(next));
        }
        let mut wanted: Vec<Digest> = self.to_verify.iter().map(|question| question.payload).collect();
        wanted.extend(self.finalised);
        wanted.retain(|digest| self.bodies.of(digest).next().is_none());
        for digest in wanted {
            self.send(Recipients::All, &Message::WantBody(digest));
        }
        if let Some(digest) = self.finalised
            && let Some(signature) = self.own_signature(&digest)
        {
            self.send(Recipients::All, &Message::Signed(digest, signature));
        }
    }

    fn tell_fresh(&mut self) {
        let mut bytes = 0;
        let mut batch = Vec::new();
        for signed in std::mem::take(&mut self.fresh) {
            let length = encoded_bytes(&signed);
            if bytes + length > GOSSIP_BYTES_MAX && !batch.is_empty() {
                let full = std::mem::take(&mut batch);
                self.send(Recipients::All, &Message::Transactions(full));
                bytes = 0;
            }
            bytes += length;
            batch.push(signed);
        }
        if !batch.is_empty() {
            self.send(Recipients::All, &Message::Transactions(batch));
        }
    }

    /// Runs a body upon the last block, unless it has been.
    fn run(&mut self, digest: &Digest) -> Result<Found, LedgerError> {
        if self.runs.contains_key(digest) {
            return Ok(Found::True);
        }
        let mut found = Found::Nothing;
        let mut place = 0;
        loop {
            let Some((block, source)) = self.bodies.of(digest).nth(place) else {
                return Ok(found);
            };
            if block.checkpoint.header.parent != self.ledger.head_digest() {
                found = Found::Early;
                place += 1;
                continue;
            }
            let block = block.clone();
            self.put_back()?;
            match self.ledger.check(&block) {
                Ok(proposal) => {
                    self.runs.insert(*digest, proposal);
                    self.applied = Some(*digest);
                    self.bodies.keep(digest, place)?;
                    return Ok(Found::True);
                }
                Err(LedgerError::Block { .. }) => {
                    self.wrong.insert((*digest, source));
                    self.bodies.forget(digest, place);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// May this payload stand upon this parent? Nothing, while that cannot be said.
    fn judge(&mut self, question: &ToVerify, now_ms: u64) -> Result<Option<bool>, LedgerError> {
        let ToVerify {
            parent,
            payload,
            leader,
            ..
        } = question;
        if payload == parent {
            // More than two thirds have voted for it before.
            return Ok(Some(true));
        }
        if *parent != self.ledger.head_digest() {
            let Some(_) = self.past.get(parent) else {
                return Ok(None);
            };
            // Upon a block that others have followed already: only what did follow is right.
            let follows = match self.past.get(payload) {
                Some(height) => self.ledger.block(*height)?,
                None => None,
            };
            return Ok(Some(
                follows.is_some_and(|block| block.checkpoint.header.parent == *parent),
            ));
        }
        match self.run(payload)? {
            Found::True => {}
            // Its header names another parent than the engine does.
            Found::Early => return Ok(Some(false)),
            Found::Nothing => {
                let is_wrong = leader.is_some_and(|leader| self.wrong.contains(&(*payload, leader)));
                return Ok(is_wrong.then_some(false));
            }
        }
        let proposal = &self.runs[payload];
        if proposal.is_empty() {
            return Ok(Some(false));
        }
        let is_ahead = proposal.header().time_ms > now_ms + AHEAD_MS_MAX;
        Ok((!is_ahead).then_some(true))
    }

    fn propose(&mut self, now_ms: u64) -> Result<(), LedgerError> {
        let Some(question) = self.to_propose.take() else {
            return Ok(());
        };
        if question.response.is_closed() {
            return Ok(());
        }
        let waited_ms = now_ms.saturating_sub(question.since_ms);
        let is_upon_last = question.parent == self.ledger.head_digest();
        if !is_upon_last && self.past.contains_key(&question.parent) {
            // The engine here is behind what is final: another leads.
            return Ok(());
        }
        let patience_ms = match is_upon_last {
            true => self.timing.idle_ms,
            false => self.timing.settle_ms,
        };
        let made = match is_upon_last {
            true => self.make(now_ms)?,
            false => None,
        };
        match made {
            Some(digest) => {
                let _ = question.response.send(sha256::Digest(digest.0));
            }
            None if waited_ms >= patience_ms => {
                let _ = question.response.send(sha256::Digest(question.parent.0));
            }
            None => self.to_propose = Some(question),
        }
        Ok(())
    }

    /// How many transactions the next block may have. A block that did not become final before another one is wanted upon the same
    /// parent was more than the validators do within a view, on machines that may be busy: the next is half as long. Without that, a chain
    /// under load would try in vain for ever.
    fn room(&mut self) -> usize {
        if let Some(tried) = self.bodies.shortest(self.ledger.next_height()) {
            self.room = (self.room.min(tried) / 2).max(TRANSACTIONS_MIN);
        }
        self.room
    }

    /// Makes a block of what waits.
    fn make(&mut self, now_ms: u64) -> Result<Option<Digest>, LedgerError> {
        let mut count = self.room();
        while !self.pool.is_empty() {
            let (ids, picked) = self.pool.first(count, TRANSACTION_BYTES_MAX);
            if picked.is_empty() {
                return Ok(None);
            }
            self.put_back()?;
            let proposal = self.ledger.propose(picked, now_ms)?;
            for (place, refusal) in proposal.turned_away() {
                self.pool.remove(&ids[*place]);
                let answer = match self.answer_of(&ids[*place])? {
                    Some(answer) => answer,
                    None => Answer::TurnedAway(refusal.clone()),
                };
                self.answer(&ids[*place], &answer);
            }
            if proposal.is_empty() {
                self.ledger.abandon(&proposal)?;
                continue;
            }
            let block = proposal.block();
            if borsh::object_length(&block).expect("counting does not fail") > BODY_BYTES_MAX {
                // Outcomes may be longer than what they are of.
                self.ledger.abandon(&proposal)?;
                count = (ids.len() / 2).max(1);
                if ids.len() == 1 {
                    self.pool.remove(&ids[0]);
                    let refusal = Refusal::Invalid("its outcome is too long for a block".to_owned());
                    self.answer(&ids[0], &Answer::TurnedAway(refusal));
                }
                continue;
            }
            let digest = self.digest_of(&block);
            self.runs.insert(digest, proposal);
            self.applied = Some(digest);
            let own = self.committee.len();
            self.bodies.add(digest, block, own);
            let place = self.bodies.of(&digest).position(|(_, source)| source == own);
            self.bodies.keep(&digest, place.unwrap_or(0))?;
            return Ok(Some(digest));
        }
        Ok(None)
    }

    /// Commits the final block if it is here and enough have signed.
    fn commit_final(&mut self) -> Result<(), LedgerError> {
        let Some(digest) = self.finalised.filter(|_| self.changed.is_none()) else {
            return Ok(());
        };
        if self.past.contains_key(&digest) {
            self.finalised = None;
            return Ok(());
        }
        if self.run(&digest)? != Found::True {
            return Ok(());
        }
        let header = self.runs[&digest].header().clone();
        if self.own_signature(&digest).is_none() {
            let signature = header.sign(&self.member.name, &self.member.key);
            self.remember(digest, signature.clone());
            self.send(Recipients::All, &Message::Signed(digest, signature));
        }
        let text = header.text();
        let mut signatures = Vec::new();
        for (name, key) in self.ledger.validators() {
            let kept = self.signatures.get(name).into_iter().flatten();
            let mut of_block = kept
                .filter(|(other, _)| *other == digest)
                .map(|(_, signature)| signature);
            let good = of_block.find(|signature| {
                signature.key_id == key_id(name, key) && key.verify(text.as_bytes(), &signature.signature)
            });
            signatures.extend(good.cloned());
        }
        if signatures.len() < quorum(self.ledger.validators().len()) {
            return Ok(());
        }
        if self.applied != Some(digest) {
            self.put_back()?;
            self.ledger.resume(&self.runs[&digest]);
        }
        self.applied = None;
        let proposal = self.runs.remove(&digest).expect("it was run above");
        self.commit(proposal, Checkpoint { header, signatures })
    }

    /// Commits a block whose changes the tree holds.
    fn commit(&mut self, proposal: Proposal, checkpoint: Checkpoint) -> Result<(), LedgerError> {
        let validators = self.ledger.validators().clone();
        let Committed {
            checkpoint, outcomes, ..
        } = self.ledger.commit(proposal, checkpoint)?;
        let height = checkpoint.header.height;
        let digest = self.ledger.head_digest();
        if *self.ledger.validators() != validators {
            Epoch::settle(&self.ledger)?;
            self.changed = Some(height);
        }
        self.past.insert(digest, height);
        self.room = (self.room + self.room / 8).min(TRANSACTIONS_MAX);
        if height >= PAST_MAX {
            let oldest = height - PAST_MAX;
            self.past.retain(|_, past| *past > oldest);
        }
        self.runs.clear();
        self.applied = None;
        self.wrong.clear();
        self.bodies.drop_below(height + 1)?;
        for kept in self.signatures.values_mut() {
            kept.retain(|(other, _)| *other != digest);
        }
        let first = checkpoint.header.log_size - outcomes.len() as u64;
        for (entry, (id, outcome)) in (first..).zip(outcomes) {
            self.pool.remove(&id);
            self.answer(&id, &Answer::Final { entry, outcome });
        }
        self.watchers.retain(|watcher| !watcher.is_closed());
        if !self.watchers.is_empty()
            && let Some(block) = self.ledger.block(height)?
        {
            let block = Arc::new(block);
            // One that does not keep up is let go: it can ask for the blocks it lacks.
            self.watchers.retain(|watcher| watcher.try_send(block.clone()).is_ok());
        }
        Ok(())
    }

    fn answer(&mut self, id: &Digest, answer: &Answer) {
        for response in self.answers.remove(id).into_iter().flatten() {
            let _ = response.send(answer.clone());
        }
    }

    /// Sends the body of a digest, if it is here.
    fn send_body(&mut self, recipients: Recipients<PublicKey>, digest: &Digest) {
        let body = self.bodies.of(digest).next();
        if let Some(bytes) = body.map(|(block, _)| Message::body_bytes(block)) {
            self.send_bytes(recipients, bytes);
        }
    }

    /// Sends a message; how long it is.
    fn send(&mut self, recipients: Recipients<PublicKey>, message: &Message) -> usize {
        self.send_bytes(recipients, message.bytes())
    }

    /// What would be too long is a bug of ours, and not sent.
    fn send_bytes(&mut self, recipients: Recipients<PublicKey>, bytes: Vec<u8>) -> usize {
        let length = bytes.len();
        debug_assert!(length <= MESSAGE_BYTES_MAX, "a message of {length} bytes");
        if length <= MESSAGE_BYTES_MAX {
            self.sender.send(recipients, IoBuf::from(bytes), false);
        }
        length
    }

    /// Makes the index durable.
    pub fn close(mut self) -> Result<(), LedgerError> {
        self.put_back()?;
        self.ledger.flush()
    }
}
