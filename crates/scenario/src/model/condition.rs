//! Triggers: groups of conditions, what each asks, and how it is measured.

use super::{ElementId, EntityId, EntityKind, Position};

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
