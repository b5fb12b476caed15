//! The phases of a step, and the room that they work in.
//!
//! A phase goes through blocks, on as many threads as there are; each block's work writes its own. What crosses blocks is
//! sorted between phases, in the order of blocks. All room is kept from step to step.

use super::block::{Block, Inbound};
use super::departure::{Parked, Roads};
use super::look::{self, Intents};
use super::mover::{LaneEnds, Manoeuvre, Mover, Tail};
use super::passage::{self, Approach, ApproachHeads, Approaches};
use super::room::{Leavers, put};
use super::trip::{self, EdgeMeasures};
use super::view::View;
use super::{Simulation, change};
use crate::sumo::{NONE, Parking, SumoDemand};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Fewer vehicles than this are no work for a thread of their own: waking it takes as long as moving a few dozen.
const SHARE_VEHICLES: usize = 500;
/// Bumpers stay so far apart, whatever happens.
const TOUCH_M: f64 = 0.1;

/// Room to work in.
#[derive(Debug)]
pub(super) struct Work {
    of_blocks: Vec<BlockWork>,
    /// What the vehicles of each block would do.
    looked: Vec<Intents>,
    /// Who has left a lane of each block.
    leavers: Vec<Leavers>,
    /// Who comes into each block.
    inbound: Vec<Vec<Inbound>>,
    approaches: ApproachHeads,
    /// Those who come to a link with blue lights.
    blue_lights: Vec<Approach>,
    /// When somebody last came near each link's line, seconds.
    last_near_s: Vec<f64>,
    /// Lanes with somebody's tail.
    tailed: Vec<u32>,
}

/// What a step leaves behind of one block.
#[derive(Debug, Default)]
struct BlockWork {
    arrived: Leavers,
    /// Who has parked, and beside which lane.
    parked: Leavers,
    /// Tails on lanes that their fronts have left.
    tails: Vec<(u32, Tail)>,
    /// Lanes that somebody has changed from or to.
    changed: Vec<(u32, LaneEnds)>,
    /// Of each lane, if anybody asks.
    measures: Vec<EdgeMeasures>,
    updates: u64,
    collisions: u64,
}

impl Work {
    pub(super) fn new(blocks: usize, links: usize) -> Work {
        Work {
            of_blocks: (0..blocks).map(|_| BlockWork::default()).collect(),
            looked: (0..blocks).map(|_| Intents::default()).collect(),
            leavers: vec![Leavers::default(); blocks],
            inbound: vec![Vec::new(); blocks],
            approaches: ApproachHeads::new(links),
            blue_lights: Vec::new(),
            last_near_s: vec![f64::NEG_INFINITY; links],
            tailed: Vec::new(),
        }
    }

    /// From now on lanes are measured.
    pub(super) fn measure(&mut self, blocks: &[Block]) {
        for (work, block) in self.of_blocks.iter_mut().zip(blocks) {
            work.measures = vec![EdgeMeasures::default(); block.lane_count()];
        }
    }

    /// What has happened on each lane since the last call.
    pub(super) fn take_measures(&mut self, blocks: &[Block]) -> impl Iterator<Item = (u32, EdgeMeasures)> {
        self.of_blocks.iter_mut().zip(blocks).flat_map(|(work, block)| {
            let measures = work.measures.iter_mut().map(std::mem::take);
            (block.first_lane..).zip(measures)
        })
    }

    /// Bytes it takes, without what each lane and link of the network takes.
    pub(super) fn memory_bytes(&self) -> usize {
        let of_blocks = self.of_blocks.iter().map(|work| {
            work.arrived.memory_bytes()
                + work.parked.memory_bytes()
                + work.tails.capacity() * size_of::<(u32, Tail)>()
                + work.changed.capacity() * size_of::<(u32, LaneEnds)>()
        });
        let looked = self.looked.iter().map(Intents::memory_bytes);
        let leavers = self.leavers.iter().map(Leavers::memory_bytes);
        let inbound = self.inbound.iter().map(|list| list.capacity() * size_of::<Inbound>());
        of_blocks.chain(looked).chain(leavers).chain(inbound).sum()
    }
}

