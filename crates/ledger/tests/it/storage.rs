//! What was acknowledged survives: cut files, lost indices, changed bytes.

use crate::playground::{Playground, START_MS, transfer};
use ledger::account::account_key;
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::{Action, Digest, Id, Ledger, Record, Suite};
use std::path::Path;

fn item(index: u64) -> EvidenceItem {
    EvidenceItem {
        kind: EvidenceKind::Recording,
        subject: "bus-1".to_owned(),
        digest: Digest::of(Suite::International, &[&index.to_be_bytes()]),
        count: 1,
        from_ms: START_MS,
        to_ms: START_MS + 60_000,
    }
}

fn grown(blocks: u64) -> Playground {
    let mut chain = Playground::new().with_accounts();
    for index in 0..blocks {
        let money = chain.sign(
            "operator",
            Action::Transfer(vec![transfer(100 + u128::from(index), 2, 3, 10)]),
        );
        let evidence = chain.sign("operator", Action::Anchor(vec![item(index)]));
        chain.block(vec![money, evidence]);
    }
    chain
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for name in ["genesis.json", "blocks", "index.redb"] {
        std::fs::copy(from.join(name), to.join(name)).expect("a copy");
    }
}

#[test]
fn a_closed_ledger_opens_as_it_was_and_goes_on() {
    let mut chain = grown(5);
    let head = chain.ledger.head().cloned();
    let folder = chain.ledger.folder().to_owned();
    // The old one lets go of its files before the new one takes them.
    let elsewhere = chain.folder.path().join("other");
    let spare = Ledger::create(&elsewhere, chain.ledger.genesis().clone()).expect("a ledger");
    drop(std::mem::replace(&mut chain.ledger, spare));
    let (opened, _) = Ledger::open(&folder).expect("the ledger");
    assert_eq!(opened.head().cloned(), head);
    chain.ledger = opened;
    chain.done("operator", Action::Transfer(vec![transfer(900, 2, 3, 1)]));
}

#[test]
fn a_file_of_blocks_cut_at_any_byte_opens_with_every_whole_block() {
    let chain = grown(6);
    chain.ledger.flush().expect("a flush");
    let from = chain.ledger.folder().to_owned();
    let heads: Vec<_> = (0..chain.ledger.next_height())
        .map(|height| chain.ledger.block(height).expect("readable").expect("there").checkpoint)
        .collect();
    drop(chain.ledger);
    let length = std::fs::metadata(from.join("blocks")).expect("the file").len();
    let ends = frame_ends(&from.join("blocks"));
    let around = ends
        .iter()
        .flat_map(|end| [end.saturating_sub(1), *end, end + 1, end + 5, end + 13]);
    let spread = (0..length).step_by((length / 24) as usize);
    let scratch = tempfile::tempdir().expect("a folder");
    for cut in around.chain(spread).filter(|cut| *cut <= length) {
        let to = scratch.path().join(cut.to_string());
        copy(&from, &to);
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(to.join("blocks"))
            .expect("the file");
        file.set_len(cut).expect("a cut");
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let (opened, _) = Ledger::open(&to).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(opened.next_height(), whole as u64, "cut at {cut}");
        assert_eq!(
            opened.head(),
            whole.checked_sub(1).map(|last| &heads[last]),
            "cut at {cut}"
        );
        drop(opened);
        std::fs::remove_dir_all(&to).expect("the copy goes");
    }
}

fn frame_ends(path: &Path) -> Vec<u64> {
    let bytes = std::fs::read(path).expect("the file");
    let mut ends = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        let length = u32::from_be_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"));
        offset += 12 + length as usize;
        ends.push(offset as u64);
    }
    ends
}

