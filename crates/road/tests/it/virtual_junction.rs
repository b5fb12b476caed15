//! Virtual junctions: roads that lead off a road, or on to it, without cutting it (OpenDRIVE 1.8, 12.7).

use road::draft::{ContactPoint, RoadLink};
use road::opendrive::{read, write};
use road::{LaneId, LanePosition, RightOfWay, RoadNetwork, Traveller};

const LANE: &str = r#"<width sOffset="0" a="3.5" b="0" c="0" d="0"/>"#;

/// A road: head, links, geometry, lanes by id and their links.
fn road(head: &str, links: &str, plan: &str, lanes: &[(i32, &str)]) -> String {
    let side = |name: &str, is_of_side: &dyn Fn(i32) -> bool| {
        let lanes = lanes
            .iter()
            .filter(|(id, _)| is_of_side(*id))
            .map(|(id, link)| format!(r#"<lane id="{id}" type="driving"><link>{link}</link>{LANE}</lane>"#));
        format!("<{name}>{}</{name}>", lanes.collect::<String>())
    };
    format!(
        r#"<road {head}><link>{links}</link><planView>{plan}</planView><lanes><laneSection s="0">{}
<center><lane id="0" type="none"/></center>{}</laneSection></lanes></road>"#,
        side("left", &|id| id > 0),
        side("right", &|id| id < 0),
    )
}

const QUARTER: f64 = 12.0 * std::f64::consts::FRAC_PI_2;

/// A street along x with one lane to the west and two to the east, and a yard south of it whose drive joins it between
/// s = 50 and s = 74 by four ways.
fn street_with_a_yard() -> String {
    use std::f64::consts::{FRAC_PI_2, PI};
    let arc = |s: f64, x: f64, y: f64, heading: f64, curvature: f64| {
        format!(
            r#"<geometry s="{s}" x="{x}" y="{y}" hdg="{heading}" length="{QUARTER}"><arc curvature="{curvature}"/></geometry>"#
        )
    };
    let line = |s: f64, x: f64, y: f64, heading: f64, length: f64| {
        format!(r#"<geometry s="{s}" x="{x}" y="{y}" hdg="{heading}" length="{length}"><line/></geometry>"#)
    };
    let radius = 1.0 / 12.0;
    let street = |s: f64, direction: &str| {
        format!(r#"elementType="road" elementId="1" elementS="{s}" elementDir="{direction}""#)
    };
    let yard = r#"elementType="road" elementId="99" contactPoint="start""#;
    let way = |id: u32, length: f64, before: &str, after: &str, plan: String, lanes: (i32, i32)| {
        road(
            &format!(r#"id="{id}" length="{length}" junction="555""#),
            &format!("<predecessor {before}/><successor {after}/>"),
            &plan,
            &[(
                -1,
                &format!(r#"<predecessor id="{}"/><successor id="{}"/>"#, lanes.0, lanes.1),
            )],
        )
    };
    let roads = [
        road(
            r#"id="1" length="200" junction="-1""#,
            "",
            &line(0.0, 0.0, 0.0, 0.0, 200.0),
            &[(1, ""), (-1, ""), (-2, "")],
        ),
        // Off to the right, off to the left, on to the right, on to the left.
        way(
            2,
            QUARTER,
            &street(50.0, "+"),
            yard,
            arc(0.0, 50.0, -3.5, 0.0, -radius),
            (-2, -1),
        ),
        way(
            6,
            QUARTER + 3.5,
            &street(74.0, "-"),
            yard,
            arc(0.0, 74.0, 0.0, PI, radius) + &line(QUARTER, 62.0, -12.0, -FRAC_PI_2, 3.5),
            (1, -1),
        ),
        way(
            4,
            QUARTER,
            yard,
            &street(74.0, "+"),
            arc(0.0, 62.0, -15.5, FRAC_PI_2, -radius),
            (1, -2),
        ),
        way(
            5,
            QUARTER + 3.5,
            yard,
            &street(50.0, "-"),
            line(0.0, 62.0, -15.5, FRAC_PI_2, 3.5) + &arc(3.5, 62.0, -12.0, FRAC_PI_2, radius),
            (1, 1),
        ),
        road(
            r#"id="99" length="40" junction="-1""#,
            r#"<predecessor elementType="junction" elementId="555"/>"#,
            &line(0.0, 62.0, -15.5, -FRAC_PI_2, 40.0),
            &[(1, ""), (-1, "")],
        ),
    ];
    let connections = [(1, 2, -2), (1, 6, 1), (99, 4, 1), (99, 5, 1)].map(|(from, way, lane)| {
        format!(
            r#"<connection id="{way}" incomingRoad="{from}" connectingRoad="{way}"><laneLink from="{lane}" to="-1"/></connection>"#
        )
    });
    format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="8"/>{}<junction id="555" type="virtual" mainRoad="1" sStart="50" sEnd="74"
 orientation="none">{}</junction></OpenDRIVE>"#,
        roads.concat(),
        connections.concat()
    )
}

fn compiled(text: &str) -> RoadNetwork {
    let reading = read("map.xodr", text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reading.notes, Vec::<String>::new());
    let network = RoadNetwork::compile(&reading.draft).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(network.warnings(), Vec::<String>::new());
    network
}

fn place(network: &RoadNetwork, road: &str, lane: i32, s_m: f64) -> LanePosition {
    let road = network.road_by_id(road).unwrap();
    network.lane_position(road, lane, s_m, 0.0).unwrap()
}

/// The roads of a route, each once.
fn roads_passed(network: &RoadNetwork, from: LanePosition, to: LanePosition) -> Vec<String> {
    let route = network.route(from, to, Traveller::Car).expect("there is a way");
    let sequence = network.lane_sequence(from.lane, &route);
    let mut roads: Vec<String> = sequence
        .iter()
        .map(|&lane| network.roads()[network.lane(lane).road.0 as usize].id.clone())
        .collect();
    roads.dedup();
    roads
}

#[test]
fn roads_lead_off_and_on_where_their_links_say() {
    let network = compiled(&street_with_a_yard());
    let at = |road, lane, s_m| place(&network, road, lane, s_m);
    let ways = [
        (at("1", -2, 10.0), at("99", -1, 30.0), vec!["1", "2", "99"]),
        (at("1", 1, 190.0), at("99", -1, 30.0), vec!["1", "6", "99"]),
        (at("99", 1, 30.0), at("1", -2, 190.0), vec!["99", "4", "1"]),
        (at("99", 1, 30.0), at("1", 1, 10.0), vec!["99", "5", "1"]),
        (at("1", -1, 10.0), at("1", -1, 190.0), vec!["1"]),
    ];
    for (from, to, expected) in ways {
        assert_eq!(roads_passed(&network, from, to), expected);
    }
    // Past the place where one leads off, nobody turns back to it.
    assert_eq!(
        network.route(at("1", -2, 80.0), at("99", -1, 30.0), Traveller::Car),
        None
    );
    let draft = read("map.xodr", &street_with_a_yard()).unwrap().draft;
    assert_eq!(road::faults(&draft), Vec::new());
}

#[test]
fn the_main_road_goes_first() {
    let network = compiled(&street_with_a_yard());
    let lane = |road: &str, lane: i32, s_m: f64| place(&network, road, lane, s_m).lane;
    let way = |from: LaneId, with: LaneId| {
        let conflicts = &network.lane(from).conflicts;
        conflicts
            .iter()
            .find(|conflict| conflict.other == with)
            .map(|conflict| conflict.right_of_way)
    };
    let street = [1, -1, -2].map(|id| lane("1", id, 62.0));
    for main in street {
        // Out of the yard to the left one crosses both lanes to the east and merges with the one to the west.
        assert_eq!(way(lane("5", -1, 10.0), main), Some(RightOfWay::Yield));
        assert_eq!(way(main, lane("5", -1, 10.0)), Some(RightOfWay::Priority));
    }
    assert_eq!(way(lane("6", -1, 10.0), street[1]), Some(RightOfWay::Yield));
    // Who turns off goes before who comes out.
    assert_eq!(way(lane("5", -1, 10.0), lane("6", -1, 10.0)), Some(RightOfWay::Yield));
    assert!(network.lane(street[0]).junction.is_some() && network.lane(lane("1", -1, 30.0)).junction.is_none());
}

#[test]
fn a_virtual_junction_is_written_as_it_was_read() {
    let draft = read("map.xodr", &street_with_a_yard()).unwrap().draft;
    let again = read("again.xodr", &write(&draft)).unwrap();
    assert_eq!(again.notes, Vec::<String>::new());
    assert_eq!(again.draft.junctions, draft.junctions);
    assert_eq!(again.draft.junctions[0].main_road.as_ref().unwrap().end_m, 74.0);
    assert_eq!(again.draft.junctions[0].connections[1].contact, ContactPoint::Start);
    let links: Vec<_> = again.draft.roads.iter().map(|road| road.successor.clone()).collect();
    assert_eq!(
        links[3],
        Some(RoadLink::Along {
            id: "1".into(),
            s_m: 74.0,
            is_forward: true
        })
    );
    assert_eq!(
        compiled(&write(&draft)).digest(),
        compiled(&write(&again.draft)).digest()
    );
}

/// A street with two ways to a yard that have no road of their own (until 1.7), which begins where `gap` says.
fn street_with_virtual_connections(gap: f64) -> String {
    let line = |x: f64, y: f64, heading: f64, length: f64| {
        format!(r#"<geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="{length}"><line/></geometry>"#)
    };
    let street = road(
        r#"id="1" length="200" junction="-1""#,
        "",
        &line(0.0, 0.0, 0.0, 200.0),
        &[(1, ""), (-1, "")],
    );
    let yard = road(
        r#"id="98" length="30" junction="-1""#,
        r#"<predecessor elementType="junction" elementId="7"/>"#,
        &line(100.0, -3.5 - gap, -std::f64::consts::FRAC_PI_2, 30.0),
        &[(1, ""), (-1, "")],
    );
    let ends = |s: f64| {
        (
            format!(r#"elementType="road" elementId="1" elementS="{s}" elementDir="+""#),
            r#"elementType="road" elementId="98" contactPoint="start""#,
        )
    };
    let ((off, on), end) = ((ends(98.25).0, ends(101.75).0), ends(0.0).1);
    format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="7"/>{street}{yard}<junction id="7" type="virtual" mainRoad="1" sStart="97"
 sEnd="103" orientation="+"><connection id="0" type="virtual"><predecessor {off}/><successor {end}/><laneLink from="-1" to="-1"/>
 </connection><connection id="1" type="virtual"><predecessor {end}/><successor {on}/><laneLink from="1" to="-1"/></connection>
 </junction></OpenDRIVE>"#
    )
}

#[test]
fn virtual_connections_join_lanes_that_lie_near_enough() {
    let network = compiled_with_warnings(&street_with_virtual_connections(0.5));
    let at = |road, lane, s_m| place(&network, road, lane, s_m);
    assert_eq!(
        roads_passed(&network, at("1", -1, 10.0), at("98", -1, 20.0)),
        ["1", "98"]
    );
    assert_eq!(
        roads_passed(&network, at("98", 1, 20.0), at("1", -1, 190.0)),
        ["98", "1"]
    );
    assert_eq!(network.route(at("98", 1, 20.0), at("1", 1, 10.0), Traveller::Car), None);
    // A vehicle does not leap over a hole of five metres: the way is told, and left out.
    let network = compiled_with_warnings(&street_with_virtual_connections(5.0));
    let at = |road, lane, s_m| place(&network, road, lane, s_m);
    assert_eq!(
        network.route(at("1", -1, 10.0), at("98", -1, 20.0), Traveller::Car),
        None
    );
    assert!(
        network.warnings().iter().any(|w| w.contains("the link is left out")),
        "{:?}",
        network.warnings()
    );
}

fn compiled_with_warnings(text: &str) -> RoadNetwork {
    RoadNetwork::compile(&read("map.xodr", text).unwrap().draft).unwrap()
}

#[test]
fn a_cross_path_is_a_crossing_and_cuts_nothing() {
    let street = road(
        r#"id="1" length="200" junction="-1""#,
        "",
        r#"<geometry s="0" x="0" y="0" hdg="0" length="200"><line/></geometry>"#,
        &[(1, ""), (-1, ""), (-2, "")],
    );
    let path = road(
        r#"id="2" name="zebra" length="12" junction="555""#,
        "",
        r#"<geometry s="0" x="54" y="-8" hdg="1.5707963" length="12"><line/></geometry>"#,
        &[(-1, "")],
    )
    .replace("driving", "walking");
    let text = format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="8"/>{street}{path}<junction id="555" type="virtual" mainRoad="1" sStart="52"
 sEnd="58" orientation="none"><priority high="1" low="2"/><crossPath id="0" crossingRoad="2" roadAtStart="1" roadAtEnd="1">
 <startLaneLink s="54" from="-2" to="-1"/><endLaneLink s="54" from="1" to="-1"/></crossPath></junction></OpenDRIVE>"#
    );
    let network = compiled(&text);
    let [crossing] = network.crossings() else {
        panic!("one crossing")
    };
    assert_eq!((crossing.lanes.len(), crossing.width_m), (3, 3.5));
    assert!(
        (crossing.from_m[0] - 54.0).abs() < 1e-9 && (crossing.from_m[1] + 7.0).abs() < 1e-9,
        "{crossing:?}"
    );
    let street = network.road_by_id("1").unwrap();
    assert_eq!(network.lanes().iter().filter(|lane| lane.road == street).count(), 3);
}

#[test]
fn what_a_virtual_junction_names_in_vain_is_told() {
    let draft = |from: &str, to: &str| read("map.xodr", &street_with_a_yard().replace(from, to)).unwrap().draft;
    let error = RoadNetwork::compile(&draft(r#"mainRoad="1""#, r#"mainRoad="44""#))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("junction `555`: it lies on or leads to road `44`, which is not in the map\nhint: "),
        "{error}"
    );
    let network = RoadNetwork::compile(&draft(r#"<predecessor id="-2"/>"#, r#"<predecessor id="-7"/>"#)).unwrap();
    assert!(
        network
            .warnings()
            .iter()
            .any(|warning| warning.contains("lane `-7` of road `1` at s = 50")),
        "{:?}",
        network.warnings()
    );
}
