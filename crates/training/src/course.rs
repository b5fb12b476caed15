//! Courses: the roads of an environment, and who drives there.
//!
//! In goes a seed, or the path of a map or of a site's folder; out comes a compiled network with its demand. A made road winds
//! for one and a half kilometres over low hills, with one or two lanes each way; everything about it is drawn from the seed.

use crate::TrainingError;
use record::{Seed, Stream};
use road::builder::{LaneSpec, Node, NodeId, Street, StreetGraph, build};
use road::draft::{LaneKind, MapDraft, RoadClass};
use road::{RoadError, RoadNetwork, read_map};
use std::path::Path;
use std::sync::Arc;
use world::Demand;

/// Roads and who drives there; shared by all environments.
#[derive(Debug)]
pub struct Course {
    /// The roads.
    pub network: Arc<RoadNetwork>,
    /// Who wants to go where.
    pub demand: Demand,
    /// Time of day at the start.
    pub clock_s: f64,
}

/// Streets of a made road, one after the other.
const STREETS: usize = 7;
/// Between the nodes of a made road.
const STREET_M: (f64, f64) = (160.0, 280.0);
/// How much a made road turns at a node at most.
const TURN_RAD: f64 = 1.05;
/// A made road keeps to this side of east, so that it never meets itself.
const STRAY_RAD: f64 = 1.3;
/// Heights of a made road's nodes.
const HEIGHT_M: f64 = 5.0;
/// Limits of made roads.
const LIMITS_MPS: [f64; 3] = [50.0 / 3.6, 60.0 / 3.6, 70.0 / 3.6];
/// Vehicles an hour that enter a made road from each end.
const VEHICLES_PER_H: u32 = 400;
/// A map without a demand file has so many vehicles at its peak for each kilometre of lane.
const VEHICLES_PER_KM: f64 = 4.0;
/// Maps begin at eight in the morning.
const CLOCK_S: f64 = 8.0 * 3600.0;
/// The map of a site's folder is one of these.
const MAPS: [&str; 4] = ["map.xodr", "map.osm", "map.osm.pbf", "map.net.xml"];

impl Course {
    /// A made road: number `index` of a seed's.
    pub fn made(seed: Seed, index: u64) -> Result<Course, TrainingError> {
        let network = RoadNetwork::compile(&road_draft(seed, index)?)?;
        // Half of those who draw their ends freely would have to turn around, and stay at home.
        let demand = format!(
            "day = [{}]\n[shares]\ncar = 80\nvan = 10\ntruck = 7\nbus = 3\n[[flows]]\nname = \"through\"\nfrom = \"fringe\"\n\
             to = \"fringe\"\nvehicles_per_h = {}\n",
            ["1.0"; 24].join(", "),
            4 * VEHICLES_PER_H
        );
        Ok(Course {
            demand: Demand::from_toml(&demand, "made road", &network)?,
            network: Arc::new(network),
            clock_s: CLOCK_S,
        })
    }

    /// A map, or a site's folder with its `demand/traffic.toml` if it has one; else the traffic is a plausible one.
    pub fn read(path: &str) -> Result<Course, TrainingError> {
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |source| TrainingError::Unreadable { path, source }
        };
        let folder = Path::new(path);
        let map = if folder.is_dir() {
            let maps = MAPS.iter().map(|name| folder.join(name));
            let found = maps.into_iter().find(|map| map.is_file());
            found.ok_or_else(|| TrainingError::NoMap { path: path.to_owned() })?
        } else {
            folder.to_owned()
        };
        let content = std::fs::read(&map).map_err(unreadable(&map))?;
        let network = RoadNetwork::compile(&read_map(&map.display().to_string(), &content)?.draft)?;
        let demand = folder.join("demand/traffic.toml");
        let demand = if demand.is_file() {
            let text = std::fs::read_to_string(&demand).map_err(unreadable(&demand))?;
            Demand::from_toml(&text, &demand.display().to_string(), &network)?
        } else {
            let lanes = network.lanes().iter().filter(|lane| lane.edge.is_some());
            let km = lanes.map(|lane| lane.length_m).sum::<f64>() / 1000.0;
            Demand::plausible(&network, VEHICLES_PER_KM * km)
        };
        Ok(Course {
            network: Arc::new(network),
            demand,
            clock_s: CLOCK_S,
        })
    }
}

/// The map of [`Course::made`], as any map is written.
pub fn road_draft(seed: Seed, index: u64) -> Result<MapDraft, RoadError> {
    let mut luck = seed.stream("training.road", index);
    let mut graph = StreetGraph::new(format!("made road {index}"));
    let limit_mps = LIMITS_MPS[luck.below(LIMITS_MPS.len())];
    let lanes = 1 + luck.below(2);
    let profile = vec![LaneSpec::new(LaneKind::Driving, luck.between(3.25, 3.75)); lanes];
    let (mut x_m, mut y_m, mut heading_rad) = (0.0, 0.0, luck.between(-0.5, 0.5));
    let mut last: Option<NodeId> = None;
    for place in 0..=STREETS {
        let node = graph.add_node(Node {
            id: format!("n{place}"),
            x_m,
            y_m,
            z_m: luck.between(0.0, HEIGHT_M),
            ..Node::default()
        });
        if let Some(from) = last {
            graph.add_street(Street {
                id: format!("s{place}"),
                from,
                to: node,
                class: RoadClass::Town,
                speed_mps_max: limit_mps,
                forward: profile.clone(),
                backward: profile.clone(),
                ..Street::default()
            });
        }
        last = Some(node);
        let way_m = luck.between(STREET_M.0, STREET_M.1);
        x_m += way_m * libm::cos(heading_rad);
        y_m += way_m * libm::sin(heading_rad);
        heading_rad = turned(heading_rad, &mut luck);
    }
    Ok(build(&graph)?.draft)
}

/// The next heading: turned by up to [`TURN_RAD`], back towards east where it strays.
fn turned(heading_rad: f64, luck: &mut Stream) -> f64 {
    let next_rad = heading_rad + luck.between(-TURN_RAD, TURN_RAD);
    next_rad.clamp(-STRAY_RAD, STRAY_RAD)
}
