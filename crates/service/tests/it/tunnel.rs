//! A vehicle that finds its place itself, through a tunnel.

use driver::{AutomatedDriver, MapPerception, Perceiving};
use record::Seed;
use road::builder::{LaneSpec, Node, ShapePoint, Street, StreetGraph, StructureSpec, build};
use road::draft::{LaneKind, RoadClass, StructureKind};
use road::{LaneId, LanePosition, RoadNetwork, Traveller};
use std::sync::Arc;
use vehicle::{DataSheet, Mission};
use world::{Demand, TestVehicleConfiguration, World, WorldConfiguration};

/// Where the tunnel is along the street.
const TUNNEL_M: [f64; 2] = [400.0, 900.0];

/// 1.2 km of street that bends, half a kilometre of it in a tunnel.
fn street_with_tunnel() -> RoadNetwork {
    let mut graph = StreetGraph::new("tunnel");
    let [from, to] = [("west", 0.0, 0.0), ("east", 1_150.0, 260.0)].map(|(id, x_m, y_m)| {
        graph.add_node(Node {
            id: id.to_owned(),
            x_m,
            y_m,
            ..Node::default()
        })
    });
    let shape = [(350.0, 0.0), (650.0, 60.0), (850.0, 180.0)].map(|(x_m, y_m)| ShapePoint { x_m, y_m, z_m: None });
    let lanes = vec![LaneSpec::new(LaneKind::Driving, 3.5); 2];
    graph.add_street(Street {
        id: "main".to_owned(),
        from,
        to,
        class: RoadClass::Town,
        speed_mps_max: 40.0 / 3.6,
        forward: lanes.clone(),
        backward: lanes,
        shape: shape.to_vec(),
        structures: vec![StructureSpec {
            kind: StructureKind::Tunnel,
            name: String::new(),
            from_m: TUNNEL_M[0],
            to_m: TUNNEL_M[1],
        }],
        ..Street::default()
    });
    let built = build(&graph).unwrap_or_else(|error| panic!("{error}"));
    RoadNetwork::compile(&built.draft).unwrap_or_else(|error| panic!("{error}"))
}

/// Errors across the way while in the tunnel, of one drive.
fn drive_through(network: &Arc<RoadNetwork>, seed: u64) -> Vec<f64> {
    let mut world = World::new(WorldConfiguration {
        network: Arc::clone(network),
        demand: Demand::default(),
        clock_s: 8.0 * 3600.0,
        traffic_scale: 1.0,
        seed: Seed(seed),
        threads: 1,
        keeps_digest: false,
    })
    .unwrap_or_else(|error| panic!("{error}"));
    let sheet = Arc::new(DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}")));
    let runs_east = |lane: &LaneId| {
        let lane = network.lane(*lane);
        lane.edge.is_some() && lane.runs_forward && lane.right.is_none()
    };
    let lanes = (0..network.lanes().len()).map(|index| LaneId(index as u32));
    let lane = lanes
        .into_iter()
        .find(runs_east)
        .expect("the street has a lane eastward");
    let at = |s_m: f64| LanePosition {
        lane,
        s_m,
        offset_m: 0.0,
    };
    let driver = AutomatedDriver::new(Arc::clone(network), Arc::clone(&sheet));
    let perception = MapPerception::new(Arc::clone(network), &sheet);
    let vehicle = world
        .add_vehicle(TestVehicleConfiguration {
            name: "minibus".into(),
            sheet,
            driver: Box::new(Perceiving::new(perception, driver)),
            at: at(20.0),
            state_of_charge: 0.8,
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let length_m = network.lane(lane).length_m;
    let route = network
        .route(at(20.0), at(length_m - 5.0), Traveller::Bus)
        .expect("straight on");
    world.set_mission(
        vehicle,
        Arc::new(Mission {
            lanes: route.lanes,
            ..Mission::default()
        }),
    );
    let mut errors_m = Vec::new();
    while world.time() < record::SimTime::from_secs(200) {
        world.step();
        let state = world.vehicle(vehicle);
        if (TUNNEL_M[0]..TUNNEL_M[1]).contains(&state.lane.s_m) {
            errors_m.push(state.place_error_m[1].abs());
        }
    }
    errors_m
}

#[test]
fn through_half_a_kilometre_of_tunnel_a_vehicle_knows_its_lane_to_twenty_centimetres() {
    let network = Arc::new(street_with_tunnel());
    let mut errors_m: Vec<f64> = (1..=6).flat_map(|seed| drive_through(&network, seed)).collect();
    assert!(errors_m.len() > 6 * 400, "it drove through: {} samples", errors_m.len());
    errors_m.sort_by(f64::total_cmp);
    let within_m = errors_m[errors_m.len() * 95 / 100];
    assert!(within_m <= 0.2, "95 % within {within_m} m");
}
