//! Those who may stand hidden: phantom people before the far end of a vehicle parked beside the way.
//!
//! In go those who stand off the carriageway, beside the path; out come a speed and, where the lane has room, an offset away
//! from them. Somebody may step out at the parked vehicle's far end and be seen only then, with the way from its side to
//! our strip still to walk. Stopping from `v` takes `v² / 2b + δ v`; wherever our front is when they are seen, it either stands
//! before them or is past the place where they come in when `v ≤ 2 b (τ − δ)`, with `τ` the time that they need to our strip: the
//! same sum for every distance, because farther away there is more way to stop, and nearer there is less time to wait for.
//! (The phantom agents of Koschi and Althoff, "Set-based prediction of traffic participants considering occlusions and
//! traffic rules", IEEE T-IV 2021, §IV, for one shape of occlusion.)
//!
//! Whoever stands in a lane that is driven on waits in traffic, and is not looked behind, but at a crossing that no light
//! holds free for us: who stops there beside us, or is about to, does it for somebody whom we cannot see yet.

use crate::halt::CourseChange;
use crate::lateral::Leading;
use crate::neighbour::Neighbour;
use crate::speed::{BRAKING_MPS2, Cause, Governor};
use crate::view::View;
use road::draft::LaneKind;
use vehicle::{ObjectKind, Reason};

/// How fast a phantom walks: faster than nine in ten who cross a street (5.8 km/h).
const WALKING_MPS: f64 = 1.6;
/// From the first sight until the brakes act fully.
const LAG_S: f64 = 0.45;
/// Braking counted on.
const EMERGENCY_MPS2: f64 = 5.0;
/// Nobody is helped by slower than this.
const SPEED_MPS_MIN: f64 = 2.2;
/// Shorter things hide nobody.
const HIDES_M: f64 = 1.6;
/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.3;
/// Farther ahead there is time.
const AHEAD_M: f64 = 70.0;
/// Farther to the side there is time as well.
const BESIDE_M: f64 = 4.0;
/// Kept to the lane's other edge, when moving over.
const EDGE_M: f64 = 0.25;
/// Less is not worth moving.
const SHIFT_M_MIN: f64 = 0.15;
/// The move over is done so long before the first of them, and begins so much earlier.
const BEFORE_M: f64 = 4.0;
const MOVE_S: f64 = 3.0;

/// Who drives along with us points along our way, and is not behind us.
const ALIGNED_COS: f64 = 0.7;
const ALIGNED_M: f64 = 2.0;
/// Who goes slower than this share of our speed, or brakes so, is about to stop before a crossing so near, or so far
/// as such braking takes.
const STOPS_SHARE: f64 = 0.6;
const STOPS_MPS2: f64 = 1.0;
const STOPS_BEFORE_M: f64 = 8.0;
const STOPPING_MPS2: f64 = 1.5;
/// For one who gives way already we brake harder than for one parked.
const GIVING_WAY_MPS2: f64 = 2.2;
const TOO_FAST_MPS: f64 = 1.5;

/// Whether it has moved over for somebody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hidden {
    is_aside: bool,
}

impl Hidden {
    pub(crate) fn reset(&mut self) {
        self.is_aside = false;
    }

    /// Tells the governor; out comes a move over within the lane, or back.
    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor, is_busy: bool) -> Option<CourseChange> {
        let mut nearest_m = f64::INFINITY;
        for neighbour in view.neighbours {
            if may_hide(view, neighbour) {
                let (right_m, _) = view.swept_m(neighbour.front_m, 0.0);
                slow_before(
                    view,
                    governor,
                    neighbour,
                    neighbour.front_m,
                    clearance_m(neighbour, right_m),
                );
                nearest_m = nearest_m.min(neighbour.rear_m - view.front_m);
            } else if let Some((place_m, clearance_m)) = gives_way(view, neighbour) {
                let way_m = slow_before(view, governor, neighbour, place_m, clearance_m);
                let speed_mps = hidden_mps(clearance_m);
                if view.speed_mps > speed_mps + TOO_FAST_MPS {
                    let needed_mps2 = (square(view.speed_mps) - square(speed_mps)) / (2.0 * way_m.max(1.0));
                    governor.urge(needed_mps2.min(GIVING_WAY_MPS2), speed_mps, cause_of(neighbour));
                }
            }
        }
        let is_wanted = nearest_m < BEFORE_M + MOVE_S * view.speed_mps.max(3.0);
        let target_m = view.course.target_m();
        if self.is_aside {
            let is_over = !is_wanted && !view.course.is_changing(view.station_m);
            // Somebody else may have led the course elsewhere meanwhile.
            self.is_aside = !is_over && !is_busy;
            return (is_over && !is_busy).then_some(CourseChange {
                target_m: 0.0,
                length_m: (MOVE_S * view.speed_mps).max(12.0),
                leading: Leading::RearAxle,
            });
        }
        let here = view.route.at(view.front_m);
        let shift_m = 0.5 * (here.width_m - view.sheet.dimensions.width_m) - EDGE_M;
        let is_free = !is_busy && target_m.abs() < 0.05 && !view.course.is_changing(view.station_m);
        let begins = is_wanted && is_free && view.speed_mps > 1.0 && shift_m > SHIFT_M_MIN;
        self.is_aside = begins;
        begins.then(|| CourseChange {
            target_m: shift_m,
            length_m: (nearest_m + view.sheet.dimensions.front_m() - BEFORE_M).clamp(10.0, 60.0),
            leading: Leading::RearAxle,
        })
    }
}

