//! How long the import of a town takes: for a profiler, and for whoever changes the builder.
//!
//!     cargo test --release -p road --test it speed -- --ignored --nocapture

use crate::shared;
use road::{LaneId, LanePosition, RoadNetwork, Traveller};

/// The processor's time that this thread has used: a busy machine cheats nobody. 0 where the system does not tell it.
fn used_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = told.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok());
    ns.unwrap_or(0.0) * 1e-9
}

#[test]
#[ignore = "prints times, judges nothing but that maps are read"]
fn extracts_become_networks() {
    for path in shared::files("traffic/maps", ".osm") {
        let content = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for _ in 0..3 {
            let start_s = used_s();
            let reading = road::read_map(&name, &content).unwrap();
            let read_s = used_s() - start_s;
            let network = RoadNetwork::compile(&reading.draft).unwrap();
            let whole_s = used_s() - start_s;
            println!(
                "{name}: {read_s:.3} s to read, {:.3} s to compile {} lanes",
                whole_s - read_s,
                network.lanes().len()
            );
        }
    }
}

#[test]
#[ignore = "prints times, judges nothing but that places are found"]
fn places_are_found() {
    for path in shared::files("traffic/maps", ".osm") {
        let content = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let network = RoadNetwork::compile(&road::read_map(&name, &content).unwrap().draft).unwrap();
        let lanes: Vec<LaneId> = (0..network.lanes().len() as u32)
            .map(LaneId)
            .filter(|&lane| network.may_use(lane, Traveller::Car))
            .collect();
        let places: Vec<LanePosition> = (0..40_000_usize)
            .map(|index| {
                let lane = lanes[index * 7_919 % lanes.len()];
                let s_m = 0.37 * network.lane(lane).length_m;
                LanePosition {
                    lane,
                    s_m,
                    offset_m: 0.3,
                }
            })
            .collect();
        let points: Vec<road::Pose> = places.iter().map(|&place| network.lane_pose(place)).collect();
        let start_s = used_s();
        for &place in &places {
            std::hint::black_box(network.lane_pose(place));
        }
        let there_ns = (used_s() - start_s) * 1e9 / places.len() as f64;
        let start_s = used_s();
        let found = points
            .iter()
            .filter(|at| {
                network
                    .nearest_lane(at.x_m, at.y_m, Some(at.z_m), None, Traveller::Car)
                    .is_some()
            })
            .count();
        let back_ns = (used_s() - start_s) * 1e9 / places.len() as f64;
        println!("{name}: {there_ns:.0} ns to a pose, {back_ns:.0} ns back");
        assert_eq!(found, places.len());
    }
}
