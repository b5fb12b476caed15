//! Commands of `westline ledger` that ask a node: `--node URL` of submit, query, verify and watch, and `sync`.
//!
//! What they print is what they print of a folder. A node is not believed where something can be proven: receipts and proofs are
//! verified with the genesis, or the ledger, of the folder that `--ledger` names.

use super::arguments::{QueryArguments, SubmitArguments, SyncArguments, VerifyArguments, WatchArguments};
use super::keys::{self, Lock};
use super::{
    HeadTold, Summary, VALID_FOR_MS, action, content, folder, hand_out, line, nonce, now_ms, open, print_list,
    print_receipt, read_document, sender_file, tell,
};
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow, bail};
use ledger::api::{ChainTold, Client, Submitted};
use ledger::{Digest, Genesis, Ledger, LedgerError, Suite, Transaction, Validators, read_genesis};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a block is waited for.
const WAIT: Duration = Duration::from_secs(10);
const WAIT_IN_ALL: Duration = Duration::from_secs(60);
const ASK_AGAIN: Duration = Duration::from_millis(500);

pub fn submit(arguments: &SubmitArguments, node: &str) -> Result<Answer> {
    let client = Client::new(node)?;
    let own = folder(&arguments.place).map_err(|error| {
        anyhow!("{error}\nhint: with --node, --ledger names the folder of the party that signs: its genesis and keys")
    })?;
    let genesis = read_genesis(&own)?;
    let chain = same_chain(&client, &genesis)?;
    let action = action(arguments, genesis.suite)?;
    let file = sender_file(&own, &arguments.sender, &genesis)?;
    let key = Lock::find(&arguments.passphrase, &keys::folder(&own))?.open(&file)?;
    let transaction = Transaction {
        version: chain.version,
        chain: genesis.digest(),
        sender: arguments.sender.clone(),
        nonce: nonce()?,
        valid_until_ms: now_ms().max(chain.time_ms.unwrap_or(0)) + VALID_FOR_MS,
        action,
    };
    let signed = transaction.sign(&key);
    let id = signed.transaction.id(genesis.suite);
    let begun = Instant::now();
    let mut answer = client.submit(&signed, WAIT)?;
    let receipt = loop {
        match answer {
            Submitted::Final(receipt) => break *receipt,
            Submitted::TurnedAway(why) => bail!("{why}"),
            Submitted::Waiting(_) if begun.elapsed() < WAIT_IN_ALL => std::thread::sleep(ASK_AGAIN),
            Submitted::Waiting(_) => {
                bail!("{id} is not final yet\nhint: ask later: westline ledger query --receipt {id} --node {node}")
            }
        }
        // To send it again is to ask for it; a node that starts again with other validators takes nothing meanwhile.
        answer = match client.submit(&signed, WAIT) {
            Err(LedgerError::Remote { .. }) => Submitted::Waiting(id),
            answer => answer?,
        };
    };
    receipt.verify(&trusted(&own, &genesis)?)?;
    if receipt.entry.signed != signed {
        return Err(LedgerError::Proof("the node answered with another transaction's receipt".to_owned()).into());
    }
    hand_out(arguments, &receipt)?;
    Ok(tell(&receipt.entry.outcome))
}

/// What the node's chain has come to, if it is the genesis' chain.
fn same_chain(client: &Client, genesis: &Genesis) -> Result<ChainTold> {
    let chain = client.chain()?;
    if chain.chain != genesis.digest().to_string() {
        bail!(
            "the node's chain is {}, the folder's {}\nhint: name the folder of that chain with --ledger, or another node",
            chain.origin,
            genesis.origin()
        );
    }
    Ok(chain)
}

/// Whom the owner of a folder believes: the validators of its last block, or those of genesis, where another program has it open.
fn trusted(folder: &Path, genesis: &Genesis) -> Result<Validators> {
    match Ledger::open(folder) {
        Ok((ledger, _)) => Ok(ledger.validators().clone()),
        Err(LedgerError::Store { .. }) => Ok(genesis.validators()),
        Err(error) => Err(error.into()),
    }
}

/// The validators of a node's genesis, in the node's word.
pub fn genesis_validators(node: &str) -> Result<Validators> {
    let genesis = Client::new(node)?.genesis()?;
    eprintln!(
        "note: the validators of {} are believed on the word of the node; --genesis names the file that you have",
        genesis.origin()
    );
    Ok(genesis.validators())
}