impl Simulation {
    /// Goes on by a step.
    pub fn step(&mut self) {
        let now_s = self.now_s();
        let then_s = now_s + self.scene.settings.step_s;
        if self.scene.tick == 0 {
            // Whoever departs at the start is there when the first step begins.
            self.depart(now_s);
        }
        self.scene
            .signals
            .step(&self.scene.network, now_s, &self.work.last_near_s);
        self.look();
        self.note_approaches(now_s);
        self.drive();
        self.hand_over(then_s);
        self.enter_lanes();
        self.change_lanes();
        self.scene.tick += 1;
        self.depart(then_s);
        self.totals.updates = self.work.of_blocks.iter().map(|work| work.updates).sum();
        self.totals.collisions = self.work.of_blocks.iter().map(|work| work.collisions).sum();
    }

    /// Blocks that one thread takes at once, at least.
    fn share(&self) -> usize {
        (self.blocks.len() * SHARE_VEHICLES / self.totals.running.max(1)).max(1)
    }

    fn look(&mut self) {
        let (view, blocks, share) = (self.scene.view(), &self.blocks, self.share());
        for told in &self.work.looked {
            self.work.approaches.forget(&told.approaches);
        }
        each(&mut self.work.looked, share, |index, told| {
            look::block(&view, blocks, index, told);
        });
    }

    fn note_approaches(&mut self, now_s: f64) {
        let work = &mut self.work;
        work.blue_lights.clear();
        for (block, told) in (0..).zip(&mut work.looked) {
            if self.scene.has_blue_lights {
                let blue_lights = told.approaches.iter().filter(|approach| approach.has_way);
                work.blue_lights.extend(blue_lights.copied());
            }
            work.approaches.note(block, &mut told.approaches);
            for &link in &told.near {
                work.last_near_s[link as usize] = now_s;
            }
        }
    }

    fn drive(&mut self) {
        let (view, share) = (self.scene.view(), self.share());
        let looked = &self.work.looked;
        let approaches = Approaches {
            heads: &self.work.approaches,
            told: looked,
            blue_lights: &self.work.blue_lights,
        };
        let drive = |(((block, work), leavers), intents): (((&mut Block, &mut BlockWork), &mut Leavers), &Intents)| {
            drive_block(&view, approaches, intents, block, work, leavers);
        };
        if share >= self.blocks.len() {
            let items = self.blocks.iter_mut().zip(&mut self.work.of_blocks);
            items.zip(&mut self.work.leavers).zip(looked).for_each(drive);
            return;
        }
        self.blocks
            .par_iter_mut()
            .zip(&mut self.work.of_blocks)
            .zip(&mut self.work.leavers)
            .zip(looked)
            .with_min_len(share)
            .for_each(drive);
    }

    /// Whoever has left its lane is told to the block of the next; whoever has arrived is taken off the road.
    fn hand_over(&mut self, now_s: f64) {
        for (from, leavers) in (0..).zip(&self.work.leavers) {
            for (place, (lane, mover)) in (0..).zip(leavers.iter()) {
                let inbound = Inbound {
                    lane,
                    at_m: mover.at_m,
                    from: (from, place),
                };
                put(
                    &mut self.work.inbound[self.scene.places[lane as usize].0 as usize],
                    inbound,
                );
            }
        }
        for work in &mut self.work.of_blocks {
            for (lane, mover) in work.arrived.iter() {
                self.trips[mover.id as usize].finish(mover, lane, now_s);
                self.totals.running -= 1;
                self.totals.arrived += 1;
            }
            work.arrived.clear();
            for (lane, mover) in work.parked.iter() {
                self.parked.push(Parked::new(*mover, lane, &self.scene, now_s));
            }
            self.totals.running -= work.parked.len();
            work.parked.clear();
        }
    }

