//! A run as an ASAM OSI trace file: one `GroundTruth` after the other, each behind its length in four bytes, least
//! significant first (OSI 3.7, binary trace file format `.osi`).

use anyhow::{Context, Result};
use prost::Message;
use scenario::{Player, osi};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a trace.
pub struct Trace {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Trace {
    /// Begins the file.
    pub fn create(path: &Path) -> Result<Trace> {
        let file = File::create(path).with_context(|| format!("{}: cannot be written", path.display()))?;
        Ok(Trace {
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// The state after a step.
    pub fn write(&mut self, player: &Player<'_>, host: Option<usize>) -> Result<()> {
        let body = osi::ground_truth(player, host).encode_to_vec();
        let written = self.file.write_all(&(body.len() as u32).to_le_bytes());
        written
            .and_then(|()| self.file.write_all(&body))
            .with_context(|| format!("{}: cannot be written", self.path.display()))
    }

    /// Closes the file.
    pub fn finish(mut self) -> Result<()> {
        self.file
            .flush()
            .with_context(|| format!("{}: cannot be written", self.path.display()))
    }
}
