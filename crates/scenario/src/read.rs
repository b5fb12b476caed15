//! Files to a [`Scenario`]: names become indices, catalogs and parameters are put in, problems are gathered.
//!
//! A [`Reader`] walks the tree once, in modules named after what they read. Each element that it asks for by name is one
//! that runs; see the table in docs/.
//! Formulas: none; the terms are those of ASAM OpenSCENARIO XML 1.3.

mod actions;
mod attributes;
mod catalog;
mod conditions;
mod doubts;
mod entities;
mod network;
mod parameters;
mod positions;
mod storyboard;
mod traffic;

use crate::document::Node;
use crate::files::Library;
use crate::model::{Entity, Named, Scenario, SignalProgram};
use crate::problem::{Place, Problem, ScenarioError, Severity};
use crate::roads::Roads;
use crate::schema;
use crate::scope::Scope;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// What is unknown is a warning.
    pub lenient: bool,
    /// Parameters to set, as a parameter value distribution does.
    pub parameters: Vec<(String, String)>,
}

/// A scenario with what was odd about it.
#[derive(Debug)]
pub struct Reading {
    /// The scenario.
    pub scenario: Scenario,
    /// Warnings.
    pub warnings: Vec<Problem>,
}

/// Reads a scenario with all it refers to. All problems are returned together.
pub fn read(library: &Library, path: &Path, options: &ReadOptions) -> Result<Reading, ScenarioError> {
    let document = library.document(path).map_err(ScenarioError)?;
    if let Some(problem) = older_format(&document.file, &document.root) {
        return Err(problem.into());
    }
    let mut problems = Vec::new();
    schema_check(&document.file, &document.root, options.lenient, &mut problems);
    let mut reader = Reader {
        library,
        folder: path.parent().map(Path::to_owned).unwrap_or_default(),
        file: document.file.clone(),
        scope: Scope::default(),
        problems,
        lenient: options.lenient,
        entities: Vec::new(),
        entity_places: Vec::new(),
        entity_ids: BTreeMap::new(),
        trailers_in_place: Vec::new(),
        selections: BTreeMap::new(),
        parameters: Vec::new(),
        variables: Vec::new(),
        signal_controllers: Vec::new(),
        catalogs: BTreeMap::new(),
        roads: None,
        is_map_missing: false,
        state_references: Vec::new(),
        depth: 0,
        triggers: Vec::new(),
        init_places: Vec::new(),
    };
    let scenario = reader.scenario(&document.root, path, options);
    let mut problems = reader.problems;
    problems.sort();
    problems.dedup();
    match problems.iter().any(|problem| problem.severity == Severity::Error) {
        true => Err(ScenarioError(problems)),
        false => Ok(Reading {
            scenario,
            warnings: problems,
        }),
    }
}

/// Files of before version 1.0 share names of elements with it and little else: one problem, not hundreds.
fn older_format(file: &str, root: &Node) -> Option<Problem> {
    let header = root.child("FileHeader")?;
    let version = |name| header.attribute(name).map(|attribute| attribute.value.as_str());
    let major = version("revMajor")?;
    if major != "0" {
        return None;
    }
    let message = format!(
        "is of OpenSCENARIO {major}.{}, expected 1.0 to 1.3",
        version("revMinor").unwrap_or("?")
    );
    let hint = "bring it to 1.0 first: ASAM's standard comes with a migration script";
    Some(Problem::error(file, header.place, &header.name, message, hint))
}

fn schema_check(file: &str, root: &Node, lenient: bool, problems: &mut Vec<Problem>) {
    let first = problems.len();
    match root.name.as_str() {
        "OpenSCENARIO" => schema::check(file, root, "OpenSCENARIO", problems),
        name => problems.push(Problem::error(
            file,
            root.place,
            name,
            format!("found <{name}>, expected <OpenSCENARIO>"),
            "scenarios are OpenSCENARIO XML",
        )),
    }
    if lenient {
        for problem in &mut problems[first..] {
            problem.severity = Severity::Warning;
        }
    }
}

pub(crate) struct Reader<'a> {
    library: &'a Library,
    folder: PathBuf,
    file: String,
    scope: Scope,
    problems: Vec<Problem>,
    lenient: bool,
    entities: Vec<Entity>,
    entity_places: Vec<Place>,
    entity_ids: BTreeMap<String, usize>,
    /// Trailers described within what pulls them, each with the name of its own trailer.
    trailers_in_place: Vec<(Entity, Option<String>)>,
    selections: BTreeMap<String, Vec<usize>>,
    parameters: Vec<Named>,
    variables: Vec<Named>,
    signal_controllers: Vec<SignalProgram>,
    /// Folders by element name of their location: `VehicleCatalog`.
    catalogs: BTreeMap<String, PathBuf>,
    roads: Option<Arc<Roads>>,
    /// The map could not be read, which has been told.
    is_map_missing: bool,
    /// Names of storyboard elements that conditions ask for.
    state_references: Vec<(crate::model::ElementKind, String)>,
    depth: usize,
    triggers: Vec<doubts::Kept>,
    /// Actions of the beginning, with their places.
    init_places: Vec<(crate::model::ElementId, Place)>,
}

impl Reader<'_> {
    fn scenario(&mut self, root: &Node, path: &Path, options: &ReadOptions) -> Scenario {
        self.declare(root, &options.parameters);
        for (name, _) in &options.parameters {
            if !self.parameters.iter().any(|known| known.name == *name) {
                let hint = "declare it in <ParameterDeclarations>";
                self.wrong(
                    root.place,
                    "ParameterDeclarations",
                    format!("no parameter `{name}` to set"),
                    hint,
                );
            }
        }
        if let Some(declarations) = root.child("VariableDeclarations") {
            for node in declarations.all("VariableDeclaration") {
                let variable = Named {
                    name: self.text(node, "name"),
                    kind: self.text(node, "variableType"),
                    value: self.text(node, "value"),
                };
                self.variables.push(variable);
            }
        }
        if let Some(declarations) = root.child("MonitorDeclarations") {
            for node in declarations.all("MonitorDeclaration") {
                let monitor = Named {
                    name: self.text(node, "name"),
                    kind: "monitor".to_owned(),
                    value: self.text(node, "value"),
                };
                self.variables.push(monitor);
            }
        }
        for location in root
            .child("CatalogLocations")
            .into_iter()
            .flat_map(|node| &node.children)
        {
            if let Some(directory) = location.child("Directory") {
                let folder = self.text(directory, "path");
                let folder = self.beside(&folder);
                self.catalogs.insert(location.name.clone(), folder);
            }
        }
        if let Some(network) = root.child("RoadNetwork") {
            self.road_network(network);
        }
        if let Some(entities) = root.child("Entities") {
            self.read_entities(entities);
        }
        let (elements, init) = match root.child("Storyboard") {
            Some(storyboard) => self.storyboard(storyboard),
            None => {
                self.wrong(
                    root.place,
                    &root.name,
                    "no <Storyboard> in it".to_owned(),
                    "a file to play needs one",
                );
                (Vec::new(), Vec::new())
            }
        };
        self.doubts(&elements, &init);
        let header = root.child("FileHeader");
        Scenario {
            name: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            description: header
                .and_then(|node| node.attribute("description"))
                .map(|a| a.value.clone())
                .unwrap_or_default(),
            roads: self.roads.clone(),
            entities: std::mem::take(&mut self.entities),
            init,
            elements,
            parameters: std::mem::take(&mut self.parameters),
            variables: std::mem::take(&mut self.variables),
            signal_controllers: std::mem::take(&mut self.signal_controllers),
        }
    }
}
