//! What vehicles under test can know.

use crate::{
    empty_world, minibus, mission,
    stand_in::StandIn,
    streets,
    town::{BLOCK_M, town},
};
use road::{LanePosition, Traveller};
use std::sync::{Arc, Mutex};
use vehicle::{ObjectKind, Observation};

/// Drives a minibus eastward past the block north-east of junction (1, 1), with people at these places, and tells all
/// that its driver was told.
fn observations_with_people_at(people_m: &[[f64; 3]]) -> Vec<Observation> {
    let network = town(2, 1);
    let mut world = empty_world(&network);
    let start = network.nearest_lane(BLOCK_M + 40.0, BLOCK_M - 2.0, None, Some(0.0), Traveller::Bus);
    let at = LanePosition {
        offset_m: 0.0,
        ..start.expect("a street").position
    };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let driver = StandIn {
        seen: Some(Arc::clone(&seen)),
        ..StandIn::new(&network, 8.0)
    };
    let id = world
        .add_vehicle(minibus(driver, at))
        .unwrap_or_else(|error| panic!("{error}"));
    let way = streets(&network)
        .into_iter()
        .filter_map(|to| mission(&network, at, to))
        .next();
    world.set_mission(id, way.expect("a way"));
    for &[x_m, y_m, z_m] in people_m {
        world.add_person(&[[x_m, y_m, z_m], [x_m + 3.0, y_m, z_m]], 1.3);
    }
    for _ in 0..120 {
        world.step();
    }
    drop(world);
    Arc::try_unwrap(seen)
        .map(|seen| seen.into_inner().unwrap_or_default())
        .unwrap_or_default()
}

#[test]
fn people_behind_houses_leave_no_trace_in_any_observation() {
    // The houses north of the street stand from 25 m on; these places are in the courtyards behind them.
    let (x_m, y_m) = (BLOCK_M + 35.0, BLOCK_M + 85.0);
    let here = observations_with_people_at(&[[x_m, y_m, 0.0], [x_m + 10.0, y_m, 0.0]]);
    let there = observations_with_people_at(&[[x_m + 20.0, y_m + 5.0, 0.0], [x_m + 2.0, y_m + 20.0, 0.0]]);
    assert!(here.len() > 200, "a driver is asked twenty times a second");
    for (one, other) in here.iter().zip(&there) {
        assert_eq!(one, other);
    }
}

#[test]
fn a_person_at_the_kerb_is_seen_with_the_sensor_s_error_and_latency() {
    let at = [BLOCK_M + 90.0, BLOCK_M - 12.0, 0.0];
    let seen = observations_with_people_at(&[at]);
    let people: Vec<_> = seen
        .iter()
        .flat_map(|o| &o.objects)
        .filter(|o| o.kind == ObjectKind::Pedestrian)
        .collect();
    assert!(people.len() > 100, "seen {} times", people.len());
    assert!(
        people.iter().all(|person| person.track == people[0].track),
        "one track while in sight"
    );
    let last = people[people.len() - 1];
    let error_m = libm::hypot(last.x_m - at[0] - 3.0, last.y_m - at[1]);
    assert!(error_m > 0.0 && error_m < 0.5, "{error_m} m beside the truth");
    assert!(
        seen[0].objects.is_empty(),
        "nothing is known before the first measurement has come through"
    );
}

#[test]
fn lights_ahead_are_seen_and_those_within_radio_range_tell_when_they_change() {
    let seen = observations_with_people_at(&[]);
    let last = &seen[seen.len() - 1];
    assert!(!last.signals.is_empty());
    assert!(
        last.signals.iter().all(|light| light.changes_in.is_some()),
        "the minibus has a radio"
    );
    assert!(last.signals.windows(2).all(|pair| pair[0].signal < pair[1].signal));
}
