//! The hierarchy against the plain search, on maps of towns.

use super::hierarchy::Hierarchy;
use super::{Entry, search};
use crate::{LaneId, LanePosition, RoadNetwork, Traveller, read_map};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The test base's own map, and towns of others where they are at hand.
static TOWNS: LazyLock<Vec<RoadNetwork>> = LazyLock::new(|| {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("WESTLINE_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
    let mut files = vec![here.join("../../sites/yongchuan/map.xodr")];
    match std::fs::read_dir(shared.join("data/traffic/maps")) {
        Ok(maps) => files.extend(maps.flatten().map(|map| map.path())),
        Err(_) => eprintln!("skipped: no maps of others beside the project"),
    }
    files.sort();
    let networks = files.iter().filter_map(|file| {
        let reading = read_map(&file.display().to_string(), &std::fs::read(file).unwrap()).unwrap();
        RoadNetwork::compile(&reading.draft).ok()
    });
    networks.collect()
});

/// Their hierarchies for cars, without labels.
static UNLABELLED: LazyLock<Vec<Hierarchy>> = LazyLock::new(|| {
    let unlabelled = |town| Hierarchy::labelled_up_to(town, Traveller::Car, 0);
    TOWNS.iter().map(unlabelled).collect()
});

/// What a chain of lanes costs from the start of its first to the start of its last.
fn cost_of(network: &RoadNetwork, chain: &[LaneId], traveller: Traveller) -> u32 {
    let step = |from: LaneId, to: LaneId| {
        if network.lane(from).successors.contains(&to) {
            return network.time(from, traveller);
        }
        let mut change = None;
        network.changes(from, traveller, |next, cost| {
            if next == to {
                change = Some(cost);
            }
        });
        change.expect("a chain goes from lane to successor or neighbour")
    };
    chain.windows(2).map(|pair| step(pair[0], pair[1])).sum()
}

fn place(network: &RoadNetwork, lane: prop::sample::Index, share: f64) -> LanePosition {
    let lane = LaneId(lane.index(network.lanes().len()) as u32);
    LanePosition {
        lane,
        s_m: share * network.lane(lane).length_m,
        offset_m: 0.0,
    }
}

fn traveller() -> impl Strategy<Value = Traveller> {
    prop::sample::select(vec![Traveller::Car, Traveller::Bus, Traveller::Bicycle])
}

proptest! {
    // Two lanes in three are for others than the traveller asked about.
    #![proptest_config(ProptestConfig { max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_hierarchy_finds_ways_as_quick_as_the_plain_search(
        town: prop::sample::Index, from: prop::sample::Index, to: prop::sample::Index,
        shares in [0.0..1.0f64, 0.0..1.0f64], traveller in traveller(),
    ) {
        let network = town.get(&TOWNS);
        let (from, to) = (place(network, from, shares[0]), place(network, to, shares[1]));
        prop_assume!(network.may_use(from.lane, traveller) && network.may_use(to.lane, traveller));
        prop_assume!(network.lane(from.lane).edge != network.lane(to.lane).edge);
        let asides = network.asides(from.lane, traveller);
        let entries = network.entries(&asides, traveller);
        let plain = search::nearest(network, traveller, &entries, |lane| lane == to.lane)
            .map(|onward| super::chain_from(&asides, &entries, &onward));
        let found = network.quickest(from, to, traveller);
        let cost = |chain: &Option<Vec<LaneId>>| chain.as_ref().map(|chain| cost_of(network, chain, traveller));
        prop_assert_eq!(cost(&found), cost(&plain));
        if let Some(found) = found {
            prop_assert_eq!((found[0], found[found.len() - 1]), (from.lane, to.lane));
        }
    }

    #[test]
    fn a_hierarchy_without_labels_finds_ways_as_quick(
        town: prop::sample::Index, from: prop::sample::Index, to: prop::sample::Index,
    ) {
        let network = town.get(&TOWNS);
        let (from, to) = (place(network, from, 0.5).lane, place(network, to, 0.5).lane);
        prop_assume!(from != to && [from, to].iter().all(|&lane| network.may_use(lane, Traveller::Car)));
        let start = Entry { lane: from, cost: 0, aside: 0 };
        let searched = UNLABELLED[town.index(TOWNS.len())].lanes(&[start], to);
        let start = Entry { lane: from, cost: 0, aside: 0 };
        let looked_up = network.hierarchy(Traveller::Car).lanes(&[start], to);
        let cost = |chain: &Option<Vec<LaneId>>| chain.as_ref().map(|chain| cost_of(network, chain, Traveller::Car));
        prop_assert_eq!(cost(&searched), cost(&looked_up));
    }

    #[test]
    fn a_way_out_ends_where_a_road_leaves_the_map(
        town: prop::sample::Index, from: prop::sample::Index, traveller in traveller(),
    ) {
        let network = town.get(&TOWNS);
        let from = place(network, from, 0.5);
        if let Some(route) = network.route_out(from, traveller) {
            let last = network.lane(*route.lanes.last().unwrap());
            prop_assert!(last.successors.is_empty() && last.junction.is_none());
            prop_assert_eq!(route.end_m, last.length_m);
        }
    }
}
