//! A consortium on this machine: four validators as processes of their own, signed transfers, one of them killed and back again.
//!
//!     cargo run --release -p ledger --features validators --example consortium -- [SECONDS [TRANSFERS_PER_SECOND]]
//!
//! In go seconds of load and transfers a second that are asked of all four together (each asks its share); out come a line of
//! figures from each validator, the time without a block after `kill -9` of one, and whether all have the same chain in the end.

#![allow(clippy::print_stdout, reason = "what an example prints is what it is for")]

use ledger::account::{NewAccount, Transfer};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::validators::{
    Answer, Client, End, Member, Node, Peer, Timing, engine_key, read_directory, run, write_directory,
};
use ledger::{Action, Id, Ledger, Scheme, SecretKey, Transaction};
use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Accounts that money moves between.
const ACCOUNTS: u128 = 1000;
/// A validator asks for its share so many times a second.
const BATCHES_PER_SECOND: u64 = 50;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [word, folder, name] if word == "node" => node(Path::new(folder), name),
        [] => consortium(20, 1000),
        [seconds] => consortium(seconds.parse()?, 1000),
        [seconds, rate] => consortium(seconds.parse()?, rate.parse()?),
        _ => Err("usage: consortium [SECONDS [TRANSFERS_PER_SECOND]]".into()),
    }
}

