//! Car following: how fast is safe, in steps of any length.
//!
//! In go speeds, gaps and habits; out come speeds for the next step. Nothing here knows lanes. Speeds hold for a whole
//! step (semi-implicit Euler), so that a gap that a formula calls safe is never driven shut.
//!
//! Source: S. Krauß, "Microscopic Modeling of Traffic Flow: Investigation of Collision Free Vehicle Dynamics", DLR
//! Forschungsbericht 98-08 (1998), chapter 3, in the form for steps that SUMO's documentation describes; M. Treiber, A.
//! Hennecke, D. Helbing, "Congested traffic states in empirical observations and microscopic simulations", Physical
//! Review E 62 (2000), equations 2 and 3.

use crate::sumo::{Following, VehicleClass, VehicleKind};
use crate::weather::Driving;

/// How somebody brakes, step by step; what formulas ask for again and again is worked out once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brake {
    pub decel_mps2: f64,
    /// Speed lost in a step, and one over it.
    loss_mps: f64,
    per_loss: f64,
    step_s: f64,
    per_step: f64,
}

impl Brake {
    pub(super) fn new(decel_mps2: f64, step_s: f64) -> Brake {
        let loss_mps = decel_mps2 * step_s;
        Brake {
            decel_mps2,
            loss_mps,
            per_loss: 1.0 / loss_mps,
            step_s,
            per_step: 1.0 / step_s,
        }
    }
}

/// What formulas need of a type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habit {
    pub brake: Brake,
    pub accel_mps2: f64,
    pub tau_s: f64,
    pub gap_m_min: f64,
    pub length_m: f64,
    pub sigma: f64,
    pub speed_mps_max: f64,
    pub class: VehicleClass,
    pub following: Following,
    /// A person decides at every so many steps.
    pub reaction_steps: u32,
    pub gap_error: f64,
    pub closing_error_per_s: f64,
    pub margin_s: f64,
    /// Seconds from standstill until a person accelerates as hard as it does.
    drive_off_s: f64,
    /// Headway with which one is content for as long as changing lanes takes.
    pub squeezed_tau_s: f64,
    pub impatience: f64,
    pub strategic: f64,
    pub speed_gain: f64,
    pub keep_right: f64,
    pub is_cooperative: bool,
    pub has_blue_light: bool,
}

impl Habit {
    pub(super) fn new(kind: &VehicleKind, step_s: f64, driving: Driving) -> Habit {
        let driving = match kind.following {
            Following::Human => driving.among_people(),
            _ => driving,
        };
        let tau_s = driving
            .headway_s(kind.tau_s, kind.length_m + kind.gap_m_min)
            .max(step_s);
        let is_krauss = kind.following == Following::Krauss;
        Habit {
            brake: Brake::new(kind.decel_mps2, step_s),
            accel_mps2: kind.accel_mps2,
            tau_s,
            gap_m_min: kind.gap_m_min,
            length_m: kind.length_m,
            sigma: if is_krauss { kind.sigma } else { 0.0 },
            speed_mps_max: kind.speed_mps_max,
            class: kind.class,
            following: kind.following,
            reaction_steps: (kind.reaction_s / step_s).round().max(1.0) as u32,
            gap_error: kind.gap_error,
            closing_error_per_s: kind.closing_error_per_s,
            margin_s: kind.margin_s,
            drive_off_s: DRIVE_OFF_S + 2.0 * kind.reaction_s,
            squeezed_tau_s: match kind.following {
                Following::Human => SQUEEZED_TAU_S.max(step_s).min(tau_s),
                _ => tau_s,
            },
            impatience: kind.impatience,
            strategic: kind.strategic,
            speed_gain: kind.speed_gain,
            keep_right: kind.keep_right,
            is_cooperative: kind.cooperative > 0.0,
            has_blue_light: kind.has_blue_light,
        }
    }

    /// Room that one takes up standing, metres.
    pub(super) fn gross_m(&self) -> f64 {
        self.length_m + self.gap_m_min
    }

    /// The least speed that comfortable braking leaves after a step.
    pub(super) fn slowest_mps(&self, speed_mps: f64) -> f64 {
        (speed_mps - self.brake.loss_mps).max(0.0)
    }

    /// The greatest speed that the engine reaches in a step.
    pub(super) fn fastest_mps(&self, speed_mps: f64) -> f64 {
        speed_mps + self.accel_mps2 * self.brake.step_s
    }

    /// The greatest speed that one likes to reach in a step: people notice late that they can start, and press the pedal
    /// down slowly, so that acceleration grows evenly from nothing to all there is.
    pub(super) fn liked_mps(&self, speed_mps: f64) -> f64 {
        let full_mps = 0.5 * self.accel_mps2 * self.drive_off_s;
        if self.following != Following::Human || speed_mps >= full_mps {
            return self.fastest_mps(speed_mps);
        }
        let since_s = root(2.0 * speed_mps * self.drive_off_s / self.accel_mps2) + self.brake.step_s;
        let beyond_s = since_s - self.drive_off_s;
        if beyond_s > 0.0 {
            full_mps + self.accel_mps2 * beyond_s
        } else {
            0.5 * self.accel_mps2 * since_s * since_s / self.drive_off_s
        }
    }
}

