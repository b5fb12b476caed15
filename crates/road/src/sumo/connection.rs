//! The way through a junction: one smooth curve through all the points of a connection's internal lanes.
//!
//! Between two points runs a cubic in Hermite form whose tangents are the chords' means, the shorter chord weighing more;
//! at its ends it has the directions of the lanes that it joins. netconvert writes five points of a Bézier curve, so
//! what is rounded here was round before.

use super::{Point, SAME_M, direction, distance_m};
use crate::draft::{Cubic, PlanElement, PlanShape};

/// A connection whose lanes touch is this long: a road has to have a length.
const LENGTH_M_MIN: f64 = 0.01;
/// Directions closer than this are one: a straight.
const STRAIGHT: f64 = 1e-5;

/// A reference line with its heights.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) plan: Vec<PlanElement>,
    pub(super) elevation: Vec<Cubic>,
    pub(super) length_m: f64,
}

/// The curve through the points, which begins and ends in the given directions.
pub(super) fn curve(points: &[Point], start: [f64; 2], end: [f64; 2]) -> Line {
    let mut line = Line::default();
    if points.len() < 2 || points.windows(2).map(|pair| distance_m(pair[0], pair[1])).sum::<f64>() < LENGTH_M_MIN {
        let at = points.first().copied().unwrap_or_default();
        line.push(at, start, PlanShape::Line, LENGTH_M_MIN);
        line.heights(&[(0.0, at[2])]);
        return line;
    }
    let tangent = |index: usize| -> [f64; 2] {
        if index == 0 {
            return start;
        }
        if index + 1 == points.len() {
            return end;
        }
        let (before_m, after_m) = (
            distance_m(points[index - 1], points[index]),
            distance_m(points[index], points[index + 1]),
        );
        let (before, after) = (
            direction(points[index - 1], points[index]),
            direction(points[index], points[index + 1]),
        );
        let mean = [0, 1].map(|axis| before[axis] * after_m + after[axis] * before_m);
        let norm = libm::hypot(mean[0], mean[1]);
        // A point where the line turns right round keeps the way that it came.
        if norm > SAME_M * before_m.max(after_m) {
            mean.map(|value| value / norm)
        } else {
            before
        }
    };
    let mut heights = vec![(0.0, points[0][2])];
    for index in 1..points.len() {
        let (a, b) = (points[index - 1], points[index]);
        line.hermite(a, b, tangent(index - 1), tangent(index));
        heights.push((line.length_m, b[2]));
    }
    line.heights(&heights);
    line
}

impl Line {
    pub(super) fn push(&mut self, at: Point, tangent: [f64; 2], shape: PlanShape, length_m: f64) {
        self.plan.push(PlanElement {
            s_m: self.length_m,
            x_m: at[0],
            y_m: at[1],
            heading_rad: libm::atan2(tangent[1], tangent[0]),
            length_m,
            shape,
        });
        self.length_m += length_m;
    }

    fn hermite(&mut self, a: Point, b: Point, from: [f64; 2], to: [f64; 2]) {
        let chord_m = distance_m(a, b);
        let chord = direction(a, b);
        let turn = |v: [f64; 2]| chord[0] * v[1] - chord[1] * v[0];
        let ahead = |v: [f64; 2]| chord[0] * v[0] + chord[1] * v[1] > 0.0;
        if turn(from).abs() < STRAIGHT && turn(to).abs() < STRAIGHT && ahead(from) && ahead(to) {
            self.push(a, from, PlanShape::Line, chord_m);
            return;
        }
        // In the frame of the first point: u ahead, v to the left.
        let local = |v: [f64; 2]| [from[0] * v[0] + from[1] * v[1], from[0] * v[1] - from[1] * v[0]];
        let reach = local([b[0] - a[0], b[1] - a[1]]);
        let (out, into) = ([chord_m, 0.0], local(to).map(|value| value * chord_m));
        let [u, v] = [0, 1].map(|axis| {
            [
                0.0,
                out[axis],
                3.0 * reach[axis] - 2.0 * out[axis] - into[axis],
                out[axis] + into[axis] - 2.0 * reach[axis],
            ]
        });
        let shape = PlanShape::ParamPoly3 {
            u,
            v,
            parameter_is_normalized: true,
        };
        self.push(a, from, shape, arc_length_m(u, v));
    }

    /// Heights along the line, linear between the given ones; nothing is recorded where all is at height 0.
    pub(super) fn heights(&mut self, heights: &[(f64, f64)]) {
        if heights.iter().all(|&(_, z_m)| z_m == 0.0) {
            return;
        }
        if let [(s_m, z_m)] = heights {
            self.elevation.push(Cubic {
                s_m: *s_m,
                a: *z_m,
                ..Cubic::default()
            });
        }
        for pair in heights.windows(2) {
            let ((from_m, a), (to_m, b)) = (pair[0], pair[1]);
            if to_m > from_m {
                self.elevation.push(Cubic {
                    s_m: from_m,
                    a,
                    b: (b - a) / (to_m - from_m),
                    ..Cubic::default()
                });
            }
        }
    }
}

/// Length of a cubic over the parameter 0 to 1, by Simpson's rule: a millionth of its length or better.
fn arc_length_m(u: [f64; 4], v: [f64; 4]) -> f64 {
    const STEPS: u32 = 64;
    let speed = |p: f64| {
        let slope = |c: [f64; 4]| c[1] + p * (2.0 * c[2] + 3.0 * c[3] * p);
        libm::hypot(slope(u), slope(v))
    };
    let weight = |step: u32| match step {
        0 | STEPS => 1.0,
        odd if odd % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let sum: f64 = (0..=STEPS)
        .map(|step| weight(step) * speed(f64::from(step) / f64::from(STEPS)))
        .sum();
    sum / (3.0 * f64::from(STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_a_circle_in_five_points_is_round() {
        let points: Vec<Point> = (0..5)
            .map(|step| {
                let (sin, cos) = libm::sincos(f64::from(step) * std::f64::consts::FRAC_PI_8);
                [10.0 * sin, 10.0 - 10.0 * cos, 0.0]
            })
            .collect();
        let line = curve(&points, [1.0, 0.0], [0.0, 1.0]);
        assert!(
            (line.length_m - 5.0 * std::f64::consts::PI).abs() < 5e-3,
            "{}",
            line.length_m
        );
        assert_eq!(line.plan.len(), 4);
        assert!((line.plan[3].heading_rad - 3.0 * std::f64::consts::FRAC_PI_8).abs() < 1e-3);
    }

    #[test]
    fn lanes_that_touch_have_a_way_between_them_too() {
        let line = curve(&[[3.0, 4.0, 5.0]], [0.0, 1.0], [0.0, 1.0]);
        assert_eq!((line.length_m, line.elevation[0].a), (LENGTH_M_MIN, 5.0));
    }
}
