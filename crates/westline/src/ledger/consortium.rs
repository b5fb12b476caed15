//! `westline ledger init --validators`, `node`, `renew`: validators as processes of their own.
//!
//! In go a site's parties, or a validator's folder; out come a folder for each party to carry to its machine, or a running validator
//! with its HTTP interface. Who validates may change while it runs: then it starts again with those who do.

use super::arguments::{InitArguments, NodeArguments, Passphrase, RenewArguments};
use super::keys::{self, Lock};
use super::{named_suite, now_ms, open, site};
use crate::{Answer, output, sites};
use anyhow::{Context, Result, bail};
use ledger::api::{Drain, Limits, Server};
use ledger::site::LedgerSite;
use ledger::validators::{
    Client, End, Member, Node, Peer, Settings, Timing, read_directory, read_settings, run, write_directory,
    write_settings,
};
use ledger::{Genesis, Ledger, LedgerError, SecretKey, read_genesis};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const NETWORK_FILE: &str = "network.toml";
const SETTINGS_FILE: &str = "node.toml";
/// Requests that are still being answered keep a ledger open for moments after its validator has ended.
const REOPEN: Duration = Duration::from_secs(10);
/// Who has asked when a node is to end is answered within this time: a few blocks, and senders learn that theirs are final. A service
/// manager's own patience is ten seconds and more.
const DRAIN: Duration = Duration::from_secs(3);
/// After that who still waits for a block is told to ask later, within this time.
const FAREWELL: Duration = Duration::from_secs(1);

/// Makes a folder for each party of a site.
pub fn found(arguments: &InitArguments, count: usize) -> Result<Answer> {
    let files = sites::find(&arguments.site, arguments.site_dir.as_deref())?;
    let mut site = site(&files)?;
    if let Some(suite) = &arguments.suite {
        site.suite = named_suite(suite);
    }
    let named = site.parties.iter().filter(|party| party.validates).count();
    if named != count {
        bail!(
            "{}: {named} parties validate, not {count}\nhint: write `validates = true` at {count} of them in the site's parties.toml, or ask for --validators {named}",
            arguments.site
        );
    }
    let default = || Path::new("out").join(files.name()).join("consortium");
    let folder = arguments.dir.clone().unwrap_or_else(default);
    if folder.exists() {
        bail!(
            "{}: is there already\nhint: name another folder with --dir",
            folder.display()
        );
    }
    let mut part = folder.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let _ = std::fs::remove_dir_all(&part);
    let local = |place: usize| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), arguments.port + place as u16);
    let addresses = Addresses {
        network: (0..count).map(local).collect(),
        listen: None,
        api: (count..2 * count).map(local).collect(),
    };
    let made = fill(&part, &site, files.name(), &addresses, &arguments.passphrase).and_then(|founded| {
        std::fs::rename(&part, &folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        Ok(founded)
    });
    if made.is_err() {
        // What was made of it is of no use without the rest.
        let _ = std::fs::remove_dir_all(&part);
    }
    if arguments.passphrase.passphrase_file.is_none() && std::env::var_os("WESTLINE_PASSPHRASE").is_none() {
        eprintln!(
            "note: each party's passphrase is in {}; move it where only that party is",
            folder.join("PARTY/keys/passphrase").display()
        );
    }
    let founded = made?;
    eprintln!("each folder in {} is for one party's machine:", folder.display());
    for name in &founded.names {
        eprintln!("  westline ledger node {}", folder.join(name).display());
    }
    output::print(&format!("{}\n", founded.genesis.origin()))?;
    Ok(Answer::Yes)
}

/// Where validators are found, in the order of their names.
pub struct Addresses {
    /// By the others.
    pub network: Vec<SocketAddr>,
    /// Where they listen, if that is elsewhere.
    pub listen: Option<Vec<SocketAddr>>,
    /// Over HTTP.
    pub api: Vec<SocketAddr>,
}

/// What was made of a site.
pub struct Founded {
    pub genesis: Genesis,
    /// The validators, in order.
    pub names: Vec<String>,
    /// Keys that were made, by party.
    pub keys: BTreeMap<String, SecretKey>,
}

