//! Changing lanes: for the route, for speed, back to the right; and passing bicycles within a lane.
//!
//! Each vehicle considers it twice a second. Changes for the route become urgent as the way that the own lane still
//! carries on gets short; changes for speed follow MOBIL (Kesting, Treiber and Helbing 2007) with a mild bias to the
//! right. A change is accepted only if everyone keeps the safe speed of `following.rs`. The movement itself is spread
//! over a way of 3.5 s; meanwhile both lanes are taken.

use super::following::{BRAKING_MPS2_MAX, Habit, TICK_S, safe_speed_mps};
use super::kind::is_two_wheeled;
use super::look::hold_before_end_m;
use super::roadway::{NONE, Roadway};
use super::route_table::RouteTable;
use super::vehicles::{Errand, Lanes, Sideways, Vehicles};
use road::LaneId;

/// What a driver weighs a change on.
pub(crate) struct Surround<'a> {
    pub roadway: &'a Roadway,
    pub table: &'a RouteTable,
    pub tick: u32,
}

/// Ticks between two looks of one driver.
const LOOK_TICKS: u32 = 5;
/// MOBIL: politeness, what a change must gain, and the bias to the right.
const POLITENESS: f64 = 0.3;
const GAIN_MPS2: f64 = 0.25;
const RIGHT_BIAS_MPS2: f64 = 0.15;
/// Followers brake at most this hard for a change made for speed, and for one that the route needs.
const FOLLOWER_MPS2: f64 = 2.0;
const FOLLOWER_URGENT_MPS2: f64 = 4.0;
/// A vehicle under test behind brakes no harder, and keeps this time gap.
const GUEST_FOLLOWER_MPS2: f64 = 1.0;
const GUEST_HEADWAY_S: f64 = 0.5;
/// After this share of a change one is out of the way.
const PULL_OUT_SHARE: f64 = 0.7;
/// Kept to who stands ahead until then.
const PULL_OUT_SPARE_M: f64 = 2.5;
/// After a change one stays a while.
const SETTLE_TICKS: u32 = 40;
/// A change takes this long, and at least this way.
const CHANGE_S: f64 = 3.5;
const CHANGE_M_MIN: f64 = 12.0;
const RIDER_CHANGE_M_MIN: f64 = 4.0;

/// Who would be around in another lane.
#[derive(Clone, Copy)]
struct Gap {
    ahead_m: f64,
    ahead_mps: f64,
    behind_m: f64,
    behind: u32,
    behind_mps: f64,
    /// Somebody is beside.
    is_taken: bool,
}

