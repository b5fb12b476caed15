//! `westline network show`: a day on its network, in the terminal.

use super::Surroundings;
use super::dashboard::{Dashboard, EVENTS_MAX, REMEMBERED_S, Seen};
use super::day::{DayAir, DayLinks};
use super::surroundings::SiteArguments;
use super::v2x::{Masts, Talk};
use crate::arguments::{TEMPLATE, factor, positive, time_of_day};
use crate::day_table::clock;
use crate::{Answer, run, sites};
use anyhow::{Result, bail};
use clap::Args;
use network::cooperation::Tally;
use network::cover::{Requirement, Surveyor};
use network::supervision::LinkChangeKind;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use serde_json::Value;
use service::{DayOptions, ServiceDay};
use std::collections::{BTreeMap, VecDeque};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A picture takes so long, of which the day may be played for most.
const PICTURE: Duration = Duration::from_millis(100);
const PLAYING: Duration = Duration::from_millis(80);
/// Fields of a message that are shown.
const FIELDS_MAX: usize = 200;

/// `westline network show`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network show yongchuan             the day's links, latency budget and messages, live
  westline network show yongchuan --from 07:30 --speed 10
")]
pub struct ShowArguments {
    #[command(flatten)]
    pub site: SiteArguments,
    /// Begin at this time of day [default: the site's].
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub from: Option<f64>,
    /// Times real time.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = positive)]
    pub speed: f64,
    /// The run's luck [default: the site's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Multiply all other traffic by this.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub traffic: f64,
}

pub fn execute(arguments: &ShowArguments) -> Result<Answer> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        bail!(
            "the dashboard needs a terminal\nhint: `westline run {}` tells the same figures at the day's end",
            arguments.site.site
        );
    }
    let files = sites::find(&arguments.site.site, arguments.site.sites.site_dir.as_deref())?;
    let site = Arc::new(run::load(&files)?);
    let (own, slice) = (arguments.site.network.as_deref(), arguments.site.slice.as_deref());
    let surroundings = Surroundings::of(&site, &files, own, slice)?;
    let air = DayAir::new(&surroundings)?;
    let options = DayOptions {
        from_s: arguments.from,
        seed: arguments.seed,
        traffic_scale: arguments.traffic,
        ..DayOptions::default()
    };
    let mut day = ServiceDay::new(site, &options)?;
    let mut links = DayLinks::new(&air, &day);
    let mut talk = Talk::new(&day, Masts::Junctions, true, false, None)?;
    talk.keep_latest();
    let mut shown = Dashboard {
        speed: arguments.speed,
        ..dashboard(&air, &surroundings, &day)
    };
    let mut terminal = ratatui::init();
    let outcome = play(&mut terminal, &mut day, &mut links, &mut talk, &mut shown);
    ratatui::restore();
    outcome?;
    Ok(Answer::Yes)
}

/// What is known before the day begins.
fn dashboard(air: &DayAir<'_>, surroundings: &Surroundings, day: &ServiceDay) -> Dashboard {
    let surveyor = Surveyor::new(air.environment(), Requirement::REMOTE_DRIVING, surroundings.share_min);
    let mut gains = vec![0.0; surroundings.site.cells().count()];
    let way = surroundings.points.iter().map(|point| {
        let link = surveyor.sample(point.place, &mut gains).link;
        (point.place.at_m, link.map_or(f64::NEG_INFINITY, |link| link.sinr_db[0]))
    });
    Dashboard {
        title: surroundings.name.clone(),
        clock_s: day.clock_s(),
        speed: 1.0,
        is_paused: false,
        rules: air.rules().clone(),
        way: way.collect(),
        masts_m: surroundings.site.masts.iter().map(|mast| mast.at_m).collect(),
        vehicles: day
            .vehicles()
            .map(|view| Seen {
                name: view.name.to_owned(),
                cell: String::new(),
                second: None,
                loops_ms: VecDeque::new(),
            })
            .collect(),
        chosen: 0,
        tally: Tally::default(),
        messages: BTreeMap::new(),
        kind: 0,
        events: VecDeque::new(),
    }
}

