//! The contraction hierarchy of one traveller: a network's lanes in, the quickest chain of lanes out.
//!
//! Nodes are numbered from the top of the hierarchy down, because every question ends near the top: what it reads lies
//! together. A question looks up where the quickest ways of its two ends meet in their labels, or, on networks too large
//! to label, searches upwards from both ends (with stalling on demand); then it unpacks the shortcuts up to the cheapest
//! meeting and down from it. Scratch space is kept for the next one, so that many threads may ask at once. It does not
//! know where on a lane anybody stands. Source: as `contract`.

use super::contract::{Arc, Contracted, Graph, NONE};
use super::labels::Labels;
use super::{Cost, Entry};
use crate::{LaneId, RoadNetwork, Traveller};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};

/// Room for a usual way, so that it seldom has to grow.
const CHAIN_LANES: usize = 256;
/// Networks of more nodes are searched: labels would take gigabytes.
const LABELLED_NODES_MAX: usize = 1 << 17;

/// The hierarchy.
#[derive(Debug)]
pub(super) struct Hierarchy {
    /// Of each lane; [`NONE`] where the traveller may not go.
    node_of: Vec<u32>,
    /// Of each node.
    lane_of: Vec<LaneId>,
    out: Upwards,
    into: Upwards,
    labels: Option<Labels>,
    scratch: Mutex<Vec<Scratch>>,
}

/// The arcs of a way by index: those that lead up from its start to the meeting, those that lead down to its goal.
struct Way {
    start: u32,
    ups: Vec<u32>,
    downs: Vec<u32>,
    goal: u32,
}

/// The arcs from each node to higher ones, or to each node from higher ones.
#[derive(Debug, Default)]
pub(super) struct Upwards {
    first: Vec<u32>,
    arcs: Vec<Step>,
    /// Of each arc, what it stands for.
    parts: Vec<Parts>,
}

/// What a search reads of an arc.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) node: u32,
    pub(super) cost: Cost,
}

/// The two arcs of a shortcut, by index: one that comes down into its middle, one that leaves it upwards.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// [`NONE`] for an arc that stands for itself.
    middle: u32,
    into: u32,
    out: u32,
}

impl Upwards {
    fn new(order: &[u32], node_of: &[u32], arcs_of: &[Vec<Arc>]) -> Upwards {
        let mut upwards = Upwards {
            first: vec![0],
            ..Upwards::default()
        };
        for &old in order {
            for arc in &arcs_of[old as usize] {
                upwards.arcs.push(Step {
                    node: node_of[arc.node as usize],
                    cost: arc.cost,
                });
                let middle = if arc.middle == NONE {
                    NONE
                } else {
                    node_of[arc.middle as usize]
                };
                upwards.parts.push(Parts {
                    middle,
                    into: NONE,
                    out: NONE,
                });
            }
            upwards.first.push(upwards.arcs.len() as u32);
        }
        upwards
    }

    pub(super) fn nodes(&self) -> usize {
        self.first.len() - 1
    }

    /// The arcs of a node, by index.
    pub(super) fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.first[node as usize] as usize..self.first[node as usize + 1] as usize
    }

    pub(super) fn arc(&self, index: u32) -> Step {
        self.arcs[index as usize]
    }

    fn of(&self, node: u32) -> &[Step] {
        &self.arcs[self.range(node)]
    }

    /// Index of the arc between a node and a higher one.
    fn between(&self, node: u32, higher: u32) -> u32 {
        let found = self.range(node).find(|&arc| self.arcs[arc].node == higher);
        found.expect("a shortcut's two arcs were there when it was made, and stay") as u32
    }

    fn bytes(&self) -> usize {
        size_of_val(self.first.as_slice()) + size_of_val(self.arcs.as_slice()) + size_of_val(self.parts.as_slice())
    }
}

/// Names the parts of all shortcuts by index, so that unpacking one asks for nothing else.
fn name_parts(out: &mut Upwards, into: &mut Upwards) {
    for node in 0..out.first.len() as u32 - 1 {
        for arc in out.range(node) {
            let Parts { middle, .. } = out.parts[arc];
            if middle != NONE {
                let parts = [into.between(middle, node), out.between(middle, out.arcs[arc].node)];
                (out.parts[arc].into, out.parts[arc].out) = (parts[0], parts[1]);
            }
        }
        for arc in into.range(node) {
            let Parts { middle, .. } = into.parts[arc];
            if middle != NONE {
                let parts = [into.between(middle, into.arcs[arc].node), out.between(middle, node)];
                (into.parts[arc].into, into.parts[arc].out) = (parts[0], parts[1]);
            }
        }
    }
}

impl Hierarchy {
    pub(super) fn new(network: &RoadNetwork, traveller: Traveller) -> Hierarchy {
        Hierarchy::labelled_up_to(network, traveller, LABELLED_NODES_MAX)
    }

