//! A run as one picture: the roads from above with everybody's path, and under it the time axis with the events.
//!
//! In goes a scenario; out comes SVG, the same bytes for the same scenario. Boxes stand where entities are at a few round
//! moments, fainter the earlier; bars in the colours of their actors show when events run, with a tick where they are
//! triggered.

mod animation;

pub use animation::Animation;

use crate::measures::Measures;
use crate::model::{ElementId, ElementKind, Scenario};
use crate::play::{Driver, Player, State};
use crate::run::Run;
use record::Seed;
use road::draw::{DrawOptions, draw};
use std::fmt::Write;

const WIDTH_PX: f64 = 1400.0;
const MARGIN_PX: f64 = 24.0;
/// Names of events stand left of the axis in this width.
const NAMES_PX: f64 = 300.0;
const ROW_PX: f64 = 24.0;
const TITLE_PX: f64 = 56.0;
/// The flattest and the tallest view of the roads, height by width.
const ASPECT: [f64; 2] = [0.16, 0.6];
/// Boxes stand at no more moments.
const MOMENTS_MAX: f64 = 7.0;
/// Round numbers between marks of time.
const ROUND_S: [f64; 8] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
/// Room around the paths.
const ROOM_M: f64 = 12.0;
const STEP_S: f64 = 0.02;
/// Nobody reads a longer axis, and every step of everybody is kept until it is drawn.
const TIME_S_MAX: f64 = 600.0;

/// Colours that differ in lightness too, for the colour-blind and for printers (Okabe and Ito 2008).
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444",
];

/// One state of everybody: time, and of those who are there the corners of their box.
type Moment = (f64, Vec<Option<[[f64; 2]; 4]>>);

/// Plays the scenario for at most `time_s_max` as its actions say and draws it.
pub fn storyboard(scenario: &Scenario, time_s_max: f64) -> String {
    let run = Run {
        step_s: STEP_S,
        time_s_max,
        driver: Driver::Ideal,
        sheet: None,
        seed: Seed(0),
        user_values: &[],
        outside: None,
    };
    // The ideal driver needs nothing that could be missing.
    storyboard_of(scenario, &run).unwrap_or_default()
}

/// Plays a run and draws it.
///
/// # Errors
/// If the driver did not come, died or answered nonsense: why.
pub fn storyboard_of(scenario: &Scenario, run: &Run<'_>) -> Result<String, String> {
    let mut measures = Measures::default();
    let mut moments: Vec<Moment> = Vec::new();
    let run = Run {
        time_s_max: run.time_s_max.min(TIME_S_MAX),
        ..*run
    };
    let end = run.play(scenario, |player, step_s| {
        measures.observe(player, step_s);
        let bodies = scenario.entities.iter().zip(player.bodies());
        let corners = bodies.map(|(entity, body)| {
            let is_sound = body.is_active && body.pose.x_m.is_finite() && body.pose.y_m.is_finite();
            is_sound.then(|| crate::play::corners(entity, body.pose))
        });
        moments.push((player.time_s(), corners.collect()));
        true
    })?;
    let player = end.player;
    let end_s = moments.last().map_or(0.0, |(time_s, _)| *time_s).max(STEP_S);
    let view = View::around(&moments);
    let rows = rows(&player, end_s);
    let axis_top_px = TITLE_PX + view.height_px + 28.0;
    let height_px = axis_top_px + (rows.len() + 1) as f64 * ROW_PX + 48.0;
    let mut svg = sheet(scenario, &view, height_px);
    paths(&mut svg, &moments, &view);
    for collision in measures.collisions() {
        let [x, y] = view.place(collision.place_m);
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"13\" fill=\"none\" stroke=\"#b00020\" stroke-width=\"3\"/>"
        );
    }
    axis(&mut svg, &rows, axis_top_px, end_s, &measures);
    svg += "</svg>\n";
    Ok(svg)
}

/// The part of the world that is shown.
struct View {
    west_m: f64,
    north_m: f64,
    px_per_m: f64,
    height_px: f64,
    area_m: [f64; 4],
}

