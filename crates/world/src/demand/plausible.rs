//! A plausible day for a map without a demand file.
//!
//! In goes a network and how full it should be at its peak, out come four flows: through the map, into it, out of it and
//! within it. Roads at the map's fringe count by their class and lanes, streets inside by the length of their kerb.

use super::{DAY, Demand, Flow, Place, SHARES};
use road::draft::{LaneKind, RoadClass};
use road::{EdgeId, LanePosition, RoadNetwork, Traveller};

/// Places where roads enter or leave the map, and kerbs inside, with weights.
pub(super) struct Places {
    pub entries: Vec<(Place, f64)>,
    pub exits: Vec<(Place, f64)>,
    pub kerbs: Vec<(Place, f64)>,
}

/// Trips in real traffic take this much longer than on empty roads.
const CONGESTION: f64 = 1.35;
/// Trips looked at to guess how long one takes.
const SAMPLES: usize = 60;
/// Kerbs shorter than this have no driveway.
const KERB_M_MIN: f64 = 60.0;
/// At most so many kerbs: more would only cost time for looking for ways.
const KERBS_MAX: usize = 60;
/// People an hour at a crossing at the peak.
const WALKERS_PER_H: f64 = 8.0;
/// In the morning people come in, in the evening they leave: share of the inner flows that goes the main way.
const INWARD: [f64; 24] = [
    0.5, 0.5, 0.5, 0.5, 0.55, 0.6, 0.65, 0.65, 0.65, 0.6, 0.55, 0.5, 0.5, 0.5, 0.5, 0.45, 0.4, 0.35, 0.35, 0.4, 0.4,
    0.45, 0.5, 0.5,
];

pub(super) fn plausible(network: &RoadNetwork, vehicles_at_peak: f64) -> Demand {
    let places = Places::new(network);
    let trip_s = typical_trip_s(network, &places) * CONGESTION;
    let peak_per_h = vehicles_at_peak.max(0.0) * 3600.0 / trip_s;
    let hours = |share: f64, of_hour: &dyn Fn(usize) -> f64| {
        std::array::from_fn(|hour| peak_per_h * share * DAY[hour] * of_hour(hour))
    };
    let flow = |name: &str, from: &Vec<(Place, f64)>, to: &Vec<(Place, f64)>, vehicles_per_h| Flow {
        name: name.to_owned(),
        from: from.clone(),
        to: to.clone(),
        vehicles_per_h,
        shares: SHARES,
    };
    let mut flows = vec![
        flow("through", &places.entries, &places.exits, hours(0.4, &|_| 1.0)),
        flow(
            "inward",
            &places.entries,
            &places.kerbs,
            hours(0.45, &|hour| INWARD[hour]),
        ),
        flow(
            "outward",
            &places.kerbs,
            &places.exits,
            hours(0.45, &|hour| 1.0 - INWARD[hour]),
        ),
        flow("within", &places.kerbs, &places.kerbs, hours(0.15, &|_| 1.0)),
    ];
    flows.retain(|flow| !flow.from.is_empty() && !flow.to.is_empty());
    // A map without fringe or without kerbs has fewer flows: those it has carry all.
    let shares: f64 = flows.iter().map(|flow| flow.vehicles_per_h[12]).sum();
    if shares > 0.0 {
        let factor = peak_per_h * DAY[12] / shares;
        for flow in &mut flows {
            flow.vehicles_per_h.iter_mut().for_each(|rate| *rate *= factor);
        }
    }
    Demand {
        flows,
        walkers_per_h: DAY.map(|share| share * WALKERS_PER_H),
    }
}

