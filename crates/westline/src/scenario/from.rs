//! `westline scenario from`: recorded traffic read from MCAP or OSI trace files into tracks, and written as a scenario.

use crate::arguments::Moment;
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow};
use prost::Message;
use record::schema::{osi3, westline};
use record::{RecordingReader, SimTime};
use scenario::model::EntityKind;
use scenario::track::{Sighting, Stretch, Track};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

/// What is asked for.
pub struct Request<'a> {
    pub recording: &'a Path,
    pub from: Option<Moment>,
    pub to: Option<Moment>,
    pub ego: Option<&'a str>,
    pub map: Option<&'a Path>,
    pub output: &'a Path,
}

/// No ground truth is longer: some ten thousand objects.
const MESSAGE_BYTES_MAX: u32 = 64 << 20;
/// A named vehicle's own record and its box in the same frame are no farther apart.
const NAMED_M_MAX: f64 = 10.0;

/// Reads, cuts, writes, and says what it found.
pub fn run(request: &Request<'_>) -> Result<Answer> {
    let path = request.recording;
    let mut gathered = Gathered::default();
    match path.extension().is_some_and(|extension| extension == "osi") {
        true => gathered.read_trace(path, request)?,
        false => gathered.read_recording(path, request)?,
    }
    if gathered.stretch.tracks.is_empty() {
        return Err(anyhow!(
            "{}: nobody is seen in that stretch\nhint: it needs `/frames` (`westline run --record full`) or OSI ground truth; \
             --from and --to must lie within it",
            path.display()
        ));
    }
    let ego = gathered.ego(request.ego).with_context(|| path.display().to_string())?;
    let map = request.map.map(std::path::absolute).transpose()?;
    let map = map.as_ref().map(|map| map.to_string_lossy());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let description = format!("a stretch of {name}");
    let stretch = &gathered.stretch;
    let text = stretch.scenario(ego, map.as_deref(), &description).ok_or_else(|| {
        anyhow!(
            "{}: object {ego} is not there at the beginning of the stretch\nhint: --from a moment when it is",
            path.display()
        )
    })?;
    output::write_whole(request.output, text.as_bytes())?;
    output::print(&format!(
        "{} objects in {:.2} s, the ego is object {ego}: {}\n",
        stretch.tracks.len(),
        stretch.duration_s,
        request.output.display()
    ))?;
    Ok(Answer::Yes)
}

#[derive(Default)]
struct Gathered {
    stretch: Stretch,
    host: Option<u64>,
    /// Where the named vehicle first was.
    named: Option<Sighting>,
}

impl Gathered {
    fn read_recording(&mut self, path: &Path, request: &Request<'_>) -> Result<()> {
        let reader = RecordingReader::open(path)?;
        let clock_s = reader.info().start_clock_s;
        let at_s = |moment: Option<Moment>| {
            moment.map(|moment| match moment {
                Moment::Seconds(at_s) => at_s,
                Moment::Clock(at_s) => at_s - clock_s,
            })
        };
        let (from_s, to_s) = (at_s(request.from).unwrap_or(0.0), at_s(request.to));
        ordered(from_s, to_s)?;
        let own_topic = request.ego.map(|ego| format!("/vehicles/{ego}"));
        let (mut frames, mut truths) = (Gathered::default(), Gathered::default());
        for record in reader {
            let record = record?;
            let time_s = record.time.as_secs_f64() - from_s;
            if time_s < -1e-9 || to_s.is_some_and(|to_s| time_s > to_s - from_s + 1e-9) {
                continue;
            }
            match &*record.schema {
                "westline.Frame" => frames.add_frame(time_s, &record.decode()?),
                "osi3.GroundTruth" => truths.add_truth(time_s, &record.decode()?),
                "westline.VehicleState" if own_topic.as_deref() == Some(&*record.topic) && self.named.is_none() => {
                    let state: westline::VehicleState = record.decode()?;
                    self.named = Some(Sighting {
                        time_s,
                        x_m: state.x_m,
                        y_m: state.y_m,
                        heading_rad: state.heading_rad,
                        speed_mps: state.speed_mps,
                    });
                }
                _ => {}
            }
        }
        // A recording may tell the same both ways.
        let chosen = match frames.stretch.tracks.is_empty() {
            true => truths,
            false => frames,
        };
        (self.stretch, self.host) = (chosen.stretch, chosen.host);
        Ok(())
    }

