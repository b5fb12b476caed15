//! What can be wrong with the network's inputs: each message says where, what, and how to mend it.
//!
//! Readers gather [`Problems`] and go on, so that a file is mended once and not once per message; the list is bounded, because a
//! hostile file may hold millions of mistakes.

use std::fmt::Display;

/// Why something of the network could not be done.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Files have problems: one message each, with its hint.
    #[error("{}", .0.join("\n"))]
    Input(Vec<String>),
    /// A picture or a grid cannot be made.
    #[error("{0}")]
    Output(String),
    /// A table cannot be written.
    #[error(transparent)]
    Record(#[from] record::RecordError),
    /// The roads refuse something.
    #[error(transparent)]
    Road(#[from] road::RoadError),
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
        if self.kept.len() < PROBLEMS_KEPT {
            self.kept.push(format!("{place}: {what}\nhint: {hint}"));
        } else {
            self.more += 1;
        }
    }

    /// `Ok` if there are none.
    pub(crate) fn into_result(mut self) -> Result<(), NetworkError> {
        if self.more > 0 {
            self.kept.push(format!("and {} more problems like these", self.more));
        }
        match self.kept.is_empty() {
            true => Ok(()),
            false => Err(NetworkError::Input(self.kept)),
        }
    }
}
