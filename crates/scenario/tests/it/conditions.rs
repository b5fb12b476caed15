//! When conditions come to hold, with edges, delays and groups: cases of our own, worked out by hand.

use crate::playground::{Case, NOTE, by_entities, car, event, near, put, put_at, speed, told_s, when};

/// One step, in which a condition that comes to hold between two steps is seen.
const STEP_S: f64 = 0.011;

/// `A` at 10 m/s from s = 50 on lane -1; `B` at 15 m/s from s = 20, on `lane`. Boxes are 4 m long and 2 m wide.
fn pursuit(lane: i32, events: String) -> Case {
    Case {
        entities: car("A") + &car("B"),
        init: put("A", -1, 50.0, 10.0) + &put("B", lane, 20.0, 15.0),
        events,
        ..Case::default()
    }
}

/// When a condition on `name` first holds in the pursuit.
fn pursued_s(lane: i32, name: &str, condition: &str, edge: &str) -> Option<f64> {
    told_s(
        &pursuit(lane, when(&by_entities("any", &[name], condition), edge)),
        |_| {},
    )
}

fn holds_at(found_s: Option<f64>, expected_s: f64) {
    near(found_s.expect("it comes to hold"), expected_s, STEP_S);
}

#[test]
fn times_to_another_count_from_the_reference_points_or_between_the_boxes() {
    // The gap of 30 m shrinks by 5 m/s; the boxes take 4 m of it.
    let headway = |freespace: bool| {
        format!(
            r#"<TimeHeadwayCondition entityRef="A" value="1" freespace="{freespace}" rule="lessThan" coordinateSystem="road"
            relativeDistanceType="longitudinal"/>"#
        )
    };
    let collision = |freespace: bool| {
        format!(
            r#"<TimeToCollisionCondition value="2" freespace="{freespace}" rule="lessThan" coordinateSystem="road"
            relativeDistanceType="longitudinal"><TimeToCollisionConditionTarget><EntityRef entityRef="A"/></TimeToCollisionConditionTarget>
            </TimeToCollisionCondition>"#
        )
    };
    holds_at(pursued_s(-1, "B", &headway(false), "none"), 3.0);
    holds_at(pursued_s(-1, "B", &headway(true), "none"), 2.2);
    holds_at(pursued_s(-1, "B", &collision(false), "none"), 4.0);
    holds_at(pursued_s(-1, "B", &collision(true), "none"), 3.2);
}

#[test]
fn distances_to_another_are_along_across_or_straight() {
    let distance = |part: &str, system: &str, freespace: bool, value_m: f64| {
        format!(
            r#"<RelativeDistanceCondition entityRef="A" value="{value_m}" freespace="{freespace}" rule="lessThan" coordinateSystem="{system}"
            relativeDistanceType="{part}"/>"#
        )
    };
    for system in ["entity", "road", "lane"] {
        holds_at(
            pursued_s(-2, "B", &distance("longitudinal", system, false, 10.0), "none"),
            4.0,
        );
        holds_at(
            pursued_s(-2, "B", &distance("longitudinal", system, true, 10.0), "none"),
            3.2,
        );
        assert_eq!(
            pursued_s(-2, "B", &distance("lateral", system, false, 3.4), "none"),
            None
        );
        holds_at(
            pursued_s(-2, "B", &distance("lateral", system, false, 3.6), "none"),
            0.0,
        );
        assert_eq!(
            pursued_s(-2, "B", &distance("lateral", system, true, 1.4), "none"),
            None
        );
        holds_at(pursued_s(-2, "B", &distance("lateral", system, true, 1.6), "none"), 0.0);
    }
    // 3.5 m aside and 12 m behind are 12.5 m.
    holds_at(
        pursued_s(-2, "B", &distance("euclidianDistance", "entity", false, 12.5), "none"),
        3.6,
    );
}

