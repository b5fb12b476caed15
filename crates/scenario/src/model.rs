//! A scenario as plain data: entities, a flat storyboard, actions, conditions, positions.
//!
//! The reader makes it from files, the player plays it. Parameters are resolved, catalogs put in, names turned into
//! indices. The terms are those of ASAM OpenSCENARIO XML 1.3.

mod traffic;

pub use traffic::{Area, Fleet, Traffic, of_category};

use crate::roads::Roads;
use std::sync::Arc;

/// Index of an entity.
pub type EntityId = usize;
/// Index of a storyboard element.
pub type ElementId = usize;

/// A scenario ready to be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without its folder.
    pub name: String,
    /// What its author says of it.
    pub description: String,
    /// The roads, if it has any.
    pub roads: Option<Arc<Roads>>,
    /// Who takes part.
    pub entities: Vec<Entity>,
    /// Done before the storyboard begins.
    pub init: Vec<ElementId>,
    /// The storyboard; element 0 is its root.
    pub elements: Vec<Element>,
    /// Global parameters with their types and values.
    pub parameters: Vec<Named>,
    /// Variables with their types and first values.
    pub variables: Vec<Named>,
    /// Programs of traffic lights.
    pub signal_controllers: Vec<SignalProgram>,
}

impl Scenario {
    /// Whether the storyboard hands an entity to its controller at some time, along its lane.
    pub fn hands_over(&self, entity: EntityId) -> bool {
        self.elements.iter().any(|element| {
            let hands_over = matches!(
                element.action,
                Some(Action::ActivateController(Some(true), _) | Action::AssignController(_, Some(true), _))
            );
            hands_over && element.actor == Some(entity)
        })
    }

    /// The entity that a driver under test drives: the first one that is handed to a controller, else the first one called
    /// `ego`, whatever its case, else the first vehicle.
    pub fn ego(&self) -> Option<EntityId> {
        let vehicles = || (0..self.entities.len()).filter(|&id| self.entities[id].kind == EntityKind::Vehicle);
        vehicles()
            .find(|&id| self.hands_over(id))
            .or_else(|| vehicles().find(|&id| self.entities[id].name.eq_ignore_ascii_case("ego")))
            .or_else(|| vehicles().next())
    }
}

/// A parameter or a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its type as the file says it.
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// A traffic light controller's phases.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalProgram {
    /// Its name.
    pub name: String,
    /// Starts this long after the one it refers to.
    pub delay_s: f64,
    /// The controller that its delay counts from.
    pub reference: Option<usize>,
    /// Its phases in order.
    pub phases: Vec<Phase>,
}

/// A phase: its name, its duration in seconds, (signal, state) pairs.
pub type Phase = (String, f64, Vec<(String, String)>);

/// Who takes part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Vehicle, pedestrian or thing.
    pub kind: EntityKind,
    /// The standard's category: `car`, `pedestrian`, `barrier`.
    pub category: String,
    /// Length, width, height.
    pub size_m: [f64; 3],
    /// Middle of the box from the reference point: ahead, left, up.
    pub centre_m: [f64; 3],
    /// No faster than this.
    pub speed_mps_max: f64,
    /// No harder on the throttle.
    pub acceleration_mps2_max: f64,
    /// No harder on the brake.
    pub deceleration_mps2_max: f64,
    /// Its controllers' names.
    pub controllers: Vec<String>,
    /// Where a trailer hangs, ahead of the reference point.
    pub hitch_m: f64,
    /// Where it hangs on as a trailer, ahead of the reference point.
    pub coupler_m: f64,
    /// The trailer it pulls at first.
    pub trailer: Option<EntityId>,
}

/// Kinds of entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntityKind {
    /// Drives.
    #[default]
    Vehicle,
    /// Walks.
    Pedestrian,
    /// Stands.
    MiscObject,
}

/// Kinds of storyboard elements, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ElementKind {
    /// The whole.
    Storyboard,
    /// A story.
    Story,
    /// An act.
    Act,
    /// A maneuver group.
    ManeuverGroup,
    /// A maneuver.
    Maneuver,
    /// An event.
    Event,
    /// An action, one element for each actor.
    Action,
}

/// What an event does to others of its maneuver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Ends those that run.
    #[default]
    Override,
    /// Runs beside them.
    Parallel,
    /// Does not start while one runs.
    Skip,
}

/// One element of the storyboard.
#[derive(Clone, Debug)]
pub struct Element {
    /// What it is.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// What it is part of.
    pub parent: Option<ElementId>,
    /// Its parts.
    pub children: Vec<ElementId>,
    /// Starts when this holds; at once if there is none.
    pub start: Option<Trigger>,
    /// Stops when this holds.
    pub stop: Option<Trigger>,
    /// Runs at most so often.
    pub executions_max: u32,
    /// For events.
    pub priority: Priority,
    /// For actions.
    pub action: Option<Action>,
    /// Who does the action.
    pub actor: Option<EntityId>,
}

