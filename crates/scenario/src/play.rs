//! A scenario played step by step: the storyboard decides, actions change bodies, bodies move.
//!
//! In goes a [`Scenario`] and a step; out come bodies and what happened. A step leads from time t to
//! t + step: conditions are asked of the state at t, so that an event's cause lies before its effect; what then runs
//! changes speeds and moves bodies; whom no action has moved goes on along the lane, as a kinematic entity without
//! instructions does (OpenSCENARIO 1.3, 7.4, default behaviour). It knows no file and no clock.

mod body;
mod chauffeur;
mod conditions;
mod gap;
mod global;
mod inputs;
mod lane;
mod lifecycle;
mod line;
mod perform;
mod pilot;
mod place;
mod reference;
mod routing;
mod speed;
mod synchronize;
mod traffic;
mod trailer;
mod trajectory;
mod transition;

pub use body::{Body, Lights};
pub use chauffeur::{Chauffeur, Motion};
pub use inputs::Inputs;
pub use lifecycle::State;
pub use pilot::Driver;
pub(crate) use place::{boxes_overlap, corners};

use crate::compare;
use crate::model::{ElementId, Entity, EntityId, Scenario};
use crate::roads::Advance;
use conditions::TriggerMemory;
use lifecycle::{ElementState, Transition};
use perform::Performance;
use pilot::Pilot;
use record::Seed;
use std::collections::BTreeMap;
use traffic::Flow;

/// Speeds below this are none.
const STILL_MPS: f64 = 1e-6;

/// A longer step is made of shorter ones: an effect comes a step after its cause, and a chain of causes would come so
/// many steps late.
const WHOLE_STEP_S_MAX: f64 = 0.05 + compare::SAME;
/// As long as these at most.
const PART_S_MAX: f64 = 0.01;

/// Something that happened in the storyboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// When.
    pub time_s: f64,
    /// To which element.
    pub element: ElementId,
    /// What it is now.
    pub state: State,
}

/// A command of the scenario's to somebody outside (`CustomCommandAction`).
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// When.
    pub time_s: f64,
    /// Its type.
    pub kind: String,
    /// Its text.
    pub content: String,
}

/// A scenario in motion.
#[derive(Debug)]
pub struct Player<'a> {
    scenario: &'a Scenario,
    time_s: f64,
    has_begun: bool,
    /// Those of the scenario, and behind them those that traffic brought.
    entities: Vec<Entity>,
    bodies: Vec<Body>,
    /// Drivers by entity.
    pilots: Vec<Option<Pilot>>,
    /// Of the road, as the environment says.
    friction_scale: f64,
    /// In fog; infinite without.
    sight_m: f64,
    /// Values that somebody outside has set.
    user_values: BTreeMap<String, String>,
    commands: Vec<Command>,
    flows: Vec<Flow>,
    seed: Seed,
    states: Vec<ElementState>,
    performances: Vec<Performance>,
    start_memory: Vec<TriggerMemory>,
    stop_memory: Vec<TriggerMemory>,
    changes: Vec<(ElementId, State, Transition)>,
    /// Who triggered each act.
    triggering: BTreeMap<ElementId, Vec<EntityId>>,
    parameters: Vec<String>,
    variables: Vec<String>,
    signals: BTreeMap<String, String>,
    /// For each signal controller the phase set by an action and when.
    phases: Vec<Option<(usize, f64)>>,
    time_of_day: Option<(f64, f64, bool)>,
    happenings: Vec<Happening>,
    notes: Vec<String>,
}

