//! Entries of catalogs: found by the names that a reference gives, and read with its parameters.

use super::Reader;
use crate::document::Node;
use crate::problem::Severity;
use crate::schema;
use std::path::{Path, PathBuf};

/// Catalog entries that refer to catalog entries deeper than this go round in a circle.
const REFERENCES_DEEP_MAX: usize = 16;

impl Reader<'_> {
    /// Finds what a catalog reference means and reads it with its own parameters.
    pub(super) fn catalog_entry(&mut self, reference: &Node, read: impl FnOnce(&mut Self, &Node)) {
        let catalog = self.text(reference, "catalogName");
        let entry = self.text(reference, "entryName");
        if self.depth >= REFERENCES_DEEP_MAX {
            let message = format!("`{entry}` refers to itself by way of catalogs");
            self.wrong(reference.place, &reference.name, message, "break the circle");
            return;
        }
        let assignments = reference.child("ParameterAssignments");
        let assignments = assignments.into_iter().flat_map(|node| node.all("ParameterAssignment"));
        let given: Vec<(String, String)> = assignments
            .map(|node| (reference_name(node), self.text(node, "value")))
            .collect();
        let folders: Vec<PathBuf> = self.catalogs.values().cloned().collect();
        let mut known = Vec::new();
        for folder in folders {
            let documents = match self.library.catalogs(&folder) {
                Ok(documents) => documents,
                // A folder that nobody needs may be missing; one that was needed shows below.
                Err(problems) => {
                    known.extend(
                        problems
                            .iter()
                            .map(|problem| problem.to_string().replace("\nhint: ", "; ")),
                    );
                    continue;
                }
            };
            for document in documents.iter() {
                let Some(node) = document.root.child("Catalog") else {
                    continue;
                };
                let name = node.attribute("name").map_or("", |attribute| attribute.value.as_str());
                // Some players find a catalog by its file's name, and files in use rely on it.
                let stem = Path::new(&document.file).file_stem();
                if name != catalog && stem.is_none_or(|stem| stem.to_string_lossy() != catalog) {
                    continue;
                }
                let fits = |child: &&Node| {
                    child
                        .attribute("name")
                        .is_some_and(|attribute| attribute.value == entry)
                };
                let Some(found) = node.children.iter().find(fits) else {
                    let names = node.children.iter().filter_map(|child| child.attribute("name"));
                    known.extend(names.map(|attribute| attribute.value.clone()));
                    continue;
                };
                if let Some(kind) = catalog_type(&found.name) {
                    let first = self.problems.len();
                    schema::check(&document.file, found, kind, &mut self.problems);
                    if self.lenient {
                        self.problems[first..]
                            .iter_mut()
                            .for_each(|problem| problem.severity = Severity::Warning);
                    }
                }
                let outer = (
                    self.scope.clone(),
                    std::mem::replace(&mut self.file, document.file.clone()),
                );
                let globals = self.parameters.clone();
                self.depth += 1;
                self.declare(found, &given);
                read(self, found);
                self.depth -= 1;
                self.parameters = globals;
                (self.scope, self.file) = outer;
                return;
            }
        }
        let message = format!("no entry `{entry}` in catalog `{catalog}`");
        let hint = match known.is_empty() {
            true => "check <CatalogLocations> and the catalog's name".to_owned(),
            false => format!("there are: {}", known.join(", ")),
        };
        self.wrong(reference.place, &reference.name, message, &hint);
    }
}

/// What a parameter assignment sets: the name itself, with or without `$`.
fn reference_name(node: &Node) -> String {
    let name = node
        .attribute("parameterRef")
        .map_or("", |attribute| attribute.value.as_str());
    name.trim_start_matches('$').to_owned()
}

fn catalog_type(element: &str) -> Option<&'static str> {
    schema::types().get_key_value(element).map(|(name, _)| *name)
}
