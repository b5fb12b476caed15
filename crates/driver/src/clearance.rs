//! The last look: our body against the bodies near it, as they stand in the plane.
//!
//! All other parts think along the route, where a box is as long and as wide as its shadow on the reference line. Where a long
//! vehicle swings round a tight bend, or one stands askew before a lay-by, that is not where its sides are. At low speed
//! this part goes along our own course, box by box, as far as stopping takes, and asks for a stop before the first place
//! where our box would come too near to another's: as it stands, or as it will be at that time if it goes on straight.
//!
//! Who comes from behind has to keep clear of us, and is left out.

use crate::follow::cause_for;
use crate::speed::Governor;
use crate::view::View;
use vehicle::{ObjectKind, ObservedObject, Rectangle};

/// Faster than this the other parts have to do; a last look comes too late.
const SPEED_MPS_MAX: f64 = 5.0;
/// Braking after which the way of a last look is measured, and the time before it.
const BRAKING_MPS2: f64 = 1.5;
const LAG_S: f64 = 0.4;
/// Looked at beyond the place of stopping.
const BEYOND_M: f64 = 0.6;
/// Spacing of the places looked at.
const STEP_M: f64 = 0.25;
/// Room kept, the widest that there is now. Less than none: bodies that seem to touch may come no nearer than they seem to be.
const ROOM_M: [f64; 4] = [0.3, 0.15, 0.05, -0.1];
/// Who stands or walks beside us may come nearer.
const ROOM_STANDING: usize = 1;
/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.2;
/// Of those who move, we look at who creeps, and at all while we creep ourselves: in a turn, straight on is soon wrong.
const CREEPING_MPS: f64 = 2.0;
/// They are taken to go on straight for so long, and so far.
const GOES_ON_S: f64 = 1.5;
const GOES_ON_M: f64 = 4.0;
/// Spacing of the times looked at.
const STEP_S: f64 = 0.25;
/// Our own speed is known so well: when we are at a place lies between the times that both ends make.
const FASTER_MPS: f64 = 0.8;
const SLOWEST_MPS: f64 = 0.4;
/// A vehicle that is off its course comes back to it over this way.
const BACK_ON_COURSE_M: f64 = 8.0;
/// So short before the place, at rest, one stays.
const STAYS_M: f64 = 0.5;
/// Higher or lower is another level.
const LEVEL_M: f64 = 3.0;

/// Tells the governor.
pub(crate) fn govern(view: &View<'_>, governor: &mut Governor) {
    if view.speed_mps > SPEED_MPS_MAX {
        return;
    }
    let own = Own::new(view);
    let reach_m = view.speed_mps * (LAG_S + view.speed_mps / (2.0 * BRAKING_MPS2)) + BEYOND_M;
    let mut nearest: Option<(f64, &ObservedObject)> = None;
    for object in &view.observation.objects {
        let other = rectangle_of(object);
        if !own.minds(view, object, &other, reach_m) {
            continue;
        }
        let until_m = nearest.map_or(reach_m, |(way_m, _)| way_m - STEP_M);
        if let Some(way_m) = own.meets(view, object, &other, until_m) {
            nearest = Some((way_m, object));
        }
    }
    let Some((way_m, object)) = nearest else { return };
    let cause = cause_for(object.track, object.kind);
    if way_m <= STAYS_M && view.speed_mps < STANDING_MPS {
        governor.ask(-1.0, 0.0, cause);
    } else {
        governor.stop((way_m - 2.0 * STEP_M).max(0.0), cause);
    }
}

/// Our own box, along the course.
struct Own {
    now: Rectangle,
    /// Of the reference point, off its place on the course: across and in direction.
    aside_m: f64,
    turned_rad: f64,
}

impl Own {
    fn new(view: &View<'_>) -> Own {
        let pose = &view.observation.ego.pose;
        let (planned, heading_rad) = reference(view, view.station_m);
        let (sin, cos) = libm::sincos(heading_rad);
        let turned_rad = pose.heading_rad - heading_rad;
        Own {
            now: body(view, [pose.x_m, pose.y_m], pose.heading_rad),
            aside_m: (pose.y_m - planned[1]) * cos - (pose.x_m - planned[0]) * sin,
            turned_rad: libm::atan2(libm::sin(turned_rad), libm::cos(turned_rad)),
        }
    }

