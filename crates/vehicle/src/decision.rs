//! The record of one cycle: what a driver decided, what it weighed, and what it turned down.
//!
//! A [`Driver`](crate::Driver) that keeps one fills it in place in every cycle, without allocation: lists are of fixed
//! capacity, and what does not fit is left out, least important first. Times and places are as the driver believed them,
//! tracks are its tracker's numbers. Nobody's behaviour hangs on a record: it is written, never read, by who drives.

use crate::ladder::LadderState;
use crate::observation::{Explanation, ObjectKind, Reason};
use crate::odd::{OddState, OddTally};
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
    /// Whether a continuation to safety is proved against all that others may do lawfully.
    pub lawful: Option<Proof>,
    /// The same against all that they can do.
    pub physical: Option<Proof>,
    /// Assumptions that somebody began to break in this cycle.
    pub broken: ArrayVec<Assumption, { Assumption::ALL.len() }>,
    /// What could be proved since the driver began.
    pub assurance: Assurance,
    /// How the conditions fit the operational design domain.
    pub odd: OddState,
    /// How they fitted since the driver began.
    pub odd_tally: OddTally,
    /// Where it is on the degradation ladder.
    pub ladder: LadderState,
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
            lawful: None,
            physical: None,
            broken: ArrayVec::new(),
            assurance: Assurance::default(),
            odd: OddState::default(),
            odd_tally: OddTally::default(),
            ladder: LadderState::default(),
        }
    }
}

/// What is assumed of others when a continuation is proved; each is watched, and whoever breaks it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// Nobody drives a fifth faster than the limit.
    Speed,
    /// Nobody speeds up faster than its kind can.
    Acceleration,
    /// Nobody brakes harder than its kind can.
    Braking,
    /// Nobody on the road reverses.
    NoReversing,
    /// Nobody enters our lane without having announced or begun it.
    LaneKeeping,
    /// Who has to yield does.
    RightOfWay,
    /// Who comes from behind keeps a distance from which it can stop.
    Distance,
    /// People on foot walk, and step onto the road only where they have begun to, or at crossings.
    Walking,
    /// Nobody is seen for the first time nearer than we can stop.
    InSight,
}

impl Assumption {
    /// All of them, in order.
    pub const ALL: [Assumption; 9] = [
        Assumption::Speed,
        Assumption::Acceleration,
        Assumption::Braking,
        Assumption::NoReversing,
        Assumption::LaneKeeping,
        Assumption::RightOfWay,
        Assumption::Distance,
        Assumption::Walking,
        Assumption::InSight,
    ];

    /// Its place in [`Assumption::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// In words, as a breach of it.
    pub fn breach(self) -> &'static str {
        match self {
            Assumption::Speed => "drives a fifth faster than the limit",
            Assumption::Acceleration => "speeds up faster than its kind can",
            Assumption::Braking => "brakes harder than its kind can",
            Assumption::NoReversing => "reverses",
            Assumption::LaneKeeping => "enters the lane unannounced",
            Assumption::RightOfWay => "does not yield",
            Assumption::Distance => "follows too closely",
            Assumption::Walking => "runs, or steps onto the road unannounced",
            Assumption::InSight => "comes into sight too near",
        }
    }
}

/// How a vehicle may go on to safety.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// It brakes fully, along its course, to a stand.
    Brake,
    /// It goes on until it has left the space that it shares, and brakes fully then.
    Clear,
}

impl Continuation {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Continuation::Brake => "brake",
            Continuation::Clear => "clear",
        }
    }
}

/// Whether some continuation stays clear of everything that others may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proof {
    /// This one does.
    Safe(Continuation),
    /// None does.
    Open {
        /// Who may be met when braking.
        track: u32,
        /// When, from now.
        time_s: f64,
        /// What this one has broken lately, if anything.
        broken: Option<Assumption>,
    },
}

impl Proof {
    /// Whether there is a safe continuation.
    pub fn is_safe(self) -> bool {
        matches!(self, Proof::Safe(_))
    }
}

/// What could be proved so far: counts of cycles in motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assurance {
    /// Cycles in motion.
    pub cycles: u64,
    /// With a safe continuation against all that others may do lawfully.
    pub lawful: u64,
    /// With one against all that they can do.
    pub physical: u64,
    /// Without a lawful one, by the assumption that the one in the way had broken; the last is none.
    pub open: [u64; Assumption::ALL.len() + 1],
    /// Breaches that began, by [`Assumption::index`].
    pub broken: [u64; Assumption::ALL.len()],
}

impl Assurance {
    /// Both together.
    pub fn add(&mut self, other: &Assurance) {
        self.cycles += other.cycles;
        self.lawful += other.lawful;
        self.physical += other.physical;
        self.open
            .iter_mut()
            .zip(other.open)
            .for_each(|(sum, count)| *sum += count);
        self.broken
            .iter_mut()
            .zip(other.broken)
            .for_each(|(sum, count)| *sum += count);
    }
}
