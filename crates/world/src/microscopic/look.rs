//! Looking ahead: what everyone could drive in the next step, link by link.
//!
//! In goes the state at the start of a step, untouched; out come, for each vehicle, [`Intent`]s along its way: how fast
//! it may go if a link lets it pass, how fast if not, and when it would be there. Whether links let it pass is decided
//! afterwards, when all intents are known.
//!
//! Rules: signals; the leader on each lane of the way; whoever is in the way inside a junction; limits that begin ahead;
//! the end of a lane that does not lead on; halts; room beyond a junction that has to be kept clear.

use super::block::Block;
use super::following::{
    Brake, Habit, brake_gap_m, follow_speed_mps, free_speed_mps, idm_speed_mps, speed_after_mps, stop_speed_mps,
    travel_s,
};
use super::mover::{Mover, Tail};
use super::passage::Approach;
use super::room::put;
use super::signal::{goes_first, is_red, is_yellow};
use super::view::View;
use super::way::Walk;
use crate::sumo::{Following, NONE};

/// What a vehicle would do at a link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intent {
    pub link: u32,
    /// It means to pass.
    pub will_pass: bool,
    /// It cannot be passed now, whatever the others do.
    pub is_closed: bool,
    pub wait_mps: f32,
    pub distance_m: f32,
    /// Seconds from now; told, as are speeds there, only where one of two gives way.
    pub arrival_s: f32,
    pub arrival_mps: f32,
    pub braking_mps: f32,
    pub leave_mps: f32,
}

/// What a block's vehicles would do, in their order.
#[derive(Debug, Default)]
pub(super) struct Intents {
    /// How fast each goes if all links on its way let it pass.
    pub free_mps: Vec<f32>,
    /// How many links each has to ask.
    pub counts: Vec<u8>,
    pub links: Vec<Intent>,
    /// Who comes to links that others watch.
    pub approaches: Vec<Approach>,
    /// Links to whose lines somebody is near.
    pub near: Vec<u32>,
}

impl Intents {
    fn clear(&mut self) {
        self.free_mps.clear();
        self.counts.clear();
        self.links.clear();
        self.approaches.clear();
        self.near.clear();
    }

    /// Bytes it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.free_mps.capacity() * 4
            + self.counts.capacity()
            + self.links.capacity() * size_of::<Intent>()
            + self.approaches.capacity() * size_of::<Approach>()
            + self.near.capacity() * 4
    }
}

/// People brake no harder than this for more room than they need.
const CALM_MPS2: f64 = 1.5;
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
const CLEAR_S: f32 = 6.0;
/// Who has stood before a junction for so long enters it as far as it gets: streets that are full in a circle would stay full.
const CLEARING_S: f32 = 60.0;
/// Who has stood inside a junction for so long, with somebody standing in the way, finds a way past: otherwise three who
/// wait for one another would wait for ever.
const SQUEEZE_S: f32 = 20.0;
/// Who finds all places of a parking area taken waits so far before its end.
const WAITING_M: f64 = 25.0;
/// Links looked at in a step, at most.
const LINKS_MAX: usize = 24;
/// With blue lights one passes a red light no faster than this.
const BLUE_LIGHT_MPS: f64 = 5.6;
/// An actuated light's detectors lie so far before its line.
const DETECTOR_M: f32 = 30.0;

/// All vehicles of a block look.
pub(super) fn block(view: &View, blocks: &[Block], index: usize, out: &mut Intents) {
    out.clear();
    let block = &blocks[index];
    if block.is_empty() {
        return;
    }
    for place in 0..block.lane_count() {
        let movers = block.lane(place);
        for rank in 0..movers.len() {
            let before = out.links.len();
            let mover = &movers[rank];
            let looker = Looker {
                view,
                blocks,
                mover,
                habit: view.habit(mover),
            };
            let free_mps = looker.look(movers, rank, block.first_lane + place as u32, &mut out.links);
            put(&mut out.free_mps, free_mps as f32);
            put(&mut out.counts, (out.links.len() - before) as u8);
            for intent in &out.links[before..] {
                let link = &view.network.links[intent.link as usize];
                if intent.will_pass && (link.is_watched || mover.has_way(looker.habit)) {
                    let length_m = (link.length_m + looker.habit.length_m) as f32;
                    let approach = Approach::new(intent, mover, length_m, looker.habit);
                    put(&mut out.approaches, approach);
                }
                if intent.distance_m < DETECTOR_M
                    && link.light != NONE
                    && view.network.lights[link.light as usize].is_actuated
                {
                    put(&mut out.near, intent.link);
                }
            }
        }
    }
}