    /// After a way along the course.
    fn after(&self, view: &View<'_>, way_m: f64) -> Rectangle {
        let (place, heading_rad) = reference(view, view.station_m + way_m);
        let left = (1.0 - way_m / BACK_ON_COURSE_M).max(0.0);
        let (sin, cos) = libm::sincos(heading_rad);
        let aside_m = self.aside_m * left;
        body(
            view,
            [place[0] - sin * aside_m, place[1] + cos * aside_m],
            heading_rad + self.turned_rad * left,
        )
    }

    /// Whether somebody is near enough, before us, on our level, and tells sound numbers.
    fn minds(&self, view: &View<'_>, object: &ObservedObject, other: &Rectangle, reach_m: f64) -> bool {
        let pose = &view.observation.ego.pose;
        let creeps = view.speed_mps < CREEPING_MPS || object.speed_mps.abs() < CREEPING_MPS;
        let (dx, dy) = (object.x_m - pose.x_m, object.y_m - pose.y_m);
        let ahead_m = dx * self.now.cos + dy * self.now.sin;
        object.is_sound()
            && creeps
            && ahead_m > 0.0
            && (object.z_m - pose.z_m).abs() < LEVEL_M
            && libm::hypot(dx, dy) < reach_m + GOES_ON_M + 2.0 * self.now.reach_m() + other.reach_m()
    }

    /// The first way up to `until_m` after which we would be too near.
    fn meets(&self, view: &View<'_>, object: &ObservedObject, other: &Rectangle, until_m: f64) -> Option<f64> {
        let (vx_mps, vy_mps) = (
            object.speed_mps * other.cos - object.leftward_mps * other.sin,
            object.speed_mps * other.sin + object.leftward_mps * other.cos,
        );
        let speed_mps = libm::hypot(vx_mps, vy_mps);
        let stands = speed_mps < STANDING_MPS;
        let goes_on_s = if stands {
            0.0
        } else {
            GOES_ON_S.min(GOES_ON_M / speed_mps)
        };
        let most = if stands || object.kind == ObjectKind::Pedestrian {
            ROOM_STANDING
        } else {
            0
        };
        let room_m = *ROOM_M[most..]
            .iter()
            .find(|room_m| !self.now.is_near(other, **room_m))?;
        let steps = (until_m / STEP_M).floor().max(0.0) as usize;
        (1..=steps).map(|step| STEP_M * step as f64).find(|&way_m| {
            let own = self.after(view, way_m);
            let from_s = way_m / (view.speed_mps + FASTER_MPS);
            let to_s = way_m / view.speed_mps.max(SLOWEST_MPS) + STEP_S;
            // Where a mover will be later than that is not known.
            if !stands && from_s > goes_on_s {
                return false;
            }
            let (first, last) = (
                (from_s.min(goes_on_s) / STEP_S).floor() as usize,
                (to_s.min(goes_on_s) / STEP_S).ceil() as usize,
            );
            (first..=last).any(|tick| {
                let time_s = (STEP_S * tick as f64).min(goes_on_s);
                let then = Rectangle {
                    x_m: other.x_m + vx_mps * time_s,
                    y_m: other.y_m + vy_mps * time_s,
                    ..*other
                };
                own.is_near(&then, room_m)
            })
        })
    }
}

/// Where the reference point is to be at a station, and how it points.
fn reference(view: &View<'_>, station_m: f64) -> ([f64; 2], f64) {
    let here = view.route.at(station_m);
    let offset_m = view.course.offset_m(station_m) + here.inset_m;
    let slope = view.course.slope(station_m) + view.route.inset_slope(station_m);
    (
        [here.x_m - here.sin * offset_m, here.y_m + here.cos * offset_m],
        libm::atan2(here.sin, here.cos) + libm::atan(slope),
    )
}

/// Our box, with the reference point at a place.
fn body(view: &View<'_>, place: [f64; 2], heading_rad: f64) -> Rectangle {
    let size = &view.sheet.dimensions;
    let (sin, cos) = libm::sincos(heading_rad);
    let middle_m = size.front_m() - 0.5 * size.length_m;
    Rectangle {
        x_m: place[0] + cos * middle_m,
        y_m: place[1] + sin * middle_m,
        cos,
        sin,
        half_length_m: 0.5 * size.length_m,
        half_width_m: 0.5 * size.width_m,
    }
}

fn rectangle_of(object: &ObservedObject) -> Rectangle {
    let (sin, cos) = libm::sincos(object.heading_rad);
    Rectangle {
        x_m: object.x_m,
        y_m: object.y_m,
        cos,
        sin,
        half_length_m: 0.5 * object.length_m.clamp(0.2, 30.0),
        half_width_m: 0.5 * object.width_m.clamp(0.2, 5.0),
    }
}
