//! Digests and the canonical form of JSON.
//!
//! In go bytes or values; out come SHA-256 in hexadecimal and the text of RFC 8785 (JSON Canonicalization Scheme): keys
//! sorted by their UTF-16 units, no blanks, numbers as ECMAScript writes them. Two that hold the same have the same bytes.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// SHA-256, hexadecimal.
pub fn hex_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes, hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The canonical text of a value.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    append(&mut text, value);
    text
}

fn append(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            text.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                append(text, &Value::String(key.clone()));
                text.push(':');
                append(text, value);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                append(text, value);
            }
            text.push(']');
        }
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => text.push_str(&ecmascript(number)),
            None => text.push_str(&number.to_string()),
        },
        // Strings are escaped as RFC 8785 wants them: only what must be.
        other => text.push_str(&other.to_string()),
    }
}

/// ECMAScript's `Number::toString`: the shortest digits that read back the same.
fn ecmascript(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let size = number.abs();
    if (1e-6..1e21).contains(&size) {
        return format!("{number}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_is_that_of_rfc_8785() {
        let numbers = [333_333_333.333_333_3, 1e30, 4.5, 2e-3, 1e-27];
        let value = serde_json::json!({ "numbers": numbers, "literals": [null, true, false], "a": "\n" });
        let expected = r#"{"a":"\n","literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}"#;
        assert_eq!(canonical(&value), expected);
    }
}
