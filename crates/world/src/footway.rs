//! Ways on foot: along sidewalks and over crossings, never across a carriageway elsewhere.
//!
//! In goes a network; out come walks between points beside the road. Carriageways are drawn into a sparse bitmap of
//! half-metre cells, which tells in nanoseconds whether a straight line touches one; sidewalks and the ends of crossings
//! are nodes, linked where the line between them is free, and the walk is the shortest over them (A*, Hart, Nilsson and
//! Raphael 1968). Heights are not looked at: a footway under a bridge counts as blocked. It does not know who walks.
//!
//! Sketch: a town of 500 lane-kilometres is 7 million cells in 14,000 tiles of 512 bytes, drawn in 0.2 s when the first
//! walk is asked for.

use crate::grid::Grid;
use road::draft::LaneKind;
use road::{CrossingId, LanePosition, RoadNetwork};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// Where people can walk.
#[derive(Clone, Debug)]
pub(crate) struct Footways {
    carriageway: Carriageway,
    nodes_m: Vec<[f64; 3]>,
    /// For each node, what it leads to and the cost of it in metres.
    links: Vec<Vec<(u32, f64)>>,
    grid: Grid,
    /// The first node of the crossings; two each, its `from_m` and its `to_m` end.
    crossings_from: usize,
}

/// Nodes on sidewalks lie this far apart at most.
const SPACING_M: f64 = 20.0;
/// Nodes are linked over gaps up to this, where nothing is in between: over junction corners, across courtyards.
const LINK_M: f64 = 35.0;
/// To this many of the nearest each.
const LINKS: usize = 6;
/// A walk joins the network of footways within this distance of its ends.
const JOIN_M: f64 = 80.0;
/// Without any footway people walk straight this far.
const STRAIGHT_M: f64 = 150.0;
/// A crossing costs this much more than its length: one waits.
const WAITING_M: f64 = 15.0;
/// Beyond this it is not a walk within reason.
const WALK_M_MAX: f64 = 3_000.0;
/// The ends of a walk may lie this deep on a carriageway: platforms and crossings' ends are at the very kerb.
const KERB_M: f64 = 1.0;

impl Footways {
    pub fn new(network: &RoadNetwork) -> Footways {
        let mut footways = Footways {
            carriageway: Carriageway::new(network),
            nodes_m: Vec::new(),
            links: Vec::new(),
            grid: Grid::new(LINK_M),
            crossings_from: 0,
        };
        for (index, lane) in network.lanes().iter().enumerate() {
            if lane.kind != LaneKind::Sidewalk || lane.length_m < 1.0 {
                continue;
            }
            let pieces = (lane.length_m / SPACING_M).ceil().max(1.0);
            for piece in 0..=pieces as usize {
                let s_m = lane.length_m * piece as f64 / pieces;
                let pose = network.lane_pose(LanePosition {
                    lane: road::LaneId(index as u32),
                    s_m,
                    offset_m: 0.0,
                });
                let node = footways.add_node([pose.x_m, pose.y_m, pose.z_m]);
                if piece > 0 {
                    footways.link(node - 1, node, lane.length_m / pieces);
                }
            }
        }
        footways.crossings_from = footways.nodes_m.len();
        for crossing in network.crossings() {
            let from = footways.add_node(crossing.from_m);
            let to = footways.add_node(crossing.to_m);
            footways.link(from, to, distance_m(crossing.from_m, crossing.to_m) + WAITING_M);
        }
        footways
            .grid
            .rebuild(footways.nodes_m.iter().map(|node| [node[0], node[1]]));
        for node in 0..footways.nodes_m.len() {
            for (other, gap_m) in footways.free_nodes(footways.nodes_m[node], LINK_M, LINKS + 1) {
                if other > node && !footways.links[node].iter().any(|&(linked, _)| linked as usize == other) {
                    footways.link(node, other, gap_m);
                }
            }
        }
        footways
    }

