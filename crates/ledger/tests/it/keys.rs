//! Keys in files, text and credentials; signatures that have one form only.

use crate::playground::key;
use ledger::{PublicKey, Scheme, SecretKey, Signature, decrypt_key, encrypt_key, jcs};
use proptest::prelude::*;

const SCHEMES: [Scheme; 3] = [Scheme::Ed25519, Scheme::P256, Scheme::Sm2];
/// Few rounds: tests do not keep secrets.
const ROUNDS: u32 = 3;

#[test]
fn a_key_file_opens_with_its_passphrase_and_no_other() {
    for scheme in SCHEMES {
        let key = SecretKey::generate(scheme).expect("random bytes");
        let file = encrypt_key(&key, "correct horse", ROUNDS).expect("a file");
        assert!(file.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert_eq!(
            decrypt_key(&file, "correct horse").expect("the key").to_bytes(),
            key.to_bytes()
        );
        let error = decrypt_key(&file, "wrong horse")
            .expect_err("another passphrase")
            .to_string();
        assert_eq!(error, "the passphrase does not open this key");
        let cut = file.replacen("MI", "", 1);
        assert!(decrypt_key(&cut, "correct horse").is_err());
    }
    assert!(decrypt_key("", "").expect_err("nothing").to_string().contains("hint:"));
}

/// Made by OpenSSL 3.0: `openssl genpkey` and `openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256`, passphrase `westline`.
#[test]
fn a_key_file_that_openssl_wrote_opens_here() {
    for (file, scheme) in [
        (include_str!("ed25519.pem"), Scheme::Ed25519),
        (include_str!("p256.pem"), Scheme::P256),
    ] {
        let key = decrypt_key(file, "westline").expect("the key");
        assert_eq!(key.scheme(), scheme);
        assert!(key.public_key().verify(b"message", &key.sign(b"message")));
    }
}

#[test]
fn the_upper_half_of_p256_signatures_is_refused_so_that_none_can_be_doubled() {
    let key = key(Scheme::P256, "malleable");
    let signature = key.sign(b"message");
    let parsed = p256::ecdsa::Signature::from_slice(&signature.0).expect("a signature");
    let (r, s) = parsed.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -s).expect("the other one");
    assert!(!key.public_key().verify(b"message", &Signature(other.to_bytes().into())));
}

#[test]
fn a_signature_of_one_scheme_is_none_of_another() {
    let keys = SCHEMES.map(|scheme| key(scheme, "confused"));
    for signer in &keys {
        for verifier in &keys {
            let is_same = signer.scheme() == verifier.scheme();
            assert_eq!(verifier.public_key().verify(b"m", &signer.sign(b"m")), is_same);
            let renamed = PublicKey {
                scheme: signer.scheme(),
                bytes: verifier.public_key().bytes,
            };
            assert!(is_same || !renamed.verify(b"m", &signer.sign(b"m")));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn keys_and_signatures_go_through_text_and_back(seed in any::<[u8; 32]>(), message in prop::collection::vec(any::<u8>(), 0..64)) {
        for scheme in SCHEMES {
            let Ok(key) = SecretKey::from_bytes(scheme, &seed) else { continue };
            let public = key.public_key();
            prop_assert_eq!(&public.to_string().parse::<PublicKey>().expect("a key"), &public);
            if let Some(did) = public.did_key() {
                prop_assert_eq!(PublicKey::from_did_key(&did), Some(public.clone()));
            }
            let signature = key.sign(&message);
            prop_assert_eq!(signature, key.sign(&message));
            prop_assert!(public.verify(&message, &signature));
            let mut other = message.clone();
            other.push(0);
            prop_assert!(!public.verify(&other, &signature));
        }
    }
}

/// RFC 8785, 3.2.3 and appendix B.
#[test]
fn canonical_json_is_that_of_rfc_8785() {
    let sample = r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#;
    let value = serde_json::from_str(sample).expect("JSON");
    let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(jcs::canonical(&value), expected);
    for (bits, expected) in [
        (0x8000_0000_0000_0000u64, "0"),
        (1, "5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    ] {
        assert_eq!(jcs::canonical(&serde_json::json!(f64::from_bits(bits))), expected);
    }
}
