//! `westline ledger export`: files that others verify or book without us.

use super::arguments::ExportArguments;
use super::keys::{self, Lock};
use super::{folder, id, open};
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow, bail};
use ledger::account::{TransferRecord, account_key};
use ledger::iso20022::{self, MessageHead, NamedTransfer};
use ledger::permit::permit_key;
use ledger::{Id, Ledger, Record, Role, TILE_HASHES, permit_credential, tile_path};
use std::path::Path;

pub fn execute(arguments: &ExportArguments) -> Result<Answer> {
    let place = folder(&arguments.place)?;
    let ledger = open(&place)?;
    if let Some(permit) = &arguments.permit {
        let lock = Lock::find(&arguments.passphrase, &keys::folder(&place))?;
        return credential(&ledger, id(permit)?, &lock, &arguments.out);
    }
    if let Some(account) = &arguments.statement {
        return statement(&ledger, id(account)?, &arguments.out);
    }
    if let Some(message) = &arguments.payments {
        return payments(&ledger, message, &arguments.out);
    }
    everything(&ledger, &arguments.out)
}

/// Genesis, checkpoint, a receipt of each entry, the log's tiles: what a court needs, and a word on how to verify it.
pub fn everything(ledger: &Ledger, out: &Path) -> Result<Answer> {
    let head = ledger
        .head()
        .context("there is no block yet\nhint: submit something first")?;
    let receipts = out.join("receipts");
    std::fs::create_dir_all(&receipts).with_context(|| format!("{}: cannot be made", receipts.display()))?;
    let genesis = std::fs::read(ledger.folder().join("genesis.json")).context("genesis.json")?;
    output::write_whole(&out.join("genesis.json"), &genesis)?;
    output::write_whole(&out.join("checkpoint"), head.note().as_bytes())?;
    let keys: Vec<String> = ledger
        .validators()
        .iter()
        .map(|(name, key)| ledger::verifier_key(name, key) + "\n")
        .collect();
    output::write_whole(&out.join("validators"), keys.concat().as_bytes())?;
    let size = head.header.log_size;
    let bar = indicatif::ProgressBar::new(size);
    for index in 0..size {
        let receipt = ledger.receipt_at(index)?;
        output::write_whole(&receipts.join(format!("{index:08}.json")), receipt.to_json().as_bytes())?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    tiles(ledger, size, out)?;
    let word = format!(
        "Ledger {}, block {}, {size} entries.\n\n\
         genesis.json   who takes part, with which keys; its digest names the chain\n\
         checkpoint     the last block, a signed note (C2SP tlog-checkpoint)\n\
         validators     keys that have signed it, for programs that verify signed notes\n\
         receipts/      one for each entry: transaction, outcome, Merkle proof\n\
         tile/          hashes of the log (C2SP tlog-tiles)\n\n\
         Verify with `westline ledger verify FILE --genesis genesis.json`, or without us, with Python and its package\n\
         `cryptography`: `python verify_receipt.py genesis.json receipts/*.json`; the program is in Westline's examples/.\n",
        ledger.genesis().origin(),
        head.header.height
    );
    output::write_whole(&out.join("README"), word.as_bytes())?;
    eprintln!("{size} receipts are in {}", out.display());
    Ok(Answer::Yes)
}

fn tiles(ledger: &Ledger, size: u64, out: &Path) -> Result<()> {
    let (mut level, mut hashes) = (0u8, size);
    while hashes > 0 {
        for index in 0..hashes.div_ceil(TILE_HASHES as u64) {
            let mut tile = ledger.tile((level, index))?;
            tile.truncate((hashes - index * TILE_HASHES as u64).min(TILE_HASHES as u64) as usize);
            let path = out.join(tile_path((level, index), tile.len()));
            let parent = path.parent().context("a tile lies in a folder")?;
            std::fs::create_dir_all(parent).with_context(|| format!("{}: cannot be made", parent.display()))?;
            let bytes: Vec<u8> = tile.iter().flat_map(|hash| hash.0).collect();
            output::write_whole(&path, &bytes)?;
        }
        hashes /= TILE_HASHES as u64;
        level += 1;
    }
    Ok(())
}

/// A permit's credential and the status list of all permits, both signed by the government.
pub fn credential(ledger: &Ledger, permit: Id, lock: &Lock, out: &Path) -> Result<Answer> {
    let Some(Record::Permit(record)) = ledger.get(&permit_key(permit))? else {
        eprintln!("there is no permit {permit}");
        return Ok(Answer::No);
    };
    let genesis = ledger.genesis();
    let issuer = genesis.parties.iter().find(|party| party.role == Role::Government);
    let issuer = issuer.context("no party is the government")?;
    let key = lock.open(&keys::file(ledger.folder(), &issuer.id))?;
    let public = key.public_key();
    let did = public.did_key().ok_or_else(|| {
        anyhow!("credentials know no key of SM2\nhint: issue them from a chain of the international suite")
    })?;
    let method = format!("{did}#{}", did.trim_start_matches("did:key:"));
    let list = format!("urn:westline:status:{}", genesis.digest());
    let protocol = ledger.protocol()?;
    let time_ms = ledger.time_ms();
    let created = permit_credential::rfc3339(time_ms);
    let sign = |document| ledger::credential::sign(document, &key, &method, &created);
    let document = sign(permit_credential::credential(
        &record,
        &protocol.procedure,
        &did,
        &list,
        time_ms,
    ))?;
    let mut permits = Vec::new();
    ledger.for_each("permit/", |_, record| {
        if let Record::Permit(permit) = record {
            permits.push(permit);
        }
        Ok(())
    })?;
    let status = sign(permit_credential::status_list(
        &permits,
        &protocol.procedure,
        &did,
        &list,
        time_ms,
    )?)?;
    std::fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    for (name, document) in [
        (format!("permit-{permit}.vc.json"), document),
        ("status.vc.json".to_owned(), status),
    ] {
        output::write_whole(&out.join(&name), format!("{document:#}\n").as_bytes())?;
        eprintln!("wrote {}", out.join(name).display());
    }
    Ok(Answer::Yes)
}

/// Every transfer that has moved money, in the order of time and number.
fn transfers(ledger: &Ledger) -> Result<Vec<TransferRecord>> {
    let mut records = Vec::new();
    ledger.for_each("transfer/", |_, record| {
        if let Record::Transfer(record) = record {
            records.push(record);
        }
        Ok(())
    })?;
    records.retain(|record| record.moved() > 0);
    records.sort_by_key(|record| (record.height, record.transfer.id));
    Ok(records)
}

fn head<'a>(ledger: &'a Ledger, id: &'a str, sender: &'a str) -> Result<MessageHead<'a>> {
    let currency = ledger
        .genesis()
        .currencies
        .first()
        .context("the chain has no currency")?;
    Ok(MessageHead {
        id,
        time_ms: ledger.time_ms(),
        sender,
        currency,
    })
}

