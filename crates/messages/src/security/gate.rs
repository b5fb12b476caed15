//! The gate: whether to believe a signed message, decided message by message, with what was refused counted.
//!
//! In go envelopes and the time; out comes the signer's certificate, or why not. Cheap questions come before dear ones, so
//! that a flood costs little: form, rate, time, repetition, then the certificate's chain (kept once it was judged), then the
//! signature. Memory is bounded by named limits; one signer's flood takes nothing from another's messages.
//!
//! Sources: IEEE 1609.2-2022 clause 5.2 (validity, relevance, replay), ETSI TS 103 097 clause 7; rates after ETSI
//! TS 103 175 (a station sends at most some tens of messages a second).

use crate::security::envelope::{Envelope, EnvelopeError, Signer};
use crate::security::pki::{Certificate, CertificateDigest};
use crate::security::time::ItsTime;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// Not an envelope, or none of a supported kind.
    Malformed,
    /// Its signer sends more than a station may.
    Flooding,
    /// Made after now, beyond what clocks differ.
    FromTheFuture,
    /// Made too long ago, or past its own end.
    Expired,
    /// The very same was here before.
    Replayed,
    /// Its signer has never shown a certificate here.
    UnknownSigner,
    /// Its signer's certificate does not lead to a root that is trusted.
    Untrusted,
    /// Its signer's certificate is over, or not yet begun.
    CertificateOutOfTime,
    /// Its signer may not send messages of this application.
    NotPermitted,
    /// The signature is not its signer's.
    Forged,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Refusal; 10] = [
        Refusal::Malformed,
        Refusal::Flooding,
        Refusal::FromTheFuture,
        Refusal::Expired,
        Refusal::Replayed,
        Refusal::UnknownSigner,
        Refusal::Untrusted,
        Refusal::CertificateOutOfTime,
        Refusal::NotPermitted,
        Refusal::Forged,
    ];

    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Malformed => "malformed",
            Refusal::Flooding => "flooding",
            Refusal::FromTheFuture => "from the future",
            Refusal::Expired => "expired",
            Refusal::Replayed => "replayed",
            Refusal::UnknownSigner => "unknown signer",
            Refusal::Untrusted => "untrusted",
            Refusal::CertificateOutOfTime => "certificate out of time",
            Refusal::NotPermitted => "not permitted",
            Refusal::Forged => "forged",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whom a receiver believes.
#[derive(Debug, Default)]
pub struct Gate {
    roots: BTreeMap<CertificateDigest, Certificate>,
    authorities: BTreeMap<CertificateDigest, Certificate>,
    tickets: BTreeMap<CertificateDigest, Certificate>,
    /// When each ticket last spoke, for giving up the silent.
    heard: BTreeMap<CertificateDigest, Allowance>,
    /// Digests of what was believed, the oldest first, while they are young enough to be replayed.
    seen: BTreeSet<[u8; 16]>,
    seen_in_order: VecDeque<(ItsTime, [u8; 16])>,
    refused: BTreeMap<Refusal, u64>,
    accepted: u64,
}

/// A signer's allowance of messages: it fills at a rate and is drawn on by each message.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    messages: f64,
    at: ItsTime,
}

/// Clocks may differ by so much.
pub const CLOCKS_DIFFER: Duration = Duration::from_millis(200);
/// A message that is older is of no use for safety.
pub const OLDEST: Duration = Duration::from_secs(2);
/// Messages a second that one signer may send, all kinds together...
pub const RATE_HZ_MAX: f64 = 40.0;
/// ...and so many at once.
pub const BURST: f64 = 40.0;
/// Tickets kept; a junction of some thousand vehicles fits.
const TICKETS_MAX: usize = 4_096;
/// Messages remembered against replay: the oldest useful age times a busy channel's rate.
const SEEN_MAX: usize = 16_384;

impl Gate {
    /// Believes what leads to these roots; `false` in return for each that is none.
    pub fn trust(&mut self, root: Certificate) -> bool {
        let is_root = root.is_authority() && root.is_signed_by(None);
        if is_root {
            self.roots.insert(root.digest(), root);
        }
        is_root
    }

    /// Learns of an authority, from a trust list or a file; `false` if no trusted root certified it.
    pub fn learn_authority(&mut self, authority: Certificate) -> bool {
        let root = authority.issuer().and_then(|issuer| self.roots.get(&issuer));
        let is_good = authority.is_authority()
            && root.is_some_and(|root| authority.is_signed_by(Some(root)) && authority.is_within(root));
        if is_good {
            self.authorities.insert(authority.digest(), authority);
        }
        is_good
    }

