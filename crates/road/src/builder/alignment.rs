//! Reference lines in plan view: straights, spirals and arcs joined without a break of heading.
//!
//! A polyline becomes a line by rounding each corner with spiral, arc, spiral, as widely as its neighbours allow; two
//! poses are joined by one such corner or by two arcs. Each element starts where the one before ends, so that there is
//! no gap by construction.

use crate::draft::{PlanElement, PlanShape};
use libm::{atan2, cos, fabs, hypot, sin, tan};
use std::f64::consts::{PI, TAU};

/// A place and a direction in plan view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlanPose {
    pub x_m: f64,
    pub y_m: f64,
    pub heading_rad: f64,
}

/// A line of elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Alignment {
    pub elements: Vec<PlanElement>,
}

/// Distance between the places where a point's nearest one is looked for first.
const STATION_M: f64 = 4.0;
/// Arcs that bend more sharply are no way: a loop is.
const SHARPEST_PER_M: f64 = 2.0;
/// A bend that no vehicle slows down for.
const GENTLE_PER_M: f64 = 0.02;
/// Shorter elements are left out: they would only carry rounding errors.
const ELEMENT_M_MIN: f64 = 1e-4;

impl PlanPose {
    /// The pose moved sideways, to the left for positive distances.
    pub fn shifted_left(self, t_m: f64) -> PlanPose {
        PlanPose {
            x_m: self.x_m - t_m * sin(self.heading_rad),
            y_m: self.y_m + t_m * cos(self.heading_rad),
            heading_rad: self.heading_rad,
        }
    }

    /// The pose moved ahead.
    pub fn ahead(self, s_m: f64) -> PlanPose {
        PlanPose {
            x_m: self.x_m + s_m * cos(self.heading_rad),
            y_m: self.y_m + s_m * sin(self.heading_rad),
            heading_rad: self.heading_rad,
        }
    }

    /// The pose looking back.
    pub fn reversed(self) -> PlanPose {
        PlanPose {
            heading_rad: normalize_angle(self.heading_rad + PI),
            ..self
        }
    }

    /// A point in this pose's frame: ahead, to the left.
    pub fn to_frame(self, x_m: f64, y_m: f64) -> [f64; 2] {
        let (dx, dy) = (x_m - self.x_m, y_m - self.y_m);
        let (c, s) = (cos(self.heading_rad), sin(self.heading_rad));
        [dx * c + dy * s, dy * c - dx * s]
    }
}

/// An angle into -π..π.
pub(super) fn normalize_angle(angle_rad: f64) -> f64 {
    let turned = angle_rad - TAU * libm::floor(angle_rad / TAU + 0.5);
    if turned <= -PI { turned + TAU } else { turned }
}

impl Alignment {
    pub fn length_m(&self) -> f64 {
        self.elements.last().map_or(0.0, |last| last.s_m + last.length_m)
    }

    /// The pose at `s_m`; beyond the ends the line goes on straight.
    pub fn pose(&self, s_m: f64) -> PlanPose {
        let Some(first) = self.elements.first() else {
            return PlanPose {
                x_m: 0.0,
                y_m: 0.0,
                heading_rad: 0.0,
            };
        };
        if s_m <= 0.0 {
            return start_of(first).ahead(s_m);
        }
        let index = self.elements.partition_point(|element| element.s_m <= s_m).max(1) - 1;
        let element = &self.elements[index];
        let along = s_m - element.s_m;
        if along > element.length_m {
            return along_element(element, element.length_m).ahead(along - element.length_m);
        }
        along_element(element, along)
    }

    /// The largest curvature, without sign.
    pub fn curvature_per_m_max(&self) -> f64 {
        self.elements
            .iter()
            .map(|element| fabs(curvature_in(element, 0.0)).max(fabs(curvature_in(element, element.length_m))))
            .fold(0.0, f64::max)
    }

    /// Whether its last point is `to`, in place and direction.
    fn ends_at(&self, to: PlanPose) -> bool {
        let end = self.pose(self.length_m());
        let is_there = hypot(end.x_m - to.x_m, end.y_m - to.y_m) < 1e-3;
        is_there && fabs(normalize_angle(end.heading_rad - to.heading_rad)) < 1e-4
    }

