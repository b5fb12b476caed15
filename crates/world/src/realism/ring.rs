//! A closed road of one lane, filled more and more: flow by density.
//!
//! Density and flow are means over all the road and ten minutes, as Edie defines them ("Discussion of traffic stream
//! measurements and definitions", 1963).

use super::road::{Maker, line, mean};
use super::{Finding, Flow};
use crate::sumo::{Control, StreetPlan};
use crate::{Weather, WorldError};
use record::Seed;

/// Side of the square that the road runs round.
const SIDE_M: f64 = 500.0;
const LIMIT_MPS: f64 = 27.78;
const WARM_UP_S: f64 = 600.0;
const END_S: f64 = 1200.0;
/// Vehicles are added so many at a time, up to a standing road.
const STEP: usize = 10;
const VEHICLES_MAX: usize = 260;

pub(super) fn fundamental_diagram(maker: &Maker) -> Result<Vec<Flow>, WorldError> {
    (1..=VEHICLES_MAX / STEP)
        .map(|step| state(maker, &ring(), step * STEP))
        .collect()
}

/// A square, so that nobody sees where the road closes.
fn ring() -> StreetPlan {
    let mut plan = StreetPlan::default();
    for [x, y] in [[0.0, 0.0], [SIDE_M, 0.0], [SIDE_M, SIDE_M], [0.0, SIDE_M]] {
        plan.place([x, y], Control::Priority);
    }
    for side in 0..4 {
        plan.street(&format!("s{side}"), [side, (side + 1) % 4], 1, LIMIT_MPS, 1);
    }
    plan
}

/// The road with so many on it.
fn state(maker: &Maker, plan: &StreetPlan, vehicles: usize) -> Result<Flow, WorldError> {
    // Room for who is on the side's last metres ends before the corner.
    let usable_m = SIDE_M - 4.0;
    let rounds = (LIMIT_MPS * 2.0 * END_S / (4.0 * SIDE_M)) as usize;
    let mut demand = String::new();
    for side in 0..4 {
        let sides: Vec<String> = (0..4 * rounds)
            .map(|further| format!("s{}", (side + further) % 4))
            .collect();
        demand += &format!("<route id=\"from{side}\" edges=\"{}\"/>\n", sides.join(" "));
    }
    for index in 0..vehicles {
        let along_m = 4.0 * usable_m * index as f64 / vehicles as f64;
        let side = (along_m / usable_m) as usize;
        let at_m = along_m - side as f64 * usable_m;
        demand += &format!(
            "<vehicle id=\"{index}\" type=\"car\" depart=\"0\" departPos=\"{at_m:.2}\" departSpeed=\"0\" route=\"from{side}\"/>\n"
        );
    }
    let mut road = maker.road(plan, &demand)?;
    let length_m: f64 = road.network.lanes.iter().map(|lane| lane.length_m).sum();
    let (mut driven_m, mut there_s) = (0.0, 0.0);
    while road.simulation.now_s() < END_S {
        road.simulation.step();
        if road.simulation.now_s() > WARM_UP_S {
            for seen in road.simulation.vehicles() {
                driven_m += seen.speed_mps;
                there_s += 1.0;
            }
        }
    }
    let area = length_m * (END_S - WARM_UP_S);
    Ok(Flow {
        density_per_km: there_s / area * 1000.0,
        flow_per_h: driven_m / area * 3600.0,
    })
}

/// Vehicles among which a road's capacity lies in any weather, and in what steps it is looked for.
const AT_CAPACITY: (usize, usize, usize) = (40, 72, 8);
/// Days that are played in each weather: what passes at capacity differs by some percent from one to the next.
const DAYS: u64 = 5;

/// The most that passes on the road, vehicles an hour: the mean of several days.
fn capacity_per_h(maker: &Maker) -> Result<f64, WorldError> {
    let day = |day: u64| {
        most_per_h(&Maker {
            seed: Seed(maker.seed.0.wrapping_add(day)),
            ..*maker
        })
    };
    let days: Vec<f64> = (0..DAYS).map(day).collect::<Result<_, _>>()?;
    Ok(mean(&days))
}

fn most_per_h(maker: &Maker) -> Result<f64, WorldError> {
    let (from, to, step) = AT_CAPACITY;
    let flows = (from..=to)
        .step_by(step)
        .map(|vehicles| state(maker, &ring(), vehicles));
    flows
        .map(|flow| Ok(flow?.flow_per_h))
        .try_fold(0.0, |most: f64, flow| Ok(most.max(flow?)))
}

/// What weather leaves of a lane's capacity.
pub(super) fn weather_findings(maker: &Maker) -> Result<Vec<Finding>, WorldError> {
    const SOURCE: &str = "Agarwal, Maze and Souleyrette, Impacts of weather on urban freeway traffic (2005)";
    let rain = |rain_mm_per_h| Weather {
        rain_mm_per_h,
        ..Weather::default()
    };
    let fog = Weather {
        visibility_m: 600.0,
        ..Weather::default()
    };
    let dry_per_h = capacity_per_h(maker)?;
    [
        (
            "capacity in rain of 5 mm/h, of the dry road's",
            rain(5.0),
            [0.899, 0.9433],
        ),
        (
            "capacity in rain of 10 mm/h, of the dry road's",
            rain(10.0),
            [0.8233, 0.8928],
        ),
        ("capacity in fog of 600 m, of the clear road's", fog, [0.86, 0.91]),
    ]
    .into_iter()
    .map(|(name, weather, published)| {
        let maker = Maker { weather, ..*maker };
        Ok(Finding {
            name,
            unit: "",
            value: capacity_per_h(&maker)? / dry_per_h,
            published,
            source: SOURCE,
        })
    })
    .collect()
}

pub(super) fn findings(diagram: &[Flow]) -> Vec<Finding> {
    let top = diagram
        .iter()
        .copied()
        .reduce(|a, b| if b.flow_per_h > a.flow_per_h { b } else { a });
    let Some(top) = top else {
        return Vec::new();
    };
    let congested: Vec<(f64, f64)> = diagram
        .iter()
        .filter(|flow| flow.density_per_km > 1.5 * top.density_per_km && flow.flow_per_h > 0.1 * top.flow_per_h)
        .map(|flow| (flow.density_per_km, flow.flow_per_h))
        .collect();
    let (slope, offset) = line(&congested);
    vec![
        Finding {
            name: "capacity of a lane at 100 km/h",
            unit: "1/h",
            value: top.flow_per_h,
            published: [1800.0, 2400.0],
            source: "Highway Capacity Manual, basic freeway segments",
        },
        Finding {
            name: "density at capacity",
            unit: "1/km",
            value: top.density_per_km,
            published: [18.0, 35.0],
            source: "Highway Capacity Manual, level of service E (28 passenger cars a kilometre and lane)",
        },
        Finding {
            name: "density of a jam",
            unit: "1/km",
            value: -offset / slope,
            published: [110.0, 160.0],
            source: "Treiber and Kesting, Traffic Flow Dynamics (2013), chapter 8",
        },
        Finding {
            name: "speed of waves in a jam, backwards",
            unit: "km/h",
            value: -slope,
            published: [15.0, 20.0],
            source: "Treiber and Kesting, Traffic Flow Dynamics (2013), chapter 18",
        },
    ]
}
