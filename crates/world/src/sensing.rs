//! Sensing: what one vehicle under test can know of the world, from the sensors of its data sheet.
//!
//! In go the bodies around it and the lights; out comes an [`Observation`]. Once a tick, when every place is of the same
//! instant, each sensor that measures in that tick looks from where it is mounted: range, field of view, bodies and
//! buildings in the way (`view.rs`, `sight.rs`), and for the road above or below a limit of height. The most precise
//! sensor that has a thing in sight gives its place and speed, with an error that wanders (`noise.rs`); a camera must
//! have it in sight for its indicator to be known. A tracker holds the measurements back for the sensor's latency and
//! carries them on at the measured speed, so that a driver learns of a braking as late as it would on the road. Lights
//! are seen by a camera they face, one tick late, or told by radio with the time of their change (SPATEM); equipped
//! vehicles tell of themselves by radio (CAM), and nothing hides them.
//!
//! What no sensor has in sight leaves no trace: not in an object, not in a track's number, not in another's noise.
//! Weather and darkness take from every sensor's range (`weather.rs`).
//!
//! A driver that brings its own [`Perception`](vehicle::Perception) is told raw [`Measurements`] in place of all that:
//! every sensor's detections by itself (`detection.rs`), and what satellites, gyroscope, wheels and lane lines tell of the
//! vehicle's own place (`positioning.rs`). Lights are recognised for it too.
//!
//! Sketch: 3 buses × 10 scans a second × 50 bodies in reach; a scan and the two observations made from it measured 18 µs
//! on one core, observations copied by the driver included.

mod detection;
mod positioning;

use crate::body::Body;
use crate::frame::ActorId;
use crate::grid::Grid;
use crate::mast::Heard;
use crate::noise::{Forgetting, Wander};
use crate::sight::Walls;
use crate::signals::Lights;
use crate::view::View;
use crate::weather::Weather;
use detection::ScansUnderWay;
use positioning::Instruments;
use record::{Seed, SimTime, Stream};
use road::{LanePosition, Pose, RoadNetwork, Signal, SignalColour, SignalId};
use std::sync::Arc;
use vehicle::{
    DataSheet, EgoState, Environment, FaultKind, Faults, Indicator, Measurements, Mission, ObjectKind, Observation,
    ObservedObject, ObservedSignal, Perception, Sensor, SensorKind,
};

/// Everything there is to be sensed at the start of a tick.
pub(crate) struct Scene<'a> {
    pub signals: &'a [Signal],
    pub now: SimTime,
    /// Everyone near any vehicle under test, and where to find them.
    pub bodies: &'a [Body],
    pub grid: &'a Grid,
    /// The vehicles under test, which tell of themselves by radio.
    pub equipped: &'a [Body],
    pub walls: &'a Walls,
    pub lights: &'a Lights,
    /// The colours one tick ago.
    pub colours_before: &'a [SignalColour],
    /// Where the lights are.
    pub light_places: &'a Grid,
    pub weather: &'a Weather,
}

/// The sensors and the tracker of one vehicle.
#[derive(Debug)]
pub(crate) struct Sensing {
    eyes: Vec<Eye>,
    reach_m: f64,
    visibility_m: f64,
    environment: Environment,
    localisation: LocalisationError,
    /// In order of their numbers.
    tracks: Vec<Track>,
    /// Whose they are, in the same order; the tracker's secret.
    tracked: Vec<ActorId>,
    next_track: u32,
    lights: Vec<LightInSight>,
    near: Vec<Body>,
    seen_by: Vec<SeenBy>,
    /// Told by radio of what others perceive, since the last scan.
    heard: Vec<Heard>,
    /// For a driver that perceives by itself.
    raw: Option<Box<Raw>>,
}

/// What sensors measured, on its way to a perception.
#[derive(Debug)]
struct Raw {
    instruments: Instruments,
    scans: ScansUnderWay,
    measurements: Measurements,
}

/// One sensor at work.
#[derive(Debug)]
struct Eye {
    sensor: Sensor,
    /// Its place on the data sheet.
    index: usize,
    /// How far it reaches in this weather.
    range_m: f64,
    half_field_cos: f64,
    stream: Stream,
    view: View,
    looks_now: bool,
}

#[derive(Debug)]
struct LocalisationError {
    stream: Stream,
    position_m: f64,
    heading_rad: f64,
    speed_mps: f64,
    x: Wander,
    y: Wander,
    heading: Wander,
    speed: Wander,
    /// How its errors forget from one cycle to the next.
    forgetting: (Forgetting, Forgetting),
}

#[derive(Clone, Copy, Debug)]
struct Track {
    number: u32,
    x: Wander,
    y: Wander,
    heading: Wander,
    speed: Wander,
    acceleration_mps2: f64,
    /// The latest measurements, oldest first from `oldest` on.
    measurements: [Measurement; MEMORY],
    oldest: usize,
}

