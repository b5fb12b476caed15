//! A digest tree over files: one root for all evidence, and where a changed byte is.
//!
//! In go files; out come a root, and beside it a *map* that need not be trusted: digests of all leaves, which have to lead
//! to the root again, and for each block of `BLOCK_BYTES` a short check and two parities. The root tells whether a byte
//! was changed, the leaves where to a kilobyte, the checks to 64 bytes, and the parities to the byte if only one of
//! the block was changed: the place of a single error is the quotient of two syndromes of a Reed-Solomon code over GF(256)
//! (Reed and Solomon 1960). Leaves and nodes are hashed apart as in RFC 6962, 2.1.

use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

/// Bytes of a leaf.
const LEAF_BYTES: usize = 1024;
/// Bytes of a block within a leaf.
const BLOCK_BYTES: usize = 64;
/// Bytes of a block's check: a cut digest and two parities.
const CHECK_BYTES: usize = 6;
/// A map begins so.
const MAGIC: &[u8] = b"westline-tree-1\n";
/// No path is longer.
const PATH_BYTES_MAX: usize = 1024;

/// The digests of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTree {
    /// Its path below the record's folder, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    leaves: Vec<[u8; 32]>,
    checks: Vec<[u8; CHECK_BYTES]>,
}

impl FileTree {
    /// Of a file; memory grows by a tenth of its size.
    ///
    /// # Errors
    /// What the file system says.
    pub fn of(path: &str, file: &Path) -> std::io::Result<FileTree> {
        let mut source = std::io::BufReader::new(std::fs::File::open(file)?);
        let mut tree = FileTree {
            path: path.to_owned(),
            bytes: 0,
            leaves: Vec::new(),
            checks: Vec::new(),
        };
        let mut leaf = Vec::with_capacity(LEAF_BYTES);
        loop {
            leaf.clear();
            source.by_ref().take(LEAF_BYTES as u64).read_to_end(&mut leaf)?;
            if leaf.is_empty() {
                return Ok(tree);
            }
            tree.add_leaf(&leaf);
        }
    }

    fn add_leaf(&mut self, leaf: &[u8]) {
        self.bytes += leaf.len() as u64;
        self.leaves.push(leaf_digest(leaf));
        self.checks.extend(leaf.chunks(BLOCK_BYTES).map(check));
    }

    /// The file's own root.
    pub fn root(&self) -> [u8; 32] {
        root(&self.leaves)
    }

    /// The first byte in which a file differs from what this tree is of; `None` if it does not.
    ///
    /// # Errors
    /// What the file system says.
    pub fn first_difference(&self, file: &Path) -> std::io::Result<Option<Difference>> {
        let content = std::fs::read(file)?;
        for (number, leaf) in self.leaves.iter().enumerate() {
            let from = number * LEAF_BYTES;
            let expected_bytes = (self.bytes as usize - from).min(LEAF_BYTES);
            let found = content
                .get(from..(from + expected_bytes).min(content.len()))
                .unwrap_or_default();
            if found.len() == expected_bytes && leaf_digest(found) == *leaf {
                continue;
            }
            let first_check = number * (LEAF_BYTES / BLOCK_BYTES);
            for block in 0..expected_bytes.div_ceil(BLOCK_BYTES) {
                let begins = block * BLOCK_BYTES;
                let expected = (expected_bytes - begins).min(BLOCK_BYTES);
                let bytes = found
                    .get(begins..(begins + expected).min(found.len()))
                    .unwrap_or_default();
                let at = (from + begins) as u64;
                if bytes.len() < expected {
                    return Ok(Some(Difference::CutOff {
                        at: at + bytes.len() as u64,
                    }));
                }
                if let Some(place) = self
                    .checks
                    .get(first_check + block)
                    .and_then(|known| place(bytes, known))
                {
                    return Ok(Some(match place {
                        Place::Byte(index, was) => Difference::Byte {
                            at: at + index as u64,
                            found: bytes[index],
                            expected: was,
                        },
                        Place::Within => Difference::Within {
                            from: at,
                            to: at + expected as u64,
                        },
                    }));
                }
            }
            return Ok(Some(Difference::Within {
                from: from as u64,
                to: (from + expected_bytes) as u64,
            }));
        }
        let is_longer = content.len() as u64 > self.bytes;
        Ok(is_longer.then_some(Difference::Longer { at: self.bytes }))
    }
}

