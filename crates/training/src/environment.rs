//! Episodes: where they begin, how they go, when they end.
//!
//! In go the courses, options, a seed and actions; out come observations, rewards and endings. An episode puts the ego on a
//! lane, rolling, with room around it, and gives it a route; it ends when it hits somebody, leaves its lane, passes a red light
//! (failures), or when its time or its route is over. Traffic goes on from one episode to the next; after
//! [`Options::renew_after_s`] of it another course with fresh traffic takes its place. All luck comes from the seed of
//! [`Environment::reseed`]: the same seed and actions give the same bytes, whatever other environments do.
//!
//! Sketch: a step of 100 ms takes 5 to 10 µs on a made road, a reset some 20 µs, a renewal 10 ms.

use crate::action::Action;
use crate::observation::{self, OBSERVATION_LENGTH, View};
use crate::reward::{Happened, Reward};
use crate::{Course, TrainingError};
use record::{Seed, Stream};
use road::draft::LaneKind;
use road::{LaneId, LanePosition, RoadNetwork, SignalColour, Traveller};
use std::sync::Arc;
use vehicle::{Control, DataSheet, ObjectKind};
use world::{EgoConfiguration, EgoWorld};

/// What episodes are like.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ego's data sheet.
    pub sheet: Arc<DataSheet>,
    /// Multiplies the traffic of the course: 0 is an empty road.
    pub traffic: f64,
    /// An episode is cut off after so long.
    pub time_limit_s: f64,
    /// Traffic grows for so long before the first episode.
    pub warm_up_s: f64,
    /// A course is left for another after so long.
    pub renew_after_s: f64,
    /// What is good.
    pub reward: Reward,
}

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// It touched somebody.
    Collision,
    /// Its front bumper left its lane by more than a metre, or went over the centre line as far, or on to a lane that is closed
    /// to it (a bicycle lane), or it turned around.
    OffLane,
    /// It passed a red light.
    RedLight,
    /// Its time was over.
    TimeLimit,
    /// Its route was.
    RouteEnd,
}

/// What a step brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The step's reward.
    pub reward: f64,
    /// The episode is over.
    pub ending: Option<Ending>,
}

/// One learner's world.
pub struct Environment {
    courses: Arc<[Course]>,
    options: Options,
    luck: Stream,
    seed: Seed,
    /// Courses played so far.
    renewals: u64,
    world: EgoWorld,
    starts: Starts,
    /// The lanes that the ego takes.
    route: Vec<LaneId>,
    lane_before: LaneId,
    ticks: u32,
    previous: Action,
}

/// Lanes where an episode may begin, with the sum of their lengths up to each.
struct Starts {
    lanes: Vec<LaneId>,
    until_m: Vec<f64>,
}

/// Length of a step.
const STEP_S: f64 = 0.1;
/// A route is so long where the map is.
const ROUTE_M: f64 = 2000.0;
/// An episode begins only where its route is so long.
const ROUTE_M_MIN: f64 = 120.0;
/// Lanes of a route at most: roads of an import may come in pieces of centimetres.
const ROUTE_LANES_MAX: usize = 500;
/// Shorter lanes are no place to begin.
const START_LANE_M: f64 = 25.0;
/// Places tried before the world goes on a second, and rounds of that before any place will do.
const TRIES: usize = 60;
/// See [`TRIES`].
const ROUNDS: usize = 30;
/// An episode begins at up to so much off the middle of the lane.
const START_OFFSET_M: f64 = 0.6;
/// Bends are begun at up to so much lateral acceleration.
const START_LATERAL_MPS2: f64 = 1.5;
/// Farther off its lane's direction, it has turned around.
const HEADING_RAD_MAX: f64 = std::f64::consts::FRAC_PI_2;

impl Options {
    /// A minute on a road with traffic.
    pub fn new(sheet: Arc<DataSheet>) -> Options {
        Options {
            sheet,
            traffic: 1.0,
            time_limit_s: 60.0,
            warm_up_s: 60.0,
            renew_after_s: 1200.0,
            reward: Reward::default(),
        }
    }

