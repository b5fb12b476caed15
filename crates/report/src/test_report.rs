//! The report of a campaign: one file that an institute can hand out.
//!
//! In go the suite, what a campaign came to, its coverage and storyboards of the worst runs; out comes a page without scripts
//! or anything fetched, whose first printed sheet is the summary. It judges nothing: every decision and figure is the
//! campaign's.

mod seen;
mod sheets;
mod space;

pub use sheets::proving_pdf;

use crate::wording::number;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use proving::coverage::Coverage;
use proving::result::{ClauseOutcome, Outcome, ScenarioOutcome, Worst};
use proving::suite::{LogicalScenario, Suite};
use proving::verdict::{Decision, told};

/// All that the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct ProvingReport<'a> {
    /// What was asked for.
    pub suite: &'a Suite,
    /// What it came to.
    pub outcome: &'a Outcome,
    /// What was seen.
    pub coverage: &'a Coverage,
    /// Worst runs as pictures.
    pub storyboards: &'a [Storyboard],
    /// How to make it again.
    pub provenance: &'a ProvingProvenance,
}

/// A worst run as a picture.
#[derive(Clone, Debug)]
pub struct Storyboard {
    /// The scenario's id.
    pub scenario: String,
    /// The criterion's place in the scenario.
    pub criterion: usize,
    /// The run.
    pub run: u64,
    /// The verdict's name.
    pub verdict_id: String,
    /// SVG.
    pub svg: String,
}

/// How a campaign was made, so that anyone can make it again.
#[derive(Clone, Debug, Default)]
pub struct ProvingProvenance {
    /// Title of the vehicle's data sheet.
    pub vehicle: String,
    /// The driver's name.
    pub driver: String,
    /// The campaign's luck.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// SHA-256 of the program.
    pub software_digest: String,
    /// SHA-256 of `campaign.json`.
    pub campaign_digest: String,
    /// Digests of maps, by scenario.
    pub maps: Vec<(String, String)>,
    /// The command that makes the campaign again.
    pub command: String,
}

const SECTIONS: [(&str, &str); 7] = [
    ("summary", "Summary"),
    ("clauses", "Clauses"),
    ("scenarios", "Scenarios"),
    ("coverage", "Coverage"),
    ("statistics", "How sure it is"),
    ("untested", "What was not tested"),
    ("provenance", "Made again, and checked"),
];

/// The page as HTML.
pub fn proving_page(report: &ProvingReport) -> String {
    let suite = report.suite;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(format!("westline {}", report.provenance.version));
                title { (suite.title) " · test report" }
                style {
                    (PreEscaped(include_str!("page/style.css")))
                    (PreEscaped(include_str!("test_report/style.css")))
                }
            }
            body {
                section.sheet { (summary(report)) }
                nav { @for (id, name) in SECTIONS { a href={ "#" (id) } { (name) } } }
                main {
                    (section("clauses", clause_table(report)))
                    (section("scenarios", html! {
                        @for (scenario, outcome) in suite.scenarios.iter().zip(&report.outcome.scenarios) {
                            (scenario_section(report, scenario, outcome))
                        }
                    }))
                    (section("coverage", coverage(report)))
                    (section("statistics", statistics()))
                    (section("untested", untested(report)))
                    (section("provenance", provenance(report)))
                }
                footer {
                    "Made by Westline " (report.provenance.version)
                    ". Every figure on these pages is measured in the runs named above; none is entered by hand."
                }
            }
        }
    }
    .into_string()
}

fn section(id: &str, content: Markup) -> Markup {
    let name = SECTIONS
        .iter()
        .find(|(known, _)| *known == id)
        .map_or("", |(_, name)| name);
    html! { section id=(id) { h2 { (name) } (content) } }
}

/// A decision with a sign that survives a grey printer.
fn badge(decision: &Decision) -> Markup {
    let (class, sign, word) = match decision {
        Decision::Passed => ("passed", "✓", "passed"),
        Decision::Failed => ("failed", "✗", "failed"),
        Decision::Undecided(_) => ("undecided", "?", "not decided"),
    };
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (sign) } " " (word) } }
}

