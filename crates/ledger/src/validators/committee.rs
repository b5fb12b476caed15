//! Who the validators are to the engine: each party's key of the chain, and a key for the engine's votes and connections.
//!
//! The engine votes with Ed25519 whatever the chain's suite; the chain's own signatures, those that receipts carry, are by the
//! party's key. Each party's key for the engine grows from its key of the chain, so that there is one secret to keep, and its
//! public part stands in the configuration that all share.

use crate::LedgerError;
use crate::crypto::{SecretKey, Suite};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::Signer as _;
use commonware_cryptography::ed25519::{PrivateKey, PublicKey};
use commonware_utils::ordered::Set;
use std::collections::BTreeMap;

/// What the seed of a key for the engine begins with.
const ENGINE_KEY_PREFIX: &[u8] = b"westline engine key 1\0";

/// The engine's key of a party.
pub fn engine_key(key: &SecretKey) -> PrivateKey {
    let seed = crate::crypto::Digest::of(Suite::International, &[ENGINE_KEY_PREFIX, &key.to_bytes()]);
    PrivateKey::decode(seed.0.to_vec()).expect("any 32 bytes are a seed of Ed25519")
}

/// This validator.
#[derive(Clone)]
pub struct Member {
    /// Its party.
    pub name: String,
    /// The party's key, which signs checkpoints.
    pub key: SecretKey,
}

/// All validators as the engine knows them.
#[derive(Clone, Debug)]
pub struct Committee {
    keys: BTreeMap<String, PublicKey>,
}

impl Committee {
    /// Validators by their parties' names, with their keys for the engine.
    pub fn new(keys: BTreeMap<String, PublicKey>) -> Result<Committee, LedgerError> {
        let committee = Committee { keys };
        let distinct = committee.set().len();
        if distinct != committee.keys.len() || distinct == 0 {
            return Err(LedgerError::Key(format!(
                "{} validators have {distinct} keys for the engine, expected one each\nhint: take `network.toml` from another party",
                committee.keys.len()
            )));
        }
        Ok(committee)
    }

    /// Their keys, in order.
    pub fn set(&self) -> Set<PublicKey> {
        Set::from_iter_dedup(self.keys.values().cloned())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Never: a committee has a member.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Names, in order.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.keys.keys()
    }

    /// The key of a validator.
    pub fn key(&self, name: &str) -> Option<&PublicKey> {
        self.keys.get(name)
    }

    /// The place of a key's owner among the names.
    pub fn place(&self, key: &PublicKey) -> Option<usize> {
        self.keys.values().position(|other| other == key)
    }

    /// The name of the validator of a place in the engine's order, which is that of the keys.
    pub(super) fn voter(&self, place: usize) -> Option<&str> {
        let mut order: Vec<(&PublicKey, &String)> = self.keys.iter().map(|(name, key)| (key, name)).collect();
        order.sort();
        order.get(place).map(|(_, name)| name.as_str())
    }

    /// Is this member one of them, with the key that they know?
    pub fn holds(&self, member: &Member) -> bool {
        self.keys.get(&member.name) == Some(&engine_key(&member.key).public_key())
    }
}
