//! Pieces put together to lanes and edges: long ones, because every border between two lanes costs traffic time.
//!
//! Neighbouring usable pieces of one direction are a group. Two groups that follow one another on a road become one
//! edge when their lanes continue one another one by one and differ in nothing that a [`Lane`] says.

use super::joins::Joins;
use super::pieces::{Piece, Pieces};
use super::sampling::{Span, sample_lane};
use crate::draft::{MapDraft, RoadClass};
use crate::geometry::RoadGeometry;
use crate::lane_table::{LaneTable, Tolerance};
use crate::{Edge, EdgeId, Lane, LaneId, RoadId, Turn};
use serde::{Deserialize, Serialize};

/// Which stretch of which OpenDRIVE lane a compiled lane covers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LaneSpan {
    pub(crate) span: Span,
    pub(crate) lane: LaneId,
}

/// Lanes and edges with their knots.
pub(crate) struct LaneNetwork {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) table: LaneTable,
    /// For each road the spans of its lanes, sorted by section, lane id and place.
    pub(crate) spans: Vec<Vec<LaneSpan>>,
}

/// Neighbouring pieces of one direction, right to left in the direction of travel; or one piece that no vehicle uses.
struct Group {
    pieces: Vec<usize>,
}

pub(crate) fn assemble(
    draft: &MapDraft,
    pieces: &Pieces,
    joins: &Joins,
    geometries: &[RoadGeometry],
    warnings: &mut Vec<String>,
) -> LaneNetwork {
    let (groups, group_of) = group(pieces);
    let chains = chain(pieces, joins, &groups, &group_of);
    let mut network = LaneNetwork {
        lanes: Vec::with_capacity(pieces.pieces.len()),
        edges: Vec::with_capacity(chains.len()),
        table: LaneTable::with_room_for(pieces.pieces.len()),
        spans: vec![Vec::new(); draft.roads.len()],
    };
    let mut lane_of = vec![LaneId(u32::MAX); pieces.pieces.len()];
    let mut ends = Vec::new();
    for chain in &chains {
        let first = &pieces.pieces[groups[chain[0]].pieces[0]];
        let edge = first.is_usable.then_some(EdgeId(network.edges.len() as u32));
        let columns = groups[chain[0]].pieces.len();
        let first_lane = network.lanes.len();
        for column in 0..columns {
            let members: Vec<usize> = chain.iter().map(|&group| groups[group].pieces[column]).collect();
            let id = LaneId(network.lanes.len() as u32);
            let piece = &pieces.pieces[members[0]];
            let geometry = &geometries[piece.road];
            let spans = spans_of(pieces, &members);
            for &span in &spans {
                network.spans[piece.road].push(LaneSpan { span, lane: id });
            }
            let tolerance = if piece.is_usable {
                Tolerance::VEHICLE
            } else {
                Tolerance::OTHER
            };
            let sampled = sample_lane(geometry, &spans, piece.is_forward, tolerance);
            if sampled.is_folded && piece.is_usable {
                warnings.push(format!(
                    "lane `{}` of road `{}` lies inside a bend that is tighter than its distance from the reference line",
                    piece.lane, draft.roads[piece.road].id
                ));
            }
            network.table.push(&sampled.knots);
            for &member in &members {
                lane_of[member] = id;
            }
            ends.push((members[0], members[members.len() - 1]));
            let neighbour = |other: Option<usize>| {
                other
                    .filter(|&other| other < columns)
                    .map(|c| LaneId((first_lane + c) as u32))
            };
            let (left, right) = (neighbour(Some(column + 1)), neighbour(column.checked_sub(1)));
            let (may_left, may_right) = match piece.is_forward {
                true => (piece.may_change_up, piece.may_change_down),
                false => (piece.may_change_down, piece.may_change_up),
            };
            let junction = piece.junction;
            network.lanes.push(Lane {
                road: RoadId(piece.road as u32),
                section: piece.section as u32,
                opendrive_id: piece.lane,
                kind: piece.kind,
                runs_forward: piece.is_forward,
                length_m: network.table.length_m(id.0 as usize),
                speed_mps_max: piece.speed_mps_max,
                edge,
                junction,
                turn: if junction.is_some() {
                    turn_of(&network.table, id)
                } else {
                    Turn::Straight
                },
                left,
                right,
                oncoming: None,
                change_left_is_allowed: may_left && left.is_some(),
                change_right_is_allowed: may_right && right.is_some(),
                successors: Vec::new(),
                predecessors: Vec::new(),
                signal: None,
                conflicts: Vec::new(),
                crossings: Vec::new(),
                structures: Vec::new(),
            });
        }
        if edge.is_some() {
            let lanes: Vec<LaneId> = (first_lane..network.lanes.len())
                .map(|lane| LaneId(lane as u32))
                .collect();
            let longest_m = lanes
                .iter()
                .map(|lane| network.lanes[lane.0 as usize].length_m)
                .fold(0.0, f64::max);
            let fastest = lanes
                .iter()
                .map(|lane| network.lanes[lane.0 as usize].speed_mps_max)
                .fold(0.0, f64::max);
            let middle_m = 0.5 * (first.from_m + first.to_m);
            network.edges.push(Edge {
                road: RoadId(first.road as u32),
                lanes,
                length_m: longest_m,
                speed_mps_max: fastest,
                class: class_at(draft, first.road, middle_m),
                junction: first.junction,
                successors: Vec::new(),
                predecessors: Vec::new(),
            });
        }
    }
    link(pieces, joins, &lane_of, &ends, &mut network);
    for spans in &mut network.spans {
        spans.sort_by(|a, b| {
            (a.span.section, a.span.lane)
                .cmp(&(b.span.section, b.span.lane))
                .then(a.span.from_m.total_cmp(&b.span.from_m))
        });
    }
    name_oncoming(pieces, &lane_of, &ends, &mut network);
    name_structures(draft, &mut network);
    name_junction_classes(&mut network);
    network
}

