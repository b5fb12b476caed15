//! Scenarios to be opened, played and wound in the scenario view.
//!
//! In go a library of files with what may be opened in it, and files that a page sends; out come a list, runs as JSON
//! and maps as binary glTF. What a page sends is read with those files and the program's own alone, never the disk. It
//! does not know how anyone drives.

use crate::refusal::Refusal;
use crate::run_json::run_json;
use record::Seed;
use scenario::{Driver, Files, Library, ReadOptions, Run, distribution, read};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;

/// Sets of files sent by pages that are kept; the oldest go first.
const OPENED_MAX: usize = 8;
/// Files in a set.
const FILES_MAX: usize = 40;
/// All files of a set together. Maps of towns are some megabytes.
pub(crate) const OPENED_BYTES_MAX: usize = 32 << 20;
/// Maps kept ready.
const MAPS_MAX: usize = 4;
/// A run is played no longer than this, simulated.
const DURATION_S_MAX: f64 = 600.0;
const STEP_S: f64 = 0.01;
const DURATION_S: f64 = 60.0;
/// Where files lie that a page sent: beside `examples/`, so that they find the program's maps as those do.
const OPENED_FOLDER: &str = "built-in/opened";

/// A scenario that can be opened.
#[derive(Clone, Debug)]
pub struct ShelvedScenario {
    /// What it is asked for by.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What it belongs to.
    pub group: String,
    /// Its file in the library.
    pub file: PathBuf,
    /// Values of its parameters that are not the file's own.
    pub parameters: Vec<(String, String)>,
}

/// Scenarios that can be opened, and those that pages brought.
pub struct ScenarioShelf {
    library: Arc<Library>,
    /// The program's own files, which those of pages may refer to.
    own: Files,
    scenarios: Vec<ShelvedScenario>,
    opened: Mutex<Opened>,
    maps: Mutex<VecDeque<(String, axum::body::Bytes)>>,
}

#[derive(Default)]
struct Opened {
    count: u64,
    sets: VecDeque<(ShelvedScenario, Arc<Library>)>,
}

/// What a page asks to be played.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunRequest {
    /// As `GET /api/scenarios` lists it.
    pub(crate) id: String,
    /// As `GET /api/scenarios` lists it.
    pub(crate) driver: String,
    /// The run's luck.
    #[serde(default)]
    pub(crate) seed: u64,
    /// 0.01 if it is left out.
    #[schema(minimum = 0.001, maximum = 0.1)]
    pub(crate) step_s: Option<f64>,
    /// 60 if it is left out; at least a step.
    #[schema(minimum = 0.1, maximum = 600)]
    pub(crate) duration_s: Option<f64>,
    /// Values of the scenario's parameters.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Files that a page sends.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenRequest {
    /// One scenario (.xosc), with the map and the catalogs that it names.
    #[schema(max_items = 40)]
    pub(crate) files: Vec<SentFile>,
}

/// A file.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentFile {
    pub(crate) name: String,
    /// What is in it.
    pub(crate) text: String,
}

impl ScenarioShelf {
    /// A shelf of a library; `own` are the program's files, by their paths in it.
    pub fn new(library: Arc<Library>, own: Files, scenarios: Vec<ShelvedScenario>) -> ScenarioShelf {
        ScenarioShelf {
            library,
            own,
            scenarios,
            opened: Mutex::default(),
            maps: Mutex::default(),
        }
    }

    /// All scenarios and drivers.
    pub(crate) fn list(&self) -> Value {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let all = opened.sets.iter().map(|(scenario, _)| scenario).chain(&self.scenarios);
        let scenarios =
            all.map(|scenario| json!({ "id": scenario.id, "title": scenario.title, "group": scenario.group }));
        let drivers = Driver::NAMES.iter().map(|(name, _)| name);
        json!({ "scenarios": scenarios.collect::<Vec<_>>(), "drivers": drivers.collect::<Vec<_>>() })
    }

