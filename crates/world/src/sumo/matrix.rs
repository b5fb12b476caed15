//! Who wants from where to where, and how many were counted: matrices, zones and counts.
//!
//! In go SUMO's files of zones (`<taz>`), of matrices (`<tazRelation>`) and of counts (`<edge entered="…">` in intervals), or
//! tables of the same as CSV; out come [`OdFlow`]s and [`Count`]s, checked against the network. It knows no ways.
//!
//! A matrix as CSV has the columns `begin_s,end_s,from,to,vehicles`, counts have `begin_s,end_s,edge,vehicles`; both with a
//! line of names. Without zones, `from` and `to` are edges.
//! Source: Eclipse SUMO's documentation, "Demand/Importing O/D Matrices" and "Simulation/Output/Lane- or Edge-based
//! Traffic Measures".

use super::document::{Document, Node, SourceFile, clipped, elements, parse_number};
use super::network::StreetNetwork;
use crate::WorldError;
use std::collections::BTreeMap;

/// Vehicles that want from one zone to another within an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct OdFlow {
    /// First second.
    pub begin_s: f64,
    /// First second after it.
    pub end_s: f64,
    /// Name of the zone, or edge, that they come from.
    pub from: String,
    /// And of the one that they go to.
    pub to: String,
    /// Edges where they appear, with weights above 0.
    pub sources: Vec<(u32, f64)>,
    /// Edges where they arrive.
    pub sinks: Vec<(u32, f64)>,
    /// How many they are.
    pub vehicles: f64,
}

/// Vehicles counted on an edge within an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Count {
    /// First second.
    pub begin_s: f64,
    /// First second after it.
    pub end_s: f64,
    /// Which edge.
    pub edge: u32,
    /// How many passed.
    pub vehicles: f64,
}

/// Edges of a zone where traffic appears, and where it arrives.
#[derive(Clone, Debug, Default, PartialEq)]
struct Zone {
    sources: Vec<(u32, f64)>,
    sinks: Vec<(u32, f64)>,
}

/// What is wrong, with file and line.
struct Findings<'a> {
    file: &'a str,
    told: Vec<String>,
}

impl Findings<'_> {
    fn add(&mut self, line: usize, what: &str, mend: &str) {
        /// So many are told; who made more has made one of them many times.
        const MAX: usize = 25;
        if self.told.len() < MAX {
            self.told.push(format!("{}:{line}: {what}\nhint: {mend}", self.file));
        }
    }
}

/// Reads a matrix; `zones` says where traffic of its names appears and arrives.
pub fn read_matrix(
    network: &StreetNetwork,
    matrix: &SourceFile,
    zones: Option<&SourceFile>,
) -> Result<Vec<OdFlow>, WorldError> {
    let zones = zones.map(|file| read_zones(network, file)).transpose()?;
    let mut findings = Findings {
        file: &matrix.name,
        told: Vec::new(),
    };
    let mut flows = Vec::new();
    for row in rows(matrix, ["from", "to"], &["count"], "tazRelation", &["data"])? {
        let [from, to] = &row.names;
        let mut zone = |name: &str| match &zones {
            Some(zones) => zones.get(name).cloned().or_else(|| {
                findings.add(
                    row.line,
                    &format!("there is no zone `{}`", clipped(name)),
                    "name a <taz> of the file of zones",
                );
                None
            }),
            None => match network
                .edge_named(name)
                .filter(|&edge| !network.edges[edge as usize].is_internal)
            {
                Some(edge) => Some(Zone {
                    sources: vec![(edge, 1.0)],
                    sinks: vec![(edge, 1.0)],
                }),
                None => {
                    findings.add(
                        row.line,
                        &format!("the network has no edge `{}`", clipped(name)),
                        &no_edge(network, name),
                    );
                    None
                }
            },
        };
        if let (Some(source), Some(sink)) = (zone(from), zone(to)) {
            flows.push(OdFlow {
                begin_s: row.begin_s,
                end_s: row.end_s,
                from: from.clone(),
                to: to.clone(),
                sources: source.sources,
                sinks: sink.sinks,
                vehicles: row.value,
            });
        }
    }
    match findings.told.is_empty() {
        true => Ok(flows),
        false => Err(WorldError::Demand(findings.told)),
    }
}

/// Reads counts.
pub fn read_counts(network: &StreetNetwork, counts: &SourceFile) -> Result<Vec<Count>, WorldError> {
    let mut findings = Findings {
        file: &counts.name,
        told: Vec::new(),
    };
    let mut read = Vec::new();
    for row in rows(counts, ["edge"], &["entered", "count"], "edge", &["meandata", "data"])? {
        match network.edge_named(&row.names[0]) {
            Some(edge) => read.push(Count {
                begin_s: row.begin_s,
                end_s: row.end_s,
                edge,
                vehicles: row.value,
            }),
            None => findings.add(
                row.line,
                &format!("the network has no edge `{}`", clipped(&row.names[0])),
                &no_edge(network, &row.names[0]),
            ),
        }
    }
    match findings.told.is_empty() {
        true => Ok(read),
        false => Err(WorldError::Demand(findings.told)),
    }
}

fn no_edge(network: &StreetNetwork, name: &str) -> String {
    match network.edge_like(name) {
        Some(like) => format!("did you mean `{like}`?"),
        None => "name an edge of the network".to_owned(),
    }
}

/// A line of a table: an interval, names, a number.
struct Row<const NAMES: usize> {
    line: usize,
    begin_s: f64,
    end_s: f64,
    names: [String; NAMES],
    value: f64,
}