fn summary(report: &ProvingReport) -> Markup {
    let (suite, outcome, made) = (report.suite, report.outcome, report.provenance);
    let decision = outcome.decision();
    let count = |fits: fn(&Decision) -> bool| outcome.clauses.iter().filter(|clause| fits(&clause.decision)).count();
    let runs: u64 = outcome.scenarios.iter().map(|scenario| scenario.runs).sum();
    let hours = outcome
        .scenarios
        .iter()
        .map(|scenario| scenario.simulated_s)
        .sum::<f64>()
        / 3600.0;
    let tile = |value: String, what: &str| html! { div.tile { b { (value) } span { (what) } } };
    html! {
        header id="summary" {
            p.kind { "Test report · " (suite.standard) }
            h1 { (suite.title) }
            div.verdict {
                (badge(&decision))
                p { (in_words(report)) }
            }
            table.facts {
                tbody {
                    tr { th { "Vehicle under test" } td { (made.vehicle) } }
                    tr { th { "Driver under test" } td { code { (made.driver) } } }
                    tr { th { "Software" } td { "Westline " (made.version) ", SHA-256 " code { (short(&made.software_digest)) } } }
                    tr { th { "Campaign" } td { "seed " (made.seed) ", SHA-256 " code { (short(&made.campaign_digest)) } } }
                }
            }
            div.tiles {
                (tile(count(|decision| *decision == Decision::Passed).to_string(), "clauses passed"))
                (tile(count(|decision| *decision == Decision::Failed).to_string(), "clauses failed"))
                (tile(count(|decision| decision.reason().is_some()).to_string(), "clauses not decided"))
                (tile(thousands(runs), "runs"))
                (tile(format!("{hours:.1} h"), "simulated"))
                (tile(suite.unavailable.len().to_string(), "items not available"))
            }
            div.strip role="img" aria-label="clauses by verdict" {
                @for clause in &outcome.clauses {
                    a class=(class_of(&clause.decision)) href="#clauses" title=(format!("{}: {}", clause.id, clause.decision.word())) { (clause.id) }
                }
            }
            @if !suite.notes.is_empty() {
                h3 { "Before you rely on it" }
                ul { @for note in &suite.notes { li { (note) } } }
            }
            div.signatures {
                div { "Tested by" }
                div { "Checked by" }
                div { "Place and date" }
            }
        }
    }
}

fn class_of(decision: &Decision) -> &'static str {
    match decision {
        Decision::Passed => "passed",
        Decision::Failed => "failed",
        Decision::Undecided(_) => "undecided",
    }
}

fn in_words(report: &ProvingReport) -> String {
    let failed: Vec<&str> = report
        .outcome
        .clauses
        .iter()
        .filter(|clause| clause.decision == Decision::Failed)
        .map(|clause| clause.id.as_str())
        .collect();
    match report.outcome.decision() {
        Decision::Passed => {
            "Every clause of the suite was decided by all required runs, and none was failed.".to_owned()
        }
        Decision::Failed => format!("At least one run failed of: {}.", failed.join(", ")),
        Decision::Undecided(reason) => format!("No run failed, but {reason}."),
    }
}

fn clause_table(report: &ProvingReport) -> Markup {
    html! {
        p { "A clause is failed by a single failed run. It is passed when all required runs were made and none failed; everything else is not decided, with the reason." }
        div.scroll {
            table {
                thead { tr {
                    th { "Clause" } th.left { "What it asks for" } th.left { "Verdict" } th { "Passed" } th { "Failed" } th { "Not decided" } th { "Least margin" }
                } }
                tbody {
                    @for (about, clause) in report.suite.clauses.iter().zip(&report.outcome.clauses) {
                        tr {
                            td { b { (clause.id) } }
                            td.left.wrap { (about.title) br; small { (about.certainty.told()) } }
                            td.left.wrap {
                                (badge(&clause.decision))
                                @if let Some(reason) = clause.decision.reason() { br; small { (reason) } }
                            }
                            @for runs in clause.runs { td { (thousands(runs)) } }
                            td { (least(report, clause)) }
                        }
                    }
                }
            }
        }
    }
}

