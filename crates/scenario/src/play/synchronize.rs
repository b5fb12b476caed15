//! Being at a place when somebody else is at another (OpenSCENARIO 1.3, `SynchronizeAction`).
//!
//! The standard says when and how fast the actor arrives and leaves the speed on the way open. Here it is the plainest
//! that a vehicle can drive: constant accelerations of one magnitude. The plan is made anew at every step from what is
//! left, so a master that changes its speed is followed.
//!
//! With s to go in the time t from speed v₀ to v₁, let m = s/t be the mean speed needed. Two stretches of accelerations
//! a and -a meet at a speed u. Their times (u - v₀)/a and (u - v₁)/a make t, their ways (u² - v₀²)/2a and (u² - v₁²)/2a
//! make s; without a that is u² - 2mu + m(v₀ + v₁) - (v₀² + v₁²)/2 = 0, hence
//!
//! u = m ± √(((m - v₀)² + (m - v₁)²)/2):
//!
//! the speed between lies as far off the mean as the ends do in the root mean square, above it if the ends are too slow
//! on average, below it if they are too fast. If u would be negative, the actor stops, waits and starts again, with both
//! ramps equally steep: a = (v₀² + v₁²)/2s.

use super::place::Place;
use super::{Player, STILL_MPS};
use crate::model::{Action, EntityId, SpeedTarget, Steady};

/// Ways and times below this are none.
const NOTHING: f64 = 1e-6;

/// A step of speed that a kinematic entity may make while it moves.
const SPEED_STEP_MPS_MAX: f64 = 0.05;
/// The speed that it may start with, a slow first pace.
const START_MPS_MAX: f64 = 0.25;

/// What a synchronization remembers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Synchronization {
    /// Ways that were left at the last step: own, master's.
    left_m: [f64; 2],
}

impl Default for Synchronization {
    fn default() -> Synchronization {
        Synchronization {
            left_m: [f64::INFINITY; 2],
        }
    }
}

/// What is left of a way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Task {
    way_m: f64,
    /// Infinite if the master stands.
    time_s: f64,
    speed_mps: f64,
    /// Any, if none.
    final_mps: Option<f64>,
}

impl Task {
    /// The speed after a step.
    fn speed_after_mps(self, step_s: f64) -> f64 {
        let (way_m, time_s, from_mps) = (self.way_m, self.time_s, self.speed_mps);
        if step_s <= 0.0 {
            return from_mps;
        }
        let Some(to_mps) = self.final_mps else {
            // One acceleration: s = vt + at²/2.
            return match time_s.is_finite() {
                true => from_mps + 2.0 * (way_m / time_s - from_mps) / time_s * step_s,
                false => from_mps,
            };
        };
        let mean_mps = way_m / time_s;
        // One ramp alone, s = (w + v₁)t/2, wants to begin at w: so small a step of speed is not worth a second ramp. A step
        // moves with the speed of its end, so who stands would be ahead of its ramp: it starts a step later.
        let ramp_s = match from_mps < STILL_MPS {
            true => time_s + step_s,
            false => time_s,
        };
        let ramp_mps = 2.0 * way_m / ramp_s - to_mps;
        let step_mps_max = match from_mps < STILL_MPS {
            true => START_MPS_MAX,
            false => SPEED_STEP_MPS_MAX,
        };
        if (ramp_mps - from_mps).abs() < step_mps_max {
            return (ramp_mps + (to_mps - ramp_mps) / time_s * step_s).max(0.0);
        }
        let square = |speed_mps: f64| (mean_mps - speed_mps) * (mean_mps - speed_mps);
        let off_mps = libm::sqrt(0.5 * (square(from_mps) + square(to_mps)));
        let is_faster_between = from_mps + to_mps < 2.0 * mean_mps;
        let between_mps = mean_mps + if is_faster_between { off_mps } else { -off_mps };
        if between_mps < 0.0 || time_s.is_infinite() {
            return self.speed_with_stop_mps(to_mps, step_s);
        }
        // From the times of both stretches; the first lasts until the speed between is reached.
        let acceleration = (2.0 * between_mps - from_mps - to_mps) / time_s;
        if acceleration.abs() < NOTHING {
            return from_mps;
        }
        let first_s = ((between_mps - from_mps) / acceleration).clamp(0.0, step_s);
        from_mps + acceleration * (2.0 * first_s - step_s)
    }

