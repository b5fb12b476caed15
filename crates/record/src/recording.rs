//! Recordings: all records of a run in one MCAP file that foreign tools open and that survives a kill.
//!
//! In go messages with a topic and a simulated time; out comes a file of chunks, each half a simulated second at most,
//! compressed with zstd, each with its index, the whole indexed at the end (<https://mcap.dev>).
//!
//! **Killed at any byte**, the file is a prefix of itself, and every whole chunk of it reads back. A chunk is handed to
//! the writing thread when its half second is over, and the next one only when that one is on disk: so what a kill
//! takes is the chunk being filled and the one being written, one simulated second at most. (The operating system keeps
//! what is written when a process dies; a power cut may take what it had not yet put on the disk.)
//!
//! **Two threads, same bytes.** The caller's thread encodes messages into a batch; the writing thread compresses and
//! writes batches in the order they come. Two batches go round, so a run neither waits for the disk more than it must
//! nor piles up memory. Sketch: a service day of three vehicles at 10 Hz is 1.8 million messages of 150 bytes, 280 MB
//! to compress; 300 actors in a `Frame` at 10 Hz are 3.9 GB.

use crate::error::RecordError;
use crate::schema::{Payload, foxglove};
use crate::seed::Seed;
use crate::time::SimTime;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;

/// Simulated time in a chunk. Two chunks may be lost in a kill, and the promise is one second.
const CHUNK_SPAN: SimTime = SimTime::from_millis(500);

/// A batch is handed over before its time when it holds this much, so that memory stays bounded at any rate.
const BATCH_BYTES: usize = 4 << 20;

/// The longest message. A map of a whole town is a few MiB.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// MCAP numbers channels with 16 bits; fleets of some thousand vehicles with some topics each stay below.
const MAX_TOPICS: usize = 60_000;

/// Zstd's fastest ordinary level: on chunks as small as ours level 3 gains less than one per cent.
const COMPRESSION_LEVEL: u32 = 1;

/// What a recording says about the run it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingInfo {
    /// The site.
    pub site: String,
    /// The run's luck.
    pub seed: Seed,
    /// Version of the program that made it.
    pub version: String,
    /// Digest of the map it ran on.
    pub map_digest: String,
    /// Start of the run for people: local date, time and zone, `2026-05-18T05:30:00+08:00[Asia/Shanghai]`.
    pub start: String,
    /// Start of the run, nanoseconds since 1970-01-01 00:00 UTC. Records carry their time on this clock, so that a
    /// simulated day and a live day look the same to whoever opens them.
    pub start_unix_ns: i64,
    /// Time of day at the start of the run, seconds after midnight of the service day.
    pub start_clock_s: f64,
    /// Whatever else should be known: options, the host's name for the run.
    pub details: BTreeMap<String, String>,
}

impl Default for RecordingInfo {
    fn default() -> RecordingInfo {
        RecordingInfo {
            site: String::new(),
            seed: Seed(0),
            version: String::new(),
            map_digest: String::new(),
            start: String::new(),
            start_unix_ns: 0,
            start_clock_s: 0.0,
            details: BTreeMap::new(),
        }
    }
}

impl RecordingInfo {
    pub(crate) const METADATA_NAME: &'static str = "westline.run";

    /// A moment of the run as Foxglove's messages tell it.
    pub fn timestamp(&self, time: SimTime) -> foxglove::Timestamp {
        let nanoseconds = self.log_time_ns(time);
        let seconds = u32::try_from(nanoseconds / 1_000_000_000).unwrap_or(u32::MAX);
        foxglove::Timestamp::new(seconds, (nanoseconds % 1_000_000_000) as u32)
    }

    fn log_time_ns(&self, time: SimTime) -> u64 {
        u64::try_from(self.start_unix_ns.saturating_add(time.as_nanos())).unwrap_or(0)
    }

