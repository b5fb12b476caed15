//! Following whoever is on the path, and stopping for whatever is.
//!
//! In goes the view; out come the leader and what the governor must know of it, of those about to cut in, and of people
//! and things in the way.

use crate::cut_in::{Answer, CutIns};
use crate::neighbour::Neighbour;
use crate::speed::{Cause, FOLLOW_GAP_M, FOLLOW_HEADWAY_S, Governor, Lead, needed_mps2};
use crate::view::View;
use vehicle::{Indicator, ObjectKind, Reason};

/// Room kept beside the body.
const SIDE_M: f64 = 0.3;
/// How far ahead a cut-in is foreseen.
const FORESIGHT_S: f64 = 1.6;
/// Who has turned out of its lane so far (8 degrees) is changing lanes,
const TURNED_COS: f64 = 0.99;
/// and who is so near our path is half in.
const HALF_IN_M: f64 = 0.6;
/// So far from the middle of our path, and moving farther so fast, a leader leaves it.
const ASIDE_M: f64 = 0.3;
const OUTWARD_MPS: f64 = 0.08;
/// Sideways motion that is more than noise.
const SIDEWAYS_MPS: f64 = 0.4;

/// Index of the nearest neighbour on the path.
pub(crate) fn leader(view: &View<'_>) -> Option<usize> {
    // Sorted by rear ends: the first that is ahead and in the way is the nearest.
    view.neighbours
        .iter()
        .position(|neighbour| is_ahead(view, neighbour) && is_in_the_way(view, neighbour))
}

/// Tells the governor.
pub(crate) fn govern(view: &View<'_>, governor: &mut Governor, leader: Option<usize>, cut_ins: &mut CutIns) {
    cut_ins.keep_only(view.neighbours);
    let mut is_uncovered = false;
    for (index, neighbour) in view.neighbours.iter().enumerate() {
        match cut_ins.answer(view, neighbour, governor.braking_mps2_max()) {
            Answer::Nothing => {}
            Answer::Pass => continue,
            Answer::Brake(needed_mps2) => governor.urge(needed_mps2, neighbour.along_mps, cause_of(neighbour)),
        }
        if !is_ahead(view, neighbour) {
            continue;
        }
        let gap_m = neighbour.rear_m - view.front_m;
        if leader == Some(index) {
            govern_leader(view, governor, neighbour, gap_m);
            is_uncovered = leaves(view, neighbour);
        } else if is_uncovered && is_in_the_way(view, neighbour) {
            // Comfort looks no farther than the leader.
            let closing_mps = (view.speed_mps - neighbour.along_mps.max(0.0)).max(0.0);
            governor.urge(
                needed_mps2(closing_mps, gap_m),
                neighbour.along_mps.max(0.0),
                cause_of(neighbour),
            );
        } else if gap_m < 60.0 && is_about_to_be(view, neighbour, gap_m) {
            let cause = cause_of(neighbour);
            if neighbour.kind == ObjectKind::Pedestrian {
                governor.stop(gap_m - 2.5, cause);
            } else {
                // It needs room, and gets it gently.
                let lead = Lead {
                    gap_m: gap_m.max(0.0),
                    speed_mps: neighbour.along_mps,
                    acceleration_mps2: neighbour.acceleration_mps2.clamp(-1.0, 1.0),
                    gap_m_min: 1.5,
                    headway_s: 0.6,
                };
                let mut gentle = Governor::new(view.speed_mps, 1.0);
                gentle.follow(&lead, cause);
                governor.ask(
                    gentle.acceleration_mps2.max(-1.2),
                    gentle.explanation.speed_mps_target,
                    cause,
                );
            }
        }
    }
}

/// Whether a leader is on its way out of the path, so that whoever is before it will be next.
fn leaves(view: &View<'_>, leader: &Neighbour) -> bool {
    let (right_m, left_m) = view.swept_m(leader.rear_m, 0.0);
    let aside_m = leader.lateral_m - 0.5 * (right_m + left_m);
    aside_m.abs() > ASIDE_M && aside_m * leader.leftward_mps > 0.0 && leader.leftward_mps.abs() > OUTWARD_MPS
}

