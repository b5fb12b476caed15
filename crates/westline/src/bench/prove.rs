//! `westline bench prove`: what a campaign costs, from suite file to tables on the disk.
//!
//! The runs are the cut-ins of the suite `r157`, 20 s each in steps of 10 ms, first with the reference driver CC, then with
//! the automated driver in the minibus; the reference drivers that the suite plays beside are left out. A core's figures are
//! by the processor's time of the whole process, so that a busy machine cheats nobody; the efficiency of the second thread
//! and the time for 100,000 runs are by the clock, and suffer from others.

use super::{Figure, print};
use crate::Answer;
use anyhow::{Context, Result};
use proving::result::Outcome;
use proving::{Campaign, Stand, UnderTest, shelf};
use record::Seed;
use scenario::Driver;
use std::path::Path;
use std::time::Instant;
use vehicle::DataSheet;

/// Runs that the figure is about.
const GOAL_RUNS: f64 = 100_000.0;
/// Runs of the automated driver for each of the reference driver's: it costs more.
const OWN_SHARE: u64 = 10;

/// What a campaign took.
struct Cost {
    runs: f64,
    simulated_s: f64,
    clock_s: f64,
    processor_s: f64,
}

pub fn bench(runs: u64, json: bool) -> Result<Answer> {
    let folder = std::env::temp_dir().join(format!("westline-bench-prove-{}", std::process::id()));
    let measured = measure(runs, &folder);
    // What was measured counts, not whether the folder could be tidied.
    let _ = std::fs::remove_dir_all(&folder);
    print(&measured?, json)?;
    Ok(Answer::Yes)
}

fn measure(runs: u64, folder: &Path) -> Result<Vec<Figure>> {
    let reference = ("reference:cc", "car");
    let one = campaign(reference, runs, 1, folder)?;
    let two = campaign(reference, runs, 2, folder)?;
    let own = campaign(("westline", "minibus"), (runs / OWN_SHARE).max(1), 1, folder)?;
    let figure = |name, unit, ours, is_cost| Figure {
        name,
        unit,
        ours,
        peer: None,
        is_cost,
    };
    Ok(vec![
        figure("cut-ins, reference driver", "1/s", two.runs / two.clock_s, false),
        figure("the same, a core", "1/s", one.runs / one.processor_s, false),
        figure(
            "100,000 of them, 2 threads",
            "s",
            GOAL_RUNS * two.clock_s / two.runs,
            true,
        ),
        figure(
            "100,000 of them, 2 free cores",
            "s",
            GOAL_RUNS * two.processor_s / (2.0 * two.runs),
            true,
        ),
        figure(
            "efficiency, 1 to 2 threads",
            "",
            one.clock_s / (2.0 * two.clock_s),
            false,
        ),
        figure("extra work of 2 threads", "", two.processor_s / one.processor_s, true),
        figure(
            "automated driver, a core",
            "s/s",
            own.simulated_s / own.processor_s,
            false,
        ),
        figure("the same, runs", "1/s", own.runs / own.processor_s, false),
    ])
}

fn campaign((driver, vehicle): (&str, &str), runs: u64, threads: usize, folder: &Path) -> Result<Cost> {
    let library = shelf::library([]);
    let mut suite = shelf::find("r157", &library)?;
    suite.scenarios.retain(|scenario| scenario.id == "cut-in");
    for scenario in &mut suite.scenarios {
        scenario.runs = runs;
        scenario.boundary.clear();
        // Every run lasts its 20 s, whatever happens in it.
        scenario.stop_after_contact_s = scenario.duration_s;
    }
    let sheet = DataSheet::shipped(vehicle)?;
    let campaign = Campaign {
        suite: &suite,
        stand: Stand {
            library: &library,
            sheet: &sheet,
            under_test: UnderTest {
                name: driver,
                driver: Driver::named(driver).context("a driver of our own")?,
                outside: None,
            },
            step_s: suite.step_s,
            seed: Seed(suite.seed),
        },
        runs_max: None,
        folder,
        software: (env!("CARGO_PKG_VERSION"), ""),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("threads cannot be started")?;
    campaign.prepare(false, &serde_json::Value::Null)?;
    let (begun, before_s) = (Instant::now(), processor_s());
    pool.install(|| campaign.play(&()))?;
    let outcome = Outcome::of(&campaign)?;
    let clock_s = begun.elapsed().as_secs_f64();
    let processor_s = before_s
        .zip(processor_s())
        .map_or(clock_s * threads as f64, |(before_s, now_s)| now_s - before_s);
    let of = outcome.scenarios.first().context("the scenario")?;
    Ok(Cost {
        runs: of.runs as f64,
        simulated_s: of.simulated_s,
        clock_s,
        processor_s: processor_s.max(1e-3),
    })
}

/// Seconds of the processor that all threads of this process have used (proc_pid_stat(5), fields 14 and 15, in hundredths).
/// Linux only.
fn processor_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / 100.0)
}
