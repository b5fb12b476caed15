//! Several validators that do not trust each other: Byzantine-fault-tolerant ordering by an existing engine.
//!
//! The engine is `commonware-consensus` (simplex): of n validators, fewer than a third may lie or be silent. It agrees on
//! digests; here is what stands behind them. A leader makes a block with [`crate::Ledger::propose`], the others run it with
//! [`crate::Ledger::check`] before they vote, so that a wrong root gets no vote. When the engine calls a block final, each validator
//! signs the checkpoint with its party's key, and whoever has the signatures of more than two thirds commits it. So blocks, receipts
//! and the light client are those of [`crate::Solo`].
//!
//! Every block stands on a final one. A leader whose parent is not final yet, or who has nothing to put into a block, proposes the
//! parent again: that keeps the engine going, makes the parent final, and adds no block.
//!
//! In go an opened [`Ledger`](crate::Ledger), keys and the addresses of the others; out come a [`Client`] and, when it ends, an
//! [`End`]. It knows no HTTP and no files but the ledger's folder.
//!
//! Source: B. Chan, R. Pass, "Simplex Consensus: A Simple and Fast Consensus Protocol", TCC 2023; the engine's documentation.

mod application;
mod bodies;
mod client;
mod committee;
mod directory;
mod engine;
mod epoch;
mod follower;
mod message;
mod network;
mod pool;

pub use client::{Answer, Client, Status};
pub use committee::{Committee, Member, engine_key};
pub use directory::{Settings, read_directory, read_settings, write_directory, write_settings};
pub use engine::{Channels, End, Timing, start};
pub use epoch::{renew, take};
pub use follower::Follower;
pub use message::MESSAGE_BYTES_MAX;
pub use network::{Node, Peer, run};
