//! Collective perception: a station tells others what its sensors see.
//!
//! In go the objects that a station perceives, by numbers that stay; out comes a CPM with those that are worth telling: new
//! ones, ones that moved on or changed speed or direction, ones not told for a second, and all vulnerable road users
//! together each half second. The objects of a message are told relative to its station, x east and y north. The way back
//! (`objects`) gives receivers the objects on the ground again.
//!
//! Source: ETSI TS 103 324 V2.1.1 clause 6.1.2 (generation), 6.1.3 (inclusion), annex A (containers); ETSI TS 102 894-2
//! V2.2.1 (`PerceivedObject`).

use crate::facilities::{Place, StationKind, units};
use c_its_parser::standards::cdd_2_2_1::etsi_its_cdd::{
    AngleConfidence, CardinalNumber1B, CartesianAngle, CartesianAngleValue, CartesianCoordinateLarge,
    CartesianCoordinateWithConfidence, CartesianPosition3dWithConfidence, ConfidenceLevel, CoordinateConfidence,
    DeltaTimeMilliSecondSigned, EulerAnglesWithConfidence, Identifier1B, Identifier2B, ItsPduHeader, MessageId,
    ObjectClass, ObjectClassDescription, ObjectClassWithConfidence, ObjectDimension, ObjectDimensionConfidence,
    ObjectDimensionValue, OrdinalNumber1B, PerceivedObject, RadialShape, SensorType, Shape, SpeedConfidence,
    StandardLength12b, StationId, TimestampIts, TrafficParticipantType, Velocity3dWithConfidence, VelocityCartesian,
    VelocityComponent, VelocityComponentValue, VruProfileAndSubprofile, VruSubProfileBicyclist,
    VruSubProfilePedestrian,
};
use c_its_parser::standards::cpm_2_1_1::cpm_originating_station_containers::OriginatingRsuContainer;
use c_its_parser::standards::cpm_2_1_1::cpm_pdu_descriptions::{
    CollectivePerceptionMessage, ConstraintWrappedCpmContainers, CpmContainerId, CpmPayload, ManagementContainer,
    ORIGINATING_RSU_CONTAINER, PERCEIVED_OBJECT_CONTAINER, SENSOR_INFORMATION_CONTAINER, WrappedCpmContainer,
    WrappedCpmContainers,
};
use c_its_parser::standards::cpm_2_1_1::cpm_perceived_object_container::{PerceivedObjectContainer, PerceivedObjects};
use c_its_parser::standards::cpm_2_1_1::cpm_sensor_information_container::{
    SensorInformation, SensorInformationContainer,
};
use messages::security::ItsTime;
use messages::{Message, MessageKind};
use rasn::types::Any;
use std::collections::BTreeMap;
use std::time::Duration;
use vehicle::ObjectKind;

/// Shortest time between two (`T_GenCpmMin`).
pub const INTERVAL_MIN: Duration = Duration::from_millis(100);
/// Longest time that an object is not told (`T_GenCpmMax`).
pub const INTERVAL_MAX: Duration = Duration::from_secs(1);
/// How often sensors are told (`T_AddSensorInformation`).
const SENSORS_EACH: Duration = Duration::from_secs(1);
/// Changes that ask for telling an object again.
const PLACE_M: f64 = 4.0;
const SPEED_MPS: f64 = 0.5;
const HEADING_DEG: f64 = 4.0;
/// Objects in one message, so that it stays below what one packet carries; the rest follows in the next.
pub const OBJECTS_MAX: usize = 30;

/// An object on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perceived {
    /// The station's number for it: stays while it is seen.
    pub number: u16,
    /// What it is.
    pub kind: ObjectKind,
    /// Middle of its box, east of the station.
    pub east_m: f64,
    /// Middle of its box, north of the station.
    pub north_m: f64,
    /// Anticlockwise from east.
    pub heading_rad: f64,
    /// Along its heading.
    pub speed_mps: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
    /// When it was measured.
    pub measured: ItsTime,
}

/// A sensor of the station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensorField {
    /// Radar, lidar or camera: 1, 2 or 3.
    pub sensor_type: u8,
    /// How far.
    pub range_m: f64,
    /// Its right edge, anticlockwise from east.
    pub from_rad: f64,
    /// Its left edge.
    pub to_rad: f64,
}

