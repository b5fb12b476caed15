//! `westline ledger`: makes a ledger for a site's parties, puts transactions on it, answers with proofs, verifies.
//!
//! The floor `ledger` decides everything; here are files, keys, and words.

mod arguments;
mod chain;
#[cfg(feature = "validators")]
pub mod consortium;
pub mod day;
mod demo;
mod export;
mod keys;
#[cfg(not(feature = "validators"))]
mod left_out;
#[cfg(feature = "validators")]
mod remote;
pub mod submission;

#[cfg(feature = "validators")]
pub use arguments::Passphrase;
pub use arguments::{DemoCommand, LedgerCommand};

use crate::{Answer, output, sites};
use anyhow::{Context, Result, anyhow, bail};
use arguments::{InitArguments, KeyArguments, Place, QueryArguments, SubmitArguments, VerifyArguments, WatchArguments};
use keys::Lock;
use ledger::evidence::{EvidenceItem, EvidenceKind, evidence_key};
use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};
use ledger::{
    Action, BlockReader, Digest, Entry, EntryReceipt, Genesis, Id, Ledger, LedgerError, Ordering as _, Outcome, Record,
    Scheme, SecretKey, Solo, StateReceipt, Suite, Transaction, Validators,
};
#[cfg(not(feature = "validators"))]
use left_out::{consortium, remote};
use serde_json::{Value, json};
use service::SiteFiles;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a transaction that is signed here stays good.
const VALID_FOR_MS: u64 = 60 * 60 * 1000;
/// A document is read whole; larger ones are recordings, whose segments are set down as they are sealed.
const DOCUMENT_BYTES_MAX: u64 = 4 << 30;
/// How often a watcher looks.
const WATCH_EVERY: Duration = Duration::from_millis(200);

pub fn execute(command: &LedgerCommand) -> Result<Answer> {
    match command {
        LedgerCommand::Init(arguments) => match arguments.validators {
            Some(count) => consortium::found(arguments, count.into()),
            None => init(arguments),
        },
        LedgerCommand::Submit(arguments) => match &arguments.remote.node {
            Some(node) => remote::submit(arguments, node),
            None => submit(arguments),
        },
        LedgerCommand::Query(arguments) => match &arguments.remote.node {
            Some(node) => remote::query(arguments, node),
            None => query(arguments),
        },
        LedgerCommand::Verify(arguments) => match &arguments.remote.node {
            Some(node) if arguments.file.is_none() => remote::verify(arguments, node),
            _ => verify(arguments),
        },
        LedgerCommand::Watch(arguments) => match &arguments.remote.node {
            Some(node) => remote::watch(arguments, node),
            None => watch(arguments),
        },
        LedgerCommand::Node(arguments) => consortium::node(arguments),
        LedgerCommand::Sync(arguments) => remote::sync(arguments),
        LedgerCommand::Renew(arguments) => consortium::renew(arguments),
        LedgerCommand::Export(arguments) => export::execute(arguments),
        LedgerCommand::Key(arguments) => key(arguments),
        LedgerCommand::Check { site, site_dir } => check(site, site_dir.as_deref()),
    }
}

pub fn execute_demo(command: &DemoCommand) -> Result<Answer> {
    match command {
        DemoCommand::Permit { out, suite } => demo::permit(out, named_suite(suite)),
    }
}

/// What a site's files say of its ledger; a site without them gets those that come with the program.
pub fn site(files: &SiteFiles) -> Result<LedgerSite> {
    let read = |name: &str, default: &'static str| -> Result<(String, String)> {
        let bytes = files
            .read(name)
            .with_context(|| format!("{}: cannot be read", files.show(name)))?;
        Ok(match bytes {
            None => (name.to_owned(), default.to_owned()),
            Some(bytes) => {
                let text = String::from_utf8(bytes.into_owned());
                (
                    files.show(name),
                    text.with_context(|| format!("{}: is not text in UTF-8", files.show(name)))?,
                )
            }
        })
    };
    let parties = read("parties.toml", DEFAULT_PARTIES)?;
    let permits = read("permits.toml", DEFAULT_PERMITS)?;
    Ok(LedgerSite::read((&parties.0, &parties.1), (&permits.0, &permits.1))?)
}

