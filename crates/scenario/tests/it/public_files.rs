//! Every public scenario file: loads, runs to its end, and moves as the oracle says.
//!
//! The folder is walked, not listed: more files of the same kinds must pass too. What cannot agree is told by rule from
//! the file itself: an entity that a controller of esmini's own drives is not compared.

use scenario::model::Action;
use scenario::{Library, Player, ReadOptions, Severity, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const STEP_S: f64 = 0.01;
const TIME_S_MAX: f64 = 61.0;
const PLACE_M_MAX: f64 = 0.05;
const SPEED_MPS_MAX: f64 = 0.1;
/// Shares of what is there that must hold; raised as more does.
const SHARE_THAT_RUNS: f64 = 0.98;
const SHARE_THAT_AGREES: f64 = 0.9;

pub fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("WESTLINE_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let shared = if shared.is_dir() {
        shared
    } else {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared")
    };
    let folder = shared.join("data/scenario");
    if !folder.is_dir() {
        eprintln!("skipped: no {}", folder.display());
        return None;
    }
    Some(folder)
}

pub fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found.sort();
}

/// Files with a storyboard (catalogs and distributions have none).
pub fn scenarios(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    files_below(folder, "xosc", &mut files);
    files.retain(|path| String::from_utf8_lossy(&std::fs::read(path).expect("a file")).contains("<Storyboard>"));
    files
}

/// Entities that have a controller, or that somebody lets one drive, and those that synchronize with one of these.
pub fn driven_by_controllers(scenario: &scenario::model::Scenario) -> BTreeSet<String> {
    let mut driven = BTreeSet::new();
    for element in &scenario.elements {
        let is_control = matches!(element.action, Some(Action::Controller { .. }));
        if let (true, Some(actor)) = (is_control, element.actor) {
            driven.insert(scenario.entities[actor].name.clone());
        }
    }
    for element in &scenario.elements {
        if let (Some(Action::Synchronize { master, .. }), Some(actor)) = (&element.action, element.actor)
            && driven.contains(&scenario.entities[*master].name)
        {
            driven.insert(scenario.entities[actor].name.clone());
        }
    }
    driven
}

/// How far an entity is off: in place and speed, and where it first is off by too much. An event may fire one step
/// earlier or later, so the nearest of three neighbouring steps counts too, apart.
struct Worst {
    place_m: f64,
    speed_mps: f64,
    where_: String,
    is_within_a_step: bool,
}

#[test]
fn every_public_scenario_loads_and_runs() {
    let Some(folder) = folder() else { return };
    let files = scenarios(&folder);
    let library = Library::default();
    let mut ran = 0;
    for path in &files {
        let name = path.strip_prefix(&folder).expect("below").display();
        match read(&library, path, &ReadOptions::default()) {
            Ok(reading) => {
                let mut player = Player::new(&reading.scenario);
                while player.time_s() < TIME_S_MAX && player.step(0.05) {}
                let is_finite = player
                    .bodies()
                    .iter()
                    .all(|body| body.pose.x_m.is_finite() && body.pose.y_m.is_finite());
                assert!(is_finite, "{name}: an entity left the world");
                ran += 1;
                println!(
                    "{name:<90} runs to {:.2} s, {} entities",
                    player.time_s(),
                    player.bodies().len()
                );
            }
            Err(error) => {
                let errors: Vec<String> = error
                    .0
                    .iter()
                    .filter(|p| p.severity == Severity::Error)
                    .map(ToString::to_string)
                    .collect();
                println!(
                    "{name:<90} refused: {}",
                    errors.join(" | ").chars().take(900).collect::<String>()
                );
            }
        }
    }
    println!("{ran} of {} files load and run", files.len());
    assert!(
        ran as f64 >= SHARE_THAT_RUNS * files.len() as f64,
        "{ran} of {} files run",
        files.len()
    );
}

/// Rows of a table with a header, by column name.
pub fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("a table");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        header
            .iter()
            .map(|name| name.to_string())
            .zip(line.split(',').map(str::to_owned))
            .collect()
    };
    lines.map(row).collect()
}

pub fn plain(path: &str) -> String {
    path.chars()
        .filter(char::is_ascii_alphanumeric)
        .flat_map(char::to_lowercase)
        .collect()
}

