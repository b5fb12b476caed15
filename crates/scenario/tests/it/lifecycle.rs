//! Random storyboards live as the standard says (OpenSCENARIO 1.3, 8): the player and a plain state machine agree on what
//! becomes of each element in each step.

use crate::plain_lifecycle::{Kind, Life, Part};
use crate::playground::{Case, car, put};
use proptest::prelude::*;
use scenario::model::Priority;
use scenario::{Library, Player, ReadOptions, State, read};
use std::collections::BTreeSet;

const ENTITIES: usize = 3;
const ENDS_AFTER_S: f64 = 6.0;

fn part(kind: Kind) -> Part {
    Part {
        name: String::new(),
        kind,
        starts_after_s: None,
        stops_after_s: None,
        executions_max: 1,
        parts: Vec::new(),
    }
}

fn time_s() -> impl Strategy<Value = f64> {
    (0u32..9).prop_map(|halves| f64::from(halves) * 0.5)
}

/// Mostly some, now and then none.
fn executions() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(0u32), 9 => 1u32..4]
}

fn event(actors: Vec<usize>) -> impl Strategy<Value = Part> {
    let priority = prop::sample::select(vec![Priority::Override, Priority::Parallel, Priority::Skip]);
    let actions = prop::collection::vec(time_s(), 1..3);
    let starts = prop::option::weighted(0.8, time_s());
    (priority, actions, starts, executions()).prop_map(move |(priority, actions, starts_after_s, executions_max)| {
        Part {
            starts_after_s,
            executions_max,
            parts: actions
                .iter()
                .map(|&lasts_s| part(Kind::Action(actors.clone(), lasts_s)))
                .collect(),
            ..part(Kind::Event(priority))
        }
    })
}

fn group() -> impl Strategy<Value = Part> {
    let actors = prop::sample::subsequence((0..ENTITIES).collect::<Vec<usize>>(), 1..=ENTITIES);
    (actors, executions()).prop_flat_map(|(actors, executions_max)| {
        let maneuver = prop::collection::vec(event(actors), 1..4);
        let maneuver = maneuver.prop_map(|parts| Part {
            parts,
            ..part(Kind::Frame)
        });
        prop::collection::vec(maneuver, 1..3).prop_map(move |parts| Part {
            executions_max,
            parts,
            ..part(Kind::Frame)
        })
    })
}

fn act() -> impl Strategy<Value = Part> {
    let groups = prop::collection::vec(group(), 1..3);
    let (starts, stops) = (prop::option::of(time_s()), prop::option::weighted(0.3, time_s()));
    (groups, starts, stops).prop_map(|(parts, starts_after_s, stops_after_s)| Part {
        starts_after_s,
        stops_after_s,
        parts,
        ..part(Kind::Frame)
    })
}

fn storyboard() -> impl Strategy<Value = Part> {
    let story = prop::collection::vec(act(), 1..3).prop_map(|parts| Part {
        parts,
        ..part(Kind::Frame)
    });
    prop::collection::vec(story, 1..3).prop_map(|parts| {
        let mut whole = Part {
            parts,
            stops_after_s: Some(ENDS_AFTER_S),
            ..part(Kind::Frame)
        };
        name(&mut whole, &mut 0);
        whole
    })
}

fn name(part: &mut Part, count: &mut u32) {
    part.name = format!("element{count}");
    *count += 1;
    part.parts.iter_mut().for_each(|part| name(part, count));
}

fn trigger(which: &str, after_s: Option<f64>) -> String {
    after_s.map_or_else(String::new, |after_s| {
        format!(
            r#"<{which}><ConditionGroup><Condition name="c" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition
            value="{after_s}" rule="greaterThan"/></ByValueCondition></Condition></ConditionGroup></{which}>"#
        )
    })
}

