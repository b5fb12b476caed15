//! Pictures of a scenario's parameter space: runs that passed and failed, and where the reference drivers' boundary runs.
//!
//! The lines are named after the reference drivers: `cc`, `fsm`, `rss`, `reg157`. In go the kept points; out come scatter plots over the two parameters that tell passes from failures best, and over the
//! next one. The boundary of a reference driver is drawn where it avoids half of the runs of a cell; cells without runs
//! are taken for their neighbours'.

use crate::axis::Axis;
use crate::plot::{COLOURS, DASHES, Layer, Plot};
use proving::result::{Point, ScenarioOutcome};
use proving::suite::LogicalScenario;
use proving::verdict::Decision;

/// Pictures of one scenario.
const PICTURES: usize = 2;
/// A cell holds at least so many runs in the mean, so that its share means something.
const RUNS_A_CELL: f64 = 6.0;
/// Most cells along an axis.
const CELLS_MAX: usize = 16;

const PASSED: &str = "#009e73";
const FAILED: &str = "#d55e00";
const UNDECIDED: &str = "#b8bfc5";

/// The pictures, as SVG.
pub(super) fn pictures(scenario: &LogicalScenario, outcome: &ScenarioOutcome) -> Vec<String> {
    let mut order: Vec<usize> = (0..scenario.parameters.len())
        .filter(|&index| spread(&outcome.points, index) > 0.0)
        .collect();
    let tells = |index: usize| telling(&outcome.points, index);
    order.sort_by(|&a, &b| tells(b).total_cmp(&tells(a)).then(a.cmp(&b)));
    let [first, others @ ..] = order.as_slice() else {
        return Vec::new();
    };
    others
        .iter()
        .take(PICTURES)
        .map(|&other| picture(scenario, outcome, [*first, other]))
        .collect()
}

fn values(points: &[Point], index: usize) -> impl Iterator<Item = f64> + '_ {
    points.iter().filter_map(move |point| point.values.get(index).copied())
}

fn spread(points: &[Point], index: usize) -> f64 {
    let low = values(points, index).fold(f64::INFINITY, f64::min);
    values(points, index).fold(f64::NEG_INFINITY, f64::max) - low
}

/// How far apart the means of failures and of the others are, by the spread; where nothing fails, those of what the
/// reference drivers avoid and do not.
fn telling(points: &[Point], index: usize) -> f64 {
    let has_failures = points.iter().any(|point| point.decision == Decision::Failed);
    let is_bad = |point: &Point| match has_failures {
        true => point.decision == Decision::Failed,
        false => point.avoided.iter().any(|avoided| !avoided),
    };
    let mean = |bad: bool| {
        let chosen = points.iter().filter(|point| is_bad(point) == bad);
        let (sum, count) = chosen.fold((0.0, 0.0), |(sum, count), point| {
            (sum + point.values[index], count + 1.0)
        });
        (count > 0.0).then(|| sum / count)
    };
    match (mean(true), mean(false)) {
        (Some(failed), Some(other)) => (failed - other).abs() / spread(points, index),
        _ => 0.0,
    }
}

fn picture(scenario: &LogicalScenario, outcome: &ScenarioOutcome, axes: [usize; 2]) -> String {
    let axis = |index: usize| {
        let parameter = &scenario.parameters[index];
        let [low, high] = parameter.range();
        let label = match parameter.unit.is_empty() {
            true => parameter.name.clone(),
            false => format!("{} ({})", parameter.name, parameter.unit),
        };
        let room = 0.03 * (high - low);
        Axis::numbers(&label, low - room, high + room)
    };
    let title = format!("{}: {} runs", scenario.title, outcome.points.len());
    let mut plot = Plot::new(&title, axis(axes[0]), axis(axes[1]));
    plot.height_px = 330.0;
    let radius_px = if outcome.points.len() > 1000 { 1.8 } else { 2.6 };
    let at = |point: &Point| (point.values[axes[0]], point.values[axes[1]]);
    for (fits, colour, word) in [
        (Kind::Undecided, UNDECIDED, "not decided"),
        (Kind::Passed, PASSED, "passed"),
        (Kind::Failed, FAILED, "failed"),
    ] {
        let points: Vec<(f64, f64)> = outcome
            .points
            .iter()
            .filter(|point| fits.holds(point))
            .map(at)
            .collect();
        if !points.is_empty() {
            plot.legend.push((word.to_owned(), colour.to_owned(), String::new()));
            plot.layers.push(Layer::Dots {
                points,
                colour: colour.to_owned(),
                radius_px: if fits == Kind::Failed {
                    radius_px + 0.7
                } else {
                    radius_px
                },
            });
        }
    }
    let ranges = axes.map(|index| scenario.parameters[index].range());
    for (number, model) in scenario.boundary.iter().enumerate() {
        let name = proving::verdict::model_name(*model);
        let lines = boundary(&outcome.points, number, axes, ranges);
        if lines.is_empty() {
            continue;
        }
        let (colour, dash) = (
            [COLOURS[0], COLOURS[6], COLOURS[3], COLOURS[5]][number % 4],
            DASHES[number % DASHES.len()],
        );
        let short = name.rsplit(':').next().unwrap_or(name);
        plot.legend.push((short.to_owned(), colour.to_owned(), dash.to_owned()));
        plot.layers.extend(lines.into_iter().map(|points| Layer::Line {
            points,
            colour: colour.to_owned(),
            dash: dash.to_owned(),
            width_px: 1.6,
        }));
    }
    plot.svg()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Passed,
    Failed,
    Undecided,
}

