//! Traffic lights: heads for each approach, lights for people, and the program that switches them.
//!
//! Arms that face each other share a green; lanes that only turn left have a green of their own after it. People cross an
//! arm while the traffic of the other axis drives straight on, and get red early enough to reach the far kerb.

use super::alignment::normalize_angle;
use super::cross_section::CrossSection;
use super::furniture::ArmFurniture;
use super::junction::{Arm, Crossroads, Ids, Movement};
use super::passage::Way;
use crate::draft::{ControllerDraft, LaneKind, Orientation, PhaseDraft, RoadClass, RoadDraft, SignalDraft, SignalKind};
use libm::fabs;

const AMBER_S: f64 = 3.0;
const ALL_RED_S: f64 = 2.0;
const LEFT_GREEN_S: f64 = 15.0;
/// How fast people are taken to walk when the time to clear a crossing is reckoned.
const WALK_MPS: f64 = 1.2;
/// The least green for people.
const WALK_GREEN_S: f64 = 7.0;

/// The lights of one arm.
#[derive(Default)]
struct Heads {
    main: Option<String>,
    left: Option<String>,
    people: Option<(String, f64)>,
}

/// Puts lights up at the arms of one junction. `roads` are the arms' roads.
pub(super) fn light(
    crossroads: &Crossroads,
    arms: &[Arm],
    roads: &mut [&mut RoadDraft],
    sections: &[&CrossSection],
    furniture: &[ArmFurniture],
    offset_s: f64,
    ids: &mut Ids,
) -> ControllerDraft {
    let mut heads: Vec<Heads> = Vec::with_capacity(arms.len());
    for (index, arm) in arms.iter().enumerate() {
        let mut own = Heads::default();
        let place = &furniture[index];
        let orientation = if arm.at_end {
            Orientation::Forward
        } else {
            Orientation::Backward
        };
        let ways = || {
            crossroads
                .ways
                .iter()
                .filter(|way| way.from == index && way.kind != LaneKind::Sidewalk)
        };
        let left_has_own_lane = ways().any(|way| way.movement == Movement::Left && way.is_from_own_lane)
            && ways()
                .filter(|way| way.movement == Movement::Left)
                .all(|way| way.is_from_own_lane || way.kind == LaneKind::Bicycle);
        let (left, rest): (Vec<_>, Vec<_>) =
            ways().partition(|way| left_has_own_lane && way.movement == Movement::Left);
        let kerb_m = sections[index].kerb_m(arm.at_end, place.stop_line_s_m) + 0.8;
        let mut hang = |ways: Vec<&Way>, t_m: f64, z_offset_m: f64, number: usize| {
            if ways.is_empty() {
                return None;
            }
            let id = ids.next(&crossroads.junction.id, number);
            roads[index].signals.push(SignalDraft {
                id: id.clone(),
                s_m: place.stop_line_s_m,
                t_m,
                z_offset_m,
                orientation,
                kind: SignalKind::TrafficLight,
                connecting_roads: road_ids(&ways),
                ..SignalDraft::default()
            });
            Some(id)
        };
        own.main = hang(rest, if arm.at_end { -kerb_m } else { kerb_m }, 5.5, 10 * index + 1);
        let over_left = arm.motor_incoming().first().map_or(0.0, |lane| lane.t_m);
        own.left = hang(left, over_left, 6.0, 10 * index + 2);
        if let Some(crossing) = &place.crossing {
            let id = ids.next(&crossroads.junction.id, 10 * index + 3);
            roads[index].signals.push(SignalDraft {
                id: id.clone(),
                s_m: crossing.s_m,
                t_m: -(crossing.right_kerb_m + 0.5),
                z_offset_m: 2.5,
                orientation: Orientation::Both,
                kind: SignalKind::PedestrianLight,
                ..SignalDraft::default()
            });
            own.people = Some((id, crossing.length_m));
        }
        heads.push(own);
    }

    let axes = axes(arms);
    let mut phases = Vec::new();
    for axis in &axes {
        let is_single = axis.len() == 1;
        let mut main: Vec<String> = axis.iter().filter_map(|&arm| heads[arm].main.clone()).collect();
        let left: Vec<String> = axis.iter().filter_map(|&arm| heads[arm].left.clone()).collect();
        let left_alone = !is_single && !left.is_empty();
        if !left_alone {
            main.extend(left.iter().cloned());
        }
        // Over the arms that this green does not serve.
        let people: Vec<&(String, f64)> = (0..arms.len())
            .filter(|arm| !axis.contains(arm) && (arms.len() > 2))
            .filter_map(|arm| heads[arm].people.as_ref())
            .collect();
        let class = axis.iter().map(|&arm| arms[arm].class).max().unwrap_or_default();
        let mut green_s: f64 = match class {
            RoadClass::Arterial | RoadClass::Expressway | RoadClass::Motorway => 34.0,
            RoadClass::Collector | RoadClass::Town | RoadClass::Rural => 24.0,
            _ => 16.0,
        };
        if main.is_empty() && people.is_empty() {
            continue;
        }
        let clearing_s = people
            .iter()
            .map(|(_, length_m)| libm::ceil(length_m / WALK_MPS))
            .fold(0.0, f64::max);
        if people.is_empty() {
            phases.push(PhaseDraft {
                green_s,
                amber_s: AMBER_S,
                all_red_s: ALL_RED_S,
                green: main,
            });
        } else {
            green_s = green_s.max(clearing_s + WALK_GREEN_S);
            let mut both = main.clone();
            both.extend(people.iter().map(|(id, _)| id.clone()));
            phases.push(PhaseDraft {
                green_s: green_s - clearing_s,
                amber_s: 0.0,
                all_red_s: 0.0,
                green: both,
            });
            phases.push(PhaseDraft {
                green_s: clearing_s,
                amber_s: AMBER_S,
                all_red_s: ALL_RED_S,
                green: main,
            });
        }
        if left_alone {
            phases.push(PhaseDraft {
                green_s: LEFT_GREEN_S,
                amber_s: AMBER_S,
                all_red_s: ALL_RED_S,
                green: left,
            });
        }
    }
    if arms.len() == 2 {
        // A lit crossing on its own: people have the second green.
        let people: Vec<&(String, f64)> = heads.iter().filter_map(|heads| heads.people.as_ref()).collect();
        if !people.is_empty() {
            let clearing_s = people
                .iter()
                .map(|(_, length_m)| libm::ceil(length_m / WALK_MPS))
                .fold(0.0, f64::max);
            let green = people.iter().map(|(id, _)| id.clone()).collect();
            phases.push(PhaseDraft {
                green_s: 10.0,
                amber_s: 0.0,
                all_red_s: clearing_s,
                green,
            });
        }
    }
    let signals = heads
        .into_iter()
        .flat_map(|heads| [heads.main, heads.left, heads.people.map(|(id, _)| id)])
        .flatten()
        .collect();
    ControllerDraft {
        id: crossroads.junction.id.clone(),
        name: crossroads.junction.name.clone(),
        signals,
        phases,
        offset_s,
        ..ControllerDraft::default()
    }
}

/// The roads of some ways, each once.
fn road_ids(ways: &[&Way]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for way in ways {
        if !ids.contains(&way.road_id) {
            ids.push(way.road_id.clone());
        }
    }
    ids
}

/// Arms in pairs that face each other, most important first; the rest alone.
fn axes(arms: &[Arm]) -> Vec<Vec<usize>> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for a in 0..arms.len() {
        for b in a + 1..arms.len() {
            let off = std::f64::consts::PI - fabs(normalize_angle(arms[a].outward_rad() - arms[b].outward_rad()));
            if off < 0.9 {
                pairs.push((off, a, b));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut taken = vec![false; arms.len()];
    let mut found: Vec<Vec<usize>> = Vec::new();
    for (_, a, b) in pairs {
        if !taken[a] && !taken[b] {
            taken[a] = true;
            taken[b] = true;
            found.push(vec![a, b]);
        }
    }
    found.extend((0..arms.len()).filter(|&arm| !taken[arm]).map(|arm| vec![arm]));
    found.sort_by_key(|axis| {
        let class = axis.iter().map(|&arm| arms[arm].class).max().unwrap_or_default();
        (std::cmp::Reverse(class), axis[0])
    });
    found
}
