//! Places as a file names them, and the routes and lines that are made of them.

use super::EntityId;
use std::sync::Arc;

/// An attitude given with a position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Orientation {
    /// Heading, pitch, roll.
    pub angles_rad: [f64; 3],
    /// Added to the reference's rather than the map's.
    pub is_relative: bool,
    /// Was given at all.
    pub is_given: bool,
}

/// A place as a file names it.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// On the map.
    World([f64; 3], Orientation),
    /// On a lane: road, lane, s, offset.
    Lane(usize, i32, f64, f64, Orientation),
    /// On a road: road, s, t.
    Road(usize, f64, f64, Orientation),
    /// From an entity, map's axes.
    RelativeWorld(EntityId, [f64; 3], Orientation),
    /// From an entity, its axes.
    RelativeObject(EntityId, [f64; 3], Orientation),
    /// From an entity, along and across its road: ds, dt.
    RelativeRoad(EntityId, f64, f64, Orientation),
    /// From an entity, along its lane: lanes to the left, ds, offset, whether ds is the lane's.
    RelativeLane(EntityId, i32, f64, f64, Orientation),
    /// Along a route: path s, t or lane with offset.
    Route(Arc<Route>, RouteSpot, Orientation),
    /// Along a trajectory: s, t.
    Trajectory(Arc<Trajectory>, f64, f64, Orientation),
}

/// Where on a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RouteSpot {
    /// Where an entity is.
    Entity(EntityId),
    /// s along it, t across.
    Road(f64, f64),
    /// s along it, lane id, offset.
    Lane(f64, i32, f64),
}

/// Places to pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The places.
    pub waypoints: Vec<Position>,
    /// Leads back to its start.
    pub closed: bool,
}

/// A line to follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// Its name.
    pub name: String,
    /// Leads back to its start.
    pub closed: bool,
    /// Its form.
    pub shape: Shape,
}

/// Forms of lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Straight from vertex to vertex, each with its time if timed.
    Polyline(Vec<(Position, Option<f64>)>),
    /// Pieces of linear curvature.
    Clothoids {
        /// Its pieces. The first begins where the actor is, if it does not say where.
        pieces: Vec<ClothoidPiece>,
        /// Time at its end.
        end_s: Option<f64>,
    },
    /// Order, control points with weight and time, knots.
    Nurbs(usize, Vec<(Position, f64, Option<f64>)>, Vec<f64>),
}

/// A piece of linear curvature.
#[derive(Clone, Debug, PartialEq)]
pub struct ClothoidPiece {
    /// Curvature at its start and its end.
    pub curvature_per_m: [f64; 2],
    /// Arc length.
    pub length_m: f64,
    /// Turn at its start.
    pub heading_offset_rad: f64,
    /// Time at its start.
    pub start_s: Option<f64>,
    /// A new start, if not where the last piece ended.
    pub start: Option<Position>,
}
