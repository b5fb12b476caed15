//! What the world looks like at one tick: every actor, every light.
//!
//! A frame is made on request from the world's own arrays and owns its data, so that a recorder or a console may keep
//! it while the world goes on.

use record::SimTime;
use road::{LanePosition, Pose, SignalColour};
use vehicle::{Indicator, ObjectKind};

/// Number of an actor, given once in a run and never again. Counts up from zero in order of appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorKind {
    /// A passenger car.
    Car,
    /// A delivery van.
    Van,
    /// A lorry.
    Truck,
    /// A city bus in ordinary traffic.
    Bus,
    /// A vehicle under test.
    TestVehicle,
    /// A bicycle with its rider.
    Bicycle,
    /// An electric scooter with its rider.
    Scooter,
    /// A person on foot.
    Pedestrian,
}

impl ActorKind {
    /// What a sensor takes it for.
    pub fn as_observed(self) -> ObjectKind {
        match self {
            ActorKind::Car | ActorKind::Van => ObjectKind::Car,
            ActorKind::Truck => ObjectKind::Truck,
            ActorKind::Bus | ActorKind::TestVehicle => ObjectKind::Bus,
            ActorKind::Bicycle | ActorKind::Scooter => ObjectKind::Cyclist,
            ActorKind::Pedestrian => ObjectKind::Pedestrian,
        }
    }
}

/// One actor at one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActorState {
    /// Who.
    pub id: ActorId,
    /// What.
    pub kind: ActorKind,
    /// Middle of its box, on the ground.
    pub pose: Pose,
    /// Along its heading.
    pub speed_mps: f64,
    /// Along its heading.
    pub acceleration_mps2: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
    /// Box height.
    pub height_m: f64,
    /// The lane it is on, position of its front, if it is on one.
    pub lane: Option<LanePosition>,
    /// Its turn indicator.
    pub indicator: Indicator,
}

/// Everything at one tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// When.
    pub time: SimTime,
    /// Every actor, sorted by id.
    pub actors: Vec<ActorState>,
    /// Every light's colour, by `SignalId`.
    pub signals: Vec<SignalColour>,
}
