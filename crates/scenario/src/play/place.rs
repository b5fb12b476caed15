//! Positions of the file as places of the moment, and distances between entities.

use super::{Body, Player};
use crate::model::{EntityId, Metric, Orientation, Part, Position, RouteSpot, System};
use crate::roads::{Spot, wrapped};
use road::Pose;
use std::f64::consts::PI;

/// Where a position is now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) pose: Pose,
    pub(super) spot: Option<Spot>,
}

/// How far roads are searched for a way between two places.
const WAY_M_MAX: f64 = 5000.0;

impl Position {
    pub(super) fn has_heading(&self) -> bool {
        match self {
            Position::World(_, orientation)
            | Position::Lane(.., orientation)
            | Position::Road(.., orientation)
            | Position::RelativeWorld(_, _, orientation)
            | Position::RelativeObject(_, _, orientation)
            | Position::RelativeRoad(.., orientation)
            | Position::RelativeLane(.., orientation)
            | Position::Route(_, _, orientation)
            | Position::Trajectory(.., orientation) => orientation.is_given,
        }
    }
}

impl Player<'_> {
    pub(super) fn place(&self, position: &Position, actor: Option<EntityId>) -> Place {
        match position {
            Position::World(at, orientation) => self.at_point(*at, orientation.angles_rad[0]),
            Position::Lane(road, lane, s_m, offset_m, orientation) => {
                let spot = Spot {
                    road: *road,
                    s_m: *s_m,
                    lane: *lane,
                    offset_m: *offset_m,
                };
                self.at_spot(spot, *orientation, self.lane_heading_rad(spot))
            }
            Position::Road(road, s_m, t_m, orientation) => match &self.scenario.roads {
                Some(roads) => self.at_spot(roads.at_track(*road, *s_m, *t_m, true), *orientation, 0.0),
                None => Place::default(),
            },
            Position::RelativeWorld(entity, [dx, dy, dz], orientation) => {
                let base = self.bodies[*entity].pose;
                self.at_point(
                    [base.x_m + dx, base.y_m + dy, base.z_m + dz],
                    heading(base.heading_rad, *orientation),
                )
            }
            Position::RelativeObject(entity, shift, orientation) => {
                // Along the entity's own axes, turned by roll, pitch and heading in this order (ISO 8855).
                let base = self.bodies[*entity].pose;
                let shift = turned(*shift, base);
                let at = [base.x_m + shift[0], base.y_m + shift[1], base.z_m + shift[2]];
                let mut place = self.at_point(at, heading(base.heading_rad, *orientation));
                place.pose.z_m = at[2];
                let [_, pitch_rad, roll_rad] = orientation.angles_rad;
                let kept = if orientation.is_relative { 1.0 } else { 0.0 };
                place.pose.pitch_rad = kept * base.pitch_rad + pitch_rad;
                place.pose.roll_rad = kept * base.roll_rad + roll_rad;
                place
            }
            Position::RelativeRoad(entity, ds_m, dt_m, orientation) => {
                let (Some(mut spot), Some(roads)) = (self.bodies[*entity].spot, &self.scenario.roads) else {
                    return self.at_point(
                        [
                            self.bodies[*entity].pose.x_m + ds_m,
                            self.bodies[*entity].pose.y_m + dt_m,
                            0.0,
                        ],
                        0.0,
                    );
                };
                let base = if self.bodies[*entity].sense() > 0.0 { 0.0 } else { PI };
                spot.offset_m += dt_m;
                let mut is_turned = false;
                roads.advance(&mut spot, *ds_m, &mut is_turned, &self.bodies[*entity].route);
                let spot = roads.at_track(spot.road, spot.s_m, roads.t_m(spot), true);
                self.at_spot(spot, *orientation, base + if is_turned { PI } else { 0.0 })
            }
            Position::RelativeLane(entity, lanes, ds_m, offset_m, orientation) => {
                self.relative_lane(*entity, *lanes, *ds_m, *offset_m, *orientation)
            }
            Position::Route(route, at, orientation) => self.on_route(route, *at, *orientation, actor),
            Position::Trajectory(trajectory, s_m, t_m, orientation) => {
                let point = self.line(trajectory, actor).at(*s_m);
                let (sin, cos) = libm::sincos(point.heading_rad);
                let at = [point.x_m - t_m * sin, point.y_m + t_m * cos, point.z_m];
                self.at_point(at, heading(point.heading_rad, *orientation))
            }
        }
    }

    fn relative_lane(&self, entity: EntityId, lanes: i32, ds_m: f64, offset_m: f64, orientation: Orientation) -> Place {
        let body = &self.bodies[entity];
        let (Some(mut spot), Some(roads)) = (body.spot, &self.scenario.roads) else {
            return self.at_point(
                [body.pose.x_m + ds_m, body.pose.y_m, body.pose.z_m],
                body.pose.heading_rad,
            );
        };
        let sense = body.sense();
        spot.lane = lane_beside(spot.lane, lanes, sense);
        spot.offset_m = offset_m;
        let mut is_turned = false;
        roads.advance(&mut spot, ds_m * sense, &mut is_turned, &body.route);
        self.at_spot(spot, orientation, self.lane_heading_rad(spot))
    }

    fn on_route(
        &self,
        route: &crate::model::Route,
        at: RouteSpot,
        orientation: Orientation,
        actor: Option<EntityId>,
    ) -> Place {
        if let RouteSpot::Entity(entity) = at {
            let body = &self.bodies[entity];
            return Place {
                pose: body.pose,
                spot: body.spot,
            };
        }
        let (path_m, lane, across_m) = match at {
            RouteSpot::Road(s_m, t_m) => (s_m, None, t_m),
            RouteSpot::Lane(s_m, lane, offset_m) => (s_m, Some(lane), offset_m),
            RouteSpot::Entity(_) => (0.0, None, 0.0),
        };
        let spots: Vec<Spot> = route
            .waypoints
            .iter()
            .filter_map(|point| self.place(point, actor).spot)
            .collect();
        let (Some(&first), Some(roads)) = (spots.first(), &self.scenario.roads) else {
            return Place::default();
        };
        let path = self.roads_of(&spots);
        let way_m = spots
            .get(1)
            .and_then(|&second| roads.way_m(first, second, f64::INFINITY))
            .unwrap_or(1.0);
        let mut spot = first;
        let mut is_turned = false;
        roads.advance(&mut spot, path_m * way_m.signum(), &mut is_turned, &path);
        match lane {
            Some(lane) => (spot.lane, spot.offset_m) = (lane, across_m),
            None => spot = roads.at_track(spot.road, spot.s_m, across_m, true),
        }
        // On a lane one looks the way its traffic runs; on the road, the way the route leads.
        let is_against = match lane {
            Some(lane) => roads.traffic_sense(spot.road, lane) < 0.0,
            None => (way_m < 0.0) ^ is_turned,
        };
        let base = if is_against { PI } else { 0.0 };
        self.at_spot(spot, orientation, base)
    }

    /// Against +s, where one looks the way the lane's traffic runs.
    fn lane_heading_rad(&self, spot: Spot) -> f64 {
        let roads = self.scenario.roads.as_ref();
        roads.map_or(0.0, |roads| roads.traffic_heading_rad(spot.road, spot.lane))
    }

    /// The roads that lead from each place to the next.
    pub(super) fn roads_of(&self, spots: &[Spot]) -> Vec<usize> {
        let Some(roads) = &self.scenario.roads else {
            return Vec::new();
        };
        let mut path = Vec::new();
        for pair in spots.windows(2) {
            path.extend(roads.roads_between(pair[0], pair[1]).unwrap_or_default());
        }
        path.dedup();
        path
    }

    fn at_point(&self, [x_m, y_m, z_m]: [f64; 3], heading_rad: f64) -> Place {
        let mut pose = Pose {
            x_m,
            y_m,
            z_m,
            heading_rad,
            ..Pose::default()
        };
        let roads = self.scenario.roads.as_ref();
        let spot = roads.and_then(|roads| roads.at_point(x_m, y_m, None, false));
        if let (Some(roads), Some(spot)) = (roads, spot) {
            pose.z_m += roads.pose(spot).z_m;
        }
        Place { pose, spot }
    }

    fn at_spot(&self, spot: Spot, orientation: Orientation, base_rad: f64) -> Place {
        let Some(roads) = &self.scenario.roads else {
            return Place::default();
        };
        let road = roads.pose(spot);
        let heading_rad = match orientation.is_relative {
            true => road.heading_rad + base_rad + orientation.angles_rad[0],
            false => orientation.angles_rad[0],
        };
        Place {
            pose: Pose { heading_rad, ..road },
            spot: Some(spot),
        }
    }

    /// Puts a body at a place.
    pub(super) fn put(&mut self, entity: EntityId, place: Place) {
        let scenario = self.scenario;
        let body = &mut self.bodies[entity];
        body.pose = place.pose;
        body.spot = place.spot;
        if let (Some(roads), Some(spot)) = (&scenario.roads, place.spot) {
            body.heading_to_road_rad = wrapped(place.pose.heading_rad - roads.pose(spot).heading_rad);
        }
        body.is_active = true;
        body.has_jumped = true;
        body.line = None;
    }

    /// Signed distance from an entity to a place, or to another's box; infinite where no road leads there.
    pub(super) fn distance_m(&self, from: EntityId, to: Place, other: Option<EntityId>, metric: Metric) -> f64 {
        let body = &self.bodies[from];
        match metric.system {
            System::Road | System::Lane if metric.part != Part::Euclidean => {
                self.distance_on_road_m(body, from, to, other, metric)
            }
            System::World if metric.part != Part::Euclidean => match metric.part {
                Part::Longitudinal => to.pose.x_m - body.pose.x_m,
                _ => to.pose.y_m - body.pose.y_m,
            },
            _ if metric.freespace => {
                let [along_m, across_m] = self.gap_m(from, to.pose, other);
                match metric.part {
                    Part::Longitudinal => along_m,
                    Part::Lateral => across_m,
                    Part::Euclidean => libm::hypot(along_m, across_m),
                }
            }
            _ => {
                let [dx, dy] = [to.pose.x_m - body.pose.x_m, to.pose.y_m - body.pose.y_m];
                let (sin, cos) = libm::sincos(body.pose.heading_rad);
                match metric.part {
                    Part::Longitudinal => dx * cos + dy * sin,
                    Part::Lateral => dy * cos - dx * sin,
                    Part::Euclidean => libm::hypot(dx, dy),
                }
            }
        }
    }

    fn distance_on_road_m(
        &self,
        body: &Body,
        from: EntityId,
        to: Place,
        other: Option<EntityId>,
        metric: Metric,
    ) -> f64 {
        let (Some(roads), Some(here), Some(there)) = (&self.scenario.roads, body.spot, to.spot) else {
            return f64::INFINITY;
        };
        if metric.part == Part::Lateral {
            let entities = &self.entities;
            let across_m = (roads.t_m(there) - roads.t_m(here)) * body.sense();
            let half_m = |entity: EntityId| 0.5 * entities[entity].size_m[1];
            return match metric.freespace {
                true => shrink(across_m, half_m(from) + other.map_or(0.0, half_m)),
                false => across_m,
            };
        }
        let Some(way_m) = roads.way_m(here, there, WAY_M_MAX) else {
            return f64::INFINITY;
        };
        let along_m = way_m * body.sense();
        if !metric.freespace {
            return along_m;
        }
        // Boxes as stretches along the road; the other one may look the other way.
        let [own_m, own_half_m] = self.stretch_m(from);
        let other_sense = other.map_or(1.0, |other| self.bodies[other].sense() * body.sense());
        let [other_m, half_m] = other.map_or([0.0; 2], |other| self.stretch_m(other));
        let between_m = along_m + other_m * other_sense - own_m;
        shrink(between_m, own_half_m + half_m)
    }

    /// What an entity's box takes along its road, turned as it is: its middle ahead of the reference point, and half its
    /// length.
    fn stretch_m(&self, entity: EntityId) -> [f64; 2] {
        let body = &self.bodies[entity];
        let turned_rad = body.heading_to_road_rad + if body.sense() > 0.0 { 0.0 } else { PI };
        self.entities[entity].stretch_m(turned_rad)
    }

    /// Gaps along and across an entity's axes to a box (or a point): zero where they overlap on that axis.
    pub fn gap_m(&self, from: EntityId, to: Pose, other: Option<EntityId>) -> [f64; 2] {
        let (own, body) = (&self.entities[from], &self.bodies[from]);
        let (sin, cos) = libm::sincos(body.pose.heading_rad);
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        let corners = match other {
            Some(other) => corners(&self.entities[other], to),
            None => [[to.x_m, to.y_m]; 4],
        };
        for [x, y] in corners {
            let [dx, dy] = [x - body.pose.x_m, y - body.pose.y_m];
            for (axis, value) in [dx * cos + dy * sin, dy * cos - dx * sin].into_iter().enumerate() {
                low[axis] = low[axis].min(value);
                high[axis] = high[axis].max(value);
            }
        }
        [0, 1].map(|axis| {
            let [from_m, to_m] = [-0.5, 0.5].map(|side| own.centre_m[axis] + side * own.size_m[axis]);
            if low[axis] > to_m {
                low[axis] - to_m
            } else if high[axis] < from_m {
                high[axis] - from_m
            } else {
                0.0
            }
        })
    }

    /// Whether two boxes overlap on the ground (separating axes).
    pub fn touch(&self, a: EntityId, b: EntityId) -> bool {
        let (first, second) = (&self.bodies[a], &self.bodies[b]);
        if !first.is_active || !second.is_active {
            return false;
        }
        // Boxes are far apart nearly always: their half diagonals and their reference points tell that cheaply.
        let reach_m: f64 = [a, b].map(|entity| reach_m(&self.entities[entity])).iter().sum();
        if (first.pose.x_m - second.pose.x_m).abs() > reach_m || (first.pose.y_m - second.pose.y_m).abs() > reach_m {
            return false;
        }
        boxes_overlap([(&self.entities[a], first.pose), (&self.entities[b], second.pose)])
    }
}

