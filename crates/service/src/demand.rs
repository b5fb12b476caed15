//! Passenger demand: how many people an hour want to go from one stop to another.
//!
//! In goes `demand/passengers.csv` with the columns `from_stop_id,to_stop_id,hour,passengers` (hour of the service day, 0
//! to 47; passengers who set out in that hour; rows of one pair and hour add up); out comes one [`Relation`] a pair.
//! Without the file, a plausible day in proportion to the trips that run. It draws no luck.

use crate::files::SiteFiles;
use crate::line::Line;
use crate::problem::hint_for_name;
use record::Problems;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Hours of a service day, as GTFS counts past midnight.
pub const HOURS: usize = 48;
/// A site has at most this many passengers an hour: what keeps memory bounded (they wait an hour at most).
pub const PASSENGERS_PER_HOUR_MAX: f64 = 20_000.0;
/// Boardings of each trip where nobody says.
const PASSENGERS_PER_TRIP: f64 = 9.0;

/// People who want to go from one stop to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Index into [`Line::stops`].
    pub from: usize,
    /// Index into [`Line::stops`].
    pub to: usize,
    /// Mean number of people who set out in each hour of the service day.
    pub per_hour: [f64; HOURS],
}

/// All of them, in order of (from, to).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PassengerDemand {
    /// One entry a pair of stops.
    pub relations: Vec<Relation>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    from_stop_id: &'a str,
    to_stop_id: &'a str,
    hour: i64,
    passengers: f64,
}

impl PassengerDemand {
    /// Reads `demand/passengers.csv`. `None` if the file is absent or wrong; then the reasons are in `problems`.
    pub(crate) fn read(files: &SiteFiles, line: &Line, problems: &mut Problems) -> Option<PassengerDemand> {
        let path = "demand/passengers.csv";
        let shown = files.show(path);
        let bytes = match files.read(path) {
            Ok(None) => return None,
            Ok(Some(bytes)) => bytes,
            Err(error) => {
                problems.add(shown, error, "make the file readable");
                return None;
            }
        };
        let before = problems.count();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .from_reader(bytes);
        let columns = "the columns are from_stop_id,to_stop_id,hour,passengers";
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => {
                problems.add(shown, error, columns);
                return None;
            }
        };
        let served = line.served_pairs();
        let ids = || line.stops.iter().map(|stop| stop.id.as_str()).collect::<Vec<_>>();
        let mut pairs: BTreeMap<(usize, usize), [f64; HOURS]> = BTreeMap::new();
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => {
                    let row = error.position().map_or(0, csv::Position::line);
                    problems.add(format!("{shown}:{row}"), error, columns);
                    break;
                }
            }
            let place = format!("{shown}:{}", record.position().map_or(0, csv::Position::line));
            let entry: Entry<'_> = match record.deserialize(Some(&headers)) {
                Ok(entry) => entry,
                Err(error) => {
                    let message = match error.kind() {
                        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
                        _ => error.to_string(),
                    };
                    problems.add(place, message, columns);
                    continue;
                }
            };
            let mut stop = |id: &str| {
                let found = line.stop(id);
                if found.is_none() {
                    problems.add(
                        &place,
                        format!("stop `{id}` is not one of the line"),
                        hint_for_name(id, ids()),
                    );
                }
                found
            };
            let (from, to) = (stop(entry.from_stop_id), stop(entry.to_stop_id));
            let hour = usize::try_from(entry.hour).ok().filter(|&hour| hour < HOURS);
            if hour.is_none() {
                problems.add(&place, format!("found hour `{}`", entry.hour), "write 0 to 47");
            }
            if !(entry.passengers >= 0.0 && entry.passengers <= PASSENGERS_PER_HOUR_MAX) {
                problems.add(
                    &place,
                    format!("found passengers `{}`", entry.passengers),
                    format!("write a number from 0 to {PASSENGERS_PER_HOUR_MAX}"),
                );
                continue;
            }
            let (Some(from), Some(to), Some(hour)) = (from, to, hour) else {
                continue;
            };
            if !served.contains(&(from, to)) {
                problems.add(
                    &place,
                    format!(
                        "no trip leads from stop `{}` to stop `{}`",
                        entry.from_stop_id, entry.to_stop_id
                    ),
                    "exchange the two, or take the row out",
                );
                continue;
            }
            pairs.entry((from, to)).or_insert([0.0; HOURS])[hour] += entry.passengers;
        }
        for hour in 0..HOURS {
            let sum: f64 = pairs.values().map(|rates| rates[hour]).sum();
            if sum > PASSENGERS_PER_HOUR_MAX {
                problems.add(
                    &shown,
                    format!("{sum:.0} passengers set out in hour `{hour}`"),
                    format!("at most {PASSENGERS_PER_HOUR_MAX} an hour"),
                );
            }
        }
        (problems.count() == before).then(|| PassengerDemand {
            relations: pairs
                .into_iter()
                .map(|((from, to), per_hour)| Relation { from, to, per_hour })
                .collect(),
        })
    }

    /// A plausible day: in each hour so many people for each trip that leaves in it, spread evenly over the pairs of stops
    /// that it serves.
    pub fn plausible(line: &Line, trips: &[usize]) -> PassengerDemand {
        let mut pairs: BTreeMap<(usize, usize), [f64; HOURS]> = BTreeMap::new();
        for &trip in trips {
            let served = line.pairs_of_trip(trip);
            let hour = (line.timetable.trips[trip].departure_s() / 3600) as usize;
            for &pair in &served {
                pairs.entry(pair).or_insert([0.0; HOURS])[hour.min(HOURS - 1)] +=
                    PASSENGERS_PER_TRIP / served.len() as f64;
            }
        }
        PassengerDemand {
            relations: pairs
                .into_iter()
                .map(|((from, to), per_hour)| Relation { from, to, per_hour })
                .collect(),
        }
    }
}

impl Line {
    /// Pairs of different stops that a trip serves, in order.
    fn pairs_of_trip(&self, trip: usize) -> Vec<(usize, usize)> {
        let calls = &self.timetable.trips[trip].calls;
        let stops = &self.patterns[self.pattern_of_trip[trip]].stops;
        let mut pairs = Vec::new();
        for i in 0..calls.len() {
            for j in i + 1..calls.len() {
                if calls[i].may_board && calls[j].may_alight && stops[i].stop != stops[j].stop {
                    pairs.push((stops[i].stop, stops[j].stop));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// All pairs of stops that some trip of the timetable serves.
    pub(crate) fn served_pairs(&self) -> BTreeSet<(usize, usize)> {
        let mut seen = vec![false; self.patterns.len()];
        let mut pairs = BTreeSet::new();
        for trip in 0..self.timetable.trips.len() {
            // Trips of one pattern may still differ in where one may board; the first of each speaks for most feeds, and
            // the rest are looked at only while pairs are missing from it.
            let pattern = self.pattern_of_trip[trip];
            let calls = &self.timetable.trips[trip].calls;
            if seen[pattern] && calls.iter().all(|call| call.may_board && call.may_alight) {
                continue;
            }
            seen[pattern] = true;
            pairs.extend(self.pairs_of_trip(trip));
        }
        pairs
    }
}
