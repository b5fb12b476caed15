//! Random storyboards hold to the states of the standard (OpenSCENARIO 1.3, 8.4): checked against a plain state machine.

use proptest::prelude::*;
use scenario::model::{ElementKind, Priority};
use scenario::{Library, Player, ReadOptions, State, read};

#[derive(Clone, Debug)]
struct Event {
    maneuver: usize,
    at_s: f64,
    lasts_s: f64,
    executions: u32,
    priority: &'static str,
}

fn event() -> impl Strategy<Value = Event> {
    let priority = prop::sample::select(vec!["override", "parallel", "skip"]);
    (0usize..3, 0u32..8, 0u32..6, 1u32..4, priority).prop_map(|(maneuver, at, lasts, executions, priority)| Event {
        maneuver,
        at_s: f64::from(at) * 0.5,
        lasts_s: f64::from(lasts) * 0.5,
        executions,
        priority,
    })
}

fn written(events: &[Event]) -> String {
    let mut maneuvers = String::new();
    for maneuver in 0..3 {
        let own = events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.maneuver == maneuver);
        let own: String = own
            .map(|(number, event)| {
                format!(
                    r#"<Event name="event{number}" priority="{}" maximumExecutionCount="{}"><Action name="speed"><PrivateAction>
                    <LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="linear" dynamicsDimension="time" value="{}"/>
                    <SpeedActionTarget><AbsoluteTargetSpeed value="{}"/></SpeedActionTarget></SpeedAction></LongitudinalAction>
                    </PrivateAction></Action><StartTrigger><ConditionGroup><Condition name="c" delay="0" conditionEdge="none">
                    <ByValueCondition><SimulationTimeCondition value="{}" rule="greaterThan"/></ByValueCondition></Condition>
                    </ConditionGroup></StartTrigger></Event>"#,
                    event.priority,
                    event.executions,
                    event.lasts_s,
                    10 + number,
                    event.at_s
                )
            })
            .collect();
        if !own.is_empty() {
            maneuvers += &format!("<Maneuver name=\"maneuver{maneuver}\">{own}</Maneuver>");
        }
    }
    format!(
        r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="3" date="2026-05-18T07:30:00" description="" author=""/>
        <CatalogLocations/><RoadNetwork/><Entities><ScenarioObject name="A"><MiscObject name="box" miscObjectCategory="obstacle">
        <BoundingBox><Center x="0" y="0" z="0"/><Dimensions width="1" length="1" height="1"/></BoundingBox></MiscObject>
        </ScenarioObject></Entities><Storyboard><Init><Actions><Private entityRef="A"><PrivateAction><TeleportAction><Position>
        <WorldPosition x="0" y="0"/></Position></TeleportAction></PrivateAction></Private></Actions></Init>
        <Story name="story"><Act name="act"><ManeuverGroup name="group" maximumExecutionCount="1">
        <Actors selectTriggeringEntities="false"><EntityRef entityRef="A"/></Actors>{maneuvers}</ManeuverGroup></Act></Story>
        <StopTrigger><ConditionGroup><Condition name="end" delay="0" conditionEdge="none"><ByValueCondition>
        <SimulationTimeCondition value="8" rule="greaterThan"/></ByValueCondition></Condition></ConditionGroup></StopTrigger>
        </Storyboard></OpenSCENARIO>"#
    )
}

/// What may follow what, whatever the reason.
fn may_follow(before: State, after: State) -> bool {
    matches!(
        (before, after),
        (State::Initial, State::Standby | State::Running | State::Complete)
            | (State::Standby, State::Standby | State::Running | State::Complete)
            | (State::Running, State::Standby | State::Complete)
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn storyboards_hold_to_the_states_of_the_standard(events in prop::collection::vec(event(), 1..7)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("case.xosc");
        std::fs::write(&path, written(&events)).expect("written");
        let reading = read(&Library::default(), &path, &ReadOptions::default()).expect("a scenario");
        let elements = &reading.scenario.elements;
        let mut player = Player::new(&reading.scenario);
        let mut model = vec![State::Initial; elements.len()];
        let mut starts = vec![0; elements.len()];
        let mut seen = 0;
        loop {
            let goes_on = player.time_s() < 10.0 && player.step(0.1);
            for happening in &player.happenings()[seen..] {
                let id = happening.element;
                prop_assert!(
                    may_follow(model[id], happening.state),
                    "{} went from {:?} to {:?}", elements[id].name, model[id], happening.state
                );
                model[id] = happening.state;
                if happening.state == State::Standby {
                    // What ran in an event begins anew with its next execution.
                    elements[id].children.iter().for_each(|&child| model[child] = State::Initial);
                }
                starts[id] += u32::from(happening.state == State::Running);
                if elements[id].kind != ElementKind::Action {
                    prop_assert!(starts[id] <= elements[id].executions_max, "{} ran too often", elements[id].name);
                }
            }
            seen = player.happenings().len();
            for (id, element) in elements.iter().enumerate() {
                if let Some(parent) = element.parent
                    && player.state(id) == State::Running
                {
                    prop_assert_eq!(player.state(parent), State::Running, "{} runs without its parent", element.name);
                }
                // One that overrides leaves none running that began before it.
                if element.kind == ElementKind::Maneuver {
                    let running = element.children.iter().filter(|&&event| player.state(event) == State::Running);
                    let overriding = running.clone().filter(|&&event| elements[event].priority == Priority::Override);
                    prop_assert!(overriding.count() <= 1, "{} has two that override", element.name);
                }
            }
            if !goes_on {
                break;
            }
        }
        prop_assert!(player.time_s() < 9.0, "the stop trigger was missed");
        prop_assert!(elements.iter().enumerate().all(|(id, _)| player.state(id) == State::Complete || elements[id].parent.is_none()));
    }
}
