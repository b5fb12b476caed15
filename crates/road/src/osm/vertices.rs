//! Where streets meet: vertices of the extract, and which of them are one junction.
//!
//! In go the pieces and what the extract's nodes say of lights, signs and zebras; out come nodes of a street graph. Vertices
//! that a short piece joins are one junction, those of a roundabout's ring are one too.

use super::pieces::{Piece, UnionFind, osm_id};
use super::read::{OsmData, Tags};
use crate::builder::{Node, NodeId, NodeKind, StreetGraph};
use crate::polyline::{distance_m, length_m};
use std::collections::BTreeMap;

/// Vertices joined by a piece shorter than this are one junction.
const CLUSTER_M: f64 = 14.0;
/// The same where carriageways are divided or lights stand: their crossings are wider.
const CLUSTER_M_DIVIDED: f64 = 28.0;
/// No cluster grows wider than this from its first vertex.
const CLUSTER_RADIUS_M: f64 = 40.0;
/// A light, sign or zebra nearer than this to a junction belongs to it.
pub(super) const NEAR_JUNCTION_M: f64 = 30.0;

/// A place where pieces end.
#[derive(Clone, Debug)]
pub(super) struct Vertex {
    at_m: [f64; 2],
    kind: NodeKind,
    has_crossings: bool,
    name: String,
    /// Lane count if it lies on a roundabout's ring.
    ring_lanes: Option<u32>,
}

/// All places where pieces end, and which of them are one junction.
pub(super) struct Vertices {
    pub(super) all: BTreeMap<i64, Vertex>,
    sets: UnionFind,
}

impl Vertices {
    pub(super) fn of(data: &OsmData, pieces: &[Piece], place: &BTreeMap<i64, [f64; 2]>) -> Vertices {
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
    pub(super) fn cluster(&mut self, pieces: &[Piece]) {
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

    /// Joins junctions that leave each other no room on the pieces between them. Answers a vertex of each that was made.
    pub(super) fn join_cramped<'a>(&mut self, cramped: impl Iterator<Item = &'a Piece>) -> Vec<i64> {
        let mut joined = Vec::new();
        for piece in cramped {
            let roots = piece.ends().map(|end| self.root(end));
            let is_on_ground = !piece.tags.is_bridge && !piece.tags.is_tunnel;
            if is_on_ground && roots[0] != roots[1] && !roots.iter().any(|&root| self.is_ring(root)) {
                self.sets.join(roots[0], roots[1]);
                joined.push(roots[0]);
            }
        }
        joined
    }

    pub(super) fn root(&self, vertex: i64) -> i64 {
        self.sets.root(vertex)
    }

    pub(super) fn is_ring(&self, root: i64) -> bool {
        self.all.get(&root).is_some_and(|vertex| vertex.ring_lanes.is_some())
    }

    /// Adds one node a set; the answer names the node of each root.
    pub(super) fn add_to(&self, graph: &mut StreetGraph) -> BTreeMap<i64, NodeId> {
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

pub(super) fn is_zebra(tags: &Tags) -> bool {
    tags.is("highway", "crossing") && !tags.is("crossing", "no")
}
