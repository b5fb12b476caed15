//! Reads any text as a suite file and any bytes as a map of digests: no panic; what is read can be sampled.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proving::sampler::Sampler;
use record::Seed;
use std::path::Path;

/// More runs of a hypercube than this only take memory.
const RUNS_MAX: u64 = 1000;

fuzz_target!(|bytes: &[u8]| {
    let _ = proving::tree::read_map(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(suite) = proving::suite_file::read(text, Path::new("suite.toml")) {
        for scenario in &suite.scenarios {
            let sampler = Sampler::new(scenario.sampler, &scenario.parameters, scenario.runs.min(RUNS_MAX), Seed(1));
            for index in 0..sampler.runs().min(8) {
                let _ = sampler.values(index);
            }
        }
    }
});
