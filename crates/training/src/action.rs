//! Actions: from two numbers to pedals and wheel.
//!
//! In go the two numbers that a learner chooses, each from -1 to 1, and the vehicle's state; out comes a
//! [`Control`](vehicle::Control). The pedals are pressed by the data sheet's mass and resistances (Rajamani, "Vehicle Dynamics and
//! Control", §4.1), so that on the level and on slopes one gets about the acceleration one asks for, as far as motor, brakes and
//! tyres allow; lags and slip are the vehicle's.

use vehicle::{AIR_DENSITY_KGPM3, Control, DataSheet, EgoState, GRAVITY_MPS2, PASSENGER_KG};

/// What a learner does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Action {
    /// 1 asks for [`Action::ACCELERATION_MPS2`], -1 for [`Action::DECELERATION_MPS2`] of braking, 0 to keep the speed.
    pub acceleration: f64,
    /// Share of the sharpest curve at this speed, positive to the left; see [`Action::LATERAL_MPS2`].
    pub steering: f64,
}

impl Action {
    /// What 1 asks for.
    pub const ACCELERATION_MPS2: f64 = 3.0;
    /// What -1 asks for.
    pub const DECELERATION_MPS2: f64 = 8.0;
    /// The sharpest curve is what the wheels can turn at walking speed, above that so much lateral acceleration: a wheel that
    /// is as easy to turn at any speed.
    pub const LATERAL_MPS2: f64 = 5.0;

    /// Numbers as a learner gives them: clipped to -1..1. What is no number keeps the speed and brakes not, and steers straight.
    pub fn new(acceleration: f32, steering: f32) -> Action {
        let clipped = |value: f32| {
            if value.is_nan() {
                0.0
            } else {
                f64::from(value.clamp(-1.0, 1.0))
            }
        };
        Action {
            acceleration: clipped(acceleration),
            steering: clipped(steering),
        }
    }

    /// The pedals and the wheel.
    pub(crate) fn control(&self, sheet: &DataSheet, ego: &EgoState) -> Control {
        let acceleration_mps2 = if self.acceleration < 0.0 {
            self.acceleration * Action::DECELERATION_MPS2
        } else {
            self.acceleration * Action::ACCELERATION_MPS2
        };
        let speed_mps = ego.speed_mps.max(0.0);
        let mass_kg = sheet.mass.empty_kg + f64::from(ego.passengers) * PASSENGER_KG;
        let resistance = &sheet.resistance;
        let drag_n =
            0.5 * AIR_DENSITY_KGPM3 * resistance.drag_coefficient * resistance.frontal_area_m2 * speed_mps * speed_mps;
        // Pitch is positive nose down.
        let slope_n = -mass_kg * GRAVITY_MPS2 * libm::sin(ego.pose.pitch_rad);
        let rolling_n = resistance.rolling_coefficient * mass_kg * GRAVITY_MPS2;
        let force_n = mass_kg * acceleration_mps2 + drag_n + slope_n + rolling_n;
        let drive = &sheet.drive;
        let drive_n_max = drive.force_n_max.min(drive.power_w_max / speed_mps.max(1.0));
        let wheelbase_m = sheet.dimensions.wheelbase_m;
        let turned_per_m = libm::tan(sheet.steering.angle_rad_max) / wheelbase_m;
        let sharpest_per_m = turned_per_m.min(Action::LATERAL_MPS2 / (speed_mps * speed_mps).max(1e-3));
        Control {
            drive: (force_n / drive_n_max.max(1.0)).clamp(0.0, 1.0),
            brake: (-force_n / sheet.brake.force_n_max.max(1.0)).clamp(0.0, 1.0),
            steering_angle_rad: libm::atan(wheelbase_m * self.steering * sharpest_per_m),
            ..Control::default()
        }
    }
}
