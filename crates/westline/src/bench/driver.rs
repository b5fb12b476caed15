//! `westline bench driver`: how long one cycle of the automated driver takes, from tracks to control.
//!
//! A part of a service day is played, and the time of every cycle of every vehicle is taken, decision record and proof of
//! the fail-safe continuation included.

use super::{Figure, quantile, sorted};
use crate::timed::Timed;
use crate::{Answer, run, sites};
use anyhow::Result;
use driver::AutomatedDriver;
use service::{DayOptions, ServiceDay};
use std::ops::Range;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use vehicle::Driver;

/// So many actors in sight are many.
const MANY: usize = 50;

/// One cycle: how many objects it was told of, and how long it took.
type Cycle = (usize, f64);

pub fn bench(site: &str, part: Range<f64>, traffic: f64, json: bool) -> Result<Answer> {
    let site = Arc::new(run::load(&sites::find(site, None)?)?);
    let options = DayOptions {
        from_s: Some(part.start),
        to_s: Some(part.end),
        traffic_scale: traffic,
        ..DayOptions::default()
    };
    let (told, heard) = channel::<Cycle>();
    let told = Mutex::new(told);
    let school = move |network: &Arc<road::RoadNetwork>, sheet: &Arc<vehicle::DataSheet>| -> Box<dyn Driver> {
        let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::new(Timed {
            driver: AutomatedDriver::new(network.clone(), sheet.clone()),
            // Nobody may be listening any more; then nobody wants to know.
            each: move |objects, taken_us| _ = told.send((objects, taken_us)),
        })
    };
    let mut day = ServiceDay::with_drivers(site, &options, Box::new(school))?;
    while !day.is_done() {
        day.step();
    }
    drop(day);
    let cycles: Vec<Cycle> = heard.into_iter().collect();
    let all = sorted(cycles.iter().map(|(_, taken_us)| *taken_us));
    let many = sorted(
        cycles
            .iter()
            .filter(|(objects, _)| *objects >= MANY)
            .map(|(_, taken_us)| *taken_us),
    );
    let objects: usize = cycles.iter().map(|(objects, _)| objects).sum();
    let figure = |name, unit, ours| Figure {
        name,
        unit,
        ours,
        peer: None,
        is_cost: true,
    };
    let mut figures = vec![
        figure("cycles", "", all.len() as f64),
        figure("actors in sight, mean", "", objects as f64 / all.len().max(1) as f64),
        figure("a cycle, p50", "us", quantile(&all, 0.5)),
        figure("a cycle, p99", "us", quantile(&all, 0.99)),
        figure("a cycle, worst", "us", quantile(&all, 1.0)),
        figure("cycles with 50 in sight", "", many.len() as f64),
    ];
    if !many.is_empty() {
        figures.push(figure("50 in sight, p50", "us", quantile(&many, 0.5)));
        figures.push(figure("50 in sight, p99", "us", quantile(&many, 0.99)));
    }
    super::print(&figures, json)?;
    Ok(Answer::Yes)
}