/// The service of one roadside unit.
#[derive(Clone, Debug)]
pub struct CpmService {
    station: u32,
    place: Place,
    sensors: Vec<SensorField>,
    sent_at: Option<ItsTime>,
    sensors_at: Option<ItsTime>,
    told: BTreeMap<u16, Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: ItsTime,
    object: Perceived,
}

impl CpmService {
    /// For the station of this number at this place.
    pub fn new(station: u32, place: Place, sensors: Vec<SensorField>) -> CpmService {
        CpmService {
            station,
            place,
            sensors,
            sent_at: None,
            sensors_at: None,
            told: BTreeMap::new(),
        }
    }

    /// To be asked each 100 ms or more often; `least` is what congestion control asks for. Objects that are no longer
    /// perceived are forgotten, so that one that comes back is new.
    pub fn poll(&mut self, now: ItsTime, objects: &[Perceived], least: Duration) -> Option<Message> {
        self.told
            .retain(|number, _| objects.iter().any(|object| object.number == *number));
        let least = least.clamp(INTERVAL_MIN, INTERVAL_MAX);
        if self.sent_at.is_some_and(|at| now < at.after(least)) {
            return None;
        }
        let mut chosen = self.choose(now, objects);
        let tells_sensors = self.sensors_at.is_none_or(|at| now >= at.after(SENSORS_EACH));
        if chosen.is_empty() && !tells_sensors {
            return None;
        }
        // Those that waited longest go first when not all fit; new ones have waited for ever.
        chosen.sort_by_key(|object| (self.told.get(&object.number).map(|told| told.at), object.number));
        chosen.truncate(OBJECTS_MAX);
        self.sent_at = Some(now);
        if tells_sensors {
            self.sensors_at = Some(now);
        }
        for &object in &chosen {
            self.told.insert(object.number, Told { at: now, object });
        }
        let perceived = objects.len();
        Some(Message::Cpm(Box::new(self.message(
            now,
            &chosen,
            perceived,
            tells_sensors,
        )?)))
    }

    fn choose(&self, now: ItsTime, objects: &[Perceived]) -> Vec<Perceived> {
        let is_vulnerable = |object: &Perceived| matches!(object.kind, ObjectKind::Pedestrian | ObjectKind::Cyclist);
        let waited = |object: &Perceived, limit: Duration| {
            self.told
                .get(&object.number)
                .is_none_or(|told| now >= told.at.after(limit))
        };
        let vulnerable_are_due = objects
            .iter()
            .filter(|object| is_vulnerable(object))
            .any(|object| waited(object, INTERVAL_MAX / 2));
        let has_changed = |object: &Perceived| {
            let Some(Told { object: last, .. }) = self.told.get(&object.number) else {
                return true;
            };
            let turned = libm::remainder(object.heading_rad - last.heading_rad, std::f64::consts::TAU);
            libm::hypot(object.east_m - last.east_m, object.north_m - last.north_m) > PLACE_M
                || (object.speed_mps - last.speed_mps).abs() > SPEED_MPS
                || turned.abs().to_degrees() > HEADING_DEG
        };
        let is_due = |object: &&Perceived| {
            if is_vulnerable(object) {
                vulnerable_are_due
            } else {
                has_changed(object) || waited(object, INTERVAL_MAX)
            }
        };
        objects.iter().filter(is_due).copied().collect()
    }

