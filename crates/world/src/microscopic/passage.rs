//! Passing links: who may, and how fast everyone really drives.
//!
//! In go everyone's intents; out comes each vehicle's speed. A link that gives way is open if none of those who go first
//! would be in the junction from one second before to one second after one's own passage; waiting makes impatient, and
//! the impatient trust that the others brake.
//!
//! Source of the windows: SUMO's documentation, "Simulation/Intersections"; J. Erdmann and D. Krajzewicz, "SUMO's Road
//! Intersection Model", in: Simulation of Urban Mobility (2014), sections 3 and 4.

use super::following::{Habit, brake_gap_m};
use super::look::{Intent, Intents};
use super::mover::Mover;
use super::signal::{goes_first, is_red, is_yellow};
use super::view::View;
use crate::sumo::{Following, NONE};

/// Somebody on the way to a link who means to pass it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Approach {
    link: u32,
    id: u32,
    /// The next on the same link.
    next: ApproachPlace,
    arrival_s: f32,
    leave_s: f32,
    braking_mps: f32,
    leave_mps: f32,
    distance_m: f32,
    decel_mps2: f32,
    /// How long it has stood.
    waiting_s: f32,
    /// It can no longer stop before the line.
    is_bound: bool,
    /// It comes with blue lights: see [`Mover::has_way`].
    pub has_way: bool,
}

/// Where an [`Approach`] is told: the block of its vehicle and its place there; no block at the end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ApproachPlace {
    block: u32,
    place: u32,
}

impl ApproachPlace {
    const NOWHERE: ApproachPlace = ApproachPlace { block: NONE, place: 0 };
}

impl Approach {
    /// Of somebody whose tail leaves the junction `length_m` after its front has entered it.
    pub(super) fn new(intent: &Intent, mover: &Mover, length_m: f32, habit: &Habit) -> Approach {
        let inside_mps = (0.5 * (intent.arrival_mps + intent.leave_mps)).max(1e-3);
        Approach {
            link: intent.link,
            next: ApproachPlace::NOWHERE,
            id: mover.id,
            waiting_s: mover.waiting_s,
            arrival_s: intent.arrival_s,
            leave_s: intent.arrival_s + length_m / inside_mps,
            braking_mps: intent.braking_mps,
            leave_mps: intent.leave_mps,
            distance_m: intent.distance_m,
            decel_mps2: habit.brake.decel_mps2 as f32,
            is_bound: is_bound(intent, mover, habit),
            has_way: mover.has_way(habit),
        }
    }
}

/// Who is first on the list of those who come to each link that others watch; the lists run through what blocks have told.
#[derive(Debug)]
pub(super) struct ApproachHeads(Vec<ApproachPlace>);

impl ApproachHeads {
    pub(super) fn new(links: usize) -> ApproachHeads {
        ApproachHeads(vec![ApproachPlace::NOWHERE; links])
    }

    /// Forgets what a block has told.
    pub(super) fn forget(&mut self, told: &[Approach]) {
        for approach in told {
            self.0[approach.link as usize] = ApproachPlace::NOWHERE;
        }
    }

    /// Notes what a block tells.
    pub(super) fn note(&mut self, block: u32, told: &mut [Approach]) {
        for (place, approach) in (0..).zip(told) {
            let head = &mut self.0[approach.link as usize];
            approach.next = std::mem::replace(head, ApproachPlace { block, place });
        }
    }
}

/// Everyone on the way to a link that others watch.
#[derive(Clone, Copy)]
pub(super) struct Approaches<'a> {
    pub heads: &'a ApproachHeads,
    pub told: &'a [Intents],
    /// Those who come with blue lights.
    pub blue_lights: &'a [Approach],
}

/// Who comes with blue lights is made way for so many seconds before.
const BLUE_LIGHT_S: f32 = 8.0;

/// Whether somebody can no longer stop before a line.
fn is_bound(intent: &Intent, mover: &Mover, habit: &Habit) -> bool {
    f64::from(intent.distance_m) < brake_gap_m(mover.speed_mps, &habit.brake, 0.0)
}

