//! Where there is less room or less sight than there seems to be: tight bends, and crossings that others hide.

use crate::course::{Course, Moment, Other, compiled, lanes_between, node, place, street};
use road::RoadNetwork;
use road::builder::{LaneSpec, NodeKind, StreetGraph};
use road::draft::{LaneKind, RoadClass};
use std::f64::consts::{FRAC_PI_2, PI};
use vehicle::{ObjectKind, Reason};

/// A street that turns right by a right angle, as narrow as old towns have them.
fn round_the_corner() -> Course {
    let mut graph = StreetGraph::new("corner");
    let corner = node(&mut graph, 0.0, 0.0, NodeKind::GiveWay);
    for (name, x_m, y_m) in [("west", -150.0, 0.0), ("south", 0.0, -150.0), ("east", 150.0, 0.0)] {
        let end = node(&mut graph, x_m, y_m, NodeKind::Plain);
        let mut street = street(name, end, corner, 1);
        if name == "east" {
            // One way, so that who comes from the south can turn to the west only.
            street.backward.clear();
        }
        graph.add_street(street);
    }
    let network = compiled(&graph);
    let from = place(&network, -100.0, -1.75, 0.0);
    let to = place(&network, -1.75, -140.0, -FRAC_PI_2);
    let lanes = lanes_between(&network, from, to);
    Course::new(network, from, lanes)
}

fn truck(course: &Course, y_m: f64, speed_mps: f64) -> Other {
    let from = place(&course.network, 1.75, y_m, FRAC_PI_2);
    let mut truck = Other::car(from.lane, from.s_m, speed_mps);
    (truck.kind, truck.length_m, truck.width_m) = (ObjectKind::Truck, 10.5, 2.5);
    truck
}

#[test]
fn lets_a_truck_come_round_a_tight_bend_first_whenever_it_comes() {
    let mut waited = 0;
    for away_m in [30.0, 45.0, 60.0, 75.0, 90.0, 105.0] {
        let mut course = round_the_corner();
        course.others.push(truck(&course, -away_m, 4.0));
        assert!(
            course.play(90.0, |course| course.last().front_m[1] < -60.0),
            "{:?}",
            course.last()
        );
        course.assert_no_touch();
        let is_waiting = |moment: &Moment| {
            moment.explanation.rival.is_some() && moment.explanation.reason == Reason::Yield && moment.speed_mps < 0.1
        };
        waited += u32::from(course.moments.iter().any(is_waiting));
    }
    assert!((1..6).contains(&waited), "waited in {waited} of 6");
}

#[test]
fn does_not_wait_at_a_bend_for_cars_which_fit_beside_it() {
    let mut course = round_the_corner();
    let from = place(&course.network, 1.75, -60.0, FRAC_PI_2);
    course.others.push(Other::car(from.lane, from.s_m, 5.0));
    assert!(course.play(90.0, |course| course.last().front_m[1] < -60.0));
    assert!(course.moments.iter().all(|moment| moment.explanation.rival.is_none()));
    course.assert_no_touch();
}

/// Two lanes each way, and people may cross before a side street; no lights.
fn avenue_with_a_crossing() -> RoadNetwork {
    let mut graph = StreetGraph::new("avenue");
    let middle = node(&mut graph, 0.0, 0.0, NodeKind::GiveWay);
    graph.nodes[middle.0 as usize].has_crossings = true;
    for (name, x_m, y_m, lanes) in [
        ("west", -300.0, 0.0, 2),
        ("east", 300.0, 0.0, 2),
        ("south", 0.0, -300.0, 1),
        ("north", 0.0, 300.0, 1),
    ] {
        let end = node(&mut graph, x_m, y_m, NodeKind::Plain);
        let mut street = street(name, end, middle, lanes);
        if y_m == 0.0 {
            street.class = RoadClass::Arterial;
        }
        let sidewalk = LaneSpec::new(LaneKind::Sidewalk, 2.5);
        street.forward.push(sidewalk);
        street.backward.push(sidewalk);
        graph.add_street(street);
    }
    compiled(&graph)
}

#[test]
fn who_comes_out_before_a_car_that_gives_way_at_a_crossing_is_not_touched() {
    let network = avenue_with_a_crossing();
    let from = place(&network, -200.0, -5.25, 0.0);
    let to = place(&network, 250.0, -5.25, 0.0);
    let lanes = lanes_between(&network, from, to);
    let crossing = network
        .crossings()
        .iter()
        .find(|crossing| crossing.from_m[0] < 0.0 && (crossing.from_m[0] - crossing.to_m[0]).abs() < 1.0)
        .expect("a crossing over the avenue's western arm")
        .clone();
    let over_m = 0.5 * (crossing.from_m[0] + crossing.to_m[0]);
    let waits = place(&network, over_m - 0.5 * crossing.width_m - 4.0, -1.75, 0.0);
    for reach_m in [2.0, 4.0, 7.0, 10.0, 15.0, 22.0, 30.0] {
        let mut course = Course::new(avenue_with_a_crossing(), from, lanes.clone());
        course.others.push(Other::car(waits.lane, waits.s_m, 0.0));
        let begin_m = over_m - 0.5 * crossing.width_m;
        assert!(course.play(90.0, |course| course.last().front_m[0] > begin_m - reach_m));
        // From the left, past the waiting car's nose.
        course.others.push(Other::person(over_m, -2.7, PI + FRAC_PI_2, 1.4));
        course.play(8.0, |_| false);
        let is_hit = |moment: &&Moment| moment.gap_m <= 0.0 && moment.front_m[0] < over_m + 0.3;
        let hit = course.moments.iter().find(is_hit);
        assert!(hit.is_none(), "seen from {reach_m} m: {hit:?}");
    }
}
