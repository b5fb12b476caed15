//! `westline commonroad`: scenarios of the CommonRoad benchmark driven, checked and drawn.
//!
//! Reading, driving and judging are `commonroad`'s; here files are gathered, our driver is put into the ego and timed, and
//! results become a table, JSON, solution files and pictures. Files are played on all threads; rows come in their order.

use crate::arguments::TEMPLATE;
use crate::bench::sorted;
use crate::timed::Timed;
use crate::{Answer, output, run};
use ::commonroad::{Outcome, Play, Played, Roads, Scenario, VehicleModel, picture, solution};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use driver::AutomatedDriver;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Larger files are no scenarios; they are read whole.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Folders within folders are looked into so deep.
const DEPTH_MAX: usize = 16;

/// `westline commonroad`.
#[derive(Debug, Subcommand)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline commonroad run scenarios/                         a table: solved, failed and why, time, cycles
  westline commonroad run scenarios/ --solutions out/ --draw pictures/
  westline commonroad check DEU_Muc-4_1_T-1.xml              what is in a file, what is wrong with it
  westline commonroad draw DEU_Muc-4_1_T-1.xml -o muc.png
")]
pub enum CommonRoadCommand {
    /// Let the automated driver solve planning problems; the answer is whether all are solved.
    Run(CommonRoadRun),
    /// Read files and tell what is in them and what is wrong with them.
    Check {
        /// Files, or folders of them.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Draw a planning problem as it is given.
    Draw {
        /// The file.
        file: PathBuf,
        /// The picture, SVG or PNG.
        #[arg(short, long)]
        output: PathBuf,
        /// Which planning problem [default: the first].
        #[arg(long, value_name = "NUMBER")]
        problem: Option<i64>,
    },
}

/// `westline commonroad run`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline commonroad run ZAM_Tutorial-1_2_T-1.xml
  westline commonroad run scenarios/ --solutions out/        a solution file for each that is solved
  westline commonroad run scenarios/ --draw pictures/ --json
  westline commonroad run scenarios/ --vehicle 3             the van

Obstacles move as recorded and do not react. The exit status is 1 if a planning problem is not solved.
")]
pub struct CommonRoadRun {
    /// Scenario files (XML 2020a or 2018b), or folders of them.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The benchmark's vehicle: 1 Ford Escort, 2 BMW 320i, 3 VW Vanagon.
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub vehicle: u8,
    /// Write a solution file for each scenario whose planning problems are all solved.
    #[arg(long, value_name = "DIR")]
    pub solutions: Option<PathBuf>,
    /// Draw each planning problem as it was driven.
    #[arg(long, value_name = "DIR")]
    pub draw: Option<PathBuf>,
    /// Pictures as PNG instead of SVG.
    #[arg(long, requires = "draw")]
    pub png: bool,
    /// Threads to use; but for the times of cycles the result does not depend on it [default: the machine's].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

pub fn execute(command: &CommonRoadCommand) -> Result<Answer> {
    match command {
        CommonRoadCommand::Run(arguments) => run_all(arguments),
        CommonRoadCommand::Check { files, json } => check(files, *json),
        CommonRoadCommand::Draw { file, output, problem } => draw(file, output, *problem),
    }
}

/// A file and what came of it.
struct Row {
    file: PathBuf,
    result: Result<Solved>,
}

/// A scenario whose planning problems were driven.
struct Solved {
    scenario: Scenario,
    problems: Vec<(Played, Vec<f64>)>,
}

/// XML files among files and folders, in order of their paths.
fn gather(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
        let entries = std::fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("{}: cannot be read", folder.display()))?
                .path();
            if path.is_dir() && depth < DEPTH_MAX {
                walk(&path, depth + 1, files)?;
            } else if path.extension().is_some_and(|extension| extension == "xml") {
                files.push(path);
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, 0, &mut files)?;
            files[before..].sort();
            if files.len() == before {
                bail!(
                    "{}: no scenario in it\nhint: name a folder with .xml files",
                    path.display()
                );
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Reads a scenario.
fn read(path: &Path) -> Result<Scenario> {
    let file = path.display().to_string();
    let size = std::fs::metadata(path)
        .with_context(|| format!("{file}: cannot be read"))?
        .len();
    if size > FILE_BYTES_MAX {
        bail!("{file}: {size} bytes, at most {FILE_BYTES_MAX}\nhint: cut the scenario to where it plays");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{file}: cannot be read"))?;
    Ok(Scenario::read(&file, &text)?)
}

fn play(path: &Path, vehicle: &VehicleModel) -> Result<Solved> {
    let scenario = read(path)?;
    let named = |error| anyhow!("{}: {error}", path.display());
    if scenario.planning_problems.is_empty() {
        bail!(
            "{}: there is no planning problem\nhint: `westline commonroad check` tells what is in the file",
            path.display()
        );
    }
    let roads = Roads::new(&scenario).map_err(named)?;
    let problems = scenario.planning_problems.iter().map(|problem| {
        let mut cycles_us = Vec::new();
        let mut driver = Timed {
            driver: AutomatedDriver::new(roads.network.clone(), vehicle.sheet.clone()),
            each: |_, taken_us| cycles_us.push(taken_us),
        };
        let played = Play::new(&scenario, &roads, problem, vehicle)
            .map_err(named)?
            .drive(&mut driver);
        Ok((played, cycles_us))
    });
    let problems = problems.collect::<Result<_>>()?;
    Ok(Solved { scenario, problems })
}

fn run_all(arguments: &CommonRoadRun) -> Result<Answer> {
    let files = gather(&arguments.files)?;
    let vehicle = VehicleModel::by_number(arguments.vehicle).context("there is no such vehicle")?;
    for folder in arguments.solutions.iter().chain(&arguments.draw) {
        std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    }
    let interrupt = run::watch_for_interrupt()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.unwrap_or(0) as usize)
        .build()
        .context("threads cannot be started")?;
    let bar = ProgressBar::new(files.len() as u64);
    bar.set_style(ProgressStyle::with_template(
        "{bar:32} {pos} of {len} scenarios, {eta} left",
    )?);
    let one = |file: &PathBuf| {
        if interrupt.load(Ordering::Relaxed) {
            return None;
        }
        let result = play(file, &vehicle).and_then(|solved| {
            keep(&solved, &vehicle, arguments)?;
            Ok(solved)
        });
        bar.inc(1);
        Some(Row {
            file: file.clone(),
            result,
        })
    };
    let rows: Option<Vec<Row>> = pool.install(|| files.par_iter().with_max_len(1).map(one).collect());
    bar.finish_and_clear();
    let Some(rows) = rows else {
        bail!("interrupted; solutions and pictures written so far are whole");
    };
    for row in &rows {
        if let Err(error) = &row.result {
            eprintln!("error: {error:#}");
        }
    }
    output::print(&if arguments.json {
        as_json(&rows)
    } else {
        as_table(&rows)
    })?;
    if rows.iter().any(|row| row.result.is_err()) {
        bail!("not every scenario could be driven");
    }
    let all_solved = rows
        .iter()
        .flat_map(|row| &row.result)
        .flat_map(|solved| &solved.problems);
    let all_solved = { all_solved }.all(|(played, _)| matches!(played.outcome, Outcome::Solved { .. }));
    Ok(if all_solved { Answer::Yes } else { Answer::No })
}

/// Solution and pictures of a scenario.
fn keep(solved: &Solved, vehicle: &VehicleModel, arguments: &CommonRoadRun) -> Result<()> {
    let Solved { scenario, problems } = solved;
    let is_solved = problems
        .iter()
        .all(|(played, _)| matches!(played.outcome, Outcome::Solved { .. }));
    // A benchmark id is a file's name, and nothing that leads elsewhere.
    let name: String = scenario
        .benchmark_id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    if let Some(folder) = arguments.solutions.as_ref().filter(|_| is_solved) {
        let played: Vec<Played> = problems.iter().map(|(played, _)| played.clone()).collect();
        let file = format!(
            "solution_KS{}_{}_{name}_{}.xml",
            vehicle.number,
            solution::COST_FUNCTION,
            scenario.version.name()
        );
        output::write_whole(
            &folder.join(file),
            solution::write(scenario, vehicle, &played).as_bytes(),
        )?;
    }
    if let Some(folder) = &arguments.draw {
        for (problem, (played, _)) in scenario.planning_problems.iter().zip(problems) {
            let svg = picture::draw(scenario, problem, vehicle, Some(played));
            let several = if problems.len() > 1 {
                format!("_{}", problem.id)
            } else {
                String::new()
            };
            let ending = if arguments.png { "png" } else { "svg" };
            output::write_picture(&folder.join(format!("{name}{several}.{ending}")), &svg, 1.5)?;
        }
    }
    Ok(())
}

/// The nearest rank; 0 without any.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        0.0
    } else {
        network::trace::quantile(sorted, share)
    }
}

fn as_table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<36} {:>8} {:>13} {:>7} {:>7} {:>8}  {}\n",
        "scenario", "problem", "time s", "p50 us", "p99 us", "worst us", "outcome"
    );
    let (mut solved, mut count, mut unread) = (0, 0, 0);
    let mut all_us = Vec::new();
    for row in rows {
        let Ok(done) = &row.result else {
            unread += 1;
            let file = row.file.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(
                text,
                "{file:<36} {:>8} {:>13} {:>7} {:>7} {:>8}  could not be driven",
                "", "", "", "", ""
            );
            continue;
        };
        for (played, cycles_us) in &done.problems {
            let step_s = done.scenario.time_step_s;
            let us = sorted(cycles_us.iter().copied());
            let _ = writeln!(
                text,
                "{:<36} {:>8} {:>5.1} of {:>4.1} {:>7.0} {:>7.0} {:>8.0}  {}",
                done.scenario.benchmark_id,
                played.problem,
                played.used_steps() as f64 * step_s,
                played.given_steps() as f64 * step_s,
                quantile(&us, 0.5),
                quantile(&us, 0.99),
                quantile(&us, 1.0),
                played.outcome
            );
            solved += usize::from(matches!(played.outcome, Outcome::Solved { .. }));
            count += 1;
            all_us.extend(us);
        }
    }
    let us = sorted(all_us.iter().copied());
    let _ = writeln!(
        text,
        "{solved} of {count} planning problems solved; a cycle takes {:.0} us at p50, {:.0} us at p99, {:.0} us at worst",
        quantile(&us, 0.5),
        quantile(&us, 0.99),
        quantile(&us, 1.0)
    );
    if unread > 0 {
        let _ = writeln!(text, "{unread} files could not be driven");
    }
    text
}

