//! Lane changes and lane offsets (OpenSCENARIO 1.3, `LaneChangeAction`, `LaneOffsetAction`).
//!
//! The entity's speed is that of its path, so a step of length d that leads w to the side leads √(d² - w²) along the lane.
//! The transition says w: over time it is the value's change in the step; over distance, with slope f′, the way along is
//! d/√(1 + f′²). An entity looks where its path leads.

use super::perform::Performance;
use super::place::lane_beside;
use super::transition::{Transition, duration_by_acceleration};
use super::{Player, STILL_MPS};
use crate::model::{Dimension, Dynamics, EntityId, LateralTarget, TransitionShape};
use crate::roads::{Advance, Spot, wrapped};
use std::f64::consts::PI;

/// The two parts of a step that leads to the side.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sidestep {
    along_m: f64,
    /// Positive the way the transition's values grow.
    across_m: f64,
}

impl Sidestep {
    /// Takes a step of that length and brings the transition on.
    fn take(transition: &mut Transition, length_m: f64, step_s: f64) -> Sidestep {
        if transition.is_over() {
            return Sidestep {
                along_m: length_m,
                across_m: 0.0,
            };
        }
        let before_m = transition.value();
        if transition.dimension == Dimension::Distance {
            let slope = transition.slope();
            let along_m = length_m / libm::sqrt(1.0 + slope * slope);
            transition.advance(along_m);
            return Sidestep {
                along_m,
                across_m: transition.value() - before_m,
            };
        }
        transition.advance(step_s);
        let across_m = transition.value() - before_m;
        if across_m.abs() <= length_m {
            let along_m = libm::sqrt(length_m * length_m - across_m * across_m);
            return Sidestep { along_m, across_m };
        }
        // Too slow to be there in time: straight across, as far as the step reaches, and the rest takes longer.
        transition.advance(-step_s * (1.0 - length_m / across_m.abs()));
        Sidestep {
            along_m: 0.0,
            across_m: transition.value() - before_m,
        }
    }

    /// Turn from the lane's direction.
    fn angle_rad(self) -> f64 {
        libm::atan2(self.across_m, self.along_m)
    }
}

impl Player<'_> {
    pub(super) fn begin_lane_change(
        &mut self,
        actor: EntityId,
        dynamics: Dynamics,
        target: LateralTarget<i32>,
        offset_m: f64,
    ) -> Performance {
        let (Some(roads), Some(spot)) = (&self.scenario.roads, self.bodies[actor].spot) else {
            return Performance::None;
        };
        let lane = match target {
            LateralTarget::Absolute(lane) => lane,
            LateralTarget::Relative(other, lanes) => {
                let other = &self.bodies[other];
                lane_beside(other.spot.map_or(spot.lane, |spot| spot.lane), lanes, other.sense())
            }
        };
        let spot = roads.seen_from_lane(spot, lane);
        let side = side_of(lane);
        let transition = Transition::new(dynamics, side * spot.offset_m, side * offset_m);
        let body = &mut self.bodies[actor];
        body.heading_to_road_rad = if body.sense() > 0.0 { 0.0 } else { PI };
        Performance::Lane { transition, spot }
    }

    /// One step of a lane change. `spot` names the place from the target lane, so that its offset is what remains.
    pub(super) fn change_lane(
        &mut self,
        actor: EntityId,
        transition: &mut Transition,
        spot: &mut Spot,
        step_s: f64,
    ) -> bool {
        let Some(roads) = &self.scenario.roads else { return true };
        let time_s = self.time_s;
        let body = &mut self.bodies[actor];
        body.is_moved = true;
        let is_backwards = body.speed_mps < 0.0;
        let length_m = body.speed_mps.abs() * step_s;
        if body.speed_mps.abs() < STILL_MPS {
            return false;
        }
        let sidestep = Sidestep::take(transition, length_m, step_s);
        let is_over = transition.is_over();
        spot.offset_m = side_of(spot.lane) * transition.value();

        let was_along = body.sense() > 0.0;
        let way_m = if is_backwards {
            -sidestep.along_m
        } else {
            sidestep.along_m
        };
        let ds_m = roads.along_s_m(*spot, way_m) * body.sense();
        let mut is_turned = false;
        let advance = roads.advance(spot, ds_m, &mut is_turned, &body.route);
        let is_along = was_along ^ is_turned;

        // Values count outwards from the road's middle: to the left on lanes of positive id.
        let mut turn_rad = if is_over { 0.0 } else { sidestep.angle_rad() } * side_of(spot.lane);
        if is_along == is_backwards {
            turn_rad = -turn_rad;
        }
        body.heading_to_road_rad = wrapped(turn_rad + if is_along { 0.0 } else { PI });
        body.set_spot(roads, *spot);
        if !is_over {
            // Between lanes an entity is on the one that it is over.
            let over = roads.at_track(spot.road, spot.s_m, roads.t_m(*spot), false);
            if over.lane != 0 {
                body.spot = Some(over);
            }
        }
        if advance == Advance::EndOfRoad {
            body.speed_mps = 0.0;
            body.end_of_road_since_s.get_or_insert(time_s);
        }
        is_over
    }

    pub(super) fn begin_lane_offset(
        &mut self,
        actor: EntityId,
        shape: TransitionShape,
        acceleration: Option<f64>,
        target: LateralTarget<f64>,
    ) -> Performance {
        let (Some(roads), Some(spot)) = (&self.scenario.roads, self.bodies[actor].spot) else {
            return Performance::None;
        };
        let to_m = match target {
            LateralTarget::Absolute(offset_m) => offset_m,
            LateralTarget::Relative(other, offset_m) => {
                let other = &self.bodies[other];
                let t_m = other.spot.map_or(0.0, |spot| roads.t_m(spot)) + offset_m * other.sense();
                t_m - (roads.t_m(spot) - spot.offset_m)
            }
        };
        /// The standard leaves the default open; 0.5 m/s² is a calm driver.
        const CALM_MPS2: f64 = 0.5;
        let duration_s = duration_by_acceleration(shape, to_m - spot.offset_m, acceleration.unwrap_or(CALM_MPS2));
        let dynamics = Dynamics {
            shape,
            dimension: Dimension::Time,
            value: duration_s,
        };
        let side = side_of(spot.lane);
        Performance::Offset(Transition::new(dynamics, side * spot.offset_m, side * to_m))
    }

    pub(super) fn change_offset(&mut self, actor: EntityId, transition: &mut Transition, step_s: f64) -> bool {
        let scenario = self.scenario;
        let body = &mut self.bodies[actor];
        let (Some(roads), Some(mut spot)) = (&scenario.roads, body.spot) else {
            return true;
        };
        let is_over = transition.is_over();
        spot.offset_m = side_of(spot.lane) * if is_over { transition.to } else { transition.value() };
        let base_rad = if body.sense() > 0.0 { 0.0 } else { PI };
        let tilt = match is_over || body.speed_mps.abs() < STILL_MPS {
            true => 0.0,
            false => libm::atan(transition.slope() / body.speed_mps) * body.sense() * side_of(spot.lane),
        };
        body.heading_to_road_rad = wrapped(base_rad + tilt);
        body.set_spot(roads, spot);
        transition.advance(step_s);
        is_over
    }
}

/// Offsets count from the middle of the road outwards while an action runs, so that they survive a road that turns round.
fn side_of(lane: i32) -> f64 {
    if lane < 0 { -1.0 } else { 1.0 }
}
