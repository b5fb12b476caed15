//! What stands and is painted at the roads: stop lines, crossings, stops for buses, signs.

use super::cross_section::{BAY_TAPER_M, Bay, CrossSection};
use super::graph::{NodeKind, Side, Street};
use super::junction::{Arm, Ids, is_motor};
use super::layout::Laid;
use crate::draft::{ObjectDraft, ObjectKind, Orientation, RoadDraft, SignalDraft, SignalKind, StructureDraft};
use std::f64::consts::FRAC_PI_2;

/// Middle of a crossing, back from the end of its road.
const CROSSING_BACK_M: f64 = 4.0;
/// Painted width of a crossing at a junction.
const CROSSING_WIDTH_M: f64 = 4.0;
/// A stop line before a crossing, back from the end of the road.
const STOP_LINE_BACK_M: f64 = 7.5;
/// A stop line without a crossing.
const BARE_STOP_LINE_BACK_M: f64 = 0.8;
/// Roads shorter than this carry no crossing at their junctions.
const CROSSING_ROAD_M_MIN: f64 = 24.0;
/// How deep a waiting area at a bus stop is.
const PLATFORM_M: f64 = 2.5;

/// Where an arm's traffic stops.
#[derive(Clone, Debug, Default)]
pub(super) struct ArmFurniture {
    /// Along the arm's road.
    pub stop_line_s_m: f64,
    /// The crossing over the arm, if people cross here.
    pub crossing: Option<CrossingPlace>,
}

/// A crossing at a junction.
#[derive(Clone, Debug)]
pub(super) struct CrossingPlace {
    pub s_m: f64,
    pub length_m: f64,
    pub right_kerb_m: f64,
}

/// Paints a crossing and a stop line over one arm.
pub(super) fn dress_arm(
    road: &mut RoadDraft,
    section: &CrossSection,
    arm: &Arm,
    (kind, has_crossings): (NodeKind, bool),
    ids: &mut Ids,
) -> ArmFurniture {
    let length_m = road.length_m;
    let at = |back_m: f64| {
        if arm.at_end {
            (length_m - back_m).max(0.0)
        } else {
            back_m.min(length_m)
        }
    };
    let mut made = ArmFurniture {
        stop_line_s_m: at(BARE_STOP_LINE_BACK_M),
        crossing: None,
    };
    let is_roundabout = matches!(kind, NodeKind::Roundabout { .. });
    if has_crossings && section.has_sidewalks() && road.length_m > CROSSING_ROAD_M_MIN {
        let s_m = at(CROSSING_BACK_M);
        let place = crossing(road, section, s_m, CROSSING_WIDTH_M, &ids.next(&road.id, 1));
        made = ArmFurniture {
            stop_line_s_m: at(STOP_LINE_BACK_M),
            crossing: Some(place),
        };
    }
    let lanes = arm.incoming(|lane| is_motor(lane.kind));
    let needs_line = made.crossing.is_some() || matches!(kind, NodeKind::Signals | NodeKind::Stop | NodeKind::GiveWay);
    if needs_line
        && !is_roundabout
        && let (Some(first), Some(last)) = (lanes.first(), lanes.last())
    {
        let reach =
            |lane: &super::cross_section::EndLane| (lane.t_m - 0.5 * lane.width_m, lane.t_m + 0.5 * lane.width_m);
        let (low, high) = (reach(first).0.min(reach(last).0), reach(first).1.max(reach(last).1));
        road.objects.push(ObjectDraft {
            id: ids.next(&road.id, 2),
            kind: ObjectKind::StopLine,
            s_m: made.stop_line_s_m,
            t_m: 0.5 * (low + high),
            heading_rad: FRAC_PI_2,
            length_m: high - low,
            width_m: 0.4,
            orientation: flow(arm.at_end),
            ..ObjectDraft::default()
        });
    }
    made
}

fn flow(is_forward: bool) -> Orientation {
    if is_forward {
        Orientation::Forward
    } else {
        Orientation::Backward
    }
}

