//! The test record: what a campaign came to and what shows it, in a form that can be signed and checked.
//!
//! In go a campaign, its outcome and its evidence; out come `test-record.json`, canonical JSON with the root of a digest
//! tree over every file of the campaign, and `test-record.tree`, the map that points to a changed byte. [`verify`] needs
//! nothing but the folder: neither the program that played nor a network. Whoever signs the record signs
//! its digest; the record is not changed by being signed.

use crate::campaign::{CAMPAIGN_FILE, Campaign, write_whole};
use crate::digest::{canonical, hex, hex_of};
use crate::evidence::{AllEvidence, SEGMENT_S};
use crate::problem::ProvingError;
use crate::result::{Outcome, Worst};
use crate::statistics::Estimate;
use crate::suite::LogicalScenario;
use crate::tree::{FileTree, read_map, root_of_files, write_map};
use crate::verdict::Decision;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The record, in the campaign's folder.
pub const RECORD_FILE: &str = "test-record.json";
/// The map beside it.
pub const TREE_FILE: &str = "test-record.tree";
/// The report for people, beside it: as a page, as sheets.
pub const REPORT_FILES: [&str; 2] = ["report.html", "report.pdf"];
/// What the format is called.
const FORMAT: &str = "westline-test-record-1";
/// No record is longer: the verdicts of the worst runs of some hundred scenarios.
const RECORD_BYTES_MAX: u64 = 64 << 20;

/// Names a verdict for good: the campaign's digest, the scenario, the run, the criterion.
pub fn verdict_id(campaign_digest: &str, scenario: &str, run: u64, criterion: usize) -> String {
    format!(
        "{}.{scenario}.{run}.{criterion}",
        campaign_digest.get(..12).unwrap_or(campaign_digest)
    )
}

/// The parts of a verdict's name: the beginning of the campaign's digest, scenario, run, criterion.
pub fn parse_verdict_id(id: &str) -> Option<(&str, &str, u64, usize)> {
    let mut parts = id.split('.');
    let (campaign, scenario) = (parts.next()?, parts.next()?);
    let (run, criterion) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let is_sound = campaign.len() == 12 && parts.next().is_none();
    is_sound.then_some((campaign, scenario, run, criterion))
}

/// A decision as JSON has it.
fn decision(of: &Decision) -> Value {
    match of {
        Decision::Undecided(reason) => json!({ "decision": of.word(), "reason": reason }),
        Decision::Passed | Decision::Failed => json!({ "decision": of.word() }),
    }
}

fn estimate(of: &Estimate) -> Value {
    json!({ "value": of.value, "low": of.low, "high": of.high, "confidence": of.confidence })
}

/// A verdict with all that is needed to check it.
pub fn verdict(
    identity: &Value,
    scenario: &LogicalScenario,
    criterion: usize,
    worst: &Worst,
    evidence: &AllEvidence,
) -> Value {
    let verdict = &worst.verdict;
    let asked = &scenario.criteria[criterion];
    let values = scenario.parameters.iter().zip(&worst.values);
    let values: serde_json::Map<String, Value> = values
        .map(|(parameter, value)| (parameter.name.clone(), json!(value)))
        .collect();
    let shown = evidence.get(&(scenario.id.clone(), worst.run)).map(|evidence| {
        let segment = verdict
            .time_s
            .map(|time_s| [(time_s - SEGMENT_S[0]).max(0.0), time_s + SEGMENT_S[1]]);
        json!({ "file": evidence.path, "sha256": evidence.digest, "segment_s": segment })
    });
    json!({
        "id": verdict_id(&hex_of(canonical(identity).as_bytes()), &scenario.id, worst.run, criterion),
        "clause": asked.clause,
        "scenario": scenario.id,
        "run": worst.run,
        "parameters": values,
        "figure": asked.figure.word(),
        "unit": asked.figure.unit(),
        "value": verdict.value,
        "bound": match asked.bound { crate::suite::Bound::AtLeast(_) => "at least", crate::suite::Bound::AtMost(_) => "at most" },
        "limit": verdict.limit,
        "margin": verdict.margin,
        "time_s": verdict.time_s,
        "place_m": verdict.place_m,
        "other": verdict.other,
        "outcome": decision(&verdict.decision),
        "states_sha256": worst.digest,
        "evidence": shown,
        "map": identity["maps"][&scenario.id],
        "software": identity["software"],
        "seed": identity["seed"],
    })
}

