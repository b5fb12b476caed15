//! Who takes part: bodies with their limits.

use super::EntityId;

/// Who takes part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Vehicle, pedestrian or thing.
    pub kind: EntityKind,
    /// The standard's category: `car`, `pedestrian`, `barrier`.
    pub category: String,
    /// Length, width, height.
    pub size_m: [f64; 3],
    /// Middle of the box from the reference point: ahead, left, up.
    pub centre_m: [f64; 3],
    /// No faster than this.
    pub speed_mps_max: f64,
    /// No harder on the throttle.
    pub acceleration_mps2_max: f64,
    /// No harder on the brake.
    pub deceleration_mps2_max: f64,
    /// If the file says it.
    pub mass_kg: Option<f64>,
    /// Its controllers' names.
    pub controllers: Vec<String>,
    /// Where a trailer hangs, ahead of the reference point.
    pub hitch_m: f64,
    /// Where it hangs on as a trailer, ahead of the reference point.
    pub coupler_m: f64,
    /// The trailer it pulls at first.
    pub trailer: Option<EntityId>,
}

/// Kinds of entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntityKind {
    /// Drives.
    #[default]
    Vehicle,
    /// Walks.
    Pedestrian,
    /// Stands.
    MiscObject,
}
