//! The quickest way from lane to lane, with lane changes and turns costed.
//!
//! Nodes are lanes, arcs lead to successors and to neighbours that markings allow. Costs are whole ticks of 0.1 ms, so that
//! sums do not depend on order. Between two given places a contraction hierarchy answers, built when a traveller first
//! asks; to the nearest of many places a plain search does. Equals are decided by the hierarchy's order, which depends on
//! nothing but the network.
//!
//! ```text
//! contract   a graph into a hierarchy
//! hierarchy  the contraction hierarchy of one traveller
//! labels     where the quickest ways of any two nodes meet
//! search     Dijkstra's algorithm from a lane to the nearest goal
//! ```

mod contract;
mod hierarchy;
mod labels;
mod search;
#[cfg(test)]
mod tests;

use crate::draft::{LaneKind, RoadClass};
use crate::lane_table::LaneTable;
use crate::{Edge, EdgeId, Lane, LaneId, LanePosition, RoadNetwork, Route, Traveller, Turn};
use hierarchy::Hierarchy;
use std::sync::OnceLock;

/// In ticks; more than five days is no way.
type Cost = u32;
const TICKS_PER_S: f64 = 1e4;

/// What a change of lane costs, besides that it needs room.
const CHANGE_S: f64 = 3.0;
/// On short lanes a change is unlikely to succeed: this much more, divided by the lane's metres.
const CHANGE_S_METRES: f64 = 120.0;
/// Shorter lanes cannot be changed from.
const CHANGE_LANE_M_MIN: f64 = 8.0;
/// What turning costs, besides the way: slowing down, waiting for others.
const TURN_LEFT_S: f64 = 6.0;
const TURN_RIGHT_S: f64 = 2.0;
const TURN_AROUND_S: f64 = 20.0;
/// Waiting at a junction with lights.
const LIGHT_S: f64 = 8.0;
/// Riders of bicycles and scooters go no faster on the flat.
const BICYCLE_MPS_MAX: f64 = 6.0;

const CAR: u8 = 1;
const BUS: u8 = 2;
const BICYCLE: u8 = 4;

/// What is prepared once for all queries.
#[derive(Debug, Default)]
pub(crate) struct Router {
    /// Who may use each lane.
    users: Vec<u8>,
    /// What driving along each lane means.
    passages: Vec<Passage>,
    /// One a traveller, built when it first asks.
    hierarchies: [OnceLock<Hierarchy>; 3],
}

/// A lane driven from end to end; all that a route asks of a lane, side by side.
#[derive(Clone, Copy, Debug)]
struct Passage {
    edge: Option<EdgeId>,
    /// Turn and light included.
    time: Cost,
    length_m: f64,
    free_flow_s: f64,
}

impl Router {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.users.as_slice())
            + std::mem::size_of_val(self.passages.as_slice())
            + self
                .hierarchies
                .iter()
                .filter_map(OnceLock::get)
                .map(Hierarchy::bytes)
                .sum::<usize>()
    }

    pub(crate) fn new(lanes: &[Lane], edges: &[Edge], table: &LaneTable) -> Router {
        let mut router = Router::default();
        for (index, lane) in lanes.iter().enumerate() {
            let edge = lane.edge.map(|edge| &edges[edge.0 as usize]);
            router.users.push(edge.map_or(0, |edge| users_of(lane, edge, lanes)));
            let knots = table.knots(index);
            // A bend is taken at 2 m/s² across.
            let curvature = knots.map(|knot| knot.curvature_per_m.abs()).fold(0.0, f64::max);
            let bend_mps = (2.0 / curvature.max(1e-6)).sqrt();
            let speed_mps = if lane.junction.is_some() {
                lane.speed_mps_max.min(bend_mps)
            } else {
                lane.speed_mps_max
            };
            let turn_s = match lane.turn {
                Turn::Straight => 0.0,
                Turn::Left => TURN_LEFT_S,
                Turn::Right => TURN_RIGHT_S,
                Turn::Around => TURN_AROUND_S,
            };
            let light_s = if lane.signal.is_some() { LIGHT_S } else { 0.0 };
            router.passages.push(Passage {
                edge: lane.edge,
                time: ticks(lane.length_m / speed_mps.max(0.5) + turn_s + light_s),
                length_m: lane.length_m,
                free_flow_s: lane.length_m / lane.speed_mps_max.max(0.5),
            });
        }
        router
    }
}

fn users_of(lane: &Lane, edge: &Edge, lanes: &[Lane]) -> u8 {
    let has_bicycle_lane = edge
        .lanes
        .iter()
        .any(|other| lanes[other.0 as usize].kind == LaneKind::Bicycle);
    match lane.kind {
        LaneKind::Driving if has_bicycle_lane || edge.class >= RoadClass::Expressway => CAR | BUS,
        LaneKind::Driving => CAR | BUS | BICYCLE,
        LaneKind::Ramp => CAR | BUS,
        LaneKind::Bus => BUS,
        LaneKind::Bicycle => BICYCLE,
        _ => 0,
    }
}

