//! Roads of edges, connecting roads of connections, priorities of request tables.
//!
//! Lanes are numbered by SUMO from the outside, by OpenDRIVE from the middle of the road: lane `index` of an edge with n
//! lanes is lane -(n - index), or n - index where traffic keeps left. An edge is a road of its own, also where another
//! leads back beside it.

use super::carriageway::{Carriageway, lay};
use super::connection::{Line, curve};
use super::light;
use super::read::{Connection, Edge, Function, Lane, Net};
use super::{Point, SAME_M, distance_m, distinct};
use crate::document::{Document, clipped};
use crate::draft::{
    ConnectionDraft, ContactPoint, Cubic, JunctionDraft, LaneChange, LaneDraft, LaneKind, LaneSectionDraft, MapDraft,
    ObjectDraft, ObjectKind, Orientation, RoadClass, RoadDraft, RoadLink, RoadMarkDraft, RoadMarkKind, RoadTypeRecord,
    SignalDraft, SignalKind, TrafficRule,
};
use std::collections::{BTreeMap, BTreeSet};

/// Most internal lanes that follow one another in one connection: a bound on what a hostile file can chain.
const CHAIN_MAX: usize = 16;

/// A connection through a junction, with its road.
pub(super) struct Way<'a> {
    pub(super) connection: &'a Connection<'a>,
    /// Id of the connecting road.
    pub(super) road: String,
    /// The internal lanes that it leads over.
    pub(super) internal: Vec<&'a str>,
}

/// What the roads are made of.
pub(super) struct Site<'a> {
    pub(super) net: &'a Net<'a>,
    /// For each edge that became a road, the index of that road.
    pub(super) road_of: BTreeMap<usize, usize>,
    pub(super) ways: Vec<Way<'a>>,
}

pub(super) fn build(document: &Document, net: &Net<'_>, draft: &mut MapDraft) {
    let mut laid: BTreeMap<usize, Carriageway> = BTreeMap::new();
    let mut site = Site {
        net,
        road_of: BTreeMap::new(),
        ways: Vec::new(),
    };
    for (index, edge) in net.edges.iter().enumerate() {
        if edge.function != Function::Normal {
            continue;
        }
        let lanes: Vec<&Lane> = edge.lanes.iter().rev().collect();
        let Some(carriageway) = lay(&lanes, net.keeps_left) else {
            document.note(document.root(), "an edge whose lanes have no length is left out");
            continue;
        };
        site.road_of.insert(index, draft.roads.len());
        draft.roads.push(edge_road(edge, &carriageway, net.keeps_left));
        laid.insert(index, carriageway);
    }
    add_ways(document, &mut site, &laid, draft);
    add_junctions(&mut site, draft);
    mark_approaches(&site, draft);
    light::add(document, &site, draft);
}

/// The id of a lane in OpenDRIVE.
pub(super) fn lane_id(edge: &Edge<'_>, index: usize, keeps_left: bool) -> i32 {
    let from_middle = (edge.lanes.len() - index) as i32;
    if keeps_left { from_middle } else { -from_middle }
}

fn rule(keeps_left: bool) -> TrafficRule {
    if keeps_left {
        TrafficRule::LeftHand
    } else {
        TrafficRule::RightHand
    }
}

/// What a type's name says of its class: netconvert keeps the words of OpenStreetMap.
fn class(edge: &Edge<'_>) -> RoadClass {
    let speed_mps = edge.lanes.iter().map(|lane| lane.speed_mps).fold(0.0, f64::max);
    let says = |word: &str| edge.class.contains(word);
    match () {
        () if says("motorway") => RoadClass::Motorway,
        () if says("trunk") => RoadClass::Expressway,
        () if says("primary") => RoadClass::Arterial,
        () if says("secondary") => RoadClass::Town,
        () if says("tertiary") => RoadClass::Collector,
        () if says("residential") || says("unclassified") => RoadClass::Local,
        () if says("living_street") || says("service") => RoadClass::LowSpeed,
        () if speed_mps > 26.0 => RoadClass::Motorway,
        () if speed_mps < 9.0 => RoadClass::Local,
        () => RoadClass::Town,
    }
}

