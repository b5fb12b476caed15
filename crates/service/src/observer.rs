//! Watches the vehicles of a line tick by tick and keeps running measures: comfort, docking, nearness, stops made
//! without reason.
//!
//! In goes the truth about each vehicle; what is kept does not grow with the day beyond small limits. It changes nothing.

use crate::Distribution;
use crate::measures::{
    Approach, CLOSEST_APPROACHES, COMFORT_LIMIT, Comfort, Dock, Docking, INCIDENTS_KEPT, Incident, Incidents,
    ReasonTime, Safety, VehicleMeasures,
};
use record::SimTime;
use road::{RoadNetwork, SignalColour};
use vehicle::Reason;
use world::{ActorId, ActorKind, TestVehicleState};

/// Below this a vehicle stands.
pub(crate) const STANDING_MPS: f64 = 0.1;
/// Approaches are looked at above this speed: at a stop people come within reach, as they should.
const APPROACH_MPS: f64 = 0.5;
/// Approaches farther than this are none.
const APPROACH_M: f64 = 5.0;
/// Standing this long without reason is a stop made without reason: shorter is a driver's reaction time.
const UNREASONED_S: f64 = 3.0;
/// A rival farther than this is no reason to stand; one who has the right of way comes fast.
const RIVAL_M: f64 = 30.0;
const RIVAL_TO_YIELD_M: f64 = 90.0;
/// Standing this long outside a halt is a stall.
pub(crate) const STALL_S: f64 = 120.0;
/// Braking harder than this is hard (a standing passenger loses hold).
const HARD_BRAKING_MPS2: f64 = 3.0;
/// Times to collision above this are of no interest.
const TIME_TO_COLLISION_S: f64 = 10.0;
/// State of charge is sampled this often.
const CHARGE_SAMPLE_S: f64 = 60.0;
/// Docking within these is on target: along, and to the kerb.
const DOCKING_TARGET_M: (f64, f64) = (0.30, 0.15);

/// What the observer is told of a vehicle beside its state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// It is at a halt or has nothing to do.
    pub(crate) may_stand: bool,
    /// It has a trip.
    pub(crate) is_in_service: bool,
    /// It is plugged in.
    pub(crate) is_charging: bool,
}

/// What the observer noticed in a tick that is worth an event.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Noticed {
    /// It began to touch something.
    pub(crate) collided: bool,
    /// It has just stood outside a halt for [`STALL_S`].
    pub(crate) stalled: bool,
}

/// One vehicle as the observer follows it.
#[derive(Debug, Default)]
struct Track {
    acceleration_is_high: bool,
    lateral_is_high: bool,
    jerk_is_high: bool,
    brakes_hard: bool,
    touches: bool,
    standing_since_s: Option<f64>,
    unreasoned_since_s: Option<f64>,
    unreasoned: Option<usize>,
    stall: Option<usize>,
    encounter: Option<(ActorId, Approach)>,
    next_charge_sample_s: f64,
    charged_share: f64,
    last_charge: Option<f64>,
}

/// Running measures of the whole fleet.
#[derive(Debug)]
pub(crate) struct Observer {
    tracks: Vec<Track>,
    pub(crate) vehicles: Vec<VehicleMeasures>,
    pub(crate) comfort: Comfort,
    pub(crate) docking: Docking,
    pub(crate) safety: Safety,
    pub(crate) stops_without_reason: Incidents,
    pub(crate) stalls: Incidents,
    reasons: [ReasonTime; Reason::ALL.len()],
}

impl Observer {
    pub(crate) fn new(vehicles: Vec<VehicleMeasures>, kerb_is_assumed: bool) -> Observer {
        Observer {
            tracks: vehicles.iter().map(|_| Track::default()).collect(),
            vehicles,
            comfort: Comfort {
                acceleration_mps2: Distribution::new(-8.0, 0.05, 240),
                lateral_acceleration_mps2: Distribution::new(0.0, 0.02, 250),
                jerk_mps3: Distribution::new(0.0, 0.05, 400),
                acceleration_events: 0,
                lateral_events: 0,
                jerk_events: 0,
                hard_braking_events: 0,
            },
            docking: Docking {
                along_m: Distribution::new(0.0, 0.01, 300),
                kerb_gap_m: Distribution::new(-0.5, 0.01, 300),
                within_target: 0,
                kerb_is_assumed,
            },
            safety: Safety {
                closest_approaches: Vec::with_capacity(CLOSEST_APPROACHES + 1),
                time_to_collision_s_min: None,
                time_to_collision_at: None,
                time_to_collision_s: Distribution::new(0.0, 0.1, 100),
                collisions: Incidents::default(),
            },
            stops_without_reason: Incidents::default(),
            stalls: Incidents::default(),
            reasons: Reason::ALL.map(|reason| ReasonTime {
                reason,
                ..ReasonTime::default()
            }),
        }
    }

