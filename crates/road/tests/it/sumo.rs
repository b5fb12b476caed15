//! SUMO networks in.

use crate::shared;
use road::{LaneId, LanePosition, RoadNetwork, SignalColour};
use std::collections::BTreeMap;

/// A crossing of a main road by a side road, written by hand: two lanes each way on the main road, lights, a bend.
const CROSSING: &str = r#"<net version="1.20">
 <location netOffset="-500000.00,-5000000.00" projParameter="+proj=utm +zone=32 +ellps=WGS84 +datum=WGS84 +units=m +no_defs"/>
 <edge id=":c_0" function="internal"><lane id=":c_0_0" index="0" speed="13.89" length="20" shape="90,-5 110,-5"/>
  <lane id=":c_0_1" index="1" speed="13.89" length="20" shape="90,-1.8 110,-1.8"/></edge>
 <edge id=":c_2" function="internal"><lane id=":c_2_0" index="0" speed="8" length="6" shape="101.6,-15 101.6,-9"/></edge>
 <edge id=":c_3" function="internal"><lane id=":c_3_0" index="0" speed="8" length="9" shape="101.6,-9 102.2,-6.6 104.1,-5.1 107,-5 110,-5"/></edge>
 <edge id="west" from="w" to="c" name="High Street"><lane id="west_0" index="0" speed="13.89" length="90" shape="0,-5 90,-5"/>
  <lane id="west_1" index="1" speed="13.89" length="90" shape="0,-1.8 90,-1.8" changeRight="bus"/></edge>
 <edge id="east" from="c" to="e"><lane id="east_0" index="0" allow="bus" speed="13.89" length="90" shape="110,-5 160,-5 197.675,12.568"/>
  <lane id="east_1" index="1" speed="13.89" length="90" shape="110,-1.8 159.29,-1.8 196.32,15.467"/></edge>
 <edge id="south" from="s" to="c"><lane id="south_0" index="0" speed="8.33" length="85" shape="101.6,-100 101.6,-15"/></edge>
 <tlLogic id="light" type="static" programID="0" offset="5">
  <phase duration="30" state="GGr"/><phase duration="3" state="yyr"/><phase duration="20" state="rrG"/><phase duration="4" state="rry"/>
 </tlLogic>
 <junction id="c" type="traffic_light" incLanes="west_0 west_1 south_0" intLanes=":c_0_0 :c_0_1 :c_3_0">
  <request index="0" response="000" foes="100" cont="0"/><request index="1" response="000" foes="000" cont="0"/>
  <request index="2" response="001" foes="001" cont="1"/></junction>
 <junction id="w" type="dead_end" incLanes="" intLanes=""/>
 <connection from="west" to="east" fromLane="0" toLane="0" via=":c_0_0" tl="light" linkIndex="0" dir="s" state="O"/>
 <connection from="west" to="east" fromLane="1" toLane="1" via=":c_0_1" tl="light" linkIndex="1" dir="s" state="O"/>
 <connection from="south" to="east" fromLane="0" toLane="0" via=":c_2_0" tl="light" linkIndex="2" dir="r" state="o"/>
 <connection from=":c_2" to="east" fromLane="0" toLane="0" via=":c_3_0" dir="r" state="m"/>
</net>"#;

