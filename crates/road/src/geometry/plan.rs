//! The reference line in plan view: lines, arcs, spirals and cubics, each evaluated by arc length.
//!
//! In go the plan elements of a draft, out comes the point, direction, curvature and its rate at any s. Spirals are
//! integrated by Gauss-Legendre quadrature over panels that turn by no more than 1 rad each, which leaves less than
//! 1e-12 of the panel's length as error; cubics are reparametrised by arc length through a table of their own length.
//! Source: ASAM OpenDRIVE 1.8.1, clause 9.

use crate::draft::{PlanElement, PlanShape};
use libm::sincos;
use serde::{Deserialize, Serialize};

/// Abscissas of Gauss-Legendre quadrature with 8 points on -1..1, the positive half (Abramowitz and Stegun, table 25.4).
const GAUSS_X: [f64; 4] = [
    0.183_434_642_495_649_8,
    0.525_532_409_916_329,
    0.796_666_477_413_626_7,
    0.960_289_856_497_536_2,
];
/// Their weights.
const GAUSS_WEIGHT: [f64; 4] = [
    0.362_683_783_378_362,
    0.313_706_645_877_887_3,
    0.222_381_034_453_374_48,
    0.101_228_536_290_376_26,
];
/// The series of a spiral is summed for angles up to this; terms shrink from the start.
const SERIES_RAD_MAX: f64 = 3.0;
/// 1, 1/2, 1/3, ...: as many as are ever summed.
const SERIES_PARTS: [f64; 40] = {
    let mut parts = [1.0; 40];
    let mut at = 0;
    while at < parts.len() {
        parts[at] = 1.0 / (at + 1) as f64;
        at += 1;
    }
    parts
};
/// Most panels of one spiral or cubic: enough for 4096 rad, and a bound on the memory that a hostile file can ask for.
const PANELS_MAX: usize = 4096;

/// A point of the reference line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PlanPoint {
    /// East.
    pub(crate) x_m: f64,
    /// North.
    pub(crate) y_m: f64,
    /// Unit tangent, east and north.
    pub(crate) tangent: [f64; 2],
    /// Positive to the left.
    pub(crate) curvature_per_m: f64,
    /// Derivative of the curvature by s.
    pub(crate) curvature_rate_per_m2: f64,
}

impl PlanPoint {
    /// Anticlockwise from east.
    pub(crate) fn heading_rad(&self) -> f64 {
        libm::atan2(self.tangent[1], self.tangent[0])
    }
}

/// The whole reference line in plan view.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlanLine {
    pieces: Vec<Piece>,
}

impl PlanLine {
    /// Takes the elements as they are; `compile` and the readers judge them.
    pub(crate) fn new(elements: &[PlanElement]) -> PlanLine {
        PlanLine {
            pieces: elements.iter().map(Piece::new).collect(),
        }
    }

    /// The point at `s_m` of the element that holds `anchor_m`: at a joint of two elements the anchor chooses the side.
    pub(crate) fn point(&self, s_m: f64, anchor_m: f64) -> PlanPoint {
        match self.piece_at(anchor_m) {
            Some(piece) => piece.point_at(s_m),
            None => PlanPoint {
                x_m: s_m,
                tangent: [1.0, 0.0],
                ..PlanPoint::default()
            },
        }
    }

    /// The element that holds `anchor_m`.
    pub(super) fn piece_at(&self, anchor_m: f64) -> Option<&Piece> {
        let next = self.pieces.partition_point(|piece| piece.s_m <= anchor_m);
        self.pieces.get(next.saturating_sub(1))
    }

    /// How many times as long as it claims each element is: other than 1 for cubics only.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = f64> + '_ {
        self.pieces.iter().map(|piece| match &piece.curve {
            Curve::Cubic(cubic) => cubic.stretch,
            Curve::Line | Curve::Arc { .. } | Curve::Spiral(_) => 1.0,
        })
    }

    /// Whether the element that holds `anchor_m` is a straight line.
    pub(crate) fn is_line(&self, anchor_m: f64) -> bool {
        self.piece_at(anchor_m)
            .is_none_or(|piece| matches!(piece.curve, Curve::Line))
    }

    /// Where elements begin.
    pub(crate) fn starts_m(&self) -> impl Iterator<Item = f64> + '_ {
        self.pieces.iter().map(|piece| piece.s_m)
    }
}

