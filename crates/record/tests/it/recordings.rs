//! Recordings: read back whole, cut anywhere, damaged anywhere; the same bytes each time.

use proptest::prelude::*;
use record::schema::{foxglove, westline};
use record::{Record, RecordError, Recording, RecordingInfo, RecordingReader, Seed, SimTime, scene};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

fn info() -> RecordingInfo {
    RecordingInfo {
        site: "yongchuan".into(),
        seed: Seed(7),
        version: "0.1.0".into(),
        map_digest: "c0ffee".into(),
        start: "2026-05-18T05:30:00+08:00[Asia/Shanghai]".into(),
        start_unix_ns: 1_779_053_400_000_000_000,
        start_clock_s: 19_800.0,
        details: [("traffic".to_owned(), "0.5".to_owned())].into(),
    }
}

/// Bytes that a recording wrote so far, shared with the test.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<Vec<u8>>>);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test thread panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Disk {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no test thread panicked").clone()
    }
}

/// A small run: two vehicles, events now and then, a scene at the start.
fn play(recording: &mut Recording, ticks: i64, seed: u64) -> Result<(), RecordError> {
    let mut stream = Seed(seed).stream("recordings.play", 0);
    let begun = recording.info().timestamp(SimTime::ZERO);
    let mut map = scene::entity("road-1", begun);
    map.lines.push(scene::line(
        &[[0.0; 3], [10.0, 0.0, 0.0]],
        0.15,
        scene::colour(1.0, 1.0, 1.0, 1.0),
    ));
    recording.write("/map", SimTime::ZERO, &scene::update(vec![map]))?;
    for tick in 0..ticks {
        let time = SimTime::from_millis(100 * tick);
        for vehicle in ["bus-1", "bus-2"] {
            let state = westline::VehicleState {
                vehicle: vehicle.into(),
                x_m: stream.between(-1e3, 1e3),
                speed_mps: stream.between(0.0, 12.0),
                reason: "follow".into(),
                ..Default::default()
            };
            recording.write(&format!("/vehicles/{vehicle}"), time, &state)?;
        }
        if stream.chance(0.1) {
            let event = westline::ServiceEvent {
                clock_s: tick as f64 * 0.1,
                ..Default::default()
            };
            recording.write("/events", time, &event)?;
        }
    }
    Ok(())
}

fn played(ticks: i64, seed: u64) -> Vec<u8> {
    let disk = Disk::default();
    let mut recording = Recording::to_sink("test", disk.clone(), info()).expect("memory takes it");
    play(&mut recording, ticks, seed).expect("memory takes it");
    let totals = recording.finish().expect("memory takes it");
    assert_eq!(totals.bytes, disk.bytes().len() as u64);
    disk.bytes()
}

fn read(bytes: &[u8]) -> Result<(Vec<Record>, bool), RecordError> {
    let mut reader = RecordingReader::new("test", bytes)?;
    let records = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((records, reader.is_complete()))
}

#[test]
fn what_was_written_reads_back() {
    let bytes = played(30, 1);
    let mut reader = RecordingReader::new("test", bytes.as_slice()).expect("it opens");
    assert_eq!(*reader.info(), info());
    let records: Vec<Record> = reader.by_ref().map(|record| record.expect("it reads")).collect();
    assert!(reader.is_complete());
    assert_eq!(
        records
            .iter()
            .filter(|record| &*record.topic == "/vehicles/bus-2")
            .count(),
        30
    );
    let last = records
        .iter()
        .rfind(|record| &*record.topic == "/vehicles/bus-1")
        .expect("there are some");
    assert_eq!(last.time, SimTime::from_millis(2900));
    let state: westline::VehicleState = last.decode().expect("it is one");
    assert_eq!((state.vehicle.as_str(), state.reason.as_str()), ("bus-1", "follow"));
    let error = last.decode::<foxglove::Log>().expect_err("it is none").to_string();
    assert!(
        error.contains("it is `westline.VehicleState`, not `foxglove.Log`"),
        "{error}"
    );
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(played(40, 3), played(40, 3));
}

#[test]
fn mcap_crate_reads_our_files_and_finds_their_index() {
    let bytes = played(30, 1);
    let summary = mcap::Summary::read(&bytes)
        .expect("it reads")
        .expect("there is an index");
    let statistics = summary.stats.expect("there are statistics");
    assert_eq!(
        statistics.message_count as usize,
        read(&bytes).expect("it reads").0.len()
    );
    assert_eq!(summary.chunk_indexes.len(), 6, "one chunk per half second");
    assert_eq!(summary.channels.len(), 4);
}

#[test]
fn at_any_moment_all_but_the_last_second_is_on_disk() {
    let disk = Disk::default();
    let mut recording = Recording::to_sink("test", disk.clone(), RecordingInfo::default()).expect("memory takes it");
    for tick in 0..80 {
        let now = SimTime::from_millis(100 * tick);
        recording
            .write("/log", now, &foxglove::Log::default())
            .expect("memory takes it");
        // What a kill now would leave.
        let (records, is_complete) = read(&disk.bytes()).expect("a prefix reads");
        assert!(!is_complete);
        let safe = records.last().map_or(SimTime::from_millis(-100), |record| record.time);
        let lost = now - safe;
        assert!(
            lost <= SimTime::from_secs(1),
            "killed at {now}, everything after {safe} would be lost"
        );
    }
}

