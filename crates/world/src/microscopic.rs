//! Large traffic: SUMO's networks and demand, played at SUMO's step, as fast as a processor allows.
//!
//! In go a [`StreetNetwork`] and a [`SumoDemand`]; out comes a [`Simulation`] that goes on step by step, tells who is
//! where, and keeps what became of each trip. It is the counterpart of [`crate::Traffic`], which plays the bodies around
//! a vehicle under test ten times a second on a map compiled for driving; here a step is as long as the user wants, a
//! lane is one line, and what counts is a city's worth of vehicles. Neither knows the other.
//!
//! **A step**: lights are set; everyone looks ahead on the state at the step's start (`look`); approaches are noted
//! link by link; everyone decides and moves (`passage`); who has left a lane is handed to the next; lanes are changed
//! (`change`); newcomers appear (`departure`). Phases go through blocks of whole edges in parallel, each block
//! writes its own, and what crosses blocks is handed over in order: any number of threads gives the same bytes.
//!
//! Sketch: 130 ns a vehicle and step; 136 bytes a vehicle on the road.
//!
//! ```text
//! mover      a vehicle, lanes, blocks        following   safe speeds
//! plan       where lanes lead along a way    signal      what links show
//! look       what everyone sees ahead        passage     who passes a link
//! change     lane changing                   departure   newcomers
//! trip       what became of everyone
//! ```

mod change;
mod departure;
mod following;
mod look;
mod mover;
mod passage;
mod plan;
mod signal;
mod trip;

use crate::sumo::{Following, NONE, Stop, StreetNetwork, SumoDemand};
use departure::{Roads, Waiting};
use following::Habit;
use look::Intents;
use mover::{Block, LaneEnds, Mover, Tail, View};
use passage::Approaches;
use plan::Plan;
use rayon::prelude::*;
use record::Seed;
use sha2::{Digest, Sha256};
use signal::Signals;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use trip::{EdgeMeasures, Totals, Trip};

/// What vehicles look at; a macro, because a function would borrow the whole simulation.
macro_rules! view {
    ($simulation:expr) => {
        View {
            network: &$simulation.network,
            plans: &$simulation.plans,
            habits: &$simulation.habits,
            kinds: &$simulation.demand.kinds,
            shown: &$simulation.signals.shown,
            tails: &$simulation.tails,
            halts: &$simulation.halts,
            places: &$simulation.places,
            step_s: $simulation.settings.step_s,
            now_s: $simulation.settings.begin_s + f64::from($simulation.tick) * $simulation.settings.step_s,
            tick: $simulation.tick,
        }
    };
}
/// Lanes in a block: enough work to hand to a thread, few enough to share out a town.
const BLOCK_LANES: usize = 64;

/// Fewer vehicles than this are no work for a thread of their own: waking it takes as long as moving a few dozen.
const SHARE_VEHICLES: usize = 1000;

/// Bumpers stay so far apart, whatever happens.
const TOUCH_M: f64 = 0.1;

/// How a simulation is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Where the clock begins, seconds.
    pub begin_s: f64,
    /// Length of a step, seconds.
    pub step_s: f64,
    /// The run's luck.
    pub seed: Seed,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            begin_s: 0.0,
            step_s: 1.0,
            seed: Seed(1),
        }
    }
}

/// A vehicle as others may see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Which departure of the demand.
    pub departure: u32,
    /// Which lane of the network.
    pub lane: u32,
    /// Its front, metres from the lane's start.
    pub at_m: f64,
    /// Its length.
    pub length_m: f64,
    /// Its speed.
    pub speed_mps: f64,
}

/// Traffic on a network.
#[derive(Debug)]
pub struct Simulation {
    network: Arc<StreetNetwork>,
    demand: Arc<SumoDemand>,
    settings: Settings,
    habits: Vec<Habit>,
    plans: Vec<Plan>,
    /// First plan of each route and class.
    plan_index: BTreeMap<(u32, u16), u32>,
    halts: Vec<Vec<Stop>>,
    blocks: Vec<Block>,
    firsts: Vec<u32>,
    places: Vec<(u32, u32)>,
    work: Vec<Work>,
    ends: Vec<LaneEnds>,
    tails: Vec<Tail>,
    tailed: Vec<u32>,
    approaches: Approaches,
    signals: Signals,
    last_passed_s: Vec<f64>,
    has_actuated: bool,
    waiting: Waiting,
    next_departure: usize,
    tick: u32,
    trips: Vec<Trip>,
    totals: Totals,
    measures: Option<Vec<EdgeMeasures>>,
}

