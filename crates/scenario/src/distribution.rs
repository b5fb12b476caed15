//! Parameter value distributions: one scenario, many values (OpenSCENARIO 1.3, `ParameterValueDistribution`).
//!
//! In goes a distribution file; out come the scenario it is about and, by number, sets of parameters for
//! [`crate::ReadOptions`]. Deterministic distributions multiply: permutation i is i written in a number system whose
//! digits are the choices, the last distribution changing fastest. Stochastic ones are drawn, each parameter from a
//! stream of its own, so that sample i is the same whoever draws it, and on how many threads.
//!
//! Where the standard is silent: a range's values are lower + n·stepWidth up to the upper limit, the limit included
//! within a thousandth of a step; a value drawn outside a distribution's `Range` is drawn again; `LogNormalDistribution`
//! states expected value and variance of the value itself, not of its logarithm.

use crate::document::Node;
use crate::files::Library;
use crate::problem::{Problem, ScenarioError, Severity};
use crate::schema;
use crate::scope;
use record::{Seed, Stream};
use std::path::{Path, PathBuf};

/// More values than this in one range are a slip of the pen.
const VALUES_MAX: f64 = 1e6;
/// A range that is missed this often holds next to nothing of its distribution.
const DRAWS_MAX: usize = 10_000;

/// Names with values.
pub type Assignments = Vec<(String, String)>;

/// A scenario with values to give to its parameters.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The scenario.
    pub scenario: PathBuf,
    /// Deterministic choices, each a list of alternatives.
    pub choices: Vec<Vec<Assignments>>,
    /// Parameters that are drawn.
    pub drawn: Vec<Drawn>,
    /// How many samples its author asks for, 0 if nothing is drawn.
    pub samples: u64,
    /// The author's seed.
    pub seed: Option<u64>,
    /// What is left to others, with its place.
    pub warnings: Vec<Problem>,
}

/// A parameter that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Its name.
    pub parameter: String,
    /// From what.
    pub law: Law,
    /// Only values within.
    pub range: [f64; 2],
}

/// A law of chance.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Values with weights.
    Weighted(Vec<(String, f64)>),
    /// Any value of the range alike.
    Uniform,
    /// Expected value and standard deviation.
    Normal(f64, f64),
    /// The same of the logarithm.
    LogNormal(f64, f64),
    /// Whole numbers with this expected value.
    Poisson(f64),
    /// Ranges with weights, any value of one alike.
    Histogram(Vec<([f64; 2], f64)>),
}

/// Whether a file holds a distribution rather than a storyboard.
pub fn is_distribution(library: &Library, path: &Path) -> bool {
    let document = library.document(path);
    document.is_ok_and(|document| document.root.child("ParameterValueDistribution").is_some())
}

impl Distribution {
    /// Reads a distribution file. All problems are returned together.
    pub fn read(library: &Library, path: &Path) -> Result<Distribution, ScenarioError> {
        let document = library.document(path).map_err(ScenarioError)?;
        let mut reader = Reader {
            file: &document.file,
            problems: Vec::new(),
        };
        schema::check(&document.file, &document.root, "OpenSCENARIO", &mut reader.problems);
        let mut distribution = reader.distribution(&document.root, path);
        match reader
            .problems
            .iter()
            .all(|problem| problem.severity == Severity::Warning)
        {
            true => {
                distribution.warnings = reader.problems;
                Ok(distribution)
            }
            false => Err(ScenarioError(reader.problems)),
        }
    }

    /// How many combinations of deterministic values there are; `None` beyond what can be counted.
    pub fn permutations(&self) -> Option<u64> {
        let sizes = self.choices.iter().map(|alternatives| alternatives.len() as u64);
        sizes.into_iter().try_fold(1u64, u64::checked_mul)
    }

    /// The values of permutation `index`; `None` if there are not so many.
    pub fn permutation(&self, index: u64) -> Option<Assignments> {
        if self.permutations().is_none_or(|count| index >= count) {
            return None;
        }
        let mut left = index;
        let mut chosen: Vec<&Assignments> = Vec::new();
        for alternatives in self.choices.iter().rev() {
            let count = alternatives.len() as u64;
            chosen.push(&alternatives[(left % count) as usize]);
            left /= count;
        }
        Some(chosen.into_iter().rev().flatten().cloned().collect())
    }

    /// The drawn values of sample `index`.
    pub fn sample(&self, seed: Seed, index: u64) -> Assignments {
        let values = self.drawn.iter().map(|drawn| {
            let mut stream = seed.stream(&format!("scenario.distribution.{}", drawn.parameter), index);
            (drawn.parameter.clone(), drawn.draw(&mut stream))
        });
        values.collect()
    }
}

