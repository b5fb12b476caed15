//! A campaign beyond one machine: shards go out through a NATS server with JetStream to workers on any number of hosts, and
//! their tables come back.
//!
//! ```text
//! bundle        everything that a worker needs of a campaign: what was asked, and the files that do not come with the program
//! coordinator   hands out the shards that are missing, keeps the tables that come back
//! worker        takes shards, has them played by processes of its own, hands the tables in
//! player        such a process: plays one shard after the other, and says which run it begins
//! ```
//!
//! Queue, delivery and storage are the server's (<https://docs.nats.io/nats-concepts/jetstream>). A shard is delivered at least once: to
//! another worker if the one that took it says nothing for [`ACKNOWLEDGE_WITHIN`]. Its table is the same bytes whoever plays it,
//! so that what comes twice is kept once. A message of a shard's subject is in the queue at most once, so that handing out
//! what is missing may be done as often as anyone likes: it is how a campaign gets over a server that lost its store.
//! A process that dies of a run is started anew; a run of which [`TRIES_MAX`] died is set aside, with what they last said.
//! No clock and no name of a host reaches a table.

mod bundle;
mod coordinator;
mod player;
mod server;
mod worker;

pub use bundle::Bundle;
pub use coordinator::{SET_ASIDE_FOLDER, distribute};
pub use player::serve;
pub use server::Server;
pub use worker::Worker;

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A shard whose worker has said nothing for so long is given to another.
pub const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(20);
/// A run is set aside when so many processes died of it.
pub const TRIES_MAX: usize = 3;

/// What lies in the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Work {
    scenario: String,
    shard: u64,
}

/// A run that cannot be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Aside {
    run: u64,
    /// As its verdicts say it.
    reason: String,
    /// How each process that tried it ended.
    tries: Vec<String>,
}

/// What comes back; the table's bytes follow in the same message after a newline.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Delivery {
    scenario: String,
    shard: u64,
    worker: String,
    /// SHA-256 of the table, hexadecimal; without one, `failed` says why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aside: Vec<Aside>,
}

/// What a process that plays tells anyone who listens, once a second.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pulse {
    worker: String,
    process: u32,
    /// Runs begun so far.
    runs: u64,
}
