//! Reading recordings back: whole ones, and those of a run that was killed.
//!
//! In goes an MCAP file of ours or of anybody (chunked or not, zstd or uncompressed); out come its records in the order
//! they were written. A file that ends in the middle of something is read up to there and then says that it is not
//! complete; bytes that cannot have been written like this are an error that tells where. Memory is bounded by the
//! largest chunk, whatever the file claims.

use crate::error::RecordError;
use crate::recording::RecordingInfo;
use crate::schema::Payload;
use crate::time::SimTime;
use crate::wire::{self, Cursor, MAGIC, PREFIX_BYTES, opcode};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// The longest record that is read into memory. Ours end at 64 MiB; a foreign camera's chunk may be some times as long.
const MAX_RECORD_BYTES: u64 = 512 << 20;

/// The longest chunk that is unpacked, so that a small file cannot ask for all memory.
const MAX_CHUNK_BYTES: u64 = 1 << 30;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it belongs: `/vehicles/bus-1`.
    pub topic: Arc<str>,
    /// Its schema's full name: `westline.VehicleState`. Empty if the writer told none.
    pub schema: Arc<str>,
    /// When, since the start of the run.
    pub time: SimTime,
    /// The message, encoded by its schema.
    pub payload: Vec<u8>,
}

impl Record {
    /// The message, if it is a `T`.
    pub fn decode<T: Payload>(&self) -> Result<T, RecordError> {
        let wrong = |what: String| RecordError::Payload {
            topic: self.topic.to_string(),
            time: self.time,
            what,
        };
        if *self.schema != *T::SCHEMA {
            return Err(wrong(format!("it is `{}`, not `{}`", self.schema, T::SCHEMA)));
        }
        T::decode(self.payload.as_slice()).map_err(|error| wrong(format!("it is no `{}`: {error}", T::SCHEMA)))
    }
}

/// Reads a recording from its start: an iterator of [`Record`]s.
pub struct RecordingReader<R> {
    file: String,
    source: R,
    /// Bytes taken from the source so far.
    offset: u64,
    body: Vec<u8>,
    chunk: Vec<u8>,
    /// How much of `chunk` is read.
    chunk_at: usize,
    /// Where in the file `chunk` begins.
    chunk_offset: u64,
    schemas: BTreeMap<u16, Arc<str>>,
    /// Topic and schema by channel number.
    channels: BTreeMap<u16, (Arc<str>, Arc<str>)>,
    info: RecordingInfo,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    /// The writer came to its end.
    Complete,
    /// The file ends in the middle.
    Truncated,
    Failed,
}

impl RecordingReader<BufReader<File>> {
    /// Opens a file and reads what it says about its run.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| RecordError::refused(&name, "opened", &error))?;
        RecordingReader::new(&name, BufReader::with_capacity(1 << 18, file))
    }
}

impl<R: Read> RecordingReader<R> {
    /// Reads from anything. `name` is only for messages.
    pub fn new(name: &str, source: R) -> Result<Self, RecordError> {
        let mut reader = RecordingReader {
            file: name.to_owned(),
            source,
            offset: 0,
            body: Vec::new(),
            chunk: Vec::new(),
            chunk_at: 0,
            chunk_offset: 0,
            schemas: BTreeMap::new(),
            channels: BTreeMap::new(),
            info: RecordingInfo::default(),
            state: State::Reading,
        };
        let mut magic = Vec::with_capacity(MAGIC.len());
        reader.fill(MAGIC.len() as u64, &mut magic)?;
        if !MAGIC.starts_with(&magic) {
            return Err(RecordError::Unreadable {
                file: name.to_owned(),
                found: "not an MCAP file".to_owned(),
                hint: "name a recording.mcap that `westline run` wrote, or any other MCAP file",
            });
        }
        if magic.len() < MAGIC.len() {
            reader.state = State::Truncated;
        }
        // What the run says about itself stands before the first chunk.
        while reader.state == State::Reading && reader.chunk.is_empty() && reader.info == RecordingInfo::default() {
            if let Some((tag, length)) = reader.next_prefix()? {
                reader.take_record(tag, length)?;
            }
        }
        Ok(reader)
    }

    /// What the recording says about its run; the default for a foreign file, which says nothing.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Whether the end of the recording was reached and its writer had come to its end too. `false` until all records
    /// are read.
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Appends up to `length` bytes of the source to `into`; fewer only at the end of the file.
    fn fill(&mut self, length: u64, into: &mut Vec<u8>) -> Result<(), RecordError> {
        let read = (&mut self.source).take(length).read_to_end(into);
        self.offset += read.map_err(|error| RecordError::refused(&self.file, "read", &error))? as u64;
        Ok(())
    }

