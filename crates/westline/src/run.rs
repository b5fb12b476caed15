//! `westline run`: plays a service day, records it, measures it, tells it.

use crate::arguments::{DayLedgerKind, DayNetwork, Record, RunArguments, Senses, SiteCommand};
use crate::ledger::day::{DayLedger, Start};
use crate::network::Surroundings;
use crate::network::day::{self as day_network, DayAir, DayLinks};
use crate::network::v2x::{self, Masts, Talk};
use crate::recorder::Recorder;
use crate::{Answer, day_table, ledger, output, sites};
use ::ledger::evidence::EvidenceKind;
use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use report::{DayReport, Provenance};
use service::{DayOptions, Phase, ServiceDay, Site, SiteFiles, SiteTitle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub fn execute(arguments: &RunArguments) -> Result<Answer> {
    let folder = arguments.sites.site_dir.as_deref();
    let Some(name) = &arguments.site else {
        return list(folder);
    };
    let files = sites::find(name, folder)?;
    let interrupted = watch_for_interrupt()?;
    let site = Arc::new(load(&files)?);
    let options = DayOptions {
        from_s: arguments.from,
        to_s: arguments.to,
        seed: arguments.seed,
        vehicles: arguments.vehicles,
        traffic_scale: arguments.traffic,
        threads: threads(arguments),
        keeps_digest: arguments.digest,
        senses_raw: arguments.senses == Senses::Raw,
        weather: arguments.weather.weather(),
        faults: arguments.faults.clone(),
        ..DayOptions::default()
    };
    let surroundings = match arguments.network {
        DayNetwork::Site => Surroundings::if_any(&site, &files)?,
        DayNetwork::None => None,
    };
    let air = surroundings.as_ref().map(DayAir::new).transpose()?;
    let mut day = ServiceDay::new(site, &options)?;
    let mut links = air.as_ref().map(|air| DayLinks::new(air, &day));
    let out = arguments.out.clone().unwrap_or_else(|| default_folder(&day));
    std::fs::create_dir_all(&out).with_context(|| format!("{}: the folder cannot be made", out.display()))?;

    let mut ledger = match arguments.ledger {
        DayLedgerKind::None => None,
        DayLedgerKind::Day => {
            let parties = ledger::site(&files)?;
            match DayLedger::begin(&day, parties, arguments.weather.rain, &out.join("ledger"))? {
                Start::Allowed(ledger) => Some(ledger),
                Start::Refused(objections) => {
                    objections
                        .iter()
                        .for_each(|objection| eprintln!("refused: {objection}"));
                    eprintln!(
                        "hint: `[permit]` of parties.toml says what is allowed; `--ledger none` runs without a permit"
                    );
                    return Ok(Answer::No);
                }
            }
        }
    };
    let command = command_line();
    let mut recorder = match arguments.record {
        Record::None => None,
        extent => Some(Recorder::create(&out.join("recording.mcap"), &day, extent, &command)?),
    };
    let watches = arguments.roadside.is_some();
    let masts = arguments.roadside.unwrap_or(Masts::Signals);
    let priority = arguments.priority;
    let talks = watches || priority || arguments.pcap.is_some();
    let talk = talks.then(|| Talk::new(&day, masts, watches, priority, arguments.pcap.as_deref()));
    let mut talk = talk.transpose()?;
    let begun = Instant::now();
    let watchers = Watchers {
        recorder: recorder.as_mut(),
        talk: talk.as_mut(),
        links: links.as_mut(),
        ledger: ledger.as_deref_mut(),
    };
    play(&mut day, watchers, &interrupted)?;
    let was_interrupted = interrupted.load(Ordering::Relaxed);
    let played_s = day.time().as_secs_f64();
    let wall_s = begun.elapsed().as_secs_f64();
    let digest = day.world().digest();
    let (time, network) = (day.time(), day.world().network().clone());
    let measures = day.finish();
    let links = links.map(DayLinks::finish);
    let mut sealed = Vec::new();
    let mut evidence = vec![(EvidenceKind::ServiceRecord, out.join("measures.parquet"))];
    if let Some(mut recorder) = recorder {
        sealed = recorder.seal_all();
        recorder.finish(time, &measures)?;
        evidence.push((EvidenceKind::Recording, out.join("recording.mcap")));
    }
    if let Some(talk) = talk {
        eprintln!("messages: {}", v2x::describe(&talk.finish()?));
    }

    let details = BTreeMap::from([("command".to_owned(), command.clone())]);
    measures.table().write(&out.join("measures.parquet"), &details)?;
    let settled = ledger
        .map(|ledger| ledger.finish(&measures, sealed, &evidence, &out))
        .transpose()?;
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        map_digest: network.digest().to_owned(),
        frames_digest: digest.clone(),
        command,
        notes: settled.as_ref().map_or_else(Vec::new, |settled| settled.lines.clone()),
    };
    let page = report::day_page(&DayReport {
        day: &measures,
        network: Some(&network),
        links: links.as_ref(),
        provenance: &provenance,
    });
    output::write_whole(&out.join("report.html"), page.as_bytes())?;

    if was_interrupted {
        eprintln!(
            "interrupted at {}; what was played is kept",
            day_table::clock(measures.to_clock_s)
        );
    }
    let told = if arguments.json {
        day_table::json(&measures, links.as_ref().map(day_network::json))
    } else {
        day_table::text(&measures) + &links.as_ref().map_or_else(String::new, day_network::text)
    };
    output::print(&told)?;
    eprintln!(
        "played {played_s:.0} s in {wall_s:.1} s: {:.0} times real time",
        played_s / wall_s.max(1e-9)
    );
    if let Some(settled) = &settled {
        settled.lines.iter().for_each(|line| eprintln!("{line}"));
        eprintln!("receipt: {}", settled.receipt.display());
    }
    eprintln!("results are in {}", out.display());
    if let Some(digest) = digest {
        output::print(&format!("digest: {digest}\n"))?;
    }
    Ok(Answer::Yes)
}

