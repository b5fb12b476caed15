//! A test course: a small map, one vehicle with its dynamics and driver, and others who follow a script.

use driver::AutomatedDriver;
use record::SimTime;
use road::builder::{LaneSpec, Node, NodeKind, ShapePoint, Street, StreetGraph, build};
use road::draft::{LaneKind, RoadClass};
use road::{LaneId, LanePosition, RoadNetwork, SignalColour, SignalId, Traveller};
use std::sync::Arc;
use vehicle::{
    Control, DataSheet, Driver, Environment, Explanation, Faults, Ground, Halt, Indicator, LadderState, Mission,
    ObjectKind, Observation, ObservedObject, ObservedSignal, Request, VehicleDynamics,
};

/// Lanes of one direction.
pub fn driving(count: usize) -> Vec<LaneSpec> {
    vec![LaneSpec::new(LaneKind::Driving, 3.5); count]
}

/// A street of a town, 50 km/h, with the same lanes both ways.
pub fn street(id: &str, from: road::builder::NodeId, to: road::builder::NodeId, lanes: usize) -> Street {
    Street {
        id: id.to_owned(),
        from,
        to,
        class: RoadClass::Town,
        speed_mps_max: 50.0 / 3.6,
        forward: driving(lanes),
        backward: driving(lanes),
        ..Street::default()
    }
}

pub fn node(graph: &mut StreetGraph, x_m: f64, y_m: f64, kind: NodeKind) -> road::builder::NodeId {
    let id = format!("n{}", graph.nodes.len());
    graph.add_node(Node {
        id,
        x_m,
        y_m,
        kind,
        ..Node::default()
    })
}

/// One street through these points.
pub fn one_street(points_m: &[(f64, f64, f64)], lanes: usize) -> RoadNetwork {
    let mut graph = StreetGraph::new("one street");
    let ends = [points_m[0], points_m[points_m.len() - 1]].map(|(x_m, y_m, z_m)| {
        let id = format!("n{}", graph.nodes.len());
        graph.add_node(Node {
            id,
            x_m,
            y_m,
            z_m,
            ..Node::default()
        })
    });
    let shape = points_m[1..points_m.len() - 1]
        .iter()
        .map(|&(x_m, y_m, z_m)| ShapePoint {
            x_m,
            y_m,
            z_m: Some(z_m),
        })
        .collect();
    graph.add_street(Street {
        shape,
        ..street("main", ends[0], ends[1], lanes)
    });
    compiled(&graph)
}

/// Four arms of 300 m around a junction at the origin; west to east is the greater street.
pub fn crossroads(kind: NodeKind, has_crossings: bool) -> RoadNetwork {
    let mut graph = StreetGraph::new("crossroads");
    let middle = node(&mut graph, 0.0, 0.0, kind);
    graph.nodes[middle.0 as usize].has_crossings = has_crossings;
    for (name, x_m, y_m) in [
        ("west", -300.0, 0.0),
        ("east", 300.0, 0.0),
        ("south", 0.0, -300.0),
        ("north", 0.0, 300.0),
    ] {
        let end = node(&mut graph, x_m, y_m, NodeKind::Plain);
        let mut street = street(name, end, middle, 1);
        if y_m == 0.0 {
            street.class = RoadClass::Arterial;
        }
        let sidewalk = LaneSpec::new(LaneKind::Sidewalk, 2.5);
        street.forward.push(sidewalk);
        street.backward.push(sidewalk);
        graph.add_street(street);
    }
    compiled(&graph)
}

pub fn compiled(graph: &StreetGraph) -> RoadNetwork {
    let built = build(graph).unwrap_or_else(|error| panic!("{error}"));
    RoadNetwork::compile(&built.draft).unwrap_or_else(|error| panic!("{error}"))
}

/// Somebody who keeps to a lane (and its first successors), or stands or walks where they are put.
#[derive(Clone, Debug)]
pub struct Other {
    pub kind: ObjectKind,
    pub on: Option<LanePosition>,
    pub x_m: f64,
    pub y_m: f64,
    pub heading_rad: f64,
    pub speed_mps: f64,
    pub length_m: f64,
    pub width_m: f64,
    pub indicator: Indicator,
}

