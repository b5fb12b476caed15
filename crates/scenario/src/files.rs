//! Files and parsed documents, each read once and shared by every run.
//!
//! A [`Library`] hands out documents, catalogs and roads by path and keeps them. It is the one place of this crate that
//! opens files; what their content means it does not know, but that a map is a map.

use crate::document::Node;
use crate::problem::Problem;
use crate::roads::Roads;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A parsed file.
#[derive(Debug)]
pub struct Document {
    /// Its path as shown to people.
    pub file: String,
    /// Its root element.
    pub root: Node,
}

type Kept<T> = Mutex<BTreeMap<PathBuf, Result<Arc<T>, Vec<Problem>>>>;

/// Everything read so far.
#[derive(Debug, Default)]
pub struct Library {
    documents: Kept<Document>,
    catalogs: Kept<Vec<Arc<Document>>>,
    roads: Kept<Roads>,
}

impl Library {
    /// A parsed document.
    pub fn document(&self, path: &Path) -> Result<Arc<Document>, Vec<Problem>> {
        keep(&self.documents, path, |path| {
            let file = path.display().to_string();
            let content = std::fs::read(path).map_err(|error| {
                let hint = "check the path; it is relative to the file that names it";
                vec![Problem::error(
                    &file,
                    Default::default(),
                    "",
                    format!("cannot be read: {error}"),
                    hint,
                )]
            })?;
            let text = decoded(&content);
            let root = Node::parse(&file, &text).map_err(|problem| vec![problem])?;
            Ok(Document { file, root })
        })
    }

    /// All catalog documents of a folder, in the order of their names. Other files there are left alone.
    pub fn catalogs(&self, folder: &Path) -> Result<Arc<Vec<Arc<Document>>>, Vec<Problem>> {
        keep(&self.catalogs, folder, |folder| {
            let file = folder.display().to_string();
            let entries = match folder.is_file() {
                true => vec![folder.to_owned()],
                false => {
                    let entries = std::fs::read_dir(folder).map_err(|error| {
                        let hint = "check <CatalogLocations>; the path is relative to the scenario";
                        vec![Problem::error(
                            &file,
                            Default::default(),
                            "",
                            format!("no such folder: {error}"),
                            hint,
                        )]
                    })?;
                    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
                    let mut paths: Vec<PathBuf> = paths
                        .filter(|path| path.extension().is_some_and(|extension| extension == "xosc"))
                        .collect();
                    paths.sort();
                    paths
                }
            };
            let documents = entries.iter().map(|path| self.document(path));
            let documents = documents.collect::<Result<Vec<_>, _>>()?;
            Ok(documents
                .into_iter()
                .filter(|document| document.root.child("Catalog").is_some())
                .collect())
        })
    }

    /// A map's roads.
    pub fn roads(&self, path: &Path) -> Result<Arc<Roads>, Vec<Problem>> {
        keep(&self.roads, path, |path| {
            let file = path.display().to_string();
            let wrong =
                |message: String, hint: &str| vec![Problem::error(&file, Default::default(), "", message, hint)];
            let content = std::fs::read(path)
                .map_err(|error| wrong(format!("the map cannot be read: {error}"), "check <LogicFile filepath>"))?;
            let reading = road::read_map(&file, &content).map_err(|error| wrong(error.to_string(), ""))?;
            let network = road::RoadNetwork::compile(&reading.draft).map_err(|error| wrong(error.to_string(), ""))?;
            Ok(Roads::new(&reading.draft, network))
        })
    }
}

/// The text of a file.
pub fn text_of(path: &Path) -> std::io::Result<String> {
    std::fs::read(path).map(|content| decoded(&content))
}

/// UTF-8, with Latin-1 for what is none: some public files say UTF-8 and are not.
fn decoded(content: &[u8]) -> String {
    match std::str::from_utf8(content) {
        Ok(text) => text.to_owned(),
        Err(_) => content.iter().map(|&byte| char::from(byte)).collect(),
    }
}

fn keep<T>(
    kept: &Kept<T>,
    path: &Path,
    read: impl FnOnce(&Path) -> Result<T, Vec<Problem>>,
) -> Result<Arc<T>, Vec<Problem>> {
    let key = normal(path);
    if let Some(found) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return found.clone();
    }
    let result = read(&key).map(Arc::new);
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, result.clone());
    result
}

/// The path without `.` and `..`, by name alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
