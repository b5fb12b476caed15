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

#[test]
fn a_trajectory_puts_whoever_has_no_place_yet() {
    let at = |x: f64| world_without_heading(x, 0.0);
    let shape = format!(
        "<Polyline><Vertex>{}</Vertex><Vertex>{}</Vertex></Polyline>",
        at(100.0),
        at(300.0)
    );
    let go = private(&format!(
        "<LongitudinalAction>{}</LongitudinalAction>",
        crate::playground::speed("step", 0.0, 10.0)
    ));
    let case = Case {
        entities: car("Ego"),
        init: format!(
            r#"<Private entityRef="Ego">{}{go}</Private>"#,
            follow(&shape, "<None/>")
        ),
        ..Case::default()
    };
    assert!(case.problems().is_empty());
    let is_there = case.play(|_| {}, |player| Some(player.bodies()[0].is_active));
    assert_eq!(is_there, Some(true));
    near(case.at(0, 3.0)[0], 130.0, 0.02);
}

#[test]
fn a_clothoid_spline_goes_from_piece_to_piece_with_its_turns_and_times() {
    // 50 m straight, a quarter of a circle of 20 m, and 50 m straight on, to the left.
    let arc_m = 10.0 * PI;
    let piece = |from: f64, to: f64, length_m: f64, time_s: f64, start: &str| {
        format!(
            r#"<Segment curvatureStart="{from}" curvatureEnd="{to}" length="{length_m}" hOffset="0" timeStart="{time_s}">{start}</Segment>"#
        )
    };
    let start = format!(
        "<PositionStart>{}</PositionStart>",
        r#"<WorldPosition x="50" y="0" h="0"/>"#
    );
    let shape = format!(
        r#"<ClothoidSpline timeEnd="16">{}{}{}</ClothoidSpline>"#,
        piece(0.0, 0.0, 50.0, 0.0, &start),
        piece(0.05, 0.05, arc_m, 5.0, ""),
        piece(0.0, 0.0, 50.0, 11.0, "")
    );
    let at_speed = doing(&follow(&shape, "<None/>"));
    near(at_speed.at(0, 5.0)[0], 100.0, 0.02);
    let [x_m, y_m, heading_rad, _] = at_speed.at(0, 5.0 + arc_m / 10.0 + 2.0);
    near(x_m, 120.0, 0.02);
    near(y_m, 40.0, 0.1);
    near(heading_rad, FRAC_PI_2, 0.01);
    let timed = doing(&follow(
        &shape,
        r#"<Timing domainAbsoluteRelative="relative" scale="1" offset="0"/>"#,
    ));
    // Halfway round the bend at 8 s, halfway along the last piece at 13.5 s.
    let [x_m, y_m, heading_rad, speed_mps] = timed.at(0, 8.0);
    near(x_m, 100.0 + 20.0 * f64::sin(0.25 * PI), 0.06);
    near(y_m, 20.0 * (1.0 - f64::cos(0.25 * PI)), 0.06);
    near(heading_rad, 0.25 * PI, 0.01);
    near(speed_mps, arc_m / 6.0, 0.01);
    near(timed.at(0, 13.5)[1], 20.0 + 25.0, 0.11);
}

#[test]
fn a_clothoid_spline_that_does_not_say_where_begins_where_its_actor_is() {
    let shape =
        r#"<ClothoidSpline><ClothoidSplineSegment curvatureStart="0" curvatureEnd="0" length="30"/></ClothoidSpline>"#;
    let [x_m, y_m, heading_rad, _] = doing(&follow(shape, "<None/>")).at(0, 2.0);
    near(x_m, 70.0, 0.02);
    near(y_m, -1.75, 1e-6);
    near(heading_rad, 0.0, 1e-6);
}

#[test]
fn where_traffic_keeps_left_one_looks_the_other_way() {
    let relative = r#"<RelativeLanePosition entityRef="Ego" dLane="1" ds="20" offset="0"/>"#;
    let case = Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", 1, 50.0, 10.0) + &crate::playground::put_at("Other", relative, 0.0),
        keeps_left: true,
        ..Case::default()
    };
    let [x_m, y_m, heading_rad, _] = case.at(0, 1.0);
    near(x_m, 60.0, 0.01);
    near(y_m, 1.75, 1e-6);
    near(heading_rad, 0.0, 1e-6);
    // One lane to the left of whoever drives along +s, and ahead.
    let [x_m, y_m, heading_rad, _] = case.at(1, 1.0);
    near(x_m, 70.0, 0.01);
    near(y_m, 5.25, 1e-6);
    near(heading_rad, 0.0, 1e-6);
}

