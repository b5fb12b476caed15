//! Who waits, and for whom.

use crate::{streets, town::town};
use record::{Seed, SimTime};
use road::{LanePosition, SignalId};
use std::sync::Arc;
use vehicle::Indicator;
use world::{ActorId, Cause, Demand, Guest, Surroundings, Traffic};

#[test]
fn a_queue_behind_a_stranded_bus_is_one_jam_that_names_its_cause() {
    let network = town(2, 1);
    let lane = streets(&network)[0];
    let stranded = Guest {
        id: ActorId(1_000_000),
        footprint: vec![LanePosition {
            lane,
            s_m: 60.0,
            offset_m: 0.0,
        }],
        lanes_ahead: vec![lane],
        speed_mps: 0.0,
        length_m: 6.0,
        width_m: 2.2,
        corners_m: [[0.0; 2]; 4],
        indicator: Indicator::Hazard,
        is_halted: false,
    };
    let demand = Demand::plausible(&network, 60.0);
    let mut traffic = Traffic::new(Arc::clone(&network), &demand, 8.0 * 3600.0, 1.0, Seed(1)).expect("a sound demand");
    let mut next_id = 0;
    for tick in 0..9_000 {
        let now = SimTime::from_millis(tick * 100);
        let lights = 0..network.signals().len() as u32;
        let signals: Vec<_> = lights
            .map(|light| network.signal_colour(SignalId(light), now.as_millis()))
            .collect();
        let surroundings = Surroundings {
            now,
            signals: &signals,
            guests: std::slice::from_ref(&stranded),
            crossings: &[],
        };
        traffic.step(&surroundings, &mut next_id);
    }
    let jams = traffic.jams();
    let behind = jams.iter().find(|jam| jam.head[0].cause == Cause::Guest);
    let behind = behind.unwrap_or_else(|| panic!("nobody waits behind the bus: {jams:?}"));
    assert_eq!(behind.head.len(), 1, "a queue, not a ring: {behind}");
    assert_eq!(
        behind.head[0].place.lane, lane,
        "its head stands behind the bus: {behind}"
    );
    assert!(behind.head[0].place.s_m < 54.0, "and not beside it: {behind}");
    let standing = traffic.standstills(300.0).count();
    let counted: usize = jams.iter().map(|jam| jam.count).sum();
    assert_eq!(counted, standing, "whoever stands is behind one head");
    assert_eq!(traffic.tally().stuck, standing);
}
