//! A driver of one's own in fifty lines: keeps its lane and its distance, stops at red lights and at the end of its route.
//!
//! In go observations, out come pedals and wheel. It steers for a point ahead on its lanes (pure pursuit, Coulter 1992) and never
//! drives faster than it could stop before whatever comes first. It gives way to nobody who crosses.

use road::{LanePosition, RoadNetwork, SignalColour};
use std::sync::Arc;
use vehicle::{Control, Driver, Explanation, Observation};

pub struct LaneDriver {
    pub network: Arc<RoadNetwork>,
    /// From the rear axle to the front bumper, and between the axles.
    pub front_m: f64,
    pub wheelbase_m: f64,
    /// The lane of the mission that it is on.
    pub leg: usize,
}

impl Driver for LaneDriver {
    fn name(&self) -> &str {
        "lane driver"
    }

    fn drive(&mut self, seen: &Observation) -> Control {
        let (pose, lanes) = (seen.ego.pose, &seen.mission.lanes);
        let place = |leg: usize| self.network.project(lanes[leg], pose.x_m, pose.y_m);
        let length_m = |leg: usize| self.network.lane(lanes[leg]).length_m;
        while self.leg + 1 < lanes.len() && place(self.leg).s_m > length_m(self.leg) - 0.01 {
            self.leg += 1;
        }
        if self.leg >= lanes.len() {
            return Control { brake: 0.5, ..Control::default() };
        }
        let (from_m, ahead_m) = (place(self.leg).s_m, 4.0 + 0.6 * seen.ego.speed_mps);
        let (mut room_m, mut base_m, mut aim) = (f64::INFINITY, -from_m, pose);
        for &id in &lanes[self.leg..] {
            let lane = self.network.lane(id);
            let is_shut = |colour| matches!(colour, SignalColour::Red | SignalColour::Amber);
            if seen.signals.iter().any(|light| Some(light.signal) == lane.signal && is_shut(light.colour)) && base_m > 0.0 {
                room_m = room_m.min(base_m - 1.0);
            }
            for object in &seen.objects {
                let at = self.network.project(id, object.x_m, object.y_m);
                let gap_m = base_m + at.s_m - 0.5 * object.length_m - 3.0;
                let is_here = at.offset_m.abs() < 1.6 && at.s_m > 0.0 && at.s_m < lane.length_m && gap_m > -3.0;
                // Who drives on leaves the way that it needs to stop.
                let leaves_m = object.speed_mps * object.speed_mps / (2.0 * 3.0);
                room_m = if is_here { room_m.min(gap_m + leaves_m) } else { room_m };
            }
            if base_m < ahead_m {
                let s_m = (ahead_m - base_m).min(lane.length_m);
                aim = self.network.lane_pose(LanePosition { lane: id, s_m, offset_m: 0.0 });
            }
            base_m += lane.length_m;
        }
        room_m = room_m.min(base_m - 2.0) - self.front_m;
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let (dx, dy) = (aim.x_m - pose.x_m, aim.y_m - pose.y_m);
        let curvature_per_m = 2.0 * (dy * cos - dx * sin) / (dx * dx + dy * dy).max(1.0);
        let limit_mps = self.network.lane(lanes[self.leg]).speed_mps_max;
        let stop_mps = (2.0 * 1.5 * room_m.max(0.0)).sqrt();
        let bend_mps = (1.8 / curvature_per_m.abs().max(1e-4)).sqrt();
        let error_mps = limit_mps.min(stop_mps).min(bend_mps) - seen.ego.speed_mps;
        Control {
            drive: (0.3 * error_mps).clamp(0.0, 0.6),
            brake: if room_m < 0.5 { 0.4 } else { (-0.15 * error_mps).clamp(0.0, 1.0) },
            steering_angle_rad: libm::atan(self.wheelbase_m * curvature_per_m),
            ..Control::default()
        }
    }

    fn explanation(&self) -> Explanation {
        Explanation::default()
    }
}