    /// Adds an element of a shape at the end.
    fn push(&mut self, length_m: f64, shape: PlanShape, start_if_empty: PlanPose) {
        if length_m < ELEMENT_M_MIN {
            return;
        }
        let start = if self.elements.is_empty() {
            start_if_empty
        } else {
            self.pose(self.length_m())
        };
        self.elements.push(PlanElement {
            s_m: self.length_m(),
            x_m: start.x_m,
            y_m: start.y_m,
            heading_rad: start.heading_rad,
            length_m,
            shape,
        });
    }

    /// The piece between two distances.
    pub fn slice(&self, from_m: f64, to_m: f64) -> Alignment {
        let mut piece = Alignment::default();
        for element in &self.elements {
            let low = from_m.max(element.s_m) - element.s_m;
            let high = to_m.min(element.s_m + element.length_m) - element.s_m;
            if high - low < ELEMENT_M_MIN {
                continue;
            }
            let shape = match element.shape {
                PlanShape::Spiral { .. } => PlanShape::Spiral {
                    start_per_m: curvature_in(element, low),
                    end_per_m: curvature_in(element, high),
                },
                other => other,
            };
            // Chained through `push`, a left-out sliver would move all that follows: each piece starts where it lay.
            let start = along_element(element, low);
            piece.elements.push(PlanElement {
                s_m: piece.length_m(),
                x_m: start.x_m,
                y_m: start.y_m,
                heading_rad: start.heading_rad,
                length_m: high - low,
                shape,
            });
        }
        piece
    }

    /// The same line from its other end.
    pub fn reversed(&self) -> Alignment {
        let mut back = Alignment::default();
        for element in self.elements.iter().rev() {
            let start = along_element(element, element.length_m).reversed();
            let shape = match element.shape {
                PlanShape::Arc { curvature_per_m } => PlanShape::Arc {
                    curvature_per_m: -curvature_per_m,
                },
                PlanShape::Spiral { start_per_m, end_per_m } => PlanShape::Spiral {
                    start_per_m: -end_per_m,
                    end_per_m: -start_per_m,
                },
                other => other,
            };
            back.elements.push(PlanElement {
                s_m: back.length_m(),
                x_m: start.x_m,
                y_m: start.y_m,
                heading_rad: start.heading_rad,
                length_m: element.length_m,
                shape,
            });
        }
        back
    }

    /// Places every [`STATION_M`] along the line and at its end, to look for the nearest one.
    pub fn stations(&self) -> Vec<[f64; 2]> {
        let length_m = self.length_m();
        let steps = libm::ceil(length_m / STATION_M) as usize;
        (0..=steps)
            .map(|step| {
                let pose = self.pose((step as f64 * STATION_M).min(length_m));
                [pose.x_m, pose.y_m]
            })
            .collect()
    }

    /// The distance along the line that is nearest to a point, at or after `from_m`; `stations` are the line's.
    pub fn nearest_s_m(&self, stations: &[[f64; 2]], x_m: f64, y_m: f64, from_m: f64) -> f64 {
        let length_m = self.length_m();
        let distance2 = |[x, y]: [f64; 2]| (x - x_m) * (x - x_m) + (y - y_m) * (y - y_m);
        let start = self.pose(from_m);
        let (mut best_s, mut best2) = (from_m, distance2([start.x_m, start.y_m]));
        let first = libm::ceil(from_m / STATION_M) as usize;
        for (step, &station) in stations.iter().enumerate().skip(first) {
            let here2 = distance2(station);
            if here2 < best2 {
                (best_s, best2) = ((step as f64 * STATION_M).min(length_m), here2);
            }
        }
        // What is left along the tangent falls through zero between the stations around: halving a step of Newton's.
        let (mut low, mut high) = ((best_s - STATION_M).max(from_m), (best_s + STATION_M).min(length_m));
        let mut s_m = best_s;
        for _ in 0..50 {
            let [ahead_m, _] = self.pose(s_m).to_frame(x_m, y_m);
            if ahead_m > 0.0 {
                low = s_m;
            } else {
                high = s_m;
            }
            let guess_m = s_m + ahead_m;
            let next_m = if guess_m > low && guess_m < high {
                guess_m
            } else {
                0.5 * (low + high)
            };
            let step_m = fabs(next_m - s_m);
            s_m = next_m;
            if step_m < 1e-9 {
                break;
            }
        }
        s_m
    }

