//! `westline bench perception`: how well the line's vehicles know where they are and who is around.
//!
//! The same part of a day is played twice: told tracks and a place, as wrong as the data sheets say, and finding both of raw
//! measurements. Looked at once a second for every vehicle on the road: its place against the truth; the tracks within
//! [`REACH_M`] against those whom any of its sensors had in sight, by GOSPA and by how often a thing's track changes its
//! number.

use super::{quantile, sorted};
use crate::{Answer, output, run, sites};
use anyhow::Result;
use driver::gospa;
use service::{DayOptions, ServiceDay};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use world::{ActorId, Weather};

/// Neighbours within this count: who matters at 40 km/h.
const REACH_M: f64 = 60.0;
/// A track is somebody's up to this distance.
const CUT_OFF_M: f64 = 2.0;

/// What was seen of one way to perceive.
#[derive(Default)]
struct Quality {
    along_m: Vec<f64>,
    across_m: Vec<f64>,
    gospa_m: f64,
    placing_m2: f64,
    there: usize,
    missed: usize,
    phantoms: usize,
    looks: usize,
    /// The number of the track that each had last.
    numbers: BTreeMap<(usize, ActorId), u32>,
    switches: usize,
    seen_s: f64,
    trips: u32,
    collisions: u32,
}

pub fn bench(site: &str, part: Range<f64>, weather: Weather, json: bool) -> Result<Answer> {
    let site = Arc::new(run::load(&sites::find(site, None)?)?);
    let mut rows = Vec::new();
    for senses_raw in [false, true] {
        let options = DayOptions {
            from_s: Some(part.start),
            to_s: Some(part.end),
            senses_raw,
            weather,
            ..DayOptions::default()
        };
        let mut day = ServiceDay::new(Arc::clone(&site), &options)?;
        let mut quality = Quality::default();
        let mut ticks = 0u32;
        while !day.is_done() {
            day.step();
            ticks += 1;
            if ticks.is_multiple_of(10) {
                quality.look(&day);
            }
        }
        let measures = day.finish();
        quality.trips = measures.totals.trips_finished;
        quality.collisions = measures.safety.collisions.count;
        rows.push((if senses_raw { "raw measurements" } else { "told tracks" }, quality));
    }
    output::print(&if json { as_json(&rows) } else { as_text(&rows) })?;
    Ok(Answer::Yes)
}

impl Quality {
    fn look(&mut self, day: &ServiceDay) {
        let world = day.world();
        for (index, view) in day.vehicles().enumerate() {
            let Some(actor) = view.actor else { continue };
            let state = world.vehicle(actor);
            let [along_m, across_m] = state.place_error_m;
            self.along_m.push(along_m.abs());
            self.across_m.push(across_m.abs());
            let observation = world.observation(actor);
            let here = [observation.ego.pose.x_m, observation.ego.pose.y_m];
            let is_near = |at: &[f64; 2]| libm::hypot(at[0] - here[0], at[1] - here[1]) < REACH_M;
            let truth: Vec<(ActorId, [f64; 2])> = world.in_sight(actor).filter(|(_, at)| is_near(at)).collect();
            let there: Vec<[f64; 2]> = truth.iter().map(|(_, at)| *at).collect();
            let tracks = observation
                .objects
                .iter()
                .map(|object| (object.track, [object.x_m, object.y_m]));
            let tracks: Vec<(u32, [f64; 2])> = tracks.filter(|(_, at)| is_near(at)).collect();
            let found: Vec<[f64; 2]> = tracks.iter().map(|(_, at)| *at).collect();
            let metric = gospa(&there, &found, CUT_OFF_M);
            self.looks += 1;
            self.gospa_m += metric.distance_m;
            self.placing_m2 += metric.placing_m2;
            self.there += there.len();
            self.missed += metric.missed;
            self.phantoms += metric.phantoms;
            for (who, at) in truth {
                let away_m = |track: &(u32, [f64; 2])| libm::hypot(track.1[0] - at[0], track.1[1] - at[1]);
                let nearest = tracks.iter().min_by(|a, b| away_m(a).total_cmp(&away_m(b)));
                let Some(track) = nearest.filter(|track| away_m(track) < CUT_OFF_M) else {
                    continue;
                };
                self.seen_s += 1.0;
                let before = self.numbers.insert((index, who), track.0);
                self.switches += usize::from(before.is_some_and(|number| number != track.0));
            }
        }
    }

    fn figures(&self) -> Vec<(&'static str, &'static str, f64)> {
        let share = |sum: usize, of: usize| 100.0 * sum as f64 / of.max(1) as f64;
        let [across_m, along_m] = [&self.across_m, &self.along_m].map(|wrong_m| sorted(wrong_m.iter().copied()));
        let found = (self.there - self.missed).max(1) as f64;
        vec![
            (
                "place across the way, half of the time below",
                "m",
                quantile(&across_m, 0.5),
            ),
            ("place across the way, 95 % below", "m", quantile(&across_m, 0.95)),
            ("place across the way, most", "m", quantile(&across_m, 1.0)),
            ("place along the way, 95 % below", "m", quantile(&along_m, 0.95)),
            ("place along the way, most", "m", quantile(&along_m, 1.0)),
            (
                "neighbours in sight, mean",
                "",
                self.there as f64 / self.looks.max(1) as f64,
            ),
            (
                "GOSPA (cut-off 2 m), mean",
                "m",
                self.gospa_m / self.looks.max(1) as f64,
            ),
            (
                "found ones are placed within (root mean square)",
                "m",
                (self.placing_m2 / found).sqrt(),
            ),
            ("missed", "%", share(self.missed, self.there)),
            ("phantoms, of those there", "%", share(self.phantoms, self.there)),
            (
                "changes of a track's number, an hour in sight",
                "1/h",
                self.switches as f64 / self.seen_s.max(1.0) * 3600.0,
            ),
            ("trips completed", "", f64::from(self.trips)),
            ("collisions", "", f64::from(self.collisions)),
        ]
    }
}

fn as_text(rows: &[(&str, Quality)]) -> String {
    let mut text = format!("{:<52}", "");
    for (name, _) in rows {
        text += &format!("{name:>20}");
    }
    text += "\n";
    let columns: Vec<_> = rows.iter().map(|(_, quality)| quality.figures()).collect();
    for (line, (name, unit, _)) in columns[0].iter().enumerate() {
        text += &format!("{:<52}", format!("{name} {unit}").trim_end());
        for column in &columns {
            text += &format!("{:>20.3}", column[line].2);
        }
        text += "\n";
    }
    text
}

fn as_json(rows: &[(&str, Quality)]) -> String {
    let of = |quality: &Quality| {
        let figures = quality.figures().into_iter();
        let list = figures.map(|(name, unit, value)| serde_json::json!({ "name": name, "unit": unit, "value": value }));
        serde_json::Value::Array(list.collect())
    };
    let rows: serde_json::Map<_, _> = rows
        .iter()
        .map(|(name, quality)| ((*name).to_owned(), of(quality)))
        .collect();
    format!("{:#}\n", serde_json::Value::Object(rows))
}
