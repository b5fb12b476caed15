//! OpenStreetMap files as plain nodes, ways and relations.
//!
//! In goes the content of an `.osm` (XML) or `.osm.pbf` file; out comes [`OsmData`] with only what a map needs. It does
//! not know what a tag means. Both formats are bounded: a file with more than [`ELEMENTS_MAX`] elements is refused, not
//! swallowed.

use crate::RoadError;
use std::collections::BTreeMap;

/// Most nodes, ways and relations read from one file: a large city; more would not fit a simulation either.
pub const ELEMENTS_MAX: usize = 20_000_000;

/// The tags of an element, in the file's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags(pub Vec<(String, String)>);

impl Tags {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Whether a key has this value.
    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// The value of the first of several keys that is present.
    pub fn first(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.get(key))
    }
}

/// A point.
#[derive(Clone, Debug, PartialEq)]
pub struct OsmNode {
    /// Degrees north.
    pub latitude_deg: f64,
    /// Degrees east.
    pub longitude_deg: f64,
    /// Its tags; most nodes have none.
    pub tags: Tags,
}

/// A line or a ring.
#[derive(Clone, Debug, PartialEq)]
pub struct OsmWay {
    /// Its number in OpenStreetMap.
    pub id: i64,
    /// Numbers of its nodes, in order.
    pub nodes: Vec<i64>,
    /// Its tags.
    pub tags: Tags,
}

/// A turn restriction; other relations are not read.
#[derive(Clone, Debug, PartialEq)]
pub struct OsmRestriction {
    /// `no_left_turn`, `only_straight_on`, ...
    pub rule: String,
    /// The way one comes from.
    pub from: i64,
    /// The node where one turns.
    pub via: i64,
    /// The way one goes to.
    pub to: i64,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OsmData {
    /// All nodes by number.
    pub nodes: BTreeMap<i64, OsmNode>,
    /// All ways in order of number.
    pub ways: Vec<OsmWay>,
    /// All turn restrictions via a node, in order of number.
    pub restrictions: Vec<OsmRestriction>,
}

impl OsmData {
    /// Reads a file's content: PBF if it begins like one, XML otherwise. `file` is only for messages.
    pub fn read(file: &str, content: &[u8]) -> Result<OsmData, RoadError> {
        let mut data = if looks_like_pbf(content) {
            read_pbf(file, content)?
        } else {
            let text = std::str::from_utf8(content).map_err(|error| {
                unreadable(format!(
                    "{file}: not UTF-8 at byte {}\nhint: expected an OpenStreetMap file, .osm or .osm.pbf",
                    error.valid_up_to()
                ))
            })?;
            read_xml(file, text)?
        };
        data.ways.sort_by_key(|way| way.id);
        data.ways.dedup_by_key(|way| way.id);
        Ok(data)
    }
}

/// A PBF file begins with the length of a header whose first field is the string "OSMHeader".
fn looks_like_pbf(content: &[u8]) -> bool {
    content.len() > 15 && content[6..15] == *b"OSMHeader"
}

fn unreadable(message: String) -> RoadError {
    RoadError::Unreadable(message)
}

fn read_xml(file: &str, text: &str) -> Result<OsmData, RoadError> {
    // An element is about three XML nodes (itself, a tag, white space).
    let limit = u32::try_from(ELEMENTS_MAX.saturating_mul(3)).unwrap_or(u32::MAX);
    let options = roxmltree::ParsingOptions {
        nodes_limit: limit,
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        unreadable(format!(
            "{file}:{}:{}: {error}\nhint: export the extract again",
            at.row, at.col
        ))
    })?;
    let root = document.root_element();
    if !root.has_tag_name("osm") {
        let found = root.tag_name().name();
        return Err(unreadable(format!(
            "{file}: found <{found}>, expected <osm>\nhint: an OpenStreetMap extract is wanted here"
        )));
    }
    let place = |node: roxmltree::Node<'_, '_>| {
        let at = document.text_pos_at(node.range().start);
        format!("{file}:{}:{}", at.row, at.col)
    };
    let mut data = OsmData::default();
    let mut problems = Vec::new();
    for element in root.children().filter(roxmltree::Node::is_element) {
        let id = element.attribute("id").and_then(|id| id.parse::<i64>().ok());
        if element.attribute("visible") == Some("false") || element.attribute("action") == Some("delete") {
            continue;
        }
        match (element.tag_name().name(), id) {
            ("node", Some(id)) => {
                let degrees = |name, limit: f64| {
                    element
                        .attribute(name)
                        .and_then(|value| value.parse::<f64>().ok())
                        .filter(|value| value.abs() <= limit)
                };
                match (degrees("lat", 89.0), degrees("lon", 180.0)) {
                    (Some(latitude_deg), Some(longitude_deg)) => {
                        let tags = xml_tags(element);
                        data.nodes.insert(
                            id,
                            OsmNode {
                                latitude_deg,
                                longitude_deg,
                                tags,
                            },
                        );
                    }
                    _ => problems.push(format!(
                        "{}: node `{id}` has no usable lat and lon\nhint: degrees are expected, lat within ±89",
                        place(element)
                    )),
                }
            }
            ("way", Some(id)) => {
                let nodes = element
                    .children()
                    .filter(|child| child.has_tag_name("nd"))
                    .filter_map(|child| child.attribute("ref")?.parse().ok())
                    .collect();
                data.ways.push(OsmWay {
                    id,
                    nodes,
                    tags: xml_tags(element),
                });
            }
            ("relation", Some(_)) => {
                let members = element
                    .children()
                    .filter(|child| child.has_tag_name("member"))
                    .filter_map(|child| {
                        let number = child.attribute("ref")?.parse().ok()?;
                        Some((child.attribute("role")?.to_owned(), number))
                    });
                data.restrictions.extend(restriction(&xml_tags(element), members));
            }
            ("node" | "way" | "relation", None) => {
                problems.push(format!(
                    "{}: an element without an id\nhint: export the extract again",
                    place(element)
                ));
            }
            _ => {}
        }
    }
    if problems.is_empty() {
        Ok(data)
    } else {
        Err(RoadError::Invalid(problems))
    }
}

