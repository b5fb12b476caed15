//! Suites that are wrong: each problem by its line, with a mend, all of them at once.

use crate::playground::SUITE;
use proptest::prelude::*;
use proving::suite_file::read;
use std::path::Path;

fn check(change: &str, by: &str, expected: &str) {
    assert!(SUITE.contains(change), "the suite has no `{change}`");
    let text = SUITE.replacen(change, by, 1);
    let error = read(&text, Path::new("my.toml")).expect_err(by).to_string();
    assert!(
        error.contains(expected) && error.contains("hint:") && error.starts_with("my.toml:"),
        "{error}"
    );
}

#[test]
fn an_unknown_clause_is_refused_and_the_nearest_named() {
    check(
        "clause = \"1.1\"",
        "clause = \"1.11\"",
        "my.toml:31: clause `1.11` is unknown\nhint: did you mean `1.1`?",
    );
}

#[test]
fn an_empty_range_is_refused() {
    check(
        "range = [10, 60]",
        "range = [60, 10]",
        "my.toml:29: `Distance_m`: from 60 to 10 is an empty range",
    );
    check("range = [10, 60]", "range = [10, 10]", "is an empty range");
    check("range = [10, 60]", "range = [10, nan]", "is an empty range");
}

#[test]
fn a_distribution_that_does_not_sum_to_one_is_refused() {
    let values = "values = [10, 20], weights = [0.5, 0.4]";
    check(
        "range = [10, 60]",
        values,
        "`Distance_m`: the shares sum to 0.9, expected 1",
    );
    check(
        "range = [10, 60]",
        "histogram = [[0, 1, 0.5], [1, 2, 0.6]]",
        "the shares sum to 1.1",
    );
    check(
        "range = [10, 60]",
        "normal = { mean = 1, deviation = 0 }",
        "the deviation is 0",
    );
}

#[test]
fn names_that_nobody_knows_are_refused_with_the_nearest() {
    check(
        "sampler = \"monte_carlo\"",
        "sampler = \"monte-carlo\"",
        "did you mean `monte_carlo`?",
    );
    check(
        "figure = \"impact_mps\"",
        "figure = \"impact_mp\"",
        "did you mean `impact_mps`?",
    );
    check(
        "boundary = [\"reference:cc\"]",
        "boundary = [\"reference:c\"]",
        "did you mean `reference:cc`?",
    );
    check("id = \"wall\"", "id = \"../wall\"", "`../wall` is no name");
    check("title = \"A free road\"", "titel = \"A free road\"", "my.toml:");
}

#[test]
fn a_criterion_without_a_limit_and_a_scenario_without_runs_are_refused() {
    check("max = 0.0", "max = nan", "no limit, or two, or none that is a number");
    check("max = 0.0", "max = 0.0\nmin = 1.0", "no limit, or two");
    check("runs = 1200", "", "`runs` is missing");
    check("runs = 1200", "runs = 0", "0 runs");
    check("duration_s = 12.0", "duration_s = -1.0", "`duration_s` is -1");
}

#[test]
fn all_problems_of_a_suite_are_told_together() {
    let text = SUITE
        .replace("clause = \"1.1\"", "clause = \"9\"")
        .replace("range = [10, 60]", "range = [3, 2]");
    let error = read(&text, Path::new("my.toml")).expect_err("two problems").to_string();
    assert_eq!(error.matches("hint:").count(), 2, "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(at in 0..SUITE.len(), removed in 0usize..40, put in "[ -~\n]{0,12}") {
        let end = (at + removed).min(SUITE.len());
        if let (Some(head), Some(tail)) = (SUITE.get(..at), SUITE.get(end..)) {
            let _ = read(&format!("{head}{put}{tail}"), Path::new("my.toml"));
        }
    }
}