impl<'a> Approaches<'a> {
    fn of(self, link: u32) -> impl Iterator<Item = &'a Approach> {
        let mut at = self.heads.0[link as usize];
        std::iter::from_fn(move || {
            let approach = self.told.get(at.block as usize)?.approaches.get(at.place as usize)?;
            at = approach.next;
            Some(approach)
        })
    }
}

/// At a zipper one looks farther.
const GAP_ZIPPER_S: f64 = 16.0;

/// The speed that a vehicle drives in the next step, which is `free_mps` if all links let it pass.
pub(super) fn speed_mps(view: &View, approaches: Approaches, mover: &Mover, intents: &[Intent], free_mps: f32) -> f64 {
    let habit = view.habit(mover);
    let closed = intents
        .iter()
        .find(|intent| intent.is_closed || !is_open(view, approaches, mover, habit, intent));
    let safe_mps = f64::from(closed.map_or(free_mps, |intent| intent.wait_mps));
    let slowest_mps = habit.slowest_mps(mover.speed_mps).min(safe_mps);
    let safe_mps = safe_mps.min(f64::from(mover.advice_mps)).max(slowest_mps);
    if safe_mps <= 0.0 {
        return 0.0;
    }
    // Imperfect drivers are slower than they could be (Krauß 1998, equation 3.19; starting, in proportion to speed).
    let most_mps = habit.sigma * habit.accel_mps2.min(safe_mps) * view.step_s;
    (safe_mps - most_mps * view.luck(mover)).max(slowest_mps)
}

fn is_open(view: &View, approaches: Approaches, mover: &Mover, habit: &Habit, intent: &Intent) -> bool {
    let link = &view.network.links[intent.link as usize];
    let letter = view.shown[intent.link as usize];
    if mover.has_way(habit) {
        return is_clear(view, approaches, mover, habit, intent);
    }
    if makes_way(view, approaches, mover, habit, intent) {
        return false;
    }
    if is_red(letter) {
        // Only who can no longer stop gets here.
        return is_bound(intent, mover, habit);
    }
    if is_yellow(letter) || link.is_cont || link.yields_to.is_empty() {
        return true;
    }
    // Once inside, the light that let one in counts.
    let entry = view.shown[link.entry as usize];
    let was_first = link.is_inside && (entry == b'G' || is_red(entry) || is_yellow(entry));
    if letter != b'Z' && (goes_first(letter) || (was_first && entry == b'G')) {
        return true;
    }
    if matches!(letter, b's' | b'w') && !has_stopped(mover, habit, intent) {
        return false;
    }
    let impatience = mover.impatience(habit.impatience);
    let decel_mps2 = habit.brake.decel_mps2;
    let arrival_s = f64::from(intent.arrival_s);
    let (arrival_mps, leave_mps) = (f64::from(intent.arrival_mps), f64::from(intent.leave_mps));
    let inside_mps = (0.5 * (arrival_mps + leave_mps)).max(1e-3);
    let leave_s = arrival_s + (link.length_m + habit.length_m) / inside_mps;
    let gap_s = if letter == b'Z' { GAP_ZIPPER_S } else { habit.margin_s };
    let yields = link.yields_to.start as usize..link.yields_to.end as usize;
    for &other in &view.network.yields[yields] {
        let foe_link = &view.network.links[other as usize];
        let is_merge = foe_link.to == link.to;
        for foe in approaches.of(other) {
            if foe.id == mover.id || is_deadlocked(mover, foe) {
                continue;
            }
            if habit.following == Following::Human && !is_merge {
                if !is_crossed_in_time(view, habit, [intent.link, other], intent, foe) {
                    return false;
                }
                continue;
            }
            let mut foe_arrival_s = f64::from(foe.arrival_s);
            let mut foe_mps = f64::from(foe.braking_mps);
            if impatience > 0.0 && arrival_s < foe_arrival_s {
                let (braked_s, braked_mps) = braked_arrival(foe, arrival_s, impatience, view.step_s);
                foe_arrival_s += impatience * (braked_s - foe_arrival_s);
                foe_mps = braked_mps.unwrap_or(foe_mps);
            }
            if f64::from(foe.leave_s) < arrival_s {
                let is_close = arrival_s - f64::from(foe.leave_s) < gap_s;
                let closes_in = habit.following != Following::Human
                    && catches_up(
                        f64::from(foe.leave_mps),
                        f64::from(foe.decel_mps2),
                        arrival_mps,
                        decel_mps2,
                    );
                if is_merge && (is_close || closes_in) {
                    return false;
                }
            } else if foe_arrival_s > leave_s + gap_s {
                let is_held_up = match habit.following {
                    Following::Human => is_slowed(foe, foe_arrival_s - leave_s, leave_mps),
                    _ => catches_up(leave_mps, decel_mps2, foe_mps, f64::from(foe.decel_mps2)),
                };
                if is_merge && is_held_up {
                    return false;
                }
            } else {
                return false;
            }
        }
    }
    true
}

