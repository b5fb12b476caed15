//! What stands beside the streets: water, parks, grounds of school and hospital, and a few hundred buildings.

use super::terrain::{is_green, river_distance_m, segment_distance_m};
use super::town::{GREEN, HOSPITAL, LAKE, RIVER, ROUNDABOUT, SCHOOL};
use super::weave::Curve;
use record::Seed;
use road::builder::{NodeKind, StreetGraph};
use road::draft::{AreaDraft, AreaKind, LaneKind, RoadClass, StructureKind};

/// Between a building and the back of the sidewalk.
const SETBACK_M: f64 = 7.0;
/// Between two buildings.
const GAP_M: f64 = 9.0;

/// Adds everything beside the streets to the graph.
pub fn place(graph: &mut StreetGraph) {
    let mut areas = Vec::new();
    for &(name, middle, half) in GREEN {
        areas.push(area(AreaKind::Green, name, shore(middle, half)));
    }
    areas.push(area(AreaKind::Green, "Binhe Park", river(RIVER.1 + 24.0)));
    areas.push(area(AreaKind::Water, RIVER.0, river(RIVER.1)));
    areas.push(area(AreaKind::Water, LAKE.0, shore(LAKE.1, LAKE.2)));
    areas.push(area(AreaKind::School, SCHOOL.0, rectangle(SCHOOL.3)));
    areas.push(area(AreaKind::Hospital, HOSPITAL.0, rectangle(HOSPITAL.1)));
    for node in &graph.nodes {
        if let NodeKind::Roundabout { radius_m, .. } = node.kind {
            let half = radius_m - 8.0;
            areas.push(area(
                AreaKind::Green,
                ROUNDABOUT.3,
                ellipse([node.x_m, node.y_m], [half, half], 32),
            ));
        }
    }
    let segments = segments(graph);
    let mut built = Built {
        segments: &segments,
        outlines: Vec::new(),
    };
    built.on_grounds(&SCHOOL.3, &mut areas, 16.0);
    built.on_grounds(&HOSPITAL.1, &mut areas, 36.0);
    built.along_streets(graph, &mut areas);
    graph.areas = areas;
}

fn area(kind: AreaKind, name: &str, outline_m: Vec<[f64; 2]>) -> AreaDraft {
    AreaDraft {
        kind,
        name: name.to_owned(),
        outline_m,
        height_m: 0.0,
    }
}

fn ellipse(middle: [f64; 2], half: [f64; 2], corners: usize) -> Vec<[f64; 2]> {
    (0..corners)
        .map(|corner| {
            let angle = std::f64::consts::TAU * corner as f64 / corners as f64;
            round([
                middle[0] + half[0] * libm::cos(angle),
                middle[1] + half[1] * libm::sin(angle),
            ])
        })
        .collect()
}

/// A lake is no ellipse: bays and points in its shore.
fn shore(middle: [f64; 2], half: [f64; 2]) -> Vec<[f64; 2]> {
    (0..64)
        .map(|corner| {
            let angle = std::f64::consts::TAU * f64::from(corner) / 64.0;
            let swell = 0.86 + 0.09 * libm::sin(3.0 * angle + 0.6) + 0.05 * libm::sin(7.0 * angle);
            round([
                middle[0] + swell * half[0] * libm::cos(angle),
                middle[1] + swell * half[1] * libm::sin(angle),
            ])
        })
        .collect()
}

fn rectangle([low, high]: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    vec![low, [high[0], low[1]], high, [low[0], high[1]]]
}

/// The river's bed, or its banks where `half_m` is more than its half width.
fn river(half_m: f64) -> Vec<[f64; 2]> {
    let curve = Curve::through(RIVER.2);
    let steps = 90;
    let bank = |side: f64, step: usize| {
        let s_m = curve.length_m() * step as f64 / steps as f64;
        // Wider and narrower on its way.
        let width_m = half_m + 5.0 * libm::sin(s_m / 170.0);
        round(curve.beside(s_m, side * width_m))
    };
    (0..=steps)
        .map(|step| bank(1.0, step))
        .chain((0..=steps).rev().map(|step| bank(-1.0, step)))
        .collect()
}

