//! What the map builder is given: a street graph, the way a person (or OpenStreetMap) thinks of a town.
//!
//! Nodes are places where streets meet or end, streets run between two nodes through shape points, and carry lanes as
//! lists from the centre outwards. Nothing here is geometry of lanes yet: curves, trims, turning paths and lights are
//! what [`build`](crate::builder::build) adds. All lengths are metres, all distances along a street are measured from
//! its `from` node along its smoothed line before it is trimmed at junctions. Traffic keeps right.

use crate::draft::{AreaDraft, GeoReference, LaneKind, RoadClass, StructureKind};

/// A town as streets between nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreetGraph {
    /// The map's name.
    pub name: String,
    /// Where the local metres lie on the Earth, if known.
    pub geo_reference: Option<GeoReference>,
    /// Where streets meet or end; a [`NodeId`] is an index.
    pub nodes: Vec<Node>,
    /// The streets; a [`StreetId`] is an index.
    pub streets: Vec<Street>,
    /// Turns that are forbidden.
    pub turn_bans: Vec<TurnBan>,
    /// Buildings, water, green: passed on as they are.
    pub areas: Vec<AreaDraft>,
    /// How finely the map is drawn.
    pub style: Style,
}

/// How finely a map is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Each way through a junction is a road of its own; every bend begins and ends with a spiral.
    #[default]
    Fine,
    /// Ways that run side by side between the same two roads share a road, one curve each; a bend has spirals only where they
    /// would shift it by more than 0.2 m (AASHTO, Green Book: the least shift of a spiral). Half as many records, for towns of
    /// thousands of streets.
    Lean,
}

/// Index of a node in [`StreetGraph::nodes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Index of a street in [`StreetGraph::streets`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreetId(pub u32);

/// A place where streets meet or end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The author's id, unique among nodes; the junction made here is called after it.
    pub id: String,
    /// A name, may be empty.
    pub name: String,
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Up.
    pub z_m: f64,
    /// How traffic is ordered here.
    pub kind: NodeKind,
    /// Whether people cross the arms here on zebra crossings (only arms that have a sidewalk get one).
    pub has_crossings: bool,
    /// Start of the signal cycle after the start of the run, seconds, for green waves.
    pub signal_offset_s: f64,
}

/// How traffic is ordered at a node.
///
/// Where exactly two streets meet at a `Plain` node no junction is made: they become one smooth line. Where one street
/// ends, its road ends, as a fringe of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NodeKind {
    /// No signs: the higher class goes first, equals give way to the right.
    #[default]
    Plain,
    /// The lesser streets have give-way signs.
    GiveWay,
    /// The lesser streets have stop signs.
    Stop,
    /// The main street has priority signs, the lesser ones give-way signs.
    Priority,
    /// Traffic lights, with lights for people where there are crossings. With two streets: a lit crossing.
    Signals,
    /// A ring of one-way traffic around the node.
    Roundabout {
        /// Radius of the ring's centre line.
        radius_m: f64,
        /// Lanes of the ring.
        lanes: u32,
    },
    /// One-way carriageways that join or part at a small angle, lane beside lane, without signs: ramps.
    Merge,
}

/// One lane of a street.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneSpec {
    /// What it is for.
    pub kind: LaneKind,
    /// Its width.
    pub width_m: f64,
}

/// A place that the street's line passes near: corners are rounded as widely as the neighbours allow.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShapePoint {
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Up, where known; in between the heights run smoothly.
    pub z_m: Option<f64>,
}

/// A street between two nodes.
///
/// Lanes are listed from the centre outwards, for each direction: driving lanes first, then perhaps a bus lane, a
/// separator ([`LaneKind::Border`]), a bicycle lane, a sidewalk. A street without `backward` vehicle lanes is one-way
/// (it may still have a sidewalk there); the line is then the middle of its vehicle lanes, otherwise it is the middle of
/// the median.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Street {
    /// The author's id, unique among streets; the road made of it has the same id.
    pub id: String,
    /// Its name, may be empty.
    pub name: String,
    /// Where it begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// Points between the nodes.
    pub shape: Vec<ShapePoint>,
    /// Its class.
    pub class: RoadClass,
    /// Its speed limit.
    pub speed_mps_max: f64,
    /// Lanes along the street, from the centre outwards (to the right).
    pub forward: Vec<LaneSpec>,
    /// Lanes against it, from the centre outwards (to the left).
    pub backward: Vec<LaneSpec>,
    /// Width of the green or raised middle between the directions, 0 for a painted line.
    pub median_m: f64,
    /// Extra lanes where traffic along the street enters and leaves it.
    pub forward_pockets: Pockets,
    /// The same for traffic against the street, as that traffic sees it.
    pub backward_pockets: Pockets,
    /// Allowed turns at the end for each vehicle lane of the forward direction, bicycle lanes left out, from the centre
    /// outwards and pocket lanes included; made from the junction's form if empty.
    pub forward_turns: Vec<TurnSet>,
    /// The same for the backward direction, at the street's beginning.
    pub backward_turns: Vec<TurnSet>,
    /// Bridges and tunnels along it.
    pub structures: Vec<StructureSpec>,
    /// Bus stops along it.
    pub stops: Vec<StopSpec>,
    /// Unlit crossings between junctions.
    pub crossings: Vec<CrossingSpec>,
    /// Speed limits on parts of it, such as before a school.
    pub zones: Vec<SpeedZone>,
}

