//! Digests of 32 bytes: SHA-256 (FIPS 180-4) or SM3 (GB/T 32905), and HMAC (RFC 2104) over either.

use super::Suite;
use crate::LedgerError;
use borsh::{BorshDeserialize, BorshSerialize};
use hmac::{KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use std::fmt;
use std::str::FromStr;

/// A digest. As text it is 64 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of parts, one after another.
    pub fn of(suite: Suite, parts: &[&[u8]]) -> Digest {
        let mut hasher = Hasher::new(suite);
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finish()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Digest, LedgerError> {
        let bytes = crate::hex::decode(text).filter(|bytes| bytes.len() == 32);
        let bytes = bytes.ok_or_else(|| {
            LedgerError::format(
                format!("digest `{}`", text.chars().take(80).collect::<String>()),
                "not a digest",
                "a digest is 64 hexadecimal digits",
            )
        })?;
        Ok(Digest(bytes.try_into().expect("filtered to 32 bytes")))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// A running hash.
#[derive(Clone, Debug)]
pub enum Hasher {
    /// SHA-256.
    Sha256(sha2::Sha256),
    /// SM3.
    Sm3(sm3::Sm3),
}

impl Hasher {
    /// An empty one.
    pub fn new(suite: Suite) -> Hasher {
        match suite {
            Suite::International => Hasher::Sha256(sha2::Sha256::new()),
            Suite::Sm => Hasher::Sm3(sm3::Sm3::new()),
        }
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sm3(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes.
    pub fn finish(self) -> Digest {
        Digest(match self {
            Hasher::Sha256(hasher) => hasher.finalize().into(),
            Hasher::Sm3(hasher) => hasher.finalize().into(),
        })
    }
}

/// The message authentication code of a message, HMAC over the suite's hash; 32 bytes, to be shortened from the right.
pub fn hmac(suite: Suite, key: &[u8], message: &[u8]) -> [u8; 32] {
    /// Any length of key is taken by HMAC, so that this cannot fail.
    const ANY_KEY: &str = "HMAC takes keys of any length";
    match suite {
        Suite::International => {
            let mut code = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).expect(ANY_KEY);
            code.update(message);
            code.finalize().into_bytes().into()
        }
        Suite::Sm => {
            let mut code = hmac::Hmac::<sm3::Sm3>::new_from_slice(key).expect(ANY_KEY);
            code.update(message);
            code.finalize().into_bytes().into()
        }
    }
}