    /// A smooth line along a polyline. Corners are rounded with the largest radius up to `radius_m_max` that the
    /// neighbouring corners leave room for; spirals that would shift the arc by less than `shift_m_min` are left out.
    pub fn through(points: &[[f64; 2]], radius_m_max: f64, shift_m_min: f64) -> Alignment {
        let corners: Vec<f64> = (0..points.len())
            .map(|at| {
                if at == 0 || at + 1 == points.len() {
                    0.0
                } else {
                    deflection(points, at)
                }
            })
            .collect();
        let demand = |at: usize| tan(0.5 * fabs(corners[at]).min(3.0));
        let mut line = Alignment::default();
        let mut from = points[0];
        for at in 1..points.len() {
            let heading_rad = atan2(points[at][1] - points[at - 1][1], points[at][0] - points[at - 1][0]);
            let start = PlanPose {
                x_m: from[0],
                y_m: from[1],
                heading_rad,
            };
            let is_end = at + 1 == points.len();
            let fillet = if is_end || fabs(corners[at]) < 1e-6 {
                None
            } else {
                let room = |other: usize, length_m: f64| {
                    if other == 0 || other + 1 == points.len() {
                        (length_m - 20.0).max(0.5 * length_m)
                    } else {
                        length_m * demand(at) / (demand(at) + demand(other)).max(1e-12)
                    }
                };
                let tangent_m = room(at - 1, distance(points[at - 1], points[at]))
                    .min(room(at + 1, distance(points[at], points[at + 1])));
                let fillet = Fillet::new(corners[at], tangent_m, radius_m_max);
                Some(if fillet.shift_m() < shift_m_min {
                    Fillet::arc(corners[at], tangent_m, radius_m_max)
                } else {
                    fillet
                })
            };
            let straight_m = distance(from, points[at]) - fillet.map_or(0.0, |fillet| fillet.tangent_m);
            line.push(straight_m, PlanShape::Line, start);
            if let Some(fillet) = fillet {
                fillet.lay(&mut line, start.ahead(straight_m.max(0.0)));
                let onward = atan2(points[at + 1][1] - points[at][1], points[at + 1][0] - points[at][0]);
                let end = PlanPose {
                    x_m: points[at][0],
                    y_m: points[at][1],
                    heading_rad: onward,
                }
                .ahead(fillet.tangent_m);
                from = [end.x_m, end.y_m];
            } else {
                from = points[at];
            }
        }
        line
    }

    /// As [`Alignment::between`], but as one spiral wherever that bends hardly more sharply: curvature then runs evenly from
    /// the one pose to the other, and a single element tells the line.
    pub fn swept(from: PlanPose, to: PlanPose) -> Alignment {
        let Some(spiral) = one_spiral(from, to) else {
            return Alignment::between(from, to);
        };
        let bend_per_m = spiral.curvature_per_m_max();
        // The arc of the same turn over the same chord bends least of all.
        let turn_rad = fabs(normalize_angle(to.heading_rad - from.heading_rad));
        let least_per_m = 2.0 * sin(0.5 * turn_rad) / hypot(to.x_m - from.x_m, to.y_m - from.y_m);
        if bend_per_m < GENTLE_PER_M || bend_per_m <= 1.5 * least_per_m {
            return spiral;
        }
        let other = Alignment::between(from, to);
        if bend_per_m <= 1.3 * other.curvature_per_m_max() && spiral.length_m() < 1.3 * other.length_m() {
            spiral
        } else {
            other
        }
    }

