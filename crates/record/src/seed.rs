//! Seeds and the named random streams that grow from them.
//!
//! In goes one number a user typed; out comes, for each purpose and each owner, a stream of its own. Adding a vehicle
//! adds a stream and changes no other's luck, which is what makes two runs comparable. The generator is PCG
//! (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
//! Generation", 2014), variant XSL-RR 128/64: 32 bytes a stream, so that each of a million vehicles may own one.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// What a run's luck is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream for `purpose` (a constant name such as `"traffic.insertion"`) of `owner` (an id, zero if there is
    /// only one). The same three always give the same stream, on every machine and in every version.
    pub fn stream(self, purpose: &str, owner: u64) -> Stream {
        let mut hash = Fnv::new();
        hash.write(&self.0.to_le_bytes());
        hash.write(purpose.as_bytes());
        hash.write(&owner.to_le_bytes());
        // FNV alone leaves neighbouring owners correlated; SplitMix64 spreads them over the generator's 32 bytes.
        let mut state = hash.0;
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&split_mix_64(&mut state).to_le_bytes());
        }
        Stream(Pcg64::from_seed(bytes))
    }

    /// A seed for a run within this run (one of a campaign, say): as independent as a stream is.
    pub fn child(self, purpose: &str, index: u64) -> Seed {
        Seed(self.stream(purpose, index).next_u64())
    }
}

/// An endless row of random numbers with one owner.
#[derive(Clone, Debug)]
pub struct Stream(Pcg64);

impl Stream {
    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform on [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform on 0..`count`. Panics if `count` is zero.
    pub fn below(&mut self, count: usize) -> usize {
        assert!(count > 0, "a choice among nothing");
        // Multiply-shift (Lemire 2019); its bias, count / 2^64, is beyond any sample we could draw.
        ((u128::from(self.next_u64()) * count as u128) >> 64) as usize
    }

    /// True with this `probability`.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Exponential waiting time of a Poisson process with `rate_per_s`, in seconds.
    pub fn exponential_s(&mut self, rate_per_s: f64) -> f64 {
        -libm::log(1.0 - self.uniform()) / rate_per_s
    }

    /// Standard normal (Box and Muller 1958; the second value is thrown away so that a draw is always two words).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(std::f64::consts::TAU * v)
    }
}

/// FNV-1a (RFC 9923), 64 bit: a stable hash of a few bytes, which `std`'s hasher does not promise to be.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
fn split_mix_64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_owner_and_on_nothing_else() {
        let first = |seed: u64, purpose: &str, owner| Seed(seed).stream(purpose, owner).next_u64();
        let base = first(1, "traffic", 7);
        assert_eq!(base, first(1, "traffic", 7));
        assert_ne!(base, first(2, "traffic", 7));
        assert_ne!(base, first(1, "sensor", 7));
        assert_ne!(base, first(1, "traffic", 8));
    }

    #[test]
    fn the_first_words_of_a_stream_are_pinned_for_ever() {
        let mut stream = Seed(42).stream("example", 0);
        let words: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        assert_eq!(words, PINNED);
    }

    /// If these change, every recorded digest changes with them: that is a new major version, on purpose.
    const PINNED: [u64; 3] = [2145923522296006178, 13585685897056511963, 8298119192789684041];

    #[test]
    fn draws_have_the_mean_and_spread_they_promise() {
        let mut stream = Seed(3).stream("moments", 0);
        let n = 200_000;
        let normal: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(n);
        let variance = normal.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
        let wait = (0..n).map(|_| stream.exponential_s(0.5)).sum::<f64>() / f64::from(n);
        assert!((wait - 2.0).abs() < 0.03, "mean wait {wait}");
    }
}
