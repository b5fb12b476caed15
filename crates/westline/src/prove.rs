//! `westline prove`: a suite played by a vehicle and a driver, judged, and handed out with its evidence.
//!
//! What a campaign is and what its results mean is `proving`'s; here are the command's grammar, the progress bar, the
//! page in words, and the joining of the two.

mod hunt;
pub mod replay;

use crate::arguments::{DriverChoice, TEMPLATE, driver};
use crate::ledger::submission::{self, Submission};
use crate::scenario::foreign;
use crate::worker::ServerArguments;
use crate::{Answer, output, run, sites};
use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use proving::fleet::{self, Bundle};
use proving::result::Outcome;
use proving::suite::LogicalScenario;
use proving::test_record::{self, RECORD_FILE};
use proving::verdict::Decision;
use proving::{Campaign, Progress, Stand, Suite, UnderTest, evidence, shelf};
use record::Seed;
use scenario::{Driver, Library};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vehicle::DataSheet;

/// `westline prove`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
#[command(before_help = "Examples:
  westline prove list                         the suites that come with the program
  westline prove r157 --vehicle minibus       verdicts, evidence, report and test record in out/prove/r157-minibus-westline
  westline prove r157 --vehicle car --driver reference:cc
  westline prove my/suite.toml --vehicle my/bus.toml --driver exec:./my-driver --runs 100
  westline prove r157 --vehicle minibus --resume   goes on where it was stopped
  westline prove r157 --vehicle minibus --nats nats://queue.example   played by the workers of a NATS server
  westline prove gbt41798 --vehicle minibus --submit out/permit   and the record to a permit application
  westline prove verify out/prove/r157-minibus-westline/test-record.json
")]
pub struct ProveArguments {
    /// A suite that comes with the program, or the path of one (.toml).
    #[arg(required = true)]
    pub suite: Option<String>,
    /// The vehicle under test: a data sheet that comes with the program, or the path of one (.toml).
    #[arg(long, value_name = "SHEET", default_value = "minibus")]
    pub vehicle: String,
    /// The driver under test: `westline`, `follow`, `reference:cc` (or fsm, rss, reg157), `unix:PATH` for one that listens
    /// at a socket and serves many runs, `exec:PROGRAM` for one that is started for each run.
    #[arg(long, value_name = "NAME", default_value = "westline")]
    pub driver: String,
    /// The campaign's luck [default: the suite's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// No scenario gets more runs than this, whatever the suite requires: clauses that want more are not decided.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: Option<u64>,
    /// Only this scenario of the suite; may be given more than once.
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Go on with what an earlier call left in the folder.
    #[arg(long)]
    pub resume: bool,
    /// Threads to use; the result does not depend on it [default: the machine's].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    #[command(flatten)]
    pub server: ServerArguments,
    /// Folder for the results [default: out/prove/SUITE-VEHICLE-DRIVER].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Take the test record to a permit application on a new ledger of a district, an institute, an operator and a bank in this folder.
    #[arg(long, value_name = "DIR")]
    pub submit: Option<PathBuf>,
    /// Print the result as JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Something else than proving a suite.
    #[command(subcommand)]
    pub command: Option<ProveCommand>,
}

