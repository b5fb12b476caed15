//! The dispatcher: what each vehicle of the line does next.
//!
//! Each tick it looks at the truth about every vehicle and moves it through its phases: resting at a stop between trips
//! (charging, letting passengers in), driving, at a stop of a trip (doors, holding for the timetable), and so on. A
//! vehicle stands at a halt for as long as that halt is the first of its mission; taking it out sends the vehicle on.
//! Vehicles at rest move up along the kerb. Stops of a trip are `halt.rs`, exchanges of days `exchange.rs`. It does not
//! know how vehicles are driven.

use crate::day::{Phase, Run, ServiceDay};
use crate::degradation::Sight;
use crate::event::{ServiceEvent, ServiceEventKind};
use crate::line::Way;
use crate::measures::{LINE_PIECE_M, TripOutcome};
use crate::observer::{STALL_S, Situation};
use std::sync::Arc;
use vehicle::Mission;
use world::TestVehicleState;

/// Passengers are let in this long before the departure from the first stop.
pub(crate) const BOARDING_LEAD_S: f64 = 600.0;
/// A stop takes at least this long, so that whoever wants to get off notices.
pub(crate) const DWELL_S_MIN: f64 = 8.0;
/// Late by this much, a vehicle no longer waits for people who come running.
pub(crate) const OVERDUE_S: f64 = 60.0;
/// A vehicle leaves the charger this long before its departure.
const UNPLUG_S: f64 = 15.0;
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
            self.supervise(index, &state);
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
        if self.is_out_of_order(index, state) || self.units[index].is_ordered_to_stop {
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
        if place == 0 || state.ego.faults.any() || unit.is_ordered_to_stop || !unit.boarding.doors_are_idle() {
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
            stop_now: unit.is_ordered_to_stop,
            confirmed: unit.confirmed,
        };
        if let Some(actor) = unit.actor {
            self.world.set_mission(actor, Arc::new(mission));
        }
    }

    /// Whether a vehicle may not set out now: something is broken, or its driver stands on a rung of its ladder.
    pub(crate) fn is_out_of_order(&self, index: usize, state: &TestVehicleState) -> bool {
        let stands = || {
            let actor = self.units[index].actor?;
            Some(self.world.decision(actor)?.ladder.rung.is_stop())
        };
        state.ego.faults.any() || !self.units[index].is_ordered_to_stop && stands() == Some(true)
    }

    /// Whether a vehicle is sound and charged enough for a trip.
    pub(crate) fn can_run(&self, state: &TestVehicleState, index: usize, trip: usize) -> bool {
        let battery = &self.units[index].sheet.battery;
        let usable_wh = (state.ego.state_of_charge - battery.charge_min) * battery.capacity_wh;
        let needed_wh = self.ways[self.plan[trip].pattern].length_m * RESERVE_WH_PER_M;
        // A battery too small for the reserve is full when it is full.
        let is_full = state.ego.state_of_charge >= battery.charge_max - 0.02;
        !state.ego.faults.any() && (usable_wh >= needed_wh || is_full)
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
        let unit = &self.units[index];
        if let Some(decision) = unit.actor.and_then(|actor| self.world.decision(actor)) {
            let sight = Sight {
                clock_s: self.clock_s,
                ladder: &decision.ladder,
                speed_mps: state.ego.speed_mps,
                at_m: [state.ego.pose.x_m, state.ego.pose.y_m],
                is_confirmed: unit.question.is_some_and(|question| question.is_answered),
            };
            self.degradations.watch(index, &sight);
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

    pub(crate) fn cancel(&mut self, index: Option<usize>, trip: usize, reason: &'static str) {
        self.trips[trip].outcome = TripOutcome::Cancelled;
        self.tell(index, Some(trip), None, ServiceEventKind::TripCancelled { reason });
    }

    pub(crate) fn tell(
        &mut self,
        vehicle: Option<usize>,
        trip: Option<usize>,
        stop: Option<usize>,
        kind: ServiceEventKind,
    ) {
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
