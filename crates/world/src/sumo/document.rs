//! An XML file with findings: attributes as numbers, times and texts, each problem with its file and line.
//!
//! A broken attribute is recorded and read as a neutral value, so that one pass finds all problems of a file. It knows
//! XML and numbers, and neither roads nor vehicles.

use std::cell::RefCell;

/// A file as the caller read it; compressed ones come unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name in messages.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

/// An element.
pub(super) type Node<'a, 'i> = roxmltree::Node<'a, 'i>;

/// No file of a million vehicles is larger; a larger one is not what it seems.
const FILE_BYTES_MAX: usize = 2 << 30;
/// Elements a file may have: four for each of ten million vehicles.
const NODES_MAX: u32 = 40_000_000;
/// Elements nest five deep (routes, vehicle, route, stop, param).
const NESTING_MAX: usize = 64;
/// So many findings are told; who made more has made one of them many times.
const FINDINGS_MAX: usize = 25;
/// Metres, seconds and speeds stay below this.
const NUMBER_MAX: f64 = 1e9;

/// A parsed file and what is wrong with it.
pub(super) struct Document<'i> {
    file: &'i str,
    xml: roxmltree::Document<'i>,
    findings: RefCell<Vec<(usize, String)>>,
}

impl<'i> Document<'i> {
    /// Parses a file whose root element is one of `roots`.
    pub(super) fn parse(source: &'i SourceFile, roots: &[&str]) -> Result<Document<'i>, Vec<String>> {
        let file = source.name.as_str();
        let text = source.text.trim_start_matches('\u{feff}');
        let expected = roots
            .iter()
            .map(|root| format!("<{root}>"))
            .collect::<Vec<_>>()
            .join(" or ");
        if text.len() > FILE_BYTES_MAX {
            return Err(vec![format!(
                "{file}: the file has {} bytes, more than {FILE_BYTES_MAX} are not read\nhint: split it",
                text.len()
            )]);
        }
        // Checked before parsing: the XML crate follows nesting with its call stack.
        if let Some(line) = first_line_nested_too_deep(text) {
            return Err(vec![format!(
                "{file}:{line}: elements are nested more than {NESTING_MAX} deep\nhint: expected a file that begins with {expected}"
            )]);
        }
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODES_MAX,
            ..Default::default()
        };
        let xml = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
            let at = error.pos();
            vec![format!(
                "{file}:{}:{}: {error}\nhint: the file must be well-formed XML, beginning with {expected}",
                at.row, at.col
            )]
        })?;
        let found = xml.root_element().tag_name().name();
        if !roots.contains(&found) {
            return Err(vec![format!(
                "{file}:1: the root element is `{}`, expected {expected}\nhint: is this the right file?",
                clipped(found)
            )]);
        }
        Ok(Document {
            file,
            xml,
            findings: RefCell::default(),
        })
    }

    pub(super) fn root(&self) -> Node<'_, 'i> {
        self.xml.root_element()
    }

    /// Notes a problem of an element.
    pub(super) fn error(&self, node: Node, what: &str, mend: &str) {
        self.error_at(node.range().start, what, mend);
    }

    /// Notes a problem at a byte of the file.
    pub(super) fn error_at(&self, byte: usize, what: &str, mend: &str) {
        let mut findings = self.findings.borrow_mut();
        if findings.len() < FINDINGS_MAX {
            let line = self.xml.text_pos_at(byte).row;
            findings.push((byte, format!("{}:{line}: {what}\nhint: {mend}", self.file)));
        }
    }

    /// All problems in the file's order, or nothing.
    pub(super) fn finish(self) -> Result<(), Vec<String>> {
        let mut findings = self.findings.into_inner();
        if findings.is_empty() {
            return Ok(());
        }
        findings.sort();
        Err(findings.into_iter().map(|(_, text)| text).collect())
    }

    /// An attribute that has to be there.
    pub(super) fn text<'a>(&self, node: Node<'a, 'i>, attribute: &str) -> &'a str {
        node.attribute(attribute).unwrap_or_else(|| {
            self.error(
                node,
                &format!("<{}> has no `{attribute}`", node.tag_name().name()),
                &format!("add {attribute}=\"…\""),
            );
            ""
        })
    }

    /// A number that may be missing.
    pub(super) fn number(&self, node: Node, attribute: &str) -> Option<f64> {
        let text = node.attribute(attribute)?;
        let value = parse_number(text);
        if value.is_none() {
            self.error(
                node,
                &format!(
                    "`{attribute}` of <{}> is `{}`, expected a number",
                    node.tag_name().name(),
                    clipped(text)
                ),
                "write a finite decimal number",
            );
        }
        value
    }

    /// A number that may be missing, not less than `low`.
    pub(super) fn number_from(&self, node: Node, attribute: &str, low: f64) -> Option<f64> {
        let value = self.number(node, attribute)?;
        if value < low {
            self.error(
                node,
                &format!(
                    "`{attribute}` of <{}> is `{value}`, expected at least {low}",
                    node.tag_name().name()
                ),
                "correct the number",
            );
            return None;
        }
        Some(value)
    }

    /// A point of time or a duration in seconds, written as a number or as `h:m:s` (days before, if there are any).
    pub(super) fn seconds(&self, node: Node, attribute: &str) -> Option<f64> {
        let text = node.attribute(attribute)?;
        let value = parse_seconds(text);
        if value.is_none() {
            self.error(
                node,
                &format!(
                    "`{attribute}` of <{}> is `{}`, expected a time",
                    node.tag_name().name(),
                    clipped(text)
                ),
                "write seconds, such as 3600 or 12.5, or hours, such as 1:00:00",
            );
        }
        value
    }
}

/// Elements below `node`.
pub(super) fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(|child| child.is_element())
}

pub(super) fn parse_number(text: &str) -> Option<f64> {
    let value = text.trim().parse::<f64>().ok()?;
    (value.abs() <= NUMBER_MAX).then_some(value)
}

fn parse_seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let parts = text.trim().split(':').count();
    for (index, part) in text.trim().split(':').enumerate() {
        let value = parse_number(part)?;
        let weight = match parts - 1 - index {
            0 => 1.0,
            1 => 60.0,
            2 => 3600.0,
            3 => 86_400.0,
            _ => return None,
        };
        total += value * weight;
    }
    Some(total)
}

/// Foreign text for a message.
pub(super) fn clipped(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Counts open elements by their angle brackets; comments and quoted text cannot hide one, only add some.
fn first_line_nested_too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut line) = (0_usize, 1);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line += 1,
            b'<' if bytes[at..].starts_with(b"<!--") => {
                let end = text[at..].find("-->").map_or(bytes.len(), |found| at + found);
                line += bytes[at..end].iter().filter(|&&byte| byte == b'\n').count();
                at = end;
                continue;
            }
            b'<' => match bytes.get(at + 1) {
                Some(b'/') => depth = depth.saturating_sub(1),
                Some(b'?' | b'!') | None => {}
                Some(_) => depth += 1,
            },
            b'/' if bytes.get(at + 1) == Some(&b'>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING_MAX {
            return Some(line);
        }
        at += 1;
    }
    None
}
