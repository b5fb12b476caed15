//! V2X beside a service day: talk tick by tick, a capture of it, and what it is worth.

use crate::arguments::{SiteDirectory, TEMPLATE};
use crate::{Answer, output, run, sites};
use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use messages::capture::CaptureWriter;
use messages::security::ItsTime;
use messages::{Message, MessageKind};
use network::cooperation::{Activity, Cooperation, Roadside, Tally};
use serde_json::json;
use service::{DayMeasures, DayOptions, Phase, ServiceDay};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use vehicle::{Reason, SensorKind};
use world::ActorId;

/// Where roadside units stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Masts {
    /// At junctions with lights.
    Signals,
    /// At all junctions where ways cross.
    Junctions,
}

impl Masts {
    fn roadside(self) -> Roadside {
        match self {
            Masts::Signals => Roadside::Signals,
            Masts::Junctions => Roadside::Junctions,
        }
    }
}

/// Vehicles and roadside of a day that talk, and the capture of it.
pub struct Talk {
    cooperation: Cooperation,
    capture: Option<(CaptureWriter<BufWriter<File>>, PathBuf)>,
    vehicles: Vec<(ActorId, Activity)>,
    /// The last message of each kind, if somebody wants to look at them.
    latest: Option<BTreeMap<MessageKind, Message>>,
}

impl Talk {
    /// Beside a day that has not begun; `pcap` is written packet by packet.
    pub fn new(day: &ServiceDay, masts: Masts, watches: bool, priority: bool, pcap: Option<&Path>) -> Result<Talk> {
        let site = day.site();
        let midnight = day
            .date()
            .in_tz(&site.time_zone)
            .with_context(|| format!("time zone `{}`", site.time_zone))?;
        let start = midnight.saturating_add(jiff::Span::new().milliseconds((day.clock_s() * 1e3) as i64));
        let since_1970 = Duration::try_from(start.timestamp().duration_since(jiff::Timestamp::UNIX_EPOCH))
            .map_err(|_| anyhow!("the day lies before 1970; messages count from 2004"))?;
        let epoch = ItsTime::from_unix(since_1970);
        let network = Arc::clone(day.world().network());
        let mut cooperation = Cooperation::new(network, epoch, masts.roadside(), watches, day.seed())?;
        cooperation.set_priority(priority);
        let capture = pcap.map(|path| -> Result<_> {
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            let part = PathBuf::from(part);
            let file = File::create(&part).with_context(|| format!("{}: cannot be written", part.display()))?;
            Ok((CaptureWriter::new(BufWriter::new(file))?, path.to_owned()))
        });
        Ok(Talk {
            cooperation,
            capture: capture.transpose()?,
            vehicles: Vec::new(),
            latest: None,
        })
    }

    /// From now on the last message of each kind is kept.
    pub fn keep_latest(&mut self) {
        self.latest = Some(BTreeMap::new());
    }

    /// The last message of each kind, where they are kept.
    pub fn latest(&self) -> impl Iterator<Item = (MessageKind, &Message)> {
        self.latest.iter().flatten().map(|(kind, message)| (*kind, message))
    }

    /// What was said so far.
    pub fn tally(&self) -> &Tally {
        self.cooperation.tally()
    }

    /// After each tick of the day.
    pub fn step(&mut self, day: &mut ServiceDay) -> Result<()> {
        self.vehicles.clear();
        for vehicle in day.vehicles() {
            let Some(actor) = vehicle.actor else { continue };
            let reason = day.world().vehicle(actor).explanation.reason;
            let activity = Activity {
                boards: vehicle.phase == Phase::AtStop,
                stands_on_purpose: !matches!(reason, Reason::MinimalRisk | Reason::Obstacle | Reason::Ordered),
            };
            self.vehicles.push((actor, activity));
        }
        let mut told = Vec::new();
        let mut written = Ok(());
        let (capture, latest) = (&mut self.capture, &mut self.latest);
        self.cooperation.step(
            day.world(),
            &self.vehicles,
            |at, message, frame| {
                if let Some(latest) = latest {
                    latest.insert(message.kind(), message.clone());
                }
                if let (Some((writer, _)), true) = (capture.as_mut(), written.is_ok()) {
                    written = writer.write(at.to_unix(), frame);
                }
            },
            |vehicle, heard| told.push((vehicle, heard.to_vec())),
        )?;
        written.context("the capture cannot be written")?;
        for (vehicle, heard) in told {
            day.hear(vehicle, &heard);
        }
        for asked in self.cooperation.asked().to_vec() {
            let is_granted = day.favour(asked.signal, asked.arrives);
            self.cooperation.answer(&asked, is_granted, day.time());
        }
        Ok(())
    }

