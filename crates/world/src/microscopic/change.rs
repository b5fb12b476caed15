//! Lane changing: for the way ahead, to let others in, to go faster, and back to the outer lane.
//!
//! In goes an edge after everyone has moved; its vehicles change lanes, the foremost first, each at most once a step and
//! only into gaps that are safe for it and for who comes behind. Who has to change and cannot asks the other to make
//! room. Edges do not touch one another here, so that they may be worked on at once.
//!
//! Source of the motives and thresholds: J. Erdmann, "SUMO's Lane-Changing Model", in: Modeling Mobility with Open Data
//! (2015), sections 3.1 to 3.4.

use super::following::{Habit, brake_gap_m, follow_speed_mps, stop_speed_mps};
use super::mover::{Block, LaneEnds, LaneState, Mover, View};
use crate::sumo::NONE;

/// Seconds of driving in which a change for the way has to be begun, to the right and to the left.
const AHEAD_S: [f64; 2] = [10.0, 20.0];
/// Nobody plans as if slower than this.
const LOOK_MPS_MIN: f64 = 5.0;
/// How much of its idea of its own speed a driver keeps when slowing down.
const LOOK_MEMORY: f64 = 0.9;
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
    decel_mps2: f64,
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

/// Changes of all edges of a block.
pub(super) fn block(view: &View, ends: &[LaneEnds], block: &mut Block, first_lane: u32) {
    let mut at = 0;
    while at < block.lanes.len() {
        let edge = &view.network.edges[view.network.lanes[first_lane as usize + at].edge as usize];
        let count = edge.lane_count as usize;
        if count > 1 && !edge.is_internal {
            let lanes = &mut block.lanes[at..at + count];
            if lanes.iter().any(|lane| !lane.movers.is_empty()) {
                Changer {
                    view,
                    ends,
                    first_lane: first_lane + at as u32,
                }
                .edge(lanes);
            }
        }
        at += count.max(1);
    }
}

struct Changer<'a> {
    view: &'a View<'a>,
    ends: &'a [LaneEnds],
    first_lane: u32,
}

/// Lanes of one edge, at most; wider streets do not exist, and further lanes of a file do not change.
const LANES_MAX: usize = 16;

