//! Where across the lane, and how the wheels get there.
//!
//! In go wishes (be so far from the lane's centre from there on); out come a smooth course of offsets along the route and
//! the road-wheel angle that follows it. The course is a quintic (jerk-free ends). For docking it is the front bumper that
//! is led along the quintic, and the rear axle follows as a tractrix: so no corner ever swings beyond the kerb.
//! Steering is curvature feed-forward with the understeer of the sheet, taken ahead by the actuator's lag, and feedback
//! of offset and heading with both poles at one distance (de Luca, Oriolo, Samson 1998, "Feedback control of a
//! nonholonomic car-like robot", §3, linear in the path's coordinates).

use vehicle::{DataSheet, EgoState, GRAVITY_MPS2};

/// Spacing of the course's samples.
const STEP_M: f64 = 0.5;
/// Longest course.
const COURSE_M_MAX: f64 = 160.0;

/// Offsets from the reference line, along stations: what is planned.
#[derive(Debug)]
pub(crate) struct Course {
    start_m: f64,
    offsets_m: Vec<f64>,
    /// Where the last change ends.
    end_m: f64,
}

/// How the body gets to the new offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Leading {
    /// The reference point (rear axle) is led.
    RearAxle,
    /// The front bumper is led, this far ahead of the reference point.
    FrontBumper(f64),
}

/// Samples that the longest change takes, with what the rear axle needs to settle.
const SAMPLES: usize = 512;

impl Default for Course {
    fn default() -> Course {
        Course {
            start_m: 0.0,
            offsets_m: Vec::with_capacity(SAMPLES),
            end_m: 0.0,
        }
    }
}

impl Course {
    /// On the reference line from here on.
    pub(crate) fn reset(&mut self, station_m: f64, offset_m: f64) {
        self.start_m = station_m;
        self.end_m = station_m;
        self.offsets_m.clear();
        self.offsets_m.push(offset_m);
    }

    /// Nothing is planned; the next cycle begins where the vehicle is.
    pub(crate) fn clear(&mut self) {
        self.offsets_m.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.offsets_m.is_empty()
    }

    /// From wherever it is back to the reference line, in motion.
    pub(crate) fn return_from(&mut self, station_m: f64, speed_mps: f64) {
        if self.offset_m(station_m).abs() > 0.05 {
            self.go_to(station_m, 0.0, (3.0 * speed_mps.abs()).max(12.0), Leading::RearAxle);
        }
    }

    /// The reference line moved to the side: `by_m` is where the old one lies, seen from the new one.
    pub(crate) fn shift(&mut self, by_m: f64) {
        for offset_m in &mut self.offsets_m {
            *offset_m += by_m;
        }
    }

    pub(crate) fn offset_m(&self, station_m: f64) -> f64 {
        let Some(last) = self.offsets_m.len().checked_sub(1) else {
            return 0.0;
        };
        let place = ((station_m - self.start_m) / STEP_M).clamp(0.0, last as f64);
        let index = (place as usize).min(last.saturating_sub(1));
        let (a, b) = (self.offsets_m[index], self.offsets_m[(index + 1).min(last)]);
        a + (place - index as f64) * (b - a)
    }

    /// Offset for each metre.
    pub(crate) fn slope(&self, station_m: f64) -> f64 {
        (self.offset_m(station_m + 1.0) - self.offset_m(station_m - 1.0)) / 2.0
    }

    /// Slope for each metre.
    pub(crate) fn bend_per_m(&self, station_m: f64) -> f64 {
        let h = 2.0;
        (self.offset_m(station_m + h) - 2.0 * self.offset_m(station_m) + self.offset_m(station_m - h)) / (h * h)
    }

    /// Where it comes to rest.
    pub(crate) fn target_m(&self) -> f64 {
        self.offsets_m.last().copied().unwrap_or(0.0)
    }

    /// Whether a change is under way at this station.
    pub(crate) fn is_changing(&self, station_m: f64) -> bool {
        station_m < self.end_m
    }

