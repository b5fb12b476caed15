//! Roads as surfaces by level, with their markings, crossings, stop lines and lights.
//!
//! The carriageway of an edge is one surface; lanes that no vehicle uses (sidewalks, verges) are surfaces of their own
//! beneath. Pieces on bridges and in tunnels are cut out and drawn on their level. Marks are those that a Chinese town
//! paints: white between lanes of one direction, yellow towards oncoming traffic.

use super::canvas::{Canvas, Path, tenths};
use crate::draft::{LaneKind, RoadClass, StructureKind};
use crate::{Edge, Lane, LaneId, LanePosition, RoadNetwork};

/// Distance between the points at which borders are taken; they are thinned afterwards.
const STEP_M: f64 = 3.0;
/// From this scale on, markings are drawn: a pixel is a metre.
const MARKINGS_PX_PER_M: f64 = 1.0;
/// From this scale on, zebra stripes, stop lines and single lights are drawn.
const DETAILS_PX_PER_M: f64 = 1.6;
/// Stripes and gaps of a crossing (GB 5768.3: 40 cm and 60 cm).
const ZEBRA_M: [f64; 2] = [0.4, 0.6];
/// Dash and gap between lanes in towns (GB 5768.3).
const DASH_M: [f64; 2] = [2.0, 4.0];
/// Painted width of lines.
const LINE_M: f64 = 0.15;

pub(super) fn draw(canvas: &mut Canvas, network: &RoadNetwork) {
    let pieces = pieces(canvas, network);
    tunnels(canvas, network, &pieces);
    level(canvas, network, &pieces.ground, &pieces.ground_verges);
    junction_lights(canvas, network);
    for bridge in &pieces.bridges {
        shadow(canvas, network, bridge);
        level(canvas, network, bridge, &[]);
    }
    crossings(canvas, network);
    lights(canvas, network);
}

/// A stretch of an edge (several lanes) or of a single lane, from one share of its length to another.
struct Piece {
    /// From right to left.
    lanes: Vec<LaneId>,
    from: f64,
    to: f64,
}

#[derive(Default)]
struct Pieces {
    ground: Vec<Piece>,
    ground_verges: Vec<Piece>,
    tunnels: Vec<Piece>,
    /// One list a bridge and direction, low ones first.
    bridges: Vec<Vec<Piece>>,
}

fn pieces(canvas: &Canvas, network: &RoadNetwork) -> Pieces {
    let mut pieces = Pieces::default();
    let mut bridges: Vec<(f64, Piece)> = Vec::new();
    let shows = |id: LaneId| {
        let lane = network.lane(id);
        let middle = network.lane_pose(LanePosition {
            lane: id,
            s_m: 0.5 * lane.length_m,
            offset_m: 0.0,
        });
        canvas.shows([middle.x_m, middle.y_m], 0.5 * lane.length_m + 20.0)
    };
    for edge in network.edges() {
        let Some(&first) = edge.lanes.first() else { continue };
        if !shows(first) {
            continue;
        }
        for (kind, from, to) in stretches(network.lane(first)) {
            let piece = Piece {
                lanes: edge.lanes.clone(),
                from,
                to,
            };
            match kind {
                None => pieces.ground.push(piece),
                Some(StructureKind::Tunnel) => pieces.tunnels.push(piece),
                Some(StructureKind::Bridge) => {
                    let middle_m = 0.5 * (from + to) * network.lane(first).length_m;
                    let at = LanePosition {
                        lane: first,
                        s_m: middle_m,
                        offset_m: 0.0,
                    };
                    bridges.push((network.lane_pose(at).z_m, piece));
                }
            }
        }
    }
    bridges.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Pieces of about one height (the two directions of a bridge, its joints) are drawn together.
    let mut last_z_m = f64::NEG_INFINITY;
    for (z_m, piece) in bridges {
        if z_m - last_z_m > 3.0 {
            pieces.bridges.push(Vec::new());
            last_z_m = z_m;
        }
        if let Some(together) = pieces.bridges.last_mut() {
            together.push(piece);
        }
    }
    for (i, lane) in network
        .lanes()
        .iter()
        .enumerate()
        .filter(|(_, lane)| lane.edge.is_none())
    {
        let id = LaneId(i as u32);
        if shows(id) {
            for (kind, from, to) in stretches(lane) {
                if kind != Some(StructureKind::Tunnel) {
                    pieces.ground_verges.push(Piece {
                        lanes: vec![id],
                        from,
                        to,
                    });
                }
            }
        }
    }
    pieces
}