impl View {
    fn around(moments: &[Moment]) -> View {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for corner in moments.iter().flat_map(|(_, boxes)| boxes.iter().flatten().flatten()) {
            for axis in 0..2 {
                low[axis] = low[axis].min(corner[axis]);
                high[axis] = high[axis].max(corner[axis]);
            }
        }
        if !low[0].is_finite() {
            (low, high) = ([0.0; 2], [1.0; 2]);
        }
        let width_px = WIDTH_PX - 2.0 * MARGIN_PX;
        let mut size_m = [0, 1].map(|axis| high[axis] - low[axis] + 2.0 * ROOM_M);
        size_m[1] = size_m[1].max(ASPECT[0] * size_m[0]);
        size_m[0] = size_m[0].max(size_m[1] / ASPECT[1]);
        let middle = [0, 1].map(|axis| 0.5 * (low[axis] + high[axis]));
        let area_m = [
            middle[0] - 0.5 * size_m[0],
            middle[1] - 0.5 * size_m[1],
            middle[0] + 0.5 * size_m[0],
            middle[1] + 0.5 * size_m[1],
        ];
        let px_per_m = width_px / size_m[0];
        View {
            west_m: area_m[0],
            north_m: area_m[3],
            px_per_m,
            height_px: size_m[1] * px_per_m,
            area_m,
        }
    }

    fn place(&self, [x_m, y_m]: [f64; 2]) -> [f64; 2] {
        [
            MARGIN_PX + (x_m - self.west_m) * self.px_per_m,
            TITLE_PX + (self.north_m - y_m) * self.px_per_m,
        ]
    }
}

/// A sheet with the title, the legend and the roads, on which a picture goes on.
fn sheet(scenario: &Scenario, view: &View, height_px: f64) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH_PX}\" height=\"{height_px:.0}\" viewBox=\"0 0 {WIDTH_PX} \
         {height_px:.0}\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        svg,
        "<text x=\"{MARGIN_PX}\" y=\"34\" font-size=\"22\" font-weight=\"bold\">{}</text>",
        escaped(&scenario.name)
    );
    legend(&mut svg, scenario);
    roads(&mut svg, scenario, view);
    svg
}

fn legend(svg: &mut String, scenario: &Scenario) {
    /// More names than this do not fit beside the title.
    const NAMES_MAX: usize = 7;
    let mut x = WIDTH_PX - MARGIN_PX;
    for (index, entity) in scenario.entities.iter().enumerate().take(NAMES_MAX).rev() {
        let colour = COLOURS[index % COLOURS.len()];
        let _ = writeln!(
            svg,
            "<text x=\"{x:.0}\" y=\"34\" text-anchor=\"end\" fill=\"{colour}\" font-weight=\"bold\">{}</text>",
            escaped(&entity.name)
        );
        x -= 9.0 * entity.name.chars().count() as f64 + 20.0;
    }
}

fn roads(svg: &mut String, scenario: &Scenario, view: &View) {
    let width_px = WIDTH_PX - 2.0 * MARGIN_PX;
    let _ = writeln!(
        svg,
        "<clipPath id=\"view\"><rect x=\"{MARGIN_PX}\" y=\"{TITLE_PX}\" width=\"{width_px}\" height=\"{:.1}\"/></clipPath>",
        view.height_px
    );
    let Some(roads) = &scenario.roads else { return };
    let options = DrawOptions {
        width_px,
        area_m: Some(view.area_m),
        names: false,
        ..DrawOptions::default()
    };
    let map = draw(roads.network(), &options);
    // Nested, at its place.
    let inner = map.find("<svg").map_or("", |from| &map[from + 4..]);
    let _ = writeln!(svg, "<svg x=\"{MARGIN_PX}\" y=\"{TITLE_PX}\" {inner}");
}