/// One vehicle's turn. Tells whether it has lost its way: stands at the end of a lane that does not lead on.
pub(crate) fn consider(around: &Surround<'_>, vehicles: &mut Vehicles, lanes: &mut Lanes, slot: u32) -> bool {
    let i = slot as usize;
    let lane = vehicles.lane[i];
    if vehicles.id[i] % LOOK_TICKS != around.tick % LOOK_TICKS {
        return false;
    }
    let entry = around.table.entries[vehicles.entry[i] as usize];
    let leads_on = entry.next != NONE || entry.is_last && entry.changes == 0;
    if !leads_on && vehicles.waiting_ticks[i] > LOST_TICKS && vehicles.waiting_ticks[i] % LOST_TICKS < LOOK_TICKS {
        return true;
    }
    let is_busy = vehicles.errand[i] != Errand::Drives || vehicles.halts_until_tick[i] > around.tick;
    if is_busy || vehicles.leaving_lane[i] != NONE {
        return false;
    }
    let s_m = vehicles.s_m[i];
    let ending = &around.table.endings[vehicles.route[i] as usize];
    if entry.is_last
        && ending.is_at_kerb
        && entry.changes == 0
        && entry.keep_m - s_m < kerb_leave_m(vehicles.size[i].length_m)
    {
        leave_at_kerb(around, vehicles, lanes, slot, entry.keep_m);
        return vehicles.waiting_ticks[i] > KERB_PATIENCE_TICKS;
    }
    if !vehicles.sideways[i].is_nearly_done() || around.roadway.junction[lane as usize] != NONE {
        return false;
    }
    if vehicles.pass_entry[i] != NONE || vehicles.rear_m(slot) < 0.5 {
        return false;
    }
    if pass_within_lane(around, vehicles, lanes, slot, entry.run_m) {
        return false;
    }
    let speed_mps = vehicles.speed_mps[i];
    let left_m = entry.keep_m - s_m;
    let count = f64::from(entry.changes.abs());
    let needs = entry.changes != 0 && left_m < count * (80.0 + 10.0 * speed_mps) + 40.0;
    if needs {
        let urgency = 1.0 - (left_m / (count * (80.0 + 10.0 * speed_mps) + 40.0)).clamp(0.0, 1.0);
        let target = if entry.changes > 0 { entry.left } else { entry.right };
        if target != NONE && !passes_halted_first(around, vehicles, lanes, slot, target) {
            let braking = FOLLOWER_MPS2 + (FOLLOWER_URGENT_MPS2 - FOLLOWER_MPS2) * urgency;
            try_change(around, vehicles, lanes, slot, target, Some((braking, urgency)));
        }
        return false;
    }
    let halted_m = halted_beyond_m(vehicles, lanes, (lane, s_m), HALTED_NEAR_M, around.tick);
    if around.tick >= vehicles.settled_at_tick[i]
        && (halted_m.is_some() || speed_mps > 1.0 && !is_two_wheeled(vehicles.kind[i]))
    {
        for (target, bias) in [(entry.left, -RIGHT_BIAS_MPS2), (entry.right, RIGHT_BIAS_MPS2)] {
            if target == NONE {
                continue;
            }
            let there = around.table.entries[target as usize];
            let there_m = around.roadway.beside_m(lane, s_m, there.lane);
            let count = f64::from(there.changes.abs());
            let left_m = there.keep_m - there_m;
            let leads_far = there.changes == 0
                || left_m > count * (140.0 + 14.0 * speed_mps) + 100.0
                || halted_m.is_some_and(|front_m| count < 1.5 && there.keep_m > front_m + COME_BACK_M);
            if leads_far
                && gains(around, vehicles, lanes, slot, target, bias)
                && try_change(around, vehicles, lanes, slot, target, None)
            {
                break;
            }
        }
    }
    false
}

/// Whether somebody is at a halt in the lane that one needs, and there is way enough to come in before him.
fn passes_halted_first(around: &Surround<'_>, vehicles: &Vehicles, lanes: &Lanes, slot: u32, target: u32) -> bool {
    let i = slot as usize;
    let there = around.table.entries[target as usize];
    let there_m = around.roadway.beside_m(vehicles.lane[i], vehicles.s_m[i], there.lane);
    let keep_m = around.table.entries[vehicles.entry[i] as usize].keep_m;
    halted_beyond_m(vehicles, lanes, (there.lane, there_m), HALTED_FAR_M, around.tick)
        .is_some_and(|front_m| keep_m > front_m + COME_BACK_M)
}

/// The front of who stands at a halt ahead of a place of a lane and will stay: a vehicle under test or a bus at its stop.
fn halted_beyond_m(
    vehicles: &Vehicles,
    lanes: &Lanes,
    (lane, s_m): (u32, f64),
    within_m: f64,
    tick: u32,
) -> Option<f64> {
    let is_near = |rear_m: f64| rear_m > s_m - 6.0 && rear_m < s_m + within_m;
    let extras = lanes.extras[lane as usize].iter();
    let mut guests = extras.filter(|extra| extra.is_halted && is_near(extra.rear_m));
    let mut on = lanes.on[lane as usize].iter();
    let guest_m = guests.next().map(|extra| extra.front_m);
    guest_m.or_else(|| {
        let bus =
            on.find(|&&other| vehicles.halts_until_tick[other as usize] > tick && is_near(vehicles.rear_m(other)));
        bus.map(|&bus| vehicles.s_m[bus as usize])
    })
}

