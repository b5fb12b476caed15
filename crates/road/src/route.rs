//! The quickest way from lane to lane, with lane changes and turns costed.
//!
//! Nodes are lanes, arcs lead to successors and to neighbours that markings allow. Costs are whole microseconds, so that
//! sums do not depend on order and equals are decided by the lower lane id. The search is A* with the beeline at the
//! map's highest limit; its scratch space is one allocation a query.

use crate::draft::{LaneKind, RoadClass};
use crate::lane_table::LaneTable;
use crate::{Edge, Lane, LaneId, LanePosition, RoadNetwork, Route, Traveller, Turn};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a change of lane costs, besides that it needs room.
const CHANGE_US: u64 = 3_000_000;
/// On short lanes a change is unlikely to succeed: this much more, divided by the lane's metres.
const CHANGE_US_METRES: f64 = 120e6;
/// Shorter lanes cannot be changed from.
const CHANGE_LANE_M_MIN: f64 = 8.0;
/// What turning costs, besides the way: slowing down, waiting for others.
const TURN_LEFT_US: u64 = 6_000_000;
const TURN_RIGHT_US: u64 = 2_000_000;
const TURN_AROUND_US: u64 = 20_000_000;
/// Waiting at a junction with lights.
const LIGHT_US: u64 = 8_000_000;
/// Riders of bicycles and scooters go no faster on the flat.
const BICYCLE_MPS_MAX: f64 = 6.0;

const CAR: u8 = 1;
const BUS: u8 = 2;
const BICYCLE: u8 = 4;

/// What is prepared once for all queries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Router {
    /// Who may use each lane.
    users: Vec<u8>,
    /// Time to drive each lane from end to end, turn and light included.
    time_us: Vec<u64>,
    /// End of each lane.
    ends_m: Vec<[f64; 2]>,
    speed_mps_max: f64,
}

impl Router {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.users.as_slice())
            + std::mem::size_of_val(self.time_us.as_slice())
            + std::mem::size_of_val(self.ends_m.as_slice())
    }

    pub(crate) fn new(lanes: &[Lane], edges: &[Edge], table: &LaneTable) -> Router {
        let mut router = Router {
            speed_mps_max: 1.0,
            ..Router::default()
        };
        for (index, lane) in lanes.iter().enumerate() {
            let edge = lane.edge.map(|edge| &edges[edge.0 as usize]);
            router.users.push(edge.map_or(0, |edge| users_of(lane, edge, lanes)));
            let knots = table.knots(index);
            let end = &knots[knots.len() - 1];
            router.ends_m.push([end.x_m, end.y_m]);
            router.speed_mps_max = router.speed_mps_max.max(lane.speed_mps_max);
            // A bend is taken at 2 m/s² across.
            let curvature = knots.iter().map(|knot| knot.curvature_per_m.abs()).fold(0.0, f64::max);
            let bend_mps = (2.0 / curvature.max(1e-6)).sqrt();
            let speed_mps = if lane.junction.is_some() {
                lane.speed_mps_max.min(bend_mps)
            } else {
                lane.speed_mps_max
            };
            let turn_us = match lane.turn {
                Turn::Straight => 0,
                Turn::Left => TURN_LEFT_US,
                Turn::Right => TURN_RIGHT_US,
                Turn::Around => TURN_AROUND_US,
            };
            let light_us = if lane.signal.is_some() { LIGHT_US } else { 0 };
            router
                .time_us
                .push(micros(lane.length_m / speed_mps.max(0.5)) + turn_us + light_us);
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

fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
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
        let goal_is_ahead = self.lane(from.lane).edge == self.lane(to.lane).edge && to.s_m >= from.s_m;
        let search = Search {
            network: self,
            traveller,
            goal: to.lane,
        };
        let lanes = search.lanes(from.lane, goal_is_ahead)?;
        self.route_of(&lanes, from, to)
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

    fn route_of(&self, lanes: &[LaneId], from: LanePosition, to: LanePosition) -> Option<Route> {
        let mut route = Route {
            edges: Vec::new(),
            lanes: Vec::new(),
            end_m: to.s_m,
            length_m: -from.s_m,
            time_s: 0.0,
        };
        for (index, &lane) in lanes.iter().enumerate() {
            let edge = self.lane(lane).edge?;
            let enters_edge = index == 0 || self.lane(lanes[index - 1]).successors.contains(&lane);
            if enters_edge {
                route.edges.push(edge);
                route.lanes.push(lane);
            } else if let Some(last) = route.lanes.last_mut() {
                *last = lane;
            }
        }
        let count = route.lanes.len();
        for (index, &lane) in route.lanes.iter().enumerate() {
            let lane = self.lane(lane);
            let begin_m = if index == 0 { from.s_m.min(lane.length_m) } else { 0.0 };
            let end_m = if index + 1 == count {
                to.s_m.min(lane.length_m)
            } else {
                lane.length_m
            };
            route.length_m += if index + 1 == count {
                to.s_m.min(lane.length_m)
            } else {
                lane.length_m
            };
            route.time_s += (end_m - begin_m).max(0.0) / lane.speed_mps_max.max(0.5);
        }
        route.length_m = route.length_m.max(0.0);
        Some(route)
    }
}

struct Search<'a> {
    network: &'a RoadNetwork,
    traveller: Traveller,
    goal: LaneId,
}