impl Drawn {
    fn draw(&self, stream: &mut Stream) -> String {
        if let Law::Weighted(values) = &self.law {
            return values[pick(values.iter().map(|(_, weight)| *weight), stream)].0.clone();
        }
        let [low, high] = self.range;
        for _ in 0..DRAWS_MAX {
            let value = match &self.law {
                Law::Uniform | Law::Weighted(_) => stream.between(low, high),
                Law::Normal(mean, deviation) => mean + deviation * stream.normal(),
                Law::LogNormal(mean, deviation) => libm::exp(mean + deviation * stream.normal()),
                Law::Poisson(mean) => poisson(*mean, stream),
                Law::Histogram(bins) => {
                    let [low, high] = bins[pick(bins.iter().map(|(_, weight)| *weight), stream)].0;
                    stream.between(low, high)
                }
            };
            if (low..=high).contains(&value) {
                return written(value);
            }
        }
        // So far out in a tail that the nearer limit is as good as any value there.
        let centre = match self.law {
            Law::Normal(mean, _) | Law::Poisson(mean) => mean,
            Law::LogNormal(mean, _) => libm::exp(mean),
            _ => low,
        };
        written(centre.clamp(low, high))
    }
}

/// Index of a weight, drawn in proportion.
fn pick(weights: impl Iterator<Item = f64> + Clone, stream: &mut Stream) -> usize {
    let total: f64 = weights.clone().sum();
    let mut left = stream.uniform() * total;
    let mut last = 0;
    for (index, weight) in weights.enumerate() {
        if weight > 0.0 {
            last = index;
            if left < weight {
                return index;
            }
        }
        left -= weight;
    }
    last
}

/// Counts arrivals of a process of rate one until `mean` has passed.
fn poisson(mean: f64, stream: &mut Stream) -> f64 {
    let mut count = 0.0;
    let mut at = stream.exponential_s(1.0);
    while at < mean {
        count += 1.0;
        at += stream.exponential_s(1.0);
    }
    count
}

/// Twelve digits: 0.1 + 0.2 is 0.3 to the author of a file.
fn written(value: f64) -> String {
    let text = format!("{value:.11e}");
    text.parse::<f64>().map_or(text, |rounded| rounded.to_string())
}

