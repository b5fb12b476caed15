//! Where the parties' keys lie, and how they are opened.

use super::arguments::Passphrase;
use anyhow::{Context, Result, anyhow, bail};
use ledger::{DEFAULT_ITERATIONS, Scheme, SecretKey};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Rounds for a passphrase that we made: it has 256 bits, which no number of rounds makes harder to guess.
const OWN_ITERATIONS: u32 = 1000;
const PASSPHRASE_FILE: &str = "passphrase";

/// How key files of a folder are enciphered.
pub struct Lock {
    passphrase: String,
    iterations: u32,
}

impl Lock {
    /// The passphrase that the user named, or that lies beside the keys.
    pub fn find(named: &Passphrase, folder: &Path) -> Result<Lock> {
        if let Some(lock) = Lock::named(named)? {
            return Ok(lock);
        }
        let beside = folder.join(PASSPHRASE_FILE);
        if beside.is_file() {
            return Lock::read(&beside, OWN_ITERATIONS);
        }
        bail!(
            "{}: the keys need a passphrase\nhint: name a file with --passphrase-file, or set WESTLINE_PASSPHRASE",
            folder.display()
        )
    }

    /// The passphrase that the user named; else a new one, written beside the keys.
    pub fn find_or_make(named: &Passphrase, folder: &Path) -> Result<Lock> {
        let is_there = Lock::named(named)?.is_some();
        let lock = Lock::find_or_make_quietly(named, folder)?;
        if !is_there {
            eprintln!(
                "note: the passphrase of the keys is in {}; move it where only their owners are",
                folder.join(PASSPHRASE_FILE).display()
            );
        }
        Ok(lock)
    }

    /// The same, without a word of where it is.
    pub fn find_or_make_quietly(named: &Passphrase, folder: &Path) -> Result<Lock> {
        if let Some(lock) = Lock::named(named)? {
            return Ok(lock);
        }
        let secret = SecretKey::generate(Scheme::Ed25519)?.to_bytes();
        let passphrase = ledger::hex::encode(&secret);
        let path = folder.join(PASSPHRASE_FILE);
        write_private(&path, &format!("{passphrase}\n"))?;
        Ok(Lock {
            passphrase,
            iterations: OWN_ITERATIONS,
        })
    }

    fn named(named: &Passphrase) -> Result<Option<Lock>> {
        if let Some(path) = &named.passphrase_file {
            return Lock::read(path, DEFAULT_ITERATIONS).map(Some);
        }
        Ok(std::env::var("WESTLINE_PASSPHRASE")
            .ok()
            .filter(|text| !text.is_empty())
            .map(|passphrase| Lock {
                passphrase,
                iterations: DEFAULT_ITERATIONS,
            }))
    }

    fn read(path: &Path, iterations: u32) -> Result<Lock> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let passphrase = text.lines().next().unwrap_or_default().to_owned();
        if passphrase.is_empty() {
            bail!(
                "{}: the first line is empty\nhint: it must be the passphrase",
                path.display()
            );
        }
        Ok(Lock { passphrase, iterations })
    }

    /// Writes a key.
    pub fn write(&self, path: &Path, key: &SecretKey) -> Result<()> {
        let text = ledger::encrypt_key(key, &self.passphrase, self.iterations)?;
        write_private(path, &text)
    }

    /// Opens a key.
    pub fn open(&self, path: &Path) -> Result<SecretKey> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        ledger::decrypt_key(&text, &self.passphrase).map_err(|error| anyhow!("{}: {error}", path.display()))
    }
}

/// The folder of a ledger's keys.
pub fn folder(ledger: &Path) -> PathBuf {
    ledger.join("keys")
}

/// The key file of a party.
pub fn file(ledger: &Path, party: &str) -> PathBuf {
    folder(ledger).join(format!("{party}.pem"))
}

/// Opens the keys of these parties as far as their files are there.
pub fn open_all<'a>(
    ledger: &Path,
    lock: &Lock,
    parties: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, SecretKey>> {
    let mut keys = BTreeMap::new();
    for party in parties {
        let path = file(ledger, party);
        if path.is_file() {
            keys.insert(party.clone(), lock.open(&path)?);
        }
    }
    Ok(keys)
}

/// Writes a file that only its owner reads, from the first byte on.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&part)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&part, path))
        .with_context(|| format!("{}: cannot be written", path.display()))
}
