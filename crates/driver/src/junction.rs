//! Right of way in junctions.
//!
//! In goes the view; out come stops before shared space that somebody else takes first. Objects are put on the lanes from
//! which they can reach that space; each gets the span of time in which it will be there if it goes on as it does, along
//! every turn it may take; ours must lie clear of it. Where another has to yield, we go, unless it visibly does not.
//! The same rule serves stop signs, permissive left turns, merges and roundabouts. Following someone in our own lane is
//! not its business, nor are lights, except that a rival behind a red light does not come.

use crate::bend::LONG_M;
use crate::neighbour::Neighbour;
use crate::route::{Gate, Rival};
use crate::speed::{BRAKING_MPS2, Cause, Governor, STANDSTILL_MPS, URGENT_MPS2, speed_for_way_mps, time_to_cover_s};
use crate::view::View;
use road::{ConflictKind, LanePosition, RightOfWay, SignalColour, Turn};
use vehicle::{Indicator, ObjectKind, ObservedObject, Reason};

/// Time kept between us leaving shared space and a rival with the right of way entering it.
const MARGIN_AHEAD_S: f64 = 1.3;
/// Time kept between a rival leaving and us entering.
const MARGIN_BEHIND_S: f64 = 0.4;
/// Once decided to go, margins shrink by this factor, so that decisions do not flicker.
const DECIDED: f64 = 0.5;
/// Braking beyond which a decision to go stands.
const COMMITTED_MPS2: f64 = 2.5;
/// Kept between the front bumper and shared space.
const BEFORE_M: f64 = 1.0;
/// After so long at rest, rivals who stand as well are taken to let us go.
const PATIENCE_S: f64 = 4.0;
/// So much of the body in shared space leaves others a way around it.
const NOSE_M: f64 = 0.4;
/// Patience once spent lasts until we are as fast as this.
const UNDER_WAY_MPS: f64 = 2.0;
/// Towards a gate where others have the right of way it is as fast as for a stop this far beyond the line: slow enough for
/// a gentle stop once somebody comes out of hiding.
const READY_M: f64 = 16.0;
/// Who is on its way through a turn lies and points as it, and is no faster than its bends allow.
const TURNS_WITHIN_M: f64 = 1.2;
const TURNS_COS: f64 = 0.94;
const TURNS_MPS2: f64 = 4.5;
const MISFIT_COS: f64 = 0.9;
/// Before one who will have left we slow down only as far as coming after it takes, but never by less than this share of
/// the braking that would stop us.
const STOPPING_SHARE: f64 = 0.4;
/// So far before a junction one leaves room to who is long and turns out of it, if that takes no harder braking.
const MOUTH_M: f64 = 5.0;
const STAND_BACK_MPS2: f64 = 2.5;
const MOVES_MPS: f64 = 0.4;
/// Furthest from a gate's middle at which rivals are looked for.
const RIVAL_RADIUS_M: f64 = 115.0;

/// Decisions, and space to work in.
#[derive(Debug, Default)]
pub(crate) struct Junctions {
    gate: Option<usize>,
    is_decided: bool,
    has_stopped: bool,
    waited_s: f64,
    occupants: Occupants,
}

/// Those on the lanes of one gate, and the tracks of all that were found since they were forgotten.
#[derive(Debug)]
pub(crate) struct Occupants {
    here: Vec<Occupant>,
    tracks: Vec<u32>,
}

/// As many are found in a cycle before space for more is made.
const OCCUPANTS: usize = 256;

impl Default for Occupants {
    fn default() -> Occupants {
        Occupants {
            here: Vec::with_capacity(OCCUPANTS),
            tracks: Vec::with_capacity(OCCUPANTS),
        }
    }
}

/// An object on a lane from which it can reach shared space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupant {
    /// Index into the gate's approaches, and into the observation's objects.
    pub approach: usize,
    pub object: usize,
    /// Of its front.
    pub s_m: f64,
    pub speed_mps: f64,
    pub length_m: f64,
    /// How well it fits the lane: off its middle, and the cosine between the two.
    pub offset_m: f64,
    pub alignment: f64,
}

/// Somebody who goes first.
#[derive(Clone, Copy, Debug)]
struct Yielding {
    track: u32,
    /// From one leaving the shared space to the other entering it; negative where both would be in it.
    margin_s: f64,
    /// When it has left the shared space with some time to spare, if it goes on as it does.
    clear_s: f64,
}

