//! Physical values as the data dictionary counts them, clamped to what it can say.
//!
//! Sources: ETSI TS 102 894-2 V1.3.1, each element by its name.

use c_its_parser::standards::cdd_1_3_1_1::its_container as v1;
use c_its_parser::standards::cdd_2_2_1::etsi_its_cdd as v2;

use crate::facilities::Place;

/// Rounded and kept in a range.
pub(super) fn whole(value: f64, low: f64, high: f64) -> f64 {
    if value.is_finite() {
        libm::round(value).clamp(low, high)
    } else {
        low
    }
}

/// Tenths of a microdegree.
pub(super) fn latitude(degrees: f64) -> i32 {
    whole(degrees * 1e7, -900_000_000.0, 900_000_000.0) as i32
}

/// Tenths of a microdegree.
pub(super) fn longitude(degrees: f64) -> i32 {
    whole(degrees * 1e7, -1_799_999_999.0, 1_800_000_000.0) as i32
}

/// Tenths of a degree from north, clockwise, of an angle from east, anticlockwise.
pub(super) fn heading(radians: f64) -> u16 {
    let degrees = 90.0 - radians.to_degrees();
    let tenths = libm::round(10.0 * degrees.rem_euclid(360.0));
    if tenths >= 3_600.0 { 0 } else { tenths as u16 }
}

/// cm/s.
pub(super) fn speed(mps: f64) -> u16 {
    whole(100.0 * mps.abs(), 0.0, 16_382.0) as u16
}

/// Decimetres per second squared.
pub(super) fn acceleration(mps2: f64) -> i16 {
    whole(10.0 * mps2, -160.0, 160.0) as i16
}

/// Positions are told to be good to a metre at 95 %: what satellites with corrections give.
const SEMI_AXIS_CM: u16 = 100;

/// In the dictionary of CAM and DENM.
pub(super) fn position_v1(place: &Place) -> v1::ReferencePosition {
    let ellipse = v1::PosConfidenceEllipse::new(
        v1::SemiAxisLength(SEMI_AXIS_CM),
        v1::SemiAxisLength(SEMI_AXIS_CM),
        v1::HeadingValue(0),
    );
    let altitude = whole(100.0 * place.altitude_m, -100_000.0, 800_000.0) as i32;
    v1::ReferencePosition::new(
        v1::Latitude(latitude(place.latitude_deg)),
        v1::Longitude(longitude(place.longitude_deg)),
        ellipse,
        v1::Altitude::new(v1::AltitudeValue(altitude), v1::AltitudeConfidence::alt_002_00),
    )
}

/// In the dictionary of CPM.
pub(super) fn position_v2(place: &Place) -> v2::ReferencePosition {
    let ellipse = v2::PosConfidenceEllipse::new(
        v2::SemiAxisLength(SEMI_AXIS_CM),
        v2::SemiAxisLength(SEMI_AXIS_CM),
        v2::HeadingValue(0),
    );
    let altitude = whole(100.0 * place.altitude_m, -100_000.0, 800_000.0) as i32;
    v2::ReferencePosition::new(
        v2::Latitude(latitude(place.latitude_deg)),
        v2::Longitude(longitude(place.longitude_deg)),
        ellipse,
        v2::Altitude::new(v2::AltitudeValue(altitude), v2::AltitudeConfidence::alt_002_00),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    #[test]
    fn headings_turn_from_east_to_north() {
        let tenths = [0.0, FRAC_PI_2, 2.0 * FRAC_PI_2, -FRAC_PI_2].map(heading);
        assert_eq!(tenths, [900, 0, 2700, 1800]);
        assert_eq!(heading(FRAC_PI_2 + 1e-9), 0, "never 360.0");
    }
}
