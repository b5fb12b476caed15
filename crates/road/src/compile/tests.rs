//! What a compiled network promises, on small maps and on foreign ones.

use crate::draft::{LaneKind, MapDraft, RoadLink};
use crate::small_maps::{bend, crossroads, flat, lane, street};
use crate::{LaneId, LanePosition, RoadError, RoadId, RoadNetwork, Traveller, Turn};
use proptest::prelude::*;

fn compiled(map: &MapDraft) -> RoadNetwork {
    let network = RoadNetwork::compile(map).unwrap();
    assert!(network.warnings().is_empty(), "{:#?}", network.warnings());
    network
}

/// Maps that nobody here wrote.
pub(super) fn foreign_maps() -> Vec<(String, MapDraft)> {
    let root =
        std::env::var("WESTLINE_SHARED").unwrap_or_else(|_| format!("{}/../../../shared", env!("CARGO_MANIFEST_DIR")));
    let mut maps = Vec::new();
    let Ok(folders) = std::fs::read_dir(format!("{root}/data/road")) else {
        eprintln!("skipped: no foreign maps beside the project");
        return maps;
    };
    for folder in folders.flatten().filter(|folder| folder.path().is_dir()) {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let name = file.path().display().to_string();
            if name.ends_with(".xodr") {
                let text = std::fs::read_to_string(file.path()).unwrap();
                if let Ok(reading) = crate::opendrive::read(&name, &text) {
                    maps.push((name, reading.draft));
                }
            }
        }
    }
    maps.sort_by(|a, b| a.0.cmp(&b.0));
    maps
}

fn check_lane_against_analytic_curve(network: &RoadNetwork, id: LaneId) {
    let lane = network.lane(id);
    let steps = 97;
    for step in 0..=steps {
        let s_m = lane.length_m * f64::from(step) / f64::from(steps);
        let (road, opendrive_lane, road_s_m, _) = network.opendrive_position(LanePosition {
            lane: id,
            s_m,
            offset_m: 0.0,
        });
        let geometry = network.geometry(road);
        let section = geometry.section_at(road_s_m);
        let truth = geometry.lane_pose(section, opendrive_lane, road_s_m, 0.0);
        let found = network.lane_pose(LanePosition {
            lane: id,
            s_m,
            offset_m: 0.0,
        });
        let turned = if lane.runs_forward { 0.0 } else { std::f64::consts::PI };
        let heading = libm::remainder(found.heading_rad - truth.heading_rad - turned, std::f64::consts::TAU);
        let place = [found.x_m - truth.x_m, found.y_m - truth.y_m, found.z_m - truth.z_m];
        assert!(
            place.iter().all(|off| off.abs() < 1e-3),
            "{id:?} {s_m} {found:?} {truth:?}"
        );
        assert!(heading.abs() < 1e-4, "{id:?} {s_m} {heading} {found:?} {truth:?}");
        let width_m = geometry.lane_width_m(section, opendrive_lane, road_s_m);
        assert!((network.lane_width_m(id, s_m) - width_m).abs() < 1e-2, "{id:?} {s_m}");
    }
}

#[test]
fn lane_poses_agree_with_the_analytic_curve() {
    for map in [bend(), crossroads(), street()] {
        let network = compiled(&map);
        for index in 0..network.lanes().len() {
            if network.lanes()[index].edge.is_some() {
                check_lane_against_analytic_curve(&network, LaneId(index as u32));
            }
        }
    }
}

#[test]
fn sections_that_change_nothing_become_one_lane() {
    let network = compiled(&bend());
    assert_eq!(network.lanes().len(), 2);
    assert_eq!(network.edges().len(), 2);
    let forward = network.lanes().iter().find(|lane| lane.runs_forward).unwrap();
    let backward = network.lanes().iter().find(|lane| !lane.runs_forward).unwrap();
    assert!(
        forward.length_m > backward.length_m,
        "the bend turns left, so the right lane is the longer one"
    );
    assert_eq!(network.lane(forward.oncoming.unwrap()), backward);
}

