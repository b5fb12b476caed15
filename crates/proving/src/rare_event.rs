//! Probabilities of failure too small to be counted, with their intervals.
//!
//! In go a limit state (a number that falls below 0 where a run fails) over the unit cube of the parameters' shares, and
//! budgets; out comes an [`Estimate`]. Work is done in standard normal space. First the region of failure is found:
//! subsets of ever lower levels (Au and Beck, Probabilistic Engineering Mechanics 16, 2001), each fitted by a normal
//! distribution from weighted samples (cross-entropy: Rubinstein 1999; de Boer et al. 2005). Then runs are drawn
//! from a mixture of that fit, widened, and of the parameters' own laws, whose share bounds every weight, so that a region
//! that was missed widens the interval instead of being forgotten (defensive mixture: Hesterberg, Technometrics 37, 1995).
//! These last draws are independent; the interval is the normal one of the logarithm of their mean. If none of them fails,
//! it is that of Clopper and Pearson on the draws of the parameters' own laws alone. How often such
//! intervals hold the truth is tested on problems whose answer is known.

use crate::parameter::{normal_below, normal_quantile};
use crate::statistics::{Estimate, clopper_pearson};
use record::Seed;

/// Share of a level's runs that make the next one.
const LEVEL_SHARE: f64 = 0.1;
/// Levels beyond this mean a probability below 1e-12, which no model deserves.
const LEVELS_MAX: usize = 12;
/// Share of the last runs that are drawn from the parameters' own laws.
const OWN_SHARE: f64 = 0.2;
/// Variance that is added to the fit in every direction, so that its tails are not thinner than those of what it fits.
const ADDED_VARIANCE: f64 = 0.2;
/// Once failures are among a level's runs, the fit is made again so often of all failures seen: the first of them are few,
/// and their weights uneven.
const REFINED: usize = 2;

/// How much is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Runs of each level while the region is sought.
    pub level_runs: usize,
    /// Runs of the estimate itself.
    pub runs: usize,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct RareEvent {
    /// The probability.
    pub probability: Estimate,
    /// Runs in all.
    pub runs: usize,
    /// Of the last runs, how many failed.
    pub failures: usize,
    /// As many independent draws of the parameters' own laws would have told as much.
    pub worth_runs: f64,
    /// Levels that were needed.
    pub levels: usize,
}

/// A normal distribution in standard normal space.
#[derive(Clone, Debug)]
struct Fit {
    mean: Vec<f64>,
    /// Lower triangle of Cholesky's factor, row by row.
    factor: Vec<Vec<f64>>,
    log_determinant: f64,
}

impl Fit {
    fn standard(dimensions: usize) -> Fit {
        let factor = (0..dimensions).map(|row| (0..=row).map(|column| f64::from(u8::from(row == column))).collect());
        Fit {
            mean: vec![0.0; dimensions],
            factor: factor.collect(),
            log_determinant: 0.0,
        }
    }

    /// Of weighted points, widened.
    fn of(points: &[(Vec<f64>, f64)]) -> Option<Fit> {
        let dimensions = points.first()?.0.len();
        let total: f64 = points.iter().map(|(_, weight)| weight).sum();
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let mean: Vec<f64> = (0..dimensions)
            .map(|axis| points.iter().map(|(point, weight)| point[axis] * weight).sum::<f64>() / total)
            .collect();
        let mut covariance = vec![vec![0.0; dimensions]; dimensions];
        for (point, weight) in points {
            for row in 0..dimensions {
                for column in 0..=row {
                    covariance[row][column] +=
                        weight / total * (point[row] - mean[row]) * (point[column] - mean[column]);
                }
            }
        }
        let mut factor: Vec<Vec<f64>> = (0..dimensions).map(|row| vec![0.0; row + 1]).collect();
        let mut log_determinant = 0.0;
        for row in 0..dimensions {
            for column in 0..=row {
                let mut sum = covariance[row][column] + if row == column { ADDED_VARIANCE } else { 0.0 };
                for (left, right) in factor[row].iter().zip(&factor[column]).take(column) {
                    sum -= left * right;
                }
                if row == column {
                    // Rounding may take a little of what was added.
                    let deviation = libm::sqrt(sum.max(0.5 * ADDED_VARIANCE));
                    factor[row][row] = deviation;
                    log_determinant += libm::log(deviation);
                } else {
                    factor[row][column] = sum / factor[column][column];
                }
            }
        }
        Some(Fit {
            mean,
            factor,
            log_determinant,
        })
    }

