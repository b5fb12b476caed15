//! A learning environment: episodes of driving among traffic, for those who train and compare drivers.
//!
//! In go a course (roads with traffic, made or read from a map), a seed and, step by step, actions; out come observations,
//! rewards and the end of each episode. Roads are `road`'s, traffic and lights `world`'s, dynamics and data sheets `vehicle`'s:
//! nothing is modelled here. Whoever learns is told the truth ([`EgoWorld`](world::EgoWorld)), not what sensors would tell. The
//! crate knows neither how a driver learns nor Python, whose package `python/` only hands its arrays over.
//!
//! | module | owns |
//! | --- | --- |
//! | `course` | the roads of an environment and who drives there |
//! | `action` | from two numbers to pedals and wheel |
//! | `observation` | what a learner is told: names, units, bounds |
//! | `reward` | what is good |
//! | `environment` | episodes: where they begin, how they go, when they end |
//! | `batch` | many environments stepped by one call |
//! | `baseline` | a driver of a few lines, to compare with |
//! | `picture` | a view from above |

mod action;
mod baseline;
mod batch;
mod course;
mod environment;
mod observation;
mod picture;
mod reward;

pub use action::Action;
pub use baseline::baseline;
pub use batch::{Batch, Outcome};
pub use course::{Course, road_draft};
pub use environment::{Ending, Environment, Options, Step};
pub use observation::{FEATURES, Feature, OBSERVATION_LENGTH};
pub use reward::Reward;

/// What can be wrong with what an environment is made of.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// An option makes no sense.
    #[error("`{name}` is {found}, expected {expected}\nhint: {hint}")]
    Option {
        /// Its name.
        name: &'static str,
        /// What was given.
        found: String,
        /// What would do.
        expected: &'static str,
        /// The mend.
        hint: &'static str,
    },
    /// The map or its demand cannot be read.
    #[error("{path}: {source}\nhint: give the path of a map (.xodr, .osm, .osm.pbf, .net.xml) or of a site's folder")]
    Unreadable {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A folder holds no map.
    #[error("{path}: no map in this folder\nhint: a site's folder holds map.xodr, map.osm, map.osm.pbf or map.net.xml")]
    NoMap {
        /// Its path.
        path: String,
    },
    /// There is nowhere to drive.
    #[error("{map}: no lane for cars that is {least_m} m long or goes on for so long\nhint: give a map with streets")]
    NoLanes {
        /// The map.
        map: String,
        /// What an episode needs.
        least_m: f64,
    },
    /// The map is wrong.
    #[error(transparent)]
    Road(#[from] road::RoadError),
    /// The traffic is wrong.
    #[error(transparent)]
    World(#[from] world::WorldError),
    /// The vehicle's data sheet is wrong.
    #[error(transparent)]
    Sheet(#[from] vehicle::SheetError),
    /// A picture cannot be made.
    #[error("a picture of {width} by {height} pixels\nhint: 16 to 4096 pixels each way")]
    Picture {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}
