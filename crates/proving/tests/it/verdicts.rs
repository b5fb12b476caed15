//! Verdicts: passed, failed, or not decided with the reason; nothing is passed by silence.

use driver::reference::Model;
use proving::figure::{Figure, Reading, Readings};
use proving::suite::{Applies, Bound, Criterion, Missing};
use proving::verdict::{Decision, judge};

fn criterion() -> Criterion {
    Criterion {
        clause: "1".to_owned(),
        figure: Figure::IMPACT,
        bound: Bound::AtMost(0.0),
        when: None,
        avoidable_by: None,
        missing: Missing::Undecided,
    }
}

fn readings(of: &[(&str, f64)]) -> Readings {
    Readings::of(of.iter().map(|(name, value)| {
        let reading = Reading {
            value: *value,
            time_s: 1.0,
            place_m: [2.0, 3.0],
            other: Some("Other".to_owned()),
        };
        (Figure::named(name).expect("a figure"), reading)
    }))
}

fn check(criterion: &Criterion, of: &[(&str, f64)], references: &[(Model, bool)], expected: &str) {
    let verdict = judge(criterion, &readings(of), references);
    let told = match &verdict.decision {
        Decision::Undecided(reason) => format!("undecided: {reason}"),
        decision => decision.word().to_owned(),
    };
    assert_eq!(told, expected);
}

#[test]
fn the_limit_itself_is_allowed_and_beyond_it_the_margin_is_negative() {
    check(&criterion(), &[("impact_mps", 0.0)], &[], "passed");
    check(&criterion(), &[("impact_mps", 0.01)], &[], "failed");
    let at_least = Criterion {
        bound: Bound::AtLeast(2.0),
        ..criterion()
    };
    check(&at_least, &[("impact_mps", 2.0)], &[], "passed");
    let verdict = judge(&at_least, &readings(&[("impact_mps", 0.5)]), &[]);
    assert_eq!((verdict.decision, verdict.margin), (Decision::Failed, Some(-1.5)));
    assert_eq!(
        (verdict.time_s, verdict.place_m, verdict.other.as_deref()),
        (Some(1.0), Some([2.0, 3.0]), Some("Other"))
    );
}

#[test]
fn a_figure_that_is_no_number_decides_nothing() {
    check(
        &criterion(),
        &[("impact_mps", f64::NAN)],
        &[],
        "undecided: impact_mps is not a number",
    );
    assert_eq!(
        judge(&criterion(), &readings(&[("impact_mps", f64::NAN)]), &[]).margin,
        None
    );
}

#[test]
fn a_figure_that_never_came_up_means_what_the_criterion_says() {
    check(&criterion(), &[], &[], "undecided: impact_mps never came up");
    for (missing, expected) in [(Missing::Passed, "passed"), (Missing::Failed, "failed")] {
        check(&Criterion { missing, ..criterion() }, &[], &[], expected);
    }
}

#[test]
fn a_criterion_that_does_not_apply_is_not_decided_with_its_reason() {
    let criterion = Criterion {
        when: Some(Applies {
            figure: Figure::named("cut_in_margin_s").expect("a figure"),
            bound: Bound::AtLeast(0.0),
            otherwise: "too late to be avoided".to_owned(),
        }),
        ..criterion()
    };
    check(
        &criterion,
        &[("impact_mps", 3.0), ("cut_in_margin_s", -0.1)],
        &[],
        "undecided: too late to be avoided",
    );
    check(
        &criterion,
        &[("impact_mps", 3.0)],
        &[],
        "undecided: too late to be avoided",
    );
    check(
        &criterion,
        &[("impact_mps", 3.0), ("cut_in_margin_s", 0.1)],
        &[],
        "failed",
    );
    check(
        &criterion,
        &[("impact_mps", 3.0), ("cut_in_margin_s", f64::NAN)],
        &[],
        "undecided: cut_in_margin_s is not a number",
    );
}

#[test]
fn what_a_careful_driver_cannot_avoid_either_is_not_decided() {
    let criterion = Criterion {
        avoidable_by: Some(Model::Cc),
        ..criterion()
    };
    let hit = [("impact_mps", 3.0)];
    check(
        &criterion,
        &hit,
        &[(Model::Cc, false)],
        "undecided: reference:cc does not avoid it either",
    );
    check(&criterion, &hit, &[(Model::Cc, true), (Model::Fsm, false)], "failed");
    check(&criterion, &[("impact_mps", 0.0)], &[(Model::Cc, false)], "passed");
}
