//! The roadway: what traffic reads of the network at every tick, laid out flat by lane.
//!
//! In goes the network, once; out come arrays by lane: length, speed in its bends, junction, light, crossings, stops.
//! It never changes afterwards and knows no vehicle.

use road::draft::LaneKind;
use road::{LaneId, LanePosition, RoadNetwork, Traveller};
use std::ops::Range;
use std::sync::Arc;

/// No lane, no junction, no vehicle, no entry.
pub(crate) const NONE: u32 = u32::MAX;

/// Sideways acceleration that ordinary drivers accept in a bend (Eboli, Mazzulla and Pungillo 2016, town roads).
const SIDEWAYS_MPS2: f64 = 2.2;
/// Curvature is looked at this often along a lane.
const CURVE_STEP_M: f64 = 2.0;
/// Whose bends allow so much is straight to the centimetre.
const STRAIGHT_MPS: f64 = 30.0;
/// The way past somebody is looked at this often.
const GAP_STEP_M: f64 = 0.5;

/// A crossing over a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub enter_m: f64,
    pub exit_m: f64,
}

/// A crossing's stretch of walk over one lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WalkOver {
    pub lane: u32,
    /// Index among all spots.
    pub spot: u32,
    /// Stretch of the walk line.
    pub from_m: f64,
    pub to_m: f64,
}

/// Arrays by lane.
#[derive(Debug)]
pub(crate) struct Roadway {
    pub network: Arc<RoadNetwork>,
    pub length_m: Vec<f64>,
    /// The limit.
    pub limit_mps: Vec<f64>,
    /// What its sharpest bend allows.
    pub bend_mps: Vec<f64>,
    pub width_m: Vec<f64>,
    pub junction: Vec<u32>,
    pub signal: Vec<u32>,
    spot_range: Vec<(u32, u32)>,
    pub spots: Vec<Spot>,
    walk_range: Vec<(u32, u32)>,
    walks: Vec<WalkOver>,
    stop_range: Vec<(u32, u32)>,
    stops_m: Vec<f64>,
}

impl Roadway {
    pub fn new(network: Arc<RoadNetwork>) -> Roadway {
        let lanes = network.lanes();
        let mut roadway = Roadway {
            length_m: lanes.iter().map(|lane| lane.length_m).collect(),
            limit_mps: lanes.iter().map(|lane| lane.speed_mps_max.max(1.0)).collect(),
            bend_mps: vec![f64::INFINITY; lanes.len()],
            width_m: vec![3.25; lanes.len()],
            junction: lanes.iter().map(|lane| lane.junction.map_or(NONE, |id| id.0)).collect(),
            signal: lanes.iter().map(|lane| lane.signal.map_or(NONE, |id| id.0)).collect(),
            spot_range: Vec::with_capacity(lanes.len()),
            spots: Vec::new(),
            walk_range: Vec::new(),
            walks: Vec::new(),
            stop_range: Vec::with_capacity(lanes.len()),
            stops_m: Vec::new(),
            network: Arc::clone(&network),
        };
        for (index, lane) in lanes.iter().enumerate() {
            let id = LaneId(index as u32);
            let first = roadway.spots.len() as u32;
            roadway.spots.extend(lane.crossings.iter().map(|over| Spot {
                enter_m: over.enter_m,
                exit_m: over.exit_m,
            }));
            roadway.spot_range.push((first, roadway.spots.len() as u32));
            let first = roadway.stops_m.len() as u32;
            let here = network.stops().iter().filter(|stop| stop.position.lane == id);
            roadway.stops_m.extend(here.map(|stop| stop.position.s_m));
            roadway.stops_m[first as usize..].sort_by(f64::total_cmp);
            roadway.stop_range.push((first, roadway.stops_m.len() as u32));
            if lane.edge.is_none() {
                continue;
            }
            let steps = (lane.length_m / CURVE_STEP_M).ceil().max(1.0) as usize;
            let curvature = |step: usize| {
                let s_m = lane.length_m * step as f64 / steps as f64;
                network.lane_curvature_per_m(id, s_m).abs()
            };
            let sharpest = (0..=steps).map(curvature).fold(0.0, f64::max);
            roadway.bend_mps[index] = (SIDEWAYS_MPS2 / sharpest.max(1e-6)).sqrt().max(2.5);
            roadway.width_m[index] = network.lane_width_m(id, 0.5 * lane.length_m).max(0.5);
        }
        for (index, crossing) in network.crossings().iter().enumerate() {
            let first = roadway.walks.len() as u32;
            for &(lane, from_m, to_m) in &crossing.lanes {
                let over = network.lane(lane).crossings.iter();
                let place = over.enumerate().find(|(_, over)| over.crossing.0 as usize == index);
                if let Some((offset, _)) = place {
                    roadway.walks.push(WalkOver {
                        lane: lane.0,
                        spot: roadway.spot_range[lane.0 as usize].0 + offset as u32,
                        from_m,
                        to_m,
                    });
                }
            }
            roadway.walk_range.push((first, roadway.walks.len() as u32));
        }
        roadway
    }

    /// Indices of the crossings over a lane, in its order.
    pub fn spots_on(&self, lane: u32) -> Range<usize> {
        let (first, end) = self.spot_range[lane as usize];
        first as usize..end as usize
    }

    /// The lanes that a crossing leads over.
    pub fn walks_of(&self, crossing: usize) -> &[WalkOver] {
        self.walk_range
            .get(crossing)
            .map_or(&[], |&(first, end)| &self.walks[first as usize..end as usize])
    }

