//! A run of a scenario as a recording: the map once, everybody ten times a second, what happened when it did.
//!
//! In goes a player after each step; out comes an MCAP file with `/map`, `/actors`, `/ground_truth` (OSI) and `/events`,
//! the same bytes for the same run. It judges nothing.

use crate::model::{ElementKind, EntityKind, Scenario};
use crate::play::Player;
use record::schema::foxglove::{Log, SceneEntity, SceneUpdate, log};
use record::{RecordError, Recording, RecordingInfo, Seed, SimTime, scene};
use road::RoadNetwork;
use std::path::Path;

/// Everybody is told this often.
const PERIOD: SimTime = SimTime::from_millis(100);
/// Points of a lane are this far apart.
const MAP_STEP_M: f64 = 5.0;

/// A part of a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Its middle.
    pub x_m: f64,
    /// Its middle.
    pub y_m: f64,
    /// Lanes that come so near are of it.
    pub reach_m: f64,
}

/// Writes a run.
pub struct Recorder {
    recording: Recording,
    next: SimTime,
    happenings_seen: usize,
}

impl Recorder {
    /// Begins a recording with the map in it: the whole, or what is `near` a place of it, in metres.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn create(path: &Path, scenario: &Scenario, seed: u64, near: Option<Near>) -> Result<Recorder, RecordError> {
        let network = scenario.roads.as_ref().map(|roads| roads.network());
        let info = RecordingInfo {
            site: scenario.name.clone(),
            seed: Seed(seed),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            map_digest: network.map(|network| network.digest().to_owned()).unwrap_or_default(),
            ..RecordingInfo::default()
        };
        let mut recorder = Recorder {
            recording: Recording::create(path, info)?,
            next: SimTime::ZERO,
            happenings_seen: 0,
        };
        if let Some(network) = network {
            let map = recorder.map_scene(network, near);
            recorder.recording.write("/map", SimTime::ZERO, &map)?;
        }
        Ok(recorder)
    }

    /// Records the step that was just taken.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn observe(&mut self, player: &Player<'_>) -> Result<(), RecordError> {
        let time = SimTime::from_secs_f64(player.time_s());
        let timestamp = self.recording.info().timestamp(time);
        let elements = &player.scenario().elements;
        for happening in &player.happenings()[self.happenings_seen..] {
            let element = &elements[happening.element];
            if matches!(element.kind, ElementKind::Act | ElementKind::Event) {
                let message = Log {
                    timestamp: Some(timestamp),
                    level: log::Level::Info as i32,
                    message: format!("{}: {:?}", element.name, happening.state).to_lowercase(),
                    name: "storyboard".to_owned(),
                    ..Log::default()
                };
                self.recording.write("/events", time, &message)?;
            }
        }
        self.happenings_seen = player.happenings().len();
        if time >= self.next {
            let actors = self.actors_scene(player, time);
            self.recording.write("/actors", time, &actors)?;
            let truth = crate::osi::ground_truth(player, player.scenario().ego());
            self.recording.write("/ground_truth", time, &truth)?;
            self.next = time + PERIOD;
        }
        self.recording.advance_to(time)?;
        Ok(())
    }

    /// Closes the file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(self) -> Result<(), RecordError> {
        self.recording.finish()?;
        Ok(())
    }

    fn map_scene(&self, network: &RoadNetwork, near: Option<Near>) -> SceneUpdate {
        let timestamp = self.recording.info().timestamp(SimTime::ZERO);
        let grey = scene::colour(0.45, 0.48, 0.52, 1.0);
        let mut entity = scene::entity("roads", timestamp);
        for (index, lane) in network.lanes().iter().enumerate() {
            let count = (lane.length_m / MAP_STEP_M).ceil().max(1.0) as usize;
            let points = (0..=count).map(|step| {
                let pose = network.lane_pose(road::LanePosition {
                    lane: road::LaneId(index as u32),
                    s_m: lane.length_m * step as f64 / count as f64,
                    offset_m: 0.0,
                });
                [pose.x_m, pose.y_m, pose.z_m]
            });
            let points: Vec<[f64; 3]> = points.collect();
            let is_near = |near: Near| {
                let away_m = |[x_m, y_m, _]: &[f64; 3]| libm::hypot(x_m - near.x_m, y_m - near.y_m);
                points.iter().any(|point| away_m(point) < near.reach_m)
            };
            if near.is_some_and(|near| !is_near(near)) {
                continue;
            }
            entity.lines.push(scene::line(&points, 0.15, grey));
        }
        scene::update(vec![entity])
    }

    /// Boxes of one entity, so that those who left vanish by themselves.
    fn actors_scene(&self, player: &Player<'_>, time: SimTime) -> SceneUpdate {
        let mut scene_entity: SceneEntity = scene::entity("actors", self.recording.info().timestamp(time));
        for (entity, body) in player.entities().iter().zip(player.bodies()) {
            if !body.is_active {
                continue;
            }
            let pose = body.pose;
            let (sin, cos) = libm::sincos(pose.heading_rad);
            let [ahead, left, _] = entity.centre_m;
            let ground = [
                pose.x_m + ahead * cos - left * sin,
                pose.y_m + ahead * sin + left * cos,
                pose.z_m,
            ];
            let colour = match entity.kind {
                EntityKind::Vehicle => scene::colour(0.12, 0.38, 0.75, 1.0),
                EntityKind::Pedestrian => scene::colour(0.85, 0.45, 0.1, 1.0),
                EntityKind::MiscObject => scene::colour(0.5, 0.5, 0.5, 1.0),
            };
            let attitude = [pose.heading_rad, -pose.pitch_rad, pose.roll_rad];
            scene_entity
                .cubes
                .push(scene::standing_box(ground, attitude, entity.size_m, colour));
            let label_m = [ground[0], ground[1], ground[2] + entity.size_m[2] + 1.0];
            let ink = scene::colour(0.1, 0.1, 0.1, 1.0);
            scene_entity.texts.push(scene::label(label_m, 1.0, &entity.name, ink));
        }
        scene::update(vec![scene_entity])
    }
}
