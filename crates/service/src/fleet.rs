//! The fleet: which vehicles a site has, where their day begins, and where they are charged.
//!
//! In goes `fleet.toml`; out come vehicles with their data sheets, one entry each, and chargers. Without the file there
//! are as many minibuses as the timetable needs.
//!
//! ```toml
//! [[vehicles]]
//! sheet = "minibus"        # a shipped data sheet, or vehicles/minibus.toml of the site
//! count = 3                # 1 if left out
//! name = "bus"             # they are called `bus 1`, `bus 2`, ...; the sheet's name if left out
//! stop = "Y01"             # where its day begins: a stop_id; where its first trip begins if left out
//! initial_charge = 0.95    # 0 to 1
//!
//! [[chargers]]
//! stop = "Y01"             # vehicles that rest here between trips are charged
//! power_w = 60000
//! places = 3               # 1 if left out
//! ```

use crate::files::SiteFiles;
use crate::problem::hint_for_name;
use record::{Problems, line_of};
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;
use vehicle::DataSheet;

/// A site has at most this many vehicles: what the test base of DESIGN.md has room for, ten times.
pub const VEHICLES_MAX: usize = 2000;
/// Charge at the start of the day where nothing is said.
const INITIAL_CHARGE: f64 = 0.9;

/// Vehicles and chargers.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// One entry a vehicle.
    pub vehicles: Vec<FleetVehicle>,
    /// Where they are charged.
    pub chargers: Vec<Charger>,
}

/// One vehicle.
#[derive(Clone, Debug)]
pub struct FleetVehicle {
    /// Its name in records and reports.
    pub name: String,
    /// What it is.
    pub sheet: Arc<DataSheet>,
    /// GTFS id of the stop where its day begins, if it is said.
    pub stop: Option<String>,
    /// Charge at the start of the day, 0 to 1.
    pub initial_charge: f64,
}