/// A validator in a process of its own.
struct Validator {
    name: String,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Validator {
    fn begin(folder: &Path, name: &str) -> Outcome<Validator> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([Path::new("node"), folder, Path::new(name)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take().ok_or("no standard input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let name = name.to_owned();
        Ok(Validator {
            name,
            child,
            orders,
            answers,
        })
    }

    fn order(&mut self, order: &str) -> Outcome<()> {
        Ok(writeln!(self.orders, "{order}")?)
    }

    fn answer(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// Prints its next line.
    fn tell(&mut self) -> Outcome<()> {
        let answer = self.answer()?;
        println!("{:<10} {answer}", self.name);
        Ok(())
    }

    fn ask(&mut self, order: &str) -> Outcome<String> {
        self.order(order)?;
        self.answer()
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes, and what is asked of them.
fn consortium(seconds: u64, rate: u64) -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("westline-consortium-{}", std::process::id()));
    let outcome = found(&folder).and_then(|names| measure(&folder, &names, seconds, rate));
    // The folder is ours, whatever became of the figures.
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

/// Makes genesis, keys and configuration.
fn found(folder: &Path) -> Outcome<Vec<String>> {
    let site = LedgerSite::read(("parties.toml", DEFAULT_PARTIES), ("permits.toml", DEFAULT_PERMITS))?;
    let mut keys = BTreeMap::new();
    for party in &site.parties {
        keys.insert(party.id.clone(), SecretKey::generate(Scheme::Ed25519)?);
    }
    let public = keys.iter().map(|(name, key)| (name.clone(), key.public_key()));
    let genesis = site.genesis("consortium", now_ms(), &public.collect())?;
    let mut peers = BTreeMap::new();
    let mut held = Vec::new();
    for name in genesis.validators().into_keys() {
        Ledger::create(&folder.join(&name), genesis.clone())?;
        // A port that is free now. The listeners go when all have one.
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        held.push(listener);
        let key = ed25519(&keys[&name]);
        peers.insert(name, Peer { key, address });
    }
    for (name, key) in &keys {
        let digits = ledger::hex::encode(&key.to_bytes());
        std::fs::write(folder.join(format!("{name}.key")), digits)?;
    }
    std::fs::write(folder.join("network.toml"), write_directory(&peers))?;
    Ok(peers.into_keys().collect())
}

fn ed25519(key: &SecretKey) -> commonware_cryptography::ed25519::PublicKey {
    use commonware_cryptography::Signer as _;
    engine_key(key).public_key()
}

fn measure(folder: &Path, names: &[String], seconds: u64, rate: u64) -> Outcome<()> {
    let mut validators = Vec::new();
    for name in names {
        validators.push(Validator::begin(folder, name)?);
    }
    for validator in &mut validators {
        validator.tell()?;
    }
    println!("           {}", validators[0].ask("accounts")?);
    let share = rate / names.len() as u64;
    load(&mut validators, seconds, share)?;

    let mut killed = validators.pop().ok_or("no validator")?;
    killed.child.kill()?;
    killed.child.wait()?;
    println!("{:<10} killed", killed.name);
    println!("           {}", validators[0].ask("probe")?);
    load(&mut validators, seconds, share)?;
    validators.push(Validator::begin(folder, &killed.name)?);
    let back = validators.last_mut().ok_or("no validator")?;
    back.tell()?;
    println!("           {}", back.ask("probe")?);
    std::thread::sleep(Duration::from_millis(500));
    let heads: Result<Vec<String>, _> = validators.iter_mut().map(|validator| validator.ask("head")).collect();
    let heads = heads?;
    if heads.iter().any(|head| *head != heads[0]) {
        return Err(format!("they differ: {heads:?}").into());
    }
    println!("all four   {}", heads[0]);
    for mut validator in validators {
        validator.order("stop")?;
        validator.child.wait()?;
    }
    Ok(())
}

/// The same load at all of them at once.
fn load(validators: &mut [Validator], seconds: u64, share: u64) -> Outcome<()> {
    for validator in &mut *validators {
        validator.order(&format!("load {seconds} {share}"))?;
    }
    for validator in validators {
        validator.tell()?;
    }
    Ok(())
}

/// One validator, which does what its standard input says.
fn node(folder: &Path, name: &str) -> Outcome<()> {
    let text = std::fs::read_to_string(folder.join("network.toml"))?;
    let peers = read_directory("network.toml", &text)?;
    let listen: SocketAddr = peers.get(name).ok_or("no such validator")?.address;
    let begun = Instant::now();
    let (ledger, recovery) = Ledger::open(&folder.join(name))?;
    println!(
        "runs: {} blocks, opened in {} ms, {} run again",
        ledger.next_height(),
        begun.elapsed().as_millis(),
        recovery.blocks_replayed
    );
    let chain = ledger.chain();
    let member = Member {
        name: name.to_owned(),
        key: read_key(folder, name)?,
    };
    let bank = read_key(folder, "bank")?;
    let node = Node {
        member,
        peers,
        listen,
        timing: Timing::default(),
    };
    let end = run(ledger, node, move |client| {
        std::thread::spawn(move || {
            let mut user = User {
                client,
                bank,
                chain,
                nonce: now_ms() << 20,
            };
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                let words: Vec<&str> = line.split_whitespace().collect();
                match user.obey(&words) {
                    Some(answer) => println!("{answer}"),
                    None => break,
                }
            }
            user.client.stop();
        });
    })?;
    match end {
        End::Failed(error) => Err(error.into()),
        _ => Ok(()),
    }
}

fn read_key(folder: &Path, name: &str) -> Outcome<SecretKey> {
    let path: PathBuf = folder.join(format!("{name}.key"));
    let bytes = ledger::hex::decode(&std::fs::read_to_string(path)?).ok_or("not hexadecimal")?;
    Ok(SecretKey::from_bytes(Scheme::Ed25519, &bytes)?)
}

/// Who sends transfers to its own validator.
struct User {
    client: Client,
    bank: SecretKey,
    chain: ledger::Digest,
    nonce: u64,
}

impl User {
    /// Does what a line asks: what it has to say, or nothing at the end.
    fn obey(&mut self, words: &[&str]) -> Option<String> {
        match words {
            ["accounts"] => Some(self.open_accounts()),
            ["load", seconds, share] => Some(self.load(seconds.parse().ok()?, share.parse().ok()?)),
            ["probe"] => Some(self.probe()),
            ["head"] => {
                let ask = self.client.ask(|ledger| {
                    let entries = ledger.head().map_or(0, |head| head.header.log_size);
                    format!(
                        "{} blocks, {entries} entries, head {}",
                        ledger.next_height(),
                        ledger.head_digest()
                    )
                });
                ask.blocking_recv().ok()
            }
            _ => None,
        }
    }

    fn sign(&mut self, action: Action) -> ledger::SignedTransaction {
        self.nonce += 1;
        let transaction = Transaction {
            version: 1,
            chain: self.chain,
            sender: "bank".to_owned(),
            nonce: self.nonce,
            valid_until_ms: now_ms() + 3_600_000,
            action,
        };
        transaction.sign(&self.bank)
    }

    fn open_accounts(&mut self) -> String {
        let account = |id| NewAccount::new(Id(id), "bank", 156, 1);
        let signed = self.sign(Action::CreateAccounts((1..=ACCOUNTS).map(account).collect()));
        let begun = Instant::now();
        match self.client.submit(signed).blocking_recv() {
            Ok(Answer::Final { .. }) => format!("{ACCOUNTS} accounts, final after {} ms", begun.elapsed().as_millis()),
            other => format!("the accounts were not opened: {other:?}"),
        }
    }

    fn transfer(&mut self) -> ledger::SignedTransaction {
        let index = u128::from(self.nonce) + 1;
        let debit = 1 + index * 7919 % ACCOUNTS;
        let credit = 1 + (index * 7919 + 1) % ACCOUNTS;
        // Each validator begins at another time, and so with other numbers.
        let id = Id(index << 32 | u128::from(std::process::id()));
        let transfer = Transfer::posted(id, [Id(debit), Id(credit)], 1, 156, 1);
        self.sign(Action::Transfer(vec![transfer]))
    }

    /// How long one transfer takes.
    fn probe(&mut self) -> String {
        let begun = Instant::now();
        let signed = self.transfer();
        match self.client.submit(signed).blocking_recv() {
            Ok(Answer::Final { outcome, .. }) if outcome.is_done() => {
                format!("a transfer is final after {} ms", begun.elapsed().as_millis())
            }
            other => format!("the transfer failed: {other:?}"),
        }
    }

    /// So many transfers a second, whatever becomes of them; then waits for all.
    fn load(&mut self, seconds: u64, share: u64) -> String {
        let (done, latencies) = std::sync::mpsc::channel();
        let begun = Instant::now();
        let mut waiting = VecDeque::new();
        let waiter = {
            let (sender, receiver) = std::sync::mpsc::channel();
            let handle = std::thread::spawn(move || {
                while let Ok((sent, answer)) = receiver.recv() {
                    let answer: commonware_utils::channel::oneshot::Receiver<Answer> = answer;
                    let sent: Instant = sent;
                    let answer = answer.blocking_recv();
                    let is_done = matches!(answer, Ok(Answer::Final { ref outcome, .. }) if outcome.is_done());
                    let _ = done.send((is_done, sent.elapsed()));
                }
            });
            (sender, handle)
        };
        let mut sent = 0;
        for batch in 0..seconds * BATCHES_PER_SECOND {
            let due = begun + Duration::from_micros(1_000_000 / BATCHES_PER_SECOND * batch);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let goal = share * (batch + 1) / BATCHES_PER_SECOND;
            while sent < goal {
                let signed = self.transfer();
                waiting.push_back((Instant::now(), self.client.submit(signed)));
                sent += 1;
            }
            for one in waiting.drain(..) {
                let _ = waiter.0.send(one);
            }
        }
        drop(waiter.0);
        let _ = waiter.1.join();
        let elapsed = begun.elapsed();
        let answers: Vec<(bool, Duration)> = latencies.iter().collect();
        let mut times: Vec<Duration> = answers
            .iter()
            .filter(|(is_done, _)| *is_done)
            .map(|(_, time)| *time)
            .collect();
        times.sort();
        let at = |share: f64| {
            let place = (times.len() as f64 * share) as usize;
            times
                .get(place.min(times.len().saturating_sub(1)))
                .map_or(0, Duration::as_millis)
        };
        format!(
            "{} of {sent} transfers final, {:.0} a second, p50 {} ms, p99 {} ms",
            times.len(),
            times.len() as f64 / elapsed.as_secs_f64(),
            at(0.5),
            at(0.99)
        )
    }
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}
