//! The vehicles of traffic in structure-of-arrays order, and who is on which lane.
//!
//! A vehicle has a slot while it is on the road; slots are used again, ids never. Each lane knows the slots whose front
//! is on it, the foremost first, and beside them what else takes up room there (`Extra`): tails of vehicles whose front
//! is a lane ahead, vehicles that are changing out of the lane, vehicles under test.

use super::following::Habit;
use super::hold::Hold;
use super::kind::Size;
use super::roadway::NONE;
use crate::frame::ActorKind;

/// Lanes kept behind a vehicle's front, for its tail.
pub(crate) const BEFORE: usize = 6;

/// A movement to the side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sideways {
    /// Offset at its start...
    pub from_m: f64,
    /// ...and at its end, from the centre of the lane driven in.
    pub to_m: f64,
    /// Way driven since its start...
    pub driven_m: f64,
    /// ...and for all of it.
    pub whole_m: f64,
}

impl Sideways {
    /// Straight ahead at an offset.
    pub fn at(offset_m: f64) -> Sideways {
        Sideways {
            from_m: offset_m,
            to_m: offset_m,
            driven_m: 1.0,
            whole_m: 1.0,
        }
    }

    /// Offset and its slope against the way driven: the quintic of least jerk.
    pub fn offset_and_slope(&self) -> (f64, f64) {
        let p = (self.driven_m / self.whole_m).min(1.0);
        if p >= 1.0 {
            return (self.to_m, 0.0);
        }
        let rise = p * p * p * (10.0 + p * (6.0 * p - 15.0));
        let slope = 30.0 * p * p * (1.0 - p) * (1.0 - p) / self.whole_m;
        let way_m = self.to_m - self.from_m;
        (self.from_m + way_m * rise, way_m * slope)
    }

    /// All but a hand's breadth is done: nothing of the body is left where it came from.
    pub fn is_nearly_done(&self) -> bool {
        self.driven_m >= 0.8 * self.whole_m
    }

    pub fn is_done(&self) -> bool {
        self.driven_m >= self.whole_m
    }
}

/// What a vehicle is doing besides driving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Nothing.
    Drives,
    /// Is moving off the road at the kerb.
    Leaves,
}

/// Arrays by slot.
#[derive(Debug, Default)]
pub(crate) struct Vehicles {
    /// `u32::MAX` in an empty slot.
    pub id: Vec<u32>,
    pub kind: Vec<ActorKind>,
    pub size: Vec<Size>,
    pub habit: Vec<Habit>,
    pub lane: Vec<u32>,
    /// Front bumper on `lane`.
    pub s_m: Vec<f64>,
    pub speed_mps: Vec<f64>,
    pub acceleration_mps2: Vec<f64>,
    /// Way of the last tick.
    pub moved_m: Vec<f64>,
    pub offset_m: Vec<f64>,
    pub sideways: Vec<Sideways>,
    /// The lane it is changing out of.
    pub leaving_lane: Vec<u32>,
    pub entry: Vec<u32>,
    pub route: Vec<u32>,
    /// Lanes behind, the nearest first.
    pub before: Vec<[u32; BEFORE]>,
    /// The first junction lane ahead that it may not enter yet, and how far it is; set anew each tick.
    pub asks: Vec<(u32, f64)>,
    /// Entry of the junction lane asked for.
    pub asks_entry: Vec<u32>,
    /// Entry of the first junction lane that it may enter and has not entered.
    pub pass_entry: Vec<u32>,
    /// Who is next ahead of it before that junction.
    pub behind: Vec<u32>,
    /// What held it at this tick.
    pub hold: Vec<Hold>,
    /// The lowest claim number of those whom it holds up, `u64::MAX` if there are none.
    pub borrowed: Vec<u64>,
    /// Stands or creeps since so many ticks.
    pub waiting_ticks: Vec<u32>,
    /// No change of lanes before this tick.
    pub settled_at_tick: Vec<u32>,
    /// Somebody ahead in the next lane wants in: slot, until tick.
    pub makes_room_for: Vec<(u32, u32)>,
    /// Where a bus stops next on its lane.
    pub halt_m: Vec<f64>,
    /// Stands at a stop until this tick.
    pub halts_until_tick: Vec<u32>,
    pub errand: Vec<Errand>,
    empty: Vec<u32>,
    pub count: usize,
}

/// Someone who takes up room on a lane without having the front there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extra {
    /// Slot, or [`NONE`] for a vehicle under test.
    pub slot: u32,
    pub front_m: f64,
    pub rear_m: f64,
    pub speed_mps: f64,
    pub offset_m: f64,
    pub half_width_m: f64,
    /// A vehicle under test at a halt.
    pub is_halted: bool,
    /// One that signals to the kerb, where it may halt.
    pub may_halt: bool,
    /// A vehicle under test that is not in this lane yet and signals that it wants to be.
    pub is_announced: bool,
}

/// Who is on each lane.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    /// Slots by lane, the foremost first.
    pub on: Vec<Vec<u32>>,
    pub extras: Vec<Vec<Extra>>,
    /// Lanes whose extras are not empty.
    pub with_extras: Vec<u32>,
}

