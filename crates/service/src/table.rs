//! A day's measures as one table, for Parquet: one row a number.
//!
//! In goes a [`DayMeasures`]; out comes a long table with the columns `scope`, `subject`, `stop`, `clock_s`, `x_m`, `y_m`,
//! `measure`, `value`, `unit`. Long, because day, trips, calls, vehicles and places have different measures and one file is
//! easier to keep together than seven: any analytics tool filters by `scope` and pivots by `measure`.

use crate::Distribution;
use crate::measures::{DayMeasures, Incident};
use record::{Cell, Column, ColumnKind, Table};
use vehicle::{Assumption, Assurance, OddAttribute};

/// What a row is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    scope: &'static str,
    subject: &'a str,
    stop: Option<&'a str>,
    clock_s: Option<f64>,
    at_m: Option<(f64, f64)>,
}

impl<'a> Subject<'a> {
    /// At no stop, time or place.
    fn of(scope: &'static str, subject: &'a str) -> Subject<'a> {
        Subject {
            scope,
            subject,
            stop: None,
            clock_s: None,
            at_m: None,
        }
    }
}

impl DayMeasures {
    /// All numbers of the day, one a row.
    pub fn table(&self) -> Table {
        let mut rows = Rows(Table::new(vec![
            Column::new(
                "scope",
                "",
                ColumnKind::Text,
                "day, reason, assurance, odd, stop, trip, call, vehicle, piece, approach, incident or degradation",
            ),
            Column::new("subject", "", ColumnKind::Text, "which of them: an id or a name"),
            Column::new("stop", "", ColumnKind::Text, "the stop it happened at"),
            Column::new(
                "clock_s",
                "s",
                ColumnKind::Number,
                "when, seconds after midnight of the service day",
            ),
            Column::new("x_m", "m", ColumnKind::Number, "where, east of the map's origin"),
            Column::new("y_m", "m", ColumnKind::Number, "where, north of the map's origin"),
            Column::new("measure", "", ColumnKind::Text, "what was measured"),
            Column::new("value", "", ColumnKind::Number, "the number"),
            Column::new("unit", "", ColumnKind::Text, "its unit"),
        ]));
        self.push_day(&mut rows);
        self.push_reasons(&mut rows);
        self.push_assurance(&mut rows);
        self.push_odd(&mut rows);
        self.push_degradations(&mut rows);
        self.push_stops(&mut rows);
        self.push_trips(&mut rows);
        self.push_vehicles(&mut rows);
        self.push_places(&mut rows);
        rows.0
    }

