//! The reference drivers of UN R157 against the public implementation's verdicts, and laws they obey.

use driver::reference::{CutIn, Model};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tables of verdicts; none where the shared data is not there.
fn tables() -> Vec<PathBuf> {
    let beside = ["../../../shared", "../../../../shared"].map(|up| Path::new(env!("CARGO_MANIFEST_DIR")).join(up));
    let named = std::env::var_os("WESTLINE_SHARED").map(PathBuf::from);
    let folder = named.into_iter().chain(beside).find(|path| path.is_dir());
    let Some(folder) = folder.map(|shared| shared.join("data/scenario/r157")) else {
        eprintln!("skipped: no shared data");
        return Vec::new();
    };
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
    found.sort();
    if found.is_empty() {
        eprintln!("skipped: no tables in {}", folder.display());
    }
    found
}

#[test]
fn every_public_verdict_is_met() {
    for table in tables() {
        let text = std::fs::read_to_string(&table).expect("a readable table");
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let mut differences = Vec::new();
        for (number, line) in lines.enumerate() {
            let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
            let value = |name: &str| row[name].parse::<f64>().expect("a number");
            let point = CutIn {
                own_mps: value("ego_kmh") / 3.6,
                other_mps: value("cutin_kmh") / 3.6,
                gap_m: value("gap_m"),
                lateral_mps: value("lat_mps"),
            };
            for model in Model::ALL {
                let outcome = point.outcome(model);
                let mut check = |column: String, ours: u8| {
                    if row
                        .get(column.as_str())
                        .is_some_and(|public| *public != ours.to_string())
                    {
                        differences.push(format!("{}:{}: {column} is {ours} here", table.display(), number + 2));
                    }
                };
                check(model.name().to_owned(), u8::from(outcome.is_avoided()));
                check(
                    format!("{}_crash_type", model.name()),
                    outcome.contact.map_or(0, |contact| contact as u8),
                );
                if model == Model::Cc {
                    check("cc_ended_early".to_owned(), u8::from(outcome.ended_early));
                }
            }
        }
        assert!(differences.is_empty(), "{}: {differences:#?}", differences.len());
    }
}