fn govern_leader(view: &View<'_>, governor: &mut Governor, leader: &Neighbour, gap_m: f64) {
    let cause = cause_of(leader);
    if leader.alignment < -0.3 && leader.along_mps < -0.3 {
        // It comes towards us on our own path: what is left of the gap is shared.
        let closing_mps = -leader.along_mps;
        let share = view.speed_mps / (view.speed_mps + closing_mps).max(0.1);
        governor.stop((gap_m - 2.0) * share.clamp(0.2, 0.8), cause);
        return;
    }
    match leader.kind {
        ObjectKind::Pedestrian | ObjectKind::Obstacle => governor.stop(gap_m - 2.0, cause),
        _ => governor.follow(
            &Lead {
                gap_m,
                speed_mps: leader.along_mps.max(0.0),
                acceleration_mps2: leader.acceleration_mps2,
                gap_m_min: FOLLOW_GAP_M,
                headway_s: FOLLOW_HEADWAY_S,
            },
            cause,
        ),
    }
}

pub(crate) fn cause_of(neighbour: &Neighbour) -> Cause {
    cause_for(neighbour.track, neighbour.kind)
}

/// Who is followed, or stopped for.
pub(crate) fn cause_for(track: u32, kind: ObjectKind) -> Cause {
    let reason = match kind {
        ObjectKind::Pedestrian | ObjectKind::Obstacle => Reason::Obstacle,
        _ => Reason::Follow,
    };
    Cause {
        reason,
        rival: Some(track),
        ..Cause::default()
    }
}

/// Its rear end is ahead of our front, or so little behind that it must be on the path to be there at all.
fn is_ahead(view: &View<'_>, neighbour: &Neighbour) -> bool {
    neighbour.rear_m > view.front_m - 0.5
}

fn is_in_the_way(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let is_person = neighbour.kind == ObjectKind::Pedestrian;
    // Beside a kerb people stand close: there the body's own width counts.
    let margin_m = if is_person && view.course.offset_m(neighbour.rear_m) < -0.3 {
        0.02
    } else {
        SIDE_M
    };
    let margin_m = if view.speed_mps < 1.0 { 0.6 * margin_m } else { margin_m };
    let (right_m, left_m) = view.swept_m(neighbour.rear_m, margin_m);
    neighbour.overlaps(right_m, left_m)
}

/// Whether it will be on the path shortly, by its motion or by what it announces.
fn is_about_to_be(view: &View<'_>, neighbour: &Neighbour, gap_m: f64) -> bool {
    let (right_m, left_m) = view.swept_m(neighbour.rear_m, SIDE_M);
    let middle_m = 0.5 * (right_m + left_m);
    let side = if neighbour.lateral_m > middle_m { 1.0 } else { -1.0 };
    let inward_mps = -side * neighbour.leftward_mps;
    let clearance_m = (neighbour.lateral_m - middle_m).abs() - neighbour.half_width_m - 0.5 * (left_m - right_m);
    match neighbour.kind {
        ObjectKind::Pedestrian => {
            // On the carriageway and walking towards our path, at the same time as we come.
            let width_m = view.route.at(neighbour.rear_m).width_m;
            let on_road = neighbour.lateral_m > -0.5 * width_m - 0.1 && neighbour.lateral_m < 8.0;
            let ours_s = gap_m.max(0.0) / view.speed_mps.max(1.0);
            on_road && inward_mps > SIDEWAYS_MPS && clearance_m / inward_mps < (ours_s + 1.0).min(4.0)
        }
        ObjectKind::Obstacle => false,
        _ => {
            if neighbour.alignment < 0.7 || gap_m < -0.5 {
                return false;
            }
            let moves_in = inward_mps > SIDEWAYS_MPS && clearance_m < inward_mps * FORESIGHT_S;
            let announces = match neighbour.indicator {
                Indicator::Left => side < 0.0,
                Indicator::Right => side > 0.0,
                _ => false,
            };
            let is_coming = neighbour.speed_mps > 0.5 && inward_mps > 0.1;
            // Half in it may stand, because of the queue: who creeps past its tail is in its way when that moves on.
            let is_half_in = neighbour.alignment < TURNED_COS && clearance_m < HALF_IN_M;
            moves_in || announces && (clearance_m < 2.2 && is_coming || is_half_in)
        }
    }
}
