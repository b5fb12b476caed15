//! Gains kept for every square of a site, for those who ask thousands of times a second where vehicles are.
//!
//! In go an environment and the map's bounds; out come gains at the middle of the square of a place, without computing anything. Sketch: 20 km² in
//! squares of 13 m and 45 cells of four bytes are 21 MB; a place costs one row of memory. Tunnels are not in it: who is in one asks the environment.

use super::environment::{Environment, Place};
use rayon::prelude::*;

/// Squares at most.
const SQUARES_MAX: f64 = 120_000.0;
/// Sides of squares at least.
const SQUARE_M_MIN: f64 = 5.0;

/// Gains by square.
#[derive(Clone, Debug)]
pub struct GainMap {
    west_m: f64,
    south_m: f64,
    square_m: f64,
    columns: usize,
    rows: usize,
    cells: usize,
    gains: Vec<f32>,
}

impl GainMap {
    /// Of an area (west, south, east, north).
    pub fn of(environment: &Environment, [west_m, south_m, east_m, north_m]: [f64; 4]) -> GainMap {
        let (wide_m, tall_m) = ((east_m - west_m).max(1.0), (north_m - south_m).max(1.0));
        let square_m = SQUARE_M_MIN.max(libm::sqrt(wide_m * tall_m / SQUARES_MAX));
        let (columns, rows) = ((wide_m / square_m) as usize + 1, (tall_m / square_m) as usize + 1);
        let cells = environment.site().cells().count();
        let mut gains = vec![0.0; columns * rows * cells];
        gains
            .par_chunks_mut(cells.max(1))
            .enumerate()
            .for_each(|(square, gains)| {
                let middle = |index: usize| (index as f64 + 0.5) * square_m;
                let at_m = [west_m + middle(square % columns), south_m + middle(square / columns)];
                environment.gains(Place::open(at_m), gains);
            });
        GainMap {
            west_m,
            south_m,
            square_m,
            columns,
            rows,
            cells,
            gains,
        }
    }

    /// Gains of all cells at a place; places outside have those of the nearest square.
    pub fn at(&self, [x_m, y_m]: [f64; 2]) -> &[f32] {
        let column = ((x_m - self.west_m) / self.square_m).clamp(0.0, (self.columns - 1) as f64) as usize;
        let row = ((y_m - self.south_m) / self.square_m).clamp(0.0, (self.rows - 1) as f64) as usize;
        let begin = (row * self.columns + column) * self.cells;
        &self.gains[begin..begin + self.cells]
    }
}
