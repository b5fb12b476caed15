//! GeoNetworking packets and their BTP headers: frames in, messages' bytes out, and the other way.
//!
//! A frame is Ethernet with type 0x8947, or IEEE 802.11 data (with a radiotap header or not) with a SNAP header of that
//! type. Every length is checked against what is there; what is wrong is named with its layer. A packet in a security
//! envelope is handed out as it is: whoever trusts the envelope reads on inside with [`Packet::read_inside`].
//!
//! Sources: ETSI EN 302 636-4-1 V1.4.1 clause 9 (headers, by the crate `geonetworking`), EN 302 636-5-1 (BTP),
//! TS 102 636-4-2 (media-dependent data), IEEE 802.3, 802.11, 802.2.

use crate::hex;
use geonetworking::en302636_4_1::{
    Address, AreaType, BasicHeader, Beacon, BroadcastType, CommonHeader, ExtendedHeader, GeoAnycast, GeoUnicast,
    HeaderType, LSReply, LSRequest, Lifetime, LocationServiceType, LongPositionVector, NextAfterBasic, NextAfterCommon,
    ShortPositionVector, SingleHopBroadcast, StationType, Timestamp, TopologicallyScopedBroadcast, TrafficClass,
};
use geonetworking::{Decode, Encode};
use serde_json::{Map, Value, json};

/// The Ethernet type of GeoNetworking.
pub const ETHER_TYPE: u16 = 0x8947;
/// The longest packet that is taken: an 802.11 frame's body, with room.
pub const PACKET_BYTES_MAX: usize = 2_400;

/// What is wrong with a packet, and in which of its layers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{layer}: {problem}")]
pub struct PacketError {
    /// The layer.
    pub layer: &'static str,
    /// What is wrong.
    pub problem: String,
}

fn wrong(layer: &'static str, problem: impl Into<String>) -> PacketError {
    PacketError {
        layer,
        problem: problem.into(),
    }
}

/// How a capture wraps frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Ethernet II.
    Ethernet,
    /// IEEE 802.11.
    Wlan,
    /// IEEE 802.11 behind a radiotap header.
    Radiotap,
}

/// The GeoNetworking packet of a frame; `None` for a frame of something else.
pub fn unwrap_frame(link: Link, frame: &[u8]) -> Result<Option<&[u8]>, PacketError> {
    match link {
        Link::Ethernet => {
            let (mut at, mut kind) = (14, be_u16(frame, 12, "Ethernet")?);
            // A VLAN tag moves the type by four bytes.
            while matches!(kind, 0x8100 | 0x88a8) {
                kind = be_u16(frame, at + 2, "Ethernet")?;
                at += 4;
            }
            Ok((kind == ETHER_TYPE).then(|| frame.get(at..)).flatten())
        }
        Link::Wlan => unwrap_wlan(frame),
        Link::Radiotap => {
            let length = frame
                .get(2..4)
                .and_then(|bytes| bytes.try_into().ok())
                .map(u16::from_le_bytes);
            let inner = length.and_then(|length| frame.get(usize::from(length)..));
            unwrap_wlan(inner.ok_or_else(|| wrong("radiotap", "the frame ends within the header"))?)
        }
    }
}

fn unwrap_wlan(frame: &[u8]) -> Result<Option<&[u8]>, PacketError> {
    let &[control, flags, ..] = frame else {
        return Err(wrong("IEEE 802.11", "the frame ends within the header"));
    };
    let (is_data, has_qos) = (control & 0x0c == 0x08, control & 0x80 != 0);
    let is_between_access_points = flags & 0x03 == 0x03;
    if !is_data || control & 0x40 != 0 {
        return Ok(None);
    }
    let header = 24 + if is_between_access_points { 6 } else { 0 } + if has_qos { 2 } else { 0 };
    let body = frame
        .get(header..)
        .ok_or_else(|| wrong("IEEE 802.11", "the frame ends within the header"))?;
    let is_snap = body.get(..3) == Some(&[0xaa, 0xaa, 0x03]);
    Ok((is_snap && be_u16(body, 6, "LLC")? == ETHER_TYPE).then(|| &body[8..]))
}

