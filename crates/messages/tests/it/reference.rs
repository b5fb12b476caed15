//! Messages and captures by another encoder: the same values, the same bytes.

use crate::shared;
use messages::capture::{self, CaptureWriter, Captured};
use messages::dissect::{Dissected, dissect, message_of};
use messages::geonetworking::{self, Body};
use messages::hex;
use messages::{Message, MessageKind};
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;

/// A value and its bytes by another encoder.
struct Vector {
    kind: MessageKind,
    value: Value,
    uper: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for path in shared::files("network/its", ".json") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let kind: MessageKind = name.split(['_', '-']).next().unwrap().parse().unwrap();
        let listed: Vec<Value> = serde_json::from_reader(BufReader::new(File::open(&path).unwrap())).unwrap();
        assert!(!listed.is_empty(), "{} holds no messages", path.display());
        vectors.extend(listed.into_iter().map(|mut entry| Vector {
            kind,
            uper: hex::decode(entry["uper"].as_str().unwrap()).unwrap(),
            value: entry["value"].take(),
        }));
    }
    vectors
}

#[test]
fn bytes_by_another_encoder_decode_to_its_values() {
    for vector in vectors() {
        let message = Message::from_uper(&vector.uper, None).unwrap();
        assert_eq!(message.kind(), vector.kind);
        assert_eq!(message.to_json().unwrap(), vector.value);
    }
}

#[test]
fn values_by_another_encoder_encode_to_its_bytes() {
    for vector in vectors() {
        let message = Message::from_json(vector.kind, vector.value).unwrap();
        assert_eq!(hex::encode(&message.to_uper().unwrap()), hex::encode(&vector.uper));
    }
}

#[test]
fn decoded_messages_encode_to_the_bytes_they_came_from() {
    for vector in vectors() {
        let message = Message::from_uper(&vector.uper, Some(vector.kind.port())).unwrap();
        assert_eq!(hex::encode(&message.to_uper().unwrap()), hex::encode(&vector.uper));
    }
}

#[test]
fn captures_by_another_program_are_messages_throughout_and_are_rebuilt_byte_by_byte() {
    for path in shared::files("network/its", ".pcap") {
        let bytes = std::fs::read(&path).unwrap();
        let mut frames = Vec::new();
        let packets = capture::read(&bytes[..], |captured| {
            let dissected = dissect(&captured).unwrap();
            assert!(matches!(dissected, Dissected::Message(_)), "packet {}", captured.number);
            frames.push(rebuilt(&captured));
        })
        .unwrap();
        assert_eq!(packets, frames.len() as u64);
        let mut index = 0;
        capture::read(&bytes[..], |captured| {
            assert_eq!(
                hex::encode(captured.frame),
                hex::encode(&frames[index]),
                "packet {}",
                captured.number
            );
            index += 1;
        })
        .unwrap();
    }
}

/// The frame made anew from what was read: headers from their fields, the message from its values.
fn rebuilt(captured: &Captured<'_>) -> Vec<u8> {
    let (ethernet, bytes) = captured.frame.split_at(14);
    let (basic, Body::Plain(mut packet)) = geonetworking::read(bytes).unwrap() else {
        panic!("packet {} is secured", captured.number);
    };
    let message = message_of(&packet).unwrap().unwrap();
    let uper = message.to_uper().unwrap();
    packet.payload = &uper;
    let basic = ::geonetworking::Encode::encode_to_vec(&basic).unwrap();
    [ethernet, &basic, &packet.write().unwrap()].concat()
}

#[test]
fn a_capture_written_is_read_back() {
    for path in shared::files("network/its", ".pcap") {
        let bytes = std::fs::read(&path).unwrap();
        let mut writer = CaptureWriter::new(Vec::new()).unwrap();
        let mut theirs = Vec::new();
        capture::read(&bytes[..], |captured| {
            writer.write(captured.time.unwrap(), captured.frame).unwrap();
            theirs.push((captured.time, captured.frame.to_vec()));
        })
        .unwrap();
        let mut ours = Vec::new();
        capture::read(&writer.finish()[..], |captured| {
            ours.push((captured.time, captured.frame.to_vec()));
        })
        .unwrap();
        assert_eq!(ours, theirs);
    }
}