/// Slows down towards a junction without lights where others go first.
fn be_ready_to_yield(view: &View<'_>, gate: &Gate, governor: &mut Governor) {
    let must_yield = gate.signal.is_none()
        && gate
            .rivals
            .iter()
            .any(|rival| rival.right_of_way != RightOfWay::Priority && rival.kind == ConflictKind::Cross);
    if must_yield {
        let way_m = (gate.line_m - view.front_m).max(0.0) + READY_M;
        let speed_mps = speed_for_way_mps(way_m, 0.7, BRAKING_MPS2);
        let change_mps2 = -speed_mps / (0.7 + speed_mps / BRAKING_MPS2);
        governor.keep_speed(speed_mps, change_mps2, Cause::of(Reason::Yield));
    }
}

impl Junctions {
    pub(crate) fn reset(&mut self) {
        self.gate = None;
        self.is_decided = false;
        self.has_stopped = false;
        self.waited_s = 0.0;
    }

    /// Tells the governor of the gates ahead, up to the one that a light closes.
    pub(crate) fn govern(
        &mut self,
        view: &View<'_>,
        governor: &mut Governor,
        lead: Option<&Neighbour>,
        closed: Option<usize>,
        horizon_m: f64,
    ) {
        self.occupants.forget();
        let first = view.route.next_gate(view.rear_m());
        for (index, gate) in view.route.gates.iter().enumerate().skip(first).take(4) {
            if gate.line_m - view.front_m > horizon_m || closed.is_some_and(|closed| index >= closed) {
                break;
            }
            if gate.is_shared || !gate.mouths.is_empty() {
                self.occupants.find(view, gate);
            }
            self.stand_back(view, gate, governor);
            if !gate.is_shared {
                continue;
            }
            let is_inside = view.front_m > gate.start_m + 0.5;
            if !is_inside {
                keep_clear(view, gate, governor, lead);
                be_ready_to_yield(view, gate, governor);
            }
            if self.gate.is_none_or(|current| current < index) {
                // The memory belongs to the gate that we are about to enter.
                if self
                    .gate
                    .is_none_or(|current| view.route.gates[current].end_m < view.front_m)
                {
                    self.reset();
                    self.gate = Some(index);
                }
            }
            if self.yields(view, index, is_inside, governor) {
                break;
            }
        }
    }

    /// Leaves room to somebody long who turns out of the junction into the lane beside ours: its front swings wide.
    fn stand_back(&self, view: &View<'_>, gate: &Gate, governor: &mut Governor) {
        let line_m = gate.start_m - MOUTH_M;
        if gate.mouths.is_empty() || view.front_m > line_m + 0.5 || view.needed_mps2(line_m) > STAND_BACK_MPS2 {
            return;
        }
        let long = self.occupants.iter().find(|occupant| {
            let object = &view.observation.objects[occupant.object];
            occupant.length_m > LONG_M
                && object.indicator != Indicator::Off
                && occupant.speed_mps > MOVES_MPS
                && gate.is_at_mouth(occupant.approach, occupant.s_m)
        });
        if let Some(long) = long {
            let cause = Cause {
                rival: Some(view.observation.objects[long.object].track),
                ..Cause::of(Reason::Yield)
            };
            governor.stop(line_m - view.front_m, cause);
        }
    }

