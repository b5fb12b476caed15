//! The elements and attributes of OpenSCENARIO XML 1.0 to 1.3, and the check of a document against them.
//!
//! `schema.txt` holds one line a type of the standard's class model (what versions deprecated stays, since old files
//! use it). The check finds what is unknown, missing or not a number; what values mean is the reader's business. Unknown
//! elements are errors. Unknown attributes are warnings, and so are missing ones of which public files show what they
//! mean: such a file plays as its author saw it play elsewhere, and its author is told.

use crate::document::Node;
use crate::problem::Problem;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One type of the standard.
#[derive(Debug)]
pub struct ElementType {
    /// Attributes.
    pub attributes: Vec<AttributeType>,
    /// Child elements: name, type, whether there must be one.
    pub children: Vec<(&'static str, &'static str, Presence)>,
    /// Holds any elements or text (free content).
    pub is_free: bool,
}

/// Whether a child element must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It need not.
    Optional,
    /// By the standard it must; without it a file can be played all the same.
    Expected,
    /// It must.
    Required,
}

/// One attribute of a type.
#[derive(Debug)]
pub struct AttributeType {
    /// Its name.
    pub name: &'static str,
    /// It must be there.
    pub is_required: bool,
    /// It holds a number.
    pub is_number: bool,
    /// What it is taken to be where a file leaves it out against the standard.
    pub assumed: Option<&'static str>,
}

/// All types by name.
pub fn types() -> &'static BTreeMap<&'static str, ElementType> {
    static TYPES: OnceLock<BTreeMap<&'static str, ElementType>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let lines = include_str!("schema.txt").lines();
        let lines = lines.filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(type_of_line).collect()
    })
}

fn type_of_line(line: &'static str) -> (&'static str, ElementType) {
    let mut parts = line.split('|').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let attributes = parts.next().unwrap_or_default().split_whitespace();
    let children = parts.next().unwrap_or_default();
    let attributes = attributes.map(|word| {
        let (name, assumed) = match word.split_once('~') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        AttributeType {
            name: name.trim_end_matches(['?', '#']),
            is_required: !name.ends_with('?'),
            is_number: name.contains('#'),
            assumed,
        }
    });
    let elements = children.split_whitespace().filter(|word| !word.starts_with('#'));
    let elements = elements.map(|word| {
        let bare = word.trim_end_matches(['!', '~']);
        let (name, kind) = bare.split_once(':').unwrap_or((bare, bare));
        let presence = match &word[bare.len()..] {
            "!" => Presence::Required,
            "~" => Presence::Expected,
            _ => Presence::Optional,
        };
        (name, kind, presence)
    });
    let element = ElementType {
        attributes: attributes.collect(),
        children: elements.collect(),
        is_free: children.contains('#'),
    };
    (name, element)
}

/// Checks an element of the named type and all below it.
pub fn check(file: &str, node: &Node, type_name: &str, problems: &mut Vec<Problem>) {
    let Some(kind) = types().get(type_name) else {
        let message = format!("<{}> is no element of OpenSCENARIO", node.name);
        problems.push(Problem::error(file, node.place, &node.name, message, ""));
        return;
    };
    check_attributes(file, node, kind, problems);
    if kind.is_free {
        return;
    }
    for child in &node.children {
        match kind.children.iter().find(|(name, _, _)| *name == child.name) {
            Some((_, child_type, _)) => check(file, child, child_type, problems),
            None => {
                let known: Vec<&str> = kind.children.iter().map(|(name, _, _)| *name).collect();
                let hint = match known.is_empty() {
                    true => "it has no child elements".to_owned(),
                    false => format!("it may hold {}", known.join(", ")),
                };
                let message = format!("unknown element `{}` in <{}>", child.name, node.name);
                problems.push(Problem::error(file, child.place, &child.name, message, hint));
            }
        }
    }
    for (name, _, presence) in &kind.children {
        if *presence == Presence::Optional || node.child(name).is_some() {
            continue;
        }
        let (message, hint) = (format!("no <{name}> in it"), format!("add a <{name}>"));
        problems.push(match presence {
            Presence::Expected => Problem::warning(file, node.place, &node.name, message, hint),
            _ => Problem::error(file, node.place, &node.name, message, hint),
        });
    }
}

fn check_attributes(file: &str, node: &Node, kind: &ElementType, problems: &mut Vec<Problem>) {
    for attribute in &node.attributes {
        let Some(known) = kind.attributes.iter().find(|known| known.name == attribute.name) else {
            // Attributes of XML Schema say where the schema lies, not what happens.
            if node.name != "OpenSCENARIO" {
                let known: Vec<&str> = kind.attributes.iter().map(|known| known.name).collect();
                let message = format!("unknown attribute `{}`", attribute.name);
                let hint = format!("it may have {}", known.join(", "));
                problems.push(Problem::warning(file, attribute.place, &node.name, message, hint));
            }
            continue;
        };
        let value = attribute.value.trim();
        if known.is_number && !value.starts_with('$') && crate::scope::number(value).is_none() {
            let message = format!("`{}` is `{value}`, expected a number", attribute.name);
            let hint = "write it as 12.5, or as a parameter or an expression `${...}`";
            problems.push(Problem::error(file, attribute.place, &node.name, message, hint));
        }
    }
    for known in kind.attributes.iter().filter(|known| known.is_required) {
        if node.attribute(known.name).is_some() {
            continue;
        }
        let message = format!("no attribute `{}`", known.name);
        // A step takes no time, whatever it is measured in.
        let is_step = node
            .attribute("dynamicsShape")
            .is_some_and(|shape| shape.value == "step");
        let assumed = match known.name {
            "dynamicsDimension" if is_step => Some("time"),
            "value" if is_step => Some("0"),
            _ => known.assumed,
        };
        problems.push(match assumed {
            Some(value) => {
                let hint = format!("add {}=\"{value}\", which it is taken for", known.name);
                Problem::warning(file, node.place, &node.name, message, hint)
            }
            None => {
                let hint = format!("add {}=\"...\"", known.name);
                Problem::error(file, node.place, &node.name, message, hint)
            }
        });
    }
}
