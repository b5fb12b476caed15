//! `westline bench driver`: how long one cycle of the automated driver takes, from tracks to control.
//!
//! A part of a service day is played, and the time of every cycle of every vehicle is taken, decision record and proof of
//! the fail-safe continuation included. It is the clock's time: whatever else runs on the machine shows in the longest.

use super::{Figure, quantile, sorted};
use crate::{Answer, run, sites};
use anyhow::Result;
use driver::AutomatedDriver;
use record::SimTime;
use service::{DayOptions, ServiceDay};
use std::ops::Range;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use vehicle::{Control, Decision, Driver, Explanation, Observation};

/// So many actors in sight are many.
const MANY: usize = 50;

/// One cycle: how many objects it was told of, and how long it took.
type Cycle = (usize, f64);

/// A driver whose cycles are timed.
struct Timed {
    driver: AutomatedDriver,
    cycles: Vec<Cycle>,
    told: Sender<Vec<Cycle>>,
}

impl Driver for Timed {
    fn name(&self) -> &str {
        self.driver.name()
    }

    fn drive(&mut self, observation: &Observation) -> Control {
        let begun = Instant::now();
        let control = self.driver.drive(observation);
        let taken_us = begun.elapsed().as_secs_f64() * 1e6;
        self.cycles.push((observation.objects.len(), taken_us));
        control
    }

    fn explanation(&self) -> Explanation {
        self.driver.explanation()
    }

    fn decision(&self) -> Option<&Decision> {
        self.driver.decision()
    }

    fn period(&self) -> SimTime {
        self.driver.period()
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        // Nobody may be listening any more; then nobody wants to know.
        let _ = self.told.send(std::mem::take(&mut self.cycles));
    }
}

pub fn bench(site: &str, part: Range<f64>, traffic: f64, json: bool) -> Result<Answer> {
    let site = Arc::new(run::load(&sites::find(site, None)?)?);
    let options = DayOptions {
        from_s: Some(part.start),
        to_s: Some(part.end),
        traffic_scale: traffic,
        ..DayOptions::default()
    };
    let (told, heard) = channel();
    let told = Mutex::new(told);
    let school = move |network: &Arc<road::RoadNetwork>, sheet: &Arc<vehicle::DataSheet>| -> Box<dyn Driver> {
        Box::new(Timed {
            driver: AutomatedDriver::new(network.clone(), sheet.clone()),
            cycles: Vec::new(),
            told: told.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    };
    let mut day = ServiceDay::with_drivers(site, &options, Box::new(school))?;
    while !day.is_done() {
        day.step();
    }
    drop(day);
    let cycles: Vec<Cycle> = heard.into_iter().flatten().collect();
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
