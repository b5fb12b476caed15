//! XML as a tree of our own: names, attributes and children, each with its line and column.
//!
//! In goes text; out comes a tree that outlives it, so that a file is parsed once and read for many runs. A document
//! type declaration is refused, and with it every entity bomb. It knows no OpenSCENARIO.

use crate::problem::{Place, Problem};

/// Elements nested deeper than this are no scenario; the tree is walked by recursion.
const DEPTH_MAX: usize = 200;
/// The largest public scenario has some 20,000 elements.
pub(crate) const NODES_MAX: u32 = 4_000_000;

/// One element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its attributes in the file's order.
    pub attributes: Vec<Attribute>,
    /// Its child elements.
    pub children: Vec<Node>,
    /// Its own text, trimmed.
    pub text: String,
    /// Where it begins.
    pub place: Place,
}

/// One attribute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its value as written.
    pub value: String,
    /// Where it stands.
    pub place: Place,
}

impl Node {
    /// Parses a whole document and returns its root.
    pub fn parse(file: &str, text: &str) -> Result<Node, Problem> {
        let text = text.trim_start_matches('\u{feff}');
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODES_MAX,
            ..Default::default()
        };
        let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
            let position = error.pos();
            let place = Place {
                line: position.row,
                column: position.col,
            };
            let hint = match error {
                roxmltree::Error::DtdDetected => "remove the <!DOCTYPE ...>; a scenario needs none",
                _ => "mend the XML here",
            };
            Problem::error(file, place, "", format!("not XML: {error}"), hint)
        })?;
        let lines = LineStarts::new(text);
        convert(document.root_element(), &lines, 0).map_err(|place| {
            Problem::error(
                file,
                place,
                "",
                format!("elements are nested more than {DEPTH_MAX} deep"),
                "no scenario needs that",
            )
        })
    }

    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

fn convert(node: roxmltree::Node, lines: &LineStarts, depth: usize) -> Result<Node, Place> {
    let place = lines.place(node.range().start);
    if depth > DEPTH_MAX {
        return Err(place);
    }
    let attributes = node.attributes().map(|attribute| Attribute {
        name: attribute.name().to_owned(),
        value: attribute.value().to_owned(),
        place: lines.place(attribute.range().start),
    });
    let children = node.children().filter(roxmltree::Node::is_element);
    Ok(Node {
        name: node.tag_name().name().to_owned(),
        attributes: attributes.collect(),
        children: children
            .map(|child| convert(child, lines, depth + 1))
            .collect::<Result<_, _>>()?,
        text: node.text().map(str::trim).unwrap_or_default().to_owned(),
        place,
    })
}

/// Byte offsets at which lines begin: the parser's own look-up counts from the start each time.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn new(text: &str) -> LineStarts {
        let after = text
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'\n')
            .map(|(at, _)| at + 1);
        LineStarts(std::iter::once(0).chain(after).collect())
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.0.partition_point(|&start| start <= offset);
        Place {
            line: line as u32,
            column: (offset - self.0[line - 1] + 1) as u32,
        }
    }
}
