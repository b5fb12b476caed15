//! The dispatcher: what each vehicle of the line does next.
//!
//! Each tick it looks at the truth about every vehicle and moves it through its phases: resting at a stop between trips
//! (charging, letting passengers in), driving, at a stop of a trip (doors, holding for the timetable), and so on. A
//! vehicle stands at a halt for as long as that halt is the first of its mission; taking it out sends the vehicle on.
//! When a vehicle cannot run its trip in time (a fault, an empty battery, a delay), one that rests where the trip begins
//! exchanges the rest of its day with it; at one kerb whoever stands in front leaves first, and those at rest move up. It
//! does not know how vehicles are driven.

use crate::boarding::AtStop;
use crate::day::{Phase, Run, ServiceDay};
use crate::event::{ServiceEvent, ServiceEventKind};
use crate::line::Way;
use crate::measures::{Dock, LINE_PIECE_M, TripOutcome};
use crate::observer::{STALL_S, Situation};
use crate::site::LAYOVER_S;
use road::LanePosition;
use std::sync::Arc;
use vehicle::Mission;
use world::TestVehicleState;

/// Passengers are let in this long before the departure from the first stop.
const BOARDING_LEAD_S: f64 = 600.0;
/// A stop takes at least this long, so that whoever wants to get off notices.
const DWELL_S_MIN: f64 = 8.0;
/// Doors that have not opened by now will not.
const DOORS_S_MAX: f64 = 20.0;
/// Late by this much, a vehicle no longer waits for people who come running.
const OVERDUE_S: f64 = 60.0;
/// A vehicle leaves the charger this long before its departure.
const UNPLUG_S: f64 = 15.0;
/// A trip whose vehicle is not there this long after its departure is offered to another.
const EXCHANGE_AFTER_S: f64 = 120.0;
/// A trip that nobody has begun this long after its departure is cancelled.
const CANCEL_AFTER_S: f64 = 900.0;
/// What a kilometre is reckoned to take when a trip is promised: twice a good day's need.
const RESERVE_WH_PER_M: f64 = 1.2;
/// The place at the kerb is chosen this far before the stop: past the driver's need to plan, before the last doubt.
const PLACE_CHOICE_M: f64 = 220.0;
/// A vehicle that rests moves up along the kerb only if it does not leave within this time anyway.
const MOVE_UP_S: f64 = 45.0;
/// Trajectories are sampled this often.
const SAMPLE_S: f64 = 10.0;

impl ServiceDay {
    /// One tick of every vehicle.
    pub(crate) fn dispatch(&mut self) {
        for index in 0..self.units.len() {
            let Some(actor) = self.units[index].actor else {
                self.leave_depot(index);
                continue;
            };
            let state = self.world.vehicle(actor);
            self.follow(index, &state);
            match self.units[index].phase {
                Phase::InDepot => {}
                Phase::Resting => self.rest(index, &state),
                Phase::Driving => self.drive(index, &state),
                Phase::AtStop => self.serve(index, &state),
            }
            self.watch(index, &state);
        }
        // Once a second is often enough for decisions over minutes.
        if self.ticks.is_multiple_of(10) {
            self.let_front_go_first();
            self.mend_plan();
        }
    }

    /// A vehicle that found no room at the start of the day comes out once there is some and it is nearly time.
    fn leave_depot(&mut self, index: usize) {
        let departure_s = self.units[index]
            .todo
            .front()
            .map_or(f64::INFINITY, |&trip| self.plan[trip].departure_s);
        if self.ticks.is_multiple_of(10) && self.clock_s >= departure_s - BOARDING_LEAD_S {
            // Whoever stands in the way now (traffic, say) will be gone in a while.
            let _ = self.put_out(index);
        }
    }

