//! `westline serve`: a site's day as it is played, or a recording, in the browser.

use crate::arguments::{SiteDirectory, TEMPLATE, factor, positive, time_of_day};
use crate::network::Surroundings;
use crate::network::day::{DayAir, DayLinks};
use crate::recorder::link_message;
use crate::{Answer, output, prove, run, sites};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use console::{
    Access, AccountBook, AuditLog, Certificate, LedgerRoom, LinkWatcher, LiveDay, NetworkRoom, Player, Replay, Rooms,
    ScenarioShelf, Server, ServerOptions, ShelvedScenario, SiteNetwork, Stage, TestBase, Transport,
};
use jiff::civil::Date;
use scenario::Library;
use service::{DayOptions, ServiceDay, Site, SiteFiles};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `westline serve`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline serve yongchuan                    the line's day, live, at http://127.0.0.1:8080
  westline serve yongchuan --from 07:30 --speed 4
  westline serve out/yongchuan/2026-05-18-1/recording.mcap
  westline serve yongchuan --host 0.0.0.0 --accounts accounts.toml --certificate cert.pem --key key.pem --audit audit.jsonl
")]
pub struct ServeArguments {
    /// Name of a site, the path of a site folder, or a recording (.mcap).
    pub site: String,
    /// Port; 0 takes any that is free.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Address to listen at; where others than this machine reach it, --accounts and TLS are needed.
    #[arg(long, visible_alias = "host", value_name = "IP", default_value = "127.0.0.1")]
    pub address: std::net::IpAddr,
    #[command(flatten)]
    pub access: AccessArguments,
    /// Times real time.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = positive)]
    pub speed: f64,
    /// Begin paused.
    #[arg(long)]
    pub paused: bool,
    /// Live: begin at this time of day [default: the site's].
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub from: Option<f64>,
    /// Live: end at this time of day [default: the site's].
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub to: Option<f64>,
    /// Live: the run's luck [default: the site's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Live: vehicles of the line in service [default: the site's fleet].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub vehicles: Option<u32>,
    /// Live: multiply all other traffic by this.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub traffic: f64,
    /// Recording: the site that it is of [default: the one it names].
    #[arg(long = "site", value_name = "SITE")]
    pub of_site: Option<String>,
    /// Folder with scenarios (.xosc) of your own for the scenario view; may be given more than once.
    #[arg(long, value_name = "DIR")]
    pub scenarios: Vec<PathBuf>,
    /// Folder whose campaigns the test base shows: those of `westline prove`.
    #[arg(long, value_name = "DIR", default_value = "out/prove")]
    pub results: PathBuf,
    /// Folder of the ledger to show [default: out/SITE/ledger].
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    #[command(flatten)]
    pub sites: SiteDirectory,
}

/// Who may come in to the console, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Safety")]
pub struct AccessArguments {
    /// Ask who comes in: the file that `westline account` makes.
    #[arg(long, value_name = "FILE")]
    pub accounts: Option<PathBuf>,
    /// TLS: the server's certificate and those that vouch for it (PEM).
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "behind_proxy")]
    pub certificate: Option<PathBuf>,
    /// TLS: the certificate's key (PEM).
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// A proxy before the console has TLS, passes Host on and tells who asks in X-Forwarded-For; nobody else reaches the port.
    #[arg(long)]
    pub behind_proxy: bool,
    /// Write who did what to this file, each line chained to the one before; what cannot be written is not done.
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
}

