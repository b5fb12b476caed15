//! ASN.1 values as JSON: the notation in which people and scripts read and write messages.
//!
//! In goes a typed ASN.1 value and out comes a `serde_json` value, or the other way. A sequence is an object by field
//! names, an enumerated value its name, a choice `{"alternative": value}`, a bit string `{"bits": hex, "length": n}`, an
//! octet string hex, NULL is `null`, an integer beyond 64 bits hex as text (`"0x10000000000000000"`). Fields with a default
//! are always written and may be left out when read; a group of extension additions is written as fields of its sequence.
//! Reading is strict: an unknown field, a missing one or a value of another type is refused with its path.
//!
//! Knows no message: the types bring their own fields. Ranges are the encoding's business (UPER refuses what does not fit).
//!
//! Sources: the JSON encoding rules (ITU-T X.697) with bit strings as above, which is how `asn1tools` users write them.

mod read;
mod write;

pub use read::ValueError;

use rasn::{Decode, Encode};
use serde_json::Value;

/// The JSON form of a value.
pub fn to_json<T: Encode>(value: &T) -> Result<Value, ValueError> {
    write::write(value)
}

/// The value that `json` describes.
pub fn from_json<T: Decode>(json: Value) -> Result<T, ValueError> {
    read::read(json)
}
