//! The store on disk: blocks in one append-only file, and beside it an index that can always be made again from them.
//!
//! `blocks` is the truth: a row of frames (length, CRC-32 and block), each synced before its receipts are given out. `index.redb`
//! holds the state, the journal, the log's tiles, who is where, and what each change replaced; it is committed lazily, because
//! losing it costs time and nothing else. A file cut off at any byte opens again with every whole block. It knows bytes and
//! entries, not what a block means.

use crate::LedgerError;
use crate::block::{BLOCK_BYTES_MAX, Block};
use crate::crypto::Digest;
use crate::log::TilePlace;
use crate::state::{Changes, Record, StateReader, is_journal};
use crate::transaction::Entry;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const STATE: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("state");
const JOURNAL: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("journal");
/// What stood under a key before the block of this height; nothing, if nothing did.
const HISTORY: TableDefinition<'_, (&str, u64), Option<&[u8]>> = TableDefinition::new("history");
const TILES: TableDefinition<'_, (u8, u64), &[u8]> = TableDefinition::new("tiles");
/// Digest of a transaction to its place in the log.
const TRANSACTIONS: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("transactions");
/// Height to offset, length of the frame's content, first place in the log.
const BLOCKS: TableDefinition<'_, u64, (u64, u32, u64)> = TableDefinition::new("blocks");

/// Place in the log to offset and length of the entry's encoding in the file of blocks.
const ENTRIES: TableDefinition<'_, u64, (u64, u32)> = TableDefinition::new("entries");

const BLOCKS_FILE: &str = "blocks";
const INDEX_FILE: &str = "index.redb";
/// Length, its complement, and CRC-32 before each block. A length that is changed must not pass for a frame that was cut off.
const FRAME_HEAD: u64 = 12;
/// Every so many blocks the index is made durable: after a power cut at most these are run again.
const INDEX_DURABLE_EVERY: u64 = 64;

/// One block's changes to the index.
pub(crate) struct IndexUpdate<'a> {
    pub height: u64,
    pub offset: u64,
    pub length: u32,
    pub first_entry: u64,
    pub transactions: &'a [Digest],
    /// Length of each entry's encoding.
    pub entry_lengths: &'a [u32],
    pub changes: &'a Changes,
    pub tiles: &'a BTreeMap<TilePlace, Vec<Digest>>,
}

/// The store of one ledger.
pub(crate) struct Store {
    folder: PathBuf,
    blocks: File,
    /// Where the next frame begins.
    end: u64,
    index: Arc<Database>,
}

/// What was found when a store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of an unfinished block that were cut off.
    pub bytes_cut: u64,
    /// The index was made anew from the blocks.
    pub index_rebuilt: bool,
    /// Blocks that were run again.
    pub blocks_replayed: u64,
}