pub fn query(arguments: &QueryArguments, node: &str) -> Result<Answer> {
    let client = Client::new(node)?;
    // Only a folder that is named is one to verify by: another chain's may lie about.
    let believed = match &arguments.place.ledger {
        None => None,
        Some(own) => {
            let genesis = read_genesis(own)?;
            same_chain(&client, &genesis)?;
            Some(trusted(own, &genesis)?)
        }
    };
    let asked_receipt = match (&arguments.document, &arguments.receipt) {
        (Some(path), _) => {
            let digest = Digest::of(suite(&client.chain()?), &[&read_document(path)?]);
            let missing = format!("{}: its digest {digest} is not on the ledger", path.display());
            Some((client.receipt_of_evidence(&digest)?, missing))
        }
        (None, Some(entry)) => {
            let receipt = match entry.parse::<u64>() {
                Ok(place) => client.receipt_at(place)?,
                Err(_) => client.receipt(&entry.parse::<Digest>()?)?,
            };
            Some((receipt, format!("no such transaction: {entry}")))
        }
        (None, None) => None,
    };
    if let Some((receipt, missing)) = asked_receipt {
        let Some(receipt) = receipt else {
            eprintln!("{missing}");
            return Ok(Answer::No);
        };
        if let Some(validators) = &believed {
            receipt.verify(validators)?;
        }
        return print_receipt(&receipt);
    }
    match &arguments.key {
        None => summary(client.chain()?, arguments.json),
        Some(prefix) if prefix.ends_with('/') => {
            let mut lines = Vec::new();
            let mut from = String::new();
            loop {
                let page = client.records(prefix, &from)?;
                lines.extend(page.records.into_iter().map(|told| (told.key, content(told.record))));
                match page.next {
                    Some(next) => from = next,
                    None => return print_list(&lines, arguments.json),
                }
            }
        }
        Some(key) if arguments.proof => {
            let receipt = client.proof(key)?;
            if let Some(validators) = &believed {
                receipt.verify(validators)?;
            }
            output::print(&receipt.to_json())?;
            Ok(if receipt.record.is_some() {
                Answer::Yes
            } else {
                Answer::No
            })
        }
        Some(key) => {
            let Some(told) = client.record(key, arguments.at)? else {
                eprintln!("nothing stands under `{key}`");
                return Ok(Answer::No);
            };
            output::print(&format!("{:#}\n", told.record))?;
            Ok(Answer::Yes)
        }
    }
}

fn suite(chain: &ChainTold) -> Suite {
    super::named_suite(&chain.suite)
}

fn summary(chain: ChainTold, json: bool) -> Result<Answer> {
    let head = (|| {
        Some(HeadTold {
            height: chain.height?,
            time_ms: chain.time_ms?,
            log_size: chain.log_size?,
            log_root: chain.log_root?,
            state_root: chain.state_root?,
        })
    })();
    let summary = Summary {
        origin: chain.origin,
        chain: chain.chain,
        suite: json!(chain.suite),
        head,
        validators: chain.validators,
        counts: None,
    };
    summary.print(json)
}

pub fn watch(arguments: &WatchArguments, node: &str) -> Result<Answer> {
    let mut watcher = Client::new(node)?.watch(arguments.from)?;
    while let Some(block) = watcher.next_block()? {
        let height = block.checkpoint.header.height;
        output::print(&line(&block.checkpoint.header, &block.entries, arguments.json))?;
        if arguments.until.is_some_and(|until| height >= until) {
            return Ok(Answer::Yes);
        }
    }
    bail!("{node}: the node has ended\nhint: watch another one, with --from")
}

/// All blocks of a node, each run again in a ledger that is thrown away.
pub fn verify(arguments: &VerifyArguments, node: &str) -> Result<Answer> {
    let client = Client::new(node)?;
    let genesis = match (&arguments.genesis, &arguments.place.ledger) {
        (Some(path), _) => genesis_of(path)?,
        (None, Some(own)) => read_genesis(own)?,
        (None, None) => {
            genesis_validators(node)?;
            client.genesis()?
        }
    };
    same_chain(&client, &genesis)?;
    let scratch = std::env::temp_dir().join(format!("westline-verifying-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&scratch);
    let outcome = Ledger::create(&scratch, genesis)
        .map_err(anyhow::Error::from)
        .and_then(|mut ledger| {
            take_all(&client, &mut ledger)?;
            Ok((
                ledger.next_height(),
                ledger.head().map_or(0, |head| head.header.log_size),
            ))
        });
    let _ = std::fs::remove_dir_all(&scratch);
    match outcome {
        Ok((blocks, size)) => {
            output::print(&format!("{node}: holds: {blocks} blocks, {size} entries\n"))?;
            Ok(Answer::Yes)
        }
        Err(error)
            if matches!(
                error.downcast_ref(),
                Some(LedgerError::Proof(_) | LedgerError::Block { .. })
            ) =>
        {
            output::print(&format!("{node}: does not hold: {error}\n"))?;
            Ok(Answer::No)
        }
        Err(error) => Err(error),
    }
}

fn genesis_of(path: &Path) -> Result<Genesis> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let genesis: Genesis = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{}:{}:{}: {error}", path.display(), error.line(), error.column()))?;
    let faults = genesis.faults();
    if !faults.is_empty() {
        return Err(LedgerError::Problems(faults).into());
    }
    Ok(genesis)
}

pub fn sync(arguments: &SyncArguments) -> Result<Answer> {
    let client = Client::new(&arguments.node)?;
    let mut ledger = match arguments.folder.join("genesis.json").exists() {
        true => open(&arguments.folder)?,
        false => {
            let genesis = match &arguments.genesis {
                Some(path) => genesis_of(path)?,
                None => {
                    genesis_validators(&arguments.node)?;
                    client.genesis()?
                }
            };
            Ledger::create(&arguments.folder, genesis)?
        }
    };
    same_chain(&client, ledger.genesis())?;
    let before = ledger.next_height();
    take_all(&client, &mut ledger)?;
    ledger.flush()?;
    eprintln!(
        "{} blocks taken; the ledger in {} has {}",
        ledger.next_height() - before,
        arguments.folder.display(),
        ledger.next_height()
    );
    output::print(&format!("{}\n", ledger.head_digest()))?;
    Ok(Answer::Yes)
}

/// Takes all final blocks that a ledger lacks.
fn take_all(client: &Client, ledger: &mut Ledger) -> Result<()> {
    let end = client.chain()?.height.map_or(0, |height| height + 1);
    let bar = indicatif::ProgressBar::new(end.saturating_sub(ledger.next_height()));
    while let Some(block) = client.block(ledger.next_height())? {
        ledger::validators::take(ledger, block)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}