    /// Tag and length of the next record of the file; `None` at its end.
    fn next_prefix(&mut self) -> Result<Option<(u8, u64)>, RecordError> {
        let mut prefix = Vec::with_capacity(PREFIX_BYTES);
        self.fill(PREFIX_BYTES as u64, &mut prefix)?;
        let mut cursor = Cursor(&prefix);
        let found = cursor.u8().zip(cursor.u64());
        if found.is_none() {
            self.state = State::Truncated;
        }
        Ok(found)
    }

    /// Reads the body of the next record of the file and keeps what matters of it; messages outside chunks are put into
    /// a chunk of their own.
    fn take_record(&mut self, tag: u8, length: u64) -> Result<(), RecordError> {
        let start = self.offset - PREFIX_BYTES as u64;
        let is_wanted = matches!(
            tag,
            opcode::SCHEMA | opcode::CHANNEL | opcode::MESSAGE | opcode::CHUNK | opcode::METADATA | opcode::DATA_END
        );
        if !is_wanted {
            let skipped = std::io::copy(&mut (&mut self.source).take(length), &mut std::io::sink())
                .map_err(|error| RecordError::refused(&self.file, "read", &error))?;
            self.offset += skipped;
            if skipped < length {
                self.state = State::Truncated;
            }
            return Ok(());
        }
        if length > MAX_RECORD_BYTES {
            return Err(self.over_limit(format!(
                "the record at byte {start} is {length} bytes long; the limit is {MAX_RECORD_BYTES}"
            )));
        }
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        self.fill(length, &mut body)?;
        let outcome = if (body.len() as u64) < length {
            self.state = State::Truncated;
            Ok(())
        } else {
            self.keep(tag, &body, start)
        };
        self.body = body;
        outcome
    }

    fn keep(&mut self, tag: u8, body: &[u8], start: u64) -> Result<(), RecordError> {
        match tag {
            opcode::CHUNK => self.unpack(body, start),
            opcode::MESSAGE => {
                // The same path as for chunks: a record with its prefix.
                self.chunk.clear();
                self.chunk.push(tag);
                self.chunk.extend_from_slice(&(body.len() as u64).to_le_bytes());
                self.chunk.extend_from_slice(body);
                (self.chunk_at, self.chunk_offset) = (0, start);
                Ok(())
            }
            opcode::METADATA => {
                let (name, map) = wire::metadata(body).ok_or_else(|| self.damaged(start, "no metadata record"))?;
                if name == RecordingInfo::METADATA_NAME {
                    self.info = RecordingInfo::from_metadata(map);
                }
                Ok(())
            }
            opcode::DATA_END => {
                self.state = State::Complete;
                Ok(())
            }
            _ => self.define(tag, body, start),
        }
    }

    /// Keeps a schema or a channel.
    fn define(&mut self, tag: u8, body: &[u8], start: u64) -> Result<(), RecordError> {
        match tag {
            opcode::SCHEMA => {
                let schema = wire::schema(body).ok_or_else(|| self.damaged(start, "no schema record"))?;
                self.schemas.insert(schema.id, schema.name.into());
            }
            opcode::CHANNEL => {
                let channel = wire::channel(body).ok_or_else(|| self.damaged(start, "no channel record"))?;
                let schema = self.schemas.get(&channel.schema).cloned();
                if schema.is_none() && channel.schema != 0 {
                    return Err(self.damaged(start, "a channel whose schema was never told"));
                }
                self.channels
                    .insert(channel.id, (channel.topic.into(), schema.unwrap_or_default()));
            }
            _ => {}
        }
        Ok(())
    }

