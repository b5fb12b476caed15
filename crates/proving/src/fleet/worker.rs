//! Takes shards, has them played by processes of its own, and hands their tables in.
//!
//! Each process plays on one thread and one campaign. The worker itself plays nothing, so that whatever a run does to the
//! process that plays it, the worker is there to say which run it was. A shard is acknowledged after its table was taken by the server: a worker
//! that is killed at any moment leaves its shards to others.

use super::player::{Request, Said};
use super::server::{Connection, PATIENCE, pulse_subject, refused, subject};
use super::{ACKNOWLEDGE_WITHIN, Aside, Bundle, Delivery, Pulse, Server, TRIES_MAX, Work};
use crate::digest::hex_of;
use crate::problem::ProvingError;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How often others hear of a process that plays.
const BEAT: Duration = Duration::from_secs(1);
/// Beats between two words to the server that a shard is being played.
const BEATS_TO_ACKNOWLEDGE: u64 = ACKNOWLEDGE_WITHIN.as_secs() / 4;
/// Wait before the queue is looked at again.
const IDLE: Duration = Duration::from_millis(500);
/// Open campaigns are looked up so often.
const CAMPAIGNS_KEPT: Duration = Duration::from_secs(2);
/// Lines that are kept of what a process said on its standard error.
const LAST_WORDS: usize = 20;
/// A message about a table has no more than this beside the table.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// No bundle is longer.
const BUNDLE_BYTES_MAX: u64 = 1 << 30;

/// A worker.
pub struct Worker<'a> {
    /// Where shards come from.
    pub server: &'a Server,
    /// What it is called where people look.
    pub name: &'a str,
    /// Processes that play at once.
    pub processes: u32,
    /// A run that takes longer is taken for one that will not end.
    pub run_limit: Duration,
    /// Digest of this program: campaigns of another are left to others.
    pub software: &'a str,
    /// Drivers outside (`exec:...`, `unix:...`) that may be called here, by their names.
    pub drivers: &'a [String],
    /// Makes the command that plays the bundle in a file.
    pub player: &'a dyn Fn(&Path) -> std::process::Command,
    /// Hears what a person should know.
    pub tells: &'a dyn Fn(&str),
}

impl Worker<'_> {
    /// Works until it is stopped.
    ///
    /// # Errors
    /// If the server cannot be reached at the start, or there is no room for what it hands out.
    pub fn work(&self, folder: &Path, stop: &AtomicBool) -> Result<(), ProvingError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ProvingError::Told(format!("cannot wait for a server: {error}")))?;
        runtime.block_on(async {
            let bench = Bench {
                worker: self,
                folder,
                stop,
                connection: self.server.connect(self.name).await?,
                open: RefCell::default(),
                refused: RefCell::default(),
                looked: Cell::new(None),
                version: Cell::new(None),
            };
            // Whether there is a JetStream at all is better said now than never.
            bench.connection.work().await?;
            (self.tells)(&format!(
                "{} processes wait for shards of {}",
                self.processes,
                self.server.shown()
            ));
            join_all((0..self.processes).map(|process| bench.serve(process))).await;
            Ok(())
        })
    }
}

/// What the worker's processes share.
struct Bench<'a> {
    worker: &'a Worker<'a>,
    folder: &'a Path,
    stop: &'a AtomicBool,
    connection: Connection,
    /// Campaigns with shards, by name.
    open: RefCell<BTreeMap<String, Rc<Open>>>,
    refused: RefCell<BTreeSet<String>>,
    /// When open campaigns were looked up, and how the store was then.
    looked: Cell<Option<Instant>>,
    version: Cell<Option<(i128, u64)>>,
}

/// A campaign with shards.
struct Open {
    name: String,
    bundle: PathBuf,
    shards: PullConsumer,
}

/// What became of a shard.
enum Played {
    Table(PathBuf, Vec<Aside>),
    Failed(String),
    /// Not here: others may.
    Left,
}

