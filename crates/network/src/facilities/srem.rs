//! Priority at signals: a bus asks (SREM), the junction answers (SSEM).
//!
//! In go the way through the junction and the time of arrival; out come the messages, and the way back. What the junction
//! does about it is the signals' business.
//!
//! Sources: ETSI TS 103 301 V2.1.1 clauses 8 and 9, ISO/TS 19091 (`SignalRequestMessage`, `SignalStatusMessage`).

use crate::facilities::spatem::{minute_of_year, moment_in_minute};
use c_its_parser::standards::cdd_2_2_1::etsi_its_cdd::{
    ItsPduHeader, MessageId, OrdinalNumber1B, StationID, StationId,
};
use c_its_parser::standards::dsrc_2_2_1::etsi_its_dsrc::{
    BasicVehicleRole, DSecond, IntersectionAccessPoint, IntersectionID, IntersectionReferenceID, LaneID,
    MinuteOfTheYear, MsgCount, PrioritizationResponseStatus, PriorityRequestType, RequestID, RequestorDescription,
    RequestorType, SignalRequest, SignalRequestList, SignalRequestMessage, SignalRequestPackage, SignalRequesterInfo,
    SignalStatus, SignalStatusList, SignalStatusMessage, SignalStatusPackage, SignalStatusPackageList, VehicleID,
};
use c_its_parser::standards::srem_2_2_1::srem_pdu_descriptions::SREM;
use c_its_parser::standards::ssem_2_2_1::ssem_pdu_descriptions::SSEM;
use messages::security::ItsTime;
use messages::{Message, MessageKind};

/// What a bus asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub station: u32,
    /// Which of its requests: the same while it comes nearer.
    pub number: u8,
    /// The junction.
    pub junction: u16,
    /// The lane that leads in, as the MAPEM numbers it.
    pub lane_in: u8,
    /// The lane that leads out.
    pub lane_out: u8,
    /// When it reaches the stop line.
    pub arrives: ItsTime,
}

impl Request {
    /// The SREM.
    pub fn message(&self, now: ItsTime, is_first: bool) -> Message {
        let (minute, millisecond) = minute_of_year(now);
        let (arrival_minute, arrival_millisecond) = minute_of_year(self.arrives);
        let kind = if is_first {
            PriorityRequestType::priorityRequest
        } else {
            PriorityRequestType::priorityRequestUpdate
        };
        let request = SignalRequest::new(
            IntersectionReferenceID::new(None, IntersectionID(self.junction)),
            RequestID(self.number),
            kind,
            IntersectionAccessPoint::lane(LaneID(self.lane_in)),
            Some(IntersectionAccessPoint::lane(LaneID(self.lane_out))),
            None,
        );
        let package = SignalRequestPackage::new(
            request,
            Some(MinuteOfTheYear(arrival_minute)),
            Some(DSecond(arrival_millisecond)),
            None,
            None,
        );
        let requestor = RequestorDescription::new(
            VehicleID::stationID(StationID(self.station)),
            Some(RequestorType::new(
                BasicVehicleRole::publicTransport,
                None,
                None,
                None,
                None,
                None,
            )),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
        );
        let body = SignalRequestMessage::new(
            Some(MinuteOfTheYear(minute)),
            DSecond(millisecond),
            Some(MsgCount(self.number % 128)),
            Some(SignalRequestList(vec![package])),
            requestor,
            None,
        );
        Message::Srem(Box::new(SREM::new(header(MessageKind::Srem, self.station), body)))
    }

    /// The junction's answer.
    pub fn answer(&self, now: ItsTime, junction_station: u32, is_granted: bool) -> Message {
        let (minute, millisecond) = minute_of_year(now);
        let status = if is_granted {
            PrioritizationResponseStatus::granted
        } else {
            PrioritizationResponseStatus::rejected
        };
        let requester = SignalRequesterInfo::new(
            VehicleID::stationID(StationID(self.station)),
            RequestID(self.number),
            MsgCount(self.number % 128),
            Some(BasicVehicleRole::publicTransport),
            None,
        );
        let package = SignalStatusPackage::new(
            Some(requester),
            IntersectionAccessPoint::lane(LaneID(self.lane_in)),
            Some(IntersectionAccessPoint::lane(LaneID(self.lane_out))),
            None,
            None,
            None,
            status,
            None,
        );
        let status = SignalStatus::new(
            MsgCount(0),
            IntersectionReferenceID::new(None, IntersectionID(self.junction)),
            SignalStatusPackageList(vec![package]),
            None,
        );
        let body = SignalStatusMessage::new(
            Some(MinuteOfTheYear(minute)),
            DSecond(millisecond),
            None,
            SignalStatusList(vec![status]),
            None,
        );
        Message::Ssem(Box::new(SSEM::new(header(MessageKind::Ssem, junction_station), body)))
    }
}

/// What a received SREM asks for; requests that do not name both lanes and a time are left out.
pub fn requests(message: &SREM, received: ItsTime) -> Vec<Request> {
    let station = message.header.station_id.0;
    let packages = message.srm.requests.iter().flat_map(|requests| requests.0.iter());
    let request = |package: &SignalRequestPackage| {
        let lane = |point: &IntersectionAccessPoint| match point {
            IntersectionAccessPoint::lane(lane) => Some(lane.0),
            _ => None,
        };
        let request = &package.request;
        Some(Request {
            station,
            number: request.request_id.0,
            junction: request.id.id.0,
            lane_in: lane(&request.in_bound_lane)?,
            lane_out: lane(request.out_bound_lane.as_ref()?)?,
            arrives: moment_in_minute(package.minute.as_ref()?.0, package.second.as_ref()?.0, received),
        })
    };
    packages.filter_map(request).collect()
}

fn header(kind: MessageKind, station: u32) -> ItsPduHeader {
    ItsPduHeader::new(OrdinalNumber1B(2), MessageId(kind.number()), StationId(station))
}
