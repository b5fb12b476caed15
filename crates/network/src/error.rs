//! What can be wrong with the network's inputs: each message says where, what, and how to mend it.
//!
//! Readers gather [`Problems`](record::Problems) and go on, so that a file is mended once and not once per message.

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

impl From<Vec<String>> for NetworkError {
    fn from(messages: Vec<String>) -> NetworkError {
        NetworkError::Input(messages)
    }
}
