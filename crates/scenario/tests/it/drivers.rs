//! Drivers in entities, and what observers say of them.

use crate::playground::{Case, car, event, near, put, put_at, speed};
use proptest::prelude::*;
use scenario::measures::{Measures, Name};
use scenario::{Driver, Player};

fn activate(is_on: bool) -> String {
    format!(
        r#"<PrivateAction><ControllerAction><ActivateControllerAction longitudinal="{is_on}" lateral="{is_on}"/></ControllerAction></PrivateAction>"#
    )
}

fn follow(player: &mut Player<'_>) {
    player.drive(0, Driver::Follow);
}

/// The worst values of a run.
fn measured(case: &Case, begin: impl FnOnce(&mut Player<'_>)) -> Measures {
    let mut measures = Measures::default();
    case.play::<()>(begin, |player| {
        measures.observe(player, 0.01);
        None
    });
    measures
}

fn worst(measures: &Measures, name: Name) -> Option<f64> {
    measures
        .worst()
        .find(|measure| measure.name == name)
        .map(|measure| measure.value)
}

fn behind_a_standing_car(speed_mps: f64, gap_m: f64) -> Case {
    Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", -1, 50.0, speed_mps) + &put("Other", -1, 54.0 + gap_m, 0.0),
        ..Case::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_driver_stops_behind_who_stands_and_nobody_without_one_does(speed_mps in 5.0..20.0, headway_s in 4.0..10.0) {
        let case = behind_a_standing_car(speed_mps, speed_mps * headway_s);
        prop_assert_eq!(measured(&case, follow).collisions().count(), 0);
        prop_assert_eq!(measured(&case, |_| {}).collisions().count(), 1);
    }
}

#[test]
fn a_driver_acts_only_while_its_controller_is_active() {
    let mut case = behind_a_standing_car(10.0, 60.0);
    case.actor = "Ego";
    case.events = event(50.0, &activate(true));
    assert_eq!(measured(&case, follow).collisions().count(), 1);
    case.events = event(1.0, &activate(true));
    assert_eq!(measured(&case, follow).collisions().count(), 0);
}

#[test]
fn an_action_along_the_lane_goes_before_the_driver() {
    let case = Case {
        actor: "Ego",
        events: event(
            1.0,
            &format!(
                "<PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>",
                speed("linear", 4.0, 18.0)
            ),
        ),
        entities: car("Ego"),
        init: put("Ego", -1, 10.0, 10.0),
        ..Case::default()
    };
    let speed_mps = case.play(follow, |player| {
        (player.time_s() >= 20.0).then(|| player.bodies()[0].speed_mps)
    });
    near(speed_mps.expect("so long"), 18.0, 1e-6);
}

fn lights(state: &str) -> String {
    format!(
        r#"<TrafficSignals><TrafficSignalController name="c"><Phase name="p" duration="100"><TrafficSignalState trafficSignalId="1" state="{state}"/></Phase>
        </TrafficSignalController></TrafficSignals>"#
    )
}

#[test]
fn passing_a_red_light_is_measured_by_its_speed_and_a_green_one_is_not() {
    let case = |state| Case {
        network: lights(state),
        entities: car("Ego"),
        init: put("Ego", -1, 200.0, 12.0),
        ..Case::default()
    };
    assert_eq!(worst(&measured(&case("red"), |_| {}), Name::RedLight), Some(12.0));
    assert_eq!(worst(&measured(&case("green"), |_| {}), Name::RedLight), None);
    assert_eq!(
        worst(&measured(&case("on;off;off"), |_| {}), Name::RedLight),
        Some(12.0)
    );
}

#[test]
fn lights_and_signs_are_for_those_whom_they_face() {
    let case = Case {
        network: lights("red"),
        entities: car("Ego"),
        init: put("Ego", 1, 600.0, 12.0),
        ..Case::default()
    };
    let measures = measured(&case, |_| {});
    assert_eq!(worst(&measures, Name::RedLight), None);
    assert_eq!(worst(&measures, Name::StopLine), None);
}

#[test]
fn at_a_stop_sign_one_must_have_stood() {
    let passing = Case {
        entities: car("Ego"),
        init: put("Ego", -1, 450.0, 5.0),
        ..Case::default()
    };
    assert_eq!(worst(&measured(&passing, |_| {}), Name::StopLine), Some(5.0));
    let standing = Case {
        entities: car("Ego"),
        init: put("Ego", -1, 496.0, 0.0),
        actor: "Ego",
        events: event(
            2.0,
            &format!(
                "<PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>",
                speed("linear", 1.0, 5.0)
            ),
        ),
        ..Case::default()
    };
    assert_eq!(worst(&measured(&standing, |_| {}), Name::StopLine), Some(0.0));
}

#[test]
fn speeding_is_what_is_above_the_posted_limit() {
    let case = |speed_mps| Case {
        entities: car("Ego"),
        init: put("Ego", -1, 10.0, speed_mps),
        ..Case::default()
    };
    near(
        worst(&measured(&case(25.0), |_| {}), Name::Speeding).expect("too fast"),
        5.0,
        1e-6,
    );
    assert_eq!(worst(&measured(&case(19.0), |_| {}), Name::Speeding), None);
}

#[test]
fn post_encroachment_time_is_from_one_leaving_to_the_other_coming() {
    // The first leaves the strip of the second at 601.75 m + 1 m + 2 m, the second comes to the first's at y = -2.75 m - 2 m.
    let case = |speed_mps| Case {
        entities: car("Ego") + &car("Crossing"),
        init: put("Ego", -1, 561.75, 10.0)
            + &put_at(
                "Crossing",
                r#"<LanePosition roadId="1" laneId="-1" s="255.25" offset="0"/>"#,
                speed_mps,
            ),
        ..Case::default()
    };
    // The ego is past after 43 m / 10 m/s = 4.3 s; the other, 40 m away, comes after 40 m / 6 m/s = 6.67 s.
    near(
        worst(&measured(&case(6.0), |_| {}), Name::PostEncroachmentTime).expect("they cross"),
        6.67 - 4.3,
        0.11,
    );
    assert_eq!(worst(&measured(&case(0.0), |_| {}), Name::PostEncroachmentTime), None);
}

/// Answers every question with a place to the side, in odd steps with none.
struct Shover {
    asked: usize,
}

impl scenario::Chauffeur for Shover {
    fn drive(&mut self, player: &scenario::Player<'_>, entity: usize, step_s: f64) -> Option<scenario::Motion> {
        self.asked += 1;
        let pose = player.bodies()[entity].pose;
        self.asked.is_multiple_of(2).then_some(scenario::Motion {
            x_m: pose.x_m + 5.0 * step_s,
            y_m: pose.y_m + 1.0 * step_s,
            heading_rad: pose.heading_rad,
            speed_mps: 5.0,
        })
    }
}

#[test]
fn who_drives_from_outside_places_the_ego_and_who_says_nothing_leaves_it_going() {
    let case = Case {
        entities: car("Ego"),
        init: put("Ego", -1, 50.0, 10.0),
        ..Case::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = case.write(folder.path());
    let reading =
        scenario::read(&scenario::Library::default(), &path, &scenario::ReadOptions::default()).expect("sound");
    let mut player = scenario::Player::new(&reading.scenario);
    player.drive(0, Driver::Outside);
    let mut shover = Shover { asked: 0 };
    while player.time_s() < 0.1 - 1e-9 {
        assert!(player.step_with(0.01, Some(&mut shover)));
    }
    // Ten steps: the first at 10 m/s along the lane, then in turn told and going on, at the 5 m/s that it was told.
    assert_eq!(shover.asked, 10);
    let body = &player.bodies()[0];
    near(body.pose.x_m, 50.0 + 0.1 + 9.0 * 0.05, 1e-6);
    near(body.pose.y_m, -1.75 + 5.0 * 0.01, 1e-6);
    near(body.speed_mps, 5.0, 1e-9);
}

#[test]
fn the_automated_driver_keeps_its_speed_and_its_lane_and_follows_one_who_is_slower() {
    let case = Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", -1, 50.0, 15.0) + &put("Other", -1, 200.0, 8.0),
        ..Case::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = case.write(folder.path());
    let reading =
        scenario::read(&scenario::Library::default(), &path, &scenario::ReadOptions::default()).expect("sound");
    let mut player = Player::new(&reading.scenario);
    player.drive(0, Driver::Westline);
    let mut automated = scenario::automated(&reading.scenario, Driver::Westline, None)
        .expect("sound")
        .expect("a driver");
    let mut fastest_mps: f64 = 0.0;
    while player.time_s() < 45.0 && player.step_with(0.01, Some(&mut automated)) {
        fastest_mps = fastest_mps.max(player.bodies()[0].speed_mps);
        assert!(!player.touch(0, 1), "at {} s", player.time_s());
        near(player.bodies()[0].pose.y_m, -1.75, 0.5);
    }
    near(fastest_mps, 15.0, 0.5);
    near(player.bodies()[0].speed_mps, 8.0, 0.3);
    let gap_m = player.bodies()[1].pose.x_m - player.bodies()[0].pose.x_m - 4.0;
    assert!((4.0..40.0).contains(&gap_m), "{gap_m}");
}
