//! Anything that reaches a ledger from outside: transactions, blocks, checkpoints, receipts, key files, credentials, site files.
#![no_main]

use ledger::{Block, Checkpoint, EntryReceipt, SignedTransaction, StateReceipt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = SignedTransaction::from_bytes(bytes) {
        let _ = signed.is_signed();
    }
    if let Ok(block) = Block::from_bytes(bytes) {
        let _ = block.checkpoint.note();
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(Checkpoint::parse(&checkpoint.note()).ok(), Some(checkpoint));
    }
    // What a node's HTTP interface takes.
    if let Ok(signed) = serde_json::from_str::<SignedTransaction>(text) {
        let again = serde_json::to_string(&signed).expect("a transaction is plain data");
        assert_eq!(serde_json::from_str::<SignedTransaction>(&again).ok(), Some(signed));
    }
    let _ = serde_json::from_str::<Vec<SignedTransaction>>(text);
    let _ = EntryReceipt::from_json(text);
    let _ = StateReceipt::from_json(text);
    let _ = ledger::decrypt_key(text, "passphrase");
    let _ = ledger::site::LedgerSite::read(("parties.toml", text), ("permits.toml", text));
    if let Ok(document) = serde_json::from_str(text) {
        let _ = ledger::credential::faults(&document);
        let _ = ledger::credential::verify(&document, None);
        let _ = ledger::jcs::canonical(&document);
    }
});
