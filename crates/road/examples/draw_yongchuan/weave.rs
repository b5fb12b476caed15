//! From courses to a street graph: curves, crossings, nodes, pieces, expressway and ramps.

use super::terrain::{height_above_valley_m, height_m, river_distance_m};
use super::town::{COURSES, EXPRESSWAY, EXPRESSWAY_NAME, INTERCHANGES, Kind, RIVER, ROUNDABOUT, SCHOOL, STOPS, TUNNEL};
use road::builder::{
    LaneSpec, Node, NodeId, NodeKind, Pockets, ShapePoint, Side, SpeedZone, StopSpec, Street, StreetGraph, StreetId,
    StructureSpec, TurnBan,
};
use road::draft::{GeoReference, LaneKind, RoadClass, StructureKind};

/// Spacing of the points that stand for a curve.
const STEP_M: f64 = 20.0;
/// A course that runs on for less than this beyond its last crossing ends there.
const STUB_M: f64 = 130.0;
/// From the expressway's middle to the middle of a carriageway.
const CARRIAGEWAY_M: f64 = 13.0;
/// From the expressway's middle to where its ramps meet the street below.
const RAMP_FOOT_M: f64 = 135.0;
/// Along the expressway from an interchange's middle to where ramps leave and join.
const RAMP_REACH_M: f64 = 390.0;
/// How far the expressway rides above the ground.
const VIADUCT_M: f64 = 8.6;

/// A smooth curve as points with their distances.
#[derive(Clone, Debug)]
pub struct Curve {
    points: Vec<[f64; 2]>,
    s_m: Vec<f64>,
}