/// Groups of conditions: one whole group must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// The groups.
    pub groups: Vec<Vec<Condition>>,
}

/// Which change of a condition counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edge {
    /// That it holds.
    #[default]
    None,
    /// That it comes to hold.
    Rising,
    /// That it ceases to hold.
    Falling,
    /// Either.
    RisingOrFalling,
}

/// A condition with its edge and delay.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// Which change counts.
    pub edge: Edge,
    /// How much later it counts.
    pub delay_s: f64,
    /// What it asks.
    pub test: Test,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// `>`
    #[default]
    GreaterThan,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    LessThan,
    /// `<=`
    LessOrEqual,
    /// `=`
    EqualTo,
    /// `≠`
    NotEqualTo,
}

/// What a condition asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Of entities.
    Entity {
        /// Whose.
        entities: Vec<EntityId>,
        /// How many of them.
        share: Share,
        /// What.
        test: EntityTest,
    },
    /// Simulated time.
    SimulationTime(Rule, f64),
    /// A parameter by index.
    Parameter(usize, Rule, String),
    /// A variable by index.
    Variable(usize, Rule, String),
    /// Time of day, seconds since 1970 in the file's own zone.
    TimeOfDay(Rule, f64),
    /// State of storyboard elements.
    State(Vec<ElementId>, StateWanted),
    /// A traffic light's state.
    Signal(String, String),
    /// The phase of a controller.
    SignalController(usize, String),
    /// A value that somebody outside sets.
    UserValue(String, Rule, String),
}

/// How many of the entities asked must meet a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Share {
    /// At least one.
    #[default]
    Any,
    /// All.
    All,
    /// No one.
    None,
}

/// States and transitions of the standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateWanted {
    /// Waits for its trigger.
    Standby,
    /// Runs.
    Running,
    /// Is over.
    #[default]
    Complete,
    /// Just started.
    StartTransition,
    /// Just ended by itself.
    EndTransition,
    /// Was just stopped.
    StopTransition,
    /// Was just skipped.
    SkipTransition,
}

/// How distances are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metric {
    /// In which coordinates.
    pub system: System,
    /// Which part of it.
    pub part: Part,
    /// Between bounding boxes rather than reference points.
    pub freespace: bool,
}

/// Coordinate systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum System {
    /// The entity's own axes.
    #[default]
    Entity,
    /// s and t of the lane.
    Lane,
    /// s and t of the road.
    Road,
    /// s and t of the trajectory.
    Trajectory,
    /// The map's axes.
    World,
}

/// Parts of a distance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The straight line.
    #[default]
    Euclidean,
    /// Along.
    Longitudinal,
    /// Across.
    Lateral,
}

/// What a speed or an acceleration is measured along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// All of it.
    #[default]
    Total,
    /// Ahead.
    Longitudinal,
    /// To the left.
    Lateral,
    /// Up.
    Vertical,
}

/// What is asked of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum EntityTest {
    /// Has stood at the end of its road so long.
    EndOfRoad(f64),
    /// Touches another.
    Collision(EntityId),
    /// Touches anyone of a kind.
    CollisionWithKind(EntityKind),
    /// Has been off the road so long.
    Offroad(f64),
    /// Time headway to another.
    TimeHeadway(EntityId, Metric, Rule, f64),
    /// Time to collision with another, or with a place.
    TimeToCollision(Result<EntityId, Position>, Metric, Rule, f64),
    /// Acceleration.
    Acceleration(Direction, Rule, f64),
    /// Has stood still so long.
    StandStill(f64),
    /// Speed.
    Speed(Direction, Rule, f64),
    /// Speed against another's.
    RelativeSpeed(EntityId, Direction, Rule, f64),
    /// Has come so far.
    TraveledDistance(f64),
    /// Is near a place, and looks its way if an angle is given.
    ReachPosition(Position, f64, Option<f64>),
    /// Distance to a place.
    Distance(Position, Metric, Rule, f64),
    /// Distance to another.
    RelativeDistance(EntityId, Metric, Rule, f64),
    /// Nobody on these lanes near.
    RelativeClearance {
        /// Behind.
        backward_m: f64,
        /// Ahead.
        forward_m: f64,
        /// Between boxes.
        freespace: bool,
        /// Oncoming lanes too.
        opposite: bool,
        /// Lanes from own, left positive.
        lanes: Vec<(i32, i32)>,
        /// Who matters; everyone if empty.
        others: Vec<EntityId>,
    },
    /// Heading, pitch or roll: axis 0, 1, 2; against another's if given; relative to the road if so.
    Angle {
        /// 0 heading, 1 pitch, 2 roll.
        axis: usize,
        /// Wanted.
        angle_rad: f64,
        /// Within.
        tolerance_rad: f64,
        /// Against whom.
        other: Option<EntityId>,
        /// Against the road.
        to_road: bool,
    },
}

