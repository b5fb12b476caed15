//! Demand: who wants to go where, hour by hour.

use crate::WorldError;
use road::RoadNetwork;

/// Who wants to go where, hour by hour.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    _private: (),
}

#[expect(clippy::todo, unused_variables, reason = "bodies land next")]
impl Demand {
    /// Reads `traffic.toml`. `file` is only for messages.
    pub fn from_toml(text: &str, file: &str, network: &RoadNetwork) -> Result<Demand, WorldError> {
        todo!()
    }
    /// A plausible day for a map that comes without one, from the classes of its roads: flows between the map's fringes
    /// and within it, with a morning and an evening peak of about `vehicles_at_peak` vehicles on the road.
    pub fn plausible(network: &RoadNetwork, vehicles_at_peak: f64) -> Demand {
        todo!()
    }
    /// People an hour who set out on foot to use one crossing (of average attraction) at this time of day, seconds after
    /// midnight. Scaled by nobody else but [`WorldConfiguration::traffic_scale`].
    pub fn walkers_per_crossing_per_h(&self, clock_s: f64) -> f64 {
        todo!()
    }
}
