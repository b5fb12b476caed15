//! A vehicle under test: its body, its driver, and the truth about it.
//!
//! In go the scene at the start of a tick; out come, after ten steps of 10 ms, its new place, and what traffic and
//! observers must know of it. Its driver is asked at its own period and sees nothing but the observation that
//! `sensing.rs` makes. It does not know what the mission is for.

use crate::body::Body;
use crate::frame::{ActorId, ActorKind, ActorState};
use crate::lane_tracker::LaneTracker;
use crate::mast::Heard;
use crate::observer::Judgement;
use crate::sensing::{Scene, Sensing};
use crate::traffic::Guest;
use crate::world::WorldError;
use record::{Seed, SimTime};
use road::{LaneId, LanePosition, Pose, RoadNetwork};
use std::sync::Arc;
use vehicle::{
    Control, DataSheet, Decision, Driver, EgoState, Environment, Explanation, Faults, Ground, Indicator, Mission,
    Observation, VehicleDynamics,
};

/// A vehicle to put into the world.
pub struct TestVehicleConfiguration {
    /// Its name in records.
    pub name: String,
    /// What it is.
    pub sheet: Arc<DataSheet>,
    /// Who drives it.
    pub driver: Box<dyn Driver>,
    /// Where its front bumper is.
    pub at: LanePosition,
    /// Charge of its battery, 0 to 1.
    pub state_of_charge: f64,
}

/// What the outside may know of a vehicle under test (the truth, not what it believes).
#[derive(Clone, Copy, Debug)]
pub struct TestVehicleState {
    /// Its own state, true pose of the middle of the rear axle.
    pub ego: EgoState,
    /// True lane position of its front bumper, on its mission's lane if it is on it.
    pub lane: LanePosition,
    /// Jerk over the last 100 ms along its heading.
    pub jerk_mps3: f64,
    /// Lateral acceleration.
    pub lateral_acceleration_mps2: f64,
    /// Energy drawn from the battery since the start, recuperation subtracted.
    pub energy_wh: f64,
    /// Distance driven since the start.
    pub odometer_m: f64,
    /// Why its driver does what it does.
    pub explanation: Explanation,
    /// Smallest gap between its body and any other's at this tick, if any is within 50 m.
    pub gap_m: Option<f64>,
    /// Who that other is.
    pub nearest: Option<(ActorId, ActorKind)>,
    /// Smallest time to collision with anyone on its path at this tick, if any closes in.
    pub time_to_collision_s: Option<f64>,
    /// It touches another body now.
    pub is_in_collision: bool,
    /// How far its place is from where its driver believed it to be in the last cycle: ahead, to the left.
    pub place_error_m: [f64; 2],
}

/// A vehicle under test at work.
pub(crate) struct TestVehicle {
    pub id: ActorId,
    pub name: String,
    pub sheet: Arc<DataSheet>,
    driver: Box<dyn Driver>,
    dynamics: VehicleDynamics,
    ground: Ground,
    sensing: Sensing,
    observation: Observation,
    control: Control,
    mission: Arc<Mission>,
    /// Where on the mission's lanes the front bumper is.
    leg: usize,
    front: LaneTracker,
    rear: LaneTracker,
    ego: EgoState,
    jerk_mps3: f64,
    place_error_m: [f64; 2],
    pub judgement: Judgement,
    /// Lanes whose surface is near, with a place on each to search from, as of `lanes_from_m`.
    lanes_near: Vec<(LaneId, f64)>,
    lanes_from_m: [f64; 2],
    found: Vec<LaneId>,
}

