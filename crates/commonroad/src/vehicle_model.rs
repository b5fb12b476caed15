//! The benchmark's vehicles and the kinematic single-track model (KS).
//!
//! In go a state, an acceleration and a steering rate; out comes the next state. Parameters are those of the published sets 1 to
//! 3; the model is x' = v cos ψ, y' = v sin ψ, δ' = v_δ, v' = a, ψ' = v tan δ / l of the middle of the rear axle, with the
//! constraints of its clauses on steering and acceleration. Source: Althoff, Würsching, "CommonRoad: Vehicle Models", 2020,
//! clause 5 and table 6.

use std::sync::Arc;
use vehicle::DataSheet;

/// Steps of the integration: far below what shows.
const STEP_S: f64 = 0.005;

/// A vehicle of the benchmark.
#[derive(Clone, Debug)]
pub struct VehicleModel {
    /// 1, 2 or 3: the digit in benchmark ids.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// Length and width of its box, in whose middle its position is.
    pub size_m: [f64; 2],
    /// From the rear axle to the position.
    pub rear_axle_to_centre_m: f64,
    /// Between the axles.
    pub wheelbase_m: f64,
    /// Greatest steering angle.
    pub steering_rad_max: f64,
    /// Fastest steering.
    pub steering_rad_per_s_max: f64,
    /// Fastest forward.
    pub speed_mps_max: f64,
    /// Greatest acceleration, in any direction.
    pub acceleration_mps2_max: f64,
    /// Above this speed, power limits the acceleration.
    pub switching_mps: f64,
    /// What an automated driver knows of it.
    pub sheet: Arc<DataSheet>,
}

/// A state of the model; the position is the middle of the vehicle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KinematicState {
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Of the front wheels, positive to the left.
    pub steering_angle_rad: f64,
    /// Along its heading.
    pub velocity_mps: f64,
    /// Anticlockwise from east.
    pub orientation_rad: f64,
}

/// Numbers of a parameter set.
struct Set {
    number: u8,
    name: &'static str,
    /// Length, width, from the centre of gravity to the front and to the rear axle.
    lengths_m: [f64; 4],
    steering_rad_max: f64,
    speed_mps_max: f64,
    switching_mps: f64,
    mass_kg: f64,
}

const SETS: [Set; 3] = [
    Set {
        number: 1,
        name: "Ford Escort",
        lengths_m: [4.298, 1.674, 0.88392, 1.50876],
        steering_rad_max: 0.91,
        speed_mps_max: 45.8,
        switching_mps: 4.755,
        mass_kg: 1225.9,
    },
    Set {
        number: 2,
        name: "BMW 320i",
        lengths_m: [4.508, 1.61, 1.156_195_706_4, 1.422_717_093_6],
        steering_rad_max: 1.066,
        speed_mps_max: 50.8,
        switching_mps: 7.319,
        mass_kg: 1093.3,
    },
    Set {
        number: 3,
        name: "VW Vanagon",
        lengths_m: [4.569, 1.844, 1.150_791_602_4, 1.321_136_397_6],
        steering_rad_max: 1.023,
        speed_mps_max: 41.7,
        switching_mps: 7.824,
        mass_kg: 1478.9,
    },
];

impl VehicleModel {
    /// The vehicle with this number.
    pub fn by_number(number: u8) -> Option<VehicleModel> {
        let set = SETS.iter().find(|set| set.number == number)?;
        let [length_m, width_m, front_m, rear_m] = set.lengths_m;
        let mut sheet = DataSheet::from_toml(include_str!("../vehicles/passenger_car.toml"), "passenger_car.toml")
            .expect("the sheet is part of the program and read by a test");
        sheet.title = set.name.to_owned();
        let size = &mut sheet.dimensions;
        size.length_m = length_m;
        size.width_m = width_m;
        size.wheelbase_m = front_m + rear_m;
        size.rear_overhang_m = 0.5 * length_m - rear_m;
        size.front_overhang_m = 0.5 * length_m - front_m;
        sheet.mass.empty_kg = set.mass_kg;
        // The published limits are the tyres'; an engine is not described, so it has their power up to the switching speed.
        sheet.drive.force_n_max = ACCELERATION_MPS2_MAX * set.mass_kg;
        sheet.drive.power_w_max = ACCELERATION_MPS2_MAX * set.switching_mps * set.mass_kg;
        sheet.drive.speed_mps_max = set.speed_mps_max;
        sheet.brake.force_n_max = ACCELERATION_MPS2_MAX * set.mass_kg;
        sheet.steering.angle_rad_max = set.steering_rad_max.min(MAX_DRIVEN_RAD);
        sheet.steering.rate_rad_per_s_max = STEERING_RAD_PER_S_MAX;
        Some(VehicleModel {
            number,
            name: set.name,
            size_m: [length_m, width_m],
            rear_axle_to_centre_m: rear_m,
            wheelbase_m: front_m + rear_m,
            steering_rad_max: set.steering_rad_max,
            steering_rad_per_s_max: STEERING_RAD_PER_S_MAX,
            speed_mps_max: set.speed_mps_max,
            acceleration_mps2_max: ACCELERATION_MPS2_MAX,
            switching_mps: set.switching_mps,
            sheet: Arc::new(sheet),
        })
    }