fn play(
    terminal: &mut ratatui::DefaultTerminal,
    day: &mut ServiceDay,
    links: &mut DayLinks<'_>,
    talk: &mut Talk,
    shown: &mut Dashboard,
) -> Result<()> {
    let mut owed_s = 0.0;
    let mut before = Instant::now();
    loop {
        let now = Instant::now();
        owed_s += shown.speed * (now - before).as_secs_f64();
        before = now;
        if shown.is_paused {
            owed_s = 0.0;
        }
        while owed_s >= 0.1 && now.elapsed() < PLAYING && !day.is_done() {
            owed_s -= 0.1;
            day.step();
            talk.step(day)?;
            links.step(day);
            note(links, shown);
        }
        // A machine that is too slow plays as fast as it can, and does not hurry afterwards.
        owed_s = owed_s.min(1.0);
        shown.clock_s = day.clock_s();
        shown.tally = talk.tally().clone();
        shown.messages = talk.latest().map(|(kind, message)| (kind, fields(message))).collect();
        terminal.draw(|frame| shown.draw(frame))?;
        while event::poll(PICTURE.saturating_sub(now.elapsed()))? {
            if let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
                && !pressed(shown, key)
            {
                return Ok(());
            }
        }
    }
}

/// Takes what the last tick told.
fn note(links: &DayLinks<'_>, shown: &mut Dashboard) {
    for second in links.seconds() {
        let seen = &mut shown.vehicles[second.vehicle];
        let cell = second.link.map(|link| links.cell_name(link.cell)).unwrap_or_default();
        if !seen.cell.is_empty() && !cell.is_empty() && seen.cell != cell {
            let event = format!("{} {}: {} to {cell}", clock(shown.clock_s), seen.name, seen.cell);
            shown.events.push_back(event);
        }
        if !cell.is_empty() {
            seen.cell = cell;
        }
        seen.second = Some(*second);
        seen.loops_ms.push_back(second.loop_ms_max.unwrap_or(0.0) as u64);
        if seen.loops_ms.len() > REMEMBERED_S {
            seen.loops_ms.pop_front();
        }
    }
    for change in links.changes() {
        let name = &shown.vehicles[change.vehicle].name;
        let what = match change.kind {
            LinkChangeKind::Lost => "nobody sees it any more".to_owned(),
            LinkChangeKind::Found { after_s } => format!("seen again after {after_s:.1} s"),
        };
        shown
            .events
            .push_back(format!("{} {name}: {what}", clock(shown.clock_s)));
    }
    while shown.events.len() > EVENTS_MAX {
        shown.events.pop_front();
    }
}

/// What a key asks for; false if that is the end.
fn pressed(shown: &mut Dashboard, key: KeyEvent) -> bool {
    let vehicles = shown.vehicles.len().max(1);
    let kinds = shown.messages.len().max(1);
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return false,
        KeyCode::Char('q') | KeyCode::Esc => return false,
        KeyCode::Char(' ') => shown.is_paused = !shown.is_paused,
        KeyCode::Char('+') => shown.speed = (shown.speed * 2.0).min(1_000.0),
        KeyCode::Char('-') => shown.speed = (shown.speed * 0.5).max(0.125),
        KeyCode::Down => shown.chosen = (shown.chosen + 1) % vehicles,
        KeyCode::Up => shown.chosen = (shown.chosen + vehicles - 1) % vehicles,
        KeyCode::Right => shown.kind = (shown.kind + 1) % kinds,
        KeyCode::Left => shown.kind = (shown.kind + kinds - 1) % kinds,
        _ => {}
    }
    true
}

/// A message's fields, one a line, deeper ones further in.
fn fields(message: &messages::Message) -> Vec<String> {
    let mut lines = Vec::new();
    match message.to_json() {
        Ok(value) => put(&value, 0, &mut lines),
        Err(error) => lines.push(error.to_string()),
    }
    lines
}

fn put(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, inner)| (name.clone(), inner)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, inner)| (index.to_string(), inner))
            .collect(),
        _ => return,
    };
    for (name, inner) in entries {
        if lines.len() >= FIELDS_MAX {
            return;
        }
        let margin = "  ".repeat(depth);
        match inner {
            Value::Object(_) | Value::Array(_) => {
                lines.push(format!("{margin}{name}"));
                put(inner, depth + 1, lines);
            }
            plain => lines.push(format!("{margin}{name} {plain}")),
        }
    }
}
