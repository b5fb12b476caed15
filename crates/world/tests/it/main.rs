//! The world at its public seam.

mod assignment;
mod drawn;
mod lane_driver;
mod large;
mod queues;
mod sameness;
mod seeing;
mod stand_in;
mod streets;
mod town;
mod walking;

use crate::stand_in::StandIn;
use record::Seed;
use road::{LaneId, LanePosition, RoadNetwork, Traveller};
use std::sync::Arc;
use vehicle::{DataSheet, Mission};
use world::{ActorId, Demand, TestVehicleConfiguration, World, WorldConfiguration};

/// A world with nobody in it.
fn empty_world(network: &Arc<RoadNetwork>) -> World {
    busy_world(network, Demand::default(), 1)
}

fn busy_world(network: &Arc<RoadNetwork>, demand: Demand, threads: usize) -> World {
    let configuration = WorldConfiguration {
        network: Arc::clone(network),
        demand,
        clock_s: 8.0 * 3600.0,
        traffic_scale: 1.0,
        seed: Seed(11),
        threads,
        keeps_digest: true,
    };
    World::new(configuration).unwrap_or_else(|error| panic!("{error}"))
}

fn minibus(driver: StandIn, at: LanePosition) -> TestVehicleConfiguration {
    TestVehicleConfiguration {
        name: "minibus".into(),
        sheet: Arc::new(DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}"))),
        driver: Box::new(driver),
        at,
        state_of_charge: 0.8,
    }
}

/// Driving lanes outside junctions, long enough to stand on, in order.
fn streets(network: &RoadNetwork) -> Vec<LaneId> {
    let lanes = network.lanes().iter().enumerate();
    let is_street = |lane: &road::Lane| lane.edge.is_some() && lane.junction.is_none() && lane.length_m > 60.0;
    lanes
        .filter(|(_, lane)| is_street(lane))
        .map(|(index, _)| LaneId(index as u32))
        .collect()
}

/// A mission from the start of one lane to the end of another; lanes as the route has them.
fn mission(network: &RoadNetwork, from: LanePosition, to: LaneId) -> Option<Arc<Mission>> {
    let to = LanePosition {
        lane: to,
        s_m: network.lane(to).length_m - 1.0,
        offset_m: 0.0,
    };
    let route = network.route(from, to, Traveller::Bus)?;
    Some(Arc::new(Mission {
        lanes: route.lanes,
        ..Mission::default()
    }))
}

/// Puts a minibus on the road with a long way to go.
fn add_minibus(world: &mut World, driver: StandIn, from: LaneId) -> ActorId {
    let network = Arc::clone(world.network());
    let at = LanePosition {
        lane: from,
        s_m: 20.0,
        offset_m: 0.0,
    };
    let id = world
        .add_vehicle(minibus(driver, at))
        .unwrap_or_else(|error| panic!("{error}"));
    let ways = streets(&network).into_iter().filter_map(|to| mission(&network, at, to));
    let longest = ways.max_by_key(|mission| mission.lanes.len());
    world.set_mission(id, longest.expect("some street can be reached from any other"));
    id
}