impl crate::model::Entity {
    /// What the box takes along a line that it is turned from: its middle from the reference point, and half its length.
    pub(super) fn stretch_m(&self, turned_rad: f64) -> [f64; 2] {
        let (sin, cos) = libm::sincos(turned_rad);
        let [length_m, width_m, _] = self.size_m;
        [
            self.centre_m[0] * cos - self.centre_m[1] * sin,
            0.5 * (length_m * cos.abs() + width_m * sin.abs()),
        ]
    }
}

/// No corner of the box is farther from the reference point.
fn reach_m(form: &crate::model::Entity) -> f64 {
    let [ahead_m, left_m, _] = form.centre_m;
    ahead_m.abs() + left_m.abs() + 0.5 * (form.size_m[0] + form.size_m[1])
}

/// Whether two boxes overlap on the ground (separating axes).
pub(crate) fn boxes_overlap(both: [(&crate::model::Entity, Pose); 2]) -> bool {
    let boxes = both.map(|(form, pose)| corners(form, pose));
    both.iter().all(|(_, pose)| {
        let (sin, cos) = libm::sincos(pose.heading_rad);
        [[cos, sin], [-sin, cos]].iter().all(|axis| {
            let [one, two] = boxes.map(|corners| {
                corners
                    .iter()
                    .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], corner| {
                        let value = corner[0] * axis[0] + corner[1] * axis[1];
                        [low.min(value), high.max(value)]
                    })
            });
            one[0] <= two[1] && two[0] <= one[1]
        })
    })
}

