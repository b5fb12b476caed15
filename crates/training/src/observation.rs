//! The simple observation: some thirty numbers that a driver needs to keep its lane and its distance.
//!
//! In goes the world around the ego; out come numbers in SI units within the bounds that [`FEATURES`] names, in its order. They
//! are the truth at the end of a step. What is farther than a hundred metres, or is not there, has the value that the table
//! says. It sees lanes ahead, behind and beside, and lights; it does not see traffic that crosses.

use road::{LaneId, LanePosition, RoadNetwork, SignalColour, Traveller};
use world::{EgoWorld, Place};

/// One number of an observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    /// Its name, with its unit.
    pub name: &'static str,
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
    /// What it means, and what it is where there is nothing.
    pub about: &'static str,
}

const fn feature(name: &'static str, low: f32, high: f32, about: &'static str) -> Feature {
    Feature { name, low, high, about }
}

/// How far ahead and behind it looks.
const REACH_M: f64 = 100.0;
/// Where ahead of the front bumper curvature is looked at.
const CURVES_M: [f64; 5] = [0.0, 10.0, 20.0, 40.0, 70.0];
/// Length of an observation.
pub const OBSERVATION_LENGTH: usize = FEATURES.len();

/// What an observation holds, in this order.
pub const FEATURES: [Feature; 27] = [
    feature("speed_mps", 0.0, 60.0, "own speed"),
    feature("acceleration_mps2", -12.0, 12.0, "own acceleration"),
    feature("yaw_rate_rad_per_s", -2.0, 2.0, "anticlockwise"),
    feature(
        "steering_angle_rad",
        -1.0,
        1.0,
        "of the road wheels, positive to the left",
    ),
    feature(
        "lane_offset_m",
        -5.0,
        5.0,
        "front bumper's middle from the lane's centre, positive to the left",
    ),
    feature("heading_error_rad", -3.2, 3.2, "own heading less the lane's"),
    feature("lane_width_m", 0.0, 10.0, "width of the own lane"),
    feature(
        "curvature_0_m_per_m",
        -0.3,
        0.3,
        "of the lane at the front bumper, positive to the left",
    ),
    feature("curvature_10_m_per_m", -0.3, 0.3, "10 m ahead on the route"),
    feature("curvature_20_m_per_m", -0.3, 0.3, "20 m ahead"),
    feature("curvature_40_m_per_m", -0.3, 0.3, "40 m ahead"),
    feature("curvature_70_m_per_m", -0.3, 0.3, "70 m ahead"),
    feature("speed_limit_mps", 0.0, 60.0, "of the own lane"),
    feature(
        "leader_gap_m",
        0.0,
        100.0,
        "bumper to bumper on the route; 100 if nobody is nearer",
    ),
    feature(
        "leader_speed_mps",
        -60.0,
        60.0,
        "leader's speed less the own; 0 without a leader",
    ),
    feature(
        "light_gap_m",
        0.0,
        100.0,
        "to the next stop line with a red or amber light; 100 without",
    ),
    feature("route_left_m", 0.0, 100.0, "until the route ends"),
    feature(
        "left_lane",
        0.0,
        1.0,
        "1 if a lane to the left runs the same way and is open to the vehicle",
    ),
    feature(
        "left_ahead_gap_m",
        0.0,
        100.0,
        "to who is next ahead there; 100 if nobody, 0 if beside",
    ),
    feature(
        "left_ahead_speed_mps",
        -60.0,
        60.0,
        "its speed less the own; 0 if nobody",
    ),
    feature("left_behind_gap_m", 0.0, 100.0, "to who is next behind there"),
    feature(
        "left_behind_speed_mps",
        -60.0,
        60.0,
        "its speed less the own; 0 if nobody",
    ),
    feature("right_lane", 0.0, 1.0, "the same for the right"),
    feature("right_ahead_gap_m", 0.0, 100.0, "see left"),
    feature("right_ahead_speed_mps", -60.0, 60.0, "see left"),
    feature("right_behind_gap_m", 0.0, 100.0, "see left"),
    feature("right_behind_speed_mps", -60.0, 60.0, "see left"),
];

/// A neighbour: how far, and how much faster than the ego.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbour {
    pub gap_m: f64,
    pub faster_mps: f64,
}

const NOBODY: Neighbour = Neighbour {
    gap_m: REACH_M,
    faster_mps: 0.0,
};

/// What an observation and a reward are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub front: LanePosition,
    pub heading_error_rad: f64,
    pub lane_width_m: f64,
    pub limit_mps: f64,
    pub leader: Neighbour,
    pub light_m: f64,
    pub route_left_m: f64,
    curvatures_per_m: [f64; CURVES_M.len()],
    /// Left and right: ahead and behind.
    beside: [Option<[Neighbour; 2]>; 2],
}

