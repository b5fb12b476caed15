//! What satellites, gyroscope, wheels and a camera tell of the vehicle's own place.
//!
//! - Satellites: the error wanders (multipath and clocks, some ten seconds); under open sky as wide as the data sheet says;
//!   the more of the horizon houses take, the wider, to some metres between high fronts, and the receiver thinks better of
//!   itself than is right; in a tunnel there is nothing.
//! - Gyroscope: a bias from switching on that drifts, and noise; wheels: a scale that is wrong for good, and steps of their
//!   sensors; both tell every 10 ms.
//! - Lane lines: distances and heading against the lane beneath, where a lane has lines: not within junctions, not under a
//!   vehicle that stands across.

use crate::noise::{Forgetting, Wander, bounded_normal};
use crate::sight::Walls;
use record::{Seed, SimTime, Stream};
use road::{LanePosition, RoadNetwork, draft::StructureKind};
use vehicle::{DataSheet, EgoState, FaultKind, Fix, LaneLines, Measurements, Motion, Positioning, SensorKind};

/// The instruments of one vehicle.
#[derive(Debug)]
pub(crate) struct Instruments {
    positioning: Positioning,
    stream: Stream,
    bias_rad_per_s: f64,
    wheel_scale: f64,
    fix_error: [Wander; 2],
    line_error: [Wander; 2],
    /// How errors of fixes and lines forget from one tick to the next.
    forgetting: (Forgetting, Forgetting),
    camera_latency: Option<SimTime>,
    motions: Vec<Motion>,
    /// With the time from which the vehicle knows them.
    fixes: Vec<(SimTime, Fix)>,
    lines: Vec<(SimTime, LaneLines)>,
}

/// Errors of fixes last this long, and of lane lines this.
const FIX_S: f64 = 10.0;
const LINE_S: f64 = 0.5;
/// A receiver needs this long for a position.
const FIX_LATENCY: SimTime = SimTime::from_millis(50);
/// Directions in which the horizon is looked at, and how far.
const DIRECTIONS: u32 = 16;
const HORIZON_M: f64 = 40.0;
/// Spread of positions with no free horizon at all; it grows by the square of what is taken.
const CANYON_M: f64 = 3.0;
/// With more of the horizon taken there is no position.
const TAKEN_MAX: f64 = 0.9;
/// A receiver between houses states this share of its true spread.
const STATED_SHARE: f64 = 0.7;
/// Wheels whose sensors are wrong tell this much too much.
const SLIPPING_SHARE: f64 = 0.05;
/// Wheel sensors tell the speed in steps of this.
const WHEEL_STEP_MPS: f64 = 0.01;
/// More than this across the lane, and no lines are recognised.
const ACROSS_RAD: f64 = 0.35;
const TICK_S: f64 = 0.1;

