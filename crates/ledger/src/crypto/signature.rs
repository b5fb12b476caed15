//! Keys and signatures: Ed25519 (RFC 8032), ECDSA on P-256 with SHA-256 (FIPS 186-5), SM2 with SM3 (GB/T 32918.2).
//!
//! A signature on the ledger is 64 bytes and there is one for a key and a message: Ed25519 is verified strictly (no small
//! order, no second encoding), P-256 must have the lower of its two `s`. Signing is deterministic in all three schemes.
//! The functions `verify_*` judge foreign signatures in foreign encodings.

use super::Suite;
use crate::LedgerError;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::{Verifier as _, hazmat::PrehashVerifier as _};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Signers of SM2 are known by this identifier unless they agree on another (GM/T 0009).
const SM2_IDENTIFIER: &str = "1234567812345678";

/// A way to sign.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256 with SHA-256.
    P256,
    /// SM2 with SM3.
    Sm2,
}

impl Scheme {
    /// The name in text.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Ed25519 => "ed25519",
            Scheme::P256 => "p256",
            Scheme::Sm2 => "sm2",
        }
    }

    fn public_key_bytes(self) -> usize {
        match self {
            Scheme::Ed25519 => 32,
            Scheme::P256 | Scheme::Sm2 => 33,
        }
    }
}

/// A public key; as text `scheme:hexadecimal`, points of P-256 and SM2 compressed (SEC 1, 2.3.3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PublicKey {
    /// The scheme.
    pub scheme: Scheme,
    /// 32 bytes of Ed25519, 33 of the others.
    pub bytes: Vec<u8>,
}

/// A signature: `R`, `S` of Ed25519; `r`, `s` of the others, big-endian (IEEE P1363).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl PublicKey {
    /// Does this key accept this signature of this message?
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        match self.scheme {
            Scheme::Ed25519 => verify_ed25519(&self.bytes, message, &signature.0),
            Scheme::P256 => {
                let Ok(parsed) = p256::ecdsa::Signature::from_slice(&signature.0) else {
                    return false;
                };
                let is_low = parsed.normalize_s() == parsed;
                is_low && verify_ecdsa_p256(&self.bytes, message, &signature.0, EcdsaEncoding::P1363)
            }
            Scheme::Sm2 => verify_sm2(&self.bytes, SM2_IDENTIFIER, message, &signature.0),
        }
    }

    /// Is this a point of its curve in its one encoding?
    pub fn is_valid(&self) -> bool {
        self.bytes.len() == self.scheme.public_key_bytes()
            && match self.scheme {
                Scheme::Ed25519 => ed25519_dalek::VerifyingKey::try_from(&self.bytes[..])
                    .is_ok_and(|key| !key.is_weak() && key.as_bytes()[..] == self.bytes[..]),
                Scheme::P256 => p256::PublicKey::from_sec1_bytes(&self.bytes).is_ok(),
                Scheme::Sm2 => sm2::PublicKey::from_sec1_bytes(&self.bytes).is_ok(),
            }
    }

    /// `did:key` (W3C CCG), which knows Ed25519 (multicodec 0xed) and P-256 (0x1200), but not SM2.
    pub fn did_key(&self) -> Option<String> {
        Some(format!("did:key:{}", self.multikey()?))
    }

    /// The key as Multikey (W3C Controlled Identifiers 1.0, 2.2.2): base 58 of codec and key.
    pub fn multikey(&self) -> Option<String> {
        let codec: [u8; 2] = match self.scheme {
            Scheme::Ed25519 => [0xed, 0x01],
            Scheme::P256 => [0x80, 0x24],
            Scheme::Sm2 => return None,
        };
        let bytes = [&codec[..], &self.bytes].concat();
        Some(format!("z{}", bs58::encode(bytes).into_string()))
    }

    /// The key of a `did:key` or Multikey.
    pub fn from_did_key(text: &str) -> Option<PublicKey> {
        /// Both kinds of key are far below this.
        const MULTIKEY_CHARACTERS_MAX: usize = 80;
        let text = text.strip_prefix("did:key:").unwrap_or(text).strip_prefix('z')?;
        if text.len() > MULTIKEY_CHARACTERS_MAX {
            return None;
        }
        let bytes = bs58::decode(text).into_vec().ok()?;
        let scheme = match bytes.get(..2)? {
            [0xed, 0x01] => Scheme::Ed25519,
            [0x80, 0x24] => Scheme::P256,
            _ => return None,
        };
        let key = PublicKey {
            scheme,
            bytes: bytes[2..].to_vec(),
        };
        key.is_valid().then_some(key)
    }

    /// The key as a JSON Web Key (RFC 7517, RFC 8037), for those who speak JOSE.
    pub fn jwk(&self) -> serde_json::Value {
        let curve = match self.scheme {
            Scheme::Ed25519 => {
                return serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64_URL.encode(&self.bytes)});
            }
            Scheme::P256 => "P-256",
            Scheme::Sm2 => "SM2",
        };
        let point = self.uncompressed().unwrap_or_else(|| vec![0; 65]);
        let (x, y) = (BASE64_URL.encode(&point[1..33]), BASE64_URL.encode(&point[33..]));
        serde_json::json!({"kty": "EC", "crv": curve, "x": x, "y": y})
    }

    fn uncompressed(&self) -> Option<Vec<u8>> {
        match self.scheme {
            Scheme::Ed25519 => None,
            Scheme::P256 => {
                let key = p256::PublicKey::from_sec1_bytes(&self.bytes).ok()?;
                Some(key.to_sec1_point(false).as_bytes().to_vec())
            }
            Scheme::Sm2 => {
                let key = sm2::PublicKey::from_sec1_bytes(&self.bytes).ok()?;
                Some(key.to_sec1_point(false).as_bytes().to_vec())
            }
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.scheme.name(), crate::hex::encode(&self.bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for PublicKey {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<PublicKey, LedgerError> {
        let parse = || {
            let (scheme, digits) = text.split_once(':')?;
            let scheme = [Scheme::Ed25519, Scheme::P256, Scheme::Sm2]
                .into_iter()
                .find(|known| known.name() == scheme)?;
            let bytes = crate::hex::decode(digits)?;
            let key = PublicKey { scheme, bytes };
            key.is_valid().then_some(key)
        };
        parse().ok_or_else(|| {
            LedgerError::Key(format!(
                "`{}` is not a public key\nhint: a key is `ed25519:`, `p256:` or `sm2:` and the hexadecimal digits of a point",
                text.chars().take(100).collect::<String>()
            ))
        })
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
        <String as Deserialize>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&crate::hex::encode(&self.0))
    }
}

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Signature, D::Error> {
        let bytes = crate::hex::decode(&<String as Deserialize>::deserialize(deserializer)?);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(Signature)
            .ok_or_else(|| serde::de::Error::custom("expected 128 hexadecimal digits"))
    }
}

/// A secret key. It is never printed.
#[derive(Clone)]
pub enum SecretKey {
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
    /// ECDSA on P-256.
    P256(p256::ecdsa::SigningKey),
    /// SM2.
    Sm2(sm2::dsa::SigningKey),
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "secret key of {}", self.public_key())
    }
}

