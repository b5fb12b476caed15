//! The world: one clock, everyone who moves, what they can see of each other.
//!
//! One tick is 100 ms of traffic and ten steps of 10 ms for vehicles under test. A world is deterministic: the same
//! configuration gives the same frames, on any number of threads. It does not know how anyone decides to drive.

mod demand;
mod frame;
mod traffic;

pub use demand::Demand;
pub use frame::*;
pub use traffic::{CrossingUse, Guest, Surroundings, Traffic};

use record::{Seed, SimTime};
use road::{LanePosition, RoadNetwork};
use std::sync::Arc;
use vehicle::{Driver, EgoState, Explanation, Faults, Mission};

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

/// Everyone and everything that moves.
pub struct World {
    _private: (),
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

/// A vehicle to put into the world.
pub struct TestVehicleConfiguration {
    /// Its name in records.
    pub name: String,
    /// What it is.
    pub sheet: Arc<vehicle::DataSheet>,
    /// Who drives it.
    pub driver: Box<dyn Driver>,
    /// Where its front bumper is.
    pub at: LanePosition,
    /// Charge of its battery, 0 to 1.
    pub state_of_charge: f64,
}

/// What the outside may know of a vehicle under test (the truth, not what it believes).
#[derive(Clone, Copy, Debug)]
pub struct TestVehicleState {
    /// Its own state, true pose of the middle of the rear axle.
    pub ego: EgoState,
    /// True lane position of its front bumper, on its mission's lane if it is on it.
    pub lane: LanePosition,
    /// Jerk over the last 100 ms along its heading.
    pub jerk_mps3: f64,
    /// Lateral acceleration.
    pub lateral_acceleration_mps2: f64,
    /// Energy drawn from the battery since the start, recuperation subtracted.
    pub energy_wh: f64,
    /// Distance driven since the start.
    pub odometer_m: f64,
    /// Why its driver does what it does.
    pub explanation: Explanation,
    /// Smallest gap between its body and any other's at this tick, if any is within 50 m.
    pub gap_m: Option<f64>,
    /// Who that other is.
    pub nearest: Option<(ActorId, ActorKind)>,
    /// Smallest time to collision with anyone on its path at this tick, if any closes in.
    pub time_to_collision_s: Option<f64>,
    /// It touches another body now.
    pub is_in_collision: bool,
}

#[expect(clippy::todo, unused_variables, reason = "bodies land next")]
impl World {
    /// Length of a tick.
    pub const TICK: SimTime = SimTime::from_millis(100);

    /// An empty world at time zero; traffic fills it by demand.
    pub fn new(configuration: WorldConfiguration) -> Result<World, WorldError> {
        todo!()
    }
    /// Start of the next tick.
    pub fn time(&self) -> SimTime {
        todo!()
    }
    /// The roads.
    pub fn network(&self) -> &Arc<RoadNetwork> {
        todo!()
    }
    /// Puts a vehicle under test on the road.
    pub fn add_vehicle(&mut self, configuration: TestVehicleConfiguration) -> Result<ActorId, WorldError> {
        todo!()
    }
    /// Gives a vehicle under test something to do.
    pub fn set_mission(&mut self, vehicle: ActorId, mission: Arc<Mission>) {
        todo!()
    }
    /// Passengers on board from now on.
    pub fn set_passengers(&mut self, vehicle: ActorId, passengers: u32) {
        todo!()
    }
    /// Breaks or mends.
    pub fn set_faults(&mut self, vehicle: ActorId, faults: Faults) {
        todo!()
    }
    /// Power from a charger from now on, 0 to unplug. Has no effect while the vehicle moves.
    pub fn set_charging_w(&mut self, vehicle: ActorId, power_w: f64) {
        todo!()
    }
    /// The truth about a vehicle under test.
    pub fn vehicle(&self, vehicle: ActorId) -> TestVehicleState {
        todo!()
    }
    /// A person appears at the first point of `path_m` (a door, say) and walks it.
    pub fn add_person(&mut self, path_m: &[[f64; 3]], speed_mps: f64) -> ActorId {
        todo!()
    }
    /// Whether a person added with [`World::add_person`] stands at the end of the path.
    pub fn person_has_arrived(&self, person: ActorId) -> bool {
        todo!()
    }
    /// Sends a standing person on another way.
    pub fn send_person(&mut self, person: ActorId, path_m: &[[f64; 3]]) {
        todo!()
    }
    /// A person leaves the street: gets on board, goes through a door.
    pub fn remove_person(&mut self, person: ActorId) {
        todo!()
    }
    /// Plays one tick.
    pub fn step(&mut self) {
        todo!()
    }
    /// How many vehicles and people there are: (traffic, people, under test).
    pub fn counts(&self) -> (usize, usize, usize) {
        todo!()
    }
    /// Writes the present into `frame`, reusing its memory.
    pub fn write_frame(&self, frame: &mut Frame) {
        todo!()
    }
    /// A way on foot between two points beside the carriageway (a door, a stop's platform): along sidewalks, over
    /// carriageways at crossings only. `None` if there is none within reason.
    pub fn walk_to(&self, from_m: [f64; 3], to_m: [f64; 3]) -> Option<Vec<[f64; 3]>> {
        todo!()
    }
    /// Digest (SHA-256, hexadecimal) of all frames played so far, every actor's every state. `None` unless
    /// [`WorldConfiguration::keeps_digest`] was set.
    pub fn digest(&self) -> Option<String> {
        todo!()
    }
}
