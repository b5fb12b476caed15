//! What is measured of a service day: plain numbers with definitions, for tables, pictures and Parquet.
//!
//! In go the observations of [`crate::ServiceDay`], tick by tick; out comes one [`DayMeasures`]. Times of day are
//! seconds after midnight of the service day, as GTFS counts them (they run past 24 h). Nothing here knows how it is
//! drawn or judged.
//!
//! Definitions follow the *Transit Capacity and Quality of Service Manual* (TCRP 165, third edition, chapter 5) for
//! punctuality and headway adherence, and Transport for London's excess wait time for regularity.

use crate::Distribution;
use crate::degradation::{Degradation, PlannedFault};
use vehicle::{Assurance, OddTally, Reason};

/// Departures more than this early at a timing point are early (TCQSM: one minute).
pub const EARLY_S: f64 = 60.0;
/// Departures more than this late at a timing point are late (TCQSM: five minutes).
pub const LATE_S: f64 = 300.0;
/// Acceleration and jerk that normal driving is to stay below: 1.5 m/s² and 1.5 m/s³.
pub const COMFORT_LIMIT: f64 = 1.5;
/// Length of a piece of the line for the heat of speeds.
pub const LINE_PIECE_M: f64 = 20.0;
/// How many closest approaches are kept.
pub const CLOSEST_APPROACHES: usize = 10;
/// How many incidents of a kind are kept with place and time; more are only counted.
pub const INCIDENTS_KEPT: usize = 200;

/// Everything measured of one day (or of the part that was played).
#[derive(Clone, Debug, PartialEq)]
pub struct DayMeasures {
    /// The site's name.
    pub site: String,
    /// Where it is, in a person's words.
    pub place: String,
    /// The line's name: the GTFS agency's name if there are several routes.
    pub line: String,
    /// The service day, `YYYY-MM-DD`.
    pub date: String,
    /// The run's seed.
    pub seed: u64,
    /// Start of the part played, seconds after midnight.
    pub from_clock_s: f64,
    /// End of the part played, seconds after midnight.
    pub to_clock_s: f64,
    /// The ways trips take; trips refer to them by index.
    pub patterns: Vec<PatternMeasures>,
    /// The stops of the line; calls refer to them by index.
    pub stops: Vec<StopMeasures>,
    /// All trips of the timetable that were due, in order of scheduled departure.
    pub trips: Vec<TripMeasures>,
    /// The fleet.
    pub vehicles: Vec<VehicleMeasures>,
    /// How well the timetable was kept.
    pub punctuality: Punctuality,
    /// Passengers of the whole line.
    pub passengers: PassengerMeasures,
    /// How the ride felt, over the whole fleet.
    pub comfort: Comfort,
    /// How well the vehicles came to stand at stops, over the whole fleet.
    pub docking: Docking,
    /// How near it came to others.
    pub safety: Safety,
    /// Stops made without reason.
    pub stops_without_reason: Incidents,
    /// Standstills of more than two minutes outside halts, whatever the reason.
    pub stalls: Incidents,
    /// What governed the fleet's speed, in order of [`Reason::ALL`]; reasons that never did are left out.
    pub reasons: Vec<ReasonTime>,
    /// What the drivers could prove of their next seconds, over the whole fleet.
    pub assurance: Assurance,
    /// How the conditions fitted the vehicles' operational design domains, over the whole fleet.
    pub odd: OddTally,
    /// Faults that were planned.
    pub faults: Vec<PlannedFault>,
    /// Stays on the degradation ladder, in order of their beginnings, at most [`DEGRADATIONS_KEPT`](crate::DEGRADATIONS_KEPT).
    pub degradations: Vec<Degradation>,
    /// All of them.
    pub degradations_count: u32,
    /// Kilometres, energy and trips in sum.
    pub totals: Totals,
}

/// Time in service, of the whole fleet, in which a reason governed the speed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReasonTime {
    /// The reason, as the drivers give it.
    pub reason: Reason,
    /// In motion.
    pub moving_s: f64,
    /// At a stand.
    pub standing_s: f64,
}

