//! How a logical scenario is sampled: which concrete values its run number i has.
//!
//! In go parameters, a kind of sampler, a number of runs and a seed; out come the values of any run by its number, so that
//! runs need no order and a campaign may stop and go on anywhere. Each draw comes from a stream named after the scenario.
//! Sources: McKay, Beckman and Conover (1979) for Latin hypercubes, the module [`crate::sobol`] for Sobol's sequence.

use crate::parameter::Parameter;
use crate::sobol::{DIMENSIONS_MAX, Sobol};
use record::Seed;

/// A Latin hypercube keeps its permutations in memory: so many runs at most.
pub const LATIN_RUNS_MAX: u64 = 10_000_000;

/// Kinds of samplers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplerKind {
    /// Every combination of the parameters' grid values; the last one changes fastest.
    Grid,
    /// Each parameter has one value in each of as many equal shares as there are runs.
    LatinHypercube,
    /// Sobol's sequence.
    Sobol,
    /// Each run is drawn for itself.
    MonteCarlo,
}

impl SamplerKind {
    /// All by name.
    pub const NAMES: [(&'static str, SamplerKind); 4] = [
        ("grid", SamplerKind::Grid),
        ("latin_hypercube", SamplerKind::LatinHypercube),
        ("sobol", SamplerKind::Sobol),
        ("monte_carlo", SamplerKind::MonteCarlo),
    ];

    /// Its name in files.
    pub fn word(self) -> &'static str {
        let found = SamplerKind::NAMES.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }

    /// Whether its runs are independent draws of the parameters' laws, so that statistics of chance apply.
    pub fn is_random(self) -> bool {
        self == SamplerKind::MonteCarlo
    }
}

/// A sampler at work.
#[derive(Clone, Debug)]
pub struct Sampler<'a> {
    parameters: &'a [Parameter],
    runs: u64,
    seed: Seed,
    of: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Grid(Vec<Vec<f64>>),
    /// Of each parameter the permutation of the shares.
    Latin(Vec<Vec<u32>>),
    Sobol(Sobol),
    MonteCarlo,
}

/// Number of combinations of a grid; `None` beyond what can be counted.
pub fn grid_size(parameters: &[Parameter]) -> Option<u64> {
    let sizes = parameters.iter().map(|parameter| parameter.grid().len() as u64);
    sizes.into_iter().try_fold(1u64, u64::checked_mul)
}

impl<'a> Sampler<'a> {
    /// A sampler of some runs; `seed` is the scenario's own. A grid has the runs that it has, at most `runs`.
    ///
    /// # Panics
    /// If there are more parameters than Sobol's sequence has dimensions, or more runs than a hypercube may have: the
    /// suite's check tells that before.
    pub fn new(kind: SamplerKind, parameters: &'a [Parameter], runs: u64, seed: Seed) -> Sampler<'a> {
        assert!(parameters.len() <= DIMENSIONS_MAX, "{} parameters", parameters.len());
        let mut runs = runs;
        let of = match kind {
            SamplerKind::Grid => {
                runs = runs.min(grid_size(parameters).unwrap_or(u64::MAX));
                Kind::Grid(parameters.iter().map(Parameter::grid).collect())
            }
            SamplerKind::LatinHypercube => {
                assert!(runs <= LATIN_RUNS_MAX, "{runs} runs of a hypercube");
                let permutations = (0..parameters.len() as u64).map(|index| {
                    let mut stream = seed.stream("proving.latin", index);
                    let mut order: Vec<u32> = (0..runs as u32).collect();
                    for last in (1..order.len()).rev() {
                        order.swap(last, stream.below(last + 1));
                    }
                    order
                });
                Kind::Latin(permutations.collect())
            }
            SamplerKind::Sobol => Kind::Sobol(Sobol::new(parameters.len(), seed)),
            SamplerKind::MonteCarlo => Kind::MonteCarlo,
        };
        Sampler {
            parameters,
            runs,
            seed,
            of,
        }
    }

    /// How many runs there are.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The values of one run, in the parameters' order.
    pub fn values(&self, index: u64) -> Vec<f64> {
        if let Kind::Grid(values) = &self.of {
            let mut left = index;
            let mut chosen: Vec<f64> = values
                .iter()
                .rev()
                .map(|values| {
                    let value = values[(left % values.len() as u64) as usize];
                    left /= values.len() as u64;
                    value
                })
                .collect();
            chosen.reverse();
            return chosen;
        }
        let mut stream = self.seed.stream("proving.sample", index);
        let shares = (0..self.parameters.len()).map(|dimension| match &self.of {
            Kind::Sobol(sobol) => sobol.share(index, dimension),
            Kind::Latin(orders) => (f64::from(orders[dimension][index as usize]) + stream.uniform()) / self.runs as f64,
            Kind::MonteCarlo | Kind::Grid(_) => stream.uniform(),
        });
        let shares: Vec<f64> = shares.collect();
        self.at(&shares)
    }

    /// The values at a place of the unit cube.
    pub fn at(&self, shares: &[f64]) -> Vec<f64> {
        self.parameters
            .iter()
            .zip(shares)
            .map(|(parameter, share)| parameter.value(*share))
            .collect()
    }
}