#[derive(Clone, Copy, Debug)]
struct Measurement {
    /// When it was made, when the driver may know, and until when it counts.
    made: SimTime,
    known: SimTime,
    stale: SimTime,
    object: ObservedObject,
    sin: f64,
    cos: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct SeenBy {
    eye: Option<usize>,
    by_camera: bool,
}

#[derive(Clone, Copy, Debug)]
struct LightInSight {
    signal: SignalId,
    colour: SignalColour,
    changes_at: Option<SimTime>,
}

/// Measurements a track remembers, one a tick: latencies count up to half a second.
const MEMORY: usize = 6;
/// A track whose thing has not been seen for this long is given up; seen again it gets a new number.
const FORGOTTEN_AFTER: SimTime = SimTime::from_millis(1_000);
/// Bodies beyond this many are too much for any tracker; reached only in a crowd.
const NEAR_MAX: usize = 256;
/// Tracking errors are forgotten within a few measurements.
const TRACKING_CORRELATION_S: f64 = 0.4;
/// Satellites, maps and wheels drift slowly.
const LOCALISATION_CORRELATION_S: f64 = 20.0;
/// Without satellites, lidars against the map and dead reckoning are this much worse: as a tunnel of 500 m leaves it.
const LOST_FACTOR: f64 = 5.0;
/// With the wheels' speed wrong, what radar and lidar tell of the own speed is this much worse.
const SLIPPING_FACTOR: f64 = 10.0;
/// Trackers see where a box points to about two degrees.
const HEADING_NOISE_RAD: f64 = 0.03;
/// A light is seen this far off its axis (cosine of 70 degrees).
const LIGHT_FACES_COS: f64 = 0.34;
/// A road this much above or below, at distance zero, is another road...
const LEVEL_M: f64 = 2.5;
/// ...and as steep as this it may still be the same one.
const STEEP: f64 = 0.12;
/// Time constant of a tracker's estimate of acceleration.
const ACCELERATION_S: f64 = 0.3;
const TICK_S: f64 = 0.1;
/// What others perceive is told again within a second (TS 103 324), and may be some tenths under way.
const TOLD_FOR: SimTime = SimTime::from_millis(1_400);

impl Sensing {
    /// The sensors of `sheet` on the vehicle `id`, whose driver's cycle is `period`; `is_raw` for a driver that perceives by
    /// itself.
    pub fn new(sheet: &DataSheet, id: ActorId, period: SimTime, is_raw: bool, seed: Seed) -> Sensing {
        let owner = |part: usize| u64::from(id.0) << 16 | part as u64;
        let eye = |(index, sensor): (usize, &Sensor)| Eye {
            sensor: sensor.clone(),
            index,
            range_m: sensor.range_m,
            half_field_cos: libm::cos((0.5 * sensor.field_of_view_rad).min(std::f64::consts::PI)),
            stream: seed.stream("world.sensor", owner(index)),
            view: View::default(),
            looks_now: false,
        };
        let mut eyes: Vec<Eye> = sheet.sensors.iter().enumerate().map(eye).collect();
        // The most precise first, because it is the one that is believed; a stable sort keeps the sheet's order in ties.
        eyes.sort_by(|a, b| a.sensor.position_noise_m.total_cmp(&b.sensor.position_noise_m));
        let sees = |eye: &&Eye| eye.sensor.kind != SensorKind::V2x;
        let reach_m = eyes
            .iter()
            .filter(sees)
            .map(|eye| eye.sensor.range_m)
            .fold(0.0, f64::max);
        let mut stream = seed.stream("world.localisation", u64::from(id.0));
        let noise = sheet.localisation;
        Sensing {
            reach_m,
            visibility_m: reach_m,
            environment: Environment::default(),
            localisation: LocalisationError {
                position_m: noise.position_noise_m,
                heading_rad: noise.heading_noise_rad,
                speed_mps: noise.speed_noise_mps,
                x: Wander::new(noise.position_noise_m, &mut stream),
                y: Wander::new(noise.position_noise_m, &mut stream),
                heading: Wander::new(noise.heading_noise_rad, &mut stream),
                speed: Wander::new(noise.speed_noise_mps, &mut stream),
                forgetting: (
                    Forgetting::new(period.as_secs_f64(), LOCALISATION_CORRELATION_S),
                    Forgetting::new(period.as_secs_f64(), TRACKING_CORRELATION_S),
                ),
                stream,
            },
            eyes,
            tracks: Vec::new(),
            tracked: Vec::new(),
            next_track: 0,
            lights: Vec::new(),
            near: Vec::new(),
            seen_by: Vec::new(),
            heard: Vec::new(),
            raw: is_raw.then(|| {
                Box::new(Raw {
                    instruments: Instruments::new(sheet, u64::from(id.0), seed),
                    scans: ScansUnderWay::default(),
                    measurements: Measurements::default(),
                })
            }),
        }
    }

    /// Told by radio of what others perceive (CPM); counts from the next scan on.
    pub fn hear(&mut self, heard: &[Heard]) {
        self.heard.extend_from_slice(heard);
    }

    /// Looks around, once at the start of each tick. `ego` is the true state.
    pub fn scan(&mut self, scene: &Scene<'_>, id: ActorId, ego: &EgoState) {
        let (sin, cos) = libm::sincos(ego.pose.heading_rad);
        self.wake(scene.now, ego.faults, scene.weather);
        self.gather(scene, id, ego);
        if self.raw.is_some() {
            self.heard.clear();
            self.detect(scene, id, ego, sin, cos);
        } else {
            self.look(scene, ego, sin, cos);
            self.track(scene, id, ego);
        }
        self.look_at_lights(scene, ego, sin, cos);
    }

