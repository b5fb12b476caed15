//! A driver for tests only: keeps to its mission's lanes by pure pursuit (Coulter 1992), stops for what is ahead of it,
//! for red lights and at the end. What it sees is kept for the test to read.

use road::{LaneId, LanePosition, RoadNetwork, SignalColour};
use std::sync::{Arc, Mutex};
use vehicle::{Control, Driver, Explanation, Observation};

pub struct StandIn {
    pub network: Arc<RoadNetwork>,
    pub speed_mps: f64,
    /// Drives on whatever is in the way.
    pub is_blind: bool,
    /// Every observation, if anyone asks.
    pub seen: Option<Arc<Mutex<Vec<Observation>>>>,
    pub leg: usize,
}

impl StandIn {
    pub fn new(network: &Arc<RoadNetwork>, speed_mps: f64) -> StandIn {
        StandIn {
            network: Arc::clone(network),
            speed_mps,
            is_blind: false,
            seen: None,
            leg: 0,
        }
    }

    /// The point `ahead_m` ahead on the mission, and how far the mission still goes.
    fn aim(&mut self, observation: &Observation, ahead_m: f64) -> Option<([f64; 2], f64)> {
        let pose = observation.ego.pose;
        let lanes = &observation.mission.lanes;
        let mut at = self.network.project(*lanes.get(self.leg)?, pose.x_m, pose.y_m);
        while at.s_m >= self.network.lane(at.lane).length_m - 0.05 && self.leg + 1 < lanes.len() {
            self.leg += 1;
            at = self.network.project(lanes[self.leg], pose.x_m, pose.y_m);
        }
        let rest = |lanes: &[LaneId]| lanes.iter().map(|&lane| self.network.lane(lane).length_m).sum::<f64>();
        let left_m = rest(&lanes[self.leg..]) - at.s_m;
        let mut s_m = at.s_m + ahead_m.min(left_m);
        let mut leg = self.leg;
        while leg + 1 < lanes.len() && s_m > self.network.lane(lanes[leg]).length_m {
            s_m -= self.network.lane(lanes[leg]).length_m;
            leg += 1;
        }
        let aim = self.network.lane_pose(LanePosition {
            lane: lanes[leg],
            s_m,
            offset_m: 0.0,
        });
        Some(([aim.x_m, aim.y_m], left_m))
    }

    fn room_ahead_m(&self, observation: &Observation) -> f64 {
        let pose = observation.ego.pose;
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let ahead = |x_m: f64, y_m: f64| {
            let (dx, dy) = (x_m - pose.x_m, y_m - pose.y_m);
            (dx * cos + dy * sin, dy * cos - dx * sin)
        };
        let objects = observation.objects.iter().filter_map(|object| {
            let (along_m, aside_m) = ahead(object.x_m, object.y_m);
            let is_level = (object.z_m - pose.z_m).abs() < 3.0;
            (is_level && along_m > 3.0 && aside_m.abs() < 2.0).then_some(along_m - 5.0 - 0.5 * object.length_m)
        });
        let lanes = &observation.mission.lanes;
        let next = lanes.get(self.leg + 1).and_then(|&lane| self.network.lane(lane).signal);
        let red = observation
            .signals
            .iter()
            .filter(|light| Some(light.signal) == next)
            .filter_map(|light| {
                let lane = self.network.lane(lanes[self.leg]);
                let at = self.network.project(lanes[self.leg], pose.x_m, pose.y_m);
                let must_stop = matches!(light.colour, SignalColour::Red | SignalColour::Amber);
                must_stop.then_some(lane.length_m - at.s_m - 6.0)
            });
        objects
            .chain(red.filter(|&room_m| room_m > -1.0))
            .fold(f64::INFINITY, f64::min)
    }
}

impl Driver for StandIn {
    fn name(&self) -> &str {
        "stand-in"
    }

    fn drive(&mut self, observation: &Observation) -> Control {
        if let Some(seen) = &self.seen {
            seen.lock()
                .expect("no test panics while it looks")
                .push(observation.clone());
        }
        let ego = observation.ego;
        let Some((aim, left_m)) = self.aim(observation, 3.0 + 0.5 * ego.speed_mps) else {
            return Control {
                brake: 0.5,
                ..Control::default()
            };
        };
        let (dx, dy) = (aim[0] - ego.pose.x_m, aim[1] - ego.pose.y_m);
        let (sin, cos) = libm::sincos(ego.pose.heading_rad);
        let (along_m, aside_m) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let curvature_per_m = 2.0 * aside_m / (along_m * along_m + aside_m * aside_m).max(1.0);
        let room_m = if self.is_blind {
            left_m
        } else {
            (left_m - 8.0).min(self.room_ahead_m(observation))
        };
        let in_curve_mps = (1.5 / curvature_per_m.abs().max(1e-3)).sqrt();
        let wanted_mps = self
            .speed_mps
            .min(in_curve_mps)
            .min((2.0 * 1.2 * (room_m - 1.0).max(0.0)).sqrt());
        let error_mps = wanted_mps - ego.speed_mps;
        Control {
            drive: (0.3 * error_mps).clamp(0.0, 0.6),
            brake: if wanted_mps < 0.2 {
                0.3
            } else {
                (-0.15 * error_mps).clamp(0.0, 0.6)
            },
            steering_angle_rad: libm::atan(3.85 * curvature_per_m),
            ..Control::default()
        }
    }

    fn explanation(&self) -> Explanation {
        Explanation {
            speed_mps_target: self.speed_mps,
            ..Explanation::default()
        }
    }
}
