//! Reads any text as an OpenSCENARIO file or a distribution, and plays what can be read for a second: no panic, no
//! endless loop.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scenario::{Distribution, Library, Player, ReadOptions, read};

fuzz_target!(|text: &str| {
    let path = std::env::temp_dir().join(format!("westline-fuzz-{}.xosc", std::process::id()));
    if std::fs::write(&path, text).is_err() {
        return;
    }
    let _ = Distribution::read(&Library::default(), &path);
    if let Ok(reading) = read(&Library::default(), &path, &ReadOptions::default()) {
        let mut player = Player::new(&reading.scenario);
        while player.time_s() < 1.0 && player.step(0.05) {}
    }
});