    /// The middle of the rear axle.
    pub fn rear_axle_m(&self, state: &KinematicState) -> [f64; 2] {
        let (sin, cos) = libm::sincos(state.orientation_rad);
        [
            state.x_m - self.rear_axle_to_centre_m * cos,
            state.y_m - self.rear_axle_to_centre_m * sin,
        ]
    }

    /// The acceleration that the limits leave of one that is asked for: power above the switching speed, the greatest speed,
    /// and the tyres' circle (the lateral acceleration comes first).
    pub fn limited_mps2(&self, state: &KinematicState, asked_mps2: f64, period_s: f64) -> f64 {
        let speed_mps = state.velocity_mps;
        let power_mps2 = self.acceleration_mps2_max * (self.switching_mps / speed_mps.max(self.switching_mps));
        let lateral_mps2 = speed_mps * speed_mps * libm::tan(state.steering_angle_rad) / self.wheelbase_m;
        let limit_mps2 = 0.98 * self.acceleration_mps2_max;
        let circle_mps2 = (limit_mps2 * limit_mps2 - lateral_mps2 * lateral_mps2).max(0.0).sqrt();
        // It comes to rest and does not roll back.
        let to_rest_mps2 = -speed_mps.max(0.0) / period_s;
        let to_top_mps2 = ((self.speed_mps_max - speed_mps) / period_s).max(0.0);
        asked_mps2
            .clamp(-circle_mps2, circle_mps2.min(power_mps2).min(to_top_mps2))
            .max(to_rest_mps2)
    }

    /// Integrates the model over a period with constant inputs (classical Runge-Kutta), which have to be within the limits.
    pub fn step(
        &self,
        state: &KinematicState,
        acceleration_mps2: f64,
        steering_rad_per_s: f64,
        period_s: f64,
    ) -> KinematicState {
        let [x_m, y_m] = self.rear_axle_m(state);
        let (v_mps, steering_rad) = (state.velocity_mps, state.steering_angle_rad);
        let count = (period_s / STEP_S).ceil().max(1.0);
        let h = period_s / count;
        // Speed and steering are linear in time, so that only place and heading are integrated.
        let yaw_rate = |t: f64| {
            (v_mps + acceleration_mps2 * t) * libm::tan(steering_rad + steering_rad_per_s * t) / self.wheelbase_m
        };
        let mut at = [x_m, y_m, state.orientation_rad];
        for index in 0..count as u32 {
            let t = f64::from(index) * h;
            let slope = |t: f64, heading_rad: f64| {
                let (sin, cos) = libm::sincos(heading_rad);
                let v = v_mps + acceleration_mps2 * t;
                [v * cos, v * sin, yaw_rate(t)]
            };
            let k1 = slope(t, at[2]);
            let k2 = slope(t + 0.5 * h, at[2] + 0.5 * h * k1[2]);
            let k3 = slope(t + 0.5 * h, at[2] + 0.5 * h * k2[2]);
            let k4 = slope(t + h, at[2] + h * k3[2]);
            for axis in 0..3 {
                at[axis] += h / 6.0 * (k1[axis] + 2.0 * k2[axis] + 2.0 * k3[axis] + k4[axis]);
            }
        }
        let (sin, cos) = libm::sincos(at[2]);
        KinematicState {
            x_m: at[0] + self.rear_axle_to_centre_m * cos,
            y_m: at[1] + self.rear_axle_to_centre_m * sin,
            steering_angle_rad: steering_rad + steering_rad_per_s * period_s,
            velocity_mps: v_mps + acceleration_mps2 * period_s,
            orientation_rad: at[2],
        }
    }
}

/// Of all three sets.
const ACCELERATION_MPS2_MAX: f64 = 11.5;
/// Of all three sets.
const STEERING_RAD_PER_S_MAX: f64 = 0.4;
/// A driver is told no more than road cars have.
const MAX_DRIVEN_RAD: f64 = 0.7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_vehicles_read_and_their_boxes_are_whole() {
        for number in 1..=3 {
            let model = VehicleModel::by_number(number).expect("a set");
            let size = model.sheet.dimensions;
            let sum_m = size.wheelbase_m + size.front_overhang_m + size.rear_overhang_m;
            assert!((sum_m - size.length_m).abs() < 1e-9);
        }
        assert!(VehicleModel::by_number(4).is_none());
    }

    #[test]
    fn a_circle_driven_with_constant_steering_closes() {
        let model = VehicleModel::by_number(2).expect("a set");
        let mut state = KinematicState {
            steering_angle_rad: 0.1,
            velocity_mps: 5.0,
            ..KinematicState::default()
        };
        let radius_m = model.wheelbase_m / 0.1f64.tan();
        let turn_s = std::f64::consts::TAU * radius_m / 5.0;
        for _ in 0..100 {
            state = model.step(&state, 0.0, 0.0, turn_s / 100.0);
        }
        assert!(state.x_m.abs() < 1e-6 && state.y_m.abs() < 1e-6, "{state:?}");
    }
}
