//! From a planning problem to what a driver is asked: the lanes to drive, and how fast, so that the goal is met in its time.
//!
//! In go start, goals and roads; out come a route over lanes, the stretch of it on which the middle of the vehicle is in the
//! goal, and in every cycle a mission whose cap on the speed leads there neither too early nor too late. It knows no
//! obstacles: whoever is held up by them is asked to make up for it as far as limits allow.

use crate::goal::{Goal, angle_in, outline};
use crate::roads::Roads;
use crate::scenario::{PlanningProblem, Position, Scenario};
use crate::shape::Body;
use crate::vehicle_model::{KinematicState, VehicleModel};
use ::road::draft::LaneKind;
use ::road::{LaneId, LanePosition, Pose, RoadNetwork, Turn};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use vehicle::{Halt, Mission};

/// Stations lie so far apart.
const STATION_M: f64 = 0.5;
/// The route goes on so far beyond the goal.
const BEYOND_M: f64 = 300.0;
/// Most lanes of a route.
const LANES_MAX: usize = 400;
/// Longest route that is measured.
const ROUTE_M_MAX: f64 = 20_000.0;
/// A change of lanes is worth this way; over a solid line, that one.
const CHANGE_M: [f64; 2] = [30.0, 300.0];
/// A new cap makes the driver measure its way afresh: small changes wait, all wait this long.
const NEWS_S: f64 = 0.5;
const NEWS_SHARE: f64 = 0.04;
/// Braking that a goal's velocity is prepared with.
const BRAKING_MPS2: f64 = 1.0;
/// Who shall be slower than this comes to a halt.
const HALT_MPS: f64 = 1.0;
/// The goal's middle is aimed at, but no farther into it than this.
const AIM_M_MAX: f64 = 25.0;
/// Who points farther off a lane does not drive on it.
const TURNED_RAD_MAX: f64 = 1.0;
/// Being a metre off the lane's middle in the goal is worth this way.
const ASIDE: f64 = 10.0;
/// Nobody is asked to creep.
const CAP_MPS_MIN: f64 = 0.5;

/// A route with the goal on it.
pub(super) struct Plan {
    /// Lanes in the order of the route; a lane beside the one before is changed to.
    pub(super) lanes: Vec<LaneId>,
    /// Points of the route every [`STATION_M`].
    stations: Vec<[f64; 2]>,
    /// First and last station at which the middle of the vehicle is in the goal.
    goal: Option<[f64; 2]>,
    /// Seconds from the beginning within which to be there.
    window_s: [f64; 2],
    velocity_mps: Option<[f64; 2]>,
    halt: Option<Halt>,
}

/// What was asked last.
pub(super) struct Pace {
    station: usize,
    natural_mps: f64,
    mission: Option<Arc<Mission>>,
    asked_s: f64,
}

impl Plan {
    pub(super) fn new(
        scenario: &Scenario,
        roads: &Roads,
        problem: &PlanningProblem,
        goals: &[Goal],
        vehicle: &VehicleModel,
    ) -> Plan {
        let network = &*roads.network;
        let start_m = problem.initial.centre_m().unwrap_or_default();
        let heading_rad = problem.initial.heading_rad();
        let starts = starts(scenario, roads, start_m, heading_rad);
        let mut plan = Plan {
            lanes: Vec::new(),
            stations: Vec::new(),
            goal: None,
            window_s: [0.0; 2],
            velocity_mps: None,
            halt: None,
        };
        let mut nearest: Option<(f64, Vec<LaneId>, &Goal)> = None;
        for goal in goals {
            let wanted = lanes_in(scenario, roads, goal);
            for start in &starts {
                let Some((cost_m, lanes)) = route(network, *start, &wanted) else {
                    continue;
                };
                if nearest.as_ref().is_none_or(|known| cost_m < known.0) {
                    nearest = Some((cost_m, lanes, goal));
                }
            }
        }
        let goal = match nearest {
            Some((_, lanes, goal)) => {
                plan.lanes = lanes;
                Some(goal)
            }
            None => {
                plan.lanes = starts.first().map(|start| start.lane).into_iter().collect();
                goals.first()
            }
        };
        go_on(network, &mut plan.lanes);
        let places = measure(network, &plan.lanes);
        plan.stations = places.iter().map(|(_, point)| *point).collect();
        let Some(goal) = goal else { return plan };
        let step_s = scenario.time_step_s;
        let first = problem.initial.time.start;
        plan.window_s = [goal.state().time.start, goal.state().time.end].map(|step| (step - first) as f64 * step_s);
        plan.velocity_mps = goal.state().velocity_mps.map(|range| [range.start, range.end]);
        if goal.state().position.is_some() {
            plan.goal = plan.stretch(goal, start_m);
        }
        if let (Some([_, most_mps]), Some([enter_m, exit_m])) = (plan.velocity_mps, plan.goal)
            && most_mps < HALT_MPS
        {
            let front_m = aim_m(enter_m, exit_m) + 0.5 * vehicle.size_m[0];
            let station = ((front_m / STATION_M) as usize).min(places.len().saturating_sub(1));
            if let Some(&(position, _)) = places.get(station) {
                let leg = plan.lanes.iter().rposition(|&lane| lane == position.lane).unwrap_or(0);
                plan.halt = Some(Halt {
                    visit: 1,
                    leg: leg as u32,
                    position,
                    kerb_m: 0.5 * network.lane_width_m(position.lane, position.s_m),
                    serves_passengers: false,
                });
            }
        }
        plan
    }

