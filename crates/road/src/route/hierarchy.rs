//! The contraction hierarchy of one traveller: a network's lanes in, the quickest chain of lanes out.
//!
//! Made and asked through the crate `fast_paths`, whose order of contraction depends on nothing but the graph. A question
//! needs scratch space of the size of the graph; it is kept for the next one, so that many threads may ask at once and
//! none allocates more than its first time. It does not know where on a lane anybody stands.

use super::Entry;
use crate::{LaneId, RoadNetwork, Traveller};
use fast_paths::{FastGraph, InputGraph, PathCalculator};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// No node: the traveller may not use the lane.
const NONE: u32 = u32::MAX;

pub(super) struct Hierarchy {
    graph: FastGraph,
    /// Of each lane.
    node_of: Vec<u32>,
    /// Of each node.
    lane_of: Vec<LaneId>,
    scratch: Mutex<Vec<PathCalculator>>,
}

impl Hierarchy {
    pub(super) fn new(network: &RoadNetwork, traveller: Traveller) -> Hierarchy {
        let lane_of: Vec<LaneId> = (0..network.lanes().len())
            .map(|lane| LaneId(lane as u32))
            .filter(|&lane| network.may_use(lane, traveller))
            .collect();
        let mut node_of = vec![NONE; network.lanes().len()];
        for (node, lane) in lane_of.iter().enumerate() {
            node_of[lane.0 as usize] = node as u32;
        }
        let mut arcs = InputGraph::new();
        for (node, &lane) in lane_of.iter().enumerate() {
            let mut add = |to: LaneId, cost_us: u64| {
                // A lane that leads into itself (a ring without a gap) is no way to anywhere else.
                if to != lane {
                    arcs.add_edge(node, node_of[to.0 as usize] as usize, cost_us as usize);
                }
            };
            let through_us = network.time_us(lane, traveller);
            network.onward(lane, traveller, |next| add(next, through_us));
            network.changes(lane, traveller, &mut add);
        }
        arcs.freeze();
        Hierarchy {
            graph: fast_paths::prepare(&arcs),
            node_of,
            lane_of,
            scratch: Mutex::default(),
        }
    }

    /// The quickest chain of lanes that begins with one of `entries` and ends with `goal`.
    pub(super) fn lanes(&self, entries: &[Entry], goal: LaneId) -> Option<Vec<LaneId>> {
        // A node without any arc beyond the last one that has some is not in the graph, so nothing leads to it.
        let node = |lane: LaneId| {
            let node = self.node_of[lane.0 as usize] as usize;
            (node < self.graph.get_num_nodes()).then_some(node)
        };
        let direct = entries
            .iter()
            .filter(|entry| entry.lane == goal)
            .map(|entry| entry.cost_us)
            .min();
        let starts: Vec<(usize, usize)> = entries
            .iter()
            .filter_map(|entry| Some((node(entry.lane)?, entry.cost_us as usize)))
            .collect();
        let Some(goal_node) = node(goal).filter(|_| !starts.is_empty()) else {
            return direct.map(|_| vec![goal]);
        };
        let mut calculator = self
            .scratch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_else(|| fast_paths::create_calculator(&self.graph));
        let found = calculator.calc_path_multiple_sources_and_targets(&self.graph, starts, vec![(goal_node, 0)]);
        self.scratch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(calculator);
        Some(found?.get_nodes().iter().map(|&node| self.lane_of[node]).collect())
    }

    /// What it takes of memory, scratch space apart.
    pub(super) fn bytes(&self) -> usize {
        /// Five words an arc, each arc kept once.
        const ARC_BYTES: usize = 5 * size_of::<usize>();
        (self.graph.get_num_out_edges() + self.graph.get_num_in_edges()) * ARC_BYTES
            + 3 * size_of::<usize>() * self.graph.get_num_nodes()
            + size_of_val(self.node_of.as_slice())
            + size_of_val(self.lane_of.as_slice())
    }
}

impl fmt::Debug for Hierarchy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hierarchy of {} lanes", self.lane_of.len())
    }
}