    fn read_trace(&mut self, path: &Path, request: &Request<'_>) -> Result<()> {
        let seconds = |moment: Option<Moment>| match moment {
            None => Ok(None),
            Some(Moment::Seconds(at_s)) => Ok(Some(at_s)),
            Some(Moment::Clock(_)) => Err(anyhow!(
                "{}: an OSI trace knows no time of day\nhint: write seconds since its beginning",
                path.display()
            )),
        };
        let (from_s, to_s) = (seconds(request.from)?.unwrap_or(0.0), seconds(request.to)?);
        ordered(from_s, to_s)?;
        let told = |what: String| anyhow!("{}: {what}", path.display());
        let file = File::open(path).map_err(|error| told(format!("cannot be opened: {error}")))?;
        let mut source = BufReader::new(file);
        let mut began_s = None;
        let mut number = 0;
        loop {
            let mut length = [0; 4];
            match source.read_exact(&mut length) {
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
                read => read.map_err(|error| told(format!("cannot be read: {error}")))?,
            }
            let length = u32::from_le_bytes(length);
            let wrong = |what: String| {
                told(format!(
                    "message {number}: {what}\nhint: a binary OSI trace of `GroundTruth` is meant"
                ))
            };
            if length > MESSAGE_BYTES_MAX {
                return Err(wrong(format!("{length} bytes, more than {MESSAGE_BYTES_MAX}")));
            }
            let mut bytes = vec![0; length as usize];
            source
                .read_exact(&mut bytes)
                .map_err(|error| wrong(format!("it is cut off: {error}")))?;
            let truth = osi3::GroundTruth::decode(bytes.as_slice()).map_err(|error| wrong(error.to_string()))?;
            let time = truth.timestamp.unwrap_or_default();
            let time_s = time.seconds.unwrap_or(0) as f64 + f64::from(time.nanos.unwrap_or(0)) * 1e-9;
            let time_s = time_s - *began_s.get_or_insert(time_s) - from_s;
            if time_s >= -1e-9 && to_s.is_none_or(|to_s| time_s <= to_s - from_s + 1e-9) {
                self.add_truth(time_s, &truth);
            }
            number += 1;
        }
    }

    fn add(&mut self, id: u64, body: impl FnOnce() -> Track, sighting: Sighting) {
        let numbers = [sighting.x_m, sighting.y_m, sighting.heading_rad, sighting.speed_mps];
        if !numbers.into_iter().all(f64::is_finite) {
            return;
        }
        self.stretch.duration_s = self.stretch.duration_s.max(sighting.time_s);
        let track = self.stretch.tracks.entry(id).or_insert_with(body);
        // Times grow; a moment that is told twice counts once.
        if track.sightings.last().is_none_or(|last| sighting.time_s > last.time_s) {
            track.sightings.push(sighting);
        }
    }