/// Extra lanes of one direction near its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pockets {
    /// Lanes added on the left before the end: turn lanes.
    pub end_left: u32,
    /// Lanes added on the right before the end: turn lanes, or the lane that leaves by a ramp.
    pub end_right: u32,
    /// Lanes that run on the right from the beginning and then end: where a ramp joins.
    pub start_right: u32,
    /// Length of the pockets at full width, 0 for one that fits the class.
    pub length_m: f64,
}

/// The turns that a lane may make; angles against the way one comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnSet {
    /// Back where one came from.
    pub around: bool,
    /// To the left.
    pub left: bool,
    /// Ahead.
    pub straight: bool,
    /// To the right.
    pub right: bool,
}

/// A bridge or a tunnel along a street.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureSpec {
    /// Which.
    pub kind: StructureKind,
    /// Its name, may be empty.
    pub name: String,
    /// Where it begins; a whole street is `0.0..f64::INFINITY`.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
}

/// The two directions of a street.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Along the street.
    #[default]
    Forward,
    /// Against it.
    Backward,
}

/// A bus stop along a street.
#[derive(Clone, Debug, PartialEq)]
pub struct StopSpec {
    /// The author's id: the stop's id in GTFS, say.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Middle of the kerb that buses use, from the street's `from` node.
    pub at_m: f64,
    /// Which direction of traffic it serves.
    pub side: Side,
    /// Length of the kerb that buses use.
    pub length_m: f64,
    /// In a bay of its own beside the lanes, or in the outermost lane.
    pub is_in_bay: bool,
}

/// A zebra crossing between junctions.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossingSpec {
    /// The author's id.
    pub id: String,
    /// Its middle, from the street's `from` node.
    pub at_m: f64,
    /// Painted width.
    pub width_m: f64,
}

/// A stretch with a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeedZone {
    /// Where it begins.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
    /// The limit.
    pub speed_mps_max: f64,
}

/// One forbidden turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnBan {
    /// Coming from this street...
    pub from: StreetId,
    /// ...at this node...
    pub via: NodeId,
    /// ...one may not go into this one (which may be the same: no turning around, as is the rule anyway).
    pub to: StreetId,
}

impl StreetGraph {
    /// A graph with a name and nothing in it.
    pub fn new(name: impl Into<String>) -> StreetGraph {
        StreetGraph {
            name: name.into(),
            ..StreetGraph::default()
        }
    }

    /// Adds a node and says where it stands.
    pub fn add_node(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(u32::try_from(self.nodes.len() - 1).expect("fewer nodes than u32 counts"))
    }

    /// Adds a street and says where it stands.
    pub fn add_street(&mut self, street: Street) -> StreetId {
        self.streets.push(street);
        StreetId(u32::try_from(self.streets.len() - 1).expect("fewer streets than u32 counts"))
    }
}

impl LaneSpec {
    /// A lane of a kind and a width.
    pub fn new(kind: LaneKind, width_m: f64) -> LaneSpec {
        LaneSpec { kind, width_m }
    }

    /// Whether vehicles use it, bicycles among them.
    pub fn is_for_vehicles(&self) -> bool {
        matches!(
            self.kind,
            LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus | LaneKind::Bicycle
        )
    }

    /// Whether motor vehicles use it.
    pub fn is_for_motor_vehicles(&self) -> bool {
        matches!(self.kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus)
    }
}

impl Default for StructureSpec {
    fn default() -> Self {
        StructureSpec {
            kind: StructureKind::Bridge,
            name: String::new(),
            from_m: 0.0,
            to_m: f64::INFINITY,
        }
    }
}
