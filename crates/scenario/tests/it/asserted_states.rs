//! States that another project's own tests assert of public scenarios, at their step.

use crate::public_files::{driven_by_controllers, files_below, folder, plain, table};
use scenario::{Library, Player, ReadOptions, read};

/// The step of those tests.
const STEP_S: f64 = 0.05;
/// As far off as one may be, in metres and metres a second; the states are rounded to a millimetre.
const NEAR_MAX: [f64; 3] = [0.02; 3];

#[test]
fn asserted_states_hold() {
    let Some(folder) = folder() else { return };
    let mut files = Vec::new();
    files_below(&folder, "xosc", &mut files);
    let mut tables = Vec::new();
    files_below(&folder.join("asserted_states"), "csv", &mut tables);
    let library = Library::default();
    let mut counts = [0; 4];
    for row in tables.iter().flat_map(|path| table(path)) {
        let name = &row["scenario"];
        // The older names of the same set come first: they are what was asserted.
        let Some(path) = files
            .iter()
            .find(|path| plain(&path.file_name().expect("a name").to_string_lossy()) == plain(name))
        else {
            println!("{name}: not here");
            continue;
        };
        let Ok(reading) = read(&library, path, &ReadOptions::default()) else {
            println!("{name}: refused");
            continue;
        };
        let scenario = &reading.scenario;
        let value = |name: &str| row[name].parse::<f64>().expect("a number");
        let mut player = Player::new(scenario);
        let mut states = Vec::new();
        let Some(index) = scenario.entities.iter().position(|entity| entity.name == row["name"]) else {
            continue;
        };
        // One step farther than asserted: an event may begin one step earlier or later.
        while player.step(STEP_S) && player.time_s() < value("t") + 1.5 * STEP_S {
            let body = &player.bodies()[index];
            states.push((player.time_s(), [body.pose.x_m, body.pose.y_m, body.speed_mps]));
        }
        let asserted = ["x", "y", "speed"].map(value);
        let near = |axis: usize, state: &[f64; 3]| (state[axis] - asserted[axis]).abs() < NEAR_MAX[axis];
        let at = |low_s: f64, high_s: f64| {
            let fits = move |(time_s, _): &&(f64, [f64; 3])| (low_s..high_s).contains(&(time_s - value("t")));
            states.iter().filter(fits).map(|(_, state)| state)
        };
        let holds = at(-1e-6, 1e-6).any(|state| (0..3).all(|axis| near(axis, state)));
        // One event along and one across may each begin a step apart.
        let holds_within_a_step = (0..3).all(|axis| at(-1.5 * STEP_S, 1.5 * STEP_S).any(|state| near(axis, state)));
        let verdict = match (holds, holds_within_a_step) {
            (true, _) => 0,
            (_, true) => 1,
            _ if driven_by_controllers(scenario).contains(&row["name"]) => 2,
            _ => 3,
        };
        counts[verdict] += 1;
        if verdict > 0 {
            let word = [
                "",
                "holds a step earlier or later",
                "driven by a controller",
                "DOES NOT HOLD",
            ][verdict];
            println!(
                "{name} {} at {} s: {word}, asserted ({}, {}) {}",
                row["name"], row["t"], row["x"], row["y"], row["speed"]
            );
        }
    }
    println!("hold, hold a step earlier or later, driven by a controller, do not hold: {counts:?}");
    assert_eq!(counts[3], 0, "asserted states that do not hold");
}
