//! An XML map file with places: reads attributes as numbers and texts and gathers what is wrong, each finding with file,
//! line and column.
//!
//! A missing or broken attribute is recorded and read as a neutral value, so that one pass finds all problems of a
//! file. It knows XML and numbers, and no road. OpenDRIVE and SUMO networks are read through it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::RoadError;
use crate::draft::Cubic;
use crate::opendrive::{ERRORS_MAX, FILE_BYTES_MAX, NESTING_MAX, NODES_MAX, NUMBER_MAX};

/// An element of the document.
pub(crate) type Node<'a, 'i> = roxmltree::Node<'a, 'i>;

/// A parsed file and the findings so far.
pub(crate) struct Document<'i> {
    file: &'i str,
    xml: roxmltree::Document<'i>,
    findings: RefCell<Findings>,
}

#[derive(Default)]
struct Findings {
    /// With the byte they are about, to tell them in the file's order.
    errors: Vec<(usize, String)>,
    errors_left_out: usize,
    /// Each note once, with its first place and how often it was made.
    notes: Vec<(String, String, usize)>,
    note_index: BTreeMap<String, usize>,
}

impl<'i> Document<'i> {
    /// Parses the text, or says where it stops being XML. `root` is the name of the element that it has to begin with.
    pub(crate) fn parse(file: &'i str, text: &'i str, root: &str) -> Result<Document<'i>, RoadError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.len() > FILE_BYTES_MAX {
            return Err(RoadError::Unreadable(format!(
                "{file}: the file has {} bytes, more than {FILE_BYTES_MAX} are not read\nhint: split the map",
                text.len()
            )));
        }
        // Checked before parsing: the XML crate follows nesting with its call stack.
        if let Some(line) = first_line_nested_too_deep(text) {
            return Err(RoadError::Unreadable(format!(
                "{file}:{line}: elements are nested more than {NESTING_MAX} deep\nhint: a map needs 9 levels; is this one?"
            )));
        }
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODES_MAX,
            ..Default::default()
        };
        let xml = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
            let at = error.pos();
            RoadError::Unreadable(format!(
                "{file}:{}:{}: {error}\nhint: the file must be well-formed XML, beginning with <{root}>",
                at.row, at.col
            ))
        })?;
        let found = xml.root_element().tag_name().name();
        if found != root {
            return Err(RoadError::Unreadable(format!(
                "{file}:1: the root element is `{}`, expected `{root}`\nhint: give a file that begins with <{root}>",
                clipped(found)
            )));
        }
        Ok(Document {
            file,
            xml,
            findings: RefCell::default(),
        })
    }

    /// The root element.
    pub(crate) fn root(&self) -> Node<'_, 'i> {
        self.xml.root_element()
    }

    /// Ends the reading: all errors, or all notes.
    pub(crate) fn finish(self) -> Result<Vec<String>, RoadError> {
        let mut findings = self.findings.into_inner();
        if !findings.errors.is_empty() {
            findings.errors.sort_by_key(|(byte, _)| *byte);
            let mut errors: Vec<String> = findings.errors.into_iter().map(|(_, text)| text).collect();
            if findings.errors_left_out > 0 {
                errors.push(format!("{}: and {} more", self.file, findings.errors_left_out));
            }
            return Err(RoadError::Invalid(errors));
        }
        Ok(findings
            .notes
            .into_iter()
            .map(|(message, place, count)| match count {
                1 => format!("{place}: {message}"),
                _ => format!("{place}: {message} ({count} times)"),
            })
            .collect())
    }

    /// Records an error at an element.
    pub(crate) fn error(&self, node: Node, message: &str, hint: &str) {
        self.error_at(node.range().start, message, hint);
    }

    /// Records an error at an attribute, or at the element if it has none of that name.
    pub(crate) fn error_in(&self, node: Node, attribute: &str, message: &str, hint: &str) {
        let start = node
            .attribute_node(attribute)
            .map_or(node.range().start, |a| a.range().start);
        self.error_at(start, message, hint);
    }

    fn error_at(&self, byte: usize, message: &str, hint: &str) {
        let mut findings = self.findings.borrow_mut();
        if findings.errors.len() == ERRORS_MAX {
            findings.errors_left_out += 1;
            return;
        }
        let at = self.xml.text_pos_at(byte);
        let text = format!("{}:{}:{}: {message}\nhint: {hint}", self.file, at.row, at.col);
        findings.errors.push((byte, text));
    }

    /// Records something that was read otherwise than written. Notes of one text are counted, not repeated.
    pub(crate) fn note(&self, node: Node, message: &str) {
        let mut findings = self.findings.borrow_mut();
        if let Some(&at) = findings.note_index.get(message) {
            findings.notes[at].2 += 1;
            return;
        }
        let at = self.xml.text_pos_at(node.range().start);
        let place = format!("{}:{}:{}", self.file, at.row, at.col);
        let index = findings.notes.len();
        findings.note_index.insert(message.to_owned(), index);
        findings.notes.push((message.to_owned(), place, 1));
    }

    /// An attribute that must be there.
    pub(crate) fn text<'a>(&self, node: Node<'a, 'i>, attribute: &str) -> &'a str {
        node.attribute(attribute).unwrap_or_else(|| {
            self.missing(node, attribute);
            ""
        })
    }

    /// A number that must be there.
    pub(crate) fn number(&self, node: Node, attribute: &str) -> f64 {
        if node.has_attribute(attribute) {
            self.number_or(node, attribute, 0.0)
        } else {
            self.missing(node, attribute);
            0.0
        }
    }

    /// A number that may be missing.
    pub(crate) fn number_or(&self, node: Node, attribute: &str, default: f64) -> f64 {
        self.optional_number(node, attribute).unwrap_or(default)
    }

    /// A number, if it is there.
    pub(crate) fn optional_number(&self, node: Node, attribute: &str) -> Option<f64> {
        let text = node.attribute(attribute)?;
        match text.trim().parse::<f64>() {
            Ok(value) if value.abs() <= NUMBER_MAX => Some(value),
            _ => {
                let name = node.tag_name().name();
                self.error_in(
                    node,
                    attribute,
                    &format!("`{attribute}` of <{name}> is `{}`, expected a number", clipped(text)),
                    &format!("write a finite decimal number of at most {NUMBER_MAX:e}"),
                );
                None
            }
        }
    }

    /// An integer that must be there.
    pub(crate) fn integer(&self, node: Node, attribute: &str) -> Option<i32> {
        let Some(text) = node.attribute(attribute) else {
            self.missing(node, attribute);
            return None;
        };
        let value = text.trim().parse::<i32>().ok();
        if value.is_none() {
            let name = node.tag_name().name();
            self.error_in(
                node,
                attribute,
                &format!("`{attribute}` of <{name}> is `{}`, expected an integer", clipped(text)),
                "lane ids are small integers: positive left of the centre, negative right of it",
            );
        }
        value
    }

    /// All children of that name as cubics, in order of `s`.
    pub(crate) fn cubics(&self, parent: Node, name: &'static str, s: &str) -> Vec<Cubic> {
        let mut records: Vec<Cubic> = children(parent, name).map(|node| self.cubic(node, s)).collect();
        if !records.is_sorted_by(|a, b| a.s_m <= b.s_m) {
            self.note(parent, &format!("<{name}> records are not in order of `{s}`; sorted"));
            records.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
        }
        records
    }

    /// One cubic that begins at the attribute `s`.
    pub(crate) fn cubic(&self, node: Node, s: &str) -> Cubic {
        Cubic {
            s_m: self.number_or(node, s, 0.0),
            a: self.number_or(node, "a", 0.0),
            b: self.number_or(node, "b", 0.0),
            c: self.number_or(node, "c", 0.0),
            d: self.number_or(node, "d", 0.0),
        }
    }

    fn missing(&self, node: Node, attribute: &str) {
        let name = node.tag_name().name();
        self.error(
            node,
            &format!("<{name}> has no `{attribute}`"),
            &format!("add `{attribute}=\"…\"` to this <{name}>"),
        );
    }
}

