//! The Merkle tree of an append-only log: roots, and proofs that a leaf or an earlier tree is in it.
//!
//! In go leaf hashes and hashes of complete subtrees, out come roots and proofs; whoever stores them is asked through a
//! function. Hashing and both proofs: RFC 6962, 2.1 (the same in RFC 9162, 2.1); subtrees and their proofs:
//! draft-ietf-plants-merkle-tree-certs, 4.

use crate::crypto::{Digest, Suite};

/// Hash of a leaf: a zero byte and the data (RFC 9162, 2.1.1).
pub fn leaf_hash(suite: Suite, data: &[u8]) -> Digest {
    Digest::of(suite, &[&[0], data])
}

/// Hash of two subtrees: a byte of one and both hashes (RFC 9162, 2.1.1).
pub fn node_hash(suite: Suite, left: &Digest, right: &Digest) -> Digest {
    Digest::of(suite, &[&[1], &left.0, &right.0])
}

/// Root of these leaf hashes; of none, the hash of nothing.
pub fn root(suite: Suite, leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(suite, &[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node_hash(suite, &root(suite, left), &root(suite, right))
        }
    }
}

/// Where the left subtree of a tree of `size` leaves ends: the largest power of two below it.
fn split(size: u64) -> u64 {
    debug_assert!(size > 1, "one leaf cannot be split");
    1 << (63 - (size - 1).leading_zeros())
}

/// Knows the hashes of complete subtrees: of 2^level leaves, the index counted in such subtrees.
pub trait SubtreeHashes {
    /// What may go wrong.
    type Error;
    /// The hash of one of them.
    fn subtree(&self, level: u32, index: u64) -> Result<Digest, Self::Error>;
}

/// Leaf hashes in memory are a log too.
impl SubtreeHashes for (Suite, &[Digest]) {
    type Error = std::convert::Infallible;
    fn subtree(&self, level: u32, index: u64) -> Result<Digest, Self::Error> {
        let start = (index << level) as usize;
        Ok(root(self.0, &self.1[start..start + (1 << level)]))
    }
}

/// Root of the leaves `start..end`, where `start` is a multiple of the power of two not below their number.
pub fn range_root<S: SubtreeHashes>(suite: Suite, log: &S, start: u64, end: u64) -> Result<Digest, S::Error> {
    let size = end - start;
    if size == 0 {
        return Ok(Digest::of(suite, &[]));
    }
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return log.subtree(level, start >> level);
    }
    let middle = start + split(size);
    let left = range_root(suite, log, start, middle)?;
    Ok(node_hash(suite, &left, &range_root(suite, log, middle, end)?))
}

/// Proof that leaf `index` is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1). `index` is below `size`.
pub fn inclusion_proof<S: SubtreeHashes>(
    suite: Suite,
    log: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, S::Error> {
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range_root(suite, log, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(suite, log, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proof that the tree of `old` leaves is the beginning of the tree of `size` leaves (RFC 9162, 2.1.4.1).
pub fn consistency_proof<S: SubtreeHashes>(
    suite: Suite,
    log: &S,
    old: u64,
    size: u64,
) -> Result<Vec<Digest>, S::Error> {
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    if old == 0 || old == size {
        return Ok(proof);
    }
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range_root(suite, log, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(suite, log, start, middle)?);
            start = middle;
        }
    }
    if start > 0 {
        proof.push(range_root(suite, log, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Is the leaf of this hash at `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)?
pub fn verify_inclusion(suite: Suite, leaf: &Digest, index: u64, size: u64, proof: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut first, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if first & 1 == 1 || first == last {
            hash = node_hash(suite, sibling, &hash);
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(suite, &hash, sibling);
        }
        first >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Are the leaves `start..end` a subtree: aligned to the power of two not below their number?
fn is_subtree(start: u64, end: u64) -> bool {
    start < end
        && (end - start)
            .checked_next_power_of_two()
            .map_or(start == 0, |span| start.is_multiple_of(span))
}

/// Is the leaf of this hash at `index` of the subtree of the leaves `start..end` with this root?
pub fn verify_subtree_inclusion(
    suite: Suite,
    leaf: &Digest,
    index: u64,
    (start, end): (u64, u64),
    proof: &[Digest],
    root: &Digest,
) -> bool {
    is_subtree(start, end) && index >= start && verify_inclusion(suite, leaf, index - start, end - start, proof, root)
}

/// Is the tree of `old` leaves with the root `old_root` the beginning of the tree of `size` leaves with this root
/// (RFC 9162, 2.1.4.2)? From a tree of no leaves there is no proof: it is the beginning of every tree.
pub fn verify_consistency(
    suite: Suite,
    (old, old_root): (u64, &Digest),
    (size, root): (u64, &Digest),
    proof: &[Digest],
) -> bool {
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    old > 0 && verify_subtree_consistency(suite, (0, old), old_root, (size, root), proof)
}

/// Is the subtree of the leaves `start..end` with the root `subtree_root` in the tree of `size` leaves with this root?
pub fn verify_subtree_consistency(
    suite: Suite,
    (start, end): (u64, u64),
    subtree_root: &Digest,
    (size, root): (u64, &Digest),
    proof: &[Digest],
) -> bool {
    if start == end && end <= size {
        // A subtree of no leaves is in every tree.
        return proof.is_empty() && *subtree_root == Digest::of(suite, &[]);
    }
    if !is_subtree(start, end) || end > size {
        return false;
    }
    let (mut first, mut last, mut top) = (start, end - 1, size - 1);
    // Up to the largest complete subtree at the right edge: where it is the whole subtree, its hash is known already.
    let is_edge = last == top;
    while first != last && (is_edge || last & 1 == 1) {
        first >>= 1;
        last >>= 1;
        top >>= 1;
    }
    let mut proof = proof.iter();
    let begun = if first == last {
        Some(subtree_root)
    } else {
        proof.next()
    };
    let Some(&begun) = begun else {
        return false;
    };
    let (mut subtree, mut tree) = (begun, begun);
    for sibling in proof {
        if top == 0 {
            return false;
        }
        if last & 1 == 1 || last == top {
            if first < last {
                subtree = node_hash(suite, sibling, &subtree);
            }
            tree = node_hash(suite, sibling, &tree);
            while last & 1 == 0 && last != 0 {
                first >>= 1;
                last >>= 1;
                top >>= 1;
            }
        } else {
            tree = node_hash(suite, &tree, sibling);
        }
        first >>= 1;
        last >>= 1;
        top >>= 1;
    }
    top == 0 && subtree == *subtree_root && tree == *root
}
