//! The fail-safe continuation: whether there is a way to safety from here, whatever others do.
//!
//! In go the view and what was decided; out comes for each cycle a [`Proof`]: either a continuation that stays clear of all
//! places where others can be ([`reachable`](crate::reachable)), or who may be met, and when. Two continuations are tried:
//! full braking along the planned course to a stand, which behind a leader that may brake as hard as it can is the safe
//! distance of RSS (Shalev-Shwartz, Shammah and Shashua 2017, definition 1), and going on out of a shared space before that.
//! Until a continuation takes hold the decided acceleration goes on. Who stands in its own lane is not at fault.
//!
//! (Pek, Manzinger, Koschi and Althoff, "Using online verification to prevent autonomous vehicles from causing accidents",
//! Nature Machine Intelligence 2020.) The proof is a monitor: it changes nothing that is decided.

use crate::assumption::Watch;
use crate::junction::Occupants;
use crate::reachable::{self, Extent, Occupancies, Occupancy, Rules, Window, Windows};
use crate::view::View;
use vehicle::{Assumption, Assurance, Continuation, Decision, Proof};

/// Length of a step of the prediction, and how many there are at most: the longest continuation from 60 km/h.
const STEP_S: f64 = 0.1;
const STEPS: usize = 90;
/// Until the next cycle's decision reaches the brakes.
const LAG_S: f64 = 0.2;
/// How long one may go on before braking.
const GOES_ON_S: [f64; 3] = [1.0, 2.0, 3.5];
/// Speeding up meanwhile.
const GOES_ON_MPS2: f64 = 0.8;
/// Slower than this, it stands and there is nothing to prove.
const STANDING_MPS: f64 = 0.1;

/// Space to work in, and what is watched.
#[derive(Debug)]
pub(crate) struct FailSafe {
    occupants: Occupants,
    occupancies: Occupancies,
    near: Occupancies,
    windows: Windows,
    rollout: Rollout,
    watch: Watch,
    assurance: Assurance,
}

impl Default for FailSafe {
    fn default() -> FailSafe {
        FailSafe {
            occupants: Occupants::default(),
            occupancies: Occupancies::with_capacity(reachable::OCCUPANCIES_MAX),
            near: Occupancies::with_capacity(reachable::OCCUPANCIES_MAX),
            windows: Windows::with_capacity(reachable::WINDOWS_MAX),
            rollout: Rollout::default(),
            watch: Watch::default(),
            assurance: Assurance::default(),
        }
    }
}

/// The own motion of a continuation, step by step.
#[derive(Debug)]
struct Rollout {
    /// Of the front bumper, at the ends of steps, its place now first.
    front_m: Vec<f64>,
    /// The body's strip in each step: right and left.
    swept_m: Vec<[f64; 2]>,
}

impl Default for Rollout {
    fn default() -> Rollout {
        Rollout {
            front_m: Vec::with_capacity(STEPS + 1),
            swept_m: Vec::with_capacity(STEPS),
        }
    }
}

impl FailSafe {
    /// The lane that is the reference has changed: what was beside is no longer.
    pub(crate) fn forget_lanes(&mut self) {
        self.watch.forget_lanes();
    }

    /// Nobody is seen: nothing is proved, and the cycle counts as one of which nothing is known.
    pub(crate) fn leave_open(&self, decision: &mut Decision) {
        decision.broken.clear();
        decision.lawful = None;
        decision.physical = None;
    }

    /// Proves what was decided, as far as that can be, and writes it down.
    pub(crate) fn prove(
        &mut self,
        view: &View<'_>,
        acceleration_mps2: f64,
        braking_mps2: f64,
        decision: &mut Decision,
    ) {
        decision.broken.clear();
        let ego_mps2 = view.observation.ego.acceleration_mps2;
        let goes_on_mps2 = acceleration_mps2.max(if ego_mps2.is_finite() { ego_mps2 } else { 0.0 });
        let motion = Motion {
            acceleration_mps2: goes_on_mps2.clamp(-braking_mps2, 2.0),
            braking_mps2,
        };
        self.rollout.fill(view, &motion, 0.0);
        let reach_m = self.rollout.end_m() + 1.0;
        let lawful = self.proof(view, &motion, Rules::Lawful, reach_m);
        let was = self.assurance.broken;
        self.watch
            .update(view, &self.windows, reach_m, braking_mps2, &mut self.assurance);
        for assumption in Assumption::ALL {
            if self.assurance.broken[assumption.index()] > was[assumption.index()] {
                decision.broken.push(assumption);
            }
        }
        let lawful = self.name(lawful);
        self.rollout.fill(view, &motion, 0.0);
        let physical = self.proof(view, &motion, Rules::Physical, reach_m);
        let physical = self.name(physical);
        if view.speed_mps > STANDING_MPS {
            self.assurance.cycles += 1;
            self.assurance.lawful += u64::from(lawful.is_safe());
            self.assurance.physical += u64::from(physical.is_safe());
            if let Proof::Open { broken, .. } = lawful {
                let index = broken.map_or(Assumption::ALL.len(), Assumption::index);
                self.assurance.open[index] += 1;
            }
        }
        decision.lawful = Some(lawful);
        decision.physical = Some(physical);
        decision.assurance = self.assurance;
    }

    /// Names what the one in the way has broken lately.
    fn name(&self, proof: Proof) -> Proof {
        match proof {
            Proof::Open { track, time_s, .. } => Proof::Open {
                track,
                time_s,
                broken: self.watch.broken(track),
            },
            Proof::Safe(_) => proof,
        }
    }

