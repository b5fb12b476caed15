//! Who is whose: the cheapest one-to-one assignment.
//!
//! Shortest augmenting paths (Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear
//! assignment problems", Computing 38, 1987), rows to columns, cubic in the smaller number. Memory is kept between calls.

/// Solves assignments again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assignment {
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    /// The row of each column, plus one; 0 is none.
    row_of: Vec<usize>,
    before: Vec<usize>,
    shortest: Vec<f64>,
    is_reached: Vec<bool>,
}

impl Assignment {
    /// Assigns each row a column of its own so that the sum of `cost(row, column)` is least. There must be at least as many
    /// columns as rows and costs must be finite. `column_of[row]` is written.
    pub fn solve(
        &mut self,
        rows: usize,
        columns: usize,
        cost: impl Fn(usize, usize) -> f64,
        column_of: &mut Vec<usize>,
    ) {
        debug_assert!(rows <= columns);
        let reset = |values: &mut Vec<f64>, length: usize| {
            values.clear();
            values.resize(length, 0.0);
        };
        reset(&mut self.row_price, rows + 1);
        reset(&mut self.column_price, columns + 1);
        self.row_of.clear();
        self.row_of.resize(columns + 1, 0);
        self.before.clear();
        self.before.resize(columns + 1, 0);
        for row in 1..=rows {
            self.shortest.clear();
            self.shortest.resize(columns + 1, f64::INFINITY);
            self.is_reached.clear();
            self.is_reached.resize(columns + 1, false);
            self.row_of[0] = row;
            let mut column = 0;
            // Grow a tree of alternating paths until a free column is reached.
            while self.row_of[column] != 0 {
                self.is_reached[column] = true;
                let from = self.row_of[column];
                let (mut least, mut next) = (f64::INFINITY, 0);
                for to in 1..=columns {
                    if self.is_reached[to] {
                        continue;
                    }
                    let reduced = cost(from - 1, to - 1) - self.row_price[from] - self.column_price[to];
                    if reduced < self.shortest[to] {
                        self.shortest[to] = reduced;
                        self.before[to] = column;
                    }
                    if self.shortest[to] < least {
                        least = self.shortest[to];
                        next = to;
                    }
                }
                for to in 0..=columns {
                    if self.is_reached[to] {
                        self.row_price[self.row_of[to]] += least;
                        self.column_price[to] -= least;
                    } else {
                        self.shortest[to] -= least;
                    }
                }
                column = next;
            }
            while column != 0 {
                let before = self.before[column];
                self.row_of[column] = self.row_of[before];
                column = before;
            }
        }
        column_of.clear();
        column_of.resize(rows, 0);
        for column in 1..=columns {
            if self.row_of[column] != 0 {
                column_of[self.row_of[column] - 1] = column - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The least sum over all ways to assign, by trying them.
    fn least(rows: usize, columns: usize, cost: &dyn Fn(usize, usize) -> f64, taken: &mut Vec<usize>) -> f64 {
        if taken.len() == rows {
            return 0.0;
        }
        let row = taken.len();
        let mut best = f64::INFINITY;
        for column in 0..columns {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost(row, column) + least(rows, columns, cost, taken));
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_cheaper(
            rows in 1usize..5, more in 0usize..3, costs in prop::collection::vec(-10.0..10.0f64, 35),
        ) {
            let columns = rows + more;
            let cost = |row: usize, column: usize| costs[row * 7 + column];
            let mut column_of = Vec::new();
            Assignment::default().solve(rows, columns, cost, &mut column_of);
            let mut sorted = column_of.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), rows, "each its own");
            let sum: f64 = column_of.iter().enumerate().map(|(row, &column)| cost(row, column)).sum();
            prop_assert!((sum - least(rows, columns, &cost, &mut Vec::new())).abs() < 1e-9);
        }
    }
}
