//! The road network that everything reads: immutable, shared, indexed.
//!
//! Lanes are numbered densely, each with its own arc length in its direction of travel; edges bundle the lanes of one
//! direction between two changes; junction lanes carry conflicts, signals sit at the start of the lanes they hold back.
//! Positions on a lane are measured along the lane's centre, from where its traffic enters it. Nothing here knows a
//! vehicle.

use serde::{Deserialize, Serialize};

/// Index of a road in [`RoadNetwork::roads`](crate::RoadNetwork::roads).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoadId(pub u32);
/// Index of a lane: one lane of one lane section of one road.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LaneId(pub u32);
/// Index of an edge: the neighbouring lanes of one road section that run in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EdgeId(pub u32);
/// Index of a junction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JunctionId(pub u32);
/// Index of a traffic light: a group of lanes that always see the same colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SignalId(pub u32);
/// Index of a pedestrian crossing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CrossingId(pub u32);
/// Index of a bus stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StopId(pub u32);

/// A place and an attitude: metres east, north, up of the map's origin; heading anticlockwise from east, pitch positive
/// nose down, roll positive left side up (as esmini and ISO 8855 rotate: z, then y, then x).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Up.
    pub z_m: f64,
    /// Anticlockwise from east.
    pub heading_rad: f64,
    /// Positive nose down.
    pub pitch_rad: f64,
    /// Positive left side up.
    pub roll_rad: f64,
}

/// A place on a lane, as traffic sees it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanePosition {
    /// Which lane.
    pub lane: LaneId,
    /// Along the lane's centre, from where traffic enters it, 0..=length.
    pub s_m: f64,
    /// From the lane's centre, positive to the left of travel.
    pub offset_m: f64,
}

/// A place on a road, as OpenDRIVE writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoadPosition {
    /// Which road.
    pub road: RoadId,
    /// Along the reference line.
    pub s_m: f64,
    /// From the reference line, positive to the left of +s.
    pub t_m: f64,
}

/// The way a junction lane turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Turn {
    /// Straight on, and every lane outside junctions.
    #[default]
    Straight,
    /// More than 25 degrees to the left.
    Left,
    /// More than 25 degrees to the right.
    Right,
    /// More than 150 degrees.
    Around,
}

/// One lane of the compiled network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// The road it belongs to.
    pub road: RoadId,
    /// The lane section of that road.
    pub section: u32,
    /// Its id in OpenDRIVE.
    pub opendrive_id: i32,
    /// What it is for.
    pub kind: crate::draft::LaneKind,
    /// Whether traffic runs along the road's +s.
    pub runs_forward: bool,
    /// Length of its centre line.
    pub length_m: f64,
    /// The limit.
    pub speed_mps_max: f64,
    /// The edge it belongs to; every lane that vehicles use has one.
    pub edge: Option<EdgeId>,
    /// The junction it crosses.
    pub junction: Option<JunctionId>,
    /// The way it turns.
    pub turn: Turn,
    /// The lane to the left that runs the same way.
    pub left: Option<LaneId>,
    /// The lane to the right that runs the same way.
    pub right: Option<LaneId>,
    /// The oncoming lane beyond the centre line, for the leftmost lane.
    pub oncoming: Option<LaneId>,
    /// Markings allow a change to `left`.
    pub change_left_is_allowed: bool,
    /// Markings allow a change to `right`.
    pub change_right_is_allowed: bool,
    /// Lanes that continue it, in the order of their ids.
    pub successors: Vec<LaneId>,
    /// Lanes that it continues.
    pub predecessors: Vec<LaneId>,
    /// The light that holds traffic at its start (junction lanes only).
    pub signal: Option<SignalId>,
    /// Where it meets other lanes of the junction, sorted by `enter_m`.
    pub conflicts: Vec<Conflict>,
    /// Crossings over it, sorted by `enter_m`.
    pub crossings: Vec<LaneCrossing>,
    /// Bridges and tunnels along it: (from, to, which), in lane metres.
    pub structures: Vec<(f64, f64, crate::draft::StructureKind)>,
}

/// Where two lanes of a junction come too near for two vehicles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// The rival lane.
    pub other: LaneId,
    /// Where the shared space begins on this lane.
    pub enter_m: f64,
    /// Where it ends on this lane.
    pub exit_m: f64,
    /// Where it begins on the other lane.
    pub other_enter_m: f64,
    /// Where it ends on the other lane.
    pub other_exit_m: f64,
    /// Its geometry.
    pub kind: ConflictKind,
    /// Who goes first when no light decides.
    pub right_of_way: RightOfWay,
}