/// Decimetres are enough for pictures and keep the file small.
fn round(point: [f64; 2]) -> [f64; 2] {
    point.map(|value| libm::round(10.0 * value) / 10.0)
}

/// A straight piece of a street, with half its width.
struct Segment {
    a: [f64; 2],
    b: [f64; 2],
    half_m: f64,
}

fn segments(graph: &StreetGraph) -> Vec<Segment> {
    let mut found = Vec::new();
    for street in &graph.streets {
        let ends = [street.from, street.to].map(|id| &graph.nodes[id.0 as usize]);
        let points: Vec<[f64; 2]> = std::iter::once([ends[0].x_m, ends[0].y_m])
            .chain(street.shape.iter().map(|point| [point.x_m, point.y_m]))
            .chain([[ends[1].x_m, ends[1].y_m]])
            .collect();
        let width = |lanes: &[road::builder::LaneSpec]| lanes.iter().map(|lane| lane.width_m).sum::<f64>();
        // A pocket's width on top; one-way streets lie around their line.
        let half_m = width(&street.forward).max(width(&street.backward)) + 0.5 * street.median_m + 2.0;
        found.extend(points.windows(2).map(|pair| Segment {
            a: pair[0],
            b: pair[1],
            half_m,
        }));
    }
    for node in &graph.nodes {
        if let NodeKind::Roundabout { radius_m, .. } = node.kind {
            let place = [node.x_m, node.y_m];
            found.push(Segment {
                a: place,
                b: place,
                half_m: radius_m + 16.0,
            });
        }
    }
    found
}

struct Built<'a> {
    segments: &'a [Segment],
    /// Middle and reach of everything built so far, with its corners.
    outlines: Vec<([f64; 2], f64, [[f64; 2]; 4])>,
}

