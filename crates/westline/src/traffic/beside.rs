//! A run's trips beside SUMO's: means and quantiles in a table, the distributions in a picture.
//!
//! In go durations and time losses of both; out come text and SVG. What the figures mean is `world`'s.

use report::{Axis, Layer, Plot};
use world::microscopic::Trip;
use world::sumo::TripInfo;

/// Sorted seconds of ours and of SUMO's, for one measure.
struct Pair {
    label: &'static str,
    ours_s: Vec<f64>,
    theirs_s: Vec<f64>,
}

/// Trips of ours that arrived, beside another's.
pub struct Beside {
    pairs: [Pair; 2],
}

impl Beside {
    pub fn new(ours: &[Trip], theirs: &[TripInfo]) -> Beside {
        let arrived = || ours.iter().filter(|trip| trip.arrival_s.is_finite());
        let sorted = |mut seconds: Vec<f64>| {
            seconds.sort_by(f64::total_cmp);
            seconds
        };
        Beside {
            pairs: [
                Pair {
                    label: "duration",
                    ours_s: sorted(arrived().map(Trip::duration_s).collect()),
                    theirs_s: sorted(theirs.iter().map(|trip| trip.duration_s).collect()),
                },
                Pair {
                    label: "time loss",
                    ours_s: sorted(arrived().map(|trip| f64::from(trip.time_loss_s)).collect()),
                    theirs_s: sorted(theirs.iter().map(|trip| trip.time_loss_s).collect()),
                },
            ],
        }
    }

    /// Means and quantiles, ours and theirs, and by how much ours is more.
    pub fn table(&self) -> String {
        let mut text = format!("\n{:<24}{:>12}{:>12}{:>9}\n", "", "ours", "SUMO", "more");
        for pair in &self.pairs {
            let mut row = |name: &str, of: &dyn Fn(&[f64]) -> f64| {
                let (ours_s, theirs_s) = (of(&pair.ours_s), of(&pair.theirs_s));
                let label = format!("{}, {name}", pair.label);
                let more = 100.0 * (ours_s / theirs_s - 1.0);
                text += &format!("{label:<24}{ours_s:>10.1} s{theirs_s:>10.1} s{more:>7.1} %\n");
            };
            row("mean", &|seconds| seconds.iter().sum::<f64>() / seconds.len() as f64);
            for (name, share) in [("10 %", 0.1), ("median", 0.5), ("90 %", 0.9)] {
                row(name, &|seconds| quantile(seconds, share));
            }
        }
        text
    }

    /// For each measure the share of trips that took no longer.
    pub fn picture(&self) -> String {
        const COLOURS: [&str; 2] = ["#0072b2", "#d55e00"];
        /// The longest of a hundred trips are left out: they would take up half the picture.
        const SHOWN: f64 = 0.99;
        /// Points of a curve.
        const POINTS: u32 = 200;
        let longest_s = self
            .pairs
            .iter()
            .flat_map(|pair| [quantile(&pair.ours_s, SHOWN), quantile(&pair.theirs_s, SHOWN)])
            .fold(1.0, f64::max);
        let mut plot = Plot::new(
            "Trips that took no longer",
            Axis::numbers_to_round("seconds", 0.0, longest_s),
            Axis::numbers("share of trips, %", 0.0, 100.0),
        );
        plot.width_px = 640.0;
        plot.height_px = 340.0;
        for (pair, dash) in self.pairs.iter().zip(["", "7 3"]) {
            for ((seconds, name), colour) in [(&pair.ours_s, "Westline"), (&pair.theirs_s, "SUMO")]
                .into_iter()
                .zip(COLOURS)
            {
                let end_s = plot.x.high;
                let points = (0..=POINTS)
                    .map(|point| {
                        let at_s = end_s * f64::from(point) / f64::from(POINTS);
                        let below = seconds.partition_point(|&other| other <= at_s);
                        (at_s, 100.0 * below as f64 / seconds.len().max(1) as f64)
                    })
                    .collect();
                plot.layers.push(Layer::Line {
                    points,
                    colour: colour.to_owned(),
                    dash: dash.to_owned(),
                    width_px: 1.6,
                });
                plot.legend
                    .push((format!("{name}, {}", pair.label), colour.to_owned(), dash.to_owned()));
            }
        }
        plot.svg()
    }
}

/// The value below which `share` of sorted values lie; not a number without any.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = (share * last as f64).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_how_much_longer_ours_take() {
        let trip = |duration_s: f64| Trip {
            depart_s: 10.0,
            arrival_s: 10.0 + duration_s,
            time_loss_s: 5.0,
            ..Trip::default()
        };
        let theirs = [100.0, 200.0].map(|duration_s| TripInfo {
            id: String::new(),
            duration_s,
            time_loss_s: 10.0,
        });
        // A trip that is still on its way counts on neither side.
        let beside = Beside::new(&[trip(110.0), trip(220.0), Trip::default()], &theirs);
        let table = beside.table();
        assert!(
            table.contains("duration, mean               165.0 s     150.0 s   10.0 %"),
            "{table}"
        );
        assert!(
            table.contains("time loss, median              5.0 s      10.0 s  -50.0 %"),
            "{table}"
        );
        assert!(beside.picture().contains("Westline, duration"));
    }
}