fn group(pieces: &Pieces) -> (Vec<Group>, Vec<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = vec![usize::MAX; pieces.pieces.len()];
    for stretch in pieces.stretches.iter().flatten() {
        let mut run: Vec<usize> = Vec::new();
        let mut close = |run: &mut Vec<usize>| {
            if run.is_empty() {
                return;
            }
            if !pieces.pieces[run[0]].is_forward {
                run.reverse();
            }
            for &piece in run.iter() {
                group_of[piece] = groups.len();
            }
            groups.push(Group {
                pieces: std::mem::take(run),
            });
        };
        for index in stretch.pieces.clone() {
            let piece = &pieces.pieces[index];
            let goes_on = run.last().is_some_and(|&last| {
                let last = &pieces.pieces[last];
                last.is_usable && piece.is_usable && last.is_forward == piece.is_forward
            });
            if !goes_on {
                close(&mut run);
            }
            run.push(index);
        }
        close(&mut run);
    }
    (groups, group_of)
}

/// Groups in the order of travel, one list for each future edge, in the order of their first pieces.
fn chain(pieces: &Pieces, joins: &Joins, groups: &[Group], group_of: &[usize]) -> Vec<Vec<usize>> {
    let next: Vec<Option<usize>> = (0..groups.len())
        .map(|index| {
            let follower = *joins.successors[groups[index].pieces[0]].first()?;
            let next = group_of[follower];
            continues(pieces, joins, &groups[index], &groups[next]).then_some(next)
        })
        .collect();
    let mut has_previous = vec![false; groups.len()];
    for next in next.iter().flatten() {
        has_previous[*next] = true;
    }
    let mut chains = Vec::new();
    for start in (0..groups.len()).filter(|&group| !has_previous[group]) {
        let mut chain = vec![start];
        while let Some(group) = next[chain[chain.len() - 1]] {
            chain.push(group);
        }
        chains.push(chain);
    }
    chains.sort_by_key(|chain| {
        chain
            .iter()
            .map(|&group| groups[group].pieces.iter().min().copied())
            .min()
    });
    chains
}

fn continues(pieces: &Pieces, joins: &Joins, one: &Group, other: &Group) -> bool {
    let same = |a: &Piece, b: &Piece| {
        a.road == b.road
            && a.stretch != b.stretch
            && a.kind == b.kind
            && a.is_forward == b.is_forward
            && a.is_usable == b.is_usable
            && a.junction == b.junction
            && (!a.is_usable
                || ((a.speed_mps_max - b.speed_mps_max).abs() < 0.1
                    && a.may_change_up == b.may_change_up
                    && a.may_change_down == b.may_change_down))
    };
    one.pieces.len() == other.pieces.len()
        && one.pieces.iter().zip(&other.pieces).all(|(&a, &b)| {
            joins.successors[a] == [b] && joins.predecessors[b] == [a] && same(&pieces.pieces[a], &pieces.pieces[b])
        })
}

/// The pieces' spans in the order of travel; pieces of one section's lane that follow one another are one span.
fn spans_of(pieces: &Pieces, members: &[usize]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for &member in members {
        let piece = &pieces.pieces[member];
        let span = Span {
            section: piece.section,
            lane: piece.lane,
            from_m: piece.from_m,
            to_m: piece.to_m,
        };
        match spans.last_mut() {
            Some(last) if (last.section, last.lane) == (span.section, span.lane) => {
                last.from_m = last.from_m.min(span.from_m);
                last.to_m = last.to_m.max(span.to_m);
            }
            _ => spans.push(span),
        }
    }
    spans
}

