//! From a draft to a network: check, cut, join, assemble, sample, then everything that lies on the lanes.
//!
//! ```text
//! check      what is wrong with a draft
//! pieces     roads cut into pieces of lanes within which nothing changes
//! joins      which piece continues which
//! lanes      pieces put together to lanes and edges
//! sampling   knots for a lane
//! ```
//! Everything runs in order of index, so one draft gives one network.

mod check;
mod joins;
#[cfg(test)]
mod junction_tests;
mod lanes;
mod pieces;
mod sampling;
#[cfg(test)]
mod tests;

pub(crate) use lanes::LaneSpan;

use crate::draft::{MapDraft, RoadClass};
use crate::geometry::RoadGeometry;
use crate::route::Router;
use crate::spatial_index::SpatialIndex;
use crate::{Junction, JunctionId, Road, RoadError, RoadNetwork, SignalId, conflict, crossing, signal, stop};
use check::Findings;
use std::collections::HashMap;

pub(crate) fn compile(draft: &MapDraft) -> Result<RoadNetwork, RoadError> {
    let findings = Findings::of(draft);
    if !findings.problems.is_empty() {
        return Err(RoadError::Invalid(findings.problems));
    }
    let mut warnings = findings.warnings;
    // Asked by name alone, never walked.
    let roads: HashMap<&str, usize> = draft
        .roads
        .iter()
        .enumerate()
        .map(|(index, road)| (road.id.as_str(), index))
        .collect();
    let junction_ids: HashMap<&str, JunctionId> = draft
        .junctions
        .iter()
        .enumerate()
        .map(|(index, junction)| (junction.id.as_str(), JunctionId(index as u32)))
        .collect();
    let road_junctions: Vec<Option<JunctionId>> = draft
        .roads
        .iter()
        .map(|road| road.junction.as_deref().and_then(|id| junction_ids.get(id).copied()))
        .collect();
    let geometries: Vec<RoadGeometry> = draft.roads.iter().map(RoadGeometry::new).collect();
    let pieces = pieces::Pieces::cut(draft, &geometries, &road_junctions);
    let joins = joins::join(draft, &roads, &pieces, &geometries, &mut warnings);
    let mut network = lanes::assemble(draft, &pieces, &joins, &geometries, &mut warnings);
    let absurd = absurd_lanes(draft, &network.lanes);
    if !absurd.is_empty() {
        return Err(RoadError::Invalid(absurd));
    }

    let mut junctions: Vec<Junction> = draft
        .junctions
        .iter()
        .map(|junction| Junction {
            id: junction.id.clone(),
            name: junction.name.clone(),
            lanes: Vec::new(),
            controller: None,
            centre_m: [0.0; 2],
        })
        .collect();
    for (index, lane) in network.lanes.iter().enumerate() {
        if let (Some(junction), Some(_)) = (lane.junction, lane.edge) {
            let id = crate::LaneId(index as u32);
            junctions[junction.0 as usize].lanes.push(id);
        }
    }
    for junction in &mut junctions {
        let middles: Vec<[f64; 2]> = junction
            .lanes
            .iter()
            .map(|lane| {
                let lane = lane.0 as usize;
                let middle = network.table.sample(lane, 0.5 * network.table.length_m(lane));
                [middle.x_m, middle.y_m]
            })
            .collect();
        let count = middles.len().max(1) as f64;
        junction.centre_m = [0, 1].map(|axis| middles.iter().map(|middle| middle[axis]).sum::<f64>() / count);
    }
    let compiled_roads = draft
        .roads
        .iter()
        .zip(&road_junctions)
        .map(|(road, &junction)| Road {
            id: road.id.clone(),
            name: road.name.clone(),
            length_m: road.length_m,
            junction,
            class: road.types.iter().map(|record| record.class).max().unwrap_or_default(),
        })
        .collect();
    let index = SpatialIndex::new(&network.table, network.lanes.len());
    let crossings = crossing::find(
        draft,
        &geometries,
        &network.lanes,
        &network.table,
        &index,
        &mut warnings,
    );
    let rules = conflict::Rules {
        draft,
        lanes: &network.lanes,
        edges: &network.edges,
        table: &network.table,
    };
    let conflicts = conflict::find(&rules, &roads, &junctions);
    let classes: Vec<RoadClass> = network
        .lanes
        .iter()
        .map(|lane| {
            let before = lane
                .predecessors
                .first()
                .and_then(|before| network.lanes[before.0 as usize].edge);
            before.map_or(RoadClass::Unknown, |edge| network.edges[edge.0 as usize].class)
        })
        .collect();
    let site = signal::Site {
        draft,
        geometries: &geometries,
        lanes: &network.lanes,
        table: &network.table,
        classes: &classes,
        conflicts: &conflicts,
        crossings: &crossings.crossings,
        crossing_places: &crossings.places,
    };
    let lights = signal::find(&site, &mut warnings);
    let stops = stop::find(
        draft,
        &geometries,
        &network.lanes,
        &network.table,
        &network.spans,
        &mut warnings,
    );
    let mut crossing_list = crossings.crossings;
    for (index, signal) in lights.signals.iter().enumerate() {
        let id = SignalId(index as u32);
        for &lane in &signal.lanes {
            network.lanes[lane.0 as usize].signal.get_or_insert(id);
            if let Some(junction) = network.lanes[lane.0 as usize].junction {
                junctions[junction.0 as usize]
                    .controller
                    .get_or_insert(signal.controller);
            }
        }
        for crossing in &signal.crossings {
            crossing_list[crossing.0 as usize].signal.get_or_insert(id);
        }
    }
    for (lane, (conflicts, crossings)) in network
        .lanes
        .iter_mut()
        .zip(conflicts.into_iter().zip(crossings.by_lane))
    {
        lane.conflicts = conflicts;
        lane.crossings = crossings;
    }
    let router = Router::new(&network.lanes, &network.edges, &network.table);
    warnings.sort();
    warnings.dedup();
    let mut compiled = RoadNetwork {
        name: draft.name.clone(),
        digest: std::sync::OnceLock::new(),
        geo_reference: draft.geo_reference,
        lanes: network.lanes,
        edges: network.edges,
        roads: compiled_roads,
        junctions,
        signals: lights.signals,
        controllers: lights.controllers,
        plans: lights.clocks,
        crossings: crossing_list,
        stops,
        areas: draft.areas.clone(),
        bounds_m: [0.0; 4],
        table: network.table,
        geometries,
        spans: network.spans,
        index,
        router,
        warnings,
    };
    compiled.bounds_m = bounds_m(&compiled);
    Ok(compiled)
}