/// Sums over the day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Trips due in the part played.
    pub trips_planned: u32,
    /// Trips that left their first stop.
    pub trips_started: u32,
    /// Trips that reached their last stop.
    pub trips_finished: u32,
    /// Trips that had no vehicle.
    pub trips_cancelled: u32,
    /// Distance driven by the fleet.
    pub distance_km: f64,
    /// Energy drawn from batteries while driving, recuperation subtracted.
    pub energy_kwh: f64,
    /// Energy that chargers put in.
    pub charged_kwh: f64,
    /// `energy / distance`, if anything was driven.
    pub energy_kwh_per_km: Option<f64>,
    /// Most others (traffic, people) on the roads at one time.
    pub others_max: u32,
    /// Mean number of others.
    pub others_mean: f64,
    /// Others that were towed away out of a junction that they blocked.
    pub others_towed: u32,
}

/// One way that trips take: an ordered list of stops and the lanes between them.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternMeasures {
    /// The route's short or long name.
    pub route: String,
    /// What the destination sign says.
    pub headsign: String,
    /// Colour of the route, `#rrggbb`.
    pub colour: String,
    /// Length from first to last stop.
    pub length_m: f64,
    /// Index into [`DayMeasures::stops`] and distance from the first stop, in order.
    pub stops: Vec<(usize, f64)>,
    /// Pieces of [`LINE_PIECE_M`] from the first stop on.
    pub pieces: Vec<LinePiece>,
}

/// A short piece of a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinePiece {
    /// Its start, distance from the first stop.
    pub distance_m: f64,
    /// Its start on the map.
    pub x_m: f64,
    /// Its start on the map.
    pub y_m: f64,
    /// Height of the road there.
    pub z_m: f64,
    /// Speed limit there.
    pub speed_mps_limit: f64,
    /// Distance driven on it by all vehicles.
    pub driven_m: f64,
    /// Time spent on it by all vehicles, standing at halts left out.
    pub driven_s: f64,
    /// It lies in a tunnel.
    pub is_tunnel: bool,
    /// It lies on a bridge.
    pub is_bridge: bool,
}

impl LinePiece {
    /// Mean speed over the day (distance by time, so standing at lights counts), if anyone drove here.
    pub fn speed_mps(&self) -> Option<f64> {
        (self.driven_s > 0.0).then(|| self.driven_m / self.driven_s)
    }
}

/// One stop over the day.
#[derive(Clone, Debug, PartialEq)]
pub struct StopMeasures {
    /// GTFS `stop_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where the front bumper stands.
    pub x_m: f64,
    /// Where the front bumper stands.
    pub y_m: f64,
    /// Passengers who came to it.
    pub arrived: u32,
    /// Boarded here.
    pub boarded: u32,
    /// Alighted here.
    pub alighted: u32,
    /// Times a passenger saw a vehicle leave because it was full.
    pub left_behind: u32,
    /// Waiting time of those who boarded, seconds.
    pub waiting_s: Distribution,
    /// Most people waiting at one time.
    pub waiting_max: u32,
    /// Regularity of departures towards other stops.
    pub headways: Headways,
}

/// Regularity of a row of departures from one stop.
///
/// With actual headways h and scheduled headways H: mean, `cv = sd(h) / mean(h)`, actual wait `Σh² / 2Σh`, scheduled
/// wait `ΣH² / 2ΣH`, and excess wait their difference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Headways {
    /// Number of headways.
    pub count: u32,
    /// Mean headway.
    pub mean_s: f64,
    /// Coefficient of variation.
    pub cv: f64,
    /// Mean wait of passengers who come without looking at the timetable.
    pub wait_s: f64,
    /// The same, had the timetable been kept.
    pub wait_s_scheduled: f64,
}

impl Headways {
    /// Wait that is due to irregularity.
    pub fn excess_wait_s(&self) -> f64 {
        self.wait_s - self.wait_s_scheduled
    }
}

/// What became of a trip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TripOutcome {
    /// Its time has not come.
    #[default]
    Planned,
    /// On its way when the part played ended.
    Underway,
    /// It reached its last stop.
    Finished,
    /// Nobody could run it.
    Cancelled,
    /// It began and could not be ended.
    BrokenOff,
}

