//! Vehicles: their data sheets, how they move, and the seam between a vehicle and whoever drives it.
//!
//! A [`Driver`] is told an [`Observation`] and answers with a [`Control`]; dynamics turn controls into motion. A driver may
//! bring a [`Perception`] that makes the observation of raw [`Measurements`]. Nothing here knows who else is on the road.

mod decision;
mod dynamics;
mod fault;
mod ladder;
mod measurement;
mod observation;
mod odd;
mod odd_reader;
mod rectangle;
mod sheet;
mod sheet_reader;

pub use decision::*;
pub use dynamics::*;
pub use fault::*;
pub use ladder::*;
pub use measurement::*;
pub use observation::*;
pub use odd::*;
pub use rectangle::*;
pub use sheet::*;
