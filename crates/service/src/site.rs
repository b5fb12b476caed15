//! A site: everything a folder says about a place and what runs there.
//!
//! A `heights.tif` beside a map from OpenStreetMap is the ground that its streets lie on.
//!
//! In goes a [`SiteFiles`]; out comes a [`Site`] that is ready to play, or every problem of every file at once. Only a
//! map and a `gtfs/` folder are needed; everything else has a default that works.
//!
//! ```toml
//! # site.toml, all of it optional
//! name = "Yongchuan line 1"          # the folder's name if left out
//! place = "Yongchuan, Chongqing"     # in a person's words
//! time_zone = "Asia/Shanghai"        # agency.txt's if left out
//! map = "map.xodr"                   # the first of map.xodr, map.osm.pbf, map.osm if left out
//!
//! [day]
//! from = "05:30"                     # the first departure of the day less five minutes if left out
//! to = "22:30"                       # the last arrival plus ten minutes if left out
//! date = "2026-03-02"                # the first day on which anything runs if left out
//! seed = 1
//!
//! [traffic]
//! vehicles_at_peak = 300             # where demand/traffic.toml is missing
//! ```

use crate::block::{BlockTrip, vehicles_needed};
use crate::demand::PassengerDemand;
use crate::files::SiteFiles;
use crate::fleet::{Fleet, parse_toml, read_text};
use crate::line::{Line, Way};
use crate::problem::{ServiceError, hint_for_name};
use crate::{gtfs, timetable::Timetable};
use jiff::civil::Date;
use record::{Problems, line_of};
use road::draft::MapDraft;
use road::heights::HeightGrid;
use road::{MapReading, RoadNetwork};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;
use world::{Demand, WorldError};

/// Between two trips of a vehicle, where the feed does not bind them.
pub(crate) const LAYOVER_S: f64 = 60.0;
/// Vehicles on the road at the peak where nobody says.
const VEHICLES_AT_PEAK: f64 = 200.0;

/// A site, ready to play.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder's name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is, in a person's words.
    pub place: String,
    /// IANA name.
    pub time_zone: String,
    /// The roads.
    pub network: Arc<RoadNetwork>,
    /// Who else is on them.
    pub traffic: Demand,
    /// The line on the map.
    pub line: Line,
    /// Its vehicles and chargers.
    pub fleet: Fleet,
    /// Who wants to ride.
    pub passengers: PassengerDemand,
    /// Start of the service day, seconds after midnight.
    pub from_s: f64,
    /// Its end.
    pub to_s: f64,
    /// The day that is played if none is asked for.
    pub date: Date,
    /// The luck that is taken if none is asked for.
    pub seed: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SiteFile {
    name: Option<String>,
    place: Option<String>,
    time_zone: Option<String>,
    map: Option<Spanned<String>>,
    day: DayEntry,
    traffic: TrafficEntry,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DayEntry {
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    date: Option<Spanned<String>>,
    seed: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TrafficEntry {
    vehicles_at_peak: Option<Spanned<f64>>,
}

/// The head of a site: what can be told without reading its map.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteTitle {
    /// The folder's name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub place: String,
}

impl SiteTitle {
    /// Reads `site.toml` only; what is missing or wrong there is left empty.
    pub fn read(files: &SiteFiles) -> SiteTitle {
        let mut ignored = Problems::default();
        let file = read_text(files, "site.toml", &mut ignored)
            .and_then(|text| parse_toml::<SiteFile>(&text, "site.toml", &mut ignored))
            .unwrap_or_default();
        SiteTitle {
            id: files.name().to_owned(),
            name: file.name.unwrap_or_else(|| files.name().to_owned()),
            place: file.place.unwrap_or_default(),
        }
    }
}

/// Maps by their usual names, in the order of preference.
const HEIGHTS: &str = "heights.tif";
const MAPS: [&str; 3] = ["map.xodr", "map.osm.pbf", "map.osm"];

impl Site {
    /// Reads a site, map and all. The second value is what the map's reader noted.
    pub fn load(files: &SiteFiles) -> Result<(Site, Vec<String>), ServiceError> {
        let mut problems = Problems::default();
        if !files.exist() {
            problems.add(
                files.show(""),
                "there is no such folder",
                "give the path of a site's folder",
            );
        }
        let map = read_map(files, &mut problems);
        problems.into_result()?;
        let (network, notes) = map.ok_or_else(|| ServiceError::Site(vec![format!("{}: no map", files.show(""))]))?;
        Ok((Site::load_on(files, Arc::new(network))?, notes))
    }

    /// Reads a site on roads that are compiled already. All problems of all its other files are returned together.
    pub fn load_on(files: &SiteFiles, network: Arc<RoadNetwork>) -> Result<Site, ServiceError> {
        let mut problems = Problems::default();
        match read_site(files, network, &mut problems) {
            Some(site) => Ok(problems.into_result().map(|()| site)?),
            None => {
                problems.into_result()?;
                Err(ServiceError::Site(vec![format!(
                    "{}: the site cannot be read\nhint: run `westline site check` on it",
                    files.show("")
                )]))
            }
        }
    }

    /// The site's map as it is written, for those who draw it.
    pub fn map(files: &SiteFiles) -> Result<MapDraft, ServiceError> {
        let mut problems = Problems::default();
        let map = read_draft(files, &mut problems);
        problems.into_result()?;
        let map = map.ok_or_else(|| ServiceError::Site(vec![format!("{}: no map", files.show(""))]))?;
        Ok(map.draft)
    }

    /// The day's trips as blocks see them, and their indices in the timetable, in order of departure.
    pub(crate) fn trips_on(&self, date: Date) -> (Vec<usize>, Vec<BlockTrip>) {
        let trips = self.line.timetable.trips_on(date);
        let as_blocks = block_trips(&self.line, &trips);
        (trips, as_blocks)
    }

    /// Driving time of an empty run between two stops of the line.
    pub(crate) fn empty_runs(&self) -> EmptyRuns<'_> {
        EmptyRuns {
            network: &self.network,
            line: &self.line,
            known: BTreeMap::new(),
        }
    }
}

