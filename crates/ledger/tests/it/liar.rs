//! A validator that lies: an honest one whose senders are tampered with, so that what it says carries its own good signature.

use borsh::BorshDeserialize as _;
use commonware_actor::{Feedback, Unreliable};
use commonware_codec::{Decode as _, Encode as _};
use commonware_consensus::simplex::scheme::ed25519::Scheme;
use commonware_consensus::simplex::types::{Notarize, Proposal, Vote};
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::sha256;
use commonware_p2p::{CheckedSender, LimitedSender, Recipients, Sender};
use commonware_runtime::{IoBuf, IoBufs};
use ledger::{Block, Digest, Suite};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// The first byte of a message that carries a proposed block, and of a signature.
const BODY: u8 = 0;
const SIGNED: u8 = 2;

/// Channels of the simulated network.
pub const VOTES: u64 = 0;
pub const BLOCKS: u64 = 3;

/// How it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Blocks with a wrong state root, to everyone.
    WrongRoot,
    /// One block to some, another to the others.
    Equivocation,
    /// Votes for blocks that it shows to nobody.
    Withholding,
    /// It votes, but signs no checkpoint.
    NoSignatures,
    /// It receives and says nothing.
    Silence,
    /// Bytes that nobody asked for, and the true messages twice.
    Noise,
}

pub const LIES: [Lie; 6] = [
    Lie::WrongRoot,
    Lie::Equivocation,
    Lie::Withholding,
    Lie::NoSignatures,
    Lie::Silence,
    Lie::Noise,
];

/// What its senders know together.
pub struct Mind {
    pub lie: Lie,
    pub scheme: Scheme,
    pub others: Vec<PublicKey>,
    /// The digest of its last block, and of the one it tells instead.
    swapped: Mutex<Option<(Digest, Digest)>>,
}

impl Mind {
    pub fn new(lie: Lie, scheme: Scheme, others: Vec<PublicKey>) -> Arc<Mind> {
        Arc::new(Mind {
            lie,
            scheme,
            others,
            swapped: Mutex::new(None),
        })
    }
}

/// A sender that is tampered with.
#[derive(Clone)]
pub struct Liar<S> {
    inner: S,
    mind: Option<Arc<Mind>>,
    channel: u64,
}

impl<S> Liar<S> {
    pub fn new(inner: S, mind: Option<Arc<Mind>>, channel: u64) -> Liar<S> {
        Liar { inner, mind, channel }
    }
}

impl<S: Sender<PublicKey = PublicKey>> LimitedSender for Liar<S> {
    type PublicKey = PublicKey;
    type Checked<'a> = Said<'a, S>;

    fn check(&mut self, recipients: Recipients<PublicKey>) -> Result<Said<'_, S>, SystemTime> {
        Ok(Said { liar: self, recipients })
    }
}

/// A message about to be sent.
pub struct Said<'a, S> {
    liar: &'a mut Liar<S>,
    recipients: Recipients<PublicKey>,
}

impl<S: Sender<PublicKey = PublicKey>> CheckedSender for Said<'_, S> {
    type PublicKey = PublicKey;

    fn recipients(&self) -> Vec<PublicKey> {
        match &self.recipients {
            Recipients::All => self.liar.mind.iter().flat_map(|mind| mind.others.clone()).collect(),
            Recipients::Some(some) => some.clone(),
            Recipients::One(one) => vec![one.clone()],
        }
    }

    fn send(self, message: impl Into<IoBufs> + Send, priority: bool) -> Unreliable<Feedback> {
        let bytes = message.into().coalesce();
        let Some(mind) = self.liar.mind.clone() else {
            self.liar.inner.send(self.recipients, bytes, priority);
            return Unreliable::Outcome(Feedback::Ok);
        };
        for to in self.recipients() {
            let is_first_half = mind.others.iter().position(|other| *other == to) < Some(mind.others.len() / 2);
            for said in tamper(&mind, self.liar.channel, is_first_half, bytes.as_ref()) {
                self.liar
                    .inner
                    .send(Recipients::One(to.clone()), IoBuf::from(said), priority);
            }
        }
        Unreliable::Outcome(Feedback::Ok)
    }
}

/// What is sent in place of a message.
fn tamper(mind: &Mind, channel: u64, is_first_half: bool, bytes: &[u8]) -> Vec<Vec<u8>> {
    let truth = vec![bytes.to_vec()];
    let (is_vote, is_block) = (channel == VOTES, channel == BLOCKS);
    let swaps = match mind.lie {
        Lie::WrongRoot => true,
        Lie::Equivocation => is_first_half,
        Lie::Withholding if is_block && bytes.first() == Some(&BODY) => return Vec::new(),
        Lie::NoSignatures if is_block && bytes.first() == Some(&SIGNED) => return Vec::new(),
        Lie::Silence => return Vec::new(),
        Lie::Noise if is_block => return vec![vec![7; 40], bytes.to_vec(), Vec::new(), bytes.to_vec()],
        _ => false,
    };
    if is_vote {
        let Some((own, other)) = *mind.swapped.lock().expect("no panic") else {
            return truth;
        };
        return match Vote::<Scheme, sha256::Digest>::decode_cfg(bytes.to_vec(), &()) {
            Ok(Vote::Notarize(vote)) if swaps && vote.proposal.payload.0 == own.0 => {
                let proposal = Proposal::new(vote.proposal.round, vote.proposal.parent, sha256::Digest(other.0));
                let vote = Notarize::sign(&mind.scheme, proposal).expect("it is a validator");
                vec![Vote::Notarize::<Scheme, sha256::Digest>(vote).encode().to_vec()]
            }
            _ => truth,
        };
    }
    if !is_block || bytes.first() != Some(&BODY) || !matches!(mind.lie, Lie::WrongRoot | Lie::Equivocation) {
        return truth;
    }
    let mut block = Block::try_from_slice(&bytes[1..]).expect("its own body");
    let own = block.checkpoint.header.digest(Suite::International);
    block.checkpoint.header.state_root.0[0] ^= 1;
    let other = block.checkpoint.header.digest(Suite::International);
    *mind.swapped.lock().expect("no panic") = Some((own, other));
    match swaps {
        true => vec![[&[BODY][..], &borsh::to_vec(&block).expect("memory")].concat()],
        false => truth,
    }
}
