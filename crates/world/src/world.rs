//! The world: all actors, and the tick that moves them.
//!
//! In go a configuration, then vehicles under test, people and missions at any time between ticks; out come, tick by
//! tick, states, frames and a digest. It does not know how anyone decides to drive, nor why anyone travels.
//!
//! **A tick**, from `t` to `t` + 100 ms. Everybody decides on the world as it is at `t`, and only then is the world at
//! `t` + 100 ms: nobody sees the future.
//! 1. Everyone near a vehicle under test is gathered, as they are at `t`, with what traffic must know of those vehicles.
//!    Lights show what their programs say at `t`.
//! 2. People look (at lights, traffic and vehicles at `t`), decide, walk to `t` + 100 ms. The stretches of crossings that
//!    they take, or will within 3 s, are told to traffic: a decision taken at `t`, as plain to see as a foot on the kerb.
//! 3. Traffic decides on lights, vehicles under test and crossings at `t` and drives to `t` + 100 ms.
//! 4. Vehicles under test sense the world at `t`, those gathered in step 1; their drivers are asked at their own period,
//!    at 50 ms about what was sensed at `t` or before; dynamics run in ten steps of 10 ms. Each writes only its own
//!    state, so that they may run on any number of threads.
//! 5. The clock goes to `t` + 100 ms, and lights with it.
//! 6. Everyone near is gathered again; observers judge gaps, times to collision and collisions; the digest takes in the
//!    new frame if one is kept.
//!
//! Sketch, per tick of a service day with 3 buses: gathering 120 bodies 5 µs, sensing 3 × 12 µs, dynamics 3 × 3 µs,
//! guests and observers 3 × 2 µs, people 2 µs. `cargo run --release --example tick_cost` prints what it really takes.

use crate::body::Body;
use crate::crossing::Kerb;
use crate::demand::Demand;
use crate::digest::Digest;
use crate::footway::Footways;
use crate::frame::{ActorId, ActorState, Frame};
use crate::grid::Grid;
use crate::mast::{Heard, Mast, Sighting};
use crate::observer::Observed;
use crate::people::{AtEnd, People};
use crate::sensing::{self, Scene};
use crate::sight::Walls;
use crate::signals::Lights;
use crate::test_vehicle::{TestVehicle, TestVehicleConfiguration, TestVehicleState};
use crate::traffic::{Guest, Surroundings, Traffic};
use crate::walkers::Walkers;
use crate::weather::Weather;
use rayon::prelude::*;
use record::{Seed, SimTime};
use road::{LaneId, RoadNetwork, SignalColour, SignalId};
use std::sync::{Arc, OnceLock};
use vehicle::{Decision, Faults, Mission, Observation};

/// What a world is made of.
#[derive(Debug)]
pub struct WorldConfiguration {
    /// The roads.
    pub network: Arc<RoadNetwork>,
    /// Who wants to go where.
    pub demand: Demand,
    /// Time of day at the start of the run, seconds after midnight.
    pub clock_s: f64,
    /// Multiplies all demand.
    pub traffic_scale: f64,
    /// The run's luck.
    pub seed: Seed,
    /// Threads to use; the result does not depend on it.
    pub threads: usize,
    /// Keep the digest that [`World::digest`] tells; costs a few microseconds a tick.
    pub keeps_digest: bool,
}

/// What can be wrong with a world's inputs.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A demand file is wrong: one message a problem.
    #[error("{}", .0.join("\n"))]
    Demand(Vec<String>),
    /// A vehicle is put where it cannot be.
    #[error("{0}")]
    Placement(String),
}

/// The parts of a tick, in order; see [`World::step_by_phases`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Everyone near a vehicle under test is gathered.
    Gather,
    /// People decide and walk.
    People,
    /// Traffic decides and drives.
    Traffic,
    /// Vehicles under test sense, decide and move.
    Vehicles,
    /// Time goes on, and lights are set.
    Signals,
    /// Observers judge.
    Judge,
    /// The digest takes in the frame.
    Digest,
}

/// Everyone and everything that moves.
pub struct World {
    network: Arc<RoadNetwork>,
    /// Start of the next tick.
    now: SimTime,
    seed: Seed,
    next_id: u32,
    lights: Lights,
    colours_before: Vec<SignalColour>,
    light_places: Grid,
    walls: Walls,
    traffic: Traffic,
    people: People,
    walkers: Walkers,
    weather: Weather,
    /// Sorted by id.
    vehicles: Vec<TestVehicle>,
    guests: Vec<Guest>,
    nearby: Nearby,
    footways: OnceLock<Footways>,
    digest: Option<(Digest, Frame)>,
    /// For more than one thread.
    pool: Option<rayon::ThreadPool>,
}

