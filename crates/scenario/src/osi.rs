//! A run as ASAM OSI tells it, and what others answer in OSI.
//!
//! In go players, out come `GroundTruth` and `SensorView`, and of a `TrafficUpdate` the [`Motion`] of an entity. An
//! object's number is its entity's, from 0. OSI's positions are those of the middle of the box in all three directions
//! (OSI 3.7, `BaseMoving.position`), OpenSCENARIO's those of the reference point on the ground. Field numbers are OSI's
//! own (`record::schema::osi3`).

use crate::measures::colour_of;
use crate::model::{Entity, EntityId, EntityKind};
use crate::play::{Lights, Motion, Player};
use record::SimTime;
use record::schema::osi3::moving_object::vehicle_classification::LightState;
use record::schema::osi3::moving_object::vehicle_classification::light_state::IndicatorState;
use record::schema::osi3::traffic_light::classification::{Color, Icon, Mode};
use record::schema::osi3::{self, lane, moving_object, traffic_light};
use road::SignalColour;

/// The lane is told so far back and ahead, with points this far apart.
const LANE_BEHIND_M: f64 = 20.0;
const LANE_AHEAD_M: f64 = 150.0;
const LANE_STEP_M: f64 = 2.0;

/// Everybody who is there.
pub fn ground_truth(player: &Player<'_>, host: Option<EntityId>) -> osi3::GroundTruth {
    let moving = player.entities().iter().zip(player.bodies()).enumerate();
    let moving = moving
        .filter(|(_, (_, body))| body.is_active)
        .map(|(number, (entity, body))| {
            let pose = body.pose;
            let (sin, cos) = libm::sincos(pose.heading_rad);
            let [ahead_m, left_m, up_m] = entity.centre_m;
            let vector = |[x, y]: [f64; 2]| vector([x, y, 0.0]);
            let base = osi3::BaseMoving {
                dimension: Some(osi3::Dimension3d {
                    length: Some(entity.size_m[0]),
                    width: Some(entity.size_m[1]),
                    height: Some(entity.size_m[2]),
                }),
                position: Some(self::vector([
                    pose.x_m + ahead_m * cos - left_m * sin,
                    pose.y_m + ahead_m * sin + left_m * cos,
                    pose.z_m + up_m,
                ])),
                orientation: Some(osi3::Orientation3d {
                    roll: Some(pose.roll_rad),
                    pitch: Some(pose.pitch_rad),
                    yaw: Some(pose.heading_rad),
                }),
                velocity: Some(vector(body.velocity_mps)),
                acceleration: Some(vector(body.acceleration_mps2)),
                orientation_rate: None,
            };
            let kind = match entity.kind {
                EntityKind::Vehicle => moving_object::Type::Vehicle,
                EntityKind::Pedestrian => moving_object::Type::Pedestrian,
                EntityKind::MiscObject => moving_object::Type::Other,
            };
            let classification = (entity.kind == EntityKind::Vehicle).then(|| moving_object::VehicleClassification {
                r#type: Some(category(&entity.category) as i32),
                has_trailer: Some(entity.trailer.is_some()),
                light_state: Some(LightState {
                    indicator_state: Some(indicator(body.lights) as i32),
                }),
            });
            osi3::MovingObject {
                id: Some(identifier(number)),
                base: Some(base),
                r#type: Some(kind as i32),
                vehicle_classification: classification,
                ..osi3::MovingObject::default()
            }
        });
    osi3::GroundTruth {
        version: Some(version()),
        timestamp: Some(timestamp(player.time_s())),
        host_vehicle_id: host.map(identifier),
        moving_object: moving.collect(),
        traffic_light: traffic_lights(player),
        ..osi3::GroundTruth::default()
    }
}

/// Lights whose state the scenario says, one bulb each, where the map has them. A light's number is its
/// place among those of the map.
fn traffic_lights(player: &Player<'_>) -> Vec<osi3::TrafficLight> {
    let Some(roads) = &player.scenario().roads else {
        return Vec::new();
    };
    let lights = roads.lights().enumerate();
    let lights = lights.filter_map(|(number, (light, pose))| {
        let state = player.signal_state(&light.id)?;
        let colour = match colour_of(state) {
            SignalColour::Red => Color::Red,
            SignalColour::Amber => Color::Yellow,
            SignalColour::Green => Color::Green,
            SignalColour::Dark => Color::Other,
        };
        let mode = match colour {
            Color::Other => Mode::Off,
            _ => Mode::Constant,
        };
        Some(osi3::TrafficLight {
            id: Some(identifier(number)),
            base: Some(osi3::BaseStationary {
                dimension: None,
                position: Some(vector([pose.x_m, pose.y_m, pose.z_m])),
                orientation: Some(osi3::Orientation3d {
                    roll: Some(pose.roll_rad),
                    pitch: Some(pose.pitch_rad),
                    yaw: Some(pose.heading_rad),
                }),
            }),
            classification: Some(traffic_light::Classification {
                color: Some(colour as i32),
                icon: Some(Icon::None as i32),
                mode: Some(mode as i32),
                ..traffic_light::Classification::default()
            }),
        })
    });
    lights.collect()
}

