//! Narrow bends: where a long vehicle that comes towards us needs our half of the road too.
//!
//! In go the route's tight bends and those who come along beside it; out comes a stop before the bend until who is long has
//! come through, if they would be in it before we have left. Its ends swing out by L² κ / 8 over its own line, and our
//! front by f² κ / 2 over ours: at a radius of six metres a truck and a minibus need a lane more than they have. Two short
//! vehicles fit, and whoever stands before the bend waits for us.

use crate::neighbour::Neighbour;
use crate::speed::{Cause, Governor, time_to_cover_s};
use crate::view::View;
use vehicle::{ObjectKind, Reason};

/// Longer ones do not fit beside us.
pub(crate) const LONG_M: f64 = 6.8;
/// Where the front bumper waits, before the bend.
const BEFORE_M: f64 = 2.0;
/// Braking up to which we still stop for them; after that we are through before.
const STILL_MPS2: f64 = 2.0;
/// Time kept to one who comes after us.
const MARGIN_S: f64 = 1.5;
/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.4;
/// Who comes towards us on the lane beside points and lies so.
const ONCOMING_COS: f64 = -0.3;
const BESIDE_M: std::ops::Range<f64> = 0.8..7.0;
/// Farther from the bend there is time.
const AHEAD_M: f64 = 60.0;

/// Tells the governor.
pub(crate) fn govern(view: &View<'_>, governor: &mut Governor) {
    let bends = &view.route.bends;
    let next = bends.partition_point(|bend| bend.start - BEFORE_M < view.front_m - 0.5);
    let Some(bend) = bends.get(next) else { return };
    let line_m = bend.start - BEFORE_M;
    if line_m > view.front_m + AHEAD_M || view.needed_mps2(line_m) > STILL_MPS2 {
        return;
    }
    let limit_mps = view.route.at(bend.start).speed_mps.max(2.0);
    let leave_s = time_to_cover_s(
        bend.end + view.sheet.dimensions.length_m - view.front_m,
        view.speed_mps,
        limit_mps,
    );
    let rival = view.neighbours.iter().find_map(|neighbour| {
        let arrives_s = comes(view, neighbour, bend)?;
        (arrives_s < leave_s + MARGIN_S).then_some((neighbour.track, arrives_s - leave_s))
    });
    if let Some((track, margin_s)) = rival {
        let cause = Cause {
            rival: Some(track),
            margin_s: Some(margin_s),
            ..Cause::of(Reason::Yield)
        };
        governor.stop(line_m - view.front_m, cause);
    }
}

/// When a long one comes into the bend from its other end; now, if it is in it.
fn comes(view: &View<'_>, neighbour: &Neighbour, bend: &std::ops::Range<f64>) -> Option<f64> {
    let is_long =
        matches!(neighbour.kind, ObjectKind::Truck | ObjectKind::Bus | ObjectKind::Car) && neighbour.length_m > LONG_M;
    let is_oncoming = neighbour.alignment < ONCOMING_COS && BESIDE_M.contains(&neighbour.lateral_m.abs());
    // Its rear, the end that is farther along our way, has not left the bend.
    if !is_long || !is_oncoming || neighbour.front_m < bend.start || neighbour.rear_m > view.front_m + 2.0 * AHEAD_M {
        return None;
    }
    let way_m = neighbour.rear_m - bend.end;
    if way_m <= 0.0 {
        return Some(0.0);
    }
    (neighbour.speed_mps > STANDING_MPS).then(|| way_m / neighbour.speed_mps)
}
