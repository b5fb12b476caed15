//! An edge's lanes on one reference line: each lane runs along its own shape, corners and all.
//!
//! In go the shapes of the lanes, out come a reference line, a lane offset and widths. The reference line follows the
//! middle lane with its corners rounded to arcs wide enough that every lane has its place abreast of it; the widths take
//! the rounding back, so that a lane's middle is its shape. Lanes of one edge may begin or end at a slant; the road
//! covers what they have in common, and what sticks out at either end belongs to the connections there.

use super::connection::Line;
use super::read::Lane;
use super::{Point, direction, distance_m, distinct};
use crate::draft::{Cubic, PlanShape};

/// Corners blunter than this need no arc: lanes 10 m aside move by 2 cm at most.
const BLUNT_RAD: f64 = 0.002;
/// An arc is cut so that a cubic follows a straight seen from it within millimetres.
const ARC_STEP_RAD: f64 = 0.2;
/// An arc's radius over the farthest border's distance from the reference line.
const RADIUS_SHARE: f64 = 1.3;
/// Least length that is left of an edge whose lanes end at a slant.
const COMMON_M_MIN: f64 = 0.02;
/// Points of a shape so near together that no arc fits stay a corner.
const RADIUS_M_MIN: f64 = 0.05;
/// Over less than this a width does not change.
const RECORD_M_MIN: f64 = 0.01;
/// Records that differ by less are one.
const EVEN_M: f64 = 5e-4;
/// No lane is narrower.
const WIDTH_M_MIN: f64 = 0.1;

/// An edge, laid.
#[derive(Clone, Debug)]
pub(super) struct Carriageway {
    pub(super) line: Line,
    pub(super) lane_offset: Vec<Cubic>,
    /// Widths of the lanes, from the middle of the road outwards.
    pub(super) widths: Vec<Vec<Cubic>>,
    /// What of each lane lies before the road begins, up to its beginning.
    pub(super) heads: Vec<Vec<Point>>,
    /// What of each lane lies beyond the road's end, from there on.
    pub(super) tails: Vec<Vec<Point>>,
    /// Directions of each lane where the road begins.
    pub(super) starts: Vec<[f64; 2]>,
    /// Directions of each lane where the road ends.
    pub(super) ends: Vec<[f64; 2]>,
}

/// A place on the reference line.
#[derive(Clone, Copy)]
struct Place {
    at: [f64; 2],
    tangent: [f64; 2],
}

/// Where the line abreast of a place meets a shape.
#[derive(Clone, Copy)]
struct Abreast {
    t_m: f64,
    segment: usize,
    /// The shape does not reach so far.
    is_beyond: bool,
    point: Point,
    direction: [f64; 2],
}

