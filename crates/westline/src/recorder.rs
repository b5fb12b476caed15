//! What of a day goes into its recording, on which topic, how often.
//!
//! In goes a [`ServiceDay`] after each tick; out go records. The map once; each vehicle of the line at 10 Hz; the scene
//! around the line (or, in full, everyone) at 1 Hz; lights when they change; every event. `docs/recordings.md` says
//! which tool opens which topic.

use crate::arguments::Record;
use crate::day_table;
use anyhow::{Context, Result};
use network::radio::link::{Link, Way};
use network::site::NetworkSite;
use network::supervision::{LinkChangeKind, LinkSecond, Supervision};
use prost::Message as _;
use record::schema::foxglove::{
    FrameTransform, GeoJson, LocationFix, Log, SceneEntity, SceneUpdate, Vector3, location_fix, log,
};
use record::schema::{osi3, westline};
use record::{Recording, RecordingInfo, RecordingTotals, SimTime, scene};
use road::draft::LaneKind;
use road::{LanePosition, RoadNetwork, SignalColour};
use serde_json::json;
use service::{DayMeasures, ServiceDay, ServiceEvent, ServiceEventKind, VehicleView};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vehicle::{Indicator, Reason};
use world::{ActorKind, ActorState, Frame};

/// The scene is told this often.
const SCENE_PERIOD: SimTime = SimTime::from_secs(1);
/// What a driver decided is told this often, and whenever its reason changes.
const DECISION_PERIOD: SimTime = SimTime::from_secs(1);
/// Around a vehicle of the line, the scene holds everyone within this distance.
const SCENE_RADIUS_M: f64 = 120.0;
/// Points of a lane in the map's scene are this far apart.
const MAP_STEP_M: f64 = 6.0;

/// Writes a day's records.
pub struct Recorder {
    recording: Recording,
    extent: Record,
    frame: Frame,
    signals: Vec<SignalColour>,
    vehicles: Vec<Vehicle>,
    sealed: Vec<SealedSegment>,
}

/// A minute of a vehicle's records, with the digest that proves them.
pub struct SealedSegment {
    /// Index of the vehicle.
    pub vehicle: usize,
    /// Start on the records' own clock, nanoseconds since 1970 UTC.
    pub from_unix_ns: u64,
    /// Its end; the last record is before it.
    pub to_unix_ns: u64,
    /// SHA-256 over the minute's messages on the vehicle's topic: for each its log time (8 bytes), its length (4 bytes), both
    /// little-endian, and its payload.
    pub digest: [u8; 32],
}

/// A vehicle of the line, with the names of its topics: they are needed at every tick.
struct Vehicle {
    name: String,
    topic: String,
    position_topic: String,
    decision_topic: String,
    link_topic: String,
    /// What governed it, as told last.
    told: Option<Reason>,
    /// The minute that is being sealed, and the running digest of its records.
    segment: Option<(u64, Sha256)>,
}

/// A vehicle's records are sealed this often.
const SEGMENT_NS: u64 = 60_000_000_000;