    fn push_day(&self, rows: &mut Rows) {
        let day = Subject::of("day", &self.date);
        let totals = &self.totals;
        let people = &self.passengers;
        let shares = self.punctuality.shares();
        for (measure, value, unit) in [
            ("trips_planned", f64::from(totals.trips_planned), ""),
            ("trips_finished", f64::from(totals.trips_finished), ""),
            ("trips_cancelled", f64::from(totals.trips_cancelled), ""),
            ("distance", totals.distance_km, "km"),
            ("energy", totals.energy_kwh, "kWh"),
            ("charged", totals.charged_kwh, "kWh"),
            ("others_max", f64::from(totals.others_max), ""),
            ("others_mean", totals.others_mean, ""),
            ("others_towed", f64::from(totals.others_towed), ""),
            ("passengers_arrived", f64::from(people.arrived), ""),
            ("passengers_boarded", f64::from(people.boarded), ""),
            ("passengers_done", f64::from(people.done), ""),
            ("passengers_gave_up", f64::from(people.gave_up), ""),
            ("left_behind", f64::from(people.left_behind), ""),
            ("acceleration_events", f64::from(self.comfort.acceleration_events), ""),
            ("lateral_events", f64::from(self.comfort.lateral_events), ""),
            ("jerk_events", f64::from(self.comfort.jerk_events), ""),
            ("hard_braking_events", f64::from(self.comfort.hard_braking_events), ""),
            ("docked_within_target", f64::from(self.docking.within_target), ""),
            ("collisions", f64::from(self.safety.collisions.count), ""),
            ("stops_without_reason", f64::from(self.stops_without_reason.count), ""),
            ("stalls", f64::from(self.stalls.count), ""),
        ] {
            rows.push(day, measure, value, unit);
        }
        for (measure, value, unit) in [
            ("energy_per_distance", totals.energy_kwh_per_km, "kWh/km"),
            ("departures_early", shares.map(|shares| shares[0]), "share"),
            ("departures_on_time", shares.map(|shares| shares[1]), "share"),
            ("departures_late", shares.map(|shares| shares[2]), "share"),
            ("time_to_collision_min", self.safety.time_to_collision_s_min, "s"),
        ] {
            if let Some(value) = value {
                rows.push(day, measure, value, unit);
            }
        }
        for (measure, distribution, unit) in [
            ("departure_deviation", &self.punctuality.departure_deviation_s, "s"),
            ("arrival_deviation", &self.punctuality.arrival_deviation_s, "s"),
            ("waiting", &people.waiting_s, "s"),
            ("riding", &people.riding_s, "s"),
            ("acceleration", &self.comfort.acceleration_mps2, "m/s2"),
            ("lateral_acceleration", &self.comfort.lateral_acceleration_mps2, "m/s2"),
            ("jerk", &self.comfort.jerk_mps3, "m/s3"),
            ("docking_along", &self.docking.along_m, "m"),
            ("docking_kerb_gap", &self.docking.kerb_gap_m, "m"),
            ("time_to_collision", &self.safety.time_to_collision_s, "s"),
        ] {
            rows.push_distribution(day, measure, distribution, unit);
        }
    }

    fn push_assurance(&self, rows: &mut Rows) {
        let Assurance {
            cycles,
            lawful,
            physical,
            open,
            broken,
        } = self.assurance;
        let mut push = |subject: &str, measure: &str, count: u64| {
            let subject = Subject::of("assurance", subject);
            rows.push(subject, measure, count as f64, "");
        };
        push("driver", "cycles_in_motion", cycles);
        push("driver", "cycles_safe_lawful", lawful);
        push("driver", "cycles_safe_physical", physical);
        push("none", "cycles_open", open[Assumption::ALL.len()]);
        for assumption in Assumption::ALL {
            let name = format!("{assumption:?}").to_lowercase();
            push(&name, "cycles_open", open[assumption.index()]);
            push(&name, "breaches", broken[assumption.index()]);
        }
    }

    fn push_odd(&self, rows: &mut Rows) {
        let odd = &self.odd;
        let fleet = Subject::of("odd", "fleet");
        rows.push(fleet, "with_a_mission", odd.time_s, "s");
        rows.push(fleet, "inside", odd.inside_s, "s");
        for attribute in OddAttribute::ALL {
            let index = attribute.index();
            let name = attribute.words().replace(' ', "_");
            let subject = Subject::of("odd", &name);
            rows.push(subject, "near", odd.near_s[index], "s");
            rows.push(subject, "outside", odd.outside_s[index], "s");
            rows.push(subject, "exits", f64::from(odd.exits[index]), "");
            if odd.worst[index].is_finite() {
                let (unit, scale) = attribute.unit();
                rows.push(subject, "worst", odd.worst[index] * scale, unit);
            }
        }
    }

    fn push_degradations(&self, rows: &mut Rows) {
        for stay in &self.degradations {
            let name = self
                .vehicles
                .get(stay.vehicle)
                .map_or("", |vehicle| vehicle.name.as_str());
            let subject = Subject {
                clock_s: Some(stay.clock_s),
                at_m: stay.stood_at_m.map(|[x_m, y_m]| (x_m, y_m)),
                ..Subject::of("degradation", name)
            };
            rows.push(
                subject,
                &format!("{}_by_{}", stay.rung.word(), stay.cause.words().replace(' ', "_")),
                stay.duration_s,
                "s",
            );
            rows.push(subject, "live_lane", stay.live_lane_s, "s");
            for (measure, value) in [
                ("stood_after", stay.stood_after_s),
                ("out_of_the_way_after", stay.out_of_the_way_after_s),
            ] {
                if let Some(value) = value {
                    rows.push(subject, measure, value, "s");
                }
            }
        }
    }

