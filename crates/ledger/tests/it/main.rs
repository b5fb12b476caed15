//! Tests of the ledger at its public seam.

mod accounts;
#[cfg(feature = "validators")]
mod api;
mod contracts;
mod foreign_vectors;
mod formats;
mod keys;
#[cfg(feature = "validators")]
mod liar;
#[cfg(feature = "validators")]
mod membership;
#[cfg(feature = "validators")]
mod node_files;
mod parallel;
mod permits;
mod playground;
mod proofs;
mod refusals;
mod shared;
mod site_files;
#[cfg(feature = "validators")]
mod sockets;
mod storage;
#[cfg(feature = "validators")]
mod validators;
