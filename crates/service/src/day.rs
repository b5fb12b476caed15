//! A service day: the line's fleet and passengers in a world, tick by tick.
//!
//! In go a [`Site`] and [`DayOptions`]; each [`ServiceDay::step`] plays one tick of the world, supervises every vehicle
//! (see `dispatch.rs`), moves passengers, watches and measures; out come events as they happen and, at the end or
//! whenever it is broken off, [`DayMeasures`]. It writes no files and reads no clock but the world's.
//!
//! A day of 17 hours is 612 000 ticks: what happens here for three vehicles and some dozens of passengers is a few
//! hundred comparisons a tick, and allocates only when someone arrives, boards or gets a new mission.

use crate::block::{Assignment, assign};
use crate::boarding::Boarding;
use crate::degradation::{Degradations, PlannedFault};
use crate::event::{ServiceEvent, ServiceEventKind};
use crate::fleet::{FleetVehicle, VEHICLES_MAX};
use crate::line::{LineStop, PatternStop, Way};
use crate::measures::{Call, DayMeasures, TripMeasures, TripOutcome, VehicleMeasures};
use crate::observer::Observer;
use crate::passenger::Riders;
use crate::problem::ServiceError;
use crate::site::{LAYOVER_S, Site};
use crate::summary;
use crate::supervisor::{Asked, Question};
use driver::{AutomatedDriver, MapPerception, Perceiving};
use jiff::civil::Date;
use record::{Seed, SimTime};
use road::{LanePosition, RoadNetwork, SignalId};
use std::collections::VecDeque;
use std::sync::Arc;
use vehicle::{DataSheet, Driver, Faults, Halt};
use world::{ActorId, Heard, TestVehicleConfiguration, Weather, World, WorldConfiguration};

/// Clear space between two vehicles at one kerb: more than drivers keep behind one who stands.
const KERB_SPACING_M: f64 = 3.4;
/// Room to pull out of a lay-by, before its taper; what is left of the kerb is for those who pull in.
const PULL_OUT_M: f64 = 6.0;
/// Gap to the kerb that docking aims at: within the target of 15 cm with room for both signs of error.
const KERB_GAP_M: f64 = 0.075;

/// What is played.
#[derive(Clone, Debug, PartialEq)]
pub struct DayOptions {
    /// Start, seconds after midnight; the site's if left out.
    pub from_s: Option<f64>,
    /// End, seconds after midnight; the site's if left out.
    pub to_s: Option<f64>,
    /// The service day; the site's if left out.
    pub date: Option<Date>,
    /// The run's luck; the site's if left out.
    pub seed: Option<u64>,
    /// Vehicles in service; the site's fleet if left out.
    pub vehicles: Option<u32>,
    /// Multiplies all other traffic.
    pub traffic_scale: f64,
    /// Threads to use; the result does not depend on it.
    pub threads: usize,
    /// Keep the digest of all frames.
    pub keeps_digest: bool,
    /// Vehicles find their place and their neighbours of raw measurements themselves, where they would else be told both,
    /// as wrong as their data sheets say. For drivers of the caller's choice that is the caller's choice.
    pub senses_raw: bool,
    /// Weather and light.
    pub weather: Weather,
    /// What breaks, and when.
    pub faults: Vec<PlannedFault>,
}

impl Default for DayOptions {
    fn default() -> Self {
        DayOptions {
            from_s: None,
            to_s: None,
            date: None,
            seed: None,
            vehicles: None,
            traffic_scale: 1.0,
            threads: 1,
            keeps_digest: false,
            senses_raw: false,
            weather: Weather::default(),
            faults: Vec::new(),
        }
    }
}

/// Makes the driver of a vehicle of the line: the seam where a foreign driver takes the wheel.
pub type DriverSchool = dyn Fn(&Arc<RoadNetwork>, &Arc<DataSheet>) -> Box<dyn Driver> + Send;