fn named_suite(name: &str) -> Suite {
    if name == "sm" { Suite::Sm } else { Suite::International }
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}

fn init(arguments: &InitArguments) -> Result<Answer> {
    let files = sites::find(&arguments.site, arguments.site_dir.as_deref())?;
    let mut site = site(&files)?;
    if let Some(suite) = &arguments.suite {
        site.suite = named_suite(suite);
    }
    let default = || Path::new("out").join(files.name()).join("ledger");
    let folder = arguments.dir.clone().unwrap_or_else(default);
    if folder.join("genesis.json").exists() {
        bail!(
            "{}: there is a ledger already\nhint: name another folder with --dir",
            folder.display()
        );
    }
    let key_folder = keys::folder(&folder);
    std::fs::create_dir_all(&key_folder).with_context(|| format!("{}: cannot be made", key_folder.display()))?;
    let lock = Lock::find_or_make(&arguments.passphrase, &key_folder)?;
    let mut made = BTreeMap::new();
    for party in site.parties.iter().filter(|party| party.key.is_none()) {
        let key = SecretKey::generate(site.suite.default_scheme())?;
        lock.write(&keys::file(&folder, &party.id), &key)?;
        made.insert(party.id.clone(), key);
    }
    let public = made
        .iter()
        .map(|(name, key)| (name.clone(), key.public_key()))
        .collect();
    let genesis = site.genesis(files.name(), now_ms(), &public)?;
    let mut ledger = Ledger::create(&folder, genesis)?;
    let signed_here = made
        .keys()
        .filter(|name| ledger.validators().contains_key(*name))
        .count();
    if signed_here >= ledger::quorum(ledger.validators().len()) {
        Solo::new(made).order(&mut ledger, Vec::new(), now_ms())?;
        ledger.flush()?;
    } else {
        eprintln!(
            "note: parties keep their own keys; the first block waits for {} validators",
            ledger.validators().len()
        );
    }
    eprintln!("the ledger is in {}", folder.display());
    output::print(&format!("{}\n", ledger.genesis().origin()))?;
    Ok(Answer::Yes)
}

/// The ledger's folder: named, or the only one there is.
fn folder(place: &Place) -> Result<PathBuf> {
    if let Some(folder) = &place.ledger {
        return Ok(folder.clone());
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir("out")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("ledger"))
        .filter(|folder| folder.join("genesis.json").is_file())
        .collect();
    found.sort();
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => bail!("no ledger lies in out/*/ledger\nhint: `westline ledger init SITE` makes one, --ledger names one"),
        several => {
            let names: Vec<String> = several.iter().map(|path| path.display().to_string()).collect();
            bail!(
                "there are several ledgers: {}\nhint: name one with --ledger",
                names.join(", ")
            )
        }
    }
}

/// Opens a ledger and tells what had to be mended.
fn open(folder: &Path) -> Result<Ledger> {
    let (ledger, recovery) = Ledger::open(folder)?;
    if recovery.bytes_cut > 0 {
        eprintln!("note: {} bytes of an unfinished block were cut off", recovery.bytes_cut);
    }
    if recovery.index_rebuilt {
        eprintln!(
            "note: the index was made again from {} blocks",
            recovery.blocks_replayed
        );
    }
    Ok(ledger)
}

