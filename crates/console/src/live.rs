//! A service day that is played while it is watched.
//!
//! A [`ServiceDay`] goes in and is stepped tick by tick; its vehicles and events come out as the console's rows.

use crate::decision::{DecisionRow, bounded};
use crate::stage::{AskedRow, LinkRow, Stage, StageEvent, VehicleMode, VehicleRow};
use record::schema::westline::LinkState;
use service::{Phase, SUPERVISOR_ANSWER_S, ServiceDay, ServiceEvent, ServiceEventKind, VehicleView};
use vehicle::{FaultKind, Faults};
use world::Frame;

/// Plays the network of a day after each of its ticks, and tells the seconds that have just ended as they are recorded, each with the index
/// of its vehicle.
pub type LinkWatcher = Box<dyn FnMut(&mut ServiceDay) -> Vec<(usize, LinkState)> + Send>;

/// A day under way.
pub struct LiveDay {
    day: ServiceDay,
    watcher: Option<LinkWatcher>,
    /// By vehicle.
    links: Vec<Option<LinkRow>>,
    events: Vec<StageEvent>,
    next_event: u64,
}

impl LiveDay {
    /// A day from wherever it has come to.
    pub fn new(day: ServiceDay) -> LiveDay {
        LiveDay {
            links: vec![None; day.vehicles().count()],
            day,
            watcher: None,
            events: Vec::new(),
            next_event: 1,
        }
    }

    /// The same with its network.
    pub fn with_network(self, watcher: LinkWatcher) -> LiveDay {
        LiveDay {
            watcher: Some(watcher),
            ..self
        }
    }

    /// The day.
    pub fn day(&self) -> &ServiceDay {
        &self.day
    }

    fn row(&self, index: usize, view: &VehicleView<'_>) -> VehicleRow {
        let state = view.actor.map(|actor| self.day.world().vehicle(actor));
        let speed_mps = state.map_or(0.0, |state| state.ego.speed_mps);
        let mode = match state {
            None => VehicleMode::Depot,
            Some(state) if state.ego.faults.any() => VehicleMode::Fault,
            Some(_) if view.is_ordered_to_stop && speed_mps.abs() < 0.05 => VehicleMode::Stopped,
            Some(_) if view.is_ordered_to_stop => VehicleMode::Stopping,
            Some(_) => VehicleMode::Automated,
        };
        VehicleRow {
            name: view.name.to_owned(),
            actor: view.actor.map(|actor| actor.0),
            mode,
            phase: phase_word(view.phase),
            reason: state.map_or_else(String::new, |state| {
                format!("{:?}", state.explanation.reason).to_lowercase()
            }),
            trip: view.trip.map(|trip| self.day.trips()[trip].id.clone()),
            stop: Some(view.stop),
            delay_s: view.delay_s,
            passengers: view.passengers,
            charge: state.map_or(0.0, |state| state.ego.state_of_charge),
            speed_mps,
            acceleration_mps2: state.map_or(0.0, |state| state.ego.acceleration_mps2),
            lateral_acceleration_mps2: state.map_or(0.0, |state| state.lateral_acceleration_mps2),
            steering_rad: state.map_or(0.0, |state| state.ego.steering_angle_rad),
            speed_mps_target: state
                .map(|state| state.explanation.speed_mps_target)
                .filter(|speed| speed.is_finite()),
            gap_m: state.and_then(|state| state.gap_m),
            time_to_collision_s: state.and_then(|state| state.time_to_collision_s),
            odometer_m: state.map_or(0.0, |state| state.odometer_m),
            distance_m: view.distance_m,
            is_ordered_to_stop: view.is_ordered_to_stop,
            link: view.actor.and_then(|_| self.links[index].clone()),
            decision: view
                .actor
                .and_then(|actor| self.day.world().decision(actor))
                .map(|decision| DecisionRow {
                    odd: bounded(view.sheet, &decision.odd),
                    ..DecisionRow::from(&service::decision_record(view.name, decision))
                }),
            asked: view.asked.map(|asked| AskedRow {
                proposal: asked.proposal.words().to_owned(),
                is_held: asked.is_held,
                answer_clock_s: (!asked.is_held).then_some(asked.since_s + SUPERVISOR_ANSWER_S),
            }),
        }
    }

    fn event(&self, number: u64, event: &ServiceEvent) -> StageEvent {
        let name = |index: usize| self.day.vehicles().nth(index).map(|view| view.name.to_owned());
        let (kind, detail) = words(&event.kind);
        StageEvent {
            number,
            clock_s: event.clock_s,
            kind,
            vehicle: event.vehicle.and_then(name).unwrap_or_default(),
            trip: event
                .trip
                .map(|trip| self.day.trips()[trip].id.clone())
                .unwrap_or_default(),
            stop: event
                .stop
                .map(|stop| self.day.site().line.stops[stop].name.clone())
                .unwrap_or_default(),
            detail,
        }
    }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::InDepot => "depot",
        Phase::Resting => "resting",
        Phase::Driving => "driving",
        Phase::AtStop => "at_stop",
    }
}

