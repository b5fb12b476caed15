//! Junctions: who may enter, and in which order contested ground is used.
//!
//! A vehicle enters a junction lane only with a claim. Claims are numbered in the order they are given, and on every
//! piece of ground that two lanes share the lower number goes first: the other treats the ground's edge as a wall until
//! the first one's rear has left. Whoever stands in the way of somebody with a lower number has that number as well, so that the
//! order is total and respects who stands before whom: nobody in a junction waits for somebody who waits for him.
//! Whether a claim is given is a matter of manners: lights, right of way, gaps, room beyond the junction.
//!
//! Gap acceptance compares arrival times (HCM 7th ed., chapter 20, puts critical gaps at 4 to 7 s, which the sum of a
//! crossing time and the margin here meets); a margin that melts with waiting keeps anybody from starving
//! (Kyte et al. 1996 found the same in drivers).

use super::following::{BRAKING_MPS2_MAX, TICK_S, needed_braking_mps2, time_to_cover_s};
use super::hold::{Cause, Hold};
use super::roadway::{NONE, Roadway};
use super::route_table::RouteTable;
use super::vehicles::{Lanes, Vehicles};
use crate::frame::ActorId;
use road::{ConflictKind, LaneId, RightOfWay, SignalColour};

/// Leave to be on a junction lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub slot: u32,
    /// Its route's entry of this lane.
    pub entry: u32,
    pub number: u64,
    /// Front bumper from the lane's start, negative before it.
    pub front_m: f64,
    /// Has not moved for so many ticks.
    pub idle_ticks: u32,
    /// Where its holder comes out of the junction: set on the last of the lanes claimed together.
    pub lands_on: u32,
}

/// A vehicle under test on or before a junction lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuestMark {
    pub front_m: f64,
    pub rear_m: f64,
    pub speed_mps: f64,
    /// Corners of its box, in order around it.
    pub corners_m: [[f64; 2]; 4],
    /// Its place among the claims, from the tick at which it entered the junction; `u64::MAX` before.
    pub number: u64,
}

/// Claims by lane.
#[derive(Debug, Default)]
pub(crate) struct Junctions {
    pub claims: Vec<Vec<Claim>>,
    /// Lanes with claims.
    active: Vec<u32>,
    pub guests: Vec<Vec<GuestMark>>,
    with_guests: Vec<u32>,
    /// Guests in junctions: who, in which, with what number.
    guest_numbers: Vec<(ActorId, u32, u64)>,
    /// Who asks to enter, by lane: slot and distance.
    asking: Vec<Vec<(u32, f64)>>,
    with_asking: Vec<u32>,
    /// Room promised on lanes beyond junctions to claim holders who have not arrived there.
    promised_m: Vec<f64>,
    with_promises: Vec<u32>,
    /// Lanes that yield to many are asked last.
    rank: Vec<u32>,
    order: Vec<(u32, u32, u32)>,
    next_number: u64,
    revoked: Vec<Claim>,
    /// Scratch space of [`Junctions::lend`], by slot.
    lent: Vec<u64>,
    lowest: Vec<u64>,
}

/// A line is stopped at this far before it.
pub(crate) const LINE_M: f64 = 1.0;
/// Braking for an amber light that is still taken to be possible.
const AMBER_MPS2: f64 = 3.0;
/// Between two vehicles on contested ground.
const MARGIN_S: f64 = 1.0;
/// After waiting so long no margin is left.
const MARGIN_GONE_S: f64 = 30.0;

/// What a driver at a junction sees.
pub(crate) struct Scene<'a> {
    pub roadway: &'a Roadway,
    pub table: &'a RouteTable,
    pub lanes: &'a Lanes,
    pub signals: &'a [SignalColour],
}

impl Scene<'_> {
    fn colour(&self, lane: u32) -> SignalColour {
        match self.roadway.signal[lane as usize] {
            NONE => SignalColour::Dark,
            signal => self.signals.get(signal as usize).copied().unwrap_or(SignalColour::Dark),
        }
    }

    /// Speed that a vehicle would have on a lane if free.
    fn lane_mps(&self, vehicles: &Vehicles, slot: u32, lane: u32) -> f64 {
        let habit = &vehicles.habit[slot as usize];
        let limit_mps = self.roadway.limit_mps[lane as usize] * habit.limit_factor;
        habit.speed_mps.min(limit_mps).min(self.roadway.bend_mps[lane as usize])
    }
}

