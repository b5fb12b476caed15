//! The log of all entries as a growing Merkle tree, kept in tiles of 256 hashes.
//!
//! In go leaf hashes, out come roots and proofs. A tile at level `L` holds the roots of subtrees of 256^L leaves, in the
//! layout of C2SP tlog-tiles, so that the stored tiles can be served to anyone as files. Only the unfinished tile of each
//! level is kept in memory; finished ones are read through a function. It knows nothing of what an entry says.

use crate::crypto::{Digest, Suite};
use crate::merkle::{self, SubtreeHashes};
use std::collections::BTreeMap;

/// Hashes of a full tile.
pub const TILE_HASHES: usize = 256;
/// Subtrees of a tile's hashes: two to the power of this is [`TILE_HASHES`].
const TILE_LEVELS: u32 = 8;

/// A tile's place: level and index.
pub type TilePlace = (u8, u64);

/// The growing edge of the log.
#[derive(Clone, Debug)]
pub struct LogEdge {
    suite: Suite,
    size: u64,
    /// The unfinished tile of each level.
    edge: Vec<Vec<Digest>>,
    /// Tiles finished since they were last taken away.
    finished: BTreeMap<TilePlace, Vec<Digest>>,
}

impl LogEdge {
    /// An empty log.
    pub fn new(suite: Suite) -> LogEdge {
        LogEdge {
            suite,
            size: 0,
            edge: Vec::new(),
            finished: BTreeMap::new(),
        }
    }

    /// A log of this size, whose unfinished tiles `read` knows.
    pub fn restore<E>(
        suite: Suite,
        size: u64,
        read: impl Fn(TilePlace) -> Result<Vec<Digest>, E>,
    ) -> Result<LogEdge, E> {
        let mut log = LogEdge::new(suite);
        log.size = size;
        let mut hashes = size;
        for level in 0.. {
            if hashes == 0 {
                break;
            }
            let unfinished = (hashes % TILE_HASHES as u64) as usize;
            let mut tile = match unfinished {
                0 => Vec::new(),
                _ => read((level, hashes / TILE_HASHES as u64))?,
            };
            tile.truncate(unfinished);
            log.edge.push(tile);
            hashes /= TILE_HASHES as u64;
        }
        Ok(log)
    }

    /// Leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash.
    pub fn append(&mut self, leaf: Digest) {
        let mut hash = leaf;
        let mut index = self.size;
        for level in 0.. {
            if self.edge.len() <= level {
                self.edge.push(Vec::with_capacity(TILE_HASHES));
            }
            self.edge[level].push(hash);
            if self.edge[level].len() < TILE_HASHES {
                break;
            }
            let tile = std::mem::take(&mut self.edge[level]);
            hash = merkle::root(self.suite, &tile);
            index /= TILE_HASHES as u64;
            self.finished.insert((level as u8, index), tile);
        }
        self.size += 1;
    }

    /// The root over all leaves.
    pub fn root(&self) -> Digest {
        // From the right: the complete subtrees that the bits of the size name, each in the unfinished tile of its level.
        let mut root: Option<Digest> = None;
        for (level, tile) in self.edge.iter().enumerate() {
            let hashes = self.size >> (TILE_LEVELS * level as u32);
            let mut end = tile.len();
            for bit in 0..TILE_LEVELS {
                if hashes >> bit & 1 == 1 {
                    let start = end - (1 << bit);
                    let subtree = merkle::root(self.suite, &tile[start..end]);
                    root = Some(root.map_or(subtree, |right| merkle::node_hash(self.suite, &subtree, &right)));
                    end = start;
                }
            }
        }
        root.unwrap_or_else(|| merkle::root(self.suite, &[]))
    }

    /// The tiles finished since the last call, and the unfinished ones as they are: what there is to store.
    pub fn take_tiles(&mut self) -> BTreeMap<TilePlace, Vec<Digest>> {
        let mut tiles = std::mem::take(&mut self.finished);
        for (level, tile) in self.edge.iter().enumerate() {
            if !tile.is_empty() {
                let index = self.size >> (TILE_LEVELS * (level as u32 + 1));
                tiles.insert((level as u8, index), tile.clone());
            }
        }
        tiles
    }
}

/// Stored tiles, as a log that proofs can be made from.
pub struct TiledLog<F> {
    /// The suite that hashed it.
    pub suite: Suite,
    /// Reads a tile.
    pub read: F,
}

impl<E, F: Fn(TilePlace) -> Result<Vec<Digest>, E>> SubtreeHashes for TiledLog<F> {
    type Error = E;

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, E> {
        let (tile_level, within) = (level / TILE_LEVELS, level % TILE_LEVELS);
        let first = index << within;
        let tile = (self.read)((tile_level as u8, first / TILE_HASHES as u64))?;
        let start = (first % TILE_HASHES as u64) as usize;
        let hashes = tile.get(start..start + (1 << within)).unwrap_or_default();
        Ok(merkle::root(self.suite, hashes))
    }
}

/// The path of a tile as C2SP tlog-tiles names it, with the width of an unfinished one.
pub fn tile_path((level, index): TilePlace, width: usize) -> String {
    let mut groups = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    let partial = if width < TILE_HASHES {
        format!(".p/{width}")
    } else {
        String::new()
    };
    format!("tile/{level}/{}{partial}", groups.join("/"))
}
