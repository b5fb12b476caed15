//! The report of a campaign as PDF: the same content as the page, on sheets.

use super::{
    ProvingReport, in_words, kilometres, percent, sampler_in_words, short, short_number, space, thousands,
    worst_in_words,
};
use crate::pdf::{Colour, Document, SOFT, Style};
use proving::result::ScenarioOutcome;
use proving::suite::LogicalScenario;
use proving::verdict::{Decision, told};

const PASSED: Colour = [0.0, 0.41, 0.3];
const FAILED: Colour = [0.61, 0.24, 0.0];
const UNDECIDED: Colour = [0.36, 0.41, 0.45];

/// The report as PDF.
pub fn proving_pdf(report: &ProvingReport) -> Vec<u8> {
    let (suite, made) = (report.suite, report.provenance);
    let mut document = Document::new(&format!(
        "{} · {} · campaign {}",
        suite.title,
        made.driver,
        short(&made.campaign_digest)
    ));
    summary(report, &mut document);
    document.next_page();
    clauses(report, &mut document);
    document.heading("Scenarios");
    for (scenario, outcome) in suite.scenarios.iter().zip(&report.outcome.scenarios) {
        scenario_section(report, scenario, outcome, &mut document);
    }
    coverage(report, &mut document);
    document.heading("How sure it is");
    document.paragraph(super::STATISTICS, Style::BODY);
    untested(report, &mut document);
    provenance(report, &mut document);
    document.finish(&suite.title)
}

fn colour_of(decision: &Decision) -> Colour {
    match decision {
        Decision::Passed => PASSED,
        Decision::Failed => FAILED,
        Decision::Undecided(_) => UNDECIDED,
    }
}

fn word_of(decision: &Decision) -> &'static str {
    match decision {
        Decision::Undecided(_) => "not decided",
        other => other.word(),
    }
}

fn verdict_style(decision: &Decision) -> Style {
    Style {
        colour: colour_of(decision),
        ..Style::BOLD
    }
}

fn body(text: impl Into<String>) -> (String, Style) {
    (text.into(), Style::BODY)
}

fn head(text: &str) -> (String, Style) {
    (
        text.to_owned(),
        Style {
            colour: SOFT,
            ..Style::BOLD
        },
    )
}

fn summary(report: &ProvingReport, document: &mut Document) {
    let (suite, outcome, made) = (report.suite, report.outcome, report.provenance);
    document.paragraph(&format!("Test report · {}", suite.standard), Style::SMALL);
    document.paragraph(&suite.title, Style::TITLE);
    document.skip(10.0);
    let decision = outcome.decision();
    document.banner(word_of(&decision), colour_of(&decision), &in_words(report));
    document.skip(8.0);
    let facts = [(0.24, false), (0.76, false)];
    let runs: u64 = outcome.scenarios.iter().map(|scenario| scenario.runs).sum();
    let hours = outcome
        .scenarios
        .iter()
        .map(|scenario| scenario.simulated_s)
        .sum::<f64>()
        / 3600.0;
    for (name, value) in [
        ("Vehicle under test", made.vehicle.clone()),
        ("Driver under test", made.driver.clone()),
        (
            "Software",
            format!("Westline {}, SHA-256 {}", made.version, short(&made.software_digest)),
        ),
        (
            "Campaign",
            format!("seed {}, SHA-256 {}", made.seed, short(&made.campaign_digest)),
        ),
        (
            "Played",
            format!("{} runs, {hours:.1} hours simulated", thousands(runs)),
        ),
        (
            "Not available",
            format!("{} items of the suite", suite.unavailable.len()),
        ),
    ] {
        document.row(
            &facts,
            &[
                (
                    name.to_owned(),
                    Style {
                        colour: SOFT,
                        ..Style::BODY
                    },
                ),
                body(value),
            ],
        );
    }
    document.skip(12.0);
    let columns = [(0.14, false), (0.6, false), (0.26, false)];
    document.row(&columns, &[head("Clause"), head("What it asks for"), head("Verdict")]);
    for (about, clause) in suite.clauses.iter().zip(&outcome.clauses) {
        let verdict = (word_of(&clause.decision).to_owned(), verdict_style(&clause.decision));
        document.row(
            &columns,
            &[(about.id.clone(), Style::BOLD), body(&*about.title), verdict],
        );
    }
    if !suite.notes.is_empty() {
        document.skip(8.0);
        document.paragraph("Before you rely on it", Style::BOLD);
        for note in &suite.notes {
            document.paragraph(note, Style::SMALL);
        }
    }
    document.signatures(&["Tested by", "Checked by", "Place and date"]);
}

