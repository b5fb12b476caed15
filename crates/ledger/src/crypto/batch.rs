//! Many Ed25519 signatures at once: one equation over all of them, several times faster than one after another.
//!
//! In go keys, messages and signatures; out comes whether all of them hold, strictly, as [`super::verify_ed25519`] would say of each. `false`
//! says nothing of any one: the caller then asks one by one. So what is accepted is the same for all validators, whether they ask
//! together or singly.
//!
//! A signature `(R, s)` of a message by the key `A` holds if `D = s B - R - k A` is zero, `k` being SHA-512 of `R`, `A` and the message (RFC
//! 8032, 5.1.7, without the cofactor). Two sums are asked for:
//!
//! - the sum of all `z D` with factors `z` of 128 bits is zero: a part of `D` in the large subgroup passes with probability 2^-128 (D. Bernstein
//!   et al., "High-speed high-security signatures", 2012, section 5). Those of one key share its multiplication, and few parties sign a
//!   block.
//! - That leaves parts of small order, which such a sum misses each eighth time: it is why batches and single checks differ
//!   elsewhere (K. Chalkias, F. Garillot, V. Nikolaenko, "Taming the many EdDSAs", 2020). `B` has none, keys are looked at once, and of the
//!   `R` the sums of 64 random halves must have none: a part in one `R` passes each with probability 1/2.
//!
//! Factors and halves are drawn from a hash of the whole batch, so that all machines draw the same. Who signs may spend 2^64 tries on a
//! signature of its own that passes here and not singly; nobody can on another's.

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, IsIdentity as _, VartimeMultiscalarMul as _};
use sha2::{Digest as _, Sha512};
use std::collections::BTreeMap;

/// Fewer are faster one by one: the halves cost as much for any number.
pub(crate) const TOGETHER_MIN: usize = 96;
/// More bring little, and each thread has its own batch.
pub(crate) const TOGETHER_MAX: usize = 1024;
/// Sums of random halves, eight to a byte of the draw.
const HALVES: usize = 64;
/// What the draws begin with.
const DRAW_PREFIX: &[u8] = b"westline batch of signatures 1\0";

/// A signature to be judged.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub key: [u8; 32],
    pub message: &'a [u8],
    pub signature: &'a [u8; 64],
}

/// What of it enters the sums.
struct Term {
    key: [u8; 32],
    nonce: EdwardsPoint,
    response: Scalar,
    challenge: Scalar,
}

