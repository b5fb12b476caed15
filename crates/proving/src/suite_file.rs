//! Suite files: TOML to a [`Suite`], or all that is wrong with it, by line.
//!
//! In go the text and the folder that scenario files are beside; out comes a suite whose names, ranges, shares and
//! clauses are sound. It opens no files: whether the scenarios can be played, [`Suite::check`](crate::Suite::check) says.
//! The keys are described in docs/proving.md.

use crate::digest::hex_of;
use crate::figure::Figure;
use crate::parameter::{Law, Parameter};
use crate::problem::{ProvingError, hint_for_name};
use crate::sampler::{LATIN_RUNS_MAX, SamplerKind, grid_size};
use crate::sobol::DIMENSIONS_MAX;
use crate::suite::{Applies, Bound, Certainty, Clause, Criterion, LogicalScenario, Missing, Suite, Unavailable};
use driver::reference::Model;
use record::{Problems, line_of};
use scenario::Driver;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::Spanned;

/// No scenario has more runs: each is a row that is written and may be read.
pub const RUNS_MAX: u64 = 1_000_000_000;
/// No run is longer.
pub const DURATION_S_MAX: f64 = 3600.0;
/// Steps that the drivers and measures stand.
const STEP_S: [f64; 2] = [0.001, 0.1];
/// Shares sum to 1 within this.
const SHARES_SLACK: f64 = 1e-6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuiteEntry {
    name: Spanned<String>,
    title: String,
    standard: String,
    #[serde(default)]
    notes: Vec<String>,
    step_s: Option<Spanned<f64>>,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    clause: Vec<ClauseEntry>,
    #[serde(default)]
    scenario: Vec<Spanned<ScenarioEntry>>,
    #[serde(default)]
    unavailable: Vec<UnavailableEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseEntry {
    id: Spanned<String>,
    title: String,
    certainty: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnavailableEntry {
    id: String,
    title: String,
    clause: Option<Spanned<String>>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioEntry {
    id: Spanned<String>,
    title: String,
    aim: String,
    file: String,
    duration_s: Spanned<f64>,
    stop_after_standing_s: Option<f64>,
    stop_after_contact_s: Option<f64>,
    sampler: Spanned<String>,
    runs: Option<Spanned<u64>>,
    #[serde(default)]
    parameters: BTreeMap<String, Spanned<ParameterEntry>>,
    #[serde(default)]
    fixed: BTreeMap<String, toml::Value>,
    #[serde(default)]
    criteria: Vec<Spanned<CriterionEntry>>,
    #[serde(default)]
    boundary: Vec<Spanned<String>>,
    #[serde(default)]
    odd: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterEntry {
    #[serde(default)]
    unit: String,
    range: Option<[f64; 2]>,
    step: Option<f64>,
    values: Option<Vec<f64>>,
    weights: Option<Vec<f64>>,
    normal: Option<MomentsEntry>,
    log_normal: Option<MomentsEntry>,
    histogram: Option<Vec<[f64; 3]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MomentsEntry {
    mean: f64,
    deviation: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CriterionEntry {
    clause: Spanned<String>,
    figure: Spanned<String>,
    min: Option<f64>,
    max: Option<f64>,
    when: Option<Spanned<AppliesEntry>>,
    avoidable_by: Option<Spanned<String>>,
    missing: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppliesEntry {
    figure: String,
    min: Option<f64>,
    max: Option<f64>,
    otherwise: String,
}

/// Reads a suite. `file` is for messages; scenario files are beside it.
///
/// # Errors
/// All that is wrong, each with its line and mend.
pub fn read(text: &str, file: &Path) -> Result<Suite, ProvingError> {
    let shown = file.display().to_string();
    let entry: SuiteEntry = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let what = error.message().trim().replace('\n', " ");
        let hint = "the keys of a suite are in docs/proving.md";
        ProvingError::Suite(vec![format!("{shown}:{line}: {what}\nhint: {hint}")])
    })?;
    let mut reader = Reader {
        text,
        shown: shown.clone(),
        problems: Problems::default(),
        clauses: Vec::new(),
    };
    let suite = reader.suite(entry, file);
    reader.problems.into_result()?;
    Ok(suite)
}

struct Reader<'a> {
    text: &'a str,
    shown: String,
    problems: Problems,
    clauses: Vec<String>,
}

impl Reader<'_> {
    fn wrong<T>(&mut self, at: &Spanned<T>, what: &str, hint: &str) {
        self.wrong_at(at.span().start, what, hint);
    }

    fn wrong_at(&mut self, byte: usize, what: &str, hint: &str) {
        let place = format!("{}:{}", self.shown, line_of(self.text, byte));
        self.problems.add(place, what, hint);
    }

    fn suite(&mut self, entry: SuiteEntry, file: &Path) -> Suite {
        self.identifier(&entry.name);
        let step_s = entry.step_s.as_ref().map_or(0.01, |step_s| *step_s.get_ref());
        if let Some(written) = &entry.step_s
            && !(STEP_S[0]..=STEP_S[1]).contains(&step_s)
        {
            let hint = format!("write {} to {} s", STEP_S[0], STEP_S[1]);
            self.wrong(written, &format!("`step_s` is {step_s}"), &hint);
        }
        let clauses: Vec<Clause> = entry.clause.into_iter().map(|clause| self.clause(clause)).collect();
        let folder = file.parent().unwrap_or(Path::new(""));
        let scenarios: Vec<LogicalScenario> = entry
            .scenario
            .into_iter()
            .map(|scenario| self.scenario(scenario, folder))
            .collect();
        if scenarios.is_empty() {
            self.wrong(&entry.name, "no scenario in it", "add a [[scenario]]");
        }
        let unavailable = entry.unavailable.into_iter().map(|entry| {
            if let Some(clause) = &entry.clause {
                self.known_clause(clause);
            }
            Unavailable {
                id: entry.id,
                title: entry.title,
                clause: entry.clause.map(Spanned::into_inner),
                reason: entry.reason,
            }
        });
        let unavailable = unavailable.collect();
        Suite {
            name: entry.name.into_inner(),
            title: entry.title,
            standard: entry.standard,
            notes: entry.notes,
            file: self.shown.clone(),
            digest: hex_of(self.text.as_bytes()),
            step_s,
            seed: entry.seed,
            clauses,
            scenarios,
            unavailable,
        }
    }

    /// Names become parts of paths.
    fn identifier(&mut self, name: &Spanned<String>) {
        let text = name.get_ref();
        let is_sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || !text.chars().all(is_sound) || text.len() > 64 {
            self.wrong(
                name,
                &format!("`{text}` is no name"),
                "lower-case letters, digits and `-`, at most 64: it names files",
            );
        }
    }

    fn clause(&mut self, entry: ClauseEntry) -> Clause {
        if self.clauses.contains(entry.id.get_ref()) {
            let message = format!("clause `{}` is there twice", entry.id.get_ref());
            self.wrong(&entry.id, &message, "each clause once");
        }
        let certainty = self.one_of(&entry.certainty, "certainty", &Certainty::NAMES);
        let id = entry.id.into_inner();
        self.clauses.push(id.clone());
        Clause {
            id,
            title: entry.title,
            certainty: certainty.unwrap_or(Certainty::Assumed),
        }
    }

    fn known_clause(&mut self, clause: &Spanned<String>) {
        if !self.clauses.contains(clause.get_ref()) {
            let message = format!("clause `{}` is unknown", clause.get_ref());
            let hint = hint_for_name(clause.get_ref(), self.clauses.iter().map(String::as_str));
            self.wrong(clause, &message, &format!("{hint}; clauses are declared as [[clause]]"));
        }
    }

    fn one_of<T: Copy>(&mut self, written: &Spanned<String>, what: &str, known: &[(&'static str, T)]) -> Option<T> {
        let found = known.iter().find(|(name, _)| name == written.get_ref());
        if found.is_none() {
            let message = format!("{what} `{}` is unknown", written.get_ref());
            let hint = hint_for_name(written.get_ref(), known.iter().map(|(name, _)| *name));
            self.wrong(written, &message, &hint);
        }
        found.map(|(_, value)| *value)
    }

    fn scenario(&mut self, entry: Spanned<ScenarioEntry>, folder: &Path) -> LogicalScenario {
        let at = entry.span().start;
        let entry = entry.into_inner();
        self.identifier(&entry.id);
        let duration_s = *entry.duration_s.get_ref();
        if !(duration_s > 0.0 && duration_s <= DURATION_S_MAX) {
            let message = format!("`duration_s` is {duration_s}");
            let hint = format!("write a time above 0, at most {DURATION_S_MAX} s");
            self.wrong(&entry.duration_s, &message, &hint);
        }
        let sampler = self.one_of(&entry.sampler, "sampler", &SamplerKind::NAMES);
        let sampler = sampler.unwrap_or(SamplerKind::MonteCarlo);
        let parameters: Vec<Parameter> = entry
            .parameters
            .into_iter()
            .filter_map(|(name, written)| self.parameter(name, written))
            .collect();
        if parameters.len() > DIMENSIONS_MAX {
            let message = format!("{} parameters vary", parameters.len());
            self.wrong_at(at, &message, &format!("at most {DIMENSIONS_MAX} can be sampled"));
        }
        let runs = self.runs(entry.runs.as_ref(), sampler, &parameters, at);
        let boundary = entry.boundary.iter().filter_map(|name| self.model(name)).collect();
        let criteria: Vec<Criterion> = entry
            .criteria
            .into_iter()
            .filter_map(|criterion| self.criterion(criterion))
            .collect();
        if criteria.is_empty() {
            self.wrong_at(
                at,
                "the scenario has no criterion",
                "a run that is not judged proves nothing: add [[scenario.criteria]]",
            );
        }
        let fixed = entry.fixed.into_iter().map(|(name, value)| match value {
            toml::Value::String(text) => (name, text),
            other => (name, other.to_string()),
        });
        LogicalScenario {
            id: entry.id.into_inner(),
            title: entry.title,
            aim: entry.aim,
            file: folder.join(entry.file),
            duration_s,
            stop_after_standing_s: entry.stop_after_standing_s,
            stop_after_contact_s: entry.stop_after_contact_s.unwrap_or(0.0),
            sampler,
            runs,
            parameters,
            fixed: fixed.collect(),
            criteria,
            boundary,
            odd: entry.odd,
        }
    }

    fn runs(
        &mut self,
        written: Option<&Spanned<u64>>,
        sampler: SamplerKind,
        parameters: &[Parameter],
        at: usize,
    ) -> u64 {
        let runs = match (written, sampler) {
            (Some(written), _) => *written.get_ref(),
            (None, SamplerKind::Grid) => grid_size(parameters).unwrap_or(u64::MAX),
            (None, _) if parameters.is_empty() => 1,
            (None, _) => {
                self.wrong_at(at, "`runs` is missing", "say how many runs the suite requires");
                1
            }
        };
        let most = match sampler {
            SamplerKind::LatinHypercube => LATIN_RUNS_MAX,
            _ => RUNS_MAX,
        };
        if runs == 0 || runs > most {
            let byte = written.map_or(at, |written| written.span().start);
            self.wrong_at(byte, &format!("{runs} runs"), &format!("1 to {most}, please"));
        }
        runs
    }

    fn parameter(&mut self, name: String, written: Spanned<ParameterEntry>) -> Option<Parameter> {
        let at = written.span().start;
        let entry = written.into_inner();
        let empty = |reader: &mut Self, [low, high]: [f64; 2]| {
            let is_sound = low < high && (high - low).is_finite();
            if !is_sound {
                let message = format!("`{name}`: from {low} to {high} is an empty range");
                reader.wrong_at(at, &message, "put the smaller one first; one value is `values = [..]`");
            }
            is_sound
        };
        if let Some(step) = entry.step
            && !(step > 0.0 && step.is_finite())
        {
            self.wrong_at(at, &format!("`{name}`: the step is {step}"), "write one above 0");
            return None;
        }
        let laws = [
            entry.values.is_some(),
            entry.normal.is_some(),
            entry.log_normal.is_some(),
            entry.histogram.is_some(),
        ];
        let count = laws.iter().filter(|is_there| **is_there).count();
        if count > 1 || count == 0 && entry.range.is_none() {
            self.wrong_at(
                at,
                &format!("`{name}` has {count} laws"),
                "one of `range`, `values`, `normal`, `log_normal`, `histogram`",
            );
            return None;
        }
        let everything = [f64::MIN, f64::MAX];
        let law = if let Some(values) = entry.values {
            self.values(&name, at, &values, entry.weights)?
        } else if let Some(bins) = entry.histogram {
            for &[low, high, _] in &bins {
                if !empty(self, [low, high]) {
                    return None;
                }
            }
            let shares: Vec<f64> = bins.iter().map(|bin| bin[2]).collect();
            self.shares(&name, at, &shares)?;
            Law::Histogram { bins }
        } else {
            let range = entry.range.unwrap_or(everything);
            if entry.range.is_some() && !empty(self, range) {
                return None;
            }
            match (entry.normal, entry.log_normal) {
                (Some(moments), _) => {
                    self.moments(&name, at, &moments)?;
                    Law::Normal {
                        mean: moments.mean,
                        deviation: moments.deviation,
                        range,
                    }
                }
                (_, Some(moments)) => {
                    self.moments(&name, at, &moments)?;
                    Law::LogNormal {
                        mean: moments.mean,
                        deviation: moments.deviation,
                        range: [range[0].max(0.0), range[1]],
                    }
                }
                _ => Law::Uniform { range },
            }
        };
        Some(Parameter {
            name,
            unit: entry.unit,
            law,
            step: entry.step,
        })
    }

    fn moments(&mut self, name: &str, at: usize, moments: &MomentsEntry) -> Option<()> {
        let is_sound = moments.deviation > 0.0 && moments.deviation.is_finite() && moments.mean.is_finite();
        if !is_sound {
            let message = format!("`{name}`: the deviation is {}", moments.deviation);
            self.wrong_at(at, &message, "write one above 0");
        }
        is_sound.then_some(())
    }

    fn values(&mut self, name: &str, at: usize, values: &[f64], weights: Option<Vec<f64>>) -> Option<Law> {
        if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
            self.wrong_at(at, &format!("`{name}` has no value"), "list at least one number");
            return None;
        }
        let weights = weights.unwrap_or_else(|| vec![1.0 / values.len() as f64; values.len()]);
        if weights.len() != values.len() {
            let message = format!("`{name}` has {} values and {} weights", values.len(), weights.len());
            self.wrong_at(at, &message, "as many weights as values");
            return None;
        }
        self.shares(name, at, &weights)?;
        Some(Law::Values {
            values: values.iter().copied().zip(weights).collect(),
        })
    }

    fn shares(&mut self, name: &str, at: usize, shares: &[f64]) -> Option<()> {
        let sum: f64 = shares.iter().sum();
        let is_sound = (sum - 1.0).abs() <= SHARES_SLACK && shares.iter().all(|share| *share >= 0.0);
        if !is_sound {
            let message = format!("`{name}`: the shares sum to {sum}, expected 1");
            self.wrong_at(
                at,
                &message,
                "a distribution is whole: make them sum to 1, none below 0",
            );
        }
        is_sound.then_some(())
    }

    fn model(&mut self, name: &Spanned<String>) -> Option<Model> {
        match Driver::named(name.get_ref()) {
            Some(Driver::Reference(model)) => Some(model),
            _ => {
                let known = Driver::NAMES
                    .iter()
                    .filter(|(_, driver)| matches!(driver, Driver::Reference(_)));
                let names: Vec<&str> = known.map(|(name, _)| *name).collect();
                let message = format!("`{}` is no reference driver", name.get_ref());
                let hint = hint_for_name(name.get_ref(), names.iter().copied());
                self.wrong(name, &message, &hint);
                None
            }
        }
    }

    fn criterion(&mut self, written: Spanned<CriterionEntry>) -> Option<Criterion> {
        let at = written.span().start;
        let entry = written.into_inner();
        self.known_clause(&entry.clause);
        let figure = self.figure(entry.figure.span().start, entry.figure.get_ref());
        let bound = self.bound(at, entry.min, entry.max);
        let when = match entry.when {
            None => None,
            Some(written) => {
                let at = written.span().start;
                let entry = written.into_inner();
                let figure = self.figure(at, &entry.figure);
                let bound = self.bound(at, entry.min, entry.max);
                Some(Applies {
                    figure: figure?,
                    bound: bound?,
                    otherwise: entry.otherwise,
                })
            }
        };
        let avoidable_by = match &entry.avoidable_by {
            Some(name) => Some(self.model(name)?),
            None => None,
        };
        let words = [
            ("passed", Missing::Passed),
            ("undecided", Missing::Undecided),
            ("failed", Missing::Failed),
        ];
        let missing = match &entry.missing {
            Some(word) => self.one_of(word, "`missing`", &words)?,
            None => Missing::Undecided,
        };
        Some(Criterion {
            clause: entry.clause.into_inner(),
            figure: figure?,
            bound: bound?,
            when,
            avoidable_by,
            missing,
        })
    }

    fn figure(&mut self, at: usize, name: &str) -> Option<Figure> {
        let found = Figure::named(name);
        if found.is_none() {
            let known: BTreeSet<&str> = Figure::all().map(Figure::word).collect();
            self.wrong_at(
                at,
                &format!("figure `{name}` is unknown"),
                &hint_for_name(name, known.iter().copied()),
            );
        }
        found
    }

    fn bound(&mut self, at: usize, min: Option<f64>, max: Option<f64>) -> Option<Bound> {
        match (min, max) {
            (Some(limit), None) if limit.is_finite() => Some(Bound::AtLeast(limit)),
            (None, Some(limit)) if limit.is_finite() => Some(Bound::AtMost(limit)),
            _ => {
                self.wrong_at(
                    at,
                    "no limit, or two, or none that is a number",
                    "write either `min` or `max`",
                );
                None
            }
        }
    }
}
