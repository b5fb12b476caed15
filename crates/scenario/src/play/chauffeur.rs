//! Drivers from outside: somebody who is asked, each step, where an entity is to be at its end.
//!
//! In goes the state at the step's beginning; out comes a [`Motion`]. Whoever answers sits at the rim (a socket, another
//! engine); the player only asks, while the entity's controller is active and no action of the storyboard moves it.

use super::{Player, STILL_MPS};
use crate::model::EntityId;

/// Where an entity is to be at the end of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Of its reference point.
    pub x_m: f64,
    /// Of its reference point.
    pub y_m: f64,
    /// Where it looks.
    pub heading_rad: f64,
    /// Along its heading.
    pub speed_mps: f64,
}

/// Whoever drives entities from outside.
pub trait Chauffeur {
    /// Asked at the beginning of a step of `step_s`; without an answer the entity goes on along its lane at its speed.
    fn drive(&mut self, player: &Player<'_>, entity: EntityId, step_s: f64) -> Option<Motion>;

    /// Why it cannot go on, told once, if something broke since it was asked last.
    fn failure(&mut self) -> Option<String> {
        None
    }
}

impl Player<'_> {
    /// Hands over those who are driven from outside and whom no action moves in this step.
    pub(super) fn be_driven(&mut self, chauffeur: &mut dyn Chauffeur, step_s: f64) {
        for entity in 0..self.bodies.len() {
            let body = &self.bodies[entity];
            let is_asked = self.pilots[entity]
                .as_ref()
                .is_some_and(|pilot| pilot.is_outside && pilot.is_active);
            if !is_asked || !body.is_active || body.is_paced || body.is_moved || step_s <= 0.0 {
                continue;
            }
            let Some(motion) = chauffeur.drive(self, entity, step_s) else {
                continue;
            };
            let roads = self.scenario.roads.clone();
            let body = &mut self.bodies[entity];
            body.speed_mps = motion.speed_mps;
            body.is_moved = true;
            body.set_point(roads.as_deref(), [motion.x_m, motion.y_m], Some(motion.heading_rad));
        }
    }

    /// The middle of the lane that an entity is on, from behind it to ahead of it, in the way that it looks; nothing off
    /// the roads.
    pub fn lane_around(&self, entity: EntityId, behind_m: f64, ahead_m: f64, step_m: f64) -> Vec<[f64; 3]> {
        let body = &self.bodies[entity];
        let (Some(roads), Some(spot)) = (&self.scenario.roads, body.spot) else {
            return Vec::new();
        };
        let mut points = Vec::new();
        let count = ((behind_m + ahead_m) / step_m.max(STILL_MPS)).ceil() as usize;
        for number in 0..=count {
            let mut spot = crate::roads::Spot { offset_m: 0.0, ..spot };
            let along_m = number as f64 * step_m - behind_m;
            let end = roads.advance(&mut spot, along_m * body.sense(), &mut false, &body.route);
            if end == crate::roads::Advance::Done {
                let pose = roads.pose(spot);
                points.push([pose.x_m, pose.y_m, pose.z_m]);
            }
        }
        points
    }
}