struct Looker<'a> {
    view: &'a View<'a>,
    blocks: &'a [Block],
    mover: &'a Mover,
    habit: &'a Habit,
}

impl Looker<'_> {
    fn lane(&self, lane: u32) -> &[Mover] {
        let (block, place) = self.view.places[lane as usize];
        self.blocks[block as usize].lane(place as usize)
    }

    /// The greatest speed, up to `most_mps`, at which one likes to follow.
    fn follow_mps(&self, most_mps: f64, gap_m: f64, leader_mps: f64, leader: &Brake) -> f64 {
        let (habit, mover) = (self.habit, self.mover);
        match habit.following {
            Following::Krauss => follow_speed_mps(habit, habit.tau_s, most_mps, gap_m, leader_mps, leader),
            Following::Idm => {
                let safe_mps = follow_speed_mps(habit, habit.tau_s, most_mps, gap_m, leader_mps, leader);
                let desired_mps = habit.speed_mps_max;
                safe_mps.min(idm_speed_mps(habit, mover.speed_mps, desired_mps, gap_m, leader_mps))
            }
            Following::Human => {
                // What one believes decides how one likes to drive; what is so, whether that is possible at all.
                let safe_mps = follow_speed_mps(habit, self.view.step_s, most_mps, gap_m, leader_mps, leader);
                safe_mps.min(self.decided_mps(|| {
                    let [gap_error, closing_error] = self.view.misjudgement(mover);
                    let believed_m = gap_m * (1.0 + habit.gap_error * gap_error).max(0.1);
                    let believed_mps = leader_mps - gap_m.max(0.0) * habit.closing_error_per_s * closing_error;
                    let liked_mps =
                        idm_speed_mps(habit, mover.speed_mps, habit.speed_mps_max, believed_m, believed_mps);
                    // A gap that is short, and not dangerous, is opened without haste.
                    liked_mps.max(mover.speed_mps - CALM_MPS2 * self.view.step_s)
                }))
            }
        }
    }

    /// What a person drives: what it decides now, or, until it decides anew, on as it has begun.
    fn decided_mps(&self, decide: impl FnOnce() -> f64) -> f64 {
        let (view, mover) = (self.view, self.mover);
        let is_due = (view.tick.wrapping_add(mover.id)).is_multiple_of(self.habit.reaction_steps);
        if is_due {
            decide()
        } else {
            (mover.speed_mps + f64::from(mover.gained_mps)).max(0.0)
        }
    }

    /// The greatest speed, up to `most_mps`, from which one stops within a gap.
    fn stop_mps(&self, most_mps: f64, gap_m: f64) -> f64 {
        stop_speed_mps(most_mps, gap_m, &self.habit.brake, self.view.step_s)
    }

    /// The speed, up to `speed_mps`, that the last vehicle on `lane` allows, `start_m` metres ahead.
    fn behind_last_mps(&self, mut speed_mps: f64, lane: u32, start_m: f64) -> f64 {
        let ends = &self.view.ends[lane as usize];
        if !ends.is_empty() && ends.tail_id != self.mover.id {
            let gap_m = start_m + ends.tail_m - self.habit.gap_m_min;
            let brake = &self.view.habits[usize::from(ends.tail_kind)].brake;
            speed_mps = self.follow_mps(speed_mps, gap_m, f64::from(ends.tail_mps), brake);
        }
        let tail = &self.view.tails[lane as usize];
        if tail.id != NONE && tail.id != self.mover.id {
            let gap_m = start_m + tail.back_m - self.habit.gap_m_min;
            speed_mps = self.follow_mps(speed_mps, gap_m, tail.speed_mps, &self.habit.brake);
        }
        speed_mps
    }

    /// The links that this one, `rank`th of `lane`, has to ask go to `out`; the speed at which it goes if all say yes is
    /// returned.
    fn look(&self, movers: &[Mover], rank: usize, lane: u32, out: &mut Vec<Intent>) -> f64 {
        let (view, mover, habit) = (self.view, self.mover, self.habit);
        if mover.halt_left_s >= 0.0 {
            return 0.0;
        }
        let slowest_mps = habit.slowest_mps(mover.speed_mps);
        let limit_mps = view.limit_mps(lane, mover);
        let mut v = habit.liked_mps(mover.speed_mps).min(limit_mps).max(slowest_mps);
        if habit.following != Following::Krauss {
            let alone_mps = idm_speed_mps(habit, mover.speed_mps, limit_mps, f64::INFINITY, 0.0);
            v = v.min(alone_mps).max(slowest_mps);
        }
        if rank > 0 {
            let leader = &movers[rank - 1];
            let other = view.habit(leader);
            let gap_m = leader.at_m - other.length_m - mover.at_m - habit.gap_m_min;
            v = self.follow_mps(v, gap_m, leader.speed_mps, &other.brake);
        }
        let tail = &view.tails[lane as usize];
        if tail.id != NONE && tail.back_m > mover.at_m - habit.length_m && tail.id != mover.id {
            let gap_m = tail.back_m - mover.at_m - habit.gap_m_min;
            v = self.follow_mps(v, gap_m, tail.speed_mps, &habit.brake);
        }
        if v < 1e-6 {
            return 0.0;
        }
        let started = out.len();
        let free_mps = self.along(lane, v, out);
        if out.len() > started {
            self.keep_clear(lane, &mut out[started..], &movers[..rank]);
        }
        free_mps
    }

    /// Goes along the way from link to link.
    fn along(&self, lane: u32, mut v: f64, out: &mut Vec<Intent>) -> f64 {
        let (view, mover, habit) = (self.view, self.mover, self.habit);
        let network = view.network;
        let fastest_mps = habit.fastest_mps(mover.speed_mps);
        let slowest_mps = habit.slowest_mps(mover.speed_mps);
        let horizon_m = fastest_mps * view.step_s + brake_gap_m(fastest_mps, &habit.brake, habit.tau_s);
        let foresight_m = horizon_m.max(FORESIGHT_S * fastest_mps);
        let mut walk = Walk::new(mover, lane, habit.class);
        let mut limit_mps = view.limit_mps(lane, mover);
        let mut seen_m = network.lanes[lane as usize].length_m - mover.at_m;
        // From here on at full acceleration: the speed at the end of the lane that the walk has come to.
        let (mut from_m, mut from_mps) = (seen_m, mover.speed_mps);
        let mut cap_mps = f64::INFINITY;
        let mut has_slowed = false;
        let halt = view.halt(mover);
        let started = out.len();
        loop {
            let record = &network.lanes[walk.lane as usize];
            if let Some(halt) = halt
                && network.lanes[halt.lane as usize].edge == record.edge
            {
                // Beside the halt's lane one waits at the halt for a gap to change into.
                let beside_m = if halt.lane == walk.lane { 0.0 } else { 1.0 };
                let gap_m = seen_m - record.length_m + halt.at_m - beside_m;
                if gap_m > 1.0 && !view.has_place(halt) {
                    // One waits before the places, so that those who leave them can.
                    return v.min(self.stop_mps(v, gap_m - WAITING_M).max(slowest_mps));
                }
                if gap_m > -1.0 {
                    return v.min(self.stop_mps(v, gap_m).max(slowest_mps));
                }
            }
            let index = walk.link;
            if index == NONE {
                if walk.is_last(&view.ways) {
                    return v;
                }
                let room_m = if record.length_m > 3.0 * PASSING_M && walk.leads_on_to_the_right(&view.ways) {
                    PASSING_M
                } else {
                    NEAR_M
                };
                return self.stop_mps(v, seen_m - room_m);
            }
            if seen_m > foresight_m {
                return v;
            }
            let link = &network.links[index as usize];
            let letter = view.shown[index as usize];
            let is_shown_stop = is_red(letter) || is_yellow(letter);
            let must_stop = is_shown_stop && !mover.has_way(habit);
            if is_shown_stop && !must_stop {
                v = v.min(free_speed_mps(seen_m, BLUE_LIGHT_MPS, &habit.brake).max(slowest_mps));
            }
            let has_priority = goes_first(letter);
            let mut offset_m = match must_stop || has_priority {
                true => LINE_GAP_M,
                false => 0.0,
            };
            let brake_m = brake_gap_m(mover.speed_mps, &habit.brake, 0.0);
            if seen_m >= brake_m {
                offset_m = offset_m.min(seen_m - brake_m);
            }
            let stop_m = (seen_m - offset_m.max(NEAR_M)).max(0.0);
            let mut wait_mps = self.stop_mps(v, stop_m);
            let leaves = link.is_inside && out.len() == started;
            let mut will_pass = (v > 1e-3 && (!has_slowed || link.is_inside)) || leaves;
            let mut is_closed = false;
            let mut intent = Intent {
                link: index,
                will_pass: false,
                is_closed: true,
                wait_mps: wait_mps as f32,
                distance_m: seen_m as f32,
                arrival_s: 0.0,
                arrival_mps: 0.0,
                braking_mps: 0.0,
                leave_mps: 0.0,
            };
            if must_stop && seen_m >= brake_m {
                put(out, intent);
                return v;
            }
            if link.is_inside {
                let (most_mps, is_blocked) = self.inside(walk.lane, seen_m, out.len() == started);
                v = v.min(most_mps);
                cap_mps = most_mps.max(v);
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
            let next_limit_mps = view.limit_mps(link.next, mover);
            let gives_way = !link.yields_to.is_empty();
            if gives_way || link.is_watched || mover.has_way(habit) {
                let mut arrival_mps = speed_after_mps(from_m, from_mps, habit.accel_mps2)
                    .min(limit_mps)
                    .min(cap_mps);
                if !has_priority && brake_m < seen_m && seen_m > link.visibility_m && gives_way && !link.is_cont {
                    // Slow enough to stop where the others can be seen, and then as fast as there is road left.
                    let at_sight_mps = stop_speed_mps(f64::INFINITY, link.visibility_m, &habit.brake, 1e-3);
                    arrival_mps = arrival_mps.min(speed_after_mps(link.visibility_m, at_sight_mps, habit.accel_mps2));
                    has_slowed = true;
                }
                let leave_mps = speed_after_mps(link.length_m, arrival_mps, habit.accel_mps2).min(next_limit_mps);
                let braking_mps = speed_after_mps(seen_m, v, -habit.brake.decel_mps2).min(arrival_mps);
                intent.arrival_s = travel_s(habit, seen_m, v, arrival_mps) as f32;
                intent.arrival_mps = arrival_mps as f32;
                intent.braking_mps = braking_mps as f32;
                intent.leave_mps = leave_mps as f32;
            }
            let intent = Intent {
                will_pass,
                is_closed,
                wait_mps: wait_mps as f32,
                ..intent
            };
            put(out, intent);
            if !will_pass || v <= 0.0 || seen_m > horizon_m || out.len() - started > LINKS_MAX {
                return v;
            }
            // On to the next lane.
            walk.go(&view.ways);
            if next_limit_mps < v {
                v = v.min(free_speed_mps(seen_m, next_limit_mps, &habit.brake).max(slowest_mps));
            }
            v = self.behind_last_mps(v, walk.lane, seen_m);
            let length_m = network.lanes[walk.lane as usize].length_m;
            (from_m, from_mps, limit_mps, cap_mps) = (length_m, v, next_limit_mps, f64::INFINITY);
            seen_m += length_m;
        }
    }

    /// What others inside the junction allow on `lane`, whose end is `seen_m` ahead: a speed, and whether somebody
    /// stands in the way so that one had better not enter.
    fn inside(&self, lane: u32, seen_m: f64, is_on_it: bool) -> (f64, bool) {
        let network = self.view.network;
        let record = &network.lanes[lane as usize];
        let start_m = seen_m - record.length_m;
        let (mut cap_mps, mut is_blocked) = (f64::INFINITY, false);
        for conflict in network.conflicts_of(lane) {
            if !self.view.is_busy[conflict.other as usize] {
                continue;
            }
            let (from_m, to_m) = (start_m + f64::from(conflict.from_m), start_m + f64::from(conflict.to_m));
            let (other_from_m, other_to_m) = (f64::from(conflict.other_from_m), f64::from(conflict.other_to_m));
            if !conflict.is_merge && (to_m < 0.0 || (is_on_it && from_m < 0.0)) {
                continue;
            }
            let other_length_m = network.lanes[conflict.other as usize].length_m;
            let mut judge = |back_m: f64, front_m: f64, speed_mps: f64, brake: &Brake, entered: u32, id: u32| {
                if conflict.is_merge {
                    let foe_left_m = other_length_m - front_m;
                    // Whose front is nearer to the common end goes first.
                    if is_on_it && (seen_m, self.mover.id) < (foe_left_m, id) {
                        return;
                    }
                    let gap_m = seen_m - (other_length_m - back_m) - self.habit.gap_m_min;
                    if gap_m >= 0.0 {
                        cap_mps = self.follow_mps(cap_mps, gap_m, speed_mps, brake);
                    } else {
                        // Side by side: not beyond where the lanes come together.
                        cap_mps = self.stop_mps(cap_mps, from_m - NEAR_M);
                    }
                    return;
                }
                if back_m >= other_to_m {
                    return;
                }
                if is_on_it && speed_mps < STANDING_MPS && self.mover.waiting_s > SQUEEZE_S {
                    return;
                }
                let has_entered = front_m > other_from_m;
                if is_on_it && !has_entered {
                    let mine = (self.mover.entered, self.mover.id);
                    if conflict.goes_first || (!conflict.gives_way && mine < (entered, id)) {
                        return;
                    }
                }
                let stop_mps = self.stop_mps(cap_mps, from_m - NEAR_M);
                // It clears the place while this one comes nearer: a leader on the other way.
                let gap_m = from_m - (other_to_m - back_m) - self.habit.gap_m_min;
                let follow_mps = if gap_m >= 0.0 {
                    self.follow_mps(cap_mps, gap_m, speed_mps, brake)
                } else {
                    0.0
                };
                cap_mps = cap_mps.min(stop_mps.max(follow_mps));
                if !is_on_it && has_entered && speed_mps < STANDING_MPS {
                    is_blocked = true;
                }
            };
            for other in self.lane(conflict.other) {
                let habit = self.view.habit(other);
                judge(
                    other.at_m - habit.length_m,
                    other.at_m,
                    other.speed_mps,
                    &habit.brake,
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
                    &self.habit.brake,
                    0,
                    tail.id,
                );
            }
        }
        (cap_mps, is_blocked)
    }

    /// Nobody enters a junction who would have to stop inside: the first entry without room beyond it is closed.
    /// Those `ahead` on its lane will take up room there too.
    fn keep_clear(&self, lane: u32, own: &mut [Intent], ahead: &[Mover]) {
        let network = self.view.network;
        for at in 0..own.len() {
            let link = &network.links[own[at].link as usize];
            let crosses = link.is_watched || !link.yields_to.is_empty();
            if !crosses {
                continue;
            }
            if own[at].arrival_s > CLEAR_S {
                return;
            }
            let keeps_clear = link.keeps_clear && self.mover.waiting_s < CLEARING_S;
            if !link.is_inside && keeps_clear && own[at].will_pass {
                let taken_m = ahead.iter().map(|other| self.view.habit(other).gross_m()).sum();
                if !self.has_room(lane, &own[..=at], taken_m) {
                    own[at].is_closed = true;
                    own[at..].iter_mut().for_each(|intent| intent.will_pass = false);
                    return;
                }
            }
        }
    }

    /// Whether this vehicle, once it has gone from `lane` along `links`, fits behind who stands on the street beyond. `taken_m` is for
    /// others.
    fn has_room(&self, lane: u32, links: &[Intent], taken_m: f64) -> bool {
        let (view, network) = (self.view, self.view.network);
        let needed_m = self.habit.gross_m();
        let mut room_m = -taken_m;
        let mut walk = Walk::new(self.mover, lane, self.habit.class);
        for _ in links {
            walk.go(&view.ways);
        }
        for _ in 0..8 {
            let record = &network.lanes[walk.lane as usize];
            if !record.is_internal {
                room_m += record.length_m;
            }
            if !view.ends[walk.lane as usize].is_empty() {
                for other in self.lane(walk.lane).iter().rev() {
                    let habit = view.habit(other);
                    if other.speed_mps < STANDING_MPS && !record.is_internal {
                        room_m += other.at_m - habit.length_m - record.length_m;
                        return room_m >= needed_m;
                    }
                    room_m -= habit.gross_m();
                }
            }
            // Where a change of lanes is needed before the way goes on, nobody stands so far.
            if room_m >= needed_m || walk.link == NONE {
                return true;
            }
            walk.go(&view.ways);
        }
        true
    }
}
