//! From OpenStreetMap's ways to a street graph for the map builder.
//!
//! In goes [`OsmData`]; out comes a [`StreetGraph`] with one node a junction, rings turned into roundabouts, clusters of
//! crossing carriageways merged, bridges lifted over what they cross, stops and crossings hung on their streets. The
//! order of everything follows OpenStreetMap's numbers, so that one extract gives one graph. It knows no lanes'
//! geometry: that is the builder's.

use super::beside::{add_areas, add_crossings, add_stops};
use super::layers::{Heights, heights};
use super::pieces::{Piece, keep_connected, pieces};
use super::read::OsmData;
use super::tags::StreetTags;
use super::vertices::Vertices;
use crate::builder::{self, Node, NodeId, NodeKind, ShapePoint, Street, StreetGraph, StreetId, StructureSpec, TurnBan};
use crate::draft::{GeoReference, StructureKind};
use crate::polyline::{distance_m, simplified};
use std::collections::{BTreeMap, BTreeSet};

/// Two junctions are one where less street than this, a bus and its gap, would be left between them: whoever waited
/// there would stand in both.
const LINK_M_MIN: f64 = 12.0;
/// Sets of vertices are joined at most so often; each time makes at least one less.
const JOINING_ROUNDS_MAX: usize = 8;
/// A street that comes back to where it began sooner is only a wide place.
const LOOP_M_MIN: f64 = 40.0;
/// A lane that leaves a junction and comes back to it elsewhere sooner, a slip lane for turning right, is part of it.
const SLIP_M_MAX: f64 = 120.0;
/// Shape points nearer than this to the line between their neighbours are dropped.
const SIMPLIFY_M: f64 = 0.6;

/// Makes the graph. `notes` gets a line for everything that was left out.
pub(super) fn graph(data: &OsmData, name: &str, notes: &mut Vec<String>) -> StreetGraph {
    let Some(geo_reference) = centre(data) else {
        notes.push("no street that vehicles may use".to_owned());
        return StreetGraph::new(name);
    };
    let place: BTreeMap<i64, [f64; 2]> = data
        .nodes
        .iter()
        .map(|(&id, node)| (id, geo_reference.to_local_m(node.latitude_deg, node.longitude_deg)))
        .collect();
    let mut pieces = pieces(data, &place);
    keep_connected(&mut pieces, notes);
    let mut vertices = Vertices::of(data, &pieces, &place);
    vertices.cluster(&pieces);

    let mut plan = Plan::of(name, geo_reference, &pieces, &vertices);
    // After the first round only what the last one has joined can be cramped anew.
    let mut changed: Option<Vec<NodeId>> = None;
    for _ in 0..JOINING_ROUNDS_MAX {
        let cramped = builder::cramped(&plan.graph, LINK_M_MIN, changed.as_deref());
        let pieces_of = |street: StreetId| &pieces[plan.street_pieces[street.0 as usize]];
        let joined = vertices.join_cramped(cramped.into_iter().map(pieces_of));
        if joined.is_empty() {
            break;
        }
        plan = Plan::of(name, geo_reference, &pieces, &vertices);
        let nodes: BTreeSet<NodeId> = joined
            .iter()
            .map(|&vertex| plan.node_ids[&vertices.root(vertex)])
            .collect();
        changed = Some(nodes.into_iter().collect());
    }
    let Plan {
        mut graph,
        node_ids,
        street_pieces,
    } = plan;
    let mut streets_of_way: BTreeMap<i64, Vec<StreetId>> = BTreeMap::new();
    for (street, &piece) in street_pieces.iter().enumerate() {
        let streets = streets_of_way.entry(pieces[piece].way).or_default();
        streets.push(StreetId(street as u32));
    }
    add_crossings(data, &pieces, &street_pieces, &mut graph);
    add_stops(data, &place, &mut graph);
    add_turn_bans(data, &vertices, &node_ids, &streets_of_way, &mut graph);
    add_areas(data, &place, &mut graph);
    graph
}

/// Nodes and streets, before anything is hung on them.
struct Plan {
    graph: StreetGraph,
    /// The node of each set of vertices.
    node_ids: BTreeMap<i64, NodeId>,
    /// The piece of each street.
    street_pieces: Vec<usize>,
}

impl Plan {
    fn of(name: &str, geo_reference: GeoReference, pieces: &[Piece], vertices: &Vertices) -> Plan {
        let mut graph = StreetGraph::new(name);
        graph.geo_reference = Some(geo_reference);
        graph.style = builder::Style::Lean;
        let node_ids = vertices.add_to(&mut graph);
        let heights = heights(pieces, vertices);
        let mut street_pieces: Vec<usize> = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let [first, last] = piece.ends();
            let (root, last_root) = (vertices.root(first), vertices.root(last));
            if piece.tags.is_roundabout && vertices.is_ring(root) {
                continue;
            }
            let least_m = if first == last { LOOP_M_MIN } else { SLIP_M_MAX };
            if root == last_root && (piece.points.len() == 2 || piece.length_m() < least_m) {
                continue;
            }
            let (from, to) = (node_ids[&root], node_ids[&last_root]);
            let street = street(piece, from, to, &graph, &heights, index);
            graph.add_street(street);
            street_pieces.push(index);
        }
        for (root, z) in &heights.vertex {
            graph.nodes[node_ids[root].0 as usize].z_m = *z;
        }
        Plan {
            graph,
            node_ids,
            street_pieces,
        }
    }
}

