//! Lane changing: for the way ahead, to let others in, to go faster, and back to the outer lane.
//!
//! In goes an edge after everyone has moved; its vehicles change lanes, the foremost first, each at most once a step and
//! only into gaps that are safe for it and for who comes behind. Who has to change and cannot asks the other to make
//! room. Edges do not touch one another here, so that they may be worked on at once.
//!
//! Source of the motives and thresholds: J. Erdmann, "SUMO's Lane-Changing Model", in: Modeling Mobility with Open Data
//! (2015), sections 3.1 to 3.4.

use super::block::Block;
use super::following::{Brake, Habit, brake_gap_m, follow_speed_mps, secure_gap_m, stop_speed_mps};
use super::look::STANDING_MPS;
use super::mover::{LaneEnds, Mover, Side};
use super::room::put;
use super::view::View;
use super::way::Walk;
use crate::sumo::{LANES_MAX, NONE};

/// Seconds of driving in which a change for the way has to be begun, to the right and to the left.
const AHEAD_S: [f64; 2] = [10.0, 20.0];
/// Nobody plans as if slower than this.
const LOOK_MPS_MIN: f64 = 5.0;
/// How much of its idea of its own speed a driver keeps when slowing down.
const LOOK_MEMORY: f64 = 0.9;
/// Those within this distance ahead of blue lights leave their lane.
const BLUE_LIGHT_M: f64 = 60.0;
/// Gain at which one changes to the left, and loss at which one changes to the right.
const LEFT_GAIN: f64 = 0.2;
const RIGHT_GAIN: f64 = 2.0;
/// A faster lane has to be of use for so many seconds.
const WORTH_S: f64 = 20.0;
/// Gains are told in shares of a speed of at least this.
const GAIN_MPS_MIN: f64 = 10.0;
/// An empty lane to the right is taken after so many seconds.
const KEEP_RIGHT_S: f64 = 5.0;
/// And counts as empty if one can drive on it for so many seconds.
const EMPTY_S: f64 = 7.0;

/// A neighbour: how far, how fast, and what it can do.
#[derive(Clone, Copy, Debug)]
struct Neighbour {
    /// Bumper to bumper, less the gap that the follower of the two keeps.
    gap_m: f64,
    speed_mps: f64,
    /// What it has become faster by in its last step.
    gained_mps: f64,
    kind: u16,
}

/// Where its vehicles want to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    None,
    /// Better, but not needed.
    Gain,
    /// Needed for the way ahead.
    Way,
}

/// Changes of all streets of a block; lanes that somebody has changed from or to are listed as they are then.
pub(super) fn block(view: &View, block: &mut Block, changed: &mut Vec<(u32, LaneEnds)>) {
    changed.clear();
    if block.is_empty() {
        return;
    }
    for street in 0..block.wide_streets.len() {
        let places = block.wide_streets[street].clone();
        let (at, count) = (usize::from(places.start), places.len());
        if block.range(at).start == block.range(at + count - 1).end {
            continue;
        }
        let first_lane = block.first_lane + at as u32;
        let mut changer = Changer {
            view,
            block,
            at,
            count,
            first_lane,
            next: [0; LANES_MAX],
            has_changed: false,
        };
        changer.street();
        if changer.has_changed {
            let ends = |place| LaneEnds::of(block.lane(at + place), view.habits);
            for place in 0..count {
                put(changed, (first_lane + place as u32, ends(place)));
            }
        }
    }
}

/// One street.
struct Changer<'a> {
    view: &'a View<'a>,
    block: &'a mut Block,
    /// Place of its first lane in the block.
    at: usize,
    count: usize,
    first_lane: u32,
    /// The next of each lane to decide; whoever is before it has.
    next: [u32; LANES_MAX],
    has_changed: bool,
}

/// Who decides, and what it knows so far.
struct Decider<'a> {
    mover: &'a Mover,
    lane: usize,
    gain: f32,
    keep_right: f32,
    /// The one ahead on its own lane and how fast it could go there, once it has looked.
    has_looked: bool,
    here_mps: f64,
    /// Its next halt, if that is on this street.
    halt_m: Option<f64>,
}

/// What somebody does about its lane.
enum Decision {
    Stays,
    ChangesTo(usize),
    /// Has to change to a lane where there is no gap, behind this leader; or in front of somebody.
    Asks {
        target: usize,
        leader: Option<Neighbour>,
        follower_blocks: bool,
    },
}