    /// A line from one pose to another: a straight, one rounded corner, or two arcs, whichever bends least sharply.
    pub fn between(from: PlanPose, to: PlanPose) -> Alignment {
        let [ahead_m, left_m] = from.to_frame(to.x_m, to.y_m);
        let turn_rad = normalize_angle(to.heading_rad - from.heading_rad);
        if fabs(left_m) < 1e-6 && fabs(turn_rad) < 1e-9 && ahead_m > 0.0 {
            let mut line = Alignment::default();
            line.push(ahead_m, PlanShape::Line, from);
            return line;
        }
        let arcs = two_arcs(from, to);
        // A pose beside or behind the first one makes the two arcs grow without bound; one that all but touches it the
        // other way makes an arc so short that it is left out, and its turn with it.
        let is_short = arcs.length_m() <= 3.0 * hypot(ahead_m, left_m) + 40.0;
        let arcs = if is_short && arcs.curvature_per_m_max() < SHARPEST_PER_M && arcs.ends_at(to) {
            arcs
        } else {
            loop_around(from, to)
        };
        let Some(corner) = one_corner(from, to) else {
            return arcs;
        };
        let turning: f64 = arcs
            .elements
            .iter()
            .map(|element| match element.shape {
                PlanShape::Arc { curvature_per_m } => fabs(curvature_per_m) * element.length_m,
                _ => 0.0,
            })
            .sum();
        let arcs_wander = turning > fabs(turn_rad) + 0.35;
        if arcs_wander && corner.curvature_per_m_max() < 0.25 {
            return corner;
        }
        if corner.curvature_per_m_max() <= 1.15 * arcs.curvature_per_m_max() {
            corner
        } else {
            arcs
        }
    }
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    hypot(b[0] - a[0], b[1] - a[1])
}

fn deflection(points: &[[f64; 2]], at: usize) -> f64 {
    let heading = |a: [f64; 2], b: [f64; 2]| atan2(b[1] - a[1], b[0] - a[0]);
    normalize_angle(heading(points[at], points[at + 1]) - heading(points[at - 1], points[at]))
}

/// Drops points of a polyline until no corner must be rounded more tightly than `radius_m_min`, as far as that is
/// possible without moving its ends.
pub(super) fn relax(points: &[[f64; 2]], radius_m_min: f64) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::with_capacity(points.len());
    for (at, &point) in points.iter().enumerate() {
        let is_last = at + 1 == points.len();
        while is_last && kept.len() > 1 && kept.last().is_some_and(|&last| distance(last, point) < 0.5) {
            kept.pop();
        }
        if is_last || kept.last().is_none_or(|&last| distance(last, point) >= 0.5) {
            kept.push(point);
        }
    }
    while kept.len() > 3 {
        let mut worst: Option<(f64, usize)> = None;
        for at in 1..kept.len() - 1 {
            let turn = fabs(deflection(&kept, at)).min(3.0);
            let (before, after) = (distance(kept[at - 1], kept[at]), distance(kept[at], kept[at + 1]));
            let room_before = if at == 1 { before } else { 0.5 * before };
            let room_after = if at + 2 == kept.len() { after } else { 0.5 * after };
            let radius_m = room_before.min(room_after) / tan(0.5 * turn).max(1e-9);
            if radius_m < radius_m_min && worst.is_none_or(|(least, _)| radius_m < least) {
                worst = Some((radius_m, at));
            }
        }
        let Some((_, at)) = worst else { break };
        // Of the short neighbours, the one that turns least goes: the corner itself carries the shape.
        let is_nearer_before = distance(kept[at - 1], kept[at]) < distance(kept[at], kept[at + 1]);
        let takes_before = at != 1 && (at + 2 == kept.len() || is_nearer_before);
        let neighbour = if takes_before { at - 1 } else { at + 1 };
        if neighbour == 0 || neighbour + 1 == kept.len() {
            kept.remove(at);
        } else {
            let middle = [
                0.5 * (kept[at][0] + kept[neighbour][0]),
                0.5 * (kept[at][1] + kept[neighbour][1]),
            ];
            kept[at.min(neighbour)] = middle;
            kept.remove(at.max(neighbour));
        }
    }
    kept
}

/// A corner rounded symmetrically by spiral, arc, spiral.
#[derive(Clone, Copy)]
struct Fillet {
    turn_rad: f64,
    radius_m: f64,
    spiral_m: f64,
    tangent_m: f64,
}

