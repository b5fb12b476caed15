//! What happens at a junction: who meets whom, who goes first, which lights are green together, where people cross.

use super::tests::foreign_maps;
use crate::draft::{MapDraft, ObjectDraft, ObjectKind, Orientation, SignalDraft, SignalKind};
use crate::small_maps::{crossroads, lit_crossroads, street};
use crate::{Conflict, ConflictKind, LaneId, RightOfWay, RoadNetwork, SignalColour, SignalId};

fn compiled(map: &MapDraft) -> RoadNetwork {
    let network = RoadNetwork::compile(map).unwrap();
    assert!(network.warnings().is_empty(), "{:#?}", network.warnings());
    network
}

fn way(network: &RoadNetwork, road: &str) -> LaneId {
    let road = network.road_by_id(road).unwrap();
    LaneId(network.lanes().iter().position(|lane| lane.road == road).unwrap() as u32)
}

fn conflict(network: &RoadNetwork, from: &str, with: &str) -> Option<Conflict> {
    let other = way(network, with);
    network
        .lane(way(network, from))
        .conflicts
        .iter()
        .copied()
        .find(|conflict| conflict.other == other)
}

/// The laws of conflicts: told on both sides alike, within both lanes, one of the two goes first.
fn check_conflicts(name: &str, network: &RoadNetwork) -> usize {
    let mut count = 0;
    for (index, lane) in network.lanes().iter().enumerate() {
        for conflict in &lane.conflicts {
            count += 1;
            let other = network.lane(conflict.other);
            let back: Vec<&Conflict> = other
                .conflicts
                .iter()
                .filter(|back| back.other.0 as usize == index)
                .collect();
            let [back] = back[..] else {
                panic!("{name}: lane {index} and {:?} disagree", conflict.other)
            };
            assert_eq!(
                (conflict.enter_m, conflict.exit_m, conflict.kind),
                (back.other_enter_m, back.other_exit_m, back.kind),
                "{name}"
            );
            assert!(
                0.0 <= conflict.enter_m && conflict.enter_m <= conflict.exit_m,
                "{name} {conflict:?}"
            );
            assert!(conflict.exit_m <= lane.length_m + 1e-9, "{name} {conflict:?}");
            assert_ne!(
                conflict.right_of_way == RightOfWay::Priority,
                back.right_of_way == RightOfWay::Priority,
                "{name} {conflict:?}"
            );
        }
    }
    count
}

/// The law of made programs: lights that are green together hold back no crossing ways, but for left turns that look
/// out, and every light is green at some time.
fn check_lights(name: &str, network: &RoadNetwork) {
    for controller in network.controllers() {
        let cycle_ms: i64 = controller.steps.iter().map(|step| step.0).sum();
        for (slot, &signal) in controller.signals.iter().enumerate() {
            let is_green = |colours: &[SignalColour]| colours[slot] == SignalColour::Green;
            assert!(
                controller.steps.iter().any(|(_, colours)| is_green(colours)),
                "{name} {signal:?}"
            );
            for at in 0..50 {
                let elapsed_ms = cycle_ms * at / 50 + 3;
                let colour = network.signal_colour(signal, elapsed_ms);
                let changes_ms = network.signal_changes_in_ms(signal, elapsed_ms);
                if let Some(changes_ms) = changes_ms {
                    assert!(changes_ms > 0, "{name}");
                    assert_eq!(
                        network.signal_colour(signal, elapsed_ms + changes_ms - 1),
                        colour,
                        "{name}"
                    );
                    assert_ne!(network.signal_colour(signal, elapsed_ms + changes_ms), colour, "{name}");
                }
            }
        }
    }
}

#[test]
fn crossing_and_merging_ways_conflict_and_opposite_straight_ways_do_not() {
    let network = compiled(&crossroads());
    assert!(check_conflicts("crossroads", &network) > 20);
    let crossing = conflict(&network, "way02", "way13").unwrap();
    assert_eq!(crossing.kind, ConflictKind::Cross);
    // Two bodies of 2.2 m at right angles share 4.4 m at most.
    let shared_m = crossing.exit_m - crossing.enter_m;
    assert!(shared_m > 3.5 && shared_m < 4.5, "{crossing:?}");
    assert_eq!(conflict(&network, "way02", "way12").unwrap().kind, ConflictKind::Merge);
    let parting = conflict(&network, "way02", "way01").unwrap();
    assert_eq!((parting.kind, parting.enter_m), (ConflictKind::Diverge, 0.0));
    assert_eq!(conflict(&network, "way02", "way20"), None);
}

#[test]
fn right_of_way_follows_turn_and_side() {
    let network = compiled(&crossroads());
    let ours = |from: &str, with: &str| conflict(&network, from, with).unwrap().right_of_way;
    // From the east and turning left, against straight on from the west.
    assert_eq!(ours("way03", "way20"), RightOfWay::Yield);
    // Heading west, the north arm's traffic (heading south) comes from the right.
    assert_eq!(ours("way02", "way13"), RightOfWay::Yield);
    assert_eq!(ours("way13", "way02"), RightOfWay::Priority);
}

#[test]
fn stop_sign_and_priorities_decide_before_the_side() {
    let mut map = crossroads();
    map.roads[1].signals.push(SignalDraft {
        id: "stop".into(),
        s_m: 83.0,
        orientation: Orientation::Forward,
        kind: SignalKind::Stop,
        ..SignalDraft::default()
    });
    let network = compiled(&map);
    assert_eq!(
        conflict(&network, "way13", "way02").unwrap().right_of_way,
        RightOfWay::Stop
    );
    map.junctions[0].priorities.push(("arm1".into(), "arm0".into()));
    let network = compiled(&map);
    assert_eq!(
        conflict(&network, "way13", "way02").unwrap().right_of_way,
        RightOfWay::Priority
    );
    check_conflicts("priorities", &network);
}