pub fn statement(ledger: &Ledger, id: Id, out: &Path) -> Result<Answer> {
    let Some(Record::Account(account)) = ledger.get(&account_key(id))? else {
        eprintln!("there is no account {id}");
        return Ok(Answer::No);
    };
    let is_own =
        |record: &TransferRecord| [record.transfer.debit_account, record.transfer.credit_account].contains(&id);
    let booked: Vec<TransferRecord> = transfers(ledger)?.into_iter().filter(is_own).collect();
    let message = format!("statement-{}", ledger.next_height());
    let owner = name_of(ledger, &account.owner);
    let head = head(ledger, &message, &owner)?;
    output::write_whole(out, iso20022::camt_053(&head, &account, &owner, 0, &booked).as_bytes())?;
    eprintln!("{} bookings are in {}", booked.len(), out.display());
    Ok(Answer::Yes)
}

pub fn payments(ledger: &Ledger, message: &str, out: &Path) -> Result<Answer> {
    let records = transfers(ledger)?;
    if records.is_empty() {
        bail!("no transfer has moved money yet");
    }
    let owner = |account: Id| -> Result<String> {
        Ok(match ledger.get(&account_key(account))? {
            Some(Record::Account(account)) => name_of(ledger, &account.owner),
            _ => String::new(),
        })
    };
    let mut names = Vec::new();
    for record in &records {
        names.push((
            owner(record.transfer.debit_account)?,
            owner(record.transfer.credit_account)?,
        ));
    }
    let named: Vec<NamedTransfer<'_>> = records
        .iter()
        .zip(&names)
        .map(|(record, (debtor, creditor))| NamedTransfer {
            record,
            debtor,
            creditor,
        })
        .collect();
    let id = format!("payments-{}", ledger.next_height());
    let head = head(ledger, &id, &ledger.genesis().site)?;
    let xml = match message {
        "pain.001" => iso20022::pain_001(&head, &named),
        _ => iso20022::pacs_008(&head, &named),
    };
    output::write_whole(out, xml.as_bytes())?;
    eprintln!("{} payments are in {}", named.len(), out.display());
    Ok(Answer::Yes)
}

fn name_of(ledger: &Ledger, party: &str) -> String {
    let known = ledger.genesis().parties.iter().find(|known| known.id == party);
    known.map_or_else(|| party.to_owned(), |party| party.name.clone())
}
