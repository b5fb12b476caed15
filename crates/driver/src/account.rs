//! The account of a cycle: what was asked for, by whom, and how much is left, put into a [`Decision`].
//!
//! In go the view and the governor at the end of a cycle; out comes the record, written over that of the cycle before.
//! Nothing is decided here, and nothing allocated.

use crate::neighbour::Neighbour;
use crate::speed::{Governor, Minded};
use crate::view::View;
use vehicle::{Decision, Margins, Reason, Rival};

/// Who leaves this much less than the free road does is minded.
const MINDED_MPS2: f64 = 0.05;
/// Times to collision beyond this say nothing.
const TIME_TO_COLLISION_S: f64 = 20.0;
/// Faster than this, a headway has a meaning.
const MOVING_MPS: f64 = 0.5;
/// A line so far behind the front bumper is still waited at.
const BEYOND_LINE_M: f64 = 1.0;
/// Lines farther ahead do not matter yet.
const LINE_M: f64 = 150.0;

/// Writes the record.
pub(crate) fn write(decision: &mut Decision, view: &View<'_>, governor: &Governor, leader: Option<&Neighbour>) {
    decision.time = view.observation.time;
    decision.explanation = governor.explanation;
    decision.speed_mps = view.observation.ego.speed_mps;
    decision.acceleration_mps2 = governor.acceleration_mps2;
    decision.is_urgent = governor.is_urgent;
    decision.limits = governor.asked.limits;
    decision.refusals.clone_from(&governor.asked.refusals);
    decision.margins = margins(view, leader);

    let free_mps2 = [Reason::Cruise, Reason::Curve]
        .iter()
        .filter_map(|reason| governor.asked.limits[reason.index()])
        .map(|limit| limit.acceleration_mps2)
        .fold(f64::INFINITY, f64::min);
    decision.rivals.clear();
    let mut minded = governor.asked.minded.clone();
    minded.sort_unstable_by(|a, b| {
        a.acceleration_mps2
            .total_cmp(&b.acceleration_mps2)
            .then(a.track.cmp(&b.track))
            .then(a.reason.cmp(&b.reason))
    });
    for minded in minded
        .iter()
        .filter(|minded| minded.acceleration_mps2 < free_mps2 - MINDED_MPS2)
    {
        let is_told = decision.rivals.iter().any(|told| told.track == minded.track);
        if let (false, Some(rival)) = (is_told, rival(view, minded))
            && decision.rivals.try_push(rival).is_err()
        {
            break;
        }
    }
}

/// Where a rival is: along the way if it is near it, else as seen from the front bumper.
fn rival(view: &View<'_>, minded: &Minded) -> Option<Rival> {
    let objects = &view.observation.objects;
    let object = objects
        .binary_search_by_key(&minded.track, |object| object.track)
        .ok()
        .map(|index| &objects[index])?;
    let near = view.neighbours.iter().find(|neighbour| neighbour.track == minded.track);
    let (ahead_m, left_m) = match near {
        Some(neighbour) => (
            neighbour.rear_m - view.front_m,
            neighbour.lateral_m - view.course.offset_m(view.station_m),
        ),
        None => {
            let pose = &view.observation.ego.pose;
            let (sin, cos) = libm::sincos(pose.heading_rad);
            let (dx, dy) = (object.x_m - pose.x_m, object.y_m - pose.y_m);
            (
                dx * cos + dy * sin - view.sheet.dimensions.front_m() - 0.5 * object.length_m,
                dy * cos - dx * sin,
            )
        }
    };
    Some(Rival {
        track: minded.track,
        kind: object.kind,
        reason: minded.reason,
        acceleration_mps2: minded.acceleration_mps2,
        ahead_m,
        left_m,
        speed_mps: object.speed_mps,
        margin_s: minded.margin_s,
    })
}

fn margins(view: &View<'_>, leader: Option<&Neighbour>) -> Margins {
    let gap_m = leader.map(|leader| leader.rear_m - view.front_m);
    let closing_mps = leader.map_or(0.0, |leader| view.speed_mps - leader.along_mps);
    let gate = view.route.gates.get(view.route.next_gate(view.front_m - BEYOND_LINE_M));
    let line_m = gate.filter(|gate| gate.is_shared || gate.signal.is_some());
    Margins {
        gap_m,
        headway_s: gap_m
            .filter(|_| view.speed_mps > MOVING_MPS)
            .map(|gap_m| gap_m / view.speed_mps),
        time_to_collision_s: gap_m
            .filter(|_| closing_mps > 0.0)
            .map(|gap_m| gap_m.max(0.0) / closing_mps)
            .filter(|time_s| *time_s < TIME_TO_COLLISION_S),
        stop_line_m: line_m
            .map(|gate| gate.line_m - view.front_m)
            .filter(|way_m| (-BEYOND_LINE_M..LINE_M).contains(way_m)),
    }
}