fn as_json(rows: &[Row]) -> String {
    let mut list = Vec::new();
    for row in rows {
        match &row.result {
            Err(error) => list.push(json!({"file": row.file, "error": format!("{error:#}")})),
            Ok(done) => list.extend(done.problems.iter().map(|(played, cycles_us)| {
                let us = sorted(cycles_us.iter().copied());
                let step_s = done.scenario.time_step_s;
                json!({
                    "file": row.file,
                    "scenario": done.scenario.benchmark_id,
                    "planning_problem": played.problem,
                    "solved": matches!(played.outcome, Outcome::Solved { .. }),
                    "outcome": played.outcome.to_string(),
                    "used_s": played.used_steps() as f64 * step_s,
                    "given_s": played.given_steps() as f64 * step_s,
                    "cycles": us.len(),
                    "cycle_p50_us": quantile(&us, 0.5),
                    "cycle_p99_us": quantile(&us, 0.99),
                    "cycle_worst_us": quantile(&us, 1.0),
                })
            })),
        }
    }
    format!("{:#}\n", serde_json::Value::Array(list))
}

fn check(paths: &[PathBuf], as_json: bool) -> Result<Answer> {
    let mut list = Vec::new();
    let mut text = String::new();
    let mut answer = Answer::Yes;
    for path in gather(paths)? {
        let scenario = match read(&path) {
            Ok(scenario) => scenario,
            Err(error) => {
                eprintln!("error: {error:#}");
                list.push(json!({"file": path, "error": format!("{error:#}")}));
                answer = Answer::No;
                continue;
            }
        };
        let roads = Roads::new(&scenario);
        let mut notes = scenario.notes.clone();
        match &roads {
            Ok(roads) => notes.extend(roads.notes().iter().map(|note| format!("{}: {note}", path.display()))),
            Err(error) => {
                eprintln!("error: {}: {error}", path.display());
                answer = Answer::No;
            }
        }
        if !as_json {
            notes.iter().for_each(|note| eprintln!("note: {note}"));
        }
        let count = |role| {
            scenario
                .obstacles
                .iter()
                .filter(|obstacle| obstacle.role == role)
                .count()
        };
        use ::commonroad::scenario::Role;
        let counts = [Role::Static, Role::Dynamic, Role::Environment, Role::Phantom].map(count);
        let fit_m = roads.as_ref().ok().map(Roads::fit_m);
        let lanes = roads.as_ref().map_or(0, |roads| roads.network.lanes().len());
        let _ = writeln!(
            text,
            "{}: version {}, steps of {} s\n  {} lanelets, {} signs, {} lights, {} intersections\n  {} static, {} dynamic, \
             {} environment, {} phantom obstacles; {} planning problems\n  {lanes} lanes; points of bounds lie within {:.3} m",
            scenario.benchmark_id,
            scenario.version.name(),
            scenario.time_step_s,
            scenario.lanelets.len(),
            scenario.signs.len(),
            scenario.lights.len(),
            scenario.intersections.len(),
            counts[0],
            counts[1],
            counts[2],
            counts[3],
            scenario.planning_problems.len(),
            fit_m.unwrap_or(f64::NAN),
        );
        let mut entry = values(&scenario);
        entry["file"] = json!(path);
        entry["notes"] = json!(notes);
        entry["lanes"] = json!(lanes);
        entry["fit_m"] = json!(fit_m);
        list.push(entry);
    }
    output::print(&if as_json {
        format!("{:#}\n", serde_json::Value::Array(list))
    } else {
        text
    })?;
    Ok(answer)
}