/// Do all hold? `false` if one may not.
pub(crate) fn all_hold(signed: &[Signed<'_>]) -> bool {
    let terms: Option<Vec<Term>> = signed.iter().map(term).collect();
    let Some(terms) = terms else {
        return false;
    };
    let mut seed = Sha512::new_with_prefix(DRAW_PREFIX);
    for (one, term) in signed.iter().zip(&terms) {
        // The challenge stands for the message.
        for part in [&one.key[..], &one.signature[..], term.challenge.as_bytes()] {
            seed.update(part);
        }
    }
    let seed = seed.finalize();
    let mut by_key: BTreeMap<[u8; 32], Scalar> = BTreeMap::new();
    let mut of_base = Scalar::ZERO;
    let mut factors = Vec::with_capacity(terms.len());
    let mut halves = Halves::new();
    for (index, term) in (0u64..).zip(&terms) {
        let drawn: [u8; 64] = Sha512::new_with_prefix(seed)
            .chain_update(index.to_be_bytes())
            .finalize()
            .into();
        let mut factor = [0; 32];
        factor[..16].copy_from_slice(&drawn[..16]);
        let factor = Scalar::from_bytes_mod_order(factor);
        of_base += factor * term.response;
        *by_key.entry(term.key).or_insert(Scalar::ZERO) += factor * term.challenge;
        factors.push(factor);
        halves.add(&term.nonce, &drawn[16..16 + HALVES / 8]);
    }
    let keys: Option<Vec<EdwardsPoint>> = by_key.keys().map(sound_key).collect();
    let Some(keys) = keys else {
        return false;
    };
    let scalars = factors.iter().chain(by_key.values()).copied().chain([-of_base]);
    let nonces = terms.iter().map(|term| term.nonce);
    let points = nonces.chain(keys).chain([ED25519_BASEPOINT_POINT]);
    let sum = EdwardsPoint::vartime_multiscalar_mul(scalars.collect::<Vec<_>>(), points.collect::<Vec<_>>());
    sum.is_identity() && halves.are_torsion_free()
}

/// None if it does not hold, or is not in its one encoding.
fn term(signed: &Signed<'_>) -> Option<Term> {
    let (nonce_bytes, response) = signed.signature.split_at(32);
    let nonce_bytes: [u8; 32] = nonce_bytes.try_into().ok()?;
    let response = Scalar::from_canonical_bytes(response.try_into().ok()?).into_option()?;
    let nonce = CompressedEdwardsY(nonce_bytes).decompress()?;
    // Of the points of small order, which hold for nobody, and whose x of zero has its sign written in two ways, the halves find all but
    // zero itself.
    if !is_reduced(&nonce_bytes) || nonce.is_identity() {
        return None;
    }
    let challenge = Sha512::new()
        .chain_update(nonce_bytes)
        .chain_update(signed.key)
        .chain_update(signed.message)
        .finalize();
    Some(Term {
        key: signed.key,
        nonce,
        response,
        challenge: Scalar::from_bytes_mod_order_wide(&challenge.into()),
    })
}

/// Is the y of a point's encoding below 2^255 - 19?
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let is_top = bytes[31] & 0x7f == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff);
    !(is_top && bytes[0] >= 0xed)
}

/// A key of the large subgroup in its one encoding; other keys may hold singly.
fn sound_key(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(*bytes).decompress()?;
    let is_sound = point.compress().0 == *bytes && !point.is_small_order() && point.is_torsion_free();
    is_sound.then_some(point)
}

/// Sums over random halves. Points go into one of 256 places for each eight halves; the places of a half are added up at the end.
struct Halves(Vec<[EdwardsPoint; 256]>);

impl Halves {
    fn new() -> Halves {
        Halves(vec![[EdwardsPoint::identity(); 256]; HALVES / 8])
    }

    fn add(&mut self, point: &EdwardsPoint, drawn: &[u8]) {
        for (places, byte) in self.0.iter_mut().zip(drawn) {
            places[usize::from(*byte)] += point;
        }
    }

    /// Has none of the sums a part of small order?
    fn are_torsion_free(self) -> bool {
        self.0.into_iter().all(|mut places| {
            // The half of the top bit is the upper places' sum; then the upper places join the lower, whose top bit is the next.
            (0..8).rev().all(|bit| {
                let (lower, upper) = places[..2 << bit].split_at_mut(1 << bit);
                let mut sum = EdwardsPoint::identity();
                for (below, above) in lower.iter_mut().zip(upper) {
                    sum += &*above;
                    *below += &*above;
                }
                is_torsion_free(&sum)
            })
        })
    }
}

/// Is the point, times the order of the large subgroup, zero? As its `is_torsion_free`, but in variable time: nothing here is secret.
fn is_torsion_free(point: &EdwardsPoint) -> bool {
    let all_but_one = EdwardsPoint::vartime_double_scalar_mul_basepoint(&-Scalar::ONE, point, &Scalar::ZERO);
    (all_but_one + point).is_identity()
}

#[cfg(test)]
mod tests {
    use super::{EdwardsPoint, Scalar, Sha512, Signed, is_reduced, sound_key, term};
    use crate::crypto::verify_ed25519;
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::traits::IsIdentity as _;
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;
    use sha2::Digest as _;

    fn key(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    #[derive(Clone)]
    struct Owned {
        key: [u8; 32],
        message: Vec<u8>,
        signature: [u8; 64],
    }

    impl Owned {
        fn lent(&self) -> Signed<'_> {
            Signed {
                key: self.key,
                message: &self.message,
                signature: &self.signature,
            }
        }

        fn holds(&self) -> bool {
            verify_ed25519(&self.key, &self.message, &self.signature)
        }
    }