/// A block's scratch space.
#[derive(Debug, Default)]
struct Work {
    intents: Intents,
    /// Who has left its lane: for which, and who.
    leavers: Vec<(u32, Mover)>,
    arrived: Vec<(u32, Mover)>,
    ends: Vec<LaneEnds>,
    measures: Vec<EdgeMeasures>,
    updates: u64,
    collisions: u64,
}

impl Simulation {
    /// Traffic on `network` with this `demand`, which was read for it.
    pub fn new(
        network: Arc<StreetNetwork>,
        demand: Arc<SumoDemand>,
        settings: Settings,
    ) -> Result<Simulation, crate::WorldError> {
        if !(settings.step_s > 0.0 && settings.step_s <= 2.0 && settings.begin_s.is_finite()) {
            return Err(crate::WorldError::Demand(vec![format!(
                "a step of `{}` s from `{}` s on, expected a step above 0 and up to 2 s\nhint: 1 is SUMO's",
                settings.step_s, settings.begin_s
            )]));
        }
        let habits = demand
            .kinds
            .iter()
            .map(|kind| Habit {
                accel_mps2: kind.accel_mps2,
                decel_mps2: kind.decel_mps2,
                tau_s: kind.tau_s.max(settings.step_s),
                gap_m_min: kind.gap_m_min,
                length_m: kind.length_m,
                sigma: if kind.following == Following::Idm {
                    0.0
                } else {
                    kind.sigma
                },
                speed_mps_max: kind.speed_mps_max,
                is_idm: kind.following == Following::Idm,
            })
            .collect();
        let (blocks, firsts, places) = blocks(&network);
        let work = blocks.iter().map(|_| Work::default()).collect();
        let signals = Signals::new(&network, settings.begin_s);
        let halts = match demand.departures.iter().any(|departure| !departure.stops.is_empty()) {
            true => demand
                .departures
                .iter()
                .map(|departure| departure.stops.clone())
                .collect(),
            false => Vec::new(),
        };
        let next_departure = demand
            .departures
            .partition_point(|departure| departure.depart_s < settings.begin_s);
        Ok(Simulation {
            habits,
            plans: Vec::new(),
            plan_index: BTreeMap::new(),
            halts,
            blocks,
            firsts,
            work,
            ends: vec![LaneEnds::default(); network.lanes.len()],
            tails: vec![Tail::NOBODY; network.lanes.len()],
            tailed: Vec::new(),
            approaches: Approaches::new(network.links.len()),
            signals,
            last_passed_s: vec![f64::NEG_INFINITY; network.links.len()],
            has_actuated: network.lights.iter().any(|light| light.is_actuated),
            waiting: Waiting::new(network.edges.len()),
            next_departure,
            tick: 0,
            trips: vec![Trip::default(); demand.departures.len()],
            totals: Totals::default(),
            measures: None,
            places,
            network,
            demand,
            settings,
        })
    }

    /// From now on, what happens on each edge is summed up; see [`Simulation::take_edge_measures`].
    pub fn measure_edges(&mut self) {
        self.measures = Some(vec![EdgeMeasures::default(); self.network.edges.len()]);
        for (block, work) in self.blocks.iter().zip(&mut self.work) {
            work.measures = vec![EdgeMeasures::default(); block.lanes.len()];
        }
    }

    /// What has happened on each edge since the last call.
    pub fn take_edge_measures(&mut self) -> Vec<EdgeMeasures> {
        let Some(measures) = &mut self.measures else {
            return Vec::new();
        };
        for (index, work) in self.work.iter_mut().enumerate() {
            for (place, lane) in work.measures.iter_mut().enumerate() {
                let lane_index = self.firsts[index] as usize + place;
                let edge = self.network.lanes[lane_index].edge as usize;
                measures[edge].add(&std::mem::take(lane));
            }
        }
        let count = measures.len();
        std::mem::replace(measures, vec![EdgeMeasures::default(); count])
    }