    /// A hierarchy that has labels only if it has so few nodes.
    pub(super) fn labelled_up_to(network: &RoadNetwork, traveller: Traveller, nodes_labelled_max: usize) -> Hierarchy {
        let lanes: Vec<LaneId> = (0..network.lanes().len())
            .map(|lane| LaneId(lane as u32))
            .filter(|&lane| network.may_use(lane, traveller))
            .collect();
        let mut number_of = vec![NONE; network.lanes().len()];
        for (number, lane) in lanes.iter().enumerate() {
            number_of[lane.0 as usize] = number as u32;
        }
        let mut graph = Graph::new(lanes.len());
        for (number, &lane) in lanes.iter().enumerate() {
            let mut add = |to: LaneId, cost: Cost| graph.add(number as u32, number_of[to.0 as usize], cost, NONE);
            let through = network.time(lane, traveller);
            network.onward(lane, traveller, |next| add(next, through));
            network.changes(lane, traveller, &mut add);
        }
        let Contracted { mut order, out, into } = graph.contracted();
        order.reverse();
        let mut node_of_number = vec![0; lanes.len()];
        for (node, &number) in order.iter().enumerate() {
            node_of_number[number as usize] = node as u32;
        }
        for node in number_of.iter_mut().filter(|number| **number != NONE) {
            *node = node_of_number[*node as usize];
        }
        let mut upwards = [&out, &into].map(|arcs| Upwards::new(&order, &node_of_number, arcs));
        let [out, into] = &mut upwards;
        name_parts(out, into);
        let [out, into] = upwards;
        let labels = (lanes.len() <= nodes_labelled_max).then(|| Labels::new(&out, &into));
        Hierarchy {
            labels,
            node_of: number_of,
            lane_of: order.iter().map(|&number| lanes[number as usize]).collect(),
            out,
            into,
            scratch: Mutex::default(),
        }
    }

    /// The quickest chain of lanes that begins with one of `entries` and ends with `goal`.
    pub(super) fn lanes(&self, entries: &[Entry], goal: LaneId) -> Option<Vec<LaneId>> {
        let goal = self.node_of[goal.0 as usize];
        let starts = entries
            .iter()
            .map(|entry| (self.node_of[entry.lane.0 as usize], entry.cost));
        let way = match &self.labels {
            Some(labels) => self.look_up(labels, starts, goal),
            None => self.search(starts, goal),
        };
        way.map(|way| self.chain(&way))
    }

    fn look_up(&self, labels: &Labels, starts: impl Iterator<Item = (u32, Cost)>, goal: u32) -> Option<Way> {
        let (mut best, mut found) = (Cost::MAX, None);
        for (start, cost) in starts {
            if let Some((more, hub)) = labels.meet(start, goal)
                && cost.saturating_add(more) < best
            {
                (best, found) = (cost.saturating_add(more), Some((start, hub)));
            }
        }
        let (start, hub) = found?;
        let mut way = Way {
            start,
            ups: Vec::with_capacity(32),
            downs: Vec::with_capacity(32),
            goal,
        };
        labels.out.arcs_to(&self.out, start, hub, &mut way.ups);
        labels.into.arcs_to(&self.into, goal, hub, &mut way.downs);
        way.downs.reverse();
        Some(way)
    }

    fn search(&self, starts: impl Iterator<Item = (u32, Cost)>, goal: u32) -> Option<Way> {
        let mut scratch = self
            .scratch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_else(|| Scratch::new(self.lane_of.len()));
        for (start, cost) in starts {
            scratch.from_start.reach(start, cost, NONE);
        }
        scratch.to_goal.reach(goal, 0, NONE);
        let meeting = self.meet(&mut scratch);
        let way = meeting.map(|meeting| self.way(&scratch, meeting, goal));
        scratch.clear();
        self.scratch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(scratch);
        way
    }

    /// The node over which the quickest way leads.
    fn meet(&self, scratch: &mut Scratch) -> Option<u32> {
        let (mut best, mut meeting) = (Cost::MAX, None);
        loop {
            let Scratch { from_start, to_goal } = scratch;
            let (ahead, behind) = (from_start.least(), to_goal.least());
            // Neither side can better what is known.
            if ahead.min(behind) >= best {
                return meeting;
            }
            let (near, far, up, down) = match ahead <= behind {
                true => (from_start, to_goal, &self.out, &self.into),
                false => (to_goal, from_start, &self.into, &self.out),
            };
            // All that was open there has been reached more cheaply since: the other side goes on alone.
            let Some((cost, node)) = near.next() else { continue };
            let whole = cost.saturating_add(far.at[node as usize].cost);
            if whole < best {
                (best, meeting) = (whole, Some(node));
            }
            // A way down from a higher node that is quicker: nothing that goes on from here is the quickest.
            let is_stalled = down
                .of(node)
                .iter()
                .any(|arc| near.at[arc.node as usize].cost.saturating_add(arc.cost) < cost);
            if !is_stalled {
                for arc in up.of(node) {
                    near.reach(arc.node, cost.saturating_add(arc.cost), node);
                }
            }
        }
    }

