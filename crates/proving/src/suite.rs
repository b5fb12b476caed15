//! A suite: logical scenarios, how they are sampled, and what a run has to show by clause of a standard.
//!
//! The nouns as plain data; [`crate::suite_file`] reads them from a file and checks them. A suite knows no vehicle and no
//! driver.

use crate::figure::Figure;
use crate::parameter::Parameter;
use crate::sampler::SamplerKind;
use driver::reference::Model;
use std::path::PathBuf;

/// A suite.
#[derive(Clone, Debug)]
pub struct Suite {
    /// What files and command lines call it: `r157`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The standard that it is made after.
    pub standard: String,
    /// What a reader has to know before believing it.
    pub notes: Vec<String>,
    /// The file, for messages.
    pub file: String,
    /// SHA-256 of its text, hexadecimal.
    pub digest: String,
    /// Length of a step.
    pub step_s: f64,
    /// The luck that is taken if none is asked for.
    pub seed: u64,
    /// Its clauses, in its order.
    pub clauses: Vec<Clause>,
    /// What is played.
    pub scenarios: Vec<LogicalScenario>,
    /// What belongs to it and cannot be played yet.
    pub unavailable: Vec<Unavailable>,
}

/// A clause of the standard.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Its number.
    pub id: String,
    /// What it asks for, in our words.
    pub title: String,
    /// How sure its wording and limits are.
    pub certainty: Certainty,
}

/// How sure a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Read in a public source.
    Read,
    /// From memory: to be checked against the text before anybody relies on it.
    Memory,
    /// The standard leaves the figure open, or it was not at hand: the limit is ours.
    Assumed,
}

impl Certainty {
    /// All by name.
    pub const NAMES: [(&'static str, Certainty); 3] = [
        ("read", Certainty::Read),
        ("memory", Certainty::Memory),
        ("assumed", Certainty::Assumed),
    ];

    /// Its word in files.
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Read => "read",
            Certainty::Memory => "memory",
            Certainty::Assumed => "assumed",
        }
    }

    /// What a reader is told.
    pub fn told(self) -> &'static str {
        match self {
            Certainty::Read => "read in a public source",
            Certainty::Memory => "from memory, to be checked against the text",
            Certainty::Assumed => "assumed by this suite",
        }
    }
}

/// A logical scenario: a scenario file with parameters.
#[derive(Clone, Debug)]
pub struct LogicalScenario {
    /// What files and verdicts call it: `cut-in`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What it is there for, in a line.
    pub aim: String,
    /// The OpenSCENARIO file.
    pub file: PathBuf,
    /// A run is stopped after this simulated time.
    pub duration_s: f64,
    /// A run is stopped when the ego has stood for so long.
    pub stop_after_standing_s: Option<f64>,
    /// A run is stopped so long after the ego's first contact.
    pub stop_after_contact_s: f64,
    /// How it is sampled.
    pub sampler: SamplerKind,
    /// Runs that are required.
    pub runs: u64,
    /// What varies.
    pub parameters: Vec<Parameter>,
    /// Parameters with one value.
    pub fixed: Vec<(String, String)>,
    /// What a run has to show.
    pub criteria: Vec<Criterion>,
    /// Reference drivers that play the same runs.
    pub boundary: Vec<Model>,
    /// Attributes of ISO 34503 that it covers.
    pub odd: Vec<String>,
}

/// What a run has to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// The clause's number.
    pub clause: String,
    /// What is looked at.
    pub figure: Figure,
    /// The side of the limit that is allowed.
    pub bound: Bound,
    /// It applies only to runs that show this.
    pub when: Option<Applies>,
    /// A reference driver that fails too excuses: nobody is asked for what a competent and careful human cannot do.
    pub avoidable_by: Option<Model>,
    /// What it means if there is nothing to look at.
    pub missing: Missing,
}

/// The side of a limit that is allowed, the limit included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
}

impl Bound {
    /// The limit.
    pub fn limit(self) -> f64 {
        match self {
            Bound::AtLeast(limit) | Bound::AtMost(limit) => limit,
        }
    }

    /// How much is left to the limit; negative beyond it.
    pub fn margin(self, value: f64) -> f64 {
        match self {
            Bound::AtLeast(limit) => value - limit,
            Bound::AtMost(limit) => limit - value,
        }
    }

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Bound::AtLeast(_) => "≥",
            Bound::AtMost(_) => "≤",
        }
    }
}

/// To which runs a criterion applies.
#[derive(Clone, Debug, PartialEq)]
pub struct Applies {
    /// What is looked at.
    pub figure: Figure,
    /// The side that it applies on.
    pub bound: Bound,
    /// Why it does not apply on the other.
    pub otherwise: String,
}

/// What a figure that never came up means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing came near: passed.
    Passed,
    /// Nobody can say: not decided.
    Undecided,
    /// What should have happened did not: failed.
    Failed,
}

/// What belongs to a suite and cannot be played yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Unavailable {
    /// Its name.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Its clause, if it has one.
    pub clause: Option<String>,
    /// Why not.
    pub reason: String,
}