/// `westline site`.
pub fn execute_site(command: &SiteCommand) -> Result<Answer> {
    match command {
        SiteCommand::List { sites } => list(sites.site_dir.as_deref()),
        SiteCommand::Check { site, sites } => {
            let files = sites::find(site, sites.site_dir.as_deref())?;
            match Site::load(&files) {
                Ok((_, notes)) => {
                    notes.iter().for_each(|note| eprintln!("note: {note}"));
                    output::print(&format!("{site}: nothing wrong\n"))?;
                    Ok(Answer::Yes)
                }
                Err(error) => {
                    output::print(&format!("{error}\n"))?;
                    Ok(Answer::No)
                }
            }
        }
    }
}

/// The sites there are, one a line.
fn list(folder: Option<&Path>) -> Result<Answer> {
    let own = folder.map(sites::in_folder).transpose()?.unwrap_or_default();
    let names = sites::built_in().into_iter().map(str::to_owned).chain(own);
    let names: std::collections::BTreeSet<String> = names.collect();
    let mut text = String::new();
    for name in names {
        let title = SiteTitle::read(&sites::find(&name, folder)?);
        text += &format!("{name:<14} {}, {}\n", title.name, title.place);
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}

/// Reads a site and tells its notes.
pub fn load(files: &SiteFiles) -> Result<Site> {
    let (site, notes) = Site::load(files).map_err(|error| anyhow!("{error}"))?;
    for note in notes {
        eprintln!("note: {note}");
    }
    Ok(site)
}

fn threads(arguments: &RunArguments) -> usize {
    let machine = || std::thread::available_parallelism().map_or(1, usize::from);
    arguments.threads.map_or_else(machine, |threads| threads as usize)
}

fn default_folder(day: &ServiceDay) -> PathBuf {
    let site = &day.site().id;
    Path::new("out")
        .join(site)
        .join(format!("{}-{}", day.date(), day.seed().0))
}

/// A flag that Ctrl-C raises. The second Ctrl-C ends the program at once.
pub fn watch_for_interrupt() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .context("Ctrl-C cannot be watched for")?;
    Ok(flag)
}

/// The command as typed, but for the program's own path.
fn command_line() -> String {
    let words = std::env::args()
        .skip(1)
        .map(|word| if word.contains(' ') { format!("'{word}'") } else { word });
    std::iter::once("westline".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Who writes down what happens in a day.
struct Watchers<'a, 'b> {
    recorder: Option<&'a mut Recorder>,
    talk: Option<&'a mut Talk>,
    links: Option<&'a mut DayLinks<'b>>,
    ledger: Option<&'a mut DayLedger>,
}

/// Plays to the end, or to the interruption.
fn play(day: &mut ServiceDay, mut watchers: Watchers, interrupted: &AtomicBool) -> Result<()> {
    let bar = progress_bar(day);
    let begun = Instant::now();
    let mut shown = Instant::now();
    while !day.is_done() && !interrupted.load(Ordering::Relaxed) {
        let events = day.step().to_vec();
        if let Some(talk) = &mut watchers.talk {
            talk.step(day)?;
        }
        if let Some(links) = &mut watchers.links {
            links.step(day);
        }
        let mut sealed = Vec::new();
        if let Some(recorder) = &mut watchers.recorder {
            recorder.observe(day, &events)?;
            if let Some(links) = &watchers.links {
                links.record(recorder)?;
            }
            sealed = recorder.take_sealed();
        }
        if let Some(ledger) = &mut watchers.ledger {
            ledger.observe(day, &events, sealed)?;
        }
        if shown.elapsed() > Duration::from_millis(100) {
            shown = Instant::now();
            show(&bar, day, begun);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress_bar(day: &ServiceDay) -> ProgressBar {
    let progress = day.progress();
    let bar = ProgressBar::new((progress.to_s - progress.from_s).max(0.0) as u64);
    let style = ProgressStyle::with_template("{prefix} {bar:30} {msg}").expect("the template is well formed");
    bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    bar
}

fn show(bar: &ProgressBar, day: &ServiceDay, begun: Instant) {
    let progress = day.progress();
    let played_s = progress.clock_s - progress.from_s;
    let under_way = day.vehicles().filter(|vehicle| vehicle.phase != Phase::Resting).count();
    bar.set_position(played_s as u64);
    bar.set_prefix(day_table::clock(progress.clock_s));
    bar.set_message(format!(
        "{:>5.0}× real time · {} vehicles and {} people around · {under_way} buses under way · {}/{} trips done",
        played_s / begun.elapsed().as_secs_f64().max(1e-9),
        progress.traffic,
        progress.people,
        progress.trips_finished,
        progress.trips_planned,
    ));
}
