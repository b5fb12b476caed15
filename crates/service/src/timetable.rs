//! The timetable: what the feed says will run, in plain structs.
//!
//! Times are seconds after midnight of the service day, as GTFS counts them (past 86 400 for trips after midnight). It
//! knows no map, no vehicle and no passenger.

use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timetable {
    /// Who runs it.
    pub agency: String,
    /// IANA name of the time zone of all times.
    pub time_zone: String,
    /// All stops of the feed.
    pub stops: Vec<TimetableStop>,
    /// All routes.
    pub routes: Vec<TimetableRoute>,
    /// All trips, in order of first departure.
    pub trips: Vec<TimetableTrip>,
    /// When each service runs, by `service_id`.
    pub working_days: BTreeMap<String, WorkingDays>,
}

/// A stop of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct TimetableStop {
    /// `stop_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Latitude and longitude.
    pub coordinates_deg: Option<(f64, f64)>,
    /// The line of `stops.txt`, for messages.
    pub line: u64,
}

/// A route of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct TimetableRoute {
    /// `route_id`.
    pub id: String,
    /// Short name, or long name, or id: the first there is.
    pub name: String,
    /// Long name, or the name above.
    pub long_name: String,
    /// `#rrggbb`.
    pub colour: String,
}

/// A trip of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct TimetableTrip {
    /// `trip_id`.
    pub id: String,
    /// Index into [`Timetable::routes`].
    pub route: usize,
    /// `service_id`.
    pub service: String,
    /// What the destination sign says; may be empty.
    pub headsign: String,
    /// Trips of one block are run by one vehicle.
    pub block: Option<String>,
    /// Its stops, at least two.
    pub calls: Vec<TimetableCall>,
}

impl TimetableTrip {
    /// Departure from the first stop.
    pub fn departure_s(&self) -> u32 {
        self.calls.first().map_or(0, |call| call.departure_s)
    }
    /// Arrival at the last stop.
    pub fn arrival_s(&self) -> u32 {
        self.calls.last().map_or(0, |call| call.arrival_s)
    }
}

/// A call at a stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimetableCall {
    /// Index into [`Timetable::stops`].
    pub stop: usize,
    /// Seconds after midnight.
    pub arrival_s: u32,
    /// Seconds after midnight.
    pub departure_s: u32,
    /// The vehicle does not leave before its time.
    pub is_timing_point: bool,
    /// Passengers may get on.
    pub may_board: bool,
    /// Passengers may get off.
    pub may_alight: bool,
}

/// When a service runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkingDays {
    /// First day of the regular calendar.
    pub from: Option<Date>,
    /// Last day of it.
    pub to: Option<Date>,
    /// Monday to Sunday.
    pub weekdays: [bool; 7],
    /// Days beside the calendar.
    pub added: BTreeSet<Date>,
    /// Days struck from it.
    pub removed: BTreeSet<Date>,
}

impl WorkingDays {
    /// Whether it runs on a day.
    pub fn include(&self, date: Date) -> bool {
        if self.added.contains(&date) {
            return true;
        }
        if self.removed.contains(&date) {
            return false;
        }
        let weekday = date.weekday().to_monday_zero_offset();
        let in_range = self.from.is_some_and(|from| from <= date) && self.to.is_some_and(|to| date <= to);
        in_range && usize::try_from(weekday).is_ok_and(|i| self.weekdays[i])
    }

    /// The first day on which it runs.
    pub fn first_day(&self) -> Option<Date> {
        // A calendar whose weekdays come at all brings one within two weeks even if a week of it is struck out; a longer
        // gap is found among the added days or not at all.
        let mut day = self.from;
        let mut first = None;
        for _ in 0..31 {
            let Some(candidate) = day else { break };
            if self.include(candidate) {
                first = Some(candidate);
                break;
            }
            day = candidate.tomorrow().ok();
        }
        [first, self.added.first().copied()].into_iter().flatten().min()
    }
}

impl Timetable {
    /// Indices of the trips that run on a day, in order of first departure.
    pub fn trips_on(&self, date: Date) -> Vec<usize> {
        let runs: BTreeSet<&str> = self
            .working_days
            .iter()
            .filter(|(_, days)| days.include(date))
            .map(|(service, _)| service.as_str())
            .collect();
        (0..self.trips.len())
            .filter(|&trip| runs.contains(self.trips[trip].service.as_str()))
            .collect()
    }

    /// The first day on which anything runs.
    pub fn first_day(&self) -> Option<Date> {
        self.working_days.values().filter_map(WorkingDays::first_day).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn exceptions_win_over_the_weekly_calendar() {
        let days = WorkingDays {
            from: Some(date(2026, 3, 1)),
            to: Some(date(2026, 3, 31)),
            weekdays: [true, true, true, true, true, false, false],
            added: [date(2026, 3, 7)].into(),
            removed: [date(2026, 3, 2)].into(),
        };
        let runs = |day| days.include(date(2026, 3, day));
        // 1 March 2026 is a Sunday.
        assert_eq!([1, 2, 3, 7, 8].map(runs), [false, false, true, true, false]);
        assert!(!days.include(date(2026, 4, 1)));
        assert_eq!(days.first_day(), Some(date(2026, 3, 3)));
    }
}
