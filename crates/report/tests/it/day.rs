//! A made-up service day: three vehicles, four stops, a trip each way every twenty minutes, delays that come and go.

use service::*;
use vehicle::{Assurance, Reason};

const STOPS: [(&str, f64); 4] = [
    ("Science Park", 0.0),
    ("East Gate", 1700.0),
    ("Hospital", 3100.0),
    ("Station <A & B>", 4900.0),
];

/// The whole day, or an empty one on which nothing was measured.
pub fn day() -> DayMeasures {
    let mut day = empty_day();
    let mut waiting = Distribution::new(0.0, 30.0, 60);
    for i in 0..400u32 {
        waiting.add(f64::from(i * i % 1190));
    }
    for trip in 0..100usize {
        day.trips.push(trip_of(trip));
    }
    for call in day.trips.iter().flat_map(|t| &t.calls) {
        if let Some(departure_s) = call.departure_s {
            day.punctuality
                .departure_deviation_s
                .add(departure_s - call.departure_s_scheduled);
            day.punctuality.on_time += 1;
        }
        if let Some(dock) = call.docking {
            day.docking.along_m.add(dock.along_m.abs());
            day.docking.kerb_gap_m.add(dock.kerb_gap_m);
            day.docking.within_target += 1;
        }
    }
    day.punctuality.late = 9;
    day.punctuality.early = 1;
    for i in 0..50 {
        day.punctuality.arrival_deviation_s.add(-40.0 + 9.0 * f64::from(i % 17));
    }
    for (i, stop) in day.stops.iter_mut().enumerate() {
        let n = i as u32 + 1;
        (stop.arrived, stop.boarded, stop.alighted, stop.waiting_max) = (120 * n, 118 * n, 90 * n, 7 + n);
        stop.waiting_s = waiting.clone();
        stop.headways = Headways {
            count: 49,
            mean_s: 1205.0,
            cv: 0.08,
            wait_s: 611.0,
            wait_s_scheduled: 600.0,
        };
    }
    day.passengers = PassengerMeasures {
        arrived: 1200,
        walking: 3,
        waiting: 5,
        riding: 2,
        done: 1190,
        boarded: 1192,
        left_behind: 4,
        left_behind_once: 4,
        gave_up: 2,
        waiting_s: waiting.clone(),
        riding_s: waiting,
        arrived_by_hour: (0..24)
            .map(|h| {
                if (5..23).contains(&h) {
                    30 + 90 * u32::from(h == 7 || h == 17)
                } else {
                    0
                }
            })
            .collect(),
    };
    for i in 0..4000 {
        let wave = libm_free_sine(f64::from(i) * 0.37);
        day.comfort.acceleration_mps2.add(0.6 * wave);
        day.comfort.lateral_acceleration_mps2.add((0.5 * wave).abs());
        day.comfort.jerk_mps3.add((0.7 * wave * wave).abs());
    }
    day.comfort.jerk_events = 3;
    for (i, v) in day.vehicles.iter_mut().enumerate() {
        (v.trips, v.distance_km, v.energy_kwh, v.charged_kwh) = (33, 163.4, 61.0 + i as f64, 40.0);
        v.state_of_charge = (0..1020)
            .map(|m| {
                (
                    5.5 * 3600.0 + 60.0 * f64::from(m),
                    0.9 - 0.4 * f64::from(m % (400 + 60 * i as u32)) / 460.0,
                )
            })
            .collect();
        v.state_of_charge_min = 0.5;
    }
    day.safety.closest_approaches = (0..4)
        .map(|i| Approach {
            gap_m: 0.82 + 0.3 * f64::from(i),
            clock_s: 29_000.0 + 811.0 * f64::from(i),
            vehicle: i as usize % 3,
            rival: ["pedestrian", "car", "bicycle", "truck"][i as usize].to_owned(),
            speed_mps: 1.5 + f64::from(i),
            x_m: 900.0 * f64::from(i),
            y_m: 120.0,
        })
        .collect();
    let incident = |duration_s, reason| Incident {
        clock_s: 40_000.0,
        vehicle: 1,
        x_m: 1690.0,
        y_m: 5.0,
        duration_s,
        reason,
    };
    day.safety.time_to_collision_s_min = Some(2.31);
    day.safety.time_to_collision_at = Some(incident(0.0, Reason::Follow));
    for i in 0..300 {
        day.safety.time_to_collision_s.add(2.3 + 7.7 * f64::from(i % 97) / 97.0);
    }
    day.stops_without_reason = Incidents {
        count: 1,
        kept: vec![incident(7.0, Reason::Cruise)],
    };
    day.totals = Totals {
        trips_planned: 100,
        trips_started: 99,
        trips_finished: 98,
        trips_cancelled: 1,
        distance_km: 490.2,
        energy_kwh: 186.0,
        charged_kwh: 120.0,
        energy_kwh_per_km: Some(186.0 / 490.2),
        others_max: 612,
        others_mean: 304.7,
        others_towed: 0,
    };
    day
}

