//! What a vehicle could know: its own state, what its sensors and radio tell, what it was asked to do.
//!
//! The world builds an [`Observation`] from sensor models; a driver sees nothing else. Positions are in the map's frame
//! as the vehicle's own localisation believes them, so they may be wrong by what that localisation is wrong.

use crate::decision::Decision;
use crate::fault::Faults;
use crate::measurement::Perception;
use record::SimTime;
use road::{CrossingId, LaneId, LanePosition, Pose, SignalColour, SignalId};
use std::sync::Arc;

/// Everything a driver is told in one cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// When it was made.
    pub time: SimTime,
    /// The vehicle itself.
    pub ego: EgoState,
    /// Tracked objects in sensor range, sorted by `track`.
    pub objects: Vec<ObservedObject>,
    /// Lights whose colour it can see or is told by radio, sorted by `signal`.
    pub signals: Vec<ObservedSignal>,
    /// What the control room asked for last.
    pub mission: Arc<Mission>,
    /// How far the sensors reach now, given weather and light.
    pub visibility_m: f64,
    /// How it is outside, as the control room and a weather service tell.
    pub environment: Environment,
}

/// Weather and light: what a vehicle is told of them, because its own sensors do not measure them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Environment {
    /// Rain; no number if nobody knows.
    pub rainfall_mm_per_h: f64,
    /// Meteorological visibility, through rain, fog and haze.
    pub visibility_m: f64,
    /// It is night.
    pub is_dark: bool,
}

impl Default for Environment {
    /// A clear day.
    fn default() -> Environment {
        Environment {
            rainfall_mm_per_h: 0.0,
            visibility_m: f64::INFINITY,
            is_dark: false,
        }
    }
}

/// What the vehicle knows of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EgoState {
    /// Where it believes its reference point (middle of the rear axle, on the ground) is.
    pub pose: Pose,
    /// Along its own heading, negative in reverse.
    pub speed_mps: f64,
    /// Along its own heading.
    pub acceleration_mps2: f64,
    /// Anticlockwise.
    pub yaw_rate_rad_per_s: f64,
    /// Road-wheel angle, positive to the left.
    pub steering_angle_rad: f64,
    /// Energy left in the battery, 0 to 1.
    pub state_of_charge: f64,
    /// Passengers on board.
    pub passengers: u32,
    /// Whether a door is not shut.
    pub door_is_open: bool,
    /// What is broken.
    pub faults: Faults,
}

/// One tracked object.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ObservedObject {
    /// The tracker's number for it: stable while seen, means nothing beyond.
    pub track: u32,
    /// What it is taken for.
    pub kind: ObjectKind,
    /// Middle of its box, on the ground.
    pub x_m: f64,
    /// Middle of its box.
    pub y_m: f64,
    /// Ground height there, to tell a bridge from the road under it.
    pub z_m: f64,
    /// Where it points.
    pub heading_rad: f64,
    /// How sure that is: one standard deviation; 0 where it is told exactly.
    pub heading_deviation_rad: f64,
    /// Along its heading.
    pub speed_mps: f64,
    /// Across its heading, to its left: 0 for who rolls, not for who steps aside, slides, or moves without turning.
    pub leftward_mps: f64,
    /// Along its heading.
    pub acceleration_mps2: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
    /// Turn indicator seen.
    pub indicator: Indicator,
}

impl ObservedObject {
    /// Whether its heading, motion and size are numbers; its place may still be anything.
    pub fn is_sound(&self) -> bool {
        self.heading_rad.is_finite()
            && self.speed_mps.is_finite()
            && self.leftward_mps.is_finite()
            && self.length_m.is_finite()
            && self.width_m.is_finite()
    }
}

/// Kinds that sensors tell apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// Car or van.
    #[default]
    Car,
    /// Truck.
    Truck,
    /// Bus, minibuses among them.
    Bus,
    /// Bicycle or scooter with its rider.
    Cyclist,
    /// A person on foot.
    Pedestrian,
    /// Anything else in the way.
    Obstacle,
}

impl ObjectKind {
    /// All of them.
    pub const ALL: [ObjectKind; 6] = [
        ObjectKind::Car,
        ObjectKind::Truck,
        ObjectKind::Bus,
        ObjectKind::Cyclist,
        ObjectKind::Pedestrian,
        ObjectKind::Obstacle,
    ];
}

/// A light seen by camera or told by radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedSignal {
    /// The map's number for it.
    pub signal: SignalId,
    /// What it shows.
    pub colour: SignalColour,
    /// Time until it changes, if the radio (SPATEM) tells.
    pub changes_in: Option<SimTime>,
}

