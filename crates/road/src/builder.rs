//! The map builder: from a street graph to a drawable, drivable [`MapDraft`].
//!
//! A person (or a reader of another format, such as OpenStreetMap) says which streets meet where and how many lanes they
//! have; the builder gives them smooth lines of straights, spirals and arcs, smooth heights, trims them where they meet,
//! and lays turning paths, lights, stop lines and crossings. Nothing is random: one graph, one draft.
//!
//! ```text
//! graph          what is asked for: nodes, streets, lanes, stops
//! alignment      reference lines in plan view       profile    heights along them
//! layout         streets chained, trimmed, with heights  carriageway  what they keep clear of
//! cross_section  lanes, pockets, lay-bys, markings
//! junction       who may go where   passage  the way there      roundabout  rings
//! lights         heads and programs                 furniture  crossings, stop lines, stops, signs
//! review         what an author should look at again
//! ```

mod alignment;
mod carriageway;
mod cross_section;
mod furniture;
mod graph;
#[cfg(test)]
mod joins;
mod junction;
mod layout;
mod lights;
mod passage;
mod profile;
mod review;
mod roundabout;

pub use graph::*;

use crate::RoadError;
use crate::draft::{ContactPoint, MapDraft, RoadClass, RoadDraft, RoadLink, RoadTypeRecord, SignalKind, TrafficRule};
use cross_section::{CrossSection, Joint, RoadEnd, base_offset_m, base_strips, match_strips};
use junction::{Arm, Ids, crossroads};
use layout::{Layout, StreetEnd};
use std::collections::BTreeSet;

/// What [`build`] made.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The map, ready for `RoadNetwork::compile` and for writing.
    pub draft: MapDraft,
    /// What an author may want to mend: slopes too steep for their class, too little height between two levels, bends
    /// tighter than a vehicle can follow, lay-bys without room. One line each, sorted.
    pub notes: Vec<String>,
}

/// Streets between two junctions of which less than `least_m` would be left between the junctions' areas: whoever makes
/// the graph may want to make one junction of the two. With `changed` only those streets are looked at that the nodes
/// named there, or what they lead to, can have made shorter or longer. None if the graph has problems that [`build`]
/// would tell of.
pub fn cramped(graph: &StreetGraph, least_m: f64, changed: Option<&[NodeId]>) -> Vec<StreetId> {
    if problems(graph).is_empty() {
        Layout::cramped(graph, least_m, changed)
    } else {
        Vec::new()
    }
}

