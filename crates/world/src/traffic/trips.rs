//! Trips: who appears where and when, and the ways they take.
//!
//! In goes the demand, out come newcomers as soon as the place where they appear has room for them. Each flow has its
//! own stream of luck and each vehicle its own, so that adding a flow changes nobody else's. Arrivals are Poisson, drawn
//! by thinning (Lewis and Shedler 1979) because rates change with the hour. A way is looked for once for each pair of
//! places. Who finds no room waits outside and is counted.

use super::following::{BRAKING_MPS2_MAX, safe_speed_mps};
use super::kind::{self, fit_for, is_two_wheeled, traveller};
use super::lane_change::riding_offset_m;
use super::roadway::{NONE, Roadway};
use super::route_table::{Entry, RouteTable};
use super::vehicles::{Lanes, Newcomer, Sideways, Vehicles};
use crate::demand::{Demand, Flow, Place};
use crate::frame::ActorKind;
use crate::weather::Driving;
use record::{Seed, Stream};
use road::{LaneId, LanePosition, Traveller};
use std::collections::{BTreeMap, VecDeque};

/// Where vehicles come from and go to.
#[derive(Debug)]
pub(crate) struct Trips {
    flows: Vec<Source>,
    /// Route for a pair of places and a way of travelling and what its bends allow, `None` if there is no way.
    routes: BTreeMap<RouteKey, Option<(u32, f64)>>,
    /// For a lane and a route that it does not serve: another route, and its entry of that lane.
    detours: BTreeMap<(u32, u32), Option<(u32, u32)>>,
    /// Those who wait outside, by the place where they want to appear.
    queues: BTreeMap<PlaceKey, VecDeque<Waiting>>,
    pub outside: usize,
    /// How those who appear drive in today's weather.
    pub driving: Driving,
    seed: Seed,
    clock_s: f64,
    scale: f64,
}

type PlaceKey = (u32, i64);
type RouteKey = (PlaceKey, PlaceKey, u8);

#[derive(Debug)]
struct Source {
    flow: Flow,
    stream: Stream,
    next_s: f64,
    rate_per_s_max: f64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    kind: ActorKind,
    route: u32,
    place: Place,
}

/// A queue outside is never longer: a source that gets so far behind has more demand than its road can take.
const QUEUE_MAX: usize = 500;

impl Trips {
    pub fn new(demand: &Demand, clock_s: f64, scale: f64, seed: Seed) -> Trips {
        let source = |flow: &Flow| {
            let peak_per_h = flow.vehicles_per_h.iter().copied().fold(0.0, f64::max);
            let mut source = Source {
                stream: seed.stream(&format!("traffic.flow.{}", flow.name), 0),
                next_s: 0.0,
                rate_per_s_max: peak_per_h * scale / 3600.0,
                flow: flow.clone(),
            };
            if source.rate_per_s_max > 0.0 {
                source.next_s = source.stream.exponential_s(source.rate_per_s_max);
            }
            source
        };
        Trips {
            driving: Driving::UNDISTURBED,
            flows: demand.flows.iter().map(source).collect(),
            routes: BTreeMap::new(),
            detours: BTreeMap::new(),
            queues: BTreeMap::new(),
            outside: 0,
            seed,
            clock_s,
            scale,
        }
    }

    /// Draws who wants to appear until `now_s`.
    pub fn draw(&mut self, roadway: &Roadway, table: &mut RouteTable, now_s: f64) {
        for index in 0..self.flows.len() {
            while self.flows[index].rate_per_s_max > 0.0 && self.flows[index].next_s <= now_s {
                let source = &mut self.flows[index];
                let clock_s = self.clock_s + source.next_s;
                let rate_per_s = source.flow.vehicles_per_h_at(clock_s) * self.scale / 3600.0;
                let share = rate_per_s / source.rate_per_s_max;
                let rate_per_s_max = source.rate_per_s_max;
                let is_one = source.stream.chance(share);
                let (from, to, kind) = source.flow.draw(&mut source.stream);
                source.next_s += source.stream.exponential_s(rate_per_s_max);
                if let (true, Some(from), Some(to)) = (is_one, from, to) {
                    self.queue_up(roadway, table, from, to, kind);
                }
            }
        }
    }