fn least(report: &ProvingReport, clause: &ClauseOutcome) -> Markup {
    let Some((id, criterion, worst)) = &clause.worst else {
        return html! { span.none { "none" } };
    };
    let scenario = report.suite.scenarios.iter().find(|scenario| scenario.id == *id);
    let unit = scenario.map_or("", |scenario| scenario.criteria[*criterion].figure.unit());
    html! {
        (number(worst.verdict.margin, 3)) " " (unit) br;
        small { a href={ "#" (id) } { (id) } ", run " (worst.run) }
    }
}

fn scenario_section(report: &ProvingReport, scenario: &LogicalScenario, outcome: &ScenarioOutcome) -> Markup {
    let decided = outcome.passed + outcome.failed;
    let boards = report.storyboards.iter().filter(|board| board.scenario == scenario.id);
    html! {
        article id=(scenario.id) {
            h3 { (scenario.title) }
            p { (scenario.aim) }
            p.soft {
                (thousands(outcome.runs)) " of " (thousands(outcome.required)) " required runs, "
                (sampler_in_words(scenario)) ". "
                (thousands(outcome.passed)) " passed, " (thousands(outcome.failed)) " failed, "
                (thousands(outcome.undecided)) " not decided"
                @if outcome.refused > 0 { ", of these " (thousands(outcome.refused)) " not allowed by the scenario" }
                @if outcome.driver_failed > 0 { ", of these " (thousands(outcome.driver_failed)) " by a driver that failed" }
                "."
            }
            @if let Some(share) = outcome.failure {
                (interval_bar(share.value, share.low, share.high))
                p.key {
                    "Share of failures " b { (percent(share.value)) } " of " (thousands(decided)) " decided runs; 95 % interval "
                    (percent(share.low)) " to " (percent(share.high))
                    @if !scenario.sampler.is_random() { " as if the runs were random draws: this sampler spreads them evenly, so read it as a share of the parameter space, not of the road" }
                    "."
                }
            }
            (criteria_table(scenario, outcome))
            @if !outcome.references.is_empty() {
                div.scroll { table {
                    caption { "The reference drivers of UN R157 in the same runs" }
                    thead { tr { th { "Driver" } th { "Avoided every contact" } th { "Of" } } }
                    tbody { @for (name, avoided, of) in &outcome.references {
                        tr { td { code { (name) } } td { (thousands(*avoided)) } td { (thousands(*of)) } }
                    } }
                } }
            }
            div.pictures {
                @for picture in space::pictures(scenario, outcome) { div.picture { (PreEscaped(picture)) } }
            }
            @for board in boards { (storyboard(scenario, outcome, board)) }
        }
    }
}

fn criteria_table(scenario: &LogicalScenario, outcome: &ScenarioOutcome) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Clause" } th.left { "Criterion" } th { "Passed" } th { "Failed" } th { "Not decided" } th.left { "Why not" } } }
            tbody {
                @for (criterion, of) in scenario.criteria.iter().zip(&outcome.criteria) {
                    tr {
                        td { (of.clause) }
                        td.left { (told(criterion.figure, criterion.bound)) }
                        td { (thousands(of.passed)) } td { (thousands(of.failed)) } td { (thousands(of.undecided)) }
                        td.left.wrap {
                            @for (reason, runs) in &of.reasons { (thousands(*runs)) " runs: " (reason) br; }
                        }
                    }
                }
            }
        } }
    }
}

