//! Roundabouts: a ring of one-way roads, and where each arm meets it a junction that favours the ring.

use super::alignment::{Alignment, normalize_angle};
use super::cross_section::{CrossSection, EndLane, RoadEnd};
use super::graph::{LaneSpec, Node, Street};
use super::junction::{Arm, Crossroads, Ids, Movement};
use super::layout::RING_LANE_M;
use super::passage::{Passage, Way};
use crate::draft::{
    Cubic, LaneKind, PlanElement, PlanShape, RoadClass, RoadDraft, RoadLink, RoadTypeRecord, TrafficRule,
};
use libm::{cos, sin};
use std::f64::consts::{FRAC_PI_2, TAU};

/// A ring with its junctions, one for each arm in the order of the arms.
#[derive(Debug, Default)]
pub(super) struct Ring {
    pub roads: Vec<RoadDraft>,
    pub crossroads: Vec<Crossroads>,
}

/// Lays a ring for arms sorted anticlockwise. `junction_ids` names the junction of each arm.
pub(super) fn ring(
    node: &Node,
    (radius_m, lanes): (f64, u32),
    arms: &[Arm],
    junction_ids: &[String],
    ids: &mut Ids,
) -> Ring {
    let count = arms.len();
    let bearing: Vec<f64> = arms
        .iter()
        .map(|arm| libm::atan2(arm.pose.y_m - node.y_m, arm.pose.x_m - node.x_m))
        .collect();
    let gap = |at: usize| {
        let gap = normalize_angle(bearing[(at + 1) % count] - bearing[at]);
        if gap <= 0.0 { gap + TAU } else { gap }
    };
    let has = |kind: LaneKind| arms.iter().any(|arm| arm.lanes.iter().any(|lane| lane.kind == kind));
    let walk_m = arms
        .iter()
        .flat_map(|arm| &arm.lanes)
        .filter(|lane| lane.kind == LaneKind::Sidewalk)
        .map(|lane| lane.width_m)
        .fold(0.0, f64::max);
    let speed_mps_max = (2.0 * radius_m).sqrt().min(12.0);
    let class = arms.iter().map(|arm| arm.class).max().unwrap_or(RoadClass::Local);
    let mut street = Street {
        class,
        speed_mps_max,
        ..Street::default()
    };
    street.forward = vec![LaneSpec::new(LaneKind::Driving, RING_LANE_M); lanes as usize];
    if has(LaneKind::Bicycle) {
        street.forward.push(LaneSpec::new(LaneKind::Bicycle, 2.0));
    }
    if walk_m > 0.0 {
        street.forward.push(LaneSpec::new(LaneKind::Sidewalk, walk_m));
    }
    // Half the mouth of each arm's junction, as an angle.
    let mouth: Vec<f64> = (0..count)
        .map(|at| {
            let width_m: f64 = arms[at]
                .lanes
                .iter()
                .filter(|lane| lane.kind != LaneKind::Sidewalk)
                .map(|lane| lane.width_m)
                .sum();
            let before = gap((at + count - 1) % count);
            ((0.5 * width_m + 9.0) / radius_m).min(0.42 * gap(at).min(before))
        })
        .collect();

    let mut made = Ring::default();
    let mut ends: Vec<(Arm, Arm)> = Vec::with_capacity(count);
    for at in 0..count {
        let next = (at + 1) % count;
        let from_rad = bearing[at] + mouth[at];
        let length_m = radius_m * (gap(at) - mouth[at] - mouth[next]);
        let id = ids.next(&node.id, 900 + at);
        let plan = PlanElement {
            s_m: 0.0,
            x_m: node.x_m + radius_m * cos(from_rad),
            y_m: node.y_m + radius_m * sin(from_rad),
            heading_rad: normalize_angle(from_rad + FRAC_PI_2),
            length_m,
            shape: PlanShape::Arc {
                curvature_per_m: 1.0 / radius_m,
            },
        };
        let line = Alignment { elements: vec![plan] };
        let section = CrossSection::new(&street, length_m, &RoadEnd::Merge, &RoadEnd::Merge, &[]);
        let arm = |at_end: bool| Arm {
            street: None,
            road_id: id.clone(),
            at_end,
            pose: line.pose(if at_end { length_m } else { 0.0 }),
            z_m: node.z_m,
            grade: 0.0,
            lanes: section.lanes_at(at_end),
            class,
            speed_mps_max,
            turns: Vec::new(),
        };
        ends.push((arm(false), arm(true)));
        made.roads.push(RoadDraft {
            id: id.clone(),
            name: node.name.clone(),
            length_m,
            rule: TrafficRule::RightHand,
            predecessor: Some(RoadLink::Junction {
                id: junction_ids[at].clone(),
            }),
            successor: Some(RoadLink::Junction {
                id: junction_ids[next].clone(),
            }),
            types: vec![RoadTypeRecord {
                s_m: 0.0,
                class,
                speed_mps_max: Some(speed_mps_max),
            }],
            plan: vec![plan],
            elevation: vec![Cubic {
                a: node.z_m,
                ..Cubic::default()
            }],
            lane_offset: section.offset_records(),
            sections: section.sections(),
            ..RoadDraft::default()
        });
    }
    for at in 0..count {
        let upstream = ends[(at + count - 1) % count].1.clone();
        let downstream = ends[at].0.clone();
        // Anticlockwise by the way they lead out, as corners want them.
        let local = [upstream, arms[at].clone(), downstream];
        made.crossroads
            .push(mouth_of(&junction_ids[at], &node.name, &local, ids));
    }
    made
}

