//! The road network as a scenario sees it: roads, lanes by OpenDRIVE id, and the ways that lead from one to the next.
//!
//! In goes a map; out come a place's pose, the place some metres on, and distances along roads. Geometry is the
//! analytic one of [`RoadNetwork`]; links are those of the map as written. It knows no entity.

use road::draft::{
    ContactPoint, Cubic, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, Orientation, RoadDraft, RoadLink,
    SignalDraft, SignalKind,
};
use road::{Pose, RoadId, RoadNetwork, RoadPosition};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A place in road coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spot {
    /// Index of the road.
    pub road: usize,
    /// Along the reference line.
    pub s_m: f64,
    /// OpenDRIVE id of the lane; 0 is the centre line.
    pub lane: i32,
    /// From the lane's middle, positive to the left of +s.
    pub offset_m: f64,
}

/// What a step along a road came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// Gone all the way.
    Done,
    /// The road ends.
    EndOfRoad,
}

/// Roads with their links.
#[derive(Debug)]
pub struct Roads {
    network: Arc<RoadNetwork>,
    roads: Vec<RoadLinks>,
    junctions: BTreeMap<String, Vec<Connection>>,
    ids: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct RoadLinks {
    length_m: f64,
    predecessor: Link,
    successor: Link,
    sections: Vec<Section>,
    is_connecting: bool,
    /// Limits from s on.
    speeds_mps_max: Vec<(f64, Option<f64>)>,
    lines: Vec<StopLine>,
}

/// Where traffic is held: by a light or by a stop sign.
#[derive(Debug, Clone, PartialEq)]
pub struct StopLine {
    /// The light's or the sign's id in the map.
    pub id: String,
    /// What holds it.
    pub kind: LineKind,
    s_m: f64,
    /// Its post, across the road and over it.
    t_m: f64,
    up_m: f64,
    orientation: Orientation,
    lanes: Option<(i32, i32)>,
}

/// What holds traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A light.
    Light,
    /// A stop sign.
    Stop,
}

impl StopLine {
    fn new(signal: &SignalDraft) -> Option<StopLine> {
        let kind = match signal.kind {
            SignalKind::TrafficLight => LineKind::Light,
            SignalKind::Stop => LineKind::Stop,
            _ => return None,
        };
        Some(StopLine {
            id: signal.id.clone(),
            kind,
            s_m: signal.s_m,
            t_m: signal.t_m,
            up_m: signal.z_offset_m,
            orientation: signal.orientation,
            lanes: signal.lanes,
        })
    }
}

#[derive(Debug, Clone)]
enum Link {
    None,
    Road(usize, ContactPoint),
    Junction(String),
}

#[derive(Debug)]
struct Section {
    start_m: f64,
    lanes: Vec<LaneLinks>,
    /// t of the middle lane where it does not change along the section.
    centre_t_m: Option<f64>,
}

#[derive(Debug)]
struct LaneLinks {
    id: i32,
    kind: LaneKind,
    predecessor: Option<i32>,
    successor: Option<i32>,
    /// Its own limits, from places in its section on.
    speeds_mps_max: Vec<(f64, f64)>,
    /// t of its middle and its width where they do not change along the section, as on most roads that scenarios use.
    constant: Option<[f64; 2]>,
}

#[derive(Debug)]
struct Connection {
    incoming: usize,
    connecting: usize,
    contact: ContactPoint,
    lane_links: Vec<(i32, i32)>,
}

impl Section {
    fn lane(&self, id: i32) -> Option<&LaneLinks> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    fn new(network: &RoadNetwork, id: RoadId, road: &RoadDraft, section: &LaneSectionDraft) -> Section {
        let is_level = |cubics: &[Cubic]| {
            cubics
                .iter()
                .all(|cubic| cubic.b == 0.0 && cubic.c == 0.0 && cubic.d == 0.0)
        };
        let middle_is_constant = road.lane_offset.len() <= 1 && is_level(&road.lane_offset);
        let mut lanes = Vec::new();
        for side in [&section.left, &section.right] {
            let mut is_constant = middle_is_constant;
            for lane in side {
                is_constant &= lane.widths.len() == 1 && is_level(&lane.widths) && lane.borders.is_empty();
                let (centre_m, width_m) = (
                    network.road_lane_centre_t_m(id, lane.id, section.s_m),
                    network.road_lane_width_m(id, lane.id, section.s_m),
                );
                lanes.push(LaneLinks::new(lane, is_constant.then_some([centre_m, width_m])));
            }
        }
        Section {
            start_m: section.s_m,
            lanes,
            centre_t_m: middle_is_constant.then(|| network.road_lane_centre_t_m(id, 0, section.s_m)),
        }
    }
}