/// Steps of the dynamics in a tick.
const STEPS: i64 = 10;
/// Length of one.
const STEP: SimTime = SimTime::from_millis(10);
/// The lanes near a vehicle are looked up again after this way.
const LANES_FOR_M: f64 = 3.0;
/// Traffic is told of the mission this far ahead.
const TOLD_AHEAD_M: f64 = 150.0;
/// A lane tracker looks this many lanes ahead for one that is expected.
const EXPECTED_LANES: usize = 6;
/// The ground goes on as the lane slopes this far beyond its border: over oncoming lanes, shoulders and verges.
const VERGE_M: f64 = 8.0;
/// The lane under the wheels is looked up every so many steps; between, height follows the grade. At 60 km/h that is
/// every 0.8 m, over which the sharpest crest of a street (radius 400 m) is a millimetre off its tangent. Who drives from
/// outside is asked as often.
const GROUND_EVERY: i64 = 5;

impl TestVehicle {
    /// A vehicle that stands with its front bumper at the place asked for.
    pub fn new(
        network: &RoadNetwork,
        configuration: TestVehicleConfiguration,
        id: ActorId,
        seed: Seed,
    ) -> Result<TestVehicle, WorldError> {
        let TestVehicleConfiguration {
            name,
            sheet,
            mut driver,
            at,
            state_of_charge,
        } = configuration;
        check_placement(network, &name, at, state_of_charge)?;
        let period = driver.period();
        if period <= SimTime::ZERO || !period.is_multiple_of(STEP) {
            return Err(WorldError::Placement(format!(
                "the driver of `{name}` wants a cycle of {} ns, which is no multiple of 10 ms\nhint: 50 ms is usual",
                period.as_nanos()
            )));
        }
        let (pose, rear) = stand(network, at, sheet.dimensions.front_m());
        let dynamics = VehicleDynamics::new(&sheet, pose, state_of_charge);
        let mission = Arc::new(Mission::default());
        let ego = dynamics.ego();
        let perceives = driver.perception().is_some();
        let mut vehicle = TestVehicle {
            sensing: Sensing::new(&sheet, id, period, perceives, seed),
            observation: Observation {
                time: SimTime::ZERO,
                ego,
                objects: Vec::new(),
                signals: Vec::new(),
                mission: Arc::clone(&mission),
                visibility_m: 0.0,
                environment: Environment::default(),
            },
            id,
            name,
            sheet,
            driver,
            dynamics,
            ground: Ground::default(),
            control: Control {
                brake: 1.0,
                ..Control::default()
            },
            mission,
            leg: 0,
            front: LaneTracker::new(at),
            rear: LaneTracker::new(rear),
            ego,
            jerk_mps3: 0.0,
            place_error_m: [0.0; 2],
            judgement: Judgement::default(),
            lanes_near: Vec::new(),
            lanes_from_m: [f64::INFINITY; 2],
            found: Vec::new(),
        };
        vehicle.feel_ground(network);
        if let Some(perception) = vehicle.driver.perception() {
            perception.wake(Pose {
                z_m: vehicle.ground.z_m,
                ..pose
            });
        }
        Ok(vehicle)
    }

    pub fn set_mission(&mut self, mission: Arc<Mission>) {
        self.mission = mission;
        self.leg = self
            .mission
            .lanes
            .iter()
            .position(|&lane| lane == self.front.at.lane)
            .unwrap_or(0);
    }

    pub fn set_passengers(&mut self, passengers: u32) {
        self.dynamics.set_passengers(passengers);
        self.ego = self.dynamics.ego();
    }

    pub fn set_faults(&mut self, faults: Faults) {
        self.dynamics.set_faults(faults);
        self.ego = self.dynamics.ego();
    }

    pub fn hear(&mut self, heard: &[Heard]) {
        self.sensing.hear(heard);
    }

    pub fn set_charging_w(&mut self, power_w: f64) {
        self.dynamics
            .set_charging_w(if power_w.is_finite() { power_w.max(0.0) } else { 0.0 });
    }

