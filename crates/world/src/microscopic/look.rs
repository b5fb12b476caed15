//! Looking ahead: what everyone could drive in the next step, link by link.
//!
//! In goes the state at the start of a step, untouched; out come, for each vehicle, [`Intent`]s along its way: how fast
//! it may go if a link lets it pass, how fast if not, and when it would be there. Whether links let it pass is decided
//! afterwards, when all intents are known.
//!
//! Rules: signals; the leader on each lane of the way; whoever is in the way inside a junction; limits that begin ahead;
//! the end of a lane that does not lead on; halts; room beyond a junction that has to be kept clear.

use super::following::{
    Habit, brake_gap_m, follow_speed_mps, free_speed_mps, idm_speed_mps, speed_after_mps, stop_speed_mps, travel_s,
};
use super::mover::{Block, LaneState, Mover, Tail, View};
use super::signal::{goes_first, is_red, is_yellow};
use crate::sumo::NONE;

/// What a vehicle would do at a link, or at the end of what it looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intent {
    /// [`NONE`]: nothing stands in the way up to here.
    pub link: u32,
    /// It means to pass.
    pub will_pass: bool,
    /// It cannot be passed now, whatever the others do.
    pub is_closed: bool,
    pub pass_mps: f64,
    pub wait_mps: f64,
    pub distance_m: f64,
    /// Seconds from now.
    pub arrival_s: f64,
    pub arrival_mps: f64,
    pub braking_mps: f64,
    pub leave_mps: f64,
}

impl Intent {
    fn free(pass_mps: f64) -> Intent {
        Intent {
            link: NONE,
            will_pass: false,
            is_closed: false,
            pass_mps,
            wait_mps: pass_mps,
            distance_m: 0.0,
            arrival_s: 0.0,
            arrival_mps: 0.0,
            braking_mps: 0.0,
            leave_mps: 0.0,
        }
    }
}

/// Slower than this is standing.
pub(super) const STANDING_MPS: f64 = 0.1;
/// Distance to a line where one waits for a signal, or need not fear anyone.
const LINE_GAP_M: f64 = 1.0;
/// And where one has to look for others.
const NEAR_M: f64 = 0.1;
/// Who has to change to the right and cannot stops so far before the lane's end: beside it somebody may wait at the end
/// who has to change to the left, and both would wait for ever.
const PASSING_M: f64 = 8.5;
/// Farther than this many seconds, a link is nobody's business yet.
const FORESIGHT_S: f64 = 12.0;
/// Room beyond a junction is looked at so long before it is reached, seconds.
const CLEAR_S: f64 = 6.0;
/// Who has stood inside a junction for so long, with somebody standing in the way, finds a way past: otherwise three who
/// wait for one another would wait for ever.
const SQUEEZE_S: f32 = 20.0;
/// Links looked at in a step, at most.
const LINKS_MAX: usize = 24;

/// All vehicles of a block look; `intents` gets theirs in order, `counts` how many each has.
pub(super) fn block(view: &View, blocks: &[Block], index: usize, first_lane: u32, out: &mut Intents) {
    out.list.clear();
    out.counts.clear();
    for (place, lane) in blocks[index].lanes.iter().enumerate() {
        for rank in 0..lane.movers.len() {
            let before = out.list.len();
            Looker {
                view,
                blocks,
                mover: &lane.movers[rank],
                habit: &view.habits[usize::from(lane.movers[rank].kind)],
            }
            .look(lane, rank, first_lane + place as u32, &mut out.list);
            out.counts.push((out.list.len() - before) as u8);
        }
    }
}

/// Intents of a block's vehicles.
#[derive(Debug, Default)]
pub(super) struct Intents {
    pub list: Vec<Intent>,
    pub counts: Vec<u8>,
}

struct Looker<'a> {
    view: &'a View<'a>,
    blocks: &'a [Block],
    mover: &'a Mover,
    habit: &'a Habit,
}

