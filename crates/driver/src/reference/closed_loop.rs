//! The regulation's scenes in closed loop: any [`Driver`] with wheel and pedals, in the regulation's car, on a real map.
//!
//! Where the reference models set a speed ten times a second, here a driver gets [`Observation`]s and its [`Control`]s
//! move [`VehicleDynamics`] at 100 Hz, so that lags of brakes and steering count against it. The others move as in
//! [`CutIn`], [`CutOut`] and [`Deceleration`], evenly between their steps. The observation is ideal: no noise, no delay,
//! as the models' is. A contact is what it is in the scenes, boxes along the road that overlap at a tenth of a second, a
//! millimetre deep; one in between is told apart.

use super::{CutIn, CutOut, Deceleration, FREQUENCY_HZ, LENGTH_M, Manoeuvre, Motion, Outcome, STEPS, Sight, WIDTH_M};
use record::SimTime;
use road::builder::{LaneSpec, Node, NodeId, Street, StreetGraph, build};
use road::draft::{LaneKind, RoadClass};
use road::{LaneId, LanePosition, Pose, RoadNetwork, Traveller};
use std::sync::Arc;
use vehicle::{Control, DataSheet, Driver, Ground, Mission, ObjectKind, Observation, ObservedObject, VehicleDynamics};

/// Braking of the regulation's car: what its careful driver reaches.
const BRAKING_MPS2_MAX: f64 = 0.774 * 9.81;
/// Its jerk.
const JERK_MPS3_MAX: f64 = 12.65;
/// Length of the road: 35 s at 130 km/h, and room at both ends.
const ROAD_M: f64 = 1700.0;
/// Where a vehicle begins on it.
const BEGIN_M: f64 = 50.0;
/// So long it drives alone before a scene begins.
const LEAD_IN: SimTime = SimTime::from_millis(2000);
const LANE_M: f64 = 3.5;
/// Of the road and the car, above the regulation's 130 km/h.
const SPEED_MPS_MAX: f64 = 45.0;
/// So deep an overlap sideways is none: at 1.0 m/s the grid puts bodies side by side to the last bit, and steering's
/// micrometres would decide.
const SCRATCH_M: f64 = 0.001;
/// The dynamics' steps of 10 ms in one of a scene's.
const STEPS_PER_SCENE_STEP: usize = 10;
/// Slower than this it stands, and the scene is over, as those of the models are.
const STANDING_MPS: f64 = 0.15;
/// So long after the last motion that could lead to a contact, a scene is over.
const SETTLED_S: f64 = 0.3;

/// A straight road with two lanes, and the regulation's car.
#[derive(Clone, Debug)]
pub struct ProvingGround {
    network: Arc<RoadNetwork>,
    sheet: Arc<DataSheet>,
    lane: LaneId,
    /// Middle of that lane.
    middle_m: f64,
}

impl ProvingGround {
    /// Builds both.
    pub fn new() -> ProvingGround {
        let mut graph = StreetGraph::new("proving ground");
        let ends: [NodeId; 2] = [("west", 0.0), ("east", ROAD_M)].map(|(id, x_m)| {
            graph.add_node(Node {
                id: id.to_owned(),
                x_m,
                ..Node::default()
            })
        });
        graph.add_street(Street {
            id: "straight".to_owned(),
            from: ends[0],
            to: ends[1],
            class: RoadClass::Town,
            speed_mps_max: SPEED_MPS_MAX,
            forward: vec![LaneSpec::new(LaneKind::Driving, LANE_M); 2],
            ..Street::default()
        });
        let built = build(&graph).expect("a straight street can be built");
        let network = RoadNetwork::compile(&built.draft).expect("what the builder made compiles");
        // The lane whose middle is farthest to the right.
        let outermost = network
            .nearest_lane(BEGIN_M, -2.0 * LANE_M, None, Some(0.0), Traveller::Car)
            .expect("the road has lanes");
        let lane = outermost.position.lane;
        let middle = network.lane_pose(LanePosition {
            lane,
            s_m: BEGIN_M,
            offset_m: 0.0,
        });
        ProvingGround {
            network: Arc::new(network),
            sheet: Arc::new(regulation_car()),
            lane,
            middle_m: middle.y_m,
        }
    }

    /// Its map, for a driver to know.
    pub fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    /// Its car.
    pub fn sheet(&self) -> &Arc<DataSheet> {
        &self.sheet
    }

    /// A cut-in.
    pub fn cut_in(&self, scene: &CutIn, driver: &mut dyn Driver) -> Outcome {
        let others: Vec<Motion> = scene.others().collect();
        self.play(scene.own_mps, scene.start_m(), driver, |time_s, seen| {
            let other = between(&others, time_s);
            seen.push(other);
            // In the middle of the lane it goes straight on for good.
            other.motion.leftward_mps == 0.0 && time_s > 1.0
        })
    }

