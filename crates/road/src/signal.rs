//! Traffic lights: which junction lanes and crossings each holds back, and which program switches it.
//!
//! In go a draft's signals and controllers with the compiled lanes, out come lights, controllers and the clock of each
//! light. A controller with phases keeps its program; the lights of a junction without one share a program made from
//! its conflicts by `signal_plan`. A light that holds nobody back is left out with a warning.

use crate::draft::{MapDraft, Orientation, RoadLink, SignalDraft, SignalKind};
use crate::geometry::RoadGeometry;
use crate::lane_table::LaneTable;
use crate::signal_plan::{self, Head, Phase, SignalClock};
use crate::{
    Conflict, Crossing, CrossingId, JunctionId, Lane, LaneId, Signal, SignalColour, SignalController, SignalId,
};
use std::collections::BTreeMap;

/// A light farther from its junction than this is for something else.
const AWAY_M_MAX: f64 = 100.0;
/// A light for people stands no farther from its crossing, along the road.
const CROSSING_AWAY_M_MAX: f64 = 15.0;

/// What the lights are found on.
pub(crate) struct Site<'a> {
    pub(crate) draft: &'a MapDraft,
    pub(crate) geometries: &'a [RoadGeometry],
    pub(crate) lanes: &'a [Lane],
    pub(crate) table: &'a LaneTable,
    /// Class of the road that each junction lane comes from.
    pub(crate) classes: &'a [crate::draft::RoadClass],
    pub(crate) conflicts: &'a [Vec<Conflict>],
    pub(crate) crossings: &'a [Crossing],
    /// Road and s of each crossing.
    pub(crate) crossing_places: &'a [(usize, f64)],
}

/// All lights with their programs.
#[derive(Debug, Default)]
pub(crate) struct Lights {
    pub(crate) signals: Vec<Signal>,
    pub(crate) controllers: Vec<SignalController>,
    pub(crate) clocks: Vec<SignalClock>,
}

/// What a light's program belongs to, in the order of the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// A controller of the draft with a program of its own.
    Controller(usize),
    Junction(JunctionId),
    /// Nobody else's: index of the light.
    Alone(usize),
}

/// A light with where it came from.
struct Found<'a> {
    draft: &'a SignalDraft,
    road: usize,
    is_for_people: bool,
    controller: Option<usize>,
}

pub(crate) fn find(site: &Site<'_>, warnings: &mut Vec<String>) -> Lights {
    let mut lights = Lights::default();
    let mut found = Vec::new();
    let mut controller_of = BTreeMap::new();
    for (index, controller) in site.draft.controllers.iter().enumerate() {
        let named = controller
            .phases
            .iter()
            .flat_map(|phase| &phase.green)
            .chain(&controller.signals);
        for id in named {
            controller_of.entry(id.as_str()).or_insert(index);
        }
    }
    let mut lanes_of_road = vec![Vec::new(); site.draft.roads.len()];
    for (index, lane) in site.lanes.iter().enumerate() {
        lanes_of_road[lane.road.0 as usize].push(LaneId(index as u32));
    }
    for (road_index, road) in site.draft.roads.iter().enumerate() {
        for draft in &road.signals {
            let is_for_people = match draft.kind {
                SignalKind::TrafficLight => false,
                SignalKind::PedestrianLight => true,
                _ => continue,
            };
            let (lanes, crossings) = match is_for_people {
                true => (Vec::new(), site.crossings_at(road_index, draft)),
                false => (site.lanes_held(&lanes_of_road, road_index, draft), Vec::new()),
            };
            if lanes.is_empty() && crossings.is_empty() {
                let what = if is_for_people {
                    "stands at no crossing"
                } else {
                    "holds no lane of a junction back"
                };
                warnings.push(format!(
                    "road `{}`: light `{}` {what}; it is left out",
                    road.id, draft.id
                ));
                continue;
            }
            lights.signals.push(Signal {
                id: draft.id.clone(),
                pose: site.pose(road_index, draft),
                lanes,
                crossings,
                controller: 0,
            });
            let controller = controller_of.get(draft.id.as_str()).copied();
            found.push(Found {
                draft,
                road: road_index,
                is_for_people,
                controller,
            });
        }
    }
    let mut owners: BTreeMap<Owner, Vec<usize>> = BTreeMap::new();
    for index in 0..found.len() {
        owners
            .entry(site.owner(index, &found, &lights.signals))
            .or_default()
            .push(index);
    }
    for (owner, members) in owners {
        let controller = site.controller(owner, &members, &found, &lights.signals);
        for &member in &members {
            lights.signals[member].controller = lights.controllers.len();
        }
        lights.controllers.push(controller);
    }
    lights.clocks = lights
        .signals
        .iter()
        .enumerate()
        .map(|(index, signal)| {
            let controller = &lights.controllers[signal.controller];
            let slot = controller.signals.iter().position(|id| id.0 as usize == index);
            SignalClock::new(controller, slot.expect("a light is a member of its controller"))
        })
        .collect();
    lights
}