impl Junctions {
    pub fn new(roadway: &Roadway) -> Junctions {
        let lanes = roadway.network.lanes();
        let yields = |lane: &road::Lane| {
            let others = lane.conflicts.iter();
            others
                .filter(|conflict| conflict.right_of_way != RightOfWay::Priority)
                .count() as u32
        };
        Junctions {
            claims: vec![Vec::new(); lanes.len()],
            guests: vec![Vec::new(); lanes.len()],
            asking: vec![Vec::new(); lanes.len()],
            promised_m: vec![0.0; lanes.len()],
            rank: lanes.iter().map(yields).collect(),
            ..Junctions::default()
        }
    }

    /// A vehicle's claim on a lane.
    pub fn claim(&self, lane: u32, slot: u32) -> Option<&Claim> {
        self.claims[lane as usize].iter().find(|claim| claim.slot == slot)
    }

    /// Whether a rival goes before `own`: by their numbers or, once both stand, by those that they have borrowed.
    pub fn goes_first(vehicles: &Vehicles, rival: &Claim, own: &Claim) -> bool {
        // Who stands behind a vehicle under test holds up nobody: its number cannot be lent to that one.
        let waits_for_guest = |claim: &Claim| {
            let slot = claim.slot as usize;
            vehicles.hold[slot].cause == Cause::Guest && vehicles.waiting_ticks[slot] > GUEST_WAIT_TICKS
        };
        if waits_for_guest(rival) != waits_for_guest(own) {
            return waits_for_guest(own);
        }
        let stands = |claim: &Claim| vehicles.speed_mps[claim.slot as usize] < STANDING_MPS;
        if !(stands(rival) && stands(own)) {
            return rival.number < own.number;
        }
        // Whoever has borrowed a number goes before its owner.
        let rank = |claim: &Claim| {
            let lowest = claim.number.min(vehicles.borrowed[claim.slot as usize]);
            (lowest, claim.number == lowest, claim.number)
        };
        rank(rival) < rank(own)
    }

    /// Lends numbers to those who hold up somebody with a lower one, a link of each chain every tick.
    fn lend(&mut self, vehicles: &mut Vehicles) {
        let count = vehicles.id.len();
        self.lent.clear();
        self.lent.resize(count, u64::MAX);
        self.lowest.clone_from(&vehicles.borrowed);
        for &lane in &self.active {
            for claim in &self.claims[lane as usize] {
                let lowest = &mut self.lowest[claim.slot as usize];
                *lowest = claim.number.min(*lowest);
            }
        }
        for slot in 0..count {
            let Hold { cause, by } = vehicles.hold[slot];
            let is_blocked = matches!(cause, Cause::Leader | Cause::LeaderBeside | Cause::RivalInside);
            if is_blocked
                && vehicles.id[slot] != u32::MAX
                && let Some(lent) = self.lent.get_mut(by as usize)
            {
                *lent = self.lowest[slot].min(*lent);
            }
        }
        std::mem::swap(&mut self.lent, &mut vehicles.borrowed);
    }

    pub fn clear_guests(&mut self) {
        for &lane in &self.with_guests {
            self.guests[lane as usize].clear();
        }
        self.with_guests.clear();
    }

    /// The number of a guest that is in a junction; it keeps it until it is in another, or in none.
    pub fn number_of_guest(&mut self, id: ActorId, junction: u32) -> u64 {
        let known = self.guest_numbers.iter().position(|&(guest, _, _)| guest == id);
        if let Some(place) = known {
            let (_, of, number) = self.guest_numbers[place];
            if of == junction {
                return number;
            }
            self.guest_numbers.swap_remove(place);
        }
        if junction == NONE {
            return u64::MAX;
        }
        self.next_number += 1;
        self.guest_numbers.push((id, junction, self.next_number));
        self.next_number
    }