    fn draw(&self, stream: &mut record::Stream) -> Vec<f64> {
        let standard: Vec<f64> = self.mean.iter().map(|_| stream.normal()).collect();
        let row = |(row, mean): (&Vec<f64>, &f64)| mean + row.iter().zip(&standard).map(|(a, b)| a * b).sum::<f64>();
        self.factor.iter().zip(&self.mean).map(row).collect()
    }

    /// Logarithm of its density over that of the standard normal distribution.
    fn log_ratio(&self, point: &[f64]) -> f64 {
        let mut solved: Vec<f64> = Vec::with_capacity(point.len());
        for (index, row) in self.factor.iter().enumerate() {
            let mut sum = point[index] - self.mean[index];
            for (left, right) in row.iter().zip(&solved) {
                sum -= left * right;
            }
            solved.push(sum / row[index]);
        }
        let square = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
        0.5 * (square(point) - square(&solved)) - self.log_determinant
    }
}

/// Estimates the probability that `limit` falls below 0. It is asked for many points of the unit cube at once and answers
/// in their order; a point without an answer (a run that was not allowed) counts as no failure.
///
/// # Panics
/// If a budget is zero.
pub fn estimate<E>(
    dimensions: usize,
    budget: Budget,
    seed: Seed,
    confidence: f64,
    mut limit: impl FnMut(&[Vec<f64>]) -> Result<Vec<Option<f64>>, E>,
) -> Result<RareEvent, E> {
    assert!(budget.level_runs > 0 && budget.runs > 0, "no runs to spend");
    let mut ask = |points: &[Vec<f64>]| -> Result<Vec<f64>, E> {
        let shares: Vec<Vec<f64>> = points
            .iter()
            .map(|point| point.iter().map(|x| normal_below(*x)).collect())
            .collect();
        Ok(limit(&shares)?
            .into_iter()
            .map(|value| value.unwrap_or(f64::INFINITY))
            .collect())
    };
    let (mut fit, mut levels, mut spent) = (Fit::standard(dimensions), 0, 0);
    let (mut refined, mut failed): (usize, Vec<(Vec<f64>, f64)>) = (0, Vec::new());
    while levels < LEVELS_MAX {
        let mut stream = seed.stream("proving.rare.level", levels as u64);
        let points: Vec<Vec<f64>> = (0..budget.level_runs).map(|_| fit.draw(&mut stream)).collect();
        let values = ask(&points)?;
        spent += points.len();
        levels += 1;
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let at = ((LEVEL_SHARE * sorted.len() as f64) as usize).min(sorted.len() - 1);
        let level = sorted[at].max(0.0);
        let within = points
            .iter()
            .zip(&values)
            .filter(|(_, value)| **value < level || (level > 0.0 && **value <= level));
        let mut weighted: Vec<(Vec<f64>, f64)> = within
            .map(|(point, _)| (point.clone(), libm::exp(-fit.log_ratio(point))))
            .collect();
        if level <= 0.0 {
            failed.append(&mut weighted);
            weighted.clone_from(&failed);
        }
        if !level.is_finite() || weighted.len() <= dimensions {
            break;
        }
        fit = Fit::of(&weighted).unwrap_or(fit);
        if level <= 0.0 {
            refined += 1;
            if refined > REFINED {
                break;
            }
        }
    }
    let mut stream = seed.stream("proving.rare.estimate", 0);
    let mut own = Vec::with_capacity(budget.runs);
    let points: Vec<Vec<f64>> = (0..budget.runs)
        .map(|_| {
            let is_own = stream.chance(OWN_SHARE);
            own.push(is_own);
            match is_own {
                true => (0..dimensions).map(|_| stream.normal()).collect(),
                false => fit.draw(&mut stream),
            }
        })
        .collect();
    let values = ask(&points)?;
    spent += points.len();
    // Of the mixture: p / (a p + (1 - a) q), never above 1 / a.
    let weights: Vec<f64> = points
        .iter()
        .zip(&values)
        .map(|(point, value)| match *value < 0.0 {
            true => 1.0 / (OWN_SHARE + (1.0 - OWN_SHARE) * libm::exp(fit.log_ratio(point))),
            false => 0.0,
        })
        .collect();
    let failures = weights.iter().filter(|weight| **weight > 0.0).count();
    let count = budget.runs as f64;
    let mean = weights.iter().sum::<f64>() / count;
    let variance = weights
        .iter()
        .map(|weight| (weight - mean) * (weight - mean))
        .sum::<f64>()
        / (count * (count - 1.0).max(1.0));
    let probability = match failures {
        0 => {
            let own_runs = own.iter().filter(|is_own| **is_own).count().max(1) as u64;
            clopper_pearson(0, own_runs, confidence)
        }
        _ => {
            // Few failures tell little of their own spread: Student's quantile instead of the normal one.
            let spread = libm::sqrt(variance) / mean * student(0.5 + 0.5 * confidence, failures as f64);
            Estimate {
                value: mean,
                low: mean * libm::exp(-spread),
                high: (mean * libm::exp(spread)).min(1.0),
                confidence,
            }
        }
    };
    Ok(RareEvent {
        probability,
        runs: spent,
        failures,
        worth_runs: if variance > 0.0 {
            mean * (1.0 - mean) / variance
        } else {
            0.0
        },
        levels,
    })
}

