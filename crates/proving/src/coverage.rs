//! Coverage: which part of the operational design domain, of the parameters and of the clauses has been seen, and what to
//! run next.
//!
//! In go a suite and what a campaign came to; out come tables. Attributes are those of ISO 34503:2023 in our words
//! (scenery, environment, dynamic elements), as far as scenarios here can show them. Parameters are covered by t-wise
//! combinations, here t = 2 (Kuhn, Kacker and Lei, NIST SP 800-142): each is cut into [`PARTS`] parts, and each pair of
//! parts of two parameters is one that may have been seen. What was not is proposed as the next run.

use crate::result::{Outcome, ScenarioOutcome};
use crate::stand::Stand;
use crate::suite::{LogicalScenario, Suite};
use road::RoadNetwork;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Parts that a parameter's range is cut into.
pub const PARTS: usize = 5;
/// Runs that are proposed.
const PROPOSED: usize = 3;

/// Attributes that scenarios may name, by the branch of ISO 34503 that they belong to.
pub const ATTRIBUTES: [&str; 44] = [
    "scenery.zone.school",
    "scenery.zone.interference-of-satellites",
    "scenery.zone.no-network",
    "scenery.drivable-area.type.motorway",
    "scenery.drivable-area.type.street",
    "scenery.drivable-area.type.minor-road",
    "scenery.drivable-area.type.shared-space",
    "scenery.drivable-area.geometry.straight",
    "scenery.drivable-area.geometry.curves",
    "scenery.drivable-area.geometry.slope",
    "scenery.drivable-area.lane.bus-lane",
    "scenery.drivable-area.lane.narrow",
    "scenery.drivable-area.signs.speed-limit",
    "scenery.drivable-area.signs.stop-or-yield",
    "scenery.drivable-area.signs.traffic-light",
    "scenery.junction.intersection",
    "scenery.junction.roundabout",
    "scenery.junction.crossing",
    "scenery.junction.railway-crossing",
    "scenery.structure.tunnel",
    "scenery.structure.bridge",
    "scenery.structure.toll-gate",
    "scenery.special.parked-vehicles",
    "scenery.special.road-works",
    "scenery.special.bus-stop",
    "scenery.special.accident",
    "environment.clear",
    "environment.weather.rain",
    "environment.weather.fog",
    "environment.weather.wind",
    "environment.weather.slippery",
    "environment.illumination.night",
    "environment.illumination.change",
    "environment.connectivity.lost",
    "dynamic.agents.car",
    "dynamic.agents.truck",
    "dynamic.agents.pedestrian",
    "dynamic.agents.cyclist",
    "dynamic.agents.animal",
    "dynamic.agents.emergency-vehicle",
    "dynamic.agents.standing-vehicle",
    "dynamic.agents.object",
    "dynamic.manoeuvre.cut-in",
    "dynamic.manoeuvre.cut-out",
];

/// What was seen.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Attribute, scenarios that show it, runs.
    pub attributes: Vec<(String, usize, u64)>,
    /// Scenario by scenario.
    pub pairs: Vec<PairCoverage>,
    /// Map by map.
    pub maps: Vec<MapCoverage>,
}

/// Roads of a map that the ego was on.
#[derive(Clone, Debug)]
pub struct MapCoverage {
    /// The map's name, or its file.
    pub map: String,
    /// The map.
    pub network: Arc<RoadNetwork>,
    /// Ids of the roads that the ego was on.
    pub seen: BTreeSet<String>,
    /// Roads that the ego was on, and how many there are.
    pub roads: [usize; 2],
    /// Their length, and that of all, along their reference lines.
    pub length_m: [f64; 2],
}

/// Pairs of parts of parameters that a scenario's runs have seen.
#[derive(Clone, Debug, Default)]
pub struct PairCoverage {
    /// The scenario's id.
    pub id: String,
    /// Pairs that were seen.
    pub seen: usize,
    /// Pairs that there are.
    pub of: usize,
    /// For each two parameters, by their numbers, whether each part of the first (rows) was seen with each of the second.
    pub cells: Vec<([usize; 2], Vec<Vec<bool>>)>,
    /// Values that would see most of what is left: what to run next.
    pub next: Vec<Vec<f64>>,
}

impl Coverage {
    /// Of a campaign. Pairs are those of the runs that are kept for pictures; maps are asked for in `stand`.
    pub fn of(suite: &Suite, outcome: &Outcome, stand: &Stand<'_>) -> Coverage {
        let mut seen: BTreeMap<&str, (usize, u64)> = ATTRIBUTES.iter().map(|name| (*name, (0, 0))).collect();
        for (scenario, of) in suite.scenarios.iter().zip(&outcome.scenarios) {
            for attribute in &scenario.odd {
                let entry = seen.entry(attribute).or_default();
                *entry = (entry.0 + 1, entry.1 + of.runs);
            }
        }
        let known = |name: &&str| ATTRIBUTES.iter().position(|known| known == name).unwrap_or(usize::MAX);
        let mut attributes: Vec<(&str, (usize, u64))> = seen.into_iter().collect();
        attributes.sort_by_key(|(name, _)| known(name));
        let pairs = suite
            .scenarios
            .iter()
            .zip(&outcome.scenarios)
            .map(|(scenario, of)| pairs(scenario, of));
        Coverage {
            attributes: attributes
                .into_iter()
                .map(|(name, (scenarios, runs))| (name.to_owned(), scenarios, runs))
                .collect(),
            pairs: pairs.collect(),
            maps: maps(suite, outcome, stand),
        }
    }
}