/// A day under way.
pub struct ServiceDay {
    pub(crate) site: Arc<Site>,
    pub(crate) date: Date,
    pub(crate) seed: Seed,
    pub(crate) from_s: f64,
    pub(crate) to_s: f64,
    pub(crate) clock_s: f64,
    pub(crate) world: World,
    pub(crate) school: Box<DriverSchool>,
    pub(crate) units: Vec<Unit>,
    pub(crate) plan: Vec<PlannedTrip>,
    pub(crate) trips: Vec<TripMeasures>,
    pub(crate) ways: Vec<Arc<Way>>,
    pub(crate) pieces: Vec<Vec<crate::measures::LinePiece>>,
    pub(crate) riders: Riders,
    pub(crate) observer: Observer,
    pub(crate) degradations: Degradations,
    pub(crate) faults: Vec<PlannedFault>,
    pub(crate) events: Vec<ServiceEvent>,
    /// The control room's orders since the last tick.
    pub(crate) orders: Vec<Order>,
    pub(crate) others_max: u32,
    pub(crate) others_sum: u64,
    pub(crate) ticks: u64,
}

/// A trip of the day's plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedTrip {
    pub(crate) timetable: usize,
    pub(crate) pattern: usize,
    pub(crate) departure_s: f64,
    pub(crate) arrival_s: f64,
    pub(crate) from: usize,
}

/// An order of the control room, told as an event of the tick that comes.
pub(crate) struct Order {
    pub(crate) vehicle: usize,
    pub(crate) trip: Option<usize>,
    pub(crate) kind: ServiceEventKind,
}

/// A vehicle of the line, as the dispatcher sees it.
pub(crate) struct Unit {
    /// Its number in the world, once it is on the road.
    pub(crate) actor: Option<ActorId>,
    pub(crate) name: String,
    pub(crate) initial_charge: f64,
    pub(crate) sheet: Arc<DataSheet>,
    pub(crate) boarding: Boarding,
    /// The rest of its day.
    pub(crate) todo: VecDeque<usize>,
    pub(crate) run: Option<Run>,
    pub(crate) phase: Phase,
    /// Since when it has been in its phase.
    pub(crate) since_s: f64,
    /// The stop where it stands, or stood last.
    pub(crate) stop: usize,
    /// Its place at that stop's kerb, from the front.
    pub(crate) place: usize,
    /// Halts ahead, the one where it stands included.
    pub(crate) halts: VecDeque<Halt>,
    pub(crate) next_visit: u32,
    /// Passengers of the trip that ended here have all got off.
    pub(crate) is_emptied: bool,
    /// The trip that ended here, until its last passenger is off.
    pub(crate) ended: Option<usize>,
    pub(crate) is_charging: bool,
    pub(crate) has_fault: bool,
    pub(crate) is_held: bool,
    /// The control room wants it to stand.
    pub(crate) is_ordered_to_stop: bool,
    /// The request of its own that the remote supervisor has confirmed last.
    pub(crate) confirmed: Option<u32>,
    /// What it asks the remote supervisor.
    pub(crate) question: Option<Question>,
    /// What somebody has broken, beside the faults that are planned.
    pub(crate) broken: Faults,
    pub(crate) energy_wh_at_start: f64,
    pub(crate) odometer_m: f64,
    pub(crate) next_sample_s: f64,
}

impl Unit {
    /// Whether it stands at a stop.
    pub(crate) fn stands_at(&self, stop: usize) -> bool {
        matches!(self.phase, Phase::Resting | Phase::AtStop) && self.stop == stop
    }

    /// Whether it rests at a stop with nobody on board or on the way in, so that it may take any trip from there.
    pub(crate) fn is_free_at(&self, stop: usize) -> bool {
        self.phase == Phase::Resting && self.stop == stop && self.is_emptied && self.boarding.is_empty()
    }
}

/// What a vehicle is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not on the road: the kerb where its day begins has no room yet.
    InDepot,
    /// At a stop between trips.
    Resting,
    /// Between stops.
    Driving,
    /// At a stop of a trip.
    AtStop,
}

/// A way under way.
pub(crate) struct Run {
    /// The trip; none for an empty run.
    pub(crate) trip: Option<usize>,
    pub(crate) way: Arc<Way>,
    pub(crate) stops: Vec<PatternStop>,
    /// Index into `stops` of the one it drives to or stands at.
    pub(crate) next: usize,
    pub(crate) leg: usize,
    pub(crate) distance_m: f64,
    pub(crate) place_is_fixed: bool,
}

