//! The remote supervisor: a model that confirms what vehicles propose, unless a person answers first.
//!
//! In goes what a vehicle on its degradation ladder asks ([`vehicle::Request`]); out comes the confirmation in its mission,
//! [`ANSWER_S`] later or when a person gives it ([`ServiceDay::answer`]), and an event each. What a person holds back waits for a person. While the
//! vehicle's link is out it is not heard, and its time begins anew. Each
//! vehicle has somebody's whole attention. It decides nothing else: a vehicle waits for no longer than its own file says.

use crate::day::{Order, ServiceDay};
use crate::event::ServiceEventKind;
use vehicle::{FaultKind, Proposal, Request};
use world::TestVehicleState;

/// From the request on the screen to the confirmation: to notice it, look around through the cameras, and decide. A model's
/// figure that nobody has measured; no rule asks for one.
pub const ANSWER_S: f64 = 20.0;

/// What a vehicle asks, and since when it is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) request: Request,
    pub(crate) since_s: f64,
    pub(crate) is_answered: bool,
    /// A person wants to look first.
    pub(crate) is_held: bool,
}

/// What a vehicle asks and nobody has answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// What it would do.
    pub proposal: Proposal,
    /// Time of day when it was heard.
    pub since_s: f64,
    /// A person holds the answer back; else the model gives it [`ANSWER_S`] after that.
    pub is_held: bool,
}

impl Question {
    /// What is open of it.
    pub(crate) fn asked(&self) -> Option<Asked> {
        (!self.is_answered).then_some(Asked {
            proposal: self.request.proposal,
            since_s: self.since_s,
            is_held: self.is_held,
        })
    }
}

impl ServiceDay {
    /// A person's answer to what a vehicle, by its index in the fleet, asks: confirmed, or held back until it is. False if
    /// it asks nothing.
    pub fn answer(&mut self, vehicle: usize, is_confirmed: bool) -> bool {
        let Some(unit) = self.units.get_mut(vehicle) else {
            return false;
        };
        let Some(question) = unit.question.as_mut().filter(|question| !question.is_answered) else {
            return false;
        };
        if !is_confirmed {
            question.is_held = true;
            return true;
        }
        let proposal = question.request.proposal;
        let trip = unit.run.as_ref().and_then(|run| run.trip);
        self.confirm(vehicle);
        let kind = ServiceEventKind::ProposalConfirmed { proposal };
        // The event belongs to the tick that comes.
        self.orders.push(Order { vehicle, trip, kind });
        true
    }

    /// Lets a vehicle do what it proposed.
    fn confirm(&mut self, index: usize) {
        let unit = &mut self.units[index];
        if let Some(question) = &mut unit.question {
            question.is_answered = true;
            unit.confirmed = Some(question.request.number);
        }
        self.give_mission(index);
    }

    /// Hears a vehicle, and answers when it is time.
    pub(crate) fn supervise(&mut self, index: usize, state: &TestVehicleState) {
        let unit = &self.units[index];
        let Some(decision) = unit.actor.and_then(|actor| self.world.decision(actor)) else {
            return;
        };
        let is_heard = !state.ego.faults.has(FaultKind::Link);
        let request = decision.ladder.request.filter(|_| is_heard);
        let trip = unit.run.as_ref().and_then(|run| run.trip);
        let Some(request) = request else {
            self.units[index].question = None;
            return;
        };
        match unit.question {
            Some(question) if question.request == request => {
                if question.is_answered || question.is_held || self.clock_s - question.since_s < ANSWER_S {
                    return;
                }
                self.confirm(index);
                self.tell_proposal(index, trip, request.proposal, true);
            }
            _ => {
                self.units[index].question = Some(Question {
                    request,
                    since_s: self.clock_s,
                    is_answered: false,
                    is_held: false,
                });
                self.tell_proposal(index, trip, request.proposal, false);
            }
        }
    }

    fn tell_proposal(&mut self, index: usize, trip: Option<usize>, proposal: Proposal, is_answered: bool) {
        let kind = if is_answered {
            ServiceEventKind::ProposalConfirmed { proposal }
        } else {
            ServiceEventKind::SupervisorAsked { proposal }
        };
        self.tell(Some(index), trip, None, kind);
    }
}
