//! A recording that is shown as if it happened now, and wound to any moment.
//!
//! An MCAP recording of `westline run` goes in, with the site that it is of. It is read through once, to know its
//! topics, events and trips and where each two seconds begin; after that a moment is a jump and the reading of two
//! seconds at most. Full recordings (`/frames`) show everyone ten times a second; others show the line's vehicles so,
//! and everyone around them once a second, moved on between by their speed. What is broken is told, never guessed.

use crate::decision::DecisionRow;
use crate::stage::{AskedRow, LinkRow, Stage, StageEvent, VehicleMode, VehicleRow};
use record::schema::{foxglove, westline};
use record::{Place, Record, RecordError, RecordingInfo, RecordingReader, SimTime};
use road::{Pose, SignalColour};
use service::Site;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use vehicle::{DataSheet, Indicator};
use world::{ActorId, ActorKind, ActorState, Frame};

/// The recording can be entered this often.
const ENTRY: SimTime = SimTime::from_secs(2);
/// Scenes are told once a second: whoever enters reads at least this much before the moment.
const BEFORE: SimTime = SimTime::from_millis(1_100);
/// A step.
const STEP_S: f64 = 0.1;
/// Trajectories are sampled this often, as in a day that is played.
const SAMPLE_S: f64 = 10.0;
/// Somebody seen in one scene is looked for in the next within this distance.
const MATCH_M: f64 = 30.0;
/// Actors of scenes have no numbers; theirs begin here, past those of the fleet.
const SCENE_IDS: u32 = 1 << 20;

/// The site's name that a recording tells.
pub fn recorded_site(path: &Path) -> Result<RecordingInfo, RecordError> {
    Ok(RecordingReader::open(path)?.info().clone())
}

/// A recording on show.
pub struct Replay {
    reader: RecordingReader<BufReader<File>>,
    /// Read, but of a time yet to come.
    pending: Option<Record>,
    from_s: f64,
    to_s: f64,
    clock_s: f64,
    entries: Vec<Entry>,
    events: Vec<StageEvent>,
    /// Events told so far.
    told: usize,
    /// Events that the fleet's modes follow so far.
    followed: usize,
    trajectories: BTreeMap<String, Vec<(f64, f64)>>,
    trips_finished_s: Vec<f64>,
    trips_planned: usize,
    stops: BTreeMap<String, usize>,
    fleet: Vec<Car>,
    scene: Scene,
    is_full: bool,
    signals: Vec<SignalColour>,
}

/// A place to enter, with the lights as they are there.
struct Entry {
    time: SimTime,
    place: Place,
    signals: Vec<SignalColour>,
}

/// A vehicle of the fleet.
struct Car {
    name: String,
    sheet: Option<Arc<DataSheet>>,
    state: Option<(SimTime, westline::VehicleState)>,
    link: Option<LinkRow>,
    decision: Option<westline::Decision>,
    is_ordered_to_stop: bool,
    is_at_fault: bool,
    /// The trip it is on and its odometer where that began, for reading through.
    trip: (String, f64),
    sampled_s: f64,
}

/// Everyone else, as told last.
#[derive(Default)]
struct Scene {
    time: SimTime,
    actors: Vec<ActorState>,
    next_id: u32,
}

