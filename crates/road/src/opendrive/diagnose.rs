//! What a map's author may want to mend: our findings and those of an independent reader.
//!
//! The crate `xodr` bakes the whole network and warns of gaps, links that do not meet, records newer than the header and
//! much else that we read over. It costs as much again as compiling, so it runs on request only.

use crate::RoadError;

/// All findings on a file, one line each; errors if it cannot be read at all.
pub fn diagnose(file: &str, text: &str) -> Result<Vec<String>, RoadError> {
    let mut findings = super::read(file, text)?.notes;
    match xodr::load_str_with_provenance(text) {
        Ok((_, provenance)) => findings.extend(provenance.warnings.iter().map(|w| format!("{file}: {w}"))),
        Err(error) => findings.push(format!("{file}: {error}")),
    }
    Ok(findings)
}