const UNREACHED: u64 = u64::MAX;
/// Marks in `came_from` that the lane before is one of the first edge's, reached without leaving it.
const FIRST_EDGE: u32 = 1 << 31;

/// A lane of the first edge, reached from the start by changes of lane only.
struct Aside {
    lane: LaneId,
    from: Option<usize>,
    cost_us: u64,
}

impl Search<'_> {
    /// The lanes from `start` to the goal. If the goal lies on the same edge but behind, the way leads round to it.
    fn lanes(&self, start: LaneId, goal_is_ahead: bool) -> Option<Vec<LaneId>> {
        // The first edge's lanes are searched apart, because the way may come back to them.
        let asides = self.asides(start);
        if goal_is_ahead && let Some(last) = asides.iter().position(|aside| aside.lane == self.goal) {
            return Some(aside_chain(&asides, last));
        }
        let count = self.network.lanes().len();
        let mut cost_us = vec![UNREACHED; count];
        let mut came_from = vec![u32::MAX; count];
        let mut open = BinaryHeap::new();
        for (index, aside) in asides.iter().enumerate() {
            let through = aside.cost_us + self.time_us(aside.lane);
            for &next in &self.network.lane(aside.lane).successors {
                if self.network.may_use(next, self.traveller) && through < cost_us[next.0 as usize] {
                    cost_us[next.0 as usize] = through;
                    came_from[next.0 as usize] = FIRST_EDGE | index as u32;
                    open.push(Reverse((through + self.bound_us(next), next.0, through)));
                }
            }
        }
        while let Some(Reverse((_, lane, cost))) = open.pop() {
            let lane = LaneId(lane);
            if cost > cost_us[lane.0 as usize] {
                continue;
            }
            if lane == self.goal {
                return Some(trace(&came_from, &asides, self.goal));
            }
            self.expand(lane, cost, |next, cost| {
                if cost < cost_us[next.0 as usize] {
                    cost_us[next.0 as usize] = cost;
                    came_from[next.0 as usize] = lane.0;
                    open.push(Reverse((cost + self.bound_us(next), next.0, cost)));
                }
            });
        }
        None
    }

    /// The start and the lanes beside it that may be changed to, nearest first.
    fn asides(&self, start: LaneId) -> Vec<Aside> {
        let mut asides = vec![Aside {
            lane: start,
            from: None,
            cost_us: 0,
        }];
        let mut index = 0;
        while index < asides.len() {
            let (lane, cost_us) = (asides[index].lane, asides[index].cost_us);
            self.change(lane, cost_us, |next, cost_us| {
                if asides.iter().all(|known| known.lane != next) {
                    asides.push(Aside {
                        lane: next,
                        from: Some(index),
                        cost_us,
                    });
                }
            });
            index += 1;
        }
        asides
    }

    fn expand(&self, lane: LaneId, cost: u64, mut reach: impl FnMut(LaneId, u64)) {
        let network = self.network;
        let record = network.lane(lane);
        let through = cost + self.time_us(lane);
        for &next in &record.successors {
            if network.may_use(next, self.traveller) {
                reach(next, through);
            }
        }
        self.change(lane, cost, reach);
    }

    fn change(&self, lane: LaneId, cost: u64, mut reach: impl FnMut(LaneId, u64)) {
        let network = self.network;
        let record = network.lane(lane);
        if record.length_m >= CHANGE_LANE_M_MIN {
            let change = cost + CHANGE_US + (CHANGE_US_METRES / record.length_m) as u64;
            let sides = [
                (record.left, record.change_left_is_allowed),
                (record.right, record.change_right_is_allowed),
            ];
            for (next, is_allowed) in sides {
                if let Some(next) = next
                    && is_allowed
                    && network.may_use(next, self.traveller)
                {
                    reach(next, change);
                }
            }
        }
    }

    fn time_us(&self, lane: LaneId) -> u64 {
        let time_us = self.network.router.time_us[lane.0 as usize];
        match self.traveller {
            Traveller::Bicycle => time_us.max(micros(self.network.lane(lane).length_m / BICYCLE_MPS_MAX)),
            Traveller::Car | Traveller::Bus => time_us,
        }
    }

    /// No way from the start of `lane` to the goal's start is quicker: the beeline between their ends, less the lengths
    /// that are not driven in full.
    fn bound_us(&self, lane: LaneId) -> u64 {
        let router = &self.network.router;
        let ([ax, ay], [bx, by]) = (router.ends_m[lane.0 as usize], router.ends_m[self.goal.0 as usize]);
        let beeline_m = ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt();
        let goal_m = self.network.lane(self.goal).length_m;
        // 1 % and a second of slack for gaps between lanes and for neighbours whose ends lie apart.
        let metres = 0.99 * beeline_m - goal_m - GAP_SLACK_M;
        micros(metres.max(0.0) / router.speed_mps_max)
    }
}

/// Lanes' ends may lie apart by a carriageway and by the gaps that joins allow.
const GAP_SLACK_M: f64 = 60.0;

fn trace(came_from: &[u32], asides: &[Aside], goal: LaneId) -> Vec<LaneId> {
    let mut lanes = vec![goal];
    let mut lane = goal;
    loop {
        let before = came_from[lane.0 as usize];
        if before & FIRST_EDGE != 0 {
            let mut whole = aside_chain(asides, (before & !FIRST_EDGE) as usize);
            whole.extend(lanes.iter().rev());
            return whole;
        }
        lane = LaneId(before);
        lanes.push(lane);
    }
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