fn storyboard(scenario: &LogicalScenario, outcome: &ScenarioOutcome, board: &Storyboard) -> Markup {
    let worst = outcome.criteria[board.criterion]
        .worst
        .iter()
        .find(|worst| worst.run == board.run);
    let criterion = &scenario.criteria[board.criterion];
    html! {
        figure.board {
            figcaption {
                @if let Some(worst) = worst { (badge(&worst.verdict.decision)) " " (worst_in_words(scenario, criterion.figure.word(), criterion.figure.unit(), worst)) }
                br; small { "Verdict " code { (board.verdict_id) } }
            }
            div.wide { (PreEscaped(&board.svg)) }
        }
    }
}

fn worst_in_words(scenario: &LogicalScenario, figure: &str, unit: &str, worst: &Worst) -> String {
    let values = scenario.parameters.iter().zip(&worst.values);
    let values: Vec<String> = values
        .map(|(parameter, value)| {
            format!("{} {} {}", parameter.name, short_number(*value), parameter.unit)
                .trim_end()
                .to_owned()
        })
        .collect();
    let verdict = &worst.verdict;
    let met = verdict
        .other
        .as_ref()
        .map_or(String::new(), |other| format!(" with {other}"));
    let at = verdict
        .time_s
        .map_or(String::new(), |time_s| format!(" at {time_s:.2} s"));
    let value = verdict
        .value
        .map_or("none".to_owned(), |value| format!("{} {unit}", short_number(value)));
    format!(
        "Run {}: {figure} {value}{met}{at}, limit {}. {}.",
        worst.run,
        short_number(verdict.limit),
        values.join(", ")
    )
}

fn sampler_in_words(scenario: &LogicalScenario) -> &'static str {
    use proving::sampler::SamplerKind;
    match scenario.sampler {
        SamplerKind::Grid => "every combination of a grid",
        SamplerKind::LatinHypercube => "a Latin hypercube",
        SamplerKind::Sobol => "Sobol's sequence",
        SamplerKind::MonteCarlo => "drawn at random from the parameters' laws",
    }
}

/// The interval as a bar from 0 to 100 %.
fn interval_bar(value: f64, low: f64, high: f64) -> Markup {
    html! {
        div.interval role="img" aria-label="share of failures with its interval" {
            i.span style={ "left:" (format!("{:.2}", 100.0 * low)) "%;width:" (format!("{:.2}", (100.0 * (high - low)).max(0.3))) "%" } {}
            i.mark style={ "left:" (format!("{:.2}", 100.0 * value)) "%" } {}
        }
    }
}

fn coverage(report: &ProvingReport) -> Markup {
    let covered = report
        .coverage
        .attributes
        .iter()
        .filter(|(_, scenarios, _)| *scenarios > 0)
        .count();
    html! {
        p {
            (covered) " of " (report.coverage.attributes.len()) " attributes of the operational design domain (after ISO 34503, as far as \
            scenarios here can show them) are in this suite."
        }
        div.chips {
            @for (name, scenarios, runs) in &report.coverage.attributes {
                span class=(if *scenarios > 0 { "chip seen" } else { "chip" }) title=(format!("{runs} runs")) {
                    (name.replace(['.', '-'], " ")) @if *scenarios > 0 { " " b { (scenarios) } }
                }
            }
        }
        p.soft { "A number says how many scenarios show the attribute; outlined ones were not seen." }
        div.scroll { table {
            caption { "Roads that the vehicle was on, of those of each map" }
            thead { tr { th { "Map" } th { "Roads" } th { "Of" } th { "Length" } th { "Of" } } }
            tbody { @for map in &report.coverage.maps {
                tr {
                    td { (map.map) } td { (map.roads[0]) } td { (map.roads[1]) }
                    td { (kilometres(map.length_m[0])) } td { (kilometres(map.length_m[1])) }
                }
            } }
        } }
        @for map in &report.coverage.maps {
            @if let Some(picture) = seen::map(map) {
                figure.board {
                    figcaption { "Driven lanes of " (map.map) }
                    div.wide { (PreEscaped(picture)) }
                }
            }
        }
        div.pairs {
            @for (scenario, pairs) in report.suite.scenarios.iter().zip(&report.coverage.pairs) {
                @if let Some(picture) = seen::pairs(scenario, pairs) {
                    figure.board { figcaption { (scenario.title) } (PreEscaped(picture)) }
                }
            }
        }
        p.soft { "A square is a part of one parameter with a part of another: filled if a run had both, an outline if none did." }
        div.scroll { table {
            caption { "Pairs of parts of the parameters (2-wise, ranges cut into five)" }
            thead { tr { th { "Scenario" } th { "Seen" } th { "Of" } th.left { "To run next" } } }
            tbody {
                @for (scenario, pairs) in report.suite.scenarios.iter().zip(&report.coverage.pairs) {
                    @if pairs.of > 0 {
                        tr {
                            td { a href={ "#" (pairs.id) } { (pairs.id) } }
                            td { (pairs.seen) } td { (pairs.of) }
                            td.left.wrap {
                                @if pairs.next.is_empty() { span.none { "all seen" } }
                                @for values in &pairs.next {
                                    @for (parameter, value) in scenario.parameters.iter().zip(values) {
                                        code { (parameter.name) "=" (short_number(*value)) } " "
                                    }
                                    br;
                                }
                            }
                        }
                    }
                }
            }
        } }
    }
}