impl Curve {
    /// A curve through points (Catmull and Rom's, with Overhauser's end slopes).
    pub fn through(knots: &[[f64; 2]]) -> Curve {
        let at = |index: isize| {
            let last = knots.len() as isize - 1;
            if index < 0 {
                let (a, b) = (knots[0], knots[1]);
                [2.0 * a[0] - b[0], 2.0 * a[1] - b[1]]
            } else if index > last {
                let (a, b) = (knots[last as usize], knots[last as usize - 1]);
                [2.0 * a[0] - b[0], 2.0 * a[1] - b[1]]
            } else {
                knots[index as usize]
            }
        };
        let mut points = vec![knots[0]];
        for index in 0..knots.len() as isize - 1 {
            let (p0, p1, p2, p3) = (at(index - 1), at(index), at(index + 1), at(index + 2));
            let knot = |a: [f64; 2], b: [f64; 2]| libm::sqrt(libm::hypot(b[0] - a[0], b[1] - a[1]));
            // Centripetal spacing: no loops or overshoot where the points are uneven.
            let (d1, d2, d3) = (knot(p0, p1), knot(p1, p2), knot(p2, p3));
            let slope = |axis: usize| {
                let m1 = (p2[axis] - p1[axis]) + d2 * ((p1[axis] - p0[axis]) / d1 - (p2[axis] - p0[axis]) / (d1 + d2));
                let m2 = (p2[axis] - p1[axis]) + d2 * ((p3[axis] - p2[axis]) / d3 - (p3[axis] - p1[axis]) / (d2 + d3));
                (m1, m2)
            };
            let (mx, my) = (slope(0), slope(1));
            let steps = libm::ceil(libm::hypot(p2[0] - p1[0], p2[1] - p1[1]) / STEP_M) as usize;
            for step in 1..=steps {
                let t = step as f64 / steps as f64;
                let (h1, h2) = (2.0 * t * t * t - 3.0 * t * t + 1.0, t * t * t - 2.0 * t * t + t);
                let (h3, h4) = (-2.0 * t * t * t + 3.0 * t * t, t * t * t - t * t);
                let value = |axis: usize, m: (f64, f64)| h1 * p1[axis] + h2 * m.0 + h3 * p2[axis] + h4 * m.1;
                points.push([value(0, mx), value(1, my)]);
            }
        }
        let mut s_m = vec![0.0];
        for pair in points.windows(2) {
            s_m.push(s_m[s_m.len() - 1] + libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]));
        }
        Curve { points, s_m }
    }

    /// Its length.
    pub fn length_m(&self) -> f64 {
        self.s_m[self.s_m.len() - 1]
    }

    /// Place and unit direction.
    pub fn at(&self, s_m: f64) -> ([f64; 2], [f64; 2]) {
        let index = self.s_m.partition_point(|&s| s <= s_m).clamp(1, self.points.len() - 1) - 1;
        let (a, b) = (self.points[index], self.points[index + 1]);
        let span = self.s_m[index + 1] - self.s_m[index];
        let share = (s_m - self.s_m[index]) / span;
        let place = [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
        (place, [(b[0] - a[0]) / span, (b[1] - a[1]) / span])
    }

    /// The place to the right of the curve.
    pub fn beside(&self, s_m: f64, right_m: f64) -> [f64; 2] {
        // The mean direction over a step, so that the offset curve has no steps.
        let (before, after) = (
            self.at((s_m - STEP_M).max(0.0)).0,
            self.at((s_m + STEP_M).min(self.length_m())).0,
        );
        let span = libm::hypot(after[0] - before[0], after[1] - before[1]);
        let along = [(after[0] - before[0]) / span, (after[1] - before[1]) / span];
        let (place, _) = self.at(s_m);
        [place[0] + right_m * along[1], place[1] - right_m * along[0]]
    }

    /// Distance along the curve that is nearest to a point.
    pub fn nearest_s_m(&self, point: [f64; 2]) -> f64 {
        let mut best = (f64::INFINITY, 0.0);
        for index in 0..self.points.len() - 1 {
            let (a, b) = (self.points[index], self.points[index + 1]);
            let along = [b[0] - a[0], b[1] - a[1]];
            let square = along[0] * along[0] + along[1] * along[1];
            let share = (((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / square).clamp(0.0, 1.0);
            let away = libm::hypot(point[0] - a[0] - share * along[0], point[1] - a[1] - share * along[1]);
            if away < best.0 {
                best = (away, self.s_m[index] + share * (self.s_m[index + 1] - self.s_m[index]));
            }
        }
        best.1
    }

    /// Where two curves cross: (distance on this one, distance on the other one).
    pub fn crossings(&self, other: &Curve) -> Vec<(f64, f64)> {
        let mut found = Vec::new();
        for (i, a) in self.points.windows(2).enumerate() {
            for (j, b) in other.points.windows(2).enumerate() {
                let (r, q) = (
                    [a[1][0] - a[0][0], a[1][1] - a[0][1]],
                    [b[1][0] - b[0][0], b[1][1] - b[0][1]],
                );
                let w = [b[0][0] - a[0][0], b[0][1] - a[0][1]];
                let cross = r[0] * q[1] - r[1] * q[0];
                if libm::fabs(cross) < 1e-9 {
                    continue;
                }
                let (t, u) = ((w[0] * q[1] - w[1] * q[0]) / cross, (w[0] * r[1] - w[1] * r[0]) / cross);
                if (0.0..1.0).contains(&t) && (0.0..1.0).contains(&u) {
                    let here = self.s_m[i] + t * (self.s_m[i + 1] - self.s_m[i]);
                    found.push((here, other.s_m[j] + u * (other.s_m[j + 1] - other.s_m[j])));
                }
            }
        }
        found
    }
}

/// The town's graph, with its areas still missing.
pub fn graph() -> StreetGraph {
    let curves: Vec<Curve> = COURSES.iter().map(|course| Curve::through(course.points)).collect();
    let expressway = Curve::through(EXPRESSWAY);
    let mut weaver = Weaver {
        graph: StreetGraph::new("yongchuan"),
        cuts: vec![Vec::new(); curves.len()],
    };
    weaver.graph.geo_reference = Some(GeoReference {
        latitude_deg: 29.35,
        longitude_deg: 105.89,
        ..GeoReference::default()
    });
    weaver.cross(&curves);
    let feet = weaver.ramp_feet(&curves, &expressway);
    weaver.end_courses(&curves);
    weaver.pieces(&curves);
    weaver.expressway(&expressway, &feet);
    weaver.finish();
    weaver.graph
}

/// Where an expressway's ramps meet a street.
struct Feet {
    /// Distance of the interchange's middle along the expressway.
    s_m: f64,
    /// West and east of the expressway.
    nodes: [NodeId; 2],
}

struct Weaver {
    graph: StreetGraph,
    /// For each course: (distance along it, node), sorted when complete.
    cuts: Vec<Vec<(f64, NodeId)>>,
}

impl Weaver {
    fn add_node(&mut self, place: [f64; 2], z_m: f64) -> NodeId {
        let id = (self.graph.nodes.len() + 1).to_string();
        self.graph.add_node(Node {
            id,
            x_m: place[0],
            y_m: place[1],
            z_m,
            has_crossings: true,
            ..Node::default()
        })
    }

    /// A node wherever two courses cross. Three courses never meet in one place here, but a course may end on another
    /// one right where a third begins: such crossings within a few metres are one node.
    fn cross(&mut self, curves: &[Curve]) {
        let mut known: Vec<([f64; 2], NodeId)> = Vec::new();
        for first in 0..curves.len() {
            for second in first + 1..curves.len() {
                for (s_first, s_second) in curves[first].crossings(&curves[second]) {
                    let (place, _) = curves[first].at(s_first);
                    let near = known
                        .iter()
                        .find(|(p, _)| libm::hypot(p[0] - place[0], p[1] - place[1]) < 12.0);
                    let node = match near {
                        Some(&(_, node)) => node,
                        None => {
                            let node = self.add_node(place, height_m(place[0], place[1]));
                            known.push((place, node));
                            node
                        }
                    };
                    for (course, s_m) in [(first, s_first), (second, s_second)] {
                        if !self.cuts[course].iter().any(|&(_, other)| other == node) {
                            self.cuts[course].push((s_m, node));
                        }
                    }
                    let names = [COURSES[first].name, COURSES[second].name];
                    if ROUNDABOUT.0.iter().all(|name| names.contains(name)) {
                        let spec = &mut self.graph.nodes[node.0 as usize];
                        spec.kind = NodeKind::Roundabout {
                            radius_m: ROUNDABOUT.1,
                            lanes: ROUNDABOUT.2,
                        };
                        spec.name = ROUNDABOUT.3.to_owned();
                    }
                }
            }
        }
        // Two courses that continue one another share an end.
        for first in 0..curves.len() {
            for second in 0..curves.len() {
                let end = curves[first].points[curves[first].points.len() - 1];
                let start = curves[second].points[0];
                let is_shared = first != second && libm::hypot(end[0] - start[0], end[1] - start[1]) < 1.0;
                if is_shared
                    && !known
                        .iter()
                        .any(|(p, _)| libm::hypot(p[0] - end[0], p[1] - end[1]) < 12.0)
                {
                    let node = self.add_node(end, height_m(end[0], end[1]));
                    known.push((end, node));
                    self.cuts[first].push((curves[first].length_m(), node));
                    self.cuts[second].push((0.0, node));
                }
            }
        }
    }

    fn ramp_feet(&mut self, curves: &[Curve], expressway: &Curve) -> Vec<Feet> {
        let mut feet = Vec::new();
        for &(street, name) in INTERCHANGES {
            let course = COURSES
                .iter()
                .position(|course| course.name == street)
                .expect("the street is in the town");
            let (s_m, s_street) = expressway.crossings(&curves[course])[0];
            let nodes = [-RAMP_FOOT_M, RAMP_FOOT_M].map(|away_m| {
                let (place, _) = curves[course].at(s_street + away_m);
                let node = self.add_node(place, height_m(place[0], place[1]));
                self.graph.nodes[node.0 as usize].kind = NodeKind::Signals;
                self.graph.nodes[node.0 as usize].name = name.to_owned();
                self.cuts[course].push((s_street + away_m, node));
                node
            });
            feet.push(Feet { s_m, nodes });
        }
        feet
    }

    /// Sorts the cuts and lets courses end at their last crossing, or run out of the map.
    fn end_courses(&mut self, curves: &[Curve]) {
        for (course, curve) in curves.iter().enumerate() {
            self.cuts[course].sort_by(|a, b| a.0.total_cmp(&b.0));
            let cuts = &self.cuts[course];
            let (first_m, last_m) = (cuts[0].0, cuts[cuts.len() - 1].0);
            if first_m > STUB_M {
                let place = curve.points[0];
                let node = self.add_node(place, height_m(place[0], place[1]));
                self.cuts[course].insert(0, (0.0, node));
            }
            if curve.length_m() - last_m > STUB_M {
                let place = curve.points[curve.points.len() - 1];
                let node = self.add_node(place, height_m(place[0], place[1]));
                self.cuts[course].push((curve.length_m(), node));
            }
        }
    }

    /// A street for each piece of a course between two nodes.
    fn pieces(&mut self, curves: &[Curve]) {
        for (course, curve) in curves.iter().enumerate() {
            let spec = &COURSES[course];
            let in_tunnel = |p: [f64; 2]| spec.name == TUNNEL.0 && p[0] > TUNNEL.1[0] && p[0] < TUNNEL.1[1];
            for pair in self.cuts[course].clone().windows(2) {
                let ((from_m, from), (to_m, to)) = (pair[0], pair[1]);
                let length_m = to_m - from_m;
                let mut street = cross_section(spec.kind);
                street.id = (self.graph.streets.len() + 1).to_string();
                street.name = spec.name.to_owned();
                (street.from, street.to) = (from, to);
                let has_tunnel = stretch(curve, (from_m, to_m), in_tunnel).is_some();
                let count = libm::floor(length_m / 75.0).max(1.0) as usize;
                for step in 1..count {
                    let s_m = from_m + length_m * step as f64 / count as f64;
                    let (place, _) = curve.at(s_m);
                    let z_m = if has_tunnel { None } else { ground_m(place) };
                    street.shape.push(ShapePoint {
                        x_m: place[0],
                        y_m: place[1],
                        z_m,
                    });
                }
                // Bridges lie where the river is, tunnels where the data says.
                if let Some((a, b)) = stretch(curve, (from_m, to_m), |p| river_distance_m(p[0], p[1]) < RIVER.1 + 33.0)
                {
                    street.structures.push(StructureSpec {
                        kind: StructureKind::Bridge,
                        name: format!("{} Bridge", spec.name),
                        from_m: a - from_m,
                        to_m: b - from_m,
                    });
                }
                if let Some((a, b)) = stretch(curve, (from_m, to_m), in_tunnel) {
                    street.structures.push(StructureSpec {
                        kind: StructureKind::Tunnel,
                        name: TUNNEL.2.to_owned(),
                        from_m: a - from_m,
                        to_m: b - from_m,
                    });
                }
                if spec.name == SCHOOL.1 {
                    let near_school = |p: [f64; 2]| p[1] > SCHOOL.2[0] && p[1] < SCHOOL.2[1];
                    if let Some((a, b)) = stretch(curve, (from_m, to_m), near_school) {
                        street.zones.push(SpeedZone {
                            from_m: a - from_m,
                            to_m: b - from_m,
                            speed_mps_max: 30.0 / 3.6,
                        });
                        street.crossings.push(road::builder::CrossingSpec {
                            id: format!("9{}", street.id),
                            at_m: 0.5 * (a + b) - from_m,
                            width_m: 5.0,
                        });
                    }
                }
                for stop in STOPS.iter().filter(|stop| stop.street == spec.name) {
                    let s_m = curve.nearest_s_m(stop.near);
                    if s_m > from_m && s_m < to_m {
                        street.stops.push(StopSpec {
                            id: stop.id.to_owned(),
                            name: stop.name.to_owned(),
                            at_m: s_m - from_m,
                            side: if stop.is_along { Side::Forward } else { Side::Backward },
                            length_m: stop.length_m,
                            is_in_bay: stop.is_in_bay,
                        });
                    }
                }
                self.graph.add_street(street);
            }
        }
    }

    /// The expressway's two carriageways, cut where ramps leave and join, and the ramps.
    fn expressway(&mut self, middle: &Curve, feet: &[Feet]) {
        let deck_m = |place: [f64; 2]| height_above_valley_m(place[0], place[1]) + VIADUCT_M;
        for is_northbound in [true, false] {
            let side_m = if is_northbound { CARRIAGEWAY_M } else { -CARRIAGEWAY_M };
            // Along the traffic: (distance along the middle line, node).
            let mut stations: Vec<(f64, NodeId)> = Vec::new();
            for s_m in [0.0, middle.length_m()] {
                let place = middle.beside(s_m, side_m);
                stations.push((s_m, self.add_node(place, deck_m(place))));
            }
            let mut ramps = Vec::new();
            for foot in feet {
                for (reach_m, is_exit) in [(-RAMP_REACH_M, is_northbound), (RAMP_REACH_M, !is_northbound)] {
                    let s_m = foot.s_m + reach_m;
                    let place = middle.beside(s_m, side_m);
                    let node = self.add_node(place, deck_m(place));
                    self.graph.nodes[node.0 as usize].kind = NodeKind::Merge;
                    self.graph.nodes[node.0 as usize].has_crossings = false;
                    stations.push((s_m, node));
                    ramps.push((s_m, node, foot.s_m, foot.nodes[usize::from(is_northbound)], is_exit));
                }
            }
            stations.sort_by(|a, b| a.0.total_cmp(&b.0));
            if !is_northbound {
                stations.reverse();
            }
            for pair in stations.windows(2) {
                let ((from_m, from), (to_m, to)) = (pair[0], pair[1]);
                let is_exit = |node: NodeId| ramps.iter().any(|ramp| ramp.1 == node && ramp.4);
                let is_entry = |node: NodeId| ramps.iter().any(|ramp| ramp.1 == node && !ramp.4);
                let mut street = Street {
                    id: (self.graph.streets.len() + 1).to_string(),
                    name: EXPRESSWAY_NAME.to_owned(),
                    from,
                    to,
                    class: RoadClass::Expressway,
                    speed_mps_max: 80.0 / 3.6,
                    forward: vec![
                        LaneSpec::new(LaneKind::Driving, 3.75),
                        LaneSpec::new(LaneKind::Driving, 3.75),
                        LaneSpec::new(LaneKind::Driving, 3.75),
                        LaneSpec::new(LaneKind::Shoulder, 2.5),
                    ],
                    backward: vec![LaneSpec::new(LaneKind::Shoulder, 0.75)],
                    forward_pockets: Pockets {
                        end_right: u32::from(is_exit(to)),
                        start_right: u32::from(is_entry(from)),
                        length_m: 130.0,
                        ..Pockets::default()
                    },
                    structures: vec![StructureSpec {
                        name: "Chengyu Viaduct".into(),
                        ..StructureSpec::default()
                    }],
                    ..Street::default()
                };
                let count = libm::floor(libm::fabs(to_m - from_m) / 90.0).max(1.0) as usize;
                for step in 1..count {
                    let s_m = from_m + (to_m - from_m) * step as f64 / count as f64;
                    let place = middle.beside(s_m, side_m);
                    let z_m = Some(deck_m(place));
                    street.shape.push(ShapePoint {
                        x_m: place[0],
                        y_m: place[1],
                        z_m,
                    });
                }
                self.graph.add_street(street);
            }
            for (s_m, node, foot_s_m, foot, is_exit) in ramps {
                // From the expressway outwards: distances towards the foot, distances from the middle line.
                let sign = if foot_s_m > s_m { 1.0 } else { -1.0 };
                let outward = if is_northbound { 1.0 } else { -1.0 };
                let mut shape: Vec<ShapePoint> = [
                    (100.0, 30.5),
                    (190.0, 52.0),
                    (270.0, 93.0),
                    (325.0, 122.0),
                    (358.0, 131.0),
                ]
                .into_iter()
                .map(|(along_m, away_m)| {
                    let place = middle.beside(s_m + sign * along_m, outward * away_m);
                    ShapePoint {
                        x_m: place[0],
                        y_m: place[1],
                        z_m: None,
                    }
                })
                .collect();
                // The ramp's first metres lie beside the carriageway and as high as it.
                let beside = middle.beside(s_m + sign * 100.0, side_m);
                shape[0].z_m = Some(deck_m(beside));
                let (from, to) = if is_exit { (node, foot) } else { (foot, node) };
                if !is_exit {
                    shape.reverse();
                }
                self.graph.add_street(Street {
                    id: (self.graph.streets.len() + 1).to_string(),
                    name: format!("{EXPRESSWAY_NAME} Ramp"),
                    from,
                    to,
                    shape,
                    class: RoadClass::Collector,
                    speed_mps_max: 40.0 / 3.6,
                    forward: vec![
                        LaneSpec::new(LaneKind::Driving, 4.0),
                        LaneSpec::new(LaneKind::Shoulder, 1.5),
                    ],
                    backward: vec![LaneSpec::new(LaneKind::Shoulder, 0.75)],
                    forward_pockets: Pockets {
                        end_left: u32::from(is_exit),
                        length_m: 50.0,
                        ..Pockets::default()
                    },
                    ..Street::default()
                });
            }
        }
        // Nobody leaves the expressway just to get on again.
        for foot in feet {
            for node in foot.nodes {
                let of = |is_into: bool| {
                    self.graph.streets.iter().position(|street| {
                        street.name.ends_with("Ramp") && (if is_into { street.to } else { street.from }) == node
                    })
                };
                if let (Some(from), Some(to)) = (of(true), of(false)) {
                    let id = |index: usize| StreetId(u32::try_from(index).expect("few streets"));
                    self.graph.turn_bans.push(TurnBan {
                        from: id(from),
                        via: node,
                        to: id(to),
                    });
                }
            }
        }
    }

    /// Who has lights, who gives way, which streets widen before them.
    fn finish(&mut self) {
        let ends = |graph: &StreetGraph, node: NodeId| -> Vec<(usize, bool)> {
            let mut found = Vec::new();
            for (index, street) in graph.streets.iter().enumerate() {
                if street.from == node {
                    found.push((index, false));
                }
                if street.to == node {
                    found.push((index, true));
                }
            }
            found
        };
        for index in 0..self.graph.nodes.len() {
            let node = NodeId(u32::try_from(index).expect("few nodes"));
            let arms = ends(&self.graph, node);
            let class = |arm: &(usize, bool)| self.graph.streets[arm.0].class;
            let arterials = arms.iter().filter(|arm| class(arm) == RoadClass::Arterial).count();
            let collectors = arms.iter().filter(|arm| class(arm) == RoadClass::Collector).count();
            let spec = &mut self.graph.nodes[index];
            if spec.kind == NodeKind::Plain && arms.len() > 2 {
                spec.kind = if arterials > 2 || (arterials == 2 && collectors >= 2) {
                    NodeKind::Signals
                } else if arterials > 0 {
                    NodeKind::Priority
                } else if collectors > 0 {
                    NodeKind::GiveWay
                } else {
                    NodeKind::Plain
                };
            }
            if arms.len() < 3 {
                spec.has_crossings = false;
            }
            // Green waves along the arterials, 50 km/h.
            spec.signal_offset_s = libm::fmod(libm::fabs(spec.x_m + spec.y_m) / 13.9, 100.0);
        }
        for index in 0..self.graph.streets.len() {
            for is_end in [true, false] {
                let street = &self.graph.streets[index];
                let node = if is_end { street.to } else { street.from };
                if self.graph.nodes[node.0 as usize].kind != NodeKind::Signals || street.backward.len() < 2 {
                    continue;
                }
                let bearing = |street: &Street, at_end: bool| {
                    let tip = &self.graph.nodes[node.0 as usize];
                    let inner = if at_end {
                        street.shape.last()
                    } else {
                        street.shape.first()
                    };
                    let other = if at_end { street.from } else { street.to };
                    let other = &self.graph.nodes[other.0 as usize];
                    let far = inner.map_or([other.x_m, other.y_m], |point| [point.x_m, point.y_m]);
                    libm::atan2(far[1] - tip.y_m, far[0] - tip.x_m)
                };
                let own = bearing(street, is_end);
                let turns_left = ends(&self.graph, node).into_iter().any(|(other, at_end)| {
                    let leads_out = !at_end
                        || self.graph.streets[other]
                            .backward
                            .iter()
                            .any(LaneSpec::is_for_motor_vehicles);
                    let turn = own + std::f64::consts::PI - bearing(&self.graph.streets[other], at_end);
                    let turn = libm::remainder(-turn, std::f64::consts::TAU);
                    other != index && leads_out && turn > 0.7 && turn < 2.6
                });
                let length_m: f64 = {
                    let (a, b) = (
                        &self.graph.nodes[street.from.0 as usize],
                        &self.graph.nodes[street.to.0 as usize],
                    );
                    libm::hypot(a.x_m - b.x_m, a.y_m - b.y_m)
                };
                let has_stop_bay = street.stops.iter().any(|stop| stop.is_in_bay);
                if turns_left && length_m > 140.0 && !has_stop_bay && street.class >= RoadClass::Collector {
                    let street = &mut self.graph.streets[index];
                    let pockets = if is_end {
                        &mut street.forward_pockets
                    } else {
                        &mut street.backward_pockets
                    };
                    pockets.end_left = 1;
                }
            }
        }
    }
}

/// Height where a street follows the ground; a bridge runs straight between its ends.
fn ground_m(place: [f64; 2]) -> Option<f64> {
    (river_distance_m(place[0], place[1]) > RIVER.1 + 50.0).then(|| height_m(place[0], place[1]))
}

/// The stretch of a curve, within bounds, whose points pass a test.
fn stretch(curve: &Curve, (from_m, to_m): (f64, f64), passes: impl Fn([f64; 2]) -> bool) -> Option<(f64, f64)> {
    let steps = libm::ceil((to_m - from_m) / 2.0) as usize;
    let mut found: Option<(f64, f64)> = None;
    for step in 0..=steps {
        let s_m = from_m + (to_m - from_m) * step as f64 / steps as f64;
        if passes(curve.at(s_m).0) {
            found = Some((found.map_or(s_m, |(first, _)| first), s_m));
        }
    }
    found.filter(|(a, b)| b - a > 15.0)
}

/// A street of a kind, without course.
fn cross_section(kind: Kind) -> Street {
    let lane = LaneSpec::new;
    let both = |lanes: Vec<LaneSpec>| (lanes.clone(), lanes);
    let (class, kmh, median_m, (forward, backward)) = match kind {
        Kind::BusArterial => (
            RoadClass::Arterial,
            60.0,
            4.0,
            both(vec![
                lane(LaneKind::Driving, 3.4),
                lane(LaneKind::Driving, 3.4),
                lane(LaneKind::Bus, 3.5),
                lane(LaneKind::Border, 1.5),
                lane(LaneKind::Bicycle, 2.5),
                lane(LaneKind::Sidewalk, 3.5),
            ]),
        ),
        Kind::Arterial => (
            RoadClass::Arterial,
            60.0,
            4.0,
            both(vec![
                lane(LaneKind::Driving, 3.5),
                lane(LaneKind::Driving, 3.5),
                lane(LaneKind::Border, 1.5),
                lane(LaneKind::Bicycle, 2.5),
                lane(LaneKind::Sidewalk, 3.0),
            ]),
        ),
        Kind::WideCollector => (
            RoadClass::Collector,
            50.0,
            0.0,
            both(vec![
                lane(LaneKind::Driving, 3.25),
                lane(LaneKind::Driving, 3.25),
                lane(LaneKind::Bicycle, 2.0),
                lane(LaneKind::Sidewalk, 2.5),
            ]),
        ),
        Kind::Collector => (
            RoadClass::Collector,
            40.0,
            0.0,
            both(vec![
                lane(LaneKind::Driving, 3.5),
                lane(LaneKind::Bicycle, 2.0),
                lane(LaneKind::Sidewalk, 2.5),
            ]),
        ),
        Kind::Local => (
            RoadClass::Local,
            30.0,
            0.0,
            both(vec![lane(LaneKind::Driving, 3.25), lane(LaneKind::Sidewalk, 2.0)]),
        ),
    };
    Street {
        class,
        speed_mps_max: kmh / 3.6,
        median_m,
        forward,
        backward,
        ..Street::default()
    }
}