impl LaneLinks {
    fn new(lane: &LaneDraft, constant: Option<[f64; 2]>) -> LaneLinks {
        LaneLinks {
            id: lane.id,
            kind: lane.kind,
            predecessor: lane.predecessor,
            successor: lane.successor,
            speeds_mps_max: lane.speeds_mps_max.clone(),
            constant,
        }
    }
}

impl Roads {
    /// Puts a compiled network and its draft together.
    pub fn new(draft: &MapDraft, network: RoadNetwork) -> Roads {
        let ids: BTreeMap<String, usize> = draft
            .roads
            .iter()
            .enumerate()
            .map(|(index, road)| (road.id.clone(), index))
            .collect();
        let link = |link: &Option<RoadLink>| match link {
            None => Link::None,
            Some(RoadLink::Road { id, contact }) => ids.get(id).map_or(Link::None, |&road| Link::Road(road, *contact)),
            Some(RoadLink::Junction { id }) => Link::Junction(id.clone()),
        };
        let roads = draft.roads.iter().enumerate().map(|(index, road)| RoadLinks {
            length_m: road.length_m,
            predecessor: link(&road.predecessor),
            successor: link(&road.successor),
            is_connecting: road.junction.is_some(),
            speeds_mps_max: road
                .types
                .iter()
                .map(|record| (record.s_m, record.speed_mps_max))
                .collect(),
            lines: road.signals.iter().filter_map(StopLine::new).collect(),
            sections: road
                .sections
                .iter()
                .map(|section| Section::new(&network, RoadId(index as u32), road, section))
                .collect(),
        });
        let roads = roads.collect();
        let junctions = draft.junctions.iter().map(|junction| {
            let connections = junction.connections.iter().filter_map(|connection| {
                Some(Connection {
                    incoming: *ids.get(&connection.incoming_road)?,
                    connecting: *ids.get(&connection.connecting_road)?,
                    contact: connection.contact,
                    lane_links: connection.lane_links.clone(),
                })
            });
            (junction.id.clone(), connections.collect())
        });
        let junctions = junctions.collect();
        Roads {
            network: Arc::new(network),
            roads,
            junctions,
            ids,
        }
    }

    /// The compiled network.
    pub fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    /// The road with that id.
    pub fn road(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// Length of a road's reference line.
    pub fn length_m(&self, road: usize) -> f64 {
        self.roads[road].length_m
    }

    /// Whether a road lies in a junction.
    pub fn is_in_junction(&self, road: usize) -> bool {
        self.roads[road].is_connecting
    }

    /// t of a place.
    pub fn t_m(&self, spot: Spot) -> f64 {
        self.centre_t_m(spot.road, spot.lane, spot.s_m) + spot.offset_m
    }

    /// t of a lane's middle.
    fn centre_t_m(&self, road: usize, lane: i32, s_m: f64) -> f64 {
        let section = self.section(road, s_m);
        let constant = match lane {
            0 => section.and_then(|section| section.centre_t_m),
            _ => section
                .and_then(|section| section.lane(lane))
                .and_then(|lane| lane.constant.map(|[centre_m, _]| centre_m)),
        };
        constant.unwrap_or_else(|| self.network.road_lane_centre_t_m(RoadId(road as u32), lane, s_m))
    }

    /// Place and attitude along +s.
    pub fn pose(&self, spot: Spot) -> Pose {
        self.network.road_pose(RoadPosition {
            road: RoadId(spot.road as u32),
            s_m: spot.s_m,
            t_m: self.t_m(spot),
        })
    }

    /// Whether the road has that lane at `s_m`.
    pub fn has_lane(&self, road: usize, lane: i32, s_m: f64) -> bool {
        lane == 0
            || self
                .section(road, s_m)
                .is_some_and(|section| section.lane(lane).is_some())
    }

    /// The ids of all lanes at a place.
    pub fn lanes_at(&self, road: usize, s_m: f64) -> impl Iterator<Item = i32> + '_ {
        self.section(road, s_m)
            .into_iter()
            .flat_map(|section| section.lanes.iter().map(|lane| lane.id))
    }