/// Who stands at a halt so near ahead is worth a change of lanes; and so far ahead, none into his.
const HALTED_NEAR_M: f64 = 20.0;
const HALTED_FAR_M: f64 = 60.0;
/// Way that it takes to come back into a lane in front of who stands there.
const COME_BACK_M: f64 = 30.0;

/// Who has waited so long at the end of a wrong lane looks for another way.
const LOST_TICKS: u32 = 80;
/// Moving off at the kerb takes this way, of long vehicles as many of their lengths, and is done at this speed.
const KERB_LEAVE_M: f64 = 12.0;
const KERB_LEAVE_LENGTHS: f64 = 2.4;
const KERB_LEAVE_MPS: f64 = 3.0;
/// Who could not move off for so long drives on and comes again or, where no way leads back, pushes in after twice as long.
const KERB_PATIENCE_TICKS: u32 = 200;

/// The way that moving off at the kerb takes: shorter, and the tail of who is long would swing over the middle of the road.
pub(super) fn kerb_leave_m(length_m: f64) -> f64 {
    KERB_LEAVE_M.max(KERB_LEAVE_LENGTHS * length_m)
}

/// Moves off, unless somebody rides there.
fn leave_at_kerb(around: &Surround<'_>, vehicles: &mut Vehicles, lanes: &Lanes, slot: u32, end_m: f64) {
    let i = slot as usize;
    let lane = vehicles.lane[i];
    let beside = around.roadway.beside_at_kerb(lane);
    let is_in_the_way = |front_m: f64, rear_m: f64, speed_mps: f64| {
        let (own_m, own_rear_m) = (vehicles.s_m[i], vehicles.rear_m(slot));
        rear_m < own_m + kerb_leave_m(vehicles.size[i].length_m)
            && front_m + 3.0 * (speed_mps - KERB_LEAVE_MPS).max(0.0) + 2.0 > own_rear_m
    };
    let is_taken = beside.is_some_and(|beside| {
        let (on, extras) = (&lanes.on[beside as usize], &lanes.extras[beside as usize]);
        on.iter().any(|&other| {
            is_in_the_way(
                vehicles.s_m[other as usize],
                vehicles.rear_m(other),
                vehicles.speed_mps[other as usize],
            )
        }) || extras
            .iter()
            .any(|extra| is_in_the_way(extra.front_m, extra.rear_m, extra.speed_mps))
    });
    let has_waited_long = vehicles.waiting_ticks[i] > 2 * KERB_PATIENCE_TICKS;
    if (is_taken || has_bicycle_beside(vehicles, lanes, slot, false)) && !has_waited_long {
        return;
    }
    let half_m = 0.5 * around.roadway.width_m[lane as usize];
    vehicles.errand[i] = Errand::Leaves;
    vehicles.leaving_lane[i] = beside.unwrap_or(NONE);
    vehicles.sideways[i] = Sideways {
        from_m: vehicles.offset_m[i],
        to_m: -(half_m + 0.5 * vehicles.size[i].width_m + 0.2),
        driven_m: 0.0,
        whole_m: (end_m - vehicles.s_m[i] - 0.5).max(6.0),
    };
}