/// Whether one stops at a line for somebody who comes with blue lights on a way that crosses or meets one's own.
fn makes_way(view: &View, approaches: Approaches, mover: &Mover, habit: &Habit, intent: &Intent) -> bool {
    let network = view.network;
    let link = &network.links[intent.link as usize];
    let street = |lane: u32| network.lanes[lane as usize].edge;
    approaches.blue_lights.iter().any(|blue| {
        let theirs = &network.links[blue.link as usize];
        blue.arrival_s < BLUE_LIGHT_S
            && !link.is_inside
            && street(theirs.from) != street(link.from)
            && !is_bound(intent, mover, habit)
            && network.meets(link.next, theirs.next)
    })
}

/// Whether somebody with blue lights can pass a link, whatever it shows: those who can still stop do.
fn is_clear(view: &View, approaches: Approaches, mover: &Mover, habit: &Habit, intent: &Intent) -> bool {
    const GAP_S: f32 = 1.0;
    let network = view.network;
    let link = &network.links[intent.link as usize];
    let inside_mps = (0.5 * (intent.arrival_mps + intent.leave_mps)).max(1e-3);
    let leave_s = intent.arrival_s + (link.length_m + habit.length_m) as f32 / inside_mps;
    let is_in_the_way = |foe: &Approach| {
        let is_theirs = match foe.has_way {
            true => foe.id < mover.id,
            false => foe.is_bound,
        };
        is_theirs && foe.arrival_s < leave_s + GAP_S && foe.leave_s + GAP_S > intent.arrival_s
    };
    network
        .conflicts_of(link.next)
        .iter()
        .flat_map(|conflict| network.links_into(conflict.other))
        .all(|other| !approaches.of(other).any(is_in_the_way))
}

/// Whether one has stood so long, and longer than a foe who stands too, that one no longer waits for it: who wait for one
/// another would wait for ever.
fn is_deadlocked(mover: &Mover, foe: &Approach) -> bool {
    const DEADLOCK_S: f32 = 20.0;
    let order = (mover.waiting_s, foe.id) > (foe.waiting_s, mover.id);
    mover.waiting_s > DEADLOCK_S && foe.waiting_s > 0.0 && order
}

