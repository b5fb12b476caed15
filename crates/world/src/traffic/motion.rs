//! Motion: everyone moves by one tick as decided, lanes are passed on, ends are reached.
//!
//! In go accelerations, out come places. The foremost of a lane moves first, and nobody behind is let past the place of
//! the rear before it: with the safe speeds of `following.rs` this hardly ever has to hold anyone, it is the last line.

use super::following::advance;
use super::hold::Cause;
use super::kind::is_two_wheeled;
use super::look::Decision;
use super::roadway::{NONE, Roadway};
use super::route_table::RouteTable;
use super::vehicles::{BEFORE, Errand, Lanes, Sideways, Vehicles};
use crate::frame::ActorKind;
use record::Seed;
use road::LaneId;

/// Scratch space of a move.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// By slot, for the look before the move.
    pub decisions: Vec<Option<Decision>>,
    /// Slots that have passed on to another lane.
    passed: Vec<u32>,
}

/// Slower than this one waits.
const WAITING_MPS: f64 = 0.3;
/// Whoever has been standing in a junction for a minute and a half because of somebody who crosses its way is towed away:
/// some rings of vehicles that block one another are undone by reversing only, which nobody here does. (SUMO teleports
/// after five minutes, wherever and whatever for one stands.)
const TOWED_TICKS: u32 = 900;
/// How long a bus stands at a stop.
const DWELL_S: (f64, f64) = (15.0, 25.0);
/// A bus begins to think of a stop when it can still brake softly for it.
const STOP_BRAKING_MPS2: f64 = 1.2;

impl Moves {
    /// Moves everyone; tells how many have reached the end of their way, and how many were towed.
    pub fn play(
        &mut self,
        roadway: &Roadway,
        table: &RouteTable,
        (vehicles, lanes): (&mut Vehicles, &mut Lanes),
        (seed, tick): (Seed, u32),
    ) -> (u64, u64) {
        let (mut arrived, mut towed) = (0, 0);
        self.passed.clear();
        for lane in 0..lanes.on.len() {
            if lanes.on[lane].is_empty() {
                continue;
            }
            let mut some_left = false;
            let mut is_out_of_order = false;
            let mut limit_m = f64::INFINITY;
            let mut before_m = f64::INFINITY;
            let on = &lanes.on[lane];
            for &slot in on {
                let i = slot as usize;
                move_one(vehicles, slot, limit_m);
                halt(vehicles, slot, seed, tick);
                if !is_two_wheeled(vehicles.kind[i]) && vehicles.offset_m[i].abs() < 0.3 {
                    limit_m = limit_m.min(vehicles.rear_m(slot) - 0.05);
                }
                is_out_of_order |= vehicles.s_m[i] > before_m;
                before_m = vehicles.s_m[i];
                let entry = &table.entries[vehicles.entry[i] as usize];
                let has_left_at_kerb = vehicles.errand[i] == Errand::Leaves && vehicles.sideways[i].is_done();
                if roadway.junction[lane] != NONE && is_blocked(vehicles, slot) {
                    vehicles.remove(slot);
                    towed += 1;
                    some_left = true;
                } else if has_left_at_kerb || entry.is_last && vehicles.s_m[i] >= entry.keep_m {
                    vehicles.remove(slot);
                    arrived += 1;
                    some_left = true;
                } else if vehicles.s_m[i] >= roadway.length_m[lane] {
                    if entry.next == NONE {
                        vehicles.s_m[i] = roadway.length_m[lane];
                        vehicles.speed_mps[i] = 0.0;
                    } else {
                        pass_on(roadway, table, vehicles, slot);
                        self.passed.push(slot);
                        some_left = true;
                    }
                }
            }
            if some_left {
                let vehicles = &*vehicles;
                let stays =
                    |&slot: &u32| vehicles.id[slot as usize] != u32::MAX && vehicles.lane[slot as usize] == lane as u32;
                lanes.on[lane].retain(stays);
            }
            if is_out_of_order {
                // Only who passed within the lane: nearly sorted already.
                let s_m = &vehicles.s_m;
                lanes.on[lane].sort_by(|&a, &b| s_m[b as usize].total_cmp(&s_m[a as usize]));
            }
        }
        for &slot in &self.passed {
            lanes.insert(vehicles.lane[slot as usize], slot, &vehicles.s_m);
        }
        (arrived, towed)
    }
}

fn is_blocked(vehicles: &Vehicles, slot: u32) -> bool {
    let by_crossing = matches!(
        vehicles.hold[slot as usize].cause,
        Cause::Rival | Cause::RivalInside | Cause::TakenGround | Cause::Guest
    );
    by_crossing && vehicles.waiting_ticks[slot as usize] > TOWED_TICKS
}

