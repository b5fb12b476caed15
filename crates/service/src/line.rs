//! The line on the map: stops at their kerbs, and the lanes that trips take between them.
//!
//! In go a [`Timetable`] and the [`RoadNetwork`]; out come [`LineStop`]s with a place on a lane and [`Pattern`]s with
//! every lane to drive and every distance along the way. It knows no vehicle and no clock.

use crate::timetable::{Timetable, TimetableStop};
use record::Problems;
use road::draft::LaneKind;
use road::{LaneId, LanePosition, RoadNetwork, Traveller};
use std::collections::BTreeMap;

/// A feed's stop farther than this from a stop of the map is not that stop.
const STOP_MATCH_M: f64 = 60.0;
/// A feed's stop farther than this from any lane of the map is not on the map.
const LANE_MATCH_M: f64 = 40.0;
/// Kerb length assumed where the map has no stop.
const KERB_LENGTH_M: f64 = 24.0;

/// The line, laid on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What is to run.
    pub timetable: Timetable,
    /// The stops that trips call at.
    pub stops: Vec<LineStop>,
    /// The ways that trips take.
    pub patterns: Vec<Pattern>,
    /// For each trip of the timetable, its pattern.
    pub pattern_of_trip: Vec<usize>,
}

/// A stop with its place on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct LineStop {
    /// GTFS `stop_id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where a bus's front bumper stands, on the lane's centre.
    pub position: LanePosition,
    /// From the lane's centre to the kerb, to the right.
    pub kerb_m: f64,
    /// Length of the kerb that buses use, behind `position`.
    pub length_m: f64,
    /// Middle of the waiting area.
    pub platform_m: [f64; 3],
    /// The map has no such stop: place and kerb are taken from the nearest lane.
    pub is_assumed: bool,
}

/// A way along lanes, with distances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// Each a successor of the one before, or beside it.
    pub lanes: Vec<LaneId>,
    /// For each lane, the distance from the way's start at which the lane's own zero lies (negative for the first).
    pub zeros_m: Vec<f64>,
    /// From start to end.
    pub length_m: f64,
    /// Free-flow driving time.
    pub time_s: f64,
}

/// A row of stops and the way through them.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Index into [`Timetable::routes`].
    pub route: usize,
    /// What the destination sign says.
    pub headsign: String,
    /// The way from the first stop to the last.
    pub way: Way,
    /// The stops in order.
    pub stops: Vec<PatternStop>,
}

/// A stop of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatternStop {
    /// Index into [`Line::stops`].
    pub stop: usize,
    /// Index into [`Way::lanes`].
    pub leg: usize,
    /// Distance from the first stop.
    pub distance_m: f64,
}

impl Way {
    /// The quickest way for a bus between two places, every lane change spelled out.
    pub fn between(network: &RoadNetwork, from: LanePosition, to: LanePosition) -> Option<Way> {
        let route = network.route(from, to, Traveller::Bus)?;
        let mut way = Way {
            lanes: vec![from.lane],
            zeros_m: vec![-from.s_m],
            length_m: 0.0,
            time_s: route.time_s,
        };
        let last = route.edges.len().checked_sub(1)?;
        for (i, &edge) in route.edges.iter().enumerate() {
            let lanes = &network.edge(edge).lanes;
            let target = if i == last { to.lane } else { route.lanes[i] };
            let target_at = lanes.iter().position(|&lane| lane == target)?;
            if i > 0 {
                let from = *way.lanes.last()?;
                let next = network
                    .lane(from)
                    .successors
                    .iter()
                    .filter_map(|&lane| Some((lanes.iter().position(|&l| l == lane)?.abs_diff(target_at), lane)))
                    .min()?;
                let zero = way.zeros_m.last()? + network.lane(from).length_m;
                way.lanes.push(next.1);
                way.zeros_m.push(zero);
            }
            let mut at = lanes.iter().position(|&lane| Some(&lane) == way.lanes.last())?;
            while at != target_at {
                at = if at < target_at { at + 1 } else { at - 1 };
                way.zeros_m.push(*way.zeros_m.last()?);
                way.lanes.push(lanes[at]);
            }
        }
        way.length_m = way.zeros_m.last()? + to.s_m;
        (way.length_m > 0.0).then_some(way)
    }

    /// Goes on with another way that begins on the lane where this one ends.
    fn join(&mut self, next: &Way) {
        assert!(self.lanes.last() == next.lanes.first(), "ways join on one lane");
        self.lanes.extend_from_slice(&next.lanes[1..]);
        self.zeros_m
            .extend(next.zeros_m[1..].iter().map(|zero| zero + self.length_m));
        self.length_m += next.length_m;
        self.time_s += next.time_s;
    }

