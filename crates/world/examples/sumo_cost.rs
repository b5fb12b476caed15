//! What large traffic costs and how it goes: updates a CPU-second, memory, means of trips.
//!
//! `cargo run --release -p world --example sumo_cost -- NET FILES…` (unpacked files).

use record::Seed;
use std::sync::Arc;
use world::microscopic::{Settings, Simulation};
use world::sumo::{SourceFile, StreetNetwork, SumoDemand};

fn main() {
    let read = |name: String| SourceFile {
        text: std::fs::read_to_string(&name).expect("a readable file"),
        name,
    };
    let mut files: Vec<SourceFile> = std::env::args().skip(1).map(read).collect();
    let net = files.remove(0);
    let mut network = StreetNetwork::read(&net).expect("a network");
    let demand = SumoDemand::read(&mut network, &files, Seed(1)).unwrap_or_else(|e| panic!("{e}"));
    println!(
        "{} lanes, {} links, {} conflicts, {} vehicles, {} routes",
        network.lanes.len(),
        network.links.len(),
        network.conflicts.len(),
        demand.departures.len(),
        demand.routes.len()
    );
    let network = Arc::new(network);
    let demand = Arc::new(demand);
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let settings = Settings {
        seed: Seed(seed),
        ..Settings::default()
    };
    let mut simulation = Simulation::new(Arc::clone(&network), Arc::clone(&demand), settings).expect("a simulation");
    let edges = std::env::var("EDGES").ok();
    let mut table = String::new();
    if edges.is_some() {
        simulation.measure_edges();
    }
    let start = std::time::Instant::now();
    let mut next = 600.0;
    let mut memory = 0;
    while !simulation.is_over() && simulation.now_s() < 9_000.0 {
        simulation.step();
        if simulation.now_s() >= next {
            next += 600.0;
            for (edge, m) in network
                .edges
                .iter()
                .zip(simulation.take_edge_measures())
                .filter(|(_, m)| m.sampled_s > 0.0)
            {
                table += &format!(
                    "{},{},{},{},{}\n",
                    simulation.now_s(),
                    edge.id,
                    m.sampled_s,
                    m.waited_s,
                    m.left
                );
            }
            memory = memory.max(simulation.vehicle_memory_bytes() / simulation.totals().running.max(1));
            println!("{:6} {:?}", simulation.now_s(), simulation.totals());
        }
    }
    if let Some(path) = edges {
        std::fs::write(path, table).expect("writable");
    }
    let took = start.elapsed().as_secs_f64();
    let totals = simulation.totals();
    let trips: Vec<_> = simulation.trips().iter().filter(|t| t.arrival_s.is_finite()).collect();
    let mean =
        |f: &dyn Fn(&world::microscopic::Trip) -> f64| trips.iter().map(|t| f(t)).sum::<f64>() / trips.len() as f64;
    println!(
        "{took:.2} s, {:.0} updates/s, {totals:?}, {memory} bytes a vehicle",
        totals.updates as f64 / took
    );
    println!(
        "arrived {} of {}; duration {:.2} loss {:.2} waited {:.2} distance {:.2} delay {:.2}, end {}",
        trips.len(),
        demand.departures.len(),
        mean(&|t| t.duration_s()),
        mean(&|t| t.time_loss_s as f64),
        mean(&|t| t.waited_s as f64),
        mean(&|t| t.distance_m as f64),
        simulation
            .trips()
            .iter()
            .zip(&demand.departures)
            .filter(|(t, _)| t.depart_s.is_finite())
            .map(|(t, d)| t.depart_s - d.depart_s)
            .sum::<f64>()
            / trips.len() as f64,
        simulation.now_s(),
    );
    let mut stuck: Vec<_> = simulation.vehicles().filter(|v| v.speed_mps < 0.1).collect();
    stuck.sort_by_key(|v| v.lane);
    for v in stuck.iter().take(if std::env::var("STUCK").is_ok() { 9000 } else { 0 }) {
        println!(
            "{} {} {} {:.1}/{:.1}",
            v.departure,
            demand.departures[v.departure as usize].id,
            network.lanes[v.lane as usize].id,
            v.at_m,
            network.lanes[v.lane as usize].length_m
        );
    }
    if let Ok(path) = std::env::var("TRIPS") {
        let mut out = String::new();
        for (t, d) in simulation.trips().iter().zip(&demand.departures) {
            out += &format!(
                "{},{},{},{},{}\n",
                d.id,
                t.depart_s,
                t.duration_s(),
                t.time_loss_s,
                t.waited_s
            );
        }
        std::fs::write(path, out).expect("writable");
    }
}
