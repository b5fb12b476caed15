//! `westline reference`: what the reference drivers of UN R157 avoid, as tables and as a picture.

use crate::arguments::ReferenceCommand;
use crate::{Answer, input, output};
use anyhow::{Result, anyhow};
use driver::AutomatedDriver;
use driver::reference::table::{self, Detail};
use driver::reference::{CutIn, CutOut, Deceleration, Model, Outcome, ProvingGround};
use rayon::prelude::*;
use report::{Axis, Layer, Plot};
use std::path::Path;
use vehicle::{Assurance, Driver};

pub fn execute(command: &ReferenceCommand) -> Result<Answer> {
    match command {
        ReferenceCommand::CutIn { points, crash_types } => cut_ins(points, *crash_types)?,
        ReferenceCommand::Draw {
            output,
            ego_speed,
            other_speed,
        } => draw(output, *ego_speed, *other_speed)?,
        ReferenceCommand::Grid { json } => return grid(*json),
    }
    Ok(Answer::Yes)
}

fn cut_ins(points: &Path, crash_types: bool) -> Result<()> {
    let (file, text) = input::read_table(points)?;
    let detail = if crash_types {
        Detail::Contacts
    } else {
        Detail::Verdicts
    };
    output::print(&table::cut_ins(&file, &text, detail).map_err(|faults| anyhow!("{faults}"))?)
}

/// What came of one point: the four models', and ours.
type Outcomes = ([Outcome; 4], Outcome);

/// Points named that are avoided by one of the four and not by ours.
const MISSES_SHOWN: usize = 10;

/// One of the scenes with a leader in the lane, from the gap that a model keeps.
struct Sweep {
    scene: &'static str,
    model: Model,
    count: usize,
    theirs: usize,
    ours: usize,
    missed: usize,
}

/// The regulation's scenes by the four and by the automated driver; the answer is whether it misses none of theirs.
fn grid(json: bool) -> Result<Answer> {
    let ground = ProvingGround::new();
    let points: Vec<CutIn> = CutIn::grid().collect();
    let (outcomes, assurances): (Vec<Outcomes>, Vec<Assurance>) = points
        .par_iter()
        .map(|point| {
            let models = Model::ALL.map(|model| point.outcome(model));
            let mut driver = ours(&ground);
            let outcome = ground.cut_in(point, &mut driver);
            let assurance = driver.decision().map(|decision| decision.assurance);
            ((models, outcome), assurance.unwrap_or_default())
        })
        .unzip();
    let mut assurance = Assurance::default();
    assurances.iter().for_each(|other| assurance.add(other));
    let sweeps: Vec<Sweep> = Model::ALL
        .into_iter()
        .flat_map(|model| sweeps(&ground, model))
        .collect();
    let is_played_out = |outcome: &Outcome| outcome.is_avoided() && !outcome.ended_early;
    let mut missed = 0;
    for (point, (models, ours)) in points.iter().zip(&outcomes) {
        if ours.is_avoided() || !models.iter().any(is_played_out) {
            continue;
        }
        missed += 1;
        if missed <= MISSES_SHOWN {
            eprintln!(
                "note: not avoided at {:.0} km/h before {:.0} km/h, gap {} m, {:.1} m/s sideways",
                3.6 * point.other_mps,
                3.6 * point.own_mps,
                point.gap_m,
                point.lateral_mps
            );
        }
    }
    let all_missed = missed + sweeps.iter().map(|sweep| sweep.missed).sum::<usize>();
    let text = if json {
        format!("{:#}\n", grid_json(&outcomes, &sweeps, missed, &assurance))
    } else {
        grid_text(&outcomes, &sweeps, missed, &assurance)
    };
    output::print(&text)?;
    Ok(if all_missed == 0 { Answer::Yes } else { Answer::No })
}

fn ours(ground: &ProvingGround) -> AutomatedDriver {
    AutomatedDriver::new(ground.network().clone(), ground.sheet().clone())
}

fn sweeps(ground: &ProvingGround, model: Model) -> [Sweep; 2] {
    let cut_outs: Vec<CutOut> = CutOut::grid(model).collect();
    let decelerations: Vec<Deceleration> = Deceleration::grid(model).collect();
    let cut_outs = cut_outs
        .par_iter()
        .map(|scene| (scene.outcome(model), ground.cut_out(scene, &mut ours(ground))));
    let decelerations = decelerations
        .par_iter()
        .map(|scene| (scene.outcome(model), ground.deceleration(scene, &mut ours(ground))));
    let summed = |scene, pairs: Vec<(Outcome, Outcome)>| {
        let count = |wanted: fn(&(Outcome, Outcome)) -> bool| pairs.iter().filter(|pair| wanted(pair)).count();
        Sweep {
            scene,
            model,
            count: pairs.len(),
            theirs: count(|(theirs, _)| theirs.is_avoided()),
            ours: count(|(_, ours)| ours.is_avoided()),
            missed: count(|(theirs, ours)| theirs.is_avoided() && !ours.is_avoided()),
        }
    };
    [
        summed("cut-out", cut_outs.collect()),
        summed("deceleration", decelerations.collect()),
    ]
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of.max(1) as f64
}

