//! A smooth curve through the points of a lanelet's middle, and what is measured across it.
//!
//! In go points, centimetres apart or tens of metres; out come knots some metres apart, faired by no more than [`FAIR_M`],
//! with cubic Hermite pieces between them (continuous in direction) as elements of OpenDRIVE (`paramPoly3`). Points that
//! would lie far off become knots themselves. Slopes at knots are those of the parabola through three of them (Bessel).

use crate::shape::segment_distance_m;
use ::road::draft::{Cubic, PlanElement, PlanShape};

/// Knots lie no closer, unless the line bends sharply.
const KNOT_M: f64 = 4.0;
/// Points that lie farther off become knots.
const OFF_M: f64 = 0.15;
/// Fairing moves a knot no farther, along each axis: bounds drawn by hand have kinks of that size, and who takes them for
/// bends creeps.
const FAIR_M: f64 = 0.1;
/// Fairing changes a width no more.
const FAIR_WIDTH_M: f64 = 0.03;
/// Points closer to the one before are left out.
const SAME_M: f64 = 0.01;
/// Sweeps of fairing.
const SWEEPS: usize = 60;
/// Rounds in which points that lie off become knots.
const ROUNDS: usize = 4;
/// Chords that stand for a piece when distances are measured.
const CHORDS: usize = 8;

