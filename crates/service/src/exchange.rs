//! Whose day is whose: vehicles at one stop exchange what is left of their days.
//!
//! At one kerb whoever stands in front leaves first, and a trip that its vehicle cannot begin in time goes to one that
//! rests where it begins, or is cancelled. It does not know what a vehicle does on its trip.

use crate::day::{Phase, ServiceDay};
use crate::dispatch::BOARDING_LEAD_S;
use crate::event::ServiceEventKind;
use crate::site::LAYOVER_S;

/// A trip whose vehicle is not there this long after its departure is offered to another.
const EXCHANGE_AFTER_S: f64 = 120.0;
/// A trip that nobody has begun this long after its departure is cancelled.
const CANCEL_AFTER_S: f64 = 900.0;

impl ServiceDay {
    /// Whoever stands in front leaves first: it takes over the day of the one behind it that is due earlier, because one
    /// that pulls out around another takes the road to itself, and out of a lay-by cannot.
    pub(crate) fn let_front_go_first(&mut self) {
        for index in 0..self.units.len() {
            if let Some(front) = self.front_for(index) {
                self.exchange(index, front, self.units[index].todo[0]);
            }
        }
    }

    /// Whether none that rests at the stop leaves earlier. Whoever has missed its own departure holds up nobody.
    pub(crate) fn is_first_to_leave(&self, index: usize, stop: usize) -> bool {
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
    pub(crate) fn is_in_front(&self, index: usize, stop: usize) -> bool {
        let place = self.units[index].place;
        !self.units.iter().any(|unit| unit.stands_at(stop) && unit.place < place)
    }

    /// The foremost vehicle at the stop that should take over the next trip of the one behind it.
    pub(crate) fn front_for(&self, index: usize) -> Option<usize> {
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
    pub(crate) fn mend_plan(&mut self) {
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
}