/// The record without what is known only of the files.
pub fn result(campaign: &Campaign<'_>, identity: &Value, outcome: &Outcome, evidence: &AllEvidence) -> Value {
    let scenario = |id: &str| campaign.suite.scenarios.iter().find(|scenario| scenario.id == id);
    let clauses = outcome.clauses.iter().map(|clause| {
        let about = campaign.suite.clauses.iter().find(|known| known.id == clause.id);
        let worst = clause
            .worst
            .as_ref()
            .and_then(|(id, criterion, worst)| Some(verdict(identity, scenario(id)?, *criterion, worst, evidence)));
        json!({
            "id": clause.id,
            "title": about.map(|about| about.title.clone()),
            "certainty": about.map(|about| about.certainty.word()),
            "outcome": decision(&clause.decision),
            "runs": { "passed": clause.runs[0], "failed": clause.runs[1], "undecided": clause.runs[2] },
            "least_margin": worst,
        })
    });
    let scenarios = campaign
        .suite
        .scenarios
        .iter()
        .zip(&outcome.scenarios)
        .map(|(scenario, of)| {
            let criteria = of.criteria.iter().enumerate().map(|(index, criterion)| {
            let worst = criterion.worst.iter().map(|worst| verdict(identity, scenario, index, worst, evidence));
            let reasons = criterion.reasons.iter().map(|(reason, runs)| json!({ "reason": reason, "runs": runs }));
            json!({
                "clause": criterion.clause,
                "criterion": criterion.told,
                "runs": { "passed": criterion.passed, "failed": criterion.failed, "undecided": criterion.undecided },
                "undecided": reasons.collect::<Vec<_>>(),
                "worst": worst.collect::<Vec<_>>(),
            })
        });
            let references = of
                .references
                .iter()
                .map(|(name, avoided, of)| json!({ "driver": name, "avoided": avoided, "of": of }));
            json!({
                "id": of.id,
                "title": scenario.title,
                "aim": scenario.aim,
                "sampler": scenario.sampler.word(),
                "required_runs": of.required,
                "runs": {
                    "made": of.runs, "passed": of.passed, "failed": of.failed, "undecided": of.undecided,
                    "refused": of.refused, "driver_failed": of.driver_failed,
                },
                "simulated_s": of.simulated_s,
                "failure_share": of.failure.as_ref().map(estimate),
                "references": references.collect::<Vec<_>>(),
                "criteria": criteria.collect::<Vec<_>>(),
            })
        });
    let unavailable = campaign
        .suite
        .unavailable
        .iter()
        .map(|what| json!({ "id": what.id, "title": what.title, "clause": what.clause, "reason": what.reason }));
    json!({
        "format": FORMAT,
        "campaign": identity,
        "suite": { "title": campaign.suite.title, "standard": campaign.suite.standard, "notes": campaign.suite.notes },
        "outcome": decision(&outcome.decision()),
        "clauses": clauses.collect::<Vec<_>>(),
        "scenarios": scenarios.collect::<Vec<_>>(),
        "unavailable": unavailable.collect::<Vec<_>>(),
    })
}

/// Writes the record and its map over all files of the campaign's folder; the digest that is to be signed comes back.
///
/// # Errors
/// If a file cannot be read or written.
pub fn write(folder: &Path, result: &Value) -> Result<String, ProvingError> {
    let mut trees = Vec::new();
    for path in files(folder)? {
        let file = folder.join(&path);
        let tree = FileTree::of(&path, &file);
        trees.push(tree.map_err(|error| ProvingError::Told(format!("{}: {error}", file.display())))?);
    }
    let mut record = result.clone();
    let files = trees
        .iter()
        .map(|tree| json!({ "path": tree.path, "bytes": tree.bytes, "root": hex(&tree.root()) }))
        .collect();
    record["files"] = Value::Array(files);
    record["root"] = Value::String(hex(&root_of_files(&trees)));
    let text = canonical(&record);
    write_whole(&folder.join(RECORD_FILE), text.as_bytes())?;
    let of_record = FileTree::of(RECORD_FILE, &folder.join(RECORD_FILE));
    trees.push(of_record.map_err(|error| ProvingError::Told(format!("{RECORD_FILE}: {error}")))?);
    write_whole(&folder.join(TREE_FILE), &write_map(&trees))?;
    Ok(hex_of(text.as_bytes()))
}

