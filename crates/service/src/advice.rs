//! What an author may want to mend in a site that can be played as it is.
//!
//! Errors are found while a site is read; this looks at how its parts fit: timetable against roads, fleet and batteries.

use crate::block::assign;
use crate::site::{LAYOVER_S, Site};

/// What a kilometre takes at least, for judging a battery: rolling a light bus gently on the level.
const ENERGY_WH_PER_M: f64 = 0.5;

impl Site {
    /// Looks at how the site's parts fit together. One message each, with its hint; empty if there is nothing to say.
    pub fn check(&self) -> Vec<String> {
        let mut advice = Vec::new();
        self.check_stops(&mut advice);
        self.check_times(&mut advice);
        self.check_fleet(&mut advice);
        advice
    }

    fn check_stops(&self, advice: &mut Vec<String>) {
        for stop in self.line.stops.iter().filter(|stop| stop.is_assumed) {
            advice.push(format!(
                "gtfs/stops.txt: the map has no stop for `{}` (`{}`): it is put on the nearest lane\nhint: draw a bus stop with this id on the map, to have its kerb measured",
                stop.id, stop.name
            ));
        }
        for (i, stop) in self.line.stops.iter().enumerate() {
            let twin = self.line.stops[..i]
                .iter()
                .find(|other| other.position == stop.position);
            if let Some(twin) = twin {
                advice.push(format!(
                    "gtfs/stops.txt: stops `{}` and `{}` are one place on the map\nhint: correct the coordinates of one of them",
                    twin.id, stop.id
                ));
            }
        }
    }

    /// Legs that the timetable wants faster than the speed limits allow; each leg is told once.
    fn check_times(&self, advice: &mut Vec<String>) {
        for (index, pattern) in self.line.patterns.iter().enumerate() {
            let mean_mps = pattern.way.length_m / pattern.way.time_s.max(1.0);
            let trips =
                || (0..self.line.timetable.trips.len()).filter(|&trip| self.line.pattern_of_trip[trip] == index);
            for leg in 0..pattern.stops.len() - 1 {
                let (from, to) = (pattern.stops[leg], pattern.stops[leg + 1]);
                let least_s = (to.distance_m - from.distance_m) / mean_mps;
                let hurried = trips().find_map(|trip| {
                    let trip = &self.line.timetable.trips[trip];
                    let given_s = f64::from(trip.calls[leg + 1].arrival_s) - f64::from(trip.calls[leg].departure_s);
                    (given_s < least_s).then_some((trip.id.as_str(), given_s))
                });
                if let Some((trip, given_s)) = hurried {
                    advice.push(format!(
                        "gtfs/stop_times.txt: trip `{trip}` has {given_s:.0} s from `{}` to `{}`; an empty road takes about {least_s:.0} s\nhint: give it half as much again",
                        self.line.stops[from.stop].id, self.line.stops[to.stop].id
                    ));
                }
            }
        }
    }

    fn check_fleet(&self, advice: &mut Vec<String>) {
        let (indices, blocks) = self.trips_on(self.date);
        let mut empty_runs = self.empty_runs();
        let vehicles = &self.fleet.vehicles;
        let assignment = assign(&blocks, vehicles.len(), LAYOVER_S, |from, to| {
            empty_runs.time_s(from, to)
        });
        if let Some(&first) = assignment.unassigned.first() {
            advice.push(format!(
                "fleet.toml: {} of {} trips have no vehicle (the first is `{}`)\nhint: add vehicles, or lengthen the headway",
                assignment.unassigned.len(),
                indices.len(),
                self.line.timetable.trips[indices[first]].id
            ));
        }
        for (vehicle, block) in vehicles.iter().zip(&assignment.blocks) {
            let driven_m: f64 = block
                .iter()
                .map(|&trip| {
                    self.line.patterns[self.line.pattern_of_trip[indices[trip]]]
                        .way
                        .length_m
                })
                .sum();
            let battery = &vehicle.sheet.battery;
            let usable_wh = (vehicle.initial_charge - battery.charge_min).max(0.0) * battery.capacity_wh;
            if driven_m * ENERGY_WH_PER_M > usable_wh && self.fleet.chargers.is_empty() {
                advice.push(format!(
                    "fleet.toml: `{}` is to drive {:.0} km with {:.0} kWh and the site has no charger\nhint: add a [[chargers]] table where it rests",
                    vehicle.name,
                    driven_m * 1e-3,
                    usable_wh * 1e-3
                ));
            }
        }
    }
}
