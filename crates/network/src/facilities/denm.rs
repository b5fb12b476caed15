//! Notifications: a station warns of an event while it lasts, and takes the warning back.
//!
//! In goes what happens to a vehicle (`Kinematics` and what its driver reports); out come DENMs: new, repeated, updated,
//! cancelled. Triggers: standing where one drives (cause 94), braking in an emergency (cause 99, 1).
//!
//! Sources: ETSI EN 302 637-3 V1.3.1 clauses 6 and 8 (events, repetition, cancellation); triggers after the CAR 2 CAR
//! Communication Consortium's conditions, from memory: 30 s of standing, 7 m/s² above 20 km/h.

use crate::facilities::cam::{PROTOCOL_VERSION, heading, speed};
use crate::facilities::{Kinematics, units};
use c_its_parser::standards::cdd_1_3_1_1::its_container::{
    ActionID, CauseCode, CauseCodeType, InformationQuality, ItsPduHeader, PathHistory, RelevanceDistance,
    RelevanceTrafficDirection, SequenceNumber, StationID, StationType, SubCauseCodeType, TimestampIts, Traces,
    TransmissionInterval, ValidityDuration,
};
use c_its_parser::standards::denm_1_3_1::denm_pdu_descriptions::{LocationContainer, SituationContainer, Termination};
use messages::denm::{DENM, DecentralizedEnvironmentalNotificationMessage, ManagementContainer};
use messages::security::ItsTime;
use messages::{Message, MessageKind};
use std::time::Duration;

/// An event that others must know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A vehicle stands where one drives.
    StationaryVehicle,
    /// A vehicle brakes as hard as it can.
    EmergencyBraking,
}

impl Event {
    const ALL: [Event; 2] = [Event::StationaryVehicle, Event::EmergencyBraking];

    /// Cause and sub-cause.
    fn cause(self) -> (u8, u8) {
        match self {
            Event::StationaryVehicle => (94, 0),
            Event::EmergencyBraking => (99, 1),
        }
    }

    /// How long one message counts, and how often it is repeated.
    fn validity_and_repetition(self) -> (Duration, Duration) {
        match self {
            Event::StationaryVehicle => (Duration::from_secs(30), Duration::from_secs(1)),
            Event::EmergencyBraking => (Duration::from_secs(2), Duration::from_millis(100)),
        }
    }
}

/// Standing for so long where one drives is an event.
const STANDS_FOR: Duration = Duration::from_secs(30);
/// Braking harder than this from above that speed is one.
const EMERGENCY_MPS2: f64 = -7.0;
const EMERGENCY_MPS: f64 = 20.0 / 3.6;
/// Below this a vehicle stands.
const STANDING_MPS: f64 = 0.1;

/// The service of one vehicle.
#[derive(Clone, Debug, Default)]
pub struct DenmService {
    active: Vec<Active>,
    sequence: u16,
    standing_since: Option<ItsTime>,
}

#[derive(Clone, Copy, Debug)]
struct Active {
    event: Event,
    sequence: u16,
    detected: ItsTime,
    sent: ItsTime,
}

impl DenmService {
    /// To be asked each 100 ms. `is_at_stop`: it stands on purpose, at a stop or a red light, where no warning is due.
    pub fn poll(&mut self, now: ItsTime, own: &Kinematics, is_at_stop: bool) -> Vec<Message> {
        let stands = own.speed_mps.abs() < STANDING_MPS && !is_at_stop;
        self.standing_since = stands.then(|| self.standing_since.unwrap_or(now));
        let mut messages = Vec::new();
        for event in Event::ALL {
            let happens = match event {
                Event::StationaryVehicle => self.standing_since.is_some_and(|since| now >= since.after(STANDS_FOR)),
                Event::EmergencyBraking => {
                    let began_fast = own.speed_mps > EMERGENCY_MPS || self.is_active(event);
                    own.acceleration_mps2 < EMERGENCY_MPS2 && began_fast
                }
            };
            messages.extend(self.tell(now, own, event, happens));
        }
        messages
    }

    fn is_active(&self, event: Event) -> bool {
        self.active.iter().any(|active| active.event == event)
    }

    fn tell(&mut self, now: ItsTime, own: &Kinematics, event: Event, happens: bool) -> Option<Message> {
        let index = self.active.iter().position(|active| active.event == event);
        match (index, happens) {
            (None, false) => None,
            (None, true) => {
                self.sequence = self.sequence.wrapping_add(1);
                let active = Active {
                    event,
                    sequence: self.sequence,
                    detected: now,
                    sent: now,
                };
                self.active.push(active);
                Some(message(now, own, &active, None))
            }
            (Some(index), true) => {
                let active = &mut self.active[index];
                let (_, repetition) = event.validity_and_repetition();
                if now < active.sent.after(repetition) {
                    return None;
                }
                active.sent = now;
                Some(message(now, own, active, None))
            }
            (Some(index), false) => {
                let active = self.active.remove(index);
                Some(message(now, own, &active, Some(Termination::isCancellation)))
            }
        }
    }
}

fn message(now: ItsTime, own: &Kinematics, active: &Active, termination: Option<Termination>) -> Message {
    let (validity, repetition) = active.event.validity_and_repetition();
    let mut management = ManagementContainer::new(
        ActionID::new(StationID(own.station), SequenceNumber(active.sequence)),
        TimestampIts(active.detected.as_millis()),
        TimestampIts(now.as_millis()),
        units::position_v1(&own.place),
        StationType(own.kind.number()),
    );
    management.termination = termination;
    management.relevance_distance = Some(RelevanceDistance::lessThan500m);
    management.relevance_traffic_direction = Some(RelevanceTrafficDirection::upstreamTraffic);
    management.validity_duration = Some(ValidityDuration(validity.as_secs() as u32));
    management.transmission_interval = Some(TransmissionInterval(repetition.as_millis() as u16));
    let (cause, sub_cause) = active.event.cause();
    // A cancellation says no more than which event is over.
    let (situation, location) = if termination.is_some() {
        (None, None)
    } else {
        let cause = CauseCode::new(CauseCodeType(cause), SubCauseCodeType(sub_cause));
        let location = LocationContainer::new(
            Some(speed(own.speed_mps)),
            Some(heading(own.heading_rad)),
            Traces(vec![PathHistory(Vec::new())]),
            None,
        );
        (
            Some(SituationContainer::new(InformationQuality(3), cause, None, None)),
            Some(location),
        )
    };
    let header = ItsPduHeader::new(PROTOCOL_VERSION, MessageKind::Denm.number(), StationID(own.station));
    let denm = DecentralizedEnvironmentalNotificationMessage {
        management,
        situation,
        location,
        alacarte: None,
    };
    Message::Denm(Box::new(DENM { header, denm }))
}
