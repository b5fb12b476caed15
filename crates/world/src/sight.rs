//! Lines of sight past buildings.
//!
//! In go the network's buildings; out comes whether one point sees another. Walls lie in square cells, and a line of
//! sight asks only the cells that it passes. A building low enough to look over does not block; nor does one that
//! stands over a carriageway (a passage, a canopy), because the map does not say how high its opening is.

use road::draft::AreaKind;
use road::{Area, LaneId, LanePosition, RoadNetwork};
use std::collections::BTreeSet;

/// All walls, by cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walls {
    /// South-west corner of the first cell.
    origin_m: [f64; 2],
    cell_m: f64,
    columns: usize,
    rows: usize,
    /// Where each cell's walls begin in `walls`, and one end more.
    starts: Vec<u32>,
    /// A wall through several cells is in each.
    walls: Vec<Wall>,
}

#[derive(Clone, Copy, Debug)]
struct Wall {
    /// x, y of one end, x, y of the other.
    ends_m: [f64; 4],
    building: u32,
}

/// Lower buildings are looked over by sensors at the height of a vehicle's roof.
const LOOKED_OVER_M: f64 = 2.5;

/// Side of a cell at least: a sight line of 100 m passes five.
const CELL_M: f64 = 32.0;

/// Lanes are followed in steps of this to find the buildings that they pass through.
const PROBE_M: f64 = 5.0;

/// Cells at most, so that a map with one building on the moon costs no memory.
const CELLS_MAX: f64 = 1_000_000.0;

impl Walls {
    /// The walls of a network's buildings.
    pub fn new(network: &RoadNetwork) -> Walls {
        let blocks = |area: &&Area| {
            area.kind == AreaKind::Building
                && !(area.height_m > 0.0 && area.height_m < LOOKED_OVER_M)
                && area.outline_m.iter().flatten().all(|value| value.is_finite())
        };
        let buildings = network.areas().iter().filter(blocks).zip(0..);
        let mut all: Vec<Wall> = buildings
            .flat_map(|(area, building)| sides(&area.outline_m).map(move |ends_m| Wall { ends_m, building }))
            .collect();
        let passed = Walls::of(&all).buildings_passed(network);
        all.retain(|wall| !passed.contains(&wall.building));
        Walls::of(&all)
    }

    fn of(all: &[Wall]) -> Walls {
        if all.is_empty() {
            return Walls::default();
        }
        let ends = |a: usize, b: usize| all.iter().flat_map(move |wall| [wall.ends_m[a], wall.ends_m[b]]);
        let low = |a: usize, b: usize| ends(a, b).fold(f64::INFINITY, f64::min);
        let high = |a: usize, b: usize| ends(a, b).fold(f64::NEG_INFINITY, f64::max);
        let (west, south, east, north) = (low(0, 2), low(1, 3), high(0, 2), high(1, 3));
        let (across_m, along_m) = ((east - west).max(1.0), (north - south).max(1.0));
        let cell_m = CELL_M
            .max((across_m / CELLS_MAX * along_m).sqrt())
            .max(across_m.max(along_m) / CELLS_MAX);
        let mut walls = Walls {
            origin_m: [west, south],
            cell_m,
            columns: ((east - west) / cell_m) as usize + 1,
            rows: ((north - south) / cell_m) as usize + 1,
            starts: Vec::new(),
            walls: Vec::new(),
        };
        let mut placed: Vec<(u32, u32)> = Vec::new();
        for (index, wall) in all.iter().enumerate() {
            let [ax, ay, bx, by] = wall.ends_m;
            walls.visit([ax, ay], [bx, by], |cell| {
                placed.push((cell as u32, index as u32));
                false
            });
        }
        placed.sort_unstable();
        walls.starts = vec![0; walls.columns * walls.rows + 1];
        for &(cell, _) in &placed {
            walls.starts[cell as usize + 1] += 1;
        }
        for cell in 1..walls.starts.len() {
            walls.starts[cell] += walls.starts[cell - 1];
        }
        walls.walls = placed.iter().map(|&(_, index)| all[index as usize]).collect();
        walls
    }

    /// Buildings that a carriageway leads through.
    fn buildings_passed(&self, network: &RoadNetwork) -> BTreeSet<u32> {
        let mut passed = BTreeSet::new();
        if self.walls.is_empty() {
            return passed;
        }
        for (index, lane) in network
            .lanes()
            .iter()
            .enumerate()
            .filter(|(_, lane)| lane.edge.is_some())
        {
            let pieces = (lane.length_m / PROBE_M).ceil().max(1.0);
            let point = |piece: usize| {
                let s_m = lane.length_m * piece as f64 / pieces;
                let pose = network.lane_pose(LanePosition {
                    lane: LaneId(index as u32),
                    s_m,
                    offset_m: 0.0,
                });
                [pose.x_m, pose.y_m]
            };
            let mut from_m = point(0);
            for piece in 1..=pieces as usize {
                let to_m = point(piece);
                self.visit(from_m, to_m, |cell| {
                    let crossed = self.cell(cell).iter().filter(|wall| crosses(from_m, to_m, wall));
                    passed.extend(crossed.map(|wall| wall.building));
                    false
                });
                from_m = to_m;
            }
        }
        passed
    }