    /// A cut-out, from the gap of the scene.
    pub fn cut_out(&self, scene: &CutOut, driver: &mut dyn Driver) -> Outcome {
        let frames = scene.frames();
        self.play(scene.speed_mps, scene.start_m(), driver, |time_s, seen| {
            let step = ((time_s * FREQUENCY_HZ) as usize).min(frames.len() - 1);
            let frame = &frames[step];
            let since_s = time_s - step as f64 / FREQUENCY_HZ;
            let [leader, standing] = frame.vehicles.map(|motion| Motion {
                x_m: motion.x_m + since_s * motion.speed_mps,
                y_m: motion.y_m + since_s * motion.leftward_mps,
                ..motion
            });
            seen.push(Seen::steady(leader));
            if frame.shows_standing {
                seen.push(Seen::steady(standing));
            }
            frame.shows_standing
        })
    }

    /// A leader that brakes, from the gap of the scene.
    pub fn deceleration(&self, scene: &Deceleration, driver: &mut dyn Driver) -> Outcome {
        let leader: Vec<Motion> = scene.leader().collect();
        self.play(
            scene.speed_mps,
            scene.speed_mps / FREQUENCY_HZ,
            driver,
            |time_s, seen| {
                let other = between(&leader, time_s);
                seen.push(other);
                other.motion.speed_mps == 0.0
            },
        )
    }

    /// Plays a driver from `start_m`; `others` fills in who is seen at a time and tells whether they have settled.
    fn play(
        &self,
        own_mps: f64,
        start_m: f64,
        driver: &mut dyn Driver,
        mut others: impl FnMut(f64, &mut Vec<Seen>) -> bool,
    ) -> Outcome {
        let size = self.sheet.dimensions;
        let mission = Arc::new(Mission {
            lanes: vec![self.lane],
            speed_mps_max: Some(own_mps),
            ..Mission::default()
        });
        let pose = Pose {
            x_m: BEGIN_M,
            y_m: self.middle_m,
            ..Pose::default()
        };
        let mut dynamics = VehicleDynamics::new(&self.sheet, pose, 0.8).rolling(own_mps);
        let (mut control, mut outcome, mut settled_s) = (Control::default(), Outcome::default(), 0.0);
        let mut seen: Vec<Seen> = Vec::new();
        let mut time = SimTime::default();
        let step_s = VehicleDynamics::STEP.as_secs_f64();
        // Alone at first, until the pedals have found what holds the speed; then the scene is laid out around it.
        let mut next_cycle = time;
        while time < LEAD_IN {
            if time >= next_cycle {
                control = driver.drive(&self.observation(&dynamics, time, &mission, 0.0, &seen));
                next_cycle = time + driver.period();
            }
            dynamics.step(&control, &Ground::default());
            time += VehicleDynamics::STEP;
        }
        let origin_m = dynamics.ego().pose.x_m + size.middle_m() - start_m;
        for step in 0..STEPS * STEPS_PER_SCENE_STEP {
            seen.clear();
            let is_settled = others((time - LEAD_IN).as_secs_f64(), &mut seen);
            let ego = dynamics.ego();
            let own = Motion {
                x_m: ego.pose.x_m + size.middle_m() * libm::cos(ego.pose.heading_rad) - origin_m,
                y_m: ego.pose.y_m + size.middle_m() * libm::sin(ego.pose.heading_rad) - self.middle_m,
                speed_mps: ego.speed_mps,
                leftward_mps: 0.0,
                length_m: LENGTH_M,
                width_m: WIDTH_M - 2.0 * SCRATCH_M,
            };
            for other in &seen {
                let sight = Sight {
                    own,
                    own_mps2: ego.acceleration_mps2,
                    other: other.motion,
                    manoeuvre: Manoeuvre::CutIn,
                };
                // A driver that steers stands askew: such a box is no longer along the road.
                let touches = overlaps(&own, ego.pose.heading_rad, &other.motion);
                // The dynamics' steps are whole parts of the scenes'.
                if touches && step % STEPS_PER_SCENE_STEP == 0 {
                    outcome.note_touch(&sight);
                }
                outcome.touched |= touches;
            }
            let is_over = seen
                .iter()
                .all(|other| is_past(&own, &other.motion) || is_settled && parts(&own, &other.motion));
            settled_s = if is_over { settled_s + step_s } else { 0.0 };
            if outcome.contact.is_some() || settled_s > SETTLED_S {
                break;
            }
            if time >= next_cycle {
                control = driver.drive(&self.observation(&dynamics, time, &mission, origin_m, &seen));
                next_cycle = time + driver.period();
            }
            dynamics.step(&control, &Ground::default());
            time += VehicleDynamics::STEP;
        }
        outcome
    }

