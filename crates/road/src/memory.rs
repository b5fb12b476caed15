//! What a compiled network takes of memory: every table of the size of the map, counted by its length.
//!
//! Of the analytic records of the roads, which only questions about roads read, the heads are counted and not the
//! elements; nor is what the allocator keeps for itself.

use crate::{Lane, RoadNetwork};
use std::mem::size_of;

fn of<T>(list: &[T]) -> usize {
    std::mem::size_of_val(list)
}

pub(crate) fn bytes(network: &RoadNetwork) -> usize {
    let lanes: usize = network.lanes.iter().map(of_lane).sum();
    let edges: usize = network
        .edges
        .iter()
        .map(|edge| of(&edge.lanes) + of(&edge.successors) + of(&edge.predecessors))
        .sum();
    let names: usize = network.roads.iter().map(|road| road.id.len() + road.name.len()).sum();
    let junctions: usize = network
        .junctions
        .iter()
        .map(|junction| junction.id.len() + junction.name.len() + of(&junction.lanes))
        .sum();
    let outlines: usize = network.areas.iter().map(|area| of(&area.outline_m)).sum();
    let spans: usize = network.spans.iter().map(|spans| of(spans)).sum();
    size_of::<RoadNetwork>()
        + of(&network.lanes)
        + lanes
        + of(&network.edges)
        + edges
        + of(&network.roads)
        + names
        + of(&network.junctions)
        + junctions
        + of(&network.signals)
        + of(&network.crossings)
        + of(&network.areas)
        + outlines
        + of(&network.spans)
        + spans
        + of(&network.geometries)
        + network.table.bytes()
        + network.index.bytes()
        + network.router.bytes()
}

fn of_lane(lane: &Lane) -> usize {
    of(&lane.successors) + of(&lane.predecessors) + of(&lane.conflicts) + of(&lane.crossings) + of(&lane.structures)
}
