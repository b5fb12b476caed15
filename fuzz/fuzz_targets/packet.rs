//! Any bytes as a frame, a GeoNetworking packet, a capture: an answer or an error, and no panic.

#![no_main]

use messages::capture::{self, Captured};
use messages::dissect::dissect;
use messages::geonetworking::{self, Link};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let _ = geonetworking::read(content);
    for link in [Link::Ethernet, Link::Wlan, Link::Radiotap] {
        let _ = dissect(&Captured { number: 1, time: None, link: Some(link), frame: content });
    }
    let _ = capture::read(content, |captured| {
        let _ = dissect(&captured);
    });
});
