//! Verdicts: what a run showed, held against a criterion.
//!
//! In go a criterion, the readings of a run and what the reference drivers did in the same run; out comes passed, failed,
//! or not decided with the reason. Nothing is passed by silence: a figure that never came up is what the criterion says of
//! that case, and a number that is none decides nothing.

use crate::figure::{Figure, Readings};
use crate::suite::{Bound, Criterion, Missing};
use driver::reference::Model;

/// What was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How.
    pub decision: Decision,
    /// The figure's value, if it came up.
    pub value: Option<f64>,
    /// The limit.
    pub limit: f64,
    /// What is left to the limit; negative beyond it.
    pub margin: Option<f64>,
    /// When.
    pub time_s: Option<f64>,
    /// Where the ego was.
    pub place_m: Option<[f64; 2]>,
    /// Whom it met, if anybody.
    pub other: Option<String>,
}

/// How it was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Within the limit.
    Passed,
    /// Beyond the limit.
    Failed,
    /// Nobody can say: why.
    Undecided(String),
}

impl Decision {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Decision::Passed => "passed",
            Decision::Failed => "failed",
            Decision::Undecided(_) => "undecided",
        }
    }

    /// Why nothing was decided.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Decision::Undecided(reason) => Some(reason),
            Decision::Passed | Decision::Failed => None,
        }
    }

    /// From its word, with the reason of what was not decided.
    pub fn from_word(word: &str, reason: Option<&str>) -> Option<Decision> {
        match word {
            "passed" => Some(Decision::Passed),
            "failed" => Some(Decision::Failed),
            "undecided" => Some(Decision::Undecided(reason.unwrap_or_default().to_owned())),
            _ => None,
        }
    }
}

/// What the reference drivers did in the same run: whether they avoided every contact.
pub type References = [(Model, bool)];

impl Verdict {
    /// One about which nothing can be said.
    pub fn undecided(criterion: &Criterion, reason: &str) -> Verdict {
        Verdict {
            decision: Decision::Undecided(reason.to_owned()),
            value: None,
            limit: criterion.bound.limit(),
            margin: None,
            time_s: None,
            place_m: None,
            other: None,
        }
    }
}

/// Judges a run by one criterion.
pub fn judge(criterion: &Criterion, readings: &Readings, references: &References) -> Verdict {
    let reading = readings.get(criterion.figure);
    let value = reading.map(|reading| reading.value);
    let margin = value.map(|value| criterion.bound.margin(value));
    let decision = decide(criterion, readings, references, value);
    Verdict {
        decision,
        value,
        limit: criterion.bound.limit(),
        margin: margin.filter(|margin| !margin.is_nan()),
        time_s: reading.map(|reading| reading.time_s),
        place_m: reading.map(|reading| reading.place_m),
        other: reading.and_then(|reading| reading.other.clone()),
    }
}

fn decide(criterion: &Criterion, readings: &Readings, references: &References, value: Option<f64>) -> Decision {
    let undecided = |reason: String| Decision::Undecided(reason);
    if let Some(when) = &criterion.when {
        match readings
            .get(when.figure)
            .map(|reading| when.bound.margin(reading.value))
        {
            Some(margin) if margin >= 0.0 => {}
            Some(margin) if margin.is_nan() => {
                return undecided(format!("{} is not a number", when.figure.word()));
            }
            _ => return undecided(when.otherwise.clone()),
        }
    }
    match value {
        None => match criterion.missing {
            Missing::Passed => Decision::Passed,
            Missing::Failed => Decision::Failed,
            Missing::Undecided => undecided(format!("{} never came up", criterion.figure.word())),
        },
        Some(value) if value.is_nan() => undecided(format!("{} is not a number", criterion.figure.word())),
        Some(value) if criterion.bound.margin(value) >= 0.0 => Decision::Passed,
        Some(_) => match criterion.avoidable_by {
            // A competent and careful driver would have failed too.
            Some(model) if references.iter().any(|&(other, avoided)| other == model && !avoided) => {
                undecided(format!("{} does not avoid it either", model_name(model)))
            }
            _ => Decision::Failed,
        },
    }
}

/// A reference driver's name on command lines.
pub fn model_name(model: Model) -> &'static str {
    let known = scenario::Driver::NAMES.iter();
    let mut found = known.filter(|(_, driver)| *driver == scenario::Driver::Reference(model));
    found.next().map_or("", |(name, _)| name)
}

/// The criterion in words: `impact_mps ≤ 0 m/s`.
pub fn told(figure: Figure, bound: Bound) -> String {
    format!("{} {} {} {}", figure.word(), bound.sign(), bound.limit(), figure.unit())
}