/// Everyone near any vehicle under test at one moment.
struct Nearby {
    bodies: Vec<Body>,
    equipped: Vec<Body>,
    grid: Grid,
    states: Vec<ActorState>,
    /// Lanes near any vehicle under test, sorted, as of the places in `centres_m`.
    lanes: Vec<LaneId>,
    found: Vec<LaneId>,
    centres_m: Vec<[f64; 2]>,
    /// People and vehicles come, go and change between ticks.
    is_outdated: bool,
}

/// Fewer vehicles under test are played faster by one thread: waking others takes longer than a vehicle's 50 µs, and costs
/// a third of the machine (7200 s of yongchuan with three: 8.4 s on two threads, 6.1 s on one).
const VEHICLES_FOR_THREADS: usize = 12;
/// No sensor but radio reaches farther, and no observer looks farther.
const NEARBY_M: f64 = 200.0;
/// Nearby lanes are looked up again after a vehicle has gone this far.
const NEARBY_FOR_M: f64 = 25.0;

impl World {
    /// Length of a tick.
    pub const TICK: SimTime = SimTime::from_millis(100);

    /// An empty world at time zero; traffic fills it by demand.
    pub fn new(configuration: WorldConfiguration) -> Result<World, WorldError> {
        let WorldConfiguration {
            network,
            demand,
            clock_s,
            traffic_scale,
            seed,
            threads,
            keeps_digest,
        } = configuration;
        let traffic = Traffic::new(Arc::clone(&network), &demand, clock_s, traffic_scale, seed)?;
        let lights = Lights::new(network.signals().len(), network.controllers());
        // A machine that refuses threads still plays: the result does not depend on them.
        let pool = (threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok())
            .flatten();
        Ok(World {
            now: SimTime::ZERO,
            seed,
            next_id: 0,
            colours_before: lights.colours().to_vec(),
            lights,
            light_places: sensing::light_places(network.signals()),
            walls: Walls::new(&network),
            traffic,
            people: People::new(),
            walkers: Walkers::new(&network, demand, clock_s, traffic_scale, seed),
            weather: Weather::default(),
            vehicles: Vec::new(),
            guests: Vec::new(),
            nearby: Nearby::new(),
            footways: OnceLock::new(),
            digest: keeps_digest.then(|| (Digest::default(), Frame::default())),
            pool,
            network,
        })
    }

    /// Start of the next tick.
    pub fn time(&self) -> SimTime {
        self.now
    }

    /// The roads.
    pub fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    /// Puts a vehicle under test on the road.
    pub fn add_vehicle(&mut self, configuration: TestVehicleConfiguration) -> Result<ActorId, WorldError> {
        let id = ActorId(self.next_id);
        let mut vehicle = TestVehicle::new(&self.network, configuration, id, self.seed)?;
        if let Some(other) = self.who_stands_at(&vehicle.body()) {
            return Err(WorldError::Placement(format!(
                "vehicle `{}` cannot stand at lane {}, {:.1} m: actor {} is there\nhint: move it a length away",
                vehicle.name,
                vehicle.front().lane.0,
                vehicle.front().s_m,
                other.0
            )));
        }
        self.next_id += 1;
        let mut guest = Guest::nobody();
        vehicle.write_guest(&self.network, &mut guest);
        self.vehicles.push(vehicle);
        self.guests.push(guest);
        self.nearby.is_outdated = true;
        Ok(id)
    }

    /// Gives a vehicle under test something to do.
    ///
    /// Here and below: panics if no vehicle under test (or person) has this id; ids come from this world.
    pub fn set_mission(&mut self, vehicle: ActorId, mission: Arc<Mission>) {
        self.vehicle_mut(vehicle).set_mission(mission);
    }

    /// Passengers on board from now on.
    pub fn set_passengers(&mut self, vehicle: ActorId, passengers: u32) {
        self.vehicle_mut(vehicle).set_passengers(passengers);
    }

    /// Breaks or mends.
    pub fn set_faults(&mut self, vehicle: ActorId, faults: Faults) {
        self.vehicle_mut(vehicle).set_faults(faults);
    }

    /// Power from a charger from now on, 0 to unplug. Has no effect while the vehicle moves.
    pub fn set_charging_w(&mut self, vehicle: ActorId, power_w: f64) {
        self.vehicle_mut(vehicle).set_charging_w(power_w);
    }