#[test]
fn entities_move_as_the_oracle_says() {
    let Some(folder) = folder() else { return };
    let files = scenarios(&folder);
    let library = Library::default();
    let (mut entities_compared, mut agreeing, mut agreeing_within_a_step) = (0, 0, 0);
    let mut oracles = Vec::new();
    files_below(&folder.join("oracle_esmini_10hz"), "csv", &mut oracles);
    for oracle in &oracles {
        let stem = plain(&oracle.file_stem().expect("a name").to_string_lossy());
        let fits = |path: &&PathBuf| {
            plain(
                &path
                    .strip_prefix(&folder)
                    .expect("below")
                    .with_extension("")
                    .to_string_lossy(),
            ) == stem
        };
        let Some(path) = files.iter().find(fits) else {
            println!("{stem}: no such scenario");
            continue;
        };
        let Ok(reading) = read(&library, path, &ReadOptions::default()) else {
            println!("{stem}: refused");
            continue;
        };
        let scenario = &reading.scenario;
        let driven = driven_by_controllers(scenario);
        let mut rows: BTreeMap<i64, Vec<BTreeMap<String, String>>> = BTreeMap::new();
        for row in table(oracle) {
            let tenth = (row["t"].parse::<f64>().expect("a time") * 10.0).round() as i64;
            rows.entry(tenth).or_default().push(row);
        }
        let mut worst: BTreeMap<String, Worst> = BTreeMap::new();
        let mut player = Player::new(scenario);
        let mut steps = Vec::new();
        while player.step(STEP_S) && player.time_s() < TIME_S_MAX {
            let states = player.bodies().iter();
            steps.push(
                states
                    .map(|body| [body.pose.x_m, body.pose.y_m, body.speed_mps])
                    .collect::<Vec<_>>(),
            );
        }
        for step in (0..steps.len()).step_by(10) {
            for row in rows.get(&(step as i64 / 10)).into_iter().flatten() {
                let Some(index) = scenario.entities.iter().position(|entity| entity.name == row["name"]) else {
                    continue;
                };
                let value = |name: &str| row[name].parse::<f64>().expect("a number");
                let off = |step: usize| {
                    let [x_m, y_m, speed_mps] = steps[step][index];
                    (
                        (x_m - value("x")).hypot(y_m - value("y")),
                        (speed_mps - value("speed")).abs(),
                    )
                };
                let (place_m, speed_mps) = off(step);
                let known = worst.entry(row["name"].clone()).or_insert(Worst {
                    place_m: 0.0,
                    speed_mps: 0.0,
                    where_: String::new(),
                    is_within_a_step: true,
                });
                let agrees = |(place_m, speed_mps): (f64, f64)| place_m <= PLACE_M_MAX && speed_mps <= SPEED_MPS_MAX;
                if known.where_.is_empty() && !agrees((place_m, speed_mps)) {
                    let [x_m, y_m, speed_mps] = steps[step][index];
                    known.where_ = format!(
                        "first at {:.1} s: ({x_m:.3}, {y_m:.3}) {speed_mps:.3} m/s, oracle ({}, {}) {}",
                        step as f64 * STEP_S,
                        row["x"],
                        row["y"],
                        row["speed"]
                    );
                }
                let near = step.saturating_sub(1)..(step + 2).min(steps.len());
                known.is_within_a_step &= near.into_iter().any(|step| agrees(off(step)));
                known.place_m = known.place_m.max(place_m);
                known.speed_mps = known.speed_mps.max(speed_mps);
            }
        }
        for (name, worst) in worst {
            if driven.contains(&name) {
                println!("{stem:.70} {name}: driven by a controller");
                continue;
            }
            entities_compared += 1;
            let agrees = worst.where_.is_empty();
            agreeing += usize::from(agrees);
            agreeing_within_a_step += usize::from(agrees || worst.is_within_a_step);
            println!(
                "{stem:.70} {name}: {:.3} m {:.3} m/s {} {}",
                worst.place_m,
                worst.speed_mps,
                match (agrees, worst.is_within_a_step) {
                    (true, _) => "agrees",
                    (false, true) => "agrees within a step",
                    _ => "DEVIATES",
                },
                worst.where_
            );
        }
    }
    println!("{agreeing} of {entities_compared} entities agree, {agreeing_within_a_step} within a step");
    assert!(
        agreeing as f64 >= SHARE_THAT_AGREES * entities_compared as f64,
        "{agreeing} of {entities_compared} agree"
    );
}