/// Everything that was read, for scripts.
fn values(scenario: &Scenario) -> serde_json::Value {
    use ::commonroad::scenario::{Interval, Obstacle, Position, State};
    let range = |interval: Option<Interval>| interval.map(|interval| [interval.start, interval.end]);
    let state = |state: &State| {
        let position = match &state.position {
            None => serde_json::Value::Null,
            Some(Position::Point(point)) => json!({"point": point}),
            Some(Position::Area(shape)) => json!({"centre": shape.centre_m(), "bounds": shape.bounds_m()}),
            Some(Position::Lanelets(ids)) => json!({"lanelets": ids}),
        };
        json!({
            "time": [state.time.start, state.time.end],
            "position": position,
            "orientation": range(state.orientation_rad),
            "velocity": range(state.velocity_mps),
            "acceleration": range(state.acceleration_mps2),
            "yaw_rate": range(state.yaw_rate_rad_per_s),
            "slip_angle": range(state.slip_angle_rad),
            "others": state.others.iter().map(|(name, value)| (name.clone(), json!([value.start, value.end])))
                .collect::<serde_json::Map<_, _>>(),
        })
    };
    let obstacle = |obstacle: &Obstacle| {
        json!({
            "id": obstacle.id, "role": obstacle.role.name(), "type": obstacle.kind,
            "shape_bounds": obstacle.shape.as_ref().map(|shape| shape.bounds_m()),
            "initial": obstacle.initial.as_ref().map(&state),
            "trajectory": obstacle.trajectory.iter().map(&state).collect::<Vec<_>>(),
            "occupancies": obstacle.occupancies.iter().map(|occupancy| json!({
                "time": [occupancy.time.start, occupancy.time.end], "bounds": occupancy.shape.bounds_m(),
            })).collect::<Vec<_>>(),
            "signal_states": obstacle.signals.len(),
        })
    };
    json!({
        "benchmark_id": scenario.benchmark_id,
        "version": scenario.version.name(),
        "time_step_s": scenario.time_step_s,
        "author": scenario.author, "affiliation": scenario.affiliation, "source": scenario.source,
        "tags": scenario.tags,
        "lanelets": scenario.lanelets.iter().map(|lanelet| json!({
            "id": lanelet.id,
            "left": lanelet.left.points_m, "right": lanelet.right.points_m,
            "left_marking": lanelet.left.line_marking, "right_marking": lanelet.right.line_marking,
            "predecessors": lanelet.predecessors, "successors": lanelet.successors,
            "adjacent_left": lanelet.adjacent_left.map(|beside| json!([beside.lanelet, beside.same_direction])),
            "adjacent_right": lanelet.adjacent_right.map(|beside| json!([beside.lanelet, beside.same_direction])),
            "stop_line": lanelet.stop_line.is_some(),
            "types": lanelet.types, "users_one_way": lanelet.users_one_way,
            "users_bidirectional": lanelet.users_bidirectional,
            "signs": lanelet.signs, "lights": lanelet.lights,
        })).collect::<Vec<_>>(),
        "signs": scenario.signs.iter().map(|sign| json!({
            "id": sign.id, "virtual": sign.is_virtual, "position": sign.position_m,
            "elements": sign.elements.iter().map(|e| json!({"number": e.number, "values": e.values})).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "lights": scenario.lights.iter().map(|light| json!({
            "id": light.id, "direction": light.direction, "active": light.is_active, "offset": light.offset_steps,
            "cycle": light.cycle.iter().map(|e| json!([e.colour, e.duration_steps])).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "intersections": scenario.intersections.iter().map(|intersection| json!({
            "id": intersection.id, "crossings": intersection.crossings,
            "incomings": intersection.incomings.iter().map(|incoming| json!({
                "id": incoming.id, "lanelets": incoming.lanelets, "right": incoming.successors_right,
                "straight": incoming.successors_straight, "left": incoming.successors_left,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "obstacles": scenario.obstacles.iter().map(obstacle).collect::<Vec<_>>(),
        "planning_problems": scenario.planning_problems.iter().map(|problem| json!({
            "id": problem.id, "initial": state(&problem.initial),
            "goals": problem.goals.iter().map(state).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn draw(file: &Path, output: &Path, number: Option<i64>) -> Result<Answer> {
    let scenario = read(file)?;
    let mut problems = scenario.planning_problems.iter();
    let problem = problems.find(|problem| number.is_none_or(|number| number == problem.id));
    let whole = ::commonroad::scenario::PlanningProblem::default();
    let problem = match (problem, number) {
        (Some(problem), _) => problem,
        (None, Some(number)) => bail!(
            "{}: there is no planning problem `{number}`\nhint: `westline commonroad check` tells what is in the file",
            file.display()
        ),
        (None, None) => &whole,
    };
    let vehicle = VehicleModel::by_number(2).context("there is no such vehicle")?;
    output::write_picture(output, &picture::draw(&scenario, problem, &vehicle, None), 1.5)?;
    Ok(Answer::Yes)
}
