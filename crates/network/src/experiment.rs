//! Experiments: one parameter of a site's network through a row of values, each with several seeds of luck.
//!
//! In go a site, its map, the lanes that count, a [`Parameter`] and its values; out come figures of each run, and their means with 95 %
//! confidence intervals (Student's t over seeds). A seed is the luck of shadowing and of who sees whom; the same seeds serve every value, so that
//! values are compared on the same luck. Runs are played in parallel and kept in order.

use crate::cover::{CoverFigures, Requirement, Surveyor};
use crate::drive::{Drive, WayPoint};
use crate::radio::environment::Environment;
use crate::radio::obstacles::Obstacles;
use crate::site::NetworkSite;
use rayon::prelude::*;
use road::{LaneId, RoadNetwork};

/// What may be swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Share of each cell that others use.
    Load,
    /// Power of all sectors, dBm.
    Power,
    /// Tilt of all sectors, degrees.
    Tilt,
    /// Height of all masts, m.
    Height,
    /// Width of all bands, MHz.
    Bandwidth,
    /// Middle of all bands, MHz.
    Frequency,
    /// Power of vehicles, dBm.
    VehiclePower,
    /// Hysteresis of handover, dB.
    Hysteresis,
    /// Time to trigger, ms.
    TimeToTrigger,
    /// Speed of the drive at most, m/s.
    Speed,
}

impl Parameter {
    /// All, with their names and units.
    pub const ALL: [(Parameter, &'static str, &'static str); 10] = [
        (Parameter::Load, "load", "share"),
        (Parameter::Power, "power", "dBm"),
        (Parameter::Tilt, "tilt", "deg"),
        (Parameter::Height, "height", "m"),
        (Parameter::Bandwidth, "bandwidth", "MHz"),
        (Parameter::Frequency, "frequency", "MHz"),
        (Parameter::VehiclePower, "vehicle-power", "dBm"),
        (Parameter::Hysteresis, "hysteresis", "dB"),
        (Parameter::TimeToTrigger, "time-to-trigger", "ms"),
        (Parameter::Speed, "speed", "m/s"),
    ];

    /// The least and greatest value that makes sense.
    pub fn range(self) -> [f64; 2] {
        match self {
            Parameter::Load => [0.0, 0.99],
            Parameter::Power => [-10.0, 60.0],
            Parameter::Tilt => [-30.0, 60.0],
            Parameter::Height => [3.0, 300.0],
            Parameter::Bandwidth => [1.0, 400.0],
            Parameter::Frequency => [400.0, 100_000.0],
            Parameter::VehiclePower => [0.0, 33.0],
            Parameter::Hysteresis => [0.0, 15.0],
            Parameter::TimeToTrigger => [0.0, 5_120.0],
            Parameter::Speed => [1.0, 100.0],
        }
    }

    fn set(self, site: &mut NetworkSite, value: f64) {
        let sectors = |site: &mut NetworkSite, set: &dyn Fn(&mut crate::site::Sector)| {
            site.masts.iter_mut().flat_map(|mast| &mut mast.sectors).for_each(set);
        };
        match self {
            Parameter::Load => site.load = value,
            Parameter::Power => sectors(site, &|sector| sector.power_dbm = value),
            Parameter::Tilt => sectors(site, &|sector| sector.panel.tilt_rad = value.to_radians()),
            Parameter::Height => site.masts.iter_mut().for_each(|mast| mast.height_m = value),
            Parameter::Bandwidth => site.bands.iter_mut().for_each(|band| band.bandwidth_mhz = value),
            Parameter::Frequency => site.bands.iter_mut().for_each(|band| band.frequency_ghz = value / 1e3),
            Parameter::VehiclePower => site.vehicle.power_dbm = value,
            Parameter::Hysteresis => site.handover.hysteresis_db = value,
            Parameter::TimeToTrigger => site.handover.time_to_trigger_ms = value,
            Parameter::Speed => {}
        }
    }
}

/// Figures of a run, by the names of [`FIGURES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The parameter's value.
    pub value: f64,
    /// The luck.
    pub seed: u64,
    /// Its figures.
    pub figures: [f64; FIGURES.len()],
}