impl Changer<'_> {
    fn edge(&self, lanes: &mut [LaneState]) {
        // The next of each lane to decide; whoever is before it has.
        let mut next = [0_usize; LANES_MAX];
        let count = lanes.len().min(LANES_MAX);
        loop {
            let foremost = (0..count)
                .filter_map(|lane| lanes[lane].movers.get(next[lane]).map(|mover| (mover.at_m, lane)))
                .fold(None, |best: Option<(f64, usize)>, one| match best {
                    Some(best) if best.0 >= one.0 => Some(best),
                    _ => Some(one),
                });
            let Some((_, lane)) = foremost else {
                return;
            };
            match self.target(lanes, lane, &next) {
                Some(target) => {
                    let mut mover = lanes[lane].movers.remove(next[lane]);
                    mover.gain = 0.0;
                    mover.keep_right = 0.0;
                    mover.look_mps = LOOK_MPS_MIN as f32;
                    mover.changes = mover.changes.saturating_add(1);
                    lanes[target].movers.insert(next[target], mover);
                    next[target] += 1;
                }
                None => next[lane] += 1,
            }
        }
    }

    /// The lane that the next of `lane` changes to now.
    fn target(&self, lanes: &mut [LaneState], lane: usize, next: &[usize; LANES_MAX]) -> Option<usize> {
        let view = self.view;
        let rank = next[lane];
        let mover = &mut lanes[lane].movers[rank];
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
        let edge = view.network.lanes[self.first_lane as usize].edge;
        let mover = Looked {
            halt_m: view
                .halt(mover)
                .filter(|halt| view.network.lanes[halt.lane as usize].edge == edge)
                .map(|halt| halt.at_m),
            ..mover.clone_for_look()
        };
        let class = view.kinds[usize::from(mover.kind)].class;
        let mut memory = (mover.gain, mover.keep_right);
        let mut chosen = None;
        for (direction, is_there) in [(-1_i64, lane > 0), (1, lane + 1 < lanes.len().min(LANES_MAX))] {
            if !is_there {
                continue;
            }
            let target = (lane as i64 + direction) as usize;
            if !view.network.allows(self.first_lane as usize + target, class) {
                continue;
            }
            let wish = self.wish(lanes, &mover, lane, target, next, &mut memory);
            if wish == Wish::None {
                continue;
            }
            let leader = self.leader(lanes, &mover, target, next[target]);
            let follower = self.follower(lanes, &mover, target, next[target]);
            let habit = &view.habits[usize::from(mover.kind)];
            let leader_blocks = leader.is_some_and(|leader| {
                leader.gap_m
                    < secure_gap_m(
                        habit,
                        mover.speed_mps + mover.gained_mps.max(0.0),
                        (leader.speed_mps + leader.gained_mps.min(0.0)).max(0.0),
                        leader.decel_mps2,
                        view.step_s,
                    )
            });
            let follower_blocks = follower.is_some_and(|(follower, kind)| {
                let other = &view.habits[kind];
                follower.gap_m
                    < secure_gap_m(
                        other,
                        follower.speed_mps + follower.gained_mps.max(0.0),
                        (mover.speed_mps + mover.gained_mps.min(0.0)).max(0.0),
                        habit.decel_mps2,
                        view.step_s,
                    )
            });
            if !leader_blocks && !follower_blocks {
                chosen = Some(target);
                break;
            }
            if wish == Wish::Way {
                self.ask(
                    lanes,
                    &mover,
                    (lane, rank),
                    (target, next[target]),
                    leader,
                    follower_blocks,
                );
                break;
            }
        }
        let mover = &mut lanes[lane].movers[rank];
        (mover.gain, mover.keep_right) = memory;
        chosen
    }

    /// The one ahead on a lane of this edge, or beyond its end on the way of `mover`.
    fn leader(&self, lanes: &[LaneState], mover: &Looked, lane: usize, rank: usize) -> Option<Neighbour> {
        let view = self.view;
        let habit = &view.habits[usize::from(mover.kind)];
        if rank > 0 {
            let other = &lanes[lane].movers[rank - 1];
            let kind = &view.habits[usize::from(other.kind)];
            return Some(Neighbour {
                gap_m: other.at_m - kind.length_m - mover.at_m - habit.gap_m_min,
                speed_mps: other.speed_mps,
                gained_mps: f64::from(other.gained_mps),
                decel_mps2: kind.decel_mps2,
            });
        }
        let mut lane = self.first_lane + lane as u32;
        let tail = &view.tails[lane as usize];
        let mut nearest = (tail.id != NONE && tail.back_m > mover.at_m - habit.length_m).then_some(Neighbour {
            gap_m: tail.back_m - mover.at_m - habit.gap_m_min,
            speed_mps: tail.speed_mps,
            gained_mps: 0.0,
            decel_mps2: habit.decel_mps2,
        });
        let reach_m = 2.0 * brake_gap_m(mover.speed_mps, habit.decel_mps2, habit.tau_s, view.step_s) + 20.0;
        let mut ahead_m = view.network.lanes[lane as usize].length_m - mover.at_m;
        let mut step = mover.step;
        while ahead_m < reach_m && nearest.is_none() {
            let plan = &view.plans[mover.plan as usize];
            let record = &view.network.lanes[lane as usize];
            if !record.is_internal && step as usize + 1 >= plan.edges.len() {
                break;
            }
            let link = match record.is_internal {
                true if record.links.is_empty() => NONE,
                true => record.links.start,
                false => plan.link(view.network, step as usize, lane),
            };
            if link == NONE {
                break;
            }
            lane = view.network.links[link as usize].next;
            let record = &view.network.lanes[lane as usize];
            step += u32::from(!record.is_internal);
            let ends = &self.ends[lane as usize];
            if ends.count > 0 {
                nearest = Some(Neighbour {
                    gap_m: ahead_m + ends.tail_m - habit.gap_m_min,
                    speed_mps: ends.tail_mps,
                    gained_mps: 0.0,
                    decel_mps2: view.habits[usize::from(ends.tail_kind)].decel_mps2,
                });
            }
            ahead_m += record.length_m;
        }
        nearest
    }

    /// The one behind on a lane of this edge, or on the lanes that lead to it; with its kind.
    fn follower(&self, lanes: &[LaneState], mover: &Looked, lane: usize, rank: usize) -> Option<(Neighbour, usize)> {
        let view = self.view;
        let back_m = mover.at_m - view.habits[usize::from(mover.kind)].length_m;
        if let Some(other) = lanes[lane].movers.get(rank) {
            let kind = &view.habits[usize::from(other.kind)];
            let neighbour = Neighbour {
                gap_m: back_m - other.at_m - kind.gap_m_min,
                speed_mps: other.speed_mps,
                gained_mps: f64::from(other.gained_mps),
                decel_mps2: kind.decel_mps2,
            };
            return Some((neighbour, usize::from(other.kind)));
        }
        // Two lanes back: one inside the junction, and the street before it.
        let mut nearest: Option<(Neighbour, usize)> = None;
        let mut consider = |lane: u32, behind_m: f64| {
            let ends = &self.ends[lane as usize];
            if ends.count == 0 {
                return false;
            }
            let kind = &view.habits[usize::from(ends.front_kind)];
            let gap_m = behind_m + view.network.lanes[lane as usize].length_m - ends.front_m - kind.gap_m_min;
            if nearest.is_none_or(|nearest| gap_m < nearest.0.gap_m) {
                let neighbour = Neighbour {
                    gap_m,
                    speed_mps: ends.front_mps,
                    gained_mps: 0.0,
                    decel_mps2: kind.decel_mps2,
                };
                nearest = Some((neighbour, usize::from(ends.front_kind)));
            }
            true
        };
        const BACK_M: f64 = 60.0;
        if back_m < BACK_M {
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
                        if self.ends[street as usize].front_mps > 0.5 {
                            consider(street, behind_m);
                        }
                    }
                }
            }
        }
        nearest
    }

    fn wish(
        &self,
        lanes: &[LaneState],
        mover: &Looked,
        lane: usize,
        target: usize,
        next: &[usize; LANES_MAX],
        memory: &mut (f32, f32),
    ) -> Wish {
        let view = self.view;
        let (habit, kind) = (
            &view.habits[usize::from(mover.kind)],
            &view.kinds[usize::from(mover.kind)],
        );
        let plan = &view.plans[mover.plan as usize];
        let step = mover.step as usize;
        let here = plan.lane(view.network, step, self.first_lane + lane as u32);
        let there = plan.lane(view.network, step, self.first_lane + target as u32);
        let is_left = target > lane;
        let is_best = here.offset == 0;
        let is_towards = if is_left { here.offset > 0 } else { here.offset < 0 };
        let end_m = match mover.halt_m {
            Some(halt_m) if !is_best => halt_m.min(f64::from(here.reach_m)),
            _ => f64::from(here.reach_m),
        };
        let best = (lane as i64 + i64::from(here.offset)).clamp(0, lanes.len() as i64 - 1) as usize;
        // Room that the vehicles of a lane take up is no room to change in.
        let gross_m = |lane: usize| f64::from(self.ends[self.first_lane as usize + lane].gross_m);
        let usable_m = end_m - mover.at_m - gross_m(best);
        let ahead_s = AHEAD_S[usize::from(is_left)];
        let look_m = f64::from(mover.look_mps) * ahead_s * kind.strategic + 2.0 * (habit.length_m + habit.gap_m_min);
        if is_towards && usable_m / f64::from(here.offset.unsigned_abs()) < look_m {
            return Wish::Way;
        }
        let there_m = f64::from(there.reach_m) - mover.at_m - gross_m(lane).max(gross_m(target));
        if !is_towards && there.offset != 0 && there_m / (f64::from(there.offset.unsigned_abs()) + 1.0) < look_m {
            // One would not come back in time.
            decay(memory, is_left);
            return Wish::None;
        }
        if is_best && !is_towards && there_m * 2.0 < look_m {
            decay(memory, is_left);
            return Wish::None;
        }
        let limit = |lane: usize| {
            let record = &view.network.lanes[self.first_lane as usize + lane];
            (record.speed_mps * f64::from(mover.factor)).min(habit.speed_mps_max)
        };
        let possible = |leader: Option<Neighbour>, limit_mps: f64, reach_m: f32| match leader {
            Some(leader) => {
                follow_speed_mps(habit, leader.gap_m, leader.speed_mps, leader.decel_mps2, view.step_s).min(limit_mps)
            }
            // Where nobody is ahead, the end of what the lane is good for is.
            None => {
                let dist_m = f64::from(reach_m) - mover.at_m;
                stop_speed_mps(dist_m, habit.decel_mps2, habit.tau_s, view.step_s).min(limit_mps)
            }
        };
        let leader_there = self.leader(lanes, mover, target, next[target]);
        let here_mps = possible(self.leader(lanes, mover, lane, next[lane]), limit(lane), here.reach_m);
        let there_mps = possible(leader_there, limit(target), there.reach_m);
        let gain = (there_mps - here_mps) / there_mps.max(GAIN_MPS_MIN);
        let step_s = view.step_s;
        let (gained, kept) = memory;
        let is_worth = there_m / mover.speed_mps.max(0.1) > WORTH_S;
        if is_left {
            if here_mps > there_mps {
                if *gained > 0.0 {
                    *gained *= 0.5;
                }
            } else if here_mps == there_mps {
                *gained *= if *gained > 0.0 { 0.8 } else { 1.0 };
            } else {
                *gained += (step_s * gain * kind.speed_gain) as f32;
            }
            if f64::from(*gained) > LEFT_GAIN && gain > 1e-3 && is_worth {
                return Wish::Gain;
            }
            return Wish::None;
        }
        if here_mps - 5.0 / 3.6 > there_mps {
            if *gained < 0.0 {
                *gained *= 0.5;
            }
        } else {
            // That the right is bad is no reason to go left.
            if *gained < 0.0 || gain > 0.0 {
                *gained -= (step_s * gain * kind.speed_gain) as f32;
            }
            let limit_mps = limit(target);
            let wanted_s = EMPTY_S * mover.speed_mps.max(1.0) / limit_mps.max(1.0);
            let wanted_s = wanted_s.max(EMPTY_S * 0.5);
            let mut empty_s = (there_m / limit_mps.max(1.0)).clamp(0.0, wanted_s);
            if let Some(leader) = leader_there
                && leader.speed_mps < limit_mps
            {
                let secure_m = secure_gap_m(habit, limit_mps, leader.speed_mps, leader.decel_mps2, step_s);
                let gap_m = (leader.gap_m - secure_m).max(0.0);
                empty_s = empty_s.min(gap_m / (limit_mps - leader.speed_mps).max(0.1));
            }
            *kept -= (step_s * RIGHT_GAIN * (empty_s / wanted_s) / KEEP_RIGHT_S * kind.keep_right) as f32;
        }
        if f64::from(*kept) < -RIGHT_GAIN || (f64::from(*gained) < -RIGHT_GAIN && is_worth) {
            return Wish::Gain;
        }
        Wish::None
    }

    /// Who has to change and cannot: the one behind in the other lane makes room, and one falls back behind the one ahead.
    fn ask(
        &self,
        lanes: &mut [LaneState],
        mover: &Looked,
        (lane, rank): (usize, usize),
        (target, target_rank): (usize, usize),
        leader: Option<Neighbour>,
        follower_blocks: bool,
    ) {
        let view = self.view;
        let habit = &view.habits[usize::from(mover.kind)];
        let step_s = view.step_s;
        // Who is beside goes by; the first who is wholly behind makes room.
        let back_m = mover.at_m - habit.length_m;
        if follower_blocks
            && let Some(other) = lanes[target].movers[target_rank..]
                .iter_mut()
                .find(|other| other.at_m + view.habits[usize::from(other.kind)].gap_m_min <= back_m)
            && view.kinds[usize::from(other.kind)].cooperative > 0.0
        {
            let theirs = &view.habits[usize::from(other.kind)];
            let gap_m = back_m - other.at_m - theirs.gap_m_min;
            let follow_mps = follow_speed_mps(theirs, gap_m.max(0.0), mover.speed_mps, habit.decel_mps2, step_s);
            let helpful_mps = (other.speed_mps - theirs.decel_mps2 * step_s).max(0.0);
            other.advice_mps = other.advice_mps.min(follow_mps.max(helpful_mps) as f32);
        }
        // One falls back behind who moves; beside somebody who stands one would wait for ever, and drives on.
        if let Some(leader) = leader
            && (leader.gap_m >= 0.0 || leader.speed_mps > super::look::STANDING_MPS)
        {
            let follow_mps = follow_speed_mps(
                habit,
                leader.gap_m.max(0.0),
                leader.speed_mps,
                leader.decel_mps2,
                step_s,
            );
            let gentle_mps = (mover.speed_mps - habit.decel_mps2 * step_s).max(0.0);
            let own = &mut lanes[lane].movers[rank];
            own.advice_mps = own.advice_mps.min(follow_mps.max(gentle_mps) as f32);
        }
    }
}

