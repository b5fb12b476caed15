//! Road networks: every map a user brings, compiled once, shared by all runs.
//!
//! A reader (OpenDRIVE, OpenStreetMap) or the map builder makes a [`draft::MapDraft`]; [`RoadNetwork::compile`] turns it
//! into lanes with exact `f64` geometry, edges, junction conflicts, signal programs, crossings, stops and indexes.
//! A compiled network never changes. It knows no vehicles.

pub mod builder;
pub mod draft;
pub mod draw;
mod file;
#[allow(dead_code, unused_imports, reason = "the compiler and the readers take it up next")]
mod geometry;
pub mod locate;
mod network;
pub mod opendrive;
pub mod osm;
mod projection;

pub use file::{MapReading, read_map};
pub use network::*;

/// The compiled network. See the modules for its parts.
#[derive(Debug)]
pub struct RoadNetwork {
    _private: (),
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

#[expect(clippy::todo, unused_variables, reason = "bodies land next")]
impl RoadNetwork {
    /// Compiles a draft. All problems found are returned together.
    pub fn compile(draft: &draft::MapDraft) -> Result<RoadNetwork, RoadError> {
        todo!()
    }
    /// The map's name.
    pub fn name(&self) -> &str {
        todo!()
    }
    /// SHA-256 over everything compiled, in hexadecimal: two networks with one digest are one network.
    pub fn digest(&self) -> &str {
        todo!()
    }
    /// Where the local metres lie on the Earth.
    pub fn geo_reference(&self) -> Option<draft::GeoReference> {
        todo!()
    }
    /// All lanes; a `LaneId` is an index.
    pub fn lanes(&self) -> &[Lane] {
        todo!()
    }
    /// One lane.
    pub fn lane(&self, id: LaneId) -> &Lane {
        todo!()
    }
    /// All edges; an `EdgeId` is an index.
    pub fn edges(&self) -> &[Edge] {
        todo!()
    }
    /// One edge.
    pub fn edge(&self, id: EdgeId) -> &Edge {
        todo!()
    }
    /// All roads.
    pub fn roads(&self) -> &[Road] {
        todo!()
    }
    /// All junctions.
    pub fn junctions(&self) -> &[Junction] {
        todo!()
    }
    /// All traffic lights.
    pub fn signals(&self) -> &[Signal] {
        todo!()
    }
    /// All signal programs.
    pub fn controllers(&self) -> &[SignalController] {
        todo!()
    }
    /// What a light shows `elapsed_ms` after the start of the run, by its program.
    pub fn signal_colour(&self, signal: SignalId, elapsed_ms: i64) -> SignalColour {
        todo!()
    }
    /// All crossings.
    pub fn crossings(&self) -> &[Crossing] {
        todo!()
    }
    /// All bus stops of the map.
    pub fn stops(&self) -> &[Stop] {
        todo!()
    }
    /// Buildings, water, green.
    pub fn areas(&self) -> &[Area] {
        todo!()
    }
    /// West, south, east, north of everything, metres.
    pub fn bounds_m(&self) -> [f64; 4] {
        todo!()
    }

    /// Pose of a place on a lane, looking in the direction of travel. `s_m` is clamped to the lane. No allocation,
    /// constant time, within 1 mm and 0.1 mrad of the analytic curve.
    pub fn lane_pose(&self, at: LanePosition) -> Pose {
        todo!()
    }
    /// Curvature of the lane's centre, positive to the left of travel.
    pub fn lane_curvature_per_m(&self, lane: LaneId, s_m: f64) -> f64 {
        todo!()
    }
    /// Rise per metre in the direction of travel.
    pub fn lane_grade(&self, lane: LaneId, s_m: f64) -> f64 {
        todo!()
    }
    /// Width.
    pub fn lane_width_m(&self, lane: LaneId, s_m: f64) -> f64 {
        todo!()
    }
    /// The place on `lane` nearest to a point, searching the whole lane.
    pub fn project(&self, lane: LaneId, x_m: f64, y_m: f64) -> LanePosition {
        todo!()
    }
    /// The place on `lane` nearest to a point, searching outward from `hint_s_m` by at most 20 m: for tracking a moving
    /// vehicle at little cost.
    pub fn project_near(&self, lane: LaneId, hint_s_m: f64, x_m: f64, y_m: f64) -> LanePosition {
        todo!()
    }
    /// The nearest lane that `traveller` may use; with a heading, lanes running more than 60 degrees off it are left out,
    /// with a height those more than 3 m above or below.
    pub fn nearest_lane(
        &self,
        x_m: f64,
        y_m: f64,
        z_m: Option<f64>,
        heading_rad: Option<f64>,
        traveller: Traveller,
    ) -> Option<LaneMatch> {
        todo!()
    }
    /// Every lane whose surface comes within `radius_m` of a point, in order of id, into `found` (cleared first).
    pub fn lanes_near(&self, x_m: f64, y_m: f64, radius_m: f64, found: &mut Vec<LaneId>) {
        todo!()
    }
    /// The quickest way for a traveller: lane-level, lane changes and turns costed, deterministic among equals.
    pub fn route(&self, from: LanePosition, to: LanePosition, traveller: Traveller) -> Option<Route> {
        todo!()
    }
    /// Degrees latitude and longitude to local metres.
    pub fn to_local_m(&self, latitude_deg: f64, longitude_deg: f64) -> Option<[f64; 2]> {
        todo!()
    }
    /// Local metres to degrees latitude and longitude.
    pub fn to_geographic_deg(&self, x_m: f64, y_m: f64) -> Option<[f64; 2]> {
        todo!()
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