/// Whether a person gets across the way of a foe before it or after it: people look at the place where the ways cross.
fn is_crossed_in_time(view: &View, habit: &Habit, [own, theirs]: [u32; 2], intent: &Intent, foe: &Approach) -> bool {
    /// Of the foe's length no more is known than this, metres.
    const FOE_M: f64 = 5.0;
    let network = view.network;
    let (link, foe_link) = (&network.links[own as usize], &network.links[theirs as usize]);
    let conflict = network
        .conflicts_of(link.next)
        .iter()
        .find(|conflict| conflict.other == foe_link.next);
    let (from_m, to_m, foe_from_m, foe_to_m) = match conflict {
        Some(conflict) => (
            f64::from(conflict.from_m),
            f64::from(conflict.to_m),
            f64::from(conflict.other_from_m),
            f64::from(conflict.other_to_m),
        ),
        None => (0.0, link.length_m, 0.0, foe_link.length_m),
    };
    let (arrival_mps, leave_mps) = (f64::from(intent.arrival_mps), f64::from(intent.leave_mps));
    // Speed grows evenly along the way inside; from a standing start the first metres take most of the time.
    let reaches_s = |metres: f64| {
        let share = (metres / (link.length_m + habit.length_m)).clamp(0.0, 1.0);
        let there_mps = (arrival_mps * arrival_mps * (1.0 - share) + leave_mps * leave_mps * share).sqrt();
        f64::from(intent.arrival_s) + 2.0 * metres / (arrival_mps + there_mps).max(1e-3)
    };
    let foe_inside_s = f64::from(foe.leave_s - foe.arrival_s);
    let foe_at_s =
        |metres: f64| f64::from(foe.arrival_s) + foe_inside_s * (metres / (foe_link.length_m + FOE_M)).min(1.0);
    let is_before = reaches_s(to_m + habit.length_m) + habit.margin_s < foe_at_s(foe_from_m);
    let is_after = reaches_s(from_m) > foe_at_s(foe_to_m + FOE_M);
    is_before || is_after
}

/// Whether one has stopped where one has to. People count a moment of rolling slowly at the line.
fn has_stopped(mover: &Mover, habit: &Habit, intent: &Intent) -> bool {
    const ROLLING_MPS: f64 = 3.3;
    const AT_LINE_M: f32 = 5.0;
    let rolls = mover.speed_mps < ROLLING_MPS && intent.distance_m < AT_LINE_M;
    mover.waiting_s > 0.0 || habit.following == Following::Human && rolls
}

/// Whether a foe who arrives `between_s` after one has gone in ahead of it at `leave_mps` has to brake harder than people
/// ask of one another.
fn is_slowed(foe: &Approach, between_s: f64, leave_mps: f64) -> bool {
    /// Drivers on a main road slow down so for those who come in (Highway Capacity Manual: critical gaps shrink to it).
    const ASKED_MPS2: f64 = 2.5;
    /// And those who come in go on getting faster.
    const GAINED_MPS2: f64 = 1.5;
    let closing_mps = f64::from(foe.leave_mps) - leave_mps;
    let room_m = between_s * f64::from(foe.leave_mps);
    closing_mps > 0.0 && closing_mps * closing_mps > 2.0 * (ASKED_MPS2 + GAINED_MPS2) * room_m
}

/// Whether a follower needs a longer way to stop than its leader.
fn catches_up(leader_mps: f64, leader_decel_mps2: f64, follower_mps: f64, follower_decel_mps2: f64) -> bool {
    leader_mps * leader_mps / leader_decel_mps2 <= follower_mps * follower_mps / follower_decel_mps2
}

/// When a foe arrives who begins to brake, as hard as one's impatience trusts, at the moment that one arrives; and how
/// fast it is then, if that is told by this.
fn braked_arrival(foe: &Approach, arrival_s: f64, impatience: f64, step_s: f64) -> (f64, Option<f64>) {
    let foe_arrival_s = f64::from(foe.arrival_s);
    if (arrival_s / step_s) as i64 == (foe_arrival_s / step_s) as i64 {
        return (foe_arrival_s, None);
    }
    let decel = f64::from(foe.decel_mps2) * impatience;
    let between_s = foe_arrival_s - arrival_s;
    let speed_mps = f64::from(foe.distance_m) / (foe_arrival_s + step_s).max(1e-3);
    let left_m = f64::from(foe.distance_m) - speed_mps * arrival_s;
    if 0.5 * speed_mps * speed_mps / decel <= left_m {
        return (foe_arrival_s + 30.0, Some(0.0));
    }
    let lost_mps = between_s * decel;
    let lost_m = 0.5 * between_s * lost_mps;
    let after_mps = speed_mps - lost_mps;
    let root = (after_mps * after_mps - 2.0 * decel * lost_m).max(0.0).sqrt();
    let later_s = ((after_mps - root) / decel).max(0.0);
    (
        foe_arrival_s + later_s,
        Some((speed_mps - (between_s + later_s) * decel).max(0.0)),
    )
}