    /// The same place, named from another lane.
    pub fn seen_from_lane(&self, spot: Spot, lane: i32) -> Spot {
        let centre_m = self.centre_t_m(spot.road, lane, spot.s_m);
        Spot {
            lane,
            offset_m: self.t_m(spot) - centre_m,
            ..spot
        }
    }

    /// The place at (s, t), on the nearest lane that fits: one to drive on unless `any_lane`.
    pub fn at_track(&self, road: usize, s_m: f64, t_m: f64, any_lane: bool) -> Spot {
        let mut best = (f64::INFINITY, 0, 0.0);
        if let Some(section) = self.section(road, s_m) {
            for lane in &section.lanes {
                if !any_lane && !is_driven(lane.kind) {
                    continue;
                }
                let [centre_m, width_m] = self.lane_at(road, lane, s_m);
                let beside_m = (t_m - centre_m).abs() - 0.5 * width_m;
                // On a lane is on a lane; beyond all of them the nearest border counts.
                let distance_m = if beside_m > 0.0 { beside_m } else { 0.0 };
                let rank = distance_m + 1e-3 * (t_m - centre_m).abs();
                if rank < best.0 {
                    best = (rank, lane.id, t_m - centre_m);
                }
            }
        }
        let (rank, lane, offset_m) = best;
        match rank.is_finite() {
            true => Spot {
                road,
                s_m,
                lane,
                offset_m,
            },
            false => Spot {
                road,
                s_m,
                lane: 0,
                offset_m: t_m - self.centre_t_m(road, 0, s_m),
            },
        }
    }

    /// The place on the roads nearest to a point; first looks along the road of `near`.
    pub fn at_point(&self, x_m: f64, y_m: f64, near: Option<Spot>, any_lane: bool) -> Option<Spot> {
        if let Some(near) = near
            && let Some([s_m, t_m]) = self
                .network
                .road_track_near(RoadId(near.road as u32), x_m, y_m, near.s_m)
            && s_m > 0.01
            && s_m < self.roads[near.road].length_m - 0.01
            && self.network.road_lane_at(RoadId(near.road as u32), s_m, t_m).is_some()
        {
            return Some(self.at_track(near.road, s_m, t_m, any_lane));
        }
        let found = self.network.road_position(x_m, y_m)?;
        Some(self.at_track(found.road.0 as usize, found.s_m, found.t_m, any_lane))
    }

    /// Whether a place lies on the road: on any lane but those of no kind.
    pub fn is_on_road(&self, spot: Spot) -> bool {
        let t_m = self.t_m(spot);
        let own = self
            .section(spot.road, spot.s_m)
            .and_then(|section| section.lane(spot.lane));
        if let Some(own) = own
            && own.kind != LaneKind::None
            && spot.offset_m.abs() < 0.5 * self.lane_at(spot.road, own, spot.s_m)[1]
        {
            return true;
        }
        let lane = self.network.road_lane_at(RoadId(spot.road as u32), spot.s_m, t_m);
        lane.is_some_and(|id| {
            let section = self.section(spot.road, spot.s_m);
            let lane = section.and_then(|section| section.lane(id));
            lane.is_none_or(|lane| lane.kind != LaneKind::None)
        })
    }

    /// Width of the lane at a place.
    pub fn lane_width_m(&self, spot: Spot) -> f64 {
        let section = self.section(spot.road, spot.s_m);
        let lane = section.and_then(|section| section.lane(spot.lane));
        match lane.and_then(|lane| lane.constant) {
            Some([_, width_m]) => width_m,
            None => self
                .network
                .road_lane_width_m(RoadId(spot.road as u32), spot.lane, spot.s_m),
        }
    }