    pub fn add_guest(&mut self, lane: u32, mark: GuestMark) {
        let marks = &mut self.guests[lane as usize];
        if marks.is_empty() {
            self.with_guests.push(lane);
        }
        marks.push(mark);
    }

    /// Gives claims to those who may have them, takes back those that lights have overtaken.
    pub fn decide(&mut self, scene: &Scene<'_>, vehicles: &mut Vehicles) {
        self.revoke(scene, vehicles);
        self.lend(vehicles);
        self.count_promises(scene.roadway, vehicles);
        self.gather(vehicles);
        for index in 0..self.order.len() {
            let (_, _, slot) = self.order[index];
            match self.may_enter(scene, vehicles, slot) {
                Ok(()) => self.give(scene, vehicles, slot),
                Err(hold) => Self::refuse(vehicles, slot, hold),
            }
        }
    }

    /// Moves all claims by what their holders moved; those whose rear has left are over.
    pub fn advance(&mut self, roadway: &Roadway, vehicles: &Vehicles) {
        let claims = &mut self.claims;
        self.active.retain(|&lane| {
            let length_m = roadway.length_m[lane as usize];
            let claims = &mut claims[lane as usize];
            claims.retain_mut(|claim| {
                let slot = claim.slot as usize;
                let moved_m = vehicles.moved_m[slot];
                claim.front_m += moved_m;
                claim.idle_ticks = if moved_m > 0.005 { 0 } else { claim.idle_ticks + 1 };
                vehicles.id[slot] != u32::MAX && claim.front_m - vehicles.size[slot].length_m < length_m
            });
            !claims.is_empty()
        });
    }

    fn count_promises(&mut self, roadway: &Roadway, vehicles: &Vehicles) {
        for &lane in &self.with_promises {
            self.promised_m[lane as usize] = 0.0;
        }
        self.with_promises.clear();
        for index in 0..self.active.len() {
            let lane = self.active[index] as usize;
            for place in 0..self.claims[lane].len() {
                let claim = self.claims[lane][place];
                if claim.lands_on != NONE && claim.front_m <= roadway.length_m[lane] {
                    self.promise(claim.lands_on, vehicles, claim.slot);
                }
            }
        }
    }

    fn promise(&mut self, lane: u32, vehicles: &Vehicles, slot: u32) {
        let promised_m = &mut self.promised_m[lane as usize];
        if *promised_m == 0.0 {
            self.with_promises.push(lane);
        }
        *promised_m += vehicles.size[slot as usize].length_m + STANDSTILL_M;
    }

    /// Who asks, in the order in which they are heard: lanes that yield to nobody first, then the nearest.
    fn gather(&mut self, vehicles: &Vehicles) {
        for &lane in &self.with_asking {
            self.asking[lane as usize].clear();
        }
        self.with_asking.clear();
        self.order.clear();
        for slot in 0..vehicles.id.len() as u32 {
            let (lane, distance_m) = vehicles.asks[slot as usize];
            if lane == NONE || vehicles.id[slot as usize] == u32::MAX {
                continue;
            }
            let asking = &mut self.asking[lane as usize];
            if asking.is_empty() {
                self.with_asking.push(lane);
            }
            asking.push((slot, distance_m));
            if distance_m <= request_distance_m(vehicles.speed_mps[slot as usize]) {
                self.order
                    .push((self.rank[lane as usize], (distance_m * 100.0).max(0.0) as u32, slot));
            }
        }
        self.order.sort_unstable();
    }

