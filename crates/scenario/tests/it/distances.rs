//! Distances kept along and across: cases of our own, from the standard's text.

use crate::playground::{Case, car, event, near, put};

/// Two cars at 10 m/s, `Ego` on lane -2 and 20 m behind `Other` on lane -1, and what Ego does at the start.
fn doing(action: &str) -> Case {
    Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", -2, 50.0, 10.0) + &put("Other", -1, 70.0, 10.0),
        actor: "Ego",
        events: event(0.0, &format!("<PrivateAction>{action}</PrivateAction>")),
        ..Case::default()
    }
}

fn across(freespace: bool, distance_m: f64, displacement: &str, limits: &str) -> Case {
    doing(&format!(
        r#"<LateralAction><LateralDistanceAction entityRef="Other" distance="{distance_m}" freespace="{freespace}" continuous="true"
        coordinateSystem="road" displacement="{displacement}"><DynamicConstraints {limits}/></LateralDistanceAction></LateralAction>"#
    ))
}

fn along(distance_m: f64, displacement: &str) -> Case {
    doing(&format!(
        r#"<LongitudinalAction><LongitudinalDistanceAction entityRef="Other" distance="{distance_m}" freespace="true" continuous="true"
        coordinateSystem="road" displacement="{displacement}"><DynamicConstraints maxAcceleration="3" maxDeceleration="3" maxSpeed="40"/>
        </LongitudinalDistanceAction></LongitudinalAction>"#
    ))
}

#[test]
fn a_speed_limit_alone_bounds_the_way_across() {
    let case = across(false, 1.0, "rightToReferencedEntity", r#"maxSpeed="1""#);
    near(case.at(0, 1.0)[1], -5.25 + 1.0, 0.03);
    near(case.at(0, 4.0)[1], -1.75 - 1.0, 0.001);
    // The speed is that of the path.
    near(case.at(0, 1.0)[0], 50.0 + f64::sqrt(99.0), 0.01);
}

#[test]
fn a_distance_between_boxes_is_reached_on_the_other_side_of_the_other() {
    let case = across(
        true,
        0.5,
        "leftToReferencedEntity",
        r#"maxSpeed="3" maxAcceleration="3""#,
    );
    // Boxes are 2 m wide.
    near(case.at(0, 12.0)[1], -1.75 + 2.5, 0.02);
}

#[test]
fn across_without_limits_the_distance_is_there_at_once() {
    let case = across(false, 2.0, "rightToReferencedEntity", "");
    near(case.at(0, 0.05)[1], -1.75 - 2.0, 1e-6);
}

#[test]
fn one_behind_comes_to_lead_by_the_free_distance() {
    let case = along(10.0, "leadingReferencedEntity");
    let [ego, other] = [0, 1].map(|entity| case.at(entity, 50.0)[0]);
    // Boxes are 4 m long.
    near(ego - other, 14.0, 0.05);
}

#[test]
fn one_behind_trails_by_the_free_distance() {
    let case = along(6.0, "trailingReferencedEntity");
    let [ego, other] = [0, 1].map(|entity| case.at(entity, 30.0)[0]);
    near(other - ego, 10.0, 0.05);
}
