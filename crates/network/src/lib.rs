//! The network: the 5G link under every service.
//!
//! In go a site's masts (`network.toml`), its map, and who sends how much from where; or a measured trace. Out come path loss, signal
//! quality, rate, latency and loss of each packet, and maps, plans and verdicts made of them. It knows the roads and what hides on
//! them; it does not know which service sends, or why.
//!
//! ```text
//! error       what can be wrong
//! radio       from transmitter to receiver: path loss, shadowing, coding, links, schedulers, queues
//! site        `network.toml`: masts, bands, slices
//! trace       measured runs: replayed, told in figures, and a model of delay fitted to them
//! cover       links along roads and over the land
//! drive       the link along a way
//! plan        where to put masts
//! experiment  a parameter swept, with confidence
//! remote      driving and watching from afar: frames, the loop's latency, speed by section
//! ```

pub mod cover;
pub mod drive;
mod error;
pub mod experiment;
pub mod plan;
pub mod radio;
pub mod remote;
pub mod site;
pub mod trace;

pub use error::NetworkError;
