//! Single attributes: text, numbers, flags, words, names of entities, with what is wrong in them.

use super::Reader;
use crate::document::Node;
use crate::problem::{Place, Problem};
use crate::scope;
use std::path::PathBuf;

/// The value of an expression counts to a millionth. The standard leaves its precision open; esmini, by which authors
/// have tried their thresholds, writes six decimals, so that what meets one to the last bit there meets it here.
const EXPRESSION_UNITS: f64 = 1e6;
/// Nothing that has a place, a length or a moment is farther than this, in metres, seconds, or radians.
const FINITE_MAX: f64 = 1e9;

/// Comes from a parameter or an expression. A millionth of a radian is six metres on the ground: geographic positions are
/// taken as they are.
fn is_computed(node: &Node, name: &str) -> bool {
    let is_geographic = name.starts_with("latitude") || name.starts_with("longitude");
    !is_geographic
        && node
            .attribute(name)
            .is_some_and(|attribute| attribute.value.trim_start().starts_with('$'))
}

impl Reader<'_> {
    pub(super) fn wrong(&mut self, place: Place, element: &str, message: String, hint: &str) {
        self.problems
            .push(Problem::error(&self.file, place, element, message, hint));
    }

    pub(super) fn odd(&mut self, place: Place, element: &str, message: String, hint: &str) {
        self.problems
            .push(Problem::warning(&self.file, place, element, message, hint));
    }

    /// Problems of another file, with the place that led there.
    pub(super) fn refer(&mut self, node: &Node, problems: Vec<Problem>) {
        let what = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (message, hint) = what.split_once("\nhint: ").unwrap_or((&what, ""));
        self.wrong(node.place, &node.name, message.to_owned(), hint);
    }

    /// A path beside the scenario.
    pub(super) fn beside(&self, path: &str) -> PathBuf {
        let path = path.replace('\\', "/");
        self.folder.join(path)
    }

    pub(super) fn optional_text(&mut self, node: &Node, name: &str) -> Option<String> {
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
    pub(super) fn text(&mut self, node: &Node, name: &str) -> String {
        self.optional_text(node, name).unwrap_or_default()
    }

    pub(super) fn optional_number(&mut self, node: &Node, name: &str) -> Option<f64> {
        let text = self.optional_text(node, name)?;
        let value = scope::number(&text).map(|value| match is_computed(node, name) {
            true => (value * EXPRESSION_UNITS).round() / EXPRESSION_UNITS,
            false => value,
        });
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

    pub(super) fn number(&mut self, node: &Node, name: &str) -> f64 {
        self.optional_number(node, name).unwrap_or(0.0)
    }

    /// A number that tells a place, a shape or a moment: limits may be infinite, these may not.
    pub(super) fn optional_finite(&mut self, node: &Node, name: &str) -> Option<f64> {
        let value = self.optional_number(node, name)?;
        if value.abs() <= FINITE_MAX {
            return Some(value);
        }
        let place = node.attribute(name).map_or(node.place, |attribute| attribute.place);
        let message = format!("`{name}` is {value}, which is nowhere");
        self.wrong(place, &node.name, message, "it may be up to 1e9 on either side of 0");
        None
    }

    pub(super) fn finite(&mut self, node: &Node, name: &str) -> f64 {
        self.optional_finite(node, name).unwrap_or(0.0)
    }

    /// A length: not below zero.
    pub(super) fn length_m(&mut self, node: &Node, name: &str) -> f64 {
        let length_m = self.finite(node, name);
        if length_m < 0.0 {
            let message = format!("`{name}` is `{length_m}`, expected a length of 0 or more");
            self.wrong(
                node.place,
                &node.name,
                message,
                "turn the curve by its curvature or its heading",
            );
        }
        length_m.max(0.0)
    }

    pub(super) fn flag(&mut self, node: &Node, name: &str) -> bool {
        self.optional_flag(node, name).unwrap_or(false)
    }

    pub(super) fn optional_flag(&mut self, node: &Node, name: &str) -> Option<bool> {
        match self.optional_text(node, name)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            // As other languages write them: files are made by programs.
            other @ ("True" | "TRUE" | "False" | "FALSE") => {
                let message = format!("`{name}` is `{other}`, expected true or false");
                self.odd(node.place, &node.name, message, "write it in small letters");
                Some(other.eq_ignore_ascii_case("true"))
            }
            other => {
                let message = format!("`{name}` is `{other}`, expected true or false");
                self.wrong(node.place, &node.name, message, "");
                None
            }
        }
    }

    /// One of the words of an enumeration; the first if there is none and none is needed.
    pub(super) fn word<T: Copy + Default>(&mut self, node: &Node, name: &str, words: &[(&str, T)]) -> T {
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
    pub(super) fn entity_ref(&mut self, node: &Node, name: &str) -> Vec<usize> {
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

    pub(super) fn one_entity(&mut self, node: &Node, name: &str) -> usize {
        self.entity_ref(node, name).first().copied().unwrap_or(0)
    }

    pub(super) fn rule(&mut self, node: &Node) -> crate::model::Rule {
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