fn edge_road(edge: &Edge<'_>, carriageway: &Carriageway, keeps_left: bool) -> RoadDraft {
    let count = edge.lanes.len();
    let lanes: Vec<LaneDraft> = edge
        .lanes
        .iter()
        .enumerate()
        .rev()
        .map(|(index, lane)| LaneDraft {
            id: lane_id(edge, index, keeps_left),
            kind: lane.kind,
            widths: carriageway.widths[count - 1 - index].clone(),
            marks: vec![outer_mark(edge, index, keeps_left)],
            speeds_mps_max: vec![(0.0, lane.speed_mps)],
            ..LaneDraft::default()
        })
        .collect();
    let inner_mark = RoadMarkDraft {
        kind: RoadMarkKind::Solid,
        width_m: 0.12,
        ..RoadMarkDraft::default()
    };
    RoadDraft {
        id: edge.id.to_owned(),
        name: edge.name.to_owned(),
        types: vec![RoadTypeRecord {
            s_m: 0.0,
            class: class(edge),
            speed_mps_max: None,
        }],
        lane_offset: carriageway.lane_offset.clone(),
        sections: vec![one_sided(lanes, vec![inner_mark], keeps_left)],
        ..bare_road(&carriageway.line, keeps_left)
    }
}

fn bare_road(line: &Line, keeps_left: bool) -> RoadDraft {
    RoadDraft {
        length_m: line.length_m,
        rule: rule(keeps_left),
        plan: line.plan.clone(),
        elevation: line.elevation.clone(),
        ..RoadDraft::default()
    }
}

fn one_sided(lanes: Vec<LaneDraft>, centre_marks: Vec<RoadMarkDraft>, keeps_left: bool) -> LaneSectionDraft {
    let (left, right) = if keeps_left {
        (lanes, Vec::new())
    } else {
        (Vec::new(), lanes)
    };
    LaneSectionDraft {
        s_m: 0.0,
        left,
        centre_marks,
        right,
    }
}

/// The line between a lane and the next one outwards.
fn outer_mark(edge: &Edge<'_>, index: usize, keeps_left: bool) -> RoadMarkDraft {
    let mark = |kind, lane_change| RoadMarkDraft {
        kind,
        lane_change,
        width_m: 0.12,
        ..RoadMarkDraft::default()
    };
    let Some(outer) = index.checked_sub(1) else {
        return mark(RoadMarkKind::Solid, LaneChange::None);
    };
    let (inner, outer) = (&edge.lanes[index], &edge.lanes[outer]);
    let is_walked = |lane: &Lane| matches!(lane.kind, LaneKind::Sidewalk | LaneKind::None | LaneKind::Rail);
    if is_walked(inner) || is_walked(outer) {
        return mark(RoadMarkKind::Curb, LaneChange::None);
    }
    let (outwards, inwards) = if keeps_left {
        (LaneChange::Increase, LaneChange::Decrease)
    } else {
        (LaneChange::Decrease, LaneChange::Increase)
    };
    match (inner.may_change_out, outer.may_change_in) {
        (true, true) => mark(RoadMarkKind::Broken, LaneChange::Both),
        (true, false) => mark(RoadMarkKind::BrokenSolid, outwards),
        (false, true) => mark(RoadMarkKind::SolidBroken, inwards),
        (false, false) => mark(RoadMarkKind::Solid, LaneChange::None),
    }
}

/// Internal lanes by id: `edge_index`.
fn internal_lanes<'a>(net: &'a Net<'a>) -> BTreeMap<String, (usize, usize)> {
    let mut lanes = BTreeMap::new();
    for (edge_index, edge) in net.edges.iter().enumerate() {
        if edge.function == Function::Internal {
            for lane in 0..edge.lanes.len() {
                lanes.insert(format!("{}_{lane}", edge.id), (edge_index, lane));
            }
        }
    }
    lanes
}