    /// Senses, decides and moves by one tick.
    pub fn play(&mut self, network: &RoadNetwork, scene: &Scene<'_>) {
        let lane = (self.rear.beyond_m <= 0.0).then_some(self.rear.at);
        self.sensing.scan(scene, self.id, &self.ego);
        self.sensing.look_for_place(network, scene, &self.ego, lane);
        for step in 0..STEPS {
            let now = scene.now + SimTime::from_nanos(step * STEP.as_nanos());
            if now.is_multiple_of(self.driver.period()) {
                let ego = self.dynamics.ego();
                let (mission, observation) = (&self.mission, &mut self.observation);
                match self.driver.perception() {
                    Some(perception) => self.sensing.perceive(perception, now, &ego, mission, observation),
                    None => self.sensing.observe(now, &ego, mission, observation),
                }
                self.place_error_m = place_error_m(&ego.pose, &self.observation.ego.pose);
                self.control = sane(self.driver.drive(&self.observation));
            }
            self.step(network, step);
            self.sensing.feel(now + STEP, &self.dynamics.ego());
        }
        self.arrive(network);
    }

    /// Moves by one tick without sensing: whoever drives is told the truth, at 0 and at 50 ms.
    pub fn play_by(&mut self, network: &RoadNetwork, mut control: impl FnMut(&EgoState) -> Control) {
        for step in 0..STEPS {
            if step % GROUND_EVERY == 0 {
                self.control = sane(control(&self.dynamics.ego()));
            }
            self.step(network, step);
        }
        self.arrive(network);
    }

    /// Moves by one step of a tick, over the ground.
    fn step(&mut self, network: &RoadNetwork, step: i64) {
        self.dynamics.step(&self.control, &self.ground);
        if (step + 1) % GROUND_EVERY == 0 {
            self.feel_ground(network);
        } else {
            self.ground.z_m += self.ground.grade * self.dynamics.speed_mps() * STEP.as_secs_f64();
        }
    }

    /// A tick's steps are done.
    fn arrive(&mut self, network: &RoadNetwork) {
        let acceleration_before_mps2 = self.ego.acceleration_mps2;
        self.ego = self.dynamics.ego();
        self.jerk_mps3 = (self.ego.acceleration_mps2 - acceleration_before_mps2) / 0.1;
        let pose = self.ego.pose;
        let is_finite = [pose.x_m, pose.y_m, pose.z_m, pose.heading_rad, self.ego.speed_mps]
            .iter()
            .all(|x| x.is_finite());
        assert!(is_finite, "`{}` left the numbers: {:?}", self.name, self.ego);
        self.follow_mission(network);
    }

    /// It rolls straight ahead at that speed from now on.
    pub fn roll(&mut self, speed_mps: f64) {
        self.dynamics = self.dynamics.clone().rolling(speed_mps);
        self.ego = self.dynamics.ego();
    }

    /// Its own state: the truth.
    pub fn ego(&self) -> EgoState {
        self.ego
    }

    /// Whether its front bumper is on, or right beside, its lane.
    pub fn is_on_lane(&self) -> bool {
        self.front.is_on_lane
    }

    /// To the left, at its centre of gravity.
    pub fn lateral_acceleration_mps2(&self) -> f64 {
        self.dynamics.lateral_acceleration_mps2()
    }

    /// What the outside may know.
    pub fn state(&self) -> TestVehicleState {
        let energy = self.dynamics.energy();
        TestVehicleState {
            ego: self.ego,
            lane: self.front.at,
            jerk_mps3: self.jerk_mps3,
            lateral_acceleration_mps2: self.dynamics.lateral_acceleration_mps2(),
            energy_wh: (energy.drawn_j + energy.charged_j) / 3600.0,
            odometer_m: self.dynamics.odometer_m(),
            explanation: self.driver.explanation(),
            gap_m: self.judgement.gap_m,
            nearest: self.judgement.nearest,
            time_to_collision_s: self.judgement.time_to_collision_s,
            is_in_collision: self.judgement.is_in_collision,
            place_error_m: self.place_error_m,
        }
    }

    /// The record of its driver's last cycle, if it keeps one.
    pub fn decision(&self) -> Option<&Decision> {
        self.driver.decision()
    }

