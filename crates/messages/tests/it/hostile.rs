//! Hostile bytes: whatever comes in, an answer or an error comes out.

use messages::capture::{self, Captured};
use messages::dissect::dissect;
use messages::geonetworking::{self, Link};
use messages::{Message, MessageKind};
use proptest::prelude::*;

fn kinds() -> impl Strategy<Value = MessageKind> {
    prop::sample::select(MessageKind::ALL)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_a_message_or_an_error(kind in kinds(), mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let [version, number, ..] = &mut bytes[..] {
            (*version, *number) = (2, kind.number());
        }
        if let Ok(message) = Message::from_uper_as(kind, &bytes) {
            // What was read can be shown, and read again from that.
            let json = message.to_json().unwrap();
            match Message::from_json(kind, json.clone()) {
                // By its fields: whether a default was sent is not shown.
                Ok(again) => prop_assert_eq!(again.to_json().unwrap(), json),
                // Later versions of a standard may allow shorter lists; they are read, and not written.
                Err(error) => prop_assert!(error.to_string().contains("entries, expected"), "{error}"),
            }
        }
    }

    #[test]
    fn any_frame_is_dissected_or_an_error(link in prop::sample::select(vec![Link::Ethernet, Link::Wlan, Link::Radiotap]),
                                          mut frame in prop::collection::vec(any::<u8>(), 0..200), is_ours in any::<bool>()) {
        if is_ours && frame.len() > 30 {
            frame[12..18].copy_from_slice(&[0x89, 0x47, 0x11, 0, 0x1a, 1]);
            frame[18] = 0x20;
            frame[19] = 0x50;
        }
        let _ = dissect(&Captured { number: 1, time: None, link: Some(link), frame: &frame });
        let _ = geonetworking::read(&frame);
    }

    #[test]
    fn any_file_is_a_capture_or_an_error(is_next in any::<bool>(), mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let head: &[u8] = if is_next {
            &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0]
        } else {
            &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]
        };
        let length = head.len().min(bytes.len());
        bytes[..length].copy_from_slice(&head[..length]);
        let _ = capture::read(&bytes[..], |_| ());
    }
}

#[test]
fn a_container_with_a_list_that_is_too_short_stays_hex() {
    // Found by fuzzing: an empty list of trailers, which rasn reads and cannot write.
    let bytes = "b40bff010088e3e30108b40100b5b5b5b5000000010a222222a22222002222222200000000000000000000000108b4";
    let bytes: Vec<u8> = (0..bytes.len() / 2)
        .map(|index| u8::from_str_radix(&bytes[2 * index..2 * index + 2], 16).unwrap())
        .collect();
    for &kind in MessageKind::ALL {
        if let Ok(message) = Message::from_uper_as(kind, &bytes) {
            assert_eq!(Message::from_json(kind, message.to_json().unwrap()).unwrap(), message);
        }
    }
}
