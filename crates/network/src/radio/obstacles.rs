//! What stands in a wave's way: the ground and the buildings of the map, as grids of heights.
//!
//! In goes a map; out comes whether one point hides from another. The ground is what lanes say of it (bridges and tunnels aside), carried
//! over to where no lane lies from the nearest; a building stands up to its roof. A look is a walk over the grid's squares. It differs from
//! [`road::RoadNetwork::sight`], which is exact and costs a search a metre: a coverage map asks millions of times.

use road::draft::{AreaKind, StructureKind};
use road::{LaneId, RoadNetwork};

/// Sides of squares where the map is small enough.
const CELL_M: f64 = 5.0;
/// Squares of a grid at most: 20 km² at 5 m.
const CELLS_MAX: f64 = 1_000_000.0;
/// The grid goes on beyond the map's bounds for so long: masts stand beside roads.
const MARGIN_M: f64 = 200.0;
/// A building whose height the map does not tell: three storeys.
const ROOF_M: f64 = 9.0;
/// Relief below this hides nobody.
const FLAT_M: f64 = 3.0;

/// Heights of ground and roofs.
#[derive(Clone, Debug)]
pub struct Obstacles {
    west_m: f64,
    south_m: f64,
    cell_m: f64,
    columns: usize,
    rows: usize,
    ground_m: Vec<f32>,
    /// The higher of ground and roof.
    top_m: Vec<f32>,
    /// Whether anything can hide anything.
    hides_something: bool,
}

