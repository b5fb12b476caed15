//! From OpenStreetMap's ways to a street graph for the map builder.
//!
//! In goes [`OsmData`]; out comes a [`StreetGraph`] with one node a junction, rings turned into roundabouts, clusters of
//! crossing carriageways merged, bridges lifted over what they cross, stops and crossings hung on their streets. The
//! order of everything follows OpenStreetMap's numbers, so that one extract gives one graph. It knows no lanes'
//! geometry: that is the builder's.

use super::read::{OsmData, OsmWay, Tags};
use super::tags::StreetTags;
use crate::builder::{
    self, CrossingSpec, Node, NodeId, NodeKind, ShapePoint, Side, StopSpec, Street, StreetGraph, StreetId,
    StructureSpec, TurnBan,
};
use crate::draft::{AreaDraft, AreaKind, GeoReference, LaneKind, RoadClass, StructureKind};
use crate::polyline::simplified;
use std::collections::{BTreeMap, BTreeSet};

/// Vertices joined by a piece shorter than this are one junction.
const CLUSTER_M: f64 = 14.0;
/// The same where carriageways are divided or lights stand: their crossings are wider.
const CLUSTER_M_DIVIDED: f64 = 28.0;
/// No cluster grows wider than this from its first vertex.
const CLUSTER_RADIUS_M: f64 = 40.0;
/// Two junctions are one where less street than this, a bus and its gap, would be left between them: whoever waited
/// there would stand in both.
const LINK_M_MIN: f64 = 12.0;
/// Sets of vertices are joined at most so often; each time makes at least one less.
const JOINING_ROUNDS_MAX: usize = 8;
/// A street that comes back to where it began sooner is only a wide place.
const LOOP_M_MIN: f64 = 40.0;
/// A lane that leaves a junction and comes back to it elsewhere sooner, a slip lane for turning right, is part of it.
const SLIP_M_MAX: f64 = 120.0;
/// A light, sign or zebra nearer than this to a junction belongs to it.
const NEAR_JUNCTION_M: f64 = 30.0;
/// A stop belongs to a street within this distance.
const STOP_REACH_M: f64 = 30.0;
/// Kerb that buses use at a stop.
const STOP_LENGTH_M: f64 = 14.0;
/// Rise of a layer over the one below: clearance and deck.
const LAYER_M: f64 = 6.5;
/// Approaches to a bridge are not steeper than this.
const RAMP_GRADE: f64 = 0.06;
/// Shape points nearer than this to the line between their neighbours are dropped.
const SIMPLIFY_M: f64 = 0.6;

/// A piece of a way between two vertices.
#[derive(Clone, Debug)]
struct Piece {
    id: String,
    name: String,
    way: i64,
    tags: StreetTags,
    /// OpenStreetMap node numbers, first and last being vertices.
    nodes: Vec<i64>,
    points: Vec<[f64; 2]>,
}

impl Piece {
    /// Its first and last node, which are vertices.
    fn ends(&self) -> [i64; 2] {
        [self.nodes[0], self.nodes[self.nodes.len() - 1]]
    }

    fn length_m(&self) -> f64 {
        length_m(&self.points)
    }
}

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
        let joined = vertices.join_cramped(&plan, &pieces, changed.as_deref());
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

/// Ids of what was drawn and never uploaded are negative; ids of ours begin with no sign, because netconvert marks an
/// edge's direction with one.
fn osm_id(id: i64) -> String {
    if id < 0 {
        format!("new{}", id.unsigned_abs())
    } else {
        id.to_string()
    }
}