impl Lanes {
    pub fn new(count: usize) -> Lanes {
        Lanes {
            on: vec![Vec::new(); count],
            extras: vec![Vec::new(); count],
            with_extras: Vec::new(),
        }
    }

    pub fn clear_extras(&mut self) {
        for &lane in &self.with_extras {
            self.extras[lane as usize].clear();
        }
        self.with_extras.clear();
    }

    pub fn add_extra(&mut self, lane: u32, extra: Extra) {
        let extras = &mut self.extras[lane as usize];
        if extras.is_empty() {
            self.with_extras.push(lane);
        }
        extras.push(extra);
    }

    /// Puts a slot where it belongs.
    pub fn insert(&mut self, lane: u32, slot: u32, s_m: &[f64]) {
        let on = &mut self.on[lane as usize];
        let place = on.partition_point(|&other| s_m[other as usize] > s_m[slot as usize]);
        on.insert(place, slot);
    }

    pub fn remove(&mut self, lane: u32, slot: u32) {
        let on = &mut self.on[lane as usize];
        let place = on
            .iter()
            .position(|&other| other == slot)
            .expect("a vehicle is on its lane's list");
        on.remove(place);
    }
}

/// A vehicle about to appear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newcomer {
    pub id: u32,
    pub kind: ActorKind,
    pub size: Size,
    pub habit: Habit,
    pub lane: u32,
    pub s_m: f64,
    pub speed_mps: f64,
    pub entry: u32,
    pub route: u32,
    pub sideways: Sideways,
    pub tick: u32,
}

impl Vehicles {
    /// Gives a newcomer a slot.
    pub fn add(&mut self, new: &Newcomer) -> u32 {
        let slot = if let Some(slot) = self.empty.pop() {
            slot
        } else {
            self.grow(new);
            self.id.len() as u32 - 1
        };
        let i = slot as usize;
        self.id[i] = new.id;
        self.kind[i] = new.kind;
        self.size[i] = new.size;
        self.habit[i] = new.habit;
        self.lane[i] = new.lane;
        self.s_m[i] = new.s_m;
        self.speed_mps[i] = new.speed_mps;
        self.acceleration_mps2[i] = 0.0;
        self.moved_m[i] = 0.0;
        self.sideways[i] = new.sideways;
        self.offset_m[i] = new.sideways.offset_and_slope().0;
        self.leaving_lane[i] = NONE;
        self.entry[i] = new.entry;
        self.route[i] = new.route;
        self.before[i] = [NONE; BEFORE];
        self.asks[i] = (NONE, 0.0);
        self.asks_entry[i] = NONE;
        self.pass_entry[i] = NONE;
        self.behind[i] = NONE;
        self.hold[i] = Hold::FREE;
        self.borrowed[i] = u64::MAX;
        self.waiting_ticks[i] = 0;
        self.settled_at_tick[i] = new.tick + 40;
        self.makes_room_for[i] = (NONE, 0);
        self.halt_m[i] = f64::INFINITY;
        self.halts_until_tick[i] = 0;
        self.errand[i] = Errand::Drives;
        self.count += 1;
        slot
    }

    pub fn remove(&mut self, slot: u32) {
        self.id[slot as usize] = u32::MAX;
        self.empty.push(slot);
        self.count -= 1;
    }

    fn grow(&mut self, new: &Newcomer) {
        self.id.push(u32::MAX);
        self.kind.push(new.kind);
        self.size.push(new.size);
        self.habit.push(new.habit);
        self.lane.push(NONE);
        self.s_m.push(0.0);
        self.speed_mps.push(0.0);
        self.acceleration_mps2.push(0.0);
        self.moved_m.push(0.0);
        self.offset_m.push(0.0);
        self.sideways.push(new.sideways);
        self.leaving_lane.push(NONE);
        self.entry.push(NONE);
        self.route.push(NONE);
        self.before.push([NONE; BEFORE]);
        self.asks.push((NONE, 0.0));
        self.asks_entry.push(NONE);
        self.pass_entry.push(NONE);
        self.behind.push(NONE);
        self.hold.push(Hold::FREE);
        self.borrowed.push(u64::MAX);
        self.waiting_ticks.push(0);
        self.settled_at_tick.push(0);
        self.makes_room_for.push((NONE, 0));
        self.halt_m.push(f64::INFINITY);
        self.halts_until_tick.push(0);
        self.errand.push(Errand::Drives);
    }

    pub fn rear_m(&self, slot: u32) -> f64 {
        self.s_m[slot as usize] - self.size[slot as usize].length_m
    }

    /// Slots in use, in order.
    pub fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.id.len() as u32).filter(|&slot| self.id[slot as usize] != u32::MAX)
    }

    /// As a piece of what takes up room on a lane whose coordinate of its front is `front_m`.
    pub fn extra(&self, slot: u32, front_m: f64) -> Extra {
        let i = slot as usize;
        Extra {
            slot,
            front_m,
            rear_m: front_m - self.size[i].length_m,
            speed_mps: self.speed_mps[i],
            offset_m: self.offset_m[i],
            half_width_m: 0.5 * self.size[i].width_m,
            is_halted: false,
            may_halt: false,
            is_announced: false,
        }
    }
}