#[test]
fn ways_on_two_levels_do_not_conflict() {
    let mut map = crossroads();
    for road in &mut map.roads {
        if ["way13", "way31", "arm1", "arm3"].contains(&road.id.as_str()) {
            road.elevation = vec![crate::small_maps::flat(6.0)];
        }
    }
    let network = RoadNetwork::compile(&map).unwrap();
    assert_eq!(conflict(&network, "way02", "way13"), None);
    // Ways between the levels end in the air: they are told, and lead nowhere.
    assert!(
        network
            .warnings()
            .iter()
            .any(|warning| warning.contains("lane `-1` of road `way01`"))
    );
}

#[test]
fn facing_approaches_share_a_green_and_people_walk_beside_the_other_axis() {
    let network = compiled(&lit_crossroads());
    check_lights("lit crossroads", &network);
    let signal = |id: &str| SignalId(network.signals().iter().position(|signal| signal.id == id).unwrap() as u32);
    let colour = |id: &str, elapsed_ms: i64| network.signal_colour(signal(id), elapsed_ms);
    let cycle_ms: i64 = network.controllers()[0].steps.iter().map(|step| step.0).sum();
    assert!((60_000..=100_000).contains(&cycle_ms), "{cycle_ms}");
    let mut walked_ms = 0;
    for elapsed_ms in (0..cycle_ms).step_by(100) {
        assert_eq!(colour("light0", elapsed_ms), colour("light2", elapsed_ms));
        let go = |id: &str| matches!(colour(id, elapsed_ms), SignalColour::Green | SignalColour::Amber);
        assert!(!(go("light0") && go("light1")));
        assert!(
            !(go("people") && go("light0")),
            "the arm's own traffic drives over the crossing"
        );
        walked_ms += if go("people") { 100 } else { 0 };
    }
    assert!(walked_ms >= 7_000, "{walked_ms}");
    assert_eq!(network.lane(way(&network, "way02")).signal, Some(signal("light0")));
    assert_eq!(network.signals()[signal("light0").0 as usize].lanes.len(), 3);
    assert_eq!(network.junctions()[0].controller, Some(0));
}

#[test]
fn crossing_leads_from_kerb_to_kerb_over_every_lane() {
    let network = compiled(&lit_crossroads());
    let crossing = &network.crossings()[0];
    let walk_m = libm::hypot(
        crossing.to_m[0] - crossing.from_m[0],
        crossing.to_m[1] - crossing.from_m[1],
    );
    assert!((walk_m - 7.0).abs() < 1e-9);
    let stretches: Vec<(f64, f64)> = crossing.lanes.iter().map(|&(_, from, to)| (from, to)).collect();
    assert_eq!(stretches.len(), 2);
    for (found, expected) in stretches.iter().zip([(0.0, 3.5), (3.5, 7.0)]) {
        assert!(
            (found.0 - expected.0).abs() < 1e-6 && (found.1 - expected.1).abs() < 1e-6,
            "{stretches:?}"
        );
    }
    for &(lane, _, _) in &crossing.lanes {
        let [over] = network.lane(lane).crossings[..] else {
            panic!("one crossing")
        };
        assert!((over.exit_m - over.enter_m - 4.0).abs() < 1.1, "{over:?}");
    }
    assert!(crossing.signal.is_some());
}

#[test]
fn bus_stands_on_the_outermost_lane_and_its_kerb_lies_beyond_the_bicycle_lane() {
    let mut map = street();
    map.roads[0].objects.push(ObjectDraft {
        id: "S1".into(),
        name: "Museum".into(),
        kind: ObjectKind::BusStop,
        s_m: 100.0,
        t_m: -9.5,
        length_m: 20.0,
        orientation: Orientation::Forward,
        ..ObjectDraft::default()
    });
    let network = compiled(&map);
    let [stop] = network.stops() else { panic!("one stop") };
    assert_eq!(network.lane(stop.position.lane).opendrive_id, -2);
    assert!((stop.position.s_m - 110.0).abs() < 1e-9 && (stop.length_m - 20.0).abs() < 1e-9);
    assert!((stop.kerb_m - (3.25 / 2.0 + 1.5)).abs() < 1e-9, "{}", stop.kerb_m);
    assert!(
        stop.platform_m[1] < -8.25 && (stop.platform_m[0] - 100.0).abs() < 1e-9,
        "{:?}",
        stop.platform_m
    );
}

#[test]
fn conflicts_and_lights_of_foreign_maps_keep_the_laws() {
    for (name, map) in foreign_maps() {
        let network = RoadNetwork::compile(&map).unwrap();
        check_conflicts(&name, &network);
        check_lights(&name, &network);
    }
}

#[test]
fn a_junction_of_too_many_lanes_is_refused() {
    let mut map = crossroads();
    let way = map.roads.iter().position(|road| road.junction.is_some()).unwrap();
    for index in 0..2_048 {
        let mut copy = map.roads[way].clone();
        copy.id = format!("copy {index}");
        map.roads.push(copy);
    }
    let error = RoadNetwork::compile(&map).unwrap_err().to_string();
    assert!(error.contains("lanes, expected at most 2048\nhint: "), "{error}");
}