/// Moves over within the lane for a bicycle ahead, or back when none is near. Tells whether it has begun to.
fn pass_within_lane(around: &Surround<'_>, vehicles: &mut Vehicles, lanes: &Lanes, slot: u32, run_m: f64) -> bool {
    let i = slot as usize;
    let lane = vehicles.lane[i];
    let width_m = around.roadway.width_m[lane as usize];
    if is_two_wheeled(vehicles.kind[i]) {
        // Rides at the right edge, or in the middle of what is narrow.
        let rest_m = riding_offset_m(width_m, vehicles.size[i].width_m);
        if (vehicles.offset_m[i] - rest_m).abs() > 0.05 {
            vehicles.sideways[i] = Sideways {
                from_m: vehicles.offset_m[i],
                to_m: rest_m,
                driven_m: 0.0,
                whole_m: (6.0 * (vehicles.offset_m[i] - rest_m).abs()).max(4.0),
            };
            return true;
        }
        return false;
    }
    let s_m = vehicles.s_m[i];
    let rear_m = vehicles.rear_m(slot);
    let sees_m = (4.0 * vehicles.speed_mps[i]).max(20.0);
    let on = &lanes.on[lane as usize];
    let bicycle = on.iter().rev().find(|&&other| {
        let other = other as usize;
        is_two_wheeled(vehicles.kind[other])
            && vehicles.s_m[other] > rear_m - 2.0
            && vehicles.rear_m(other as u32) < s_m + sees_m
    });
    let is_over = vehicles.offset_m[i] > 0.05;
    let to_m = match bicycle {
        None if is_over => 0.0,
        Some(&bicycle) if !is_over && run_m - s_m > sees_m + 20.0 => {
            let other = bicycle as usize;
            let room_m = 0.5 * (width_m - vehicles.size[i].width_m) - 0.05;
            let reach_m = 0.5 * (vehicles.size[i].width_m + vehicles.size[other].width_m) + 0.5;
            let is_alone = lanes.extras[lane as usize].is_empty() && vehicles.leaving_lane[other] == NONE;
            if room_m - vehicles.offset_m[other] < reach_m || !is_alone || vehicles.s_m[other] < s_m + 1.0 {
                return false;
            }
            room_m
        }
        _ => return false,
    };
    vehicles.sideways[i] = Sideways {
        from_m: vehicles.offset_m[i],
        to_m,
        driven_m: 0.0,
        whole_m: (2.0 * vehicles.speed_mps[i]).max(10.0),
    };
    true
}

/// Where a bicycle rides on a lane of this width.
pub(crate) fn riding_offset_m(lane_width_m: f64, width_m: f64) -> f64 {
    if lane_width_m < 2.6 {
        return 0.0;
    }
    -(0.5 * lane_width_m - 0.5 * width_m - 0.25)
}

/// MOBIL's incentive.
fn gains(around: &Surround<'_>, vehicles: &Vehicles, lanes: &Lanes, slot: u32, target: u32, bias_mps2: f64) -> bool {
    let i = slot as usize;
    let habit = &vehicles.habit[i];
    let speed_mps = vehicles.speed_mps[i];
    let there = around.table.entries[target as usize];
    let gap = gap_at(around, vehicles, lanes, slot, target);
    if gap.is_taken {
        return false;
    }
    let wanted_mps = |habit: &Habit, lane: u32| {
        habit
            .speed_mps
            .min(around.roadway.limit_mps[lane as usize] * habit.limit_factor)
            .min(around.roadway.bend_mps[lane as usize])
    };
    let free = habit.free_mps2(speed_mps, wanted_mps(habit, there.lane));
    let own_there = free - habit.interaction_mps2(speed_mps, gap.ahead_m, gap.ahead_mps);
    let own_here = vehicles.acceleration_mps2[i];
    let loss = if gap.behind == NONE {
        0.0
    } else {
        let behind = gap.behind as usize;
        let other = &vehicles.habit[behind];
        let free = other.free_mps2(gap.behind_mps, wanted_mps(other, there.lane));
        let after = free - other.interaction_mps2(gap.behind_mps, gap.behind_m, speed_mps);
        vehicles.acceleration_mps2[behind] - after
    };
    own_there - own_here + bias_mps2 > GAIN_MPS2 + POLITENESS * loss.max(0.0)
}

