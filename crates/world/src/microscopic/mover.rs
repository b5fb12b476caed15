//! A vehicle on the road, and the lanes that hold them.
//!
//! Vehicles lie in their lane's own array, the foremost first, so that a leader is the neighbour in memory and a sweep
//! over a lane reads memory in order. Lanes come in blocks of whole edges; a block is what one thread works on.

use super::following::Habit;
use super::plan::Plan;
use crate::sumo::{NONE, Stop, StreetNetwork};

/// A vehicle on the road: what every step reads. What is told of its trip afterwards lies elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Mover {
    /// Front bumper, metres from the lane's start.
    pub at_m: f64,
    pub speed_mps: f64,
    /// What it has become faster by in its last step.
    pub gained_mps: f32,
    /// Number of its departure.
    pub id: u32,
    /// Its way.
    pub plan: u32,
    /// Which edge of its way it is on, or left last.
    pub step: u32,
    /// Its type.
    pub kind: u16,
    /// Halts that lie behind it.
    pub halts_done: u16,
    /// Of speed limits, the share it drives.
    pub factor: f32,
    /// Lanes that its front has left and its tail may be on, the last first.
    pub trail: [u32; 4],
    /// Standing since, seconds.
    pub waiting_s: f32,
    /// What it remembers of chances to go faster on the left (positive) or right.
    pub gain: f32,
    /// What it remembers of an empty lane to the right.
    pub keep_right: f32,
    /// A sluggish idea of its own speed, for looking ahead.
    pub look_mps: f32,
    /// Somebody, or its own need to change, asks for no more than this in the next step.
    pub advice_mps: f32,
    /// Rest of the halt that it is at; negative while driving.
    pub halt_left_s: f32,
    /// Where it arrives on its last edge.
    pub arrival_m: f32,
    /// Step at which it entered the junction it is in.
    pub entered: u32,
    /// Its luck.
    pub key: u64,
    pub waited_s: f32,
    pub halted_s: f32,
    pub time_loss_s: f32,
    pub distance_m: f32,
    pub waits: u16,
    pub changes: u16,
    pub halts_missed: u16,
}

impl Mover {
    /// Uniform on 0 to 1, the same for the same vehicle and step wherever it is computed (SplitMix64: Steele, Lea and
    /// Flood, "Fast splittable pseudorandom number generators", 2014).
    pub(super) fn luck(&self, tick: u32) -> f64 {
        let mut z = self
            .key
            .wrapping_add(u64::from(tick).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// 0 to 1: how far its patience has gone.
    pub(super) fn impatience(&self, of_kind: f64) -> f64 {
        /// Who waits so long takes any gap (SUMO's `time-to-impatience`).
        const PATIENCE_S: f64 = 180.0;
        (of_kind + f64::from(self.waiting_s) / PATIENCE_S).min(1.0)
    }
}

/// Lanes of whole edges, and who is on them.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Lanes by number, in their order.
    pub lanes: Vec<LaneState>,
}

/// A lane's vehicles.
#[derive(Debug, Default)]
pub(super) struct LaneState {
    /// The foremost first.
    pub movers: Vec<Mover>,
}

/// A lane in a few numbers, for those who look at it from other edges.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LaneEnds {
    pub count: u32,
    /// Lengths and least gaps of all, metres.
    pub gross_m: f32,
    /// Tail of the last.
    pub tail_m: f64,
    pub tail_mps: f64,
    /// Front of the first.
    pub front_m: f64,
    pub front_mps: f64,
    pub front_kind: u16,
    pub tail_kind: u16,
}

/// The part of somebody's tail that still lies on a lane its front has left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    pub back_m: f64,
    pub speed_mps: f64,
    pub id: u32,
}

impl Tail {
    pub(super) const NOBODY: Tail = Tail {
        back_m: f64::INFINITY,
        speed_mps: 0.0,
        id: NONE,
    };
}

/// What does not change while vehicles look.
pub(super) struct View<'a> {
    pub network: &'a StreetNetwork,
    pub plans: &'a [Plan],
    pub habits: &'a [Habit],
    pub kinds: &'a [crate::sumo::VehicleKind],
    pub shown: &'a [u8],
    pub tails: &'a [Tail],
    pub halts: &'a [Vec<Stop>],
    /// Place of each lane's state: block and place in it.
    pub places: &'a [(u32, u32)],
    pub step_s: f64,
    pub now_s: f64,
    pub tick: u32,
}

impl View<'_> {
    pub(super) fn limit_mps(&self, lane: u32, mover: &Mover) -> f64 {
        let habit = &self.habits[usize::from(mover.kind)];
        (self.network.lanes[lane as usize].speed_mps * f64::from(mover.factor)).min(habit.speed_mps_max)
    }

    /// The link that a mover takes from `lane`, `step` being the edge of its way that it is on or has left last.
    pub(super) fn link(&self, mover: &Mover, step: u32, lane: u32) -> u32 {
        let record = &self.network.lanes[lane as usize];
        if record.is_internal {
            return if record.links.is_empty() {
                NONE
            } else {
                record.links.start
            };
        }
        self.plans[mover.plan as usize].link(self.network, step as usize, lane)
    }

    /// The next halt of a mover.
    pub(super) fn halt(&self, mover: &Mover) -> Option<&Stop> {
        self.halts
            .get(mover.id as usize)
            .and_then(|stops| stops.get(usize::from(mover.halts_done)))
    }
}