    /// Looks for the vehicle's own place, once at the start of each tick: at the sky, and at the lines of the lane that is
    /// truly under it.
    pub fn look_for_place(
        &mut self,
        network: &RoadNetwork,
        scene: &Scene<'_>,
        ego: &EgoState,
        lane: Option<LanePosition>,
    ) {
        if let Some(raw) = &mut self.raw {
            raw.instruments.look(network, scene.walls, scene.now, ego, lane);
        }
    }

    /// Turn and speed at the end of a step of the dynamics.
    pub fn feel(&mut self, made: SimTime, ego: &EgoState) {
        if let Some(raw) = &mut self.raw {
            raw.instruments.feel(made, ego);
        }
    }

    /// What the driver's own perception makes of what is known at `time`. Forgets what was in `observation`.
    pub fn perceive(
        &mut self,
        perception: &mut dyn Perception,
        time: SimTime,
        ego: &EgoState,
        mission: &Arc<Mission>,
        observation: &mut Observation,
    ) {
        let Some(raw) = &mut self.raw else { return };
        raw.measurements.clear();
        raw.instruments.tell(time, &mut raw.measurements);
        raw.scans.tell(time, &mut raw.measurements);
        observation.ego = *ego;
        // Nobody tells it where it is.
        observation.ego.pose = Pose {
            x_m: f64::NAN,
            y_m: f64::NAN,
            ..Pose::default()
        };
        self.tell_rest(time, mission, observation);
        if let Some(raw) = &self.raw {
            perception.perceive(&raw.measurements, observation);
        }
    }

    /// Whom any sensor had in sight at the last scan.
    pub fn in_sight(&self) -> impl Iterator<Item = &Body> {
        let seen = |(body, by): (_, &SeenBy)| by.eye.is_some().then_some(body);
        self.near.iter().zip(&self.seen_by).filter_map(seen)
    }

    /// What the driver is told at `time`, within a tick after the scan. Forgets what was in `observation`.
    pub fn observe(&mut self, time: SimTime, ego: &EgoState, mission: &Arc<Mission>, observation: &mut Observation) {
        observation.ego = self.localisation.believe(ego);
        self.tell_rest(time, mission, observation);
        observation.objects.clear();
        // The tracker knows where things are relative to the vehicle; on the map they inherit its error.
        let error = &self.localisation;
        let on_map = |mut object: ObservedObject| {
            let (dx, dy) = (object.x_m - ego.pose.x_m, object.y_m - ego.pose.y_m);
            object.x_m += error.x.value - dy * error.heading.value;
            object.y_m += error.y.value + dx * error.heading.value;
            object.heading_rad += error.heading.value;
            object
        };
        observation
            .objects
            .extend(self.tracks.iter().filter_map(|track| track.at(time)).map(on_map));
    }

    /// What is told alike however the vehicle perceives: time, mission, how far it sees, lights.
    fn tell_rest(&self, time: SimTime, mission: &Arc<Mission>, observation: &mut Observation) {
        observation.time = time;
        observation.visibility_m = self.visibility_m;
        observation.environment = self.environment;
        if !Arc::ptr_eq(&observation.mission, mission) {
            observation.mission = Arc::clone(mission);
        }
        observation.signals.clear();
        observation
            .signals
            .extend(self.lights.iter().map(|light| ObservedSignal {
                signal: light.signal,
                colour: light.colour,
                changes_in: light.changes_at.map(|at| at - time),
            }));
    }

    /// Which sensors measure in this tick.
    fn wake(&mut self, now: SimTime, faults: Faults, weather: &Weather) {
        self.environment = Environment {
            rainfall_mm_per_h: weather.rain_mm_per_h,
            visibility_m: weather.sight_m(),
            is_dark: weather.is_dark,
        };
        let now_s = now.as_secs_f64();
        for eye in &mut self.eyes {
            eye.range_m = weather.range_m(&eye.sensor);
            let rate_hz = eye.sensor.rate_hz;
            let is_due = (now_s * rate_hz).floor() > ((now_s - TICK_S) * rate_hz).floor() || rate_hz >= 1.0 / TICK_S;
            eye.looks_now = is_due && !faults.has(fault_of(eye.sensor.kind));
        }
        let reach = |eye: &Eye| {
            let is_blind = eye.sensor.kind == SensorKind::V2x || faults.has(fault_of(eye.sensor.kind));
            if is_blind { 0.0 } else { eye.range_m }
        };
        self.visibility_m = self.eyes.iter().map(reach).fold(0.0, f64::max);
    }

    /// Everyone within the longest reach, nearest first.
    fn gather(&mut self, scene: &Scene<'_>, id: ActorId, ego: &EgoState) {
        let (x_m, y_m, z_m) = (ego.pose.x_m, ego.pose.y_m, ego.pose.z_m);
        let near = &mut self.near;
        near.clear();
        let square = |body: &Body| {
            let (dx, dy) = (body.x_m - x_m, body.y_m - y_m);
            dx * dx + dy * dy
        };
        let reach_m2 = self.reach_m * self.reach_m;
        scene.grid.visit([x_m, y_m], self.reach_m, |index| {
            let body = &scene.bodies[index];
            let distance_m2 = square(body);
            let height_m = (body.z_m - z_m).abs();
            if distance_m2 <= reach_m2 && body.id != id && height_m < LEVEL_M + STEEP * distance_m2.sqrt() {
                near.push(*body);
            }
        });
        near.sort_unstable_by(|a, b| square(a).total_cmp(&square(b)).then(a.id.cmp(&b.id)));
        near.truncate(NEAR_MAX);
    }

