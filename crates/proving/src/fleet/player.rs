//! A process that plays shards for a worker, and how the two talk: a line of JSON a message, on its standard input and output.
//!
//! The worker asks for a shard; the player says which run it begins before it begins it, so that the worker knows which one it
//! died of, and in the end where the table is. It plays on one thread.

use super::Aside;
use crate::campaign::{Campaign, Failures, Progress, table_details};
use crate::problem::ProvingError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What the worker asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub scenario: String,
    pub shard: u64,
    /// Runs that are not to be played.
    pub aside: Vec<Aside>,
}

/// What the player says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// The campaign is understood.
    Ready,
    /// It cannot be played here.
    Refused(String),
    /// A run begins.
    Begins(u64),
    /// The shard's table lies there.
    Table(PathBuf),
    /// There will be none: the driver failed.
    Failed(String),
}

/// Plays what the worker at the other end of `requests` and `answers` asks for, until it asks no more. `kept` is the
/// campaign as the worker got it, and `folder` is where tables go.
///
/// # Errors
/// If the worker cannot be heard or is not understood, or a table cannot be written.
pub fn serve(
    campaign: &Campaign<'_>,
    kept: &Value,
    folder: &Path,
    requests: impl BufRead,
    answers: impl Write + Send,
) -> Result<(), ProvingError> {
    let told = |error: std::io::Error| ProvingError::Told(format!("the worker does not listen: {error}"));
    let mouth = Mouth(Mutex::new(answers));
    let identity = campaign.identity(&kept["asked"])?;
    if identity != *kept {
        let text = crate::digest::canonical(kept);
        let what = crate::campaign::difference(&text, &identity);
        return mouth.say(&Said::Refused(what)).map_err(told);
    }
    mouth.say(&Said::Ready).map_err(told)?;
    let failures = Failures::default();
    for line in requests.lines() {
        let line = line.map_err(told)?;
        let request: Request = serde_json::from_str(&line)
            .map_err(|error| ProvingError::Told(format!("the worker asks for `{line}`: {error}")))?;
        let said = match campaign.shard(&request.scenario, request.shard) {
            None => Said::Failed(format!("there is no shard {} of {}", request.shard, request.scenario)),
            Some(shard) => {
                let aside = request
                    .aside
                    .into_iter()
                    .map(|aside| (aside.run, aside.reason))
                    .collect();
                match campaign.play_shard(&shard, &aside, &failures, &mouth) {
                    Ok(table) => {
                        let file = folder.join(format!("{}-{}.parquet", request.scenario, request.shard));
                        table.write(&file, &table_details(shard.scenario))?;
                        Said::Table(file)
                    }
                    Err(error) => Said::Failed(error.to_string()),
                }
            }
        };
        mouth.say(&said).map_err(told)?;
    }
    Ok(())
}

/// Where the worker listens.
struct Mouth<W>(Mutex<W>);

impl<W: Write> Mouth<W> {
    fn say(&self, said: &Said) -> std::io::Result<()> {
        let mut out = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        writeln!(out, "{}", serde_json::json!(said))?;
        out.flush()
    }
}

impl<W: Write + Send> Progress for Mouth<W> {
    fn run_begins(&self, run: u64) {
        // A worker that is gone is noticed when the table is handed in.
        let _ = self.say(&Said::Begins(run));
    }
}
