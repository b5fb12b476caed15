//! What each phase of a tick costs, in a town of 49 junctions with traffic, walkers and three minibuses.
//!
//! `cargo run --release -p world --example tick_cost`
//!
//! Prints a table: phase, mean microseconds a tick, share. Arguments: ticks (default 6000), vehicles at the peak (400).

#[path = "../tests/it/stand_in.rs"]
mod stand_in;
#[path = "../tests/it/town.rs"]
mod town;

use record::Seed;
use road::{LaneId, LanePosition, Traveller};
use stand_in::StandIn;
use std::sync::Arc;
use std::time::Instant;
use vehicle::{DataSheet, Mission};
use world::{Demand, Phase, TestVehicleConfiguration, World, WorldConfiguration};

const PHASES: [Phase; 7] = [
    Phase::Gather,
    Phase::People,
    Phase::Traffic,
    Phase::Vehicles,
    Phase::Signals,
    Phase::Judge,
    Phase::Digest,
];

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map_while(|argument| argument.parse::<f64>().ok());
    let ticks = arguments.next().unwrap_or(6_000.0) as usize;
    let vehicles_at_peak = arguments.next().unwrap_or(400.0);
    let begun = Instant::now();
    let network = town::town(7, 2);
    let compiled_ms = begun.elapsed().as_secs_f64() * 1e3;
    let begun = Instant::now();
    let mut world = World::new(WorldConfiguration {
        demand: Demand::plausible(&network, vehicles_at_peak),
        network: Arc::clone(&network),
        clock_s: 8.0 * 3600.0,
        traffic_scale: 1.0,
        seed: Seed(1),
        threads: 1,
        keeps_digest: true,
    })
    .expect("a plausible demand fits its map");
    println!(
        "map compiled in {compiled_ms:.0} ms, world made in {:.0} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    let sheet = Arc::new(DataSheet::shipped("minibus").expect("it is shipped"));
    let lanes = network.lanes().iter().enumerate();
    let streets: Vec<LaneId> = lanes
        .filter(|(_, lane)| lane.edge.is_some() && lane.junction.is_none() && lane.length_m > 60.0)
        .map(|(index, _)| LaneId(index as u32))
        .collect();
    let count = streets.len();
    for vehicle in 0..3 {
        let at = LanePosition {
            lane: streets[(vehicle * 31 + 5) % count],
            s_m: 25.0,
            offset_m: 0.0,
        };
        let added = world.add_vehicle(TestVehicleConfiguration {
            name: format!("minibus {vehicle}"),
            sheet: Arc::clone(&sheet),
            driver: Box::new(StandIn::new(&network, 10.0)),
            at,
            state_of_charge: 0.9,
        });
        let Ok(id) = added else { continue };
        let to = LanePosition {
            lane: streets[(vehicle * 57 + count / 2) % count],
            s_m: 30.0,
            offset_m: 0.0,
        };
        if let Some(route) = network.route(at, to, Traveller::Bus) {
            world.set_mission(
                id,
                Arc::new(Mission {
                    lanes: route.lanes,
                    ..Mission::default()
                }),
            );
        }
    }
    // Let the streets fill before measuring.
    for _ in 0..3_000 {
        world.step();
    }
    let mut spent_s = [0.0; PHASES.len()];
    for _ in 0..ticks {
        let mut last = Instant::now();
        world.step_by_phases(|phase| {
            let now = Instant::now();
            spent_s[phase as usize] += (now - last).as_secs_f64();
            last = now;
        });
    }
    let (traffic, people, vehicles) = world.counts();
    println!("{traffic} vehicles in traffic, {people} people, {vehicles} under test; {ticks} ticks");
    let total_s: f64 = spent_s.iter().sum();
    for (phase, seconds) in PHASES.iter().zip(spent_s) {
        println!(
            "{:<10} {:>8.2} us  {:>4.0} %",
            format!("{phase:?}"),
            seconds / ticks as f64 * 1e6,
            100.0 * seconds / total_s
        );
    }
    println!("{:<10} {:>8.2} us", "all", total_s / ticks as f64 * 1e6);
}
