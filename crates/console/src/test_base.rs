//! The test base: campaigns of a folder, what they came to, their runs as points, and any run played again.
//!
//! In goes the folder that `westline prove` writes below, and a way to make a campaign again from what it says of
//! itself; out comes JSON. A campaign that is still being played shows what it has so far, read from its own tables. It
//! judges nothing: decisions, statistics and coverage are those of `proving`.

use crate::refusal::Refusal;
use crate::run_json::run_json;
use proving::campaign::{CAMPAIGN_FILE, kept_runs};
use proving::compare::{Change, compare};
use proving::coverage::Coverage;
use proving::parameter::Parameter;
use proving::suite::LogicalScenario;
use proving::test_record::{self, RECORD_FILE};
use proving::{Campaign, Outcome};
use scenario::{Library, Run};
use serde_json::{Value, json};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// Campaigns that are listed.
const CAMPAIGNS_MAX: usize = 500;
/// Points that are told of a scenario: more do not fit a picture.
const POINTS_MAX: usize = 4_000;
/// The largest file of a campaign that is read as JSON, and the largest report that is handed out.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Makes the campaign that a folder keeps, from what it says of itself, and hands it over.
pub type CampaignMaker =
    Box<dyn Fn(&Path, &Value, &mut dyn FnMut(&Campaign<'_>) -> Result<(), String>) -> Result<(), String> + Send + Sync>;

/// The folder with campaigns, and how one is made again.
pub struct TestBase {
    /// Below it lie the campaigns, each in a folder of its own.
    pub folder: PathBuf,
    /// Makes one again.
    pub make: CampaignMaker,
}

impl TestBase {
    /// All campaigns, the newest first.
    pub(crate) fn list(&self) -> Value {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<(SystemTime, Value)> = entries
            .take(CAMPAIGNS_MAX)
            .filter_map(|entry| {
                let name = entry.file_name().to_str()?.to_owned();
                let identity = read_json(&entry.path().join(CAMPAIGN_FILE))?;
                let record = entry.path().join(RECORD_FILE);
                let (played, newest) = progress(&entry.path(), &identity);
                let changed = modified(&record).unwrap_or(newest);
                let outcome = read_json(&record).map(|record| record["outcome"].clone());
                let told = json!({
                    "name": name, "suite": identity["suite"]["name"], "vehicle": identity["vehicle"]["name"],
                    "driver": identity["driver"], "seed": identity["seed"], "version": identity["software"]["version"],
                    "played": played, "planned": planned(&identity), "outcome": outcome,
                    "idle_s": changed.elapsed().map_or(0, |since| since.as_secs()),
                });
                Some((changed, told))
            })
            .collect();
        found.sort_by(|(a, one), (b, other)| b.cmp(a).then(one["name"].to_string().cmp(&other["name"].to_string())));
        let shown = self.folder.display().to_string();
        json!({ "folder": shown, "campaigns": found.into_iter().map(|(_, told)| told).collect::<Vec<_>>() })
    }

    fn place(&self, name: &str) -> Result<(PathBuf, Value), Refusal> {
        let unknown = || {
            Refusal::unknown(
                format!("there is no campaign `{name}`"),
                "GET /api/test-base lists them",
            )
        };
        // One folder below, nothing else.
        let mut parts = Path::new(name).components();
        let is_plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
        let folder = self.folder.join(name);
        let identity = is_plain.then(|| read_json(&folder.join(CAMPAIGN_FILE))).flatten();
        identity.map(|identity| (folder, identity)).ok_or_else(unknown)
    }

    fn with<T>(
        &self,
        name: &str,
        act: impl FnOnce(&Campaign<'_>, &Value, &Path) -> Result<T, String>,
    ) -> Result<T, Refusal> {
        let (folder, identity) = self.place(name)?;
        let (mut act, mut made) = (Some(act), None);
        let outcome = (self.make)(&folder, &identity, &mut |campaign| {
            if let Some(act) = act.take() {
                made = Some(act(campaign, &identity, &folder)?);
            }
            Ok(())
        });
        outcome.map_err(|reason| Refusal::told(&reason))?;
        made.ok_or_else(|| Refusal::told("the campaign could not be made again"))
    }

    /// What a campaign came to, or has come to so far.
    pub(crate) fn campaign(&self, name: &str) -> Result<Value, Refusal> {
        self.with(name, |campaign, identity, folder| {
            let outcome = Outcome::of(campaign).map_err(|error| error.to_string())?;
            let record = read_json(&folder.join(RECORD_FILE));
            let result = record.clone().unwrap_or_else(|| {
                test_record::result(campaign, identity, &outcome, &test_record_evidence())
            });
            let coverage = Coverage::of(campaign.suite, &outcome, &campaign.stand);
            let scenarios = campaign.suite.scenarios.iter().zip(&outcome.scenarios).map(|(scenario, of)| {
                json!({
                    "id": scenario.id, "title": scenario.title, "aim": scenario.aim, "required": of.required, "runs": of.runs,
                    "planned": campaign.sampler(scenario).runs(), "passed": of.passed, "failed": of.failed,
                    "undecided": of.undecided, "refused": of.refused, "driver_failed": of.driver_failed,
                    "simulated_s": of.simulated_s, "references": of.references,
                    "failure": of.failure.map(|share| json!([share.value, share.low, share.high])),
                    "parameters": scenario.parameters.iter().map(parameter).collect::<Vec<_>>(),
                })
            });
            let (played, newest) = progress(folder, identity);
            let next = |values: &Vec<f64>| json!(values);
            Ok(json!({
                "name": name, "title": campaign.suite.title, "standard": campaign.suite.standard, "notes": campaign.suite.notes,
                "identity": identity, "vehicle": campaign.stand.sheet.title, "is_done": record.is_some(),
                "played": played, "planned": planned(identity), "idle_s": newest.elapsed().map_or(0, |since| since.as_secs()),
                "outcome": { "decision": outcome.decision().word(), "reason": outcome.decision().reason() },
                "clauses": result["clauses"], "criteria": result["scenarios"], "scenarios": scenarios.collect::<Vec<_>>(),
                "unavailable": campaign.suite.unavailable.iter().map(|what| json!([what.title, what.reason])).collect::<Vec<_>>(),
                "coverage": {
                    "attributes": coverage.attributes,
                    "maps": coverage.maps.iter().map(|map| json!({ "map": map.map, "roads": map.roads, "length_m": map.length_m })).collect::<Vec<_>>(),
                    "pairs": coverage.pairs.iter().map(|pairs| json!({ "id": pairs.id, "seen": pairs.seen, "of": pairs.of, "next": pairs.next.iter().map(next).collect::<Vec<_>>() })).collect::<Vec<_>>(),
                },
            }))
        })
    }

    /// The runs of a scenario as points of its parameter space.
    pub(crate) fn points(&self, name: &str, id: &str) -> Result<Value, Refusal> {
        self.with(name, |campaign, _, folder| {
            let scenario = named(campaign, id)?;
            let kept = kept_runs(folder, scenario);
            let mut rows = Vec::new();
            let mut every = 1;
            for table in kept {
                for row in table.map_err(|error| error.to_string())? {
                    if row.index % every == 0 {
                        rows.push(row);
                    }
                    // Of very many runs every second is told, of twice as many every fourth, and so on.
                    if rows.len() > POINTS_MAX {
                        every *= 2;
                        rows.retain(|row| row.index % every == 0);
                    }
                }
            }
            let points = rows.iter().map(|row| {
                json!([row.index, row.decision().word(), row.margin(), row.values, row.references.iter().map(|(_, avoided)| avoided).collect::<Vec<_>>()])
            });
            Ok(json!({
                "id": scenario.id, "parameters": scenario.parameters.iter().map(parameter).collect::<Vec<_>>(),
                "references": scenario.boundary.iter().map(|model| proving::verdict::model_name(*model)).collect::<Vec<_>>(),
                "every": every, "points": points.collect::<Vec<_>>(),
            }))
        })
    }

    /// A run once more, as the pages read runs, with its verdicts; and the map is handed to `keep_map`.
    pub(crate) fn replay(
        &self,
        name: &str,
        id: &str,
        run: u64,
        keep_map: impl FnOnce(&Library, Option<&str>) -> Result<(), Refusal>,
    ) -> Result<Value, Refusal> {
        self.with(name, |campaign, _, _| {
            let scenario = named(campaign, id)?;
            let sampler = campaign.sampler(scenario);
            if run >= sampler.runs() {
                return Err(format!("there is no run {run}\nhint: `{id}` has {}, counted from 0", sampler.runs()));
            }
            let values = sampler.values(run);
            let stand = &campaign.stand;
            let mut concrete = stand.concrete(scenario, &values)?;
            concrete.name = format!("{}, {run}", scenario.title);
            let mut end_s = 0.0;
            // As long as it was judged.
            let judged = stand.play_watched(scenario, run, values.clone(), |player| end_s = player.time_s());
            let row = proving::run_table::RunRow::from(&judged);
            let again = Run {
                step_s: stand.step_s,
                time_s_max: end_s,
                driver: stand.under_test.driver,
                sheet: Some(stand.sheet),
                seed: stand.run_seed(scenario, run),
                user_values: &[],
                outside: stand.under_test.outside,
            };
            let mut told = run_json(&concrete, &again)?;
            told["title"] = json!(scenario.title);
            told["driver"] = json!(stand.under_test.name);
            told["warnings"] = json!([]);
            told["run"] = json!(run);
            told["values"] = scenario.parameters.iter().zip(&values).map(|(parameter, value)| json!([parameter.name, value, parameter.unit])).collect();
            let verdicts = scenario.criteria.iter().zip(&row.verdicts).map(|(criterion, verdict)| {
                json!({
                    "clause": criterion.clause, "criterion": proving::verdict::told(criterion.figure, criterion.bound),
                    "decision": verdict.decision.word(), "reason": verdict.decision.reason(), "value": verdict.value,
                    "limit": verdict.limit, "margin": verdict.margin, "time_s": verdict.time_s, "unit": criterion.figure.unit(),
                })
            });
            told["verdicts"] = verdicts.collect();
            keep_map(stand.library, told["map"].as_str()).map_err(|_| "the map of the run cannot be shown".to_owned())?;
            Ok(told)
        })
    }

    /// What changed from another campaign to this one.
    pub(crate) fn compare(&self, now: &str, before: &str) -> Result<Value, Refusal> {
        let (before_folder, before_identity) = self.place(before)?;
        self.with(now, |campaign, identity, folder| {
            if identity["suite"]["name"] != before_identity["suite"]["name"] {
                return Err("they are campaigns of two suites\nhint: compare results of one suite".to_owned());
            }
            let change = |change: &Change| json!({ "run": change.run, "values": change.values, "margins": change.margins });
            let compared = campaign.suite.scenarios.iter().map(|scenario| {
                let found = compare(&before_folder, folder, scenario).map_err(|error| error.to_string())?;
                Ok(json!({
                    "id": found.id, "title": scenario.title, "both": found.both, "apart": found.apart, "mended": found.mended,
                    "broken": found.broken, "more_margin": found.margin[0], "less_margin": found.margin[1], "same": found.same,
                    "worse": found.worse.iter().map(change).collect::<Vec<_>>(), "better": found.better.iter().map(change).collect::<Vec<_>>(),
                    "parameters": scenario.parameters.iter().map(parameter).collect::<Vec<_>>(),
                }))
            });
            Ok(json!({
                "now": now, "before": before, "drivers": [before_identity["driver"], identity["driver"]],
                "scenarios": compared.collect::<Result<Vec<Value>, String>>()?,
            }))
        })
    }

    /// Checks a campaign's test record against its evidence.
    pub(crate) fn verify(&self, name: &str) -> Result<Value, Refusal> {
        let (folder, _) = self.place(name)?;
        let checked =
            test_record::verify(&folder.join(RECORD_FILE)).map_err(|error| Refusal::told(&error.to_string()))?;
        Ok(
            json!({ "digest": checked.digest, "files": checked.files, "bytes": checked.bytes, "differences": checked.differences }),
        )
    }

    /// The sheets to hand out.
    pub(crate) fn report(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        let (folder, _) = self.place(name)?;
        let path = folder.join("report.pdf");
        let fits = std::fs::metadata(&path).is_ok_and(|meta| meta.len() <= FILE_BYTES_MAX);
        let content = fits.then(|| std::fs::read(&path).ok()).flatten();
        content.ok_or_else(|| {
            Refusal::unknown(
                format!("`{name}` has no report yet"),
                "it is written when all runs are played",
            )
        })
    }
}

fn test_record_evidence() -> proving::evidence::AllEvidence {
    // Recordings of the worst runs are made at the end; a running campaign has none.
    proving::evidence::AllEvidence::new()
}

fn named<'a>(campaign: &'a Campaign<'_>, id: &str) -> Result<&'a LogicalScenario, String> {
    let scenarios = &campaign.suite.scenarios;
    scenarios.iter().find(|scenario| scenario.id == id).ok_or_else(|| {
        let known: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        format!(
            "`{}` has no scenario `{id}`\nhint: it has {}",
            campaign.suite.name,
            known.join(", ")
        )
    })
}

fn parameter(parameter: &Parameter) -> Value {
    json!({ "name": parameter.name, "unit": parameter.unit, "range": parameter.range() })
}

fn read_json(path: &Path) -> Option<Value> {
    let length = std::fs::metadata(path).ok()?.len();
    (length <= FILE_BYTES_MAX).then_some(())?;
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

fn planned(identity: &Value) -> u64 {
    let scenarios = identity["scenarios"].as_array().into_iter().flatten();
    scenarios.filter_map(|scenario| scenario["runs"].as_u64()).sum()
}

/// Runs whose tables are written, and when the newest was.
fn progress(folder: &Path, identity: &Value) -> (u64, SystemTime) {
    let mut newest = modified(&folder.join(CAMPAIGN_FILE)).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut played = 0;
    for scenario in identity["scenarios"].as_array().into_iter().flatten() {
        let (Some(id), Some(runs)) = (scenario["id"].as_str(), scenario["runs"].as_u64()) else {
            continue;
        };
        let tables = std::fs::read_dir(folder.join("runs").join(id))
            .into_iter()
            .flatten()
            .flatten();
        let tables = tables.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "parquet"));
        let mut count = 0;
        for table in tables {
            count += 1;
            newest = newest.max(modified(&table.path()).unwrap_or(newest));
        }
        played += (count * proving::campaign::SHARD_RUNS).min(runs);
    }
    (played, newest)
}
