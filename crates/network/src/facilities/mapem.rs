//! The lanes of a junction: a MAPEM from the map, so that those who hear the lights know which is theirs.
//!
//! In go the road network and a junction; out comes its MAPEM: lanes that lead in and out, their course, which leads to
//! which, and under which signal group. Each lane is told up to `REACH_M` from the junction.
//!
//! Sources: ETSI TS 103 301 V2.1.1 clause 6, ISO/TS 19091 (`MapData`: offsets in centimetres, from node to node).

use crate::facilities::{Place, units};
use c_its_parser::standards::cdd_2_2_1::etsi_its_cdd::{ItsPduHeader, MessageId, OrdinalNumber1B, StationId};
use c_its_parser::standards::dsrc_2_2_1::etsi_its_dsrc::{
    AllowedManeuvers, ApproachID, ConnectingLane, Connection, ConnectsToList, GenericLane, IntersectionGeometry,
    IntersectionGeometryList, IntersectionID, IntersectionReferenceID, LaneAttributes, LaneAttributesVehicle,
    LaneDirection, LaneID, LaneList, LaneSharing, LaneTypeAttributes, LaneWidth, LayerType, MapData, MsgCount,
    NodeListXY, NodeOffsetPointXY, NodeSetXY, NodeXY, NodeXY32b, OffsetB16, Position3D, SignalGroupID,
};
use c_its_parser::standards::mapem_2_2_1::mapem_pdu_descriptions::MAPEM;
use messages::{Message, MessageKind};
use rasn::types::{BitString, FixedBitString};
use road::{JunctionId, LaneId, LanePosition, RoadNetwork, SignalId, Turn};
use std::collections::BTreeMap;

/// Lanes are told so far from the junction.
const REACH_M: f64 = 150.0;
/// Distance between two nodes of a lane.
const NODE_M: f64 = 15.0;
/// Lanes in one message.
const LANES_MAX: usize = 255;

/// How a junction is numbered on the air.
#[derive(Clone, Debug, PartialEq)]
pub struct JunctionMap {
    /// The junction's number.
    pub junction: u16,
    /// Its lights: signal group, light.
    pub groups: Vec<(u8, SignalId)>,
    /// Ways through it that a light holds back.
    pub ways: Vec<SignalledWay>,
    /// The message.
    pub message: Message,
}

/// A way through a junction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalledWay {
    /// The lane that leads in.
    pub from: LaneId,
    /// The lane that leads out.
    pub to: LaneId,
    /// Number of the lane that leads in.
    pub lane_in: u8,
    /// Number of the lane that leads out.
    pub lane_out: u8,
    /// The light that holds it back.
    pub signal: SignalId,
}

