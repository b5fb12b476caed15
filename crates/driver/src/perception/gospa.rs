//! How good a picture of the world is: the generalised optimal sub-pattern assignment metric.
//!
//! GOSPA with α = 2 (Rahmathullah, García-Fernández and Svensson, "Generalized optimal sub-pattern assignment metric",
//! FUSION 2017, proposition 1): distances of what was found to what there is, plus a price for what was missed and for what
//! is not there, each half of the cut-off's power.

use super::assignment::Assignment;

/// A distance between two sets of places, in its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gospa {
    /// The metric itself, of order 2.
    pub distance_m: f64,
    /// Sum of squared distances of those that were found, m².
    pub placing_m2: f64,
    /// How many there are that were not found.
    pub missed: usize,
    /// How many were found that are not there.
    pub phantoms: usize,
}

/// The distance from `truth` to `found`, no single one counted beyond `cut_off_m`.
pub fn gospa(truth: &[[f64; 2]], found: &[[f64; 2]], cut_off_m: f64) -> Gospa {
    let cut_off_m2 = cut_off_m * cut_off_m;
    let (few, many, is_swapped) = if truth.len() <= found.len() {
        (truth, found, false)
    } else {
        (found, truth, true)
    };
    let square_m2 = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
    // Two that lie beyond the cut-off from each other cost as much together as one missed and one phantom.
    let cost = |a: usize, b: usize| square_m2(few[a], many[b]).min(cut_off_m2);
    let mut column_of = Vec::new();
    Assignment::default().solve(few.len(), many.len(), cost, &mut column_of);
    let near = column_of
        .iter()
        .enumerate()
        .map(|(a, &b)| square_m2(few[a], many[b]))
        .filter(|&m2| m2 < cut_off_m2);
    let (placing_m2, pairs) = near.fold((0.0, 0), |(sum, count), m2| (sum + m2, count + 1));
    let (alone_few, alone_many) = (few.len() - pairs, many.len() - pairs);
    let (missed, phantoms) = if is_swapped {
        (alone_many, alone_few)
    } else {
        (alone_few, alone_many)
    };
    Gospa {
        distance_m: (placing_m2 + 0.5 * cut_off_m2 * (missed + phantoms) as f64).sqrt(),
        placing_m2,
        missed,
        phantoms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_phantoms_and_distances_are_priced_apart() {
        let truth = [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]];
        // One found a metre off, one found exactly, one missed, one that is not there.
        let found = [[1.0, 0.0], [20.0, 0.0], [50.0, 50.0]];
        let metric = gospa(&truth, &found, 4.0);
        assert_eq!((metric.missed, metric.phantoms), (1, 1));
        assert!((metric.placing_m2 - 1.0).abs() < 1e-12);
        assert!((metric.distance_m - 17.0f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn nothing_from_nothing_is_no_distance_and_swapping_changes_only_the_names() {
        assert_eq!(gospa(&[], &[], 2.0), Gospa::default());
        let (a, b) = ([[0.0, 0.0]], [[0.5, 0.0], [9.0, 0.0]]);
        let (one, other) = (gospa(&a, &b, 2.0), gospa(&b, &a, 2.0));
        assert_eq!(one.distance_m, other.distance_m);
        assert_eq!((one.missed, one.phantoms), (0, 1));
        assert_eq!((other.missed, other.phantoms), (1, 0));
    }
}