/// A vehicle, for screens.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its number in the world; none while it is in the depot.
    pub actor: Option<ActorId>,
    /// What it is about.
    pub phase: Phase,
    /// Index into the day's trips.
    pub trip: Option<usize>,
    /// The stop it stands at or drives to, index into [`crate::Line::stops`].
    pub stop: usize,
    /// Passengers on board.
    pub passengers: u32,
    /// Against the timetable at the last stop, positive late.
    pub delay_s: Option<f64>,
    /// How far it has come on its trip.
    pub distance_m: Option<f64>,
    /// The control room has ordered it to stop.
    pub is_ordered_to_stop: bool,
    /// What it asks of its remote supervisor.
    pub asked: Option<Asked>,
    /// What it is, and how big.
    pub sheet: &'a Arc<DataSheet>,
}

/// How far a day has come, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayProgress {
    /// Start, seconds after midnight.
    pub from_s: f64,
    /// Now, seconds after midnight.
    pub clock_s: f64,
    /// End, seconds after midnight.
    pub to_s: f64,
    /// Other vehicles on the road now.
    pub traffic: usize,
    /// People on foot now.
    pub people: usize,
    /// Trips that reached their last stop.
    pub trips_finished: usize,
    /// Trips of the plan.
    pub trips_planned: usize,
}

impl ServiceDay {
    /// Everything in its place for the first tick, with Westline's own driver at every wheel.
    pub fn new(site: Arc<Site>, options: &DayOptions) -> Result<ServiceDay, ServiceError> {
        let senses_raw = options.senses_raw;
        let school = move |network: &Arc<RoadNetwork>, sheet: &Arc<DataSheet>| -> Box<dyn Driver> {
            let driver = AutomatedDriver::new(network.clone(), sheet.clone());
            if senses_raw {
                let perception = MapPerception::new(network.clone(), sheet);
                Box::new(Perceiving::new(perception, driver))
            } else {
                Box::new(driver)
            }
        };
        ServiceDay::with_drivers(site, options, Box::new(school))
    }

    /// The same with drivers of the caller's choice.
    pub fn with_drivers(
        site: Arc<Site>,
        options: &DayOptions,
        school: Box<DriverSchool>,
    ) -> Result<ServiceDay, ServiceError> {
        let from_s = options.from_s.unwrap_or(site.from_s);
        let to_s = options.to_s.unwrap_or(site.to_s);
        let is_within = (0.0..=48.0 * 3600.0).contains(&from_s) && (0.0..=48.0 * 3600.0).contains(&to_s);
        if !is_within || to_s <= from_s {
            return Err(ServiceError::Options(format!(
                "the part to play goes from {from_s} s to {to_s} s after midnight\nhint: the end comes after the start, within two days"
            )));
        }
        if !(0.0..=100.0).contains(&options.traffic_scale) {
            return Err(ServiceError::Options(format!(
                "found a traffic factor of {}\nhint: give a number from 0 to 100",
                options.traffic_scale
            )));
        }
        let date = options.date.unwrap_or(site.date);
        let seed = Seed(options.seed.unwrap_or(site.seed));
        let (plan, assignment, vehicles) = plan(&site, options, date, from_s, to_s)?;
        check_faults(&options.faults, &vehicles)?;
        let mut world = World::new(WorldConfiguration {
            network: site.network.clone(),
            demand: site.traffic.clone(),
            clock_s: from_s,
            traffic_scale: options.traffic_scale,
            seed,
            threads: options.threads.max(1),
            keeps_digest: options.keeps_digest,
        })?;
        world.set_weather(options.weather);
        let riders = Riders::new(&site.passengers, site.line.stops.len(), seed, from_s, |from, to| {
            last_departure_s(&site, &plan, from, to)
        });
        let observer = Observer::new(
            vehicles.iter().map(vehicle_measures).collect(),
            site.line.stops.iter().any(|stop| stop.is_assumed),
        );
        let mut day = ServiceDay {
            date,
            seed,
            from_s,
            to_s,
            clock_s: from_s,
            world,
            school,
            units: Vec::with_capacity(vehicles.len()),
            trips: plan.iter().map(|trip| trip_measures(&site, trip)).collect(),
            plan,
            ways: site
                .line
                .patterns
                .iter()
                .map(|pattern| Arc::new(pattern.way.clone()))
                .collect(),
            pieces: site
                .line
                .patterns
                .iter()
                .map(|pattern| summary::pieces(&site.network, &pattern.way))
                .collect(),
            riders,
            observer,
            degradations: Degradations::default(),
            faults: options.faults.clone(),
            events: Vec::new(),
            orders: Vec::new(),
            others_max: 0,
            others_sum: 0,
            ticks: 0,
            site,
        };
        for &trip in &assignment.unassigned {
            day.cancel(None, trip, "no vehicle is free for it");
        }
        day.line_up(vehicles, &assignment);
        day.put_out_all()?;
        Ok(day)
    }

