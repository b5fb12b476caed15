//! Cooperative awareness: a vehicle tells where it is, once to ten times a second, as it moves.
//!
//! In go the vehicle's state and what congestion control allows; out comes a CAM when the rules ask for one. Between two
//! messages lie at most a second, at least 100 ms; sooner than the last interval only if heading, place or speed changed.
//!
//! Source: ETSI EN 302 637-2 V1.4.1 clause 6.1.3 (triggers), 6.1.4 (special vehicles), annex B (containers).

use crate::facilities::{Kinematics, Place, units};
use c_its_parser::standards::cam_1_4_1::cam_pdu_descriptions::{
    BasicContainer, BasicVehicleContainerHighFrequency, BasicVehicleContainerLowFrequency, CAM, CamParameters,
    CoopAwareness, GenerationDeltaTime, HighFrequencyContainer, LowFrequencyContainer, PublicTransportContainer,
    SpecialVehicleContainer,
};
use c_its_parser::standards::cdd_1_3_1_1::its_container::{
    AccelerationConfidence, Curvature, CurvatureCalculationMode, CurvatureConfidence, CurvatureValue, DeltaAltitude,
    DeltaLatitude, DeltaLongitude, DeltaReferencePosition, DriveDirection, EmbarkationStatus, ExteriorLights, Heading,
    HeadingConfidence, HeadingValue, ItsPduHeader, LongitudinalAcceleration, LongitudinalAccelerationValue,
    PathDeltaTime, PathHistory, PathPoint, Speed, SpeedConfidence, SpeedValue, StationID, StationType, VehicleLength,
    VehicleLengthConfidenceIndication, VehicleLengthValue, VehicleRole, VehicleWidth, YawRate, YawRateConfidence,
    YawRateValue,
};
use messages::security::ItsTime;
use messages::{Message, MessageKind};
use rasn::types::{FixedBitString, Integer};
use std::collections::VecDeque;
use std::time::Duration;
use vehicle::Indicator;

/// Shortest time between two (`T_GenCamMin`).
pub const INTERVAL_MIN: Duration = Duration::from_millis(100);
/// Longest time between two (`T_GenCamMax`).
pub const INTERVAL_MAX: Duration = Duration::from_secs(1);
/// Messages at a shortened interval before it is given up (`N_GenCam`).
const SHORTENED_MAX: u32 = 3;
/// Time between two low-frequency or special containers.
const LOW_FREQUENCY: Duration = Duration::from_millis(500);
/// Changes that ask for a message.
const HEADING_DEG: f64 = 4.0;
const PLACE_M: f64 = 4.0;
const SPEED_MPS: f64 = 0.5;
/// The way behind it that a vehicle tells: a point each so many metres, so many of them (at most 40 fit).
const PATH_STEP_M: f64 = 10.0;
const PATH_POINTS: usize = 20;

/// The service of one vehicle.
#[derive(Clone, Debug)]
pub struct CamService {
    sent: Option<Sent>,
    /// `T_GenCam`.
    interval: Duration,
    shortened: u32,
    low_frequency_at: Option<ItsTime>,
    path: VecDeque<(ItsTime, Place)>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    at: ItsTime,
    place: Place,
    heading_rad: f64,
    speed_mps: f64,
}

impl Default for CamService {
    fn default() -> CamService {
        CamService {
            sent: None,
            interval: INTERVAL_MAX,
            shortened: 0,
            low_frequency_at: None,
            path: VecDeque::new(),
        }
    }
}

impl CamService {
    /// To be asked each 100 ms or more often; `least` is what congestion control asks for.
    pub fn poll(&mut self, now: ItsTime, own: &Kinematics, least: Duration) -> Option<Message> {
        self.remember(now, own.place);
        if !self.is_due(now, own, least) {
            return None;
        }
        self.sent = Some(Sent {
            at: now,
            place: own.place,
            heading_rad: own.heading_rad,
            speed_mps: own.speed_mps,
        });
        let is_low_due = self.low_frequency_at.is_none_or(|at| now >= at.after(LOW_FREQUENCY));
        if is_low_due {
            self.low_frequency_at = Some(now);
        }
        Some(Message::Cam(Box::new(self.message(now, own, is_low_due))))
    }

    fn is_due(&mut self, now: ItsTime, own: &Kinematics, least: Duration) -> bool {
        let Some(sent) = self.sent else { return true };
        let elapsed = Duration::from_micros(now.0.saturating_sub(sent.at.0));
        let least = least.clamp(INTERVAL_MIN, INTERVAL_MAX);
        if elapsed < least {
            return false;
        }
        let turned_deg = libm::remainder(own.heading_rad - sent.heading_rad, std::f64::consts::TAU)
            .abs()
            .to_degrees();
        let has_changed = turned_deg > HEADING_DEG
            || own.place.distance_m(&sent.place) > PLACE_M
            || (own.speed_mps - sent.speed_mps).abs() > SPEED_MPS;
        if has_changed {
            self.interval = elapsed.min(INTERVAL_MAX);
            self.shortened = 0;
            return true;
        }
        if elapsed < self.interval {
            return false;
        }
        self.shortened += 1;
        if self.shortened >= SHORTENED_MAX {
            self.interval = INTERVAL_MAX;
        }
        true
    }