impl Site<'_> {
    fn lane(&self, id: LaneId) -> &Lane {
        &self.lanes[id.0 as usize]
    }

    /// The way a light looks is against the traffic that it speaks to.
    fn pose(&self, road: usize, draft: &SignalDraft) -> crate::Pose {
        let geometry = &self.geometries[road];
        let pose = geometry.pose(draft.s_m.clamp(0.0, geometry.length_m()), draft.t_m);
        let turned = match draft.orientation {
            Orientation::Backward => 0.0,
            Orientation::Forward | Orientation::Both => std::f64::consts::PI,
        };
        let heading_rad = libm::remainder(pose.heading_rad + turned, std::f64::consts::TAU);
        crate::Pose {
            z_m: pose.z_m + draft.z_offset_m,
            heading_rad,
            pitch_rad: 0.0,
            roll_rad: 0.0,
            ..pose
        }
    }

    /// The junction lanes that a light for vehicles holds back, sorted.
    fn lanes_held(&self, lanes_of_road: &[Vec<LaneId>], road: usize, draft: &SignalDraft) -> Vec<LaneId> {
        let length_m = self.geometries[road].length_m();
        let speaks_forward = match draft.orientation {
            Orientation::Forward => true,
            Orientation::Backward => false,
            Orientation::Both => draft.s_m > 0.5 * length_m,
        };
        let is_valid = |lane: &Lane| {
            draft
                .lanes
                .is_none_or(|(low, high)| (low.min(high)..=low.max(high)).contains(&lane.opendrive_id))
        };
        let is_for = |lane: &Lane| {
            let either = draft.orientation == Orientation::Both && self.draft.roads[road].junction.is_some();
            lane.road.0 as usize == road && is_valid(lane) && (either || lane.runs_forward == speaks_forward)
        };
        let away_m = if speaks_forward {
            length_m - draft.s_m
        } else {
            draft.s_m
        };
        // On a connecting road the light speaks to that road, elsewhere to those that begin where its own ends.
        let own = lanes_of_road[road]
            .iter()
            .copied()
            .filter(|&lane| is_for(self.lane(lane)));
        let mut held: Vec<LaneId> = if self.draft.roads[road].junction.is_some() {
            own.collect()
        } else if away_m < AWAY_M_MAX {
            let is_named = |lane: &LaneId| {
                let id = &self.draft.roads[self.lane(*lane).road.0 as usize].id;
                draft.connecting_roads.is_empty() || draft.connecting_roads.contains(id)
            };
            own.flat_map(|lane| self.lane(lane).successors.iter().copied())
                .filter(is_named)
                .collect()
        } else {
            Vec::new()
        };
        held.retain(|&lane| self.lane(lane).junction.is_some() && self.lane(lane).edge.is_some());
        held.sort_unstable();
        held.dedup();
        held
    }

    fn crossings_at(&self, road: usize, draft: &SignalDraft) -> Vec<CrossingId> {
        let away_m = |place: &(usize, f64)| (place.1 - draft.s_m).abs();
        let nearest = self
            .crossing_places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.0 == road && away_m(place) <= CROSSING_AWAY_M_MAX)
            .min_by(|a, b| away_m(a.1).total_cmp(&away_m(b.1)));
        nearest.map(|(index, _)| CrossingId(index as u32)).into_iter().collect()
    }

    fn owner(&self, index: usize, found: &[Found<'_>], signals: &[Signal]) -> Owner {
        let own = &found[index];
        if let Some(controller) = own.controller
            && self.draft.controllers[controller].has_program()
        {
            return Owner::Controller(controller);
        }
        let junction_of = |index: usize| signals[index].lanes.first().and_then(|&lane| self.lane(lane).junction);
        let of_mates = || {
            let mates =
                (0..found.len()).filter(|&other| own.controller.is_some() && found[other].controller == own.controller);
            mates.filter_map(junction_of).next()
        };
        let of_road = || {
            let road = &self.draft.roads[own.road];
            let at_end = own.draft.s_m > 0.5 * road.length_m;
            let link = if at_end { &road.successor } else { &road.predecessor };
            let away_m = if at_end {
                road.length_m - own.draft.s_m
            } else {
                own.draft.s_m
            };
            let Some(RoadLink::Junction { id }) = link else {
                return None;
            };
            let junction = self.draft.junctions.iter().position(|junction| junction.id == *id)?;
            (away_m < AWAY_M_MAX).then_some(JunctionId(junction as u32))
        };
        match junction_of(index).or_else(of_mates).or_else(of_road) {
            Some(junction) => Owner::Junction(junction),
            None => Owner::Alone(index),
        }
    }

    fn controller(&self, owner: Owner, members: &[usize], found: &[Found<'_>], signals: &[Signal]) -> SignalController {
        let drafted = match owner {
            Owner::Controller(index) => Some(&self.draft.controllers[index]),
            _ => members
                .iter()
                .find_map(|&member| found[member].controller)
                .map(|index| &self.draft.controllers[index]),
        };
        let id = match (owner, drafted) {
            (_, Some(controller)) => controller.id.clone(),
            (Owner::Junction(junction), None) => self.draft.junctions[junction.0 as usize].id.clone(),
            _ => found[members[0]].draft.id.clone(),
        };
        let shell = SignalController {
            id,
            signals: members.iter().map(|&member| SignalId(member as u32)).collect(),
            steps: Vec::new(),
            offset_ms: drafted.map_or(0, |controller| milliseconds(controller.offset_s)),
        };
        if let Owner::Controller(index) = owner
            && !self.draft.controllers[index].steps.is_empty()
        {
            return SignalController {
                steps: spelled_out(&self.draft.controllers[index], members, found),
                ..shell
            };
        }
        let is_for_people: Vec<bool> = members.iter().map(|&member| found[member].is_for_people).collect();
        let phases = match owner {
            Owner::Controller(index) => self.draft.controllers[index]
                .phases
                .iter()
                .map(|phase| Phase {
                    green_ms: milliseconds(phase.green_s),
                    amber_ms: milliseconds(phase.amber_s),
                    all_red_ms: milliseconds(phase.all_red_s),
                    green: members
                        .iter()
                        .map(|&member| phase.green.contains(&found[member].draft.id))
                        .collect(),
                })
                .collect(),
            _ => signal_plan::program(&self.heads(members, found, signals), self.conflicts),
        };
        SignalController {
            steps: signal_plan::steps(&phases, &is_for_people),
            ..shell
        }
    }

    /// What the maker of programs needs to know of the lights.
    fn heads(&self, members: &[usize], found: &[Found<'_>], signals: &[Signal]) -> Vec<Head> {
        members
            .iter()
            .map(|&member| {
                let signal = &signals[member];
                let mut head = Head {
                    is_for_people: found[member].is_for_people,
                    ..Head::default()
                };
                for &id in &signal.lanes {
                    let lane = self.lane(id);
                    head.lanes.push(signal_plan::HeadLane {
                        lane: id,
                        turn: lane.turn,
                        heading: self.table.ends(id.0 as usize)[0].tangent,
                        before: self.around(id, |lane| &lane.predecessors),
                        after: self.around(id, |lane| &lane.successors),
                        incoming_road: lane.predecessors.first().map(|&before| self.lane(before).road),
                        keeps_left: self.draft.roads[lane.road.0 as usize].rule == crate::draft::TrafficRule::LeftHand,
                        rank: self.classes[id.0 as usize] as u32,
                    });
                }
                for crossing in &signal.crossings {
                    let crossing = &self.crossings[crossing.0 as usize];
                    head.crossed.extend(crossing.lanes.iter().map(|&(lane, _, _)| lane));
                    let [dx, dy] = [0, 1].map(|axis| crossing.to_m[axis] - crossing.from_m[axis]);
                    head.walk_m = head.walk_m.max((dx * dx + dy * dy).sqrt());
                }
                head
            })
            .collect()
    }

    /// The lanes before or after a junction lane, two deep: a crossing may lie one short lane away.
    fn around<'a>(&'a self, lane: LaneId, of: impl Fn(&'a Lane) -> &'a Vec<LaneId>) -> Vec<LaneId> {
        let mut lanes: Vec<LaneId> = of(self.lane(lane)).clone();
        for index in 0..lanes.len() {
            let near = self.lane(lanes[index]);
            if near.length_m < 30.0 && near.junction.is_none() {
                lanes.extend(of(near));
            }
        }
        lanes
    }
}

/// A program given step by step: the column of each light that was found; who is not named stays dark.
fn spelled_out(
    controller: &crate::draft::ControllerDraft,
    members: &[usize],
    found: &[Found<'_>],
) -> Vec<(i64, Vec<SignalColour>)> {
    let columns: Vec<Option<usize>> = members
        .iter()
        .map(|&member| controller.signals.iter().position(|id| *id == found[member].draft.id))
        .collect();
    let shown = |step: &crate::draft::StepDraft| -> Vec<SignalColour> {
        let colour = |column: Option<usize>| column.and_then(|column| step.colours.get(column).copied());
        columns
            .iter()
            .map(|&column| colour(column).unwrap_or(SignalColour::Dark))
            .collect()
    };
    controller
        .steps
        .iter()
        .map(|step| (milliseconds(step.duration_s), shown(step)))
        .filter(|(time_ms, _)| *time_ms > 0)
        .collect()
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
