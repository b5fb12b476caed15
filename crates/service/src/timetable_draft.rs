//! Drafts a GTFS feed for a round trip: what a planner needs to begin with.
//!
//! In go stops in order, run times between them, headways over the day and a number of vehicles; out come the tables of a
//! valid feed (<https://gtfs.org/documentation/schedule/reference/>), blocks assigned. Departures follow the headways as
//! long as a vehicle is back in time, and wait for it otherwise, so that a draft can always be driven. It looks at no
//! map; [`TimetableDraft::along`] takes stops, run times and shape from one.

use crate::gtfs::clock;
use crate::line::Way;
use jiff::civil::Date;
use road::RoadNetwork;
use std::fmt::Write;

/// A feed to be.
#[derive(Clone, Debug, PartialEq)]
pub struct TimetableDraft {
    /// `agency_name`.
    pub agency: String,
    /// `agency_url`.
    pub url: String,
    /// IANA name.
    pub time_zone: String,
    /// `agency_lang`: BCP 47.
    pub language: String,
    /// `route_id` and `route_short_name`.
    pub route: String,
    /// `route_long_name`.
    pub route_name: String,
    /// `route_color`: six hexadecimal digits.
    pub colour: String,
    /// The round trip: it begins and ends at the first.
    pub stops: Vec<DraftStop>,
    /// From each stop to the next, the last back to the first.
    pub run_times_s: Vec<f64>,
    /// Time at each stop on the way.
    pub dwell_s: f64,
    /// Time at the first stop between two trips of a vehicle, at least.
    pub layover_s: f64,
    /// Vehicles to plan with.
    pub vehicles: usize,
    /// (from this time of day on, headway), in order; the first is the first departure.
    pub headways_s: Vec<(u32, u32)>,
    /// Nobody departs after this.
    pub last_departure_s: u32,
    /// First and last day, every day of the week.
    pub days: (Date, Date),
    /// The way, as latitude and longitude; may be empty.
    pub shape_deg: Vec<(f64, f64)>,
}

/// A stop of a feed to be.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftStop {
    /// `stop_id`.
    pub id: String,
    /// `stop_name`.
    pub name: String,
    /// Latitude and longitude.
    pub coordinates_deg: (f64, f64),
}

/// A trip of a feed to be.
struct DraftTrip {
    departure_s: u32,
    vehicle: usize,
}

impl TimetableDraft {
    /// Takes stops (by their ids on the map), run times and shape from a map. Run times are those of free flow times
    /// `slack`, which stands for lights, traffic and gentle driving. `None` if a stop is not on the map, a way is missing,
    /// or the map has no geographic reference.
    pub fn along(mut self, network: &RoadNetwork, stop_ids: &[&str], slack: f64) -> Option<TimetableDraft> {
        self.stops.clear();
        self.run_times_s.clear();
        self.shape_deg.clear();
        let stop = |id: &str| network.stops().iter().find(|stop| stop.id == id);
        for (i, id) in stop_ids.iter().enumerate() {
            let here = stop(id)?;
            let next = stop(stop_ids[(i + 1) % stop_ids.len()])?;
            let pose = network.lane_pose(here.position);
            let [latitude, longitude] = network.to_geographic_deg(pose.x_m, pose.y_m)?;
            self.stops.push(DraftStop {
                id: here.id.clone(),
                name: here.name.clone(),
                coordinates_deg: (latitude, longitude),
            });
            let way = Way::between(network, here.position, next.position)?;
            self.run_times_s.push(way.time_s * slack);
            let points = (way.length_m / 25.0).ceil().max(1.0) as usize;
            for point in 0..points {
                let at = way.position(network, way.length_m * point as f64 / points as f64);
                let pose = network.lane_pose(at);
                let [latitude, longitude] = network.to_geographic_deg(pose.x_m, pose.y_m)?;
                self.shape_deg.push((latitude, longitude));
            }
        }
        let first = *self.shape_deg.first()?;
        self.shape_deg.push(first);
        Some(self)
    }