/// Reads and compiles the site's map.
fn read_map(files: &SiteFiles, problems: &mut Problems) -> Option<(RoadNetwork, Vec<String>)> {
    let map = read_draft(files, problems)?;
    let network = RoadNetwork::compile(&map.draft).map_err(|error| problems.add_message(error.to_string()));
    Some((network.ok()?, map.notes))
}

/// Reads the site's map, on its ground.
fn read_draft(files: &SiteFiles, problems: &mut Problems) -> Option<MapReading> {
    let shown = files.show("site.toml");
    let text = read_text(files, "site.toml", problems).unwrap_or_default();
    // Mistakes in site.toml are told here, since without it the map cannot be known.
    let file: SiteFile = parse_toml(&text, &shown, problems)?;
    let there = files.list("");
    let name = match &file.map {
        Some(name) => name.get_ref().clone(),
        None => match MAPS.into_iter().find(|name| there.iter().any(|file| file == name)) {
            Some(name) => name.to_owned(),
            None => {
                problems.add(
                    files.show(""),
                    "the site has no map",
                    "put a map.xodr, map.osm.pbf or map.osm there",
                );
                return None;
            }
        },
    };
    let shown_map = files.show(&name);
    let place = || match &file.map {
        Some(entry) => format!("{shown}:{}", line_of(&text, entry.span().start)),
        None => shown_map.clone(),
    };
    if name.contains("..") || name.starts_with('/') {
        problems.add(
            place(),
            format!("map `{name}` lies outside the site's folder"),
            "copy it into the folder",
        );
        return None;
    }
    let bytes = match files.read(&name) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let hint = hint_for_name(&name, there.iter().map(String::as_str));
            problems.add(place(), format!("there is no map `{name}`"), hint);
            return None;
        }
        Err(error) => {
            problems.add(shown_map, error, "make the file readable");
            return None;
        }
    };
    let (grid, note) = height_grid(files, &bytes, problems)?;
    let read = road::read_map_on(&shown_map, &bytes, grid.as_ref());
    let mut map = read.map_err(|error| problems.add_message(error.to_string())).ok()?;
    map.notes.extend(note);
    Some(map)
}

