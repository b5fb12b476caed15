//! Configurations and includes: which files belong together.
//!
//! In goes a `.sumocfg`, or any file that may include others; out come the names that it gives, as it writes them.
//! Opening files is the caller's, and so is noticing that a file includes itself.

use super::document::{Document, SourceFile, elements};
use crate::WorldError;

/// What a `.sumocfg` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SumoConfiguration {
    /// The network's file.
    pub net: Option<String>,
    /// Additional files and then route files, each in its order.
    pub files: Vec<String>,
    /// Where the clock begins, seconds.
    pub begin_s: Option<f64>,
    /// Where it ends.
    pub end_s: Option<f64>,
    /// Length of a step.
    pub step_s: Option<f64>,
    /// The run's seed.
    pub seed: Option<u64>,
}

impl SumoConfiguration {
    /// Reads a configuration.
    pub fn read(source: &SourceFile) -> Result<SumoConfiguration, WorldError> {
        let document = Document::parse(source, &["configuration", "sumoConfiguration"]).map_err(WorldError::Demand)?;
        let mut found = SumoConfiguration::default();
        let mut routes = Vec::new();
        for node in document.root().descendants().filter(|node| node.is_element()) {
            let value = || node.attribute("value").or(node.attribute("v")).unwrap_or("");
            let list = || {
                value()
                    .split([',', ' '])
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
            };
            match node.tag_name().name() {
                "net-file" | "net" | "n" => found.net = list().next(),
                "additional-files" | "additional" | "a" => found.files.extend(list()),
                "route-files" | "routes" | "r" => routes.extend(list()),
                "begin" | "b" => found.begin_s = document.seconds(node, "value"),
                "end" | "e" => found.end_s = document.seconds(node, "value").filter(|&end_s| end_s >= 0.0),
                "step-length" => found.step_s = document.seconds(node, "value"),
                "seed" => found.seed = value().parse().ok(),
                _ => {}
            }
        }
        document.finish().map_err(WorldError::Demand)?;
        found.files.extend(routes);
        Ok(found)
    }
}

/// Files that a file includes: the line and the name of each. A file that is no XML includes nothing; whoever reads it
/// says what is wrong.
pub fn includes(source: &SourceFile) -> Vec<(u32, String)> {
    if !source.text.contains("<include") {
        return Vec::new();
    }
    let Ok(document) = Document::parse(source, &["routes", "additional", "add", "a"]) else {
        return Vec::new();
    };
    let root = document.root();
    elements(root)
        .filter(|node| node.has_tag_name("include"))
        .filter_map(|node| {
            let line = root.document().text_pos_at(node.range().start).row;
            Some((line, node.attribute("href")?.to_owned()))
        })
        .collect()
}
