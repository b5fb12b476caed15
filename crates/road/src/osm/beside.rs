//! What lies on and beside the streets: zebras, bus stops, buildings, water, green.
//!
//! In go the extract and a graph with its streets; what is found is hung on them.

use super::pieces::{Piece, osm_id};
use super::read::{OsmData, Tags};
use super::vertices::{NEAR_JUNCTION_M, is_zebra};
use crate::builder::{CrossingSpec, NodeId, Side, StopSpec, Street, StreetGraph};
use crate::draft::{AreaDraft, AreaKind, LaneKind, RoadClass};
use crate::polyline::{distance_m, length_m};
use std::collections::{BTreeMap, BTreeSet};

/// A stop belongs to a street within this distance.
const STOP_REACH_M: f64 = 30.0;
/// Kerb that buses use at a stop.
const STOP_LENGTH_M: f64 = 14.0;

/// Zebras between junctions.
pub(super) fn add_crossings(data: &OsmData, pieces: &[Piece], street_pieces: &[usize], graph: &mut StreetGraph) {
    for (street, &piece) in graph.streets.iter_mut().zip(street_pieces) {
        let piece = &pieces[piece];
        if piece.tags.is_bridge || piece.tags.is_tunnel {
            continue;
        }
        let inner = piece
            .nodes
            .iter()
            .enumerate()
            .skip(1)
            .take(piece.nodes.len().saturating_sub(2));
        for (i, node) in inner.filter(|(_, node)| is_zebra(&data.nodes[node].tags)) {
            let (before, behind) = (length_m(&piece.points[..=i]), length_m(&piece.points[i..]));
            if before.min(behind) > NEAR_JUNCTION_M {
                street.crossings.push(CrossingSpec {
                    id: osm_id(*node),
                    at_m: before,
                    width_m: 4.0,
                });
            }
        }
    }
}

/// Bus stops, each on the nearest street on its side.
pub(super) fn add_stops(data: &OsmData, place: &BTreeMap<i64, [f64; 2]>, graph: &mut StreetGraph) {
    let is_stop = |tags: &Tags| {
        tags.is("highway", "bus_stop") || (tags.is("public_transport", "platform") && tags.is("bus", "yes"))
    };
    let lines: Vec<Vec<[f64; 2]>> = graph.streets.iter().map(|street| line(street, graph)).collect();
    let boxes: Vec<[f64; 4]> = lines.iter().map(|points| around(points)).collect();
    let mut taken: BTreeSet<(usize, i64)> = BTreeSet::new();
    for (id, node) in data.nodes.iter().filter(|(_, node)| is_stop(&node.tags)) {
        let at = place[id];
        let nearest = lines
            .iter()
            .enumerate()
            .filter(|(i, _)| is_within(&boxes[*i], at, STOP_REACH_M) && can_hold_stop(&graph.streets[*i]))
            .map(|(i, points)| (i, nearest_on(points, at)))
            .min_by(|a, b| a.1.distance_m.total_cmp(&b.1.distance_m));
        let Some((index, found)) = nearest.filter(|(_, found)| found.distance_m < STOP_REACH_M) else {
            continue;
        };
        let length = length_m(&lines[index]);
        let margin = NEAR_JUNCTION_M + 0.5 * STOP_LENGTH_M;
        if length < 2.0 * margin {
            continue;
        }
        let street = &mut graph.streets[index];
        let side = if found.is_left && !street.backward.is_empty() {
            Side::Backward
        } else {
            Side::Forward
        };
        let at_m = found.at_m.clamp(margin, length - margin);
        // Two signs of one stop stand a few metres apart; one kerb is enough for both.
        let slot = (at_m / (2.0 * STOP_LENGTH_M)) as i64 * 2 + i64::from(side == Side::Backward);
        if !taken.insert((index, slot)) {
            continue;
        }
        street.stops.push(StopSpec {
            id: osm_id(*id),
            name: node.tags.get("name").unwrap_or("").to_owned(),
            at_m,
            side,
            length_m: STOP_LENGTH_M,
            is_in_bay: false,
        });
    }
}

fn can_hold_stop(street: &Street) -> bool {
    let is_in_town = street.class >= RoadClass::LowSpeed && street.class <= RoadClass::Arterial;
    is_in_town && street.structures.is_empty() && street.forward.iter().any(|lane| lane.kind != LaneKind::Sidewalk)
}

