//! Epochs: spans of heights with the same validators, each upon the block that ended the last one.
//!
//! In goes a ledger, out comes the epoch that its next block is of, as the file `epoch` of its folder holds it. A chain without the file
//! is in its first. The file names the validators, too: one that was not written because the power went behind the block is mended.

use crate::LedgerError;
use crate::block::Block;
use crate::checkpoint::Validators;
use crate::crypto::{Digest, Suite};
use crate::ledger::{Committed, Ledger};
use std::path::Path;

const EPOCH_FILE: &str = "epoch";

/// A span of heights with the same validators, and the block that it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Epoch {
    /// The first height.
    pub number: u64,
    /// Digest of the block before it; zeros at the chain's beginning.
    pub root: Digest,
    /// Digest of its validators.
    validators: Digest,
}

impl Epoch {
    /// The epoch that a ledger's next block is of. One that began with the last block is noted now, if it was not.
    pub fn settle(ledger: &Ledger) -> Result<Epoch, LedgerError> {
        let noted = Epoch::read(ledger.folder())?.unwrap_or_else(|| Epoch {
            number: 0,
            root: Digest::default(),
            validators: digest(&ledger.genesis().validators()),
        });
        // Nothing follows a block that changes them before the epoch is noted: the last block is the one.
        if noted.validators == digest(ledger.validators()) {
            return Ok(noted);
        }
        Epoch::begin(ledger)
    }

    /// Begins an epoch upon the last block.
    fn begin(ledger: &Ledger) -> Result<Epoch, LedgerError> {
        let epoch = Epoch {
            number: ledger.next_height(),
            root: ledger.head_digest(),
            validators: digest(ledger.validators()),
        };
        epoch.write(ledger.folder())?;
        Ok(epoch)
    }

    fn read(folder: &Path) -> Result<Option<Epoch>, LedgerError> {
        let path = folder.join(EPOCH_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LedgerError::store(&path, error)),
        };
        let parse = || {
            let mut words = text.split_whitespace();
            Some(Epoch {
                number: words.next()?.parse().ok()?,
                root: words.next()?.parse().ok()?,
                validators: words.next()?.parse().ok()?,
            })
        };
        parse().map(Some).ok_or_else(|| {
            LedgerError::format(
                path.display().to_string(),
                "expected a height and two digests",
                "start from another party's copy of the ledger",
            )
        })
    }

    fn write(self, folder: &Path) -> Result<(), LedgerError> {
        let path = folder.join(EPOCH_FILE);
        let part = folder.join("epoch.part");
        std::fs::write(&part, format!("{} {} {}\n", self.number, self.root, self.validators))
            .and_then(|()| std::fs::File::open(&part)?.sync_all())
            .and_then(|()| std::fs::rename(&part, &path))
            .map_err(|error| LedgerError::store(&path, error))
    }
}

fn digest(validators: &Validators) -> Digest {
    let bytes = borsh::to_vec(validators).expect("writing to memory does not fail");
    Digest::of(Suite::International, &[&bytes])
}

/// Takes a final block into a ledger that no validator runs: a new party's before its first start. The block is run and its
/// signatures are counted.
pub fn take(ledger: &mut Ledger, block: Block) -> Result<Committed, LedgerError> {
    Epoch::settle(ledger)?;
    let proposal = ledger.check(&block)?;
    let committed = ledger.commit(proposal, block.checkpoint)?;
    Epoch::settle(ledger)?;
    Ok(committed)
}

/// Begins an epoch upon the last block, with the same validators: the engine forgets what it has voted for. Only when all validators
/// have stopped with the same last block, and for all of them: for a release of the engine that cannot read the former's journal.
pub fn renew(ledger: &Ledger) -> Result<(), LedgerError> {
    Epoch::begin(ledger).map(|_| ())
}