    /// Plays one tick and tells what happened in it.
    pub fn step(&mut self) -> &[ServiceEvent] {
        // What happened while the day was set up belongs to its first tick.
        if self.ticks > 0 {
            self.events.clear();
        }
        for Order { vehicle, trip, kind } in std::mem::take(&mut self.orders) {
            self.tell(Some(vehicle), trip, None, kind);
        }
        for index in 0..self.units.len() {
            self.break_and_mend(index);
        }
        self.world.step();
        self.clock_s = self.from_s + self.world.time().as_secs_f64();
        self.ticks += 1;
        let (traffic, people, _) = self.world.counts();
        let others = (traffic + people) as u32;
        self.others_max = self.others_max.max(others);
        self.others_sum += u64::from(others);
        let site = self.site.clone();
        self.riders
            .step(self.clock_s, &site.line, &site.network, &mut self.world);
        self.dispatch();
        self.riders.check_conservation();
        &self.events
    }

    /// Nothing is left to play.
    pub fn is_done(&self) -> bool {
        self.clock_s >= self.to_s
    }

    /// Now, since the start of the run.
    pub fn time(&self) -> SimTime {
        self.world.time()
    }

    /// Now, seconds after midnight of the service day.
    pub fn clock_s(&self) -> f64 {
        self.clock_s
    }

    /// The service day.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The run's luck.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The site.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The world, to look at.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The day's trips so far.
    pub fn trips(&self) -> &[TripMeasures] {
        &self.trips
    }