/// Changes lanes if it is safe. `urgent` is what followers may be asked for, and how urgent it is.
fn try_change(
    around: &Surround<'_>,
    vehicles: &mut Vehicles,
    lanes: &mut Lanes,
    slot: u32,
    target: u32,
    urgent: Option<(f64, f64)>,
) -> bool {
    let i = slot as usize;
    let speed_mps = vehicles.speed_mps[i];
    let lane = vehicles.lane[i];
    let here = around.table.entries[vehicles.entry[i] as usize];
    let there = around.table.entries[target as usize];
    let there_m = around.roadway.beside_m(lane, vehicles.s_m[i], there.lane);
    let length_m = vehicles.size[i].length_m;
    let mut room_m = there.run_m - there_m - 2.0;
    // Who has come to a stand at the end of a lane that ends cuts across its taper.
    if vehicles.waiting_ticks[i] < LOST_TICKS || !around.roadway.network.lane(LaneId(lane)).successors.is_empty() {
        room_m = room_m.min(here.run_m - vehicles.s_m[i] - 2.0);
    }
    if there.next == NONE && !there.is_last {
        // One more change is needed from there.
        room_m -= hold_before_end_m(around.roadway.length_m[there.lane as usize], length_m);
    }
    let mut whole_m = (CHANGE_S * speed_mps).max(slow_change_m(vehicles, slot));
    if urgent.is_some() && room_m < whole_m {
        whole_m = room_m.max(1.2 * length_m + 3.0).max(6.0);
    }
    if room_m < whole_m || there_m < length_m + 0.5 {
        return false;
    }
    let is_to_left = target == here.left;
    if !has_room_to_pull_out(vehicles, lanes, slot, whole_m) || has_bicycle_beside(vehicles, lanes, slot, is_to_left) {
        return false;
    }
    let gap = gap_at(around, vehicles, lanes, slot, target);
    let braking = urgent.map_or(FOLLOWER_MPS2, |(braking, _)| braking);
    let ahead_is_safe = gap.ahead_m > 1.0
        && safe_speed_mps(speed_mps, gap.ahead_m - 0.5, gap.ahead_mps, BRAKING_MPS2_MAX)
            >= speed_mps - braking.min(3.0) * TICK_S;
    let behind_is_safe = gap.behind_m > 1.0
        && safe_speed_mps(gap.behind_mps, gap.behind_m - 0.5, speed_mps, BRAKING_MPS2_MAX)
            >= gap.behind_mps - braking * TICK_S
        && (gap.behind != NONE || leaves_room_to_guest(&gap, speed_mps));
    if gap.is_taken || !ahead_is_safe || !behind_is_safe {
        if let Some((_, urgency)) = urgent
            && urgency > 0.25
            && gap.behind != NONE
        {
            vehicles.makes_room_for[gap.behind as usize] = (slot, around.tick + 10);
        }
        return false;
    }
    let between_m = around.roadway.between_m((lane, vehicles.s_m[i]), (there.lane, there_m));
    let shift_m = if is_to_left { -between_m } else { between_m };
    let to_m = if is_two_wheeled(vehicles.kind[i]) {
        riding_offset_m(around.roadway.width_m[there.lane as usize], vehicles.size[i].width_m)
    } else {
        0.0
    };
    lanes.remove(lane, slot);
    vehicles.lane[i] = there.lane;
    vehicles.s_m[i] = there_m;
    vehicles.entry[i] = target;
    vehicles.before[i] = [NONE; super::vehicles::BEFORE];
    vehicles.leaving_lane[i] = lane;
    vehicles.offset_m[i] += shift_m;
    vehicles.sideways[i] = Sideways {
        from_m: vehicles.offset_m[i],
        to_m,
        driven_m: 0.0,
        whole_m,
    };
    vehicles.settled_at_tick[i] = around.tick + SETTLE_TICKS;
    vehicles.halt_m[i] = f64::INFINITY;
    lanes.insert(there.lane, slot, &vehicles.s_m);
    let own = vehicles.extra(
        slot,
        vehicles.s_m[i] / around.roadway.length_m[there.lane as usize] * around.roadway.length_m[lane as usize],
    );
    lanes.add_extra(lane, own);
    true
}