/// Lays the lanes, which are given from the middle of the road outwards; `None` if a shape has no length.
pub(super) fn lay(lanes: &[&Lane], keeps_left: bool) -> Option<Carriageway> {
    let shapes: Vec<Vec<Point>> = lanes.iter().map(|lane| distinct(&lane.shape)).collect();
    if shapes.is_empty() || shapes.iter().any(|shape| shape.len() < 2) {
        return None;
    }
    let middle = shapes.len() / 2;
    let reach_m: f64 = lanes.iter().map(|lane| lane.width_m).sum::<f64>();
    let reference = common(&shapes[middle], &shapes);
    let (line, mut stations) = rounded(&reference, reach_m);
    add_corners(&line, &shapes, reach_m, &mut stations);
    let guess = |lane: usize| -> f64 {
        let between = &lanes[lane.min(middle)..lane.max(middle)];
        let apart_m: f64 = between.iter().map(|lane| lane.width_m).sum();
        let outwards = if keeps_left { 1.0 } else { -1.0 };
        if lane > middle {
            outwards * apart_m
        } else {
            -outwards * apart_m
        }
    };
    // d counts towards the middle of the road, so that both sides of traffic are alike.
    let inwards = if keeps_left { -1.0 } else { 1.0 };
    let mut offsets = Vec::new();
    let mut widths = vec![Vec::new(); lanes.len()];
    let mut known: Vec<f64> = (0..lanes.len()).map(guess).collect();
    for pair in stations.windows(2) {
        let (from_m, to_m) = (pair[0], pair[1]);
        let inset_m = 1e-6_f64.min(0.1 * (to_m - from_m));
        let samples = [0.0, 1.0, 2.0, 3.0].map(|third| {
            let s_m = (from_m + third / 3.0 * (to_m - from_m)).clamp(from_m + inset_m, to_m - inset_m);
            let place = place_on(&line, s_m, 0.5 * (from_m + to_m));
            let mut border_m = f64::NAN;
            let mut inner = 0.0;
            let mut across = vec![0.0; lanes.len()];
            for (index, shape) in shapes.iter().enumerate() {
                let found = abreast(shape, &place, known[index]);
                known[index] = found.t_m;
                let d_m = inwards * found.t_m;
                if index == 0 {
                    let cos = found.direction[0] * place.tangent[0] + found.direction[1] * place.tangent[1];
                    border_m = d_m + 0.5 * lanes[0].width_m / cos.abs().max(0.2);
                    inner = border_m;
                }
                across[index] =
                    (2.0 * (border_m - d_m)).clamp(WIDTH_M_MIN, 4.0 * lanes[index].width_m.max(WIDTH_M_MIN));
                border_m -= across[index];
            }
            (inwards * inner, across)
        });
        record(&mut offsets, from_m, to_m, samples.each_ref().map(|sample| sample.0));
        for (index, records) in widths.iter_mut().enumerate() {
            record(records, from_m, to_m, samples.each_ref().map(|sample| sample.1[index]));
        }
    }
    let cut = |s_m: f64, anchor_m: f64, near: &dyn Fn(usize) -> f64| -> Vec<Abreast> {
        let place = place_on(&line, s_m, anchor_m);
        let found = shapes.iter().enumerate();
        found
            .map(|(index, shape)| abreast(shape, &place, near(index)))
            .collect()
    };
    let begin = cut(0.0, 0.0, &guess);
    let end = cut(line.length_m, line.length_m, &|index| known[index]);
    let heads = shapes.iter().zip(&begin).map(|(shape, cut)| {
        let mut points = Vec::new();
        if !cut.is_beyond {
            points.extend_from_slice(&shape[..=cut.segment]);
        }
        points.push(cut.point);
        points
    });
    let tails = shapes.iter().zip(&end).map(|(shape, cut)| {
        let mut points = vec![cut.point];
        if !cut.is_beyond {
            points.extend_from_slice(&shape[cut.segment + 1..]);
        }
        points
    });
    Some(Carriageway {
        heads: heads.collect(),
        tails: tails.collect(),
        starts: begin.iter().map(|cut| cut.direction).collect(),
        ends: end.iter().map(|cut| cut.direction).collect(),
        line,
        lane_offset: offsets,
        widths,
    })
}

/// The stretch of a shape that all shapes have abreast of it.
fn common(reference: &[Point], shapes: &[Vec<Point>]) -> Vec<Point> {
    let last = reference.len() - 1;
    let (first_way, last_way) = (
        direction(reference[0], reference[1]),
        direction(reference[last - 1], reference[last]),
    );
    let ahead = |from: Point, to: Point, way: [f64; 2]| (to[0] - from[0]) * way[0] + (to[1] - from[1]) * way[1];
    let start_m = shapes
        .iter()
        .map(|shape| ahead(reference[0], shape[0], first_way))
        .fold(0.0, f64::max);
    let end_m = shapes
        .iter()
        .map(|shape| -ahead(reference[last], shape[shape.len() - 1], last_way))
        .fold(0.0, f64::max);
    let length_m: f64 = reference.windows(2).map(|pair| distance_m(pair[0], pair[1])).sum();
    if start_m + end_m > length_m - COMMON_M_MIN {
        return reference.to_vec();
    }
    let mut points = shortened(reference, start_m);
    points.reverse();
    points = shortened(&points, end_m);
    points.reverse();
    points
}

/// A shape without its first metres.
fn shortened(shape: &[Point], by_m: f64) -> Vec<Point> {
    let mut left_m = by_m;
    for (index, pair) in shape.windows(2).enumerate() {
        let length_m = distance_m(pair[0], pair[1]);
        if left_m < length_m {
            let share = left_m / length_m;
            let mut points = vec![[0, 1, 2].map(|axis| pair[0][axis] + share * (pair[1][axis] - pair[0][axis]))];
            points.extend_from_slice(&shape[index + 1..]);
            return distinct(&points);
        }
        left_m -= length_m;
    }
    shape.to_vec()
}

