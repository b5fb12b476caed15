//! The closed loop with the automated driver, and what is written of it.

use crate::{EXAMPLES, read};
use commonroad::goal::angle_in;
use commonroad::scenario::{Interval, Role};
use commonroad::{Failure, Outcome, Play, Played, Roads, Scenario, VehicleModel, picture, solution};
use driver::AutomatedDriver;
use vehicle::{Control, Driver, Explanation, Observation, Reason};

fn vehicle() -> VehicleModel {
    VehicleModel::by_number(2).expect("the vehicle 2")
}

fn drive(scenario: &Scenario) -> Played {
    let vehicle = vehicle();
    let roads = Roads::new(scenario).unwrap_or_else(|error| panic!("{error}"));
    let mut driver = AutomatedDriver::new(roads.network.clone(), vehicle.sheet.clone());
    let play = Play::new(scenario, &roads, &scenario.planning_problems[0], &vehicle);
    play.unwrap_or_else(|error| panic!("{error}")).drive(&mut driver)
}

fn outcome(name: &str, change: impl Fn(&mut Scenario)) -> String {
    let mut scenario = read(name);
    change(&mut scenario);
    drive(&scenario).outcome.to_string()
}

/// Holds the wheel straight and the brakes off.
struct Coasting;

impl Driver for Coasting {
    fn name(&self) -> &str {
        "coasting"
    }

    fn drive(&mut self, _: &Observation) -> Control {
        Control::default()
    }

    fn explanation(&self) -> Explanation {
        Explanation {
            reason: Reason::Idle,
            ..Explanation::default()
        }
    }
}

fn coast(scenario: &Scenario) -> Outcome {
    let (vehicle, roads) = (
        vehicle(),
        Roads::new(scenario).unwrap_or_else(|error| panic!("{error}")),
    );
    let play = Play::new(scenario, &roads, &scenario.planning_problems[0], &vehicle);
    play.unwrap_or_else(|error| panic!("{error}"))
        .drive(&mut Coasting)
        .outcome
}

#[test]
fn the_examples_are_solved() {
    for name in EXAMPLES {
        assert_eq!(outcome(name, |_| {}), "solved", "{name}");
    }
}

#[test]
fn who_does_not_brake_meets_the_one_ahead() {
    let outcome = coast(&read("ZAM_Follow-1_1_T-1.xml"));
    assert!(
        matches!(&outcome, Outcome::Failed(Failure::Collision { obstacle: 101, role: Role::Dynamic, kind, .. }) if kind == "car"),
        "{outcome:?}"
    );
}

#[test]
fn who_does_not_steer_leaves_the_road_in_the_bend() {
    let mut scenario = read("ZAM_Follow-1_1_T-1.xml");
    scenario.obstacles.clear();
    let outcome = coast(&scenario);
    assert!(
        matches!(outcome, Outcome::Failed(Failure::OffRoad { .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_phantom_that_covers_the_ego_counts() {
    let outcome = outcome("ZAM_Light-1_1_T-1.xml", |scenario| {
        let start = scenario.planning_problems[0].initial.centre_m().expect("a place");
        let phantom = scenario
            .obstacles
            .iter_mut()
            .find(|obstacle| obstacle.role == Role::Phantom);
        for occupancy in &mut phantom.expect("a phantom").occupancies {
            occupancy.shape = commonroad::shape::Shape::Circle {
                radius_m: 1.0,
                centre_m: start,
            };
        }
    });
    assert_eq!(outcome, "failed: collision with phantom obstacle 107 at step 0");
}

#[test]
fn a_goal_that_is_missed_names_the_condition() {
    let outcome = outcome("ZAM_Light-1_1_T-1.xml", |scenario| {
        let goal = &mut scenario.planning_problems[0].goals[0];
        goal.velocity_mps = Some(Interval { start: 40.0, end: 45.0 });
        goal.time.end = 120;
    });
    assert!(outcome.contains("velocity not met"), "{outcome}");
}

#[test]
fn nobody_is_told_what_will_be() {
    let states = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = read("ZAM_Follow-1_1_T-1.xml");
        change(&mut scenario);
        drive(&scenario).states
    };
    // The one ahead vanishes after 6 s: until then nothing differs.
    let (all, cut) = (
        states(&|_| {}),
        states(&|scenario| scenario.obstacles[0].trajectory.truncate(60)),
    );
    assert_eq!(all[..60], cut[..60]);
    assert_ne!(all[100..], cut[100..]);
}

#[test]
fn states_obey_the_kinematic_single_track_model() {
    let vehicle = vehicle();
    for name in EXAMPLES {
        let scenario = read(name);
        let played = drive(&scenario);
        for pair in played.states.windows(2) {
            let (now, next) = (pair[0], pair[1]);
            let dt_s = scenario.time_step_s;
            let acceleration = (next.velocity_mps - now.velocity_mps) / dt_s;
            let steering = (next.steering_angle_rad - now.steering_angle_rad) / dt_s;
            assert!(acceleration.abs() <= vehicle.acceleration_mps2_max && steering.abs() <= 0.4 + 1e-9);
            let modelled = vehicle.step(&now, acceleration, steering, dt_s);
            let off_m = (modelled.x_m - next.x_m).hypot(modelled.y_m - next.y_m);
            // The benchmark's own tolerances are 0.02 m and 0.03 rad.
            assert!(off_m < 0.01, "{name}: {off_m} m");
            assert!((modelled.orientation_rad - next.orientation_rad).abs() < 0.01);
        }
    }
}

#[test]
fn the_same_scenario_gives_the_same_bytes() {
    let scenario = read("ZAM_Change-1_1_T-1.xml");
    let write = || {
        let played = drive(&scenario);
        let problem = &scenario.planning_problems[0];
        let svg = picture::draw(&scenario, problem, &vehicle(), Some(&played));
        (solution::write(&scenario, &vehicle(), &[played]), svg)
    };
    assert_eq!(write(), write());
}

#[test]
fn a_solution_file_holds_every_state_from_the_first_time_step_on() {
    let scenario = read("ZAM_Follow-1_1_T-1.xml");
    let played = drive(&scenario);
    let text = solution::write(&scenario, &vehicle(), std::slice::from_ref(&played));
    assert!(text.contains("benchmark_id=\"KS2:JB1:ZAM_Follow-1_1_T-1:2020a\""));
    assert_eq!(text.matches("<ksState>").count() as i64, played.used_steps() + 1);
    assert!(text.contains("<x>10</x>") && text.contains("<time>0</time>"));
    let several = solution::benchmark_id(&scenario, &vehicle(), 2);
    assert_eq!(several, "[KS2,KS2]:[JB1,JB1]:ZAM_Follow-1_1_T-1:2020a");
}

#[test]
fn angles_are_compared_whole_turns_aside() {
    let range = Interval { start: 3.0, end: 3.4 };
    assert!(angle_in(range, 3.2 - std::f64::consts::TAU));
    assert!(!angle_in(range, 2.9));
}
