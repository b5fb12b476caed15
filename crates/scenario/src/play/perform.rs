//! Actions being done: what each changes when it begins and at every step.
//!
//! This module hands each action to the module that knows it, and keeps what it remembers between steps. Kinematic
//! entities obey at once, within the limits of their `Performance`.

use super::Player;
use super::lifecycle::State;
use super::line::Line;
use super::speed::ProfilePiece;
use super::synchronize::Synchronization;
use super::transition::Transition;
use crate::model::{Action, Displacement, ElementId};
use crate::roads::Spot;
use std::sync::Arc;

/// What an action remembers while it runs.
#[derive(Debug, Default)]
pub(super) enum Performance {
    #[default]
    None,
    Speed(Transition),
    Profile(Vec<ProfilePiece>),
    Lane {
        transition: Transition,
        /// Its place, named from the lane it goes to.
        spot: Spot,
    },
    Offset(Transition),
    Line {
        line: Arc<Line>,
        time_s: f64,
        /// Drives it backwards.
        is_reversed: bool,
    },
    Keep {
        displacement: Displacement,
        acceleration_mps2: f64,
    },
    Synchronize(Synchronization),
}

impl Player<'_> {
    pub(super) fn begin_action(&mut self, id: ElementId) {
        let scenario = self.scenario;
        let element = &scenario.elements[id];
        let Some(action) = &element.action else { return };
        self.performances[id] = match (action, element.actor) {
            (Action::Speed(dynamics, target, _), Some(actor)) => self.begin_speed(actor, *dynamics, *target),
            (Action::SpeedProfile(entries, other, follows, constraints), Some(actor)) => {
                let offset_mps = other.map_or(0.0, |other| self.bodies[other].speed_mps);
                Performance::Profile(self.profile(actor, entries, offset_mps, *follows, constraints))
            }
            (Action::LaneChange(dynamics, target, offset_m), Some(actor)) => {
                self.begin_lane_change(actor, *dynamics, *target, *offset_m)
            }
            (Action::LaneOffset(shape, acceleration, target, _), Some(actor)) => {
                self.begin_lane_offset(actor, *shape, *acceleration, *target)
            }
            (Action::LongitudinalDistance(keeping) | Action::LateralDistance(keeping), Some(actor)) => {
                let displacement = match keeping.displacement {
                    Displacement::Any => match self.is_past(actor, keeping) {
                        true => Displacement::Leading,
                        false => Displacement::Trailing,
                    },
                    given => given,
                };
                Performance::Keep {
                    displacement,
                    acceleration_mps2: 0.0,
                }
            }
            (Action::FollowTrajectory(trajectory, start_m, timing), Some(actor)) => {
                let line = Arc::new(self.line(trajectory, Some(actor)));
                self.begin_line(actor, line, *start_m, timing.is_some())
            }
            (Action::Synchronize { .. }, Some(_)) => Performance::Synchronize(Synchronization::default()),
            (action, actor) => {
                self.do_at_once(id, action, actor);
                Performance::None
            }
        };
        if matches!(self.performances[id], Performance::None) && !matches!(action, Action::Teleport(_)) {
            self.end(id);
        }
    }

    pub(super) fn perform(&mut self, id: ElementId, step_s: f64) {
        let scenario = self.scenario;
        let mut performance = std::mem::take(&mut self.performances[id]);
        if let (Some(action), Some(actor)) = (&scenario.elements[id].action, scenario.elements[id].actor) {
            self.bodies[actor].is_paced |= action.domains() & 1 != 0;
        }
        let is_over = match (
            &mut performance,
            scenario.elements[id].action.as_ref(),
            scenario.elements[id].actor,
        ) {
            (Performance::Speed(transition), Some(Action::Speed(_, target, continuous)), Some(actor)) => {
                self.change_speed(actor, transition, *target, *continuous, step_s)
            }
            (Performance::Profile(pieces), _, Some(actor)) => self.follow_profile(actor, pieces, step_s),
            (Performance::Lane { transition, spot }, _, Some(actor)) => {
                self.change_lane(actor, transition, spot, step_s)
            }
            (Performance::Offset(transition), Some(Action::LaneOffset(_, _, _, continuous)), Some(actor)) => {
                self.change_offset(actor, transition, step_s) && !continuous
            }
            (
                Performance::Line {
                    line,
                    time_s,
                    is_reversed,
                },
                Some(Action::FollowTrajectory(_, _, timing)),
                Some(actor),
            ) => {
                let timing = *timing;
                self.follow_line(actor, line, time_s, *is_reversed, timing, step_s)
            }
            (
                Performance::Keep {
                    displacement,
                    acceleration_mps2,
                },
                Some(Action::LongitudinalDistance(keeping)),
                Some(actor),
            ) => {
                let keeping = *keeping;
                self.keep_ahead(actor, &keeping, *displacement, acceleration_mps2, step_s)
            }
            (
                Performance::Keep {
                    displacement,
                    acceleration_mps2,
                },
                Some(Action::LateralDistance(keeping)),
                Some(actor),
            ) => {
                let keeping = *keeping;
                self.keep_beside(actor, &keeping, *displacement, acceleration_mps2, step_s)
            }
            (Performance::Synchronize(state), Some(action), Some(actor)) => {
                self.synchronize(actor, action, state, step_s)
            }
            _ => true,
        };
        self.performances[id] = performance;
        if is_over && self.states[id].state == State::Running {
            self.end(id);
        }
    }
}
