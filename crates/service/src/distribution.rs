//! A distribution kept in place: count, mean, extremes and a histogram of fixed bins.
//!
//! Observers add a value at a time for a whole day; what is kept does not grow. Quantiles come from the histogram and
//! are right to one bin; mean and extremes are exact. It knows no units: the field that holds it carries them.

/// What is known of a quantity after many values of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// How many values.
    pub count: u64,
    /// Sum of the values.
    pub sum: f64,
    /// Smallest value; infinite if there is none.
    pub min: f64,
    /// Largest value; minus infinite if there is none.
    pub max: f64,
    /// Lower edge of the first bin. Smaller values are counted in the first bin.
    pub low: f64,
    /// Width of a bin.
    pub bin_width: f64,
    /// Values in each bin. Values beyond the last are counted in the last.
    pub bins: Vec<u64>,
}

impl Distribution {
    /// An empty one with `bins` bins of `bin_width` from `low` up.
    pub fn new(low: f64, bin_width: f64, bins: usize) -> Distribution {
        assert!(bin_width > 0.0 && bins > 0, "a histogram has bins");
        Distribution {
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            low,
            bin_width,
            bins: vec![0; bins],
        }
    }

    /// Adds a value; values that are not finite are left out.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        // `as` saturates, so that values below the first bin fall into it.
        let bin = ((value - self.low) / self.bin_width) as usize;
        let last = self.bins.len() - 1;
        self.bins[bin.min(last)] += 1;
    }

    /// Mean, if there are values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The value below which a share `q` (0 to 1) of the values lies, to within one bin, if there are values.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = q.clamp(0.0, 1.0) * self.count as f64;
        let mut below = 0.0;
        for (i, &n) in self.bins.iter().enumerate() {
            let n = n as f64;
            if n > 0.0 && below + n >= rank {
                let within = ((rank - below) / n).clamp(0.0, 1.0);
                let value = self.low + (i as f64 + within) * self.bin_width;
                return Some(value.clamp(self.min, self.max));
            }
            below += n;
        }
        Some(self.max)
    }

    /// Adds all values of another with the same bins.
    pub fn merge(&mut self, other: &Distribution) {
        assert!(
            self.bins.len() == other.bins.len() && self.low == other.low && self.bin_width == other.bin_width,
            "only like histograms merge"
        );
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            *mine += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_right_to_one_bin_and_never_fall(values in prop::collection::vec(-3.0..13.0f64, 1..200)) {
            let mut d = Distribution::new(0.0, 0.5, 20);
            for &v in &values {
                d.add(v);
            }
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let mut last = f64::NEG_INFINITY;
            for i in 0..=20 {
                let q = f64::from(i) / 20.0;
                let found = d.quantile(q).unwrap();
                prop_assert!(found >= last - 1e-12);
                last = found;
                let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
                let truth = sorted[rank - 1];
                if (0.0..10.0).contains(&truth) {
                    prop_assert!((found - truth).abs() <= 0.5 + 1e-9, "q {} found {} truth {}", q, found, truth);
                }
            }
        }
    }

    #[test]
    fn an_empty_distribution_has_no_mean_and_no_quantiles() {
        let mut d = Distribution::new(0.0, 1.0, 4);
        d.add(f64::NAN);
        assert_eq!((d.mean(), d.quantile(0.5)), (None, None));
    }
}
