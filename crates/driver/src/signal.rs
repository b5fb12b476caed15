//! Traffic lights.
//!
//! In goes the view; out come stops before red lights, the decision at amber, and gliding where the radio tells when a
//! light will change. A light that is not seen counts as red. Whether others have the right of way at a green light is
//! the junction's business.

use crate::speed::{BRAKING_MPS2, Cause, Governor, time_to_cover_s};
use crate::view::View;
use road::{SignalColour, SignalId};
use vehicle::Reason;

/// Braking at amber that is still asked for; harder, and one drives on (the dilemma zone's usual bound is 3 m/s², with
/// people standing in the vehicle it is less).
const AMBER_BRAKING_MPS2: f64 = 2.0;
/// Whoever would come too late by this much more than the reckoned time is taken to come too late...
const ARRIVAL_DOUBT: f64 = 1.1;
/// ...and stops if that takes no more braking than this.
const LATE_BRAKING_MPS2: f64 = 1.35;
/// Slowest gliding towards a red light that will change.
const GLIDE_MPS: f64 = 4.0;
/// Slowing down to it.
const GLIDE_MPS2: f64 = 0.7;

/// What was decided at amber.
#[derive(Debug, Default)]
pub(crate) struct Lights {
    drives_on: Option<SignalId>,
}

impl Lights {
    /// Tells the governor; answers with the first gate that a light closes.
    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor, horizon_m: f64) -> Option<usize> {
        let first = view.route.next_gate(view.front_m);
        for (index, gate) in view.route.gates.iter().enumerate().skip(first) {
            let distance_m = gate.line_m - view.front_m;
            if distance_m > horizon_m {
                break;
            }
            let Some(signal) = gate.signal else { continue };
            // Past the line, the light is behind us.
            if view.front_m > gate.start_m + 0.5 {
                continue;
            }
            let cause = Cause {
                reason: Reason::Signal,
                signal: Some(signal),
                ..Cause::default()
            };
            let seen = view.signal(signal);
            let changes_s = seen
                .and_then(|seen| seen.changes_in)
                .map(|time| time.as_secs_f64().max(0.0));
            let colour = seen.map_or(SignalColour::Red, |seen| seen.colour);
            let limit_mps = view.route.at(gate.line_m).speed_mps;
            let is_closed = match colour {
                SignalColour::Dark => false,
                SignalColour::Green => {
                    self.drives_on = None;
                    // It will have changed before we are there: no need to hurry towards a red light.
                    let arrival_s = time_to_cover_s(distance_m, view.speed_mps, limit_mps);
                    let is_late = changes_s.is_some_and(|changes_s| arrival_s * ARRIVAL_DOUBT > changes_s + 1.0);
                    is_late && view.needed_mps2(gate.line_m) < LATE_BRAKING_MPS2
                }
                SignalColour::Amber => {
                    let needed = view.needed_mps2(gate.line_m);
                    if self.drives_on != Some(signal) && needed > AMBER_BRAKING_MPS2 {
                        self.drives_on = Some(signal);
                    }
                    self.drives_on != Some(signal)
                }
                // One who drove on at amber and could not stop does not stop in the middle either.
                SignalColour::Red => {
                    let is_through =
                        self.drives_on == Some(signal) && view.needed_mps2(gate.line_m) > 2.0 * AMBER_BRAKING_MPS2;
                    if !is_through {
                        self.drives_on = None;
                    }
                    !is_through
                }
            };
            if !is_closed {
                continue;
            }
            let braking = (1.1 * view.needed_mps2(gate.line_m)).clamp(BRAKING_MPS2, AMBER_BRAKING_MPS2 * 1.2);
            governor.stop_braking(distance_m, braking, cause);
            if colour == SignalColour::Red
                && distance_m > 15.0
                && let Some(changes_s) = changes_s
            {
                let glide_mps = (distance_m / (changes_s + 1.0)).max(GLIDE_MPS);
                let wanted_mps2 = 0.6 * (glide_mps - view.speed_mps);
                governor.ask(wanted_mps2.max(-GLIDE_MPS2), glide_mps, cause);
            }
            return Some(index);
        }
        None
    }
}