impl Store {
    /// Begins a store in a folder that has none.
    pub fn create(folder: &Path) -> Result<Store, LedgerError> {
        let path = folder.join(BLOCKS_FILE);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| LedgerError::store(&path, error))?;
        Store::open(folder).map(|(store, _)| store)
    }

    /// Opens a store; the second value tells what had to be mended. Blocks the index lacks are the caller's to run again:
    /// see [`Store::indexed`] and [`Store::read_at`].
    pub fn open(folder: &Path) -> Result<(Store, Recovery), LedgerError> {
        let path = folder.join(BLOCKS_FILE);
        let blocks = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .map_err(|error| LedgerError::store(&path, error))?;
        let mut recovery = Recovery::default();
        let index_path = folder.join(INDEX_FILE);
        let index = match Database::create(&index_path) {
            Ok(index) => index,
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => {
                return Err(LedgerError::store(
                    folder,
                    "another program has this ledger open\nhint: wait for it to end",
                ));
            }
            Err(_) => {
                recovery.index_rebuilt = true;
                fresh_index(&index_path)?
            }
        };
        let mut store = Store {
            folder: folder.to_owned(),
            blocks,
            end: 0,
            index: Arc::new(index),
        };
        if !store.index_fits() {
            recovery.index_rebuilt = true;
            // The old database lets go of its file first.
            let spare = Database::builder()
                .create_with_backend(redb::backends::InMemoryBackend::new())
                .map_err(|error| LedgerError::store(&index_path, error))?;
            drop(std::mem::replace(&mut store.index, Arc::new(spare)));
            store.index = Arc::new(fresh_index(&index_path)?);
        }
        store.end = store.indexed()?.map_or(0, |(_, end)| end);
        recovery.bytes_cut = store.cut_tail()?;
        Ok((store, recovery))
    }

    /// The same store for a reader on another thread: it sees what has been committed, and cannot write.
    pub fn for_reading(&self) -> Result<Store, LedgerError> {
        let path = self.folder.join(BLOCKS_FILE);
        Ok(Store {
            blocks: File::open(&path).map_err(|error| LedgerError::store(&path, error))?,
            folder: self.folder.clone(),
            end: 0,
            index: self.index.clone(),
        })
    }

    /// Does the last block that the index knows stand in the file?
    fn index_fits(&self) -> bool {
        let fits = || -> Result<bool, LedgerError> {
            match self.indexed()? {
                None => Ok(true),
                Some((height, _)) => Ok(self.block(height)?.is_some()),
            }
        };
        fits().unwrap_or(false)
    }

    /// Height of the last block in the index, and where the next frame begins.
    pub fn indexed(&self) -> Result<Option<(u64, u64)>, LedgerError> {
        let Some(table) = self.table(BLOCKS)? else {
            return Ok(None);
        };
        let last = table.last().map_err(|error| self.failed(error))?;
        Ok(last.map(|(height, place)| {
            let (offset, length, _) = place.value();
            (height.value(), offset + FRAME_HEAD + u64::from(length))
        }))
    }

    /// Where the next frame begins: behind the last block of the index, until the blocks behind it have been run again.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Goes past a frame that has been run again.
    pub fn advance(&mut self, length: u32) {
        self.end += FRAME_HEAD + u64::from(length);
    }

    /// Finds whole frames behind the index, and cuts off what follows the last of them.
    fn cut_tail(&mut self) -> Result<u64, LedgerError> {
        let length = self.blocks.metadata().map_err(|error| self.failed(error))?.len();
        let mut end = self.end;
        while let Some((_, content)) = self.read_at(end)? {
            end += FRAME_HEAD + u64::from(content);
        }
        if end < length {
            self.blocks.set_len(end).map_err(|error| self.failed(error))?;
            self.blocks.sync_data().map_err(|error| self.failed(error))?;
        }
        Ok(length.saturating_sub(end))
    }

    /// The block of the frame at an offset: see [`read_frame`].
    pub fn read_at(&self, offset: u64) -> Result<Option<(Block, u32)>, LedgerError> {
        read_frame(&self.blocks, &self.folder.join(BLOCKS_FILE), offset)
    }

    /// Appends a block and waits until it is safe. Returns the offset of its frame and the length of its content.
    pub fn append(&mut self, block: &Block) -> Result<(u64, u32), LedgerError> {
        let content = borsh::to_vec(block).expect("writing to memory does not fail");
        let length = u32::try_from(content.len())
            .ok()
            .filter(|length| *length as usize <= BLOCK_BYTES_MAX);
        let length = length.ok_or_else(|| {
            self.failed(format!(
                "a block of {} bytes, expected at most {BLOCK_BYTES_MAX}",
                content.len()
            ))
        })?;
        let mut frame = Vec::with_capacity(content.len() + FRAME_HEAD as usize);
        frame.extend(length.to_be_bytes());
        frame.extend((!length).to_be_bytes());
        frame.extend(crc32fast::hash(&content).to_be_bytes());
        frame.extend(&content);
        let offset = self.end;
        let written = self.blocks.write_all(&frame).and_then(|()| self.blocks.sync_data());
        if let Err(error) = written {
            // A full disk leaves part of a frame: it goes, so that the next one stands where it should.
            let _ = self.blocks.set_len(offset);
            return Err(self.failed(error));
        }
        self.end = offset + frame.len() as u64;
        Ok((offset, length))
    }

    /// Enters a block's changes into the index.
    pub fn index(&self, update: &IndexUpdate<'_>) -> Result<(), LedgerError> {
        let mut write = self.index.begin_write().map_err(|error| self.failed(error))?;
        let durability = match update.height % INDEX_DURABLE_EVERY {
            0 => Durability::Immediate,
            _ => Durability::None,
        };
        write.set_durability(durability).map_err(|error| self.failed(error))?;
        self.fill(&write, update).map_err(|error| self.failed(error))?;
        write.commit().map_err(|error| self.failed(error))
    }

    fn fill(&self, write: &redb::WriteTransaction, update: &IndexUpdate<'_>) -> Result<(), redb::Error> {
        let mut state = write.open_table(STATE)?;
        let mut journal = write.open_table(JOURNAL)?;
        let mut history = write.open_table(HISTORY)?;
        for (key, record) in update.changes {
            let bytes = record.as_ref().map(encode);
            if is_journal(key) {
                if let Some(bytes) = bytes {
                    journal.insert(key.as_str(), bytes.as_slice())?;
                }
                continue;
            }
            let before = match &bytes {
                Some(bytes) => state.insert(key.as_str(), bytes.as_slice())?,
                None => state.remove(key.as_str())?,
            };
            let before = before.as_ref().map(|before| before.value());
            history.insert((key.as_str(), update.height), before)?;
        }
        let mut tiles = write.open_table(TILES)?;
        for (place, hashes) in update.tiles {
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
            tiles.insert(*place, bytes.as_slice())?;
        }
        let mut transactions = write.open_table(TRANSACTIONS)?;
        // In the order of the table: neighbours stand on one page.
        let mut places: Vec<(&Digest, u64)> = update.transactions.iter().zip(update.first_entry..).collect();
        places.sort_unstable();
        for (id, index) in places {
            transactions.insert(&id.0, index)?;
        }
        // Entries are the last of a block's encoding, one behind the other.
        let mut entries = write.open_table(ENTRIES)?;
        let total: u64 = update.entry_lengths.iter().map(|length| u64::from(*length)).sum();
        let mut offset = update.offset + FRAME_HEAD + u64::from(update.length) - total;
        for (index, length) in (update.first_entry..).zip(update.entry_lengths) {
            entries.insert(index, (offset, *length))?;
            offset += u64::from(*length);
        }
        let place = (update.offset, update.length, update.first_entry);
        write.open_table(BLOCKS)?.insert(update.height, place)?;
        Ok(())
    }

    /// Makes the index durable, so that the next start runs nothing again.
    pub fn flush(&self) -> Result<(), LedgerError> {
        let mut write = self.index.begin_write().map_err(|error| self.failed(error))?;
        write
            .set_durability(Durability::Immediate)
            .map_err(|error| self.failed(error))?;
        write.commit().map_err(|error| self.failed(error))
    }

    /// The block of a height.
    pub fn block(&self, height: u64) -> Result<Option<Block>, LedgerError> {
        let Some(table) = self.table(BLOCKS)? else {
            return Ok(None);
        };
        let place = table.get(height).map_err(|error| self.failed(error))?;
        let Some(offset) = place.map(|place| place.value().0) else {
            return Ok(None);
        };
        Ok(self.read_at(offset)?.map(|(block, _)| block))
    }

    /// Where a transaction stands in the log.
    pub fn entry_of(&self, transaction: &Digest) -> Result<Option<u64>, LedgerError> {
        let Some(table) = self.table(TRANSACTIONS)? else {
            return Ok(None);
        };
        let found = table.get(&transaction.0).map_err(|error| self.failed(error))?;
        Ok(found.map(|index| index.value()))
    }

    /// The same of many.
    pub fn entries_of<'a>(
        &self,
        transactions: impl Iterator<Item = &'a Digest>,
    ) -> Result<Vec<Option<u64>>, LedgerError> {
        let table = self.table(TRANSACTIONS)?;
        let place = |transaction: &Digest| match &table {
            None => Ok(None),
            Some(table) => {
                let found = table.get(&transaction.0).map_err(|error| self.failed(error))?;
                Ok(found.map(|index| index.value()))
            }
        };
        transactions.map(place).collect()
    }

    /// State and journal as they stand, for many reads.
    pub fn standing(&self) -> Result<Standing<'_>, LedgerError> {
        Ok(Standing {
            state: self.table(STATE)?,
            journal: self.table(JOURNAL)?,
            store: self,
        })
    }

    /// An entry of the log. Its leaf's hash is its checksum.
    pub fn entry(&self, index: u64) -> Result<Option<Entry>, LedgerError> {
        let Some(table) = self.table(ENTRIES)? else {
            return Ok(None);
        };
        let place = table.get(index).map_err(|error| self.failed(error))?;
        let Some((offset, length)) = place.map(|place| place.value()) else {
            return Ok(None);
        };
        let mut bytes = vec![0; length as usize];
        let mut file = &self.blocks;
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| self.failed(error))?;
        let entry = borsh::from_slice(&bytes);
        entry
            .map(Some)
            .map_err(|error| self.failed(format!("entry {index}: {error}")))
    }

    /// A tile of the log.
    pub fn tile(&self, place: TilePlace) -> Result<Vec<Digest>, LedgerError> {
        let missing = || self.failed(format!("tile {}/{} of the log is missing", place.0, place.1));
        let table = self.table(TILES)?.ok_or_else(missing)?;
        let tile = table
            .get(place)
            .map_err(|error| self.failed(error))?
            .ok_or_else(missing)?;
        let hashes = tile.value().chunks_exact(32);
        Ok(hashes
            .map(|hash| Digest(hash.try_into().expect("chunks of 32")))
            .collect())
    }

    /// The entry as it stood after the block of a height.
    pub fn read_past(&self, key: &str, height: u64) -> Result<Option<Record>, LedgerError> {
        if !is_journal(key)
            && let Some(table) = self.table(HISTORY)?
        {
            // The first change after that height replaced what stood there then.
            let mut range = table
                .range((key, height + 1)..=(key, u64::MAX))
                .map_err(|error| self.failed(error))?;
            if let Some(change) = range.next() {
                let (_, before) = change.map_err(|error| self.failed(error))?;
                return before.value().map(|bytes| self.decode(key, bytes)).transpose();
            }
        }
        let record = self.read(key)?;
        // An entry of the journal says itself when it was written.
        let written = match &record {
            Some(Record::Transfer(transfer)) => transfer.height,
            Some(Record::Evidence(evidence)) => evidence.height,
            _ => 0,
        };
        Ok(record.filter(|_| written <= height))
    }

    /// Calls a function for each entry of state or journal whose key begins so, in the order of keys.
    pub fn for_each(
        &self,
        prefix: &str,
        mut each: impl FnMut(&str, Record) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut failed = Ok(());
        self.for_each_from(prefix, prefix, |key, record| match each(key, record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Err(error);
                ControlFlow::Break(())
            }
        })?;
        failed
    }

    /// The same for those that are not before `from`, until the function breaks off. State goes before journal.
    pub fn for_each_from(
        &self,
        prefix: &str,
        from: &str,
        mut each: impl FnMut(&str, Record) -> ControlFlow<()>,
    ) -> Result<(), LedgerError> {
        for definition in [STATE, JOURNAL] {
            let Some(table) = self.table(definition)? else {
                continue;
            };
            let range = table.range(from.max(prefix)..).map_err(|error| self.failed(error))?;
            for entry in range {
                let (key, bytes) = entry.map_err(|error| self.failed(error))?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                if each(key.value(), self.decode(key.value(), bytes.value())?).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Calls a function for each entry of the state: key and encoded value.
    pub fn for_each_state(&self, mut each: impl FnMut(&str, &[u8])) -> Result<(), LedgerError> {
        if let Some(table) = self.table(STATE)? {
            for entry in table.iter().map_err(|error| self.failed(error))? {
                let (key, bytes) = entry.map_err(|error| self.failed(error))?;
                each(key.value(), bytes.value());
            }
        }
        Ok(())
    }

    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<Option<redb::ReadOnlyTable<K, V>>, LedgerError> {
        let read = self.index.begin_read().map_err(|error| self.failed(error))?;
        match read.open_table(definition) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn read_in(&self, table: &Option<Table>, key: &str) -> Result<Option<Record>, LedgerError> {
        let Some(table) = table else {
            return Ok(None);
        };
        let bytes = table.get(key).map_err(|error| self.failed(error))?;
        bytes.map(|bytes| self.decode(key, bytes.value())).transpose()
    }

    fn decode(&self, key: &str, bytes: &[u8]) -> Result<Record, LedgerError> {
        borsh::from_slice(bytes).map_err(|error| self.failed(format!("`{key}`: {error}")))
    }

    pub fn failed(&self, what: impl std::fmt::Display) -> LedgerError {
        LedgerError::store(&self.folder, what)
    }
}

impl StateReader for Store {
    fn read(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        self.read_in(&self.table(table_of(key))?, key)
    }
}

/// State and journal of one moment: to open them for each read costs more than the read.
pub(crate) struct Standing<'a> {
    store: &'a Store,
    state: Option<Table>,
    journal: Option<Table>,
}

type Table = redb::ReadOnlyTable<&'static str, &'static [u8]>;

fn table_of(key: &str) -> TableDefinition<'static, &'static str, &'static [u8]> {
    if is_journal(key) { JOURNAL } else { STATE }
}

impl StateReader for Standing<'_> {
    fn read(&self, key: &str) -> Result<Option<Record>, LedgerError> {
        let table = if is_journal(key) { &self.journal } else { &self.state };
        self.store.read_in(table, key)
    }
}

