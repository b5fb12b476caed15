//! What travels to a worker and back. Servers, hosts and what may die of them are in `tests/workers.sh`.

use crate::playground::Ground;
use proptest::prelude::*;
use proving::campaign::{Failures, table_details};
use proving::fleet::{Bundle, serve};
use proving::verdict::Decision;
use proving::{Campaign, run_table};
use record::Rows;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a player says when it is asked so.
fn answers(campaign: &Campaign<'_>, kept: &Value, folder: &Path, asked: &[Value]) -> Vec<Value> {
    let requests: String = asked.iter().map(|line| format!("{line}\n")).collect();
    let mut said = Vec::new();
    serve(campaign, kept, folder, requests.as_bytes(), &mut said).expect("served");
    let said = String::from_utf8(said).expect("a text");
    said.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_player_says_which_run_it_begins_and_makes_the_table_that_a_campaign_makes() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(folder.path());
    let identity = campaign.identity(&json!({})).expect("an identity");
    let asked = [json!({ "scenario": "straight", "shard": 0, "aside": [] })];
    let said = answers(&campaign, &identity, folder.path(), &asked);
    assert_eq!(said[0], json!("ready"));
    let mut begun: Vec<u64> = said[1..21].iter().filter_map(|word| word["begins"].as_u64()).collect();
    begun.sort_unstable();
    assert_eq!(begun, (0..20).collect::<Vec<_>>());
    let shard = campaign.shard("straight", 0).expect("a shard");
    let own = campaign.play_shard(&shard, &BTreeMap::new(), &Failures::default(), &());
    let file = folder.path().join("own.parquet");
    own.expect("played")
        .write(&file, &table_details(shard.scenario))
        .expect("written");
    let made = said[21]["table"].as_str().expect("a table");
    assert!(std::fs::read(made).expect("read") == std::fs::read(file).expect("read"));
}

#[test]
fn a_run_that_was_set_aside_is_not_decided_and_the_others_are_as_without_it() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(folder.path());
    let identity = campaign.identity(&json!({})).expect("an identity");
    let aside = json!([{ "run": 7, "reason": "it ended them all", "tries": ["signal: 9"] }]);
    let rows = |aside: &Value| {
        let asked = [json!({ "scenario": "straight", "shard": 0, "aside": aside })];
        let said = answers(&campaign, &identity, folder.path(), &asked);
        let made = said.last().and_then(|word| word["table"].as_str()).expect("a table");
        let read = Rows::read(Path::new(made)).expect("a table");
        run_table::rows(&ground.suite.scenarios[1], &read).expect("of the scenario")
    };
    let (all, most) = (rows(&json!([])), rows(&aside));
    assert_eq!(
        most[7].decision(),
        Decision::Undecided("set aside: it ended them all".to_owned())
    );
    assert!(all.iter().zip(&most).all(|(one, other)| one == other || one.index == 7));
}

#[test]
fn a_player_refuses_the_campaign_of_another_program() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(folder.path());
    let mut identity = campaign.identity(&json!({})).expect("an identity");
    identity["software"]["digest"] = json!("another");
    let asked = [json!({ "scenario": "straight", "shard": 0, "aside": [] })];
    let said = answers(&campaign, &identity, folder.path(), &asked);
    assert_eq!(said, [json!({ "refused": "with another software" })]);
}

proptest! {
    #[test]
    fn a_bundle_comes_back_from_its_bytes_and_keeps_its_name(
        files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,8}){0,2}", proptest::collection::vec(any::<u8>(), 0..200), 0..5),
    ) {
        let files = files.into_iter().map(|(path, content)| (PathBuf::from(path), content.into())).collect();
        let bundle = Bundle { identity: json!({ "suite": "small", "seed": 5 }), files };
        let back = Bundle::from_bytes(&bundle.to_bytes()).expect("a bundle");
        prop_assert_eq!(back.name(), bundle.name());
        prop_assert_eq!(back, bundle);
    }

    #[test]
    fn bytes_that_are_no_bundle_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Bundle::from_bytes(&bytes).is_err());
    }
}
