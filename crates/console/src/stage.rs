//! What is on show: a moment of a service, and the hands that move it on.
//!
//! The player asks a [`Stage`] to go on, to seek, to stop a vehicle; it answers with frames, rows and events. It knows
//! neither clients nor bytes.

use crate::decision::DecisionRow;
use record::schema::westline::LinkState;
use serde::Serialize;
use utoipa::ToSchema;
use world::Frame;

/// A service that can be watched: played or recorded.
pub trait Stage: Send {
    /// Whether it happens now, so that it cannot be wound back and vehicles take orders.
    fn is_live(&self) -> bool;
    /// First and last moment, seconds after midnight of the service day.
    fn span_s(&self) -> (f64, f64);
    /// Now, seconds after midnight of the service day.
    fn clock_s(&self) -> f64;
    /// Goes on by one step, a tenth of a second, towards `to_s`; false if nothing is left.
    fn step(&mut self) -> Result<bool, String>;
    /// Goes to a moment; a live stage stays where it is.
    fn seek(&mut self, clock_s: f64) -> Result<(), String>;
    /// Writes who is where into `frame`.
    fn write_frame(&mut self, frame: &mut Frame);
    /// The fleet.
    fn vehicles(&self) -> Vec<VehicleRow>;
    /// Events since the last call; after a seek, all up to now.
    fn take_events(&mut self) -> Vec<StageEvent>;
    /// People who wait at each stop, where that is known.
    fn waiting(&self) -> Vec<u32>;
    /// Trips that reached their last stop, trips of the plan.
    fn trips_done(&self) -> (usize, usize);
    /// Where each trip of the plan has been, up to now: (time of day s, distance m), by the trip's name.
    fn trajectories(&self) -> Vec<(String, Vec<(f64, f64)>)>;
    /// Orders a vehicle to a safe stop, or releases it; false if it takes no orders.
    fn order_stop(&mut self, vehicle: usize, shall_stop: bool) -> bool;
    /// Switches a vehicle's object sensor off or on; false if it takes no orders.
    fn break_sensor(&mut self, vehicle: usize, is_broken: bool) -> bool;
    /// Confirms what a vehicle asks of its remote supervisor, or holds it back; false if it asks nothing or takes no orders.
    fn answer(&mut self, vehicle: usize, is_confirmed: bool) -> bool;
}

/// How a vehicle goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VehicleMode {
    /// Not on the road.
    Depot,
    /// By itself.
    Automated,
    /// Coming to a stop that the control room ordered.
    Stopping,
    /// Standing because the control room ordered it.
    Stopped,
    /// Something is broken: minimal-risk manoeuvre, or standing after it.
    Fault,
}

/// A vehicle of the fleet at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VehicleRow {
    /// Its name.
    pub name: String,
    /// Its number in frames; none while it is in the depot.
    pub actor: Option<u32>,
    /// How it goes about it.
    pub mode: VehicleMode,
    /// `depot`, `resting`, `driving`, `at_stop`.
    pub phase: &'static str,
    /// What governs its speed, in a word.
    pub reason: String,
    /// The trip's name.
    pub trip: Option<String>,
    /// Index of the stop it stands at or drives to.
    pub stop: Option<usize>,
    /// Against the timetable, positive late.
    pub delay_s: Option<f64>,
    /// People on board.
    pub passengers: u32,
    /// Charge of its battery, 0 to 1.
    pub charge: f64,
    /// Along its heading.
    pub speed_mps: f64,
    /// Along its heading.
    pub acceleration_mps2: f64,
    /// To its left.
    pub lateral_acceleration_mps2: f64,
    /// Road-wheel angle, to the left.
    pub steering_rad: f64,
    /// The speed its driver wants, where that is known.
    pub speed_mps_target: Option<f64>,
    /// Smallest gap to anybody, if one is near.
    pub gap_m: Option<f64>,
    /// Smallest time to collision, if anyone closes in.
    pub time_to_collision_s: Option<f64>,
    /// Distance since the start.
    pub odometer_m: f64,
    /// On its trip.
    pub distance_m: Option<f64>,
    /// The control room has ordered it to stop.
    pub is_ordered_to_stop: bool,
    /// Its link over the last second, where the service has a network.
    pub link: Option<LinkRow>,
    /// What its driver decided last, and why.
    pub decision: Option<DecisionRow>,
    /// What it asks of its remote supervisor.
    pub asked: Option<AskedRow>,
}

/// What a vehicle asks of its remote supervisor.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AskedRow {
    /// What it would do, in words.
    pub proposal: String,
    /// A person holds the answer back.
    pub is_held: bool,
    /// When it is answered without a person; none if a person holds it back, or in a recording.
    pub answer_clock_s: Option<f64>,
}

/// A vehicle's link over a second, and what somebody far away sees of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LinkRow {
    /// The serving cell; empty in an interruption or after a failure.
    pub cell: String,
    /// Signal to interference and noise, to the vehicle.
    pub sinr_db: Option<f64>,
    /// What it could send.
    pub up_mbps: Option<f64>,
    /// What it could receive.
    pub down_mbps: Option<f64>,
    /// Frames of its camera whose fate came to be known.
    pub frames: u32,
    /// Of them, seen and answered in the time that the site's rules allow.
    pub frames_in_time: u32,
    /// From the camera's light to the screen's, the median.
    pub glass_ms: Option<f64>,
    /// From the hand to the wheels, the median.
    pub command_ms: Option<f64>,
    /// The slowest of these loops.
    pub loop_ms_max: Option<f64>,
    /// The speed at which the rules would let it be driven from afar here; none if not at all.
    pub speed_kmh: Option<f64>,
    /// No frame has come for longer than the rules bear.
    pub is_lost: bool,
}

impl From<LinkState> for LinkRow {
    fn from(link: LinkState) -> LinkRow {
        LinkRow {
            cell: link.cell,
            sinr_db: link.sinr_down_db.map(f64::from),
            up_mbps: link.rate_up_mbps.map(f64::from),
            down_mbps: link.rate_down_mbps.map(f64::from),
            frames: link.frames,
            frames_in_time: link.frames_in_time,
            glass_ms: link.glass_ms.map(f64::from),
            command_ms: link.command_ms.map(f64::from),
            loop_ms_max: link.loop_ms_max.map(f64::from),
            speed_kmh: link.speed_kmh.map(f64::from),
            is_lost: link.is_lost,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct StageEvent {
    /// Counts up over the whole run; the same event has the same number after a seek.
    pub number: u64,
    /// Time of day.
    pub clock_s: f64,
    /// What, as `service` calls it, lower case: `collided`, `fault_raised`.
    pub kind: &'static str,
    /// The vehicle's name, empty if none.
    pub vehicle: String,
    /// The trip's name, empty if none.
    pub trip: String,
    /// The stop's name, empty if none.
    pub stop: String,
    /// The rest, in words.
    pub detail: String,
}
