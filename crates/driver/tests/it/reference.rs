//! The reference drivers of UN R157 against the public implementation's verdicts, and laws they obey.

use driver::AutomatedDriver;
use driver::reference::table::{self, Detail};
use driver::reference::{
    Answer, Contact, CutIn, CutOut, Deceleration, Model, Pedals, ProvingGround, ReferenceDriver, STEP_S, Sight,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tables of verdicts; none where the shared data is not there.
fn tables() -> Vec<PathBuf> {
    let beside = ["../../../shared", "../../../../shared"].map(|up| Path::new(env!("CARGO_MANIFEST_DIR")).join(up));
    let named = std::env::var_os("WESTLINE_SHARED").map(PathBuf::from);
    let folder = named.into_iter().chain(beside).find(|path| path.is_dir());
    let Some(folder) = folder.map(|shared| shared.join("data/scenario/r157")) else {
        eprintln!("skipped: no shared data");
        return Vec::new();
    };
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
    found.sort();
    if found.is_empty() {
        eprintln!("skipped: no tables in {}", folder.display());
    }
    found
}

#[test]
fn every_public_verdict_is_met() {
    for table in tables() {
        let text = std::fs::read_to_string(&table).expect("a readable table");
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let mut differences = Vec::new();
        for (number, line) in lines.enumerate() {
            let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
            let value = |name: &str| row[name].parse::<f64>().expect("a number");
            let point = CutIn {
                own_mps: value("ego_kmh") / 3.6,
                other_mps: value("cutin_kmh") / 3.6,
                gap_m: value("gap_m"),
                lateral_mps: value("lat_mps"),
            };
            for model in Model::ALL {
                let outcome = point.outcome(model);
                let mut check = |column: String, ours: u8| {
                    if row
                        .get(column.as_str())
                        .is_some_and(|public| *public != ours.to_string())
                    {
                        differences.push(format!("{}:{}: {column} is {ours} here", table.display(), number + 2));
                    }
                };
                check(model.name().to_owned(), u8::from(outcome.is_avoided()));
                check(
                    format!("{}_crash_type", model.name()),
                    outcome.contact.map_or(0, |contact| contact as u8),
                );
                if model == Model::Cc {
                    check("cc_ended_early".to_owned(), u8::from(outcome.ended_early));
                }
            }
        }
        assert!(differences.is_empty(), "{}: {differences:#?}", differences.len());
    }
}

#[test]
fn the_regulations_grid_has_the_published_shares() {
    let points: Vec<CutIn> = CutIn::grid().collect();
    assert_eq!(points.len(), 28_305);
    let avoided = |model: Model, point: &CutIn| point.outcome(model).is_avoided();
    let per_mille = |count: usize| (1000.0 * count as f64 / points.len() as f64).round() as u32;
    let shares = Model::ALL.map(|model| per_mille(points.iter().filter(|point| avoided(model, point)).count()));
    assert_eq!(shares, [743, 910, 916, 819]);
    let by_none = points
        .iter()
        .filter(|point| !Model::ALL.iter().any(|&model| avoided(model, point)));
    assert_eq!(per_mille(by_none.count()), 65);
}

fn ours(ground: &ProvingGround) -> AutomatedDriver {
    AutomatedDriver::new(ground.network().clone(), ground.sheet().clone())
}

/// A sample of what `westline reference grid` plays in full.
#[test]
fn the_automated_driver_avoids_what_any_reference_driver_avoids() {
    let ground = ProvingGround::new();
    let (mut count, mut avoided) = (0, 0);
    for point in CutIn::grid().step_by(37) {
        let outcome = ground.cut_in(&point, &mut ours(&ground));
        // Who left the test early has shown no avoidance.
        let shown = Model::ALL.into_iter().find(|&model| {
            let theirs = point.outcome(model);
            theirs.is_avoided() && !theirs.ended_early
        });
        count += 1;
        avoided += u32::from(outcome.is_avoided());
        assert!(
            outcome.is_avoided() || shown.is_none(),
            "{point:?}: {outcome:?}, {shown:?} avoids it"
        );
    }
    assert!(avoided * 100 > count * 96, "{avoided} of {count}");
    for model in Model::ALL {
        for scene in CutOut::grid(model).step_by(53) {
            let (outcome, theirs) = (ground.cut_out(&scene, &mut ours(&ground)), scene.outcome(model));
            assert!(
                outcome.is_avoided() || !theirs.is_avoided(),
                "{model:?} {scene:?}: {outcome:?}"
            );
        }
        for scene in Deceleration::grid(model).step_by(31) {
            let (outcome, theirs) = (ground.deceleration(&scene, &mut ours(&ground)), scene.outcome(model));
            assert!(
                outcome.is_avoided() || !theirs.is_avoided(),
                "{model:?} {scene:?}: {outcome:?}"
            );
        }
    }
}

#[test]
fn the_proving_ground_tells_a_driver_that_does_not_brake_from_one_that_does() {
    struct Asleep;
    impl vehicle::Driver for Asleep {
        fn name(&self) -> &str {
            "asleep"
        }
        fn drive(&mut self, _: &vehicle::Observation) -> vehicle::Control {
            vehicle::Control::default()
        }
        fn explanation(&self) -> vehicle::Explanation {
            unreachable!("nobody asks a sleeper")
        }
    }
    let ground = ProvingGround::new();
    let scene = Deceleration {
        speed_mps: 20.0,
        braking_mps2: 6.0,
        following_gap_m: 40.0,
    };
    let hit = ground.deceleration(&scene, &mut Asleep);
    assert_eq!(hit.contact, Some(Contact::IntoRear));
    assert!(hit.impact_mps > 15.0, "{hit:?}");
    assert!(ground.deceleration(&scene, &mut ours(&ground)).is_avoided());
}

/// Watches what a reference driver does.
struct Watched {
    driver: ReferenceDriver,
    speeds_mps: Vec<f64>,
}

impl Pedals for Watched {
    fn press(&mut self, sight: &Sight) -> Answer {
        let answer = self.driver.press(sight);
        self.speeds_mps.push(answer.speed_mps);
        answer
    }
}

fn cut_in() -> impl Strategy<Value = CutIn> {
    (0.0..40.0, 0.0..40.0, 0.0..150.0, 0.0..15.0).prop_map(|(own_mps, other_mps, gap_m, lateral_mps)| CutIn {
        own_mps,
        other_mps,
        gap_m,
        lateral_mps,
    })
}

proptest! {
    #[test]
    fn a_reference_driver_never_speeds_up_never_reverses_and_brakes_no_harder_than_it_may(point in cut_in()) {
        for model in Model::ALL {
            let mut watched = Watched { driver: ReferenceDriver::new(model), speeds_mps: vec![point.own_mps] };
            point.play(&mut watched);
            let hardest_mps2 = watched.speeds_mps.windows(2).map(|pair| (pair[0] - pair[1]) / STEP_S);
            for mps2 in hardest_mps2 {
                prop_assert!((-1e-9..=0.774 * 9.81 + 1e-9).contains(&mps2), "{} brakes at {mps2}", model.name());
            }
            prop_assert!(watched.speeds_mps.iter().all(|speed_mps| *speed_mps >= 0.0));
        }
    }

    #[test]
    fn who_never_comes_in_touches_nobody(point in cut_in()) {
        let beside = CutIn { lateral_mps: 0.0, ..point };
        for model in Model::ALL {
            prop_assert!(beside.outcome(model).is_avoided(), "{}", model.name());
        }
    }

    #[test]
    fn a_slower_leader_far_ahead_is_no_danger_in_a_deceleration(speed_mps in 3.0..36.0, braking_mps2 in 0.1..9.5) {
        let scene = Deceleration { speed_mps, braking_mps2, following_gap_m: 400.0 };
        for model in Model::ALL {
            prop_assert!(scene.outcome(model).is_avoided(), "{}", model.name());
        }
    }

    #[test]
    fn a_table_gets_one_row_for_each_row(points in prop::collection::vec(cut_in(), 0..20)) {
        let mut table = String::from("note,lat_mps,gap_m,cutin_kmh,ego_kmh,cc\n");
        for point in &points {
            let CutIn { own_mps, other_mps, gap_m, lateral_mps } = point;
            table += &format!("x,{lateral_mps},{gap_m},{},{},7\n", other_mps * 3.6, own_mps * 3.6);
        }
        let answered = table::cut_ins("points.csv", &table, Detail::Verdicts).expect("a sound table");
        let mut lines = answered.lines();
        prop_assert_eq!(
            lines.next(),
            Some("note,lat_mps,gap_m,cutin_kmh,ego_kmh,cc,fsm,rss,reg157,cc_ended_early")
        );
        prop_assert_eq!(lines.count(), points.len());
    }
}

#[test]
fn all_that_is_wrong_with_a_table_is_told_with_its_line() {
    let check = |text: &str| table::cut_ins("points.csv", text, Detail::Verdicts).expect_err("a wrong table");
    assert_eq!(
        check("ego_kmh,cutin_kmh,gap_m,lat_mps\n60,20,near,1\n60,20,10,1\n60,20\n60,20,10,-1\n"),
        "points.csv:2: gap_m is `near`, expected a number from 0 to 10000\nhint: correct the cell, or leave the row out\n\
         points.csv:4: `2` cells, expected 4 as in the header\n\
         points.csv:5: lat_mps is `-1`, expected a number from 0 to 15\nhint: correct the cell, or leave the row out"
    );
    assert_eq!(
        check("ego_kmh,gap_m\n"),
        "points.csv:1: no column `cutin_kmh` in `ego_kmh,gap_m`\nhint: the first line names the columns: \
         ego_kmh,cutin_kmh,gap_m,lat_mps"
    );
    check("");
}

#[test]
fn following_gaps_are_those_of_the_formulas() {
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    near(Model::Cc.following_gap_m(20.0), 40.0);
    // 15 m of reaction, 50 m of own braking at 4 m/s², 28.571 m of the leader's at 7 m/s², 4 m of margins.
    near(Model::Fsm.following_gap_m(20.0), 15.0 + 50.0 - 400.0 / 14.0 + 4.0);
    // 15 m and 3 m/s² for 0.75 s, then from 22.25 m/s at 6 m/s²; the leader from 15.5 m/s after 1.6875 m of lost way.
    near(
        Model::Rss.following_gap_m(20.0),
        15.0 + 0.84375 + 22.25 * 22.25 / 12.0 - 15.5 * 15.5 / 12.0 + 1.6875,
    );
}