impl Fillet {
    /// The widest one within a tangent length and a radius.
    fn new(turn_rad: f64, tangent_m_max: f64, radius_m_max: f64) -> Fillet {
        let turn = fabs(turn_rad);
        // Spiral length over radius: half the turn is spent in the spirals, at most half a radian.
        let ratio = (0.5 * turn).min(0.5);
        let unit = PlanElement {
            s_m: 0.0,
            x_m: 0.0,
            y_m: 0.0,
            heading_rad: 0.0,
            length_m: ratio,
            shape: PlanShape::Spiral {
                start_per_m: 0.0,
                end_per_m: 1.0,
            },
        };
        let end = along_element(&unit, ratio);
        let tau = 0.5 * ratio;
        let shift = end.y_m - (1.0 - cos(tau));
        let tangent_unit = end.x_m - sin(tau) + (1.0 + shift) * tan(0.5 * turn);
        let radius_m = (tangent_m_max / tangent_unit).min(radius_m_max);
        Fillet {
            turn_rad,
            radius_m,
            spiral_m: ratio * radius_m,
            tangent_m: tangent_unit * radius_m,
        }
    }

    /// An arc without spirals.
    fn arc(turn_rad: f64, tangent_m_max: f64, radius_m_max: f64) -> Fillet {
        let tangent_unit = tan(0.5 * fabs(turn_rad));
        let radius_m = (tangent_m_max / tangent_unit).min(radius_m_max);
        Fillet {
            turn_rad,
            radius_m,
            spiral_m: 0.0,
            tangent_m: tangent_unit * radius_m,
        }
    }

    /// How far its spirals move the arc inwards.
    fn shift_m(&self) -> f64 {
        self.spiral_m * self.spiral_m / (24.0 * self.radius_m)
    }

    fn lay(&self, line: &mut Alignment, start: PlanPose) {
        let curvature = libm::copysign(1.0 / self.radius_m, self.turn_rad);
        let arc_m = fabs(self.turn_rad) * self.radius_m - self.spiral_m;
        line.push(
            self.spiral_m,
            PlanShape::Spiral {
                start_per_m: 0.0,
                end_per_m: curvature,
            },
            start,
        );
        line.push(
            arc_m,
            PlanShape::Arc {
                curvature_per_m: curvature,
            },
            start,
        );
        line.push(
            self.spiral_m,
            PlanShape::Spiral {
                start_per_m: curvature,
                end_per_m: 0.0,
            },
            start,
        );
    }
}

/// Straight, rounded corner, straight: where the two tangents meet ahead of the first and behind the second pose.
fn one_corner(from: PlanPose, to: PlanPose) -> Option<Alignment> {
    let turn_rad = normalize_angle(to.heading_rad - from.heading_rad);
    if fabs(turn_rad) < 0.02 || fabs(turn_rad) > 2.9 {
        return None;
    }
    let [ahead_m, left_m] = from.to_frame(to.x_m, to.y_m);
    let second_m = left_m / sin(turn_rad);
    let first_m = ahead_m - second_m * cos(turn_rad);
    if first_m < 0.5 || second_m < 0.5 {
        return None;
    }
    let fillet = Fillet::new(turn_rad, first_m.min(second_m), 400.0);
    let mut line = Alignment::default();
    line.push(first_m - fillet.tangent_m, PlanShape::Line, from);
    let start = from.ahead((first_m - fillet.tangent_m).max(0.0));
    fillet.lay(&mut line, start);
    line.push(second_m - fillet.tangent_m, PlanShape::Line, from);
    Some(line)
}