/// One element.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Piece {
    s_m: f64,
    x_m: f64,
    y_m: f64,
    tangent: [f64; 2],
    curve: Curve,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Curve {
    Line,
    Arc { curvature_per_m: f64 },
    Spiral(Spiral),
    Cubic(Box<ParametricCubic>),
}

impl Piece {
    fn new(element: &PlanElement) -> Piece {
        let length_m = element.length_m.max(0.0);
        let curve = match element.shape {
            PlanShape::Line => Curve::Line,
            PlanShape::Arc { curvature_per_m } if curvature_per_m.abs() < 1e-12 => Curve::Line,
            PlanShape::Arc { curvature_per_m } => Curve::Arc { curvature_per_m },
            PlanShape::Spiral { start_per_m, end_per_m } => {
                Curve::Spiral(Spiral::new(start_per_m, end_per_m, length_m))
            }
            PlanShape::Poly3 { v } => Curve::Cubic(Box::new(ParametricCubic::of_poly3(v, length_m))),
            PlanShape::ParamPoly3 {
                u,
                v,
                parameter_is_normalized,
            } => {
                let end = if parameter_is_normalized { 1.0 } else { length_m };
                Curve::Cubic(Box::new(ParametricCubic::new(u, v, end, Some(length_m))))
            }
        };
        let (sin, cos) = sincos(element.heading_rad);
        Piece {
            s_m: element.s_m,
            x_m: element.x_m,
            y_m: element.y_m,
            tangent: [cos, sin],
            curve,
        }
    }

    /// The point at a road's s.
    pub(super) fn point_at(&self, s_m: f64) -> PlanPoint {
        self.point(s_m - self.s_m)
    }

    /// The curvature at a road's s, where it needs no point.
    pub(super) fn curvature_per_m(&self, s_m: f64) -> Option<f64> {
        match &self.curve {
            Curve::Line => Some(0.0),
            Curve::Arc { curvature_per_m } => Some(*curvature_per_m),
            Curve::Spiral(spiral) => Some(spiral.start_per_m + spiral.rate_per_m2 * (s_m - self.s_m)),
            Curve::Cubic(_) => None,
        }
    }

    fn point(&self, ds_m: f64) -> PlanPoint {
        let local = match &self.curve {
            Curve::Line => PlanPoint {
                x_m: ds_m,
                tangent: [1.0, 0.0],
                ..PlanPoint::default()
            },
            Curve::Arc { curvature_per_m } => {
                // By the half angle: 1 - cos loses digits on gentle arcs, 2 sin²(half) does not.
                let (half_sin, half_cos) = sincos(0.5 * curvature_per_m * ds_m);
                let (sin, versine) = (2.0 * half_sin * half_cos, 2.0 * half_sin * half_sin);
                let cos = 1.0 - versine;
                PlanPoint {
                    x_m: sin / curvature_per_m,
                    y_m: versine / curvature_per_m,
                    tangent: [cos, sin],
                    curvature_per_m: *curvature_per_m,
                    curvature_rate_per_m2: 0.0,
                }
            }
            Curve::Spiral(spiral) => spiral.point(ds_m),
            Curve::Cubic(cubic) => cubic.point(ds_m),
        };
        let [cos, sin] = self.tangent;
        PlanPoint {
            x_m: self.x_m + cos * local.x_m - sin * local.y_m,
            y_m: self.y_m + sin * local.x_m + cos * local.y_m,
            tangent: [
                cos * local.tangent[0] - sin * local.tangent[1],
                sin * local.tangent[0] + cos * local.tangent[1],
            ],
            ..local
        }
    }
}

/// An Euler spiral in its own frame: it starts at the origin towards +x.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Spiral {
    start_per_m: f64,
    rate_per_m2: f64,
    panel_m: f64,
    /// Start points of the panels.
    anchors: Vec<[f64; 2]>,
}

impl Spiral {
    fn new(start_per_m: f64, end_per_m: f64, length_m: f64) -> Spiral {
        let rate_per_m2 = if length_m > 0.0 {
            (end_per_m - start_per_m) / length_m
        } else {
            0.0
        };
        // Curvature is linear, so its magnitude is greatest at an end.
        let turn_rad = start_per_m.abs().max(end_per_m.abs()) * length_m;
        let panels = if turn_rad.is_finite() {
            (turn_rad.ceil() as usize).clamp(1, PANELS_MAX)
        } else {
            1
        };
        let mut spiral = Spiral {
            start_per_m,
            rate_per_m2,
            panel_m: length_m / panels as f64,
            anchors: vec![[0.0; 2]],
        };
        for panel in 1..panels {
            let point = spiral.point_in_panel(panel - 1, panel as f64 * spiral.panel_m);
            spiral.anchors.push(point);
        }
        spiral
    }