    fn cell(&self, cell: usize) -> &[Wall] {
        &self.walls[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// Whether no wall stands between two points.
    pub fn sees(&self, from_m: [f64; 2], to_m: [f64; 2]) -> bool {
        if self.walls.is_empty() {
            return true;
        }
        !self.visit(from_m, to_m, |cell| {
            self.cell(cell).iter().any(|wall| crosses(from_m, to_m, wall))
        })
    }

    /// Calls `stop` with each cell that a line passes, in order, until it answers `true`, which is then the answer too
    /// (Amanatides and Woo 1987).
    fn visit(&self, from_m: [f64; 2], to_m: [f64; 2], mut stop: impl FnMut(usize) -> bool) -> bool {
        let size = [self.columns as f64, self.rows as f64];
        let from = [
            (from_m[0] - self.origin_m[0]) / self.cell_m,
            (from_m[1] - self.origin_m[1]) / self.cell_m,
        ];
        let to = [
            (to_m[0] - self.origin_m[0]) / self.cell_m,
            (to_m[1] - self.origin_m[1]) / self.cell_m,
        ];
        // Clip the line to the cells there are, so that one far outside costs nothing.
        let (mut begin, mut end) = (0.0f64, 1.0f64);
        for axis in 0..2 {
            let run = to[axis] - from[axis];
            if run == 0.0 {
                if from[axis] < 0.0 || from[axis] >= size[axis] {
                    return false;
                }
                continue;
            }
            let (a, b) = ((0.0 - from[axis]) / run, (size[axis] - from[axis]) / run);
            begin = begin.max(a.min(b));
            end = end.min(a.max(b));
        }
        if begin > end {
            return false;
        }
        let run = [to[0] - from[0], to[1] - from[1]];
        let mut cell = [0i64; 2];
        let mut next = [f64::INFINITY; 2];
        let mut stride = [f64::INFINITY; 2];
        let mut way = [0i64; 2];
        for axis in 0..2 {
            let at = from[axis] + run[axis] * begin;
            cell[axis] = (at.floor() as i64).clamp(0, size[axis] as i64 - 1);
            if run[axis] > 0.0 {
                way[axis] = 1;
                next[axis] = ((cell[axis] + 1) as f64 - from[axis]) / run[axis];
                stride[axis] = 1.0 / run[axis];
            } else if run[axis] < 0.0 {
                way[axis] = -1;
                next[axis] = (cell[axis] as f64 - from[axis]) / run[axis];
                stride[axis] = -1.0 / run[axis];
            }
        }
        loop {
            if stop(cell[1] as usize * self.columns + cell[0] as usize) {
                return true;
            }
            let axis = usize::from(next[1] < next[0]);
            if next[axis] > end {
                return false;
            }
            cell[axis] += way[axis];
            if cell[axis] < 0 || cell[axis] >= size[axis] as i64 {
                return false;
            }
            next[axis] += stride[axis];
        }
    }
}

/// A polygon's sides.
fn sides(outline_m: &[[f64; 2]]) -> impl Iterator<Item = [f64; 4]> + '_ {
    (0..outline_m.len()).map(|i| {
        let (a, b) = (outline_m[i], outline_m[(i + 1) % outline_m.len()]);
        [a[0], a[1], b[0], b[1]]
    })
}

/// Whether the line from `a` to `b` crosses a wall.
fn crosses(a: [f64; 2], b: [f64; 2], wall: &Wall) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    let [cx, cy, dx, dy] = wall.ends_m;
    let (c, d) = ([cx, cy], [dx, dy]);
    (side(a, b, c) > 0.0) != (side(a, b, d) > 0.0) && (side(c, d, a) > 0.0) != (side(c, d, b) > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_hide_exactly_what_all_walls_together_hide(
            walls in prop::collection::vec((-300.0..300.0f64, -300.0..300.0f64, -40.0..40.0f64, -40.0..40.0f64), 1..40),
            a in (-500.0..500.0f64, -500.0..500.0f64), b in (-500.0..500.0f64, -500.0..500.0f64),
        ) {
            let wall = |&(x, y, dx, dy): &(f64, f64, f64, f64)| Wall { ends_m: [x, y, x + dx, y + dy], building: 0 };
            let all: Vec<Wall> = walls.iter().map(wall).collect();
            let (a, b) = ([a.0, a.1], [b.0, b.1]);
            let expected = !all.iter().any(|wall| crosses(a, b, wall));
            prop_assert_eq!(Walls::of(&all).sees(a, b), expected);
        }
    }

    #[test]
    fn a_house_hides_what_stands_behind_it_and_nothing_else() {
        let outline_m = [[10.0, -5.0], [20.0, -5.0], [20.0, 5.0], [10.0, 5.0]];
        let walls: Vec<Wall> = sides(&outline_m).map(|ends_m| Wall { ends_m, building: 0 }).collect();
        let walls = Walls::of(&walls);
        assert!(!walls.sees([0.0, 0.0], [30.0, 0.0]));
        assert!(walls.sees([0.0, 0.0], [9.0, 0.0]), "before the wall");
        assert!(walls.sees([0.0, 0.0], [30.0, 40.0]), "past the corner");
        assert!(walls.sees([-500.0, 0.0], [-600.0, 0.0]), "far from all walls");
    }
}