    /// The shortest walk, its ends included.
    pub fn walk(&self, from_m: [f64; 3], to_m: [f64; 3]) -> Option<Vec<[f64; 3]>> {
        if !from_m.iter().chain(&to_m).all(|value| value.is_finite()) {
            return None;
        }
        let straight_m = distance_m(from_m, to_m);
        if straight_m <= STRAIGHT_M && self.carriageway.is_free_between(from_m, to_m) {
            return Some(vec![from_m, to_m]);
        }
        if straight_m > WALK_M_MAX {
            return None;
        }
        let starts = self.free_nodes(from_m, JOIN_M, 2 * LINKS);
        let ends = self.free_nodes(to_m, JOIN_M, 2 * LINKS);
        if starts.is_empty() || ends.is_empty() {
            return None;
        }
        self.search(&starts, &ends, to_m).map(|nodes| {
            let between = nodes.into_iter().map(|node| self.nodes_m[node]);
            std::iter::once(from_m)
                .chain(between)
                .chain(std::iter::once(to_m))
                .collect()
        })
    }

    /// Points on sidewalks that one can walk to straight from an end of a crossing, for want of doors.
    pub fn sidewalk_near(&self, crossing: CrossingId, forward: bool) -> impl Iterator<Item = [f64; 3]> + '_ {
        let end = self.nodes_m[self.crossings_from + 2 * crossing.0 as usize + usize::from(!forward)];
        let near = self.free_nodes(end, JOIN_M, 4 * LINKS);
        near.into_iter()
            .filter(|&(node, gap_m)| node < self.crossings_from && gap_m > 15.0)
            .map(|(node, _)| self.nodes_m[node])
    }

    fn add_node(&mut self, at_m: [f64; 3]) -> usize {
        self.nodes_m.push(at_m);
        self.links.push(Vec::new());
        self.nodes_m.len() - 1
    }

    fn link(&mut self, a: usize, b: usize, cost_m: f64) {
        self.links[a].push((b as u32, cost_m));
        self.links[b].push((a as u32, cost_m));
    }

    /// The nearest nodes that one can walk to straight, and how far they are.
    fn free_nodes(&self, from_m: [f64; 3], reach_m: f64, count: usize) -> Vec<(usize, f64)> {
        let mut near = Vec::new();
        self.grid.visit([from_m[0], from_m[1]], reach_m, |node| {
            let gap_m = distance_m(from_m, self.nodes_m[node]);
            if gap_m <= reach_m && (self.nodes_m[node][2] - from_m[2]).abs() < 3.0 + 0.2 * gap_m {
                near.push((node, gap_m));
            }
        });
        near.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let free = near
            .into_iter()
            .filter(|&(node, _)| self.carriageway.is_free_between(from_m, self.nodes_m[node]));
        free.take(count).collect()
    }

    fn search(&self, starts: &[(usize, f64)], ends: &[(usize, f64)], goal_m: [f64; 3]) -> Option<Vec<usize>> {
        let mut reached: HashMap<usize, (f64, usize)> = HashMap::new();
        let mut open = BinaryHeap::new();
        let goal = self.nodes_m.len();
        let to_go_m = |node: usize| {
            if node == goal {
                0.0
            } else {
                distance_m(self.nodes_m[node], goal_m)
            }
        };
        let mut reach = |open: &mut BinaryHeap<Open>, node: usize, walked_m: f64, from: usize| {
            if reached.get(&node).is_none_or(|&(before_m, _)| walked_m < before_m) {
                reached.insert(node, (walked_m, from));
                open.push(Open {
                    estimate_m: walked_m + to_go_m(node),
                    walked_m,
                    node,
                });
            }
            reached.get(&node).copied()
        };
        for &(node, gap_m) in starts {
            reach(&mut open, node, gap_m, usize::MAX);
        }
        while let Some(Open {
            estimate_m,
            walked_m,
            node,
        }) = open.pop()
        {
            if node == goal || estimate_m > WALK_M_MAX {
                break;
            }
            for &(next, cost_m) in &self.links[node] {
                reach(&mut open, next as usize, walked_m + cost_m, node);
            }
            if let Some(&(_, gap_m)) = ends.iter().find(|(end, _)| *end == node) {
                reach(&mut open, goal, walked_m + gap_m, node);
            }
        }
        let mut node = reached.get(&goal)?.1;
        let mut nodes = Vec::new();
        while node != usize::MAX {
            nodes.push(node);
            node = reached[&node].1;
        }
        nodes.reverse();
        Some(nodes)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Open {
    estimate_m: f64,
    walked_m: f64,
    node: usize,
}

impl Eq for Open {}

impl Ord for Open {
    /// The heap gives the greatest first; the least estimate is the greatest, and equals go by node.
    fn cmp(&self, other: &Open) -> Ordering {
        other
            .estimate_m
            .total_cmp(&self.estimate_m)
            .then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Open) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Which ground vehicles drive on.
#[derive(Clone, Debug)]
struct Carriageway {
    /// Tiles of 64 × 64 cells, a bit each.
    tiles: HashMap<(i32, i32), Box<[u64; 64]>>,
}

/// Side of a cell.
const CELL_M: f64 = 0.5;
/// Steps in which lanes are drawn and lines are followed: shorter than a cell.
const DRAWING_M: f64 = 0.4;

impl Carriageway {
    fn new(network: &RoadNetwork) -> Carriageway {
        let mut carriageway = Carriageway { tiles: HashMap::new() };
        for (index, lane) in network.lanes().iter().enumerate() {
            if lane.edge.is_none() {
                continue;
            }
            let id = road::LaneId(index as u32);
            let steps = (lane.length_m / DRAWING_M).ceil().max(1.0);
            for step in 0..=steps as usize {
                let s_m = lane.length_m * step as f64 / steps;
                let pose = network.lane_pose(LanePosition {
                    lane: id,
                    s_m,
                    offset_m: 0.0,
                });
                let (sin, cos) = libm::sincos(pose.heading_rad);
                // A hand's breadth less than the lane, so that the kerb itself is free.
                let half_m = (0.5 * network.lane_width_m(id, s_m) - 0.2).max(0.0);
                let across = (2.0 * half_m / DRAWING_M).ceil().max(1.0);
                for place in 0..=across as usize {
                    let offset_m = half_m * (2.0 * place as f64 / across - 1.0);
                    carriageway.draw(pose.x_m - sin * offset_m, pose.y_m + cos * offset_m);
                }
            }
        }
        carriageway
    }

    fn draw(&mut self, x_m: f64, y_m: f64) {
        let (tile, row, bit) = cell(x_m, y_m);
        self.tiles.entry(tile).or_insert_with(|| Box::new([0; 64]))[row] |= 1 << bit;
    }

    fn is_drawn(&self, x_m: f64, y_m: f64) -> bool {
        let (tile, row, bit) = cell(x_m, y_m);
        self.tiles.get(&tile).is_some_and(|rows| rows[row] >> bit & 1 == 1)
    }

    /// Whether a straight line touches no carriageway, a little at its ends excepted.
    fn is_free_between(&self, a: [f64; 3], b: [f64; 3]) -> bool {
        let length_m = distance_m(a, b);
        let steps = (length_m / DRAWING_M).ceil().max(1.0);
        (0..=steps as usize).all(|step| {
            let share = step as f64 / steps;
            let from_ends_m = (share * length_m).min((1.0 - share) * length_m);
            from_ends_m < KERB_M || !self.is_drawn(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)
        })
    }
}

fn cell(x_m: f64, y_m: f64) -> ((i32, i32), usize, u32) {
    let (column, row) = ((x_m / CELL_M).floor() as i64, (y_m / CELL_M).floor() as i64);
    let tile = (column.div_euclid(64) as i32, row.div_euclid(64) as i32);
    (tile, row.rem_euclid(64) as usize, column.rem_euclid(64) as u32)
}

fn distance_m(a: [f64; 3], b: [f64; 3]) -> f64 {
    libm::hypot(b[0] - a[0], b[1] - a[1])
}