/// At least one, so that no way is free; what is not a number or too large for one lane saturates.
fn ticks(seconds: f64) -> Cost {
    ((seconds * TICKS_PER_S).round() as Cost).max(1)
}

fn flag(traveller: Traveller) -> u8 {
    match traveller {
        Traveller::Car => CAR,
        Traveller::Bus => BUS,
        Traveller::Bicycle => BICYCLE,
    }
}

impl RoadNetwork {
    /// Whether a traveller may use a lane.
    pub fn may_use(&self, lane: LaneId, traveller: Traveller) -> bool {
        self.router.users[lane.0 as usize] & flag(traveller) != 0
    }

    /// The quickest way for a traveller: lane-level, lane changes and turns costed, deterministic among equals.
    pub fn route(&self, from: LanePosition, to: LanePosition, traveller: Traveller) -> Option<Route> {
        if !self.may_use(from.lane, traveller) || !self.may_use(to.lane, traveller) {
            return None;
        }
        let lanes = self.quickest(from, to, traveller)?;
        self.route_of(&lanes, from, to.s_m)
    }

    /// The quickest way to where a road leaves the map: to the end of a lane outside junctions that leads nowhere.
    pub fn route_out(&self, from: LanePosition, traveller: Traveller) -> Option<Route> {
        if !self.may_use(from.lane, traveller) {
            return None;
        }
        let is_exit = |lane: LaneId| self.lane(lane).successors.is_empty() && self.lane(lane).junction.is_none();
        let asides = self.asides(from.lane, traveller);
        let lanes = match asides.iter().position(|aside| is_exit(aside.lane)) {
            Some(last) => aside_chain(&asides, last),
            None => {
                let entries = self.entries(&asides, traveller);
                let onward = search::nearest(self, traveller, &entries, is_exit)?;
                chain_from(&asides, &entries, &onward)
            }
        };
        let end_m = self.lane(*lanes.last()?).length_m;
        self.route_of(&lanes, from, end_m)
    }

    /// The lanes of the quickest way, changes of lane included.
    fn quickest(&self, from: LanePosition, to: LanePosition, traveller: Traveller) -> Option<Vec<LaneId>> {
        if self.lane(from.lane).edge != self.lane(to.lane).edge {
            let start = Entry {
                lane: from.lane,
                cost: 0,
                aside: 0,
            };
            return self.hierarchy(traveller).lanes(&[start], to.lane);
        }
        let goal_is_ahead = to.s_m >= from.s_m;
        // The first edge's lanes are looked at apart, because the way may come back to them.
        let asides = self.asides(from.lane, traveller);
        let last = asides.iter().position(|aside| aside.lane == to.lane);
        match last.filter(|_| goal_is_ahead) {
            Some(last) => Some(aside_chain(&asides, last)),
            None => {
                let entries = self.entries(&asides, traveller);
                let onward = self.hierarchy(traveller).lanes(&entries, to.lane)?;
                Some(chain_from(&asides, &entries, &onward))
            }
        }
    }

    fn hierarchy(&self, traveller: Traveller) -> &Hierarchy {
        self.router.hierarchies[traveller as usize].get_or_init(|| Hierarchy::new(self, traveller))
    }

    /// The start and the lanes beside it that may be changed to, nearest first.
    fn asides(&self, start: LaneId, traveller: Traveller) -> Vec<Aside> {
        let mut asides = vec![Aside {
            lane: start,
            from: None,
            cost: 0,
        }];
        let mut index = 0;
        while index < asides.len() {
            let Aside { lane, cost, .. } = asides[index];
            self.changes(lane, traveller, |next, change| {
                if asides.iter().all(|known| known.lane != next) {
                    asides.push(Aside {
                        lane: next,
                        from: Some(index),
                        cost: cost.saturating_add(change),
                    });
                }
            });
            index += 1;
        }
        asides
    }