/// Makes a map of a street graph. All problems of the graph are returned together, as [`RoadError::Invalid`].
pub fn build(graph: &StreetGraph) -> Result<Built, RoadError> {
    let problems = problems(graph);
    if !problems.is_empty() {
        return Err(RoadError::Invalid(problems));
    }
    let layout = Layout::new(graph);
    let mut notes = Vec::new();
    let mut road_ids = Ids::default();
    let mut thing_ids = Ids::default();
    for street in &graph.streets {
        road_ids.reserve(&street.id);
        for stop in &street.stops {
            thing_ids.reserve(&stop.id);
        }
        for crossing in &street.crossings {
            thing_ids.reserve(&crossing.id);
        }
    }
    let sections: Vec<CrossSection> = (0..graph.streets.len())
        .map(|index| {
            let street = &graph.streets[index];
            let laid = &layout.laid[index];
            let bays = furniture::bays(street, laid, &mut notes);
            let end = |at_end| road_end(&layout, StreetEnd { street: index, at_end });
            CrossSection::new(street, laid.alignment.length_m(), &end(false), &end(true), &bays)
        })
        .collect();
    let arm_junctions = arm_junctions(&layout);
    let mut roads: Vec<RoadDraft> = (0..graph.streets.len())
        .map(|index| street_road(&layout, index, &sections[index], &arm_junctions))
        .collect();

    let mut draft = MapDraft {
        name: graph.name.clone(),
        geo_reference: graph.geo_reference,
        areas: graph.areas.clone(),
        ..MapDraft::default()
    };
    let mut inner_roads = Vec::new();
    for (node_index, node) in graph.nodes.iter().enumerate() {
        if !layout.is_junction(node_index) {
            continue;
        }
        let arms = arms(&layout, node_index, &sections);
        let furniture: Vec<_> = arms
            .iter()
            .map(|arm| {
                let street = arm.street.expect("a node's arms are streets");
                furniture::dress_arm(
                    &mut roads[street],
                    &sections[street],
                    arm,
                    (node.kind, node.has_crossings),
                    &mut thing_ids,
                )
            })
            .collect();
        put_up_signs(node.kind, &arms, &mut roads, &sections, &mut thing_ids);
        if let NodeKind::Roundabout { radius_m, lanes } = node.kind {
            let names: Vec<String> = arms.iter().map(|arm| junction_of(&arm_junctions, arm)).collect();
            let ring = roundabout::ring(node, (radius_m, lanes), &arms, &names, &mut road_ids);
            inner_roads.extend(ring.roads);
            for mouth in ring.crossroads {
                inner_roads.extend(mouth.roads);
                draft.junctions.push(mouth.junction);
            }
            continue;
        }
        let is_banned = |from: usize, to: usize| {
            let street = |arm: usize| {
                arms[arm]
                    .street
                    .and_then(|street| u32::try_from(street).ok())
                    .map(StreetId)
            };
            graph.turn_bans.iter().any(|ban| {
                ban.via.0 as usize == node_index && Some(ban.from) == street(from) && Some(ban.to) == street(to)
            })
        };
        let made = crossroads(
            (&node.id, &node.name),
            (node.kind, graph.style),
            &arms,
            &mut road_ids,
            &is_banned,
        );
        if node.kind == NodeKind::Signals && is_distinct(&arms) {
            let streets: Vec<usize> = arms.iter().filter_map(|arm| arm.street).collect();
            let own: Vec<&CrossSection> = streets.iter().map(|&street| &sections[street]).collect();
            // Taken out of the list and put back: a light is hung on several roads at once.
            let mut taken: Vec<RoadDraft> = streets
                .iter()
                .map(|&street| std::mem::take(&mut roads[street]))
                .collect();
            let mut own_roads: Vec<&mut RoadDraft> = taken.iter_mut().collect();
            let controller = lights::light(
                &made,
                &arms,
                &mut own_roads,
                &own,
                &furniture,
                node.signal_offset_s,
                &mut thing_ids,
            );
            for (&street, road) in streets.iter().zip(taken) {
                roads[street] = road;
            }
            draft.controllers.push(controller);
        }
        inner_roads.extend(made.roads);
        draft.junctions.push(made.junction);
    }
    for (index, road) in roads.iter_mut().enumerate() {
        furniture::dress_street(road, &graph.streets[index], &layout.laid[index], &sections[index]);
        road.objects.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
        road.signals.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
    }
    draft.roads = roads;
    draft.roads.extend(inner_roads);
    let says_nothing = |records: &[crate::draft::Cubic]| records.iter().all(|r| [r.a, r.b, r.c, r.d] == [0.0; 4]);
    for road in &mut draft.roads {
        // Level ground at zero is what a road without a profile lies on; so with lanes that nothing moves aside.
        if says_nothing(&road.elevation) {
            road.elevation.clear();
        }
        if says_nothing(&road.lane_offset) {
            road.lane_offset.clear();
        }
    }
    notes.extend(review::notes(&draft));
    notes.sort();
    Ok(Built { draft, notes })
}

/// No street between two junctions is longer; lines are sampled, so length is time and memory.
const STREET_M_MAX: f64 = 1e5;