/// Names, units and meanings of figures.
pub const FIGURES: [(&str, &str, &str); 8] = [
    ("holds_share", "share", "metres of the way where the requirement holds"),
    (
        "covered_share",
        "share",
        "metres of the way with a cell that can be entered",
    ),
    (
        "sinr_db_p5",
        "dB",
        "ratio downwards that 5 % of the metres do not exceed",
    ),
    (
        "up_mbps_p5",
        "Mbit/s",
        "rate upwards that 5 % of the metres do not exceed",
    ),
    (
        "up_p99_ms_p95",
        "ms",
        "upward latency (99 % of packets) that 95 % of the metres do not exceed",
    ),
    ("up_in_time_share", "share", "upward packets in time"),
    ("handovers_by_km", "1/km", "changes of cells on the drive"),
    ("silent_share", "share", "moments of the drive without a link"),
];

/// A figure over the seeds of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval; infinite for one seed.
    pub half_width: f64,
}

/// What is swept over what.
#[derive(Clone, Debug)]
pub struct Experiment<'a> {
    /// The site as it is otherwise.
    pub site: &'a NetworkSite,
    /// Its map.
    pub network: &'a RoadNetwork,
    /// The way that is driven, and whose metres count.
    pub points: &'a [WayPoint],
    /// What holds or not.
    pub requirement: Requirement,
    /// What the service's slice is kept.
    pub share_min: f64,
    /// What is swept.
    pub parameter: Parameter,
}

impl Experiment<'_> {
    /// Plays every value with every seed, in this order; `tick` is called after each run.
    pub fn run(&self, values: &[f64], seeds: &[u64], tick: impl Fn() + Sync) -> Vec<Run> {
        let obstacles = Obstacles::of(self.network);
        let mut lanes: Vec<LaneId> = self.points.iter().map(|point| point.lane).collect();
        lanes.sort();
        lanes.dedup();
        let jobs: Vec<(f64, u64)> = values
            .iter()
            .flat_map(|&value| seeds.iter().map(move |&seed| (value, seed)))
            .collect();
        jobs.into_par_iter()
            .map(|(value, seed)| {
                let mut site = self.site.clone();
                site.propagation.seed = seed;
                self.parameter.set(&mut site, value);
                let environment = Environment::among(&site, obstacles.clone());
                let surveyor = Surveyor::new(&environment, self.requirement, self.share_min);
                let samples = surveyor.lanes(self.network, |lane| lanes.binary_search(&lane).is_ok(), || ());
                let cover = CoverFigures::of(&samples, self.network);
                let speed_mps = if self.parameter == Parameter::Speed {
                    value
                } else {
                    f64::INFINITY
                };
                let drive = Drive::along(&environment, self.points, speed_mps, 0.02, self.share_min);
                tick();
                Run {
                    value,
                    seed,
                    figures: [
                        cover.holds,
                        cover.covered,
                        cover.sinr_db[0],
                        cover.up_mbps[0],
                        cover.up_p99_ms[1],
                        cover.up_in_time,
                        drive.handovers_by_km(),
                        drive.silent_share(),
                    ],
                }
            })
            .collect()
    }
}

/// Mean and confidence of each figure for a value's runs.
pub fn intervals(runs: &[Run]) -> [Interval; FIGURES.len()] {
    std::array::from_fn(|figure| {
        let n = runs.len() as f64;
        let mean = runs.iter().map(|run| run.figures[figure]).sum::<f64>() / n.max(1.0);
        if runs.len() < 2 || !mean.is_finite() {
            return Interval {
                mean,
                half_width: f64::INFINITY,
            };
        }
        let squares: f64 = runs
            .iter()
            .map(|run| (run.figures[figure] - mean) * (run.figures[figure] - mean))
            .sum();
        let error = libm::sqrt(squares / (n - 1.0) / n);
        Interval {
            mean,
            half_width: student_t_975(runs.len() - 1) * error,
        }
    })
}

/// Student's t that 97.5 % do not exceed (tables; beyond 30 degrees of freedom by Cornish and Fisher's expansion).
fn student_t_975(freedom: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];
    match freedom {
        0 => f64::INFINITY,
        1..=30 => TABLE[freedom - 1],
        more => {
            let z = 1.959_964;
            z + (z * z * z + z) / (4.0 * more as f64)
        }
    }
}
