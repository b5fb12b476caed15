//! What can go wrong between a record and a disk.

use crate::time::SimTime;
use std::io;

/// Why a recording or a table could not be written or read. The message names the file and the mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The operating system refused.
    #[error("{file}: cannot be {action}: `{reason}`\nhint: {hint}")]
    Refused {
        /// The file.
        file: String,
        /// Created, written, read or renamed.
        action: &'static str,
        /// The operating system's words.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// A file that is no MCAP file, or uses what we do not read.
    #[error("{file}: {found}\nhint: {hint}")]
    Unreadable {
        /// The file.
        file: String,
        /// What was found instead.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// Bytes that cannot have been written like this.
    #[error("{file}: damaged at byte {offset}: {what}\nhint: what stands before this byte can still be read")]
    Damaged {
        /// The file.
        file: String,
        /// Offset of the record in the file (of its chunk, for a record inside one).
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// A payload that is not what its reader takes it for.
    #[error("record of `{topic}` at {time}: {what}\nhint: see docs/recordings.md for the schema of each topic")]
    Payload {
        /// The record's topic.
        topic: String,
        /// Its time.
        time: SimTime,
        /// What is wrong.
        what: String,
    },
    /// A record that is over a limit.
    #[error("{file}: {what}\nhint: {hint}")]
    OverLimit {
        /// The file.
        file: String,
        /// Which limit, and by how much.
        what: String,
        /// What to do.
        hint: &'static str,
    },
}

impl RecordError {
    /// An operating system's refusal with the hint that fits it.
    pub(crate) fn refused(file: &str, action: &'static str, error: &io::Error) -> RecordError {
        let hint = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space or choose another folder",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "choose a folder that you may write to"
            }
            io::ErrorKind::NotFound => "see that the folder exists and the name is spelt right",
            io::ErrorKind::IsADirectory => "a folder of this name is in the way: choose another name",
            _ => "see that the disk works and choose another folder if it does not",
        };
        RecordError::Refused {
            file: file.to_owned(),
            action,
            reason: error.to_string(),
            hint,
        }
    }
}