/// A lane that lies far out in a tight bend is longer than its road, but not by more than this factor, and these metres.
const LANE_LENGTH_MAX: (f64, f64) = (100.0, 1_000.0);

/// Lanes that run so far that indexing them would take memory without bound.
fn absurd_lanes(draft: &MapDraft, lanes: &[crate::Lane]) -> Vec<String> {
    let is_absurd = |lane: &&crate::Lane| {
        let (factor, metres) = LANE_LENGTH_MAX;
        let limit_m = factor * draft.roads[lane.road.0 as usize].length_m + metres;
        !lane.length_m.is_finite() || lane.length_m > limit_m
    };
    lanes
        .iter()
        .filter(is_absurd)
        .take(check::PROBLEMS_MAX)
        .map(|lane| {
            let road = &draft.roads[lane.road.0 as usize];
            format!(
                "lane `{}` of road `{}` is {:.0} m long, the road {:.0} m\nhint: the bend is too tight for lanes so far out",
                lane.opendrive_id, road.id, lane.length_m, road.length_m
            )
        })
        .collect()
}

/// West, south, east, north of all lanes and areas.
fn bounds_m(network: &RoadNetwork) -> [f64; 4] {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let mut take = |x: f64, y: f64, margin_m: f64| {
        bounds = [
            bounds[0].min(x - margin_m),
            bounds[1].min(y - margin_m),
            bounds[2].max(x + margin_m),
            bounds[3].max(y + margin_m),
        ];
    };
    for lane in 0..network.lanes.len() {
        network.table.bounds_m(lane, &mut take);
    }
    for corner in network.areas.iter().flat_map(|area| &area.outline_m) {
        take(corner[0], corner[1], 0.0);
    }
    if bounds[0] > bounds[2] { [0.0; 4] } else { bounds }
}
