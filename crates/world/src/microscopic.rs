//! Large traffic: SUMO's networks and demand, played at SUMO's step, as fast as a processor allows.
//!
//! In go a [`StreetNetwork`] and a [`SumoDemand`]; out comes a [`Simulation`] that goes on step by step, tells who is
//! where, and keeps what became of each trip. It is the counterpart of [`crate::Traffic`], which plays the bodies around
//! a vehicle under test ten times a second on a map compiled for driving; here a step is as long as the user wants, a
//! lane is one line, and what counts is a city's worth of vehicles. Neither knows the other.
//!
//! **A step**: lights are set; everyone looks ahead on the state at the step's start (`look`); approaches are noted
//! link by link; everyone decides and moves (`passage`); who has left a lane is handed to the next; lanes are changed
//! (`change`); newcomers appear (`departure`). Phases go through blocks of whole streets in parallel, each block
//! writes its own, and what crosses blocks is handed over in order: any number of threads gives the same bytes.
//! Once traffic has grown to its size, a step asks nothing of the allocator.
//!
//! Sketch: 130 ns a vehicle and step; 128 bytes a vehicle on the road, and a byte for each street of its way.
//!
//! ```text
//! mover      a vehicle                       block       lanes, and who is on them
//! way        where lanes lead along a way    view        what everyone sees
//! look       what everyone sees ahead        following   safe speeds
//! passage    who passes a link               signal      what links show
//! change     lane changing                   departure   newcomers
//! step       the phases of a step            trip        what became of everyone
//! room       lists that grow by little
//! ```

mod block;
mod change;
mod departure;
mod following;
mod look;
mod mover;
mod passage;
mod room;
mod signal;
mod step;
mod trip;
mod view;
mod way;

use crate::Weather;
use crate::sumo::{StreetNetwork, SumoDemand};
use block::Block;
use departure::{Parked, Waiting};
use following::Habit;
use mover::{LaneEnds, Tail};
use record::Seed;
use sha2::{Digest, Sha256};
use signal::Signals;
use std::sync::Arc;
use step::Work;
use view::Scene;

pub use trip::{EdgeMeasures, Totals, Trip};

/// How a simulation is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Where the clock begins, seconds.
    pub begin_s: f64,
    /// Length of a step, seconds.
    pub step_s: f64,
    /// The run's luck.
    pub seed: Seed,
    /// Weather and light, in which people drive more slowly and farther apart.
    pub weather: Weather,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            begin_s: 0.0,
            step_s: 1.0,
            seed: Seed(1),
            weather: Weather::default(),
        }
    }
}

/// A vehicle as others may see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Which departure of the demand.
    pub departure: u32,
    /// Which lane of the network.
    pub lane: u32,
    /// Its front, metres from the lane's start.
    pub at_m: f64,
    /// Its length.
    pub length_m: f64,
    /// Its speed.
    pub speed_mps: f64,
}

/// Traffic on a network.
#[derive(Debug)]
pub struct Simulation {
    scene: Scene,
    blocks: Vec<Block>,
    work: Work,
    waiting: Waiting,
    parked: Vec<Parked>,
    next_departure: usize,
    trips: Vec<Trip>,
    totals: Totals,
    measures: Option<Vec<EdgeMeasures>>,
}

impl Simulation {
    /// Traffic on `network` with this `demand`, which was read for it.
    pub fn new(
        network: Arc<StreetNetwork>,
        demand: Arc<SumoDemand>,
        settings: Settings,
    ) -> Result<Simulation, crate::WorldError> {
        if !(settings.step_s > 0.0 && settings.step_s <= 2.0 && settings.begin_s.is_finite()) {
            return Err(crate::WorldError::Demand(vec![format!(
                "a step of `{}` s from `{}` s on, expected a step above 0 and up to 2 s\nhint: 1 is SUMO's",
                settings.step_s, settings.begin_s
            )]));
        }
        let driving = settings.weather.driving();
        let habits = demand
            .kinds
            .iter()
            .map(|kind| Habit::new(kind, settings.step_s, driving));
        let (blocks, places) = Block::all(&network);
        let next_departure = demand
            .departures
            .partition_point(|departure| departure.depart_s < settings.begin_s);
        Ok(Simulation {
            work: Work::new(blocks.len(), network.links.len()),
            blocks,
            waiting: Waiting::new(network.edges.len()),
            parked: Vec::new(),
            next_departure,
            trips: vec![Trip::default(); demand.departures.len()],
            totals: Totals::default(),
            measures: None,
            scene: Scene {
                habits: habits.collect(),
                signals: Signals::new(&network, settings.begin_s),
                ends: vec![LaneEnds::NOBODY; network.lanes.len()],
                tails: vec![Tail::NOBODY; network.lanes.len()],
                is_busy: vec![false; network.lanes.len()],
                free_places: demand.parking_areas.iter().map(|area| area.capacity.into()).collect(),
                places,
                luck: settings.seed.stream("traffic.luck", 0).next_u64(),
                has_blue_lights: demand.kinds.iter().any(|kind| kind.has_blue_light),
                tick: 0,
                network,
                demand,
                settings,
            },
        })
    }