fn indicator(lights: Lights) -> IndicatorState {
    match (lights.warning, lights.left, lights.right) {
        (true, _, _) | (_, true, true) => IndicatorState::Warning,
        (_, true, _) => IndicatorState::Left,
        (_, _, true) => IndicatorState::Right,
        _ => IndicatorState::Off,
    }
}

/// What the driver of an entity is told: everybody, and the lane that it is on.
pub fn sensor_view(player: &Player<'_>, host: EntityId) -> osi3::SensorView {
    let mut truth = ground_truth(player, Some(host));
    let points = player.lane_around(host, LANE_BEHIND_M, LANE_AHEAD_M, LANE_STEP_M);
    if !points.is_empty() {
        truth.lane.push(osi3::Lane {
            id: Some(identifier(0)),
            classification: Some(lane::Classification {
                r#type: Some(lane::classification::Type::Driving as i32),
                is_host_vehicle_lane: Some(true),
                centerline: points.into_iter().map(vector).collect(),
                centerline_is_driving_direction: Some(true),
            }),
        });
    }
    osi3::SensorView {
        version: Some(version()),
        timestamp: Some(timestamp(player.time_s())),
        sensor_id: Some(identifier(0)),
        global_ground_truth: Some(truth),
        host_vehicle_id: Some(identifier(host)),
    }
}

/// Where an entity is to be, of an answer: `None` if it is not in it, or not whole or not finite.
pub fn motion(update: &osi3::TrafficUpdate, number: EntityId, entity: &Entity) -> Option<Motion> {
    let is_meant = |object: &&osi3::MovingObject| object.id.and_then(|id| id.value) == Some(number as u64);
    let base = update.update.iter().find(is_meant)?.base.as_ref()?;
    let (position, heading_rad) = (base.position.as_ref()?, base.orientation.as_ref()?.yaw?);
    let (sin, cos) = libm::sincos(heading_rad);
    let [ahead_m, left_m, _] = entity.centre_m;
    let velocity = base.velocity.unwrap_or_default();
    let motion = Motion {
        x_m: position.x? - ahead_m * cos + left_m * sin,
        y_m: position.y? - ahead_m * sin - left_m * cos,
        heading_rad,
        speed_mps: velocity.x.unwrap_or(0.0) * cos + velocity.y.unwrap_or(0.0) * sin,
    };
    let is_finite = [motion.x_m, motion.y_m, motion.heading_rad, motion.speed_mps]
        .into_iter()
        .all(f64::is_finite);
    is_finite.then_some(motion)
}

fn category(name: &str) -> moving_object::vehicle_classification::Type {
    use moving_object::vehicle_classification::Type;
    match name {
        "car" => Type::MediumCar,
        "van" => Type::DeliveryVan,
        "truck" => Type::HeavyTruck,
        "trailer" => Type::Trailer,
        "semitrailer" => Type::Semitrailer,
        "bus" => Type::Bus,
        "motorbike" => Type::Motorbike,
        "bicycle" => Type::Bicycle,
        "train" => Type::Train,
        "tram" => Type::Tram,
        _ => Type::Other,
    }
}

fn version() -> osi3::InterfaceVersion {
    osi3::InterfaceVersion {
        version_major: Some(3),
        version_minor: Some(7),
        version_patch: Some(0),
    }
}

fn timestamp(time_s: f64) -> osi3::Timestamp {
    let nanos = SimTime::from_secs_f64(time_s).as_nanos();
    osi3::Timestamp {
        seconds: Some(nanos.div_euclid(1_000_000_000)),
        nanos: Some(nanos.rem_euclid(1_000_000_000) as u32),
    }
}

fn identifier(number: usize) -> osi3::Identifier {
    osi3::Identifier {
        value: Some(number as u64),
    }
}

fn vector([x, y, z]: [f64; 3]) -> osi3::Vector3d {
    osi3::Vector3d {
        x: Some(x),
        y: Some(y),
        z: Some(z),
    }
}
