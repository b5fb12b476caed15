//! How fast: one law for everything ahead, and the limiter that keeps it comfortable.
//!
//! In go gaps to leaders and distances to places where the vehicle must stand; out comes the acceleration asked for. A
//! driver who keeps the time gap T and brakes at b needs the way `D(v) = v² / 2b + T v` to come to rest; behind a leader
//! the way it has is the gap plus the leader's own `v_l² / 2b` (Gipps 1981, with one b for both). The speed that uses up
//! that way exactly is followed with feed-forward of its own change, so that braking sets in and ends gently. A stop line is a
//! leader that stands. The module knows nothing of what it stops for.

use arrayvec::ArrayVec;
use vehicle::{Explanation, Limit, Manoeuvre, REFUSALS_MAX, Reason, Refusal, RefusalCause};

/// Acceleration and braking that passengers who stand do not mind.
pub(crate) const ACCELERATION_MPS2: f64 = 1.1;
/// See [`ACCELERATION_MPS2`]; the planned braking. Control adds some, and stays within 1.5 m/s².
pub(crate) const BRAKING_MPS2: f64 = 0.95;
/// Greatest braking asked for while nothing is urgent.
const BRAKING_MPS2_MAX: f64 = 1.35;
/// Braking that is needed, beyond which comfort no longer counts.
pub(crate) const URGENT_MPS2: f64 = 1.7;
/// Change of the acceleration in normal driving; the vehicle's lags and our noise come on top, up to 1.5 m/s³.
const JERK_MPS3: f64 = 0.95;
/// The same upwards at low speed, where letting go of the brakes adds a jolt of its own.
const STARTING_JERK_MPS3: f64 = 0.78;
/// The same upwards, after braking beyond comfort.
const RELEASE_JERK_MPS3: f64 = 5.0;
/// How strongly a difference to the wanted speed is corrected, 1/s. Times [`BRAKING_MPS2`], the jerk at the onset of braking.
const GAIN_PER_S: f64 = 0.8;
/// Time gap kept to a place where the vehicle is to stand: how softly it comes to rest.
const STOP_HEADWAY_S: f64 = 0.7;
/// Slower than this is standing.
pub(crate) const STANDSTILL_MPS: f64 = 0.03;
/// Time gap kept to a vehicle.
pub(crate) const FOLLOW_HEADWAY_S: f64 = 1.4;
/// Gap kept to a standing vehicle.
pub(crate) const FOLLOW_GAP_M: f64 = 2.5;

/// The way that braking at `braking_mps2` from `speed_mps` takes, with a time gap.
pub(crate) fn braking_way_m(speed_mps: f64, headway_s: f64, braking_mps2: f64) -> f64 {
    speed_mps * (speed_mps / (2.0 * braking_mps2) + headway_s)
}

/// The speed from which braking at `braking_mps2` takes exactly `way_m`: the inverse of [`braking_way_m`].
pub(crate) fn speed_for_way_mps(way_m: f64, headway_s: f64, braking_mps2: f64) -> f64 {
    if way_m <= 0.0 {
        return 0.0;
    }
    braking_mps2 * ((headway_s * headway_s + 2.0 * way_m / braking_mps2).sqrt() - headway_s)
}

/// Time to cover `way_m` from `speed_mps`, speeding up gently to at most `speed_mps_max`.
pub(crate) fn time_to_cover_s(way_m: f64, speed_mps: f64, speed_mps_max: f64) -> f64 {
    if way_m <= 0.0 {
        return 0.0;
    }
    // Jerk-limited build-up of the acceleration costs about this much when starting from rest.
    let start_s = if speed_mps < 1.0 {
        0.5 * ACCELERATION_MPS2 / JERK_MPS3
    } else {
        0.0
    };
    let most = speed_mps_max.max(1.0);
    let speed_mps = speed_mps.clamp(0.0, most);
    let acceleration = 0.9 * ACCELERATION_MPS2;
    let build_up_m = (most * most - speed_mps * speed_mps) / (2.0 * acceleration);
    if way_m <= build_up_m {
        start_s + ((speed_mps * speed_mps + 2.0 * acceleration * way_m).sqrt() - speed_mps) / acceleration
    } else {
        start_s + (most - speed_mps) / acceleration + (way_m - build_up_m) / most
    }
}

/// Something ahead on the path, moving along it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lead {
    /// From our front bumper to its rear end.
    pub gap_m: f64,
    /// Along our path, not negative.
    pub speed_mps: f64,
    pub acceleration_mps2: f64,
    /// Gap to keep when standing.
    pub gap_m_min: f64,
    pub headway_s: f64,
}

