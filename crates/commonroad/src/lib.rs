//! CommonRoad scenarios: read, driven in closed loop by any driver, judged, and written as solution files.
//!
//! [`Scenario::read`] turns a file of the CommonRoad benchmark (XML 2020a or 2018b) into plain structs. [`Roads`] makes a
//! road network of its lanelets. [`Play`] lets a [`vehicle::Driver`] drive the ego of a planning problem among the recorded
//! obstacles, which do not react, and judges goal, collisions and the road's edges exactly; [`solution`] writes the states
//! for the benchmark's server, and [`picture`] draws what happened. It knows no particular driver and no `world`.

mod document;
pub mod goal;
pub mod picture;
mod play;
mod read;
mod roads;
pub mod scenario;
pub mod shape;
pub mod solution;
mod vehicle_model;

pub use play::{CYCLE_S, Failure, GAP_M, Outcome, Play, Played, STEPS_MAX};
pub use roads::Roads;
pub use scenario::Scenario;
pub use vehicle_model::{KinematicState, VehicleModel};

/// Why a scenario cannot be read or driven: every problem with its place and mend.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct CommonRoadError(pub Vec<String>);
