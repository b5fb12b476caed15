//! Those who walk, ride or run across our way where no crossing is: let them pass, or be past before them.
//!
//! In goes the view; out comes the braking after which nobody who keeps on as they do is met. Each takes up our strip
//! from when they enter it until they have left it, and we take up their place from our front to our rear; if the two would
//! overlap, we come later: by slowing down, or by standing before them. Who is not on the carriageway yet may stop at its
//! edge, so for them we wait until it would take more than comfort. On crossings [`crossing`](crate::crossing) decides, of those
//! who drive along with us [`cut_in`](crate::cut_in).

use crate::follow::cause_of;
use crate::neighbour::Neighbour;
use crate::speed::Governor;
use crate::view::View;
use vehicle::ObjectKind;

/// Room kept beside the body.
const SIDE_M: f64 = 0.4;
/// Room kept before whoever crosses.
const BEFORE_M: f64 = 1.2;
/// Until the brakes take hold.
const LAG_S: f64 = 0.3;
/// Motion across that means crossing.
const ACROSS_MPS: f64 = 0.4;
/// Who points farther along our way (37 degrees from it) drives along it.
const ALIGNED_COS: f64 = 0.8;
/// Time kept when they come after us, and when we come after them; longer, once we give way.
const AFTER_US_S: f64 = 0.5;
const BEFORE_US_S: f64 = 0.7;
const BEFORE_US_DECIDED_S: f64 = 1.5;
/// Braking from which on one who is not on the carriageway is given way too.
const LAST_MOMENT_MPS2: f64 = 1.7;
/// Later than this after our front they would meet our side.
const SIDE_S: f64 = 0.6;
/// Farther ahead everything changes before we are there.
const AHEAD_M: f64 = 90.0;
/// A crossing's people stand so far beside it too.
const CROSSING_M: f64 = 1.5;

/// To whom we give way, from cycle to cycle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crossers {
    gives_way_to: Option<u32>,
}

impl Crossers {
    /// Tells the governor.
    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor) {
        let before = self.gives_way_to.take();
        for neighbour in view.neighbours.iter().filter(|neighbour| may_cross(view, neighbour)) {
            let is_decided = before == Some(neighbour.track);
            let Some(needed_mps2) = needed_mps2(view, neighbour, is_decided, governor.braking_mps2_max()) else {
                continue;
            };
            self.gives_way_to.get_or_insert(neighbour.track);
            governor.ask(-needed_mps2.min(LAST_MOMENT_MPS2), 0.0, cause_of(neighbour));
            governor.urge(needed_mps2, 0.0, cause_of(neighbour));
        }
    }
}

/// Whether somebody moves as one who crosses, and where no crossing of the map is.
fn may_cross(view: &View<'_>, neighbour: &Neighbour) -> bool {
    let crosses = match neighbour.kind {
        ObjectKind::Pedestrian | ObjectKind::Obstacle => true,
        ObjectKind::Cyclist => neighbour.alignment.abs() < ALIGNED_COS,
        _ => false,
    };
    let gap_m = neighbour.rear_m - view.front_m;
    if !crosses || !(0.0..AHEAD_M).contains(&gap_m) {
        return false;
    }
    let crossings = &view.route.crossings;
    let first = crossings.partition_point(|crossing| crossing.exit_m + CROSSING_M < neighbour.rear_m);
    let is_on_crossing = crossings
        .get(first)
        .is_some_and(|crossing| crossing.enter_m - CROSSING_M < neighbour.front_m);
    !is_on_crossing
}

/// The least braking after which we do not meet; nothing if we do not meet anyway, or cannot do anything about it.
fn needed_mps2(view: &View<'_>, neighbour: &Neighbour, is_decided: bool, braking_mps2_max: f64) -> Option<f64> {
    let (right_m, left_m) = view.swept_m(neighbour.rear_m, SIDE_M);
    let side = if neighbour.lateral_m > 0.5 * (right_m + left_m) {
        1.0
    } else {
        -1.0
    };
    let edge_m = if side > 0.0 { left_m } else { right_m };
    let clearance_m = side * (neighbour.lateral_m - edge_m) - neighbour.half_width_m;
    let inward_mps = -side * neighbour.leftward_mps;
    let closing_mps = view.speed_mps - neighbour.along_mps;
    if clearance_m <= 0.0 || inward_mps < ACROSS_MPS.max(0.7 * neighbour.along_mps.abs()) || closing_mps < 0.3 {
        return None;
    }
    let in_s = clearance_m / inward_mps;
    let out_s = (clearance_m + left_m - right_m + 2.0 * neighbour.half_width_m) / inward_mps;
    let gap_m = neighbour.rear_m - view.front_m;
    let (front_s, rear_s) = (gap_m / closing_mps, (neighbour.front_m - view.rear_m()) / closing_mps);
    let before_us_s = if is_decided { BEFORE_US_DECIDED_S } else { BEFORE_US_S };
    if in_s > rear_s + AFTER_US_S || out_s + before_us_s < front_s {
        return None;
    }
    let room_m = gap_m - BEFORE_M - LAG_S * closing_mps;
    let stop_mps2 = if room_m > 0.0 {
        view.speed_mps * view.speed_mps / (2.0 * room_m)
    } else {
        f64::INFINITY
    };
    // There just when they have left our strip.
    let wait_s = out_s + BEFORE_US_S;
    let slow_mps2 = 2.0 * (closing_mps * wait_s - (gap_m - 0.5)) / (wait_s * wait_s);
    let needed_mps2 = if slow_mps2 * wait_s <= view.speed_mps {
        slow_mps2.clamp(0.0, stop_mps2)
    } else {
        stop_mps2
    };
    let is_too_late = needed_mps2 > braking_mps2_max && in_s > rear_s;
    let width_m = view.route.at(neighbour.rear_m).width_m;
    let is_on_road = neighbour.lateral_m > -0.5 * width_m - 0.1 && neighbour.lateral_m < 8.0;
    // Who would walk into our side from beside the road sees us pass.
    let is_last_moment = needed_mps2 > LAST_MOMENT_MPS2 && in_s < front_s + SIDE_S;
    let is_minded = is_on_road || is_decided || is_last_moment;
    (is_minded && !is_too_late).then_some(needed_mps2)
}