fn submit(arguments: &SubmitArguments) -> Result<Answer> {
    let folder = folder(&arguments.place)?;
    let mut ledger = open(&folder)?;
    let lock = Lock::find(&arguments.passphrase, &keys::folder(&folder))?;
    let action = action(arguments, ledger.suite())?;
    let sender_file = sender_file(&folder, &arguments.sender, ledger.genesis())?;
    let validators: Vec<String> = ledger.validators().keys().cloned().collect();
    let names: std::collections::BTreeSet<String> = validators.into_iter().chain([arguments.sender.clone()]).collect();
    let held = keys::open_all(&folder, &lock, names.iter())?;
    let sender = held.get(&arguments.sender).cloned();
    let sender = sender.ok_or_else(|| anyhow!("{}: cannot be opened", sender_file.display()))?;
    let time_ms = now_ms();
    let transaction = Transaction {
        version: ledger.protocol()?.version_at(ledger.next_height()),
        chain: ledger.chain(),
        sender: arguments.sender.clone(),
        nonce: nonce()?,
        valid_until_ms: time_ms.max(ledger.time_ms()) + VALID_FOR_MS,
        action,
    };
    let committed = Solo::new(held).order(&mut ledger, vec![transaction.sign(&sender)], time_ms)?;
    ledger.flush()?;
    if let Some((_, refusal)) = committed.turned_away.first() {
        bail!("the transaction cannot stand in a block: {refusal}");
    }
    let (id, outcome) = committed.outcomes.first().context("the block holds the transaction")?;
    let receipt = ledger.receipt(id)?.context("the transaction was just put there")?;
    hand_out(arguments, &receipt)?;
    Ok(tell(outcome))
}

/// Writes a receipt where it is wanted.
fn hand_out(arguments: &SubmitArguments, receipt: &EntryReceipt) -> Result<()> {
    match &arguments.out {
        Some(path) => output::write_whole(path, receipt.to_json().as_bytes()),
        None => output::print(&receipt.to_json()),
    }
}

/// The key file of a party that signs.
fn sender_file(folder: &Path, sender: &str, genesis: &Genesis) -> Result<PathBuf> {
    let file = keys::file(folder, sender);
    if file.is_file() {
        return Ok(file);
    }
    let names: Vec<&str> = genesis.parties.iter().map(|party| party.id.as_str()).collect();
    let hint = match service::nearest_name(sender, names.iter().copied()) {
        Some(name) if name != sender => format!("did you mean `{name}`?"),
        _ => format!("the parties are {}", names.join(", ")),
    };
    bail!("{}: there is no such key\nhint: {hint}", file.display())
}

/// Says what became of a transaction.
fn tell(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Refused(refusal) => {
            eprintln!("refused: {refusal}");
            Answer::No
        }
        Outcome::Done { refused } => {
            for (place, refusal) in refused {
                eprintln!("refused: item {place}: {refusal}");
            }
            if refused.is_empty() { Answer::Yes } else { Answer::No }
        }
    }
}

/// Tells equal wishes apart.
fn nonce() -> Result<u64> {
    let bytes = SecretKey::generate(Scheme::Ed25519)?.to_bytes();
    Ok(u64::from_be_bytes(bytes[..8].try_into().expect("eight of 32 bytes")))
}

/// The action that a file holds, or that sets its digest down.
fn action(arguments: &SubmitArguments, suite: Suite) -> Result<Action> {
    let name = arguments.file.to_string_lossy().into_owned();
    let bytes = match name.as_str() {
        "-" => {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).context("standard input")?;
            bytes
        }
        _ => read_document(&arguments.file)?,
    };
    if let Ok(value @ Value::Object(_)) = serde_json::from_slice::<Value>(&bytes) {
        const ACTIONS: [&str; 7] = [
            "create-accounts",
            "transfer",
            "anchor",
            "permit",
            "registry",
            "contract",
            "vote",
        ];
        let members = value
            .as_object()
            .map(|object| object.keys().cloned().collect::<Vec<_>>());
        if let Some([only]) = members.as_deref()
            && ACTIONS.contains(&only.as_str())
        {
            // The text again, not the value: numbers of accounts may be larger than a value keeps.
            return serde_json::from_slice(&bytes).map_err(|error| {
                anyhow!(
                    "{name}:{}:{}: {error}\nhint: docs/ledger.md lists the actions",
                    error.line(),
                    error.column()
                )
            });
        }
    }
    let kind = serde_json::from_value::<EvidenceKind>(Value::String(arguments.kind.clone()))?;
    let file_name = arguments
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let time_ms = now_ms();
    Ok(Action::Anchor(vec![EvidenceItem {
        kind,
        subject: arguments
            .subject
            .clone()
            .or(file_name)
            .unwrap_or_else(|| "document".to_owned()),
        digest: Digest::of(suite, &[&bytes]),
        count: 1,
        from_ms: time_ms,
        to_ms: time_ms,
    }]))
}