/// Chargers at a stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Charger {
    /// GTFS id of the stop.
    pub stop: String,
    /// Power for each vehicle.
    pub power_w: f64,
    /// How many can charge at a time.
    pub places: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FleetFile {
    #[serde(default)]
    vehicles: Vec<Spanned<VehicleEntry>>,
    #[serde(default)]
    chargers: Vec<Spanned<ChargerEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VehicleEntry {
    sheet: Spanned<String>,
    count: Option<Spanned<i64>>,
    name: Option<String>,
    stop: Option<Spanned<String>>,
    initial_charge: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargerEntry {
    stop: Spanned<String>,
    power_w: Spanned<f64>,
    places: Option<Spanned<i64>>,
}

impl Fleet {
    /// As many shipped minibuses as asked for, and a charger for each where their day begins.
    pub fn of_minibuses(count: usize) -> Result<Fleet, vehicle::SheetError> {
        let sheet = Arc::new(DataSheet::shipped("minibus")?);
        Ok(Fleet {
            vehicles: (1..=count.clamp(1, VEHICLES_MAX))
                .map(|i| FleetVehicle {
                    name: format!("minibus {i}"),
                    sheet: sheet.clone(),
                    stop: None,
                    initial_charge: INITIAL_CHARGE,
                })
                .collect(),
            chargers: Vec::new(),
        })
    }

    /// Reads `fleet.toml`; `stops` are the line's. `None` if the file is absent or wrong; then the reasons are in
    /// `problems`.
    pub(crate) fn read(files: &SiteFiles, stops: &[&str], problems: &mut Problems) -> Option<Fleet> {
        let shown = files.show("fleet.toml");
        let text = read_text(files, "fleet.toml", problems)?;
        let before = problems.count();
        let file: FleetFile = parse_toml(&text, &shown, problems)?;
        let mut fleet = Fleet::default();
        if file.vehicles.is_empty() {
            problems.add(
                &shown,
                "the fleet has no vehicles",
                "add a [[vehicles]] table, or take the file out",
            );
        }
        let at = |byte: usize| format!("{shown}:{}", line_of(&text, byte));
        let check_stop = |stop: &Spanned<String>, problems: &mut Problems| {
            if !stops.contains(&stop.get_ref().as_str()) {
                problems.add(
                    at(stop.span().start),
                    format!("stop `{}` is not one of the line", stop.get_ref()),
                    hint_for_name(stop.get_ref(), stops.iter().copied()),
                );
            }
        };
        for entry in &file.vehicles {
            let entry = entry.get_ref();
            let sheet = sheet(files, &entry.sheet, &at(entry.sheet.span().start), problems);
            let count = entry.count.as_ref().map_or(1, |count| *count.get_ref());
            if !(1..=VEHICLES_MAX as i64).contains(&count) {
                let span = entry.count.as_ref().map_or(0, |count| count.span().start);
                problems.add(
                    at(span),
                    format!("found count `{count}`"),
                    format!("write 1 to {VEHICLES_MAX}"),
                );
                continue;
            }
            let charge = entry
                .initial_charge
                .as_ref()
                .map_or(INITIAL_CHARGE, |charge| *charge.get_ref());
            if !(0.0..=1.0).contains(&charge) {
                let span = entry.initial_charge.as_ref().map_or(0, |charge| charge.span().start);
                problems.add(
                    at(span),
                    format!("found initial_charge `{charge}`"),
                    "write a share from 0 to 1",
                );
            }
            if let Some(stop) = &entry.stop {
                check_stop(stop, problems);
            }
            let Some(sheet) = sheet else { continue };
            for _ in 0..count {
                let name = entry.name.as_deref().unwrap_or(&sheet.name);
                let number = 1 + fleet
                    .vehicles
                    .iter()
                    .filter(|vehicle| {
                        vehicle
                            .name
                            .strip_prefix(name)
                            .is_some_and(|rest| rest.starts_with(' '))
                    })
                    .count();
                fleet.vehicles.push(FleetVehicle {
                    name: format!("{name} {number}"),
                    sheet: sheet.clone(),
                    stop: entry.stop.as_ref().map(|stop| stop.get_ref().clone()),
                    initial_charge: charge,
                });
            }
        }
        if fleet.vehicles.len() > VEHICLES_MAX {
            problems.add(
                &shown,
                format!("found {} vehicles", fleet.vehicles.len()),
                format!("at most {VEHICLES_MAX}"),
            );
        }
        for entry in &file.chargers {
            let entry = entry.get_ref();
            check_stop(&entry.stop, problems);
            let power_w = *entry.power_w.get_ref();
            if !(power_w > 0.0 && power_w <= 2e6) {
                problems.add(
                    at(entry.power_w.span().start),
                    format!("found power_w `{power_w}`"),
                    "write watts, more than 0 and at most 2000000",
                );
            }
            let places = entry.places.as_ref().map_or(1, |places| *places.get_ref());
            if !(1..=1000).contains(&places) {
                let span = entry.places.as_ref().map_or(0, |places| places.span().start);
                problems.add(at(span), format!("found places `{places}`"), "write 1 to 1000");
            }
            fleet.chargers.push(Charger {
                stop: entry.stop.get_ref().clone(),
                power_w,
                places: u32::try_from(places).unwrap_or(1),
            });
        }
        (problems.count() == before).then_some(fleet)
    }
}

/// A data sheet of the site's own folder, or a shipped one.
fn sheet(files: &SiteFiles, name: &Spanned<String>, place: &str, problems: &mut Problems) -> Option<Arc<DataSheet>> {
    let name = name.get_ref();
    let own = format!("vehicles/{name}.toml");
    let is_plain = !name.contains(['/', '\\', '.']);
    let found = match is_plain.then(|| files.read(&own)) {
        Some(Ok(Some(bytes))) => {
            let text = String::from_utf8_lossy(&bytes);
            DataSheet::from_toml_beside(&text, &files.show(&own), &|name| domain_beside(files, name))
        }
        Some(Err(error)) => {
            problems.add(files.show(&own), error, "make the file readable");
            return None;
        }
        Some(Ok(None)) | None => DataSheet::shipped(name),
    };
    match found {
        Ok(sheet) => Some(Arc::new(sheet)),
        Err(vehicle::SheetError::Unknown { name, hint }) => {
            problems.add(place, format!("no vehicle is called `{name}`"), hint);
            None
        }
        Err(error) => {
            problems.add_message(error.to_string());
            None
        }
    }
}

/// The operational design domain that a sheet of the site's own names: beside it, or a shipped one.
fn domain_beside(files: &SiteFiles, name: &str) -> Result<(String, String), String> {
    let path = format!("vehicles/{name}");
    match files.read(&path) {
        Ok(Some(bytes)) => Ok((files.show(&path), String::from_utf8_lossy(&bytes).into_owned())),
        Ok(None) => DataSheet::shipped_domain(name).map_err(|_| format!("and `{}` is not there", files.show(&path))),
        Err(error) => Err(format!("and `{}` cannot be read: {error}", files.show(&path))),
    }
}

/// A text file of the site; `None` if it is absent or unreadable.
pub(crate) fn read_text(files: &SiteFiles, path: &str, problems: &mut Problems) -> Option<String> {
    match files.read(path) {
        Ok(None) => None,
        Ok(Some(bytes)) => match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Some(text),
            Err(_) => {
                problems.add(files.show(path), "the text is not UTF-8", "save it as UTF-8");
                None
            }
        },
        Err(error) => {
            problems.add(files.show(path), error, "make the file readable");
            None
        }
    }
}

/// Parses TOML; a mistake is told with its line.
pub(crate) fn parse_toml<T: for<'de> Deserialize<'de>>(text: &str, shown: &str, problems: &mut Problems) -> Option<T> {
    match toml::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let message = error.message().trim().replace('\n', " ");
            problems.add(
                format!("{shown}:{line}"),
                message,
                format!(
                    "the keys of {} are in its page under docs/",
                    shown.rsplit('/').next().unwrap_or(shown)
                ),
            );
            None
        }
    }
}