impl Instruments {
    /// Those of `sheet`; `owner` tells their luck from others'.
    pub fn new(sheet: &DataSheet, owner: u64, seed: Seed) -> Instruments {
        let mut stream = seed.stream("world.positioning", owner);
        let positioning = sheet.positioning;
        let mut normal = || bounded_normal(&mut stream);
        let bias_rad_per_s = positioning.gyroscope_bias_rad_per_s * normal();
        let wheel_scale = positioning.wheel_scale_noise * normal();
        let camera = sheet.sensors.iter().find(|sensor| sensor.kind == SensorKind::Camera);
        Instruments {
            bias_rad_per_s,
            wheel_scale,
            fix_error: [Wander::new(1.0, &mut stream), Wander::new(1.0, &mut stream)],
            line_error: [Wander::new(1.0, &mut stream), Wander::new(1.0, &mut stream)],
            forgetting: (Forgetting::new(TICK_S, FIX_S), Forgetting::new(TICK_S, LINE_S)),
            camera_latency: camera.map(|camera| SimTime::from_secs_f64(camera.latency_s)),
            positioning,
            stream,
            motions: Vec::new(),
            fixes: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Turn and speed at the end of a step of the dynamics.
    pub fn feel(&mut self, made: SimTime, ego: &EgoState) {
        let noise = self.positioning.gyroscope_noise_rad_per_s * bounded_normal(&mut self.stream);
        let slip = if ego.faults.has(FaultKind::Odometry) {
            SLIPPING_SHARE
        } else {
            0.0
        };
        let wheels_mps = ego.speed_mps * (1.0 + self.wheel_scale + slip);
        self.motions.push(Motion {
            made,
            yaw_rate_rad_per_s: ego.yaw_rate_rad_per_s + self.bias_rad_per_s + noise,
            speed_mps: libm::round(wheels_mps / WHEEL_STEP_MPS) * WHEEL_STEP_MPS,
        });
    }

    /// Looks at sky and road, once a tick. `ego` is the truth, `lane` what is under it.
    pub fn look(
        &mut self,
        network: &RoadNetwork,
        walls: &Walls,
        now: SimTime,
        ego: &EgoState,
        lane: Option<LanePosition>,
    ) {
        // A bias that drifts by its own size in an hour.
        let drift = self.positioning.gyroscope_bias_rad_per_s * (TICK_S / 3600.0).sqrt();
        self.bias_rad_per_s += drift * bounded_normal(&mut self.stream);
        for error in &mut self.fix_error {
            error.step(1.0, self.forgetting.0, &mut self.stream);
        }
        for error in &mut self.line_error {
            error.step(1.0, self.forgetting.1, &mut self.stream);
        }
        let rate_hz = self.positioning.satellite_rate_hz;
        let now_s = now.as_secs_f64();
        let is_due = rate_hz >= 1.0 / TICK_S || (now_s * rate_hz).floor() > ((now_s - TICK_S) * rate_hz).floor();
        let is_in_tunnel = lane.is_some_and(|at| is_in_tunnel(network, at));
        if is_due && !is_in_tunnel && !ego.faults.has(FaultKind::Gnss) {
            let taken = horizon_taken(walls, [ego.pose.x_m, ego.pose.y_m]);
            if taken <= TAKEN_MAX {
                let open_m = self.positioning.satellite_noise_m;
                let spread_m = open_m + CANYON_M * taken * taken;
                let fix = Fix {
                    made: now,
                    x_m: ego.pose.x_m + spread_m * self.fix_error[0].value,
                    y_m: ego.pose.y_m + spread_m * self.fix_error[1].value,
                    deviation_m: open_m.max(STATED_SHARE * spread_m),
                };
                self.fixes.push((now + FIX_LATENCY, fix));
            }
        }
        let camera = self.camera_latency.filter(|_| !ego.faults.has(FaultKind::Camera));
        let (Some(at), Some(latency)) = (lane, camera) else {
            return;
        };
        if network.lane(at.lane).junction.is_some() {
            return;
        }
        let centre = network.lane_pose(LanePosition { offset_m: 0.0, ..at });
        let turn_rad = ego.pose.heading_rad - centre.heading_rad;
        let turn_rad = libm::atan2(libm::sin(turn_rad), libm::cos(turn_rad));
        let half_m = 0.5 * network.lane_width_m(at.lane, at.s_m);
        if turn_rad.abs() > ACROSS_RAD || at.offset_m.abs() > half_m {
            return;
        }
        let noise_m = self.positioning.lane_line_noise_m;
        let mut error_m = |wander: Wander| noise_m * (0.8 * wander.value + 0.6 * bounded_normal(&mut self.stream));
        let left_m = half_m - at.offset_m + error_m(self.line_error[0]);
        let right_m = half_m + at.offset_m + error_m(self.line_error[1]);
        let lines = LaneLines {
            made: now,
            left_m,
            right_m,
            heading_rad: turn_rad + self.positioning.lane_heading_noise_rad * bounded_normal(&mut self.stream),
            deviation_m: noise_m,
            heading_deviation_rad: self.positioning.lane_heading_noise_rad,
        };
        self.lines.push((now + latency, lines));
    }

    /// Hands over what is known by `time`.
    pub fn tell(&mut self, time: SimTime, measurements: &mut Measurements) {
        measurements.motions.append(&mut self.motions);
        let known = self.fixes.partition_point(|&(known, _)| known <= time);
        measurements.fixes.extend(self.fixes.drain(..known).map(|(_, fix)| fix));
        let known = self.lines.partition_point(|&(known, _)| known <= time);
        measurements
            .lane_lines
            .extend(self.lines.drain(..known).map(|(_, lines)| lines));
    }
}

fn is_in_tunnel(network: &RoadNetwork, at: LanePosition) -> bool {
    let structures = &network.lane(at.lane).structures;
    structures
        .iter()
        .any(|&(from_m, to_m, kind)| kind == StructureKind::Tunnel && (from_m..=to_m).contains(&at.s_m))
}

/// Share of the horizon that walls take.
fn horizon_taken(walls: &Walls, at_m: [f64; 2]) -> f64 {
    let is_taken = |direction: &u32| {
        let (sin, cos) = libm::sincos(f64::from(*direction) * std::f64::consts::TAU / f64::from(DIRECTIONS));
        !walls.sees(at_m, [at_m[0] + HORIZON_M * cos, at_m[1] + HORIZON_M * sin])
    };
    (0..DIRECTIONS).filter(is_taken).count() as f64 / f64::from(DIRECTIONS)
}