#[test]
fn edges_hold_their_lanes_from_the_kerb_to_the_middle() {
    let network = compiled(&street());
    let ids =
        |edge: &crate::Edge| -> Vec<i32> { edge.lanes.iter().map(|lane| network.lane(*lane).opendrive_id).collect() };
    let edges: Vec<Vec<i32>> = network.edges().iter().map(ids).collect();
    assert_eq!(edges, vec![vec![-3, -2, -1], vec![1]]);
    let middle = network.lane(network.edges()[0].lanes[1]);
    assert_eq!(network.lane(middle.left.unwrap()).opendrive_id, -1);
    assert_eq!(network.lane(middle.right.unwrap()).kind, LaneKind::Bicycle);
    assert!(middle.change_left_is_allowed);
}

#[test]
fn turns_are_named_by_the_way_they_go() {
    let network = compiled(&crossroads());
    let turn = |id: &str| {
        let road = network.road_by_id(id).unwrap();
        network.lanes().iter().find(|lane| lane.road == road).unwrap().turn
    };
    // From the east, heading west: the north arm is to the right.
    assert_eq!(
        [turn("way01"), turn("way02"), turn("way03")],
        [Turn::Right, Turn::Straight, Turn::Left]
    );
    assert_eq!(network.junctions()[0].lanes.len(), 12);
}

#[test]
fn route_crosses_the_junction_by_the_way_that_leads_there() {
    let network = compiled(&crossroads());
    let at = |road: &str, lane: i32, s_m: f64| {
        network
            .lane_position(network.road_by_id(road).unwrap(), lane, s_m, 0.0)
            .unwrap()
    };
    let route = network
        .route(at("arm0", -1, 20.0), at("arm3", 1, 30.0), Traveller::Car)
        .unwrap();
    let roads: Vec<&str> = route
        .edges
        .iter()
        .map(|edge| network.roads()[network.edge(*edge).road.0 as usize].id.as_str())
        .collect();
    assert_eq!(roads, ["arm0", "way03", "arm3"]);
    assert_eq!(network.lane_sequence(route.lanes[0], &route), route.lanes);
    assert!(
        network
            .route(at("arm0", 1, 20.0), at("arm3", 1, 30.0), Traveller::Car)
            .is_none(),
        "arms are dead ends"
    );
}

#[test]
fn route_on_one_lane_ends_ahead() {
    let network = compiled(&street());
    let lane = network.edges()[0].lanes[1];
    let at = |s_m| LanePosition {
        lane,
        s_m,
        offset_m: 0.0,
    };
    let route = network.route(at(20.0), at(70.0), Traveller::Car).unwrap();
    assert_eq!(
        (route.lanes.as_slice(), route.length_m, route.end_m),
        (&[lane][..], 50.0, 70.0)
    );
    assert!(network.route(at(70.0), at(20.0), Traveller::Car).is_none());
}

#[test]
fn all_problems_of_a_map_are_told_together() {
    let mut map = crossroads();
    map.roads[0].sections[0].right[0].widths.clear();
    map.roads[1].length_m = f64::NAN;
    map.roads[2].predecessor = Some(RoadLink::Road {
        id: "nowhere".into(),
        contact: crate::draft::ContactPoint::End,
    });
    map.roads[3].plan[0].x_m = f64::INFINITY;
    let RoadError::Invalid(problems) = RoadNetwork::compile(&map).unwrap_err() else {
        panic!("unreadable")
    };
    assert_eq!(problems.len(), 4, "{problems:#?}");
    assert!(problems.iter().all(|problem| problem.contains("\nhint: ")));
    assert!(problems[0].starts_with("road `arm0`, lane section at s = 0, lane `-1` has no width at s = 0"));
}

#[test]
fn equal_drafts_have_equal_digests_and_others_have_not() {
    let (one, two) = (compiled(&crossroads()), compiled(&crossroads()));
    assert_eq!(one.digest(), two.digest());
    let mut wider = crossroads();
    wider.roads[0].sections[0].right[1].widths = vec![flat(2.5)];
    assert_ne!(compiled(&wider).digest(), one.digest());
}