/// So many rivals are noted in a cycle; a record names fewer.
const MINDED_MAX: usize = 12;

/// A rival, and what it leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minded {
    pub track: u32,
    pub reason: Reason,
    pub acceleration_mps2: f64,
    pub margin_s: Option<f64>,
}

/// What was asked for in this cycle, for the record; nothing is decided by it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// By [`Reason::index`].
    pub limits: [Option<Limit>; Reason::ALL.len()],
    /// One entry a track and reason.
    pub minded: ArrayVec<Minded, MINDED_MAX>,
    pub refusals: ArrayVec<Refusal, REFUSALS_MAX>,
}

impl Asked {
    fn note(&mut self, limit: Limit, cause: &Cause) {
        let lowest = &mut self.limits[cause.reason.index()];
        if lowest.is_none_or(|lowest| limit.acceleration_mps2 < lowest.acceleration_mps2) {
            *lowest = Some(limit);
        }
        let Some(track) = cause.rival else { return };
        let minded = Minded {
            track,
            reason: cause.reason,
            acceleration_mps2: limit.acceleration_mps2,
            margin_s: cause.margin_s,
        };
        let is_known = |known: &&mut Minded| known.track == track && known.reason == cause.reason;
        if let Some(known) = self.minded.iter_mut().find(is_known) {
            if limit.acceleration_mps2 < known.acceleration_mps2 {
                *known = minded;
            }
        } else if self.minded.try_push(minded).is_err() {
            // Full: the least limiting gives way.
            let most = |a: &&mut Minded, b: &&mut Minded| a.acceleration_mps2.total_cmp(&b.acceleration_mps2);
            if let Some(known) = self.minded.iter_mut().max_by(most)
                && limit.acceleration_mps2 < known.acceleration_mps2
            {
                *known = minded;
            }
        }
    }
}

/// What governs the speed, so far in this cycle: the lowest acceleration and who asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Governor {
    speed_mps: f64,
    /// Hardest braking that the road allows.
    braking_mps2_max: f64,
    pub acceleration_mps2: f64,
    pub explanation: Explanation,
    pub is_urgent: bool,
    pub asked: Asked,
}

/// Who asks, for the explanation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cause {
    pub reason: Reason,
    pub rival: Option<u32>,
    pub signal: Option<road::SignalId>,
    pub crossing: Option<road::CrossingId>,
    /// Time between the rival and us at the place that both want.
    pub margin_s: Option<f64>,
}

impl Cause {
    pub(crate) fn of(reason: Reason) -> Cause {
        Cause {
            reason,
            ..Cause::default()
        }
    }
}

impl Governor {
    pub(crate) fn new(speed_mps: f64, braking_mps2_max: f64) -> Governor {
        Governor {
            speed_mps: speed_mps.max(0.0),
            braking_mps2_max,
            acceleration_mps2: ACCELERATION_MPS2,
            explanation: Explanation::default(),
            is_urgent: false,
            asked: Asked::default(),
        }
    }

    /// A manoeuvre that is not done now, for the record.
    pub(crate) fn refuse(&mut self, manoeuvre: Manoeuvre, cause: RefusalCause, rival: Option<u32>) {
        // More than fit would be the same ones again.
        let _ = self.asked.refusals.try_push(Refusal {
            manoeuvre,
            cause,
            rival,
        });
    }

    /// Reach and hold a speed; `change_mps2` is how fast that speed itself changes along the way.
    pub(crate) fn keep_speed(&mut self, speed_mps: f64, change_mps2: f64, cause: Cause) {
        let wanted = change_mps2 + GAIN_PER_S * (speed_mps - self.speed_mps);
        self.ask(wanted.max(-BRAKING_MPS2_MAX), speed_mps, cause);
    }

    /// Stand with the front bumper at `distance_m` from here.
    pub(crate) fn stop(&mut self, distance_m: f64, cause: Cause) {
        self.stop_braking(distance_m, BRAKING_MPS2, cause);
    }

    /// The same, planned at another braking.
    pub(crate) fn stop_braking(&mut self, distance_m: f64, braking_mps2: f64, cause: Cause) {
        let v = speed_for_way_mps(distance_m, STOP_HEADWAY_S, braking_mps2);
        let change = -v / (STOP_HEADWAY_S + v / braking_mps2);
        let comfortable =
            (change + GAIN_PER_S * 1.5 * (v - self.speed_mps)).max(-BRAKING_MPS2_MAX.max(1.2 * braking_mps2));
        // Half a metre too far is a blemish and no reason to brake hard.
        let needed = self.speed_mps * self.speed_mps / (2.0 * (distance_m + 0.5).max(0.1));
        self.ask_or_urge(comfortable, needed, v, cause);
    }

