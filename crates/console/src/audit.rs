//! The audit log: who did what, in a file that only grows, each line chained to the one before.
//!
//! A [`Deed`] goes in, a line of JSON comes out on the disk, flushed before the deed is done; a file goes in, and the first
//! line that breaks the chain comes out ([`verify`]). `before` is the SHA-256 of the line before, as it stands in the file
//! without its end; of the first line it is zeros. A line that was torn (a full disk, a cut-off machine) is kept, and the
//! next one tells of it. The chain shows what was changed or taken out; that lines were cut off at the end it shows only to
//! whoever noted a line's hash, and who can write the file anew can make another chain: `docs/threat-model.md`.

use ledger::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The longest line that is read or written.
const LINE_BYTES_MAX: usize = 64 << 10;
/// Lines kept ready for those who ask.
const RECENT_MAX: usize = 500;
/// What is kept of what was asked; no order is longer.
pub(crate) const ASKED_BYTES_MAX: usize = 4 << 10;
/// What a line tells that stands after a torn one.
const TORN: &str = "torn_line";

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It cannot be read or written.
    #[error("{path}: {error}\nhint: {hint}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        error: std::io::Error,
        /// The mend.
        hint: &'static str,
    },
    /// Another program writes it.
    #[error("{0}: another console writes this log\nhint: give each console a log of its own")]
    Taken(String),
    /// Its chain does not hold.
    #[error(
        "{path}:{line}: {what}\nhint: somebody changed the log; keep it as evidence and begin another with --audit FILE"
    )]
    Broken {
        /// The file.
        path: String,
        /// The first line that does not fit, counted from 1.
        line: u64,
        /// Why.
        what: String,
    },
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditLine {
    /// When, UTC, RFC 3339.
    pub time: String,
    /// The account's name; empty if nobody was logged in.
    pub who: String,
    /// The account's role; empty if nobody was logged in.
    pub role: String,
    /// Where the request came from.
    pub address: String,
    /// The action, as the interface calls it.
    pub what: String,
    /// The route with the thing acted on.
    pub on: String,
    /// What was asked, where that is short.
    pub asked: String,
    /// `allowed`, `refused: WHY`, or, after `allowed`, `failed: WHY`.
    pub outcome: String,
    /// The hash of the line before.
    pub before: String,
}

/// What is to be logged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deed {
    pub(crate) who: String,
    pub(crate) role: String,
    pub(crate) address: String,
    pub(crate) what: String,
    pub(crate) on: String,
    pub(crate) asked: String,
    pub(crate) outcome: String,
}

/// What a log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Lines whose chain holds.
    pub lines: u64,
    /// The hash of the last one: whoever notes it can tell later whether lines were cut off.
    pub head: String,
    /// Lines that were torn, and told of by a later one.
    pub torn: Vec<u64>,
    /// Bytes after the last line that have no end yet: a torn line that none tells of.
    pub unfinished_bytes: u64,
    /// Whether the line that was asked for is there.
    pub holds: bool,
}

/// Checks the chain of a log; `wanted` is the hash of a line that shall be in it.
///
/// # Errors
/// If it cannot be read, or at the first line that breaks the chain.
pub fn verify(path: &Path, wanted: Option<&str>) -> Result<Verified, AuditError> {
    let file = File::open(path).map_err(|error| file_error(path, error))?;
    let mut chain = Chain::new(wanted);
    chain.read(path, file, |_| {})?;
    Ok(chain.verified())
}

fn file_error(path: &Path, error: std::io::Error) -> AuditError {
    AuditError::File {
        path: path.display().to_string(),
        error,
        hint: "--audit names a file in a folder that can be written",
    }
}

fn hash_of(line: &[u8]) -> String {
    hex::encode(&Sha256::digest(line))
}

/// How far a log was read, and where its chain stands.
#[derive(Clone, Debug)]
struct Chain {
    head: String,
    lines: u64,
    /// Where the next line begins.
    offset: u64,
    torn: Vec<u64>,
    unfinished_bytes: u64,
    wanted: Option<String>,
    holds: bool,
}