fn clauses(report: &ProvingReport, document: &mut Document) {
    document.heading("Clauses");
    let columns = [
        (0.12, false),
        (0.29, false),
        (0.22, false),
        (0.1, true),
        (0.09, true),
        (0.09, true),
        (0.09, true),
    ];
    let names = ["Clause", "Asks for", "Verdict", "Passed", "Failed", "Open", "Margin"];
    document.row(&columns, &names.map(head));
    for (about, clause) in report.suite.clauses.iter().zip(&report.outcome.clauses) {
        let verdict = match clause.decision.reason() {
            Some(reason) => format!("not decided: {reason}"),
            None => word_of(&clause.decision).to_owned(),
        };
        let margin = clause.worst.as_ref().and_then(|(_, _, worst)| worst.verdict.margin);
        let [passed, failed, open] = clause.runs.map(thousands);
        let cells = [
            (about.id.clone(), Style::BOLD),
            body(format!("{}\n({})", about.title, about.certainty.told())),
            (verdict, verdict_style(&clause.decision)),
            body(passed),
            body(failed),
            body(open),
            body(margin.map_or(String::new(), short_number)),
        ];
        document.row(&columns, &cells);
    }
}

fn scenario_section(
    report: &ProvingReport,
    scenario: &LogicalScenario,
    outcome: &ScenarioOutcome,
    document: &mut Document,
) {
    document.need(150.0);
    document.skip(10.0);
    document.paragraph(&scenario.title, Style::SUBHEADING);
    document.paragraph(&scenario.aim, Style::BODY);
    document.paragraph(
        &format!(
            "{} of {} required runs, {}: {} passed, {} failed, {} not decided.",
            thousands(outcome.runs),
            thousands(outcome.required),
            sampler_in_words(scenario),
            thousands(outcome.passed),
            thousands(outcome.failed),
            thousands(outcome.undecided)
        ),
        Style::SMALL,
    );
    if let Some(share) = outcome.failure {
        document.interval(share.value, share.low, share.high);
        let told = format!(
            "Share of failures {}, 95 % interval {} to {}.",
            percent(share.value),
            percent(share.low),
            percent(share.high)
        );
        document.paragraph(&told, Style::SMALL);
    }
    let columns = [
        (0.14, false),
        (0.36, false),
        (0.1, true),
        (0.1, true),
        (0.12, true),
        (0.18, false),
    ];
    document.row(
        &columns,
        &["Clause", "Criterion", "Passed", "Failed", "Open", ""].map(head),
    );
    for (criterion, of) in scenario.criteria.iter().zip(&outcome.criteria) {
        let cells = [
            body(&*of.clause),
            body(told(criterion.figure, criterion.bound)),
            body(thousands(of.passed)),
            body(thousands(of.failed)),
            body(thousands(of.undecided)),
            body(""),
        ];
        document.row(&columns, &cells);
        for (reason, runs) in &of.reasons {
            document.paragraph(
                &format!("{} runs not decided: {reason}", thousands(*runs)),
                Style::SMALL,
            );
        }
    }
    for (name, avoided, of) in &outcome.references {
        document.paragraph(
            &format!(
                "{name} avoids every contact in {} of {} runs.",
                thousands(*avoided),
                thousands(*of)
            ),
            Style::SMALL,
        );
    }
    let pictures = space::pictures(scenario, outcome);
    document.pictures(&pictures.iter().map(String::as_str).collect::<Vec<_>>(), 2);
    for board in report.storyboards.iter().filter(|board| board.scenario == scenario.id) {
        let criterion = &scenario.criteria[board.criterion];
        let worst = outcome.criteria[board.criterion]
            .worst
            .iter()
            .find(|worst| worst.run == board.run);
        document.need(170.0);
        document.skip(4.0);
        if let Some(worst) = worst {
            let words = worst_in_words(scenario, criterion.figure.word(), criterion.figure.unit(), worst);
            let decision = &worst.verdict.decision;
            document.paragraph(
                &format!("{}: {words}", word_of(decision)),
                Style {
                    size: 8.5,
                    ..verdict_style(decision)
                },
            );
        }
        document.paragraph(&format!("Verdict {}", board.verdict_id), Style::SMALL);
        document.pictures(&[board.svg.as_str()], 1);
    }
}

