//! Actions being done: what each changes when it begins and at every step.
//!
//! Kinematic entities obey at once, within the limits of their `Performance`. Where the standard leaves a motion open
//! (how a gap is closed, how one speeds up to be in time), the rule stands at its function.

use super::lifecycle::State;
use super::line::Line;
use super::place::lane_beside;
use super::transition::{Transition, duration_by_acceleration};
use super::{Player, STILL_MPS};
use crate::model::{
    Action, Change, Constraints, Dimension, Displacement, Dynamics, ElementId, EntityId, Keeping, LateralTarget,
    Position, SpeedTarget, Steady, TransitionShape,
};
use crate::roads::{Advance, Spot, wrapped};
use std::f64::consts::PI;
use std::sync::Arc;

/// Room left to a goal of a longitudinal distance action.
const GAP_REACHED_M: f64 = 0.1;

/// What an action remembers while it runs.
#[derive(Debug, Default)]
pub(super) enum Performance {
    #[default]
    None,
    Speed(Transition),
    Profile(Vec<ProfilePiece>),
    Lane {
        transition: Transition,
        /// Its place, named from the lane it goes to.
        spot: Spot,
    },
    Offset(Transition),
    Line {
        line: Arc<Line>,
        time_s: f64,
        /// Drives it backwards.
        is_reversed: bool,
    },
    Keep {
        displacement: Displacement,
        acceleration_mps2: f64,
    },
    Synchronize(Synchronization),
}

/// A piece of constant jerk.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProfilePiece {
    from_s: f64,
    speed_mps: f64,
    acceleration_mps2: f64,
    jerk_mps3: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Synchronization {
    last_m: [f64; 2],
    phase: Phase,
    is_slower_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Begin,
    Bent,
    Straight,
    Stopping,
    Stopped,
    Waiting,
    Steady,
}

