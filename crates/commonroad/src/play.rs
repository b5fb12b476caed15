//! The closed loop: a driver in the ego of a planning problem, among obstacles that move as recorded.
//!
//! In go a scenario with its roads, a vehicle of the benchmark and any [`Driver`]; out come the ego's states, one for each
//! time step, and what came of it. Between two time steps the driver is asked every [`CYCLE_S`] at most; its pedals and
//! wheel become acceleration and steering rate of the kinematic single-track model. It is told what is there now and
//! never what will be. Wall time is not read: whoever wants to know how long a cycle took wraps the driver.

mod mission;
mod others;

use crate::CommonRoadError;
use crate::goal::{Conditions, Goal, outline};
use crate::roads::Roads;
use crate::scenario::{PlanningProblem, Role, Scenario};
use crate::shape::{Body, Placement, bounds_m, rectangle, uncovered_m};
use crate::vehicle_model::{KinematicState, VehicleModel};
use ::road::{Pose, SignalColour, SignalId};
use mission::Plan;
use others::Others;
use record::SimTime;
use std::sync::Arc;
use vehicle::{Control, Driver, EgoState, Environment, Faults, Mission, Observation, ObservedSignal};

/// Longest time between two cycles of the driver.
pub const CYCLE_S: f64 = 0.05;
/// More time steps than this are no planning problem.
pub const STEPS_MAX: i64 = 20_000;
/// The benchmark's files have gaps of millimetres between lanelets; what lies open for longer is off the road.
pub const GAP_M: f64 = 0.02;
/// How far the ego sees.
const SIGHT_M: f64 = 200.0;

/// What keeps a planning problem from being solved.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The ego touched an obstacle.
    Collision {
        /// The obstacle's number.
        obstacle: i64,
        /// Its role.
        role: Role,
        /// Its kind, as the file words it.
        kind: String,
        /// When.
        time_step: i64,
    },
    /// A part of the ego's outline was on no lanelet.
    OffRoad {
        /// When.
        time_step: i64,
        /// The longest stretch of its outline that was off.
        open_m: f64,
    },
    /// Time is up.
    GoalMissed {
        /// The time step at which most conditions held.
        time_step: i64,
        /// Those that did not hold then.
        missing: Vec<&'static str>,
    },
}

/// What came of a planning problem.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All conditions of a goal held at this time step.
    Solved {
        /// When.
        time_step: i64,
    },
    /// It was not solved.
    Failed(Failure),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Solved { .. } => write!(f, "solved"),
            Outcome::Failed(failure) => write!(f, "failed: {failure}"),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Collision {
                obstacle,
                role,
                kind,
                time_step,
            } => {
                let kind = if kind.is_empty() { "obstacle" } else { kind };
                write!(
                    f,
                    "collision with {} {kind} {obstacle} at step {time_step}",
                    role.name()
                )
            }
            Failure::OffRoad { time_step, open_m } => write!(f, "off the road by {open_m:.2} m at step {time_step}"),
            Failure::GoalMissed { time_step, missing } => {
                write!(
                    f,
                    "goal missed, nearest at step {time_step}: {} not met",
                    missing.join(" and ")
                )
            }
        }
    }
}

/// A planning problem, played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The planning problem's number.
    pub problem: i64,
    /// The first time step.
    pub time_step: i64,
    /// States, one a time step from the first on.
    pub states: Vec<KinematicState>,
    /// What came of it.
    pub outcome: Outcome,
    /// The last time step at which the goal may be reached.
    pub last_time_step: i64,
}

impl Played {
    /// Time that passed.
    pub fn used_steps(&self) -> i64 {
        self.states.len() as i64 - 1
    }

    /// Time there was.
    pub fn given_steps(&self) -> i64 {
        self.last_time_step - self.time_step
    }
}

/// A planning problem, ready to be driven.
pub struct Play<'s> {
    scenario: &'s Scenario,
    roads: &'s Roads,
    problem: &'s PlanningProblem,
    vehicle: &'s VehicleModel,
    goals: Vec<Goal>,
    others: Others<'s>,
    outlines: Vec<([f64; 4], Vec<[f64; 2]>)>,
    plan: Plan,
    last_time_step: i64,
}