    fn observation(
        &self,
        dynamics: &VehicleDynamics,
        time: SimTime,
        mission: &Arc<Mission>,
        origin_m: f64,
        seen: &[Seen],
    ) -> Observation {
        let objects = seen.iter().enumerate().map(
            |(
                number,
                Seen {
                    motion: other,
                    along_mps2,
                },
            )| ObservedObject {
                track: number as u32,
                kind: ObjectKind::Car,
                x_m: origin_m + other.x_m,
                y_m: self.middle_m + other.y_m,
                z_m: 0.0,
                heading_rad: 0.0,
                heading_deviation_rad: 0.0,
                speed_mps: other.speed_mps,
                leftward_mps: other.leftward_mps,
                acceleration_mps2: *along_mps2,
                length_m: other.length_m,
                width_m: other.width_m,
                indicator: vehicle::Indicator::Off,
            },
        );
        Observation {
            time,
            ego: dynamics.ego(),
            objects: objects.collect(),
            signals: Vec::new(),
            mission: Arc::clone(mission),
            visibility_m: 200.0,
            environment: vehicle::Environment::default(),
        }
    }
}

impl Default for ProvingGround {
    fn default() -> ProvingGround {
        ProvingGround::new()
    }
}

/// Whether a box that is turned and one along the road overlap: no axis of either parts them.
fn overlaps(own: &Motion, heading_rad: f64, other: &Motion) -> bool {
    let (sin, cos) = libm::sincos(heading_rad);
    let (dx, dy) = (other.x_m - own.x_m, other.y_m - own.y_m);
    let [a, b] = [0.5 * own.length_m, 0.5 * own.width_m];
    let [c, d] = [0.5 * other.length_m, 0.5 * other.width_m];
    let (s, k) = (sin.abs(), cos.abs());
    dx.abs() < c + a * k + b * s
        && dy.abs() < d + a * s + b * k
        && (dx * cos + dy * sin).abs() < a + c * k + d * s
        && (dy * cos - dx * sin).abs() < b + c * s + d * k
}

/// The own vehicle has left the other behind.
fn is_past(own: &Motion, other: &Motion) -> bool {
    own.x_m - other.x_m > 0.5 * (own.length_m + other.length_m) && own.speed_mps >= other.speed_mps
}

/// As long as both go on as they do, they stay apart.
fn parts(own: &Motion, other: &Motion) -> bool {
    let is_ahead = other.x_m - own.x_m > 0.5 * (own.length_m + other.length_m);
    let is_beside = (own.y_m - other.y_m).abs() > 1.2 * WIDTH_M;
    is_beside || is_ahead && (own.speed_mps <= other.speed_mps || own.speed_mps < STANDING_MPS)
}

/// The car's sheet with the regulation's size and braking, and tyres that carry it.
fn regulation_car() -> DataSheet {
    let mut sheet = DataSheet::shipped("car").expect("the shipped sheet of a car is sound");
    let size = &mut sheet.dimensions;
    let cut_m = size.length_m - LENGTH_M;
    size.front_overhang_m -= 0.5 * cut_m;
    size.rear_overhang_m -= 0.5 * cut_m;
    (size.length_m, size.width_m) = (LENGTH_M, WIDTH_M);
    sheet.tyres.friction = 1.0;
    // Full braking is the regulation's, whoever sits in it: the driver counts on nine tenths of the force, loaded.
    sheet.brake.force_n_max = BRAKING_MPS2_MAX * (sheet.mass.empty_kg + sheet.mass.payload_kg) / 0.9;
    sheet.brake.jerk_mps3_max = JERK_MPS3_MAX;
    sheet
}

/// Another vehicle at an instant, as an ideal sensor has it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    motion: Motion,
    along_mps2: f64,
}

impl Seen {
    fn steady(motion: Motion) -> Seen {
        Seen {
            motion,
            along_mps2: 0.0,
        }
    }
}

/// Where a vehicle of ten steps a second is in between; beyond the last step it goes straight on.
fn between(steps: &[Motion], time_s: f64) -> Seen {
    let at = time_s * FREQUENCY_HZ;
    let index = (at as usize).min(steps.len().saturating_sub(2));
    let (from, to) = (steps[index], steps[index + 1]);
    let share = at - index as f64;
    Seen {
        motion: Motion {
            x_m: from.x_m + share * (to.x_m - from.x_m),
            y_m: from.y_m + share.min(1.0) * (to.y_m - from.y_m),
            ..from
        },
        along_mps2: (to.speed_mps - from.speed_mps) * FREQUENCY_HZ,
    }
}