    /// The fleet, for screens.
    pub fn vehicles(&self) -> impl Iterator<Item = VehicleView<'_>> {
        self.units.iter().enumerate().map(|(index, unit)| {
            let trip = unit.run.as_ref().and_then(|run| run.trip);
            let stop = unit.run.as_ref().map_or(unit.stop, |run| run.stops[run.next].stop);
            let delay_s = trip.and_then(|trip| {
                let call = self.trips[trip]
                    .calls
                    .iter()
                    .rev()
                    .find(|call| call.departure_s.is_some())?;
                Some(call.departure_s? - call.departure_s_scheduled)
            });
            VehicleView {
                name: &self.observer.vehicles[index].name,
                actor: unit.actor,
                phase: unit.phase,
                trip,
                stop,
                passengers: unit.boarding.on_board.len() as u32,
                delay_s,
                distance_m: unit
                    .run
                    .as_ref()
                    .filter(|run| run.trip.is_some())
                    .map(|run| run.distance_m),
                is_ordered_to_stop: unit.is_ordered_to_stop,
                asked: unit.question.and_then(|question| question.asked()),
                sheet: &unit.sheet,
            }
        })
    }

    /// How many people wait at a stop now.
    pub fn waiting_at(&self, stop: usize) -> usize {
        self.riders.waiting_at(stop)
    }

    /// How far the day has come.
    pub fn progress(&self) -> DayProgress {
        let (traffic, people, _) = self.world.counts();
        DayProgress {
            from_s: self.from_s,
            clock_s: self.clock_s,
            to_s: self.to_s,
            traffic,
            people,
            trips_finished: self
                .trips
                .iter()
                .filter(|trip| trip.outcome == TripOutcome::Finished)
                .count(),
            trips_planned: self.trips.len(),
        }
    }

    /// Orders a vehicle, by its index in the fleet, to a safe stop on its way, or takes the order back. It comes to stand
    /// gently and out of junctions, hazard lights on, keeps its trip and its halts, and goes on with them once released.
    /// The event belongs to the tick that comes; an order that changes nothing makes none.
    pub fn order_stop(&mut self, vehicle: usize, shall_stop: bool) {
        let Some(unit) = self.units.get_mut(vehicle) else {
            return;
        };
        if unit.is_ordered_to_stop == shall_stop {
            return;
        }
        unit.is_ordered_to_stop = shall_stop;
        let trip = unit.run.as_ref().and_then(|run| run.trip);
        let kind = if shall_stop {
            ServiceEventKind::StopOrdered
        } else {
            ServiceEventKind::StopReleased
        };
        self.orders.push(Order { vehicle, trip, kind });
        self.give_mission(vehicle);
    }

    /// Breaks or mends a vehicle, by its index in the fleet; faults that are planned come and go beside that.
    pub fn set_faults(&mut self, vehicle: usize, faults: Faults) {
        if let Some(unit) = self.units.get_mut(vehicle) {
            unit.broken = faults;
            self.break_and_mend(vehicle);
        }
    }

    /// What is broken on a vehicle now, by somebody's hand and by the plan.
    fn break_and_mend(&mut self, index: usize) {
        let unit = &self.units[index];
        let is_now = |fault: &&PlannedFault| {
            (fault.from_s..fault.to_s).contains(&self.clock_s)
                && fault.vehicle.as_ref().is_none_or(|name| *name == unit.name)
        };
        let planned = self.faults.iter().filter(is_now).map(|fault| fault.kind);
        let faults = planned.fold(unit.broken, Faults::with);
        if let Some(actor) = unit.actor
            && self.world.vehicle(actor).ego.faults != faults
        {
            self.world.set_faults(actor, faults);
        }
    }

    /// Tells a vehicle on the road by radio what others perceive; see [`World::hear`].
    pub fn hear(&mut self, vehicle: ActorId, heard: &[Heard]) {
        self.world.hear(vehicle, heard);
    }

    /// Asks a light to favour a vehicle that reaches it at `arrives`; see [`World::favour`].
    pub fn favour(&mut self, signal: SignalId, arrives: SimTime) -> bool {
        self.world.favour(signal, arrives)
    }

    /// Ends the day, here or wherever it has come to, and tells what was measured.
    pub fn finish(mut self) -> DayMeasures {
        self.observer.finish();
        self.degradations.finish();
        summary::summarize(&self)
    }

    /// Gives every vehicle its part of the plan and the stop where its day begins. Nobody is on the road yet.
    fn line_up(&mut self, vehicles: Vec<FleetVehicle>, assignment: &Assignment) {
        let home = self.plan.first().map_or(0, |trip| trip.from);
        for (vehicle, block) in vehicles.into_iter().zip(&assignment.blocks) {
            let first = block.first().map(|&trip| self.plan[trip].from);
            let stop = vehicle
                .stop
                .as_deref()
                .and_then(|id| self.site.line.stop(id))
                .or(first)
                .unwrap_or(home);
            self.units.push(Unit {
                actor: None,
                name: vehicle.name,
                initial_charge: vehicle.initial_charge,
                boarding: Boarding::new(&vehicle.sheet),
                sheet: vehicle.sheet,
                todo: block.iter().copied().collect(),
                run: None,
                phase: Phase::InDepot,
                since_s: self.clock_s,
                stop,
                place: 0,
                halts: VecDeque::new(),
                next_visit: 1,
                is_emptied: true,
                ended: None,
                is_charging: false,
                has_fault: false,
                is_held: false,
                is_ordered_to_stop: false,
                confirmed: None,
                question: None,
                broken: Faults::NONE,
                energy_wh_at_start: 0.0,
                odometer_m: 0.0,
                next_sample_s: 0.0,
            });
        }
    }

    /// Puts out every vehicle for which there is room, those that leave first in front.
    fn put_out_all(&mut self) -> Result<(), ServiceError> {
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        let departure_s = |index: usize| {
            self.units[index]
                .todo
                .front()
                .map_or(f64::INFINITY, |&trip| self.plan[trip].departure_s)
        };
        order.sort_by(|&a, &b| departure_s(a).total_cmp(&departure_s(b)).then(a.cmp(&b)));
        for index in order {
            self.put_out(index)?;
        }
        Ok(())
    }

    /// Puts a vehicle on the road behind all others at its stop, if the kerb has room for it.
    pub(crate) fn put_out(&mut self, index: usize) -> Result<(), ServiceError> {
        let unit = &self.units[index];
        let place = self.place_behind_all(index, unit.stop);
        if place >= self.places_at(unit.stop, &unit.sheet) {
            return Ok(());
        }
        let halt = self.halt(&unit.sheet, unit.stop, 0, place, 0);
        let actor = self.world.add_vehicle(TestVehicleConfiguration {
            name: unit.name.clone(),
            sheet: unit.sheet.clone(),
            driver: (self.school)(&self.site.network, &unit.sheet),
            at: halt.position,
            state_of_charge: unit.initial_charge,
        })?;
        let unit = &mut self.units[index];
        unit.actor = Some(actor);
        unit.phase = Phase::Resting;
        unit.since_s = self.clock_s;
        unit.place = place;
        unit.halts = VecDeque::from([halt]);
        self.give_mission(index);
        Ok(())
    }

    /// The first place at a stop's kerb that is behind everyone who stands there or is about to.
    pub(crate) fn place_behind_all(&self, index: usize, stop: usize) -> usize {
        let others = self.units.iter().enumerate().filter(|&(other, _)| other != index);
        others
            .filter(|(_, unit)| {
                let heads_there =
                    |run: &Run| run.place_is_fixed && run.stops[run.next].stop == stop && unit.phase == Phase::Driving;
                unit.stands_at(stop) || unit.run.as_ref().is_some_and(heads_there)
            })
            .map(|(_, unit)| unit.place + 1)
            .max()
            .unwrap_or(0)
    }

    /// Room that the first vehicle leaves before the end of a lay-by: what the kerb has beyond the fleet's need.
    fn pull_out_m(&self, stop: &LineStop, length_m: f64) -> f64 {
        if !self.site.network.lane(stop.position.lane).successors.is_empty() {
            return 0.0;
        }
        let vehicles = self.site.fleet.vehicles.len() as f64;
        let spare_m = stop.length_m - vehicles * length_m - (vehicles - 1.0) * KERB_SPACING_M;
        spare_m.clamp(0.0, PULL_OUT_M)
    }

    /// How many vehicles have room at a stop's kerb.
    pub(crate) fn places_at(&self, stop: usize, sheet: &DataSheet) -> usize {
        let stop = &self.site.line.stops[stop];
        let length_m = sheet.dimensions.length_m;
        let kerb_m = stop.length_m.min(stop.position.s_m) - self.pull_out_m(stop, length_m);
        (((kerb_m + KERB_SPACING_M) / (length_m + KERB_SPACING_M)) as usize).max(1)
    }

    /// The halt of a vehicle at a place of a stop's kerb; `leg` is where its lane lies in the mission.
    pub(crate) fn halt(&self, sheet: &DataSheet, stop: usize, leg: usize, place: usize, visit: u32) -> Halt {
        let stop = &self.site.line.stops[stop];
        let length_m = sheet.dimensions.length_m;
        let back_m = self.pull_out_m(stop, length_m) + place as f64 * (length_m + KERB_SPACING_M);
        Halt {
            visit,
            leg: leg as u32,
            position: LanePosition {
                lane: stop.position.lane,
                // A lane too short for all has them stand as far back as it goes; whoever finds no room waits behind.
                s_m: (stop.position.s_m - back_m).max((length_m + 1.0).min(stop.position.s_m)),
                offset_m: -(stop.kerb_m - 0.5 * sheet.dimensions.width_m - KERB_GAP_M),
            },
            kerb_m: stop.kerb_m,
            serves_passengers: true,
        }
    }
}

