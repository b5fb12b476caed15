//! `westline bench ledger --network SECONDS`: four validators as processes of this program, over loopback, by way of their HTTP interface.
//!
//! Signed transfers in batches to all four at once. First as fast as answers come (closed loop): the rate, and the processor time of all
//! four a transfer, which a machine that has other work too tells better. Then at half that rate, sent when they are due and timed from
//! then (open loop): the time to final. Then one is killed: the time to the next block, the rate of the others, the time until it is back
//! and level. Digests in batches. Four validators of the suite `sm`. Then four with links of 20 ± 5 ms between them. The clients run on
//! the same machine and are not taken off.

use super::Figure;
use crate::ledger::Passphrase;
use crate::ledger::consortium::{self, Addresses, Founded};
use anyhow::{Context, Result, bail};
use ledger::account::{NewAccount, Transfer};
use ledger::api::{AnswerState, Client};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{Action, BlockContext, Digest, Id, SecretKey, SignedTransaction, Suite, Transaction, check_forms, merkle};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, mpsc};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

const VALIDATORS: usize = 4;
const ACCOUNTS: u64 = 10_000;
/// Transfers of one request.
const BATCH: usize = 200;
/// Requests at once to each validator: enough that some wait while a block is agreed on.
const SENDERS: usize = 6;
/// How long a validator may take to start, and a batch to be final.
const PATIENCE: Duration = Duration::from_secs(120);
/// A link's delay one way: 20 ms, five more or less.
const DELAY_MS: (u64, u64) = (15, 25);

pub fn bench(folder: &Path, seconds: u64, figures: &mut Vec<Figure>) -> Result<()> {
    let duration = Duration::from_secs(seconds);
    let mut add = |name, unit, ours, peer, is_cost| {
        let figure = Figure {
            name,
            unit,
            ours,
            peer,
            is_cost,
        };
        eprintln!("{name}: {ours:.1} {unit}");
        figures.push(figure);
    };
    let mut network = Network::start(&folder.join("direct"), Suite::International, None)?;
    // Each of the four checks every signature, and they share this machine.
    let bound = network.signatures_per_s();
    network.open_accounts()?;
    let Load { rate, processor_us } = network.saturate(duration)?;
    let peer = Some(("signatures together / 4", bound / VALIDATORS as f64));
    add("4 processes: transfers final", "tx/s", rate, peer, false);
    add(
        "4 processes: processor time of all, a transfer",
        "us",
        processor_us,
        None,
        true,
    );
    let half = network.at_rate(rate / 2.0, duration)?;
    add(
        "4 processes, half of it: final after, p50",
        "ms",
        half.at(0.5),
        None,
        true,
    );
    add(
        "4 processes, half of it: final after, p99",
        "ms",
        half.at(0.99),
        None,
        true,
    );
    let digests = network.anchor(duration)?;
    add("4 processes: digests set down in batches", "/s", digests, None, false);
    let (name, gap) = network.kill_one()?;
    add("one of them killed: next block", "ms", gap, None, true);
    let of_three = network.saturate(duration)?.rate;
    let peer = Some(("4 processes", rate));
    add("one of them killed: transfers final", "tx/s", of_three, peer, false);
    let (started, level) = network.bring_back(&name)?;
    add("the killed one starts", "ms", started, None, true);
    add("the killed one has all blocks", "ms", level, None, true);
    drop(network);
    let network = Network::start(&folder.join("sm"), Suite::Sm, None)?;
    let bound = network.signatures_per_s();
    network.open_accounts()?;
    let load = network.saturate(duration)?;
    let peer = Some(("SM2 signatures / 4", bound / VALIDATORS as f64));
    add(
        "4 processes, SM2 and SM3: transfers final",
        "tx/s",
        load.rate,
        peer,
        false,
    );
    drop(network);
    let network = Network::start(&folder.join("links"), Suite::International, Some(DELAY_MS))?;
    network.open_accounts()?;
    let half = network.at_rate(rate / 2.0, duration)?;
    add(
        "links of 20 ms, half of it: final after, p50",
        "ms",
        half.at(0.5),
        None,
        true,
    );
    add(
        "links of 20 ms, half of it: final after, p99",
        "ms",
        half.at(0.99),
        None,
        true,
    );
    Ok(())
}

