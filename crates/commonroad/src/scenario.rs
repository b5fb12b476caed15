//! What a CommonRoad file says, as plain structs.
//!
//! The terms are those of the format (CommonRoad XML, version 2020a): lanelet, bound, planning problem, goal state. Lengths
//! are metres, angles radians, times whole time steps of [`Scenario::time_step_s`]. Nothing here is checked beyond what
//! reading checks: references may name what is not there. It knows no roads and no drivers.

use crate::shape::Shape;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// `DEU_Muc-4_1_T-1`, say; a leading `C-` marks cooperative scenarios.
    pub benchmark_id: String,
    /// The format's version.
    pub version: Version,
    /// Length of a time step.
    pub time_step_s: f64,
    /// Who made it.
    pub author: String,
    /// Where they work.
    pub affiliation: String,
    /// What it was made from.
    pub source: String,
    /// Tags, in the file's order.
    pub tags: Vec<String>,
    /// Where on the Earth, and in which weather.
    pub location: Option<Location>,
    /// Lanelets in the file's order.
    pub lanelets: Vec<Lanelet>,
    /// Traffic signs in the file's order.
    pub signs: Vec<TrafficSign>,
    /// Traffic lights in the file's order.
    pub lights: Vec<TrafficLight>,
    /// Intersections in the file's order.
    pub intersections: Vec<Intersection>,
    /// Obstacles: static ones first, then dynamic, environment and phantom ones, each in the file's order.
    pub obstacles: Vec<Obstacle>,
    /// Planning problems in the file's order.
    pub planning_problems: Vec<PlanningProblem>,
    /// What was left out or looks odd, one line each, with its place.
    pub notes: Vec<String>,
}

/// Versions that are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// 2018b: obstacles have roles, limits stand on lanelets.
    V2018b,
    /// 2020a.
    #[default]
    V2020a,
}

impl Version {
    /// As files and benchmark ids write it.
    pub fn name(self) -> &'static str {
        match self {
            Version::V2018b => "2018b",
            Version::V2020a => "2020a",
        }
    }
}

/// Where a scenario lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// Number in GeoNames; -999 if unknown.
    pub geo_name_id: i64,
    /// Degrees; 999 if unknown.
    pub latitude_deg: f64,
    /// Degrees; 999 if unknown.
    pub longitude_deg: f64,
    /// The PROJ string of its plane.
    pub geo_reference: Option<String>,
    /// Time of day, weather and ground, as words of the format.
    pub environment: Option<Environment>,
}

/// Conditions, as the format words them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// `HH:MM`.
    pub time: String,
    /// `day` or `night`.
    pub time_of_day: String,
    /// `sunny`, `light_rain`, ...
    pub weather: String,
    /// `clean`, `wet`, ...
    pub underground: String,
}

/// A piece of a lane between two bounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lanelet {
    /// Its number.
    pub id: i64,
    /// Left in driving direction.
    pub left: Bound,
    /// Right in driving direction; as many points as the left one.
    pub right: Bound,
    /// Lanelets that lead into it.
    pub predecessors: Vec<i64>,
    /// Lanelets that it leads into.
    pub successors: Vec<i64>,
    /// The one beside it on the left.
    pub adjacent_left: Option<Adjacent>,
    /// The one beside it on the right.
    pub adjacent_right: Option<Adjacent>,
    /// Where to stop.
    pub stop_line: Option<StopLine>,
    /// `urban`, `highway`, `sidewalk`, ...
    pub types: Vec<String>,
    /// Who may use it in its direction.
    pub users_one_way: Vec<String>,
    /// Who may use it both ways.
    pub users_bidirectional: Vec<String>,
    /// Numbers of signs that hold on it.
    pub signs: Vec<i64>,
    /// Numbers of lights that hold on it.
    pub lights: Vec<i64>,
    /// The limit of files of 2018b.
    pub speed_mps_max: Option<f64>,
}

/// One side of a lanelet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bound {
    /// At least two points x, y, z (z is 0 where none is given).
    pub points_m: Vec<[f64; 3]>,
    /// `solid`, `dashed`, ...; `unknown` if not said.
    pub line_marking: String,
}

/// A neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjacent {
    /// Its number.
    pub lanelet: i64,
    /// Both run the same way.
    pub same_direction: bool,
}

/// Where to stop on a lanelet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StopLine {
    /// Its two ends; without them it lies at the lanelet's end.
    pub ends_m: Option<[[f64; 2]; 2]>,
    /// How it is painted.
    pub line_marking: String,
    /// Signs it belongs to.
    pub signs: Vec<i64>,
    /// Lights it belongs to.
    pub lights: Vec<i64>,
}

/// A sign with its elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficSign {
    /// Its number.
    pub id: i64,
    /// What is shown: number in the country's catalogue and values beside it.
    pub elements: Vec<SignElement>,
    /// Where it stands.
    pub position_m: Option<[f64; 2]>,
    /// Not really there, only said.
    pub is_virtual: bool,
}

/// One sign of several on a post.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignElement {
    /// Number in the catalogue of the scenario's country: `274`, `R2-1`.
    pub number: String,
    /// Values, such as the limit in m/s.
    pub values: Vec<String>,
}

/// A light with its cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficLight {
    /// Its number.
    pub id: i64,
    /// Colours and their lengths in time steps.
    pub cycle: Vec<CycleElement>,
    /// The cycle begins so many time steps late.
    pub offset_steps: i64,
    /// Where it stands.
    pub position_m: Option<[f64; 2]>,
    /// `all`, `left`, `leftStraight`, ...
    pub direction: String,
    /// It shows something.
    pub is_active: bool,
}