/// A lane's stretches on the ground, on bridges and in tunnels, as shares of its length.
fn stretches(lane: &Lane) -> Vec<(Option<StructureKind>, f64, f64)> {
    let share = |m: f64| {
        if lane.length_m > 0.0 {
            (m / lane.length_m).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    let mut found = Vec::new();
    let mut at = 0.0;
    for &(from_m, to_m, kind) in &lane.structures {
        let (from, to) = (share(from_m).max(at), share(to_m));
        if to > from {
            if from > at {
                found.push((None, at, from));
            }
            found.push((Some(kind), from, to));
            at = to;
        }
    }
    if at < 1.0 {
        found.push((None, at, 1.0));
    }
    found
}

/// A lane's border: `side` is 1 for the left one, -1 for the right one, 0 for its middle; `beside_m` moves it outwards.
fn border(network: &RoadNetwork, id: LaneId, side: f64, beside_m: f64, from: f64, to: f64) -> Vec<[f64; 2]> {
    let length_m = network.lane(id).length_m;
    let steps = (((to - from) * length_m / STEP_M).ceil() as usize).clamp(1, 20_000);
    (0..=steps)
        .map(|i| {
            let s_m = (from + (to - from) * i as f64 / steps as f64) * length_m;
            let width_m = if side == 0.0 {
                0.0
            } else {
                network.lane_width_m(id, s_m)
            };
            let offset_m = side * (0.5 * width_m + beside_m);
            let pose = network.lane_pose(LanePosition {
                lane: id,
                s_m,
                offset_m,
            });
            [pose.x_m, pose.y_m]
        })
        .collect()
}

fn surface(network: &RoadNetwork, piece: &Piece, beside_m: f64) -> Vec<[f64; 2]> {
    let (Some(&right), Some(&left)) = (piece.lanes.first(), piece.lanes.last()) else {
        return Vec::new();
    };
    let mut ring = border(network, right, -1.0, beside_m, piece.from, piece.to);
    let mut back = border(network, left, 1.0, beside_m, piece.from, piece.to);
    back.reverse();
    ring.extend(back);
    ring
}

fn level(canvas: &mut Canvas, network: &RoadNetwork, pieces: &[Piece], verges: &[Piece]) {
    let k = canvas.px_per_m();
    for (kinds, paint) in [
        (&[LaneKind::Border, LaneKind::Median][..], "#dbe6cf"),
        (&[LaneKind::Sidewalk], "#e9e4da"),
        (&[LaneKind::Curb, LaneKind::None], "#d9d5cc"),
        (
            &[LaneKind::Shoulder, LaneKind::Stop, LaneKind::Parking, LaneKind::Rail],
            "#cfcdc9",
        ),
    ] {
        let mut path = Path::default();
        for piece in verges.iter().filter(|p| kinds.contains(&network.lane(p.lanes[0]).kind)) {
            canvas.ring(&mut path, &surface(network, piece, 0.0));
        }
        canvas.put(&path, &format!("fill=\"{paint}\""));
    }
    // Thin roads are kept visible by a stroke of their own colour; below it lies the casing.
    for (class_is_main, paint, casing) in [(false, "#ffffff", "#c9c1b6"), (true, "#fdeecd", "#cfae74")] {
        let mut path = Path::default();
        for piece in pieces.iter().filter(|p| is_main(edge_of(network, p)) == class_is_main) {
            canvas.ring(&mut path, &surface(network, piece, 0.0));
        }
        // Where lanes are painted, roads look like asphalt rather than like a street atlas.
        let (paint, casing) = if k >= MARKINGS_PX_PER_M {
            ("#a9abad", "#8d8f91")
        } else {
            (paint, casing)
        };
        let least_px = if class_is_main { 3.0 } else { 1.6 };
        let extra_px = (least_px - 7.0 * k).max(0.0);
        let join = "stroke-linejoin=\"round\"";
        let casing_px = extra_px + if k >= MARKINGS_PX_PER_M { 0.8 } else { 1.2 };
        canvas.put(
            &path,
            &format!(
                "fill=\"{casing}\" stroke=\"{casing}\" stroke-width=\"{}\" {join}",
                tenths(casing_px)
            ),
        );
        if k < MARKINGS_PX_PER_M {
            let hulls = if class_is_main {
                Path::default()
            } else {
                junction_surfaces(canvas, network, pieces)
            };
            canvas.put(&hulls, &format!("fill=\"{paint}\""));
            let stroke = if extra_px > 0.0 {
                format!(" stroke=\"{paint}\" stroke-width=\"{}\"", tenths(extra_px))
            } else {
                String::new()
            };
            canvas.put(&path, &format!("fill=\"{paint}\"{stroke} {join}"));
        }
    }
    if k >= MARKINGS_PX_PER_M {
        let mut path = junction_surfaces(canvas, network, pieces);
        for piece in pieces {
            canvas.ring(&mut path, &surface(network, piece, 0.0));
        }
        let (width, join) = (tenths(0.3), "stroke-linejoin=\"round\"");
        canvas.put(
            &path,
            &format!("fill=\"#a9abad\" stroke=\"#a9abad\" stroke-width=\"{width}\" {join}"),
        );
    }
    for (kind, paint) in [(LaneKind::Bus, "#c76b4a"), (LaneKind::Bicycle, "#5b9a6f")] {
        let mut path = Path::default();
        // Junctions stay plain: a dozen tinted paths through one another tell nobody anything.
        let outside = |piece: &&Piece| edge_of(network, piece).is_some_and(|e| e.junction.is_none());
        for piece in pieces.iter().filter(outside) {
            for &lane in piece.lanes.iter().filter(|l| network.lane(**l).kind == kind) {
                let one = Piece {
                    lanes: vec![lane],
                    from: piece.from,
                    to: piece.to,
                };
                canvas.ring(&mut path, &surface(network, &one, 0.0));
            }
        }
        canvas.put(&path, &format!("fill=\"{paint}\" fill-opacity=\".42\""));
    }
    if k >= MARKINGS_PX_PER_M {
        markings(canvas, network, pieces);
    }
}

fn edge_of<'a>(network: &'a RoadNetwork, piece: &Piece) -> Option<&'a Edge> {
    network.lane(*piece.lanes.first()?).edge.map(|edge| network.edge(edge))
}

