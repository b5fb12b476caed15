//! `westline scenario`: OpenSCENARIO files in, what happened or what is wrong out.

use crate::arguments::ScenarioCommand;
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use scenario::model::ElementKind;
use scenario::{Distribution, Library, Player, ReadOptions, State, distribution, read};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn execute(command: &ScenarioCommand) -> Result<Answer> {
    match command {
        ScenarioCommand::Check { files, lenient } => check(files, *lenient),
        ScenarioCommand::Run {
            file,
            permutation,
            sample,
            seed,
            step,
            max_time,
            set,
            lenient,
            csv,
            json,
        } => {
            let library = Library::default();
            let mut file = file.clone();
            let mut parameters = Vec::new();
            if distribution::is_distribution(&library, &file) {
                let found = Distribution::read(&library, &file).map_err(|error| anyhow!("{error}"))?;
                if permutation.is_none() && sample.is_none() {
                    return tell(&found, &file);
                }
                parameters = chosen(&found, permutation.unwrap_or(0), sample.unwrap_or(0), *seed)?;
                file.clone_from(&found.scenario);
            } else if permutation.is_some() || sample.is_some() {
                return Err(anyhow!(
                    "{}: --permutation and --sample need a file with a <ParameterValueDistribution>",
                    file.display()
                ));
            }
            parameters.extend(set.iter().cloned());
            let options = ReadOptions {
                lenient: *lenient,
                parameters,
            };
            let reading = read(&library, &file, &options).map_err(|error| anyhow!("{error}"))?;
            for warning in &reading.warnings {
                eprintln!("warning: {warning}");
            }
            let played = play(&reading.scenario, *step, *max_time, csv.is_some());
            if let Some(path) = csv {
                output::write_whole(path, played.csv.as_bytes())?;
            }
            if let Some(path) = json {
                output::write_whole(
                    path,
                    format!("{:#}\n", played.to_json(&reading.scenario.name)).as_bytes(),
                )?;
            }
            played.print()
        }
    }
}

/// The values of one run.
fn chosen(
    distribution: &Distribution,
    permutation: u64,
    sample: u64,
    seed: Option<u64>,
) -> Result<distribution::Assignments> {
    let mut parameters = distribution.permutation(permutation).ok_or_else(|| {
        let count = distribution.permutations().unwrap_or(u64::MAX);
        anyhow!("no permutation {permutation}\nhint: there are {count}, counted from 0")
    })?;
    let seed = seed.or(distribution.seed).unwrap_or(0);
    parameters.extend(distribution.sample(record::Seed(seed), sample));
    for (name, value) in &parameters {
        eprintln!("{name} = {value}");
    }
    Ok(parameters)
}

/// What a distribution holds.
fn tell(distribution: &Distribution, file: &Path) -> Result<Answer> {
    let mut text = String::new();
    for alternatives in &distribution.choices {
        let names = alternatives
            .first()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.collect();
        writeln!(text, "{:<48} {:>8} values", names.join(", "), alternatives.len())?;
    }
    for drawn in &distribution.drawn {
        writeln!(text, "{:<48} {:>8}", drawn.parameter, "drawn")?;
    }
    match distribution.permutations() {
        Some(count) => writeln!(text, "{count} permutations of {}", distribution.scenario.display())?,
        None => writeln!(text, "more than {} permutations", u64::MAX)?,
    }
    if !distribution.drawn.is_empty() {
        writeln!(text, "{} samples asked for", distribution.samples)?;
    }
    eprintln!(
        "hint: play one with `westline scenario run {} --permutation 0`",
        file.display()
    );
    output::print(&text)?;
    Ok(Answer::Yes)
}

fn check(files: &[PathBuf], lenient: bool) -> Result<Answer> {
    let library = Library::default();
    let options = ReadOptions {
        lenient,
        ..ReadOptions::default()
    };
    let mut text = String::new();
    let mut is_sound = true;
    for file in files {
        if distribution::is_distribution(&library, file) {
            match Distribution::read(&library, file) {
                Ok(found) => {
                    let count = found
                        .permutations()
                        .map_or("countless".to_owned(), |count| count.to_string());
                    writeln!(text, "{}: {count} permutations can be made", file.display())?;
                }
                Err(error) => {
                    is_sound = false;
                    writeln!(text, "{error}")?;
                }
            }
            continue;
        }
        match read(&library, file, &options) {
            Ok(reading) => {
                for warning in &reading.warnings {
                    writeln!(text, "warning: {warning}")?;
                }
                writeln!(text, "{}: can be played", file.display())?;
            }
            Err(error) => {
                is_sound = false;
                writeln!(text, "{error}")?;
            }
        }
    }
    output::print(&text)?;
    Ok(if is_sound { Answer::Yes } else { Answer::No })
}

