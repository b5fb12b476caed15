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
    /// For each controller: how much later than its program it runs, because somebody was favoured.
    late_ms: Vec<i64>,
    /// For each controller: nobody is favoured before.
    favours_from: Vec<SimTime>,
}

/// A green is kept, or a red cut, by this at most.
const FAVOUR_MS_MAX: i64 = 10_000;
/// A green that is cut for somebody has lasted so long at least.
const GREEN_MS_MIN: i64 = 8_000;

impl Lights {
    /// `count` lights as their programs have them at the start of the run; one without a program is dark.
    pub fn new(count: usize, controllers: &[SignalController]) -> Lights {
        let mut lights = Lights {
            colours: vec![SignalColour::Dark; count],
            spans: vec![(SimTime::ZERO, SimTime::MAX); count],
            step_ends: vec![SimTime::from_nanos(i64::MIN); controllers.len()],
            late_ms: vec![0; controllers.len()],
            favours_from: vec![SimTime::ZERO; controllers.len()],
        };
        lights.advance(controllers, SimTime::ZERO);
        lights
    }

    /// Sets every light to what it shows at `now`; never goes back in time.
    pub fn advance(&mut self, controllers: &[SignalController], now: SimTime) {
        for ((controller, end), late_ms) in controllers.iter().zip(&mut self.step_ends).zip(&self.late_ms) {
            if now < *end {
                continue;
            }
            let since_ms = now.as_millis() - controller.offset_ms - late_ms;
            let Some(place) = place_in_cycle(&controller.steps, since_ms) else {
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

    /// Keeps a light green for somebody who reaches it at `arrives`, or, if `may_cut`, makes its red end sooner by cutting
    /// another's green: by ten seconds at most, once a cycle. The program runs on from there. Whether it did.
    pub fn favour(
        &mut self,
        controllers: &[SignalController],
        (controller, signal): (usize, SignalId),
        now: SimTime,
        arrives: SimTime,
        may_cut: bool,
    ) -> bool {
        let end = self.step_ends[controller];
        let changes = self.changes_at(signal);
        if now < self.favours_from[controller] || changes == SimTime::MAX || arrives <= now {
            return false;
        }
        let steps = &controllers[controller].steps;
        let late_ms = match self.colour(signal) {
            // Only the step at whose end it turns amber is made longer.
            SignalColour::Green if changes == end && arrives > changes => (arrives - changes).as_millis() + 1_000,
            SignalColour::Red if may_cut && arrives < changes => {
                let since_ms = now.as_millis() - controllers[controller].offset_ms - self.late_ms[controller];
                let Some(place) = place_in_cycle(steps, since_ms) else {
                    return false;
                };
                let is_others_green = steps[place.step].1.contains(&SignalColour::Green);
                if !is_others_green || place.into_step_ms < GREEN_MS_MIN {
                    return false;
                }
                -(end - now)
                    .as_millis()
                    .min((changes - arrives).as_millis())
                    .min(FAVOUR_MS_MAX)
            }
            _ => return false,
        };
        // Whole ticks, so that steps end when the world looks.
        let late_ms = late_ms / 100 * 100;
        if late_ms == 0 || late_ms > FAVOUR_MS_MAX {
            return false;
        }
        let late = SimTime::from_millis(late_ms);
        self.late_ms[controller] += late_ms;
        self.step_ends[controller] += late;
        for &member in &controllers[controller].signals {
            let span = &mut self.spans[member.0 as usize];
            if span.1 != SimTime::MAX {
                span.1 += late;
            }
        }
        let cycle_ms: i64 = steps.iter().map(|step| step.0.max(0)).sum();
        self.favours_from[controller] = now + SimTime::from_millis(cycle_ms);
        true
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

    /// Seconds at which the first of two lights is green, with somebody who asks at `asks_s` to pass at `arrives_s`.
    fn green_seconds(asks_s: i64, arrives_s: i64, may_cut: bool) -> (bool, Vec<i64>) {
        let steps = [
            (20_000, Green, Red),
            (3_000, Amber, Red),
            (2_000, Red, Red),
            (20_000, Red, Green),
            (5_000, Red, Red),
        ];
        let controllers = [SignalController {
            id: "junction".into(),
            signals: vec![SignalId(0), SignalId(1)],
            steps: steps.map(|(length_ms, a, b)| (length_ms, vec![a, b])).to_vec(),
            offset_ms: 0,
        }];
        let mut lights = Lights::new(2, &controllers);
        let mut was_favoured = false;
        let mut green = Vec::new();
        for second in 0..100 {
            let now = SimTime::from_secs(second);
            lights.advance(&controllers, now);
            assert!(lights.changes_at(SignalId(0)) > now, "at {second} s");
            if second == asks_s {
                let arrives = SimTime::from_secs(arrives_s);
                was_favoured = lights.favour(&controllers, (0, SignalId(0)), now, arrives, may_cut);
            }
            if lights.colour(SignalId(0)) == Green {
                green.push(second);
            }
        }
        (was_favoured, green)
    }

    #[test]
    fn a_green_is_kept_for_who_is_favoured_and_the_program_runs_on() {
        let (was_favoured, green) = green_seconds(15, 24, false);
        assert!(was_favoured);
        assert_eq!(green, (0..25).chain(55..75).collect::<Vec<i64>>());
    }

    #[test]
    fn a_red_is_cut_by_what_is_left_of_anothers_green_but_not_of_a_short_one() {
        let (was_favoured, green) = green_seconds(35, 40, true);
        assert!(was_favoured);
        assert_eq!(green, (0..20).chain(40..60).chain(90..100).collect::<Vec<i64>>());
        assert!(!green_seconds(30, 40, true).0, "five seconds of green are too few");
        assert!(!green_seconds(35, 40, false).0, "people may be crossing");
    }

    #[test]
    fn nobody_is_favoured_beyond_ten_seconds() {
        let unchanged = (0..20).chain(50..70).collect::<Vec<i64>>();
        assert_eq!(green_seconds(15, 35, true), (false, unchanged));
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
