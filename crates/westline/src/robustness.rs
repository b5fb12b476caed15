//! `westline robustness`: many hours of services under conditions drawn by luck, and every touch explained.
//!
//! What an hour is, and whose fault a touch is, is `service::robustness`'s; here hours are played on all threads and kept as they come
//! in tables of [`BATCH`], so that a campaign that was killed goes on; the summary is read from the tables.

use crate::arguments::TEMPLATE;
use crate::{Answer, output, prove, run, sites};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use record::{Cell, Column, ColumnKind, Rows, Seed, Table};
use serde_json::json;
use service::Site;
use service::robustness::{Blame, Draw, HourResult, Touch};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use vehicle::Assumption;

/// Hours of one table.
const BATCH: u64 = 10;
/// What is played, in the campaign's folder.
const IDENTITY_FILE: &str = "robustness.json";

/// `westline robustness`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline robustness                                  20 hours of yongchuan and ninghua
  westline robustness --hours 1000 --out out/thousand
  westline robustness --hours 1000 --out out/thousand --resume   goes on after Ctrl-C or a kill
  westline robustness --hours 2000 --out out/thousand --resume   and a thousand more
  westline robustness mytown --hours 50 --seed 7 --json

Each hour has its own part of the day, luck, traffic (half to one and a half times the site's), rain, fog, darkness and faults. The
exit status is 1 if a touch is a vehicle's own fault; each touch is told with the command that plays its hour again.
")]
pub struct RobustnessArguments {
    /// Sites that come with the program, or folders of them, in turn [default: yongchuan ninghua].
    pub sites: Vec<String>,
    /// Hours to play.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub hours: u64,
    /// The campaign's luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for the results.
    #[arg(long, value_name = "DIR", default_value = "out/robustness")]
    pub out: PathBuf,
    /// Go on with what an earlier call left in the folder.
    #[arg(long)]
    pub resume: bool,
    /// Threads to use; the result does not depend on it [default: the machine's].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn execute(arguments: &RobustnessArguments) -> Result<Answer> {
    let names = match arguments.sites.is_empty() {
        true => vec!["yongchuan".to_owned(), "ninghua".to_owned()],
        false => arguments.sites.clone(),
    };
    let sites = names
        .iter()
        .map(|name| Ok(Arc::new(run::load(&sites::find(name, None)?)?)));
    let sites: Vec<Arc<Site>> = sites.collect::<Result<_>>()?;
    let interrupt = run::watch_for_interrupt()?;
    let folder = &arguments.out;
    prepare(folder, arguments, &names, &sites)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.unwrap_or(0) as usize)
        .build()
        .context("threads cannot be started")?;
    let bar = ProgressBar::new(arguments.hours);
    bar.set_style(ProgressStyle::with_template(
        "{bar:32} {pos} of {len} hours, {eta} left, {msg}",
    )?);
    let seed = Seed(arguments.seed);
    let goes_on = || !interrupt.load(Ordering::Relaxed);
    let mut touches = 0;
    for batch in 0..arguments.hours.div_ceil(BATCH) {
        let numbers = batch * BATCH..((batch + 1) * BATCH).min(arguments.hours);
        let [hours_file, touches_file] = files(folder, batch);
        // A batch that was cut short by fewer hours is played anew when more are asked for.
        let kept = if hours_file.exists() {
            Rows::read(&hours_file)?.len() as u64
        } else {
            0
        };
        if kept == numbers.end - numbers.start {
            bar.inc(kept);
            continue;
        }
        let played: Vec<Result<Option<HourResult>, service::ServiceError>> = pool.install(|| {
            let count = (numbers.end - numbers.start) as usize;
            let play = |index: usize| {
                let number = numbers.start + index as u64;
                let draw = Draw::new(number, &sites, seed);
                let played = draw.play(&sites[draw.site], &goes_on);
                bar.inc(1);
                played
            };
            (0..count).into_par_iter().with_max_len(1).map(play).collect()
        });
        let mut results = Vec::new();
        for played in played {
            match played? {
                Some(result) => results.push(result),
                None => {
                    bar.finish_and_clear();
                    return Err(anyhow!(
                        "interrupted; finished hours are kept\nhint: go on with --resume"
                    ));
                }
            }
        }
        touches += results.iter().map(|result| result.touches.len()).sum::<usize>();
        bar.set_message(format!("{touches} touches"));
        // The hours' table comes last: with it the batch is whole.
        touches_table(&results, &names).write(&touches_file, &BTreeMap::new())?;
        hours_table(&results, &names).write(&hours_file, &BTreeMap::new())?;
    }
    bar.finish_and_clear();
    let summary = Summary::read(folder, arguments.hours)?;
    match arguments.json {
        true => output::print(&format!("{:#}\n", summary.json()))?,
        false => output::print(&summary.text()?)?,
    }
    eprintln!("results are in {}", folder.display());
    Ok(if summary.at_fault() == 0 {
        Answer::Yes
    } else {
        Answer::No
    })
}

