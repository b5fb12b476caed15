//! The drawn town: the committed map is what the program makes, and one can drive everywhere on it.

#[path = "../../examples/draw_yongchuan/page.rs"]
mod page;
#[path = "../../examples/draw_yongchuan/places.rs"]
mod places;
#[path = "../../examples/draw_yongchuan/terrain.rs"]
mod terrain;
#[path = "../../examples/draw_yongchuan/town.rs"]
mod town;
#[path = "../../examples/draw_yongchuan/weave.rs"]
mod weave;

use road::draft::LaneKind;
use road::{LaneId, LanePosition, RoadNetwork, StopId, Thing, Traveller};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sites/yongchuan");

fn drawn() -> (road::builder::StreetGraph, road::builder::Built) {
    let mut graph = weave::graph();
    places::place(&mut graph);
    let built = road::builder::build(&graph).expect("the town is sound");
    (graph, built)
}

#[test]
fn committed_map_is_what_the_program_draws() {
    let (graph, built) = drawn();
    assert!(built.notes.is_empty(), "{}", built.notes.join("\n"));
    for (name, drawn) in [
        ("map.xodr", road::opendrive::write(&built.draft)),
        ("MAP.md", page::page(&graph, &built.draft)),
    ] {
        let committed = std::fs::read_to_string(format!("{SITE}/{name}")).expect("the site has its files");
        let differs = committed.lines().zip(drawn.lines()).position(|(a, b)| a != b);
        assert!(
            committed == drawn,
            "sites/yongchuan/{name} differs from line {differs:?} on: run the example `draw_yongchuan` again"
        );
    }
}

/// The town as every other room sees it.
static TOWN: LazyLock<RoadNetwork> = LazyLock::new(|| {
    let (_, built) = drawn();
    RoadNetwork::compile(&built.draft).expect("the town compiles")
});

#[test]
fn town_compiles_without_a_warning_and_its_lanes_join_without_gap_or_kink() {
    assert!(TOWN.warnings().is_empty(), "{}", TOWN.warnings().join("\n"));
    let pose = |lane, s_m| {
        TOWN.lane_pose(LanePosition {
            lane,
            s_m,
            offset_m: 0.0,
        })
    };
    let mut joins = 0;
    for (index, lane) in TOWN.lanes().iter().enumerate().filter(|(_, lane)| lane.edge.is_some()) {
        let end = pose(LaneId(index as u32), lane.length_m);
        for &next in &lane.successors {
            let start = pose(next, 0.0);
            let gap_m = libm::hypot(end.x_m - start.x_m, end.y_m - start.y_m);
            let kink_rad = libm::remainder(end.heading_rad - start.heading_rad, std::f64::consts::TAU).abs();
            let road = &TOWN.roads()[lane.road.0 as usize].id;
            assert!(
                gap_m < 0.01 && kink_rad < 1e-3,
                "road {road}: gap {gap_m} m, kink {kink_rad} rad"
            );
            assert!(
                (end.z_m - start.z_m).abs() < 0.01,
                "road {road}: a step of {} m",
                end.z_m - start.z_m
            );
            joins += 1;
        }
    }
    assert!(joins > 5000, "only {joins} joins were looked at");
}

#[test]
fn line_runs_around_all_four_stops_in_nearly_ten_kilometres() {
    let stop = |id: &str| {
        TOWN.stops()
            .iter()
            .find(|stop| stop.id == id)
            .expect("the stop is on the map")
    };
    let stops: Vec<_> = town::STOPS.iter().map(|spec| stop(spec.id)).collect();
    assert_eq!(TOWN.stops().len(), 4);
    let mut length_m = 0.0;
    let mut streets = BTreeSet::new();
    let mut structures = BTreeSet::new();
    for (from, to) in stops.iter().zip(stops.iter().cycle().skip(1)) {
        let route = TOWN.route(from.position, to.position, Traveller::Bus);
        let route = route.unwrap_or_else(|| panic!("no way from {} to {}", from.id, to.id));
        length_m += route.length_m;
        for &edge in &route.edges {
            let edge = TOWN.edge(edge);
            streets.insert(TOWN.roads()[edge.road.0 as usize].name.as_str());
            structures.extend(
                edge.lanes
                    .iter()
                    .flat_map(|&lane| TOWN.lane(lane).structures.iter().map(|s| s.2)),
            );
        }
    }
    assert!(
        (9700.0..10_000.0).contains(&length_m),
        "the round trip is {length_m:.0} m long"
    );
    assert!(streets.contains(town::ROUNDABOUT.3), "{streets:?}");
    assert_eq!(
        structures.len(),
        2,
        "a bridge and a tunnel lie on the way: {structures:?}"
    );
}