/// What a decision needs of a vehicle, copied out of its lane.
#[derive(Clone, Copy, Debug)]
struct Looked {
    at_m: f64,
    speed_mps: f64,
    gained_mps: f64,
    plan: u32,
    step: u32,
    kind: u16,
    factor: f32,
    look_mps: f32,
    gain: f32,
    keep_right: f32,
    /// Its next halt, if that is on this edge.
    halt_m: Option<f64>,
}

impl Mover {
    fn clone_for_look(&self) -> Looked {
        Looked {
            at_m: self.at_m,
            speed_mps: self.speed_mps,
            gained_mps: f64::from(self.gained_mps),
            plan: self.plan,
            step: self.step,
            kind: self.kind,
            factor: self.factor,
            look_mps: self.look_mps,
            gain: self.gain,
            keep_right: self.keep_right,
            halt_m: None,
        }
    }
}

/// A wish that cannot be followed fades.
fn decay(memory: &mut (f32, f32), is_left: bool) {
    if is_left && memory.0 > 0.0 {
        memory.0 *= 0.5;
    }
    if !is_left {
        memory.1 = 0.0;
        if memory.0 < 0.0 {
            memory.0 *= 0.5;
        }
    }
}

/// The gap from which a follower need never brake hard.
fn secure_gap_m(follower: &Habit, speed_mps: f64, leader_mps: f64, leader_decel_mps2: f64, step_s: f64) -> f64 {
    let own_m = brake_gap_m(speed_mps, follower.decel_mps2, follower.tau_s, step_s);
    (own_m - brake_gap_m(leader_mps, leader_decel_mps2.max(follower.decel_mps2), 0.0, step_s)).max(0.0)
}
