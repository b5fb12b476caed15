//! Receipts and proofs verify offline, and any change to them is found.

use crate::playground::{Playground, transfer};
use ledger::account::account_key;
use ledger::{Action, Checkpoint, Digest, EntryReceipt, Id, LogEdge, StateReceipt, StateTree, Suite, TiledLog, merkle};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn chain_of(suite: Suite) -> (Playground, Digest) {
    let mut chain = Playground::of(suite).with_accounts();
    let signed = chain.sign("operator", Action::Transfer(vec![transfer(10, 2, 3, 5)]));
    let id = signed.transaction.id(suite);
    chain.block(vec![signed]);
    chain.done("operator", Action::Transfer(vec![transfer(11, 2, 3, 6)]));
    (chain, id)
}

#[test]
fn a_receipt_holds_in_both_suites_and_any_changed_letter_is_found() {
    for suite in [Suite::International, Suite::Sm] {
        let (chain, id) = chain_of(suite);
        let validators = chain.ledger.genesis().validators();
        let text = chain.ledger.receipt(&id).expect("readable").expect("there").to_json();
        let receipt = EntryReceipt::from_json(&text).expect("readable");
        receipt.verify(&validators).expect("it holds");
        let places = text.match_indices(|letter: char| letter.is_ascii_alphanumeric());
        for (place, _) in places.step_by(if suite == Suite::Sm { 61 } else { 7 }) {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'4' { b'5' } else { b'4' };
            let changed = String::from_utf8(bytes).expect("ASCII stays ASCII");
            let judged = EntryReceipt::from_json(&changed).and_then(|receipt| receipt.verify(&validators));
            // One validator's signature may be lost: three of four are enough.
            let is_one_signature =
                Checkpoint::parse(&receipt.checkpoint.note()).is_ok() && changed_signature(&text, place);
            assert!(
                judged.is_err() || is_one_signature,
                "{suite:?}: changed at {place} and still holds"
            );
        }
    }
}

/// Does a place lie in the note's signatures?
fn changed_signature(text: &str, place: usize) -> bool {
    let note = text.find("\"checkpoint\"").expect("a checkpoint");
    let signatures = note + text[note..].find("\\n\\n").expect("signatures");
    let end = signatures + text[signatures..].find('"').expect("an end");
    (signatures..end).contains(&place)
}

/// The crate `signed_note` of Cloudflare's transparency log reads our checkpoints as C2SP says they are.
#[test]
fn a_foreign_reader_of_signed_notes_verifies_a_checkpoint() {
    use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
    let (chain, _) = chain_of(Suite::International);
    let note = chain.ledger.head().expect("a block").note();
    let verifier = |(name, key): (&String, &ledger::PublicKey)| {
        let verifier = StandardVerifier::new(&ledger::verifier_key(name, key)).expect("a key");
        Box::new(verifier) as Box<dyn Verifier>
    };
    let known = VerifierList::new(chain.ledger.validators().iter().map(verifier).collect());
    let read = Note::from_bytes(note.as_bytes()).expect("a note");
    let (verified, unverified) = read.verify(&known).expect("it holds");
    assert_eq!((verified.len(), unverified.len()), (4, 0));
    let forged = note.replacen("height 3", "height 4", 1);
    assert_ne!(forged, note);
    assert!(
        Note::from_bytes(forged.as_bytes())
            .expect("a note")
            .verify(&known)
            .is_err()
    );
}

#[test]
fn a_receipt_of_too_few_or_other_validators_does_not_hold() {
    let (chain, id) = chain_of(Suite::International);
    let mut receipt = chain.ledger.receipt(&id).expect("readable").expect("there");
    let mut validators = chain.ledger.genesis().validators();
    receipt.checkpoint.signatures.truncate(3);
    receipt.verify(&validators).expect("three of four are enough");
    receipt.checkpoint.signatures.truncate(2);
    receipt
        .checkpoint
        .signatures
        .push(receipt.checkpoint.signatures[0].clone());
    let error = receipt.verify(&validators).expect_err("one signed twice").to_string();
    assert!(error.contains("2 of 4 validators have signed, 3 are needed"), "{error}");
    validators.insert("stranger".to_owned(), validators["bank"].clone());
    assert!(receipt.verify(&validators).is_err());
}

#[test]
fn the_state_is_proven_present_and_absent() {
    let (mut chain, _) = chain_of(Suite::International);
    let validators = chain.ledger.genesis().validators();
    let there = chain.ledger.prove(&account_key(Id(2))).expect("a proof");
    let text = there.to_json();
    StateReceipt::from_json(&text)
        .expect("readable")
        .verify(&validators)
        .expect("it holds");
    let absent = chain.ledger.prove(&account_key(Id(77))).expect("a proof");
    assert!(absent.record.is_none());
    absent.verify(&validators).expect("it holds");
    let mut claimed = absent.clone();
    claimed.record = there.record.clone();
    assert!(claimed.verify(&validators).is_err());
    let mut denied = there.clone();
    denied.record = None;
    assert!(denied.verify(&validators).is_err());
    let mut other = there;
    other.key = account_key(Id(3));
    assert!(other.verify(&validators).is_err());
}

