//! A planning problem as one picture: lanelets from above, obstacles with their ways, the goal, and how the ego drove.
//!
//! In goes a scenario and, if it was driven, what came of it; out comes SVG, the same bytes for the same input. Boxes stand
//! where bodies are at a few moments, fainter the earlier. It knows no roads but the lanelets themselves.

use crate::goal::outline;
use crate::play::{Failure, Outcome, Played};
use crate::scenario::{Obstacle, PlanningProblem, Position, Role, Scenario};
use crate::shape::{Body, Placement, rectangle};
use crate::vehicle_model::VehicleModel;
use std::fmt::Write;

const WIDTH_PX: f64 = 1200.0;
const TITLE_PX: f64 = 58.0;
/// The flattest and the tallest view, height by width.
const ASPECT: [f64; 2] = [0.3, 0.9];
/// Room around what happens.
const ROOM_M: f64 = 14.0;
/// Boxes of a way.
const MOMENTS: usize = 6;
/// Obstacles farther than this from the ego's way do not widen the view.
const NEAR_M: f64 = 30.0;
/// Colours that differ in lightness too, for the colour-blind and for printers (Okabe and Ito 2008).
const EGO: &str = "#0072b2";
const OTHER: &str = "#8a5a00";
const STANDING: &str = "#5b5b5b";
const GOAL: &str = "#009e73";
const TROUBLE: &str = "#d55e00";

/// Draws a planning problem, and how it was driven if it was.
pub fn draw(scenario: &Scenario, problem: &PlanningProblem, vehicle: &VehicleModel, played: Option<&Played>) -> String {
    let view = View::around(scenario, problem, played);
    let height_px = TITLE_PX + view.height_px;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH_PX:.0} {height_px:.0}\" width=\"{WIDTH_PX:.0}\" \
         height=\"{height_px:.0}\" font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <clipPath id=\"view\"><rect x=\"0\" y=\"{TITLE_PX}\" width=\"{WIDTH_PX}\" height=\"{:.1}\"/></clipPath>\n\
         <g clip-path=\"url(#view)\">\n<rect y=\"{TITLE_PX}\" width=\"{WIDTH_PX}\" height=\"{:.1}\" fill=\"#e9eee6\"/>\n",
        view.height_px, view.height_px
    );
    lanelets(&mut svg, scenario, &view);
    goals(&mut svg, scenario, problem, &view);
    for obstacle in &scenario.obstacles {
        others(&mut svg, obstacle, played, &view);
    }
    if let Some(played) = played {
        way(&mut svg, played, vehicle, &view);
    } else {
        let at = Placement {
            centre_m: problem.initial.centre_m().unwrap_or_default(),
            heading_rad: problem.initial.heading_rad(),
        };
        body(
            &mut svg,
            &Body::Polygon(rectangle(at, vehicle.size_m).to_vec()),
            EGO,
            1.0,
            &view,
        );
    }
    svg += "</g>\n";
    title(&mut svg, scenario, problem, played);
    scale(&mut svg, &view, height_px);
    svg += "</svg>\n";
    svg
}

struct View {
    west_m: f64,
    north_m: f64,
    px_per_m: f64,
    height_px: f64,
}

impl View {
    fn around(scenario: &Scenario, problem: &PlanningProblem, played: Option<&Played>) -> View {
        let mut points: Vec<[f64; 2]> = problem.initial.centre_m().into_iter().collect();
        points.extend(
            played
                .into_iter()
                .flat_map(|played| &played.states)
                .map(|state| [state.x_m, state.y_m]),
        );
        for goal in &problem.goals {
            match &goal.position {
                Some(Position::Area(shape)) => {
                    let [w, s, e, n] = shape.bounds_m();
                    points.extend([[w, s], [e, n]]);
                }
                Some(Position::Point(point)) => points.push(*point),
                // A goal lanelet may run on for a kilometre: its beginning shows where it is.
                Some(Position::Lanelets(ids)) => points.extend(
                    scenario
                        .lanelets
                        .iter()
                        .filter(|lanelet| ids.contains(&lanelet.id))
                        .filter_map(|lanelet| lanelet.left.points_m.first())
                        .map(|&[x, y, _]| [x, y]),
                ),
                None => {}
            }
        }
        let own = points.clone();
        let is_near = |point: &[f64; 2]| {
            own.iter()
                .any(|p| libm::hypot(p[0] - point[0], p[1] - point[1]) < NEAR_M)
        };
        for obstacle in &scenario.obstacles {
            points.extend(
                obstacle
                    .initial
                    .iter()
                    .filter_map(|state| state.centre_m())
                    .filter(is_near),
            );
        }
        let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let [west, south, east, north] = points
            .iter()
            .fold(none, |[w, s, e, n], &[x, y]| [w.min(x), s.min(y), e.max(x), n.max(y)]);
        if !(west.is_finite() && east.is_finite()) {
            return View {
                west_m: 0.0,
                north_m: 100.0,
                px_per_m: WIDTH_PX / 100.0,
                height_px: WIDTH_PX,
            };
        }
        let (mut width_m, mut height_m) = (east - west + 2.0 * ROOM_M, north - south + 2.0 * ROOM_M);
        height_m = height_m.max(ASPECT[0] * width_m);
        width_m = width_m.max(height_m / ASPECT[1]);
        View {
            west_m: 0.5 * (west + east) - 0.5 * width_m,
            north_m: 0.5 * (south + north) + 0.5 * height_m,
            px_per_m: WIDTH_PX / width_m,
            height_px: WIDTH_PX * height_m / width_m,
        }
    }

    fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            (x - self.west_m) * self.px_per_m,
            TITLE_PX + (self.north_m - y) * self.px_per_m,
        ]
    }

    fn points(&self, points: impl IntoIterator<Item = [f64; 2]>) -> String {
        let mut text = String::new();
        for point in points {
            let [x, y] = self.place(point);
            let _ = write!(text, "{x:.1},{y:.1} ");
        }
        text.pop();
        text
    }
}

fn lanelets(svg: &mut String, scenario: &Scenario, view: &View) {
    for lanelet in &scenario.lanelets {
        let is_walked = lanelet
            .types
            .iter()
            .any(|word| word == "sidewalk" || word == "crosswalk");
        let _ = writeln!(
            svg,
            "<polygon points=\"{}\" fill=\"{}\"/>",
            view.points(outline(lanelet)),
            if is_walked { "#f3e9d6" } else { "#d2d2d4" }
        );
    }
    for lanelet in &scenario.lanelets {
        for bound in [&lanelet.left, &lanelet.right] {
            let (dashes, width) = match bound.line_marking.as_str() {
                "dashed" => ("8 8", 1.4),
                "broad_dashed" => ("8 8", 2.4),
                "solid" | "solid_solid" | "solid_dashed" | "dashed_solid" => ("none", 1.4),
                "broad_solid" | "curb" | "lowered_curb" => ("none", 2.4),
                _ => ("none", 0.5),
            };
            let colour = if width > 1.0 { "#ffffff" } else { "#a8a8ac" };
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
                 stroke-dasharray=\"{dashes}\"/>",
                view.points(bound.points_m.iter().map(|&[x, y, _]| [x, y]))
            );
        }
        if let Some([a, b]) = lanelet.stop_line.as_ref().and_then(|line| line.ends_m) {
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" stroke=\"#ffffff\" stroke-width=\"4\"/>",
                view.points([a, b])
            );
        }
    }
}

fn goals(svg: &mut String, scenario: &Scenario, problem: &PlanningProblem, view: &View) {
    for goal in &problem.goals {
        let bodies = match &goal.position {
            Some(Position::Area(shape)) => shape.bodies(Placement::default()),
            Some(Position::Lanelets(ids)) => {
                let named = scenario.lanelets.iter().filter(|lanelet| ids.contains(&lanelet.id));
                named.map(|lanelet| Body::Polygon(outline(lanelet))).collect()
            }
            _ => Vec::new(),
        };
        for one in bodies {
            body(svg, &one, GOAL, 0.35, view);
        }
    }
}

fn others(svg: &mut String, obstacle: &Obstacle, played: Option<&Played>, view: &View) {
    let Some(shape) = &obstacle.shape else {
        for occupancy in obstacle
            .occupancies
            .iter()
            .step_by(1 + obstacle.occupancies.len() / MOMENTS)
        {
            for one in occupancy.shape.bodies(Placement::default()) {
                body(svg, &one, TROUBLE, 0.12, view);
            }
        }
        return;
    };
    if obstacle.role == Role::Environment {
        shape
            .bodies(Placement::default())
            .iter()
            .for_each(|one| body(svg, one, STANDING, 0.5, view));
        return;
    }
    // Nobody's way is drawn beyond the time at which the ego's ends.
    let last = played.map_or(i64::MAX, |played| played.time_step + played.used_steps());
    let states: Vec<_> = obstacle
        .initial
        .iter()
        .chain(&obstacle.trajectory)
        .filter(|state| state.time.start <= last)
        .collect();
    let centres = states.iter().filter_map(|state| state.centre_m());
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{OTHER}\" stroke-width=\"1.2\" opacity=\"0.7\"/>",
        view.points(centres)
    );
    let colour = if obstacle.role == Role::Static { STANDING } else { OTHER };
    for (share, index) in moments(states.len()) {
        let at = Placement {
            centre_m: states[index].centre_m().unwrap_or_default(),
            heading_rad: states[index].heading_rad(),
        };
        let is_last = index + 1 == states.len();
        let opacity = if is_last { 0.85 } else { 0.06 + 0.16 * share };
        shape
            .bodies(at)
            .iter()
            .for_each(|one| body(svg, one, colour, opacity, view));
    }
}

