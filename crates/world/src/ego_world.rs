//! A world around one vehicle that is driven from outside and told the truth: for those who learn to drive, and need many
//! worlds at a hundred thousand ticks a second rather than one with all its sensors.
//!
//! In go a network, a demand and a seed, then an ego vehicle at a place and, tick by tick, its pedals and wheel; out come its
//! state, its lane, everyone near it and whom it touches. Traffic, lights and the ego's dynamics are those of [`World`]
//! (100 ms a tick, ten steps of dynamics, in the same order); sensors, people on foot, weather and observers are left out. It
//! does not know who drives, what for, or when an episode ends.
//!
//! Sketch, per tick with 20 others near: traffic 20 × 0.1 µs, dynamics 10 × 0.15 µs, everyone's pose 20 × 0.05 µs.

use crate::body::Body;
use crate::demand::Demand;
use crate::frame::{ActorId, ActorState};
use crate::signals::Lights;
use crate::test_vehicle::{TestVehicle, TestVehicleConfiguration};
use crate::traffic::{Guest, Place, Surroundings, Traffic};
use crate::world::{World, WorldError};
use record::{Seed, SimTime};
use road::{LaneId, LanePosition, RoadNetwork, SignalColour, SignalId};
use std::sync::Arc;
use vehicle::{Control, DataSheet, Driver, EgoState, Explanation, Mission, Observation};

/// A road with traffic, and one vehicle on it.
pub struct EgoWorld {
    network: Arc<RoadNetwork>,
    /// Start of the next tick.
    now: SimTime,
    seed: Seed,
    next_id: u32,
    lights: Lights,
    traffic: Traffic,
    ego: Option<TestVehicle>,
    /// The ego, as traffic sees it: one, or none.
    guests: Vec<Guest>,
    /// Lanes within [`NEARBY_M`] of the ego, sorted.
    near: Near,
    /// Those from which somebody could touch it, each with the place on it that is nearest.
    close: Near,
    closest_m: Vec<f64>,
    places: Vec<Place>,
    touching: Vec<ActorState>,
}

/// Lanes near a place.
#[derive(Debug)]
struct Near {
    lanes: Vec<LaneId>,
    centre_m: [f64; 2],
}

/// An ego vehicle to put into the world.
#[derive(Clone, Debug)]
pub struct EgoConfiguration {
    /// What it is.
    pub sheet: Arc<DataSheet>,
    /// Where its front bumper is.
    pub at: LanePosition,
    /// It rolls along its lane at this speed.
    pub speed_mps: f64,
    /// The lanes that it will take, the one it is on first: others go by them at junctions.
    pub lanes: Vec<LaneId>,
}

/// Everyone on lanes that come so near is told of.
const NEARBY_M: f64 = 120.0;
/// Lanes are looked up again after this way.
const NEARBY_FOR_M: f64 = 25.0;
/// Who touches the ego has its front on a lane that comes so near: the longest vehicle and half the ego.
const CLOSE_M: f64 = 26.0;
/// Such lanes are looked up again after this way.
const CLOSE_FOR_M: f64 = 10.0;
/// ... and, along such a lane, within so much of the place that is nearest to the ego.
const CLOSE_ALONG_M: f64 = 50.0;

impl EgoWorld {
    /// A world at time zero without an ego and without anyone else yet; traffic fills it by demand. `clock_s` is the time of
    /// day, `scale` multiplies all demand.
    pub fn new(
        network: Arc<RoadNetwork>,
        demand: &Demand,
        clock_s: f64,
        scale: f64,
        seed: Seed,
    ) -> Result<EgoWorld, WorldError> {
        Ok(EgoWorld {
            now: SimTime::ZERO,
            seed,
            next_id: 0,
            lights: Lights::new(network.signals().len(), network.controllers()),
            traffic: Traffic::new(Arc::clone(&network), demand, clock_s, scale, seed)?,
            ego: None,
            guests: Vec::new(),
            near: Near::nowhere(),
            close: Near::nowhere(),
            closest_m: Vec::new(),
            places: Vec::new(),
            touching: Vec::new(),
            network,
        })
    }

    /// Puts the ego on the road, in place of the one before. Whoever is there already stays: see [`EgoWorld::has_room`].
    pub fn place(&mut self, configuration: EgoConfiguration) -> Result<(), WorldError> {
        let EgoConfiguration {
            sheet,
            at,
            speed_mps,
            lanes,
        } = configuration;
        let id = ActorId(self.next_id);
        let configuration = TestVehicleConfiguration {
            name: "ego".to_owned(),
            sheet,
            driver: Box::new(Outside),
            at,
            state_of_charge: 0.9,
        };
        let mut ego = TestVehicle::new(&self.network, configuration, id, self.seed)?;
        self.next_id += 1;
        ego.roll(speed_mps);
        ego.set_mission(Arc::new(Mission {
            lanes,
            ..Mission::default()
        }));
        self.guests.resize_with(1, Guest::nobody);
        self.ego = Some(ego);
        self.near.centre_m = [f64::INFINITY; 2];
        self.close.centre_m = [f64::INFINITY; 2];
        self.gather();
        Ok(())
    }

    /// The ego takes other lanes from now on, the one it is on first.
    pub fn set_lanes(&mut self, lanes: Vec<LaneId>) {
        if let Some(ego) = &mut self.ego {
            ego.set_mission(Arc::new(Mission {
                lanes,
                ..Mission::default()
            }));
        }
    }

