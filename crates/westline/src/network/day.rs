//! A service day on its site's network: where its vehicles are goes in, tick by tick; links, video and losses come out.
//!
//! Where the rules want nobody on board, a vehicle that nobody sees any more is told to stop, and goes on when it is seen again; an officer on board
//! makes the loss a line in the log.

use super::Surroundings;
use crate::recorder::Recorder;
use anyhow::Result;
use network::radio::environment::{Environment, Place};
use network::remote::Rules;
use network::supervision::{LinkChange, LinkChangeKind, LinkMeasures, LinkSecond, Seat, Supervision};
use serde_json::{Value, json};
use service::{Phase, ServiceDay};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What the network of a day is made of.
pub struct DayAir<'a> {
    surroundings: &'a Surroundings,
    environment: Environment<'a>,
    rules: Rules,
}

impl<'a> DayAir<'a> {
    /// The air over a site.
    pub fn new(surroundings: &'a Surroundings) -> Result<DayAir<'a>> {
        Ok(DayAir {
            environment: Environment::new(&surroundings.site, &surroundings.network),
            rules: surroundings.rules(None)?,
            surroundings,
        })
    }

    /// What waves go through.
    pub fn environment(&self) -> &Environment<'a> {
        &self.environment
    }

    /// The rules of remote driving.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// The day's vehicles on it.
pub struct DayLinks<'a> {
    air: &'a DayAir<'a>,
    supervision: Supervision<'a>,
    seats: Vec<Seat>,
    /// Those that were told to stop because nobody sees them.
    stopped: BTreeSet<usize>,
}

impl<'a> DayLinks<'a> {
    /// Beside a day that has not begun.
    pub fn new(air: &'a DayAir<'a>, day: &ServiceDay) -> DayLinks<'a> {
        DayLinks {
            supervision: Supervision::new(&air.environment, &air.rules, air.surroundings.share_min, day.seed()),
            air,
            seats: Vec::new(),
            stopped: BTreeSet::new(),
        }
    }

    /// After each tick of the day.
    pub fn step(&mut self, day: &mut ServiceDay) {
        self.seats.clear();
        let roads = day.world().network();
        for (vehicle, view) in day.vehicles().enumerate() {
            let Some(actor) = view.actor else { continue };
            let at = day.world().vehicle(actor).lane;
            self.seats.push(Seat {
                vehicle,
                place: Place::on_lane(roads, at.lane, at.s_m),
                on_lane: Some((at.lane, at.s_m)),
                speed_mps_max: roads.lane(at.lane).speed_mps_max,
                is_watched: matches!(view.phase, Phase::Driving | Phase::AtStop),
            });
        }
        self.supervision.step(day.time(), &self.seats);
        for change in self.supervision.changes() {
            match change.kind {
                LinkChangeKind::Lost if !self.air.rules.officer_on_board => {
                    day.order_stop(change.vehicle, true);
                    self.stopped.insert(change.vehicle);
                }
                LinkChangeKind::Found { .. } if self.stopped.remove(&change.vehicle) => {
                    day.order_stop(change.vehicle, false);
                }
                _ => {}
            }
        }
    }

    /// Writes down what the last tick told.
    pub fn record(&self, recorder: &mut Recorder) -> Result<()> {
        recorder.links(&self.supervision, self.air.environment.site())
    }

    /// The seconds that ended in the last tick.
    pub fn seconds(&self) -> &[LinkSecond] {
        self.supervision.seconds()
    }

    /// Who was lost or found in it.
    pub fn changes(&self) -> &[LinkChange] {
        self.supervision.changes()
    }

    /// What people call a cell.
    pub fn cell_name(&self, cell: usize) -> String {
        self.air.environment.site().cell_name(cell)
    }

    /// What the day was like.
    pub fn finish(self) -> LinkMeasures {
        self.supervision.finish()
    }
}

/// For a terminal.
pub fn text(links: &LinkMeasures) -> String {
    let mut text = "\nNetwork\n".to_owned();
    for (name, value, unit, digits) in figures(links) {
        let value = match value {
            None => "–".to_owned(),
            Some(value) if value.is_infinite() => "> 1000".to_owned(),
            Some(value) => format!("{value:.digits$}"),
        };
        let _ = writeln!(text, "  {name:<38} {value:>10} {unit}");
    }
    text
}

/// For a script.
pub fn json(links: &LinkMeasures) -> Value {
    let entries = figures(links).into_iter().map(|(name, value, unit, _)| {
        let unit = unit.replace('%', "percent");
        let key = format!("{name} {unit}")
            .trim()
            .replace([' ', ','], "_")
            .replace("__", "_");
        (
            key,
            value
                .filter(|value| value.is_finite())
                .map_or(Value::Null, |value| json!(value)),
        )
    });
    Value::Object(entries.collect())
}

fn figures(links: &LinkMeasures) -> Vec<(&'static str, Option<f64>, &'static str, usize)> {
    let total = links.total();
    let share = |part: u64, all: u64| (all > 0).then(|| 100.0 * part as f64 / all as f64);
    vec![
        ("time with a link", share(total.seconds_linked, total.seconds), "%", 2),
        ("handovers", Some(f64::from(total.handovers)), "", 0),
        ("links failed", Some(f64::from(total.failures)), "", 0),
        ("video frames sent", Some(total.frames as f64), "", 0),
        (
            "within the loop time that is allowed",
            share(total.frames_in_time, total.frames),
            "%",
            2,
        ),
        ("loop from afar, median", links.loop_ms(0.5), "ms", 0),
        ("loop from afar, one in a hundred", links.loop_ms(0.99), "ms", 0),
        ("times nobody saw anything", Some(f64::from(total.losses)), "", 0),
        ("for so long together", Some(total.lost_s), "s", 1),
    ]
}
