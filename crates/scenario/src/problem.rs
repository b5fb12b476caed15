//! What is wrong in a scenario: where, in which element, what, and how to mend it.
//!
//! Readers gather problems, so that one run of `check` shows all of them. It knows no element by name.

use std::fmt;

/// A line and column, both from one; zero where nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in bytes.
    pub column: u32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be played as written.
    Error,
    /// It can, and somebody should look.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// The element.
    pub element: String,
    /// What was found and what was expected.
    pub message: String,
    /// How to mend it.
    pub hint: String,
    /// How bad it is.
    pub severity: Severity,
}

impl Problem {
    /// Something that keeps the scenario from being played.
    pub fn error(
        file: &str,
        place: Place,
        element: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        Problem {
            file: file.to_owned(),
            place,
            element: element.to_owned(),
            message: message.into(),
            hint: hint.into(),
            severity: Severity::Error,
        }
    }

    /// Something that somebody should look at, and that does not keep it from being played.
    pub fn warning(
        file: &str,
        place: Place,
        element: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        Problem {
            severity: Severity::Warning,
            ..Problem::error(file, place, element, message, hint)
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.place.line > 0 {
            write!(f, ":{}:{}", self.place.line, self.place.column)?;
        }
        write!(f, ": ")?;
        if !self.element.is_empty() {
            write!(f, "<{}>: ", self.element)?;
        }
        write!(f, "{}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}

/// Why a scenario cannot be played: all that was found, in the order of the files.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ScenarioError(pub Vec<Problem>);

impl From<Problem> for ScenarioError {
    fn from(problem: Problem) -> ScenarioError {
        ScenarioError(vec![problem])
    }
}