fn paths(svg: &mut String, moments: &[Moment], view: &View) {
    let count = moments.first().map_or(0, |(_, boxes)| boxes.len());
    let end_s = moments.last().map_or(0.0, |(time_s, _)| *time_s).max(STEP_S);
    let mut labels = Vec::new();
    *svg += "<g clip-path=\"url(#view)\">\n";
    for entity in 0..count {
        let colour = COLOURS[entity % COLOURS.len()];
        let middle = |corners: &[[f64; 2]; 4]| {
            let sum = corners
                .iter()
                .fold([0.0; 2], |sum, corner| [sum[0] + corner[0], sum[1] + corner[1]]);
            view.place([0.25 * sum[0], 0.25 * sum[1]])
        };
        let mut path = String::new();
        let mut last = [f64::INFINITY; 2];
        for corners in moments.iter().filter_map(|(_, boxes)| boxes[entity].as_ref()) {
            let [x, y] = middle(corners);
            let far_px = libm::hypot(x - last[0], y - last[1]);
            // A jump is no path.
            if far_px > 2.0 {
                let verb = if far_px > 60.0 { 'M' } else { 'L' };
                let _ = write!(path, "{verb}{x:.1} {y:.1}");
                last = [x, y];
            }
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-opacity=\"0.7\"/>"
        );
        let ends = [moments.first(), moments.last()].map(|moment| {
            let corners = moment.and_then(|(_, boxes)| boxes[entity].as_ref());
            corners.map_or([0.0; 2], middle)
        });
        let moved_px = libm::hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]);
        let mut label = [f64::NEG_INFINITY; 2];
        for (time_s, boxes) in marked(moments) {
            let Some(corners) = &boxes[entity] else { continue };
            let points = corners
                .map(|corner| view.place(corner))
                .map(|[x, y]| format!("{x:.1},{y:.1}"));
            let opacity = 0.25 + 0.75 * time_s / end_s;
            let _ = writeln!(
                svg,
                "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"{opacity:.2}\" stroke=\"#fff\" stroke-width=\"1\"/>",
                points.join(" ")
            );
            let [x, y] = middle(corners);
            if libm::hypot(x - label[0], y - label[1]) > 44.0 && moved_px > 4.0 {
                // Beside the box: every second entity's on its other side, so that neighbours do not print over each other.
                let [front, rear] = [0, 3].map(|corner| view.place(corners[corner]));
                let left = [0.5 * (front[0] + rear[0]) - x, 0.5 * (front[1] + rear[1]) - y];
                let side = if entity % 2 == 0 { -1.0 } else { 1.0 };
                let half_px = libm::hypot(left[0], left[1]).max(1.0);
                let beside = |side: f64| {
                    let [across, up] = [side * left[0] / half_px, side * left[1] / half_px];
                    [x + across * (half_px + 24.0), y + up * (half_px + 12.0) + 4.0]
                };
                let is_free = |at: &[f64; 2]| {
                    labels
                        .iter()
                        .all(|[x, y]: &[f64; 2]| (x - at[0]).abs() > 38.0 || (y - at[1]).abs() > 15.0)
                };
                let Some(at) = [side, -side].map(beside).into_iter().find(is_free) else {
                    continue;
                };
                let _ = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" text-anchor=\"middle\" fill=\"{colour}\" stroke=\"#fff\" \
                     stroke-width=\"3\" paint-order=\"stroke\">{time_s:.1} s</text>",
                    at[0], at[1]
                );
                label = [x, y];
                labels.push(at);
            }
        }
    }
    *svg += "</g>\n";
}

/// The moments at which boxes stand: round ones, the last of them at the end if it lasts too short for any other.
fn marked(moments: &[Moment]) -> impl Iterator<Item = &Moment> {
    let end_s = moments.last().map_or(0.0, |(time_s, _)| *time_s);
    let apart_s = ROUND_S.into_iter().find(|apart_s| end_s / apart_s < MOMENTS_MAX);
    let apart_s = apart_s.unwrap_or(end_s / MOMENTS_MAX).max(STEP_S);
    let mut next_s = 0.0;
    moments.iter().filter(move |(time_s, _)| {
        let is_marked = *time_s > next_s - 0.5 * STEP_S;
        if is_marked {
            next_s += apart_s;
        }
        is_marked
    })
}

