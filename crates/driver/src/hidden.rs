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
//! Whoever stands in a lane that is driven on waits in traffic, and is not looked behind.

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
        for neighbour in view.neighbours.iter().filter(|neighbour| may_hide(view, neighbour)) {
            // Until its far end is behind our front, and as far before as stopping takes.
            let time_s = clearance_m(view, neighbour) / WALKING_MPS - LAG_S;
            let speed_mps = (2.0 * EMERGENCY_MPS2 * time_s).max(SPEED_MPS_MIN);
            let stopping_m = speed_mps * (speed_mps / (2.0 * EMERGENCY_MPS2) + LAG_S);
            let way_m = (neighbour.front_m - stopping_m - view.front_m).max(0.0);
            let here_mps = (speed_mps * speed_mps + 2.0 * BRAKING_MPS2 * way_m).sqrt();
            let change_mps2 = if way_m > 0.0 { -BRAKING_MPS2 } else { 0.0 };
            let cause = Cause {
                rival: Some(neighbour.track),
                ..Cause::of(Reason::Occlusion)
            };
            governor.keep_speed(here_mps, change_mps2 * (view.speed_mps / here_mps).min(1.0), cause);
            nearest_m = nearest_m.min(neighbour.rear_m - view.front_m);
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
    (0.0..BESIDE_M).contains(&clearance_m(view, neighbour)) && !stands_in_traffic(view, neighbour)
}

/// From its side to our strip, at its far end.
fn clearance_m(view: &View<'_>, neighbour: &Neighbour) -> f64 {
    let (right_m, _) = view.swept_m(neighbour.front_m, 0.0);
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
