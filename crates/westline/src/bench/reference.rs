//! `westline bench reference`: runs of the reference drivers a second, beside the public implementation.
//!
//! Ours are all points of the regulation's grid, four drivers each, the table's text not counted. The peer, a
//! checkout of JRC-FSM, plays fewer of the same points through its own loop in a Python of its own, which times the loop
//! alone: neither its start nor the compilation of its functions counts.

use super::{Figure, ROUNDS, Stopwatch, Whose, median, print};
use crate::Answer;
use anyhow::Result;
use driver::reference::{CutIn, Model};
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// Every so many points of the grid for the peer, which would take minutes for all; prime, so that all axes are walked.
const PEER_STRIDE: usize = 971;

pub fn bench(peer: Option<&Path>, json: bool) -> Result<Answer> {
    let points: Vec<CutIn> = CutIn::grid().collect();
    let rounds = (0..ROUNDS).map(|_| {
        let start = Stopwatch::start();
        for point in &points {
            for model in Model::ALL {
                black_box(black_box(point).outcome(model));
            }
        }
        (points.len() * Model::ALL.len()) as f64 / start.seconds(Whose::Ours).max(1e-6)
    });
    let ours = median(rounds.collect());
    let figure = Figure {
        name: "reference drivers, runs",
        unit: "1/s",
        ours,
        peer: peer
            .and_then(|folder| peer_rate(folder, &points))
            .map(|rate| ("JRC-FSM", rate)),
        is_cost: false,
    };
    if peer.is_none() {
        eprintln!("JRC-FSM: not named; left out\nhint: --peer with a checkout of github.com/ec-jrc/JRC-FSM");
    }
    print(&[figure], json)?;
    Ok(Answer::Yes)
}

/// Runs a second of the public implementation's own step function, processor time.
fn peer_rate(folder: &Path, points: &[CutIn]) -> Option<f64> {
    let mut list = String::new();
    for point in points.iter().step_by(PEER_STRIDE) {
        // Writing to a string cannot fail.
        let _ = write!(
            list,
            "({},{},{},{}),",
            point.own_mps, point.other_mps, point.gap_m, point.lateral_mps
        );
    }
    let program = format!(
        "import sys, time
import numpy as np
sys.path.insert(0, sys.argv[1])
from utility import models as md, movement as mvt, global_parameters as gp
np.seterr(all='ignore')
checks = [(md.CC_check_safety_cut_in, md.CC_react), (md.FSM_check_safety, md.FSM_react),
          (md.RSS_check_safety, md.RSS_react), (md.Reg157_check_safety_cut_in, md.Reg157_react)]
def play(point, check, react):
    own, other, gap, lateral = point
    cutter = mvt.create_profile_cutting_in(np.array([gap + gp.length, 1.6 + gp.width]), other, -lateral, gp.iterations, gp.freq)
    ego = mvt.create_profile_cutting_in(np.array([0, 0]), own, 0, gp.iterations, gp.freq)
    for vehicle in (cutter, ego):
        vehicle.width, vehicle.length = gp.width, gp.length
    ego.large_TTC = False
    for step in range(gp.iterations - 1):
        ego.cfs, ego.pfs = 0, 0
        mvt.control(ego, cutter, gp.freq, check, react, step)
        if ego.large_TTC:
            break
points = [{list}]
for check, react in checks:
    play(points[len(points) // 2], check, react)
begin = time.process_time()
for point in points:
    for check, react in checks:
        play(point, check, react)
print(4 * len(points) / (time.process_time() - begin))
"
    );
    let output = Command::new("python3").arg("-c").arg(program).arg(folder).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().parse().ok(),
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            eprintln!("JRC-FSM: {}; left out", told.trim().lines().last().unwrap_or("failed"));
            None
        }
        Err(_) => {
            eprintln!("JRC-FSM: no python3; left out");
            None
        }
    }
}