    /// Blocks take in who comes; each lane is told in a few numbers, and which tails hang over onto others.
    fn enter_lanes(&mut self) {
        let (share, network) = (self.share(), Arc::clone(&self.scene.network));
        let (habits, leavers) = (&self.scene.habits, &self.work.leavers);
        let part = Part {
            blocks: &mut self.blocks,
            work: &mut self.work.of_blocks,
            inbound: &mut self.work.inbound,
            ends: &mut self.scene.ends,
            is_busy: &mut self.scene.is_busy,
        };
        part.each(share, &|block, work, inbound, ends, is_busy| {
            inbound.sort_unstable_by(|a, b| {
                let foremost = b.at_m.total_cmp(&a.at_m);
                a.lane.cmp(&b.lane).then(foremost).then(a.from.cmp(&b.from))
            });
            block.take_in(inbound, leavers);
            inbound.clear();
            work.tails.clear();
            for (place, (ends, is_busy)) in ends.iter_mut().zip(is_busy).enumerate() {
                let movers = block.lane(place);
                if movers.is_empty() {
                    // Most lanes are empty, and were: nothing is written there.
                    if *is_busy {
                        (*ends, *is_busy) = (LaneEnds::NOBODY, false);
                    }
                    continue;
                }
                *is_busy = true;
                *ends = LaneEnds::of(movers, habits);
                let back_m = |mover: &Mover| mover.at_m - habits[usize::from(mover.kind)].length_m;
                let overlap = |pair: &&[Mover]| back_m(&pair[0]) < pair[1].at_m - 1e-6;
                work.collisions += movers.windows(2).filter(overlap).count() as u64;
                for mover in movers.iter().rev() {
                    let mut back_m = back_m(mover);
                    let trail = mover.trail.iter().take_while(|&&before| before != NONE);
                    for &before in trail {
                        if back_m >= 0.0 {
                            break;
                        }
                        back_m += network.lanes[before as usize].length_m;
                        let tail = Tail {
                            back_m,
                            speed_mps: mover.speed_mps,
                            id: mover.id,
                        };
                        put(&mut work.tails, (before, tail));
                    }
                    if mover.at_m >= habits[usize::from(mover.kind)].length_m {
                        break;
                    }
                }
            }
        });
        let tails = &mut self.scene.tails;
        for lane in self.work.tailed.drain(..) {
            tails[lane as usize] = Tail::NOBODY;
        }
        for (lane, tail) in self.work.of_blocks.iter().flat_map(|work| &work.tails) {
            let known = &mut tails[*lane as usize];
            if tail.back_m < known.back_m {
                if known.id == NONE {
                    put(&mut self.work.tailed, *lane);
                }
                *known = *tail;
                self.scene.is_busy[*lane as usize] = true;
            }
        }
    }

    fn change_lanes(&mut self) {
        let (view, share) = (self.scene.view(), self.share());
        let change = |(block, work): (&mut Block, &mut BlockWork)| change::block(&view, block, &mut work.changed);
        if share >= self.blocks.len() {
            self.blocks.iter_mut().zip(&mut self.work.of_blocks).for_each(change);
        } else {
            self.blocks
                .par_iter_mut()
                .zip(&mut self.work.of_blocks)
                .with_min_len(share)
                .for_each(change);
        }
        for &(lane, ends) in self.work.of_blocks.iter().flat_map(|work| &work.changed) {
            self.scene.ends[lane as usize] = ends;
            self.scene.is_busy[lane as usize] = true;
        }
    }

    fn depart(&mut self, now_s: f64) {
        let demand = Arc::clone(&self.scene.demand);
        while let Some(departure) = demand.departures.get(self.next_departure) {
            if departure.depart_s > now_s + 1e-9 {
                break;
            }
            let edge = demand.routes[departure.route as usize].first;
            self.waiting.push(edge, self.next_departure as u32);
            self.next_departure += 1;
        }
        self.unpark(now_s);
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.try_all(|index| self.appear(&demand, index, now_s));
        self.waiting = waiting;
    }