/// One trip of the timetable.
#[derive(Clone, Debug, PartialEq)]
pub struct TripMeasures {
    /// GTFS `trip_id`.
    pub id: String,
    /// Index into [`DayMeasures::patterns`].
    pub pattern: usize,
    /// Index into [`DayMeasures::vehicles`], once one is given to it.
    pub vehicle: Option<usize>,
    /// What became of it.
    pub outcome: TripOutcome,
    /// Its calls at stops, in order.
    pub calls: Vec<Call>,
    /// (seconds after midnight, distance from the first stop), a sample every 10 s and at each arrival and departure.
    pub trajectory: Vec<(f64, f64)>,
    /// Energy drawn on the way.
    pub energy_wh: f64,
}

impl TripMeasures {
    /// First departure to last arrival, if both happened.
    pub fn run_time_s(&self) -> Option<f64> {
        Some(self.calls.last()?.arrival_s? - self.calls.first()?.departure_s?)
    }
}

/// A call of a trip at a stop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Call {
    /// Index into [`DayMeasures::stops`].
    pub stop: usize,
    /// Distance from the first stop.
    pub distance_m: f64,
    /// The timetable's arrival.
    pub arrival_s_scheduled: f64,
    /// The timetable's departure.
    pub departure_s_scheduled: f64,
    /// Never left before its time.
    pub is_timing_point: bool,
    /// When it came to a stand, doors about to open.
    pub arrival_s: Option<f64>,
    /// When it was told to drive on, doors about to close.
    pub departure_s: Option<f64>,
    /// How long it waited for its time, ready to go.
    pub held_s: f64,
    /// Got on.
    pub boarded: u32,
    /// Got off.
    pub alighted: u32,
    /// Could not get on because it was full.
    pub left_behind: u32,
    /// On board when it left.
    pub load: u32,
    /// How it came to stand.
    pub docking: Option<Dock>,
}

/// How a vehicle came to stand at a halt.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dock {
    /// Front bumper past the mark (positive) or short of it.
    pub along_m: f64,
    /// From the vehicle's side, at the middle of its wheelbase, to the kerb.
    pub kerb_gap_m: f64,
    /// Angle to the kerb.
    pub heading_rad: f64,
}

/// How well the timetable was kept.
///
/// Departures count at timing points other than the last of a trip; arrivals count at the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Punctuality {
    /// Departures more than [`EARLY_S`] early.
    pub early: u32,
    /// Departures within the window.
    pub on_time: u32,
    /// Departures more than [`LATE_S`] late.
    pub late: u32,
    /// Departure minus schedule, seconds, positive late.
    pub departure_deviation_s: Distribution,
    /// Arrival at the last stop minus schedule, seconds, positive late.
    pub arrival_deviation_s: Distribution,
}

impl Punctuality {
    /// Shares (early, on time, late) of all departures measured, if there are any.
    pub fn shares(&self) -> Option<[f64; 3]> {
        let all = self.early + self.on_time + self.late;
        (all > 0).then(|| [self.early, self.on_time, self.late].map(|n| f64::from(n) / f64::from(all)))
    }
}

/// Passengers of the line. `arrived = walking + waiting + riding + done + gave_up` at any time.
#[derive(Clone, Debug, PartialEq)]
pub struct PassengerMeasures {
    /// Set out for a stop.
    pub arrived: u32,
    /// On the way to the platform at the end.
    pub walking: u32,
    /// At the platform at the end.
    pub waiting: u32,
    /// On board at the end.
    pub riding: u32,
    /// Alighted.
    pub done: u32,
    /// Went home after an hour's wait.
    pub gave_up: u32,
    /// Boarded.
    pub boarded: u32,
    /// Times a passenger saw a vehicle leave because it was full.
    pub left_behind: u32,
    /// Passengers who saw at least one vehicle leave.
    pub left_behind_once: u32,
    /// Waiting time of those who boarded, seconds.
    pub waiting_s: Distribution,
    /// Time on board of those who alighted, seconds.
    pub riding_s: Distribution,
    /// Arrivals by hour of the service day: index 5 is 05:00 to 06:00, up to 47.
    pub arrived_by_hour: Vec<u32>,
}