    /// Tells a vehicle under test by radio what others perceive (CPM): it counts from the next tick on, where its own sensors
    /// see nothing and its radio works. A driver that perceives by itself is not told.
    pub fn hear(&mut self, vehicle: ActorId, heard: &[Heard]) {
        self.vehicle_mut(vehicle).hear(heard);
    }

    /// What a sensor on a mast sees now of those within 200 m of any vehicle under test, written into `seen`, nearest first.
    pub fn look_from(&self, mast: &mut Mast, seen: &mut Vec<Sighting>) {
        let nearby = &self.nearby;
        mast.look(&nearby.bodies, &nearby.grid, &self.walls, &self.weather, seen);
    }

    /// Whether no building stands between two points.
    pub fn sees(&self, from_m: [f64; 2], to_m: [f64; 2]) -> bool {
        self.walls.sees(from_m, to_m)
    }

    /// What a light shows, and when it will show another colour, if it ever does.
    pub fn signal(&self, signal: SignalId) -> (SignalColour, Option<SimTime>) {
        let changes_at = self.lights.changes_at(signal);
        (
            self.lights.colour(signal),
            (changes_at != SimTime::MAX).then_some(changes_at),
        )
    }

    /// Keeps a light green, or makes its red end sooner, for somebody who reaches it at `arrives`: by ten seconds at most, once
    /// a cycle; a red is not cut where the same program lets people cross. Whether it did.
    pub fn favour(&mut self, signal: SignalId, arrives: SimTime) -> bool {
        let signals = self.network.signals();
        let controllers = self.network.controllers();
        let controller = signals[signal.0 as usize].controller;
        let members = &controllers[controller].signals;
        let may_cut = members
            .iter()
            .all(|member| signals[member.0 as usize].crossings.is_empty());
        self.lights
            .favour(controllers, (controller, signal), self.now, arrives, may_cut)
    }

    /// Weather and light from now on: sensors see by it, and who appears in traffic drives by it.
    pub fn set_weather(&mut self, weather: Weather) {
        self.traffic.set_weather(&weather);
        self.weather = weather;
    }

    /// What the driver of a vehicle under test was told last.
    pub fn observation(&self, vehicle: ActorId) -> &Observation {
        self.vehicles[self.vehicle_index(vehicle)].observation()
    }

    /// The record of the last cycle of a vehicle under test's driver, if it keeps one.
    pub fn decision(&self, vehicle: ActorId) -> Option<&Decision> {
        self.vehicles[self.vehicle_index(vehicle)].decision()
    }

    /// Whom any sensor of a vehicle under test had in sight in the last tick, and where they truly were (x, y) at the time
    /// of the last observation.
    pub fn in_sight(&self, vehicle: ActorId) -> impl Iterator<Item = (ActorId, [f64; 2])> {
        let vehicle = &self.vehicles[self.vehicle_index(vehicle)];
        let since_s = (vehicle.observation().time + World::TICK - self.now).as_secs_f64();
        vehicle.in_sight().map(move |body| {
            let way_m = body.speed_mps * since_s;
            (body.id, [body.x_m + body.cos * way_m, body.y_m + body.sin * way_m])
        })
    }

    /// The truth about a vehicle under test.
    pub fn vehicle(&self, vehicle: ActorId) -> TestVehicleState {
        self.vehicles[self.vehicle_index(vehicle)].state()
    }

    /// A person appears at the first point of `path_m` (a door, say) and walks it. Carriageways are crossed where the
    /// path leads over a crossing, when it is the person's turn; elsewhere nobody waits.
    pub fn add_person(&mut self, path_m: &[[f64; 3]], speed_mps: f64) -> ActorId {
        let id = ActorId(self.next_id);
        self.next_id += 1;
        self.people
            .add(self.network.crossings(), id, path_m, speed_mps, AtEnd::Stays);
        self.nearby.is_outdated = true;
        id
    }

    /// Whether a person added with [`World::add_person`] stands at the end of the path.
    pub fn person_has_arrived(&self, person: ActorId) -> bool {
        self.people.has_arrived(person)
    }

    /// Sends a person on another way, from where they are.
    pub fn send_person(&mut self, person: ActorId, path_m: &[[f64; 3]]) {
        self.people.send(self.network.crossings(), person, path_m);
    }

    /// A person leaves the street: gets on board, goes through a door.
    pub fn remove_person(&mut self, person: ActorId) {
        self.people.remove(person);
        self.nearby.is_outdated = true;
    }

