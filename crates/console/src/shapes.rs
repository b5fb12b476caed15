//! What answers look like that are built field by field: for the interface's description alone.
//!
//! Each stands for a document that `site`, `run_json` or a room makes; the check of the running server against its own
//! description (`tests/console/interface.sh`) holds the two together.
#![allow(dead_code, reason = "they are described, not made")]

use serde_json::Value;
use utoipa::ToSchema;

/// A point: east, north, up.
type Point = Vec<f64>;

/// What does not change while it is shown.
#[derive(ToSchema)]
pub(crate) struct SiteTold {
    id: String,
    name: String,
    place: String,
    /// The day of service.
    date: String,
    time_zone: String,
    /// The map's digest.
    map: String,
    /// West, south, east, north.
    bounds_m: Vec<f64>,
    line: Option<String>,
    stops: Vec<StopTold>,
    patterns: Vec<PatternTold>,
    trips: Vec<TripTold>,
    vehicles: Vec<FleetVehicleTold>,
    /// Each: x, y, z, heading, 1 if it is for people on foot.
    signals: Vec<Vec<f64>>,
}

/// A stop.
#[derive(ToSchema)]
pub(crate) struct StopTold {
    id: String,
    name: String,
    platform_m: Point,
    at_m: Point,
}

/// A way of a route with its stops.
#[derive(ToSchema)]
pub(crate) struct PatternTold {
    route: String,
    headsign: String,
    colour: String,
    length_m: f64,
    points_m: Vec<Point>,
    /// Each: index of the stop, metres along the way.
    stops: Vec<Vec<f64>>,
}

/// A trip of the plan.
#[derive(ToSchema)]
pub(crate) struct TripTold {
    id: String,
    pattern: usize,
    /// Each: arrival, departure, seconds after midnight.
    calls_s: Vec<Vec<f64>>,
}

/// A vehicle of the fleet.
#[derive(ToSchema)]
pub(crate) struct FleetVehicleTold {
    name: String,
    sheet: String,
    title: String,
    seats: u32,
    /// Length, width, height.
    size_m: Vec<f64>,
    steering_rad_max: f64,
}

/// Scenarios that can be played, and by whom.
#[derive(ToSchema)]
pub(crate) struct ScenariosTold {
    scenarios: Vec<ScenarioTold>,
    drivers: Vec<String>,
}

/// A scenario of the shelf.
#[derive(ToSchema)]
pub(crate) struct ScenarioTold {
    id: String,
    title: String,
    group: String,
}

/// A scenario that was taken in.
#[derive(ToSchema)]
pub(crate) struct OpenedTold {
    id: String,
    title: String,
}

/// A run: who was where, what happened, how near it came.
#[derive(ToSchema)]
pub(crate) struct RunTold {
    name: String,
    title: String,
    driver: String,
    description: String,
    /// The map's digest.
    map: Option<String>,
    end_s: f64,
    has_ended: bool,
    times_s: Vec<f64>,
    actors: Vec<RunActorTold>,
    storyboard: Vec<Value>,
    measures: Vec<Value>,
    curves: Vec<Value>,
    collisions: Vec<Value>,
    parameters: Vec<Value>,
    commands: Vec<Value>,
    notes: Vec<String>,
    warnings: Vec<String>,
    /// Of a campaign's run: its number.
    #[schema(nullable = false)]
    run: Option<u64>,
    /// Of a campaign's run: name, value, unit of each parameter.
    #[schema(nullable = false)]
    values: Option<Vec<Value>>,
    /// Of a campaign's run.
    #[schema(nullable = false)]
    verdicts: Option<Vec<Value>>,
}

/// What one actor did: a value a moment, null where it was not there.
#[derive(ToSchema)]
pub(crate) struct RunActorTold {
    name: String,
    kind: u16,
    size_m: Vec<f64>,
    is_ego: bool,
    x_m: Vec<Option<f64>>,
    y_m: Vec<Option<f64>>,
    z_m: Vec<Option<f64>>,
    heading_rad: Vec<Option<f64>>,
    pitch_rad: Vec<Option<f64>>,
    speed_mps: Vec<Option<f64>>,
}

/// Campaigns of the folder, the newest first.
#[derive(ToSchema)]
pub(crate) struct CampaignsTold {
    folder: String,
    campaigns: Vec<CampaignRowTold>,
}

/// A campaign in a line.
#[derive(ToSchema)]
pub(crate) struct CampaignRowTold {
    name: String,
    suite: Option<String>,
    vehicle: Option<String>,
    driver: Value,
    seed: Value,
    version: Option<String>,
    played: u64,
    planned: u64,
    outcome: Value,
    /// Since something of it was last written.
    idle_s: u64,
}

/// A campaign.
#[derive(ToSchema)]
pub(crate) struct CampaignTold {
    name: String,
    title: String,
    standard: Value,
    notes: Value,
    identity: Value,
    vehicle: String,
    is_done: bool,
    played: u64,
    planned: u64,
    idle_s: u64,
    outcome: Value,
    clauses: Value,
    criteria: Value,
    scenarios: Vec<Value>,
    unavailable: Vec<Value>,
    coverage: Value,
}

/// The runs of a scenario as points.
#[derive(ToSchema)]
pub(crate) struct PointsTold {
    id: String,
    parameters: Vec<Value>,
    references: Vec<String>,
    /// Every so many runs is a point.
    every: u64,
    /// Each: run, decision, margin, values, which reference drivers avoided it.
    points: Vec<Value>,
}

/// Two campaigns of a suite beside each other.
#[derive(ToSchema)]
pub(crate) struct ComparisonTold {
    now: String,
    before: String,
    drivers: Vec<Value>,
    scenarios: Vec<Value>,
}

/// A record beside its evidence.
#[derive(ToSchema)]
pub(crate) struct VerifiedTold {
    digest: String,
    files: u64,
    bytes: u64,
    differences: Vec<Value>,
}

/// The ledger at a glance.
#[derive(ToSchema)]
pub(crate) struct LedgerTold {
    folder: String,
    origin: String,
    chain: String,
    suite: Value,
    now_ms: u64,
    height: Option<u64>,
    counts: Value,
    parties: Vec<Value>,
    blocks: Vec<Value>,
    states: Vec<String>,
    permits: Vec<Value>,
    evidence: Vec<Value>,
    accounts: Vec<Value>,
    currencies: Vec<Value>,
}

/// Roads with their links.
#[derive(ToSchema)]
pub(crate) struct CoverTold {
    /// Of each lane, samples: x, y, dB, Mbit/s down and up, ms up, shares in time up and down, cell.
    lanes: Vec<Vec<LinkTold>>,
    masts: Vec<Value>,
    cells: Vec<String>,
    figures: Value,
    budget: Value,
    bounds_m: Vec<f64>,
}

/// x, y, dB, Mbit/s down and up, ms up, shares in time up and down, cell; null where there is no link.
type LinkTold = Vec<Option<f64>>;

/// The link at a place.
#[derive(ToSchema)]
pub(crate) struct PlaceTold {
    link: LinkTold,
    cell: Option<String>,
    holds: bool,
    down_p99_ms: Option<f64>,
}

/// The messages of a capture.
#[derive(ToSchema)]
pub(crate) struct DecodedTold {
    packets: u64,
    kinds: Value,
    others: u64,
    malformed: u64,
    messages: Vec<Value>,
    faults: Vec<Value>,
}
