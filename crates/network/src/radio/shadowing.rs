//! Shadowing that belongs to places: near places are alike, one place is always the same.
//!
//! In go a seed, an owner (a mast) and a place; out comes a standard normal number, which the caller scales by the scenario's deviation.
//! Numbers on a lattice are drawn by hashing its nodes and mixed bilinearly, rescaled to unit variance; the mesh is such that the
//! correlation falls to 1/e at the scenario's distance, as TR 38.901 (clause 7.4.4) has it. No table is kept, so a field has no edge and
//! costs four hashes.

use record::Seed;

/// Correlation of the mixed field falls to 1/e at this share of the mesh (numerically, averaged over positions; a test measures it).
const CORRELATION_BY_MESH: f64 = 0.905;

/// A field of standard normal numbers over the plane.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    key: u64,
    nodes_per_m: f64,
}

impl Field {
    /// The field of a purpose and an owner, with a correlation distance.
    pub fn new(seed: Seed, purpose: &str, owner: u64, correlation_m: f64) -> Field {
        Field {
            key: seed.stream(purpose, owner).next_u64(),
            nodes_per_m: CORRELATION_BY_MESH / correlation_m,
        }
    }

    /// The number at a place.
    pub fn at(&self, [x_m, y_m]: [f64; 2]) -> f64 {
        let (x, y) = (x_m * self.nodes_per_m, y_m * self.nodes_per_m);
        let (column, row) = (libm::floor(x), libm::floor(y));
        let (u, v) = (x - column, y - row);
        let node = |right: i64, up: i64| self.node(column as i64 + right, row as i64 + up);
        let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
        let sum = weights[0] * node(0, 0) + weights[1] * node(1, 0) + weights[2] * node(0, 1) + weights[3] * node(1, 1);
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        sum / libm::sqrt(squares)
    }

    /// A standard normal number for a node: the sum of four uniform 16-bit parts of a hash, of variance 1 (Irwin and Hall). Its tails end at
    /// 3.46 deviations, beyond which no shadow is believed.
    fn node(&self, column: i64, row: i64) -> f64 {
        let mut z = self.key
            ^ (column as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (row as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        // SplitMix64's finisher, as in `record::Seed`.
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let sum = (z & 0xffff) + (z >> 16 & 0xffff) + (z >> 32 & 0xffff) + (z >> 48);
        // Mean 4 · 32767.5, variance 4 · 65536² / 12.
        (sum as f64 - 131_070.0) / 37_837.23
    }
}