    /// Keeps track of where a vehicle is on its way.
    fn follow(&mut self, index: usize, state: &TestVehicleState) {
        let unit = &mut self.units[index];
        let driven_m = state.odometer_m - unit.odometer_m;
        unit.odometer_m = state.odometer_m;
        let Some(run) = &mut unit.run else { return };
        run.leg = run.way.follow(run.leg, state.lane.lane);
        if run.way.lanes[run.leg] == state.lane.lane {
            let distance_m = run.way.distance_m(run.leg, state.lane.s_m);
            // A lane change swaps lanes of slightly different length: distance never runs back by it.
            run.distance_m = run.distance_m.max(distance_m).min(run.way.length_m);
        }
        let Some(trip) = run.trip else { return };
        if unit.phase == Phase::Driving {
            let pieces = &mut self.pieces[self.plan[trip].pattern];
            let piece = (run.distance_m / LINE_PIECE_M) as usize;
            if let Some(piece) = pieces.get_mut(piece) {
                piece.driven_m += driven_m;
                piece.driven_s += world::World::TICK.as_secs_f64();
            }
        }
        if self.clock_s >= unit.next_sample_s {
            unit.next_sample_s = self.clock_s + SAMPLE_S;
            self.trips[trip].trajectory.push((self.clock_s, run.distance_m));
        }
    }

    /// Between trips.
    fn rest(&mut self, index: usize, state: &TestVehicleState) {
        let stop = self.units[index].stop;
        let next = self.units[index].todo.front().copied();
        let is_empty = self.units[index].is_emptied;
        let begins_here = next.is_some_and(|trip| self.plan[trip].from == stop);
        let departure_s = next.map_or(f64::INFINITY, |trip| self.plan[trip].departure_s);
        let can_go = next.is_some_and(|trip| self.can_run(state, index, trip));
        let lets_in = is_empty
            && begins_here
            && can_go
            && (departure_s - BOARDING_LEAD_S..departure_s + OVERDUE_S).contains(&self.clock_s)
            && self.is_first_to_leave(index, stop)
            && self.front_for(index).is_none();
        let mut is_busy = false;
        if state.ego.door_is_open {
            is_busy = self.step_doors(index, state, lets_in, !is_empty, next.filter(|_| is_empty));
        }
        if !is_empty {
            if let Some(trip) = self.units[index].ended
                && let Some(call) = self.trips[trip].calls.last_mut()
            {
                call.alighted = self.units[index].boarding.alighted;
            }
            let waited_s = self.clock_s - self.units[index].since_s;
            if self.units[index].boarding.on_board.is_empty() && !is_busy && waited_s >= DWELL_S_MIN {
                self.units[index].is_emptied = true;
                self.units[index].ended = None;
                self.units[index].boarding.arrive();
            }
            return;
        }
        if self.clock_s + MOVE_UP_S < departure_s && !is_busy && self.move_up(index, state) {
            return;
        }
        self.charge(index, state, departure_s);
        let Some(trip) = next else { return };
        if state.ego.faults.any() {
            return;
        }
        if !begins_here {
            // Leave early enough to be there in time, but not before this stop is left by those who go first.
            if self.is_in_front(index, stop) || self.clock_s >= departure_s - 900.0 {
                self.start_empty_run(index, trip);
            }
            return;
        }
        let is_rested = self.clock_s - self.units[index].since_s >= DWELL_S_MIN;
        if self.clock_s >= departure_s && can_go && is_rested && self.is_first_to_leave(index, stop) {
            let others_come = self.anyone_for(index, stop, trip, 0) && !self.units[index].boarding.is_full();
            if !is_busy && (!others_come || self.clock_s >= departure_s + OVERDUE_S) {
                self.start_trip(index, trip, state);
            }
        }
    }

    /// Under way between stops.
    fn drive(&mut self, index: usize, state: &TestVehicleState) {
        self.choose_place(index);
        let unit = &self.units[index];
        let Some(visit) = unit.halts.front().map(|halt| halt.visit) else {
            return;
        };
        if state.explanation.at_halt == Some(visit) && state.ego.speed_mps.abs() < 0.05 {
            self.arrive(index, state);
        }
    }

