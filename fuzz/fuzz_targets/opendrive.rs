//! Reads any text as an OpenDRIVE file, writes what was read, and reads that: no panic, no endless loop, and what we
//! write ourselves is a map.

#![no_main]

use libfuzzer_sys::fuzz_target;
use road::opendrive::{read, write};

fuzz_target!(|text: &str| {
    if let Ok(reading) = read("fuzz.xodr", text) {
        read("fuzz.xodr", &write(&reading.draft)).expect("what we write is OpenDRIVE");
    }
});