    /// The clock: start of the next step, seconds.
    pub fn now_s(&self) -> f64 {
        self.settings.begin_s + f64::from(self.tick) * self.settings.step_s
    }

    /// Sums over all vehicles so far.
    pub fn totals(&self) -> Totals {
        Totals {
            waiting: self.waiting.count,
            due: self.demand.departures.len() - self.next_departure,
            ..self.totals
        }
    }

    /// What became of each departure of the demand, in its order.
    pub fn trips(&self) -> &[Trip] {
        &self.trips
    }

    /// Everyone has arrived who was to depart.
    pub fn is_over(&self) -> bool {
        self.totals.running == 0 && self.waiting.count == 0 && self.next_departure == self.demand.departures.len()
    }

    /// Everyone on the road, lane by lane, the foremost first.
    pub fn vehicles(&self) -> impl Iterator<Item = Seen> {
        self.blocks.iter().zip(&self.firsts).flat_map(move |(block, &first)| {
            block.lanes.iter().enumerate().flat_map(move |(place, lane)| {
                lane.movers.iter().map(move |mover| Seen {
                    departure: mover.id,
                    lane: first + place as u32,
                    at_m: mover.at_m,
                    length_m: self.habits[usize::from(mover.kind)].length_m,
                    speed_mps: mover.speed_mps,
                })
            })
        })
    }

    /// The letter that a link shows, as in SUMO's states.
    pub fn shown(&self, link: u32) -> u8 {
        self.signals.shown[link as usize]
    }

    /// Bytes that vehicles take, on the road and before it, without the network.
    pub fn vehicle_memory_bytes(&self) -> usize {
        let on_road: usize = self
            .blocks
            .iter()
            .flat_map(|block| &block.lanes)
            .map(|lane| lane.movers.capacity() * size_of::<Mover>())
            .sum();
        let plans: usize = self.plans.iter().map(Plan::memory_bytes).sum();
        let scratch: usize = self
            .work
            .iter()
            .map(|work| {
                work.intents.list.capacity() * size_of::<look::Intent>()
                    + work.leavers.capacity() * size_of::<(u32, Mover)>()
            })
            .sum();
        on_road + plans + scratch
    }

