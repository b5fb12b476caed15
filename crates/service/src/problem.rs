//! What can be wrong with a site or its day: each message says where, what, and how to mend it.
//!
//! Readers add to [`Problems`](record::Problems) and go on, so that a person mends a folder once and not once per message.

/// What can be wrong with a site or its day.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The site's files have problems: one message each, with its hint.
    #[error("{}", .0.join("\n"))]
    Site(Vec<String>),
    /// The roads refuse something.
    #[error(transparent)]
    Road(#[from] road::RoadError),
    /// The world refuses something.
    #[error(transparent)]
    World(#[from] world::WorldError),
    /// The options ask for what cannot be.
    #[error("{0}")]
    Options(String),
}

impl From<Vec<String>> for ServiceError {
    fn from(messages: Vec<String>) -> ServiceError {
        ServiceError::Site(messages)
    }
}

/// The known name nearest to a mistyped one, if any is near enough to be meant.
pub fn nearest_name<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    // A third of the letters may be wrong, but not all of them.
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count() / 3) && *distance < typed.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// A hint that names the nearest of the known names, or lists them.
pub(crate) fn hint_for_name<'a>(typed: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest_name(typed, known.clone()) {
        return format!("did you mean `{name}`?");
    }
    let names: Vec<String> = known.into_iter().take(12).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("known are {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_name_that_was_meant_and_nonsense_finds_none() {
        let known = ["yongchuan", "ninghua", "lijiang"];
        assert_eq!(nearest_name("yongchaun", known), Some("yongchuan"));
        assert_eq!(nearest_name("Ninghua", known), Some("ninghua"));
        assert_eq!(nearest_name("paris", known), None);
    }
}