impl SecretKey {
    /// A new key from the system's randomness.
    pub fn generate(scheme: Scheme) -> Result<SecretKey, LedgerError> {
        loop {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)
                .map_err(|error| LedgerError::Key(format!("the system gives no random bytes: {error}")))?;
            // One number in 2^32 lies beyond the order of P-256 or SM2; the next will do.
            if let Ok(key) = SecretKey::from_bytes(scheme, &bytes) {
                return Ok(key);
            }
        }
    }

    /// The key of these 32 bytes: the seed of Ed25519, the scalar of the others.
    pub fn from_bytes(scheme: Scheme, bytes: &[u8]) -> Result<SecretKey, LedgerError> {
        let wrong = || LedgerError::Key(format!("these bytes are no secret key of {}", scheme.name()));
        match scheme {
            Scheme::Ed25519 => {
                let bytes = <&[u8; 32]>::try_from(bytes).map_err(|_| wrong())?;
                Ok(SecretKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(bytes)))
            }
            Scheme::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(bytes).map_err(|_| wrong())?;
                Ok(SecretKey::P256(key))
            }
            Scheme::Sm2 => {
                let key = sm2::dsa::SigningKey::from_slice(SM2_IDENTIFIER, bytes).map_err(|_| wrong())?;
                Ok(SecretKey::Sm2(key))
            }
        }
    }

    /// The 32 bytes that [`SecretKey::from_bytes`] takes.
    pub fn to_bytes(&self) -> [u8; 32] {
        match self {
            SecretKey::Ed25519(key) => key.to_bytes(),
            SecretKey::P256(key) => key.to_bytes().into(),
            SecretKey::Sm2(key) => key.to_bytes().into(),
        }
    }

    /// Its scheme.
    pub fn scheme(&self) -> Scheme {
        match self {
            SecretKey::Ed25519(_) => Scheme::Ed25519,
            SecretKey::P256(_) => Scheme::P256,
            SecretKey::Sm2(_) => Scheme::Sm2,
        }
    }

    /// The key that verifies.
    pub fn public_key(&self) -> PublicKey {
        let bytes = match self {
            SecretKey::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            SecretKey::P256(key) => key.verifying_key().to_sec1_point(true).as_bytes().to_vec(),
            SecretKey::Sm2(key) => key.verifying_key().to_sec1_point(true).as_bytes().to_vec(),
        };
        PublicKey {
            scheme: self.scheme(),
            bytes,
        }
    }

    /// Signs a message. The same key and message give the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(match self {
            SecretKey::Ed25519(key) => key.sign(message).to_bytes(),
            SecretKey::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.normalize_s().to_bytes().into()
            }
            SecretKey::Sm2(key) => key.sign(message).to_bytes().into(),
        })
    }

    /// The suite whose ciphers keep this key.
    pub(crate) fn suite(&self) -> Suite {
        match self.scheme() {
            Scheme::Sm2 => Suite::Sm,
            _ => Suite::International,
        }
    }
}