    /// The posted limit at a place: the lane's own, else the road's.
    pub fn speed_limit_mps(&self, spot: Spot) -> Option<f64> {
        let section = self.section(spot.road, spot.s_m)?;
        let own = section.lane(spot.lane).and_then(|lane| {
            let from_m = spot.s_m - section.start_m;
            lane.speeds_mps_max
                .iter()
                .rev()
                .find(|(begins_m, _)| *begins_m <= from_m)
        });
        let of_road = self.roads[spot.road].speeds_mps_max.iter();
        let of_road = of_road.rev().find(|(begins_m, _)| *begins_m <= spot.s_m);
        own.map(|&(_, limit_mps)| limit_mps)
            .or(of_road.and_then(|&(_, limit_mps)| limit_mps))
    }

    /// All lights of the map in its order, each with its place; it looks towards whom it holds.
    pub fn lights(&self) -> impl Iterator<Item = (&StopLine, Pose)> {
        let lines = self.roads.iter().enumerate();
        let lines = lines.flat_map(|(road, links)| links.lines.iter().map(move |line| (road, line)));
        lines
            .filter(|(_, line)| line.kind == LineKind::Light)
            .map(|(road, line)| {
                let mut pose = self.network.road_pose(RoadPosition {
                    road: RoadId(road as u32),
                    s_m: line.s_m,
                    t_m: line.t_m,
                });
                pose.z_m += line.up_m;
                if line.orientation != Orientation::Backward {
                    pose.heading_rad = wrapped(pose.heading_rad + std::f64::consts::PI);
                }
                (line, pose)
            })
    }

    /// The lines passed on the lane of `spot` between two places of its road, driving along +s or against it.
    pub fn lines_passed(&self, spot: Spot, from_m: f64, to_m: f64, sense: f64) -> impl Iterator<Item = &StopLine> {
        let wanted = if sense > 0.0 {
            Orientation::Forward
        } else {
            Orientation::Backward
        };
        self.roads[spot.road].lines.iter().filter(move |line| {
            let is_passed = match sense > 0.0 {
                true => from_m < line.s_m && line.s_m <= to_m,
                false => to_m <= line.s_m && line.s_m < from_m,
            };
            let is_for_lane = line.lanes.is_none_or(|(low, high)| (low..=high).contains(&spot.lane));
            is_passed && is_for_lane && (line.orientation == Orientation::Both || line.orientation == wanted)
        })
    }