/// The spiral, arc or straight that alone leads from one pose to another, if it does so without looping: of those whose
/// heading is a quadratic of the length, the one that ends where it should. Newton's method after Bertolazzi and Frego,
/// "G1 fitting with clothoids", Mathematical Methods in the Applied Sciences 38 (2015).
fn one_spiral(from: PlanPose, to: PlanPose) -> Option<Alignment> {
    const ANGLE_RAD_MAX: f64 = 1.8;
    let chord_m = hypot(to.x_m - from.x_m, to.y_m - from.y_m);
    if chord_m < 0.5 {
        return None;
    }
    let chord_rad = atan2(to.y_m - from.y_m, to.x_m - from.x_m);
    let start_rad = normalize_angle(from.heading_rad - chord_rad);
    let end_rad = normalize_angle(to.heading_rad - chord_rad);
    if fabs(start_rad).max(fabs(end_rad)) > ANGLE_RAD_MAX {
        return None;
    }
    let turn_rad = end_rad - start_rad;
    // Along the unit spiral the heading is start + (turn - excess) t + excess t²: the excess that leaves no way to the left.
    let mut excess_rad = 3.0 * (start_rad + end_rad);
    let mut ahead = 1.0;
    for _ in 0..12 {
        let (mut left, mut rate) = (0.0, 0.0);
        ahead = 0.0;
        for piece in [0.125, 0.375, 0.625, 0.875] {
            for (node, weight) in GAUSS_5 {
                let t = piece + 0.125 * node;
                let (up, along) = libm::sincos(start_rad + (turn_rad - excess_rad) * t + excess_rad * t * t);
                left += 0.125 * weight * up;
                ahead += 0.125 * weight * along;
                rate += 0.125 * weight * along * (t * t - t);
            }
        }
        if fabs(left) < 1e-11 || fabs(rate) < 1e-6 {
            break;
        }
        excess_rad -= (left / rate).clamp(-2.0, 2.0);
    }
    if ahead < 0.3 {
        return None;
    }
    let length_m = chord_m / ahead;
    let (start_per_m, end_per_m) = ((turn_rad - excess_rad) / length_m, (turn_rad + excess_rad) / length_m);
    let strays_m = |curvature_per_m: f64| fabs(curvature_per_m) * length_m * length_m;
    let shape = if strays_m(start_per_m).max(strays_m(end_per_m)) < 1e-6 {
        PlanShape::Line
    } else if strays_m(end_per_m - start_per_m) < 1e-6 {
        PlanShape::Arc {
            curvature_per_m: 0.5 * (start_per_m + end_per_m),
        }
    } else {
        PlanShape::Spiral { start_per_m, end_per_m }
    };
    let mut line = Alignment::default();
    line.push(length_m, shape, from);
    line.ends_at(to).then_some(line)
}

/// The biarc with equal tangent lengths.
fn two_arcs(from: PlanPose, to: PlanPose) -> Alignment {
    let v = [to.x_m - from.x_m, to.y_m - from.y_m];
    let t0 = [cos(from.heading_rad), sin(from.heading_rad)];
    let t1 = [cos(to.heading_rad), sin(to.heading_rad)];
    let t = [t0[0] + t1[0], t0[1] + t1[1]];
    let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
    let (vt, vv) = (dot(v, t), dot(v, v));
    let tangents = 2.0 * (1.0 - dot(t0, t1));
    // Both poses look the same way: the quadratic loses its leading term.
    let tangent_m = if vt > 0.0 && tangents > 1e-12 {
        // The same root without the difference of two near numbers.
        vv / (vt + (vt * vt + tangents * vv).sqrt())
    } else if tangents < 1e-12 {
        let along = dot(v, t1);
        if fabs(along) < 1e-9 { 0.0 } else { vv / (4.0 * along) }
    } else {
        (-vt + (vt * vt + tangents * vv).sqrt()) / tangents
    };
    let join = [
        0.5 * (from.x_m + to.x_m + tangent_m * (t0[0] - t1[0])),
        0.5 * (from.y_m + to.y_m + tangent_m * (t0[1] - t1[1])),
    ];
    let mut line = Alignment::default();
    let first_rad = push_arc(&mut line, from, join);
    let middle = PlanPose {
        x_m: join[0],
        y_m: join[1],
        heading_rad: from.heading_rad + first_rad,
    };
    push_arc(&mut line, middle, [to.x_m, to.y_m]);
    line
}

/// A turn on a small circle, a straight, and a turn the same way: exists for any two poses and is never long.
fn loop_around(from: PlanPose, to: PlanPose) -> Alignment {
    const RADIUS_M: f64 = 4.0;
    let turned = |angle_rad: f64| angle_rad - TAU * libm::floor(angle_rad / TAU);
    let with_side = |side: f64| {
        let (a, b) = (from.shifted_left(side * RADIUS_M), to.shifted_left(side * RADIUS_M));
        let heading_rad = atan2(b.y_m - a.y_m, b.x_m - a.x_m);
        let first_rad = turned(side * (heading_rad - from.heading_rad));
        let second_rad = turned(side * (to.heading_rad - heading_rad));
        let curvature_per_m = side / RADIUS_M;
        let mut line = Alignment::default();
        line.push(first_rad * RADIUS_M, PlanShape::Arc { curvature_per_m }, from);
        line.push(hypot(b.x_m - a.x_m, b.y_m - a.y_m), PlanShape::Line, from);
        line.push(second_rad * RADIUS_M, PlanShape::Arc { curvature_per_m }, from);
        line
    };
    let (left, right) = (with_side(1.0), with_side(-1.0));
    if left.length_m() <= right.length_m() {
        left
    } else {
        right
    }
}