fn words(kind: &ServiceEventKind) -> (&'static str, String) {
    match kind {
        ServiceEventKind::TripStarted => ("trip_started", String::new()),
        ServiceEventKind::Arrived { .. } => ("arrived", String::new()),
        ServiceEventKind::Held { .. } => ("held", String::new()),
        ServiceEventKind::Departed { .. } => ("departed", String::new()),
        ServiceEventKind::LeftBehind { passengers } => ("left_behind", passengers.to_string()),
        ServiceEventKind::TripFinished { .. } => ("trip_finished", String::new()),
        ServiceEventKind::TripCancelled { reason } => ("trip_cancelled", (*reason).to_owned()),
        ServiceEventKind::TripsExchanged { .. } => ("trips_exchanged", String::new()),
        ServiceEventKind::ChargingStarted { .. } => ("charging_started", String::new()),
        ServiceEventKind::ChargingEnded { .. } => ("charging_ended", String::new()),
        ServiceEventKind::FaultRaised { faults } => ("fault_raised", faults.to_string()),
        ServiceEventKind::FaultCleared => ("fault_cleared", String::new()),
        ServiceEventKind::StopOrdered => ("stop_ordered", String::new()),
        ServiceEventKind::StopReleased => ("stop_released", String::new()),
        ServiceEventKind::SupervisorAsked { proposal } => ("supervisor_asked", proposal.words().to_owned()),
        ServiceEventKind::ProposalConfirmed { proposal } => ("proposal_confirmed", proposal.words().to_owned()),
        ServiceEventKind::Disrupted { reason, .. } => ("disrupted", format!("{reason:?}").to_lowercase()),
        ServiceEventKind::Collided => ("collided", String::new()),
    }
}

impl Stage for LiveDay {
    fn is_live(&self) -> bool {
        true
    }

    fn span_s(&self) -> (f64, f64) {
        let progress = self.day.progress();
        (progress.from_s, progress.to_s)
    }

    fn clock_s(&self) -> f64 {
        self.day.clock_s()
    }

    fn step(&mut self) -> Result<bool, String> {
        if self.day.is_done() {
            return Ok(false);
        }
        let events = self.day.step().to_vec();
        for event in &events {
            let told = self.event(self.next_event, event);
            self.next_event += 1;
            self.events.push(told);
        }
        if let Some(watcher) = &mut self.watcher {
            for (vehicle, link) in watcher(&mut self.day) {
                self.links[vehicle] = Some(link.into());
            }
        }
        Ok(true)
    }

    fn seek(&mut self, _clock_s: f64) -> Result<(), String> {
        Ok(())
    }

    fn write_frame(&mut self, frame: &mut Frame) {
        self.day.world().write_frame(frame);
    }

    fn vehicles(&self) -> Vec<VehicleRow> {
        let vehicles = self.day.vehicles().enumerate();
        vehicles.map(|(index, view)| self.row(index, &view)).collect()
    }

    fn take_events(&mut self) -> Vec<StageEvent> {
        std::mem::take(&mut self.events)
    }

    fn waiting(&self) -> Vec<u32> {
        let stops = self.day.site().line.stops.len();
        (0..stops).map(|stop| self.day.waiting_at(stop) as u32).collect()
    }

    fn trips_done(&self) -> (usize, usize) {
        let progress = self.day.progress();
        (progress.trips_finished, progress.trips_planned)
    }

    fn trajectories(&self) -> Vec<(String, Vec<(f64, f64)>)> {
        let driven = self.day.trips().iter();
        driven
            .filter(|trip| !trip.trajectory.is_empty())
            .map(|trip| (trip.id.clone(), trip.trajectory.clone()))
            .collect()
    }

    fn order_stop(&mut self, vehicle: usize, shall_stop: bool) -> bool {
        self.day.order_stop(vehicle, shall_stop);
        true
    }

    fn break_sensor(&mut self, vehicle: usize, is_broken: bool) -> bool {
        let faults = if is_broken {
            Faults::only(FaultKind::Lidar)
        } else {
            Faults::NONE
        };
        self.day.set_faults(vehicle, faults);
        true
    }

    fn answer(&mut self, vehicle: usize, is_confirmed: bool) -> bool {
        self.day.answer(vehicle, is_confirmed)
    }
}