    fn to_metadata(&self) -> BTreeMap<String, String> {
        let mut map = self.details.clone();
        let mut put = |key: &str, value: String| map.insert(key.to_owned(), value);
        put("site", self.site.clone());
        put("seed", self.seed.0.to_string());
        put("version", self.version.clone());
        put("map_digest", self.map_digest.clone());
        put("start", self.start.clone());
        put("start_unix_ns", self.start_unix_ns.to_string());
        put("start_clock_s", self.start_clock_s.to_string());
        map
    }

    pub(crate) fn from_metadata(mut map: BTreeMap<String, String>) -> RecordingInfo {
        let mut take = |key: &str| map.remove(key).unwrap_or_default();
        RecordingInfo {
            site: take("site"),
            seed: Seed(take("seed").parse().unwrap_or(0)),
            version: take("version"),
            map_digest: take("map_digest"),
            start: take("start"),
            start_unix_ns: take("start_unix_ns").parse().unwrap_or(0),
            start_clock_s: take("start_clock_s").parse().unwrap_or(0.0),
            details: map,
        }
    }
}

/// What went into a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingTotals {
    /// Records.
    pub records: u64,
    /// Chunks.
    pub chunks: u64,
    /// Length of the file.
    pub bytes: u64,
}

/// A recording being made. Dropped without [`Recording::finish`] it is closed all the same, errors unseen.
pub struct Recording {
    file: String,
    info: RecordingInfo,
    channels: BTreeMap<String, Channel>,
    batch: Batch,
    /// When the batch at hand is over.
    batch_end: SimTime,
    full_batches: Option<SyncSender<Batch>>,
    empty_batches: Receiver<Result<Batch, RecordError>>,
    writing: Option<JoinHandle<Result<RecordingTotals, RecordError>>>,
    failure: Option<RecordError>,
}

struct Channel {
    id: u16,
    schema: &'static str,
    records: u32,
}

/// Encoded messages on their way to the writing thread.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

enum Entry {
    Channel {
        topic: String,
        schema: &'static str,
        descriptors: Cow<'static, [u8]>,
    },
    Message {
        header: mcap::records::MessageHeader,
        length: usize,
    },
}

