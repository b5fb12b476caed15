//! Tests of the builder's promise: wherever a lane of the draft goes on, it goes on without gap, kink or step.

use super::*;
use crate::draft::{Cubic, LaneDraft, LaneKind, PlanShape};
use alignment::{Alignment, PlanPose, normalize_angle};
use libm::{fabs, hypot};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Middle of a lane at one end of a road, with its heading in the direction of +s, height and slope.
fn lane_end(road: &RoadDraft, lane: i32, at_end: bool) -> Option<(PlanPose, f64, f64)> {
    let s_m = if at_end { road.length_m } else { 0.0 };
    let section = if at_end {
        road.sections.last()?
    } else {
        road.sections.first()?
    };
    let ds = s_m - section.s_m;
    let side = if lane < 0 { &section.right } else { &section.left };
    let sign = if lane < 0 { -1.0 } else { 1.0 };
    let [mut t_m, mut slope] = profile::value_at(&road.lane_offset, s_m);
    for strip in side {
        let [width_m, widening] = profile::value_at(&strip.widths, ds);
        if strip.id == lane {
            t_m += sign * 0.5 * width_m;
            slope += sign * 0.5 * widening;
            let pose = Alignment {
                elements: road.plan.clone(),
            }
            .pose(s_m)
            .shifted_left(t_m);
            let pose = PlanPose {
                heading_rad: pose.heading_rad + libm::atan(slope),
                ..pose
            };
            let [z_m, grade] = profile::value_at(&road.elevation, s_m);
            return Some((pose, z_m, grade));
        }
        t_m += sign * width_m;
        slope += sign * widening;
    }
    None
}

/// Everything that is broken in a draft: links that dangle, lanes that jump, reference lines with gaps.
pub(super) fn breaks(draft: &MapDraft) -> Vec<String> {
    let roads: BTreeMap<&str, &RoadDraft> = draft.roads.iter().map(|road| (road.id.as_str(), road)).collect();
    let mut found = Vec::new();
    if roads.len() != draft.roads.len() {
        found.push("two roads have one id".to_owned());
    }
    for road in &draft.roads {
        let line = Alignment {
            elements: road.plan.clone(),
        };
        if fabs(line.length_m() - road.length_m) > 1e-6 || road.length_m <= 0.0 {
            found.push(format!(
                "road {}: length {} but plan {}",
                road.id,
                road.length_m,
                line.length_m()
            ));
        }
        for pair in road.plan.windows(2) {
            let end = Alignment {
                elements: vec![pair[0]],
            }
            .pose(pair[0].s_m + pair[0].length_m);
            let single = Alignment {
                elements: vec![crate::draft::PlanElement { s_m: 0.0, ..pair[0] }],
            };
            let end = if pair[0].s_m == 0.0 {
                end
            } else {
                single.pose(pair[0].length_m)
            };
            let gap = hypot(end.x_m - pair[1].x_m, end.y_m - pair[1].y_m);
            let kink = fabs(normalize_angle(end.heading_rad - pair[1].heading_rad));
            if gap > 1e-3 || kink > 1e-4 {
                found.push(format!(
                    "road {} at {}: plan gap {gap} kink {kink}",
                    road.id, pair[1].s_m
                ));
            }
        }
        for section in &road.sections {
            for lane in section.left.iter().chain(&section.right) {
                check_widths(road, section.s_m, lane, &mut found);
            }
        }
        for pair in road.sections.windows(2) {
            for lane in pair[0].left.iter().chain(&pair[0].right) {
                let Some(next) = lane.successor else { continue };
                let after = pair[1].left.iter().chain(&pair[1].right).find(|other| other.id == next);
                if after.is_none_or(|after| after.predecessor != Some(lane.id)) {
                    found.push(format!(
                        "road {}: lane {} leads to {next}, which does not lead back",
                        road.id, lane.id
                    ));
                }
            }
        }
        // Over the road's ends.
        for (at_end, link) in [(false, &road.predecessor), (true, &road.successor)] {
            let Some(RoadLink::Road { id, contact }) = link else {
                continue;
            };
            let Some(other) = roads.get(id.as_str()) else {
                found.push(format!("road {}: linked road {id} does not exist", road.id));
                continue;
            };
            let other_at_end = *contact == ContactPoint::End;
            let section = if at_end {
                road.sections.last()
            } else {
                road.sections.first()
            };
            for lane in section
                .into_iter()
                .flat_map(|section| section.left.iter().chain(&section.right))
            {
                let Some(linked) = (if at_end { lane.successor } else { lane.predecessor }) else {
                    continue;
                };
                let (Some((a, za, ga)), Some((b, zb, gb))) =
                    (lane_end(road, lane.id, at_end), lane_end(other, linked, other_at_end))
                else {
                    found.push(format!(
                        "road {} lane {}: linked lane {linked} of {id} does not exist",
                        road.id, lane.id
                    ));
                    continue;
                };
                // Along +s one leaves at an end and enters at a start; two like ends face each other.
                let turned = if at_end == other_at_end {
                    std::f64::consts::PI
                } else {
                    0.0
                };
                let gap = hypot(a.x_m - b.x_m, a.y_m - b.y_m);
                // A lane between a forward and a backward one runs against its connecting road.
                let kink = fabs(normalize_angle(a.heading_rad - b.heading_rad - turned));
                let step = fabs(za - zb);
                let grade = if at_end == other_at_end {
                    fabs(ga + gb)
                } else {
                    fabs(ga - gb)
                };
                if gap > 0.01 || kink > 1e-3 || step > 0.01 || grade > 2e-3 {
                    found.push(format!(
                        "road {} lane {} to road {id} lane {linked}: gap {gap:.4} m, kink {kink:.5} rad, step {step:.4} m, grade {grade:.4}",
                        road.id, lane.id
                    ));
                }
            }
        }
    }
    for junction in &draft.junctions {
        for connection in &junction.connections {
            let exists = |id: &str| roads.contains_key(id);
            if !exists(&connection.incoming_road) || !exists(&connection.connecting_road) {
                found.push(format!(
                    "junction {}: connection with a road that does not exist",
                    junction.id
                ));
            }
        }
    }
    for signal in draft.roads.iter().flat_map(|road| &road.signals) {
        for id in &signal.connecting_roads {
            if !roads.contains_key(id.as_str()) {
                found.push(format!("signal {}: road {id} does not exist", signal.id));
            }
        }
    }
    found
}

