//! The suites that come with the program, with their scenarios and maps, and those of a user's own.
//!
//! The folder `suites/` is put into the binary by the build script, so that suites can be proven far from the source tree.
//! In goes a name or a path; out come the suite and a library that holds its files.

use crate::problem::{ProvingError, hint_for_name};
use crate::suite::Suite;
use crate::suite_file;
use scenario::{Files, Library};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

include!(concat!(env!("OUT_DIR"), "/suites.rs"));

/// Where built-in files are, in messages and in records.
pub const BUILT_IN: &str = "built-in";

/// Names of the suites that come with the program, in alphabetical order.
pub fn names() -> Vec<&'static str> {
    let files = FILES.iter().map(|(path, _)| *path).filter(|path| !path.contains('/'));
    files.filter_map(|path| path.strip_suffix(".toml")).collect()
}

/// Files of the built-in suites, with others that they refer to, by their path beside `suites/`.
pub fn library(others: impl IntoIterator<Item = (PathBuf, Cow<'static, [u8]>)>) -> Library {
    Library::with_files(files(others))
}

/// The same as a table.
pub fn files(others: impl IntoIterator<Item = (PathBuf, Cow<'static, [u8]>)>) -> Files {
    let own = FILES
        .iter()
        .map(|(path, content)| (Path::new("suites").join(path), Cow::Borrowed(*content)));
    own.chain(others)
        .map(|(path, content)| (Path::new(BUILT_IN).join(path), content))
        .collect()
}

/// A built-in suite by its name, or a suite file by its path.
///
/// # Errors
/// If there is none, or what is wrong with it.
pub fn find(name_or_path: &str, library: &Library) -> Result<Suite, ProvingError> {
    let known = names();
    let path = match known.contains(&name_or_path) {
        true => Path::new(BUILT_IN).join("suites").join(format!("{name_or_path}.toml")),
        false => PathBuf::from(name_or_path),
    };
    let content = library.content(&path).map_err(|error| {
        ProvingError::Told(match name_or_path.ends_with(".toml") {
            true => format!(
                "{name_or_path}: {error}\nhint: the path of a suite file, or one of {}",
                known.join(", ")
            ),
            false => format!(
                "no suite is called `{name_or_path}`\nhint: {}; the path of one of your own ends in `.toml`",
                hint_for_name(name_or_path, known.iter().copied())
            ),
        })
    })?;
    let text = std::str::from_utf8(&content).map_err(|error| {
        ProvingError::Told(format!(
            "{}: not a text: {error}\nhint: suites are TOML in UTF-8",
            path.display()
        ))
    })?;
    suite_file::read(text, &path)
}
