//! The large-scale calibration of TR 38.901 (clause 7.8.1), beside what companies reported.
//!
//! In go a setting of table 7.8-1 and a number of users; out come the distributions of coupling loss and geometry at their serving
//! cells. Nineteen masts of three sectors stand in a hexagon that is wrapped around; four users in five are indoors, behind a wall of low or
//! high loss. The companies' figures are those of five of the twenty that took part (Huawei, CATT, ITRI, LGE, InterDigital; 3GPP document
//! R1-165974, 2016), computed with the parameters of TR 38.900 V14.0, of which the line of sight of urban macro was changed since.

use super::antenna::Panel;
use super::path_loss::{Geometry, Scenario, Visibility, Wall};
use crate::trace::quantile;
use libm::{atan2, exp, hypot, log10, sqrt};
use rayon::prelude::*;
use record::{Seed, Stream};
use std::f64::consts::PI;

/// Percentiles that are compared.
pub const SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// Deviation of shadowing into buildings (table 7.5-6, O2I).
const INTO_BUILDINGS_DB: f64 = 7.0;

/// A setting of table 7.8-1.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    scenario: Scenario,
    spacing_m: f64,
    mast_height_m: f64,
    least_distance_m: f64,
    frequency_ghz: f64,
    /// Lowest and highest of the companies, at each of [`SHARES`].
    companies_coupling_db: [[f64; 2]; 5],
    companies_geometry_db: [[f64; 2]; 5],
}

/// Urban macro and urban micro at 6 GHz.
pub const SETTINGS: [Setting; 2] = [
    Setting {
        name: "UMa, 6 GHz",
        scenario: Scenario::UrbanMacro,
        spacing_m: 500.0,
        mast_height_m: 25.0,
        least_distance_m: 35.0,
        frequency_ghz: 6.0,
        companies_coupling_db: [
            [-151.4, -149.4],
            [-136.5, -133.0],
            [-123.1, -119.7],
            [-107.7, -105.4],
            [-87.3, -85.6],
        ],
        companies_geometry_db: [[-1.4, -0.9], [2.5, 2.9], [8.0, 8.6], [16.0, 16.4], [25.5, 25.5]],
    },
    Setting {
        name: "UMi, 6 GHz",
        scenario: Scenario::UrbanMicro,
        spacing_m: 200.0,
        mast_height_m: 10.0,
        least_distance_m: 10.0,
        frequency_ghz: 6.0,
        companies_coupling_db: [
            [-142.8, -141.1],
            [-127.7, -124.1],
            [-114.9, -110.5],
            [-98.0, -95.2],
            [-75.3, -74.1],
        ],
        companies_geometry_db: [[-2.0, -1.5], [1.8, 2.4], [6.9, 7.7], [14.5, 15.2], [24.7, 25.0]],
    },
];

/// One percentile of one distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub share: f64,
    /// Ours.
    pub ours_db: f64,
    /// Lowest and highest of the companies.
    pub companies_db: [f64; 2],
}

impl Row {
    /// How far ours is outside what companies reported; 0 within.
    pub fn outside_db(&self) -> f64 {
        (self.companies_db[0] - self.ours_db)
            .max(self.ours_db - self.companies_db[1])
            .max(0.0)
    }
}

/// What came of a setting.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Its name.
    pub name: &'static str,
    /// Coupling gain to the serving cell: antenna less all losses.
    pub coupling: [Row; 5],
    /// Serving cell over all others, without noise.
    pub geometry: [Row; 5],
}

