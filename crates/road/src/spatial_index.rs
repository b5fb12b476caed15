//! Which lanes are near a point: a grid of square cells, each with the runs of knots whose surface touches it.
//!
//! Cells are kept in sorted arrays, rows over cells over runs, so that an empty country costs nothing, a query allocates
//! nothing, and what is searched first is small enough to stay near the processor. A place on a lane is found in its own
//! cell alone.

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
    /// Rows that hold anything, each with its first cell; rising.
    rows: Vec<Part>,
    /// Cells that hold anything, each with its first run; rising.
    cells: Vec<Part>,
    runs: Vec<Run>,
}

/// A row or a cell.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Part {
    /// As in [`cell_key`]: the upper half of it for a row.
    key: u64,
    /// Where what it holds begins.
    first: u32,
}

impl SpatialIndex {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let parts = std::mem::size_of_val(self.rows.as_slice()) + std::mem::size_of_val(self.cells.as_slice());
        parts + std::mem::size_of_val(self.runs.as_slice())
    }

    /// Whether every run is one of a lane's own knots.
    pub(crate) fn is_sound(&self, table: &LaneTable, lanes: usize) -> bool {
        let leads_within = |parts: &[Part], count: usize| parts.iter().all(|part| (part.first as usize) < count);
        let leads_on = leads_within(&self.rows, self.cells.len()) && leads_within(&self.cells, self.runs.len());
        leads_on
            && self.runs.iter().all(|run| {
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
        let mut of_lane = Vec::new();
        for lane in 0..lanes {
            runs_of_lane(table, lane, &mut of_lane);
            runs.append(&mut of_lane);
        }
        // Lanes come in order, and a lane's runs in order of their knots.
        runs.sort_by_key(|run: &Run| run.cell);
        let mut index = SpatialIndex::default();
        for (at, run) in runs.iter().enumerate() {
            if index.cells.last().is_none_or(|cell| cell.key != run.cell) {
                let row = run.cell >> 32;
                if index.rows.last().is_none_or(|last| last.key != row) {
                    let first = index.cells.len() as u32;
                    index.rows.push(Part { key: row, first });
                }
                let (key, first) = (run.cell, at as u32);
                index.cells.push(Part { key, first });
            }
        }
        index.runs = runs;
        index
    }

    /// Calls `visit` with every run of knots of the cells that lie within `radius_m` of a point: all whose surface comes so
    /// near are among them. A lane may come several times.
    pub(crate) fn visit(&self, x_m: f64, y_m: f64, radius_m: f64, mut visit: impl FnMut(Near)) {
        let low = [x_m - radius_m, y_m - radius_m].map(cell_number);
        let high = [x_m + radius_m, y_m + radius_m].map(cell_number);
        let [first_row, last_row] = [low[1], high[1]].map(|row| cell_key(row, 0) >> 32);
        let start = self.rows.partition_point(|row| row.key < first_row);
        for (at, row) in self.rows.iter().enumerate().skip(start) {
            if row.key > last_row {
                break;
            }
            let end = self
                .rows
                .get(at + 1)
                .map_or(self.cells.len(), |next| next.first as usize);
            let cells = self.cells.get(row.first as usize..end).unwrap_or_default();
            let [first, last] =
                [low[0], high[0]].map(|column| row.key << 32 | cell_key(0, column) & u64::from(u32::MAX));
            let from = cells.partition_point(|cell| cell.key < first);
            for (index, cell) in cells.iter().enumerate().skip(from) {
                if cell.key > last {
                    break;
                }
                let next = self.cells.get(row.first as usize + index + 1);
                let end = next.map_or(self.runs.len(), |next| next.first as usize);
                let runs = self.runs.get(cell.first as usize..end).unwrap_or_default();
                runs.iter().for_each(|run| visit(run.near(x_m, y_m)));
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
            reach_m,
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
}

impl Run {
    fn near(&self, x_m: f64, y_m: f64) -> Near {
        let [x, y] = corner_m(self.cell);
        let [west, south, east, north] = self.bounds_m.map(f64::from);
        let [dx, dy] = [
            (west - (x_m - x)).max(x_m - x - east).max(0.0),
            (south - (y_m - y)).max(y_m - y - north).max(0.0),
        ];
        Near {
            lane: self.lane as usize,
            from: self.from as usize,
            to: self.to as usize,
            distance_m: (dx * dx + dy * dy).sqrt(),
        }
    }
}

/// The runs of a lane, in `runs` that come empty: by cell, then by knot.
fn runs_of_lane(table: &LaneTable, lane: usize, runs: &mut Vec<Run>) {
    let first = table.first_knot(lane);
    for index in first..first + table.knots(lane).len() - 1 {
        let (a, b) = (table.knot(index), table.knot(index + 1));
        // Two knots on one place of the lane but apart: a hole, and no part of it.
        if a.along_m == b.along_m && chord_distance2(a, a, b.x_m, b.y_m) > 1.0 {
            continue;
        }
        cells_of_surface(a, b, |cell| {
            runs.push(Run {
                cell,
                lane: lane as u32,
                from: index as u32,
                to: index as u32 + 1,
                bounds_m: bounds_m(cell, a, b),
            });
        });
    }
    runs.sort_by_key(|run| run.cell);
    runs.dedup_by(|run, last| {
        let goes_on = (last.cell, last.to) == (run.cell, run.from);
        if goes_on {
            last.to = run.to;
            for side in 0..2 {
                last.bounds_m[side] = last.bounds_m[side].min(run.bounds_m[side]);
                last.bounds_m[side + 2] = last.bounds_m[side + 2].max(run.bounds_m[side + 2]);
            }
        }
        goes_on
    });
}

/// Every cell that the surface between two knots may touch, row by row: as many as it is long, not as its box is large.
fn cells_of_surface(a: &Knot, b: &Knot, mut take: impl FnMut(u64)) {
    let reach_m = reach_m(a, b);
    let [low, high] = if a.y_m <= b.y_m { [a, b] } else { [b, a] };
    let slope = (high.x_m - low.x_m) / (high.y_m - low.y_m).max(1e-6);
    let (west_m, east_m) = (low.x_m.min(high.x_m), low.x_m.max(high.x_m));
    let at = |y_m: f64| (low.x_m + slope * (y_m - low.y_m)).clamp(west_m, east_m);
    for row in cell_number(low.y_m - reach_m)..=cell_number(high.y_m + reach_m) {
        // The part of the chord from which this row is within reach.
        let (from_m, to_m) = (row as f64 * CELL_M - reach_m, (row + 1) as f64 * CELL_M + reach_m);
        let enter_m = if from_m <= low.y_m { low.x_m } else { at(from_m) };
        let leave_m = if to_m >= high.y_m { high.x_m } else { at(to_m) };
        let first = cell_number(enter_m.min(leave_m) - reach_m);
        for column in first..=cell_number(enter_m.max(leave_m) + reach_m) {
            take(cell_key(row, column));
        }
    }
}

/// No part of the surface between two knots lies farther from their chord.
fn reach_m(a: &Knot, b: &Knot) -> f64 {
    a.half_width_m.max(b.half_width_m) + STRAY_SHARE * (b.along_m - a.along_m) + ROUNDING_M
}

fn cell_number(at_m: f64) -> i64 {
    (at_m.clamp(-EXTENT_M_MAX, EXTENT_M_MAX) / CELL_M).floor() as i64
}

/// The box around the surface between two knots, from the corner of a cell.
fn bounds_m(cell: u64, a: &Knot, b: &Knot) -> [f32; 4] {
    let [x, y] = corner_m(cell);
    let reach_m = reach_m(a, b);
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
