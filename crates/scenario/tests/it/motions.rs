//! Trajectories, shapes, speed profiles, geo positions and entity selections: cases of our own, from the standard's text.

use crate::playground::{Case, car, event, near, put};
use std::f64::consts::{FRAC_PI_2, PI};

fn private(action: &str) -> String {
    format!("<PrivateAction>{action}</PrivateAction>")
}

fn follow(shape: &str, timing: &str) -> String {
    private(&format!(
        r#"<RoutingAction><FollowTrajectoryAction><TrajectoryRef><Trajectory name="t" closed="false"><ParameterDeclarations/><Shape>{shape}</Shape>
        </Trajectory></TrajectoryRef><TimeReference>{timing}</TimeReference><TrajectoryFollowingMode followingMode="position"/></FollowTrajectoryAction>
        </RoutingAction>"#
    ))
}

fn world(x: f64, y: f64, h: f64) -> String {
    format!(r#"<Position><WorldPosition x="{x}" y="{y}" h="{h}"/></Position>"#)
}

/// A car at 10 m/s that does something at the start.
fn doing(action: &str) -> Case {
    Case {
        entities: car("Ego"),
        init: put("Ego", -1, 50.0, 10.0),
        actor: "Ego",
        events: event(0.0, action),
        ..Case::default()
    }
}

#[test]
fn a_clothoid_of_constant_curvature_is_an_arc() {
    // A quarter of a circle of 100 m takes 50 π m.
    let length_m = 50.0 * PI;
    let shape = format!(
        r#"<Clothoid curvature="0.01" curvatureDot="0" curvaturePrime="0" length="{length_m}">{}</Clothoid>"#,
        world(50.0, -1.75, 0.0)
    );
    let case = doing(&follow(&shape, "<None/>"));
    let [x_m, y_m, heading_rad, speed_mps] = case.at(0, 7.5);
    let turned = 75.0 / 100.0;
    near(x_m, 50.0 + 100.0 * f64::sin(turned), 0.01);
    near(y_m, -1.75 + 100.0 * (1.0 - f64::cos(turned)), 0.01);
    near(heading_rad, turned, 0.01);
    near(speed_mps, 10.0, 1e-6);
    near(case.ends_at_s(), length_m / 10.0, 0.02);
}

#[test]
fn a_clothoid_bends_evenly_more() {
    // Curvature from 0 to 0.02 on 100 m: it turns by the mean curvature times the length, 1 rad.
    let shape = format!(
        r#"<Clothoid curvature="0" curvatureDot="0.0002" curvaturePrime="0.0002" length="100">{}</Clothoid>"#,
        world(50.0, -1.75, 0.0)
    );
    let [_, _, heading_rad, _] = doing(&follow(&shape, "<None/>")).at(0, 9.99);
    near(heading_rad, 1.0, 0.01);
}

#[test]
fn a_nurbs_of_weights_draws_a_quarter_of_a_circle_exactly() {
    let weight = f64::sqrt(0.5);
    let points = [(50.0, 0.0, 1.0), (150.0, 0.0, weight), (150.0, 100.0, 1.0)];
    let points =
        points.map(|(x, y, weight)| format!(r#"<ControlPoint weight="{weight}">{}</ControlPoint>"#, world(x, y, 0.0)));
    let knots = [0, 0, 0, 1, 1, 1]
        .map(|knot| format!(r#"<Knot value="{knot}"/>"#))
        .concat();
    let shape = format!(r#"<Nurbs order="3">{}{knots}</Nurbs>"#, points.concat());
    let case = doing(&follow(&shape, "<None/>"));
    for time_s in [3.0, 8.0, 14.0] {
        let [x_m, y_m, _, _] = case.at(0, time_s);
        near(f64::hypot(x_m - 50.0, y_m - 100.0), 100.0, 0.02);
    }
    let [_, _, heading_rad, _] = case.at(0, 15.6);
    near(heading_rad, FRAC_PI_2, 0.02);
}

#[test]
fn times_of_vertices_count_from_the_start_of_the_action_with_scale_and_offset() {
    let vertex = |time_s: f64, x: f64| format!(r#"<Vertex time="{time_s}">{}</Vertex>"#, world(x, -1.75, 0.0));
    let shape = format!(
        "<Polyline>{}{}{}</Polyline>",
        vertex(0.0, 50.0),
        vertex(2.0, 70.0),
        vertex(4.0, 130.0)
    );
    let timing = |scale: f64, offset_s: f64| {
        format!(r#"<Timing domainAbsoluteRelative="relative" scale="{scale}" offset="{offset_s}"/>"#)
    };
    let at = |scale, offset_s, time_s| doing(&follow(&shape, &timing(scale, offset_s))).at(0, time_s);
    near(at(1.0, 0.0, 3.0)[0], 100.0, 0.4);
    near(at(1.0, 0.0, 3.0)[3], 30.0, 0.01);
    near(at(2.0, 0.0, 1.5)[0], 100.0, 0.8);
    near(at(1.0, 1.0, 2.0)[0], 100.0, 0.4);
}

#[test]
fn a_speed_profile_passes_its_entries_at_their_times() {
    let entries = r#"<SpeedProfileEntry time="0" speed="10"/><SpeedProfileEntry time="4" speed="18"/><SpeedProfileEntry time="2" speed="14"/>"#;
    let action = format!(
        r#"<LongitudinalAction><SpeedProfileAction followingMode="position">{entries}</SpeedProfileAction></LongitudinalAction>"#
    );
    let case = doing(&private(&action));
    near(case.at(0, 2.0)[3], 14.0, 0.05);
    near(case.at(0, 4.0)[3], 18.0, 0.05);
    near(case.at(0, 5.0)[3], 16.0, 0.05);
    near(case.at(0, 8.0)[3], 14.0, 1e-6);
    near(case.ends_at_s(), 6.0, 0.02);
}

#[test]
fn shapes_pass_their_known_middle_and_are_steepest_there() {
    let change = |shape: &str| {
        doing(&private(&format!(
            r#"<LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="{shape}" dynamicsDimension="time" value="4"/><SpeedActionTarget>
            <AbsoluteTargetSpeed value="18"/></SpeedActionTarget></SpeedAction></LongitudinalAction>"#
        )))
    };
    // A quarter of the way through: 1/4, (1 - cos π/4)/2, 3/16 - 2/64.
    for (shape, part) in [("linear", 0.25), ("sinusoidal", 0.146_447), ("cubic", 0.156_25)] {
        near(change(shape).at(0, 1.0)[3], 10.0 + 8.0 * part, 0.05);
        near(change(shape).at(0, 2.0)[3], 14.0, 0.05);
        near(change(shape).at(0, 5.0)[3], 18.0, 1e-6);
    }
    near(change("step").at(0, 0.0)[3], 18.0, 1e-6);
}

#[test]
fn a_lane_change_of_a_rate_is_steepest_at_that_rate() {
    // Across 3.5 m at no more than 1 m/s: a sinusoid takes 3.5 π/2 s.
    let case = doing(&private(
        r#"<LateralAction><LaneChangeAction><LaneChangeActionDynamics dynamicsShape="sinusoidal" dynamicsDimension="rate" value="1"/><LaneChangeTarget>
        <AbsoluteTargetLane value="-2"/></LaneChangeTarget></LaneChangeAction></LateralAction>"#,
    ));
    near(case.ends_at_s(), 1.75 * PI, 0.02);
    near(case.at(0, 0.875 * PI)[1], -3.5, 0.02);
    near(case.at(0, 7.0)[1], -5.25, 1e-6);
}

#[test]
fn a_geo_position_is_where_the_projection_of_the_map_puts_it() {
    // The map's origin is at 29.3° N, 105.9° E; a hundredth of a degree of latitude is 1108.4 m there on WGS 84.
    let case = Case {
        entities: car("Ego"),
        init: crate::playground::put_at(
            "Ego",
            r#"<GeoPosition latitudeDeg="29.301" longitudeDeg="105.9" height="0"/>"#,
            0.0,
        ),
        ..Case::default()
    };
    let [x_m, y_m, _, _] = case.at(0, 0.0);
    near(x_m, 0.0, 0.01);
    near(y_m, 110.84, 0.05);
}

#[test]
fn a_selection_acts_as_all_its_members() {
    let selection = r#"<EntitySelection name="both"><Members><EntityRef entityRef="A"/><EntityRef entityRef="B"/></Members></EntitySelection>"#;
    let case = Case {
        entities: car("A") + &car("B") + selection,
        init: put("A", -1, 50.0, 10.0) + &put("B", -2, 50.0, 10.0),
        actor: "both",
        events: event(
            1.0,
            &private(&format!(
                "<LongitudinalAction>{}</LongitudinalAction>",
                crate::playground::speed("step", 0.0, 3.0)
            )),
        ),
        ..Case::default()
    };
    assert_eq!([0, 1].map(|entity| case.at(entity, 2.0)[3]), [3.0, 3.0]);
}
