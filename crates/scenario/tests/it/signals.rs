//! Traffic lights, time of day and values: cases of our own, from the standard's text.

use scenario::{Library, Player, ReadOptions, State, read};

/// Times at which events named in `events` begin, each started by one condition.
fn check(declarations: &str, network: &str, init: &str, events: &[(&str, &str)]) -> Vec<String> {
    let event = |(name, condition): &(&str, &str)| {
        format!(
            r#"<Event name="{name}" priority="parallel"><Action name="note"><GlobalAction><VariableAction variableRef="seen">
            <SetAction value="{name}"/></VariableAction></GlobalAction></Action><StartTrigger><ConditionGroup>
            <Condition name="c" delay="0" conditionEdge="none"><ByValueCondition>{condition}</ByValueCondition></Condition>
            </ConditionGroup></StartTrigger></Event>"#
        )
    };
    let events: String = events.iter().map(event).collect();
    let text = format!(
        r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="3" date="2026-05-18T07:30:00" description="" author=""/>
        <VariableDeclarations><VariableDeclaration name="seen" variableType="string" value=""/>{declarations}</VariableDeclarations>
        <CatalogLocations/><RoadNetwork>{network}</RoadNetwork><Entities/>
        <Storyboard><Init><Actions>{init}</Actions></Init><Story name="story"><Act name="act">
        <ManeuverGroup name="group" maximumExecutionCount="1"><Actors selectTriggeringEntities="false"/>
        <Maneuver name="maneuver">{events}</Maneuver></ManeuverGroup></Act></Story>
        <StopTrigger><ConditionGroup><Condition name="end" delay="0" conditionEdge="none"><ByValueCondition>
        <SimulationTimeCondition value="30" rule="greaterThan"/></ByValueCondition></Condition></ConditionGroup></StopTrigger>
        </Storyboard></OpenSCENARIO>"#
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.xosc");
    std::fs::write(&path, text).expect("written");
    let reading = read(&Library::default(), &path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut player = Player::new(&reading.scenario);
    while player.time_s() < 40.0 && player.step(0.1) {}
    let begun = player
        .happenings()
        .iter()
        .filter(|happening| happening.state == State::Running);
    let begun = begun.map(|happening| (happening.time_s, &reading.scenario.elements[happening.element]));
    begun
        .filter(|(_, element)| element.kind == scenario::model::ElementKind::Event)
        .map(|(time_s, element)| format!("{} {time_s:.1}", element.name))
        .collect()
}

const LIGHTS: &str = r#"<TrafficSignals>
    <TrafficSignalController name="first" delay="2"><Phase name="stop" duration="5"><TrafficSignalState trafficSignalId="1" state="red"/></Phase>
    <Phase name="go" duration="3"><TrafficSignalState trafficSignalId="1" state="green"/></Phase></TrafficSignalController>
    <TrafficSignalController name="second" delay="4" reference="first"><Phase name="go" duration="10">
    <TrafficSignalState trafficSignalId="2" state="green"/></Phase></TrafficSignalController></TrafficSignals>"#;

#[test]
fn phases_follow_each_other_after_the_delay_and_come_again() {
    let events = [
        ("red", r#"<TrafficSignalCondition name="1" state="red"/>"#),
        ("green", r#"<TrafficSignalCondition name="1" state="green"/>"#),
        (
            "go",
            r#"<TrafficSignalControllerCondition trafficSignalControllerRef="first" phase="go"/>"#,
        ),
    ];
    assert_eq!(check("", LIGHTS, "", &events), ["red 2.0", "green 7.0", "go 7.0"]);
}

#[test]
fn a_delay_counts_from_the_controller_that_it_refers_to() {
    let events = [("second", r#"<TrafficSignalCondition name="2" state="green"/>"#)];
    assert_eq!(check("", LIGHTS, "", &events), ["second 6.0"]);
}

#[test]
fn an_action_sets_a_phase_that_then_goes_on() {
    let init = r#"<GlobalAction><InfrastructureAction><TrafficSignalAction><TrafficSignalControllerAction
        trafficSignalControllerRef="first" phase="go"/></TrafficSignalAction></InfrastructureAction></GlobalAction>"#;
    let events = [
        ("green", r#"<TrafficSignalCondition name="1" state="green"/>"#),
        ("red", r#"<TrafficSignalCondition name="1" state="red"/>"#),
    ];
    assert_eq!(check("", LIGHTS, init, &events), ["green 0.0", "red 3.0"]);
}

#[test]
fn an_action_sets_one_light_for_good() {
    let init = r#"<GlobalAction><InfrastructureAction><TrafficSignalAction><TrafficSignalStateAction name="9" state="dark"/>
        </TrafficSignalAction></InfrastructureAction></GlobalAction>"#;
    let events = [("dark", r#"<TrafficSignalCondition name="9" state="dark"/>"#)];
    assert_eq!(check("", "", init, &events), ["dark 0.0"]);
}

#[test]
fn time_of_day_goes_on_if_it_is_animated() {
    let clock = |animation: &str| {
        format!(
            r#"<GlobalAction><EnvironmentAction><Environment name="day"><TimeOfDay animation="{animation}"
            dateTime="2026-05-18T23:59:50"/></Environment></EnvironmentAction></GlobalAction>"#
        )
    };
    let events = [(
        "midnight",
        r#"<TimeOfDayCondition dateTime="2026-05-19T00:00:00" rule="greaterOrEqual"/>"#,
    )];
    assert_eq!(check("", "", &clock("true"), &events), ["midnight 10.0"]);
    assert_eq!(check("", "", &clock("false"), &events), [""; 0]);
}

#[test]
fn variables_are_set_and_changed() {
    let declarations = r#"<VariableDeclaration name="count" variableType="double" value="2"/>"#;
    let init = r#"<GlobalAction><VariableAction variableRef="count"><ModifyAction><Rule><MultiplyByValue value="3"/></Rule>
        </ModifyAction></VariableAction></GlobalAction>"#;
    let events = [
        (
            "six",
            r#"<VariableCondition variableRef="count" rule="equalTo" value="6"/>"#,
        ),
        (
            "seven",
            r#"<VariableCondition variableRef="count" rule="equalTo" value="7"/>"#,
        ),
    ];
    assert_eq!(check(declarations, "", init, &events), ["six 0.0"]);
}