/// Of a driver in all points: the share avoided, of these ended early, and touched at some moment.
fn shares<'a>(outcomes: impl Iterator<Item = &'a Outcome> + Clone) -> [f64; 3] {
    let all = outcomes.clone().count();
    let count = |wanted: fn(&Outcome) -> bool| share(outcomes.clone().filter(|outcome| wanted(outcome)).count(), all);
    [
        count(Outcome::is_avoided),
        count(|outcome| outcome.is_avoided() && outcome.ended_early),
        count(|outcome| outcome.is_avoided() && outcome.touched),
    ]
}

fn avoided_by_none(outcomes: &[Outcomes]) -> [f64; 2] {
    let by_four = |(models, _): &&Outcomes| !models.iter().any(Outcome::is_avoided);
    let by_all = |outcome: &&Outcomes| by_four(outcome) && !outcome.1.is_avoided();
    [
        share(outcomes.iter().filter(by_four).count(), outcomes.len()),
        share(outcomes.iter().filter(by_all).count(), outcomes.len()),
    ]
}

fn grid_text(outcomes: &[Outcomes], sweeps: &[Sweep], missed: usize, assurance: &Assurance) -> String {
    let mut text = format!(
        "{:<10} {:>9} {:>22} {:>20}\n",
        "cut-in", "avoided", "of these ended early", "brushed in between"
    );
    let mut row = |name: &str, [avoided, early, touched]: [f64; 3]| {
        text += &format!("{name:<10} {:>7.1} % {:>20.1} %", 100.0 * avoided, 100.0 * early);
        // Between their steps the models are nowhere, so nothing is known of it.
        text += &match name {
            "westline" => format!(" {:>18.1} %\n", 100.0 * touched),
            _ => "\n".to_owned(),
        };
    };
    for (index, model) in Model::ALL.into_iter().enumerate() {
        row(model.name(), shares(outcomes.iter().map(|(models, _)| &models[index])));
    }
    row("westline", shares(outcomes.iter().map(|(_, ours)| ours)));
    let [by_four, by_all] = avoided_by_none(outcomes);
    text += &format!(
        "{} points; {:.1} % avoided by none of the four, {:.1} % by none at all\n\
         {missed} not avoided by westline, though one of the four does and plays it to its end\n\
         {:.1} % of westline's cycles proved safe whatever the other may do lawfully, {:.1} % whatever it can do\n\n",
        outcomes.len(),
        100.0 * by_four,
        100.0 * by_all,
        100.0 * assurance.lawful as f64 / assurance.cycles.max(1) as f64,
        100.0 * assurance.physical as f64 / assurance.cycles.max(1) as f64
    );
    text += &format!(
        "{:<14} {:<8} {:>7} {:>9} {:>10} {:>8}\n",
        "scene", "gap of", "scenes", "its own", "westline", "missed"
    );
    for sweep in sweeps {
        text += &format!(
            "{:<14} {:<8} {:>7} {:>7.1} % {:>8.1} % {:>8}\n",
            sweep.scene,
            sweep.model.name(),
            sweep.count,
            100.0 * share(sweep.theirs, sweep.count),
            100.0 * share(sweep.ours, sweep.count),
            sweep.missed
        );
    }
    text
}

fn grid_json(outcomes: &[Outcomes], sweeps: &[Sweep], missed: usize, assurance: &Assurance) -> serde_json::Value {
    let driver = |name: &str, [avoided, ended_early, _]: [f64; 3]| serde_json::json!({ "driver": name, "avoided": avoided, "ended_early": ended_early });
    let models = Model::ALL.into_iter().enumerate();
    let mut drivers: Vec<serde_json::Value> = models
        .map(|(index, model)| driver(model.name(), shares(outcomes.iter().map(|(models, _)| &models[index]))))
        .collect();
    drivers.push(driver("westline", shares(outcomes.iter().map(|(_, ours)| ours))));
    let [by_four, by_all] = avoided_by_none(outcomes);
    let sweeps = sweeps.iter().map(|sweep| {
        serde_json::json!({
            "scene": sweep.scene, "gap_of": sweep.model.name(), "scenes": sweep.count, "missed": sweep.missed,
            "avoided": share(sweep.theirs, sweep.count), "avoided_by_westline": share(sweep.ours, sweep.count),
        })
    });
    serde_json::json!({
        "points": outcomes.len(), "avoided_by_none_of_the_four": by_four, "avoided_by_none": by_all, "missed": missed,
        "drivers": drivers, "sweeps": sweeps.collect::<Vec<_>>(),
        "cycles": assurance.cycles, "cycles_safe_lawful": assurance.lawful, "cycles_safe_physical": assurance.physical,
    })
}

