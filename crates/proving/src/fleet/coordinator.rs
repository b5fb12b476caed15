//! Hands out the shards that a campaign's folder lacks, and keeps the tables that come back.
//!
//! It may be killed and started again at any moment: what the folder has is done, what it lacks is handed out. A table is looked
//! at before it is kept: its digest, its scenario, the numbers and the parameters of its runs.

use super::server::{Connection, PATIENCE, pulse_subject, refused, subject};
use super::{ACKNOWLEDGE_WITHIN, Aside, Bundle, Delivery, Pulse, Server, Work};
use crate::campaign::{Campaign, Progress, Shard, write_whole};
use crate::digest::{canonical, hex_of};
use crate::problem::ProvingError;
use crate::run_table;
use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt;
use futures_util::future::join_all;
use record::Rows;
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Where the campaign's folder keeps what is known of runs that were set aside.
pub const SET_ASIDE_FOLDER: &str = "set-aside";
/// Messages that wait for their receipts at once.
const HANDED_OUT_AT_ONCE: usize = 256;
/// When nothing came for so long, what is missing is handed out again.
const QUIET: Duration = Duration::from_secs(30);
/// A process that has not been heard of for so long is not counted.
const PULSE_KEPT: Duration = Duration::from_secs(5);
/// How long one look for results waits.
const LOOK: Duration = Duration::from_secs(1);
/// Wait before the server is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// Has a campaign played by the workers of a server.
///
/// # Errors
/// If the server cannot be reached at the start, the driver fails again and again, a table cannot be written, or it is
/// stopped; what was written is kept, and what was handed out is taken back.
pub fn distribute(
    campaign: &Campaign<'_>,
    bundle: &Bundle,
    server: &Server,
    progress: &dyn Progress,
) -> Result<(), ProvingError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ProvingError::Told(format!("cannot wait for a server: {error}")))?;
    runtime.block_on(async {
        let coordinator = Coordinator {
            campaign,
            name: bundle.name(),
            bundle: bundle.to_bytes(),
            connection: server.connect("westline prove").await?,
            progress,
            pulses: RefCell::default(),
        };
        campaign.make_folders()?;
        tokio::select! {
            ended = coordinator.run() => ended,
            () = coordinator.listen() => Ok(()),
        }
    })
}

struct Coordinator<'a> {
    campaign: &'a Campaign<'a>,
    name: String,
    bundle: Vec<u8>,
    connection: Connection,
    progress: &'a dyn Progress,
    /// Last pulse of each process: when it came, and the runs begun at its first and now.
    pulses: RefCell<BTreeMap<(String, u32), Heard>>,
}

struct Heard {
    first: (Instant, u64),
    last: (Instant, u64),
}

/// Why collecting ended.
enum Ended {
    /// Every shard is there.
    Whole,
    /// Nothing came for a while, or the server does not answer.
    Quiet,
}

impl<'a> Coordinator<'a> {
    async fn run(&self) -> Result<(), ProvingError> {
        let named = |shard: Shard<'a>| ((shard.scenario.id.as_str(), shard.number), shard);
        let mut missing: BTreeMap<(&str, u64), Shard<'_>> = self.campaign.shards().map(named).collect();
        self.strike_out(&mut missing);
        let mut is_first = true;
        while !missing.is_empty() {
            let ended = match self.hand_out(&missing).await {
                Ok(results) => self.collect(&results, &mut missing).await,
                // At the start whoever called wants to know; later the server will come back.
                Err(error) if is_first => Err(error),
                Err(error) => {
                    self.progress.tells(&format!("the server does not answer: {error}"));
                    tokio::time::sleep(AGAIN).await;
                    Ok(Ended::Quiet)
                }
            };
            is_first = false;
            match ended {
                Ok(Ended::Whole) => break,
                Ok(Ended::Quiet) if self.progress.is_stopped() => return self.give_up(ProvingError::Interrupted).await,
                // Somebody else may have been told to do the same.
                Ok(Ended::Quiet) => self.strike_out(&mut missing),
                Err(error) => return self.give_up(error).await,
            }
        }
        self.tidy().await;
        Ok(())
    }

    /// What the folder has is not missing.
    fn strike_out(&self, missing: &mut BTreeMap<(&str, u64), Shard<'_>>) {
        missing.retain(|_, shard| {
            let is_there = self.campaign.shard_file(shard).exists();
            if is_there {
                self.progress.ran(shard.runs.end - shard.runs.start);
            }
            !is_there
        });
    }