fn move_one(vehicles: &mut Vehicles, slot: u32, limit_m: f64) {
    let i = slot as usize;
    let before_mps = vehicles.speed_mps[i];
    let (mut speed_mps, mut way_m) = advance(before_mps, vehicles.acceleration_mps2[i]);
    let room_m = (limit_m - vehicles.s_m[i]).max(0.0);
    let passes_within = is_two_wheeled(vehicles.kind[i]) || vehicles.offset_m[i].abs() > 0.3;
    if way_m > room_m && !passes_within {
        way_m = room_m;
        speed_mps = speed_mps
            .min(2.0 * (room_m / super::following::TICK_S) - before_mps)
            .max(0.0);
    }
    vehicles.s_m[i] += way_m;
    vehicles.moved_m[i] = way_m;
    vehicles.speed_mps[i] = speed_mps;
    let sideways = &mut vehicles.sideways[i];
    if !sideways.is_done() {
        sideways.driven_m += way_m;
        vehicles.offset_m[i] = sideways.offset_and_slope().0;
        if sideways.is_nearly_done() {
            vehicles.leaving_lane[i] = NONE;
        }
        if sideways.is_done() {
            *sideways = Sideways::at(sideways.to_m);
        }
    }
    if speed_mps < WAITING_MPS {
        vehicles.waiting_ticks[i] = vehicles.waiting_ticks[i].saturating_add(1);
    } else {
        vehicles.waiting_ticks[i] = 0;
    }
}

/// A bus that has come to its stop stands there for a while.
fn halt(vehicles: &mut Vehicles, slot: u32, seed: Seed, tick: u32) {
    let i = slot as usize;
    if vehicles.halt_m[i].is_infinite() {
        return;
    }
    let distance_m = vehicles.halt_m[i] - vehicles.s_m[i];
    if distance_m < -1.0 {
        vehicles.halt_m[i] = f64::INFINITY;
    } else if distance_m < 1.5 && vehicles.speed_mps[i] < 0.1 {
        let owner = u64::from(vehicles.id[i]) << 32 | u64::from(tick);
        let dwell_s = seed.stream("traffic.dwell", owner).between(DWELL_S.0, DWELL_S.1);
        vehicles.halts_until_tick[i] = tick + (dwell_s * 10.0) as u32;
        vehicles.halt_m[i] = f64::INFINITY;
    }
}

/// From the end of a lane to the next ones of the route.
fn pass_on(roadway: &Roadway, table: &RouteTable, vehicles: &mut Vehicles, slot: u32) {
    let i = slot as usize;
    loop {
        let lane = vehicles.lane[i];
        let length_m = roadway.length_m[lane as usize];
        let next = table.entries[vehicles.entry[i] as usize].next;
        if vehicles.s_m[i] < length_m || next == NONE {
            vehicles.s_m[i] = vehicles.s_m[i].min(length_m);
            return;
        }
        let entered = table.entries[next as usize].lane;
        let before = &mut vehicles.before[i];
        before.copy_within(0..BEFORE - 1, 1);
        before[0] = lane;
        vehicles.s_m[i] -= length_m;
        vehicles.lane[i] = entered;
        vehicles.entry[i] = next;
        if vehicles.pass_entry[i] == next {
            vehicles.pass_entry[i] = NONE;
        }
        if vehicles.leaving_lane[i] != NONE {
            vehicles.leaving_lane[i] = carry_on_beside(roadway, vehicles.leaving_lane[i], entered);
        }
        let shift_m = 0.5 * (roadway.width_m[entered as usize] - roadway.width_m[lane as usize]);
        if is_two_wheeled(vehicles.kind[i]) && vehicles.sideways[i].is_done() && shift_m.abs() > 0.3 {
            // Keeps its line; the riding offset of the new lane is taken up by and by.
            vehicles.sideways[i] = Sideways::at(vehicles.offset_m[i]);
        }
        vehicles.halt_m[i] = next_stop_m(roadway, vehicles, slot);
    }
}

/// The lane beside the new one that continues the one being left.
fn carry_on_beside(roadway: &Roadway, leaving: u32, entered: u32) -> u32 {
    let edge = roadway.network.lane(LaneId(entered)).edge;
    let successors = &roadway.network.lane(LaneId(leaving)).successors;
    let beside = successors
        .iter()
        .find(|&&lane| lane.0 != entered && roadway.network.lane(lane).edge == edge);
    beside.map_or(NONE, |lane| lane.0)
}

fn next_stop_m(roadway: &Roadway, vehicles: &Vehicles, slot: u32) -> f64 {
    let i = slot as usize;
    if vehicles.kind[i] != ActorKind::Bus {
        return f64::INFINITY;
    }
    let speed_mps = vehicles.speed_mps[i];
    let reach_m = vehicles.s_m[i] + speed_mps * speed_mps / (2.0 * STOP_BRAKING_MPS2) + 2.0;
    let stops_m = roadway.stops_on_m(vehicles.lane[i]);
    stops_m
        .iter()
        .copied()
        .find(|&at_m| at_m > reach_m)
        .unwrap_or(f64::INFINITY)
}