    /// Whether they make sense.
    pub fn check(&self) -> Result<(), TrainingError> {
        let within = |name, value: f64, least: f64, most: f64, expected| {
            if value.is_finite() && value >= least && value <= most {
                return Ok(());
            }
            Err(TrainingError::Option {
                name,
                found: format!("`{value}`"),
                expected,
                hint: "1 is the traffic as it stands, 60 s are a usual episode",
            })
        };
        within("traffic", self.traffic, 0.0, 20.0, "a factor of 0 to 20")?;
        within(
            "time_limit_s",
            self.time_limit_s,
            STEP_S,
            86_400.0,
            "0.1 to 86400 seconds",
        )?;
        within("warm_up_s", self.warm_up_s, 0.0, 3600.0, "0 to 3600 seconds")?;
        within("renew_after_s", self.renew_after_s, 1.0, 86_400.0, "1 to 86400 seconds")?;
        let mut reward = self.reward;
        for (name, &mut weight) in reward.named() {
            within(name, weight, -1e6, 1e6, "a weight that is a number")?;
        }
        Ok(())
    }
}

impl Ending {
    /// All of them, in order.
    pub const ALL: [Ending; 5] = [
        Ending::Collision,
        Ending::OffLane,
        Ending::RedLight,
        Ending::TimeLimit,
        Ending::RouteEnd,
    ];

    /// Whether it is the driver's failure and not only the end of the tape: terminated, not truncated.
    pub fn is_failure(self) -> bool {
        matches!(self, Ending::Collision | Ending::OffLane | Ending::RedLight)
    }

    /// What programs call it.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Collision => "collision",
            Ending::OffLane => "off_lane",
            Ending::RedLight => "red_light",
            Ending::TimeLimit => "time_limit",
            Ending::RouteEnd => "route_end",
        }
    }
}

impl Environment {
    /// An environment on one of these courses, drawn by the seed. Call [`Environment::reset`] before the first step.
    pub fn new(courses: Arc<[Course]>, options: Options, seed: Seed) -> Result<Environment, TrainingError> {
        options.check()?;
        if courses.is_empty() {
            return Err(TrainingError::Option {
                name: "courses",
                found: "none".to_owned(),
                expected: "at least one",
                hint: "one road is enough",
            });
        }
        for course in &*courses {
            Starts::new(&course.network, traveller(&options.sheet))?;
        }
        let mut luck = seed.stream("training.episode", 0);
        let (world, starts) = renewed(&courses, &options, seed, 0, &mut luck)?;
        Ok(Environment {
            courses,
            options,
            luck,
            seed,
            renewals: 0,
            lane_before: starts.lanes[0],
            world,
            starts,
            route: Vec::new(),
            ticks: 0,
            previous: Action::default(),
        })
    }

    /// Begins anew from a seed, as a new environment would.
    pub fn reseed(&mut self, seed: Seed) -> Result<(), TrainingError> {
        self.seed = seed;
        self.renewals = 0;
        self.luck = seed.stream("training.episode", 0);
        (self.world, self.starts) = renewed(&self.courses, &self.options, seed, 0, &mut self.luck)?;
        Ok(())
    }

    /// Begins the next episode and writes its first observation.
    ///
    /// Here and in [`Environment::step`]: panics if `observation` has not [`OBSERVATION_LENGTH`] places.
    pub fn reset(&mut self, observation: &mut [f32]) -> Result<(), TrainingError> {
        if self.world.time().as_secs_f64() > self.options.renew_after_s + self.options.warm_up_s {
            self.renewals += 1;
            let (courses, options) = (&self.courses, &self.options);
            (self.world, self.starts) = renewed(courses, options, self.seed, self.renewals, &mut self.luck)?;
        }
        let (at, speed_mps) = self.find_start();
        self.world.place(EgoConfiguration {
            sheet: Arc::clone(&self.options.sheet),
            at,
            speed_mps,
            lanes: self.route.clone(),
        })?;
        self.lane_before = at.lane;
        self.ticks = 0;
        self.previous = Action::default();
        let view = self.view();
        observation::write(&self.world, &view, &mut observation[..OBSERVATION_LENGTH]);
        Ok(())
    }

