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
    /// The range that the public implementation samples, from the gap that a model keeps: 5,850 scenes.
    pub fn grid(model: Model) -> impl Iterator<Item = CutOut> {
        (10..=130).step_by(10).flat_map(move |kmh: u32| {
            let speed_mps = f64::from(kmh) / 3.6;
            (2..152).step_by(5).flat_map(move |front_gap_m: u32| {
                (0..15).map(move |step| CutOut {
                    speed_mps,
                    front_gap_m: f64::from(front_gap_m),
                    lateral_mps: 0.1 + 0.2 * f64::from(step),
                    following_gap_m: model.following_gap_m(speed_mps),
                })
            })
        })
    }

    /// What a reference driver makes of it.
    pub fn outcome(&self, model: Model) -> Outcome {
        self.play(&mut ReferenceDriver::new(model))
    }

    /// What anybody makes of it: asked from the moment on when the leader leaves the lane, or runs into who stands there.
    pub fn play(&self, pedals: &mut impl Pedals) -> Outcome {
        let mut frames = self.frames().into_iter();
        play(self.speed_mps, pedals, || {
            let frame = frames.next()?;
            let [leader, standing] = frame.vehicles;
            if leader.speed_mps == 0.0 {
                Some(leader)
            } else {
                frame.shows_standing.then_some(standing)
            }
        })
    }

    /// Both others, step by step.
    pub(super) fn frames(&self) -> Vec<Frame> {
        let leader_m = self.following_gap_m + LENGTH_M;
        let standing = box_at(leader_m + self.front_gap_m + LENGTH_M, 0.0, 0.0);
        let mut wreck: Option<Motion> = None;
        let frames = (1..STEPS).map(|step| {
            let time_s = step as f64 / FREQUENCY_HZ;
            let aside_m = (self.lateral_mps * time_s).min(LEAVES_BY_M);
            let mut leader = box_at(leader_m + self.speed_mps * time_s, -aside_m, self.speed_mps);
            if aside_m < LEAVES_BY_M {
                leader.leftward_mps = -self.lateral_mps;
            }
            let touches = (standing.y_m - leader.y_m).abs() < WIDTH_M && (standing.x_m - leader.x_m).abs() < LENGTH_M;
            if touches && wreck.is_none() {
                wreck = Some(box_at(leader.x_m, leader.y_m, 0.0));
            }
            Frame {
                vehicles: [wreck.unwrap_or(leader), standing],
                shows_standing: aside_m > WANDERING_M,
            }
        });
        frames.collect()
    }

    /// Where the vehicle under test is at the first step.
    pub(super) fn start_m(&self) -> f64 {
        self.speed_mps / FREQUENCY_HZ
    }
}

/// A step of a cut-out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The leader, or its wreck, and the one that stands.
    pub(super) vehicles: [Motion; 2],
    /// The leader is so far aside that the other can be seen.
    pub(super) shows_standing: bool,
}

impl Deceleration {
    /// The range that the public implementation samples, 0.05 to 0.95 g, from the gap that a model keeps: 1,121 scenes.
    pub fn grid(model: Model) -> impl Iterator<Item = Deceleration> {
        (1..20).flat_map(move |twentieths: u32| {
            (12..130).step_by(2).map(move |kmh: u32| {
                let speed_mps = f64::from(kmh) / 3.6;
                Deceleration {
                    speed_mps,
                    braking_mps2: 9.81 * 0.05 * f64::from(twentieths),
                    following_gap_m: model.following_gap_m(speed_mps),
                }
            })
        })
    }

    /// What a reference driver makes of it.
    pub fn outcome(&self, model: Model) -> Outcome {
        self.play(&mut ReferenceDriver::new(model))
    }

    /// What anybody makes of it.
    pub fn play(&self, pedals: &mut impl Pedals) -> Outcome {
        let mut leader = self.leader();
        play(self.speed_mps, pedals, || leader.next())
    }

    /// The leader, step by step.
    pub(super) fn leader(&self) -> impl Iterator<Item = Motion> {
        let Deceleration {
            speed_mps,
            braking_mps2,
            following_gap_m,
        } = *self;
        let mut x_m = following_gap_m + LENGTH_M;
        (0..STEPS).map(move |step| {
            let now_mps = (speed_mps - step as f64 * braking_mps2 / FREQUENCY_HZ).max(0.0);
            x_m += now_mps / FREQUENCY_HZ;
            box_at(x_m, 0.0, now_mps)
        })
    }
}

/// Plays pedals against whoever is named as the hazard of each step.
fn play(speed_mps: f64, pedals: &mut impl Pedals, mut hazard: impl FnMut() -> Option<Motion>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut own = box_at(speed_mps / FREQUENCY_HZ, 0.0, speed_mps);
    let mut before_mps = speed_mps;
    for _ in 0..STEPS - 1 {
        let Some(other) = hazard() else {
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