impl Looker<'_> {
    fn lane(&self, lane: u32) -> &LaneState {
        let (block, place) = self.view.places[lane as usize];
        &self.blocks[block as usize].lanes[place as usize]
    }

    fn follow_mps(&self, gap_m: f64, leader_mps: f64, leader_decel_mps2: f64) -> f64 {
        let view = self.view;
        let safe_mps = follow_speed_mps(self.habit, gap_m, leader_mps, leader_decel_mps2, view.step_s);
        if self.habit.is_idm {
            let desired_mps = self.habit.speed_mps_max;
            let wanted = idm_speed_mps(
                self.habit,
                self.mover.speed_mps,
                desired_mps,
                gap_m,
                leader_mps,
                view.step_s,
            );
            return safe_mps.min(wanted);
        }
        safe_mps
    }

    fn stop_mps(&self, gap_m: f64) -> f64 {
        stop_speed_mps(gap_m, self.habit.decel_mps2, self.view.step_s, self.view.step_s)
    }

    /// The speed that the last vehicle on `lane` allows, `start_m` metres ahead.
    fn behind_last_mps(&self, lane: u32, start_m: f64) -> f64 {
        let mut speed_mps = f64::INFINITY;
        if let Some(last) = self.lane(lane).movers.last()
            && last.id != self.mover.id
        {
            let habit = &self.view.habits[usize::from(last.kind)];
            let gap_m = start_m + last.at_m - habit.length_m - self.habit.gap_m_min;
            speed_mps = self.follow_mps(gap_m, last.speed_mps, habit.decel_mps2);
        }
        let tail = &self.view.tails[lane as usize];
        if tail.id != NONE && tail.id != self.mover.id {
            let gap_m = start_m + tail.back_m - self.habit.gap_m_min;
            speed_mps = speed_mps.min(self.follow_mps(gap_m, tail.speed_mps, self.habit.decel_mps2));
        }
        speed_mps
    }

    fn look(&self, state: &LaneState, rank: usize, lane: u32, out: &mut Vec<Intent>) {
        let (view, mover, habit) = (self.view, self.mover, self.habit);
        if mover.halt_left_s >= 0.0 {
            out.push(Intent::free(0.0));
            return;
        }
        let step_s = view.step_s;
        let fastest_mps = mover.speed_mps + habit.accel_mps2 * step_s;
        let slowest_mps = (mover.speed_mps - habit.decel_mps2 * step_s).max(0.0);
        let limit_mps = view.limit_mps(lane, mover);
        let mut v = fastest_mps.min(limit_mps).max(slowest_mps);
        if habit.is_idm {
            v = v
                .min(idm_speed_mps(
                    habit,
                    mover.speed_mps,
                    limit_mps,
                    f64::INFINITY,
                    0.0,
                    step_s,
                ))
                .max(slowest_mps);
        }
        if rank > 0 {
            let leader = &state.movers[rank - 1];
            let other = &view.habits[usize::from(leader.kind)];
            let gap_m = leader.at_m - other.length_m - mover.at_m - habit.gap_m_min;
            v = v.min(self.follow_mps(gap_m, leader.speed_mps, other.decel_mps2));
        }
        let tail = &view.tails[lane as usize];
        if tail.id != NONE && tail.back_m > mover.at_m - habit.length_m && tail.id != mover.id {
            let gap_m = tail.back_m - mover.at_m - habit.gap_m_min;
            v = v.min(self.follow_mps(gap_m, tail.speed_mps, habit.decel_mps2));
        }
        if v < 1e-6 {
            out.push(Intent::free(0.0));
            return;
        }
        let started = out.len();
        self.along(lane, v, fastest_mps, out);
        self.keep_clear(&mut out[started..], &state.movers[..rank]);
    }

    /// Goes along the way from link to link.
    fn along(&self, lane: u32, mut v: f64, fastest_mps: f64, out: &mut Vec<Intent>) {
        let (view, mover, habit) = (self.view, self.mover, self.habit);
        let network = view.network;
        let step_s = view.step_s;
        let slowest_mps = (mover.speed_mps - habit.decel_mps2 * step_s).max(0.0);
        let horizon_m = fastest_mps * step_s + brake_gap_m(fastest_mps, habit.decel_mps2, habit.tau_s, step_s);
        let brake_m = brake_gap_m(mover.speed_mps, habit.decel_mps2, 0.0, step_s);
        let plan = &view.plans[mover.plan as usize];
        let (mut lane, mut step) = (lane, mover.step);
        let mut seen_m = network.lanes[lane as usize].length_m - mover.at_m;
        let mut pass_mps = speed_after_mps(seen_m, mover.speed_mps, habit.accel_mps2).min(view.limit_mps(lane, mover));
        let mut has_slowed = false;
        let halt = view.halt(mover);
        let started = out.len();
        loop {
            let record = &network.lanes[lane as usize];
            if let Some(halt) = halt
                && network.lanes[halt.lane as usize].edge == record.edge
            {
                // Beside the halt's lane one waits at the halt for a gap to change into.
                let beside_m = if halt.lane == lane { 0.0 } else { 1.0 };
                let gap_m = seen_m - record.length_m + halt.at_m - beside_m;
                if gap_m > -1.0 {
                    v = v.min(self.stop_mps(gap_m).max(slowest_mps));
                    out.push(Intent::free(v));
                    return;
                }
            }
            if !record.is_internal && step as usize + 1 == plan.edges.len() {
                out.push(Intent::free(v));
                return;
            }
            let index = view.link(mover, step, lane);
            if index == NONE {
                let offset = plan.lane(network, step as usize, lane).offset;
                let room_m = if offset < 0 && record.length_m > 3.0 * PASSING_M {
                    PASSING_M
                } else {
                    NEAR_M
                };
                v = v.min(self.stop_mps(seen_m - room_m));
                out.push(Intent::free(v));
                return;
            }
            if seen_m > horizon_m && seen_m > FORESIGHT_S * fastest_mps {
                out.push(Intent::free(v));
                return;
            }
            let link = &network.links[index as usize];
            let letter = view.shown[index as usize];
            let must_stop = is_red(letter) || is_yellow(letter);
            let has_priority = goes_first(letter);
            let mut offset_m = match must_stop || has_priority {
                true => LINE_GAP_M,
                false => 0.0,
            };
            if seen_m >= brake_m {
                offset_m = offset_m.min(seen_m - brake_m);
            }
            let stop_m = (seen_m - offset_m.max(NEAR_M)).max(0.0);
            let mut wait_mps = v.min(self.stop_mps(stop_m));
            let leaves = link.is_inside && out.len() == started;
            let mut will_pass = (v > 1e-3 && (!has_slowed || link.is_inside)) || leaves;
            let mut is_closed = false;
            if must_stop && seen_m >= brake_m {
                out.push(Intent {
                    link: index,
                    will_pass: false,
                    is_closed: true,
                    wait_mps,
                    distance_m: seen_m,
                    ..Intent::free(v)
                });
                return;
            }
            if link.is_inside {
                let (cap_mps, is_blocked) = self.inside(lane, seen_m, out.len() == started);
                v = v.min(cap_mps);
                pass_mps = pass_mps.min(cap_mps.max(v));
                wait_mps = wait_mps.min(v);
                if is_blocked {
                    // Whoever is not inside yet waits at the line, as far back as the entry.
                    if let Some(entry) = out[started..]
                        .iter_mut()
                        .rev()
                        .find(|entry| !network.links[entry.link as usize].is_inside)
                    {
                        entry.is_closed = true;
                        entry.will_pass = false;
                    }
                    will_pass = will_pass && leaves;
                    is_closed = is_closed || (out.len() > started);
                }
            }
            let mut arrival_mps = pass_mps;
            if !has_priority
                && brake_m < seen_m
                && seen_m > link.visibility_m
                && !link.yields_to.is_empty()
                && !link.is_cont
            {
                // Slow enough to stop where the others can be seen, and then as fast as there is road left.
                let at_sight_mps = stop_speed_mps(link.visibility_m, habit.decel_mps2, 1e-3, step_s);
                arrival_mps = arrival_mps.min(speed_after_mps(link.visibility_m, at_sight_mps, habit.accel_mps2));
                has_slowed = true;
            }
            let next_limit_mps = view.limit_mps(link.next, mover);
            let braking_mps = libm::sqrt((v * v - 2.0 * habit.decel_mps2 * seen_m).max(0.0)).min(arrival_mps);
            out.push(Intent {
                link: index,
                will_pass,
                is_closed,
                pass_mps: v,
                wait_mps,
                distance_m: seen_m,
                arrival_s: travel_s(habit, seen_m, v, arrival_mps),
                arrival_mps,
                braking_mps,
                leave_mps: speed_after_mps(link.length_m, arrival_mps, habit.accel_mps2).min(next_limit_mps),
            });
            if !will_pass || v <= 0.0 || seen_m > horizon_m || out.len() - started > LINKS_MAX {
                return;
            }
            // On to the next lane.
            lane = link.next;
            let next = &network.lanes[lane as usize];
            if !next.is_internal {
                step += 1;
            }
            if next_limit_mps < v {
                v = v.min(free_speed_mps(seen_m, next_limit_mps, habit.decel_mps2, step_s).max(slowest_mps));
            }
            v = v.min(self.behind_last_mps(lane, seen_m));
            pass_mps = speed_after_mps(next.length_m, v, habit.accel_mps2).min(next_limit_mps);
            seen_m += next.length_m;
        }
    }

    /// What others inside the junction allow on `lane`, whose end is `seen_m` ahead: a speed, and whether somebody
    /// stands in the way so that one had better not enter.
    fn inside(&self, lane: u32, seen_m: f64, is_on_it: bool) -> (f64, bool) {
        let network = self.view.network;
        let record = &network.lanes[lane as usize];
        let start_m = seen_m - record.length_m;
        let (mut cap_mps, mut is_blocked) = (f64::INFINITY, false);
        for conflict in &network.conflicts[record.conflicts.start as usize..record.conflicts.end as usize] {
            let (from_m, to_m) = (start_m + conflict.from_m, start_m + conflict.to_m);
            if !conflict.is_merge && (to_m < 0.0 || (is_on_it && from_m < 0.0)) {
                continue;
            }
            let other_length_m = network.lanes[conflict.other as usize].length_m;
            let mut judge = |back_m: f64, front_m: f64, speed_mps: f64, decel_mps2: f64, entered: u32, id: u32| {
                if conflict.is_merge {
                    let foe_left_m = other_length_m - front_m;
                    // Whose front is nearer to the common end goes first.
                    if is_on_it && (seen_m, self.mover.id) < (foe_left_m, id) {
                        return;
                    }
                    let gap_m = seen_m - (other_length_m - back_m) - self.habit.gap_m_min;
                    if gap_m >= 0.0 {
                        cap_mps = cap_mps.min(self.follow_mps(gap_m, speed_mps, decel_mps2));
                    } else {
                        // Side by side: not beyond where the lanes come together.
                        cap_mps = cap_mps.min(self.stop_mps(from_m - NEAR_M));
                    }
                    return;
                }
                if back_m >= conflict.other_to_m {
                    return;
                }
                if is_on_it && speed_mps < STANDING_MPS && self.mover.waiting_s > SQUEEZE_S {
                    return;
                }
                let has_entered = front_m > conflict.other_from_m;
                if is_on_it && !has_entered {
                    let mine = (self.mover.entered, self.mover.id);
                    if conflict.goes_first || (!conflict.gives_way && mine < (entered, id)) {
                        return;
                    }
                }
                let stop_mps = self.stop_mps(from_m - NEAR_M);
                // It clears the place while this one comes nearer: a leader on the other way.
                let gap_m = from_m - (conflict.other_to_m - back_m) - self.habit.gap_m_min;
                let follow_mps = if gap_m >= 0.0 {
                    self.follow_mps(gap_m, speed_mps, decel_mps2)
                } else {
                    0.0
                };
                cap_mps = cap_mps.min(stop_mps.max(follow_mps));
                if !is_on_it && has_entered && speed_mps < STANDING_MPS {
                    is_blocked = true;
                }
            };
            for other in &self.lane(conflict.other).movers {
                let habit = &self.view.habits[usize::from(other.kind)];
                judge(
                    other.at_m - habit.length_m,
                    other.at_m,
                    other.speed_mps,
                    habit.decel_mps2,
                    other.entered,
                    other.id,
                );
            }
            let tail: &Tail = &self.view.tails[conflict.other as usize];
            if tail.id != NONE && tail.id != self.mover.id {
                judge(
                    tail.back_m,
                    other_length_m + 1.0,
                    tail.speed_mps,
                    self.habit.decel_mps2,
                    0,
                    tail.id,
                );
            }
        }
        (cap_mps, is_blocked)
    }

    /// Nobody enters a junction who would have to stop inside: the first entry without room beyond it is closed.
    /// Those `ahead` on its lane will take up room there too.
    fn keep_clear(&self, own: &mut [Intent], ahead: &[Mover]) {
        let network = self.view.network;
        let gross_m = |other: &Mover| {
            let habit = &self.view.habits[usize::from(other.kind)];
            habit.length_m + habit.gap_m_min
        };
        let mut step = self.mover.step;
        for at in 0..own.len() {
            let index = own[at].link;
            if index == NONE || own[at].arrival_s > CLEAR_S {
                return;
            }
            let link = &network.links[index as usize];
            let crosses = link.is_watched || !link.yields_to.is_empty();
            if !link.is_inside
                && link.keeps_clear
                && crosses
                && own[at].will_pass
                && !self.has_room(link.next, step, ahead.iter().map(gross_m).sum())
            {
                own[at].is_closed = true;
                own[at..].iter_mut().for_each(|intent| intent.will_pass = false);
                return;
            }
            step += u32::from(!network.lanes[link.next as usize].is_internal);
        }
    }

    /// Whether this vehicle fits behind who stands on the street that begins after `lane`, which is inside the junction.
    /// `taken_m` is for others.
    fn has_room(&self, mut lane: u32, mut step: u32, taken_m: f64) -> bool {
        let network = self.view.network;
        let needed_m = self.habit.length_m + self.habit.gap_m_min;
        let mut room_m = -taken_m;
        for _ in 0..8 {
            let record = &network.lanes[lane as usize];
            if !record.is_internal {
                step += 1;
                room_m += record.length_m;
            }
            for other in self.lane(lane).movers.iter().rev() {
                let habit = &self.view.habits[usize::from(other.kind)];
                if other.speed_mps < STANDING_MPS && !record.is_internal {
                    room_m += other.at_m - habit.length_m - record.length_m;
                    return room_m >= needed_m;
                }
                room_m -= habit.length_m + habit.gap_m_min;
            }
            if room_m >= needed_m
                || (!record.is_internal && step as usize + 1 >= self.view.plans[self.mover.plan as usize].edges.len())
            {
                return true;
            }
            let index = self.view.link(self.mover, step, lane);
            if index == NONE {
                // A change of lanes is needed before the way goes on; nobody stands so far.
                return true;
            }
            lane = network.links[index as usize].next;
        }
        true
    }
}