pub fn execute(arguments: &ServeArguments) -> Result<Answer> {
    let address = SocketAddr::new(arguments.address, arguments.port);
    // Before minutes are spent on a recording.
    let access = access(&arguments.access)?;
    access.check(arguments.address)?;
    let recording = Path::new(&arguments.site);
    let is_recording = recording.extension().is_some_and(|extension| extension == "mcap");
    let show = match is_recording {
        true => replayed(recording, arguments)?,
        false => played(arguments)?,
    };
    let site = show.site.clone();
    let files = show.files;
    let (network_site, network_files) = (site.clone(), files.clone());
    let options = ServerOptions {
        address,
        site: console::site_json(&site, show.date, &show.vehicles),
        map: Box::new(move || {
            let draft = Site::map(&files).map_err(|error| error.to_string())?;
            Ok(road::export::gltf(&draft))
        }),
        rooms: Rooms {
            scenarios: shelf(&arguments.scenarios)?,
            test_base: TestBase {
                folder: arguments.results.clone(),
                make: Box::new(|folder, identity, act| {
                    let made = prove::with_kept_campaign(folder, identity, |campaign| {
                        act(campaign).map_err(|reason| anyhow!(reason))
                    });
                    made.map_err(|error| format!("{error:#}"))
                }),
            },
            ledger: LedgerRoom::new(
                arguments
                    .ledger
                    .clone()
                    .unwrap_or_else(|| Path::new("out").join(&site.id).join("ledger")),
            ),
            network: NetworkRoom::new(Box::new(move || {
                site_network(&network_site, &network_files).map_err(|error| format!("{error:#}"))
            })),
        },
        access,
    };
    let player = Player::start(show.stage, arguments.speed, arguments.paused).context("no thread can be had")?;
    let server = Server::bind(options, player)?;
    output::print(&format!("{}://{}/\n", server.scheme(), server.address()))?;
    eprintln!("{}: open the address in a browser; Ctrl-C ends it", show.told);
    let (ended, end) = std::sync::mpsc::channel();
    ctrlc::set_handler(move || {
        if ended.send(()).is_err() {
            std::process::exit(130);
        }
    })
    .context("Ctrl-C cannot be watched for")?;
    server.run(end)?;
    Ok(Answer::Yes)
}

/// Who may come in, and how; what others on this machine could read or know is told.
fn access(arguments: &AccessArguments) -> Result<Access> {
    let secrets = arguments.accounts.iter().chain(&arguments.key);
    secrets.filter(|path| others_read(path)).for_each(|path| {
        eprintln!(
            "warning: others on this machine may read {}\nhint: chmod 600 {0}",
            path.display()
        );
    });
    let audit = arguments.audit.as_deref().map(AuditLog::open).transpose()?;
    if let (Some(audit), Some(path)) = (&audit, &arguments.audit) {
        let (lines, head) = audit.head();
        eprintln!("{}: {lines} lines, the last one's hash is {head}", path.display());
        for line in audit.torn() {
            eprintln!("{}:{line}: the line is torn; the log tells of it", path.display());
        }
    }
    let transport = match (&arguments.certificate, &arguments.key) {
        (Some(certificate), Some(key)) => Transport::Tls(Certificate::open(certificate, key)?),
        _ if arguments.behind_proxy => Transport::BehindProxy,
        _ => Transport::Plain,
    };
    Ok(Access {
        accounts: arguments.accounts.as_deref().map(AccountBook::open).transpose()?,
        audit: audit.map(Arc::new),
        transport,
    })
}

/// Whether others than its owner may read a file.
fn others_read(path: &Path) -> bool {
    #[cfg(unix)]
    let is_open = |meta: std::fs::Metadata| std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077 != 0;
    #[cfg(not(unix))]
    let is_open = |_| false;
    std::fs::metadata(path).is_ok_and(is_open)
}

/// The site's network, with the rules of remote driving that hold there.
fn site_network(site: &Site, files: &SiteFiles) -> Result<SiteNetwork> {
    let surroundings = Surroundings::of(site, files, None, None)?;
    Ok(SiteNetwork {
        rules: surroundings.rules(None)?,
        network: surroundings.network,
        site: surroundings.site,
        share_min: surroundings.share_min,
    })
}

