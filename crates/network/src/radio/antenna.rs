//! Sector antennas: how much they send which way.
//!
//! In go a direction and a panel's tilt and azimuth; out come decibels over an isotropic antenna. The panel is a column of elements
//! half a wavelength apart, steered down electrically, as in the calibration of TR 38.901 (table 7.8-1, K = M = 10); each element has the
//! pattern of table 7.3-1 (65 degrees, 30 dB down at the back, 8 dBi).

use libm::{cos, log10, sin};
use std::f64::consts::PI;

/// Half-power width of an element, both ways.
const WIDTH_RAD: f64 = 65.0 / 180.0 * PI;
/// Weakest direction of an element, below its strongest.
const BACK_DB: f64 = 30.0;
/// Strongest direction of an element.
const ELEMENT_DBI: f64 = 8.0;
/// No direction is weaker than this: scattering fills the nulls between lobes.
const NULL_DBI: f64 = -30.0;

/// A column of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Elements, one above the other; their sum has `10 log10(rows)` more gain, and a narrower beam.
    pub rows: u32,
    /// Where it looks, anticlockwise from east.
    pub azimuth_rad: f64,
    /// How far the beam is steered below the horizon.
    pub tilt_rad: f64,
}

impl Panel {
    /// Gain towards a direction: azimuth anticlockwise from east, elevation above the horizon.
    pub fn gain_dbi(&self, azimuth_rad: f64, elevation_rad: f64) -> f64 {
        let mut aside = azimuth_rad - self.azimuth_rad;
        aside -= 2.0 * PI * libm::round(aside / (2.0 * PI));
        let down = |angle: f64| (12.0 * (angle / WIDTH_RAD) * (angle / WIDTH_RAD)).min(BACK_DB);
        let element_dbi = ELEMENT_DBI - (down(elevation_rad) + down(aside)).min(BACK_DB);
        // Phase between neighbours, against the steered direction: elements lie half a wavelength apart.
        let phase = PI * (sin(elevation_rad) + sin(self.tilt_rad));
        let rows = f64::from(self.rows.max(1));
        let half = 0.5 * phase;
        let sum = if sin(half).abs() < 1e-9 {
            rows * cos((rows - 1.0) * PI * libm::round(half / PI))
        } else {
            sin(rows * half) / sin(half)
        };
        (element_dbi + 10.0 * log10((sum * sum / rows).max(1e-12))).max(NULL_DBI)
    }
}
