//! A vehicle at a stop of its trip: how it stands there, its doors, how long it waits, when it goes on.
//!
//! In go the truth about the vehicle and the timetable; out come boardings, events and the halt taken off the mission.
//! Between trips the dispatcher has it.

use crate::boarding::AtStop;
use crate::day::{Phase, ServiceDay};
use crate::dispatch::{DWELL_S_MIN, OVERDUE_S};
use crate::event::ServiceEventKind;
use crate::measures::{Dock, TripOutcome};
use road::LanePosition;
use world::TestVehicleState;

/// Doors that have not opened by now will not.
const DOORS_S_MAX: f64 = 20.0;

impl ServiceDay {
    /// It has come to stand at the next stop.
    pub(crate) fn arrive(&mut self, index: usize, state: &TestVehicleState) {
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
    pub(crate) fn serve(&mut self, index: usize, state: &TestVehicleState) {
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
        if is_busy || others_come || self.is_out_of_order(index, state) || self.units[index].is_ordered_to_stop {
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
    pub(crate) fn leave(&mut self, index: usize, trip: usize, call: usize) {
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

    /// One tick of a vehicle's open doors; `trip` is the one that boards.
    pub(crate) fn step_doors(
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
    pub(crate) fn anyone_for(&self, index: usize, stop: usize, trip: usize, call: usize) -> bool {
        debug_assert!(self.units[index].stop == stop, "a vehicle asks for where it stands");
        let planned = &self.plan[trip];
        self.riders
            .anyone_for(stop, goes_to(&self.site, planned.timetable, planned.pattern, call))
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