    /// Takes in files of a page; the scenario among them is ready to be played.
    pub(crate) fn open(&self, request: OpenRequest) -> Result<Value, Refusal> {
        if request.files.len() > FILES_MAX {
            return Err(Refusal::unfit(
                format!("{} files are too many; the limit is {FILES_MAX}", request.files.len()),
                "open a scenario with the map and the catalogs that it names",
            ));
        }
        let base = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let names: Vec<String> = request.files.iter().map(|file| base(&file.name)).collect();
        let is_scenario = |file: &&SentFile| {
            file.name.ends_with(".xosc") && !(file.text.contains("<Catalog ") || file.text.contains("<Catalog>"))
        };
        let mut found = request.files.iter().filter(is_scenario);
        let (Some(scenario), None) = (found.next(), found.next()) else {
            return Err(Refusal::unfit(
                "there is not exactly one scenario among the files".to_owned(),
                "open one .xosc, with the map (.xodr) and the catalogs that it names",
            ));
        };
        let title = base(&scenario.name);
        // Files of a page lie in one folder, wherever its author had them.
        let here = |path: &str| {
            let name = base(path);
            match names.contains(&name) {
                true => name,
                // A folder of catalogs: they lie here.
                false if !name.contains('.') && names.len() > 1 => ".".to_owned(),
                false => path.replace('\\', "/"),
            }
        };
        let text = scenario::concrete(&scenario.text, &[], here).ok_or_else(|| {
            Refusal::unfit(
                format!("{title}: it is no XML"),
                "westline scenario check tells where a file is wrong",
            )
        })?;
        let folder = Path::new(OPENED_FOLDER);
        let mut files = self.own.clone();
        for (file, name) in request.files.iter().zip(&names) {
            let content = if *name == title { &text } else { &file.text };
            files.insert(folder.join(name), Cow::Owned(content.clone().into_bytes()));
        }
        let library = Arc::new(Library::sealed(files));
        let file = folder.join(&title);
        if distribution::is_distribution(&library, &file) {
            return Err(Refusal::unfit(
                format!("{title}: it is a distribution of parameters, not a scenario"),
                "open the scenario that it names, and set parameters in the page",
            ));
        }
        read(&library, &file, &ReadOptions::default()).map_err(|error| Refusal::told(&error.to_string()))?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.count += 1;
        let shelved = ShelvedScenario {
            id: format!("opened/{}/{title}", opened.count),
            title,
            group: "opened".to_owned(),
            file,
            parameters: Vec::new(),
        };
        let answer = json!({ "id": shelved.id, "title": shelved.title });
        opened.sets.push_front((shelved, library));
        opened.sets.truncate(OPENED_MAX);
        Ok(answer)
    }

    fn find(&self, id: &str) -> Option<(ShelvedScenario, Arc<Library>)> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let brought = opened.sets.iter().find(|(scenario, _)| scenario.id == id).cloned();
        brought.or_else(|| {
            let known = self.scenarios.iter().find(|scenario| scenario.id == id)?;
            Some((known.clone(), self.library.clone()))
        })
    }

    /// Plays a scenario.
    pub(crate) fn run(&self, request: &RunRequest) -> Result<Value, Refusal> {
        let (shelved, library) = self.find(&request.id).ok_or_else(|| {
            Refusal::unknown(
                format!("there is no scenario `{}`", request.id),
                "GET /api/scenarios lists them; files that were opened long ago are to be opened again",
            )
        })?;
        let driver = Driver::named(&request.driver).ok_or_else(|| {
            let names: Vec<&str> = Driver::NAMES.iter().map(|(name, _)| *name).collect();
            Refusal::unfit(format!("there is no driver `{}`", request.driver), &names.join(", "))
        })?;
        let step_s = request.step_s.unwrap_or(STEP_S);
        let duration_s = request.duration_s.unwrap_or(DURATION_S);
        if !(0.001..=0.1).contains(&step_s) || !(step_s..=DURATION_S_MAX).contains(&duration_s) {
            return Err(Refusal::unfit(
                "that is no step or no duration".to_owned(),
                "step_s lies between 0.001 and 0.1, duration_s goes up to 600",
            ));
        }
        let mut parameters = shelved.parameters.clone();
        parameters.retain(|(name, _)| !request.parameters.contains_key(name));
        parameters.extend(
            request
                .parameters
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let options = ReadOptions {
            lenient: false,
            parameters,
        };
        let reading = read(&library, &shelved.file, &options).map_err(|error| Refusal::told(&error.to_string()))?;
        let run = Run {
            step_s,
            time_s_max: duration_s,
            driver,
            sheet: None,
            seed: Seed(request.seed),
            user_values: &[],
            outside: None,
        };
        let mut told = run_json(&reading.scenario, &run).map_err(|reason| Refusal::told(&reason))?;
        told["title"] = json!(shelved.title);
        told["driver"] = json!(request.driver);
        told["warnings"] = reading.warnings.iter().map(ToString::to_string).collect();
        self.keep_map(&library, told["map"].as_str())?;
        Ok(told)
    }

    /// Makes the map of a run, so that it is there when it is asked for.
    pub(crate) fn keep_map(&self, library: &Library, digest: Option<&str>) -> Result<(), Refusal> {
        let Some(digest) = digest else { return Ok(()) };
        if self.map(digest).is_some() {
            return Ok(());
        }
        let is_it = |path: &PathBuf| {
            let is_map = path.extension().is_none_or(|extension| extension != "xosc");
            is_map
                && library
                    .roads(path)
                    .is_ok_and(|roads| roads.network().digest() == digest)
        };
        let Some(path) = library.paths().into_iter().find(is_it) else {
            return Ok(());
        };
        let told = |error: String| Refusal::told(&error);
        let content = library.content(&path).map_err(|error| told(error.to_string()))?;
        let map = road::read_map(&path.display().to_string(), &content).map_err(|error| told(error.to_string()))?;
        let bytes = axum::body::Bytes::from(road::export::gltf(&map.draft));
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.push_front((digest.to_owned(), bytes));
        maps.truncate(MAPS_MAX);
        Ok(())
    }

    /// The map of a run that was played lately.
    pub(crate) fn map(&self, digest: &str) -> Option<axum::body::Bytes> {
        let maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.iter()
            .find(|(known, _)| known == digest)
            .map(|(_, bytes)| bytes.clone())
    }
}
