//! Noise of sensors: errors that are remembered for a while, as real ones are.
//!
//! In go a standard deviation, a correlation time and a random stream; out comes a first-order Gauss–Markov process
//! (Gelb, "Applied Optimal Estimation", 1974, section 3.6), the usual model of positioning and tracking errors.

use record::Stream;

/// An error that wanders about zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Wander {
    pub value: f64,
}

/// How a [`Wander`] of one kind forgets: the factors of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Forgetting {
    keep: f64,
    renew: f64,
}

impl Forgetting {
    /// For steps of `step_s` and a correlation time of `correlation_s`.
    pub fn new(step_s: f64, correlation_s: f64) -> Forgetting {
        let keep = libm::exp(-step_s / correlation_s);
        // Chosen so that the spread stays what it is: Var = keep² Var + renew² Var.
        Forgetting {
            keep,
            renew: (1.0 - keep * keep).sqrt(),
        }
    }
}

impl Wander {
    /// An error drawn from its stationary spread.
    pub fn new(deviation: f64, stream: &mut Stream) -> Wander {
        Wander {
            value: deviation * bounded_normal(stream),
        }
    }

    /// One step on.
    pub fn step(&mut self, deviation: f64, forgetting: Forgetting, stream: &mut Stream) {
        self.value = forgetting.keep * self.value + forgetting.renew * deviation * bounded_normal(stream);
    }
}

/// Nearly standard normal: the sum of four uniform draws from one word, within ±3.47. Some hundreds are drawn a cycle,
/// and a logarithm, a root and a cosine each (80 ns) would cost more than all the rest of an observation; sensors
/// reject outliers anyway.
pub(crate) fn bounded_normal(stream: &mut Stream) -> f64 {
    let word = stream.next_u64();
    let sum = (word & 0xffff) + (word >> 16 & 0xffff) + (word >> 32 & 0xffff) + (word >> 48);
    // Four uniform values on 0..65535 have mean 2 * 65535 and variance (65536² - 1) / 3.
    (sum as f64 - 131_070.0) * (1.732_050_807_568_877_2 / 65_536.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Seed;

    #[test]
    fn an_error_keeps_its_spread_and_forgets_at_its_rate() {
        let mut stream = Seed(5).stream("test.wander", 0);
        let forgetting = Forgetting::new(0.1, 2.0);
        let mut error = Wander::new(0.05, &mut stream);
        let values: Vec<f64> = (0..400_000)
            .map(|_| {
                error.step(0.05, forgetting, &mut stream);
                error.value
            })
            .collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / count;
        // One correlation time apart, the correlation of a Gauss–Markov process is 1/e.
        let lagged = values.windows(21).map(|w| w[0] * w[20]).sum::<f64>() / (count - 20.0) / variance;
        assert!(mean.abs() < 0.002, "mean {mean}");
        assert!((variance.sqrt() - 0.05).abs() < 0.001, "deviation {}", variance.sqrt());
        assert!((lagged - libm::exp(-1.0)).abs() < 0.02, "correlation {lagged}");
    }
}