    /// Bus stops on a lane, where a front bumper stands.
    pub fn stops_on_m(&self, lane: u32) -> &[f64] {
        let (first, end) = self.stop_range[lane as usize];
        &self.stops_m[first as usize..end as usize]
    }

    /// Whether a traveller may be on a lane at all.
    pub fn may_use(&self, lane: LaneId, traveller: Traveller) -> bool {
        let lane = self.network.lane(lane);
        let beside = |kind: LaneKind| {
            lane.edge.is_some_and(|edge| {
                let lanes = &self.network.edge(edge).lanes;
                lanes.iter().any(|&other| self.network.lane(other).kind == kind)
            })
        };
        match traveller {
            Traveller::Car => matches!(lane.kind, LaneKind::Driving | LaneKind::Ramp),
            Traveller::Bus => matches!(lane.kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus),
            Traveller::Bicycle => match lane.kind {
                LaneKind::Bicycle => true,
                LaneKind::Driving | LaneKind::Ramp => !beside(LaneKind::Bicycle),
                _ => false,
            },
        }
    }

    /// The lane for vehicles that lies between a lane and the kerb.
    pub fn beside_at_kerb(&self, lane: u32) -> Option<u32> {
        let beside = self.network.lane(LaneId(lane)).right?;
        self.network.lane(beside).edge.map(|_| beside.0)
    }

    /// From the middle of a lane to the middle of a neighbour, here: lanes that open or close are narrow at their ends.
    pub fn between_m(&self, (lane, s_m): (u32, f64), (neighbour, there_m): (u32, f64)) -> f64 {
        let width_m = |lane: u32, s_m: f64| {
            self.network
                .lane_width_m(LaneId(lane), s_m.clamp(0.0, self.length_m[lane as usize]))
        };
        0.5 * (width_m(lane, s_m) + width_m(neighbour, there_m))
    }

    /// Where a place on one lane lies on its neighbour.
    pub fn beside_m(&self, lane: u32, s_m: f64, neighbour: u32) -> f64 {
        let exact_m = self.network.beside_m(LaneId(lane), s_m, LaneId(neighbour));
        exact_m.unwrap_or_else(|| s_m * self.length_m[neighbour as usize] / self.length_m[lane as usize])
    }

    /// The pose of a body's middle. In a bend its ends swing out as far as its middle cuts in, and it lies from where its
    /// tail is on the lane to where its front is: drivers of long vehicles steer so.
    pub fn body_pose(&self, lane: u32, before: &[u32], (front_m, length_m): (f64, f64), offset_m: f64) -> road::Pose {
        let mut pose = self.pose(lane, before, front_m - 0.5 * length_m, offset_m);
        let is_bent = |lane: u32| lane != NONE && self.bend_mps[lane as usize] < STRAIGHT_MPS;
        if is_bent(lane) || front_m < length_m && before.iter().any(|&earlier| is_bent(earlier)) {
            let front = self.pose(lane, before, front_m, offset_m);
            let rear = self.pose(lane, before, front_m - length_m, offset_m);
            pose.x_m += 0.25 * (front.x_m + rear.x_m - 2.0 * pose.x_m);
            pose.y_m += 0.25 * (front.y_m + rear.y_m - 2.0 * pose.y_m);
            pose.heading_rad = libm::atan2(front.y_m - rear.y_m, front.x_m - rear.x_m);
        }
        pose
    }

    /// How near the middle of a stretch of a lane comes to the edge of a shape with these corners.
    pub fn gap_m(&self, lane: u32, (from_m, to_m): (f64, f64), corners_m: &[[f64; 2]]) -> f64 {
        let to_m = to_m.min(self.length_m[lane as usize]);
        let mut nearest_m2 = f64::INFINITY;
        let mut s_m = from_m.max(0.0);
        while s_m <= to_m {
            let pose = self.pose(lane, &[], s_m, 0.0);
            let next = corners_m.iter().cycle().skip(1);
            for (&[ax, ay], &[bx, by]) in corners_m.iter().zip(next) {
                let (dx, dy) = (bx - ax, by - ay);
                let along = ((pose.x_m - ax) * dx + (pose.y_m - ay) * dy) / (dx * dx + dy * dy).max(1e-9);
                let along = along.clamp(0.0, 1.0);
                let (x, y) = (ax + along * dx - pose.x_m, ay + along * dy - pose.y_m);
                nearest_m2 = nearest_m2.min(x * x + y * y);
            }
            s_m += GAP_STEP_M;
        }
        nearest_m2.sqrt()
    }

    /// The pose of a place that may lie before the lane's start, on the lanes `before` it.
    pub fn pose(&self, lane: u32, before: &[u32], s_m: f64, offset_m: f64) -> road::Pose {
        let (mut lane, mut s_m) = (lane, s_m);
        for &earlier in before {
            if s_m >= 0.0 || earlier == NONE {
                break;
            }
            s_m += self.length_m[earlier as usize];
            lane = earlier;
        }
        let behind_m = (-s_m).max(0.0);
        let mut pose = self.network.lane_pose(LanePosition {
            lane: LaneId(lane),
            s_m: s_m.max(0.0),
            offset_m,
        });
        if behind_m > 0.0 {
            let (sin, cos) = libm::sincos(pose.heading_rad);
            pose.x_m -= cos * behind_m;
            pose.y_m -= sin * behind_m;
        }
        pose
    }
}