/// The block of the frame at an offset and the length of its content. `None` where the file ends before the frame does; an error
/// where a whole frame, with more behind it, does not hold what its checksum says.
fn read_frame(file: &File, path: &Path, offset: u64) -> Result<Option<(Block, u32)>, LedgerError> {
    let failed = |error: std::io::Error| LedgerError::store(path, error);
    let changed = || {
        let what =
            format!("the block at byte {offset} has been changed\nhint: take the file from another party's ledger");
        LedgerError::store(path, what)
    };
    let read = |offset: u64, bytes: &mut [u8]| {
        let mut file = file;
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(bytes))
            .map_err(failed)
    };
    let file_length = file.metadata().map_err(failed)?.len();
    if offset + FRAME_HEAD > file_length {
        return Ok(None);
    }
    let mut head = [0; FRAME_HEAD as usize];
    read(offset, &mut head)?;
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (length, checksum) = (word(0), word(8));
    if word(4) != !length {
        // After a power cut some systems leave zeros where the frame was to be.
        let mut rest = vec![0; (file_length - offset).min(BLOCK_BYTES_MAX as u64) as usize];
        read(offset, &mut rest)?;
        return if rest.iter().all(|byte| *byte == 0) {
            Ok(None)
        } else {
            Err(changed())
        };
    }
    let end = offset + FRAME_HEAD + u64::from(length);
    if end > file_length {
        return Ok(None);
    }
    if length as usize > BLOCK_BYTES_MAX {
        return Err(changed());
    }
    let mut bytes = vec![0; length as usize];
    read(offset + FRAME_HEAD, &mut bytes)?;
    if crc32fast::hash(&bytes) != checksum {
        // The last frame may have been cut off by a power cut in the midst; any other was changed.
        return if end == file_length { Ok(None) } else { Err(changed()) };
    }
    Block::from_bytes(&bytes).map(|block| Some((block, length)))
}

/// Reads a ledger's blocks while another program writes them.
pub struct BlockReader {
    path: PathBuf,
    file: File,
    offset: u64,
}

impl BlockReader {
    /// From the first block on.
    pub fn open(folder: &Path) -> Result<BlockReader, LedgerError> {
        let path = folder.join(BLOCKS_FILE);
        let file = File::open(&path).map_err(|error| LedgerError::store(&path, error))?;
        Ok(BlockReader { path, file, offset: 0 })
    }

    /// The next block, if there is one yet.
    pub fn next_block(&mut self) -> Result<Option<Block>, LedgerError> {
        let found = read_frame(&self.file, &self.path, self.offset)?;
        Ok(found.map(|(block, length)| {
            self.offset += FRAME_HEAD + u64::from(length);
            block
        }))
    }
}

/// The stored form of an entry, which the state's root is over.
pub(crate) fn encode(record: &Record) -> Vec<u8> {
    borsh::to_vec(record).expect("writing to memory does not fail")
}

fn fresh_index(path: &Path) -> Result<Database, LedgerError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(LedgerError::store(path, error)),
        _ => {}
    }
    Database::create(path).map_err(|error| LedgerError::store(path, error))
}
