//! A baseline: a driver of a few lines of arithmetic that keeps its lane, its distance and its speed.
//!
//! In goes an observation, out comes an action: what a learner has to beat, and what benchmarks and tests drive with so that
//! episodes last. It steers by offset and heading error about the lane's curvature, drives at nine tenths of the limit and at
//! 1.5 m/s² through bends, and keeps a second and a half to its leader. It never changes lanes.

use crate::{Action, FEATURES, OBSERVATION_LENGTH};

/// Steering for each metre off the middle, and for each radian of heading error.
const OFFSET_PER_M2: f64 = 0.02;
/// See [`OFFSET_PER_M2`].
const HEADING_PER_M: f64 = 0.3;
/// Curves are driven at so much lateral acceleration.
const LATERAL_MPS2: f64 = 1.5;
/// Kept to the leader, beyond [`STANDING_GAP_M`].
const TIME_GAP_S: f64 = 1.5;
/// Kept to who stands.
const STANDING_GAP_M: f64 = 4.0;
/// Of the greatest acceleration for each m/s too slow.
const SPEED_GAIN: f64 = 0.4;

/// What the baseline does.
pub fn baseline(observation: &[f32; OBSERVATION_LENGTH]) -> Action {
    let [speed, offset, heading, here, ahead, limit, leader, light] = PLACES.map(|place| f64::from(observation[place]));
    let speed_mps = speed.max(1.0);
    let curvature_per_m = here - OFFSET_PER_M2 * offset - HEADING_PER_M * heading;
    let bend_per_m = here.abs().max(ahead.abs()).max(1e-4);
    let wanted_mps = (0.9 * limit)
        .min((LATERAL_MPS2 / bend_per_m).sqrt())
        .min((leader.min(light) - STANDING_GAP_M).max(0.0) / TIME_GAP_S);
    let sharpest_per_m = (Action::LATERAL_MPS2 / (speed_mps * speed_mps)).min(0.25);
    Action::new(
        (SPEED_GAIN * (wanted_mps - speed_mps)) as f32,
        (curvature_per_m / sharpest_per_m) as f32,
    )
}

/// Where what it looks at stands in an observation.
const PLACES: [usize; 8] = [
    place("speed_mps"),
    place("lane_offset_m"),
    place("heading_error_rad"),
    place("curvature_0_m_per_m"),
    place("curvature_40_m_per_m"),
    place("speed_limit_mps"),
    place("leader_gap_m"),
    place("light_gap_m"),
];

const fn place(name: &str) -> usize {
    let mut place = 0;
    while !is_same(FEATURES[place].name.as_bytes(), name.as_bytes()) {
        place += 1;
    }
    place
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