impl Chain {
    fn new(wanted: Option<&str>) -> Chain {
        let head = "0".repeat(64);
        Chain {
            holds: wanted.is_none(),
            wanted: wanted.map(str::to_lowercase),
            head,
            lines: 0,
            offset: 0,
            torn: Vec::new(),
            unfinished_bytes: 0,
        }
    }

    fn verified(self) -> Verified {
        Verified {
            lines: self.lines,
            head: self.head,
            torn: self.torn,
            unfinished_bytes: self.unfinished_bytes,
            holds: self.holds,
        }
    }

    /// Reads on to the end of the file; lines that fit are handed over.
    fn read(&mut self, path: &Path, mut file: File, mut each: impl FnMut(AuditLine)) -> Result<(), AuditError> {
        let told = |error| file_error(path, error);
        file.seek(SeekFrom::Start(self.offset)).map_err(told)?;
        let mut reader = BufReader::new(file);
        let broken = |line, what: &str| AuditError::Broken {
            path: path.display().to_string(),
            line,
            what: what.to_owned(),
        };
        let mut bytes = Vec::new();
        // Lines that do not fit, until one tells that they were torn; each with its end, and where the first begins.
        let (mut unfit, mut first_unfit) = (Sha256::new(), None);
        let mut number = self.lines;
        loop {
            bytes.clear();
            let mut limited = (&mut reader).take(LINE_BYTES_MAX as u64 + 1);
            let count = limited.read_until(b'\n', &mut bytes).map_err(told)?;
            if count == 0 || bytes.last() != Some(&b'\n') {
                if count > LINE_BYTES_MAX {
                    return Err(broken(number + 1, "the line is longer than any that was written"));
                }
                self.unfinished_bytes = count as u64;
                break;
            }
            number += 1;
            let content = &bytes[..count - 1];
            let line = serde_json::from_slice::<AuditLine>(content).ok();
            let line = line.filter(|line| line.before == self.head);
            let fits = match (&line, first_unfit) {
                (Some(line), Some(first)) => {
                    line.what == TORN && line.asked == torn_hash(&unfit) && {
                        self.torn.extend(first..number);
                        true
                    }
                }
                (Some(_), None) => true,
                (None, _) => false,
            };
            match line.filter(|_| fits) {
                Some(line) => {
                    self.head = hash_of(content);
                    self.holds |= self.wanted.as_ref() == Some(&self.head);
                    self.lines = number;
                    self.offset = reader.stream_position().map_err(told)?;
                    (unfit, first_unfit) = (Sha256::new(), None);
                    each(line);
                }
                None => {
                    unfit.update(&bytes);
                    first_unfit = first_unfit.or(Some(number));
                }
            }
        }
        match first_unfit {
            None => Ok(()),
            Some(first) => Err(broken(first, "the line does not follow from the one before")),
        }
    }
}

fn torn_hash(hasher: &Sha256) -> String {
    hex::encode(&hasher.clone().finalize())
}

/// A log that is written.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// None after a write that failed: it is opened again, and what was torn is told.
    file: Option<File>,
    chain: Chain,
    recent: VecDeque<AuditLine>,
}

impl AuditLog {
    /// Opens or begins a log, and checks what it has.
    ///
    /// # Errors
    /// If it cannot be written, another program writes it, or its chain does not hold.
    pub fn open(path: &Path) -> Result<AuditLog, AuditError> {
        let mut kept = Kept {
            file: None,
            chain: Chain::new(None),
            recent: VecDeque::new(),
        };
        kept.open(path)?;
        Ok(AuditLog {
            path: path.to_owned(),
            kept: Mutex::new(kept),
        })
    }

    /// How many lines it has, and the hash of the last.
    pub fn head(&self) -> (u64, String) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.chain.lines, kept.chain.head.clone())
    }

    /// Lines that were torn before, and told of since.
    pub fn torn(&self) -> Vec<u64> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.chain.torn.clone()
    }

    /// Writes a line and has it flushed; only then may the deed be done.
    pub(crate) fn write(&self, deed: Deed) -> Result<(), AuditError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.file.is_none() {
            kept.open(&self.path)?;
        }
        kept.append(deed).map_err(|error| file_error(&self.path, error))
    }

    /// The newest lines, the newest first.
    pub(crate) fn recent(&self, count: usize) -> Vec<AuditLine> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.recent.iter().rev().take(count).cloned().collect()
    }
}

