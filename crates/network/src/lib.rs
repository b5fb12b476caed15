//! The network: the 5G link under every service.
//!
//! In go a site's masts (`network.toml`), its map, and who sends how much from where; or a measured trace. Out come path loss, signal
//! quality, rate, latency and loss of each packet, and maps, plans and verdicts made of them. It knows the roads and what hides on
//! them; it does not know which service sends, or why.
//!
//! ```text
//! error      what can be wrong
//! trace      measured runs: replayed, told in figures, and a model of delay fitted to them
//! radio      from transmitter to receiver: path loss, line of sight, shadowing, antennas, coding
//! ```

mod error;
pub mod radio;
pub mod trace;

pub use error::NetworkError;
