//! The remote supervisor of a batch run: a model that confirms what vehicles propose.
//!
//! In goes what a vehicle on its degradation ladder asks ([`vehicle::Request`]); out comes the confirmation in its mission,
//! [`ANSWER_S`] later, and an event each. While the vehicle's link is out it is not heard, and its time begins anew. Each
//! vehicle has somebody's whole attention. It decides nothing else: a vehicle waits for no longer than its own file says.

use crate::day::ServiceDay;
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
}

impl ServiceDay {
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
                if question.is_answered || self.clock_s - question.since_s < ANSWER_S {
                    return;
                }
                self.units[index].question = Some(Question {
                    is_answered: true,
                    ..question
                });
                self.units[index].confirmed = Some(request.number);
                self.give_mission(index);
                self.tell_proposal(index, trip, request.proposal, true);
            }
            _ => {
                self.units[index].question = Some(Question {
                    request,
                    since_s: self.clock_s,
                    is_answered: false,
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