    /// From now on, what happens on each edge is summed up; see [`Simulation::take_edge_measures`].
    pub fn measure_edges(&mut self) {
        self.measures = Some(vec![EdgeMeasures::default(); self.scene.network.edges.len()]);
        self.work.measure(&self.blocks);
    }

    /// What has happened on each edge since the last call.
    pub fn take_edge_measures(&mut self) -> Vec<EdgeMeasures> {
        let Some(measures) = &mut self.measures else {
            return Vec::new();
        };
        for (lane, measured) in self.work.take_measures(&self.blocks) {
            measures[self.scene.network.lanes[lane as usize].edge as usize].add(&measured);
        }
        let count = measures.len();
        std::mem::replace(measures, vec![EdgeMeasures::default(); count])
    }

    /// The clock: start of the next step, seconds.
    pub fn now_s(&self) -> f64 {
        self.scene.now_s()
    }

    /// Sums over all vehicles so far.
    pub fn totals(&self) -> Totals {
        Totals {
            waiting: self.waiting.count,
            parked: self.parked.len(),
            due: self.scene.demand.departures.len() - self.next_departure,
            ..self.totals
        }
    }

    /// What became of each departure of the demand, in its order.
    pub fn trips(&self) -> &[Trip] {
        &self.trips
    }

    /// Everyone has arrived who was to depart.
    pub fn is_over(&self) -> bool {
        self.totals.running == 0
            && self.parked.is_empty()
            && self.waiting.count == 0
            && self.next_departure == self.scene.demand.departures.len()
    }

    /// Everyone on the road, lane by lane, the foremost first.
    pub fn vehicles(&self) -> impl Iterator<Item = Seen> {
        self.blocks.iter().flat_map(move |block| {
            (0..block.lane_count()).flat_map(move |place| {
                block.lane(place).iter().map(move |mover| Seen {
                    departure: mover.id,
                    lane: block.first_lane + place as u32,
                    at_m: mover.at_m,
                    length_m: self.scene.habits[usize::from(mover.kind)].length_m,
                    speed_mps: mover.speed_mps,
                })
            })
        })
    }

    /// The letter that a link shows, as in SUMO's states.
    pub fn shown(&self, link: u32) -> u8 {
        self.scene.signals.shown[link as usize]
    }

    /// Bytes that vehicles on the road take: themselves, the ways of all demand, and room to work.
    pub fn vehicle_memory_bytes(&self) -> usize {
        let demand = &self.scene.demand;
        let on_road: usize =
            self.blocks.iter().map(Block::memory_bytes).sum::<usize>() + self.parked.capacity() * size_of::<Parked>();
        let ways = demand.turns.capacity() + demand.routes.capacity() * size_of::<crate::sumo::Route>();
        on_road + ways + self.work.memory_bytes()
    }

    /// SHA-256 of everyone on the road and of what became of everyone: equal if and only if two runs are.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for seen in self.vehicles() {
            hasher.update(seen.departure.to_le_bytes());
            hasher.update(seen.lane.to_le_bytes());
            hasher.update(seen.at_m.to_bits().to_le_bytes());
            hasher.update(seen.speed_mps.to_bits().to_le_bytes());
        }
        for parked in &self.parked {
            hasher.update(parked.mover.id.to_le_bytes());
            hasher.update(parked.lane.to_le_bytes());
        }
        for trip in &self.trips {
            hasher.update(trip.depart_s.to_bits().to_le_bytes());
            hasher.update(trip.arrival_s.to_bits().to_le_bytes());
            hasher.update(trip.distance_m.to_bits().to_le_bytes());
            hasher.update(trip.time_loss_s.to_bits().to_le_bytes());
        }
        hasher.finalize().into()
    }
}
