//! Damaged scenarios: an answer or an error, soon, and never a panic or a number that is none.
//!
//! Every public file is damaged by turns, and the program's own example with them. Some hundreds of cases run here;
//! `WESTLINE_MUTATIONS=1000000 cargo test --release -p scenario --test it damage` runs as many as it says, see
//! docs/scenarios.md.

use crate::public_files;
use proptest::prelude::*;
use scenario::{Distribution, Library, Player, ReadOptions, concrete, read};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

/// No damaged file takes longer to be read and played for [`PLAYED_S`], on a busy machine in a debug build.
const TIME_MAX: Duration = Duration::from_secs(60);
const PLAYED_S: f64 = 2.0;
const STEP_S: f64 = 0.05;

fn cases() -> u32 {
    let count = std::env::var("WESTLINE_MUTATIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    count.unwrap_or(200)
}

/// One thing done to a file; places are shares of what there is of the kind.
#[derive(Clone, Debug)]
enum Damage {
    /// The value of an attribute is another.
    Value { at: f64, value: String },
    /// The value of an attribute is that of another.
    Mixed { from: f64, to: f64 },
    /// A tag is gone: its element, if it has no content, else the file's balance.
    Gone { at: f64 },
    /// A stretch stands elsewhere, too.
    Twice { from: f64, length: usize, to: f64 },
}

fn damage() -> impl Strategy<Value = Damage> {
    let hostile = [
        "NaN",
        "INF",
        "-INF",
        "1e308",
        "-1e9",
        "1e-300",
        "0",
        "-1",
        "4294967296",
        "",
        "$undeclared",
        "${1/0}",
        "${sqrt(-1)}",
        "${((((",
        "Ego",
        "true",
        "step",
        "parameter",
        "../../x",
        "\u{1F68C}",
    ];
    prop_oneof![
        4 => (0.0..1.0f64, prop::sample::select(hostile.to_vec()))
            .prop_map(|(at, value)| Damage::Value { at, value: value.to_owned() }),
        1 => (0.0..1.0f64, "[${}a-z0-9.+*/ -]{0,12}").prop_map(|(at, value)| Damage::Value { at, value }),
        2 => (0.0..1.0f64, 0.0..1.0f64).prop_map(|(from, to)| Damage::Mixed { from, to }),
        2 => (0.0..1.0f64).prop_map(|at| Damage::Gone { at }),
        1 => (0.0..1.0f64, 0usize..900, 0.0..1.0f64).prop_map(|(from, length, to)| Damage::Twice { from, length, to }),
    ]
}

/// The `share`-th stretch between two marks, the marks left out.
fn between(text: &str, [open, close]: [&str; 2], share: f64) -> Option<std::ops::Range<usize>> {
    let starts: Vec<usize> = text.match_indices(open).map(|(at, _)| at + open.len()).collect();
    let start = *starts.get((share * starts.len() as f64) as usize)?;
    Some(start..start + text[start..].find(close)?)
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    const VALUE: [&str; 2] = ["=\"", "\""];
    let mut text = text.to_owned();
    for damage in damages {
        match damage {
            Damage::Value { at, value } => {
                if let Some(range) = between(&text, VALUE, *at) {
                    text.replace_range(range, value);
                }
            }
            Damage::Mixed { from, to } => {
                if let (Some(from), Some(to)) = (between(&text, VALUE, *from), between(&text, VALUE, *to)) {
                    let value = text[from].to_owned();
                    text.replace_range(to, &value);
                }
            }
            Damage::Gone { at } => {
                if let Some(range) = between(&text, ["<", ">"], *at) {
                    text.replace_range(range.start - 1..range.end + 1, "");
                }
            }
            Damage::Twice { from, length, to } => {
                let place = |share: f64| text.floor_char_boundary((share * text.len() as f64) as usize);
                let (start, to) = (place(*from), place(*to));
                let end = text.floor_char_boundary(start + length);
                let copy = text[start..end].to_owned();
                text.insert_str(to, &copy);
            }
        }
    }
    text
}

/// Files with their paths made absolute, so that they can be played from elsewhere.
fn sources() -> Vec<String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/cut_in.xosc");
    let public = public_files::folder().map_or(Vec::new(), |folder| public_files::scenarios(&folder));
    let absolute = |file: PathBuf| {
        let folder = file.parent().expect("a file lies in a folder").to_owned();
        let text = String::from_utf8_lossy(&std::fs::read(&file).expect("a file")).into_owned();
        concrete(&text, &[], |path| folder.join(path).to_string_lossy().into_owned())
    };
    std::iter::once(own).chain(public).filter_map(absolute).collect()
}

/// Reads and plays a text; whoever ends up anywhere ends up in a place.
fn survives(text: String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("damaged.xosc");
    std::fs::write(&path, &text).expect("written");
    let (done, answer) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        let _ = Distribution::read(&Library::default(), &path);
        if let Ok(reading) = read(&Library::default(), &path, &ReadOptions::default()) {
            let mut player = Player::new(&reading.scenario);
            while player.time_s() < PLAYED_S && player.step(STEP_S) {
                for body in player.bodies() {
                    assert!(
                        body.pose.x_m.is_finite() && body.pose.y_m.is_finite(),
                        "a place is no number"
                    );
                }
            }
        }
        let _ = done.send(());
    });
    let is_slow = answer.recv_timeout(TIME_MAX) == Err(mpsc::RecvTimeoutError::Timeout);
    assert!(!is_slow, "it takes longer than {TIME_MAX:?}:\n{text}");
    assert!(worker.join().is_ok(), "it panics:\n{text}");
}

proptest! {
    // The same damage every time, so that nobody's tests fail by chance; the long run looks further along the sequence.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_time: 60_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn damaged_scenarios_are_an_error_or_play(which in 0.0..1.0f64, damages in prop::collection::vec(damage(), 1..4)) {
        static SOURCES: LazyLock<Vec<String>> = LazyLock::new(sources);
        survives(damaged(&SOURCES[(which * SOURCES.len() as f64) as usize], &damages));
    }
}