    fn unpack(&mut self, body: &[u8], start: u64) -> Result<(), RecordError> {
        let chunk = wire::chunk(body).ok_or_else(|| self.damaged(start, "no chunk record"))?;
        if chunk.uncompressed_bytes > MAX_CHUNK_BYTES {
            let (found, limit) = (chunk.uncompressed_bytes, MAX_CHUNK_BYTES);
            return Err(self.over_limit(format!(
                "the chunk at byte {start} holds {found} bytes; the limit is {limit}"
            )));
        }
        self.chunk.clear();
        (self.chunk_at, self.chunk_offset) = (0, start);
        match chunk.compression {
            "" => self.chunk.extend_from_slice(chunk.bytes),
            "zstd" => {
                // One byte more than promised is read, so that too much is seen without being unpacked.
                let read = zstd::stream::read::Decoder::with_buffer(chunk.bytes)
                    .and_then(|decoder| decoder.take(chunk.uncompressed_bytes + 1).read_to_end(&mut self.chunk));
                read.map_err(|error| self.damaged(start, &format!("the chunk does not unpack: {error}")))?;
            }
            other => {
                return Err(RecordError::Unreadable {
                    file: self.file.clone(),
                    found: format!("a chunk is compressed with `{other}`, which is not read"),
                    hint: "convert it: mcap compress --compression zstd",
                });
            }
        }
        if self.chunk.len() as u64 != chunk.uncompressed_bytes {
            return Err(self.damaged(start, "a chunk of another length than it promises"));
        }
        // Zero says that the writer kept no checksum.
        if chunk.uncompressed_crc != 0 && crc32fast::hash(&self.chunk) != chunk.uncompressed_crc {
            return Err(self.damaged(start, "a chunk with another checksum than it promises"));
        }
        Ok(())
    }

    /// The next message of the chunk at hand.
    fn next_in_chunk(&mut self) -> Result<Option<Record>, RecordError> {
        let chunk = std::mem::take(&mut self.chunk);
        let mut cursor = Cursor(chunk.get(self.chunk_at..).unwrap_or_default());
        let mut found = Ok(None);
        while !cursor.0.is_empty() {
            found = match cursor.record() {
                None => Err(self.damaged(self.chunk_offset, "a record runs past the end of its chunk")),
                Some((opcode::MESSAGE, body)) => self.message(body).map(Some),
                Some((tag, body)) => self.define(tag, body, self.chunk_offset).map(|()| None),
            };
            if !matches!(found, Ok(None)) {
                break;
            }
        }
        self.chunk_at = chunk.len() - cursor.0.len();
        self.chunk = chunk;
        found
    }

    fn message(&self, body: &[u8]) -> Result<Record, RecordError> {
        let message =
            wire::message(body).ok_or_else(|| self.damaged(self.chunk_offset, "a message without its head"))?;
        let (topic, schema) = self
            .channels
            .get(&message.channel)
            .ok_or_else(|| self.damaged(self.chunk_offset, "a message of a channel that was never told"))?;
        let log_time_ns = i64::try_from(message.log_time_ns).unwrap_or(i64::MAX);
        Ok(Record {
            topic: topic.clone(),
            schema: schema.clone(),
            time: SimTime::from_nanos(log_time_ns.saturating_sub(self.info.start_unix_ns)),
            payload: message.payload.to_vec(),
        })
    }

    fn advance(&mut self) -> Result<Option<Record>, RecordError> {
        loop {
            if let Some(record) = self.next_in_chunk()? {
                return Ok(Some(record));
            }
            if self.state != State::Reading {
                return Ok(None);
            }
            if let Some((tag, length)) = self.next_prefix()? {
                self.take_record(tag, length)?;
            }
        }
    }

    fn damaged(&self, offset: u64, what: &str) -> RecordError {
        RecordError::Damaged {
            file: self.file.clone(),
            offset,
            what: what.to_owned(),
        }
    }

    fn over_limit(&self, what: String) -> RecordError {
        RecordError::OverLimit {
            file: self.file.clone(),
            what,
            hint: "write the recording with smaller chunks",
        }
    }
}

/// A place in a recording where reading can go on: where a chunk begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

impl<R: Read> RecordingReader<R> {
    /// Where the chunk begins that the last record came from.
    pub fn place(&self) -> Place {
        Place(self.chunk_offset)
    }
}

impl<R: Read + Seek> RecordingReader<R> {
    /// Goes to a place that [`RecordingReader::place`] told. What is known of topics and schemas stays known, so the
    /// recording is to have been read up to there once. A reader that failed stays failed.
    pub fn seek(&mut self, place: Place) -> Result<(), RecordError> {
        if self.state == State::Failed {
            return Ok(());
        }
        self.source
            .seek(SeekFrom::Start(place.0))
            .map_err(|error| RecordError::refused(&self.file, "read", &error))?;
        self.offset = place.0;
        self.chunk.clear();
        self.chunk_at = 0;
        self.state = State::Reading;
        Ok(())
    }
}

impl<R: Read> Iterator for RecordingReader<R> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Failed {
            return None;
        }
        let outcome = self.advance();
        if outcome.is_err() {
            self.state = State::Failed;
        }
        outcome.transpose()
    }
}
