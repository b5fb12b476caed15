//! Traffic that comes, goes and is about (OpenSCENARIO 1.3, `TrafficAction`).
//!
//! In go the actions; out come entities behind those of the scenario, named after the traffic and counted, each with the
//! `follow` driver on its lane. A source brings them at even intervals, the first at once. A swarm keeps its number
//! within its ellipse, but not within its inner circle, and takes away who leaves it; an area that is continuous does
//! likewise. A sink takes only what traffic brought. Who finds no free place comes later. Where the standard is silent,
//! that is how it is here. Traffic keeps its lane and yields to nobody at junctions; at the end of its road it goes.

use super::pilot::Pilot;
use super::{Body, Player};
use crate::model::{Action, Area, ElementId, Entity, EntityId, Fleet, Traffic};
use crate::roads::{Roads, Spot};
use record::{Seed, Stream};
use std::f64::consts::TAU;
use std::sync::Arc;

/// No run has more traffic, those gone included.
const TRAFFIC_MAX: usize = 10_000;
/// A place is sought so often in a step.
const TRIES: usize = 20;
/// Free room before and behind one who comes.
const ROOM_M: f64 = 5.0;

/// A traffic action that goes on.
#[derive(Debug)]
pub(super) struct Flow {
    action: ElementId,
    name: String,
    stream: Stream,
    /// When the next one comes or may go.
    next_s: f64,
    members: Vec<EntityId>,
    brought: usize,
}