    /// Distance from the start of a place on one of its lanes.
    pub fn distance_m(&self, leg: usize, s_m: f64) -> f64 {
        self.zeros_m[leg] + s_m
    }

    /// The place at a distance from the start.
    pub fn position(&self, network: &RoadNetwork, distance_m: f64) -> LanePosition {
        let leg = self
            .zeros_m
            .partition_point(|&zero| zero <= distance_m)
            .saturating_sub(1);
        let lane = self.lanes[leg];
        LanePosition {
            lane,
            s_m: (distance_m - self.zeros_m[leg]).clamp(0.0, network.lane(lane).length_m),
            offset_m: 0.0,
        }
    }

    /// The leg whose lane is `lane`, searching a few legs onward from `leg`; `leg` itself if there is none.
    pub fn follow(&self, leg: usize, lane: LaneId) -> usize {
        // Lane changes and short junction lanes put several legs within one tick's reach.
        const REACH: usize = 8;
        let end = (leg + REACH).min(self.lanes.len());
        (leg..end).find(|&i| self.lanes[i] == lane).unwrap_or(leg)
    }
}

impl Line {
    /// Lays the timetable on the map. `None` if a stop or a way is missing; the reasons are in `problems`. `shown` names
    /// the folder of the feed in messages.
    pub(crate) fn lay(
        network: &RoadNetwork,
        timetable: Timetable,
        shown: &str,
        problems: &mut Problems,
    ) -> Option<Line> {
        let before = problems.count();
        let mut stops: Vec<LineStop> = Vec::new();
        let mut index_of_stop: BTreeMap<usize, Option<usize>> = BTreeMap::new();
        for trip in &timetable.trips {
            for call in &trip.calls {
                index_of_stop.entry(call.stop).or_insert_with(|| {
                    let stop = match_stop(network, &timetable.stops[call.stop], shown, problems)?;
                    stops.push(stop);
                    Some(stops.len() - 1)
                });
            }
        }
        if problems.count() > before {
            return None;
        }
        let mut ways: BTreeMap<(usize, usize), Option<Way>> = BTreeMap::new();
        let mut patterns: Vec<Pattern> = Vec::new();
        let mut index_of_pattern: BTreeMap<(usize, Vec<usize>), usize> = BTreeMap::new();
        let mut pattern_of_trip = Vec::with_capacity(timetable.trips.len());
        for trip in &timetable.trips {
            let row: Vec<usize> = trip.calls.iter().filter_map(|call| index_of_stop[&call.stop]).collect();
            let index = *index_of_pattern.entry((trip.route, row.clone())).or_insert_with(|| {
                let mut way: Option<Way> = None;
                let mut at = vec![PatternStop { stop: row[0], leg: 0, distance_m: 0.0 }];
                for pair in row.windows(2) {
                    let next = ways.entry((pair[0], pair[1])).or_insert_with(|| {
                        let way = Way::between(network, stops[pair[0]].position, stops[pair[1]].position);
                        if way.is_none() {
                            problems.add(
                                format!("{shown}/stop_times.txt"),
                                format!(
                                    "no way for a bus leads from stop `{}` to stop `{}` (trip `{}`)",
                                    stops[pair[0]].id, stops[pair[1]].id, trip.id
                                ),
                                "see on the map (westline map draw) whether both stops are on the right side of a connected road",
                            );
                        }
                        way
                    });
                    if let Some(next) = next {
                        match &mut way {
                            Some(way) => way.join(next),
                            None => way = Some(next.clone()),
                        }
                    }
                    let (leg, distance_m) = way
                        .as_ref()
                        .map_or((0, 0.0), |way| (way.lanes.len() - 1, way.length_m));
                    at.push(PatternStop { stop: pair[1], leg, distance_m });
                }
                patterns.push(Pattern {
                    route: trip.route,
                    headsign: trip.headsign.clone(),
                    way: way.unwrap_or_default(),
                    stops: at,
                });
                patterns.len() - 1
            });
            pattern_of_trip.push(index);
        }
        (problems.count() == before).then_some(Line {
            timetable,
            stops,
            patterns,
            pattern_of_trip,
        })
    }

    /// The stop with a GTFS id.
    pub fn stop(&self, id: &str) -> Option<usize> {
        self.stops.iter().position(|stop| stop.id == id)
    }
}