    /// Opens an envelope and decides. What is refused is counted.
    pub fn admit(&mut self, bytes: &[u8], now: ItsTime) -> Result<Envelope, Refusal> {
        let outcome = Envelope::open(bytes)
            .map_err(|error| match error {
                EnvelopeError::Malformed(_) | EnvelopeError::Unsupported(_) | EnvelopeError::Certificate(_) => {
                    Refusal::Malformed
                }
            })
            .and_then(|envelope| self.judge(&envelope, now).map(|()| envelope));
        match &outcome {
            Ok(_) => self.accepted += 1,
            Err(refusal) => *self.refused.entry(*refusal).or_default() += 1,
        }
        outcome
    }

    /// How many were believed.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// How many were refused, by reason.
    pub fn refused(&self) -> &BTreeMap<Refusal, u64> {
        &self.refused
    }

    fn judge(&mut self, envelope: &Envelope, now: ItsTime) -> Result<(), Refusal> {
        let signer = envelope.signer.digest();
        // Only who was believed once has an allowance to lose: whoever forges a name cannot silence its owner, because
        // forgeries are refused below without drawing on it.
        if self
            .heard
            .get(&signer)
            .is_some_and(|allowance| allowance.refilled(now) < 1.0)
        {
            return Err(Refusal::Flooding);
        }
        if envelope.generation_time > now.after(CLOCKS_DIFFER) {
            return Err(Refusal::FromTheFuture);
        }
        let is_over = envelope.expiry_time.is_some_and(|end| end < now);
        if envelope.generation_time < now.before(OLDEST) || is_over {
            return Err(Refusal::Expired);
        }
        let fingerprint = envelope.fingerprint();
        self.forget_old(now);
        if self.seen.contains(&fingerprint) {
            return Err(Refusal::Replayed);
        }
        let certificate = match &envelope.signer {
            Signer::Digest(digest) => self.tickets.get(digest).ok_or(Refusal::UnknownSigner)?,
            Signer::Certificate(certificate) => {
                if !self.tickets.contains_key(&signer) {
                    self.judge_ticket(certificate)?;
                }
                certificate
            }
        };
        let (start, end) = certificate.validity();
        if now < start || now > end || envelope.generation_time < start || envelope.generation_time > end {
            return Err(Refusal::CertificateOutOfTime);
        }
        if !certificate.permits(envelope.psid) {
            return Err(Refusal::NotPermitted);
        }
        if !envelope.is_signed_by(certificate) {
            return Err(Refusal::Forged);
        }
        if let Signer::Certificate(certificate) = &envelope.signer
            && !self.tickets.contains_key(&signer)
        {
            self.make_room(now);
            self.tickets.insert(signer, (**certificate).clone());
        }
        self.draw(signer, now);
        self.seen.insert(fingerprint);
        self.seen_in_order.push_back((now, fingerprint));
        Ok(())
    }

    /// The chain from a ticket to a root.
    fn judge_ticket(&self, ticket: &Certificate) -> Result<(), Refusal> {
        let authority = ticket
            .issuer()
            .and_then(|issuer| self.authorities.get(&issuer))
            .ok_or(Refusal::Untrusted)?;
        let is_good = !ticket.is_authority() && ticket.is_signed_by(Some(authority)) && ticket.is_within(authority);
        if is_good { Ok(()) } else { Err(Refusal::Untrusted) }
    }

    fn draw(&mut self, signer: CertificateDigest, now: ItsTime) {
        let allowance = self.heard.entry(signer).or_insert(Allowance {
            messages: BURST,
            at: now,
        });
        *allowance = Allowance {
            messages: allowance.refilled(now) - 1.0,
            at: now,
        };
    }

    fn forget_old(&mut self, now: ItsTime) {
        // A message that is older than this would be refused as expired; clocks may differ on both sides.
        let horizon = now.before(OLDEST + 2 * CLOCKS_DIFFER);
        while let Some(&(at, fingerprint)) = self.seen_in_order.front() {
            if at >= horizon && self.seen_in_order.len() < SEEN_MAX {
                break;
            }
            self.seen_in_order.pop_front();
            self.seen.remove(&fingerprint);
        }
    }

    /// Gives up the ticket that has been silent longest, when there are too many.
    fn make_room(&mut self, now: ItsTime) {
        if self.tickets.len() < TICKETS_MAX {
            return;
        }
        let silence = |digest: &CertificateDigest| self.heard.get(digest).map_or(now, |allowance| allowance.at);
        let silent = self
            .tickets
            .keys()
            .copied()
            .min_by_key(|digest| (silence(digest), *digest));
        if let Some(silent) = silent {
            self.tickets.remove(&silent);
            self.heard.remove(&silent);
        }
    }
}

impl Allowance {
    fn refilled(&self, now: ItsTime) -> f64 {
        let since_s = now.0.saturating_sub(self.at.0) as f64 * 1e-6;
        (self.messages + since_s * RATE_HZ_MAX).min(BURST)
    }
}
