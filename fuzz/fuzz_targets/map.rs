//! Reads any bytes as a map of whatever format they look like (SUMO, OpenStreetMap as XML or PBF, OpenDRIVE, gzip of
//! these), compiles and exports it: an answer or an error, and no panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    if let Ok(reading) = road::read_map("fuzz", content)
        && let Ok(network) = road::RoadNetwork::compile(&reading.draft)
    {
        let _ = road::export::geojson(&network);
        let _ = road::export::gltf(&reading.draft);
    }
});
