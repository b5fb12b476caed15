//! The files of a site, wherever they are: a folder on disk, or a table embedded in the binary.
//!
//! Everything above reads through [`SiteFiles`] and sees bytes with a name to show in messages; nothing above touches
//! the disk. Sizes are bounded here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// No file of a site is larger than this: a whole district's OpenDRIVE map is some tens of megabytes.
pub const FILE_BYTES_MAX: u64 = 512 << 20;

/// The files of one site.
#[derive(Clone, Debug)]
pub struct SiteFiles {
    name: String,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    Folder(PathBuf),
    Table(BTreeMap<String, Cow<'static, [u8]>>),
}

impl SiteFiles {
    /// The files in a folder on disk; the site's id is the folder's name.
    pub fn folder(path: impl Into<PathBuf>) -> SiteFiles {
        let path = path.into();
        let named = path.canonicalize().unwrap_or_else(|_| path.clone());
        let name = named
            .file_name()
            .map_or_else(|| "site".to_owned(), |name| name.to_string_lossy().into_owned());
        SiteFiles {
            name,
            origin: Origin::Folder(path),
        }
    }

    /// Files held in memory: paths relative to the site's folder, with `/` between their parts.
    pub fn table(name: impl Into<String>, files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> SiteFiles {
        SiteFiles {
            name: name.into(),
            origin: Origin::Table(files.into_iter().collect()),
        }
    }

    /// The site's id: the name of its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a file is called in messages.
    pub fn show(&self, path: &str) -> String {
        match &self.origin {
            Origin::Folder(folder) => folder.join(path).display().to_string(),
            Origin::Table(_) => format!("{}/{path}", self.name),
        }
    }

    /// A file's bytes; `None` if there is no such file.
    pub fn read(&self, path: &str) -> io::Result<Option<Cow<'_, [u8]>>> {
        match &self.origin {
            Origin::Table(files) => Ok(files.get(path).map(|bytes| Cow::Borrowed(bytes.as_ref()))),
            Origin::Folder(folder) => {
                let path = folder.join(path);
                let metadata = match std::fs::metadata(&path) {
                    Ok(metadata) => metadata,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                };
                if metadata.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder, not a file"));
                }
                if metadata.len() > FILE_BYTES_MAX {
                    return Err(io::Error::new(
                        io::ErrorKind::FileTooLarge,
                        format!("is larger than {} MiB", FILE_BYTES_MAX >> 20),
                    ));
                }
                std::fs::read(&path).map(|bytes| Some(Cow::Owned(bytes)))
            }
        }
    }

    /// Names of the files (not folders) directly in a folder of the site, sorted; empty if there is no such folder.
    /// The site's own folder is `""`.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = match &self.origin {
            Origin::Table(files) => {
                let prefix = if folder.is_empty() {
                    String::new()
                } else {
                    format!("{folder}/")
                };
                files
                    .keys()
                    .filter_map(|path| path.strip_prefix(&prefix))
                    .filter(|rest| !rest.contains('/'))
                    .map(str::to_owned)
                    .collect()
            }
            Origin::Folder(root) => std::fs::read_dir(root.join(folder))
                .into_iter()
                .flatten()
                .flatten()
                .filter(|entry| entry.path().is_file())
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect(),
        };
        names.sort();
        names
    }

    /// Whether the site's folder is there at all.
    pub fn exist(&self) -> bool {
        match &self.origin {
            Origin::Folder(folder) => folder.is_dir(),
            Origin::Table(files) => !files.is_empty(),
        }
    }
}