impl<'a> Player<'a> {
    /// Everybody is where the file's first actions put them, once [`Player::step`] has been called.
    pub fn new(scenario: &'a Scenario) -> Player<'a> {
        let memory = |wanted: fn(&crate::model::Element) -> &Option<crate::model::Trigger>| {
            scenario
                .elements
                .iter()
                .map(|element| TriggerMemory::new(wanted(element)))
                .collect()
        };
        let mut bodies: Vec<Body> = scenario.entities.iter().map(|_| Body::new()).collect();
        for (index, entity) in scenario.entities.iter().enumerate() {
            if let Some(trailer) = entity.trailer {
                bodies[index].trailer = Some(trailer);
                bodies[trailer].tractor = Some(index);
            }
        }
        Player {
            scenario,
            time_s: 0.0,
            has_begun: false,
            entities: scenario.entities.clone(),
            pilots: vec![None; bodies.len()],
            friction_scale: 1.0,
            sight_m: f64::INFINITY,
            user_values: BTreeMap::new(),
            commands: Vec::new(),
            flows: Vec::new(),
            seed: Seed(0),
            bodies,
            states: vec![ElementState::default(); scenario.elements.len()],
            performances: scenario.elements.iter().map(|_| Performance::default()).collect(),
            start_memory: memory(|element| &element.start),
            stop_memory: memory(|element| &element.stop),
            changes: Vec::new(),
            triggering: BTreeMap::new(),
            parameters: scenario.parameters.iter().map(|known| known.value.clone()).collect(),
            variables: scenario.variables.iter().map(|known| known.value.clone()).collect(),
            signals: BTreeMap::new(),
            phases: vec![None; scenario.signal_controllers.len()],
            time_of_day: None,
            happenings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The scenario.
    pub fn scenario(&self) -> &'a Scenario {
        self.scenario
    }
    /// Everybody who has been there: those of the scenario, then those that traffic actions brought.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }
    /// Simulated time.
    pub fn time_s(&self) -> f64 {
        self.time_s
    }
    /// Everybody, in the order of [`Player::entities`].
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }
    /// Everything that happened in the storyboard.
    pub fn happenings(&self) -> &[Happening] {
        &self.happenings
    }
    /// What was not played as written.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
    /// Commands to somebody outside, in the order in which they were given.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }
    /// How far one sees in fog; infinite without.
    pub fn sight_m(&self) -> f64 {
        self.sight_m
    }
    /// Sets a value from outside, which a `UserDefinedValueCondition` may ask for.
    pub fn set_user_value(&mut self, name: &str, value: &str) {
        self.user_values.insert(name.to_owned(), value.to_owned());
    }
    /// State of a storyboard element.
    pub fn state(&self, element: ElementId) -> State {
        self.states[element].state
    }

    /// One step; the first one sets everything up and takes no time. False once the storyboard is over.
    pub fn step(&mut self, step_s: f64) -> bool {
        self.step_with(step_s, None)
    }

    /// The same with somebody who drives those of [`Driver::Outside`], and who is asked once a step.
    pub fn step_with(&mut self, step_s: f64, chauffeur: Option<&mut dyn Chauffeur>) -> bool {
        if chauffeur.is_some() || step_s <= WHOLE_STEP_S_MAX || !self.has_begun {
            return self.step_whole(step_s, chauffeur);
        }
        let parts = (step_s / PART_S_MAX - compare::SAME).ceil();
        (0..parts as u64).all(|_| self.step_whole(step_s / parts, None))
    }

    fn step_whole(&mut self, step_s: f64, chauffeur: Option<&mut dyn Chauffeur>) -> bool {
        let step_s = if self.has_begun { step_s } else { 0.0 };
        for body in &mut self.bodies {
            body.is_moved = false;
            body.is_paced = false;
            body.has_jumped = false;
        }
        if !self.has_begun {
            self.begin();
        }
        self.evaluate_triggers(0);
        for &action in &self.scenario.init {
            if self.states[action].state == State::Running {
                self.perform(action, step_s);
            }
        }
        self.step_actions(0, step_s);
        if self.states[0].state != State::Running {
            return false;
        }
        self.has_begun = true;
        self.pilot(step_s);
        if let Some(chauffeur) = chauffeur {
            self.be_driven(chauffeur, step_s);
        }
        self.time_s += step_s;
        for entity in 0..self.bodies.len() {
            self.go_on(entity, step_s);
        }
        self.pull_trailers();
        if !self.flows.is_empty() {
            self.run_flows(false);
        }
        let roads = self.scenario.roads.as_deref();
        for body in &mut self.bodies {
            body.finish_step(self.time_s, step_s, roads);
        }
        true
    }

    fn begin(&mut self) {
        let scenario = self.scenario;
        for &action in &scenario.init {
            self.start(action);
        }
        // The first conditions are asked before anybody has moved.
        self.bodies.iter_mut().for_each(body::Body::take_up_speed);
        self.start(0);
    }

    /// Goes on along the lane, unless an action has moved it already.
    fn go_on(&mut self, entity: usize, step_s: f64) {
        let Some(roads) = &self.scenario.roads else {
            let body = &mut self.bodies[entity];
            if body.is_active && !body.is_moved {
                body.go_straight(step_s);
            }
            return;
        };
        let time_s = self.time_s;
        let body = &mut self.bodies[entity];
        if !body.is_active || body.is_moved || body.tractor.is_some() || body.speed_mps.abs() < STILL_MPS {
            return;
        }
        let Some(mut spot) = body.spot else {
            body.go_straight(step_s);
            return;
        };
        let ds_m = roads.along_s_m(spot, body.speed_mps * step_s) * body.sense();
        let mut is_turned = false;
        let advance = roads.advance(&mut spot, ds_m, &mut is_turned, &body.route);
        if is_turned {
            body.heading_to_road_rad += std::f64::consts::PI;
        }
        body.set_spot(roads, spot);
        match advance {
            Advance::Done => body.end_of_road_since_s = None,
            Advance::EndOfRoad => {
                // In the step that ends there it still drove.
                if body.end_of_road_since_s.is_some() {
                    body.speed_mps = 0.0;
                }
                body.end_of_road_since_s.get_or_insert(time_s);
            }
        }
    }
}