impl Other {
    pub fn car(lane: LaneId, s_m: f64, speed_mps: f64) -> Other {
        let on = Some(LanePosition {
            lane,
            s_m,
            offset_m: 0.0,
        });
        Other {
            kind: ObjectKind::Car,
            on,
            x_m: 0.0,
            y_m: 0.0,
            heading_rad: 0.0,
            speed_mps,
            length_m: 4.6,
            width_m: 1.8,
            indicator: Indicator::Off,
        }
    }
    pub fn person(x_m: f64, y_m: f64, heading_rad: f64, speed_mps: f64) -> Other {
        Other {
            kind: ObjectKind::Pedestrian,
            on: None,
            x_m,
            y_m,
            heading_rad,
            speed_mps,
            length_m: 0.5,
            width_m: 0.5,
            indicator: Indicator::Off,
        }
    }
}

/// What happened at one step of 10 ms.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub time_s: f64,
    pub speed_mps: f64,
    pub acceleration_mps2: f64,
    pub jerk_mps3: f64,
    pub lateral_mps2: f64,
    /// Of the reference point, from the centre of the nearest lane.
    pub offset_m: f64,
    /// Smallest distance between the bodies' outlines.
    pub gap_m: f64,
    pub explanation: Explanation,
    pub front_m: [f64; 2],
}

pub struct Course {
    pub network: Arc<RoadNetwork>,
    pub sheet: Arc<DataSheet>,
    pub dynamics: VehicleDynamics,
    pub driver: AutomatedDriver,
    pub mission: Arc<Mission>,
    pub others: Vec<Other>,
    pub faults: Faults,
    /// Whoever watches from afar confirms what the driver proposes so long after it asks.
    pub supervisor_answers_after_s: Option<f64>,
    asked: Option<(Request, f64)>,
    pub environment: Environment,
    /// Replaces the program's colour for all lights.
    pub lights: Option<SignalColour>,
    pub moments: Vec<Moment>,
    pub control: Control,
    /// From now on the brakes are full on, whatever the driver asks for.
    pub brakes_fully: bool,
    /// When a cycle was, and how often it allocated.
    pub allocations: Vec<(f64, u64)>,
    steps: i64,
}

impl Course {
    /// A minibus whose front bumper is at a place, sent along lanes.
    pub fn new(network: RoadNetwork, at: LanePosition, lanes: Vec<LaneId>) -> Course {
        let network = Arc::new(network);
        let sheet = Arc::new(DataSheet::shipped("minibus").expect("a shipped sheet"));
        let mut pose = network.lane_pose(at);
        pose.x_m -= sheet.dimensions.front_m() * pose.heading_rad.cos();
        pose.y_m -= sheet.dimensions.front_m() * pose.heading_rad.sin();
        Course {
            dynamics: VehicleDynamics::new(&sheet, pose, 0.8),
            driver: AutomatedDriver::new(Arc::clone(&network), Arc::clone(&sheet)),
            mission: Arc::new(Mission {
                lanes,
                ..Mission::default()
            }),
            network,
            sheet,
            others: Vec::new(),
            faults: Faults::default(),
            supervisor_answers_after_s: None,
            asked: None,
            environment: Environment::default(),
            lights: None,
            moments: Vec::new(),
            control: Control::default(),
            brakes_fully: false,
            allocations: Vec::new(),
            steps: 0,
        }
    }

    pub fn set_halts(&mut self, halts: Vec<Halt>) {
        self.mission = Arc::new(Mission {
            halts,
            ..Mission::clone(&self.mission)
        });
    }

    pub fn observe(&mut self) -> Observation {
        let elapsed_ms = self.steps * 10;
        let signals = (0..self.network.signals().len() as u32)
            .map(|index| {
                let signal = SignalId(index);
                let colour = self
                    .lights
                    .unwrap_or_else(|| self.network.signal_colour(signal, elapsed_ms));
                ObservedSignal {
                    signal,
                    colour,
                    changes_in: None,
                }
            })
            .collect();
        let mut objects = Vec::new();
        for (track, other) in self.others.iter().enumerate() {
            objects.push(ObservedObject {
                track: track as u32,
                kind: other.kind,
                x_m: other.x_m,
                y_m: other.y_m,
                z_m: self.dynamics.ego().pose.z_m,
                heading_rad: other.heading_rad,
                heading_deviation_rad: 0.0,
                speed_mps: other.speed_mps,
                leftward_mps: 0.0,
                acceleration_mps2: 0.0,
                length_m: other.length_m,
                width_m: other.width_m,
                indicator: other.indicator,
            });
        }
        let ego = self.dynamics.ego();
        Observation {
            time: SimTime::from_millis(elapsed_ms),
            ego,
            objects,
            signals,
            mission: Arc::clone(&self.mission),
            visibility_m: 150.0,
            environment: self.environment,
        }
    }