    /// Brake so hard, comfortably or not.
    pub(crate) fn brake(&mut self, braking_mps2: f64, cause: Cause) {
        self.ask_or_urge(-braking_mps2, braking_mps2, 0.0, cause);
    }

    /// Follow a leader.
    pub(crate) fn follow(&mut self, lead: &Lead, cause: Cause) {
        let (b, t) = (BRAKING_MPS2, lead.headway_s);
        let speed_mps = lead.speed_mps.max(0.0);
        let way_m = lead.gap_m - lead.gap_m_min + speed_mps * speed_mps / (2.0 * b);
        if speed_mps < 0.3 && way_m < 0.5 && self.speed_mps < 0.4 {
            // Near enough: no creeping up for the last few centimetres.
            self.ask(-0.3, 0.0, cause);
        }
        let v = speed_for_way_mps(way_m, t, b);
        let lead_mps2 = lead.acceleration_mps2.clamp(-4.0, 1.0);
        let change = (speed_mps - v + 0.6 * speed_mps * lead_mps2 / b) / (t + v / b);
        let comfortable = (change + GAIN_PER_S * (v - self.speed_mps)).max(-BRAKING_MPS2_MAX);
        // What keeps the bumpers apart if the leader goes on as it does now.
        let closing_mps = (self.speed_mps - speed_mps).max(0.0);
        let room_m = room_m(closing_mps, lead.gap_m);
        let needed = if lead_mps2 < -0.7 && speed_mps > 0.1 {
            let lead_way_m = speed_mps * speed_mps / (-2.0 * lead_mps2);
            self.speed_mps * self.speed_mps / (2.0 * (room_m + lead_way_m))
        } else {
            needed_mps2(closing_mps, lead.gap_m) - lead_mps2.min(0.0)
        };
        // So near, whoever brakes as the leader does has no time left for what the leader does next.
        let short_m = (0.6 + SHORTEST_HEADWAY_S * self.speed_mps - lead.gap_m).max(0.0);
        let comes_nearer = closing_mps > 0.0 || lead_mps2 < -0.3;
        let needed = if comes_nearer {
            needed + SHORT_PER_S2 * short_m
        } else {
            needed
        };
        self.ask_or_urge(comfortable, needed, v, cause);
    }

    fn ask_or_urge(&mut self, comfortable_mps2: f64, needed_mps2: f64, speed_mps: f64, cause: Cause) {
        if needed_mps2 > URGENT_MPS2 {
            self.urge(needed_mps2, speed_mps, cause);
        } else {
            self.ask(comfortable_mps2, speed_mps, cause);
        }
    }

    /// Hardest braking that the road allows.
    pub(crate) fn braking_mps2_max(&self) -> f64 {
        self.braking_mps2_max
    }

    /// Brake so hard, if that is more than comfort has time for.
    pub(crate) fn urge(&mut self, needed_mps2: f64, speed_mps: f64, cause: Cause) {
        if needed_mps2 > URGENT_MPS2 {
            self.is_urgent = true;
            self.ask(-(1.15 * needed_mps2).min(self.braking_mps2_max), speed_mps, cause);
        }
    }

    /// The lowest acceleration wins.
    pub(crate) fn ask(&mut self, acceleration_mps2: f64, speed_mps: f64, cause: Cause) {
        self.asked.note(
            Limit {
                acceleration_mps2,
                speed_mps,
            },
            &cause,
        );
        if acceleration_mps2 < self.acceleration_mps2
            || self.explanation.speed_mps_target == 0.0 && cause.reason == Reason::Cruise
        {
            self.acceleration_mps2 = acceleration_mps2.min(self.acceleration_mps2);
            self.explanation.reason = cause.reason;
            self.explanation.rival = cause.rival;
            self.explanation.signal = cause.signal;
            self.explanation.crossing = cause.crossing;
            self.explanation.speed_mps_target = speed_mps;
        }
    }
}

/// What is left of a gap when the brakes take hold.
fn room_m(closing_mps: f64, gap_m: f64) -> f64 {
    (gap_m - 0.6 - BRAKES_S * closing_mps).max(0.05)
}

/// Braking that keeps the bumpers apart from one who goes on as it does.
pub(crate) fn needed_mps2(closing_mps: f64, gap_m: f64) -> f64 {
    closing_mps * closing_mps / (2.0 * room_m(closing_mps, gap_m))
}

