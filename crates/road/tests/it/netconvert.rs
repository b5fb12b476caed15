//! What netconvert (PyPI `eclipse-sumo`) makes of the OpenDRIVE that we write: the same lanes, connections and lights.
//!
//! Needs netconvert on the `PATH`, else says that it was skipped. Three things are netconvert's own and are taken into
//! account: it cuts a road in two (`#0`, `#1`) where two roads join the same junctions, it gives a footway that ends at a
//! junction connections of its own, and of two lanes of one road that merge into one within a junction it keeps the
//! inner one.

use crate::shared;
use road::draft::{ContactPoint, LaneKind, MapDraft, RoadDraft, RoadLink, SignalKind};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

/// Of a road's lanes into another road: pairs of lane ids at the joint.
type Connections = BTreeMap<(String, String), BTreeSet<(i32, i32)>>;

#[test]
fn netconvert_finds_the_lanes_connections_and_lights_that_we_wrote() {
    if !is_installed() {
        eprintln!("skipped: netconvert is not on the PATH");
        return;
    }
    let maps = [
        shared::files("traffic/maps", ".osm"),
        shared::files("traffic/maps", ".xodr"),
    ];
    for path in maps.iter().flatten() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let draft = road::read_map(&name, &std::fs::read(path).unwrap()).unwrap().draft;
        let net = converted(&name, &road::opendrive::write(&draft));
        let net = roxmltree::Document::parse(&net).unwrap();
        let roads: BTreeMap<&str, &RoadDraft> = draft.roads.iter().map(|road| (road.id.as_str(), road)).collect();
        let lights = [lit_junctions(&draft), lit_nodes(&net)];
        assert_eq!(lights[0], lights[1], "{name}: junctions with lights");
        let lanes = [drivable_lanes(&draft), net_lanes(&net, &roads)];
        assert_eq!(lanes[0], lanes[1], "{name}: lanes of each road, by side");
        let (ours, theirs) = (connections(&draft), net_connections(&net, &roads));
        let driving = |found: &Connections| -> BTreeSet<(String, String)> { found.keys().cloned().collect() };
        let (our_pairs, their_pairs) = (driving(&ours), driving(&theirs));
        let lost: Vec<_> = our_pairs.difference(&their_pairs).collect();
        let invented: Vec<_> = their_pairs.difference(&our_pairs).collect();
        assert!(
            lost.is_empty() && invented.is_empty(),
            "{name}: lost {lost:?}, invented {invented:?}"
        );
        // Beyond merging lanes nothing is left out.
        let targets = |found: &BTreeSet<(i32, i32)>| found.iter().map(|pair| pair.1).collect::<BTreeSet<i32>>().len();
        let (mut all, mut merged) = (0, 0);
        for (pair, found) in &ours {
            all += found.len();
            let kept = theirs[pair].len();
            assert!(
                kept <= found.len() && kept >= targets(found),
                "{name}: {pair:?} has {found:?}, netconvert {:?}",
                theirs[pair]
            );
            merged += found.len() - kept;
        }
        let lane_count: usize = lanes[0].values().sum();
        println!(
            "{name}: {lane_count} lanes, {all} connections, of which {merged} merge within a junction and are left out, {} junctions with lights",
            lights[0].len()
        );
    }
}

