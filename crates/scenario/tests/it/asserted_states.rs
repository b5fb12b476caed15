//! States that another project's own tests assert of public scenarios, at their step.

use crate::public_files::{files_below, folder, plain, table};
use scenario::{Library, Player, ReadOptions, read};

/// The step of those tests.
const STEP_S: f64 = 0.05;
/// As far off as one may be; the states are rounded to a millimetre.
const PLACE_M_MAX: f64 = 0.02;
/// Share that must hold; the rest are entities that a controller of the other project drives.
const SHARE_THAT_HOLDS: f64 = 0.7;

#[test]
fn asserted_states_hold() {
    let Some(folder) = folder() else { return };
    let mut files = Vec::new();
    files_below(&folder, "xosc", &mut files);
    let mut tables = Vec::new();
    files_below(&folder.join("asserted_states"), "csv", &mut tables);
    let library = Library::default();
    let (mut held, mut of) = (0, 0);
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
        while player.step(STEP_S) && player.time_s() < value("t") - 1e-6 {}
        let Some(index) = scenario.entities.iter().position(|entity| entity.name == row["name"]) else {
            continue;
        };
        let body = &player.bodies()[index];
        let off_m = (body.pose.x_m - value("x")).hypot(body.pose.y_m - value("y"));
        let holds = off_m < PLACE_M_MAX && (body.speed_mps - value("speed")).abs() < 0.02;
        of += 1;
        held += usize::from(holds);
        if !holds {
            println!(
                "{name} {} at {} s: ({:.3}, {:.3}) {:.3} m/s, asserted ({}, {}) {}",
                row["name"], row["t"], body.pose.x_m, body.pose.y_m, body.speed_mps, row["x"], row["y"], row["speed"]
            );
        }
    }
    println!("{held} of {of} asserted states hold");
    assert!(held as f64 >= SHARE_THAT_HOLDS * of as f64, "{held} of {of}");
}
