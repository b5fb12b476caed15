//! A run of a scenario as the pages read it: who was where, the storyboard on the time axis, measures as curves.
//!
//! A [`Run`] of a scenario goes in, JSON comes out: everybody twenty times a second, elements of the storyboard with
//! the spans in which they ran and what triggered them, the worst moment of each measure, and the ego's measures as
//! curves. Lengths are metres in the map's frame, angles radians, times seconds since the run began. It judges nothing.

use scenario::measures::{Collision, Measures, Name, Side};
use scenario::model::{
    Action, Condition, ElementId, ElementKind, Entity, EntityKind, EntityTest, Rule, Scenario, StateWanted, Test,
};
use scenario::{Player, Run, State};
use serde_json::{Value, json};

/// Everybody is told this often.
const PERIOD_S: f64 = 0.05;
/// States told of one run, all actors together: beyond it a browser has more to hold than to show.
const STATES_MAX: usize = 400_000;
/// Elements of the storyboard told.
const ROWS_MAX: usize = 200;
/// Things that lie about have no number in recordings; pages draw this as a box.
const THING: u16 = 9;

/// What one actor did.
struct Track {
    /// East, north, up, heading, pitch, speed: a value a moment, null where it is not there.
    columns: [Vec<Value>; 6],
}

/// Plays a run and tells it.
///
/// # Errors
/// If the driver cannot drive, or there is more to tell than a browser holds: why.
pub fn run_json(scenario: &Scenario, run: &Run<'_>) -> Result<Value, String> {
    let ego = scenario.ego();
    let mut measures = Measures::default();
    let mut sampled = ego.map_or_else(Measures::default, Measures::of);
    let mut curves: Vec<Vec<Value>> = vec![Vec::new(); Name::ALL.len()];
    let mut times_s: Vec<f64> = Vec::new();
    let mut tracks: Vec<Track> = Vec::new();
    let mut states = 0;
    let end = run.play(scenario, |player, step_s| {
        measures.observe(player, step_s);
        sampled.observe(player, step_s);
        // Whole periods, so that they do not drift from the steps.
        if player.time_s() + 1e-9 < times_s.len() as f64 * PERIOD_S {
            return true;
        }
        for (curve, worst) in curves.iter_mut().zip(sampled.take_worst()) {
            curve.push(worst.map_or(Value::Null, |worst| rounded(worst.value, 1e3)));
        }
        tell(player, times_s.len(), &mut tracks);
        times_s.push((player.time_s() * 1e4).round() / 1e4);
        states += player.bodies().len();
        states <= STATES_MAX
    })?;
    if states > STATES_MAX {
        return Err(format!(
            "more than {STATES_MAX} states of actors are more than a page shows\nhint: play a shorter time"
        ));
    }
    let player = &end.player;
    let end_s = player.time_s();
    let entities = player.entities();
    let name = |&entity: &usize| entities[entity].name.as_str();
    let names = |actors: &[usize]| actors.iter().map(|actor| name(actor).to_owned()).collect::<Vec<_>>();
    let actors = entities.iter().zip(&tracks).enumerate().map(|(index, (entity, track))| {
        let [x_m, y_m, z_m, heading_rad, pitch_rad, speed_mps] = &track.columns;
        json!({
            "name": entity.name, "kind": kind_number(entity), "size_m": entity.size_m, "is_ego": Some(index) == ego,
            "x_m": x_m, "y_m": y_m, "z_m": z_m, "heading_rad": heading_rad, "pitch_rad": pitch_rad, "speed_mps": speed_mps,
        })
    });
    let worst = measures.worst().map(|worst| {
        json!({
            "name": worst.name.word(), "unit": worst.name.unit(), "value": rounded(worst.value, 1e3),
            "time_s": rounded(worst.time_s, 1e3), "place_m": worst.place_m, "actors": names(&worst.actors),
        })
    });
    let curves = Name::ALL
        .iter()
        .zip(curves)
        .filter(|(_, curve)| curve.iter().any(|value| !value.is_null()));
    let curves = curves.map(|(name, values)| {
        json!({ "name": name.word(), "unit": name.unit(), "smaller_is_worse": name.smaller_is_worse(), "values": values })
    });
    let collisions = measures.collisions().map(|collision: &Collision| {
        json!({
            "time_s": rounded(collision.time_s, 1e3), "actors": names(&collision.actors),
            "impact_mps": rounded(collision.impact_mps, 1e2), "sides": collision.sides.map(Side::word),
            "place_m": collision.place_m,
        })
    });
    let parameters = scenario.parameters.iter();
    Ok(json!({
        "name": scenario.name, "description": scenario.description,
        "map": scenario.roads.as_ref().map(|roads| roads.network().digest()),
        "end_s": end_s, "has_ended": end.has_ended, "times_s": times_s,
        "actors": actors.collect::<Vec<_>>(),
        "storyboard": storyboard(player, end_s),
        "measures": worst.collect::<Vec<_>>(), "curves": curves.collect::<Vec<_>>(),
        "collisions": collisions.collect::<Vec<_>>(),
        "parameters": parameters.map(|parameter| json!([parameter.name, parameter.kind, parameter.value])).collect::<Vec<_>>(),
        "commands": player.commands().iter().map(|command| json!([command.time_s, command.kind, command.content])).collect::<Vec<_>>(),
        "notes": player.notes(),
    }))
}

