//! Car following: how hard to accelerate behind a leader or towards a line, and the speed that is safe whatever happens.
//!
//! In go distances and speeds, out come accelerations. Two layers: a human-like one (the Intelligent Driver Model of
//! Treiber, Hennecke and Helbing 2000, and a plain braking profile towards lines) and under it a hard cap from the
//! stopping condition of Gipps (1981) and Krauss (1998). Nothing here knows a lane or a vehicle's kind.
//!
//! **Why nobody is ever hit from behind.** Let `p = x + v² / (2 b)` be where a vehicle would stand if it braked as hard
//! as anyone can, `b`. A leader that never brakes harder than `b` never lets its `p` fall. A follower that chooses its
//! next speed such that its own `p` after the tick is not beyond the leader's `p` before the tick keeps the order, and
//! can always do so, because braking with `b` leaves its `p` where it was.

use crate::weather::Driving;

/// Length of a traffic tick.
pub(crate) const TICK_S: f64 = 0.1;
/// Nobody in traffic brakes harder than this (dry asphalt, ordinary tyres).
pub(crate) const BRAKING_MPS2_MAX: f64 = 7.5;
/// A vehicle under test may brake this hard: who follows one reckons with it.
pub(crate) const GUEST_BRAKING_MPS2_MAX: f64 = 9.5;

/// How somebody drives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Habit {
    /// Own top speed on an open road.
    pub speed_mps: f64,
    /// Keeps this multiple of the limit where the limit is lower.
    pub limit_factor: f64,
    /// Time gap.
    pub headway_s: f64,
    /// Gap at a standstill.
    pub standstill_m: f64,
    /// Full, everyday acceleration.
    pub acceleration_mps2: f64,
    /// Everyday braking.
    pub braking_mps2: f64,
}

impl Habit {
    /// The same driver, of a vehicle so long, in rain, fog or the dark.
    pub fn in_weather(self, driving: Driving, length_m: f64) -> Habit {
        Habit {
            speed_mps: self.speed_mps * driving.speed,
            limit_factor: self.limit_factor * driving.speed,
            headway_s: driving.headway_s(self.headway_s, length_m + self.standstill_m),
            ..self
        }
    }

    /// Acceleration on an open road where `speed_mps_wanted` is wanted.
    pub fn free_mps2(&self, speed_mps: f64, speed_mps_wanted: f64) -> f64 {
        if speed_mps > speed_mps_wanted {
            // Coasts back to a limit instead of braking for it at once.
            return (-self.braking_mps2).max((speed_mps_wanted - speed_mps) * 0.8);
        }
        let ratio = speed_mps / speed_mps_wanted.max(0.1);
        let square = ratio * ratio;
        self.acceleration_mps2 * (1.0 - square * square)
    }

    /// The interaction term of the model, to be taken off the open-road acceleration.
    pub fn interaction_mps2(&self, speed_mps: f64, gap_m: f64, leader_mps: f64) -> f64 {
        let approach =
            speed_mps * (speed_mps - leader_mps) / (2.0 * (self.acceleration_mps2 * self.braking_mps2).sqrt());
        let wanted_m = self.standstill_m + (speed_mps * self.headway_s + approach).max(0.0);
        let ratio = wanted_m / gap_m.max(0.05);
        self.acceleration_mps2 * ratio * ratio
    }
}

/// Braking towards a line at `distance_m`: none as long as it would be soft, then just what is needed.
pub(crate) fn towards_line_mps2(speed_mps: f64, distance_m: f64, braking_mps2: f64) -> f64 {
    let needed_mps2 = needed_braking_mps2(speed_mps, distance_m);
    if needed_mps2 > 0.75 * braking_mps2 {
        -needed_mps2
    } else {
        f64::INFINITY
    }
}

/// Braking that stands at `distance_m`.
pub(crate) fn needed_braking_mps2(speed_mps: f64, distance_m: f64) -> f64 {
    if speed_mps <= 0.0 {
        return 0.0;
    }
    speed_mps * speed_mps / (2.0 * distance_m.max(0.01))
}

/// The highest speed at the end of a tick from which one can still stop behind what is `gap_m` ahead, should it brake
/// with `leader_braking_mps2` from now on. Never negative.
pub(crate) fn safe_speed_mps(speed_mps: f64, gap_m: f64, leader_mps: f64, leader_braking_mps2: f64) -> f64 {
    let room_m = gap_m + leader_mps * leader_mps / (2.0 * leader_braking_mps2);
    let half = 0.5 * BRAKING_MPS2_MAX * TICK_S;
    let square = half * half + BRAKING_MPS2_MAX * (2.0 * room_m - speed_mps * TICK_S);
    if square <= half * half {
        return 0.0;
    }
    square.sqrt() - half
}

/// Speed and way after a tick with this acceleration; stands still rather than rolling back.
pub(crate) fn advance(speed_mps: f64, acceleration_mps2: f64) -> (f64, f64) {
    let after_mps = speed_mps + acceleration_mps2 * TICK_S;
    if after_mps >= 0.0 {
        return (after_mps, 0.5 * (speed_mps + after_mps) * TICK_S);
    }
    (0.0, speed_mps * speed_mps / (-2.0 * acceleration_mps2))
}

/// Time to cover `distance_m` from `speed_mps`, accelerating to `speed_mps_max`.
pub(crate) fn time_to_cover_s(distance_m: f64, speed_mps: f64, speed_mps_max: f64, acceleration_mps2: f64) -> f64 {
    if distance_m <= 0.0 {
        return 0.0;
    }
    let top_mps = speed_mps_max.max(speed_mps).max(0.5);
    let ramp_m = (top_mps * top_mps - speed_mps * speed_mps) / (2.0 * acceleration_mps2);
    if ramp_m >= distance_m {
        let after_mps = (speed_mps * speed_mps + 2.0 * acceleration_mps2 * distance_m).sqrt();
        return (after_mps - speed_mps) / acceleration_mps2;
    }
    (top_mps - speed_mps) / acceleration_mps2 + (distance_m - ramp_m) / top_mps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn who_keeps_the_safe_speed_never_touches_a_leader_who_brakes_at_will(
            start_gap_m in 0.0..60.0f64, leader_mps in 0.0..30.0f64, follower_mps in 0.0..30.0f64,
            wishes in proptest::collection::vec(-7.5..3.0f64, 200),
        ) {
            let stop_m = |v: f64| v * v / (2.0 * BRAKING_MPS2_MAX);
            // A start from which it is possible at all.
            let mut gap_m = start_gap_m + (stop_m(follower_mps) - stop_m(leader_mps)).max(0.0);
            let (mut leader, mut follower) = (leader_mps, follower_mps);
            for wish in wishes {
                let cap = safe_speed_mps(follower, gap_m, leader, BRAKING_MPS2_MAX);
                let next = (follower + 3.0 * TICK_S).min(cap);
                let acceleration = ((next - follower) / TICK_S).max(-BRAKING_MPS2_MAX);
                let (leader_next, leader_way) = advance(leader, wish);
                let (follower_next, follower_way) = advance(follower, acceleration);
                gap_m += leader_way - follower_way;
                (leader, follower) = (leader_next, follower_next);
                prop_assert!(gap_m > -0.08, "gap {gap_m}");
            }
        }

        #[test]
        fn a_tick_never_rolls_back(speed in 0.0..40.0f64, acceleration in -9.0..3.0f64) {
            let (after, way) = advance(speed, acceleration);
            prop_assert!(after >= 0.0 && way >= 0.0 && way <= speed.max(after) * TICK_S + 1e-12);
        }
    }
}