/// What a load came to.
struct Load {
    rate: f64,
    /// Of all validators together, a transfer; not a number, where the system does not tell.
    processor_us: f64,
}

/// Times from when a batch was due until it was final, sorted, in milliseconds.
struct Times(Vec<f64>);

impl Times {
    fn at(&self, share: f64) -> f64 {
        let place = (self.0.len() as f64 * share) as usize;
        self.0
            .get(place.min(self.0.len().saturating_sub(1)))
            .copied()
            .unwrap_or(f64::NAN)
    }
}

struct Validator {
    name: String,
    child: Child,
    client: Client,
}

impl Validator {
    /// Starts the validator of a folder; its HTTP interface answers when this returns.
    fn start(folder: &Path, name: &str) -> Result<Validator> {
        let mut child = Command::new(std::env::current_exe().context("this program")?)
            .args(["ledger", "node"])
            .arg(folder.join(name))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("a validator cannot be started")?;
        let mut line = String::new();
        let output = child.stdout.take().context("its standard output")?;
        BufReader::new(output).read_line(&mut line)?;
        if line.is_empty() {
            let _ = child.kill();
            let _ = child.wait();
            bail!("a validator did not start");
        }
        Ok(Validator {
            client: Client::new(line.trim())?,
            name: name.to_owned(),
            child,
        })
    }

    /// Processor time that it has used, user and system, in microseconds; nothing where the system does not tell.
    fn processor_us(&self) -> Option<f64> {
        /// Linux counts in hundredths of a second for programs, whatever it does itself.
        const TICK_US: f64 = 10_000.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The second field is the name, in brackets; the times are the 14th and 15th.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<f64>().ok();
        Some((ticks()? + ticks()?) * TICK_US)
    }
}

struct Network {
    folder: PathBuf,
    validators: Vec<Validator>,
    suite: Suite,
    operator: SecretKey,
    bank: SecretKey,
    chain: Digest,
    nonce: AtomicU64,
}

impl Drop for Network {
    fn drop(&mut self) {
        for validator in &mut self.validators {
            let _ = validator.child.kill();
            let _ = validator.child.wait();
        }
    }
}

impl Network {
    fn start(folder: &Path, suite: Suite, delay_ms: Option<(u64, u64)>) -> Result<Network> {
        let ports = free_ports(3 * VALIDATORS)?;
        let at = |first: usize| -> Vec<SocketAddr> {
            ports[first..first + VALIDATORS]
                .iter()
                .map(|port| local(*port))
                .collect()
        };
        let addresses = match delay_ms {
            None => Addresses {
                network: at(0),
                listen: None,
                api: at(VALIDATORS),
            },
            // The others find each by its relay.
            Some(_) => Addresses {
                network: at(2 * VALIDATORS),
                listen: Some(at(0)),
                api: at(VALIDATORS),
            },
        };
        let mut site = LedgerSite::read(("parties.toml", DEFAULT_PARTIES), ("permits.toml", DEFAULT_PERMITS))?;
        site.suite = suite;
        let Founded { genesis, names, keys } =
            consortium::fill(folder, &site, "bench", &addresses, &Passphrase::default())?;
        if let Some(delay_ms) = delay_ms {
            for place in 0..VALIDATORS {
                relay(local(ports[2 * VALIDATORS + place]), local(ports[place]), delay_ms)?;
            }
        }
        let mut network = Network {
            folder: folder.to_owned(),
            validators: Vec::new(),
            suite,
            operator: keys.get("operator").context("an operator takes part")?.clone(),
            bank: keys.get("bank").context("a bank takes part")?.clone(),
            chain: genesis.digest(),
            nonce: AtomicU64::new(0),
        };
        for name in names {
            network.validators.push(Validator::start(folder, &name)?);
        }
        network.wait_until_well()?;
        Ok(network)
    }