    /// Which sensor has whom in sight.
    fn look(&mut self, scene: &Scene<'_>, ego: &EgoState, sin: f64, cos: f64) {
        self.seen_by.clear();
        self.seen_by.resize(self.near.len(), SeenBy::default());
        for (index, eye) in self.eyes.iter_mut().enumerate() {
            if !eye.looks_now || eye.sensor.kind == SensorKind::V2x {
                continue;
            }
            let at_m = eye.place_m(ego, sin, cos);
            let (axis_sin, axis_cos) = libm::sincos(ego.pose.heading_rad + eye.sensor.yaw_rad);
            let count = eye.look(at_m, ego, &self.near);
            let is_camera = eye.sensor.kind == SensorKind::Camera;
            for target in 0..count {
                let seen = &mut self.seen_by[target];
                if seen.eye.is_some() && (seen.by_camera || !is_camera) {
                    continue;
                }
                if !eye.sees(target, &self.near[target], at_m, [axis_cos, axis_sin], scene.walls) {
                    continue;
                }
                seen.eye = seen.eye.or(Some(index));
                seen.by_camera |= is_camera;
            }
        }
    }

    /// Sends what every sensor finds on its way to the perception.
    fn detect(&mut self, scene: &Scene<'_>, id: ActorId, ego: &EgoState, sin: f64, cos: f64) {
        let Some(raw) = &mut self.raw else { return };
        self.seen_by.clear();
        self.seen_by.resize(self.near.len(), SeenBy::default());
        for (order, eye) in self.eyes.iter_mut().enumerate().filter(|(_, eye)| eye.looks_now) {
            let at_m = eye.place_m(ego, sin, cos);
            let mut found = raw.scans.begin();
            if eye.sensor.kind == SensorKind::V2x {
                for body in scene.equipped {
                    let (dx, dy) = (body.x_m - at_m[0], body.y_m - at_m[1]);
                    let distance_m = libm::hypot(dx, dy);
                    let hears = body.id != id && distance_m <= eye.range_m;
                    if hears && detection::is_found(&eye.sensor, eye.range_m, distance_m, &mut eye.stream) {
                        found.push(detection::measured(&eye.sensor, at_m, ego, body, &mut eye.stream));
                    }
                }
            } else {
                let axis_rad = ego.pose.heading_rad + eye.sensor.yaw_rad;
                let (axis_sin, axis_cos) = libm::sincos(axis_rad);
                let count = eye.look(at_m, ego, &self.near);
                for (target, body) in self.near[..count].iter().enumerate() {
                    if !eye.sees(target, body, at_m, [axis_cos, axis_sin], scene.walls) {
                        continue;
                    }
                    let distance_m = eye.view.distance_m(target);
                    let seen = &mut self.seen_by[target];
                    seen.eye = seen.eye.or(Some(order));
                    if detection::is_found(&eye.sensor, eye.range_m, distance_m, &mut eye.stream) {
                        found.push(detection::measured(&eye.sensor, at_m, ego, body, &mut eye.stream));
                    }
                }
                detection::invent(&eye.sensor, at_m, axis_rad, ego, &mut found, &mut eye.stream);
            }
            raw.scans
                .send(eye.index, &eye.sensor, scene.now, found, &mut eye.stream);
        }
    }

    /// Feeds what was seen to the tracker.
    fn track(&mut self, scene: &Scene<'_>, id: ActorId, ego: &EgoState) {
        let tracking = Forgetting::new(TICK_S, TRACKING_CORRELATION_S);
        for index in 0..self.near.len() {
            if let Some(eye) = self.seen_by[index].eye {
                let body = self.near[index];
                self.measure(&body, eye, self.seen_by[index].by_camera, scene.now, tracking);
            }
        }
        let radio = self
            .eyes
            .iter()
            .position(|eye| eye.sensor.kind == SensorKind::V2x && eye.looks_now);
        if let Some(radio) = radio {
            let range_m = self.eyes[radio].sensor.range_m;
            for body in scene.equipped {
                let (dx, dy) = (body.x_m - ego.pose.x_m, body.y_m - ego.pose.y_m);
                let is_seen = || {
                    self.near
                        .iter()
                        .zip(&self.seen_by)
                        .any(|(b, by)| b.id == body.id && by.eye.is_some())
                };
                if body.id != id && dx * dx + dy * dy <= range_m * range_m && !is_seen() {
                    self.measure(body, radio, true, scene.now, tracking);
                }
            }
        }
        let heard = std::mem::take(&mut self.heard);
        if radio.is_some() {
            for word in &heard {
                let is_seen = self
                    .near
                    .iter()
                    .zip(&self.seen_by)
                    .any(|(b, by)| b.id == word.sighting.id && by.eye.is_some());
                if word.sighting.id != id && !is_seen {
                    self.believe(word, scene.now);
                }
            }
        }
        self.heard = heard;
        self.heard.clear();
        let is_fresh = |track: &Track| {
            let latest = track.latest();
            scene.now - latest.made <= FORGOTTEN_AFTER || scene.now <= latest.stale
        };
        if !self.tracks.iter().all(is_fresh) {
            let mut fresh = self.tracks.iter().map(is_fresh);
            self.tracked.retain(|_| fresh.next() == Some(true));
            self.tracks.retain(is_fresh);
        }
    }