#[test]
fn distances_to_a_place_and_the_way_gone_are_counted() {
    let place = r#"<DistanceCondition value="20" freespace="false" rule="lessThan" coordinateSystem="road" relativeDistanceType="longitudinal">
        <Position><LanePosition roadId="0" laneId="-1" s="150"/></Position></DistanceCondition>"#;
    holds_at(pursued_s(-1, "A", place, "none"), 8.0);
    holds_at(
        pursued_s(-1, "A", r#"<TraveledDistanceCondition value="30"/>"#, "none"),
        3.0,
    );
}

#[test]
fn speeds_and_accelerations_are_those_of_the_moment() {
    // From 10 to 20 m/s within 5 s.
    let hastens_s = |condition: &str, edge: &str| {
        let hastens = event(
            0.0,
            &format!(
                "<PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>",
                speed("linear", 5.0, 20.0)
            ),
        );
        let case = Case {
            actor: "A",
            ..pursuit(-2, hastens + &when(&by_entities("any", &["A"], condition), edge))
        };
        told_s(&case, |_| {})
    };
    holds_at(
        hastens_s(r#"<SpeedCondition value="15" rule="greaterThan"/>"#, "none"),
        2.5,
    );
    holds_at(
        hastens_s(
            r#"<SpeedCondition value="15" rule="greaterThan" direction="longitudinal"/>"#,
            "none",
        ),
        2.5,
    );
    assert_eq!(
        hastens_s(
            r#"<SpeedCondition value="1" rule="greaterThan" direction="lateral"/>"#,
            "none"
        ),
        None
    );
    holds_at(
        hastens_s(
            r#"<RelativeSpeedCondition entityRef="B" value="3" rule="greaterThan"/>"#,
            "none",
        ),
        4.0,
    );
    let slack = r#"<AccelerationCondition value="1" rule="lessThan" direction="longitudinal"/>"#;
    near(hastens_s(slack, "rising").expect("it ceases"), 5.0, 0.021);
    let hard = r#"<AccelerationCondition value="1.9" rule="greaterThan" direction="longitudinal"/>"#;
    near(hastens_s(hard, "none").expect("it hastens"), 0.0, 0.031);
}

#[test]
fn standing_the_end_of_the_road_and_being_off_it_count_from_when_they_began() {
    let told = |init: String, events: String, condition: &str| {
        let case = Case {
            entities: car("A"),
            init,
            actor: "A",
            events: events + &when(&by_entities("any", &["A"], condition), "none"),
            ..Case::default()
        };
        told_s(&case, |_| {})
    };
    let stops = event(
        0.0,
        &format!(
            "<PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>",
            speed("linear", 2.0, 0.0)
        ),
    );
    near(
        told(
            put("A", -1, 50.0, 10.0),
            stops,
            r#"<StandStillCondition duration="2"/>"#,
        )
        .expect("it stands"),
        4.0,
        0.021,
    );
    let end = told(
        put("A", -1, 950.0, 10.0),
        String::new(),
        r#"<EndOfRoadCondition duration="1"/>"#,
    );
    near(end.expect("the road ends"), 6.0, 0.021);
    let aside = put_at("A", r#"<WorldPosition x="100" y="-20"/>"#, 1.0);
    near(
        told(aside, String::new(), r#"<OffroadCondition duration="1"/>"#).expect("it is off the road"),
        1.0,
        0.021,
    );
}

#[test]
fn boxes_that_touch_collide_with_one_or_with_any_of_a_kind() {
    // 26 m at 5 m/s.
    let with = |what: &str| format!("<CollisionCondition>{what}</CollisionCondition>");
    holds_at(pursued_s(-1, "B", &with(r#"<EntityRef entityRef="A"/>"#), "none"), 5.2);
    holds_at(pursued_s(-1, "B", &with(r#"<ByType type="vehicle"/>"#), "none"), 5.2);
    assert_eq!(
        pursued_s(-1, "B", &with(r#"<ByType type="pedestrian"/>"#), "none"),
        None
    );
    assert_eq!(pursued_s(-2, "B", &with(r#"<EntityRef entityRef="A"/>"#), "none"), None);
}

#[test]
fn a_lane_is_clear_until_somebody_comes_near_on_it() {
    let clearance = |from: i32, to: i32| {
        format!(
            r#"<RelativeClearanceCondition distanceBackward="10" distanceForward="5" freeSpace="true" oppositeLanes="false">
            <RelativeLaneRange from="{from}" to="{to}"/></RelativeClearanceCondition>"#
        )
    };
    // B, a lane to the right, is 10 m behind with its front at 3.2 s.
    holds_at(pursued_s(-2, "A", &clearance(-1, -1), "falling"), 3.2);
    holds_at(pursued_s(-2, "A", &clearance(-1, 0), "falling"), 3.2);
    assert_eq!(pursued_s(-2, "A", &clearance(0, 1), "falling"), None);
    // It is past, 5 m ahead with its tail, when it has gained 30 + 4 + 5 m.
    holds_at(pursued_s(-2, "A", &clearance(-1, -1), "rising"), 7.8);
}

#[test]
fn angles_are_against_the_map_the_road_or_another() {
    let told = |condition: &str| {
        let turned =
            r#"<LanePosition roadId="0" laneId="-1" s="50"><Orientation type="relative" h="0.5"/></LanePosition>"#;
        let case = Case {
            entities: car("A") + &car("B"),
            init: put_at("A", turned, 0.0) + &put("B", 1, 50.0, 0.0),
            events: when(&by_entities("any", &["A"], condition), "none"),
            ..Case::default()
        };
        told_s(&case, |_| {}).is_some()
    };
    let angle = |angle: f64, system: &str| {
        format!(
            r#"<AngleCondition angleType="heading" angle="{angle}" angleTolerance="0.1" coordinateSystem="{system}"/>"#
        )
    };
    assert!(told(&angle(0.45, "world")) && told(&angle(0.55, "road")));
    assert!(!told(&angle(0.3, "world")) && !told(&angle(0.7, "road")));
    // B looks the other way.
    let relative = |angle: f64| {
        format!(
            r#"<RelativeAngleCondition entityRef="B" angleType="heading" angle="{angle}" angleTolerance="0.1" coordinateSystem="entity"/>"#
        )
    };
    assert!(told(&relative(0.5 - std::f64::consts::PI)) && !told(&relative(0.5)));
}

fn at_least(time_s: f64, edge: &str, delay_s: f64) -> String {
    format!(
        r#"<Condition name="c" delay="{delay_s}" conditionEdge="{edge}"><ByValueCondition><SimulationTimeCondition value="{time_s}"
        rule="greaterOrEqual"/></ByValueCondition></Condition>"#
    )
}

/// When an event begins whose trigger has these groups of conditions.
fn triggered_s(groups: &[&[String]]) -> Option<f64> {
    let groups: String = groups
        .iter()
        .map(|group| format!("<ConditionGroup>{}</ConditionGroup>", group.concat()))
        .collect();
    let event = format!(
        r#"<Event name="note" priority="parallel"><Action name="note">{NOTE}</Action><StartTrigger>{groups}</StartTrigger></Event>"#
    );
    told_s(&pursuit(-1, event), |_| {})
}

#[test]
fn edges_delays_and_groups_shift_and_join_conditions() {
    holds_at(triggered_s(&[&[at_least(3.0, "none", 0.0)]]), 3.0);
    holds_at(triggered_s(&[&[at_least(3.0, "rising", 0.0)]]), 3.0);
    holds_at(triggered_s(&[&[at_least(3.0, "risingOrFalling", 0.0)]]), 3.0);
    assert_eq!(triggered_s(&[&[at_least(3.0, "falling", 0.0)]]), None);
    // What holds from the beginning never rises (OpenSCENARIO 1.3, 7.6.4).
    assert_eq!(triggered_s(&[&[at_least(0.0, "rising", 0.0)]]), None);
    holds_at(triggered_s(&[&[at_least(3.0, "none", 2.0)]]), 5.0);
    holds_at(triggered_s(&[&[at_least(3.0, "rising", 2.0)]]), 5.0);
    // All of a group, any of the groups.
    holds_at(
        triggered_s(&[&[at_least(3.0, "none", 0.0), at_least(4.0, "none", 0.0)]]),
        4.0,
    );
    holds_at(
        triggered_s(&[&[at_least(3.0, "none", 0.0)], &[at_least(4.0, "none", 0.0)]]),
        3.0,
    );
    // Two edges of one group at different moments never meet, unless the first is delayed to the second.
    assert_eq!(
        triggered_s(&[&[at_least(3.0, "rising", 0.0), at_least(4.0, "rising", 0.0)]]),
        None
    );
    holds_at(
        triggered_s(&[&[at_least(3.0, "rising", 1.0), at_least(4.0, "rising", 0.0)]]),
        4.0,
    );
}

#[test]
fn states_and_transitions_of_other_events_trigger() {
    // `hastens` waits until 1 s and runs until 3 s; `halts` overrides `cruises`, which has run from 2 s, at 5 s.
    let named = |name: &str, priority: &str, at_s: f64, lasts_s: f64, actor_speed: f64| {
        format!(
            r#"<Event name="{name}" priority="{priority}"><Action name="a"><PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>
            </Action><StartTrigger><ConditionGroup>{}</ConditionGroup></StartTrigger></Event>"#,
            speed("linear", lasts_s, actor_speed),
            at_least(at_s, "none", 0.0)
        )
    };
    let told = |name: &str, state: &str| {
        let condition = format!(
            r#"<ByValueCondition><StoryboardElementStateCondition storyboardElementType="event" storyboardElementRef="{name}" state="{state}"/></ByValueCondition>"#
        );
        // `first` and `last` are two events of one maneuver, the watcher of another, which knows no priorities of theirs.
        let watcher = when(&condition, "none");
        let story = |actor: &str, events: &str| {
            format!(
                r#"<Story name="s{actor}"><Act name="a{actor}"><ManeuverGroup name="g{actor}" maximumExecutionCount="1">
                <Actors selectTriggeringEntities="false"><EntityRef entityRef="{actor}"/></Actors><Maneuver name="m{actor}">{events}</Maneuver>
                </ManeuverGroup></Act></Story>"#
            )
        };
        let first = named("hastens", "parallel", 1.0, 2.0, 12.0);
        let last = named("cruises", "parallel", 2.0, 20.0, 20.0)
            + &named("halts", "override", 5.0, 1.0, 0.0)
            + &named("waits", "skip", 5.5, 1.0, 0.0);
        let case = Case {
            stories: story("A", &first) + &story("B", &last),
            ..pursuit(-2, watcher)
        };
        told_s(&case, |_| {})
    };
    // The watcher stands before the others in the file: it sees in the next step what they did in one.
    holds_at(told("hastens", "standbyState"), 0.01);
    holds_at(told("hastens", "startTransition"), 1.01);
    holds_at(told("hastens", "runningState"), 1.01);
    holds_at(told("hastens", "endTransition"), 3.0);
    holds_at(told("hastens", "completeState"), 3.0);
    assert_eq!(told("hastens", "stopTransition"), None);
    holds_at(told("cruises", "stopTransition"), 5.01);
    holds_at(told("cruises", "completeState"), 5.01);
    assert_eq!(told("cruises", "endTransition"), None);
    holds_at(told("waits", "skipTransition"), 5.51);
    holds_at(told("waits", "completeState"), 5.51);
    assert_eq!(told("waits", "startTransition"), None);
}