/// Fills a folder with one for each party.
pub fn fill(
    part: &Path,
    site: &LedgerSite,
    site_name: &str,
    addresses: &Addresses,
    passphrase: &Passphrase,
) -> Result<Founded> {
    let mut made: BTreeMap<String, SecretKey> = BTreeMap::new();
    for party in site.parties.iter().filter(|party| party.key.is_none()) {
        let key_folder = keys::folder(&part.join(&party.id));
        std::fs::create_dir_all(&key_folder).with_context(|| format!("{}: cannot be made", key_folder.display()))?;
        // Each party has its own passphrase, unless its user names one for all.
        let lock = Lock::find_or_make_quietly(passphrase, &key_folder)?;
        let key = SecretKey::generate(site.suite.default_scheme())?;
        lock.write(&keys::file(&part.join(&party.id), &party.id), &key)?;
        made.insert(party.id.clone(), key);
    }
    let public = made.iter().map(|(name, key)| (name.clone(), key.public_key()));
    let genesis = site.genesis(site_name, now_ms(), &public.collect())?;
    let validators: Vec<String> = genesis.validators().into_keys().collect();
    let mut peers = BTreeMap::new();
    let mut elsewhere = String::new();
    for (place, name) in validators.iter().enumerate() {
        match made.get(name) {
            Some(key) => {
                peers.insert(name.clone(), Peer::of(key, addresses.network[place]));
            }
            None => {
                eprintln!(
                    "note: `{name}` keeps its own key: it completes {NETWORK_FILE} with `westline ledger key FILE --show --engine`, the same at all"
                );
                elsewhere += &format!(
                    "\n[[validator]]\nparty = \"{name}\"\naddress = \"{}\"\nengine_key = \"\"\n",
                    addresses.network[place]
                );
            }
        }
    }
    let network = write_directory(&peers) + &elsewhere;
    for party in &genesis.parties {
        let own = part.join(&party.id);
        Ledger::create(&own, genesis.clone())?;
        output::write_whole(&own.join(NETWORK_FILE), network.as_bytes())?;
        if let Some(place) = validators.iter().position(|name| *name == party.id) {
            let settings = Settings {
                party: party.id.clone(),
                listen: addresses.listen.as_ref().map(|listen| listen[place]),
                api: addresses.api[place],
                requests_per_second: None,
            };
            output::write_whole(&own.join(SETTINGS_FILE), write_settings(&settings).as_bytes())?;
        }
    }
    let json = std::fs::read(part.join(&genesis.parties[0].id).join("genesis.json")).context("genesis.json")?;
    output::write_whole(&part.join("genesis.json"), &json)?;
    Ok(Founded {
        genesis,
        names: validators,
        keys: made,
    })
}

/// Runs a validator until it is interrupted, or does not validate any more.
pub fn node(arguments: &NodeArguments) -> Result<Answer> {
    let folder = &arguments.folder;
    let mut settings = settings(folder)?;
    settings.listen = arguments.listen.or(settings.listen);
    settings.api = arguments.api.unwrap_or(settings.api);
    let lock = Lock::find(&arguments.passphrase, &keys::folder(folder))?;
    let file = keys::file(folder, &settings.party);
    let member = Member {
        name: settings.party.clone(),
        key: lock.open(&file)?,
    };
    let genesis = read_genesis(folder)?;
    if !settings.api.ip().is_loopback() {
        eprintln!(
            "note: {} is reached by others without TLS; a proxy should stand in front",
            settings.api
        );
    }
    let listener = listen(settings.api, "--api")?;
    let mut limits = Limits::default();
    limits.requests_per_second = settings.requests_per_second.unwrap_or(limits.requests_per_second);
    let server = Server::start(listener, &settings.party, &genesis, limits)?;
    let interrupt = Interrupt::catch(server.drain())?;
    let mut is_told = false;
    while !interrupt.is_raised() {
        let ledger = open_again(folder)?;
        if !ledger.validators().contains_key(&settings.party) {
            eprintln!(
                "`{}` does not validate {}\nhint: more than two thirds of the validators vote for it; docs/ledger.md says how a party joins",
                settings.party,
                match ledger.next_height().checked_sub(1) {
                    Some(height) => format!("after block {height}"),
                    None => "at the chain's beginning".to_owned(),
                }
            );
            server.drain().wait(FAREWELL);
            return Ok(if is_told { Answer::Yes } else { Answer::No });
        }
        let node = Node {
            peers: peers(folder, &ledger)?,
            listen: SocketAddr::from(([0, 0, 0, 0], 0)),
            member: member.clone(),
            timing: Timing::default(),
        };
        let own = node.peers.get(&settings.party).map(|peer| peer.address);
        let listen_at = settings.listen.or(own).context("network.toml names this party")?;
        drop(listen(listen_at, "--listen")?);
        let height = ledger.next_height();
        let (attach, interrupted) = (server.attach(), interrupt.clone());
        let address = server.address();
        let end = run(
            ledger,
            Node {
                listen: listen_at,
                ..node
            },
            move |client| {
                interrupted.pass_to(&client);
                attach(client);
                eprintln!("validates from block {height} on, for the others at {listen_at}");
                if !is_told {
                    // Whoever waits for it reads a line; that nobody does is no fault.
                    let _ = output::print(&format!("http://{address}\n"));
                }
            },
        );
        server.detach();
        interrupt.forget();
        is_told = true;
        match end? {
            End::Stopped => break,
            End::ValidatorsChanged { height } => {
                eprintln!("block {height} changed the validators: starting again with them");
            }
            End::Failed(error) => return Err(error.into()),
        }
    }
    server.drain().wait(FAREWELL);
    eprintln!("ended in order");
    Ok(Answer::Yes)
}