/// Where a file differs first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// At this byte.
    Byte {
        /// Counted from 0.
        at: u64,
        /// What is there.
        found: u8,
        /// What was there.
        expected: u8,
    },
    /// At several bytes, the first of them here.
    Within {
        /// Counted from 0.
        from: u64,
        /// The first byte behind.
        to: u64,
    },
    /// It ends here.
    CutOff {
        /// Its length now.
        at: u64,
    },
    /// It goes on here.
    Longer {
        /// Its length before.
        at: u64,
    },
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Difference::Byte { at, found, expected } => {
                write!(f, "byte {at} differs: found 0x{found:02x}, expected 0x{expected:02x}")
            }
            Difference::Within { from, to } => {
                write!(
                    f,
                    "several bytes differ, the first of them between byte {from} and byte {}",
                    to - 1
                )
            }
            Difference::CutOff { at } => write!(f, "cut off at byte {at}"),
            Difference::Longer { at } => write!(f, "goes on at byte {at}, where it should end"),
        }
    }
}

/// The root over several files, which are taken in the order of their paths.
pub fn root_of_files(files: &[FileTree]) -> [u8; 32] {
    let mut nodes: Vec<(&str, [u8; 32])> = files.iter().map(|file| (file.path.as_str(), file_node(file))).collect();
    nodes.sort_unstable();
    let nodes: Vec<[u8; 32]> = nodes.into_iter().map(|(_, node)| node).collect();
    root(&nodes)
}

/// A file's node: path, length and root.
fn file_node(file: &FileTree) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update((file.path.len() as u64).to_be_bytes());
    hash.update(file.path.as_bytes());
    hash.update(file.bytes.to_be_bytes());
    hash.update(file.root());
    hash.finalize().into()
}

fn leaf_digest(leaf: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(leaf);
    hash.finalize().into()
}

/// RFC 6962, 2.1: a level's odd last node goes up as it is.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    let mut level = leaves.to_vec();
    if level.is_empty() {
        return Sha256::digest([]).into();
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => {
                    let mut hash = Sha256::new();
                    hash.update([1]);
                    hash.update(left);
                    hash.update(right);
                    hash.finalize().into()
                }
                _ => pair[0],
            })
            .collect();
    }
    level[0]
}

/// Product in GF(256) with the polynomial 0x11d.
fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = a << 1 ^ if a & 0x80 > 0 { 0x1d } else { 0 };
        b >>= 1;
    }
    product
}

/// The sum of the bytes, and that of byte i times 2^i.
fn parities(block: &[u8]) -> [u8; 2] {
    // Horner from the last byte on.
    block
        .iter()
        .rev()
        .fold([0, 0], |[sum, weighted], &byte| [sum ^ byte, times(weighted, 2) ^ byte])
}

fn check(block: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = leaf_digest(block);
    let [sum, weighted] = parities(block);
    [digest[0], digest[1], digest[2], digest[3], sum, weighted]
}

enum Place {
    Byte(usize, u8),
    Within,
}

/// Where a block differs from the one that a check is of.
fn place(block: &[u8], known: &[u8; CHECK_BYTES]) -> Option<Place> {
    let found = check(block);
    if found == *known {
        return None;
    }
    // One byte changed by d at i: the sums differ by d and by 2^i · d.
    let (d, weighted) = (found[4] ^ known[4], found[5] ^ known[5]);
    let mut power = d;
    for index in 0..block.len() {
        if d != 0 && power == weighted {
            let mut mended = block.to_vec();
            mended[index] ^= d;
            if check(&mended) == *known {
                return Some(Place::Byte(index, mended[index]));
            }
        }
        power = times(power, 2);
    }
    Some(Place::Within)
}