    /// Where the driver is on its ladder.
    pub fn ladder(&self) -> LadderState {
        self.driver.decision().expect("it keeps a record").ladder
    }

    /// The supervisor's part.
    fn answer(&mut self) {
        let now_s = self.steps as f64 * 0.01;
        let request = self.ladder().request;
        self.asked = match (request, self.asked) {
            (Some(request), Some((before, since_s))) if request == before => Some((before, since_s)),
            (Some(request), _) => Some((request, now_s)),
            (None, _) => None,
        };
        let (Some((request, since_s)), Some(after_s)) = (self.asked, self.supervisor_answers_after_s) else {
            return;
        };
        if now_s - since_s >= after_s && self.mission.confirmed != Some(request.number) {
            self.mission = Arc::new(Mission {
                confirmed: Some(request.number),
                ..Mission::clone(&self.mission)
            });
        }
    }

    /// One step of 10 ms, the driver every fifth.
    pub fn step(&mut self) {
        for other in &mut self.others {
            match &mut other.on {
                Some(on) => {
                    on.s_m += other.speed_mps * 0.01;
                    let lane = self.network.lane(on.lane);
                    if let Some(next) = lane.successors.first().filter(|_| on.s_m > lane.length_m) {
                        on.s_m -= lane.length_m;
                        on.lane = *next;
                    }
                    let pose = self.network.lane_pose(*on);
                    (other.x_m, other.y_m, other.heading_rad) = (pose.x_m, pose.y_m, pose.heading_rad);
                }
                None => {
                    other.x_m += other.speed_mps * 0.01 * other.heading_rad.cos();
                    other.y_m += other.speed_mps * 0.01 * other.heading_rad.sin();
                }
            }
        }
        self.dynamics.set_faults(self.faults);
        self.answer();
        if self.steps % 5 == 0 {
            let observation = self.observe();
            let mut control = Control::default();
            let counted = allocation_counter::measure(|| control = self.driver.drive(&observation));
            self.allocations.push((self.steps as f64 * 0.01, counted.count_total));
            if self.brakes_fully {
                (control.drive, control.brake) = (0.0, 1.0);
            }
            self.control = control;
        }
        let ego = self.dynamics.ego();
        let here = self.network.nearest_lane(
            ego.pose.x_m,
            ego.pose.y_m,
            Some(ego.pose.z_m),
            Some(ego.pose.heading_rad),
            Traveller::Bus,
        );
        let (grade, z_m, offset_m) = match here {
            Some(here) => {
                let pose = self.network.lane_pose(here.position);
                (
                    self.network.lane_grade(here.position.lane, here.position.s_m),
                    pose.z_m,
                    here.position.offset_m,
                )
            }
            None => (0.0, ego.pose.z_m, f64::NAN),
        };
        self.dynamics.step(
            &self.control,
            &Ground {
                z_m,
                grade,
                bank: 0.0,
                grip: 1.0,
            },
        );
        self.steps += 1;
        let ego = self.dynamics.ego();
        let before = self
            .moments
            .len()
            .checked_sub(10)
            .map_or(0.0, |index| self.moments[index].acceleration_mps2);
        let front = self.sheet.dimensions.front_m();
        self.moments.push(Moment {
            time_s: self.steps as f64 * 0.01,
            speed_mps: ego.speed_mps,
            acceleration_mps2: ego.acceleration_mps2,
            jerk_mps3: (ego.acceleration_mps2 - before) / 0.1,
            lateral_mps2: self.dynamics.lateral_acceleration_mps2(),
            offset_m,
            gap_m: self.gap_m(),
            explanation: self.driver.explanation(),
            front_m: [
                ego.pose.x_m + front * ego.pose.heading_rad.cos(),
                ego.pose.y_m + front * ego.pose.heading_rad.sin(),
            ],
        });
    }

    /// Plays until `end` says so, at most `limit_s`; tells whether `end` came.
    pub fn play(&mut self, limit_s: f64, end: impl Fn(&Course) -> bool) -> bool {
        for _ in 0..(limit_s * 100.0) as usize {
            self.step();
            if end(self) {
                return true;
            }
        }
        false
    }

    pub fn last(&self) -> &Moment {
        self.moments.last().expect("a played course")
    }

    pub fn stands(&self) -> bool {
        self.moments.len() > 100 && self.last().speed_mps == 0.0
    }

