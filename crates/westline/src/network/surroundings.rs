//! What the commands of a site's network need: its map, its `network.toml`, the line's metres.

use crate::{run, sites};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use network::drive::{STEP_M, WayPoint};
use network::remote::Rules;
use network::site::NetworkSite;
use road::RoadNetwork;
use service::{Site, SiteFiles};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The site's network, by its usual name.
pub const NETWORK_FILE: &str = "network.toml";
/// The rules of remote driving.
pub const RULES_FILE: &str = "remote.toml";

/// Flags that all of them have.
#[derive(Debug, Args)]
pub struct SiteArguments {
    /// Name of the site, or the path of a site folder.
    pub site: String,
    /// A network.toml that takes the place of the site's.
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// The slice that the service uses [default: the most urgent].
    #[arg(long, value_name = "NAME")]
    pub slice: Option<String>,
    #[command(flatten)]
    pub sites: crate::arguments::SiteDirectory,
}

/// A site with its network.
pub struct Surroundings {
    /// The folder's name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The roads.
    pub network: Arc<RoadNetwork>,
    /// Masts and the rest.
    pub site: NetworkSite,
    /// The line's ways, one after the other.
    pub points: Vec<WayPoint>,
    /// What the service's slice is kept of each cell.
    pub share_min: f64,
    files: SiteFiles,
}

impl Surroundings {
    /// Reads a site and its network.
    pub fn open(arguments: &SiteArguments) -> Result<Surroundings> {
        let files = sites::find(&arguments.site, arguments.sites.site_dir.as_deref())?;
        let service = run::load(&files)?;
        Surroundings::of(
            &service,
            &files,
            arguments.network.as_deref(),
            arguments.slice.as_deref(),
        )
    }

    /// Those of a site that is read already, with a network of its own or another, for one of its slices.
    pub fn of(service: &Site, files: &SiteFiles, own: Option<&Path>, slice: Option<&str>) -> Result<Surroundings> {
        let network = Arc::clone(&service.network);
        let site = match own {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
                NetworkSite::read(&path.display().to_string(), &text, &network).map_err(|error| anyhow!("{error}"))?
            }
            None => match text_of(files, NETWORK_FILE)? {
                Some(text) => {
                    NetworkSite::read(&files.show(NETWORK_FILE), &text, &network).map_err(|error| anyhow!("{error}"))?
                }
                None => {
                    eprintln!("note: the site has no {NETWORK_FILE}; masts on a grid are assumed");
                    NetworkSite::plausible(&network)
                }
            },
        };
        let share_min = match slice {
            None => site.slices.first().map_or(0.0, |slice| slice.share_min),
            Some(name) => site
                .slices
                .iter()
                .find(|slice| slice.name == name)
                .map(|slice| slice.share_min)
                .ok_or_else(|| {
                    let known: Vec<String> = site.slices.iter().map(|slice| format!("`{}`", slice.name)).collect();
                    anyhow!("there is no slice `{name}`\nhint: known are {}", known.join(", "))
                })?,
        };
        Ok(Surroundings {
            id: service.id.clone(),
            name: service.name.clone(),
            points: line_points(service),
            network,
            site,
            share_min,
            files: files.clone(),
        })
    }

    /// Those of a site that has a network of its own.
    pub fn if_any(service: &Site, files: &SiteFiles) -> Result<Option<Surroundings>> {
        let has_network = text_of(files, NETWORK_FILE)?.is_some();
        has_network
            .then(|| Surroundings::of(service, files, None, None))
            .transpose()
    }

    /// The rules of remote driving: the site's, or Germany's.
    pub fn rules(&self, own: Option<&Path>) -> Result<Rules> {
        let (name, text) = match own {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
                (path.display().to_string(), Some(text))
            }
            None => (self.files.show(RULES_FILE), text_of(&self.files, RULES_FILE)?),
        };
        match text {
            Some(text) => Rules::read(&name, &text).map_err(|error| anyhow!("{error}")),
            None => {
                eprintln!("note: the site has no {RULES_FILE}; the German order's rules are taken");
                Ok(Rules::default())
            }
        }
    }

    /// Where results go: the folder asked for, or `out/SITE/network`, made if need be.
    pub fn folder(&self, asked: Option<&Path>) -> Result<PathBuf> {
        let folder = asked.map_or_else(|| Path::new("out").join(&self.id).join("network"), Path::to_owned);
        std::fs::create_dir_all(&folder).with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
        Ok(folder)
    }
}

/// The text of a site's file, if there is one.
fn text_of(files: &SiteFiles, name: &str) -> Result<Option<String>> {
    let bytes = files
        .read(name)
        .map_err(|error| anyhow!("{}: {error}", files.show(name)))?;
    let text = bytes.map(|bytes| String::from_utf8(bytes.into_owned()));
    text.transpose()
        .map_err(|_| anyhow!("{}: is not text\nhint: save it as UTF-8", files.show(name)))
}

/// The ways of the line's patterns, each once, one after the other.
fn line_points(service: &Site) -> Vec<WayPoint> {
    let mut points = Vec::new();
    let mut begin_m = 0.0;
    let mut known: Vec<&[road::LaneId]> = Vec::new();
    for pattern in &service.line.patterns {
        let way = &pattern.way;
        if known.contains(&way.lanes.as_slice()) {
            continue;
        }
        known.push(&way.lanes);
        let steps = (way.length_m / STEP_M) as usize;
        points.extend((0..=steps).map(|step| {
            let distance_m = step as f64 * STEP_M;
            WayPoint::on_lane(
                &service.network,
                way.position(&service.network, distance_m),
                begin_m + distance_m,
            )
        }));
        begin_m += (steps + 1) as f64 * STEP_M;
    }
    points
}

/// A bar for so many steps of a kind.
pub fn bar(steps: u64, what: &'static str) -> Result<ProgressBar> {
    let bar = ProgressBar::new(steps);
    bar.set_style(ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {eta}")?);
    bar.set_prefix(what);
    Ok(bar)
}