/// The files that a record is about, by their paths below the folder, sorted.
fn files(folder: &Path) -> Result<Vec<String>, ProvingError> {
    let told = |path: &Path, error: std::io::Error| ProvingError::Told(format!("{}: {error}", path.display()));
    let mut found: Vec<String> = vec![CAMPAIGN_FILE.to_owned()];
    found.extend(
        REPORT_FILES
            .into_iter()
            .filter(|report| folder.join(report).exists())
            .map(str::to_owned),
    );
    let mut folders: Vec<PathBuf> = vec![PathBuf::from("runs"), PathBuf::from("evidence")];
    while let Some(below) = folders.pop() {
        let entries = match std::fs::read_dir(folder.join(&below)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|error| told(&folder.join(&below), error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| told(&folder.join(&below), error))?;
            let path = below.join(entry.file_name());
            match entry.path().is_dir() {
                true => folders.push(path),
                false => {
                    let path = path.to_string_lossy().replace('\\', "/");
                    // What was left half-written by a kill is nobody's evidence.
                    if !path.ends_with(".part") {
                        found.push(path);
                    }
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The record's digest, hexadecimal: what a signature is about.
    pub digest: String,
    /// Files that were checked, and their bytes.
    pub files: u64,
    /// Bytes that were checked.
    pub bytes: u64,
    /// What is wrong: file, and what. None: everything is as it was recorded.
    pub differences: Vec<(String, String)>,
}

/// Checks a record against the evidence beside it.
///
/// # Errors
/// If the record cannot be read as one at all.
pub fn verify(record: &Path) -> Result<Checked, ProvingError> {
    let told = |what: String| ProvingError::Told(format!("{}: {what}", record.display()));
    let folder = record.parent().unwrap_or(Path::new(""));
    let size = std::fs::metadata(record).map_err(|error| {
        told(format!(
            "{error}\nhint: the path of a {RECORD_FILE} that `westline prove` wrote"
        ))
    })?;
    if size.len() > RECORD_BYTES_MAX {
        return Err(told(format!(
            "{} bytes, a record has at most {RECORD_BYTES_MAX}",
            size.len()
        )));
    }
    let content = std::fs::read(record).map_err(|error| told(error.to_string()))?;
    let map = std::fs::read(folder.join(TREE_FILE))
        .ok()
        .and_then(|bytes| read_map(&bytes))
        .unwrap_or_default();
    let mapped = |path: &str| map.iter().find(|tree| tree.path == path);
    let mut differences = Vec::new();
    // The record's own bytes first: what it says of others is worth nothing if it was changed itself.
    if let Some(tree) = mapped(RECORD_FILE)
        && let Some(difference) = tree.first_difference(record).map_err(|error| told(error.to_string()))?
    {
        differences.push((RECORD_FILE.to_owned(), difference.to_string()));
    }
    let parsed: Value = match serde_json::from_slice(&content) {
        Ok(parsed) => parsed,
        Err(_) if !differences.is_empty() => return Ok(Checked::of(&content, 0, 0, differences)),
        Err(error) => return Err(told(format!("no JSON: {error}\nhint: a {RECORD_FILE} is meant"))),
    };
    if parsed["format"] != FORMAT && differences.is_empty() {
        return Err(told(format!(
            "no test record: its format is {}, expected `{FORMAT}`",
            parsed["format"]
        )));
    }
    let (mut trees, mut bytes) = (Vec::new(), 0);
    let listed = parsed["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    for entry in listed {
        let (Some(path), Some(root)) = (entry["path"].as_str(), entry["root"].as_str()) else {
            differences.push((RECORD_FILE.to_owned(), "a file without path or root".to_owned()));
            continue;
        };
        // A record is a foreign file: it must not lead out of its folder.
        let is_below = Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_below {
            differences.push((path.to_owned(), "lies outside the record's folder".to_owned()));
            continue;
        }
        let file = folder.join(path);
        let tree = match FileTree::of(path, &file) {
            Ok(tree) => tree,
            Err(error) => {
                differences.push((path.to_owned(), error.to_string()));
                continue;
            }
        };
        bytes += tree.bytes;
        if hex(&tree.root()) != root || Some(tree.bytes) != entry["bytes"].as_u64() {
            // The map may be trusted for this file if it leads to the record's root.
            let known = mapped(path).filter(|known| hex(&known.root()) == root);
            let difference = known.and_then(|known| known.first_difference(&file).ok().flatten());
            let what = difference.map_or_else(
                || format!("differs; {TREE_FILE} is missing or was changed too and cannot point to the byte"),
                |difference| difference.to_string(),
            );
            differences.push((path.to_owned(), what));
        }
        trees.push(tree);
    }
    if differences.is_empty() && parsed["root"].as_str() != Some(&hex(&root_of_files(&trees))) {
        differences.push((
            RECORD_FILE.to_owned(),
            "its root is not that of the files that it lists".to_owned(),
        ));
    }
    if differences.is_empty() {
        let found = files(folder)?;
        let known = |path: &String| trees.iter().any(|tree| tree.path == *path);
        for path in found.iter().filter(|path| !known(path)) {
            differences.push((path.clone(), "is not in the record".to_owned()));
        }
    }
    Ok(Checked::of(&content, trees.len() as u64, bytes, differences))
}

impl Checked {
    fn of(record: &[u8], files: u64, bytes: u64, differences: Vec<(String, String)>) -> Checked {
        Checked {
            digest: hex_of(record),
            files,
            bytes,
            differences,
        }
    }
}