/// Gets the folder ready: empty of an earlier campaign, or, to go on, with this one's.
fn prepare(folder: &Path, arguments: &RobustnessArguments, names: &[String], sites: &[Arc<Site>]) -> Result<()> {
    let maps: Vec<&str> = sites.iter().map(|site| site.network.digest()).collect();
    let identity = json!({
        "sites": names, "maps": maps, "seed": arguments.seed,
        "software": { "version": env!("CARGO_PKG_VERSION"), "digest": prove::software_digest()? },
    });
    let text = format!("{identity:#}\n");
    let file = folder.join(IDENTITY_FILE);
    let known = std::fs::read_to_string(&file).ok();
    if arguments.resume && known.as_ref().is_some_and(|known| *known != text) {
        return Err(anyhow!(
            "{}: hours of other sites, another seed or another program are kept there\nhint: --out for these, or begin anew without --resume",
            file.display()
        ));
    }
    if !arguments.resume || known.is_none() {
        for part in ["hours", "touches"] {
            match std::fs::remove_dir_all(folder.join(part)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("{}: cannot be emptied", folder.join(part).display()));
                }
                _ => {}
            }
        }
    }
    for part in ["hours", "touches"] {
        let path = folder.join(part);
        std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
    }
    output::write_whole(&file, text.as_bytes())
}

fn files(folder: &Path, batch: u64) -> [PathBuf; 2] {
    ["hours", "touches"].map(|part| folder.join(part).join(format!("{batch:06}.parquet")))
}

fn hours_table(results: &[HourResult], names: &[String]) -> Table {
    let number = |name, unit, meaning| Column::new(name, unit, ColumnKind::Number, meaning);
    let count = |name, meaning| Column::new(name, "", ColumnKind::Count, meaning);
    let text = |name, meaning| Column::new(name, "", ColumnKind::Text, meaning);
    let mut columns = vec![
        count("hour", "its number, from 0"),
        text("site", "where"),
        text("command", "plays it again"),
        number("traffic", "", "multiplies the site's other traffic"),
        number("rain_mm_per_h", "mm/h", "rain"),
        number("visibility_m", "m", "visibility; missing if clear"),
        Column::new("is_dark", "", ColumnKind::Flag, "it is dark"),
        count("faults", "faults that were injected"),
        number("distance_km", "km", "driven by all vehicles"),
        number("vehicle_h", "h", "vehicle-hours in service"),
        count("hard_brakings", "brakings harder than 2.5 m/s²"),
        number("gap_m_min", "m", "least gap to anybody while moving"),
        count("degradations", "stays on the degradation ladder"),
        count("touches", "touches"),
        count("at_fault", "touches that are the vehicle's own fault"),
    ];
    columns.extend(Assumption::ALL.iter().map(|assumption| {
        let name = format!("breaches.{}", service::word(assumption));
        Column::new(&name, "", ColumnKind::Count, assumption.breach())
    }));
    let mut table = Table::new(columns);
    for result in results {
        let draw = &result.draw;
        let own = result.touches.iter().filter(|touch| touch.blame == Blame::Own).count();
        let visibility_m = Some(draw.weather.visibility_m).filter(|metres| metres.is_finite());
        let mut cells: Vec<Cell> = vec![
            Cell::Count(draw.number as i64),
            names[draw.site].as_str().into(),
            draw.command(&names[draw.site]).into(),
            draw.traffic_scale.into(),
            draw.weather.rain_mm_per_h.into(),
            visibility_m.into(),
            Cell::Flag(draw.weather.is_dark),
            Cell::Count(draw.faults.len() as i64),
            result.distance_km.into(),
            result.vehicle_h.into(),
            Cell::Count(result.hard_brakings.into()),
            result.gap_m_min.into(),
            Cell::Count(result.degradations as i64),
            Cell::Count(result.touches.len() as i64),
            Cell::Count(own as i64),
        ];
        cells.extend(result.breaches.iter().map(|&count| Cell::Count(count as i64)));
        table.push(cells);
    }
    table
}

