//! The look ahead: what everyone sees on the lanes before them, and the acceleration that follows from it.
//!
//! In goes the state at the start of a tick, out comes for one vehicle its acceleration and, if it comes to a junction
//! that it may not enter yet, what it asks for. It reads only, so that everyone may look at once.

use super::following::{
    BRAKING_MPS2_MAX, GUEST_BRAKING_MPS2_MAX, Habit, TICK_S, needed_braking_mps2, safe_speed_mps, towards_line_mps2,
};
use super::hold::{Cause, Hold};
use super::junction::{GUEST_AHEAD, IS_THROUGH, Junctions, LINE_M};
use super::kind::is_two_wheeled;
use super::lane_change::{kerb_leave_m, pull_out_m};
use super::roadway::{NONE, Roadway};
use super::route_table::{Entry, RouteTable};
use super::vehicles::{Errand, Extra, Lanes, Vehicles};
use road::{ConflictKind, LaneId, RightOfWay};

/// Everything there is to see.
pub(crate) struct Look<'a> {
    pub roadway: &'a Roadway,
    pub table: &'a RouteTable,
    pub vehicles: &'a Vehicles,
    pub lanes: &'a Lanes,
    pub junctions: &'a Junctions,
    /// For each crossing over a lane: the last tick at which somebody took it.
    pub spot_taken_at: &'a [u32],
    pub tick: u32,
}

/// What somebody makes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision {
    pub acceleration_mps2: f64,
    /// Junction lane asked for, distance to it.
    pub asks: (u32, f64),
    pub asks_entry: u32,
    /// Who is next ahead before that junction.
    pub behind: u32,
    /// What decided.
    pub hold: Hold,
}

/// Braking towards lines, and for lower limits ahead.
const LINE_BRAKING_MPS2: f64 = 2.0;
const LIMIT_BRAKING_MPS2: f64 = 1.3;
/// Who would have to brake harder than this for people about to cross drives on.
const CROSSING_BRAKING_MPS2: f64 = 4.0;
/// One stops this far before people.
const CROSSING_LINE_M: f64 = 1.0;
/// Room between two who pass each other within a lane.
const PASSING_M: f64 = 0.45;
/// Speed of moving off the road at the kerb.
const KERB_MPS: f64 = 3.0;
/// Who cannot move off at the kerb yet waits this far before the place.
const KERB_WAIT_M: f64 = 8.0;
/// Model braking is not harder than this unless safety asks for it.
const MODEL_BRAKING_MPS2_MAX: f64 = 4.0;
/// One stops this far before ground that a vehicle under test takes: it may swing out.
const GUEST_LINE_M: f64 = 1.0;
/// Past the nose of one that stands one squeezes at this speed, from this near.
const SQUEEZING_MPS: f64 = 1.2;
const SQUEEZING_M: f64 = 1.6;
/// Room kept to it: less than people leave, for the lane's middle is held exactly.
const SQUEEZING_SPARE_M: f64 = 0.25;
/// Two who wait for each other for longer would wait for ever.
const STANDOFF_S: f64 = 20.0;
/// Who is too near to one that may halt slows by this.
const FALLING_BACK_MPS2: f64 = 0.5;
/// Who makes room for somebody does not brake harder.
const COURTEOUS_MPS2: f64 = 1.5;
/// Who is let in and does not come is waited for no longer.
const COURTEOUS_TICKS: u32 = 80;
/// Room that riders keep behind a vehicle under test, beside their usual.
const RIDER_SPARE_M: f64 = 2.5;
/// Lanes looked ahead at most.
const LANES_AHEAD_MAX: usize = 24;

/// Who is on a lane that does not lead on waits this far before its end: a change of lanes takes room.
pub(crate) fn hold_before_end_m(lane_m: f64, length_m: f64) -> f64 {
    (0.5 * lane_m).min(14.0 + length_m)
}

/// The running result of a look.
struct Course {
    speed_mps: f64,
    habit: Habit,
    free_mps2: f64,
    acceleration_mps2: f64,
    cap_mps: f64,
    braking_mps2_max: f64,
    /// The tightest of all that was asked, and what asked for it.
    bound_mps2: f64,
    hold: Hold,
}