/// Ed25519, strictly: canonical encodings only, neither key nor `R` of small order.
pub fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        ed25519_dalek::VerifyingKey::try_from(key),
        ed25519_dalek::Signature::try_from(signature),
    ) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}

/// A signature that is to be verified.
pub(crate) struct Claim<'a> {
    pub key: &'a PublicKey,
    pub message: &'a [u8],
    pub signature: &'a Signature,
}

/// Does each hold? With validators, many of Ed25519 are asked for together.
pub(crate) fn verify_claims(claims: &[Claim<'_>]) -> Vec<bool> {
    #[cfg(feature = "validators")]
    if claims.len() >= super::batch::TOGETHER_MIN {
        let together: Option<Vec<super::batch::Signed<'_>>> = claims.iter().map(batched).collect();
        if together.is_some_and(|together| super::batch::all_hold(&together)) {
            return vec![true; claims.len()];
        }
    }
    let verify = |claim: &Claim<'_>| claim.key.verify(claim.message, claim.signature);
    claims.iter().map(verify).collect()
}

#[cfg(feature = "validators")]
fn batched<'a>(claim: &Claim<'a>) -> Option<super::batch::Signed<'a>> {
    Some(super::batch::Signed {
        key: match claim.key.scheme {
            Scheme::Ed25519 => claim.key.bytes[..].try_into().ok()?,
            Scheme::P256 | Scheme::Sm2 => return None,
        },
        message: claim.message,
        signature: &claim.signature.0,
    })
}

/// How the two numbers of an ECDSA or SM2 signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcdsaEncoding {
    /// A `SEQUENCE` of two `INTEGER`s in DER, and nothing looser.
    Der,
    /// Two numbers of 32 bytes (IEEE P1363).
    P1363,
}

/// ECDSA on P-256 with SHA-256; the key is a point, compressed or not. Both values of `s` are taken.
pub fn verify_ecdsa_p256(key: &[u8], message: &[u8], signature: &[u8], encoding: EcdsaEncoding) -> bool {
    let signature = match encoding {
        EcdsaEncoding::Der => p256::ecdsa::Signature::from_der(signature),
        EcdsaEncoding::P1363 => p256::ecdsa::Signature::from_slice(signature),
    };
    let (Ok(key), Ok(signature)) = (p256::ecdsa::VerifyingKey::from_sec1_bytes(key), signature) else {
        return false;
    };
    key.verify(message, &signature).is_ok()
}

/// SM2 with SM3 for a signer of this identifier; the signature is `r` and `s`, 32 bytes each.
pub fn verify_sm2(key: &[u8], identifier: &str, message: &[u8], signature: &[u8]) -> bool {
    let key = sm2::dsa::VerifyingKey::from_sec1_bytes(identifier, key);
    let (Ok(key), Ok(signature)) = (key, sm2::dsa::Signature::from_slice(signature)) else {
        return false;
    };
    key.verify(message, &signature).is_ok()
}

/// SM2 over a value that is hashed already (`e` of GB/T 32918.2), in either encoding.
pub fn verify_sm2_prehash(key: &[u8], hashed: &[u8], signature: &[u8], encoding: EcdsaEncoding) -> bool {
    let signature = match encoding {
        EcdsaEncoding::Der => sm2::dsa::Signature::from_der(signature),
        EcdsaEncoding::P1363 => sm2::dsa::Signature::from_slice(signature),
    };
    let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_IDENTIFIER, key);
    let (Ok(key), Ok(signature)) = (key, signature) else {
        return false;
    };
    key.verify_prehash(hashed, &signature).is_ok()
}
