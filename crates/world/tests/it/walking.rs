//! Ways on foot.

use crate::{
    empty_world,
    town::{BLOCK_M, town},
};
use road::{RoadNetwork, Traveller};

/// Whether a point lies on a crossing, or not on the carriageway at all.
fn may_be_walked(network: &RoadNetwork, [x_m, y_m]: [f64; 2]) -> bool {
    // A hand's breadth: the border of a lane is walked along at platforms and kerbs.
    let is_on = |lane: road::LaneMatch| {
        lane.distance_m <= 0.0
            && lane.position.offset_m.abs() < 0.5 * network.lane_width_m(lane.position.lane, lane.position.s_m) - 0.7
    };
    let lane = network.nearest_lane(x_m, y_m, None, None, Traveller::Car);
    lane.is_none_or(|lane| !is_on(lane))
        || network.crossings().iter().any(|crossing| {
            let run = [
                crossing.to_m[0] - crossing.from_m[0],
                crossing.to_m[1] - crossing.from_m[1],
            ];
            let length_m = libm::hypot(run[0], run[1]);
            let (dx, dy) = (x_m - crossing.from_m[0], y_m - crossing.from_m[1]);
            let (along_m, aside_m) = (
                (dx * run[0] + dy * run[1]) / length_m,
                (dy * run[0] - dx * run[1]) / length_m,
            );
            along_m > -1.0 && along_m < length_m + 1.0 && aside_m.abs() < 0.5 * crossing.width_m + 0.5
        })
}

#[test]
fn a_walk_leads_over_carriageways_at_crossings_only() {
    let network = town(3, 1);
    let world = empty_world(&network);
    let places = [(1.2, 1.3), (1.7, 1.2), (2.3, 1.4), (2.6, 2.7), (1.3, 3.4), (0.6, 0.7)];
    let place = |(column, row): (f64, f64)| [column * BLOCK_M, row * BLOCK_M, 0.0];
    for (index, &from) in places.iter().enumerate() {
        for &to in &places[index + 1..] {
            let (from_m, to_m) = (place(from), place(to));
            let walk = world
                .walk_to(from_m, to_m)
                .unwrap_or_else(|| panic!("no way from {from:?} to {to:?}"));
            assert_eq!((walk.first(), walk.last()), (Some(&from_m), Some(&to_m)));
            let run = |pair: &[[f64; 3]]| libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            let length_m: f64 = walk.windows(2).map(run).sum();
            let straight_m = libm::hypot(to_m[0] - from_m[0], to_m[1] - from_m[1]);
            assert!(length_m < 2.0 * straight_m + 150.0, "{length_m} m for {straight_m} m");
            for pair in walk.windows(2) {
                for step in 0..=20 {
                    let share = f64::from(step) / 20.0;
                    let at = [0, 1].map(|axis| pair[0][axis] + (pair[1][axis] - pair[0][axis]) * share);
                    assert!(
                        may_be_walked(&network, at),
                        "on the carriageway at {at:?}, from {from:?} to {to:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn there_is_no_walk_to_nowhere() {
    let network = town(2, 1);
    let world = empty_world(&network);
    let here = [BLOCK_M + 60.0, BLOCK_M + 60.0, 0.0];
    assert_eq!(world.walk_to(here, [90_000.0, 0.0, 0.0]), None);
    assert_eq!(world.walk_to(here, [f64::NAN, 0.0, 0.0]), None);
    assert_eq!(world.walk_to(here, [f64::INFINITY, 0.0, 0.0]), None);
}