    fn point_in_panel(&self, panel: usize, ds_m: f64) -> [f64; 2] {
        let [mut x_m, mut y_m] = self.anchors[panel];
        let from_m = panel as f64 * self.panel_m;
        let (half_m, middle_m) = (0.5 * (ds_m - from_m), 0.5 * (ds_m + from_m));
        for (x, weight) in GAUSS_X.iter().zip(GAUSS_WEIGHT) {
            for u_m in [middle_m - half_m * x, middle_m + half_m * x] {
                let (sin, cos) = sincos(u_m * (self.start_per_m + 0.5 * self.rate_per_m2 * u_m));
                x_m += weight * half_m * cos;
                y_m += weight * half_m * sin;
            }
        }
        [x_m, y_m]
    }

    /// Place and direction, from the panel's start by the series of exp(iθ) and of its integral: of an angle below 1 rad
    /// a dozen terms are exact, and cost less than the sines of a quadrature.
    fn place_in_panel(&self, panel: usize, ds_m: f64) -> ([f64; 2], [f64; 2]) {
        let from_m = panel as f64 * self.panel_m;
        let u_m = ds_m - from_m;
        // θ(u) = a u + b u² / 2; the derivative of exp(iθ) is i (a + b u) exp(iθ), which gives each term by the two before.
        let [a, b] = [
            (self.start_per_m + self.rate_per_m2 * from_m) * u_m,
            self.rate_per_m2 * u_m * u_m,
        ];
        let turned_rad = |s_m: f64| s_m * (self.start_per_m + 0.5 * self.rate_per_m2 * s_m);
        let reach_rad = a.abs() + b.abs();
        if reach_rad.is_nan() || reach_rad > SERIES_RAD_MAX {
            let (sin, cos) = sincos(turned_rad(ds_m));
            return (self.point_in_panel(panel, ds_m), [cos, sin]);
        }
        let (mut before, mut term) = ([0.0; 2], [1.0, 0.0]);
        let (mut direction, mut integral) = (term, term);
        for parts in SERIES_PARTS.windows(2) {
            let [re, im] = [0, 1].map(|part| (a * term[part] + b * before[part]) * parts[0]);
            (before, term) = (term, [-im, re]);
            for part in 0..2 {
                direction[part] += term[part];
                integral[part] += term[part] * parts[1];
            }
            let [last, this] = [before, term].map(|[re, im]| re.abs() + im.abs());
            if last.max(this) < 1e-16 {
                break;
            }
        }
        let (sin, cos) = if panel == 0 {
            (0.0, 1.0)
        } else {
            sincos(turned_rad(from_m))
        };
        let turn = |[x, y]: [f64; 2]| [cos * x - sin * y, sin * x + cos * y];
        let ([x_m, y_m], [dx, dy]) = (self.anchors[panel], turn(integral));
        ([x_m + u_m * dx, y_m + u_m * dy], turn(direction))
    }

    fn point(&self, ds_m: f64) -> PlanPoint {
        let panel = if self.panel_m > 0.0 {
            (ds_m / self.panel_m).max(0.0) as usize
        } else {
            0
        };
        let ([x_m, y_m], [cos, sin]) = self.place_in_panel(panel.min(self.anchors.len() - 1), ds_m);
        PlanPoint {
            x_m,
            y_m,
            tangent: [cos, sin],
            curvature_per_m: self.start_per_m + self.rate_per_m2 * ds_m,
            curvature_rate_per_m2: self.rate_per_m2,
        }
    }
}

/// u(p), v(p) with a table from arc length to p.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ParametricCubic {
    u: [f64; 4],
    v: [f64; 4],
    panel: f64,
    /// Own arc length at the panels' starts, and at the end.
    lengths_m: Vec<f64>,
    /// Own arc length per metre of road s: 1 but for files whose numbers disagree with one another.
    stretch: f64,
}