    /// Picks the place at the next stop's kerb, behind those who stand there.
    fn choose_place(&mut self, index: usize) {
        let unit = &self.units[index];
        let Some(run) = &unit.run else { return };
        let next = run.stops[run.next];
        if run.place_is_fixed || next.distance_m - run.distance_m > PLACE_CHOICE_M {
            return;
        }
        let last = self.places_at(next.stop, &unit.sheet) - 1;
        // Where the kerb is full, it waits behind the last place until that is free.
        let place = self.place_behind_all(index, next.stop).min(last);
        let Some(halt) = unit.halts.front().copied() else {
            return;
        };
        let moved = self.halt(&unit.sheet, next.stop, halt.leg as usize, place, halt.visit);
        let unit = &mut self.units[index];
        unit.place = place;
        if let Some(run) = &mut unit.run {
            run.place_is_fixed = true;
        }
        if moved != halt {
            unit.halts[0] = moved;
            self.give_mission(index);
        }
    }

    /// It has come to stand at the next stop.
    fn arrive(&mut self, index: usize, state: &TestVehicleState) {
        let clock_s = self.clock_s;
        let Some(halt) = self.units[index].halts.front().copied() else {
            return;
        };
        let dock = self.measure_dock(index, state, halt.position, halt.kerb_m);
        let unit = &mut self.units[index];
        let Some(run) = &mut unit.run else { return };
        let at = run.stops[run.next];
        let call = run.next;
        let is_last = call + 1 == run.stops.len();
        let trip = run.trip;
        // Where it stands is the stop, to the centimetres that docking leaves.
        run.distance_m = run.distance_m.max(at.distance_m);
        unit.stop = at.stop;
        unit.since_s = clock_s;
        unit.is_held = false;
        unit.phase = if is_last { Phase::Resting } else { Phase::AtStop };
        if trip.is_some() {
            unit.boarding.arrive();
            unit.is_emptied = false;
        }
        if is_last {
            unit.run = None;
            unit.ended = trip;
            // At rest its mission is the lane it stands on. A round trip ends where the next begins: without a mission
            // between them the driver could not tell the next one's start from this one's end.
            if let Some(halt) = unit.halts.front_mut() {
                halt.leg = 0;
            }
            self.give_mission(index);
        }
        let Some(trip) = trip else { return };
        self.observer.dock(dock);
        let measures = &mut self.trips[trip];
        measures.trajectory.push((clock_s, at.distance_m));
        let delay_s = clock_s - measures.calls[call].arrival_s_scheduled;
        measures.calls[call].arrival_s = Some(clock_s);
        measures.calls[call].docking = Some(dock);
        self.tell(
            Some(index),
            Some(trip),
            Some(at.stop),
            ServiceEventKind::Arrived { delay_s, docking: dock },
        );
        if is_last {
            let measures = &mut self.trips[trip];
            measures.outcome = TripOutcome::Finished;
            measures.energy_wh = state.energy_wh - self.units[index].energy_wh_at_start;
            self.observer.vehicles[index].trips += 1;
            self.tell(
                Some(index),
                Some(trip),
                Some(at.stop),
                ServiceEventKind::TripFinished { delay_s },
            );
        }
    }

    /// How a vehicle stands against its halt.
    fn measure_dock(&self, index: usize, state: &TestVehicleState, halt: LanePosition, kerb_m: f64) -> Dock {
        let network = &self.site.network;
        let dimensions = &self.units[index].sheet.dimensions;
        let pose = state.ego.pose;
        let (sin, cos) = (libm::sin(pose.heading_rad), libm::cos(pose.heading_rad));
        let ahead = |distance_m: f64| [pose.x_m + distance_m * cos, pose.y_m + distance_m * sin];
        let front = ahead(dimensions.front_m());
        let front = network.project_near(halt.lane, halt.s_m, front[0], front[1]);
        let middle = ahead(0.5 * dimensions.wheelbase_m);
        let middle = network.project_near(halt.lane, halt.s_m, middle[0], middle[1]);
        let lane_heading_rad = network
            .lane_pose(LanePosition {
                offset_m: 0.0,
                ..middle
            })
            .heading_rad;
        let turn_rad = pose.heading_rad - lane_heading_rad;
        Dock {
            along_m: front.s_m - halt.s_m,
            kerb_gap_m: kerb_m + middle.offset_m - 0.5 * dimensions.width_m,
            heading_rad: turn_rad - std::f64::consts::TAU * (turn_rad / std::f64::consts::TAU).round(),
        }
    }