/// What else `westline prove` does.
#[derive(Debug, Subcommand)]
pub enum ProveCommand {
    /// List the suites that come with the program.
    List,
    /// Tell what is wrong with a suite, or what it holds.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline prove check my/suite.toml
  westline prove check r157
")]
    Check {
        /// A suite that comes with the program, or the path of one (.toml).
        suite: String,
        /// The vehicle to check it with.
        #[arg(long, value_name = "SHEET", default_value = "minibus")]
        vehicle: String,
    },
    /// Search a scenario of a suite for failures, follow the boundary between pass and fail, and shrink the worst case.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline prove search r157 cut-in --vehicle minibus
  westline prove search r157 cut-in --driver reference:cc --runs 2000 --boundary 100 --save worst.xosc
")]
    Search(SearchArguments),
    /// Estimate how probable it is that a scenario of a suite is failed, however rare that is.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline prove estimate iso22737 pedestrian-open --vehicle minibus
  westline prove estimate r157 cut-in --driver reference:cc --runs 5000
")]
    Estimate(EstimateArguments),
    /// Compare the results of two campaigns of one suite: what got better, what got worse.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline prove compare out/prove/before out/prove/now
  westline prove compare out/prove/before out/prove/now --save smallest.xosc
")]
    Compare {
        /// Folder of the first campaign.
        before: PathBuf,
        /// Folder of the second.
        now: PathBuf,
        /// Write the plainest case that fails now and did not before, as a scenario.
        #[arg(long, value_name = "FILE.xosc")]
        save: Option<PathBuf>,
        /// Print the comparison as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check a test record against the evidence beside it, offline; a changed byte is named.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline prove verify out/prove/r157-minibus-westline/test-record.json
")]
    Verify {
        /// The record.
        record: PathBuf,
        /// Print what was found as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What is hunted, and with what.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// A suite that comes with the program, or the path of one (.toml).
    pub suite: String,
    /// The scenario's id.
    pub scenario: String,
    /// The vehicle under test.
    #[arg(long, value_name = "SHEET", default_value = "minibus")]
    pub vehicle: String,
    /// The driver under test.
    #[arg(long, value_name = "NAME", default_value = "westline")]
    pub driver: String,
    /// The luck of the draws [default: the suite's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print what was found as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline prove search`.
#[derive(Debug, Args)]
pub struct SearchArguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Runs of the search; the boundary and the shrinking take more.
    #[arg(long, value_name = "COUNT", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub runs: u32,
    /// Points of the boundary between pass and fail.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub boundary: u32,
    /// Write the plainest failing case as a scenario.
    #[arg(long, value_name = "FILE.xosc")]
    pub save: Option<PathBuf>,
}

/// `westline prove estimate`.
#[derive(Debug, Args)]
pub struct EstimateArguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Runs of the estimate; finding the region of failure takes some hundreds more.
    #[arg(long, value_name = "COUNT", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    pub runs: u32,
}

pub fn execute(arguments: &ProveArguments) -> Result<Answer> {
    match &arguments.command {
        Some(ProveCommand::List) => list(),
        Some(ProveCommand::Check { suite, vehicle }) => check(suite, vehicle),
        Some(ProveCommand::Search(arguments)) => hunt::search(arguments),
        Some(ProveCommand::Estimate(arguments)) => hunt::estimate(arguments),
        Some(ProveCommand::Compare {
            before,
            now,
            save,
            json,
        }) => hunt::compare([before, now], save.as_deref(), *json),
        Some(ProveCommand::Verify { record, json }) => verify(record, *json),
        None => prove(arguments),
    }
}

/// Files that suites may refer to: those of the sites that come with the program, beside `suites/`.
pub fn built_in_files() -> scenario::Files {
    let sites = sites::files().map(|(path, content)| (Path::new("sites").join(path), Cow::Borrowed(content)));
    shelf::files(sites)
}

fn library() -> Library {
    Library::with_files(built_in_files())
}

fn list() -> Result<Answer> {
    let library = library();
    let mut text = String::new();
    for name in shelf::names() {
        let suite = shelf::find(name, &library)?;
        let runs: u64 = suite.scenarios.iter().map(|scenario| scenario.runs).sum();
        writeln!(
            text,
            "{name:<14} {:>3} scenarios {runs:>7} runs  {}",
            suite.scenarios.len(),
            suite.title
        )?;
    }
    output::print(&text)?;
    eprintln!("hint: westline prove NAME --vehicle minibus");
    Ok(Answer::Yes)
}

fn check(name: &str, vehicle: &str) -> Result<Answer> {
    let library = library();
    let sheet = DataSheet::load(vehicle)?;
    let suite = match shelf::find(name, &library) {
        Ok(suite) => suite,
        Err(proving::ProvingError::Suite(problems)) => {
            output::print(&(problems.join("\n") + "\n"))?;
            return Ok(Answer::No);
        }
        Err(error) => return Err(error.into()),
    };
    let stand = stand(&library, &sheet, &suite, ("ideal", Driver::Ideal), None);
    let problems = suite.check(&stand);
    let mut text = String::new();
    for problem in &problems {
        writeln!(text, "{problem}")?;
    }
    if problems.is_empty() {
        writeln!(text, "{}, after {}", suite.title, suite.standard)?;
        for scenario in &suite.scenarios {
            let (runs, sampler) = (scenario.runs, scenario.sampler.word());
            writeln!(
                text,
                "{:<28} {runs:>7} runs  {sampler:<16} {}",
                scenario.id, scenario.aim
            )?;
        }
        for what in &suite.unavailable {
            writeln!(text, "{:<28} not available: {}", what.id, what.reason)?;
        }
    }
    output::print(&text)?;
    Ok(if problems.is_empty() { Answer::Yes } else { Answer::No })
}

fn stand<'a>(
    library: &'a Library,
    sheet: &'a DataSheet,
    suite: &Suite,
    (name, driver): (&'a str, Driver),
    outside: Option<&'a scenario::Caller<'a>>,
) -> Stand<'a> {
    Stand {
        library,
        sheet,
        under_test: UnderTest { name, driver, outside },
        step_s: suite.step_s,
        seed: Seed(suite.seed),
    }
}

