//! Puts the folder `suites/` into the library, so that suites are proven without the source tree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suites");
    println!("cargo:rerun-if-changed={}", suites.display());
    let mut files = Vec::new();
    collect(&suites, &mut files);
    let name = |file: &PathBuf| {
        let below = file.strip_prefix(&suites).expect("found below it");
        below.to_string_lossy().replace('\\', "/")
    };
    files.sort_by_key(name);
    let mut table =
        String::from("/// (path below `suites/`, content), sorted by path.\nconst FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let path = file.canonicalize().expect("it was just listed");
        writeln!(table, "    ({:?}, include_bytes!({path:?})),", name(&file)).expect("writing to a string");
    }
    table.push_str("];\n");
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("set by cargo"));
    std::fs::write(out.join("suites.rs"), table).expect("the build folder is writable");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