/// What the vehicle is asked to do, by the control room or a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mission {
    /// The lanes to drive, in order, each a successor of, or beside, the one before; empty: stand still.
    pub lanes: Vec<LaneId>,
    /// Where to stop on the way, in the order of the route.
    pub halts: Vec<Halt>,
    /// Hold at the current halt, doors open, until this clears.
    pub hold: bool,
    /// A cap beside the road's and the vehicle's own.
    pub speed_mps_max: Option<f64>,
    /// Come to a safe stop now and stay there.
    pub stop_now: bool,
    /// The number of the vehicle's own [`Request`](crate::Request) that the remote supervisor has confirmed last.
    pub confirmed: Option<u32>,
}

/// A place to stop at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Halt {
    /// Counts up over the vehicle's day; tells one visit of a stop from the next.
    pub visit: u32,
    /// Index into [`Mission::lanes`] of the lane it lies on (routes may pass a lane twice).
    pub leg: u32,
    /// Where the front bumper comes to stand; the offset is where the vehicle's centre line is to be.
    pub position: LanePosition,
    /// How far the kerb is from the lane's centre, to the right.
    pub kerb_m: f64,
    /// Open the doors there.
    pub serves_passengers: bool,
}

/// What a driver asks of the actuators until its next cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Control {
    /// Share of the greatest drive force at this speed, 0 to 1.
    pub drive: f64,
    /// Share of the greatest brake force, 0 to 1; recuperation is used first.
    pub brake: f64,
    /// Road-wheel angle asked for, positive to the left.
    pub steering_angle_rad: f64,
    /// Drive backwards.
    pub reverse: bool,
    /// Turn indicator.
    pub indicator: Indicator,
    /// Hazard lights.
    pub hazard_lights: bool,
    /// Ask for open doors; they open at standstill only.
    pub open_doors: bool,
}

/// Turn indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// Off.
    #[default]
    Off,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Both: hazard lights.
    Hazard,
}

/// Why a driver does what it does, in a word and with the rival it minds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What governs the speed now.
    pub reason: Reason,
    /// The track it follows or yields to.
    pub rival: Option<u32>,
    /// The light it minds.
    pub signal: Option<SignalId>,
    /// The crossing it minds.
    pub crossing: Option<CrossingId>,
    /// The speed it wants to have.
    pub speed_mps_target: f64,
    /// The halt it stands at: its visit number.
    pub at_halt: Option<u32>,
    /// The route is done or there is none.
    pub is_done: bool,
}

/// What may govern the speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing in the way: the limit.
    #[default]
    Cruise,
    /// A curve.
    Curve,
    /// A vehicle ahead.
    Follow,
    /// A red or amber light.
    Signal,
    /// Others have the right of way.
    Yield,
    /// People on or at a crossing.
    Crossing,
    /// Coming to a halt, or at it.
    Halt,
    /// Waiting to change lanes or pull out.
    LaneChange,
    /// Something in the way that is not traffic.
    Obstacle,
    /// Somebody may stand hidden behind what is parked.
    Occlusion,
    /// No mission.
    Idle,
    /// Asked to stop.
    Ordered,
    /// A fault, or an exit from the operational design domain: minimal-risk manoeuvre.
    MinimalRisk,
    /// The same, and it drives on slowly.
    Degraded,
}

impl Reason {
    /// All of them, in order.
    pub const ALL: [Reason; 14] = [
        Reason::Cruise,
        Reason::Curve,
        Reason::Follow,
        Reason::Signal,
        Reason::Yield,
        Reason::Crossing,
        Reason::Halt,
        Reason::LaneChange,
        Reason::Obstacle,
        Reason::Occlusion,
        Reason::Idle,
        Reason::Ordered,
        Reason::MinimalRisk,
        Reason::Degraded,
    ];

    /// Its place in [`Reason::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether the way itself governs, and nothing else is in the way.
    pub fn is_free_road(self) -> bool {
        matches!(self, Reason::Cruise | Reason::Curve)
    }
}

/// Whoever drives a vehicle: it sees observations and answers with controls.
///
/// Implementations are deterministic: the same observations in the same order give the same controls.
pub trait Driver: Send {
    /// A name for records and reports.
    fn name(&self) -> &str;

    /// One cycle. Called every [`Driver::period`], in order of time.
    fn drive(&mut self, observation: &Observation) -> Control;

    /// Why the last answer was what it was.
    fn explanation(&self) -> Explanation;

    /// The record of the last cycle, if it keeps one.
    fn decision(&self) -> Option<&Decision> {
        None
    }

    /// What makes its observations of raw measurements, if it brings that itself. Without, it is told finished tracks and
    /// a believed pose, as wrong as the data sheet says.
    fn perception(&mut self) -> Option<&mut dyn Perception> {
        None
    }

    /// Time between cycles: a multiple of 10 ms.
    fn period(&self) -> SimTime {
        SimTime::from_millis(50)
    }
}