    /// At a stop of a trip that goes on.
    fn serve(&mut self, index: usize, state: &TestVehicleState) {
        let Some((trip, call)) = self.units[index]
            .run
            .as_ref()
            .and_then(|run| Some((run.trip?, run.next)))
        else {
            return;
        };
        let stop = self.units[index].stop;
        let stood_s = self.clock_s - self.units[index].since_s;
        let due = self.trips[trip].calls[call];
        let due_s = if due.is_timing_point {
            due.departure_s_scheduled
        } else {
            f64::NEG_INFINITY
        };
        let is_overdue = self.clock_s > due.departure_s_scheduled + OVERDUE_S && stood_s > OVERDUE_S;
        let mut is_busy = stood_s < DWELL_S_MIN;
        if state.ego.door_is_open {
            is_busy |= self.step_doors(index, state, !is_overdue, false, Some(trip));
        } else if stood_s < DOORS_S_MAX {
            return;
        }
        let others_come = !is_overdue
            && state.ego.door_is_open
            && self.anyone_for(index, stop, trip, call)
            && !self.units[index].boarding.is_full();
        if is_busy || others_come || state.ego.faults.any() {
            return;
        }
        if self.clock_s < due_s {
            self.trips[trip].calls[call].held_s += world::World::TICK.as_secs_f64();
            if !self.units[index].is_held {
                self.units[index].is_held = true;
                self.tell(
                    Some(index),
                    Some(trip),
                    Some(stop),
                    ServiceEventKind::Held { until_s: due_s },
                );
            }
            return;
        }
        self.leave(index, trip, call);
        let unit = &mut self.units[index];
        unit.halts.pop_front();
        unit.phase = Phase::Driving;
        if let Some(run) = &mut unit.run {
            run.next += 1;
            run.place_is_fixed = false;
        }
        self.give_mission(index);
    }

    /// Books a departure.
    fn leave(&mut self, index: usize, trip: usize, call: usize) {
        let clock_s = self.clock_s;
        let stop = self.units[index].stop;
        let left_behind = if self.units[index].boarding.is_full() {
            let site = self.site.clone();
            let (timetable, pattern) = (self.plan[trip].timetable, self.plan[trip].pattern);
            let goes_to = goes_to(&site, timetable, pattern, call);
            self.riders.leave_behind(stop, goes_to)
        } else {
            0
        };
        let boarding = &self.units[index].boarding;
        let (boarded, load) = (boarding.boarded, boarding.on_board.len() as u32);
        // What got off at the first stop of a trip belongs to the trip before.
        let alighted = if call == 0 { 0 } else { boarding.alighted };
        let measures = &mut self.trips[trip];
        let distance_m = measures.calls[call].distance_m;
        measures.trajectory.push((clock_s, distance_m));
        let booked = &mut measures.calls[call];
        booked.departure_s = Some(clock_s);
        booked.boarded = boarded;
        booked.alighted = alighted;
        booked.left_behind = left_behind;
        booked.load = load;
        let delay_s = clock_s - booked.departure_s_scheduled;
        let departed = ServiceEventKind::Departed {
            delay_s,
            load,
            boarded,
            alighted,
        };
        self.tell(Some(index), Some(trip), Some(stop), departed);
        if left_behind > 0 {
            let event = ServiceEventKind::LeftBehind {
                passengers: left_behind,
            };
            self.tell(Some(index), Some(trip), Some(stop), event);
        }
    }

    fn start_trip(&mut self, index: usize, trip: usize, state: &TestVehicleState) {
        let pattern = self.plan[trip].pattern;
        let way = self.ways[pattern].clone();
        let stops = self.site.line.patterns[pattern].stops.clone();
        self.units[index].todo.pop_front();
        self.units[index].energy_wh_at_start = state.energy_wh;
        self.trips[trip].vehicle = Some(index);
        self.trips[trip].outcome = TripOutcome::Underway;
        self.tell(
            Some(index),
            Some(trip),
            Some(stops[0].stop),
            ServiceEventKind::TripStarted,
        );
        self.leave(index, trip, 0);
        self.set_out(index, Some(trip), way, stops);
    }

