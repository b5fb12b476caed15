//! Obstacles over time: what a driver is told of them, and what the ego may not touch.
//!
//! In go the obstacles of a scenario; out come, for a time step, their exact bodies and, between two steps, objects as a
//! perfect sensor would tell them. After its last recorded state an obstacle is gone, as in the benchmark; static ones stay.

use crate::scenario::{Obstacle, Occupancy, Role, Scenario, SignalState, State};
use crate::shape::{Body, Placement, Shape, bounds_m};
use std::collections::BTreeMap;
use vehicle::{Indicator, ObjectKind, ObservedObject};

/// A recorded state that holds for a range of time steps counts for no more of them.
const RANGE_MAX: i64 = 100;

pub(super) struct Others<'s> {
    list: Vec<Other<'s>>,
}

struct Other<'s> {
    obstacle: &'s Obstacle,
    /// Length and width of its box, and the box's middle in its own frame.
    size_m: [f64; 2],
    middle_m: [f64; 2],
    /// Bodies of one that stands.
    standing: Vec<Body>,
    /// Where it is at each time step.
    poses: BTreeMap<i64, Motion>,
}

#[derive(Clone, Copy)]
struct Motion {
    at: Placement,
    speed_mps: f64,
}

impl<'s> Others<'s> {
    pub(super) fn new(scenario: &'s Scenario, first: i64, last: i64) -> Others<'s> {
        let list = scenario
            .obstacles
            .iter()
            .map(|obstacle| Other::new(obstacle, first, last));
        Others { list: list.collect() }
    }

    /// The first obstacle whose body the ego's touches.
    pub(super) fn touched(&self, ego: &Body, time_step: i64) -> Option<&'s Obstacle> {
        let touches = |other: &&Other<'s>| match other.stands() {
            true => other.standing.iter().any(|body| body.touches(ego)),
            false => other.bodies_at(time_step).iter().any(|body| body.touches(ego)),
        };
        self.list.iter().find(touches).map(|other| other.obstacle)
    }

    /// Objects around a place, `share` of a time step after one.
    pub(super) fn observe(
        &self,
        time_step: i64,
        share: f64,
        step_s: f64,
        [x_m, y_m]: [f64; 2],
        sight_m: f64,
        objects: &mut Vec<ObservedObject>,
    ) {
        objects.clear();
        for (track, other) in self.list.iter().enumerate() {
            let told = other.observed(time_step, share, step_s);
            objects.extend(
                told.filter(|object| libm::hypot(object.x_m - x_m, object.y_m - y_m) < sight_m)
                    .map(|object| ObservedObject {
                        track: track as u32,
                        ..object
                    }),
            );
        }
    }
}

impl<'s> Other<'s> {
    fn new(obstacle: &'s Obstacle, first: i64, last: i64) -> Other<'s> {
        let bounds = match &obstacle.shape {
            Some(shape) => shape.bounds_m(),
            None => [0.0; 4],
        };
        let mut other = Other {
            obstacle,
            size_m: [bounds[2] - bounds[0], bounds[3] - bounds[1]],
            middle_m: [0.5 * (bounds[0] + bounds[2]), 0.5 * (bounds[1] + bounds[3])],
            standing: Vec::new(),
            poses: BTreeMap::new(),
        };
        let states = obstacle.initial.iter().chain(&obstacle.trajectory);
        for state in states {
            let end = state.time.end.min(last).min(state.time.start + RANGE_MAX);
            for time_step in state.time.start.max(first)..=end {
                other.poses.insert(time_step, motion(state));
            }
        }
        if other.stands() {
            other.standing = other.bodies_at(first);
        }
        other
    }

    fn stands(&self) -> bool {
        matches!(self.obstacle.role, Role::Static | Role::Environment)
    }

    fn occupancies(&self, time_step: i64) -> impl Iterator<Item = &'s Occupancy> {
        let all = self.obstacle.occupancies.iter();
        all.filter(move |occupancy| occupancy.time.start <= time_step && time_step <= occupancy.time.end)
    }

    fn bodies_at(&self, time_step: i64) -> Vec<Body> {
        let shape = self.obstacle.shape.as_ref();
        match self.obstacle.role {
            Role::Environment => shape
                .map(|shape| shape.bodies(Placement::default()))
                .unwrap_or_default(),
            Role::Static => {
                let at = self.obstacle.initial.as_ref().map(motion);
                shape
                    .zip(at)
                    .map(|(shape, motion)| shape.bodies(motion.at))
                    .unwrap_or_default()
            }
            Role::Dynamic | Role::Phantom => {
                let covered: Vec<Body> = self
                    .occupancies(time_step)
                    .flat_map(|occupancy| occupancy.shape.bodies(Placement::default()))
                    .collect();
                match self.poses.get(&time_step) {
                    Some(motion) if covered.is_empty() => {
                        shape.map(|shape| shape.bodies(motion.at)).unwrap_or_default()
                    }
                    _ => covered,
                }
            }
        }
    }

