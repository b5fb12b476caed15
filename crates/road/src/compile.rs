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
mod lanes;
mod pieces;
mod sampling;
#[cfg(test)]
mod tests;

pub(crate) use lanes::LaneSpan;

use crate::draft::MapDraft;
use crate::geometry::RoadGeometry;
use crate::route::Router;
use crate::spatial_index::SpatialIndex;
use crate::{Junction, JunctionId, Road, RoadError, RoadNetwork};
use check::Findings;
use std::collections::BTreeMap;

pub(crate) fn compile(draft: &MapDraft) -> Result<RoadNetwork, RoadError> {
    let findings = Findings::of(draft);
    if !findings.problems.is_empty() {
        return Err(RoadError::Invalid(findings.problems));
    }
    let mut warnings = findings.warnings;
    let roads: BTreeMap<&str, usize> = draft
        .roads
        .iter()
        .enumerate()
        .map(|(index, road)| (road.id.as_str(), index))
        .collect();
    let junction_ids: BTreeMap<&str, JunctionId> = draft
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
    let pieces = pieces::Pieces::cut(&draft.roads, &geometries);
    let joins = joins::join(draft, &roads, &pieces, &geometries, &mut warnings);
    let network = lanes::assemble(draft, &pieces, &joins, &geometries, &road_junctions, &mut warnings);

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
    let router = Router::new(&network.lanes, &network.edges, &network.table);
    let index = SpatialIndex::new(&network.table, network.lanes.len());
    warnings.sort();
    warnings.dedup();
    let mut compiled = RoadNetwork {
        name: draft.name.clone(),
        digest: String::new(),
        geo_reference: draft.geo_reference,
        lanes: network.lanes,
        edges: network.edges,
        roads: compiled_roads,
        junctions,
        signals: Vec::new(),
        controllers: Vec::new(),
        plans: Vec::new(),
        crossings: Vec::new(),
        stops: Vec::new(),
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
    compiled.digest = crate::digest::digest(&compiled);
    Ok(compiled)
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
    for knot in network.table.all_knots() {
        take(knot.x_m, knot.y_m, knot.half_width_m);
    }
    for corner in network.areas.iter().flat_map(|area| &area.outline_m) {
        take(corner[0], corner[1], 0.0);
    }
    if bounds[0] > bounds[2] { [0.0; 4] } else { bounds }
}
