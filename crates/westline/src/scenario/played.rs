//! One run of a scenario: played step by step, watched by measures and writers, told in words and JSON.

use super::foreign::ForeignDriver;
use super::trace::Trace;
use crate::arguments::DriverChoice;
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use scenario::measures::{Collision, Measure, Measures, Side};
use scenario::model::{ElementKind, Scenario};
use scenario::picture::Animation;
use scenario::recording::Recorder;
use scenario::{Chauffeur, Command, Player, State, automated};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a run left.
pub struct Played {
    pub csv: String,
    /// When, which element, what it became.
    happenings: Vec<(f64, String, &'static str)>,
    /// First contact of each pair.
    collisions: Vec<Collision>,
    measures: Vec<Measure>,
    /// Of the entities.
    names: Vec<String>,
    /// Name, place, speed, way.
    ends: Vec<(String, [f64; 2], f64, f64)>,
    notes: Vec<String>,
    commands: Vec<Command>,
    time_s: f64,
    has_ended: bool,
    /// Of a foreign driver: steps it was asked in, and of these missed.
    deadlines: Option<[u64; 2]>,
}

/// How a scenario is to be played.
pub struct Run<'a> {
    pub driver: &'a DriverChoice,
    pub seed: record::Seed,
    /// From outside, for `UserDefinedValueCondition`.
    pub values: &'a [(String, String)],
    pub step_s: f64,
    pub time_s_max: f64,
    /// At the clock's pace.
    pub real_time: bool,
    /// Keep the trajectories.
    pub wants_csv: bool,
    pub record: Option<&'a Path>,
    pub osi: Option<&'a Path>,
    pub preview: Option<&'a Path>,
}

