//! Speed actions and speed profiles (OpenSCENARIO 1.3, `SpeedAction`, `SpeedProfileAction`).
//!
//! A kinematic entity has the speed that the transition says, within its `Performance`.

use super::perform::Performance;
use super::transition::Transition;
use super::{Player, STILL_MPS};
use crate::model::{Constraints, Dimension, Dynamics, EntityId, SpeedTarget};

/// A piece of constant jerk.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProfilePiece {
    from_s: f64,
    speed_mps: f64,
    acceleration_mps2: f64,
    jerk_mps3: f64,
}

impl Player<'_> {
    pub(super) fn limited_mps(&self, actor: EntityId, speed_mps: f64) -> f64 {
        let limit_mps = self.entities[actor].speed_mps_max;
        speed_mps.clamp(-limit_mps, limit_mps)
    }

    pub(super) fn begin_speed(&mut self, actor: EntityId, dynamics: Dynamics, target: SpeedTarget) -> Performance {
        let entity = &self.entities[actor];
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

    pub(super) fn change_speed(
        &mut self,
        actor: EntityId,
        transition: &mut Transition,
        target: SpeedTarget,
        continuous: bool,
        step_s: f64,
    ) -> bool {
        let entity = &self.entities[actor];
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
    pub(super) fn profile(
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

    pub(super) fn follow_profile(&mut self, actor: EntityId, pieces: &[ProfilePiece], step_s: f64) -> bool {
        let now_s = self.time_s + step_s;
        let index = pieces.partition_point(|piece| piece.from_s <= now_s + 1e-6).max(1) - 1;
        let piece = pieces[index];
        let since_s = now_s - piece.from_s;
        let speed_mps = piece.speed_mps + since_s * (piece.acceleration_mps2 + 0.5 * piece.jerk_mps3 * since_s);
        self.bodies[actor].speed_mps = speed_mps;
        index + 1 == pieces.len()
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
