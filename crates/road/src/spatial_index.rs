//! Which lanes are near a point: a grid of square cells, each with the runs of knots whose surface touches it.
//!
//! Each row of the grid has its cells from the first that holds anything to the last, side by side, so that a query goes to
//! its cell without a search, allocates nothing, and touches few places in memory: maps are larger than the processor's
//! caches. Cells of a map that would make more of them than runs are larger. A place on a lane is found in its own cell alone.

use crate::LaneId;
use crate::bulk::Words;
use crate::lane_table::{KnotPlace, LaneTable, chord_distance2};
use serde::{Deserialize, Serialize};

/// Side of a cell: some four lengths between knots, and wider than any carriageway.
const CELL_M: f64 = 32.0;
/// So many rows and cells for each run, most of them empty, are worth their memory: above, cells are twice as large.
const CELLS_PER_RUN: usize = 8;
/// As many whatever the map.
const CELLS_MIN: usize = 1 << 10;
/// Farther than this no lane is called the nearest.
pub(crate) const REACH_M_MAX: f64 = 2_000.0;
/// Places farther out than this share the outermost cells: keeps cell numbers exact.
const EXTENT_M_MAX: f64 = 1e9;
/// A box is told in so many parts of its cell's side.
const PARTS: f64 = 256.0;

/// A run of knots of one lane within one cell.
#[derive(Clone, Copy, Debug)]
struct Run {
    lane: u32,
    /// First knot in the whole table.
    from: u32,
    /// Last knot.
    to: u32,
    /// West, south, east, north of what they carry of the cell's surface, the first and the last part of its side: looked at
    /// before any knot is, which lie far away in memory.
    parts: [u8; 4],
}

/// The millimetre to which a foot settles, and what is lost in cells far out.
const ROUNDING_M: f64 = 0.1;

/// A run of knots near a point.
pub(crate) struct Near {
    pub(crate) lane: usize,
    /// First knot in the whole table.
    pub(crate) from: usize,
    /// Last knot.
    pub(crate) to: usize,
    /// The lane's surface in that cell is not nearer than this.
    pub(crate) distance_m: f64,
}

/// The grid.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SpatialIndex {
    /// Side of a cell.
    cell_m: f64,
    /// Number of the first row.
    south: i64,
    #[serde(with = "crate::bulk")]
    rows: Vec<Row>,
    /// Where the runs of each cell begin, row by row; and where the last ones end.
    #[serde(with = "crate::bulk")]
    cells: Vec<u32>,
    #[serde(with = "crate::bulk")]
    runs: Vec<Run>,
}

impl Words<2> for Run {
    fn words(&self) -> [u64; 2] {
        let [parts, to] = [u32::from_le_bytes(self.parts), self.to].map(u64::from);
        [u64::from(self.lane) | u64::from(self.from) << 32, to | parts << 32]
    }

    fn of_words([lane, to]: [u64; 2]) -> Run {
        Run {
            lane: lane as u32,
            from: (lane >> 32) as u32,
            to: to as u32,
            parts: ((to >> 32) as u32).to_le_bytes(),
        }
    }
}

impl Words<2> for Row {
    fn words(&self) -> [u64; 2] {
        [self.west as u64, u64::from(self.first) | u64::from(self.end) << 32]
    }

    fn of_words([west, cells]: [u64; 2]) -> Row {
        Row {
            west: west as i64,
            first: cells as u32,
            end: (cells >> 32) as u32,
        }
    }
}

/// A row of cells.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    /// Number of its first column.
    west: i64,
    /// Its first cell.
    first: u32,
    /// One beyond its last.
    end: u32,
}