    fn may_enter(&self, scene: &Scene<'_>, vehicles: &Vehicles, slot: u32) -> Result<(), Hold> {
        let (lane, distance_m) = vehicles.asks[slot as usize];
        let speed_mps = vehicles.speed_mps[slot as usize];
        let waited_s = f64::from(vehicles.waiting_ticks[slot as usize]) * TICK_S;
        match scene.colour(lane) {
            SignalColour::Red => return Err(Hold::of(Cause::Light)),
            SignalColour::Amber if needed_braking_mps2(speed_mps, distance_m - LINE_M) < AMBER_MPS2 => {
                return Err(Hold::of(Cause::Light));
            }
            _ => {}
        }
        let ahead = vehicles.behind[slot as usize];
        let waits_behind = ahead != NONE && ahead != IS_THROUGH;
        if ahead == GUEST_AHEAD || waits_behind && vehicles.asks[ahead as usize].0 != NONE {
            return Err(Hold::by(Cause::Queue, ahead));
        }
        let mut entry = vehicles.asks_entry[slot as usize];
        let mut start_m = distance_m;
        while scene.roadway.junction[scene.table.entries[entry as usize].lane as usize] != NONE {
            let through = scene.table.entries[entry as usize].lane;
            self.ground_is_free(scene, vehicles, slot, through, start_m, waited_s)?;
            start_m += scene.roadway.length_m[through as usize];
            entry = scene.table.entries[entry as usize].next;
            if entry == NONE {
                return Ok(());
            }
        }
        let before_m = scene.roadway.length_m[vehicles.lane[slot as usize] as usize];
        let spare_m = match self.rank[lane as usize] {
            0 => 0.0,
            // Who comes from a long road on to a short link leaves a place free there: links that make a ring never
            // fill up, and somebody in it can always move.
            _ if before_m > LINK_M
                && scene.roadway.length_m[scene.table.entries[entry as usize].lane as usize] < LINK_M =>
            {
                PLACE_M
            }
            _ => 0.0,
        };
        self.has_room_beyond(scene, vehicles, slot, entry, spare_m)
    }

    fn ground_is_free(
        &self,
        scene: &Scene<'_>,
        vehicles: &Vehicles,
        slot: u32,
        lane: u32,
        start_m: f64,
        waited_s: f64,
    ) -> Result<(), Hold> {
        let i = slot as usize;
        let (speed_mps, length_m) = (vehicles.speed_mps[i], vehicles.size[i].length_m);
        let vigour_mps2 = vehicles.habit[i].acceleration_mps2;
        let top_mps = scene.lane_mps(vehicles, slot, lane);
        let reach_s = |place_m: f64| time_to_cover_s(start_m + place_m, speed_mps, top_mps, vigour_mps2);
        let margin_s = MARGIN_S * (1.0 - waited_s / MARGIN_GONE_S).max(0.0);
        for conflict in &scene.roadway.network.lane(LaneId(lane)).conflicts {
            if conflict.kind == ConflictKind::Diverge {
                continue;
            }
            let other = conflict.other.0;
            let is_merge = conflict.kind == ConflictKind::Merge;
            let in_s = reach_s(if is_merge { conflict.exit_m } else { conflict.enter_m });
            let out_s = reach_s(conflict.exit_m + length_m);
            let leave_s = |rear_m: f64, rival_mps: f64, rival_top_mps: f64| {
                time_to_cover_s(conflict.other_exit_m - rear_m, rival_mps, rival_top_mps, 1.0)
            };
            for claim in self.claims[other as usize].iter().filter(|claim| claim.slot != slot) {
                let rival = claim.slot as usize;
                let rear_m = claim.front_m - vehicles.size[rival].length_m;
                let rival_mps = vehicles.speed_mps[rival];
                // Who stands on it may stand for long: whoever comes now would only be in others' way.
                let stands_on_it =
                    claim.front_m > conflict.other_enter_m && vehicles.waiting_ticks[rival] > STANDS_TICKS;
                if rear_m < conflict.other_exit_m
                    && (stands_on_it
                        || in_s < leave_s(rear_m, rival_mps, scene.lane_mps(vehicles, claim.slot, other)) + 0.3)
                {
                    return Err(Hold::by(Cause::TakenGround, claim.slot));
                }
            }
            let yields = conflict.right_of_way != RightOfWay::Priority;
            for mark in &self.guests[other as usize] {
                let is_inside = mark.front_m > conflict.other_enter_m - 0.3;
                let is_moving = mark.speed_mps > 0.5;
                if mark.rear_m >= conflict.other_exit_m || !is_inside && !is_moving {
                    continue;
                }
                let has_entered = mark.front_m > 0.0;
                if is_inside || has_entered {
                    let stands_on_it = is_inside && !is_moving;
                    if stands_on_it || in_s < leave_s(mark.rear_m, mark.speed_mps, mark.speed_mps.max(5.0)) + 0.5 {
                        return Err(Hold::of(Cause::Guest));
                    }
                } else if yields && scene.colour(other) != SignalColour::Red {
                    let arrives_s = (conflict.other_enter_m - mark.front_m) / mark.speed_mps;
                    if arrives_s < out_s + MARGIN_S {
                        return Err(Hold::of(Cause::Guest));
                    }
                }
            }
            if !yields {
                continue;
            }
            if conflict.right_of_way == RightOfWay::Stop && scene.colour(lane) == SignalColour::Dark && waited_s < 0.5 {
                return Err(Hold::of(Cause::StopLine));
            }
            if scene.colour(other) == SignalColour::Red {
                continue;
            }
            for &(rival, distance_m) in &self.asking[other as usize] {
                let rival_mps = vehicles.speed_mps[rival as usize];
                // Who stands and has not been let in before us (priority is heard first) is held back by something else.
                if rival == slot || rival_mps < 0.5 || vehicles.asks[rival as usize].0 == NONE {
                    continue;
                }
                if scene.colour(other) == SignalColour::Amber
                    && needed_braking_mps2(rival_mps, distance_m - LINE_M) < AMBER_MPS2
                {
                    continue;
                }
                let way_m = distance_m + conflict.other_enter_m;
                if waited_s > MARGIN_GONE_S && way_m > rival_mps * rival_mps / 4.0 + rival_mps + 2.0 {
                    // It can stop in comfort, and somebody has to let us in some time.
                    continue;
                }
                let rival_top_mps = scene.lane_mps(vehicles, rival, other);
                let arrives_s = time_to_cover_s(way_m, rival_mps, rival_top_mps, 1.0);
                let slower_mps = if is_merge { (rival_mps - top_mps).max(0.0) } else { 0.0 };
                let merge_s = if is_merge {
                    0.8 * (1.0 - waited_s / MARGIN_GONE_S).max(0.2)
                } else {
                    0.0
                };
                if arrives_s < out_s + margin_s + merge_s + 0.25 * slower_mps {
                    return Err(Hold::by(Cause::RightOfWay, rival));
                }
            }
        }
        Ok(())
    }