/// A side of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Side {
    fn sign(self) -> f64 {
        match self {
            Side::Left => -1.0,
            Side::Right => 1.0,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Curve {
    knots: Vec<[f64; 2]>,
    /// Unit directions at the knots.
    tangents: Vec<[f64; 2]>,
    /// Arc length at the knots.
    stations: Vec<f64>,
}

impl Curve {
    /// `None` if the points have no length.
    pub(super) fn through(points: &[[f64; 2]]) -> Option<Curve> {
        let mut distinct: Vec<[f64; 2]> = Vec::new();
        for &point in points {
            if distinct.last().is_none_or(|&last| distance_m(last, point) > SAME_M) {
                distinct.push(point);
            }
        }
        let last = distinct.len().checked_sub(1).filter(|&last| last > 0)?;
        let mut is_knot = vec![false; distinct.len()];
        let mut before = 0;
        for index in 0..=last {
            let is_near_end = index != last && distance_m(distinct[index], distinct[last]) < 0.5 * KNOT_M;
            if index == 0 || index == last || !is_near_end && distance_m(distinct[before], distinct[index]) >= KNOT_M {
                is_knot[index] = true;
                before = index;
            }
        }
        for _ in 0..ROUNDS {
            let knots: Vec<[f64; 2]> = (0..=last).filter(|&i| is_knot[i]).map(|i| distinct[i]).collect();
            let curve = Curve::of_knots(&knots);
            let away = curve.distances_m(&distinct);
            let mut is_done = true;
            for index in 0..=last {
                // Of several that lie off beside each other the farthest becomes a knot.
                let is_peak =
                    away[index] >= away[index.saturating_sub(1)] && away[index] >= away[(index + 1).min(last)];
                if !is_knot[index] && is_peak && away[index] > OFF_M {
                    is_knot[index] = true;
                    is_done = false;
                }
            }
            if is_done {
                return Some(curve);
            }
        }
        let knots: Vec<[f64; 2]> = (0..=last).filter(|&i| is_knot[i]).map(|i| distinct[i]).collect();
        Some(Curve::of_knots(&knots))
    }

    fn of_knots(raw: &[[f64; 2]]) -> Curve {
        let mut along = vec![0.0];
        for pair in raw.windows(2) {
            along.push(along[along.len() - 1] + distance_m(pair[0], pair[1]));
        }
        let axis = |axis: usize| -> Vec<f64> { raw.iter().map(|point| point[axis]).collect() };
        let (x, y) = (faired(&axis(0), &along, FAIR_M), faired(&axis(1), &along, FAIR_M));
        let (dx, dy) = (slopes(&x, &along), slopes(&y, &along));
        let tangents = dx
            .iter()
            .zip(&dy)
            .map(|(&dx, &dy)| {
                let norm = libm::hypot(dx, dy).max(1e-9);
                [dx / norm, dy / norm]
            })
            .collect();
        let mut curve = Curve {
            knots: x.into_iter().zip(y).map(|(x, y)| [x, y]).collect(),
            tangents,
            stations: vec![0.0],
        };
        for index in 0..curve.knots.len() - 1 {
            let length_m = curve.piece_length_m(index);
            curve.stations.push(curve.stations[index] + length_m);
        }
        curve
    }

    pub(super) fn length_m(&self) -> f64 {
        self.stations[self.stations.len() - 1]
    }

    /// Coefficients of a piece in the frame of the scenario, by the share of its chord.
    fn coefficients(&self, index: usize) -> [[f64; 4]; 2] {
        let chord_m = distance_m(self.knots[index], self.knots[index + 1]);
        [0, 1].map(|axis| {
            let (a, b) = (self.knots[index][axis], self.knots[index + 1][axis]);
            let (da, db) = (
                chord_m * self.tangents[index][axis],
                chord_m * self.tangents[index + 1][axis],
            );
            [a, da, 3.0 * (b - a) - 2.0 * da - db, 2.0 * (a - b) + da + db]
        })
    }

    fn piece_length_m(&self, index: usize) -> f64 {
        // Gauss-Legendre with five points on each half.
        const NODES: [(f64, f64); 3] = [
            (0.0, 0.568_888_888_888_888_9),
            (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (0.906_179_845_938_664, 0.236_926_885_056_189_08),
        ];
        let [x, y] = self.coefficients(index);
        let speed = |p: f64| {
            let slope = |c: &[f64; 4]| c[1] + p * (2.0 * c[2] + 3.0 * p * c[3]);
            libm::hypot(slope(&x), slope(&y))
        };
        let mut length_m = 0.0;
        for half in [0.25, 0.75] {
            for (node, weight) in NODES {
                length_m += 0.25 * weight * speed(half + 0.25 * node);
                if node > 0.0 {
                    length_m += 0.25 * weight * speed(half - 0.25 * node);
                }
            }
        }
        length_m
    }

    /// The elements, and a straight tail.
    pub(super) fn plan(&self, tail_m: Option<f64>) -> Vec<PlanElement> {
        let mut plan: Vec<PlanElement> = (0..self.knots.len() - 1)
            .map(|index| {
                let [x, y] = self.coefficients(index);
                let [cos, sin] = self.tangents[index];
                let turned = |i: usize| [x[i] * cos + y[i] * sin, y[i] * cos - x[i] * sin];
                let local = [turned(1), turned(2), turned(3)];
                PlanElement {
                    s_m: self.stations[index],
                    x_m: self.knots[index][0],
                    y_m: self.knots[index][1],
                    heading_rad: libm::atan2(sin, cos),
                    length_m: self.stations[index + 1] - self.stations[index],
                    shape: PlanShape::ParamPoly3 {
                        u: [0.0, local[0][0], local[1][0], local[2][0]],
                        v: [0.0, local[0][1], local[1][1], local[2][1]],
                        parameter_is_normalized: true,
                    },
                }
            })
            .collect();
        if let Some(length_m) = tail_m {
            let last = self.knots.len() - 1;
            let [cos, sin] = self.tangents[last];
            plan.push(PlanElement {
                s_m: self.length_m(),
                x_m: self.knots[last][0],
                y_m: self.knots[last][1],
                heading_rad: libm::atan2(sin, cos),
                length_m,
                shape: PlanShape::Line,
            });
        }
        plan
    }

    /// How far beside each knot another line passes, on one side of the curve.
    pub(super) fn offsets_m(&self, line: &[[f64; 2]], side: Side) -> Vec<f64> {
        let sign = side.sign();
        let last = line.len() - 2;
        let offset_m = |(&[x, y], &[cos, sin]): (&[f64; 2], &[f64; 2])| {
            let nearest_m = line
                .windows(2)
                .map(|pair| segment_distance_m([x, y], pair[0], pair[1]))
                .fold(f64::INFINITY, f64::min);
            let mut best: Option<f64> = None;
            for (index, pair) in line.windows(2).enumerate() {
                let ahead = |[px, py]: [f64; 2]| (px - x) * cos + (py - y) * sin;
                let (a, b) = (ahead(pair[0]), ahead(pair[1]));
                if (b - a).abs() < 1e-9 {
                    continue;
                }
                let share = -a / (b - a);
                // The first and the last piece go on beyond their ends.
                let reaches = (index == 0 || share >= 0.0) && (index == last || share <= 1.0);
                if !reaches {
                    continue;
                }
                let [px, py] = [0, 1].map(|axis| pair[0][axis] + share * (pair[1][axis] - pair[0][axis]));
                let aside_m = sign * ((px - x) * sin - (py - y) * cos);
                if best.is_none_or(|known: f64| (aside_m - nearest_m).abs() < (known - nearest_m).abs()) {
                    best = Some(aside_m);
                }
            }
            // Askew ends reach far out; no lane grows by more than a half of itself there.
            best.unwrap_or(nearest_m).clamp(0.0, 1.5 * nearest_m + 0.5)
        };
        self.knots.iter().zip(&self.tangents).map(offset_m).collect()
    }

    /// Values at the knots, smoothed a little.
    pub(super) fn faired(&self, values: &[f64]) -> Vec<f64> {
        faired(values, &self.stations, FAIR_WIDTH_M)
    }

    /// Values at the knots as cubics in s; behind the last knot they stay.
    pub(super) fn cubics(&self, values: &[f64]) -> Vec<Cubic> {
        let slopes = slopes(values, &self.stations);
        let last = values.len() - 1;
        let mut cubics: Vec<Cubic> = (0..last)
            .map(|index| {
                let h = self.stations[index + 1] - self.stations[index];
                let (a, b) = (values[index], values[index + 1]);
                let (da, db) = (slopes[index], slopes[index + 1]);
                Cubic {
                    s_m: self.stations[index],
                    a,
                    b: da,
                    c: (3.0 * (b - a) / h - 2.0 * da - db) / h,
                    d: (2.0 * (a - b) / h + da + db) / (h * h),
                }
            })
            .collect();
        cubics.push(Cubic {
            s_m: self.length_m(),
            a: values[last],
            ..Cubic::default()
        });
        cubics
    }

    /// Chords along the curve, `offsets_m` to its right.
    fn chords(&self, offsets_m: Option<&[f64]>) -> Vec<[f64; 2]> {
        let cubics = offsets_m.map(|offsets_m| self.cubics(offsets_m));
        let mut points = Vec::with_capacity(CHORDS * self.knots.len());
        for index in 0..self.knots.len() - 1 {
            let [x, y] = self.coefficients(index);
            let length_m = self.stations[index + 1] - self.stations[index];
            for chord in 0..=CHORDS {
                let p = chord as f64 / CHORDS as f64;
                let at = |c: &[f64; 4]| c[0] + p * (c[1] + p * (c[2] + p * c[3]));
                let slope = |c: &[f64; 4]| c[1] + p * (2.0 * c[2] + 3.0 * p * c[3]);
                let norm = libm::hypot(slope(&x), slope(&y)).max(1e-9);
                let right_m = cubics.as_ref().map_or(0.0, |cubics| {
                    let (cubic, ds) = (&cubics[index], p * length_m);
                    cubic.a + ds * (cubic.b + ds * (cubic.c + ds * cubic.d))
                });
                points.push([at(&x) + right_m * slope(&y) / norm, at(&y) - right_m * slope(&x) / norm]);
            }
        }
        points
    }

    fn distances_m(&self, points: &[[f64; 2]]) -> Vec<f64> {
        distances_m(points, &self.chords(None))
    }

    /// How far the farthest of the points lies off.
    #[cfg(test)]
    fn worst_m(&self, points: &[[f64; 2]]) -> f64 {
        self.distances_m(points).into_iter().fold(0.0, f64::max)
    }

    /// How far the farthest of the points lies off a line so far to the right of the curve; without the ends, where bounds
    /// end askew.
    pub(super) fn worst_offset_m(&self, points: &[[f64; 2]], offsets_m: &[f64]) -> f64 {
        let chords = self.chords(Some(offsets_m));
        let away = distances_m(points, &chords);
        let is_inside = |[x, y]: [f64; 2]| {
            let ends = [
                (chords[0], chords[1]),
                (chords[chords.len() - 1], chords[chords.len() - 2]),
            ];
            ends.iter()
                .all(|([ax, ay], [bx, by])| (x - ax) * (bx - ax) + (y - ay) * (by - ay) >= 0.0)
        };
        let inside = points.iter().zip(away).filter(|(point, _)| is_inside(**point));
        inside.map(|(_, away_m)| away_m).fold(0.0, f64::max)
    }
}

fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::hypot(a[0] - b[0], a[1] - b[1])
}

/// From each point to a line; points and line run the same way, so that each is looked for near the one before.
fn distances_m(points: &[[f64; 2]], line: &[[f64; 2]]) -> Vec<f64> {
    const WINDOW: usize = 400;
    let mut from = 0;
    let distance = |&point: &[f64; 2]| {
        let end = (from + WINDOW).min(line.len() - 1);
        let mut best = (f64::INFINITY, from);
        for index in from..end {
            let away_m = segment_distance_m(point, line[index], line[index + 1]);
            if away_m < best.0 {
                best = (away_m, index);
            }
        }
        from = best.1.saturating_sub(CHORDS);
        best.0
    };
    points.iter().map(distance).collect()
}

/// Slopes at knots, by the parabola through a knot and its neighbours.
fn slopes(values: &[f64], at: &[f64]) -> Vec<f64> {
    let last = values.len() - 1;
    let secant = |i: usize| (values[i + 1] - values[i]) / (at[i + 1] - at[i]).max(1e-9);
    (0..=last)
        .map(|i| match (i, last) {
            (_, 0) => 0.0,
            (_, 1) => secant(0),
            (0, _) => {
                let bend = (secant(1) - secant(0)) / (at[2] - at[0]);
                secant(0) - bend * (at[1] - at[0])
            }
            (i, last) if i == last => {
                let bend = (secant(i - 1) - secant(i - 2)) / (at[i] - at[i - 2]);
                secant(i - 1) + bend * (at[i] - at[i - 1])
            }
            (i, _) => {
                let (before, after) = (at[i] - at[i - 1], at[i + 1] - at[i]);
                (after * secant(i - 1) + before * secant(i)) / (before + after)
            }
        })
        .collect()
}

/// Moves each value towards the polynomial through its neighbours, by no more than `limit`: noise of centimetres goes, bends
/// stay. The ends are kept.
pub(super) fn faired(values: &[f64], at: &[f64], limit: f64) -> Vec<f64> {
    let count = values.len();
    let mut now = values.to_vec();
    if count < 4 {
        return now;
    }
    let mut next = now.clone();
    for _ in 0..SWEEPS {
        for i in 1..count - 1 {
            let neighbours = [
                i.checked_sub(2),
                Some(i - 1),
                Some(i + 1),
                (i + 2 < count).then_some(i + 2),
            ];
            let mut sum = 0.0;
            for &one in neighbours.iter().flatten() {
                let mut weight = 1.0;
                for &other in neighbours.iter().flatten().filter(|&&other| other != one) {
                    weight *= (at[i] - at[other]) / (at[one] - at[other]);
                }
                sum += weight * now[one];
            }
            next[i] = (now[i] + 0.4 * (sum - now[i])).clamp(values[i] - limit, values[i] + limit);
        }
        std::mem::swap(&mut now, &mut next);
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arc_given_coarsely_and_with_noise_stays_within_the_fit() {
        let radius_m = 60.0;
        let points: Vec<[f64; 2]> = (0..80)
            .map(|index| {
                let angle = 0.02 * f64::from(index);
                let noisy_m = radius_m + 0.02 * f64::from(index % 3 - 1);
                [noisy_m * libm::cos(angle), noisy_m * libm::sin(angle)]
            })
            .collect();
        let curve = Curve::through(&points).expect("it has a length");
        assert!(curve.worst_m(&points) <= OFF_M, "{}", curve.worst_m(&points));
        assert!((curve.length_m() - 79.0 * 0.02 * radius_m).abs() < 0.3);
    }

    #[test]
    fn a_bound_beside_is_kept_at_its_distance() {
        let line = |y: f64| -> Vec<[f64; 2]> { (0..9).map(|index| [10.0 * f64::from(index), y]).collect() };
        let curve = Curve::through(&line(0.0)).expect("it has a length");
        let offsets = curve.offsets_m(&line(-3.5), Side::Right);
        assert!(offsets.iter().all(|offset| (offset - 3.5).abs() < 1e-9));
        assert!(curve.worst_offset_m(&line(-3.5), &offsets) < 1e-9);
    }

    #[test]
    fn points_in_one_place_are_no_curve() {
        assert!(Curve::through(&[[1.0, 1.0], [1.0, 1.0]]).is_none());
    }
}
