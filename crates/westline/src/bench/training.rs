//! `westline bench training`: steps a second of the learning environment.
//!
//! On one thread, by the processor's time, on made roads with traffic and without, and on a site's map; the baseline drives, so
//! that episodes last, and what it costs to begin the next one counts. What Python adds, and a peer beside it, is printed by
//! `python python/tests/bench.py`.

use super::{Figure, ROUNDS, Stopwatch, Whose, median, print};
use crate::Answer;
use anyhow::{Context, Result};
use record::Seed;
use std::path::Path;
use std::sync::Arc;
use training::{Course, Environment, OBSERVATION_LENGTH, Options, baseline};
use vehicle::DataSheet;

/// Steps of a round.
const STEPS: usize = 50_000;
/// Made roads.
const ROADS: u64 = 8;

pub fn bench(site: &str, json: bool) -> Result<Answer> {
    let made: Arc<[Course]> = (0..ROADS)
        .map(|road| Course::made(Seed(0), road))
        .collect::<Result<_, _>>()?;
    let sheet = Arc::new(DataSheet::shipped("car")?);
    let options = |traffic| Options {
        traffic,
        ..Options::new(Arc::clone(&sheet))
    };
    let figure = |name, ours| Figure {
        name,
        unit: "1/s",
        ours,
        peer: None,
        is_cost: false,
    };
    let mut figures = vec![
        figure("steps, made roads with traffic", steps_per_s(&made, options(1.0))?),
        figure("steps, made roads, alone", steps_per_s(&made, options(0.0))?),
    ];
    if Path::new(site).exists() {
        let course = Course::read(site).with_context(|| format!("{site}: cannot be driven"))?;
        figures.push(figure(
            "steps, the site's map",
            steps_per_s(&[course].into(), options(1.0))?,
        ));
    } else {
        eprintln!("{site}: is not here; left out");
    }
    print(&figures, json)?;
    Ok(Answer::Yes)
}

fn steps_per_s(courses: &Arc<[Course]>, options: Options) -> Result<f64> {
    let mut environment = Environment::new(Arc::clone(courses), options, Seed(1))?;
    let mut seen = [0.0; OBSERVATION_LENGTH];
    environment.reset(&mut seen)?;
    let mut rates = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Stopwatch::start();
        for _ in 0..STEPS {
            if environment.step(baseline(&seen), &mut seen).ending.is_some() {
                environment.reset(&mut seen)?;
            }
        }
        rates.push(STEPS as f64 / start.seconds(Whose::Ours));
    }
    Ok(median(rates))
}
