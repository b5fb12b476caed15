//! `westline bench scenario`: a scenario from file to end, beside esmini where it is installed.
//!
//! The whole process is this program as it is called from a shell, start-up included; stepping is a player alone, every
//! step with measures; memory is what the resident set grows by for each of many players of one scenario. A distribution
//! is played at its first permutation that is allowed, and permutations spread evenly over it tell what one costs.

use super::{Figure, median, print, run};
use crate::Answer;
use anyhow::{Context, Result, anyhow};
use scenario::campaign::Campaign;
use scenario::measures::Measures;
use scenario::model::Scenario;
use scenario::{Distribution, Driver, Library, Player, ReadOptions, distribution, read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const STEP_S: f64 = 0.01;
const TIME_S_MAX: f64 = 300.0;
/// Whole processes are timed so often; the median counts.
const ROUNDS: usize = 9;
/// Players that share the measured memory.
const PLAYERS: usize = 256;
/// Permutations that are played of a distribution.
const SAMPLE: u64 = 200;

pub fn bench(file: &Path, json: bool) -> Result<Answer> {
    let library = Library::default();
    let mut figures = Vec::new();
    let mut arguments = vec!["scenario".to_owned(), "run".to_owned(), file.display().to_string()];
    let mut played = file.to_owned();
    let mut options = ReadOptions::default();
    let varied = match distribution::is_distribution(&library, file) {
        true => Some(Distribution::read(&library, file).map_err(|error| anyhow!("{error}"))?),
        false => None,
    };
    if let Some(found) = &varied {
        let allowed = first_allowed(&library, found)?;
        arguments.extend(["--permutation".to_owned(), allowed.to_string()]);
        options.parameters = found.permutation(allowed).unwrap_or_default();
        played.clone_from(&found.scenario);
    }
    let reading = read(&library, &played, &options).map_err(|error| anyhow!("{error}"))?;
    // First of all: later on, memory that was freed is there to be taken.
    let memory_kb = memory_kb(&reading.scenario);
    figures.push(whole_process(&arguments, &played)?);
    if let Some(found) = &varied {
        let cost_ms = cost_ms(&library, found)?;
        figures.push(figure("a permutation, follow drives", "ms", cost_ms, None, true));
    }
    let rounds = (0..ROUNDS).map(|_| {
        let mut player = Player::new(&reading.scenario);
        let mut measures = Measures::default();
        let start = Instant::now();
        while player.time_s() < TIME_S_MAX && player.step(STEP_S) {
            measures.observe(&player, STEP_S);
        }
        player.time_s() / start.elapsed().as_secs_f64()
    });
    figures.push(figure(
        "stepping, simulated",
        "s/s",
        median(rounds.collect()),
        None,
        false,
    ));
    match memory_kb {
        Some(each) => figures.push(figure("memory of a running scenario", "kB", each, None, true)),
        None => eprintln!("memory: this system does not tell it; left out"),
    }
    print(&figures, json)?;
    Ok(Answer::Yes)
}

/// What the resident set grows by for each of many players of a scenario, each with measures, all midway.
fn memory_kb(scenario: &Scenario) -> Option<f64> {
    let before = resident_bytes()?;
    let mut runs: Vec<(Player, Measures)> = (0..PLAYERS)
        .map(|_| (Player::new(scenario), Measures::default()))
        .collect();
    for (player, measures) in &mut runs {
        while player.time_s() < 10.0 && player.step(STEP_S) {
            measures.observe(player, STEP_S);
        }
    }
    let grown = resident_bytes()?.saturating_sub(before);
    drop(runs);
    Some(grown as f64 / PLAYERS as f64 / 1024.0)
}

fn figure(name: &'static str, unit: &'static str, ours: f64, peer: Option<f64>, is_cost: bool) -> Figure {
    Figure {
        name,
        unit,
        ours,
        peer: peer.map(|value| ("esmini", value)),
        is_cost,
    }
}

/// Permutations spread evenly over a distribution.
fn spread(found: &Distribution) -> Result<impl Iterator<Item = u64>> {
    let count = found.permutations().context("more permutations than can be counted")?;
    let wanted = count.min(SAMPLE);
    Ok((0..wanted).map(move |number| (u128::from(number) * u128::from(count) / u128::from(wanted)) as u64))
}

/// The first of them that the scenario allows.
fn first_allowed(library: &Library, found: &Distribution) -> Result<u64> {
    let is_allowed = |&index: &u64| {
        let options = ReadOptions {
            lenient: false,
            parameters: found.permutation(index).unwrap_or_default(),
        };
        read(library, &found.scenario, &options).is_ok()
    };
    spread(found)?
        .find(is_allowed)
        .ok_or_else(|| anyhow!("none of {SAMPLE} permutations is allowed"))
}

/// Milliseconds that a permutation costs on one thread, those that are not allowed included.
fn cost_ms(library: &Library, found: &Distribution) -> Result<f64> {
    let campaign = Campaign {
        library,
        distribution: found,
        step_s: STEP_S,
        time_s_max: TIME_S_MAX,
        driver: Driver::Follow,
        seed: record::Seed(0),
        parameters: Vec::new(),
        lenient: false,
        user_values: &[],
        outside: None,
    };
    let mut played = 0.0;
    let start = Instant::now();
    for index in spread(found)? {
        std::hint::black_box(campaign.play(index));
        played += 1.0;
    }
    Ok(start.elapsed().as_secs_f64() * 1e3 / played)
}

/// From start to end, in milliseconds.
fn whole_process(arguments: &[String], played: &Path) -> Result<Figure> {
    let program = std::env::current_exe().context("this program's own path is unknown")?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let status = Command::new(&program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("this program cannot be started")?;
        if !status.success() {
            return Err(anyhow!("`{}` ended with {status}", arguments.join(" ")));
        }
        rounds.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let file = played.to_string_lossy();
    let esmini = [
        "--osc",
        &file,
        "--headless",
        "--fixed_timestep",
        "0.01",
        "--disable_log",
        "--disable_stdout",
    ];
    let peer = run("esmini", &esmini);
    Ok(figure(
        "whole process",
        "ms",
        median(rounds),
        peer.map(|seconds| seconds * 1e3),
        true,
    ))
}

/// Bytes of this process in memory.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