    /// SHA-256 of everyone on the road and of what became of everyone: equal if and only if two runs are.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for seen in self.vehicles() {
            hasher.update(seen.departure.to_le_bytes());
            hasher.update(seen.lane.to_le_bytes());
            hasher.update(seen.at_m.to_bits().to_le_bytes());
            hasher.update(seen.speed_mps.to_bits().to_le_bytes());
        }
        for trip in &self.trips {
            hasher.update(trip.depart_s.to_bits().to_le_bytes());
            hasher.update(trip.arrival_s.to_bits().to_le_bytes());
            hasher.update(trip.distance_m.to_bits().to_le_bytes());
            hasher.update(trip.time_loss_s.to_bits().to_le_bytes());
        }
        hasher.finalize().into()
    }

    /// Goes on by a step.
    pub fn step(&mut self) {
        let now_s = self.now_s();
        if self.tick == 0 {
            // Whoever departs at the start is there when the first step begins.
            self.depart(now_s);
        }
        self.signals.step(&self.network, now_s, &self.last_passed_s);
        self.look();
        self.note_approaches(now_s);
        self.drive();
        self.hand_over(now_s + self.settings.step_s);
        self.note_ends();
        self.change_lanes();
        self.tick += 1;
        self.depart(now_s + self.settings.step_s);
        self.totals.updates = self.work.iter().map(|work| work.updates).sum();
        self.totals.collisions = self.work.iter().map(|work| work.collisions).sum();
    }

    /// Blocks that one thread takes at once, at least.
    fn share(&self) -> usize {
        (self.blocks.len() * SHARE_VEHICLES / self.totals.running.max(1)).max(1)
    }

    fn look(&mut self) {
        let view = view!(self);
        let share = self.share();
        let (blocks, firsts) = (&self.blocks, &self.firsts);
        each(&mut self.work, share, |index, work| {
            look::block(&view, blocks, index, firsts[index], &mut work.intents);
        });
    }

    fn note_approaches(&mut self, now_s: f64) {
        self.approaches.clear();
        for (block, work) in self.blocks.iter().zip(&self.work) {
            let mut at = 0;
            let movers = block.lanes.iter().flat_map(|lane| &lane.movers);
            for (mover, &count) in movers.zip(&work.intents.counts) {
                let habit = &self.habits[usize::from(mover.kind)];
                for intent in &work.intents.list[at..at + usize::from(count)] {
                    if intent.link == NONE {
                        continue;
                    }
                    let link = &self.network.links[intent.link as usize];
                    if intent.will_pass && link.is_watched {
                        self.approaches
                            .add(intent, mover.id, link.length_m + habit.length_m, habit.decel_mps2);
                    }
                    if self.has_actuated && intent.distance_m < 30.0 {
                        self.last_passed_s[intent.link as usize] = now_s;
                    }
                }
                at += usize::from(count);
            }
        }
    }

    fn drive(&mut self) {
        let view = view!(self);
        let share = self.share();
        let (approaches, firsts) = (&self.approaches, &self.firsts);
        let measures = self.measures.is_some();
        let drive = |index: usize, block: &mut Block, work: &mut Work| {
            drive_block(&view, approaches, block, work, firsts[index], measures);
        };
        if share >= self.blocks.len() {
            for (index, (block, work)) in self.blocks.iter_mut().zip(&mut self.work).enumerate() {
                drive(index, block, work);
            }
            return;
        }
        self.blocks
            .par_iter_mut()
            .zip(self.work.par_iter_mut())
            .enumerate()
            .with_min_len(share)
            .for_each(|(index, (block, work))| drive(index, block, work));
    }

    /// Whoever has left its lane is put into the next, in the order of blocks.
    fn hand_over(&mut self, now_s: f64) {
        for index in 0..self.work.len() {
            let mut leavers = std::mem::take(&mut self.work[index].leavers);
            for (lane, mover) in leavers.drain(..) {
                let (block, place) = self.places[lane as usize];
                let movers = &mut self.blocks[block as usize].lanes[place as usize].movers;
                let rank = movers
                    .iter()
                    .rposition(|other| other.at_m >= mover.at_m)
                    .map_or(0, |rank| rank + 1);
                movers.insert(rank, mover);
            }
            self.work[index].leavers = leavers;
            let mut arrived = std::mem::take(&mut self.work[index].arrived);
            for (lane, mover) in arrived.drain(..) {
                let trip = &mut self.trips[mover.id as usize];
                trip.finish(&mover, lane, now_s);
                self.totals.running -= 1;
                self.totals.arrived += 1;
            }
            self.work[index].arrived = arrived;
        }
    }

    /// Tails on lanes that fronts have left, and every lane in a few numbers.
    fn note_ends(&mut self) {
        for lane in self.tailed.drain(..) {
            self.tails[lane as usize] = Tail::NOBODY;
        }
        let (habits, blocks, share) = (&self.habits, &self.blocks, self.share());
        each(&mut self.work, share, |index, work| {
            work.ends.clear();
            for lane in &blocks[index].lanes {
                work.ends.push(ends(lane, habits));
                work.collisions += lane
                    .movers
                    .windows(2)
                    .filter(|pair| pair[0].at_m - habits[usize::from(pair[0].kind)].length_m < pair[1].at_m - 1e-6)
                    .count() as u64;
            }
        });
        for ((work, block), &first) in self.work.iter().zip(&self.blocks).zip(&self.firsts) {
            self.ends[first as usize..first as usize + work.ends.len()].copy_from_slice(&work.ends);
            for (place, lane) in block.lanes.iter().enumerate() {
                if lane.movers.is_empty() || work.ends[place].tail_m >= 0.0 {
                    continue;
                }
                for mover in lane.movers.iter().rev() {
                    let mut back_m = mover.at_m - habits[usize::from(mover.kind)].length_m;
                    if back_m >= 0.0 {
                        break;
                    }
                    for &before in mover.trail.iter().take_while(|&&before| before != NONE) {
                        back_m += self.network.lanes[before as usize].length_m;
                        let tail = &mut self.tails[before as usize];
                        if back_m < tail.back_m {
                            if tail.id == NONE {
                                self.tailed.push(before);
                            }
                            *tail = Tail {
                                back_m,
                                speed_mps: mover.speed_mps,
                                id: mover.id,
                            };
                        }
                        if back_m >= 0.0 {
                            break;
                        }
                    }
                }
            }
        }
    }

    fn change_lanes(&mut self) {
        let view = view!(self);
        let (ends, firsts, share) = (&self.ends, &self.firsts, self.share());
        each(&mut self.blocks, share, |index, block| {
            change::block(&view, ends, block, firsts[index]);
        });
    }

    fn depart(&mut self, now_s: f64) {
        let demand = Arc::clone(&self.demand);
        while let Some(departure) = demand.departures.get(self.next_departure) {
            if departure.depart_s > now_s + 1e-9 {
                break;
            }
            let edge = demand.routes[departure.route as usize].edges[0];
            self.waiting.push(edge, self.next_departure as u32);
            self.next_departure += 1;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.try_all(|index| self.appear(&demand, index, now_s));
        self.waiting = waiting;
    }

    fn appear(&mut self, demand: &SumoDemand, index: u32, now_s: f64) -> bool {
        let departure = &demand.departures[index as usize];
        let mut stream = self.settings.seed.stream("traffic.vehicle", u64::from(index));
        let kind = drawn(&demand.choices[departure.choice as usize], stream.uniform());
        let record = &demand.kinds[kind as usize];
        let [mean, deviation, low, high] = record.speed_factor;
        let mut factor = mean;
        if deviation > 0.0 {
            // A normal distribution cut off at its ends, by drawing again.
            for _ in 0..16 {
                factor = mean + deviation * stream.normal();
                if (low..=high).contains(&factor) {
                    break;
                }
            }
        }
        let plan = self.plan_of(demand, departure.route, kind);
        let last = *self.plans[plan as usize].edges.last().unwrap_or(&0);
        let last_m = self.network.lanes[self.network.edges[last as usize].first_lane as usize].length_m;
        let arrival_m = departure
            .arrival_m
            .map_or(last_m, |at_m| if at_m < 0.0 { at_m + last_m } else { at_m });
        let mut mover = Mover {
            at_m: 0.0,
            speed_mps: 0.0,
            gained_mps: 0.0,
            id: index,
            plan,
            step: 0,
            kind: kind as u16,
            halts_done: 0,
            factor: factor.clamp(low, high) as f32,
            trail: [NONE; 4],
            waiting_s: 0.0,
            gain: 0.0,
            keep_right: 0.0,
            look_mps: 0.0,
            advice_mps: f32::INFINITY,
            halt_left_s: -1.0,
            arrival_m: arrival_m.clamp(0.0, last_m) as f32,
            entered: 0,
            key: stream.next_u64(),
            waited_s: 0.0,
            halted_s: 0.0,
            time_loss_s: 0.0,
            distance_m: 0.0,
            waits: 0,
            changes: 0,
            halts_missed: 0,
        };
        let mut roads = Roads {
            network: &self.network,
            habits: &self.habits,
            tails: &self.tails,
            places: &self.places,
            shown: &self.signals.shown,
            blocks: &mut self.blocks,
            step_s: self.settings.step_s,
        };
        let Some(lane) = roads.put(&mut mover, departure, &self.plans[plan as usize], record.class) else {
            return false;
        };
        self.trips[index as usize].start(&mover, lane, now_s);
        self.totals.running += 1;
        self.totals.departed += 1;
        true
    }

    /// The plan of a route for the class of a type; with halts, one for each number of halts done, one after another.
    fn plan_of(&mut self, demand: &SumoDemand, route: u32, kind: u32) -> u32 {
        let class = demand.kinds[kind as usize].class;
        if let Some(&plan) = self.plan_index.get(&(route, class.number())) {
            return plan;
        }
        let first = self.plans.len() as u32;
        let mut left = demand.routes[route as usize].clone();
        loop {
            self.plans.push(Plan::new(&self.network, &left, class));
            if left.stops.is_empty() {
                break;
            }
            left.stops.remove(0);
        }
        self.plan_index.insert((route, class.number()), first);
        first
    }
}

