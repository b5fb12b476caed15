//! The heading of a tangent: `libm::atan2` to the bit, without a branch.
//!
//! Headings of lanes are as good as random, so that a processor guesses wrong in two of the branches by which the arc
//! tangent is usually found, and then has to wait for the next place's memory too. Here the interval is a count and its
//! formula a row of a table: all of them are (p·x + q) / (r·x + s). Figures: the arc tangent of fdlibm (Sun Microsystems,
//! 1993), `s_atan.c` and `e_atan2.c`, which `libm` follows. It knows no lanes.

use core::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// Where the next interval of |tangent| begins.
const BEGINS: [f64; 4] = [7.0 / 16.0, 11.0 / 16.0, 19.0 / 16.0, 39.0 / 16.0];

/// Of each interval p, q, r and s, and the arc tangent of its middle in two parts: atan x = middle + atan((p x + q) / (r x + s)).
const INTERVALS: [[f64; 6]; 5] = [
    [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    [
        2.0,
        -1.0,
        1.0,
        2.0,
        4.636_476_090_008_061e-1,
        2.269_877_745_296_168_7e-17,
    ],
    [1.0, -1.0, 1.0, 1.0, FRAC_PI_4, 3.061_616_997_868_383e-17],
    [
        1.0,
        -1.5,
        1.5,
        1.0,
        9.827_937_232_473_29e-1,
        1.390_331_103_123_099_8e-17,
    ],
    [0.0, -1.0, 1.0, 0.0, FRAC_PI_2, 6.123_233_995_736_766e-17],
];

/// The series of the arc tangent by odd powers from the third on.
const SERIES: [f64; 11] = [
    3.333_333_333_333_293e-1,
    -1.999_999_999_987_648_3e-1,
    1.428_571_427_250_346_6e-1,
    -1.111_111_040_546_235_6e-1,
    9.090_887_133_436_507e-2,
    -7.691_876_205_044_83e-2,
    6.661_073_137_387_531e-2,
    -5.833_570_133_790_573_5e-2,
    4.976_877_994_615_932e-2,
    -3.653_157_274_421_691_5e-2,
    1.628_582_011_536_578_2e-2,
];

/// What π is more than its nearest `f64`.
const PI_REST: f64 = 1.224_646_799_147_353_2e-16;

/// From here on libm takes the slope for upright whatever side of it the vector leans to.
const UPRIGHT: f64 = 18_446_744_073_709_551_616.0;

/// The angle of a unit vector anticlockwise from x, in -π..=π.
pub(super) fn heading_rad([x, y]: [f64; 2]) -> f64 {
    let slope = (y / x).abs();
    let interval: usize = BEGINS.iter().map(|&begin| usize::from(slope >= begin)).sum();
    let [p, q, r, s, middle, middle_rest] = INTERVALS[interval];
    // At x = 0 the slope is infinite, and 0 · x were not a number.
    let bounded = slope.min(1e300);
    let t = (p * bounded + q) / (r * bounded + s);
    let z = t * t;
    let w = z * z;
    let [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10] = SERIES;
    let even = z * (c0 + w * (c2 + w * (c4 + w * (c6 + w * (c8 + w * c10)))));
    let odd = w * (c1 + w * (c3 + w * (c5 + w * (c7 + w * c9))));
    let angle = middle - (t * (even + odd) - middle_rest - t);
    let leans_back = (x < 0.0) & (slope <= UPRIGHT);
    let turned = if leans_back { PI - (angle - PI_REST) } else { angle };
    turned.copysign(y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check([x, y]: [f64; 2]) {
        let (found, expected) = (heading_rad([x, y]), libm::atan2(y, x));
        assert_eq!(
            found.to_bits(),
            expected.to_bits(),
            "{x:e} {y:e}: {found:e} {expected:e}"
        );
    }

    #[test]
    fn headings_along_the_axes_and_between_intervals_are_those_of_libm() {
        for [x, y] in [
            [1.0, 0.0],
            [0.0, 1.0],
            [1.0, 1e-9],
            [1e-9, 1.0],
            [1.0, 1e-300],
            [0.6, 0.8],
        ] {
            for [x, y] in [[x, y], [-x, y], [x, -y], [-x, -y]] {
                check([x, y]);
            }
        }
        for slope in BEGINS {
            for slope in [slope, slope.next_up(), slope.next_down()] {
                check([1.0, slope]);
                check([-1.0, -slope]);
            }
        }
    }

    proptest! {
        #[test]
        fn headings_are_those_of_libm_to_the_bit(angle in -3.2..3.2f64, error in -1e-9..1e-9f64) {
            let (sin, cos) = libm::sincos(angle);
            check([cos, sin]);
            check([cos + error, sin]);
            check([cos, sin - error]);
        }
    }
}
