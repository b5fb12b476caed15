//! How fast a run's records go to disk: `cargo bench -p record`.
//!
//! Plays minutes of a run with 300 actors in a `westline.Frame` and three vehicles' states at 10 Hz into a file, and tells
//! the time that the run itself waits (encoding included) and the whole time until the file is closed.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use record::schema::westline;
use record::{Recording, RecordingInfo, RecordingReader, Seed, SimTime};
use std::time::Instant;

const ACTORS: usize = 300;
const TICKS: i64 = 6_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("recording.mcap");
    for (name, actors) in [("vehicles=3", 0), ("vehicles=3/actors=300", ACTORS)] {
        let mut stream = Seed(1).stream("bench.recording", 0);
        let mut frame = westline::Frame::default();
        for id in 0..actors {
            frame.id.push(id as u32 * 2);
            frame.shape.push(stream.below(8) as u32);
            frame.x_mm.push(stream.between(-2e6, 2e6) as i32);
            frame.y_mm.push(stream.between(-2e6, 2e6) as i32);
            frame.z_mm.push(stream.between(2e5, 3e5) as i32);
            frame.heading_e4_rad.push(stream.between(-31416.0, 31416.0) as i32);
            frame.speed_mm_per_s.push(stream.between(0.0, 16e3) as i32);
            frame.acceleration_mm_per_s2.push(stream.between(-2e3, 2e3) as i32);
        }
        let begun = Instant::now();
        let mut recording = Recording::create(&path, RecordingInfo::default())?;
        for tick in 0..TICKS {
            let time = SimTime::from_millis(100 * tick);
            for (x, speed) in frame.x_mm.iter_mut().zip(&frame.speed_mm_per_s) {
                *x += speed / 10;
            }
            if actors > 0 {
                recording.write("/frames", time, &frame)?;
            }
            for vehicle in ["/vehicles/bus-1", "/vehicles/bus-2", "/vehicles/bus-3"] {
                let state = westline::VehicleState {
                    vehicle: "bus-1".into(),
                    x_m: stream.between(-2e3, 2e3),
                    y_m: stream.between(-2e3, 2e3),
                    speed_mps: stream.between(0.0, 16.0),
                    state_of_charge: 0.8,
                    reason: "follow".into(),
                    next_stop_id: "S1".into(),
                    ..Default::default()
                };
                recording.write(vehicle, time, &state)?;
            }
        }
        let run_s = begun.elapsed().as_secs_f64();
        let totals = recording.finish()?;
        let whole_s = begun.elapsed().as_secs_f64();
        let mut payload_bytes = 0;
        let begun = Instant::now();
        for record in RecordingReader::open(&path)? {
            payload_bytes += record?.payload.len();
        }
        let read_s = begun.elapsed().as_secs_f64();
        let mb = payload_bytes as f64 * 1e-6;
        println!(
            "record::write/{name}: {:.0} records/s, {:.0} MB/s ({run_s:.2} s in the run, {whole_s:.2} s until closed); \
             {mb:.1} MB payload, {:.1} MB file, {} chunks; read {:.0} MB/s",
            totals.records as f64 / whole_s,
            mb / whole_s,
            totals.bytes as f64 * 1e-6,
            totals.chunks,
            mb / read_s,
        );
    }
    Ok(())
}