    fn measure(&mut self, body: &Body, eye: usize, by_camera: bool, now: SimTime, tracking: Forgetting) {
        let Eye { sensor, stream, .. } = &mut self.eyes[eye];
        let known_index = self.tracked.iter().position(|&actor| actor == body.id);
        let index = known_index.unwrap_or_else(|| {
            self.tracked.push(body.id);
            self.tracks.push(Track::new(self.next_track, body, sensor, stream));
            self.next_track += 1;
            self.tracks.len() - 1
        });
        let track = &mut self.tracks[index];
        if known_index.is_some() {
            track.x.step(sensor.position_noise_m, tracking, stream);
            track.y.step(sensor.position_noise_m, tracking, stream);
            track.heading.step(HEADING_NOISE_RAD, tracking, stream);
            track.speed.step(sensor.speed_noise_mps, tracking, stream);
            let error_mps2 = body.acceleration_mps2 - track.acceleration_mps2;
            track.acceleration_mps2 += error_mps2 * (TICK_S / (TICK_S + ACCELERATION_S));
        }
        let heading_rad = body.heading_rad + track.heading.value;
        let (sin, cos) = libm::sincos(heading_rad);
        let latency_s = sensor.latency_s.clamp(0.0, TICK_S * (MEMORY - 1) as f64);
        track.remember(Measurement {
            made: now,
            known: now + SimTime::from_secs_f64(latency_s),
            stale: now + SimTime::from_secs_f64(latency_s + (1.0 / sensor.rate_hz).max(TICK_S) + 0.5 * TICK_S),
            object: ObservedObject {
                track: track.number,
                kind: body.observed,
                x_m: body.x_m + track.x.value,
                y_m: body.y_m + track.y.value,
                z_m: body.z_m,
                heading_rad,
                heading_deviation_rad: HEADING_NOISE_RAD,
                // Standing is seen as standing: trackers hold a zero.
                speed_mps: if body.speed_mps.abs() < 0.05 {
                    0.0
                } else {
                    body.speed_mps + track.speed.value
                },
                // Bodies of the world move where they point.
                leftward_mps: 0.0,
                acceleration_mps2: track.acceleration_mps2,
                length_m: 2.0 * body.half_length_m,
                width_m: 2.0 * body.half_width_m,
                indicator: if by_camera { body.indicator } else { Indicator::Off },
            },
            sin,
            cos,
        });
    }

    /// Takes a told thing as it was told, until it should have been told again.
    fn believe(&mut self, word: &Heard, now: SimTime) {
        let told = &word.sighting;
        let known_index = self.tracked.iter().position(|&actor| actor == told.id);
        let index = known_index.unwrap_or_else(|| {
            self.tracked.push(told.id);
            self.tracks.push(Track::silent(self.next_track, told.kind));
            self.next_track += 1;
            self.tracks.len() - 1
        });
        let track = &mut self.tracks[index];
        if track.latest().made >= word.made {
            return;
        }
        let (sin, cos) = libm::sincos(told.heading_rad);
        track.remember(Measurement {
            made: word.made,
            known: now,
            stale: word.made + TOLD_FOR,
            object: ObservedObject {
                track: track.number,
                kind: told.kind,
                x_m: told.x_m,
                y_m: told.y_m,
                z_m: told.z_m,
                heading_rad: told.heading_rad,
                heading_deviation_rad: 0.0,
                speed_mps: told.speed_mps,
                leftward_mps: 0.0,
                acceleration_mps2: 0.0,
                length_m: told.length_m,
                width_m: told.width_m,
                indicator: Indicator::Off,
            },
            sin,
            cos,
        });
    }

    /// Which lights are seen or told of.
    fn look_at_lights(&mut self, scene: &Scene<'_>, ego: &EgoState, sin: f64, cos: f64) {
        self.lights.clear();
        for eye in self.eyes.iter().filter(|eye| eye.looks_now) {
            let at_m = eye.place_m(ego, sin, cos);
            let (axis_sin, axis_cos) = libm::sincos(ego.pose.heading_rad + eye.sensor.yaw_rad);
            let lights = &mut self.lights;
            if !matches!(eye.sensor.kind, SensorKind::Camera | SensorKind::V2x) {
                continue;
            }
            scene.light_places.visit([at_m[0], at_m[1]], eye.range_m, |index| {
                let light = &scene.signals[index];
                let (dx, dy) = (light.pose.x_m - at_m[0], light.pose.y_m - at_m[1]);
                let distance_m = (dx * dx + dy * dy).sqrt();
                if light.lanes.is_empty() || distance_m > eye.range_m {
                    return;
                }
                let signal = SignalId(index as u32);
                let before = lights.iter_mut().find(|seen| seen.signal == signal);
                if eye.sensor.kind == SensorKind::V2x {
                    let changes_at = Some(scene.lights.changes_at(signal)).filter(|&at| at != SimTime::MAX);
                    let told = LightInSight {
                        signal,
                        colour: scene.lights.colour(signal),
                        changes_at,
                    };
                    match before {
                        Some(seen) => *seen = told,
                        None => lights.push(told),
                    }
                    return;
                }
                let is_in_field = dx * axis_cos + dy * axis_sin >= eye.half_field_cos * distance_m;
                if before.is_some() || !is_in_field {
                    return;
                }
                let (look_sin, look_cos) = libm::sincos(light.pose.heading_rad);
                let faces = -(dx * look_cos + dy * look_sin) >= LIGHT_FACES_COS * distance_m;
                let head_m = [light.pose.x_m, light.pose.y_m, light.pose.z_m];
                if faces && eye.view.sees_point(head_m, scene.walls) {
                    lights.push(LightInSight {
                        signal,
                        colour: scene.colours_before[index],
                        changes_at: None,
                    });
                }
            });
        }
        self.lights.sort_unstable_by_key(|light| light.signal);
    }
}

impl Eye {
    /// Looks at those of `near` that may be in its range, and tells how many they are. Bodies are sorted from the reference
    /// point, a few metres from the eye.
    fn look(&mut self, at_m: [f64; 3], ego: &EgoState, near: &[Body]) -> usize {
        let reach_m = self.range_m + 10.0;
        let within = |body: &Body| {
            let (dx, dy) = (body.x_m - ego.pose.x_m, body.y_m - ego.pose.y_m);
            dx * dx + dy * dy <= reach_m * reach_m
        };
        let count = near.partition_point(within);
        self.view.look(at_m, &near[..count]);
        count
    }