    /// The first stretch of the route in the goal, or the place nearest to it.
    fn stretch(&self, goal: &Goal, start_m: [f64; 2]) -> Option<[f64; 2]> {
        let from = nearest_station(&self.stations, start_m, 0, self.stations.len())?;
        let inside = |index: &usize| goal.holds_place(self.stations[*index]);
        if let Some(enter) = (from..self.stations.len()).find(inside) {
            let exit = (enter..self.stations.len()).take_while(inside).last().unwrap_or(enter);
            return Some([enter, exit].map(|index| index as f64 * STATION_M));
        }
        let centre = goal.centre_m()?;
        let nearest = nearest_station(&self.stations, centre, from, self.stations.len())?;
        Some([nearest as f64 * STATION_M; 2])
    }

    pub(super) fn pace(&self, speed_mps: f64) -> Pace {
        Pace {
            station: 0,
            natural_mps: speed_mps.max(3.0),
            mission: None,
            asked_s: 0.0,
        }
    }

    /// The mission of this cycle: the one before, unless another cap leads there better.
    pub(super) fn lead(&self, pace: &mut Pace, state: &KinematicState, since_s: f64, mission: &mut Arc<Mission>) {
        let ahead = pace.station + 200;
        let from = pace.station.saturating_sub(20);
        let (from, ahead) = if pace.mission.is_none() {
            (0, self.stations.len())
        } else {
            (from, ahead)
        };
        if let Some(station) = nearest_station(&self.stations, [state.x_m, state.y_m], from, ahead) {
            pace.station = station;
        }
        let cap_mps = self.cap_mps(pace, state, since_s);
        let known = pace.mission.as_ref().and_then(|mission| mission.speed_mps_max);
        let is_news = known.is_none_or(|known| {
            (cap_mps - known).abs() > (NEWS_SHARE * known).max(0.2) && since_s >= pace.asked_s + NEWS_S
        });
        if is_news {
            pace.asked_s = since_s;
            pace.mission = Some(Arc::new(Mission {
                lanes: self.lanes.clone(),
                halts: self.halt.into_iter().collect(),
                speed_mps_max: Some(cap_mps),
                ..Mission::default()
            }));
        }
        if let Some(asked) = &pace.mission
            && !Arc::ptr_eq(asked, mission)
        {
            *mission = Arc::clone(asked);
        }
    }

    fn cap_mps(&self, pace: &Pace, state: &KinematicState, since_s: f64) -> f64 {
        let Some([enter_m, exit_m]) = self.goal else {
            // Nowhere to be: on with what it has, or with what is asked.
            let [least, most] = self.velocity_mps.unwrap_or([pace.natural_mps; 2]);
            return pace.natural_mps.clamp(least, most.max(least)).max(CAP_MPS_MIN);
        };
        let here_m = pace.station as f64 * STATION_M;
        let aim_m = aim_m(enter_m, exit_m);
        let left_m = (aim_m - here_m).max(0.0);
        let [early_s, late_s] = self.window_s.map(|end_s| (end_s - since_s).max(0.0));
        let window_s = late_s - early_s;
        // At its own pace if that fits; else at the window's near end.
        let arrival_s = (left_m / pace.natural_mps).clamp(early_s + 0.1 * window_s, late_s - 0.35 * window_s);
        let mut cap_mps = match arrival_s > 0.2 {
            true => left_m / arrival_s,
            false => state.velocity_mps,
        };
        if early_s > 0.2 {
            // Not out of the goal before its time begins.
            cap_mps = cap_mps.min((exit_m - here_m).max(0.0) / early_s);
        }
        if let Some([least_mps, most_mps]) = self.velocity_mps {
            let within_mps = 0.3 * (most_mps - least_mps).min(1.0);
            if self.halt.is_none() {
                let most_mps = (most_mps - within_mps).max(0.0);
                let to_aim_m = (enter_m - here_m).max(0.0);
                cap_mps = cap_mps.min((most_mps * most_mps + 2.0 * BRAKING_MPS2 * to_aim_m).sqrt());
            }
            if left_m < 3.0 * least_mps.max(1.0) && (exit_m - here_m) > early_s * least_mps {
                cap_mps = cap_mps.max(least_mps + within_mps);
            }
        }
        cap_mps.clamp(CAP_MPS_MIN, 60.0)
    }
}

