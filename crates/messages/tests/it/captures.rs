//! Captures of every form, whole and broken.

use messages::capture::{self, CaptureError, CaptureWriter};
use std::time::Duration;

fn two_packets() -> Vec<u8> {
    let mut writer = CaptureWriter::new(Vec::new()).unwrap();
    writer.write(Duration::from_nanos(1_500_000_001), &[1; 20]).unwrap();
    writer.write(Duration::from_secs(2), &[2; 30]).unwrap();
    writer.finish()
}

/// When each packet was captured, and its bytes.
type Sizes = Vec<(Option<Duration>, usize)>;

fn read(bytes: &[u8]) -> (Sizes, Result<u64, CaptureError>) {
    let mut seen = Vec::new();
    let outcome = capture::read(bytes, |captured| seen.push((captured.time, captured.frame.len())));
    (seen, outcome)
}

#[test]
fn a_capture_cut_off_gives_what_was_whole_and_says_so() {
    let bytes = two_packets();
    let (seen, outcome) = read(&bytes[..bytes.len() - 1]);
    assert_eq!(seen, [(Some(Duration::from_nanos(1_500_000_001)), 20)]);
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "after packet 1: the file ends within a packet"
    );
}

#[test]
fn what_is_no_capture_is_refused() {
    let (_, outcome) = read(b"PK\x03\x04 some archive");
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .starts_with("not a capture: the file begins with `504b0304`")
    );
    let (_, outcome) = read(b"");
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .starts_with("not a capture: the file begins with nothing")
    );
}

/// A pcapng block: type, length, body padded to four bytes, length again.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(12 + padded).unwrap().to_le_bytes();
    let mut bytes = [&kind.to_le_bytes()[..], &length, body].concat();
    bytes.resize(8 + padded, 0);
    bytes.extend(length);
    bytes
}

#[test]
fn a_next_generation_capture_counts_time_in_the_ticks_of_its_interface() {
    let section = block(
        0x0a0d_0d0a,
        &[
            0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
    );
    let microseconds = block(1, &[1, 0, 0, 0, 0, 0, 0, 0]);
    let milliseconds = block(1, &[1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
    let packet = |interface: u32| {
        let body = [interface, 0, 2_500_000, 4, 4].map(u32::to_le_bytes).concat();
        block(6, &[&body[..], &[7; 4]].concat())
    };
    let bytes = [section, microseconds, milliseconds, packet(0), packet(1)].concat();
    let (seen, outcome) = read(&bytes);
    assert_eq!(outcome.unwrap(), 2);
    assert_eq!(
        seen,
        [
            (Some(Duration::from_millis(2_500)), 4),
            (Some(Duration::from_secs(2_500)), 4)
        ]
    );
}