    /// The same with a stop on the way.
    fn speed_with_stop_mps(self, to_mps: f64, step_s: f64) -> f64 {
        if self.speed_mps < STILL_MPS {
            // Stands until the ramp up, s = v₁t/2, takes all the time that is left.
            let ramp_s = 2.0 * self.way_m / to_mps.max(NOTHING);
            return match self.time_s < ramp_s {
                true => (to_mps - self.speed_mps) / ramp_s * step_s,
                false => 0.0,
            };
        }
        let steep = (self.speed_mps * self.speed_mps + to_mps * to_mps) / (2.0 * self.way_m);
        (self.speed_mps - steep * step_s).max(0.0)
    }
}

impl Player<'_> {
    pub(super) fn synchronize(
        &mut self,
        actor: EntityId,
        action: &Action,
        memory: &mut Synchronization,
        step_s: f64,
    ) -> bool {
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
        let left_m = [
            self.way_to_m(actor, self.place(target, Some(actor))),
            self.way_to_m(*master, self.place(master_target, Some(*master))),
        ];
        let tolerances_m = [*tolerance_m, *master_tolerance_m];
        let final_mps = final_speed.map(|speed| self.target_mps(speed));
        // There, if within the tolerance; past it, if what is left grows again.
        let is_there = (0..2).any(|who| left_m[who] < tolerances_m[who] + NOTHING);
        let is_past = (0..2).any(|who| left_m[who] > memory.left_m[who]);
        memory.left_m = left_m;
        let master_mps = self.speed_on_road_mps(*master);
        let ways_m = [0, 1].map(|who: usize| (left_m[who] - tolerances_m[who]).max(NOTHING));
        let time_s = match master_mps > STILL_MPS {
            true => ways_m[1] / master_mps,
            false => f64::INFINITY,
        };
        if is_there || is_past || time_s < step_s {
            if let Some(speed_mps) = final_mps {
                self.bodies[actor].speed_mps = speed_mps;
            }
            return true;
        }
        let steady_m = final_mps.map_or(0.0, |final_mps| match steady {
            Steady::None => 0.0,
            Steady::Distance(distance_m) => *distance_m,
            Steady::Time(time_s) => time_s * final_mps,
        });
        let steady_s = final_mps.map_or(0.0, |final_mps| steady_m / final_mps.max(NOTHING));
        let task = Task {
            way_m: ways_m[0] - steady_m,
            time_s: time_s - steady_s,
            speed_mps: self.speed_on_road_mps(actor),
            final_mps,
        };
        self.bodies[actor].speed_mps = match final_mps {
            Some(final_mps) if task.way_m < NOTHING || task.time_s < step_s.max(NOTHING) => final_mps,
            _ => task.speed_after_mps(step_s),
        };
        false
    }

    /// Way to a target: along the trajectory one follows, along roads, or straight.
    fn way_to_m(&self, entity: EntityId, target: Place) -> f64 {
        let body = &self.bodies[entity];
        if let Some((line, along_m)) = &body.line
            && let Some(foot_m) = line.foot_m(target.pose.x_m, target.pose.y_m)
        {
            return (foot_m - along_m).abs();
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
            Some(_) if body.line.is_none() => (body.speed_mps * libm::cos(body.heading_to_road_rad)).abs(),
            _ => body.speed_mps.abs(),
        }
    }

    pub(super) fn target_mps(&self, target: SpeedTarget) -> f64 {
        match target {
            SpeedTarget::Absolute(speed_mps) => speed_mps,
            SpeedTarget::Delta(other, by_mps) => self.bodies[other].speed_mps + by_mps,
            SpeedTarget::Factor(other, factor) => self.bodies[other].speed_mps * factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drive(mut task: Task, step_s: f64) -> (f64, f64) {
        let (way_m, mut gone_m) = (task.way_m, 0.0);
        while task.time_s > 1.5 * step_s {
            let speed_mps = task.speed_after_mps(step_s);
            gone_m += 0.5 * (task.speed_mps + speed_mps) * step_s;
            task = Task {
                way_m: way_m - gone_m,
                time_s: task.time_s - step_s,
                speed_mps,
                ..task
            };
        }
        (gone_m + task.speed_mps * task.time_s, task.speed_mps)
    }

    proptest! {
        #[test]
        fn actor_arrives_in_time_at_the_final_speed(
            way_m in 20.0..200.0,
            time_s in 3.0..15.0,
            from_mps in 0.0..30.0,
            to_mps in 1.0..30.0,
        ) {
            let task = Task { way_m, time_s, speed_mps: from_mps, final_mps: Some(to_mps) };
            let (gone_m, end_mps) = drive(task, 0.001);
            prop_assert!((gone_m - way_m).abs() < 0.1, "{gone_m} of {way_m}");
            prop_assert!((end_mps - to_mps).abs() < 0.5, "{end_mps} for {to_mps}");
        }
    }
}
