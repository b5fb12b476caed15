//! Actions: what is done, and how.

use super::{EntityId, Metric, Position, Route, Traffic, Trajectory};
use std::sync::Arc;

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

/// One of a driver's inputs with its value (OpenSCENARIO 1.3, `OverrideControllerValueAction`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// Of the way of the pedal, 0 to 1.
    Throttle(f64),
    /// Of the greatest braking, 0 to 1.
    Brake(f64),
    /// In newtons.
    BrakeForce(f64),
    /// Of the greatest braking, 0 to 1.
    ParkingBrake(f64),
    /// In newtons.
    ParkingBrakeForce(f64),
    /// Of the way of the pedal, 0 to 1: no drive at 1.
    Clutch(f64),
    /// Radians, positive to the left.
    SteeringWheel(f64),
    /// Negative backwards, 0 neutral.
    Gear(f64),
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
    /// Have controllers, let them act, take inputs out of their hands (true) or give them back.
    Controller {
        /// Along and across; as before if nothing is said.
        is_active: [Option<bool>; 2],
        /// Inputs.
        inputs: Vec<(Input, bool)>,
    },
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
