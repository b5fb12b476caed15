//! Files to a [`Scenario`]: names become indices, catalogs and parameters are put in, problems are gathered.
//!
//! A [`Reader`] walks the tree once. Each element that it asks for by name is one that runs; see the table in docs/.
//! Formulas: none; the terms are those of ASAM OpenSCENARIO XML 1.3.

mod actions;
mod conditions;
mod doubts;
mod positions;
mod storyboard;
mod traffic;

use crate::document::Node;
use crate::files::Library;
use crate::model::{Entity, EntityKind, Named, Scenario, SignalProgram};
use crate::problem::{Place, Problem, ScenarioError, Severity};
use crate::roads::Roads;
use crate::schema;
use crate::scope::{self, Scope};
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
        entity_ids: BTreeMap::new(),
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
    entity_ids: BTreeMap<String, usize>,
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

/// Catalog entries that refer to catalog entries deeper than this go round in a circle.
const REFERENCES_DEEP_MAX: usize = 16;

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

    /// Puts a node's parameter declarations into the scope, `given` values first. Global ones are kept for conditions.
    fn declare(&mut self, node: &Node, given: &[(String, String)]) {
        let declarations = node.child("ParameterDeclarations");
        for declaration in declarations
            .into_iter()
            .flat_map(|node| node.all("ParameterDeclaration"))
        {
            let name = self.text(declaration, "name");
            let value = match given.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => value.clone(),
                None => self.declared_value(declaration, declarations),
            };
            let kind = self.text(declaration, "parameterType");
            let is_number = matches!(
                kind.as_str(),
                "double" | "integer" | "int" | "unsignedInt" | "unsignedShort"
            );
            if is_number && scope::number(&value).is_none() {
                let message = format!("parameter `{name}` is `{value}`, expected {kind}");
                self.wrong(declaration.place, &declaration.name, message, "write a number");
            }
            self.scope.set(&name, value.clone());
            self.constrain(declaration, &name, &value);
            match self.parameters.iter_mut().find(|known| known.name == name) {
                Some(known) => known.value = value,
                None => self.parameters.push(Named { name, kind, value }),
            }
        }
    }

    /// The value of a declaration, which may use those before it; `0` once it is told that it cannot be known.
    fn declared_value(&mut self, declaration: &Node, all: Option<&Node>) -> String {
        let written = declaration.attribute("value").map_or("", |value| value.value.as_str());
        let later = all.into_iter().flat_map(|all| &all.children);
        let mut later = later.filter_map(|node| node.attribute("name").map(|name| name.value.as_str()));
        if self.scope.resolve(written).is_ok() {
            return self.text(declaration, "value");
        }
        match later.find(|name| self.scope.get(name).is_none() && uses(written, name)) {
            Some(name) => {
                let message = format!("`value` is `{written}`, and `{name}` has no value yet");
                let hint = "a parameter may use those declared before it: change the order, or break the circle";
                self.wrong(declaration.place, &declaration.name, message, hint);
            }
            None => {
                self.text(declaration, "value");
            }
        }
        "0".to_owned()
    }

    /// A parameter's constraint groups: one of them must hold as a whole.
    fn constrain(&mut self, declaration: &Node, name: &str, value: &str) {
        let groups: Vec<&Node> = declaration.all("ConstraintGroup").collect();
        let mut holds = groups.is_empty();
        for group in &groups {
            let mut all = true;
            for constraint in group.all("ValueConstraint") {
                let rule = self.rule(constraint);
                let against = self.text(constraint, "value");
                all &= crate::compare::texts(value, rule, &against);
            }
            holds |= all;
        }
        if !holds {
            let message = format!("parameter `{name}` is `{value}`, which none of its constraint groups allows");
            self.wrong(
                declaration.place,
                &declaration.name,
                message,
                "give it a value within <ConstraintGroup>",
            );
        }
    }

    fn road_network(&mut self, network: &Node) {
        if let Some(node) = network.child("LogicFile") {
            let path = self.text(node, "filepath");
            if !path.is_empty() {
                match self.library.roads(&self.beside(&path)) {
                    Ok(roads) => self.roads = Some(roads),
                    Err(problems) => {
                        self.is_map_missing = true;
                        self.refer(node, problems);
                    }
                }
            }
        }
        let Some(signals) = network.child("TrafficSignals") else {
            return;
        };
        let mut references = Vec::new();
        for node in signals.all("TrafficSignalController") {
            let phases = node.all("Phase").map(|phase| {
                let states = phase.all("TrafficSignalState");
                let states = states.map(|state| (self.text(state, "trafficSignalId"), self.text(state, "state")));
                let mut states: Vec<_> = states.collect();
                if let Some(group) = phase.child("TrafficSignalGroupState") {
                    let state = self.text(group, "state");
                    states.push((String::new(), state));
                }
                (self.text(phase, "name"), self.number(phase, "duration"), states)
            });
            let phases = phases.collect();
            let program = SignalProgram {
                name: self.text(node, "name"),
                delay_s: self.optional_number(node, "delay").unwrap_or(0.0),
                reference: None,
                phases,
            };
            references.push(
                node.attribute("reference")
                    .map(|_| (node, self.text(node, "reference"))),
            );
            self.signal_controllers.push(program);
        }
        for (index, reference) in references.into_iter().enumerate() {
            let Some((node, name)) = reference else { continue };
            match self.signal_controllers.iter().position(|known| known.name == name) {
                Some(found) => self.signal_controllers[index].reference = Some(found),
                None => self.wrong(
                    node.place,
                    &node.name,
                    format!("no controller `{name}`"),
                    "name one of <TrafficSignals>",
                ),
            }
        }
    }

    fn read_entities(&mut self, entities: &Node) {
        let mut trailers = Vec::new();
        for node in entities.all("ScenarioObject") {
            let name = self.text(node, "name");
            if self.entity_ids.contains_key(&name) {
                self.wrong(
                    node.place,
                    &node.name,
                    format!("two entities are called `{name}`"),
                    "rename one",
                );
            }
            self.entity_ids.insert(name.clone(), self.entities.len());
            let (entity, trailer) = self.entity(node, name);
            let index = self.entities.len();
            self.entities.push(entity);
            if let Some(name) = trailer {
                trailers.push((node, index, name));
            }
        }
        for (node, index, name) in trailers {
            match self.entity_ids.get(&name) {
                Some(&trailer) => self.entities[index].trailer = Some(trailer),
                None => self.wrong(
                    node.place,
                    &node.name,
                    format!("no trailer `{name}`"),
                    "declare it as a <ScenarioObject>",
                ),
            }
        }
        for node in entities.all("EntitySelection") {
            let name = self.text(node, "name");
            let mut members = Vec::new();
            if let Some(list) = node.child("Members") {
                for reference in list.all("EntityRef") {
                    members.extend(self.entity_ref(reference, "entityRef"));
                }
                for kind in list.all("ByType") {
                    let kind = self.text(kind, "objectType");
                    let fits = |entity: &Entity| entity_kind(&kind).is_some_and(|kind| kind == entity.kind);
                    members.extend((0..self.entities.len()).filter(|&index| fits(&self.entities[index])));
                }
            }
            self.selections.insert(name, members);
        }
    }

    /// An entity and the name of the trailer it pulls.
    fn entity(&mut self, node: &Node, name: String) -> (Entity, Option<String>) {
        let mut entity = Entity {
            name,
            size_m: [4.5, 1.8, 1.5],
            centre_m: [1.4, 0.0, 0.75],
            speed_mps_max: f64::INFINITY,
            acceleration_mps2_max: f64::INFINITY,
            deceleration_mps2_max: f64::INFINITY,
            ..Entity::default()
        };
        let mut trailer = None;
        for child in &node.children {
            match child.name.as_str() {
                "CatalogReference" => {
                    self.catalog_entry(child, |reader, entry| trailer = reader.body(entry, &mut entity));
                }
                "Vehicle" | "Pedestrian" | "MiscObject" => trailer = self.body(child, &mut entity),
                "ObjectController" => {
                    let controller = self.controller(child);
                    entity.controllers.extend(controller);
                }
                // ExternalObjectReference: a body that somebody else describes keeps the default box.
                _ => {}
            }
        }
        (entity, trailer)
    }

    fn body(&mut self, node: &Node, entity: &mut Entity) -> Option<String> {
        let (kind, category) = match node.name.as_str() {
            "Vehicle" => (EntityKind::Vehicle, "vehicleCategory"),
            "Pedestrian" => (EntityKind::Pedestrian, "pedestrianCategory"),
            _ => (EntityKind::MiscObject, "miscObjectCategory"),
        };
        entity.kind = kind;
        entity.category = self.text(node, category);
        if let Some(node) = node.child("BoundingBox") {
            if let Some(centre) = node.child("Center") {
                entity.centre_m = ["x", "y", "z"].map(|name| self.number(centre, name));
            }
            if let Some(size) = node.child("Dimensions") {
                entity.size_m = ["length", "width", "height"].map(|name| self.number(size, name));
            }
        }
        if let Some(node) = node.child("Performance") {
            entity.speed_mps_max = self.number(node, "maxSpeed");
            entity.acceleration_mps2_max = self.number(node, "maxAcceleration");
            entity.deceleration_mps2_max = self.number(node, "maxDeceleration");
        }
        entity.hitch_m = node.child("TrailerHitch").map_or(0.0, |node| self.number(node, "dx"));
        entity.coupler_m = node.child("TrailerCoupler").map_or(0.0, |node| self.number(node, "dx"));
        let trailer = node.child("Trailer")?;
        // Catalogs leave the name empty for those who pull nothing.
        trailer
            .child("TrailerRef")
            .map(|node| self.text(node, "entityRef"))
            .filter(|name| !name.is_empty())
    }

    /// The name of a controller given in place or by a catalog.
    fn controller(&mut self, node: &Node) -> Option<String> {
        let mut name = None;
        for child in &node.children {
            match child.name.as_str() {
                "Controller" => name = Some(self.text(child, "name")),
                "CatalogReference" => {
                    self.catalog_entry(child, |reader, entry| name = Some(reader.text(entry, "name")));
                }
                _ => {}
            }
        }
        name
    }

    /// Finds what a catalog reference means and reads it with its own parameters.
    fn catalog_entry(&mut self, reference: &Node, read: impl FnOnce(&mut Self, &Node)) {
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

    // What follows reads single attributes.

    fn wrong(&mut self, place: Place, element: &str, message: String, hint: &str) {
        self.problems
            .push(Problem::error(&self.file, place, element, message, hint));
    }

    /// Problems of another file, with the place that led there.
    fn refer(&mut self, node: &Node, problems: Vec<Problem>) {
        let what = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (message, hint) = what.split_once("\nhint: ").unwrap_or((&what, ""));
        self.wrong(node.place, &node.name, message.to_owned(), hint);
    }

    /// A path beside the scenario.
    fn beside(&self, path: &str) -> PathBuf {
        let path = path.replace('\\', "/");
        self.folder.join(path)
    }

    fn optional_text(&mut self, node: &Node, name: &str) -> Option<String> {
        let attribute = node.attribute(name)?;
        match self.scope.resolve(&attribute.value) {
            Ok(value) => Some(value),
            // A name is a name, even one that looks like a parameter that nobody declared.
            Err(_) if name == "name" => Some(attribute.value.clone()),
            Err(message) => {
                let hint = "declare the parameter, or mend the expression";
                self.wrong(attribute.place, &node.name, format!("`{name}`: {message}"), hint);
                None
            }
        }
    }

    /// An attribute that must be there (the check by the schema has said so if it is not).
    fn text(&mut self, node: &Node, name: &str) -> String {
        self.optional_text(node, name).unwrap_or_default()
    }

    fn optional_number(&mut self, node: &Node, name: &str) -> Option<f64> {
        let text = self.optional_text(node, name)?;
        let value = scope::number(&text);
        if value.is_none() {
            let place = node.attribute(name).map_or(node.place, |attribute| attribute.place);
            // In the words of the check by the schema, so that it is told once.
            let hint = "write it as 12.5, or as a parameter or an expression `${...}`";
            self.wrong(
                place,
                &node.name,
                format!("`{name}` is `{text}`, expected a number"),
                hint,
            );
        }
        value
    }

    fn number(&mut self, node: &Node, name: &str) -> f64 {
        self.optional_number(node, name).unwrap_or(0.0)
    }

    fn flag(&mut self, node: &Node, name: &str) -> bool {
        self.optional_flag(node, name).unwrap_or(false)
    }

    fn optional_flag(&mut self, node: &Node, name: &str) -> Option<bool> {
        match self.optional_text(node, name)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            other => {
                let message = format!("`{name}` is `{other}`, expected true or false");
                self.wrong(node.place, &node.name, message, "");
                None
            }
        }
    }

    /// One of the words of an enumeration; the first if there is none and none is needed.
    fn word<T: Copy + Default>(&mut self, node: &Node, name: &str, words: &[(&str, T)]) -> T {
        let Some(text) = self.optional_text(node, name) else {
            return T::default();
        };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let place = node.attribute(name).map_or(node.place, |attribute| attribute.place);
                let message = format!("`{name}` is `{text}`, which is unknown");
                self.wrong(place, &node.name, message, &format!("it may be {}", known.join(", ")));
                T::default()
            }
        }
    }

    /// The entities a reference names: one, or those of a selection.
    fn entity_ref(&mut self, node: &Node, name: &str) -> Vec<usize> {
        let Some(entity) = self.optional_text(node, name) else {
            return Vec::new();
        };
        let entity = entity.trim_start_matches('$');
        if let Some(&index) = self.entity_ids.get(entity) {
            return vec![index];
        }
        if let Some(members) = self.selections.get(entity) {
            return members.clone();
        }
        let known: Vec<String> = self.entity_ids.keys().cloned().collect();
        let message = format!("no entity `{entity}`");
        self.wrong(
            node.place,
            &node.name,
            message,
            &format!("there are: {}", known.join(", ")),
        );
        // Somebody, so that nothing more is told of it.
        (0..self.entities.len()).take(1).collect()
    }

    fn one_entity(&mut self, node: &Node, name: &str) -> usize {
        self.entity_ref(node, name).first().copied().unwrap_or(0)
    }

    fn rule(&mut self, node: &Node) -> crate::model::Rule {
        use crate::model::Rule;
        self.word(
            node,
            "rule",
            &[
                ("greaterThan", Rule::GreaterThan),
                ("greaterOrEqual", Rule::GreaterOrEqual),
                ("lessThan", Rule::LessThan),
                ("lessOrEqual", Rule::LessOrEqual),
                ("equalTo", Rule::EqualTo),
                ("notEqualTo", Rule::NotEqualTo),
            ],
        )
    }
}

/// Whether an expression uses a parameter.
fn uses(expression: &str, name: &str) -> bool {
    let names = expression.split('$').skip(1);
    let mut names = names.map(|rest| rest.trim_start_matches('{'));
    names.any(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        &rest[..end.unwrap_or(rest.len())] == name
    })
}

/// What a parameter assignment sets: the name itself, with or without `$`.
fn reference_name(node: &Node) -> String {
    let name = node
        .attribute("parameterRef")
        .map_or("", |attribute| attribute.value.as_str());
    name.trim_start_matches('$').to_owned()
}

fn entity_kind(word: &str) -> Option<EntityKind> {
    match word {
        "vehicle" => Some(EntityKind::Vehicle),
        "pedestrian" => Some(EntityKind::Pedestrian),
        "miscellaneous" => Some(EntityKind::MiscObject),
        _ => None,
    }
}

fn catalog_type(element: &str) -> Option<&'static str> {
    schema::types().get_key_value(element).map(|(name, _)| *name)
}