#[test]
fn the_log_of_an_older_block_is_the_beginning_of_the_newest() {
    let (chain, _) = chain_of(Suite::International);
    let head = &chain.ledger.head().expect("a block").header;
    for height in 0..chain.ledger.next_height() {
        let old = chain
            .ledger
            .block(height)
            .expect("readable")
            .expect("there")
            .checkpoint
            .header;
        if old.log_size > 0 {
            let proof = chain.ledger.consistency(old.log_size).expect("a proof");
            let (old, new) = ((old.log_size, &old.log_root), (head.log_size, &head.log_root));
            assert!(merkle::verify_consistency(Suite::International, old, new, &proof));
        }
    }
}

#[test]
fn a_log_in_tiles_has_the_roots_and_proofs_of_the_whole_tree() {
    let suite = Suite::International;
    let leaf = |index: u64| merkle::leaf_hash(suite, &index.to_be_bytes());
    let mut log = LogEdge::new(suite);
    let mut tiles = BTreeMap::new();
    let mut leaves = Vec::new();
    for size in 1..=70_000u64 {
        leaves.push(leaf(size - 1));
        log.append(leaf(size - 1));
        let is_edge =
            size.is_power_of_two() || (size + 1).is_power_of_two() || size % 9973 == 0 || size == 65_536 + 257;
        if !is_edge {
            continue;
        }
        tiles.extend(log.take_tiles());
        let root = merkle::root(suite, &leaves);
        assert_eq!(log.root(), root, "size {size}");
        let restored = LogEdge::restore::<()>(suite, size, |place| Ok(tiles[&place].clone())).expect("tiles");
        assert_eq!(restored.root(), root, "size {size}, restored");
        let tiled = TiledLog {
            suite,
            read: |place| Ok::<_, ()>(tiles[&place].clone()),
        };
        for index in [0, size / 3, size - 1] {
            let proof = merkle::inclusion_proof(suite, &tiled, index, size).expect("a proof");
            assert!(
                merkle::verify_inclusion(suite, &leaf(index), index, size, &proof, &root),
                "{index} of {size}"
            );
        }
        let old = size / 2;
        if old > 0 {
            let old_root = merkle::root(suite, &leaves[..old as usize]);
            let proof = merkle::consistency_proof(suite, &tiled, old, size).expect("a proof");
            assert!(
                merkle::verify_consistency(suite, (old, &old_root), (size, &root), &proof),
                "{old} of {size}"
            );
        }
    }
}

proptest! {
    #[test]
    fn merkle_proofs_hold_for_every_leaf_and_beginning(size in 1usize..70, changed in any::<prop::sample::Index>()) {
        let suite = Suite::Sm;
        let leaves: Vec<Digest> = (0..size).map(|index| merkle::leaf_hash(suite, &[index as u8])).collect();
        let log = (suite, &leaves[..]);
        let root = merkle::root(suite, &leaves);
        for index in 0..size as u64 {
            let proof = merkle::inclusion_proof(suite, &log, index, size as u64).expect("infallible");
            prop_assert!(merkle::verify_inclusion(suite, &leaves[index as usize], index, size as u64, &proof, &root));
            let other = changed.index(size);
            if other != index as usize {
                prop_assert!(!merkle::verify_inclusion(suite, &leaves[other], index, size as u64, &proof, &root));
            }
        }
        for old in 1..=size {
            let old_root = merkle::root(suite, &leaves[..old]);
            let proof = merkle::consistency_proof(suite, &log, old as u64, size as u64).expect("infallible");
            prop_assert!(merkle::verify_consistency(suite, (old as u64, &old_root), (size as u64, &root), &proof));
        }
    }

    #[test]
    fn the_state_tree_depends_on_what_it_holds_and_not_on_how_it_came_there(
        steps in prop::collection::vec((0u8..24, prop::option::weighted(0.7, any::<u8>())), 1..80)
    ) {
        let suite = Suite::International;
        let mut tree = StateTree::new(suite);
        let mut map = BTreeMap::new();
        for (key, value) in steps {
            tree.set(&[key], value.as_ref().map(std::slice::from_ref));
            match value {
                Some(value) => map.insert(key, value),
                None => map.remove(&key),
            };
            let mut anew = StateTree::new(suite);
            for (key, value) in map.iter().rev() {
                anew.set(&[*key], Some(&[*value]));
            }
            prop_assert_eq!(tree.root(), anew.root());
        }
        let root = tree.root();
        for key in 0u8..24 {
            let proof = tree.prove(&[key]);
            let value = map.get(&key).map(std::slice::from_ref);
            prop_assert!(proof.verify(suite, &root, &[key], value));
            prop_assert!(!proof.verify(suite, &root, &[key], Some(&[value.map_or(0, |value| value[0].wrapping_add(1))])));
            prop_assert!(value.is_none() || !proof.verify(suite, &root, &[key], None));
        }
    }
}
