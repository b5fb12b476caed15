//! What all experiments do with a road: fill it, play it, count who passes where.

use crate::microscopic::{Settings, Simulation};
use crate::sumo::{SourceFile, StreetNetwork, StreetPlan, SumoDemand};
use crate::{Weather, WorldError};
use record::Seed;
use std::sync::Arc;

/// Who drives, by which luck, in which weather.
#[derive(Clone, Copy)]
pub(super) struct Maker<'a> {
    /// Attributes of the `<vType>` `car`.
    pub driver: &'a str,
    pub seed: Seed,
    pub weather: Weather,
}

/// A road with its traffic.
pub(super) struct Road {
    pub network: Arc<StreetNetwork>,
    pub simulation: Simulation,
}

/// Somebody's front has passed the end of a street.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    /// When, seconds.
    pub at_s: f64,
    pub lane: u32,
}

impl Maker<'_> {
    /// A road with the vehicles and flows of `demand`, elements of a route file; the types are `car` and, as SUMO has
    /// it, `truck`.
    pub(super) fn road(&self, plan: &StreetPlan, demand: &str) -> Result<Road, WorldError> {
        let file = |name: &str, text: String| SourceFile {
            name: name.to_owned(),
            text,
        };
        let mut network = StreetNetwork::read(&file("experiment.net.xml", plan.net()))?;
        let routes = format!(
            "<routes>\n<vType id=\"car\" {0}/>\n<vType id=\"truck\" vClass=\"truck\" {0}/>\n{demand}</routes>\n",
            self.driver
        );
        let demand = SumoDemand::read(&mut network, &[file("experiment.rou.xml", routes)], self.seed)?;
        let network = Arc::new(network);
        let settings = Settings {
            seed: self.seed,
            weather: self.weather,
            ..Settings::default()
        };
        Ok(Road {
            simulation: Simulation::new(Arc::clone(&network), Arc::new(demand), settings)?,
            network,
        })
    }
}

impl Road {
    /// Plays until `end_s` and tells who passes the end of each of `streets`, in the order of time.
    pub(super) fn passages(&mut self, streets: &[&str], end_s: f64) -> Vec<Passage> {
        let edges: Vec<Option<u32>> = streets.iter().map(|id| self.network.edge_named(id)).collect();
        let mut before = vec![None; self.simulation.trips().len()];
        let mut passages = Vec::new();
        while self.simulation.now_s() < end_s && !self.simulation.is_over() {
            self.simulation.step();
            let now_s = self.simulation.now_s();
            for seen in self.simulation.vehicles() {
                let old = before[seen.departure as usize].replace(seen.lane);
                let Some(old) = old.filter(|&old| old != seen.lane) else {
                    continue;
                };
                let (left, entered) = (
                    self.network.lanes[old as usize].edge,
                    self.network.lanes[seen.lane as usize].edge,
                );
                if left != entered && edges.contains(&Some(left)) {
                    // Its front has gone so far since it passed the line.
                    let since_s = (seen.at_m / seen.speed_mps.max(0.1)).min(1.0);
                    passages.push(Passage {
                        at_s: now_s - since_s,
                        lane: old,
                    });
                }
            }
        }
        passages.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        passages
    }
}

/// Mean of values; not a number without any.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Slope and offset of the straight line nearest to points (least squares).
pub(super) fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (x / count, y / count);
    let (xy, xx) = points.iter().fold((0.0, 0.0), |sum, point| {
        (
            sum.0 + (point.0 - x) * (point.1 - y),
            sum.1 + (point.0 - x) * (point.0 - x),
        )
    });
    let slope = xy / xx;
    (slope, y - slope * x)
}
