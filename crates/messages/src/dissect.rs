//! One captured frame taken apart: the line that people and scripts read, or what is wrong with it.
//!
//! In goes a frame of a capture; out comes the message with its headers as JSON, or its bytes' fault and the layer of it.
//! Envelopes are opened, not judged: who may be trusted is asked elsewhere (`security`).

use crate::capture::Captured;
use crate::geonetworking::{self, Body, Packet, PacketError};
use crate::hex;
use crate::message::Message;
use crate::security::envelope::{Envelope, Signer};
use serde_json::{Map, Value};

/// What a frame turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Dissected {
    /// A message; its line.
    Message(Value),
    /// A packet without a message: a beacon, the location service.
    WithoutMessage,
    /// A frame of another protocol.
    Other,
}

/// Takes a frame apart.
pub fn dissect(captured: &Captured<'_>) -> Result<Dissected, PacketError> {
    let Some(link) = captured.link else {
        return Ok(Dissected::Other);
    };
    let Some(bytes) = geonetworking::unwrap_frame(link, captured.frame)? else {
        return Ok(Dissected::Other);
    };
    let (basic, body) = geonetworking::read(bytes)?;
    let envelope = match body {
        Body::Plain(_) => None,
        Body::Secured(bytes) => Some(Envelope::open(bytes).map_err(|error| PacketError {
            layer: "security envelope",
            problem: error.to_string(),
        })?),
    };
    let packet = match (&envelope, body) {
        (Some(envelope), _) => Packet::read_inside(&envelope.payload)?,
        (None, Body::Plain(packet)) => packet,
        (None, Body::Secured(_)) => return Ok(Dissected::Other),
    };
    let Some(message) = message_of(&packet)? else {
        return Ok(Dissected::WithoutMessage);
    };
    let failed = |error: crate::MessageError| PacketError {
        layer: "message",
        problem: error.to_string(),
    };
    let mut line = Map::new();
    line.insert("packet".into(), captured.number.into());
    if let Some(time) = captured.time {
        line.insert("time_s".into(), time.as_secs_f64().into());
    }
    line.insert("kind".into(), message.kind().name().into());
    if let Some(envelope) = &envelope {
        line.insert("security".into(), envelope_to_json(envelope));
    }
    line.insert("geonetworking".into(), packet.headers_to_json(&basic));
    if let Some(transport) = packet.transport {
        line.insert("btp".into(), geonetworking::transport_to_json(transport));
    }
    line.insert("uper".into(), hex::encode(packet.payload).into());
    line.insert("value".into(), message.to_json().map_err(failed)?);
    Ok(Dissected::Message(Value::Object(line)))
}

fn envelope_to_json(envelope: &Envelope) -> Value {
    let mut fields = Map::new();
    fields.insert("psid".into(), envelope.psid.into());
    fields.insert("generation_time_us".into(), envelope.generation_time.0.into());
    fields.insert("signer".into(), hex::encode(&envelope.signer.digest()).into());
    if let Signer::Certificate(certificate) = &envelope.signer {
        // Without the authority's certificate this is all that can be said: whether the bearer of this one signed.
        fields.insert(
            "is_signed_by_certificate".into(),
            envelope.is_signed_by(certificate).into(),
        );
        fields.insert("certificate".into(), hex::encode(certificate.bytes()).into());
    }
    Value::Object(fields)
}

/// The message that a packet carries, if it carries any.
pub fn message_of(packet: &Packet<'_>) -> Result<Option<Message>, PacketError> {
    let Some(transport) = packet.transport else {
        return Ok(None);
    };
    let message = Message::from_uper(packet.payload, Some(transport.destination_port()));
    message.map(Some).map_err(|error| PacketError {
        layer: "message",
        problem: error.to_string(),
    })
}