    fn queue_up(&mut self, roadway: &Roadway, table: &mut RouteTable, from: Place, to: Place, kind: ActorKind) {
        let Some((kind, route)) = self.route(roadway, table, (from, to), kind) else {
            return;
        };
        let queue = self.queues.entry(key(&from)).or_default();
        if queue.len() < QUEUE_MAX {
            queue.push_back(Waiting {
                kind,
                route,
                place: from,
            });
            self.outside += 1;
        }
    }

    /// The route between two places, and the kind that takes it.
    fn route(
        &mut self,
        roadway: &Roadway,
        table: &mut RouteTable,
        (from, to): (Place, Place),
        kind: ActorKind,
    ) -> Option<(ActorKind, u32)> {
        let mut find = |traveller: Traveller| {
            let route_key = (key(&from), key(&to), traveller as u8);
            *self.routes.entry(route_key).or_insert_with(|| {
                let route = find_route(roadway, table, from, to, traveller)?;
                Some((route, table.bend_mps(roadway, route)))
            })
        };
        let (route, bend_mps) = find(traveller(kind))?;
        let fit = fit_for(kind, bend_mps);
        if traveller(fit) == traveller(kind) {
            Some((fit, route))
        } else {
            find(traveller(fit)).map(|(route, _)| (fit, route))
        }
    }

    /// Lets in who finds room.
    pub fn let_in(
        &mut self,
        roadway: &Roadway,
        table: &RouteTable,
        (vehicles, lanes): (&mut Vehicles, &mut Lanes),
        tick: u32,
        next_id: &mut u32,
    ) {
        for queue in self.queues.values_mut() {
            let Some(&waiting) = queue.front() else { continue };
            // The body and the habits come from the id that it will get, which nobody else has.
            let mut stream = self.seed.stream("traffic.vehicle", u64::from(*next_id));
            let (size, habit) = kind::draw(waiting.kind, &mut stream);
            let habit = habit.in_weather(self.driving, size.length_m);
            let mut new = Newcomer {
                id: *next_id,
                kind: waiting.kind,
                size,
                habit,
                lane: NONE,
                s_m: 0.0,
                speed_mps: 0.0,
                entry: NONE,
                route: waiting.route,
                sideways: Sideways::at(0.0),
                tick,
            };
            let has_room = if waiting.place.is_at_kerb {
                appear_at_kerb(roadway, table, vehicles, lanes, &waiting, &mut new)
            } else {
                appear_at_fringe(roadway, table, vehicles, lanes, &mut new)
            };
            if !has_room {
                continue;
            }
            let slot = vehicles.add(&new);
            lanes.insert(new.lane, slot, &vehicles.s_m);
            if waiting.place.is_at_kerb {
                vehicles.leaving_lane[slot as usize] = roadway.beside_at_kerb(new.lane).unwrap_or(NONE);
            }
            *next_id += 1;
            queue.pop_front();
            self.outside -= 1;
        }
    }

    /// Another way for somebody at the end of a lane that does not lead where the route goes: to the same end if there
    /// is one, else the shortest way out of the map. It stays as it is if there is neither.
    pub fn find_again(&mut self, roadway: &Roadway, table: &mut RouteTable, vehicles: &mut Vehicles, slot: u32) {
        let i = slot as usize;
        let traveller = traveller(vehicles.kind[i]);
        let lane = vehicles.lane[i];
        let route_key = (lane, vehicles.route[i]);
        let found = if let Some(&known) = self.detours.get(&route_key) {
            known
        } else {
            let found = find_detour(roadway, table, lane, vehicles.route[i], traveller);
            self.detours.insert(route_key, found);
            found
        };
        if let Some((route, entry)) = found {
            vehicles.route[i] = route;
            vehicles.entry[i] = entry;
            vehicles.waiting_ticks[i] = 0;
        }
    }
}

