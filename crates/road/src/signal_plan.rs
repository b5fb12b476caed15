//! Programs of lights.

use crate::SignalColour;

/// The cycle of one light: when it begins to show what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SignalClock {
    /// Length of the cycle; 0 if the light never changes.
    cycle_ms: i64,
    offset_ms: i64,
    /// (start within the cycle, colour), sorted; the first starts at 0 and neighbours differ.
    changes: Vec<(i64, SignalColour)>,
}

impl SignalClock {
    /// What the light shows.
    pub(crate) fn colour(&self, elapsed_ms: i64) -> SignalColour {
        let phase_ms = self.phase_ms(elapsed_ms);
        self.changes
            .iter()
            .rev()
            .find(|(start_ms, _)| *start_ms <= phase_ms)
            .map_or(SignalColour::Dark, |change| change.1)
    }

    /// Time to the next change.
    pub(crate) fn changes_in_ms(&self, elapsed_ms: i64) -> Option<i64> {
        if self.cycle_ms <= 0 || self.changes.len() < 2 {
            return None;
        }
        let phase_ms = self.phase_ms(elapsed_ms);
        let next_ms = self
            .changes
            .iter()
            .map(|change| change.0)
            .find(|&start_ms| start_ms > phase_ms);
        // The last colour may go on into the next cycle.
        let wrapped_ms = if self.changes[0].1 == self.changes[self.changes.len() - 1].1 {
            self.cycle_ms + self.changes[1].0
        } else {
            self.cycle_ms
        };
        Some(next_ms.unwrap_or(wrapped_ms) - phase_ms)
    }

    fn phase_ms(&self, elapsed_ms: i64) -> i64 {
        if self.cycle_ms > 0 {
            (elapsed_ms - self.offset_ms).rem_euclid(self.cycle_ms)
        } else {
            0
        }
    }
}