/// Cuts the ways at their shared nodes.
fn pieces(data: &OsmData, place: &BTreeMap<i64, [f64; 2]>) -> Vec<Piece> {
    let mut ways: Vec<(&OsmWay, StreetTags, Vec<i64>)> = Vec::new();
    let mut uses: BTreeMap<i64, u32> = BTreeMap::new();
    for way in &data.ways {
        let Some(tags) = StreetTags::read(&way.tags) else {
            continue;
        };
        let mut nodes: Vec<i64> = way.nodes.iter().copied().filter(|id| place.contains_key(id)).collect();
        nodes.dedup();
        if nodes.len() < 2 {
            continue;
        }
        if tags.is_reversed {
            nodes.reverse();
        }
        for (i, &node) in nodes.iter().enumerate() {
            // An end is a vertex by itself.
            *uses.entry(node).or_default() += if i == 0 || i + 1 == nodes.len() { 2 } else { 1 };
        }
        ways.push((way, tags, nodes));
    }
    let mut pieces = Vec::new();
    for (way, tags, mut nodes) in ways {
        // A ring that touches nothing but at its own start is cut in half, so that no piece begins where it ends.
        let is_closed = nodes.first() == nodes.last() && nodes.len() > 3;
        let middle = is_closed.then(|| nodes[nodes.len() / 2]);
        if is_closed && tags.is_roundabout {
            // Begin at a node that another way uses.
            nodes.pop();
            let start = nodes.iter().position(|node| uses[node] > 1).unwrap_or(0);
            nodes.rotate_left(start);
            nodes.push(nodes[0]);
        }
        let mut begin = 0;
        let mut number = 0;
        for end in 1..nodes.len() {
            if end + 1 < nodes.len() && uses[&nodes[end]] < 2 && Some(nodes[end]) != middle {
                continue;
            }
            let part = &nodes[begin..=end];
            pieces.push(Piece {
                id: format!("{}.{number}", osm_id(way.id)),
                name: way.tags.first(&["name", "ref"]).unwrap_or("").to_owned(),
                way: way.id,
                tags: tags.clone(),
                nodes: part.to_vec(),
                points: part.iter().map(|node| place[node]).collect(),
            });
            number += 1;
            begin = end;
        }
    }
    pieces
}

/// Leaves only the streets that hang together with most of the others.
fn keep_connected(pieces: &mut Vec<Piece>, notes: &mut Vec<String>) {
    let mut sets = UnionFind::default();
    for piece in pieces.iter() {
        sets.join(piece.nodes[0], piece.nodes[piece.nodes.len() - 1]);
    }
    let mut lengths: BTreeMap<i64, f64> = BTreeMap::new();
    for piece in pieces.iter() {
        *lengths.entry(sets.root(piece.nodes[0])).or_default() += piece.length_m();
    }
    let longest = lengths.values().fold(0.0, |a: f64, &b| a.max(b));
    let before = pieces.len();
    pieces.retain(|piece| lengths[&sets.root(piece.nodes[0])] >= 0.1 * longest);
    if pieces.len() < before {
        notes.push(format!(
            "{} pieces of street hang together with nothing and are left out",
            before - pieces.len()
        ));
    }
}

/// Sets of numbers that belong together; the smallest stands for its set.
#[derive(Clone, Debug, Default)]
struct UnionFind(BTreeMap<i64, i64>);

impl UnionFind {
    fn root(&self, mut number: i64) -> i64 {
        while let Some(&parent) = self.0.get(&number).filter(|&&parent| parent != number) {
            number = parent;
        }
        number
    }

    fn join(&mut self, a: i64, b: i64) {
        let (a, b) = (self.root(a), self.root(b));
        self.0.insert(a.max(b), a.min(b));
    }
}

/// A place where pieces end.
#[derive(Clone, Debug)]
struct Vertex {
    at_m: [f64; 2],
    kind: NodeKind,
    has_crossings: bool,
    name: String,
    /// Lane count if it lies on a roundabout's ring.
    ring_lanes: Option<u32>,
}

/// All places where pieces end, and which of them are one junction.
struct Vertices {
    all: BTreeMap<i64, Vertex>,
    sets: UnionFind,
}

impl Vertices {
    fn of(data: &OsmData, pieces: &[Piece], place: &BTreeMap<i64, [f64; 2]>) -> Vertices {
        let mut all = BTreeMap::new();
        let mut sets = UnionFind::default();
        for piece in pieces {
            let ends = piece.ends();
            for end in ends {
                let vertex = all.entry(end).or_insert_with(|| {
                    let tags = &data.nodes[&end].tags;
                    Vertex {
                        at_m: place[&end],
                        kind: control(tags).unwrap_or_default(),
                        has_crossings: is_zebra(tags),
                        name: tags.get("name").unwrap_or("").to_owned(),
                        ring_lanes: None,
                    }
                });
                if piece.tags.is_roundabout {
                    vertex.ring_lanes = vertex.ring_lanes.max(Some(piece.tags.motor_lanes().max(1) as u32));
                }
            }
            if piece.tags.is_roundabout {
                sets.join(ends[0], ends[1]);
            }
        }
        let mut vertices = Vertices { all, sets };
        vertices.take_controls(data, pieces);
        vertices
    }