fn check_widths(road: &RoadDraft, s_m: f64, lane: &LaneDraft, found: &mut Vec<String>) {
    let Some(first) = lane.widths.first() else {
        found.push(format!("road {} at {s_m}: lane {} has no width", road.id, lane.id));
        return;
    };
    let is_ordered = first.s_m == 0.0 && lane.widths.windows(2).all(|pair: &[Cubic]| pair[0].s_m < pair[1].s_m);
    let is_positive = lane.widths.iter().all(|width| width.a > -1e-9 && width.a < 40.0);
    if !is_ordered || !is_positive {
        found.push(format!(
            "road {} at {s_m}: lane {} has widths {:?}",
            road.id, lane.id, lane.widths
        ));
    }
}

fn lanes(drive: usize, has_bicycles: bool, has_sidewalk: bool) -> Vec<LaneSpec> {
    let mut list = vec![LaneSpec::new(LaneKind::Driving, 3.25); drive];
    if has_bicycles {
        list.push(LaneSpec::new(LaneKind::Bicycle, 2.0));
    }
    if has_sidewalk {
        list.push(LaneSpec::new(LaneKind::Sidewalk, 2.5));
    }
    list
}

/// A star of streets around one node, each with a joint at `near_m`.
fn star(kind: NodeKind, near_m: f64, arms: &[(f64, usize, usize, bool, f64)]) -> StreetGraph {
    let mut graph = StreetGraph::new("star");
    let centre = graph.add_node(Node {
        id: "1".into(),
        kind,
        has_crossings: true,
        z_m: 300.0,
        ..Node::default()
    });
    let mut bearing: f64 = 0.0;
    for (index, &(turn, ahead, back, has_bicycles, rise_m)) in arms.iter().enumerate() {
        bearing += turn;
        let place = |distance: f64, bend: f64| {
            [
                distance * libm::cos(bearing + bend),
                distance * libm::sin(bearing + bend),
            ]
        };
        let node = |id: String, at: [f64; 2], z_m: f64| Node {
            id,
            x_m: at[0],
            y_m: at[1],
            z_m,
            ..Node::default()
        };
        let middle = graph.add_node(node(format!("{}", 10 + index), place(near_m, 0.05), 300.0 + rise_m));
        let far = graph.add_node(node(format!("{}", 30 + index), place(330.0, 0.2), 300.0 + 2.0 * rise_m));
        let street = |id: String, from, to, forward, backward| Street {
            id,
            from,
            to,
            class: RoadClass::Collector,
            speed_mps_max: 13.9,
            forward,
            backward,
            median_m: if index % 2 == 0 { 3.0 } else { 0.0 },
            forward_pockets: Pockets {
                end_left: u32::from(ahead > 1),
                ..Pockets::default()
            },
            ..Street::default()
        };
        // One street is drawn towards the middle and one away from it.
        let list = |count| lanes(count, has_bicycles, true);
        graph.add_street(street(
            format!("{}", 100 + index),
            middle,
            centre,
            list(ahead),
            list(back),
        ));
        let (outer_ahead, outer_back) = (list(ahead + 1), list(back.max(1)));
        graph.add_street(if index % 2 == 0 {
            street(
                format!("{}", 200 + index),
                far,
                middle,
                outer_ahead,
                if back == 0 { lanes(0, false, true) } else { outer_back },
            )
        } else {
            street(
                format!("{}", 200 + index),
                middle,
                far,
                if back == 0 { lanes(1, false, true) } else { outer_back },
                outer_ahead,
            )
        });
    }
    graph
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn lanes_go_on_without_gap_kink_or_step(
        kind in prop_oneof![
            Just(NodeKind::Plain), Just(NodeKind::GiveWay), Just(NodeKind::Stop), Just(NodeKind::Priority),
            Just(NodeKind::Signals), Just(NodeKind::Roundabout { radius_m: 26.0, lanes: 2 }),
            Just(NodeKind::Roundabout { radius_m: 18.0, lanes: 1 }),
        ],
        near_m in prop_oneof![Just(180.0), 4.0..180.0_f64],
        arms in proptest::collection::vec((0.7..1.5_f64, 1..4_usize, 0..4_usize, any::<bool>(), -8.0..8.0_f64), 2..5),
    ) {
        let graph = star(kind, near_m, &arms);
        let built = build(&graph).expect("the graph is sound");
        let found = breaks(&built.draft);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn lanes_go_on_where_one_all_but_touches_the_next() {
    for (turn, near_m) in [(0.86170, 28.9785), (0.86171, 28.978), (0.86172, 28.9775)] {
        let arms = [
            (0.7, 3, 0, true, 0.0),
            (turn, 1, 2, false, 0.0),
            (0.7, 1, 0, false, 0.0),
        ];
        let built = build(&star(NodeKind::Plain, near_m, &arms)).expect("the graph is sound");
        let found = breaks(&built.draft);
        assert!(found.is_empty(), "near_m = {near_m}: {}", found.join("\n"));
    }
}

#[test]
fn one_graph_makes_one_draft() {
    let graph = star(
        NodeKind::Signals,
        180.0,
        &[(0.0, 2, 2, true, 3.0), (1.6, 1, 1, false, 0.0), (1.5, 3, 2, true, -3.0)],
    );
    let built = build(&graph).expect("the graph is sound");
    assert_eq!(built, build(&graph).expect("the graph is sound"));
    assert!(
        built
            .draft
            .roads
            .iter()
            .flat_map(|road| &road.plan)
            .all(|element| { !matches!(element.shape, PlanShape::Poly3 { .. } | PlanShape::ParamPoly3 { .. }) })
    );
}

#[test]
fn graph_that_cannot_be_built_names_all_that_is_wrong() {
    let mut graph = StreetGraph::new("broken");
    let node = graph.add_node(Node {
        id: "1".into(),
        ..Node::default()
    });
    graph.add_node(Node {
        id: "1".into(),
        x_m: f64::NAN,
        ..Node::default()
    });
    graph.add_street(Street {
        id: "7".into(),
        from: node,
        to: NodeId(9),
        ..Street::default()
    });
    graph.add_street(Street {
        id: "8".into(),
        from: node,
        to: node,
        speed_mps_max: -1.0,
        ..Street::default()
    });
    let message = build(&graph).expect_err("it is broken").to_string();
    for part in [
        "node `1`",
        "nodes[1]",
        "street `7`: node [0, 9] does not exist",
        "street `8`: speed limit `-1` m/s",
        "hint:",
    ] {
        assert!(message.contains(part), "`{part}` is missing in:\n{message}");
    }
}

#[test]
fn turn_lane_that_fills_most_of_a_street_takes_the_median_up_to_its_end() {
    let mut graph = star(
        NodeKind::Signals,
        180.0,
        &[
            (0.0, 2, 2, false, 0.0),
            (1.6, 1, 1, false, 0.0),
            (1.6, 2, 2, false, 0.0),
        ],
    );
    for street in &mut graph.streets {
        street.median_m = 4.0;
        street.backward_pockets.end_left = 0;
        street.forward_pockets = Pockets {
            end_left: 0,
            ..Pockets::default()
        };
    }
    // Drawn away from the junction, so that the turn lane lies at its beginning.
    let street = &mut graph.streets[0];
    std::mem::swap(&mut street.from, &mut street.to);
    street.backward_pockets = Pockets {
        end_left: 1,
        length_m: 400.0,
        ..Pockets::default()
    };
    let built = build(&graph).expect("the graph is sound");
    let first = &built.draft.roads[0].sections[0];
    let median_m: f64 = first
        .left
        .iter()
        .chain(&first.right)
        .filter(|l| l.kind == LaneKind::Median)
        .map(|l| l.widths[0].a)
        .sum();
    assert!(
        fabs(median_m - 0.75) < 1e-9,
        "the median is {median_m} m wide at the junction"
    );
}
