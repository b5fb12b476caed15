//! Knots for one lane: how densely its centre line must be sampled, and the samples.
//!
//! In go the road's geometry and the lane's spans in the order of travel, out come knots. Between two breaks (starts of
//! records) everything is smooth, so the stretch is halved until Hermite interpolation is within tolerance.

use crate::geometry::{CurvePoint, LaneCurve, RoadGeometry};
use crate::lane_table::{Knot, Tolerance, between};
use serde::{Deserialize, Serialize};

/// Longest distance between two knots of a bend, and of a straight: keeps chords useful for searching.
const SPACING_M_MAX: f64 = 25.0;
const STRAIGHT_M_MAX: f64 = 250.0;
/// And the farthest a bend turns between two knots, for the same reason.
const TURN_RAD_MAX: f64 = 0.5;
/// Below this a curve is not resolved further: it is a kink in all but name.
const SPACING_M_MIN: f64 = 0.02;
/// Most knots between two breaks, whatever the tolerance asks for: enough for a ramp of several turns; on longer stretches
/// one a metre. What asks for more is no road, and a file of a kilobyte must not take gigabytes.
const STRETCH_KNOTS_MAX: usize = 4096;
/// The inside of a bend tighter than the lane's offset would run backwards: its arc length is kept at this share of
/// the reference line's.
const SPEED_MIN: f64 = 0.02;

/// Where a step is judged, its ends among them.
const JUDGED: [f64; 5] = [0.0, 0.27, 0.5, 0.79, 1.0];
/// Weights of the speeds there for the way from the step's start to each: the integrals of the quartic through them.
const ALONG_WEIGHTS: [[f64; 5]; 5] = [
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [
        0.092006840506329,
        0.258683459705869,
        -0.112180312443778,
        0.041878048239408,
        -0.010388036007828,
    ],
    [
        0.087220659478043,
        0.368975422330594,
        0.027236381809095,
        0.022900434838453,
        -0.006332898456186,
    ],
    [
        0.092134286419753,
        0.330217250395506,
        0.218898474562719,
        0.168132778619848,
        -0.019382789997826,
    ],
    [
        0.088529457727770,
        0.353509386664042,
        0.166916541729135,
        0.333097234013864,
        0.057947379865188,
    ],
];

/// A stretch of one OpenDRIVE lane within one lane section.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) section: usize,
    pub(crate) lane: i32,
    /// Lower end on the road.
    pub(crate) from_m: f64,
    /// Upper end on the road.
    pub(crate) to_m: f64,
}

/// The knots of a lane, and whether its inside had to be mended because the bend is tighter than the lane is far out.
pub(crate) struct Sampled {
    pub(crate) knots: Vec<Knot>,
    pub(crate) is_folded: bool,
}

/// Samples the middle of the spans, which follow one another in the order of travel.
pub(crate) fn sample_lane(road: &RoadGeometry, spans: &[Span], forward: bool, tolerance: Tolerance) -> Sampled {
    let mut lane = Sampled {
        knots: Vec::new(),
        is_folded: false,
    };
    for span in spans {
        let mut breaks = road.breaks_m(span.section, span.lane);
        breaks.retain(|&s| s > span.from_m + 1e-6 && s < span.to_m - 1e-6);
        breaks.insert(0, span.from_m);
        breaks.push(span.to_m);
        let stretch = |from_m, to_m| {
            let anchor_m = 0.5 * (from_m + to_m);
            Stretch {
                road,
                curve: road.lane_curve_at(span.section, span.lane, anchor_m),
                span: *span,
                from_m,
                to_m,
                anchor_m,
                tangent: road.plan_point(anchor_m).tangent,
                forward,
            }
        };
        if forward {
            for pair in breaks.windows(2) {
                lane.append(&stretch(pair[0], pair[1]), tolerance);
            }
        } else {
            for pair in breaks.windows(2).rev() {
                lane.append(&stretch(pair[1], pair[0]), tolerance);
            }
        }
    }
    lane
}

/// A smooth piece of a lane's middle, from one road s to another in the order of travel.
struct Stretch<'a> {
    road: &'a RoadGeometry,
    curve: LaneCurve<'a>,
    span: Span,
    from_m: f64,
    to_m: f64,
    /// Its middle, which says whose records hold.
    anchor_m: f64,
    /// Of the reference line there.
    tangent: [f64; 2],
    forward: bool,
}

impl Sampled {
    fn append(&mut self, stretch: &Stretch<'_>, tolerance: Tolerance) {
        let length_m = (stretch.to_m - stretch.from_m).abs();
        let is_straight = stretch
            .road
            .is_straight(stretch.span.section, stretch.span.lane, stretch.anchor_m);
        let count_max = STRETCH_KNOTS_MAX.max(length_m as usize) / 2;
        let mut count = if is_straight {
            (length_m / STRAIGHT_M_MAX).ceil().max(1.0) as usize
        } else {
            let steps = (length_m / SPACING_M_MAX).max(stretch.turn_rad(length_m) / TURN_RAD_MAX);
            (steps.ceil().max(1.0) as usize).min(count_max.max(1))
        };
        while !is_straight
            && count <= count_max
            && length_m / count as f64 > 2.0 * SPACING_M_MIN
            && !stretch.is_fine(count, tolerance)
        {
            count *= 2;
        }
        let start_m = self.knots.last().map_or(0.0, |knot| knot.along_m);
        let mut previous = stretch.knot(stretch.from_m, start_m, &mut self.is_folded);
        match self.knots.last() {
            Some(last) if is_same(last, &previous) => {}
            _ => self.knots.push(previous),
        }
        for index in 1..=count {
            let share = index as f64 / count as f64;
            let s_m = if index == count {
                stretch.to_m
            } else {
                stretch.from_m + share * (stretch.to_m - stretch.from_m)
            };
            let along_m = previous.along_m + stretch.arc_length_m(previous.road_s_m, s_m);
            previous = stretch.knot(s_m, along_m, &mut self.is_folded);
            self.knots.push(previous);
        }
    }
}