    /// Ends the capture, and tells what was said.
    pub fn finish(self) -> Result<Tally> {
        if let Some((writer, path)) = self.capture {
            let file = writer
                .finish()
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error);
            drop(file.with_context(|| format!("{}: cannot be written", path.display()))?);
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            std::fs::rename(part, &path).with_context(|| format!("{}: cannot be written", path.display()))?;
        }
        Ok(self.cooperation.tally().clone())
    }
}

/// A line about what was sent and heard.
pub fn describe(tally: &Tally) -> String {
    let sent: Vec<String> = tally
        .sent
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let all: u64 = tally.fates.values().sum();
    let received = tally
        .fates
        .get(&network::sidelink::Fate::Received)
        .copied()
        .unwrap_or_default();
    let reach = tally
        .fates
        .get(&network::sidelink::Fate::OutOfReach)
        .copied()
        .unwrap_or_default();
    let share = 100.0 * received as f64 / ((all - reach) as f64).max(1.0);
    format!(
        "sent {} ({:.1} MB); {share:.2} % of packets in reach were read; {} objects told",
        sent.join(", "),
        tally.bytes as f64 / 1e6,
        tally.objects_told
    ) + &match tally.priority_granted {
        0 => String::new(),
        granted => format!("; {granted} times a light gave priority"),
    }
}

/// `westline network v2x`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network v2x yongchuan
  westline network v2x ninghua --from 07:00 --to 08:00 --seeds 4 --masts junctions

Plays the same part of a day four times a seed: vehicles that hear nothing; that hear lights (GLOSA: they glide to a
green) and each other; that are also told what roadside units see; that also ask lights for priority.
")]
pub struct V2xArguments {
    /// Name of the site, or the path of a site folder.
    site: String,
    /// Begin at this time of day.
    #[arg(long, value_name = "HH:MM", default_value = "07:00", value_parser = crate::arguments::time_of_day)]
    from: f64,
    /// End at this time of day.
    #[arg(long, value_name = "HH:MM", default_value = "08:00", value_parser = crate::arguments::time_of_day)]
    to: f64,
    /// Days played, with the seeds 1, 2 and so on.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Where roadside units stand.
    #[arg(long, value_enum, default_value_t = Masts::Junctions)]
    masts: Masts,
    /// Multiply all other traffic by this.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    traffic: f64,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sites: SiteDirectory,
}

/// What vehicles hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ears {
    Nothing,
    Messages,
    Roadside,
    Priority,
}

/// Sums over the days of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    trips: u32,
    run_time_s: f64,
    stops: u32,
    standing_s: f64,
    hard_braking: u32,
    conflicts: u32,
    collisions: u32,
    energy_kwh: f64,
    distance_km: f64,
}

/// A time to collision below this is a conflict.
const CONFLICT_S: f64 = 1.5;

