//! Ways over the roads: the place some metres on, the next road, the shortest way between two places.

use super::{Connection, Link, Roads, Spot, wrapped};
use road::draft::ContactPoint;
use road::{RoadId, RoadPosition};
use std::collections::BTreeMap;

/// What a step along a road came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// Gone all the way.
    Done,
    /// The road ends.
    EndOfRoad,
}

impl Roads {
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
}

/// A road with the sense of travel: true along +s.
type End = (usize, bool);