/// What a run left.
struct Played {
    csv: String,
    /// When, which element, what it became.
    happenings: Vec<(f64, String, &'static str)>,
    /// First contact of each pair: when, who, how fast against each other.
    collisions: Vec<(f64, String, String, f64)>,
    /// Name, place, speed, way.
    ends: Vec<(String, [f64; 2], f64, f64)>,
    notes: Vec<String>,
    time_s: f64,
    has_ended: bool,
}

fn play(scenario: &scenario::model::Scenario, step_s: f64, time_s_max: f64, wants_csv: bool) -> Played {
    let mut player = Player::new(scenario);
    let mut csv = String::from("time_s,entity,x_m,y_m,z_m,heading_rad,speed_mps\n");
    let mut collisions: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    let mut has_ended = false;
    // A step that would begin at or behind the limit is not taken.
    while player.time_s() < time_s_max - 1e-9 {
        if !player.step(step_s) {
            has_ended = true;
            break;
        }
        let bodies = player.bodies();
        for first in 0..bodies.len() {
            for second in first + 1..bodies.len() {
                if !collisions.contains_key(&(first, second)) && player.touch(first, second) {
                    let [a, b] = [first, second].map(|index| bodies[index].velocity_mps);
                    let impact_mps = libm::hypot(a[0] - b[0], a[1] - b[1]);
                    collisions.insert((first, second), (player.time_s(), impact_mps));
                }
            }
        }
        if wants_csv {
            append_rows(&mut csv, &player);
        }
    }
    let name = |index: usize| scenario.entities[index].name.clone();
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
    Played {
        happenings: happenings.collect(),
        collisions: collisions
            .into_iter()
            .map(|((first, second), (time_s, impact_mps))| (time_s, name(first), name(second), impact_mps))
            .collect(),
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
        time_s: player.time_s(),
        csv,
        has_ended,
    }
}

fn append_rows(csv: &mut String, player: &Player) {
    for (entity, body) in player.scenario().entities.iter().zip(player.bodies()) {
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

fn quoted(name: &str) -> String {
    match name.contains([',', '"', '\n']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}

impl Played {
    fn print(&self) -> Result<Answer> {
        let mut text = String::new();
        for (time_s, name, what) in &self.happenings {
            writeln!(text, "{time_s:>8.2} s  {name}: {what}")?;
        }
        for (time_s, first, second, impact_mps) in &self.collisions {
            writeln!(
                text,
                "{time_s:>8.2} s  {first} and {second} collide at {impact_mps:.2} m/s"
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
        let end = if self.has_ended {
            "the storyboard ended"
        } else {
            "stopped by --max-time"
        };
        writeln!(text, "\n{end} at {:.2} s", self.time_s)?;
        for note in &self.notes {
            eprintln!("note: {note}");
        }
        if !self.has_ended {
            eprintln!("note: the storyboard has no end by then\nhint: add a <StopTrigger>, or raise --max-time");
        }
        output::print(&text)?;
        Ok(Answer::Yes)
    }

    fn to_json(&self, name: &str) -> serde_json::Value {
        let happenings = self.happenings.iter();
        let collisions = self.collisions.iter();
        serde_json::json!({
            "scenario": Path::new(name).file_name().map(|name| name.to_string_lossy()),
            "has_ended": self.has_ended,
            "time_s": self.time_s,
            "events": happenings.map(|(time_s, element, state)| {
                serde_json::json!({"time_s": time_s, "element": element, "state": state})
            }).collect::<Vec<_>>(),
            "collisions": collisions.map(|(time_s, first, second, impact_mps)| {
                serde_json::json!({"time_s": time_s, "entities": [first, second], "impact_mps": impact_mps})
            }).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}
