//! Every foreign test vector at hand is judged as its author says: GB/T and GM/T annexes, Wycheproof, Merkle proofs, W3C
//! Verifiable Credentials. Files of a kind that nobody here knows fail the test, so that none is passed over in silence.

use crate::shared::json_files;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ledger::{Digest, EcdsaEncoding, Sm4Mode, Suite, hex, merkle};
use serde_json::Value;

/// What was judged, and where it was judged otherwise.
#[derive(Default)]
struct Judged {
    count: usize,
    wrong: Vec<String>,
}

impl Judged {
    fn judge(&mut self, name: impl Fn() -> String, expected: bool, found: bool) {
        self.count += 1;
        if expected != found {
            self.wrong
                .push(format!("{}: expected {expected}, found {found}", name()));
        }
    }

    fn tell(self, what: &str) {
        eprintln!("{what}: {} judged", self.count);
        assert!(
            self.wrong.is_empty(),
            "{} of {} {what}:\n{}",
            self.wrong.len(),
            self.count,
            self.wrong.join("\n")
        );
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no text `{key}` in {value}"))
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(text(value, key)).unwrap_or_else(|| panic!("`{key}` is not hexadecimal"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_vector_of_the_chinese_standards_is_met() {
    let mut judged = Judged::default();
    for (name, file) in json_files("ledger/gm") {
        let before = judged.count;
        for (index, test) in list(&file, "tests").iter().enumerate() {
            let digest = Digest::of(Suite::Sm, &[&bytes(test, "input")]);
            judged.judge(
                || format!("{name} sm3 {index}"),
                true,
                digest.0[..] == bytes(test, "sm3"),
            );
        }
        for (index, test) in list(&file, "ecb").iter().enumerate() {
            let key: [u8; 16] = bytes(test, "key").try_into().expect("a key of 16 bytes");
            let (plain, expected) = (bytes(test, "pt"), bytes(test, "ct"));
            let blocks = plain.chunks_exact(16).map(|block| block.try_into().expect("16 bytes"));
            let found: Vec<u8> = blocks
                .flat_map(|block| ledger::sm4_encrypt_block(&key, block))
                .collect();
            judged.judge(|| format!("{name} ecb {index}"), true, found == expected);
        }
        for (mode, tests) in [("gcm", list(&file, "gcm")), ("ccm", list(&file, "ccm"))] {
            for (index, test) in tests.iter().enumerate() {
                let tag = bytes(test, "tag");
                let kind = if mode == "gcm" {
                    Sm4Mode::Gcm
                } else {
                    Sm4Mode::Ccm { tag_bytes: tag.len() }
                };
                let found = sealed(kind, test, "pt");
                judged.judge(
                    || format!("{name} {mode} {index}"),
                    true,
                    found == Some((bytes(test, "ct"), tag)),
                );
            }
        }
        for (index, test) in list(&file, "sign").iter().enumerate() {
            judged.judge(|| format!("{name} sign {index}"), true, sm2_signature_is_made(test));
        }
        if let Some(pem) = file["key_pem"].as_str() {
            let key = sm2_key_of(pem);
            for (index, test) in list(&file, "verify").iter().enumerate() {
                let expected = test["valid"].as_bool().unwrap_or(true);
                let (hashed, signature) = (bytes(test, "e"), bytes(test, "sig_der"));
                let found = ledger::verify_sm2_prehash(&key, &hashed, &signature, EcdsaEncoding::Der);
                judged.judge(|| format!("{name} verify {index}"), expected, found);
                let mut other = hashed.clone();
                other[0] ^= 1;
                let found = ledger::verify_sm2_prehash(&key, &other, &signature, EcdsaEncoding::Der);
                judged.judge(|| format!("{name} verify {index}, another hash"), false, found);
            }
        }
        assert!(judged.count > before, "{name}: nobody here knows this kind of file");
    }
    judged.tell("vectors of SM2, SM3 and SM4");
}

/// GB/T 32918.2, 6.1, with the nonce that the vector names: our verifier takes the signature, and it is the one that the
/// key makes with this nonce.
fn sm2_signature_is_made(test: &Value) -> bool {
    use sm2::elliptic_curve::{PrimeField as _, sec1::ToSec1Point as _};
    let key = sm2::SecretKey::from_slice(&bytes(test, "d")).expect("a key");
    let message = test["msg_utf8"]
        .as_str()
        .map_or_else(|| bytes(test, "msg"), |text| text.as_bytes().to_vec());
    let (identifier, r, s) = (text(test, "id"), bytes(test, "r"), bytes(test, "s"));
    let point = key.public_key().to_sec1_point(true);
    let verified = ledger::verify_sm2(point.as_bytes(), identifier, &message, &[r.clone(), s.clone()].concat());
    let changed = ledger::verify_sm2(
        point.as_bytes(),
        identifier,
        b"another",
        &[r.clone(), s.clone()].concat(),
    );
    let scalar = |bytes: Vec<u8>| {
        let bytes: [u8; 32] = bytes.try_into().expect("32 bytes");
        sm2::Scalar::from_repr(bytes.into()).expect("below the order")
    };
    let (d, k, r, s) = (*key.to_nonzero_scalar(), scalar(bytes(test, "k")), scalar(r), scalar(s));
    verified && !changed && (sm2::Scalar::ONE + d) * s == k - r * d
}

/// The public key of a PKCS #8 file: the point at its end.
fn sm2_key_of(pem: &str) -> Vec<u8> {
    use sm2::elliptic_curve::sec1::ToSec1Point as _;
    use sm2::pkcs8::DecodePrivateKey as _;
    let key = sm2::SecretKey::from_pkcs8_pem(pem).expect("a key of SM2");
    key.public_key().to_sec1_point(true).as_bytes().to_vec()
}

fn sealed(mode: Sm4Mode, test: &Value, plain: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let key: [u8; 16] = bytes(test, "key").try_into().expect("a key of 16 bytes");
    ledger::sm4_encrypt(mode, &key, &bytes(test, "iv"), &bytes(test, "aad"), &bytes(test, plain))
}

#[test]
fn every_vector_of_wycheproof_is_judged_as_it_says() {
    let mut judged = Judged::default();
    for (name, file) in json_files("ledger/wycheproof") {
        let algorithm = text(&file, "algorithm").to_owned();
        for group in list(&file, "testGroups") {
            for test in list(group, "tests") {
                let expected = match text(test, "result") {
                    "valid" => true,
                    "invalid" => false,
                    // Both answers are right.
                    _ => continue,
                };
                let found = wycheproof(&algorithm, group, test)
                    .unwrap_or_else(|| panic!("{name}: nobody here knows `{algorithm}` in a {}", group["type"]));
                judged.judge(
                    || format!("{name} {}, {}", test["tcId"], test["comment"]),
                    expected,
                    found,
                );
            }
        }
    }
    judged.tell("vectors of Wycheproof");
}

fn wycheproof(algorithm: &str, group: &Value, test: &Value) -> Option<bool> {
    match algorithm {
        "EDDSA" if group["type"] == "EddsaVerify" => {
            let key = bytes(&group["publicKey"], "pk");
            (key.len() == 32).then(|| ledger::verify_ed25519(&key, &bytes(test, "msg"), &bytes(test, "sig")))
        }
        "ECDSA" if group["sha"] == "SHA-256" && group["publicKey"]["curve"] == "secp256r1" => {
            let encoding = match group["type"].as_str()? {
                "EcdsaVerify" | "EcdsaBitcoinVerify" => EcdsaEncoding::Der,
                "EcdsaP1363Verify" => EcdsaEncoding::P1363,
                _ => return None,
            };
            let key = bytes(&group["publicKey"], "uncompressed");
            let (message, signature) = (bytes(test, "msg"), bytes(test, "sig"));
            Some(ledger::verify_ecdsa_p256(&key, &message, &signature, encoding))
        }
        "HMACSM3" | "HMACSHA256" => {
            let suite = if algorithm == "HMACSM3" {
                Suite::Sm
            } else {
                Suite::International
            };
            let tag_bytes = group["tagSize"].as_u64()? as usize / 8;
            let code = ledger::hmac(suite, &bytes(test, "key"), &bytes(test, "msg"));
            Some(tag_bytes <= code.len() && code[..tag_bytes] == bytes(test, "tag"))
        }
        "SM4-GCM" | "SM4-CCM" => {
            let tag_bytes = group["tagSize"].as_u64()? as usize / 8;
            let mode = if algorithm == "SM4-GCM" {
                Sm4Mode::Gcm
            } else {
                Sm4Mode::Ccm { tag_bytes }
            };
            let key: [u8; 16] = bytes(test, "key").try_into().ok()?;
            let (nonce, aad, tag) = (bytes(test, "iv"), bytes(test, "aad"), bytes(test, "tag"));
            let opened = ledger::sm4_decrypt(mode, &key, &nonce, &aad, &bytes(test, "ct"), &tag);
            let is_opened = opened == Some(bytes(test, "msg"));
            // What is valid must also come out when we seal.
            let is_sealed = sealed(mode, test, "msg") == Some((bytes(test, "ct"), tag));
            Some(is_opened && is_sealed)
        }
        _ => None,
    }
}

#[test]
fn every_merkle_proof_is_judged_as_it_says() {
    let mut judged = Judged::default();
    for (name, file) in json_files("ledger/merkle") {
        for (case, test) in file.as_object().expect("an object of cases") {
            let found = merkle_proof(case, test);
            judged.judge(|| format!("{name} {case}"), test["wantErr"] == false, found);
        }
    }
    judged.tell("Merkle proofs");
}

fn merkle_proof(case: &str, test: &Value) -> bool {
    let digest = |value: &Value| {
        let bytes = BASE64_STANDARD.decode(value.as_str()?).ok()?;
        Some(Digest(bytes.try_into().ok()?))
    };
    let number = |key: &str| {
        test[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{case}: no number `{key}`"))
    };
    // A hash of another length is no hash: the proof is none.
    let judge = || {
        let proof: Option<Vec<Digest>> = list(test, "proof").iter().map(digest).collect();
        let proof = proof?;
        // Some cases name a root that is no hash at all, to say that its value does not matter: another hash stands for it.
        let root = |key: &str| {
            let bytes = BASE64_STANDARD.decode(test[key].as_str()?).ok()?;
            let stand_in = Digest::of(Suite::International, &[&bytes]);
            Some(bytes.try_into().map_or(stand_in, Digest))
        };
        let suite = Suite::International;
        Some(match case.split('/').next()? {
            "inclusion" => {
                let (index, size) = (number("leafIdx"), number("treeSize"));
                merkle::verify_inclusion(suite, &digest(&test["leafHash"])?, index, size, &proof, &root("root")?)
            }
            "subtreeinclusion" => {
                let (index, range) = (number("leafIdx"), (number("start"), number("end")));
                merkle::verify_subtree_inclusion(
                    suite,
                    &digest(&test["leafHash"])?,
                    index,
                    range,
                    &proof,
                    &root("root")?,
                )
            }
            "consistency" => {
                let (old, new) = ((number("size1"), &root("root1")?), (number("size2"), &root("root2")?));
                merkle::verify_consistency(suite, old, new, &proof)
            }
            "subtreeconsistency" => {
                let range = (number("start"), number("end"));
                let (subtree, tree) = (root("root1")?, (number("size"), &root("root2")?));
                merkle::verify_subtree_consistency(suite, range, &subtree, tree, &proof)
            }
            other => panic!("nobody here knows proofs of `{other}`"),
        })
    };
    judge().unwrap_or(false)
}

/// W3C's names say what they expect: `-ok` is a credential or presentation, `-fail` is none; those with neither end say something
/// of proofs, which these documents have not, and `-fail-or-inject` leaves it open.
#[test]
fn every_credential_of_the_w3c_suite_is_judged_as_its_name_says() {
    let mut judged = Judged::default();
    for (name, document) in json_files("ledger/vc2") {
        let expected = match name.trim_end_matches(".json") {
            name if name.ends_with("-ok") => true,
            name if name.ends_with("-fail") => false,
            _ => continue,
        };
        let faults = ledger::credential::faults(&document);
        judged.judge(|| format!("{name} {faults:?}"), expected, faults.is_empty());
    }
    judged.tell("credentials and presentations");
}