    /// Whether one of those it looks at is in range, in its field, and not hidden.
    fn sees(&self, target: usize, body: &Body, at_m: [f64; 3], axis: [f64; 2], walls: &Walls) -> bool {
        let distance_m = self.view.distance_m(target);
        let ahead_m = (body.x_m - at_m[0]) * axis[0] + (body.y_m - at_m[1]) * axis[1];
        distance_m <= self.range_m && ahead_m >= self.half_field_cos * distance_m && self.view.sees(target, walls)
    }

    fn place_m(&self, ego: &EgoState, sin: f64, cos: f64) -> [f64; 3] {
        let Sensor { x_m, y_m, z_m, .. } = self.sensor;
        [
            ego.pose.x_m + cos * x_m - sin * y_m,
            ego.pose.y_m + sin * x_m + cos * y_m,
            ego.pose.z_m + z_m,
        ]
    }
}

impl Track {
    fn new(number: u32, body: &Body, sensor: &Sensor, stream: &mut Stream) -> Track {
        Track {
            x: Wander::new(sensor.position_noise_m, stream),
            y: Wander::new(sensor.position_noise_m, stream),
            heading: Wander::new(HEADING_NOISE_RAD, stream),
            speed: Wander::new(sensor.speed_noise_mps, stream),
            ..Track::silent(number, body.observed)
        }
    }

    /// A track that nothing was measured of yet, and without an error of its own.
    fn silent(number: u32, kind: ObjectKind) -> Track {
        let nothing = Measurement {
            made: SimTime::from_nanos(i64::MIN / 2),
            known: SimTime::MAX,
            stale: SimTime::from_nanos(i64::MIN / 2),
            object: ObservedObject {
                track: number,
                kind,
                ..ObservedObject::default()
            },
            sin: 0.0,
            cos: 1.0,
        };
        Track {
            number,
            x: Wander::default(),
            y: Wander::default(),
            heading: Wander::default(),
            speed: Wander::default(),
            acceleration_mps2: 0.0,
            measurements: [nothing; MEMORY],
            oldest: 0,
        }
    }

    fn remember(&mut self, measurement: Measurement) {
        self.measurements[self.oldest] = measurement;
        self.oldest = (self.oldest + 1) % MEMORY;
    }

    fn latest(&self) -> &Measurement {
        &self.measurements[(self.oldest + MEMORY - 1) % MEMORY]
    }