    /// Those whose time at a place beside the road is over go back to their lanes, where there is room.
    fn unpark(&mut self, now_s: f64) {
        let mut parked = std::mem::take(&mut self.parked);
        parked.retain(|one| {
            if one.until_s > now_s + 1e-6 {
                return true;
            }
            let mut roads = Roads {
                view: self.scene.view(),
                blocks: &mut self.blocks,
            };
            if !roads.put_back(&one.mover, one.lane, (now_s - one.since_s) as f32) {
                return true;
            }
            if let Some(Parking::Area(area)) = self.scene.view().halt(&one.mover).map(|halt| halt.parking) {
                self.scene.free_places[area as usize].fetch_add(1, Ordering::Relaxed);
            }
            let (block, place) = self.scene.places[one.lane as usize];
            let movers = self.blocks[block as usize].lane(place as usize);
            self.scene.ends[one.lane as usize] = LaneEnds::of(movers, &self.scene.habits);
            self.scene.is_busy[one.lane as usize] = true;
            self.totals.running += 1;
            false
        });
        self.parked = parked;
    }

    fn appear(&mut self, demand: &SumoDemand, index: u32, now_s: f64) -> bool {
        let departure = &demand.departures[index as usize];
        let mut stream = self.scene.settings.seed.stream("traffic.vehicle", u64::from(index));
        let kind = drawn(&demand.choices[departure.choice as usize], stream.uniform());
        let [mean, deviation, low, high] = demand.kinds[kind as usize].speed_factor;
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
        let route = demand.routes[departure.route as usize];
        let network = &self.scene.network;
        let last_m = network.lanes[network.edges[route.last as usize].first_lane as usize].length_m;
        let arrival_m = departure
            .arrival_m
            .map_or(last_m, |at_m| if at_m < 0.0 { at_m + last_m } else { at_m });
        let mut mover = Mover {
            at_m: 0.0,
            speed_mps: 0.0,
            gained_mps: 0.0,
            factor: (factor.clamp(low, high) * self.scene.settings.weather.driving().speed) as f32,
            waiting_s: 0.0,
            advice_mps: f32::INFINITY,
            id: index,
            link: NONE,
            link_beyond: NONE,
            turn: route.turns,
            streets_left: route.further,
            kind: kind as u16,
            halts_left: departure.stops.len() as u16,
            halt_left_s: -1.0,
            entered: 0,
            look_mps: 0.0,
            gain: 0.0,
            keep_right: 0.0,
            reach_dm: [u16::MAX; 3],
            offset: [0; 3],
            manoeuvre: Manoeuvre::None,
            arrival_m: arrival_m.clamp(0.0, last_m) as f32,
            trail: [NONE; 4],
            waited_s: 0.0,
            halted_s: 0.0,
            time_loss_s: 0.0,
            distance_m: 0.0,
            waits: 0,
            changes: 0,
            halts_missed: 0,
        };
        let mut roads = Roads {
            view: self.scene.view(),
            blocks: &mut self.blocks,
        };
        let Some(lane) = roads.put(&mut mover, departure, route.first) else {
            return false;
        };
        let (block, place) = self.scene.places[lane as usize];
        let movers = self.blocks[block as usize].lane(place as usize);
        self.scene.ends[lane as usize] = LaneEnds::of(movers, &self.scene.habits);
        self.scene.is_busy[lane as usize] = true;
        self.trips[index as usize].start(&mover, lane, now_s);
        self.totals.running += 1;
        self.totals.departed += 1;
        true
    }
}

/// Blocks next to one another, with what belongs to them.
struct Part<'a> {
    blocks: &'a mut [Block],
    work: &'a mut [BlockWork],
    inbound: &'a mut [Vec<Inbound>],
    ends: &'a mut [LaneEnds],
    is_busy: &'a mut [bool],
}

