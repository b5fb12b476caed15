//! One door for every map format: a file's content in, a draft out.
//!
//! The format is told from the content, because extensions lie. It opens no file itself.

use crate::draft::MapDraft;
use crate::{RoadError, opendrive, osm};

/// A map as read, with what its reader had to say.
#[derive(Clone, Debug, PartialEq)]
pub struct MapReading {
    /// The map.
    pub draft: MapDraft,
    /// What was left out or mended, a line each.
    pub notes: Vec<String>,
}

/// Reads OpenDRIVE (`.xodr`) or OpenStreetMap (`.osm`, `.osm.pbf`). `file` names it in messages.
pub fn read_map(file: &str, content: &[u8]) -> Result<MapReading, RoadError> {
    match root_element(content).as_deref() {
        Some("OpenDRIVE") => {
            let text = std::str::from_utf8(content).map_err(|error| {
                let line = 1 + content[..error.valid_up_to()]
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count();
                RoadError::Unreadable(format!("{file}:{line}: not UTF-8\nhint: save the map as UTF-8"))
            })?;
            opendrive::read(file, text)
        }
        // Anything else but XML may be PBF; its reader says so if it is not.
        Some("osm") | None => osm::import(file, content),
        Some(other) => Err(RoadError::Unreadable(format!(
            "{file}: found <{other}>, expected <OpenDRIVE> or <osm>\nhint: maps are read from .xodr, .osm and .osm.pbf"
        ))),
    }
}

/// Name of the first element of an XML document, if the content looks like one.
fn root_element(content: &[u8]) -> Option<String> {
    /// Comments and licence texts before the root are shorter than this.
    const PROLOGUE_BYTES_MAX: usize = 64 << 10;
    let head = String::from_utf8_lossy(&content[..content.len().min(PROLOGUE_BYTES_MAX)]);
    let mut rest = head.trim_start_matches('\u{feff}').trim_start();
    loop {
        let (open, close) = match rest {
            _ if rest.starts_with("<!--") => ("<!--", "-->"),
            _ if rest.starts_with("<?") => ("<?", "?>"),
            _ if rest.starts_with("<!") => ("<!", ">"),
            _ => break,
        };
        rest = rest[open.len()..].split_once(close)?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?;
    let end = name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.')))?;
    (end > 0).then(|| name[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_told_from_the_content_whatever_stands_before_the_root() {
        let root = |text: &str| root_element(text.as_bytes());
        assert_eq!(
            root("\u{feff}<?xml version='1.0'?>\n<!-- a > b --><OpenDRIVE>").as_deref(),
            Some("OpenDRIVE")
        );
        assert_eq!(root("<osm version=\"0.6\"/>").as_deref(), Some("osm"));
        assert_eq!(root("\0\0\0\x0dOSMHeader"), None);
        assert_eq!(root("<!-- never ends <osm>"), None);
    }

    #[test]
    fn a_file_of_another_kind_is_refused_by_name() {
        let error = read_map("town.net.xml", b"<net version='1'/>").unwrap_err().to_string();
        assert!(error.starts_with("town.net.xml: found <net>"), "{error}");
    }
}
