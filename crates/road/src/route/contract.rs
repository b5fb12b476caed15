//! Contraction of a graph into a hierarchy: nodes and arcs in, every node's arcs to higher nodes out.
//!
//! Nodes are taken out one by one, the least important first: a node that its neighbours can do without, and whose
//! removal asks for few shortcuts. A shortcut stands for two arcs over a node taken out, where a short search finds no
//! way round that is as quick. Everything is decided by numbers of the graph, so one graph gives one hierarchy. It knows
//! no lanes. Source: R. Geisberger, P. Sanders, D. Schultes, D. Delling, "Contraction Hierarchies: Faster and Simpler
//! Hierarchical Routing in Road Networks", WEA 2008.

use super::Cost;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No node: an arc that stands for itself.
pub(super) const NONE: u32 = u32::MAX;
/// Nodes that a search for a way round looks at, to judge a node and to take it out. Fewer means more shortcuts that
/// nobody needs, never a wrong one.
const SETTLED_MAX_JUDGED: usize = 40;
const SETTLED_MAX: usize = 200;

/// An arc to or from `node`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub(super) node: u32,
    pub(super) cost: Cost,
    /// The node that a shortcut leads over, else [`NONE`].
    pub(super) middle: u32,
}

/// A graph on the way to a hierarchy.
#[derive(Default)]
pub(super) struct Graph {
    out: Vec<Vec<Arc>>,
    into: Vec<Vec<Arc>>,
    search: WaysRound,
}

/// Nodes in the order in which they were taken out, each with its arcs to those taken out later.
pub(super) struct Contracted {
    pub(super) order: Vec<u32>,
    /// Of each node the arcs that leave it upwards.
    pub(super) out: Vec<Vec<Arc>>,
    /// Of each node the arcs that come down into it.
    pub(super) into: Vec<Vec<Arc>>,
}

impl Graph {
    pub(super) fn new(nodes: usize) -> Graph {
        Graph {
            out: vec![Vec::new(); nodes],
            into: vec![Vec::new(); nodes],
            search: WaysRound {
                cost: vec![Cost::MAX; nodes],
                ..WaysRound::default()
            },
        }
    }

    /// Adds an arc, or makes the one that is there as quick.
    pub(super) fn add(&mut self, from: u32, to: u32, cost: Cost, middle: u32) {
        if from == to {
            return;
        }
        let take = |arcs: &mut Vec<Arc>, node: u32| match arcs.iter_mut().find(|arc| arc.node == node) {
            Some(known) if known.cost <= cost => {}
            Some(known) => (known.cost, known.middle) = (cost, middle),
            None => arcs.push(Arc { node, cost, middle }),
        };
        take(&mut self.out[from as usize], to);
        take(&mut self.into[to as usize], from);
    }

    pub(super) fn contracted(mut self) -> Contracted {
        let count = self.out.len();
        let mut depth = vec![0_i64; count];
        let mut queue: BinaryHeap<Reverse<(i64, u32)>> = (0..count as u32)
            .map(|node| Reverse((self.importance(node, 0), node)))
            .collect();
        let mut order = Vec::with_capacity(count);
        while let Some(Reverse((_, node))) = queue.pop() {
            // What was taken out since has changed the node's importance: it goes back if another is less important now.
            let importance = self.importance(node, depth[node as usize]);
            if queue.peek().is_some_and(|Reverse(next)| (importance, node) > *next) {
                queue.push(Reverse((importance, node)));
                continue;
            }
            for (from, to, cost) in self.shortcuts(node, SETTLED_MAX) {
                self.add(from, to, cost, node);
            }
            self.take_out(node, &mut depth);
            order.push(node);
        }
        Contracted {
            order,
            out: self.out,
            into: self.into,
        }
    }

    /// How much the graph would miss a node: shortcuts added less arcs removed, and how deep a hierarchy lies below it.
    fn importance(&mut self, node: u32, depth: i64) -> i64 {
        let arcs = self.out[node as usize].len() + self.into[node as usize].len();
        let shortcuts = self.shortcuts(node, SETTLED_MAX_JUDGED).len();
        4 * shortcuts as i64 - 2 * arcs as i64 + depth
    }

    /// The shortcuts that taking out a node asks for.
    fn shortcuts(&mut self, node: u32, settled_max: usize) -> Vec<(u32, u32, Cost)> {
        let mut found = Vec::new();
        let (into, out) = (&self.into[node as usize], &self.out[node as usize]);
        for before in into {
            let over = |behind: &Arc| before.cost.saturating_add(behind.cost);
            let Some(farthest) = out.iter().filter(|behind| behind.node != before.node).map(over).max() else {
                continue;
            };
            self.search.run(&self.out, before.node, node, farthest, settled_max);
            for behind in out.iter().filter(|behind| behind.node != before.node) {
                // A sum beyond all numbers is no way.
                if over(behind) < Cost::MAX && self.search.cost[behind.node as usize] > over(behind) {
                    found.push((before.node, behind.node, over(behind)));
                }
            }
        }
        found
    }

    /// Leaves the node only with its own arcs, which from now on lead upwards.
    fn take_out(&mut self, node: u32, depth: &mut [i64]) {
        let below = depth[node as usize] + 1;
        for index in 0..self.out[node as usize].len() {
            let next = self.out[node as usize][index].node as usize;
            self.into[next].retain(|arc| arc.node != node);
            depth[next] = depth[next].max(below);
        }
        for index in 0..self.into[node as usize].len() {
            let before = self.into[node as usize][index].node as usize;
            self.out[before].retain(|arc| arc.node != node);
            depth[before] = depth[before].max(below);
        }
    }
}

/// A short search for ways round a node, and its scratch space.
#[derive(Default)]
struct WaysRound {
    /// Best known cost; `MAX` for nodes not reached.
    cost: Vec<Cost>,
    reached: Vec<u32>,
    open: BinaryHeap<Reverse<(Cost, u32)>>,
}

impl WaysRound {
    fn run(&mut self, out: &[Vec<Arc>], from: u32, without: u32, farthest: Cost, settled_max: usize) {
        for node in self.reached.drain(..) {
            self.cost[node as usize] = Cost::MAX;
        }
        self.open.clear();
        self.cost[from as usize] = 0;
        self.reached.push(from);
        self.open.push(Reverse((0, from)));
        let mut settled = 0;
        while let Some(Reverse((cost, node))) = self.open.pop() {
            if cost > farthest || settled == settled_max {
                break;
            }
            if cost > self.cost[node as usize] {
                continue;
            }
            settled += 1;
            for arc in &out[node as usize] {
                let next = cost.saturating_add(arc.cost);
                let known = &mut self.cost[arc.node as usize];
                if arc.node != without && next < *known {
                    if *known == Cost::MAX {
                        self.reached.push(arc.node);
                    }
                    *known = next;
                    self.open.push(Reverse((next, arc.node)));
                }
            }
        }
    }
}
