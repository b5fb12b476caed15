//! What reaches those outside and comes from them: commands, values, lights, fog; and who must meet a condition.

use crate::playground::{Case, NOTE, by_entities, car, event, near, put, told_s, when};
use record::schema::osi3::moving_object::vehicle_classification::light_state::IndicatorState;
use record::schema::osi3::traffic_light::classification::{Color, Mode};
use scenario::model::ElementKind;
use scenario::{Driver, State, osi};

/// Two cars at 10 m/s, of which `A` passes s = 100 at 5 s and `B` at 8 s.
fn two(events: String) -> Case {
    Case {
        entities: car("A") + &car("B"),
        init: put("A", -1, 50.0, 10.0) + &put("B", -2, 20.0, 10.0),
        events,
        ..Case::default()
    }
}

#[test]
fn a_command_is_kept_with_its_time_and_text() {
    let case = two(event(1.0, NOTE));
    let found = case.play(
        |_| {},
        |player| player.commands().first().cloned().filter(|_| player.time_s() > 2.0),
    );
    let found = found.expect("given");
    assert_eq!((found.kind.as_str(), found.content.as_str()), ("horn", "twice"));
    near(found.time_s, 1.0, 0.011);
}

#[test]
fn a_value_from_outside_meets_its_rule_and_one_that_nobody_sets_meets_none() {
    let condition =
        r#"<ByValueCondition><UserDefinedValueCondition name="door" rule="equalTo" value="open"/></ByValueCondition>"#;
    let case = two(when(condition, "none"));
    assert_eq!(told_s(&case, |_| {}), None);
    assert_eq!(told_s(&case, |player| player.set_user_value("door", "shut")), None);
    near(
        told_s(&case, |player| player.set_user_value("door", "open")).expect("open"),
        0.0,
        0.011,
    );
}