#[test]
fn an_index_that_is_lost_cut_or_garbled_is_made_again_from_the_blocks() {
    let chain = grown(6);
    let from = chain.ledger.folder().to_owned();
    let head = chain.ledger.head().cloned();
    drop(chain.ledger);
    let length = std::fs::metadata(from.join("index.redb")).expect("the file").len() as usize;
    let scratch = tempfile::tempdir().expect("a folder");
    let garbled = |name: &str, mut bytes: Vec<u8>| -> Vec<u8> {
        match name {
            "lost" => bytes.clear(),
            "cut in half" => bytes.truncate(length / 2),
            "cut short" => bytes.truncate(100),
            "garbled at its head" => bytes[..64].fill(7),
            _ => bytes = b"not a database".to_vec(),
        }
        bytes
    };
    let names = [
        "lost",
        "cut in half",
        "cut short",
        "garbled at its head",
        "another file",
    ];
    for name in names {
        let to = scratch.path().join(name);
        copy(&from, &to);
        let bytes = std::fs::read(to.join("index.redb")).expect("the index");
        std::fs::write(to.join("index.redb"), garbled(name, bytes)).expect("a write");
        let (opened, recovery) = Ledger::open(&to).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(opened.head().cloned(), head, "{name}");
        assert!(recovery.blocks_replayed > 0, "{name}");
    }
}

#[test]
fn a_changed_byte_in_any_block_but_the_last_is_found_and_named() {
    let chain = grown(4);
    let from = chain.ledger.folder().to_owned();
    drop(chain.ledger);
    let ends = frame_ends(&from.join("blocks"));
    let scratch = tempfile::tempdir().expect("a folder");
    let starts: Vec<u64> = [0].iter().chain(&ends).take(ends.len() - 1).copied().collect();
    // In the length, the checksum, the block.
    let places = starts
        .iter()
        .flat_map(|start| [0, 2, 9, 40].map(|place| (start, start + place)));
    for (index, (start, place)) in places.enumerate() {
        let to = scratch.path().join(index.to_string());
        copy(&from, &to);
        let mut bytes = std::fs::read(to.join("blocks")).expect("the blocks");
        bytes[place as usize] ^= 1;
        std::fs::write(to.join("blocks"), bytes).expect("a write");
        std::fs::remove_file(to.join("index.redb")).expect("the index goes");
        let error = Ledger::open(&to).err().expect("a changed byte").to_string();
        assert!(
            error.contains(&format!("the block at byte {start} has been changed")),
            "{error}"
        );
    }
}

#[test]
fn an_entry_can_be_read_as_it_stood_after_any_block() {
    let chain = grown(5);
    let key = account_key(Id(2));
    for (index, height) in (2..7).enumerate() {
        let Some(Record::Account(account)) = chain.ledger.get_past(&key, height).expect("readable") else {
            panic!("no account at {height}");
        };
        assert_eq!(account.debits_posted, 10 * (index as u64 + 1), "after block {height}");
    }
    let before = chain.ledger.get_past("account/99", 3).expect("readable");
    assert_eq!(before, None);
    let first = chain.ledger.get_past(&key, 0).expect("readable");
    assert!(matches!(first, Some(Record::Account(account)) if account.credits_posted == 0));
    let evidence = ledger::evidence::evidence_key(&item(3).digest);
    assert_eq!(chain.ledger.get_past(&evidence, 4).expect("readable"), None);
    assert!(chain.ledger.get_past(&evidence, 5).expect("readable").is_some());
}

#[test]
fn a_second_program_cannot_open_the_same_ledger() {
    let chain = grown(1);
    let error = Ledger::open(chain.ledger.folder())
        .err()
        .expect("it is open")
        .to_string();
    assert!(error.contains("another program has this ledger open"), "{error}");
}

#[test]
fn verifying_runs_every_block_again_and_agrees() {
    let chain = grown(4);
    let scratch = tempfile::tempdir().expect("a folder");
    let mut seen = Vec::new();
    chain
        .ledger
        .verify(&scratch.path().join("again"), |height| seen.push(height))
        .expect("it holds");
    assert_eq!(seen, (0..chain.ledger.next_height()).collect::<Vec<_>>());
}
