//! The world: one clock, everyone who moves, what they can see of each other.
//!
//! One tick is 100 ms of traffic and ten steps of 10 ms for vehicles under test. A world is deterministic: the same
//! configuration gives the same frames, on any number of threads. It does not know how anyone decides to drive.

pub mod assignment;
mod body;
mod crossing;
mod demand;
mod digest;
mod ego_world;
mod footway;
mod frame;
mod grid;
mod lane_tracker;
mod mast;
pub mod microscopic;
mod noise;
mod observer;
mod people;
pub mod realism;
mod sensing;
mod sight;
mod signals;
pub mod sumo;
mod test_vehicle;
mod traffic;
mod view;
mod walkers;
mod weather;
mod world;

pub use demand::Demand;
pub use ego_world::{EgoConfiguration, EgoWorld};
pub use frame::*;
pub use mast::{Heard, Mast, Sighting};
pub use test_vehicle::{TestVehicleConfiguration, TestVehicleState};
pub use traffic::{Cause, CrossingUse, Guest, Jam, Place, Standstill, Surroundings, Tally, Traffic};
pub use weather::Weather;
pub use world::{Phase, World, WorldConfiguration, WorldError};