impl Built<'_> {
    /// Whether a building may stand here.
    fn is_free(&self, corners: &[[f64; 2]; 4]) -> bool {
        let middle = [
            0.5 * (corners[0][0] + corners[2][0]),
            0.5 * (corners[0][1] + corners[2][1]),
        ];
        let reach = libm::hypot(corners[0][0] - middle[0], corners[0][1] - middle[1]);
        let clear_of_streets = self.segments.iter().all(|segment| {
            if segment_distance_m(middle, segment.a, segment.b) > reach + segment.half_m + 5.0 {
                return true;
            }
            // Corners and the middles of the walls.
            (0..4).all(|at| {
                let (p, q) = (corners[at], corners[(at + 1) % 4]);
                let wall = [0.5 * (p[0] + q[0]), 0.5 * (p[1] + q[1])];
                [p, wall]
                    .iter()
                    .all(|&point| segment_distance_m(point, segment.a, segment.b) > segment.half_m + 4.0)
            })
        });
        let clear_of_others = self.outlines.iter().all(|(other, other_reach, _)| {
            libm::hypot(other[0] - middle[0], other[1] - middle[1]) > 0.78 * (reach + other_reach) + 0.5 * GAP_M
        });
        let dry = corners.iter().all(|corner| {
            let (u, v) = ((corner[0] - LAKE.1[0]) / LAKE.2[0], (corner[1] - LAKE.1[1]) / LAKE.2[1]);
            river_distance_m(corner[0], corner[1]) > RIVER.1 + 28.0
                && !is_green(corner[0], corner[1])
                && u * u + v * v > 1.05
        });
        clear_of_streets && clear_of_others && dry
    }

    fn add(&mut self, corners: [[f64; 2]; 4], height_m: f64, areas: &mut Vec<AreaDraft>) {
        let middle = [
            0.5 * (corners[0][0] + corners[2][0]),
            0.5 * (corners[0][1] + corners[2][1]),
        ];
        let reach = libm::hypot(corners[0][0] - middle[0], corners[0][1] - middle[1]);
        self.outlines.push((middle, reach, corners));
        areas.push(AreaDraft {
            kind: AreaKind::Building,
            name: String::new(),
            outline_m: corners.iter().map(|&corner| round(corner)).collect(),
            height_m,
        });
    }

    /// Three wings in a yard.
    fn on_grounds(&mut self, [low, high]: &[[f64; 2]; 2], areas: &mut Vec<AreaDraft>, height_m: f64) {
        let (width, depth) = (high[0] - low[0], high[1] - low[1]);
        for (x, y, w, d) in [(0.1, 0.7, 0.8, 0.18), (0.1, 0.15, 0.2, 0.42), (0.6, 0.15, 0.3, 0.3)] {
            let a = [low[0] + x * width, low[1] + y * depth];
            let b = [a[0] + w * width, a[1] + d * depth];
            let corners = [a, [b[0], a[1]], b, [a[0], b[1]]];
            if self.is_free(&corners) {
                self.add(corners, height_m, areas);
            }
        }
        // The rest of the grounds stays open.
        let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
        let reach = 0.5 * libm::hypot(width, depth);
        self.outlines
            .push((middle, reach, [*low, [high[0], low[1]], *high, [low[0], high[1]]]));
    }

    /// Rows of buildings on both sides of the streets: towers at the arterials, lower houses at the side streets.
    fn along_streets(&mut self, graph: &StreetGraph, areas: &mut Vec<AreaDraft>) {
        let mut draw = Seed(20_210_412).stream("yongchuan.buildings", 0);
        for street in &graph.streets {
            let is_spanned = street
                .structures
                .iter()
                .any(|structure| structure.kind == StructureKind::Tunnel);
            let is_walked = street.forward.iter().any(|lane| lane.kind == LaneKind::Sidewalk);
            if is_spanned || !is_walked {
                continue;
            }
            let ends = [street.from, street.to].map(|id| &graph.nodes[id.0 as usize]);
            let knots: Vec<[f64; 2]> = std::iter::once([ends[0].x_m, ends[0].y_m])
                .chain(street.shape.iter().map(|point| [point.x_m, point.y_m]))
                .chain([[ends[1].x_m, ends[1].y_m]])
                .collect();
            let curve = Curve::through(&knots);
            let half_m = street.forward.iter().map(|lane| lane.width_m).sum::<f64>() + 0.5 * street.median_m;
            for side in [1.0, -1.0] {
                let mut s_m = 30.0;
                while s_m < curve.length_m() - 30.0 {
                    let (long_m, deep_m, high_m) = match street.class {
                        RoadClass::Arterial => (
                            28.0 + 34.0 * draw.uniform(),
                            16.0 + 8.0 * draw.uniform(),
                            24.0 + 66.0 * draw.uniform(),
                        ),
                        RoadClass::Collector => (
                            26.0 + 34.0 * draw.uniform(),
                            13.0 + 6.0 * draw.uniform(),
                            18.0 + 36.0 * draw.uniform(),
                        ),
                        _ => (
                            20.0 + 30.0 * draw.uniform(),
                            12.0 + 4.0 * draw.uniform(),
                            9.0 + 18.0 * draw.uniform(),
                        ),
                    };
                    let leaves_a_gap = draw.uniform() < 0.3;
                    let back_m = half_m + SETBACK_M + 8.0 * draw.uniform();
                    let (from, to) = (s_m, s_m + long_m);
                    s_m = to + GAP_M + 14.0 * draw.uniform();
                    if leaves_a_gap || to > curve.length_m() - 20.0 {
                        continue;
                    }
                    // A straight front between the two points at the street.
                    let (a, b) = (curve.beside(from, side * back_m), curve.beside(to, side * back_m));
                    let span = libm::hypot(b[0] - a[0], b[1] - a[1]);
                    let out = [
                        side * (b[1] - a[1]) / span * deep_m,
                        -side * (b[0] - a[0]) / span * deep_m,
                    ];
                    let corners = [a, b, [b[0] + out[0], b[1] + out[1]], [a[0] + out[0], a[1] + out[1]]];
                    if self.is_free(&corners) {
                        self.add(corners, libm::round(high_m / 3.0) * 3.0, areas);
                    }
                }
            }
        }
    }
}
