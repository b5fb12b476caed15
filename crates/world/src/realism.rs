//! Whether large traffic is as real traffic is: standard experiments, beside what has been published of real roads.
//!
//! In goes a kind of driver; out comes a [`Study`]: figures with the range that is published for each and its source, and
//! the curves behind them. Every experiment is a road drawn by a [`StreetPlan`](crate::sumo::StreetPlan), filled with
//! traffic and watched; what is watched is what somebody beside a real road could count. It knows no pictures.
//!
//! ```text
//! ring      a closed road: flow by density, waves     junction   capacities of entries that give way
//! signal    a queue at a light                        freeway    lanes that end, lanes that are changed
//! road      what all of them do with a road
//! ```

mod freeway;
mod junction;
mod ring;
mod road;
mod signal;

use crate::{Weather, WorldError};
use record::Seed;

/// A figure of ours beside what is published.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub name: &'static str,
    /// In what it is counted.
    pub unit: &'static str,
    /// Ours.
    pub value: f64,
    /// The published range.
    pub published: [f64; 2],
    /// Where that is published.
    pub source: &'static str,
}

impl Finding {
    /// It lies in the published range.
    pub fn is_real(&self) -> bool {
        (self.published[0]..=self.published[1]).contains(&self.value)
    }
}

/// A state of a road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Vehicles a kilometre and lane.
    pub density_per_km: f64,
    /// Vehicles an hour and lane.
    pub flow_per_h: f64,
}

/// How many an entry lets through beside others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Those who go first, an hour.
    pub conflicting_per_h: f64,
    /// Those who enter, an hour.
    pub entering_per_h: f64,
    /// What the handbook expects of so many.
    pub published_per_h: f64,
}

/// Experiments with one kind of driver.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// Figures.
    pub findings: Vec<Finding>,
    /// A lane of 100 km/h, by density.
    pub fundamental_diagram: Vec<Flow>,
    /// Seconds between those who leave a signal, by their place in the queue; the first since green.
    pub discharge_s: Vec<f64>,
    /// Entries that give way, by name.
    pub capacities: Vec<(&'static str, Vec<Capacity>)>,
    /// Where two lanes become one: flow beyond it by time, seconds and vehicles an hour.
    pub bottleneck: Vec<(f64, f64)>,
    /// Lane changes a vehicle and kilometre, by the flow of two lanes.
    pub lane_changes: Vec<(f64, f64)>,
}

/// Plays every experiment with vehicles of a `<vType>` whose attributes are `driver`, such as `carFollowModel="Human"`.
pub fn study(driver: &str, seed: Seed) -> Result<Study, WorldError> {
    let weather = Weather::default();
    let road = road::Maker { driver, seed, weather };
    let mut findings = Vec::new();
    let fundamental_diagram = ring::fundamental_diagram(&road)?;
    findings.extend(ring::findings(&fundamental_diagram));
    findings.extend(ring::weather_findings(&road)?);
    let queue = signal::Queue::watch(&road)?;
    findings.extend(queue.findings());
    let capacities = junction::capacities(&road)?;
    findings.extend(junction::findings(&capacities));
    let mut bottlenecks = freeway::bottlenecks(&road)?;
    findings.extend(freeway::drop_finding(&bottlenecks));
    let lane_changes = freeway::lane_changes(&road)?;
    findings.extend(freeway::change_finding(&lane_changes));
    Ok(Study {
        findings,
        fundamental_diagram,
        discharge_s: queue.headways_s,
        capacities,
        bottleneck: bottlenecks.swap_remove(0).flows,
        lane_changes,
    })
}