impl Course {
    fn bind(&mut self, wish_mps2: f64, cap_mps: f64, hold: Hold) {
        self.acceleration_mps2 = self.acceleration_mps2.min(wish_mps2);
        self.cap_mps = self.cap_mps.min(cap_mps);
        let bound_mps2 = wish_mps2.min((cap_mps - self.speed_mps) / TICK_S);
        if bound_mps2 < self.bound_mps2 {
            self.bound_mps2 = bound_mps2;
            self.hold = hold;
        }
    }

    fn follow(&mut self, gap_m: f64, leader_mps: f64, leader_braking_mps2: f64, hold: Hold) {
        let interaction = self.habit.interaction_mps2(self.speed_mps, gap_m, leader_mps);
        let wish = (self.free_mps2 - interaction).max(-MODEL_BRAKING_MPS2_MAX);
        let cap = safe_speed_mps(self.speed_mps, gap_m - 0.5, leader_mps, leader_braking_mps2);
        self.bind(wish, cap, hold);
    }

    /// Lets somebody in, if it takes no more than courtesy.
    fn let_in(&mut self, gap_m: f64, their_mps: f64, hold: Hold) {
        let interaction = self.habit.interaction_mps2(self.speed_mps, gap_m.max(1.0), their_mps);
        let wish = (self.free_mps2 - interaction).max(-COURTEOUS_MPS2);
        self.bind(wish, f64::INFINITY, hold);
    }

    /// A line that must not be crossed.
    fn stop_at(&mut self, distance_m: f64, hold: Hold) {
        let distance_m = distance_m.max(0.0);
        let wish = towards_line_mps2(self.speed_mps, distance_m, LINE_BRAKING_MPS2);
        self.bind(wish, safe_speed_mps(self.speed_mps, distance_m, 0.0, 1.0), hold);
    }

    /// A lower speed from `distance_m` on.
    fn slow_to(&mut self, speed_mps: f64, distance_m: f64, hold: Hold) {
        let allowed = speed_mps * speed_mps + 2.0 * LIMIT_BRAKING_MPS2 * distance_m.max(0.0);
        if (self.speed_mps + 0.3) * (self.speed_mps + 0.3) > allowed {
            let wish = (allowed.sqrt() - self.speed_mps) / 0.5;
            self.bind(wish.max(-3.0), f64::INFINITY, hold);
        }
    }
}