fn be_u16(bytes: &[u8], at: usize, layer: &'static str) -> Result<u16, PacketError> {
    let pair = bytes.get(at..at + 2).and_then(|pair| pair.try_into().ok());
    pair.map(u16::from_be_bytes)
        .ok_or_else(|| wrong(layer, "the frame ends within the header"))
}

/// What stands above the basic header.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// In the open.
    Plain(Packet<'a>),
    /// A security envelope (ETSI TS 103 097), as it is.
    Secured(&'a [u8]),
}

/// Reads the basic header: lifetime and hops, and what is above.
pub fn read(bytes: &[u8]) -> Result<(BasicHeader, Body<'_>), PacketError> {
    const LAYER: &str = "GeoNetworking";
    if bytes.len() > PACKET_BYTES_MAX {
        return Err(wrong(
            LAYER,
            format!("{} bytes, at most {PACKET_BYTES_MAX} are taken", bytes.len()),
        ));
    }
    let basic: BasicHeader = part("GeoNetworking basic header", &mut &*bytes)?;
    if basic.version.value() != 1 {
        return Err(wrong(LAYER, format!("version {}, expected 1", basic.version.value())));
    }
    let above = &bytes[BASIC_BYTES..];
    let body = match basic.next_header {
        NextAfterBasic::SecuredPacket => Body::Secured(above),
        NextAfterBasic::CommonHeader | NextAfterBasic::Any => Body::Plain(Packet::read_inside(above)?),
    };
    Ok((basic, body))
}

const BASIC_BYTES: usize = 4;

/// A packet above its basic header.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet<'a> {
    /// Kind, traffic class, hop limit.
    pub common: CommonHeader,
    /// Source, and destination where it has one.
    pub extended: Option<ExtendedHeader>,
    /// Ports; a beacon has none.
    pub transport: Option<Transport>,
    /// The message.
    pub payload: &'a [u8],
}

/// A BTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Interactive.
    BtpA {
        /// Who shall listen.
        destination_port: u16,
        /// Who answers.
        source_port: u16,
    },
    /// Not interactive.
    BtpB {
        /// Who shall listen.
        destination_port: u16,
        /// More about it.
        destination_port_info: u16,
    },
}

impl Transport {
    /// Who shall listen.
    pub fn destination_port(self) -> u16 {
        match self {
            Transport::BtpA { destination_port, .. } | Transport::BtpB { destination_port, .. } => destination_port,
        }
    }
}

/// Decodes one header and moves on behind it.
fn part<'a, T: Decode<'a>>(layer: &'static str, bytes: &mut &'a [u8]) -> Result<T, PacketError> {
    let decoded = T::decode(*bytes).map_err(|error| {
        let problem = match error {
            geonetworking::DecodeError::ParserError(problem) | geonetworking::DecodeError::IntegerError(problem) => {
                problem
            }
            _ => format!("{} bytes end within the header", bytes.len()),
        };
        wrong(layer, problem)
    })?;
    *bytes = bytes.get(decoded.bytes_consumed..).unwrap_or_default();
    Ok(decoded.decoded)
}

/// Fields of an extended header, read here: the crate's own reader panics at a vehicle that reverses (0.4.2, fifteen bits
/// of negative speed).
struct Fields<'a, 'b>(&'b mut &'a [u8]);