impl Bench<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// One process' life: a shard after the other.
    async fn serve(&self, process: u32) {
        let mut player = None;
        let begun = Cell::new(0);
        while !self.is_stopped() {
            let Some((open, message)) = self.next().await else {
                tokio::time::sleep(IDLE).await;
                continue;
            };
            let Ok(work) = serde_json::from_slice::<Work>(&message.payload) else {
                // Nobody could play it: it is nobody's.
                let _ = message.ack_with(AckKind::Term).await;
                continue;
            };
            let played = self.play(process, &mut player, &open, &work, &message, &begun).await;
            let mut delivery = Delivery {
                scenario: work.scenario,
                shard: work.shard,
                worker: self.worker.name.to_owned(),
                digest: None,
                failed: None,
                aside: Vec::new(),
            };
            let mut table = Vec::new();
            match played {
                Played::Left => {
                    let _ = message.ack_with(AckKind::Nak(None)).await;
                    continue;
                }
                Played::Failed(reason) => delivery.failed = Some(reason),
                Played::Table(file, aside) => match std::fs::read(&file) {
                    Ok(content) => {
                        let _ = std::fs::remove_file(&file);
                        delivery.digest = Some(hex_of(&content));
                        delivery.aside = aside;
                        table = content;
                    }
                    Err(error) => delivery.failed = Some(format!("{}: {error}", file.display())),
                },
            }
            self.hand_in(&open, &delivery, &table).await;
            let _ = tokio::time::timeout(PATIENCE, message.double_ack()).await;
        }
    }

    /// A shard of any open campaign.
    async fn next(&self) -> Option<(Rc<Open>, Message)> {
        self.look_up().await;
        let open: Vec<Rc<Open>> = self.open.borrow().values().cloned().collect();
        for campaign in open {
            let asked = campaign.shards.fetch().max_messages(1).messages();
            let Ok(Ok(mut some)) = tokio::time::timeout(PATIENCE, asked).await else {
                continue;
            };
            if let Ok(Some(Ok(message))) = tokio::time::timeout(PATIENCE, some.next()).await {
                return Some((campaign, message));
            }
        }
        None
    }

    /// Learns which campaigns there are.
    async fn look_up(&self) {
        if self
            .looked
            .get()
            .is_some_and(|looked| looked.elapsed() < CAMPAIGNS_KEPT)
        {
            return;
        }
        self.looked.set(Some(Instant::now()));
        // A look at the number is cheaper for the server than a list; a store that was lost has another.
        let version = tokio::time::timeout(PATIENCE, self.connection.campaigns_version()).await;
        if matches!(version, Ok(Ok(version)) if self.version.replace(Some(version)) == Some(version)) {
            return;
        }
        let Ok(Ok(names)) = tokio::time::timeout(PATIENCE, self.names()).await else {
            self.version.set(None);
            return;
        };
        self.open.borrow_mut().retain(|name, _| names.contains(name));
        for name in names {
            if self.open.borrow().contains_key(&name) || self.refused.borrow().contains(&name) {
                continue;
            }
            match self.fetch(&name).await {
                Ok(Some(open)) => {
                    (self.worker.tells)(&format!("campaign {name}: playing"));
                    self.open.borrow_mut().insert(name, Rc::new(open));
                }
                Ok(None) => self.version.set(None),
                Err(reason) => {
                    (self.worker.tells)(&format!("campaign {name}: left to others: {reason}"));
                    self.refused.borrow_mut().insert(name);
                }
            }
        }
    }

    async fn names(&self) -> Result<BTreeSet<String>, ProvingError> {
        let store = self.connection.campaigns().await?;
        let list = store.list().await;
        let mut list = list.map_err(|error| refused("campaigns cannot be listed", &error))?;
        let mut names = BTreeSet::new();
        while let Some(Ok(info)) = list.next().await {
            names.insert(info.name);
        }
        Ok(names)
    }

    /// Gets a campaign ready to be played. `None` if it is gone, an error if it is not for this worker.
    async fn fetch(&self, name: &str) -> Result<Option<Open>, String> {
        let Ok(store) = self.connection.campaigns().await else {
            return Ok(None);
        };
        let Ok(object) = store.get(name).await else {
            return Ok(None);
        };
        let mut content = Vec::new();
        if object.take(BUNDLE_BYTES_MAX).read_to_end(&mut content).await.is_err() {
            return Ok(None);
        }
        let bundle = Bundle::from_bytes(&content).map_err(|error| error.to_string())?;
        if bundle.name() != name {
            return Err("it is not what its name says".to_owned());
        }
        if bundle.identity["software"]["digest"] != self.worker.software {
            return Err(format!(
                "it is of another build of the program (version {})",
                bundle.identity["software"]["version"].as_str().unwrap_or("unknown")
            ));
        }
        let driver = bundle.identity["driver"].as_str().unwrap_or_default();
        let is_outside = driver.starts_with("exec:") || driver.starts_with("unix:");
        if is_outside && !self.worker.drivers.iter().any(|allowed| allowed == driver) {
            return Err(format!(
                "it calls `{driver}`\nhint: --allow-driver '{driver}' if this host may run it"
            ));
        }
        let file = self.folder.join(format!("{name}.json"));
        std::fs::write(&file, &content).map_err(|error| format!("{}: {error}", file.display()))?;
        let shards = self.connection.work_of(name, ACKNOWLEDGE_WITHIN).await;
        Ok(shards.ok().map(|shards| Open {
            name: name.to_owned(),
            bundle: file,
            shards,
        }))
    }

    /// Has a shard played, however many processes die of it.
    async fn play(
        &self,
        process: u32,
        player: &mut Option<Player>,
        open: &Open,
        work: &Work,
        message: &Message,
        begun: &Cell<u64>,
    ) -> Played {
        let mut aside: Vec<Aside> = Vec::new();
        let mut tries: BTreeMap<Option<u64>, Vec<String>> = BTreeMap::new();
        loop {
            let died = match self.player_for(player, open).await {
                Err(reason) => Ended::Died(None, reason),
                Ok(of_campaign) => {
                    let request = Request {
                        scenario: work.scenario.clone(),
                        shard: work.shard,
                        aside: aside.clone(),
                    };
                    self.watch(process, of_campaign, open, &request, message, begun).await
                }
            };
            match died {
                Ended::Table(file) => return Played::Table(file, aside),
                Ended::Failed(reason) => return Played::Failed(reason),
                Ended::Refused(reason) => {
                    (self.worker.tells)(&format!("campaign {}: left to others: {reason}", open.name));
                    self.refused.borrow_mut().insert(open.name.clone());
                    self.open.borrow_mut().remove(&open.name);
                    *player = None;
                    return Played::Left;
                }
                Ended::Stopped => {
                    *player = None;
                    return Played::Left;
                }
                Ended::Died(run, how) => {
                    *player = None;
                    let of_run = tries.entry(run).or_default();
                    of_run.push(how.clone());
                    if of_run.len() < TRIES_MAX {
                        continue;
                    }
                    let Some(run) = run else {
                        return Played::Failed(format!("the process that plays does not start: {how}"));
                    };
                    (self.worker.tells)(&format!("run {run} of {} is set aside: {how}", work.scenario));
                    // What it said last may differ from host to host: the verdict says only what does not.
                    let first = how.lines().next().unwrap_or_default();
                    aside.push(Aside {
                        run,
                        reason: format!("{TRIES_MAX} processes that played it ended: {first}"),
                        tries: of_run.clone(),
                    });
                }
            }
        }
    }

    /// The process of a slot, for this campaign.
    async fn player_for<'p>(&self, player: &'p mut Option<Player>, open: &Open) -> Result<&'p mut Player, String> {
        if player.as_ref().is_none_or(|known| known.campaign != open.name) {
            *player = Some(Player::start((self.worker.player)(&open.bundle), &open.name)?);
        }
        player.as_mut().ok_or_else(|| "it was not started".to_owned())
    }

    /// Asks a process for a shard and hears it out.
    async fn watch(
        &self,
        process: u32,
        player: &mut Player,
        open: &Open,
        request: &Request,
        message: &Message,
        begun: &Cell<u64>,
    ) -> Ended {
        let line = json!(request).to_string() + "\n";
        if player.requests.write_all(line.as_bytes()).await.is_err() {
            return Ended::Died(None, player.how_it_ended().await);
        }
        let mut run = None;
        let mut since = Instant::now();
        let mut beats = 0u64;
        let mut beat = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                said = player.answers.next_line() => {
                    let said = match said {
                        Ok(Some(line)) => serde_json::from_str::<Said>(&line).ok(),
                        Ok(None) | Err(_) => None,
                    };
                    match said {
                        Some(Said::Ready) => {}
                        Some(Said::Begins(number)) => {
                            run = Some(number);
                            since = Instant::now();
                            begun.set(begun.get() + 1);
                        }
                        Some(Said::Table(file)) => return Ended::Table(file),
                        Some(Said::Failed(reason)) => return Ended::Failed(reason),
                        Some(Said::Refused(reason)) => return Ended::Refused(reason),
                        None => return Ended::Died(run, player.how_it_ended().await),
                    }
                }
                _ = beat.tick() => {
                    if self.is_stopped() {
                        return Ended::Stopped;
                    }
                    if since.elapsed() > self.worker.run_limit {
                        return Ended::Died(run, format!("it did not end within {} s", self.worker.run_limit.as_secs()));
                    }
                    let pulse = Pulse { worker: self.worker.name.to_owned(), process, runs: begun.get() };
                    // Nobody has to listen.
                    let _ = self.connection.client.publish(pulse_subject(&open.name), json!(pulse).to_string().into()).await;
                    if beats.is_multiple_of(BEATS_TO_ACKNOWLEDGE) {
                        let _ = message.ack_with(AckKind::Progress).await;
                    }
                    beats += 1;
                }
            }
        }
    }

    /// Hands a table in, however long the server takes.
    async fn hand_in(&self, open: &Open, delivery: &Delivery, table: &[u8]) {
        let mut payload = json!(delivery).to_string().into_bytes();
        let most = self.connection.client.server_info().max_payload;
        if payload.len() > HEAD_BYTES_MAX || payload.len() + table.len() + 1 > most {
            let failed = Delivery {
                digest: None,
                aside: Vec::new(),
                failed: Some(format!(
                    "a table of {} bytes does not go through the server\nhint: its `max_payload` is {most} bytes; raise it",
                    table.len()
                )),
                ..delivery.clone()
            };
            payload = json!(failed).to_string().into_bytes();
        } else if delivery.digest.is_some() {
            payload.push(b'\n');
            payload.extend_from_slice(table);
        }
        let place = subject("result", &open.name, &delivery.scenario, delivery.shard);
        while !self.is_stopped() {
            let sent = self.connection.context.publish(place.clone(), payload.clone().into());
            let received = async { sent.await.ok()?.await.ok() };
            if let Ok(Some(_)) = tokio::time::timeout(PATIENCE, received).await {
                return;
            }
            tokio::time::sleep(IDLE).await;
        }
    }
}