/// A route that begins in a lane and goes on from it without a change, and its first entry.
fn find_detour(
    roadway: &Roadway,
    table: &mut RouteTable,
    lane: u32,
    old_route: u32,
    traveller: Traveller,
) -> Option<(u32, u32)> {
    let network = &roadway.network;
    let edge = network.lane(LaneId(lane)).edge?;
    let ending = table.endings[old_route as usize];
    let onward = onward_lanes(roadway, LaneId(lane), traveller);
    let target = target_position(roadway, ending, traveller);
    let start = |lane: LaneId| LanePosition {
        lane,
        s_m: 0.0,
        offset_m: 0.0,
    };
    let same_end = onward.iter().filter_map(|&next| {
        let found = network.route(start(next), target?, traveller)?;
        Some((found.time_s, found.edges, ending))
    });
    let best = same_end.min_by(|a, b| a.0.total_cmp(&b.0));
    let (_, edges, ending) = best.or_else(|| {
        let ways = onward.iter().filter_map(|&next| {
            let found = network.route_out(start(next), traveller)?;
            let out = Place {
                edge: *found.edges.last()?,
                at_m: 0.0,
                is_at_kerb: false,
            };
            Some((found.time_s, found.edges, out))
        });
        ways.min_by(|a, b| a.0.total_cmp(&b.0))
    })?;
    let mut way = vec![edge];
    way.extend(edges);
    let route = table.add(roadway, &way, traveller, ending)?;
    let entry = table
        .first_entries(route)
        .find(|&entry| table.entries[entry as usize].lane == lane)?;
    (table.entries[entry as usize].next != NONE).then_some((route, entry))
}

