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

const AMBULANCE: &str =
    "<vType id=\"ambulance\" vClass=\"emergency\"><param key=\"has.bluelight.device\" value=\"true\"/></vType>\n";
/// Every so many vehicles of a town one has blue lights.
const AMBULANCE_EVERY: usize = 17;

/// Vehicles of several kinds from everywhere to everywhere, by the ways of least time; those without a way stay at home.
fn demand(plan: &StreetPlan, network: &StreetNetwork, count: usize, luck: u64) -> String {
    const KINDS: [&str; 5] = ["people", "krauss", "idm", "truck", "bus"];
    let mut text = String::from(
        "<routes>\n<vType id=\"people\" carFollowModel=\"Human\"/>\n<vType id=\"krauss\"/>\n<vType id=\"idm\" carFollowModel=\"IDM\"/>\n\
         <vType id=\"truck\" vClass=\"truck\" carFollowModel=\"EIDM\"/>\n<vType id=\"bus\" vClass=\"bus\"/>\n",
    ) + AMBULANCE;
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
            match index % AMBULANCE_EVERY {
                0 => "ambulance",
                _ => KINDS[stream.below(KINDS.len())],
            },
            index / 2,
            names.join(" ")
        );
    }
    text + "</routes>\n"
}

/// A plan with the traffic of a route file, which may be made for its network.
fn played(
    plan: &StreetPlan,
    routes: impl FnOnce(&StreetNetwork) -> String,
    settings: Settings,
) -> (Arc<StreetNetwork>, Simulation) {
    let mut network =
        StreetNetwork::read(&source("drawn.net.xml", plan.net())).unwrap_or_else(|error| panic!("{error}"));
    let routes = source("drawn.rou.xml", routes(&network));
    let demand = SumoDemand::read(&mut network, &[routes], Seed(1)).unwrap_or_else(|error| panic!("{error}"));
    let network = Arc::new(network);
    let simulation = Simulation::new(Arc::clone(&network), Arc::new(demand), settings);
    (network, simulation.unwrap_or_else(|error| panic!("{error}")))
}

fn simulation(plan: &StreetPlan, count: usize, step_s: f64, luck: u64) -> (Arc<StreetNetwork>, Simulation) {
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
    played(plan, |network| demand(plan, network, count, luck), settings)
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
                    let may_pass = (seen.departure as usize).is_multiple_of(AMBULANCE_EVERY);
                    let is_obeyed = simulation.shown(link) != b'r' || !could_stop || may_pass;
                    prop_assert!(is_obeyed, "{old:?} entered at red");
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

/// Seconds that each vehicle of `demand` takes on `plan`.
fn durations_s(plan: &StreetPlan, demand: &str) -> Vec<f64> {
    let routes = |_: &StreetNetwork| format!("<routes>\n{AMBULANCE}{demand}</routes>\n");
    let (_, mut simulation) = played(plan, routes, Settings::default());
    while !simulation.is_over() {
        simulation.step();
        assert_eq!(simulation.totals().collisions, 0);
        assert!(simulation.now_s() < 3000.0, "{:?}", simulation.totals());
    }
    simulation.trips().iter().map(|trip| trip.duration_s()).collect()
}

#[test]
fn a_step_of_grown_traffic_asks_nothing_of_the_allocator() {
    let plan = StreetPlan::grid([4, 4], 150.0);
    let mut flows = String::from("<routes>\n<vType id=\"car\" sigma=\"0\" speedDev=\"0\"/>\n");
    for (index, street) in plan.streets.iter().enumerate() {
        let (from, to) = (&street.id, &plan.streets[(index * 7 + 5) % plan.streets.len()].id);
        let _ = writeln!(
            flows,
            "<flow id=\"{index}\" type=\"car\" begin=\"0\" end=\"4000\" period=\"40\" from=\"{from}\" to=\"{to}\"/>"
        );
    }
    let (_, mut simulation) = played(&plan, |_| flows + "</routes>\n", Settings::default());
    while simulation.now_s() < 3000.0 {
        simulation.step();
    }
    assert!(simulation.totals().running > 100, "{:?}", simulation.totals());
    let asked = allocation_counter::measure(|| {
        for _ in 0..300 {
            simulation.step();
        }
    });
    assert_eq!(asked.count_total, 0, "{asked:?}");
}

#[test]
fn blue_lights_pass_a_red_light_through_the_gap_that_others_make() {
    let mut plan = StreetPlan::default();
    let signal = Control::Signal {
        east_west_s: 10,
        north_south_s: 300,
        offset_s: 20,
    };
    let middle = plan.place([0.0, 0.0], signal);
    for (name, at_m) in [
        ("w", [-400.0, 0.0]),
        ("e", [400.0, 0.0]),
        ("s", [0.0, -400.0]),
        ("n", [0.0, 400.0]),
    ] {
        let place = plan.place(at_m, Control::Priority);
        plan.street(&format!("{name}_in"), [place, middle], 1, 13.9, 1);
        plan.street(&format!("{name}_out"), [middle, place], 1, 13.9, 1);
    }
    let crossing = "<flow id=\"others\" begin=\"0\" end=\"200\" period=\"4\"><route edges=\"s_in n_out\"/></flow>\n";
    let through = |kind: &str| {
        let ours = format!("<vehicle id=\"a\" {kind} depart=\"40\"><route edges=\"w_in e_out\"/></vehicle>\n");
        durations_s(&plan, &(crossing.to_owned() + &ours))
    };
    let (hurried, patient) = (through("type=\"ambulance\""), through(""));
    let longest = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
    // At 40 s the eleventh departs; the light stays red for minutes.
    assert!(longest(&patient) > 200.0, "{patient:?}");
    assert!(longest(&hurried) < 90.0, "{hurried:?}");
}

#[test]
fn those_ahead_of_blue_lights_leave_the_lane() {
    let mut plan = StreetPlan::default();
    let ends = [0.0, 3000.0].map(|x| plan.place([x, 0.0], Control::Priority));
    plan.street("road", ends, 2, 27.8, 1);
    let slow = "<vType id=\"slow\" maxSpeed=\"15\" speedDev=\"0\"/>\n";
    let beside: String = (0..2)
        .map(|lane| {
            format!(
                "<vehicle id=\"s{lane}\" type=\"slow\" depart=\"0\" departLane=\"{lane}\" departPos=\"{}\"><route edges=\"road\"/></vehicle>\n",
                60 - 25 * lane
            )
        })
        .collect();
    let behind = |kind: &str| {
        let ours =
            format!("<vehicle id=\"a\" {kind} depart=\"5\" departLane=\"1\"><route edges=\"road\"/></vehicle>\n");
        durations_s(&plan, &format!("{slow}{beside}{ours}"))[2]
    };
    let hurried_s = behind("type=\"ambulance\"");
    assert!(
        hurried_s < 0.6 * 3000.0 / 15.0,
        "{hurried_s} s behind two who drive 15 m/s side by side"
    );
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
