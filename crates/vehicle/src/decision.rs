//! The record of one cycle: what a driver decided, what it weighed, and what it turned down.
//!
//! A [`Driver`](crate::Driver) that keeps one fills it in place in every cycle, without allocation: lists are of fixed
//! capacity, and what does not fit is left out, least important first. Times and places are as the driver believed them,
//! tracks are its tracker's numbers. Nobody's behaviour hangs on a record: it is written, never read, by who drives.

use crate::observation::{Explanation, ObjectKind, Reason};
use arrayvec::ArrayVec;
use record::SimTime;

/// Most rivals that a record names: those that ask for the most.
pub const RIVALS_MAX: usize = 6;
/// Most manoeuvres that a record tells as turned down.
pub const REFUSALS_MAX: usize = 4;

/// What was decided in a cycle, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Time of the observation that it answers.
    pub time: SimTime,
    /// What governs, in a word.
    pub explanation: Explanation,
    /// Own speed.
    pub speed_mps: f64,
    /// The acceleration that was decided on, before limits of jerk.
    pub acceleration_mps2: f64,
    /// Comfort does not count now.
    pub is_urgent: bool,
    /// The candidates: for each reason that had something to say, by [`Reason::index`], the least that it would have
    /// driven at. The lowest is the plan, the others gave way to it.
    pub limits: [Option<Limit>; Reason::ALL.len()],
    /// Whom it minds more than the free road, the most limiting first.
    pub rivals: ArrayVec<Rival, RIVALS_MAX>,
    /// How much is left to whoever is on the path, and to the line.
    pub margins: Margins,
    /// Manoeuvres that were wished for and turned down.
    pub refusals: ArrayVec<Refusal, REFUSALS_MAX>,
}

/// What a reason allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The acceleration it would have driven at.
    pub acceleration_mps2: f64,
    /// The speed it aims at.
    pub speed_mps: f64,
}

/// One to whom the driver yields, behind whom it follows, or whom it keeps away from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rival {
    /// Its track.
    pub track: u32,
    /// What it is taken for.
    pub kind: ObjectKind,
    /// Why it is minded.
    pub reason: Reason,
    /// The acceleration that it leaves.
    pub acceleration_mps2: f64,
    /// From the own front bumper to its nearest end along the way, or straight on where it is not near the way; negative
    /// beside and behind.
    pub ahead_m: f64,
    /// Of its middle, left of the way, or of the own heading.
    pub left_m: f64,
    /// Along its own heading.
    pub speed_mps: f64,
    /// Time that lies between the two at the place that they share, negative if both would be there at once.
    pub margin_s: Option<f64>,
}

/// How much is left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Margins {
    /// Bumper to bumper to whoever is on the path.
    pub gap_m: Option<f64>,
    /// The same in time, at the own speed.
    pub headway_s: Option<f64>,
    /// Until both would touch if they went on at their speeds.
    pub time_to_collision_s: Option<f64>,
    /// From the front bumper to the next stop line, or to where one waits before a junction.
    pub stop_line_m: Option<f64>,
}

/// A manoeuvre that was wished for and turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was wished for.
    pub manoeuvre: Manoeuvre,
    /// Why it is not done now.
    pub cause: RefusalCause,
    /// Because of whom, if of anybody.
    pub rival: Option<u32>,
}

/// Manoeuvres across the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manoeuvre {
    /// To the lane beside, as the mission asks.
    LaneChange,
    /// Around somebody who stands or is slow.
    Passing,
}

impl Manoeuvre {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Manoeuvre::LaneChange => "lane change",
            Manoeuvre::Passing => "passing",
        }
    }
}

/// Why a manoeuvre is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalCause {
    /// Somebody is where it leads, or comes there.
    NoGap,
    /// It is announced first.
    Announced,
    /// The line may not be crossed here.
    SolidLine,
    /// Something else is done first.
    Busy,
    /// There is no room to the side.
    NoRoom,
    /// The one ahead is about to drive on, or waits in a queue.
    Waits,
    /// A junction, a crossing, a halt or the end of the lane is too near.
    TooNear,
    /// It stands too close behind to get around the corner.
    TooClose,
    /// The way around is not to be seen over.
    NotInSight,
}

impl RefusalCause {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            RefusalCause::NoGap => "no gap",
            RefusalCause::Announced => "announced first",
            RefusalCause::SolidLine => "solid line",
            RefusalCause::Busy => "something else is done first",
            RefusalCause::NoRoom => "no room to the side",
            RefusalCause::Waits => "the one ahead is about to drive on",
            RefusalCause::TooNear => "junction, crossing or halt too near",
            RefusalCause::TooClose => "too close behind to get around",
            RefusalCause::NotInSight => "the way around is not in sight",
        }
    }
}

impl Decision {
    /// Nothing decided yet.
    pub fn new(explanation: Explanation) -> Decision {
        Decision {
            time: SimTime::ZERO,
            explanation,
            speed_mps: 0.0,
            acceleration_mps2: 0.0,
            is_urgent: false,
            limits: [None; Reason::ALL.len()],
            rivals: ArrayVec::new(),
            margins: Margins::default(),
            refusals: ArrayVec::new(),
        }
    }
}