    fn push_reasons(&self, rows: &mut Rows) {
        for time in &self.reasons {
            let reason = format!("{:?}", time.reason).to_lowercase();
            let subject = Subject::of("reason", &reason);
            rows.push(subject, "moving", time.moving_s, "s");
            rows.push(subject, "standing", time.standing_s, "s");
        }
    }

    fn push_stops(&self, rows: &mut Rows) {
        for stop in &self.stops {
            let subject = Subject {
                stop: Some(&stop.id),
                at_m: Some((stop.x_m, stop.y_m)),
                ..Subject::of("stop", &stop.id)
            };
            for (measure, value, unit) in [
                ("arrived", f64::from(stop.arrived), ""),
                ("boarded", f64::from(stop.boarded), ""),
                ("alighted", f64::from(stop.alighted), ""),
                ("left_behind", f64::from(stop.left_behind), ""),
                ("waiting_at_once_max", f64::from(stop.waiting_max), ""),
                ("headways", f64::from(stop.headways.count), ""),
                ("headway_mean", stop.headways.mean_s, "s"),
                ("headway_cv", stop.headways.cv, ""),
                ("wait_excess", stop.headways.excess_wait_s(), "s"),
            ] {
                rows.push(subject, measure, value, unit);
            }
            rows.push_distribution(subject, "waiting", &stop.waiting_s, "s");
        }
    }

    fn push_trips(&self, rows: &mut Rows) {
        for trip in &self.trips {
            let clock_s = trip.calls.first().map(|call| call.departure_s_scheduled);
            let subject = Subject {
                clock_s,
                ..Subject::of("trip", &trip.id)
            };
            rows.push(subject, "energy", trip.energy_wh * 1e-3, "kWh");
            if let Some(run_time_s) = trip.run_time_s() {
                rows.push(subject, "run_time", run_time_s, "s");
            }
            for call in &trip.calls {
                let subject = Subject {
                    scope: "call",
                    stop: self.stops.get(call.stop).map(|stop| stop.id.as_str()),
                    clock_s: Some(call.departure_s_scheduled),
                    ..subject
                };
                let known = [
                    (
                        "arrival_deviation",
                        call.arrival_s.map(|at_s| at_s - call.arrival_s_scheduled),
                        "s",
                    ),
                    (
                        "departure_deviation",
                        call.departure_s.map(|at_s| at_s - call.departure_s_scheduled),
                        "s",
                    ),
                    (
                        "dwell",
                        call.departure_s.zip(call.arrival_s).map(|(to_s, from_s)| to_s - from_s),
                        "s",
                    ),
                    ("docking_along", call.docking.map(|dock| dock.along_m), "m"),
                    ("docking_kerb_gap", call.docking.map(|dock| dock.kerb_gap_m), "m"),
                ];
                for (measure, value, unit) in known {
                    if let Some(value) = value {
                        rows.push(subject, measure, value, unit);
                    }
                }
                if call.departure_s.is_some() || call.arrival_s.is_some() {
                    rows.push(subject, "held", call.held_s, "s");
                    rows.push(subject, "boarded", f64::from(call.boarded), "");
                    rows.push(subject, "alighted", f64::from(call.alighted), "");
                    rows.push(subject, "left_behind", f64::from(call.left_behind), "");
                    rows.push(subject, "load", f64::from(call.load), "");
                }
            }
        }
    }