fn read_document(path: &Path) -> Result<Vec<u8>> {
    let length = std::fs::metadata(path)
        .with_context(|| format!("{}: cannot be read", path.display()))?
        .len();
    if length > DOCUMENT_BYTES_MAX {
        bail!(
            "{}: {length} bytes, expected at most {DOCUMENT_BYTES_MAX}",
            path.display()
        );
    }
    std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn query(arguments: &QueryArguments) -> Result<Answer> {
    let mut ledger = open(&folder(&arguments.place)?)?;
    if let Some(path) = &arguments.document {
        let digest = Digest::of(ledger.suite(), &[&read_document(path)?]);
        return match receipt_of_evidence(&ledger, &digest)? {
            Some(receipt) => print_receipt(&receipt),
            None => {
                eprintln!("{}: its digest {digest} is not on the ledger", path.display());
                Ok(Answer::No)
            }
        };
    }
    if let Some(entry) = &arguments.receipt {
        let receipt = match entry.parse::<u64>() {
            Ok(index) => Some(ledger.receipt_at(index)?),
            Err(_) => ledger.receipt(&entry.parse::<Digest>()?)?,
        };
        return match receipt {
            Some(receipt) => print_receipt(&receipt),
            None => {
                eprintln!("no such transaction: {entry}");
                Ok(Answer::No)
            }
        };
    }
    match &arguments.key {
        None => summary(&ledger, arguments.json),
        Some(prefix) if prefix.ends_with('/') => list(&ledger, prefix, arguments.json),
        Some(key) if arguments.proof => {
            let receipt = ledger.prove(key)?;
            output::print(&receipt.to_json())?;
            Ok(if receipt.record.is_some() {
                Answer::Yes
            } else {
                Answer::No
            })
        }
        Some(key) => {
            let record = match arguments.at {
                Some(height) => ledger.get_past(key, height)?,
                None => ledger.get(key)?,
            };
            let Some(record) = record else {
                eprintln!("nothing stands under `{key}`");
                return Ok(Answer::No);
            };
            output::print(&format!("{:#}\n", serde_json::to_value(&record)?))?;
            Ok(Answer::Yes)
        }
    }
}

/// The receipt of the transaction that set a digest down.
fn receipt_of_evidence(ledger: &Ledger, digest: &Digest) -> Result<Option<EntryReceipt>> {
    let Some(Record::Evidence(evidence)) = ledger.get(&evidence_key(digest))? else {
        return Ok(None);
    };
    let block = ledger.block(evidence.height)?.context("the evidence names a block")?;
    let first = block.checkpoint.header.log_size - block.entries.len() as u64;
    let place = block.entries.iter().position(|entry| {
        matches!(&entry.signed.transaction.action, Action::Anchor(items) if items.iter().any(|item| item.digest == *digest))
    });
    Ok(place.map(|place| ledger.receipt_at(first + place as u64)).transpose()?)
}

fn print_receipt(receipt: &EntryReceipt) -> Result<Answer> {
    output::print(&receipt.to_json())?;
    Ok(Answer::Yes)
}

fn summary(ledger: &Ledger, json: bool) -> Result<Answer> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    ledger.for_each("", |key, _| {
        let kind = key.split('/').next().unwrap_or_default();
        *counts.entry(kind.to_owned()).or_default() += 1;
        Ok(())
    })?;
    let head = ledger.head().map(|head| &head.header);
    let summary = Summary {
        origin: ledger.genesis().origin(),
        chain: ledger.chain().to_string(),
        suite: serde_json::to_value(ledger.suite())?,
        head: head.map(|head| HeadTold {
            height: head.height,
            time_ms: head.time_ms,
            log_size: head.log_size,
            log_root: head.log_root.to_string(),
            state_root: head.state_root.to_string(),
        }),
        validators: ledger.validators().keys().cloned().collect(),
        counts: Some(counts),
    };
    summary.print(json)
}

