//! Who is around, seen along the route.
//!
//! In go the observation's objects; out come those near the route, each with its place, extent and motion in the
//! route's coordinates. Whatever is not finite, too far or on another level is left out here, so that nobody after this
//! needs to ask.

use crate::drift::{Across, Drifts};
use crate::route::Route;
use std::ops::Range;
use vehicle::{Indicator, ObjectKind, Observation};

/// Furthest behind that matters (gaps for changing lanes).
const BEHIND_M: f64 = 70.0;
/// Furthest ahead that matters.
const AHEAD_M: f64 = 150.0;
/// Furthest to the side: two lanes and a verge.
const SIDE_M: f64 = 14.0;
/// Height that tells a bridge from the road below.
const LEVEL_M: f64 = 3.0;

/// An object near the route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbour {
    pub track: u32,
    pub kind: ObjectKind,
    /// Stations of its ends.
    pub rear_m: f64,
    pub front_m: f64,
    /// Of its middle, left of the reference line.
    pub lateral_m: f64,
    /// Half of its extent across.
    pub half_width_m: f64,
    /// Of its box, however it is turned.
    pub length_m: f64,
    /// Along the route, and to the left.
    pub along_mps: f64,
    pub leftward_mps: f64,
    pub acceleration_mps2: f64,
    /// Cosine of its heading against the route's.
    pub alignment: f64,
    pub speed_mps: f64,
    pub indicator: Indicator,
}

impl Neighbour {
    /// Whether its extent across overlaps from `right_m` to `left_m`.
    pub(crate) fn overlaps(&self, right_m: f64, left_m: f64) -> bool {
        self.lateral_m + self.half_width_m > right_m && self.lateral_m - self.half_width_m < left_m
    }
}

/// Fills `found` with the objects near the route, sorted by their rear ends.
pub(crate) fn find(
    route: &Route,
    observation: &Observation,
    station_m: f64,
    period_s: f64,
    drifts: &mut Drifts,
    found: &mut Vec<Neighbour>,
) {
    found.clear();
    drifts.begin();
    let ego = &observation.ego.pose;
    let last = route.samples.len().saturating_sub(1);
    let index = |station_m: f64| (station_m.max(0.0) as usize).min(last);
    let window = index(station_m - BEHIND_M)..index(station_m + AHEAD_M) + 1;
    for object in &observation.objects {
        let (dx, dy) = (object.x_m - ego.x_m, object.y_m - ego.y_m);
        let near = dx * dx + dy * dy < AHEAD_M * AHEAD_M && (object.z_m - ego.z_m).abs() < 30.0;
        if !near || !object.is_sound() {
            continue;
        }
        let Some(at) = nearest(route, window.clone(), object.x_m, object.y_m) else {
            continue;
        };
        let sample = &route.samples[at];
        let (ox, oy) = (object.x_m - sample.x_m, object.y_m - sample.y_m);
        let ahead_m = ox * sample.cos + oy * sample.sin;
        let lateral_m = oy * sample.cos - ox * sample.sin;
        if lateral_m.abs() > SIDE_M || ahead_m.abs() > 30.0 || (object.z_m - sample.z_m).abs() > LEVEL_M {
            continue;
        }
        let (sin, cos) = libm::sincos(object.heading_rad);
        let (alignment, across) = (cos * sample.cos + sin * sample.sin, sin * sample.cos - cos * sample.sin);
        let (half_length, half_width) = (
            0.5 * object.length_m.clamp(0.2, 30.0),
            0.5 * object.width_m.clamp(0.2, 5.0),
        );
        let half_along_m = half_length * alignment.abs() + half_width * across.abs();
        let place_m = at as f64 + ahead_m;
        let drift = Across {
            track: object.track,
            kind: object.kind,
            lateral_m,
            leftward_mps: object.speed_mps * across + object.leftward_mps * alignment,
            deviation_mps: (object.heading_deviation_rad * object.speed_mps).abs(),
        };
        found.push(Neighbour {
            track: object.track,
            kind: object.kind,
            rear_m: place_m - half_along_m,
            front_m: place_m + half_along_m,
            lateral_m,
            half_width_m: half_length * across.abs() + half_width * alignment.abs(),
            length_m: 2.0 * half_length,
            along_mps: object.speed_mps * alignment - object.leftward_mps * across,
            leftward_mps: drifts.leftward_mps(&drift, period_s),
            acceleration_mps2: if object.acceleration_mps2.is_finite() {
                object.acceleration_mps2 * alignment
            } else {
                0.0
            },
            alignment,
            speed_mps: object.speed_mps,
            indicator: object.indicator,
        });
    }
    drifts.end();
    // Ties in the order of the tracks, so that the order never hangs on the observation's.
    found.sort_unstable_by(|a, b| a.rear_m.total_cmp(&b.rear_m).then(a.track.cmp(&b.track)));
}

/// The sample nearest to a point: every fourth first, then around the best.
fn nearest(route: &Route, window: Range<usize>, x_m: f64, y_m: f64) -> Option<usize> {
    let square = |index: usize| {
        let sample = &route.samples[index];
        let (dx, dy) = (x_m - sample.x_m, y_m - sample.y_m);
        dx * dx + dy * dy
    };
    let (mut best, mut best_square) = (None, f64::INFINITY);
    for index in window.clone().step_by(4) {
        let square = square(index);
        if square < best_square {
            (best, best_square) = (Some(index), square);
        }
    }
    let coarse = best?;
    for index in coarse.saturating_sub(3).max(window.start)..(coarse + 4).min(window.end) {
        let square = square(index);
        if square < best_square {
            (best, best_square) = (Some(index), square);
        }
    }
    best
}