impl Fields<'_, '_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], PacketError> {
        let short = || wrong(EXTENDED, format!("{} bytes end within the header", self.0.len()));
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(short)?;
        let head = *head;
        *self.0 = rest;
        Ok(head)
    }

    fn u16(&mut self) -> Result<u16, PacketError> {
        self.take().map(u16::from_be_bytes)
    }

    fn i32(&mut self) -> Result<i32, PacketError> {
        self.take().map(i32::from_be_bytes)
    }

    fn address(&mut self) -> Result<Address, PacketError> {
        let [high, low] = self.take()?;
        let kind = high >> 2 & 0x1f;
        let station_type = StationType::try_from(kind)
            .map_err(|_| wrong(EXTENDED, format!("station type {kind} is unknown to GeoNetworking")))?;
        let mut address = Address::new(high & 0x80 != 0, station_type, self.take()?);
        address.reserved = arbitrary_int::u10::new(u16::from(high & 3) << 8 | u16::from(low));
        Ok(address)
    }

    fn long_position(&mut self) -> Result<LongPositionVector, PacketError> {
        let gn_address = self.address()?;
        let timestamp = Timestamp(self.take().map(u32::from_be_bytes)?);
        let (latitude, longitude) = (self.i32()?, self.i32()?);
        let accuracy_and_speed = self.u16()?;
        // Fifteen bits with a sign: moved to the top of sixteen, and back with the sign.
        let speed = (accuracy_and_speed << 1).cast_signed() >> 1;
        Ok(LongPositionVector {
            gn_address,
            timestamp,
            latitude,
            longitude,
            position_accuracy: accuracy_and_speed & 0x8000 != 0,
            speed: arbitrary_int::i15::new(speed),
            heading: self.u16()?,
        })
    }

    fn short_position(&mut self) -> Result<ShortPositionVector, PacketError> {
        Ok(ShortPositionVector {
            gn_address: self.address()?,
            timestamp: Timestamp(self.take().map(u32::from_be_bytes)?),
            latitude: self.i32()?,
            longitude: self.i32()?,
        })
    }

    fn area(&mut self) -> Result<GeoAnycast, PacketError> {
        Ok(GeoAnycast {
            sequence_number: self.u16()?,
            reserved_1: self.u16()?,
            source_position_vector: self.long_position()?,
            geo_area_position_latitude: self.i32()?,
            geo_area_position_longitude: self.i32()?,
            distance_a: self.u16()?,
            distance_b: self.u16()?,
            angle: self.u16()?,
            reserved_2: self.u16()?,
        })
    }
}

const EXTENDED: &str = "GeoNetworking extended header";

/// EN 302 636-4-1 clause 9.8.
fn read_extended(kind: HeaderType, fields: &mut Fields<'_, '_>) -> Result<Option<ExtendedHeader>, PacketError> {
    Ok(Some(match kind {
        HeaderType::Any => return Ok(None),
        HeaderType::Beacon => ExtendedHeader::Beacon(Beacon {
            source_position_vector: fields.long_position()?,
        }),
        HeaderType::GeoUnicast => ExtendedHeader::GUC(GeoUnicast {
            sequence_number: fields.u16()?,
            reserved: fields.u16()?,
            source_position_vector: fields.long_position()?,
            destination_position_vector: fields.short_position()?,
        }),
        HeaderType::GeoAnycast(_) => ExtendedHeader::GAC(fields.area()?),
        HeaderType::GeoBroadcast(_) => ExtendedHeader::GBC(fields.area()?),
        HeaderType::TopologicallyScopedBroadcast(BroadcastType::SingleHop) => ExtendedHeader::SHB(SingleHopBroadcast {
            source_position_vector: fields.long_position()?,
            media_dependent_data: fields.take()?,
        }),
        HeaderType::TopologicallyScopedBroadcast(BroadcastType::MultiHop) => {
            ExtendedHeader::TSB(TopologicallyScopedBroadcast {
                sequence_number: fields.u16()?,
                reserved: fields.u16()?,
                source_position_vector: fields.long_position()?,
            })
        }
        HeaderType::LocationService(LocationServiceType::Request) => ExtendedHeader::LSRequest(LSRequest {
            sequence_number: fields.u16()?,
            reserved: fields.u16()?,
            source_position_vector: fields.long_position()?,
            request_gn_address: fields.address()?,
        }),
        HeaderType::LocationService(LocationServiceType::Reply) => ExtendedHeader::LSReply(LSReply {
            sequence_number: fields.u16()?,
            reserved: fields.u16()?,
            source_position_vector: fields.long_position()?,
            destination_position_vector: fields.short_position()?,
        }),
    }))
}

