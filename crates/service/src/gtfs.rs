//! Reads a GTFS folder into a [`Timetable`].
//!
//! In go the tables of a site's `gtfs/` folder, as <https://gtfs.org/documentation/schedule/reference/> defines them;
//! out come plain structs with integer indices and seconds after midnight. Record types are those of `gtfs-structures`;
//! its own readers stop at the first mistake and name no line, so the rows are read here, and every mistake of every
//! table is gathered with file and line. It does not know the map.

use crate::files::SiteFiles;
use crate::problem::hint_for_name;
use crate::timetable::{Timetable, TimetableCall, TimetableRoute, TimetableStop, TimetableTrip, WorkingDays};
use gtfs_structures as raw;
use record::Problems;
use serde::de::Deserialize;
use std::collections::BTreeMap;

/// No table has more rows than this: ten times the largest city feeds' stop times would not be a site.
const ROWS_MAX: usize = 4_000_000;
/// No feed makes more trips of its frequencies than this.
const FREQUENCY_TRIPS_MAX: usize = 100_000;

/// Reads `gtfs/`. `None` if a table is missing or broken; the reasons are in `problems`.
pub(crate) fn read(files: &SiteFiles, problems: &mut Problems) -> Option<Timetable> {
    let before = problems.count();
    if files.list("gtfs").is_empty() {
        problems.add(
            files.show("gtfs"),
            "found no files, expected a GTFS feed",
            "put agency.txt, stops.txt, routes.txt, trips.txt, stop_times.txt and calendar.txt there",
        );
        return None;
    }
    let agencies: Option<Vec<Row<raw::Agency>>> = table(files, "agency.txt", Presence::Required, problems);
    let stops: Option<Vec<Row<raw::Stop>>> = table(files, "stops.txt", Presence::Required, problems);
    let routes: Option<Vec<Row<raw::Route>>> = table(files, "routes.txt", Presence::Required, problems);
    let trips: Option<Vec<Row<raw::RawTrip>>> = table(files, "trips.txt", Presence::Required, problems);
    let times: Option<Vec<Row<raw::RawStopTime>>> = table(files, "stop_times.txt", Presence::Required, problems);
    let calendar: Option<Vec<Row<raw::Calendar>>> = table(files, "calendar.txt", Presence::Optional, problems);
    let dates: Option<Vec<Row<raw::CalendarDate>>> = table(files, "calendar_dates.txt", Presence::Optional, problems);
    let frequencies: Option<Vec<Row<raw::RawFrequency>>> =
        table(files, "frequencies.txt", Presence::Optional, problems);
    let (agencies, stops, routes, trips, times) = (agencies?, stops?, routes?, trips?, times?);
    let working_days = working_days(
        files,
        &calendar.unwrap_or_default(),
        &dates.unwrap_or_default(),
        problems,
    );

    let stops = stops_of(files, stops, problems);
    let routes = routes_of(files, routes, problems);
    let mut trips = trips_of(files, trips, &routes, &working_days, problems);
    calls_of(files, times, &stops, &mut trips, problems);
    let mut trips: Vec<TimetableTrip> = trips.into_iter().map(|row| row.value).collect();
    expand_frequencies(files, &frequencies.unwrap_or_default(), &mut trips, problems);
    trips.sort_by(|a, b| {
        let key = |trip: &TimetableTrip| trip.calls.first().map_or(0, |call| call.departure_s);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    let agency = agencies.first()?;
    (problems.count() == before).then(|| Timetable {
        agency: agency.value.name.clone(),
        time_zone: agency.value.timezone.clone(),
        stops: stops.into_iter().map(|row| row.value).collect(),
        routes: routes.into_iter().map(|row| row.value).collect(),
        trips,
        working_days,
    })
}

/// A row and the line it stands in.
struct Row<T> {
    line: u64,
    value: T,
}

/// Whether a table must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

/// Reads one table; `None` if it is absent or any of its rows is wrong.
fn table<T>(files: &SiteFiles, name: &str, presence: Presence, problems: &mut Problems) -> Option<Vec<Row<T>>>
where
    T: for<'de> Deserialize<'de>,
{
    let path = format!("gtfs/{name}");
    let shown = files.show(&path);
    let bytes = match files.read(&path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            if presence == Presence::Required {
                problems.add(shown, "there is no such file", format!("a GTFS feed needs {name}"));
            }
            return None;
        }
        Err(error) => {
            problems.add(shown, error, "make the file readable");
            return None;
        }
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let before = problems.count();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            problems.add(&shown, csv_message(&error), "save the table as UTF-8 text with commas");
            return None;
        }
    };
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                problems.add(
                    format!("{shown}:{line}"),
                    csv_message(&error),
                    "save the table as UTF-8 text",
                );
                break;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if rows.len() == ROWS_MAX {
            problems.add(
                &shown,
                format!("more than {ROWS_MAX} rows"),
                "cut the feed down to the site",
            );
            break;
        }
        if let Some((column, found, hint)) = field_to_keep_from_its_parser(&headers, &record) {
            problems.add(format!("{shown}:{line}"), format!("found `{found}` as {column}"), hint);
            continue;
        }
        match record.deserialize(Some(&headers)) {
            Ok(value) => rows.push(Row { line, value }),
            Err(error) => problems.add(
                format!("{shown}:{line}"),
                field_message(&error, &headers, &record),
                format!(
                    "see {name} in the GTFS reference; the columns here are {}",
                    join(&headers)
                ),
            ),
        }
    }
    if presence == Presence::Required && rows.is_empty() && problems.count() == before {
        problems.add(
            &shown,
            "the table has no rows",
            format!("a GTFS feed needs at least one row in {name}"),
        );
    }
    (problems.count() == before).then_some(rows)
}

