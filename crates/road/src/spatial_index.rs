//! Which lanes are near a point: a grid of square cells, each with the runs of knots that touch it.
//!
//! Cells are kept in one sorted array, so that an empty country costs nothing and a query allocates nothing.

use crate::LaneId;
use crate::lane_table::{Knot, LaneTable, chord_distance2};
use serde::{Deserialize, Serialize};

/// Side of a cell: some four lengths between knots, and wider than any carriageway.
const CELL_M: f64 = 32.0;
/// Farther than this no lane is called the nearest.
pub(crate) const REACH_M_MAX: f64 = 2_000.0;
/// Places farther out than this share the outermost cells: keeps cell numbers exact.
const EXTENT_M_MAX: f64 = 1e9;

/// A run of knots of one lane within one cell.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Run {
    cell: u64,
    lane: u32,
    /// First knot in the whole table.
    from: u32,
    /// Last knot.
    to: u32,
    /// West, south, east, north of the surface that they carry, from the cell's south-western corner: looked at before
    /// any knot is, which lie far away in memory.
    bounds_m: [f32; 4],
}

/// A curve strays from the chord of two knots by at most this share of their distance along the lane: a Hermite cubic's
/// two tangents count for 4/27 each.
const STRAY_SHARE: f64 = 0.3;
/// Rounding to `f32` within a cell, and the millimetre to which a foot settles.
const ROUNDING_M: f64 = 0.1;

/// A run of knots near a point.
pub(crate) struct Near {
    pub(crate) lane: usize,
    /// First knot in the whole table.
    pub(crate) from: usize,
    /// Last knot.
    pub(crate) to: usize,
    /// The lane's surface there is not nearer than this.
    pub(crate) distance_m: f64,
}

/// The grid.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SpatialIndex {
    runs: Vec<Run>,
    half_width_m_max: f64,
}

impl SpatialIndex {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.runs.as_slice())
    }

    /// Whether every run is one of a lane's own knots.
    pub(crate) fn is_sound(&self, table: &LaneTable, lanes: usize) -> bool {
        self.runs.iter().all(|run| {
            let lane = run.lane as usize;
            lane < lanes && {
                let first = table.first_knot(lane);
                let own = first..first + table.knots(lane).len();
                run.from < run.to && own.contains(&(run.from as usize)) && own.contains(&(run.to as usize))
            }
        })
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
                    runs.push(Run {
                        cell,
                        lane,
                        from,
                        to,
                        bounds_m: bounds_m(cell, a, b),
                    });
                });
            }
        }
        runs.sort_unstable_by_key(|run| (run.cell, run.lane, run.from));
        let mut merged: Vec<Run> = Vec::with_capacity(runs.len() / 2);
        for run in runs {
            match merged.last_mut() {
                Some(last) if (last.cell, last.lane, last.to) == (run.cell, run.lane, run.from) => {
                    last.to = run.to;
                    for side in 0..2 {
                        last.bounds_m[side] = last.bounds_m[side].min(run.bounds_m[side]);
                        last.bounds_m[side + 2] = last.bounds_m[side + 2].max(run.bounds_m[side + 2]);
                    }
                }
                _ => merged.push(run),
            }
        }
        SpatialIndex {
            runs: merged,
            half_width_m_max,
        }
    }

    /// Calls `visit` with every run of knots whose cell comes within `radius_m` of a point. A lane may come several times.
    pub(crate) fn visit(&self, x_m: f64, y_m: f64, radius_m: f64, mut visit: impl FnMut(Near)) {
        let low = [x_m - radius_m, y_m - radius_m].map(cell_number);
        let high = [x_m + radius_m, y_m + radius_m].map(cell_number);
        for row in low[1]..=high[1] {
            let last = cell_key(row, high[0]);
            let start = self.runs.partition_point(|run| run.cell < cell_key(row, low[0]));
            for run in self.runs[start..].iter().take_while(|run| run.cell <= last) {
                let [x, y] = corner_m(run.cell);
                let [west, south, east, north] = run.bounds_m.map(f64::from);
                let [dx, dy] = [
                    (west - (x_m - x)).max(x_m - x - east).max(0.0),
                    (south - (y_m - y)).max(y_m - y - north).max(0.0),
                ];
                visit(Near {
                    lane: run.lane as usize,
                    from: run.from as usize,
                    to: run.to as usize,
                    distance_m: (dx * dx + dy * dy).sqrt(),
                });
            }
        }
    }

    /// Lanes whose surface comes within `radius_m`, sorted.
    pub(crate) fn lanes_near(&self, table: &LaneTable, x_m: f64, y_m: f64, radius_m: f64, found: &mut Vec<LaneId>) {
        found.clear();
        let reach_m = radius_m.clamp(0.0, REACH_M_MAX);
        self.visit(
            x_m,
            y_m,
            reach_m + self.half_width_m_max,
            |Near {
                 lane,
                 from,
                 to,
                 distance_m,
             }| {
                if distance_m > reach_m || found.last() == Some(&LaneId(lane as u32)) {
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
            },
        );
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

/// The box around the surface between two knots, from the corner of a cell.
fn bounds_m(cell: u64, a: &Knot, b: &Knot) -> [f32; 4] {
    let [x, y] = corner_m(cell);
    let reach_m = a.half_width_m.max(b.half_width_m) + STRAY_SHARE * (b.along_m - a.along_m) + ROUNDING_M;
    let low = [a.x_m.min(b.x_m) - x, a.y_m.min(b.y_m) - y].map(|low_m| (low_m - reach_m) as f32);
    let high = [a.x_m.max(b.x_m) - x, a.y_m.max(b.y_m) - y].map(|high_m| (high_m + reach_m) as f32);
    [low[0], low[1], high[0], high[1]]
}

/// South-western corner of a cell.
fn corner_m(cell: u64) -> [f64; 2] {
    let number = |shifted: u64| shifted as i64 - (1 << 31);
    [cell & u64::from(u32::MAX), cell >> 32].map(|shifted| number(shifted) as f64 * CELL_M)
}

/// Rows first, so that the cells of one row lie side by side.
fn cell_key(row: i64, column: i64) -> u64 {
    let shift = |number: i64| (number + (1 << 31)) as u64;
    shift(row) << 32 | shift(column)
}