#[test]
fn any_all_and_none_of_the_entities_are_told_apart() {
    let came = r#"<TraveledDistanceCondition value="50"/>"#;
    let slow = r#"<SpeedCondition value="5" rule="lessThan"/>"#;
    let place = |s_m: f64| {
        format!(
            r#"<ReachPositionCondition tolerance="2"><Position><LanePosition roadId="0" laneId="-1" s="{s_m}" offset="0"/></Position></ReachPositionCondition>"#
        )
    };
    let told = |rule, condition: &str| told_s(&two(when(&by_entities(rule, &["A", "B"], condition), "none")), |_| {});
    near(told("any", &place(100.0)).expect("A comes"), 4.8, 0.03);
    assert_eq!(told("all", &place(100.0)), None);
    near(told("all", came).expect("both come"), 5.0, 0.03);
    near(told("none", slow).expect("nobody is slow"), 0.0, 0.011);
    assert_eq!(told("none", r#"<SpeedCondition value="5" rule="greaterThan"/>"#), None);
}

#[test]
fn a_place_is_reached_only_by_who_looks_its_way_if_an_angle_is_given() {
    let told = |h: f64| {
        let condition = format!(
            r#"<ReachPositionCondition tolerance="2" angularTolerance="0.1"><Position><WorldPosition x="100" y="-1.75" h="{h}"/></Position></ReachPositionCondition>"#
        );
        told_s(&two(when(&by_entities("any", &["A"], &condition), "none")), |_| {})
    };
    assert!(told(0.05).is_some());
    assert_eq!(told(1.0), None);
}

#[test]
fn an_edge_counts_when_it_comes_even_while_another_condition_of_the_group_does_not_hold() {
    // A is past s = 100 from 5 s on: that edge lies before 7 s, when the time's condition comes to hold.
    let event = format!(
        r#"<Event name="note" priority="parallel"><Action name="note">{NOTE}</Action><StartTrigger><ConditionGroup>
        <Condition name="late" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition value="7" rule="greaterThan"/>
        </ByValueCondition></Condition><Condition name="past" delay="0" conditionEdge="rising">{}</Condition></ConditionGroup></StartTrigger></Event>"#,
        by_entities("any", &["A"], r#"<TraveledDistanceCondition value="50"/>"#)
    );
    assert_eq!(told_s(&two(event), |_| {}), None);
}

fn light(kind: &str, mode: &str) -> String {
    format!(
        r#"<PrivateAction><AppearanceAction><LightStateAction transitionTime="0"><LightType><VehicleLight vehicleLightType="{kind}"/></LightType>
        <LightState mode="{mode}"/></LightStateAction></AppearanceAction></PrivateAction>"#
    )
}

#[test]
fn indicators_and_lights_of_the_road_are_told_in_osi() {
    let program = r#"<TrafficSignals><TrafficSignalController name="c"><Phase name="stop" duration="3">
        <TrafficSignalState trafficSignalId="1" state="red"/></Phase><Phase name="go" duration="100">
        <TrafficSignalState trafficSignalId="1" state="off;off;on"/></Phase></TrafficSignalController></TrafficSignals>"#;
    let case = Case {
        network: program.to_owned(),
        actor: "A",
        ..two(event(1.0, &light("indicatorLeft", "flashing")) + &event(4.0, &light("indicatorLeft", "off")))
    };
    let at = |time_s: f64| {
        let found = case.play(
            |_| {},
            |player| (player.time_s() >= time_s).then(|| osi::ground_truth(player, None)),
        );
        let truth = found.expect("so long");
        let own = truth.moving_object[0].vehicle_classification.expect("a vehicle");
        let lamp = truth.traffic_light[0].classification.clone().expect("a lamp");
        let indicator = own.light_state.expect("lights").indicator_state();
        (indicator, lamp.color(), lamp.mode())
    };
    assert_eq!(at(0.5), (IndicatorState::Off, Color::Red, Mode::Constant));
    assert_eq!(at(2.0), (IndicatorState::Left, Color::Red, Mode::Constant));
    assert_eq!(at(5.0), (IndicatorState::Off, Color::Green, Mode::Constant));
}

fn weather(inner: &str) -> String {
    format!(
        r#"<GlobalAction><EnvironmentAction><Environment name="day">{inner}</Environment></EnvironmentAction></GlobalAction>"#
    )
}

#[test]
fn in_fog_a_driver_brakes_later_and_what_an_environment_leaves_out_stays() {
    let fog = r#"<Weather cloudState="free"><Fog visualRange="40"/></Weather>"#;
    let day = r#"<TimeOfDay animation="false" dateTime="2026-05-18T12:00:00"/>"#;
    let case = |init: String| Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", -1, 50.0, 15.0) + &put("Other", -1, 250.0, 0.0) + &init,
        ..Case::default()
    };
    // How far it is from the other when it first slows down.
    let begins_m = |case: &Case| {
        case.play(
            |player| player.drive(0, Driver::Follow),
            |player| {
                let [ego, other] = [0, 1].map(|entity| &player.bodies()[entity]);
                (ego.speed_mps < 14.9).then_some(other.pose.x_m - ego.pose.x_m)
            },
        )
        .expect("it brakes")
    };
    assert!(begins_m(&case(String::new())) > 60.0);
    near(begins_m(&case(weather(fog))), 40.0, 1.0);
    near(begins_m(&case(weather(fog) + &weather(day))), 40.0, 1.0);
}

#[test]
fn an_event_with_a_command_is_over_at_once() {
    let case = two(event(1.0, NOTE));
    let found = case.play(
        |_| {},
        |player| {
            let is_event = |element: usize| player.scenario().elements[element].kind == ElementKind::Event;
            player
                .happenings()
                .iter()
                .find(|happening| is_event(happening.element) && happening.state == State::Complete)
                .map(|happening| happening.time_s)
        },
    );
    near(found.expect("over"), 1.0, 0.02);
}
