//! States of storyboard elements: standby, running, complete, and the transitions between them (OpenSCENARIO 1.3, 8).
//!
//! A parent ends when its last child has; events end in standby as long as they may run again, and so do maneuver groups
//! (8.4.2.1, 8.4.4). Starts and skips of an event both count as its executions. What is stopped, by a stop trigger, by an
//! event that overrides (8.4.2.2) or by an action that takes the same actor's same domain (7.5.1), is complete however
//! often it might still have run.

use super::{Happening, Player};
use crate::model::{ElementId, ElementKind, Priority};

/// Where an element is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Its parent has not begun.
    #[default]
    Initial,
    /// Waits for its trigger.
    Standby,
    /// Runs.
    Running,
    /// Is over.
    Complete,
}

/// How it came there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Transition {
    #[default]
    None,
    Start,
    End,
    Stop,
    Skip,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ElementState {
    pub(super) state: State,
    executions: u32,
}

impl Player<'_> {
    fn set(&mut self, id: ElementId, state: State, transition: Transition) {
        if self.states[id].state == state && transition != Transition::Skip {
            return;
        }
        self.states[id].state = state;
        self.changes.push((id, state, transition));
        self.happenings.push(Happening {
            time_s: self.time_s,
            element: id,
            state,
        });
    }

    pub(super) fn start(&mut self, id: ElementId) {
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        if self.states[id].state == State::Initial {
            if element.executions_max == 0 {
                self.set(id, State::Complete, Transition::Skip);
                self.tell_parent(id);
                return;
            }
            if element.start.is_some() {
                self.set(id, State::Standby, Transition::None);
                return;
            }
        }
        if element.kind == ElementKind::Event && !self.may_start(id) {
            return;
        }
        self.states[id].executions += 1;
        self.set(id, State::Running, Transition::Start);
        match element.kind {
            ElementKind::Action => self.begin_action(id),
            ElementKind::Event => {
                for &action in &element.children {
                    if self.is_chosen(action) {
                        self.stop_rivals(action);
                        self.start(action);
                    } else {
                        self.states[action].state = State::Complete;
                    }
                }
            }
            _ => {
                for &child in &element.children {
                    self.start(child);
                }
            }
        }
        let is_empty = element
            .children
            .iter()
            .all(|&child| self.states[child].state == State::Complete);
        let is_nested = !matches!(element.kind, ElementKind::Action | ElementKind::Storyboard);
        if is_nested && is_empty && self.states[id].state == State::Running {
            self.end(id);
        }
    }

    /// Whether an event may start now, by its priority; others of its maneuver are stopped if it overrides them.
    fn may_start(&mut self, id: ElementId) -> bool {
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        let Some(maneuver) = element.parent else { return true };
        let siblings = &scenario.elements[maneuver].children;
        match element.priority {
            Priority::Parallel => true,
            Priority::Skip => {
                let is_free = siblings.iter().all(|&other| self.states[other].state != State::Running);
                if !is_free {
                    self.skip(id);
                }
                is_free
            }
            Priority::Override => {
                for &other in siblings {
                    if other != id && self.states[other].state == State::Running {
                        self.stop(other);
                    }
                }
                true
            }
        }
    }

    /// An execution that does not come about counts as one.
    fn skip(&mut self, id: ElementId) {
        self.states[id].executions += 1;
        if self.states[id].executions < self.scenario.elements[id].executions_max {
            self.set(id, State::Standby, Transition::Skip);
        } else {
            self.set(id, State::Complete, Transition::Skip);
            self.tell_parent(id);
        }
    }

    /// Whether an action has an actor to do it: one who joins by triggering must have triggered the act
    /// (OpenSCENARIO 1.3, 7.3.1).
    fn is_chosen(&self, id: ElementId) -> bool {
        let element = &self.scenario.elements[id];
        if !element.joins_by_triggering {
            return true;
        }
        let parents = std::iter::successors(element.parent, |&parent| self.scenario.elements[parent].parent);
        let mut triggering = parents.filter_map(|parent| self.triggering.get(&parent));
        triggering.any(|entities| element.actor.is_some_and(|actor| entities.contains(&actor)))
    }

    /// Actions of the same actor on the same domain stop when another begins, for all their actors (7.5.1).
    fn stop_rivals(&mut self, id: ElementId) {
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        let (Some(actor), Some(action)) = (element.actor, &element.action) else {
            return;
        };
        let domains = action.domains();
        if domains == 0 {
            return;
        }
        for (other, rival) in scenario.elements.iter().enumerate() {
            let is_rival = other != id
                && rival.actor == Some(actor)
                && self.states[other].state == State::Running
                && rival
                    .action
                    .as_ref()
                    .is_some_and(|action| action.domains() & domains != 0);
            if !is_rival {
                continue;
            }
            for part in rival.same_action.clone() {
                if part != id && self.states[part].state == State::Running {
                    self.stop(part);
                }
            }
        }
    }

    pub(super) fn end(&mut self, id: ElementId) {
        if self.states[id].state == State::Complete {
            return;
        }
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        for &child in &element.children {
            if self.states[child].state == State::Running {
                self.end(child);
            }
        }
        if self.states[id].state == State::Complete || element.kind == ElementKind::Storyboard {
            return;
        }
        let is_repeated = matches!(element.kind, ElementKind::Event | ElementKind::ManeuverGroup);
        if is_repeated && self.states[id].executions < element.executions_max {
            self.start_memory[id].reset();
            self.stop_memory[id].reset();
            self.set(id, State::Standby, Transition::End);
            for &child in &element.children {
                self.reset(child);
            }
        } else {
            self.set(id, State::Complete, Transition::End);
        }
        self.tell_parent(id);
    }

    fn tell_parent(&mut self, id: ElementId) {
        let scenario = self.scenario;
        let Some(parent) = scenario.elements[id].parent else {
            return;
        };
        if parent == 0 || self.states[parent].state == State::Complete {
            return;
        }
        let children = &scenario.elements[parent].children;
        if children
            .iter()
            .all(|&child| self.states[child].state == State::Complete)
        {
            self.end(parent);
        }
    }

    fn reset(&mut self, id: ElementId) {
        let scenario = self.scenario;
        self.states[id] = ElementState::default();
        for &child in &scenario.elements[id].children {
            self.reset(child);
        }
    }

    pub(super) fn stop(&mut self, id: ElementId) {
        self.stop_with_parts(id);
        if id != 0 {
            self.tell_parent(id);
        }
    }

    /// Parts of what is stopped do not tell it: it has not ended, and is not to begin anew.
    fn stop_with_parts(&mut self, id: ElementId) {
        let scenario = self.scenario;
        for &child in &scenario.elements[id].children {
            self.stop_with_parts(child);
        }
        if self.states[id].state != State::Complete {
            self.set(id, State::Complete, Transition::Stop);
        }
    }

    pub(super) fn evaluate_triggers(&mut self, id: ElementId) {
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        if matches!(self.states[id].state, State::Standby | State::Running)
            && let Some(trigger) = &element.stop
            && self.holds(trigger, id, true)
        {
            self.stop(id);
        }
        if self.states[id].state == State::Standby {
            let is_started = match &element.start {
                Some(trigger) => self.holds(trigger, id, false),
                None => true,
            };
            if is_started {
                self.start(id);
            }
        }
        if self.states[id].state == State::Running && element.kind != ElementKind::Event {
            for &child in &element.children {
                self.evaluate_triggers(child);
            }
        }
    }

    pub(super) fn step_actions(&mut self, id: ElementId, step_s: f64) {
        if self.states[id].state != State::Running {
            return;
        }
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        if element.kind == ElementKind::Action {
            self.perform(id, step_s);
            return;
        }
        for &child in &element.children {
            self.step_actions(child, step_s);
        }
    }
}
