//! How a vehicle moves: a single-track model with saturating tyres, actuators with lag, resistances and a battery.
//!
//! In go a [`Control`] and the [`Ground`] below, every 10 ms; out come the vehicle's own state and where its energy went.
//! It does not know what is around it, and it is the truth: noise is added by whoever observes it.
//!
//! Sources. Lateral motion: Rajamani, "Vehicle Dynamics and Control" (2012), §2.3 (single-track model) and §2.2 (kinematic
//! model, for walking speed). Tyres: Fiala 1954 as in Pacejka, "Tire and Vehicle Dynamics" (2012), §3.2 (brush model with
//! parabolic pressure), with the friction circle taken up by braking first. Longitudinal motion and load transfer:
//! Rajamani §4.1. The lateral equations are stepped with implicit Euler on the tyres' secant stiffness: they are stiff in
//! proportion to 1 / speed, and this holds at any speed and gives exact steady states.

use crate::fault::{Faults, LIMP_SHARE};
use crate::observation::{Control, EgoState};
use crate::sheet::{DataSheet, PASSENGER_KG};
use record::SimTime;
use road::Pose;

/// Acceleration of free fall.
pub const GRAVITY_MPS2: f64 = 9.806_65;
/// Density of air at 20 °C and 100 kPa, kg/m³.
pub const AIR_DENSITY_KGPM3: f64 = 1.19;

/// Below this the path is that of the wheels (no slip), above [`SLIP_MPS`] that of the tyres; between, a mixture.
const NO_SLIP_MPS: f64 = 1.5;
/// See [`NO_SLIP_MPS`].
const SLIP_MPS: f64 = 3.0;
/// The motor gives no braking force below the first speed and all of it above the second.
const RECUPERATION_FADE_MPS: (f64, f64) = (1.0, 3.0);
/// Braking and driving never take more than this share of the tyres' force: anti-lock and traction control.
const LONGITUDINAL_SHARE_MAX: f64 = 0.95;

/// What is under the wheels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// Height at the reference point.
    pub z_m: f64,
    /// Rise per metre in the direction in which the vehicle points.
    pub grade: f64,
    /// Rise per metre to the left.
    pub bank: f64,
    /// Friction relative to a dry road.
    pub grip: f64,
}

impl Default for Ground {
    /// Level and dry.
    fn default() -> Ground {
        Ground {
            z_m: 0.0,
            grade: 0.0,
            bank: 0.0,
            grip: 1.0,
        }
    }
}

/// Where the energy went since the start, in joules. For a vehicle that runs straight,
/// `drawn_j = kinetic + potential + drag_j + rolling_j + brake_j + tyre_j + conversion_j + auxiliary_j` to rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnergyUse {
    /// Out of the battery, recuperation and charging subtracted.
    pub drawn_j: f64,
    /// Put in by a charger.
    pub charged_j: f64,
    /// Put back by the motor.
    pub recuperated_j: f64,
    /// Lost to the air.
    pub drag_j: f64,
    /// Lost to rolling.
    pub rolling_j: f64,
    /// Lost in the friction brakes.
    pub brake_j: f64,
    /// Lost in tyres that slip sideways.
    pub tyre_j: f64,
    /// Lost between battery and wheels.
    pub conversion_j: f64,
    /// Used by computers, lights, air conditioning.
    pub auxiliary_j: f64,
}

/// A vehicle in motion. Its reference point is on the ground below the middle of the rear axle.
#[derive(Clone, Debug)]
pub struct VehicleDynamics {
    vehicle: Constants,
    load: Load,
    ground: Ground,
    x_m: f64,
    y_m: f64,
    heading_rad: f64,
    /// Along the heading.
    speed_mps: f64,
    /// At the centre of gravity, to the left.
    lateral_speed_mps: f64,
    yaw_rate_rad_per_s: f64,
    steering_angle_rad: f64,
    drive_force_n: f64,
    brake_force_n: f64,
    acceleration_mps2: f64,
    lateral_acceleration_mps2: f64,
    charge_wh: f64,
    charging_w: f64,
    energy: EnergyUse,
    odometer_m: f64,
    /// 0 shut to 1 open.
    door_share: f64,
    passengers: u32,
    faults: Faults,
}