struct Reader<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn distribution(&mut self, root: &Node, path: &Path) -> Distribution {
        let mut distribution = Distribution {
            scenario: PathBuf::new(),
            choices: Vec::new(),
            drawn: Vec::new(),
            samples: 0,
            seed: None,
            warnings: Vec::new(),
        };
        let Some(node) = root.child("ParameterValueDistribution") else {
            self.wrong(
                root,
                "no <ParameterValueDistribution> in it",
                "a scenario is run as it is",
            );
            return distribution;
        };
        if let Some(file) = node.child("ScenarioFile") {
            let name = self.text(file, "filepath").replace('\\', "/");
            distribution.scenario = path.parent().unwrap_or(Path::new("")).join(name);
        }
        for child in node
            .child("Deterministic")
            .map(|node| &node.children)
            .into_iter()
            .flatten()
        {
            if child.child("UserDefinedDistribution").is_some() {
                self.user_defined(child);
                continue;
            }
            let alternatives = match child.name.as_str() {
                "DeterministicSingleParameterDistribution" => self.single(child),
                _ => self.sets(child),
            };
            if alternatives.is_empty() {
                self.wrong(child, "no value in it", "give at least one");
            }
            distribution.choices.push(alternatives);
        }
        if let Some(stochastic) = node.child("Stochastic") {
            distribution.samples = self.number(stochastic, "numberOfTestRuns").clamp(0.0, 1e15) as u64;
            let seed = stochastic.attribute("randomSeed");
            distribution.seed = seed.map(|_| self.number(stochastic, "randomSeed").abs() as u64);
            for child in stochastic.all("StochasticDistribution") {
                distribution.drawn.extend(self.drawn(child));
            }
        }
        distribution
    }

    fn single(&mut self, node: &Node) -> Vec<Assignments> {
        let name = self.text(node, "parameterName");
        let mut values = Vec::new();
        for child in &node.children {
            match child.name.as_str() {
                "DistributionSet" => {
                    for element in child.all("Element") {
                        values.push(self.text(element, "value"));
                    }
                }
                "DistributionRange" => {
                    let step = self.number(child, "stepWidth");
                    let [low, high] = self.range(child);
                    let count = (high - low) / step + 1e-3;
                    if !(step > 0.0 && (0.0..VALUES_MAX).contains(&count)) {
                        let message = format!("from {low} to {high} in steps of {step} are no values");
                        self.wrong(child, &message, "at most a million, of a positive stepWidth");
                        continue;
                    }
                    values.extend((0..=count as u64).map(|index| written(low + index as f64 * step)));
                }
                // The check by the schema has named what is unknown.
                _ => {}
            }
        }
        values.into_iter().map(|value| vec![(name.clone(), value)]).collect()
    }

    fn sets(&mut self, node: &Node) -> Vec<Assignments> {
        let sets = node
            .all("ValueSetDistribution")
            .flat_map(|node| node.all("ParameterValueSet"));
        let sets = sets.map(|set| {
            let assignments = set.all("ParameterAssignment").map(|assignment| {
                let name = self.text(assignment, "parameterRef");
                (name.trim_start_matches('$').to_owned(), self.text(assignment, "value"))
            });
            assignments.collect()
        });
        sets.collect()
    }

    fn drawn(&mut self, node: &Node) -> Option<Drawn> {
        let parameter = self.text(node, "parameterName");
        let child = node.children.first()?;
        let everything = [f64::NEG_INFINITY, f64::INFINITY];
        let mut range = match child.child("Range") {
            Some(_) => self.range(child),
            None => everything,
        };
        let spread = |reader: &mut Self| {
            let [mean, variance] = ["expectedValue", "variance"].map(|name| reader.number(child, name));
            if variance < 0.0 {
                reader.wrong(child, &format!("`variance` is {variance}"), "it cannot be negative");
            }
            (mean, variance.max(0.0))
        };
        let law = match child.name.as_str() {
            "ProbabilityDistributionSet" => {
                let elements = child.all("Element");
                let values = elements.map(|element| (self.text(element, "value"), self.weight(element)));
                Law::Weighted(values.collect())
            }
            "UniformDistribution" => Law::Uniform,
            "NormalDistribution" => {
                let (mean, variance) = spread(self);
                Law::Normal(mean, libm::sqrt(variance))
            }
            "LogNormalDistribution" => {
                let (mean, variance) = spread(self);
                if mean <= 0.0 {
                    self.wrong(
                        child,
                        &format!("`expectedValue` is {mean}"),
                        "of a log-normal value it is positive",
                    );
                    return None;
                }
                let square = libm::log(1.0 + variance / (mean * mean));
                Law::LogNormal(libm::log(mean) - 0.5 * square, libm::sqrt(square))
            }
            "PoissonDistribution" => {
                let mean = self.number(child, "expectedValue");
                if !(0.0..=VALUES_MAX).contains(&mean) {
                    self.wrong(child, &format!("`expectedValue` is {mean}"), "write 0 to a million");
                    return None;
                }
                Law::Poisson(mean)
            }
            "Histogram" => {
                range = everything;
                let bins: Vec<_> = child
                    .all("Bin")
                    .map(|bin| (self.range(bin), self.weight(bin)))
                    .collect();
                Law::Histogram(bins)
            }
            _ => {
                self.user_defined(node);
                return None;
            }
        };
        let total: f64 = match &law {
            Law::Weighted(values) => values.iter().map(|(_, weight)| weight).sum(),
            Law::Histogram(bins) => bins.iter().map(|(_, weight)| weight).sum(),
            _ => 1.0,
        };
        if total <= 0.0 {
            self.wrong(child, "all weights are zero", "give one a positive weight");
            return None;
        }
        Some(Drawn { parameter, law, range })
    }

    /// What only its author's tool can draw is left to the caller; the parameter keeps the scenario's value until it is set.
    fn user_defined(&mut self, node: &Node) {
        let name = self.text(node, "parameterName");
        let kind = node
            .child("UserDefinedDistribution")
            .map_or_else(String::new, |node| self.text(node, "type"));
        let message =
            format!("`{name}` is drawn by `{kind}`, which only its author's tool knows; the scenario's value stays");
        let hint = format!("give it a value with --set {name}=...");
        let element = "UserDefinedDistribution";
        self.problems
            .push(Problem::warning(self.file, node.place, element, message, hint));
    }

    fn weight(&mut self, node: &Node) -> f64 {
        let weight = self.number(node, "weight");
        if weight < 0.0 || !weight.is_finite() {
            self.wrong(node, &format!("`weight` is {weight}"), "it must be 0 or more");
            return 0.0;
        }
        weight
    }

    fn range(&mut self, node: &Node) -> [f64; 2] {
        let Some(range) = node.child("Range") else {
            self.wrong(node, "no <Range>", "add <Range lowerLimit=\"..\" upperLimit=\"..\"/>");
            return [0.0; 2];
        };
        let [low, high] = ["lowerLimit", "upperLimit"].map(|name| self.number(range, name));
        if low > high || !(high - low).is_finite() && node.name == "UniformDistribution" {
            self.wrong(
                range,
                &format!("from {low} to {high} is no range"),
                "put the smaller one first",
            );
            return [0.0; 2];
        }
        [low, high]
    }

    fn text(&mut self, node: &Node, name: &str) -> String {
        node.attribute(name)
            .map(|attribute| attribute.value.clone())
            .unwrap_or_default()
    }

    /// The check by the schema has said so if it is missing or none.
    fn number(&mut self, node: &Node, name: &str) -> f64 {
        let text = self.text(node, name);
        match scope::number(&text) {
            Some(value) => value,
            None => {
                self.wrong(
                    node,
                    &format!("`{name}` is `{text}`, expected a number"),
                    "write it as 12.5",
                );
                0.0
            }
        }
    }

    fn wrong(&mut self, node: &Node, message: &str, hint: &str) {
        self.problems
            .push(Problem::error(self.file, node.place, &node.name, message, hint));
    }
}