fn touches_table(results: &[HourResult], names: &[String]) -> Table {
    let number = |name, unit, meaning| Column::new(name, unit, ColumnKind::Number, meaning);
    let text = |name, meaning| Column::new(name, "", ColumnKind::Text, meaning);
    let mut table = Table::new(vec![
        Column::new("hour", "", ColumnKind::Count, "its hour"),
        text("site", "where"),
        number("clock_s", "s", "after midnight"),
        text("vehicle", "the vehicle of the line"),
        text("told", "what happened, in a sentence"),
        text("blame", "whose fault it is, and why"),
        Column::new("is_own", "", ColumnKind::Flag, "it is the vehicle's own fault"),
        number("x_m", "m", "where the vehicle was"),
        number("y_m", "m", "where the vehicle was"),
        text("command", "plays the hour again"),
    ]);
    for result in results {
        let site = &names[result.draw.site];
        for touch in &result.touches {
            table.push([
                Cell::Count(result.draw.number as i64),
                site.as_str().into(),
                touch.clock_s.into(),
                touch.vehicle.as_str().into(),
                told(touch).into(),
                touch.blame.words().into(),
                Cell::Flag(touch.blame == Blame::Own),
                touch.at_m[0].into(),
                touch.at_m[1].into(),
                result.draw.command(site).into(),
            ]);
        }
    }
    table
}

/// A touch in a sentence.
fn told(touch: &Touch) -> String {
    let [ahead_m, left_m] = touch.rival_at_m;
    let along = if ahead_m >= 0.0 { "ahead" } else { "behind" };
    let side = if left_m >= 0.0 { "left" } else { "right" };
    let mut told = format!(
        "at {:.1} km/h, {}; {} at {:.1} km/h, {:.1} m {along}, {:.1} m to the {side}; {}",
        3.6 * touch.speed_mps,
        service::word(&touch.reason),
        service::word(&touch.rival),
        3.6 * touch.rival_speed_mps,
        ahead_m.abs(),
        left_m.abs(),
        if touch.was_proved {
            "was proved safe against lawful others"
        } else {
            "was not proved safe"
        }
    );
    if !touch.faults.is_empty() {
        let faults: Vec<&str> = touch.faults.iter().map(|kind| kind.word()).collect();
        let _ = write!(told, "; broken: {}", faults.join(", "));
    }
    told
}

/// What a campaign came to.
#[derive(Default)]
struct Summary {
    hours: u64,
    /// By site: hours, kilometres, touches, own fault.
    sites: BTreeMap<String, [f64; 4]>,
    vehicle_h: f64,
    hard_brakings: i64,
    gap_m_min: Option<f64>,
    degradations: i64,
    faults: i64,
    breaches: Vec<(String, i64)>,
    /// Each: site, time of day, vehicle, told, blame, command.
    touches: Vec<(String, f64, String, String, String, String)>,
}

impl Summary {
    fn read(folder: &Path, hours: u64) -> Result<Summary> {
        let mut summary = Summary {
            breaches: Assumption::ALL
                .iter()
                .map(|known| (known.breach().to_owned(), 0))
                .collect(),
            ..Summary::default()
        };
        for batch in 0..hours.div_ceil(BATCH) {
            let [hours_file, touches_file] = files(folder, batch);
            let rows = Rows::read(&hours_file)?;
            let wrong = || anyhow!("{}: not a table of hours", hours_file.display());
            let column = |name: &str| rows.column(name).ok_or_else(wrong);
            let counts = |name: &str| -> Result<Vec<i64>> {
                let count = |cell: &Cell| if let Cell::Count(count) = cell { *count } else { 0 };
                Ok(column(name)?.iter().map(count).collect())
            };
            let numbers = |name: &str| -> Result<Vec<Option<f64>>> { Ok(column(name)?.iter().map(number).collect()) };
            let (distances, gaps) = (numbers("distance_km")?, numbers("gap_m_min")?);
            let (touches, own) = (counts("touches")?, counts("at_fault")?);
            for (index, site) in column("site")?.iter().enumerate() {
                let of = summary.sites.entry(text(site)).or_default();
                let values = [
                    1.0,
                    distances[index].unwrap_or(0.0),
                    touches[index] as f64,
                    own[index] as f64,
                ];
                of.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                summary.hours += 1;
            }
            summary.vehicle_h += numbers("vehicle_h")?.into_iter().flatten().sum::<f64>();
            summary.hard_brakings += counts("hard_brakings")?.into_iter().sum::<i64>();
            summary.degradations += counts("degradations")?.into_iter().sum::<i64>();
            summary.faults += counts("faults")?.into_iter().sum::<i64>();
            summary.gap_m_min = gaps.into_iter().flatten().chain(summary.gap_m_min).reduce(f64::min);
            for (assumption, (_, sum)) in Assumption::ALL.iter().zip(&mut summary.breaches) {
                *sum += counts(&format!("breaches.{}", service::word(assumption)))?
                    .into_iter()
                    .sum::<i64>();
            }
            let rows = Rows::read(&touches_file)?;
            let wrong = || anyhow!("{}: not a table of touches", touches_file.display());
            let column = |name: &str| rows.column(name).ok_or_else(wrong);
            let [site, vehicle, told, blame, command] = ["site", "vehicle", "told", "blame", "command"].map(column);
            let (site, vehicle, told, blame, command) = (site?, vehicle?, told?, blame?, command?);
            for (index, clock) in column("clock_s")?.iter().enumerate() {
                summary.touches.push((
                    text(&site[index]),
                    number(clock).unwrap_or(0.0),
                    text(&vehicle[index]),
                    text(&told[index]),
                    text(&blame[index]),
                    text(&command[index]),
                ));
            }
        }
        Ok(summary)
    }