/// Child elements of that name, whatever their namespace (1.4 files have none, later ones may).
pub(crate) fn children<'a, 'i: 'a>(parent: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    parent
        .children()
        .filter(move |n| n.is_element() && n.tag_name().name() == name)
}

/// The first child element of that name.
pub(crate) fn child<'a, 'i: 'a>(parent: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(parent, name).next()
}

/// The child `userData` with that code.
pub(crate) fn user_data<'a, 'i: 'a>(parent: Node<'a, 'i>, code: &str) -> Option<Node<'a, 'i>> {
    children(parent, "userData").find(|n| n.attribute("code") == Some(code))
}

/// The beginning of a text from a file, short enough to show.
pub(crate) fn clipped(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).chain(['…']).collect()
    }
}

/// A rough count of open elements by their brackets; comments and CDATA are skipped. Errs only on text that is no XML.
fn first_line_nested_too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(open) = find(bytes, b"<", at) {
        let rest = &bytes[open..];
        if rest.starts_with(b"<!--") {
            at = find(bytes, b"-->", open)? + 3;
        } else if rest.starts_with(b"<![CDATA[") {
            at = find(bytes, b"]]>", open)? + 3;
        } else {
            let close = end_of_tag(bytes, open)?;
            match bytes[open + 1] {
                b'/' => depth = depth.saturating_sub(1),
                b'?' | b'!' => {}
                _ if bytes[close - 1] == b'/' => {}
                _ => depth += 1,
            }
            if depth > NESTING_MAX {
                return Some(1 + bytes[..open].iter().filter(|&&b| b == b'\n').count());
            }
            at = close + 1;
        }
    }
    None
}

fn find(bytes: &[u8], pattern: &[u8], from: usize) -> Option<usize> {
    let first = pattern[0];
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == first)?;
        if bytes[at..].starts_with(pattern) {
            return Some(at);
        }
        at += 1;
    }
}

/// Where the tag that opens at `open` closes: a `>` outside quotes.
fn end_of_tag(bytes: &[u8], open: usize) -> Option<usize> {
    let mut quote = None;
    for (i, &b) in bytes.iter().enumerate().skip(open + 1) {
        match (quote, b) {
            (None, b'>') => return Some(i),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(q), _) if b == q => quote = None,
            _ => {}
        }
    }
    None
}