impl Look<'_> {
    /// What the vehicle at `place` of its lane's list does.
    pub fn decide(&self, slot: u32, place: usize) -> Decision {
        let i = slot as usize;
        let vehicles = self.vehicles;
        let speed_mps = vehicles.speed_mps[i];
        let habit = vehicles.habit[i];
        let lane = vehicles.lane[i];
        let free_mps2 = habit.free_mps2(speed_mps, self.lane_mps(&habit, lane));
        let mut course = Course {
            speed_mps,
            habit,
            free_mps2,
            acceleration_mps2: free_mps2,
            cap_mps: f64::INFINITY,
            braking_mps2_max: BRAKING_MPS2_MAX,
            bound_mps2: free_mps2,
            hold: Hold::FREE,
        };
        let mut decision = Decision {
            acceleration_mps2: 0.0,
            asks: (NONE, 0.0),
            asks_entry: NONE,
            behind: NONE,
            hold: Hold::FREE,
        };
        self.mind_errands(slot, &mut course);
        let mut leader = self.leader_on_own_lane(slot, place, &mut course);
        self.look_along(slot, &mut leader, &mut course, &mut decision);
        decision.behind = leader.unwrap_or(NONE);
        let mut next_mps = (speed_mps + course.acceleration_mps2 * TICK_S).max(0.0);
        next_mps = next_mps.min(course.cap_mps);
        decision.hold = course.hold;
        decision.acceleration_mps2 = ((next_mps - speed_mps) / TICK_S).max(-course.braking_mps2_max);
        decision
    }

    /// Own stops and courtesies.
    fn mind_errands(&self, slot: u32, course: &mut Course) {
        let i = slot as usize;
        let vehicles = self.vehicles;
        if vehicles.halts_until_tick[i] > self.tick {
            course.stop_at(0.0, Hold::of(Cause::Halt));
        } else if vehicles.halt_m[i].is_finite() {
            course.stop_at(vehicles.halt_m[i] - vehicles.s_m[i], Hold::of(Cause::Halt));
        }
        if vehicles.errand[i] == Errand::Leaves {
            course.slow_to(KERB_MPS, 0.0, Hold::of(Cause::Kerb));
        }
        let (other, until_tick) = vehicles.makes_room_for[i];
        if until_tick > self.tick && other != NONE && vehicles.id[other as usize] != u32::MAX {
            let (own, theirs) = (vehicles.lane[i], vehicles.lane[other as usize]);
            let edge = |lane: u32| self.roadway.network.lane(LaneId(lane)).edge;
            if own != theirs && edge(own) == edge(theirs) {
                let front_m = self.roadway.beside_m(theirs, vehicles.s_m[other as usize], own);
                let gap_m = front_m - vehicles.size[other as usize].length_m - vehicles.s_m[i];
                let mps = vehicles.speed_mps[other as usize];
                course.let_in(gap_m, mps, Hold::by(Cause::Courtesy, other));
            }
        }
    }

    fn leader_on_own_lane(&self, slot: u32, place: usize, course: &mut Course) -> Option<u32> {
        let i = slot as usize;
        let vehicles = self.vehicles;
        let lane = vehicles.lane[i];
        let s_m = vehicles.s_m[i];
        let on = &self.lanes.on[lane as usize][..place];
        let leader = self.leader_among(slot, on, (lane, -s_m, s_m), course);
        let leaving = vehicles.leaving_lane[i];
        // How far it has moved out of the lane that it leaves.
        let out_m = (vehicles.offset_m[i] - vehicles.sideways[i].from_m).abs();
        let is_clear_of = |half_width_m: f64| out_m > 0.5 * vehicles.size[i].width_m + half_width_m + 0.2;
        if leaving != NONE {
            let here_m = self.roadway.beside_m(lane, s_m, leaving);
            let on = &self.lanes.on[leaving as usize];
            let ahead = on.partition_point(|&other| vehicles.s_m[other as usize] > here_m);
            if let Some(&other) = on[..ahead].last()
                && self.is_in_the_way(slot, other)
                && !is_clear_of(0.5 * vehicles.size[other as usize].width_m)
            {
                let gap_m = vehicles.rear_m(other) - here_m;
                let hold = Hold::by(Cause::LeaderBeside, other);
                course.follow(gap_m, vehicles.speed_mps[other as usize], BRAKING_MPS2_MAX, hold);
            }
            for extra in &self.lanes.extras[leaving as usize] {
                if extra.slot != slot && extra.front_m > here_m && !is_clear_of(extra.half_width_m) {
                    self.follow_extra(slot, extra, (extra.rear_m - here_m, Cause::LeaderBeside), course);
                }
            }
        }
        leader
    }

    fn follow_extra(&self, slot: u32, extra: &Extra, (gap_m, cause): (f64, Cause), course: &mut Course) {
        if extra.is_announced {
            // Not by who is beside it already, nor for ever by who stands.
            let waits_in_vain = self.vehicles.waiting_ticks[slot as usize] > COURTEOUS_TICKS;
            if gap_m >= 0.0 && !waits_in_vain {
                course.let_in(gap_m, extra.speed_mps, Hold::of(Cause::Courtesy));
            }
            return;
        }
        let is_guest = extra.slot == NONE;
        let hold = Hold::by(if is_guest { Cause::Guest } else { cause }, extra.slot);
        let braking = if is_guest {
            GUEST_BRAKING_MPS2_MAX
        } else {
            BRAKING_MPS2_MAX
        };
        // A rider does not come up close: he would not get out of the lane again.
        let is_rider = is_guest && is_two_wheeled(self.vehicles.kind[slot as usize]);
        let pulls_out = self.vehicles.leaving_lane[slot as usize] != NONE;
        let spare_m = if is_rider && !pulls_out { RIDER_SPARE_M } else { 0.0 };
        course.follow(gap_m - spare_m, extra.speed_mps, braking, hold);
        if (extra.is_halted || extra.may_halt) && !pulls_out {
            // Leaves room to pull out behind who will stand for a while.
            let spare_m = gap_m - pull_out_m(self.vehicles, slot) - 0.5;
            let wish = if spare_m > 0.0 {
                towards_line_mps2(course.speed_mps, spare_m, LINE_BRAKING_MPS2)
            } else {
                -FALLING_BACK_MPS2
            };
            course.bind(wish, f64::INFINITY, hold);
        }
        if is_guest {
            // Who cuts in under test is not run into as long as tyres allow.
            course.braking_mps2_max = GUEST_BRAKING_MPS2_MAX;
        }
    }

    /// Lines, lights, limits and leaders on the lanes ahead, from the front bumper on.
    fn look_along(&self, slot: u32, leader: &mut Option<u32>, course: &mut Course, decision: &mut Decision) {
        let i = slot as usize;
        let vehicles = self.vehicles;
        let speed_mps = course.speed_mps;
        let horizon_m = speed_mps * speed_mps / 2.4 + 3.0 * speed_mps + 25.0;
        let mut entry = &self.table.entries[vehicles.entry[i] as usize];
        let mut base_m = -vehicles.s_m[i];
        for _ in 0..LANES_AHEAD_MAX {
            let lane = entry.lane;
            self.mind_crossings(lane, base_m, course);
            if self.roadway.junction[lane as usize] != NONE {
                self.mind_conflicts(slot, lane, base_m, course);
            }
            let end_m = base_m + self.roadway.length_m[lane as usize];
            if entry.next == NONE {
                self.mind_end(entry, base_m, end_m, slot, course);
                return;
            }
            if end_m > horizon_m {
                return;
            }
            base_m = end_m;
            let next = entry.next;
            entry = &self.table.entries[next as usize];
            let lane = entry.lane;
            if self.roadway.junction[lane as usize] != NONE && self.junctions.claim(lane, slot).is_none() {
                course.stop_at(base_m - LINE_M, Hold::of(Cause::JunctionAhead));
                // One leave at a time: what is not used yet can still be taken back.
                if vehicles.pass_entry[i] == NONE {
                    decision.asks = (lane, base_m);
                    decision.asks_entry = next;
                }
                return;
            }
            course.slow_to(self.lane_mps(&course.habit, lane), base_m, Hold::of(Cause::Limit));
            if leader.is_none() {
                let on = &self.lanes.on[lane as usize];
                *leader = self.leader_among(slot, on, (lane, base_m, f64::NEG_INFINITY), course);
            }
        }
    }

    /// The nearest in the way on a lane that begins at `base_m`, of those of `on` and of the extras with the front beyond
    /// `beyond_m`; the course minds them all.
    fn leader_among(
        &self,
        slot: u32,
        on: &[u32],
        (lane, base_m, beyond_m): (u32, f64, f64),
        course: &mut Course,
    ) -> Option<u32> {
        let vehicles = self.vehicles;
        let mut leader = None;
        let mut nearest_m = f64::INFINITY;
        for &other in on.iter().rev() {
            if other != slot && self.is_in_the_way(slot, other) {
                let gap_m = base_m + vehicles.rear_m(other);
                let hold = Hold::by(Cause::Leader, other);
                course.follow(gap_m, vehicles.speed_mps[other as usize], BRAKING_MPS2_MAX, hold);
                if gap_m < nearest_m {
                    nearest_m = gap_m;
                    leader = Some(other);
                }
                // Beside a bicycle somebody may be longer.
                if !is_two_wheeled(vehicles.kind[other as usize]) {
                    break;
                }
            }
        }
        for extra in &self.lanes.extras[lane as usize] {
            if extra.slot != slot && extra.front_m > beyond_m && self.extra_is_in_the_way(slot, extra) {
                let gap_m = base_m + extra.rear_m;
                self.follow_extra(slot, extra, (gap_m, Cause::Leader), course);
                if gap_m < nearest_m && !extra.is_announced {
                    nearest_m = gap_m;
                    leader = Some(self.who(extra, lane));
                }
            }
        }
        leader
    }

    /// Who an extra stands for: with the front beyond the lane's end it no longer waits before the next junction.
    fn who(&self, extra: &Extra, lane: u32) -> u32 {
        if extra.front_m > self.roadway.length_m[lane as usize] {
            IS_THROUGH
        } else if extra.slot == NONE {
            GUEST_AHEAD
        } else {
            extra.slot
        }
    }

    fn mind_crossings(&self, lane: u32, base_m: f64, course: &mut Course) {
        for spot in self.roadway.spots_on(lane) {
            let enter_m = base_m + self.roadway.spots[spot].enter_m;
            if self.spot_taken_at[spot] != self.tick || enter_m <= 0.0 {
                continue;
            }
            let distance_m = enter_m - CROSSING_LINE_M;
            if course.speed_mps < 1.0 || needed_braking_mps2(course.speed_mps, distance_m) < CROSSING_BRAKING_MPS2 {
                course.stop_at(distance_m, Hold::of(Cause::People));
            }
        }
    }

    fn mind_conflicts(&self, slot: u32, lane: u32, base_m: f64, course: &mut Course) {
        let Some(own) = self.junctions.claim(lane, slot) else {
            return;
        };
        let vehicles = self.vehicles;
        let length_m = self.roadway.length_m[lane as usize];
        for conflict in &self.roadway.network.lane(LaneId(lane)).conflicts {
            let other = conflict.other.0;
            let enter_m = base_m + conflict.enter_m;
            let other_length_m = self.roadway.length_m[other as usize];
            for claim in &self.junctions.claims[other as usize] {
                if claim.slot == slot {
                    continue;
                }
                let rival = claim.slot as usize;
                let rear_m = claim.front_m - vehicles.size[rival].length_m;
                let rival_mps = vehicles.speed_mps[rival];
                let rival_is_in = claim.front_m > conflict.other_enter_m && rear_m < conflict.other_exit_m;
                let rival_is_first = Junctions::goes_first(vehicles, claim, own) || rival_is_in && enter_m > 0.0;
                let cause = if rival_is_in { Cause::RivalInside } else { Cause::Rival };
                let hold = Hold::by(cause, claim.slot);
                match conflict.kind {
                    ConflictKind::Diverge => {
                        if claim.front_m > -base_m
                            && rear_m < conflict.other_exit_m
                            && self.is_in_the_way(slot, claim.slot)
                        {
                            course.follow(base_m + rear_m, rival_mps, BRAKING_MPS2_MAX, hold);
                        }
                    }
                    ConflictKind::Cross => {
                        if rival_is_first && rear_m < conflict.other_exit_m + 0.3 && enter_m > 0.0 {
                            course.stop_at(enter_m - 0.5, hold);
                        }
                    }
                    ConflictKind::Merge => {
                        // Where both are in, it counts who is ahead; before that, who goes first.
                        let front_here_m = length_m - (other_length_m - claim.front_m);
                        let goes_ahead = if enter_m > 0.0 {
                            rival_is_first
                        } else {
                            (front_here_m, own.number) > (-base_m, claim.number)
                        };
                        if goes_ahead {
                            let rear_here_m = length_m - (other_length_m - rear_m);
                            if rear_here_m > conflict.enter_m {
                                course.follow(base_m + rear_here_m, rival_mps, BRAKING_MPS2_MAX, hold);
                            } else if enter_m > 0.0 {
                                course.stop_at(enter_m - 0.5, hold);
                            }
                        }
                    }
                }
            }
            if conflict.kind == ConflictKind::Diverge {
                for mark in &self.junctions.guests[other as usize] {
                    if mark.front_m > -base_m && mark.rear_m < conflict.other_exit_m {
                        course.follow(
                            base_m + mark.rear_m,
                            mark.speed_mps,
                            GUEST_BRAKING_MPS2_MAX,
                            Hold::of(Cause::Guest),
                        );
                    }
                }
            }
            if conflict.kind == ConflictKind::Diverge || enter_m <= 0.0 {
                continue;
            }
            for mark in &self.junctions.guests[other as usize] {
                // Who stands before the shared space waits, and two who wait for each other would wait for ever.
                let reach_m = if mark.speed_mps > 0.3 {
                    mark.speed_mps * mark.speed_mps / 5.0 + 0.5 * mark.speed_mps + 0.5
                } else {
                    0.0
                };
                // Without lights it has its place in the order as everybody in the junction.
                let goes_first = conflict.kind == ConflictKind::Cross
                    && self.roadway.signal[lane as usize] == NONE
                    && mark.number < own.number;
                let comes = (mark.front_m + reach_m > conflict.other_enter_m || goes_first)
                    && mark.rear_m < conflict.other_exit_m + 0.3;
                let must_be_in = conflict.right_of_way == RightOfWay::Priority;
                if mark.speed_mps < 0.1 && course.speed_mps < SQUEEZING_MPS && enter_m < SQUEEZING_M {
                    // Only its nose is in the way, if at all: one squeezes past where there is room. Where both have waited
                    // for long, one tries although it may be tight.
                    let waited_s = f64::from(vehicles.waiting_ticks[slot as usize]) * TICK_S;
                    let half_m = 0.5 * vehicles.size[slot as usize].width_m;
                    let shared_m = (conflict.enter_m - SQUEEZING_M, conflict.exit_m + SQUEEZING_M);
                    let has_room = || self.roadway.gap_m(lane, shared_m, &mark.corners_m) > half_m + SQUEEZING_SPARE_M;
                    let nose_m = 0.5 * (conflict.other_enter_m + conflict.other_exit_m) - half_m + 0.15;
                    if conflict.kind == ConflictKind::Cross && waited_s > STANDOFF_S && mark.front_m < nose_m
                        || has_room()
                    {
                        continue;
                    }
                }
                if comes
                    && (!must_be_in || mark.front_m > 0.0)
                    && needed_braking_mps2(course.speed_mps, enter_m - GUEST_LINE_M) < BRAKING_MPS2_MAX
                {
                    course.stop_at(enter_m - GUEST_LINE_M, Hold::of(Cause::Guest));
                }
            }
        }
    }

    /// The route's end, or that of a lane that does not lead on.
    fn mind_end(&self, entry: &Entry, base_m: f64, end_m: f64, slot: u32, course: &mut Course) {
        if entry.is_last {
            let ending = &self.table.endings[self.vehicles.route[slot as usize] as usize];
            if ending.is_at_kerb {
                let distance_m = base_m + entry.keep_m;
                let leave_m = kerb_leave_m(self.vehicles.size[slot as usize].length_m);
                course.slow_to(KERB_MPS, distance_m - leave_m, Hold::of(Cause::Kerb));
                if entry.changes != 0 {
                    course.stop_at(distance_m - 20.0, Hold::of(Cause::LaneEnds));
                } else if self.vehicles.errand[slot as usize] != Errand::Leaves {
                    // Somebody rides between here and the kerb.
                    course.stop_at(distance_m - KERB_WAIT_M, Hold::of(Cause::Kerb));
                }
            }
            return;
        }
        let i = slot as usize;
        let hold_m = hold_before_end_m(end_m - base_m, self.vehicles.size[i].length_m);
        // Who is still on the way into this lane finishes that first.
        if end_m > hold_m && self.vehicles.sideways[i].is_nearly_done() {
            course.stop_at(end_m - hold_m, Hold::of(Cause::LaneEnds));
        } else {
            course.stop_at(end_m - LINE_M, Hold::of(Cause::LaneEnds));
        }
    }

    fn lane_mps(&self, habit: &Habit, lane: u32) -> f64 {
        let limit_mps = self.roadway.limit_mps[lane as usize] * habit.limit_factor;
        habit.speed_mps.min(limit_mps).min(self.roadway.bend_mps[lane as usize])
    }

    /// Whether somebody on the same lane cannot be passed without leaving it.
    pub fn is_in_the_way(&self, slot: u32, other: u32) -> bool {
        let (a, b) = (slot as usize, other as usize);
        let vehicles = self.vehicles;
        if !is_two_wheeled(vehicles.kind[a]) && !is_two_wheeled(vehicles.kind[b]) {
            return true;
        }
        let reach_m = 0.5 * (vehicles.size[a].width_m + vehicles.size[b].width_m) + PASSING_M;
        (vehicles.offset_m[a] - vehicles.offset_m[b]).abs() < reach_m
    }

    fn extra_is_in_the_way(&self, slot: u32, extra: &Extra) -> bool {
        if extra.slot != NONE {
            // A change of lanes takes up the whole of both.
            return self.vehicles.leaving_lane[extra.slot as usize] != NONE || self.is_in_the_way(slot, extra.slot);
        }
        let i = slot as usize;
        if extra.is_announced {
            return true;
        }
        let reach_m = 0.5 * self.vehicles.size[i].width_m + extra.half_width_m + 0.25;
        let is_near = |offset_m: f64| (offset_m - extra.offset_m).abs() < reach_m;
        // Where it is, or where it is going to be.
        is_near(self.vehicles.offset_m[i]) || is_near(self.vehicles.sideways[i].to_m)
    }
}
