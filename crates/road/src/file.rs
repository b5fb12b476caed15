//! One door for every map format: a file's content in, a draft out.
//!
//! The format is told from the content, because extensions lie. It opens no file itself.

use crate::draft::MapDraft;
use crate::heights::HeightGrid;
use crate::{RoadError, opendrive, osm, sumo};
use std::io::Read;

/// A map as read, with what its reader had to say.
#[derive(Clone, Debug, PartialEq)]
pub struct MapReading {
    /// The map.
    pub draft: MapDraft,
    /// What was left out or mended, a line each.
    pub notes: Vec<String>,
}

/// Reads OpenDRIVE (`.xodr`), OpenStreetMap (`.osm`, `.osm.pbf`) or a SUMO network (`.net.xml`), each also compressed
/// (`.gz`). `file` names it in messages.
pub fn read_map(file: &str, content: &[u8]) -> Result<MapReading, RoadError> {
    read_map_on(file, content, None)
}

/// As [`read_map`], with the streets of OpenStreetMap laid on a height grid; the other formats have heights of their own,
/// and are refused with a grid.
pub fn read_map_on(file: &str, content: &[u8], heights: Option<&HeightGrid>) -> Result<MapReading, RoadError> {
    let unpacked;
    let content = if content.starts_with(&GZIP) {
        unpacked = unpacked_gzip(file, content)?;
        &unpacked
    } else {
        content
    };
    if content.iter().all(u8::is_ascii_whitespace) {
        return Err(RoadError::Unreadable(format!(
            "{file}: the file is empty\nhint: maps are read from .xodr, .osm, .osm.pbf and .net.xml"
        )));
    }
    match root_element(content).as_deref() {
        Some(root @ ("OpenDRIVE" | "net")) if heights.is_some() => Err(RoadError::Unreadable(format!(
            "{file}: found <{root}>, which has heights of its own, beside a height grid\nhint: leave the grid away"
        ))),
        Some("OpenDRIVE") => opendrive::read(file, text(file, content)?),
        Some("net") => sumo::read(file, text(file, content)?),
        // Anything else but XML may be PBF; its reader says so if it is not.
        Some("osm") | None => osm::import(file, content, heights),
        Some(other) => Err(RoadError::Unreadable(format!(
            "{file}: found <{other}>, expected <OpenDRIVE>, <osm> or <net>\nhint: maps are read from .xodr, .osm, .osm.pbf \
             and .net.xml"
        ))),
    }
}

/// Whether a map of this content is laid on a height grid: OpenStreetMap is, OpenDRIVE and SUMO networks bring heights.
pub fn takes_height_grid(content: &[u8]) -> bool {
    let mut head = Vec::new();
    let content = if content.starts_with(&GZIP) {
        let unpacked = flate2::read::MultiGzDecoder::new(content).take(HEAD_BYTES);
        // What is damaged is told when the whole is read.
        let _ = { unpacked }.read_to_end(&mut head);
        &head
    } else {
        content
    };
    !matches!(root_element(content).as_deref(), Some("OpenDRIVE" | "net"))
}

/// Of a packed map so much is looked at to tell its format.
const HEAD_BYTES: u64 = 64 << 10;

/// How a gzip member begins (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn unpacked_gzip(file: &str, content: &[u8]) -> Result<Vec<u8>, RoadError> {
    let unreadable = |what: String| RoadError::Unreadable(format!("{file}: {what}"));
    let limit = opendrive::FILE_BYTES_MAX as u64;
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(content)
        .take(limit + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| unreadable(format!("damaged gzip: {error}\nhint: compress the map again")))?;
    if unpacked.len() as u64 > limit {
        return Err(unreadable(format!(
            "more than {limit} bytes when unpacked, which are not read\nhint: split the map"
        )));
    }
    Ok(unpacked)
}

fn text<'a>(file: &str, content: &'a [u8]) -> Result<&'a str, RoadError> {
    std::str::from_utf8(content).map_err(|error| {
        let line = 1 + content[..error.valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        RoadError::Unreadable(format!("{file}:{line}: not UTF-8\nhint: save the map as UTF-8"))
    })
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
    fn an_empty_file_is_called_empty() {
        for content in [&b""[..], b"\n \n"] {
            let error = read_map("town.xodr", content).unwrap_err().to_string();
            assert!(error.starts_with("town.xodr: the file is empty\nhint: "), "{error}");
        }
    }

    #[test]
    fn a_file_of_another_kind_is_refused_by_name() {
        let error = read_map("town.kml", b"<kml/>").unwrap_err().to_string();
        assert!(error.starts_with("town.kml: found <kml>"), "{error}");
    }
}