    /// Comfort of all that was played: no normal driving is harder.
    pub fn assert_comfortable(&self) {
        for moment in &self.moments {
            assert!(moment.acceleration_mps2.abs() <= 1.5, "{moment:?}");
            assert!(moment.jerk_mps3.abs() <= 1.5, "{moment:?}");
            assert!(moment.lateral_mps2.abs() <= 1.7, "{moment:?}");
        }
    }

    pub fn assert_no_touch(&self) {
        let nearest = self
            .moments
            .iter()
            .min_by(|a, b| a.gap_m.total_cmp(&b.gap_m))
            .expect("a played course");
        assert!(nearest.gap_m > 0.2, "{nearest:?}");
    }

    fn gap_m(&self) -> f64 {
        let ego = self.dynamics.ego();
        let d = self.sheet.dimensions;
        let middle = d.middle_m();
        let ours = corners(
            ego.pose.x_m + middle * ego.pose.heading_rad.cos(),
            ego.pose.y_m + middle * ego.pose.heading_rad.sin(),
            ego.pose.heading_rad,
            d.length_m,
            d.width_m,
        );
        self.others
            .iter()
            .map(|other| {
                let theirs = corners(other.x_m, other.y_m, other.heading_rad, other.length_m, other.width_m);
                distance(&ours, &theirs)
            })
            .fold(f64::INFINITY, f64::min)
    }
}

fn corners(x_m: f64, y_m: f64, heading_rad: f64, length_m: f64, width_m: f64) -> [[f64; 2]; 4] {
    let (sin, cos) = heading_rad.sin_cos();
    [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)].map(|(a, b)| {
        let (l, w) = (a * 0.5 * length_m, b * 0.5 * width_m);
        [x_m + l * cos - w * sin, y_m + l * sin + w * cos]
    })
}

/// Between two convex outlines, negative when one holds a corner of the other.
fn distance(a: &[[f64; 2]; 4], b: &[[f64; 2]; 4]) -> f64 {
    let one_way = |a: &[[f64; 2]; 4], b: &[[f64; 2]; 4]| {
        let mut nearest = f64::INFINITY;
        for p in a {
            let mut inside = true;
            for i in 0..4 {
                let (q, r) = (b[i], b[(i + 1) % 4]);
                let (ex, ey) = (r[0] - q[0], r[1] - q[1]);
                let (dx, dy) = (p[0] - q[0], p[1] - q[1]);
                let length = (ex * ex + ey * ey).sqrt();
                // Corners run clockwise, so the inside is to the right.
                inside &= ex * dy - ey * dx <= 0.0;
                let t = ((dx * ex + dy * ey) / (length * length)).clamp(0.0, 1.0);
                nearest = nearest.min((dx - t * ex).hypot(dy - t * ey));
            }
            if inside {
                return -1.0;
            }
        }
        nearest
    };
    one_way(a, b).min(one_way(b, a))
}

/// Lanes from one place to another, changes of lanes written out: what a dispatcher sends.
pub fn lanes_between(network: &RoadNetwork, from: LanePosition, to: LanePosition) -> Vec<LaneId> {
    let route = network.route(from, to, Traveller::Bus).expect("a route");
    let mut lanes = vec![from.lane];
    for (index, edge) in route.edges.iter().enumerate() {
        let last = *lanes.last().expect("not empty");
        let edge = network.edge(*edge);
        let entry = if index == 0 {
            last
        } else {
            *network
                .lane(last)
                .successors
                .iter()
                .find(|lane| edge.lanes.contains(lane))
                .expect("the route's lanes hang together")
        };
        if index > 0 {
            lanes.push(entry);
        }
        let goal = route.lanes[index];
        while *lanes.last().expect("not empty") != goal {
            let now = *lanes.last().expect("not empty");
            let place = |lane: LaneId| edge.lanes.iter().position(|other| *other == lane).expect("on the edge");
            let lane = network.lane(now);
            let step = if place(goal) > place(now) {
                lane.left
            } else {
                lane.right
            };
            lanes.push(step.expect("a neighbour"));
        }
    }
    lanes
}

/// The place nearest to a point for a bus heading there.
pub fn place(network: &RoadNetwork, x_m: f64, y_m: f64, heading_rad: f64) -> LanePosition {
    let found = network
        .nearest_lane(x_m, y_m, None, Some(heading_rad), Traveller::Bus)
        .expect("a lane there");
    LanePosition {
        offset_m: 0.0,
        ..found.position
    }
}