/// A number to so many parts of a unit; null if it is not finite.
pub(crate) fn rounded(value: f64, per_unit: f64) -> Value {
    json!((value * per_unit).round() / per_unit)
}

/// Adds the middles of everybody's boxes at a moment; nothing of those who are not there.
fn tell(player: &Player<'_>, moment: usize, tracks: &mut Vec<Track>) {
    for (index, (entity, body)) in player.entities().iter().zip(player.bodies()).enumerate() {
        if tracks.len() <= index {
            tracks.push(Track {
                columns: std::array::from_fn(|_| vec![Value::Null; moment]),
            });
        }
        let values = if body.is_active {
            let (sin, cos) = libm::sincos(body.pose.heading_rad);
            let [ahead_m, left_m, _] = entity.centre_m;
            [
                rounded(body.pose.x_m + ahead_m * cos - left_m * sin, 1e3),
                rounded(body.pose.y_m + ahead_m * sin + left_m * cos, 1e3),
                rounded(body.pose.z_m, 1e3),
                rounded(body.pose.heading_rad, 1e4),
                rounded(-body.pose.pitch_rad, 1e4),
                rounded(body.speed_mps, 1e3),
            ]
        } else {
            std::array::from_fn(|_| Value::Null)
        };
        for (column, value) in tracks[index].columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
}

/// As in frames, see `docs/console.md`.
fn kind_number(entity: &Entity) -> u16 {
    match (entity.kind, entity.category.as_str()) {
        (EntityKind::Pedestrian, "animal") | (EntityKind::MiscObject, _) => THING,
        (EntityKind::Pedestrian, _) => 8,
        (EntityKind::Vehicle, "bicycle") => 6,
        (EntityKind::Vehicle, "motorbike" | "scooter" | "standupScooter") => 7,
        (EntityKind::Vehicle, "van") => 2,
        (EntityKind::Vehicle, "truck" | "trailer" | "semitrailer") => 3,
        (EntityKind::Vehicle, "bus" | "train" | "tram") => 4,
        (EntityKind::Vehicle, _) => 1,
    }
}

/// Acts, events and their actions, each with when it ran, how deep it lies and what starts it.
fn storyboard(player: &Player<'_>, end_s: f64) -> Vec<Value> {
    let elements = &player.scenario().elements;
    let is_told = |id: &ElementId| matches!(elements[*id].kind, ElementKind::Act | ElementKind::Event);
    let told = (0..elements.len()).filter(is_told).take(ROWS_MAX);
    told.map(|id| {
        let element = &elements[id];
        let mut spans_s: Vec<[f64; 2]> = Vec::new();
        let mut since_s = None;
        for happening in player.happenings().iter().filter(|happening| happening.element == id) {
            match happening.state {
                State::Running => since_s = Some(happening.time_s),
                State::Initial | State::Standby | State::Complete => {
                    spans_s.extend(since_s.take().map(|since_s| [since_s, happening.time_s]));
                }
            }
        }
        spans_s.extend(since_s.map(|since_s| [since_s, end_s]));
        let actions = element.children.iter().filter(|&&child| elements[child].kind == ElementKind::Action);
        let mut actors: Vec<usize> = actions.clone().filter_map(|&child| elements[child].actor).collect();
        actors.sort_unstable();
        actors.dedup();
        let mut does: Vec<&str> = actions
            .filter_map(|&child| elements[child].action.as_ref())
            .map(action_word)
            .collect();
        does.dedup();
        let triggers = element.start.iter().flat_map(|trigger| &trigger.groups);
        json!({
            "kind": if element.kind == ElementKind::Act { "act" } else { "event" },
            "name": element.name, "spans_s": spans_s, "actors": actors, "does": does,
            // Of groups one has to hold, of a group's conditions all.
            "triggers": triggers.map(|group| group.iter().map(|condition| told_condition(player, condition)).collect::<Vec<_>>()).collect::<Vec<_>>(),
        })
    })
    .collect()
}

fn action_word(action: &Action) -> &'static str {
    match action {
        Action::Speed(..) | Action::SpeedProfile(..) | Action::LongitudinalDistance(_) => "speed",
        Action::LaneChange(..) | Action::LaneOffset(..) | Action::LateralDistance(_) => "lane",
        Action::Teleport(_) | Action::AddEntity(..) | Action::DeleteEntity(_) => "place",
        Action::AssignRoute(_) | Action::FollowTrajectory(..) | Action::AcquirePosition(_) | Action::RandomRoute => {
            "way"
        }
        Action::Synchronize { .. } => "synchronize",
        Action::Controller { .. } => "controller",
        _ => "other",
    }
}