    /// Whether a vehicle can come to a stand beyond the junction with its rear clear of it, even if those ahead stop.
    fn has_room_beyond(
        &self,
        scene: &Scene<'_>,
        vehicles: &Vehicles,
        slot: u32,
        entry: u32,
        spare_m: f64,
    ) -> Result<(), Hold> {
        let need_m = vehicles.size[slot as usize].length_m + STANDSTILL_M + spare_m;
        let mut entry = entry;
        let mut base_m = 0.0;
        let mut promised_m = 0.0;
        for _ in 0..4 {
            let lane = scene.table.entries[entry as usize].lane as usize;
            promised_m += self.promised_m[lane];
            let stop_m = |speed_mps: f64| speed_mps * speed_mps / (2.0 * BRAKING_MPS2_MAX);
            let last = scene.lanes.on[lane].last();
            let own = last.map(|&last| vehicles.rear_m(last) + stop_m(vehicles.speed_mps[last as usize]));
            let extras = scene.lanes.extras[lane]
                .iter()
                .filter(|extra| extra.slot != slot && !extra.is_announced);
            let free_m = extras
                .map(|extra| extra.rear_m + stop_m(extra.speed_mps))
                .chain(own)
                .fold(f64::INFINITY, f64::min);
            if free_m.is_finite() {
                let has_room = base_m + free_m - promised_m >= need_m;
                let by = last.copied().unwrap_or(NONE);
                return if has_room {
                    Ok(())
                } else {
                    Err(Hold::by(Cause::NoRoom, by))
                };
            }
            base_m += scene.roadway.length_m[lane];
            if base_m - promised_m >= need_m {
                return Ok(());
            }
            entry = scene.table.entries[entry as usize].next;
            if entry == NONE {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Notes why not.
    fn refuse(vehicles: &mut Vehicles, slot: u32, hold: Hold) {
        let known = &mut vehicles.hold[slot as usize];
        if known.cause == Cause::JunctionAhead {
            *known = hold;
        }
    }

    fn give(&mut self, scene: &Scene<'_>, vehicles: &mut Vehicles, slot: u32) {
        let (_, distance_m) = vehicles.asks[slot as usize];
        let first = vehicles.asks_entry[slot as usize];
        vehicles.asks[slot as usize] = (NONE, 0.0);
        vehicles.pass_entry[slot as usize] = first;
        self.next_number += 1;
        let mut entry = first;
        let mut front_m = -distance_m;
        while entry != NONE {
            let lane = scene.table.entries[entry as usize].lane;
            if scene.roadway.junction[lane as usize] == NONE {
                self.promise(lane, vehicles, slot);
                return;
            }
            if self.claims[lane as usize].is_empty() {
                self.active.push(lane);
            }
            let next = scene.table.entries[entry as usize].next;
            let beyond = scene.table.entries.get(next as usize).map(|beyond| beyond.lane);
            let landing = beyond.filter(|&lane| scene.roadway.junction[lane as usize] == NONE);
            self.claims[lane as usize].push(Claim {
                slot,
                entry,
                number: self.next_number,
                front_m,
                idle_ticks: 0,
                lands_on: landing.unwrap_or(NONE),
            });
            front_m -= scene.roadway.length_m[lane as usize];
            entry = next;
        }
    }

    /// Takes back the claims of those who have not entered and should not any more.
    fn revoke(&mut self, scene: &Scene<'_>, vehicles: &mut Vehicles) {
        self.revoked.clear();
        for &lane in &self.active {
            let colour = scene.colour(lane);
            for claim in &self.claims[lane as usize] {
                let slot = claim.slot as usize;
                if claim.front_m >= -0.2 || vehicles.pass_entry[slot] != claim.entry {
                    continue;
                }
                let distance_m = -claim.front_m - LINE_M;
                let light_is_against = matches!(colour, SignalColour::Amber | SignalColour::Red)
                    && needed_braking_mps2(vehicles.speed_mps[slot], distance_m) < AMBER_MPS2;
                // Held up before it could use its leave: others may go.
                if light_is_against || claim.idle_ticks > IDLE_TICKS_MAX {
                    self.revoked.push(*claim);
                }
            }
        }
        for index in 0..self.revoked.len() {
            let claim = self.revoked[index];
            vehicles.pass_entry[claim.slot as usize] = NONE;
            let mut entry = claim.entry;
            while entry != NONE {
                let lane = scene.table.entries[entry as usize].lane;
                if scene.roadway.junction[lane as usize] == NONE {
                    break;
                }
                self.claims[lane as usize].retain(|other| other.number != claim.number);
                entry = scene.table.entries[entry as usize].next;
            }
        }
        let claims = &self.claims;
        self.active.retain(|&lane| !claims[lane as usize].is_empty());
    }
}

/// A road between junctions that is shorter is a link: too short for a queue.
const LINK_M: f64 = 40.0;
/// Room for another vehicle.
const PLACE_M: f64 = 8.0;
/// Standing for longer is more than a moment's hesitation.
const STANDS_TICKS: u32 = 10;
/// Who has stood for a vehicle under test for so long gives up its turn.
const GUEST_WAIT_TICKS: u32 = 50;
/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.5;
/// Who cannot use a claim for so long loses it.
const IDLE_TICKS_MAX: u32 = 20;
/// Marks in [`Vehicles::behind`] that a vehicle under test is next before the junction.
pub(crate) const GUEST_AHEAD: u32 = u32::MAX - 1;
/// Marks there that who is next ahead has already entered it.
pub(crate) const IS_THROUGH: u32 = u32::MAX - 2;
/// Kept free between standing vehicles when room is counted.
const STANDSTILL_M: f64 = 2.0;

/// From where a claim is asked for: a little before one would have to begin to brake.
fn request_distance_m(speed_mps: f64) -> f64 {
    speed_mps * speed_mps / 2.4 + speed_mps + 6.0
}
