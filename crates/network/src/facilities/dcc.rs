//! Decentralized congestion control: how rarely a station must send when the channel is busy.
//!
//! In goes the share of time the channel was busy; out comes the least time between two messages. Reactive, by the table for
//! messages that take up to half a millisecond on the air.
//!
//! Source: ETSI TS 102 687 V1.2.1, clause 5.3 and table A.2 (states, rates); a state is left downwards only when the channel
//! has been quieter for a second.

use messages::security::ItsTime;
use std::time::Duration;

/// Upper end of each state's share of busy time, and its least time between messages.
const STATES: [(f64, u64); 5] = [
    (0.30, 50),
    (0.40, 100),
    (0.50, 200),
    (0.65, 250),
    (f64::INFINITY, 1_000),
];
/// How long the channel must be quieter before a station sends more.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// The control of one station.
#[derive(Clone, Copy, Debug, Default)]
pub struct CongestionControl {
    state: usize,
    quieter_since: Option<ItsTime>,
}

impl CongestionControl {
    /// Takes note of how busy the channel was (0 to 1).
    pub fn observe(&mut self, now: ItsTime, busy_share: f64) {
        let target = STATES
            .iter()
            .position(|&(end, _)| busy_share < end)
            .unwrap_or(STATES.len() - 1);
        if target >= self.state {
            self.state = target;
            self.quieter_since = None;
            return;
        }
        let since = *self.quieter_since.get_or_insert(now);
        if now >= since.after(QUIET_FOR) {
            self.state = target;
            self.quieter_since = None;
        }
    }

    /// The least time between two messages.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(STATES[self.state].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_channel_slows_a_station_at_once_and_a_quiet_one_frees_it_after_a_second() {
        let mut control = CongestionControl::default();
        let at = |ms: u64| ItsTime(ms * 1_000);
        control.observe(at(0), 0.1);
        assert_eq!(control.interval(), Duration::from_millis(50));
        control.observe(at(100), 0.55);
        assert_eq!(control.interval(), Duration::from_millis(250));
        control.observe(at(200), 0.2);
        control.observe(at(1_100), 0.2);
        assert_eq!(control.interval(), Duration::from_millis(250));
        control.observe(at(1_200), 0.2);
        assert_eq!(control.interval(), Duration::from_millis(50));
        control.observe(at(1_300), 0.9);
        assert_eq!(control.interval(), Duration::from_secs(1));
    }
}
