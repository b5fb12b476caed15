//! Actions that take no time: on entities, values, lights, the environment, routes.

use super::{Command, Player};
use crate::model::{Action, Change, ElementId, EntityId};
use crate::roads::Spot;

impl Player<'_> {
    /// Actions that take no time.
    pub(super) fn do_at_once(&mut self, id: ElementId, action: &Action, actor: Option<EntityId>) {
        match (action, actor) {
            // A trailer goes where its tractor goes.
            (Action::Teleport(position), Some(actor)) if self.bodies[actor].tractor.is_none() => {
                let place = self.place(position, Some(actor));
                self.put(actor, place);
                self.line_up_trailers(actor);
            }
            (Action::AddEntity(entity, position), _) => {
                let place = self.place(position, None);
                self.put(*entity, place);
            }
            (Action::DeleteEntity(entity), _) => {
                self.bodies[*entity].is_active = false;
                self.bodies[*entity].is_gone = true;
            }
            (Action::AssignRoute(route), Some(actor)) => {
                let spots = route
                    .waypoints
                    .iter()
                    .filter_map(|point| self.place(point, Some(actor)).spot);
                let spots: Vec<Spot> = spots.collect();
                self.bodies[actor].route = self.roads_of(&spots);
            }
            (Action::AcquirePosition(position), Some(actor)) => self.head_for(actor, position),
            (Action::RandomRoute, Some(actor)) => self.wander(actor),
            (Action::Visibility(visibility), Some(actor)) => self.bodies[actor].visibility = *visibility,
            (Action::ConnectTrailer(trailer), Some(actor)) => {
                self.disconnect(actor);
                self.bodies[actor].trailer = Some(*trailer);
                self.bodies[*trailer].tractor = Some(actor);
            }
            (Action::DisconnectTrailer, Some(actor)) => self.disconnect(actor),
            (Action::Environment(change), _) => {
                if let Some((at_s, runs)) = change.time {
                    self.time_of_day = Some((at_s, self.time_s, runs));
                }
                self.friction_scale = change.friction_scale.unwrap_or(self.friction_scale);
                self.sight_m = change.sight_m.unwrap_or(self.sight_m);
            }
            (Action::Light(light, is_on), Some(actor)) => self.bodies[actor].lights.switch(light, *is_on),
            (Action::Custom(kind, content), _) => self.commands.push(Command {
                time_s: self.time_s,
                kind: kind.clone(),
                content: content.clone(),
            }),
            (Action::Parameter(index, change), _) => change_value(&mut self.parameters[*index], change),
            (Action::Variable(index, change), _) => change_value(&mut self.variables[*index], change),
            (Action::SignalState(name, state), _) => {
                self.signals.insert(name.clone(), state.clone());
            }
            (Action::SignalController(controller, phase), _) => {
                let phases = &self.scenario.signal_controllers[*controller].phases;
                let found = phases.iter().position(|(name, _, _)| name == phase);
                self.phases[*controller] = found.map(|index| (index, self.time_s));
            }
            (Action::Monitor(name, value), _) => {
                if let Some(index) = self.scenario.variables.iter().position(|known| known.name == *name) {
                    self.variables[index].clone_from(value);
                }
            }
            (Action::Traffic(name, traffic), _) => self.begin_traffic(id, name, traffic),
            (Action::Controller { is_active, inputs }, Some(actor)) => {
                match (&mut self.pilots[actor], is_active[0]) {
                    (Some(pilot), Some(is_active)) => {
                        pilot.is_active = is_active;
                        pilot.wish_mps = None;
                    }
                    (Some(_), None) => {}
                    (None, _) => self.note("without a driver, controllers do ideally what actions say".to_owned()),
                }
                let form = &self.entities[actor];
                for &(input, is_overridden) in inputs {
                    self.bodies[actor].inputs.take(input, is_overridden, form);
                }
            }
            // Looks and gestures move nobody here.
            _ => {}
        }
    }

    pub(super) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }
}

fn change_value(value: &mut String, change: &Change) {
    let number = crate::scope::number(value).unwrap_or(0.0);
    match change {
        Change::Set(new) => value.clone_from(new),
        Change::Add(by) => *value = (number + by).to_string(),
        Change::Multiply(by) => *value = (number * by).to_string(),
    }
}