impl Changer<'_> {
    fn movers(&self, lane: usize) -> &[Mover] {
        self.block.lane(self.at + lane)
    }

    fn street(&mut self) {
        loop {
            let mut foremost: Option<(f64, usize)> = None;
            for lane in 0..self.count {
                if let Some(mover) = self.movers(lane).get(self.next[lane] as usize)
                    && foremost.is_none_or(|best| mover.at_m > best.0)
                {
                    foremost = Some((mover.at_m, lane));
                }
            }
            let Some((_, lane)) = foremost else {
                return;
            };
            let rank = self.next[lane] as usize;
            match self.target(lane) {
                Some(target) => {
                    self.block
                        .change((self.at + lane, rank), (self.at + target, self.next[target] as usize));
                    let index = self.block.range(self.at + target).start + self.next[target] as usize;
                    let (ways, habits) = (&self.view.ways, self.view.habits);
                    let mover = self.block.mover_mut(index);
                    mover.gain = 0.0;
                    mover.keep_right = 0.0;
                    mover.look_mps = LOOK_MPS_MIN as f32;
                    mover.changes = mover.changes.saturating_add(1);
                    ways.settle(
                        mover,
                        self.first_lane + target as u32,
                        habits[usize::from(mover.kind)].class,
                    );
                    self.next[target] += 1;
                    self.has_changed = true;
                }
                None => self.next[lane] += 1,
            }
        }
    }

    /// The lane that the next of `lane` changes to now.
    fn target(&mut self, lane: usize) -> Option<usize> {
        let index = self.block.range(self.at + lane).start + self.next[lane] as usize;
        let mover = self.block.mover_mut(index);
        if mover.halt_left_s >= 0.0 {
            return None;
        }
        let speed_mps = mover.speed_mps as f32;
        mover.look_mps = match speed_mps > mover.look_mps {
            true => speed_mps,
            false => {
                (LOOK_MEMORY as f32 * mover.look_mps + (1.0 - LOOK_MEMORY as f32) * speed_mps).max(LOOK_MPS_MIN as f32)
            }
        };
        let (decision, gain, keep_right) = self.decide(lane, self.block.mover(index));
        let mover = self.block.mover_mut(index);
        (mover.gain, mover.keep_right) = (gain, keep_right);
        match decision {
            Decision::Stays => None,
            Decision::ChangesTo(target) => Some(target),
            Decision::Asks {
                target,
                leader,
                follower_blocks,
            } => {
                self.ask(index, target, leader, follower_blocks);
                None
            }
        }
    }

    /// What the next of `lane` does, and what it remembers of chances to go faster and of an empty lane to the right.
    fn decide(&self, lane: usize, mover: &Mover) -> (Decision, f32, f32) {
        let view = self.view;
        let habit = view.habit(mover);
        let edge = view.network.lanes[self.first_lane as usize].edge;
        let mut decider = Decider {
            mover,
            lane,
            gain: mover.gain,
            keep_right: mover.keep_right,
            has_looked: false,
            here_mps: 0.0,
            halt_m: view
                .halt(mover)
                .filter(|halt| view.network.lanes[halt.lane as usize].edge == edge)
                .map(|halt| halt.at_m),
        };
        let is_chased = view.has_blue_lights && !habit.has_blue_light && self.is_chased(mover, lane);
        let mut decision = Decision::Stays;
        for (side, target) in [(Side::Right, lane.wrapping_sub(1)), (Side::Left, lane + 1)] {
            if target >= self.count || !view.network.allows(self.first_lane as usize + target, habit.class) {
                continue;
            }
            let mut wish = self.wish(&mut decider, side, target);
            // Nobody makes way on a lane that does not lead on: coming back, it would be in the way of all.
            if is_chased && wish == Wish::None && mover.offset(side) == 0 {
                wish = Wish::Gain;
            }
            let runs_in_front = || view.has_blue_lights && wish != Wish::Way && self.is_chased(mover, target);
            if wish == Wish::None || runs_in_front() {
                continue;
            }
            let tau_s = |habit: &Habit| match wish {
                Wish::Way => habit.squeezed_tau_s,
                _ => habit.tau_s,
            };
            let leader = self.leader(mover, target, side);
            let leader_blocks = leader.is_some_and(|leader| {
                leader.gap_m
                    < secure_gap_m(
                        habit,
                        tau_s(habit),
                        mover.speed_mps + f64::from(mover.gained_mps).max(0.0),
                        (leader.speed_mps + leader.gained_mps.min(0.0)).max(0.0),
                        self.brake(&leader),
                    )
            });
            let follower_blocks = self.follower(mover, target).is_some_and(|follower| {
                let theirs = &view.habits[usize::from(follower.kind)];
                follower.gap_m
                    < secure_gap_m(
                        theirs,
                        tau_s(theirs),
                        follower.speed_mps + follower.gained_mps.max(0.0),
                        (mover.speed_mps + f64::from(mover.gained_mps).min(0.0)).max(0.0),
                        &habit.brake,
                    )
            });
            if !leader_blocks && !follower_blocks {
                decision = Decision::ChangesTo(target);
                break;
            }
            if wish == Wish::Way {
                decision = Decision::Asks {
                    target,
                    leader,
                    follower_blocks,
                };
                break;
            }
        }
        (decision, decider.gain, decider.keep_right)
    }

    /// Whether somebody with blue lights comes near from behind on a lane of this street.
    fn is_chased(&self, mover: &Mover, lane: usize) -> bool {
        self.movers(lane)[self.next[lane] as usize..]
            .iter()
            .take_while(|other| other.at_m > mover.at_m - BLUE_LIGHT_M)
            .any(|other| other.id != mover.id && other.has_way(self.view.habit(other)))
    }

    fn brake(&self, neighbour: &Neighbour) -> &Brake {
        &self.view.habits[usize::from(neighbour.kind)].brake
    }

    /// The one ahead on a lane of this street, or beyond its end on the way of `mover`.
    fn leader(&self, mover: &Mover, lane: usize, side: Side) -> Option<Neighbour> {
        let (view, rank) = (self.view, self.next[lane] as usize);
        let habit = view.habit(mover);
        if rank > 0 {
            let other = &self.movers(lane)[rank - 1];
            return Some(Neighbour {
                gap_m: other.at_m - view.habit(other).length_m - mover.at_m - habit.gap_m_min,
                speed_mps: other.speed_mps,
                gained_mps: f64::from(other.gained_mps),
                kind: other.kind,
            });
        }
        let lane = self.first_lane + lane as u32;
        let tail = &view.tails[lane as usize];
        if tail.id != NONE && tail.back_m > mover.at_m - habit.length_m {
            return Some(Neighbour {
                gap_m: tail.back_m - mover.at_m - habit.gap_m_min,
                speed_mps: tail.speed_mps,
                gained_mps: 0.0,
                kind: mover.kind,
            });
        }
        let reach_m = 2.0 * brake_gap_m(mover.speed_mps, &habit.brake, habit.tau_s) + 20.0;
        let mut ahead_m = view.network.lanes[lane as usize].length_m - mover.at_m;
        if ahead_m >= reach_m {
            return None;
        }
        let mut walk = match side {
            Side::Own => Walk::new(mover, lane, habit.class),
            _ => Walk::beside(&view.ways, mover, lane, habit.class),
        };
        while ahead_m < reach_m && walk.link != NONE {
            walk.go(&view.ways);
            let ends = &view.ends[walk.lane as usize];
            if !ends.is_empty() {
                return Some(Neighbour {
                    gap_m: ahead_m + ends.tail_m - habit.gap_m_min,
                    speed_mps: f64::from(ends.tail_mps),
                    gained_mps: 0.0,
                    kind: ends.tail_kind,
                });
            }
            ahead_m += view.network.lanes[walk.lane as usize].length_m;
        }
        None
    }

    /// The one behind on a lane of this street, or on the lanes that lead to it.
    fn follower(&self, mover: &Mover, lane: usize) -> Option<Neighbour> {
        let view = self.view;
        let back_m = mover.at_m - view.habit(mover).length_m;
        if let Some(other) = self.movers(lane).get(self.next[lane] as usize) {
            return Some(Neighbour {
                gap_m: back_m - other.at_m - view.habit(other).gap_m_min,
                speed_mps: other.speed_mps,
                gained_mps: f64::from(other.gained_mps),
                kind: other.kind,
            });
        }
        // Two lanes back: one inside the junction, and the street before it.
        const BACK_M: f64 = 60.0;
        let mut nearest: Option<Neighbour> = None;
        if back_m >= BACK_M {
            return nearest;
        }
        let mut consider = |lane: u32, behind_m: f64| {
            let ends = &view.ends[lane as usize];
            if ends.is_empty() {
                return false;
            }
            let gap_m_min = view.habits[usize::from(ends.front_kind)].gap_m_min;
            let gap_m = behind_m + view.network.lanes[lane as usize].length_m - ends.front_m - gap_m_min;
            if nearest.is_none_or(|nearest| gap_m < nearest.gap_m) {
                nearest = Some(Neighbour {
                    gap_m,
                    speed_mps: f64::from(ends.front_mps),
                    gained_mps: 0.0,
                    kind: ends.front_kind,
                });
            }
            true
        };
        let incoming = |lane: u32| {
            let range = view.network.lanes[lane as usize].incoming.clone();
            &view.network.incoming[range.start as usize..range.end as usize]
        };
        for &inside in incoming(self.first_lane + lane as u32) {
            let has_somebody = consider(inside, back_m);
            if !has_somebody && view.network.lanes[inside as usize].is_internal {
                let behind_m = back_m + view.network.lanes[inside as usize].length_m;
                for &street in incoming(inside) {
                    // Who stands at its line does not come.
                    if view.ends[street as usize].front_mps > 0.5 {
                        consider(street, behind_m);
                    }
                }
            }
        }
        nearest
    }

    /// How fast one could go behind `leader` on a lane.
    fn possible_mps(&self, mover: &Mover, leader: Option<Neighbour>, lane: usize, side: Side) -> f64 {
        let habit = self.view.habit(mover);
        let limit_mps = self.view.limit_mps(self.first_lane + lane as u32, mover);
        match leader {
            Some(leader) => {
                let brake = self.brake(&leader);
                follow_speed_mps(habit, habit.tau_s, limit_mps, leader.gap_m, leader.speed_mps, brake)
            }
            // Where nobody is ahead, the end of what the lane is good for is.
            None => stop_speed_mps(limit_mps, mover.reach_m(side) - mover.at_m, &habit.brake, habit.tau_s),
        }
    }

    fn wish(&self, decider: &mut Decider, side: Side, target: usize) -> Wish {
        let (view, lane, mover) = (self.view, decider.lane, decider.mover);
        let habit = view.habit(mover);
        let (offset, offset_there) = (mover.offset(Side::Own), mover.offset(side));
        let is_left = side == Side::Left;
        let is_best = offset == 0;
        let is_towards = if is_left { offset > 0 } else { offset < 0 };
        let reach_m = mover.reach_m(Side::Own);
        let end_m = match decider.halt_m {
            Some(halt_m) if !is_best => halt_m.min(reach_m),
            _ => reach_m,
        };
        // Room that the vehicles of a lane take up is no room to change in.
        let gross_m = |lane: usize| f64::from(view.ends[self.first_lane as usize + lane].gross_m);
        let ahead_s = AHEAD_S[usize::from(is_left)];
        let look_m = f64::from(mover.look_mps) * ahead_s * habit.strategic + 2.0 * habit.gross_m();
        if is_towards {
            let best = (lane as i64 + i64::from(offset)).clamp(0, self.count as i64 - 1) as usize;
            let usable_m = end_m - mover.at_m - gross_m(best);
            if usable_m / f64::from(offset.unsigned_abs()) < look_m {
                return Wish::Way;
            }
        }
        let there_m = mover.reach_m(side) - mover.at_m - gross_m(lane).max(gross_m(target));
        let is_late = |changes: f64| there_m < look_m * changes;
        let comes_too_late = !is_towards && offset_there != 0 && is_late(f64::from(offset_there.unsigned_abs()) + 1.0);
        if comes_too_late || (is_best && !is_towards && is_late(0.5)) {
            // One would not come back in time.
            decider.decay(is_left);
            return Wish::None;
        }
        if !decider.has_looked {
            let ahead = self.leader(mover, lane, Side::Own);
            decider.has_looked = true;
            decider.here_mps = self.possible_mps(mover, ahead, lane, Side::Own);
        }
        let here_mps = decider.here_mps;
        let limit_there_mps = view.limit_mps(self.first_lane + target as u32, mover);
        if is_left && decider.gain <= 0.0 && here_mps >= limit_there_mps {
            // Nothing is gained on the left, whoever is there.
            return Wish::None;
        }
        let leader_there = self.leader(mover, target, side);
        let there_mps = self.possible_mps(mover, leader_there, target, side);
        let gain = (there_mps - here_mps) / there_mps.max(GAIN_MPS_MIN);
        let step_s = view.step_s;
        let is_worth = there_m > WORTH_S * mover.speed_mps.max(0.1);
        if is_left {
            if here_mps > there_mps {
                if decider.gain > 0.0 {
                    decider.gain *= 0.5;
                }
            } else if here_mps == there_mps {
                decider.gain *= if decider.gain > 0.0 { 0.8 } else { 1.0 };
            } else {
                decider.gain += (step_s * gain * habit.speed_gain) as f32;
            }
            if f64::from(decider.gain) > LEFT_GAIN && gain > 1e-3 && is_worth {
                return Wish::Gain;
            }
            return Wish::None;
        }
        if here_mps - 5.0 / 3.6 > there_mps {
            if decider.gain < 0.0 {
                decider.gain *= 0.5;
            }
        } else {
            // That the right is bad is no reason to go left.
            if decider.gain < 0.0 || gain > 0.0 {
                decider.gain -= (step_s * gain * habit.speed_gain) as f32;
            }
            let limit_mps = limit_there_mps;
            let wanted_s = EMPTY_S * mover.speed_mps.max(1.0) / limit_mps.max(1.0);
            let wanted_s = wanted_s.max(EMPTY_S * 0.5);
            let mut empty_s = (there_m / limit_mps.max(1.0)).clamp(0.0, wanted_s);
            if let Some(leader) = leader_there
                && leader.speed_mps < limit_mps
            {
                let secure_m = secure_gap_m(habit, habit.tau_s, limit_mps, leader.speed_mps, self.brake(&leader));
                let gap_m = (leader.gap_m - secure_m).max(0.0);
                empty_s = empty_s.min(gap_m / (limit_mps - leader.speed_mps).max(0.1));
            }
            decider.keep_right -= (step_s * RIGHT_GAIN * (empty_s / wanted_s) / KEEP_RIGHT_S * habit.keep_right) as f32;
        }
        if f64::from(decider.keep_right) < -RIGHT_GAIN || (f64::from(decider.gain) < -RIGHT_GAIN && is_worth) {
            return Wish::Gain;
        }
        Wish::None
    }

    /// Who has to change and cannot: the one behind in the other lane makes room, and one falls back behind the one ahead.
    fn ask(&mut self, index: usize, target: usize, leader: Option<Neighbour>, follower_blocks: bool) {
        let view = self.view;
        let mover = *self.block.mover(index);
        let habit = view.habit(&mover);
        // Who is beside goes by; the first who is wholly behind makes room.
        let back_m = mover.at_m - habit.length_m;
        if follower_blocks {
            let behind = |other: &Mover| other.at_m + view.habit(other).gap_m_min <= back_m;
            let undecided = &self.movers(target)[self.next[target] as usize..];
            if let Some(place) = undecided.iter().position(behind) {
                let other = self.block.range(self.at + target).start + self.next[target] as usize + place;
                let other = self.block.mover_mut(other);
                let theirs = view.habit(other);
                if theirs.is_cooperative {
                    let gap_m = back_m - other.at_m - theirs.gap_m_min;
                    let follow_mps = follow_speed_mps(
                        theirs,
                        theirs.tau_s,
                        f64::INFINITY,
                        gap_m.max(0.0),
                        mover.speed_mps,
                        &habit.brake,
                    );
                    let helpful_mps = follow_mps.max(theirs.slowest_mps(other.speed_mps));
                    other.advice_mps = other.advice_mps.min(helpful_mps as f32);
                }
            }
        }
        // One falls back behind who moves; beside somebody who stands one would wait for ever, and drives on.
        if let Some(leader) = leader
            && (leader.gap_m >= 0.0 || leader.speed_mps > STANDING_MPS)
        {
            let follow_mps = follow_speed_mps(
                habit,
                habit.tau_s,
                f64::INFINITY,
                leader.gap_m.max(0.0),
                leader.speed_mps,
                self.brake(&leader),
            );
            let gentle_mps = follow_mps.max(habit.slowest_mps(mover.speed_mps));
            let own = self.block.mover_mut(index);
            own.advice_mps = own.advice_mps.min(gentle_mps as f32);
        }
    }
}

impl Decider<'_> {
    /// A wish that cannot be followed fades.
    fn decay(&mut self, is_left: bool) {
        if is_left && self.gain > 0.0 {
            self.gain *= 0.5;
        }
        if !is_left {
            self.keep_right = 0.0;
            if self.gain < 0.0 {
                self.gain *= 0.5;
            }
        }
    }
}
