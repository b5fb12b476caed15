//! How tables come into the program: from a file, or from standard input where the name is `-`.

use anyhow::{Context, Result};
use std::path::Path;

/// The name to call it by in messages, and its text.
pub fn read_table(path: &Path) -> Result<(String, String)> {
    let (name, text) = if path == Path::new("-") {
        ("standard input".to_owned(), std::io::read_to_string(std::io::stdin()))
    } else {
        (path.to_string_lossy().into_owned(), std::fs::read_to_string(path))
    };
    let text = text.with_context(|| format!("{name}: cannot be read"))?;
    Ok((name, text))
}
