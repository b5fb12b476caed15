//! What another simulator says became of its trips: SUMO's `tripinfo` output.
//!
//! In goes the file; out comes a [`TripInfo`] for each trip, in the file's order. It compares nothing.
//! Source: Eclipse SUMO's documentation, "Simulation/Output/TripInfo".

use super::document::{Document, SourceFile, elements};
use crate::WorldError;

/// A trip that has arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct TripInfo {
    /// The vehicle's name.
    pub id: String,
    /// From appearing to arriving, seconds.
    pub duration_s: f64,
    /// What it lost against driving as fast as it wants and may.
    pub time_loss_s: f64,
}

impl TripInfo {
    /// Reads a file of trips.
    pub fn read(source: &SourceFile) -> Result<Vec<TripInfo>, WorldError> {
        let document = Document::parse(source, &["tripinfos"]).map_err(WorldError::Demand)?;
        let number = |node, attribute| {
            document.text(node, attribute);
            document.number_from(node, attribute, 0.0).unwrap_or(0.0)
        };
        let trips = elements(document.root())
            .filter(|node| node.has_tag_name("tripinfo"))
            .map(|node| TripInfo {
                id: document.text(node, "id").to_owned(),
                duration_s: number(node, "duration"),
                time_loss_s: number(node, "timeLoss"),
            })
            .collect();
        document.finish().map_err(WorldError::Demand)?;
        Ok(trips)
    }
}
