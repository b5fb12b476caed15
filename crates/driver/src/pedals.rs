//! From an acceleration to drive and brake.
//!
//! In go the acceleration asked for and the slope; out come the pedals, by the sheet's own resistances and masses, with a
//! slow correction of what they leave. At rest the brakes hold; on a slope they let go only as the motor takes over.

use crate::speed::Governor;
use vehicle::{AIR_DENSITY_KGPM3, DataSheet, EgoState, GRAVITY_MPS2, PASSENGER_KG};

/// Below this the vehicle is at rest for the pedals.
const REST_MPS: f64 = 0.0005;
/// The brakes let go for so long before the motor pulls, so that the vehicle does not tear itself loose.
const RELEASE_S: f64 = 0.35;
/// The last bit of braking before standstill: little enough to come to rest without a jolt.
const LAST_MPS2: f64 = 0.06;

/// What the feet do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pedal {
    pub drive: f64,
    pub brake: f64,
    pub is_at_rest: bool,
}

/// What of the sheet matters, and the slow correction.
#[derive(Clone, Debug)]
pub(crate) struct Pedals {
    empty_kg: f64,
    drag_kgpm: f64,
    rolling: f64,
    drive_n_max: f64,
    power_w_max: f64,
    brake_n_max: f64,
    drive_lag_s: f64,
    /// Force that the motor gives by now, by our reckoning.
    drive_n: f64,
    trim_mps2: f64,
    /// Since the wish to drive on, at rest.
    released_s: f64,
}

impl Pedals {
    pub(crate) fn new(sheet: &DataSheet) -> Pedals {
        Pedals {
            empty_kg: sheet.mass.empty_kg,
            drag_kgpm: 0.5 * AIR_DENSITY_KGPM3 * sheet.resistance.drag_coefficient * sheet.resistance.frontal_area_m2,
            rolling: sheet.resistance.rolling_coefficient,
            drive_n_max: sheet.drive.force_n_max,
            power_w_max: sheet.drive.power_w_max,
            brake_n_max: sheet.brake.force_n_max,
            drive_lag_s: sheet.drive.lag_s.max(0.01),
            drive_n: 0.0,
            trim_mps2: 0.0,
            released_s: 0.0,
        }
    }

    /// The pedals for an acceleration on a slope (rise per metre).
    pub(crate) fn press(
        &mut self,
        acceleration_mps2: f64,
        grade: f64,
        ego: &EgoState,
        governor: &Governor,
        period_s: f64,
    ) -> Pedal {
        let speed_mps = ego.speed_mps;
        let brake_n_max = ego.faults.brake_share() * self.brake_n_max;
        let mass_kg = self.empty_kg + f64::from(ego.passengers.min(1000)) * PASSENGER_KG;
        let slope_n = mass_kg * GRAVITY_MPS2 * grade.clamp(-0.5, 0.5);
        let wants_to_stand = governor.acceleration_mps2 < 0.02;
        let is_at_rest = wants_to_stand && speed_mps.abs() < REST_MPS;
        if is_at_rest || speed_mps < -0.3 {
            self.trim_mps2 = 0.0;
            self.released_s = 0.0;
            self.settle(0.0, period_s);
            let hold = (1.5 * slope_n.abs() / brake_n_max + 0.1).clamp(0.15, 1.0);
            return Pedal {
                drive: 0.0,
                brake: hold,
                is_at_rest: true,
            };
        }
        if speed_mps < REST_MPS && self.released_s < RELEASE_S {
            self.released_s += period_s;
            self.settle(0.0, period_s);
            let hold = (1.1 * slope_n.abs() / brake_n_max).clamp(0.0, 1.0);
            return Pedal {
                drive: 0.0,
                brake: hold,
                is_at_rest: true,
            };
        }
        let mut wanted = acceleration_mps2;
        if speed_mps < 0.3 && wants_to_stand && !governor.is_urgent {
            wanted = wanted.clamp(-(LAST_MPS2 + 0.6 * speed_mps.max(0.0)), -LAST_MPS2);
        }
        // What sheet and map do not know (load, wind, a wrong grade) is found from the acceleration felt.
        if speed_mps > 2.0 && wanted.abs() < 1.5 {
            let missing = wanted - ego.acceleration_mps2;
            self.trim_mps2 = (self.trim_mps2 + 0.4 * period_s * missing.clamp(-1.0, 1.0)).clamp(-0.4, 0.4);
        }
        let force_n = mass_kg * (wanted + self.trim_mps2)
            + slope_n
            + self.rolling * mass_kg * GRAVITY_MPS2
            + self.drag_kgpm * speed_mps * speed_mps.abs();
        let drive_n_max = ego.faults.drive_share() * self.drive_n_max.min(self.power_w_max / speed_mps.abs().max(0.1));
        let drive = (force_n / drive_n_max).clamp(0.0, 1.0);
        let mut brake = (-force_n / brake_n_max).clamp(0.0, 1.0);
        self.settle(drive * drive_n_max, period_s);
        if speed_mps < 0.3 && force_n > 0.0 && slope_n > 0.0 {
            // Uphill from rest, the brakes keep what the motor does not carry yet.
            brake = ((slope_n - self.drive_n) * 1.1 / brake_n_max).clamp(0.0, 1.0);
        }
        Pedal {
            drive,
            brake,
            is_at_rest: false,
        }
    }

    fn settle(&mut self, target_n: f64, period_s: f64) {
        let share = 1.0 - libm::exp(-period_s / self.drive_lag_s);
        self.drive_n += share * (target_n - self.drive_n);
    }
}