/// Nothing was played: no trip ran, nothing was measured.
pub fn empty_day() -> DayMeasures {
    let stop = |(i, (name, x_m)): (usize, (&str, f64))| StopMeasures {
        id: format!("S{i}"),
        name: name.to_owned(),
        x_m,
        y_m: 10.0 * i as f64,
        arrived: 0,
        boarded: 0,
        alighted: 0,
        left_behind: 0,
        waiting_s: Distribution::new(0.0, 30.0, 60),
        waiting_max: 0,
        headways: Headways::default(),
    };
    let pattern = |headsign: &str, stops: Vec<(usize, f64)>| PatternMeasures {
        route: "Line 1".to_owned(),
        headsign: headsign.to_owned(),
        colour: "#0072b2".to_owned(),
        length_m: 4900.0,
        pieces: (0..245)
            .map(|i| LinePiece {
                distance_m: 20.0 * f64::from(i),
                x_m: 20.0 * f64::from(i),
                y_m: 0.0,
                z_m: 0.0,
                speed_mps_limit: 13.9,
                driven_m: 20.0,
                driven_s: 2.0 + f64::from(i % 40) / 20.0,
                is_tunnel: (100..120).contains(&i),
                is_bridge: false,
            })
            .collect(),
        stops,
    };
    let there: Vec<(usize, f64)> = STOPS.iter().enumerate().map(|(i, s)| (i, s.1)).collect();
    let back: Vec<(usize, f64)> = STOPS.iter().enumerate().rev().map(|(i, s)| (i, 4900.0 - s.1)).collect();
    let vehicle = |i: usize| VehicleMeasures {
        name: format!("Bus {}", i + 1),
        sheet: "minibus".to_owned(),
        places: 19,
        distance_km: 0.0,
        energy_kwh: 0.0,
        charged_kwh: 0.0,
        state_of_charge: Vec::new(),
        state_of_charge_min: 1.0,
        moving_s: 30_000.0,
        in_service_s: 50_000.0,
        charging_s: 4000.0,
        fault_s: 0.0,
        trips: 0,
    };
    let none = || Distribution::new(0.0, 1.0, 1);
    DayMeasures {
        site: "testville".to_owned(),
        place: "Testville".to_owned(),
        line: "Autonomous line 1".to_owned(),
        date: "2026-05-12".to_owned(),
        seed: 7,
        from_clock_s: 5.5 * 3600.0,
        to_clock_s: 22.5 * 3600.0,
        patterns: vec![pattern("Station", there), pattern("Science Park", back)],
        stops: STOPS.into_iter().enumerate().map(stop).collect(),
        trips: Vec::new(),
        vehicles: (0..3).map(vehicle).collect(),
        punctuality: Punctuality {
            early: 0,
            on_time: 0,
            late: 0,
            departure_deviation_s: Distribution::new(-300.0, 10.0, 120),
            arrival_deviation_s: Distribution::new(-300.0, 10.0, 120),
        },
        passengers: PassengerMeasures {
            arrived: 0,
            walking: 0,
            waiting: 0,
            riding: 0,
            done: 0,
            boarded: 0,
            left_behind: 0,
            left_behind_once: 0,
            gave_up: 0,
            waiting_s: none(),
            riding_s: none(),
            arrived_by_hour: vec![0; 48],
        },
        comfort: Comfort {
            acceleration_mps2: Distribution::new(-5.0, 0.05, 200),
            lateral_acceleration_mps2: Distribution::new(0.0, 0.05, 100),
            jerk_mps3: Distribution::new(0.0, 0.05, 200),
            acceleration_events: 0,
            lateral_events: 0,
            jerk_events: 0,
            hard_braking_events: 0,
        },
        docking: Docking {
            along_m: Distribution::new(0.0, 0.02, 100),
            kerb_gap_m: Distribution::new(-0.2, 0.01, 100),
            within_target: 0,
            kerb_is_assumed: false,
        },
        safety: Safety {
            closest_approaches: Vec::new(),
            time_to_collision_s_min: None,
            time_to_collision_at: None,
            time_to_collision_s: Distribution::new(0.0, 0.25, 40),
            collisions: Incidents::default(),
        },
        stops_without_reason: Incidents::default(),
        stalls: Incidents::default(),
        reasons: Vec::new(),
        assurance: Assurance::default(),
        odd: vehicle::OddTally::default(),
        faults: Vec::new(),
        degradations: Vec::new(),
        degradations_count: 0,
        totals: Totals::default(),
    }
}