/// The bytes of a map.
pub fn write_map(files: &[FileTree]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend((files.len() as u32).to_le_bytes());
    for file in files {
        bytes.extend((file.path.len() as u32).to_le_bytes());
        bytes.extend(file.path.as_bytes());
        bytes.extend(file.bytes.to_le_bytes());
        bytes.extend(file.leaves.iter().flatten());
        bytes.extend(file.checks.iter().flatten());
    }
    bytes
}

/// Reads a map; `None` if it is none.
pub fn read_map(bytes: &[u8]) -> Option<Vec<FileTree>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut take = |count: usize| -> Option<&[u8]> {
        let (head, tail) = rest.split_at_checked(count)?;
        rest = tail;
        Some(head)
    };
    let count = u32::from_le_bytes(take(4)?.try_into().ok()?);
    let mut files = Vec::new();
    for _ in 0..count {
        let length = u32::from_le_bytes(take(4)?.try_into().ok()?) as usize;
        if length > PATH_BYTES_MAX {
            return None;
        }
        let path = String::from_utf8(take(length)?.to_vec()).ok()?;
        let bytes = u64::from_le_bytes(take(8)?.try_into().ok()?);
        let size = usize::try_from(bytes).ok()?;
        let leaves = take(size.div_ceil(LEAF_BYTES).checked_mul(32)?)?;
        let blocks = size / LEAF_BYTES * (LEAF_BYTES / BLOCK_BYTES) + (size % LEAF_BYTES).div_ceil(BLOCK_BYTES);
        let leaves = leaves.as_chunks::<32>().0.to_vec();
        let checks = take(blocks.checked_mul(CHECK_BYTES)?)?
            .as_chunks::<CHECK_BYTES>()
            .0
            .to_vec();
        files.push(FileTree {
            path,
            bytes,
            leaves,
            checks,
        });
    }
    rest.is_empty().then_some(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(content: &[u8]) -> FileTree {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, content).expect("written");
        FileTree::of("file", &file).expect("read")
    }

    fn difference(before: &[u8], after: &[u8]) -> Option<Difference> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, after).expect("written");
        tree(before).first_difference(&file).expect("read")
    }

    proptest! {
        #[test]
        fn a_single_changed_byte_is_named(content in prop::collection::vec(any::<u8>(), 1..5000), place in any::<prop::sample::Index>(), by in 1u8..) {
            let at = place.index(content.len());
            let mut changed = content.clone();
            changed[at] ^= by;
            let expected = Difference::Byte { at: at as u64, found: changed[at], expected: content[at] };
            prop_assert_eq!(difference(&content, &changed), Some(expected));
            prop_assert_eq!(difference(&content, &content), None);
            prop_assert_ne!(tree(&content).root(), tree(&changed).root());
        }

        #[test]
        fn the_first_of_many_changes_is_within_what_is_named(content in prop::collection::vec(any::<u8>(), 100..3000), changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 2..20)) {
            let mut changed = content.clone();
            for (place, by) in changes {
                changed[place.index(content.len())] ^= by;
            }
            let first = content.iter().zip(&changed).position(|(a, b)| a != b).map(|at| at as u64);
            match (difference(&content, &changed), first) {
                (None, None) => {}
                (Some(Difference::Byte { at, .. }), Some(first)) => prop_assert_eq!(at, first),
                (Some(Difference::Within { from, to }), Some(first)) => prop_assert!((from..to).contains(&first) && to - from <= 64),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_map_reads_back_and_garbage_is_none(content in prop::collection::vec(any::<u8>(), 0..4000), cut in any::<prop::sample::Index>()) {
            let files = vec![tree(&content), FileTree { path: "other".to_owned(), ..tree(b"other") }];
            let map = write_map(&files);
            prop_assert_eq!(read_map(&map), Some(files));
            prop_assert_eq!(read_map(&map[..cut.index(map.len())]), None);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_or_goes_on_is_told_with_its_end() {
        let content: Vec<u8> = (0..3000u32).map(|i| (i * 7) as u8).collect();
        assert_eq!(
            difference(&content, &content[..2000]),
            Some(Difference::CutOff { at: 2000 })
        );
        let longer: Vec<u8> = content.iter().copied().chain([1]).collect();
        assert_eq!(difference(&content, &longer), Some(Difference::Longer { at: 3000 }));
    }
}