    /// Every lane behind the first edge, with what it costs to come there.
    fn entries(&self, asides: &[Aside], traveller: Traveller) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (index, aside) in asides.iter().enumerate() {
            let cost = aside.cost.saturating_add(self.time(aside.lane, traveller));
            self.onward(aside.lane, traveller, |lane| {
                entries.push(Entry {
                    lane,
                    cost,
                    aside: index,
                });
            });
        }
        entries
    }

    /// Lanes that continue a lane and that the traveller may use.
    fn onward(&self, lane: LaneId, traveller: Traveller, reach: impl FnMut(LaneId)) {
        let successors = self.lane(lane).successors.iter().copied();
        successors.filter(|&next| self.may_use(next, traveller)).for_each(reach);
    }

    /// Lanes beside a lane that may be changed to, with what the change costs.
    fn changes(&self, lane: LaneId, traveller: Traveller, mut reach: impl FnMut(LaneId, Cost)) {
        let record = self.lane(lane);
        if record.length_m < CHANGE_LANE_M_MIN {
            return;
        }
        let change = ticks(CHANGE_S + CHANGE_S_METRES / record.length_m);
        let sides = [
            (record.left, record.change_left_is_allowed),
            (record.right, record.change_right_is_allowed),
        ];
        for (next, is_allowed) in sides {
            if let Some(next) = next.filter(|&next| is_allowed && self.may_use(next, traveller)) {
                reach(next, change);
            }
        }
    }

    /// What it takes to drive a lane from end to end.
    fn time(&self, lane: LaneId, traveller: Traveller) -> Cost {
        let Passage { time, length_m, .. } = self.router.passages[lane.0 as usize];
        match traveller {
            Traveller::Bicycle => time.max(ticks(length_m / BICYCLE_MPS_MAX)),
            Traveller::Car | Traveller::Bus => time,
        }
    }

    /// Every lane that a route touches, changes of lane included: each is a successor of the one before it or its
    /// neighbour. Begins with `from`, ends with the route's last lane. Empty if `from` does not lie on the first edge.
    pub fn lane_sequence(&self, from: LaneId, route: &Route) -> Vec<LaneId> {
        if self.lane(from).edge != route.edges.first().copied() {
            return Vec::new();
        }
        let mut sequence = vec![from];
        let mut lane = from;
        for (index, &target) in route.lanes.iter().enumerate() {
            if index > 0 {
                let entry = self.lane(lane).successors.iter().copied();
                let entries = entry.filter(|next| self.lane(*next).edge == Some(route.edges[index]));
                let Some(next) = entries.min_by_key(|next| (self.lanes_apart(*next, target), next.0)) else {
                    break;
                };
                sequence.push(next);
                lane = next;
            }
            while lane != target {
                let (Some(here), Some(there)) = (self.rank(lane), self.rank(target)) else {
                    return sequence;
                };
                let next = if there > here {
                    self.lane(lane).left
                } else {
                    self.lane(lane).right
                };
                let Some(next) = next else { return sequence };
                sequence.push(next);
                lane = next;
            }
        }
        sequence
    }

    /// A lane's place in its edge, counted from the right.
    fn rank(&self, lane: LaneId) -> Option<usize> {
        self.edge(self.lane(lane).edge?)
            .lanes
            .iter()
            .position(|&other| other == lane)
    }

    fn lanes_apart(&self, a: LaneId, b: LaneId) -> usize {
        match (self.rank(a), self.rank(b)) {
            (Some(a), Some(b)) => a.abs_diff(b),
            _ => usize::MAX,
        }
    }

    fn route_of(&self, lanes: &[LaneId], from: LanePosition, end_m: f64) -> Option<Route> {
        let mut route = Route {
            edges: Vec::with_capacity(lanes.len()),
            lanes: Vec::with_capacity(lanes.len()),
            end_m,
            length_m: 0.0,
            time_s: 0.0,
        };
        let passage = |lane: LaneId| &self.router.passages[lane.0 as usize];
        for (index, &lane) in lanes.iter().enumerate() {
            let edge = passage(lane).edge?;
            // A change of lane stays on the edge; a ring of one edge is entered again.
            let enters_edge =
                route.edges.last() != Some(&edge) || self.lane(lanes[index - 1]).successors.contains(&lane);
            if enters_edge {
                route.edges.push(edge);
                route.lanes.push(lane);
            } else if let Some(last) = route.lanes.last_mut() {
                *last = lane;
            }
        }
        let (&first, &last) = (route.lanes.first()?, route.lanes.last()?);
        for &lane in &route.lanes {
            route.length_m += passage(lane).length_m;
            route.time_s += passage(lane).free_flow_s;
        }
        // What lies before the start and behind the end is not driven.
        let length_m = |lane: LaneId| passage(lane).length_m;
        let share = |lane: LaneId, metres: f64| metres / length_m(lane).max(1e-9) * passage(lane).free_flow_s;
        let (begin_m, beyond_m) = (from.s_m.clamp(0.0, length_m(first)), (length_m(last) - end_m).max(0.0));
        route.length_m -= begin_m + beyond_m;
        route.time_s = (route.time_s - share(first, begin_m) - share(last, beyond_m)).max(0.0);
        route.length_m = route.length_m.max(0.0);
        Some(route)
    }
}

/// A lane of the first edge, reached from the start by changes of lane only.
struct Aside {
    lane: LaneId,
    from: Option<usize>,
    cost: Cost,
}

/// A lane behind the first edge.
struct Entry {
    lane: LaneId,
    /// From the start to its own start.
    cost: Cost,
    /// The lane of the first edge that leads to it.
    aside: usize,
}

/// The way over the first edge to the first of `onward`, then those.
fn chain_from(asides: &[Aside], entries: &[Entry], onward: &[LaneId]) -> Vec<LaneId> {
    let entered = entries.iter().filter(|entry| Some(&entry.lane) == onward.first());
    let mut chain = entered
        .min_by_key(|entry| (entry.cost, entry.aside))
        .map_or_else(Vec::new, |entry| aside_chain(asides, entry.aside));
    chain.extend_from_slice(onward);
    chain
}

fn aside_chain(asides: &[Aside], last: usize) -> Vec<LaneId> {
    let mut chain = vec![asides[last].lane];
    let mut from = asides[last].from;
    while let Some(index) = from {
        chain.push(asides[index].lane);
        from = asides[index].from;
    }
    chain.reverse();
    chain
}
