//! A concrete scenario from a logical one: the author's file with other values, as any player reads it.
//!
//! In goes the text of a scenario, values for its parameters, and what becomes of paths; out comes the text with those
//! values and paths in place and all else as it was, comments and layout included. It opens no file.

use crate::document::NODES_MAX;
use roxmltree::{Document, Node, ParsingOptions};
use std::ops::Range;

/// Elements with a path in them, and its attribute.
const PATHS: [(&str, &str); 4] = [
    ("LogicFile", "filepath"),
    ("SceneGraphFile", "filepath"),
    ("Directory", "path"),
    ("ScenarioFile", "filepath"),
];

/// Puts values and paths in. `None` if the text is no XML, or a value belongs to no global parameter.
pub fn concrete(text: &str, values: &[(String, String)], path: impl Fn(&str) -> String) -> Option<String> {
    let options = ParsingOptions {
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let text = text.trim_start_matches('\u{feff}');
    let document = Document::parse_with_options(text, options).ok()?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let declared = document
        .root_element()
        .children()
        .filter(|node| node.has_tag_name("ParameterDeclarations"))
        .flat_map(|node| node.children());
    let declared: Vec<Node> = declared.filter(Node::is_element).collect();
    for (name, value) in values {
        let node = declared.iter().find(|node| node.attribute("name") == Some(name))?;
        edits.push((node.attribute_node("value")?.range_value(), value.clone()));
    }
    for node in document.descendants() {
        for (element, attribute) in PATHS {
            if let Some(found) = node.attribute_node(attribute).filter(|_| node.has_tag_name(element))
                && !found.value().is_empty()
            {
                // A path that is a parameter is that parameter's value.
                let name = found.value().strip_prefix('$');
                let given = name.and_then(|name| values.iter().find(|(known, _)| known == name));
                let default = || {
                    let node = declared.iter().find(|node| node.attribute("name") == name);
                    node.and_then(|node| node.attribute("value"))
                };
                let meant = given.map(|(_, value)| value.as_str()).or_else(default);
                edits.push((found.range_value(), path(meant.unwrap_or(found.value()))));
            }
        }
    }
    // From behind, so that places before stay right; of a value given twice the first counts, as when it is played.
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    edits.dedup_by_key(|(range, _)| range.start);
    let mut written = text.to_owned();
    for (range, value) in edits {
        written.replace_range(range, &escaped(&value));
    }
    Some(written)
}

fn escaped(value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    value.replace('"', "&quot;").replace('\'', "&apos;")
}
