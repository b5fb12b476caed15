//! What a scenario can hardly mean: triggers that never fire, entities that begin on one spot or nowhere. Warnings, not
//! errors.
//!
//! A trigger never fires if each of its groups has a condition that never holds for a reason that the file itself shows.
//! What depends on how things move is not judged.

use super::Reader;
use crate::compare;
use crate::model::{Action, Condition, Edge, Element, ElementId, EntityId, EntityTest, Position, Rule, Test, Trigger};
use crate::problem::{Place, Problem};

/// A trigger with its place, kept until all is read.
pub(super) struct Kept {
    file: String,
    place: Place,
    trigger: Trigger,
}

impl Reader<'_> {
    pub(super) fn keep_trigger(&mut self, place: Place, trigger: &Trigger) {
        self.triggers.push(Kept {
            file: self.file.clone(),
            place,
            trigger: trigger.clone(),
        });
    }

    pub(super) fn doubts(&mut self, elements: &[Element], init: &[ElementId]) {
        for kept in std::mem::take(&mut self.triggers) {
            let groups = &kept.trigger.groups;
            let reasons: Vec<String> = groups
                .iter()
                .filter_map(|group| group.iter().find_map(|condition| self.never(condition, elements)))
                .collect();
            if !groups.is_empty() && reasons.len() == groups.len() {
                let message = format!("this trigger can never fire: {}", reasons.join("; "));
                self.doubt(
                    &kept.file,
                    kept.place,
                    "Trigger",
                    message,
                    "mend a condition, or remove the trigger",
                );
            }
        }
        let begins: Vec<(usize, &Position, Place)> = self
            .init_places
            .iter()
            .filter_map(|&(id, place)| match (&elements[id].action, elements[id].actor) {
                (Some(Action::Teleport(position)), Some(actor)) if init.contains(&id) => Some((actor, position, place)),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        for (index, (actor, position, place)) in begins.iter().enumerate() {
            let other = begins[..index]
                .iter()
                .find(|(other, known, _)| other != actor && known == position);
            if let Some((other, _, _)) = other {
                let names = [*other, *actor].map(|entity| self.entities[entity].name.clone());
                found.push((*place, format!("`{}` and `{}` begin on one spot", names[0], names[1])));
            }
        }
        for (place, message) in found {
            let file = self.file.clone();
            self.doubt(&file, place, "TeleportAction", message, "move one of them");
        }
        for (entity, place) in std::mem::take(&mut self.entity_places).into_iter().enumerate() {
            if !self.is_put_somewhere(entity, elements) {
                let message = format!(
                    "`{}` is never put anywhere: it is not there",
                    self.entities[entity].name
                );
                let file = self.file.clone();
                let hint = "add a <TeleportAction> in <Init>";
                self.doubt(&file, place, "ScenarioObject", message, hint);
            }
        }
    }

    fn is_put_somewhere(&self, entity: EntityId, elements: &[Element]) -> bool {
        let is_trailer = self.entities.iter().any(|tractor| tractor.trailer == Some(entity));
        let mut actions = elements
            .iter()
            .filter_map(|element| Some((element.actor, element.action.as_ref()?)));
        is_trailer
            || actions.any(|(actor, action)| match action {
                Action::Teleport(_) | Action::FollowTrajectory(..) | Action::AddEntity(..) => actor == Some(entity),
                Action::ConnectTrailer(trailer) => *trailer == entity,
                _ => false,
            })
    }

    fn doubt(&mut self, file: &str, place: Place, element: &str, message: String, hint: &str) {
        self.problems
            .push(Problem::warning(file, place, element, message, hint));
    }

    /// Why a condition never holds, if the file shows it.
    fn never(&self, condition: &Condition, elements: &[Element]) -> Option<String> {
        let name = &condition.name;
        let changes = |known: usize, is_parameter: bool| {
            elements.iter().any(|element| match &element.action {
                Some(Action::Parameter(index, _)) => is_parameter && *index == known,
                Some(Action::Variable(index, _)) => !is_parameter && *index == known,
                Some(Action::Monitor(name, _)) => !is_parameter && self.variables[known].name == *name,
                _ => false,
            })
        };
        let constant = |known: &crate::model::Named, rule: Rule, value: &str| {
            let holds = compare::texts(&known.value, rule, value);
            match (condition.edge, holds) {
                (Edge::None, true) => None,
                (Edge::None, false) => Some(format!(
                    "`{name}`: nothing changes `{}` from `{}`",
                    known.name, known.value
                )),
                _ => Some(format!(
                    "`{name}` waits for an edge, and nothing changes `{}`",
                    known.name
                )),
            }
        };
        match &condition.test {
            Test::Parameter(index, rule, value) if !changes(*index, true) => {
                constant(self.parameters.get(*index)?, *rule, value)
            }
            Test::Variable(index, rule, value) if !changes(*index, false) => {
                constant(self.variables.get(*index)?, *rule, value)
            }
            Test::SimulationTime(Rule::LessThan, value) if *value <= 0.0 && condition.edge == Edge::None => {
                Some(format!("`{name}`: no time is before the start"))
            }
            Test::SimulationTime(Rule::LessThan | Rule::LessOrEqual, _) if condition.edge == Edge::Rising => Some(
                format!("`{name}`: time that has passed a value does not come back to it"),
            ),
            Test::SimulationTime(Rule::GreaterThan | Rule::GreaterOrEqual, _) if condition.edge == Edge::Falling => {
                Some(format!(
                    "`{name}`: time that has passed a value does not come back to it"
                ))
            }
            Test::Entity { entities, .. } if entities.is_empty() => Some(format!("`{name}` asks nobody")),
            Test::Entity {
                entities,
                test: EntityTest::Speed(_, Rule::GreaterThan | Rule::GreaterOrEqual, value),
                ..
            } if entities
                .iter()
                .all(|&entity| *value > self.entities[entity].speed_mps_max) =>
            {
                Some(format!("`{name}`: nobody asked can drive at {value} m/s"))
            }
            _ => None,
        }
    }
}