impl Player<'_> {
    /// The luck of traffic.
    pub fn set_seed(&mut self, seed: Seed) {
        self.seed = seed;
    }

    pub(super) fn begin_traffic(&mut self, action: ElementId, name: &str, traffic: &Traffic) {
        if *traffic == Traffic::Stop {
            // Without a name it stops all; those that are there drive on.
            self.flows.retain(|flow| !name.is_empty() && flow.name != name);
            return;
        }
        let name = if name.is_empty() { "traffic" } else { name };
        let stream = self.seed.stream("scenario.traffic", action as u64);
        self.flows.push(Flow {
            action,
            name: name.to_owned(),
            stream,
            next_s: self.time_s,
            members: Vec::new(),
            brought: 0,
        });
        self.run_flows(true);
    }

    /// One step of all traffic actions; `is_beginning` for the one that was added last.
    pub(super) fn run_flows(&mut self, is_beginning: bool) {
        let scenario = self.scenario;
        let Some(roads) = scenario.roads.clone() else { return };
        let mut flows = std::mem::take(&mut self.flows);
        let first = if is_beginning { flows.len().saturating_sub(1) } else { 0 };
        for flow in &mut flows[first..] {
            let Some(Action::Traffic(_, traffic)) = &scenario.elements[flow.action].action else {
                continue;
            };
            self.run_flow(flow, traffic, &roads, is_beginning);
        }
        self.flows = flows;
        for entity in scenario.entities.len()..self.bodies.len() {
            if self.bodies[entity].end_of_road_since_s.is_some() {
                self.bodies[entity].is_active = false;
            }
        }
    }

    fn run_flow(&mut self, flow: &mut Flow, traffic: &Traffic, roads: &Arc<Roads>, is_beginning: bool) {
        match traffic {
            Traffic::Source {
                place,
                radius_m,
                rate_per_s,
                speed_mps,
                fleet,
            } => {
                if *rate_per_s <= 0.0 || self.time_s < flow.next_s - 1e-9 {
                    return;
                }
                let Some(centre) = self.place(place, None).spot else {
                    return;
                };
                let mut spot = centre;
                if *radius_m > 0.0 {
                    let along_m = flow.stream.between(-radius_m, *radius_m);
                    roads.advance(&mut spot, along_m, &mut false, &[]);
                }
                if self.bring(flow, spot, speed_mps.map(|speed_mps| [speed_mps; 2]), fleet, roads) {
                    flow.next_s += 1.0 / rate_per_s;
                }
            }
            Traffic::Sink {
                place,
                radius_m,
                rate_per_s,
            } => {
                let centre = self.place(place, None).pose;
                for entity in self.scenario.entities.len()..self.bodies.len() {
                    let body = &mut self.bodies[entity];
                    let away_m = libm::hypot(body.pose.x_m - centre.x_m, body.pose.y_m - centre.y_m);
                    if body.is_active && away_m <= *radius_m && self.time_s >= flow.next_s - 1e-9 {
                        body.is_active = false;
                        if let Some(rate_per_s) = rate_per_s.filter(|rate| *rate > 0.0) {
                            flow.next_s = self.time_s + 1.0 / rate_per_s;
                        }
                    }
                }
            }
            Traffic::Swarm {
                centre,
                count,
                speeds_mps,
                opposite_share,
                fleet,
                ..
            } => {
                self.take_away(flow, |player, body| {
                    player.is_in_swarm(body.pose.x_m, body.pose.y_m, traffic, true)
                });
                for _ in 0..TRIES {
                    if flow.members.len() >= *count {
                        break;
                    }
                    let Some(spot) = self.place_in_swarm(flow, traffic, roads) else {
                        continue;
                    };
                    let is_opposite = self.bodies[*centre].sense() * roads.traffic_sense(spot.road, spot.lane) < 0.0;
                    if let Some(share) = opposite_share {
                        let opposite = flow
                            .members
                            .iter()
                            .filter(|&&member| self.bodies[member].sense() * self.bodies[*centre].sense() < 0.0);
                        let wanted = (share * *count as f64).round() as usize;
                        let has_room = match is_opposite {
                            true => opposite.count() < wanted,
                            false => flow.members.len() - opposite.count() < count - wanted,
                        };
                        if !has_room {
                            continue;
                        }
                    }
                    self.bring(flow, spot, *speeds_mps, fleet, roads);
                }
            }
            Traffic::Area {
                area,
                count,
                continuous,
                fleet,
            } => {
                if !is_beginning && !continuous {
                    return;
                }
                if *continuous {
                    self.take_away(flow, |player, body| player.is_in_area(body, area));
                }
                for _ in 0..TRIES * count {
                    if flow.members.len() >= *count {
                        break;
                    }
                    if let Some(spot) = self.place_in_area(flow, area, roads) {
                        self.bring(flow, spot, None, fleet, roads);
                    }
                }
            }
            Traffic::Stop => {}
        }
    }

    /// Takes away the members that are no longer where they belong.
    fn take_away(&mut self, flow: &mut Flow, belongs: impl Fn(&Self, &Body) -> bool) {
        flow.members.retain(|&member| {
            let stays = self.bodies[member].is_active && belongs(self, &self.bodies[member]);
            if !stays {
                self.bodies[member].is_active = false;
            }
            stays
        });
    }

    /// Brings one to a lane, if there is room; false if not.
    fn bring(
        &mut self,
        flow: &mut Flow,
        spot: Spot,
        speeds_mps: Option<[f64; 2]>,
        fleet: &Fleet,
        roads: &Arc<Roads>,
    ) -> bool {
        let spot = Spot { offset_m: 0.0, ..spot };
        let pose = roads.pose(spot);
        let form = fleet.pick(flow.stream.uniform());
        let room_m = ROOM_M + 0.5 * form.size_m[0];
        let is_free = self.bodies.iter().enumerate().all(|(other, body)| {
            let away_m = libm::hypot(body.pose.x_m - pose.x_m, body.pose.y_m - pose.y_m);
            !body.is_active
                || away_m > room_m + 0.5 * self.entities[other].size_m[0]
                || body
                    .spot
                    .is_some_and(|there| there.road == spot.road && there.lane != spot.lane)
        });
        if !is_free || spot.lane == 0 {
            return false;
        }
        if self.bodies.len() - self.scenario.entities.len() >= TRAFFIC_MAX {
            self.note(format!(
                "`{}` brings no more: a run has no more than {TRAFFIC_MAX}",
                flow.name
            ));
            return false;
        }
        let speed_mps = match speeds_mps {
            Some([low, high]) => flow.stream.between(low, high),
            None => roads.speed_limit_mps(spot).unwrap_or(TOWN_MPS),
        };
        flow.brought += 1;
        let mut body = Body::new();
        body.is_active = true;
        body.has_jumped = true;
        body.heading_to_road_rad = roads.traffic_heading_rad(spot.road, spot.lane);
        body.speed_mps = speed_mps.min(form.speed_mps_max);
        body.set_spot(roads, spot);
        flow.members.push(self.bodies.len());
        self.bodies.push(body);
        self.entities.push(Entity {
            name: format!("{}.{}", flow.name, flow.brought),
            ..form
        });
        self.pilots.push(Some(Pilot {
            is_active: true,
            is_outside: false,
            wish_mps: None,
            reference: None,
        }));
        true
    }

    fn is_in_swarm(&self, x_m: f64, y_m: f64, traffic: &Traffic, with_inner: bool) -> bool {
        let Traffic::Swarm {
            centre,
            axes_m,
            inner_m,
            ahead_m,
            ..
        } = traffic
        else {
            return false;
        };
        let pose = self.bodies[*centre].pose;
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let [dx, dy] = [x_m - pose.x_m, y_m - pose.y_m];
        let [along, across] = [
            (dx * cos + dy * sin - ahead_m) / axes_m[0],
            (dy * cos - dx * sin) / axes_m[1],
        ];
        along * along + across * across <= 1.0 && (with_inner || libm::hypot(dx, dy) >= *inner_m)
    }

    fn place_in_swarm(&self, flow: &mut Flow, traffic: &Traffic, roads: &Roads) -> Option<Spot> {
        let Traffic::Swarm {
            centre,
            axes_m,
            ahead_m,
            ..
        } = traffic
        else {
            return None;
        };
        let pose = self.bodies[*centre].pose;
        let (sin, cos) = libm::sincos(pose.heading_rad);
        let (turn_sin, turn_cos) = libm::sincos(TAU * flow.stream.uniform());
        let radius = libm::sqrt(flow.stream.uniform());
        let [along_m, across_m] = [ahead_m + axes_m[0] * radius * turn_cos, axes_m[1] * radius * turn_sin];
        let x_m = pose.x_m + along_m * cos - across_m * sin;
        let y_m = pose.y_m + along_m * sin + across_m * cos;
        let spot = roads.at_point(x_m, y_m, None, false)?;
        // The place on the lane may lie aside of the point that was drawn.
        let there = roads.pose(Spot { offset_m: 0.0, ..spot });
        self.is_in_swarm(there.x_m, there.y_m, traffic, false).then_some(spot)
    }

    fn corners_of(&self, corners: &[crate::model::Position]) -> Vec<[f64; 2]> {
        let poses = corners.iter().map(|corner| self.place(corner, None).pose);
        poses.map(|pose| [pose.x_m, pose.y_m]).collect()
    }

    fn is_in_area(&self, body: &Body, area: &Area) -> bool {
        match area {
            Area::Polygon(corners) => is_within(&self.corners_of(corners), [body.pose.x_m, body.pose.y_m]),
            Area::Stretches(stretches) => body.spot.is_some_and(|spot| {
                let mut own = stretches.iter().filter(|(road, _, _)| *road == spot.road);
                own.any(|&(_, from_m, to_m)| (from_m..=to_m).contains(&spot.s_m))
            }),
        }
    }

    fn place_in_area(&self, flow: &mut Flow, area: &Area, roads: &Roads) -> Option<Spot> {
        match area {
            Area::Polygon(corners) => {
                let corners = self.corners_of(corners);
                let low = corners
                    .iter()
                    .fold([f64::INFINITY; 2], |low, [x, y]| [low[0].min(*x), low[1].min(*y)]);
                let high = corners.iter().fold([f64::NEG_INFINITY; 2], |high, [x, y]| {
                    [high[0].max(*x), high[1].max(*y)]
                });
                let point = [0, 1].map(|axis| flow.stream.between(low[axis], high[axis]));
                let spot = roads.at_point(point[0], point[1], None, false)?;
                let there = roads.pose(Spot { offset_m: 0.0, ..spot });
                is_within(&corners, [there.x_m, there.y_m]).then_some(spot)
            }
            Area::Stretches(stretches) => {
                let total_m: f64 = stretches.iter().map(|(_, from_m, to_m)| to_m - from_m).sum();
                let mut left_m = flow.stream.uniform() * total_m;
                let stretch = stretches.iter().find(|(_, from_m, to_m)| {
                    left_m -= to_m - from_m;
                    left_m <= 0.0
                })?;
                let s_m = stretch.2 + left_m;
                let lanes: Vec<i32> = roads.driven_lanes_at(stretch.0, s_m).collect();
                let lane = *lanes.get(flow.stream.below(lanes.len().max(1)))?;
                Some(Spot {
                    road: stretch.0,
                    s_m,
                    lane,
                    offset_m: 0.0,
                })
            }
        }
    }
}

/// Where no limit is posted: 50 km/h.
const TOWN_MPS: f64 = 50.0 / 3.6;

/// Whether a point lies within corners, by the number of edges that a ray from it crosses.
fn is_within(corners: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut is_inside = false;
    for (index, &[ax, ay]) in corners.iter().enumerate() {
        let [bx, by] = corners[(index + 1) % corners.len()];
        if (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax) {
            is_inside = !is_inside;
        }
    }
    is_inside
}