/// Does something to each item, `share` of them at once at least; all on this thread if that is all of them.
fn each<T: Send>(items: &mut [T], share: usize, act: impl Fn(usize, &mut T) + Sync) {
    if share >= items.len() {
        for (index, item) in items.iter_mut().enumerate() {
            act(index, item);
        }
    } else {
        items
            .par_iter_mut()
            .enumerate()
            .with_min_len(share)
            .for_each(|(index, item)| act(index, item));
    }
}

fn drawn(choice: &[(u32, f64)], luck: f64) -> u32 {
    let mut sum = 0.0;
    for &(kind, share) in choice {
        sum += share;
        if luck < sum {
            return kind;
        }
    }
    choice.last().map_or(0, |item| item.0)
}

/// Lanes in blocks of whole edges: the blocks, the first lane of each, and each lane's place.
fn blocks(network: &StreetNetwork) -> (Vec<Block>, Vec<u32>, Vec<(u32, u32)>) {
    let (mut blocks, mut firsts, mut places) = (Vec::<Block>::new(), Vec::new(), Vec::new());
    for edge in &network.edges {
        if blocks.last().is_none_or(|block| block.lanes.len() >= BLOCK_LANES) {
            blocks.push(Block::default());
            firsts.push(edge.first_lane);
        }
        let index = blocks.len() as u32 - 1;
        if let Some(block) = blocks.last_mut() {
            for _ in 0..edge.lane_count {
                places.push((index, block.lanes.len() as u32));
                block.lanes.push(mover::LaneState::default());
            }
        }
    }
    (blocks, firsts, places)
}

