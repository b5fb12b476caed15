//! Where the vehicle is: gyroscope and wheels carry it on, satellites and lane lines correct it.
//!
//! An error-state Kalman filter (Solà, "Quaternion kinematics for the error-state Kalman filter", 2017, in the plane):
//! place, heading, the gyroscope's bias and the share by which the wheels are wrong. Between corrections the place follows
//! the motion in the curves that the tyres take, side slip included. A satellite fix whose error does not fit is left out;
//! lane lines are matched to the lane of the map in which the vehicle believes to be, and to no other than one of that width.
//!
//! Errors of satellites and of lines last longer than the time from one to the next, which the filter's theory does not
//! allow for; their variance is raised by the number of measurements that share an error.

use super::gaussian::Gaussian;
use record::SimTime;
use road::{LaneId, LanePosition, Pose, RoadNetwork};
use std::collections::VecDeque;
use std::f64::consts::{PI, TAU};
use vehicle::{DataSheet, EgoState, Fix, LaneLines, Measurements, Motion, PASSENGER_KG};

/// What the belief is about: x, y, heading, bias of the gyroscope, share by which the wheels are wrong.
const PARTS: usize = 5;
/// Fixes of one second share the wander of their error (multipath, satellites' clocks) for some five seconds.
const FIX_SHARES: f64 = 50.0;
/// Pictures share how a line is painted and seen for some metres.
const LINES_SHARE: f64 = 4.0;
/// Chi-square with two degrees of freedom: once in a thousand a good fix is left out.
const FIX_GATE: f64 = 13.8;
/// The same with one degree.
const LINE_GATE: f64 = 10.8;
/// So many fixes left out in a row mean that the belief is wrong, not they.
const FIXES_REFUSED_MAX: u32 = 50;
/// Lines that make a lane of another width belong to another lane.
const WIDTH_MISFIT_M: f64 = 0.6;
/// Lanes are looked for within this.
const LANE_SEARCH_M: f64 = 3.0;
/// Growth of the error of the motion itself, across the way: a track in the road, a sideways wind.
const SLIP_M_PER_ROOT_S: f64 = 0.01;
/// Growth of the wheels' error, along the way.
const WHEEL_M_PER_ROOT_S: f64 = 0.02;
/// How fast bias and wheel scale may change.
const BIAS_DRIFT_RAD_PER_S: f64 = 3e-6;
const SCALE_DRIFT: f64 = 1e-5;
/// Poses that are remembered for measurements that come late: two seconds of motion.
const MEMORY: usize = 200;

/// Where the vehicle believes to be.
#[derive(Clone, Debug)]
pub(crate) struct Localisation {
    belief: Gaussian<PARTS>,
    time: Option<SimTime>,
    height: Pose,
    lane: Option<LanePosition>,
    yaw_rate_rad_per_s: f64,
    speed_mps: f64,
    gyroscope_noise_rad_per_s: f64,
    fixes_refused: u32,
    past: VecDeque<Moment>,
    tyres: Tyres,
    near: Vec<LaneId>,
}

/// Where it believed to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    pub time: SimTime,
    pub x_m: f64,
    pub y_m: f64,
    pub z_m: f64,
    pub heading_rad: f64,
}

/// How the rear axle slips aside in a curve.
#[derive(Clone, Copy, Debug)]
struct Tyres {
    empty_kg: f64,
    rear_share: f64,
    rear_stiffness_n_per_rad: f64,
}

impl Localisation {
    /// For a vehicle of this sheet.
    pub fn new(sheet: &DataSheet) -> Localisation {
        let positioning = sheet.positioning;
        Localisation {
            belief: Gaussian::new(
                [0.0; PARTS],
                [
                    0.05,
                    0.05,
                    0.005,
                    positioning.gyroscope_bias_rad_per_s,
                    positioning.wheel_scale_noise,
                ],
            ),
            time: None,
            height: Pose::default(),
            lane: None,
            yaw_rate_rad_per_s: 0.0,
            speed_mps: 0.0,
            gyroscope_noise_rad_per_s: positioning.gyroscope_noise_rad_per_s,
            fixes_refused: 0,
            past: VecDeque::with_capacity(MEMORY + 1),
            tyres: Tyres {
                empty_kg: sheet.mass.empty_kg,
                rear_share: 1.0 - sheet.mass.front_share,
                rear_stiffness_n_per_rad: sheet.tyres.rear_cornering_stiffness_n_per_rad,
            },
            near: Vec::new(),
        }
    }

    /// It stands where it was parked.
    pub fn wake(&mut self, pose: Pose) {
        self.belief.mean[0] = pose.x_m;
        self.belief.mean[1] = pose.y_m;
        self.belief.mean[2] = pose.heading_rad;
        self.height = pose;
    }

    /// Takes in what was measured since the last cycle.
    pub fn update(&mut self, network: &RoadNetwork, measurements: &Measurements, passengers: u32) {
        for motion in &measurements.motions {
            self.carry_on(motion, passengers);
        }
        for fix in &measurements.fixes {
            self.take_fix(fix);
        }
        self.find_lane(network);
        for lines in &measurements.lane_lines {
            self.take_lines(network, lines);
        }
    }

