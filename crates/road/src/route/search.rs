//! Dijkstra's algorithm on lanes: from where one enters, to the nearest lane that will do.
//!
//! It answers what a hierarchy cannot cheaply (the nearest of any number of goals), and is what the hierarchy's answers are
//! tested against. Equals are decided by the lower lane id.

use super::{Cost, Entry};
use crate::{LaneId, RoadNetwork, Traveller};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// In `came_from`: nothing, the lane is one of the entries.
const ENTRY: u32 = u32::MAX;

/// The quickest chain of lanes from one of `entries` to the start of a lane that `is_goal`.
pub(super) fn nearest(
    network: &RoadNetwork,
    traveller: Traveller,
    entries: &[Entry],
    is_goal: impl Fn(LaneId) -> bool,
) -> Option<Vec<LaneId>> {
    let mut costs = vec![Cost::MAX; network.lanes().len()];
    let mut came_from = vec![ENTRY; network.lanes().len()];
    let mut open = BinaryHeap::new();
    for entry in entries {
        let known = &mut costs[entry.lane.0 as usize];
        if entry.cost < *known {
            *known = entry.cost;
            open.push(Reverse((entry.cost, entry.lane)));
        }
    }
    while let Some(Reverse((cost, lane))) = open.pop() {
        if cost > costs[lane.0 as usize] {
            continue;
        }
        if is_goal(lane) {
            return Some(trace(&came_from, lane));
        }
        let mut reach = |next: LaneId, more: Cost| {
            let known = &mut costs[next.0 as usize];
            if cost.saturating_add(more) < *known {
                *known = cost.saturating_add(more);
                came_from[next.0 as usize] = lane.0;
                open.push(Reverse((*known, next)));
            }
        };
        let through = network.time(lane, traveller);
        network.onward(lane, traveller, |next| reach(next, through));
        network.changes(lane, traveller, &mut reach);
    }
    None
}

fn trace(came_from: &[u32], goal: LaneId) -> Vec<LaneId> {
    let mut chain = vec![goal];
    let mut lane = goal;
    while came_from[lane.0 as usize] != ENTRY {
        lane = LaneId(came_from[lane.0 as usize]);
        chain.push(lane);
    }
    chain.reverse();
    chain
}
