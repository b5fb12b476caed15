//! Secret keys in files: PKCS #8 (RFC 5958), enciphered with a passphrase by PBES2 (RFC 8018).
//!
//! Ed25519 and P-256 keys take AES-256-CBC and PBKDF2 with HMAC-SHA-256, SM2 keys SM4-CBC and PBKDF2 with HMAC-SM3
//! (GM/T 0091), so that OpenSSL and Python's `cryptography` open them too. The crate `pkcs8` knows no SM4, and one reader for
//! both is shorter than two.

use super::{Scheme, SecretKey, Suite, hmac};
use crate::LedgerError;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use der::asn1::{AnyRef, ObjectIdentifier, OctetString, OctetStringRef};
use der::{Decode, Encode, Sequence};

/// Rounds of PBKDF2 for new files: what OWASP recommends for HMAC-SHA-256, some tenths of a second.
pub const DEFAULT_ITERATIONS: u32 = 600_000;
/// A hostile file must not make us count for ever.
const ITERATIONS_MAX: u32 = 10_000_000;
const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const HMAC_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const HMAC_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401.3.1");
const AES256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const SM4_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104.2");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// `AlgorithmIdentifier` (RFC 5280, 4.1.1.2).
#[derive(Sequence)]
struct Algorithm<'a> {
    oid: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<AnyRef<'a>>,
}

/// `EncryptedPrivateKeyInfo` (RFC 5958, 3).
#[derive(Sequence)]
struct Encrypted<'a> {
    algorithm: Algorithm<'a>,
    data: &'a OctetStringRef,
}

/// `PBES2-params` (RFC 8018, A.4).
#[derive(Sequence)]
struct Pbes2<'a> {
    derivation: Algorithm<'a>,
    scheme: Algorithm<'a>,
}

/// `PBKDF2-params` (RFC 8018, A.2).
#[derive(Sequence)]
struct Derivation<'a> {
    salt: &'a OctetStringRef,
    iterations: u32,
    #[asn1(optional = "true")]
    key_bytes: Option<u16>,
    function: Algorithm<'a>,
}

/// `OneAsymmetricKey` version 1 (RFC 5958, 2), without attributes.
#[derive(Sequence)]
struct PrivateKey<'a> {
    version: u8,
    algorithm: Algorithm<'a>,
    key: &'a OctetStringRef,
}

/// `ECPrivateKey` (RFC 5915, 3); others write curve and public key behind the key, which are not needed.
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    key: &'a OctetStringRef,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    curve: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", optional = "true", tag_mode = "EXPLICIT")]
    public_key: Option<AnyRef<'a>>,
}

/// A key as a PEM file that only the passphrase opens.
pub fn encrypt_key(key: &SecretKey, passphrase: &str, iterations: u32) -> Result<String, LedgerError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| LedgerError::Key(format!("the system gives no random bytes: {error}")))?;
    let (salt, iv) = random.split_at(16);
    let iv: [u8; 16] = iv.try_into().expect("half of 32 bytes");
    let encoded = encode(key, passphrase, iterations, salt, iv)
        .map_err(|error| LedgerError::Key(format!("the key cannot be written as PKCS #8: {error}")))?;
    let text = BASE64_STANDARD.encode(encoded);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base 64 is ASCII"))
        .collect();
    Ok(format!("{BEGIN}\n{}\n{END}\n", lines.join("\n")))
}