/// The angle from a lane's start to its end: left and right from 25 degrees on, around from 150.
fn turn_of(table: &LaneTable, lane: LaneId) -> Turn {
    let [start, end] = table.ends(lane.0 as usize).map(|knot| knot.tangent);
    let cross = start[0] * end[1] - start[1] * end[0];
    let dot = start[0] * end[0] + start[1] * end[1];
    let angle_deg = libm::atan2(cross, dot).to_degrees();
    match angle_deg {
        angle if angle.abs() > 150.0 => Turn::Around,
        angle if angle > 25.0 => Turn::Left,
        angle if angle < -25.0 => Turn::Right,
        _ => Turn::Straight,
    }
}

fn class_at(draft: &MapDraft, road: usize, s_m: f64) -> RoadClass {
    let types = &draft.roads[road].types;
    types
        .iter()
        .rev()
        .find(|record| record.s_m <= s_m)
        .or(types.first())
        .map_or(RoadClass::Unknown, |record| record.class)
}

fn link(pieces: &Pieces, joins: &Joins, lane_of: &[LaneId], ends: &[(usize, usize)], network: &mut LaneNetwork) {
    let lane_list = |pieces_of: &[usize], within: &dyn Fn(usize) -> bool| {
        let mut lanes: Vec<LaneId> = pieces_of
            .iter()
            .filter(|&&piece| within(piece))
            .map(|&piece| lane_of[piece])
            .collect();
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    };
    for (index, &(first, last)) in ends.iter().enumerate() {
        let usable = |piece: usize| pieces.pieces[piece].is_usable == pieces.pieces[first].is_usable;
        network.lanes[index].successors = lane_list(&joins.successors[last], &usable);
        network.lanes[index].predecessors = lane_list(&joins.predecessors[first], &usable);
    }
    for index in 0..network.edges.len() {
        let mut followers: Vec<EdgeId> = network.edges[index]
            .lanes
            .iter()
            .flat_map(|lane| &network.lanes[lane.0 as usize].successors)
            .filter_map(|next| network.lanes[next.0 as usize].edge)
            .collect();
        followers.sort_unstable();
        followers.dedup();
        for &follower in &followers {
            network.edges[follower.0 as usize]
                .predecessors
                .push(EdgeId(index as u32));
        }
        network.edges[index].successors = followers;
    }
}

/// The lane beyond the centre line, taken where the lane begins.
fn name_oncoming(pieces: &Pieces, lane_of: &[LaneId], ends: &[(usize, usize)], network: &mut LaneNetwork) {
    for (index, &(first, _)) in ends.iter().enumerate() {
        let piece = &pieces.pieces[first];
        if !piece.is_usable || network.lanes[index].left.is_some() {
            continue;
        }
        let beyond = if piece.is_forward {
            Some(first + 1)
        } else {
            first.checked_sub(1)
        };
        let stretch = &pieces.stretches[piece.road][piece.stretch];
        if let Some(beyond) = beyond.filter(|beyond| stretch.pieces.contains(beyond)) {
            let other = &pieces.pieces[beyond];
            if other.is_usable && other.is_forward != piece.is_forward {
                network.lanes[index].oncoming = Some(lane_of[beyond]);
            }
        }
    }
}

fn name_structures(draft: &MapDraft, network: &mut LaneNetwork) {
    for (index, lane) in network.lanes.iter_mut().enumerate() {
        let [first_s, last_s] = network.table.ends(index).map(|knot| knot.road_s_m);
        let (low_s, high_s) = (first_s.min(last_s), first_s.max(last_s));
        for structure in &draft.roads[lane.road.0 as usize].structures {
            let (from_s, to_s) = (
                structure.s_m.max(low_s),
                (structure.s_m + structure.length_m).min(high_s),
            );
            if to_s - from_s > 0.01 {
                let (a, b) = (
                    network.table.along_at(index, from_s),
                    network.table.along_at(index, to_s),
                );
                lane.structures.push((a.min(b), a.max(b), structure.kind));
            }
        }
        lane.structures.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
    }
}

/// A way through a junction that says no class has that of the road it comes from.
fn name_junction_classes(network: &mut LaneNetwork) {
    // Twice, because a junction's ways may follow one another (roundabouts).
    for _ in 0..2 {
        for index in 0..network.edges.len() {
            let edge = &network.edges[index];
            if edge.class == RoadClass::Unknown && edge.junction.is_some() {
                let class = edge
                    .predecessors
                    .iter()
                    .map(|before| network.edges[before.0 as usize].class)
                    .max();
                network.edges[index].class = class.unwrap_or(RoadClass::Unknown);
            }
        }
    }
}