    /// What two searches that met have found.
    fn way(&self, scratch: &Scratch, meeting: u32, goal: u32) -> Way {
        let (mut ups, mut downs, mut start) = (Vec::new(), Vec::new(), meeting);
        while let Some(before) = scratch.from_start.before(start) {
            ups.push(self.out.between(before, start));
            start = before;
        }
        ups.reverse();
        let mut node = meeting;
        while let Some(next) = scratch.to_goal.before(node) {
            downs.push(self.into.between(next, node));
            node = next;
        }
        Way {
            start,
            ups,
            downs,
            goal,
        }
    }

    fn chain(&self, way: &Way) -> Vec<LaneId> {
        let mut chain = Vec::with_capacity(CHAIN_LANES);
        chain.push(self.lane_of[way.start as usize]);
        let mut open = Vec::with_capacity(CHAIN_LANES);
        for &arc in &way.ups {
            self.unpack(
                self.out.parts[arc as usize],
                self.out.arc(arc).node,
                &mut open,
                &mut chain,
            );
        }
        // An arc down into a node is kept with that node: each leads to where the next one begins.
        for (index, &arc) in way.downs.iter().enumerate() {
            let to = match way.downs.get(index + 1) {
                Some(&next) => self.into.arc(next).node,
                None => way.goal,
            };
            self.unpack(self.into.parts[arc as usize], to, &mut open, &mut chain);
        }
        chain
    }

    /// Adds the lanes that an arc to a node leads over, that node's among them. With a stack: shortcuts may nest as deep
    /// as they like.
    fn unpack(&self, arc: Parts, to: u32, open: &mut Vec<(Parts, u32)>, chain: &mut Vec<LaneId>) {
        open.push((arc, to));
        while let Some((arc, to)) = open.pop() {
            if arc.middle == NONE {
                chain.push(self.lane_of[to as usize]);
                continue;
            }
            open.push((self.out.parts[arc.out as usize], to));
            open.push((self.into.parts[arc.into as usize], arc.middle));
        }
    }

    /// What it takes of memory, scratch space apart.
    pub(super) fn bytes(&self) -> usize {
        self.out.bytes()
            + self.into.bytes()
            + self.labels.as_ref().map_or(0, Labels::bytes)
            + size_of_val(self.node_of.as_slice())
            + size_of_val(self.lane_of.as_slice())
    }
}

/// Two searches.
#[derive(Debug)]
struct Scratch {
    from_start: Side,
    to_goal: Side,
}

impl Scratch {
    fn new(nodes: usize) -> Scratch {
        Scratch {
            from_start: Side::new(nodes),
            to_goal: Side::new(nodes),
        }
    }

    fn clear(&mut self) {
        self.from_start.clear();
        self.to_goal.clear();
    }
}

/// A search upwards from one end.
#[derive(Debug)]
struct Side {
    at: Vec<Reached>,
    reached: Vec<u32>,
    open: BinaryHeap<Reverse<(Cost, u32)>>,
}

#[derive(Clone, Copy, Debug)]
struct Reached {
    cost: Cost,
    /// The node before, [`NONE`] at an end.
    from: u32,
}

const UNREACHED: Reached = Reached {
    cost: Cost::MAX,
    from: NONE,
};

impl Side {
    fn new(nodes: usize) -> Side {
        Side {
            at: vec![UNREACHED; nodes],
            reached: Vec::new(),
            open: BinaryHeap::new(),
        }
    }

    fn reach(&mut self, node: u32, cost: Cost, from: u32) {
        let known = &mut self.at[node as usize];
        if cost < known.cost {
            if known.cost == Cost::MAX {
                self.reached.push(node);
            }
            *known = Reached { cost, from };
            self.open.push(Reverse((cost, node)));
        }
    }

    /// The node from which a node was reached; none for an end.
    fn before(&self, node: u32) -> Option<u32> {
        let from = self.at[node as usize].from;
        (from != NONE).then_some(from)
    }

    /// Cost of the next node, `MAX` if there is none.
    fn least(&self) -> Cost {
        self.open.peek().map_or(Cost::MAX, |Reverse((cost, _))| *cost)
    }

    fn next(&mut self) -> Option<(Cost, u32)> {
        loop {
            let Reverse((cost, node)) = self.open.pop()?;
            if cost == self.at[node as usize].cost {
                return Some((cost, node));
            }
        }
    }

    fn clear(&mut self) {
        for node in self.reached.drain(..) {
            self.at[node as usize] = UNREACHED;
        }
        self.open.clear();
    }
}
