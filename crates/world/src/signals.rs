//! Traffic lights by their programs: what each shows now and when it will change.
//!
//! In goes the network's fixed-time programs; out come, at each tick, all colours, and for each light the moment of its
//! last and next change, which people at the kerb and radio messages (SPATEM) go by. Only controllers whose step is
//! over are touched, so that a tick without a change costs one comparison a controller.

use record::SimTime;
use road::{SignalColour, SignalController, SignalId};

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
    /// `count` lights as their programs have them at the start of the run; one without a program is dark.
    pub fn new(count: usize, controllers: &[SignalController]) -> Lights {
        let mut lights = Lights {
            colours: vec![SignalColour::Dark; count],
            spans: vec![(SimTime::ZERO, SimTime::MAX); count],
            step_ends: vec![SimTime::from_nanos(i64::MIN); controllers.len()],
        };
        lights.advance(controllers, SimTime::ZERO);
        lights
    }

    /// Sets every light to what it shows at `now`; never goes back in time.
    pub fn advance(&mut self, controllers: &[SignalController], now: SimTime) {
        for (controller, end) in controllers.iter().zip(&mut self.step_ends) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use SignalColour::{Amber, Green, Red};

    #[test]
    fn lights_follow_their_program_and_tell_when_they_change() {
        // Two lights: 20 s and 10 s of green, 3 s of amber, 2 s of red for both.
        let steps = [
            (20_000, Green, Red),
            (3_000, Amber, Red),
            (2_000, Red, Red),
            (10_000, Red, Green),
            (5_000, Red, Red),
        ];
        let controllers = [SignalController {
            id: "junction".into(),
            signals: vec![SignalId(0), SignalId(1)],
            steps: steps.map(|(length_ms, a, b)| (length_ms, vec![a, b])).to_vec(),
            offset_ms: 7_000,
        }];
        let mut lights = Lights::new(2, &controllers);
        let mut seen = String::new();
        for second in 0..=87 {
            let now = SimTime::from_secs(second);
            lights.advance(&controllers, now);
            let letter = |light: u32| format!("{:?}", lights.colour(SignalId(light))).remove(0);
            if second % 8 == 7 {
                let left_s = |light: u32| (lights.changes_at(SignalId(light)) - now).as_millis() / 1000;
                let for_s = |light: u32| (now - lights.changed_at(SignalId(light))).as_millis() / 1000;
                let [a, b] = [0, 1].map(|light| format!("{}{}/{}", letter(light), for_s(light), left_s(light)));
                seen += &format!("{second}:{a},{b} ");
            }
        }
        assert_eq!(
            seen.trim(),
            "7:G0/20,R5/25 15:G8/12,R13/17 23:G16/4,R21/9 31:R1/16,R29/1 39:R9/8,G7/3 47:G0/20,R5/25 55:G8/12,R13/17 \
             63:G16/4,R21/9 71:R1/16,R29/1 79:R9/8,G7/3 87:G0/20,R5/25"
        );
    }

    #[test]
    fn a_program_without_length_leaves_its_lights_dark() {
        let empty = |steps| SignalController {
            id: String::new(),
            signals: vec![SignalId(0)],
            steps,
            offset_ms: 0,
        };
        for steps in [vec![], vec![(0, vec![Green])], vec![(-5, vec![Green])]] {
            let lights = Lights::new(1, &[empty(steps)]);
            assert_eq!(lights.colours(), [SignalColour::Dark]);
            assert_eq!(lights.changes_at(SignalId(0)), SimTime::MAX);
        }
    }
}
