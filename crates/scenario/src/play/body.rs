//! An entity in motion: its pose, its place on the roads, its speed, and since when it stands.

use super::Inputs;
use crate::model::EntityId;
use crate::roads::{Roads, Spot, wrapped};
use road::Pose;
use std::sync::Arc;

/// An entity in motion.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Of its reference point.
    pub pose: Pose,
    /// Its place on the roads, if there are any.
    pub spot: Option<Spot>,
    /// Heading against the road's +s.
    pub heading_to_road_rad: f64,
    /// Speed along its heading; negative backwards.
    pub speed_mps: f64,
    /// Velocity on the map, from one step to the next.
    pub velocity_mps: [f64; 2],
    /// Acceleration on the map.
    pub acceleration_mps2: [f64; 2],
    /// How far it has come.
    pub travelled_m: f64,
    /// Is there at all.
    pub is_active: bool,
    /// Was taken away.
    pub(super) is_gone: bool,
    /// Graphics, sensors, traffic.
    pub visibility: [bool; 3],
    /// Those of its lights that others mind.
    pub lights: Lights,
    /// What the storyboard has taken out of its driver's hands.
    pub inputs: Inputs,
    /// Stands since.
    pub still_since_s: Option<f64>,
    /// At the end of its road since.
    pub end_of_road_since_s: Option<f64>,
    /// Off the road since.
    pub offroad_since_s: Option<f64>,
    /// Roads that it prefers at junctions.
    pub(super) route: Vec<usize>,
    /// The line it follows, with how far along it is.
    pub(super) line: Option<(Arc<super::line::Line>, f64)>,
    pub(super) trailer: Option<EntityId>,
    pub(super) tractor: Option<EntityId>,
    pub(super) is_moved: bool,
    /// An action has said how fast it goes.
    pub(super) is_paced: bool,
    pub(super) has_jumped: bool,
    last_m: [f64; 2],
    steps: u32,
}

/// Lights of a vehicle that others mind (OpenSCENARIO 1.3, `VehicleLightType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lights {
    /// Indicator.
    pub left: bool,
    /// Indicator.
    pub right: bool,
    /// All indicators.
    pub warning: bool,
}

impl Lights {
    pub(super) fn switch(&mut self, light: &str, is_on: bool) {
        match light {
            "indicatorLeft" => self.left = is_on,
            "indicatorRight" => self.right = is_on,
            "warningLights" => self.warning = is_on,
            // Headlights, brake lights and the like tell nobody where their vehicle will go.
            _ => {}
        }
    }
}

impl Body {
    /// Not there yet, and seen by all once it is.
    pub(super) fn new() -> Body {
        Body {
            visibility: [true; 3],
            ..Body::default()
        }
    }

    /// 1 if it looks along +s, else -1.
    pub fn sense(&self) -> f64 {
        if wrapped(self.heading_to_road_rad).abs() <= std::f64::consts::FRAC_PI_2 {
            1.0
        } else {
            -1.0
        }
    }

    pub(super) fn clone_pose(&self) -> Pose {
        self.pose
    }

    pub(super) fn set_spot(&mut self, roads: &Roads, spot: Spot) {
        let road = roads.pose(spot);
        self.spot = Some(spot);
        self.pose = Pose {
            heading_rad: wrapped(road.heading_rad + self.heading_to_road_rad),
            ..road
        };
    }

    /// Puts it at a point of the map; the place on the roads follows.
    pub(super) fn set_point(&mut self, roads: Option<&Roads>, [x_m, y_m]: [f64; 2], heading_rad: Option<f64>) {
        let heading_rad = heading_rad.unwrap_or(self.pose.heading_rad);
        self.pose = Pose {
            x_m,
            y_m,
            heading_rad,
            ..self.pose
        };
        let Some(roads) = roads else { return };
        self.spot = roads.at_point(x_m, y_m, self.spot, false);
        if let Some(spot) = self.spot {
            let road = roads.pose(spot);
            self.pose.z_m = road.z_m;
            self.heading_to_road_rad = wrapped(heading_rad - road.heading_rad);
        }
    }

    pub(super) fn go_straight(&mut self, step_s: f64) {
        let (sin, cos) = libm::sincos(self.pose.heading_rad);
        self.pose.x_m += self.speed_mps * step_s * cos;
        self.pose.y_m += self.speed_mps * step_s * sin;
    }

    /// Its velocity is what its speed and heading say, before its first step.
    pub(super) fn take_up_speed(&mut self) {
        let (sin, cos) = libm::sincos(self.pose.heading_rad);
        self.velocity_mps = [self.speed_mps * cos, self.speed_mps * sin];
    }

    pub(super) fn finish_step(&mut self, time_s: f64, step_s: f64, roads: Option<&Roads>) {
        let here = [self.pose.x_m, self.pose.y_m];
        let (sin, cos) = libm::sincos(self.pose.heading_rad);
        let by_heading = [self.speed_mps * cos, self.speed_mps * sin];
        let moved = [here[0] - self.last_m[0], here[1] - self.last_m[1]];
        let velocity = match step_s > 0.0 && !self.has_jumped {
            true => [moved[0] / step_s, moved[1] / step_s],
            false => by_heading,
        };
        // The first step sets up, the second shows a velocity, the third an acceleration.
        self.acceleration_mps2 = match step_s > 0.0 && self.steps > 0 && !self.has_jumped {
            true => [0, 1].map(|axis| (velocity[axis] - self.velocity_mps[axis]) / step_s),
            false => [0.0; 2],
        };
        if self.steps > 0 && !self.has_jumped {
            self.travelled_m += libm::hypot(moved[0], moved[1]);
        }
        self.velocity_mps = velocity;
        // Who has not moved is where it was, on the road or off it.
        if here != self.last_m || self.steps == 0 || self.has_jumped {
            let is_on_road = match (roads, self.spot) {
                (Some(roads), Some(spot)) => roads.is_on_road(spot),
                (roads, _) => roads.is_none(),
            };
            match is_on_road {
                true => self.offroad_since_s = None,
                false => {
                    self.offroad_since_s.get_or_insert(time_s);
                }
            }
        }
        self.last_m = here;
        self.steps += 1;
        match self.speed_mps.abs() < super::STILL_MPS {
            true => {
                self.still_since_s.get_or_insert(time_s);
            }
            false => self.still_since_s = None,
        }
    }
}
