//! One trip of the lane driver: a site's map with its traffic, a minibus, a route; what happened on the way.

use super::driver::LaneDriver;
use record::Seed;
use road::{LaneId, LanePosition, RoadNetwork, Traveller, read_map};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use vehicle::{DataSheet, Mission};
use world::{Demand, TestVehicleConfiguration, World, WorldConfiguration};

/// What became of a trip.
pub struct Trip {
    pub route_m: f64,
    pub driven_m: f64,
    pub time_s: f64,
    pub has_arrived: bool,
    pub collisions: usize,
    pub nearest_m: f64,
    pub stops: usize,
}

/// Longer no trip takes.
const TIME_S_MAX: usize = 600;

/// Plays a trip along the main road of a map among others, for `way_m`.
pub fn play(map: &Path, vehicles: f64, way_m: f64, seed: u64) -> Result<Trip, Box<dyn Error>> {
    let draft = read_map(&map.display().to_string(), &std::fs::read(map)?)?.draft;
    let network = Arc::new(RoadNetwork::compile(&draft)?);
    let mut world = World::new(WorldConfiguration {
        demand: Demand::plausible(&network, vehicles),
        network: Arc::clone(&network),
        clock_s: 8.0 * 3600.0,
        traffic_scale: 1.0,
        seed: Seed(seed),
        threads: 1,
        keeps_digest: false,
    })?;
    let lanes = route(&network, way_m).ok_or("the map has no way that is so long straight on")?;
    let route_m: f64 = lanes.iter().map(|&lane| network.lane(lane).length_m).sum();
    let sheet = Arc::new(DataSheet::shipped("minibus")?);
    let driver = LaneDriver {
        network: Arc::clone(&network),
        front_m: sheet.dimensions.front_m(),
        wheelbase_m: sheet.dimensions.wheelbase_m,
        leg: 0,
    };
    let at = LanePosition {
        lane: lanes[0],
        s_m: 10.0,
        offset_m: 0.0,
    };
    let vehicle = world.add_vehicle(TestVehicleConfiguration {
        name: "lane driver".to_owned(),
        sheet,
        driver: Box::new(driver),
        at,
        state_of_charge: 0.9,
    })?;
    let last = lanes[lanes.len() - 1];
    let mission = Mission {
        lanes,
        ..Mission::default()
    };
    world.set_mission(vehicle, Arc::new(mission));
    let mut trip = Trip {
        route_m: route_m - 10.0,
        driven_m: 0.0,
        time_s: 0.0,
        has_arrived: false,
        collisions: 0,
        nearest_m: f64::INFINITY,
        stops: 0,
    };
    let mut was_standing = true;
    for tick in 1..=10 * TIME_S_MAX {
        world.step();
        let state = world.vehicle(vehicle);
        let stands = state.ego.speed_mps < 0.1;
        trip.stops += usize::from(stands && !was_standing);
        was_standing = stands;
        trip.collisions += usize::from(state.is_in_collision);
        trip.nearest_m = trip.nearest_m.min(state.gap_m.unwrap_or(f64::INFINITY));
        trip.driven_m = state.odometer_m;
        trip.time_s = tick as f64 / 10.0;
        let left_m = network.lane(last).length_m - state.lane.s_m;
        trip.has_arrived = state.lane.lane == last && left_m < 6.0 && stands;
        if trip.has_arrived {
            break;
        }
    }
    Ok(trip)
}

/// Straight on from where a road enters the map: the first way that is long enough.
fn route(network: &RoadNetwork, way_m: f64) -> Option<Vec<LaneId>> {
    let ids = (0..network.lanes().len() as u32).map(LaneId);
    let starts = ids.filter(|&id| {
        let lane = network.lane(id);
        lane.length_m > 30.0 && lane.junction.is_none() && network.may_use(id, Traveller::Bus)
    });
    let mut ways = starts.map(|start| {
        let mut lanes = vec![start];
        let mut length_m = network.lane(start).length_m;
        while length_m < way_m {
            let successors = &network.lane(lanes[lanes.len() - 1]).successors;
            let straight = |id: &&LaneId| network.lane(**id).turn == road::Turn::Straight && !gives_way(network, **id);
            let Some(&next) = successors.iter().find(straight) else {
                break;
            };
            lanes.push(next);
            length_m += network.lane(next).length_m;
        }
        (length_m, lanes)
    });
    ways.find(|(length_m, lanes)| *length_m >= way_m && network.lane(lanes[lanes.len() - 1]).junction.is_none())
        .map(|(_, lanes)| lanes)
}

/// Whether anyone who crosses goes first there, where no light decides.
fn gives_way(network: &RoadNetwork, lane: LaneId) -> bool {
    let lane = network.lane(lane);
    let rivals = lane.conflicts.iter();
    lane.signal.is_none()
        && rivals
            .into_iter()
            .any(|rival| rival.right_of_way != road::RightOfWay::Priority && rival.kind == road::ConflictKind::Cross)
}
