//! Puts the pages and their libraries into the program.
//!
//! In go `web/` and the libraries that `package-lock.json` names, which `npm ci` fetches once; out comes a table of
//! files, each compressed. Without Node or without the packages the build passes all the same: the table then holds no
//! libraries, and the console serves a page that says what to install.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Files of the libraries: where they lie among the modules, what the pages call them.
const LIBRARIES: [(&str, &str); 9] = [
    ("htm/dist/htm.module.js", "htm.js"),
    ("htm/preact/index.module.js", "htm-preact.js"),
    ("preact/dist/preact.module.js", "preact.js"),
    ("preact/hooks/dist/hooks.module.js", "preact-hooks.js"),
    ("three/build/three.core.js", "three.core.js"),
    ("three/build/three.module.js", "three.module.js"),
    ("three/examples/jsm/controls/OrbitControls.js", "OrbitControls.js"),
    ("uplot/dist/uPlot.esm.js", "uplot.js"),
    ("uplot/dist/uPlot.min.css", "uplot.css"),
];

fn main() {
    for path in ["build.rs", "web", "package.json", "package-lock.json"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=WESTLINE_NPM");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    collect(Path::new("web"), "", &mut files);
    match libraries(&out) {
        Ok(libraries) => files.extend(libraries),
        Err(reason) => println!("cargo:warning=the console is built without its pages' libraries: {reason}"),
    }
    files.sort();
    let packed = out.join("packed");
    std::fs::create_dir_all(&packed).expect("the build's own folder can be written");
    let mut table =
        String::from("/// Path, content compressed with gzip.\npub(crate) const FILES: &[(&str, &[u8])] = &[\n");
    for (index, (name, path)) in files.iter().enumerate() {
        let content = std::fs::read(path).expect("a file that was just listed");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&content).expect("memory takes it");
        let target = packed.join(format!("{index}.gz"));
        std::fs::write(&target, encoder.finish().expect("memory takes it")).expect("the build's own folder");
        let _ = writeln!(table, "    ({name:?}, include_bytes!({target:?})),");
    }
    table += "];\n";
    std::fs::write(out.join("files.rs"), table).expect("the build's own folder can be written");
}

/// All files under a folder, with the names they are served by.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) {
    let entries = std::fs::read_dir(folder).expect("the folder of the pages").flatten();
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push((name, entry.path()));
        }
    }
}

/// Installs the libraries beside the build's other products, unless they lie there.
fn libraries(out: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    // `WESTLINE_NPM` names another npm; an empty one stands for none.
    let npm = std::env::var("WESTLINE_NPM").unwrap_or_else(|_| "npm".to_owned());
    if npm.is_empty() {
        return Err("WESTLINE_NPM is empty".to_owned());
    }
    let folder = out.join("npm");
    let lock = std::fs::read("package-lock.json").map_err(|error| format!("package-lock.json: {error}"))?;
    let is_there = std::fs::read(folder.join("installed.json")).is_ok_and(|installed| installed == lock);
    if !is_there {
        install(&npm, &folder, &lock)?;
    }
    let at = |(path, name): &(&str, &str)| (format!("library/{name}"), folder.join("node_modules").join(path));
    let files: Vec<_> = LIBRARIES.iter().map(at).collect();
    match files.iter().find(|(_, path)| !path.is_file()) {
        Some((name, _)) => Err(format!("`{name}` is not among the packages")),
        None => Ok(files),
    }
}

fn install(npm: &str, folder: &Path, lock: &[u8]) -> Result<(), String> {
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(io)?;
    std::fs::copy("package.json", folder.join("package.json")).map_err(io)?;
    std::fs::write(folder.join("package-lock.json"), lock).map_err(io)?;
    let arguments = [
        "ci",
        "--omit=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
    ];
    // A builder without a network is told so at once, not after minutes.
    let patience = [
        "--fetch-retries=1",
        "--fetch-timeout=20000",
        "--fetch-retry-mintimeout=1000",
        "--fetch-retry-maxtimeout=2000",
    ];
    let outcome = Command::new(npm)
        .args(arguments)
        .args(patience)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{npm}` cannot be started ({error}); install Node.js 20 or later and build again"))?;
    if !outcome.status.success() {
        let said = String::from_utf8_lossy(&outcome.stderr);
        let last = said
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("")
            .to_owned();
        return Err(format!("`{npm} ci` failed: {last}"));
    }
    std::fs::write(folder.join("installed.json"), lock).map_err(io)
}