/// Everything that a campaign is made of, as it was asked for.
struct Request<'a> {
    suite: &'a str,
    vehicle: &'a str,
    driver: &'a str,
    seed: Option<u64>,
    runs: Option<u64>,
    only: &'a [String],
    folder: &'a Path,
}

/// Makes the campaign from files of this host and hands it over.
fn with_campaign<T>(request: &Request<'_>, act: impl FnOnce(&Campaign<'_>) -> Result<T>) -> Result<T> {
    with_campaign_of(&library(), request, |campaign, _| act(campaign))
}

/// Makes the campaign from the files of a library and hands it over, with the paths of its suite and its data sheet.
fn with_campaign_of<T>(
    library: &Library,
    request: &Request<'_>,
    act: impl FnOnce(&Campaign<'_>, &[PathBuf]) -> Result<T>,
) -> Result<T> {
    let mut suite = shelf::find(request.suite, library)?;
    if !request.only.is_empty() {
        for wanted in request.only {
            let known: Vec<&str> = suite.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
            if !known.contains(&wanted.as_str()) {
                let hint = proving::hint_for_name(wanted, known.iter().copied());
                return Err(anyhow!("`{}` has no scenario `{wanted}`\nhint: {hint}", suite.name));
            }
        }
        suite.scenarios.retain(|scenario| request.only.contains(&scenario.id));
    }
    // What the campaign stands on beside its scenarios, for whoever takes it elsewhere.
    let read: RefCell<Vec<PathBuf>> = RefCell::new(suite_file(request.suite).into_iter().collect());
    let sheet = DataSheet::load_with(request.vehicle, &|path| {
        let content = library.content(path)?.into_owned();
        read.borrow_mut().push(path.to_owned());
        String::from_utf8(content).map_err(std::io::Error::other)
    })?;
    let name = if request.driver == "ours" {
        "westline"
    } else {
        request.driver
    };
    let choice = driver(name).map_err(|what| anyhow!("--driver {what}"))?;
    let step_s = suite.step_s;
    let call = || foreign::call(&choice, step_s, None);
    let outside: Option<&scenario::Caller<'_>> = match choice.driver() {
        Driver::Outside => Some(&call),
        _ => None,
    };
    let mut stand = stand(library, &sheet, &suite, (name, choice.driver()), outside);
    stand.seed = Seed(request.seed.unwrap_or(suite.seed));
    let problems = suite.check(&stand);
    if !problems.is_empty() {
        return Err(anyhow!(problems.join("\n")));
    }
    let software = software_digest()?;
    let campaign = Campaign {
        suite: &suite,
        stand,
        runs_max: request.runs,
        folder: request.folder,
        software: (env!("CARGO_PKG_VERSION"), &software),
    };
    act(&campaign, &read.into_inner())
}

/// A suite's file, if it is one of the user's own.
fn suite_file(name: &str) -> Option<PathBuf> {
    (!shelf::names().contains(&name)).then(|| PathBuf::from(name))
}

