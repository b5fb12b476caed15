//! Entries that give way: how many get in beside those who go first, at two-way stops and a roundabout.
//!
//! What is expected: Highway Capacity Manual, potential capacity of a movement with a critical gap and a follow-up time
//! (Siegloch 1973, Harders 1968), and its curve for roundabouts of a single lane.

use super::road::{Maker, mean};
use super::{Capacity, Finding};
use crate::WorldError;
use crate::sumo::{Control, StreetPlan};
use libm::exp;

const LIMIT_MPS: f64 = 13.89;
const WARM_UP_S: f64 = 300.0;
const END_S: f64 = 3900.0;
const CONFLICTING_PER_H: [f64; 6] = [100.0, 300.0, 500.0, 700.0, 900.0, 1100.0];

/// A movement that gives way.
struct Movement {
    name: &'static str,
    /// The street that it comes from.
    entry: &'static str,
    /// The way of those who want in.
    way: &'static str,
    /// The ways of those who go first, half of them on each.
    first: [&'static str; 2],
    critical_gap_s: f64,
    follow_up_s: f64,
}

const STOPS: [Movement; 3] = [
    Movement {
        name: "left turn from a main road",
        entry: "east_in",
        way: "east_in south_out",
        first: ["west_in east_out", "west_in east_out"],
        critical_gap_s: 4.1,
        follow_up_s: 2.2,
    },
    Movement {
        name: "right turn from a stop",
        entry: "south_in",
        way: "south_in east_out",
        first: ["west_in east_out", "west_in east_out"],
        critical_gap_s: 6.2,
        follow_up_s: 3.3,
    },
    Movement {
        name: "left turn from a stop",
        entry: "south_in",
        way: "south_in west_out",
        first: ["west_in east_out", "east_in west_out"],
        critical_gap_s: 7.1,
        follow_up_s: 3.5,
    },
];
const ROUNDABOUT: &str = "entry of a roundabout";

pub(super) fn capacities(maker: &Maker) -> Result<Vec<(&'static str, Vec<Capacity>)>, WorldError> {
    let stop = two_way_stop();
    let mut curves = Vec::new();
    for movement in &STOPS {
        let curve = CONFLICTING_PER_H.iter().map(|&conflicting_per_h| {
            let mut demand = wanting_in(movement.way);
            for (index, way) in movement.first.iter().enumerate() {
                demand += &others(&format!("o{index}"), way, 0.5 * conflicting_per_h);
            }
            let mut road = maker.road(&stop, &demand)?;
            let count = road
                .passages(&[movement.entry], END_S)
                .iter()
                .filter(|passage| passage.at_s > WARM_UP_S)
                .count();
            let per_s = conflicting_per_h / 3600.0;
            Ok(Capacity {
                conflicting_per_h,
                entering_per_h: count as f64 / (END_S - WARM_UP_S) * 3600.0,
                published_per_h: conflicting_per_h * exp(-per_s * movement.critical_gap_s)
                    / (1.0 - exp(-per_s * movement.follow_up_s)),
            })
        });
        curves.push((movement.name, curve.collect::<Result<_, WorldError>>()?));
    }
    let roundabout = roundabout();
    let curve = CONFLICTING_PER_H.iter().map(|&conflicting_per_h| {
        let demand = wanting_in("in0 ring0 out1") + &others("o", "in3 ring3 ring0 out1", conflicting_per_h);
        let mut road = maker.road(&roundabout, &demand)?;
        let passages = road.passages(&["in0", "ring3"], END_S);
        let per_h = |street: &str| {
            let edge = road.network.edge_named(street);
            let is_there = |lane: u32| Some(road.network.lanes[lane as usize].edge) == edge;
            let passed = passages
                .iter()
                .filter(|passage| passage.at_s > WARM_UP_S && is_there(passage.lane));
            passed.count() as f64 / (END_S - WARM_UP_S) * 3600.0
        };
        // Those on the ring are counted: not all who want to get there.
        let conflicting_per_h = per_h("ring3");
        Ok(Capacity {
            conflicting_per_h,
            entering_per_h: per_h("in0"),
            published_per_h: 1380.0 * exp(-1.02e-3 * conflicting_per_h),
        })
    });
    curves.push((ROUNDABOUT, curve.collect::<Result<_, WorldError>>()?));
    Ok(curves)
}

pub(super) fn findings(curves: &[(&'static str, Vec<Capacity>)]) -> Vec<Finding> {
    let ratio = |curve: &[Capacity]| {
        let of_handbook: Vec<f64> = curve
            .iter()
            .map(|point| point.entering_per_h / point.published_per_h)
            .collect();
        mean(&of_handbook)
    };
    curves
        .iter()
        .map(|(name, curve)| Finding {
            name,
            unit: "of the handbook's",
            value: ratio(curve),
            published: [0.8, 1.25],
            source: match *name {
                ROUNDABOUT => "Highway Capacity Manual, single-lane roundabout, 1,380 exp(-1.02e-3 v)",
                _ => "Highway Capacity Manual, potential capacity by critical gap and follow-up time",
            },
        })
        .collect()
}

/// More than can get in.
fn wanting_in(way: &str) -> String {
    format!(
        "<flow id=\"want\" type=\"car\" begin=\"0\" end=\"{END_S}\" vehsPerHour=\"1800\" departSpeed=\"max\"><route edges=\"{way}\"/></flow>\n"
    )
}

/// Who goes first comes at random.
fn others(id: &str, way: &str, per_h: f64) -> String {
    format!(
        "<flow id=\"{id}\" type=\"car\" begin=\"0\" end=\"{END_S}\" period=\"exp({})\" departSpeed=\"max\"><route edges=\"{way}\"/></flow>\n",
        per_h / 3600.0
    )
}

fn two_way_stop() -> StreetPlan {
    let mut plan = StreetPlan::default();
    let middle = plan.place([0.0, 0.0], Control::Stop);
    for (name, at_m, priority) in [
        ("west", [-500.0, 0.0], 2),
        ("east", [500.0, 0.0], 2),
        ("south", [0.0, -500.0], 1),
        ("north", [0.0, 500.0], 1),
    ] {
        let end = plan.place(at_m, Control::Priority);
        plan.street(&format!("{name}_in"), [end, middle], 1, LIMIT_MPS, priority);
        plan.street(&format!("{name}_out"), [middle, end], 1, LIMIT_MPS, priority);
    }
    plan
}

/// A ring of 25 m with four arms, driven against the clock.
fn roundabout() -> StreetPlan {
    let mut plan = StreetPlan::default();
    let arms = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];
    let ring = arms.map(|[x, y]| plan.place([25.0 * x, 25.0 * y], Control::Priority));
    for (arm, [x, y]) in arms.iter().enumerate() {
        let end = plan.place([400.0 * x, 400.0 * y], Control::Priority);
        plan.street(&format!("in{arm}"), [end, ring[arm]], 1, LIMIT_MPS, 1);
        plan.street(&format!("out{arm}"), [ring[arm], end], 1, LIMIT_MPS, 1);
        plan.street(&format!("ring{arm}"), [ring[arm], ring[(arm + 1) % 4]], 1, 8.33, 2);
    }
    plan
}
