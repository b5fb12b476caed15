//! Which lanes are near a point: a grid of square cells, each with the runs of knots that touch it.
//!
//! Cells are kept in one sorted array, so that an empty country costs nothing and a query allocates nothing.

use crate::LaneId;
use crate::lane_table::{LaneTable, chord_distance2};

/// Side of a cell: some four lengths between knots, and wider than any carriageway.
const CELL_M: f64 = 32.0;
/// Farther than this no lane is called the nearest.
pub(crate) const REACH_M_MAX: f64 = 2_000.0;
/// Places farther out than this share the outermost cells: keeps cell numbers exact.
const EXTENT_M_MAX: f64 = 1e9;

/// A run of knots of one lane within one cell.
#[derive(Clone, Copy, Debug)]
struct Run {
    cell: u64,
    lane: u32,
    /// First knot in the whole table.
    from: u32,
    /// Last knot.
    to: u32,
}

/// The grid.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpatialIndex {
    runs: Vec<Run>,
    half_width_m_max: f64,
}

impl SpatialIndex {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.runs.as_slice())
    }

    pub(crate) fn new(table: &LaneTable, lanes: usize) -> SpatialIndex {
        let mut runs = Vec::new();
        let mut half_width_m_max = 0.0_f64;
        for lane in 0..lanes {
            let first = table.first_knot(lane);
            let count = table.knots(lane).len();
            for index in first..first + count - 1 {
                let (a, b) = (table.knot(index), table.knot(index + 1));
                half_width_m_max = half_width_m_max.max(a.half_width_m).max(b.half_width_m);
                // Two knots on one place of the lane but apart: a hole, and no part of it.
                if a.along_m == b.along_m && chord_distance2(a, a, b.x_m, b.y_m) > 1.0 {
                    continue;
                }
                cells_of_chord([a.x_m, a.y_m], [b.x_m, b.y_m], |cell| {
                    let (from, to) = (index as u32, index as u32 + 1);
                    let lane = lane as u32;
                    runs.push(Run { cell, lane, from, to });
                });
            }
        }
        runs.sort_unstable_by_key(|run| (run.cell, run.lane, run.from));
        let mut merged: Vec<Run> = Vec::with_capacity(runs.len() / 2);
        for run in runs {
            match merged.last_mut() {
                Some(last) if (last.cell, last.lane, last.to) == (run.cell, run.lane, run.from) => last.to = run.to,
                _ => merged.push(run),
            }
        }
        SpatialIndex {
            runs: merged,
            half_width_m_max,
        }
    }

    /// Calls `visit` with (lane, first knot, last knot) for every run of knots whose cell comes within `radius_m` of a
    /// point. A lane may come several times.
    pub(crate) fn visit(&self, x_m: f64, y_m: f64, radius_m: f64, mut visit: impl FnMut(usize, usize, usize)) {
        let low = [x_m - radius_m, y_m - radius_m].map(cell_number);
        let high = [x_m + radius_m, y_m + radius_m].map(cell_number);
        for row in low[1]..=high[1] {
            let last = cell_key(row, high[0]);
            let start = self.runs.partition_point(|run| run.cell < cell_key(row, low[0]));
            for run in self.runs[start..].iter().take_while(|run| run.cell <= last) {
                visit(run.lane as usize, run.from as usize, run.to as usize);
            }
        }
    }

    /// Lanes whose surface comes within `radius_m`, sorted.
    pub(crate) fn lanes_near(&self, table: &LaneTable, x_m: f64, y_m: f64, radius_m: f64, found: &mut Vec<LaneId>) {
        found.clear();
        let reach_m = radius_m.clamp(0.0, REACH_M_MAX);
        self.visit(x_m, y_m, reach_m + self.half_width_m_max, |lane, from, to| {
            if found.last() == Some(&LaneId(lane as u32)) {
                return;
            }
            let is_near = (from..to).any(|index| {
                let (a, b) = (table.knot(index), table.knot(index + 1));
                let limit_m = reach_m + a.half_width_m.max(b.half_width_m);
                chord_distance2(a, b, x_m, y_m) <= limit_m * limit_m
            });
            if is_near {
                found.push(LaneId(lane as u32));
            }
        });
        found.sort_unstable();
        found.dedup();
    }

    /// Greatest half width of any lane.
    pub(crate) fn half_width_m_max(&self) -> f64 {
        self.half_width_m_max
    }
}

/// Every cell that a straight line touches, row by row: as many as it is long, and not as its box is large.
fn cells_of_chord(a: [f64; 2], b: [f64; 2], mut take: impl FnMut(u64)) {
    /// Rounding must not make the line miss a cell that it grazes.
    const SLACK_M: f64 = 1e-6;
    let [low, high] = if a[1] <= b[1] { [a, b] } else { [b, a] };
    let rows = cell_number(low[1])..=cell_number(high[1]);
    let slope = (high[0] - low[0]) / (high[1] - low[1]).max(SLACK_M);
    let (west_m, east_m) = (low[0].min(high[0]), low[0].max(high[0]));
    for row in rows.clone() {
        let at = |y_m: f64| (low[0] + slope * (y_m - low[1])).clamp(west_m, east_m);
        // Where it enters the row and where it leaves it.
        let enter_m = if row == *rows.start() {
            low[0]
        } else {
            at(row as f64 * CELL_M)
        };
        let leave_m = if row == *rows.end() {
            high[0]
        } else {
            at((row + 1) as f64 * CELL_M)
        };
        let first = cell_number(enter_m.min(leave_m) - SLACK_M);
        for column in first..=cell_number(enter_m.max(leave_m) + SLACK_M) {
            take(cell_key(row, column));
        }
    }
}

fn cell_number(at_m: f64) -> i64 {
    (at_m.clamp(-EXTENT_M_MAX, EXTENT_M_MAX) / CELL_M).floor() as i64
}

/// Rows first, so that the cells of one row lie side by side.
fn cell_key(row: i64, column: i64) -> u64 {
    let shift = |number: i64| (number + (1 << 31)) as u64;
    shift(row) << 32 | shift(column)
}
