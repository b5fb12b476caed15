//! Rules of the road kept or not: posted limits, red lights, stop signs.
//!
//! A line is where the map has its light or sign; it is passed in the step in which the front of the box comes over it.
//! A state counts as red if it says `red` or `stop`, or, by lamps, if only the first is `on` (OpenSCENARIO 1.3,
//! `TrafficSignalState`: the syntax of states is the simulator's). At a stop sign one must have stood within
//! [`STOOD_WITHIN_M`] of its line. Lights whose state the scenario does not tell show nothing.

use super::{Measures, Name};
use crate::model::{EntityId, EntityKind};
use crate::play::Player;
use crate::roads::LineKind;
use road::SignalColour;

/// Slower than this is standing.
const STILL_MPS: f64 = 0.1;
/// Who has stood so near before a stop line has stood at it.
const STOOD_WITHIN_M: f64 = 5.0;

/// What is known of a vehicle's way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    road: Option<usize>,
    front_s_m: f64,
    /// How far it had come when it stood last.
    stood_at_m: Option<f64>,
}

impl Measures {
    pub(super) fn rules(&mut self, player: &Player<'_>, entity: EntityId) {
        let (form, body) = (&player.entities()[entity], &player.bodies()[entity]);
        let Some((roads, spot)) = player.scenario().roads.as_ref().zip(body.spot) else {
            return;
        };
        if form.kind != EntityKind::Vehicle {
            return;
        }
        let speed_mps = body.speed_mps.abs();
        if let Some(limit_mps) = roads.speed_limit_mps(spot)
            && speed_mps > limit_mps
        {
            self.keep(Name::Speeding, speed_mps - limit_mps, player, &[entity]);
        }
        let sense = body.sense();
        let front_s_m = spot.s_m + sense * (form.centre_m[0] + 0.5 * form.size_m[0]);
        let mut way = self.ways[entity];
        if speed_mps < STILL_MPS {
            way.stood_at_m = Some(body.travelled_m);
        }
        let before_s_m = match way.road {
            Some(road) if road == spot.road => way.front_s_m,
            Some(_) if sense > 0.0 => 0.0,
            Some(_) => roads.length_m(spot.road),
            None => front_s_m,
        };
        for line in roads.lines_passed(spot, before_s_m, front_s_m, sense) {
            match line.kind {
                LineKind::Light if player.signal_state(&line.id).is_some_and(is_red) => {
                    self.keep(Name::RedLight, speed_mps, player, &[entity]);
                }
                LineKind::Stop => {
                    let has_stood = way
                        .stood_at_m
                        .is_some_and(|stood_at_m| body.travelled_m - stood_at_m <= STOOD_WITHIN_M);
                    let value = if has_stood { 0.0 } else { speed_mps };
                    self.keep(Name::StopLine, value, player, &[entity]);
                }
                LineKind::Light => {}
            }
        }
        (way.road, way.front_s_m) = (Some(spot.road), front_s_m);
        self.ways[entity] = way;
    }
}

/// Whether a light's state, in words or lamp by lamp, is red.
pub(crate) fn is_red(state: &str) -> bool {
    let state = state.to_ascii_lowercase();
    let mut lamps = state.split(';').map(str::trim);
    state.contains("red") || state == "stop" || (lamps.next() == Some("on") && lamps.all(|lamp| lamp == "off"))
}

/// A light's state, in words or lamp by lamp from red to green, as a colour.
pub(crate) fn colour_of(state: &str) -> SignalColour {
    let words = state.to_ascii_lowercase();
    let lamps: Vec<&str> = words.split(';').map(str::trim).collect();
    match (is_red(state), lamps.as_slice()) {
        (true, _) => SignalColour::Red,
        (_, ["off", "off", "on"] | ["off", "on"]) => SignalColour::Green,
        (_, lamps) if lamps.iter().all(|&lamp| lamp == "off" || lamp == "dark") => SignalColour::Dark,
        _ if words.contains("green") || words == "go" => SignalColour::Green,
        _ => SignalColour::Amber,
    }
}

#[cfg(test)]
mod tests {
    use super::{colour_of, is_red};
    use road::SignalColour;

    #[test]
    fn colours_are_said_in_words_or_by_lamps() {
        for (state, colour) in [
            ("stop", SignalColour::Red),
            ("on;off;off", SignalColour::Red),
            ("off;off;on", SignalColour::Green),
            ("green", SignalColour::Green),
            ("off;on;off", SignalColour::Amber),
            ("on;on;off", SignalColour::Amber),
            ("off;off;off", SignalColour::Dark),
        ] {
            assert_eq!(colour_of(state), colour, "{state}");
        }
    }

    #[test]
    fn red_is_said_in_words_or_by_lamps() {
        assert!(["red", "RED", "stop", "on;off;off"].into_iter().all(is_red));
        assert!(
            !["green", "off;off;on", "on;on;off", "off;off;off"]
                .into_iter()
                .any(is_red)
        );
    }
}
