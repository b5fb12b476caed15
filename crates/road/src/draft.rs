//! A map as its author wrote it: OpenDRIVE's own records as plain structs.
//!
//! Every reader (OpenDRIVE, OpenStreetMap, SUMO) and the map builder make a [`MapDraft`]; the OpenDRIVE writer
//! writes one; `RoadNetwork::compile` turns one into the immutable network that everything else reads. The terms are
//! those of ASAM OpenDRIVE 1.8: reference line, s, t, lane section, lane offset. A draft promises nothing: links may
//! dangle and widths may be negative until `compile` has looked at it.

use serde::{Deserialize, Serialize};

/// A whole map before compilation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapDraft {
    /// The map's name, as in the OpenDRIVE header.
    pub name: String,
    /// Where the local metres lie on the Earth, if known.
    pub geo_reference: Option<GeoReference>,
    /// The PROJ string of the file, where it is none that [`GeoReference`] can hold: kept, not used.
    pub projection: Option<String>,
    /// All roads, connecting roads inside junctions among them.
    pub roads: Vec<RoadDraft>,
    /// All junctions.
    pub junctions: Vec<JunctionDraft>,
    /// Groups of signals that one controller switches, with their programs where known.
    pub controllers: Vec<ControllerDraft>,
    /// What stands beside the roads: buildings, water, green. For pictures and lines of sight.
    pub areas: Vec<AreaDraft>,
}

/// A local east-north plane: transverse Mercator on WGS 84 about an origin. Our own maps have scale 1 and no false
/// origin, which keeps metres true to 1e-4 within 50 km; a zone of UTM, as SUMO uses it, is such a plane too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeoReference {
    /// Latitude of the origin, degrees.
    pub latitude_deg: f64,
    /// Longitude of the origin, degrees.
    pub longitude_deg: f64,
    /// Scale on the central meridian (UTM: 0.9996).
    pub scale: f64,
    /// False easting: x of the origin.
    pub east_m: f64,
    /// False northing: y of the origin.
    pub north_m: f64,
}

impl Default for GeoReference {
    fn default() -> GeoReference {
        GeoReference {
            latitude_deg: 0.0,
            longitude_deg: 0.0,
            scale: 1.0,
            east_m: 0.0,
            north_m: 0.0,
        }
    }
}

/// One road: a reference line with everything that hangs on it (OpenDRIVE 10).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoadDraft {
    /// The author's id, unique in the map.
    pub id: String,
    /// A street name, may be empty.
    pub name: String,
    /// Length of the reference line.
    pub length_m: f64,
    /// The junction this road lies in, if it is a connecting road.
    pub junction: Option<String>,
    /// Which side traffic keeps to.
    pub rule: TrafficRule,
    /// What the start touches.
    pub predecessor: Option<RoadLink>,
    /// What the end touches.
    pub successor: Option<RoadLink>,
    /// Class and speed limit along s, sorted by `s_m`.
    pub types: Vec<RoadTypeRecord>,
    /// The reference line in plan view, sorted by `s_m`, without gaps.
    pub plan: Vec<PlanElement>,
    /// Height of the reference line.
    pub elevation: Vec<Cubic>,
    /// Rotation of the cross-section about the reference line, radians, positive lifts the left side.
    pub superelevation: Vec<Cubic>,
    /// Height of the surface off its plane across the road, sorted by `s_m`, then by t.
    pub shapes: Vec<ShapeDraft>,
    /// Fall of the surface from the reference line outwards (OpenDRIVE 1.4 and 1.5), sorted by `s_m`.
    pub crossfalls: Vec<CrossfallDraft>,
    /// The surface in strips along the road, another way to give its height off its plane (OpenDRIVE 1.8).
    pub surface: Option<CrossSectionSurfaceDraft>,
    /// Shift of the centre lane from the reference line, positive to the left.
    pub lane_offset: Vec<Cubic>,
    /// Lane sections, sorted by `s_m`.
    pub sections: Vec<LaneSectionDraft>,
    /// Crosswalks, stop lines, bus-stop platforms and other things at the road.
    pub objects: Vec<ObjectDraft>,
    /// Traffic lights and signs.
    pub signals: Vec<SignalDraft>,
    /// Bridges and tunnels.
    pub structures: Vec<StructureDraft>,
}

