//! A day of a map's traffic without anything else: `cargo run --release -p world --example traffic_day --
//! sites/yongchuan/map.xodr sites/yongchuan/demand/traffic.toml 5.5 22.5`.
//!
//! Prints, for every half hour, how many vehicles are on the road, have appeared, arrived, wait outside and are stuck,
//! the mean speed, and how many pairs of bodies overlapped (looked at once in five seconds); then who holds up whom, if
//! somebody has been standing for five minutes. Without a demand file (`-`) it takes a plausible day with 500 vehicles
//! at the peak.

#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use record::{Seed, SimTime};
use road::{RoadNetwork, SignalId, read_map};
use std::error::Error;
use std::sync::Arc;
use world::{ActorState, Demand, Surroundings, Traffic};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let map = arguments.next().ok_or("which map?")?;
    let demand = arguments.next().unwrap_or_else(|| "-".to_owned());
    let hour = |text: Option<String>, default: f64| text.map_or(Ok(default), |text| text.parse::<f64>());
    let from_h = hour(arguments.next(), 5.5)?;
    let until_h = hour(arguments.next(), 22.5)?;
    let scale = hour(arguments.next(), 1.0)?;
    let seed = hour(arguments.next(), 1.0)? as u64;
    let network = Arc::new(RoadNetwork::compile(&read_map(&map, &std::fs::read(&map)?)?.draft)?);
    let demand = if demand == "-" {
        Demand::plausible(&network, 500.0)
    } else {
        Demand::from_toml(&std::fs::read_to_string(&demand)?, &demand, &network)?
    };
    let mut traffic = Traffic::new(Arc::clone(&network), &demand, from_h * 3600.0, scale, Seed(seed))?;
    let mut next_id = 0;
    let mut states = Vec::new();
    let mut overlaps = 0;
    let mut speed_sum = 0.0;
    let mut speed_count = 0.0;
    println!("clock   on road  appeared   arrived  outside  stuck  mean km/h  overlaps");
    let ticks = ((until_h - from_h) * 36_000.0) as i64;
    for tick in 0..ticks {
        let now = SimTime::from_millis(tick * 100);
        let signals: Vec<_> = (0..network.signals().len() as u32)
            .map(|signal| network.signal_colour(SignalId(signal), now.as_millis()))
            .collect();
        let surroundings = Surroundings {
            now,
            signals: &signals,
            guests: &[],
            crossings: &[],
        };
        traffic.step(&surroundings, &mut next_id);
        if tick % 50 == 0 {
            states.clear();
            traffic.append_states(&mut states);
            overlaps += count_overlaps(&mut states);
            speed_sum += states.iter().map(|state| state.speed_mps).sum::<f64>();
            speed_count += states.len() as f64;
        }
        if (tick + 1) % 18_000 == 0 {
            let tally = traffic.tally();
            let clock_h = from_h + (tick + 1) as f64 / 36_000.0;
            println!(
                "{:02}:{:02}  {:8} {:9} {:9} {:8} {:6}  {:9.1} {:9}",
                clock_h as u32,
                (clock_h.fract() * 60.0).round(),
                traffic.count(),
                tally.appeared,
                tally.arrived,
                tally.outside,
                tally.stuck,
                3.6 * speed_sum / f64::max(speed_count, 1.0),
                overlaps
            );
            (speed_sum, speed_count, overlaps) = (0.0, 0.0, 0);
            for jam in traffic.jams().iter().take(4) {
                println!("{jam}");
            }
        }
    }
    Ok(())
}

/// Pairs of bodies that share ground, by corners and middles in each other's box.
fn count_overlaps(states: &mut [ActorState]) -> usize {
    states.sort_by(|a, b| a.pose.x_m.total_cmp(&b.pose.x_m));
    let mut count = 0;
    for (index, one) in states.iter().enumerate() {
        for other in &states[index + 1..] {
            if other.pose.x_m - one.pose.x_m > 13.0 {
                break;
            }
            if (other.pose.z_m - one.pose.z_m).abs() < 2.0 && (touches(one, other) || touches(other, one)) {
                count += 1;
                if std::env::var_os("VERBOSE").is_some() {
                    for state in [one, other] {
                        println!(
                            "  {} {:?} lane {} s {:.1} offset {:.2} at {:.1},{:.1} v {:.1} length {:.1}",
                            state.id.0,
                            state.kind,
                            state.lane.map_or(0, |at| at.lane.0),
                            state.lane.map_or(0.0, |at| at.s_m),
                            state.lane.map_or(0.0, |at| at.offset_m),
                            state.pose.x_m,
                            state.pose.y_m,
                            state.speed_mps,
                            state.length_m
                        );
                    }
                }
            }
        }
    }
    count
}

fn touches(one: &ActorState, other: &ActorState) -> bool {
    let (sin, cos) = libm::sincos(other.pose.heading_rad);
    let (sin_one, cos_one) = libm::sincos(one.pose.heading_rad);
    (-4..=4).any(|along| {
        [-1.0, 0.0, 1.0].iter().any(|across| {
            let (u, v) = (f64::from(along) * 0.125 * one.length_m, across * 0.5 * one.width_m);
            let dx = one.pose.x_m + u * cos_one - v * sin_one - other.pose.x_m;
            let dy = one.pose.y_m + u * sin_one + v * cos_one - other.pose.y_m;
            (dx * cos + dy * sin).abs() < 0.5 * other.length_m && (dy * cos - dx * sin).abs() < 0.5 * other.width_m
        })
    })
}
