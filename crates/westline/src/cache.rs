//! Compiled maps kept between runs of the program: `WESTLINE_CACHE`, else `westline` in the user's folder for caches.
//!
//! A map's name and content and the program itself name the file, so that a changed map or a new program finds nothing,
//! and nothing has to be told from stale. What cannot be read, written or decoded is as if it were not there. An empty
//! `WESTLINE_CACHE` keeps nothing.

use crate::output;
use road::RoadNetwork;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Smaller maps compile faster than anyone looks.
const CONTENT_BYTES_MIN: usize = 256 << 10;
/// Maps kept; the oldest make room.
const FILES_MAX: usize = 8;

/// Where the compiled form of a map is kept; `None` if it is not.
pub fn file(map: &str, content: &[u8]) -> Option<PathBuf> {
    if content.len() < CONTENT_BYTES_MIN {
        return None;
    }
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION"));
    // Whoever builds the program anew without a new version has a new program all the same.
    let program = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let built = program.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    hasher.update(program.len().to_le_bytes());
    hasher.update(built.as_nanos().to_le_bytes());
    hasher.update((map.len() as u64).to_le_bytes());
    hasher.update(map);
    hasher.update(content);
    let name: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(folder()?.join(name + ".map"))
}

fn folder() -> Option<PathBuf> {
    let of = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    match of("WESTLINE_CACHE") {
        Some(own) => (!own.as_os_str().is_empty()).then_some(own),
        None => {
            let caches = of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")))?;
            Some(caches.join("westline"))
        }
    }
}

/// The network in a file, with the notes of its reading.
pub fn open(file: &Path) -> Option<(RoadNetwork, Vec<String>)> {
    road::compiled::decode(&std::fs::read(file).ok()?)
}

/// Keeps a network. A disk that is full or closed costs the next run its time, and nothing else.
pub fn keep(file: &Path, network: &RoadNetwork, notes: &[String]) {
    let Some(folder) = file.parent() else { return };
    if std::fs::create_dir_all(folder).is_err() {
        return;
    }
    let _ = output::write_whole(file, &road::compiled::encode(network, notes));
    let mut kept: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "map"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    kept.sort();
    for (_, old) in kept.iter().rev().skip(FILES_MAX) {
        let _ = std::fs::remove_file(old);
    }
}
