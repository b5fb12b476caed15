//! Bodies of blocks that were proposed and are not final, in memory and on disk.
//!
//! A validator keeps a body on disk before it votes for its digest: if all of them lose their power after the vote, the block that
//! became final is still there. The files lie in `proposed` of the ledger's folder, one a body, and go when their height is final.

use crate::LedgerError;
use crate::block::Block;
use crate::crypto::Digest;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bodies that one validator may have sent for the height that is next: it leads one view in n, and views pass.
const BODIES_OF_ONE_MAX: usize = 8;

struct Body {
    block: Arc<Block>,
    source: usize,
    is_kept: bool,
    /// Counts up.
    arrival: u64,
}

/// The bodies.
pub(super) struct Bodies {
    folder: PathBuf,
    /// A digest fixes the header only: who sends others' headers with entries of its own must not hide the true body.
    bodies: BTreeMap<Digest, Vec<Body>>,
    arrivals: u64,
}

impl Bodies {
    /// Opens the bodies of a ledger's folder that are of this height or later; others are deleted.
    pub fn open(ledger: &Path, next_height: u64, digest: impl Fn(&Block) -> Digest) -> Result<Bodies, LedgerError> {
        let folder = ledger.join("proposed");
        let failed = |error| LedgerError::store(&folder, error);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut bodies: BTreeMap<Digest, Vec<Body>> = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let bytes = std::fs::read(&path).map_err(|error| LedgerError::store(&path, error))?;
            // A file that was cut off was never voted for.
            match Block::from_bytes(&bytes) {
                Ok(block) if block.checkpoint.header.height >= next_height => {
                    let kept = Body {
                        block: Arc::new(block),
                        source: usize::MAX,
                        is_kept: true,
                        arrival: 0,
                    };
                    bodies.entry(digest(&kept.block)).or_default().push(kept);
                }
                _ => std::fs::remove_file(&path).map_err(|error| LedgerError::store(&path, error))?,
            }
        }
        Ok(Bodies {
            folder,
            bodies,
            arrivals: 0,
        })
    }

    /// Takes a body in. Of those that one source sent and nobody voted for, the oldest makes room.
    pub fn add(&mut self, digest: Digest, block: Block, source: usize) {
        let known = self.bodies.get(&digest);
        if known.is_some_and(|known| known.iter().any(|body| *body.block == block)) {
            return;
        }
        let mut of_source: Vec<(u64, Digest)> = Vec::new();
        for (digest, bodies) in &self.bodies {
            let idle = bodies.iter().filter(|body| body.source == source && !body.is_kept);
            of_source.extend(idle.map(|body| (body.arrival, *digest)));
        }
        if of_source.len() >= BODIES_OF_ONE_MAX
            && let Some((arrival, oldest)) = of_source.into_iter().min()
            && let Some(bodies) = self.bodies.get_mut(&oldest)
        {
            bodies.retain(|body| body.arrival != arrival);
            if bodies.is_empty() {
                self.bodies.remove(&oldest);
            }
        }
        self.arrivals += 1;
        self.bodies.entry(digest).or_default().push(Body {
            block: Arc::new(block),
            source,
            is_kept: false,
            arrival: self.arrivals,
        });
    }

    /// The bodies that claim a digest, with their sources.
    pub fn of(&self, digest: &Digest) -> impl Iterator<Item = (&Arc<Block>, usize)> {
        self.bodies
            .get(digest)
            .into_iter()
            .flatten()
            .map(|body| (&body.block, body.source))
    }

    /// Entries of the shortest body of a height, if there is one.
    pub fn shortest(&self, height: u64) -> Option<usize> {
        let of_height = self
            .bodies
            .values()
            .flatten()
            .filter(|body| body.block.checkpoint.header.height == height);
        of_height.map(|body| body.block.entries.len()).min()
    }

    /// The body that has been found true: only this one is left, safe on disk when this returns.
    pub fn keep(&mut self, digest: &Digest, place: usize) -> Result<(), LedgerError> {
        let Some(bodies) = self.bodies.get_mut(digest) else {
            return Ok(());
        };
        if place >= bodies.len() {
            return Ok(());
        }
        let mut body = bodies.swap_remove(place);
        if !body.is_kept {
            let height = body.block.checkpoint.header.height;
            let path = self.folder.join(format!("{height}-{digest}"));
            let bytes = borsh::to_vec(&*body.block).expect("writing to memory does not fail");
            let written = File::create(&path).and_then(|mut file| {
                file.write_all(&bytes)?;
                file.sync_all()
            });
            written.map_err(|error| LedgerError::store(&path, error))?;
            body.is_kept = true;
        }
        *bodies = vec![body];
        Ok(())
    }

    /// Forgets a body that was found wrong.
    pub fn forget(&mut self, digest: &Digest, place: usize) {
        if let Some(bodies) = self.bodies.get_mut(digest)
            && place < bodies.len()
        {
            bodies.remove(place);
            if bodies.is_empty() {
                self.bodies.remove(digest);
            }
        }
    }

    /// Drops what is below a height.
    pub fn drop_below(&mut self, height: u64) -> Result<(), LedgerError> {
        let is_past = |bodies: &[Body]| bodies.iter().all(|body| body.block.checkpoint.header.height < height);
        let past: Vec<Digest> = self
            .bodies
            .iter()
            .filter(|(_, bodies)| is_past(bodies))
            .map(|(digest, _)| *digest)
            .collect();
        for digest in past {
            for body in self.bodies.remove(&digest).into_iter().flatten() {
                if body.is_kept {
                    let path = self
                        .folder
                        .join(format!("{}-{digest}", body.block.checkpoint.header.height));
                    std::fs::remove_file(&path).map_err(|error| LedgerError::store(&path, error))?;
                }
            }
        }
        Ok(())
    }
}