    /// A way on foot between two points beside the carriageway (a door, a stop's platform): along sidewalks, over
    /// carriageways at crossings only. `None` if there is none within reason.
    pub fn walk_to(&self, from_m: [f64; 3], to_m: [f64; 3]) -> Option<Vec<[f64; 3]>> {
        self.footways
            .get_or_init(|| Footways::new(&self.network))
            .walk(from_m, to_m)
    }

    /// Plays one tick.
    pub fn step(&mut self) {
        self.step_by_phases(|_| ());
    }

    /// Plays one tick and tells the end of each of its phases, so that they can be timed from outside; a world reads no
    /// clock itself.
    pub fn step_by_phases(&mut self, mut ended: impl FnMut(Phase)) {
        if self.nearby.is_outdated {
            self.gather();
        }
        for (vehicle, guest) in self.vehicles.iter_mut().zip(&mut self.guests) {
            vehicle.write_guest(&self.network, guest);
        }
        ended(Phase::Gather);
        self.step_people();
        ended(Phase::People);
        let surroundings = Surroundings {
            now: self.now,
            signals: self.lights.colours(),
            guests: &self.guests,
            crossings: self.people.crossing_uses(),
        };
        self.traffic.step(&surroundings, &mut self.next_id);
        ended(Phase::Traffic);
        self.step_vehicles();
        ended(Phase::Vehicles);
        self.now += World::TICK;
        self.colours_before.clone_from_slice(self.lights.colours());
        self.lights.advance(self.network.controllers(), self.now);
        ended(Phase::Signals);
        self.gather();
        self.judge();
        ended(Phase::Judge);
        if let Some((mut digest, mut frame)) = self.digest.take() {
            self.write_frame(&mut frame);
            digest.take(frame.time, &frame.actors, &frame.signals);
            self.digest = Some((digest, frame));
        }
        ended(Phase::Digest);
    }