    fn proof(&mut self, view: &View<'_>, motion: &Motion, rules: Rules, reach_m: f64) -> Proof {
        reachable::windows(view, &mut self.occupants, reach_m, rules, &mut self.windows);
        reachable::occupancies(view, &self.occupants, rules, &mut self.occupancies);
        let Some((track, time_s)) = self.meets(view) else {
            return Proof::Safe(Continuation::Brake);
        };
        for goes_on_s in GOES_ON_S {
            self.rollout.fill(view, motion, goes_on_s);
            // Farther on there may be more junctions.
            reachable::windows(
                view,
                &mut self.occupants,
                self.rollout.end_m() + 1.0,
                rules,
                &mut self.windows,
            );
            if self.meets(view).is_none() {
                return Proof::Safe(Continuation::Clear);
            }
        }
        Proof::Open {
            track,
            time_s,
            broken: None,
        }
    }

    /// Who may be met first on the continuation, and when.
    fn meets(&mut self, view: &View<'_>) -> Option<(u32, f64)> {
        let rollout = &self.rollout;
        let length_m = view.sheet.dimensions.length_m;
        let whole = rollout.whole(length_m);
        let end_s = STEP_S * rollout.steps() as f64;
        self.near.clear();
        self.near.extend(
            self.occupancies
                .iter()
                .filter(|occupancy| occupancy.within(0.0, end_s).overlaps(&whole)),
        );
        let boxes = (0..rollout.steps()).find_map(|step| {
            let body = rollout.body(step, length_m);
            let (from_s, to_s) = (STEP_S * step as f64, STEP_S * (step + 1) as f64);
            let met = |occupancy: &&Occupancy| occupancy.within(from_s, to_s).overlaps(&body);
            self.near.iter().find(met).map(|occupancy| (occupancy.track, from_s))
        });
        let shared = self
            .windows
            .iter()
            .filter_map(|window| Some((window.track, rollout.meets(window, length_m)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        match (boxes, shared) {
            (Some(a), Some(b)) => Some(if b.1 < a.1 { b } else { a }),
            (one, other) => one.or(other),
        }
    }
}

/// How a continuation begins and ends.
struct Motion {
    /// Until the brakes act.
    acceleration_mps2: f64,
    /// From then on.
    braking_mps2: f64,
}

impl Rollout {
    /// Goes on for a time, then brakes to a stand.
    fn fill(&mut self, view: &View<'_>, motion: &Motion, goes_on_s: f64) {
        self.front_m.clear();
        self.swept_m.clear();
        let (mut front_m, mut speed_mps) = (view.front_m, view.speed_mps);
        let mut acceleration_mps2 = motion.acceleration_mps2;
        let middle_m = 0.5 * view.sheet.dimensions.length_m;
        self.front_m.push(front_m);
        for step in 0..STEPS {
            let time_s = STEP_S * step as f64;
            if time_s >= LAG_S + goes_on_s - 1e-9 {
                let change_mps2 = STEP_S * view.sheet.brake.jerk_mps3_max;
                acceleration_mps2 = (acceleration_mps2 - change_mps2).max(-motion.braking_mps2);
            } else if time_s >= LAG_S - 1e-9 {
                let limit_mps = view.route.at(front_m).speed_mps;
                acceleration_mps2 = ((limit_mps - speed_mps) / STEP_S).clamp(-1.0, GOES_ON_MPS2);
            }
            let next_mps = (speed_mps + STEP_S * acceleration_mps2).max(0.0);
            front_m += 0.5 * STEP_S * (speed_mps + next_mps);
            speed_mps = next_mps;
            let (ahead, behind) = (view.swept_m(front_m, 0.0), view.swept_m(front_m - middle_m, 0.0));
            self.front_m.push(front_m);
            self.swept_m.push([ahead.0.min(behind.0), ahead.1.max(behind.1)]);
            if speed_mps <= 0.0 {
                break;
            }
        }
    }

    fn steps(&self) -> usize {
        self.swept_m.len()
    }

    fn end_m(&self) -> f64 {
        self.front_m.last().copied().unwrap_or_default()
    }

    /// What the body takes up in a step.
    fn body(&self, step: usize, length_m: f64) -> Extent {
        let [right_m, left_m] = self.swept_m[step];
        Extent {
            rear_m: self.front_m[step] - length_m,
            front_m: self.front_m[step + 1],
            right_m,
            left_m,
        }
    }

    /// What it takes up in all.
    fn whole(&self, length_m: f64) -> Extent {
        let (right_m, left_m) = self
            .swept_m
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(right_m, left_m), swept_m| {
                (right_m.min(swept_m[0]), left_m.max(swept_m[1]))
            });
        Extent {
            rear_m: self.front_m.first().copied().unwrap_or_default() - length_m,
            front_m: self.end_m(),
            right_m,
            left_m,
        }
    }

    /// When it is in a shared space together with somebody, if it may be.
    fn meets(&self, window: &Window, length_m: f64) -> Option<f64> {
        let first_after = |station_m: f64| self.front_m.iter().position(|front_m| *front_m > station_m);
        let enters = first_after(window.enter_m)?;
        let enters_s = STEP_S * enters.saturating_sub(1) as f64;
        let is_met = if window.is_merge {
            // Once we are before it, it follows.
            window.from_s <= enters_s
        } else {
            first_after(window.exit_m + length_m).is_none_or(|left| window.from_s < STEP_S * left as f64)
        };
        is_met.then_some(enters_s.max(window.from_s))
    }
}