/// What of the sheet each step needs.
#[derive(Clone, Copy, Debug)]
struct Constants {
    wheelbase_m: f64,
    empty_kg: f64,
    front_share: f64,
    centre_height_m: f64,
    yaw_inertia_kgm2: f64,
    steering_angle_rad_max: f64,
    /// Greatest change of the steering angle in a step, and the share of the remaining difference that a step covers.
    steering_step_rad_max: f64,
    steering_share: f64,
    drive: crate::sheet::Drive,
    drive_share: f64,
    brake_force_n_max: f64,
    brake_share: f64,
    battery: crate::sheet::Battery,
    /// Half of density, coefficient and area: newtons for each (m/s)².
    drag_kgpm: f64,
    rolling_coefficient: f64,
    /// Newtons a radian for each newton of load.
    front_stiffness_per_rad: f64,
    rear_stiffness_per_rad: f64,
    friction: f64,
    /// Share of the way that the doors open or close in a step.
    door_opening_step: f64,
    door_closing_step: f64,
    has_doors: bool,
}

/// What follows from the passengers on board.
#[derive(Clone, Copy, Debug)]
struct Load {
    mass_kg: f64,
    front_m: f64,
    rear_m: f64,
    yaw_inertia_kgm2: f64,
}

/// The model's step, seconds.
const STEP_S: f64 = 0.01;

impl VehicleDynamics {
    /// Time between steps.
    pub const STEP: SimTime = SimTime::from_millis(10);

    /// A vehicle at rest with its reference point at `pose`, its battery charged to `state_of_charge` (0 to 1).
    pub fn new(sheet: &DataSheet, pose: Pose, state_of_charge: f64) -> VehicleDynamics {
        let share = |lag_s: f64| {
            if lag_s > 0.0 {
                1.0 - libm::exp(-STEP_S / lag_s)
            } else {
                1.0
            }
        };
        let weight_n = sheet.mass.empty_kg * GRAVITY_MPS2;
        let door_step = |time_s: Option<f64>| match time_s {
            Some(time_s) if time_s > STEP_S => STEP_S / time_s,
            _ => 1.0,
        };
        let vehicle = Constants {
            wheelbase_m: sheet.dimensions.wheelbase_m,
            empty_kg: sheet.mass.empty_kg,
            front_share: sheet.mass.front_share,
            centre_height_m: sheet.mass.centre_height_m,
            yaw_inertia_kgm2: sheet.mass.yaw_inertia_kgm2,
            steering_angle_rad_max: sheet.steering.angle_rad_max,
            steering_step_rad_max: sheet.steering.rate_rad_per_s_max * STEP_S,
            steering_share: share(sheet.steering.lag_s),
            drive: sheet.drive,
            drive_share: share(sheet.drive.lag_s),
            brake_force_n_max: sheet.brake.force_n_max,
            brake_share: share(sheet.brake.lag_s),
            battery: sheet.battery,
            drag_kgpm: 0.5 * AIR_DENSITY_KGPM3 * sheet.resistance.drag_coefficient * sheet.resistance.frontal_area_m2,
            rolling_coefficient: sheet.resistance.rolling_coefficient,
            front_stiffness_per_rad: sheet.tyres.front_cornering_stiffness_n_per_rad
                / (weight_n * sheet.mass.front_share),
            rear_stiffness_per_rad: sheet.tyres.rear_cornering_stiffness_n_per_rad
                / (weight_n * (1.0 - sheet.mass.front_share)),
            friction: sheet.tyres.friction,
            door_opening_step: door_step(sheet.doors.map(|doors| doors.opening_s)),
            door_closing_step: door_step(sheet.doors.map(|doors| doors.closing_s)),
            has_doors: sheet.doors.is_some(),
        };
        VehicleDynamics {
            load: vehicle.load(0.0),
            vehicle,
            ground: Ground {
                z_m: pose.z_m,
                ..Ground::default()
            },
            x_m: pose.x_m,
            y_m: pose.y_m,
            heading_rad: pose.heading_rad,
            speed_mps: 0.0,
            lateral_speed_mps: 0.0,
            yaw_rate_rad_per_s: 0.0,
            steering_angle_rad: 0.0,
            drive_force_n: 0.0,
            brake_force_n: 0.0,
            acceleration_mps2: 0.0,
            lateral_acceleration_mps2: 0.0,
            charge_wh: vehicle.battery.capacity_wh * state_of_charge.clamp(0.0, 1.0),
            charging_w: 0.0,
            energy: EnergyUse::default(),
            odometer_m: 0.0,
            door_share: 0.0,
            passengers: 0,
            faults: Faults::default(),
        }
    }