/// SHA-256 of this program.
pub fn software_digest() -> Result<String> {
    let program = std::env::current_exe().context("this program's own path is not known")?;
    let content = std::fs::read(&program).with_context(|| format!("{}: cannot be read", program.display()))?;
    Ok(proving::digest::hex_of(&content))
}

fn prove(arguments: &ProveArguments) -> Result<Answer> {
    let name = arguments.suite.as_deref().unwrap_or_default();
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => default_folder(name, &arguments.vehicle, &arguments.driver),
    };
    let request = Request {
        suite: name,
        vehicle: &arguments.vehicle,
        driver: &arguments.driver,
        seed: arguments.seed,
        runs: arguments.runs,
        only: &arguments.only,
        folder: &folder,
    };
    // A driver at a socket serves one run after the other, unless it is said to serve more.
    let threads = match driver(&arguments.driver) {
        Ok(DriverChoice::Socket(_)) => Some(arguments.threads.unwrap_or(1)),
        _ => arguments.threads,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0) as usize)
        .build()
        .context("threads cannot be started")?;
    let interrupt = run::watch_for_interrupt()?;
    with_campaign_of(&library(), &request, |campaign, files| {
        pool.install(|| play(campaign, files, arguments, interrupt))
    })
}

fn play(
    campaign: &Campaign<'_>,
    files: &[PathBuf],
    arguments: &ProveArguments,
    interrupt: Arc<AtomicBool>,
) -> Result<Answer> {
    let identity = campaign.prepare(arguments.resume, &asked(arguments))?;
    let bar = Bar {
        bar: ProgressBar::new(campaign.runs()),
        interrupt,
    };
    let style = ProgressStyle::with_template("{msg:24!} {bar:32} {pos} of {len} runs, {per_sec}, {eta} left")?;
    bar.bar.set_style(style);
    let played = match arguments.server.server() {
        None => campaign.play(&bar),
        Some(server) => {
            bar.bar.set_style(ProgressStyle::with_template(
                "{bar:32} {pos} of {len} runs, {eta} left; {msg}",
            )?);
            fleet::distribute(campaign, &Bundle::of(campaign, &identity, files)?, &server, &bar)
        }
    };
    bar.bar.finish_and_clear();
    played?;
    let outcome = Outcome::of(campaign)?;
    let shown = evidence::record_worst(campaign, &outcome, &bar)?;
    let result = test_record::result(campaign, &identity, &outcome, &shown);
    write_report(campaign, &identity, &outcome)?;
    let digest = test_record::write(campaign.folder, &result)?;
    match arguments.json {
        true => output::print(&format!("{result:#}\n"))?,
        false => output::print(&page(campaign, &outcome, &result, &digest)?)?,
    }
    eprintln!("results are in {}", campaign.folder.display());
    if let Some(out) = &arguments.submit {
        let submission = Submission {
            record: &campaign.folder.join(RECORD_FILE),
            suite: &campaign.suite.title,
            vehicle: Path::new(&arguments.vehicle)
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or("vehicle"),
            driver: campaign.stand.under_test.name,
            software: campaign.software.1,
            verdict: outcome.decision().word(),
            is_passed: outcome.decision() == Decision::Passed,
        };
        submission::submit(&submission, out)?;
    }
    Ok(match outcome.decision() {
        Decision::Passed => Answer::Yes,
        Decision::Failed | Decision::Undecided(_) => Answer::No,
    })
}