fn rectangle(closed: bool, offset_m: f64) -> String {
    let corners = [(50.0, 0.0), (90.0, 0.0), (90.0, 30.0), (50.0, 30.0)];
    let vertices = corners.map(|(x, y)| format!(r#"<Vertex>{}</Vertex>"#, world_without_heading(x, y)));
    private(&format!(
        r#"<RoutingAction><FollowTrajectoryAction initialDistanceOffset="{offset_m}"><TrajectoryRef><Trajectory name="t" closed="{closed}">
        <ParameterDeclarations/><Shape><Polyline>{}</Polyline></Shape></Trajectory></TrajectoryRef><TimeReference><None/></TimeReference>
        <TrajectoryFollowingMode followingMode="position"/></FollowTrajectoryAction></RoutingAction>"#,
        vertices.concat()
    ))
}

fn world_without_heading(x: f64, y: f64) -> String {
    format!(r#"<Position><WorldPosition x="{x}" y="{y}"/></Position>"#)
}

#[test]
fn a_closed_trajectory_is_gone_round_and_round_and_one_may_begin_on_the_way() {
    let round = doing(&rectangle(true, 0.0));
    // 140 m round at 10 m/s: at 17 s it is 30 m into the second round.
    for (time_s, x_m, y_m) in [
        (5.0, 90.0, 10.0),
        (9.0, 70.0, 30.0),
        (13.0, 50.0, 10.0),
        (17.0, 80.0, 0.0),
    ] {
        let found = round.at(0, time_s);
        near(found[0], x_m, 0.02);
        near(found[1], y_m, 0.02);
    }
    let later = doing(&rectangle(false, 60.0)).at(0, 2.0);
    near(later[0], 80.0, 0.02);
    near(later[1], 30.0, 0.02);
}

#[test]
fn absolute_times_of_a_trajectory_count_from_the_start_of_the_simulation() {
    let vertex = |time_s: f64, x: f64| format!(r#"<Vertex time="{time_s}">{}</Vertex>"#, world(x, -1.75, 0.0));
    let shape = format!("<Polyline>{}{}</Polyline>", vertex(0.0, 50.0), vertex(10.0, 250.0));
    let follow = follow(
        &shape,
        r#"<Timing domainAbsoluteRelative="absolute" scale="1" offset="0"/>"#,
    );
    let case = Case {
        events: event(3.0, &follow),
        ..doing("")
    };
    near(case.at(0, 5.0)[0], 150.0, 0.25);
    near(case.at(0, 5.0)[3], 20.0, 0.01);
}

fn lane_change(shape: &str, dimension: &str, value: f64, offset_m: f64) -> Case {
    doing(&private(&format!(
        r#"<LateralAction><LaneChangeAction targetLaneOffset="{offset_m}"><LaneChangeActionDynamics dynamicsShape="{shape}"
        dynamicsDimension="{dimension}" value="{value}"/><LaneChangeTarget><RelativeTargetLane entityRef="Ego" value="-1"/></LaneChangeTarget>
        </LaneChangeAction></LateralAction>"#
    )))
}

#[test]
fn a_lane_change_passes_its_shape_over_time_and_over_distance() {
    // A quarter of the way through, as in the shapes of speeds.
    for (shape, part) in [("linear", 0.25), ("sinusoidal", 0.146_447), ("cubic", 0.156_25)] {
        let over_time = lane_change(shape, "time", 4.0, 0.0);
        near(over_time.at(0, 1.0)[1], -1.75 - 3.5 * part, 0.01);
        near(over_time.at(0, 2.0)[1], -3.5, 0.01);
        near(over_time.at(0, 4.1)[1], -5.25, 1e-9);
        near(over_time.ends_at_s(), 4.0, 0.02);
        // 40 m along the lane; the path is a little longer.
        let over_distance = lane_change(shape, "distance", 40.0, 0.0);
        near(over_distance.at(0, 2.0)[1], -3.5, 0.05);
        near(over_distance.ends_at_s(), 4.02, 0.03);
    }
    near(lane_change("step", "time", 0.0, 0.0).at(0, 0.05)[1], -5.25, 1e-9);
    near(
        lane_change("sinusoidal", "time", 3.0, 0.4).at(0, 4.0)[1],
        -5.25 + 0.4,
        1e-9,
    );
}

#[test]
fn a_lane_offset_comes_as_fast_as_its_lateral_acceleration_allows() {
    let offset = |shape: &str, target: &str| {
        doing(&private(&format!(
            r#"<LateralAction><LaneOffsetAction continuous="false"><LaneOffsetActionDynamics dynamicsShape="{shape}" maxLateralAcc="0.5"/>
            <LaneOffsetTarget>{target}</LaneOffsetTarget></LaneOffsetAction></LateralAction>"#
        )))
    };
    let absolute = r#"<AbsoluteTargetLaneOffset value="1"/>"#;
    // A half cosine of 1 m peaks at π²/2T² m/s², a cubic at 6/T².
    for (shape, lasts_s) in [("sinusoidal", PI), ("cubic", f64::sqrt(12.0))] {
        let case = offset(shape, absolute);
        near(case.ends_at_s(), lasts_s, 0.03);
        near(case.at(0, 0.5 * lasts_s)[1], -1.75 + 0.5, 0.02);
        near(case.at(0, lasts_s + 0.1)[1], -1.75 + 1.0, 1e-9);
    }
    near(offset("step", absolute).at(0, 0.05)[1], -1.75 + 1.0, 1e-9);
    // 0.6 m to the right of where its reference is, which is itself in the middle of the lane.
    near(
        offset("step", r#"<RelativeTargetLaneOffset entityRef="Ego" value="-0.6"/>"#).at(0, 0.05)[1],
        -1.75 - 0.6,
        1e-9,
    );
}

#[test]
fn a_synchronized_actor_is_at_its_place_when_its_master_is_at_the_other() {
    // The master needs 10 s for 150 m; the actor has 100 m to go and 12 m/s to come to.
    let synchronize = private(
        r#"<SynchronizeAction masterEntityRef="Master"><TargetPositionMaster><LanePosition roadId="0" laneId="-2" s="200"/></TargetPositionMaster>
        <TargetPosition><LanePosition roadId="0" laneId="-1" s="150"/></TargetPosition><FinalSpeed><AbsoluteSpeed value="12"/></FinalSpeed>
        </SynchronizeAction>"#,
    );
    let case = Case {
        entities: car("Ego") + &car("Master"),
        init: put("Ego", -1, 50.0, 6.0) + &put("Master", -2, 50.0, 15.0),
        actor: "Ego",
        events: event(0.0, &synchronize),
        ..Case::default()
    };
    let [x_m, _, _, speed_mps] = case.at(0, 10.0);
    near(x_m, 150.0, 0.2);
    near(speed_mps, 12.0, 0.1);
    near(case.ends_at_s(), 10.0, 0.03);
}

#[test]
fn a_speed_profile_that_is_followed_keeps_its_jerk() {
    // From 10 to 18 m/s within 4 m/s² and 4 m/s³: a second up, a second along, a second down.
    let case = doing(&private(
        r#"<LongitudinalAction><SpeedProfileAction followingMode="follow"><DynamicConstraints maxAcceleration="4" maxDeceleration="4"
        maxAccelerationRate="4" maxDecelerationRate="4"/><SpeedProfileEntry speed="18"/></SpeedProfileAction></LongitudinalAction>"#,
    ));
    for (time_s, speed_mps) in [(1.0, 12.0), (2.0, 16.0), (3.0, 18.0), (4.0, 18.0)] {
        near(case.at(0, time_s)[3], speed_mps, 0.05);
    }
    near(case.ends_at_s(), 3.0, 0.02);
}

#[test]
fn a_selection_by_type_holds_all_of_a_kind() {
    let selection =
        r#"<EntitySelection name="all"><Members><ByType objectType="vehicle"/></Members></EntitySelection>"#;
    let halt = event(
        1.0,
        &private(&format!(
            "<LongitudinalAction>{}</LongitudinalAction>",
            crate::playground::speed("step", 0.0, 0.0)
        )),
    );
    let case = Case {
        entities: car("A") + &car("B") + selection,
        init: put("A", -1, 50.0, 10.0) + &put("B", -2, 50.0, 10.0),
        actor: "all",
        events: halt,
        ..Case::default()
    };
    assert_eq!([0, 1].map(|entity| case.at(entity, 2.0)[3]), [0.0, 0.0]);
}
