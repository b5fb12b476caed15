//! The reader: a CommonRoad XML file becomes a [`Scenario`].
//!
//! In goes text of version 2020a or 2018b; out comes a scenario, with notes on elements that are not known, or every problem
//! of the file with its line and a mend. What is written is kept as written: references that dangle are noted, not cut.
//! Source: "CommonRoad: Documentation of the XML Format", versions 2018b and 2020a, and their schemas.

mod obstacle;
mod road;
mod state;

use crate::CommonRoadError;
use crate::document::{Element, Reader, all, child, elements, parse, quoted, text};
use crate::scenario::{Environment, Location, PlanningProblem, Scenario, Version};
use std::collections::BTreeSet;

/// What may stand at the top of a file.
const TOP: [&str; 12] = [
    "location",
    "scenarioTags",
    "lanelet",
    "trafficSign",
    "trafficLight",
    "intersection",
    "staticObstacle",
    "dynamicObstacle",
    "environmentObstacle",
    "phantomObstacle",
    "obstacle",
    "planningProblem",
];

impl Scenario {
    /// Reads a file's text. `file` is only for messages.
    ///
    /// # Errors
    /// All problems of the file, each with line, column and mend.
    pub fn read(file: &str, text: &str) -> Result<Scenario, CommonRoadError> {
        let text = text.trim_start_matches('\u{feff}');
        let document = parse(file, text).map_err(|problem| CommonRoadError(vec![problem]))?;
        let mut reader = Reader::new(file, text);
        let root = document.root_element();
        let mut scenario = Scenario::default();
        if root.tag_name().name() == "commonRoad" {
            scenario = whole(&mut reader, root);
        } else {
            reader.wrong(
                root,
                "the root is not <commonRoad>",
                "give a CommonRoad scenario in XML; solutions and other files are not read",
            );
        }
        std::mem::take(&mut reader.problems)
            .into_result()
            .map_err(CommonRoadError)?;
        scenario.notes = reader.into_notes();
        Ok(scenario)
    }
}

fn whole<'a>(reader: &mut Reader<'a>, root: Element<'a>) -> Scenario {
    let mut scenario = Scenario::default();
    let attribute = |name: &str| root.attribute(name).unwrap_or_default().trim().to_owned();
    scenario.benchmark_id = attribute("benchmarkID");
    scenario.author = attribute("author");
    scenario.affiliation = attribute("affiliation");
    scenario.source = attribute("source");
    if scenario.benchmark_id.is_empty() {
        reader.wrong(
            root,
            "@benchmarkID is missing",
            "add benchmarkID=\"ZAM_Example-1_1_T-1\"",
        );
    }
    scenario.version = match attribute("commonRoadVersion").as_str() {
        "2020a" => Version::V2020a,
        "2018b" => Version::V2018b,
        other => {
            let found = format!("@commonRoadVersion is `{}`, neither 2020a nor 2018b", quoted(other));
            reader.wrong(root, &found, "convert the file with commonroad-io to 2020a");
            return scenario;
        }
    };
    scenario.time_step_s = match attribute("timeStepSize").parse::<f64>() {
        Ok(step_s) if step_s > 0.0 && step_s <= 60.0 => step_s,
        _ => {
            let found = format!(
                "@timeStepSize is `{}`, not seconds above 0",
                quoted(&attribute("timeStepSize"))
            );
            reader.wrong(root, &found, "write timeStepSize=\"0.1\"");
            0.1
        }
    };
    scenario.tags = match (scenario.version, child(root, "scenarioTags")) {
        (_, Some(tags)) => elements(tags).map(|tag| tag.tag_name().name().to_owned()).collect(),
        (_, None) => attribute("tags").split_whitespace().map(str::to_owned).collect(),
    };
    scenario.location = child(root, "location").map(|node| location(reader, node));
    reader.expect(root, &TOP);
    scenario.lanelets = all(root, "lanelet")
        .filter_map(|node| road::lanelet(reader, node))
        .collect();
    scenario.signs = all(root, "trafficSign")
        .filter_map(|node| road::sign(reader, node))
        .collect();
    scenario.lights = all(root, "trafficLight")
        .filter_map(|node| road::light(reader, node))
        .collect();
    scenario.intersections = all(root, "intersection")
        .filter_map(|node| road::intersection(reader, node))
        .collect();
    scenario.obstacles = obstacle::all_of(reader, root);
    scenario.planning_problems = all(root, "planningProblem")
        .filter_map(|node| planning_problem(reader, node))
        .collect();
    cross_check(reader, root, &scenario);
    scenario
}