fn sign(rule: Rule) -> &'static str {
    match rule {
        Rule::GreaterThan => ">",
        Rule::GreaterOrEqual => "≥",
        Rule::LessThan => "<",
        Rule::LessOrEqual => "≤",
        Rule::EqualTo => "=",
        Rule::NotEqualTo => "≠",
    }
}

/// A condition as its kind and what the kind's sentence is filled with; pages have the sentences.
fn told_condition(player: &Player<'_>, condition: &Condition) -> Value {
    let entities = player.entities();
    let name = |entity: usize| entities.get(entity).map_or("", |entity| &entity.name);
    let number = |value: f64| format!("{}", (value * 1e3).round() / 1e3);
    let (kind, fills): (&str, Vec<String>) = match &condition.test {
        Test::SimulationTime(rule, value_s) => ("time", vec![sign(*rule).into(), number(*value_s)]),
        Test::Parameter(index, rule, value) => {
            let parameter = player.scenario().parameters.get(*index);
            let name = parameter.map_or("", |parameter| &parameter.name);
            ("value", vec![name.into(), sign(*rule).into(), value.clone()])
        }
        Test::Variable(index, rule, value) => {
            let variable = player.scenario().variables.get(*index);
            let name = variable.map_or("", |variable| &variable.name);
            ("value", vec![name.into(), sign(*rule).into(), value.clone()])
        }
        Test::UserValue(name, rule, value) => ("value", vec![name.clone(), sign(*rule).into(), value.clone()]),
        Test::TimeOfDay(rule, _) => ("time_of_day", vec![sign(*rule).into()]),
        Test::State(of, wanted) => {
            let elements = &player.scenario().elements;
            let names: Vec<&str> = of.iter().map(|&id| elements[id].name.as_str()).collect();
            let kind = match wanted {
                StateWanted::Standby => "state_standby",
                StateWanted::Running | StateWanted::StartTransition => "state_running",
                _ => "state_complete",
            };
            (kind, vec![names.join(", ")])
        }
        Test::Signal(signal, state) => ("signal", vec![signal.clone(), state.clone()]),
        Test::SignalController(_, phase) => ("signal", vec![String::new(), phase.clone()]),
        Test::Entity { entities: of, test, .. } => {
            let who = of.iter().map(|&entity| name(entity)).collect::<Vec<_>>().join(", ");
            let (kind, mut rest) = told_test(test, &name, &number);
            rest.insert(0, who);
            (kind, rest)
        }
    };
    json!({ "name": condition.name, "kind": kind, "fills": fills, "delay_s": condition.delay_s })
}

fn told_test<'a>(
    test: &EntityTest,
    name: &dyn Fn(usize) -> &'a str,
    number: &dyn Fn(f64) -> String,
) -> (&'static str, Vec<String>) {
    let compare = |rule: &Rule, value: &f64| vec![sign(*rule).to_owned(), number(*value)];
    let with = |other: usize, rule: &Rule, value: &f64| vec![name(other).into(), sign(*rule).into(), number(*value)];
    match test {
        EntityTest::EndOfRoad(for_s) => ("end_of_road", vec![number(*for_s)]),
        EntityTest::Collision(other) => ("collision", vec![name(*other).into()]),
        EntityTest::CollisionWithKind(_) => ("collision", vec![String::new()]),
        EntityTest::Offroad(for_s) => ("offroad", vec![number(*for_s)]),
        EntityTest::TimeHeadway(other, _, rule, value) => ("time_headway", with(*other, rule, value)),
        EntityTest::TimeToCollision(Ok(other), _, rule, value) => ("time_to_collision", with(*other, rule, value)),
        EntityTest::TimeToCollision(Err(_), _, rule, value) => ("time_to_place", compare(rule, value)),
        EntityTest::Acceleration(_, rule, value) => ("acceleration", compare(rule, value)),
        EntityTest::StandStill(for_s) => ("stand_still", vec![number(*for_s)]),
        EntityTest::Speed(_, rule, value) => ("speed", compare(rule, value)),
        EntityTest::RelativeSpeed(other, _, rule, value) => ("relative_speed", with(*other, rule, value)),
        EntityTest::TraveledDistance(distance_m) => ("travelled", vec![number(*distance_m)]),
        EntityTest::ReachPosition(_, within_m, _) => ("reach", vec![number(*within_m)]),
        EntityTest::Distance(_, _, rule, value) => ("distance", compare(rule, value)),
        EntityTest::RelativeDistance(other, _, rule, value) => ("relative_distance", with(*other, rule, value)),
        EntityTest::RelativeClearance {
            backward_m, forward_m, ..
        } => ("clearance", vec![number(*backward_m), number(*forward_m)]),
        EntityTest::Angle { angle_rad, .. } => ("angle", vec![number(angle_rad.to_degrees())]),
    }
}