impl Kind {
    fn holds(self, point: &Point) -> bool {
        match point.decision {
            Decision::Passed => self == Kind::Passed,
            Decision::Failed => self == Kind::Failed,
            Decision::Undecided(_) => self == Kind::Undecided,
        }
    }
}

/// Stretches of the line where a reference driver's share of avoided runs crosses a half (marching squares).
fn boundary(points: &[Point], number: usize, axes: [usize; 2], ranges: [[f64; 2]; 2]) -> Vec<Vec<(f64, f64)>> {
    let count = points.iter().filter(|point| number < point.avoided.len()).count();
    let cells = (libm::sqrt(count as f64 / RUNS_A_CELL) as usize).clamp(2, CELLS_MAX);
    let mut sums = vec![[0.0; 2]; cells * cells];
    for point in points {
        let Some(avoided) = point.avoided.get(number) else {
            continue;
        };
        let cell = [0, 1].map(|axis| {
            let [low, high] = ranges[axis];
            let share = (point.values[axes[axis]] - low) / (high - low);
            ((share * cells as f64) as usize).min(cells - 1)
        });
        let sum = &mut sums[cell[1] * cells + cell[0]];
        sum[0] += f64::from(u8::from(*avoided));
        sum[1] += 1.0;
    }
    let overall = sums
        .iter()
        .fold([0.0; 2], |all, sum| [all[0] + sum[0], all[1] + sum[1]]);
    let share = |x: usize, y: usize| {
        // Smoothed over the neighbours, which count a quarter.
        let mut total = [0.0; 2];
        for dy in 0..3 {
            for dx in 0..3 {
                let (Some(cx), Some(cy)) = ((x + dx).checked_sub(1), (y + dy).checked_sub(1)) else {
                    continue;
                };
                if cx < cells && cy < cells {
                    let weight = if dx == 1 && dy == 1 { 1.0 } else { 0.25 };
                    let sum = sums[cy * cells + cx];
                    total = [total[0] + weight * sum[0], total[1] + weight * sum[1]];
                }
            }
        }
        if total[1] > 0.0 {
            total[0] / total[1]
        } else {
            overall[0] / overall[1].max(1.0)
        }
    };
    let place = |x: f64, y: f64| {
        let of = |axis: usize, cell: f64| {
            ranges[axis][0] + (ranges[axis][1] - ranges[axis][0]) * (cell + 0.5) / cells as f64
        };
        (of(0, x), of(1, y))
    };
    let mut lines = Vec::new();
    for y in 0..cells - 1 {
        for x in 0..cells - 1 {
            let corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)];
            let shares = corners.map(|(x, y)| share(x, y) - 0.5);
            let mut crossings = Vec::new();
            for side in 0..4 {
                let (a, b) = (shares[side], shares[(side + 1) % 4]);
                if (a < 0.0) != (b < 0.0) {
                    let part = a / (a - b);
                    let (from, to) = (corners[side], corners[(side + 1) % 4]);
                    let between = |from: usize, to: usize| from as f64 + part * (to as f64 - from as f64);
                    crossings.push(place(between(from.0, to.0), between(from.1, to.1)));
                }
            }
            lines.extend(crossings.chunks_exact(2).map(<[(f64, f64)]>::to_vec));
        }
    }
    lines
}
