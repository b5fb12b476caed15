//! Traffic that actions bring: where it comes, goes or is about, and of what kinds it is (OpenSCENARIO 1.3, `TrafficAction`).

use super::{Entity, EntityId, EntityKind, Position};

/// How many vehicles come, go or are about.
#[derive(Clone, Debug, PartialEq)]
pub enum Traffic {
    /// They come at a place.
    Source {
        /// Where.
        place: Position,
        /// So far around it.
        radius_m: f64,
        /// So many a second.
        rate_per_s: f64,
        /// So fast; as the road allows if nothing is said.
        speed_mps: Option<f64>,
        /// Of these kinds.
        fleet: Fleet,
    },
    /// They go at a place.
    Sink {
        /// Where.
        place: Position,
        /// So far around it.
        radius_m: f64,
        /// So many a second, all if nothing is said.
        rate_per_s: Option<f64>,
    },
    /// They are about an entity, in an ellipse that goes with it but for a circle round it.
    Swarm {
        /// About whom.
        centre: EntityId,
        /// Semi-axes along and across.
        axes_m: [f64; 2],
        /// None within this of it.
        inner_m: f64,
        /// The ellipse's middle ahead of it.
        ahead_m: f64,
        /// So many.
        count: usize,
        /// Between these speeds; as the road allows if nothing is said.
        speeds_mps: Option<[f64; 2]>,
        /// Share of those that drive the other way; by chance of the place if nothing is said.
        opposite_share: Option<f64>,
        /// Of these kinds.
        fleet: Fleet,
    },
    /// They are in an area.
    Area {
        /// Where.
        area: Area,
        /// So many.
        count: usize,
        /// Those that leave are replaced.
        continuous: bool,
        /// Of these kinds.
        fleet: Fleet,
    },
    /// No more by that name.
    Stop,
}

/// An area of roads.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// Within these corners.
    Polygon(Vec<Position>),
    /// On these stretches: road, from s, to s.
    Stretches(Vec<(usize, f64, f64)>),
}

/// Kinds of traffic with their weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet(pub Vec<(f64, Entity)>);

impl Fleet {
    /// The kind that a number from 0 to 1 falls on; a car if none is given.
    pub fn pick(&self, luck: f64) -> Entity {
        let total: f64 = self.0.iter().map(|(weight, _)| weight).sum();
        let mut left = luck * total;
        for (weight, form) in &self.0 {
            if left < *weight {
                return form.clone();
            }
            left -= weight;
        }
        self.0
            .last()
            .map_or_else(|| of_category("car"), |(_, form)| form.clone())
    }
}

/// A vehicle of a category of the standard, with the usual box: length, width, height in metres.
pub fn of_category(category: &str) -> Entity {
    let size_m = match category {
        "van" => [5.5, 2.0, 2.2],
        "truck" | "semitrailer" | "trailer" => [8.5, 2.5, 3.5],
        "bus" | "train" | "tram" => [12.0, 2.5, 3.2],
        "motorbike" => [2.2, 0.8, 1.5],
        "bicycle" => [1.9, 0.7, 1.7],
        _ => [4.5, 1.8, 1.5],
    };
    Entity {
        kind: EntityKind::Vehicle,
        category: category.to_owned(),
        size_m,
        // The reference point is under the rear axle, a fifth of the length from the back.
        centre_m: [0.3 * size_m[0], 0.0, 0.5 * size_m[2]],
        speed_mps_max: f64::INFINITY,
        acceleration_mps2_max: f64::INFINITY,
        deceleration_mps2_max: f64::INFINITY,
        ..Entity::default()
    }
}
