//! Whether a state fulfils what a planning problem asks for, condition by condition.
//!
//! In go a goal state and a state of the ego; out comes which conditions hold. The goal is reached when all hold at one time
//! step; positions are tested by the middle of the vehicle, as the benchmark does. It knows no obstacles.

use crate::scenario::{Interval, Lanelet, PlanningProblem, Position, Scenario, State};
use crate::vehicle_model::KinematicState;
use std::f64::consts::TAU;

/// What is asked, in the benchmark's frame: areas are looked up once.
#[derive(Clone, Debug)]
pub struct Goal {
    state: State,
    /// Outlines of lanelets, if the position is given by them.
    outlines: Vec<Vec<[f64; 2]>>,
}

/// Which conditions hold; those that are not asked for do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The time step.
    pub time: bool,
    /// The position.
    pub position: bool,
    /// The velocity.
    pub velocity: bool,
    /// The orientation.
    pub orientation: bool,
}

impl Conditions {
    /// The goal is reached.
    pub fn all_hold(self) -> bool {
        self.time && self.position && self.velocity && self.orientation
    }

    /// How many hold.
    pub fn count(self) -> u32 {
        [self.time, self.position, self.velocity, self.orientation]
            .into_iter()
            .map(u32::from)
            .sum()
    }

    /// Names of those that do not hold.
    pub fn missing(self) -> Vec<&'static str> {
        let all = [
            (self.time, "time"),
            (self.position, "position"),
            (self.velocity, "velocity"),
            (self.orientation, "orientation"),
        ];
        all.iter().filter(|(holds, _)| !holds).map(|(_, name)| *name).collect()
    }
}

/// The closed outline of a lanelet.
pub fn outline(lanelet: &Lanelet) -> Vec<[f64; 2]> {
    let right = lanelet.right.points_m.iter().rev();
    lanelet
        .left
        .points_m
        .iter()
        .chain(right)
        .map(|&[x, y, _]| [x, y])
        .collect()
}

impl Goal {
    /// The goals of a planning problem; any one of them will do.
    pub fn of(scenario: &Scenario, problem: &PlanningProblem) -> Vec<Goal> {
        let goal = |state: &State| {
            let ids = match &state.position {
                Some(Position::Lanelets(ids)) => ids.as_slice(),
                _ => &[],
            };
            let named = scenario.lanelets.iter().filter(|lanelet| ids.contains(&lanelet.id));
            Goal {
                outlines: named.map(outline).collect(),
                state: state.clone(),
            }
        };
        problem.goals.iter().map(goal).collect()
    }

    /// What is asked, as written.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether a place fulfils the position.
    pub fn holds_place(&self, point: [f64; 2]) -> bool {
        match &self.state.position {
            None => true,
            Some(Position::Point(wanted)) => libm::hypot(wanted[0] - point[0], wanted[1] - point[1]) < 1e-9,
            Some(Position::Area(shape)) => shape.contains(point),
            Some(Position::Lanelets(_)) => self
                .outlines
                .iter()
                .any(|outline| crate::shape::Body::Polygon(outline.clone()).contains(point)),
        }
    }

    /// The middle of where to be.
    pub fn centre_m(&self) -> Option<[f64; 2]> {
        if let Some(outline) = self.outlines.first() {
            let count = outline.len() as f64;
            return Some([0, 1].map(|axis| outline.iter().map(|point| point[axis]).sum::<f64>() / count));
        }
        self.state.centre_m()
    }

    /// Which conditions hold at a time step.
    pub fn conditions(&self, state: &KinematicState, time_step: i64) -> Conditions {
        let wanted = &self.state;
        Conditions {
            time: wanted.time.start <= time_step && time_step <= wanted.time.end,
            position: self.holds_place([state.x_m, state.y_m]),
            velocity: wanted
                .velocity_mps
                .is_none_or(|range| range.contains(state.velocity_mps)),
            orientation: wanted
                .orientation_rad
                .is_none_or(|range| angle_in(range, state.orientation_rad)),
        }
    }
}

/// Whether an angle, whole turns aside, lies in a range.
pub fn angle_in(range: Interval, angle_rad: f64) -> bool {
    let beyond = (angle_rad - range.start).rem_euclid(TAU);
    beyond <= range.end - range.start || beyond > TAU - 1e-9
}