/// The middle of all streets' nodes.
fn centre(data: &OsmData) -> Option<GeoReference> {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for way in data.ways.iter().filter(|way| StreetTags::read(&way.tags).is_some()) {
        for node in way.nodes.iter().filter_map(|id| data.nodes.get(id)) {
            bounds[0] = bounds[0].min(node.latitude_deg);
            bounds[1] = bounds[1].min(node.longitude_deg);
            bounds[2] = bounds[2].max(node.latitude_deg);
            bounds[3] = bounds[3].max(node.longitude_deg);
        }
    }
    (bounds[0] <= bounds[2]).then(|| GeoReference {
        // Five digits (a metre) keep the origin readable; it need not be exact.
        latitude_deg: ((bounds[0] + bounds[2]) * 0.5e5).round() / 1e5,
        longitude_deg: ((bounds[1] + bounds[3]) * 0.5e5).round() / 1e5,
        ..GeoReference::default()
    })
}

fn street(piece: &Piece, from: NodeId, to: NodeId, graph: &StreetGraph, heights: &Heights, index: usize) -> Street {
    let tags = &piece.tags;
    let mut points = piece.points.clone();
    // Clustered ends move; the shape must not run back behind them.
    let [a, b] = [from, to].map(|id| &graph.nodes[id.0 as usize]);
    let last = points.len() - 1;
    points[0] = [a.x_m, a.y_m];
    points[last] = [b.x_m, b.y_m];
    let clear = |node: &Node| match node.kind {
        NodeKind::Roundabout { radius_m, .. } => radius_m + 6.0,
        _ => 3.0,
    };
    let ends = [(points[0], clear(a)), (points[last], clear(b))];
    let points = simplified(&points, SIMPLIFY_M);
    let inner = points[1..points.len() - 1].iter();
    let mut shape: Vec<ShapePoint> = inner
        .filter(|point| ends.iter().all(|(end, clear)| distance_m(**point, *end) > *clear))
        .map(|point| ShapePoint {
            x_m: point[0],
            y_m: point[1],
            z_m: None,
        })
        .collect();
    if let (Some(&rise), false) = (heights.middle.get(&index), shape.is_empty()) {
        let middle = shape.len() / 2;
        shape[middle].z_m = Some(rise);
    }
    let structure = match (tags.is_bridge, tags.is_tunnel) {
        (true, _) => Some(StructureKind::Bridge),
        (_, true) => Some(StructureKind::Tunnel),
        _ => None,
    };
    Street {
        id: piece.id.clone(),
        name: piece.name.clone(),
        from,
        to,
        shape,
        class: tags.class,
        speed_mps_max: tags.speed_mps_max,
        forward: tags.forward.clone(),
        backward: tags.backward.clone(),
        forward_turns: tags.forward_turns.clone(),
        backward_turns: tags.backward_turns.clone(),
        structures: structure
            .map(|kind| StructureSpec {
                kind,
                name: piece.name.clone(),
                ..StructureSpec::default()
            })
            .into_iter()
            .collect(),
        ..Street::default()
    }
}

/// `no_*` bans one turn, `only_*` bans all others.
fn add_turn_bans(
    data: &OsmData,
    vertices: &Vertices,
    node_ids: &BTreeMap<i64, NodeId>,
    streets_of_way: &BTreeMap<i64, Vec<StreetId>>,
    graph: &mut StreetGraph,
) {
    let at = |graph: &StreetGraph, street: StreetId, via: NodeId| {
        let street = &graph.streets[street.0 as usize];
        street.from == via || street.to == via
    };
    for rule in &data.restrictions {
        let Some(&via) = node_ids.get(&vertices.root(rule.via)) else {
            continue;
        };
        let find = |way: i64| {
            let streets = streets_of_way.get(&way)?;
            streets.iter().copied().find(|&street| at(graph, street, via))
        };
        let (Some(from), Some(to)) = (find(rule.from), find(rule.to)) else {
            continue;
        };
        let everyone = 0..graph.streets.len() as u32;
        if rule.rule.starts_with("no_") {
            graph.turn_bans.push(TurnBan { from, via, to });
        } else if rule.rule.starts_with("only_") {
            let others: Vec<TurnBan> = everyone
                .map(StreetId)
                .filter(|&street| street != to && street != from && at(graph, street, via))
                .map(|street| TurnBan { from, via, to: street })
                .collect();
            graph.turn_bans.extend(others);
        }
    }
}