impl Recorder {
    /// Begins a recording with the map in it.
    pub fn create(path: &Path, day: &ServiceDay, extent: Record, command: &str) -> Result<Recorder> {
        let site = day.site();
        let network = day.world().network();
        let midnight = day
            .date()
            .in_tz(&site.time_zone)
            .with_context(|| format!("time zone `{}`", site.time_zone))?;
        let start = midnight.saturating_add(jiff::Span::new().milliseconds((day.clock_s() * 1e3) as i64));
        let info = RecordingInfo {
            site: site.id.clone(),
            seed: day.seed(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            map_digest: network.digest().to_owned(),
            start_unix_ns: i64::try_from(start.timestamp().as_nanosecond()).unwrap_or(0),
            start: start.to_string(),
            start_clock_s: day.clock_s(),
            details: BTreeMap::from([("command".to_owned(), command.to_owned())]),
        };
        let mut recorder = Recorder {
            recording: Recording::create(path, info)?,
            extent,
            frame: Frame::default(),
            signals: Vec::new(),
            vehicles: day.vehicles().map(|vehicle| Vehicle::new(vehicle.name)).collect(),
            sealed: Vec::new(),
        };
        let scene = recorder.map_scene(day);
        recorder.recording.write("/map", SimTime::ZERO, &scene)?;
        if let Some(geojson) = line_on_the_globe(day) {
            recorder
                .recording
                .write("/map/geojson", SimTime::ZERO, &GeoJson { geojson })?;
        }
        Ok(recorder)
    }

    /// Records the tick that was just played and its events.
    pub fn observe(&mut self, day: &ServiceDay, events: &[ServiceEvent]) -> Result<()> {
        let time = day.time();
        for event in events {
            self.event(day, event)?;
        }
        for (index, vehicle) in day.vehicles().enumerate() {
            self.vehicle(day, index, &vehicle, time)?;
        }
        let is_full = self.extent == Record::Full;
        let is_scene_due = time.is_multiple_of(SCENE_PERIOD);
        if is_full || is_scene_due {
            day.world().write_frame(&mut self.frame);
            self.lights(time)?;
        }
        if is_full {
            let frame = columns(&self.frame);
            self.recording.write("/frames", time, &frame)?;
        }
        if is_scene_due {
            let scene = self.actors_scene(day, time);
            self.recording.write("/actors", time, &scene)?;
            if is_full {
                let truth = ground_truth(&self.frame);
                self.recording.write("/ground_truth", time, &truth)?;
            }
        }
        self.recording.advance_to(time)?;
        Ok(())
    }

    /// Records the vehicles' links of the second that has just ended, and who was lost or found.
    pub fn links(&mut self, supervision: &Supervision<'_>, site: &NetworkSite) -> Result<()> {
        for second in supervision.seconds() {
            let vehicle = &self.vehicles[second.vehicle];
            let message = link_message(&vehicle.name, second, site);
            self.recording.write(&vehicle.link_topic, second.time, &message)?;
        }
        for change in supervision.changes() {
            let (level, message) = match change.kind {
                LinkChangeKind::Lost => (log::Level::Warning, "nobody far away sees anything any more".to_owned()),
                LinkChangeKind::Found { after_s } => (log::Level::Info, format!("seen again after {after_s:.1} s")),
            };
            let name = self.vehicles[change.vehicle].name.clone();
            let log = Log {
                timestamp: Some(self.recording.info().timestamp(change.time)),
                level: level as i32,
                message: format!("{name} {message}"),
                name,
                ..Log::default()
            };
            self.recording.write("/log", change.time, &log)?;
        }
        Ok(())
    }

    /// Adds the day's figures and closes the file.
    pub fn finish(mut self, time: SimTime, measures: &DayMeasures) -> Result<RecordingTotals> {
        for measure in day_table::measures(measures) {
            self.recording.write("/measures", time, &measure)?;
        }
        Ok(self.recording.finish()?)
    }

    fn vehicle(&mut self, day: &ServiceDay, index: usize, view: &VehicleView<'_>, time: SimTime) -> Result<()> {
        let Some(actor) = view.actor else { return Ok(()) };
        let state = day.world().vehicle(actor);
        let pose = state.ego.pose;
        let site = day.site();
        let message = westline::VehicleState {
            vehicle: view.name.to_owned(),
            x_m: pose.x_m,
            y_m: pose.y_m,
            z_m: pose.z_m,
            heading_rad: pose.heading_rad,
            pitch_rad: -pose.pitch_rad,
            speed_mps: state.ego.speed_mps,
            acceleration_mps2: state.ego.acceleration_mps2,
            lateral_acceleration_mps2: state.lateral_acceleration_mps2,
            steering_rad: state.ego.steering_angle_rad,
            state_of_charge: state.ego.state_of_charge,
            passengers: view.passengers,
            reason: service::word(&state.explanation.reason),
            rival: state
                .explanation
                .rival
                .map(|track| format!("track {track}"))
                .unwrap_or_default(),
            trip_id: view.trip.map(|trip| day.trips()[trip].id.clone()).unwrap_or_default(),
            next_stop_id: site
                .line
                .stops
                .get(view.stop)
                .map(|stop| stop.id.clone())
                .unwrap_or_default(),
            delay_s: view.delay_s,
            odometer_m: state.odometer_m,
            energy_wh: state.energy_wh,
            gap_m: state.gap_m,
            time_to_collision_s: state.time_to_collision_s,
        };
        self.seal(index, time, &message);
        let topics = &self.vehicles[index];
        self.recording.write(&topics.topic, time, &message)?;
        let transform = FrameTransform {
            timestamp: Some(self.recording.info().timestamp(time)),
            parent_frame_id: scene::MAP_FRAME.to_owned(),
            child_frame_id: view.name.to_owned(),
            translation: Some(Vector3 {
                x: pose.x_m,
                y: pose.y_m,
                z: pose.z_m,
            }),
            rotation: Some(scene::attitude(pose.heading_rad, -pose.pitch_rad, pose.roll_rad)),
        };
        self.recording.write("/tf", time, &transform)?;
        if time.is_multiple_of(SCENE_PERIOD)
            && let Some([latitude, longitude]) = day.world().network().to_geographic_deg(pose.x_m, pose.y_m)
        {
            let fix = LocationFix {
                timestamp: Some(self.recording.info().timestamp(time)),
                frame_id: view.name.to_owned(),
                latitude,
                longitude,
                altitude: pose.z_m,
                position_covariance: vec![0.0; 9],
                position_covariance_type: location_fix::PositionCovarianceType::Unknown as i32,
                ..LocationFix::default()
            };
            self.recording.write(&topics.position_topic, time, &fix)?;
        }
        let reason = state.explanation.reason;
        let is_told = self.vehicles[index].told == Some(reason) && !time.is_multiple_of(DECISION_PERIOD);
        if let (false, Some(decision)) = (is_told, day.world().decision(actor)) {
            self.vehicles[index].told = Some(reason);
            let message = service::decision_record(view.name, decision);
            let topic = &self.vehicles[index].decision_topic;
            self.recording.write(topic, time, &message)?;
        }
        Ok(())
    }

    /// Takes a record into its minute's digest, and closes the minute before.
    fn seal(&mut self, index: usize, time: SimTime, message: &westline::VehicleState) {
        let start = u64::try_from(self.recording.info().start_unix_ns).unwrap_or(0);
        let log_time = start.saturating_add(u64::try_from(time.as_nanos()).unwrap_or(0));
        let minute = log_time / SEGMENT_NS;
        if self.vehicles[index]
            .segment
            .as_ref()
            .is_some_and(|(open, _)| *open != minute)
        {
            self.close_segment(index);
        }
        let (_, hasher) = self.vehicles[index]
            .segment
            .get_or_insert_with(|| (minute, Sha256::new()));
        let payload = message.encode_to_vec();
        hasher.update(log_time.to_le_bytes());
        hasher.update((payload.len() as u32).to_le_bytes());
        hasher.update(&payload);
    }

    fn close_segment(&mut self, index: usize) {
        if let Some((minute, hasher)) = self.vehicles[index].segment.take() {
            self.sealed.push(SealedSegment {
                vehicle: index,
                from_unix_ns: minute * SEGMENT_NS,
                to_unix_ns: (minute + 1) * SEGMENT_NS,
                digest: hasher.finalize().into(),
            });
        }
    }

    /// Segments that were sealed since the last call.
    pub fn take_sealed(&mut self) -> Vec<SealedSegment> {
        std::mem::take(&mut self.sealed)
    }

    /// Seals the minutes that are open: the day is over.
    pub fn seal_all(&mut self) -> Vec<SealedSegment> {
        (0..self.vehicles.len()).for_each(|index| self.close_segment(index));
        self.take_sealed()
    }

    /// Lights that changed; the first time, all.
    fn lights(&mut self, time: SimTime) -> Result<()> {
        let mut message = westline::SignalStates::default();
        for (index, &colour) in self.frame.signals.iter().enumerate() {
            if self.signals.get(index) != Some(&colour) {
                message.signal.push(index as u32);
                message.colour.push(colour_number(colour));
            }
        }
        if !message.signal.is_empty() {
            self.signals.clone_from(&self.frame.signals);
            self.recording.write("/signals", time, &message)?;
        }
        Ok(())
    }

    fn event(&mut self, day: &ServiceDay, event: &ServiceEvent) -> Result<()> {
        let message = self.event_message(day, event);
        let log = Log {
            timestamp: Some(self.recording.info().timestamp(event.time)),
            level: match event.kind {
                ServiceEventKind::Collided => log::Level::Error,
                ServiceEventKind::TripCancelled { .. }
                | ServiceEventKind::FaultRaised { .. }
                | ServiceEventKind::Disrupted { .. } => log::Level::Warning,
                _ => log::Level::Info,
            } as i32,
            message: sentence(&message),
            name: message.vehicle.clone(),
            ..Log::default()
        };
        self.recording.write("/events", event.time, &message)?;
        self.recording.write("/log", event.time, &log)?;
        Ok(())
    }

    fn event_message(&self, day: &ServiceDay, event: &ServiceEvent) -> westline::ServiceEvent {
        use westline::ServiceEventKind as Wire;
        let mut message = westline::ServiceEvent {
            clock_s: event.clock_s,
            vehicle: event
                .vehicle
                .map(|index| self.vehicles[index].name.clone())
                .unwrap_or_default(),
            trip_id: event
                .trip
                .map(|index| day.trips()[index].id.clone())
                .unwrap_or_default(),
            stop_id: event
                .stop
                .map(|index| day.site().line.stops[index].id.clone())
                .unwrap_or_default(),
            ..westline::ServiceEvent::default()
        };
        let kind = match &event.kind {
            ServiceEventKind::TripStarted => Wire::TripStarted,
            ServiceEventKind::Arrived { delay_s, docking } => {
                message.delay_s = Some(*delay_s);
                message.kerb_gap_m = Some(docking.kerb_gap_m);
                message.along_m = Some(docking.along_m);
                Wire::Arrived
            }
            ServiceEventKind::Held { until_s } => {
                message.detail = format!("until {}", day_table::clock(*until_s));
                Wire::Held
            }
            ServiceEventKind::Departed {
                delay_s,
                load,
                boarded,
                alighted,
            } => {
                message.delay_s = Some(*delay_s);
                (message.load, message.boarded, message.alighted) = (Some(*load), Some(*boarded), Some(*alighted));
                Wire::Departed
            }
            ServiceEventKind::LeftBehind { passengers } => {
                message.left_behind = Some(*passengers);
                Wire::LeftBehind
            }
            ServiceEventKind::TripFinished { delay_s } => {
                message.delay_s = Some(*delay_s);
                Wire::TripFinished
            }
            ServiceEventKind::TripCancelled { reason } => {
                message.detail = (*reason).to_owned();
                Wire::TripCancelled
            }
            ServiceEventKind::TripsExchanged { with } => {
                message.detail = format!("with {}", self.vehicles[*with].name);
                Wire::TripsExchanged
            }
            ServiceEventKind::ChargingStarted { power_w } => {
                message.detail = format!("{:.0} kW", power_w / 1000.0);
                Wire::ChargingStarted
            }
            ServiceEventKind::ChargingEnded { state_of_charge } => {
                message.state_of_charge = Some(*state_of_charge);
                Wire::ChargingEnded
            }
            ServiceEventKind::FaultRaised { faults } => {
                message.detail = faults.to_string();
                Wire::FaultRaised
            }
            ServiceEventKind::FaultCleared => Wire::FaultCleared,
            ServiceEventKind::StopOrdered => Wire::StopOrdered,
            ServiceEventKind::StopReleased => Wire::StopReleased,
            ServiceEventKind::SupervisorAsked { proposal } => {
                message.detail = proposal.words().to_owned();
                Wire::SupervisorAsked
            }
            ServiceEventKind::ProposalConfirmed { proposal } => {
                message.detail = proposal.words().to_owned();
                Wire::ProposalConfirmed
            }
            ServiceEventKind::Disrupted { standing_s, reason } => {
                message.detail = format!("standing for {standing_s:.0} s: {reason:?}").to_lowercase();
                Wire::Disrupted
            }
            ServiceEventKind::Collided => Wire::Collided,
        };
        message.kind = kind as i32;
        message
    }

    /// The map as lines, one entity a road, and the line's stops as labels.
    fn map_scene(&self, day: &ServiceDay) -> SceneUpdate {
        let network = day.world().network();
        let timestamp = self.recording.info().timestamp(SimTime::ZERO);
        let mut roads: BTreeMap<u32, SceneEntity> = BTreeMap::new();
        for (index, lane) in network.lanes().iter().enumerate() {
            let Some(colour) = lane_colour(lane.kind) else { continue };
            let id = road::LaneId(index as u32);
            let points = lane_line(network, id, lane.length_m);
            let name = &network.roads()[lane.road.0 as usize].id;
            let entity = roads
                .entry(lane.road.0)
                .or_insert_with(|| scene::entity(&format!("road {name}"), timestamp));
            entity.lines.push(scene::line(&points, 0.15, colour));
        }
        let mut entities: Vec<SceneEntity> = roads.into_values().collect();
        for stop in &day.site().line.stops {
            let mut entity = scene::entity(&format!("stop {}", stop.id), timestamp);
            let [x, y, z] = stop.platform_m;
            entity.texts.push(scene::label(
                [x, y, z + 3.0],
                2.0,
                &stop.name,
                scene::colour(0.1, 0.3, 0.8, 1.0),
            ));
            entities.push(entity);
        }
        scene::update(entities)
    }

    /// Everyone whom the recording is to show, as boxes of one entity, so that those who left vanish by themselves.
    fn actors_scene(&self, day: &ServiceDay, time: SimTime) -> SceneUpdate {
        let own: BTreeSet<u32> = day.vehicles().filter_map(|vehicle| Some(vehicle.actor?.0)).collect();
        let actors = &self.frame.actors;
        let centres: Vec<_> = actors
            .iter()
            .filter(|actor| own.contains(&actor.id.0))
            .map(|actor| actor.pose)
            .collect();
        let is_shown = |actor: &&ActorState| {
            self.extent == Record::Full
                || centres.iter().any(|centre| {
                    let (dx, dy) = (centre.x_m - actor.pose.x_m, centre.y_m - actor.pose.y_m);
                    dx * dx + dy * dy < SCENE_RADIUS_M * SCENE_RADIUS_M
                })
        };
        let mut entity = scene::entity("actors", self.recording.info().timestamp(time));
        entity.cubes = actors.iter().filter(is_shown).map(box_of).collect();
        scene::update(vec![entity])
    }
}

/// The line's ways and stops as GeoJSON (RFC 7946), if the map says where on the Earth it lies.
fn line_on_the_globe(day: &ServiceDay) -> Option<String> {
    let network = day.world().network();
    let position = |x_m, y_m| {
        let [latitude, longitude] = network.to_geographic_deg(x_m, y_m)?;
        // Seven digits are a centimetre.
        Some([longitude, latitude].map(|degrees| (degrees * 1e7).round() / 1e7))
    };
    let feature = |geometry: serde_json::Value, name: &str| json!({ "type": "Feature", "geometry": geometry, "properties": { "name": name } });
    let line = &day.site().line;
    let mut features = Vec::new();
    for pattern in &line.patterns {
        let points = pattern
            .way
            .lanes
            .iter()
            .flat_map(|&lane| lane_line(network, lane, network.lane(lane).length_m));
        let coordinates = points.map(|[x, y, _]| position(x, y)).collect::<Option<Vec<_>>>()?;
        features.push(feature(
            json!({ "type": "LineString", "coordinates": coordinates }),
            &pattern.headsign,
        ));
    }
    for stop in &line.stops {
        let [x, y, _] = stop.platform_m;
        features.push(feature(
            json!({ "type": "Point", "coordinates": position(x, y)? }),
            &stop.name,
        ));
    }
    Some(json!({ "type": "FeatureCollection", "features": features }).to_string())
}

impl Vehicle {
    fn new(name: &str) -> Vehicle {
        let plain: String = name
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let topic = format!("/vehicles/{plain}");
        Vehicle {
            name: name.to_owned(),
            position_topic: format!("{topic}/position"),
            decision_topic: format!("{topic}/decision"),
            link_topic: format!("{topic}/link"),
            told: None,
            topic,
            segment: None,
        }
    }
}

/// A vehicle's second as it is recorded.
pub fn link_message(name: &str, second: &LinkSecond, site: &NetworkSite) -> westline::LinkState {
    let of_link = |figure: fn(&Link) -> f64| second.link.as_ref().map(|link| figure(link) as f32);
    let narrow = |value: Option<f64>| value.map(|value| value as f32);
    westline::LinkState {
        vehicle: name.to_owned(),
        cell: second.link.map(|link| site.cell_name(link.cell)).unwrap_or_default(),
        rsrp_dbm: of_link(|link| link.rsrp_dbm),
        sinr_down_db: of_link(|link| link.sinr_db[Way::Down as usize]),
        sinr_up_db: of_link(|link| link.sinr_db[Way::Up as usize]),
        rate_up_mbps: of_link(|link| link.rate_mbps[Way::Up as usize]),
        rate_down_mbps: of_link(|link| link.rate_mbps[Way::Down as usize]),
        frames: second.frames,
        frames_in_time: second.frames_in_time,
        glass_ms: narrow(second.glass_ms),
        command_ms: narrow(second.command_ms),
        loop_ms_max: narrow(second.loop_ms_max),
        speed_kmh: narrow(second.speed_kmh),
        is_lost: second.is_lost,
    }
}

fn lane_line(network: &RoadNetwork, lane: road::LaneId, length_m: f64) -> Vec<[f64; 3]> {
    let steps = (length_m / MAP_STEP_M).ceil().max(1.0) as u32;
    (0..=steps)
        .map(|step| {
            let s_m = length_m * f64::from(step) / f64::from(steps);
            let pose = network.lane_pose(LanePosition {
                lane,
                s_m,
                offset_m: 0.0,
            });
            [pose.x_m, pose.y_m, pose.z_m]
        })
        .collect()
}

fn lane_colour(kind: LaneKind) -> Option<record::schema::foxglove::Color> {
    match kind {
        LaneKind::Driving | LaneKind::Ramp => Some(scene::colour(0.45, 0.45, 0.5, 1.0)),
        LaneKind::Bus => Some(scene::colour(0.85, 0.55, 0.1, 1.0)),
        LaneKind::Bicycle => Some(scene::colour(0.2, 0.6, 0.3, 1.0)),
        LaneKind::Sidewalk => Some(scene::colour(0.75, 0.75, 0.72, 1.0)),
        _ => None,
    }
}

fn box_of(actor: &ActorState) -> record::schema::foxglove::CubePrimitive {
    let colour = match actor.kind {
        ActorKind::TestVehicle => scene::colour(0.0, 0.45, 0.85, 1.0),
        ActorKind::Pedestrian => scene::colour(0.85, 0.35, 0.1, 1.0),
        ActorKind::Bicycle | ActorKind::Scooter => scene::colour(0.2, 0.65, 0.4, 1.0),
        ActorKind::Truck | ActorKind::Bus => scene::colour(0.5, 0.4, 0.6, 1.0),
        ActorKind::Car | ActorKind::Van => scene::colour(0.6, 0.6, 0.62, 1.0),
    };
    let pose = actor.pose;
    scene::standing_box(
        [pose.x_m, pose.y_m, pose.z_m],
        [pose.heading_rad, -pose.pitch_rad, pose.roll_rad],
        [actor.length_m, actor.width_m, actor.height_m],
        colour,
    )
}

fn colour_number(colour: SignalColour) -> i32 {
    let wire = match colour {
        SignalColour::Red => westline::SignalColour::Red,
        SignalColour::Amber => westline::SignalColour::Amber,
        SignalColour::Green => westline::SignalColour::Green,
        SignalColour::Dark => westline::SignalColour::Dark,
    };
    wire as i32
}

fn kind_number(kind: ActorKind) -> i32 {
    let wire = match kind {
        ActorKind::Car => westline::ActorKind::Car,
        ActorKind::Van => westline::ActorKind::Van,
        ActorKind::Truck => westline::ActorKind::Truck,
        ActorKind::Bus => westline::ActorKind::Bus,
        ActorKind::TestVehicle => westline::ActorKind::TestVehicle,
        ActorKind::Bicycle => westline::ActorKind::Bicycle,
        ActorKind::Scooter => westline::ActorKind::Scooter,
        ActorKind::Pedestrian => westline::ActorKind::Pedestrian,
    };
    wire as i32
}

/// A frame in columns.
fn columns(frame: &Frame) -> westline::Frame {
    let mm = |metres: f64| (metres * 1000.0).round() as i32;
    let mut message = westline::Frame::default();
    let mut shapes: BTreeMap<(i32, i32, i32, i32), u32> = BTreeMap::new();
    for actor in &frame.actors {
        let shape = (
            kind_number(actor.kind),
            mm(actor.length_m),
            mm(actor.width_m),
            mm(actor.height_m),
        );
        let next = shapes.len() as u32;
        let row = *shapes.entry(shape).or_insert(next);
        if row == next {
            message.shapes.push(westline::Shape {
                kind: shape.0,
                length_mm: shape.1.unsigned_abs(),
                width_mm: shape.2.unsigned_abs(),
                height_mm: shape.3.unsigned_abs(),
            });
        }
        message.id.push(actor.id.0);
        message.shape.push(row);
        message.x_mm.push(mm(actor.pose.x_m));
        message.y_mm.push(mm(actor.pose.y_m));
        message.z_mm.push(mm(actor.pose.z_m));
        let turns = actor.pose.heading_rad / std::f64::consts::TAU;
        message
            .heading_e4_rad
            .push(((turns - turns.round()) * std::f64::consts::TAU * 1e4).round() as i32);
        message.speed_mm_per_s.push(mm(actor.speed_mps));
        message.acceleration_mm_per_s2.push(mm(actor.acceleration_mps2));
        let indicator = match actor.indicator {
            Indicator::Off => westline::Indicator::Off,
            Indicator::Left => westline::Indicator::Left,
            Indicator::Right => westline::Indicator::Right,
            Indicator::Hazard => westline::Indicator::Hazard,
        };
        message.indicator.push(indicator as i32);
    }
    message
}

/// A frame as ASAM OSI tells it.
fn ground_truth(frame: &Frame) -> osi3::GroundTruth {
    let vector = |x, y, z| osi3::Vector3d {
        x: Some(x),
        y: Some(y),
        z: Some(z),
    };
    let nanos = frame.time.as_nanos();
    let moving_object = frame.actors.iter().map(|actor| {
        let pose = actor.pose;
        let (sine, cosine) = libm::sincos(pose.heading_rad);
        let base = osi3::BaseMoving {
            dimension: Some(osi3::Dimension3d {
                length: Some(actor.length_m),
                width: Some(actor.width_m),
                height: Some(actor.height_m),
            }),
            position: Some(vector(pose.x_m, pose.y_m, pose.z_m + 0.5 * actor.height_m)),
            orientation: Some(osi3::Orientation3d {
                roll: Some(pose.roll_rad),
                pitch: Some(pose.pitch_rad),
                yaw: Some(pose.heading_rad),
            }),
            velocity: Some(vector(actor.speed_mps * cosine, actor.speed_mps * sine, 0.0)),
            acceleration: Some(vector(
                actor.acceleration_mps2 * cosine,
                actor.acceleration_mps2 * sine,
                0.0,
            )),
            orientation_rate: None,
        };
        let kind = match actor.kind {
            ActorKind::Pedestrian => osi3::moving_object::Type::Pedestrian,
            _ => osi3::moving_object::Type::Vehicle,
        };
        osi3::MovingObject {
            id: Some(osi3::Identifier {
                value: Some(u64::from(actor.id.0)),
            }),
            base: Some(base),
            r#type: Some(kind as i32),
            ..osi3::MovingObject::default()
        }
    });
    osi3::GroundTruth {
        version: Some(osi3::InterfaceVersion {
            version_major: Some(3),
            version_minor: Some(7),
            version_patch: Some(0),
        }),
        timestamp: Some(osi3::Timestamp {
            seconds: Some(nanos.div_euclid(1_000_000_000)),
            nanos: Some(nanos.rem_euclid(1_000_000_000) as u32),
        }),
        moving_object: moving_object.collect(),
        ..osi3::GroundTruth::default()
    }
}

/// An event in words, for logs.
fn sentence(event: &westline::ServiceEvent) -> String {
    let name = event
        .kind()
        .as_str_name()
        .trim_start_matches("SERVICE_EVENT_KIND_")
        .replace('_', " ")
        .to_lowercase();
    let mut text = format!("{} {name}", event.vehicle).trim().to_owned();
    if !event.trip_id.is_empty() {
        text += &format!(", trip {}", event.trip_id);
    }
    if !event.stop_id.is_empty() {
        text += &format!(", stop {}", event.stop_id);
    }
    if let Some(delay_s) = event.delay_s {
        text += &format!(", {delay_s:+.0} s");
    }
    if !event.detail.is_empty() {
        text += &format!(", {}", event.detail);
    }
    text
}