/// An attitude given with a position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Orientation {
    /// Heading, pitch, roll.
    pub angles_rad: [f64; 3],
    /// Added to the reference's rather than the map's.
    pub is_relative: bool,
    /// Was given at all.
    pub is_given: bool,
}

/// A place as a file names it.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// On the map.
    World([f64; 3], Orientation),
    /// On a lane: road, lane, s, offset.
    Lane(usize, i32, f64, f64, Orientation),
    /// On a road: road, s, t.
    Road(usize, f64, f64, Orientation),
    /// From an entity, map's axes.
    RelativeWorld(EntityId, [f64; 3], Orientation),
    /// From an entity, its axes.
    RelativeObject(EntityId, [f64; 3], Orientation),
    /// From an entity, along and across its road: ds, dt.
    RelativeRoad(EntityId, f64, f64, Orientation),
    /// From an entity, along its lane: lanes to the left, ds, offset, whether ds is the lane's.
    RelativeLane(EntityId, i32, f64, f64, Orientation),
    /// Along a route: path s, t or lane with offset.
    Route(Arc<Route>, RouteSpot, Orientation),
    /// Along a trajectory: s, t.
    Trajectory(Arc<Trajectory>, f64, f64, Orientation),
}

/// Where on a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RouteSpot {
    /// Where an entity is.
    Entity(EntityId),
    /// s along it, t across.
    Road(f64, f64),
    /// s along it, lane id, offset.
    Lane(f64, i32, f64),
}

/// Places to pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The places.
    pub waypoints: Vec<Position>,
    /// Leads back to its start.
    pub closed: bool,
}

/// A line to follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// Its name.
    pub name: String,
    /// Leads back to its start.
    pub closed: bool,
    /// Its form.
    pub shape: Shape,
}

/// Forms of lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Straight from vertex to vertex, each with its time if timed.
    Polyline(Vec<(Position, Option<f64>)>),
    /// Pieces of linear curvature: start, then each (curvature at start, at end, length, heading offset, time at start).
    Clothoids {
        /// Where it begins.
        start: Position,
        /// Its pieces.
        pieces: Vec<ClothoidPiece>,
        /// Time at its end.
        end_s: Option<f64>,
    },
    /// Order, control points with weight and time, knots.
    Nurbs(usize, Vec<(Position, f64, Option<f64>)>, Vec<f64>),
}

/// A piece of linear curvature.
#[derive(Clone, Debug, PartialEq)]
pub struct ClothoidPiece {
    /// Curvature at its start and its end.
    pub curvature_per_m: [f64; 2],
    /// Arc length.
    pub length_m: f64,
    /// Turn at its start.
    pub heading_offset_rad: f64,
    /// Time at its start.
    pub start_s: Option<f64>,
    /// A new start, if not where the last piece ended.
    pub start: Option<Position>,
}

/// Forms of a transition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransitionShape {
    /// At once.
    #[default]
    Step,
    /// Evenly.
    Linear,
    /// Half a cosine.
    Sinusoidal,
    /// A cubic that begins and ends level.
    Cubic,
}

/// What a transition's value means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dimension {
    /// Seconds.
    #[default]
    Time,
    /// Metres.
    Distance,
    /// Greatest slope, per second.
    Rate,
}

/// How a value changes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dynamics {
    /// Form.
    pub shape: TransitionShape,
    /// Meaning of `value`.
    pub dimension: Dimension,
    /// Duration, distance or rate.
    pub value: f64,
}

/// Limits of a controlled motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constraints {
    /// Throttle.
    pub acceleration_mps2_max: f64,
    /// Its change.
    pub acceleration_rate_mps3_max: f64,
    /// Brake.
    pub deceleration_mps2_max: f64,
    /// Its change.
    pub deceleration_rate_mps3_max: f64,
    /// Speed.
    pub speed_mps_max: f64,
}

impl Default for Constraints {
    fn default() -> Constraints {
        Constraints {
            acceleration_mps2_max: f64::INFINITY,
            acceleration_rate_mps3_max: f64::INFINITY,
            deceleration_mps2_max: f64::INFINITY,
            deceleration_rate_mps3_max: f64::INFINITY,
            speed_mps_max: f64::INFINITY,
        }
    }
}

/// A speed to come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpeedTarget {
    /// So fast.
    Absolute(f64),
    /// An entity's speed plus so much.
    Delta(EntityId, f64),
    /// An entity's speed times so much.
    Factor(EntityId, f64),
}

