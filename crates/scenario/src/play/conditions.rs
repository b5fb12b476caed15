//! Whether conditions hold, with their edges and delays.
//!
//! Conditions of a group are asked in order, and those behind one that does not hold are not asked unless they have a
//! delay or an edge, whose history must not have gaps.

use super::lifecycle::Transition;
use super::place::Place;
use super::{Player, State};
use crate::compare;
use crate::model::{
    Condition, Direction, Edge, ElementId, ElementKind, EntityId, EntityTest, Share, StateWanted, Test, Trigger,
};

/// What a trigger's conditions were before.
#[derive(Clone, Debug, Default)]
pub(super) struct TriggerMemory(Vec<Vec<ConditionMemory>>);

#[derive(Clone, Debug, Default)]
struct ConditionMemory {
    last: bool,
    is_known: bool,
    /// Values after edges, from when on: only for those with a delay.
    history: Vec<(f64, bool)>,
    /// State changes of the storyboard up to here have been seen.
    changes_seen: usize,
}

impl TriggerMemory {
    pub(super) fn new(trigger: &Option<Trigger>) -> TriggerMemory {
        let groups = trigger.iter().flat_map(|trigger| &trigger.groups);
        TriggerMemory(
            groups
                .map(|group| vec![ConditionMemory::default(); group.len()])
                .collect(),
        )
    }

    pub(super) fn reset(&mut self) {
        for memory in self.0.iter_mut().flatten() {
            memory.history.clear();
        }
    }
}

