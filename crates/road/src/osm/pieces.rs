//! The ways of an extract, cut where they meet.
//!
//! In goes [`OsmData`]; out come [`Piece`]s, each from one vertex to the next, without those that hang together with nothing.

use super::read::{OsmData, OsmWay};
use super::tags::StreetTags;
use crate::polyline::length_m;
use std::collections::BTreeMap;

/// A piece of a way between two vertices.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) way: i64,
    pub(super) tags: StreetTags,
    /// OpenStreetMap node numbers, first and last being vertices.
    pub(super) nodes: Vec<i64>,
    pub(super) points: Vec<[f64; 2]>,
}

impl Piece {
    /// Its first and last node, which are vertices.
    pub(super) fn ends(&self) -> [i64; 2] {
        [self.nodes[0], self.nodes[self.nodes.len() - 1]]
    }

    pub(super) fn length_m(&self) -> f64 {
        length_m(&self.points)
    }
}

/// Cuts the ways at their shared nodes.
pub(super) fn pieces(data: &OsmData, place: &BTreeMap<i64, [f64; 2]>) -> Vec<Piece> {
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
pub(super) fn keep_connected(pieces: &mut Vec<Piece>, notes: &mut Vec<String>) {
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
pub(super) struct UnionFind(BTreeMap<i64, i64>);

impl UnionFind {
    pub(super) fn root(&self, mut number: i64) -> i64 {
        while let Some(&parent) = self.0.get(&number).filter(|&&parent| parent != number) {
            number = parent;
        }
        number
    }

    pub(super) fn join(&mut self, a: i64, b: i64) {
        let (a, b) = (self.root(a), self.root(b));
        self.0.insert(a.max(b), a.min(b));
    }
}

/// Ids of what was drawn and never uploaded are negative; ids of ours begin with no sign, because netconvert marks an
/// edge's direction with one.
pub(super) fn osm_id(id: i64) -> String {
    if id < 0 {
        format!("new{}", id.unsigned_abs())
    } else {
        id.to_string()
    }
}
