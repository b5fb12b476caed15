//! Foreign files that the tests may use where they are at hand: `$WESTLINE_SHARED/data`, else `../shared/data` beside
//! the workspace.

use std::path::{Path, PathBuf};

/// All files under `data/<folder>` whose name ends in `ending`, sorted; none (and a line on standard error) if absent.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let root = match std::env::var_os("WESTLINE_SHARED") {
        Some(shared) => PathBuf::from(shared),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let mut found = Vec::new();
    collect(&root.join("data").join(folder), ending, &mut found);
    found.sort();
    if found.is_empty() {
        eprintln!("skipped: no `*{ending}` under data/{folder}; set WESTLINE_SHARED");
    }
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}
