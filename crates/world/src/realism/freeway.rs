//! A motorway of two lanes: what it loses where one lane ends once it has broken down, and how often lanes are changed.

use super::Finding;
use super::road::{Maker, mean};
use crate::WorldError;
use crate::sumo::{Control, StreetPlan};
use record::Seed;

const LIMIT_MPS: f64 = 27.78;
/// Flows are told over so many seconds.
const INTERVAL_S: f64 = 300.0;
/// Slower than this before the bottleneck, traffic has broken down.
const BROKEN_MPS: f64 = 14.0;

pub(super) struct Bottleneck {
    /// Time and flow beyond it, an hour.
    pub flows: Vec<(f64, f64)>,
    /// When it broke down.
    broken_s: Option<f64>,
}

/// Days that the bottleneck is played.
const DAYS: u64 = 6;

/// The bottleneck on several days.
pub(super) fn bottlenecks(maker: &Maker) -> Result<Vec<Bottleneck>, WorldError> {
    let day = |day: u64| {
        bottleneck(&Maker {
            seed: Seed(maker.seed.0.wrapping_add(day)),
            ..*maker
        })
    };
    (0..DAYS).map(day).collect()
}

/// Demand grows from 1,000 to 2,800 an hour within an hour and a half, and stays there for an hour.
fn bottleneck(maker: &Maker) -> Result<Bottleneck, WorldError> {
    let mut plan = StreetPlan::default();
    let places = [0.0, 2000.0, 2500.0, 4000.0].map(|x| plan.place([x, 0.0], Control::Priority));
    plan.street("far", [places[0], places[1]], 2, LIMIT_MPS, 1);
    plan.street("near", [places[1], places[2]], 2, LIMIT_MPS, 1);
    plan.street("beyond", [places[2], places[3]], 1, LIMIT_MPS, 1);
    let mut demand = String::new();
    let intervals = (9000.0 / INTERVAL_S) as usize;
    for interval in 0..intervals {
        let begin_s = interval as f64 * INTERVAL_S;
        let per_h = 1000.0 + 1800.0 * (begin_s / 5400.0).min(1.0);
        demand += &format!(
            "<flow id=\"f{interval}\" type=\"car\" begin=\"{begin_s}\" end=\"{}\" period=\"exp({})\" departLane=\"free\" departSpeed=\"max\"><route edges=\"far near beyond\"/></flow>\n",
            begin_s + INTERVAL_S,
            per_h / 3600.0
        );
    }
    let mut road = maker.road(&plan, &demand)?;
    let near = road.network.edge_named("near");
    // Since when traffic has been broken down without a pause.
    let (mut flows, mut broken_s) = (Vec::new(), None);
    for interval in 1..=intervals {
        let end_s = interval as f64 * INTERVAL_S;
        let passed = road.passages(&["near"], end_s).len();
        flows.push((end_s - 0.5 * INTERVAL_S, passed as f64 / INTERVAL_S * 3600.0));
        let speeds: Vec<f64> = road
            .simulation
            .vehicles()
            .filter(|seen| Some(road.network.lanes[seen.lane as usize].edge) == near)
            .map(|seen| seen.speed_mps)
            .collect();
        if speeds.len() > 5 && mean(&speeds) < BROKEN_MPS {
            broken_s = broken_s.or(Some(end_s));
        } else {
            broken_s = None;
        }
    }
    Ok(Bottleneck { flows, broken_s })
}

/// What is lost, over several days; a day on which nothing broke down tells nothing.
pub(super) fn drop_finding(days: &[Bottleneck]) -> Option<Finding> {
    let lost = |day: &Bottleneck| {
        let broken_s = day.broken_s?;
        let (before, after): (Vec<_>, Vec<_>) = day.flows.iter().partition(|&&(at_s, _)| at_s < broken_s);
        let most = before.iter().map(|&(_, flow)| flow).fold(0.0, f64::max);
        let after: Vec<f64> = after.iter().skip(1).map(|&(_, flow)| flow).collect();
        Some(100.0 * (1.0 - mean(&after) / most))
    };
    let lost: Vec<f64> = days.iter().filter_map(lost).collect();
    (!lost.is_empty()).then(|| Finding {
        name: "capacity lost by a breakdown where a lane ends",
        unit: "%",
        value: mean(&lost),
        published: [3.0, 18.0],
        source: "Chung, Rudjanakanoknad, Cassidy, Transportation Research B 41 (2007)",
    })
}

/// Changes a vehicle and kilometre on 4 km, a tenth of all trucks, by flow on both lanes.
pub(super) fn lane_changes(maker: &Maker) -> Result<Vec<(f64, f64)>, WorldError> {
    let mut plan = StreetPlan::default();
    let ends = [0.0, 4000.0].map(|x| plan.place([x, 0.0], Control::Priority));
    plan.street("road", ends, 2, LIMIT_MPS, 1);
    [600.0, 1200.0, 1800.0, 2400.0, 3000.0]
        .iter()
        .map(|&per_h| {
            let flow = |id: &str, share: f64| {
                format!(
                    "<flow id=\"{id}\" type=\"{id}\" begin=\"0\" end=\"1800\" period=\"exp({})\" departLane=\"free\" departSpeed=\"max\"><route edges=\"road\"/></flow>\n",
                    share * per_h / 3600.0
                )
            };
            let mut road = maker.road(&plan, &(flow("car", 0.9) + &flow("truck", 0.1)))?;
            while !road.simulation.is_over() {
                road.simulation.step();
            }
            let trips = road.simulation.trips();
            let changes: u32 = trips.iter().map(|trip| u32::from(trip.changes)).sum();
            let driven_km: f64 = trips.iter().map(|trip| f64::from(trip.distance_m) * 1e-3).sum();
            Ok((per_h, f64::from(changes) / driven_km))
        })
        .collect()
}

pub(super) fn change_finding(rates: &[(f64, f64)]) -> Option<Finding> {
    let busy = rates.iter().map(|&(_, rate)| rate).reduce(f64::max)?;
    Some(Finding {
        name: "lane changes a vehicle and kilometre, at most",
        unit: "1/km",
        value: busy,
        published: [0.2, 0.8],
        source: "Sparmann, Spurwechselvorgänge auf zweispurigen BAB-Richtungsfahrbahnen (1978)",
    })
}
