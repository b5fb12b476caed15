//! What is wrong with files that people write, gathered: each problem says where, what, and how to mend it.
//!
//! Readers on every floor add to [`Problems`] and go on, so that a person mends a file once and not once per message. The
//! list is bounded, because a hostile file may hold millions of mistakes. What error they become is the reader's to say.

use std::fmt::Display;

/// More problems than this are counted, not kept: nobody reads further.
const PROBLEMS_KEPT: usize = 40;

/// A growing list of problems.
#[derive(Debug, Default)]
pub struct Problems {
    kept: Vec<String>,
    more: usize,
}

impl Problems {
    /// Adds one: where it is, what was found beside what was expected, and the mend.
    pub fn add(&mut self, place: impl Display, what: impl Display, hint: impl Display) {
        self.add_message(format!("{place}: {what}\nhint: {hint}"));
    }

    /// Adds one that is worded already.
    pub fn add_message(&mut self, message: String) {
        if self.kept.len() < PROBLEMS_KEPT {
            self.kept.push(message);
        } else {
            self.more += 1;
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.kept.len() + self.more
    }

    /// `Ok` if there are none, else the messages.
    pub fn into_result(mut self) -> Result<(), Vec<String>> {
        if self.more > 0 {
            self.kept.push(format!("and {} more problems like these", self.more));
        }
        match self.kept.is_empty() {
            true => Ok(()),
            false => Err(self.kept),
        }
    }
}

/// The line, counted from one, in which a byte of a text lies.
pub fn line_of(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    1 + before.iter().filter(|&&b| b == b'\n').count()
}