fn aim_m(enter_m: f64, exit_m: f64) -> f64 {
    enter_m + (0.5 * (exit_m - enter_m)).min(AIM_M_MAX)
}

/// Lanes on which the ego may be at first, the one that fits best first: those that hold its middle, else the nearest.
fn starts(scenario: &Scenario, roads: &Roads, [x_m, y_m]: [f64; 2], heading_rad: f64) -> Vec<LanePosition> {
    let network = &roads.network;
    let mut found: Vec<(f64, LanePosition)> = lanes_holding(scenario, roads, [x_m, y_m])
        .filter_map(|lane| {
            let (at, pose, aside_m) = beside(network, lane, [x_m, y_m]);
            let turned_rad = heading_rad - pose.heading_rad;
            let turned_rad = libm::atan2(libm::sin(turned_rad), libm::cos(turned_rad)).abs();
            (turned_rad < TURNED_RAD_MAX).then_some((aside_m + 4.0 * turned_rad, at))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    if found.is_empty() {
        let nearest = network.nearest_lane_where(x_m, y_m, None, Some(heading_rad), |lane| {
            roads.lanelet(lane).is_some() && network.lane(lane).kind != LaneKind::Bicycle
        });
        found.extend(nearest.map(|lane| (0.0, lane.position)));
    }
    found.into_iter().map(|(_, at)| at).collect()
}

/// Lanes of the lanelets that hold a point.
fn lanes_holding(scenario: &Scenario, roads: &Roads, point: [f64; 2]) -> impl Iterator<Item = LaneId> {
    let holding = scenario
        .lanelets
        .iter()
        .filter(move |lanelet| Body::Polygon(outline(lanelet)).contains(point));
    holding.filter_map(|lanelet| roads.lane(lanelet.id))
}

/// The place on a lane that is nearest to a point, its middle there, and how far that is away.
fn beside(network: &RoadNetwork, lane: LaneId, [x_m, y_m]: [f64; 2]) -> (LanePosition, Pose, f64) {
    let at = network.project(lane, x_m, y_m);
    let pose = network.lane_pose(LanePosition { offset_m: 0.0, ..at });
    (at, pose, libm::hypot(pose.x_m - x_m, pose.y_m - y_m))
}

/// Lanes on which the goal can be reached, with what it costs to be there aside of its middle; those that hold its middle if
/// there are any, none if it is nowhere.
fn lanes_in(scenario: &Scenario, roads: &Roads, goal: &Goal) -> Vec<(LaneId, f64)> {
    match &goal.state().position {
        None => Vec::new(),
        Some(Position::Lanelets(ids)) => ids.iter().filter_map(|&id| Some((roads.lane(id)?, 0.0))).collect(),
        Some(_) => {
            let network = &roads.network;
            if let Some(centre) = goal.centre_m() {
                let costly = |lane: LaneId| {
                    let (_, pose, aside_m) = beside(network, lane, centre);
                    let orientation = goal.state().orientation_rad;
                    let fits = orientation.is_none_or(|range| angle_in(range, pose.heading_rad));
                    (lane, ASIDE * aside_m + if fits { 0.0 } else { CHANGE_M[1] })
                };
                let middle: Vec<(LaneId, f64)> = lanes_holding(scenario, roads, centre).map(costly).collect();
                if !middle.is_empty() {
                    return middle;
                }
            }
            let crosses = |lane: &LaneId| {
                let length_m = network.lane(*lane).length_m;
                (0..=(length_m / 1.0) as usize).any(|step| {
                    let pose = network.lane_pose(LanePosition {
                        lane: *lane,
                        s_m: step as f64,
                        offset_m: 0.0,
                    });
                    goal.holds_place([pose.x_m, pose.y_m])
                })
            };
            let all = scenario.lanelets.iter().filter_map(|lanelet| roads.lane(lanelet.id));
            all.filter(crosses).map(|lane| (lane, 0.0)).collect()
        }
    }
}

/// The cheapest way to one of the lanes, with its cost.
fn route(network: &RoadNetwork, start: LanePosition, wanted: &[(LaneId, f64)]) -> Option<(f64, Vec<LaneId>)> {
    let mut cost: BTreeMap<LaneId, (u64, Option<LaneId>)> = BTreeMap::new();
    // Whole millimetres, so that the order is exact.
    let whole = |metres: f64| (1000.0 * metres.clamp(0.0, 1e9)) as u64;
    let mut open = BinaryHeap::from([Reverse((0, start.lane))]);
    cost.insert(start.lane, (0, None));
    while let Some(Reverse((so_far, lane))) = open.pop() {
        if cost[&lane].0 < so_far {
            continue;
        }
        let data = network.lane(lane);
        let beside = [
            (data.left, data.change_left_is_allowed),
            (data.right, data.change_right_is_allowed),
        ];
        let changes = beside
            .iter()
            .filter_map(|(other, is_allowed)| Some(((*other)?, CHANGE_M[usize::from(!is_allowed)])));
        let on = data.successors.iter().map(|&next| (next, data.length_m));
        for (next, metres) in changes.chain(on) {
            if network.lane(next).kind == LaneKind::Bicycle {
                continue;
            }
            let reached = so_far + whole(metres);
            if cost.get(&next).is_none_or(|known| reached < known.0) {
                cost.insert(next, (reached, Some(lane)));
                open.push(Reverse((reached, next)));
            }
        }
    }
    let reached = wanted
        .iter()
        .filter_map(|&(lane, aside)| Some((cost.get(&lane)?.0 + whole(aside), lane)));
    let (total, last) = reached.min()?;
    let mut lanes = vec![last];
    let mut at = last;
    while let Some(before) = cost[&at].1 {
        lanes.push(before);
        at = before;
    }
    lanes.reverse();
    (lanes.len() <= LANES_MAX).then_some((total as f64 / 1000.0, lanes))
}

/// Goes on beyond the last lane, straight where there is a choice.
fn go_on(network: &RoadNetwork, lanes: &mut Vec<LaneId>) {
    let mut beyond_m = 0.0;
    while beyond_m < BEYOND_M && lanes.len() < LANES_MAX {
        let Some(&last) = lanes.last() else { return };
        let successors = &network.lane(last).successors;
        let straight = successors
            .iter()
            .find(|lane| network.lane(**lane).turn == Turn::Straight);
        let Some(&next) = straight.or(successors.first()) else {
            return;
        };
        beyond_m += network.lane(next).length_m.max(0.1);
        lanes.push(next);
    }
}

/// Places every [`STATION_M`] along the lanes, of neighbours the one that is changed to.
fn measure(network: &RoadNetwork, lanes: &[LaneId]) -> Vec<(LanePosition, [f64; 2])> {
    let mut places = Vec::new();
    let mut before_m = 0.0;
    for (index, &lane) in lanes.iter().enumerate() {
        let data = network.lane(lane);
        let is_left_again = lanes
            .get(index + 1)
            .is_some_and(|next| data.left == Some(*next) || data.right == Some(*next));
        if is_left_again {
            continue;
        }
        while places.len() as f64 * STATION_M <= before_m + data.length_m && before_m < ROUTE_M_MAX {
            let position = LanePosition {
                lane,
                s_m: places.len() as f64 * STATION_M - before_m,
                offset_m: 0.0,
            };
            let pose = network.lane_pose(position);
            places.push((position, [pose.x_m, pose.y_m]));
        }
        before_m += data.length_m;
    }
    places
}

fn nearest_station(stations: &[[f64; 2]], [x, y]: [f64; 2], from: usize, to: usize) -> Option<usize> {
    let away2 = |index: usize| {
        let [px, py] = stations[index];
        (px - x) * (px - x) + (py - y) * (py - y)
    };
    (from..to.min(stations.len())).min_by(|&a, &b| away2(a).total_cmp(&away2(b)))
}
