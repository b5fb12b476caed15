//! When events begin hardly depends on the step: over all public files, from 1 ms to 100 ms.
//!
//! An effect comes a step after its cause, as in other players, so a chain adds a step for each link, and what moves
//! apart at different speeds meanwhile spreads it.

use crate::public_files::{folder, scenarios};
use scenario::model::{ElementKind, Scenario};
use scenario::{Library, Player, ReadOptions, State, read};
use std::collections::BTreeMap;

const TIME_S_MAX: f64 = 40.0;
const FINEST_S: f64 = 0.001;
const STEPS_S: [f64; 4] = [0.005, 0.01, 0.05, 0.1];

/// Those behind others in a chain; lowered as fewer are.
const LATE_SHARE_MAX: f64 = 0.12;

/// When each event first began.
fn begins_s(scenario: &Scenario, step_s: f64) -> BTreeMap<usize, f64> {
    let mut player = Player::new(scenario);
    while player.time_s() < TIME_S_MAX && player.step(step_s) {}
    let mut begins = BTreeMap::new();
    for happening in player.happenings() {
        let is_event = scenario.elements[happening.element].kind == ElementKind::Event;
        if is_event && happening.state == State::Running {
            begins.entry(happening.element).or_insert(happening.time_s);
        }
    }
    begins
}

#[test]
fn nearly_all_events_begin_at_the_same_time_within_a_step_whatever_the_step() {
    let Some(folder) = folder() else { return };
    let library = Library::default();
    let (mut events, mut late) = (0, 0);
    for path in scenarios(&folder) {
        let name = path.strip_prefix(&folder).expect("below").display().to_string();
        let Ok(reading) = read(&library, &path, &ReadOptions::default()) else {
            continue;
        };
        let scenario = &reading.scenario;
        let finest = begins_s(scenario, FINEST_S);
        for step_s in STEPS_S {
            let begins = begins_s(scenario, step_s);
            for (&event, &begin_s) in &finest {
                // What begins in the last moments may begin behind the end of the other run.
                if begin_s > TIME_S_MAX - 1.0 {
                    continue;
                }
                events += 1;
                let found_s = begins.get(&event).copied();
                if found_s.is_none_or(|found_s| (found_s - begin_s).abs() > step_s + FINEST_S + 1e-9) {
                    late += 1;
                    let event = &scenario.elements[event].name;
                    println!("{name}: `{event}` begins at {begin_s:.3} s, with a step of {step_s} s at {found_s:?}");
                }
            }
        }
    }
    println!("{late} of {events} begins differ by more than a step");
    assert!(
        f64::from(late) <= LATE_SHARE_MAX * f64::from(events),
        "{late} of {events}"
    );
}