impl Obstacles {
    /// Of a map.
    pub fn of(network: &RoadNetwork) -> Obstacles {
        let [west_m, south_m, east_m, north_m] = network.bounds_m();
        let (west_m, south_m) = (west_m - MARGIN_M, south_m - MARGIN_M);
        let (wide_m, tall_m) = (east_m + MARGIN_M - west_m, north_m + MARGIN_M - south_m);
        let cell_m = CELL_M.max(libm::sqrt(wide_m * tall_m / CELLS_MAX));
        let (columns, rows) = ((wide_m / cell_m) as usize + 1, (tall_m / cell_m) as usize + 1);
        let mut obstacles = Obstacles {
            west_m,
            south_m,
            cell_m,
            columns,
            rows,
            ground_m: vec![f32::NAN; columns * rows],
            top_m: Vec::new(),
            hides_something: false,
        };
        obstacles.lay_ground(network);
        obstacles.top_m = obstacles.ground_m.clone();
        let has_buildings = obstacles.raise_buildings(network);
        let (low, high) = obstacles
            .ground_m
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), &z| (low.min(z), high.max(z)));
        obstacles.hides_something = has_buildings || f64::from(high - low) > FLAT_M;
        obstacles
    }

    /// A flat plain at height zero, where nothing hides anything.
    pub fn none() -> Obstacles {
        Obstacles {
            west_m: 0.0,
            south_m: 0.0,
            cell_m: CELL_M,
            columns: 1,
            rows: 1,
            ground_m: vec![0.0],
            top_m: vec![0.0],
            hides_something: false,
        }
    }

    /// Height of the ground at a place.
    pub fn ground_m(&self, at_m: [f64; 2]) -> f64 {
        f64::from(self.ground_m[self.square(at_m)])
    }

    /// Whether something stands between two points (x, y, z). What they stand on and in does not count: the first and last squares.
    pub fn hide(&self, from_m: [f64; 3], to_m: [f64; 3]) -> bool {
        if !self.hides_something {
            return false;
        }
        let step = [0, 1, 2].map(|axis| to_m[axis] - from_m[axis]);
        let steps = libm::ceil(libm::hypot(step[0], step[1]) / self.cell_m) as usize;
        // Two squares at either end: an antenna on a roof looks over its edge, a vehicle stands beside a wall and not in it.
        (2..steps.saturating_sub(1)).any(|index| {
            let share = index as f64 / steps as f64;
            let top_m = self.top_m[self.square([from_m[0] + share * step[0], from_m[1] + share * step[1]])];
            f64::from(top_m) > from_m[2] + share * step[2]
        })
    }

    fn square(&self, at_m: [f64; 2]) -> usize {
        let column = ((at_m[0] - self.west_m) / self.cell_m).clamp(0.0, (self.columns - 1) as f64) as usize;
        let row = ((at_m[1] - self.south_m) / self.cell_m).clamp(0.0, (self.rows - 1) as f64) as usize;
        row * self.columns + column
    }

    /// Heights of lanes on the ground, then those of the nearest known square (a wave of equal steps from all of them).
    fn lay_ground(&mut self, network: &RoadNetwork) {
        for (index, lane) in network.lanes().iter().enumerate() {
            let steps = (lane.length_m / self.cell_m) as usize + 1;
            for step in 0..=steps {
                let s_m = lane.length_m * step as f64 / steps as f64;
                let is_lifted = lane.structures.iter().any(|&(from_m, to_m, kind)| {
                    matches!(kind, StructureKind::Bridge | StructureKind::Tunnel) && (from_m..=to_m).contains(&s_m)
                });
                if is_lifted {
                    continue;
                }
                let pose = network.lane_pose(road::LanePosition {
                    lane: LaneId(index as u32),
                    s_m,
                    offset_m: 0.0,
                });
                let square = self.square([pose.x_m, pose.y_m]);
                // The lowest lane is the ground; others are decks that nobody marked.
                let known = self.ground_m[square];
                self.ground_m[square] = if known.is_nan() {
                    pose.z_m as f32
                } else {
                    known.min(pose.z_m as f32)
                };
            }
        }
        let mut front: Vec<usize> = (0..self.ground_m.len())
            .filter(|&square| !self.ground_m[square].is_nan())
            .collect();
        if front.is_empty() {
            self.ground_m.fill(0.0);
        }
        let mut next = Vec::new();
        while !front.is_empty() {
            for &square in &front {
                let (column, row) = (square % self.columns, square / self.columns);
                let beside = [
                    (column > 0).then(|| square - 1),
                    (column + 1 < self.columns).then_some(square + 1),
                    (row > 0).then(|| square - self.columns),
                    (row + 1 < self.rows).then_some(square + self.columns),
                ];
                for other in beside.into_iter().flatten() {
                    if self.ground_m[other].is_nan() {
                        self.ground_m[other] = self.ground_m[square];
                        next.push(other);
                    }
                }
            }
            std::mem::swap(&mut front, &mut next);
            next.clear();
        }
    }

    /// Whether there is any.
    fn raise_buildings(&mut self, network: &RoadNetwork) -> bool {
        let mut has_any = false;
        for building in network
            .areas()
            .iter()
            .filter(|area| area.kind == AreaKind::Building && area.outline_m.len() > 2)
        {
            has_any = true;
            let [x_m, y_m] = building.outline_m[0];
            let height_m = if building.height_m > 0.0 {
                building.height_m
            } else {
                ROOF_M
            };
            let roof_m = (self.ground_m([x_m, y_m]) + height_m) as f32;
            let bounds = |axis: usize| {
                let of = building.outline_m.iter().map(|corner| corner[axis]);
                (of.clone().fold(f64::MAX, f64::min), of.fold(f64::MIN, f64::max))
            };
            let ((west_m, east_m), (south_m, north_m)) = (bounds(0), bounds(1));
            let across = ((east_m - west_m) / self.cell_m).clamp(0.0, self.columns as f64) as usize + 1;
            let up = ((north_m - south_m) / self.cell_m).clamp(0.0, self.rows as f64) as usize + 1;
            for row in 0..=up {
                for column in 0..=across {
                    let at_m = [west_m + column as f64 * self.cell_m, south_m + row as f64 * self.cell_m];
                    if holds(&building.outline_m, at_m) {
                        let square = self.square(at_m);
                        self.top_m[square] = self.top_m[square].max(roof_m);
                    }
                }
            }
        }
        has_any
    }
}

/// Whether a place lies within an outline: as many walls to its east as make an odd number.
fn holds(outline_m: &[[f64; 2]], [x_m, y_m]: [f64; 2]) -> bool {
    let sides = outline_m.iter().zip(outline_m.iter().cycle().skip(1));
    let to_the_east = sides
        .filter(|(a, b)| (a[1] > y_m) != (b[1] > y_m) && x_m < a[0] + (y_m - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
    to_the_east.count() % 2 == 1
}
