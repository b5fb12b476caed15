//! The XML of a file, with a place for every complaint.
//!
//! In goes text; out come elements, numbers and words, problems with file, line, column and mend, and notes on what is not
//! known. A document type declaration is refused, and with it every entity bomb. It knows no element by name.

use record::Problems;
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeSet;
use std::str::FromStr;

/// The largest public scenario has some 200,000 nodes.
const NODES_MAX: u32 = 8_000_000;
/// More notes than this are not kept: nobody reads further.
const NOTES_MAX: usize = 60;
/// Longest piece of a file that a message quotes.
const QUOTED_MAX: usize = 60;

/// An element.
pub(crate) type Element<'a> = Node<'a, 'a>;

/// A file being read.
pub(crate) struct Reader<'a> {
    file: &'a str,
    /// Byte offsets at which lines begin.
    lines: Vec<usize>,
    pub(crate) problems: Problems,
    notes: Vec<String>,
    /// What was noted once is not noted again.
    noted: BTreeSet<String>,
}

/// Parses the text; the error is worded with place and mend.
pub(crate) fn parse<'a>(file: &str, text: &'a str) -> Result<Document<'a>, String> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        let hint = match error {
            roxmltree::Error::DtdDetected => "remove the <!DOCTYPE ...>; a scenario needs none",
            _ => "mend the XML here",
        };
        format!("{file}:{}:{}: not XML: {error}\nhint: {hint}", at.row, at.col)
    })
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Reader<'a> {
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Reader {
            file,
            lines: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect(),
            problems: Problems::default(),
            notes: Vec::new(),
            noted: BTreeSet::new(),
        }
    }

    pub(crate) fn into_notes(self) -> Vec<String> {
        self.notes
    }

    fn place(&self, node: Element<'_>) -> String {
        let offset = node.range().start;
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        format!("{}:{}:{}", self.file, line, offset - self.lines[line - 1] + 1)
    }

    /// Something that cannot be read; the reading goes on to find more.
    pub(crate) fn wrong(&mut self, node: Element<'_>, what: &str, hint: &str) {
        let place = self.place(node);
        self.problems
            .add(place, format!("<{}>: {what}", node.tag_name().name()), hint);
    }

    /// Something to look at that does not keep the file from being read.
    pub(crate) fn note(&mut self, node: Element<'_>, what: &str) {
        if self.notes.len() < NOTES_MAX && self.noted.insert(format!("{} {what}", node.tag_name().name())) {
            let note = format!("{}: <{}>: {what}", self.place(node), node.tag_name().name());
            self.notes.push(note);
        }
    }

    /// Notes children that are not among those known.
    pub(crate) fn expect(&mut self, node: Element<'a>, known: &[&str]) {
        for element in elements(node) {
            let name = element.tag_name().name();
            if !known.contains(&name) {
                let parent = node.tag_name().name();
                self.note(element, &format!("not known inside <{parent}>, left out"));
            }
        }
    }

    /// The child of that name, which has to be there.
    pub(crate) fn required(&mut self, node: Element<'a>, name: &str) -> Option<Element<'a>> {
        let found = child(node, name);
        if found.is_none() {
            self.wrong(node, &format!("<{name}> is missing"), &format!("add a <{name}>"));
        }
        found
    }

    fn parsed<T: FromStr>(&mut self, node: Element<'_>, what: &str, text: &str, expected: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.wrong(
                node,
                &format!("{what} is `{}`, not {expected}", quoted(text)),
                &format!("write {expected}"),
            );
        }
        parsed
    }

    /// The element's text as a finite number.
    pub(crate) fn number(&mut self, node: Element<'_>) -> Option<f64> {
        let number: f64 = self.parsed(node, "the text", text(node), "a number")?;
        if !number.is_finite() {
            self.wrong(
                node,
                &format!("the text is `{}`, not a finite number", quoted(text(node))),
                "write a finite number",
            );
            return None;
        }
        Some(number)
    }

    /// The number in a child, which has to be there.
    pub(crate) fn number_in(&mut self, node: Element<'a>, name: &str) -> Option<f64> {
        let found = self.required(node, name)?;
        self.number(found)
    }

    /// The element's text as a whole number.
    pub(crate) fn integer(&mut self, node: Element<'_>) -> Option<i64> {
        self.parsed(node, "the text", text(node), "a whole number")
    }

    /// The element's text as true or false.
    pub(crate) fn boolean(&mut self, node: Element<'_>) -> Option<bool> {
        match text(node) {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            other => {
                self.wrong(
                    node,
                    &format!("the text is `{}`, neither true nor false", quoted(other)),
                    "write true or false",
                );
                None
            }
        }
    }

    /// An attribute as a whole number.
    pub(crate) fn attribute(&mut self, node: Element<'_>, name: &str) -> Option<i64> {
        match node.attribute(name) {
            Some(value) => self.parsed(node, &format!("@{name}"), value.trim(), "a whole number"),
            None => {
                self.wrong(node, &format!("@{name} is missing"), &format!("add {name}=\"...\""));
                None
            }
        }
    }

    /// The `ref`s of all children of that name.
    pub(crate) fn references(&mut self, node: Element<'a>, name: &str) -> Vec<i64> {
        all(node, name)
            .filter_map(|element| self.attribute(element, "ref"))
            .collect()
    }
}

/// Child elements.
pub(crate) fn elements<'a>(node: Element<'a>) -> impl Iterator<Item = Element<'a>> {
    node.children().filter(Node::is_element)
}

/// The first child of that name.
pub(crate) fn child<'a>(node: Element<'a>, name: &str) -> Option<Element<'a>> {
    elements(node).find(|element| element.tag_name().name() == name)
}

/// All children of that name.
pub(crate) fn all<'a, 'n>(node: Element<'a>, name: &'n str) -> impl Iterator<Item = Element<'a>> + use<'a, 'n> {
    elements(node).filter(move |element| element.tag_name().name() == name)
}

/// The element's own text, trimmed.
pub(crate) fn text<'a>(node: Element<'a>) -> &'a str {
    node.text().map(str::trim).unwrap_or_default()
}

/// The texts of all children of that name.
pub(crate) fn texts(node: Element<'_>, name: &str) -> Vec<String> {
    all(node, name).map(|element| text(element).to_owned()).collect()
}

/// What a message may quote of a file.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