    /// From the first departure to the arrival back.
    pub fn round_trip_s(&self) -> f64 {
        let dwell_s = self.dwell_s * self.stops.len().saturating_sub(1) as f64;
        self.run_times_s.iter().sum::<f64>() + dwell_s
    }

    /// The tables: file names and their text.
    pub fn tables(&self) -> Vec<(&'static str, String)> {
        let trips = self.trips();
        vec![
            ("agency.txt", self.agency_table()),
            ("calendar.txt", self.calendar_table()),
            ("feed_info.txt", self.feed_info_table()),
            ("routes.txt", self.routes_table()),
            ("shapes.txt", self.shapes_table()),
            ("stop_times.txt", self.stop_times_table(&trips)),
            ("stops.txt", self.stops_table()),
            ("trips.txt", self.trips_table(&trips)),
        ]
    }

    /// Departures by the headways, each with the vehicle that has waited longest; if none is back, when one is.
    fn trips(&self) -> Vec<DraftTrip> {
        let round_trip_s = self.round_trip_s() + self.layover_s;
        let mut ready_s = vec![0.0f64; self.vehicles.max(1)];
        let mut trips = Vec::new();
        let Some(&(first_s, _)) = self.headways_s.first() else {
            return trips;
        };
        let mut wanted_s = first_s;
        while wanted_s <= self.last_departure_s {
            let vehicle = (0..ready_s.len())
                .min_by(|&a, &b| ready_s[a].total_cmp(&ready_s[b]).then(a.cmp(&b)))
                .unwrap_or(0);
            // To the minute, as timetables are printed.
            let departure_s = wanted_s.max((ready_s[vehicle] / 60.0).ceil() as u32 * 60);
            if departure_s > self.last_departure_s {
                break;
            }
            trips.push(DraftTrip { departure_s, vehicle });
            ready_s[vehicle] = f64::from(departure_s) + round_trip_s;
            let headway_s = self
                .headways_s
                .iter()
                .rev()
                .find(|&&(from_s, _)| from_s <= departure_s)
                .map_or(600, |&(_, headway_s)| headway_s);
            wanted_s = departure_s + headway_s.max(60);
        }
        trips
    }

    fn agency_table(&self) -> String {
        format!(
            "agency_id,agency_name,agency_url,agency_timezone,agency_lang\n1,{},{},{},{}\n",
            quoted(&self.agency),
            quoted(&self.url),
            self.time_zone,
            self.language
        )
    }

    fn calendar_table(&self) -> String {
        let day = |date: Date| date.strftime("%Y%m%d").to_string();
        format!(
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\ndaily,1,1,1,1,1,1,1,{},{}\n",
            day(self.days.0),
            day(self.days.1)
        )
    }

    fn feed_info_table(&self) -> String {
        let day = |date: Date| date.strftime("%Y%m%d").to_string();
        format!(
            "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date,feed_version\n{},{},{},{},{},1\n",
            quoted(&self.agency),
            quoted(&self.url),
            self.language,
            day(self.days.0),
            day(self.days.1)
        )
    }

    fn routes_table(&self) -> String {
        format!(
            "route_id,agency_id,route_short_name,route_long_name,route_type,route_color,route_text_color\n{0},1,{0},{1},3,{2},FFFFFF\n",
            quoted(&self.route),
            quoted(&self.route_name),
            self.colour
        )
    }

    fn stops_table(&self) -> String {
        let mut text = String::from("stop_id,stop_name,stop_lat,stop_lon\n");
        for stop in &self.stops {
            let (latitude, longitude) = stop.coordinates_deg;
            let (id, name) = (quoted(&stop.id), quoted(&stop.name));
            let _ = writeln!(text, "{id},{name},{latitude:.6},{longitude:.6}");
        }
        text
    }

    fn shapes_table(&self) -> String {
        let mut text = String::from("shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n");
        for (i, (latitude, longitude)) in self.shape_deg.iter().enumerate() {
            let _ = writeln!(text, "round,{latitude:.6},{longitude:.6},{}", i + 1);
        }
        text
    }