    /// Lights, signs and zebras drawn a little before a junction belong to it.
    fn take_controls(&mut self, data: &OsmData, pieces: &[Piece]) {
        for piece in pieces {
            for (i, node) in piece
                .nodes
                .iter()
                .enumerate()
                .skip(1)
                .take(piece.nodes.len().saturating_sub(2))
            {
                let tags = &data.nodes[node].tags;
                let (control, zebra) = (control(tags), is_zebra(tags));
                if control.is_none() && !zebra {
                    continue;
                }
                let before = length_m(&piece.points[..=i]);
                let behind = length_m(&piece.points[i..]);
                let (near, distance) = if before < behind {
                    (piece.nodes[0], before)
                } else {
                    (piece.nodes[piece.nodes.len() - 1], behind)
                };
                if distance > NEAR_JUNCTION_M {
                    continue;
                }
                let vertex = self.all.get_mut(&near).expect("ends are vertices");
                vertex.has_crossings |= zebra;
                if let Some(control) = control.filter(|control| rank(*control) > rank(vertex.kind)) {
                    vertex.kind = control;
                }
            }
        }
    }

    /// Joins vertices that short pieces join on the ground.
    fn cluster(&mut self, pieces: &[Piece]) {
        let mut degree: BTreeMap<i64, u32> = BTreeMap::new();
        for piece in pieces {
            for end in piece.ends() {
                *degree.entry(end).or_default() += 1;
            }
        }
        let mut short: Vec<(f64, &Piece)> = pieces.iter().map(|piece| (piece.length_m(), piece)).collect();
        short.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.id.cmp(&b.1.id)));
        for (length_m, piece) in short {
            let ends = piece.ends();
            if piece.tags.is_roundabout || piece.tags.is_bridge || piece.tags.is_tunnel {
                continue;
            }
            let roots = ends.map(|end| self.root(end));
            if roots.iter().any(|&root| self.is_ring(root)) {
                continue;
            }
            let is_divided = piece.tags.is_one_way && !piece.tags.is_link;
            let is_lit = ends.iter().any(|end| self.all[end].kind == NodeKind::Signals);
            let are_junctions = ends.iter().all(|end| degree[end] >= 3);
            let reach = if are_junctions && (is_divided || is_lit) {
                CLUSTER_M_DIVIDED
            } else {
                CLUSTER_M
            };
            let apart = distance_m(self.all[&roots[0]].at_m, self.all[&roots[1]].at_m);
            if length_m < reach && apart < CLUSTER_RADIUS_M {
                self.sets.join(roots[0], roots[1]);
            }
        }
    }

    /// Joins junctions that leave each other no room, of those that the nodes `changed` concern. Answers a vertex of each
    /// that was made.
    fn join_cramped(&mut self, plan: &Plan, pieces: &[Piece], changed: Option<&[NodeId]>) -> Vec<i64> {
        let mut joined = Vec::new();
        for street in builder::cramped(&plan.graph, LINK_M_MIN, changed) {
            let piece = &pieces[plan.street_pieces[street.0 as usize]];
            let roots = piece.ends().map(|end| self.root(end));
            let is_on_ground = !piece.tags.is_bridge && !piece.tags.is_tunnel;
            if is_on_ground && roots[0] != roots[1] && !roots.iter().any(|&root| self.is_ring(root)) {
                self.sets.join(roots[0], roots[1]);
                joined.push(roots[0]);
            }
        }
        joined
    }

    fn root(&self, vertex: i64) -> i64 {
        self.sets.root(vertex)
    }

    fn is_ring(&self, root: i64) -> bool {
        self.all.get(&root).is_some_and(|vertex| vertex.ring_lanes.is_some())
    }

    /// Adds one node a set; the answer names the node of each root.
    fn add_to(&self, graph: &mut StreetGraph) -> BTreeMap<i64, NodeId> {
        let mut members: BTreeMap<i64, Vec<&Vertex>> = BTreeMap::new();
        for (&id, vertex) in &self.all {
            members.entry(self.root(id)).or_default().push(vertex);
        }
        let mut ids = BTreeMap::new();
        for (root, members) in members {
            let count = members.len() as f64;
            let [x_m, y_m] = [0, 1].map(|axis| members.iter().map(|vertex| vertex.at_m[axis]).sum::<f64>() / count);
            let ring_lanes = members.iter().filter_map(|vertex| vertex.ring_lanes).max();
            let strongest = members.iter().map(|vertex| vertex.kind).max_by_key(|kind| rank(*kind));
            let kind = match ring_lanes {
                Some(lanes) => {
                    let radius = members
                        .iter()
                        .map(|vertex| distance_m(vertex.at_m, [x_m, y_m]))
                        .sum::<f64>()
                        / count;
                    NodeKind::Roundabout {
                        radius_m: radius.clamp(9.0, 80.0),
                        lanes: lanes.min(3),
                    }
                }
                None => strongest.unwrap_or_default(),
            };
            let node = Node {
                id: osm_id(root),
                name: members
                    .iter()
                    .map(|vertex| vertex.name.clone())
                    .max()
                    .unwrap_or_default(),
                x_m,
                y_m,
                z_m: 0.0,
                kind,
                has_crossings: kind == NodeKind::Signals || members.iter().any(|vertex| vertex.has_crossings),
                signal_offset_s: 0.0,
            };
            ids.insert(root, graph.add_node(node));
        }
        ids
    }
}

