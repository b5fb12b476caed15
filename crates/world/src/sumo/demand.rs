//! Demand: who travels when, by which way, in what kind of vehicle.
//!
//! In go route and additional files and the network that they are about; out comes a [`SumoDemand`] with every
//! vehicle of the files, flows told apart into vehicles, in the order of departure. It draws no luck but that of flows
//! with a probability; a type drawn from a distribution is drawn when the vehicle is made.
//!
//! Everything is checked against the network: edges exist and follow one another, stops lie on the way.
//!
//! ```text
//! reader   types, programmes, stops of lines     way   routes and halts     vehicle   vehicles and flows
//! ```
//! Source: Eclipse SUMO's documentation, "Definition of Vehicles, Vehicle Types, and Routes".

mod reader;
mod vehicle;
mod way;

use super::document::{Document, SourceFile, clipped};
use super::kind::VehicleKind;
use super::network::StreetNetwork;
use super::route::Route;
use crate::WorldError;
use reader::Reader;
use record::Seed;

/// All demand of some files.
#[derive(Clone, Debug, Default)]
pub struct SumoDemand {
    /// Types.
    pub kinds: Vec<VehicleKind>,
    /// What a vehicle's `type` may mean: types with weights, which add up to 1.
    pub choices: Vec<Vec<(u32, f64)>>,
    /// Ways through the network; each once, if they come from files.
    pub routes: Vec<Route>,
    /// The joints of all ways, by their numbers: see [`SumoDemand::edges_of`].
    pub turns: Vec<u8>,
    /// Everyone, by time of departure and then as the files have it.
    pub departures: Vec<Departure>,
    /// Stops of lines.
    pub bus_stops: Vec<BusStop>,
    /// Places to park.
    pub parking_areas: Vec<ParkingArea>,
    /// What was read and has no meaning here, a line for each kind of thing.
    pub notes: Vec<String>,
}

/// A halt on a way: see [`Departure::stops`].
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// Its lane.
    pub lane: u32,
    /// Where the front stands, metres from the lane's start.
    pub at_m: f64,
    /// From here on it counts as reached.
    pub from_m: f64,
    /// How long it lasts at least.
    pub duration_s: f64,
    /// And until when.
    pub until_s: f64,
    /// Where it stands meanwhile.
    pub parking: Parking,
}

/// Where somebody stands at a halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parking {
    /// On its lane.
    OnLane,
    /// Beside its lane, where there is always room.
    Beside,
    /// On a place of this one of [`SumoDemand::parking_areas`], if one is free.
    Area(u32),
}

/// Places beside a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkingArea {
    /// Its name.
    pub id: String,
    /// Its lane.
    pub lane: u32,
    /// Where it begins, metres from the lane's start.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
    /// How many places it has.
    pub capacity: u32,
}

/// A place where buses halt.
#[derive(Clone, Debug, PartialEq)]
pub struct BusStop {
    /// Its name.
    pub id: String,
    /// Its lane.
    pub lane: u32,
    /// Where it begins, metres from the lane's start.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
}

/// On which lane a vehicle appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepartLane {
    /// That of those from which one gets farthest which has most room.
    Best,
    /// That with most room.
    Free,
    /// The outermost that it may use.
    First,
    /// This one, counted from the outside.
    Number(u32),
}

/// Where on the lane a vehicle's front appears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DepartPosition {
    /// With its tail at the lane's start.
    Base,
    /// So many metres from the start.
    At(f64),
}

/// How fast a vehicle is when it appears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DepartSpeed {
    /// As fast as it wants, and as is safe.
    Desired,
    /// So fast; it waits until that is safe.
    Given(f64),
}

/// A vehicle that will appear.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Its name.
    pub id: String,
    /// Its type, in [`SumoDemand::choices`].
    pub choice: u32,
    /// Its way, in [`SumoDemand::routes`].
    pub route: u32,
    /// When it wants to appear, seconds.
    pub depart_s: f64,
    /// On which lane.
    pub lane: DepartLane,
    /// Where on it.
    pub position: DepartPosition,
    /// How fast.
    pub speed: DepartSpeed,
    /// Where it arrives on its last edge, metres from the start, or from the end if negative; nothing is the end.
    pub arrival_m: Option<f64>,
    /// Halts on the way.
    pub stops: Vec<Stop>,
    /// File and line that it comes from, for messages.
    pub place: Place,
}

/// Where in the files something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which file, as given.
    pub file: u32,
    /// Line.
    pub line: u32,
}

impl SumoDemand {
    /// Reads files in their order; programmes in them replace those of `network`. `seed` decides flows that have a
    /// probability.
    pub fn read(network: &mut StreetNetwork, files: &[SourceFile], seed: Seed) -> Result<SumoDemand, WorldError> {
        let mut reader = Reader::new(network, seed);
        let mut problems = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let result = Document::parse(file, &["routes", "additional", "add", "a"]).and_then(|document| {
                reader.file(&document, index as u32);
                document.finish()
            });
            problems.extend(result.err().into_iter().flatten());
        }
        if !problems.is_empty() {
            return Err(WorldError::Demand(problems));
        }
        Ok(reader.finish())
    }

    /// Refuses vehicles that depart before the clock begins at `begin_s`; `files` are those that were read.
    pub fn check_begin(&self, files: &[SourceFile], begin_s: f64) -> Result<(), WorldError> {
        let late = self
            .departures
            .partition_point(|departure| departure.depart_s < begin_s);
        let Some(first) = self.departures[..late].first() else {
            return Ok(());
        };
        let file = files
            .get(first.place.file as usize)
            .map_or("", |file| file.name.as_str());
        Err(WorldError::Demand(vec![format!(
            "{file}:{}: `{}` departs at {} s, in the past of a run that begins at {begin_s} s, as {late} vehicles do\n\
             hint: begin at {} s, or take those vehicles out",
            first.place.line,
            clipped(&first.id),
            first.depart_s,
            first.depart_s.floor()
        )]))
    }
}