    /// Drives for 100 ms and writes what is to be seen then. After an ending, only [`Environment::reset`] makes sense.
    pub fn step(&mut self, action: Action, observation: &mut [f32]) -> Step {
        let sheet = Arc::clone(&self.options.sheet);
        self.world.step(|ego| action.control(&sheet, ego));
        self.ticks += 1;
        self.follow_route();
        let view = self.view();
        let ending = self.ending(&view);
        let speed_mps = self.world.ego().map_or(0.0, |ego| ego.speed_mps);
        let reward = self.options.reward.of(&Happened {
            speed_mps: speed_mps * libm::cos(view.heading_error_rad),
            limit_mps: view.limit_mps,
            offset_m: view.front.offset_m,
            free_half_width_m: 0.5 * (view.lane_width_m - sheet.dimensions.width_m),
            lateral_acceleration_mps2: self.world.lateral_acceleration_mps2(),
            leader_gap_m: view.leader.gap_m,
            action,
            previous: self.previous,
            failed: ending.is_some_and(Ending::is_failure),
        });
        self.previous = action;
        observation::write(&self.world, &view, &mut observation[..OBSERVATION_LENGTH]);
        Step { reward, ending }
    }

    /// The world as it is.
    pub fn world(&self) -> &EgoWorld {
        &self.world
    }

    fn view(&self) -> View {
        let sheet = &self.options.sheet;
        View::new(&self.world, sheet.dimensions.length_m, traveller(sheet)).expect("the ego was placed by `reset`")
    }

    fn ending(&mut self, view: &View) -> Option<Ending> {
        let lane = view.front.lane;
        let before = std::mem::replace(&mut self.lane_before, lane);
        let network = self.world.network();
        let is_closed = !network.may_use(lane, traveller(&self.options.sheet));
        let entered = network.lane(lane).signal.filter(|_| before != lane);
        if self.world.collision().is_some() {
            Some(Ending::Collision)
        } else if !self.world.is_on_lane() || is_closed || view.heading_error_rad.abs() > HEADING_RAD_MAX {
            Some(Ending::OffLane)
        } else if entered.is_some_and(|signal| self.world.signal(signal) == SignalColour::Red) {
            Some(Ending::RedLight)
        } else if view.route_left_m < 1.0 {
            Some(Ending::RouteEnd)
        } else if f64::from(self.ticks) * STEP_S >= self.options.time_limit_s - 1e-9 {
            Some(Ending::TimeLimit)
        } else {
            None
        }
    }

    /// Who has changed lanes takes another route from there.
    fn follow_route(&mut self) {
        let Some(front) = self.world.front() else { return };
        if !self.route.contains(&front.lane) {
            let traveller = traveller(&self.options.sheet);
            draw_route(
                self.world.network(),
                (front, traveller),
                &mut self.luck,
                &mut self.route,
            );
            self.world.set_lanes(self.route.clone());
        }
    }

    /// A place with room, and the speed to begin with. The route from there is in `route`.
    fn find_start(&mut self) -> (LanePosition, f64) {
        let network = Arc::clone(self.world.network());
        let length_m = self.options.sheet.dimensions.length_m;
        let traveller = traveller(&self.options.sheet);
        for round in 0..=ROUNDS {
            for _ in 0..TRIES {
                let at = self.starts.draw(&network, &mut self.luck);
                let limit_mps = network.lane(at.lane).speed_mps_max;
                let curvature_per_m = network.lane_curvature_per_m(at.lane, at.s_m).abs();
                let bend_mps = (START_LATERAL_MPS2 / curvature_per_m.max(1e-4)).sqrt();
                let speed_mps = self.luck.between(0.3, 0.9) * limit_mps.min(bend_mps);
                let way_m = draw_route(&network, (at, traveller), &mut self.luck, &mut self.route);
                let (behind_m, ahead_m) = (10.0 + 1.5 * limit_mps, 10.0 + 1.5 * speed_mps);
                let has_room = self
                    .world
                    .has_room(at.lane, at.s_m - length_m - behind_m, at.s_m + ahead_m)
                    && self.is_free_beyond(&network, at, length_m + behind_m, ahead_m);
                if way_m >= ROUTE_M_MIN && has_room {
                    return (at, speed_mps);
                }
            }
            if round < ROUNDS {
                for _ in 0..10 {
                    self.world.step(|_| Control::default());
                }
            }
        }
        let at = self.starts.draw(&network, &mut self.luck);
        draw_route(&network, (at, traveller), &mut self.luck, &mut self.route);
        (at, 0.0)
    }

