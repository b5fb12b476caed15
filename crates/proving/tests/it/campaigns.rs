//! Campaigns: the same on any number of threads, killed and gone on with, judged clause by clause.

use crate::playground::{Ground, content};
use proving::verdict::Decision;
use proving::{Campaign, Outcome, Progress, ProvingError, evidence, test_record};
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

fn finish(campaign: &Campaign<'_>, resume: bool) -> Outcome {
    let identity = campaign.prepare(resume, &json!({})).expect("prepared");
    campaign.play(&()).expect("played");
    let outcome = Outcome::of(campaign).expect("an outcome");
    let shown = evidence::record_worst(campaign, &outcome, &()).expect("recorded");
    let result = test_record::result(campaign, &identity, &outcome, &shown);
    test_record::write(campaign.folder, &result).expect("written");
    outcome
}

fn on<T: Send>(threads: usize, act: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads");
    pool.install(act)
}

/// Stops after so many runs.
struct Killer {
    left: AtomicU64,
}

impl Progress for Killer {
    fn is_stopped(&self) -> bool {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_sub(1))
            })
            .is_ok_and(|before| before == 0)
    }
}

#[test]
fn a_campaign_that_was_killed_ten_times_ends_with_the_bytes_of_one_that_was_not() {
    let ground = Ground::new();
    let whole = tempfile::tempdir().expect("a folder");
    on(1, || finish(&ground.campaign(whole.path()), false));
    let broken = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(broken.path());
    for kill in 0..10u64 {
        campaign.prepare(kill > 0, &json!({})).expect("prepared");
        let killer = Killer {
            left: AtomicU64::new(50 + 97 * kill),
        };
        let played = on(2, || campaign.play(&killer));
        assert!(
            matches!(played, Err(ProvingError::Interrupted)) || kill > 5,
            "kill {kill}: {played:?}"
        );
        // A kill in the middle of writing leaves half a file beside its place.
        std::fs::write(broken.path().join("runs/wall/000001.parquet.part"), b"half").expect("written");
    }
    on(2, || finish(&campaign, true));
    let is_whole = |(path, _): &(std::path::PathBuf, Vec<u8>)| path.extension().is_none_or(|ending| ending != "part");
    let [whole, broken] = [whole.path(), broken.path()]
        .map(|folder| -> Vec<_> { content(folder).into_iter().filter(is_whole).collect() });
    let names = |of: &[(std::path::PathBuf, Vec<u8>)]| of.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&whole), names(&broken));
    for ((path, one), (_, other)) in whole.iter().zip(&broken) {
        assert!(one == other, "{} differs", path.display());
    }
}

#[test]
fn runs_are_judged_by_clause_and_a_reference_driver_plays_beside() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = finish(&ground.campaign(folder.path()), false);
    let wall = &outcome.scenarios[0];
    assert_eq!(wall.runs, 1200);
    assert!(
        wall.passed > 300 && wall.failed > 100,
        "{} passed, {} failed",
        wall.passed,
        wall.failed
    );
    let share = wall.failure.expect("runs were decided");
    assert!(share.low < share.value && share.value < share.high);
    let (name, avoided, of) = &wall.references[0];
    assert_eq!((name.as_str(), *of), ("reference:cc", 1200));
    assert!(*avoided > 0 && *avoided < 1200, "{avoided}");
    assert_eq!(outcome.clauses[0].decision, Decision::Failed);
    assert_eq!(outcome.clauses[1].decision, Decision::Passed);
    let worst = &wall.criteria[0].worst;
    assert!(worst[0].verdict.margin < Some(-5.0), "{worst:?}");
    assert!(
        worst
            .windows(2)
            .all(|pair| pair[0].verdict.margin <= pair[1].verdict.margin)
    );
}

#[test]
fn fewer_runs_than_are_required_decide_nothing() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = Campaign {
        runs_max: Some(5),
        ..ground.campaign(folder.path())
    };
    let outcome = finish(&campaign, false);
    let reason = outcome.clauses[1].decision.reason().expect("not decided");
    assert_eq!(reason, "5 of 20 required runs of `straight`");
}

#[test]
fn a_folder_of_another_campaign_is_not_gone_on_with() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(folder.path());
    campaign.prepare(false, &json!({})).expect("prepared");
    let mut other = campaign;
    other.stand.seed = record::Seed(6);
    let error = other.prepare(true, &json!({})).expect_err("another seed").to_string();
    assert!(
        error.contains("with another seed") && error.contains("hint:"),
        "{error}"
    );
}

#[test]
fn a_verdict_is_reproduced_bit_for_bit() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(folder.path());
    let outcome = finish(&campaign, false);
    let scenario = &ground.suite.scenarios[0];
    for worst in &outcome.scenarios[0].criteria[0].worst {
        let kept = evidence::kept_run(folder.path(), scenario, worst.run).expect("kept");
        let again = evidence::reproduce(&campaign, scenario, worst.run, None).expect("played");
        assert_eq!(kept, again);
    }
    assert!(evidence::kept_run(folder.path(), scenario, 1_000_000).is_err());
}

#[test]
fn a_disk_that_is_full_is_told_and_finished_runs_are_kept() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ground.campaign(folder.path());
    campaign.prepare(false, &json!({})).expect("prepared");
    // A folder in the place of the second table: it cannot be written, as on a full disk.
    let blocked = folder.path().join("runs/wall/000001.parquet.part");
    std::fs::create_dir_all(&blocked).expect("made");
    let error = campaign.play(&()).expect_err("nothing can be written").to_string();
    assert!(error.contains("000001.parquet") && error.contains("hint:"), "{error}");
    assert!(folder.path().join("runs/wall/000000.parquet").exists());
    std::fs::remove_dir(&blocked).expect("removed");
    finish(&campaign, true);
    assert!(Path::new(&folder.path().join("runs/wall/000002.parquet")).exists());
}
