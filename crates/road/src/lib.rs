//! Road networks: every map a user brings, compiled once, shared by all runs.
//!
//! A reader (OpenDRIVE, OpenStreetMap, SUMO) or the map builder makes a [`draft::MapDraft`]; [`RoadNetwork::compile`] turns it
//! into lanes with exact `f64` geometry, edges, junction conflicts, signal programs, crossings, stops and indexes.
//! A compiled network never changes. It knows no vehicles.

mod ahead;
pub mod builder;
mod bulk;
mod compile;
pub mod compiled;
mod conflict;
mod crossing;
mod digest;
mod document;
pub mod draft;
#[cfg(feature = "drawing")]
pub mod draw;
pub mod export;
mod fault;
mod file;
mod geometry;
pub mod heights;
mod lane_table;
pub mod locate;
mod memory;
mod network;
pub mod opendrive;
pub mod osm;
mod place;
pub mod polyline;
mod projection;
mod route;
mod sight;
mod signal;
mod signal_plan;
#[cfg(test)]
mod small_maps;
mod spatial_index;
mod stop;
pub mod sumo;
mod track;

pub use ahead::{Ahead, Thing};
pub use fault::{Fault, faults};
pub use file::{MapReading, read_map, read_map_on, takes_height_grid};
pub use network::*;
pub use place::LaneOutlinePoint;
pub use sight::{Obstacle, Sight};

/// The compiled network: shared by reference between all runs, never changed.
#[derive(Debug)]
pub struct RoadNetwork {
    name: String,
    /// Made when first asked for: who compiles a map for itself needs none.
    digest: std::sync::OnceLock<String>,
    geo_reference: Option<draft::GeoReference>,
    lanes: Vec<Lane>,
    edges: Vec<Edge>,
    roads: Vec<Road>,
    junctions: Vec<Junction>,
    signals: Vec<Signal>,
    controllers: Vec<SignalController>,
    plans: Vec<signal_plan::SignalClock>,
    crossings: Vec<Crossing>,
    stops: Vec<Stop>,
    areas: Vec<Area>,
    bounds_m: [f64; 4],
    table: lane_table::LaneTable,
    geometries: Vec<geometry::RoadGeometry>,
    spans: Vec<Vec<compile::LaneSpan>>,
    index: spatial_index::SpatialIndex,
    router: route::Router,
    warnings: Vec<String>,
}

/// Which lanes a traveller may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traveller {
    /// Cars, vans, trucks: driving lanes and ramps.
    Car,
    /// Buses: driving and bus lanes.
    Bus,
    /// Bicycles and scooters: bicycle lanes, and driving lanes where there are none.
    Bicycle,
}

impl RoadNetwork {
    /// Compiles a draft. All problems found are returned together.
    pub fn compile(draft: &draft::MapDraft) -> Result<RoadNetwork, RoadError> {
        compile::compile(draft)
    }
    /// The map's name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// SHA-256 over everything compiled, in hexadecimal: two networks with one digest are one network.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest::digest(self))
    }
    /// What was mended or left out while compiling, one line each, sorted.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
    /// What the compiled network takes of memory, bytes: its tables and what hangs on them, the allocator's own apart.
    pub fn memory_bytes(&self) -> usize {
        memory::bytes(self)
    }
    /// Where the local metres lie on the Earth.
    pub fn geo_reference(&self) -> Option<draft::GeoReference> {
        self.geo_reference
    }
    /// All lanes; a `LaneId` is an index.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }
    /// One lane.
    pub fn lane(&self, id: LaneId) -> &Lane {
        &self.lanes[id.0 as usize]
    }
    /// All edges; an `EdgeId` is an index.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }
    /// One edge.
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0 as usize]
    }
    /// All roads.
    pub fn roads(&self) -> &[Road] {
        &self.roads
    }
    /// All junctions.
    pub fn junctions(&self) -> &[Junction] {
        &self.junctions
    }
    /// All traffic lights.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }
    /// All signal programs.
    pub fn controllers(&self) -> &[SignalController] {
        &self.controllers
    }
    /// What a light shows `elapsed_ms` after the start of the run, by its program.
    pub fn signal_colour(&self, signal: SignalId, elapsed_ms: i64) -> SignalColour {
        self.plans[signal.0 as usize].colour(elapsed_ms)
    }
    /// When a light changes next: milliseconds from `elapsed_ms` on, `None` if it never does.
    pub fn signal_changes_in_ms(&self, signal: SignalId, elapsed_ms: i64) -> Option<i64> {
        self.plans[signal.0 as usize].changes_in_ms(elapsed_ms)
    }
    /// All crossings.
    pub fn crossings(&self) -> &[Crossing] {
        &self.crossings
    }
    /// All bus stops of the map.
    pub fn stops(&self) -> &[Stop] {
        &self.stops
    }
    /// Buildings, water, green.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }
    /// West, south, east, north of everything, metres.
    pub fn bounds_m(&self) -> [f64; 4] {
        self.bounds_m
    }
    /// Degrees latitude and longitude to local metres.
    pub fn to_local_m(&self, latitude_deg: f64, longitude_deg: f64) -> Option<[f64; 2]> {
        Some(self.geo_reference?.to_local_m(latitude_deg, longitude_deg))
    }
    /// Local metres to degrees latitude and longitude.
    pub fn to_geographic_deg(&self, x_m: f64, y_m: f64) -> Option<[f64; 2]> {
        Some(self.geo_reference?.to_geographic_deg(x_m, y_m))
    }
}

/// What is wrong with a map. All problems of a file are gathered.
#[derive(Debug, thiserror::Error)]
pub enum RoadError {
    /// The file cannot be read as its format.
    #[error("{0}")]
    Unreadable(String),
    /// The map cannot be compiled: one message a problem, each with element and mend.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}