fn is_main(edge: Option<&Edge>) -> bool {
    edge.is_some_and(|e| e.class >= RoadClass::Rural)
}

/// The ground between the paths through a junction: the hull of their ends, where it is not much larger than they are
/// (the hull of a wide ring would fill its island).
fn junction_surfaces(canvas: &Canvas, network: &RoadNetwork, pieces: &[Piece]) -> Path {
    const LARGEST_M: f64 = 90.0;
    let mut by_junction: std::collections::BTreeMap<crate::JunctionId, Vec<&Piece>> = Default::default();
    for piece in pieces {
        if let Some(junction) = edge_of(network, piece).and_then(|e| e.junction) {
            by_junction.entry(junction).or_default().push(piece);
        }
    }
    let mut path = Path::default();
    for pieces in by_junction.values() {
        let rings: Vec<Vec<[f64; 2]>> = pieces.iter().map(|p| surface(network, p, 0.0)).collect();
        let covered_m2: f64 = rings.iter().map(|ring| area_m2(ring).abs()).sum();
        let hull = hull(rings.concat());
        let extent = |axis: usize| {
            let values = hull.iter().map(|p| p[axis]);
            values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
        };
        if hull.len() >= 3 && extent(0).max(extent(1)) <= LARGEST_M && area_m2(&hull) <= 1.25 * covered_m2 {
            canvas.ring(&mut path, &hull);
        }
    }
    path
}