/// Begins an epoch upon a validator's last block.
pub fn renew(arguments: &RenewArguments) -> Result<Answer> {
    let ledger = open(&arguments.folder)?;
    let last = ledger.next_height().checked_sub(1);
    if last != Some(arguments.height) {
        bail!(
            "{}: the last block is {}, not {}\nhint: `westline ledger sync` fetches what is missing from a node that has it",
            arguments.folder.display(),
            last.map_or("not there yet".to_owned(), |height| height.to_string()),
            arguments.height
        );
    }
    ledger::validators::renew(&ledger)?;
    eprintln!(
        "a new epoch begins with block {}; do this at every validator before one starts",
        arguments.height + 1
    );
    output::print(&format!("{} {}\n", arguments.height, ledger.head_digest()))?;
    Ok(Answer::Yes)
}

/// The key that a validator's engine votes with.
pub fn engine_key(key: &SecretKey) -> Result<String> {
    Ok(Peer::of(key, SocketAddr::from(([127, 0, 0, 1], 0))).key_text())
}

fn read(path: &Path, hint: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read\nhint: {hint}", path.display()))
}

fn settings(folder: &Path) -> Result<Settings> {
    let path = folder.join(SETTINGS_FILE);
    let hint = "`westline ledger init SITE --validators 4` makes a folder for each validator";
    Ok(read_settings(&path.display().to_string(), &read(&path, hint)?)?)
}

/// The validators of the next block, as network.toml names them; it may name others, who are to come.
fn peers(folder: &Path, ledger: &Ledger) -> Result<BTreeMap<String, Peer>> {
    let path = folder.join(NETWORK_FILE);
    let text = read(&path, "take the file from another party")?;
    let mut peers = read_directory(&path.display().to_string(), &text)?;
    for name in ledger.validators().keys() {
        if !peers.contains_key(name) {
            bail!(
                "{}: `{name}` validates, but is not named\nhint: add its [[validator]], the same at all",
                path.display()
            );
        }
    }
    peers.retain(|name, _| ledger.validators().contains_key(name));
    Ok(peers)
}

fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("{address}: cannot be had\nhint: another program may have it; choose one with {flag}"))
}

/// Opens the ledger, as soon as nobody reads it any more.
fn open_again(folder: &Path) -> Result<Ledger> {
    let begun = Instant::now();
    loop {
        match open(folder) {
            Ok(ledger) => return Ok(ledger),
            Err(error) => {
                let is_open = matches!(error.downcast_ref(), Some(LedgerError::Store { what, .. }) if what.contains("has this ledger open"));
                if !is_open || begun.elapsed() > REOPEN {
                    return Err(error);
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

/// Ctrl-C, and a service manager's SIGTERM: who has asked is answered, then the validator that runs ends.
#[derive(Clone)]
struct Interrupt {
    is_raised: Arc<AtomicBool>,
    client: Arc<Mutex<Option<Client>>>,
}

impl Interrupt {
    fn catch(drain: Drain) -> Result<Interrupt> {
        let interrupt = Interrupt {
            is_raised: Arc::default(),
            client: Arc::default(),
        };
        let raised = interrupt.clone();
        ctrlc::set_handler(move || {
            if raised.is_raised.swap(true, Relaxed) {
                // Asked twice: nothing is lost, what is final is on disk.
                std::process::exit(130);
            }
            eprintln!("ending; once more ends at once");
            let (raised, drain) = (raised.clone(), drain.clone());
            // Elsewhere, so that a second wish is heard here.
            std::thread::spawn(move || {
                drain.wait(DRAIN);
                if let Some(client) = &*raised.client.lock().unwrap_or_else(PoisonError::into_inner) {
                    client.stop();
                }
            });
        })
        .context("Ctrl-C cannot be caught")?;
        Ok(interrupt)
    }

    fn is_raised(&self) -> bool {
        self.is_raised.load(Relaxed)
    }

    fn pass_to(&self, client: &Client) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
        if self.is_raised() {
            client.stop();
        }
    }

    fn forget(&self) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