/// Scenarios on one map count together.
fn maps(suite: &Suite, outcome: &Outcome, stand: &Stand<'_>) -> Vec<MapCoverage> {
    let mut by_map: BTreeMap<String, MapCoverage> = BTreeMap::new();
    for (scenario, of) in suite.scenarios.iter().zip(&outcome.scenarios) {
        let values: Vec<f64> = scenario
            .parameters
            .iter()
            .map(|parameter| parameter.value(0.5))
            .collect();
        let Some(roads) = stand
            .concrete(scenario, &values)
            .ok()
            .and_then(|concrete| concrete.roads)
        else {
            continue;
        };
        let network = roads.network();
        let all = network.roads();
        let coverage = by_map
            .entry(network.digest().to_owned())
            .or_insert_with(|| MapCoverage {
                map: String::new(),
                network: network.clone(),
                seen: BTreeSet::new(),
                roads: [0, all.len()],
                length_m: [0.0, all.iter().map(|road| road.length_m).sum()],
            });
        coverage.map = match network.name() {
            "" => scenario.file.display().to_string(),
            name => name.to_owned(),
        };
        for road in all.iter().filter(|road| of.roads.contains(&road.id)) {
            if coverage.seen.insert(road.id.clone()) {
                coverage.roads[0] += 1;
                coverage.length_m[0] += road.length_m;
            }
        }
    }
    by_map.into_values().collect()
}

/// Two parameters with a part of each.
type Pair = ((usize, usize), (usize, usize));

fn pairs(scenario: &LogicalScenario, outcome: &ScenarioOutcome) -> PairCoverage {
    let parts: Vec<Vec<f64>> = scenario
        .parameters
        .iter()
        .map(|parameter| {
            // The middles of the parts, or the values themselves.
            match parameter.is_discrete() {
                true => parameter.grid(),
                false => {
                    let [low, high] = parameter.range();
                    (0..PARTS)
                        .map(|part| low + (high - low) * (part as f64 + 0.5) / PARTS as f64)
                        .collect()
                }
            }
        })
        .collect();
    let part_of = |index: usize, value: f64| {
        let distance = |middle: &f64| (middle - value).abs();
        let nearest = parts[index]
            .iter()
            .enumerate()
            .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        nearest.map_or(0, |(part, _)| part)
    };
    let pairs_of = |chosen: &[usize]| -> Vec<Pair> {
        let count = chosen.len();
        let indices = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
        indices
            .map(|(first, second)| ((first, chosen[first]), (second, chosen[second])))
            .collect()
    };
    let mut left: BTreeSet<Pair> = BTreeSet::new();
    for first in 0..parts.len() {
        for second in first + 1..parts.len() {
            for one in 0..parts[first].len() {
                left.extend((0..parts[second].len()).map(|other| ((first, one), (second, other))));
            }
        }
    }
    let of = left.len();
    for point in &outcome.points {
        let chosen: Vec<usize> = point
            .values
            .iter()
            .enumerate()
            .map(|(index, value)| part_of(index, *value))
            .collect();
        for pair in pairs_of(&chosen) {
            left.remove(&pair);
        }
    }
    let seen = of - left.len();
    let mut cells = Vec::new();
    for first in 0..parts.len() {
        for second in first + 1..parts.len() {
            let is_seen = |one: usize, other: usize| !left.contains(&((first, one), (second, other)));
            let row = |one: usize| (0..parts[second].len()).map(|other| is_seen(one, other)).collect();
            cells.push(([first, second], (0..parts[first].len()).map(row).collect()));
        }
    }
    // Greedy: begin with a pair that was not seen, and give each other parameter the part that sees most.
    let mut next = Vec::new();
    while let (Some(&((first, one), (second, other))), true) = (left.first(), next.len() < PROPOSED) {
        let mut chosen = vec![0; parts.len()];
        (chosen[first], chosen[second]) = (one, other);
        for index in (0..parts.len()).filter(|index| *index != first && *index != second) {
            let gain = |part: usize| {
                let mut with = chosen.clone();
                with[index] = part;
                pairs_of(&with).iter().filter(|pair| left.contains(pair)).count()
            };
            chosen[index] = (0..parts[index].len())
                .rev()
                .max_by_key(|part| gain(*part))
                .unwrap_or(0);
        }
        for pair in pairs_of(&chosen) {
            left.remove(&pair);
        }
        next.push(
            chosen
                .iter()
                .enumerate()
                .map(|(index, part)| parts[index][*part])
                .collect(),
        );
    }
    PairCoverage {
        id: scenario.id.clone(),
        seen,
        of,
        cells,
        next,
    }
}