/// Right- or left-hand traffic (OpenDRIVE 10.1, `@rule`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrafficRule {
    /// Traffic keeps right: lanes with negative ids run along +s.
    #[default]
    RightHand,
    /// Traffic keeps left: lanes with positive ids run along +s.
    LeftHand,
}

/// What a road's end touches (OpenDRIVE 10.2).
#[derive(Clone, Debug, PartialEq)]
pub enum RoadLink {
    /// Another road, at one of its ends.
    Road {
        /// That road's id.
        id: String,
        /// Which end of it.
        contact: ContactPoint,
    },
    /// A junction.
    Junction {
        /// That junction's id.
        id: String,
    },
    /// Another road, at a place along it: a way off or on at a virtual junction, which cuts no road (OpenDRIVE 1.8, 12.7).
    Along {
        /// That road's id.
        id: String,
        /// Where along it.
        s_m: f64,
        /// Whether whoever goes on from the one road to the other runs along +s there.
        is_forward: bool,
    },
}

/// An end of a road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactPoint {
    /// Where s is zero.
    Start,
    /// Where s is the road's length.
    End,
}

/// Class and limit from `s_m` on (OpenDRIVE 10.4).
#[derive(Clone, Debug, PartialEq)]
pub struct RoadTypeRecord {
    /// Where it begins.
    pub s_m: f64,
    /// The class of the road.
    pub class: RoadClass,
    /// The speed limit, if one is given here.
    pub speed_mps_max: Option<f64>,
}

/// Classes of road, from OpenDRIVE's `e_roadType`, in rising rank for right of way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoadClass {
    /// Not said.
    #[default]
    Unknown,
    /// Footways and squares.
    Pedestrian,
    /// Cycle tracks.
    Bicycle,
    /// Yards, service ways and living streets.
    LowSpeed,
    /// Residential and other local streets (`townLocal`, `townPlayStreet`).
    Local,
    /// Collectors (`townCollector`).
    Collector,
    /// Town streets of no special class (`town`).
    Town,
    /// Country roads (`rural`).
    Rural,
    /// Arterials (`townArterial`).
    Arterial,
    /// Urban expressways (`townExpressway`).
    Expressway,
    /// Motorways.
    Motorway,
}

/// A piece of the reference line in plan view (OpenDRIVE 9).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanElement {
    /// Where on the road it begins.
    pub s_m: f64,
    /// Start point, east.
    pub x_m: f64,
    /// Start point, north.
    pub y_m: f64,
    /// Start heading, anticlockwise from east.
    pub heading_rad: f64,
    /// Arc length.
    pub length_m: f64,
    /// Its curve.
    pub shape: PlanShape,
}

/// The curves of OpenDRIVE 9.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlanShape {
    /// Straight.
    Line,
    /// Circular, positive curvature turns left.
    Arc {
        /// 1 / radius.
        curvature_per_m: f64,
    },
    /// Euler spiral, curvature linear in s.
    Spiral {
        /// Curvature at its start.
        start_per_m: f64,
        /// Curvature at its end.
        end_per_m: f64,
    },
    /// v(u) = a + b u + c u² + d u³ in the element's own frame.
    Poly3 {
        /// a, b, c, d.
        v: [f64; 4],
    },
    /// u(p), v(p) cubic in a parameter.
    ParamPoly3 {
        /// aU, bU, cU, dU.
        u: [f64; 4],
        /// aV, bV, cV, dV.
        v: [f64; 4],
        /// The parameter runs over 0..1 (`true`) or over 0..length (`false`).
        parameter_is_normalized: bool,
    },
}

/// a + b·ds + c·ds² + d·ds³ from `s_m` on, ds measured from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cubic {
    /// Where it begins: road s, or the offset within the lane section for lane records.
    pub s_m: f64,
    /// Value at its start.
    pub a: f64,
    /// Slope at its start.
    pub b: f64,
    /// Half its second derivative there.
    pub c: f64,
    /// A sixth of its third derivative.
    pub d: f64,
}

/// One record of the profile across a road at `s_m` (OpenDRIVE 10.5.3): heights are linear between two profiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShapeDraft {
    /// Where on the road the profile stands.
    pub s_m: f64,
    /// Height by t; its own `s_m` is the t where the record begins.
    pub across: Cubic,
}

