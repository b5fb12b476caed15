//! A node's HTTP interface: transactions in, receipts, proofs, entries and blocks out; and a client of it.
//!
//! In go a validator's [`crate::validators::Client`] and an address; JSON goes out over HTTP/1.1, final blocks over a WebSocket, and an
//! OpenAPI 3.1 document that says which. Nobody has to believe a node: a [`Client`] verifies what is proven against the genesis that
//! its user holds. It knows no TLS (a reverse proxy stands in front where others than this machine ask) and no users: a
//! transaction is signed, and what is on the ledger every party may read.

mod blocks;
mod client;
mod limits;
mod metrics;
mod problem;
mod routes;
mod server;
mod transactions;
mod wire;

pub use client::{Client, Submitted, Watcher};
pub use limits::Limits;
pub use routes::openapi_json;
pub use server::{Drain, Server};
pub use wire::*;
