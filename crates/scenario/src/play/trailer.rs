//! Trailers: coupled and uncoupled, and drawn behind their tractors (OpenSCENARIO 1.3, `TrailerAction`).
//!
//! A trailer's coupler lies on the hitch of what pulls it, and its axle follows without slipping: the line from the hitch
//! through its place keeps its length and turns towards where it is pulled.

use super::Player;
use crate::model::EntityId;

impl Player<'_> {
    pub(super) fn disconnect(&mut self, actor: EntityId) {
        if let Some(trailer) = self.bodies[actor].trailer.take() {
            self.bodies[trailer].tractor = None;
        }
    }

    /// After a jump, trailers stand straight behind.
    pub(super) fn line_up_trailers(&mut self, first: EntityId) {
        let mut tractor = first;
        while let Some(trailer) = self.bodies[tractor].trailer {
            let entities = &self.entities;
            let pose = self.bodies[tractor].pose;
            let back_m = entities[tractor].hitch_m - entities[trailer].coupler_m;
            let (sin, cos) = libm::sincos(pose.heading_rad);
            let roads = self.scenario.roads.as_deref();
            let body = &mut self.bodies[trailer];
            body.is_active = true;
            body.has_jumped = true;
            body.set_point(
                roads,
                [pose.x_m + back_m * cos, pose.y_m + back_m * sin],
                Some(pose.heading_rad),
            );
            tractor = trailer;
        }
    }

    /// A trailer's coupler lies on the hitch; its own place follows.
    pub(super) fn pull_trailers(&mut self) {
        for first in 0..self.bodies.len() {
            if self.bodies[first].tractor.is_some() {
                continue;
            }
            let mut tractor = first;
            while let Some(trailer) = self.bodies[tractor].trailer {
                let (front, entity) = (self.bodies[tractor].clone_pose(), &self.entities);
                let (sin, cos) = libm::sincos(front.heading_rad);
                let hitch = [
                    front.x_m + entity[tractor].hitch_m * cos,
                    front.y_m + entity[tractor].hitch_m * sin,
                ];
                let coupler_m = entity[trailer].coupler_m;
                let speed_mps = self.bodies[tractor].speed_mps;
                let roads = self.scenario.roads.as_deref();
                let body = &mut self.bodies[trailer];
                let [dx, dy] = [body.pose.x_m - hitch[0], body.pose.y_m - hitch[1]];
                let distance_m = libm::hypot(dx, dy);
                let away = match distance_m > 1e-6 {
                    true => [dx / distance_m, dy / distance_m],
                    false => [-cos, -sin],
                };
                let heading_rad = libm::atan2(-away[1], -away[0]);
                body.speed_mps = speed_mps;
                body.set_point(
                    roads,
                    [hitch[0] + away[0] * coupler_m, hitch[1] + away[1] * coupler_m],
                    Some(heading_rad),
                );
                tractor = trailer;
            }
        }
    }
}
