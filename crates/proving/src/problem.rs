//! What can go wrong in this crate: each message says where, what, and how to mend it.

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

impl From<Vec<String>> for ProvingError {
    fn from(messages: Vec<String>) -> ProvingError {
        ProvingError::Suite(messages)
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