fn xml_tags(element: roxmltree::Node<'_, '_>) -> Tags {
    let tags = element.children().filter(|child| child.has_tag_name("tag"));
    Tags(
        tags.filter_map(|tag| Some((tag.attribute("k")?.to_owned(), tag.attribute("v")?.to_owned())))
            .collect(),
    )
}

fn restriction(tags: &Tags, members: impl Iterator<Item = (String, i64)>) -> Option<OsmRestriction> {
    if !tags.is("type", "restriction") {
        return None;
    }
    let rule = tags.first(&["restriction", "restriction:motorcar"])?.to_owned();
    let (mut from, mut via, mut to) = (None, None, None);
    for (role, number) in members {
        match role.as_str() {
            "from" => from = Some(number),
            "via" => via = Some(number),
            "to" => to = Some(number),
            _ => {}
        }
    }
    Some(OsmRestriction {
        rule,
        from: from?,
        via: via?,
        to: to?,
    })
}

fn read_pbf(file: &str, content: &[u8]) -> Result<OsmData, RoadError> {
    use osmpbf::Element;
    fn owned<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Tags {
        Tags(tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
    let mut data = OsmData::default();
    let mut count = 0_usize;
    let outcome = osmpbf::ElementReader::new(content).for_each(|element| {
        count += 1;
        if count > ELEMENTS_MAX {
            return;
        }
        match element {
            Element::Node(node) => {
                let (latitude_deg, longitude_deg) = (node.lat(), node.lon());
                data.nodes.insert(
                    node.id(),
                    OsmNode {
                        latitude_deg,
                        longitude_deg,
                        tags: owned(node.tags()),
                    },
                );
            }
            Element::DenseNode(node) => {
                let (latitude_deg, longitude_deg) = (node.lat(), node.lon());
                data.nodes.insert(
                    node.id(),
                    OsmNode {
                        latitude_deg,
                        longitude_deg,
                        tags: owned(node.tags()),
                    },
                );
            }
            Element::Way(way) => {
                data.ways.push(OsmWay {
                    id: way.id(),
                    nodes: way.refs().collect(),
                    tags: owned(way.tags()),
                });
            }
            Element::Relation(relation) => {
                let members = relation
                    .members()
                    .filter_map(|member| Some((member.role().ok()?.to_owned(), member.member_id)));
                data.restrictions.extend(restriction(&owned(relation.tags()), members));
            }
        }
    });
    outcome.map_err(|error| unreadable(format!("{file}: {error}\nhint: download the extract again")))?;
    if count > ELEMENTS_MAX {
        return Err(unreadable(format!(
            "{file}: {count} elements, expected at most {ELEMENTS_MAX}\nhint: cut a smaller extract"
        )));
    }
    let out_of_range = |node: &OsmNode| {
        let in_range = node.latitude_deg.abs() <= 89.0 && node.longitude_deg.abs() <= 180.0;
        !in_range
    };
    match data.nodes.iter().find(|(_, node)| out_of_range(node)) {
        Some((id, _)) => Err(unreadable(format!(
            "{file}: node `{id}` lies off the Earth or at a pole\nhint: download the extract again"
        ))),
        None => Ok(data),
    }
}