    fn at_fault(&self) -> u64 {
        self.sites.values().map(|of| of[3] as u64).sum()
    }

    fn distance_km(&self) -> f64 {
        self.sites.values().map(|of| of[1]).sum()
    }

    fn text(&self) -> Result<String> {
        let mut text = String::new();
        writeln!(
            text,
            "{:<16} {:>7} {:>10} {:>8} {:>9}",
            "site", "hours", "km", "touches", "at fault"
        )?;
        for (site, [hours, distance_km, touches, own]) in &self.sites {
            writeln!(text, "{site:<16} {hours:>7} {distance_km:>10.1} {touches:>8} {own:>9}")?;
        }
        let per_100_km = 100.0 * self.hard_brakings as f64 / self.distance_km().max(1e-9);
        writeln!(text, "\nvehicle-hours in service  {:.1}", self.vehicle_h)?;
        writeln!(text, "hard brakings per 100 km  {per_100_km:.1}")?;
        if let Some(gap_m) = self.gap_m_min {
            writeln!(text, "least gap while moving    {gap_m:.2} m")?;
        }
        writeln!(text, "faults injected           {}", self.faults)?;
        writeln!(text, "stays on the ladder       {}", self.degradations)?;
        writeln!(text, "\nassumptions broken by others")?;
        for (breach, count) in &self.breaches {
            writeln!(text, "{count:>9}  somebody {breach}")?;
        }
        for (site, clock_s, vehicle, told, blame, command) in &self.touches {
            writeln!(
                text,
                "\n{site}, {vehicle} at {}: {blame}",
                crate::day_table::clock(*clock_s)
            )?;
            writeln!(text, "  {told}\n  {command}")?;
        }
        // With none in so many kilometres, fewer than 3 in as many are to be expected (95 %).
        let verdict = match self.at_fault() {
            0 => format!(
                "none at fault in {:.0} km: below {:.1} in 1,000 km (95 %)",
                self.distance_km(),
                3000.0 / self.distance_km().max(1e-9)
            ),
            own => format!("{own} at fault"),
        };
        writeln!(text, "\n{verdict}")?;
        Ok(text)
    }

    fn json(&self) -> serde_json::Value {
        let site = |(name, [hours, distance_km, touches, own]): (&String, &[f64; 4])| json!({ "site": name, "hours": hours, "distance_km": distance_km, "touches": touches, "at_fault": own });
        let touch = |(site, clock_s, vehicle, told, blame, command): &(String, f64, String, String, String, String)| json!({ "site": site, "clock_s": clock_s, "vehicle": vehicle, "told": told, "blame": blame, "command": command });
        let breaches = self
            .breaches
            .iter()
            .map(|(breach, count)| json!({ "somebody": breach, "count": count }));
        json!({
            "hours": self.hours, "distance_km": self.distance_km(), "vehicle_h": self.vehicle_h, "at_fault": self.at_fault(),
            "hard_brakings": self.hard_brakings, "gap_m_min": self.gap_m_min, "degradations": self.degradations, "faults": self.faults,
            "sites": self.sites.iter().map(site).collect::<Vec<_>>(),
            "breaches": breaches.collect::<Vec<_>>(),
            "touches": self.touches.iter().map(touch).collect::<Vec<_>>(),
        })
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(value) => Some(*value),
        _ => None,
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        _ => String::new(),
    }
}
