//! Hashes, signatures, ciphers and key files, in two suites of which genesis chooses one.
//!
//! The international suite is SHA-256 with Ed25519 and P-256 and key files in AES-256; the Chinese one is SM3, SM2 and SM4
//! (GB/T 32905, 32918, 32907), which such ledgers in China have to use. The primitives are the RustCrypto and dalek
//! crates; ours is how they are put together.

mod aead;
#[cfg(feature = "validators")]
mod batch;
mod hash;
mod key_file;
mod signature;

pub use aead::{Sm4Mode, sm4_decrypt, sm4_encrypt, sm4_encrypt_block};
#[cfg(feature = "validators")]
pub(crate) use batch::TOGETHER_MAX;
pub use hash::{Digest, Hasher, hmac};
pub use key_file::{DEFAULT_ITERATIONS, decrypt_key, encrypt_key};
pub(crate) use signature::{Claim, verify_claims};
pub use signature::{
    EcdsaEncoding, PublicKey, Scheme, SecretKey, Signature, verify_ecdsa_p256, verify_ed25519, verify_sm2,
    verify_sm2_prehash,
};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The cryptography of a chain, chosen once, at genesis.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// SHA-256; keys are Ed25519 or P-256; key files in AES-256-CBC.
    #[default]
    International,
    /// SM3; keys are SM2; key files in SM4-CBC.
    Sm,
}

impl Suite {
    /// The scheme of new keys.
    pub fn default_scheme(self) -> Scheme {
        match self {
            Suite::International => Scheme::Ed25519,
            Suite::Sm => Scheme::Sm2,
        }
    }

    /// May a key of this scheme act on a chain of this suite?
    pub fn allows(self, scheme: Scheme) -> bool {
        match self {
            Suite::International => matches!(scheme, Scheme::Ed25519 | Scheme::P256),
            Suite::Sm => scheme == Scheme::Sm2,
        }
    }
}