/// What orders traffic at a node, if its tags say.
fn control(tags: &Tags) -> Option<NodeKind> {
    if tags.is("crossing", "traffic_signals") {
        return Some(NodeKind::Signals);
    }
    match tags.get("highway")? {
        "traffic_signals" => Some(NodeKind::Signals),
        "stop" => Some(NodeKind::Stop),
        "give_way" => Some(NodeKind::GiveWay),
        "mini_roundabout" => Some(NodeKind::Roundabout {
            radius_m: 9.0,
            lanes: 1,
        }),
        _ => None,
    }
}

/// The stronger order wins where several are given.
fn rank(kind: NodeKind) -> u32 {
    match kind {
        NodeKind::Plain => 0,
        NodeKind::GiveWay => 1,
        NodeKind::Stop => 2,
        NodeKind::Priority => 3,
        NodeKind::Merge => 4,
        NodeKind::Roundabout { .. } => 5,
        NodeKind::Signals => 6,
    }
}

fn is_zebra(tags: &Tags) -> bool {
    tags.is("highway", "crossing") && !tags.is("crossing", "no")
}

/// Heights of vertices and of pieces' middles, from layers.
struct Heights {
    vertex: BTreeMap<i64, f64>,
    /// Extra height in the middle of a piece, for short bridges between vertices on the ground.
    middle: BTreeMap<usize, f64>,
}