/// The surface across a road in strips beside one another, each of which has a cubic height across it whose coefficients
/// are cubics along the road (OpenDRIVE 1.8, 10.5.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossSectionSurfaceDraft {
    /// t where the left strips and the right ones meet.
    pub offset_m: Vec<Cubic>,
    /// The inner strips and the outer ones.
    pub strips: Vec<StripDraft>,
}

/// One strip of a [`CrossSectionSurfaceDraft`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StripDraft {
    /// 1 and 2 are the inner and the outer strip on the left, -1 and -2 those on the right.
    pub id: i32,
    /// An outer strip counts its heights from the outer edge of the inner one, not from the road's plane.
    pub is_relative: bool,
    /// How far the inner strip reaches; without a width it reaches to the road's edge.
    pub width_m: Vec<Cubic>,
    /// Coefficients along the road of the height across the strip: constant, linear, quadratic, cubic.
    pub terms: [Vec<Cubic>; 4],
}

/// The surface falls outwards by this angle (OpenDRIVE 1.4, 5.3.6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossfallDraft {
    /// On which side of the reference line.
    pub side: Side,
    /// The angle along s, positive falls away from the reference line.
    pub angle_rad: Cubic,
}

/// A side of the reference line, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Where t is positive.
    Left,
    /// Where t is negative.
    Right,
    /// Everywhere.
    #[default]
    Both,
}

/// From `s_m` on, the road has these lanes (OpenDRIVE 11).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneSectionDraft {
    /// Where it begins.
    pub s_m: f64,
    /// Lanes with positive ids, from the centre outwards: ids 1, 2, 3, ...
    pub left: Vec<LaneDraft>,
    /// The marking on the centre lane.
    pub centre_marks: Vec<RoadMarkDraft>,
    /// Lanes with negative ids, from the centre outwards: ids -1, -2, -3, ...
    pub right: Vec<LaneDraft>,
}

impl LaneSectionDraft {
    /// All its lanes, those on the left first.
    pub fn lanes(&self) -> impl Iterator<Item = &LaneDraft> {
        self.left.iter().chain(&self.right)
    }
}

/// One lane of a section.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneDraft {
    /// Positive left of the centre, negative right of it, never zero.
    pub id: i32,
    /// What it is for.
    pub kind: LaneKind,
    /// Keeps level when the road banks.
    pub level: bool,
    /// Width along the section; wins over `borders` if both are given (OpenDRIVE 11.6).
    pub widths: Vec<Cubic>,
    /// Outer border measured from the centre lane, an older way to give the width.
    pub borders: Vec<Cubic>,
    /// The surface lifted off the road's plane along the section: kerbs, sidewalks (OpenDRIVE 11.8.2).
    pub heights: Vec<LaneHeightDraft>,
    /// The id of the lane that this one continues before the section.
    pub predecessor: Option<i32>,
    /// The id of the lane that continues this one after the section.
    pub successor: Option<i32>,
    /// Markings on its outer border.
    pub marks: Vec<RoadMarkDraft>,
    /// Its own speed limits: (offset in the section, limit).
    pub speeds_mps_max: Vec<(f64, f64)>,
    /// Runs against the side's normal direction (OpenDRIVE 1.8 `@direction="reversed"`).
    pub direction_is_reversed: bool,
}

/// From `s_m` on, a lane's borders lie this high above the road's plane; between two records the height is linear, and
/// the last one holds to the section's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneHeightDraft {
    /// Where in the section it begins.
    pub s_m: f64,
    /// Height of the border towards the centre lane.
    pub inner_m: f64,
    /// Height of the border away from the centre lane.
    pub outer_m: f64,
}

/// What a lane is for, from OpenDRIVE's `e_laneType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LaneKind {
    /// Not to be driven on and no more is known.
    #[default]
    None,
    /// For all vehicles.
    Driving,
    /// A driving lane that leads on to, or off, a faster road (`entry`, `exit`, `onRamp`, `offRamp`, `connectingRamp`).
    Ramp,
    /// For buses (and Westline's minibuses).
    Bus,
    /// For bicycles and scooters.
    Bicycle,
    /// For people on foot.
    Sidewalk,
    /// Parked vehicles.
    Parking,
    /// Paved edge, hard shoulder.
    Shoulder,
    /// Emergency stopping lane.
    Stop,
    /// Between the carriageways.
    Median,
    /// Kerb stones.
    Curb,
    /// Grass and gutters at the border.
    Border,
    /// Anything with rails.
    Rail,
}