    /// Whether the lanes before and after have room as well, as far as the stretch reaches into them.
    fn is_free_beyond(&mut self, network: &RoadNetwork, at: LanePosition, behind_m: f64, ahead_m: f64) -> bool {
        let lane = network.lane(at.lane);
        let over_m = at.s_m + ahead_m - lane.length_m;
        let under_m = behind_m - at.s_m;
        let mut room = |lanes: &[LaneId], is_next: bool| {
            lanes.iter().all(|&next| {
                let length_m = network.lane(next).length_m;
                if is_next {
                    self.world.has_room(next, 0.0, over_m)
                } else {
                    self.world.has_room(next, length_m - under_m, f64::INFINITY)
                }
            })
        };
        (over_m <= 0.0 || room(&lane.successors, true)) && (under_m <= 0.0 || room(&lane.predecessors, false))
    }
}

impl Starts {
    fn new(network: &RoadNetwork, traveller: Traveller) -> Result<Starts, TrainingError> {
        let mut starts = Starts {
            lanes: Vec::new(),
            until_m: Vec::new(),
        };
        let mut sum_m = 0.0;
        let mut luck = Seed(0).stream("training.start", 0);
        let mut route = Vec::new();
        for (index, lane) in network.lanes().iter().enumerate() {
            let id = LaneId(index as u32);
            let is_street = lane.edge.is_some()
                && lane.junction.is_none()
                && lane.kind == LaneKind::Driving
                && lane.length_m >= START_LANE_M
                && network.may_use(id, traveller);
            let from = LanePosition {
                lane: id,
                s_m: START_LANE_M.min(lane.length_m),
                offset_m: 0.0,
            };
            if is_street && draw_route(network, (from, traveller), &mut luck, &mut route) >= ROUTE_M_MIN {
                sum_m += lane.length_m;
                starts.lanes.push(id);
                starts.until_m.push(sum_m);
            }
        }
        if starts.lanes.is_empty() {
            return Err(TrainingError::NoLanes {
                map: network.name().to_owned(),
                least_m: ROUTE_M_MIN,
            });
        }
        Ok(starts)
    }

    fn draw(&self, network: &RoadNetwork, luck: &mut Stream) -> LanePosition {
        let at_m = luck.uniform() * self.until_m[self.until_m.len() - 1];
        let index = self
            .until_m
            .partition_point(|&until_m| until_m <= at_m)
            .min(self.lanes.len() - 1);
        let lane = self.lanes[index];
        // Somewhat short of either end, where a map may end.
        let length_m = network.lane(lane).length_m;
        let s_m = (0.4 * START_LANE_M) + luck.uniform() * (length_m - 0.8 * START_LANE_M);
        LanePosition {
            lane,
            s_m,
            offset_m: luck.between(-START_OFFSET_M, START_OFFSET_M),
        }
    }
}

/// Lanes from a place on, at each fork one by luck, into `route`. How long that is.
fn draw_route(
    network: &RoadNetwork,
    (from, traveller): (LanePosition, Traveller),
    luck: &mut Stream,
    route: &mut Vec<LaneId>,
) -> f64 {
    route.clear();
    route.push(from.lane);
    let mut lane = from.lane;
    let mut way_m = network.lane(lane).length_m - from.s_m;
    while way_m < ROUTE_M && route.len() < ROUTE_LANES_MAX {
        let next = &network.lane(lane).successors;
        let is_open = |lane: &&LaneId| network.may_use(**lane, traveller);
        let count = next.iter().filter(is_open).count();
        if count == 0 {
            break;
        }
        let choice = luck.below(count);
        let Some(&chosen) = next.iter().filter(is_open).nth(choice) else {
            break;
        };
        lane = chosen;
        route.push(lane);
        way_m += network.lane(lane).length_m;
    }
    way_m
}

/// Whose lanes a vehicle may use.
fn traveller(sheet: &DataSheet) -> Traveller {
    match sheet.kind {
        ObjectKind::Bus => Traveller::Bus,
        ObjectKind::Cyclist => Traveller::Bicycle,
        _ => Traveller::Car,
    }
}

/// A course with fresh traffic.
fn renewed(
    courses: &[Course],
    options: &Options,
    seed: Seed,
    renewal: u64,
    luck: &mut Stream,
) -> Result<(EgoWorld, Starts), TrainingError> {
    let course = &courses[luck.below(courses.len())];
    let mut world = EgoWorld::new(
        Arc::clone(&course.network),
        &course.demand,
        course.clock_s,
        options.traffic,
        seed.child("training.world", renewal),
    )?;
    if options.traffic > 0.0 {
        for _ in 0..(options.warm_up_s / STEP_S) as usize {
            world.step(|_| Control::default());
        }
    }
    Ok((world, Starts::new(&course.network, traveller(&options.sheet))?))
}
