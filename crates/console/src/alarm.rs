//! Alarms: events that want somebody's eyes, until somebody says that they have seen them.
//!
//! Events go in as they happen (or, in a replay, as they were recorded), alarms come out, newest first. What was
//! acknowledged stays so when a replay is wound back. It does not know how anyone is told.

use crate::stage::StageEvent;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Alarms kept; the oldest go first.
const ALARMS_MAX: usize = 1_000;
/// Alarms shown.
const ALARMS_SHOWN: usize = 60;

/// How much an alarm matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be known.
    Notice,
    /// To be looked at.
    Warning,
    /// To be looked at now.
    Critical,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Alarm {
    /// The number of its event.
    pub number: u64,
    /// Time of day.
    pub clock_s: f64,
    /// What happened.
    pub kind: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The vehicle's name, empty if none.
    pub vehicle: String,
    /// The trip's name, empty if none.
    pub trip: String,
    /// The stop's name, empty if none.
    pub stop: String,
    /// The rest, in words.
    pub detail: String,
    /// Somebody has seen it.
    pub is_acknowledged: bool,
}

/// All alarms of a run.
#[derive(Debug, Default)]
pub struct Alarms {
    /// By the event's number.
    alarms: BTreeMap<u64, Alarm>,
}

impl Alarms {
    /// Takes in an event, if it is one to look at.
    pub fn take(&mut self, event: &StageEvent) {
        let Some(severity) = severity(event.kind) else { return };
        self.alarms.entry(event.number).or_insert_with(|| Alarm {
            number: event.number,
            clock_s: event.clock_s,
            kind: event.kind,
            severity,
            vehicle: event.vehicle.clone(),
            trip: event.trip.clone(),
            stop: event.stop.clone(),
            detail: event.detail.clone(),
            is_acknowledged: false,
        });
        while self.alarms.len() > ALARMS_MAX {
            self.alarms.pop_first();
        }
    }

    /// Somebody has seen it; false if there is no such alarm.
    pub fn acknowledge(&mut self, number: u64) -> bool {
        let alarm = self.alarms.get_mut(&number);
        alarm.map(|alarm| alarm.is_acknowledged = true).is_some()
    }

    /// The alarms up to a moment, newest first.
    pub fn until(&self, clock_s: f64) -> Vec<&Alarm> {
        let past = self.alarms.values().rev().filter(|alarm| alarm.clock_s <= clock_s);
        past.take(ALARMS_SHOWN).collect()
    }
}

/// `None` for what happens all day.
fn severity(kind: &str) -> Option<Severity> {
    Some(match kind {
        "collided" => Severity::Critical,
        "fault_raised" | "disrupted" => Severity::Warning,
        "trip_cancelled" | "stop_ordered" | "left_behind" | "supervisor_asked" => Severity::Notice,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64, kind: &'static str) -> StageEvent {
        StageEvent {
            number,
            clock_s: number as f64,
            kind,
            vehicle: "bus-1".into(),
            trip: String::new(),
            stop: String::new(),
            detail: String::new(),
        }
    }

    #[test]
    fn an_acknowledged_alarm_stays_so_when_its_event_comes_again() {
        let mut alarms = Alarms::default();
        alarms.take(&event(1, "collided"));
        alarms.take(&event(2, "departed"));
        assert!(alarms.acknowledge(1));
        assert!(!alarms.acknowledge(2), "a departure is no alarm");
        alarms.take(&event(1, "collided"));
        let shown = alarms.until(5.0);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].is_acknowledged);
        assert!(alarms.until(0.5).is_empty(), "what is yet to come is not shown");
    }

    #[test]
    fn there_are_never_more_alarms_than_the_limit() {
        let mut alarms = Alarms::default();
        for number in 0..3_000 {
            alarms.take(&event(number, "fault_raised"));
        }
        assert_eq!(alarms.alarms.len(), ALARMS_MAX);
        assert_eq!(alarms.until(f64::INFINITY)[0].number, 2_999);
    }
}