impl Recording {
    /// Begins a file, in place of whatever it held. The folder must exist.
    pub fn create(path: &Path, info: RecordingInfo) -> Result<Recording, RecordError> {
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| RecordError::refused(&name, "created", &error))?;
        Recording::to_sink(&name, file, info)
    }

    /// Begins a recording into anything that takes bytes. `name` is only for messages.
    pub fn to_sink(
        name: &str,
        sink: impl Write + Send + 'static,
        info: RecordingInfo,
    ) -> Result<Recording, RecordError> {
        let (full_batches, incoming) = mpsc::sync_channel::<Batch>(1);
        let (outgoing, empty_batches) = mpsc::sync_channel(2);
        let mut writer = FileWriter::new(name, Box::new(sink), &info)?;
        outgoing
            .send(Ok(Batch::default()))
            .expect("the receiver is in this function");
        let writing = std::thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || {
                while let Ok(mut batch) = incoming.recv() {
                    let outcome = writer.write(&batch);
                    batch.entries.clear();
                    batch.bytes.clear();
                    // If the recording is gone nobody waits for the batch.
                    let _ = outgoing.send(outcome.map(|()| batch));
                }
                writer.finish()
            })
            .map_err(|error| RecordError::refused(name, "written", &error))?;
        Ok(Recording {
            file: name.to_owned(),
            info,
            channels: BTreeMap::new(),
            batch: Batch::default(),
            batch_end: CHUNK_SPAN,
            full_batches: Some(full_batches),
            empty_batches,
            writing: Some(writing),
            failure: None,
        })
    }

    /// What the recording says about its run.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Adds a record. A topic keeps the schema of its first record.
    pub fn write<T: Payload>(&mut self, topic: &str, time: SimTime, message: &T) -> Result<(), RecordError> {
        self.advance_to(time)?;
        if self.batch.bytes.len() >= BATCH_BYTES {
            self.hand_over()?;
        }
        let (id, sequence) = self.channel::<T>(topic)?;
        let start = self.batch.bytes.len();
        message
            .encode(&mut self.batch.bytes)
            .expect("a vector grows to any length");
        let length = self.batch.bytes.len() - start;
        if length > MAX_MESSAGE_BYTES {
            self.batch.bytes.truncate(start);
            return Err(RecordError::OverLimit {
                file: self.file.clone(),
                what: format!("a message of `{topic}` is {length} bytes long; the limit is {MAX_MESSAGE_BYTES}"),
                hint: "split the message",
            });
        }
        let log_time_ns = self.info.log_time_ns(time);
        let header = mcap::records::MessageHeader {
            channel_id: id,
            sequence,
            log_time: log_time_ns,
            publish_time: log_time_ns,
        };
        self.batch.entries.push(Entry::Message { header, length });
        Ok(())
    }

    /// Tells the clock: what is older than it and complete goes to disk, though no record comes after it. Worth a call
    /// in each tick of a run whose records are rare.
    pub fn advance_to(&mut self, time: SimTime) -> Result<(), RecordError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if time >= self.batch_end {
            self.hand_over()?;
            let spans = time.as_nanos() / CHUNK_SPAN.as_nanos();
            self.batch_end = SimTime::from_nanos(spans.saturating_add(1).saturating_mul(CHUNK_SPAN.as_nanos()));
        }
        Ok(())
    }

    /// Closes the file with its index.
    pub fn finish(mut self) -> Result<RecordingTotals, RecordError> {
        self.close()
    }

    fn close(&mut self) -> Result<RecordingTotals, RecordError> {
        let handed_over = self.hand_over();
        self.full_batches = None;
        let Some(writing) = self.writing.take() else {
            return Ok(RecordingTotals::default());
        };
        let totals = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // The last batch's outcome was not waited for yet.
        let failure = self.empty_batches.try_iter().find_map(Result::err);
        handed_over.and(failure.map_or(totals, Err))
    }

    fn channel<T: Payload>(&mut self, topic: &str) -> Result<(u16, u32), RecordError> {
        if !self.channels.contains_key(topic) {
            if self.channels.len() >= MAX_TOPICS {
                return Err(RecordError::OverLimit {
                    file: self.file.clone(),
                    what: format!("topic `{topic}` is one more than the limit of {MAX_TOPICS} topics"),
                    hint: "put the records of several owners under one topic",
                });
            }
            // The writing thread numbers channels as it meets them: 1, 2, 3 ...
            let channel = Channel {
                id: self.channels.len() as u16 + 1,
                schema: T::SCHEMA,
                records: 0,
            };
            self.channels.insert(topic.to_owned(), channel);
            let topic = topic.to_owned();
            self.batch.entries.push(Entry::Channel {
                topic,
                schema: T::SCHEMA,
                descriptors: T::descriptors(),
            });
        }
        let channel = self
            .channels
            .get_mut(topic)
            .expect("inserted above if it was not there");
        assert_eq!(
            channel.schema,
            T::SCHEMA,
            "topic `{topic}` was given records of two schemas"
        );
        channel.records = channel.records.wrapping_add(1);
        Ok((channel.id, channel.records))
    }

    /// Waits until the batch before this one is on disk, then sends this one.
    fn hand_over(&mut self) -> Result<(), RecordError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if self.batch.entries.is_empty() {
            return Ok(());
        }
        let empty = self
            .empty_batches
            .recv()
            .expect("the writing thread answers every batch");
        let batch = match empty {
            Ok(empty) => std::mem::replace(&mut self.batch, empty),
            Err(failure) => {
                self.failure = Some(failure.clone());
                return Err(failure);
            }
        };
        let full_batches = self.full_batches.as_ref().expect("closed only by `close`");
        full_batches
            .send(batch)
            .expect("the writing thread listens until it is closed");
        Ok(())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// The writing thread's side: batches in, an MCAP file out.
