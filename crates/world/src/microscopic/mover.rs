//! A vehicle on the road, and what others see of it.
//!
//! A vehicle is two lines of a processor's cache: what its own driving and everyone who looks at it reads, and behind it
//! what is read less often. What is told of its trip lies elsewhere.

use super::following::Habit;
use crate::sumo::NONE;

/// A vehicle on the road.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Mover {
    /// Front bumper, metres from the lane's start.
    pub at_m: f64,
    pub speed_mps: f64,
    /// What it has become faster by in its last step.
    pub gained_mps: f32,
    /// Of speed limits, the share it drives.
    pub factor: f32,
    /// Standing since, seconds.
    pub waiting_s: f32,
    /// Somebody, or its own need to change, asks for no more than this in the next step.
    pub advice_mps: f32,
    /// Number of its departure.
    pub id: u32,
    /// The link that it takes at the end of its lane; [`NONE`] where its lane does not lead on.
    pub link: u32,
    /// Where its way goes on, in the demand's joints.
    pub turn: u32,
    /// Streets of its way after the one that it is on, or left last.
    pub streets_left: u32,
    /// Its type.
    pub kind: u16,
    /// Halts that lie before it.
    pub halts_left: u16,
    /// Rest of the halt that it is at; negative while driving.
    pub halt_left_s: f32,
    /// Step at which it entered the junction it is in.
    pub entered: u32,
    /// The link that it takes at the end of the street after that; known on streets and inside the junctions after them.
    pub link_beyond: u32,
    /// A sluggish idea of its own speed, for looking ahead.
    pub look_mps: f32,
    /// What it remembers of chances to go faster on the left (positive) or right.
    pub gain: f32,
    /// What it remembers of an empty lane to the right.
    pub keep_right: f32,
    /// What the lane to the right, its own and that to the left are worth, decimetres that can be driven on them.
    pub reach_dm: [u16; 3],
    pub waits: u16,
    pub changes: u16,
    pub halts_missed: u16,
    /// Where it arrives on its last edge.
    pub arrival_m: f32,
    /// Lanes that its front has left and its tail may be on, the last first.
    pub trail: [u32; 4],
    pub waited_s: f32,
    pub halted_s: f32,
    pub time_loss_s: f32,
    pub distance_m: f32,
    /// Changes to the left (positive) or right that are needed from the lane to the right, its own and that to the left.
    pub offset: [i8; 3],
    pub manoeuvre: Manoeuvre,
}

/// Whether somebody at a halt is on its way to a place beside the lane or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Manoeuvre {
    None,
    Parks,
    Leaves,
}

/// Two lines of a cache, not a byte more.
const _: () = assert!(size_of::<Mover>() == 128);

/// Which of three lanes next to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Right = 0,
    Own = 1,
    Left = 2,
}

impl Mover {
    /// Metres from the lane's start that can be driven on a lane beside without a change.
    pub(super) fn reach_m(&self, side: Side) -> f64 {
        f64::from(self.reach_dm[side as usize]) * 0.1
    }

    /// Changes to the left (positive) or right that are needed from a lane beside.
    pub(super) fn offset(&self, side: Side) -> i8 {
        self.offset[side as usize]
    }

    /// Whether it is one that all others make way for: with blue lights, unless it has stood so long that making way does
    /// not help it and all would wait for ever.
    pub(super) fn has_way(&self, habit: &Habit) -> bool {
        const HOPELESS_S: f32 = 10.0;
        habit.has_blue_light && self.waiting_s < HOPELESS_S
    }

    /// 0 to 1: how far its patience has gone.
    pub(super) fn impatience(&self, of_kind: f64) -> f64 {
        /// Who waits so long takes any gap (SUMO's `time-to-impatience`).
        const PATIENCE_S: f64 = 180.0;
        (of_kind + f64::from(self.waiting_s) / PATIENCE_S).min(1.0)
    }
}

/// A lane in a few numbers, for those who look at it from elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneEnds {
    /// Tail of the last, metres from the lane's start; endless if nobody is there.
    pub tail_m: f64,
    /// Front of the first.
    pub front_m: f64,
    pub tail_mps: f32,
    pub front_mps: f32,
    /// Who the last is; [`NONE`] if nobody.
    pub tail_id: u32,
    pub tail_kind: u16,
    pub front_kind: u16,
    /// Lengths and least gaps of all, metres.
    pub gross_m: f32,
}

impl LaneEnds {
    pub(super) const NOBODY: LaneEnds = LaneEnds {
        tail_m: f64::INFINITY,
        front_m: f64::NEG_INFINITY,
        tail_mps: 0.0,
        front_mps: 0.0,
        tail_id: NONE,
        tail_kind: 0,
        front_kind: 0,
        gross_m: 0.0,
    };

    pub(super) fn of(movers: &[Mover], habits: &[Habit]) -> LaneEnds {
        let (Some(first), Some(last)) = (movers.first(), movers.last()) else {
            return LaneEnds::NOBODY;
        };
        let habit = |mover: &Mover| &habits[usize::from(mover.kind)];
        LaneEnds {
            tail_m: last.at_m - habit(last).length_m,
            front_m: first.at_m,
            tail_mps: last.speed_mps as f32,
            front_mps: first.speed_mps as f32,
            tail_id: last.id,
            tail_kind: last.kind,
            front_kind: first.kind,
            gross_m: movers.iter().map(|mover| habit(mover).gross_m() as f32).sum(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tail_id == NONE
    }
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