impl<'a> Packet<'a> {
    /// Reads what stands above the basic header, or inside a security envelope.
    pub fn read_inside(bytes: &'a [u8]) -> Result<Packet<'a>, PacketError> {
        let mut rest = bytes;
        let common: CommonHeader = part("GeoNetworking common header", &mut rest)?;
        let extended = read_extended(common.header_type_and_subtype, &mut Fields(&mut rest))?;
        let length = usize::from(common.payload_length);
        // Ethernet pads short frames: what is behind the payload is not of the packet.
        let above = rest.get(..length).ok_or_else(|| {
            wrong(
                "GeoNetworking",
                format!("payload of {length} bytes announced, {} are there", rest.len()),
            )
        })?;
        let (first, second) = match common.next_header {
            NextAfterCommon::BTPA | NextAfterCommon::BTPB => (be_u16(above, 0, "BTP")?, be_u16(above, 2, "BTP")?),
            NextAfterCommon::Any | NextAfterCommon::IPv6 => (0, 0),
        };
        let (transport, payload) = match common.next_header {
            NextAfterCommon::BTPA => (
                Some(Transport::BtpA {
                    destination_port: first,
                    source_port: second,
                }),
                &above[4..],
            ),
            NextAfterCommon::BTPB => (
                Some(Transport::BtpB {
                    destination_port: first,
                    destination_port_info: second,
                }),
                &above[4..],
            ),
            NextAfterCommon::Any | NextAfterCommon::IPv6 => (None, above),
        };
        Ok(Packet {
            common,
            extended,
            transport,
            payload,
        })
    }

    /// Where the sender is.
    pub fn source(&self) -> Option<&LongPositionVector> {
        Some(match self.extended.as_ref()? {
            ExtendedHeader::GUC(header) => &header.source_position_vector,
            ExtendedHeader::TSB(header) => &header.source_position_vector,
            ExtendedHeader::SHB(header) => &header.source_position_vector,
            ExtendedHeader::GBC(header) | ExtendedHeader::GAC(header) => &header.source_position_vector,
            ExtendedHeader::Beacon(header) => &header.source_position_vector,
            ExtendedHeader::LSRequest(header) => &header.source_position_vector,
            ExtendedHeader::LSReply(header) => &header.source_position_vector,
        })
    }

    /// Whether a message is to be expected: a beacon and the location service carry none.
    pub fn carries_message(&self) -> bool {
        self.transport.is_some()
    }

    /// Its bytes, as they stand above the basic header or inside a security envelope.
    pub fn write(&self) -> Result<Vec<u8>, PacketError> {
        let failed = |error: geonetworking::EncodeError| wrong("GeoNetworking", error.message().to_owned());
        let mut above = Vec::with_capacity(4 + self.payload.len());
        if let Some(transport) = self.transport {
            let (first, second) = match transport {
                Transport::BtpA {
                    destination_port,
                    source_port,
                } => (destination_port, source_port),
                Transport::BtpB {
                    destination_port,
                    destination_port_info,
                } => (destination_port, destination_port_info),
            };
            above.extend(first.to_be_bytes());
            above.extend(second.to_be_bytes());
        }
        above.extend_from_slice(self.payload);
        let mut common = self.common.clone();
        common.payload_length = u16::try_from(above.len()).map_err(|_| {
            wrong(
                "GeoNetworking",
                format!("a payload of {} bytes is too long", above.len()),
            )
        })?;
        let mut bytes = common.encode_to_vec().map_err(failed)?;
        let extended = match &self.extended {
            None => Vec::new(),
            Some(ExtendedHeader::GUC(header)) => header.encode_to_vec().map_err(failed)?,
            Some(ExtendedHeader::TSB(header)) => header.encode_to_vec().map_err(failed)?,
            Some(ExtendedHeader::SHB(header)) => header.encode_to_vec().map_err(failed)?,
            Some(ExtendedHeader::GBC(header) | ExtendedHeader::GAC(header)) => {
                header.encode_to_vec().map_err(failed)?
            }
            Some(ExtendedHeader::Beacon(header)) => header.encode_to_vec().map_err(failed)?,
            Some(ExtendedHeader::LSRequest(header)) => header.encode_to_vec().map_err(failed)?,
            Some(ExtendedHeader::LSReply(header)) => header.encode_to_vec().map_err(failed)?,
        };
        bytes.extend(extended);
        bytes.extend(above);
        Ok(bytes)
    }

    /// The headers for people and scripts.
    pub fn headers_to_json(&self, basic: &BasicHeader) -> Value {
        let mut headers = Map::new();
        headers.insert("type".into(), type_name(self.common.header_type_and_subtype).into());
        headers.insert("lifetime_ms".into(), basic.lifetime.as_milliseconds().into());
        headers.insert("remaining_hop_limit".into(), basic.remaining_hop_limit.into());
        headers.insert("maximum_hop_limit".into(), self.common.maximum_hop_limit.into());
        headers.insert(
            "traffic_class".into(),
            self.common.traffic_class.traffic_class_id.value().into(),
        );
        headers.insert("is_mobile".into(), self.common.flags[0].into());
        if let Some(source) = self.source() {
            headers.insert("source".into(), position_to_json(source));
        }
        if let Some(ExtendedHeader::GBC(area) | ExtendedHeader::GAC(area)) = &self.extended {
            headers.insert("sequence_number".into(), area.sequence_number.into());
            headers.insert(
                "area".into(),
                json!({
                    "latitude": area.geo_area_position_latitude,
                    "longitude": area.geo_area_position_longitude,
                    "distance_a_m": area.distance_a,
                    "distance_b_m": area.distance_b,
                    "angle_deg": area.angle,
                }),
            );
        }
        Value::Object(headers)
    }
}

/// The BTP header for people and scripts.
pub fn transport_to_json(transport: Transport) -> Value {
    match transport {
        Transport::BtpA {
            destination_port,
            source_port,
        } => json!({"type": "BTP-A", "destination_port": destination_port, "source_port": source_port}),
        Transport::BtpB {
            destination_port,
            destination_port_info,
        } => {
            json!({"type": "BTP-B", "destination_port": destination_port, "destination_port_info": destination_port_info})
        }
    }
}

/// Latitude and longitude in tenths of a microdegree, speed in cm/s, heading in tenths of a degree: as on the air.
fn position_to_json(position: &LongPositionVector) -> Value {
    let address = &position.gn_address;
    json!({
        "station_type": address.station_type as u8,
        "mac_address": hex::encode(&address.address),
        "timestamp_ms": position.timestamp.0,
        "latitude": position.latitude,
        "longitude": position.longitude,
        "is_accurate": position.position_accuracy,
        "speed": position.speed.value(),
        "heading": position.heading,
    })
}

fn type_name(kind: HeaderType) -> &'static str {
    match kind {
        HeaderType::Any => "any",
        HeaderType::Beacon => "beacon",
        HeaderType::GeoUnicast => "geo unicast",
        HeaderType::GeoAnycast(AreaType::Circular) => "geo anycast, circle",
        HeaderType::GeoAnycast(AreaType::Rectangular) => "geo anycast, rectangle",
        HeaderType::GeoAnycast(AreaType::Ellipsoidal) => "geo anycast, ellipse",
        HeaderType::GeoBroadcast(AreaType::Circular) => "geo broadcast, circle",
        HeaderType::GeoBroadcast(AreaType::Rectangular) => "geo broadcast, rectangle",
        HeaderType::GeoBroadcast(AreaType::Ellipsoidal) => "geo broadcast, ellipse",
        HeaderType::TopologicallyScopedBroadcast(BroadcastType::SingleHop) => "single-hop broadcast",
        HeaderType::TopologicallyScopedBroadcast(BroadcastType::MultiHop) => "multi-hop broadcast",
        HeaderType::LocationService(LocationServiceType::Request) => "location service request",
        HeaderType::LocationService(LocationServiceType::Reply) => "location service reply",
    }
}

