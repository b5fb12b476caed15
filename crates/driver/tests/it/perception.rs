//! What a perception makes of detections, one lidar scan after the other, by a vehicle that stands at the roadside.

use crate::course::one_street;
use driver::{MapPerception, gospa};
use record::SimTime;
use road::Pose;
use std::sync::Arc;
use vehicle::{
    DataSheet, Detection, EgoState, Fix, Measurements, Mission, Motion, ObjectKind, Observation, Perception, Scan,
    SensorKind,
};

/// Somebody on the plane: x, y, heading, length, width.
#[derive(Clone, Copy)]
struct Thing {
    kind: ObjectKind,
    x_m: f64,
    y_m: f64,
    heading_rad: f64,
    size_m: [f64; 2],
}

fn car(x_m: f64, y_m: f64, heading_rad: f64) -> Thing {
    Thing {
        kind: ObjectKind::Car,
        x_m,
        y_m,
        heading_rad,
        size_m: [4.5, 1.8],
    }
}

fn person(x_m: f64, y_m: f64) -> Thing {
    Thing {
        kind: ObjectKind::Pedestrian,
        x_m,
        y_m,
        heading_rad: 1.57,
        size_m: [0.5, 0.5],
    }
}

/// An error of a few centimetres that is different for every scan and thing, and the same in every run.
fn error_m(scan: usize, thing: usize) -> f64 {
    0.12 * (((scan * 7 + thing * 13) as f64 * 0.618_034).fract() - 0.5)
}

/// What the vehicle observes after each of `scans` scans of its roof lidar, a tenth of a second apart.
fn perceive(scans: usize, scene: impl Fn(usize) -> Vec<Thing>) -> Vec<Observation> {
    let sheet = DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}"));
    let network = Arc::new(one_street(&[(-200.0, 0.0, 0.0), (0.0, 0.0, 0.0), (200.0, 0.0, 0.0)], 1));
    let mut perception = MapPerception::new(network, &sheet);
    perception.wake(Pose::default());
    let lidar = sheet
        .sensors
        .iter()
        .position(|sensor| sensor.kind == SensorKind::Lidar)
        .expect("it has one");
    let mut told = Vec::new();
    for scan in 0..scans {
        let made = SimTime::from_millis(100 * scan as i64);
        let things = scene(scan);
        let detect = |(index, thing): (usize, &Thing)| Detection {
            x_m: thing.x_m + error_m(scan, index),
            y_m: thing.y_m + error_m(scan + 5, index),
            along_deviation_m: 0.05,
            across_deviation_m: 0.05,
            heading_rad: Some(thing.heading_rad),
            size_m: Some(thing.size_m),
            kind: Some(thing.kind),
            ..Detection::default()
        };
        let measurements = Measurements {
            motions: vec![Motion {
                made,
                ..Motion::default()
            }],
            fixes: vec![Fix {
                made,
                deviation_m: 0.02,
                ..Fix::default()
            }],
            scans: vec![Scan {
                sensor: lidar,
                made,
                detections: things.len(),
            }],
            detections: things.iter().enumerate().map(detect).collect(),
            ..Measurements::default()
        };
        let mut observation = Observation {
            time: made + SimTime::from_millis(100),
            ego: EgoState {
                pose: Pose {
                    x_m: f64::NAN,
                    ..Pose::default()
                },
                speed_mps: 0.0,
                acceleration_mps2: 0.0,
                yaw_rate_rad_per_s: 0.0,
                steering_angle_rad: 0.0,
                state_of_charge: 0.8,
                passengers: 0,
                door_is_open: false,
                faults: vehicle::Faults::default(),
            },
            objects: Vec::new(),
            signals: Vec::new(),
            mission: Arc::new(Mission::default()),
            visibility_m: 120.0,
            environment: vehicle::Environment::default(),
        };
        perception.perceive(&measurements, &mut observation);
        told.push(observation);
    }
    told
}

