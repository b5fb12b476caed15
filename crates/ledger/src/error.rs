//! What can go wrong on the ledger, one enum for the crate.
//!
//! A refused transaction is not an error: it is an [`crate::Outcome`] with a reason, stored like every other.

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A key, a signature or an encrypted key file is not what it should be.
    #[error("{0}")]
    Key(String),
    /// Bytes or text are not in the form they claim to be in.
    #[error("{place}: {what}\nhint: {hint}")]
    Format {
        /// Where: a file, a line, an element.
        place: String,
        /// What was found beside what was expected.
        what: String,
        /// The mend.
        hint: String,
    },
    /// A proof or signature does not hold.
    #[error("{0}")]
    Proof(String),
    /// The store on disk refuses.
    #[error("{place}: {what}")]
    Store {
        /// The file or folder.
        place: String,
        /// What the system said.
        what: String,
    },
    /// A node of the ledger, or the way to it, refuses.
    #[error("{place}: {what}")]
    Remote {
        /// Its address.
        place: String,
        /// What it said.
        what: String,
    },
    /// A block does not follow from its parent.
    #[error("block {height}: {what}")]
    Block {
        /// Its height.
        height: u64,
        /// What does not hold.
        what: String,
    },
    /// Files of a site have problems: one message each, with its hint.
    #[error("{}", .0.join("\n"))]
    Problems(Vec<String>),
}

impl LedgerError {
    /// A [`LedgerError::Format`].
    pub(crate) fn format(place: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> LedgerError {
        LedgerError::Format {
            place: place.into(),
            what: what.into(),
            hint: hint.into(),
        }
    }

    /// A [`LedgerError::Store`].
    pub(crate) fn store(place: &std::path::Path, what: impl std::fmt::Display) -> LedgerError {
        LedgerError::Store {
            place: place.display().to_string(),
            what: what.to_string(),
        }
    }
}
