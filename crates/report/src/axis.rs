//! Ranges and ticks: where an axis begins and ends, and which values are written on it.
//!
//! Ticks of numbers stand at 1, 2 or 5 times a power of ten; ticks of clocks at hours or round parts of them.

use crate::wording::clock;

/// One axis of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows, with its unit.
    pub label: String,
    /// Value at its start.
    pub low: f64,
    /// Value at its end, greater than `low`.
    pub high: f64,
    /// Values with their texts.
    pub ticks: Vec<(f64, String)>,
    /// Ticks mark the middle of something (a bar), not a value: no grid line is drawn for them.
    pub ticks_are_categories: bool,
}

impl Axis {
    /// An axis of numbers that holds both values, widened to round ticks.
    pub fn numbers(label: &str, low: f64, high: f64) -> Axis {
        let (low, high) = ordered(low, high);
        let step = round_step((high - low) / 5.0);
        let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        let decimals = (-libm::log10(step).floor()).max(0.0) as usize;
        Axis {
            label: label.to_owned(),
            low,
            high,
            ticks: (first..=last)
                .map(|i| {
                    (
                        i as f64 * step,
                        format!("{:.decimals$}", i as f64 * step).replace('-', "\u{2212}"),
                    )
                })
                .collect(),
            ticks_are_categories: false,
        }
    }

    /// The same, its end moved out to the next round tick.
    pub fn numbers_to_round(label: &str, low: f64, high: f64) -> Axis {
        let (low, high) = ordered(low, high);
        let step = round_step((high - low) / 5.0);
        Axis::numbers(label, (low / step).floor() * step, (high / step - 1e-9).ceil() * step)
    }

    /// An axis of times of day, in seconds after midnight.
    pub fn clock(low_s: f64, high_s: f64) -> Axis {
        let (low, high) = ordered(low_s, high_s);
        const STEPS_S: [f64; 8] = [60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0];
        let step = STEPS_S
            .into_iter()
            .find(|step| (high - low) / step <= 9.0)
            .unwrap_or(21_600.0);
        let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        Axis {
            label: "time of day".to_owned(),
            low,
            high,
            ticks: (first..=last)
                .map(|i| (i as f64 * step, clock(i as f64 * step)))
                .collect(),
            ticks_are_categories: false,
        }
    }

    /// An axis of named things at 0.5, 1.5, ...; of many, only some are named.
    pub fn categories(label: &str, names: &[String]) -> Axis {
        let each = names.len().div_ceil(24).max(1);
        Axis {
            label: label.to_owned(),
            low: 0.0,
            high: names.len().max(1) as f64,
            ticks: names
                .iter()
                .enumerate()
                .step_by(each)
                .map(|(i, n)| (i as f64 + 0.5, n.clone()))
                .collect(),
            ticks_are_categories: true,
        }
    }

    /// The same axis of numbers, wide enough for two more values.
    pub fn widened(&self, low: f64, high: f64) -> Axis {
        let room = 0.04 * (high - low);
        let low = if low < self.low { low - room } else { self.low };
        let high = if high > self.high { high + room } else { self.high };
        Axis::numbers(&self.label, low, high)
    }

    /// Where a value lies: 0 at the start, 1 at the end.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// A range that is finite and not empty.
fn ordered(low: f64, high: f64) -> (f64, f64) {
    let low = if low.is_finite() { low } else { 0.0 };
    let high = if high.is_finite() { high } else { low + 1.0 };
    if high > low { (low, high) } else { (low, low + 1.0) }
}

/// The round number (1, 2, 5 times a power of ten) at or above a step.
fn round_step(rough: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|f| f * power)
        .find(|s| *s >= rough * (1.0 - 1e-9))
        .unwrap_or(rough)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> String {
        axis.ticks
            .iter()
            .map(|(_, text)| text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn ticks_are_round_and_within_the_range() {
        assert_eq!(texts(&Axis::numbers("v", 0.0, 13.9)), "0 5 10");
        assert_eq!(texts(&Axis::numbers("a", -1.5, 1.5)), "−1 0 1");
        assert_eq!(texts(&Axis::numbers_to_round("p", 0.0, 0.37)), "0.0 0.1 0.2 0.3 0.4");
        assert_eq!(
            texts(&Axis::clock(5.5 * 3600.0, 9.0 * 3600.0)),
            "05:30 06:00 06:30 07:00 07:30 08:00 08:30 09:00"
        );
    }

    #[test]
    fn an_axis_without_extent_still_has_one() {
        for (low, high) in [
            (3.0, 3.0),
            (f64::INFINITY, f64::NEG_INFINITY),
            (f64::NAN, 1.0),
            (0.0, 0.0),
        ] {
            let axis = Axis::numbers("x", low, high);
            assert!(axis.high > axis.low && axis.share(axis.high) == 1.0);
        }
    }
}