/// The shape with its corners rounded, and the stations between which everything is smooth.
fn rounded(shape: &[Point], reach_m: f64) -> (Line, Vec<f64>) {
    let mut line = Line::default();
    let mut stations = vec![0.0];
    let mut heights = vec![(0.0, shape[0][2])];
    let mut at = shape[0];
    for index in 1..shape.len() {
        let way = direction(shape[index - 1], shape[index]);
        let corner = shape.get(index + 1).map(|&next| {
            let onward = direction(shape[index], next);
            let turn_rad = libm::atan2(
                way[0] * onward[1] - way[1] * onward[0],
                way[0] * onward[0] + way[1] * onward[1],
            );
            let tan = libm::tan(0.5 * turn_rad.abs()).max(1e-9);
            let room_m = 0.49 * distance_m(shape[index - 1], shape[index]).min(distance_m(shape[index], next));
            let setback_m = (tan * (RADIUS_SHARE * reach_m + 1.0)).min(room_m);
            (turn_rad, setback_m, setback_m / tan)
        });
        let arc = corner.filter(|&(turn_rad, _, radius_m)| turn_rad.abs() > BLUNT_RAD && radius_m > RADIUS_M_MIN);
        let setback_m = arc.map_or(0.0, |(_, setback_m, _)| setback_m);
        let length_m = distance_m(at, shape[index]) - setback_m;
        if length_m > 0.0 {
            line.push(at, way, PlanShape::Line, length_m);
            stations.push(line.length_m);
        }
        at = [
            shape[index][0] - setback_m * way[0],
            shape[index][1] - setback_m * way[1],
            shape[index][2],
        ];
        let mut height_s_m = line.length_m;
        if let Some((turn_rad, setback_m, radius_m)) = arc {
            let arc_m = radius_m * turn_rad.abs();
            let from_m = line.length_m;
            let shape_of = PlanShape::Arc {
                curvature_per_m: turn_rad.signum() / radius_m,
            };
            line.push(at, way, shape_of, arc_m);
            // The corner itself is a station: there the lanes bend.
            let steps = 2 * (0.5 * turn_rad.abs() / ARC_STEP_RAD).ceil().max(1.0) as u32;
            stations.extend((1..=steps).map(|step| from_m + arc_m * f64::from(step) / f64::from(steps)));
            height_s_m = from_m + 0.5 * arc_m;
            let onward = direction(shape[index], shape[index + 1]);
            at = [
                shape[index][0] + setback_m * onward[0],
                shape[index][1] + setback_m * onward[1],
                shape[index][2],
            ];
        }
        heights.push((height_s_m, shape[index][2]));
    }
    stations.dedup_by(|b, a| *b - *a < 1e-6);
    if let Some(last) = stations.last_mut() {
        *last = line.length_m;
    }
    line.heights(&heights);
    (line, stations)
}

/// Adds stations abreast of all corners, where lanes bend elsewhere than the reference line.
fn add_corners(line: &Line, shapes: &[Vec<Point>], reach_m: f64, stations: &mut Vec<f64>) {
    for shape in shapes {
        for corner in shape.iter().skip(1).rev().skip(1) {
            for element in &line.plan {
                let (sin, cos) = libm::sincos(element.heading_rad);
                let [dx, dy] = [corner[0] - element.x_m, corner[1] - element.y_m];
                let [ahead_m, left_m] = [dx * cos + dy * sin, dy * cos - dx * sin];
                let (ds_m, t_m) = match element.shape {
                    PlanShape::Arc { curvature_per_m } => {
                        let radius_m = 1.0 / curvature_per_m;
                        let inwards_m = (radius_m - left_m) * curvature_per_m.signum();
                        (
                            libm::atan2(ahead_m, inwards_m) * radius_m.abs(),
                            radius_m.abs() - libm::hypot(ahead_m, inwards_m),
                        )
                    }
                    _ => (ahead_m, left_m),
                };
                if ds_m > 0.0 && ds_m < element.length_m && t_m.abs() <= reach_m {
                    stations.push(element.s_m + ds_m);
                }
            }
        }
    }
    stations.sort_by(f64::total_cmp);
    stations.dedup_by(|b, a| *b - *a < 1e-3);
    if let Some(last) = stations.last_mut() {
        *last = line.length_m;
    }
}