/// The way that a change takes from a standstill.
fn slow_change_m(vehicles: &Vehicles, slot: u32) -> f64 {
    let i = slot as usize;
    let least_m = if is_two_wheeled(vehicles.kind[i]) {
        RIDER_CHANGE_M_MIN
    } else {
        CHANGE_M_MIN
    };
    least_m.max(1.4 * vehicles.size[i].length_m)
}

/// Room that one needs behind who stands to get out of the lane.
pub(crate) fn pull_out_m(vehicles: &Vehicles, slot: u32) -> f64 {
    PULL_OUT_SHARE * slow_change_m(vehicles, slot) + PULL_OUT_SPARE_M
}

/// Whether a vehicle under test that comes from behind would have to brake no harder than its passengers like.
fn leaves_room_to_guest(gap: &Gap, speed_mps: f64) -> bool {
    let closing_mps = (gap.behind_mps - speed_mps).max(0.0);
    // Who draws away needs less.
    let opens_m = GUEST_HEADWAY_S * (speed_mps - gap.behind_mps).max(0.0);
    let room_m = gap.behind_m + opens_m - 2.0 - GUEST_HEADWAY_S * gap.behind_mps;
    gap.behind_m.is_infinite() || room_m >= 0.0 && closing_mps * closing_mps <= 2.0 * GUEST_FOLLOWER_MPS2 * room_m
}

/// Whether one gets out of the own lane before one comes up to who stands ahead in it: otherwise both lanes would be
/// blocked for long.
fn has_room_to_pull_out(vehicles: &Vehicles, lanes: &Lanes, slot: u32, whole_m: f64) -> bool {
    let i = slot as usize;
    let s_m = vehicles.s_m[i];
    let on = &lanes.on[vehicles.lane[i] as usize];
    let place = on.partition_point(|&other| vehicles.s_m[other as usize] > s_m);
    let needs_m = |speed_mps: f64| {
        if speed_mps < CRAWL_MPS {
            PULL_OUT_SHARE * whole_m + PULL_OUT_SPARE_M
        } else {
            0.0
        }
    };
    let own = place.checked_sub(1).map(|before| on[before]);
    let is_far = own.is_none_or(|other| vehicles.rear_m(other) - s_m >= needs_m(vehicles.speed_mps[other as usize]));
    let mut extras = lanes.extras[vehicles.lane[i] as usize].iter();
    is_far
        && extras
            .all(|extra| extra.slot == slot || extra.front_m < s_m || extra.rear_m - s_m >= needs_m(extra.speed_mps))
}

/// Whether a bicycle rides on that side of a vehicle, in its own lane: a change would cut it off.
fn has_bicycle_beside(vehicles: &Vehicles, lanes: &Lanes, slot: u32, is_left: bool) -> bool {
    let i = slot as usize;
    if is_two_wheeled(vehicles.kind[i]) {
        return false;
    }
    let (front_m, rear_m) = (vehicles.s_m[i], vehicles.rear_m(slot));
    let speed_mps = vehicles.speed_mps[i];
    lanes.on[vehicles.lane[i] as usize].iter().any(|&other| {
        let o = other as usize;
        // Who stands behind our front waits for us.
        let waits = vehicles.speed_mps[o] < 0.3 && vehicles.s_m[o] < front_m;
        let is_that_side = !waits && (vehicles.offset_m[o] > vehicles.offset_m[i]) == is_left;
        // Until the change is done the one may fall back or come up by this much.
        let apart_m = (vehicles.speed_mps[o] - speed_mps) * CHANGE_S;
        let comes_from_behind = vehicles.s_m[o] + apart_m.max(0.0) + 0.3 > rear_m;
        let falls_back = vehicles.rear_m(other) + apart_m.min(0.0) - 0.3 < front_m;
        is_two_wheeled(vehicles.kind[o]) && is_that_side && comes_from_behind && falls_back
    })
}

