//! `westline scenario`: OpenSCENARIO files in, what happened or what is wrong out.

mod campaign;
mod recording;

use crate::arguments::ScenarioCommand;
use crate::{Answer, output};
use anyhow::{Result, anyhow};
use recording::Recorder;
use scenario::campaign::Campaign;
use scenario::measures::{Collision, Measure, Measures, Side};
use scenario::model::ElementKind;
use scenario::{Distribution, Driver, Library, Player, ReadOptions, State, distribution, read};
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn execute(command: &ScenarioCommand) -> Result<Answer> {
    match command {
        ScenarioCommand::Check { files, lenient } => check(files, *lenient),
        ScenarioCommand::Draw {
            file,
            output,
            max_time,
            set,
        } => {
            let options = ReadOptions {
                lenient: false,
                parameters: set.clone(),
            };
            let reading = read(&Library::default(), file, &options).map_err(|error| anyhow!("{error}"))?;
            let svg = scenario::picture::storyboard(&reading.scenario, *max_time);
            match output.extension().and_then(|extension| extension.to_str()) {
                Some("svg") => output::write_whole(output, svg.as_bytes())?,
                Some("png") => {
                    output::write_whole(output, &road::draw::png(&svg, 1.0, &output::fonts())?)?;
                }
                _ => return Err(anyhow!("{}: pictures end in .svg or .png", output.display())),
            }
            Ok(Answer::Yes)
        }
        ScenarioCommand::Run {
            file,
            permutation,
            all,
            threads,
            table,
            driver,
            sample,
            seed,
            step,
            max_time,
            set,
            lenient,
            csv,
            record,
            save,
            json,
        } => {
            let library = Library::default();
            let mut file = file.clone();
            let mut parameters = Vec::new();
            if distribution::is_distribution(&library, &file) {
                let found = Distribution::read(&library, &file).map_err(|error| anyhow!("{error}"))?;
                if *all {
                    let campaign = Campaign {
                        library: &library,
                        distribution: &found,
                        step_s: *step,
                        time_s_max: *max_time,
                        driver: *driver,
                        seed: record::Seed(seed.or(found.seed).unwrap_or(0)),
                        parameters: set.clone(),
                    };
                    return campaign::run(&campaign, &file, *threads, table.as_deref());
                }
                if permutation.is_none() && sample.is_none() {
                    return tell(&found, &file);
                }
                parameters = chosen(&found, permutation.unwrap_or(0), sample.unwrap_or(0), *seed)?;
                file.clone_from(&found.scenario);
            } else if permutation.is_some() || sample.is_some() || *all {
                return Err(anyhow!(
                    "{}: --permutation, --sample and --all need a file with a <ParameterValueDistribution>",
                    file.display()
                ));
            }
            parameters.extend(set.iter().cloned());
            let options = ReadOptions {
                lenient: *lenient,
                parameters,
            };
            let reading = read(&library, &file, &options).map_err(|error| anyhow!("{error}"))?;
            if let Some(save) = save {
                output::write_whole(save, saved(&file, &options.parameters)?.as_bytes())?;
            }
            for warning in &reading.warnings {
                eprintln!("warning: {warning}");
            }
            let mut recorder = match record {
                Some(path) => Some(Recorder::create(path, &reading.scenario, seed.unwrap_or(0))?),
                None => None,
            };
            let played = play(
                &reading.scenario,
                *driver,
                record::Seed(seed.unwrap_or(0)),
                *step,
                *max_time,
                csv.is_some(),
                recorder.as_mut(),
            )?;
            if let Some(recorder) = recorder {
                recorder.finish()?;
            }
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

/// The text of a scenario with these values, its paths as seen from anywhere.
fn saved(file: &Path, values: &[(String, String)]) -> Result<String> {
    let text = scenario::text_of(file).map_err(|error| anyhow!("{}: cannot be read: {error}", file.display()))?;
    let folder = std::path::absolute(file)?
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    let beside = |path: &str| folder.join(path.replace('\\', "/")).to_string_lossy().into_owned();
    scenario::concrete(&text, values, beside)
        .ok_or_else(|| anyhow!("{}: a value belongs to no parameter of the file", file.display()))
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
    /// First contact of each pair.
    collisions: Vec<Collision>,
    measures: Vec<Measure>,
    /// Of the entities.
    names: Vec<String>,
    /// Name, place, speed, way.
    ends: Vec<(String, [f64; 2], f64, f64)>,
    notes: Vec<String>,
    time_s: f64,
    has_ended: bool,
}

fn play(
    scenario: &scenario::model::Scenario,
    driver: Driver,
    seed: record::Seed,
    step_s: f64,
    time_s_max: f64,
    wants_csv: bool,
    mut recorder: Option<&mut Recorder>,
) -> Result<Played> {
    let mut player = Player::new(scenario);
    player.set_seed(seed);
    if let Some(ego) = scenario.ego() {
        player.drive(ego, driver);
    }
    let mut csv = String::from("time_s,entity,x_m,y_m,z_m,heading_rad,speed_mps\n");
    let mut measures = Measures::default();
    let mut has_ended = false;
    // A step that would begin at or behind the limit is not taken.
    while player.time_s() < time_s_max - 1e-9 {
        if !player.step(step_s) {
            has_ended = true;
            break;
        }
        measures.observe(&player, step_s);
        if let Some(recorder) = &mut recorder {
            recorder.observe(&player)?;
        }
        if wants_csv {
            append_rows(&mut csv, &player);
        }
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
        time_s: player.time_s(),
        csv,
        has_ended,
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
            "notes": self.notes,
        })
    }
}
