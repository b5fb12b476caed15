//! A recording of half a minute, made by hand, wound to and fro on a real site.

use console::{Replay, Stage, VehicleMode};
use record::schema::westline::{ServiceEvent, ServiceEventKind, SignalColour, SignalStates, VehicleState};
use record::{Recording, RecordingInfo, SimTime};
use service::{Site, SiteFiles};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use world::Frame;

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sites/ninghua");
        Site::load(&SiteFiles::folder(folder)).expect("the site is sound").0
    })
}

/// One vehicle that drives east at 5 m/s, a light that turns green after 5 s, an order to stop after 12 s.
fn record(folder: &Path, map_digest: &str) -> PathBuf {
    let path = folder.join("recording.mcap");
    let info = RecordingInfo {
        site: "ninghua".to_owned(),
        map_digest: map_digest.to_owned(),
        start_clock_s: 25_200.0,
        ..RecordingInfo::default()
    };
    let mut recording = Recording::create(&path, info).expect("a recording");
    for tick in 0..=300_i64 {
        let time = SimTime::from_millis(100 * tick);
        let state = VehicleState {
            vehicle: "shuttle 1".to_owned(),
            x_m: 0.5 * tick as f64,
            speed_mps: 5.0,
            trip_id: "N-001".to_owned(),
            odometer_m: 0.5 * tick as f64,
            ..VehicleState::default()
        };
        recording.write("/vehicles/shuttle_1", time, &state).expect("written");
        let colour = match tick {
            0 => Some(SignalColour::Red),
            50 => Some(SignalColour::Green),
            _ => None,
        };
        if let Some(colour) = colour {
            let lights = SignalStates {
                signal: vec![0],
                colour: vec![colour as i32],
            };
            recording.write("/signals", time, &lights).expect("written");
        }
        if tick == 120 {
            let event = ServiceEvent {
                kind: ServiceEventKind::StopOrdered as i32,
                clock_s: 25_212.0,
                vehicle: "shuttle 1".to_owned(),
                ..ServiceEvent::default()
            };
            recording.write("/events", time, &event).expect("written");
        }
    }
    recording.finish().expect("finished");
    path
}

/// East of the map's origin, and the first light, as a frame shows them.
fn seen(replay: &mut Replay) -> (f64, Option<road::SignalColour>) {
    let mut frame = Frame::default();
    replay.write_frame(&mut frame);
    assert_eq!(frame.actors.len(), 1);
    (frame.actors[0].pose.x_m, frame.signals.first().copied())
}

#[test]
fn a_replay_shows_the_same_moment_whichever_way_it_was_come_by() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), site().network.digest());
    let mut replay = Replay::open(&path, site()).expect("a replay");
    assert_eq!(replay.span_s(), (25_200.0, 25_230.0));
    let mut played = Vec::new();
    for _ in 0..250 {
        assert_eq!(replay.step(), Ok(true));
        played.push((replay.clock_s(), seen(&mut replay)));
    }
    for &(clock_s, expected) in played.iter().rev().step_by(7) {
        replay.seek(clock_s).expect("there is such a moment");
        assert_eq!(seen(&mut replay), expected, "at {clock_s}");
    }
}

#[test]
fn events_of_a_replay_come_and_go_with_its_clock() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), site().network.digest());
    let mut replay = Replay::open(&path, site()).expect("a replay");
    assert!(replay.take_events().is_empty());
    replay.seek(25_220.0).expect("there is such a moment");
    let events = replay.take_events();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind, events[0].number), ("stop_ordered", 1));
    assert_eq!(replay.vehicles()[0].mode, VehicleMode::Stopping);
    replay.seek(25_205.0).expect("there is such a moment");
    assert!(replay.take_events().is_empty());
    assert_eq!(replay.vehicles()[0].mode, VehicleMode::Automated);
    assert!(!replay.order_stop(0, true), "what was recorded takes no orders");
}

#[test]
fn a_moment_outside_a_replay_is_its_nearest_and_its_end_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), site().network.digest());
    let mut replay = Replay::open(&path, site()).expect("a replay");
    replay.seek(1e9).expect("the end");
    assert_eq!(replay.clock_s(), 25_230.0);
    assert_eq!(replay.step(), Ok(false));
    replay.seek(-1.0).expect("the start");
    assert_eq!(replay.clock_s(), 25_200.0);
    assert!(replay.seek(f64::NAN).is_err());
}

#[test]
fn a_recording_of_another_map_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = record(folder.path(), "another");
    let refused = Replay::open(&path, site()).err().unwrap_or_default();
    assert!(
        refused.contains("another map") && refused.contains("hint:"),
        "{refused}"
    );
}