impl Replay {
    /// Opens a recording and reads it through once.
    pub fn open(path: &Path, site: &Site) -> Result<Replay, String> {
        let reader = RecordingReader::open(path).map_err(|error| error.to_string())?;
        let info = reader.info().clone();
        if info.map_digest != site.network.digest() {
            return Err(format!(
                "{}: it was recorded on another map of `{}` than the site has now\nhint: give the site folder of that day with --site, or record the day again",
                path.display(),
                info.site
            ));
        }
        let mut replay = Replay {
            reader,
            pending: None,
            from_s: info.start_clock_s,
            to_s: info.start_clock_s,
            clock_s: info.start_clock_s,
            entries: Vec::new(),
            events: Vec::new(),
            told: 0,
            followed: 0,
            trajectories: BTreeMap::new(),
            trips_finished_s: Vec::new(),
            trips_planned: 0,
            stops: (site.line.stops.iter().enumerate())
                .map(|(index, stop)| (stop.id.clone(), index))
                .collect(),
            fleet: Vec::new(),
            scene: Scene::default(),
            is_full: false,
            signals: vec![SignalColour::Dark; site.network.signals().len()],
        };
        replay.read_through(site).map_err(|error| error.to_string())?;
        if replay.entries.is_empty() {
            return Err(format!(
                "{}: nothing happens in it\nhint: record a day with `westline run {}`",
                path.display(),
                site.id
            ));
        }
        let start_s = replay.from_s;
        replay.seek(start_s)?;
        Ok(replay)
    }

    /// Reads everything once.
    fn read_through(&mut self, site: &Site) -> Result<(), RecordError> {
        let mut trips = BTreeSet::new();
        while let Some(record) = self.reader.next().transpose()? {
            if record.time < SimTime::ZERO {
                continue;
            }
            if self.entries.last().is_none_or(|last| record.time >= last.time + ENTRY) {
                self.entries.push(Entry {
                    time: record.time,
                    place: self.reader.place(),
                    signals: self.signals.clone(),
                });
            }
            self.to_s = self.to_s.max(self.from_s + record.time.as_secs_f64());
            match &*record.schema {
                "westline.ServiceEvent" => self.note_event(&record, site)?,
                "westline.VehicleState" => {
                    let state: westline::VehicleState = record.decode()?;
                    if !state.trip_id.is_empty() {
                        trips.insert(state.trip_id.clone());
                    }
                    self.note_way(&state, record.time, site);
                }
                "westline.SignalStates" => self.lights(&record.decode()?),
                "westline.Frame" => self.is_full = true,
                _ => {}
            }
        }
        self.trips_planned = trips.len().max(self.trips_finished_s.len());
        Ok(())
    }

    fn note_event(&mut self, record: &Record, site: &Site) -> Result<(), RecordError> {
        let event: westline::ServiceEvent = record.decode()?;
        let kind = event_word(event.kind());
        if kind == "trip_finished" {
            self.trips_finished_s.push(event.clock_s);
        }
        let stop = self
            .stops
            .get(&event.stop_id)
            .map(|&stop| site.line.stops[stop].name.clone());
        self.events.push(StageEvent {
            number: self.events.len() as u64 + 1,
            clock_s: event.clock_s,
            kind,
            vehicle: event.vehicle,
            trip: event.trip_id,
            stop: stop.unwrap_or(event.stop_id),
            detail: event.left_behind.map_or(event.detail, |count| count.to_string()),
        });
        Ok(())
    }

    /// Keeps where a trip has been. Its distance is counted from where its vehicle set out on it.
    fn note_way(&mut self, state: &westline::VehicleState, time: SimTime, site: &Site) {
        let clock_s = self.from_s + time.as_secs_f64();
        let index = self.car(&state.vehicle, site);
        let car = &mut self.fleet[index];
        if car.trip.0 != state.trip_id {
            car.trip = (state.trip_id.clone(), state.odometer_m);
            car.sampled_s = f64::NEG_INFINITY;
        }
        if !state.trip_id.is_empty() && clock_s >= car.sampled_s + SAMPLE_S {
            car.sampled_s = clock_s;
            let trajectory = self.trajectories.entry(state.trip_id.clone()).or_default();
            trajectory.push((clock_s, state.odometer_m - car.trip.1));
        }
    }