/// Seconds from standstill until people who are at once about it accelerate as hard as they do (Salles, Kaufmann and Reuss,
/// "Extending the intelligent driver model in SUMO and verifying the drive off trajectories with aerial measurements", 2020).
const DRIVE_OFF_S: f64 = 1.2;
/// Who changes lanes, or lets others in, is content with this headway for a while (Schakel, Knoop and van Arem, "Integrated
/// lane change model with relaxation and synchronization", 2012, table 1).
const SQUEEZED_TAU_S: f64 = 0.56;

/// Keeps a hair's breadth: gaps are sums of rounded numbers.
const HAIR_M: f64 = 1e-3;

/// The whole part of a number that is not negative; a call of a function for it would show in a step's time.
fn whole_part(value: f64) -> f64 {
    value as i64 as f64
}

/// A square root; IEEE 754 says to the last bit what it is, so that every machine has the same.
fn root(value: f64) -> f64 {
    value.sqrt()
}

/// Metres to standstill from `speed_mps`, braking step by step, after `tau_s` at that speed.
pub(super) fn brake_gap_m(speed_mps: f64, brake: &Brake, tau_s: f64) -> f64 {
    let steps = whole_part(speed_mps * brake.per_loss);
    brake.step_s * (steps * speed_mps - brake.loss_mps * steps * (steps + 1.0) * 0.5) + speed_mps * tau_s
}

/// The greatest speed for the next step, up to `most_mps`, from which one still stops within `gap_m`, braking after `tau_s`.
///
/// Whether `most_mps` is safe is quickly said; the formula that solves for the speed has a root and a quotient.
pub(super) fn stop_speed_mps(most_mps: f64, gap_m: f64, brake: &Brake, tau_s: f64) -> f64 {
    let gap_m = gap_m - HAIR_M;
    if gap_m <= 0.0 {
        return 0.0_f64.min(most_mps);
    }
    if brake_gap_m(most_mps, brake, tau_s) <= gap_m {
        return most_mps;
    }
    let (loss, t, s) = (brake.loss_mps, tau_s, brake.step_s);
    if gap_m < loss * t {
        // One step of braking is enough.
        return (gap_m / t).min(most_mps);
    }
    // The number of steps of braking, and what remains of the gap, spread over them.
    let root = root(s * s + 4.0 * (s * (2.0 * gap_m * brake.per_loss - t) + t * t));
    let n = whole_part(0.5 - (t - 0.5 * root) * brake.per_step);
    let h = 0.5 * n * (n - 1.0) * loss * s + n * loss * t;
    let rest = (gap_m - h) / (n * s + t);
    (n * loss + rest).min(most_mps)
}

/// The greatest safe speed, up to `most_mps`, behind somebody who drives `leader_mps` and may brake like `leader`, braking
/// after `tau_s`.
pub(super) fn follow_speed_mps(
    habit: &Habit,
    tau_s: f64,
    most_mps: f64,
    gap_m: f64,
    leader_mps: f64,
    leader: &Brake,
) -> f64 {
    let harder = if leader.loss_mps > habit.brake.loss_mps {
        leader
    } else {
        &habit.brake
    };
    stop_speed_mps(
        most_mps,
        gap_m + brake_gap_m(leader_mps, harder, 0.0),
        &habit.brake,
        tau_s,
    )
}

/// The gap from which a follower who keeps `tau_s` need never brake hard.
pub(super) fn secure_gap_m(follower: &Habit, tau_s: f64, speed_mps: f64, leader_mps: f64, leader: &Brake) -> f64 {
    let harder = if leader.loss_mps > follower.brake.loss_mps {
        leader
    } else {
        &follower.brake
    };
    let own_m = brake_gap_m(speed_mps, &follower.brake, tau_s);
    (own_m - brake_gap_m(leader_mps, harder, 0.0)).max(0.0)
}

/// The greatest speed from which one comes down to `target_mps` within `distance_m`.
pub(super) fn free_speed_mps(distance_m: f64, target_mps: f64, brake: &Brake) -> f64 {
    if distance_m < target_mps * brake.step_s {
        return target_mps;
    }
    let b = brake.loss_mps;
    let (v, d) = (target_mps, distance_m * brake.per_step);
    let y = ((root((b + 2.0 * v) * (b + 2.0 * v) + 8.0 * b * d) - b) * 0.5 - v) * brake.per_loss;
    let y = y.max(0.0);
    let whole = whole_part(y);
    let gap = 0.5 * (whole * whole + whole) * b + whole * v + if y > whole { v } else { 0.0 };
    ((d - gap) / (whole + 1.0)).max(0.0) + whole * b + v
}