/// A line painted between two lanes (OpenDRIVE 11.9).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoadMarkDraft {
    /// Where in the section it begins.
    pub s_m: f64,
    /// Solid, broken, ...
    pub kind: RoadMarkKind,
    /// Its colour.
    pub colour: MarkColour,
    /// Painted width, 0 if not said.
    pub width_m: f64,
    /// Who may cross it.
    pub lane_change: LaneChange,
}

/// Patterns of road marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoadMarkKind {
    /// Nothing painted.
    #[default]
    None,
    /// One unbroken line.
    Solid,
    /// Dashes.
    Broken,
    /// Two unbroken lines.
    SolidSolid,
    /// Unbroken on the inside, dashes outside.
    SolidBroken,
    /// Dashes on the inside, unbroken outside.
    BrokenSolid,
    /// Two broken lines.
    BrokenBroken,
    /// A kerb.
    Curb,
    /// The edge of grass.
    Grass,
}

/// Paint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkColour {
    /// White, also when the file says "standard".
    #[default]
    White,
    /// Yellow.
    Yellow,
    /// Any other.
    Other,
}

/// OpenDRIVE's `@laneChange`: `Increase` allows a change towards the lane with the higher id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LaneChange {
    /// Derive it from the mark's pattern.
    #[default]
    ByMark,
    /// To the lane with the higher id only.
    Increase,
    /// To the lane with the lower id only.
    Decrease,
    /// Both ways.
    Both,
    /// Neither way.
    None,
}

/// A place where more than two roads meet (OpenDRIVE 12).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JunctionDraft {
    /// The author's id.
    pub id: String,
    /// A name, may be empty.
    pub name: String,
    /// The ways through.
    pub connections: Vec<ConnectionDraft>,
    /// (high, low): the first road has priority over the second.
    pub priorities: Vec<(String, String)>,
    /// It is a roundabout's entry or exit: who is on the ring has priority.
    pub is_roundabout: bool,
    /// Where it lies on a road that it does not cut, if it is a virtual junction.
    pub main_road: Option<MainRoadDraft>,
    /// Ways from lane to lane that have no road of their own (virtual junctions up to OpenDRIVE 1.7).
    pub virtual_connections: Vec<VirtualConnectionDraft>,
}

/// The part of a road on which a virtual junction lies (OpenDRIVE 1.8, 12.7).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MainRoadDraft {
    /// The road's id.
    pub id: String,
    /// Where the junction begins.
    pub start_m: f64,
    /// Where it ends.
    pub end_m: f64,
    /// For which direction of the road's traffic it is there.
    pub orientation: Orientation,
}

/// A way from one road to another that has no road of its own (OpenDRIVE 1.8, 12.7.2).
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualConnectionDraft {
    /// The place that one comes from.
    pub from: RoadLink,
    /// The place that one goes to.
    pub to: RoadLink,
    /// (lane of the one road, lane of the other).
    pub lane_links: Vec<(i32, i32)>,
}

/// From an incoming road on to a connecting road.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionDraft {
    /// The road one comes from.
    pub incoming_road: String,
    /// The road through the junction (for a direct junction, the road one goes to).
    pub connecting_road: String,
    /// The end of the connecting road that touches the incoming road.
    pub contact: ContactPoint,
    /// (lane of the incoming road, lane of the connecting road).
    pub lane_links: Vec<(i32, i32)>,
}

/// A traffic light or a sign (OpenDRIVE 14).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalDraft {
    /// The author's id, unique in the map.
    pub id: String,
    /// A name, may be empty.
    pub name: String,
    /// Along the road.
    pub s_m: f64,
    /// Across the road.
    pub t_m: f64,
    /// Above the road.
    pub z_offset_m: f64,
    /// Which traffic it speaks to: along +s, along -s, or both.
    pub orientation: Orientation,
    /// What it is.
    pub kind: SignalKind,
    /// Valid for lanes with ids in this closed range; all lanes of its direction if absent.
    pub lanes: Option<(i32, i32)>,
    /// For a light: the connecting roads it controls; all that begin at this end of the road if empty.
    pub connecting_roads: Vec<String>,
}

/// Which direction of traffic an object or signal is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orientation {
    /// Traffic along +s.
    Forward,
    /// Traffic along -s.
    Backward,
    /// Both.
    #[default]
    Both,
}