/// Corners of an entity's box on the ground.
pub(crate) fn corners(entity: &crate::model::Entity, pose: Pose) -> [[f64; 2]; 4] {
    let (sin, cos) = libm::sincos(pose.heading_rad);
    [[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]].map(|[along, across]| {
        let x = entity.centre_m[0] + 0.5 * along * entity.size_m[0];
        let y = entity.centre_m[1] + 0.5 * across * entity.size_m[1];
        [pose.x_m + x * cos - y * sin, pose.y_m + x * sin + y * cos]
    })
}

fn shrink(distance_m: f64, by_m: f64) -> f64 {
    distance_m.signum() * (distance_m.abs() - by_m).max(0.0)
}

/// The lane so many to the left of a lane, for one who looks along `sense`; there is no lane 0.
pub(super) fn lane_beside(lane: i32, lanes: i32, sense: f64) -> i32 {
    let target = lane + if sense > 0.0 { lanes } else { -lanes };
    if lanes != 0 && (target == 0 || (target > 0) != (lane > 0)) {
        let direction = (target - lane).signum();
        return target + direction * i32::from(lane != 0);
    }
    target
}

fn turned([x, y, z]: [f64; 3], pose: Pose) -> [f64; 3] {
    let (sin, cos) = libm::sincos(pose.roll_rad);
    let [y, z] = [y * cos - z * sin, y * sin + z * cos];
    let (sin, cos) = libm::sincos(pose.pitch_rad);
    let [x, z] = [x * cos + z * sin, z * cos - x * sin];
    let (sin, cos) = libm::sincos(pose.heading_rad);
    [x * cos - y * sin, x * sin + y * cos, z]
}

fn heading(base_rad: f64, orientation: Orientation) -> f64 {
    match orientation.is_relative {
        true => base_rad + orientation.angles_rad[0],
        false => orientation.angles_rad[0],
    }
}
