//! The network: the 5G link under every service, and the messages between vehicles, roadside and cloud.
//!
//! In go a site's masts (`network.toml`), its map, and who sends how much from where; or a measured trace; or the world's frames
//! and captures. Out come path loss, signal quality, rate, latency and loss of each packet, maps, plans and verdicts made of them;
//! messages as they are on the air, and what each station hears. It knows the roads and what hides on them; it does not know which
//! service sends, or why.
//!
//! ```text
//! error        what can be wrong with the link's files
//! radio        from transmitter to receiver: path loss, shadowing, coding, links, schedulers, queues
//! site         `network.toml`: masts, bands, slices
//! trace        measured runs: replayed, told in figures, and a model of delay fitted to them
//! cover        links along roads and over the land
//! drive        the link along a way
//! plan         where to put masts
//! experiment   a parameter swept, with confidence
//! remote       driving and watching from afar: frames, the loop's latency, speed by section
//! supervision  a service's vehicles on their network, moment by moment
//! facilities   when a station sends what (the messages themselves are the crate `messages`)
//! sidelink     who is heard on a crowded channel
//! cooperation  what is done with what was heard
//! ```

pub mod cooperation;
pub mod cover;
pub mod drive;
mod error;
pub mod experiment;
pub mod facilities;
pub mod plan;
pub mod radio;
pub mod remote;
pub mod sidelink;
pub mod site;
pub mod supervision;
pub mod trace;

pub use error::NetworkError;