    /// The same, rolling straight ahead at that speed.
    pub fn rolling(mut self, speed_mps: f64) -> VehicleDynamics {
        self.speed_mps = speed_mps;
        self
    }

    /// Moves on by [`VehicleDynamics::STEP`].
    pub fn step(&mut self, control: &Control, ground: &Ground) {
        self.ground = *ground;
        self.ground.grip *= self.faults.grip_share();
        let ground = self.ground;
        let control = Demand::new(control);
        self.move_doors(control.open_doors);
        self.move_actuators(&control);

        let mass_kg = self.load.mass_kg;
        // Slope as sine and cosine, without trigonometry: the grade is a tangent.
        let cosine = 1.0 / (1.0 + ground.grade * ground.grade).sqrt();
        let (sine, bank) = (
            ground.grade * cosine,
            ground.bank / (1.0 + ground.bank * ground.bank).sqrt(),
        );
        let weight_n = mass_kg * GRAVITY_MPS2 * cosine;

        // Load on the axles, from the acceleration of the step before (Rajamani §4.1.5).
        let transfer_n = mass_kg * (self.acceleration_mps2 + GRAVITY_MPS2 * sine) * self.vehicle.centre_height_m;
        let front_load_n = ((weight_n * self.load.rear_m - transfer_n) / self.vehicle.wheelbase_m).clamp(0.0, weight_n);
        let rear_load_n = weight_n - front_load_n;
        let grip_n = self.vehicle.friction * ground.grip * weight_n;

        // Along the heading. Drive, slope and air push; brakes and rolling only hold: they can stop, not turn back.
        let speed_mps = self.speed_mps;
        let drive_n = self
            .drive_force_n
            .clamp(-LONGITUDINAL_SHARE_MAX * grip_n, LONGITUDINAL_SHARE_MAX * grip_n);
        let drag_n = self.vehicle.drag_kgpm * speed_mps * speed_mps.abs();
        let brake_n = self.brake_force_n.min(LONGITUDINAL_SHARE_MAX * grip_n);
        let rolling_n = self.vehicle.rolling_coefficient * weight_n;
        let tyres = self.move_sideways(&Axles {
            front_load_n,
            rear_load_n,
            grip_n,
            drive_n,
            brake_n,
            bank,
        });
        let push_n = drive_n - mass_kg * GRAVITY_MPS2 * sine - drag_n + tyres.along_n;
        let pushed_mps = speed_mps + STEP_S * push_n / mass_kg;
        let hold_mps = STEP_S * (brake_n + rolling_n) / mass_kg;
        let next_mps = if pushed_mps.abs() <= hold_mps {
            0.0
        } else {
            pushed_mps - hold_mps.copysign(pushed_mps)
        };
        self.acceleration_mps2 = (next_mps - speed_mps) / STEP_S;
        self.speed_mps = next_mps;
        let way_m = 0.5 * (speed_mps + next_mps) * STEP_S;
        self.odometer_m += way_m.abs();

        // Negative in the one step in which the motion turns round; the books stay exact.
        let held_j = mass_kg * (pushed_mps - next_mps) / STEP_S * way_m;
        self.account(&Work {
            drive_n,
            drag_n,
            brake_n,
            rolling_n,
            held_j,
            way_m,
            tyre_j: tyres.loss_j,
        });

        // The reference point moves with the rear axle.
        let turn_rad = self.yaw_rate_rad_per_s * STEP_S;
        let (sin, cos) = libm::sincos(self.heading_rad + 0.5 * turn_rad);
        let side_m = (self.lateral_speed_mps - self.load.rear_m * self.yaw_rate_rad_per_s) * STEP_S;
        self.x_m += (way_m * cosine) * cos - side_m * sin;
        self.y_m += (way_m * cosine) * sin + side_m * cos;
        self.heading_rad = wrapped(self.heading_rad + turn_rad);
    }