    fn trips_table(&self, trips: &[DraftTrip]) -> String {
        let mut text = String::from("route_id,service_id,trip_id,trip_headsign,direction_id,block_id,shape_id\n");
        let headsign = self
            .stops
            .get(self.stops.len() / 2)
            .map_or("", |stop| stop.name.as_str());
        let shape = if self.shape_deg.is_empty() { "" } else { "round" };
        for trip in trips {
            let (route, id) = (quoted(&self.route), trip_id(trip));
            let _ = writeln!(
                text,
                "{route},daily,{id},{},0,{},{shape}",
                quoted(headsign),
                trip.vehicle + 1
            );
        }
        text
    }

    fn stop_times_table(&self, trips: &[DraftTrip]) -> String {
        let mut text = String::from("trip_id,arrival_time,departure_time,stop_id,stop_sequence,timepoint\n");
        for trip in trips {
            let mut at_s = f64::from(trip.departure_s);
            for i in 0..=self.stops.len() {
                let is_end = i == 0 || i == self.stops.len();
                let arrival_s = at_s.round() as u32;
                let departure_s = if is_end {
                    arrival_s
                } else {
                    (at_s + self.dwell_s).round() as u32
                };
                let id = quoted(&self.stops[i % self.stops.len()].id);
                let (arrival, departure) = (clock(arrival_s), clock(departure_s));
                let _ = writeln!(text, "{},{arrival},{departure},{id},{},1", trip_id(trip), i + 1);
                if let Some(run_s) = self.run_times_s.get(i) {
                    at_s = f64::from(departure_s) + run_s;
                }
            }
        }
        text
    }
}

fn trip_id(trip: &DraftTrip) -> String {
    let clock = clock(trip.departure_s);
    format!("{}{}", &clock[0..2], &clock[3..5])
}

/// A field as CSV (RFC 4180) wants it.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::SiteFiles;
    use jiff::civil::date;
    use record::Problems;
    use std::borrow::Cow;

    #[test]
    fn a_draft_is_a_feed_that_reads_back_and_never_sends_a_vehicle_twice() {
        let stop = |id: &str, name: &str| DraftStop {
            id: id.to_owned(),
            name: name.to_owned(),
            coordinates_deg: (29.35, 105.89),
        };
        let draft = TimetableDraft {
            agency: "Line, \"One\"".to_owned(),
            url: "https://example.org".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            language: "en".to_owned(),
            route: "1".to_owned(),
            route_name: "Round trip".to_owned(),
            colour: "1B6CA8".to_owned(),
            stops: vec![stop("A", "Alpha"), stop("B", "Beta"), stop("C", "Gamma")],
            run_times_s: vec![301.0, 402.0, 500.0],
            dwell_s: 20.0,
            layover_s: 180.0,
            vehicles: 2,
            headways_s: vec![(5 * 3600 + 1800, 1200), (7 * 3600, 600)],
            last_departure_s: 9 * 3600,
            days: (date(2026, 1, 1), date(2026, 12, 31)),
            shape_deg: vec![(29.35, 105.89), (29.36, 105.89)],
        };
        let tables = draft.tables();
        let files = SiteFiles::table(
            "draft",
            tables
                .iter()
                .map(|(name, text)| (format!("gtfs/{name}"), Cow::Owned(text.clone().into_bytes()))),
        );
        let mut problems = Problems::default();
        let timetable = crate::gtfs::read(&files, &mut problems);
        problems.into_result().unwrap();
        let timetable = timetable.unwrap();
        assert_eq!(timetable.agency, "Line, \"One\"");
        assert!(timetable.trips.len() > 8);
        for block in ["1", "2"] {
            let trips: Vec<_> = timetable
                .trips
                .iter()
                .filter(|trip| trip.block.as_deref() == Some(block))
                .collect();
            for pair in trips.windows(2) {
                assert!(pair[0].arrival_s() + 180 <= pair[1].departure_s());
            }
        }
    }
}