    fn remember(&mut self, now: ItsTime, place: Place) {
        if self
            .path
            .front()
            .is_none_or(|(_, last)| place.distance_m(last) >= PATH_STEP_M)
        {
            self.path.push_front((now, place));
            self.path.truncate(PATH_POINTS + 1);
        }
    }

    fn message(&self, now: ItsTime, own: &Kinematics, with_low_frequency: bool) -> CAM {
        let low = with_low_frequency.then(|| {
            let role = if own.boards.is_some() {
                VehicleRole::publicTransport
            } else {
                VehicleRole::default
            };
            let container =
                BasicVehicleContainerLowFrequency::new(role, lights(own.indicator), self.path_history(now, own));
            LowFrequencyContainer::basicVehicleContainerLowFrequency(container)
        });
        let special = own.boards.filter(|_| with_low_frequency).map(|boards| {
            SpecialVehicleContainer::publicTransportContainer(PublicTransportContainer::new(
                EmbarkationStatus(boards),
                None,
            ))
        });
        let parameters = CamParameters::new(
            BasicContainer::new(StationType(own.kind.number()), units::position_v1(&own.place)),
            HighFrequencyContainer::basicVehicleContainerHighFrequency(high_frequency(own)),
            low,
            special,
        );
        let header = ItsPduHeader::new(PROTOCOL_VERSION, MessageKind::Cam.number(), StationID(own.station));
        let time = GenerationDeltaTime(now.generation_delta_time());
        CAM::new(header, CoopAwareness::new(time, parameters))
    }

    /// The way behind, each point relative to the one before it.
    fn path_history(&self, now: ItsTime, own: &Kinematics) -> PathHistory {
        let mut points = Vec::with_capacity(self.path.len());
        let (mut latitude, mut longitude) = own.place.wire();
        let (mut altitude_m, mut time) = (own.place.altitude_m, now);
        for (at, place) in self.path.iter().filter(|(at, _)| *at < now).take(PATH_POINTS) {
            let (next_latitude, next_longitude) = place.wire();
            let delta = |next: i32, last: i32| next.saturating_sub(last).clamp(-131_071, 131_071);
            let rise = units::whole(100.0 * (place.altitude_m - altitude_m), -12_700.0, 12_799.0);
            let position = DeltaReferencePosition::new(
                DeltaLatitude(delta(next_latitude, latitude)),
                DeltaLongitude(delta(next_longitude, longitude)),
                DeltaAltitude(rise as i16),
            );
            let hundredths = (time.0.saturating_sub(at.0) / 10_000).clamp(1, 65_535);
            points.push(PathPoint::new(position, Some(PathDeltaTime(Integer::from(hundredths)))));
            (latitude, longitude, altitude_m, time) = (next_latitude, next_longitude, place.altitude_m, *at);
        }
        PathHistory(points)
    }
}

/// Of the messages of release 1 in their present editions.
pub(super) const PROTOCOL_VERSION: u8 = 2;

fn high_frequency(own: &Kinematics) -> BasicVehicleContainerHighFrequency {
    let direction = if own.speed_mps < 0.0 {
        DriveDirection::backward
    } else {
        DriveDirection::forward
    };
    // A vehicle that hardly moves turns on no circle that could be told.
    let curvature_per_m = if own.speed_mps.abs() < 1.0 {
        0.0
    } else {
        own.yaw_rate_rad_per_s / own.speed_mps
    };
    let length_dm = units::whole(10.0 * own.length_m, 1.0, 1_022.0) as u16;
    let width_dm = units::whole(10.0 * own.width_m, 1.0, 61.0) as u8;
    BasicVehicleContainerHighFrequency::new(
        heading(own.heading_rad),
        speed(own.speed_mps),
        direction,
        VehicleLength::new(
            VehicleLengthValue(length_dm),
            VehicleLengthConfidenceIndication::noTrailerPresent,
        ),
        VehicleWidth(width_dm),
        LongitudinalAcceleration::new(
            LongitudinalAccelerationValue(units::acceleration(own.acceleration_mps2)),
            AccelerationConfidence(2),
        ),
        Curvature::new(
            CurvatureValue(units::whole(10_000.0 * curvature_per_m, -1_023.0, 1_022.0) as i16),
            CurvatureConfidence::onePerMeter_0_002,
        ),
        CurvatureCalculationMode::yawRateUsed,
        YawRate::new(
            YawRateValue(units::whole(100.0 * own.yaw_rate_rad_per_s.to_degrees(), -32_766.0, 32_766.0) as i16),
            YawRateConfidence::degSec_000_10,
        ),
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    )
}

/// Within a degree.
pub(super) fn heading(radians: f64) -> Heading {
    Heading::new(HeadingValue(units::heading(radians)), HeadingConfidence(10))
}

/// Within 5 cm/s.
pub(super) fn speed(mps: f64) -> Speed {
    Speed::new(SpeedValue(units::speed(mps)), SpeedConfidence(5))
}

fn lights(indicator: Indicator) -> ExteriorLights {
    let (left, right) = match indicator {
        Indicator::Off => (false, false),
        Indicator::Left => (true, false),
        Indicator::Right => (false, true),
        Indicator::Hazard => (true, true),
    };
    let mut bits = FixedBitString::<8>::default();
    bits.set(2, left);
    bits.set(3, right);
    ExteriorLights(bits)
}