/// Plays a scenario and writes what is to be written while it runs.
pub fn play(scenario: &Scenario, run: &Run<'_>) -> Result<Played> {
    let mut recorder = match run.record {
        Some(path) => Some(Recorder::create(path, scenario, run.seed.0, None)?),
        None => None,
    };
    let mut trace = run.osi.map(Trace::create).transpose()?;
    let mut animation = run.preview.map(|_| Animation::default());
    let mut player = Player::new(scenario);
    player.set_seed(run.seed);
    for (name, value) in run.values {
        player.set_user_value(name, value);
    }
    let ego = scenario.ego();
    let driver = run.driver.driver();
    if let Some(ego) = ego {
        player.drive(ego, driver);
    }
    let began = run.real_time.then(Instant::now);
    let mut foreign = match run.driver {
        DriverChoice::Socket(path) => Some(ForeignDriver::connect(path, run.step_s, began)?),
        DriverChoice::Program(command) => Some(ForeignDriver::start(command, run.step_s, began)?),
        DriverChoice::Own(_) => None,
    };
    let mut automated = automated(scenario, driver, None).map_err(|reason| anyhow!("{}: {reason}", scenario.name))?;
    let mut csv = String::from("time_s,entity,x_m,y_m,z_m,heading_rad,speed_mps\n");
    let mut measures = Measures::default();
    let mut has_ended = false;
    // A step that would begin at or behind the limit is not taken.
    while player.time_s() < run.time_s_max - 1e-9 {
        if let Some(began) = began {
            let due = began + Duration::from_secs_f64(player.time_s());
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let chauffeur = match (&mut foreign, &mut automated) {
            (Some(driver), _) => Some(driver as &mut dyn Chauffeur),
            (None, Some(driver)) => Some(driver as &mut dyn Chauffeur),
            (None, None) => None,
        };
        if !player.step_with(run.step_s, chauffeur) {
            has_ended = true;
            break;
        }
        if let Some(reason) = foreign.as_mut().and_then(Chauffeur::failure) {
            return Err(anyhow!(reason));
        }
        measures.observe(&player, run.step_s);
        if let Some(recorder) = &mut recorder {
            recorder.observe(&player)?;
        }
        if let Some(trace) = &mut trace {
            trace.write(&player, ego)?;
        }
        if let Some(animation) = &mut animation {
            animation.observe(&player);
        }
        if run.wants_csv {
            append_rows(&mut csv, &player);
        }
    }
    if let Some(recorder) = recorder {
        recorder.finish()?;
    }
    if let Some(trace) = trace {
        trace.finish()?;
    }
    if let (Some(animation), Some(path)) = (animation, run.preview) {
        output::write_whole(path, animation.svg(&player).as_bytes())?;
    }
    let name = |index: usize| player.entities()[index].name.clone();
    let happenings = player.happenings().iter().filter(|happening| {
        matches!(
            scenario.elements[happening.element].kind,
            ElementKind::Act | ElementKind::Event
        )
    });
    let happenings = happenings.map(|happening| {
        let what = match happening.state {
            State::Initial => "reset",
            State::Standby => "standby",
            State::Running => "running",
            State::Complete => "complete",
        };
        (
            happening.time_s,
            scenario.elements[happening.element].name.clone(),
            what,
        )
    });
    let bodies = player.bodies().iter().enumerate().filter(|(_, body)| body.is_active);
    Ok(Played {
        happenings: happenings.collect(),
        collisions: measures.collisions().cloned().collect(),
        measures: measures.worst().cloned().collect(),
        names: player.entities().iter().map(|entity| entity.name.clone()).collect(),
        ends: bodies
            .map(|(index, body)| {
                (
                    name(index),
                    [body.pose.x_m, body.pose.y_m],
                    body.speed_mps,
                    body.travelled_m,
                )
            })
            .collect(),
        notes: player.notes().to_vec(),
        commands: player.commands().to_vec(),
        time_s: player.time_s(),
        csv,
        has_ended,
        deadlines: foreign.map(|driver| [driver.asked, driver.missed]),
    })
}

fn append_rows(csv: &mut String, player: &Player) {
    for (entity, body) in player.entities().iter().zip(player.bodies()) {
        if !body.is_active {
            continue;
        }
        let pose = body.pose;
        let row = format_args!(
            "{:.3},{},{:.4},{:.4},{:.4},{:.6},{:.4}\n",
            player.time_s(),
            quoted(&entity.name),
            pose.x_m,
            pose.y_m,
            pose.z_m,
            pose.heading_rad,
            body.speed_mps
        );
        // Writing to a string cannot fail.
        let _ = csv.write_fmt(row);
    }
}

pub fn quoted(name: &str) -> String {
    match name.contains([',', '"', '\n']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}

impl Played {
    /// Tells what happened.
    pub fn print(&self) -> Result<Answer> {
        let mut text = String::new();
        for (time_s, name, what) in &self.happenings {
            writeln!(text, "{time_s:>8.2} s  {name}: {what}")?;
        }
        for command in &self.commands {
            writeln!(
                text,
                "{:>8.2} s  command `{}`: {}",
                command.time_s, command.kind, command.content
            )?;
        }
        for collision in &self.collisions {
            let [first, second] = collision.actors.map(|entity| &self.names[entity]);
            let [side, other_side] = collision.sides.map(Side::word);
            writeln!(
                text,
                "{:>8.2} s  {first} ({side}) and {second} ({other_side}) collide at {:.2} m/s",
                collision.time_s, collision.impact_mps
            )?;
        }
        writeln!(
            text,
            "\n{:<24} {:>10} {:>10} {:>8} {:>10}",
            "entity", "x (m)", "y (m)", "m/s", "way (m)"
        )?;
        for (name, [x_m, y_m], speed_mps, way_m) in &self.ends {
            writeln!(
                text,
                "{name:<24} {x_m:>10.2} {y_m:>10.2} {speed_mps:>8.2} {way_m:>10.2}"
            )?;
        }
        writeln!(text, "\n{:<28} {:>10} {:>10}  actors", "worst", "", "at (s)")?;
        for measure in &self.measures {
            let actors = self.actors(&measure.actors);
            writeln!(
                text,
                "{:<28} {:>10.2} {:>10.2}  {}",
                measure.name.word(),
                measure.value,
                measure.time_s,
                actors.join(", ")
            )?;
        }
        let end = if self.has_ended {
            "the storyboard ended"
        } else {
            "stopped by --max-time"
        };
        writeln!(text, "\n{end} at {:.2} s", self.time_s)?;
        if let Some([asked, missed]) = self.deadlines {
            writeln!(text, "the driver was asked {asked} times and missed {missed} deadlines")?;
        }
        for note in &self.notes {
            eprintln!("note: {note}");
        }
        if !self.has_ended {
            eprintln!("note: the storyboard has no end by then\nhint: add a <StopTrigger>, or raise --max-time");
        }
        output::print(&text)?;
        Ok(Answer::Yes)
    }

    fn actors(&self, entities: &[usize]) -> Vec<&str> {
        entities.iter().map(|&entity| self.names[entity].as_str()).collect()
    }

    /// The same for programs.
    pub fn to_json(&self, name: &str) -> serde_json::Value {
        let happenings = self.happenings.iter();
        let collisions = self.collisions.iter();
        serde_json::json!({
            "scenario": Path::new(name).file_name().map(|name| name.to_string_lossy()),
            "has_ended": self.has_ended,
            "time_s": self.time_s,
            "events": happenings.map(|(time_s, element, state)| {
                serde_json::json!({"time_s": time_s, "element": element, "state": state})
            }).collect::<Vec<_>>(),
            "collisions": collisions.map(|collision| {
                serde_json::json!({
                    "time_s": collision.time_s,
                    "entities": self.actors(&collision.actors),
                    "impact_mps": collision.impact_mps,
                    "sides": collision.sides.map(Side::word),
                    "place_m": collision.place_m,
                })
            }).collect::<Vec<_>>(),
            "measures": self.measures.iter().map(|measure| {
                serde_json::json!({
                    "name": measure.name.word(),
                    "value": measure.value,
                    "time_s": measure.time_s,
                    "place_m": measure.place_m,
                    "entities": self.actors(&measure.actors),
                })
            }).collect::<Vec<_>>(),
            "deadlines": self.deadlines.map(|[asked, missed]| serde_json::json!({"asked": asked, "missed": missed})),
            "commands": self.commands.iter().map(|command| {
                serde_json::json!({"time_s": command.time_s, "type": command.kind, "content": command.content})
            }).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}
