//! The files of a traffic run: opened, unpacked, with those that they include.

use anyhow::{Context, Result, anyhow};
use std::io::Read;
use std::path::{Path, PathBuf};
use world::sumo::{SourceFile, SumoConfiguration, includes};

/// How a gzip member begins (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// More than this is not read, packed or not.
const BYTES_MAX: u64 = 2 << 30;
/// Files include one another no deeper.
const DEPTH_MAX: usize = 16;

/// A network, its demand, and what a configuration says about the run.
pub struct Files {
    pub net: SourceFile,
    pub demand: Vec<SourceFile>,
    pub configuration: SumoConfiguration,
}

impl Files {
    /// Opens a network or a configuration, and route and additional files.
    pub fn open(net: &Path, files: &[PathBuf]) -> Result<Files> {
        let first = open(net)?;
        let mut configuration = SumoConfiguration::default();
        let mut names = files.to_vec();
        let name = net.to_string_lossy();
        let net = if name.ends_with(".sumocfg") || name.ends_with(".sumocfg.gz") {
            configuration = SumoConfiguration::read(&first).map_err(|error| anyhow!("{error}"))?;
            let folder = net.parent().unwrap_or(Path::new(""));
            let Some(net) = &configuration.net else {
                return Err(anyhow!(
                    "{name}: names no net-file\nhint: add <net-file value=\"…\"/> to its <input>"
                ));
            };
            names.splice(0..0, configuration.files.iter().map(|file| folder.join(file)));
            open(&folder.join(net))?
        } else {
            first
        };
        // Types, stops and programmes stand in additional files, and routes need them first.
        names.sort_by_key(|name| !name.to_string_lossy().contains(".add."));
        let mut demand = Vec::new();
        for name in &names {
            gather(name, &mut Vec::new(), &mut demand)?;
        }
        Ok(Files {
            net,
            demand,
            configuration,
        })
    }
}

/// A file after those that it includes.
fn gather(name: &Path, within: &mut Vec<PathBuf>, demand: &mut Vec<SourceFile>) -> Result<()> {
    let file = open(name)?;
    within.push(name.to_owned());
    for (line, href) in includes(&file) {
        let included = name.parent().unwrap_or(Path::new("")).join(&href);
        if within.contains(&included) || within.len() >= DEPTH_MAX {
            return Err(anyhow!(
                "{}:{line}: `{href}` is included by itself, through {} files\nhint: take the <include> out",
                file.name,
                within.len()
            ));
        }
        gather(&included, within, demand)?;
    }
    within.pop();
    demand.push(file);
    Ok(())
}

pub fn open(path: &Path) -> Result<SourceFile> {
    let name = path.display().to_string();
    let mut content = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("{name}: cannot be read"))?;
    file.take(BYTES_MAX)
        .read_to_end(&mut content)
        .with_context(|| format!("{name}: cannot be read"))?;
    if content.starts_with(&GZIP) {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(content.as_slice())
            .take(BYTES_MAX)
            .read_to_end(&mut unpacked)
            .with_context(|| format!("{name}: damaged gzip"))?;
        content = unpacked;
    }
    let text = String::from_utf8(content).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
        anyhow!("{name}:{line}: not UTF-8\nhint: save the file as UTF-8")
    })?;
    Ok(SourceFile { name, text })
}