    /// The thing as the tracker has it at `time`: the newest measurement that is known by then, carried on.
    fn at(&self, time: SimTime) -> Option<ObservedObject> {
        let newest_first = (1..=MEMORY).map(|back| &self.measurements[(self.oldest + MEMORY - back) % MEMORY]);
        let measurement = newest_first.into_iter().find(|measurement| measurement.known <= time)?;
        if measurement.stale < time {
            return None;
        }
        let run_m = measurement.object.speed_mps * (time - measurement.made).as_secs_f64();
        Some(ObservedObject {
            x_m: measurement.object.x_m + measurement.cos * run_m,
            y_m: measurement.object.y_m + measurement.sin * run_m,
            ..measurement.object
        })
    }
}

impl LocalisationError {
    /// The true state as the vehicle believes it to be, one cycle on.
    fn believe(&mut self, ego: &EgoState) -> EgoState {
        let (slow, quick) = self.forgetting;
        let factor = if ego.faults.has(FaultKind::Gnss) {
            LOST_FACTOR
        } else {
            1.0
        };
        let speed_factor = if ego.faults.has(FaultKind::Odometry) {
            SLIPPING_FACTOR
        } else {
            1.0
        };
        self.x.step(factor * self.position_m, slow, &mut self.stream);
        self.y.step(factor * self.position_m, slow, &mut self.stream);
        self.heading.step(factor * self.heading_rad, slow, &mut self.stream);
        self.speed.step(speed_factor * self.speed_mps, quick, &mut self.stream);
        let mut believed = *ego;
        believed.pose.x_m += self.x.value;
        believed.pose.y_m += self.y.value;
        believed.pose.heading_rad += self.heading.value;
        // Wheels that stand are known to stand.
        if ego.speed_mps != 0.0 {
            believed.speed_mps += self.speed.value;
        }
        believed
    }
}

/// The fault that blinds a sensor.
fn fault_of(kind: SensorKind) -> FaultKind {
    match kind {
        SensorKind::Lidar => FaultKind::Lidar,
        SensorKind::Radar => FaultKind::Radar,
        SensorKind::Camera => FaultKind::Camera,
        SensorKind::V2x => FaultKind::Link,
    }
}

/// Where lights are.
pub(crate) fn light_places(signals: &[Signal]) -> Grid {
    let mut places = Grid::new(128.0);
    places.rebuild(signals.iter().map(|light| [light.pose.x_m, light.pose.y_m]));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::tests::body;
    use road::{LaneId, Pose};
    use vehicle::VehicleDynamics;

    /// A minibus at the origin that looks east, and what its driver is told every 50 ms for `ticks` ticks while others
    /// stand or move as `others` says.
    fn watch(ticks: i64, signals: &[Signal], others: impl Fn(f64) -> Vec<Body>) -> Vec<Observation> {
        let sheet = DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}"));
        let ego = VehicleDynamics::new(&sheet, Pose::default(), 0.8).ego();
        let mut sensing = Sensing::new(&sheet, ActorId(1_000), SimTime::from_millis(50), false, Seed(4));
        let mission = Arc::new(Mission::default());
        let mut observation = Observation {
            time: SimTime::ZERO,
            ego,
            objects: Vec::new(),
            signals: Vec::new(),
            mission: Arc::clone(&mission),
            visibility_m: 0.0,
            environment: Environment::default(),
        };
        let mut told = Vec::new();
        let mut grid = Grid::new(50.0);
        let lights = Lights::new(signals.len(), &[]);
        for tick in 0..ticks {
            let now = SimTime::from_millis(100 * tick);
            let bodies = others(now.as_secs_f64());
            grid.rebuild(bodies.iter().map(|body| [body.x_m, body.y_m]));
            let scene = Scene {
                signals,
                now,
                bodies: &bodies,
                grid: &grid,
                equipped: &[],
                walls: &Walls::default(),
                lights: &lights,
                colours_before: lights.colours(),
                light_places: &light_places(signals),
                weather: &Weather::default(),
            };
            sensing.scan(&scene, ActorId(1_000), &ego);
            for half in [0, 50] {
                sensing.observe(now + SimTime::from_millis(half), &ego, &mission, &mut observation);
                told.push(observation.clone());
            }
        }
        told
    }

    fn lorry() -> Body {
        Body {
            height_m: 3.6,
            observed: vehicle::ObjectKind::Truck,
            ..body(7, 20.0, 0.0, 0.0, 9.0, 2.5)
        }
    }

    #[test]
    fn who_is_hidden_leaves_no_trace_in_what_is_told_of_others() {
        let with = |hidden: Vec<Body>| {
            let seen = [
                lorry(),
                body(3, 12.0, 8.0, 1.0, 4.5, 1.8),
                body(9, -20.0, -3.0, 0.0, 4.5, 1.8),
            ];
            watch(50, &[], move |time_s| {
                let moving = hidden.iter().map(|&who| Body {
                    x_m: who.x_m + 0.1 * time_s,
                    ..who
                });
                seen.into_iter().chain(moving).collect()
            })
        };
        let person = |id: u32, x_m: f64, y_m: f64| Body {
            height_m: 1.7,
            ..body(id, x_m, y_m, 0.0, 0.5, 0.5)
        };
        let alone = with(vec![]);
        assert_eq!(alone[40].objects.len(), 3);
        assert_eq!(
            alone,
            with(vec![person(1, 30.0, 0.5), person(2, 27.0, -0.6), person(8, 29.0, 0.0)])
        );
        // Under the road, and out of reach.
        assert_eq!(
            alone,
            with(vec![
                Body {
                    z_m: -7.0,
                    ..body(4, 15.0, -6.0, 0.0, 4.5, 1.8)
                },
                person(5, 400.0, 0.0)
            ])
        );
        assert_ne!(alone, with(vec![person(1, 30.0, 9.0)]));
    }

    #[test]
    fn a_braking_ahead_is_known_as_late_as_the_sensor_and_no_later() {
        let brakes_at_s = 2.0;
        let told = watch(60, &[], |time_s| {
            let speed_mps = if time_s < brakes_at_s {
                10.0
            } else {
                (10.0 - 6.0 * (time_s - brakes_at_s)).max(0.0)
            };
            vec![Body {
                speed_mps,
                ..body(1, 30.0, 0.0, 0.0, 4.5, 1.8)
            }]
        });
        let speed = |o: &Observation| o.objects[0].speed_mps;
        let known = told
            .iter()
            .find(|o| o.time > SimTime::from_secs(1) && speed(o) < 9.0)
            .expect("it stops");
        let late_s = known.time.as_secs_f64() - brakes_at_s;
        assert!(
            (0.2..=0.45).contains(&late_s),
            "{late_s} s after the first touch of the brake"
        );
        assert!(told[..2].iter().all(|o| o.objects.is_empty()), "the lidar needs 80 ms");
        assert_eq!(told[2].objects.len(), 1);
    }

