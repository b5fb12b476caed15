//! A permit as a W3C Verifiable Credential, and the list that tells which of them are in force.
//!
//! In go a permit and the procedure it stands in; out come an unsigned credential (sign it with [`crate::credential::sign`]) and
//! a Bitstring Status List 1.0, in which a set bit means: not in force. A vehicle carries its credential; a dispatcher verifies
//! it offline and looks its bit up. It knows no keys.

use crate::LedgerError;
use crate::credential::BASE_CONTEXT;
use crate::permit::{Permit, Procedure, Supervision};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

/// Bits of a list: Bitstring Status List 1.0, 6.1, asks for no fewer, so that nobody is picked out by asking.
pub const STATUS_BITS: usize = 131_072;
/// A list that unpacks to more is refused.
const STATUS_BYTES_MAX: u64 = 1 << 20;
/// What our own words mean.
const VOCABULARY: &str = "https://westline.example/vocabulary#";

/// The bit of a permit in its issuer's list.
pub fn status_index(permit: &Permit) -> usize {
    (permit.id.0 % STATUS_BITS as u128) as usize
}

/// The credential of a permit, not yet signed. `issuer` is a DID, `list` the URL of its status list.
pub fn credential(permit: &Permit, procedure: &Procedure, issuer: &str, list: &str, time_ms: u64) -> Value {
    let state = permit.state_at(procedure, time_ms);
    let rule = procedure.state(state);
    let conditions = &permit.conditions;
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let subjects: Vec<Value> = permit
        .vehicles
        .iter()
        .map(|vehicle| {
            json!({
                "id": format!("urn:westline:vehicle:{}", percent(vehicle)),
                "permit": permit.id.to_string(),
                "holder": permit.holder,
                "stage": state,
                "mayCarryPassengers": rule.is_some_and(|rule| rule.may_carry),
                "mayTakeFares": rule.is_some_and(|rule| rule.may_charge),
                "area": conditions.area,
                "dailyFrom": clock(conditions.from_minute),
                "dailyTo": clock(conditions.to_minute),
                "speedMaximumKmh": conditions.speed_kmh_max,
                "rainMaximumMmPerHour": conditions.rain_mm_per_h_max,
                "supervision": if conditions.supervision == Supervision::OnBoard { "on-board" } else { "remote" },
            })
        })
        .collect();
    let mut document = json!({
        "@context": [BASE_CONTEXT, {"@vocab": VOCABULARY}],
        "type": ["VerifiableCredential", "AutomatedVehiclePermit"],
        "id": format!("urn:westline:permit:{}:{}", permit.id, permit.since_ms),
        "name": format!("Permit {}: {state}", permit.id),
        "issuer": issuer,
        "validFrom": rfc3339(permit.since_ms),
        "credentialSubject": if subjects.len() == 1 { subjects[0].clone() } else { Value::Array(subjects) },
        "credentialStatus": {
            "id": format!("{list}#{}", status_index(permit)),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": status_index(permit).to_string(),
            "statusListCredential": list,
        },
    });
    if permit.lapses_ms > 0 {
        document["validUntil"] = Value::String(rfc3339(permit.lapses_ms));
    }
    document
}

/// The credential of a status list over these permits, not yet signed: a bit is set where nobody may drive.
pub fn status_list(
    permits: &[Permit],
    procedure: &Procedure,
    issuer: &str,
    list: &str,
    time_ms: u64,
) -> Result<Value, LedgerError> {
    let mut bits = vec![0u8; STATUS_BITS / 8];
    for permit in permits {
        let state = procedure.state(permit.state_at(procedure, time_ms));
        if !state.is_some_and(|state| state.may_drive) {
            let index = status_index(permit);
            bits[index / 8] |= 0x80 >> (index % 8);
        }
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let packed = packed.write_all(&bits).and_then(|()| packed.finish());
    let packed = packed.map_err(|error| LedgerError::Proof(format!("the list cannot be packed: {error}")))?;
    Ok(json!({
        "@context": [BASE_CONTEXT],
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "id": list,
        "issuer": issuer,
        "validFrom": rfc3339(time_ms),
        "credentialSubject": {
            "id": format!("{list}#list"),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": format!("u{}", BASE64_URL.encode(packed)),
        },
    }))
}

/// Is the bit of a credential set in a list? Both must be verified by [`crate::credential::verify`] first.
pub fn is_revoked(credential: &Value, list: &Value) -> Result<bool, LedgerError> {
    let wrong = |what: &str| LedgerError::format("status list", what, "expected a BitstringStatusListCredential");
    let status = &credential["credentialStatus"];
    if status["statusListCredential"] != list["id"] {
        return Err(wrong("the credential names another list"));
    }
    let index: usize = status["statusListIndex"]
        .as_str()
        .and_then(|index| index.parse().ok())
        .ok_or_else(|| wrong("the credential has no index"))?;
    let encoded = list["credentialSubject"]["encodedList"]
        .as_str()
        .and_then(|text| text.strip_prefix('u'));
    let packed = encoded
        .and_then(|text| BASE64_URL.decode(text).ok())
        .ok_or_else(|| wrong("the list is not in base 64"))?;
    let mut bits = Vec::new();
    flate2::read::GzDecoder::new(&packed[..])
        .take(STATUS_BYTES_MAX)
        .read_to_end(&mut bits)
        .map_err(|error| wrong(&format!("the list does not unpack: {error}")))?;
    let byte = bits
        .get(index / 8)
        .ok_or_else(|| wrong("the index is beyond the list"))?;
    Ok(byte & (0x80 >> (index % 8)) != 0)
}

/// A time as RFC 3339 writes it, in UTC.
pub fn rfc3339(time_ms: u64) -> String {
    let time = i64::try_from(time_ms)
        .ok()
        .and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
    time.unwrap_or(jiff::Timestamp::MAX).to_string()
}

/// A name within a URN: what is not a letter, digit, hyphen, dot or underscore is escaped.
fn percent(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