fn trip_of(n: usize) -> TripMeasures {
    let start_s = 5.5 * 3600.0 + 1200.0 * (n / 2) as f64 + 600.0 * (n % 2) as f64;
    let delay_s = 70.0 + 60.0 * libm_free_sine(n as f64 * 0.3);
    let order: Vec<usize> = if n.is_multiple_of(2) {
        vec![0, 1, 2, 3]
    } else {
        vec![3, 2, 1, 0]
    };
    let distance = |stop: usize| {
        if n.is_multiple_of(2) {
            STOPS[stop].1
        } else {
            4900.0 - STOPS[stop].1
        }
    };
    let calls: Vec<Call> = order
        .iter()
        .enumerate()
        .map(|(i, &stop)| {
            let due = start_s + distance(stop) / 7.0;
            Call {
                stop,
                distance_m: distance(stop),
                arrival_s_scheduled: due,
                departure_s_scheduled: due + 20.0,
                is_timing_point: i != 3,
                arrival_s: Some(due + delay_s - 20.0),
                departure_s: Some(due + delay_s),
                held_s: 0.0,
                boarded: 3,
                alighted: 2,
                left_behind: 0,
                load: if i == 3 { 0 } else { (n % 11 + 3 * i) as u32 },
                docking: Some(Dock {
                    along_m: 0.01 * (n % 23) as f64 - 0.1,
                    kerb_gap_m: 0.05 + 0.004 * (n % 17) as f64,
                    heading_rad: 0.0,
                }),
            }
        })
        .collect();
    TripMeasures {
        id: format!("T{n:03}"),
        pattern: n % 2,
        vehicle: Some(n % 3),
        outcome: TripOutcome::Finished,
        trajectory: (0..=70)
            .map(|i| (start_s + delay_s + 10.0 * f64::from(i), 70.0 * f64::from(i)))
            .collect(),
        calls,
        energy_wh: 1850.0,
    }
}

/// A wave between -1 and 1 of exact arithmetic, the same on every machine (Bhaskara's sine).
fn libm_free_sine(x: f64) -> f64 {
    let turn = x / core::f64::consts::TAU;
    let t = turn - turn.floor();
    let (sign, u) = if t < 0.5 { (1.0, 2.0 * t) } else { (-1.0, 2.0 * t - 1.0) };
    let p = u * (1.0 - u);
    sign * 16.0 * p / (5.0 - 4.0 * p)
}