fn line(street: &Street, graph: &StreetGraph) -> Vec<[f64; 2]> {
    let end = |id: NodeId| [graph.nodes[id.0 as usize].x_m, graph.nodes[id.0 as usize].y_m];
    let mut points = vec![end(street.from)];
    points.extend(street.shape.iter().map(|point| [point.x_m, point.y_m]));
    points.push(end(street.to));
    points
}

/// Buildings, water, green, schools and hospitals.
pub(super) fn add_areas(data: &OsmData, place: &BTreeMap<i64, [f64; 2]>, graph: &mut StreetGraph) {
    for way in data
        .ways
        .iter()
        .filter(|way| way.nodes.len() > 3 && way.nodes.first() == way.nodes.last())
    {
        let Some(kind) = area_kind(&way.tags) else { continue };
        let outline_m: Vec<[f64; 2]> = way.nodes[1..]
            .iter()
            .filter_map(|node| place.get(node).copied())
            .collect();
        if outline_m.len() < 3 {
            continue;
        }
        let levels = |key| {
            way.tags
                .get(key)
                .and_then(|value: &str| value.trim_end_matches(" m").parse::<f64>().ok())
        };
        let height_m = match kind {
            AreaKind::Building => levels("height")
                .or(levels("building:levels").map(|n| 3.0 * n))
                .unwrap_or(9.0),
            _ => 0.0,
        };
        graph.areas.push(AreaDraft {
            kind,
            name: way.tags.get("name").unwrap_or("").to_owned(),
            outline_m,
            height_m: height_m.clamp(0.0, 500.0),
        });
    }
    // Grounds below, houses above.
    graph.areas.sort_by_key(|area| area.kind == AreaKind::Building);
}

fn area_kind(tags: &Tags) -> Option<AreaKind> {
    if tags.get("building").is_some_and(|value| value != "no") {
        return Some(AreaKind::Building);
    }
    match tags.get("amenity") {
        Some("school" | "kindergarten" | "college" | "university") => return Some(AreaKind::School),
        Some("hospital" | "clinic") => return Some(AreaKind::Hospital),
        Some("parking") => return Some(AreaKind::Paved),
        _ => {}
    }
    if tags.is("natural", "water") || tags.is("waterway", "riverbank") || tags.is("landuse", "reservoir") {
        return Some(AreaKind::Water);
    }
    let green = [
        "forest",
        "grass",
        "meadow",
        "orchard",
        "farmland",
        "cemetery",
        "recreation_ground",
        "village_green",
    ];
    let is_green = tags.get("landuse").is_some_and(|value| green.contains(&value))
        || matches!(tags.get("natural"), Some("wood" | "scrub" | "grassland"))
        || matches!(tags.get("leisure"), Some("park" | "garden" | "pitch" | "golf_course"));
    is_green.then_some(AreaKind::Green)
}

/// Where a line comes nearest to a point.
struct Nearest {
    at_m: f64,
    distance_m: f64,
    is_left: bool,
}

/// West, south, east, north of a polyline.
fn around(points: &[[f64; 2]]) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    points.iter().fold(empty, |[west, south, east, north], &[x, y]| {
        [west.min(x), south.min(y), east.max(x), north.max(y)]
    })
}

fn is_within(bounds: &[f64; 4], [x, y]: [f64; 2], reach_m: f64) -> bool {
    let [west, south, east, north] = *bounds;
    x >= west - reach_m && x <= east + reach_m && y >= south - reach_m && y <= north + reach_m
}

fn nearest_on(points: &[[f64; 2]], at: [f64; 2]) -> Nearest {
    let mut best = Nearest {
        at_m: 0.0,
        distance_m: f64::INFINITY,
        is_left: false,
    };
    let mut passed_m = 0.0;
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = libm::hypot(dx, dy).max(1e-9);
        let along = (((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length).clamp(0.0, length);
        let foot = [a[0] + dx * along / length, a[1] + dy * along / length];
        let distance = distance_m(foot, at);
        if distance < best.distance_m {
            let is_left = dx * (at[1] - a[1]) - dy * (at[0] - a[0]) > 0.0;
            best = Nearest {
                at_m: passed_m + along,
                distance_m: distance,
                is_left,
            };
        }
        passed_m += length;
    }
    best
}