fn network(text: &str) -> RoadNetwork {
    let reading = road::read_map("town.net.xml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    RoadNetwork::compile(&reading.draft).unwrap_or_else(|error| panic!("{error}"))
}

fn lane(network: &RoadNetwork, road: &str, id: i32) -> LaneId {
    let found = network.lanes().iter().position(|lane| {
        network.roads()[lane.road.0 as usize].id == road && lane.opendrive_id == id && lane.edge.is_some()
    });
    LaneId(u32::try_from(found.unwrap_or_else(|| panic!("no lane `{id}` of road `{road}`"))).unwrap())
}

#[test]
fn edges_connections_and_permissions_become_lanes() {
    let network = network(CROSSING);
    assert_eq!(network.name(), "town");
    let (outer, inner) = (lane(&network, "west", -2), lane(&network, "west", -1));
    assert!(!network.lane(inner).change_right_is_allowed && network.lane(outer).change_left_is_allowed);
    assert_eq!(
        network.lane(lane(&network, "east", -2)).kind,
        road::draft::LaneKind::Bus
    );
    let turn = lane(&network, ":c_2_0", -1);
    assert_eq!(network.lane(turn).turn, road::Turn::Right);
    assert_eq!(network.lane(turn).predecessors, vec![lane(&network, "south", -1)]);
    assert_eq!(network.lane(turn).successors, vec![lane(&network, "east", -2)]);
    assert_eq!(network.warnings(), Vec::<String>::new());
}

#[test]
fn the_request_table_decides_who_goes_first() {
    let network = network(CROSSING);
    let (straight, turn) = (lane(&network, ":c_0_0", -1), lane(&network, ":c_2_0", -1));
    let way = |lane: LaneId, other: LaneId| {
        let conflict = network
            .lane(lane)
            .conflicts
            .iter()
            .find(|conflict| conflict.other == other);
        conflict.unwrap_or_else(|| panic!("no conflict")).right_of_way
    };
    assert_eq!(way(straight, turn), road::RightOfWay::Priority);
    assert_eq!(way(turn, straight), road::RightOfWay::Yield);
}

#[test]
fn a_program_runs_as_it_is_written() {
    let network = network(CROSSING);
    let signal = |road: &str| network.lane(lane(&network, road, -1)).signal.unwrap();
    let (main, side) = (signal(":c_0_0"), signal(":c_2_0"));
    assert_eq!(main, signal(":c_0_1"), "links that always show the same share a head");
    use SignalColour::{Amber, Green, Red};
    for (second, of_main, of_side) in [
        (5, Green, Red),
        (36, Amber, Red),
        (40, Red, Green),
        (61, Red, Amber),
        (63, Green, Red),
    ] {
        let shown = |signal| network.signal_colour(signal, second * 1000);
        assert_eq!((shown(main), shown(side)), (of_main, of_side), "after {second} s");
    }
}

#[test]
fn a_network_in_utm_knows_its_place_on_the_earth() {
    let [latitude_deg, longitude_deg] = network(CROSSING).to_geographic_deg(0.0, 0.0).unwrap();
    assert!(
        (longitude_deg - 9.0).abs() < 1e-9 && (latitude_deg - 45.153).abs() < 1e-2,
        "{latitude_deg}"
    );
}

#[test]
fn what_cannot_be_read_is_told_with_line_and_mend() {
    let broken = CROSSING
        .replace("shape=\"0,-5 90,-5\"", "shape=\"0;-5 90,-5\"")
        .replace("to=\"east\" fromLane=\"1\"", "to=\"nowhere\" fromLane=\"1\"")
        .replace("state=\"yyr\"", "state=\"yqr\"")
        .replace("duration=\"20\"", "duration=\"-20\"")
        .replace("speed=\"8.33\"", "speed=\"fast\"")
        .replace("id=\"south_0\" index=\"0\"", "id=\"south_0\" index=\"7\"");
    insta::assert_snapshot!(
        road::read_map("broken.net.xml", broken.as_bytes())
            .unwrap_err()
            .to_string()
    );
}

#[test]
fn a_network_written_as_opendrive_is_the_same_network() {
    let draft = road::read_map("town.net.xml", CROSSING.as_bytes()).unwrap().draft;
    let written = road::opendrive::write(&draft);
    let again = road::read_map("town.xodr", written.as_bytes()).unwrap();
    assert_eq!(again.notes, Vec::<String>::new());
    let (before, after) = (network(CROSSING), RoadNetwork::compile(&again.draft).unwrap());
    assert_eq!(before.lanes().len(), after.lanes().len());
    for (index, (one, other)) in before.lanes().iter().zip(after.lanes()).enumerate() {
        assert_eq!(
            (one.signal, &one.successors, one.turn, one.kind),
            (other.signal, &other.successors, other.turn, other.kind)
        );
        for part in 0..=4 {
            let at = |network: &RoadNetwork, length_m: f64| {
                network.lane_pose(LanePosition {
                    lane: LaneId(u32::try_from(index).unwrap()),
                    s_m: length_m * f64::from(part) / 4.0,
                    offset_m: 0.0,
                })
            };
            let (a, b) = (at(&before, one.length_m), at(&after, other.length_m));
            assert!((a.x_m - b.x_m).hypot(a.y_m - b.y_m) < 1e-3, "{a:?} {b:?}");
        }
    }
    assert_eq!(before.controllers(), after.controllers());
}

/// Lanes of edges follow their shapes within this, everywhere.
const EDGE_M_MAX: f64 = 0.01;

#[test]
fn lanes_follow_the_shapes_of_foreign_networks() {
    for path in shared::files("traffic", ".net.xml") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let reading = road::read_map(&name, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let network = RoadNetwork::compile(&reading.draft).unwrap_or_else(|error| panic!("{name}: {error}"));
        let shapes = Shapes::of(&text);
        // Our lanes lie on SUMO's.
        let mut worst: BTreeMap<bool, (f64, String)> = BTreeMap::new();
        let mut courses: BTreeMap<(bool, &str), Vec<[f64; 2]>> = BTreeMap::new();
        for (index, lane) in network
            .lanes()
            .iter()
            .enumerate()
            .filter(|(_, lane)| lane.edge.is_some())
        {
            let road = &network.roads()[lane.road.0 as usize].id;
            let is_edge = lane.junction.is_none();
            let steps = (lane.length_m / 0.25).ceil();
            let course = (0..=steps as u32).map(|step| {
                let pose = network.lane_pose(LanePosition {
                    lane: LaneId(u32::try_from(index).unwrap()),
                    s_m: lane.length_m * f64::from(step) / steps,
                    offset_m: 0.0,
                });
                [pose.x_m, pose.y_m]
            });
            let course: Vec<[f64; 2]> = course.collect();
            if is_edge {
                let count = shapes.lanes_of[road.as_str()];
                let id = format!("{road}_{}", count - lane.opendrive_id.unsigned_abs() as usize);
                for &point in &course {
                    let distance_m = distance_m(point, &reaching(&shapes.lanes[&id]));
                    let entry = worst.entry(is_edge).or_default();
                    if distance_m > entry.0 {
                        *entry = (distance_m, id.clone());
                    }
                }
            }
            courses.entry((is_edge, road)).or_default().extend(course);
        }
        eprintln!("{name}: farthest from its shape: {:?}", worst[&true]);
        assert!(worst[&true].0 <= EDGE_M_MAX, "{name}: {:?}", worst[&true]);
        // Every point within an internal lane is passed; where lanes end at a slant, its ends belong to them.
        let mut farthest = (0.0_f64, String::new());
        for (road, shape) in &shapes.internal {
            let Some(course) = courses.get(&(false, road.as_str())) else {
                continue;
            };
            for &point in shape.iter().skip(1).take(shape.len().saturating_sub(2)) {
                let distance_m = distance_m(point, course);
                if distance_m > farthest.0 {
                    farthest = (distance_m, road.clone());
                }
            }
        }
        eprintln!("{name}: internal lanes: {farthest:?}");
        assert!(farthest.0 <= 0.02, "{name}: {farthest:?}");
        // As many ways as connections between edges whose lanes vehicles use.
        let ways = network.lanes().iter().filter(|lane| lane.junction.is_some()).count();
        assert_eq!(ways, shapes.connections, "{name}: connections");
        assert_eq!(network.controllers().len(), shapes.programs, "{name}: programs");
    }
}

#[derive(Default)]
struct Shapes {
    lanes: BTreeMap<String, Vec<[f64; 2]>>,
    lanes_of: BTreeMap<String, usize>,
    internal: BTreeMap<String, Vec<[f64; 2]>>,
    connections: usize,
    programs: usize,
}

impl Shapes {
    fn of(text: &str) -> Shapes {
        let xml = roxmltree::Document::parse(text).unwrap();
        let mut shapes = Shapes::default();
        let root = xml.root_element();
        for edge in root.children().filter(|node| node.has_tag_name("edge")) {
            let lanes: Vec<_> = edge.children().filter(|node| node.has_tag_name("lane")).collect();
            shapes
                .lanes_of
                .insert(edge.attribute("id").unwrap().to_owned(), lanes.len());
            for lane in lanes {
                let points = lane.attribute("shape").unwrap().split(' ').map(|point| {
                    let mut numbers = point.split(',').map(|number| number.parse().unwrap());
                    [numbers.next().unwrap(), numbers.next().unwrap()]
                });
                let (id, points) = (lane.attribute("id").unwrap().to_owned(), points.collect());
                if edge.attribute("function") == Some("internal") {
                    shapes.internal.insert(id, points);
                } else {
                    shapes.lanes.insert(id, points);
                }
            }
        }
        let is_internal = |node: roxmltree::Node, name| node.attribute(name).unwrap().starts_with(':');
        let connections = root.children().filter(|node| node.has_tag_name("connection"));
        shapes.connections = connections
            .filter(|node| !is_internal(*node, "from") && !is_internal(*node, "to"))
            .count();
        shapes.programs = root.children().filter(|node| node.has_tag_name("tlLogic")).count();
        shapes
    }
}

/// A line of less than a metre goes on at both ends: lanes whose ends lie at a slant may have nothing in common, and the
/// road is then a little longer than they are.
fn reaching(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut line = line.to_vec();
    let length_m: f64 = line
        .windows(2)
        .map(|pair| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]))
        .sum();
    if length_m < 1.0 {
        let last = line.len() - 1;
        let beyond = |a: [f64; 2], b: [f64; 2]| {
            let step_m = (b[0] - a[0]).hypot(b[1] - a[1]);
            [0, 1].map(|axis| b[axis] + 0.3 * (b[axis] - a[axis]) / step_m)
        };
        let (first, end) = (beyond(line[1], line[0]), beyond(line[last - 1], line[last]));
        line.insert(0, first);
        line.push(end);
    }
    line
}

/// Distance from a point to a line of straights.
fn distance_m([x, y]: [f64; 2], line: &[[f64; 2]]) -> f64 {
    let part = |pair: &[[f64; 2]]| {
        let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
        let [dx, dy] = [bx - ax, by - ay];
        let square = dx * dx + dy * dy;
        let share = if square > 0.0 {
            ((x - ax) * dx + (y - ay) * dy) / square
        } else {
            0.0
        }
        .clamp(0.0, 1.0);
        (x - ax - share * dx).hypot(y - ay - share * dy)
    };
    line.windows(2).map(part).fold(f64::INFINITY, f64::min)
}