    /// What its driver was told last.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Whom any of its sensors had in sight at the last scan.
    pub fn in_sight(&self) -> impl Iterator<Item = &Body> {
        self.sensing.in_sight()
    }

    /// It as one of all.
    pub fn actor_state(&self) -> ActorState {
        let dimensions = self.sheet.dimensions;
        ActorState {
            id: self.id,
            kind: ActorKind::TestVehicle,
            pose: self.ahead(dimensions.middle_m()),
            speed_mps: self.ego.speed_mps,
            acceleration_mps2: self.ego.acceleration_mps2,
            length_m: dimensions.length_m,
            width_m: dimensions.width_m,
            height_m: dimensions.height_m,
            lane: self.front.is_on_lane.then_some(self.front.at),
            indicator: if self.control.hazard_lights {
                Indicator::Hazard
            } else {
                self.control.indicator
            },
        }
    }

    /// Its body, as others sense it.
    pub fn body(&self) -> Body {
        Body {
            observed: self.sheet.kind,
            ..Body::from(&self.actor_state())
        }
    }

    /// The lanes ahead, from the front bumper's on, that its mission takes; only that one if it is off its mission.
    pub fn lanes_ahead(&self) -> &[LaneId] {
        match self.mission.lanes.get(self.leg..) {
            Some(ahead) if ahead.first() == Some(&self.front.at.lane) => ahead,
            _ => std::slice::from_ref(&self.front.at.lane),
        }
    }

    /// Its reference point.
    pub fn pose(&self) -> Pose {
        self.ego.pose
    }

    /// Where its front bumper is.
    pub fn front(&self) -> LanePosition {
        self.front.at
    }

    /// Writes what traffic must know into `guest`, reusing its memory.
    pub fn write_guest(&mut self, network: &RoadNetwork, guest: &mut Guest) {
        let body = self.body();
        self.look_up_lanes(network, &body);
        guest.id = self.id;
        guest.footprint.clear();
        guest.lanes_ahead.clear();
        if self.front.is_on_lane {
            guest.footprint.push(self.front.at);
        }
        let corners_m = body.corners_m();
        for (lane, hint_m) in &mut self.lanes_near {
            let near = network.project_near(*lane, *hint_m, body.x_m, body.y_m);
            *hint_m = near.s_m;
            if *lane == self.front.at.lane && self.front.is_on_lane {
                continue;
            }
            let middle = network.lane_pose(LanePosition { offset_m: 0.0, ..near });
            if (middle.z_m - body.z_m).abs() > 2.5 {
                continue;
            }
            let (sin, cos) = libm::sincos(middle.heading_rad);
            let along = |[x_m, y_m]: [f64; 2]| (x_m - middle.x_m) * cos + (y_m - middle.y_m) * sin;
            let left = |[x_m, y_m]: [f64; 2]| (y_m - middle.y_m) * cos - (x_m - middle.x_m) * sin;
            let span = |of: &dyn Fn([f64; 2]) -> f64| {
                let values = corners_m.map(of);
                (
                    values.into_iter().fold(f64::INFINITY, f64::min),
                    values.into_iter().fold(f64::NEG_INFINITY, f64::max),
                )
            };
            let ((rear_m, front_m), (right_m, left_m)) = (span(&along), span(&left));
            let half_width_m = 0.5 * network.lane_width_m(*lane, near.s_m);
            let touches_across = right_m < half_width_m && left_m > -half_width_m;
            let touches_along = near.s_m + front_m > 0.0 && near.s_m + rear_m < network.lane(*lane).length_m;
            if touches_across && touches_along {
                let offset_m = 0.5 * (right_m + left_m);
                guest.footprint.push(LanePosition {
                    lane: *lane,
                    s_m: near.s_m + front_m,
                    offset_m,
                });
            }
        }
        let mut told_m = -self.front.at.s_m;
        for &lane in self.lanes_ahead() {
            guest.lanes_ahead.push(lane);
            told_m += network.lane(lane).length_m;
            if told_m > TOLD_AHEAD_M {
                break;
            }
        }
        let explanation = self.driver.explanation();
        let stands = self.ego.speed_mps.abs() < 0.1;
        guest.speed_mps = self.ego.speed_mps.max(0.0);
        guest.length_m = self.sheet.dimensions.length_m;
        guest.width_m = self.sheet.dimensions.width_m;
        guest.corners_m = corners_m;
        guest.indicator = if self.control.hazard_lights {
            Indicator::Hazard
        } else {
            self.control.indicator
        };
        guest.is_halted = stands
            && (explanation.at_halt.is_some()
                || explanation.is_done
                || self.ego.door_is_open
                || self.control.hazard_lights);
    }