pub fn execute(arguments: &V2xArguments) -> Result<Answer> {
    let files = sites::find(&arguments.site, arguments.sites.site_dir.as_deref())?;
    let kinds = [Ears::Nothing, Ears::Messages, Ears::Roadside, Ears::Priority];
    let bar = ProgressBar::new(arguments.seeds * kinds.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").expect("the template is well formed");
    bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    let mut rows = Vec::new();
    for ears in kinds {
        let mut sums = Sums::default();
        for seed in 1..=arguments.seeds {
            bar.set_message(format!("{}, seed {seed}", ears.name()));
            let mut site = run::load(&files)?;
            if ears == Ears::Nothing {
                for vehicle in &mut site.fleet.vehicles {
                    let mut sheet = (*vehicle.sheet).clone();
                    sheet.sensors.retain(|sensor| sensor.kind != SensorKind::V2x);
                    vehicle.sheet = Arc::new(sheet);
                }
            }
            let options = DayOptions {
                from_s: Some(arguments.from),
                to_s: Some(arguments.to),
                seed: Some(seed),
                traffic_scale: arguments.traffic,
                ..DayOptions::default()
            };
            let mut day = ServiceDay::new(Arc::new(site), &options)?;
            let talks = matches!(ears, Ears::Roadside | Ears::Priority);
            let priority = ears == Ears::Priority;
            let talk = talks.then(|| Talk::new(&day, arguments.masts, true, priority, None));
            let mut talk = talk.transpose()?;
            let mut watch = Watch::default();
            while !day.is_done() {
                day.step();
                if let Some(talk) = &mut talk {
                    talk.step(&mut day)?;
                }
                watch.look(&day, &mut sums);
            }
            sums.add(&day.finish());
            bar.inc(1);
        }
        rows.push((ears, sums));
    }
    bar.finish_and_clear();
    output::print(&if arguments.json { as_json(&rows) } else { as_text(&rows) })?;
    Ok(Answer::Yes)
}

/// Counts stops and conflicts as they begin.
#[derive(Default)]
struct Watch {
    stands: Vec<bool>,
    in_conflict: Vec<bool>,
}

impl Watch {
    fn look(&mut self, day: &ServiceDay, sums: &mut Sums) {
        for (index, vehicle) in day.vehicles().enumerate() {
            self.stands.resize(self.stands.len().max(index + 1), true);
            self.in_conflict.resize(self.stands.len(), false);
            let Some(actor) = vehicle.actor else { continue };
            let state = day.world().vehicle(actor);
            // Standing on the way, not at a stop.
            let stands = vehicle.phase == Phase::Driving
                && state.ego.speed_mps.abs() < 0.1
                && state.explanation.reason != Reason::Halt;
            sums.stops += u32::from(stands && !self.stands[index]);
            sums.standing_s += if stands { 0.1 } else { 0.0 };
            self.stands[index] = stands || vehicle.phase != Phase::Driving;
            let conflicts =
                state.time_to_collision_s.is_some_and(|time_s| time_s < CONFLICT_S) && state.ego.speed_mps > 1.0;
            sums.conflicts += u32::from(conflicts && !self.in_conflict[index]);
            self.in_conflict[index] = conflicts;
        }
    }
}

impl Sums {
    fn add(&mut self, day: &DayMeasures) {
        let times = day.trips.iter().filter_map(service::TripMeasures::run_time_s);
        for time_s in times {
            self.trips += 1;
            self.run_time_s += time_s;
        }
        self.hard_braking += day.comfort.hard_braking_events;
        self.collisions += day.safety.collisions.count;
        self.energy_kwh += day.totals.energy_kwh;
        self.distance_km += day.totals.distance_km;
    }
}

impl Ears {
    fn name(self) -> &'static str {
        match self {
            Ears::Nothing => "no radio",
            Ears::Messages => "lights and vehicles",
            Ears::Roadside => "and roadside sensors",
            Ears::Priority => "and priority at lights",
        }
    }
}

impl Sums {
    fn per_100_km(&self, count: f64) -> f64 {
        100.0 * count / self.distance_km.max(1e-9)
    }

    fn figures(&self) -> [(&'static str, f64); 8] {
        [
            ("trips ended", f64::from(self.trips)),
            ("run time, s a trip", self.run_time_s / f64::from(self.trips.max(1))),
            ("stops on the way, per 100 km", self.per_100_km(f64::from(self.stops))),
            (
                "standing on the way, s per km",
                self.standing_s / self.distance_km.max(1e-9),
            ),
            (
                "conflicts below 1.5 s, per 100 km",
                self.per_100_km(f64::from(self.conflicts)),
            ),
            (
                "hard braking, per 100 km",
                self.per_100_km(f64::from(self.hard_braking)),
            ),
            ("collisions", f64::from(self.collisions)),
            ("energy, kWh per 100 km", self.per_100_km(self.energy_kwh)),
        ]
    }
}

fn as_text(rows: &[(Ears, Sums)]) -> String {
    let mut text = format!("{:<36}", "");
    for (ears, _) in rows {
        text += &format!("{:>24}", ears.name());
    }
    text.push('\n');
    let figures: Vec<_> = rows.iter().map(|(_, sums)| sums.figures()).collect();
    for line in 0..figures[0].len() {
        text += &format!("{:<36}", figures[0][line].0);
        for row in &figures {
            text += &format!("{:>24.2}", row[line].1);
        }
        text.push('\n');
    }
    text
}

fn as_json(rows: &[(Ears, Sums)]) -> String {
    let row = |(ears, sums): &(Ears, Sums)| {
        let mut row = serde_json::Map::new();
        row.insert("vehicles_hear".into(), ears.name().into());
        for (name, value) in sums.figures() {
            row.insert(name.into(), json!(value));
        }
        serde_json::Value::Object(row)
    };
    format!("{:#}\n", serde_json::Value::Array(rows.iter().map(row).collect()))
}