    fn observed(&self, time_step: i64, share: f64, step_s: f64) -> Option<ObservedObject> {
        // Edges of the road are no things to drive around; they are judged, not told.
        if matches!(self.obstacle.kind.as_str(), "roadBoundary" | "medianStrip" | "building") {
            return None;
        }
        if self.obstacle.role == Role::Environment {
            return Some(boxed(&self.obstacle.shape.as_ref()?.bodies(Placement::default())));
        }
        if self.obstacle.role == Role::Phantom || self.occupancies(time_step).next().is_some() {
            let shapes = self.occupancies(time_step).map(|occupancy| &occupancy.shape);
            let bodies: Vec<Body> = shapes
                .flat_map(|shape: &Shape| shape.bodies(Placement::default()))
                .collect();
            return (!bodies.is_empty()).then(|| boxed(&bodies));
        }
        let is_static = self.obstacle.role == Role::Static;
        let now = match is_static {
            true => motion(self.obstacle.initial.as_ref()?),
            false => *self.poses.get(&time_step)?,
        };
        let next = self.poses.get(&(time_step + 1)).filter(|_| !is_static);
        let (mut at, mut speed_mps, mut acceleration_mps2) = (now.at, now.speed_mps, 0.0);
        let mut leftward_mps = 0.0;
        if let Some(next) = next {
            let mix = |a: f64, b: f64| a + share * (b - a);
            at.centre_m = [0, 1].map(|axis| mix(now.at.centre_m[axis], next.at.centre_m[axis]));
            let turn_rad = next.at.heading_rad - now.at.heading_rad;
            let turn_rad = libm::atan2(libm::sin(turn_rad), libm::cos(turn_rad));
            at.heading_rad += share * turn_rad;
            speed_mps = mix(now.speed_mps, next.speed_mps);
            acceleration_mps2 = (next.speed_mps - now.speed_mps) / step_s;
            // What moves across its heading: recordings of people and of cars that slide.
            let ahead = now.at.inward(next.at.centre_m);
            leftward_mps = match self.obstacle.kind.as_str() {
                "pedestrian" => ahead[1] / step_s,
                _ => 0.0,
            };
        }
        if is_static {
            speed_mps = 0.0;
        }
        let [x_m, y_m] = at.outward(self.middle_m);
        Some(ObservedObject {
            kind: kind(&self.obstacle.kind),
            x_m,
            y_m,
            heading_rad: at.heading_rad,
            speed_mps,
            leftward_mps,
            acceleration_mps2,
            length_m: self.size_m[0],
            width_m: self.size_m[1],
            indicator: self.indicator(time_step),
            ..nobody()
        })
    }

    fn indicator(&self, time_step: i64) -> Indicator {
        let covers = |state: &&SignalState| state.time.start <= time_step && time_step <= state.time.end;
        let state = self.obstacle.signals.iter().rev().find(covers);
        let Some(state) = state.or(self.obstacle.initial_signal.as_ref().filter(covers)) else {
            return Indicator::Off;
        };
        let is = |value: Option<bool>| value == Some(true);
        match (
            is(state.hazard_warning_lights),
            is(state.indicator_left),
            is(state.indicator_right),
        ) {
            (true, _, _) | (_, true, true) => Indicator::Hazard,
            (_, true, _) => Indicator::Left,
            (_, _, true) => Indicator::Right,
            _ => Indicator::Off,
        }
    }
}

fn motion(state: &State) -> Motion {
    Motion {
        at: Placement {
            centre_m: state.centre_m().unwrap_or_default(),
            heading_rad: state.heading_rad(),
        },
        speed_mps: state.speed_mps(),
    }
}

fn nobody() -> ObservedObject {
    ObservedObject {
        kind: ObjectKind::Obstacle,
        ..ObservedObject::default()
    }
}

/// Something that stands and fills the box around bodies.
fn boxed(bodies: &[Body]) -> ObservedObject {
    let [west, south, east, north] = bounds_m(bodies);
    ObservedObject {
        x_m: 0.5 * (west + east),
        y_m: 0.5 * (south + north),
        length_m: east - west,
        width_m: north - south,
        ..nobody()
    }
}

fn kind(word: &str) -> ObjectKind {
    match word {
        "car" | "taxi" | "parkedVehicle" | "priorityVehicle" | "unknown" => ObjectKind::Car,
        "truck" | "train" => ObjectKind::Truck,
        "bus" => ObjectKind::Bus,
        "bicycle" | "motorcycle" => ObjectKind::Cyclist,
        "pedestrian" => ObjectKind::Pedestrian,
        _ => ObjectKind::Obstacle,
    }
}
