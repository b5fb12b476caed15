//! The compiled form: a network as bytes, and back, so that a map need not be compiled twice.
//!
//! It is a cache and no format: it is read by the very program that wrote it, and by no other. What comes first says so,
//! and a checksum of the rest: whatever is foreign, stale, cut off or damaged is not read, and the map is compiled again.
//! That is why the network's own structs are encoded as they are. A form that was crafted, with a checksum that holds but
//! numbers of lanes that are not there, is not read either. It opens no file.

use crate::route::Router;
use crate::{Edge, Lane, LaneId, RoadNetwork};

/// Raised with every change of what is encoded, or of what the compiler makes of a draft.
const MAGIC: &[u8] = b"westline compiled map 4\n";
/// Bytes of the checksum.
const SEAL_BYTES: usize = 32;

/// Four sums over the words of the body in turn, each step one-to-one: no single damaged word goes unseen, and of more
/// than one only by an accident of 1 in 2^64. SHA-256 took a third of the time to open a map, to keep out nobody: whoever
/// can write here can write the map.
fn seal(body: &[u8]) -> [u8; SEAL_BYTES] {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sums = [body.len() as u64, 1, 2, 3];
    let mut take = |block: &[u8; SEAL_BYTES]| {
        for (sum, word) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
            *sum = (*sum ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR).rotate_left(29);
        }
    };
    let (blocks, rest) = body.as_chunks::<SEAL_BYTES>();
    blocks.iter().for_each(&mut take);
    let mut last = [0; SEAL_BYTES];
    last[..rest.len()].copy_from_slice(rest);
    take(&last);
    let mut bytes = [0; SEAL_BYTES];
    for (bytes, sum) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
        *bytes = sum.to_le_bytes();
    }
    bytes
}

/// The network as bytes, with the notes that its reading made.
pub fn encode(network: &RoadNetwork, notes: &[String]) -> Vec<u8> {
    let names = (
        &network.name,
        network.digest(),
        &network.geo_reference,
        &network.warnings,
        notes,
    );
    let lists = (
        &network.lanes,
        &network.edges,
        &network.roads,
        &network.junctions,
        &network.signals,
        &network.controllers,
        &network.plans,
        &network.crossings,
        &network.stops,
        &network.areas,
    );
    let places = (
        &network.bounds_m,
        &network.table,
        &network.geometries,
        &network.spans,
        &network.index,
    );
    let head = [MAGIC, &[0; SEAL_BYTES]].concat();
    let mut bytes = postcard::to_extend(&(names, lists, places), head).expect("memory takes whatever we encode");
    let (head, body) = bytes.split_at_mut(MAGIC.len() + SEAL_BYTES);
    head[MAGIC.len()..].copy_from_slice(&seal(body));
    bytes
}

/// What [`encode`] was given; `None` for anything that is not exactly what this version wrote.
pub fn decode(bytes: &[u8]) -> Option<(RoadNetwork, Vec<String>)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (seal, body) = rest.split_at_checked(SEAL_BYTES)?;
    if self::seal(body) != seal {
        return None;
    }
    let (names, lists, places) = postcard::from_bytes(body).ok()?;
    let (name, digest, geo_reference, warnings, notes): (_, String, _, _, _) = names;
    let (lanes, edges, roads, junctions, signals, controllers, plans, crossings, stops, areas) = lists;
    let (bounds_m, table, geometries, spans, index) = places;
    let (lanes, edges): (Vec<Lane>, Vec<Edge>) = (lanes, edges);
    let mut network = RoadNetwork {
        name,
        digest: digest.into(),
        geo_reference,
        lanes,
        edges,
        roads,
        junctions,
        signals,
        controllers,
        plans,
        crossings,
        stops,
        areas,
        bounds_m,
        table,
        geometries,
        spans,
        index,
        router: Router::default(),
        warnings,
    };
    if !is_sound(&network) {
        return None;
    }
    network.router = Router::new(&network.lanes, &network.edges, &network.table);
    Some((network, notes))
}

