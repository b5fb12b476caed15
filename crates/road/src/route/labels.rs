//! Hub labels: of each node the nodes above it that its quickest ways lead over, so that a question is two lists read once.
//!
//! In go the arcs of a hierarchy, out comes for each node a list of hubs, by falling importance, with the exact cost of
//! the quickest way there (and, in the other list, from there) and the arc that it begins with. Two nodes' quickest way
//! leads over a hub of both. A node's list is merged from those of the nodes that its arcs lead up to, less what another
//! way betters. Source: I. Abraham, D. Delling, A. V. Goldberg, R. F. Werneck, "Hierarchical Hub Labelings for Shortest
//! Paths", ESA 2012.

use super::Cost;
use super::hierarchy::Upwards;

/// The lists of both directions.
#[derive(Debug)]
pub(super) struct Labels {
    /// Ways that lead up from a node.
    pub(super) out: Lists,
    /// Ways that lead down into it.
    pub(super) into: Lists,
}

/// One list a node.
#[derive(Debug)]
pub(super) struct Lists {
    first: Vec<u32>,
    hubs: Vec<Hub>,
    /// Of each hub the arc, by index, that the way begins with; no matter for the node itself.
    arcs: Vec<u32>,
}

/// What a question reads.
#[derive(Clone, Copy, Debug)]
struct Hub {
    node: u32,
    cost: Cost,
}

impl Labels {
    pub(super) fn new(out: &Upwards, into: &Upwards) -> Labels {
        let mut labels = Labels {
            out: Lists::new(),
            into: Lists::new(),
        };
        let mut scratch = Scratch::new(out.nodes());
        for node in 0..out.nodes() as u32 {
            // Nodes above are done, and a way to a hub is judged by the hub's own other list.
            scratch.merge(node, out, &labels.out);
            scratch.prune(node, &labels.into);
            let ups = std::mem::take(&mut scratch.kept);
            scratch.merge(node, into, &labels.into);
            scratch.prune(node, &labels.out);
            labels.out.push(&ups);
            labels.into.push(&scratch.kept);
        }
        labels
    }

    /// What the quickest way costs, and the most important hub on it.
    pub(super) fn meet(&self, start: u32, goal: u32) -> Option<(Cost, u32)> {
        let (ups, downs) = (self.out.of(start), self.into.of(goal));
        let (mut best, mut hub) = (Cost::MAX, None);
        let (mut i, mut j) = (0, 0);
        while let (Some(up), Some(down)) = (ups.get(i), downs.get(j)) {
            if up.node == down.node {
                let cost = up.cost.saturating_add(down.cost);
                if cost < best {
                    (best, hub) = (cost, Some(up.node));
                }
            }
            // Without a branch: which list goes on is no better than a guess.
            i += usize::from(up.node <= down.node);
            j += usize::from(down.node <= up.node);
        }
        hub.map(|hub| (best, hub))
    }

    pub(super) fn bytes(&self) -> usize {
        [&self.out, &self.into].iter().map(|lists| lists.bytes()).sum()
    }
}

impl Lists {
    fn new() -> Lists {
        Lists {
            first: vec![0],
            hubs: Vec::new(),
            arcs: Vec::new(),
        }
    }

    fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.first[node as usize] as usize..self.first[node as usize + 1] as usize
    }

    fn of(&self, node: u32) -> &[Hub] {
        &self.hubs[self.range(node)]
    }

    fn push(&mut self, list: &[(Hub, u32)]) {
        self.hubs.extend(list.iter().map(|entry| entry.0));
        self.arcs.extend(list.iter().map(|entry| entry.1));
        self.first.push(self.hubs.len() as u32);
    }

    /// The arcs from a node up to one of its hubs.
    pub(super) fn arcs_to(&self, upwards: &Upwards, mut node: u32, hub: u32, arcs: &mut Vec<u32>) {
        while node != hub {
            let range = self.range(node);
            let at = self.hubs[range.clone()].partition_point(|known| known.node < hub);
            let arc = self.arcs[range.start + at];
            arcs.push(arc);
            node = upwards.arc(arc).node;
        }
    }

    fn bytes(&self) -> usize {
        size_of_val(self.first.as_slice()) + size_of_val(self.hubs.as_slice()) + size_of_val(self.arcs.as_slice())
    }
}

/// One node's list in the making.
struct Scratch {
    /// Of each node what the way there costs as far as it is known; `MAX` elsewhere.
    cost: Vec<Cost>,
    /// Of each node the first arc of that way.
    arc: Vec<u32>,
    reached: Vec<u32>,
    kept: Vec<(Hub, u32)>,
}

impl Scratch {
    fn new(nodes: usize) -> Scratch {
        Scratch {
            cost: vec![Cost::MAX; nodes],
            arc: vec![0; nodes],
            reached: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// All hubs of the nodes that a node's arcs lead up to.
    fn merge(&mut self, node: u32, upwards: &Upwards, lists: &Lists) {
        for arc in upwards.range(node) {
            let step = upwards.arc(arc as u32);
            for hub in lists.of(step.node) {
                let cost = step.cost.saturating_add(hub.cost);
                let known = &mut self.cost[hub.node as usize];
                if cost < *known {
                    if *known == Cost::MAX {
                        self.reached.push(hub.node);
                    }
                    *known = cost;
                    self.arc[hub.node as usize] = arc as u32;
                }
            }
        }
    }

    /// Keeps the hubs that no way over another hub reaches more cheaply, sorted, and the node itself.
    fn prune(&mut self, node: u32, others: &Lists) {
        self.kept.clear();
        self.reached.sort_unstable();
        for &hub in &self.reached {
            let cost = self.cost[hub as usize];
            let is_bettered = |over: &Hub| self.cost[over.node as usize].saturating_add(over.cost) < cost;
            if !others.of(hub).iter().any(is_bettered) {
                self.kept.push((Hub { node: hub, cost }, self.arc[hub as usize]));
            }
        }
        self.kept.push((Hub { node, cost: 0 }, 0));
        for hub in self.reached.drain(..) {
            self.cost[hub as usize] = Cost::MAX;
        }
    }
}
