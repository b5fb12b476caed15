//! Traffic lights by their programs: what each shows now and when it will change.
//!
//! In goes the network's fixed-time programs; out come, at each tick, all colours, and for each light the moment of its
//! last and next change, which people at the kerb and radio messages (SPATEM) go by. Only controllers whose step is
//! over are touched, so that a tick without a change costs one comparison a controller.

use record::SimTime;
use road::{RoadNetwork, SignalColour, SignalId};

/// All lights of a network.
#[derive(Clone, Debug)]
pub(crate) struct Lights {
    colours: Vec<SignalColour>,
    /// For each light: since when it shows its colour, and when it will show another.
    spans: Vec<(SimTime, SimTime)>,
    /// For each controller: the end of its present step.
    step_ends: Vec<SimTime>,
}

impl Lights {
    /// The lights as they stand at the start of the run.
    pub fn new(network: &RoadNetwork) -> Lights {
        let count = network.signals().len();
        let colour = |index: usize| network.signal_colour(SignalId(index as u32), 0);
        let mut lights = Lights {
            colours: (0..count).map(colour).collect(),
            spans: vec![(SimTime::ZERO, SimTime::MAX); count],
            step_ends: vec![SimTime::ZERO; network.controllers().len()],
        };
        lights.advance(network, SimTime::ZERO);
        lights
    }

    /// Sets every light to what it shows at `now`; never goes back in time.
    pub fn advance(&mut self, network: &RoadNetwork, now: SimTime) {
        for (controller, end) in network.controllers().iter().zip(&mut self.step_ends) {
            if now < *end {
                continue;
            }
            let Some(place) = place_in_cycle(&controller.steps, now.as_millis() - controller.offset_ms) else {
                *end = SimTime::MAX;
                continue;
            };
            let step_start = now - SimTime::from_millis(place.into_step_ms);
            *end = step_start + SimTime::from_millis(controller.steps[place.step].0);
            let count = controller.steps.len();
            for (column, &signal) in controller.signals.iter().enumerate() {
                let show = |step: usize| {
                    controller.steps[step]
                        .1
                        .get(column)
                        .copied()
                        .unwrap_or(SignalColour::Dark)
                };
                let colour = show(place.step);
                let later = (1..count)
                    .map(|i| (place.step + i) % count)
                    .take_while(|&step| show(step) == colour);
                let earlier = (1..count)
                    .map(|i| (place.step + count - i) % count)
                    .take_while(|&step| show(step) == colour);
                let length_ms = |step: usize| controller.steps[step].0;
                let (ahead_ms, behind_ms) = (later.map(length_ms).sum(), earlier.map(length_ms).sum());
                let never_changes = (0..count).all(|step| show(step) == colour);
                self.colours[signal.0 as usize] = colour;
                self.spans[signal.0 as usize] = if never_changes {
                    (SimTime::ZERO, SimTime::MAX)
                } else {
                    (
                        step_start - SimTime::from_millis(behind_ms),
                        *end + SimTime::from_millis(ahead_ms),
                    )
                };
            }
        }
    }

    /// Every light's colour, by `SignalId`.
    pub fn colours(&self) -> &[SignalColour] {
        &self.colours
    }

    /// What a light shows.
    pub fn colour(&self, signal: SignalId) -> SignalColour {
        self.colours[signal.0 as usize]
    }

    /// Since when a light shows its colour.
    pub fn changed_at(&self, signal: SignalId) -> SimTime {
        self.spans[signal.0 as usize].0
    }

    /// When a light will show another colour; `SimTime::MAX` if never.
    pub fn changes_at(&self, signal: SignalId) -> SimTime {
        self.spans[signal.0 as usize].1
    }
}

struct PlaceInCycle {
    step: usize,
    into_step_ms: i64,
}

/// Where a program stands; `None` if it has no length.
fn place_in_cycle(steps: &[(i64, Vec<SignalColour>)], since_offset_ms: i64) -> Option<PlaceInCycle> {
    let cycle_ms: i64 = steps.iter().map(|step| step.0.max(0)).sum();
    if cycle_ms == 0 {
        return None;
    }
    let mut left_ms = since_offset_ms.rem_euclid(cycle_ms);
    for (step, &(length_ms, _)) in steps.iter().enumerate() {
        if left_ms < length_ms {
            return Some(PlaceInCycle {
                step,
                into_step_ms: left_ms,
            });
        }
        left_ms -= length_ms.max(0);
    }
    None
}