impl Setting {
    /// Drops so many users.
    pub fn calibrate(&self, users: usize, seed: Seed) -> Calibration {
        let masts = self.masts();
        let drops: Vec<[f64; 2]> = (0..users)
            .into_par_iter()
            .map(|user| self.drop_user(&masts, &mut seed.stream("network.calibration", user as u64)))
            .collect();
        let sorted = |axis: usize| {
            let mut values: Vec<f64> = drops.iter().map(|drop| drop[axis]).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let rows = |values: &[f64], companies: &[[f64; 2]; 5]| {
            std::array::from_fn(|index| Row {
                share: SHARES[index],
                ours_db: quantile(values, SHARES[index]),
                companies_db: companies[index],
            })
        };
        Calibration {
            name: self.name,
            coupling: rows(&sorted(0), &self.companies_coupling_db),
            geometry: rows(&sorted(1), &self.companies_geometry_db),
        }
    }

    /// Two rings about one in the middle.
    fn masts(&self) -> Vec<[f64; 2]> {
        let mut masts = Vec::new();
        for a in -2i32..=2 {
            for b in -2i32..=2 {
                if (a + b).abs() <= 2 {
                    masts.push(self.lattice(f64::from(a), f64::from(b)));
                }
            }
        }
        masts
    }

    fn lattice(&self, a: f64, b: f64) -> [f64; 2] {
        [self.spacing_m * (a + 0.5 * b), self.spacing_m * sqrt(0.75) * b]
    }

    /// Coupling and geometry of one user.
    fn drop_user(&self, masts: &[[f64; 2]], luck: &mut Stream) -> [f64; 2] {
        let home = masts[luck.below(masts.len())];
        let at_m = loop {
            // A hexagon's points: nearer to its mast than to the six beside it.
            let offset = [luck.between(-0.5, 0.5), luck.between(-0.58, 0.58)].map(|share| share * self.spacing_m);
            let is_inside = (0..6).all(|side| {
                let angle = f64::from(side) * PI / 3.0;
                offset[0] * libm::cos(angle) + offset[1] * libm::sin(angle) <= 0.5 * self.spacing_m
            });
            if is_inside && hypot(offset[0], offset[1]) >= self.least_distance_m {
                break [home[0] + offset[0], home[1] + offset[1]];
            }
        };
        let is_indoors = luck.chance(0.8);
        let floors = 4 + luck.below(5);
        let floor = luck.below(floors);
        let height_m = if is_indoors { 3.0 * floor as f64 + 1.5 } else { 1.5 };
        let inside_m = luck.between(0.0, 25.0).min(luck.between(0.0, 25.0));
        let wall = if luck.chance(0.5) {
            Wall::LowLoss
        } else {
            Wall::HighLoss
        };
        let wall_db = wall.mean_loss_db(self.frequency_ghz, inside_m) + wall.spread_db() * luck.normal();
        let (mut best, mut sum) = (0.0f64, 0.0);
        for mast in masts {
            let [dx, dy] = self.wrapped([at_m[0] - mast[0], at_m[1] - mast[1]]);
            let at = Geometry {
                base_height_m: self.mast_height_m,
                user_height_m: height_m,
                distance_2d_m: hypot(dx, dy),
                frequency_ghz: self.frequency_ghz,
            };
            let outdoors = Geometry {
                distance_2d_m: (at.distance_2d_m - if is_indoors { inside_m } else { 0.0 }).max(0.0),
                ..at
            };
            let sees = luck.chance(self.scenario.line_of_sight_probability(&outdoors));
            let visibility = if sees {
                Visibility::LineOfSight
            } else {
                Visibility::Blocked
            };
            let deviation_db = if is_indoors {
                INTO_BUILDINGS_DB
            } else {
                self.scenario.shadowing_db(visibility, &at)
            };
            let loss_db = self.scenario.path_loss_db(visibility, &at)
                + deviation_db * luck.normal()
                + if is_indoors { wall_db } else { 0.0 };
            let (azimuth, elevation) = (atan2(dy, dx), atan2(height_m - self.mast_height_m, at.distance_2d_m));
            for sector in 0..3 {
                let panel = Panel {
                    rows: 10,
                    azimuth_rad: (30.0 + 120.0 * f64::from(sector)) / 180.0 * PI,
                    tilt_rad: 12.0 / 180.0 * PI,
                };
                let gain = exp(std::f64::consts::LN_10 / 10.0 * (panel.gain_dbi(azimuth, elevation) - loss_db));
                best = best.max(gain);
                sum += gain;
            }
        }
        [10.0 * log10(best), 10.0 * log10(best / (sum - best))]
    }

    /// The shortest way, over the edge too: the cluster of nineteen repeats at three masts one way and two the other.
    fn wrapped(&self, [dx, dy]: [f64; 2]) -> [f64; 2] {
        let mut best = [dx, dy];
        let [tx, ty] = self.lattice(3.0, 2.0);
        for turn in 0..6 {
            let (sine, cosine) = (
                libm::sin(f64::from(turn) * PI / 3.0),
                libm::cos(f64::from(turn) * PI / 3.0),
            );
            let other = [dx + tx * cosine - ty * sine, dy + tx * sine + ty * cosine];
            if hypot(other[0], other[1]) < hypot(best[0], best[1]) {
                best = other;
            }
        }
        best
    }
}