    fn add_truth(&mut self, time_s: f64, truth: &osi3::GroundTruth) {
        use osi3::moving_object::{Type, vehicle_classification::Type as Class};
        self.host = self.host.or(truth.host_vehicle_id.and_then(|id| id.value));
        for object in &truth.moving_object {
            let (Some(id), Some(base)) = (object.id.and_then(|id| id.value), &object.base) else {
                continue;
            };
            let (position, velocity) = (base.position.unwrap_or_default(), base.velocity.unwrap_or_default());
            let heading_rad = base.orientation.and_then(|orientation| orientation.yaw).unwrap_or(0.0);
            let (sin, cos) = libm::sincos(heading_rad);
            let sighting = Sighting {
                time_s: time_s.max(0.0),
                x_m: position.x.unwrap_or(0.0),
                y_m: position.y.unwrap_or(0.0),
                heading_rad,
                speed_mps: velocity.x.unwrap_or(0.0) * cos + velocity.y.unwrap_or(0.0) * sin,
            };
            let body = || {
                let size = base.dimension.unwrap_or_default();
                let class = object.vehicle_classification.as_ref().map(|known| known.r#type());
                let (kind, category) = match (object.r#type(), class) {
                    (Type::Pedestrian, _) => (EntityKind::Pedestrian, "pedestrian"),
                    (Type::Other | Type::Animal, _) => (EntityKind::MiscObject, "obstacle"),
                    (_, Some(Class::Bicycle)) => (EntityKind::Vehicle, "bicycle"),
                    (_, Some(Class::Motorbike | Class::StandupScooter)) => (EntityKind::Vehicle, "motorbike"),
                    (_, Some(Class::Bus)) => (EntityKind::Vehicle, "bus"),
                    (_, Some(Class::HeavyTruck)) => (EntityKind::Vehicle, "truck"),
                    (_, Some(Class::DeliveryVan)) => (EntityKind::Vehicle, "van"),
                    (_, Some(Class::Trailer)) => (EntityKind::Vehicle, "trailer"),
                    (_, Some(Class::Semitrailer)) => (EntityKind::Vehicle, "semitrailer"),
                    (_, Some(Class::Train)) => (EntityKind::Vehicle, "train"),
                    (_, Some(Class::Tram)) => (EntityKind::Vehicle, "tram"),
                    _ => (EntityKind::Vehicle, "car"),
                };
                let or = |size: Option<f64>, else_m: f64| size.filter(|size| *size > 0.0).unwrap_or(else_m);
                Track {
                    kind,
                    category,
                    size_m: [or(size.length, 0.5), or(size.width, 0.5), or(size.height, 1.5)],
                    sightings: Vec::new(),
                }
            };
            self.add(id, body, sighting);
        }
    }

    fn add_frame(&mut self, time_s: f64, frame: &westline::Frame) {
        let metres = |values: &[i32], index: usize| values.get(index).map_or(0.0, |&value| f64::from(value) * 1e-3);
        for (index, &id) in frame.id.iter().enumerate() {
            let Some(shape) = frame.shape.get(index).and_then(|&row| frame.shapes.get(row as usize)) else {
                continue;
            };
            let sighting = Sighting {
                time_s: time_s.max(0.0),
                x_m: metres(&frame.x_mm, index),
                y_m: metres(&frame.y_mm, index),
                heading_rad: frame
                    .heading_e4_rad
                    .get(index)
                    .map_or(0.0, |&value| f64::from(value) * 1e-4),
                speed_mps: metres(&frame.speed_mm_per_s, index),
            };
            let body = || {
                let (kind, category) = match shape.kind() {
                    westline::ActorKind::Pedestrian => (EntityKind::Pedestrian, "pedestrian"),
                    westline::ActorKind::Bicycle => (EntityKind::Vehicle, "bicycle"),
                    westline::ActorKind::Scooter => (EntityKind::Vehicle, "motorbike"),
                    westline::ActorKind::Truck => (EntityKind::Vehicle, "truck"),
                    westline::ActorKind::Van => (EntityKind::Vehicle, "van"),
                    westline::ActorKind::Bus | westline::ActorKind::TestVehicle => (EntityKind::Vehicle, "bus"),
                    _ => (EntityKind::Vehicle, "car"),
                };
                let size_mm = [shape.length_mm, shape.width_mm, shape.height_mm];
                Track {
                    kind,
                    category,
                    size_m: size_mm.map(|size_mm| f64::from(size_mm) * 1e-3),
                    sightings: Vec::new(),
                }
            };
            self.add(u64::from(id), body, sighting);
        }
    }

    /// Whose place is free.
    fn ego(&self, asked: Option<&str>) -> Result<u64> {
        let Some(asked) = asked else {
            return self
                .host
                .ok_or_else(|| anyhow!("it names no host vehicle\nhint: say whose place is free with --ego"));
        };
        if let Ok(number) = asked.parse() {
            return Ok(number);
        }
        let unknown = || {
            anyhow!("no vehicle `{asked}` in that stretch\nhint: --ego takes a vehicle's name or an object's number")
        };
        let named = self.named.ok_or_else(unknown)?;
        let away_m = |track: &Track| {
            let near = track.sightings.iter().min_by(|a, b| {
                let off = |sighting: &Sighting| (sighting.time_s - named.time_s).abs();
                off(a).total_cmp(&off(b))
            });
            near.map_or(f64::INFINITY, |near| {
                libm::hypot(near.x_m - named.x_m, near.y_m - named.y_m)
            })
        };
        let nearest = self
            .stretch
            .tracks
            .iter()
            .map(|(id, track)| (away_m(track), *id))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        nearest
            .filter(|(away_m, _)| *away_m < NAMED_M_MAX)
            .map(|(_, id)| id)
            .ok_or_else(unknown)
    }
}

fn ordered(from_s: f64, to_s: Option<f64>) -> Result<()> {
    match to_s.is_some_and(|to_s| to_s <= from_s) || SimTime::from_secs_f64(from_s) < SimTime::ZERO {
        true => Err(anyhow!(
            "the stretch ends before it begins, or begins before the recording\nhint: --from a moment before --to"
        )),
        false => Ok(()),
    }
}