#[test]
fn lane_too_narrow_for_vehicles_has_no_edge() {
    let mut map = street();
    map.roads[0].sections[0].right[1] = lane(-2, LaneKind::Driving, 0.4);
    let network = compiled(&map);
    let narrow = network.lanes().iter().find(|lane| lane.opendrive_id == -2).unwrap();
    assert_eq!(narrow.edge, None);
}

#[test]
fn foreign_maps_compile() {
    for (name, map) in foreign_maps() {
        match RoadNetwork::compile(&map) {
            Ok(network) => {
                for index in 0..network.lanes().len() {
                    let lane = &network.lanes()[index];
                    assert!(lane.length_m.is_finite(), "{name}");
                    for next in &lane.successors {
                        assert!(
                            network.lane(*next).predecessors.contains(&LaneId(index as u32)),
                            "{name}"
                        );
                    }
                }
                eprintln!("{name}: {:#?}", network.warnings());
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn a_place_just_behind_where_two_records_meet_is_found_there() {
    let network = compiled(&bend());
    for (index, lane) in network
        .lanes()
        .iter()
        .enumerate()
        .filter(|(_, lane)| lane.edge.is_some())
    {
        let lane_id = LaneId(index as u32);
        for knot in network.lane_outline(lane_id) {
            for (ahead_m, offset_m) in [(0.02, 0.6), (0.02, -1.4), (-0.02, 0.6), (-0.02, -1.4)] {
                let s_m = (knot.s_m + ahead_m).clamp(0.0, lane.length_m);
                let pose = network.lane_pose(LanePosition {
                    lane: lane_id,
                    s_m,
                    offset_m,
                });
                let found = network.project(lane_id, pose.x_m, pose.y_m);
                assert!((found.s_m - s_m).abs() < 1e-4, "{found:?} {s_m} {offset_m}");
            }
        }
    }
}

proptest! {
    #[test]
    fn projecting_a_pose_gives_its_place_back(share in 0.0f64..1.0, offset in -1.5f64..1.5, which in 0usize..3) {
        let network = compiled(&[bend(), crossroads(), street()][which]);
        for index in 0..network.lanes().len() {
            let lane = LaneId(index as u32);
            if network.lane(lane).edge.is_none() {
                continue;
            }
            let s_m = share * network.lane(lane).length_m;
            let pose = network.lane_pose(LanePosition { lane, s_m, offset_m: offset });
            for found in [network.project(lane, pose.x_m, pose.y_m), network.project_near(lane, s_m + 7.0, pose.x_m, pose.y_m)] {
                prop_assert!((found.s_m - s_m).abs() < 1e-4, "{:?} {} {}", found, s_m, offset);
                prop_assert!((found.offset_m - offset).abs() < 1e-4, "{:?} {} {}", found, s_m, offset);
            }
            let nearest = network.nearest_lane_where(pose.x_m, pose.y_m, Some(pose.z_m), Some(pose.heading_rad), |lane| {
                network.lane(lane).edge.is_some()
            });
            prop_assert!(nearest.is_some_and(|nearest| nearest.distance_m < 1.0), "{:?} {:?}", nearest, pose);
        }
    }

    #[test]
    fn road_coordinates_and_lane_places_agree(s in 1.0f64..104.0, offset in -1.0f64..1.0) {
        let network = compiled(&bend());
        for lane in [-1, 1] {
            let at = network.lane_position(RoadId(0), lane, s, offset).unwrap();
            let (road, opendrive_lane, road_s, offset_to_t) = network.opendrive_position(at);
            prop_assert_eq!((road, opendrive_lane), (RoadId(0), lane));
            prop_assert!((road_s - s).abs() < 1e-6 && (offset_to_t - offset).abs() < 1e-9);
            // The lane widens, so its own normal and the road's differ by up to 0.04 rad.
            let on_road = network.road_pose(network.road_position_of_lane(at));
            let on_lane = network.lane_pose(at);
            prop_assert!((on_road.x_m - on_lane.x_m).abs() < 0.04 && (on_road.y_m - on_lane.y_m).abs() < 0.04, "{:?} {:?}", on_road, on_lane);
            let back = network.road_position(on_road.x_m, on_road.y_m).unwrap();
            prop_assert!((back.s_m - s).abs() < 1e-6);
        }
    }
}
