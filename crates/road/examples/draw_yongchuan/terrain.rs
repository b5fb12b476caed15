//! The lie of the land: hills and the river's valley, gentle enough for streets.

use super::town::{GREEN, RIVER};

/// Hills: middle, spread, height.
const HILLS: &[([f64; 2], f64, f64)] = &[
    ([1715.0, 900.0], 330.0, 20.0),
    ([-1900.0, 1500.0], 520.0, 20.0),
    ([-600.0, 1650.0], 420.0, 12.0),
    ([-1950.0, -1200.0], 480.0, 16.0),
    ([300.0, -1800.0], 450.0, 12.0),
    ([2400.0, -500.0], 500.0, 16.0),
    ([350.0, 600.0], 330.0, 9.0),
];
/// Depth and half width of the valley.
const VALLEY: (f64, f64) = (11.0, 340.0);
/// Height of the plain.
const PLAIN_M: f64 = 303.0;

/// Height of the ground at a place.
pub fn height_m(x_m: f64, y_m: f64) -> f64 {
    let to_river = river_distance_m(x_m, y_m) / VALLEY.1;
    height_above_valley_m(x_m, y_m) - VALLEY.0 * libm::exp(-to_river * to_river)
}

/// Height of the ground as if there were no valley: what a long bridge spans.
pub fn height_above_valley_m(x_m: f64, y_m: f64) -> f64 {
    let mut z_m = PLAIN_M + 0.0022 * y_m;
    for &([x, y], spread_m, rise_m) in HILLS {
        let square = ((x_m - x) * (x_m - x) + (y_m - y) * (y_m - y)) / (2.0 * spread_m * spread_m);
        z_m += rise_m * libm::exp(-square);
    }
    z_m
}

/// Distance from the river's middle line.
pub fn river_distance_m(x_m: f64, y_m: f64) -> f64 {
    RIVER
        .2
        .windows(2)
        .map(|pair| segment_distance_m([x_m, y_m], pair[0], pair[1]))
        .fold(f64::INFINITY, f64::min)
}

/// Whether a place lies in a park or a wood.
pub fn is_green(x_m: f64, y_m: f64) -> bool {
    GREEN.iter().any(|&(_, [x, y], [a, b])| {
        let (u, v) = ((x_m - x) / a, (y_m - y) / b);
        u * u + v * v < 1.0
    })
}

/// Distance from a point to a straight piece.
pub fn segment_distance_m(point: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let share = if square > 0.0 {
        (((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    libm::hypot(point[0] - a[0] - share * along[0], point[1] - a[1] - share * along[1])
}