/// How the ride felt. Percentiles are over time in motion.
#[derive(Clone, Debug, PartialEq)]
pub struct Comfort {
    /// Forward acceleration, m/s², braking negative.
    pub acceleration_mps2: Distribution,
    /// Magnitude of lateral acceleration, m/s².
    pub lateral_acceleration_mps2: Distribution,
    /// Magnitude of jerk along the heading, m/s³.
    pub jerk_mps3: Distribution,
    /// Spells with |acceleration| above [`COMFORT_LIMIT`] m/s².
    pub acceleration_events: u32,
    /// Spells with lateral acceleration above [`COMFORT_LIMIT`] m/s².
    pub lateral_events: u32,
    /// Spells with |jerk| above [`COMFORT_LIMIT`] m/s³.
    pub jerk_events: u32,
    /// Spells of braking harder than 3 m/s².
    pub hard_braking_events: u32,
}

/// How the fleet came to stand at stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Docking {
    /// Magnitude of the error along the kerb, m.
    pub along_m: Distribution,
    /// Gap to the kerb, m.
    pub kerb_gap_m: Distribution,
    /// Times the target was met: 0.30 m along and 0 to 0.15 m to the kerb.
    pub within_target: u32,
    /// The site's map gives no kerb (a stop matched to a bare lane): gaps are to the lane's edge.
    pub kerb_is_assumed: bool,
}

/// How near it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Safety {
    /// The closest approaches, nearest first, at most [`CLOSEST_APPROACHES`].
    pub closest_approaches: Vec<Approach>,
    /// Smallest time to collision.
    pub time_to_collision_s_min: Option<f64>,
    /// When and where that was.
    pub time_to_collision_at: Option<Incident>,
    /// Times to collision below 10 s, by tick, seconds.
    pub time_to_collision_s: Distribution,
    /// Touches of any other body; people who touch a standing vehicle (at its door) are left out.
    pub collisions: Incidents,
}

/// A closest approach: the local minimum of the gap to one other body while moving faster than 0.5 m/s.
#[derive(Clone, Debug, PartialEq)]
pub struct Approach {
    /// Gap between the two bodies.
    pub gap_m: f64,
    /// Seconds after midnight.
    pub clock_s: f64,
    /// Index into [`DayMeasures::vehicles`].
    pub vehicle: usize,
    /// What the other was, in a word (`car`, `pedestrian`, ...).
    pub rival: String,
    /// The vehicle's own speed then.
    pub speed_mps: f64,
    /// Where the vehicle was.
    pub x_m: f64,
    /// Where the vehicle was.
    pub y_m: f64,
}

/// Incidents of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    /// All of them.
    pub count: u32,
    /// The first [`INCIDENTS_KEPT`].
    pub kept: Vec<Incident>,
}

/// Something that happened at a time and place.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Seconds after midnight.
    pub clock_s: f64,
    /// Index into [`DayMeasures::vehicles`].
    pub vehicle: usize,
    /// Where the vehicle was.
    pub x_m: f64,
    /// Where the vehicle was.
    pub y_m: f64,
    /// How long it lasted.
    pub duration_s: f64,
    /// What its driver gave as the reason.
    pub reason: Reason,
}

/// One vehicle over the day.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleMeasures {
    /// Its name.
    pub name: String,
    /// Its data sheet.
    pub sheet: String,
    /// Places for passengers.
    pub places: u32,
    /// Distance driven.
    pub distance_km: f64,
    /// Energy drawn, recuperation subtracted.
    pub energy_kwh: f64,
    /// Energy that chargers put in.
    pub charged_kwh: f64,
    /// (seconds after midnight, state of charge 0 to 1), one a minute.
    pub state_of_charge: Vec<(f64, f64)>,
    /// Lowest state of charge.
    pub state_of_charge_min: f64,
    /// Time in motion.
    pub moving_s: f64,
    /// Time with a trip.
    pub in_service_s: f64,
    /// Time plugged in.
    pub charging_s: f64,
    /// Time out of service by a fault.
    pub fault_s: f64,
    /// Trips it ended.
    pub trips: u32,
}