/// Who sends, from where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sender {
    /// The station's number; its address is made of it.
    pub station: u32,
    /// What it is.
    pub station_type: StationType,
    /// Milliseconds of TAI since 2004.
    pub timestamp_its_ms: u64,
    /// Tenths of a microdegree.
    pub latitude: i32,
    /// Tenths of a microdegree.
    pub longitude: i32,
    /// cm/s.
    pub speed_cmps: i16,
    /// Tenths of a degree from north, clockwise.
    pub heading_decideg: u16,
}

impl Sender {
    /// A locally administered address made of the station's number.
    pub fn mac_address(&self) -> [u8; 6] {
        let [a, b, c, d] = self.station.to_be_bytes();
        [0x02, 0x00, a, b, c, d]
    }

    fn position(&self) -> LongPositionVector {
        let address = Address::new(false, self.station_type, self.mac_address());
        // Fifteen bits of speed: what a road vehicle reaches fits.
        let speed_cmps = self.speed_cmps.clamp(-16_384, 16_383);
        let mut position = LongPositionVector {
            gn_address: address,
            timestamp: Timestamp::from_its_timestamp(self.timestamp_its_ms),
            latitude: self.latitude,
            longitude: self.longitude,
            position_accuracy: true,
            heading: self.heading_decideg,
            ..LongPositionVector::default()
        };
        position.speed = arbitrary_int::i15::new(speed_cmps);
        position
    }
}