/// `gtfs-structures` multiplies hours without a check and cuts colours at byte offsets: neither may see what would make
/// it panic. Its message about coordinates would not say which one is meant.
fn field_to_keep_from_its_parser<'a>(
    headers: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
) -> Option<(&'a str, &'a str, &'static str)> {
    headers.iter().zip(record.iter()).find_map(|(header, field)| {
        if header.ends_with("_time") && field.len() > 9 {
            Some((header, field, "write times as HH:MM:SS"))
        } else if header.ends_with("_color") && !field.is_ascii() {
            Some((header, field, "write colours as six hexadecimal digits"))
        } else if ["stop_lat", "stop_lon"].contains(&header) && !field.is_empty() && field.parse::<f64>().is_err() {
            Some((header, field, "write degrees as a decimal number"))
        } else {
            None
        }
    })
}

/// What is wrong with a row, with the field where it is wrong if that is known.
fn field_message(error: &csv::Error, headers: &csv::StringRecord, record: &csv::StringRecord) -> String {
    let message = csv_message(error);
    let csv::ErrorKind::Deserialize { err, .. } = error.kind() else {
        return message;
    };
    let field = err.field().and_then(|index| usize::try_from(index).ok());
    match field.and_then(|index| Some((headers.get(index)?, record.get(index)?))) {
        Some((header, found)) => format!("found `{found}` as {header}: {message}"),
        None => message,
    }
}