fn ends(lane: &mover::LaneState, habits: &[Habit]) -> LaneEnds {
    let (Some(first), Some(last)) = (lane.movers.first(), lane.movers.last()) else {
        return LaneEnds::default();
    };
    let habit = |mover: &Mover| &habits[usize::from(mover.kind)];
    LaneEnds {
        count: lane.movers.len() as u32,
        gross_m: lane
            .movers
            .iter()
            .map(|mover| (habit(mover).length_m + habit(mover).gap_m_min) as f32)
            .sum(),
        tail_m: last.at_m - habit(last).length_m,
        tail_mps: last.speed_mps,
        front_m: first.at_m,
        front_mps: first.speed_mps,
        front_kind: first.kind,
        tail_kind: last.kind,
    }
}

/// Everyone of a block decides and moves.
fn drive_block(
    view: &View,
    approaches: &Approaches,
    block: &mut Block,
    work: &mut Work,
    first_lane: u32,
    measures: bool,
) {
    let (mut intent, mut vehicle) = (0, 0);
    for (place, lane) in block.lanes.iter_mut().enumerate() {
        if lane.movers.is_empty() {
            continue;
        }
        let number = first_lane + place as u32;
        let length_m = view.network.lanes[number as usize].length_m;
        let mut has_left = false;
        // Nobody drives into the one ahead: who brakes harder than it likes at least brakes.
        let mut back_m = f64::INFINITY;
        for mover in &mut lane.movers {
            let count = usize::from(work.intents.counts[vehicle]);
            let speed_mps = passage::speed_mps(view, approaches, mover, &work.intents.list[intent..intent + count]);
            let room_mps = ((back_m - mover.at_m - TOUCH_M) / view.step_s).max(0.0);
            let speed_mps = speed_mps.min(room_mps);
            intent += count;
            vehicle += 1;
            trip::advance(view, mover, number, speed_mps);
            back_m = mover.at_m - view.habits[usize::from(mover.kind)].length_m;
            if measures {
                work.measures[place].pass(mover, view.step_s);
            }
            has_left |=
                mover.at_m > length_m || (mover.step as usize + 1 == view.plans[mover.plan as usize].edges.len());
        }
        work.updates += lane.movers.len() as u64;
        if has_left {
            let (leavers, arrived) = (&mut work.leavers, &mut work.arrived);
            let measured = measures.then(|| &mut work.measures[place]);
            let mut measured = measured;
            lane.movers.retain_mut(|mover| match trip::place(view, mover, number) {
                trip::Onward::Stays => true,
                trip::Onward::To(next) => {
                    leavers.push((next, mover.clone()));
                    if let Some(measured) = &mut measured {
                        measured.left += 1;
                    }
                    false
                }
                trip::Onward::Arrives(at) => {
                    arrived.push((at, mover.clone()));
                    if let Some(measured) = &mut measured {
                        measured.arrived += 1;
                    }
                    false
                }
            });
        }
    }
}
