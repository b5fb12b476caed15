//! Lights: which letter each link shows at a time.
//!
//! In go programmes and the clock; out come letters by link. Fixed programmes are a function of time alone; an actuated
//! one prolongs a green step while vehicles come, up to its greatest duration.

use crate::sumo::{NONE, StreetNetwork};

/// Where a programme stands.
#[derive(Clone, Debug)]
struct Clock {
    step: usize,
    /// When the step ends, seconds.
    until_s: f64,
    since_s: f64,
}

/// All lights.
#[derive(Debug)]
pub(super) struct Signals {
    /// What each link shows now: its light's letter, or its own.
    pub shown: Vec<u8>,
    clocks: Vec<Clock>,
    /// Links of each light: (link, letter).
    heads: Vec<Vec<(u32, u32)>>,
}

/// An actuated light goes on if nobody has passed its detectors for so long.
const GAP_S: f64 = 3.0;

impl Signals {
    pub(super) fn new(network: &StreetNetwork, begin_s: f64) -> Signals {
        let mut heads = vec![Vec::new(); network.lights.len()];
        for (index, link) in network.links.iter().enumerate() {
            if link.light != NONE {
                heads[link.light as usize].push((index as u32, link.light_index));
            }
        }
        let clocks = network
            .lights
            .iter()
            .map(|light| {
                let cycle_s: f64 = light.steps.iter().map(|step| step.duration_s).sum();
                let mut at_s = (begin_s - light.offset_s).rem_euclid(cycle_s);
                let mut step = 0;
                while step + 1 < light.steps.len() && at_s >= light.steps[step].duration_s {
                    at_s -= light.steps[step].duration_s;
                    step += 1;
                }
                Clock {
                    step,
                    since_s: begin_s - at_s,
                    until_s: begin_s - at_s + light.steps[step].duration_s,
                }
            })
            .collect();
        let mut signals = Signals {
            shown: network.links.iter().map(|link| link.state).collect(),
            clocks,
            heads,
        };
        for light in 0..network.lights.len() {
            signals.show(network, light);
        }
        signals
    }

    /// Goes on to `now_s`. `last_passed_s` says when somebody last came near a link's line.
    pub(super) fn step(&mut self, network: &StreetNetwork, now_s: f64, last_passed_s: &[f64]) {
        for (index, light) in network.lights.iter().enumerate() {
            let clock = &mut self.clocks[index];
            let mut has_changed = false;
            // Times are sums of steps; half a millisecond makes no difference to a driver.
            while clock.until_s <= now_s + 5e-4 {
                let step = &light.steps[clock.step];
                let is_green = light.is_actuated && step.state.iter().any(|letter| letter.eq_ignore_ascii_case(&b'g'));
                let is_wanted = || {
                    self.heads[index].iter().any(|&(link, letter)| {
                        step.state
                            .get(letter as usize)
                            .is_some_and(|letter| letter.eq_ignore_ascii_case(&b'g'))
                            && last_passed_s[link as usize] > now_s - GAP_S
                    })
                };
                if is_green && clock.until_s + 1.0 <= clock.since_s + step.duration_s_max && is_wanted() {
                    clock.until_s += 1.0;
                    continue;
                }
                clock.since_s = clock.until_s;
                clock.step = (clock.step + 1) % light.steps.len();
                let next = &light.steps[clock.step];
                clock.until_s += if light.is_actuated {
                    next.duration_s_min
                } else {
                    next.duration_s
                };
                has_changed = true;
            }
            if has_changed {
                self.show(network, index);
            }
        }
    }

    fn show(&mut self, network: &StreetNetwork, light: usize) {
        let state = &network.lights[light].steps[self.clocks[light].step].state;
        for &(link, letter) in &self.heads[light] {
            self.shown[link as usize] = state.get(letter as usize).copied().unwrap_or(b'r');
        }
    }
}

/// A letter that stops.
pub(super) fn is_red(letter: u8) -> bool {
    matches!(letter, b'r' | b'R' | b'u')
}

/// A letter that stops whoever can.
pub(super) fn is_yellow(letter: u8) -> bool {
    matches!(letter, b'y' | b'Y')
}

/// Capital letters go first.
pub(super) fn goes_first(letter: u8) -> bool {
    letter.is_ascii_uppercase()
}