/// The report, with the storyboards of the worst runs.
fn write_report(campaign: &Campaign<'_>, identity: &Value, outcome: &Outcome) -> Result<()> {
    let campaign_digest = proving::digest::hex_of(proving::digest::canonical(identity).as_bytes());
    let mut storyboards = Vec::new();
    for (scenario, of) in campaign.suite.scenarios.iter().zip(&outcome.scenarios) {
        let mut drawn: Vec<u64> = Vec::new();
        for (criterion, of) in of.criteria.iter().enumerate() {
            // One picture a criterion, and none of a run that is on the page already.
            let Some(worst) = of.worst.first().filter(|worst| !drawn.contains(&worst.run)) else {
                continue;
            };
            drawn.push(worst.run);
            let svg = campaign.stand.storyboard(scenario, worst.run, &worst.values);
            storyboards.push(report::Storyboard {
                scenario: scenario.id.clone(),
                criterion,
                run: worst.run,
                verdict_id: test_record::verdict_id(&campaign_digest, &scenario.id, worst.run, criterion),
                svg: svg.map_err(|reason| anyhow!(reason))?,
            });
        }
    }
    let maps = identity["maps"].as_object().into_iter().flatten();
    let provenance = report::ProvingProvenance {
        vehicle: campaign.stand.sheet.title.clone(),
        driver: campaign.stand.under_test.name.to_owned(),
        seed: campaign.stand.seed.0,
        version: campaign.software.0.to_owned(),
        software_digest: campaign.software.1.to_owned(),
        campaign_digest,
        maps: maps
            .map(|(id, digest)| (id.clone(), digest.as_str().unwrap_or_default().to_owned()))
            .collect(),
        command: command(campaign, identity),
    };
    let report = report::ProvingReport {
        suite: campaign.suite,
        outcome,
        coverage: &proving::coverage::Coverage::of(campaign.suite, outcome, &campaign.stand),
        storyboards: &storyboards,
        provenance: &provenance,
    };
    let [page, sheets] = test_record::REPORT_FILES.map(|name| campaign.folder.join(name));
    output::write_whole(&page, report::proving_page(&report).as_bytes())?;
    output::write_whole(&sheets, &report::proving_pdf(&report))
}

/// The command that makes a campaign again.
fn command(campaign: &Campaign<'_>, identity: &Value) -> String {
    let asked = |key: &str| identity["asked"][key].as_str().unwrap_or_default().to_owned();
    let mut command = format!("westline prove {} --vehicle {}", asked("suite"), asked("vehicle"));
    command += &format!(
        " --driver {} --seed {}",
        campaign.stand.under_test.name, campaign.stand.seed.0
    );
    if let Some(runs) = identity["asked"]["runs"].as_u64() {
        command += &format!(" --runs {runs}");
    }
    for id in identity["asked"]["only"].as_array().into_iter().flatten() {
        command += &format!(" --only {}", id.as_str().unwrap_or_default());
    }
    command
}

/// What was typed, so that a verdict can be played again.
fn asked(arguments: &ProveArguments) -> Value {
    serde_json::json!({
        "suite": arguments.suite,
        "vehicle": arguments.vehicle,
        "only": arguments.only,
        "runs": arguments.runs,
    })
}

fn default_folder(suite: &str, vehicle: &str, driver: &str) -> PathBuf {
    let stem = |name: &str| {
        let name = Path::new(name)
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        name.replace([':', '/', ' '], "-")
    };
    let driver = driver.replace([':', '/', ' ', '.'], "-");
    Path::new("out")
        .join("prove")
        .join(format!("{}-{}-{driver}", stem(suite), stem(vehicle)))
}

/// A bar on standard error, and Ctrl-C.
struct Bar {
    bar: ProgressBar,
    interrupt: Arc<AtomicBool>,
}