    fn all_hold(signed: &[Owned]) -> bool {
        super::all_hold(&signed.iter().map(Owned::lent).collect::<Vec<_>>())
    }

    fn good(number: u8, index: usize) -> Owned {
        let message = index.to_be_bytes().to_vec();
        Owned {
            key: key(number).verifying_key().to_bytes(),
            signature: key(number).sign(&message).to_bytes(),
            message,
        }
    }

    /// A signature by a key's owner whose `R` has a part of small order: it holds if the cofactor is multiplied in, and not strictly.
    fn with_torsion(number: u8, index: usize, torsion: &EdwardsPoint) -> Owned {
        let mut signed = good(number, index);
        let hashed: [u8; 64] = Sha512::digest([number; 32]).into();
        let secret = Scalar::from_bytes_mod_order(curve25519_dalek::scalar::clamp_integer(
            hashed[..32].try_into().expect("half of 64"),
        ));
        let nonce = Scalar::from(1 + index as u64);
        let nonce_bytes = (EdwardsPoint::mul_base(&nonce) + torsion).compress().0;
        signed.signature[..32].copy_from_slice(&nonce_bytes);
        signed.signature[32..].fill(0);
        let challenge = term(&signed.lent()).expect("it looks well").challenge;
        signed.signature[32..].copy_from_slice((nonce + challenge * secret).as_bytes());
        signed
    }

    #[test]
    fn good_signatures_of_several_keys_hold_together() {
        let signed: Vec<Owned> = (0..300).map(|index| good((index % 5) as u8, index)).collect();
        assert!(all_hold(&signed));
        assert!(all_hold(&[]));
    }

    #[test]
    fn a_part_of_small_order_is_found_whichever_it_is_and_where() {
        for (place, torsion) in EIGHT_TORSION.iter().enumerate() {
            let mut signed: Vec<Owned> = (0..130).map(|index| good(1, index)).collect();
            signed[place * 11] = with_torsion(1, 1000, torsion);
            let is_none = torsion.is_identity();
            assert_eq!(signed[place * 11].holds(), is_none);
            assert_eq!(all_hold(&signed), is_none, "torsion {place}");
            // Two of them whose parts cancel each other.
            signed[100] = with_torsion(1, 2000, &-torsion);
            assert_eq!(all_hold(&signed), is_none, "torsion {place}, twice");
        }
    }

    #[test]
    fn a_key_with_a_part_of_small_order_is_left_to_single_checks() {
        let mixed = EdwardsPoint::mul_base(&Scalar::from(7u64)) + EIGHT_TORSION[1];
        let mut signed = good(1, 0);
        signed.key = mixed.compress().0;
        assert!(!all_hold(&[signed]));
        assert!(sound_key(&EIGHT_TORSION[0].compress().0).is_none());
    }

    #[test]
    fn an_encoding_beyond_the_field_is_refused() {
        for low in 0xed..=0xff {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, 0x7f);
            assert!(!is_reduced(&bytes));
        }
        let mut last = [0xff; 32];
        (last[0], last[31]) = (0xec, 0x7f);
        assert!(is_reduced(&last));
    }

    proptest! {
        #[test]
        fn together_they_hold_as_they_do_singly(
            kinds in prop::collection::vec((0u8..4, 0u8..40, any::<u8>(), 0usize..64), 1..60)
        ) {
            let signed: Vec<Owned> = kinds.iter().enumerate().map(|(index, (number, fault, bit, byte))| {
                let mut signed = good(*number, index);
                match fault {
                    0 => signed.signature[*byte] ^= 1 << (bit % 8),
                    1 => signed.message.push(*bit),
                    2 => signed.key[byte % 32] ^= 1 << (bit % 8),
                    _ => {}
                }
                signed
            }).collect();
            prop_assert_eq!(all_hold(&signed), signed.iter().all(Owned::holds));
        }
    }
}