/// What is said of a ledger as a whole.
struct Summary {
    origin: String,
    chain: String,
    suite: Value,
    head: Option<HeadTold>,
    validators: Vec<String>,
    /// Entries of each kind; a node does not count them.
    counts: Option<BTreeMap<String, u64>>,
}

struct HeadTold {
    height: u64,
    time_ms: u64,
    log_size: u64,
    log_root: String,
    state_root: String,
}

impl Summary {
    fn print(self, json: bool) -> Result<Answer> {
        let head = self.head.as_ref();
        if json {
            let mut value = json!({
                "origin": self.origin, "chain": self.chain, "suite": self.suite,
                "height": head.map(|head| head.height), "time_ms": head.map(|head| head.time_ms),
                "log_size": head.map(|head| head.log_size), "log_root": head.map(|head| &head.log_root),
                "state_root": head.map(|head| &head.state_root), "validators": self.validators,
            });
            if let Some(counts) = self.counts {
                value["entries"] = json!(counts);
            }
            output::print(&format!("{value:#}\n"))?;
            return Ok(Answer::Yes);
        }
        let mut text = format!("{:<12} {}\n", "chain", self.origin);
        if let Some(head) = head {
            text += &format!("{:<12} {}\n", "block", head.height);
            text += &format!("{:<12} {}\n", "of", ledger::permit_credential::rfc3339(head.time_ms));
            text += &format!("{:<12} {} entries, root {}\n", "log", head.log_size, head.log_root);
            text += &format!("{:<12} root {}\n", "state", head.state_root);
        }
        text += &format!("{:<12} {}\n", "validators", self.validators.join(", "));
        for (kind, count) in self.counts.into_iter().flatten() {
            text += &format!("{kind:<12} {count}\n");
        }
        output::print(&text)?;
        Ok(Answer::Yes)
    }
}

fn list(ledger: &Ledger, prefix: &str, json: bool) -> Result<Answer> {
    let mut lines = Vec::new();
    ledger.for_each(prefix, |key, record| {
        lines.push((
            key.to_owned(),
            content(serde_json::to_value(&record).unwrap_or_default()),
        ));
        Ok(())
    })?;
    print_list(&lines, json)
}

/// What a record says: its one member is its kind, which the key tells already.
fn content(record: Value) -> Value {
    let content = record.as_object().and_then(|object| object.values().next().cloned());
    content.unwrap_or(record)
}

fn print_list(lines: &[(String, Value)], json: bool) -> Result<Answer> {
    let text: String = match json {
        true => {
            let list = lines.iter().map(|(key, value)| json!({"key": key, "value": value}));
            format!("{:#}\n", Value::Array(list.collect()))
        }
        false => lines.iter().map(|(key, value)| format!("{key}  {value}\n")).collect(),
    };
    output::print(&text)?;
    Ok(if lines.is_empty() { Answer::No } else { Answer::Yes })
}