    /// Index of a vehicle of the fleet, which is entered if it is new.
    fn car(&mut self, name: &str, site: &Site) -> usize {
        if let Some(index) = self.fleet.iter().position(|car| car.name == name) {
            return index;
        }
        let vehicles = &site.fleet.vehicles;
        let sheet = vehicles
            .iter()
            .find(|vehicle| vehicle.name == name)
            .or(vehicles.first());
        self.fleet.push(Car {
            name: name.to_owned(),
            sheet: sheet.map(|vehicle| vehicle.sheet.clone()),
            state: None,
            link: None,
            decision: None,
            is_ordered_to_stop: false,
            is_at_fault: false,
            trip: (String::new(), 0.0),
            sampled_s: f64::NEG_INFINITY,
        });
        self.fleet.len() - 1
    }

    fn lights(&mut self, states: &westline::SignalStates) {
        for (&signal, &colour) in states.signal.iter().zip(&states.colour) {
            if let Some(light) = self.signals.get_mut(signal as usize) {
                *light = signal_colour(colour);
            }
        }
    }

    /// Reads all that is told up to a time.
    fn read_until(&mut self, time: SimTime) -> Result<(), RecordError> {
        self.read_between(SimTime::from_nanos(i64::MIN), time)
    }

    /// Reads all that is told between two times. What a chunk holds before them is passed over, not decoded: a chunk may
    /// hold minutes.
    fn read_between(&mut self, from: SimTime, time: SimTime) -> Result<(), RecordError> {
        loop {
            let record = match self.pending.take() {
                Some(record) => record,
                None => match self.reader.next().transpose()? {
                    Some(record) => record,
                    None => return Ok(()),
                },
            };
            if record.time > time {
                self.pending = Some(record);
                return Ok(());
            }
            if record.time >= from {
                self.take(&record)?;
            }
        }
    }

