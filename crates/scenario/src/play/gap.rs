//! Distances kept along and across (OpenSCENARIO 1.3, `LongitudinalDistanceAction`, `LateralDistanceAction`).
//!
//! Without `DynamicConstraints` the distance is there at once, as the standard says. With them the standard leaves the
//! motion open; here the gap's error e follows ë + 2ωė + ω²e = 0, the fastest return without overshoot, and what it asks
//! is cut to the constraints. ω² is chosen so that an error of [`FULL_EFFORT_M`] asks for all that the constraint
//! allows: ω² = limit / [`FULL_EFFORT_M`]. Along the lane ė is the speed against the other, so that a gap to one who drives
//! on is held; across it is the actor's own, so that one who is followed sideways is followed softly. A speed limit alone
//! bounds the way of a step.

use super::Player;
use super::place::Place;
use crate::model::{Constraints, Displacement, EntityId, Keeping, Metric, Part, System};
use crate::roads::{Advance, wrapped};
use std::f64::consts::PI;

/// Near enough for an action that is not continuous to end.
const REACHED_M: f64 = 0.1;
/// The same across, where distances are small.
const REACHED_ACROSS_M: f64 = 0.01;
/// The error of a gap at rest that asks for the whole of an acceleration limit.
const FULL_EFFORT_M: f64 = 2.5;
/// Stands for a limit that a file leaves out while it gives the other: as hard as tyres allow.
const UNSTATED_LIMIT_MPS2: f64 = 10.0;

/// A distance to another.
#[derive(Clone, Copy, Debug)]
struct Gap {
    between_m: f64,
    boxes_m: f64,
}

/// The gap's error and how fast the actor leaves it.
#[derive(Clone, Copy, Debug)]
struct Error {
    /// Positive: too far behind.
    error_m: f64,
    /// Positive: it shrinks.
    closing_mps: f64,
}

impl Error {
    /// Acceleration now, from the last one.
    fn acceleration_mps2(self, last_mps2: f64, limits: &Constraints, step_s: f64) -> f64 {
        let limit = match self.error_m < 0.0 {
            true => limits.acceleration_mps2_max,
            false => limits.deceleration_mps2_max,
        };
        let limit = if limit.is_finite() { limit } else { UNSTATED_LIMIT_MPS2 };
        let omega = libm::sqrt(limit / FULL_EFFORT_M);
        let asked = omega * (omega * self.error_m - 2.0 * self.closing_mps);
        let allowed = asked.clamp(-limits.deceleration_mps2_max, limits.acceleration_mps2_max);
        // Jerk limits hold while an effort grows; easing off is free.
        if allowed > 0.0 {
            allowed.min(last_mps2.max(last_mps2 + limits.acceleration_rate_mps3_max * step_s))
        } else {
            allowed.max(last_mps2.min(last_mps2 - limits.deceleration_rate_mps3_max * step_s))
        }
    }
}

