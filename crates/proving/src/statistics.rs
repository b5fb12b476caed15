//! Shares of failures with intervals that hold what they claim.
//!
//! In go counts; out come the share and the interval of Clopper and Pearson (Biometrika 26, 1934), which covers the true
//! probability at least as often as its confidence says, whatever that probability is. Its ends are quantiles of the beta
//! distribution, found by bisection on the regularised incomplete beta function (continued fraction by Lentz's method,
//! Numerical Recipes 6.4). Own code because results have to be the same bytes on every machine: `libm` throughout.

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The most likely value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How often such intervals hold the truth, from 0 to 1.
    pub confidence: f64,
}

/// The confidence of intervals in reports.
pub const CONFIDENCE: f64 = 0.95;

/// The probability behind `hits` of `trials`, by Clopper and Pearson. Panics if there are more hits than trials or none of
/// these.
pub fn clopper_pearson(hits: u64, trials: u64, confidence: f64) -> Estimate {
    assert!(trials > 0, "a share of nothing");
    assert!(hits <= trials, "{hits} of {trials}");
    let (x, n) = (hits as f64, trials as f64);
    let tail = 0.5 * (1.0 - confidence);
    Estimate {
        value: x / n,
        low: if hits == 0 {
            0.0
        } else {
            beta_quantile(tail, x, n - x + 1.0)
        },
        high: if hits == trials {
            1.0
        } else {
            beta_quantile(1.0 - tail, x + 1.0, n - x)
        },
        confidence,
    }
}

/// Trials without a single failure that show, with this confidence, a probability of failure below `probability`.
pub fn trials_for(probability: f64, confidence: f64) -> u64 {
    let trials = libm::log(1.0 - confidence) / libm::log(1.0 - probability);
    trials.ceil().max(1.0) as u64
}

/// The value below which a share of the beta distribution lies.
pub fn beta_quantile(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // Halving to the last bit: a fixed number of steps, the same everywhere.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        match beta_below(middle, a, b) < share {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}

/// Share of the beta distribution below `x`: the regularised incomplete beta function.
pub fn beta_below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(log_front);
    match x < (a + 1.0) / (a + b + 2.0) {
        true => front * fraction(x, a, b) / a,
        false => 1.0 - front * fraction(1.0 - x, b, a) / b,
    }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        let change = d * c;
        h *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Seed;

    #[test]
    fn intervals_are_those_of_published_tables() {
        // Clopper and Pearson's own example, and values that are printed in many textbooks.
        for (hits, trials, low, high) in [
            (0, 10, 0.0, 0.308_497),
            (1, 10, 0.002_529, 0.445_016),
            (5, 10, 0.187_086, 0.812_914),
            (10, 10, 0.691_503, 1.0),
            (3, 1000, 0.000_619, 0.008_743),
        ] {
            let found = clopper_pearson(hits, trials, 0.95);
            assert!(
                (found.low - low).abs() < 2e-6 && (found.high - high).abs() < 2e-6,
                "{hits}/{trials}: {found:?}"
            );
        }
    }

    #[test]
    fn the_rule_of_three_follows_from_no_failure() {
        assert_eq!(trials_for(0.01, 0.95), 299);
        let shown = clopper_pearson(0, 299, 0.90);
        assert!(shown.high <= 0.01 + 1e-4, "{shown:?}");
    }

    #[test]
    fn intervals_cover_the_truth_at_least_as_often_as_they_claim() {
        for (probability, trials) in [(0.5, 40u64), (0.05, 200), (0.002, 1000)] {
            let mut stream = Seed(11).stream("coverage", trials);
            let rounds = 2000;
            let covered = (0..rounds)
                .filter(|_| {
                    let hits = (0..trials).filter(|_| stream.chance(probability)).count() as u64;
                    let found = clopper_pearson(hits, trials, 0.95);
                    (found.low..=found.high).contains(&probability)
                })
                .count();
            assert!(
                covered as f64 >= 0.94 * f64::from(rounds),
                "{probability}: {covered} of {rounds}"
            );
        }
    }
}
