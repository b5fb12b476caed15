//! SM4 (GB/T 32907) in the modes GCM (NIST SP 800-38D) and CCM (NIST SP 800-38C, RFC 8998 names both).
//!
//! Nonces, and tags of CCM, have the length that the caller brings, which the crates `aes-gcm` and `ccm` fix at compile time:
//! foreign vectors and foreign files come in all lengths. The block cipher and GHASH are RustCrypto's.

use cipher::{Block, BlockCipherEncrypt, KeyInit};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use sm4::Sm4;

const BLOCK: usize = 16;

/// A mode of authenticated encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sm4Mode {
    /// Galois counter mode: nonces from 1 byte, tags of 16 bytes.
    Gcm,
    /// Counter with CBC-MAC: nonces of 7 to 13 bytes, tags of 4, 6, 8, 10, 12, 14 or 16 bytes.
    Ccm {
        /// Length of the tag.
        tag_bytes: usize,
    },
}

/// One block, enciphered as it is (mode ECB); for tests against the standard's annex.
pub fn sm4_encrypt_block(key: &[u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Sm4::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

/// Enciphers: the text and its tag. `None` if nonce, tag or text have a length that the mode does not know.
pub fn sm4_encrypt(
    mode: Sm4Mode,
    key: &[u8; 16],
    nonce: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Option<(Vec<u8>, Vec<u8>)> {
    let cipher = Sm4::new(&(*key).into());
    let mut text = plain.to_vec();
    match mode {
        Sm4Mode::Gcm => {
            let first = gcm_counter(&cipher, nonce)?;
            keystream(&cipher, gcm_next(first), gcm_next, &mut text);
            let tag = gcm_tag(&cipher, first, aad, &text);
            Some((text, tag.to_vec()))
        }
        Sm4Mode::Ccm { tag_bytes } => {
            let tag = ccm_tag(&cipher, tag_bytes, nonce, aad, plain)?;
            let counter = ccm_counter(nonce)?;
            keystream(&cipher, ccm_next(counter), ccm_next, &mut text);
            Some((text, tag))
        }
    }
}

/// Deciphers, or `None` if the tag does not fit or a length is one that the mode does not know.
pub fn sm4_decrypt(
    mode: Sm4Mode,
    key: &[u8; 16],
    nonce: &[u8],
    aad: &[u8],
    text: &[u8],
    tag: &[u8],
) -> Option<Vec<u8>> {
    let cipher = Sm4::new(&(*key).into());
    let mut plain = text.to_vec();
    let expected = match mode {
        Sm4Mode::Gcm => {
            let first = gcm_counter(&cipher, nonce)?;
            let expected = gcm_tag(&cipher, first, aad, text);
            keystream(&cipher, gcm_next(first), gcm_next, &mut plain);
            expected.to_vec()
        }
        Sm4Mode::Ccm { tag_bytes } => {
            keystream(&cipher, ccm_next(ccm_counter(nonce)?), ccm_next, &mut plain);
            ccm_tag(&cipher, tag_bytes, nonce, aad, &plain)?
        }
    };
    // Every byte is looked at, whatever the first ones say: the time taken tells nothing about the tag.
    let differs = expected.iter().zip(tag).fold(0, |sum, (a, b)| sum | (a ^ b));
    (expected.len() == tag.len() && differs == 0).then_some(plain)
}

fn encrypted(cipher: &Sm4, block: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block: Block<Sm4> = block.into();
    cipher.encrypt_block(&mut block);
    block.into()
}

/// Adds the key stream from this counter on.
fn keystream(cipher: &Sm4, mut counter: [u8; BLOCK], next: fn([u8; BLOCK]) -> [u8; BLOCK], text: &mut [u8]) {
    for chunk in text.chunks_mut(BLOCK) {
        let stream = encrypted(cipher, counter);
        chunk.iter_mut().zip(stream).for_each(|(byte, key)| *byte ^= key);
        counter = next(counter);
    }
}

/// SP 800-38D, 6.2: the last 32 bits count, modulo 2^32.
fn gcm_next(mut counter: [u8; BLOCK]) -> [u8; BLOCK] {
    let last = u32::from_be_bytes([counter[12], counter[13], counter[14], counter[15]]);
    counter[12..].copy_from_slice(&last.wrapping_add(1).to_be_bytes());
    counter
}

/// SP 800-38D, 7.1, step 2: the counter block before the first.
fn gcm_counter(cipher: &Sm4, nonce: &[u8]) -> Option<[u8; BLOCK]> {
    let mut counter = [0; BLOCK];
    match nonce.len() {
        0 => return None,
        12 => {
            counter[..12].copy_from_slice(nonce);
            counter[15] = 1;
        }
        _ => counter = gcm_hash(cipher, &[], nonce),
    }
    Some(counter)
}

/// GHASH over both texts, each filled up to whole blocks, and their lengths in bits.
fn gcm_hash(cipher: &Sm4, aad: &[u8], text: &[u8]) -> [u8; BLOCK] {
    let mut hash = GHash::new(&encrypted(cipher, [0; BLOCK]).into());
    hash.update_padded(aad);
    hash.update_padded(text);
    let mut lengths = [0; BLOCK];
    lengths[..8].copy_from_slice(&(aad.len() as u64 * 8).to_be_bytes());
    lengths[8..].copy_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    hash.update(&[lengths.into()]);
    hash.finalize().into()
}

fn gcm_tag(cipher: &Sm4, first: [u8; BLOCK], aad: &[u8], text: &[u8]) -> [u8; BLOCK] {
    let mut tag = gcm_hash(cipher, aad, text);
    let mask = encrypted(cipher, first);
    tag.iter_mut().zip(mask).for_each(|(byte, key)| *byte ^= key);
    tag
}

/// SP 800-38C, A.3: counter block zero.
fn ccm_counter(nonce: &[u8]) -> Option<[u8; BLOCK]> {
    if !(7..=13).contains(&nonce.len()) {
        return None;
    }
    let mut counter = [0; BLOCK];
    counter[0] = (14 - nonce.len()) as u8;
    counter[1..=nonce.len()].copy_from_slice(nonce);
    Some(counter)
}

/// The last bytes count; texts are far too short for the count to reach the nonce.
fn ccm_next(counter: [u8; BLOCK]) -> [u8; BLOCK] {
    u128::from_be_bytes(counter).wrapping_add(1).to_be_bytes()
}

/// SP 800-38C, A.2 and 6.1: the CBC-MAC, enciphered with counter block zero and shortened.
fn ccm_tag(cipher: &Sm4, tag_bytes: usize, nonce: &[u8], aad: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let counter = ccm_counter(nonce)?;
    let length_bytes = 15 - nonce.len();
    let fits = length_bytes >= 8 || (plain.len() as u64) < 1 << (8 * length_bytes);
    if !(4..=16).contains(&tag_bytes) || !tag_bytes.is_multiple_of(2) || !fits {
        return None;
    }
    let mut first = counter;
    first[0] |= ((tag_bytes as u8 - 2) / 2) << 3 | if aad.is_empty() { 0 } else { 1 << 6 };
    let length = (plain.len() as u64).to_be_bytes();
    let kept = length_bytes.min(8);
    first[BLOCK - kept..].copy_from_slice(&length[8 - kept..]);
    let mut mac = encrypted(cipher, first);
    let mut absorb = |bytes: &[u8]| {
        for chunk in bytes.chunks(BLOCK) {
            mac.iter_mut().zip(chunk).for_each(|(byte, more)| *byte ^= more);
            mac = encrypted(cipher, mac);
        }
    };
    if !aad.is_empty() {
        let mut lengths = Vec::with_capacity(aad.len() + 10);
        if aad.len() < 0xff00 {
            lengths.extend((aad.len() as u16).to_be_bytes());
        } else if let Ok(length) = u32::try_from(aad.len()) {
            lengths.extend([0xff, 0xfe]);
            lengths.extend(length.to_be_bytes());
        } else {
            lengths.extend([0xff, 0xff]);
            lengths.extend((aad.len() as u64).to_be_bytes());
        }
        lengths.extend(aad);
        absorb(&lengths);
    }
    absorb(plain);
    let mask = encrypted(cipher, counter);
    mac.iter_mut().zip(mask).for_each(|(byte, key)| *byte ^= key);
    Some(mac[..tag_bytes].to_vec())
}
