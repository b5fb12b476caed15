//! How a tracked thing moves: belief over place, heading, speed, turn and acceleration.
//!
//! Constant turn rate and acceleration, both fading (Schubert, Richter and Wanielik, "Comparison and evaluation of advanced
//! motion models for vehicle tracking", FUSION 2008; the fading of the acceleration after Singer 1970).

use super::gaussian::Gaussian;
use super::localisation::turned;
use vehicle::ObjectKind;

/// x, y, heading, speed along it, turn rate, acceleration along it.
pub(crate) const PARTS: usize = 6;
pub(crate) type Belief = Gaussian<PARTS>;

/// What a kind may do, as deviations of the noise that drives the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agility {
    /// Of the acceleration in a second, m/s² per √s.
    pub jerk: f64,
    /// Of the turn rate in a second, rad/s per √s.
    pub turn: f64,
    /// Of the place itself, m per √s: slips, steps.
    pub step: f64,
    /// Fastest that anybody expects when it is seen first.
    pub speed_mps: f64,
}

impl Agility {
    /// Of a kind.
    pub fn of(kind: ObjectKind) -> Agility {
        let (jerk, turn, step, speed_mps) = match kind {
            ObjectKind::Car => (3.0, 0.35, 0.05, 10.0),
            ObjectKind::Truck | ObjectKind::Bus => (2.0, 0.2, 0.05, 8.0),
            ObjectKind::Cyclist => (2.0, 0.7, 0.08, 4.0),
            ObjectKind::Pedestrian => (1.5, 1.5, 0.15, 1.5),
            ObjectKind::Obstacle => (0.5, 0.1, 0.05, 1.0),
        };
        Agility {
            jerk,
            turn,
            step,
            speed_mps,
        }
    }
}

/// Turns and accelerations fade with these time constants.
const TURN_S: f64 = 2.0;
const ACCELERATION_S: f64 = 1.5;

/// Carries a belief on by a short time; backwards too, for a measurement that comes late.
pub(crate) fn carry_on(belief: &mut Belief, agility: Agility, step_s: f64) {
    if step_s == 0.0 {
        return;
    }
    let [x_m, y_m, heading_rad, speed_mps, turn_rad_per_s, acceleration_mps2] = belief.mean;
    let (sin, cos) = libm::sincos(heading_rad + 0.5 * turn_rad_per_s * step_s);
    let way_m = speed_mps * step_s + 0.5 * acceleration_mps2 * step_s * step_s;
    // First order is enough over a tenth of a second, and never changes the sign.
    let turn_kept = 1.0 / (1.0 + step_s.abs() / TURN_S);
    let acceleration_kept = 1.0 / (1.0 + step_s.abs() / ACCELERATION_S);
    let mean = [
        x_m + cos * way_m,
        y_m + sin * way_m,
        turned(heading_rad + turn_rad_per_s * step_s),
        speed_mps + acceleration_mps2 * step_s,
        turn_rad_per_s * turn_kept,
        acceleration_mps2 * acceleration_kept,
    ];
    let half = 0.5 * step_s * step_s;
    let transition = [
        [
            1.0,
            0.0,
            -sin * way_m,
            cos * step_s,
            -0.5 * sin * way_m * step_s,
            cos * half,
        ],
        [
            0.0,
            1.0,
            cos * way_m,
            sin * step_s,
            0.5 * cos * way_m * step_s,
            sin * half,
        ],
        [0.0, 0.0, 1.0, 0.0, step_s, 0.0],
        [0.0, 0.0, 0.0, 1.0, 0.0, step_s],
        [0.0, 0.0, 0.0, 0.0, turn_kept, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, acceleration_kept],
    ];
    let spread = |deviation: f64| deviation * deviation * step_s.abs();
    let noise = [
        spread(agility.step),
        spread(agility.step),
        spread(0.02),
        0.0,
        spread(agility.turn),
        spread(agility.jerk),
    ];
    belief.carry_on(mean, &transition, noise);
}
