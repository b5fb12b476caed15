//! What the driver does, told as a passenger would.

use crate::course::{Course, Moment, Other, one_street, place};
use road::{LaneId, LanePosition};
use std::sync::Arc;
use vehicle::{Halt, Mission, ObjectKind, Reason};

const STRAIGHT: [(f64, f64, f64); 2] = [(0.0, 0.0, 0.0), (600.0, 0.0, 0.0)];

/// The minibus on the right lane of a straight street, 20 m from its beginning.
fn on_straight(lanes: usize) -> Course {
    let network = one_street(&STRAIGHT, lanes);
    let at = place(&network, 20.0, -3.5 * (lanes as f64 - 0.5), 0.0);
    Course::new(network, at, vec![at.lane])
}

#[test]
fn drives_a_winding_hilly_street_in_comfort_within_twenty_centimetres() {
    let winding: Vec<(f64, f64, f64)> = (0..12)
        .map(|i| {
            (
                f64::from(i) * 90.0,
                if i % 2 == 0 { 0.0 } else { 35.0 },
                f64::from(i % 4) * 2.0,
            )
        })
        .collect();
    let network = one_street(&winding, 1);
    let at = place(&network, 12.0, 3.0, 0.4);
    let mut course = Course::new(network, at, vec![at.lane]);
    assert!(
        course.play(200.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    course.assert_comfortable();
    let worst = course
        .moments
        .iter()
        .max_by(|a, b| a.offset_m.abs().total_cmp(&b.offset_m.abs()))
        .expect("moments");
    assert!(worst.offset_m.abs() < 0.20, "{worst:?}");
    let fastest = course.moments.iter().map(|moment| moment.speed_mps).fold(0.0, f64::max);
    assert!(fastest > 9.0, "no faster than {fastest} m/s");
}

#[test]
fn docks_at_the_kerb_and_leaves_when_the_halt_is_served() {
    let mut course = on_straight(1);
    let lane = course.mission.lanes[0];
    let kerb_m = 3.4;
    course.set_halts(vec![Halt {
        visit: 7,
        leg: 0,
        position: LanePosition {
            lane,
            s_m: 300.0,
            offset_m: 0.0,
        },
        kerb_m,
        serves_passengers: true,
    }]);
    assert!(
        course.play(120.0, |course| course.last().explanation.at_halt == Some(7)),
        "{:?}",
        course.last()
    );
    course.play(5.0, |_| false);
    assert!(course.dynamics.doors_are_open());
    let front = course
        .network
        .project(lane, course.last().front_m[0], course.last().front_m[1]);
    assert!((front.s_m - 300.0).abs() < 0.15, "the bumper is at {} m", front.s_m);
    let half_m = 0.5 * course.sheet.dimensions.width_m;
    let rear = course
        .network
        .project(lane, course.dynamics.position_m().0, course.dynamics.position_m().1);
    for offset_m in [front.offset_m, rear.offset_m] {
        let gap_m = kerb_m + offset_m - half_m;
        assert!((0.05..0.15).contains(&gap_m), "{gap_m} m to the kerb");
    }
    course.set_halts(Vec::new());
    assert!(
        course.play(90.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    course.assert_comfortable();
    assert!(
        course.last().offset_m.abs() < 0.1,
        "back in the lane at {} m",
        course.last().offset_m
    );
}

#[test]
fn stays_at_a_halt_while_told_to_hold() {
    let mut course = on_straight(1);
    let lane = course.mission.lanes[0];
    let halt = Halt {
        visit: 1,
        leg: 0,
        position: LanePosition {
            lane,
            s_m: 120.0,
            offset_m: 0.0,
        },
        kerb_m: 2.0,
        serves_passengers: true,
    };
    course.set_halts(vec![halt]);
    assert!(course.play(60.0, |course| course.last().explanation.at_halt == Some(1)));
    course.mission = Arc::new(Mission {
        halts: Vec::new(),
        hold: true,
        ..Mission::clone(&course.mission)
    });
    course.play(20.0, |_| false);
    assert!(course.stands());
    course.mission = Arc::new(Mission {
        hold: false,
        ..Mission::clone(&course.mission)
    });
    assert!(course.play(20.0, |course| course.last().speed_mps > 5.0));
}

#[test]
fn follows_a_stopping_car_in_comfort_and_keeps_its_distance() {
    let mut course = on_straight(1);
    let lane = course.mission.lanes[0];
    course.others.push(Other::car(lane, 60.0, 9.0));
    course.play(15.0, |_| false);
    // The one ahead brakes at 1 m/s² to a stop, waits, and goes on.
    for _ in 0..900 {
        course.others[0].speed_mps = (course.others[0].speed_mps - 0.01).max(0.0);
        course.step();
    }
    course.play(12.0, Course::stands);
    assert!(course.stands(), "{:?}", course.last());
    assert!((1.5..4.0).contains(&course.last().gap_m), "{:?}", course.last());
    course.others[0].speed_mps = 10.0;
    assert!(course.play(20.0, |course| course.last().speed_mps > 8.0));
    course.assert_comfortable();
}

#[test]
fn brakes_as_hard_as_it_must_when_a_car_stops_dead() {
    let mut course = on_straight(1);
    let lane = course.mission.lanes[0];
    course.others.push(Other::car(lane, 70.0, 10.0));
    course.play(14.0, |_| false);
    for _ in 0..400 {
        course.others[0].speed_mps = (course.others[0].speed_mps - 0.06).max(0.0);
        course.step();
    }
    course.play(10.0, |_| false);
    course.assert_no_touch();
}

#[test]
fn passes_a_cyclist_with_room_to_spare() {
    let mut course = on_straight(1);
    let lane = course.mission.lanes[0];
    let mut cyclist = Other::car(lane, 60.0, 3.0);
    (cyclist.kind, cyclist.length_m, cyclist.width_m) = (ObjectKind::Cyclist, 1.8, 0.6);
    cyclist.on = Some(LanePosition {
        lane,
        s_m: 60.0,
        offset_m: -1.2,
    });
    course.others.push(cyclist);
    assert!(
        course.play(90.0, |course| course.last().front_m[0] > course.others[0].x_m + 30.0),
        "{:?}",
        course.last()
    );
    let nearest = course
        .moments
        .iter()
        .map(|moment| moment.gap_m)
        .fold(f64::INFINITY, f64::min);
    assert!(nearest > 0.8, "{nearest} m");
    course.assert_comfortable();
}

#[test]
fn goes_around_a_parked_car_when_the_other_lane_is_free() {
    let mut course = on_straight(2);
    let lane = course.mission.lanes[0];
    course.others.push(Other::car(lane, 150.0, 0.0));
    assert!(
        course.play(120.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    course.assert_no_touch();
    course.assert_comfortable();
}

#[test]
fn changes_lanes_as_the_mission_says_behind_whoever_is_beside_it() {
    let mut course = on_straight(2);
    let right = course.mission.lanes[0];
    let left: LaneId = course.network.lane(right).left.expect("two lanes");
    course.mission = Arc::new(Mission {
        lanes: vec![right, left],
        ..Mission::default()
    });
    course.others.push(Other::car(left, 12.0, 6.0));
    assert!(
        course.play(120.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    course.assert_no_touch();
    course.assert_comfortable();
    let place = course
        .network
        .project(left, course.last().front_m[0], course.last().front_m[1]);
    assert!(place.offset_m.abs() < 0.15, "{place:?}");
}

#[test]
fn without_a_mission_it_stands_and_says_so() {
    let mut course = on_straight(1);
    course.mission = Arc::default();
    course.play(5.0, |_| false);
    assert!(course.stands());
    assert!(course.last().explanation.is_done);
    assert_eq!(course.last().explanation.reason, Reason::Idle);
}

#[test]
fn who_steps_out_from_behind_a_parked_van_is_not_touched_wherever_we_are_then() {
    let parked = || {
        let mut course = on_straight(1);
        let mut van = Other::person(200.0, -4.7, 0.0, 0.0);
        (van.kind, van.length_m, van.width_m) = (ObjectKind::Car, 5.6, 2.0);
        course.others.push(van);
        course
    };
    let far_end_m = 202.8;
    for reach_m in [0.5, 1.5, 3.0, 4.5, 6.0, 9.0, 12.0, 18.0] {
        let mut course = parked();
        assert!(course.play(90.0, |course| course.last().front_m[0] > far_end_m - reach_m));
        // Its side comes into sight past the van's.
        let heading_rad = std::f64::consts::FRAC_PI_2;
        course
            .others
            .push(Other::person(far_end_m + 0.4, -3.95, heading_rad, 1.5));
        course.play(8.0, |_| false);
        // Who walks on into our side, once our front is past, is not meant.
        let is_hit = |moment: &&Moment| moment.gap_m <= 0.0 && moment.front_m[0] < far_end_m + 0.7;
        let hit = course.moments.iter().find(is_hit);
        assert!(hit.is_none(), "seen from {reach_m} m: {hit:?}");
    }
    // It is passed with more room, at the pace of a careful driver, and comfortably.
    let mut course = parked();
    assert!(course.play(90.0, |course| course.last().front_m[0] > far_end_m + 40.0));
    course.assert_comfortable();
    let beside = course
        .moments
        .iter()
        .filter(|moment| (198.0..far_end_m).contains(&moment.front_m[0]));
    let fastest_mps = beside.clone().map(|moment| moment.speed_mps).fold(0.0, f64::max);
    assert!((2.0..7.0).contains(&fastest_mps), "passes at {fastest_mps} m/s");
    assert!(beside.clone().all(|moment| moment.offset_m > 0.3));
    assert!(
        beside
            .clone()
            .any(|moment| moment.explanation.reason == Reason::Occlusion)
    );
}