/// What keeps a graph from being built at all.
fn problems(graph: &StreetGraph) -> Vec<String> {
    let mut found = Vec::new();
    let mut node_ids = BTreeSet::new();
    let mut street_ids = BTreeSet::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        if node.id.is_empty() || !node_ids.insert(&node.id) {
            found.push(format!(
                "nodes[{index}]: id `{}` is empty or taken\nhint: give each node its own id",
                node.id
            ));
        }
        if ![node.x_m, node.y_m, node.z_m, node.signal_offset_s]
            .iter()
            .all(|value| value.is_finite())
        {
            found.push(format!(
                "node `{}`: a coordinate is not a number\nhint: give x, y and z in metres",
                node.id
            ));
        }
        if let NodeKind::Roundabout { radius_m, lanes } = node.kind
            && !(radius_m.is_finite() && (8.0..=200.0).contains(&radius_m) && (1..=4).contains(&lanes))
        {
            found.push(format!(
                "node `{}`: a roundabout of `{radius_m}` m radius with `{lanes}` lanes cannot be laid\nhint: take a radius of 8 to 200 m and 1 to 4 lanes",
                node.id
            ));
        }
    }
    for (index, street) in graph.streets.iter().enumerate() {
        if street.id.is_empty() || !street_ids.insert(&street.id) {
            found.push(format!(
                "streets[{index}]: id `{}` is empty or taken\nhint: give each street its own id",
                street.id
            ));
        }
        let ends = [street.from.0 as usize, street.to.0 as usize];
        if ends.iter().any(|&end| end >= graph.nodes.len()) {
            found.push(format!(
                "street `{}`: node {ends:?} does not exist\nhint: add the node before the street",
                street.id
            ));
            continue;
        }
        let place = |at: usize| [graph.nodes[ends[at]].x_m, graph.nodes[ends[at]].y_m];
        let mut length_m = 0.0;
        let mut last = place(0);
        for point in street
            .shape
            .iter()
            .map(|point| [point.x_m, point.y_m])
            .chain([place(1)])
        {
            length_m += libm::hypot(point[0] - last[0], point[1] - last[1]);
            last = point;
        }
        if !(length_m.is_finite() && length_m > 1.0) {
            found.push(format!(
                "street `{}`: its length of `{length_m}` m is less than 1 m\nhint: join its two nodes",
                street.id
            ));
        }
        if length_m > STREET_M_MAX {
            found.push(format!(
                "street `{}`: its length of `{length_m:.0}` m is more than {STREET_M_MAX} m\nhint: look at the places of its nodes, one may lie elsewhere on the Earth",
                street.id
            ));
        }
        if !(street.speed_mps_max.is_finite() && street.speed_mps_max > 0.0) {
            found.push(format!(
                "street `{}`: speed limit `{}` m/s is not above 0\nhint: give a limit in metres per second",
                street.id, street.speed_mps_max
            ));
        }
        let lanes = street.forward.iter().chain(&street.backward);
        if lanes
            .clone()
            .any(|lane| !(lane.width_m.is_finite() && lane.width_m > 0.0 && lane.width_m < 30.0))
        {
            found.push(format!(
                "street `{}`: a lane's width is not between 0 and 30 m\nhint: give widths in metres",
                street.id
            ));
        }
        if !street.forward.iter().any(LaneSpec::is_for_vehicles) {
            found.push(format!(
                "street `{}`: no vehicle lane runs forward\nhint: turn one-way streets so that traffic runs from `from` to `to`",
                street.id
            ));
        }
        if !(street.median_m.is_finite() && (0.0..100.0).contains(&street.median_m)) {
            found.push(format!(
                "street `{}`: median of `{}` m is not between 0 and 100 m\nhint: give its width in metres",
                street.id, street.median_m
            ));
        }
        let pockets = [street.forward_pockets, street.backward_pockets];
        if pockets
            .iter()
            .any(|p| p.end_left > 4 || p.end_right > 4 || p.start_right > 4 || !p.length_m.is_finite())
        {
            found.push(format!(
                "street `{}`: more than 4 lanes are added at one place\nhint: ask for fewer turn lanes",
                street.id
            ));
        }
    }
    found
}

/// What each end of a street runs into.
fn road_end(layout: &Layout<'_>, end: StreetEnd) -> RoadEnd {
    let node = layout.node_of(end);
    if layout.is_junction(node) {
        return if layout.graph.nodes[node].kind == NodeKind::Merge {
            RoadEnd::Merge
        } else {
            RoadEnd::Junction
        };
    }
    layout
        .joined(end)
        .map_or(RoadEnd::Fringe, |other| RoadEnd::Joint(joint(layout, end, other)))
}

