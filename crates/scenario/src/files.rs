//! Files and parsed documents, each read once and shared by every run.
//!
//! A [`Library`] hands out documents, catalogs and roads by path and keeps them. It is the one place of this crate that
//! opens files; what their content means it does not know, but that a map is a map. Files that come with a program are
//! given to it with their content ([`Library::with_files`]) and go before those of the disk; a library that is
//! [`Library::sealed`] has no others.

use crate::document::Node;
use crate::problem::Problem;
use crate::roads::Roads;
use std::borrow::Cow;
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

/// Files by path, with their content.
pub type Files = BTreeMap<PathBuf, Cow<'static, [u8]>>;

/// Everything read so far.
#[derive(Debug, Default)]
pub struct Library {
    files: Files,
    /// The disk is not asked.
    is_sealed: bool,
    documents: Kept<Document>,
    catalogs: Kept<Vec<Arc<Document>>>,
    roads: Kept<Roads>,
}

impl Library {
    /// A library with files that need not be on the disk.
    pub fn with_files(files: Files) -> Library {
        Library {
            files,
            ..Library::default()
        }
    }

    /// A library of these files alone: whatever a scenario of somebody else names, nothing of the disk is read for it.
    pub fn sealed(files: Files) -> Library {
        Library {
            files,
            is_sealed: true,
            ..Library::default()
        }
    }

    /// The content of a file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn content(&self, path: &Path) -> std::io::Result<Cow<'_, [u8]>> {
        match self.files.get(&normal_path(path)) {
            Some(content) => Ok(Cow::Borrowed(content)),
            None if self.is_sealed => Err(std::io::ErrorKind::NotFound.into()),
            None => std::fs::read(path).map(Cow::Owned),
        }
    }

    /// Files read so far: documents and maps.
    pub fn paths(&self) -> Vec<PathBuf> {
        let of_documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let of_roads = self.roads.lock().unwrap_or_else(PoisonError::into_inner);
        let documents = of_documents
            .iter()
            .filter(|(_, read)| read.is_ok())
            .map(|(path, _)| path.clone());
        let roads = of_roads
            .iter()
            .filter(|(_, read)| read.is_ok())
            .map(|(path, _)| path.clone());
        documents.chain(roads).collect()
    }

    /// A parsed document.
    pub fn document(&self, path: &Path) -> Result<Arc<Document>, Vec<Problem>> {
        keep(&self.documents, path, |path| {
            let file = path.display().to_string();
            let content = self.content(path).map_err(|error| {
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
            let given: Vec<PathBuf> = self
                .files
                .keys()
                .filter(|path| path.parent() == Some(folder) && path.extension().is_some_and(|ending| ending == "xosc"))
                .cloned()
                .collect();
            let entries = match folder.is_file() {
                _ if self.is_sealed || !given.is_empty() => given,
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
            let content = self
                .content(path)
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
    let key = normal_path(path);
    if let Some(found) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return found.clone();
    }
    let result = read(&key).map(Arc::new);
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, result.clone());
    result
}

/// The path without `.` and `..`, by name alone: how a [`Library`] knows files.
pub fn normal_path(path: &Path) -> PathBuf {
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