    fn start_empty_run(&mut self, index: usize, trip: usize) {
        let (from, to) = (self.units[index].stop, self.plan[trip].from);
        let stops = &self.site.line.stops;
        let Some(way) = Way::between(&self.site.network, stops[from].position, stops[to].position) else {
            self.units[index].todo.pop_front();
            self.cancel(Some(index), trip, "no way leads to where it begins");
            return;
        };
        let ends = vec![
            crate::PatternStop {
                stop: from,
                leg: 0,
                distance_m: 0.0,
            },
            crate::PatternStop {
                stop: to,
                leg: way.lanes.len() - 1,
                distance_m: way.length_m,
            },
        ];
        self.set_out(index, None, Arc::new(way), ends);
    }

    /// Moves up along the kerb, if one who comes would find no room behind; whether it does.
    fn move_up(&mut self, index: usize, state: &TestVehicleState) -> bool {
        let unit = &self.units[index];
        let (stop, place) = (unit.stop, unit.place);
        if place == 0 || state.ego.faults.any() || !unit.boarding.doors_are_idle() {
            return false;
        }
        let is_full = self.place_behind_all(usize::MAX, stop) >= self.places_at(stop, &unit.sheet);
        if !is_full {
            return false;
        }
        let in_front = self.units.iter().enumerate().filter(|&(other, unit)| {
            let moves_up = unit.phase == Phase::Driving && unit.run.as_ref().is_some_and(|run| run.place_is_fixed);
            other != index && unit.place < place && (unit.stands_at(stop) || moves_up && unit.stop == stop)
        });
        let free = in_front.map(|(_, unit)| unit.place + 1).max().unwrap_or(0);
        if free >= place {
            return false;
        }
        self.unplug(index);
        let unit = &self.units[index];
        let visit = unit.next_visit;
        let halt = self.halt(&unit.sheet, stop, 0, free, visit);
        let here = crate::PatternStop {
            stop,
            leg: 0,
            distance_m: state.lane.s_m,
        };
        let there = crate::PatternStop {
            distance_m: halt.position.s_m,
            ..here
        };
        let way = Way {
            lanes: vec![halt.position.lane],
            zeros_m: vec![0.0],
            length_m: self.site.network.lane(halt.position.lane).length_m,
            time_s: 0.0,
        };
        let unit = &mut self.units[index];
        unit.halts = [halt].into();
        unit.next_visit = visit + 1;
        unit.place = free;
        unit.phase = Phase::Driving;
        unit.since_s = self.clock_s;
        unit.run = Some(Run {
            trip: None,
            way: Arc::new(way),
            stops: vec![here, there],
            next: 1,
            leg: 0,
            distance_m: here.distance_m,
            place_is_fixed: true,
        });
        self.give_mission(index);
        true
    }

    /// Off to the second of `stops`.
    fn set_out(&mut self, index: usize, trip: Option<usize>, way: Arc<Way>, stops: Vec<crate::PatternStop>) {
        self.unplug(index);
        let first_visit = self.units[index].next_visit;
        let sheet = self.units[index].sheet.clone();
        let halts = (first_visit..)
            .zip(&stops[1..])
            .map(|(visit, at)| self.halt(&sheet, at.stop, at.leg, 0, visit))
            .collect();
        let unit = &mut self.units[index];
        unit.halts = halts;
        unit.next_visit = first_visit + (stops.len() - 1) as u32;
        unit.phase = Phase::Driving;
        unit.since_s = self.clock_s;
        unit.next_sample_s = self.clock_s + SAMPLE_S;
        unit.boarding.arrive();
        unit.run = Some(Run {
            trip,
            way,
            stops,
            next: 1,
            leg: 0,
            distance_m: 0.0,
            place_is_fixed: false,
        });
        self.give_mission(index);
    }

