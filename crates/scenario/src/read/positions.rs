//! Positions, routes and trajectories from their elements.

use super::Reader;
use crate::document::Node;
use crate::model::{ClothoidPiece, Orientation, Position, Route, RouteSpot, Shape, Trajectory};
use std::sync::Arc;

impl Reader<'_> {
    /// The position in a child element of that name.
    pub(super) fn position_in(&mut self, node: &Node, child: &str) -> Position {
        match node.child(child) {
            Some(node) => self.position(node),
            None => Position::World([0.0; 3], Orientation::default()),
        }
    }

    /// The one element within a `Position`.
    pub(super) fn position(&mut self, node: &Node) -> Position {
        let Some(node) = node.children.first() else {
            self.wrong(
                node.place,
                &node.name,
                "an empty position".to_owned(),
                "put a <LanePosition> into it",
            );
            return Position::World([0.0; 3], Orientation::default());
        };
        let orientation = self.orientation(node);
        match node.name.as_str() {
            "WorldPosition" => {
                let place = ["x", "y", "z"].map(|name| self.optional_finite(node, name).unwrap_or(0.0));
                let angles_rad = ["h", "p", "r"].map(|name| self.optional_finite(node, name).unwrap_or(0.0));
                let is_given = node.attribute("h").is_some();
                Position::World(
                    place,
                    Orientation {
                        angles_rad,
                        is_relative: false,
                        is_given,
                    },
                )
            }
            "LanePosition" => {
                let road = self.road(node);
                let lane = self.lane(node, "laneId");
                let [s_m, offset_m] = ["s", "offset"].map(|name| self.optional_finite(node, name).unwrap_or(0.0));
                if let Some(roads) = &self.roads
                    && !roads.has_lane(road, lane, s_m)
                {
                    let lanes: Vec<String> = roads.lanes_at(road, s_m).map(|lane| lane.to_string()).collect();
                    let message = format!(
                        "road `{}` has no lane `{lane}` at s = {s_m}",
                        node.attribute("roadId").map_or("", |a| &a.value)
                    );
                    self.wrong(
                        node.place,
                        &node.name,
                        message,
                        &format!("it has the lanes {}", lanes.join(", ")),
                    );
                }
                Position::Lane(road, lane, s_m, offset_m, orientation)
            }
            "RoadPosition" => {
                let road = self.road(node);
                Position::Road(road, self.finite(node, "s"), self.finite(node, "t"), orientation)
            }
            "RelativeWorldPosition" | "RelativeObjectPosition" => {
                let entity = self.one_entity(node, "entityRef");
                let shift = ["dx", "dy", "dz"].map(|name| self.optional_finite(node, name).unwrap_or(0.0));
                match node.name.as_str() {
                    "RelativeWorldPosition" => Position::RelativeWorld(entity, shift, orientation),
                    _ => Position::RelativeObject(entity, shift, orientation),
                }
            }
            "RelativeRoadPosition" => {
                let entity = self.one_entity(node, "entityRef");
                Position::RelativeRoad(entity, self.finite(node, "ds"), self.finite(node, "dt"), orientation)
            }
            "RelativeLanePosition" => {
                let entity = self.one_entity(node, "entityRef");
                let lanes = self.lane(node, "dLane");
                let ds_m = self
                    .optional_finite(node, "ds")
                    .or_else(|| self.optional_finite(node, "dsLane"));
                let offset_m = self.optional_finite(node, "offset").unwrap_or(0.0);
                Position::RelativeLane(entity, lanes, ds_m.unwrap_or(0.0), offset_m, orientation)
            }
            "RoutePosition" => self.route_position(node, orientation),
            "GeoPosition" => self.geo_position(node, orientation),
            "TrajectoryPosition" => {
                let s_m = self.finite(node, "s");
                let t_m = self.optional_finite(node, "t").unwrap_or(0.0);
                let trajectory = node.child("TrajectoryRef").and_then(|node| self.trajectory_in(node));
                match trajectory {
                    Some(trajectory) => Position::Trajectory(trajectory, s_m, t_m, orientation),
                    None => Position::World([0.0; 3], orientation),
                }
            }
            // The check by the schema has named what is unknown.
            _ => Position::World([0.0; 3], orientation),
        }
    }

    fn orientation(&mut self, node: &Node) -> Orientation {
        let Some(node) = node.child("Orientation") else {
            return Orientation {
                is_relative: true,
                ..Orientation::default()
            };
        };
        let is_relative = self.word(node, "type", &[("absolute", false), ("relative", true)]);
        Orientation {
            angles_rad: ["h", "p", "r"].map(|name| self.optional_finite(node, name).unwrap_or(0.0)),
            is_relative,
            is_given: true,
        }
    }

    pub(super) fn road(&mut self, node: &Node) -> usize {
        let id = self.text(node, "roadId");
        let Some(roads) = &self.roads else {
            if self.is_map_missing {
                return 0;
            }
            self.wrong(
                node.place,
                &node.name,
                format!("road `{id}`, but there is no map"),
                "add a <LogicFile>",
            );
            return 0;
        };
        match roads.road(&id) {
            Some(road) => road,
            None => {
                self.wrong(
                    node.place,
                    &node.name,
                    format!("the map has no road `{id}`"),
                    "check roadId and <LogicFile>",
                );
                0
            }
        }
    }

    pub(super) fn lane(&mut self, node: &Node, name: &str) -> i32 {
        let text = self.text(node, name);
        match crate::scope::number(&text) {
            Some(value) if value.fract() == 0.0 && value.abs() < 1000.0 => value as i32,
            _ => {
                self.wrong(
                    node.place,
                    &node.name,
                    format!("`{name}` is `{text}`, expected a whole number"),
                    "such as -1",
                );
                0
            }
        }
    }

    fn geo_position(&mut self, node: &Node, orientation: Orientation) -> Position {
        // 1.0 and 1.1 wrote radians, later versions degrees under another name.
        let degrees = |reader: &mut Self, new: &str, old: &str| {
            let value = reader.optional_finite(node, new);
            value
                .or_else(|| Some(reader.optional_finite(node, old)?.to_degrees()))
                .unwrap_or(0.0)
        };
        let latitude_deg = degrees(self, "latitudeDeg", "latitude");
        let longitude_deg = degrees(self, "longitudeDeg", "longitude");
        let up_m = self
            .optional_finite(node, "altitude")
            .or_else(|| self.optional_finite(node, "height"));
        let place = self
            .roads
            .as_ref()
            .and_then(|roads| roads.network().to_local_m(latitude_deg, longitude_deg));
        match place {
            Some([x_m, y_m]) => Position::World([x_m, y_m, up_m.unwrap_or(0.0)], orientation),
            None => {
                let hint = "give the map a <geoReference>";
                self.wrong(
                    node.place,
                    &node.name,
                    "the map does not say where on the Earth it lies".to_owned(),
                    hint,
                );
                Position::World([0.0; 3], orientation)
            }
        }
    }

    fn route_position(&mut self, node: &Node, orientation: Orientation) -> Position {
        let route = node.child("RouteRef").and_then(|node| self.route_in(node));
        let spot = node.child("InRoutePosition").and_then(|node| node.children.first());
        let spot = spot.map(|node| match node.name.as_str() {
            "FromCurrentEntity" => RouteSpot::Entity(self.one_entity(node, "entityRef")),
            "FromRoadCoordinates" => RouteSpot::Road(self.finite(node, "pathS"), self.finite(node, "t")),
            // FromLaneCoordinates
            _ => {
                let offset_m = self.optional_finite(node, "laneOffset").unwrap_or(0.0);
                RouteSpot::Lane(self.finite(node, "pathS"), self.lane(node, "laneId"), offset_m)
            }
        });
        match route.zip(spot) {
            Some((route, spot)) => Position::Route(route, spot, orientation),
            None => Position::World([0.0; 3], orientation),
        }
    }

    /// A route given in place or by a catalog.
    pub(super) fn route_in(&mut self, node: &Node) -> Option<Arc<Route>> {
        let mut route = None;
        for child in &node.children {
            match child.name.as_str() {
                "Route" => {
                    let outer = self.scope.clone();
                    self.declare(child, &[]);
                    route = Some(self.route(child));
                    self.scope = outer;
                }
                "CatalogReference" => self.catalog_entry(child, |reader, entry| route = Some(reader.route(entry))),
                _ => {}
            }
        }
        route.map(Arc::new)
    }

    fn route(&mut self, node: &Node) -> Route {
        let waypoints = node
            .all("Waypoint")
            .map(|waypoint| self.position_in(waypoint, "Position"));
        Route {
            waypoints: waypoints.collect(),
            name: self.text(node, "name"),
            closed: self.flag(node, "closed"),
        }
    }

    /// A trajectory given in place or by a catalog.
    pub(super) fn trajectory_in(&mut self, node: &Node) -> Option<Arc<Trajectory>> {
        let mut trajectory = None;
        for child in &node.children {
            match child.name.as_str() {
                "Trajectory" => {
                    let outer = self.scope.clone();
                    self.declare(child, &[]);
                    trajectory = Some(self.trajectory(child));
                    self.scope = outer;
                }
                "CatalogReference" => {
                    self.catalog_entry(child, |reader, entry| trajectory = Some(reader.trajectory(entry)));
                }
                "TrajectoryRef" => return self.trajectory_in(child),
                _ => {}
            }
        }
        trajectory.map(Arc::new)
    }

    fn trajectory(&mut self, node: &Node) -> Trajectory {
        let shape = node.child("Shape").and_then(|node| node.children.first());
        let shape = match shape {
            Some(node) if node.name == "Clothoid" => self.clothoid(node),
            Some(node) if node.name == "ClothoidSpline" => self.clothoid_spline(node),
            Some(node) if node.name == "Nurbs" => {
                let points = node.all("ControlPoint").map(|point| {
                    let position = self.position_in(point, "Position");
                    let weight = self.optional_finite(point, "weight").unwrap_or(1.0);
                    (position, weight, self.optional_finite(point, "time"))
                });
                let points: Vec<_> = points.collect();
                let knots: Vec<f64> = node.all("Knot").map(|knot| self.finite(knot, "value")).collect();
                let order = self.finite(node, "order").clamp(2.0, 16.0) as usize;
                if points.is_empty() || knots.len() != points.len() + order {
                    let message = format!(
                        "{} knots for {} control points of order {order}",
                        knots.len(),
                        points.len()
                    );
                    let hint = format!("a NURBS has control points + order = {} knots", points.len() + order);
                    self.wrong(node.place, &node.name, message, &hint);
                }
                Shape::Nurbs(order, points, knots)
            }
            Some(node) => {
                // Polyline
                let vertices = node.all("Vertex");
                let vertices = vertices.map(|vertex| {
                    (
                        self.position_in(vertex, "Position"),
                        self.optional_finite(vertex, "time"),
                    )
                });
                Shape::Polyline(vertices.collect())
            }
            None => Shape::Polyline(Vec::new()),
        };
        Trajectory {
            name: self.text(node, "name"),
            closed: self.flag(node, "closed"),
            shape,
        }
    }

    fn clothoid(&mut self, node: &Node) -> Shape {
        let curvature = self.finite(node, "curvature");
        let slope = self
            .optional_finite(node, "curvaturePrime")
            .or_else(|| self.optional_finite(node, "curvatureDot"));
        let length_m = self.length_m(node, "length");
        Shape::Clothoids {
            pieces: vec![ClothoidPiece {
                curvature_per_m: [curvature, curvature + slope.unwrap_or(0.0) * length_m],
                length_m,
                heading_offset_rad: 0.0,
                start_s: self.optional_finite(node, "startTime"),
                start: Some(self.position_in(node, "Position")),
            }],
            end_s: self.optional_finite(node, "stopTime"),
        }
    }

    fn clothoid_spline(&mut self, node: &Node) -> Shape {
        let mut pieces = Vec::new();
        for segment in node
            .children
            .iter()
            .filter(|child| matches!(child.name.as_str(), "Segment" | "ClothoidSplineSegment"))
        {
            let start = segment.child("PositionStart").map(|node| self.position(node));
            pieces.push(ClothoidPiece {
                curvature_per_m: [
                    self.finite(segment, "curvatureStart"),
                    self.finite(segment, "curvatureEnd"),
                ],
                length_m: self.length_m(segment, "length"),
                heading_offset_rad: self.optional_finite(segment, "hOffset").unwrap_or(0.0),
                start_s: self.optional_finite(segment, "timeStart"),
                start,
            });
        }
        Shape::Clothoids {
            pieces,
            end_s: self.optional_finite(node, "timeEnd"),
        }
    }
}
