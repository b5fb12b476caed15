//! Turns a day that was played into [`DayMeasures`]: punctuality and headways from the trips, sums over the fleet.
//!
//! Pure functions over what was observed; called once at the end.

use crate::Distribution;
use crate::day::ServiceDay;
use crate::line::Way;
use crate::measures::{
    DayMeasures, EARLY_S, Headways, LATE_S, LINE_PIECE_M, LinePiece, PatternMeasures, Punctuality, StopMeasures,
    Totals, TripMeasures, TripOutcome,
};
use road::RoadNetwork;
use road::draft::StructureKind;
use vehicle::{Assurance, OddTally};

/// Headways longer than this are gaps in the timetable, not headways.
const HEADWAY_S_MAX: f64 = 3.0 * 3600.0;

/// All that was measured.
pub(crate) fn summarize(day: &ServiceDay) -> DayMeasures {
    let line = &day.site.line;
    let trips = day.trips.clone();
    let stops = (0..line.stops.len())
        .map(|stop| stop_measures(day, &trips, stop))
        .collect();
    let mut vehicles = day.observer.vehicles.clone();
    for (index, vehicle) in vehicles.iter_mut().enumerate() {
        let capacity_kwh = day.units[index].sheet.battery.capacity_wh * 1e-3;
        vehicle.charged_kwh = day.observer.charged_share(index) * capacity_kwh;
    }
    let count = |outcomes: &[TripOutcome]| trips.iter().filter(|trip| outcomes.contains(&trip.outcome)).count() as u32;
    let distance_km: f64 = vehicles.iter().map(|vehicle| vehicle.distance_km).sum();
    let energy_kwh: f64 = vehicles.iter().map(|vehicle| vehicle.energy_kwh).sum();
    let totals = Totals {
        trips_planned: trips.len() as u32,
        trips_started: count(&[TripOutcome::Underway, TripOutcome::Finished, TripOutcome::BrokenOff]),
        trips_finished: count(&[TripOutcome::Finished]),
        trips_cancelled: count(&[TripOutcome::Cancelled]),
        distance_km,
        energy_kwh,
        charged_kwh: vehicles.iter().map(|vehicle| vehicle.charged_kwh).sum(),
        energy_kwh_per_km: (distance_km > 0.0).then(|| energy_kwh / distance_km),
        others_max: day.others_max,
        others_mean: if day.ticks > 0 {
            day.others_sum as f64 / day.ticks as f64
        } else {
            0.0
        },
        others_towed: u32::try_from(day.world.traffic().tally().towed).unwrap_or(u32::MAX),
    };
    let (mut assurance, mut odd) = (Assurance::default(), OddTally::default());
    let actors = day.units.iter().filter_map(|unit| unit.actor);
    for decision in actors.filter_map(|actor| day.world.decision(actor)) {
        assurance.add(&decision.assurance);
        odd.add(&decision.odd_tally);
    }
    let line_name = match line.timetable.routes.as_slice() {
        [only] => only.long_name.clone(),
        _ => line.timetable.agency.clone(),
    };
    DayMeasures {
        site: day.site.name.clone(),
        place: day.site.place.clone(),
        line: line_name,
        date: day.date.to_string(),
        seed: day.seed.0,
        from_clock_s: day.from_s,
        to_clock_s: day.clock_s,
        patterns: pattern_measures(day),
        stops,
        punctuality: punctuality(&trips),
        trips,
        vehicles,
        passengers: day.riders.measures().clone(),
        comfort: day.observer.comfort.clone(),
        docking: day.observer.docking.clone(),
        safety: day.observer.safety.clone(),
        stops_without_reason: day.observer.stops_without_reason.clone(),
        stalls: day.observer.stalls.clone(),
        reasons: day.observer.reasons().collect(),
        assurance,
        odd,
        faults: day.faults.clone(),
        degradations: day.degradations.kept.clone(),
        degradations_count: day.degradations.count,
        totals,
    }
}

fn pattern_measures(day: &ServiceDay) -> Vec<PatternMeasures> {
    let line = &day.site.line;
    line.patterns
        .iter()
        .zip(&day.pieces)
        .map(|(pattern, pieces)| {
            let route = &line.timetable.routes[pattern.route];
            PatternMeasures {
                route: route.name.clone(),
                headsign: pattern.headsign.clone(),
                colour: route.colour.clone(),
                length_m: pattern.way.length_m,
                stops: pattern.stops.iter().map(|stop| (stop.stop, stop.distance_m)).collect(),
                pieces: pieces.clone(),
            }
        })
        .collect()
}

fn stop_measures(day: &ServiceDay, trips: &[TripMeasures], stop: usize) -> StopMeasures {
    let at = &day.site.line.stops[stop];
    let pose = day.site.network.lane_pose(at.position);
    let (arrived, waiting_s, waiting_max, left_behind) = day.riders.measures_of_stop(stop);
    let calls = || {
        trips
            .iter()
            .flat_map(|trip| &trip.calls)
            .filter(|call| call.stop == stop)
    };
    StopMeasures {
        id: at.id.clone(),
        name: at.name.clone(),
        x_m: pose.x_m,
        y_m: pose.y_m,
        arrived,
        boarded: calls().map(|call| call.boarded).sum(),
        alighted: calls().map(|call| call.alighted).sum(),
        left_behind,
        waiting_s: waiting_s.clone(),
        waiting_max,
        headways: headways(trips, stop),
    }
}