    /// Tells a vehicle what to do now.
    pub(crate) fn give_mission(&mut self, index: usize) {
        let unit = &self.units[index];
        let mission = Mission {
            lanes: match &unit.run {
                Some(run) => run.way.lanes.clone(),
                // At rest: the lane it stands on.
                None => unit.halts.front().map(|halt| halt.position.lane).into_iter().collect(),
            },
            halts: unit.halts.iter().copied().collect(),
            hold: false,
            speed_mps_max: None,
            stop_now: false,
        };
        if let Some(actor) = unit.actor {
            self.world.set_mission(actor, Arc::new(mission));
        }
    }

    /// One tick of a vehicle's open doors; `trip` is the one that boards.
    fn step_doors(
        &mut self,
        index: usize,
        state: &TestVehicleState,
        lets_in: bool,
        is_last: bool,
        trip: Option<usize>,
    ) -> bool {
        let site = self.site.clone();
        let unit = &mut self.units[index];
        let call = unit.run.as_ref().map_or(0, |run| run.next);
        let before = unit.boarding.on_board.len();
        let at = AtStop {
            clock_s: self.clock_s,
            stop: unit.stop,
            line: &site.line,
            network: &site.network,
            pose: state.ego.pose,
            sheet: &unit.sheet,
            lets_in: lets_in && trip.is_some(),
            is_last,
        };
        let (timetable, pattern) = trip.map_or((0, 0), |trip| (self.plan[trip].timetable, self.plan[trip].pattern));
        let goes_to = goes_to(&site, timetable, pattern, call);
        let is_busy = unit.boarding.step(&at, &mut self.riders, &mut self.world, goes_to);
        let after = unit.boarding.on_board.len();
        if after != before
            && let Some(actor) = unit.actor
        {
            self.world.set_passengers(actor, after as u32);
        }
        is_busy
    }

    /// Whether anyone waits at `stop` for this trip.
    fn anyone_for(&self, index: usize, stop: usize, trip: usize, call: usize) -> bool {
        debug_assert!(self.units[index].stop == stop, "a vehicle asks for where it stands");
        let planned = &self.plan[trip];
        self.riders
            .anyone_for(stop, goes_to(&self.site, planned.timetable, planned.pattern, call))
    }

    /// Whether a vehicle is sound and charged enough for a trip.
    fn can_run(&self, state: &TestVehicleState, index: usize, trip: usize) -> bool {
        let battery = &self.units[index].sheet.battery;
        let usable_wh = (state.ego.state_of_charge - battery.charge_min) * battery.capacity_wh;
        let needed_wh = self.ways[self.plan[trip].pattern].length_m * RESERVE_WH_PER_M;
        // A battery too small for the reserve is full when it is full.
        let is_full = state.ego.state_of_charge >= battery.charge_max - 0.02;
        !state.ego.faults.any() && (usable_wh >= needed_wh || is_full)
    }

    /// Whether none that rests at the stop leaves earlier. Whoever has missed its own departure holds up nobody.
    fn is_first_to_leave(&self, index: usize, stop: usize) -> bool {
        let key = |i: usize| {
            let departure_s = self.units[i]
                .todo
                .front()
                .map_or(f64::INFINITY, |&trip| self.plan[trip].departure_s);
            (departure_s, i)
        };
        let mine = key(index);
        (0..self.units.len()).all(|i| {
            let unit = &self.units[i];
            let waits = i != index && unit.phase == Phase::Resting && unit.stop == stop && !unit.has_fault;
            let other = key(i);
            !waits || mine < other || self.clock_s > other.0 + EXCHANGE_AFTER_S
        })
    }

    /// Whether nobody stands before it at the kerb.
    fn is_in_front(&self, index: usize, stop: usize) -> bool {
        let place = self.units[index].place;
        !self.units.iter().any(|unit| unit.stands_at(stop) && unit.place < place)
    }