    /// Ordinary traffic.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// How many vehicles and people there are: (traffic, people, under test).
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.traffic.count(), self.people.count(), self.vehicles.len())
    }

    /// Writes the present into `frame`, reusing its memory.
    pub fn write_frame(&self, frame: &mut Frame) {
        frame.time = self.now;
        frame.actors.clear();
        self.traffic.append_states(&mut frame.actors);
        self.people.append_states(&mut frame.actors);
        frame.actors.extend(self.vehicles.iter().map(TestVehicle::actor_state));
        // Three sorted runs: a stable sort merges them.
        frame.actors.sort_by_key(|actor| actor.id);
        let rises = frame.actors.windows(2).all(|pair| pair[0].id < pair[1].id);
        assert!(rises, "two actors have one id");
        frame.signals.clear();
        frame.signals.extend_from_slice(self.lights.colours());
    }

    /// Digest (SHA-256, hexadecimal) of all frames played so far, every actor's every state. `None` unless
    /// [`WorldConfiguration::keeps_digest`] was set.
    pub fn digest(&self) -> Option<String> {
        self.digest.as_ref().map(|(digest, _)| digest.hex())
    }

    fn step_people(&mut self) {
        let kerb = Kerb {
            network: &self.network,
            lights: &self.lights,
            traffic: &self.traffic,
            guests: &self.guests,
            now: self.now,
        };
        self.people.step(
            self.network.crossings(),
            &self.nearby.equipped,
            |crossing, speed_mps| kerb.answer(crossing, speed_mps),
        );
        let footways = &self.footways;
        let network = &self.network;
        let walks = || footways.get_or_init(|| Footways::new(network));
        self.walkers
            .step(network, walks, self.now, &mut self.people, &mut self.next_id);
    }

    fn step_vehicles(&mut self) {
        let scene = Scene {
            signals: self.network.signals(),
            now: self.now,
            bodies: &self.nearby.bodies,
            grid: &self.nearby.grid,
            equipped: &self.nearby.equipped,
            walls: &self.walls,
            lights: &self.lights,
            colours_before: &self.colours_before,
            light_places: &self.light_places,
            weather: &self.weather,
        };
        let network = &*self.network;
        match &self.pool {
            Some(pool) if self.vehicles.len() >= VEHICLES_FOR_THREADS => {
                let vehicles = &mut self.vehicles;
                let play = |vehicle: &mut TestVehicle| vehicle.play(network, &scene);
                pool.install(|| vehicles.par_iter_mut().for_each(play));
            }
            _ => self
                .vehicles
                .iter_mut()
                .for_each(|vehicle| vehicle.play(network, &scene)),
        }
    }

    /// Makes `nearby` true for this moment.
    fn gather(&mut self) {
        self.nearby.is_outdated = false;
        if self.vehicles.is_empty() {
            return;
        }
        self.look_up_lanes();
        let nearby = &mut self.nearby;
        nearby.equipped.clear();
        nearby.equipped.extend(self.vehicles.iter().map(TestVehicle::body));
        nearby.states.clear();
        self.traffic.append_states_on(&nearby.lanes, &mut nearby.states);
        nearby.bodies.clear();
        nearby.bodies.extend(nearby.states.iter().map(Body::from));
        nearby.states.clear();
        self.people
            .append_states_near(&nearby.centres_m, NEARBY_M + NEARBY_FOR_M, &mut nearby.states);
        nearby.bodies.extend(nearby.states.iter().map(Body::from));
        nearby.bodies.extend_from_slice(&nearby.equipped);
        for body in &nearby.bodies {
            let sum = body.x_m + body.y_m + body.z_m + body.heading_rad + body.speed_mps;
            assert!(sum.is_finite(), "actor {} left the numbers: {body:?}", body.id.0);
        }
        nearby
            .grid
            .rebuild(nearby.bodies.iter().map(|body| [body.x_m, body.y_m]));
    }

    fn look_up_lanes(&mut self) {
        let Nearby {
            lanes,
            found,
            centres_m,
            ..
        } = &mut self.nearby;
        let has_stayed = |(vehicle, centre_m): (&TestVehicle, &[f64; 2])| {
            let pose = vehicle.pose();
            libm::hypot(pose.x_m - centre_m[0], pose.y_m - centre_m[1]) < NEARBY_FOR_M
        };
        if centres_m.len() == self.vehicles.len() && self.vehicles.iter().zip(&*centres_m).all(has_stayed) {
            return;
        }
        lanes.clear();
        centres_m.clear();
        for vehicle in &self.vehicles {
            let pose = vehicle.pose();
            centres_m.push([pose.x_m, pose.y_m]);
            self.network
                .lanes_near(pose.x_m, pose.y_m, NEARBY_M + NEARBY_FOR_M, found);
            lanes.extend(found.iter().filter(|&&lane| self.network.lane(lane).edge.is_some()));
        }
        lanes.sort_unstable();
        lanes.dedup();
    }

    fn judge(&mut self) {
        for (vehicle, &body) in self.vehicles.iter_mut().zip(&self.nearby.equipped) {
            let observed = Observed {
                network: &self.network,
                body,
                front: vehicle.front(),
                lanes_ahead: vehicle.lanes_ahead(),
            };
            vehicle.judgement = observed.judge(&self.nearby.bodies, &self.nearby.grid);
        }
    }

    fn who_stands_at(&self, body: &Body) -> Option<ActorId> {
        let mut lanes = Vec::new();
        self.network.lanes_near(body.x_m, body.y_m, 30.0, &mut lanes);
        let mut states = Vec::new();
        self.traffic.append_states_on(&lanes, &mut states);
        let mut others = states
            .iter()
            .map(Body::from)
            .chain(self.vehicles.iter().map(TestVehicle::body));
        others
            .find(|other| other.is_level_with(body) && other.overlaps(body))
            .map(|other| other.id)
    }

    fn vehicle_index(&self, id: ActorId) -> usize {
        let found = self.vehicles.binary_search_by_key(&id, |vehicle| vehicle.id);
        found.unwrap_or_else(|_| panic!("actor {} is no vehicle under test", id.0))
    }

    fn vehicle_mut(&mut self, id: ActorId) -> &mut TestVehicle {
        let index = self.vehicle_index(id);
        &mut self.vehicles[index]
    }
}

impl Nearby {
    fn new() -> Nearby {
        Nearby {
            bodies: Vec::new(),
            equipped: Vec::new(),
            grid: Grid::new(50.0),
            states: Vec::new(),
            lanes: Vec::new(),
            found: Vec::new(),
            centres_m: Vec::new(),
            is_outdated: true,
        }
    }
}

impl Guest {
    /// A guest before it is written.
    pub(crate) fn nobody() -> Guest {
        Guest {
            id: ActorId(0),
            footprint: Vec::new(),
            lanes_ahead: Vec::new(),
            speed_mps: 0.0,
            length_m: 0.0,
            width_m: 0.0,
            corners_m: [[0.0; 2]; 4],
            indicator: vehicle::Indicator::Off,
            is_halted: true,
        }
    }
}