#[test]
fn every_fringe_of_the_town_reaches_every_other_by_car() {
    let drives = |lane: LaneId| matches!(TOWN.lane(lane).kind, LaneKind::Driving | LaneKind::Ramp);
    let fringe = |is_entry: bool| -> Vec<LaneId> {
        TOWN.edges()
            .iter()
            .filter(|edge| edge.junction.is_none())
            .filter(|edge| {
                if is_entry {
                    edge.predecessors.is_empty()
                } else {
                    edge.successors.is_empty()
                }
            })
            .filter_map(|edge| edge.lanes.iter().copied().find(|&lane| drives(lane)))
            .collect()
    };
    let (entries, exits) = (fringe(true), fringe(false));
    assert!(
        entries.len() >= 15 && exits.len() >= 15,
        "{} in, {} out",
        entries.len(),
        exits.len()
    );
    for &entry in &entries {
        for &exit in &exits {
            let at = |lane, s_m| LanePosition {
                lane,
                s_m,
                offset_m: 0.0,
            };
            let route = TOWN.route(at(entry, 1.0), at(exit, TOWN.lane(exit).length_m - 1.0), Traveller::Car);
            assert!(route.is_some(), "no way from lane {entry:?} to lane {exit:?}");
        }
    }
}

#[test]
fn what_lies_ahead_on_the_line_comes_in_order_within_the_distance_and_ends_with_the_route() {
    let stop = |index: usize| &TOWN.stops()[index];
    let mut found = Vec::new();
    for (from, to) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
        let (from, to) = (stop(from), stop(to));
        let route = TOWN.route(from.position, to.position, Traveller::Bus).unwrap();
        TOWN.ahead(from.position, &route, f64::INFINITY, &mut found);
        assert!(found.is_sorted_by(|a, b| a.distance_m <= b.distance_m), "{found:?}");
        let last = found.last().unwrap();
        assert_eq!(last.what, Thing::End);
        // Lanes beside one another differ a little in length, and the route is measured on those where it leaves edges.
        assert!(
            (last.distance_m - route.length_m).abs() < 2.0,
            "{last:?} {}",
            route.length_m
        );
        let own = TOWN.stops().iter().position(|stop| stop.id == to.id).unwrap();
        let stops = found
            .iter()
            .filter(|thing| thing.what == Thing::Stop(StopId(own as u32)));
        assert_eq!(stops.count(), 1, "the stop that it goes to is told once");
        let count = |wanted: fn(&Thing) -> bool| found.iter().filter(|thing| wanted(&thing.what)).count();
        let junctions = route.lanes.iter().filter_map(|&lane| TOWN.lane(lane).junction);
        let mut junctions: Vec<_> = junctions.collect();
        junctions.dedup();
        assert_eq!(count(|thing| matches!(thing, Thing::Junction(_))), junctions.len());
        let whole = found.clone();
        TOWN.ahead(from.position, &route, 300.0, &mut found);
        let near: Vec<_> = whole.into_iter().filter(|thing| thing.distance_m <= 300.0).collect();
        assert_eq!(found, near);
    }
}

/// The nearest lane to a point, given by its share of the way across the map, is the nearest of all when asked one by one.
fn check_nearest_lane(east: f64, north: f64) {
    let [west_m, south_m, east_m, north_m] = TOWN.bounds_m();
    let (x_m, y_m) = (west_m + east * (east_m - west_m), south_m + north * (north_m - south_m));
    let distance_m = |lane: LaneId| {
        let foot = TOWN.project(lane, x_m, y_m);
        let pose = TOWN.lane_pose(LanePosition { offset_m: 0.0, ..foot });
        let (sin, cos) = pose.heading_rad.sin_cos();
        let [dx, dy] = [x_m - pose.x_m, y_m - pose.y_m];
        let (along_m, left_m) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let beside_m = (left_m.abs() - 0.5 * TOWN.lane_width_m(lane, foot.s_m)).max(0.0);
        libm::hypot(along_m, beside_m)
    };
    let lanes = (0..TOWN.lanes().len()).map(|lane| LaneId(lane as u32));
    let drivable = lanes.filter(|&lane| TOWN.may_use(lane, Traveller::Car));
    let nearest_m = drivable.map(distance_m).fold(f64::INFINITY, f64::min);
    let found = TOWN.nearest_lane(x_m, y_m, None, None, Traveller::Car);
    let found_m = found.map_or(f64::INFINITY, |found| found.distance_m);
    // Beside a taper the edge may be a little nearer further on than at the foot.
    let is_nearest = found_m < nearest_m + 0.01 && found_m > 0.99 * nearest_m - 0.01;
    assert!(is_nearest || nearest_m > 2000.0, "{found_m} {nearest_m} at {x_m} {y_m}");
}

#[test]
fn a_part_of_a_lane_in_the_next_cell_may_be_nearer_than_the_part_in_the_points_own() {
    check_nearest_lane(0.613_514_673_525_022_2, 0.415_235_058_880_08);
}

proptest::proptest! {
    #[test]
    fn the_nearest_lane_is_the_nearest_of_all_lanes(east in 0.0..1.0f64, north in 0.0..1.0f64) {
        check_nearest_lane(east, north);
    }
}