/// How two streets join without a junction: the one with the lower index keeps its widths, the other one swells or
/// shrinks towards them; lanes that only one of them has run out there.
fn joint(layout: &Layout<'_>, own: StreetEnd, other: StreetEnd) -> Joint {
    let (mine, theirs) = (&layout.graph.streets[own.street], &layout.graph.streets[other.street]);
    // Head to tail both lists run the same way; head to head my right side is the other's left.
    let is_same_way = own.at_end != other.at_end;
    let keeps_width = own.street < other.street;
    let mut made = Joint::default();
    for is_right in [true, false] {
        let strips = base_strips(mine, is_right);
        let facing_right = is_right == is_same_way;
        let facing = base_strips(theirs, facing_right);
        // Looked at from one side only, so that both streets see the same pairs.
        let matched = if keeps_width {
            match_strips(&strips, &facing)
        } else {
            let seen = match_strips(&facing, &strips);
            (0..strips.len())
                .map(|at| seen.iter().position(|&pair| pair == Some(at)))
                .collect()
        };
        let widths = strips.iter().zip(&matched).map(|(strip, pair)| match pair {
            Some(_) if keeps_width => strip.width_m,
            Some(at) => facing[*at].width_m,
            None => 0.0,
        });
        let links = matched.iter().map(|pair| {
            pair.and_then(|at| i32::try_from(at + 1).ok())
                .map(|number| if facing_right { -number } else { number })
        });
        if is_right {
            made.right_m = widths.collect();
            made.right_links = links.collect();
        } else {
            made.left_m = widths.collect();
            made.left_links = links.collect();
        }
    }
    let sign = if is_same_way { 1.0 } else { -1.0 };
    made.offset_m = if keeps_width {
        base_offset_m(mine)
    } else {
        sign * base_offset_m(theirs)
    };
    made
}

/// The junction at each street end: the node's, or for roundabouts one for each arm.
fn arm_junctions(layout: &Layout<'_>) -> Vec<[Option<String>; 2]> {
    let mut ids = Ids::default();
    for node in &layout.graph.nodes {
        ids.reserve(&node.id);
    }
    let mut found = vec![[None, None]; layout.graph.streets.len()];
    for (index, node) in layout.graph.nodes.iter().enumerate() {
        if !layout.is_junction(index) {
            continue;
        }
        let is_roundabout = matches!(node.kind, NodeKind::Roundabout { .. });
        for (order, end) in sorted_ends(layout, index).into_iter().enumerate() {
            let id = if is_roundabout {
                ids.next(&node.id, order + 1)
            } else {
                node.id.clone()
            };
            found[end.street][usize::from(end.at_end)] = Some(id);
        }
    }
    found
}

fn junction_of(arm_junctions: &[[Option<String>; 2]], arm: &Arm) -> String {
    arm.street
        .and_then(|street| arm_junctions[street][usize::from(arm.at_end)].clone())
        .unwrap_or_default()
}

/// Street ends at a node, anticlockwise from east by the place where they reach the junction.
fn sorted_ends(layout: &Layout<'_>, node: usize) -> Vec<StreetEnd> {
    let spec = &layout.graph.nodes[node];
    let bearing = |end: &StreetEnd| {
        let line = &layout.laid[end.street].alignment;
        let pose = line.pose(if end.at_end { line.length_m() } else { 0.0 });
        libm::atan2(pose.y_m - spec.y_m, pose.x_m - spec.x_m)
    };
    let mut ends = layout.ends[node].clone();
    ends.sort_by(|a, b| bearing(a).total_cmp(&bearing(b)).then(a.cmp(b)));
    ends
}

fn arms(layout: &Layout<'_>, node: usize, sections: &[CrossSection]) -> Vec<Arm> {
    sorted_ends(layout, node)
        .into_iter()
        .map(|end| {
            let street = &layout.graph.streets[end.street];
            let laid = &layout.laid[end.street];
            let s_m = if end.at_end { laid.alignment.length_m() } else { 0.0 };
            let [z_m, grade] = profile::value_at(&laid.elevation, s_m);
            Arm {
                street: Some(end.street),
                road_id: street.id.clone(),
                at_end: end.at_end,
                pose: laid.alignment.pose(s_m),
                z_m,
                grade,
                lanes: sections[end.street].lanes_at(end.at_end),
                class: street.class,
                speed_mps_max: street.speed_mps_max,
                turns: if end.at_end {
                    street.forward_turns.clone()
                } else {
                    street.backward_turns.clone()
                },
            }
        })
        .collect()
}

/// Whether every arm is a street of its own: a loop that leaves and comes back cannot be lit here.
fn is_distinct(arms: &[Arm]) -> bool {
    let streets: BTreeSet<_> = arms.iter().map(|arm| arm.street).collect();
    streets.len() == arms.len()
}