/// How to read the intervals.
const STATISTICS: &str = "Intervals are those of Clopper and Pearson (1934): they hold the true probability at least 95 times of 100, \
    whatever it is. They are about the runs as they were drawn. Where runs are drawn at random from laws that describe a road, they \
    are about that road; where a sampler spreads runs evenly, they are about the parameter space only. Without a single failure, \
    299 runs show with 95 % confidence a probability below 1 %, 2,995 runs one below 0.1 %.";

/// What no run shows.
const SIMULATED: &str = "Simulation only: no track and no road. The driver under test was told what ideal sensors tell: \
    noise and delay of sensors are not part of these runs, and somebody is hidden only where a scenario says so.";

fn statistics() -> Markup {
    html! { p { (STATISTICS) } }
}

fn untested(report: &ProvingReport) -> Markup {
    html! {
        @if report.suite.unavailable.is_empty() { p.none { "Everything in the suite was played." } }
        @else {
            div.scroll { table {
                thead { tr { th { "Item" } th.left { "Clause" } th.left { "Why it was not tested" } } }
                tbody { @for what in &report.suite.unavailable {
                    tr { td { (what.title) } td.left { (what.clause.as_deref().unwrap_or("")) } td.left.wrap { (what.reason) } }
                } }
            } }
        }
        p { (SIMULATED) }
    }
}

fn provenance(report: &ProvingReport) -> Markup {
    let made = report.provenance;
    let id = report.storyboards.first().map(|board| board.verdict_id.as_str());
    html! {
        p { "The same campaign, on any machine and any number of threads:" }
        pre { code { (made.command) } }
        @if let Some(id) = id {
            p { "One verdict's run again, bit for bit:" }
            pre { code { "westline replay --verdict " (id) } }
        }
        p { "Whether anything of the evidence was changed, offline, to the byte:" }
        pre { code { "westline prove verify test-record.json" } }
        div.scroll { table.facts { tbody {
            tr { th { "Software" } td { code { (made.software_digest) } } }
            tr { th { "Campaign" } td { code { (made.campaign_digest) } } }
            tr { th { "Suite" } td { code { (report.suite.digest) } } }
            @for (scenario, digest) in &made.maps { tr { th { "Map of " (scenario) } td { code { (digest) } } } }
        } } }
    }
}

fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}

fn percent(share: f64) -> String {
    match 100.0 * share {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => format!("{percent:.3} %"),
        percent => format!("{percent:.1} %"),
    }
}

/// Whole numbers with commas.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn kilometres(length_m: f64) -> String {
    format!("{:.1} km", 1e-3 * length_m)
}

/// Four digits that matter.
fn short_number(value: f64) -> String {
    if value == 0.0 || value.abs() < 1e-300 {
        return "0".to_owned();
    }
    let digits = (3.0 - libm::floor(libm::log10(value.abs()))).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