/// An arc from a pose to a point; returns the angle turned.
fn push_arc(line: &mut Alignment, from: PlanPose, to: [f64; 2]) -> f64 {
    let [ahead_m, left_m] = from.to_frame(to[0], to[1]);
    let chord_m = hypot(ahead_m, left_m);
    let half_rad = atan2(left_m, ahead_m);
    if chord_m < ELEMENT_M_MIN {
        return 0.0;
    }
    if fabs(half_rad) < 1e-9 {
        line.push(chord_m, PlanShape::Line, from);
    } else {
        let curvature_per_m = 2.0 * sin(half_rad) / chord_m;
        line.push(
            2.0 * half_rad / curvature_per_m,
            PlanShape::Arc { curvature_per_m },
            from,
        );
    }
    2.0 * half_rad
}

fn start_of(element: &PlanElement) -> PlanPose {
    PlanPose {
        x_m: element.x_m,
        y_m: element.y_m,
        heading_rad: element.heading_rad,
    }
}

fn curvature_in(element: &PlanElement, along_m: f64) -> f64 {
    match element.shape {
        PlanShape::Arc { curvature_per_m } => curvature_per_m,
        PlanShape::Spiral { start_per_m, end_per_m } => {
            start_per_m + (end_per_m - start_per_m) * along_m / element.length_m
        }
        // The builder lays no polynomials.
        PlanShape::Line | PlanShape::Poly3 { .. } | PlanShape::ParamPoly3 { .. } => 0.0,
    }
}

fn along_element(element: &PlanElement, along_m: f64) -> PlanPose {
    let start = start_of(element);
    match element.shape {
        PlanShape::Arc { curvature_per_m } => {
            let turned = curvature_per_m * along_m;
            // Chord and half angle: exact, and steady for flat arcs.
            let half = 0.5 * turned;
            let chord_m = if fabs(half) < 1e-8 {
                along_m
            } else {
                along_m * sin(half) / half
            };
            let (along_y, along_x) = libm::sincos(start.heading_rad + half);
            PlanPose {
                x_m: start.x_m + chord_m * along_x,
                y_m: start.y_m + chord_m * along_y,
                heading_rad: start.heading_rad + turned,
            }
        }
        PlanShape::Spiral { start_per_m, end_per_m } => {
            let rate = (end_per_m - start_per_m) / element.length_m;
            let heading = |s: f64| start.heading_rad + start_per_m * s + 0.5 * rate * s * s;
            let bend_rad = fabs(start_per_m).max(fabs(end_per_m)) * along_m;
            let pieces = (libm::ceil(bend_rad / 0.3) as usize).clamp(1, 64);
            let step = along_m / pieces as f64;
            let (mut x_m, mut y_m) = (start.x_m, start.y_m);
            for piece in 0..pieces {
                let middle = (piece as f64 + 0.5) * step;
                for (node, weight) in GAUSS_5 {
                    let angle = heading(middle + 0.5 * step * node);
                    let (up, along) = libm::sincos(angle);
                    x_m += 0.5 * step * weight * along;
                    y_m += 0.5 * step * weight * up;
                }
            }
            PlanPose {
                x_m,
                y_m,
                heading_rad: heading(along_m),
            }
        }
        PlanShape::Line | PlanShape::Poly3 { .. } | PlanShape::ParamPoly3 { .. } => start.ahead(along_m),
    }
}

