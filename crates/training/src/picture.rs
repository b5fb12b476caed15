//! A view from above: the ego in the lower middle, driving up, its route, everyone around it.
//!
//! In goes an environment, out come pixels, eight bits each of red, green and blue, row by row from the top. Colours are apart for
//! colour-blind eyes (Okabe and Ito 2008): the ego blue, others orange, stop lines red or green by their lights.

use crate::{Environment, TrainingError};
use road::draft::{AreaKind, LaneKind};
use road::{LaneId, RoadNetwork, SignalColour};
use tiny_skia::{Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};
use world::ActorState;

/// Pixels each way.
const PIXELS: std::ops::RangeInclusive<u32> = 16..=4096;
/// The picture is so wide, in metres of road.
const WIDTH_M: f64 = 60.0;
/// The ego stands so far up from the bottom, as a share of the height.
const EGO_UP: f64 = 0.3;

const GROUND: [u8; 3] = [222, 227, 214];
const ROAD: [u8; 3] = [92, 97, 104];
const SIDEWALK: [u8; 3] = [193, 192, 184];
const BUILDING: [u8; 3] = [202, 194, 186];
const WATER: [u8; 3] = [170, 200, 219];
const GREEN: [u8; 3] = [188, 209, 168];
const LINE: [u8; 3] = [240, 240, 236];
const CENTRE: [u8; 3] = [240, 200, 60];
const ROUTE: [u8; 3] = [120, 170, 215];
const EGO: [u8; 3] = [0, 114, 178];
const OTHER: [u8; 3] = [230, 140, 20];
const GLASS: [u8; 3] = [34, 40, 48];
const SHUT: [u8; 3] = [213, 60, 30];
const OPEN: [u8; 3] = [0, 158, 115];

impl Environment {
    /// Draws what is around the ego: `width` × `height` × 3 bytes.
    pub fn picture(&self, width: u32, height: u32) -> Result<Vec<u8>, TrainingError> {
        let wrong = || TrainingError::Picture { width, height };
        if !(PIXELS.contains(&width) && PIXELS.contains(&height)) {
            return Err(wrong());
        }
        let mut pixmap = Pixmap::new(width, height).ok_or_else(wrong)?;
        pixmap.fill(colour(GROUND));
        if let Some(ego) = self.world().ego_state() {
            let mut others = Vec::new();
            self.world().write_others(&mut others);
            let mut canvas = Canvas {
                view: view(&ego, width, height),
                pixmap: &mut pixmap,
            };
            canvas.roads(self.world().network(), &ego);
            canvas.route(self.world().network(), self.world().lanes_ahead());
            self.lights(&mut canvas);
            for other in &others {
                canvas.body(other, OTHER);
            }
            canvas.body(&ego, EGO);
        }
        let opaque = pixmap.pixels().iter();
        Ok(opaque
            .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
            .collect())
    }

    /// A bar at each stop line of the route.
    fn lights(&self, canvas: &mut Canvas<'_>) {
        let network = self.world().network();
        for &lane in self.world().lanes_ahead().iter().take(12).skip(1) {
            let Some(signal) = network.lane(lane).signal else {
                continue;
            };
            let shown = match self.world().signal(signal) {
                SignalColour::Red => SHUT,
                SignalColour::Amber => CENTRE,
                SignalColour::Green => OPEN,
                SignalColour::Dark => LINE,
            };
            if let Some(start) = network.lane_outline(lane).next() {
                let [nx, ny] = start.left_normal;
                let half_m = start.half_width_m;
                let ends = [
                    [start.x_m + nx * half_m, start.y_m + ny * half_m],
                    [start.x_m - nx * half_m, start.y_m - ny * half_m],
                ];
                canvas.line(ends.into_iter(), shown, 0.8, None);
            }
        }
    }
}

/// Metres of the map to pixels, so that the ego looks up.
fn view(ego: &ActorState, width: u32, height: u32) -> Transform {
    let scale = f64::from(width) / WIDTH_M;
    let (sin, cos) = libm::sincos(ego.pose.heading_rad);
    // Ahead is up, left is left: x' = w/2 - scale * left, y' = h (1 - up) - scale * ahead.
    let (x, y) = (ego.pose.x_m, ego.pose.y_m);
    let tx = 0.5 * f64::from(width) + scale * (cos * y - sin * x);
    let ty = (1.0 - EGO_UP) * f64::from(height) + scale * (cos * x + sin * y);
    Transform::from_row(
        (scale * sin) as f32,
        (-scale * cos) as f32,
        (-scale * cos) as f32,
        (-scale * sin) as f32,
        tx as f32,
        ty as f32,
    )
}

struct Canvas<'a> {
    pixmap: &'a mut Pixmap,
    view: Transform,
}

