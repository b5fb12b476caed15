//! The two scenes with a vehicle in the own lane: it leaves the lane before a standing one, or it brakes.
//!
//! A speed and what the leader does go in, an [`Outcome`] comes out. Both begin at the gap that the driver keeps by
//! itself, so the better driver is also the one that keeps away. They end when the vehicle under test stands.

use super::{
    FREQUENCY_HZ, LENGTH_M, Manoeuvre, Motion, Outcome, Pedals, STEPS, Sight, WIDTH_M,
    model::{Model, ReferenceDriver},
};

/// So far from the middle of the lane a vehicle wanders without leaving it.
const WANDERING_M: f64 = 0.375;
/// The one that cuts out goes so far to the side.
const LEAVES_BY_M: f64 = 4.0;

/// The leader leaves the lane, and there stands another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutOut {
    /// Of both moving vehicles.
    pub speed_mps: f64,
    /// From the leader's front to the standing vehicle.
    pub front_gap_m: f64,
    /// How fast the leader moves aside, above 0.
    pub lateral_mps: f64,
    /// Behind the leader.
    pub following_gap_m: f64,
}

/// The leader brakes to a stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deceleration {
    /// Of both.
    pub speed_mps: f64,
    /// How hard the leader brakes, from the first step on.
    pub braking_mps2: f64,
    /// Behind the leader.
    pub following_gap_m: f64,
}

impl CutOut {
    /// What a reference driver makes of it, from the gap that it keeps.
    pub fn outcome(mut self, model: Model) -> Outcome {
        self.following_gap_m = model.following_gap_m(self.speed_mps);
        self.play(&mut ReferenceDriver::new(model))
    }

    /// What anybody makes of it: asked from the moment on when the leader leaves the lane, or runs into who stands there.
    pub fn play(&self, pedals: &mut impl Pedals) -> Outcome {
        let leader_m = self.following_gap_m + LENGTH_M;
        let standing = box_at(leader_m + self.front_gap_m + LENGTH_M, 0.0, 0.0);
        let mut wreck: Option<Motion> = None;
        let mut steps = (1..).map(|step| f64::from(step) / FREQUENCY_HZ);
        play(self.speed_mps, pedals, |_| {
            let time_s = steps.next().unwrap_or(f64::INFINITY);
            let aside_m = (self.lateral_mps * time_s).min(LEAVES_BY_M);
            let leaving = box_at(leader_m + self.speed_mps * time_s, -aside_m, self.speed_mps);
            let touches = |leaving: &Motion| {
                (standing.y_m - leaving.y_m).abs() < WIDTH_M && (standing.x_m - leaving.x_m).abs() < LENGTH_M
            };
            if wreck.is_none() && touches(&leaving) {
                wreck = Some(box_at(leaving.x_m, leaving.y_m, 0.0));
            }
            wreck.or((aside_m > WANDERING_M).then_some(standing))
        })
    }
}

impl Deceleration {
    /// What a reference driver makes of it, from the gap that it keeps.
    pub fn outcome(mut self, model: Model) -> Outcome {
        self.following_gap_m = model.following_gap_m(self.speed_mps);
        self.play(&mut ReferenceDriver::new(model))
    }

    /// What anybody makes of it.
    pub fn play(&self, pedals: &mut impl Pedals) -> Outcome {
        let mut leader = box_at(self.following_gap_m + LENGTH_M, 0.0, self.speed_mps);
        play(self.speed_mps, pedals, |step| {
            leader.speed_mps = (self.speed_mps - step as f64 * self.braking_mps2 / FREQUENCY_HZ).max(0.0);
            leader.x_m += leader.speed_mps / FREQUENCY_HZ;
            Some(leader)
        })
    }
}

/// Plays pedals against whoever `hazard` names at each step.
fn play(speed_mps: f64, pedals: &mut impl Pedals, mut hazard: impl FnMut(usize) -> Option<Motion>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut own = box_at(speed_mps / FREQUENCY_HZ, 0.0, speed_mps);
    let mut before_mps = speed_mps;
    for step in 0..STEPS - 1 {
        let Some(other) = hazard(step) else {
            own.x_m += own.speed_mps / FREQUENCY_HZ;
            continue;
        };
        let sight = Sight {
            own,
            own_mps2: (own.speed_mps - before_mps) * FREQUENCY_HZ,
            other,
            manoeuvre: Manoeuvre::Ahead,
        };
        let answer = pedals.press(&sight);
        outcome.note(&sight);
        if own.speed_mps <= 0.0 || outcome.contact.is_some() || answer.leaves {
            outcome.ended_early = answer.leaves;
            break;
        }
        (before_mps, own.speed_mps) = (own.speed_mps, answer.speed_mps);
        own.x_m += own.speed_mps / FREQUENCY_HZ;
    }
    outcome
}

fn box_at(x_m: f64, y_m: f64, speed_mps: f64) -> Motion {
    Motion {
        x_m,
        y_m,
        speed_mps,
        leftward_mps: 0.0,
        length_m: LENGTH_M,
        width_m: WIDTH_M,
    }
}
