//! Generation rules: messages come when the standards ask for them, and can be encoded.

use messages::Message;
use messages::security::ItsTime;
use network::facilities::cam::CamService;
use network::facilities::cpm::{self, CpmService, Perceived};
use network::facilities::denm::DenmService;
use network::facilities::spatem::{self, Phase, SpatemService};
use network::facilities::{Kinematics, Place, StationKind};
use road::SignalColour;
use std::time::Duration;
use vehicle::{Indicator, ObjectKind};

const START: ItsTime = ItsTime(700_000_000_000_000);
const TICK: Duration = Duration::from_millis(100);

fn at(tick: u32) -> ItsTime {
    START.after(TICK * tick)
}

fn bus(east_m: f64, speed_mps: f64) -> Kinematics {
    Kinematics {
        station: 7,
        kind: StationKind::Bus,
        place: Place {
            latitude_deg: 29.35,
            longitude_deg: 105.9 + east_m / 97_000.0,
            altitude_m: 300.0,
        },
        heading_rad: 0.0,
        speed_mps,
        acceleration_mps2: 0.0,
        yaw_rate_rad_per_s: 0.0,
        length_m: 6.0,
        width_m: 2.1,
        indicator: Indicator::Left,
        boards: Some(false),
    }
}

/// Ticks at which a bus that drives so sends a CAM, in ten seconds.
fn cams(speed_mps: f64, least: Duration) -> Vec<u32> {
    let mut service = CamService::default();
    let sends = |tick: &u32| {
        let own = bus(speed_mps * f64::from(*tick) * 0.1, speed_mps);
        let message = service.poll(at(*tick), &own, least);
        message.inspect(assert_survives).is_some()
    };
    (0..100).filter(sends).collect()
}

/// What is generated can be sent, and reads as it was written.
fn assert_survives(message: &Message) {
    let bytes = message.to_uper().unwrap();
    assert_eq!(Message::from_uper(&bytes, None).unwrap(), *message);
    let json = message.to_json().unwrap();
    assert_eq!(Message::from_json(message.kind(), json).unwrap(), *message);
}

#[test]
fn a_standing_bus_tells_of_itself_each_second() {
    let ticks = cams(0.0, TICK);
    assert_eq!(ticks, (0..100).step_by(10).collect::<Vec<_>>());
}

#[test]
fn a_moving_bus_tells_of_itself_each_four_metres_and_never_more_than_ten_times_a_second() {
    // 10 m/s: more than 4 m have gone after 0.5 s.
    assert_eq!(cams(10.0, TICK), (0..100).step_by(5).collect::<Vec<_>>());
    assert_eq!(cams(60.0, TICK).len(), 100);
}

#[test]
fn congestion_control_slows_it_down() {
    assert_eq!(
        cams(60.0, Duration::from_millis(250)),
        (0..100).step_by(3).collect::<Vec<_>>()
    );
}

#[test]
fn a_change_of_speed_is_told_at_once_and_its_rhythm_kept_for_three_messages() {
    let mut service = CamService::default();
    let mut sent = Vec::new();
    for tick in 0..40 {
        let speed_mps = if tick < 2 { 0.0 } else { 0.6 };
        if service.poll(at(tick), &bus(0.0, speed_mps), TICK).is_some() {
            sent.push(tick);
        }
    }
    assert_eq!(sent, [0, 2, 4, 6, 8, 18, 28, 38]);
}

#[test]
fn the_low_frequency_container_comes_twice_a_second_at_most() {
    let mut service = CamService::default();
    let with: Vec<u32> = (0..20)
        .filter(|&tick| {
            let message = service.poll(at(tick), &bus(6.0 * f64::from(tick), 60.0), TICK);
            let Some(Message::Cam(cam)) = message else { return false };
            cam.cam.cam_parameters.low_frequency_container.is_some()
        })
        .collect();
    assert_eq!(with, [0, 5, 10, 15]);
}

fn car(number: u16, east_m: f64, speed_mps: f64, tick: u32) -> Perceived {
    Perceived {
        number,
        kind: ObjectKind::Car,
        east_m,
        north_m: -3.0,
        heading_rad: 0.0,
        speed_mps,
        length_m: 4.5,
        width_m: 1.8,
        measured: at(tick),
    }
}

fn mast() -> CpmService {
    CpmService::new(1, bus(0.0, 0.0).place, Vec::new())
}

