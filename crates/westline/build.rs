//! Puts the folder `sites/` into the binary, so that it runs without the source tree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let sites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sites");
    println!("cargo:rerun-if-changed={}", sites.display());
    let mut files = Vec::new();
    collect(&sites, &mut files);
    files.sort();
    let mut table =
        String::from("/// (path below `sites/`, content), sorted by path.\nconst FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file
            .strip_prefix(&sites)
            .expect("found below it")
            .to_string_lossy()
            .replace('\\', "/");
        let path = file.canonicalize().expect("it was just listed");
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("writing to a string");
    }
    table.push_str("];\n");
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("set by cargo"));
    std::fs::write(out.join("sites.rs"), table).expect("the build folder is writable");
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
