//! Long lists of small things as one run of words: how the compiled form keeps the tables that are the size of the map.
//!
//! In goes a list, out come its things as little-endian words of eight bytes, side by side, and back. Field by field, as
//! serde does it, the opening of a map would spend most of its time here. To be named in `#[serde(with = "crate::bulk")]`.
//! It knows neither what the words mean nor whether they make sense: whoever reads them looks at that.

use serde::{Deserializer, Serializer, de};
use std::fmt;
use std::marker::PhantomData;

/// What is kept as `N` words.
pub(crate) trait Words<const N: usize>: Sized {
    /// All of it.
    fn words(&self) -> [u64; N];
    /// What [`Words::words`] told.
    fn of_words(words: [u64; N]) -> Self;
}

impl Words<1> for u32 {
    fn words(&self) -> [u64; 1] {
        [u64::from(*self)]
    }

    fn of_words([word]: [u64; 1]) -> u32 {
        word as u32
    }
}

pub(crate) fn serialize<T: Words<N>, S: Serializer, const N: usize>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
    let words = list.iter().flat_map(Words::words);
    to.serialize_bytes(&words.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
}

pub(crate) fn deserialize<'de, T: Words<N>, D: Deserializer<'de>, const N: usize>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_bytes(Reader(PhantomData))
}

/// Reads things of `N` words.
struct Reader<T, const N: usize>(PhantomData<T>);

impl<'de, T: Words<N>, const N: usize> de::Visitor<'de> for Reader<T, N> {
    type Value = Vec<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "things of {N} words of 8 bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
        let (words, rest) = bytes.as_chunks::<8>();
        let (things, left) = words.as_chunks::<N>();
        if !rest.is_empty() || !left.is_empty() {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        let read = |words: &[[u8; 8]; N]| T::of_words(words.map(u64::from_le_bytes));
        Ok(things.iter().map(read).collect())
    }
}
