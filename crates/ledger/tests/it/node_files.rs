//! What a node takes from outside as text, `network.toml`, `node.toml`, transactions in JSON: whatever it is, it is read or refused.

use crate::playground::{START_MS, genesis, key, transfer};
use ledger::validators::{Peer, Settings, read_directory, read_settings, write_directory, write_settings};
use ledger::{Action, Digest, LedgerError, Scheme, SignedTransaction, Suite, Transaction};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Lines as such files have them, and some that they should not have.
fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("\"bank\"".to_owned()),
        Just("\"127.0.0.1:7100\"".to_owned()),
        Just("\"[::1]:0\"".to_owned()),
        Just(format!("\"{}\"", key(Scheme::Ed25519, "bank").public_key())),
        Just(format!("\"{}\"", key(Scheme::P256, "bank").public_key())),
        Just("\"ed25519:\"".to_owned()),
        Just("0".to_owned()),
        Just("-9223372036854775808".to_owned()),
        Just("1e400".to_owned()),
        Just("[[[]]]".to_owned()),
        Just("\"\\u0000\"".to_owned()),
        "\\PC{0,12}",
    ];
    let name = prop_oneof![
        Just("party"),
        Just("address"),
        Just("engine_key"),
        Just("api"),
        Just("listen"),
        Just("requests_per_second"),
        Just("other"),
    ];
    prop_oneof![
        4 => (name, value).prop_map(|(name, value)| format!("{name} = {value}")),
        1 => Just("[[validator]]".to_owned()),
        1 => Just("[validator]".to_owned()),
        1 => "\\PC{0,20}",
    ]
}

/// A refusal names the file and a line of it, and says what to do.
fn is_told(error: &LedgerError, file: &str, text: &str) -> bool {
    let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
    let LedgerError::Problems(problems) = error else {
        return false;
    };
    !problems.is_empty()
        && problems.iter().all(|problem| {
            let rest = problem.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
            let line = rest.and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
            line.is_some_and(|line| (1..=lines).contains(&line)) && problem.contains("\nhint: ")
        })
}

proptest! {
    #[test]
    fn any_network_file_is_read_or_refused_at_a_line(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        match read_directory("network.toml", &text) {
            Ok(peers) => {
                let again = read_directory("network.toml", &write_directory(&peers)).expect("what was written reads");
                let plain = |peers: &BTreeMap<String, Peer>| -> Vec<(String, String, SocketAddr)> {
                    peers.iter().map(|(name, peer)| (name.clone(), peer.key_text(), peer.address)).collect()
                };
                prop_assert_eq!(plain(&again), plain(&peers));
            }
            Err(error) => prop_assert!(is_told(&error, "network.toml", &text), "{}", error),
        }
    }

    #[test]
    fn any_node_file_is_read_or_refused_at_a_line(lines in prop::collection::vec(line(), 0..6)) {
        let text = lines.join("\n");
        match read_settings("node.toml", &text) {
            Ok(settings) => {
                let again = read_settings("node.toml", &write_settings(&settings)).expect("what was written reads");
                prop_assert_eq!(again, settings);
            }
            Err(error) => prop_assert!(is_told(&error, "node.toml", &text), "{}", error),
        }
    }

    #[test]
    fn settings_of_any_party_read_as_they_were_written(
        party in "\\PC{0,30}", port: u16, has_listen: bool, requests_per_second: Option<std::num::NonZeroU32>,
    ) {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let settings = Settings { party, listen: has_listen.then_some(address), api: address, requests_per_second };
        let again = read_settings("node.toml", &write_settings(&settings)).expect("what was written reads");
        prop_assert_eq!(again, settings);
    }

    /// A client's JSON with some characters changed, left out or put in: it is refused, or is a transaction, of which the canonical form
    /// reads as the same. Signed it is then only if nothing that is signed was changed.
    #[test]
    fn a_transaction_in_changed_json_is_refused_or_is_another(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, "[ -~]"), 1..4),
    ) {
        let transaction = Transaction {
            version: 1,
            chain: genesis(Suite::International).0.digest(),
            sender: "bank".to_owned(),
            nonce: 1,
            valid_until_ms: START_MS,
            action: Action::Transfer(vec![transfer(1, 1, 2, 5)]),
        };
        let signed = transaction.sign(&key(Scheme::Ed25519, "bank"));
        let mut text = serde_json::to_string(&signed).expect("plain data");
        prop_assert_eq!(&serde_json::from_str::<SignedTransaction>(&text).expect("what was written reads"), &signed);
        for (place, kind, letter) in changes {
            let place = place.index(text.len());
            match kind {
                0 => text.replace_range(place..=place, &letter),
                1 => text.replace_range(place..=place, ""),
                _ => text.insert_str(place, &letter),
            }
        }
        if let Ok(read) = serde_json::from_str::<SignedTransaction>(&text) {
            let bytes = borsh::to_vec(&read).expect("writing to memory does not fail");
            prop_assert_eq!(&SignedTransaction::from_bytes(&bytes).expect("it is short"), &read);
            let id = |signed: &SignedTransaction| -> Digest { signed.transaction.id(Suite::International) };
            prop_assert_eq!(read.is_signed(), read == signed, "{}: {}", id(&read), text);
        }
    }
}
