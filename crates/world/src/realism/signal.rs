//! A queue of one lane before a signal: saturation flow, start-up lost time, the wave of starting.
//!
//! Counted as the Highway Capacity Manual tells: the headways from the fifth in the queue on are the saturation headway,
//! and what the first four need beyond it is lost.

use super::Finding;
use super::road::{Maker, Passage, line, mean};
use crate::WorldError;
use crate::sumo::{Control, StreetPlan};

const GREEN_S: u32 = 60;
const RED_S: u32 = 55;
/// Amber and red for all, of either direction.
const BETWEEN_S: u32 = 10;
const END_S: f64 = 7200.0;
const LIMIT_MPS: f64 = 13.89;
/// The queue's first, who start up.
const STARTING: usize = 4;
/// Places in the queue that are told.
const TOLD: usize = 24;

pub(super) struct Queue {
    /// Of each place in the queue, seconds after the one before; of the first, after green.
    pub headways_s: Vec<f64>,
    wave_mps: f64,
}

impl Queue {
    pub(super) fn watch(maker: &Maker) -> Result<Queue, WorldError> {
        let mut plan = StreetPlan::default();
        let from = plan.place([0.0, 0.0], Control::Priority);
        let line_at = plan.place(
            [800.0, 0.0],
            Control::Signal {
                east_west_s: GREEN_S,
                north_south_s: RED_S,
                offset_s: 0,
            },
        );
        let to = plan.place([1400.0, 0.0], Control::Priority);
        plan.street("in", [from, line_at], 1, LIMIT_MPS, 1);
        plan.street("out", [line_at, to], 1, LIMIT_MPS, 1);
        let demand = format!(
            "<flow id=\"f\" type=\"car\" begin=\"0\" end=\"{END_S}\" vehsPerHour=\"2400\" departSpeed=\"max\"><route edges=\"in out\"/></flow>\n"
        );
        let passages = maker.road(&plan, &demand)?.passages(&["in"], END_S);
        Ok(Queue {
            headways_s: headways_s(&passages),
            wave_mps: wave_mps(maker, &plan, &demand)?,
        })
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let saturated_s = mean(&self.headways_s[STARTING.min(self.headways_s.len())..]);
        let lost_s: f64 = self
            .headways_s
            .iter()
            .take(STARTING)
            .map(|headway_s| headway_s - saturated_s)
            .sum();
        vec![
            Finding {
                name: "saturation flow at a signal",
                unit: "1/h",
                value: 3600.0 / saturated_s,
                published: [1700.0, 1900.0],
                source: "Highway Capacity Manual, base saturation flow of 1,900 less its usual adjustments",
            },
            Finding {
                name: "start-up lost time",
                unit: "s",
                value: lost_s,
                published: [1.0, 3.0],
                source: "Highway Capacity Manual, 2 s as a rule",
            },
            Finding {
                name: "speed of the wave of starting, backwards",
                unit: "km/h",
                value: self.wave_mps * 3.6,
                published: [15.0, 25.0],
                source: "Treiber and Kesting, Traffic Flow Dynamics (2013), chapter 8",
            },
        ]
    }
}

/// Mean headway of each place in the queue over all cycles but the first.
fn headways_s(passages: &[Passage]) -> Vec<f64> {
    let cycle_s = f64::from(GREEN_S + RED_S + BETWEEN_S);
    let mut of_place: Vec<Vec<f64>> = vec![Vec::new(); TOLD];
    for cycle in 2..(END_S / cycle_s) as usize {
        let green_s = cycle as f64 * cycle_s;
        let mut before_s = green_s;
        let in_green = passages
            .iter()
            .filter(|passage| (green_s..green_s + f64::from(GREEN_S)).contains(&passage.at_s));
        for (headways_s, passage) in of_place.iter_mut().zip(in_green) {
            headways_s.push(passage.at_s - before_s);
            before_s = passage.at_s;
        }
    }
    // A place that only some cycles reach tells of those cycles only.
    let most = of_place.iter().map(Vec::len).max().unwrap_or(0);
    of_place
        .iter()
        .take_while(|headways_s| !headways_s.is_empty() && headways_s.len() * 10 >= most * 9)
        .map(|headways_s| mean(headways_s))
        .collect()
}

/// How fast starting goes back through the queue: where each of a queue stood, and when it began to move.
fn wave_mps(maker: &Maker, plan: &StreetPlan, demand: &str) -> Result<f64, WorldError> {
    let mut road = maker.road(plan, demand)?;
    let cycle_s = f64::from(GREEN_S + RED_S + BETWEEN_S);
    let green_s = 4.0 * cycle_s;
    while road.simulation.now_s() < green_s {
        road.simulation.step();
    }
    let inside = road.network.edge_named("in");
    let is_in = |lane: u32| Some(road.network.lanes[lane as usize].edge) == inside;
    let stood: Vec<(u32, f64)> = road
        .simulation
        .vehicles()
        .filter(|seen| is_in(seen.lane) && seen.speed_mps < 0.1)
        .map(|seen| (seen.departure, seen.at_m))
        .take(TOLD)
        .collect();
    let mut points = Vec::new();
    let mut waiting = stood;
    for _ in 0..GREEN_S {
        road.simulation.step();
        let since_s = road.simulation.now_s() - green_s;
        let moving: Vec<u32> = road
            .simulation
            .vehicles()
            .filter(|seen| seen.speed_mps > 1.0)
            .map(|seen| seen.departure)
            .collect();
        waiting.retain(|&(departure, at_m)| {
            let has_started = moving.contains(&departure);
            if has_started {
                points.push((since_s, at_m));
            }
            !has_started
        });
    }
    Ok(-line(&points).0)
}