    /// Puts the campaign and every missing shard to where workers look for them, if they are not there.
    async fn hand_out(&self, missing: &BTreeMap<(&str, u64), Shard<'_>>) -> Result<PullConsumer, ProvingError> {
        let store = self.connection.campaigns().await?;
        let is_there = store.info(&self.name).await.is_ok_and(|info| !info.deleted);
        if !is_there {
            let put = store.put(self.name.as_str(), &mut self.bundle.as_slice()).await;
            put.map_err(|error| refused("the campaign cannot be handed out", &error))?;
        }
        self.connection.work_of(&self.name, ACKNOWLEDGE_WITHIN).await?;
        let results = self.connection.results_of(&self.name).await?;
        let keys: Vec<&(&str, u64)> = missing.keys().collect();
        for some in keys.chunks(HANDED_OUT_AT_ONCE) {
            let handed = join_all(
                some.iter()
                    .map(|(scenario, shard)| self.hand_out_shard(scenario, *shard)),
            )
            .await;
            handed.into_iter().collect::<Result<(), _>>()?;
            if self.progress.is_stopped() {
                break;
            }
        }
        Ok(results)
    }

    async fn hand_out_shard(&self, scenario: &str, shard: u64) -> Result<(), ProvingError> {
        let work = Work {
            scenario: scenario.to_owned(),
            shard,
        };
        let payload = json!(work).to_string();
        let sent = self
            .connection
            .context
            .publish(subject("work", &self.name, scenario, shard), payload.into());
        let receipt = match sent.await {
            Ok(receipt) => receipt.await,
            Err(error) => Err(error),
        };
        match receipt {
            Ok(_) => Ok(()),
            // It waits there already, or somebody plays it.
            Err(error) if error.to_string().contains("maximum messages per subject") => Ok(()),
            Err(error) => Err(refused("a shard cannot be handed out", &error)),
        }
    }

    /// Keeps what comes until all is there.
    async fn collect<'s>(
        &self,
        results: &PullConsumer,
        missing: &mut BTreeMap<(&'s str, u64), Shard<'s>>,
    ) -> Result<Ended, ProvingError> {
        let mut last = Instant::now();
        while !missing.is_empty() {
            if self.progress.is_stopped() || last.elapsed() > QUIET {
                return Ok(Ended::Quiet);
            }
            self.progress.tells(&self.crew());
            let batch = results.batch().max_messages(32).expires(LOOK).messages();
            let Ok(Ok(mut batch)) = tokio::time::timeout(PATIENCE, batch).await else {
                self.progress.tells("the server does not answer; waiting for it");
                tokio::time::sleep(AGAIN).await;
                return Ok(Ended::Quiet);
            };
            while let Ok(Some(Ok(message))) = tokio::time::timeout(LOOK + PATIENCE, batch.next()).await {
                last = Instant::now();
                let kept = self.take(&message.payload, missing)?;
                if let Some(shard) = kept.and_then(|key| missing.remove(&key)) {
                    self.progress.ran(shard.runs.end - shard.runs.start);
                }
                // Kept, or of no use: if the server does not hear it, it comes again and is of no use then.
                let _ = message.ack().await;
            }
        }
        Ok(Ended::Whole)
    }

    /// Looks at what a worker made and keeps it. Out comes which shard it was, if it is there now.
    fn take<'s>(
        &self,
        payload: &[u8],
        missing: &BTreeMap<(&'s str, u64), Shard<'s>>,
    ) -> Result<Option<(&'s str, u64)>, ProvingError> {
        let tells = |what: &str| self.progress.tells(&format!("thrown away: {what}"));
        let (head, table) = match payload.iter().position(|&byte| byte == b'\n') {
            Some(at) => (&payload[..at], &payload[at + 1..]),
            None => (payload, &[][..]),
        };
        let Ok(delivery) = serde_json::from_slice::<Delivery>(head) else {
            tells("a result that says nothing of itself");
            return Ok(None);
        };
        let key = (delivery.scenario.as_str(), delivery.shard);
        let Some(shard) = missing.get(&key) else {
            return Ok(None);
        };
        if let Some(reason) = &delivery.failed {
            return Err(ProvingError::Driver(format!("{}: {reason}", delivery.worker)));
        }
        if delivery.digest.as_deref() != Some(&hex_of(table)) {
            tells(&format!("a table of {} that was damaged on its way", delivery.worker));
            return Ok(None);
        }
        let file = self.campaign.shard_file(shard);
        let mut received = file.as_os_str().to_owned();
        received.push(".received");
        let received = Path::new(&received);
        write_whole(received, table)?;
        if !self.is_what_was_asked(received, shard) {
            tells(&format!("a table of {} that is not of its shard", delivery.worker));
            // What is left of it is only untidy.
            let _ = std::fs::remove_file(received);
            return Ok(None);
        }
        for aside in &delivery.aside {
            self.keep_aside(shard, aside, &delivery.worker)?;
        }
        std::fs::rename(received, &file)
            .map_err(|error| ProvingError::Told(format!("{}: cannot be written: {error}", file.display())))?;
        Ok(Some((&shard.scenario.id, shard.number)))
    }