/// The ground that an OpenStreetMap extract is laid on, if the site has one; else nothing, and a note if it is not needed.
fn height_grid(files: &SiteFiles, map: &[u8], problems: &mut Problems) -> Option<(Option<HeightGrid>, Option<String>)> {
    let shown = files.show(HEIGHTS);
    let bytes = match files.read(HEIGHTS) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Some((None, None)),
        Err(error) => {
            problems.add(shown, error, "make the file readable");
            return None;
        }
    };
    if !road::takes_height_grid(map) {
        let note = format!("{shown}: not used, the map brings heights of its own");
        return Some((None, Some(note)));
    }
    let grid = HeightGrid::read(&shown, &bytes).map_err(|error| problems.add_message(error.to_string()));
    Some((Some(grid.ok()?), None))
}

/// Ways between stops that no trip takes, found when asked for.
pub(crate) struct EmptyRuns<'a> {
    network: &'a RoadNetwork,
    line: &'a Line,
    known: BTreeMap<(usize, usize), Option<f64>>,
}

impl EmptyRuns<'_> {
    pub(crate) fn time_s(&mut self, from: usize, to: usize) -> Option<f64> {
        *self.known.entry((from, to)).or_insert_with(|| {
            let stops = &self.line.stops;
            // Free flow is never reached: lights and traffic take half as long again.
            Way::between(self.network, stops[from].position, stops[to].position).map(|way| 1.5 * way.time_s)
        })
    }
}

fn block_trips(line: &Line, trips: &[usize]) -> Vec<BlockTrip> {
    trips
        .iter()
        .map(|&trip| {
            let stops = &line.patterns[line.pattern_of_trip[trip]].stops;
            let trip = &line.timetable.trips[trip];
            BlockTrip {
                departure_s: f64::from(trip.departure_s()),
                arrival_s: f64::from(trip.arrival_s()),
                from: stops[0].stop,
                to: stops[stops.len() - 1].stop,
                block: trip.block.clone(),
            }
        })
        .collect()
}

