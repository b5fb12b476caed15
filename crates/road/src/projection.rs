//! Degrees on the Earth to metres on the map and back: transverse Mercator on WGS 84.
//!
//! The series of Krüger (1912) to the fourth order in the third flattening, as Karney gives them ("Transverse Mercator
//! with an accuracy of a few nanometers", Journal of Geodesy 85, 2011, equations 7 to 11 and 35, 36): better than a
//! micrometre within a town. Scale and false origin are those of the [`GeoReference`].

use crate::draft::GeoReference;
use libm::{asinh, atan, atan2, atanh, cos, cosh, hypot, sin, sinh, sqrt, tan};

/// WGS 84: half the equator's diameter.
const SEMI_MAJOR_M: f64 = 6_378_137.0;
/// WGS 84.
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Third flattening.
const N: f64 = FLATTENING / (2.0 - FLATTENING);
/// Radius of the circle with a meridian's length (Karney, equation 14).
const RECTIFYING_M: f64 = SEMI_MAJOR_M / (1.0 + N) * (1.0 + N * N / 4.0 + N * N * N * N / 64.0);
/// Karney, equation 35.
const ALPHA: [f64; 4] = [
    N / 2.0 - 2.0 * N * N / 3.0 + 5.0 * N * N * N / 16.0 + 41.0 * N * N * N * N / 180.0,
    13.0 * N * N / 48.0 - 3.0 * N * N * N / 5.0 + 557.0 * N * N * N * N / 1440.0,
    61.0 * N * N * N / 240.0 - 103.0 * N * N * N * N / 140.0,
    49_561.0 * N * N * N * N / 161_280.0,
];
/// Karney, equation 36.
const BETA: [f64; 4] = [
    N / 2.0 - 2.0 * N * N / 3.0 + 37.0 * N * N * N / 96.0 - N * N * N * N / 360.0,
    N * N / 48.0 + N * N * N / 15.0 - 437.0 * N * N * N * N / 1440.0,
    17.0 * N * N * N / 480.0 - 37.0 * N * N * N * N / 840.0,
    4_397.0 * N * N * N * N / 161_280.0,
];

impl GeoReference {
    /// Degrees latitude and longitude to metres east and north of the origin.
    pub fn to_local_m(&self, latitude_deg: f64, longitude_deg: f64) -> [f64; 2] {
        let [x, y] = forward(
            latitude_deg.to_radians(),
            (longitude_deg - self.longitude_deg).to_radians(),
        );
        let [_, y_origin] = forward(self.latitude_deg.to_radians(), 0.0);
        [self.scale * x + self.east_m, self.scale * (y - y_origin) + self.north_m]
    }

    /// Metres east and north of the origin to degrees latitude and longitude.
    pub fn to_geographic_deg(&self, x_m: f64, y_m: f64) -> [f64; 2] {
        let [_, y_origin] = forward(self.latitude_deg.to_radians(), 0.0);
        let [east_m, north_m] = [(x_m - self.east_m) / self.scale, (y_m - self.north_m) / self.scale];
        let [latitude, longitude] = inverse(east_m, north_m + y_origin);
        [latitude.to_degrees(), longitude.to_degrees() + self.longitude_deg]
    }
}

/// First eccentricity.
fn eccentricity() -> f64 {
    sqrt(FLATTENING * (2.0 - FLATTENING))
}

/// Karney, equations 7 to 11.
fn forward(latitude: f64, longitude: f64) -> [f64; 2] {
    let e = eccentricity();
    let tau = tan(latitude);
    let sigma = sinh(e * atanh(e * tau / hypot(1.0, tau)));
    let tau_conformal = tau * hypot(1.0, sigma) - sigma * hypot(1.0, tau);
    let xi = atan2(tau_conformal, cos(longitude));
    let eta = asinh(sin(longitude) / hypot(tau_conformal, cos(longitude)));
    let (mut north, mut east) = (xi, eta);
    for (j, alpha) in (1..).map(|j| 2.0 * f64::from(j)).zip(ALPHA) {
        north += alpha * sin(j * xi) * cosh(j * eta);
        east += alpha * cos(j * xi) * sinh(j * eta);
    }
    [RECTIFYING_M * east, RECTIFYING_M * north]
}