    /// From `station_m` on, go over to `target_m` within `length_m`, beginning as the course is there now.
    pub(crate) fn go_to(&mut self, station_m: f64, target_m: f64, length_m: f64, leading: Leading) {
        let lead_m = match leading {
            Leading::RearAxle => 0.0,
            Leading::FrontBumper(lead_m) => lead_m,
        };
        let length_m = length_m.clamp(2.0, COURSE_M_MAX - 40.0);
        let (offset_m, slope, bend) = (
            self.offset_m(station_m),
            self.slope(station_m),
            self.bend_per_m(station_m),
        );
        let (begin_m, begin_slope) = (offset_m + lead_m * slope, slope + lead_m * bend);
        let quintic = Quintic::new(begin_m, begin_slope, bend, target_m, length_m);
        self.start_m = station_m;
        self.offsets_m.clear();
        let mut at_m = 0.0;
        let mut now_m = offset_m;
        // The rear axle runs after the front bumper: its distance shrinks by e every `lead_m`.
        let settle_m = 5.0 * lead_m;
        while at_m < length_m + settle_m + STEP_M {
            self.offsets_m.push(now_m);
            at_m += STEP_M;
            now_m = if lead_m > 0.0 {
                let share = 1.0 - libm::exp(-STEP_M / lead_m);
                now_m + share * (quintic.at(at_m - 0.5 * STEP_M) - now_m)
            } else {
                quintic.at(at_m)
            };
        }
        self.offsets_m.push(target_m);
        self.end_m = station_m + length_m;
    }
}

/// A polynomial of fifth degree with given ends; it ends level and straight.
struct Quintic {
    coefficients: [f64; 6],
    length_m: f64,
    target_m: f64,
}

impl Quintic {
    fn new(begin_m: f64, slope: f64, bend: f64, target_m: f64, length_m: f64) -> Quintic {
        // In u = x / length, with the end conditions y(1) = target, y'(1) = y''(1) = 0.
        let (p, v, a) = (begin_m, slope * length_m, bend * length_m * length_m);
        let d = target_m - p;
        let coefficients = [
            p,
            v,
            0.5 * a,
            10.0 * d - 6.0 * v - 1.5 * a,
            -15.0 * d + 8.0 * v + 1.5 * a,
            6.0 * d - 3.0 * v - 0.5 * a,
        ];
        Quintic {
            coefficients,
            length_m,
            target_m,
        }
    }

    fn at(&self, way_m: f64) -> f64 {
        if way_m >= self.length_m {
            return self.target_m;
        }
        let u = (way_m / self.length_m).max(0.0);
        self.coefficients.iter().rev().fold(0.0, |sum, c| sum * u + c)
    }
}

/// What the wheels are to follow, seen from the vehicle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// How far left of the planned course the reference point is.
    pub error_m: f64,
    /// How far left of the course's direction the vehicle points.
    pub heading_error_rad: f64,
    /// Of the course, where the vehicle will be when the wheels have turned.
    pub curvature_per_m: f64,
}

/// Turns a target into a road-wheel angle.
#[derive(Clone, Debug)]
pub(crate) struct Steering {
    wheelbase_m: f64,
    angle_rad_max: f64,
    rate_rad_per_s_max: f64,
    /// Radians of wheel for each m/s² of lateral acceleration, empty (Rajamani §3.3).
    understeer: f64,
    /// Radians that the rear axle slips outwards for each m/s²: in a curve the body points inwards by as much.
    rear_slip: f64,
    angle_rad: f64,
    /// Slow correction of what the model leaves (bank, load).
    trim_per_m: f64,
}