/// Rows of a table, or of the elements called `element` in the intervals of an XML file.
fn rows<const NAMES: usize>(
    file: &SourceFile,
    names: [&str; NAMES],
    values: &[&str],
    element: &str,
    roots: &[&str],
) -> Result<Vec<Row<NAMES>>, WorldError> {
    if file.text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return xml_rows(file, names, values, element, roots).map_err(WorldError::Demand);
    }
    let mut findings = Findings {
        file: &file.name,
        told: Vec::new(),
    };
    let columns: Vec<&str> = ["begin_s", "end_s"]
        .into_iter()
        .chain(names)
        .chain(["vehicles"])
        .collect();
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        if line == 1 {
            if fields != columns {
                findings.add(
                    1,
                    &format!("the columns are `{}`, expected `{}`", clipped(text), columns.join(",")),
                    "begin the file with the names of its columns",
                );
                break;
            }
            continue;
        }
        if text.trim().is_empty() {
            continue;
        }
        let number = |at: usize| {
            fields
                .get(at)
                .and_then(|field| parse_number(field))
                .filter(|&value| value >= 0.0)
        };
        match (number(0), number(1), number(columns.len() - 1)) {
            (Some(begin_s), Some(end_s), Some(value)) if fields.len() == columns.len() && begin_s < end_s => {
                rows.push(Row {
                    line,
                    begin_s,
                    end_s,
                    names: std::array::from_fn(|at| fields[2 + at].to_owned()),
                    value,
                });
            }
            _ => findings.add(
                line,
                &format!("`{}` is no row of `{}`", clipped(text), columns.join(",")),
                "write seconds, begin before end, names, and a number that is not negative",
            ),
        }
    }
    match findings.told.is_empty() {
        true => Ok(rows),
        false => Err(WorldError::Demand(findings.told)),
    }
}

fn xml_rows<const NAMES: usize>(
    file: &SourceFile,
    names: [&str; NAMES],
    values: &[&str],
    element: &str,
    roots: &[&str],
) -> Result<Vec<Row<NAMES>>, Vec<String>> {
    let document = Document::parse(file, roots)?;
    let mut rows = Vec::new();
    for interval in elements(document.root()).filter(|node| node.has_tag_name("interval")) {
        let (Some(begin_s), Some(end_s)) = (
            document.number_from(interval, "begin", 0.0),
            document.number_from(interval, "end", 0.0),
        ) else {
            document.error(
                interval,
                "an interval does not say when it is",
                "write begin and end in seconds",
            );
            continue;
        };
        if end_s <= begin_s {
            document.error(
                interval,
                &format!("an interval ends at {end_s} s and begins at {begin_s} s"),
                "write end after begin",
            );
        }
        for node in elements(interval).filter(|node| node.has_tag_name(element)) {
            // An edge is named by its id, the zones of a relation by their own attributes.
            let name = |name: &str| document.text(node, if name == "edge" { "id" } else { name }).to_owned();
            let attribute = values.iter().find(|&&attribute| node.has_attribute(attribute));
            let value = attribute.and_then(|attribute| document.number_from(node, attribute, 0.0));
            let Some(value) = value else {
                if attribute.is_none() {
                    document.error(
                        node,
                        &format!("<{element}> has no `{}`", values.join("` and no `")),
                        "say how many they are",
                    );
                }
                continue;
            };
            rows.push(Row {
                line: line_of(node),
                begin_s,
                end_s,
                names: names.map(name),
                value,
            });
        }
    }
    document.finish()?;
    Ok(rows)
}

fn line_of(node: Node) -> usize {
    node.document().text_pos_at(node.range().start).row as usize
}

fn read_zones(network: &StreetNetwork, file: &SourceFile) -> Result<BTreeMap<String, Zone>, WorldError> {
    let document = Document::parse(file, &["tazs", "additional", "add"]).map_err(WorldError::Demand)?;
    let edge = |node: Node, name: &str| {
        let found = network.edge_named(name);
        if found.is_none() {
            document.error(
                node,
                &format!("the network has no edge `{}`", clipped(name)),
                &no_edge(network, name),
            );
        }
        found
    };
    let mut zones = BTreeMap::new();
    let within = elements(document.root()).filter(|node| node.has_tag_name("tazs"));
    let all = elements(document.root()).chain(within.flat_map(elements));
    for node in all.filter(|node| node.has_tag_name("taz")) {
        let mut zone = Zone::default();
        for name in node.attribute("edges").unwrap_or("").split_whitespace() {
            if let Some(edge) = edge(node, name) {
                zone.sources.push((edge, 1.0));
                zone.sinks.push((edge, 1.0));
            }
        }
        for child in elements(node) {
            let list = match child.tag_name().name() {
                "tazSource" => &mut zone.sources,
                "tazSink" => &mut zone.sinks,
                _ => continue,
            };
            let weight = document.number_from(child, "weight", 0.0).unwrap_or(1.0);
            if let Some(edge) = edge(child, document.text(child, "id")).filter(|_| weight > 0.0) {
                list.push((edge, weight));
            }
        }
        let id = document.text(node, "id").to_owned();
        if zone.sources.is_empty() || zone.sinks.is_empty() {
            document.error(
                node,
                &format!("nobody can leave zone `{0}`, or nobody can arrive there", clipped(&id)),
                "give it edges=\"…\", or a <tazSource> and a <tazSink> with weights above 0",
            );
        }
        zones.insert(id, zone);
    }
    document.finish().map_err(WorldError::Demand)?;
    Ok(zones)
}