impl Kept {
    /// Opens the file where its chain was left, and tells of what was torn since.
    fn open(&mut self, path: &Path) -> Result<(), AuditError> {
        let told = |error| file_error(path, error);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(AuditError::Taken(path.display().to_string())),
            Err(std::fs::TryLockError::Error(error)) => return Err(told(error)),
        }
        // Where the chain was left: lines that were read once are not read again.
        self.read_on(path, &file)?;
        if self.chain.unfinished_bytes > 0 {
            // With its end it may turn out whole.
            (&file).write_all(b"\n").map_err(told)?;
            self.read_on(path, &file)?;
        }
        let torn = read_from(path, self.chain.offset).map_err(told)?;
        self.file = Some(file);
        if torn.is_empty() {
            return Ok(());
        }
        // Several pieces, when the disk stayed full while the first was told of.
        let pieces = torn.iter().filter(|byte| **byte == b'\n').count() as u64;
        let (before, first) = (self.chain.clone(), self.chain.lines + 1);
        self.chain.lines += pieces;
        self.chain.offset += torn.len() as u64;
        self.chain.torn.extend(first..first + pieces);
        let deed = Deed {
            what: TORN.to_owned(),
            on: format!("{first} to {}", first + pieces - 1),
            asked: hash_of(&torn),
            outcome: "told".to_owned(),
            ..Deed::default()
        };
        self.append(deed).map_err(|error| {
            self.chain = before;
            told(error)
        })
    }

    /// Reads to the end of the file. Torn pieces of our own lines are left for their place to be told of; a line that is
    /// whole and does not fit is somebody else's.
    fn read_on(&mut self, path: &Path, file: &File) -> Result<(), AuditError> {
        let told = |error| file_error(path, error);
        let recent = &mut self.recent;
        let read = self
            .chain
            .read(path, file.try_clone().map_err(told)?, |line| keep(recent, line));
        if matches!(read, Err(AuditError::Broken { .. })) {
            let tail = read_from(path, self.chain.offset).map_err(told)?;
            let ended = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let is_whole = |piece: &[u8]| serde_json::from_slice::<AuditLine>(piece).is_ok();
            if tail.len() > LINE_BYTES_MAX || tail[..ended].split(|byte| *byte == b'\n').any(is_whole) {
                return read;
            }
            return Ok(());
        }
        read
    }

    fn append(&mut self, deed: Deed) -> std::io::Result<()> {
        let Some(file) = &mut self.file else {
            return Err(std::io::Error::other("the log is not open"));
        };
        let line = AuditLine {
            time: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            who: deed.who,
            role: deed.role,
            address: deed.address,
            what: deed.what,
            on: cut(deed.on),
            asked: cut(deed.asked),
            outcome: deed.outcome,
            before: self.chain.head.clone(),
        };
        let mut bytes = serde_json::to_vec(&line).map_err(std::io::Error::other)?;
        let head = hash_of(&bytes);
        bytes.push(b'\n');
        if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            self.file = None;
            return Err(error);
        }
        self.chain.head = head;
        self.chain.lines += 1;
        self.chain.offset += bytes.len() as u64;
        keep(&mut self.recent, line);
        Ok(())
    }
}

fn keep(recent: &mut VecDeque<AuditLine>, line: AuditLine) {
    recent.push_back(line);
    if recent.len() > RECENT_MAX {
        recent.pop_front();
    }
}