    /// Whether nobody's body is on `lane` between two places.
    pub fn has_room(&mut self, lane: LaneId, from_m: f64, to_m: f64) -> bool {
        self.places.clear();
        self.traffic.append_places_on(&[lane], &mut self.places);
        let mut places = self.places.iter();
        places.all(|other| other.s_m < from_m || other.s_m - other.length_m > to_m)
    }

    /// Plays one tick of 100 ms. The ego's pedals and wheel are asked for twice in it, as an automated driver is.
    pub fn step(&mut self, control: impl FnMut(&EgoState) -> Control) {
        if let (Some(ego), Some(guest)) = (&mut self.ego, self.guests.first_mut()) {
            ego.write_guest(&self.network, guest);
        }
        let surroundings = Surroundings {
            now: self.now,
            signals: self.lights.colours(),
            guests: &self.guests,
            crossings: &[],
        };
        self.traffic.step(&surroundings, &mut self.next_id);
        if let Some(ego) = &mut self.ego {
            ego.play_by(&self.network, control);
        }
        self.now += World::TICK;
        self.lights.advance(self.network.controllers(), self.now);
        self.gather();
    }

    /// Start of the next tick.
    pub fn time(&self) -> SimTime {
        self.now
    }

    /// The roads.
    pub fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    /// What a light shows.
    pub fn signal(&self, signal: SignalId) -> SignalColour {
        self.lights.colour(signal)
    }

    /// Ordinary traffic.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Where everyone else is on lanes within 120 m of the ego, lane by lane, in order of position.
    pub fn others(&self) -> &[Place] {
        &self.places
    }

    /// The same, as bodies; clears `states` first.
    pub fn write_others(&self, states: &mut Vec<ActorState>) {
        states.clear();
        self.traffic.append_states_on(&self.near.lanes, states);
    }

    /// The ego's own state: the truth. `None` before it was placed, here and below.
    pub fn ego(&self) -> Option<EgoState> {
        self.ego.as_ref().map(TestVehicle::ego)
    }

    /// The ego as one of all: the middle of its box.
    pub fn ego_state(&self) -> Option<ActorState> {
        self.ego.as_ref().map(TestVehicle::actor_state)
    }

    /// Where the middle of its front bumper is, on the lanes it takes if it is on one of them.
    pub fn front(&self) -> Option<LanePosition> {
        self.ego.as_ref().map(TestVehicle::front)
    }

    /// Whether that point is on its lane, or at most a metre beside it, and not on the oncoming one.
    pub fn is_on_lane(&self) -> bool {
        self.ego.as_ref().is_some_and(TestVehicle::is_on_lane)
    }

    /// The lanes that it takes from the front bumper's on; only that one if it has left them.
    pub fn lanes_ahead(&self) -> &[LaneId] {
        self.ego.as_ref().map_or(&[], TestVehicle::lanes_ahead)
    }

    /// To the left, at its centre of gravity.
    pub fn lateral_acceleration_mps2(&self) -> f64 {
        self.ego.as_ref().map_or(0.0, TestVehicle::lateral_acceleration_mps2)
    }

    /// Whom it touches now.
    pub fn collision(&self) -> Option<ActorId> {
        let own = Body::from(&self.ego_state()?);
        self.touching
            .iter()
            .map(Body::from)
            .find(|other| other.is_level_with(&own) && other.overlaps(&own))
            .map(|other| other.id)
    }

    fn gather(&mut self) {
        let Some(ego) = &self.ego else { return };
        let pose = ego.pose();
        let at_m = [pose.x_m, pose.y_m];
        self.near
            .look_up(&self.network, at_m, NEARBY_M + NEARBY_FOR_M, NEARBY_FOR_M);
        self.places.clear();
        self.traffic.append_places_on(&self.near.lanes, &mut self.places);
        if self
            .close
            .look_up(&self.network, at_m, CLOSE_M + CLOSE_FOR_M, CLOSE_FOR_M)
        {
            let lanes = self.close.lanes.iter();
            self.closest_m.clear();
            self.closest_m
                .extend(lanes.map(|&lane| self.network.project(lane, pose.x_m, pose.y_m).s_m));
        }
        self.touching.clear();
        for (&lane, at_m) in self.close.lanes.iter().zip(&self.closest_m) {
            let (from_m, to_m) = (at_m - CLOSE_ALONG_M, at_m + CLOSE_ALONG_M);
            self.traffic
                .append_states_between(lane, from_m, to_m, &mut self.touching);
        }
    }
}

impl Near {
    fn nowhere() -> Near {
        Near {
            lanes: Vec::new(),
            centre_m: [f64::INFINITY; 2],
        }
    }

    /// The lanes within `radius_m`, unless the place is within `for_m` of the last. Whether it looked.
    fn look_up(&mut self, network: &RoadNetwork, at_m: [f64; 2], radius_m: f64, for_m: f64) -> bool {
        let [dx, dy] = [at_m[0] - self.centre_m[0], at_m[1] - self.centre_m[1]];
        // An ego that was just placed is infinitely far from the place before.
        if dx * dx + dy * dy < for_m * for_m {
            return false;
        }
        self.centre_m = at_m;
        network.lanes_near(at_m[0], at_m[1], radius_m, &mut self.lanes);
        self.lanes.retain(|&lane| network.lane(lane).edge.is_some());
        true
    }
}

/// Stands for whoever drives from outside.
struct Outside;

impl Driver for Outside {
    fn name(&self) -> &str {
        "outside"
    }

    fn drive(&mut self, _: &Observation) -> Control {
        Control::default()
    }

    fn explanation(&self) -> Explanation {
        Explanation::default()
    }
}