    /// Whether somebody else goes first here; if so, the governor knows.
    fn yields(&mut self, view: &View<'_>, index: usize, is_inside: bool, governor: &mut Governor) -> bool {
        let gate = &view.route.gates[index];
        let is_current = self.gate == Some(index);
        let is_committed = is_inside || is_current && self.is_decided && view.needed_mps2(gate.line_m) > COMMITTED_MPS2;
        let factor = if is_current && self.is_decided { DECIDED } else { 1.0 };

        // A stop sign asks for a standstill first, whoever comes.
        let must_stop = gate.signal.is_none() && gate.rivals.iter().any(|rival| rival.right_of_way == RightOfWay::Stop);
        if must_stop && !is_committed && !(is_current && self.has_stopped) {
            if is_current && view.speed_mps < 0.1 && gate.line_m - view.front_m < 2.0 {
                self.has_stopped = true;
            } else {
                governor.stop(gate.line_m - view.front_m, Cause::of(Reason::Yield));
                return true;
            }
        }

        let mut nearest: Option<(f64, Yielding)> = None;
        for rival in &gate.rivals {
            // Our body has left the shared space, or our front is in it already: nothing left to yield. Who has come to a
            // stand with no more than the nose in it still waits.
            let nose_m = if view.speed_mps < 1.0 { NOSE_M } else { -0.2 };
            if view.rear_m() > rival.exit_m || view.front_m > rival.enter_m + nose_m {
                continue;
            }
            if let Some(yielding) = self.first_before_us(view, gate, rival, factor)
                && nearest.is_none_or(|(enter_m, _)| rival.enter_m < enter_m)
            {
                nearest = Some((rival.enter_m, yielding));
            }
        }
        let Some((enter_m, yielding)) = nearest else {
            if is_current {
                self.is_decided = true;
                if is_inside && view.speed_mps > UNDER_WAY_MPS {
                    self.waited_s = 0.0;
                }
            }
            return false;
        };
        let cause = Cause {
            reason: Reason::Yield,
            rival: Some(yielding.track),
            margin_s: Some(yielding.margin_s).filter(|margin_s| margin_s.is_finite()),
            ..Cause::default()
        };
        // At a light one waits inside, before the shared space, and clears it when the others stop; elsewhere at the line.
        let inside_m = enter_m - BEFORE_M;
        let waits_inside = gate.signal.is_some() && inside_m > gate.start_m + 3.0;
        if is_committed || waits_inside {
            if view.needed_mps2(inside_m) > 6.0 && view.speed_mps > 1.0 {
                // Too late to stop: the quickest way out is through.
                return false;
            }
            let clear_m = clear_of_others_m(gate, inside_m, view.sheet.dimensions.length_m);
            let is_within_reach = clear_m > view.front_m && view.needed_mps2(clear_m) < COMMITTED_MPS2;
            let stop_m = if waits_inside || !is_within_reach {
                inside_m
            } else {
                clear_m
            };
            come_after(view, governor, stop_m, enter_m, &yielding, cause);
        } else {
            come_after(view, governor, gate.line_m, enter_m, &yielding, cause);
        }
        if is_current {
            self.is_decided = is_committed;
            if view.speed_mps < 0.2 {
                self.waited_s += view.period_s;
            } else if view.speed_mps > UNDER_WAY_MPS {
                self.waited_s = 0.0;
            }
        }
        true
    }