    fn message(
        &self,
        now: ItsTime,
        objects: &[Perceived],
        perceived: usize,
        with_sensors: bool,
    ) -> Option<CollectivePerceptionMessage> {
        let wrap = |id: CpmContainerId, bytes: Result<Vec<u8>, rasn::error::EncodeError>| {
            Some(WrappedCpmContainer::new(id, Any::new(bytes.ok()?)))
        };
        let mut containers = vec![wrap(
            ORIGINATING_RSU_CONTAINER,
            rasn::uper::encode(&OriginatingRsuContainer::new(None)),
        )?];
        if with_sensors && !self.sensors.is_empty() {
            let sensors = self
                .sensors
                .iter()
                .zip(0u8..)
                .map(|(sensor, number)| sensor_information(sensor, number));
            let container = SensorInformationContainer(sensors.collect());
            containers.push(wrap(SENSOR_INFORMATION_CONTAINER, rasn::uper::encode(&container))?);
        }
        let told = objects.iter().map(|object| wire_object(object, now)).collect();
        let count = CardinalNumber1B(u8::try_from(perceived).unwrap_or(u8::MAX));
        let container = PerceivedObjectContainer::new(count, PerceivedObjects(told));
        containers.push(wrap(PERCEIVED_OBJECT_CONTAINER, rasn::uper::encode(&container))?);
        let management = ManagementContainer::new(
            TimestampIts(now.as_millis()),
            units::position_v2(&self.place),
            None,
            None,
        );
        let header = ItsPduHeader::new(
            OrdinalNumber1B(2),
            MessageId(MessageKind::Cpm.number()),
            StationId(self.station),
        );
        let containers = ConstraintWrappedCpmContainers(WrappedCpmContainers(containers));
        Some(CollectivePerceptionMessage::new(
            header,
            CpmPayload::new(management, containers),
        ))
    }
}

/// What a roadside unit is, for the headers of its packets.
pub const STATION_KIND: StationKind = StationKind::RoadSideUnit;

fn sensor_information(sensor: &SensorField, number: u8) -> SensorInformation {
    let angle = |radians: f64| {
        let tenths = libm::round(10.0 * radians.to_degrees().rem_euclid(360.0));
        CartesianAngleValue(tenths as u16 % 3_600)
    };
    let range = StandardLength12b(units::whole(10.0 * sensor.range_m, 0.0, 4_095.0) as u16);
    let shape = RadialShape::new(None, range, angle(sensor.from_rad), angle(sensor.to_rad), None, None);
    SensorInformation::new(
        Identifier1B(number),
        SensorType(sensor.sensor_type),
        Some(Shape::radial(shape)),
        None,
        true,
    )
}

/// Half a metre at 95 %, in centimetres.
const COORDINATE_CONFIDENCE: u16 = 50;

fn wire_object(object: &Perceived, now: ItsTime) -> PerceivedObject {
    let coordinate = |metres: f64| {
        let centimetres = units::whole(100.0 * metres, -131_072.0, 131_071.0) as i32;
        CartesianCoordinateWithConfidence::new(
            CartesianCoordinateLarge(centimetres),
            CoordinateConfidence(COORDINATE_CONFIDENCE),
        )
    };
    let (sin, cos) = libm::sincos(object.heading_rad);
    let component = |mps: f64| {
        let value = units::whole(100.0 * mps, -16_382.0, 16_382.0) as i16;
        VelocityComponent::new(VelocityComponentValue(value), SpeedConfidence(30))
    };
    let velocity = VelocityCartesian::new(
        component(object.speed_mps * cos),
        component(object.speed_mps * sin),
        None,
    );
    let tenths = libm::round(10.0 * object.heading_rad.to_degrees().rem_euclid(360.0)) as u16 % 3_600;
    let angle = CartesianAngle::new(CartesianAngleValue(tenths), AngleConfidence(20));
    let dimension = |metres: f64| {
        let decimetres = units::whole(10.0 * metres, 1.0, 254.0) as u16;
        Some(ObjectDimension::new(
            ObjectDimensionValue(decimetres),
            ObjectDimensionConfidence(5),
        ))
    };
    let age_ms = (now.0 as i64 - object.measured.0 as i64) / 1_000;
    PerceivedObject::new(
        Some(Identifier2B(object.number)),
        DeltaTimeMilliSecondSigned((-age_ms).clamp(-2_048, 2_047) as i16),
        CartesianPosition3dWithConfidence::new(coordinate(object.east_m), coordinate(object.north_m), None),
        Some(Velocity3dWithConfidence::cartesianVelocity(velocity)),
        None,
        Some(EulerAnglesWithConfidence::new(angle, None, None)),
        None,
        None,
        None,
        dimension(object.width_m),
        dimension(object.length_m),
        None,
        None,
        None,
        Some(ObjectClassDescription(vec![ObjectClassWithConfidence::new(
            class_of(object.kind),
            ConfidenceLevel(90),
        )])),
        None,
    )
}