    fn take(&mut self, record: &Record) -> Result<(), RecordError> {
        match (&*record.schema, &*record.topic) {
            ("westline.VehicleState", _) => {
                let state: westline::VehicleState = record.decode()?;
                let trip = state.trip_id.clone();
                let odometer_m = state.odometer_m;
                if let Some(car) = self.fleet.iter_mut().find(|car| car.name == state.vehicle) {
                    if car.trip.0 != trip {
                        car.trip = (trip, odometer_m);
                    }
                    car.state = Some((record.time, state));
                }
            }
            ("westline.LinkState", _) => {
                let link: westline::LinkState = record.decode()?;
                if let Some(car) = self.fleet.iter_mut().find(|car| car.name == link.vehicle) {
                    car.link = Some(link.into());
                }
            }
            ("westline.Decision", _) => {
                let decision: westline::Decision = record.decode()?;
                if let Some(car) = self.fleet.iter_mut().find(|car| car.name == decision.vehicle) {
                    car.decision = Some(decision);
                }
            }
            ("westline.SignalStates", _) => self.lights(&record.decode()?),
            ("westline.Frame", _) => self.scene.take_frame(record.time, &record.decode()?),
            ("foxglove.SceneUpdate", "/actors") if !self.is_full => {
                self.scene.take_boxes(record.time, &record.decode()?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Sets what follows from the events up to now that were not followed yet.
    fn follow_events(&mut self) {
        let until = self.events.partition_point(|event| event.clock_s <= self.clock_s);
        for event in &self.events[self.followed.min(until)..until] {
            let Some(car) = self.fleet.iter_mut().find(|car| car.name == event.vehicle) else {
                continue;
            };
            match event.kind {
                "stop_ordered" => car.is_ordered_to_stop = true,
                "stop_released" => car.is_ordered_to_stop = false,
                "fault_raised" => car.is_at_fault = true,
                "fault_cleared" => car.is_at_fault = false,
                _ => {}
            }
        }
        self.followed = until;
    }

    fn now(&self) -> SimTime {
        // Records carry whole ticks: a hair more, so that rounding loses none.
        SimTime::from_secs_f64(self.clock_s - self.from_s + 1e-6)
    }
}

impl Scene {
    fn take_frame(&mut self, time: SimTime, frame: &westline::Frame) {
        self.time = time;
        self.actors.clear();
        let metres = |mm: i32| f64::from(mm) * 1e-3;
        for (row, &id) in frame.id.iter().enumerate() {
            let column = |column: &[i32]| column.get(row).copied().unwrap_or(0);
            let shape = frame.shape.get(row).and_then(|&shape| frame.shapes.get(shape as usize));
            let Some(shape) = shape else { continue };
            self.actors.push(ActorState {
                id: ActorId(id),
                kind: actor_kind(shape.kind()),
                pose: Pose {
                    x_m: metres(column(&frame.x_mm)),
                    y_m: metres(column(&frame.y_mm)),
                    z_m: metres(column(&frame.z_mm)),
                    heading_rad: f64::from(column(&frame.heading_e4_rad)) * 1e-4,
                    pitch_rad: 0.0,
                    roll_rad: 0.0,
                },
                speed_mps: metres(column(&frame.speed_mm_per_s)),
                acceleration_mps2: metres(column(&frame.acceleration_mm_per_s2)),
                length_m: f64::from(shape.length_mm) * 1e-3,
                width_m: f64::from(shape.width_mm) * 1e-3,
                height_m: f64::from(shape.height_mm) * 1e-3,
                lane: None,
                indicator: indicator(column(&frame.indicator)),
            });
        }
    }

    /// Boxes have no numbers: whoever is near where somebody of the same size was expected is the same.
    fn take_boxes(&mut self, time: SimTime, update: &foxglove::SceneUpdate) {
        let gone_s = (time - self.time).as_secs_f64();
        let mut before = std::mem::take(&mut self.actors);
        let cubes = update.entities.iter().flat_map(|entity| &entity.cubes);
        for mut actor in cubes.filter_map(actor_of_box) {
            let distance_m =
                |other: &ActorState| libm::hypot(other.pose.x_m - actor.pose.x_m, other.pose.y_m - actor.pose.y_m);
            let is_alike = |other: &ActorState| {
                (other.length_m - actor.length_m).abs() < 1e-6 && (other.width_m - actor.width_m).abs() < 1e-6
            };
            let nearest = (before.iter().enumerate())
                .filter(|(_, other)| is_alike(other) && distance_m(other) < MATCH_M)
                .min_by(|(_, a), (_, b)| distance_m(a).total_cmp(&distance_m(b)))
                .map(|(index, _)| index);
            match nearest {
                Some(index) if gone_s > 0.0 && gone_s < 2.0 => {
                    let other = before.swap_remove(index);
                    let (sin, cos) = libm::sincos(actor.pose.heading_rad);
                    let (dx, dy) = (actor.pose.x_m - other.pose.x_m, actor.pose.y_m - other.pose.y_m);
                    actor.speed_mps = ((dx * cos + dy * sin) / gone_s).max(0.0);
                    actor.id = other.id;
                }
                _ => {
                    actor.id = ActorId(SCENE_IDS + self.next_id % (1 << 24));
                    self.next_id = self.next_id.wrapping_add(1);
                }
            }
            self.actors.push(actor);
        }
        self.time = time;
    }
}

impl Stage for Replay {
    fn is_live(&self) -> bool {
        false
    }

    fn span_s(&self) -> (f64, f64) {
        (self.from_s, self.to_s)
    }

    fn clock_s(&self) -> f64 {
        self.clock_s
    }

    fn step(&mut self) -> Result<bool, String> {
        if self.clock_s >= self.to_s {
            return Ok(false);
        }
        // Whole tenths, so that steps do not add up to something beside the ticks.
        let steps = ((self.clock_s - self.from_s) / STEP_S).round() + 1.0;
        self.clock_s = (self.from_s + steps * STEP_S).min(self.to_s);
        let now = self.now();
        self.read_until(now).map_err(|error| error.to_string())?;
        self.follow_events();
        Ok(true)
    }

    fn seek(&mut self, clock_s: f64) -> Result<(), String> {
        if !clock_s.is_finite() {
            return Err(format!("`{clock_s}` is no time of day"));
        }
        self.clock_s = clock_s.clamp(self.from_s, self.to_s);
        let now = self.now();
        let enter = now - BEFORE;
        let index = self
            .entries
            .partition_point(|entry| entry.time <= enter)
            .saturating_sub(1);
        let entry = &self.entries[index];
        let enter_from = entry.time;
        self.signals.clone_from(&entry.signals);
        self.pending = None;
        self.scene = Scene::default();
        for car in &mut self.fleet {
            car.state = None;
            car.link = None;
            car.decision = None;
            car.is_ordered_to_stop = false;
            car.is_at_fault = false;
        }
        self.reader.seek(entry.place).map_err(|error| error.to_string())?;
        self.read_between(enter_from, now).map_err(|error| error.to_string())?;
        (self.told, self.followed) = (0, 0);
        self.follow_events();
        Ok(())
    }

    fn write_frame(&mut self, frame: &mut Frame) {
        frame.time = self.now();
        frame.actors.clear();
        frame.signals.clone_from(&self.signals);
        if self.is_full {
            frame.actors.extend_from_slice(&self.scene.actors);
            return;
        }
        let gone_s = (frame.time - self.scene.time).as_secs_f64().clamp(0.0, 2.0);
        let fleet: Vec<ActorState> = (self.fleet.iter().enumerate())
            .filter_map(|(index, car)| car.actor(index))
            .collect();
        for actor in &self.scene.actors {
            // The line's own vehicles are in the scene too; they are known better.
            let is_own = actor.kind == ActorKind::TestVehicle;
            if !is_own {
                let (sin, cos) = libm::sincos(actor.pose.heading_rad);
                let mut actor = *actor;
                actor.pose.x_m += cos * actor.speed_mps * gone_s;
                actor.pose.y_m += sin * actor.speed_mps * gone_s;
                frame.actors.push(actor);
            }
        }
        frame.actors.extend(fleet);
        frame.actors.sort_by_key(|actor| actor.id);
    }

    fn vehicles(&self) -> Vec<VehicleRow> {
        (self.fleet.iter().enumerate())
            .map(|(index, car)| car.row(index, self))
            .collect()
    }

    fn take_events(&mut self) -> Vec<StageEvent> {
        let until = self
            .events
            .partition_point(|event| event.clock_s <= self.clock_s + 1e-6);
        let new = self.events[self.told.min(until)..until].to_vec();
        self.told = until;
        new
    }

    fn waiting(&self) -> Vec<u32> {
        Vec::new()
    }

    fn trips_done(&self) -> (usize, usize) {
        let done = self
            .trips_finished_s
            .iter()
            .filter(|&&end_s| end_s <= self.clock_s)
            .count();
        (done, self.trips_planned)
    }

    fn trajectories(&self) -> Vec<(String, Vec<(f64, f64)>)> {
        let whole = self.trajectories.iter();
        whole.map(|(trip, points)| (trip.clone(), points.clone())).collect()
    }

    fn order_stop(&mut self, _vehicle: usize, _shall_stop: bool) -> bool {
        false
    }

    fn break_sensor(&mut self, _vehicle: usize, _is_broken: bool) -> bool {
        false
    }

    fn answer(&mut self, _vehicle: usize, _is_confirmed: bool) -> bool {
        false
    }
}

impl Car {
    fn actor(&self, index: usize) -> Option<ActorState> {
        let (_, state) = self.state.as_ref()?;
        let dimensions = self.sheet.as_ref()?.dimensions;
        let (sin, cos) = libm::sincos(state.heading_rad);
        let ahead_m = dimensions.middle_m();
        Some(ActorState {
            id: ActorId(index as u32),
            kind: ActorKind::TestVehicle,
            pose: Pose {
                x_m: state.x_m + cos * ahead_m,
                y_m: state.y_m + sin * ahead_m,
                z_m: state.z_m,
                heading_rad: state.heading_rad,
                pitch_rad: -state.pitch_rad,
                roll_rad: 0.0,
            },
            speed_mps: state.speed_mps,
            acceleration_mps2: state.acceleration_mps2,
            length_m: dimensions.length_m,
            width_m: dimensions.width_m,
            height_m: dimensions.height_m,
            lane: None,
            indicator: Indicator::Off,
        })
    }

    fn asked(&self) -> Option<AskedRow> {
        let ladder = self.decision.as_ref()?.ladder.as_ref()?;
        (!ladder.proposal.is_empty()).then(|| AskedRow {
            proposal: ladder.proposal.clone(),
            is_held: false,
            answer_clock_s: None,
        })
    }

    fn row(&self, index: usize, replay: &Replay) -> VehicleRow {
        let state = self.state.as_ref().map(|(_, state)| state);
        let speed_mps = state.map_or(0.0, |state| state.speed_mps);
        let trip = state.map(|state| state.trip_id.clone()).filter(|trip| !trip.is_empty());
        let distance_m = trip.as_ref().and_then(|trip| {
            let points = replay.trajectories.get(trip)?;
            let after = points.partition_point(|&(clock_s, _)| clock_s <= replay.clock_s);
            Some(points.get(after.saturating_sub(1))?.1)
        });
        VehicleRow {
            name: self.name.clone(),
            actor: state.and_then(|state| {
                let own = |actor: &&ActorState| {
                    let (dx, dy) = (actor.pose.x_m - state.x_m, actor.pose.y_m - state.y_m);
                    actor.kind == ActorKind::TestVehicle && libm::hypot(dx, dy) < 8.0
                };
                match replay.is_full {
                    true => replay.scene.actors.iter().find(own).map(|actor| actor.id.0),
                    false => Some(index as u32),
                }
            }),
            mode: match state {
                None => VehicleMode::Depot,
                Some(_) if self.is_at_fault => VehicleMode::Fault,
                Some(_) if self.is_ordered_to_stop && speed_mps.abs() < 0.05 => VehicleMode::Stopped,
                Some(_) if self.is_ordered_to_stop => VehicleMode::Stopping,
                Some(_) => VehicleMode::Automated,
            },
            phase: match (&trip, speed_mps.abs() < 0.05) {
                (None, _) => "resting",
                (Some(_), true) => "at_stop",
                (Some(_), false) => "driving",
            },
            reason: state.map(|state| state.reason.clone()).unwrap_or_default(),
            trip,
            stop: state.and_then(|state| replay.stops.get(&state.next_stop_id).copied()),
            delay_s: state.and_then(|state| state.delay_s),
            passengers: state.map_or(0, |state| state.passengers),
            charge: state.map_or(0.0, |state| state.state_of_charge),
            speed_mps,
            acceleration_mps2: state.map_or(0.0, |state| state.acceleration_mps2),
            lateral_acceleration_mps2: state.map_or(0.0, |state| state.lateral_acceleration_mps2),
            steering_rad: state.map_or(0.0, |state| state.steering_rad),
            speed_mps_target: None,
            gap_m: state.and_then(|state| state.gap_m),
            time_to_collision_s: state.and_then(|state| state.time_to_collision_s),
            odometer_m: state.map_or(0.0, |state| state.odometer_m),
            distance_m,
            is_ordered_to_stop: self.is_ordered_to_stop,
            link: self.link.clone(),
            decision: state.and(self.decision.as_ref()).map(DecisionRow::from),
            asked: self.asked(),
        }
    }
}

fn event_word(kind: westline::ServiceEventKind) -> &'static str {
    use westline::ServiceEventKind as Kind;
    match kind {
        Kind::Unspecified => "unspecified",
        Kind::TripStarted => "trip_started",
        Kind::Arrived => "arrived",
        Kind::Held => "held",
        Kind::Departed => "departed",
        Kind::LeftBehind => "left_behind",
        Kind::TripFinished => "trip_finished",
        Kind::TripCancelled => "trip_cancelled",
        Kind::TripsExchanged => "trips_exchanged",
        Kind::ChargingStarted => "charging_started",
        Kind::ChargingEnded => "charging_ended",
        Kind::FaultRaised => "fault_raised",
        Kind::FaultCleared => "fault_cleared",
        Kind::Disrupted => "disrupted",
        Kind::Collided => "collided",
        Kind::StopOrdered => "stop_ordered",
        Kind::StopReleased => "stop_released",
        Kind::SupervisorAsked => "supervisor_asked",
        Kind::ProposalConfirmed => "proposal_confirmed",
    }
}

fn signal_colour(number: i32) -> SignalColour {
    match westline::SignalColour::try_from(number) {
        Ok(westline::SignalColour::Red) => SignalColour::Red,
        Ok(westline::SignalColour::Amber) => SignalColour::Amber,
        Ok(westline::SignalColour::Green) => SignalColour::Green,
        Ok(westline::SignalColour::Dark) | Err(_) => SignalColour::Dark,
    }
}

fn indicator(number: i32) -> Indicator {
    match westline::Indicator::try_from(number) {
        Ok(westline::Indicator::Left) => Indicator::Left,
        Ok(westline::Indicator::Right) => Indicator::Right,
        Ok(westline::Indicator::Hazard) => Indicator::Hazard,
        Ok(westline::Indicator::Off) | Err(_) => Indicator::Off,
    }
}

fn actor_kind(kind: westline::ActorKind) -> ActorKind {
    use westline::ActorKind as Kind;
    match kind {
        Kind::Van => ActorKind::Van,
        Kind::Truck => ActorKind::Truck,
        Kind::Bus => ActorKind::Bus,
        Kind::TestVehicle => ActorKind::TestVehicle,
        Kind::Bicycle => ActorKind::Bicycle,
        Kind::Scooter => ActorKind::Scooter,
        Kind::Pedestrian => ActorKind::Pedestrian,
        Kind::Car | Kind::Unspecified => ActorKind::Car,
    }
}

/// Somebody of a scene: the kind by the box's colour, which recordings give by kind, and its size.
fn actor_of_box(cube: &foxglove::CubePrimitive) -> Option<ActorState> {
    let (pose, size, colour) = (cube.pose.as_ref()?, cube.size.as_ref()?, cube.color.as_ref()?);
    let (at, turn) = (pose.position.as_ref()?, pose.orientation.as_ref()?);
    let kind = if colour.b > 0.8 {
        ActorKind::TestVehicle
    } else if colour.r > 0.8 {
        ActorKind::Pedestrian
    } else if colour.g > colour.r + 0.2 {
        ActorKind::Bicycle
    } else if colour.b > colour.g + 0.1 {
        if size.x > 9.5 { ActorKind::Bus } else { ActorKind::Truck }
    } else if size.z > 1.8 {
        ActorKind::Van
    } else {
        ActorKind::Car
    };
    let (sin, cos) = (
        2.0 * (turn.w * turn.z + turn.x * turn.y),
        1.0 - 2.0 * (turn.y * turn.y + turn.z * turn.z),
    );
    Some(ActorState {
        id: ActorId(0),
        kind,
        pose: Pose {
            x_m: at.x,
            y_m: at.y,
            z_m: at.z - 0.5 * size.z,
            heading_rad: libm::atan2(sin, cos),
            pitch_rad: 0.0,
            roll_rad: 0.0,
        },
        speed_mps: 0.0,
        acceleration_mps2: 0.0,
        length_m: size.x,
        width_m: size.y,
        height_m: size.z,
        lane: None,
        indicator: Indicator::Off,
    })
}