fn encode(key: &SecretKey, passphrase: &str, iterations: u32, salt: &[u8], iv: [u8; 16]) -> der::Result<Vec<u8>> {
    let plain = plain_key(key)?;
    let suite = key.suite();
    let (function, cipher) = match suite {
        Suite::International => (HMAC_SHA256, AES256_CBC),
        Suite::Sm => (HMAC_SM3, SM4_CBC),
    };
    let derived = derive(suite, passphrase, salt, iterations);
    let data = match suite {
        Suite::International => {
            cbc::Encryptor::<aes::Aes256>::new(&derived.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(&plain)
        }
        Suite::Sm => {
            let key: [u8; 16] = derived[..16].try_into().expect("16 of 32 bytes");
            cbc::Encryptor::<sm4::Sm4>::new(&key.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(&plain)
        }
    };
    let derivation = Derivation {
        salt: OctetStringRef::new(salt)?,
        iterations,
        key_bytes: None,
        function: Algorithm {
            oid: function,
            parameters: Some(AnyRef::NULL),
        },
    }
    .to_der()?;
    let iv = OctetString::new(iv)?.to_der()?;
    let parameters = Pbes2 {
        derivation: Algorithm {
            oid: PBKDF2,
            parameters: Some(AnyRef::from_der(&derivation)?),
        },
        scheme: Algorithm {
            oid: cipher,
            parameters: Some(AnyRef::from_der(&iv)?),
        },
    }
    .to_der()?;
    Encrypted {
        algorithm: Algorithm {
            oid: PBES2,
            parameters: Some(AnyRef::from_der(&parameters)?),
        },
        data: OctetStringRef::new(&data)?,
    }
    .to_der()
}

/// The key of a PEM file.
pub fn decrypt_key(pem: &str, passphrase: &str) -> Result<SecretKey, LedgerError> {
    let wrong = |what: &str| {
        LedgerError::Key(format!(
            "{what}\nhint: a key file is PKCS #8 in PEM, enciphered by PBES2 with AES-256-CBC or SM4-CBC, as `westline ledger init` writes it"
        ))
    };
    let body = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let body: String = body
        .ok_or_else(|| wrong("this is no encrypted private key"))?
        .split_whitespace()
        .collect();
    let encoded = BASE64_STANDARD
        .decode(body)
        .map_err(|_| wrong("the key is not in base 64"))?;
    let plain = decipher(&encoded, passphrase).map_err(|_| wrong("the key is enciphered in a way not known here"))?;
    let plain = plain.ok_or_else(|| LedgerError::Key("the passphrase does not open this key".to_owned()))?;
    read_plain_key(&plain).ok_or_else(|| LedgerError::Key("the passphrase does not open this key".to_owned()))
}

/// The plain key information; `None` where the padding tells that the passphrase is another.
fn decipher(encoded: &[u8], passphrase: &str) -> der::Result<Option<Vec<u8>>> {
    let unknown = || der::ErrorKind::Failed;
    let file = Encrypted::from_der(encoded)?;
    let parameters = file.algorithm.parameters.filter(|_| file.algorithm.oid == PBES2);
    let parameters: Pbes2<'_> = parameters.ok_or_else(unknown)?.decode_as()?;
    let derivation = parameters
        .derivation
        .parameters
        .filter(|_| parameters.derivation.oid == PBKDF2);
    let derivation: Derivation<'_> = derivation.ok_or_else(unknown)?.decode_as()?;
    let iv: &OctetStringRef = parameters.scheme.parameters.ok_or_else(unknown)?.decode_as()?;
    let iv: [u8; 16] = iv.as_bytes().try_into().map_err(|_| unknown())?;
    let suite = match (derivation.function.oid, parameters.scheme.oid) {
        (HMAC_SHA256, AES256_CBC) => Suite::International,
        (HMAC_SM3, SM4_CBC) => Suite::Sm,
        _ => return Err(unknown().into()),
    };
    if derivation.iterations == 0 || derivation.iterations > ITERATIONS_MAX {
        return Err(unknown().into());
    }
    let derived = derive(suite, passphrase, derivation.salt.as_bytes(), derivation.iterations);
    let data = file.data.as_bytes();
    Ok(match suite {
        Suite::International => cbc::Decryptor::<aes::Aes256>::new(&derived.into(), &iv.into())
            .decrypt_padded_vec::<Pkcs7>(data)
            .ok(),
        Suite::Sm => {
            let key: [u8; 16] = derived[..16].try_into().expect("16 of 32 bytes");
            cbc::Decryptor::<sm4::Sm4>::new(&key.into(), &iv.into())
                .decrypt_padded_vec::<Pkcs7>(data)
                .ok()
        }
    })
}

/// PBKDF2 (RFC 8018, 5.2), its first block of 32 bytes: neither cipher wants more.
fn derive(suite: Suite, passphrase: &str, salt: &[u8], iterations: u32) -> [u8; 32] {
    match suite {
        Suite::International => pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(passphrase.as_bytes(), salt, iterations),
        Suite::Sm => {
            let mut block = hmac(suite, passphrase.as_bytes(), &[salt, &1u32.to_be_bytes()].concat());
            let mut sum = block;
            for _ in 1..iterations {
                block = hmac(suite, passphrase.as_bytes(), &block);
                sum.iter_mut().zip(block).for_each(|(byte, more)| *byte ^= more);
            }
            sum
        }
    }
}

/// PKCS #8 of a key.
fn plain_key(key: &SecretKey) -> der::Result<Vec<u8>> {
    let bytes = key.to_bytes();
    let secret = OctetStringRef::new(&bytes)?;
    let (oid, curve) = match key.scheme() {
        Scheme::Ed25519 => (ED25519, None),
        Scheme::P256 => (EC_PUBLIC_KEY, Some(P256.to_der()?)),
        Scheme::Sm2 => (EC_PUBLIC_KEY, Some(SM2.to_der()?)),
    };
    let inner = match curve {
        None => secret.to_der()?,
        Some(_) => EcPrivateKey {
            version: 1,
            key: secret,
            curve: None,
            public_key: None,
        }
        .to_der()?,
    };
    PrivateKey {
        version: 0,
        algorithm: Algorithm {
            oid,
            parameters: curve.as_deref().map(AnyRef::from_der).transpose()?,
        },
        key: OctetStringRef::new(&inner)?,
    }
    .to_der()
}

fn read_plain_key(plain: &[u8]) -> Option<SecretKey> {
    let information = PrivateKey::from_der(plain).ok()?;
    let inner = information.key.as_bytes();
    if information.algorithm.oid == ED25519 {
        let seed = <&OctetStringRef>::from_der(inner).ok()?;
        return SecretKey::from_bytes(Scheme::Ed25519, seed.as_bytes()).ok();
    }
    let curve: ObjectIdentifier = information.algorithm.parameters?.decode_as().ok()?;
    let scheme = match (information.algorithm.oid, curve) {
        (EC_PUBLIC_KEY, P256) => Scheme::P256,
        (EC_PUBLIC_KEY, SM2) => Scheme::Sm2,
        _ => return None,
    };
    let key = EcPrivateKey::from_der(inner).ok()?;
    SecretKey::from_bytes(scheme, key.key.as_bytes()).ok()
}