impl Canvas<'_> {
    fn fill(&mut self, points: impl Iterator<Item = [f64; 2]>, shown: [u8; 3]) {
        if let Some(path) = path(points, true) {
            self.pixmap
                .fill_path(&path, &paint(shown), FillRule::Winding, self.view, None);
        }
    }

    fn line(&mut self, points: impl Iterator<Item = [f64; 2]>, shown: [u8; 3], width_m: f32, dash: Option<[f32; 2]>) {
        if let Some(path) = path(points, false) {
            let stroke = Stroke {
                width: width_m,
                line_cap: LineCap::Butt,
                dash: dash.and_then(|dash| StrokeDash::new(dash.to_vec(), 0.0)),
                ..Stroke::default()
            };
            self.pixmap.stroke_path(&path, &paint(shown), &stroke, self.view, None);
        }
    }

    fn roads(&mut self, network: &RoadNetwork, ego: &ActorState) {
        for area in network.areas() {
            let shown = match area.kind {
                AreaKind::Building => BUILDING,
                AreaKind::Water => WATER,
                _ => GREEN,
            };
            let near = |point: &[f64; 2]| libm::hypot(point[0] - ego.pose.x_m, point[1] - ego.pose.y_m) < 300.0;
            if area.outline_m.iter().any(near) {
                self.fill(area.outline_m.iter().copied(), shown);
            }
        }
        let mut lanes = Vec::new();
        let reach_m =
            WIDTH_M * f64::from(self.pixmap.height().max(self.pixmap.width())) / f64::from(self.pixmap.width());
        network.lanes_near(ego.pose.x_m, ego.pose.y_m, reach_m, &mut lanes);
        for &lane in &lanes {
            let shown = match network.lane(lane).kind {
                LaneKind::Sidewalk => SIDEWALK,
                LaneKind::Border => GREEN,
                _ => ROAD,
            };
            let side = |sign: f64| {
                let points: Vec<[f64; 2]> = edge(network, lane, sign).collect();
                points
            };
            let (left, mut right) = (side(1.0), side(-1.0));
            right.reverse();
            self.fill(left.into_iter().chain(right), shown);
        }
        for &id in &lanes {
            let lane = network.lane(id);
            if lane.edge.is_none() || lane.junction.is_some() {
                continue;
            }
            match lane.left {
                Some(_) => self.line(edge(network, id, 1.0), LINE, 0.14, Some([4.0, 6.0])),
                None if lane.oncoming.is_some() => self.line(edge(network, id, 1.0), CENTRE, 0.16, None),
                None => self.line(edge(network, id, 1.0), LINE, 0.16, None),
            }
            if lane.right.is_none() {
                self.line(edge(network, id, -1.0), LINE, 0.16, None);
            }
        }
    }

    fn route(&mut self, network: &RoadNetwork, lanes: &[LaneId]) {
        for &lane in lanes.iter().take(12) {
            self.line(edge(network, lane, 0.0), ROUTE, 0.3, Some([1.0, 2.5]));
        }
    }

    /// A body with its windscreen.
    fn body(&mut self, state: &ActorState, shown: [u8; 3]) {
        let (sin, cos) = libm::sincos(state.pose.heading_rad);
        let (length_m, width_m) = (state.length_m, state.width_m);
        let point = |ahead: f64, left: f64| {
            let (ahead_m, left_m) = (ahead * 0.5 * length_m, left * 0.5 * width_m);
            [
                state.pose.x_m + cos * ahead_m - sin * left_m,
                state.pose.y_m + sin * ahead_m + cos * left_m,
            ]
        };
        let nose = [
            [1.0, 0.6],
            [0.9, 1.0],
            [-0.95, 1.0],
            [-1.0, 0.8],
            [-1.0, -0.8],
            [-0.95, -1.0],
            [0.9, -1.0],
            [1.0, -0.6],
        ];
        self.fill(nose.into_iter().map(|[ahead, left]| point(ahead, left)), shown);
        let glass = [[0.5, 0.75], [0.28, 0.85], [0.28, -0.85], [0.5, -0.75]];
        self.fill(glass.into_iter().map(|[ahead, left]| point(ahead, left)), GLASS);
    }
}

/// The left (1), middle (0) or right (-1) of a lane.
fn edge(network: &RoadNetwork, lane: LaneId, sign: f64) -> impl Iterator<Item = [f64; 2]> {
    network.lane_outline(lane).map(move |point| {
        let aside_m = sign * point.half_width_m;
        [
            point.x_m + aside_m * point.left_normal[0],
            point.y_m + aside_m * point.left_normal[1],
        ]
    })
}

fn path(points: impl Iterator<Item = [f64; 2]>, closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (index, [x, y]) in points.enumerate() {
        if index == 0 {
            builder.move_to(x as f32, y as f32);
        } else {
            builder.line_to(x as f32, y as f32);
        }
    }
    if closed {
        builder.close();
    }
    builder.finish()
}

fn colour([red, green, blue]: [u8; 3]) -> Color {
    Color::from_rgba8(red, green, blue, 255)
}

fn paint(shown: [u8; 3]) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(shown));
    paint.anti_alias = true;
    paint
}