fn cut(mut text: String) -> String {
    if text.len() > ASKED_BYTES_MAX {
        let end = text.floor_char_boundary(ASKED_BYTES_MAX);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn read_from(path: &Path, offset: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(4 * LINE_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deed(what: &str) -> Deed {
        Deed {
            who: "li.na".to_owned(),
            role: "dispatcher".to_owned(),
            what: what.to_owned(),
            outcome: "allowed".to_owned(),
            ..Deed::default()
        }
    }

    fn written(path: &Path, count: usize) {
        let log = AuditLog::open(path).unwrap();
        for index in 0..count {
            log.write(deed(&format!("deed {index}"))).unwrap();
        }
    }

    #[test]
    fn a_log_goes_on_where_it_was_left_and_its_chain_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        written(&path, 3);
        let noted = verify(&path, None).unwrap().head;
        written(&path, 2);
        let verified = verify(&path, Some(&noted)).unwrap();
        assert_eq!((verified.lines, verified.holds), (5, true));
        assert!(!verify(&path, Some(&"f".repeat(64))).unwrap().holds);
        let log = AuditLog::open(&path).unwrap();
        assert_eq!(log.recent(2)[0].what, "deed 1");
        assert!(
            matches!(AuditLog::open(&path), Err(AuditError::Taken(_))),
            "one writes at a time"
        );
    }

    #[test]
    fn a_line_that_was_changed_taken_out_or_moved_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        written(&path, 5);
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        let check = |lines: &[&str], broken: u64| {
            std::fs::write(&path, lines.join("\n") + "\n").unwrap();
            match verify(&path, None) {
                Err(AuditError::Broken { line, .. }) => assert_eq!(line, broken),
                other => panic!("{other:?}"),
            }
            assert!(AuditLog::open(&path).is_err(), "no console goes on with it");
        };
        // A changed line still follows from the one before: the next one does not.
        let changed = lines[1].replace("li.na", "wang");
        check(&[lines[0], &changed, lines[2], lines[3], lines[4]], 3);
        check(&[lines[0], lines[1], lines[3], lines[4]], 3);
        check(&[lines[1], lines[2]], 1);
        check(&[lines[0], lines[2], lines[1], lines[3]], 2);
        std::fs::write(&path, lines[..3].join("\n") + "\n").unwrap();
        let noted = hash_of(lines[4].as_bytes());
        let short = verify(&path, Some(&noted)).unwrap();
        assert!(!short.holds, "lines cut off at the end show to whoever noted a hash");
    }

    #[test]
    fn a_full_disk_fails_the_deed_and_the_log_goes_on_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let log = AuditLog::open(&path).unwrap();
        log.write(deed("first")).unwrap();
        // A file that cannot be written stands for a full disk.
        log.kept.lock().unwrap().file = Some(File::open(&path).unwrap());
        assert!(log.write(deed("lost")).is_err());
        log.write(deed("second")).unwrap();
        drop(log);
        assert_eq!(verify(&path, None).unwrap().lines, 2);
    }

    #[test]
    fn a_torn_line_in_the_middle_that_none_tells_of_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        written(&path, 2);
        let whole = std::fs::read_to_string(&path).unwrap();
        let (first, second) = whole.split_once('\n').unwrap();
        std::fs::write(&path, format!("{first}\n{{\"time\"\n{second}")).unwrap();
        assert!(matches!(verify(&path, None), Err(AuditError::Broken { line: 2, .. })));
        assert!(AuditLog::open(&path).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn a_log_cut_off_at_any_byte_goes_on_and_tells_what_was_torn(cut in 0.0_f64..1.0, again in 0.0_f64..1.0) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.jsonl");
            written(&path, 3);
            let mut torn = 0;
            for share in [cut, again] {
                let bytes = std::fs::read(&path).unwrap();
                let kept = &bytes[..(bytes.len() as f64 * share) as usize];
                std::fs::write(&path, kept).unwrap();
                let before = verify(&path, None);
                // A last line that lacks nothing but its end is none: it is ended. One that tells of a torn line may be cut
                // off itself; then the torn one is told of again.
                torn = before.map_or(torn, |before| before.torn.len());
                written(&path, 2);
            }
            let after = verify(&path, None).unwrap();
            prop_assert!(after.torn.len() >= torn);
            prop_assert_eq!(after.unfinished_bytes, 0);
            prop_assert!(after.lines >= 2);
        }

        #[test]
        fn no_bytes_make_the_verifier_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.jsonl");
            std::fs::write(&path, bytes).unwrap();
            let _ = verify(&path, None);
        }
    }
}