/// Where a message shall go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To whoever hears the sender.
    SingleHop,
    /// Into a circle, over others.
    Circle {
        /// Of this sender's packets, this one's number.
        sequence_number: u16,
        /// Centre, tenths of a microdegree.
        latitude: i32,
        /// Centre, tenths of a microdegree.
        longitude: i32,
        /// Radius.
        radius_m: u16,
    },
}

/// A packet that carries a message, above its basic header, and that header.
pub fn packet<'a>(
    sender: &Sender,
    reach: Reach,
    port: u16,
    traffic_class: u8,
    payload: &'a [u8],
) -> (BasicHeader, Packet<'a>) {
    let (kind, extended, lifetime_ms, hops) = match reach {
        Reach::SingleHop => {
            let header = SingleHopBroadcast {
                source_position_vector: sender.position(),
                media_dependent_data: [0; 4],
            };
            let kind = HeaderType::TopologicallyScopedBroadcast(BroadcastType::SingleHop);
            (kind, ExtendedHeader::SHB(header), 1_000, 1)
        }
        Reach::Circle {
            sequence_number,
            latitude,
            longitude,
            radius_m,
        } => {
            let header = GeoAnycast::new(sequence_number, sender.position(), latitude, longitude, radius_m, 0, 0);
            (
                HeaderType::GeoBroadcast(AreaType::Circular),
                ExtendedHeader::GBC(header),
                60_000,
                10,
            )
        }
    };
    let basic = BasicHeader::try_new(
        1,
        NextAfterBasic::CommonHeader,
        Lifetime::from_milliseconds(lifetime_ms),
        hops,
    )
    .expect("version 1 fits four bits");
    let class = TrafficClass::try_new(false, false, traffic_class & 0x3f).expect("six bits were kept");
    let is_mobile = sender.station_type != StationType::RoadSideUnit;
    let common = CommonHeader::from_values(NextAfterCommon::BTPB, kind, class, is_mobile, 0, hops);
    let packet = Packet {
        common,
        extended: Some(extended),
        transport: Some(Transport::BtpB {
            destination_port: port,
            destination_port_info: 0,
        }),
        payload,
    };
    (basic, packet)
}

/// An Ethernet frame to everyone.
pub fn frame(sender: &Sender, basic: &BasicHeader, above: &[u8]) -> Result<Vec<u8>, PacketError> {
    let basic = basic_bytes(basic)?;
    let mut bytes = vec![0xff; 6];
    bytes.extend(sender.mac_address());
    bytes.extend(ETHER_TYPE.to_be_bytes());
    bytes.extend(basic);
    bytes.extend_from_slice(above);
    Ok(bytes)
}

/// The basic header of the same packet in a security envelope.
pub fn secured_basic_header(basic: &BasicHeader) -> Result<Vec<u8>, PacketError> {
    let secured = BasicHeader {
        next_header: NextAfterBasic::SecuredPacket,
        ..basic.clone()
    };
    basic_bytes(&secured)
}

fn basic_bytes(basic: &BasicHeader) -> Result<Vec<u8>, PacketError> {
    basic
        .encode_to_vec()
        .map_err(|error| wrong("GeoNetworking basic header", error.message().to_owned()))
}
