//! How fast others move across the road: of where they lie in it and where they point, of which neither is certain.
//!
//! A tracker sees where a box points to a degree or two, which at city speed is half a metre a second across: every tenth
//! vehicle beside us would seem to come in. Where a box lies is known to centimetres, and tells the same a little later. Both
//! go into a belief of two numbers (place and speed across) with a bounded change of speed, one for each track. Where
//! headings are told exactly there is nothing to weigh, and they are taken as they are.

use crate::perception::Gaussian;
use vehicle::ObjectKind;

/// Errors wander: each measurement tells as much as one in eight would, were they independent.
const MEMORY_FACTOR: f64 = 2.8;
/// Of the place across.
const PLACE_M: f64 = 0.06;
/// Change of the speed across that lane changes take.
const CHANGE_MPS2: f64 = 1.2;
/// Before it is seen, nobody is thought to move across faster than this.
const SPEED_MPS: f64 = 0.5;
/// Less error than this harms nobody.
const ERROR_MPS_MIN: f64 = 0.05;
/// So far from where it was thought to be, another line is measured from.
const JUMP_M: f64 = 0.8;
/// As many are near at once.
const DRIFTS_MAX: usize = 256;

/// What is believed of those near.
#[derive(Debug)]
pub(crate) struct Drifts {
    /// By track.
    known: Vec<Drift>,
    cycle: u32,
}

#[derive(Clone, Copy, Debug)]
struct Drift {
    track: u32,
    cycle: u32,
    /// Place across and speed across.
    belief: Gaussian<2>,
}

impl Default for Drifts {
    fn default() -> Drifts {
        Drifts {
            known: Vec::with_capacity(DRIFTS_MAX),
            cycle: 0,
        }
    }
}

/// A motion across as one cycle sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Across {
    pub track: u32,
    pub kind: ObjectKind,
    /// Left of the line.
    pub lateral_m: f64,
    /// By its heading.
    pub leftward_mps: f64,
    /// One standard deviation of that.
    pub deviation_mps: f64,
}

impl Drifts {
    /// A cycle begins.
    pub(crate) fn begin(&mut self) {
        self.cycle = self.cycle.wrapping_add(1);
    }

    /// A cycle ends: who was not seen in it is forgotten.
    pub(crate) fn end(&mut self) {
        let cycle = self.cycle;
        self.known.retain(|drift| drift.cycle == cycle);
    }

    /// The speed across, to the left, with all that is known.
    pub(crate) fn leftward_mps(&mut self, seen: &Across, period_s: f64) -> f64 {
        let walks = matches!(seen.kind, ObjectKind::Pedestrian | ObjectKind::Obstacle);
        if walks || seen.deviation_mps.is_nan() || seen.deviation_mps < ERROR_MPS_MIN {
            return seen.leftward_mps;
        }
        let heading_mps2 = square(MEMORY_FACTOR * seen.deviation_mps);
        let place_m2 = square(MEMORY_FACTOR * PLACE_M);
        let index = self.known.binary_search_by_key(&seen.track, |drift| drift.track);
        let known = index.ok().filter(|index| {
            let [lateral_m, leftward_mps] = self.known[*index].belief.mean;
            (seen.lateral_m - lateral_m - leftward_mps * period_s).abs() < JUMP_M
        });
        let mut belief = match known {
            Some(index) => {
                let mut belief = self.known[index].belief;
                let [lateral_m, leftward_mps] = belief.mean;
                let change_mps = CHANGE_MPS2 * period_s;
                belief.carry_on(
                    [lateral_m + leftward_mps * period_s, leftward_mps],
                    &[[1.0, period_s], [0.0, 1.0]],
                    [square(0.5 * change_mps * period_s), square(change_mps)],
                );
                belief.correct(&[1.0, 0.0], seen.lateral_m - belief.mean[0], place_m2);
                belief
            }
            None => Gaussian::new([seen.lateral_m, 0.0], [MEMORY_FACTOR * PLACE_M, SPEED_MPS]),
        };
        belief.correct(&[0.0, 1.0], seen.leftward_mps - belief.mean[1], heading_mps2);
        let leftward_mps = belief.mean[1];
        let drift = Drift {
            track: seen.track,
            cycle: self.cycle,
            belief,
        };
        match index {
            Ok(index) => self.known[index] = drift,
            Err(index) if self.known.len() < DRIFTS_MAX => self.known.insert(index, drift),
            Err(_) => {}
        }
        leftward_mps
    }
}

fn square(x: f64) -> f64 {
    x * x
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Seed;

    /// A vehicle beside us at 16 m/s, of which a heading is known to 0.03 rad with errors that last, changes lanes at `u` after five seconds:
    /// the fastest that it seemed to come in before, and how long after it seems to at half of its speed.
    fn seen(leftward_mps: f64, seed: u64) -> (f64, f64) {
        let mut stream = Seed(seed).stream("test.drift", 0);
        let mut drifts = Drifts::default();
        let (mut heading_error, mut place_error) = (0.0, 0.0);
        let (mut lateral_m, mut most_mps) = (-3.4, 0.0_f64);
        for cycle in 0..200 {
            let wander = |error: f64, deviation: f64, draw: f64| {
                let keep = libm::exp(-0.05 / 0.4);
                keep * error + (1.0 - keep * keep).sqrt() * deviation * draw
            };
            heading_error = wander(heading_error, 0.03, stream.normal());
            place_error = wander(place_error, 0.05, stream.normal());
            let time_s = 0.05 * f64::from(cycle) - 5.0;
            let true_mps = if time_s > 0.0 {
                leftward_mps.min(1.5 * time_s)
            } else {
                0.0
            };
            lateral_m += 0.05 * true_mps;
            drifts.begin();
            let seen_mps = drifts.leftward_mps(
                &Across {
                    track: 7,
                    kind: ObjectKind::Car,
                    lateral_m: lateral_m + place_error,
                    leftward_mps: true_mps + 16.0 * heading_error,
                    deviation_mps: 16.0 * 0.03,
                },
                0.05,
            );
            drifts.end();
            if time_s < 0.0 {
                most_mps = most_mps.max(seen_mps);
            } else if seen_mps > 0.5 * leftward_mps {
                return (most_mps, time_s);
            }
        }
        (most_mps, f64::INFINITY)
    }

    #[test]
    fn who_keeps_the_lane_does_not_seem_to_come_in_and_who_comes_in_is_seen_soon() {
        let mut false_alarms = 0;
        for seed in 0..200 {
            let (most_mps, after_s) = seen(1.0, seed);
            false_alarms += u32::from(most_mps > 0.25);
            assert!(after_s < 1.5, "seed {seed}: seen after {after_s} s");
        }
        assert!(false_alarms < 10, "{false_alarms} of 200 seemed to come in");
    }

    #[test]
    fn what_is_told_exactly_is_taken_as_it_is() {
        let seen = Across {
            track: 1,
            kind: ObjectKind::Car,
            lateral_m: 3.0,
            leftward_mps: -0.7,
            deviation_mps: 0.0,
        };
        assert_eq!(Drifts::default().leftward_mps(&seen, 0.05), -0.7);
    }
}