impl<'s> Play<'s> {
    /// Prepares a planning problem.
    ///
    /// # Errors
    /// If it has more than [`STEPS_MAX`] time steps, or its goal lies before its beginning.
    pub fn new(
        scenario: &'s Scenario,
        roads: &'s Roads,
        problem: &'s PlanningProblem,
        vehicle: &'s VehicleModel,
    ) -> Result<Play<'s>, CommonRoadError> {
        let refused = |what: String, hint: &str| {
            CommonRoadError(vec![format!("planning problem `{}`: {what}\nhint: {hint}", problem.id)])
        };
        let goals = Goal::of(scenario, problem);
        let last_time_step = goals.iter().map(|goal| goal.state().time.end).max().unwrap_or_default();
        let steps = last_time_step.saturating_sub(problem.initial.time.start);
        if steps < 0 {
            return Err(refused(
                format!("the goal's last time step is {last_time_step}, before the beginning"),
                "give the goal a <time> after the initial state's",
            ));
        }
        if steps > STEPS_MAX {
            return Err(refused(
                format!("{steps} time steps, at most {STEPS_MAX}"),
                "give the goal an earlier <time>",
            ));
        }
        let drivable = scenario.lanelets.iter();
        let outlines = drivable
            .map(|lanelet| {
                let outline = outline(lanelet);
                (bounds_m(&[Body::Polygon(outline.clone())]), outline)
            })
            .collect();
        Ok(Play {
            others: Others::new(scenario, problem.initial.time.start, last_time_step),
            plan: Plan::new(scenario, roads, problem, &goals, vehicle),
            scenario,
            roads,
            problem,
            vehicle,
            goals,
            outlines,
            last_time_step,
        })
    }

    /// The lanelets of the route, from first to last, those beyond the goal included.
    pub fn route(&self) -> Vec<i64> {
        let lanes = self.plan.lanes.iter();
        lanes.filter_map(|&lane| self.roads.lanelet(lane)).collect()
    }

    fn initial(&self) -> KinematicState {
        let state = &self.problem.initial;
        let [x_m, y_m] = state.centre_m().unwrap_or_default();
        KinematicState {
            x_m,
            y_m,
            steering_angle_rad: 0.0,
            velocity_mps: state.speed_mps(),
            orientation_rad: state.heading_rad(),
        }
    }

    /// Lets a driver drive until the goal is reached, or it cannot be any more.
    pub fn drive(&self, driver: &mut dyn Driver) -> Played {
        let first = self.problem.initial.time.start;
        let step_s = self.scenario.time_step_s;
        let cycles = (step_s / CYCLE_S - 1e-9).ceil().max(1.0);
        let period_s = step_s / cycles;
        let mut states = vec![self.initial()];
        let mut acceleration_mps2 = 0.0;
        let mut pace = self.plan.pace(states[0].velocity_mps);
        let mut best = (0, first, Conditions::default());
        let mut observation = Observation {
            time: SimTime::from_secs_f64(0.0),
            ego: self.ego(&states[0], 0.0),
            objects: Vec::new(),
            signals: Vec::new(),
            mission: Arc::new(Mission::default()),
            visibility_m: SIGHT_M,
            environment: Environment::default(),
        };
        let played = |states: Vec<KinematicState>, outcome| Played {
            problem: self.problem.id,
            time_step: first,
            states,
            outcome,
            last_time_step: self.last_time_step,
        };
        for time_step in first..=self.last_time_step {
            let state = states[states.len() - 1];
            if let Some(failure) = self.fault(&state, time_step) {
                return played(states, Outcome::Failed(failure));
            }
            for goal in &self.goals {
                let conditions = goal.conditions(&state, time_step);
                if conditions.all_hold() {
                    return played(states, Outcome::Solved { time_step });
                }
                if conditions.count() >= best.0 {
                    best = (conditions.count(), time_step, conditions);
                }
            }
            let mut state = state;
            for cycle in 0..cycles as u32 {
                let share = f64::from(cycle) / cycles;
                let since_s = (time_step - first) as f64 * step_s + share * step_s;
                observation.time = SimTime::from_secs_f64(since_s);
                observation.ego = self.ego(&state, acceleration_mps2);
                self.others.observe(
                    time_step,
                    share,
                    step_s,
                    [state.x_m, state.y_m],
                    SIGHT_M,
                    &mut observation.objects,
                );
                self.signals(time_step, &mut observation.signals);
                self.plan.lead(&mut pace, &state, since_s, &mut observation.mission);
                let control = driver.drive(&observation);
                let asked_mps2 = self.asked_mps2(&control, state.velocity_mps);
                acceleration_mps2 = self.vehicle.limited_mps2(&state, asked_mps2, period_s);
                let steering_rad_per_s = self.steering(&control, &state, period_s);
                state = self
                    .vehicle
                    .step(&state, acceleration_mps2, steering_rad_per_s, period_s);
            }
            if time_step < self.last_time_step {
                states.push(state);
            }
        }
        let (_, time_step, conditions) = best;
        let missing = conditions.missing();
        played(states, Outcome::Failed(Failure::GoalMissed { time_step, missing }))
    }

    /// Pedals to acceleration, by the forces of the sheet.
    fn asked_mps2(&self, control: &Control, speed_mps: f64) -> f64 {
        let sheet = &self.vehicle.sheet;
        let drive_n_max = sheet
            .drive
            .force_n_max
            .min(sheet.drive.power_w_max / speed_mps.max(0.1));
        let finite = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        (finite(control.drive) * drive_n_max - finite(control.brake) * sheet.brake.force_n_max) / sheet.mass.empty_kg
    }

    /// The rate that leads to the angle asked for, within the limits of the wheels and of the tyres.
    fn steering(&self, control: &Control, state: &KinematicState, period_s: f64) -> f64 {
        let vehicle = self.vehicle;
        let speed2 = state.velocity_mps * state.velocity_mps;
        let grip_rad = libm::atan(0.9 * vehicle.acceleration_mps2_max * vehicle.wheelbase_m / speed2.max(0.01));
        let most_rad = vehicle.steering_rad_max.min(grip_rad);
        let asked_rad = match control.steering_angle_rad.is_finite() {
            true => control.steering_angle_rad.clamp(-most_rad, most_rad),
            false => state.steering_angle_rad,
        };
        let most = 0.999 * vehicle.steering_rad_per_s_max;
        ((asked_rad - state.steering_angle_rad) / period_s).clamp(-most, most)
    }

    fn ego(&self, state: &KinematicState, acceleration_mps2: f64) -> EgoState {
        let [x_m, y_m] = self.vehicle.rear_axle_m(state);
        EgoState {
            pose: Pose {
                x_m,
                y_m,
                heading_rad: state.orientation_rad,
                ..Pose::default()
            },
            speed_mps: state.velocity_mps,
            acceleration_mps2,
            yaw_rate_rad_per_s: state.velocity_mps * libm::tan(state.steering_angle_rad) / self.vehicle.wheelbase_m,
            steering_angle_rad: state.steering_angle_rad,
            state_of_charge: 0.8,
            passengers: 0,
            door_is_open: false,
            faults: Faults::default(),
        }
    }

    fn signals(&self, time_step: i64, signals: &mut Vec<ObservedSignal>) {
        signals.clear();
        for (index, signal) in self.roads.network.signals().iter().enumerate() {
            let number = signal.id.split(' ').next().and_then(|number| number.parse().ok());
            let light = self.scenario.lights.iter().find(|light| Some(light.id) == number);
            let colour = match light.map(|light| light.colour(time_step)) {
                Some("green") => SignalColour::Green,
                Some("yellow") => SignalColour::Amber,
                // Red with yellow is still red: nobody goes yet.
                Some("red" | "redYellow") => SignalColour::Red,
                _ => continue,
            };
            signals.push(ObservedSignal {
                signal: SignalId(index as u32),
                colour,
                changes_in: None,
            });
        }
    }

    /// What ends the drive at a state.
    fn fault(&self, state: &KinematicState, time_step: i64) -> Option<Failure> {
        let at = Placement {
            centre_m: [state.x_m, state.y_m],
            heading_rad: state.orientation_rad,
        };
        let corners = rectangle(at, self.vehicle.size_m);
        let ego = Body::Polygon(corners.to_vec());
        if let Some(obstacle) = self.others.touched(&ego, time_step) {
            return Some(Failure::Collision {
                obstacle: obstacle.id,
                role: obstacle.role,
                kind: obstacle.kind.clone(),
                time_step,
            });
        }
        let own = ego.bounds_m();
        let near: Vec<&[[f64; 2]]> = self
            .outlines
            .iter()
            .filter(|(b, _)| b[0] <= own[2] && own[0] <= b[2] && b[1] <= own[3] && own[1] <= b[3])
            .map(|(_, outline)| outline.as_slice())
            .collect();
        let open_m = uncovered_m(&corners, &near);
        (open_m > GAP_M).then_some(Failure::OffRoad { time_step, open_m })
    }
}