    /// The vehicle's own state: the truth.
    pub fn ego(&self) -> EgoState {
        EgoState {
            pose: Pose {
                x_m: self.x_m,
                y_m: self.y_m,
                z_m: self.ground.z_m,
                heading_rad: self.heading_rad,
                pitch_rad: -libm::atan(self.ground.grade),
                roll_rad: libm::atan(self.ground.bank),
            },
            speed_mps: self.speed_mps,
            acceleration_mps2: self.acceleration_mps2,
            yaw_rate_rad_per_s: self.yaw_rate_rad_per_s,
            steering_angle_rad: self.steering_angle_rad,
            state_of_charge: self.state_of_charge(),
            passengers: self.passengers,
            door_is_open: self.door_share > 0.0,
            faults: self.faults,
        }
    }

    /// Where the reference point is.
    pub fn position_m(&self) -> (f64, f64) {
        (self.x_m, self.y_m)
    }

    /// Anticlockwise from east.
    pub fn heading_rad(&self) -> f64 {
        self.heading_rad
    }

    /// Along the heading.
    pub fn speed_mps(&self) -> f64 {
        self.speed_mps
    }

    /// At the centre of gravity, positive to the left.
    pub fn lateral_acceleration_mps2(&self) -> f64 {
        self.lateral_acceleration_mps2
    }

    /// Where the energy went since the start.
    pub fn energy(&self) -> EnergyUse {
        self.energy
    }

    /// Way since the start, both directions counted.
    pub fn odometer_m(&self) -> f64 {
        self.odometer_m
    }

    /// Charge of the battery, 0 to 1.
    pub fn state_of_charge(&self) -> f64 {
        self.charge_wh / self.vehicle.battery.capacity_wh
    }

    /// Whether the doors are wide open, so that people can pass.
    pub fn doors_are_open(&self) -> bool {
        self.door_share >= 1.0
    }

    /// Mass with everything on board.
    pub fn mass_kg(&self) -> f64 {
        self.load.mass_kg
    }

    /// Passengers on board from now on, of [`PASSENGER_KG`] each.
    pub fn set_passengers(&mut self, passengers: u32) {
        self.passengers = passengers;
        self.load = self.vehicle.load(f64::from(passengers) * PASSENGER_KG);
    }

    /// Breaks or mends. With steering or main computer out the drive is cut; with a brake circuit out, part of brake and
    /// drive is left; on a slippery road, part of the grip.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Power from a charger from now on, 0 to unplug; flows at standstill only, and no more than the sheet allows.
    pub fn set_charging_w(&mut self, power_w: f64) {
        self.charging_w = if power_w > 0.0 {
            power_w.min(self.vehicle.battery.charge_w_max)
        } else {
            0.0
        };
    }

    /// Doors open at standstill only, and take their time.
    fn move_doors(&mut self, open: bool) {
        let opens = open && self.vehicle.has_doors && self.speed_mps == 0.0;
        let step = if opens {
            self.vehicle.door_opening_step
        } else {
            -self.vehicle.door_closing_step
        };
        self.door_share = (self.door_share + step).clamp(0.0, 1.0);
    }

