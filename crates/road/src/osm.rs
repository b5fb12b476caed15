//! OpenStreetMap in: any town from an extract.
//!
//! In goes the content of an `.osm` or `.osm.pbf` file; out comes the street graph that the map builder draws. What a
//! mapper left unsaid gets sensible defaults (see `osm/tags.rs`); what cannot be used is told in the notes. Data are
//! © OpenStreetMap contributors under the ODbL, which whoever publishes a map made of them has to say.
//!
//! ```text
//! read      the file's nodes, ways and turn restrictions
//! tags      what a street's tags mean
//! pieces    ways cut where they meet
//! vertices  where they meet, and what of it is one junction
//! layers    bridges over streets, tunnels under them
//! graph     one node a junction, streets between them
//! beside    zebras, stops and buildings
//! ground    streets laid on a height grid
//! ```

mod beside;
mod graph;
mod ground;
mod layers;
mod pieces;
mod read;
mod tags;
mod vertices;

pub use read::{ELEMENTS_MAX, OsmData, OsmNode, OsmRestriction, OsmWay, Tags};

use crate::builder::{self, StreetGraph};
use crate::heights::HeightGrid;
use crate::{MapReading, RoadError};

/// Reads an extract (XML or PBF) and builds its map, on level ground or on that of a grid. `file` is only for messages and
/// becomes the map's name.
pub fn import(file: &str, content: &[u8], heights: Option<&HeightGrid>) -> Result<MapReading, RoadError> {
    let mut notes = Vec::new();
    let mut graph = street_graph(file, content, &mut notes)?;
    if let Some(heights) = heights {
        ground::lay(&mut graph, heights, &mut notes);
    }
    let mut built = builder::build(&graph)?;
    notes.append(&mut built.notes);
    Ok(MapReading {
        draft: built.draft,
        notes,
    })
}

/// The street graph of an extract, for those who want to change it before it is built.
pub fn street_graph(file: &str, content: &[u8], notes: &mut Vec<String>) -> Result<StreetGraph, RoadError> {
    let data = OsmData::read(file, content)?;
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let graph = graph::graph(&data, name.split('.').next().unwrap_or(name), notes);
    if graph.streets.is_empty() {
        return Err(RoadError::Invalid(vec![format!(
            "{file}: no street that vehicles may use\nhint: the extract needs ways with a `highway` tag"
        )]));
    }
    Ok(graph)
}