impl Stretch<'_> {
    fn knot(&self, s_m: f64, along_m: f64, is_folded: &mut bool) -> Knot {
        let (point, [half_width_m, half_width_slope]) = self.curve.point(s_m);
        let sign = if self.forward { 1.0 } else { -1.0 };
        let mut speed = speed_of(&point);
        let mut tangent = [point.derivative[0] / speed, point.derivative[1] / speed];
        if speed <= SPEED_MIN || tangent[0] * self.tangent[0] + tangent[1] * self.tangent[1] < -0.5 {
            *is_folded = true;
            speed = speed.max(SPEED_MIN);
            tangent = self.road.plan_point(s_m).tangent;
        }
        Knot {
            along_m,
            x_m: point.x_m,
            y_m: point.y_m,
            tangent: [sign * tangent[0], sign * tangent[1]],
            z_m: point.z_m,
            grade: sign * point.z_slope / speed,
            curvature_per_m: sign * point.curvature_per_m,
            half_width_m,
            half_width_slope: sign * half_width_slope / speed,
            roll_rad: sign * point.roll_rad,
            road_s_m: s_m,
            road_s_slope: sign / speed,
        }
    }

    /// Gauss-Legendre with three points: exact for quintics, and a stretch is short and smooth.
    fn arc_length_m(&self, from_m: f64, to_m: f64) -> f64 {
        let (half_m, middle_m) = (0.5 * (to_m - from_m), 0.5 * (to_m + from_m));
        let reach_m = half_m * 0.774_596_669_241_483_4;
        let speed = |s_m| self.curve.speed(s_m).max(SPEED_MIN);
        half_m.abs() * (5.0 * (speed(middle_m - reach_m) + speed(middle_m + reach_m)) + 8.0 * speed(middle_m)) / 9.0
    }

    /// How far the reference line turns at most, told without looking: curvature is linear.
    fn turn_rad(&self, length_m: f64) -> f64 {
        let ends = [self.from_m, self.to_m].map(|s_m| self.curve.plan_curvature_per_m(s_m));
        let [Some(a), Some(b)] = ends else { return 0.0 };
        let turn_rad = length_m * a.abs().max(b.abs());
        if turn_rad.is_finite() { turn_rad } else { 0.0 }
    }

    /// Whether interpolation over the first, a middle and the last of `count` steps is good enough.
    fn is_fine(&self, count: usize, tolerance: Tolerance) -> bool {
        let step_m = (self.to_m - self.from_m) / count as f64;
        // Of one step or two, none is looked at twice.
        let judged = [0, count - 1, count / 2];
        judged[..count.min(3)]
            .iter()
            .all(|&index| self.is_fine_from(self.from_m + index as f64 * step_m, step_m, tolerance))
    }

    /// Whether interpolation over one step agrees with three places within it. How far along the lane they lie is told by
    /// the speeds at the five places that are looked at anyway, so that the curve is asked no more than that.
    fn is_fine_from(&self, from_m: f64, step_m: f64, tolerance: Tolerance) -> bool {
        let ignored = &mut false;
        let mut knots = JUDGED.map(|share| self.knot(from_m + share * step_m, 0.0, ignored));
        let speeds = knots.map(|knot| 1.0 / knot.road_s_slope.abs());
        for (knot, weights) in knots.iter_mut().zip(ALONG_WEIGHTS) {
            knot.along_m = step_m.abs() * weights.iter().zip(speeds).map(|(w, v)| w * v).sum::<f64>();
        }
        let [a, within @ .., b] = knots;
        within.iter().all(|truth| {
            let found = between(&a, &b, truth.along_m);
            let turn = found.tangent[0] * truth.tangent[1] - found.tangent[1] * truth.tangent[0];
            (found.x_m - truth.x_m).abs() <= tolerance.position_m
                && (found.y_m - truth.y_m).abs() <= tolerance.position_m
                && (found.z_m - truth.z_m).abs() <= tolerance.position_m
                && turn.abs() <= tolerance.heading_rad
                && (found.grade - truth.grade).abs() <= tolerance.heading_rad
                && (found.roll_rad - truth.roll_rad).abs() <= tolerance.heading_rad
                && (found.half_width_m - truth.half_width_m).abs() <= tolerance.width_m
                && (found.road_s_m - truth.road_s_m).abs() <= tolerance.position_m
        })
    }
}

fn speed_of(point: &CurvePoint) -> f64 {
    (point.derivative[0] * point.derivative[0] + point.derivative[1] * point.derivative[1]).sqrt()
}

/// Whether one knot serves both sides of a joint.
fn is_same(a: &Knot, b: &Knot) -> bool {
    (a.x_m - b.x_m).abs() < 1e-5
        && (a.y_m - b.y_m).abs() < 1e-5
        && (a.z_m - b.z_m).abs() < 1e-5
        && (a.tangent[0] - b.tangent[0]).abs() < 1e-6
        && (a.tangent[1] - b.tangent[1]).abs() < 1e-6
        && (a.grade - b.grade).abs() < 1e-6
        && (a.roll_rad - b.roll_rad).abs() < 1e-6
        && (a.half_width_m - b.half_width_m).abs() < 1e-5
        && (a.half_width_slope - b.half_width_slope).abs() < 1e-6
        && (a.curvature_per_m - b.curvature_per_m).abs() < 1e-9
}