/// Lifts bridges over, and sinks tunnels under, the streets they cross; the approaches rise and fall gently. Streets
/// that only cross water stay level.
fn heights(pieces: &[Piece], vertices: &Vertices) -> Heights {
    let mut vertex: BTreeMap<i64, f64> = vertices.all.keys().map(|&id| (vertices.root(id), 0.0)).collect();
    let mut middle = BTreeMap::new();
    let ends = |piece: &Piece| piece.ends().map(|node| vertices.root(node));
    for (index, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.tags.layer != 0) {
        let crosses = pieces.iter().any(|other| {
            other.tags.layer != piece.tags.layer
                && !other.nodes.iter().any(|node| piece.nodes.contains(node))
                && lines_cross(&piece.points, &other.points)
        });
        if !crosses {
            continue;
        }
        let rise = LAYER_M * f64::from(piece.tags.layer);
        for end in ends(piece) {
            let z = vertex.get_mut(&end).expect("every end has a height");
            if rise.abs() > z.abs() {
                *z = rise;
            }
        }
        middle.insert(index, rise);
    }
    // Relax until no street is steeper than a ramp may be; each round moves heights one street further.
    for _ in 0..64 {
        let mut changed = false;
        for piece in pieces {
            let [a, b] = ends(piece);
            let reach = RAMP_GRADE * piece.length_m();
            for (high, low) in [(a, b), (b, a)] {
                let (z_high, z_low) = (vertex[&high], vertex[&low]);
                if z_high > 0.0 && z_low < z_high - reach {
                    vertex.insert(low, z_high - reach);
                    changed = true;
                } else if z_high < 0.0 && z_low > z_high + reach {
                    vertex.insert(low, z_high + reach);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    Heights { vertex, middle }
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

/// Zebras between junctions.
fn add_crossings(data: &OsmData, pieces: &[Piece], street_pieces: &[usize], graph: &mut StreetGraph) {
    for (street, &piece) in graph.streets.iter_mut().zip(street_pieces) {
        let piece = &pieces[piece];
        if piece.tags.is_bridge || piece.tags.is_tunnel {
            continue;
        }
        let inner = piece
            .nodes
            .iter()
            .enumerate()
            .skip(1)
            .take(piece.nodes.len().saturating_sub(2));
        for (i, node) in inner.filter(|(_, node)| is_zebra(&data.nodes[node].tags)) {
            let (before, behind) = (length_m(&piece.points[..=i]), length_m(&piece.points[i..]));
            if before.min(behind) > NEAR_JUNCTION_M {
                street.crossings.push(CrossingSpec {
                    id: osm_id(*node),
                    at_m: before,
                    width_m: 4.0,
                });
            }
        }
    }
}

/// Bus stops, each on the nearest street on its side.
fn add_stops(data: &OsmData, place: &BTreeMap<i64, [f64; 2]>, graph: &mut StreetGraph) {
    let is_stop = |tags: &Tags| {
        tags.is("highway", "bus_stop") || (tags.is("public_transport", "platform") && tags.is("bus", "yes"))
    };
    let lines: Vec<Vec<[f64; 2]>> = graph.streets.iter().map(|street| line(street, graph)).collect();
    let boxes: Vec<[f64; 4]> = lines.iter().map(|points| around(points)).collect();
    let mut taken: BTreeSet<(usize, i64)> = BTreeSet::new();
    for (id, node) in data.nodes.iter().filter(|(_, node)| is_stop(&node.tags)) {
        let at = place[id];
        let nearest = lines
            .iter()
            .enumerate()
            .filter(|(i, _)| is_within(&boxes[*i], at, STOP_REACH_M) && can_hold_stop(&graph.streets[*i]))
            .map(|(i, points)| (i, nearest_on(points, at)))
            .min_by(|a, b| a.1.distance_m.total_cmp(&b.1.distance_m));
        let Some((index, found)) = nearest.filter(|(_, found)| found.distance_m < STOP_REACH_M) else {
            continue;
        };
        let length = length_m(&lines[index]);
        let margin = NEAR_JUNCTION_M + 0.5 * STOP_LENGTH_M;
        if length < 2.0 * margin {
            continue;
        }
        let street = &mut graph.streets[index];
        let side = if found.is_left && !street.backward.is_empty() {
            Side::Backward
        } else {
            Side::Forward
        };
        let at_m = found.at_m.clamp(margin, length - margin);
        // Two signs of one stop stand a few metres apart; one kerb is enough for both.
        let slot = (at_m / (2.0 * STOP_LENGTH_M)) as i64 * 2 + i64::from(side == Side::Backward);
        if !taken.insert((index, slot)) {
            continue;
        }
        street.stops.push(StopSpec {
            id: osm_id(*id),
            name: node.tags.get("name").unwrap_or("").to_owned(),
            at_m,
            side,
            length_m: STOP_LENGTH_M,
            is_in_bay: false,
        });
    }
}

fn can_hold_stop(street: &Street) -> bool {
    let is_in_town = street.class >= RoadClass::LowSpeed && street.class <= RoadClass::Arterial;
    is_in_town && street.structures.is_empty() && street.forward.iter().any(|lane| lane.kind != LaneKind::Sidewalk)
}

fn line(street: &Street, graph: &StreetGraph) -> Vec<[f64; 2]> {
    let end = |id: NodeId| [graph.nodes[id.0 as usize].x_m, graph.nodes[id.0 as usize].y_m];
    let mut points = vec![end(street.from)];
    points.extend(street.shape.iter().map(|point| [point.x_m, point.y_m]));
    points.push(end(street.to));
    points
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

/// Buildings, water, green, schools and hospitals.
fn add_areas(data: &OsmData, place: &BTreeMap<i64, [f64; 2]>, graph: &mut StreetGraph) {
    for way in data
        .ways
        .iter()
        .filter(|way| way.nodes.len() > 3 && way.nodes.first() == way.nodes.last())
    {
        let Some(kind) = area_kind(&way.tags) else { continue };
        let outline_m: Vec<[f64; 2]> = way.nodes[1..]
            .iter()
            .filter_map(|node| place.get(node).copied())
            .collect();
        if outline_m.len() < 3 {
            continue;
        }
        let levels = |key| {
            way.tags
                .get(key)
                .and_then(|value: &str| value.trim_end_matches(" m").parse::<f64>().ok())
        };
        let height_m = match kind {
            AreaKind::Building => levels("height")
                .or(levels("building:levels").map(|n| 3.0 * n))
                .unwrap_or(9.0),
            _ => 0.0,
        };
        graph.areas.push(AreaDraft {
            kind,
            name: way.tags.get("name").unwrap_or("").to_owned(),
            outline_m,
            height_m: height_m.clamp(0.0, 500.0),
        });
    }
    // Grounds below, houses above.
    graph.areas.sort_by_key(|area| area.kind == AreaKind::Building);
}

fn area_kind(tags: &Tags) -> Option<AreaKind> {
    if tags.get("building").is_some_and(|value| value != "no") {
        return Some(AreaKind::Building);
    }
    match tags.get("amenity") {
        Some("school" | "kindergarten" | "college" | "university") => return Some(AreaKind::School),
        Some("hospital" | "clinic") => return Some(AreaKind::Hospital),
        Some("parking") => return Some(AreaKind::Paved),
        _ => {}
    }
    if tags.is("natural", "water") || tags.is("waterway", "riverbank") || tags.is("landuse", "reservoir") {
        return Some(AreaKind::Water);
    }
    let green = [
        "forest",
        "grass",
        "meadow",
        "orchard",
        "farmland",
        "cemetery",
        "recreation_ground",
        "village_green",
    ];
    let is_green = tags.get("landuse").is_some_and(|value| green.contains(&value))
        || matches!(tags.get("natural"), Some("wood" | "scrub" | "grassland"))
        || matches!(tags.get("leisure"), Some("park" | "garden" | "pitch" | "golf_course"));
    is_green.then_some(AreaKind::Green)
}

fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::hypot(b[0] - a[0], b[1] - a[1])
}

fn length_m(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|pair| distance_m(pair[0], pair[1])).sum()
}

/// Where a line comes nearest to a point.
struct Nearest {
    at_m: f64,
    distance_m: f64,
    is_left: bool,
}

/// West, south, east, north of a polyline.
fn around(points: &[[f64; 2]]) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    points.iter().fold(empty, |[west, south, east, north], &[x, y]| {
        [west.min(x), south.min(y), east.max(x), north.max(y)]
    })
}

fn is_within(bounds: &[f64; 4], [x, y]: [f64; 2], reach_m: f64) -> bool {
    let [west, south, east, north] = *bounds;
    x >= west - reach_m && x <= east + reach_m && y >= south - reach_m && y <= north + reach_m
}

fn nearest_on(points: &[[f64; 2]], at: [f64; 2]) -> Nearest {
    let mut best = Nearest {
        at_m: 0.0,
        distance_m: f64::INFINITY,
        is_left: false,
    };
    let mut passed_m = 0.0;
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = libm::hypot(dx, dy).max(1e-9);
        let along = (((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length).clamp(0.0, length);
        let foot = [a[0] + dx * along / length, a[1] + dy * along / length];
        let distance = distance_m(foot, at);
        if distance < best.distance_m {
            let is_left = dx * (at[1] - a[1]) - dy * (at[0] - a[0]) > 0.0;
            best = Nearest {
                at_m: passed_m + along,
                distance_m: distance,
                is_left,
            };
        }
        passed_m += length;
    }
    best
}

/// Whether two polylines cross in plan view.
fn lines_cross(a: &[[f64; 2]], b: &[[f64; 2]]) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    a.windows(2).any(|s| {
        b.windows(2).any(|t| {
            side(s[0], s[1], t[0]) * side(s[0], s[1], t[1]) < 0.0
                && side(t[0], t[1], s[0]) * side(t[0], t[1], s[1]) < 0.0
        })
    })
}