/// How a process' shard ended.
enum Ended {
    Table(PathBuf),
    Failed(String),
    Refused(String),
    /// The worker is to stop.
    Stopped,
    /// In the middle of a run, or before the first.
    Died(Option<u64>, String),
}

/// A process that plays.
struct Player {
    campaign: String,
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    last_words: Arc<Mutex<VecDeque<String>>>,
}

impl Player {
    fn start(command: std::process::Command, campaign: &str) -> Result<Player, String> {
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let pipes = child.stdin.take().zip(child.stdout.take()).zip(child.stderr.take());
        let ((requests, answers), errors) = pipes.ok_or("it has no pipes")?;
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let heard = last_words.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(errors).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = heard.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(line);
                if kept.len() > LAST_WORDS {
                    kept.pop_front();
                }
            }
        });
        Ok(Player {
            campaign: campaign.to_owned(),
            child,
            requests,
            answers: BufReader::new(answers).lines(),
            last_words,
        })
    }

    /// In words; the first line is the same on every host.
    async fn how_it_ended(&mut self) -> String {
        let status: Option<ExitStatus> = match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(Ok(status)) => Some(status),
            Ok(Err(_)) | Err(_) => None,
        };
        let mut told = status.map_or("it closed its output".to_owned(), |status| status.to_string());
        // Its last lines are on their way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        for line in self.last_words.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            told.push('\n');
            told.push_str(line);
        }
        told
    }
}
