//! The authenticated map of the state: one root over all entries, proofs of presence and of absence.
//!
//! A binary sparse Merkle tree over hashed keys, in which a subtree of one entry is that entry's leaf and an empty one is 32
//! zero bytes (after Dahlberg, Pulls, Peeters, "Efficient Sparse Merkle Trees", 2016, with the short leaves of the Libra
//! tree). Leaf: `H(0x00, H(key), H(value))`; inner node: `H(0x01, left, right)`. It lives in memory, some 100 bytes an
//! entry, and is built from the stored entries at start: a million take about a second, and no node is ever written, where
//! a tree on disk (the crate `jmt`) writes some kilobytes an update. It knows neither blocks nor what values mean.

use crate::crypto::{Digest, Suite};
use crate::merkle::node_hash;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

const EMPTY: Digest = Digest([0; 32]);
const NOTHING: u32 = u32::MAX;
/// Bits of a hashed key: no path is longer.
const DEPTH_MAX: usize = 256;

#[derive(Clone, Copy, Debug)]
enum Node {
    Leaf { key: Digest, value: Digest },
    Inner { children: [u32; 2] },
}

/// The tree.
#[derive(Clone, Debug)]
pub struct StateTree {
    suite: Suite,
    nodes: Vec<Node>,
    /// Hash of each node; meaningless while the node is stale.
    hashes: Vec<Digest>,
    is_stale: Vec<bool>,
    free: Vec<u32>,
    top: u32,
}

/// Proof of what the map holds, or does not hold, under a key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct StateProof {
    /// Hashes beside the path, from the root down.
    pub siblings: Vec<Digest>,
    /// The leaf at the path's end: hashed key and hashed value; none where the path ends in nothing.
    pub leaf: Option<(Digest, Digest)>,
}

impl StateTree {
    /// An empty one.
    pub fn new(suite: Suite) -> StateTree {
        StateTree {
            suite,
            nodes: Vec::new(),
            hashes: Vec::new(),
            is_stale: Vec::new(),
            free: Vec::new(),
            top: NOTHING,
        }
    }

    /// Enters, changes or (with `None`) removes a value.
    pub fn set(&mut self, key: &[u8], value: Option<&[u8]>) {
        let key = Digest::of(self.suite, &[key]);
        self.top = match value {
            Some(value) => {
                let value = Digest::of(self.suite, &[value]);
                self.put(self.top, 0, key, value)
            }
            None => self.remove(self.top, 0, &key),
        };
    }

    /// The root over all entries.
    pub fn root(&mut self) -> Digest {
        self.refresh(self.top)
    }

    /// What the map holds under a key, provably.
    pub fn prove(&mut self, key: &[u8]) -> StateProof {
        self.root();
        let key = Digest::of(self.suite, &[key]);
        let mut siblings = Vec::new();
        let mut node = self.top;
        loop {
            match self.node(node) {
                None => return StateProof { siblings, leaf: None },
                Some(Node::Leaf { key, value }) => {
                    let leaf = Some((key, value));
                    return StateProof { siblings, leaf };
                }
                Some(Node::Inner { children }) => {
                    let side = bit(&key, siblings.len());
                    siblings.push(self.hash(children[1 - side]));
                    node = children[side];
                }
            }
        }
    }

    fn node(&self, node: u32) -> Option<Node> {
        self.nodes.get(node as usize).copied()
    }

    fn hash(&self, node: u32) -> Digest {
        self.hashes.get(node as usize).copied().unwrap_or(EMPTY)
    }

    fn add(&mut self, node: Node) -> u32 {
        if let Some(place) = self.free.pop() {
            self.nodes[place as usize] = node;
            self.is_stale[place as usize] = true;
            return place;
        }
        self.nodes.push(node);
        self.hashes.push(EMPTY);
        self.is_stale.push(true);
        (self.nodes.len() - 1) as u32
    }