/// Gauss-Legendre nodes and weights of order five: errors below 1e-12 m for the pieces used here.
const GAUSS_5: [(f64, f64); 5] = [
    (0.0, 0.568_888_888_888_888_9),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
    (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
    (0.906_179_845_938_664, 0.236_926_885_056_189_08),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn largest_break(line: &Alignment) -> (f64, f64) {
        let mut worst = (0.0_f64, 0.0_f64);
        for pair in line.elements.windows(2) {
            let end = along_element(&pair[0], pair[0].length_m);
            worst.0 = worst.0.max(hypot(end.x_m - pair[1].x_m, end.y_m - pair[1].y_m));
            worst.1 = worst
                .1
                .max(fabs(normalize_angle(end.heading_rad - pair[1].heading_rad)));
        }
        worst
    }

    proptest! {
        #[test]
        fn line_between_two_poses_begins_and_ends_in_them(
            x in -60.0..60.0_f64, y in -60.0..60.0_f64, h0 in -3.1..3.1_f64, h1 in -3.1..3.1_f64,
        ) {
            prop_assume!(hypot(x, y) > 2.0);
            let from = PlanPose { x_m: 0.0, y_m: 0.0, heading_rad: h0 };
            let to = PlanPose { x_m: x, y_m: y, heading_rad: h1 };
            let line = Alignment::between(from, to);
            let end = line.pose(line.length_m());
            prop_assert!(hypot(end.x_m - x, end.y_m - y) < 1e-3, "ends {end:?}");
            prop_assert!(line.length_m() < 3.0 * hypot(x, y) + 60.0, "{} m long", line.length_m());
            prop_assert!(fabs(normalize_angle(end.heading_rad - h1)) < 1e-4, "ends {end:?}");
            let (gap, kink) = largest_break(&line);
            prop_assert!(gap < 1e-6 && kink < 1e-6);
        }

        #[test]
        fn swept_line_begins_and_ends_in_its_poses(
            x in -60.0..60.0_f64, y in -60.0..60.0_f64, h0 in -3.1..3.1_f64, h1 in -3.1..3.1_f64,
        ) {
            prop_assume!(hypot(x, y) > 2.0);
            let from = PlanPose { x_m: 0.0, y_m: 0.0, heading_rad: h0 };
            let to = PlanPose { x_m: x, y_m: y, heading_rad: h1 };
            let line = Alignment::swept(from, to);
            let end = line.pose(line.length_m());
            prop_assert!(hypot(end.x_m - x, end.y_m - y) < 1e-3, "ends {end:?}");
            prop_assert!(line.length_m() < 4.0 * hypot(x, y) + 60.0, "{} m long", line.length_m());
            prop_assert!(fabs(normalize_angle(end.heading_rad - h1)) < 1e-4, "ends {end:?}");
        }

        #[test]
        fn line_to_a_pose_that_looks_nearly_the_same_way_stays_short(
            x in -60.0..60.0_f64, y in -60.0..60.0_f64, h in -3.1..3.1_f64, off in -1e-4..1e-4_f64,
        ) {
            prop_assume!(hypot(x, y) > 2.0);
            let from = PlanPose { x_m: 0.0, y_m: 0.0, heading_rad: h };
            let to = PlanPose { x_m: x, y_m: y, heading_rad: h + off };
            let line = Alignment::between(from, to);
            let end = line.pose(line.length_m());
            prop_assert!(line.length_m() < 3.0 * hypot(x, y) + 60.0, "{} m long", line.length_m());
            prop_assert!(hypot(end.x_m - x, end.y_m - y) < 1e-3, "ends {end:?}");
            prop_assert!(fabs(normalize_angle(end.heading_rad - to.heading_rad)) < 1e-4, "ends {end:?}");
        }

        #[test]
        fn polyline_is_rounded_without_gap_or_kink(
            points in proptest::collection::vec((-300.0..300.0_f64, -300.0..300.0_f64), 2..8),
            shift_m_min in 0.0..0.5_f64,
        ) {
            let points: Vec<[f64; 2]> = points.into_iter().map(|(x, y)| [x, y]).collect();
            let points = relax(&points, 15.0);
            prop_assume!(points.len() > 1 && distance(points[0], points[points.len() - 1]) > 5.0);
            prop_assume!((1..points.len() - 1).all(|at| fabs(deflection(&points, at)) < 2.6));
            let line = Alignment::through(&points, 500.0, shift_m_min);
            let (gap, kink) = largest_break(&line);
            prop_assert!(gap < 1e-6 && kink < 1e-6, "gap {gap}, kink {kink}");
            let end = line.pose(line.length_m());
            let last = points[points.len() - 1];
            prop_assert!(hypot(end.x_m - last[0], end.y_m - last[1]) < 1e-3);
            let back = line.reversed();
            prop_assert!(largest_break(&back).0 < 1e-6);
        }
    }
}