fn coverage(report: &ProvingReport, document: &mut Document) {
    document.heading("Coverage");
    let seen = |is_seen: bool| -> Vec<String> {
        let chosen = report
            .coverage
            .attributes
            .iter()
            .filter(|(_, scenarios, _)| (*scenarios > 0) == is_seen);
        chosen.map(|(name, _, _)| name.replace(['.', '-'], " ")).collect()
    };
    let (covered, missing) = (seen(true), seen(false));
    document.paragraph(
        &format!(
            "{} of {} attributes of the operational design domain (after ISO 34503) are in this suite: {}.",
            covered.len(),
            covered.len() + missing.len(),
            covered.join(", ")
        ),
        Style::BODY,
    );
    document.paragraph(&format!("Not seen: {}.", missing.join(", ")), Style::SMALL);
    document.skip(4.0);
    for map in &report.coverage.maps {
        let [seen, of] = map.length_m.map(kilometres);
        let told = format!(
            "Of the map {}: {} of {} roads, {seen} of {of}.",
            map.map, map.roads[0], map.roads[1]
        );
        document.paragraph(&told, Style::BODY);
    }
    document.skip(4.0);
    let columns = [(0.3, false), (0.12, true), (0.12, true), (0.46, false)];
    document.row(
        &columns,
        &["Pairs of parts of parameters", "Seen", "Of", "To run next"].map(head),
    );
    for (scenario, pairs) in report
        .suite
        .scenarios
        .iter()
        .zip(&report.coverage.pairs)
        .filter(|(_, pairs)| pairs.of > 0)
    {
        let next = pairs.next.first().map_or("all seen".to_owned(), |values| {
            let values = scenario.parameters.iter().zip(values);
            let values: Vec<String> = values
                .map(|(parameter, value)| format!("{}={}", parameter.name, short_number(*value)))
                .collect();
            values.join(" ")
        });
        document.row(
            &columns,
            &[
                body(&*pairs.id),
                body(pairs.seen.to_string()),
                body(pairs.of.to_string()),
                (next, Style::SMALL),
            ],
        );
    }
}

fn untested(report: &ProvingReport, document: &mut Document) {
    document.heading("What was not tested");
    let columns = [(0.3, false), (0.12, false), (0.58, false)];
    for what in &report.suite.unavailable {
        let clause = what.clause.clone().unwrap_or_default();
        document.row(&columns, &[body(&*what.title), body(clause), body(&*what.reason)]);
    }
    document.skip(4.0);
    document.paragraph(super::SIMULATED, Style::BODY);
}

fn provenance(report: &ProvingReport, document: &mut Document) {
    document.heading("Made again, and checked");
    document.paragraph(
        "The same campaign, on any machine and any number of threads:",
        Style::BODY,
    );
    document.paragraph(&report.provenance.command, Style::BOLD);
    document.paragraph(
        "Whether anything of the evidence was changed, offline, to the byte:",
        Style::BODY,
    );
    document.paragraph("westline prove verify test-record.json", Style::BOLD);
    document.skip(4.0);
    let columns = [(0.24, false), (0.76, false)];
    for (name, digest) in [
        ("Software", &report.provenance.software_digest),
        ("Campaign", &report.provenance.campaign_digest),
        ("Suite", &report.suite.digest),
    ] {
        document.row(
            &columns,
            &[(name.to_owned(), Style::SMALL), (digest.clone(), Style::SMALL)],
        );
    }
}