/// The number of the track nearest to a point, if one is within two metres.
fn number_at(observation: &Observation, x_m: f64, y_m: f64) -> Option<u32> {
    let away_m = |x: f64, y: f64| libm::hypot(x - x_m, y - y_m);
    let near = observation.objects.iter().filter(|o| away_m(o.x_m, o.y_m) < 2.0);
    near.min_by(|a, b| away_m(a.x_m, a.y_m).total_cmp(&away_m(b.x_m, b.y_m)))
        .map(|object| object.track)
}

#[test]
fn place_and_speed_of_a_car_are_known_within_a_second_of_its_coming_into_sight() {
    let told = perceive(30, |scan| {
        vec![car(60.0 - 1.2 * scan as f64, 3.0, std::f64::consts::PI)]
    });
    assert!(told[3].objects.len() == 1, "believed in after a few scans");
    for (scan, observation) in told.iter().enumerate().skip(10) {
        let object = observation.objects[0];
        // The observation is of a tenth of a second after the scan.
        let x_m = 60.0 - 1.2 * (scan + 1) as f64;
        assert!((object.x_m - x_m).abs() < 0.2, "scan {scan}: {} for {x_m}", object.x_m);
        assert!(
            (object.speed_mps - 12.0).abs() < 0.5,
            "scan {scan}: {} m/s",
            object.speed_mps
        );
        assert_eq!(object.kind, ObjectKind::Car);
    }
}

#[test]
fn two_who_pass_each_other_within_a_metre_keep_their_numbers() {
    // Two people walk towards each other and past.
    let place = |scan: usize| 0.13 * scan as f64 - 4.0;
    let told = perceive(60, |scan| vec![person(20.0, place(scan)), person(20.7, -place(scan))]);
    let numbers = |scan: usize| {
        let o = &told[scan];
        (number_at(o, 20.0, place(scan)), number_at(o, 20.7, -place(scan)))
    };
    let first = numbers(8);
    assert!(first.0.is_some() && first.1.is_some() && first.0 != first.1);
    assert_eq!(numbers(59), first);
}

#[test]
fn who_is_hidden_for_a_while_is_still_believed_in_and_known_again() {
    let lorry = Thing {
        kind: ObjectKind::Truck,
        x_m: 20.0,
        y_m: 5.0,
        heading_rad: 1.57,
        size_m: [7.0, 2.5],
    };
    // A car crosses behind the lorry at 8 m/s.
    let place = |scan: usize| -16.0 + 0.8 * scan as f64;
    let is_hidden = |scan: usize| (1.8..15.5).contains(&place(scan));
    let told = perceive(50, |scan| {
        let mut things = vec![lorry];
        if !is_hidden(scan) {
            things.push(car(34.0, place(scan), 1.57));
        }
        things
    });
    let number = |scan: usize| number_at(&told[scan], 34.0, place(scan + 1));
    let before = number(15);
    assert!(before.is_some());
    assert_eq!(number(30), before, "hidden, and carried on where it must be");
    assert_eq!(number(48), before, "seen again as the same");
}

#[test]
fn a_thing_that_is_seen_once_is_told_to_nobody_and_one_that_leaves_is_soon_forgotten() {
    let told = perceive(40, |scan| {
        let mut things = vec![car(15.0, -8.0, 0.0)];
        if scan % 9 == 4 {
            things.push(person(10.0 + scan as f64, 4.0 - scan as f64));
        }
        if scan < 20 {
            things.push(person(25.0, 6.0));
        }
        things
    });
    let found = |scan: usize| -> Vec<[f64; 2]> { told[scan].objects.iter().map(|o| [o.x_m, o.y_m]).collect() };
    let before = gospa(&[[15.0, -8.0], [25.0, 6.0]], &found(18), 2.0);
    assert_eq!((before.missed, before.phantoms), (0, 0));
    for scan in 24..40 {
        let metric = gospa(&[[15.0, -8.0]], &found(scan), 2.0);
        assert_eq!(
            (metric.missed, metric.phantoms),
            (0, 0),
            "scan {scan}: {:?}",
            found(scan)
        );
    }
}