/// Makes the MAPEM of a junction; `None` if it has no lanes for vehicles or no light, or too many.
pub fn junction_map(network: &RoadNetwork, junction: JunctionId, station: u32) -> Option<JunctionMap> {
    let number = u16::try_from(junction.0).ok()?;
    let whole = network.junctions().get(junction.0 as usize)?;
    let lanes = &whole.lanes;
    let inside = || {
        lanes
            .iter()
            .map(|&lane| (lane, network.lane(lane)))
            .filter(|(_, lane)| lane.edge.is_some())
    };
    let mut signals: Vec<SignalId> = inside().filter_map(|(_, lane)| lane.signal).collect();
    signals.sort_unstable();
    signals.dedup();
    if signals.is_empty() || signals.len() > 254 {
        return None;
    }
    // Group 0 means "unknown".
    let groups: Vec<(u8, SignalId)> = (1u8..).zip(signals).collect();
    let group_of = |signal: SignalId| {
        groups
            .iter()
            .find(|(_, other)| *other == signal)
            .map(|(group, _)| *group)
    };

    let mut numbers: BTreeMap<(Side, LaneId), u8> = BTreeMap::new();
    for (_, lane) in inside() {
        for &before in &lane.predecessors {
            numbers.insert((Side::In, before), 0);
        }
        for &after in &lane.successors {
            numbers.insert((Side::Out, after), 0);
        }
    }
    if numbers.is_empty() || numbers.len() > LANES_MAX {
        return None;
    }
    for (number, slot) in (1u8..).zip(numbers.values_mut()) {
        *slot = number;
    }
    let mut connections: BTreeMap<LaneId, Vec<Connection>> = BTreeMap::new();
    let mut ways = Vec::new();
    for (_, lane) in inside() {
        for (&before, &after) in lane
            .predecessors
            .iter()
            .flat_map(|a| lane.successors.iter().map(move |b| (a, b)))
        {
            let lane_out = *numbers.get(&(Side::Out, after))?;
            let connecting = ConnectingLane::new(LaneID(lane_out), Some(manoeuvre(lane.turn)));
            if let Some(signal) = lane.signal {
                ways.push(SignalledWay {
                    from: before,
                    to: after,
                    lane_in: *numbers.get(&(Side::In, before))?,
                    lane_out,
                    signal,
                });
            }
            let group = lane.signal.and_then(group_of).map(SignalGroupID);
            connections
                .entry(before)
                .or_default()
                .push(Connection::new(connecting, None, group, None, None));
        }
    }
    let centre_m = whole.centre_m;
    let approaches = Approaches::of(network, &numbers);
    let generic = |(&(side, lane), &number): (&(Side, LaneId), &u8)| {
        let connects = connections.get(&lane).filter(|_| side == Side::In).cloned();
        generic_lane(
            network,
            side,
            lane,
            number,
            approaches.of_lane(network, lane),
            connects,
            centre_m,
        )
    };
    let lanes: Vec<GenericLane> = numbers.iter().map(generic).collect();
    let [latitude_deg, longitude_deg] = network.to_geographic_deg(centre_m[0], centre_m[1])?;
    let place = Place {
        latitude_deg,
        longitude_deg,
        altitude_m: 0.0,
    };
    let (latitude, longitude) = place.wire();
    let geometry = IntersectionGeometry::new(
        None,
        IntersectionReferenceID::new(None, IntersectionID(number)),
        MsgCount(0),
        Position3D::new(
            c_its_parser::standards::cdd_2_2_1::etsi_its_cdd::Latitude(latitude),
            c_its_parser::standards::cdd_2_2_1::etsi_its_cdd::Longitude(longitude),
            None,
            None,
        ),
        Some(LaneWidth(350)),
        None,
        LaneList(lanes),
        None,
        None,
    );
    let data = MapData::new(
        None,
        MsgCount(0),
        Some(LayerType::intersectionData),
        None,
        Some(IntersectionGeometryList(vec![geometry])),
        None,
        None,
        None,
        None,
    );
    let header = ItsPduHeader::new(
        OrdinalNumber1B(2),
        MessageId(MessageKind::Mapem.number()),
        StationId(station),
    );
    Some(JunctionMap {
        junction: number,
        groups,
        ways,
        message: Message::Mapem(Box::new(MAPEM::new(header, data))),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    In,
    Out,
}

/// Roads at the junction, numbered: an approach each.
struct Approaches(BTreeMap<road::RoadId, u8>);

impl Approaches {
    fn of(network: &RoadNetwork, lanes: &BTreeMap<(Side, LaneId), u8>) -> Approaches {
        let mut roads: BTreeMap<road::RoadId, u8> =
            lanes.keys().map(|(_, lane)| (network.lane(*lane).road, 0)).collect();
        for (number, slot) in (1u8..=15).cycle().zip(roads.values_mut()) {
            *slot = number;
        }
        Approaches(roads)
    }

    fn of_lane(&self, network: &RoadNetwork, lane: LaneId) -> u8 {
        self.0.get(&network.lane(lane).road).copied().unwrap_or_default()
    }
}

fn generic_lane(
    network: &RoadNetwork,
    side: Side,
    lane: LaneId,
    number: u8,
    approach: u8,
    connects: Option<Vec<Connection>>,
    centre_m: [f64; 2],
) -> GenericLane {
    let mut direction = FixedBitString::<2>::default();
    direction.set(usize::from(side == Side::Out), true);
    let attributes = LaneAttributes::new(
        LaneDirection(direction),
        LaneSharing(FixedBitString::default()),
        LaneTypeAttributes::vehicle(LaneAttributesVehicle(BitString::repeat(false, 8))),
        None,
    );
    let (ingress, egress) = match side {
        Side::In => (Some(ApproachID(approach)), None),
        Side::Out => (None, Some(ApproachID(approach))),
    };
    let connects = connects.map(|mut connections| {
        // Sixteen fit; no lane of a real junction has more.
        connections.truncate(16);
        ConnectsToList(connections)
    });
    let nodes = NodeListXY::nodes(NodeSetXY(nodes(network, side, lane, centre_m)));
    GenericLane::new(
        LaneID(number),
        None,
        ingress,
        egress,
        attributes,
        None,
        nodes,
        connects,
        None,
        None,
    )
}

/// From the stop line (or the lane's beginning) away from the junction; the first from its middle, each from the one before.
fn nodes(network: &RoadNetwork, side: Side, lane: LaneId, centre_m: [f64; 2]) -> Vec<NodeXY> {
    let length_m = network.lane(lane).length_m;
    let reach_m = length_m.min(REACH_M);
    let steps = (libm::ceil(reach_m / NODE_M) as usize).max(1);
    // Rounded places, so that rounding does not add up from node to node.
    let mut last = centre_m.map(|metres| libm::round(100.0 * metres));
    let node = |step: usize| {
        let away_m = reach_m * step as f64 / steps as f64;
        let s_m = match side {
            Side::In => length_m - away_m,
            Side::Out => away_m,
        };
        let pose = network.lane_pose(LanePosition {
            lane,
            s_m,
            offset_m: 0.0,
        });
        let next = [pose.x_m, pose.y_m].map(|metres| libm::round(100.0 * metres));
        let offset = |axis: usize| OffsetB16(units::whole(next[axis] - last[axis], -32_768.0, 32_767.0) as i16);
        let delta = NodeOffsetPointXY::node_XY6(NodeXY32b::new(offset(0), offset(1)));
        last = next;
        NodeXY::new(delta, None)
    };
    (0..=steps).map(node).collect()
}

fn manoeuvre(turn: Turn) -> AllowedManeuvers {
    let mut bits = FixedBitString::<12>::default();
    let bit = match turn {
        Turn::Straight => 0,
        Turn::Left => 1,
        Turn::Right => 2,
        Turn::Around => 3,
    };
    bits.set(bit, true);
    AllowedManeuvers(bits)
}