    fn wait_until_well(&self) -> Result<()> {
        let begun = Instant::now();
        let is_well = |one: &Validator| one.client.health().is_ok_and(|health| health.is_well);
        while !self.validators.iter().all(is_well) {
            if begun.elapsed() > PATIENCE {
                bail!("the validators do not find each other");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Signatures of transfers that this machine verifies a second, on all its threads, as a validator does.
    fn signatures_per_s(&self) -> f64 {
        const SIGNATURES: usize = 8192;
        let signed: Vec<SignedTransaction> = (0..SIGNATURES / BATCH).flat_map(|_| self.batch()).collect();
        let context = BlockContext {
            suite: self.suite,
            chain: self.chain,
            height: 0,
            time_ms: 0,
        };
        let signed: Vec<&SignedTransaction> = signed.iter().collect();
        let begun = Instant::now();
        let judged = check_forms(&signed, &context);
        let seconds = begun.elapsed().as_secs_f64();
        assert!(judged.iter().all(|(_, form)| form.is_ok()), "they were signed here");
        signed.len() as f64 / seconds
    }

    fn sign(&self, nonce: u64, action: Action) -> SignedTransaction {
        let (sender, key) = match action {
            Action::Anchor(_) => ("operator", &self.operator),
            _ => ("bank", &self.bank),
        };
        let transaction = Transaction {
            version: 1,
            chain: self.chain,
            sender: sender.to_owned(),
            nonce,
            valid_until_ms: u64::MAX,
            action,
        };
        transaction.sign(key)
    }

    /// The first of so many numbers that nobody else gets.
    fn numbers(&self, count: u64) -> u64 {
        self.nonce.fetch_add(count, Relaxed)
    }

    fn open_accounts(&self) -> Result<()> {
        let account = |id: u64| NewAccount::new(Id(id.into()), "bank", 156, 1);
        let ids: Vec<u64> = (1..=ACCOUNTS).collect();
        let signed: Vec<SignedTransaction> = ids
            .chunks(1000)
            .map(|ids| {
                let accounts = ids.iter().copied().map(account).collect();
                self.sign(self.numbers(1), Action::CreateAccounts(accounts))
            })
            .collect();
        send(&self.validators[0].client, &signed)
    }

    /// So many transfers, whose accounts are seldom the same.
    fn batch(&self) -> Vec<SignedTransaction> {
        let first = self.numbers(BATCH as u64);
        (first..first + BATCH as u64)
            .map(|index| {
                let debit = 1 + index.wrapping_mul(7919) % ACCOUNTS;
                let accounts = [debit, 1 + debit % ACCOUNTS].map(|id| Id(id.into()));
                let transfer = Transfer::posted(Id((1 + index).into()), accounts, 1, 156, 1);
                self.sign(index, Action::Transfer(vec![transfer]))
            })
            .collect()
    }

    /// Transfers a second, when each sender sends the next batch as soon as the last is final.
    fn saturate(&self, duration: Duration) -> Result<Load> {
        let before = self.processor_us();
        let begun = Instant::now();
        let done = std::thread::scope(|scope| {
            let senders = self.senders(SENDERS).map(|validator| {
                scope.spawn(move || {
                    let mut done = 0;
                    while begun.elapsed() < duration {
                        send(&validator.client, &self.batch())?;
                        done += BATCH;
                    }
                    Ok(done)
                })
            });
            joined(senders.collect())
        })?;
        let done = done.iter().sum::<usize>() as f64;
        Ok(Load {
            rate: done / begun.elapsed().as_secs_f64(),
            processor_us: (self.processor_us() - before) / done,
        })
    }

    fn processor_us(&self) -> f64 {
        let used = self.validators.iter().map(|one| one.processor_us().unwrap_or(f64::NAN));
        used.sum()
    }

    /// Digests a second: Merkle trees over batches of them, whose roots one sender to each validator sets down.
    fn anchor(&self, duration: Duration) -> Result<f64> {
        const ROOTS: u64 = 16;
        const LEAVES: u64 = 4096;
        let item = |number: u64, place: u64| {
            let leaf = |index: u64| {
                let text = [number, place, index].map(u64::to_be_bytes).concat();
                merkle::leaf_hash(self.suite, &text)
            };
            let leaves: Vec<Digest> = (0..LEAVES).map(leaf).collect();
            EvidenceItem {
                kind: EvidenceKind::Recording,
                subject: "fleet".to_owned(),
                digest: merkle::root(self.suite, &leaves),
                count: LEAVES as u32,
                from_ms: 0,
                to_ms: 60_000,
            }
        };
        let begun = Instant::now();
        let done = std::thread::scope(|scope| {
            let senders = self.senders(1).map(|validator| {
                scope.spawn(move || {
                    let mut done = 0;
                    while begun.elapsed() < duration {
                        let number = self.numbers(1);
                        let items = (0..ROOTS).map(|place| item(number, place)).collect();
                        send(&validator.client, &[self.sign(number, Action::Anchor(items))])?;
                        done += ROOTS * LEAVES;
                    }
                    Ok(done)
                })
            });
            joined(senders.collect())
        })?;
        Ok(done.iter().sum::<u64>() as f64 / begun.elapsed().as_secs_f64())
    }

    /// Each validator so many times.
    fn senders(&self, each: usize) -> impl Iterator<Item = &Validator> {
        self.validators
            .iter()
            .flat_map(move |one| std::iter::repeat_n(one, each))
    }

    /// How long transfers take that come at a rate, whatever becomes of those before them.
    fn at_rate(&self, rate_per_s: f64, duration: Duration) -> Result<Times> {
        // Small batches, so that they come evenly.
        const SMALL: usize = 20;
        let batches = (rate_per_s * duration.as_secs_f64() / SMALL as f64) as usize;
        let mut signed = Vec::with_capacity(batches);
        while signed.len() < batches {
            signed.extend(self.batch().chunks(SMALL).map(<[SignedTransaction]>::to_vec));
        }
        let (sender, receiver) = mpsc::channel::<(Instant, Vec<SignedTransaction>)>();
        let receiver = Mutex::new(receiver);
        let pause = Duration::from_secs_f64(SMALL as f64 / rate_per_s);
        let times = std::thread::scope(|scope| {
            let timed = self.senders(4 * SENDERS).map(|validator| {
                let (client, receiver) = (&validator.client, &receiver);
                scope.spawn(move || {
                    let mut times = Vec::new();
                    while let Ok(Ok((due, batch))) = receiver.lock().map(|receiver| receiver.recv()) {
                        send(client, &batch)?;
                        times.push(due.elapsed().as_secs_f64() * 1e3);
                    }
                    Ok(times)
                })
            });
            let timed = timed.collect();
            let mut due = Instant::now();
            for batch in signed.into_iter().take(batches) {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if sender.send((due, batch)).is_err() {
                    break;
                }
                due += pause;
            }
            drop(sender);
            joined(timed)
        })?;
        let mut times = times.concat();
        times.sort_by(f64::total_cmp);
        Ok(Times(times))
    }

    /// Kills the last validator under load: its name, and milliseconds until the others have the next block.
    fn kill_one(&mut self) -> Result<(String, f64)> {
        let mut killed = self.validators.pop().context("four run")?;
        let is_over = AtomicBool::new(false);
        let network = &*self;
        std::thread::scope(|scope| {
            let load = scope.spawn(|| {
                while !is_over.load(Relaxed) {
                    send(&network.validators[0].client, &network.batch())?;
                }
                Ok::<(), anyhow::Error>(())
            });
            let mut watch = || {
                let mut watcher = network.validators[1].client.watch(None)?;
                watcher.next_block()?.context("a block before")?;
                killed.child.kill()?;
                let begun = Instant::now();
                killed.child.wait()?;
                // What was on its way when it died is not the next block yet.
                let mut last = begun;
                let mut longest = Duration::ZERO;
                while begun.elapsed() < Duration::from_secs(5) {
                    watcher.next_block()?.context("a block after")?;
                    longest = longest.max(last.elapsed());
                    last = Instant::now();
                }
                Ok::<f64, anyhow::Error>(longest.as_secs_f64() * 1e3)
            };
            let gap = watch();
            is_over.store(true, Relaxed);
            joined(vec![load])?;
            Ok((killed.name, gap?))
        })
    }

    /// Starts one that was killed again: milliseconds until it answers, and until it has all that the others had then.
    fn bring_back(&mut self, name: &str) -> Result<(f64, f64)> {
        let wanted = self.validators[0].client.health()?.height;
        let begun = Instant::now();
        let back = Validator::start(&self.folder, name)?;
        let started = begun.elapsed();
        while back.client.health()?.height < wanted {
            if begun.elapsed() > PATIENCE {
                bail!("`{name}` does not catch up");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let level = begun.elapsed();
        self.validators.push(back);
        Ok((started.as_secs_f64() * 1e3, level.as_secs_f64() * 1e3))
    }
}

/// What all senders have come to, or why one has failed.
fn joined<T>(senders: Vec<ScopedJoinHandle<'_, Result<T>>>) -> Result<Vec<T>> {
    let outcome = |sender: ScopedJoinHandle<'_, Result<T>>| match sender.join() {
        Ok(outcome) => outcome,
        Err(_) => bail!("a sender panicked"),
    };
    senders.into_iter().map(outcome).collect()
}

/// Sends a batch until all of it is done.
fn send(client: &Client, batch: &[SignedTransaction]) -> Result<()> {
    let begun = Instant::now();
    loop {
        let answers = client.submit_batch(batch, Duration::from_secs(20))?.answers;
        if answers
            .iter()
            .all(|answer| answer.state == AnswerState::Final && answer.is_done == Some(true))
        {
            return Ok(());
        }
        let wrong = answers
            .iter()
            .find(|answer| answer.state == AnswerState::TurnedAway || answer.is_done == Some(false));
        if let Some(wrong) = wrong {
            bail!("a transfer was refused: {:?}", wrong.reason);
        }
        if begun.elapsed() > PATIENCE {
            bail!("transfers are not final after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Ports that are free now.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let listeners: std::io::Result<Vec<TcpListener>> = (0..count).map(|_| TcpListener::bind(local(0))).collect();
    let ports = listeners?
        .iter()
        .map(|one| one.local_addr().map(|at| at.port()))
        .collect::<std::io::Result<_>>();
    Ok(ports?)
}

/// Passes bytes on from one address to another and back, each way later by a delay that is drawn for each piece; never out of order.
fn relay(from: SocketAddr, to: SocketAddr, delay_ms: (u64, u64)) -> Result<()> {
    let listener = TcpListener::bind(from).context("a relay's port")?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(onward) = TcpStream::connect(to) else {
                continue;
            };
            for (from, to) in [
                (stream.try_clone(), onward.try_clone()),
                (onward.try_clone(), stream.try_clone()),
            ] {
                if let (Ok(from), Ok(to)) = (from, to) {
                    let _ = to.set_nodelay(true);
                    delay(from, to, delay_ms);
                }
            }
        }
    });
    Ok(())
}

fn delay(mut from: TcpStream, mut to: TcpStream, (least_ms, most_ms): (u64, u64)) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(1024);
    std::thread::spawn(move || {
        let mut piece = vec![0; 64 << 10];
        let mut drawn = 0u64;
        while let Ok(length @ 1..) = from.read(&mut piece) {
            drawn = drawn
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let delay = Duration::from_millis(least_ms + (drawn >> 33) % (most_ms - least_ms + 1));
            if sender.send((Instant::now() + delay, piece[..length].to_vec())).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        while let Ok((due, piece)) = receiver.recv() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