/// Lanes outside junctions that a lane leads to.
fn onward_lanes(roadway: &Roadway, lane: LaneId, traveller: Traveller) -> Vec<LaneId> {
    let mut found = Vec::new();
    let mut open = vec![(lane, 0)];
    while let Some((lane, depth)) = open.pop() {
        for &next in &roadway.network.lane(lane).successors {
            if roadway.junction[next.0 as usize] == NONE {
                if roadway.may_use(next, traveller) {
                    found.push(next);
                }
            } else if depth < 6 {
                open.push((next, depth + 1));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn key(place: &Place) -> PlaceKey {
    (place.edge.0, (place.at_m * 10.0) as i64)
}

/// Where a route to this place ends: on the rightmost lane that one may use.
fn target_position(roadway: &Roadway, to: Place, traveller: Traveller) -> Option<LanePosition> {
    let lanes = &roadway.network.edge(to.edge).lanes;
    let lane = *lanes.iter().find(|&&lane| roadway.may_use(lane, traveller))?;
    let length_m = roadway.length_m[lane.0 as usize];
    Some(LanePosition {
        lane,
        s_m: if to.is_at_kerb { to.at_m.min(length_m) } else { length_m },
        offset_m: 0.0,
    })
}

/// Looks for a way between two places and enters it in the table.
pub(crate) fn find_route(
    roadway: &Roadway,
    table: &mut RouteTable,
    from: Place,
    to: Place,
    traveller: Traveller,
) -> Option<u32> {
    let lanes: Vec<LaneId> = roadway.network.edge(from.edge).lanes.clone();
    let target = target_position(roadway, to, traveller)?;
    if from.edge == to.edge {
        return None;
    }
    let usable = lanes.into_iter().filter(|&lane| roadway.may_use(lane, traveller));
    let best = usable
        .filter_map(|lane| {
            let start = LanePosition {
                lane,
                s_m: from.at_m.min(roadway.length_m[lane.0 as usize]),
                offset_m: 0.0,
            };
            roadway.network.route(start, target, traveller)
        })
        .min_by(|a, b| a.time_s.total_cmp(&b.time_s))?;
    table.add(roadway, &best.edges, traveller, to)
}

/// Who appears in a lane that must be left has this way for each change.
const FRINGE_CHANGE_M: f64 = 350.0;

/// At the start of the map's road: on the lane with the most room, at the speed of the flow.
fn appear_at_fringe(
    roadway: &Roadway,
    table: &RouteTable,
    vehicles: &Vehicles,
    lanes: &Lanes,
    new: &mut Newcomer,
) -> bool {
    let front_m = new.size.length_m + 0.1;
    let mut best_m = 0.0;
    for entry in table.first_entries(new.route) {
        let Entry {
            lane, changes, keep_m, ..
        } = table.entries[entry as usize];
        if changes != 0 && keep_m < front_m + f64::from(changes.abs()) * FRINGE_CHANGE_M {
            continue;
        }
        let mut gap_m = 500.0;
        let mut ahead_mps = 40.0;
        if let Some(&last) = lanes.on[lane as usize].last() {
            gap_m = vehicles.rear_m(last) - front_m;
            ahead_mps = vehicles.speed_mps[last as usize];
        }
        for extra in &lanes.extras[lane as usize] {
            if extra.rear_m - front_m < gap_m {
                gap_m = extra.rear_m - front_m;
                ahead_mps = extra.speed_mps;
            }
        }
        if gap_m < 3.0 {
            continue;
        }
        let wanted_mps = new
            .habit
            .speed_mps
            .min(roadway.limit_mps[lane as usize] * new.habit.limit_factor)
            .min(roadway.bend_mps[lane as usize]);
        // What follows should be able to stop before the end of the lane, too, whatever is there.
        let end_m = roadway.length_m[lane as usize] - front_m;
        let stop_mps = (2.0 * 1.2 * end_m.max(0.0)).sqrt();
        let flow_mps = wanted_mps.min(ahead_mps + 3.0).min(stop_mps.max(2.0));
        let safe_mps = safe_speed_mps(flow_mps, gap_m - 1.5, ahead_mps, BRAKING_MPS2_MAX);
        let has_headway = gap_m >= new.habit.standstill_m + 0.6 * new.habit.headway_s * flow_mps;
        if safe_mps >= flow_mps && has_headway && gap_m > best_m {
            best_m = gap_m;
            new.lane = lane;
            new.entry = entry;
            new.s_m = front_m;
            new.speed_mps = flow_mps;
        }
    }
    if new.lane == NONE {
        return false;
    }
    if is_two_wheeled(new.kind) {
        new.sideways = Sideways::at(riding_offset_m(roadway.width_m[new.lane as usize], new.size.width_m));
    }
    true
}

/// From a parking place or a driveway: at a standstill beside the rightmost lane, when a gap comes.
fn appear_at_kerb(
    roadway: &Roadway,
    table: &RouteTable,
    vehicles: &Vehicles,
    lanes: &Lanes,
    waiting: &Waiting,
    new: &mut Newcomer,
) -> bool {
    let Some(entry) = table.first_entries(new.route).next() else {
        return false;
    };
    let lane = table.entries[entry as usize].lane;
    let front_m = waiting.place.at_m.max(new.size.length_m + 1.0);
    let rear_m = front_m - new.size.length_m;
    if front_m + 15.0 > roadway.length_m[lane as usize].min(table.entries[entry as usize].keep_m) {
        return false;
    }
    let is_free = |front_there_m: f64, rear_there_m: f64, speed_mps: f64| {
        if rear_there_m > front_m {
            return rear_there_m - front_m > 3.0;
        }
        let gap_m = rear_m - front_there_m;
        gap_m > 3.0 + speed_mps * 2.0 + speed_mps * speed_mps / 4.0
    };
    let beside = roadway.network.lane(LaneId(lane)).right;
    for lane in std::iter::once(lane).chain(beside.map(|lane| lane.0)) {
        let mut others = lanes.on[lane as usize].iter();
        if !others.all(|&other| {
            let i = other as usize;
            is_free(vehicles.s_m[i], vehicles.rear_m(other), vehicles.speed_mps[i])
        }) {
            return false;
        }
        let mut extras = lanes.extras[lane as usize].iter();
        if !extras.all(|extra| is_free(extra.front_m, extra.rear_m, extra.speed_mps)) {
            return false;
        }
        for &earlier in &roadway.network.lane(LaneId(lane)).predecessors {
            let length_m = roadway.length_m[earlier.0 as usize];
            if let Some(&first) = lanes.on[earlier.0 as usize].first() {
                let i = first as usize;
                let front_there_m = vehicles.s_m[i] - length_m;
                if !is_free(front_there_m, front_there_m - 5.0, vehicles.speed_mps[i]) {
                    return false;
                }
            }
        }
    }
    let width_m = roadway.width_m[lane as usize];
    let to_m = if is_two_wheeled(new.kind) {
        riding_offset_m(width_m, new.size.width_m)
    } else {
        0.0
    };
    new.lane = lane;
    new.entry = entry;
    new.s_m = front_m;
    new.sideways = Sideways {
        from_m: -(0.5 * width_m + 0.5 * new.size.width_m + 0.2),
        to_m,
        driven_m: 0.0,
        whole_m: (2.5 * new.size.length_m).max(8.0),
    };
    true
}
