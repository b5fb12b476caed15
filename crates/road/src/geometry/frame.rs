//! The cross-section as a rigid frame, and a curve that runs on it.

use super::plan::PlanPoint;
use super::profile::Jet;
use super::relief::Lift;
use libm::{atan, sincos};

/// A curve along the road at one s: place and derivative.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CurvePoint {
    /// Where.
    pub(crate) x_m: f64,
    /// Where.
    pub(crate) y_m: f64,
    /// Where.
    pub(crate) z_m: f64,
    /// Derivative of x, y by s; its length is less than 1 on the inside of a bend.
    pub(crate) derivative: [f64; 2],
    /// Derivative of z by s.
    pub(crate) z_slope: f64,
    /// Curvature of the curve itself in plan view, positive to the left of +s.
    pub(crate) curvature_per_m: f64,
    /// Bank of the surface, positive left side up, looking along +s.
    pub(crate) roll_rad: f64,
}

/// The tilted cross-section in the frame of the reference line's plan tangent, its left normal and up.
pub(super) struct Frame {
    /// Where +t points, with its derivative by s: (along, across, up).
    pub(super) lateral: [Jet; 3],
    /// Where +h points.
    pub(super) vertical: [Jet; 3],
}

impl Frame {
    /// Rz Ry Rx of ISO 8855 applied to the y and z axes, with pitch = -atan(slope).
    pub(super) fn new(elevation: Jet, roll: Jet) -> Frame {
        if roll.value == 0.0 && roll.slope == 0.0 && elevation.slope == 0.0 && elevation.second == 0.0 {
            let level = |value| Jet {
                value,
                ..Jet::default()
            };
            return Frame {
                lateral: [level(0.0), level(1.0), level(0.0)],
                vertical: [level(0.0), level(0.0), level(1.0)],
            };
        }
        let cos_pitch = 1.0 / (1.0 + elevation.slope * elevation.slope).sqrt();
        let sin_pitch = -elevation.slope * cos_pitch;
        let pitch_slope = -elevation.second * cos_pitch * cos_pitch;
        let (sin_roll, cos_roll) = sincos(roll.value);
        let axis = |value, slope| Jet {
            value,
            slope,
            second: 0.0,
        };
        Frame {
            lateral: [
                axis(
                    sin_roll * sin_pitch,
                    cos_roll * roll.slope * sin_pitch + sin_roll * cos_pitch * pitch_slope,
                ),
                axis(cos_roll, -sin_roll * roll.slope),
                axis(
                    sin_roll * cos_pitch,
                    cos_roll * roll.slope * cos_pitch - sin_roll * sin_pitch * pitch_slope,
                ),
            ],
            vertical: [
                axis(
                    cos_roll * sin_pitch,
                    cos_roll * cos_pitch * pitch_slope - sin_roll * roll.slope * sin_pitch,
                ),
                axis(-sin_roll, -cos_roll * roll.slope),
                axis(
                    cos_roll * cos_pitch,
                    -sin_roll * roll.slope * cos_pitch - cos_roll * sin_pitch * pitch_slope,
                ),
            ],
        }
    }
}

/// How a curve moves with s.
pub(super) struct Motion {
    /// Its derivative along the reference line's tangent and across it.
    pub(super) plan: [f64; 2],
    /// Where it lies off the reference line: along, across, up.
    offset: [Jet; 3],
}

/// The motion of a curve t(s) on the surface over a reference line of a curvature.
pub(super) fn moves_along(curvature_per_m: f64, frame: &Frame, t: Jet, lift: Lift) -> Motion {
    let h = Jet {
        value: lift.height_m,
        slope: lift.by_s + lift.by_t * t.slope,
        second: 0.0,
    };
    // The offset from the reference line along the tangent, across it and upwards, with its derivatives.
    let offset = |axis: usize| {
        let (lateral, vertical) = (frame.lateral[axis], frame.vertical[axis]);
        Jet {
            value: t.value * lateral.value + h.value * vertical.value,
            slope: t.slope * lateral.value
                + t.value * lateral.slope
                + h.slope * vertical.value
                + h.value * vertical.slope,
            second: 0.0,
        }
    };
    let offset = [offset(0), offset(1), offset(2)];
    let [a, b, _] = offset;
    Motion {
        plan: [
            1.0 + a.slope - b.value * curvature_per_m,
            b.slope + a.value * curvature_per_m,
        ],
        offset,
    }
}

/// P(s) = C(s) + t (a T + b N) + h (a' T + b' N), its derivative by the product rule with T' = κN, N' = -κT, and its
/// curvature as on a flat road (bank and slope change it in the third digit at most).
pub(super) fn curve_on(
    plan: &PlanPoint,
    frame: &Frame,
    elevation: Jet,
    roll_rad: f64,
    t: Jet,
    lift: Lift,
) -> CurvePoint {
    let curvature = plan.curvature_per_m;
    let Motion {
        plan: [along, across],
        offset: [a, b, c],
    } = moves_along(curvature, frame, t, lift);
    let [tx, ty] = plan.tangent;
    let (offset_along, offset_across) = (a.value, b.value);

    let flat_along = 1.0 - curvature * t.value;
    let second_along = -plan.curvature_rate_per_m2 * t.value - 2.0 * curvature * t.slope;
    let second_across = curvature * flat_along + t.second;
    let speed = (flat_along * flat_along + t.slope * t.slope).sqrt();
    let curvature_per_m = if speed > 1e-6 {
        (flat_along * second_across - t.slope * second_along) / (speed * speed * speed)
    } else {
        0.0
    };
    CurvePoint {
        x_m: plan.x_m + offset_along * tx - offset_across * ty,
        y_m: plan.y_m + offset_along * ty + offset_across * tx,
        z_m: elevation.value + c.value,
        derivative: [along * tx - across * ty, along * ty + across * tx],
        z_slope: elevation.slope + c.slope,
        curvature_per_m,
        roll_rad: roll_rad + atan(lift.by_t),
    }
}

pub(super) fn hypot(v: [f64; 2]) -> f64 {
    (v[0] * v[0] + v[1] * v[1]).sqrt()
}
