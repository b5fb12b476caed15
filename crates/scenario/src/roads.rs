//! The road network as a scenario sees it: roads, lanes by OpenDRIVE id, and the ways that lead from one to the next.
//!
//! In goes a map; out come a place's pose, the place some metres on, and distances along roads. Geometry is the
//! analytic one of [`RoadNetwork`]; links are those of the map as written. It knows no entity.

mod stop_line;
mod way;

pub use stop_line::{LineKind, StopLine};
pub use way::Advance;

use road::draft::{
    ContactPoint, Cubic, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, RoadDraft, RoadLink, TrafficRule,
};
use road::{Pose, RoadId, RoadNetwork, RoadPosition};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
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
    keeps_left: bool,
    /// Limits from s on.
    speeds_mps_max: Vec<(f64, Option<f64>)>,
    lines: Vec<StopLine>,
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
            // Routes of scenarios do not turn off at virtual junctions: these cut no road, and lanes go by road here.
            None | Some(RoadLink::Along { .. }) => Link::None,
            Some(RoadLink::Road { id, contact }) => ids.get(id).map_or(Link::None, |&road| Link::Road(road, *contact)),
            Some(RoadLink::Junction { id }) => Link::Junction(id.clone()),
        };
        let roads = draft.roads.iter().enumerate().map(|(index, road)| RoadLinks {
            length_m: road.length_m,
            predecessor: link(&road.predecessor),
            successor: link(&road.successor),
            is_connecting: road.junction.is_some(),
            keeps_left: road.rule == TrafficRule::LeftHand,
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

    /// The ids of lanes to drive on at a place.
    pub fn driven_lanes_at(&self, road: usize, s_m: f64) -> impl Iterator<Item = i32> + '_ {
        let lanes = self.section(road, s_m).into_iter().flat_map(|section| &section.lanes);
        lanes
            .filter(|lane| matches!(lane.kind, LaneKind::Driving | LaneKind::Ramp))
            .map(|lane| lane.id)
    }

    /// The way that a lane's traffic runs: 1 along +s, else -1 (OpenDRIVE 1.8, 10.1: `rule`).
    pub fn traffic_sense(&self, road: usize, lane: i32) -> f64 {
        let keeps_left = self.roads.get(road).is_some_and(|road| road.keeps_left);
        let is_against = if keeps_left { lane < 0 } else { lane > 0 };
        if is_against { -1.0 } else { 1.0 }
    }

    /// The same as an angle to +s.
    pub fn traffic_heading_rad(&self, road: usize, lane: i32) -> f64 {
        if self.traffic_sense(road, lane) < 0.0 { PI } else { 0.0 }
    }

    /// How far s changes for a way of `distance_m` at a place: the inside of a bend is shorter.
    pub fn along_s_m(&self, spot: Spot, distance_m: f64) -> f64 {
        let curvature = self.network.road_curvature_per_m(RoadId(spot.road as u32), spot.s_m);
        let factor = 1.0 - curvature * self.t_m(spot);
        distance_m / factor.max(0.05)
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

fn is_driven(kind: LaneKind) -> bool {
    matches!(
        kind,
        LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus | LaneKind::Bicycle | LaneKind::Parking | LaneKind::Stop
    )
}

/// An angle in -π..=π.
pub fn wrapped(angle_rad: f64) -> f64 {
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