/// Under this headway a gap that closes is made good at once, by so much braking for each metre that is missing.
const SHORTEST_HEADWAY_S: f64 = 0.35;
const SHORT_PER_S2: f64 = 0.5;
/// Until the brakes take hold.
const BRAKES_S: f64 = 0.4;

/// Keeps changes of acceleration within comfort, or within what the brakes can do where it is urgent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JerkLimiter {
    acceleration_mps2: f64,
    smooth_mps2: f64,
}

impl JerkLimiter {
    /// The acceleration to ask for now, `period_s` after the last one.
    pub(crate) fn next(&mut self, governor: &Governor, jerk_mps3_max: f64, period_s: f64) -> f64 {
        let wanted = governor.acceleration_mps2;
        if governor.speed_mps < STANDSTILL_MPS && wanted > 0.0 {
            // Whatever brought it to a stand is over: it need not be taken back step by step.
            self.acceleration_mps2 = self.acceleration_mps2.max(0.0);
            self.smooth_mps2 = self.smooth_mps2.max(0.0);
        }
        let (down, up) = if governor.is_urgent {
            // Twice as urgent, twice as fast.
            ((3.0 * wanted.abs()).clamp(2.0, jerk_mps3_max), JERK_MPS3)
        } else if self.acceleration_mps2 < -1.5 {
            // Whatever was urgent is over: nobody is helped by braking on.
            (JERK_MPS3, RELEASE_JERK_MPS3)
        } else {
            let up = if governor.speed_mps < 5.0 {
                STARTING_JERK_MPS3
            } else {
                JERK_MPS3
            };
            (JERK_MPS3, up)
        };
        // A fifth of a second of smoothing takes the sensors' noise out; urgency does not wait for it.
        let share = if governor.is_urgent {
            1.0
        } else {
            (period_s / 0.2).min(1.0)
        };
        self.smooth_mps2 += share * (wanted - self.smooth_mps2);
        self.acceleration_mps2 += (self.smooth_mps2 - self.acceleration_mps2).clamp(-down * period_s, up * period_s);
        self.acceleration_mps2
    }

    /// The vehicle stands: the next start begins from nothing.
    pub(crate) fn rest(&mut self) {
        *self = JerkLimiter::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn way_and_speed_are_inverse() {
        for v in [0.1, 1.0, 5.0, 16.0] {
            let way_m = braking_way_m(v, 0.7, 1.1);
            assert!((speed_for_way_mps(way_m, 0.7, 1.1) - v).abs() < 1e-9);
        }
    }

    /// Drives an ideal vehicle; tells where it stands, its hardest braking and its greatest jerk.
    fn stop_from(speed_mps: f64, distance_m: f64) -> (f64, f64, f64) {
        let (mut v, mut s, mut limiter) = (speed_mps, 0.0, JerkLimiter::default());
        let (mut hardest, mut jerk, mut before) = (0.0_f64, 0.0_f64, 0.0);
        for _ in 0..2000 {
            let mut governor = Governor::new(v, 8.0);
            governor.keep_speed(speed_mps, 0.0, Cause::default());
            governor.stop(distance_m - s, Cause::of(Reason::Signal));
            let a = limiter.next(&governor, 12.0, 0.05);
            hardest = hardest.max(-a);
            jerk = jerk.max((a - before).abs() / 0.05);
            before = a;
            s += v * 0.05 + 0.5 * a * 0.05 * 0.05;
            v = (v + a * 0.05).max(0.0);
        }
        (s, hardest, jerk)
    }

    #[test]
    fn a_stop_seen_in_time_is_gentle_and_exact() {
        for speed_mps in [3.0, 8.0, 12.0, 16.0] {
            let (place_m, hardest, jerk) = stop_from(speed_mps, 200.0);
            assert!(
                (place_m - 200.0).abs() < 0.1,
                "stands at {place_m} m, from {speed_mps} m/s"
            );
            assert!(hardest < 1.3, "brakes at {hardest} m/s² from {speed_mps} m/s");
            assert!(jerk < 1.1, "jerk of {jerk} m/s³ from {speed_mps} m/s");
        }
    }

    #[test]
    fn a_stop_seen_late_is_as_hard_as_it_must_be() {
        let (place_m, hardest, _) = stop_from(12.0, 20.0);
        assert!(place_m < 20.5, "stands at {place_m} m");
        assert!(hardest > 3.0 && hardest < 8.0, "brakes at {hardest} m/s²");
    }
}