/// Whether each planned fault is of a vehicle that there is.
fn check_faults(faults: &[PlannedFault], vehicles: &[FleetVehicle]) -> Result<(), ServiceError> {
    for name in faults.iter().filter_map(|fault| fault.vehicle.as_ref()) {
        if !vehicles.iter().any(|vehicle| vehicle.name == *name) {
            let names: Vec<&str> = vehicles.iter().map(|vehicle| vehicle.name.as_str()).collect();
            return Err(ServiceError::Options(format!(
                "no vehicle of the fleet is called `{name}`\nhint: there are {}",
                names.join(", ")
            )));
        }
    }
    Ok(())
}

/// The trips of the part played, who runs them, and with what.
fn plan(
    site: &Site,
    options: &DayOptions,
    date: Date,
    from_s: f64,
    to_s: f64,
) -> Result<(Vec<PlannedTrip>, Assignment, Vec<FleetVehicle>), ServiceError> {
    let (indices, blocks) = site.trips_on(date);
    if indices.is_empty() {
        let first = site.line.timetable.first_day().unwrap_or(site.date);
        return Err(ServiceError::Options(format!(
            "no trip of `{}` runs on {date}\nhint: the first day with trips is {first}",
            site.id
        )));
    }
    let (indices, blocks): (Vec<usize>, Vec<_>) = indices
        .into_iter()
        .zip(blocks)
        .filter(|(_, trip)| (from_s..to_s).contains(&trip.departure_s))
        .unzip();
    let mut vehicles = site.fleet.vehicles.clone();
    let count = options
        .vehicles
        .map_or(vehicles.len(), |count| (count as usize).clamp(1, VEHICLES_MAX));
    while vehicles.len() < count {
        let mut next = vehicles[vehicles.len() - 1].clone();
        let stem = next.name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        next.name = format!("{stem}{}", vehicles.len() + 1);
        vehicles.push(next);
    }
    vehicles.truncate(count);
    let mut empty_runs = site.empty_runs();
    let assignment = assign(&blocks, vehicles.len(), LAYOVER_S, |from, to| {
        empty_runs.time_s(from, to)
    });
    let plan = indices
        .iter()
        .zip(&blocks)
        .map(|(&index, trip)| PlannedTrip {
            timetable: index,
            pattern: site.line.pattern_of_trip[index],
            departure_s: trip.departure_s,
            arrival_s: trip.arrival_s,
            from: trip.from,
        })
        .collect();
    Ok((plan, assignment, vehicles))
}

