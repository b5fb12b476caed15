//! `westline bench ledger --network SECONDS`: four validators as processes of this program, over loopback, by way of their HTTP interface.
//!
//! Signed transfers in batches to all four at once. First as fast as answers come (closed loop): the rate. Then at half that rate,
//! sent when they are due and timed from then (open loop): the time to final. Then one is killed: the time to the next block, and the
//! rate of the others. Then all four again with links of 20 ± 5 ms between them. The clients run on the same machine and are not
//! taken off.

use super::Figure;
use crate::ledger::Passphrase;
use crate::ledger::consortium::{self, Addresses, Founded};
use anyhow::{Context, Result, bail};
use ledger::account::{NewAccount, Transfer};
use ledger::api::{AnswerState, Client};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{Action, Digest, Id, SecretKey, SignedTransaction, Transaction};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
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
const PATIENCE: Duration = Duration::from_secs(30);
/// A link's delay one way: 20 ms, five more or less.
const DELAY_MS: (u64, u64) = (15, 25);

pub fn bench(folder: &Path, seconds: u64, limit_per_s: f64, figures: &mut Vec<Figure>) -> Result<()> {
    let duration = Duration::from_secs(seconds);
    let mut add = |name, unit, ours, peer, is_cost| {
        figures.push(Figure {
            name,
            unit,
            ours,
            peer,
            is_cost,
        });
    };
    // Each of the four checks every signature, and they share this machine.
    let bound = Some(("signatures / 4", limit_per_s / VALIDATORS as f64));
    let mut network = Network::start(&folder.join("direct"), None)?;
    network.open_accounts()?;
    let rate = network.saturate(duration)?;
    add("4 processes: transfers final", "tx/s", rate, bound, false);
    let times = network.at_rate(rate / 2.0, duration)?;
    add(
        "4 processes, half of it: final after, p50",
        "ms",
        times.at(0.5),
        None,
        true,
    );
    add(
        "4 processes, half of it: final after, p99",
        "ms",
        times.at(0.99),
        None,
        true,
    );
    let gap = network.kill_one()?;
    add("one of them killed: next block", "ms", gap, None, true);
    let rate_of_three = network.saturate(duration)?;
    add(
        "one of them killed: transfers final",
        "tx/s",
        rate_of_three,
        Some(("4 processes", rate)),
        false,
    );
    drop(network);
    let network = Network::start(&folder.join("links"), Some(DELAY_MS))?;
    network.open_accounts()?;
    let times = network.at_rate(rate / 2.0, duration)?;
    add(
        "links of 20 ms, half of it: final after, p50",
        "ms",
        times.at(0.5),
        None,
        true,
    );
    add(
        "links of 20 ms, half of it: final after, p99",
        "ms",
        times.at(0.99),
        None,
        true,
    );
    Ok(())
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
    child: Child,
    client: Client,
}

struct Network {
    validators: Vec<Validator>,
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
    fn start(folder: &Path, delay_ms: Option<(u64, u64)>) -> Result<Network> {
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
        let site = LedgerSite::read(("parties.toml", DEFAULT_PARTIES), ("permits.toml", DEFAULT_PERMITS))?;
        let Founded { genesis, names, keys } =
            consortium::fill(folder, &site, "bench", &addresses, &Passphrase::default())?;
        if let Some(delay_ms) = delay_ms {
            for place in 0..VALIDATORS {
                relay(local(ports[2 * VALIDATORS + place]), local(ports[place]), delay_ms)?;
            }
        }
        let mut network = Network {
            validators: Vec::new(),
            bank: keys.get("bank").context("a bank takes part")?.clone(),
            chain: genesis.digest(),
            nonce: AtomicU64::new(0),
        };
        for name in names {
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
            let client = Client::new(line.trim())?;
            network.validators.push(Validator { child, client });
        }
        let begun = Instant::now();
        while !network
            .validators
            .iter()
            .all(|one| one.client.health().is_ok_and(|health| health.is_well))
        {
            if begun.elapsed() > PATIENCE {
                bail!("the validators do not find each other");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(network)
    }

    fn sign(&self, action: Action) -> SignedTransaction {
        let transaction = Transaction {
            version: 1,
            chain: self.chain,
            sender: "bank".to_owned(),
            nonce: self.nonce.fetch_add(1, Relaxed),
            valid_until_ms: u64::MAX,
            action,
        };
        transaction.sign(&self.bank)
    }

    fn open_accounts(&self) -> Result<()> {
        let account = |id: u64| NewAccount::new(Id(id.into()), "bank", 156, 1);
        let ids: Vec<u64> = (1..=ACCOUNTS).collect();
        let signed: Vec<SignedTransaction> = ids
            .chunks(1000)
            .map(|ids| self.sign(Action::CreateAccounts(ids.iter().copied().map(account).collect())))
            .collect();
        send(&self.validators[0].client, &signed)
    }

    /// So many transfers, whose accounts are seldom the same.
    fn batch(&self) -> Vec<SignedTransaction> {
        (0..BATCH)
            .map(|_| {
                let index = self.nonce.load(Relaxed);
                let debit = 1 + index.wrapping_mul(7919) % ACCOUNTS;
                let accounts = [debit, 1 + debit % ACCOUNTS].map(|id| Id(id.into()));
                let transfer = Transfer::posted(Id((1 + index).into()), accounts, 1, 156, 1);
                self.sign(Action::Transfer(vec![transfer]))
            })
            .collect()
    }

    /// Transfers a second, when each sender sends the next batch as soon as the last is final.
    fn saturate(&self, duration: Duration) -> Result<f64> {
        // One batch after another is signed here, under a lock, so that no two have the same numbers.
        let signing = Mutex::new(());
        let begun = Instant::now();
        let done = std::thread::scope(|scope| {
            let senders = self.senders(SENDERS).map(|validator| {
                let (client, signing) = (&validator.client, &signing);
                scope.spawn(move || {
                    let mut done = 0;
                    while begun.elapsed() < duration {
                        let batch = {
                            let _one = signing.lock();
                            self.batch()
                        };
                        send(client, &batch)?;
                        done += BATCH;
                    }
                    Ok(done)
                })
            });
            joined(senders.collect())
        })?;
        Ok(done.iter().sum::<usize>() as f64 / begun.elapsed().as_secs_f64())
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

    /// Kills the last validator under load; milliseconds until the others have the next block.
    fn kill_one(&mut self) -> Result<f64> {
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
            gap
        })
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