    fn charge(&mut self, index: usize, state: &TestVehicleState, departure_s: f64) {
        let unit = &self.units[index];
        let stop_id = &self.site.line.stops[unit.stop].id;
        let full = unit.sheet.battery.charge_max;
        let soc = state.ego.state_of_charge;
        if unit.is_charging {
            let is_due = self.clock_s >= departure_s - UNPLUG_S && soc > 0.5 * (full + unit.sheet.battery.charge_min);
            if soc >= full || is_due {
                self.unplug(index);
            }
            return;
        }
        let Some(charger) = self.site.fleet.chargers.iter().find(|charger| charger.stop == *stop_id) else {
            return;
        };
        let in_use = self
            .units
            .iter()
            .filter(|other| other.is_charging && other.stop == unit.stop)
            .count();
        // A plug is not worth the walk for the last hundredth or the last minute.
        if soc < full - 0.01 && in_use < charger.places as usize && self.clock_s < departure_s - UNPLUG_S - 45.0 {
            let power_w = charger.power_w.min(unit.sheet.battery.charge_w_max);
            let (Some(actor), stop) = (unit.actor, unit.stop) else {
                return;
            };
            self.units[index].is_charging = true;
            self.world.set_charging_w(actor, power_w);
            self.tell(
                Some(index),
                None,
                Some(stop),
                ServiceEventKind::ChargingStarted { power_w },
            );
        }
    }

    fn unplug(&mut self, index: usize) {
        if !self.units[index].is_charging {
            return;
        }
        let (Some(actor), stop) = (self.units[index].actor, self.units[index].stop) else {
            return;
        };
        self.units[index].is_charging = false;
        self.world.set_charging_w(actor, 0.0);
        let state_of_charge = self.world.vehicle(actor).ego.state_of_charge;
        self.tell(
            Some(index),
            None,
            Some(stop),
            ServiceEventKind::ChargingEnded { state_of_charge },
        );
    }

    /// Faults, stalls, collisions: seen, measured, told.
    fn watch(&mut self, index: usize, state: &TestVehicleState) {
        let unit = &mut self.units[index];
        let has_fault = state.ego.faults.any();
        let changed = has_fault != unit.has_fault;
        unit.has_fault = has_fault;
        let trip = unit.run.as_ref().and_then(|run| run.trip);
        let situation = Situation {
            may_stand: unit.phase != Phase::Driving,
            is_in_service: trip.is_some(),
            is_charging: unit.is_charging,
        };
        if changed {
            let event = if has_fault {
                ServiceEventKind::FaultRaised {
                    faults: state.ego.faults,
                }
            } else {
                ServiceEventKind::FaultCleared
            };
            self.tell(Some(index), trip, None, event);
        }
        let time = self.world.time();
        let noticed = self
            .observer
            .observe(index, self.clock_s, time, state, situation, &self.site.network);
        if noticed.collided {
            self.tell(Some(index), trip, None, ServiceEventKind::Collided);
        }
        if noticed.stalled {
            let event = ServiceEventKind::Disrupted {
                standing_s: STALL_S,
                reason: state.explanation.reason,
            };
            self.tell(Some(index), trip, None, event);
        }
    }

    /// Whoever stands in front leaves first: it takes over the day of the one behind it that is due earlier, because one
    /// that pulls out around another takes the road to itself, and out of a lay-by cannot.
    fn let_front_go_first(&mut self) {
        for index in 0..self.units.len() {
            if let Some(front) = self.front_for(index) {
                self.exchange(index, front, self.units[index].todo[0]);
            }
        }
    }

    /// The foremost vehicle at the stop that should take over the next trip of the one behind it.
    fn front_for(&self, index: usize) -> Option<usize> {
        let unit = &self.units[index];
        let trip = *unit.todo.front()?;
        let planned = self.plan[trip];
        let is_due = self.clock_s >= planned.departure_s - BOARDING_LEAD_S - 1.0;
        if !is_due || !unit.is_free_at(planned.from) {
            return None;
        }
        let (stop, place) = (unit.stop, unit.place);
        let front = (0..self.units.len())
            .filter(|&other| {
                let unit = &self.units[other];
                unit.place < place
                    && unit.is_free_at(stop)
                    && unit
                        .actor
                        .is_some_and(|actor| self.can_run(&self.world.vehicle(actor), other, trip))
            })
            .min_by_key(|&other| self.units[other].place)?;
        let next = self.units[front].todo.front();
        next.is_none_or(|&other| self.plan[other].departure_s > planned.departure_s)
            .then_some(front)
    }