impl Player<'_> {
    pub(super) fn begin_action(&mut self, id: ElementId) {
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        let Some(action) = &element.action else { return };
        self.performances[id] = match (action, element.actor) {
            (Action::Speed(dynamics, target, _), Some(actor)) => self.begin_speed(actor, *dynamics, *target),
            (Action::SpeedProfile(entries, other, follows, constraints), Some(actor)) => {
                let offset_mps = other.map_or(0.0, |other| self.bodies[other].speed_mps);
                Performance::Profile(self.profile(actor, entries, offset_mps, *follows, constraints))
            }
            (Action::LaneChange(dynamics, target, offset_m), Some(actor)) => {
                self.begin_lane_change(actor, *dynamics, *target, *offset_m)
            }
            (Action::LaneOffset(shape, acceleration, target, _), Some(actor)) => {
                self.begin_lane_offset(actor, *shape, *acceleration, *target)
            }
            (Action::LongitudinalDistance(keeping) | Action::LateralDistance(keeping), Some(actor)) => {
                let displacement = match keeping.displacement {
                    Displacement::Any => match self.gap_to_m(actor, keeping) < 0.0 {
                        true => Displacement::Leading,
                        false => Displacement::Trailing,
                    },
                    given => given,
                };
                Performance::Keep {
                    displacement,
                    acceleration_mps2: 0.0,
                }
            }
            (Action::FollowTrajectory(trajectory, start_m, timing), Some(actor)) => {
                let line = Arc::new(self.line(trajectory, Some(actor)));
                self.begin_line(actor, line, *start_m, timing.is_some())
            }
            (Action::Synchronize { .. }, Some(_)) => Performance::Synchronize(Synchronization {
                last_m: [f64::INFINITY; 2],
                phase: Phase::Begin,
                is_slower_first: false,
            }),
            (action, actor) => {
                self.do_at_once(action, actor);
                Performance::None
            }
        };
        if matches!(self.performances[id], Performance::None) && !matches!(action, Action::Teleport(_)) {
            self.end(id);
        }
    }

    /// Actions that take no time.
    fn do_at_once(&mut self, action: &Action, actor: Option<EntityId>) {
        match (action, actor) {
            // A trailer goes where its tractor goes.
            (Action::Teleport(position), Some(actor)) if self.bodies[actor].tractor.is_none() => {
                let place = self.place(position, Some(actor));
                self.put(actor, place);
                self.line_up_trailers(actor);
            }
            (Action::AddEntity(entity, position), _) => {
                let place = self.place(position, None);
                self.put(*entity, place);
            }
            (Action::DeleteEntity(entity), _) => self.bodies[*entity].is_active = false,
            (Action::AssignRoute(route), Some(actor)) => {
                let spots = route
                    .waypoints
                    .iter()
                    .filter_map(|point| self.place(point, Some(actor)).spot);
                let spots: Vec<Spot> = spots.collect();
                self.bodies[actor].route = self.roads_of(&spots);
            }
            (Action::AcquirePosition(position), Some(actor)) => self.head_for(actor, position),
            (Action::Visibility(visibility), Some(actor)) => self.bodies[actor].visibility = *visibility,
            (Action::ConnectTrailer(trailer), Some(actor)) => {
                self.disconnect(actor);
                self.bodies[actor].trailer = Some(*trailer);
                self.bodies[*trailer].tractor = Some(actor);
            }
            (Action::DisconnectTrailer, Some(actor)) => self.disconnect(actor),
            (Action::Environment(Some((at_s, runs)), _), _) => self.time_of_day = Some((*at_s, self.time_s, *runs)),
            (Action::Parameter(index, change), _) => change_value(&mut self.parameters[*index], change),
            (Action::Variable(index, change), _) => change_value(&mut self.variables[*index], change),
            (Action::SignalState(name, state), _) => {
                self.signals.insert(name.clone(), state.clone());
            }
            (Action::SignalController(controller, phase), _) => {
                let phases = &self.scenario.signal_controllers[*controller].phases;
                let found = phases.iter().position(|(name, _, _)| name == phase);
                self.phases[*controller] = found.map(|index| (index, self.time_s));
            }
            (Action::Monitor(name, value), _) => {
                if let Some(index) = self.scenario.variables.iter().position(|known| known.name == *name) {
                    self.variables[index].clone_from(value);
                }
            }
            (Action::Traffic(name, _), _) => self.note(format!("traffic `{name}` is read, but nobody comes or goes")),
            (Action::AssignController(..) | Action::ActivateController(..) | Action::OverrideController, _) => {
                self.note("controllers are read; entities move as the storyboard says".to_owned());
            }
            // Routes at random, lights and gestures, commands to somebody outside move nobody here.
            _ => {}
        }
    }

    fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    fn head_for(&mut self, actor: EntityId, position: &Position) {
        let target = self.place(position, Some(actor)).spot;
        if let Some((from, to)) = self.bodies[actor].spot.zip(target) {
            self.bodies[actor].route = self.roads_of(&[from, to]);
        }
    }

    fn disconnect(&mut self, actor: EntityId) {
        if let Some(trailer) = self.bodies[actor].trailer.take() {
            self.bodies[trailer].tractor = None;
        }
    }

    /// After a jump, trailers stand straight behind.
    fn line_up_trailers(&mut self, first: EntityId) {
        let mut tractor = first;
        while let Some(trailer) = self.bodies[tractor].trailer {
            let entities = &self.scenario.entities;
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

    pub(super) fn perform(&mut self, id: ElementId, step_s: f64) {
        let scenario = self.scenario;
        let mut performance = std::mem::take(&mut self.performances[id]);
        let is_over = match (
            &mut performance,
            scenario.elements[id].action.as_ref(),
            scenario.elements[id].actor,
        ) {
            (Performance::Speed(transition), Some(Action::Speed(_, target, continuous)), Some(actor)) => {
                self.change_speed(actor, transition, *target, *continuous, step_s)
            }
            (Performance::Profile(pieces), _, Some(actor)) => self.follow_profile(actor, pieces, step_s),
            (Performance::Lane { transition, spot }, _, Some(actor)) => {
                self.change_lane(actor, transition, spot, step_s)
            }
            (Performance::Offset(transition), Some(Action::LaneOffset(_, _, _, continuous)), Some(actor)) => {
                self.change_offset(actor, transition, step_s) && !continuous
            }
            (
                Performance::Line {
                    line,
                    time_s,
                    is_reversed,
                },
                Some(Action::FollowTrajectory(_, _, timing)),
                Some(actor),
            ) => {
                let timing = *timing;
                self.follow_line(actor, line, time_s, *is_reversed, timing, step_s)
            }
            (
                Performance::Keep {
                    displacement,
                    acceleration_mps2,
                },
                Some(Action::LongitudinalDistance(keeping)),
                Some(actor),
            ) => {
                let keeping = *keeping;
                self.keep_ahead(actor, &keeping, *displacement, acceleration_mps2, step_s)
            }
            (
                Performance::Keep {
                    displacement,
                    acceleration_mps2,
                },
                Some(Action::LateralDistance(keeping)),
                Some(actor),
            ) => {
                let keeping = *keeping;
                self.keep_beside(actor, &keeping, *displacement, acceleration_mps2, step_s)
            }
            (Performance::Synchronize(state), Some(action), Some(actor)) => {
                self.synchronize(actor, action, state, step_s)
            }
            _ => true,
        };
        self.performances[id] = performance;
        if is_over && self.states[id].state == State::Running {
            self.end(id);
        }
    }

    fn target_mps(&self, target: SpeedTarget) -> f64 {
        match target {
            SpeedTarget::Absolute(speed_mps) => speed_mps,
            SpeedTarget::Delta(other, by_mps) => self.bodies[other].speed_mps + by_mps,
            SpeedTarget::Factor(other, factor) => self.bodies[other].speed_mps * factor,
        }
    }

    fn limited_mps(&self, actor: EntityId, speed_mps: f64) -> f64 {
        let limit_mps = self.scenario.entities[actor].speed_mps_max;
        speed_mps.clamp(-limit_mps, limit_mps)
    }

    fn begin_speed(&mut self, actor: EntityId, dynamics: Dynamics, target: SpeedTarget) -> Performance {
        let entity = &self.scenario.entities[actor];
        let from_mps = self.bodies[actor].speed_mps;
        let wanted_mps = self.target_mps(target);
        let to_mps = self.limited_mps(actor, wanted_mps);
        let mut dynamics = dynamics;
        if dynamics.dimension == Dimension::Distance {
            // The mean speed of every form is the middle of both ends; through zero the parts share the distance by v².
            let (v0, v1) = (from_mps, wanted_mps);
            dynamics.value = if (v1 - v0).abs() < STILL_MPS {
                0.0
            } else if v0 * v1 < 0.0 {
                let first_m = dynamics.value * v0 * v0 / (v0 * v0 + v1 * v1);
                2.0 * first_m / v0.abs() + 2.0 * (dynamics.value - first_m) / v1.abs()
            } else {
                2.0 * dynamics.value / (v0 + v1).abs()
            };
            dynamics.dimension = Dimension::Time;
        }
        let mut transition = Transition::new(dynamics, from_mps, to_mps);
        let limit = if to_mps > from_mps {
            entity.acceleration_mps2_max
        } else {
            entity.deceleration_mps2_max
        };
        let peak = transition.slope_peak();
        if peak.is_finite() && peak > limit && limit > 0.0 {
            transition.stretch = peak / limit;
        }
        self.bodies[actor].speed_mps = transition.value();
        Performance::Speed(transition)
    }

    fn change_speed(
        &mut self,
        actor: EntityId,
        transition: &mut Transition,
        target: SpeedTarget,
        continuous: bool,
        step_s: f64,
    ) -> bool {
        let entity = &self.scenario.entities[actor];
        let (faster, slower) = (entity.acceleration_mps2_max, entity.deceleration_mps2_max);
        let wanted_mps = self.target_mps(target);
        let is_relative = !matches!(target, SpeedTarget::Absolute(_));
        if is_relative {
            transition.to = self.limited_mps(actor, wanted_mps);
        }
        let now_mps = self.bodies[actor].speed_mps;
        let within = |needed: f64| needed.clamp(-slower, faster);
        let mut speed_mps;
        if transition.end > 0.0 && transition.is_over() {
            let needed = if step_s > 1e-6 {
                (wanted_mps - now_mps) / step_s
            } else {
                0.0
            };
            speed_mps = self.limited_mps(actor, now_mps + within(needed) * step_s);
        } else {
            transition.advance(step_s);
            speed_mps = transition.value();
            let needed = if step_s > 1e-6 {
                (speed_mps - now_mps) / step_s
            } else {
                0.0
            };
            if needed > faster + STILL_MPS || needed < -slower - STILL_MPS {
                speed_mps = self.limited_mps(actor, now_mps + within(needed) * step_s);
                transition.advance(-(step_s - (speed_mps - now_mps) / needed));
            }
        }
        let is_reached = transition.is_over() && (speed_mps - transition.to).abs() < STILL_MPS;
        if is_reached {
            speed_mps = self.limited_mps(actor, wanted_mps);
        }
        self.bodies[actor].speed_mps = speed_mps;
        is_reached && !(is_relative && continuous)
    }

    /// Speeds over time as pieces of constant jerk; without jerk limits, of constant acceleration.
    fn profile(
        &self,
        actor: EntityId,
        entries: &[(Option<f64>, f64)],
        offset_mps: f64,
        follows: bool,
        limits: &Constraints,
    ) -> Vec<ProfilePiece> {
        let mut at_s = self.time_s;
        let mut speed_mps = self.bodies[actor].speed_mps;
        let mut pieces = Vec::new();
        for (index, (time_s, target_mps)) in entries.iter().enumerate() {
            let to_mps = target_mps + offset_mps;
            if index == 0 && time_s.is_some_and(|time_s| time_s.abs() < 1e-6) {
                // The first entry at once: a jump, or the speed one has where jerk matters.
                if !follows {
                    speed_mps = to_mps;
                }
                continue;
            }
            let change = to_mps - speed_mps;
            let limit = if change < 0.0 {
                limits.deceleration_mps2_max
            } else {
                limits.acceleration_mps2_max
            };
            let jerk = limits.acceleration_rate_mps3_max.min(limits.deceleration_rate_mps3_max);
            let last = index + 1 == entries.len();
            let lasts_s = time_s.unwrap_or_else(|| if limit.is_finite() { change.abs() / limit } else { 0.0 });
            if follows && jerk.is_finite() && last && entries.len() == 1 && change.abs() > STILL_MPS {
                // Up, along, down: jerk to an acceleration, keep it, and back to none at the target speed.
                let smallest_s = 2.0 * libm::sqrt(change.abs() / jerk);
                let total_s = lasts_s.max(smallest_s);
                let root = libm::sqrt((jerk * jerk * total_s * total_s - 4.0 * jerk * change.abs()).max(0.0));
                let steepest = (0.5 * (jerk * total_s - root)).min(limit);
                let (ramp_s, sign) = (steepest / jerk, change.signum());
                let level_s = (change.abs() / steepest - ramp_s).max(0.0);
                let after_ramp = speed_mps + sign * 0.5 * steepest * ramp_s;
                let before_end = after_ramp + sign * steepest * level_s;
                pieces.push(piece(at_s, speed_mps, 0.0, sign * jerk));
                pieces.push(piece(at_s + ramp_s, after_ramp, sign * steepest, 0.0));
                pieces.push(piece(
                    at_s + ramp_s + level_s,
                    before_end,
                    sign * steepest,
                    -sign * jerk,
                ));
                at_s += 2.0 * ramp_s + level_s;
            } else {
                let slope = if lasts_s > 1e-9 { change / lasts_s } else { 0.0 };
                pieces.push(piece(at_s, speed_mps, slope, 0.0));
                at_s += lasts_s;
            }
            speed_mps = to_mps;
        }
        pieces.push(piece(at_s, speed_mps, 0.0, 0.0));
        pieces
    }

    fn follow_profile(&mut self, actor: EntityId, pieces: &[ProfilePiece], step_s: f64) -> bool {
        let now_s = self.time_s + step_s;
        let index = pieces.partition_point(|piece| piece.from_s <= now_s + 1e-6).max(1) - 1;
        let piece = pieces[index];
        let since_s = now_s - piece.from_s;
        let speed_mps = piece.speed_mps + since_s * (piece.acceleration_mps2 + 0.5 * piece.jerk_mps3 * since_s);
        self.bodies[actor].speed_mps = speed_mps;
        index + 1 == pieces.len()
    }

    fn begin_lane_change(
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

    /// Moves along and across: the way across takes from the way along, so that the speed is the path's.
    fn change_lane(&mut self, actor: EntityId, transition: &mut Transition, spot: &mut Spot, step_s: f64) -> bool {
        let Some(roads) = &self.scenario.roads else { return true };
        let body = &mut self.bodies[actor];
        body.is_moved = true;
        if body.speed_mps.abs() < STILL_MPS {
            return false;
        }
        let slope = transition.slope();
        let step_m = body.speed_mps.abs() * step_s;
        let side = side_of(spot.lane);
        let (along_m, tilt_rad);
        if transition.dimension == Dimension::Distance {
            along_m = step_m / libm::sqrt(1.0 + slope * slope);
            transition.advance(along_m);
            spot.offset_m = side * transition.value();
            tilt_rad = libm::atan(slope);
        } else {
            let across_m = slope.abs() * step_s;
            along_m = libm::sqrt((step_m * step_m - across_m.min(step_m) * across_m.min(step_m)).max(0.0));
            if across_m < step_m + STILL_MPS {
                transition.advance(step_s);
                spot.offset_m = side * transition.value();
                tilt_rad = libm::atan2(body.speed_mps.signum() * slope.signum() * across_m, along_m);
            } else {
                // Too slow to be in time: straight across.
                transition.advance(step_m * transition.end / (transition.to - transition.from).abs().max(1e-9));
                spot.offset_m = side * transition.value_as(TransitionShape::Linear);
                tilt_rad = body.speed_mps.signum() * slope.signum() * (0.5 * PI - 1e-6);
            }
        }
        let along_m = if transition.end < 1e-6 { step_m } else { along_m };
        let ds_m = roads.along_s_m(*spot, body.speed_mps.signum() * along_m) * body.sense();
        let mut is_turned = false;
        let advance = roads.advance(spot, ds_m, &mut is_turned, &body.route);
        let mut base_rad = if body.sense() > 0.0 { 0.0 } else { PI };
        if is_turned {
            base_rad = PI - base_rad;
        }
        let is_over = transition.is_over();
        let tilt = if is_over {
            0.0
        } else {
            libm::cos(base_rad).signum() * side_of(spot.lane) * tilt_rad
        };
        body.heading_to_road_rad = wrapped(base_rad + tilt);
        body.set_spot(roads, *spot);
        let here = roads.at_track(spot.road, spot.s_m, roads.t_m(*spot), false);
        if here.lane != 0 && !is_over {
            body.spot = Some(here);
        }
        if advance == Advance::EndOfRoad {
            body.speed_mps = 0.0;
            let time_s = self.time_s;
            body.end_of_road_since_s.get_or_insert(time_s);
        }
        is_over
    }

    fn begin_lane_offset(
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

    fn change_offset(&mut self, actor: EntityId, transition: &mut Transition, step_s: f64) -> bool {
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

    fn begin_line(&mut self, actor: EntityId, line: Arc<Line>, start_m: f64, is_timed: bool) -> Performance {
        if line.points.is_empty() {
            return Performance::None;
        }
        let point = line.at(start_m);
        let body = &mut self.bodies[actor];
        let is_reversed = !is_timed && body.speed_mps < 0.0;
        if is_timed {
            let next = line.at(start_m + 1e-3);
            let gained_s = next.time_s - point.time_s;
            if gained_s > 1e-9 {
                body.speed_mps = 1e-3 / gained_s;
            }
        }
        body.line = Some((line.clone(), start_m));
        Performance::Line {
            time_s: point.time_s,
            line,
            is_reversed,
        }
    }

    fn follow_line(
        &mut self,
        actor: EntityId,
        line: &Arc<Line>,
        time_s: &mut f64,
        is_reversed: bool,
        timing: Option<(bool, f64, f64)>,
        step_s: f64,
    ) -> bool {
        let now_s = self.time_s;
        let roads = self.scenario.roads.clone();
        let body = &mut self.bodies[actor];
        body.is_moved = true;
        let before_m = match &body.line {
            Some((known, along_m)) if Arc::ptr_eq(known, line) => *along_m,
            _ => 0.0,
        };
        let (point, is_over, beyond_m);
        match timing {
            None => {
                let wanted_m = before_m + body.speed_mps.abs() * step_s;
                point = line.at(wanted_m);
                is_over = !line.is_closed && step_s > 0.0 && wanted_m > line.length_m() - STILL_MPS;
                beyond_m = (wanted_m - line.length_m()).max(0.0);
                body.line = Some((line.clone(), if line.is_closed { wanted_m } else { point.along_m }));
            }
            Some((is_absolute, scale, offset_s)) => {
                *time_s = if is_absolute {
                    (now_s + step_s) * scale
                } else {
                    *time_s + scale * step_s
                };
                let at_s = *time_s + offset_s;
                point = line.at_time(at_s);
                is_over = at_s >= line.end_s() - 1e-9;
                if step_s > 1e-9 && at_s < line.end_s() + 1e-6 {
                    body.speed_mps = (point.along_m - before_m).abs() / step_s;
                }
                beyond_m = if is_over {
                    (at_s - line.end_s()).max(0.0) / scale.abs().max(1e-9) * body.speed_mps
                } else {
                    0.0
                };
                body.line = Some((line.clone(), point.along_m));
            }
        }
        let heading_rad = point.heading_rad + if is_reversed { PI } else { 0.0 };
        let (sin, cos) = libm::sincos(point.heading_rad);
        let beyond_m = if is_over && !line.is_closed { beyond_m } else { 0.0 };
        body.set_point(
            roads.as_deref(),
            [point.x_m + beyond_m * cos, point.y_m + beyond_m * sin],
            Some(heading_rad),
        );
        if is_over {
            body.line = None;
        }
        is_over
    }

    /// Signed distance to the other, as the action measures it.
    fn gap_to_m(&self, actor: EntityId, keeping: &Keeping) -> f64 {
        let other = &self.bodies[keeping.other];
        let place = super::place::Place {
            pose: other.pose,
            spot: other.spot,
        };
        self.distance_m(actor, place, Some(keeping.other), keeping.metric)
    }

    /// Closes a gap like a critically damped spring, its stiffness in proportion to what the actor may do; without limits
    /// at once.
    fn keep_ahead(
        &mut self,
        actor: EntityId,
        keeping: &Keeping,
        displacement: Displacement,
        acceleration: &mut f64,
        step_s: f64,
    ) -> bool {
        const STIFFNESS: f64 = 0.4;
        let gap_m = self.gap_to_m(actor, keeping);
        let other_mps = self.bodies[keeping.other].speed_mps;
        let wanted_m = if keeping.is_time_gap {
            other_mps.abs() * keeping.value
        } else {
            keeping.value
        }
        .abs();
        let wanted_m = if displacement == Displacement::Leading {
            -wanted_m
        } else {
            wanted_m
        };
        let excess_m = gap_m - wanted_m;
        let limits = keeping.constraints;
        let is_over = !keeping.continuous && excess_m.abs() < GAP_REACHED_M;
        if !gap_m.is_finite() {
            return false;
        }
        if limits.acceleration_mps2_max.is_infinite() && limits.deceleration_mps2_max.is_infinite() {
            self.shift_along(actor, excess_m);
            self.bodies[actor].speed_mps = other_mps;
            return is_over;
        }
        let strength = if excess_m < 0.0 {
            limits.acceleration_mps2_max
        } else {
            limits.deceleration_mps2_max
        };
        let strength = if strength.is_finite() { strength } else { 10.0 };
        let stiffness = strength * STIFFNESS;
        let body = &mut self.bodies[actor];
        let wanted = excess_m * stiffness - (body.speed_mps - other_mps) * 2.0 * libm::sqrt(stiffness);
        let mut now = wanted.clamp(-limits.deceleration_mps2_max, limits.acceleration_mps2_max);
        if now < 0.0 && now < *acceleration {
            now = now.max(*acceleration - limits.deceleration_rate_mps3_max * step_s);
        } else if now > 0.0 && now > *acceleration {
            now = now.min(*acceleration + limits.acceleration_rate_mps3_max * step_s);
        }
        *acceleration = now;
        body.speed_mps = (body.speed_mps + now * step_s).clamp(-limits.speed_mps_max, limits.speed_mps_max);
        is_over
    }

    /// Holds a lateral distance; within limits of acceleration and speed across, else at once.
    fn keep_beside(
        &mut self,
        actor: EntityId,
        keeping: &Keeping,
        displacement: Displacement,
        rate_mps: &mut f64,
        step_s: f64,
    ) -> bool {
        let gap_m = self.gap_to_m(actor, keeping);
        let wanted_m = if displacement == Displacement::Leading {
            -keeping.value.abs()
        } else {
            keeping.value.abs()
        };
        let mut shift_m = gap_m - wanted_m;
        if !shift_m.is_finite() {
            return false;
        }
        let limit = keeping.constraints.acceleration_mps2_max;
        if limit.is_finite() {
            // The fastest speed from which one can still stop in time.
            let reach_mps =
                libm::sqrt(2.0 * limit * shift_m.abs()).min(keeping.constraints.speed_mps_max) * shift_m.signum();
            *rate_mps += (reach_mps - *rate_mps).clamp(-limit * step_s, limit * step_s);
            shift_m = *rate_mps * step_s;
        }
        let is_over = !keeping.continuous && (gap_m - wanted_m).abs() < GAP_REACHED_M;
        let scenario = self.scenario;
        let body = &mut self.bodies[actor];
        match (&scenario.roads, body.spot) {
            (Some(roads), Some(mut spot)) => {
                spot.offset_m += shift_m * body.sense();
                body.set_spot(roads, spot);
            }
            _ => {
                let (sin, cos) = libm::sincos(body.pose.heading_rad);
                body.pose.x_m -= shift_m * sin;
                body.pose.y_m += shift_m * cos;
            }
        }
        is_over
    }

    fn shift_along(&mut self, actor: EntityId, by_m: f64) {
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

    /// Way to a target: along the line one follows, along roads, or straight.
    fn way_to_m(&self, entity: EntityId, target: super::place::Place) -> f64 {
        let body = &self.bodies[entity];
        if let Some((line, along_m)) = &body.line {
            let square = |point: &super::line::LinePoint| {
                let [dx, dy] = [point.x_m - target.pose.x_m, point.y_m - target.pose.y_m];
                dx * dx + dy * dy
            };
            // The foot on the piece beside the nearest point.
            let nearest =
                (0..line.points.len()).min_by(|&a, &b| square(&line.points[a]).total_cmp(&square(&line.points[b])));
            if let Some(nearest) = nearest {
                let mut best = (f64::INFINITY, 0.0);
                for pair in line.points[nearest.saturating_sub(1)..(nearest + 2).min(line.points.len())].windows(2) {
                    let [dx, dy] = [pair[1].x_m - pair[0].x_m, pair[1].y_m - pair[0].y_m];
                    let length = (dx * dx + dy * dy).max(1e-12);
                    let part = ((target.pose.x_m - pair[0].x_m) * dx + (target.pose.y_m - pair[0].y_m) * dy) / length;
                    let part = part.clamp(0.0, 1.0);
                    let foot = super::line::LinePoint {
                        x_m: pair[0].x_m + part * dx,
                        y_m: pair[0].y_m + part * dy,
                        along_m: pair[0].along_m + part * (pair[1].along_m - pair[0].along_m),
                        ..pair[0]
                    };
                    if square(&foot) < best.0 {
                        best = (square(&foot), foot.along_m);
                    }
                }
                return (best.1 - along_m).abs();
            }
        }
        let way_m = match (&self.scenario.roads, body.spot, target.spot) {
            (Some(roads), Some(here), Some(there)) => roads.way_m(here, there, f64::INFINITY),
            _ => None,
        };
        let straight_m = || libm::hypot(target.pose.x_m - body.pose.x_m, target.pose.y_m - body.pose.y_m);
        way_m.map_or_else(straight_m, f64::abs)
    }

    fn speed_on_road_mps(&self, entity: EntityId) -> f64 {
        let body = &self.bodies[entity];
        match body.spot {
            Some(_) => body.speed_mps * libm::cos(body.heading_to_road_rad).abs(),
            None => body.speed_mps,
        }
    }

    /// Two pieces of equal and opposite acceleration bring the actor to its target in the master's time at the final speed:
    /// with s to go, t left, speeds v0 now and v1 at the end, the speed between them is vx = (2s ± r)/2t with
    /// r² = 2(2s² - 2(v0 + v1)ts + (v0² + v1²)t²). If that is negative, it stops and waits.
    fn synchronize(&mut self, actor: EntityId, action: &Action, state: &mut Synchronization, step_s: f64) -> bool {
        let Action::Synchronize {
            master,
            master_target,
            target,
            final_speed,
            steady,
            tolerance_m,
            master_tolerance_m,
        } = action
        else {
            return true;
        };
        const HARD_MPS2: f64 = -8.0;
        let master_place = self.place(master_target, Some(*master));
        let own_place = self.place(target, Some(actor));
        let (way_m, master_m) = (self.way_to_m(actor, own_place), self.way_to_m(*master, master_place));
        let final_mps = final_speed.map(|speed| self.target_mps(speed));
        let is_there = way_m < tolerance_m + 1e-6 || master_m < master_tolerance_m + 1e-6;
        let is_missed = way_m > state.last_m[0] || master_m > state.last_m[1];
        state.last_m = [way_m, master_m];
        let mut s = (way_m - tolerance_m).max(1e-6);
        let master_mps = self.speed_on_road_mps(*master);
        let mut t = if master_mps > STILL_MPS {
            (master_m - master_tolerance_m).max(1e-6) / master_mps
        } else {
            f64::INFINITY
        };
        if is_there || is_missed || t < step_s {
            if let Some(speed_mps) = final_mps {
                self.bodies[actor].speed_mps = speed_mps;
            }
            return true;
        }
        let v0 = self.speed_on_road_mps(actor);
        let body = &mut self.bodies[actor];
        let Some(v1) = final_mps else {
            if t.is_finite() {
                body.speed_mps += 2.0 * (s / t - body.speed_mps) / t * step_s;
            }
            return false;
        };
        let steady_m = match steady {
            Steady::None => None,
            Steady::Distance(distance_m) => Some(*distance_m),
            Steady::Time(time_s) => Some(time_s * v1),
        };
        if let Some(steady_m) = steady_m
            && state.phase != Phase::Steady
        {
            let steady_s = steady_m / v1.max(1e-9);
            if s - steady_m < 1e-6 || t - steady_s < 1e-6 {
                state.phase = Phase::Steady;
            } else {
                s -= steady_m;
                t -= steady_s;
            }
        }
        match state.phase {
            Phase::Steady => {
                body.speed_mps = v1;
                return false;
            }
            Phase::Waiting if t.is_infinite() => return false,
            Phase::Waiting => state.phase = Phase::Begin,
            Phase::Stopping => {
                body.speed_mps += HARD_MPS2 * step_s;
                if body.speed_mps < 0.0 {
                    body.speed_mps = 0.0;
                    state.phase = Phase::Waiting;
                }
                return false;
            }
            Phase::Stopped if t < 2.0 * s / v1.max(1e-9) => state.phase = Phase::Straight,
            Phase::Stopped => {
                body.speed_mps = 0.0;
                return false;
            }
            _ => {}
        }
        let on_line_mps = if t.is_finite() { 2.0 * s / t - v1 } else { 0.0 };
        if state.phase == Phase::Straight {
            let is_near = t < 0.001 || s < 0.001;
            body.speed_mps = if is_near || t.is_infinite() {
                0.0
            } else {
                on_line_mps.max(0.0)
            };
            return false;
        }
        if state.phase == Phase::Bent && t.is_finite() && (body.speed_mps - on_line_mps).abs() < 0.1 {
            state.phase = Phase::Straight;
            return false;
        }
        if state.phase == Phase::Begin {
            state.phase = Phase::Bent;
            state.is_slower_first = (v1 + body.speed_mps) / 2.0 >= s / t;
        }
        if t.is_infinite() {
            body.speed_mps = (body.speed_mps + HARD_MPS2 * step_s).max(0.0);
            return false;
        }
        let root = libm::sqrt((2.0 * (2.0 * s * s - 2.0 * (v1 + v0) * t * s + (v1 * v1 + v0 * v0) * t * t)).max(0.0));
        let (mut between_mps, mut acceleration) = (0.0, 0.0);
        if (v1 - v0).abs() < 1e-6 {
            between_mps = 2.0 * s / t - v0;
            acceleration = (between_mps - v0) / (0.5 * t);
        } else {
            for sign in [1.0, -1.0] {
                let x = -(sign * root + 2.0 * s - 2.0 * v1 * t) / (2.0 * (v1 - v0));
                if x > 0.0 && x < t {
                    between_mps = (2.0 * s - sign * root) / (2.0 * t);
                    acceleration = (between_mps - v0) / x;
                    break;
                }
            }
        }
        if (state.is_slower_first && acceleration > 0.0) || (!state.is_slower_first && acceleration < 0.0) {
            state.phase = Phase::Straight;
            acceleration = 0.0;
        }
        if state.phase == Phase::Bent && between_mps < 0.0 {
            let stop_s = 2.0 * v0 * s / (v0 * v0 + v1 * v1).max(1e-12);
            acceleration = if stop_s.abs() > 1e-6 { -v0 / stop_s } else { 0.0 };
            if stop_s * v0 > s {
                acceleration = HARD_MPS2;
                state.phase = Phase::Stopping;
            }
            if v0 + acceleration * step_s < 0.0 {
                body.speed_mps = 0.0;
                state.phase = Phase::Stopped;
                return false;
            }
        }
        body.speed_mps += acceleration * step_s;
        false
    }
}

fn piece(from_s: f64, speed_mps: f64, acceleration_mps2: f64, jerk_mps3: f64) -> ProfilePiece {
    ProfilePiece {
        from_s,
        speed_mps,
        acceleration_mps2,
        jerk_mps3,
    }
}

/// Offsets count from the middle of the road outwards while an action runs, so that they survive a road that turns round.
fn side_of(lane: i32) -> f64 {
    if lane < 0 { -1.0 } else { 1.0 }
}

fn change_value(value: &mut String, change: &Change) {
    let number = crate::scope::number(value).unwrap_or(0.0);
    match change {
        Change::Set(new) => value.clone_from(new),
        Change::Add(by) => *value = (number + by).to_string(),
        Change::Multiply(by) => *value = (number * by).to_string(),
    }
}