impl SpatialIndex {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.rows.as_slice())
            + std::mem::size_of_val(self.cells.as_slice())
            + std::mem::size_of_val(self.runs.as_slice())
    }

    /// Whether every run is one of a lane's own knots.
    pub(crate) fn is_sound(&self, table: &LaneTable, lanes: usize) -> bool {
        let is_number = |number: i64| number.unsigned_abs() <= EXTENT_M_MAX as u64;
        let is_row = |row: &Row| is_number(row.west) && row.first <= row.end && (row.end as usize) < self.cells.len();
        let is_run = |run: &Run| {
            (run.lane as usize) < lanes && {
                let own = table.range(run.lane as usize);
                run.from < run.to && own.contains(&(run.from as usize)) && own.contains(&(run.to as usize))
            }
        };
        is_number(self.south)
            && self.rows.iter().all(is_row)
            && self.cells.is_sorted()
            && self.cells.last().is_none_or(|&end| end as usize == self.runs.len())
            && self.runs.iter().all(is_run)
    }

    pub(crate) fn new(table: &LaneTable, lanes: usize) -> SpatialIndex {
        let mut cell_m = CELL_M;
        loop {
            let grid = Grid { cell_m };
            let mut found = Vec::new();
            for lane in 0..lanes {
                grid.runs_of_lane(table, lane, &mut found);
            }
            if let Some(index) = grid.sorted(&found) {
                return index;
            }
            cell_m *= 2.0;
        }
    }

    /// Calls `visit` with every run of knots of the cells that lie within `radius_m` of a point: all whose surface comes so
    /// near are among them. A lane may come several times.
    pub(crate) fn visit(&self, x_m: f64, y_m: f64, radius_m: f64, mut visit: impl FnMut(Near)) {
        let grid = Grid { cell_m: self.cell_m };
        let [west, south] = [x_m - radius_m, y_m - radius_m].map(|at_m| grid.number(at_m));
        let [east, north] = [x_m + radius_m, y_m + radius_m].map(|at_m| grid.number(at_m));
        let rows = south.max(self.south)..=north.min(self.south + self.rows.len() as i64 - 1);
        for number in rows {
            let row = &self.rows[(number - self.south) as usize];
            let columns = i64::from(row.end - row.first);
            for column in west.max(row.west)..=east.min(row.west + columns - 1) {
                let cell = row.first as usize + (column - row.west) as usize;
                let runs = &self.runs[self.cells[cell] as usize..self.cells[cell + 1] as usize];
                let from_corner_m = [x_m - column as f64 * self.cell_m, y_m - number as f64 * self.cell_m];
                runs.iter().for_each(|run| visit(grid.near(run, from_corner_m)));
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
                    let limit_m = reach_m + table.reach_m(index);
                    chord_distance2(table.place(index), table.place(index + 1), x_m, y_m) <= limit_m * limit_m
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

/// A run and where it is from.
#[derive(Clone, Copy)]
struct Found {
    row: i64,
    column: i64,
    run: Run,
}

/// Square cells.
struct Grid {
    cell_m: f64,
}

impl Grid {
    /// The index of runs that come in order of lane and knot; `None` if it would hold too much of nothing.
    fn sorted(&self, found: &[Found]) -> Option<SpatialIndex> {
        let mut index = SpatialIndex {
            cell_m: self.cell_m,
            ..SpatialIndex::default()
        };
        let rows = found.iter().map(|found| found.row);
        let (Some(south), Some(north)) = (rows.clone().min(), rows.max()) else {
            return Some(index);
        };
        let most = CELLS_MIN + CELLS_PER_RUN * found.len();
        let count = usize::try_from(north - south).ok().filter(|&rows| rows < most)? + 1;
        let mut spans: Vec<Option<(i64, i64)>> = vec![None; count];
        for found in found {
            let span = &mut spans[(found.row - south) as usize];
            let (west, east) = span.unwrap_or((found.column, found.column));
            *span = Some((west.min(found.column), east.max(found.column)));
        }
        let mut cells = 0;
        for span in spans {
            let (west, columns) = span.map_or((0, 0), |(west, east)| (west, (east - west) as usize + 1));
            let first = cells;
            cells += columns;
            if cells + count > most {
                return None;
            }
            index.rows.push(Row {
                west,
                first: first as u32,
                end: cells as u32,
            });
        }
        index.south = south;
        // Counted, summed up, and laid in their places in the order in which they came.
        let cell = |found: &Found| {
            let row = &index.rows[(found.row - south) as usize];
            row.first as usize + (found.column - row.west) as usize
        };
        let mut begins = vec![0_u32; cells + 1];
        found.iter().for_each(|found| begins[cell(found) + 1] += 1);
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let (mut next, mut runs) = (begins.clone(), vec![found[0].run; found.len()]);
        for found in found {
            let at = &mut next[cell(found)];
            runs[*at as usize] = found.run;
            *at += 1;
        }
        (index.cells, index.runs) = (begins, runs);
        Some(index)
    }

    /// Adds the runs of a lane: by cell, then by knot.
    fn runs_of_lane(&self, table: &LaneTable, lane: usize, runs: &mut Vec<Found>) {
        let begin = runs.len();
        let knots = table.range(lane);
        for index in knots.start..knots.end - 1 {
            let (a, b) = (table.place(index), table.place(index + 1));
            // Two knots on one place of the lane but apart: a hole, and no part of it.
            if a.along_m == b.along_m && chord_distance2(a, a, b.x_m, b.y_m) > 1.0 {
                continue;
            }
            // No part of the surface between two knots lies farther from their chord.
            let reach_m = table.reach_m(index) + ROUNDING_M;
            self.cells_of_surface(a, b, reach_m, |row, column| {
                let run = Run {
                    lane: lane as u32,
                    from: index as u32,
                    to: index as u32 + 1,
                    parts: self.parts(row, column, a, b, reach_m),
                };
                runs.push(Found { row, column, run });
            });
        }
        runs[begin..].sort_by_key(|found| (found.row, found.column));
        let mut last = begin;
        for at in begin + 1..runs.len() {
            let next = runs[at];
            let here = &mut runs[last];
            if (here.row, here.column, here.run.to) == (next.row, next.column, next.run.from) {
                here.run.to = next.run.to;
                for side in 0..2 {
                    here.run.parts[side] = here.run.parts[side].min(next.run.parts[side]);
                    here.run.parts[side + 2] = here.run.parts[side + 2].max(next.run.parts[side + 2]);
                }
            } else {
                last += 1;
                runs[last] = next;
            }
        }
        if begin < runs.len() {
            runs.truncate(last + 1);
        }
    }

    /// Every cell that the surface between two knots may touch, row by row: as many as it is long, not as its box is large.
    fn cells_of_surface(&self, a: &KnotPlace, b: &KnotPlace, reach_m: f64, mut take: impl FnMut(i64, i64)) {
        let [low, high] = if a.y_m <= b.y_m { [a, b] } else { [b, a] };
        let slope = (high.x_m - low.x_m) / (high.y_m - low.y_m).max(1e-6);
        let (west_m, east_m) = (low.x_m.min(high.x_m), low.x_m.max(high.x_m));
        let at = |y_m: f64| (low.x_m + slope * (y_m - low.y_m)).clamp(west_m, east_m);
        for row in self.number(low.y_m - reach_m)..=self.number(high.y_m + reach_m) {
            // The part of the chord from which this row is within reach.
            let (from_m, to_m) = (
                row as f64 * self.cell_m - reach_m,
                (row + 1) as f64 * self.cell_m + reach_m,
            );
            let enter_m = if from_m <= low.y_m { low.x_m } else { at(from_m) };
            let leave_m = if to_m >= high.y_m { high.x_m } else { at(to_m) };
            let first = self.number(enter_m.min(leave_m) - reach_m);
            for column in first..=self.number(enter_m.max(leave_m) + reach_m) {
                take(row, column);
            }
        }
    }

    fn number(&self, at_m: f64) -> i64 {
        (at_m.clamp(-EXTENT_M_MAX, EXTENT_M_MAX) / self.cell_m).floor() as i64
    }

    /// The box around the surface between two knots, as much of it as lies in a cell.
    fn parts(&self, row: i64, column: i64, a: &KnotPlace, b: &KnotPlace, reach_m: f64) -> [u8; 4] {
        // A cast keeps what lies beyond the cell at its border.
        let part = |at_m: f64, number: i64| ((at_m / self.cell_m - number as f64) * PARTS) as u8;
        [
            part(a.x_m.min(b.x_m) - reach_m, column),
            part(a.y_m.min(b.y_m) - reach_m, row),
            part(a.x_m.max(b.x_m) + reach_m, column),
            part(a.y_m.max(b.y_m) + reach_m, row),
        ]
    }

    /// A run as seen from a place that is told from its cell's corner.
    fn near(&self, run: &Run, [x_m, y_m]: [f64; 2]) -> Near {
        let part_m = self.cell_m / PARTS;
        let [west_m, south_m, east_m, north_m] = run.parts.map(|part| f64::from(part) * part_m);
        let [dx, dy] = [
            (west_m - x_m).max(x_m - (east_m + part_m)).max(0.0),
            (south_m - y_m).max(y_m - (north_m + part_m)).max(0.0),
        ];
        Near {
            lane: run.lane as usize,
            from: run.from as usize,
            to: run.to as usize,
            distance_m: (dx * dx + dy * dy).sqrt(),
        }
    }
}