fn location<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Location {
    reader.expect(
        node,
        &[
            "geoNameId",
            "gpsLatitude",
            "gpsLongitude",
            "geoTransformation",
            "environment",
        ],
    );
    let geo_name_id = child(node, "geoNameId").and_then(|node| reader.integer(node));
    let latitude_deg = child(node, "gpsLatitude").and_then(|node| reader.number(node));
    let longitude_deg = child(node, "gpsLongitude").and_then(|node| reader.number(node));
    let words = |node, name: &str| child(node, name).map(text).unwrap_or_default().to_owned();
    Location {
        geo_name_id: geo_name_id.unwrap_or(-999),
        latitude_deg: latitude_deg.unwrap_or(999.0),
        longitude_deg: longitude_deg.unwrap_or(999.0),
        geo_reference: child(node, "geoTransformation")
            .and_then(|node| child(node, "geoReference"))
            .map(|node| text(node).to_owned()),
        environment: child(node, "environment").map(|node| Environment {
            time: words(node, "time"),
            time_of_day: words(node, "timeOfDay"),
            weather: words(node, "weather"),
            underground: words(node, "underground"),
        }),
    }
}

fn planning_problem<'a>(reader: &mut Reader<'a>, node: Element<'a>) -> Option<PlanningProblem> {
    reader.expect(node, &["initialState", "goalState"]);
    let id = reader.attribute(node, "id");
    let initial_node = reader.required(node, "initialState");
    let initial = initial_node.map(|node| (node, state::state(reader, node)));
    if let Some((node, initial)) = &initial {
        if initial.centre_m().is_none() {
            reader.wrong(*node, "there is no <position> to begin at", "add <position><point>...");
        }
        if initial.velocity_mps.is_none() {
            reader.note(*node, "no <velocity>: taken to stand");
        }
    }
    let goals: Vec<_> = all(node, "goalState").map(|node| state::state(reader, node)).collect();
    if goals.is_empty() {
        reader.wrong(
            node,
            "<goalState> is missing",
            "add a <goalState> with a <time> at least",
        );
    }
    Some(PlanningProblem {
        id: id?,
        initial: initial?.1,
        goals,
    })
}

/// Numbers that are given twice, and references to what is not there.
fn cross_check(reader: &mut Reader<'_>, root: Element<'_>, scenario: &Scenario) {
    let mut ids = BTreeSet::new();
    for lanelet in &scenario.lanelets {
        if !ids.insert(lanelet.id) {
            reader.wrong(
                root,
                &format!("there are two lanelets `{}`", lanelet.id),
                "number each lanelet once",
            );
        }
    }
    let mut others = BTreeSet::new();
    let numbered = scenario.obstacles.iter().map(|obstacle| ("obstacles", obstacle.id));
    let numbered = numbered.chain(
        scenario
            .planning_problems
            .iter()
            .map(|problem| ("planning problems", problem.id)),
    );
    for (what, id) in numbered {
        if !others.insert(id) {
            reader.wrong(
                root,
                &format!("there are two {what} `{id}`"),
                "give each a number of its own",
            );
        }
    }
    for lanelet in &scenario.lanelets {
        let beside = [lanelet.adjacent_left, lanelet.adjacent_right];
        let named = lanelet.predecessors.iter().chain(&lanelet.successors).copied();
        let named = named.chain(beside.into_iter().flatten().map(|adjacent| adjacent.lanelet));
        for other in named.filter(|other| !ids.contains(other)) {
            reader.note(
                root,
                &format!("lanelet `{}` names lanelet `{other}`, which is not there", lanelet.id),
            );
        }
    }
    for problem in &scenario.planning_problems {
        for goal in &problem.goals {
            if let Some(crate::scenario::Position::Lanelets(lanelets)) = &goal.position {
                for other in lanelets.iter().filter(|other| !ids.contains(other)) {
                    reader.wrong(
                        root,
                        &format!(
                            "the goal of planning problem `{}` is lanelet `{other}`, which is not there",
                            problem.id
                        ),
                        "name a lanelet of this file",
                    );
                }
            }
        }
    }
}