/// How two junction lanes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConflictKind {
    /// They cross.
    Cross,
    /// They end in the same lane.
    Merge,
    /// They begin in the same lane and part: the one behind follows the one ahead.
    Diverge,
}

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RightOfWay {
    /// This lane goes first.
    Priority,
    /// The other lane goes first.
    Yield,
    /// The other lane goes first, and this one must stop before it (stop sign).
    Stop,
}

/// A stretch of a lane that people cross.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneCrossing {
    /// Which crossing.
    pub crossing: CrossingId,
    /// Where it begins on the lane.
    pub enter_m: f64,
    /// Where it ends on the lane.
    pub exit_m: f64,
}

/// The lanes of one direction of one road section, right to left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// The road.
    pub road: RoadId,
    /// Its lanes from right to left (first is the kerb side), those that vehicles use only.
    pub lanes: Vec<LaneId>,
    /// Length of its longest lane.
    pub length_m: f64,
    /// The highest limit of its lanes.
    pub speed_mps_max: f64,
    /// The class of its road, for right of way and demand.
    pub class: crate::draft::RoadClass,
    /// The junction that it crosses.
    pub junction: Option<JunctionId>,
    /// Edges reachable from its end, sorted.
    pub successors: Vec<EdgeId>,
    /// Edges that lead to its start, sorted.
    pub predecessors: Vec<EdgeId>,
}

/// A road of the compiled network, for names and for drawing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Road {
    /// The author's id.
    pub id: String,
    /// A street name, may be empty.
    pub name: String,
    /// Length of its reference line.
    pub length_m: f64,
    /// The junction it lies in.
    pub junction: Option<JunctionId>,
    /// Its class.
    pub class: crate::draft::RoadClass,
}

/// A junction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Junction {
    /// The author's id.
    pub id: String,
    /// A name, may be empty.
    pub name: String,
    /// The lanes that cross it.
    pub lanes: Vec<LaneId>,
    /// Who switches its lights.
    pub controller: Option<usize>,
    /// Middle of its lanes.
    pub centre_m: [f64; 2],
}

/// A traffic light.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The author's id.
    pub id: String,
    /// Where its head hangs and which way it looks.
    pub pose: Pose,
    /// The junction lanes that it holds back.
    pub lanes: Vec<LaneId>,
    /// The crossings that it opens (lights for people).
    pub crossings: Vec<CrossingId>,
    /// Index of its controller.
    pub controller: usize,
}

/// What a light shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SignalColour {
    /// Stop.
    #[default]
    Red,
    /// Stop if you can do so safely.
    Amber,
    /// Go.
    Green,
    /// Out of order or flashing: the junction's right of way holds.
    Dark,
}

/// The program of a set of lights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalController {
    /// The author's id.
    pub id: String,
    /// The lights it switches.
    pub signals: Vec<SignalId>,
    /// Steps of the cycle: (milliseconds, colour of each of `signals`).
    pub steps: Vec<(i64, Vec<SignalColour>)>,
    /// Start of a cycle after the start of the run, milliseconds.
    pub offset_ms: i64,
}

/// A place where people cross.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The author's id.
    pub id: String,
    /// From kerb...
    pub from_m: [f64; 3],
    /// ...to kerb.
    pub to_m: [f64; 3],
    /// Painted width.
    pub width_m: f64,
    /// The lanes it leads over, in the order of a walk from `from_m` to `to_m`: (lane, from, to) with the stretch of the
    /// walk that lies on the lane, in metres from `from_m`.
    pub lanes: Vec<(LaneId, f64, f64)>,
    /// The light for people, if it has one.
    pub signal: Option<SignalId>,
}

/// A bus stop at the kerb.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// The author's id (GTFS `stop_id` where they agree).
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where a bus's front bumper stands: the lane, the distance along it, offset 0.
    pub position: LanePosition,
    /// Length of the kerb that buses use, behind `position`.
    pub length_m: f64,
    /// From the lane's centre to the kerb, along the right normal.
    pub kerb_m: f64,
    /// Middle of the waiting area.
    pub platform_m: [f64; 3],
}

/// Something beside the roads.
pub type Area = crate::draft::AreaDraft;

/// The result of matching a point to the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneMatch {
    /// The place on the lane.
    pub position: LanePosition,
    /// Horizontal distance from the point to the lane's surface, 0 on it.
    pub distance_m: f64,
}

/// A way from a lane position to another, edge by edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Every edge passed, junction edges among them, first and last included.
    pub edges: Vec<EdgeId>,
    /// For each edge, the lane to be on at its end so as to need the fewest changes; junction edges have just one.
    pub lanes: Vec<LaneId>,
    /// Where on the last lane it ends.
    pub end_m: f64,
    /// From start to end.
    pub length_m: f64,
    /// Free-flow driving time.
    pub time_s: f64,
}