impl View {
    /// Looks around, for an ego of a length that may use a traveller's lanes. `None` before it was placed.
    pub fn new(world: &EgoWorld, length_m: f64, traveller: Traveller) -> Option<View> {
        let network = &**world.network();
        let (ego, front) = (world.ego()?, world.front()?);
        let ahead = world.lanes_ahead();
        let lane = network.lane(front.lane);
        let pose = network.lane_pose(front);
        let mut view = View {
            front,
            heading_error_rad: wrapped(ego.pose.heading_rad - pose.heading_rad),
            lane_width_m: network.lane_width_m(front.lane, front.s_m),
            limit_mps: lane.speed_mps_max,
            leader: NOBODY,
            light_m: REACH_M,
            route_left_m: REACH_M,
            curvatures_per_m: [0.0; CURVES_M.len()],
            beside: [None; 2],
        };
        view.look_ahead(world, ahead, ego.speed_mps);
        for (side, beside) in [lane.left, lane.right].into_iter().enumerate() {
            let beside = beside.filter(|&beside| network.may_use(beside, traveller));
            view.beside[side] = beside.map(|beside| {
                let own = Own {
                    s_m: network.beside_m(front.lane, front.s_m, beside).unwrap_or(front.s_m),
                    length_m,
                    speed_mps: ego.speed_mps,
                };
                neighbours(network, world.others(), beside, &own)
            });
        }
        Some(view)
    }

    /// Along the route: who and what comes, how it bends.
    fn look_ahead(&mut self, world: &EgoWorld, ahead: &[LaneId], speed_mps: f64) {
        let network = &**world.network();
        let mut base_m = -self.front.s_m;
        let mut curves = CURVES_M.iter().zip(&mut self.curvatures_per_m).peekable();
        for (index, &lane) in ahead.iter().enumerate() {
            let compiled = network.lane(lane);
            if let Some(signal) = compiled.signal.filter(|_| index > 0) {
                let is_shut = matches!(world.signal(signal), SignalColour::Red | SignalColour::Amber);
                if is_shut {
                    self.light_m = self.light_m.min(base_m.max(0.0));
                }
            }
            for other in world.others() {
                if other.lane == lane && base_m + other.s_m > 0.0 {
                    let gap_m = (base_m + other.s_m - other.length_m).max(0.0);
                    if gap_m < self.leader.gap_m {
                        self.leader = Neighbour {
                            gap_m,
                            faster_mps: other.speed_mps - speed_mps,
                        };
                    }
                }
            }
            let end_m = base_m + compiled.length_m;
            let is_last = index + 1 == ahead.len();
            while let Some((&at_m, curvature_per_m)) = curves.next_if(|(at_m, _)| **at_m < end_m || is_last) {
                *curvature_per_m = network.lane_curvature_per_m(lane, (at_m - base_m).min(compiled.length_m));
            }
            if end_m > REACH_M {
                return;
            }
            base_m = end_m;
        }
        self.route_left_m = base_m.clamp(0.0, REACH_M);
    }
}

/// Where the ego would be on the lane beside.
struct Own {
    s_m: f64,
    length_m: f64,
    speed_mps: f64,
}

/// Who is next ahead and behind on a lane, its first successor and its first predecessor.
fn neighbours(network: &RoadNetwork, others: &[Place], lane: LaneId, own: &Own) -> [Neighbour; 2] {
    let compiled = network.lane(lane);
    let (next, before) = (compiled.successors.first(), compiled.predecessors.first());
    let before_m = before.map_or(0.0, |&before| network.lane(before).length_m);
    let mut found = [NOBODY; 2];
    for other in others {
        let s_m = if other.lane == lane {
            other.s_m
        } else if Some(&other.lane) == next {
            other.s_m + compiled.length_m
        } else if Some(&other.lane) == before {
            other.s_m - before_m
        } else {
            continue;
        };
        let is_ahead = s_m >= own.s_m;
        let gap_m = if is_ahead {
            s_m - other.length_m - own.s_m
        } else {
            own.s_m - own.length_m - s_m
        };
        let place = &mut found[usize::from(!is_ahead)];
        if gap_m.max(0.0) < place.gap_m {
            *place = Neighbour {
                gap_m: gap_m.max(0.0),
                faster_mps: other.speed_mps - own.speed_mps,
            };
        }
    }
    found
}

/// Writes the observation; `out` has [`OBSERVATION_LENGTH`] places.
pub(crate) fn write(world: &EgoWorld, view: &View, out: &mut [f32]) {
    let Some(ego) = world.ego() else { return };
    let mut values = [0.0f64; OBSERVATION_LENGTH];
    values[..7].copy_from_slice(&[
        ego.speed_mps,
        ego.acceleration_mps2,
        ego.yaw_rate_rad_per_s,
        ego.steering_angle_rad,
        view.front.offset_m,
        view.heading_error_rad,
        view.lane_width_m,
    ]);
    values[7..12].copy_from_slice(&view.curvatures_per_m);
    values[12..17].copy_from_slice(&[
        view.limit_mps,
        view.leader.gap_m,
        view.leader.faster_mps,
        view.light_m,
        view.route_left_m,
    ]);
    for (side, beside) in view.beside.iter().enumerate() {
        let [ahead, behind] = beside.unwrap_or([NOBODY; 2]);
        values[17 + 5 * side..22 + 5 * side].copy_from_slice(&[
            f64::from(u8::from(beside.is_some())),
            ahead.gap_m,
            ahead.faster_mps,
            behind.gap_m,
            behind.faster_mps,
        ]);
    }
    for ((out, value), feature) in out.iter_mut().zip(values).zip(&FEATURES) {
        *out = (value as f32).clamp(feature.low, feature.high);
    }
}

/// An angle within half a turn.
fn wrapped(angle_rad: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    let turned = libm::fmod(angle_rad + PI, TAU);
    if turned < 0.0 { turned + PI } else { turned - PI }
}