/// Whether everything that is named by its number is there.
fn is_sound(network: &RoadNetwork) -> bool {
    let [lanes, edges, roads, junctions, signals, crossings] = [
        network.lanes.len(),
        network.edges.len(),
        network.roads.len(),
        network.junctions.len(),
        network.signals.len(),
        network.crossings.len(),
    ];
    let is_lane = |lane: &LaneId| (lane.0 as usize) < lanes;
    let is_edge = |edge: &crate::EdgeId| (edge.0 as usize) < edges;
    let is_road = |road: crate::RoadId| (road.0 as usize) < roads;
    let is_junction = |junction: Option<crate::JunctionId>| junction.is_none_or(|id| (id.0 as usize) < junctions);
    let is_signal = |signal: Option<crate::SignalId>| signal.is_none_or(|id| (id.0 as usize) < signals);
    let is_crossing = |crossing: crate::CrossingId| (crossing.0 as usize) < crossings;
    let is_controller = |controller: usize| controller < network.controllers.len();
    network.table.is_sound(lanes)
        && network.index.is_sound(&network.table, lanes)
        && network.geometries.len() == roads
        && network.spans.len() == roads
        && network.spans.iter().flatten().all(|span| is_lane(&span.lane))
        && network.plans.len() == signals
        && network.lanes.iter().all(|lane| {
            is_road(lane.road)
                && lane.edge.is_none_or(|edge| is_edge(&edge))
                && is_junction(lane.junction)
                && [lane.left, lane.right, lane.oncoming].iter().flatten().all(is_lane)
                && lane.successors.iter().chain(&lane.predecessors).all(is_lane)
                && is_signal(lane.signal)
                && lane.conflicts.iter().all(|conflict| is_lane(&conflict.other))
                && lane.crossings.iter().all(|crossed| is_crossing(crossed.crossing))
        })
        && network.edges.iter().all(|edge| {
            is_road(edge.road)
                && is_junction(edge.junction)
                && !edge.lanes.is_empty()
                && edge.lanes.iter().all(is_lane)
                && edge.successors.iter().chain(&edge.predecessors).all(is_edge)
        })
        && network.roads.iter().all(|road| is_junction(road.junction))
        && network
            .junctions
            .iter()
            .all(|junction| junction.lanes.iter().all(is_lane) && junction.controller.is_none_or(is_controller))
        && network.signals.iter().all(|signal| {
            is_controller(signal.controller)
                && signal.lanes.iter().all(is_lane)
                && signal.crossings.iter().all(|&crossing| is_crossing(crossing))
        })
        && network.controllers.iter().all(|controller| {
            let count = controller.signals.len();
            controller.signals.iter().all(|&signal| is_signal(Some(signal)))
                && controller.steps.iter().all(|(_, colours)| colours.len() == count)
        })
        && network
            .crossings
            .iter()
            .all(|crossing| is_signal(crossing.signal) && crossing.lanes.iter().all(|(lane, _, _)| is_lane(lane)))
        && network.stops.iter().all(|stop| is_lane(&stop.position.lane))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_maps::crossroads;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let network = RoadNetwork::compile(&crossroads()).unwrap();
        encode(&network, &["a note".to_owned()])
    });

    #[test]
    fn a_network_comes_back_as_it_was() {
        let (network, notes) = decode(&SOUND).unwrap();
        let compiled = RoadNetwork::compile(&crossroads()).unwrap();
        assert_eq!(notes, ["a note"]);
        assert_eq!(network.digest(), compiled.digest());
        // The digest is made of everything compiled, so the tables came back too.
        assert_eq!(crate::digest::digest(&network), compiled.digest());
        assert_eq!(encode(&network, &notes), *SOUND);
    }

    #[test]
    fn a_form_that_names_what_is_not_there_is_not_read_though_its_checksum_holds() {
        let nowhere = LaneId(1_000_000);
        let spoilt = |spoil: &dyn Fn(&mut RoadNetwork)| {
            let mut network = decode(&SOUND).unwrap().0;
            spoil(&mut network);
            decode(&encode(&network, &[])).is_none()
        };
        assert!(!spoilt(&|_| {}));
        assert!(spoilt(&|network| network.lanes[0].successors.push(nowhere)));
        assert!(spoilt(&|network| network.edges[0].lanes.clear()));
        assert!(spoilt(&|network| network.junctions[0].lanes.push(nowhere)));
        assert!(spoilt(&|network| network.spans[0][0].lane = nowhere));
        assert!(spoilt(&|network| {
            network.lanes.pop();
        }));
        assert!(spoilt(&|network| {
            network.geometries.pop();
        }));
    }

    proptest! {
        #[test]
        fn a_damaged_or_cut_form_is_not_read(at: prop::sample::Index, flip in 1u8..=255, cut: prop::sample::Index) {
            let mut damaged = SOUND.clone();
            let at = at.index(damaged.len());
            damaged[at] ^= flip;
            prop_assert!(decode(&damaged).is_none());
            prop_assert!(decode(&SOUND[..cut.index(SOUND.len())]).is_none());
        }
    }
}