fn read_site(files: &SiteFiles, network: Arc<RoadNetwork>, problems: &mut Problems) -> Option<Site> {
    let shown = files.show("site.toml");
    let before = problems.count();
    let text = read_text(files, "site.toml", problems).unwrap_or_default();
    let file: SiteFile = parse_toml(&text, &shown, problems).unwrap_or_default();
    let at = |byte: usize| format!("{shown}:{}", line_of(&text, byte));
    let mut clock = |entry: &Option<Spanned<String>>| {
        let entry = entry.as_ref()?;
        let found = time_of_day_s(entry.get_ref());
        if found.is_none() {
            problems.add(
                at(entry.span().start),
                format!("found `{}`", entry.get_ref()),
                "write a time as HH:MM",
            );
        }
        found
    };
    let (from_s, to_s) = (clock(&file.day.from), clock(&file.day.to));
    if let (Some(from_s), Some(to_s), Some(to)) = (from_s, to_s, &file.day.to)
        && to_s <= from_s
    {
        problems.add(
            at(to.span().start),
            format!("the day ends at `{}`, not after its start", to.get_ref()),
            "after midnight, go on counting: 25:30",
        );
    }
    let date = file.day.date.as_ref().and_then(|entry| {
        let found = entry.get_ref().parse::<Date>().ok();
        if found.is_none() {
            problems.add(
                at(entry.span().start),
                format!("found `{}`", entry.get_ref()),
                "write a date as YYYY-MM-DD",
            );
        }
        found
    });
    let vehicles_at_peak = file
        .traffic
        .vehicles_at_peak
        .as_ref()
        .map_or(VEHICLES_AT_PEAK, |entry| {
            let vehicles = *entry.get_ref();
            if !(0.0..=100_000.0).contains(&vehicles) {
                problems.add(
                    at(entry.span().start),
                    format!("found `{vehicles}`"),
                    "write a number from 0 to 100000",
                );
            }
            vehicles
        });
    let seed = file.day.seed.as_ref().map_or(1, |entry| {
        let seed = *entry.get_ref();
        u64::try_from(seed).unwrap_or_else(|_| {
            problems.add(
                at(entry.span().start),
                format!("found seed `{seed}`"),
                "write a whole number from 0 up",
            );
            0
        })
    });
    let site_is_sound = problems.count() == before;

    let traffic = read_traffic(files, &network, vehicles_at_peak, problems);
    let timetable = gtfs::read(files, problems);
    let line = timetable.and_then(|timetable| lay_line(files, &network, timetable, problems))?;
    let date = match date {
        Some(date) => date,
        None => line.timetable.first_day().or_else(|| {
            problems.add(
                files.show("gtfs/calendar.txt"),
                "no service runs on any day",
                "set a weekday to 1",
            );
            None
        })?,
    };
    let trips = line.timetable.trips_on(date);
    if trips.is_empty() {
        let first = line.timetable.first_day();
        problems.add(
            files.show("gtfs/calendar.txt"),
            format!("no trip runs on {date}"),
            first.map_or("add the day to calendar.txt".to_owned(), |day| {
                format!("the first day with trips is {day}")
            }),
        );
        return None;
    }
    let before = problems.count();
    let passengers = PassengerDemand::read(files, &line, problems);
    let stops: Vec<&str> = line.stops.iter().map(|stop| stop.id.as_str()).collect();
    let fleet = Fleet::read(files, &stops, problems);
    if problems.count() > before || !site_is_sound {
        return None;
    }
    let passengers = passengers.unwrap_or_else(|| PassengerDemand::plausible(&line, &trips));
    let fleet = match fleet {
        Some(fleet) => fleet,
        None => {
            let mut empty_runs = EmptyRuns {
                network: &network,
                line: &line,
                known: BTreeMap::new(),
            };
            let needed = vehicles_needed(&block_trips(&line, &trips), LAYOVER_S, |from, to| {
                empty_runs.time_s(from, to)
            });
            Fleet::of_minibuses(needed)
                .map_err(|error| problems.add_message(error.to_string()))
                .ok()?
        }
    };
    let first = trips
        .iter()
        .map(|&trip| line.timetable.trips[trip].departure_s())
        .min()
        .unwrap_or(0);
    let last = trips
        .iter()
        .map(|&trip| line.timetable.trips[trip].arrival_s())
        .max()
        .unwrap_or(0);
    Some(Site {
        id: files.name().to_owned(),
        name: file.name.unwrap_or_else(|| files.name().to_owned()),
        place: file.place.unwrap_or_default(),
        time_zone: file.time_zone.unwrap_or_else(|| line.timetable.time_zone.clone()),
        network,
        traffic: traffic?,
        fleet,
        passengers,
        from_s: from_s.unwrap_or_else(|| (f64::from(first) - 300.0).max(0.0)),
        to_s: to_s.unwrap_or(f64::from(last) + 600.0),
        date,
        seed,
        line,
    })
}

fn lay_line(files: &SiteFiles, network: &RoadNetwork, timetable: Timetable, problems: &mut Problems) -> Option<Line> {
    Line::lay(network, timetable, &files.show("gtfs"), problems)
}

/// `demand/traffic.toml`, or a plausible day.
fn read_traffic(
    files: &SiteFiles,
    network: &RoadNetwork,
    vehicles_at_peak: f64,
    problems: &mut Problems,
) -> Option<Demand> {
    let before = problems.count();
    let Some(text) = read_text(files, "demand/traffic.toml", problems) else {
        return (problems.count() == before).then(|| Demand::plausible(network, vehicles_at_peak));
    };
    match Demand::from_toml(&text, &files.show("demand/traffic.toml"), network) {
        Ok(demand) => Some(demand),
        Err(WorldError::Demand(messages)) => {
            messages.into_iter().for_each(|message| problems.add_message(message));
            None
        }
        Err(error) => {
            problems.add_message(error.to_string());
            None
        }
    }
}