impl Progress for Bar {
    fn begins(&self, scenario: &LogicalScenario) {
        self.bar.set_message(scenario.id.clone());
    }
    fn ran(&self, runs: u64) {
        self.bar.inc(runs);
    }
    fn tells(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }
    fn is_stopped(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}

/// The result in words.
fn page(campaign: &Campaign<'_>, outcome: &Outcome, result: &Value, digest: &str) -> Result<String> {
    let mut text = String::new();
    let suite = campaign.suite;
    writeln!(text, "{}", suite.title)?;
    let (vehicle, driver) = (&campaign.stand.sheet.name, campaign.stand.under_test.name);
    writeln!(
        text,
        "vehicle {vehicle}, driver {driver}, seed {}\n",
        campaign.stand.seed.0
    )?;
    writeln!(
        text,
        "{:<10} {:<10} {:>8} {:>7} {:>9}  least margin",
        "clause", "verdict", "passed", "failed", "undecided"
    )?;
    for (clause, told) in outcome
        .clauses
        .iter()
        .zip(result["clauses"].as_array().into_iter().flatten())
    {
        let [passed, failed, undecided] = clause.runs;
        let word = clause.decision.word();
        write!(
            text,
            "{:<10} {word:<10} {passed:>8} {failed:>7} {undecided:>9}",
            clause.id
        )?;
        let least = &told["least_margin"];
        match (least["margin"].as_f64(), least["id"].as_str()) {
            (Some(margin), Some(id)) => {
                let unit = least["unit"].as_str().unwrap_or_default();
                writeln!(text, "  {margin:.3} {unit}: {id}")?;
            }
            _ => writeln!(text)?,
        }
        if let Some(reason) = clause.decision.reason() {
            writeln!(text, "{:10} {reason}", "")?;
        }
    }
    writeln!(
        text,
        "\n{:<28} {:>7} {:>7} {:>7} {:>9}  share of failures (95 %)",
        "scenario", "runs", "passed", "failed", "undecided"
    )?;
    for scenario in &outcome.scenarios {
        write!(
            text,
            "{:<28} {:>7} {:>7} {:>7} {:>9}",
            scenario.id, scenario.runs, scenario.passed, scenario.failed, scenario.undecided
        )?;
        match scenario.failure {
            Some(share) => writeln!(text, "  {:.4}, {:.4} to {:.4}", share.value, share.low, share.high)?,
            None => writeln!(text)?,
        }
    }
    for what in &suite.unavailable {
        writeln!(text, "not available: {}: {}", what.title, what.reason)?;
    }
    let decision = outcome.decision();
    write!(text, "\n{}", decision.word())?;
    if let Some(reason) = decision.reason() {
        write!(text, ": {reason}")?;
    }
    writeln!(text, "\nrecord {digest}")?;
    Ok(text)
}

fn verify(record: &Path, json: bool) -> Result<Answer> {
    let checked = test_record::verify(record)?;
    let is_sound = checked.differences.is_empty();
    if json {
        let differences = checked.differences.iter();
        let differences = differences.map(|(file, what)| serde_json::json!({ "file": file, "what": what }));
        let found = serde_json::json!({
            "digest": checked.digest, "files": checked.files, "bytes": checked.bytes,
            "differences": differences.collect::<Vec<_>>(),
        });
        output::print(&format!("{found:#}\n"))?;
    } else if is_sound {
        let (files, bytes) = (checked.files, checked.bytes);
        output::print(&format!(
            "as recorded: {files} files, {bytes} bytes\nrecord {}\n",
            checked.digest
        ))?;
    } else {
        let lines = checked
            .differences
            .iter()
            .map(|(file, what)| format!("{file}: {what}\n"));
        output::print(&lines.collect::<String>())?;
    }
    Ok(if is_sound { Answer::Yes } else { Answer::No })
}

/// Makes the campaign that a folder keeps, and hands it over.
pub fn with_kept_campaign<T>(
    folder: &Path,
    identity: &Value,
    act: impl FnOnce(&Campaign<'_>) -> Result<T>,
) -> Result<T> {
    let only = asked_only(identity);
    with_campaign(&request_of(identity, &only, folder), act)
}

/// Makes a campaign that came with its files from elsewhere: nothing of this host's disk is read for it.
pub fn with_bundled_campaign<T>(
    files: scenario::Files,
    identity: &Value,
    act: impl FnOnce(&Campaign<'_>) -> Result<T>,
) -> Result<T> {
    let mut all = built_in_files();
    // What comes with the program is the same there, or the campaign is another's.
    all.extend(files);
    let only = asked_only(identity);
    let request = request_of(identity, &only, Path::new(""));
    with_campaign_of(&Library::sealed(all), &request, |campaign, _| act(campaign))
}

fn asked_only(identity: &Value) -> Vec<String> {
    let only = identity["asked"]["only"].as_array().into_iter().flatten();
    only.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// What was asked for, of a campaign that is known.
fn request_of<'a>(identity: &'a Value, only: &'a [String], folder: &'a Path) -> Request<'a> {
    let text = |key: &str| identity["asked"][key].as_str().unwrap_or_default();
    Request {
        suite: text("suite"),
        vehicle: text("vehicle"),
        driver: identity["driver"].as_str().unwrap_or_default(),
        seed: identity["seed"].as_u64(),
        runs: identity["asked"]["runs"].as_u64(),
        only,
        folder,
    }
}