/// A row of the time axis: its name, its colour and when it ran.
struct Row {
    name: String,
    is_act: bool,
    colour: &'static str,
    spans_s: Vec<[f64; 2]>,
}

fn rows(player: &Player<'_>, end_s: f64) -> Vec<Row> {
    /// More rows are a wall, not a picture.
    const ROWS_MAX: usize = 24;
    let elements = &player.scenario().elements;
    let ids = (0..elements.len()).filter(|&id| matches!(elements[id].kind, ElementKind::Act | ElementKind::Event));
    let spans = |wanted: ElementId| {
        let mut spans_s: Vec<[f64; 2]> = Vec::new();
        let mut since_s = None;
        for happening in player
            .happenings()
            .iter()
            .filter(|happening| happening.element == wanted)
        {
            match happening.state {
                State::Running => since_s = Some(happening.time_s),
                _ => spans_s.extend(since_s.take().map(|since_s| [since_s, happening.time_s])),
            }
        }
        spans_s.extend(since_s.map(|since_s| [since_s, end_s]));
        spans_s
    };
    let colour = |id: ElementId| {
        let actor = elements[id].children.iter().find_map(|&action| elements[action].actor);
        match actor {
            Some(actor) if elements[id].kind == ElementKind::Event => COLOURS[actor % COLOURS.len()],
            _ => "#9aa5b1",
        }
    };
    ids.take(ROWS_MAX)
        .map(|id| Row {
            name: elements[id].name.clone(),
            is_act: elements[id].kind == ElementKind::Act,
            colour: colour(id),
            spans_s: spans(id),
        })
        .collect()
}

fn axis(svg: &mut String, rows: &[Row], top_px: f64, end_s: f64, measures: &Measures) {
    let left_px = MARGIN_PX + NAMES_PX;
    let width_px = WIDTH_PX - MARGIN_PX - left_px;
    let at = |time_s: f64| left_px + width_px * time_s / end_s;
    let bottom_px = top_px + rows.len() as f64 * ROW_PX;
    let step_s = ROUND_S
        .into_iter()
        .find(|step_s| end_s / step_s <= 12.0)
        .unwrap_or(end_s);
    let mut time_s = 0.0;
    while time_s <= end_s + 1e-9 {
        let x = at(time_s);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {top_px:.1}V{:.1}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" \
             fill=\"#555\">{time_s}</text>",
            bottom_px + 4.0,
            bottom_px + 22.0
        );
        time_s += step_s;
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">time (s)</text>",
        left_px - 12.0,
        bottom_px + 22.0
    );
    for (index, row) in rows.iter().enumerate() {
        let y = top_px + index as f64 * ROW_PX;
        let name: String = row.name.chars().take(36).collect();
        let (indent_px, weight) = if row.is_act { (0.0, "bold") } else { (14.0, "normal") };
        let never = if row.spans_s.is_empty() { " (never)" } else { "" };
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"{weight}\">{}{never}</text>",
            MARGIN_PX + indent_px,
            y + 17.0,
            escaped(&name)
        );
        for [from_s, to_s] in &row.spans_s {
            let (x, width) = (at(*from_s), (at(*to_s) - at(*from_s)).max(2.0));
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"12\" rx=\"2\" fill=\"{}\"/>\
                 <path d=\"M{x:.1} {:.1}v20\" stroke=\"#222\" stroke-width=\"2\"/>",
                y + 6.0,
                row.colour,
                y + 2.0
            );
        }
    }
    let mut last_px = f64::NEG_INFINITY;
    for collision in measures.collisions() {
        let x = at(collision.time_s);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {:.1}V{bottom_px:.1}\" stroke=\"#b00020\" stroke-width=\"2\" stroke-dasharray=\"4 3\"/>",
            top_px - 4.0
        );
        // One word is enough for lines that stand close to each other.
        if (x - last_px).abs() > 70.0 {
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#b00020\">collision</text>",
                top_px - 8.0
            );
            last_px = x;
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