/// Gaps and lateral speeds of the picture.
const GAP_M_MAX: f64 = 60.0;
const GAP_STEP_M: f64 = 1.0;
const LATERAL_STEPS: usize = 36;
const LATERAL_STEP_MPS: f64 = 0.05;
/// Cells lie over one another a little, so that no seam shows between them.
const SEAM_M: f64 = 0.08;
/// Colours of Okabe and Ito (2008), by model and ours last, and their dashes.
const LINES: [(&str, &str); 5] = [
    ("#0072b2", ""),
    ("#d55e00", "7 3"),
    ("#009e73", "2 2"),
    ("#000000", "9 3 2 3"),
    ("#cc79a7", ""),
];

/// The parameter space of one pair of speeds: where how many of the four collide, each one's boundary, and ours.
fn draw(path: &Path, own_kmh: f64, other_kmh: f64) -> Result<()> {
    let columns = (GAP_M_MAX / GAP_STEP_M) as usize;
    let ground = ProvingGround::new();
    // By column and row: who collides, the four and ours.
    let cells: Vec<[bool; 5]> = (0..columns * LATERAL_STEPS)
        .into_par_iter()
        .map(|cell| {
            let point = CutIn {
                own_mps: own_kmh / 3.6,
                other_mps: other_kmh / 3.6,
                gap_m: ((cell / LATERAL_STEPS) as f64 + 0.5) * GAP_STEP_M,
                lateral_mps: ((cell % LATERAL_STEPS) as f64 + 0.5) * LATERAL_STEP_MPS,
            };
            let [cc, fsm, rss, reg157] = Model::ALL.map(|model| !point.outcome(model).is_avoided());
            let ours = !ground.cut_in(&point, &mut ours(&ground)).is_avoided();
            [cc, fsm, rss, reg157, ours]
        })
        .collect();
    let mut plot = Plot::new(
        &format!("Cut-in at {other_kmh} km/h before {own_kmh} km/h: who collides"),
        Axis::numbers("gap (m)", 0.0, GAP_M_MAX),
        Axis::numbers("lateral speed (m/s)", 0.0, LATERAL_STEPS as f64 * LATERAL_STEP_MPS),
    );
    (plot.width_px, plot.height_px) = (820.0, 480.0);
    let mut shades: [Vec<[f64; 4]>; 4] = Default::default();
    for (cell, collide) in cells.iter().enumerate() {
        if let Some(shade) = collide[..4].iter().filter(|collides| **collides).count().checked_sub(1) {
            let x = (cell / LATERAL_STEPS) as f64 * GAP_STEP_M;
            let y = (cell % LATERAL_STEPS) as f64 * LATERAL_STEP_MPS;
            shades[shade].push([x, (x + GAP_STEP_M + SEAM_M).min(GAP_M_MAX), y, y + LATERAL_STEP_MPS]);
        }
    }
    for (shade, bars) in shades.into_iter().enumerate() {
        let colour = ["#ececec", "#d5d5d5", "#b8b8b8", "#8f8f8f"][shade];
        plot.layers.push(Layer::Bars {
            bars,
            colour: colour.to_owned(),
        });
        plot.legend
            .push((format!("{} of four", shade + 1), colour.to_owned(), String::new()));
    }
    let names = Model::ALL.map(Model::name).into_iter().chain(["westline"]);
    for (driver, (name, (colour, dash))) in names.zip(LINES).enumerate() {
        let collides = |column: usize, row: usize| cells[column * LATERAL_STEPS + row][driver];
        for points in boundary(columns, LATERAL_STEPS, collides) {
            plot.layers.push(Layer::Line {
                points: points
                    .map(|[column, row]| (column * GAP_STEP_M, row * LATERAL_STEP_MPS))
                    .to_vec(),
                colour: colour.to_owned(),
                dash: dash.to_owned(),
                width_px: 1.8,
            });
        }
        plot.legend.push((name.to_owned(), colour.to_owned(), dash.to_owned()));
    }
    output::write_picture(path, &plot.svg(), 1.0)
}

/// The edges between cells that are in and cells that are out, each straight run of edges as one line; the frame is none.
fn boundary(columns: usize, rows: usize, is_in: impl Fn(usize, usize) -> bool) -> Vec<[[f64; 2]; 2]> {
    let upright = (1..columns).flat_map(|column| {
        let is_edge = |row: usize| is_in(column - 1, row) != is_in(column, row);
        runs(rows, is_edge)
            .into_iter()
            .map(move |[from, to]| [[column as f64, from], [column as f64, to]])
    });
    let level = (1..rows).flat_map(|row| {
        let is_edge = |column: usize| is_in(column, row - 1) != is_in(column, row);
        runs(columns, is_edge)
            .into_iter()
            .map(move |[from, to]| [[from, row as f64], [to, row as f64]])
    });
    upright.chain(level).collect()
}

/// Where something holds without a break: from and to.
fn runs(count: usize, holds: impl Fn(usize) -> bool) -> Vec<[f64; 2]> {
    let mut found: Vec<[f64; 2]> = Vec::new();
    for index in (0..count).filter(|&index| holds(index)) {
        match found.last_mut() {
            Some(run) if run[1] == index as f64 => run[1] += 1.0,
            _ => found.push([index as f64, index as f64 + 1.0]),
        }
    }
    found
}
