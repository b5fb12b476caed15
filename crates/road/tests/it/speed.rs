//! How long the import of a town takes: for a profiler, and for whoever changes the builder.
//!
//!     cargo test --release -p road --test it speed -- --ignored --nocapture

use crate::shared;
use road::RoadNetwork;
use std::time::Instant;

#[test]
#[ignore = "prints times, judges nothing but that maps are read"]
fn extracts_become_networks() {
    for path in shared::files("traffic/maps", ".osm") {
        let content = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for _ in 0..3 {
            let start = Instant::now();
            let reading = road::read_map(&name, &content).unwrap();
            let read_s = start.elapsed().as_secs_f64();
            let network = RoadNetwork::compile(&reading.draft).unwrap();
            let whole_s = start.elapsed().as_secs_f64();
            println!(
                "{name}: {read_s:.3} s to read, {:.3} s to compile {} lanes",
                whole_s - read_s,
                network.lanes().len()
            );
        }
    }
}