    fn put(&mut self, node: u32, depth: usize, key: Digest, value: Digest) -> u32 {
        match self.node(node) {
            None => self.add(Node::Leaf { key, value }),
            Some(Node::Leaf { key: other, .. }) if other == key => {
                self.nodes[node as usize] = Node::Leaf { key, value };
                self.is_stale[node as usize] = true;
                node
            }
            Some(Node::Leaf { key: other, .. }) => {
                assert!(depth < DEPTH_MAX, "two keys differ in some bit");
                let mut children = [NOTHING; 2];
                children[bit(&other, depth)] = node;
                let side = bit(&key, depth);
                children[side] = self.put(children[side], depth + 1, key, value);
                self.add(Node::Inner { children })
            }
            Some(Node::Inner { mut children }) => {
                let side = bit(&key, depth);
                children[side] = self.put(children[side], depth + 1, key, value);
                self.nodes[node as usize] = Node::Inner { children };
                self.is_stale[node as usize] = true;
                node
            }
        }
    }

    fn remove(&mut self, node: u32, depth: usize, key: &Digest) -> u32 {
        match self.node(node) {
            Some(Node::Leaf { key: other, .. }) if other == *key => {
                self.free.push(node);
                NOTHING
            }
            Some(Node::Inner { mut children }) => {
                let side = bit(key, depth);
                children[side] = self.remove(children[side], depth + 1, key);
                let [left, right] = children;
                let is_single = |node| !matches!(self.node(node), Some(Node::Inner { .. }));
                // A subtree of one entry is its leaf: it moves up where its sibling has gone.
                if (left == NOTHING && is_single(right)) || (right == NOTHING && is_single(left)) {
                    self.free.push(node);
                    return if left == NOTHING { right } else { left };
                }
                self.nodes[node as usize] = Node::Inner { children };
                self.is_stale[node as usize] = true;
                node
            }
            _ => node,
        }
    }

    fn refresh(&mut self, node: u32) -> Digest {
        let Some(content) = self.node(node) else {
            return EMPTY;
        };
        if self.is_stale[node as usize] {
            self.hashes[node as usize] = match content {
                Node::Leaf { key, value } => leaf_hash(self.suite, &key, &value),
                Node::Inner {
                    children: [left, right],
                } => {
                    let (left, right) = (self.refresh(left), self.refresh(right));
                    node_hash(self.suite, &left, &right)
                }
            };
            self.is_stale[node as usize] = false;
        }
        self.hashes[node as usize]
    }
}

impl StateProof {
    /// Does the map with this root hold this value (or, with `None`, nothing) under this key?
    pub fn verify(&self, suite: Suite, root: &Digest, key: &[u8], value: Option<&[u8]>) -> bool {
        if self.siblings.len() > DEPTH_MAX {
            return false;
        }
        let key = Digest::of(suite, &[key]);
        let claimed = value.map(|value| (key, Digest::of(suite, &[value])));
        let is_claimed = match (&self.leaf, &claimed) {
            (Some(leaf), Some(claimed)) => leaf == claimed,
            // Absent: the path ends in nothing, or in the leaf of another key of the same beginning.
            (Some((other, _)), None) => {
                *other != key && (0..self.siblings.len()).all(|depth| bit(other, depth) == bit(&key, depth))
            }
            (None, None) => true,
            (None, Some(_)) => false,
        };
        let end = self.leaf.map_or(EMPTY, |(key, value)| leaf_hash(suite, &key, &value));
        let path = self.siblings.iter().enumerate().rev();
        let found = path.fold(end, |hash, (depth, sibling)| match bit(&key, depth) {
            0 => node_hash(suite, &hash, sibling),
            _ => node_hash(suite, sibling, &hash),
        });
        is_claimed && found == *root
    }
}

fn leaf_hash(suite: Suite, key: &Digest, value: &Digest) -> Digest {
    Digest::of(suite, &[&[0], &key.0, &value.0])
}

/// The side that a key takes at a depth: its bits from the most significant on.
fn bit(key: &Digest, depth: usize) -> usize {
    usize::from(key.0[depth / 8] >> (7 - depth % 8) & 1)
}