/// Finds a feed's stop on the map: by id, else the nearest stop of the map, else the nearest lane that buses use.
fn match_stop(network: &RoadNetwork, stop: &TimetableStop, shown: &str, problems: &mut Problems) -> Option<LineStop> {
    let of_map = |found: &road::Stop| LineStop {
        id: stop.id.clone(),
        name: stop.name.clone(),
        position: LanePosition {
            offset_m: 0.0,
            ..found.position
        },
        kerb_m: found.kerb_m,
        length_m: found.length_m,
        platform_m: found.platform_m,
        is_assumed: false,
    };
    if let Some(found) = network.stops().iter().find(|found| found.id == stop.id) {
        return Some(of_map(found));
    }
    let place = format!("{shown}/stops.txt:{}", stop.line);
    let Some((latitude, longitude)) = stop.coordinates_deg else {
        problems.add(
            place,
            format!("stop `{}` is not on the map and has no stop_lat and stop_lon", stop.id),
            "add its coordinates, or use the id of a stop of the map",
        );
        return None;
    };
    let Some([x_m, y_m]) = network.to_local_m(latitude, longitude) else {
        problems.add(
            place,
            format!(
                "stop `{}` cannot be placed: the map has no geographic reference",
                stop.id
            ),
            "use ids of the map's stops, or give the map a <geoReference>",
        );
        return None;
    };
    let distance = |[x, y]: [f64; 2]| libm::hypot(x - x_m, y - y_m);
    let nearest = network
        .stops()
        .iter()
        .map(|found| (distance([found.platform_m[0], found.platform_m[1]]), found))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((distance_m, found)) = nearest
        && distance_m <= STOP_MATCH_M
    {
        return Some(of_map(found));
    }
    let lane = network.nearest_lane(x_m, y_m, None, None, Traveller::Bus);
    let Some(lane) = lane.filter(|lane| lane.distance_m <= LANE_MATCH_M) else {
        let found = lane.map_or_else(
            || "there is none on the map".to_owned(),
            |lane| format!("{:.0} m away", lane.distance_m),
        );
        problems.add(
            place,
            format!(
                "stop `{}` (`{}`) is not on the map: the nearest lane for buses: {found}",
                stop.id, stop.name
            ),
            "correct stop_lat and stop_lon, or take a map that reaches so far",
        );
        return None;
    };
    Some(assumed_stop(network, stop, lane.position))
}

/// The lane for buses that is nearest to the edge of the road, beside `lane`.
fn kerb_lane(network: &RoadNetwork, lane: LaneId) -> LaneId {
    let edge = network.lane(lane).edge.map(|edge| network.edge(edge));
    let is_for_buses = |lane: LaneId| {
        matches!(
            network.lane(lane).kind,
            LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus
        )
    };
    let outermost = edge.and_then(|edge| edge.lanes.iter().copied().find(|&lane| is_for_buses(lane)));
    outermost.unwrap_or(lane)
}

/// A stop on a bare lane.
fn assumed_stop(network: &RoadNetwork, stop: &TimetableStop, at: LanePosition) -> LineStop {
    let mut lane = at.lane;
    let mut s_m = at.s_m;
    // Nobody stops within a junction: go on to the road behind it.
    for _ in 0..8 {
        if network.lane(lane).junction.is_none() {
            break;
        }
        let Some(&next) = network.lane(lane).successors.first() else {
            break;
        };
        lane = next;
        s_m = 0.0;
    }
    let length_m = network.lane(lane).length_m;
    // Clear of the junctions at both ends where the lane is long enough.
    let s_m = if length_m > 50.0 {
        s_m.clamp(25.0, length_m - 15.0)
    } else {
        0.5 * length_m
    };
    // People wait at the road's edge, so the stop is on the lane nearest to it; what lies between (a bicycle lane, say) is
    // crossed to get there.
    let lane = kerb_lane(network, lane);
    let position = LanePosition {
        lane,
        s_m: s_m.min(network.lane(lane).length_m),
        offset_m: 0.0,
    };
    let mut kerb_m = 0.5 * network.lane_width_m(lane, s_m);
    let mut beside = network.lane(lane).right;
    while let Some(next) = beside {
        if matches!(
            network.lane(next).kind,
            LaneKind::Sidewalk | LaneKind::Border | LaneKind::Curb | LaneKind::None
        ) {
            break;
        }
        kerb_m += network.lane_width_m(next, s_m);
        beside = network.lane(next).right;
    }
    let platform = network.lane_pose(LanePosition {
        offset_m: -(kerb_m + 1.5),
        ..position
    });
    LineStop {
        id: stop.id.clone(),
        name: stop.name.clone(),
        position,
        kerb_m,
        length_m: KERB_LENGTH_M.min(s_m),
        platform_m: [platform.x_m, platform.y_m, platform.z_m],
        is_assumed: true,
    }
}
