//! Trips: moving a vehicle along its way, and what is told of it afterwards.
//!
//! In go a vehicle and its speed; it advances, halts, enters the next lanes, arrives. What SUMO calls `tripinfo` and
//! `edgeData` is summed up on the way, with SUMO's meanings (documentation, "Simulation/Output/TripInfo" and
//! "…/Lane- or Edge-based Traffic Measures").

use super::look::STANDING_MPS;
use super::mover::{Manoeuvre, Mover};
use super::view::View;
use super::way::Walk;
use crate::sumo::{NONE, Parking};
use std::sync::atomic::Ordering;

/// What became of a departure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trip {
    /// When it appeared, seconds; not a number before that.
    pub depart_s: f64,
    /// When it arrived; not a number before that.
    pub arrival_s: f64,
    /// Its type, in the demand's.
    pub kind: u32,
    /// Where it appeared.
    pub depart_lane: u32,
    /// Where it arrived.
    pub arrival_lane: u32,
    /// Speed when it appeared.
    pub depart_mps: f32,
    /// Speed when it arrived.
    pub arrival_mps: f32,
    /// Where it arrived, metres from the lane's start.
    pub arrival_m: f32,
    /// How far it drove, metres.
    pub distance_m: f32,
    /// How long it was slower than 0.1 m/s, halts aside.
    pub waited_s: f32,
    /// How often it came to stand.
    pub waits: u16,
    /// How often it changed lanes.
    pub changes: u16,
    /// How long it was at halts.
    pub halted_s: f32,
    /// Halts that it drove past, because it did not get into their lane.
    pub halts_missed: u16,
    /// What it lost against driving as fast as it wants and may.
    pub time_loss_s: f32,
    /// Its share of speed limits.
    pub factor: f32,
}

impl Default for Trip {
    fn default() -> Trip {
        Trip {
            depart_s: f64::NAN,
            arrival_s: f64::NAN,
            kind: NONE,
            depart_lane: NONE,
            arrival_lane: NONE,
            depart_mps: 0.0,
            arrival_mps: 0.0,
            arrival_m: 0.0,
            distance_m: 0.0,
            waited_s: 0.0,
            waits: 0,
            changes: 0,
            halted_s: 0.0,
            halts_missed: 0,
            time_loss_s: 0.0,
            factor: 1.0,
        }
    }
}

impl Trip {
    pub(super) fn start(&mut self, mover: &Mover, lane: u32, now_s: f64) {
        self.depart_s = now_s;
        self.kind = u32::from(mover.kind);
        self.depart_lane = lane;
        self.depart_mps = mover.speed_mps as f32;
        self.factor = mover.factor;
    }

    pub(super) fn finish(&mut self, mover: &Mover, lane: u32, now_s: f64) {
        self.arrival_s = now_s;
        self.arrival_lane = lane;
        self.arrival_mps = mover.speed_mps as f32;
        self.arrival_m = mover.arrival_m;
        self.distance_m = mover.distance_m;
        self.waited_s = mover.waited_s;
        self.waits = mover.waits;
        self.changes = mover.changes;
        self.halted_s = mover.halted_s;
        self.halts_missed = mover.halts_missed;
        self.time_loss_s = mover.time_loss_s;
    }

    /// From appearing to arriving; not a number before that.
    pub fn duration_s(&self) -> f64 {
        self.arrival_s - self.depart_s
    }
}

/// Sums over everyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// On the road now.
    pub running: usize,
    /// Standing at places beside the road.
    pub parked: usize,
    /// Appeared so far.
    pub departed: usize,
    /// Arrived so far.
    pub arrived: usize,
    /// Due, and without room to appear.
    pub waiting: usize,
    /// Not due yet.
    pub due: usize,
    /// Vehicles times steps so far.
    pub updates: u64,
    /// Pairs on a lane that overlapped, counted at every step.
    pub collisions: u64,
}

/// What happened on an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EdgeMeasures {
    /// Vehicles times seconds.
    pub sampled_s: f64,
    /// Vehicles times metres.
    pub driven_m: f64,
    /// Vehicles times seconds slower than 0.1 m/s.
    pub waited_s: f64,
    /// Vehicles that left it for another edge.
    pub left: u64,
    /// Vehicles that arrived on it.
    pub arrived: u64,
}

impl EdgeMeasures {
    pub(super) fn pass(&mut self, mover: &Mover, step_s: f64) {
        self.sampled_s += step_s;
        self.driven_m += mover.speed_mps * step_s;
        if mover.speed_mps < STANDING_MPS {
            self.waited_s += step_s;
        }
    }

    pub(super) fn add(&mut self, other: &EdgeMeasures) {
        self.sampled_s += other.sampled_s;
        self.driven_m += other.driven_m;
        self.waited_s += other.waited_s;
        self.left += other.left;
        self.arrived += other.arrived;
    }
}

/// How long one who parks beside its lane holds it up, and one who leaves its place: ours, of the order of SUMO's
/// `manoeuverAngleTimes` for places along the road, whose defaults were not looked up.
const PARK_S: f64 = 3.0;
pub(super) const UNPARK_S: f64 = 4.0;
/// Who has stood so long on the lane of a full parking area drives on without a place: others want to pass.
const PLACE_WAIT_S: f64 = 300.0;