impl Player<'_> {
    /// Signed distance to the other, as the action measures it, and what of it both boxes take if it is measured between
    /// them. A gap between boxes alone would not tell which way is out while they are side by side.
    fn gap_to(&self, actor: EntityId, keeping: &Keeping) -> Gap {
        let other = &self.bodies[keeping.other];
        let place = Place {
            pose: other.pose,
            spot: other.spot,
        };
        let metric = Metric {
            freespace: false,
            ..keeping.metric
        };
        let between_m = self.distance_m(actor, place, Some(keeping.other), metric);
        if !keeping.metric.freespace {
            return Gap {
                between_m,
                boxes_m: 0.0,
            };
        }
        let both = [actor, keeping.other].map(|entity| &self.entities[entity]);
        if metric.part == Part::Lateral {
            let boxes_m = 0.5 * (both[0].size_m[1] + both[1].size_m[1]);
            return Gap { between_m, boxes_m };
        }
        let body = &self.bodies[actor];
        let is_on_road = matches!(metric.system, System::Road | System::Lane);
        let turned_rad = match is_on_road {
            true => [body, other].map(|body| body.heading_to_road_rad + if body.sense() > 0.0 { 0.0 } else { PI }),
            false => [0.0, other.pose.heading_rad - body.pose.heading_rad],
        };
        let facing = match is_on_road {
            true => body.sense() * other.sense(),
            false => 1.0,
        };
        let [own, others] = [0, 1].map(|who: usize| both[who].stretch_m(turned_rad[who]));
        Gap {
            between_m: between_m + facing * others[0] - own[0],
            boxes_m: own[1] + others[1],
        }
    }

    /// Whether the other is behind the actor, or to its right.
    pub(super) fn is_past(&self, actor: EntityId, keeping: &Keeping) -> bool {
        self.gap_to(actor, keeping).between_m < 0.0
    }

    pub(super) fn keep_ahead(
        &mut self,
        actor: EntityId,
        keeping: &Keeping,
        displacement: Displacement,
        acceleration: &mut f64,
        step_s: f64,
    ) -> bool {
        let other_mps = self.bodies[keeping.other].speed_mps;
        let distance_m = match keeping.is_time_gap {
            true => other_mps * keeping.value,
            false => keeping.value,
        };
        let side = if displacement == Displacement::Leading {
            -1.0
        } else {
            1.0
        };
        let gap = self.gap_to(actor, keeping);
        let error_m = gap.between_m - side * (distance_m.abs() + gap.boxes_m);
        if !error_m.is_finite() {
            return false;
        }
        let limits = keeping.constraints;
        if limits.acceleration_mps2_max.is_infinite() && limits.deceleration_mps2_max.is_infinite() {
            self.shift_along(actor, error_m);
            self.bodies[actor].speed_mps = other_mps;
        } else {
            let body = &mut self.bodies[actor];
            let error = Error {
                error_m,
                closing_mps: body.speed_mps - other_mps,
            };
            *acceleration = error.acceleration_mps2(*acceleration, &limits, step_s);
            let speed_mps = body.speed_mps + *acceleration * step_s;
            body.speed_mps = speed_mps.clamp(-limits.speed_mps_max, limits.speed_mps_max);
        }
        !keeping.continuous && error_m.abs() < REACHED_M
    }

    /// Holds a lateral distance; within limits of acceleration and speed across, else at once.
    pub(super) fn keep_beside(
        &mut self,
        actor: EntityId,
        keeping: &Keeping,
        displacement: Displacement,
        rate_mps: &mut f64,
        step_s: f64,
    ) -> bool {
        let gap = self.gap_to(actor, keeping);
        let side = if displacement == Displacement::Leading {
            -1.0
        } else {
            1.0
        };
        let error_m = gap.between_m - side * (keeping.value.abs() + gap.boxes_m);
        let mut shift_m = error_m;
        if !shift_m.is_finite() {
            return false;
        }
        let limits = keeping.constraints;
        let limit = limits.acceleration_mps2_max;
        if limit.is_finite() {
            let omega = libm::sqrt(limit / FULL_EFFORT_M);
            let asked = omega * (omega * shift_m - 2.0 * *rate_mps);
            // The step begins with the rate that the last one left.
            shift_m = *rate_mps * step_s;
            *rate_mps += asked.clamp(-limit, limit) * step_s;
            *rate_mps = rate_mps.clamp(-limits.speed_mps_max, limits.speed_mps_max);
        } else {
            let reach_m = limits.speed_mps_max * step_s;
            if reach_m.is_finite() {
                shift_m = shift_m.clamp(-reach_m, reach_m);
            }
        }
        self.step_aside(actor, shift_m, step_s);
        !keeping.continuous && error_m.abs() < REACHED_ACROSS_M
    }

    /// One step that leads so far to the left; the speed is that of the path, so the way along the lane is shorter, and the
    /// entity looks where its path leads. Limits keep the way aside within that of the step; without any it is at once.
    fn step_aside(&mut self, actor: EntityId, left_m: f64, step_s: f64) {
        let scenario = self.scenario;
        let body = &mut self.bodies[actor];
        let length_m = body.speed_mps.abs() * step_s;
        let (Some(roads), Some(mut spot)) = (&scenario.roads, body.spot) else {
            let (sin, cos) = libm::sincos(body.pose.heading_rad);
            body.pose.x_m -= left_m * sin;
            body.pose.y_m += left_m * cos;
            return;
        };
        spot.offset_m += left_m * body.sense();
        let is_along = body.sense() > 0.0;
        if left_m.abs() >= length_m {
            // A jump, or a shove of one who stands: nobody turns for that.
            body.heading_to_road_rad = if is_along { 0.0 } else { PI };
            body.set_spot(roads, spot);
            return;
        }
        let along_m = libm::sqrt(length_m * length_m - left_m * left_m) * body.speed_mps.signum();
        let ds_m = roads.along_s_m(spot, along_m) * body.sense();
        let mut is_turned = false;
        let end = roads.advance(&mut spot, ds_m, &mut is_turned, &body.route);
        let turn_rad = libm::atan2(left_m, along_m.abs()) * body.speed_mps.signum();
        body.heading_to_road_rad = wrapped(turn_rad + if is_along ^ is_turned { 0.0 } else { PI });
        body.is_moved = true;
        body.set_spot(roads, spot);
        if end == Advance::EndOfRoad {
            body.speed_mps = 0.0;
            body.end_of_road_since_s.get_or_insert(self.time_s);
        }
    }

    pub(super) fn shift_along(&mut self, actor: EntityId, by_m: f64) {
        let scenario = self.scenario;
        let body = &mut self.bodies[actor];
        let (Some(roads), Some(mut spot)) = (&scenario.roads, body.spot) else {
            return;
        };
        let mut is_turned = false;
        roads.advance(&mut spot, by_m * body.sense(), &mut is_turned, &body.route);
        if is_turned {
            body.heading_to_road_rad += PI;
        }
        body.set_spot(roads, spot);
    }
}