    /// The reasons that governed somebody's speed for a while.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = ReasonTime> {
        let governed = |time: &ReasonTime| time.moving_s + time.standing_s > 0.0;
        self.reasons.iter().copied().filter(governed)
    }

    /// One tick of one vehicle. `time` is that of the state, for the lights.
    pub(crate) fn observe(
        &mut self,
        index: usize,
        clock_s: f64,
        time: SimTime,
        state: &TestVehicleState,
        situation: Situation,
        network: &RoadNetwork,
    ) -> Noticed {
        let tick_s = world::World::TICK.as_secs_f64();
        let speed_mps = state.ego.speed_mps.abs();
        let incident = |duration_s: f64| Incident {
            clock_s: clock_s - duration_s,
            vehicle: index,
            x_m: state.ego.pose.x_m,
            y_m: state.ego.pose.y_m,
            duration_s,
            reason: state.explanation.reason,
        };
        let measures = &mut self.vehicles[index];
        let track = &mut self.tracks[index];
        let mut noticed = Noticed::default();

        measures.distance_km = state.odometer_m * 1e-3;
        measures.energy_kwh = state.energy_wh * 1e-3;
        measures.state_of_charge_min = measures.state_of_charge_min.min(state.ego.state_of_charge);
        if clock_s >= track.next_charge_sample_s {
            measures.state_of_charge.push((clock_s, state.ego.state_of_charge));
            track.next_charge_sample_s = clock_s + CHARGE_SAMPLE_S;
        }
        for (counts, seconds) in [
            (speed_mps > STANDING_MPS, &mut measures.moving_s),
            (situation.is_in_service, &mut measures.in_service_s),
            (situation.is_charging, &mut measures.charging_s),
            (state.ego.faults.any(), &mut measures.fault_s),
        ] {
            if counts {
                *seconds += tick_s;
            }
        }

        if situation.is_in_service {
            let time = &mut self.reasons[state.explanation.reason.index()];
            if speed_mps > STANDING_MPS {
                time.moving_s += tick_s;
            } else {
                time.standing_s += tick_s;
            }
        }
        if speed_mps > STANDING_MPS {
            let forward = state.ego.acceleration_mps2;
            let lateral = state.lateral_acceleration_mps2.abs();
            let jerk = state.jerk_mps3.abs();
            self.comfort.acceleration_mps2.add(forward);
            self.comfort.lateral_acceleration_mps2.add(lateral);
            self.comfort.jerk_mps3.add(jerk);
            for (is_high, was_high, events) in [
                (
                    forward.abs() > COMFORT_LIMIT,
                    &mut track.acceleration_is_high,
                    &mut self.comfort.acceleration_events,
                ),
                (
                    lateral > COMFORT_LIMIT,
                    &mut track.lateral_is_high,
                    &mut self.comfort.lateral_events,
                ),
                (
                    jerk > COMFORT_LIMIT,
                    &mut track.jerk_is_high,
                    &mut self.comfort.jerk_events,
                ),
                (
                    forward < -HARD_BRAKING_MPS2,
                    &mut track.brakes_hard,
                    &mut self.comfort.hard_braking_events,
                ),
            ] {
                if is_high && !*was_high {
                    *events += 1;
                }
                *was_high = is_high;
            }
        }

        // Whoever brushes against a vehicle that stands (at its door, say) has not been hit by it.
        let leans = speed_mps <= STANDING_MPS && matches!(state.nearest, Some((_, ActorKind::Pedestrian)));
        let touches = state.is_in_collision && !leans;
        if touches && !track.touches {
            self.safety.collisions.add(incident(0.0));
            noticed.collided = true;
        }
        track.touches = touches;
        if speed_mps > APPROACH_MPS
            && let Some(seconds) = state
                .time_to_collision_s
                .filter(|&seconds| seconds < TIME_TO_COLLISION_S)
        {
            self.safety.time_to_collision_s.add(seconds);
            if self.safety.time_to_collision_s_min.is_none_or(|least| seconds < least) {
                self.safety.time_to_collision_s_min = Some(seconds);
                self.safety.time_to_collision_at = Some(incident(0.0));
            }
        }
        let seen = state
            .gap_m
            .zip(state.nearest)
            .filter(|&(gap_m, _)| gap_m < APPROACH_M && speed_mps > APPROACH_MPS);
        let ended = match (&mut track.encounter, seen) {
            (Some((rival, approach)), Some((gap_m, (nearest, _)))) if *rival == nearest => {
                if gap_m < approach.gap_m {
                    approach.gap_m = gap_m;
                    approach.clock_s = clock_s;
                    approach.speed_mps = state.ego.speed_mps;
                    approach.x_m = state.ego.pose.x_m;
                    approach.y_m = state.ego.pose.y_m;
                }
                None
            }
            (encounter, seen) => {
                let begun = seen.map(|(gap_m, (rival, kind))| {
                    let approach = Approach {
                        gap_m,
                        clock_s,
                        vehicle: index,
                        rival: rival_name(kind).to_owned(),
                        speed_mps: state.ego.speed_mps,
                        x_m: state.ego.pose.x_m,
                        y_m: state.ego.pose.y_m,
                    };
                    (rival, approach)
                });
                std::mem::replace(encounter, begun)
            }
        };

        if speed_mps > STANDING_MPS || situation.may_stand {
            track.standing_since_s = None;
            track.unreasoned_since_s = None;
            track.unreasoned = None;
            track.stall = None;
        } else {
            let since_s = *track.standing_since_s.get_or_insert(clock_s);
            if has_reason_to_stand(state, time, network) {
                track.unreasoned_since_s = None;
                track.unreasoned = None;
            } else {
                let since_s = *track.unreasoned_since_s.get_or_insert(clock_s);
                self.stops_without_reason
                    .note(&mut track.unreasoned, clock_s - since_s, UNREASONED_S, incident);
            }
            let was_stalled = track.stall.is_some();
            self.stalls.note(&mut track.stall, clock_s - since_s, STALL_S, incident);
            noticed.stalled = track.stall.is_some() && !was_stalled;
        }
        if situation.is_charging
            && let Some(last) = track.last_charge
        {
            track.charged_share += (state.ego.state_of_charge - last).max(0.0);
        }
        track.last_charge = Some(state.ego.state_of_charge);
        if let Some((_, approach)) = ended {
            self.keep_approach(approach);
        }
        noticed
    }

    /// A vehicle came to stand at a halt.
    pub(crate) fn dock(&mut self, dock: Dock) {
        self.docking.along_m.add(dock.along_m.abs());
        self.docking.kerb_gap_m.add(dock.kerb_gap_m);
        let (along_m, kerb_m) = DOCKING_TARGET_M;
        if dock.along_m.abs() <= along_m && (0.0..=kerb_m).contains(&dock.kerb_gap_m) {
            self.docking.within_target += 1;
        }
    }

    /// Charge taken in by a vehicle, as a share of its battery.
    pub(crate) fn charged_share(&self, index: usize) -> f64 {
        self.tracks[index].charged_share
    }

    /// Ends what is still going on.
    pub(crate) fn finish(&mut self) {
        for index in 0..self.tracks.len() {
            if let Some((_, approach)) = self.tracks[index].encounter.take() {
                self.keep_approach(approach);
            }
        }
    }

    fn keep_approach(&mut self, approach: Approach) {
        let kept = &mut self.safety.closest_approaches;
        let at = kept.partition_point(|other| other.gap_m <= approach.gap_m);
        if at < CLOSEST_APPROACHES {
            kept.insert(at, approach);
            kept.truncate(CLOSEST_APPROACHES);
        }
    }
}