impl ParametricCubic {
    /// The curve over 0..`end`. Files often give a length that is off by millimetres: s is stretched to fit it.
    fn new(u: [f64; 4], v: [f64; 4], end: f64, length_m: Option<f64>) -> ParametricCubic {
        let panels = match length_m {
            Some(length_m) if length_m.is_finite() => (length_m.ceil() as usize).clamp(8, PANELS_MAX),
            _ => 8,
        };
        let mut cubic = ParametricCubic {
            u,
            v,
            panel: end / panels as f64,
            lengths_m: vec![0.0],
            stretch: 1.0,
        };
        let mut sum_m = 0.0;
        for panel in 0..panels {
            sum_m += cubic.arc_length_m(panel as f64 * cubic.panel, (panel + 1) as f64 * cubic.panel);
            cubic.lengths_m.push(sum_m);
        }
        if let Some(length_m) = length_m
            && length_m > 0.0
            && sum_m > 0.0
        {
            cubic.stretch = sum_m / length_m;
        }
        cubic
    }

    /// v(u) with u(p) = p: p ends where the arc length reaches the element's length.
    fn of_poly3(v: [f64; 4], length_m: f64) -> ParametricCubic {
        let u = [0.0, 1.0, 0.0, 0.0];
        let whole = ParametricCubic::new(u, v, length_m, None);
        // The curve over 0..length is never shorter than length, so the end lies within it.
        let end = whole.parameter(length_m);
        ParametricCubic::new(u, v, end, Some(length_m))
    }

    fn derivative(&self, p: f64) -> [f64; 2] {
        [slope(&self.u, p), slope(&self.v, p)]
    }

    fn arc_length_m(&self, from: f64, to: f64) -> f64 {
        let (half, middle) = (0.5 * (to - from), 0.5 * (to + from));
        let mut sum = 0.0;
        for (x, weight) in GAUSS_X.iter().zip(GAUSS_WEIGHT) {
            for p in [middle - half * x, middle + half * x] {
                let [du, dv] = self.derivative(p);
                sum += weight * (du * du + dv * dv).sqrt();
            }
        }
        sum * half
    }

    /// Newton's method from the chord's guess; the arc length grows with p, so it converges within a few steps.
    fn parameter(&self, arc_m: f64) -> f64 {
        let panels = self.lengths_m.len() - 1;
        let panel = self
            .lengths_m
            .partition_point(|&length| length <= arc_m)
            .clamp(1, panels)
            - 1;
        let from = panel as f64 * self.panel;
        let panel_length_m = self.lengths_m[panel + 1] - self.lengths_m[panel];
        if panel_length_m <= 0.0 {
            return from;
        }
        let wanted_m = arc_m - self.lengths_m[panel];
        let mut p = from + self.panel * wanted_m / panel_length_m;
        for _ in 0..8 {
            let [du, dv] = self.derivative(p);
            let speed = (du * du + dv * dv).sqrt();
            if speed < 1e-12 {
                break;
            }
            let step = (wanted_m - self.arc_length_m(from, p)) / speed;
            p += step.clamp(-self.panel.abs(), self.panel.abs());
            if step.abs() < 1e-13 * self.panel.abs() {
                break;
            }
        }
        p
    }

    fn point(&self, ds_m: f64) -> PlanPoint {
        let p = self.parameter(ds_m * self.stretch);
        let [du, dv] = self.derivative(p);
        let speed = (du * du + dv * dv).sqrt();
        let position = PlanPoint {
            x_m: value(&self.u, p),
            y_m: value(&self.v, p),
            ..PlanPoint::default()
        };
        if speed < 1e-12 {
            return PlanPoint {
                tangent: [1.0, 0.0],
                ..position
            };
        }
        let [ddu, ddv] = [second(&self.u, p), second(&self.v, p)];
        let [dddu, dddv] = [6.0 * self.u[3], 6.0 * self.v[3]];
        let cross = du * ddv - dv * ddu;
        let speed_cubed = speed * speed * speed;
        let rate_by_p =
            (du * dddv - dv * dddu) / speed_cubed - 3.0 * cross * (du * ddu + dv * ddv) / (speed_cubed * speed * speed);
        PlanPoint {
            tangent: [du / speed, dv / speed],
            curvature_per_m: cross / speed_cubed,
            curvature_rate_per_m2: rate_by_p / speed * self.stretch,
            ..position
        }
    }
}

fn value(c: &[f64; 4], p: f64) -> f64 {
    c[0] + p * (c[1] + p * (c[2] + p * c[3]))
}

