//! A parameter of a logical scenario: which values it takes, and how often.
//!
//! In goes a share from 0 to 1; out comes a value by the inverse of the distribution function, so that any sampler that
//! fills the unit cube evenly fills the parameters as their laws say. A law is cut at its range and what is left counts
//! as the whole. The inverse of the normal distribution is Wichura's AS 241 (Applied Statistics 37, 1988), exact to about
//! 1e-16; its function is that of libm's `erfc`.

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in the scenario's file.
    pub name: String,
    /// Unit as people write it.
    pub unit: String,
    /// How its values are spread.
    pub law: Law,
    /// Distance of values in a grid.
    pub step: Option<f64>,
}

/// How values are spread.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Any value of a range alike.
    Uniform {
        /// From, to.
        range: [f64; 2],
    },
    /// These values, with shares that sum to 1.
    Values {
        /// Value and share.
        values: Vec<(f64, f64)>,
    },
    /// Normal, cut at a range.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        deviation: f64,
        /// From, to.
        range: [f64; 2],
    },
    /// The logarithm is normal, cut at a range.
    LogNormal {
        /// Mean of the logarithm.
        mean: f64,
        /// Standard deviation of the logarithm.
        deviation: f64,
        /// From, to, of the value.
        range: [f64; 2],
    },
    /// Ranges, any value of one alike, with shares that sum to 1.
    Histogram {
        /// From, to, share.
        bins: Vec<[f64; 3]>,
    },
}

impl Parameter {
    /// The value below which the `share` of all lies.
    pub fn value(&self, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        rounded(match &self.law {
            Law::Uniform { range: [low, high] } => low + share * (high - low),
            Law::Values { values } => {
                let mut left = share;
                let found = values.iter().find(|(_, weight)| {
                    left -= weight;
                    left < 0.0
                });
                found.or(values.last()).map_or(f64::NAN, |(value, _)| *value)
            }
            Law::Normal { mean, deviation, range } => cut(share, *mean, *deviation, *range),
            Law::LogNormal { mean, deviation, range } => {
                let [low, high] = range.map(|value| libm::log(value.max(f64::MIN_POSITIVE)));
                libm::exp(cut(share, *mean, *deviation, [low, high])).clamp(range[0], range[1])
            }
            Law::Histogram { bins } => {
                let mut left = share;
                let mut value = bins.last().map_or(f64::NAN, |bin| bin[1]);
                for &[low, high, weight] in bins {
                    if left < weight {
                        value = low + (high - low) * left / weight;
                        break;
                    }
                    left -= weight;
                }
                value
            }
        })
    }

    /// Lowest and highest value.
    pub fn range(&self) -> [f64; 2] {
        match &self.law {
            Law::Uniform { range } | Law::Normal { range, .. } | Law::LogNormal { range, .. } => *range,
            Law::Values { values } => {
                let all = values.iter().map(|(value, _)| *value);
                [
                    all.clone().fold(f64::INFINITY, f64::min),
                    all.fold(f64::NEG_INFINITY, f64::max),
                ]
            }
            Law::Histogram { bins } => [
                bins.iter().map(|bin| bin[0]).fold(f64::INFINITY, f64::min),
                bins.iter().map(|bin| bin[1]).fold(f64::NEG_INFINITY, f64::max),
            ],
        }
    }

    /// The values of a grid: those that are listed, those a step apart, or both ends and the middle.
    pub fn grid(&self) -> Vec<f64> {
        if let Law::Values { values } = &self.law {
            return values.iter().map(|(value, _)| *value).collect();
        }
        let [low, high] = self.range();
        let step = self.step.unwrap_or(0.5 * (high - low));
        let count = ((high - low) / step + 1e-6) as usize;
        (0..=count).map(|index| rounded(low + index as f64 * step)).collect()
    }

    /// Whether its values are of a list.
    pub fn is_discrete(&self) -> bool {
        matches!(self.law, Law::Values { .. })
    }
}

/// A value as it is written into a scenario.
pub fn written(value: f64) -> String {
    format!("{value}")
}

/// Nine digits: enough for any parameter, and short in a report.
fn rounded(value: f64) -> f64 {
    let text = format!("{value:.8e}");
    text.parse().unwrap_or(value)
}

fn cut(share: f64, mean: f64, deviation: f64, [low, high]: [f64; 2]) -> f64 {
    let [from, to] = [low, high].map(|value| normal_below((value - mean) / deviation));
    (mean + deviation * normal_quantile(from + share * (to - from))).clamp(low, high)
}

/// Share of the standard normal distribution below `x`.
pub fn normal_below(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The value below which a share of the standard normal distribution lies; infinite at 0 and 1.
pub fn normal_quantile(share: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_545,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let ratio = |above: &[f64; 8], below: &[f64; 8], x: f64| {
        let at = |of: &[f64; 8]| of.iter().rev().fold(0.0, |sum, term| sum * x + term);
        at(above) / at(below)
    };
    let q = share - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&A, &B, 0.180_625 - q * q);
    }
    let tail = if q < 0.0 { share } else { 1.0 - share };
    if tail <= 0.0 {
        return q.signum() * f64::INFINITY;
    }
    let r = libm::sqrt(-libm::log(tail));
    let x = match r <= 5.0 {
        true => ratio(&C, &D, r - 1.6),
        false => ratio(&E, &F, r - 5.0),
    };
    q.signum() * x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_quantile_is_the_inverse_of_its_function() {
        for index in 1..2000 {
            let share = f64::from(index) / 2000.0;
            assert!((normal_below(normal_quantile(share)) - share).abs() < 1e-14, "{share}");
        }
        for (share, value) in [
            (0.975, 1.959963984540054),
            (1e-6, -4.753424308822899),
            (1e-12, -7.034483825301132),
        ] {
            assert!(
                (normal_quantile(share) - value).abs() < 1e-9,
                "{share}: {}",
                normal_quantile(share)
            );
        }
    }

    #[test]
    fn shares_of_a_list_and_a_histogram_are_those_that_were_written() {
        let of = |law| Parameter {
            name: "x".to_owned(),
            unit: String::new(),
            law,
            step: None,
        };
        let list = of(Law::Values {
            values: vec![(1.0, 0.2), (2.0, 0.5), (3.0, 0.3)],
        });
        let count = |value: f64| {
            (0..1000)
                .filter(|i| list.value((f64::from(*i) + 0.5) / 1000.0) == value)
                .count()
        };
        assert_eq!([count(1.0), count(2.0), count(3.0)], [200, 500, 300]);
        let bins = of(Law::Histogram {
            bins: vec![[0.0, 1.0, 0.25], [1.0, 3.0, 0.75]],
        });
        assert_eq!(bins.value(0.25), 1.0);
        assert_eq!(bins.value(0.625), 2.0);
        assert_eq!(bins.value(1.0), 3.0);
    }
}