    /// The lane under the rear axle, and the slope that the wheels feel.
    fn feel_ground(&mut self, network: &RoadNetwork) {
        let (x_m, y_m) = self.dynamics.position_m();
        let heading_rad = self.dynamics.heading_rad();
        // The rear is on lanes that the front has left: the mission's last few are expected as well.
        let from = self.leg.saturating_sub(EXPECTED_LANES / 2);
        let expected = expected_lanes(&self.mission, from);
        self.rear
            .update(network, [x_m, y_m, self.ground.z_m], heading_rad, expected);
        if self.rear.beyond_m > VERGE_M {
            // Off the road nothing is known of the ground: level, at the height where the road was left.
            self.ground.grade = 0.0;
            self.ground.bank = 0.0;
            return;
        }
        let lane = network.lane_pose(self.rear.at);
        let (sin, cos) = libm::sincos(heading_rad - lane.heading_rad);
        // Pitch is positive nose down, roll positive left side up.
        let (rise, bank) = (-libm::tan(lane.pitch_rad), libm::tan(lane.roll_rad));
        self.ground.z_m = lane.z_m;
        self.ground.grade = rise * cos + bank * sin;
        self.ground.bank = bank * cos - rise * sin;
    }

    /// Where the front bumper is on the mission.
    fn follow_mission(&mut self, network: &RoadNetwork) {
        let front = self.ahead(self.sheet.dimensions.front_m());
        let expected = expected_lanes(&self.mission, self.leg);
        self.front
            .update(network, [front.x_m, front.y_m, front.z_m], front.heading_rad, expected);
        let lane = self.front.at.lane;
        let lanes = &self.mission.lanes;
        if lanes.get(self.leg) != Some(&lane) {
            let ahead = (self.leg..lanes.len())
                .take(EXPECTED_LANES)
                .find(|&leg| lanes[leg] == lane);
            let anywhere = || lanes.iter().position(|&leg| leg == lane);
            self.leg = ahead.or_else(anywhere).unwrap_or(self.leg);
        }
    }

    /// The point of the vehicle this far ahead of the rear axle, on the ground.
    fn ahead(&self, distance_m: f64) -> Pose {
        let pose = self.ego.pose;
        let (sin, cos) = libm::sincos(pose.heading_rad);
        Pose {
            x_m: pose.x_m + cos * distance_m,
            y_m: pose.y_m + sin * distance_m,
            z_m: pose.z_m + self.ground.grade * distance_m,
            ..pose
        }
    }

    fn look_up_lanes(&mut self, network: &RoadNetwork, body: &Body) {
        let moved_m = libm::hypot(body.x_m - self.lanes_from_m[0], body.y_m - self.lanes_from_m[1]);
        if moved_m < LANES_FOR_M {
            return;
        }
        self.lanes_from_m = [body.x_m, body.y_m];
        network.lanes_near(body.x_m, body.y_m, body.reach_m() + LANES_FOR_M, &mut self.found);
        self.lanes_near.clear();
        for &lane in self.found.iter().filter(|&&lane| network.lane(lane).edge.is_some()) {
            self.lanes_near
                .push((lane, network.project(lane, body.x_m, body.y_m).s_m));
        }
    }
}