fn add_ways<'a>(document: &Document, site: &mut Site<'a>, laid: &BTreeMap<usize, Carriageway>, draft: &mut MapDraft) {
    let net = site.net;
    let internal = internal_lanes(net);
    // What continues an internal lane: the connection that leads on from it.
    let mut onward: BTreeMap<(usize, usize), &Connection<'a>> = BTreeMap::new();
    for connection in &net.connections {
        if net.edges[connection.from].function == Function::Internal {
            onward
                .entry((connection.from, connection.from_lane))
                .or_insert(connection);
        }
    }
    let mut ids: BTreeSet<String> = net.edges.iter().map(|edge| edge.id.to_owned()).collect();
    for connection in &net.connections {
        let (Some(from), Some(to)) = (laid.get(&connection.from), laid.get(&connection.to)) else {
            continue;
        };
        let (from_edge, to_edge) = (&net.edges[connection.from], &net.edges[connection.to]);
        let (from_place, to_place) = (
            from_edge.lanes.len() - 1 - connection.from_lane,
            to_edge.lanes.len() - 1 - connection.to_lane,
        );
        let mut chain: Vec<(&'a str, &Lane)> = Vec::new();
        let mut via = connection.via;
        while let Some(id) = via
            && chain.len() < CHAIN_MAX
        {
            let Some(&(edge, lane)) = internal.get(id) else {
                document.note(
                    document.root(),
                    &format!("a connection leads over `{}`, which is not there", clipped(id)),
                );
                break;
            };
            chain.push((id, &net.edges[edge].lanes[lane]));
            via = onward.get(&(edge, lane)).and_then(|next| next.via);
        }
        let points = points_of(&from.tails[from_place], &chain, &to.heads[to_place]);
        let line = curve(&points, from.ends[from_place], to.starts[to_place]);
        let (out, into) = (
            &from_edge.lanes[connection.from_lane],
            &to_edge.lanes[connection.to_lane],
        );
        let width_at = |lane: &Carriageway, place: usize, at_end: bool| {
            let records = &lane.widths[place];
            let record = if at_end { records.last() } else { records.first() };
            let Some(record) = record else { return out.width_m };
            let ds_m = if at_end { lane.line.length_m - record.s_m } else { 0.0 };
            record.a + ds_m * (record.b + ds_m * (record.c + ds_m * record.d))
        };
        let (width_m, width_end_m) = (width_at(from, from_place, true), width_at(to, to_place, false));
        let width = Cubic {
            a: width_m,
            b: (width_end_m - width_m) / line.length_m,
            ..Cubic::default()
        };
        let mut id = chain.first().map_or_else(
            || {
                format!(
                    "{}_{}->{}_{}",
                    from_edge.id, connection.from_lane, to_edge.id, connection.to_lane
                )
            },
            |(id, _)| (*id).to_owned(),
        );
        while !ids.insert(id.clone()) {
            id.push('\'');
        }
        let side = if net.keeps_left { 1 } else { -1 };
        let offset_m = f64::from(-side) * 0.5;
        let speed_mps = chain
            .first()
            .map_or(out.speed_mps.min(into.speed_mps), |(_, lane)| lane.speed_mps);
        // Who may use the way may use the lanes at its ends.
        let kind = chain.first().map_or(out.kind.max(into.kind), |(_, lane)| lane.kind);
        let lane = LaneDraft {
            id: side,
            kind,
            widths: vec![width],
            predecessor: Some(lane_id(from_edge, connection.from_lane, net.keeps_left)),
            successor: Some(lane_id(to_edge, connection.to_lane, net.keeps_left)),
            speeds_mps_max: vec![(0.0, speed_mps)],
            ..LaneDraft::default()
        };
        draft.roads.push(RoadDraft {
            id: id.clone(),
            junction: Some(from_edge.to.to_owned()),
            predecessor: Some(RoadLink::Road {
                id: from_edge.id.to_owned(),
                contact: ContactPoint::End,
            }),
            successor: Some(RoadLink::Road {
                id: to_edge.id.to_owned(),
                contact: ContactPoint::Start,
            }),
            types: vec![RoadTypeRecord {
                s_m: 0.0,
                class: class(from_edge),
                speed_mps_max: None,
            }],
            lane_offset: vec![Cubic {
                a: offset_m * width.a,
                b: offset_m * width.b,
                ..Cubic::default()
            }],
            sections: vec![one_sided(vec![lane], Vec::new(), net.keeps_left)],
            ..bare_road(&line, net.keeps_left)
        });
        site.ways.push(Way {
            connection,
            road: id,
            internal: chain.iter().map(|(id, _)| *id).collect(),
        });
    }
}

/// The points of a way: what sticks out of the lane before, the internal lanes, what sticks out of the lane after.
fn points_of(tail: &[Point], chain: &[(&str, &Lane)], head: &[Point]) -> Vec<Point> {
    let mut points = tail.to_vec();
    for (_, lane) in chain {
        let starts_elsewhere = points
            .last()
            .zip(lane.shape.first())
            .is_some_and(|(&last, &first)| distance_m(last, first) > SAME_M);
        points.extend(lane.shape.iter().skip(usize::from(starts_elsewhere)));
    }
    let ends_elsewhere = points
        .last()
        .zip(head.first())
        .is_some_and(|(&last, &first)| distance_m(last, first) > SAME_M);
    if ends_elsewhere && points.len() > tail.len() + 1 {
        points.pop();
    }
    points.extend_from_slice(head);
    distinct(&points)
}

fn add_junctions(site: &mut Site<'_>, draft: &mut MapDraft) {
    let net = site.net;
    let mut made: BTreeMap<&str, JunctionDraft> = BTreeMap::new();
    for way in &site.ways {
        let (from, to) = (&net.edges[way.connection.from], &net.edges[way.connection.to]);
        let junction = made.entry(from.to).or_insert_with(|| JunctionDraft {
            id: from.to.to_owned(),
            is_roundabout: net.roundabout_nodes.contains(&from.to),
            ..JunctionDraft::default()
        });
        junction.connections.push(ConnectionDraft {
            incoming_road: from.id.to_owned(),
            connecting_road: way.road.clone(),
            contact: ContactPoint::Start,
            lane_links: vec![(
                lane_id(from, way.connection.from_lane, net.keeps_left),
                if net.keeps_left { 1 } else { -1 },
            )],
        });
        let touches = Some(RoadLink::Junction { id: from.to.to_owned() });
        draft.roads[site.road_of[&way.connection.from]]
            .successor
            .clone_from(&touches);
        if to.from == from.to {
            draft.roads[site.road_of[&way.connection.to]].predecessor = touches;
        }
    }
    let by_lane: BTreeMap<&str, &str> = site
        .ways
        .iter()
        .flat_map(|way| way.internal.iter().map(|&lane| (lane, way.road.as_str())))
        .collect();
    let by_edge = ways_by_edge(site);
    for junction in &net.junctions {
        if let Some(made) = made.get_mut(junction.id) {
            made.priorities = priorities(site, &by_lane, &by_edge, junction);
        }
    }
    // In the file's order, so that a change of one junction changes one place of what is written.
    for junction in &net.junctions {
        draft.junctions.extend(made.remove(junction.id));
    }
    draft.junctions.extend(made.into_values());
}

/// The ways out of each edge, in the file's order.
fn ways_by_edge<'s, 'a>(site: &'s Site<'a>) -> BTreeMap<usize, Vec<&'s Way<'a>>> {
    let mut by_edge: BTreeMap<usize, Vec<&Way<'_>>> = BTreeMap::new();
    for way in &site.ways {
        by_edge.entry(way.connection.from).or_default().push(way);
    }
    by_edge
}

/// (high, low) for each pair of links of which one gives way and the other does not.
fn priorities(
    site: &Site<'_>,
    by_lane: &BTreeMap<&str, &str>,
    by_edge: &BTreeMap<usize, Vec<&Way<'_>>>,
    junction: &super::read::Junction<'_>,
) -> Vec<(String, String)> {
    let mut roads: Vec<Option<&str>> = Vec::new();
    if junction.internal_lanes.len() >= junction.responses.len() {
        roads.extend(junction.internal_lanes.iter().map(|lane| by_lane.get(lane).copied()));
    } else {
        // Without internal lanes links are counted by incoming lane, then as the file lists them.
        for lane in &junction.incoming_lanes {
            let Some((edge, index)) = lane.rsplit_once('_') else {
                continue;
            };
            let ways = site.net.edge_index.get(edge).and_then(|edge| by_edge.get(edge));
            let ways = ways
                .into_iter()
                .flatten()
                .filter(|way| index.parse() == Ok(way.connection.from_lane));
            roads.extend(ways.map(|way| Some(way.road.as_str())));
        }
    }
    let responses: BTreeMap<usize, &str> = junction.responses.iter().copied().collect();
    let gives_way = |low: usize, high: usize| {
        responses.get(&low).is_some_and(|response| {
            let position = response.len().checked_sub(1 + high);
            position.is_some_and(|position| response.as_bytes()[position] == b'1')
        })
    };
    let mut priorities = Vec::new();
    for (low, of_low) in roads.iter().enumerate() {
        for (high, of_high) in roads.iter().enumerate() {
            if let (Some(low_road), Some(high_road)) = (of_low, of_high)
                && low_road != high_road
                && gives_way(low, high)
                && !gives_way(high, low)
            {
                priorities.push(((*high_road).to_owned(), (*low_road).to_owned()));
            }
        }
    }
    priorities
}

/// Stop lines and signs where lanes have to wait.
fn mark_approaches(site: &Site<'_>, draft: &mut MapDraft) {
    let net = site.net;
    let by_edge = ways_by_edge(site);
    for (&edge_index, &road_index) in &site.road_of {
        let edge = &net.edges[edge_index];
        let Some(ways) = by_edge.get(&edge_index) else {
            continue;
        };
        let has_state = |states: &[&str]| ways.iter().any(|way| states.contains(&way.connection.state));
        let has_light = ways.iter().any(|way| way.connection.light.is_some());
        let (stops, gives_way) = (has_state(&["s", "w"]), has_state(&["m"]));
        if !(has_light || stops || gives_way) {
            continue;
        }
        let road = &mut draft.roads[road_index];
        let (low_m, high_m) = driven_width(road);
        if high_m - low_m < 1.0 || road.length_m < 2.0 {
            continue;
        }
        road.objects.push(ObjectDraft {
            id: format!("stop-line-{}", edge.id),
            kind: ObjectKind::StopLine,
            s_m: road.length_m - 0.3,
            t_m: 0.5 * (low_m + high_m),
            heading_rad: std::f64::consts::FRAC_PI_2,
            length_m: high_m - low_m,
            width_m: 0.4,
            orientation: Orientation::Forward,
            ..ObjectDraft::default()
        });
        if has_light || ways.iter().any(|way| !matches!(way.connection.state, "s" | "w" | "m")) {
            continue;
        }
        let outside_m = if net.keeps_left { high_m + 0.6 } else { low_m - 0.6 };
        road.signals.push(SignalDraft {
            id: format!("sign-{}", edge.id),
            s_m: (road.length_m - 1.0).max(0.0),
            t_m: outside_m,
            z_offset_m: 2.2,
            orientation: Orientation::Forward,
            kind: if stops { SignalKind::Stop } else { SignalKind::GiveWay },
            ..SignalDraft::default()
        });
    }
}

/// The lowest and the highest t of the lanes that vehicles use, at the end of a road with one section.
pub(super) fn driven_width(road: &RoadDraft) -> (f64, f64) {
    let at = |records: &[Cubic]| {
        records.last().map_or(0.0, |record| {
            let ds_m = road.length_m - record.s_m;
            record.a + ds_m * (record.b + ds_m * (record.c + ds_m * record.d))
        })
    };
    let mut border_m = at(&road.lane_offset);
    let (mut low_m, mut high_m) = (f64::INFINITY, f64::NEG_INFINITY);
    for section in &road.sections {
        for lane in section.left.iter().chain(&section.right) {
            let next_m = border_m + f64::from(lane.id.signum()) * at(&lane.widths);
            if matches!(lane.kind, LaneKind::Driving | LaneKind::Bus | LaneKind::Bicycle) {
                low_m = low_m.min(border_m).min(next_m);
                high_m = high_m.max(border_m).max(next_m);
            }
            border_m = next_m;
        }
    }
    if low_m > high_m { (0.0, 0.0) } else { (low_m, high_m) }
}