/// `HH:MM` or `HH:MM:SS`, hours up to 47, as seconds after midnight.
pub fn time_of_day_s(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let mut next = |limit: u32| {
        let part = parts.next()?;
        let is_plain = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u32>().ok().filter(|&value| is_plain && value < limit)
    };
    let (hours, minutes) = (next(48)?, next(60)?);
    let seconds = if text.matches(':').count() == 2 { next(60)? } else { 0 };
    (text.matches(':').count() <= 2).then(|| f64::from(hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    /// A GeoTIFF of 8 by 8 samples of one height, from 106 E 30 N on, a hundredth of a degree each.
    fn geotiff(height_m: f32) -> Vec<u8> {
        const ENTRIES: u32 = 13;
        let data_at = 8 + 2 + 12 * ENTRIES + 4;
        let (scale_at, tie_at) = (data_at + 256, data_at + 256 + 24);
        let keys_at = tie_at + 48;
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((ENTRIES as u16).to_le_bytes());
        // Tag, type (3 short, 4 long, 12 double), count, value or where it stands.
        let entries: [(u16, u16, u32, u32); ENTRIES as usize] = [
            (256, 3, 1, 8),
            (257, 3, 1, 8),
            (258, 3, 1, 32),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 1, data_at),
            (277, 3, 1, 1),
            (278, 3, 1, 8),
            (279, 4, 1, 256),
            (339, 3, 1, 3),
            (33_550, 12, 3, scale_at),
            (33_922, 12, 6, tie_at),
            (34_735, 3, 16, keys_at),
        ];
        for (tag, kind, count, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(count.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.extend(0u32.to_le_bytes());
        file.extend((0..64).flat_map(|_| height_m.to_le_bytes()));
        file.extend(
            [0.01, 0.01, 0.0, 0.0, 0.0, 0.0, 106.0, 30.0, 0.0f64]
                .map(f64::to_le_bytes)
                .concat(),
        );
        let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326];
        file.extend(keys.map(u16::to_le_bytes).concat());
        file
    }

    const STREET: &str = r#"<osm version="0.6"><node id="1" lat="29.96" lon="106.03"/><node id="2" lat="29.96" lon="106.04"/>
        <way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"#;

    fn read(map: &str, text: &str, heights: Vec<u8>) -> (Option<(RoadNetwork, Vec<String>)>, Problems) {
        let files = [(map, text.as_bytes().to_vec()), ("heights.tif", heights)];
        let files = files.map(|(name, content)| (name.to_owned(), Cow::Owned(content)));
        let mut problems = Problems::default();
        let map = read_map(&SiteFiles::table("town", files), &mut problems);
        (map, problems)
    }

    #[test]
    fn an_extract_lies_on_the_heights_beside_it() {
        let (map, problems) = read("map.osm", STREET, geotiff(312.5));
        problems.into_result().unwrap();
        let network = map.unwrap().0;
        let point = network.lane_outline(road::LaneId(0)).next().unwrap();
        assert!((point.z_m - 312.5).abs() < 0.1, "{point:?}");
    }

    #[test]
    fn broken_heights_are_told_and_unneeded_ones_noted() {
        let (map, problems) = read("map.osm", STREET, b"II*\0broken".to_vec());
        assert!(map.is_none());
        let told = problems.into_result().unwrap_err().join("\n");
        assert!(told.contains("town/heights.tif: not a TIFF"), "{told}");
        let street = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="9" junction="-1"><planView>
            <geometry s="0" x="0" y="0" hdg="0" length="9"><line/></geometry></planView><lanes><laneSection s="0"><center>
            <lane id="0"/></center><right><lane id="-1" type="driving"><width sOffset="0" a="3" b="0" c="0" d="0"/></lane>
            </right></laneSection></lanes></road></OpenDRIVE>"#;
        let (map, problems) = read("map.xodr", street, geotiff(1.0));
        problems.into_result().unwrap();
        let notes = map.unwrap().1;
        assert!(
            notes.iter().any(|note| note.contains("heights of its own")),
            "{notes:?}"
        );
    }
}
