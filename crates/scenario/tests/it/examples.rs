//! The example of the repository plays as its description says.

use scenario::{Library, Player, ReadOptions, State, read};
use std::path::Path;

#[test]
fn the_car_of_the_example_cuts_in_and_then_brakes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/cut_in.xosc");
    let reading = read(&Library::default(), &path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut player = Player::new(&reading.scenario);
    while player.time_s() < 20.0 && player.step(0.01) {}
    let begun = player
        .happenings()
        .iter()
        .filter(|happening| happening.state == State::Running);
    let names = begun.map(|happening| reading.scenario.elements[happening.element].name.as_str());
    let events: Vec<&str> = names.filter(|name| ["Cuts in", "Brakes"].contains(name)).collect();
    assert_eq!(events, ["Cuts in", "Brakes"]);
    assert!(player.time_s() < 16.1);
}
