//! Right of way, lights and people at junctions.

use crate::course::{Course, Other, crossroads, lanes_between, place};
use road::builder::NodeKind;
use road::{LaneId, LanePosition, SignalColour};
use std::f64::consts::{FRAC_PI_2, PI};
use vehicle::Reason;

fn through_crossroads(kind: NodeKind, has_crossings: bool, from: (f64, f64, f64), to: (f64, f64, f64)) -> Course {
    let network = crossroads(kind, has_crossings);
    let from = place(&network, from.0, from.1, from.2);
    let to = place(&network, to.0, to.1, to.2);
    let lanes = lanes_between(&network, from, to);
    Course::new(network, from, lanes)
}

fn lane_at(course: &Course, x_m: f64, y_m: f64, heading_rad: f64) -> LanePosition {
    place(&course.network, x_m, y_m, heading_rad)
}

/// The lane that crosses the junction.
fn junction_lane(course: &Course) -> LaneId {
    let crosses = |lane: &&LaneId| course.network.lane(**lane).junction.is_some();
    *course
        .mission
        .lanes
        .iter()
        .find(crosses)
        .expect("a way through the junction")
}

const WEST: (f64, f64, f64) = (-200.0, -1.75, 0.0);
const EAST: (f64, f64, f64) = (250.0, -1.75, 0.0);
const SOUTH: (f64, f64, f64) = (1.75, -200.0, FRAC_PI_2);
const NORTH: (f64, f64, f64) = (1.75, 250.0, FRAC_PI_2);

#[test]
fn stops_before_a_red_light_and_goes_at_green() {
    let mut course = through_crossroads(NodeKind::Signals, false, WEST, EAST);
    course.lights = Some(SignalColour::Red);
    assert!(course.play(60.0, Course::stands), "{:?}", course.last());
    assert_eq!(course.last().explanation.reason, Reason::Signal);
    let gate = junction_lane(&course);
    let start = course.network.lane_pose(LanePosition {
        lane: gate,
        s_m: 0.0,
        offset_m: 0.0,
    });
    let before_m = start.x_m - course.last().front_m[0];
    assert!((0.3..2.5).contains(&before_m), "stands {before_m} m before the line");
    course.lights = Some(SignalColour::Green);
    assert!(
        course.play(90.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    course.assert_comfortable();
}

#[test]
fn at_amber_it_stops_if_that_is_gentle_and_drives_on_otherwise() {
    for (distance_m, goes_on) in [(60.0, false), (12.0, true)] {
        let mut course = through_crossroads(NodeKind::Signals, false, WEST, EAST);
        course.lights = Some(SignalColour::Green);
        let gate = junction_lane(&course);
        let line_m = course
            .network
            .lane_pose(LanePosition {
                lane: gate,
                s_m: 0.0,
                offset_m: 0.0,
            })
            .x_m;
        assert!(course.play(60.0, |course| line_m - course.last().front_m[0] < distance_m));
        course.lights = Some(SignalColour::Amber);
        let passed = course.play(12.0, |course| course.last().front_m[0] > line_m + 3.0);
        assert_eq!(passed, goes_on, "{distance_m} m before the line at {:?}", course.last());
    }
}

#[test]
fn gives_way_to_the_greater_street_and_takes_the_gap_after() {
    let mut course = through_crossroads(NodeKind::GiveWay, false, SOUTH, NORTH);
    for i in 0..6 {
        let from = lane_at(&course, -290.0 + 30.0 * f64::from(i), -1.75, 0.0);
        course.others.push(Other::car(from.lane, from.s_m, 11.0));
    }
    assert!(
        course.play(120.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    assert!(
        course
            .moments
            .iter()
            .any(|moment| moment.explanation.reason == Reason::Yield)
    );
    course.assert_no_touch();
    course.assert_comfortable();
}

#[test]
fn does_not_wait_on_the_greater_street_for_those_who_must() {
    let mut course = through_crossroads(NodeKind::GiveWay, false, WEST, EAST);
    let waits = lane_at(&course, 1.75, -16.0, FRAC_PI_2);
    course.others.push(Other::car(waits.lane, waits.s_m, 0.0));
    assert!(
        course.play(90.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    let slowest = course
        .moments
        .iter()
        .filter(|moment| moment.front_m[0].abs() < 40.0)
        .map(|moment| moment.speed_mps);
    assert!(slowest.fold(f64::INFINITY, f64::min) > 10.0);
}

#[test]
fn turning_left_at_green_it_lets_those_come_who_come_towards_it() {
    let mut course = through_crossroads(NodeKind::Signals, false, WEST, NORTH);
    course.lights = Some(SignalColour::Green);
    for i in 0..5 {
        let from = lane_at(&course, 120.0 + 35.0 * f64::from(i), 1.75, PI);
        course.others.push(Other::car(from.lane, from.s_m, 11.0));
    }
    // They keep straight on.
    let straight = lane_at(&course, 0.0, 1.75, PI);
    for other in &mut course.others {
        other.indicator = vehicle::Indicator::Off;
    }
    assert!(course.network.lane(straight.lane).junction.is_some());
    assert!(
        course.play(120.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    course.assert_no_touch();
}

#[test]
fn waits_for_a_person_on_the_crossing() {
    let mut course = through_crossroads(NodeKind::GiveWay, true, WEST, EAST);
    let crossing = course.network.crossings().iter().position(|crossing| {
        crossing
            .lanes
            .iter()
            .any(|(lane, _, _)| course.mission.lanes.contains(lane))
            && crossing.from_m[0] < 0.0
    });
    let crossing = course.network.crossings()[crossing.expect("a crossing on the way")].clone();
    let (from, to) = (crossing.from_m, crossing.to_m);
    let heading = (to[1] - from[1]).atan2(to[0] - from[0]);
    course.play(12.0, |_| false);
    course.others.push(Other::person(
        from[0] - 2.0 * heading.cos(),
        from[1] - 2.0 * heading.sin(),
        heading,
        0.9,
    ));
    assert!(
        course.play(120.0, |course| course.last().explanation.is_done),
        "{:?}",
        course.last()
    );
    assert!(
        course
            .moments
            .iter()
            .any(|moment| moment.explanation.reason == Reason::Crossing)
    );
    course.assert_no_touch();
}