fn area_m2(ring: &[[f64; 2]]) -> f64 {
    (0..ring.len())
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            0.5 * (a[0] * b[1] - b[0] * a[1])
        })
        .sum()
}

/// Convex hull, anticlockwise (Andrew's monotone chain, 1979).
fn hull(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.retain(|p| p[0].is_finite() && p[1].is_finite());
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    let turns_right =
        |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0.0;
    let mut chain: Vec<[f64; 2]> = Vec::new();
    let mut kept = 0;
    for pass in 0..2 {
        for &point in &points {
            while chain.len() >= kept + 2 && turns_right(chain[chain.len() - 2], chain[chain.len() - 1], point) {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        kept = chain.len();
        if pass == 0 {
            points.reverse();
        }
    }
    chain
}

fn markings(canvas: &mut Canvas, network: &RoadNetwork, pieces: &[Piece]) {
    let k = canvas.px_per_m();
    let (mut dashed, mut solid) = (Path::default(), Path::default());
    let (mut yellow_dashed, mut yellow) = (Path::default(), Path::default());
    for piece in pieces {
        let Some(edge) = edge_of(network, piece).filter(|e| e.junction.is_none()) else {
            continue;
        };
        for pair in piece.lanes.windows(2) {
            let (right, left) = (network.lane(pair[0]), network.lane(pair[1]));
            let may_change = right.change_left_is_allowed || left.change_right_is_allowed;
            let line = border(network, pair[0], 1.0, 0.0, piece.from, piece.to);
            canvas.line(if may_change { &mut dashed } else { &mut solid }, &line);
        }
        let (Some(&first), Some(&last)) = (piece.lanes.first(), piece.lanes.last()) else {
            continue;
        };
        match network.lane(last).oncoming {
            // Each direction draws its own half of a double line; of a single one, the lower lane draws all.
            Some(_) if piece.lanes.len() >= 2 => {
                canvas.line(&mut yellow, &border(network, last, 1.0, -LINE_M, piece.from, piece.to));
            }
            Some(other) if last < other => {
                let path = if edge.class >= RoadClass::Collector {
                    &mut yellow
                } else {
                    &mut yellow_dashed
                };
                canvas.line(path, &border(network, last, 1.0, 0.0, piece.from, piece.to));
            }
            Some(_) => {}
            None => canvas.line(&mut solid, &border(network, last, 1.0, -LINE_M, piece.from, piece.to)),
        }
        if edge.class >= RoadClass::Collector {
            canvas.line(&mut solid, &border(network, first, -1.0, -LINE_M, piece.from, piece.to));
        }
    }
    let width = tenths((LINE_M * k).max(0.45));
    let dashes = DASH_M.map(|m| tenths(m * k));
    let dashes = format!("stroke-dasharray=\"{} {}\"", dashes[0], dashes[1]);
    for (path, colour, dashes) in [
        (&dashed, "#fff", dashes.as_str()),
        (&solid, "#fff", ""),
        (&yellow_dashed, "#f5c242", dashes.as_str()),
        (&yellow, "#f5c242", ""),
    ] {
        canvas.put(
            path,
            &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" {dashes}"),
        );
    }
    if k < DETAILS_PX_PER_M {
        return;
    }
    let mut stop_lines = Path::default();
    for piece in pieces.iter().filter(|p| p.to >= 1.0) {
        for &id in &piece.lanes {
            let lane = network.lane(id);
            let is_held =
                lane.junction.is_none() && lane.successors.iter().any(|next| network.lane(*next).signal.is_some());
            if is_held {
                let half_m = 0.5 * network.lane_width_m(id, lane.length_m);
                let s_m = (lane.length_m - 0.3).max(0.0);
                let ends = [-half_m, half_m].map(|offset_m| {
                    let pose = network.lane_pose(LanePosition {
                        lane: id,
                        s_m,
                        offset_m,
                    });
                    [pose.x_m, pose.y_m]
                });
                canvas.line(&mut stop_lines, &ends);
            }
        }
    }
    canvas.put(
        &stop_lines,
        &format!("fill=\"none\" stroke=\"#fff\" stroke-width=\"{}\"", tenths(0.4 * k)),
    );
}

fn shadow(canvas: &mut Canvas, network: &RoadNetwork, pieces: &[Piece]) {
    let mut path = Path::default();
    for piece in pieces {
        canvas.ring(&mut path, &surface(network, piece, 0.6));
    }
    let by = tenths((3.0 * canvas.px_per_m()).clamp(0.6, 5.0));
    canvas.put(
        &path,
        &format!("fill=\"#000\" fill-opacity=\".22\" transform=\"translate({by} {by})\""),
    );
    // The parapets.
    let width = tenths((1.0 * canvas.px_per_m()).clamp(1.6, 5.0));
    canvas.put(
        &path,
        &format!("fill=\"#5f5a54\" stroke=\"#5f5a54\" stroke-width=\"{width}\" stroke-linejoin=\"round\""),
    );
}

fn tunnels(canvas: &mut Canvas, network: &RoadNetwork, pieces: &Pieces) {
    let (mut inside, mut walls) = (Path::default(), Path::default());
    for piece in &pieces.tunnels {
        canvas.ring(&mut inside, &surface(network, piece, 0.0));
        if let (Some(&right), Some(&left)) = (piece.lanes.first(), piece.lanes.last()) {
            canvas.line(&mut walls, &border(network, right, -1.0, 0.0, piece.from, piece.to));
            canvas.line(&mut walls, &border(network, left, 1.0, 0.0, piece.from, piece.to));
        }
    }
    canvas.put(&inside, "fill=\"#b9b4ac\" fill-opacity=\".45\"");
    let (width, dash) = (tenths(0.9), tenths(4.0));
    canvas.put(
        &walls,
        &format!("fill=\"none\" stroke=\"#8b857c\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\""),
    );
}

fn crossings(canvas: &mut Canvas, network: &RoadNetwork) {
    let k = canvas.px_per_m();
    if k < DETAILS_PX_PER_M {
        return;
    }
    let stripes = ZEBRA_M.map(|m| tenths(m * k));
    // Crossings of one width are one path.
    let mut by_width: std::collections::BTreeMap<i64, Path> = Default::default();
    for crossing in network.crossings() {
        let ends = [crossing.from_m, crossing.to_m].map(|p| [p[0], p[1]]);
        if canvas.shows(ends[0], 60.0) {
            canvas.line(
                by_width.entry(tenths(crossing.width_m.max(1.0) * k)).or_default(),
                &ends,
            );
        }
    }
    for (width, path) in &by_width {
        let dashes = format!("stroke-dasharray=\"{} {}\"", stripes[0].max(1), stripes[1].max(1));
        canvas.put(
            path,
            &format!("fill=\"none\" stroke=\"#fff\" stroke-width=\"{width}\" {dashes}"),
        );
    }
}

/// At overview scale, one mark for each junction with lights.
fn junction_lights(canvas: &mut Canvas, network: &RoadNetwork) {
    let k = canvas.px_per_m();
    if !(0.25..DETAILS_PX_PER_M).contains(&k) {
        return;
    }
    for junction in network.junctions().iter().filter(|j| j.controller.is_some()) {
        if canvas.shows(junction.centre_m, 5.0) {
            let at = canvas.px(junction.centre_m);
            let ring = format!("fill=\"#3b9b5b\" stroke=\"#fff\" stroke-width=\"{}\"", tenths(0.7));
            canvas.dot(at, (2.2 * k / 0.4).clamp(1.4, 2.6), &ring);
        }
    }
}

fn lights(canvas: &mut Canvas, network: &RoadNetwork) {
    let k = canvas.px_per_m();
    if k < DETAILS_PX_PER_M {
        return;
    }
    for signal in network.signals() {
        let at_m = [signal.pose.x_m, signal.pose.y_m];
        if canvas.shows(at_m, 2.0) {
            let colour = if signal.lanes.is_empty() { "#3b9b5b" } else { "#c8402f" };
            let paint = format!("fill=\"{colour}\" stroke=\"#222\" stroke-width=\"{}\"", tenths(0.6));
            let at = canvas.px(at_m);
            canvas.dot(at, (0.5 * k).clamp(1.2, 3.0), &paint);
        }
    }
}