    /// Two vehicles at one stop exchange what is left of their days.
    fn exchange(&mut self, index: usize, other: usize, trip: usize) {
        let mine = std::mem::take(&mut self.units[index].todo);
        let theirs = std::mem::replace(&mut self.units[other].todo, mine);
        self.units[index].todo = theirs;
        self.tell(
            Some(index),
            Some(trip),
            None,
            ServiceEventKind::TripsExchanged { with: other },
        );
    }

    /// Trips that their vehicle cannot begin in time go to another, or are cancelled.
    fn mend_plan(&mut self) {
        for index in 0..self.units.len() {
            let Some(&trip) = self.units[index].todo.front() else {
                continue;
            };
            let late_s = self.clock_s - self.plan[trip].departure_s;
            if late_s < EXCHANGE_AFTER_S {
                continue;
            }
            let unit = &self.units[index];
            let is_there = unit.phase == Phase::Resting
                && unit.stop == self.plan[trip].from
                && unit
                    .actor
                    .is_some_and(|actor| self.can_run(&self.world.vehicle(actor), index, trip));
            if is_there {
                continue;
            }
            if let Some(other) = self.spare_for(index, trip) {
                self.exchange(index, other, trip);
            } else if late_s > CANCEL_AFTER_S {
                self.units[index].todo.pop_front();
                self.cancel(Some(index), trip, "its vehicle is not there");
            }
        }
    }

    /// A vehicle that rests where `trip` begins, can run it, and has nothing else to do before it would be back.
    fn spare_for(&self, index: usize, trip: usize) -> Option<usize> {
        let planned = self.plan[trip];
        let back_s = self.clock_s + (planned.arrival_s - planned.departure_s) + LAYOVER_S;
        (0..self.units.len()).find(|&other| {
            let unit = &self.units[other];
            let is_free = unit.phase == Phase::Resting && unit.is_emptied && unit.stop == planned.from;
            let next_s = unit
                .todo
                .front()
                .map_or(f64::INFINITY, |&trip| self.plan[trip].departure_s);
            // Exchanging days gives the late one the spare's next trip; it must not be earlier than the one it loses.
            let gains = next_s >= back_s || next_s > planned.departure_s + EXCHANGE_AFTER_S;
            let boards_already = !unit.boarding.on_board.is_empty();
            other != index
                && is_free
                && gains
                && !boards_already
                && unit
                    .actor
                    .is_some_and(|actor| self.can_run(&self.world.vehicle(actor), other, trip))
        })
    }

    pub(crate) fn cancel(&mut self, index: Option<usize>, trip: usize, reason: &'static str) {
        self.trips[trip].outcome = TripOutcome::Cancelled;
        self.tell(index, Some(trip), None, ServiceEventKind::TripCancelled { reason });
    }

    fn tell(&mut self, vehicle: Option<usize>, trip: Option<usize>, stop: Option<usize>, kind: ServiceEventKind) {
        self.events.push(ServiceEvent {
            time: self.world.time(),
            clock_s: self.clock_s,
            vehicle,
            trip,
            stop,
            kind,
        });
    }
}

/// Whether a trip that stands at its `call` stops later at a stop where one may get off.
fn goes_to(site: &crate::Site, timetable: usize, pattern: usize, call: usize) -> impl Fn(usize) -> bool + '_ {
    let calls = &site.line.timetable.trips[timetable].calls;
    let stops = &site.line.patterns[pattern].stops;
    move |to| {
        calls[call].may_board
            && calls
                .iter()
                .zip(stops)
                .skip(call + 1)
                .any(|(call, stop)| stop.stop == to && call.may_alight)
    }
}