/// Regularity at one stop: all departures that go on from it, in order of time.
fn headways(trips: &[TripMeasures], stop: usize) -> Headways {
    let mut actual: Vec<f64> = Vec::new();
    let mut scheduled: Vec<f64> = Vec::new();
    for trip in trips {
        let going_on = trip.calls.len().saturating_sub(1);
        for call in trip.calls.iter().take(going_on).filter(|call| call.stop == stop) {
            if let Some(departure_s) = call.departure_s {
                actual.push(departure_s);
                scheduled.push(call.departure_s_scheduled);
            }
        }
    }
    let gaps = |times: &mut Vec<f64>| -> Vec<f64> {
        times.sort_by(f64::total_cmp);
        times
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .filter(|&gap_s| gap_s < HEADWAY_S_MAX)
            .collect()
    };
    let (actual, scheduled) = (gaps(&mut actual), gaps(&mut scheduled));
    let wait_s = |gaps: &[f64]| {
        let sum: f64 = gaps.iter().sum();
        if sum > 0.0 {
            gaps.iter().map(|gap| gap * gap).sum::<f64>() / (2.0 * sum)
        } else {
            0.0
        }
    };
    if actual.is_empty() {
        return Headways::default();
    }
    let n = actual.len() as f64;
    let mean_s = actual.iter().sum::<f64>() / n;
    let variance = actual.iter().map(|gap| (gap - mean_s) * (gap - mean_s)).sum::<f64>() / n;
    Headways {
        count: actual.len() as u32,
        mean_s,
        cv: if mean_s > 0.0 { variance.sqrt() / mean_s } else { 0.0 },
        wait_s: wait_s(&actual),
        wait_s_scheduled: wait_s(&scheduled),
    }
}

fn punctuality(trips: &[TripMeasures]) -> Punctuality {
    let mut punctuality = Punctuality {
        early: 0,
        on_time: 0,
        late: 0,
        departure_deviation_s: Distribution::new(-600.0, 10.0, 240),
        arrival_deviation_s: Distribution::new(-600.0, 10.0, 240),
    };
    for trip in trips {
        let Some((last, others)) = trip.calls.split_last() else {
            continue;
        };
        for call in others.iter().filter(|call| call.is_timing_point) {
            let Some(departure_s) = call.departure_s else { continue };
            let deviation_s = departure_s - call.departure_s_scheduled;
            punctuality.departure_deviation_s.add(deviation_s);
            if deviation_s < -EARLY_S {
                punctuality.early += 1;
            } else if deviation_s > LATE_S {
                punctuality.late += 1;
            } else {
                punctuality.on_time += 1;
            }
        }
        if let Some(arrival_s) = last.arrival_s {
            punctuality
                .arrival_deviation_s
                .add(arrival_s - last.arrival_s_scheduled);
        }
    }
    punctuality
}

/// A way in pieces of [`LINE_PIECE_M`].
pub(crate) fn pieces(network: &RoadNetwork, way: &Way) -> Vec<LinePiece> {
    if way.lanes.is_empty() {
        return Vec::new();
    }
    let count = (way.length_m / LINE_PIECE_M).ceil().max(1.0) as usize;
    (0..count)
        .map(|i| {
            let distance_m = i as f64 * LINE_PIECE_M;
            let at = way.position(network, distance_m);
            let pose = network.lane_pose(at);
            let lane = network.lane(at.lane);
            let lies_on = |wanted: StructureKind| {
                lane.structures
                    .iter()
                    .any(|&(from_m, to_m, kind)| kind == wanted && (from_m..=to_m).contains(&at.s_m))
            };
            LinePiece {
                distance_m,
                x_m: pose.x_m,
                y_m: pose.y_m,
                z_m: pose.z_m,
                speed_mps_limit: lane.speed_mps_max,
                driven_m: 0.0,
                driven_s: 0.0,
                is_tunnel: lies_on(StructureKind::Tunnel),
                is_bridge: lies_on(StructureKind::Bridge),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::Call;

    fn trip(departures: &[(f64, f64)]) -> TripMeasures {
        TripMeasures {
            id: String::new(),
            pattern: 0,
            vehicle: None,
            outcome: TripOutcome::Finished,
            calls: departures
                .iter()
                .map(|&(scheduled, actual)| Call {
                    stop: 0,
                    arrival_s_scheduled: scheduled,
                    departure_s_scheduled: scheduled,
                    arrival_s: Some(actual),
                    departure_s: Some(actual),
                    is_timing_point: true,
                    ..Call::default()
                })
                .chain([Call {
                    stop: 1,
                    ..Call::default()
                }])
                .collect(),
            trajectory: Vec::new(),
            energy_wh: 0.0,
        }
    }

    #[test]
    fn bunched_vehicles_cost_passengers_a_wait_that_the_timetable_did_not_plan() {
        // Every 600 s on paper; in truth two by two: 0 and 1200 s apart.
        let trips: Vec<TripMeasures> = (0..7)
            .map(|i| {
                let scheduled = f64::from(i) * 600.0;
                trip(&[(scheduled, if i % 2 == 0 { scheduled } else { scheduled + 600.0 })])
            })
            .collect();
        let found = headways(&trips, 0);
        assert_eq!((found.count, found.wait_s_scheduled), (6, 300.0));
        assert!((found.excess_wait_s() - 300.0).abs() < 1e-9, "{found:?}");
        let regular: Vec<TripMeasures> = (0..7)
            .map(|i| trip(&[(f64::from(i) * 600.0, f64::from(i) * 600.0)]))
            .collect();
        assert_eq!(
            (headways(&regular, 0).cv, headways(&regular, 0).excess_wait_s()),
            (0.0, 0.0)
        );
    }

    #[test]
    fn a_departure_is_on_time_from_one_minute_early_to_five_minutes_late() {
        let trips = [trip(&[
            (1000.0, 939.0),
            (2000.0, 1940.0),
            (3000.0, 3300.0),
            (4000.0, 4301.0),
        ])];
        let found = punctuality(&trips);
        assert_eq!((found.early, found.on_time, found.late), (1, 2, 1));
    }
}
