//! Generated from `schemas/westline.proto`; see the module above.

/// Everyone who moves and every light, at one tick. Columns of equal length, one row an actor, sorted by id: a third of
/// the bytes of a message per actor, and a table for whoever reads it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Frame {
    /// Number of the actor, given once in a run and never again.
    #[prost(uint32, repeated, tag = "1")]
    pub id: ::prost::alloc::vec::Vec<u32>,
    /// Row of `shapes` that describes its body.
    #[prost(uint32, repeated, tag = "2")]
    pub shape: ::prost::alloc::vec::Vec<u32>,
    /// Middle of its box, east of the map's origin, in millimetres.
    #[prost(sint32, repeated, tag = "3")]
    pub x_mm: ::prost::alloc::vec::Vec<i32>,
    /// Middle of its box, north of the map's origin, in millimetres.
    #[prost(sint32, repeated, tag = "4")]
    pub y_mm: ::prost::alloc::vec::Vec<i32>,
    /// The ground under it, above the map's datum, in millimetres.
    #[prost(sint32, repeated, tag = "5")]
    pub z_mm: ::prost::alloc::vec::Vec<i32>,
    /// Heading in tenths of a milliradian, -31416 to 31416.
    #[prost(sint32, repeated, tag = "6")]
    pub heading_e4_rad: ::prost::alloc::vec::Vec<i32>,
    /// Speed along its heading, in millimetres per second.
    #[prost(sint32, repeated, tag = "7")]
    pub speed_mm_per_s: ::prost::alloc::vec::Vec<i32>,
    /// Acceleration along its heading, in millimetres per second squared.
    #[prost(sint32, repeated, tag = "8")]
    pub acceleration_mm_per_s2: ::prost::alloc::vec::Vec<i32>,
    /// Turn indicators.
    #[prost(enumeration = "Indicator", repeated, tag = "9")]
    pub indicator: ::prost::alloc::vec::Vec<i32>,
    /// The bodies that occur in this frame.
    #[prost(message, repeated, tag = "10")]
    pub shapes: ::prost::alloc::vec::Vec<Shape>,
    /// Every light's colour, by the map's number of the light. Empty where the colours go into SignalStates.
    #[prost(enumeration = "SignalColour", repeated, tag = "11")]
    pub signal: ::prost::alloc::vec::Vec<i32>,
}
/// A kind of actor with its box.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Shape {
    /// What it is.
    #[prost(enumeration = "ActorKind", tag = "1")]
    pub kind: i32,
    /// Length of its box, in millimetres.
    #[prost(uint32, tag = "2")]
    pub length_mm: u32,
    /// Width of its box, in millimetres.
    #[prost(uint32, tag = "3")]
    pub width_mm: u32,
    /// Height of its box, in millimetres.
    #[prost(uint32, tag = "4")]
    pub height_mm: u32,
}
/// Lights that changed, with the colour that they show from now on; the first one of a recording tells all.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SignalStates {
    /// The map's numbers of the lights.
    #[prost(uint32, repeated, tag = "1")]
    pub signal: ::prost::alloc::vec::Vec<u32>,
    /// Their colours, row by row.
    #[prost(enumeration = "SignalColour", repeated, tag = "2")]
    pub colour: ::prost::alloc::vec::Vec<i32>,
}
/// A vehicle under test, as a control room sees it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct VehicleState {
    /// Its name in the fleet.
    #[prost(string, tag = "1")]
    pub vehicle: ::prost::alloc::string::String,
    /// Middle of the rear axle, east of the map's origin.
    #[prost(double, tag = "2")]
    pub x_m: f64,
    /// Middle of the rear axle, north of the map's origin.
    #[prost(double, tag = "3")]
    pub y_m: f64,
    /// The ground under it, above the map's datum.
    #[prost(double, tag = "4")]
    pub z_m: f64,
    /// Heading.
    #[prost(double, tag = "5")]
    pub heading_rad: f64,
    /// Nose up.
    #[prost(double, tag = "6")]
    pub pitch_rad: f64,
    /// Speed along its heading.
    #[prost(double, tag = "7")]
    pub speed_mps: f64,
    /// Acceleration along its heading.
    #[prost(double, tag = "8")]
    pub acceleration_mps2: f64,
    /// Acceleration to its left.
    #[prost(double, tag = "9")]
    pub lateral_acceleration_mps2: f64,
    /// Front wheels, to the left.
    #[prost(double, tag = "10")]
    pub steering_rad: f64,
    /// Charge of its battery, 0 to 1.
    #[prost(double, tag = "11")]
    pub state_of_charge: f64,
    /// People on board.
    #[prost(uint32, tag = "12")]
    pub passengers: u32,
    /// What governs its speed, in one word: cruise, follow, signal, yield, crossing, halt ...
    #[prost(string, tag = "13")]
    pub reason: ::prost::alloc::string::String,
    /// Who or what it minds, if anyone.
    #[prost(string, tag = "14")]
    pub rival: ::prost::alloc::string::String,
    /// The trip it runs, if any.
    #[prost(string, tag = "15")]
    pub trip_id: ::prost::alloc::string::String,
    /// The stop it stands at or goes to, if any.
    #[prost(string, tag = "16")]
    pub next_stop_id: ::prost::alloc::string::String,
    /// Against the timetable, positive late.
    #[prost(double, optional, tag = "17")]
    pub delay_s: ::core::option::Option<f64>,
    /// Distance driven since the start.
    #[prost(double, tag = "18")]
    pub odometer_m: f64,
    /// Energy drawn from the battery since the start, recuperation subtracted.
    #[prost(double, tag = "19")]
    pub energy_wh: f64,
    /// Smallest gap between its body and any other, if one is near.
    #[prost(double, optional, tag = "20")]
    pub gap_m: ::core::option::Option<f64>,
    /// Smallest time to collision with anyone on its path, if any closes in.
    #[prost(double, optional, tag = "21")]
    pub time_to_collision_s: ::core::option::Option<f64>,
}
/// Something that happened to a trip, a vehicle or passengers.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ServiceEvent {
    /// What.
    #[prost(enumeration = "ServiceEventKind", tag = "1")]
    pub kind: i32,
    /// Time of day, seconds after midnight of the service day.
    #[prost(double, tag = "2")]
    pub clock_s: f64,
    /// The vehicle's name in the fleet, if one is concerned.
    #[prost(string, tag = "3")]
    pub vehicle: ::prost::alloc::string::String,
    /// The trip, if one is concerned.
    #[prost(string, tag = "4")]
    pub trip_id: ::prost::alloc::string::String,
    /// The stop, if one is concerned.
    #[prost(string, tag = "5")]
    pub stop_id: ::prost::alloc::string::String,
    /// Against the timetable, positive late.
    #[prost(double, optional, tag = "6")]
    pub delay_s: ::core::option::Option<f64>,
    /// People on board afterwards.
    #[prost(uint32, optional, tag = "7")]
    pub load: ::core::option::Option<u32>,
    /// People who got on.
    #[prost(uint32, optional, tag = "8")]
    pub boarded: ::core::option::Option<u32>,
    /// People who got off.
    #[prost(uint32, optional, tag = "9")]
    pub alighted: ::core::option::Option<u32>,
    /// People who could not get on.
    #[prost(uint32, optional, tag = "10")]
    pub left_behind: ::core::option::Option<u32>,
    /// Gap between kerb and door at a stop, in metres.
    #[prost(double, optional, tag = "11")]
    pub kerb_gap_m: ::core::option::Option<f64>,
    /// Distance along the kerb from where the vehicle should stand, positive too far, in metres.
    #[prost(double, optional, tag = "12")]
    pub along_m: ::core::option::Option<f64>,
    /// Charge of the battery, 0 to 1.
    #[prost(double, optional, tag = "13")]
    pub state_of_charge: ::core::option::Option<f64>,
    /// The rest, in words: why a trip is cancelled, what broke.
    #[prost(string, tag = "14")]
    pub detail: ::prost::alloc::string::String,
}
/// One number that was measured.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Measure {
    /// Name, lower case with dots: waiting.mean, punctuality.share.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    /// Unit as people write it: s, m, km/h, 1.
    #[prost(string, tag = "2")]
    pub unit: ::prost::alloc::string::String,
    /// The number.
    #[prost(double, tag = "3")]
    pub value: f64,
    /// What it was measured of: a stop, a trip, a vehicle; empty for all.
    #[prost(string, tag = "4")]
    pub of: ::prost::alloc::string::String,
    /// Its name.
    #[prost(string, tag = "5")]
    pub subject: ::prost::alloc::string::String,
}
/// What a vehicle's driver decided in a cycle, and why.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Decision {
    /// Its name in the fleet.
    #[prost(string, tag = "1")]
    pub vehicle: ::prost::alloc::string::String,
    /// What governs its speed, in one word.
    #[prost(string, tag = "2")]
    pub reason: ::prost::alloc::string::String,
    /// Own speed, as it believes it.
    #[prost(float, tag = "3")]
    pub speed_mps: f32,
    /// The speed that it aims at.
    #[prost(float, tag = "4")]
    pub speed_mps_target: f32,
    /// The acceleration that it decided on.
    #[prost(float, tag = "5")]
    pub acceleration_mps2: f32,
    /// Comfort does not count now.
    #[prost(bool, tag = "6")]
    pub is_urgent: bool,
    /// What each reason would have allowed; the lowest acceleration is the plan.
    #[prost(message, repeated, tag = "7")]
    pub limits: ::prost::alloc::vec::Vec<DecisionLimit>,
    /// Whom it minds, the most limiting first.
    #[prost(message, repeated, tag = "8")]
    pub rivals: ::prost::alloc::vec::Vec<DecisionRival>,
    /// Bumper to bumper to whoever is on its path.
    #[prost(float, optional, tag = "9")]
    pub gap_m: ::core::option::Option<f32>,
    /// The same in time.
    #[prost(float, optional, tag = "10")]
    pub headway_s: ::core::option::Option<f32>,
    /// Until they would touch.
    #[prost(float, optional, tag = "11")]
    pub time_to_collision_s: ::core::option::Option<f32>,
    /// To the next stop line.
    #[prost(float, optional, tag = "12")]
    pub stop_line_m: ::core::option::Option<f32>,
    /// Manoeuvres that were wished for and turned down.
    #[prost(message, repeated, tag = "13")]
    pub refusals: ::prost::alloc::vec::Vec<DecisionRefusal>,
    /// The light that it minds, the map's number.
    #[prost(uint32, optional, tag = "14")]
    pub signal: ::core::option::Option<u32>,
    /// The crossing that it minds, the map's number.
    #[prost(uint32, optional, tag = "15")]
    pub crossing: ::core::option::Option<u32>,
    /// Whether a continuation to safety is proved against all that others may do lawfully.
    #[prost(message, optional, tag = "16")]
    pub lawful: ::core::option::Option<DecisionProof>,
    /// The same against all that they can do.
    #[prost(message, optional, tag = "17")]
    pub physical: ::core::option::Option<DecisionProof>,
    /// Assumptions about others that somebody broke in this cycle.
    #[prost(string, repeated, tag = "18")]
    pub broken: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    /// How the conditions fit the operational design domain: inside, near or outside, the worst of its attributes.
    #[prost(string, tag = "19")]
    pub odd_fit: ::prost::alloc::string::String,
    /// The attributes that are near a bound or beyond it.
    #[prost(message, repeated, tag = "20")]
    pub odd: ::prost::alloc::vec::Vec<DecisionOdd>,
    /// Where it is on the degradation ladder, if it does not drive as usual.
    #[prost(message, optional, tag = "21")]
    pub ladder: ::core::option::Option<DecisionLadder>,
}
/// An attribute of the operational design domain.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DecisionOdd {
    /// In words: rainfall.
    #[prost(string, tag = "1")]
    pub attribute: ::prost::alloc::string::String,
    /// As known; none if it is not known.
    #[prost(float, optional, tag = "2")]
    pub value: ::core::option::Option<f32>,
    /// Its unit: mm/h.
    #[prost(string, tag = "3")]
    pub unit: ::prost::alloc::string::String,
    /// near or outside.
    #[prost(string, tag = "4")]
    pub fit: ::prost::alloc::string::String,
}
/// A vehicle on the degradation ladder.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DecisionLadder {
    /// The rung: slow, kerb, in_lane, stop_now.
    #[prost(string, tag = "1")]
    pub rung: ::prost::alloc::string::String,
    /// Why, in words.
    #[prost(string, tag = "2")]
    pub cause: ::prost::alloc::string::String,
    /// Time on this rung.
    #[prost(float, tag = "3")]
    pub since_s: f32,
    /// It stands out of the way, at the kerb or at a stop.
    #[prost(bool, tag = "4")]
    pub is_out_of_the_way: bool,
    /// For so long it has stood in a live lane.
    #[prost(float, tag = "5")]
    pub live_lane_s: f32,
    /// What it proposes to its remote supervisor, in words; empty if nothing.
    #[prost(string, tag = "6")]
    pub proposal: ::prost::alloc::string::String,
}
/// What a reason would have allowed.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DecisionLimit {
    /// The reason, in one word.
    #[prost(string, tag = "1")]
    pub reason: ::prost::alloc::string::String,
    /// The acceleration it would have driven at.
    #[prost(float, tag = "2")]
    pub acceleration_mps2: f32,
    /// The speed it aims at.
    #[prost(float, tag = "3")]
    pub speed_mps: f32,
}
/// One whom a driver minds.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DecisionRival {
    /// Its tracker's number for it.
    #[prost(uint32, tag = "1")]
    pub track: u32,
    /// What it is taken for.
    #[prost(string, tag = "2")]
    pub kind: ::prost::alloc::string::String,
    /// Why it is minded.
    #[prost(string, tag = "3")]
    pub reason: ::prost::alloc::string::String,
    /// The acceleration that it leaves.
    #[prost(float, tag = "4")]
    pub acceleration_mps2: f32,
    /// Ahead of the front bumper, negative beside and behind.
    #[prost(float, tag = "5")]
    pub ahead_m: f32,
    /// To the left.
    #[prost(float, tag = "6")]
    pub left_m: f32,
    /// Its speed.
    #[prost(float, tag = "7")]
    pub speed_mps: f32,
    /// Time between the two at the place that both want; negative if both would be there at once.
    #[prost(float, optional, tag = "8")]
    pub margin_s: ::core::option::Option<f32>,
}
/// A manoeuvre that was turned down.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DecisionRefusal {
    /// What was wished for.
    #[prost(string, tag = "1")]
    pub manoeuvre: ::prost::alloc::string::String,
    /// Why it is not done now.
    #[prost(string, tag = "2")]
    pub cause: ::prost::alloc::string::String,
    /// Because of whom.
    #[prost(uint32, optional, tag = "3")]
    pub track: ::core::option::Option<u32>,
}
/// Whether there is a continuation that stays clear of all that others may do.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DecisionProof {
    /// How it goes: brake, clear; empty if there is none.
    #[prost(string, tag = "1")]
    pub continuation: ::prost::alloc::string::String,
    /// Who may be met, if there is none.
    #[prost(uint32, optional, tag = "2")]
    pub track: ::core::option::Option<u32>,
    /// When, from now, if there is none.
    #[prost(float, optional, tag = "3")]
    pub time_s: ::core::option::Option<f32>,
    /// The assumption that this one has broken lately, if any.
    #[prost(string, tag = "4")]
    pub broken: ::prost::alloc::string::String,
}
/// A vehicle's link to its network over a second, and what somebody far away sees of it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LinkState {
    /// The vehicle's name.
    #[prost(string, tag = "1")]
    pub vehicle: ::prost::alloc::string::String,
    /// The serving cell at the second's end; empty in an interruption or after a failure.
    #[prost(string, tag = "2")]
    pub cell: ::prost::alloc::string::String,
    /// Received power of the reference signal.
    #[prost(float, optional, tag = "3")]
    pub rsrp_dbm: ::core::option::Option<f32>,
    /// Signal to interference and noise, to the vehicle.
    #[prost(float, optional, tag = "4")]
    pub sinr_down_db: ::core::option::Option<f32>,
    /// From it.
    #[prost(float, optional, tag = "5")]
    pub sinr_up_db: ::core::option::Option<f32>,
    /// What it could send.
    #[prost(float, optional, tag = "6")]
    pub rate_up_mbps: ::core::option::Option<f32>,
    /// What it could receive.
    #[prost(float, optional, tag = "7")]
    pub rate_down_mbps: ::core::option::Option<f32>,
    /// Frames of its camera whose fate came to be known in this second.
    #[prost(uint32, tag = "8")]
    pub frames: u32,
    /// Of them, seen and answered within the greatest loop time of the site's rules.
    #[prost(uint32, tag = "9")]
    pub frames_in_time: u32,
    /// From the camera's light to the screen's, the median.
    #[prost(float, optional, tag = "10")]
    pub glass_ms: ::core::option::Option<f32>,
    /// From the hand to the wheels, the median.
    #[prost(float, optional, tag = "11")]
    pub command_ms: ::core::option::Option<f32>,
    /// The slowest of these loops.
    #[prost(float, optional, tag = "12")]
    pub loop_ms_max: ::core::option::Option<f32>,
    /// The speed at which the rules would let it be driven from afar here; none if not at all.
    #[prost(float, optional, tag = "13")]
    pub speed_kmh: ::core::option::Option<f32>,
    /// No frame has come for longer than the rules bear.
    #[prost(bool, tag = "14")]
    pub is_lost: bool,
}
/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum ActorKind {
    /// Not told.
    Unspecified = 0,
    /// A passenger car.
    Car = 1,
    /// A delivery van.
    Van = 2,
    /// A lorry.
    Truck = 3,
    /// A city bus in ordinary traffic.
    Bus = 4,
    /// A vehicle under test.
    TestVehicle = 5,
    /// A bicycle with its rider.
    Bicycle = 6,
    /// An electric scooter with its rider.
    Scooter = 7,
    /// A person on foot.
    Pedestrian = 8,
}
impl ActorKind {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "ACTOR_KIND_UNSPECIFIED",
            Self::Car => "ACTOR_KIND_CAR",
            Self::Van => "ACTOR_KIND_VAN",
            Self::Truck => "ACTOR_KIND_TRUCK",
            Self::Bus => "ACTOR_KIND_BUS",
            Self::TestVehicle => "ACTOR_KIND_TEST_VEHICLE",
            Self::Bicycle => "ACTOR_KIND_BICYCLE",
            Self::Scooter => "ACTOR_KIND_SCOOTER",
            Self::Pedestrian => "ACTOR_KIND_PEDESTRIAN",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "ACTOR_KIND_UNSPECIFIED" => Some(Self::Unspecified),
            "ACTOR_KIND_CAR" => Some(Self::Car),
            "ACTOR_KIND_VAN" => Some(Self::Van),
            "ACTOR_KIND_TRUCK" => Some(Self::Truck),
            "ACTOR_KIND_BUS" => Some(Self::Bus),
            "ACTOR_KIND_TEST_VEHICLE" => Some(Self::TestVehicle),
            "ACTOR_KIND_BICYCLE" => Some(Self::Bicycle),
            "ACTOR_KIND_SCOOTER" => Some(Self::Scooter),
            "ACTOR_KIND_PEDESTRIAN" => Some(Self::Pedestrian),
            _ => None,
        }
    }
}
/// Turn indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Indicator {
    /// Off.
    Off = 0,
    /// Left.
    Left = 1,
    /// Right.
    Right = 2,
    /// Both, as a warning.
    Hazard = 3,
}
impl Indicator {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Off => "INDICATOR_OFF",
            Self::Left => "INDICATOR_LEFT",
            Self::Right => "INDICATOR_RIGHT",
            Self::Hazard => "INDICATOR_HAZARD",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "INDICATOR_OFF" => Some(Self::Off),
            "INDICATOR_LEFT" => Some(Self::Left),
            "INDICATOR_RIGHT" => Some(Self::Right),
            "INDICATOR_HAZARD" => Some(Self::Hazard),
            _ => None,
        }
    }
}
/// Colours of lights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum SignalColour {
    /// Stop.
    Red = 0,
    /// Stop if it can be done safely.
    Amber = 1,
    /// Go.
    Green = 2,
    /// Out of order or flashing: the junction's right of way holds.
    Dark = 3,
}
impl SignalColour {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Red => "SIGNAL_COLOUR_RED",
            Self::Amber => "SIGNAL_COLOUR_AMBER",
            Self::Green => "SIGNAL_COLOUR_GREEN",
            Self::Dark => "SIGNAL_COLOUR_DARK",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "SIGNAL_COLOUR_RED" => Some(Self::Red),
            "SIGNAL_COLOUR_AMBER" => Some(Self::Amber),
            "SIGNAL_COLOUR_GREEN" => Some(Self::Green),
            "SIGNAL_COLOUR_DARK" => Some(Self::Dark),
            _ => None,
        }
    }
}
/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum ServiceEventKind {
    /// Not told.
    Unspecified = 0,
    /// A vehicle set out on a trip.
    TripStarted = 1,
    /// It came to stand at a stop.
    Arrived = 2,
    /// It waits for its time.
    Held = 3,
    /// It drove on from a stop.
    Departed = 4,
    /// Someone could not get on because it was full.
    LeftBehind = 5,
    /// A trip reached its last stop.
    TripFinished = 6,
    /// Nobody runs a trip.
    TripCancelled = 7,
    /// Vehicles exchanged the rest of their day.
    TripsExchanged = 8,
    /// Plugged in.
    ChargingStarted = 9,
    /// Unplugged.
    ChargingEnded = 10,
    /// Something broke.
    FaultRaised = 11,
    /// Everything works again.
    FaultCleared = 12,
    /// It stands outside a halt and does not get on.
    Disrupted = 13,
    /// It touched someone or something.
    Collided = 14,
    /// The control room ordered it to a safe stop.
    StopOrdered = 15,
    /// The control room took that order back.
    StopReleased = 16,
    /// A vehicle on its degradation ladder asked the remote supervisor to confirm what it proposes.
    SupervisorAsked = 17,
    /// The remote supervisor confirmed that.
    ProposalConfirmed = 18,
}
impl ServiceEventKind {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unspecified => "SERVICE_EVENT_KIND_UNSPECIFIED",
            Self::TripStarted => "SERVICE_EVENT_KIND_TRIP_STARTED",
            Self::Arrived => "SERVICE_EVENT_KIND_ARRIVED",
            Self::Held => "SERVICE_EVENT_KIND_HELD",
            Self::Departed => "SERVICE_EVENT_KIND_DEPARTED",
            Self::LeftBehind => "SERVICE_EVENT_KIND_LEFT_BEHIND",
            Self::TripFinished => "SERVICE_EVENT_KIND_TRIP_FINISHED",
            Self::TripCancelled => "SERVICE_EVENT_KIND_TRIP_CANCELLED",
            Self::TripsExchanged => "SERVICE_EVENT_KIND_TRIPS_EXCHANGED",
            Self::ChargingStarted => "SERVICE_EVENT_KIND_CHARGING_STARTED",
            Self::ChargingEnded => "SERVICE_EVENT_KIND_CHARGING_ENDED",
            Self::FaultRaised => "SERVICE_EVENT_KIND_FAULT_RAISED",
            Self::FaultCleared => "SERVICE_EVENT_KIND_FAULT_CLEARED",
            Self::Disrupted => "SERVICE_EVENT_KIND_DISRUPTED",
            Self::Collided => "SERVICE_EVENT_KIND_COLLIDED",
            Self::StopOrdered => "SERVICE_EVENT_KIND_STOP_ORDERED",
            Self::StopReleased => "SERVICE_EVENT_KIND_STOP_RELEASED",
            Self::SupervisorAsked => "SERVICE_EVENT_KIND_SUPERVISOR_ASKED",
            Self::ProposalConfirmed => "SERVICE_EVENT_KIND_PROPOSAL_CONFIRMED",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "SERVICE_EVENT_KIND_UNSPECIFIED" => Some(Self::Unspecified),
            "SERVICE_EVENT_KIND_TRIP_STARTED" => Some(Self::TripStarted),
            "SERVICE_EVENT_KIND_ARRIVED" => Some(Self::Arrived),
            "SERVICE_EVENT_KIND_HELD" => Some(Self::Held),
            "SERVICE_EVENT_KIND_DEPARTED" => Some(Self::Departed),
            "SERVICE_EVENT_KIND_LEFT_BEHIND" => Some(Self::LeftBehind),
            "SERVICE_EVENT_KIND_TRIP_FINISHED" => Some(Self::TripFinished),
            "SERVICE_EVENT_KIND_TRIP_CANCELLED" => Some(Self::TripCancelled),
            "SERVICE_EVENT_KIND_TRIPS_EXCHANGED" => Some(Self::TripsExchanged),
            "SERVICE_EVENT_KIND_CHARGING_STARTED" => Some(Self::ChargingStarted),
            "SERVICE_EVENT_KIND_CHARGING_ENDED" => Some(Self::ChargingEnded),
            "SERVICE_EVENT_KIND_FAULT_RAISED" => Some(Self::FaultRaised),
            "SERVICE_EVENT_KIND_FAULT_CLEARED" => Some(Self::FaultCleared),
            "SERVICE_EVENT_KIND_DISRUPTED" => Some(Self::Disrupted),
            "SERVICE_EVENT_KIND_COLLIDED" => Some(Self::Collided),
            "SERVICE_EVENT_KIND_STOP_ORDERED" => Some(Self::StopOrdered),
            "SERVICE_EVENT_KIND_STOP_RELEASED" => Some(Self::StopReleased),
            "SERVICE_EVENT_KIND_SUPERVISOR_ASKED" => Some(Self::SupervisorAsked),
            "SERVICE_EVENT_KIND_PROPOSAL_CONFIRMED" => Some(Self::ProposalConfirmed),
            _ => None,
        }
    }
}
