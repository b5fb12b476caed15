//! A block's header, written as a checkpoint that its validators sign.
//!
//! The form is C2SP tlog-checkpoint in a C2SP signed note: origin, size and root of the log, then lines of our own for
//! height, time, parent, state and validators. So one text is header, proof of the log and of the state, and any program
//! that reads signed notes verifies it (Ed25519; the signatures of P-256 and SM2 carry the note types that C2SP leaves to
//! applications). In goes a [`Header`], out comes its one text, and back.

use crate::LedgerError;
use crate::crypto::{Digest, PublicKey, Scheme, SecretKey, Signature, Suite};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use std::collections::BTreeMap;

/// A note is a few hundred bytes; a hostile one must not be more.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Signatures that are looked at.
const SIGNATURES_MAX: usize = 256;

/// What a block fixes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Header {
    /// Which chain: `westline/<site>/<first 16 digits of the digest of genesis>`.
    pub origin: String,
    /// Blocks before this one.
    pub height: u64,
    /// When it was made, milliseconds since 1970 UTC; never before its parent.
    pub time_ms: u64,
    /// Digest of the parent's text; zeros for the first.
    pub parent: Digest,
    /// Entries in the log, this block's included.
    pub log_size: u64,
    /// Root of the log's Merkle tree (RFC 9162).
    pub log_root: Digest,
    /// Root of the state after this block.
    pub state_root: Digest,
}

impl Header {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\nheight {}\ntime {}\nparent {}\nstate {}\n",
            self.origin,
            self.log_size,
            BASE64_STANDARD.encode(self.log_root.0),
            self.height,
            self.time_ms,
            self.parent,
            self.state_root
        )
    }

    /// Reads a text; what [`Header::text`] would not write is refused.
    pub fn parse(text: &str) -> Result<Header, LedgerError> {
        let wrong = || {
            LedgerError::format(
                "checkpoint",
                "the lines are not those of a checkpoint of this ledger",
                "expected origin, size, root, `height`, `time`, `parent` and `state`, one a line",
            )
        };
        let parse = || {
            let mut lines = text.lines();
            let origin = lines.next()?.to_owned();
            let log_size = lines.next()?.parse().ok()?;
            let log_root = BASE64_STANDARD.decode(lines.next()?).ok()?;
            let mut named = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
            let header = Header {
                origin,
                height: named("height")?.parse().ok()?,
                time_ms: named("time")?.parse().ok()?,
                parent: named("parent")?.parse().ok()?,
                state_root: named("state")?.parse().ok()?,
                log_size,
                log_root: Digest(log_root.try_into().ok()?),
            };
            (header.text() == text).then_some(header)
        };
        parse().ok_or_else(wrong)
    }

    /// Digest of the text: what the next block names as its parent.
    pub fn digest(&self, suite: Suite) -> Digest {
        Digest::of(suite, &[self.text().as_bytes()])
    }

    /// Signs the text as this validator.
    pub fn sign(&self, validator: &str, key: &SecretKey) -> NoteSignature {
        NoteSignature {
            validator: validator.to_owned(),
            key_id: key_id(validator, &key.public_key()),
            signature: key.sign(self.text().as_bytes()),
        }
    }
}

/// One validator's signature of a header.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct NoteSignature {
    /// The validator's name.
    pub validator: String,
    /// C2SP's short name of its key.
    pub key_id: [u8; 4],
    /// Of the header's text.
    pub signature: Signature,
}

/// The validators that are believed, by name.
pub type Validators = BTreeMap<String, PublicKey>;

/// Signatures that make a block final among so many validators: more than two thirds.
pub fn quorum(validators: usize) -> usize {
    validators * 2 / 3 + 1
}

/// A header with its signatures.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Checkpoint {
    /// The header.
    pub header: Header,
    /// In the order of the validators' names.
    pub signatures: Vec<NoteSignature>,
}

impl Checkpoint {
    /// The signed note.
    pub fn note(&self) -> String {
        let mut note = self.header.text() + "\n";
        for signature in &self.signatures {
            let bytes = [&signature.key_id[..], &signature.signature.0].concat();
            note += &format!("— {} {}\n", signature.validator, BASE64_STANDARD.encode(bytes));
        }
        note
    }

    /// Reads a signed note. Whether to believe it, [`Checkpoint::verify`] says.
    pub fn parse(note: &str) -> Result<Checkpoint, LedgerError> {
        let wrong = |what: &str| {
            LedgerError::format(
                "checkpoint",
                what,
                "a checkpoint is a text, an empty line, and lines `— name signature`",
            )
        };
        if note.len() > NOTE_BYTES_MAX {
            return Err(wrong(&format!("longer than {NOTE_BYTES_MAX} bytes")));
        }
        let (text, lines) = note
            .split_once("\n\n")
            .ok_or_else(|| wrong("there are no signatures"))?;
        let header = Header::parse(&format!("{text}\n"))?;
        let mut signatures = Vec::new();
        for line in lines.lines().take(SIGNATURES_MAX) {
            let read = || {
                let (validator, signature) = line.strip_prefix("— ")?.split_once(' ')?;
                let bytes = BASE64_STANDARD.decode(signature).ok()?;
                let (key_id, signature) = bytes.split_at_checked(4)?;
                Some(NoteSignature {
                    validator: validator.to_owned(),
                    key_id: key_id.try_into().ok()?,
                    signature: Signature(signature.try_into().ok()?),
                })
            };
            signatures.push(read().ok_or_else(|| wrong(&format!("`{line}` is no signature")))?);
        }
        Ok(Checkpoint { header, signatures })
    }

    /// Have more than two thirds of these validators signed it?
    pub fn verify(&self, validators: &Validators) -> Result<(), LedgerError> {
        let text = self.header.text();
        let mut names: Vec<&str> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = validators.get(&signature.validator) else {
                continue;
            };
            let is_right = key_id(&signature.validator, key) == signature.key_id;
            if is_right && !names.contains(&&*signature.validator) && key.verify(text.as_bytes(), &signature.signature)
            {
                names.push(&signature.validator);
            }
        }
        let needed = quorum(validators.len());
        if names.len() < needed {
            return Err(LedgerError::Proof(format!(
                "block {}: {} of {} validators have signed, {needed} are needed",
                self.header.height,
                names.len(),
                validators.len()
            )));
        }
        Ok(())
    }
}

/// The short name of a key: the beginning of SHA-256 over name, newline, type and key (C2SP signed-note).
pub fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let kind: &[u8] = match key.scheme {
        Scheme::Ed25519 => &[0x01],
        // C2SP: 0xff and a name of the application's own.
        Scheme::P256 => b"\xffwestline/p256",
        Scheme::Sm2 => b"\xffwestline/sm2",
    };
    let mut hasher = sha2::Sha256::new();
    for part in [name.as_bytes(), b"\n", kind, &key.bytes] {
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The key as programs that verify signed notes take it: `name+id+base64`.
pub fn verifier_key(name: &str, key: &PublicKey) -> String {
    let kind: &[u8] = if key.scheme == Scheme::Ed25519 {
        &[0x01]
    } else {
        &[0xff]
    };
    let bytes = [kind, &key.bytes].concat();
    format!(
        "{name}+{}+{}",
        crate::hex::encode(&key_id(name, key)),
        BASE64_STANDARD.encode(bytes)
    )
}