fn written(part: &Part, depth: usize) -> String {
    let parts: String = part.parts.iter().map(|part| written(part, depth + 1)).collect();
    let (name, max) = (&part.name, part.executions_max);
    let triggers = trigger("StartTrigger", part.starts_after_s) + &trigger("StopTrigger", part.stops_after_s);
    match (&part.kind, depth) {
        (Kind::Action(_, lasts_s), _) => format!(
            r#"<Action name="{name}"><PrivateAction><LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="linear"
            dynamicsDimension="time" value="{lasts_s}"/><SpeedActionTarget><AbsoluteTargetSpeed value="3"/></SpeedActionTarget></SpeedAction>
            </LongitudinalAction></PrivateAction></Action>"#
        ),
        (Kind::Event(priority), _) => {
            let priority = match priority {
                Priority::Override => "override",
                Priority::Parallel => "parallel",
                Priority::Skip => "skip",
            };
            format!(
                r#"<Event name="{name}" priority="{priority}" maximumExecutionCount="{max}">{parts}{triggers}</Event>"#
            )
        }
        (Kind::Frame, 0) => parts,
        (Kind::Frame, 1) => format!(r#"<Story name="{name}">{parts}</Story>"#),
        (Kind::Frame, 2) => format!(r#"<Act name="{name}">{parts}{triggers}</Act>"#),
        (Kind::Frame, 3) => format!(
            r#"<ManeuverGroup name="{name}" maximumExecutionCount="{max}"><Actors selectTriggeringEntities="false">{}</Actors>{parts}</ManeuverGroup>"#,
            actors(part)
        ),
        (Kind::Frame, _) => format!(r#"<Maneuver name="{name}">{parts}</Maneuver>"#),
    }
}

/// Those of all actions of a group.
fn actors(part: &Part) -> String {
    match &part.kind {
        Kind::Action(actors, _) => {
            let references = actors
                .iter()
                .map(|actor| format!(r#"<EntityRef entityRef="E{actor}"/>"#));
            references.collect()
        }
        _ => part.parts.first().map_or_else(String::new, actors),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_storyboard_lives_as_the_plain_state_machine_says(storyboard in storyboard(), step in 1u32..5) {
        let step_s = f64::from(step) * 0.0125;
        let names = (0..ENTITIES).map(|entity| format!("E{entity}"));
        let case = Case {
            entities: names.clone().map(|name| car(&name)).collect(),
            init: names.map(|name| put(&name, -1, 50.0, 0.0)).collect(),
            stories: written(&storyboard, 0),
            ends_s: ENDS_AFTER_S,
            ..Case::default()
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = case.write(folder.path());
        let reading = read(&Library::default(), &path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        let elements = &reading.scenario.elements;
        let mut player = Player::new(&reading.scenario);
        let mut life = Life::new(&storyboard);
        let mut seen = 0;
        loop {
            let goes_on = [player.step(step_s), life.step(step_s)];
            prop_assert_eq!(goes_on[0], goes_on[1], "one of them is over at {} s", player.time_s());
            // An action of many actors is one thing to the state machine, and one element for each of them here.
            let own = player.happenings()[seen..].iter().filter(|happening| {
                let element = &elements[happening.element];
                element.name.starts_with("element") && (element.same_action.is_empty() || element.same_action.start == happening.element)
            });
            let mut found: Vec<(&str, State)> = own.map(|happening| (elements[happening.element].name.as_str(), happening.state)).collect();
            let mut expected: Vec<(&str, State)> = life.news.iter().map(|(name, state)| (name.as_str(), *state)).collect();
            expected.retain(|(name, _)| *name != storyboard.name);
            let by_name = |news: &mut Vec<(&str, State)>| news.sort_by_key(|(name, _)| name.to_owned());
            by_name(&mut found);
            by_name(&mut expected);
            prop_assert_eq!(found, expected, "in the step that ends at {} s", player.time_s());
            for element in elements {
                let states: BTreeSet<String> = element.same_action.clone().map(|id| format!("{:?}", player.state(id))).collect();
                prop_assert!(states.len() <= 1, "`{}` is {states:?} for its actors", element.name);
            }
            seen = player.happenings().len();
            if !goes_on[0] {
                break;
            }
        }
    }
}

/// Who does a group's action, of two cars of which one is fast.
fn joined(actors: &str) -> Vec<f64> {
    let case = Case {
        entities: car("Slow") + &car("Fast") + &car("Far"),
        init: put("Slow", -1, 50.0, 5.0) + &put("Fast", -2, 50.0, 15.0) + &put("Far", 1, 900.0, 15.0),
        stories: format!(
            r#"<Story name="story"><Act name="act"><ManeuverGroup name="group" maximumExecutionCount="1">{actors}<Maneuver name="maneuver">
            <Event name="event" priority="parallel"><Action name="stop"><PrivateAction><LongitudinalAction>{}</LongitudinalAction></PrivateAction>
            </Action></Event></Maneuver></ManeuverGroup><StartTrigger><ConditionGroup><Condition name="c" delay="0" conditionEdge="none">
            <ByEntityCondition><TriggeringEntities triggeringEntitiesRule="any"><EntityRef entityRef="Slow"/><EntityRef entityRef="Fast"/>
            </TriggeringEntities><EntityCondition><TraveledDistanceCondition value="30"/></EntityCondition></ByEntityCondition></Condition>
            </ConditionGroup></StartTrigger></Act></Story>"#,
            crate::playground::speed("step", 0.0, 0.0)
        ),
        ..Case::default()
    };
    (0..3).map(|entity| case.at(entity, 4.0)[3]).collect()
}

#[test]
fn those_who_trigger_an_act_join_its_actors_if_they_are_to() {
    assert_eq!(joined(r#"<Actors selectTriggeringEntities="true"/>"#), [5.0, 0.0, 15.0]);
    let with_far = r#"<Actors selectTriggeringEntities="true"><EntityRef entityRef="Far"/></Actors>"#;
    assert_eq!(joined(with_far), [5.0, 0.0, 0.0]);
    let without = r#"<Actors selectTriggeringEntities="false"><EntityRef entityRef="Far"/></Actors>"#;
    assert_eq!(joined(without), [5.0, 15.0, 0.0]);
}