impl Incidents {
    fn add(&mut self, incident: Incident) -> usize {
        self.count += 1;
        if self.kept.len() < INCIDENTS_KEPT {
            self.kept.push(incident);
        }
        self.count as usize - 1
    }

    /// Something has lasted for `duration_s`: notes it once it has for `least_s`, and then how long it goes on.
    fn note(&mut self, noted: &mut Option<usize>, duration_s: f64, least_s: f64, incident: impl Fn(f64) -> Incident) {
        match *noted {
            None if duration_s >= least_s => *noted = Some(self.add(incident(duration_s))),
            Some(index) => {
                if let Some(kept) = self.kept.get_mut(index) {
                    kept.duration_s = duration_s;
                }
            }
            None => {}
        }
    }
}

/// Whether what a driver gives as its reason is true of the world around it.
fn has_reason_to_stand(state: &TestVehicleState, time: SimTime, network: &RoadNetwork) -> bool {
    let rival_is_within = |reach_m: f64| state.gap_m.is_some_and(|gap_m| gap_m <= reach_m);
    match state.explanation.reason {
        Reason::Halt | Reason::Ordered | Reason::MinimalRisk => true,
        Reason::Signal => state.explanation.signal.is_some_and(|signal| {
            let colour = network.signal_colour(signal, time.as_millis());
            matches!(colour, SignalColour::Red | SignalColour::Amber)
        }),
        Reason::Follow | Reason::Crossing | Reason::LaneChange | Reason::Obstacle => rival_is_within(RIVAL_M),
        Reason::Yield => rival_is_within(RIVAL_TO_YIELD_M),
        Reason::Cruise | Reason::Curve | Reason::Occlusion | Reason::Idle | Reason::Degraded => false,
    }
}

fn rival_name(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Car => "car",
        ActorKind::Van => "van",
        ActorKind::Truck => "truck",
        ActorKind::Bus => "bus",
        ActorKind::TestVehicle => "minibus",
        ActorKind::Bicycle => "bicycle",
        ActorKind::Scooter => "scooter",
        ActorKind::Pedestrian => "pedestrian",
    }
}
