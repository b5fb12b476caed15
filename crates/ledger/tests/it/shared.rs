//! Foreign files that the tests may use where they are at hand: `$WESTLINE_SHARED/data`, else `../shared/data` beside the
//! repository.

use std::path::PathBuf;

/// The folder `data/<folder>`; `None`, with a word on standard error, where it is not at hand.
pub fn folder(folder: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("WESTLINE_SHARED").map(PathBuf::from);
    let beside = here.ancestors().map(|place| place.join("shared"));
    let found = named
        .into_iter()
        .chain(beside)
        .map(|root| root.join("data").join(folder))
        .find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: no folder data/{folder}; set WESTLINE_SHARED");
    }
    found
}

/// The JSON files of a folder, sorted by name: name and content.
pub fn json_files(name: &str) -> Vec<(String, serde_json::Value)> {
    let Some(folder) = folder(name) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a readable folder")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    paths.into_iter().map(read).collect()
}