#[test]
fn a_rare_record_is_safe_a_second_after_it_though_none_follows() {
    let disk = Disk::default();
    let mut recording = Recording::to_sink("test", disk.clone(), RecordingInfo::default()).expect("memory takes it");
    recording
        .write("/log", SimTime::ZERO, &foxglove::Log::default())
        .expect("memory takes it");
    recording
        .advance_to(SimTime::from_millis(500))
        .expect("memory takes it");
    // The next record waits until the first is on disk.
    recording
        .write("/log", SimTime::from_millis(999), &foxglove::Log::default())
        .expect("memory takes it");
    recording.advance_to(SimTime::from_secs(1)).expect("memory takes it");
    assert!(!read(&disk.bytes()).expect("a prefix reads").0.is_empty());
}

#[test]
fn a_message_longer_than_a_batch_is_kept() {
    let disk = Disk::default();
    let mut recording = Recording::to_sink("test", disk.clone(), RecordingInfo::default()).expect("memory takes it");
    let geojson = "x".repeat(9 << 20);
    recording
        .write("/map", SimTime::ZERO, &foxglove::GeoJson { geojson })
        .expect("memory takes it");
    recording
        .write("/log", SimTime::ZERO, &foxglove::Log::default())
        .expect("memory takes it");
    recording.finish().expect("memory takes it");
    let (records, is_complete) = read(&disk.bytes()).expect("it reads");
    assert_eq!(
        (records.len(), records[0].payload.len() > 9 << 20, is_complete),
        (2, true, true)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_with_the_file_and_a_hint() {
    let mut recording = match Recording::create(Path::new("/dev/full"), RecordingInfo::default()) {
        Ok(recording) => recording,
        Err(error) => return check_full(&error),
    };
    let outcome =
        (0..100).try_for_each(|second| recording.write("/log", SimTime::from_secs(second), &foxglove::Log::default()));
    check_full(&outcome.expect_err("the disk is full"));
    check_full(&recording.finish().expect_err("the disk is full"));
}

#[cfg(target_os = "linux")]
fn check_full(error: &RecordError) {
    let message = error.to_string();
    assert!(
        message.starts_with("/dev/full: cannot be written: `No space left on device"),
        "{message}"
    );
    assert!(
        message.ends_with("\nhint: free some space or choose another folder"),
        "{message}"
    );
}

#[test]
fn a_folder_that_does_not_exist_is_told() {
    let Err(error) = Recording::create(Path::new("no/such/folder/recording.mcap"), info()) else {
        panic!("it was created");
    };
    let message = error.to_string();
    assert!(
        message.starts_with("no/such/folder/recording.mcap: cannot be created: `"),
        "{message}"
    );
    assert!(
        message.ends_with("hint: see that the folder exists and the name is spelt right"),
        "{message}"
    );
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let Err(error) = RecordingReader::new("page.html", b"<!doctype html>".as_slice()) else {
        panic!("it opened")
    };
    assert!(
        error.to_string().starts_with("page.html: not an MCAP file\nhint: "),
        "{error}"
    );
}

#[test]
fn a_chunk_that_promises_too_much_is_refused_before_it_is_unpacked() {
    let mut bytes = played(10, 1);
    let (tag, head) = (0x06_u8, 9);
    // The first chunk stands after the magic, the header and the metadata.
    let mut at = 8;
    while bytes[at] != tag {
        at += head + u64::from_le_bytes(bytes[at + 1..at + 9].try_into().expect("eight bytes")) as usize;
    }
    bytes[at + head + 16..at + head + 24].copy_from_slice(&u64::MAX.to_le_bytes());
    let error = read(&bytes).expect_err("too much").to_string();
    assert!(error.contains("the limit is 1073741824"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_recording_cut_anywhere_reads_back_as_far_as_it_goes(seed in 0..4_u64, cut in 0.0..1.0_f64) {
        let bytes = played(25, seed);
        let whole = read(&bytes).expect("it reads").0;
        let cut = (cut * bytes.len() as f64) as usize;
        let (records, is_complete) = read(&bytes[..cut]).expect("a prefix is no error");
        prop_assert_eq!(&records[..], &whole[..records.len()]);
        prop_assert!(!is_complete || records.len() == whole.len());
    }

    #[test]
    fn damaged_bytes_are_an_error_or_harmless_and_never_a_panic(at in 0.0..1.0_f64, byte in any::<u8>()) {
        let mut bytes = played(25, 0);
        let whole = read(&bytes).expect("it reads").0;
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] = byte;
        if let Ok((records, _)) = read(&bytes) {
            // Outside chunks a changed byte may hide a chunk or move all times, but never invent or change a record.
            let mut whole = whole.iter();
            let is_known = |a: &Record| whole.any(|b| a.payload == b.payload && a.topic == b.topic);
            prop_assert!(records.iter().all(is_known));
        }
    }

    #[test]
    fn noise_is_never_a_panic(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"\x89MCAP0\r\n".to_vec();
        bytes.extend(noise);
        let _ = read(&bytes);
    }
}