impl Player<'_> {
    pub(super) fn holds(&mut self, trigger: &Trigger, element: ElementId, is_stop: bool) -> bool {
        let slot = if is_stop {
            &mut self.stop_memory[element]
        } else {
            &mut self.start_memory[element]
        };
        let mut memory = std::mem::take(slot);
        // A start trigger without conditions starts at once; a stop trigger without any never stops.
        let mut holds = trigger.groups.is_empty() && !is_stop;
        let is_act_start = !is_stop && self.scenario.elements[element].kind == ElementKind::Act;
        let mut triggering = Vec::new();
        for (group, memories) in trigger.groups.iter().zip(&mut memory.0) {
            let mut all = !group.is_empty();
            for (condition, memory) in group.iter().zip(memories) {
                if all || condition.delay_s > 0.0 || condition.edge != Edge::None {
                    all &= self.condition(condition, memory);
                }
            }
            holds |= all;
            if all && is_act_start {
                let entities = group.iter().flat_map(|condition| self.who_meets(&condition.test));
                triggering.extend(entities);
            }
        }
        if holds && is_act_start {
            self.triggering.insert(element, triggering);
        }
        if holds {
            memory.0.iter_mut().flatten().for_each(|memory| memory.is_known = false);
        }
        let slot = if is_stop {
            &mut self.stop_memory[element]
        } else {
            &mut self.start_memory[element]
        };
        *slot = memory;
        holds
    }

    fn condition(&self, condition: &Condition, memory: &mut ConditionMemory) -> bool {
        let now = self.test(&condition.test, memory);
        let before = memory.last;
        let counts = match condition.edge {
            Edge::None => now,
            _ if !memory.is_known => false,
            Edge::Rising => now && !before,
            Edge::Falling => !now && before,
            Edge::RisingOrFalling => now != before,
        };
        memory.last = now;
        memory.is_known = true;
        if condition.delay_s <= 0.0 {
            return counts;
        }
        if memory.history.last().is_none_or(|&(_, known)| known != counts) {
            memory.history.push((self.time_s, counts));
        }
        let then_s = self.time_s - condition.delay_s + compare::SAME;
        let known = memory.history.iter().rev().find(|(since_s, _)| *since_s <= then_s);
        known.is_some_and(|&(_, value)| value)
    }

    /// The entities that meet a condition on entities.
    fn who_meets(&self, test: &Test) -> Vec<EntityId> {
        let Test::Entity { entities, test, .. } = test else {
            return Vec::new();
        };
        let meets = |&entity: &EntityId| self.bodies[entity].is_active && self.entity_test(entity, test);
        entities.iter().copied().filter(meets).collect()
    }

    fn test(&self, test: &Test, memory: &mut ConditionMemory) -> bool {
        match test {
            Test::SimulationTime(rule, value) => compare::numbers(self.time_s, *rule, *value),
            Test::Parameter(index, rule, value) => self
                .parameters
                .get(*index)
                .is_some_and(|known| compare::texts(known, *rule, value)),
            Test::Variable(index, rule, value) => self
                .variables
                .get(*index)
                .is_some_and(|known| compare::texts(known, *rule, value)),
            Test::TimeOfDay(rule, value) => self.time_of_day.is_some_and(|(at_s, set_s, runs)| {
                let now_s = if runs { at_s + self.time_s - set_s } else { at_s };
                compare::numbers(now_s, *rule, *value)
            }),
            Test::State(ids, wanted) => self.state_test(ids, *wanted, memory),
            Test::Signal(name, state) => self.signal_state(name).is_some_and(|shown| shown == state),
            Test::SignalController(controller, phase) => {
                let phases = &self.scenario.signal_controllers[*controller].phases;
                self.phase(*controller)
                    .and_then(|index| phases.get(index))
                    .is_some_and(|(name, _, _)| name == phase)
            }
            // What nobody outside has set meets no rule.
            Test::UserValue(name, rule, value) => self
                .user_values
                .get(name)
                .is_some_and(|known| compare::texts(known, *rule, value)),
            Test::Entity { entities, share, test } => {
                let mut those = entities.iter().filter(|&&entity| self.bodies[entity].is_active);
                match share {
                    Share::Any => those.any(|&entity| self.entity_test(entity, test)),
                    Share::All => !entities.is_empty() && those.all(|&entity| self.entity_test(entity, test)),
                    Share::None => !entities.is_empty() && !those.any(|&entity| self.entity_test(entity, test)),
                }
            }
        }
    }

    fn state_test(&self, ids: &[ElementId], wanted: StateWanted, memory: &mut ConditionMemory) -> bool {
        let fits = |state: State, transition: Transition| match wanted {
            StateWanted::Standby => state == State::Standby,
            StateWanted::Running => state == State::Running,
            StateWanted::Complete => state == State::Complete,
            StateWanted::StartTransition => transition == Transition::Start,
            StateWanted::EndTransition => transition == Transition::End,
            StateWanted::StopTransition => transition == Transition::Stop,
            StateWanted::SkipTransition => transition == Transition::Skip,
        };
        let fresh = &self.changes[memory.changes_seen.min(self.changes.len())..];
        memory.changes_seen = self.changes.len();
        let mut own = fresh.iter().filter(|(id, _, _)| ids.contains(id)).peekable();
        if own.peek().is_some() {
            return own.any(|&(_, state, transition)| fits(state, transition));
        }
        ids.iter().any(|&id| fits(self.states[id].state, Transition::None))
    }

    fn entity_test(&self, entity: EntityId, test: &EntityTest) -> bool {
        let body = &self.bodies[entity];
        let lasts = |since_s: Option<f64>, duration_s: f64| {
            since_s.is_some_and(|since_s| self.time_s - since_s >= duration_s - compare::SAME)
        };
        match test {
            EntityTest::EndOfRoad(duration_s) => lasts(body.end_of_road_since_s, *duration_s),
            EntityTest::Offroad(duration_s) => lasts(body.offroad_since_s, *duration_s),
            EntityTest::StandStill(duration_s) => lasts(body.still_since_s, *duration_s),
            EntityTest::Collision(other) => self.touch(entity, *other),
            EntityTest::CollisionWithKind(kind) => (0..self.bodies.len())
                .any(|other| other != entity && self.entities[other].kind == *kind && self.touch(entity, other)),
            EntityTest::TimeHeadway(other, metric, rule, value) => {
                if !self.bodies[*other].is_active || body.speed_mps < super::STILL_MPS {
                    return false;
                }
                let distance_m = self.distance_m(entity, self.place_of(*other), Some(*other), *metric);
                distance_m >= 0.0 && compare::numbers(distance_m / body.speed_mps, *rule, *value)
            }
            EntityTest::TimeToCollision(target, metric, rule, value) => {
                let (place, other) = match target {
                    Ok(other) if !self.bodies[*other].is_active => return false,
                    Ok(other) => (self.place_of(*other), Some(*other)),
                    Err(position) => (self.place(position, Some(entity)), None),
                };
                let distance_m = self.distance_m(entity, place, other, *metric);
                let closing_mps = match other.map(|other| &self.bodies[other]) {
                    Some(other) if libm::hypot(other.velocity_mps[0], other.velocity_mps[1]) > super::STILL_MPS => {
                        let [vx, vy] = other.velocity_mps;
                        let along = (body.velocity_mps[0] * vx + body.velocity_mps[1] * vy) / libm::hypot(vx, vy);
                        body.speed_mps.signum() * along.signum() * (along - other.speed_mps.abs())
                    }
                    _ => body.speed_mps,
                };
                if distance_m.abs() < compare::SAME || closing_mps.abs() < compare::SAME {
                    return false;
                }
                let time_s = distance_m / closing_mps;
                time_s >= 0.0 && compare::numbers(time_s, *rule, *value)
            }
            EntityTest::Acceleration(direction, rule, value) => {
                compare::numbers(self.along(entity, body.acceleration_mps2, *direction), *rule, *value)
            }
            EntityTest::Speed(Direction::Total, rule, value) => compare::numbers(body.speed_mps, *rule, *value),
            EntityTest::Speed(direction, rule, value) => {
                compare::numbers(self.along(entity, body.velocity_mps, *direction), *rule, *value)
            }
            EntityTest::RelativeSpeed(other, direction, rule, value) => {
                let there = &self.bodies[*other];
                let difference = match direction {
                    Direction::Total => body.speed_mps - there.speed_mps,
                    _ => {
                        let both = [0, 1].map(|axis| body.velocity_mps[axis] - there.velocity_mps[axis]);
                        self.along(entity, both, *direction)
                    }
                };
                compare::numbers(difference, *rule, *value)
            }
            EntityTest::TraveledDistance(value) => body.travelled_m >= *value,
            EntityTest::ReachPosition(position, tolerance_m, tolerance_rad) => {
                let place = self.place(position, Some(entity)).pose;
                let turn_rad = crate::roads::wrapped(place.heading_rad - body.pose.heading_rad).abs();
                libm::hypot(place.x_m - body.pose.x_m, place.y_m - body.pose.y_m) < *tolerance_m
                    && tolerance_rad.is_none_or(|tolerance_rad| turn_rad <= tolerance_rad)
            }
            EntityTest::Distance(position, metric, rule, value) => {
                let distance_m = self.distance_m(entity, self.place(position, Some(entity)), None, *metric);
                compare::numbers(distance_m.abs(), *rule, *value)
            }
            EntityTest::RelativeDistance(other, metric, rule, value) => {
                if !self.bodies[*other].is_active {
                    return false;
                }
                let distance_m = self.distance_m(entity, self.place_of(*other), Some(*other), *metric);
                compare::numbers(distance_m.abs(), *rule, *value)
            }
            EntityTest::RelativeClearance { .. } => self.is_clear(entity, test),
            EntityTest::Angle {
                axis,
                angle_rad,
                tolerance_rad,
                other,
                to_road,
            } => {
                let angles = |entity: EntityId| {
                    let pose = self.bodies[entity].pose;
                    [pose.heading_rad, pose.pitch_rad, pose.roll_rad][*axis]
                };
                let own = match (*to_road && *axis == 0, other) {
                    (true, None) => body.heading_to_road_rad,
                    (_, Some(other)) => angles(entity) - angles(*other),
                    _ => angles(entity),
                };
                crate::roads::wrapped(own - angle_rad).abs() <= *tolerance_rad
            }
        }
    }

    fn place_of(&self, entity: EntityId) -> Place {
        Place {
            pose: self.bodies[entity].pose,
            spot: self.bodies[entity].spot,
        }
    }

    fn along(&self, entity: EntityId, [x, y]: [f64; 2], direction: Direction) -> f64 {
        let (sin, cos) = libm::sincos(self.bodies[entity].pose.heading_rad);
        match direction {
            Direction::Total => libm::hypot(x, y),
            Direction::Longitudinal => x * cos + y * sin,
            Direction::Lateral => y * cos - x * sin,
            Direction::Vertical => 0.0,
        }
    }

    /// Nobody of interest on the lanes and the stretch asked for.
    fn is_clear(&self, entity: EntityId, test: &EntityTest) -> bool {
        let EntityTest::RelativeClearance {
            backward_m,
            forward_m,
            freespace,
            opposite,
            lanes,
            others,
        } = test
        else {
            return false;
        };
        let metric = crate::model::Metric {
            system: crate::model::System::Road,
            part: crate::model::Part::Longitudinal,
            freespace: *freespace,
        };
        let Some(here) = self.bodies[entity].spot else {
            return true;
        };
        let sense = self.bodies[entity].sense();
        (0..self.bodies.len()).all(|other| {
            if other == entity || !self.bodies[other].is_active || !(others.is_empty() || others.contains(&other)) {
                return true;
            }
            let Some(there) = self.bodies[other].spot else {
                return true;
            };
            let is_oncoming = self.bodies[other].sense() * sense < 0.0;
            let mut left = (there.lane - here.lane) * sense as i32;
            if (there.lane > 0) != (here.lane > 0) {
                left -= left.signum();
            }
            let is_on_lane = lanes
                .iter()
                .any(|&(from, to)| (from.min(to)..=from.max(to)).contains(&left));
            if !is_on_lane || (is_oncoming && !opposite) {
                return true;
            }
            let along_m = self.distance_m(entity, self.place_of(other), Some(other), metric);
            along_m > *forward_m || along_m < -*backward_m
        })
    }

    /// The phase that a controller is in.
    fn phase(&self, controller: usize) -> Option<usize> {
        let program = &self.scenario.signal_controllers[controller];
        let cycle_s: f64 = program.phases.iter().map(|(_, duration_s, _)| duration_s).sum();
        if cycle_s <= 0.0 {
            return None;
        }
        let delay_s = self.signal_delay_s(controller);
        let (first, since_s) = self.phases[controller].unwrap_or((0, delay_s));
        if self.time_s < since_s - compare::SAME {
            return None;
        }
        let before_s: f64 = program.phases[..first]
            .iter()
            .map(|(_, duration_s, _)| duration_s)
            .sum();
        let mut left_s = (self.time_s - since_s + before_s + compare::SAME).rem_euclid(cycle_s);
        for (index, (_, duration_s, _)) in program.phases.iter().enumerate() {
            if left_s < *duration_s {
                return Some(index);
            }
            left_s -= duration_s;
        }
        None
    }

    /// When a controller's first phase begins: delays count from the controller that they refer to (OpenSCENARIO 1.3,
    /// class `TrafficSignalController`).
    fn signal_delay_s(&self, controller: usize) -> f64 {
        let programs = &self.scenario.signal_controllers;
        let (mut delay_s, mut at) = (programs[controller].delay_s, controller);
        // As many steps as there are controllers: references that go round in a circle end too.
        for _ in 0..programs.len() {
            let Some(reference) = programs[at].reference else { break };
            delay_s += programs[reference].delay_s;
            at = reference;
        }
        delay_s
    }

    /// What a traffic light shows: what an action set, or what its controller's phase says.
    /// What a light shows, if the scenario says it.
    pub fn signal_state(&self, name: &str) -> Option<&str> {
        if let Some(state) = self.signals.get(name) {
            return Some(state);
        }
        (0..self.scenario.signal_controllers.len()).find_map(|controller| {
            let phase = self.phase(controller)?;
            let (_, _, states) = self.scenario.signal_controllers[controller].phases.get(phase)?;
            let found = states.iter().find(|(signal, _)| signal == name || signal.is_empty())?;
            Some(found.1.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::compare;
    use crate::model::Rule;

    #[test]
    fn equality_of_numbers_forgives_what_files_round() {
        assert!(compare::numbers(0.1 + 0.2, Rule::EqualTo, 0.3));
        assert!(!compare::numbers(0.3, Rule::GreaterThan, 0.3));
    }
}
