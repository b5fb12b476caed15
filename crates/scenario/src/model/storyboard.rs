//! The storyboard as a flat list of elements, each with its parent and its parts.

use super::{Action, ElementId, EntityId, Trigger};
use std::ops::Range;

/// Kinds of storyboard elements, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ElementKind {
    /// The whole.
    Storyboard,
    /// A story.
    Story,
    /// An act.
    Act,
    /// A maneuver group.
    ManeuverGroup,
    /// A maneuver.
    Maneuver,
    /// An event.
    Event,
    /// An action, one element for each actor.
    Action,
}

/// What an event does to others of its maneuver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Ends those that run.
    #[default]
    Override,
    /// Runs beside them.
    Parallel,
    /// Does not start while one runs.
    Skip,
}

/// One element of the storyboard.
#[derive(Clone, Debug)]
pub struct Element {
    /// What it is.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// What it is part of.
    pub parent: Option<ElementId>,
    /// Its parts.
    pub children: Vec<ElementId>,
    /// Starts when this holds; at once if there is none.
    pub start: Option<Trigger>,
    /// Stops when this holds.
    pub stop: Option<Trigger>,
    /// Runs at most so often.
    pub executions_max: u32,
    /// For events.
    pub priority: Priority,
    /// For actions.
    pub action: Option<Action>,
    /// Who does the action.
    pub actor: Option<EntityId>,
    /// The actor does it only if it was one of those that triggered the act (`selectTriggeringEntities`).
    pub joins_by_triggering: bool,
    /// The elements of one action of the file, this one among them: one for each of its actors.
    pub same_action: Range<ElementId>,
}
