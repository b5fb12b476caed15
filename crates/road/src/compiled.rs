//! The compiled form: a network as bytes, and back, so that a map need not be compiled twice.
//!
//! It is a cache and no format: it is read by the very program that wrote it, and by no other. What comes first says so,
//! and a fingerprint of the rest: whatever is foreign, stale, cut off or damaged is not read, and the map is compiled again.
//! That is why the network's own structs are encoded as they are. It opens no file.

use crate::route::Router;
use crate::{Edge, Lane, RoadNetwork};
use sha2::{Digest, Sha256};

/// Raised with every change of what is encoded, or of what the compiler makes of a draft.
const MAGIC: &[u8] = b"westline compiled map 1\n";
/// Bytes of SHA-256.
const SEAL_BYTES: usize = 32;

/// The network as bytes, with the notes that its reading made.
pub fn encode(network: &RoadNetwork, notes: &[String]) -> Vec<u8> {
    let names = (
        &network.name,
        &network.digest,
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
    head[MAGIC.len()..].copy_from_slice(&Sha256::digest(body));
    bytes
}

/// What [`encode`] was given; `None` for anything that is not exactly what this version wrote.
pub fn decode(bytes: &[u8]) -> Option<(RoadNetwork, Vec<String>)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (seal, body) = rest.split_at_checked(SEAL_BYTES)?;
    if Sha256::digest(body).as_slice() != seal {
        return None;
    }
    let (names, lists, places) = postcard::from_bytes(body).ok()?;
    let (name, digest, geo_reference, warnings, notes) = names;
    let (lanes, edges, roads, junctions, signals, controllers, plans, crossings, stops, areas) = lists;
    let (bounds_m, table, geometries, spans, index) = places;
    let (lanes, edges): (Vec<Lane>, Vec<Edge>) = (lanes, edges);
    let router = Router::new(&lanes, &edges, &table);
    let network = RoadNetwork {
        name,
        digest,
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
        router,
        warnings,
    };
    Some((network, notes))
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