    fn move_actuators(&mut self, control: &Demand) {
        let vehicle = &self.vehicle;
        let target_rad = match control.steering_angle_rad {
            Some(angle_rad) => angle_rad.clamp(-vehicle.steering_angle_rad_max, vehicle.steering_angle_rad_max),
            None => self.steering_angle_rad,
        };
        let step_rad = vehicle.steering_share * (target_rad - self.steering_angle_rad);
        let step_rad_max = self.faults.steering_share() * vehicle.steering_step_rad_max;
        self.steering_angle_rad += step_rad.clamp(-step_rad_max, step_rad_max);

        // The motor is interlocked: no drive with a door open, out of charge or with a fault, and none against the motion.
        let direction = if control.reverse { -1.0 } else { 1.0 };
        let speed_mps = direction * self.speed_mps;
        let speed_mps_max = if control.reverse {
            vehicle.drive.reverse_speed_mps_max
        } else {
            vehicle.drive.speed_mps_max
        };
        let charge = self.charge_wh / vehicle.battery.capacity_wh;
        let allowed = if self.door_share > 0.0 || !self.faults.let_move() || charge <= 0.0 || speed_mps < -1.0 {
            0.0
        } else if charge < vehicle.battery.charge_min {
            LIMP_SHARE
        } else {
            self.faults.drive_share()
        };
        // The last half metre per second below the greatest speed fades the force out, so that a governor needs no switch.
        let fade = ((speed_mps_max - speed_mps) / 0.5).clamp(0.0, 1.0);
        let force_n = greatest_force_n(vehicle.drive.force_n_max, vehicle.drive.power_w_max, self.speed_mps);
        let target_n = direction * control.drive * allowed * fade * force_n;
        self.drive_force_n += vehicle.drive_share * (target_n - self.drive_force_n);
        if control.drive == 0.0 && self.drive_force_n.abs() < 1.0 {
            self.drive_force_n = 0.0;
        }

        let left = self.faults.brake_share();
        // An open door holds the brakes, as on any bus.
        let brake = if self.door_share > 0.0 {
            control.brake.max(0.3)
        } else {
            control.brake
        };
        self.brake_force_n += vehicle.brake_share * (brake * left * vehicle.brake_force_n_max - self.brake_force_n);
    }