/// When the last trip of the plan leaves `from` that still goes to `to`.
fn last_departure_s(site: &Site, plan: &[PlannedTrip], from: usize, to: usize) -> f64 {
    let mut last_s = f64::NEG_INFINITY;
    for trip in plan {
        let calls = &site.line.timetable.trips[trip.timetable].calls;
        let stops = &site.line.patterns[trip.pattern].stops;
        for (i, stop) in stops.iter().enumerate().filter(|(_, stop)| stop.stop == from) {
            let goes_on = stops
                .iter()
                .skip(i + 1)
                .any(|later| later.stop == to && stop.stop != to);
            if goes_on {
                last_s = last_s.max(f64::from(calls[i].departure_s));
            }
        }
    }
    last_s
}

fn trip_measures(site: &Site, planned: &PlannedTrip) -> TripMeasures {
    let trip = &site.line.timetable.trips[planned.timetable];
    let stops = &site.line.patterns[planned.pattern].stops;
    TripMeasures {
        id: trip.id.clone(),
        pattern: planned.pattern,
        vehicle: None,
        outcome: TripOutcome::Planned,
        calls: trip
            .calls
            .iter()
            .zip(stops)
            .map(|(call, stop)| Call {
                stop: stop.stop,
                distance_m: stop.distance_m,
                arrival_s_scheduled: f64::from(call.arrival_s),
                departure_s_scheduled: f64::from(call.departure_s),
                is_timing_point: call.is_timing_point,
                ..Call::default()
            })
            .collect(),
        trajectory: Vec::new(),
        energy_wh: 0.0,
    }
}

fn vehicle_measures(vehicle: &FleetVehicle) -> VehicleMeasures {
    VehicleMeasures {
        name: vehicle.name.clone(),
        sheet: vehicle.sheet.name.clone(),
        places: vehicle.sheet.mass.seats,
        distance_km: 0.0,
        energy_kwh: 0.0,
        charged_kwh: 0.0,
        state_of_charge: Vec::new(),
        state_of_charge_min: vehicle.initial_charge,
        moving_s: 0.0,
        in_service_s: 0.0,
        charging_s: 0.0,
        fault_s: 0.0,
        trips: 0,
    }
}