    #[test]
    fn a_track_keeps_its_number_while_in_sight_and_gets_another_after_it_was_lost() {
        let told = watch(80, &[], |time_s| {
            let person = Body {
                height_m: 1.7,
                ..body(1, 28.0, 0.0, 0.0, 0.5, 0.5)
            };
            if (3.0..5.0).contains(&time_s) {
                vec![person, lorry()]
            } else {
                vec![person]
            }
        });
        let number = |o: &Observation| {
            o.objects
                .iter()
                .find(|object| object.kind == vehicle::ObjectKind::Car)
                .map(|object| object.track)
        };
        let numbers: Vec<_> = told.iter().map(number).collect();
        assert_eq!(numbers[10], Some(0));
        assert!(numbers[2..60].iter().all(|&track| track == Some(0)));
        assert!(
            numbers[68..100].iter().all(Option::is_none),
            "hidden, and not carried on from memory for long"
        );
        assert!(
            numbers[104..].iter().all(|&track| track == Some(2)),
            "seen again as somebody new"
        );
    }

    #[test]
    fn positions_are_as_wrong_as_the_sheet_says() {
        let told = watch(3_000, &[], |_| vec![body(1, 30.0, 4.0, 0.0, 4.5, 1.8)]);
        let errors: Vec<f64> = told[2..]
            .iter()
            .map(|o| o.objects[0].x_m - o.ego.pose.x_m - 30.0)
            .collect();
        let mean_m = errors.iter().sum::<f64>() / errors.len() as f64;
        let deviation_m = (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
        assert!(mean_m.abs() < 0.02, "mean {mean_m}");
        assert!(
            (0.03..0.07).contains(&deviation_m),
            "deviation {deviation_m}; the roof lidar has 0.05 m"
        );
    }

    /// Times (ms) at which a minibus is told of a car behind a wall of its own, which a mast told of once, and where it is.
    fn told_of_hidden_car(faults: Faults) -> Vec<(i64, f64)> {
        let sheet = DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}"));
        let mut ego = VehicleDynamics::new(&sheet, Pose::default(), 0.8).ego();
        ego.faults = faults;
        let mut sensing = Sensing::new(&sheet, ActorId(1_000), SimTime::from_millis(50), false, Seed(4));
        let mission = Arc::new(Mission::default());
        let mut observation = Observation {
            time: SimTime::ZERO,
            ego,
            objects: Vec::new(),
            signals: Vec::new(),
            mission: Arc::clone(&mission),
            visibility_m: 0.0,
            environment: Environment::default(),
        };
        let lights = Lights::new(0, &[]);
        let mut told = Vec::new();
        for tick in 0..20 {
            let now = SimTime::from_millis(100 * tick);
            if tick == 2 {
                let body = body(7, 60.0, 40.0, 0.0, 4.0, 2.0);
                sensing.hear(&[Heard {
                    made: SimTime::from_millis(100),
                    sighting: crate::mast::Sighting {
                        id: body.id,
                        kind: body.observed,
                        is_equipped: false,
                        x_m: body.x_m,
                        y_m: body.y_m,
                        z_m: 0.0,
                        heading_rad: 0.0,
                        speed_mps: 10.0,
                        length_m: 4.0,
                        width_m: 2.0,
                    },
                }]);
            }
            let scene = Scene {
                signals: &[],
                now,
                bodies: &[],
                grid: &Grid::new(50.0),
                equipped: &[],
                walls: &Walls::default(),
                lights: &lights,
                colours_before: &[],
                light_places: &light_places(&[]),
                weather: &Weather::default(),
            };
            sensing.scan(&scene, ActorId(1_000), &ego);
            sensing.observe(now, &ego, &mission, &mut observation);
            told.extend(observation.objects.iter().map(|object| (100 * tick, object.x_m)));
        }
        told
    }

    #[test]
    fn what_others_perceive_is_known_and_carried_on_until_it_should_have_been_told_again() {
        let told = told_of_hidden_car(Faults::default());
        let times: Vec<i64> = told.iter().map(|&(ms, _)| ms).collect();
        assert_eq!(times, (2..=15).map(|tick| 100 * tick).collect::<Vec<i64>>());
        for (ms, x_m) in told {
            // Measured at 0.1 s, 10 m/s, and as wrong as the vehicle's own place on the map.
            let expected_m = 60.0 + 10.0 * (ms - 100) as f64 * 1e-3;
            assert!((x_m - expected_m).abs() < 0.5, "at {ms} ms: {x_m} for {expected_m}");
        }
    }

    #[test]
    fn without_its_radio_a_vehicle_is_told_nothing() {
        assert_eq!(told_of_hidden_car(Faults::only(FaultKind::Link)), []);
    }

    #[test]
    fn a_camera_reads_lights_that_face_it_and_the_radio_is_told_of_all_near() {
        let light = |x_m: f64, heading_rad: f64| Signal {
            id: String::new(),
            pose: Pose {
                x_m,
                y_m: 4.0,
                z_m: 5.0,
                heading_rad,
                ..Pose::default()
            },
            lanes: vec![LaneId(0)],
            crossings: Vec::new(),
            controller: 0,
        };
        let facing = light(60.0, std::f64::consts::PI);
        let signals = [
            facing.clone(),
            light(60.0, 0.0),
            light(-30.0, std::f64::consts::PI),
            light(900.0, std::f64::consts::PI),
        ];
        let told = watch(3, &signals, |_| Vec::new());
        let numbers: Vec<u32> = told[4].signals.iter().map(|light| light.signal.0).collect();
        assert_eq!(numbers, [0, 1, 2], "by radio, whichever way they look");
        let people_only = Signal {
            lanes: Vec::new(),
            ..facing
        };
        assert!(watch(3, &[people_only], |_| Vec::new())[4].signals.is_empty());
    }
}