fn expected_lanes(mission: &Mission, from: usize) -> &[LaneId] {
    let from = from.min(mission.lanes.len());
    &mission.lanes[from..(from + EXPECTED_LANES).min(mission.lanes.len())]
}

/// What the actuators take: numbers in their ranges. A driver that answers with no number brakes.
fn sane(control: Control) -> Control {
    let is_finite = control.drive.is_finite() && control.brake.is_finite() && control.steering_angle_rad.is_finite();
    if !is_finite {
        return Control {
            brake: 1.0,
            hazard_lights: true,
            ..Control::default()
        };
    }
    Control {
        drive: control.drive.clamp(0.0, 1.0),
        brake: control.brake.clamp(0.0, 1.0),
        ..control
    }
}

/// From where a vehicle believes to be to where it is, ahead and to the left as it points.
fn place_error_m(truth: &Pose, believed: &Pose) -> [f64; 2] {
    let (sin, cos) = libm::sincos(truth.heading_rad);
    let (dx, dy) = (truth.x_m - believed.x_m, truth.y_m - believed.y_m);
    [dx * cos + dy * sin, dy * cos - dx * sin]
}

fn check_placement(network: &RoadNetwork, name: &str, at: LanePosition, charge: f64) -> Result<(), WorldError> {
    let wrong = |what: String, hint: &str| Err(WorldError::Placement(format!("vehicle `{name}` {what}\nhint: {hint}")));
    let count = network.lanes().len();
    let Some(lane) = network.lanes().get(at.lane.0 as usize) else {
        return wrong(
            format!("stands on lane {}, but the map has {count} lanes", at.lane.0),
            "lanes count from 0",
        );
    };
    if lane.edge.is_none() {
        return wrong(
            format!("stands on lane {}, which is no lane for vehicles", at.lane.0),
            "choose a driving lane",
        );
    }
    // A centimetre of slack: lane lengths are often known to that.
    if !(at.s_m >= -0.01 && at.s_m <= lane.length_m + 0.01 && at.offset_m.is_finite()) {
        let what = format!(
            "stands {} m along lane {}, which is {:.2} m long",
            at.s_m, at.lane.0, lane.length_m
        );
        return wrong(what, "the front bumper must be on the lane");
    }
    if !(0.0..=1.0).contains(&charge) {
        return wrong(
            format!("has a state of charge of {charge}"),
            "give a share between 0 and 1",
        );
    }
    Ok(())
}

/// The pose of the rear axle, and its lane position, for a vehicle whose front bumper is at a place and whose rear axle is
/// `front_m` behind it on the same way.
fn stand(network: &RoadNetwork, at: LanePosition, front_m: f64) -> (Pose, LanePosition) {
    let front = network.lane_pose(at);
    let mut rear_at = LanePosition {
        s_m: at.s_m - front_m,
        ..at
    };
    while rear_at.s_m < 0.0 {
        let Some(&before) = network.lane(rear_at.lane).predecessors.first() else {
            break;
        };
        let length_m = network.lane(before).length_m;
        rear_at = LanePosition {
            lane: before,
            s_m: rear_at.s_m + length_m,
            ..rear_at
        };
        if length_m <= 0.0 {
            break;
        }
    }
    if rear_at.s_m < 0.0 {
        // The road begins under the vehicle: its tail stands before the beginning, straight.
        let (sin, cos) = libm::sincos(front.heading_rad);
        let pose = Pose {
            x_m: front.x_m - cos * front_m,
            y_m: front.y_m - sin * front_m,
            ..front
        };
        return (pose, LanePosition { s_m: 0.0, ..rear_at });
    }
    let rear = network.lane_pose(rear_at);
    let heading_rad = libm::atan2(front.y_m - rear.y_m, front.x_m - rear.x_m);
    (Pose { heading_rad, ..rear }, rear_at)
}
