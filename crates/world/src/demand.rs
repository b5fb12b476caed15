//! Demand: who wants to go where, hour by hour.
//!
//! In goes a site's `demand/traffic.toml`, or nothing but the network; out come flows: places where vehicles appear,
//! places where they go, vehicles an hour by the hour of day, and what kinds they are. It knows no vehicle on the road.
//!
//! ```text
//! demand_file  traffic.toml, with all its problems gathered        plausible  a day for a map without one
//! ```

#[path = "demand/plausible.rs"]
mod plausible;
#[path = "demand/reader.rs"]
mod reader;

use crate::WorldError;
use crate::frame::ActorKind;
use crate::traffic::KINDS;
use record::Stream;
use road::{EdgeId, RoadNetwork};

/// Who wants to go where, hour by hour.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    pub(crate) flows: Vec<Flow>,
    /// People an hour at a crossing of average attraction, by hour of day.
    pub(crate) walkers_per_h: [f64; 24],
}

/// A place where vehicles appear or which they go to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub edge: EdgeId,
    /// Along the edge; 0 where a road enters the map.
    pub at_m: f64,
    /// A parking place or a driveway beside the road; otherwise the road itself enters or leaves the map here.
    pub is_at_kerb: bool,
}

/// Vehicles from some places to some places.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// Unique; names the flow's luck.
    pub name: String,
    /// Places with weights.
    pub from: Vec<(Place, f64)>,
    pub to: Vec<(Place, f64)>,
    pub vehicles_per_h: [f64; 24],
    /// Shares of the kinds, in the order of [`KINDS`].
    pub shares: [f64; 6],
}

/// The mix of a Chinese new town, in the order of [`KINDS`]: cars, vans, trucks, buses, bicycles, scooters.
pub(crate) const SHARES: [f64; 6] = [0.66, 0.09, 0.05, 0.02, 0.06, 0.12];

/// Share of a day's people and vehicles in each hour: two peaks, at 8 and at 18 o'clock, quiet nights; the peak hour is 1.
pub(crate) const DAY: [f64; 24] = [
    0.06, 0.04, 0.03, 0.03, 0.06, 0.18, 0.48, 0.88, 1.00, 0.78, 0.68, 0.70, 0.72, 0.66, 0.64, 0.68, 0.78, 0.95, 0.92,
    0.66, 0.50, 0.38, 0.22, 0.12,
];

impl Demand {
    /// Reads `traffic.toml`. `file` is only for messages.
    pub fn from_toml(text: &str, file: &str, network: &RoadNetwork) -> Result<Demand, WorldError> {
        reader::read(text, file, network)
    }

    /// A plausible day for a map that comes without one, from the classes of its roads: flows between the map's fringes
    /// and within it, with a morning and an evening peak of about `vehicles_at_peak` vehicles on the road.
    pub fn plausible(network: &RoadNetwork, vehicles_at_peak: f64) -> Demand {
        plausible::plausible(network, vehicles_at_peak)
    }

    /// People an hour who set out on foot to use one crossing (of average attraction) at this time of day, seconds after
    /// midnight. Scaled by nobody else but [`WorldConfiguration::traffic_scale`](crate::WorldConfiguration).
    pub fn walkers_per_crossing_per_h(&self, clock_s: f64) -> f64 {
        by_hour(&self.walkers_per_h, clock_s)
    }
}

impl Flow {
    /// The rate at a time of day.
    pub fn vehicles_per_h_at(&self, clock_s: f64) -> f64 {
        by_hour(&self.vehicles_per_h, clock_s)
    }

    /// From where, to where, by what: always the same number of draws.
    pub fn draw(&self, stream: &mut Stream) -> (Option<Place>, Option<Place>, ActorKind) {
        let from = pick(&self.from, stream.uniform());
        let to = pick(&self.to, stream.uniform());
        let kinds: Vec<(ActorKind, f64)> = KINDS.iter().copied().zip(self.shares).collect();
        (from, to, pick(&kinds, stream.uniform()).unwrap_or(ActorKind::Car))
    }
}

/// The middle of each hour has the hour's value, in between it is linear, so that no hour begins with a jump.
fn by_hour(values: &[f64; 24], clock_s: f64) -> f64 {
    let hour = (clock_s / 3600.0 - 0.5).rem_euclid(24.0);
    let first = (hour as usize).min(23);
    let share = hour - first as f64;
    values[first] * (1.0 - share) + values[(first + 1) % 24] * share
}

/// One of some things with weights, by a number of 0..1.
fn pick<T: Copy>(choices: &[(T, f64)], share: f64) -> Option<T> {
    let total: f64 = choices.iter().map(|choice| choice.1).sum();
    let mut left = share * total;
    for &(thing, weight) in choices {
        left -= weight;
        if left < 0.0 {
            return Some(thing);
        }
    }
    choices.last().map(|choice| choice.0)
}