fn is_installed() -> bool {
    let mut command = Command::new("netconvert");
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn converted(name: &str, text: &str) -> String {
    let folder = std::env::temp_dir().join(format!("westline-netconvert-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (map, net) = (folder.join("map.xodr"), folder.join("map.net.xml"));
    std::fs::write(&map, text).unwrap();
    let status = Command::new("netconvert")
        .arg("--opendrive-files")
        .arg(&map)
        .args([
            "--opendrive.import-all-lanes",
            "--no-turnarounds",
            "--no-warnings",
            "-o",
        ])
        .arg(&net)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{name}: netconvert ended with {status}");
    let text = std::fs::read_to_string(&net).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    text
}

fn is_drivable(kind: LaneKind) -> bool {
    matches!(kind, LaneKind::Driving | LaneKind::Ramp)
}

fn lit_junctions(draft: &MapDraft) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for road in &draft.roads {
        let is_light = |kind: &SignalKind| matches!(kind, SignalKind::TrafficLight | SignalKind::PedestrianLight);
        for signal in road.signals.iter().filter(|signal| is_light(&signal.kind)) {
            let near = match signal.s_m < 0.5 * road.length_m {
                true => &road.predecessor,
                false => &road.successor,
            };
            match (&road.junction, near) {
                (Some(id), _) | (None, Some(RoadLink::Junction { id })) => found.insert(id.clone()),
                _ => false,
            };
        }
    }
    found
}

fn lit_nodes(net: &roxmltree::Document) -> BTreeSet<String> {
    let nodes = net.descendants().filter(|node| node.has_tag_name("junction"));
    nodes
        .filter(|node| node.attribute("type") == Some("traffic_light"))
        .map(|node| node.attribute("id").unwrap().to_owned())
        .collect()
}

/// Drivable lanes of roads of one section outside junctions: by road and whether they lie to the right.
fn drivable_lanes(draft: &MapDraft) -> BTreeMap<(String, bool), usize> {
    let mut found = BTreeMap::new();
    for road in draft
        .roads
        .iter()
        .filter(|road| road.junction.is_none() && road.sections.len() == 1)
    {
        for lane in road.sections[0].lanes().filter(|lane| is_drivable(lane.kind)) {
            *found.entry((road.id.clone(), lane.id < 0)).or_insert(0) += 1;
        }
    }
    found
}

/// The road of an edge, whether it is its right side, and whether it is a whole one.
fn road_of<'a>(edge: &str, roads: &BTreeMap<&'a str, &RoadDraft>) -> Option<(&'a str, bool)> {
    let name = edge.strip_prefix('-').unwrap_or(edge);
    let name = name.split('#').next().unwrap();
    let (id, _) = roads
        .get_key_value(name)
        .or_else(|| roads.get_key_value(name.rsplit_once('.')?.0))?;
    Some((id, edge.starts_with('-')))
}

fn net_lanes(net: &roxmltree::Document, roads: &BTreeMap<&str, &RoadDraft>) -> BTreeMap<(String, bool), usize> {
    let mut found: BTreeMap<(String, bool), usize> = BTreeMap::new();
    for edge in net
        .descendants()
        .filter(|node| node.has_tag_name("edge") && !node.has_attribute("function"))
    {
        let lanes = edge.children().filter(|lane| lane.has_tag_name("lane"));
        let count = lanes.filter(|lane| is_driving(lane)).count();
        let Some((road, is_right)) = road_of(edge.attribute("id").unwrap(), roads) else {
            continue;
        };
        if count > 0 && roads[road].sections.len() == 1 {
            let most = found.entry((road.to_owned(), is_right)).or_insert(0);
            *most = count.max(*most);
        }
    }
    found
}

fn is_driving(lane: &roxmltree::Node) -> bool {
    matches!(
        lane.attribute("type"),
        Some("driving" | "entry" | "exit" | "onRamp" | "offRamp")
    )
}

/// The lanes of a road at one of its ends.
fn lane_at(road: &RoadDraft, end: ContactPoint, id: i32) -> Option<&road::draft::LaneDraft> {
    let section = match end {
        ContactPoint::Start => road.sections.first(),
        ContactPoint::End => road.sections.last(),
    };
    section?.lanes().find(|lane| lane.id == id)
}

/// Drivable lanes that lead into another road's: through a junction, or from road to road.
fn connections(draft: &MapDraft) -> Connections {
    let roads: BTreeMap<&str, &RoadDraft> = draft.roads.iter().map(|road| (road.id.as_str(), road)).collect();
    let mut found = Connections::new();
    for road in &draft.roads {
        let ends = [
            (ContactPoint::Start, &road.predecessor),
            (ContactPoint::End, &road.successor),
        ];
        if road.junction.is_some() {
            let [
                Some(RoadLink::Road { id: from, .. }),
                Some(RoadLink::Road { id: to, .. }),
            ] = ends.map(|end| end.1.clone())
            else {
                continue;
            };
            for lane in road.sections[0].lanes().filter(|lane| is_drivable(lane.kind)) {
                let last = lane_at(road, ContactPoint::End, lane.id).unwrap_or(lane);
                let ids = if lane.id < 0 {
                    lane.predecessor.zip(last.successor)
                } else {
                    last.successor.zip(lane.predecessor)
                };
                let pair = if lane.id < 0 {
                    (from.clone(), to.clone())
                } else {
                    (to.clone(), from.clone())
                };
                found.entry(pair).or_default().extend(ids);
            }
            continue;
        }
        for (end, link) in ends {
            let Some(RoadLink::Road { id: other, .. }) = link else {
                continue;
            };
            if roads.get(other.as_str()).is_none_or(|other| other.junction.is_some()) {
                continue;
            }
            let section = if end == ContactPoint::End {
                road.sections.last()
            } else {
                road.sections.first()
            };
            for lane in section.unwrap().lanes().filter(|lane| is_drivable(lane.kind)) {
                let (leaves, next) = match end {
                    ContactPoint::End => (lane.id < 0, lane.successor),
                    ContactPoint::Start => (lane.id > 0, lane.predecessor),
                };
                if let Some(next) = next.filter(|_| leaves) {
                    let pair = (road.id.clone(), other.clone());
                    found.entry(pair).or_default().insert((lane.id, next));
                }
            }
        }
    }
    found.retain(|(from, to), _| from != to);
    found
}

/// The same of netconvert's network; lanes by their number there, negative on the right.
fn net_connections(net: &roxmltree::Document, roads: &BTreeMap<&str, &RoadDraft>) -> Connections {
    let drivable: BTreeSet<&str> = net
        .descendants()
        .filter(|node| node.has_tag_name("lane") && is_driving(node))
        .map(|lane| lane.attribute("id").unwrap())
        .collect();
    let mut found = Connections::new();
    for node in net.descendants().filter(|node| node.has_tag_name("connection")) {
        let [from, to, from_lane, to_lane] =
            ["from", "to", "fromLane", "toLane"].map(|name| node.attribute(name).unwrap());
        let ends = [(from, from_lane), (to, to_lane)].map(|(edge, lane)| format!("{edge}_{lane}"));
        if !ends.iter().all(|lane| drivable.contains(lane.as_str())) {
            continue;
        }
        let [Some((from_road, _)), Some((to_road, _))] = [from, to].map(|edge| road_of(edge, roads)) else {
            continue;
        };
        // A road that was cut leads from half to half, one of several sections from one to the next.
        if from_road != to_road {
            let pair = (from_road.to_owned(), to_road.to_owned());
            let lanes = [(from, from_lane), (to, to_lane)].map(|(edge, lane)| {
                let number = lane.parse::<i32>().unwrap() + 1;
                if edge.starts_with('-') { -number } else { number }
            });
            found.entry(pair).or_default().insert(lanes.into());
        }
    }
    found
}
