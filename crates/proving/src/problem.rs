//! What can go wrong in this crate: each message says where, what, and how to mend it.

use std::fmt::Display;

/// Why something could not be proven.
#[derive(Debug, thiserror::Error)]
pub enum ProvingError {
    /// A suite's file has problems: one message each, with its hint.
    #[error("{}", .0.join("\n"))]
    Suite(Vec<String>),
    /// A scenario cannot be played.
    #[error(transparent)]
    Scenario(#[from] scenario::ScenarioError),
    /// A file cannot be written or read.
    #[error(transparent)]
    Record(#[from] record::RecordError),
    /// The driver under test did not come or answered nonsense.
    #[error("the driver failed: {0}")]
    Driver(String),
    /// It was interrupted; what was finished is kept.
    #[error("interrupted; finished runs are kept\nhint: go on with --resume")]
    Interrupted,
    /// Anything else that is worded already.
    #[error("{0}")]
    Told(String),
}

/// More problems than this are counted, not kept: nobody reads further.
const PROBLEMS_KEPT: usize = 40;

/// A growing list of problems.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    kept: Vec<String>,
    more: usize,
}

impl Problems {
    /// Adds one: where it is, what was found beside what was expected, and the mend.
    pub(crate) fn add(&mut self, place: impl Display, what: impl Display, hint: impl Display) {
        match self.kept.len() < PROBLEMS_KEPT {
            true => self.kept.push(format!("{place}: {what}\nhint: {hint}")),
            false => self.more += 1,
        }
    }

    /// The value, if there are none.
    pub(crate) fn settle<T>(mut self, value: T) -> Result<T, ProvingError> {
        if self.more > 0 {
            self.kept.push(format!("and {} more problems like these", self.more));
        }
        match self.kept.is_empty() {
            true => Ok(value),
            false => Err(ProvingError::Suite(self.kept)),
        }
    }
}

/// A hint that names the nearest of the known names, or lists them.
pub fn hint_for_name<'a>(typed: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(&typed.to_lowercase(), &name.to_lowercase());
    let near = known
        .clone()
        .into_iter()
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count() / 3))
        .min();
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => {
            let names: Vec<String> = known.into_iter().take(40).map(|name| format!("`{name}`")).collect();
            match names.is_empty() {
                true => "there is none yet".to_owned(),
                false => format!("known are {}", names.join(", ")),
            }
        }
    }
}

/// The line, counted from one, in which a byte of a text lies.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    1 + before.iter().filter(|&&b| b == b'\n').count()
}
