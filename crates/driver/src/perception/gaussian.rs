//! A normal belief over a few numbers, carried on and corrected: the Kalman filter.
//!
//! Corrections take one number at a time. Measurements whose errors are independent may be taken one after the other with
//! the same result as together (Maybeck, "Stochastic Models, Estimation, and Control", volume 1, 1979, section 5.6), and
//! none of them needs a matrix inverted.

/// Mean and covariance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gaussian<const N: usize> {
    pub mean: [f64; N],
    pub covariance: [[f64; N]; N],
}

impl<const N: usize> Gaussian<N> {
    /// Independent numbers with these standard deviations.
    pub fn new(mean: [f64; N], deviation: [f64; N]) -> Gaussian<N> {
        let mut covariance = [[0.0; N]; N];
        for i in 0..N {
            covariance[i][i] = deviation[i] * deviation[i];
        }
        Gaussian { mean, covariance }
    }

    /// Carries the belief on to a mean found by the caller: P ← F P Fᵀ + diag(Q).
    pub fn carry_on(&mut self, mean: [f64; N], transition: &[[f64; N]; N], noise: [f64; N]) {
        let before = self.covariance;
        let mut half = [[0.0; N]; N];
        for i in 0..N {
            for k in 0..N {
                let f = transition[i][k];
                if f != 0.0 {
                    for j in 0..N {
                        half[i][j] += f * before[k][j];
                    }
                }
            }
        }
        for (i, line) in half.iter().enumerate() {
            for (j, column) in transition.iter().enumerate().take(i + 1) {
                let sum: f64 = line.iter().zip(column).map(|(h, f)| h * f).sum();
                self.covariance[i][j] = sum;
                self.covariance[j][i] = sum;
            }
            self.covariance[i][i] += noise[i];
        }
        self.mean = mean;
    }

    /// Variance of `row · x`.
    pub fn variance_along(&self, row: &[f64; N]) -> f64 {
        let across = self.times(row);
        (0..N).map(|i| row[i] * across[i]).sum()
    }

    /// Takes in that `row · x` was measured to differ by `innovation` from what the mean says.
    pub fn correct(&mut self, row: &[f64; N], innovation: f64, variance: f64) {
        let across = self.times(row);
        let spread = variance + (0..N).map(|i| row[i] * across[i]).sum::<f64>();
        // A sensor that is never wrong about what is certain already says nothing new.
        if spread <= 0.0 {
            return;
        }
        for i in 0..N {
            let gain = across[i] / spread;
            self.mean[i] += gain * innovation;
            for (p, a) in self.covariance[i].iter_mut().zip(&across) {
                *p -= gain * a;
            }
        }
    }

    /// How surprising that innovation is: its square in units of its variance.
    pub fn surprise(&self, row: &[f64; N], innovation: f64, variance: f64) -> f64 {
        innovation * innovation / (variance + self.variance_along(row)).max(1e-12)
    }

    fn times(&self, row: &[f64; N]) -> [f64; N] {
        let mut product = [0.0; N];
        for (out, line) in product.iter_mut().zip(&self.covariance) {
            *out = line.iter().zip(row).map(|(p, h)| p * h).sum();
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_measurements_of_one_number_weigh_by_their_precision() {
        let mut belief = Gaussian::new([0.0], [1e6]);
        belief.correct(&[1.0], 10.0, 1.0);
        belief.correct(&[1.0], 13.0 - belief.mean[0], 0.5);
        assert!((belief.mean[0] - 12.0).abs() < 1e-4, "{}", belief.mean[0]);
        assert!((belief.covariance[0][0] - 1.0 / 3.0).abs() < 1e-4);
    }

    #[test]
    fn a_position_seen_twice_tells_the_speed() {
        // Place and speed; a second passes between looks with a deviation of 0.1 m.
        let mut belief = Gaussian::new([0.0, 0.0], [0.1, 100.0]);
        let transition = [[1.0, 1.0], [0.0, 1.0]];
        belief.carry_on([0.0, 0.0], &transition, [0.0, 0.0]);
        belief.correct(&[1.0, 0.0], 5.0, 0.01);
        assert!((belief.mean[1] - 5.0).abs() < 0.01);
        // Two independent errors of 0.1 m over one second.
        assert!((belief.covariance[1][1].sqrt() - 0.02f64.sqrt()).abs() < 1e-3);
    }
}