/// Numbers of the objects that a message holds.
fn told(message: Option<Message>, tick: u32) -> Vec<u16> {
    let Some(message) = message else { return Vec::new() };
    assert_survives(&message);
    let Message::Cpm(cpm) = message else {
        panic!("not a CPM")
    };
    let objects = cpm::objects(&cpm, at(tick)).1;
    let mut numbers: Vec<u16> = objects.iter().map(|object| object.number).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn an_object_is_told_when_new_when_it_moved_and_each_second() {
    let mut service = mast();
    let mut ticks = Vec::new();
    for tick in 0..30 {
        let objects = [car(1, 0.0, 0.0, tick), car(2, f64::from(tick), 10.0, tick)];
        for number in told(service.poll(at(tick), &objects, TICK), tick) {
            ticks.push((number, tick));
        }
    }
    let of = |number| {
        ticks
            .iter()
            .filter(|told| told.0 == number)
            .map(|told| told.1)
            .collect::<Vec<u32>>()
    };
    assert_eq!(of(1), [0, 10, 20], "one that stands");
    assert_eq!(of(2), [0, 5, 10, 15, 20, 25], "one that drives 10 m/s");
}

#[test]
fn all_people_are_told_together_each_half_second() {
    let mut service = mast();
    let person = |number, tick| Perceived {
        kind: ObjectKind::Pedestrian,
        length_m: 0.5,
        width_m: 0.5,
        ..car(number, 5.0, 0.0, tick)
    };
    let mut ticks = Vec::new();
    for tick in 0..12 {
        let mut objects = vec![person(1, tick)];
        if tick >= 2 {
            objects.push(person(2, tick));
        }
        let numbers = told(service.poll(at(tick), &objects, TICK), tick);
        if !numbers.is_empty() {
            ticks.push((tick, numbers));
        }
    }
    assert_eq!(ticks, [(0, vec![1]), (2, vec![1, 2]), (7, vec![1, 2])]);
}

#[test]
fn a_crowd_is_told_in_parts_and_nobody_is_forgotten() {
    let mut service = mast();
    let crowd = |tick| {
        (0..70)
            .map(move |number| car(number, f64::from(number), 0.0, tick))
            .collect::<Vec<_>>()
    };
    let mut numbers: Vec<u16> = (0..3)
        .flat_map(|tick| told(service.poll(at(tick), &crowd(tick), TICK), tick))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..70).collect::<Vec<u16>>());
}

#[test]
fn what_is_told_is_what_was_seen_to_the_resolution_of_the_message() {
    let mut service = mast();
    let mut object = car(9, 61.337, 8.421, 0);
    object.heading_rad = 2.1;
    object.kind = ObjectKind::Cyclist;
    let message = service.poll(at(1), &[object], TICK);
    let Some(Message::Cpm(cpm)) = message else {
        panic!("no CPM")
    };
    let (place, objects) = cpm::objects(&cpm, at(1));
    assert!((place.latitude_deg - 29.35).abs() < 1e-7);
    let back = objects[0];
    assert_eq!((back.number, back.kind, back.measured), (9, ObjectKind::Cyclist, at(0)));
    assert!((back.east_m - 61.337).abs() < 0.006 && (back.north_m + 3.0).abs() < 0.006);
    assert!((back.speed_mps - 8.421).abs() < 0.02 && (back.heading_rad - 2.1).abs() < 0.001);
    assert!((back.length_m - 4.5).abs() < 0.06 && (back.width_m - 1.8).abs() < 0.06);
}

#[test]
fn an_emergency_braking_is_told_repeated_and_taken_back() {
    let mut service = DenmService::default();
    let mut log = Vec::new();
    for tick in 0..8 {
        let mut own = bus(0.0, 12.0 - f64::from(tick));
        own.acceleration_mps2 = if (1..4).contains(&tick) { -8.0 } else { 0.0 };
        for message in service.poll(at(tick), &own, false) {
            assert_survives(&message);
            let json = message.to_json().unwrap();
            let management = &json["denm"]["management"];
            log.push((tick, management["termination"].as_str().map(str::to_owned)));
        }
    }
    assert_eq!(
        log,
        [(1, None), (2, None), (3, None), (4, Some("isCancellation".to_owned()))]
    );
}

#[test]
fn a_bus_that_stands_on_the_road_warns_after_half_a_minute_but_not_at_its_stop() {
    let first = |is_at_stop: bool| {
        let mut service = DenmService::default();
        (0..400).find(|&tick| !service.poll(at(tick), &bus(0.0, 0.0), is_at_stop).is_empty())
    };
    assert_eq!(first(false), Some(300));
    assert_eq!(first(true), None);
}

#[test]
fn a_junction_tells_a_change_of_light_at_once() {
    let mut service = SpatemService::new(1, 5);
    let mut ticks = Vec::new();
    for tick in 0..25 {
        let colour = if tick < 13 {
            SignalColour::Green
        } else {
            SignalColour::Amber
        };
        let phase = Phase {
            group: 3,
            colour,
            changes_at: Some(at(if tick < 13 { 13 } else { 43 })),
        };
        if let Some(message) = service.poll(at(tick), &[phase]) {
            assert_survives(&message);
            let Message::Spatem(spatem) = message else {
                panic!("not a SPATEM")
            };
            assert_eq!(spatem::phases(&spatem, at(tick)), [(5, phase)]);
            ticks.push(tick);
        }
    }
    assert_eq!(ticks, [0, 10, 13, 23]);
}

#[test]
fn a_request_for_priority_and_its_answer_survive_the_way_through_bytes() {
    use network::facilities::srem::{self, Request};
    let request = Request {
        station: 7,
        number: 3,
        junction: 12,
        lane_in: 4,
        lane_out: 9,
        arrives: at(173),
    };
    let message = request.message(at(20), true);
    assert_survives(&message);
    let Message::Srem(srem) = &message else {
        panic!("not an SREM")
    };
    assert_eq!(srem::requests(srem, at(21)), [request]);
    let answer = request.answer(at(22), 99, true);
    assert_survives(&answer);
    assert_eq!(
        answer.to_json().unwrap()["ssm"]["status"][0]["sigStatus"][0]["status"],
        "granted"
    );
}