/// The signals Westline acts on; everything else is kept with its catalogue number.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SignalKind {
    /// A traffic light for vehicles.
    TrafficLight,
    /// A light for people at a crossing.
    PedestrianLight,
    /// Stop sign.
    Stop,
    /// Give-way sign.
    GiveWay,
    /// Priority road.
    Priority,
    /// A limit.
    SpeedLimit {
        /// The limit.
        speed_mps_max: f64,
    },
    /// A catalogue entry that is only drawn.
    #[default]
    Unknown,
    /// A catalogue entry that is only drawn, with country, type and subtype.
    Other {
        /// Such as `DE` or `OpenDRIVE`.
        country: String,
        /// Catalogue number.
        code: String,
        /// Catalogue subnumber.
        subcode: String,
    },
}

/// Signals switched together (OpenDRIVE 14.6), with the program that OpenDRIVE does not hold (kept in `userData`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControllerDraft {
    /// The author's id.
    pub id: String,
    /// A name, may be empty.
    pub name: String,
    /// Ids of its signals.
    pub signals: Vec<String>,
    /// The program; compile makes one from the conflicts if it is empty and there are no `steps`.
    pub phases: Vec<PhaseDraft>,
    /// The program spelled out colour by colour, for those that are no phases; wins over `phases`.
    pub steps: Vec<StepDraft>,
    /// Start of the cycle after the start of the run, for green waves.
    pub offset_s: f64,
}

impl ControllerDraft {
    /// Whether it brings a program of its own.
    pub fn has_program(&self) -> bool {
        !self.steps.is_empty() || self.phases.iter().any(|phase| !phase.green.is_empty())
    }
}

/// One step of a program: what every signal shows, for how long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepDraft {
    /// How long it lasts.
    pub duration_s: f64,
    /// What each of the controller's `signals` shows, in their order.
    pub colours: Vec<crate::SignalColour>,
}

/// One phase: which signals are green for how long; amber and all-red are added after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhaseDraft {
    /// Green time.
    pub green_s: f64,
    /// Amber after it.
    pub amber_s: f64,
    /// Red for all after that.
    pub all_red_s: f64,
    /// Ids of the green signals.
    pub green: Vec<String>,
}

/// A thing at the road (OpenDRIVE 13).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectDraft {
    /// The author's id.
    pub id: String,
    /// A name: a bus stop's name, say.
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
    /// Middle, along the road.
    pub s_m: f64,
    /// Middle, across the road.
    pub t_m: f64,
    /// Rotation against the road.
    pub heading_rad: f64,
    /// Extent along its own heading (for a crossing: the way one walks; for a stop: along the kerb).
    pub length_m: f64,
    /// Extent across its heading.
    pub width_m: f64,
    /// Extent upwards.
    pub height_m: f64,
    /// Which direction of traffic it is for.
    pub orientation: Orientation,
}

/// The objects Westline acts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectKind {
    /// Only drawn, if at all.
    #[default]
    Other,
    /// A pedestrian crossing over the road.
    Crosswalk,
    /// A stop line.
    StopLine,
    /// A bus stop at the kerb.
    BusStop,
    /// A parking place.
    ParkingSpace,
    /// A building.
    Building,
    /// Trees, poles, lamps.
    Pole,
    /// A barrier or guard rail.
    Barrier,
}

/// A bridge or a tunnel along a road (OpenDRIVE 13.13, 13.14).
#[derive(Clone, Debug, PartialEq)]
pub struct StructureDraft {
    /// Which.
    pub kind: StructureKind,
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub s_m: f64,
    /// How long it is.
    pub length_m: f64,
}

/// Bridge or tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StructureKind {
    /// Carried over something.
    Bridge,
    /// Under something.
    Tunnel,
}

/// Something beside the roads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaDraft {
    /// What it is.
    pub kind: AreaKind,
    /// A name, may be empty.
    pub name: String,
    /// Corners x, y; closed without repeating the first.
    pub outline_m: Vec<[f64; 2]>,
    /// For buildings.
    pub height_m: f64,
}

/// Kinds of areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AreaKind {
    /// A building.
    Building,
    /// River, lake.
    Water,
    /// Park, wood, field.
    Green,
    /// School grounds.
    School,
    /// Hospital grounds.
    Hospital,
    /// Square or car park.
    Paved,
}