    /// Lateral speed and yaw rate at the end of the step, and the force that the steered wheels exert along the vehicle.
    fn move_sideways(&mut self, axles: &Axles) -> Tyres {
        let speed_mps = self.speed_mps;
        let (front_m, rear_m) = (self.load.front_m, self.load.rear_m);
        let (sin, cos) = libm::sincos(self.steering_angle_rad);
        let kinematic_rad_per_s = speed_mps * sin / cos / self.vehicle.wheelbase_m;
        let kinematic_mps = rear_m * kinematic_rad_per_s;
        let before_mps = self.lateral_speed_mps;
        // In a spin the vehicle moves sideways: its whole speed counts.
        let whole_mps = (speed_mps * speed_mps + before_mps * before_mps).sqrt();
        let slip = ((whole_mps - NO_SLIP_MPS) / (SLIP_MPS - NO_SLIP_MPS)).clamp(0.0, 1.0);
        if slip == 0.0 {
            (self.lateral_speed_mps, self.yaw_rate_rad_per_s) = (kinematic_mps, kinematic_rad_per_s);
            self.lateral_acceleration_mps2 = speed_mps * kinematic_rad_per_s;
            return Tyres {
                along_n: 0.0,
                loss_j: 0.0,
            };
        }

        // What braking or driving leaves for the side (friction circle); both axles share them by load.
        let along_n = axles.drive_n - axles.brake_n.copysign(speed_mps);
        let share = (along_n / axles.grip_n.max(1.0)).clamp(-1.0, 1.0);
        let side = (1.0 - share * share).sqrt();
        let grip = side * axles.grip_n / (axles.front_load_n + axles.rear_load_n).max(1.0);

        // Velocities at the wheels, in the wheels' own directions.
        let front_mps = self.lateral_speed_mps + front_m * self.yaw_rate_rad_per_s;
        let rear_mps = self.lateral_speed_mps - rear_m * self.yaw_rate_rad_per_s;
        let rolling_mps = (speed_mps * cos + front_mps * sin).abs().max(0.5 * NO_SLIP_MPS);
        let front_slip = (speed_mps * sin - front_mps * cos) / rolling_mps;
        let rear_rolling_mps = speed_mps.abs().max(0.5 * NO_SLIP_MPS);
        let rear_slip = -rear_mps / rear_rolling_mps;
        let front_n_per_mps = secant_n(
            self.vehicle.front_stiffness_per_rad * axles.front_load_n,
            grip * axles.front_load_n,
            front_slip,
        ) / rolling_mps;
        let rear_n_per_mps = secant_n(
            self.vehicle.rear_stiffness_per_rad * axles.rear_load_n,
            grip * axles.rear_load_n,
            rear_slip,
        ) / rear_rolling_mps;

        // Implicit Euler on lateral speed v and yaw rate r (Rajamani eq. 2.25, with sine and cosine kept):
        //   m (v' - v) / h = a_f + a_r + p - m u r',   I (r' - r) / h = l_f (a_f + p) - l_r a_r
        // with a_f = k_f cos (u sin - cos (v' + l_f r')), a_r = -k_r (v' - l_r r') and p the front wheels' own push sideways.
        let (mass, inertia) = (self.load.mass_kg / STEP_S, self.load.yaw_inertia_kgm2 / STEP_S);
        let front = front_n_per_mps * cos * cos;
        let steer_n = front_n_per_mps * cos * speed_mps * sin;
        let push_n = along_n * axles.front_load_n / (axles.front_load_n + axles.rear_load_n).max(1.0) * sin;
        let slope_n = -self.load.mass_kg * GRAVITY_MPS2 * axles.bank;
        let a11 = mass + front + rear_n_per_mps;
        let a12 = front * front_m - rear_n_per_mps * rear_m + self.load.mass_kg * speed_mps;
        let a21 = front * front_m - rear_n_per_mps * rear_m;
        let a22 = inertia + front * front_m * front_m + rear_n_per_mps * rear_m * rear_m;
        let b1 = mass * self.lateral_speed_mps + steer_n + push_n + slope_n;
        let b2 = inertia * self.yaw_rate_rad_per_s + front_m * (steer_n + push_n);
        let determinant = a11 * a22 - a12 * a21;
        let lateral_mps = (b1 * a22 - a12 * b2) / determinant;
        let yaw_rad_per_s = (a11 * b2 - a21 * b1) / determinant;

        let slide_mps = speed_mps * sin - cos * (lateral_mps + front_m * yaw_rad_per_s);
        let front_n = front_n_per_mps * slide_mps;
        let rear_slide_mps = lateral_mps - rear_m * yaw_rad_per_s;
        let loss_w = front_n * slide_mps + rear_n_per_mps * rear_slide_mps * rear_slide_mps;

        self.lateral_speed_mps = kinematic_mps + slip * (lateral_mps - kinematic_mps);
        self.yaw_rate_rad_per_s = kinematic_rad_per_s + slip * (yaw_rad_per_s - kinematic_rad_per_s);
        self.lateral_acceleration_mps2 =
            (self.lateral_speed_mps - before_mps) / STEP_S + speed_mps * self.yaw_rate_rad_per_s;
        // In the turning frame the centre's lateral motion feeds the forward one.
        let coupling_n = self.load.mass_kg * self.lateral_speed_mps * self.yaw_rate_rad_per_s;
        Tyres {
            along_n: slip * (coupling_n - front_n * sin),
            loss_j: slip * loss_w * STEP_S,
        }
    }