    /// Somebody who takes the shared space first, or while we would be there.
    fn first_before_us(&self, view: &View<'_>, gate: &Gate, rival: &Rival, factor: f64) -> Option<Yielding> {
        let limit_mps = view.route.at(rival.enter_m).speed_mps.max(3.0);
        let way_m = rival.enter_m - view.front_m;
        let enter_s = time_to_cover_s(way_m, view.speed_mps, limit_mps);
        let leave_m = rival.exit_m + view.sheet.dimensions.length_m - view.front_m;
        let leave_s = time_to_cover_s(leave_m, view.speed_mps, limit_mps);
        let is_held = rival
            .signal
            .and_then(|signal| view.signal(signal))
            .is_some_and(|seen| matches!(seen.colour, SignalColour::Red | SignalColour::Amber));
        let yields = rival.right_of_way != RightOfWay::Priority;
        for occupant in self.occupants.iter() {
            let Some((_, chain_m)) = rival.chain.iter().find(|(approach, _)| *approach == occupant.approach) else {
                continue;
            };
            let object = &view.observation.objects[occupant.object];
            let to_enter_m = chain_m - occupant.s_m;
            let to_leave_m = to_enter_m + rival.length_m + occupant.length_m;
            if to_leave_m < 0.0 {
                continue;
            }
            let is_on_rival = gate.approaches[occupant.approach].lane == rival.lane;
            if !is_on_rival && (is_held || turns_elsewhere(view, rival, object)) {
                continue;
            }
            // Neither where the turn leads nor as it points: on another lane, that begins or ends here too.
            if is_on_rival && occupant.offset_m.abs() > TURNS_WITHIN_M && occupant.alignment < MISFIT_COS {
                continue;
            }
            let is_within = to_enter_m < 0.3;
            let speed_mps = occupant.speed_mps.max(0.0);
            let stands = speed_mps < 0.4;
            if stands && self.waited_s > PATIENCE_S {
                // It waits as well, for us or for somebody else. Should its body be in our way, we stop for that.
                continue;
            }
            if is_within {
                // It is there. If it leaves before we come, fine.
                let leaves_s = if stands { f64::INFINITY } else { to_leave_m / speed_mps };
                if leaves_s > enter_s - MARGIN_BEHIND_S * factor || way_m < 1.5 {
                    return Some(Yielding {
                        track: object.track,
                        margin_s: enter_s - leaves_s,
                        clear_s: leaves_s + MARGIN_BEHIND_S,
                    });
                }
                continue;
            }
            // Someone who stands may start at any moment; someone who moves goes on.
            let arrives_s = if speed_mps < 1.0 {
                (2.0 * to_enter_m / 1.5).sqrt() + 0.4
            } else {
                to_enter_m / speed_mps
            };
            let leaves_s = if speed_mps < 1.0 {
                arrives_s + 4.0
            } else {
                to_leave_m / speed_mps
            };
            if yields {
                let mut margin_s = MARGIN_AHEAD_S;
                let mut clear_s = leave_s;
                if rival.kind == ConflictKind::Merge {
                    // Behind us after the merge, it must not have to brake hard.
                    let our_mps = (view.speed_mps + 0.9 * leave_s).min(limit_mps);
                    margin_s += (speed_mps - our_mps).max(0.0) / 3.0;
                    clear_s = time_to_cover_s(rival.exit_m - view.front_m, view.speed_mps, limit_mps).min(leave_s);
                }
                let is_after = arrives_s > clear_s + margin_s * factor;
                let is_before = leaves_s < enter_s - MARGIN_BEHIND_S * factor;
                if !is_after && !is_before {
                    return Some(Yielding {
                        track: object.track,
                        margin_s: (arrives_s - clear_s).max(enter_s - leaves_s),
                        clear_s: leaves_s + MARGIN_BEHIND_S,
                    });
                }
            } else if is_on_rival && !stands && occupant.s_m > 1.0 && turns(view, rival, occupant) {
                // It has to yield and is inside all the same: let it, if it would be there before us.
                let could_stop = speed_mps * speed_mps / (2.0 * to_enter_m.max(0.1)) < 2.0;
                let clashes = arrives_s < leave_s && leaves_s > enter_s;
                if clashes && !could_stop {
                    return Some(Yielding {
                        track: object.track,
                        margin_s: (arrives_s - leave_s).max(enter_s - leaves_s),
                        clear_s: leaves_s + MARGIN_BEHIND_S,
                    });
                }
            }
        }
        None
    }
}

impl Occupants {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Occupant> {
        self.here.iter()
    }

    /// Whether a track was found since they were forgotten.
    pub(crate) fn holds(&self, track: u32) -> bool {
        self.tracks.contains(&track)
    }

    pub(crate) fn forget(&mut self) {
        self.here.clear();
        self.tracks.clear();
    }

    /// Puts objects on the lanes from which they can reach the gate's shared spaces.
    pub(crate) fn find(&mut self, view: &View<'_>, gate: &Gate) {
        self.here.clear();
        for (index, object) in view.observation.objects.iter().enumerate() {
            if matches!(object.kind, ObjectKind::Pedestrian | ObjectKind::Obstacle) {
                continue;
            }
            let distance = |to: [f64; 2]| {
                let (dx, dy) = (object.x_m - to[0], object.y_m - to[1]);
                dx * dx + dy * dy
            };
            let near = distance(gate.centre_m) < RIVAL_RADIUS_M * RIVAL_RADIUS_M;
            if !near || !object.heading_rad.is_finite() || !object.speed_mps.is_finite() || !object.length_m.is_finite()
            {
                continue;
            }
            for (number, approach) in gate.approaches.iter().enumerate() {
                if distance(approach.centre_m) > approach.radius_m * approach.radius_m {
                    continue;
                }
                let hint_m = (approach.length_m - distance(approach.end_m).sqrt()).max(0.0);
                let at = view.network.project_near(approach.lane, hint_m, object.x_m, object.y_m);
                // Beyond the ends the offset means nothing: the neighbour lane will have it.
                if at.offset_m.abs() > 1.9 {
                    continue;
                }
                let pose = view.network.lane_pose(LanePosition {
                    offset_m: at.offset_m,
                    ..at
                });
                let (dx, dy) = (object.x_m - pose.x_m, object.y_m - pose.y_m);
                if dx * dx + dy * dy > 6.0 || (object.z_m - pose.z_m).abs() > 3.0 {
                    continue;
                }
                let alignment = libm::cos(object.heading_rad - pose.heading_rad);
                if alignment < 0.75 {
                    continue;
                }
                let length_m = object.length_m.clamp(0.3, 30.0);
                self.tracks.push(object.track);
                self.here.push(Occupant {
                    approach: number,
                    object: index,
                    s_m: at.s_m + 0.5 * length_m,
                    speed_mps: object.speed_mps,
                    length_m,
                    offset_m: at.offset_m,
                    alignment,
                });
            }
        }
    }
}