/// Who is slower than this may stand soon.
const CRAWL_MPS: f64 = 3.0;

/// Leader and follower beside a vehicle in another lane of its edge.
fn gap_at(around: &Surround<'_>, vehicles: &Vehicles, lanes: &Lanes, slot: u32, target: u32) -> Gap {
    let i = slot as usize;
    let there = around.table.entries[target as usize];
    let front_m = around.roadway.beside_m(vehicles.lane[i], vehicles.s_m[i], there.lane);
    let rear_m = front_m - vehicles.size[i].length_m;
    let on = &lanes.on[there.lane as usize];
    let place = on.partition_point(|&other| vehicles.s_m[other as usize] > front_m);
    let mut gap = Gap {
        ahead_m: f64::INFINITY,
        ahead_mps: 0.0,
        behind_m: f64::INFINITY,
        behind: NONE,
        behind_mps: 0.0,
        is_taken: false,
    };
    let ahead = |gap: &mut Gap, distance_m: f64, mps: f64| {
        if distance_m < gap.ahead_m {
            (gap.ahead_m, gap.ahead_mps) = (distance_m, mps);
        }
    };
    if let Some(&other) = place.checked_sub(1).map(|before| &on[before]) {
        ahead(
            &mut gap,
            vehicles.rear_m(other) - front_m,
            vehicles.speed_mps[other as usize],
        );
    }
    if let Some(&other) = on.get(place) {
        gap.behind_m = rear_m - vehicles.s_m[other as usize];
        gap.behind = other;
        gap.behind_mps = vehicles.speed_mps[other as usize];
    }
    for extra in &lanes.extras[there.lane as usize] {
        if extra.slot == slot {
            continue;
        }
        if extra.front_m > front_m {
            ahead(&mut gap, extra.rear_m - front_m, extra.speed_mps);
        } else if rear_m - extra.front_m < gap.behind_m {
            gap.behind_m = rear_m - extra.front_m;
            gap.behind_mps = extra.speed_mps;
            gap.behind = extra.slot;
        }
    }
    // Beyond the ends of the lane.
    if gap.ahead_m.is_infinite() && there.next != NONE {
        let next = around.table.entries[there.next as usize].lane;
        let base_m = around.roadway.length_m[there.lane as usize] - front_m;
        if let Some(&other) = lanes.on[next as usize].last() {
            ahead(
                &mut gap,
                base_m + vehicles.rear_m(other),
                vehicles.speed_mps[other as usize],
            );
        }
        for extra in &lanes.extras[next as usize] {
            ahead(&mut gap, base_m + extra.rear_m, extra.speed_mps);
        }
    }
    if gap.behind_m.is_infinite() {
        for &earlier in &around.roadway.network.lane(LaneId(there.lane)).predecessors {
            let earlier = earlier.0 as usize;
            let base_m = rear_m + around.roadway.length_m[earlier];
            let first = lanes.on[earlier].first();
            if let Some(&other) = first
                && base_m - vehicles.s_m[other as usize] < gap.behind_m
            {
                gap.behind_m = base_m - vehicles.s_m[other as usize];
                gap.behind = other;
                gap.behind_mps = vehicles.speed_mps[other as usize];
            }
            for extra in &lanes.extras[earlier] {
                // Beside us, though not ahead, is behind by less than nothing.
                let is_ahead = extra.front_m > around.roadway.length_m[earlier] + front_m;
                if extra.slot == NONE && !is_ahead && base_m - extra.front_m < gap.behind_m {
                    gap.behind_m = base_m - extra.front_m;
                    gap.behind = NONE;
                    gap.behind_mps = extra.speed_mps;
                }
            }
        }
    }
    gap.is_taken = gap.ahead_m < 0.3 || gap.behind_m < 0.3;
    gap
}
