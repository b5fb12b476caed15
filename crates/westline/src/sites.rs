//! Where sites are found: folders of the user's own, and those that come with the program.
//!
//! A name goes in, [`SiteFiles`] come out; what the files say is `service`'s to read.

use anyhow::{Result, bail};
use service::{SiteFiles, nearest_name};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/sites.rs"));

/// Names of the sites that come with the program, sorted.
pub fn built_in() -> BTreeSet<&'static str> {
    let folders = FILES.iter().filter_map(|(path, _)| path.split_once('/'));
    folders
        .filter(|(_, file)| *file == "site.toml")
        .map(|(site, _)| site)
        .collect()
}

/// Names of the sites in a folder of the user's own, sorted. A folder that cannot be read is an error.
pub fn in_folder(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => bail!(
            "{}: {error}\nhint: --site-dir names a folder that holds site folders",
            folder.display()
        ),
    };
    let sites = entries
        .flatten()
        .filter(|entry| entry.path().join("site.toml").is_file());
    Ok(sites
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

/// The files of a site: by path, by name in the user's folder, or built in.
pub fn find(site: &str, folder: Option<&Path>) -> Result<SiteFiles> {
    let own = folder.map(in_folder).transpose()?.unwrap_or_default();
    if let Some(folder) = folder.filter(|_| own.contains(site)) {
        return Ok(SiteFiles::folder(folder.join(site)));
    }
    if built_in().contains(site) {
        let prefix = format!("{site}/");
        let files = FILES.iter().filter_map(|(path, content)| {
            let path = path.strip_prefix(&prefix)?;
            Some((path.to_owned(), Cow::Borrowed(*content)))
        });
        return Ok(SiteFiles::table(site, files));
    }
    if Path::new(site).is_dir() {
        return Ok(SiteFiles::folder(site));
    }
    let known: BTreeSet<&str> = built_in().into_iter().chain(own.iter().map(String::as_str)).collect();
    let hint = match nearest_name(site, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known sites are {}; a folder's path works too", names.join(", "))
        }
    };
    bail!("no site is called `{site}`\nhint: {hint}")
}

/// All files of the sites that come with the program: path below `sites/`, content.
pub fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().copied()
}