    /// The ids of lanes to drive on at a place.
    pub fn driven_lanes_at(&self, road: usize, s_m: f64) -> impl Iterator<Item = i32> + '_ {
        let lanes = self.section(road, s_m).into_iter().flat_map(|section| &section.lanes);
        lanes
            .filter(|lane| matches!(lane.kind, LaneKind::Driving | LaneKind::Ramp))
            .map(|lane| lane.id)
    }

    /// How far s changes for a way of `distance_m` at a place: the inside of a bend is shorter.
    pub fn along_s_m(&self, spot: Spot, distance_m: f64) -> f64 {
        let curvature = self.network.road_curvature_per_m(RoadId(spot.road as u32), spot.s_m);
        let factor = 1.0 - curvature * self.t_m(spot);
        distance_m / factor.max(0.05)
    }

    /// Moves a place by `ds_m` along the reference lines (negative: against +s). Where the next road runs the other way
    /// round, `is_turned` flips. At a junction the way is the one into a road of `route`, else the straightest.
    pub fn advance(&self, spot: &mut Spot, ds_m: f64, is_turned: &mut bool, route: &[usize]) -> Advance {
        /// No step crosses more roads than this.
        const ROADS_MAX: usize = 1000;
        let mut left_m = ds_m;
        for _ in 0..ROADS_MAX {
            let length_m = self.roads[spot.road].length_m;
            let target_m = spot.s_m + left_m;
            if target_m > length_m {
                let beyond_m = target_m - length_m;
                self.cross_sections(spot, length_m);
                spot.s_m = length_m;
                let Some(turned) = self.next(spot, true, route) else {
                    return Advance::EndOfRoad;
                };
                *is_turned ^= turned;
                left_m = if turned { -beyond_m } else { beyond_m };
            } else if target_m < 0.0 {
                self.cross_sections(spot, 0.0);
                spot.s_m = 0.0;
                let Some(turned) = self.next(spot, false, route) else {
                    return Advance::EndOfRoad;
                };
                *is_turned ^= turned;
                left_m = if turned { -target_m } else { target_m };
            } else {
                self.cross_sections(spot, target_m);
                spot.s_m = target_m;
                return Advance::Done;
            }
        }
        Advance::EndOfRoad
    }

    /// Follows the lane's links over the borders of lane sections up to `to_m`.
    fn cross_sections(&self, spot: &mut Spot, to_m: f64) {
        let sections = &self.roads[spot.road].sections;
        let index = |s_m: f64| {
            sections
                .partition_point(|section| section.start_m <= s_m)
                .saturating_sub(1)
        };
        let (mut at, end) = (index(spot.s_m), index(to_m));
        while at != end {
            let forward = end > at;
            let lane = sections[at].lanes.iter().find(|lane| lane.id == spot.lane);
            let linked = lane.and_then(|lane| if forward { lane.successor } else { lane.predecessor });
            let next = if forward { at + 1 } else { at - 1 };
            let exists = |id: i32| sections[next].lanes.iter().any(|lane| lane.id == id);
            match linked.filter(|&id| exists(id)) {
                Some(id) => spot.lane = id,
                None if spot.lane == 0 => {}
                None => {
                    // The lane ends: stay where one is, on the lane that is there now.
                    let border_m = sections[at.max(next)].start_m;
                    let before = Spot {
                        s_m: border_m - 1e-6,
                        ..*spot
                    };
                    let here = self.at_track(spot.road, border_m + 1e-6, self.t_m(before), false);
                    if !exists(spot.lane) {
                        (spot.lane, spot.offset_m) = (here.lane, here.offset_m);
                    }
                }
            }
            at = next;
        }
    }

    /// Steps over the end (or the start) of a road. `None` if there is no way on; else whether +s now runs against.
    fn next(&self, spot: &mut Spot, at_end: bool, route: &[usize]) -> Option<bool> {
        let road = &self.roads[spot.road];
        let link = if at_end { &road.successor } else { &road.predecessor };
        let section = if at_end {
            road.sections.last()
        } else {
            road.sections.first()
        }?;
        let (next, contact, lane) = match link {
            Link::None => return None,
            Link::Road(next, contact) => {
                let lane = section.lanes.iter().find(|lane| lane.id == spot.lane);
                let linked = lane.and_then(|lane| if at_end { lane.successor } else { lane.predecessor });
                (*next, *contact, if spot.lane == 0 { Some(0) } else { linked })
            }
            Link::Junction(id) => {
                let heading = self.pose(*spot).heading_rad;
                let connections = self
                    .junctions
                    .get(id)?
                    .iter()
                    .filter(|connection| connection.incoming == spot.road);
                let mut best: Option<(f64, &Connection, i32)> = None;
                for connection in connections {
                    let linked = connection
                        .lane_links
                        .iter()
                        .find(|(from, _)| *from == spot.lane)
                        .map(|&(_, to)| to);
                    let on_route = self.leads_into(connection, route);
                    let lane = match linked {
                        Some(lane) => lane,
                        // A route goes on even from a lane that has no link: people change lanes before a junction.
                        None if on_route => connection.lane_links.first().map_or(spot.lane, |&(_, to)| to),
                        None => continue,
                    };
                    let rank = if on_route { -10.0 } else { 0.0 } + self.turn(connection, heading, at_end);
                    if best.is_none_or(|(known, _, _)| rank < known) {
                        best = Some((rank, connection, lane));
                    }
                }
                let (_, connection, lane) = best?;
                (connection.connecting, connection.contact, Some(lane))
            }
        };
        let turned = matches!(
            (at_end, contact),
            (true, ContactPoint::End) | (false, ContactPoint::Start)
        );
        let s_m = match contact {
            ContactPoint::Start => 0.0,
            ContactPoint::End => self.roads[next].length_m,
        };
        let from = *spot;
        spot.road = next;
        spot.s_m = s_m;
        match lane.filter(|&lane| self.has_lane(next, lane, s_m)) {
            Some(lane) => {
                spot.lane = lane;
                if turned {
                    spot.offset_m = -spot.offset_m;
                }
            }
            None => {
                let pose = self.pose(from);
                let [s_m, t_m] = self
                    .network
                    .road_track_near(RoadId(next as u32), pose.x_m, pose.y_m, s_m)?;
                *spot = self.at_track(next, s_m, t_m, false);
            }
        }
        Some(turned)
    }

    /// The roads of a way by chance: at each junction `pick` takes one of so many connections that lead on from the lane.
    /// It ends where the roads do, or where it would come by a second time.
    pub fn way_by_chance(&self, spot: Spot, is_along: bool, mut pick: impl FnMut(usize) -> usize) -> Vec<usize> {
        let (mut spot, mut at_end) = (spot, is_along);
        let mut way = vec![spot.road];
        loop {
            let road = &self.roads[spot.road];
            let (end_m, link) = match at_end {
                true => (road.length_m, &road.successor),
                false => (0.0, &road.predecessor),
            };
            self.cross_sections(&mut spot, end_m);
            spot.s_m = end_m;
            let mut chosen = Vec::new();
            if let Link::Junction(id) = link {
                let leads_on = |connection: &&Connection| {
                    let is_linked = connection.lane_links.iter().any(|&(from, _)| from == spot.lane);
                    connection.incoming == spot.road && is_linked
                };
                let connections: Vec<&Connection> =
                    self.junctions.get(id).into_iter().flatten().filter(leads_on).collect();
                let Some(connection) = connections.get(pick(connections.len().max(1))) else {
                    return way;
                };
                chosen.push(connection.connecting);
            }
            match self.next(&mut spot, at_end, &chosen) {
                Some(turned) if !way.contains(&spot.road) => at_end ^= turned,
                _ => return way,
            }
            way.push(spot.road);
        }
    }

    /// Whether a connecting road, or the one it leads to, is on the route.
    fn leads_into(&self, connection: &Connection, route: &[usize]) -> bool {
        let road = &self.roads[connection.connecting];
        let out = match connection.contact {
            ContactPoint::Start => &road.successor,
            ContactPoint::End => &road.predecessor,
        };
        let after = if let Link::Road(after, _) = out {
            Some(*after)
        } else {
            None
        };
        route.contains(&connection.connecting) || after.is_some_and(|after| route.contains(&after))
    }

    /// By how much a connecting road turns, radians, never negative.
    fn turn(&self, connection: &Connection, heading_rad: f64, at_end: bool) -> f64 {
        let length_m = self.roads[connection.connecting].length_m;
        let far_m = match connection.contact {
            ContactPoint::Start => length_m,
            ContactPoint::End => 0.0,
        };
        let far = self.network.road_pose(RoadPosition {
            road: RoadId(connection.connecting as u32),
            s_m: far_m,
            t_m: 0.0,
        });
        let flip = (connection.contact == ContactPoint::End) == at_end;
        let heading = far.heading_rad + if flip { std::f64::consts::PI } else { 0.0 };
        wrapped(heading - heading_rad).abs()
    }

    /// Signed way along the reference lines from one place to another, positive along +s of the first; `None` if no road
    /// leads there within `reach_m`.
    pub fn way_m(&self, from: Spot, to: Spot, reach_m: f64) -> Option<f64> {
        if from.road == to.road {
            return Some(to.s_m - from.s_m);
        }
        let ahead = self.search(from, to, true, reach_m).map(|(way_m, _)| way_m);
        let behind = self.search(from, to, false, reach_m).map(|(way_m, _)| way_m);
        match (ahead, behind) {
            (Some(ahead), Some(behind)) => Some(if ahead <= behind { ahead } else { -behind }),
            (Some(ahead), None) => Some(ahead),
            (None, behind) => behind.map(|way_m| -way_m),
        }
    }

    /// The roads from one place to another, both included, the shorter of setting out along or against +s.
    pub fn roads_between(&self, from: Spot, to: Spot) -> Option<Vec<usize>> {
        if from.road == to.road {
            return Some(vec![from.road]);
        }
        let ways = [true, false].map(|along| self.search(from, to, along, f64::INFINITY));
        let [ahead, behind] = ways;
        match (ahead, behind) {
            (Some(ahead), Some(behind)) => Some(if ahead.0 <= behind.0 { ahead.1 } else { behind.1 }),
            (ahead, behind) => ahead.or(behind).map(|(_, roads)| roads),
        }
    }

    /// Dijkstra over (road, sense of travel).
    fn search(&self, from: Spot, to: Spot, along: bool, reach_m: f64) -> Option<(f64, Vec<usize>)> {
        let start_m = if along {
            self.roads[from.road].length_m - from.s_m
        } else {
            from.s_m
        };
        // Reached ends: (road, travelled along +s) with the way to its far end and where it came from.
        let mut ends: BTreeMap<End, (f64, Option<End>)> = BTreeMap::new();
        let mut open = vec![(start_m, (from.road, along), None)];
        while let Some(nearest) = (0..open.len()).min_by(|&a, &b| open[a].0.total_cmp(&open[b].0)) {
            let (way_m, key, came_from) = open.swap_remove(nearest);
            if way_m > reach_m {
                return None;
            }
            if ends.contains_key(&key) {
                continue;
            }
            if key.0 == to.road && came_from.is_some() {
                // What was counted too much: from the place to the far end of its road.
                let beyond_m = if key.1 {
                    self.roads[to.road].length_m - to.s_m
                } else {
                    to.s_m
                };
                let mut roads = vec![key.0];
                let mut at: Option<End> = came_from;
                while let Some(key) = at {
                    roads.push(key.0);
                    at = ends.get(&key).and_then(|(_, before)| *before);
                }
                roads.reverse();
                return Some((way_m - beyond_m, roads));
            }
            ends.insert(key, (way_m, came_from));
            let road = &self.roads[key.0];
            let mut push = |next: usize, contact: ContactPoint| {
                let key_next = (next, contact == ContactPoint::Start);
                open.push((way_m + self.roads[next].length_m, key_next, Some(key)));
            };
            match if key.1 { &road.successor } else { &road.predecessor } {
                Link::None => {}
                Link::Road(next, contact) => push(*next, *contact),
                Link::Junction(id) => {
                    let connections = self.junctions.get(id).into_iter().flatten();
                    for connection in connections.filter(|connection| connection.incoming == key.0) {
                        push(connection.connecting, connection.contact);
                    }
                }
            }
        }
        None
    }

    /// t of the middle of a lane of that section and its width.
    fn lane_at(&self, road: usize, lane: &LaneLinks, s_m: f64) -> [f64; 2] {
        let id = RoadId(road as u32);
        lane.constant.unwrap_or_else(|| {
            [
                self.network.road_lane_centre_t_m(id, lane.id, s_m),
                self.network.road_lane_width_m(id, lane.id, s_m),
            ]
        })
    }

    fn section(&self, road: usize, s_m: f64) -> Option<&Section> {
        let sections = &self.roads[road].sections;
        let index = sections
            .partition_point(|section| section.start_m <= s_m)
            .saturating_sub(1);
        sections.get(index)
    }
}

/// A road with the sense of travel: true along +s.
type End = (usize, bool);

fn is_driven(kind: LaneKind) -> bool {
    matches!(
        kind,
        LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus | LaneKind::Bicycle | LaneKind::Parking | LaneKind::Stop
    )
}

/// An angle in -π..=π.
pub fn wrapped(angle_rad: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    // Nearly all angles are: the remainder, a sixth of a campaign's time, is for the rest.
    if angle_rad.abs() <= PI {
        return angle_rad;
    }
    let angle = libm::fmod(angle_rad, TAU);
    if angle > PI {
        angle - TAU
    } else if angle < -PI {
        angle + TAU
    } else {
        angle
    }
}