/// `TrafficParticipantType`, or the profile of who is vulnerable.
fn class_of(kind: ObjectKind) -> ObjectClass {
    match kind {
        ObjectKind::Car => ObjectClass::vehicleSubClass(TrafficParticipantType(5)),
        ObjectKind::Bus => ObjectClass::vehicleSubClass(TrafficParticipantType(6)),
        ObjectKind::Truck => ObjectClass::vehicleSubClass(TrafficParticipantType(8)),
        ObjectKind::Obstacle => ObjectClass::vehicleSubClass(TrafficParticipantType(0)),
        ObjectKind::Cyclist => ObjectClass::vruSubClass(VruProfileAndSubprofile::bicyclistAndLightVruVehicle(
            VruSubProfileBicyclist(1),
        )),
        ObjectKind::Pedestrian => {
            ObjectClass::vruSubClass(VruProfileAndSubprofile::pedestrian(VruSubProfilePedestrian(1)))
        }
    }
}

fn kind_of(class: &ObjectClass) -> ObjectKind {
    match class {
        ObjectClass::vehicleSubClass(kind) => match kind.0 {
            6 | 11 => ObjectKind::Bus,
            7..=9 => ObjectKind::Truck,
            2..=4 => ObjectKind::Cyclist,
            1 => ObjectKind::Pedestrian,
            0 => ObjectKind::Obstacle,
            _ => ObjectKind::Car,
        },
        ObjectClass::vruSubClass(VruProfileAndSubprofile::pedestrian(_)) => ObjectKind::Pedestrian,
        ObjectClass::vruSubClass(_) => ObjectKind::Cyclist,
        _ => ObjectKind::Obstacle,
    }
}

/// The objects that a received CPM tells of, relative to its station, and where that station is. Objects without a number
/// or a velocity in plain coordinates are left out.
pub fn objects(message: &CollectivePerceptionMessage, received: ItsTime) -> (Place, Vec<Perceived>) {
    let management = &message.payload.management_container;
    let position = &management.reference_position;
    let place = Place {
        latitude_deg: f64::from(position.latitude.0) * 1e-7,
        longitude_deg: f64::from(position.longitude.0) * 1e-7,
        altitude_m: f64::from(position.altitude.altitude_value.0) * 0.01,
    };
    let reference = ItsTime(management.reference_time.0.saturating_mul(1_000)).min(received);
    let containers = message.payload.cpm_containers.0.0.iter();
    let perceived = containers
        .filter(|container| container.container_id == PERCEIVED_OBJECT_CONTAINER)
        .filter_map(|container| {
            rasn::uper::decode::<PerceivedObjectContainer>(container.container_data.as_bytes()).ok()
        })
        .flat_map(|container| container.perceived_objects.0)
        .filter_map(|object| ground_object(&object, reference));
    (place, perceived.collect())
}

fn ground_object(object: &PerceivedObject, reference: ItsTime) -> Option<Perceived> {
    let Some(Velocity3dWithConfidence::cartesianVelocity(velocity)) = &object.velocity else {
        return None;
    };
    let (vx, vy) = (
        f64::from(velocity.x_velocity.value.0) * 0.01,
        f64::from(velocity.y_velocity.value.0) * 0.01,
    );
    let heading_rad = match &object.angles {
        Some(angles) if angles.z_angle.value.0 < 3_600 => (f64::from(angles.z_angle.value.0) * 0.1).to_radians(),
        _ => libm::atan2(vy, vx),
    };
    let (sin, cos) = libm::sincos(heading_rad);
    let metres =
        |dimension: &Option<ObjectDimension>| dimension.as_ref().map_or(1.0, |size| f64::from(size.value.0) * 0.1);
    let classes = object.classification.as_ref().map(|classes| &classes.0[..]);
    let age_us = i64::from(object.measurement_delta_time.0) * 1_000;
    Some(Perceived {
        number: object.object_id.as_ref()?.0,
        kind: classes
            .and_then(|classes| classes.first())
            .map_or(ObjectKind::Obstacle, |class| kind_of(&class.object_class)),
        east_m: f64::from(object.position.x_coordinate.value.0) * 0.01,
        north_m: f64::from(object.position.y_coordinate.value.0) * 0.01,
        heading_rad,
        speed_mps: vx * cos + vy * sin,
        length_m: metres(&object.object_dimension_x),
        width_m: metres(&object.object_dimension_y),
        measured: ItsTime(reference.0.saturating_add_signed(age_us)),
    })
}