/// Some moments of a way, the last among them, with their shares.
fn moments(count: usize) -> impl Iterator<Item = (f64, usize)> {
    let last = count.saturating_sub(1);
    let of = MOMENTS.min(last).max(1);
    (0..=of)
        .map(move |moment| (moment as f64 / of as f64, moment * last / of))
        .filter(move |_| count > 0)
}

fn way(svg: &mut String, played: &Played, vehicle: &VehicleModel, view: &View) {
    let points = played.states.iter().map(|state| [state.x_m, state.y_m]);
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{EGO}\" stroke-width=\"2.4\"/>",
        view.points(points)
    );
    for (share, index) in moments(played.states.len()) {
        let state = &played.states[index];
        let at = Placement {
            centre_m: [state.x_m, state.y_m],
            heading_rad: state.orientation_rad,
        };
        let is_last = index + 1 == played.states.len();
        let one = Body::Polygon(rectangle(at, vehicle.size_m).to_vec());
        body(svg, &one, EGO, if is_last { 0.95 } else { 0.12 + 0.3 * share }, view);
        let is_hit = matches!(
            played.outcome,
            Outcome::Failed(Failure::Collision { .. } | Failure::OffRoad { .. })
        );
        if is_last && is_hit {
            let [x, y] = view.place(at.centre_m);
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"26\" fill=\"none\" stroke=\"{TROUBLE}\" stroke-width=\"4\"/>"
            );
        }
    }
}

fn body(svg: &mut String, body: &Body, colour: &str, opacity: f64, view: &View) {
    let look =
        format!("fill=\"{colour}\" fill-opacity=\"{opacity:.2}\" stroke=\"{colour}\" stroke-opacity=\"{opacity:.2}\"");
    let _ = match body {
        Body::Circle { centre_m, radius_m } => {
            let [x, y] = view.place(*centre_m);
            writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" {look}/>",
                radius_m * view.px_per_m
            )
        }
        Body::Polygon(corners) => {
            writeln!(
                svg,
                "<polygon points=\"{}\" {look}/>",
                view.points(corners.iter().copied())
            )
        }
    };
}

fn title(svg: &mut String, scenario: &Scenario, problem: &PlanningProblem, played: Option<&Played>) {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let name = escaped(&scenario.benchmark_id);
    let _ = writeln!(
        svg,
        "<text x=\"20\" y=\"26\" font-size=\"19\" font-weight=\"bold\" fill=\"#1a1a1a\">{name}</text>"
    );
    let second = match played {
        Some(played) => format!(
            "planning problem {}: {}, {:.1} s of {:.1} s",
            problem.id,
            played.outcome,
            played.used_steps() as f64 * scenario.time_step_s,
            played.given_steps() as f64 * scenario.time_step_s
        ),
        None => format!("planning problem {}", problem.id),
    };
    let _ = writeln!(
        svg,
        "<text x=\"20\" y=\"47\" font-size=\"14\" fill=\"#444444\">{}</text>",
        escaped(&second)
    );
    let mut x = WIDTH_PX - 20.0;
    for (word, colour) in [("goal", GOAL), ("standing", STANDING), ("moving", OTHER), ("ego", EGO)] {
        x -= 9.0 * word.len() as f64 + 26.0;
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.0}\" y=\"14\" width=\"14\" height=\"14\" fill=\"{colour}\"/>\
             <text x=\"{:.0}\" y=\"26\" font-size=\"14\" fill=\"#444444\">{word}</text>",
            x + 19.0
        );
    }
}

fn scale(svg: &mut String, view: &View, height_px: f64) {
    let length_m = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]
        .into_iter()
        .find(|length_m| length_m * view.px_per_m > 70.0)
        .unwrap_or(1000.0);
    let (end, y) = (20.0 + length_m * view.px_per_m, height_px - 16.0);
    let _ = writeln!(
        svg,
        "<polyline points=\"20,{y:.0} {end:.0},{y:.0}\" stroke=\"#1a1a1a\" stroke-width=\"3\"/>\
         <text x=\"20\" y=\"{:.0}\" font-size=\"13\" fill=\"#1a1a1a\">{length_m} m</text>",
        y - 7.0
    );
}