impl Places {
    pub fn new(network: &RoadNetwork) -> Places {
        let weight = |edge: EdgeId| {
            let edge = network.edge(edge);
            let lanes = edge.lanes.iter();
            let driving = lanes
                .filter(|&&lane| network.lane(lane).kind != LaneKind::Bicycle)
                .count();
            class_weight(edge.class) * driving as f64
        };
        let mut places = Places {
            entries: Vec::new(),
            exits: Vec::new(),
            kerbs: Vec::new(),
        };
        let mut kerbs = Vec::new();
        for (index, edge) in network.edges().iter().enumerate() {
            let id = EdgeId(index as u32);
            if edge.junction.is_some() || weight(id) == 0.0 {
                continue;
            }
            let place = |at_m, is_at_kerb| Place {
                edge: id,
                at_m,
                is_at_kerb,
            };
            if edge.predecessors.is_empty() && edge.length_m > 30.0 {
                places.entries.push((place(0.0, false), weight(id)));
            }
            if edge.successors.is_empty() && edge.length_m > 30.0 {
                places.exits.push((place(0.0, false), weight(id)));
            }
            if has_kerb(network, id) && !edge.predecessors.is_empty() && !edge.successors.is_empty() {
                kerbs.push((place(0.45 * edge.length_m, true), edge.length_m.min(400.0)));
            }
        }
        // A fair selection over the map where there are too many.
        let step = kerbs.len().div_ceil(KERBS_MAX).max(1);
        places.kerbs = kerbs.into_iter().step_by(step).collect();
        places
    }
}

/// Whether there are driveways and parking places along an edge.
pub(super) fn has_kerb(network: &RoadNetwork, edge: EdgeId) -> bool {
    let edge = network.edge(edge);
    let is_quiet = matches!(
        edge.class,
        RoadClass::LowSpeed | RoadClass::Local | RoadClass::Collector | RoadClass::Town | RoadClass::Unknown
    );
    // Nobody parks on a bridge, nor across a lane for buses.
    let is_open = edge.lanes.iter().all(|&lane| {
        let lane = network.lane(lane);
        lane.structures.is_empty() && lane.kind != LaneKind::Bus
    });
    is_quiet && is_open && edge.junction.is_none() && edge.length_m >= KERB_M_MIN
}

fn class_weight(class: RoadClass) -> f64 {
    match class {
        RoadClass::Motorway => 5.0,
        RoadClass::Expressway => 4.0,
        RoadClass::Arterial => 3.0,
        RoadClass::Rural | RoadClass::Town => 2.0,
        RoadClass::Collector => 1.2,
        RoadClass::Local | RoadClass::Unknown => 0.5,
        RoadClass::LowSpeed => 0.2,
        RoadClass::Pedestrian | RoadClass::Bicycle => 0.0,
    }
}

/// Mean free-flow time between places picked evenly.
fn typical_trip_s(network: &RoadNetwork, places: &Places) -> f64 {
    let sources: Vec<Place> = places
        .entries
        .iter()
        .chain(&places.kerbs)
        .map(|place| place.0)
        .collect();
    let targets: Vec<Place> = places.exits.iter().chain(&places.kerbs).map(|place| place.0).collect();
    if sources.is_empty() || targets.is_empty() {
        return 300.0;
    }
    let position = |place: &Place, is_target: bool| {
        let edge = network.edge(place.edge);
        let lane = *edge
            .lanes
            .iter()
            .find(|&&lane| matches!(network.lane(lane).kind, LaneKind::Driving | LaneKind::Ramp))?;
        let s_m = match (place.is_at_kerb, is_target) {
            (true, _) => place.at_m,
            (false, true) => network.lane(lane).length_m,
            (false, false) => 0.0,
        };
        Some(LanePosition {
            lane,
            s_m: s_m.min(network.lane(lane).length_m),
            offset_m: 0.0,
        })
    };
    let mut total_s = 0.0;
    let mut count = 0;
    for sample in 0..SAMPLES {
        // Steps that share no factor with most counts reach all over the map.
        let (from, to) = (
            &sources[sample * 7 % sources.len()],
            &targets[sample * 11 % targets.len()],
        );
        let (Some(from), Some(to)) = (position(from, false), position(to, true)) else {
            continue;
        };
        if let Some(route) = network.route(from, to, Traveller::Car) {
            total_s += route.time_s;
            count += 1;
        }
    }
    if count == 0 {
        300.0
    } else {
        (total_s / f64::from(count)).max(20.0)
    }
}