/// Stops for somebody who goes first; where that is no longer comfortable, and who moves will have left by then, slows down
/// as far as it takes.
fn come_after(view: &View<'_>, governor: &mut Governor, stop_m: f64, enter_m: f64, yielding: &Yielding, cause: Cause) {
    let way_m = enter_m - view.front_m;
    let needed_mps2 = 2.0 * (view.speed_mps * yielding.clear_s - way_m) / (yielding.clear_s * yielding.clear_s);
    let is_under_way_then = view.speed_mps - needed_mps2 * yielding.clear_s > STANDSTILL_MPS;
    let stopping_mps2 = view.needed_mps2(stop_m);
    if stopping_mps2 > URGENT_MPS2 && needed_mps2.is_finite() && is_under_way_then {
        let share_mps2 = (STOPPING_SHARE * stopping_mps2).min(COMMITTED_MPS2);
        governor.brake(needed_mps2.max(share_mps2).min(stopping_mps2), cause);
    } else {
        governor.stop(stop_m - view.front_m, cause);
    }
}

/// Whether somebody who is put on a rival's lane is on its way through it, and not along another that begins there too.
fn turns(view: &View<'_>, rival: &Rival, occupant: &Occupant) -> bool {
    let length_m = view.network.lane(rival.lane).length_m;
    let bend_per_m = [0.5, 1.0].iter().fold(0.0_f64, |most, share| {
        let s_m = occupant.s_m + share * (0.7 * length_m - occupant.s_m).max(0.0);
        most.max(
            view.network
                .lane_curvature_per_m(rival.lane, s_m.clamp(0.0, length_m))
                .abs(),
        )
    });
    occupant.offset_m.abs() < TURNS_WITHIN_M
        && occupant.alignment > TURNS_COS
        && occupant.speed_mps * occupant.speed_mps * bend_per_m < TURNS_MPS2
}

/// The farthest place up to `stop_m` where one stands in nobody's way.
fn clear_of_others_m(gate: &Gate, mut stop_m: f64, length_m: f64) -> f64 {
    let blocks = |rival: &&Rival, front_m: f64| {
        rival.kind == ConflictKind::Cross && front_m > rival.enter_m && front_m - length_m < rival.exit_m
    };
    while let Some(blocked) = gate.rivals.iter().find(|rival| blocks(rival, stop_m)) {
        stop_m = blocked.enter_m - BEFORE_M;
    }
    stop_m
}

/// An indicator that contradicts the rival lane's turn, on someone who has not begun it.
fn turns_elsewhere(view: &View<'_>, rival: &Rival, object: &ObservedObject) -> bool {
    let turn = view.network.lane(rival.lane).turn;
    matches!(
        (object.indicator, turn),
        (Indicator::Left, Turn::Right) | (Indicator::Right, Turn::Left | Turn::Around)
    )
}

/// Waits before a junction that it could not leave, because someone stands behind it.
fn keep_clear(view: &View<'_>, gate: &Gate, governor: &mut Governor, lead: Option<&Neighbour>) {
    let Some(lead) = lead else { return };
    let needs_m = gate.end_m + view.sheet.dimensions.length_m + 2.0;
    let is_slow = lead.along_mps < 1.5 && lead.acceleration_mps2 < 0.5;
    if is_slow
        && lead.rear_m > gate.start_m - 1.0
        && lead.rear_m < needs_m
        && view.needed_mps2(gate.line_m) < COMMITTED_MPS2
    {
        let cause = Cause {
            reason: Reason::Follow,
            rival: Some(lead.track),
            ..Cause::default()
        };
        governor.stop(gate.line_m - view.front_m, cause);
    }
}
