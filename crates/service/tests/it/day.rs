//! Half an hour of a line of two stops, played with the real driver.

use crate::town::{files, network};
use service::{DayMeasures, DayOptions, ServiceDay, ServiceEvent, ServiceEventKind, Site, TripOutcome};
use std::sync::Arc;
use vehicle::{FaultKind, Faults};

/// Plays the site with changes to its files; `each` may meddle after every tick.
fn play(changed: &[(&str, &str)], options: &DayOptions, mut each: impl FnMut(&mut ServiceDay)) -> Played {
    let site = Arc::new(Site::load_on(&files(changed), network()).expect("the test site is sound"));
    let mut day = ServiceDay::new(site, options).expect("the day can begin");
    let mut events = Vec::new();
    while !day.is_done() {
        events.extend_from_slice(day.step());
        each(&mut day);
    }
    let digest = day.world().digest();
    Played {
        measures: day.finish(),
        events,
        digest,
    }
}

struct Played {
    measures: DayMeasures,
    events: Vec<ServiceEvent>,
    digest: Option<String>,
}

fn quiet() -> DayOptions {
    DayOptions {
        traffic_scale: 0.0,
        ..DayOptions::default()
    }
}

#[test]
fn a_morning_runs_to_time_and_loses_nobody() {
    let Played { measures, events, .. } = play(&[], &quiet(), |_| ());
    let outcomes: Vec<TripOutcome> = measures.trips.iter().map(|trip| trip.outcome).collect();
    assert_eq!(outcomes, [TripOutcome::Finished; 3], "{:#?}", measures.stalls);
    let people = &measures.passengers;
    assert!(people.arrived > 40, "{people:?}");
    assert_eq!(
        people.arrived,
        people.walking + people.waiting + people.riding + people.done + people.gave_up
    );
    assert_eq!(
        people.boarded,
        measures
            .trips
            .iter()
            .flat_map(|trip| &trip.calls)
            .map(|call| call.boarded)
            .sum::<u32>()
    );
    assert_eq!(
        people.done,
        measures
            .trips
            .iter()
            .flat_map(|trip| &trip.calls)
            .map(|call| call.alighted)
            .sum::<u32>()
    );
    let most = measures
        .trips
        .iter()
        .flat_map(|trip| &trip.calls)
        .map(|call| call.load)
        .max();
    assert!(most <= Some(19), "{most:?}");
    for trip in &measures.trips {
        for call in trip.calls.iter().take(2) {
            let late_s = call.departure_s.unwrap() - call.departure_s_scheduled;
            assert!((0.0..120.0).contains(&late_s), "{} s late: {trip:#?}", late_s);
        }
        for pair in trip.trajectory.windows(2) {
            assert!(pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1 + 1e-6, "{pair:?}");
        }
    }
    assert_eq!(measures.safety.collisions.count, 0, "{:?}", measures.safety.collisions);
    let started = events
        .iter()
        .filter(|event| event.kind == ServiceEventKind::TripStarted)
        .count();
    assert_eq!(started, 3);
    assert!(
        measures
            .vehicles
            .iter()
            .all(|vehicle| vehicle.state_of_charge_min > 0.5)
    );
}

#[test]
fn one_thread_and_four_play_the_same_day() {
    let options = |threads| DayOptions {
        threads,
        keeps_digest: true,
        to_s: Some(7.0 * 3600.0 + 300.0),
        ..DayOptions::default()
    };
    let (one, four) = (play(&[], &options(1), |_| ()), play(&[], &options(4), |_| ()));
    assert!(one.digest.is_some());
    assert_eq!(one.digest, four.digest);
    assert_eq!(one.measures, four.measures);
    assert_eq!(one.events, four.events);
}

#[test]
fn a_spare_takes_over_when_a_vehicle_breaks_down_at_the_terminal() {
    // One vehicle would do; the second is the spare.
    let broken = Faults::only(FaultKind::Lidar);
    let Played { measures, events, .. } = play(&[], &quiet(), |day| {
        if day.clock_s() < 7.0 * 3600.0 + 240.0 {
            day.set_faults(0, broken);
        }
    });
    assert_eq!(measures.trips[0].vehicle, Some(1));
    assert_ne!(measures.trips[0].outcome, TripOutcome::Cancelled);
    let exchanged = |event: &&ServiceEvent| matches!(event.kind, ServiceEventKind::TripsExchanged { .. });
    assert!(events.iter().any(|event| exchanged(&event)));
}

#[test]
fn who_finds_no_place_is_left_behind_and_counted() {
    let crowd = "from_stop_id,to_stop_id,hour,passengers\nA,B,6,1500\n";
    let Played { measures, .. } = play(&[("demand/passengers.csv", crowd)], &quiet(), |_| ());
    let first = &measures.trips[0].calls[0];
    assert_eq!(first.load, 19);
    assert!(first.left_behind > 0);
    assert_eq!(measures.trips[0].calls[1].alighted, 19);
    assert!(measures.passengers.left_behind >= first.left_behind);
}

#[test]
fn a_vehicle_ordered_to_stop_stands_until_released_and_finishes_its_trip() {
    let mut stood_s = 0.0_f64;
    let mut moved_again = false;
    let (mut ordered, mut released) = (None, None);
    let Played { measures, events, .. } = play(&[], &quiet(), |day| {
        let view = day.vehicles().next().expect("a vehicle");
        let (phase, orders) = (view.phase, view.is_ordered_to_stop);
        let speed_mps = view.actor.map_or(0.0, |actor| day.world().vehicle(actor).ego.speed_mps);
        let now_s = day.clock_s();
        match (ordered, released) {
            (None, _) if phase == service::Phase::Driving && speed_mps > 5.0 => {
                day.order_stop(0, true);
                day.order_stop(0, true);
                ordered = Some(now_s);
            }
            (Some(since_s), None) if now_s < since_s + 60.0 => {
                assert!(orders);
                assert!(
                    now_s < since_s + 20.0 || speed_mps < 0.05,
                    "it still drives at {speed_mps} m/s"
                );
                stood_s += if speed_mps < 0.05 { 0.1 } else { 0.0 };
            }
            (Some(_), None) => {
                day.order_stop(0, false);
                released = Some(now_s);
            }
            _ => moved_again |= speed_mps > 5.0,
        }
    });
    assert!(stood_s > 40.0, "it stood for {stood_s} s");
    assert!(moved_again);
    let count = |kind: &ServiceEventKind| events.iter().filter(|event| event.kind == *kind).count();
    assert_eq!(count(&ServiceEventKind::StopOrdered), 1);
    assert_eq!(count(&ServiceEventKind::StopReleased), 1);
    assert!(measures.trips.iter().all(|trip| trip.outcome == TripOutcome::Finished));
    assert_eq!(measures.safety.collisions.count, 0);
}

#[test]
fn a_vehicle_ordered_to_stop_at_a_stop_does_not_leave_it() {
    let Played { measures, .. } = play(&[], &quiet(), |day| day.order_stop(0, true));
    assert!(measures.vehicles[0].distance_km < 0.001, "{:?}", measures.vehicles[0]);
}
