//! Traffic: everyone on the road whom nobody examines.
//!
//! Lane-bound vehicles (cars, vans, trucks, buses, bicycles, scooters) in structure-of-arrays order, moved at the
//! traffic rate. It is told what else occupies lanes ([`Guest`]) and crossings, and knows nothing of drivers or sensors.

use crate::frame::{ActorId, ActorState};
use record::{Seed, SimTime};
use road::{CrossingId, LaneId, LanePosition, RoadNetwork, SignalColour};
use std::sync::Arc;
use vehicle::Indicator;

/// A road user who moves by other means than traffic's (a vehicle under test) and whom traffic must mind.
#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    /// Who.
    pub id: ActorId,
    /// Every lane that its body touches now: position of its front on that lane (may lie beyond the lane's end) and
    /// its lateral offset there. The lane it drives in is the first.
    pub footprint: Vec<LanePosition>,
    /// The lanes it will take from the first of `footprint` on (that one included), as far as it has told (at least
    /// 150 m if its mission is that long).
    pub lanes_ahead: Vec<LaneId>,
    /// Speed along its lane.
    pub speed_mps: f64,
    /// Box length.
    pub length_m: f64,
    /// Box width.
    pub width_m: f64,
    /// Its turn indicator.
    pub indicator: Indicator,
    /// It stands at a halt and will stay, so that others may pass it.
    pub is_halted: bool,
}

/// How a crossing is used now, told by the people on foot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossingUse {
    /// Which crossing.
    pub crossing: CrossingId,
    /// Stretch of the walk line now taken up, or about to be within 3 s, in metres from `Crossing::from_m`.
    pub from_m: f64,
    /// End of that stretch.
    pub to_m: f64,
}

/// What surrounds traffic at a tick.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Start of this tick.
    pub now: SimTime,
    /// Every light's colour, by `SignalId`.
    pub signals: &'a [SignalColour],
    /// Vehicles under test.
    pub guests: &'a [Guest],
    /// People on crossings, sorted by crossing.
    pub crossings: &'a [CrossingUse],
}

/// All traffic of a world.
#[derive(Debug)]
pub struct Traffic {
    _private: (),
}

#[expect(clippy::todo, unused_variables, reason = "bodies land next")]
impl Traffic {
    /// Traffic on `network` with this `demand`. `clock_s` is the time of day at the start of the run, `scale` multiplies
    /// all demand.
    pub fn new(
        network: Arc<RoadNetwork>,
        demand: &crate::Demand,
        clock_s: f64,
        scale: f64,
        seed: Seed,
    ) -> Result<Traffic, crate::WorldError> {
        todo!()
    }
    /// Moves everyone by one tick. New vehicles take their ids from `next_id`.
    pub fn step(&mut self, surroundings: &Surroundings<'_>, next_id: &mut u32) {
        todo!()
    }
    /// How many vehicles are on the road.
    pub fn count(&self) -> usize {
        todo!()
    }
    /// Appends every vehicle's state, sorted by id.
    pub fn append_states(&self, states: &mut Vec<ActorState>) {
        todo!()
    }
    /// Appends the states of the vehicles whose front is on one of `lanes` (sorted), in order of lane and then of
    /// position: what is near a vehicle under test, without the cost of everyone's pose.
    pub fn append_states_on(&self, lanes: &[LaneId], states: &mut Vec<ActorState>) {
        todo!()
    }
    /// Whether a person may step on to `crossing` now without forcing anyone to brake harder than 2.5 m/s², walking
    /// from its `from_m` end (`forward`) or the other way at `speed_mps`.
    pub fn crossing_is_clear(&self, crossing: CrossingId, forward: bool, speed_mps: f64) -> bool {
        todo!()
    }
}