/// Karney, equations 11 and 15 to 21.
fn inverse(x_m: f64, y_m: f64) -> [f64; 2] {
    let e = eccentricity();
    let (north, east) = (y_m / RECTIFYING_M, x_m / RECTIFYING_M);
    let (mut xi, mut eta) = (north, east);
    for (j, beta) in (1..).map(|j| 2.0 * f64::from(j)).zip(BETA) {
        xi -= beta * sin(j * north) * cosh(j * east);
        eta -= beta * cos(j * north) * sinh(j * east);
    }
    let tau_conformal = sin(xi) / hypot(sinh(eta), cos(xi));
    let longitude = atan2(sinh(eta), cos(xi));
    // Newton's method on the conformal latitude (Karney, equations 19 to 21); three rounds reach the last bit.
    let mut tau = tau_conformal;
    for _ in 0..3 {
        let sigma = sinh(e * atanh(e * tau / hypot(1.0, tau)));
        let found = tau * hypot(1.0, sigma) - sigma * hypot(1.0, tau);
        let slope = (1.0 + (1.0 - e * e) * tau * tau) / ((1.0 - e * e) * hypot(1.0, tau));
        tau += (tau_conformal - found) / hypot(1.0, found) * slope;
    }
    [atan(tau), longitude]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const YONGCHUAN: GeoReference = GeoReference {
        latitude_deg: 29.35,
        longitude_deg: 105.89,
        scale: 1.0,
        east_m: 0.0,
        north_m: 0.0,
    };

    #[test]
    fn utm_is_such_a_plane() {
        // CN Tower: 43°38'33.24" N, 79°23'13.7" W is 17T 630084 m east, 4833438 m north (Wikipedia, UTM).
        let zone_17 = GeoReference {
            longitude_deg: -81.0,
            scale: 0.9996,
            east_m: 500_000.0,
            ..GeoReference::default()
        };
        let [x, y] = zone_17.to_local_m(43.642_566_7, -79.387_138_9);
        assert!((x - 630_084.0).abs() < 1.0 && (y - 4_833_438.0).abs() < 1.0, "{x} {y}");
    }

    #[test]
    fn a_hundredth_of_a_degree_has_the_length_that_the_ellipsoid_gives_it() {
        // Radii of curvature at 29.35 degrees: meridian 6,350,765.6 m, prime vertical 6,383,271.6 m (closed forms).
        let e2 = FLATTENING * (2.0 - FLATTENING);
        let s = sin(YONGCHUAN.latitude_deg.to_radians());
        let meridian_m = SEMI_MAJOR_M * (1.0 - e2) / (1.0 - e2 * s * s).powf(1.5);
        let prime_vertical_m = SEMI_MAJOR_M / sqrt(1.0 - e2 * s * s);
        let [east, _] = YONGCHUAN.to_local_m(29.35, 105.90);
        let [_, north] = YONGCHUAN.to_local_m(29.355, 105.89);
        let [_, south] = YONGCHUAN.to_local_m(29.345, 105.89);
        let step = 0.01_f64.to_radians();
        assert!((east - prime_vertical_m * cos(29.35_f64.to_radians()) * step).abs() < 1e-3);
        assert!((north - south - meridian_m * step).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(x in -60_000.0..60_000.0f64, y in -60_000.0..60_000.0f64) {
            let [latitude, longitude] = YONGCHUAN.to_geographic_deg(x, y);
            let [x_back, y_back] = YONGCHUAN.to_local_m(latitude, longitude);
            prop_assert!((x - x_back).abs() < 1e-6 && (y - y_back).abs() < 1e-6, "{} {}", x - x_back, y - y_back);
        }
    }
}