fn place_on(line: &Line, s_m: f64, anchor_m: f64) -> Place {
    let index = line
        .plan
        .partition_point(|element| element.s_m <= anchor_m)
        .saturating_sub(1);
    let element = &line.plan[index];
    let ds_m = s_m - element.s_m;
    let (sin, cos) = libm::sincos(element.heading_rad);
    match element.shape {
        PlanShape::Arc { curvature_per_m } => {
            let (turned_sin, turned_cos) = libm::sincos(element.heading_rad + curvature_per_m * ds_m);
            Place {
                at: [
                    element.x_m + (turned_sin - sin) / curvature_per_m,
                    element.y_m - (turned_cos - cos) / curvature_per_m,
                ],
                tangent: [turned_cos, turned_sin],
            }
        }
        _ => Place {
            at: [element.x_m + ds_m * cos, element.y_m + ds_m * sin],
            tangent: [cos, sin],
        },
    }
}

/// Where a shape passes abreast of a place: of several such points the one nearest to `near_m` aside. Its first and last
/// segments go on beyond their ends.
fn abreast(shape: &[Point], place: &Place, near_m: f64) -> Abreast {
    let ahead =
        |point: Point| (point[0] - place.at[0]) * place.tangent[0] + (point[1] - place.at[1]) * place.tangent[1];
    let mut best: Option<(f64, Abreast)> = None;
    let last = shape.len() - 2;
    for segment in 0..=last {
        let (a, b) = (shape[segment], shape[segment + 1]);
        let (ahead_a, ahead_b) = (ahead(a), ahead(b));
        let span_m = ahead_b - ahead_a;
        if span_m.abs() < 1e-9 {
            continue;
        }
        let share = -ahead_a / span_m;
        let beyond = if share < 0.0 { -share } else { (share - 1.0).max(0.0) } * distance_m(a, b);
        let is_open = (share < 0.0 && segment == 0) || (share > 1.0 && segment == last);
        if beyond > 1e-3 && !is_open {
            continue;
        }
        let point = [0, 1, 2].map(|axis| a[axis] + share * (b[axis] - a[axis]));
        let [dx, dy] = [point[0] - place.at[0], point[1] - place.at[1]];
        let t_m = dy * place.tangent[0] - dx * place.tangent[1];
        let badness = (t_m - near_m).abs() + beyond;
        if best.is_none_or(|(known, _)| badness < known) {
            let found = Abreast {
                t_m,
                segment,
                is_beyond: beyond > 1e-3,
                point,
                direction: direction(a, b),
            };
            best = Some((badness, found));
        }
    }
    best.map_or(
        Abreast {
            t_m: near_m,
            segment: 0,
            is_beyond: true,
            point: shape[0],
            direction: direction(shape[0], shape[1]),
        },
        |(_, found)| found,
    )
}

/// Adds the cubic through four values at the thirds of a stretch, unless the last record goes on.
fn record(records: &mut Vec<Cubic>, from_m: f64, to_m: f64, [p, q, r, s]: [f64; 4]) {
    let length_m = to_m - from_m;
    let mut cubic = Cubic {
        s_m: from_m,
        a: p,
        b: 0.5 * (-11.0 * p + 18.0 * q - 9.0 * r + 2.0 * s) / length_m,
        c: 4.5 * (2.0 * p - 5.0 * q + 4.0 * r - s) / (length_m * length_m),
        d: 4.5 * (-p + 3.0 * q - 3.0 * r + s) / (length_m * length_m * length_m),
    };
    let is_even = length_m < RECORD_M_MIN || [q, r, s].iter().all(|value| (value - p).abs() < EVEN_M);
    let straight = |third: f64| p + third / 3.0 * (s - p);
    if is_even {
        cubic = Cubic {
            s_m: from_m,
            a: 0.25 * (p + q + r + s),
            ..Cubic::default()
        };
    } else if (q - straight(1.0)).abs() < EVEN_M && (r - straight(2.0)).abs() < EVEN_M {
        cubic = Cubic {
            s_m: from_m,
            a: p,
            b: (s - p) / length_m,
            ..Cubic::default()
        };
    }
    let goes_on = records
        .last()
        .is_some_and(|last| is_even && [last.b, last.c, last.d] == [0.0; 3] && (last.a - cubic.a).abs() < EVEN_M);
    if !goes_on {
        records.push(cubic);
    }
}
