//! The map of the line: where it runs, how fast it is driven, where it stops and where it came close to others.
//!
//! The town beneath is drawn by `road`; here stands what the day adds to it.

use road::RoadNetwork;
use service::DayMeasures;

/// The map, if there is one and the line has a place on it.
pub(crate) fn line_map(_day: &DayMeasures, _network: Option<&RoadNetwork>) -> Option<String> {
    None
}