fn verify(arguments: &VerifyArguments) -> Result<Answer> {
    let Some(path) = &arguments.file else {
        return verify_ledger(&folder(&arguments.place)?);
    };
    let name = path.display();
    let text = String::from_utf8(read_document(path)?).map_err(|_| anyhow!("{name}: is not text in UTF-8"))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| anyhow!("{name}:{}:{}: {error}", error.line(), error.column()))?;
    let judged = match value["format"].as_str() {
        Some("westline-receipt-1") => verify_receipt(arguments, &text),
        Some("westline-state-1") => StateReceipt::from_json(&text)
            .map_err(anyhow::Error::from)
            .and_then(|receipt| {
                receipt.verify(&trusted(arguments)?)?;
                Ok(format!(
                    "`{}` stood so in the state of block {}",
                    receipt.key, receipt.checkpoint.header.height
                ))
            }),
        _ => verify_credential(arguments, &value),
    };
    match judged {
        Ok(told) => {
            output::print(&format!("{name}: holds: {told}\n"))?;
            Ok(Answer::Yes)
        }
        // What does not hold is the answer no; what cannot be judged is an error.
        Err(error)
            if matches!(
                error.downcast_ref(),
                Some(LedgerError::Proof(_) | LedgerError::Problems(_))
            ) =>
        {
            output::print(&format!("{name}: does not hold: {error}\n"))?;
            Ok(Answer::No)
        }
        Err(error) => Err(error.context(name.to_string())),
    }
}

/// The validators that are believed: those of genesis, or of the ledger that is here.
fn trusted(arguments: &VerifyArguments) -> Result<Validators> {
    if let Some(path) = &arguments.genesis {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let genesis: Genesis = serde_json::from_str(&text)
            .map_err(|error| anyhow!("{}:{}:{}: {error}", path.display(), error.line(), error.column()))?;
        return Ok(genesis.validators());
    }
    if let Some(node) = &arguments.remote.node {
        return remote::genesis_validators(node);
    }
    let folder = folder(&arguments.place).map_err(|error| {
        anyhow!("{error}\nhint: --genesis names the genesis.json that the validators are taken from")
    })?;
    Ok(open(&folder)?.validators().clone())
}

fn verify_receipt(arguments: &VerifyArguments, text: &str) -> Result<String> {
    let receipt = EntryReceipt::from_json(text)?;
    receipt.verify(&trusted(arguments)?)?;
    let header = &receipt.checkpoint.header;
    if let Some(document) = &arguments.document {
        let digest = Digest::of(receipt.suite, &[&read_document(document)?]);
        let has_it = matches!(
            &receipt.entry.signed.transaction.action,
            Action::Anchor(items) if items.iter().any(|item| item.digest == digest)
        );
        if !has_it || !receipt.entry.outcome.is_done() {
            return Err(LedgerError::Proof(format!("{}: its digest {digest} is not in it", document.display())).into());
        }
    }
    let outcome = if receipt.entry.outcome.is_done() {
        "done"
    } else {
        "refused, in whole or in part"
    };
    Ok(format!(
        "entry {} of `{}`, {outcome}, in the log of block {} at {}",
        receipt.index,
        receipt.entry.signed.transaction.sender,
        header.height,
        ledger::permit_credential::rfc3339(header.time_ms)
    ))
}

fn verify_credential(arguments: &VerifyArguments, value: &Value) -> Result<String> {
    ledger::credential::verify(value, None)?;
    if let Some(path) = &arguments.status {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let list: Value = serde_json::from_str(&text).with_context(|| format!("{}: is not JSON", path.display()))?;
        ledger::credential::verify(&list, None)?;
        if list["issuer"] != value["issuer"] {
            return Err(LedgerError::Proof("the status list is of another issuer".to_owned()).into());
        }
        if ledger::permit_credential::is_revoked(value, &list)? {
            return Err(LedgerError::Proof("the status list says that it is not in force".to_owned()).into());
        }
    }
    Ok(format!(
        "{}, issued by {}",
        value["name"].as_str().unwrap_or("a credential"),
        value["issuer"].as_str().unwrap_or("?")
    ))
}