    /// Whether a table holds the runs of a shard: their numbers, and the values that these have.
    fn is_what_was_asked(&self, file: &Path, shard: &Shard<'_>) -> bool {
        let sampler = self.campaign.sampler(shard.scenario);
        let Some(rows) = Rows::read(file)
            .ok()
            .and_then(|read| run_table::rows(shard.scenario, &read))
        else {
            return false;
        };
        let is_as_asked = |(run, row): (u64, &run_table::RunRow)| row.index == run && row.values == sampler.values(run);
        rows.len() as u64 == shard.runs.end - shard.runs.start && shard.runs.clone().zip(&rows).all(is_as_asked)
    }

    /// What is known of a run that nobody can play, beside the tables.
    fn keep_aside(&self, shard: &Shard<'_>, aside: &Aside, worker: &str) -> Result<(), ProvingError> {
        let folder = self.campaign.folder.join(SET_ASIDE_FOLDER);
        std::fs::create_dir_all(&folder)
            .map_err(|error| ProvingError::Told(format!("{}: cannot be made: {error}", folder.display())))?;
        let values = self.campaign.sampler(shard.scenario).values(aside.run);
        let named = shard.scenario.parameters.iter().zip(values);
        let values: BTreeMap<&str, f64> = named
            .map(|(parameter, value)| (parameter.name.as_str(), value))
            .collect();
        let told = json!({
            "scenario": shard.scenario.id, "run": aside.run, "values": values,
            "reason": aside.reason, "tries": aside.tries, "worker": worker,
        });
        let file = folder.join(format!("{}-{}.json", shard.scenario.id, aside.run));
        self.progress.tells(&format!(
            "run {} of {} is set aside: {}",
            aside.run, shard.scenario.id, aside.reason
        ));
        write_whole(&file, canonical(&told).as_bytes())
    }

    /// Hears who plays, for as long as it is asked.
    async fn listen(&self) {
        loop {
            if let Ok(mut pulses) = self.connection.client.subscribe(pulse_subject(&self.name)).await {
                while let Some(message) = pulses.next().await {
                    let Ok(pulse) = serde_json::from_slice::<Pulse>(&message.payload) else {
                        continue;
                    };
                    let now = (Instant::now(), pulse.runs);
                    let mut kept = self.pulses.borrow_mut();
                    let heard = kept.entry((pulse.worker, pulse.process));
                    heard
                        .and_modify(|heard| heard.last = now)
                        .or_insert(Heard { first: now, last: now });
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Who plays, in words.
    fn crew(&self) -> String {
        let mut pulses = self.pulses.borrow_mut();
        pulses.retain(|_, heard| heard.last.0.elapsed() < PULSE_KEPT);
        let mut workers: Vec<&str> = pulses.keys().map(|(worker, _)| worker.as_str()).collect();
        workers.dedup();
        let rate = |heard: &Heard| {
            let runs = heard.last.1.saturating_sub(heard.first.1) as f64;
            runs / heard.last.0.duration_since(heard.first.0).as_secs_f64().max(1.0)
        };
        match workers.len() {
            0 => "no worker yet: start one with `westline worker --nats URL`".to_owned(),
            _ => format!(
                "{} workers, {} processes, {:.0} runs/s",
                workers.len(),
                pulses.len(),
                pulses.values().map(rate).sum::<f64>()
            ),
        }
    }

    /// Takes back what was handed out, and says why.
    async fn give_up(&self, error: ProvingError) -> Result<(), ProvingError> {
        let everything = async {
            self.withdraw().await;
            self.connection.client.flush().await
        };
        // What cannot be taken back now is played in vain or by the next call.
        let _ = tokio::time::timeout(PATIENCE, everything).await;
        Err(error)
    }

    /// Leaves nothing of a campaign that is done.
    async fn tidy(&self) {
        let everything = async {
            self.withdraw().await;
            if let Ok(results) = self.connection.results().await {
                let _ = results.purge().filter(format!("westline.result.{}.>", self.name)).await;
                let _ = results.delete_consumer(&format!("result-{}", self.name)).await;
            }
        };
        // The tables are safe; a server that does not answer keeps a few messages more.
        let _ = tokio::time::timeout(PATIENCE, everything).await;
    }

    /// Nobody is to play it any more.
    async fn withdraw(&self) {
        if let Ok(store) = self.connection.campaigns().await {
            let _ = store.delete(&self.name).await;
        }
        if let Ok(work) = self.connection.work().await {
            let _ = work.purge().filter(format!("westline.work.{}.>", self.name)).await;
            let _ = work.delete_consumer(&format!("work-{}", self.name)).await;
        }
    }
}
