//! The suites that come with the program: sound, playable far from the source tree, and what they say is what happens.

use proving::verdict::Decision;
use proving::{Stand, UnderTest, shelf};
use record::Seed;
use scenario::Driver;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use vehicle::DataSheet;

fn library() -> scenario::Library {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sites/yongchuan/map.xodr");
    let content = std::fs::read(map).expect("the site's map");
    shelf::library([(PathBuf::from("sites/yongchuan/map.xodr"), Cow::Owned(content))])
}

#[test]
fn every_built_in_suite_is_sound_and_every_scenario_can_be_played() {
    let library = library();
    for name in shelf::names() {
        let suite = shelf::find(name, &library).expect(name);
        assert_eq!(suite.name, name);
        for vehicle in ["minibus", "car"] {
            let sheet = DataSheet::shipped(vehicle).expect("a sheet");
            let stand = Stand {
                library: &library,
                sheet: &sheet,
                under_test: UnderTest {
                    name: "westline",
                    driver: Driver::Westline,
                    outside: None,
                },
                step_s: suite.step_s,
                seed: Seed(suite.seed),
            };
            assert_eq!(suite.check(&stand), Vec::<String>::new(), "{name} with {vehicle}");
            if vehicle == "car" {
                continue;
            }
            for scenario in &suite.scenarios {
                let values: Vec<f64> = scenario
                    .parameters
                    .iter()
                    .map(|parameter| parameter.value(0.5))
                    .collect();
                let judged = stand.play(scenario, 0, values);
                assert_eq!(judged.verdicts.len(), scenario.criteria.len());
                let told = |verdict: &proving::verdict::Verdict| match &verdict.decision {
                    Decision::Undecided(reason) => format!("undecided: {reason}"),
                    decision => decision.word().to_owned(),
                };
                let verdicts: Vec<String> = judged.verdicts.iter().map(told).collect();
                println!("{name} {}: {}", scenario.id, verdicts.join(", "));
                assert!(
                    !verdicts
                        .iter()
                        .any(|told| told.contains("not allow") || told.contains("driver failed")),
                    "{verdicts:?}"
                );
            }
        }
    }
}

#[test]
fn an_unknown_suite_is_refused_and_the_nearest_named() {
    let error = shelf::find("r175", &library()).expect_err("no suite").to_string();
    assert!(error.contains("did you mean `r157`?"), "{error}");
}
