//! Traffic on networks that a program draws: what holds on any of them, with any kind of driver.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

use crate::large::source;
use proptest::prelude::*;
use record::Seed;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use world::Weather;
use world::microscopic::{Seen, Settings, Simulation};
use world::realism::study;
use world::sumo::{Control, StreetNetwork, StreetPlan, SumoDemand};

/// A town of three by three junctions, or four by two, whose junctions are governed each in its own way.
fn towns() -> impl Strategy<Value = StreetPlan> {
    let control = prop::sample::select(vec![
        Control::Priority,
        Control::Stop,
        Control::Signal {
            east_west_s: 20,
            north_south_s: 25,
            offset_s: 7,
        },
    ]);
    let street = (1_usize..4, 8.0..20.0, 1_i32..3);
    (
        any::<bool>(),
        100.0..200.0,
        prop::collection::vec(control, 9),
        prop::collection::vec(street, 24),
    )
        .prop_map(|(is_square, block_m, controls, streets)| {
            let mut plan = StreetPlan::grid(if is_square { [3, 3] } else { [4, 2] }, block_m);
            for (place, control) in plan.places.iter_mut().zip(controls) {
                place.control = control;
            }
            for (street, (lanes, speed_mps, priority)) in plan.streets.iter_mut().zip(streets) {
                (street.lanes, street.speed_mps, street.priority) = (lanes, speed_mps, priority);
            }
            plan
        })
}

/// Vehicles of several kinds from everywhere to everywhere, by the ways of least time; those without a way stay at home.
fn demand(plan: &StreetPlan, network: &StreetNetwork, count: usize, luck: u64) -> String {
    const KINDS: [&str; 5] = ["people", "krauss", "idm", "truck", "bus"];
    let mut text = String::from(
        "<routes>\n<vType id=\"people\" carFollowModel=\"Human\"/>\n<vType id=\"krauss\"/>\n<vType id=\"idm\" carFollowModel=\"IDM\"/>\n\
         <vType id=\"truck\" vClass=\"truck\" carFollowModel=\"EIDM\"/>\n<vType id=\"bus\" vClass=\"bus\"/>\n",
    );
    let mut stream = Seed(luck).stream("test.demand", 0);
    for index in 0..count {
        let from = stream.below(plan.streets.len());
        let mut way = vec![network.edge_named(&plan.streets[from].id).unwrap()];
        for _ in 0..1 + stream.below(6) {
            let joints = network.edges[way[way.len() - 1] as usize].joints.clone();
            let joints = &network.joints[joints.start as usize..joints.end as usize];
            if joints.is_empty() {
                break;
            }
            way.push(joints[stream.below(joints.len())].to);
        }
        let names: Vec<&str> = way
            .iter()
            .map(|&edge| network.edges[edge as usize].id.as_str())
            .collect();
        let _ = writeln!(
            text,
            "<vehicle id=\"{index}\" type=\"{}\" depart=\"{}\" departLane=\"best\"><route edges=\"{}\"/></vehicle>",
            KINDS[stream.below(KINDS.len())],
            index / 2,
            names.join(" ")
        );
    }
    text + "</routes>\n"
}

fn simulation(plan: &StreetPlan, count: usize, step_s: f64, luck: u64) -> (Arc<StreetNetwork>, Simulation) {
    let mut network =
        StreetNetwork::read(&source("drawn.net.xml", plan.net())).unwrap_or_else(|error| panic!("{error}"));
    let routes = source("drawn.rou.xml", demand(plan, &network, count, luck));
    let demand = SumoDemand::read(&mut network, &[routes], Seed(1)).unwrap_or_else(|error| panic!("{error}"));
    let network = Arc::new(network);
    let settings = Settings {
        step_s,
        seed: Seed(luck),
        weather: Weather {
            rain_mm_per_h: [0.0, 5.0, 20.0][(luck % 3) as usize],
            is_dark: luck % 2 == 1,
            ..Weather::default()
        },
        ..Settings::default()
    };
    let simulation = Simulation::new(Arc::clone(&network), Arc::new(demand), settings);
    (network, simulation.unwrap_or_else(|error| panic!("{error}")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn in_any_town_nobody_overlaps_jumps_runs_a_light_or_stays_for_ever(
        plan in towns(), count in 20_usize..90, step_s in prop::sample::select(vec![0.5, 1.0]), luck in any::<u64>(),
    ) {
        let (network, mut simulation) = simulation(&plan, count, step_s, luck);
        let mut before: BTreeMap<u32, Seen> = BTreeMap::new();
        let mut steps = 0;
        while !simulation.is_over() {
            simulation.step();
            steps += 1;
            let totals = simulation.totals();
            prop_assert_eq!(totals.departed, totals.arrived + totals.running);
            prop_assert_eq!(totals.collisions, 0, "somebody overlaps at {} s", simulation.now_s());
            for seen in simulation.vehicles() {
                let Some(old) = before.get(&seen.departure) else {
                    continue;
                };
                if old.lane == seen.lane {
                    let way_m = seen.at_m - old.at_m;
                    prop_assert!((way_m - seen.speed_mps * step_s).abs() < 1e-6, "{old:?} became {seen:?}");
                    continue;
                }
                let old_lane = &network.lanes[old.lane as usize];
                let mut links = old_lane.links.clone();
                if !old_lane.is_internal
                    && let Some(link) = links.find(|&link| network.links[link as usize].next == seen.lane)
                {
                    let left_m = old_lane.length_m - old.at_m;
                    let could_stop = left_m > old.speed_mps * old.speed_mps / (2.0 * 4.0) + old.speed_mps * step_s;
                    prop_assert!(simulation.shown(link) != b'r' || !could_stop, "{old:?} entered at red");
                }
            }
            before = simulation.vehicles().map(|seen| (seen.departure, seen)).collect();
            prop_assert!(f64::from(steps) * step_s < 20_000.0, "not everyone arrives: {totals:?}");
        }
        prop_assert_eq!(simulation.totals().arrived, count);
    }

    #[test]
    fn in_any_town_the_number_of_threads_changes_nothing(plan in towns(), luck in any::<u64>()) {
        let digests = [1, 2, 8].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (_, mut simulation) = simulation(&plan, 120, 1.0, luck);
            pool.install(|| {
                for _ in 0..150 {
                    simulation.step();
                }
                simulation.digest()
            })
        });
        prop_assert_eq!(digests[0], digests[1]);
        prop_assert_eq!(digests[0], digests[2]);
    }
}

#[test]
fn the_same_plan_gives_the_same_text_and_left_turns_wait_in_the_middle() {
    let plan = StreetPlan::grid([3, 3], 150.0);
    assert_eq!(plan.net(), StreetPlan::grid([3, 3], 150.0).net());
    let network = StreetNetwork::read(&source("grid.net.xml", plan.net())).unwrap();
    assert_eq!(
        network.edges.iter().filter(|edge| !edge.is_internal).count(),
        plan.streets.len()
    );
    let waiting = network.links.iter().filter(|link| link.is_cont).count();
    // The middle junction has a left turn from each arm; those on an edge have two that meet traffic straight on.
    assert!(waiting >= 4, "{waiting} links wait inside");
}

#[test]
fn a_driver_that_is_no_driver_is_told() {
    let error = study("sigma=\"2\"", Seed(1)).unwrap_err().to_string();
    assert!(error.contains("`sigma` is `2`"), "{error}");
}
