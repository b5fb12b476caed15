//! A grid over the plane: who is near a point, rebuilt each tick.
//!
//! In go points; out come the indices of those whose cell a query touches. Cells hash into a table of linked lists, so
//! that a rebuild costs a few writes a point, nothing depends on the size of the map, and nothing is
//! allocated once the table has grown. The order of a query's answers depends only on the points and their order.

/// Points in cells.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    cell_m: f64,
    /// For each slot of the table, one more than the point inserted last; 0 if none.
    heads: Vec<u32>,
    /// For each point: its cell, and the point inserted before it in the same slot (one more, 0 if none).
    links: Vec<(i32, i32, u32)>,
    /// The outermost cells that hold a point: first column and row, last column and row.
    bounds: [i32; 4],
}

/// The bounds of no point.
const NOWHERE: [i32; 4] = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];

impl Grid {
    /// An empty grid with square cells of `cell_m`; best about half the usual query radius.
    pub fn new(cell_m: f64) -> Grid {
        assert!(cell_m > 0.0, "cells of {cell_m} m");
        Grid {
            cell_m,
            heads: vec![0; 256],
            links: Vec::new(),
            bounds: NOWHERE,
        }
    }

    /// Forgets all points and takes these; a point's index is its place in the row.
    pub fn rebuild(&mut self, points_m: impl ExactSizeIterator<Item = [f64; 2]>) {
        let slots = (2 * points_m.len()).next_power_of_two().max(self.heads.len());
        self.heads.clear();
        self.heads.resize(slots, 0);
        self.links.clear();
        self.bounds = NOWHERE;
        for [x_m, y_m] in points_m {
            let (column, row) = self.cell(x_m, y_m);
            let [west, south, east, north] = self.bounds;
            self.bounds = [west.min(column), south.min(row), east.max(column), north.max(row)];
            let slot = slot(column, row, slots);
            self.links.push((column, row, self.heads[slot]));
            self.heads[slot] = self.links.len() as u32;
        }
    }

    /// Calls `visit` with the index of every point in the cells that the square of half side `radius_m` about a point
    /// touches: all points within the radius, and some beyond.
    pub fn visit(&self, [x_m, y_m]: [f64; 2], radius_m: f64, mut visit: impl FnMut(usize)) {
        let (west, south) = self.cell(x_m - radius_m, y_m - radius_m);
        let (east, north) = self.cell(x_m + radius_m, y_m + radius_m);
        for row in south.max(self.bounds[1])..=north.min(self.bounds[3]) {
            for column in west.max(self.bounds[0])..=east.min(self.bounds[2]) {
                let mut link = self.heads[slot(column, row, self.heads.len())];
                while link != 0 {
                    let (at_column, at_row, next) = self.links[link as usize - 1];
                    if (at_column, at_row) == (column, row) {
                        visit(link as usize - 1);
                    }
                    link = next;
                }
            }
        }
    }

    fn cell(&self, x_m: f64, y_m: f64) -> (i32, i32) {
        // `as` saturates: a point beyond two billion cells stays findable in the outermost one.
        ((x_m / self.cell_m).floor() as i32, (y_m / self.cell_m).floor() as i32)
    }
}

fn slot(column: i32, row: i32, slots: usize) -> usize {
    let key = (u64::from(column as u32) << 32) | u64::from(row as u32);
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn everyone_within_the_radius_is_found_once(
            points in prop::collection::vec((-500.0..500.0f64, -500.0..500.0f64), 0..300),
            x in -500.0..500.0f64, y in -500.0..500.0f64, radius in 0.0..200.0f64,
        ) {
            let mut grid = Grid::new(40.0);
            grid.rebuild(points.iter().map(|&(x, y)| [x, y]));
            let within = |i: &usize| libm::hypot(points[*i].0 - x, points[*i].1 - y) <= radius;
            let mut found = Vec::new();
            grid.visit([x, y], radius, |i| found.push(i));
            found.retain(within);
            found.sort_unstable();
            prop_assert_eq!(found, (0..points.len()).filter(within).collect::<Vec<_>>());
        }
    }
}
