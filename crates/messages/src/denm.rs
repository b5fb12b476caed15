//! The decentralized environmental notification message (DENM) down to its management container.
//!
//! As `c-its-parser` has it, but for one field: how long a notification is valid has a default, and some stations send it though
//! it is the default. Whether it was sent is kept here, so that what was read is written as it came.
//! Source: ETSI EN 302 637-3 V1.3.1 annex A.
#![allow(
    missing_docs,
    reason = "fields are named as in the standard, which says what they mean"
)]

use c_its_parser::standards::cdd_1_3_1_1::its_container::{
    ActionID, ItsPduHeader, ReferencePosition, RelevanceDistance, RelevanceTrafficDirection, StationType, TimestampIts,
    TransmissionInterval, ValidityDuration,
};
use c_its_parser::standards::denm_1_3_1::denm_pdu_descriptions::{
    AlacarteContainer, LocationContainer, SituationContainer, Termination,
};
use rasn::prelude::*;
use serde_json::{Value, json};

/// The message.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct DENM {
    pub header: ItsPduHeader,
    pub denm: DecentralizedEnvironmentalNotificationMessage,
}

/// The containers.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct DecentralizedEnvironmentalNotificationMessage {
    pub management: ManagementContainer,
    pub situation: Option<SituationContainer>,
    pub location: Option<LocationContainer>,
    pub alacarte: Option<AlacarteContainer>,
}

/// Which event, when, where.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct ManagementContainer {
    #[rasn(identifier = "actionID")]
    pub action_id: ActionID,
    #[rasn(identifier = "detectionTime")]
    pub detection_time: TimestampIts,
    #[rasn(identifier = "referenceTime")]
    pub reference_time: TimestampIts,
    pub termination: Option<Termination>,
    #[rasn(identifier = "eventPosition")]
    pub event_position: ReferencePosition,
    #[rasn(identifier = "relevanceDistance")]
    pub relevance_distance: Option<RelevanceDistance>,
    #[rasn(identifier = "relevanceTrafficDirection")]
    pub relevance_traffic_direction: Option<RelevanceTrafficDirection>,
    /// Seconds; 600 if it is not sent. On the air a default is told apart from an option by nothing.
    #[rasn(identifier = "validityDuration")]
    pub validity_duration: Option<ValidityDuration>,
    #[rasn(identifier = "transmissionInterval")]
    pub transmission_interval: Option<TransmissionInterval>,
    #[rasn(identifier = "stationType")]
    pub station_type: StationType,
}

impl ManagementContainer {
    /// With what every notification has; the rest is left out.
    pub fn new(
        action_id: ActionID,
        detection_time: TimestampIts,
        reference_time: TimestampIts,
        event_position: ReferencePosition,
        station_type: StationType,
    ) -> ManagementContainer {
        ManagementContainer {
            action_id,
            detection_time,
            reference_time,
            termination: None,
            event_position,
            relevance_distance: None,
            relevance_traffic_direction: None,
            validity_duration: None,
            transmission_interval: None,
            station_type,
        }
    }
}

/// `defaultValidity`.
const VALIDITY_S: u32 = 600;

/// Shows the default where it was not sent.
pub(super) fn show_default(message: &mut Value) {
    let management = message.pointer_mut("/denm/management").and_then(Value::as_object_mut);
    if let Some(management) = management {
        management.entry("validityDuration").or_insert(json!(VALIDITY_S));
    }
}