/// Speed after `distance_m` at full acceleration, or, if that is negative, braking.
pub(super) fn speed_after_mps(distance_m: f64, speed_mps: f64, accel_mps2: f64) -> f64 {
    root((speed_mps * speed_mps + 2.0 * accel_mps2 * distance_m).max(0.0))
}

/// Seconds until `distance_m` lie behind, going from `speed_mps` to `arrival_mps`.
pub(super) fn travel_s(habit: &Habit, distance_m: f64, speed_mps: f64, arrival_mps: f64) -> f64 {
    let rate = if arrival_mps >= speed_mps {
        habit.accel_mps2
    } else {
        -habit.brake.decel_mps2
    };
    let change_s = (arrival_mps - speed_mps) / rate;
    let change_m = change_s * 0.5 * (arrival_mps + speed_mps);
    if distance_m >= change_m {
        change_s + (distance_m - change_m) / speed_mps.max(arrival_mps).max(0.1)
    } else {
        (2.0 * distance_m / (speed_mps + arrival_mps).max(1e-3)).min(1e6)
    }
}

/// What the intelligent driver would drive in the next step, gap and leader given; it may be more than is safe.
///
/// In people the wish to go faster and the gap do not add up: the stronger decides, or a full road would never be as
/// fast as it may (Schakel, van Arem and Netten, "Effects of cooperative adaptive cruise control on traffic flow
/// stability", 2010, equation 4).
pub(super) fn idm_speed_mps(habit: &Habit, speed_mps: f64, desired_mps: f64, gap_m: f64, leader_mps: f64) -> f64 {
    // Smaller parts of a step keep the model stable at a second.
    const PARTS: i32 = 4;
    let part_s = habit.brake.step_s / f64::from(PARTS);
    let (mut v, mut gap) = (speed_mps, gap_m + habit.gap_m_min);
    for _ in 0..PARTS {
        let root = 2.0 * root(habit.accel_mps2 * habit.brake.decel_mps2);
        let wanted = habit.gap_m_min + (v * habit.tau_s + v * (v - leader_mps) / root).max(0.0);
        let free = v / desired_mps.max(0.1);
        let near = wanted / gap.max(0.1);
        let held_back = match habit.following {
            Following::Human => (free * free * free * free).max(near * near),
            _ => free * free * free * free + near * near,
        };
        let accel = habit.accel_mps2 * (1.0 - held_back);
        v = (v + accel * part_s).max(0.0);
        gap -= (v - leader_mps) * part_s;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn habit() -> Habit {
        let car = VehicleKind::of_class("car", VehicleClass::PASSENGER);
        Habit::new(&car, 1.0, Driving::UNDISTURBED)
    }

    proptest! {
        #[test]
        fn who_drives_at_the_safe_speed_stops_before_the_obstacle(gap_m in 0.0..300.0, step_s in 0.1..1.0_f64) {
            let (mut gap_m, mut steps) = (gap_m, 0);
            loop {
                let v = stop_speed_mps(f64::INFINITY, gap_m, &Brake::new(4.5, step_s), step_s);
                gap_m -= v * step_s;
                prop_assert!(gap_m >= 0.0, "drove {gap_m} m into the obstacle");
                steps += 1;
                if v * step_s < 1e-2 || steps > 2000 {
                    break;
                }
            }
            prop_assert!(gap_m < 1.0, "stopped {gap_m} m too early");
        }

        #[test]
        fn a_follower_never_touches_a_leader_who_brakes_hard(gap_m in 0.0..100.0, leader in 0.0..40.0_f64, own in 0.0..40.0_f64) {
            let habit = habit();
            let (mut gap_m, mut leader) = (gap_m, leader);
            // Only speeds from which the first step is physically possible are the model's to answer for.
            let mut own = follow_speed_mps(&habit, habit.tau_s, own, gap_m, leader, &habit.brake);
            for _ in 0..30 {
                let next = follow_speed_mps(&habit, habit.tau_s, own + 2.6, gap_m, leader, &habit.brake);
                prop_assert!(next >= own - 4.5 - 1e-6, "braked from {own} to {next}");
                leader = (leader - 4.5).max(0.0);
                gap_m += leader - next;
                own = next;
                prop_assert!(gap_m >= -1e-9, "gap {gap_m}");
            }
        }

        #[test]
        fn who_slows_down_for_a_limit_reaches_it_in_time(distance_m in 0.0..200.0, target in 1.0..15.0_f64) {
            let (mut left_m, mut v) = (distance_m, 40.0_f64);
            v = v.min(free_speed_mps(left_m, target, &Brake::new(4.5, 1.0)));
            while left_m > v {
                left_m -= v;
                v = free_speed_mps(left_m, target, &Brake::new(4.5, 1.0));
            }
            prop_assert!(v <= target + 4.5 + 1e-6, "passed the sign at {v} instead of {target}");
        }
    }
}
