//! The workspace is a building: a crate imports only crates on lower floors.

use std::collections::BTreeMap;
use std::path::Path;

/// Floor of each crate, times ten, so that half floors stay whole numbers. A new crate is entered here.
const FLOORS: [(&str, u32); 16] = [
    ("record", 0),
    ("messages", 5),
    ("ledger", 5),
    ("road", 10),
    ("vehicle", 20),
    ("world", 30),
    ("driver", 30),
    ("scenario", 40),
    ("network", 40),
    ("commonroad", 40),
    ("training", 40),
    ("proving", 50),
    ("service", 50),
    ("report", 60),
    ("console", 70),
    ("westline", 80),
];

/// A dependency that goes up a floor in the library itself; tests and examples may look anywhere.
fn wrong_arrows(manifests: &BTreeMap<String, toml::Table>) -> Vec<String> {
    let floor = |name: &str| FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor);
    let mut wrong = Vec::new();
    for (name, manifest) in manifests {
        let Some(own) = floor(name) else {
            wrong.push(format!("crate `{name}` has no floor"));
            continue;
        };
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for dependency in dependencies.into_iter().flat_map(toml::Table::keys) {
            if manifests.contains_key(dependency) && floor(dependency).is_some_and(|other| other >= own) {
                wrong.push(format!("`{name}` must not import `{dependency}`"));
            }
        }
    }
    wrong
}

fn manifests() -> BTreeMap<String, toml::Table> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_dir(crates)
        .expect("the crates' folder")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| {
            let text = std::fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, text.parse().expect("a manifest in TOML"))
        })
        .collect()
}

#[test]
fn a_crate_imports_only_crates_on_lower_floors() {
    assert_eq!(wrong_arrows(&manifests()), Vec::<String>::new());
}

#[test]
fn an_arrow_that_goes_up_is_found_and_names_both_crates() {
    let mut manifests = manifests();
    let road: toml::Table = "[dependencies]\nworld.workspace = true".parse().expect("TOML");
    manifests.insert("road".into(), road);
    assert_eq!(wrong_arrows(&manifests), ["`road` must not import `world`"]);
}