impl Steering {
    pub(crate) fn new(sheet: &DataSheet) -> Steering {
        let weight_n = sheet.mass.empty_kg * GRAVITY_MPS2;
        let (front_n, rear_n) = (
            weight_n * sheet.mass.front_share,
            weight_n * (1.0 - sheet.mass.front_share),
        );
        let understeer = (front_n / sheet.tyres.front_cornering_stiffness_n_per_rad
            - rear_n / sheet.tyres.rear_cornering_stiffness_n_per_rad)
            / GRAVITY_MPS2;
        Steering {
            wheelbase_m: sheet.dimensions.wheelbase_m,
            angle_rad_max: sheet.steering.angle_rad_max,
            rate_rad_per_s_max: sheet.steering.rate_rad_per_s_max,
            understeer,
            rear_slip: rear_n / sheet.tyres.rear_cornering_stiffness_n_per_rad / GRAVITY_MPS2,
            angle_rad: 0.0,
            trim_per_m: 0.0,
        }
    }

    pub(crate) fn angle_rad(&self) -> f64 {
        self.angle_rad
    }

    /// The road-wheel angle to ask for.
    pub(crate) fn follow(&mut self, target: &Target, ego: &EgoState, period_s: f64) -> f64 {
        let speed_mps = ego.speed_mps.abs();
        // Both poles of the error's course along the way, one over this distance.
        let distance_m = (2.2 + 0.62 * speed_mps).max(3.0);
        let (w, error_m) = (1.0 / distance_m, target.error_m.clamp(-1.5, 1.5));
        let slips = ((speed_mps - 1.5) / 1.5).clamp(0.0, 1.0);
        let slip_rad = slips * self.rear_slip * target.curvature_per_m * speed_mps * speed_mps;
        let heading = (target.heading_error_rad - slip_rad).clamp(-0.7, 0.7);
        if speed_mps > 1.0 && error_m.abs() < 0.5 {
            let limit = 0.004;
            self.trim_per_m =
                (self.trim_per_m - 0.25 * w * w * error_m * period_s * speed_mps * w).clamp(-limit, limit);
        }
        let curvature = target.curvature_per_m - 2.0 * w * libm::sin(heading) - w * w * error_m + self.trim_per_m;
        let angle_rad = libm::atan(self.wheelbase_m * curvature) + self.understeer * curvature * speed_mps * speed_mps;
        let step_rad = self.rate_rad_per_s_max * period_s;
        let angle_rad = angle_rad.clamp(-self.angle_rad_max, self.angle_rad_max);
        // At rest the wheels stay where they are: turning them on the spot wears tyres and looks helpless.
        let step_rad = if speed_mps < 0.05 { 0.0 } else { step_rad };
        self.angle_rad += (angle_rad - self.angle_rad).clamp(-step_rad, step_rad);
        self.angle_rad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_goes_over_smoothly_and_stays() {
        let mut course = Course::default();
        course.reset(100.0, 0.0);
        course.go_to(105.0, -1.0, 30.0, Leading::RearAxle);
        assert_eq!(course.offset_m(100.0), 0.0);
        assert!((course.offset_m(120.0) + 0.5).abs() < 1e-6);
        assert_eq!(course.offset_m(200.0), -1.0);
        // And back from the middle, without a kink.
        let (offset_m, slope) = (course.offset_m(120.0), course.slope(120.0));
        course.go_to(120.0, 0.0, 30.0, Leading::RearAxle);
        assert!((course.offset_m(120.0) - offset_m).abs() < 1e-9);
        assert!((course.offset_m(121.0) - offset_m - slope).abs() < 0.02);
    }

    #[test]
    fn no_corner_swings_beyond_a_led_front_bumper() {
        let front_m = 4.77;
        let mut course = Course::default();
        course.reset(0.0, 0.0);
        course.go_to(0.0, -1.0, 28.0, Leading::FrontBumper(front_m));
        for tenth in 0..600 {
            let at_m = f64::from(tenth) * 0.1;
            let bumper_m = course.offset_m(at_m) + front_m * course.slope(at_m);
            assert!(bumper_m > -1.02, "the bumper is at {bumper_m} m, {at_m} m on");
        }
        assert!(
            (course.offset_m(40.0) + 1.0).abs() < 0.02,
            "arrived at {}",
            course.offset_m(40.0)
        );
    }
}