    fn push_vehicles(&self, rows: &mut Rows) {
        for vehicle in &self.vehicles {
            let subject = Subject::of("vehicle", &vehicle.name);
            for (measure, value, unit) in [
                ("distance", vehicle.distance_km, "km"),
                ("energy", vehicle.energy_kwh, "kWh"),
                ("charged", vehicle.charged_kwh, "kWh"),
                ("state_of_charge_min", vehicle.state_of_charge_min, "share"),
                ("moving", vehicle.moving_s, "s"),
                ("in_service", vehicle.in_service_s, "s"),
                ("charging", vehicle.charging_s, "s"),
                ("faulty", vehicle.fault_s, "s"),
                ("trips", f64::from(vehicle.trips), ""),
            ] {
                rows.push(subject, measure, value, unit);
            }
            for &(clock_s, charge) in &vehicle.state_of_charge {
                rows.push(
                    Subject {
                        clock_s: Some(clock_s),
                        ..subject
                    },
                    "state_of_charge",
                    charge,
                    "share",
                );
            }
        }
    }

    fn push_places(&self, rows: &mut Rows) {
        for pattern in &self.patterns {
            for piece in &pattern.pieces {
                let at_m = Some((piece.x_m, piece.y_m));
                let subject = Subject {
                    at_m,
                    ..Subject::of("piece", &pattern.route)
                };
                rows.push(subject, "distance", piece.distance_m, "m");
                if let Some(speed_mps) = piece.speed_mps() {
                    rows.push(subject, "speed", speed_mps, "m/s");
                }
            }
        }
        let name = |vehicle: usize| self.vehicles.get(vehicle).map_or("", |vehicle| vehicle.name.as_str());
        for approach in &self.safety.closest_approaches {
            let subject = Subject {
                clock_s: Some(approach.clock_s),
                at_m: Some((approach.x_m, approach.y_m)),
                ..Subject::of("approach", name(approach.vehicle))
            };
            rows.push(subject, &format!("gap_to_{}", approach.rival), approach.gap_m, "m");
            rows.push(subject, "speed", approach.speed_mps, "m/s");
        }
        let kinds = [
            ("collision", &self.safety.collisions),
            ("stop_without_reason", &self.stops_without_reason),
            ("stall", &self.stalls),
        ];
        for (measure, incidents) in kinds {
            for Incident {
                clock_s,
                vehicle,
                x_m,
                y_m,
                duration_s,
                ..
            } in &incidents.kept
            {
                let subject = Subject {
                    clock_s: Some(*clock_s),
                    at_m: Some((*x_m, *y_m)),
                    ..Subject::of("incident", name(*vehicle))
                };
                rows.push(subject, measure, *duration_s, "s");
            }
        }
    }
}

struct Rows(Table);

impl Rows {
    fn push(&mut self, subject: Subject<'_>, measure: &str, value: f64, unit: &str) {
        self.0.push([
            Cell::from(subject.scope),
            Cell::from(subject.subject),
            Cell::from(subject.stop),
            Cell::from(subject.clock_s),
            Cell::from(subject.at_m.map(|at| at.0)),
            Cell::from(subject.at_m.map(|at| at.1)),
            Cell::from(measure),
            Cell::from(value),
            Cell::from(unit),
        ]);
    }

    fn push_distribution(&mut self, subject: Subject<'_>, measure: &str, distribution: &Distribution, unit: &str) {
        self.push(subject, &format!("{measure}_count"), distribution.count as f64, "");
        let Some(mean) = distribution.mean() else { return };
        self.push(subject, &format!("{measure}_mean"), mean, unit);
        self.push(subject, &format!("{measure}_min"), distribution.min, unit);
        self.push(subject, &format!("{measure}_max"), distribution.max, unit);
        for (name, q) in [("p05", 0.05), ("p50", 0.5), ("p95", 0.95)] {
            if let Some(value) = distribution.quantile(q) {
                self.push(subject, &format!("{measure}_{name}"), value, unit);
            }
        }
    }
}