/// What the `csv` crate found, without the position, which stands before it already.
fn csv_message(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

fn join(headers: &csv::StringRecord) -> String {
    let names: Vec<String> = headers.iter().take(20).map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Dates on which each service runs.
fn working_days(
    files: &SiteFiles,
    calendar: &[Row<raw::Calendar>],
    dates: &[Row<raw::CalendarDate>],
    problems: &mut Problems,
) -> BTreeMap<String, WorkingDays> {
    let mut days: BTreeMap<String, WorkingDays> = BTreeMap::new();
    for Row { line, value } in calendar {
        if value.start_date > value.end_date {
            problems.add(
                format!("{}:{line}", files.show("gtfs/calendar.txt")),
                format!(
                    "start_date `{}` comes after end_date `{}`",
                    value.start_date, value.end_date
                ),
                "exchange the two",
            );
        }
        let entry = days.entry(value.id.clone()).or_default();
        entry.from = Some(value.start_date);
        entry.to = Some(value.end_date);
        entry.weekdays = [
            value.monday,
            value.tuesday,
            value.wednesday,
            value.thursday,
            value.friday,
            value.saturday,
            value.sunday,
        ];
    }
    for Row { value, .. } in dates {
        let entry = days.entry(value.service_id.clone()).or_default();
        match value.exception_type {
            raw::Exception::Added => entry.added.insert(value.date),
            raw::Exception::Deleted => entry.removed.insert(value.date),
        };
    }
    if days.is_empty() {
        problems.add(
            files.show("gtfs/calendar.txt"),
            "no service runs on any day",
            "add calendar.txt or calendar_dates.txt with a row for each service_id of trips.txt",
        );
    }
    days
}

fn stops_of(files: &SiteFiles, rows: Vec<Row<raw::Stop>>, problems: &mut Problems) -> Vec<Row<TimetableStop>> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut stops = Vec::new();
    for Row { line, value } in rows {
        let place = format!("{}:{line}", files.show("gtfs/stops.txt"));
        if let Some(first) = seen.insert(value.id.clone(), line) {
            problems.add(
                &place,
                format!("stop_id `{}` stands in line {first} already", value.id),
                "give it another",
            );
        }
        let coordinates = match (value.latitude, value.longitude) {
            (Some(lat), Some(lon)) if lat.abs() <= 90.0 && lon.abs() <= 180.0 => Some((lat, lon)),
            (None, None) => None,
            (lat, lon) => {
                problems.add(
                    &place,
                    format!("found stop_lat `{}`, stop_lon `{}`", shown(lat), shown(lon)),
                    "write degrees, latitude within 90 and longitude within 180",
                );
                None
            }
        };
        stops.push(Row {
            line,
            value: TimetableStop {
                name: value
                    .name
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| value.id.clone()),
                id: value.id,
                coordinates_deg: coordinates,
                line,
            },
        });
    }
    stops
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn routes_of(files: &SiteFiles, rows: Vec<Row<raw::Route>>, problems: &mut Problems) -> Vec<Row<TimetableRoute>> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut routes = Vec::new();
    for Row { line, value } in rows {
        if let Some(first) = seen.insert(value.id.clone(), line) {
            problems.add(
                format!("{}:{line}", files.show("gtfs/routes.txt")),
                format!("route_id `{}` stands in line {first} already", value.id),
                "give it another",
            );
        }
        let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let name = given(&value.short_name)
            .or_else(|| given(&value.long_name))
            .unwrap_or_else(|| value.id.clone());
        let colour = value.color.map_or_else(
            || "#1b6ca8".to_owned(),
            |colour| format!("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b),
        );
        routes.push(Row {
            line,
            value: TimetableRoute {
                long_name: given(&value.long_name).unwrap_or_else(|| name.clone()),
                id: value.id,
                name,
                colour,
            },
        });
    }
    routes
}

fn trips_of(
    files: &SiteFiles,
    rows: Vec<Row<raw::RawTrip>>,
    routes: &[Row<TimetableRoute>],
    working_days: &BTreeMap<String, WorkingDays>,
    problems: &mut Problems,
) -> Vec<Row<TimetableTrip>> {
    let route_of: BTreeMap<&str, usize> = routes
        .iter()
        .enumerate()
        .map(|(i, row)| (row.value.id.as_str(), i))
        .collect();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut trips = Vec::new();
    for Row { line, value } in rows {
        let place = format!("{}:{line}", files.show("gtfs/trips.txt"));
        if let Some(first) = seen.insert(value.id.clone(), line) {
            problems.add(
                &place,
                format!("trip_id `{}` stands in line {first} already", value.id),
                "give it another",
            );
        }
        let route = route_of.get(value.route_id.as_str()).copied();
        if route.is_none() {
            let hint = hint_for_name(&value.route_id, route_of.keys().copied());
            problems.add(
                &place,
                format!("route_id `{}` is not in routes.txt", value.route_id),
                hint,
            );
        }
        if !working_days.contains_key(&value.service_id) && !working_days.is_empty() {
            let hint = hint_for_name(&value.service_id, working_days.keys().map(String::as_str));
            problems.add(
                &place,
                format!("service_id `{}` is in no calendar", value.service_id),
                hint,
            );
        }
        trips.push(Row {
            line,
            value: TimetableTrip {
                id: value.id,
                route: route.unwrap_or(0),
                service: value.service_id,
                headsign: value.trip_headsign.unwrap_or_default(),
                block: value.block_id.filter(|block| !block.is_empty()),
                calls: Vec::new(),
            },
        });
    }
    trips
}

fn calls_of(
    files: &SiteFiles,
    mut rows: Vec<Row<raw::RawStopTime>>,
    stops: &[Row<TimetableStop>],
    trips: &mut [Row<TimetableTrip>],
    problems: &mut Problems,
) {
    let stop_of: BTreeMap<&str, usize> = stops
        .iter()
        .enumerate()
        .map(|(i, row)| (row.value.id.as_str(), i))
        .collect();
    let trip_of: BTreeMap<String, usize> = trips
        .iter()
        .enumerate()
        .map(|(i, row)| (row.value.id.clone(), i))
        .collect();
    rows.sort_by(|a, b| {
        (&a.value.trip_id, a.value.stop_sequence, a.line).cmp(&(&b.value.trip_id, b.value.stop_sequence, b.line))
    });
    let shown = files.show("gtfs/stop_times.txt");
    for group in rows.chunk_by(|a, b| a.value.trip_id == b.value.trip_id) {
        let trip_id = &group[0].value.trip_id;
        let Some(&trip) = trip_of.get(trip_id) else {
            problems.add(
                format!("{shown}:{}", group[0].line),
                format!("trip_id `{trip_id}` is not in trips.txt"),
                hint_for_name(trip_id, trip_of.keys().map(String::as_str)),
            );
            continue;
        };
        trips[trip].value.calls = calls_of_trip(&shown, group, &stop_of, problems);
    }
    for row in trips.iter() {
        if row.value.calls.len() < 2
            && !rows
                .iter()
                .any(|r| r.value.trip_id == row.value.id && stop_of.is_empty())
        {
            problems.add(
                format!("{}:{}", files.show("gtfs/trips.txt"), row.line),
                format!(
                    "trip `{}` calls at {} stops, expected at least 2",
                    row.value.id,
                    row.value.calls.len()
                ),
                "add its stops to stop_times.txt, or take the trip out",
            );
        }
    }
}

/// The calls of one trip, times between timed stops interpolated as GTFS asks.
fn calls_of_trip(
    shown: &str,
    rows: &[Row<raw::RawStopTime>],
    stop_of: &BTreeMap<&str, usize>,
    problems: &mut Problems,
) -> Vec<TimetableCall> {
    let mut times: Vec<Option<(u32, u32)>> = Vec::with_capacity(rows.len());
    let mut calls = Vec::with_capacity(rows.len());
    let mut last: Option<u32> = None;
    for (i, Row { line, value }) in rows.iter().enumerate() {
        let place = format!("{shown}:{line}");
        let stop = stop_of.get(value.stop_id.as_str()).copied();
        if stop.is_none() {
            let hint = hint_for_name(&value.stop_id, stop_of.keys().copied());
            problems.add(&place, format!("stop_id `{}` is not in stops.txt", value.stop_id), hint);
        }
        if i > 0 && rows[i - 1].value.stop_sequence == value.stop_sequence {
            problems.add(
                &place,
                format!(
                    "stop_sequence `{}` stands in line {} already",
                    value.stop_sequence,
                    rows[i - 1].line
                ),
                "count stop_sequence up along the trip",
            );
        }
        let arrival = value.arrival_time.or(value.departure_time);
        let departure = value.departure_time.or(value.arrival_time);
        if let (Some(arrival), Some(departure)) = (arrival, departure) {
            if departure < arrival || last.is_some_and(|last| arrival < last) {
                problems.add(
                    &place,
                    format!(
                        "arrival `{}`, departure `{}` run back in time",
                        clock(arrival),
                        clock(departure)
                    ),
                    "times of a trip rise; after midnight they go on with 24:00:00",
                );
            }
            last = Some(departure);
        } else if i == 0 || i + 1 == rows.len() {
            problems.add(
                &place,
                "the first and the last stop of a trip need times",
                "add arrival_time and departure_time",
            );
        }
        times.push(arrival.zip(departure));
        calls.push(TimetableCall {
            stop: stop.unwrap_or(0),
            arrival_s: 0,
            departure_s: 0,
            is_timing_point: arrival.is_some() && value.timepoint == raw::TimepointType::Exact,
            may_board: value.pickup_type != raw::PickupDropOffType::NotAvailable,
            may_alight: value.drop_off_type != raw::PickupDropOffType::NotAvailable,
        });
    }
    let mut before = 0;
    for i in 0..calls.len() {
        let (arrival, departure) = if let Some(given) = times[i] {
            before = i;
            given
        } else {
            let from = times[before].map_or(0, |(_, departure)| departure);
            let next = (i..times.len()).find(|&j| times[j].is_some());
            let at = next.and_then(|j| Some((j, times[j]?.0))).map_or(from, |(j, to)| {
                let share = (i - before) as f64 / (j - before) as f64;
                from + (f64::from(to.saturating_sub(from)) * share) as u32
            });
            (at, at)
        };
        calls[i].arrival_s = arrival;
        calls[i].departure_s = departure;
    }
    calls
}

/// `hh:mm:ss` of seconds after midnight.
pub(crate) fn clock(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Turns frequencies into trips: each becomes a row of copies of its trip, shifted to its start.
fn expand_frequencies(
    files: &SiteFiles,
    frequencies: &[Row<raw::RawFrequency>],
    trips: &mut Vec<TimetableTrip>,
    problems: &mut Problems,
) {
    if frequencies.is_empty() {
        return;
    }
    let mut made: Vec<TimetableTrip> = Vec::new();
    let mut is_template = vec![false; trips.len()];
    for Row { line, value } in frequencies {
        let place = format!("{}:{line}", files.show("gtfs/frequencies.txt"));
        let Some(index) = trips.iter().position(|trip| trip.id == value.trip_id) else {
            let hint = hint_for_name(&value.trip_id, trips.iter().map(|trip| trip.id.as_str()));
            problems.add(&place, format!("trip_id `{}` is not in trips.txt", value.trip_id), hint);
            continue;
        };
        if value.headway_secs == 0 || value.end_time <= value.start_time {
            problems.add(
                &place,
                format!(
                    "found headway_secs `{}` from `{}` to `{}`",
                    value.headway_secs,
                    clock(value.start_time),
                    clock(value.end_time)
                ),
                "the headway is at least a second and the end comes after the start",
            );
            continue;
        }
        is_template[index] = true;
        let template = trips[index].clone();
        let Some(first) = template.calls.first().map(|call| call.departure_s) else {
            continue;
        };
        let mut start = value.start_time;
        while start < value.end_time {
            if made.len() == FREQUENCY_TRIPS_MAX {
                problems.add(
                    &place,
                    format!("more than {FREQUENCY_TRIPS_MAX} trips"),
                    "make the headway longer",
                );
                return;
            }
            let shift = |at: u32| (i64::from(at) - i64::from(first) + i64::from(start)).max(0) as u32;
            let mut trip = template.clone();
            trip.id = format!("{}@{}", template.id, clock(start));
            trip.block = None;
            for call in &mut trip.calls {
                call.arrival_s = shift(call.arrival_s);
                call.departure_s = shift(call.departure_s);
            }
            made.push(trip);
            start = start.saturating_add(value.headway_secs);
        }
    }
    let mut index = 0;
    trips.retain(|_| {
        index += 1;
        !is_template[index - 1]
    });
    trips.append(&mut made);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::borrow::Cow;

    const SOUND: [(&str, &str); 6] = [
        (
            "agency.txt",
            "agency_name,agency_url,agency_timezone\nLine,https://example.org,Asia/Shanghai\n",
        ),
        (
            "stops.txt",
            "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,29.1,105.1\nB,Beta,29.2,105.2\nC,,29.3,105.3\n",
        ),
        (
            "routes.txt",
            "route_id,route_short_name,route_long_name,route_type,route_color\nL1,1,Line one,3,1B6CA8\n",
        ),
        (
            "trips.txt",
            "route_id,service_id,trip_id,trip_headsign,block_id\nL1,daily,t1,Gamma,b1\n",
        ),
        (
            "stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,06:00:00,06:00:00,A,1\nt1,,,B,2\nt1,06:10:00,06:10:00,C,5\n",
        ),
        (
            "calendar.txt",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\ndaily,1,1,1,1,1,1,1,20260101,20261231\n",
        ),
    ];

    /// Reads a feed: the sound one with some tables replaced (or, if empty, left out) or added.
    fn read_with(changed: &[(&str, &str)]) -> Result<Timetable, String> {
        let mut tables: BTreeMap<&str, &str> = SOUND.into_iter().collect();
        for &(name, text) in changed {
            if text.is_empty() {
                tables.remove(name);
            } else {
                tables.insert(name, text);
            }
        }
        let files = SiteFiles::table(
            "town",
            tables
                .into_iter()
                .map(|(name, text)| (format!("gtfs/{name}"), Cow::Owned(text.as_bytes().to_vec()))),
        );
        let mut problems = Problems::default();
        let timetable = read(&files, &mut problems);
        match problems.into_result() {
            Ok(()) => Ok(timetable.unwrap()),
            Err(error) => {
                assert!(timetable.is_none(), "a feed with problems is not used");
                Err(error.join("\n"))
            }
        }
    }

    #[test]
    fn a_sound_feed_is_read_and_missing_times_are_interpolated() {
        let timetable = read_with(&[]).unwrap();
        let trip = &timetable.trips[0];
        let times: Vec<(u32, bool)> = trip
            .calls
            .iter()
            .map(|call| (call.arrival_s, call.is_timing_point))
            .collect();
        assert_eq!(times, [(21_600, true), (21_900, false), (22_200, true)]);
        assert_eq!(
            timetable.stops[2].name, "C",
            "a stop without a name is called by its id"
        );
        assert_eq!(timetable.routes[0].colour, "#1b6ca8");
    }

    #[test]
    fn frequencies_become_trips() {
        let text = "trip_id,start_time,end_time,headway_secs\nt1,07:00:00,08:00:00,1200\n";
        let timetable = read_with(&[("frequencies.txt", text)]).unwrap();
        let trips: Vec<(&str, u32)> = timetable.trips.iter().map(|t| (t.id.as_str(), t.arrival_s())).collect();
        assert_eq!(
            trips,
            [
                ("t1@07:00:00", 25_800),
                ("t1@07:20:00", 27_000),
                ("t1@07:40:00", 28_200)
            ]
        );
    }

    #[test]
    fn every_row_that_cannot_be_read_is_told_with_its_line() {
        let found = read_with(&[
            (
                "stops.txt",
                "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,29.1,105.1\nB,Beta,north,105.2\nC,,29.3\n",
            ),
            (
                "stop_times.txt",
                "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,6:00,,A,1\nt1,99999999:00:00,1,A,x\n",
            ),
            ("routes.txt", "route_id,route_type,route_color\nL1,3,1€11\n"),
        ]);
        insta::assert_snapshot!(found.unwrap_err());
    }

    #[test]
    fn every_reference_and_time_that_cannot_be_is_told_with_its_line_and_mend() {
        let found = read_with(&[
            (
                "stops.txt",
                "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,29.1,105.1\nA,Alpha,29.1,105.1\nB,Beta,129,105.2\n",
            ),
            ("trips.txt", "route_id,service_id,trip_id\nL2,daily,t1\nL1,daly,t2\n"),
            (
                "stop_times.txt",
                "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,06:00:00,06:00:00,A,1\nt1,05:59:00,05:59:00,D,2\nt9,06:00:00,,A,1\n",
            ),
        ]);
        insta::assert_snapshot!(found.unwrap_err());
    }

    #[test]
    fn a_feed_without_rows_or_tables_is_refused() {
        let found = read_with(&[("stops.txt", ""), ("trips.txt", "route_id,service_id,trip_id\n")]);
        insta::assert_snapshot!(found.unwrap_err());
    }

    proptest! {
        #[test]
        fn no_damage_to_a_table_makes_the_reader_panic(
            table in 0..SOUND.len(),
            at in 0.0..1.0f64,
            cut in 0..12usize,
            inserted in "[\\PC,\"\n0-9:€-]{0,12}",
        ) {
            let (name, text) = SOUND[table];
            let boundary = |byte: usize| (byte..=text.len()).find(|&b| text.is_char_boundary(b)).unwrap_or(text.len());
            let from = boundary((at * text.len() as f64) as usize);
            let to = boundary((from + cut).min(text.len()));
            let damaged = format!("{}{inserted}{}", &text[..from], &text[to..]);
            // Whatever comes out, something does.
            let _ = read_with(&[(name, damaged.as_str())]);
        }
    }
}