    /// Writes the belief into what the driver is told of its own vehicle.
    pub fn write(&self, ego: &mut EgoState) {
        let [x_m, y_m, heading_rad, ..] = self.belief.mean;
        ego.pose = Pose {
            x_m,
            y_m,
            heading_rad,
            ..self.height
        };
        ego.speed_mps = self.speed_mps;
        ego.yaw_rate_rad_per_s = self.yaw_rate_rad_per_s;
    }

    /// Where it believed to be at `time`; the nearest moment that it remembers.
    pub fn at(&self, time: SimTime) -> Moment {
        let after = self.past.partition_point(|moment| moment.time <= time);
        match self.past.get(after.saturating_sub(1)) {
            Some(moment) => *moment,
            None => self.now(time),
        }
    }

    fn now(&self, time: SimTime) -> Moment {
        let [x_m, y_m, heading_rad, ..] = self.belief.mean;
        Moment {
            time,
            x_m,
            y_m,
            z_m: self.height.z_m,
            heading_rad,
        }
    }

    fn carry_on(&mut self, motion: &Motion, passengers: u32) {
        let before = self.time.replace(motion.made);
        let step_s = before.map_or(0.01, |before| (motion.made - before).as_secs_f64().clamp(0.0, 1.0));
        let [x_m, y_m, heading_rad, bias, scale] = self.belief.mean;
        if motion.speed_mps == 0.0 {
            // What turns while the wheels stand is the bias.
            self.belief.correct(
                &[0.0, 0.0, 0.0, 1.0, 0.0],
                motion.yaw_rate_rad_per_s - bias,
                self.gyroscope_noise_rad_per_s * self.gyroscope_noise_rad_per_s,
            );
            self.speed_mps = 0.0;
            self.yaw_rate_rad_per_s = 0.0;
            self.remember(motion.made);
            return;
        }
        let speed_mps = motion.speed_mps * (1.0 + scale);
        let turn_rad_per_s = motion.yaw_rate_rad_per_s - bias;
        let course_rad =
            heading_rad + 0.5 * turn_rad_per_s * step_s + self.tyres.slip_rad(speed_mps, turn_rad_per_s, passengers);
        let (sin, cos) = libm::sincos(course_rad);
        let way_m = speed_mps * step_s;
        let mean = [
            x_m + cos * way_m,
            y_m + sin * way_m,
            turned(heading_rad + turn_rad_per_s * step_s),
            bias,
            scale,
        ];
        let mut transition = [[0.0; PARTS]; PARTS];
        for (i, row) in transition.iter_mut().enumerate() {
            row[i] = 1.0;
        }
        transition[0][2] = -sin * way_m;
        transition[1][2] = cos * way_m;
        transition[0][3] = 0.5 * sin * way_m * step_s;
        transition[1][3] = -0.5 * cos * way_m * step_s;
        transition[0][4] = cos * motion.speed_mps * step_s;
        transition[1][4] = sin * motion.speed_mps * step_s;
        transition[2][3] = -step_s;
        let (along, across) = (
            WHEEL_M_PER_ROOT_S * WHEEL_M_PER_ROOT_S * step_s,
            SLIP_M_PER_ROOT_S * SLIP_M_PER_ROOT_S * step_s,
        );
        let turn = self.gyroscope_noise_rad_per_s * step_s;
        let noise = [
            cos * cos * along + sin * sin * across,
            sin * sin * along + cos * cos * across,
            turn * turn,
            BIAS_DRIFT_RAD_PER_S * BIAS_DRIFT_RAD_PER_S * step_s,
            SCALE_DRIFT * SCALE_DRIFT * step_s,
        ];
        self.belief.carry_on(mean, &transition, noise);
        self.speed_mps = speed_mps;
        self.yaw_rate_rad_per_s = turn_rad_per_s;
        self.remember(motion.made);
    }

    fn remember(&mut self, time: SimTime) {
        if self.past.len() == MEMORY {
            self.past.pop_front();
        }
        self.past.push_back(self.now(time));
    }

    fn take_fix(&mut self, fix: &Fix) {
        let then = self.at(fix.made);
        let variance = FIX_SHARES * fix.deviation_m * fix.deviation_m + 1e-4;
        let rows = [[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]];
        let innovations = [fix.x_m - then.x_m, fix.y_m - then.y_m];
        let surprise: f64 = (0..2)
            .map(|axis| self.belief.surprise(&rows[axis], innovations[axis], variance))
            .sum();
        if surprise > FIX_GATE && self.fixes_refused < FIXES_REFUSED_MAX {
            self.fixes_refused += 1;
            return;
        }
        if surprise > FIX_GATE {
            // Lost: believe the satellites again.
            let spread = innovations[0] * innovations[0] + innovations[1] * innovations[1];
            self.belief.covariance[0][0] += spread;
            self.belief.covariance[1][1] += spread;
        }
        self.fixes_refused = 0;
        for axis in 0..2 {
            let innovation_m = innovations[axis] - self.moved(axis);
            self.belief.correct(&rows[axis], innovation_m, variance);
        }
        self.shift_past();
    }

