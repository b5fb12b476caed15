//! A scenario as plain data: entities, a flat storyboard, actions, conditions, positions.
//!
//! The reader makes it from files, the player plays it. Parameters are resolved, catalogs put in, names turned into
//! indices. The terms are those of ASAM OpenSCENARIO XML 1.3.

mod action;
mod condition;
mod entity;
mod position;
mod storyboard;
mod traffic;

pub use action::{
    Action, Change, Constraints, Dimension, Displacement, Dynamics, EnvironmentChange, Input, Keeping, LateralTarget,
    SpeedTarget, Steady, TransitionShape,
};
pub use condition::{
    Condition, Direction, Edge, EntityTest, Metric, Part, Rule, Share, StateWanted, System, Test, Trigger,
};
pub use entity::{Entity, EntityKind};
pub use position::{ClothoidPiece, Orientation, Position, Route, RouteSpot, Shape, Trajectory};
pub use storyboard::{Element, ElementKind, Priority};
pub use traffic::{Area, Fleet, Traffic, of_category};

use crate::roads::Roads;
use std::sync::Arc;

/// Index of an entity.
pub type EntityId = usize;
/// Index of a storyboard element.
pub type ElementId = usize;

/// A scenario ready to be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without its folder.
    pub name: String,
    /// What its author says of it.
    pub description: String,
    /// The roads, if it has any.
    pub roads: Option<Arc<Roads>>,
    /// Who takes part.
    pub entities: Vec<Entity>,
    /// Done before the storyboard begins.
    pub init: Vec<ElementId>,
    /// The storyboard; element 0 is its root.
    pub elements: Vec<Element>,
    /// Global parameters with their types and values.
    pub parameters: Vec<Named>,
    /// Variables with their types and first values.
    pub variables: Vec<Named>,
    /// Programs of traffic lights.
    pub signal_controllers: Vec<SignalProgram>,
}

impl Scenario {
    /// Whether the storyboard hands an entity to its controller at some time, along its lane.
    pub fn hands_over(&self, entity: EntityId) -> bool {
        self.elements.iter().any(|element| {
            let hands_over = matches!(
                element.action,
                Some(Action::Controller {
                    is_active: [Some(true), _],
                    ..
                })
            );
            hands_over && element.actor == Some(entity)
        })
    }

    /// The entity that a driver under test drives: the first one that is handed to a controller, else the first one called
    /// `ego`, whatever its case, else the first vehicle.
    pub fn ego(&self) -> Option<EntityId> {
        let vehicles = || (0..self.entities.len()).filter(|&id| self.entities[id].kind == EntityKind::Vehicle);
        vehicles()
            .find(|&id| self.hands_over(id))
            .or_else(|| vehicles().find(|&id| self.entities[id].name.eq_ignore_ascii_case("ego")))
            .or_else(|| vehicles().next())
    }
}

/// A parameter or a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its type as the file says it.
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// A traffic light controller's phases.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalProgram {
    /// Its name.
    pub name: String,
    /// Starts this long after the one it refers to.
    pub delay_s: f64,
    /// The controller that its delay counts from.
    pub reference: Option<usize>,
    /// Its phases in order.
    pub phases: Vec<Phase>,
}

/// A phase: its name, its duration in seconds, (signal, state) pairs.
pub type Phase = (String, f64, Vec<(String, String)>);