    /// Books the step's work.
    fn account(&mut self, work: &Work) {
        let drive = &self.vehicle.drive;
        let speed_mps = (work.way_m / STEP_S).abs();
        // Of what the brakes and the rolling hold, the brakes' share, and of that what the motor can take.
        let brake_j = work.held_j * work.brake_n / (work.brake_n + work.rolling_n).max(1e-9);
        let (low, high) = RECUPERATION_FADE_MPS;
        let fade = ((speed_mps - low) / (high - low)).clamp(0.0, 1.0);
        let motor_n = greatest_force_n(
            drive.recuperation_force_n_max,
            drive.recuperation_power_w_max,
            speed_mps,
        ) * fade;
        let has_room = self.charge_wh < self.vehicle.battery.charge_max * self.vehicle.battery.capacity_wh;
        let motor_j = if has_room {
            brake_j.min(motor_n * work.way_m.abs()).max(0.0)
        } else {
            0.0
        };
        let drive_j = work.drive_n * work.way_m;
        let (drawn_j, back_j) = if drive_j >= 0.0 {
            (drive_j / drive.efficiency, drive.recuperation_efficiency * motor_j)
        } else {
            (0.0, drive.recuperation_efficiency * (motor_j - drive_j))
        };
        let auxiliary_j = self.vehicle.battery.auxiliary_w * STEP_S;
        let charged_j = if self.speed_mps == 0.0 && has_room {
            self.charging_w * STEP_S
        } else {
            0.0
        };

        let energy = &mut self.energy;
        energy.drawn_j += drawn_j + auxiliary_j - back_j - charged_j;
        energy.charged_j += charged_j;
        energy.recuperated_j += back_j;
        energy.drag_j += work.drag_n * work.way_m;
        energy.rolling_j += work.held_j - brake_j;
        energy.brake_j += brake_j - motor_j;
        energy.tyre_j += work.tyre_j;
        energy.conversion_j += drawn_j - back_j - drive_j + motor_j;
        energy.auxiliary_j += auxiliary_j;
        let capacity_wh = self.vehicle.battery.capacity_wh;
        let drawn_wh = (drawn_j + auxiliary_j - back_j - charged_j) / 3600.0;
        self.charge_wh = (self.charge_wh - drawn_wh).clamp(0.0, capacity_wh);
    }
}

impl Constants {
    /// Passengers sit between the axles, in the middle on average.
    fn load(&self, load_kg: f64) -> Load {
        let mass_kg = self.empty_kg + load_kg;
        let front_share = (self.empty_kg * self.front_share + load_kg * 0.5) / mass_kg;
        Load {
            mass_kg,
            front_m: (1.0 - front_share) * self.wheelbase_m,
            rear_m: front_share * self.wheelbase_m,
            yaw_inertia_kgm2: self.yaw_inertia_kgm2 * mass_kg / self.empty_kg,
        }
    }
}

/// A control that is finite and within its bounds; what is not a number becomes a stop.
struct Demand {
    drive: f64,
    brake: f64,
    steering_angle_rad: Option<f64>,
    reverse: bool,
    open_doors: bool,
}

impl Demand {
    fn new(control: &Control) -> Demand {
        let finite = control.drive.is_finite() && control.brake.is_finite();
        Demand {
            drive: if finite { control.drive.clamp(0.0, 1.0) } else { 0.0 },
            brake: if finite { control.brake.clamp(0.0, 1.0) } else { 1.0 },
            steering_angle_rad: control
                .steering_angle_rad
                .is_finite()
                .then_some(control.steering_angle_rad),
            reverse: control.reverse,
            open_doors: control.open_doors,
        }
    }
}

struct Axles {
    front_load_n: f64,
    rear_load_n: f64,
    grip_n: f64,
    drive_n: f64,
    brake_n: f64,
    /// Sine of the bank.
    bank: f64,
}

struct Tyres {
    along_n: f64,
    loss_j: f64,
}

struct Work {
    drive_n: f64,
    drag_n: f64,
    brake_n: f64,
    rolling_n: f64,
    /// By brakes and rolling together.
    held_j: f64,
    way_m: f64,
    tyre_j: f64,
}

fn greatest_force_n(force_n_max: f64, power_w_max: f64, speed_mps: f64) -> f64 {
    let speed_mps = speed_mps.abs();
    if force_n_max * speed_mps <= power_w_max {
        force_n_max
    } else {
        power_w_max / speed_mps
    }
}

/// Fiala's lateral force for a slip (tangent of the slip angle), divided by the slip.
fn secant_n(stiffness_n: f64, grip_n: f64, slip: f64) -> f64 {
    if grip_n <= 0.0 || stiffness_n <= 0.0 {
        return 0.0;
    }
    let share = stiffness_n * slip.abs() / (3.0 * grip_n);
    if share < 1.0 {
        stiffness_n * (1.0 - share + share * share / 3.0)
    } else {
        grip_n / slip.abs()
    }
}

/// Into -π..π.
fn wrapped(angle_rad: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if angle_rad.abs() <= PI {
        angle_rad
    } else {
        angle_rad - TAU * (angle_rad / TAU).round()
    }
}
