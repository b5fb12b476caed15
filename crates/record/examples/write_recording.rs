//! Writes a recording with every kind of record, for whoever wants to see one or to try a tool on it:
//!
//!     cargo run -p record --example write_recording -- sample.mcap
//!     python tests/python/check_recording.py sample.mcap --site example
//!
//! A vehicle drives a circle of 50 m radius for a minute; it is told as Westline's state and frame, as Foxglove's scene,
//! transform and position, and as OSI's ground truth.

#![expect(clippy::print_stdout, reason = "the example tells what it did")]

use record::schema::{foxglove, osi3, westline};
use record::{RecordError, Recording, RecordingInfo, Seed, SimTime, scene};
use std::path::PathBuf;

const RADIUS_M: f64 = 50.0;
const SPEED_MPS: f64 = 8.0;

fn main() -> Result<(), RecordError> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("sample.mcap"), PathBuf::from);
    let info = RecordingInfo {
        site: "example".to_owned(),
        seed: Seed(1),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        map_digest: "none".to_owned(),
        start: "2026-05-18T05:30:00+08:00[Asia/Shanghai]".to_owned(),
        start_unix_ns: 1_779_053_400_000_000_000,
        start_clock_s: 5.5 * 3600.0,
        ..RecordingInfo::default()
    };
    let mut recording = Recording::create(&path, info)?;
    write_map(&mut recording)?;
    for tick in 0..600 {
        write_tick(&mut recording, SimTime::from_millis(100 * tick))?;
    }
    let totals = recording.finish()?;
    println!("{}: {} records, {} bytes", path.display(), totals.records, totals.bytes);
    Ok(())
}

fn write_map(recording: &mut Recording) -> Result<(), RecordError> {
    let circle: Vec<[f64; 3]> = (0..=72)
        .map(|step| f64::from(step) * std::f64::consts::TAU / 72.0)
        .map(|angle| [RADIUS_M * libm::cos(angle), RADIUS_M * libm::sin(angle), 0.0])
        .collect();
    let begun = recording.info().timestamp(SimTime::ZERO);
    let mut road = scene::entity("road", begun);
    road.lines
        .push(scene::line(&circle, 0.15, scene::colour(0.6, 0.6, 0.6, 1.0)));
    road.texts.push(scene::label(
        [0.0, 0.0, 2.0],
        3.0,
        "Example",
        scene::colour(1.0, 1.0, 1.0, 1.0),
    ));
    recording.write("/map", SimTime::ZERO, &scene::update(vec![road]))?;
    let signals = westline::SignalStates {
        signal: vec![0],
        colour: vec![westline::SignalColour::Green as i32],
    };
    recording.write("/signals", SimTime::ZERO, &signals)?;
    let event = westline::ServiceEvent {
        kind: westline::ServiceEventKind::TripStarted as i32,
        clock_s: recording.info().start_clock_s,
        vehicle: "bus-1".to_owned(),
        ..Default::default()
    };
    recording.write("/events", SimTime::ZERO, &event)
}

fn write_tick(recording: &mut Recording, time: SimTime) -> Result<(), RecordError> {
    let angle = time.as_secs_f64() * SPEED_MPS / RADIUS_M;
    let (x, y) = (RADIUS_M * libm::cos(angle), RADIUS_M * libm::sin(angle));
    let heading = libm::remainder(angle + std::f64::consts::FRAC_PI_2, std::f64::consts::TAU);
    let stamp = recording.info().timestamp(time);
    let size_m = [5.9, 2.1, 2.8];

    let state = westline::VehicleState {
        vehicle: "bus-1".to_owned(),
        x_m: x,
        y_m: y,
        heading_rad: heading,
        speed_mps: SPEED_MPS,
        state_of_charge: 0.9,
        reason: "curve".to_owned(),
        ..Default::default()
    };
    recording.write("/vehicles/bus-1", time, &state)?;

    let millimetres = |metres: f64| (metres * 1e3).round() as i32;
    let frame = westline::Frame {
        id: vec![0],
        shape: vec![0],
        x_mm: vec![millimetres(x)],
        y_mm: vec![millimetres(y)],
        z_mm: vec![0],
        heading_e4_rad: vec![(heading * 1e4).round() as i32],
        speed_mm_per_s: vec![millimetres(SPEED_MPS)],
        acceleration_mm_per_s2: vec![0],
        indicator: vec![westline::Indicator::Off as i32],
        shapes: vec![westline::Shape {
            kind: westline::ActorKind::TestVehicle as i32,
            length_mm: 5900,
            width_mm: 2100,
            height_mm: 2800,
        }],
        signal: vec![],
    };
    recording.write("/frames", time, &frame)?;

    let mut bus = scene::entity("bus-1", stamp);
    let colour = scene::colour(0.0, 0.45, 0.7, 1.0);
    bus.cubes
        .push(scene::standing_box([x, y, 0.0], [heading, 0.0, 0.0], size_m, colour));
    recording.write("/actors", time, &scene::update(vec![bus]))?;

    let transform = foxglove::FrameTransform {
        timestamp: Some(stamp),
        parent_frame_id: scene::MAP_FRAME.to_owned(),
        child_frame_id: "bus-1".to_owned(),
        translation: Some(foxglove::Vector3 { x, y, z: 0.0 }),
        rotation: Some(scene::attitude(heading, 0.0, 0.0)),
    };
    recording.write("/tf", time, &transform)?;

    let fix = foxglove::LocationFix {
        timestamp: Some(stamp),
        frame_id: "bus-1".to_owned(),
        latitude: 29.29 + y / 111_320.0,
        longitude: 105.9 + x / 97_000.0,
        ..Default::default()
    };
    recording.write("/vehicles/bus-1/position", time, &fix)?;

    if time.is_multiple_of(SimTime::from_secs(1)) {
        recording.write("/ground_truth", time, &ground_truth(time, [x, y], heading, size_m))?;
    }
    Ok(())
}

fn ground_truth(time: SimTime, [x, y]: [f64; 2], heading: f64, [length, width, height]: [f64; 3]) -> osi3::GroundTruth {
    use osi3::moving_object::{Type, VehicleClassification, vehicle_classification};
    let vector = |x: f64, y: f64, z: f64| {
        Some(osi3::Vector3d {
            x: Some(x),
            y: Some(y),
            z: Some(z),
        })
    };
    let bus = osi3::MovingObject {
        id: Some(osi3::Identifier { value: Some(0) }),
        base: Some(osi3::BaseMoving {
            dimension: Some(osi3::Dimension3d {
                length: Some(length),
                width: Some(width),
                height: Some(height),
            }),
            position: vector(x, y, 0.5 * height),
            orientation: Some(osi3::Orientation3d {
                roll: Some(0.0),
                pitch: Some(0.0),
                yaw: Some(heading),
            }),
            velocity: vector(SPEED_MPS * libm::cos(heading), SPEED_MPS * libm::sin(heading), 0.0),
            ..Default::default()
        }),
        r#type: Some(Type::Vehicle as i32),
        vehicle_classification: Some(VehicleClassification {
            r#type: Some(vehicle_classification::Type::Bus as i32),
            ..Default::default()
        }),
        ..Default::default()
    };
    osi3::GroundTruth {
        version: Some(osi3::InterfaceVersion {
            version_major: Some(3),
            version_minor: Some(7),
            version_patch: Some(0),
        }),
        timestamp: Some(osi3::Timestamp {
            seconds: Some(time.as_nanos() / 1_000_000_000),
            nanos: Some((time.as_nanos() % 1_000_000_000) as u32),
        }),
        moving_object: vec![bus],
        ..Default::default()
    }
}