/// The speed from which whoever steps out is not met, of one who has so far to walk to our strip.
fn hidden_mps(clearance_m: f64) -> f64 {
    let time_s = clearance_m / WALKING_MPS - LAG_S;
    (2.0 * EMERGENCY_MPS2 * time_s).max(SPEED_MPS_MIN)
}

/// Until the place where they step out is behind our front, and as far before as stopping takes; tells the way there.
fn slow_before(view: &View<'_>, governor: &mut Governor, neighbour: &Neighbour, place_m: f64, clearance_m: f64) -> f64 {
    let speed_mps = hidden_mps(clearance_m);
    let stopping_m = speed_mps * (speed_mps / (2.0 * EMERGENCY_MPS2) + LAG_S);
    let way_m = (place_m - stopping_m - view.front_m).max(0.0);
    let here_mps = (square(speed_mps) + 2.0 * BRAKING_MPS2 * way_m).sqrt();
    let change_mps2 = if way_m > 0.0 { -BRAKING_MPS2 } else { 0.0 };
    governor.keep_speed(
        here_mps,
        change_mps2 * (view.speed_mps / here_mps).min(1.0),
        cause_of(neighbour),
    );
    way_m
}

fn cause_of(neighbour: &Neighbour) -> Cause {
    Cause {
        rival: Some(neighbour.track),
        ..Cause::of(Reason::Occlusion)
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Where the crossing begins for which somebody on a lane beside ours stops, or is about to, and how far its side is away.
fn gives_way(view: &View<'_>, neighbour: &Neighbour) -> Option<(f64, f64)> {
    let is_large = matches!(neighbour.kind, ObjectKind::Car | ObjectKind::Truck | ObjectKind::Bus);
    let is_slow = neighbour.along_mps < STOPS_SHARE * view.speed_mps || neighbour.acceleration_mps2 < -STOPS_MPS2;
    if !is_large || !is_slow || neighbour.alignment < ALIGNED_COS || neighbour.front_m < view.front_m - ALIGNED_M {
        return None;
    }
    let crossings = &view.route.crossings;
    let first = crossings.partition_point(|crossing| crossing.exit_m < view.front_m);
    let stops_m = neighbour.front_m + STOPS_BEFORE_M + square(neighbour.along_mps.max(0.0)) / (2.0 * STOPPING_MPS2);
    let crossing = crossings[first..]
        .iter()
        .find(|crossing| crossing.enter_m > neighbour.front_m - 1.0)
        .filter(|crossing| crossing.enter_m < stops_m)?;
    // Where lights rule, people wait for theirs.
    let is_free = crossing.vehicle_signal.is_none() && crossing.signal.is_none();
    let (right_m, left_m) = view.swept_m(neighbour.front_m, 0.0);
    let clearance_m = clearance_m(neighbour, right_m).max(neighbour.lateral_m - neighbour.half_width_m - left_m);
    (is_free && (0.0..BESIDE_M).contains(&clearance_m)).then_some((crossing.enter_m, clearance_m))
}

/// Whether somebody may stand before it, unseen: it stands right of our way, off the lanes that are driven on.
fn may_hide(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let is_large = matches!(
        neighbour.kind,
        ObjectKind::Car | ObjectKind::Truck | ObjectKind::Bus | ObjectKind::Obstacle
    ) && neighbour.front_m - neighbour.rear_m > HIDES_M;
    let is_near = neighbour.front_m > view.front_m && neighbour.rear_m < view.front_m + AHEAD_M;
    if !is_large || !is_near || neighbour.speed_mps.abs() > STANDING_MPS {
        return false;
    }
    let (right_m, _) = view.swept_m(neighbour.front_m, 0.0);
    (0.0..BESIDE_M).contains(&clearance_m(neighbour, right_m)) && !stands_in_traffic(view, neighbour)
}

/// From the side of one at our right to our strip.
fn clearance_m(neighbour: &Neighbour, right_m: f64) -> f64 {
    right_m - (neighbour.lateral_m + neighbour.half_width_m)
}

/// Whether its middle is on a lane that is driven on, at the right of ours.
fn stands_in_traffic(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let middle_m = 0.5 * (neighbour.rear_m + neighbour.front_m);
    let index = view.route.section_at(middle_m);
    let Some(section) = view.route.sections.get(index) else {
        return true;
    };
    // In a junction nobody parks.
    if section.is_junction {
        return true;
    }
    let s_m = view.route.lane_s_m(view.network, view.lanes, index, middle_m);
    let mut lane = view.lanes[section.active];
    let mut edge_m = -0.5 * view.network.lane_width_m(lane, s_m);
    while neighbour.lateral_m < edge_m {
        let Some(beside) = view.network.lane(lane).right else {
            return false;
        };
        let there_m = view.network.beside_m(lane, s_m, beside).unwrap_or(s_m);
        edge_m -= view.network.lane_width_m(beside, there_m);
        lane = beside;
    }
    matches!(
        view.network.lane(lane).kind,
        LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus | LaneKind::Bicycle
    )
}
