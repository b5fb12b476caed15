//! What lies ahead on a route: junctions, lights, crossings, stops, limits, bridges and tunnels within a distance.
//!
//! In go a place and a route, out come the things in the order in which a vehicle's front meets them. It tells what the
//! map holds and nothing that moves or changes.

use crate::draft::StructureKind;
use crate::{CrossingId, JunctionId, LaneId, LanePosition, RoadNetwork, Route, SignalId, StopId};
use std::collections::BTreeMap;

/// Limits nearer to one another than this are one.
const LIMIT_MPS: f64 = 0.1;

/// A thing on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead {
    /// From the place asked from, along the lanes of the route.
    pub distance_m: f64,
    /// The lane where it begins.
    pub lane: LaneId,
    /// Which.
    pub what: Thing,
}

/// What a driver has to know of beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Thing {
    /// The route enters a junction.
    Junction(JunctionId),
    /// A light holds traffic here.
    Signal(SignalId),
    /// People cross.
    Crossing(CrossingId),
    /// Where a bus's front bumper stands.
    Stop(StopId),
    /// From here on another limit holds.
    SpeedLimit {
        /// The limit.
        speed_mps_max: f64,
    },
    /// A bridge or a tunnel begins.
    Structure(StructureKind),
    /// The route ends.
    End,
}

impl RoadNetwork {
    /// What a route meets within `distance_m` of a place on it, into `found` (cleared first), sorted by distance. On the
    /// first edge it is what lies on the lane of the place, then what lies on the route's lanes. Nothing if the place is
    /// not on the route.
    pub fn ahead(&self, from: LanePosition, route: &Route, distance_m: f64, found: &mut Vec<Ahead>) {
        found.clear();
        let Some(edge) = self.lane(from.lane).edge else { return };
        let Some(first) = route.edges.iter().position(|&passed| passed == edge) else {
            return;
        };
        // The distances at which each lane begins; a route may come back to one.
        let mut starts_m: BTreeMap<LaneId, Vec<f64>> = BTreeMap::new();
        let mut reach_m = distance_m;
        let mut start_m = -from.s_m;
        let mut before = from.lane;
        for (index, &on_route) in route.lanes.iter().enumerate().skip(first) {
            let lane = if index == first { from.lane } else { on_route };
            let is_last = index + 1 == route.lanes.len();
            let end_m = if is_last { route.end_m } else { self.lane(lane).length_m };
            self.meet(lane, before, start_m, found);
            starts_m.entry(lane).or_default().push(start_m);
            start_m += end_m;
            before = lane;
            if is_last {
                reach_m = reach_m.min(start_m);
            }
            if start_m > distance_m {
                break;
            }
        }
        for (stop, id) in self.stops().iter().zip(0..) {
            for start_m in starts_m.get(&stop.position.lane).into_iter().flatten() {
                found.push(Ahead {
                    distance_m: start_m + stop.position.s_m,
                    lane: stop.position.lane,
                    what: Thing::Stop(StopId(id)),
                });
            }
        }
        if let Some(&lane) = route.lanes.last().filter(|_| reach_m == start_m) {
            found.push(Ahead {
                distance_m: start_m,
                lane,
                what: Thing::End,
            });
        }
        found.retain(|thing| (0.0..=reach_m).contains(&thing.distance_m));
        found.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    }

    /// What stands at a lane's start and along it.
    fn meet(&self, lane: LaneId, before: LaneId, start_m: f64, found: &mut Vec<Ahead>) {
        let (record, last) = (self.lane(lane), self.lane(before));
        let mut add = |s_m: f64, what: Thing| {
            let distance_m = start_m + s_m;
            found.push(Ahead { distance_m, lane, what });
        };
        if let Some(junction) = record.junction.filter(|_| record.junction != last.junction) {
            add(0.0, Thing::Junction(junction));
        }
        if let Some(signal) = record.signal.filter(|_| lane != before) {
            add(0.0, Thing::Signal(signal));
        }
        if (record.speed_mps_max - last.speed_mps_max).abs() > LIMIT_MPS {
            let speed_mps_max = record.speed_mps_max;
            add(0.0, Thing::SpeedLimit { speed_mps_max });
        }
        for crossing in &record.crossings {
            add(crossing.enter_m, Thing::Crossing(crossing.crossing));
        }
        for &(from_m, _, kind) in &record.structures {
            add(from_m, Thing::Structure(kind));
        }
    }
}