/// One arm's junction: 0 the ring before it, 1 the arm, 2 the ring after it.
fn mouth_of(id: &str, name: &str, arms: &[Arm; 3], ids: &mut Ids) -> Crossroads {
    let mut made = Crossroads::new(id, name);
    made.junction.is_roundabout = true;
    let drives = |lane: &EndLane| matches!(lane.kind, LaneKind::Driving | LaneKind::Ramp);
    let rides = |lane: &EndLane| lane.kind == LaneKind::Bicycle;
    let before = arms[0].incoming(drives);
    let after = arms[2].outgoing(drives);
    let (arm_in, arm_out) = (arms[1].motor_incoming(), arms[1].general_outgoing());
    let mut pairs: Vec<(usize, EndLane, usize, EndLane, LaneKind)> = Vec::new();
    for (a, b) in before.iter().zip(&after) {
        pairs.push((0, *a, 2, *b, LaneKind::Driving));
    }
    // The outer lanes leave, as many as the arm has.
    for (a, b) in before.iter().rev().zip(arm_out.iter().rev()) {
        pairs.push((0, *a, 1, *b, LaneKind::Driving));
    }
    for (order, a) in arm_in.iter().rev().enumerate() {
        let place = after.len().saturating_sub(1 + order);
        if let Some(b) = after.get(place) {
            let kind = if a.kind == LaneKind::Bus {
                LaneKind::Bus
            } else {
                LaneKind::Driving
            };
            pairs.push((1, *a, 2, *b, kind));
        }
    }
    let ride_before = arms[0].incoming(rides).last().copied();
    let ride_after = arms[2].outgoing(rides).last().copied();
    if let (Some(a), Some(b)) = (ride_before, ride_after) {
        pairs.push((0, a, 2, b, LaneKind::Bicycle));
        if let Some(out) = arms[1].outgoing(rides).last().or(arm_out.last()) {
            pairs.push((0, a, 1, *out, LaneKind::Bicycle));
        }
        if let Some(into) = arms[1].incoming(rides).last().or(arm_in.last()) {
            pairs.push((1, *into, 2, b, LaneKind::Bicycle));
        }
    }
    for (from, a, to, b, kind) in pairs {
        let movement = if from == 0 && to == 2 {
            Movement::Straight
        } else {
            Movement::Right
        };
        let way = Way {
            road_id: String::new(),
            from,
            movement,
            kind,
            is_from_own_lane: false,
        };
        let passage = Passage {
            from: (&arms[from], a),
            to: (&arms[to], b),
            way,
        };
        made.connect(ids, &passage);
    }
    // Who circulates goes first.
    let entering: Vec<String> = made
        .ways
        .iter()
        .filter(|way| way.from == 1)
        .map(|way| way.road_id.clone())
        .collect();
    for way in made.ways.iter().filter(|way| way.from == 0) {
        made.junction
            .priorities
            .extend(entering.iter().map(|entry| (way.road_id.clone(), entry.clone())));
    }
    // Only the two corners beside the arm: there is no corner from the ring to itself.
    let corners = [(0_usize, 1_usize), (1, 2)];
    for (from, to) in corners {
        let walks = |lane: &EndLane| lane.kind == LaneKind::Sidewalk;
        if let (Some(a), Some(b)) = (arms[from].incoming(walks).last(), arms[to].outgoing(walks).last()) {
            let way = Way {
                road_id: String::new(),
                from,
                movement: Movement::Right,
                kind: LaneKind::Sidewalk,
                is_from_own_lane: true,
            };
            let passage = Passage {
                from: (&arms[from], *a),
                to: (&arms[to], *b),
                way,
            };
            made.connect(ids, &passage);
        }
    }
    made
}