fn verify_ledger(folder: &Path) -> Result<Answer> {
    let ledger = open(folder)?;
    let bar = indicatif::ProgressBar::new(ledger.next_height());
    let scratch = folder.join("verifying");
    let _ = std::fs::remove_dir_all(&scratch);
    let outcome = ledger.verify(&scratch, |_| bar.inc(1));
    bar.finish_and_clear();
    let _ = std::fs::remove_dir_all(&scratch);
    match outcome {
        Ok(()) => {
            let size = ledger.head().map_or(0, |head| head.header.log_size);
            output::print(&format!(
                "{}: holds: {} blocks, {size} entries\n",
                folder.display(),
                ledger.next_height()
            ))?;
            Ok(Answer::Yes)
        }
        Err(error) => {
            output::print(&format!("{}: does not hold: {error}\n", folder.display()))?;
            Ok(Answer::No)
        }
    }
}

fn watch(arguments: &WatchArguments) -> Result<Answer> {
    let folder = folder(&arguments.place)?;
    let mut reader = BlockReader::open(&folder)?;
    let mut from = arguments.from;
    loop {
        while let Some(block) = reader.next_block()? {
            let height = block.checkpoint.header.height;
            // Without a height, what is there already is passed over.
            if from.is_some_and(|from| height >= from) {
                output::print(&line(&block.checkpoint.header, &block.entries, arguments.json))?;
            }
            if arguments.until.is_some_and(|until| height >= until) {
                return Ok(Answer::Yes);
            }
        }
        from = from.or(Some(0));
        std::thread::sleep(WATCH_EVERY);
    }
}

fn line(header: &ledger::Header, entries: &[Entry], json: bool) -> String {
    let kinds: Vec<String> = entries
        .iter()
        .map(|entry| {
            let action = serde_json::to_value(&entry.signed.transaction.action).unwrap_or_default();
            let kind = action
                .as_object()
                .and_then(|object| object.keys().next().cloned())
                .unwrap_or_default();
            let done = if entry.outcome.is_done() { "" } else { " (refused)" };
            format!("{} by {}{done}", kind, entry.signed.transaction.sender)
        })
        .collect();
    if json {
        format!("{}\n", json!({"header": header, "entries": entries}))
    } else {
        let time = ledger::permit_credential::rfc3339(header.time_ms);
        format!(
            "block {:>6}  {time}  {:>3} entries  {}\n",
            header.height,
            entries.len(),
            kinds.join(", ")
        )
    }
}

fn key(arguments: &KeyArguments) -> Result<Answer> {
    let beside = arguments.file.parent().unwrap_or(Path::new(".")).to_owned();
    if arguments.show {
        let key = Lock::find(&arguments.passphrase, &beside)?.open(&arguments.file)?;
        let public = match arguments.engine {
            true => consortium::engine_key(&key)?,
            false => key.public_key().to_string(),
        };
        output::print(&format!("{public}\n"))?;
        return Ok(Answer::Yes);
    }
    if arguments.file.exists() {
        bail!(
            "{}: is there already\nhint: name another file, or look at it with --show",
            arguments.file.display()
        );
    }
    let scheme = match arguments.scheme.as_str() {
        "p256" => Scheme::P256,
        "sm2" => Scheme::Sm2,
        _ => Scheme::Ed25519,
    };
    let lock = Lock::find(&arguments.passphrase, &beside)?;
    let key = SecretKey::generate(scheme)?;
    lock.write(&arguments.file, &key)?;
    output::print(&format!("{}\n", key.public_key()))?;
    Ok(Answer::Yes)
}

fn check(name: &str, site_dir: Option<&Path>) -> Result<Answer> {
    let files = sites::find(name, site_dir)?;
    match site(&files) {
        Ok(site) => {
            let validators = site.parties.iter().filter(|party| party.validates).count();
            output::print(&format!(
                "{name}: nothing wrong: {} parties, {validators} validate\n",
                site.parties.len()
            ))?;
            Ok(Answer::Yes)
        }
        Err(error) => {
            output::print(&format!("{error}\n"))?;
            Ok(Answer::No)
        }
    }
}

/// An identifier as users type it.
fn id(text: &str) -> Result<Id> {
    text.parse::<u128>()
        .map(Id)
        .map_err(|_| anyhow!("`{text}` is no number\nhint: accounts and permits have whole numbers"))
}