impl TrafficLight {
    /// What it shows at a time step: `red`, `green`, `yellow`, `redYellow` or `inactive`.
    pub fn colour(&self, time_step: i64) -> &str {
        let length: i64 = self.cycle.iter().map(|element| element.duration_steps).sum();
        if !self.is_active || length <= 0 {
            return "inactive";
        }
        let mut place = (time_step - self.offset_steps).rem_euclid(length);
        for element in &self.cycle {
            if place < element.duration_steps {
                return &element.colour;
            }
            place -= element.duration_steps;
        }
        "inactive"
    }
}

/// A colour for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CycleElement {
    /// `red`, `green`, `yellow`, `redYellow`, `inactive`.
    pub colour: String,
    /// How long, in time steps.
    pub duration_steps: i64,
}

/// Lanelets that meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intersection {
    /// Its number.
    pub id: i64,
    /// The ways in.
    pub incomings: Vec<Incoming>,
    /// Crossings for people on foot.
    pub crossings: Vec<i64>,
}

/// A way into an intersection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// Its number.
    pub id: i64,
    /// The lanelets that lead in.
    pub lanelets: Vec<i64>,
    /// Those that turn right.
    pub successors_right: Vec<i64>,
    /// Those that go straight on.
    pub successors_straight: Vec<i64>,
    /// Those that turn left.
    pub successors_left: Vec<i64>,
    /// The way in that is to its left: who comes from here gives way to it.
    pub is_left_of: Option<i64>,
}

/// What is said of one who is not the ego.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Obstacle {
    /// Its number.
    pub id: i64,
    /// Whether and how it moves.
    pub role: Role,
    /// `car`, `pedestrian`, `parkedVehicle`, ...; empty for phantoms.
    pub kind: String,
    /// Its shape in its own frame; for the environment in the scenario's.
    pub shape: Option<Shape>,
    /// Where it is at first.
    pub initial: Option<State>,
    /// Lights and horn at first.
    pub initial_signal: Option<SignalState>,
    /// Where it goes.
    pub trajectory: Vec<State>,
    /// Or what it may cover.
    pub occupancies: Vec<Occupancy>,
    /// Lights and horn later.
    pub signals: Vec<SignalState>,
}

/// Whether and how an obstacle moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It stands.
    #[default]
    Static,
    /// It moves as recorded.
    Dynamic,
    /// A building, a plant.
    Environment,
    /// Nobody, but somebody could be there.
    Phantom,
}

impl Role {
    /// As the format calls it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Static => "static",
            Role::Dynamic => "dynamic",
            Role::Environment => "environment",
            Role::Phantom => "phantom",
        }
    }
}

/// An exact value or a range of values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The least.
    pub start: f64,
    /// The greatest.
    pub end: f64,
}

impl Interval {
    /// One value.
    pub fn exact(value: f64) -> Interval {
        Interval {
            start: value,
            end: value,
        }
    }

    /// Its middle.
    pub fn middle(self) -> f64 {
        0.5 * (self.start + self.end)
    }

    /// Whether a value lies in it, its ends included.
    pub fn contains(self, value: f64) -> bool {
        self.start <= value && value <= self.end
    }
}

/// A range of time steps, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// The first.
    pub start: i64,
    /// The last.
    pub end: i64,
}

/// Where something is or should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// Exactly there.
    Point([f64; 2]),
    /// Somewhere in it.
    Area(Shape),
    /// On one of these lanelets.
    Lanelets(Vec<i64>),
}

/// A state, initial or recorded or wanted; what is not given is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// When.
    pub time: Steps,
    /// Where its middle is.
    pub position: Option<Position>,
    /// Where it points.
    pub orientation_rad: Option<Interval>,
    /// Along its heading.
    pub velocity_mps: Option<Interval>,
    /// Along its heading.
    pub acceleration_mps2: Option<Interval>,
    /// Anticlockwise.
    pub yaw_rate_rad_per_s: Option<Interval>,
    /// Between heading and motion.
    pub slip_angle_rad: Option<Interval>,
    /// Whatever else vehicle models have, by the format's name.
    pub others: Vec<(String, Interval)>,
}

impl State {
    /// Its place, or the middle of where it may be.
    pub fn centre_m(&self) -> Option<[f64; 2]> {
        match self.position.as_ref()? {
            Position::Point(point) => Some(*point),
            Position::Area(shape) => Some(shape.centre_m()),
            Position::Lanelets(_) => None,
        }
    }

    /// The middle of where it may point, 0 if nothing is said.
    pub fn heading_rad(&self) -> f64 {
        self.orientation_rad.map_or(0.0, Interval::middle)
    }

    /// The middle of how fast it may be, 0 if nothing is said.
    pub fn speed_mps(&self) -> f64 {
        self.velocity_mps.map_or(0.0, Interval::middle)
    }
}

/// What is covered at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Occupancy {
    /// When.
    pub time: Steps,
    /// What, in the scenario's frame.
    pub shape: Shape,
}

/// Lights and horn; `None` where not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignalState {
    /// When.
    pub time: Steps,
    /// It sounds.
    pub horn: Option<bool>,
    /// Left indicator.
    pub indicator_left: Option<bool>,
    /// Right indicator.
    pub indicator_right: Option<bool>,
    /// Brake lights.
    pub braking_lights: Option<bool>,
    /// Both indicators.
    pub hazard_warning_lights: Option<bool>,
    /// Of police and rescue.
    pub flashing_blue_lights: Option<bool>,
}

/// What is asked of the ego.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanningProblem {
    /// Its number.
    pub id: i64,
    /// Where it begins.
    pub initial: State,
    /// Where it should come; any one of them will do.
    pub goals: Vec<State>,
}
