//! Test records: what was recorded is checked to the byte, and a changed byte is named.

use crate::playground::{Ground, content};
use proving::test_record::{RECORD_FILE, TREE_FILE, parse_verdict_id, verdict_id, verify};
use proving::{Campaign, Outcome, evidence, test_record};
use serde_json::json;
use std::path::Path;

fn recorded(folder: &Path) {
    let ground = Ground::new();
    let campaign = Campaign {
        runs_max: Some(30),
        ..ground.campaign(folder)
    };
    let identity = campaign.prepare(false, &json!({})).expect("prepared");
    campaign.play(&()).expect("played");
    let outcome = Outcome::of(&campaign).expect("an outcome");
    let shown = evidence::record_worst(&campaign, &outcome, &()).expect("recorded");
    let result = test_record::result(&campaign, &identity, &outcome, &shown);
    test_record::write(folder, &result).expect("written");
}

#[test]
fn a_record_holds_and_any_changed_byte_of_any_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    recorded(folder.path());
    let record = folder.path().join(RECORD_FILE);
    let checked = verify(&record).expect("a record");
    assert_eq!(checked.differences, []);
    assert!(checked.files >= 4, "{checked:?}");
    for (number, (path, before)) in content(folder.path()).into_iter().enumerate() {
        let name = path.to_string_lossy().into_owned();
        let at = before.len() * (number + 1) / (number + 3);
        let mut after = before.clone();
        after[at] ^= 0x55;
        std::fs::write(folder.path().join(&path), &after).expect("written");
        let found = verify(&record);
        std::fs::write(folder.path().join(&path), &before).expect("written");
        if name == TREE_FILE {
            // The map need not be trusted: damaged, it can only make the answer coarser, or be out of step with the record.
            continue;
        }
        let differences = found.expect("a record").differences;
        let expected = format!(
            "byte {at} differs: found 0x{:02x}, expected 0x{:02x}",
            after[at], before[at]
        );
        assert_eq!(differences.first(), Some(&(name.clone(), expected)), "{differences:?}");
    }
    assert_eq!(verify(&record).expect("a record").differences, []);
}

#[test]
fn files_that_are_gone_cut_off_or_new_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    recorded(folder.path());
    let record = folder.path().join(RECORD_FILE);
    let table = folder.path().join("runs/straight/000000.parquet");
    let before = std::fs::read(&table).expect("read");
    let told = |record: &Path| verify(record).expect("a record").differences;
    std::fs::write(&table, &before[..700]).expect("written");
    assert_eq!(told(&record)[0].1, "cut off at byte 700");
    std::fs::remove_file(&table).expect("removed");
    assert!(told(&record)[0].0.ends_with("straight/000000.parquet"));
    std::fs::write(&table, &before).expect("written");
    std::fs::write(folder.path().join("runs/straight/000001.parquet"), &before).expect("written");
    assert_eq!(told(&record)[0].1, "is not in the record");
}

#[test]
fn without_its_map_a_record_still_tells_that_a_file_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    recorded(folder.path());
    std::fs::remove_file(folder.path().join(TREE_FILE)).expect("removed");
    let record = folder.path().join(RECORD_FILE);
    assert_eq!(verify(&record).expect("a record").differences, []);
    let table = folder.path().join("runs/wall/000000.parquet");
    let mut bytes = std::fs::read(&table).expect("read");
    bytes[100] ^= 1;
    std::fs::write(&table, bytes).expect("written");
    assert!(
        verify(&record).expect("a record").differences[0]
            .1
            .starts_with("differs")
    );
}

#[test]
fn a_record_that_leads_out_of_its_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join(RECORD_FILE);
    let text = r#"{"files":[{"bytes":1,"path":"../../etc/passwd","root":"00"}],"format":"westline-test-record-1","root":"00"}"#;
    std::fs::write(&record, text).expect("written");
    assert_eq!(
        verify(&record).expect("a record").differences[0].1,
        "lies outside the record's folder"
    );
    std::fs::write(&record, "no json").expect("written");
    assert!(verify(&record).expect_err("no record").to_string().contains("hint:"));
}

#[test]
fn a_verdict_has_a_name_that_leads_back_to_it() {
    let digest = "0123456789abcdef0123";
    let id = verdict_id(digest, "cut-in", 42, 1);
    assert_eq!(parse_verdict_id(&id), Some(("0123456789ab", "cut-in", 42, 1)));
    for wrong in ["", "a.b.c", "0123456789ab.cut-in.x.0", "0123456789ab.cut-in.1.0.7"] {
        assert_eq!(parse_verdict_id(wrong), None, "{wrong}");
    }
}