    fn take_lines(&mut self, network: &RoadNetwork, lines: &LaneLines) {
        let Some(at) = self.lane else { return };
        let then = self.at(lines.made);
        let at = network.project_near(at.lane, at.s_m, then.x_m, then.y_m);
        let width_m = network.lane_width_m(at.lane, at.s_m);
        if (lines.left_m + lines.right_m - width_m).abs() > WIDTH_MISFIT_M {
            return;
        }
        let centre = network.lane_pose(LanePosition { offset_m: 0.0, ..at });
        let (sin, cos) = libm::sincos(centre.heading_rad);
        let row = [-sin, cos, 0.0, 0.0, 0.0];
        let believed_m = (then.y_m - centre.y_m) * cos - (then.x_m - centre.x_m) * sin;
        let innovation_m = 0.5 * (lines.right_m - lines.left_m) - believed_m;
        let variance = LINES_SHARE * lines.deviation_m * lines.deviation_m;
        if self.belief.surprise(&row, innovation_m, variance) > LINE_GATE {
            return;
        }
        self.belief.correct(&row, innovation_m, variance);
        let turn_rad = turned(centre.heading_rad + lines.heading_rad - then.heading_rad - self.moved(2));
        let variance = LINES_SHARE * lines.heading_deviation_rad * lines.heading_deviation_rad;
        let row = [0.0, 0.0, 1.0, 0.0, 0.0];
        if self.belief.surprise(&row, turn_rad, variance) <= LINE_GATE {
            self.belief.correct(&row, turn_rad, variance);
        }
        self.shift_past();
    }

    /// By how much corrections of this cycle have moved a part since it was remembered.
    fn moved(&self, part: usize) -> f64 {
        let now = self.belief.mean[part];
        self.past
            .back()
            .map_or(0.0, |before| now - [before.x_m, before.y_m, before.heading_rad][part])
    }

    /// What was believed of the past is corrected as the present is.
    fn shift_past(&mut self) {
        let Some(before) = self.past.back().copied() else {
            return;
        };
        let now = self.now(before.time);
        for moment in &mut self.past {
            moment.x_m += now.x_m - before.x_m;
            moment.y_m += now.y_m - before.y_m;
            moment.heading_rad = turned(moment.heading_rad + now.heading_rad - before.heading_rad);
        }
    }

    /// The lane under the vehicle: gives height and slope, and the lines that a camera should see.
    fn find_lane(&mut self, network: &RoadNetwork) {
        let [x_m, y_m, heading_rad, ..] = self.belief.mean;
        network.lanes_near(x_m, y_m, LANE_SEARCH_M, &mut self.near);
        let mut best: Option<(f64, LanePosition, Pose)> = None;
        for &id in &self.near {
            let lane = network.lane(id);
            if lane.edge.is_none() {
                continue;
            }
            let hint = self.lane.filter(|at| at.lane == id);
            let at = match hint {
                Some(at) => network.project_near(id, at.s_m, x_m, y_m),
                None => network.project(id, x_m, y_m),
            };
            let pose = network.lane_pose(LanePosition { offset_m: 0.0, ..at });
            let turn_rad = turned(heading_rad - pose.heading_rad).abs();
            let height_m = (pose.z_m - self.height.z_m).abs();
            let aside_m = libm::hypot(x_m - pose.x_m, y_m - pose.y_m);
            // A lane that was lost by a little is kept: hysteresis of half a metre.
            let misfit = aside_m + 4.0 * turn_rad + 0.5 * height_m - if hint.is_some() { 0.5 } else { 0.0 };
            let fits = aside_m < 0.5 * network.lane_width_m(id, at.s_m) + 0.5 && turn_rad < 0.6 && height_m < 3.0;
            if fits && best.is_none_or(|(least, ..)| misfit < least) {
                best = Some((misfit, at, pose));
            }
        }
        self.lane = best.map(|(_, at, _)| at);
        if let Some((_, _, pose)) = best {
            self.height = pose;
        }
    }
}

impl Tyres {
    /// Angle between heading and way at the rear axle (single-track model, steady state; Mitschke and Wallentowitz,
    /// "Dynamik der Kraftfahrzeuge", 5th edition, section 20.1): the load on the rear tyres over their stiffness.
    fn slip_rad(&self, speed_mps: f64, turn_rad_per_s: f64, passengers: u32) -> f64 {
        let mass_kg = self.empty_kg + f64::from(passengers) * PASSENGER_KG;
        // Stiffness grows with the load, so that what counts is the empty weight.
        let stiffness = self.rear_stiffness_n_per_rad * mass_kg / self.empty_kg;
        -self.rear_share * mass_kg * speed_mps * turn_rad_per_s / stiffness.max(1.0)
    }
}

/// An angle within half a turn.
pub(crate) fn turned(angle_rad: f64) -> f64 {
    if angle_rad.abs() <= PI {
        return angle_rad;
    }
    angle_rad - TAU * libm::floor((angle_rad + PI) / TAU)
}
