//! Formats that are promised: a changed digest is a new version, on purpose.

use crate::playground::{Playground, START_MS, account, key, transfer};
use ledger::account::AccountFlags;
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::governance::Change;
use ledger::permit::PermitStep;
use ledger::registry::{EntryKind, RegistryAction, RegistryEntry};
use ledger::{
    Action, Block, Checkpoint, Digest, Entry, Id, Outcome, Refusal, Scheme, SignedTransaction, Suite, Transaction,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn samples() -> Vec<Action> {
    vec![
        Action::CreateAccounts(vec![account(1, "bank", AccountFlags::default())]),
        Action::Transfer(vec![transfer(7, 1, 2, 300)]),
        Action::Anchor(vec![EvidenceItem {
            kind: EvidenceKind::TestRecord,
            subject: "bus-1".to_owned(),
            digest: Digest([7; 32]),
            count: 3,
            from_ms: START_MS,
            to_ms: START_MS + 1,
        }]),
        Action::Permit(PermitStep {
            permit: Id(1),
            step: "apply".to_owned(),
            vehicles: vec!["bus-1".to_owned()],
            conditions: Some(crate::permits::conditions()),
            evidence: vec![Digest([7; 32])],
            note: "a note".to_owned(),
        }),
        Action::Registry(RegistryAction::Enter(RegistryEntry {
            kind: EntryKind::Software,
            id: "driver".to_owned(),
            digest: None,
            attributes: BTreeMap::from([("version".to_owned(), "1".to_owned())]),
            valid_until_ms: 5,
            withdrawn: false,
        })),
        Action::Contract(ledger::contract::ContractAction::ReleaseDeposit {
            deposit: Id(1),
            escrow_account: Id(2),
            payer_account: Id(3),
        }),
        Action::Vote(Change::Upgrade { version: 2, height: 9 }),
    ]
}

fn signed(action: Action) -> SignedTransaction {
    let transaction = Transaction {
        version: 1,
        chain: Digest([1; 32]),
        sender: "bank".to_owned(),
        nonce: 1,
        valid_until_ms: START_MS,
        action,
    };
    transaction.sign(&key(Scheme::Ed25519, "bank"))
}

#[test]
fn the_encodings_of_transactions_blocks_and_checkpoints_are_pinned() {
    let mut text = String::new();
    for action in samples() {
        let name = serde_json::to_value(&action)
            .expect("plain data")
            .as_object()
            .and_then(|o| o.keys().next().cloned());
        let bytes = borsh::to_vec(&signed(action)).expect("bytes");
        let digest = Digest::of(Suite::International, &[&bytes]).to_string();
        text += &format!("{} {}\n", name.unwrap_or_default(), &digest[..16]);
    }
    let mut chain = Playground::new();
    chain.block(Vec::new());
    chain.block(Vec::new());
    let head = chain.ledger.head().expect("a block");
    text += &head.header.text();
    insta::assert_snapshot!(text);
}

#[test]
fn actions_go_through_json_and_back() {
    for action in samples() {
        let text = serde_json::to_string(&action).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Action>(&text).expect("an action"),
            action,
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn what_decodes_encodes_to_the_same_bytes(index in 0usize..7, place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let entry = Entry {
            signed: signed(samples()[index].clone()),
            outcome: Outcome::Done { refused: vec![(3, Refusal::Missing("a thing".to_owned()))] },
        };
        let mut bytes = entry.bytes();
        prop_assert_eq!(&borsh::from_slice::<Entry>(&bytes).expect("an entry"), &entry);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(decoded) = borsh::from_slice::<Entry>(&bytes) {
            prop_assert_eq!(decoded.bytes(), bytes);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = SignedTransaction::from_bytes(&bytes);
        let _ = Block::from_bytes(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = Checkpoint::parse(&text);
        let _ = ledger::EntryReceipt::from_json(&text);
        let _ = ledger::decrypt_key(&text, "x");
    }
}
