//! The reference drivers of UN Regulation No. 157: what a system must at least be able to avoid.
//!
//! A [`Model`] names one of four, a [`ReferenceDriver`] is one at the wheel: ten times a second it is shown a [`Sight`] of
//! its own vehicle and of one other, and answers with the speed to have a step later. [`CutIn`], [`CutOut`] and
//! [`Deceleration`] are the regulation's three scenes, which play any [`Pedals`] against the same other vehicle. Nothing
//! here knows maps, lanes or observations; the models steer never.
//!
//! | model | hazard | answer | source |
//! | --- | --- | --- | --- |
//! | CC | overlapping laterally, time to collision at most 2.0 s | 0.75 s off the pedal (0.4 m/s²), then 12.65 m/s³ up to 0.774 g | R157 Annex 4 appendix 3 |
//! | FSM | proactive or critical fuzzy metric above 0 | 0.75 s, then as hard as the metrics say | Mattas et al. 2020, 2022 |
//! | RSS | nearer than the safe distance, lengthways and sideways | 0.75 s, then 12.65 m/s³ up to 0.774 g | Shalev-Shwartz et al. 2017 |
//! | Reg157 | within 0.5 m sideways, time to collision at most v/(2·6)+0.35+0.1 s | 0.35 s, then 6 m/s² at once | R157 5.2.5.2 |
//!
//! Conventions are those of the public implementation by the Joint Research Centre (github.com/ec-jrc/JRC-FSM, revision
//! 01b05c29), found by reading and kept to the order of each sum, because verdicts at the edge hang on the last bit:
//! `docs/driver.md` lists them.

mod closed_loop;
mod cut_in;
mod fuzzy;
mod lane_leader;
mod model;
pub mod table;

pub use closed_loop::ProvingGround;
pub use cut_in::{CutIn, LATERAL_MPS_MAX};
pub use lane_leader::{CutOut, Deceleration};
pub use model::{Model, ReferenceDriver};

/// Steps a second.
pub(crate) const FREQUENCY_HZ: f64 = 10.0;
/// Length of a step.
pub const STEP_S: f64 = 1.0 / FREQUENCY_HZ;
/// Steps of a scene, run-up not counted.
pub(crate) const STEPS: usize = 350;
/// The regulation's car.
pub const LENGTH_M: f64 = 4.3;
/// Its width.
pub const WIDTH_M: f64 = 1.9;

/// One vehicle at one instant, on a straight road: `x` along it, `y` to the left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Middle of the box.
    pub x_m: f64,
    /// Middle of the box.
    pub y_m: f64,
    /// Along the road.
    pub speed_mps: f64,
    /// To the left.
    pub leftward_mps: f64,
    /// Length of the box.
    pub length_m: f64,
    /// Width of the box.
    pub width_m: f64,
}

/// What a driver is shown: itself and one other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// The vehicle driven.
    pub own: Motion,
    /// Its acceleration over the last step.
    pub own_mps2: f64,
    /// The vehicle that matters.
    pub other: Motion,
    /// Where that one comes from.
    pub manoeuvre: Manoeuvre,
}

/// What the other does, which decides what a model minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manoeuvre {
    /// It comes from the lane beside.
    CutIn,
    /// It is in the lane, and was found to be a hazard already: it brakes, or stands behind one that has left the lane.
    Ahead,
}

impl Sight {
    /// Clear road between the bumpers, whoever is ahead; below 0 where they overlap lengthways.
    pub fn gap_m(&self) -> f64 {
        (self.own.x_m - self.other.x_m).abs() - self.own.length_m / 2.0 - self.other.length_m / 2.0
    }

    /// Clear road between the sides; below 0 where they overlap sideways.
    pub fn clearance_m(&self) -> f64 {
        (self.own.y_m - self.other.y_m).abs() - self.own.width_m / 2.0 - self.other.width_m / 2.0
    }

    /// How much faster the own vehicle is.
    pub fn closing_mps(&self) -> f64 {
        self.own.speed_mps - self.other.speed_mps
    }

    /// How they touch, if they do.
    pub fn contact(&self) -> Option<Contact> {
        let touches = self.clearance_m() < 0.0 && self.gap_m() < 0.0;
        touches.then_some(self.side())
    }

    fn side(&self) -> Contact {
        if self.own.x_m > self.other.x_m {
            Contact::FromBeside
        } else {
            Contact::IntoRear
        }
    }
}

/// How two vehicles touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    /// The own vehicle's middle is ahead: the other moves into its side. Type 1 of the public tables.
    FromBeside = 1,
    /// The own vehicle runs into the other. Type 2.
    IntoRear = 2,
}

/// What a driver answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Speed a step later.
    pub speed_mps: f64,
    /// It finds nothing to mind any more and ends the test.
    pub leaves: bool,
}

/// Whoever has the pedals in one of the regulation's scenes.
pub trait Pedals {
    /// The answer to one sight; called once a step, in order.
    fn press(&mut self, sight: &Sight) -> Answer;
}

/// How a scene ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The first contact.
    pub contact: Option<Contact>,
    /// How much faster the own vehicle was then.
    pub impact_mps: f64,
    /// In closed loop: the boxes overlapped at some moment, be it between two steps only.
    pub touched: bool,
    /// The driver left before the end ([`Answer::leaves`]), so that an avoidance was not played to its end.
    pub ended_early: bool,
}

impl Outcome {
    /// Whether nobody touched anybody.
    pub fn is_avoided(&self) -> bool {
        self.contact.is_none()
    }

    fn note(&mut self, sight: &Sight) {
        if sight.contact().is_some() {
            self.note_touch(sight);
        }
    }

    fn note_touch(&mut self, sight: &Sight) {
        if self.contact.is_none() {
            self.contact = Some(sight.side());
            self.impact_mps = sight.closing_mps();
        }
    }
}