/// Moves a vehicle by a step, on its lane or beyond the end of it.
pub(super) fn advance(view: &View, mover: &mut Mover, lane: u32, speed_mps: f64) {
    let step_s = view.step_s;
    mover.gained_mps = (speed_mps - mover.speed_mps) as f32;
    mover.speed_mps = speed_mps;
    mover.advice_mps = f32::INFINITY;
    mover.at_m += speed_mps * step_s;
    mover.distance_m += (speed_mps * step_s) as f32;
    if mover.halt_left_s >= 0.0 {
        mover.halted_s += step_s as f32;
        mover.halt_left_s -= step_s as f32;
        if mover.manoeuvre != Manoeuvre::None {
            if mover.halt_left_s < 1e-3 && mover.manoeuvre == Manoeuvre::Leaves {
                mover.manoeuvre = Manoeuvre::None;
                mover.halt_left_s = -1.0;
                leave_halt(view, mover, lane);
            }
            mover.halt_left_s = mover
                .halt_left_s
                .max(if mover.manoeuvre == Manoeuvre::Parks { 0.0 } else { -1.0 });
            return;
        }
        let until_s = view.halt(mover).map_or(f64::NEG_INFINITY, |halt| halt.until_s);
        if mover.halt_left_s < 1e-3 && view.now_s + step_s >= until_s {
            mover.halt_left_s = -1.0;
            leave_halt(view, mover, lane);
        } else {
            mover.halt_left_s = mover.halt_left_s.max(0.0);
        }
        return;
    }
    if speed_mps < STANDING_MPS {
        mover.waits += u16::from(mover.waiting_s == 0.0);
        mover.waiting_s += step_s as f32;
        mover.waited_s += step_s as f32;
    } else {
        mover.waiting_s = 0.0;
    }
    let limit_mps = view.limit_mps(lane, mover);
    mover.time_loss_s += (step_s * (1.0 - speed_mps / limit_mps).max(0.0)) as f32;
    let Some(halt) = view.halt(mover) else {
        return;
    };
    if view.network.lanes[halt.lane as usize].edge == view.network.lanes[lane as usize].edge
        && mover.at_m > halt.at_m + 1.0
    {
        // Gone by: nobody drives backwards for a halt.
        leave_halt(view, mover, lane);
        mover.halts_missed += 1;
    } else if halt.lane == lane && f64::from(mover.waiting_s) > PLACE_WAIT_S && !view.has_place(halt) {
        leave_halt(view, mover, lane);
        mover.halts_missed += 1;
    } else if halt.lane == lane
        && speed_mps < STANDING_MPS
        && mover.at_m >= halt.from_m - 1.0
        && mover.at_m <= halt.at_m + 1.0
    {
        let parks = match halt.parking {
            Parking::OnLane => false,
            Parking::Beside => true,
            Parking::Area(area) => {
                let free = &view.free_places[area as usize];
                let taken = free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1));
                if taken.is_err() {
                    // All places are taken: one waits on the lane for one.
                    return;
                }
                true
            }
        };
        (mover.halt_left_s, mover.manoeuvre) = match parks {
            true => (PARK_S as f32, Manoeuvre::Parks),
            false => (halt.duration_s.max(0.0) as f32, Manoeuvre::None),
        };
        mover.waiting_s = 0.0;
    }
}

/// A halt lies behind a vehicle; from here its way may want another lane.
fn leave_halt(view: &View, mover: &mut Mover, lane: u32) {
    mover.halts_left -= 1;
    view.ways.settle(mover, lane, view.habit(mover).class);
}

/// Where a vehicle is after a step.
pub(super) enum Onward {
    Stays,
    To(u32),
    Arrives(u32),
    /// Off the lane, to a place beside it.
    Parks,
}

/// Whether a vehicle that was on `lane`, `length_m` long, may have to be put elsewhere.
pub(super) fn may_leave(view: &View, mover: &Mover, lane: u32, length_m: f64) -> bool {
    mover.at_m > length_m || has_parked(mover) || has_arrived(view, mover, lane)
}

/// Whether somebody has done its way to a place beside the lane.
fn has_parked(mover: &Mover) -> bool {
    mover.manoeuvre == Manoeuvre::Parks && mover.halt_left_s < 1e-3
}

fn has_arrived(view: &View, mover: &Mover, lane: u32) -> bool {
    mover.streets_left == 0
        && mover.at_m >= f64::from(mover.arrival_m) - 1e-3
        && !view.network.lanes[lane as usize].is_internal
}

/// Lets a vehicle that is beyond its lane's end enter those that follow.
pub(super) fn place(view: &View, mover: &mut Mover, lane: u32) -> Onward {
    if has_parked(mover) {
        return Onward::Parks;
    }
    let class = view.habit(mover).class;
    let mut walk = Walk::new(mover, lane, class);
    loop {
        if has_arrived(view, mover, walk.lane) {
            return Onward::Arrives(walk.lane);
        }
        let record = &view.network.lanes[walk.lane as usize];
        if mover.at_m <= record.length_m {
            break;
        }
        if walk.link == NONE {
            // Rounding put it beyond a dead end by a hair.
            mover.at_m = record.length_m;
            break;
        }
        mover.at_m -= record.length_m;
        mover.trail.rotate_right(1);
        mover.trail[0] = walk.lane;
        walk.go(&view.ways);
        walk.arrive(&view.ways, mover);
        if !record.is_internal && view.network.lanes[walk.lane as usize].is_internal {
            mover.entered = view.tick;
        }
    }
    if walk.lane == lane {
        return Onward::Stays;
    }
    view.ways.look_around(mover, walk.lane, class);
    Onward::To(walk.lane)
}
