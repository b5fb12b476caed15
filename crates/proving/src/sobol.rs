//! Sobol's sequence, scrambled by a digital shift, in up to [`DIMENSIONS_MAX`] dimensions.
//!
//! In go an index and a dimension; out comes a share from 0 to 1, anything of the sequence by its number, so that runs
//! need no order. Direction numbers are those of Joe and Kuo ("Constructing Sobol sequences with better two-dimensional
//! projections", SIAM Journal on Scientific Computing 30, 2008; the set new-joe-kuo-6). The shift is drawn from the seed,
//! which keeps every interval of a power of two as full as it was.

use record::Seed;

/// Dimensions that there are direction numbers for: more than any logical scenario has parameters.
pub const DIMENSIONS_MAX: usize = 21;
/// Bits of a share.
const BITS: usize = 32;

/// Degree of the primitive polynomial, its inner coefficients as bits, first direction numbers; of the dimensions from
/// the second on.
const JOE_KUO: [(u32, u32, &[u32]); DIMENSIONS_MAX - 1] = [
    (1, 0, &[1]),
    (2, 1, &[1, 3]),
    (3, 1, &[1, 3, 1]),
    (3, 2, &[1, 1, 1]),
    (4, 1, &[1, 1, 3, 3]),
    (4, 4, &[1, 3, 5, 13]),
    (5, 2, &[1, 1, 5, 5, 17]),
    (5, 4, &[1, 1, 5, 5, 5]),
    (5, 7, &[1, 1, 7, 11, 19]),
    (5, 11, &[1, 1, 5, 1, 1]),
    (5, 13, &[1, 1, 1, 3, 11]),
    (5, 14, &[1, 3, 5, 5, 31]),
    (6, 1, &[1, 3, 3, 9, 7, 49]),
    (6, 13, &[1, 1, 1, 15, 21, 21]),
    (6, 16, &[1, 3, 1, 13, 27, 49]),
    (6, 19, &[1, 1, 1, 15, 7, 5]),
    (6, 22, &[1, 3, 1, 15, 13, 25]),
    (6, 25, &[1, 1, 5, 5, 19, 61]),
    (7, 1, &[1, 3, 7, 11, 23, 15, 103]),
    (7, 4, &[1, 3, 7, 13, 13, 15, 69]),
];

/// The sequence in some dimensions.
#[derive(Clone, Debug)]
pub struct Sobol {
    directions: Vec<[u32; BITS]>,
    shifts: Vec<u32>,
}

impl Sobol {
    /// The sequence, shifted by a seed. Panics if there are more dimensions than [`DIMENSIONS_MAX`].
    pub fn new(dimensions: usize, seed: Seed) -> Sobol {
        assert!(
            dimensions <= DIMENSIONS_MAX,
            "{dimensions} dimensions of Sobol's sequence"
        );
        let mut stream = seed.stream("proving.sobol", 0);
        Sobol {
            directions: (0..dimensions).map(directions).collect(),
            shifts: (0..dimensions).map(|_| (stream.next_u64() >> 32) as u32).collect(),
        }
    }

    /// The share of one dimension at an index, in the middle of its cell.
    pub fn share(&self, index: u64, dimension: usize) -> f64 {
        // In Gray code's order one bit changes from one index to the next; any index can be asked for alone.
        let gray = index ^ (index >> 1);
        let directions = &self.directions[dimension];
        let mut bits = self.shifts[dimension];
        for (bit, direction) in directions.iter().enumerate() {
            if gray >> bit & 1 == 1 {
                bits ^= direction;
            }
        }
        (f64::from(bits) + 0.5) / libm::exp2(BITS as f64)
    }
}

fn directions(dimension: usize) -> [u32; BITS] {
    let mut m = [0u32; BITS];
    match dimension {
        0 => m = [1; BITS],
        _ => {
            let (degree, inner, first) = JOE_KUO[dimension - 1];
            let degree = degree as usize;
            m[..degree].copy_from_slice(first);
            for index in degree..BITS {
                let mut next = m[index - degree] ^ (m[index - degree] << degree);
                for k in 1..degree {
                    if inner >> (degree - 1 - k) & 1 == 1 {
                        next ^= m[index - k] << k;
                    }
                }
                m[index] = next;
            }
        }
    }
    std::array::from_fn(|index| m[index] << (BITS - 1 - index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dimension_has_one_point_in_every_interval_of_a_power_of_two() {
        let sobol = Sobol::new(DIMENSIONS_MAX, Seed(7));
        for dimension in 0..DIMENSIONS_MAX {
            let mut seen = vec![0; 1024];
            for index in 0..1024 {
                seen[(sobol.share(index, dimension) * 1024.0) as usize] += 1;
            }
            assert!(seen.iter().all(|&count| count == 1), "dimension {dimension}");
        }
    }

    #[test]
    fn two_dimensions_fill_every_elementary_box_of_the_first_two() {
        let sobol = Sobol::new(2, Seed(1));
        for (across, along) in [(64, 1), (16, 4), (8, 8), (2, 32)] {
            let mut seen = vec![0; 64];
            for index in 0..64 {
                let place = |dimension, count: usize| (sobol.share(index, dimension) * count as f64) as usize;
                seen[place(0, across) * along + place(1, along)] += 1;
            }
            assert!(seen.iter().all(|&count| count == 1), "{across} by {along}");
        }
    }
}