impl Part<'_> {
    /// Does something to each block, in halves of halves on threads until `share` of them are left.
    fn each(
        self,
        share: usize,
        act: &(impl Fn(&mut Block, &mut BlockWork, &mut Vec<Inbound>, &mut [LaneEnds], &mut [bool]) + Sync),
    ) {
        let count = self.blocks.len();
        if count >= 2 * share {
            let (blocks, other_blocks) = self.blocks.split_at_mut(count / 2);
            let (work, other_work) = self.work.split_at_mut(count / 2);
            let (inbound, other_inbound) = self.inbound.split_at_mut(count / 2);
            let lanes = (other_blocks[0].first_lane - blocks[0].first_lane) as usize;
            let (ends, other_ends) = self.ends.split_at_mut(lanes);
            let (is_busy, other_is_busy) = self.is_busy.split_at_mut(lanes);
            let part = Part {
                blocks,
                work,
                inbound,
                ends,
                is_busy,
            };
            let other = Part {
                blocks: other_blocks,
                work: other_work,
                inbound: other_inbound,
                ends: other_ends,
                is_busy: other_is_busy,
            };
            rayon::join(|| part.each(share, act), || other.each(share, act));
            return;
        }
        let (mut ends, mut is_busy) = (self.ends, self.is_busy);
        for ((block, work), inbound) in self.blocks.iter_mut().zip(self.work).zip(self.inbound) {
            let (own, others) = ends.split_at_mut(block.lane_count());
            let (own_is_busy, others_are_busy) = is_busy.split_at_mut(block.lane_count());
            act(block, work, inbound, own, own_is_busy);
            (ends, is_busy) = (others, others_are_busy);
        }
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

/// Everyone of a block decides and moves.
fn drive_block(
    view: &View,
    approaches: Approaches,
    intents: &Intents,
    block: &mut Block,
    work: &mut BlockWork,
    leavers: &mut Leavers,
) {
    struct Driving<'a> {
        work: &'a mut BlockWork,
        leavers: &'a mut Leavers,
        vehicle: usize,
        link: usize,
    }
    leavers.clear();
    let first_lane = block.first_lane;
    let mut driving = Driving {
        work,
        leavers,
        vehicle: 0,
        link: 0,
    };
    block.sweep(
        &mut driving,
        |driving, place, movers| {
            let lane = first_lane + place as u32;
            let length_m = view.network.lanes[lane as usize].length_m;
            let mut may_leave = false;
            // Nobody drives into the one ahead: who brakes harder than it likes at least brakes.
            let mut back_m = f64::INFINITY;
            for mover in movers.iter_mut() {
                let count = usize::from(intents.counts[driving.vehicle]);
                let links = &intents.links[driving.link..driving.link + count];
                let free_mps = intents.free_mps[driving.vehicle];
                let speed_mps = passage::speed_mps(view, approaches, mover, links, free_mps);
                let room_mps = ((back_m - mover.at_m - TOUCH_M) / view.step_s).max(0.0);
                driving.link += count;
                driving.vehicle += 1;
                trip::advance(view, mover, lane, speed_mps.min(room_mps));
                back_m = mover.at_m - view.habit(mover).length_m;
                may_leave |= trip::may_leave(view, mover, lane, length_m);
                if let Some(measures) = driving.work.measures.get_mut(place) {
                    measures.pass(mover, view.step_s);
                }
            }
            driving.work.updates += movers.len() as u64;
            may_leave
        },
        |driving, place, mover| {
            let onward = trip::place(view, mover, first_lane + place as u32);
            let mut nobody = EdgeMeasures::default();
            let measures = driving.work.measures.get_mut(place).unwrap_or(&mut nobody);
            match onward {
                trip::Onward::Stays => return true,
                trip::Onward::To(next) => {
                    measures.left += 1;
                    driving.leavers.put(next, *mover);
                }
                trip::Onward::Parks => driving.work.parked.put(first_lane + place as u32, *mover),
                trip::Onward::Arrives(at) => {
                    measures.arrived += 1;
                    driving.work.arrived.put(at, *mover);
                }
            }
            false
        },
    );
}