fn crossing(road: &mut RoadDraft, section: &CrossSection, s_m: f64, width_m: f64, id: &str) -> CrossingPlace {
    let (left_m, right_m) = (section.kerb_m(false, s_m), section.kerb_m(true, s_m));
    road.objects.push(ObjectDraft {
        id: id.to_owned(),
        kind: ObjectKind::Crosswalk,
        s_m,
        t_m: 0.5 * (left_m - right_m),
        heading_rad: FRAC_PI_2,
        length_m: left_m + right_m,
        width_m,
        orientation: Orientation::Both,
        ..ObjectDraft::default()
    });
    CrossingPlace {
        s_m,
        length_m: left_m + right_m,
        right_kerb_m: right_m,
    }
}

/// Puts up a sign that arriving traffic sees.
pub(super) fn sign(road: &mut RoadDraft, section: &CrossSection, arm: &Arm, kind: SignalKind, ids: &mut Ids) {
    let s_m = if arm.at_end {
        (road.length_m - 1.0).max(0.0)
    } else {
        1.0_f64.min(road.length_m)
    };
    let kerb_m = section.kerb_m(arm.at_end, s_m) + 0.6;
    road.signals.push(SignalDraft {
        id: ids.next(&road.id, 5),
        s_m,
        t_m: if arm.at_end { -kerb_m } else { kerb_m },
        z_offset_m: 2.2,
        orientation: flow(arm.at_end),
        kind,
        ..SignalDraft::default()
    });
}

/// The lay-bys of a street, as far as they fit between its junctions; the others stay in their lane and are noted.
pub(super) fn bays(street: &Street, laid: &Laid, notes: &mut Vec<String>) -> Vec<Bay> {
    let length_m = laid.alignment.length_m();
    let mut found = Vec::new();
    for stop in street.stops.iter().filter(|stop| stop.is_in_bay) {
        let middle_m = stop.at_m - laid.trimmed_start_m;
        let (from_m, to_m) = (middle_m - 0.5 * stop.length_m, middle_m + 0.5 * stop.length_m);
        if from_m - BAY_TAPER_M < 1.0 || to_m + BAY_TAPER_M > length_m - 1.0 {
            notes.push(format!(
                "street `{}`: stop `{}` at {:.0} m has no room for a lay-by of {:.0} m between the junctions",
                street.id, stop.id, stop.at_m, stop.length_m
            ));
            continue;
        }
        found.push(Bay {
            is_right: stop.side == Side::Forward,
            from_m,
            to_m,
        });
    }
    found
}

/// Stops, crossings and structures that the author placed along a street.
pub(super) fn dress_street(road: &mut RoadDraft, street: &Street, laid: &Laid, section: &CrossSection) {
    let length_m = road.length_m;
    for stop in &street.stops {
        let s_m = (stop.at_m - laid.trimmed_start_m).clamp(0.0, length_m);
        let is_right = stop.side == Side::Forward;
        let t_m = section.platform_edge_m(is_right, s_m) + 0.5 * PLATFORM_M;
        road.objects.push(ObjectDraft {
            id: stop.id.clone(),
            name: stop.name.clone(),
            kind: ObjectKind::BusStop,
            s_m,
            t_m: if is_right { -t_m } else { t_m },
            length_m: stop.length_m,
            width_m: PLATFORM_M,
            height_m: 0.15,
            orientation: flow(is_right),
            ..ObjectDraft::default()
        });
    }
    for place in &street.crossings {
        let s_m = place.at_m - laid.trimmed_start_m;
        if s_m > 1.0 && s_m < length_m - 1.0 {
            crossing(road, section, s_m, place.width_m, &place.id);
        }
    }
    for structure in &street.structures {
        let from_m = (structure.from_m - laid.trimmed_start_m).clamp(0.0, length_m);
        let to_m = (structure.to_m - laid.trimmed_start_m).clamp(0.0, length_m);
        if to_m - from_m > 0.5 {
            road.structures.push(StructureDraft {
                kind: structure.kind,
                name: structure.name.clone(),
                s_m: from_m,
                length_m: to_m - from_m,
            });
        }
    }
}