/// Quantile of Student's distribution by Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5), good to 1 % from
/// three degrees of freedom on.
fn student(share: f64, freedom: f64) -> f64 {
    let x = normal_quantile(share);
    let n = freedom.max(3.0);
    x + (x.powi(3) + x) / (4.0 * n)
        + (5.0 * x.powi(5) + 16.0 * x.powi(3) + 3.0 * x) / (96.0 * n * n)
        + (3.0 * x.powi(7) + 19.0 * x.powi(5) + 17.0 * x.powi(3) - 15.0 * x) / (384.0 * n * n * n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// How often intervals of 95 % hold a known truth, and the mean error of their middle.
    fn coverage(dimensions: usize, truth: f64, limit: impl Fn(&[f64]) -> f64) -> (usize, f64) {
        let rounds = 200;
        let budget = Budget {
            level_runs: 300,
            runs: 800,
        };
        let (mut covered, mut sum) = (0, 0.0);
        for round in 0..rounds {
            let found = estimate(dimensions, budget, Seed(round), 0.95, |points| {
                let z = |shares: &Vec<f64>| shares.iter().map(|share| normal_quantile(*share)).collect::<Vec<f64>>();
                Ok::<_, Infallible>(points.iter().map(|shares| Some(limit(&z(shares)))).collect())
            });
            let Ok(found) = found;
            covered += usize::from((found.probability.low..=found.probability.high).contains(&truth));
            sum += found.probability.value;
        }
        (covered, sum / rounds as f64 / truth)
    }

    #[test]
    fn intervals_cover_the_probability_beyond_a_plane() {
        for (dimensions, beta) in [(2, 3.0), (5, 3.5), (3, 4.5)] {
            let truth = normal_below(-beta);
            let scale = libm::sqrt(dimensions as f64);
            let (covered, bias) = coverage(dimensions, truth, |z| beta - z.iter().sum::<f64>() / scale);
            assert!(covered >= 184, "{covered} of 200 at {beta}");
            assert!((bias - 1.0).abs() < 0.05, "{bias} at {beta}");
        }
    }

    #[test]
    fn intervals_cover_a_probability_on_two_sides() {
        let beta = 3.2;
        let (covered, bias) = coverage(3, 2.0 * normal_below(-beta), |z| beta - z[0].abs());
        assert!(covered >= 182, "{covered} of 200");
        assert!((bias - 1.0).abs() < 0.08, "{bias}");
    }

    #[test]
    fn intervals_cover_the_probability_outside_a_sphere() {
        // In two dimensions the square of the distance is exponential: p = exp(-r²/2).
        let radius: f64 = 3.5;
        let (covered, bias) = coverage(2, libm::exp(-0.5 * radius * radius), |z| {
            radius - libm::hypot(z[0], z[1])
        });
        assert!(covered >= 182, "{covered} of 200");
        assert!((bias - 1.0).abs() < 0.08, "{bias}");
    }

    #[test]
    fn where_nothing_fails_the_interval_says_how_little_that_is() {
        let budget = Budget {
            level_runs: 50,
            runs: 500,
        };
        let Ok(found) = estimate(2, budget, Seed(1), 0.95, |points| {
            Ok::<_, Infallible>(vec![None; points.len()])
        });
        assert_eq!((found.failures, found.probability.low), (0, 0.0));
        assert!(found.probability.high > 0.01, "{found:?}");
    }
}
