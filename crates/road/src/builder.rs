//! The map builder: from a street graph to a drawable, drivable [`MapDraft`](crate::draft::MapDraft).
//!
//! A person (or a reader of another format, such as OpenStreetMap) says which streets meet where and how many lanes they
//! have; the builder gives them smooth lines of straights, spirals and arcs, smooth heights, trims them where they meet,
//! and lays turning paths, lights, stop lines and crossings. Nothing is random: one graph, one draft.
//!
//! ```text
//! graph      what is asked for: nodes, streets, lanes, stops
//! ```

mod graph;

pub use graph::*;

use crate::RoadError;
use crate::draft::MapDraft;

/// What [`build`] made.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The map, ready for `RoadNetwork::compile` and for writing.
    pub draft: MapDraft,
    /// What an author may want to mend: slopes too steep for their class, too little height between two levels, bends
    /// tighter than the lanes allow. One line each, sorted.
    pub notes: Vec<String>,
}

/// Makes a map of a street graph. All problems of the graph are returned together, as [`RoadError::Invalid`].
#[expect(clippy::todo, reason = "the body lands next")]
pub fn build(_graph: &StreetGraph) -> Result<Built, RoadError> {
    todo!()
}
