//! Observers against cases computed by hand: margins, departures, accelerations, with time, place and actors.

use crate::playground::{Case, car, event, near, put, put_at, speed};
use scenario::measures::{Measure, Measures, Name, Side};

fn measured(case: &Case) -> Measures {
    let mut measures = Measures::default();
    case.play::<()>(
        |_| {},
        |player| {
            measures.observe(player, 0.01);
            None
        },
    );
    measures
}

fn worst(case: &Case, name: Name) -> Measure {
    let measures = measured(case);
    let found = measures.worst().find(|measure| measure.name == name);
    found.unwrap_or_else(|| panic!("no {}", name.word())).clone()
}

/// The first car changes to a speed at 2 s, within a time.
fn changing(from_mps: f64, to_mps: f64, within_s: f64) -> Case {
    let action = format!(
        "<PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>",
        speed("linear", within_s, to_mps)
    );
    Case {
        entities: car("A"),
        init: put("A", -1, 50.0, from_mps),
        actor: "A",
        events: event(2.0, &action),
        ..Case::default()
    }
}

#[test]
fn acceleration_and_deceleration_are_the_slope_of_the_speed() {
    let faster = worst(&changing(5.0, 13.0, 4.0), Name::Acceleration);
    near(faster.value, 2.0, 1e-6);
    assert!((2.0..6.1).contains(&faster.time_s), "{}", faster.time_s);
    near(worst(&changing(13.0, 5.0, 2.0), Name::Deceleration).value, 4.0, 1e-6);
}

#[test]
fn jerk_is_the_change_of_acceleration_in_a_step() {
    // From 0 to 2 m/s² within one step of 0.01 s.
    near(worst(&changing(5.0, 13.0, 4.0), Name::Jerk).value, 200.0, 1e-3);
}

#[test]
fn the_margin_of_rss_is_the_gap_beyond_the_safe_distance() {
    // Both at 10 m/s, boxes 20 m apart: 10·0.5 + 3.5·0.5²/2 + 11.75²/8 - 10²/16 = 16.4453 m are safe.
    let case = Case {
        entities: car("A") + &car("B"),
        init: put("A", -1, 50.0, 10.0) + &put("B", -1, 74.0, 10.0),
        ..Case::default()
    };
    let found = worst(&case, Name::RssMargin);
    near(found.value, 20.0 - 16.445_312_5, 1e-6);
    assert_eq!(found.actors, [0, 1]);
    near(worst(&case, Name::TimeHeadway).value, 2.0, 1e-6);
}

#[test]
fn the_lateral_margin_is_the_gap_between_those_beside_each_other() {
    // Lanes 3.5 m apart, boxes 2 m wide; A passes B, whose middle lies 60 m on.
    let case = Case {
        entities: car("A") + &car("B"),
        init: put("A", -1, 50.0, 10.0) + &put("B", -2, 110.0, 0.0),
        ..Case::default()
    };
    let found = worst(&case, Name::LateralMargin);
    near(found.value, 1.5, 1e-6);
    near(found.time_s, 5.6, 0.03);
    near(found.place_m[0], 106.0, 0.3);
    assert_eq!(found.actors, [0, 1]);
}

#[test]
fn a_lane_departure_is_what_reaches_over_the_edge() {
    // 1.2 m off the middle with half a width of 1 m in a lane of 3.5 m: 0.45 m over.
    let case = |offset_m: f64| Case {
        entities: car("A"),
        init: put_at(
            "A",
            &format!(r#"<LanePosition roadId="0" laneId="-1" s="50" offset="{offset_m}"/>"#),
            10.0,
        ),
        ..Case::default()
    };
    near(worst(&case(1.2), Name::LaneDeparture).value, 0.45, 1e-6);
    near(worst(&case(0.5), Name::LaneDeparture).value, -0.25, 1e-6);
}

#[test]
fn a_blow_on_the_side_is_told_as_one_with_its_speed_and_place() {
    // The ego stands across the way of the other at the crossing of both roads, which comes from its right at 8 m/s.
    let case = Case {
        entities: car("A") + &car("B"),
        init: put("A", -1, 601.75, 0.0)
            + &put_at("B", r#"<LanePosition roadId="1" laneId="-1" s="250" offset="0"/>"#, 8.0),
        ..Case::default()
    };
    let measures = measured(&case);
    let found = measures.collisions().next().expect("a collision");
    near(found.impact_mps, 8.0, 1e-6);
    assert_eq!(found.sides, [Side::Right, Side::Front]);
    // From y = -50 to where its front is at A's side, y = -1.75 - 1 - 2.
    near(found.time_s, (50.0 - 4.75) / 8.0, 0.011);
}