/// The scenarios of the suites that come with the program, and those of the user's folders.
fn shelf(folders: &[PathBuf]) -> Result<ScenarioShelf> {
    let own = prove::built_in_files();
    let library = Arc::new(Library::with_files(own.clone()));
    let mut scenarios = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(folder).with_context(|| {
            format!(
                "{}\nhint: --scenarios names a folder with .xosc files",
                folder.display()
            )
        })?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "xosc"));
        files.sort();
        for file in files {
            let title = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            scenarios.push(ShelvedScenario {
                id: file.display().to_string(),
                title,
                group: folder.display().to_string(),
                file,
                parameters: Vec::new(),
            });
        }
    }
    for name in proving::shelf::names() {
        let suite = proving::shelf::find(name, &library)?;
        for scenario in suite.scenarios {
            scenarios.push(ShelvedScenario {
                id: format!("{name}/{}", scenario.id),
                title: scenario.title,
                group: suite.title.clone(),
                file: scenario.file,
                parameters: scenario.fixed,
            });
        }
    }
    Ok(ScenarioShelf::new(library, own, scenarios))
}

/// What is to be shown.
struct Show {
    stage: Box<dyn Stage>,
    site: Arc<Site>,
    date: Date,
    vehicles: Vec<(String, Arc<vehicle::DataSheet>)>,
    /// Where the map is read from when a page first asks for its surface.
    files: SiteFiles,
    told: String,
}

fn played(arguments: &ServeArguments) -> Result<Show> {
    let files = sites::find(&arguments.site, arguments.sites.site_dir.as_deref())?;
    let site = Arc::new(run::load(&files)?);
    let options = DayOptions {
        from_s: arguments.from,
        to_s: arguments.to,
        seed: arguments.seed,
        vehicles: arguments.vehicles,
        traffic_scale: arguments.traffic,
        ..DayOptions::default()
    };
    let mut day = LiveDay::new(ServiceDay::new(site.clone(), &options)?);
    if let Some(surroundings) = Surroundings::if_any(&site, &files)? {
        let watcher = watcher(surroundings, day.day())?;
        day = day.with_network(watcher);
    }
    let told = format!("{}, {}, live", site.name, day.day().date());
    Ok(Show {
        date: day.day().date(),
        vehicles: day
            .day()
            .vehicles()
            .map(|view| (view.name.to_owned(), view.sheet.clone()))
            .collect(),
        stage: Box::new(day),
        site,
        files,
        told,
    })
}

/// Plays a site's network beside its day. What it is made of lasts as long as the program, as the console does.
fn watcher(surroundings: Surroundings, day: &ServiceDay) -> Result<LinkWatcher> {
    let surroundings: &'static Surroundings = Box::leak(Box::new(surroundings));
    let air: &'static DayAir<'_> = Box::leak(Box::new(DayAir::new(surroundings)?));
    let mut links = DayLinks::new(air, day);
    Ok(Box::new(move |day| {
        links.step(day);
        let names: Vec<&str> = day.vehicles().map(|view| view.name).collect();
        let told = links.seconds().iter().map(|second| {
            let link = link_message(names[second.vehicle], second, &surroundings.site);
            (second.vehicle, link)
        });
        told.collect()
    }))
}

fn replayed(recording: &Path, arguments: &ServeArguments) -> Result<Show> {
    let info = console::recorded_site(recording)?;
    let name = arguments.of_site.as_deref().unwrap_or(&info.site);
    if name.is_empty() {
        bail!(
            "{}: it does not tell which site it is of\nhint: name the site with --site",
            recording.display()
        );
    }
    let files = sites::find(name, arguments.sites.site_dir.as_deref())?;
    let site = Arc::new(run::load(&files)?);
    let replay = Replay::open(recording, &site).map_err(|error| anyhow!(error))?;
    let date = info
        .start
        .get(..10)
        .and_then(|date| date.parse().ok())
        .unwrap_or(site.date);
    let vehicles = replay.vehicles().into_iter().map(|row| {
        let known = &site.fleet.vehicles;
        let vehicle = known
            .iter()
            .find(|vehicle| vehicle.name == row.name)
            .unwrap_or(&known[0]);
        (row.name, vehicle.sheet.clone())
    });
    Ok(Show {
        date,
        vehicles: vehicles.collect(),
        stage: Box::new(replay),
        told: format!("{}, {date}, recorded", site.name),
        site: site.clone(),
        files,
    })
}