fn slope(c: &[f64; 4], p: f64) -> f64 {
    c[1] + p * (2.0 * c[2] + 3.0 * p * c[3])
}

fn second(c: &[f64; 4], p: f64) -> f64 {
    2.0 * c[2] + 6.0 * p * c[3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn element(length_m: f64, shape: PlanShape) -> PlanElement {
        PlanElement {
            s_m: 0.0,
            x_m: 5.0,
            y_m: -3.0,
            heading_rad: 0.7,
            length_m,
            shape,
        }
    }

    /// The law of every plan curve: position is the integral of the tangent, the tangent turns by the curvature.
    fn check_derivatives(line: &PlanLine, length_m: f64, tolerance: f64) {
        for i in 1..20 {
            let s = length_m * i as f64 / 20.0;
            let h = 1e-4;
            let (before, at, after) = (line.point(s - h, s), line.point(s, s), line.point(s + h, s));
            let tangent = [
                (after.x_m - before.x_m) / (2.0 * h),
                (after.y_m - before.y_m) / (2.0 * h),
            ];
            assert!((tangent[0] - at.tangent[0]).abs() < tolerance, "{tangent:?} {at:?}");
            assert!((tangent[1] - at.tangent[1]).abs() < tolerance, "{tangent:?} {at:?}");
            let turn = before.tangent[0] * after.tangent[1] - before.tangent[1] * after.tangent[0];
            assert!(
                (turn / (2.0 * h) - at.curvature_per_m).abs() < 10.0 * tolerance,
                "{turn} {at:?}"
            );
            let rate = (after.curvature_per_m - before.curvature_per_m) / (2.0 * h);
            assert!(
                (rate - at.curvature_rate_per_m2).abs() < 10.0 * tolerance,
                "{rate} {at:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn spiral_agrees_with_brute_integration(
            start in -0.2f64..0.2, end in -0.2f64..0.2, length in 1.0f64..120.0,
        ) {
            let line = PlanLine::new(&[element(length, PlanShape::Spiral { start_per_m: start, end_per_m: end })]);
            let steps = 20_000;
            let (mut x, mut y) = (5.0, -3.0);
            let step = length / steps as f64;
            for i in 0..steps {
                let u = (i as f64 + 0.5) * step;
                let heading = 0.7 + u * start + 0.5 * u * u * (end - start) / length;
                x += step * heading.cos();
                y += step * heading.sin();
            }
            let point = line.point(length, 0.0);
            // The midpoint rule itself is off by about length · (turn per step)² / 24.
            let bound = 1e-9 + length * (0.2 * step) * (0.2 * step) / 12.0;
            prop_assert!((point.x_m - x).abs() < bound && (point.y_m - y).abs() < bound, "{:?} {} {}", point, x, y);
            check_derivatives(&line, length, 1e-6);
        }

        #[test]
        fn cubics_run_by_arc_length(b in -0.5f64..0.5, c in -0.01f64..0.01, d in -0.0005f64..0.0005, length in 2.0f64..60.0) {
            let line = PlanLine::new(&[element(length, PlanShape::Poly3 { v: [0.0, b, c, d] })]);
            check_derivatives(&line, length, 1e-6);
        }
    }

    #[test]
    fn parametric_cubic_is_stretched_to_the_length_given() {
        let u = [0.0, 50.0, 0.0, 0.0];
        let shape = PlanShape::ParamPoly3 {
            u,
            v: [0.0, 0.0, 8.0, -2.0],
            parameter_is_normalized: true,
        };
        let line = PlanLine::new(&[element(50.0, shape)]);
        let end = line.point(50.0, 0.0);
        let (sin, cos) = 0.7f64.sin_cos();
        assert!((end.x_m - (5.0 + cos * 50.0 - sin * 6.0)).abs() < 1e-9);
        assert!((end.y_m - (-3.0 + sin * 50.0 + cos * 6.0)).abs() < 1e-9);
    }

    #[test]
    fn gentle_arc_loses_no_digits() {
        let line = PlanLine::new(&[element(1000.0, PlanShape::Arc { curvature_per_m: 1e-7 })]);
        let end = line.point(1000.0, 0.0);
        let across = -(0.7f64.sin()) * (end.x_m - 5.0) + 0.7f64.cos() * (end.y_m + 3.0);
        assert!((across - 0.05).abs() < 1e-9, "{across}");
    }
}