fn put_up_signs(kind: NodeKind, arms: &[Arm], roads: &mut [RoadDraft], sections: &[CrossSection], ids: &mut Ids) {
    let highest = arms.iter().map(|arm| arm.class).max().unwrap_or(RoadClass::Unknown);
    let through = through_arms(arms);
    for (index, arm) in arms.iter().enumerate() {
        let Some(street) = arm.street else { continue };
        if arm.motor_incoming().is_empty() {
            continue;
        }
        // The higher class goes first; among equals the two arms that face each other best.
        let is_main = if arms.iter().all(|other| other.class == highest) {
            through.contains(&index)
        } else {
            arm.class == highest
        };
        let sign = match kind {
            NodeKind::Roundabout { .. } => Some(SignalKind::GiveWay),
            NodeKind::GiveWay | NodeKind::Priority if !is_main => Some(SignalKind::GiveWay),
            NodeKind::Stop if !is_main => Some(SignalKind::Stop),
            NodeKind::Priority | NodeKind::GiveWay | NodeKind::Stop => Some(SignalKind::Priority),
            NodeKind::Plain | NodeKind::Signals | NodeKind::Merge => None,
        };
        if let Some(sign) = sign {
            furniture::sign(&mut roads[street], &sections[street], arm, sign, ids);
        }
    }
}

/// The two arms that face each other best.
fn through_arms(arms: &[Arm]) -> Vec<usize> {
    let mut best: Option<(f64, usize, usize)> = None;
    for a in 0..arms.len() {
        for b in a + 1..arms.len() {
            let off = std::f64::consts::PI
                - libm::fabs(alignment::normalize_angle(
                    arms[a].outward_rad() - arms[b].outward_rad(),
                ));
            if best.is_none_or(|(least, _, _)| off < least) {
                best = Some((off, a, b));
            }
        }
    }
    best.map_or_else(Vec::new, |(_, a, b)| vec![a, b])
}

fn street_road(
    layout: &Layout<'_>,
    index: usize,
    section: &CrossSection,
    arm_junctions: &[[Option<String>; 2]],
) -> RoadDraft {
    let street = &layout.graph.streets[index];
    let laid = &layout.laid[index];
    let length_m = laid.alignment.length_m();
    let link = |at_end: bool| {
        let end = StreetEnd { street: index, at_end };
        if let Some(id) = &arm_junctions[index][usize::from(at_end)] {
            return Some(RoadLink::Junction { id: id.clone() });
        }
        layout.joined(end).map(|other| RoadLink::Road {
            id: layout.graph.streets[other.street].id.clone(),
            contact: if other.at_end {
                ContactPoint::End
            } else {
                ContactPoint::Start
            },
        })
    };
    RoadDraft {
        id: street.id.clone(),
        name: street.name.clone(),
        length_m,
        rule: TrafficRule::RightHand,
        predecessor: link(false),
        successor: link(true),
        types: type_records(street, laid.trimmed_start_m, length_m),
        plan: laid.alignment.elements.clone(),
        elevation: laid.elevation.clone(),
        lane_offset: section.offset_records(),
        sections: section.sections(),
        ..RoadDraft::default()
    }
}

/// Class and limit along the road, zones cut in.
fn type_records(street: &Street, trimmed_start_m: f64, length_m: f64) -> Vec<RoadTypeRecord> {
    let mut places = vec![0.0];
    for zone in &street.zones {
        places.extend([zone.from_m - trimmed_start_m, zone.to_m - trimmed_start_m]);
    }
    places.retain(|&s_m| (0.0..length_m - 0.5).contains(&s_m));
    places.sort_by(f64::total_cmp);
    places.dedup_by(|b, a| *b - *a < 0.5);
    places
        .into_iter()
        .map(|s_m| {
            let at_m = s_m + trimmed_start_m;
            let zone = street
                .zones
                .iter()
                .find(|zone| (zone.from_m - 1e-6..zone.to_m - 1e-6).contains(&at_m));
            RoadTypeRecord {
                s_m,
                class: street.class,
                speed_mps_max: Some(zone.map_or(street.speed_mps_max, |zone| zone.speed_mps_max)),
            }
        })
        .collect()
}