/// A lane or an offset to come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LateralTarget<T> {
    /// This one.
    Absolute(T),
    /// So much to the left of an entity's.
    Relative(EntityId, T),
}

/// On which side of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Displacement {
    /// Where one is.
    #[default]
    Any,
    /// Behind, or right.
    Trailing,
    /// Ahead, or left.
    Leading,
}

/// How a distance to another is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keeping {
    /// To whom.
    pub other: EntityId,
    /// Metres, or seconds if `is_time_gap`.
    pub value: f64,
    /// In seconds.
    pub is_time_gap: bool,
    /// On which side.
    pub displacement: Displacement,
    /// How it is measured.
    pub metric: Metric,
    /// Goes on for ever.
    pub continuous: bool,
    /// With these limits.
    pub constraints: Constraints,
}

/// The steady part at the end of a synchronization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Steady {
    /// None.
    None,
    /// Metres.
    Distance(f64),
    /// Seconds.
    Time(f64),
}

/// How a parameter or variable changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// To this.
    Set(String),
    /// By so much.
    Add(f64),
    /// Times so much.
    Multiply(f64),
}

/// What an environment action sets; what it leaves out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnvironmentChange {
    /// Time of day: seconds since 1970, and whether it goes on.
    pub time: Option<(f64, bool)>,
    /// Of the road.
    pub friction_scale: Option<f64>,
    /// How far one sees in fog.
    pub sight_m: Option<f64>,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Change speed.
    Speed(Dynamics, SpeedTarget, bool),
    /// Follow speeds over time: entries of (time, speed), whether jerk is limited.
    SpeedProfile(Vec<(Option<f64>, f64)>, Option<EntityId>, bool, Constraints),
    /// Keep a distance along.
    LongitudinalDistance(Keeping),
    /// Change lanes, to an offset there.
    LaneChange(Dynamics, LateralTarget<i32>, f64),
    /// Change the offset in the lane: form, greatest lateral acceleration, goes on for ever.
    LaneOffset(TransitionShape, Option<f64>, LateralTarget<f64>, bool),
    /// Keep a distance across.
    LateralDistance(Keeping),
    /// Be seen: graphics, sensors, traffic.
    Visibility([bool; 3]),
    /// Be at a place when a master is at another.
    Synchronize {
        /// Whose time counts.
        master: EntityId,
        /// Where it will be.
        master_target: Position,
        /// Where the actor shall be.
        target: Position,
        /// How fast then; relative to the master's if so.
        final_speed: Option<SpeedTarget>,
        /// Constant speed before that.
        steady: Steady,
        /// Near enough for the actor.
        tolerance_m: f64,
        /// Near enough for the master.
        master_tolerance_m: f64,
    },
    /// Be elsewhere.
    Teleport(Position),
    /// Take a route.
    AssignRoute(Arc<Route>),
    /// Follow a line: start on it, time as (absolute, scale, offset).
    FollowTrajectory(Arc<Trajectory>, f64, Option<(bool, f64, f64)>),
    /// Go to a place.
    AcquirePosition(Position),
    /// Go anywhere.
    RandomRoute,
    /// Have controllers: names, and whether they act along and across at once.
    AssignController(Vec<String>, Option<bool>, Option<bool>),
    /// Let controllers act: along, across.
    ActivateController(Option<bool>, Option<bool>),
    /// A driver's inputs, for controllers.
    OverrideController,
    /// Lights of a vehicle, by the standard's word: on or flashing, or off.
    Light(String, bool),
    /// Other looks and gestures.
    Appearance(String),
    /// Pull a trailer.
    ConnectTrailer(EntityId),
    /// Pull none.
    DisconnectTrailer,
    /// What of the environment changes.
    Environment(EnvironmentChange),
    /// Appear.
    AddEntity(EntityId, Position),
    /// Vanish.
    DeleteEntity(EntityId),
    /// Change a parameter.
    Parameter(usize, Change),
    /// Change a variable.
    Variable(usize, Change),
    /// Tell a monitor.
    Monitor(String, String),
    /// Show this.
    SignalState(String, String),
    /// Go to a phase.
    SignalController(usize, String),
    /// Other traffic, under a name.
    Traffic(String, Traffic),
    /// A command for somebody outside.
    Custom(String, String),
}

impl Action {
    /// Bits of what it takes hold of: 1 along, 2 across, 4 lights and gestures.
    pub fn domains(&self) -> u8 {
        match self {
            Action::Speed(..)
            | Action::SpeedProfile(..)
            | Action::LongitudinalDistance(_)
            | Action::Synchronize { .. } => 1,
            Action::LaneChange(..) | Action::LaneOffset(..) | Action::LateralDistance(_) => 2,
            Action::FollowTrajectory(_, _, None) => 2,
            Action::FollowTrajectory(..) | Action::Teleport(_) => 3,
            _ => 0,
        }
    }
}