struct FileWriter {
    file: String,
    mcap: mcap::Writer<Sink>,
    totals: RecordingTotals,
}

impl FileWriter {
    fn new(file: &str, sink: Box<dyn Write + Send>, info: &RecordingInfo) -> Result<FileWriter, RecordError> {
        let sink = Sink {
            buffer: BufWriter::with_capacity(1 << 18, sink),
            position: 0,
        };
        // No seeking: a chunk is written whole or not at all, never patched later, so that every prefix of the file is
        // what a reader expects. No compression threads: they would make more threads than there are cores.
        let options = mcap::WriteOptions::new()
            .library(format!("westline {}", env!("CARGO_PKG_VERSION")))
            .chunk_size(None)
            .disable_seeking(true)
            .compression(Some(mcap::Compression::Zstd))
            .compression_level(COMPRESSION_LEVEL)
            .compression_threads(0);
        let mut mcap = options.create(sink).map_err(|error| mcap_error(file, error))?;
        let metadata = mcap::records::Metadata {
            name: RecordingInfo::METADATA_NAME.to_owned(),
            metadata: info.to_metadata(),
        };
        let begun = mcap.write_metadata(&metadata).and_then(|()| mcap.flush());
        begun.map_err(|error| mcap_error(file, error))?;
        Ok(FileWriter {
            file: file.to_owned(),
            mcap,
            totals: RecordingTotals::default(),
        })
    }

    fn write(&mut self, batch: &Batch) -> Result<(), RecordError> {
        self.try_write(batch).map_err(|error| mcap_error(&self.file, error))
    }

    fn try_write(&mut self, batch: &Batch) -> mcap::McapResult<()> {
        let mut rest = batch.bytes.as_slice();
        for entry in &batch.entries {
            match entry {
                Entry::Channel {
                    topic,
                    schema,
                    descriptors,
                } => self.add_channel(topic, schema, descriptors)?,
                Entry::Message { header, length } => {
                    let (payload, after) = rest.split_at(*length);
                    self.mcap.write_to_known_channel(header, payload)?;
                    self.totals.records += 1;
                    rest = after;
                }
            }
        }
        self.totals.chunks += 1;
        self.mcap.flush()
    }

    fn add_channel(&mut self, topic: &str, schema: &str, descriptors: &[u8]) -> mcap::McapResult<()> {
        let mut metadata = BTreeMap::new();
        if schema.starts_with("osi3.") {
            // ASAM OSI 3.7, "Multi channel trace file format".
            for (key, version) in [("osi_version", "3.7.0"), ("protobuf_version", "3.21.12")] {
                metadata.insert(format!("net.asam.osi.trace.channel.{key}"), version.to_owned());
            }
        }
        let schema = self.mcap.add_schema(schema, "protobuf", descriptors)?;
        self.mcap.add_channel(schema, topic, "protobuf", &metadata)?;
        Ok(())
    }

    fn finish(mut self) -> Result<RecordingTotals, RecordError> {
        self.mcap.finish().map_err(|error| mcap_error(&self.file, error))?;
        let mut sink = self.mcap.into_inner();
        sink.flush()
            .map_err(|error| RecordError::refused(&self.file, "written", &error))?;
        Ok(RecordingTotals {
            bytes: sink.position,
            ..self.totals
        })
    }
}

fn mcap_error(file: &str, error: mcap::McapError) -> RecordError {
    match error {
        mcap::McapError::Io(error) => RecordError::refused(file, "written", &error),
        other => RecordError::refused(file, "written", &io::Error::other(other)),
    }
}

/// Bytes on their way out. It knows its position, which is all the seeking that the `mcap` crate does when told not to.
struct Sink {
    buffer: BufWriter<Box<dyn Write + Send>>,
    position: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.buffer.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) => Ok(self.position),
            _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }
}
