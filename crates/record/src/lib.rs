//! Time, seeds and records: what everything that happens in Westline is made of.
//!
//! Everything that happens is a record: a topic, a time, a payload. This crate owns the clock that stamps them
//! ([`SimTime`]), the luck that decides them ([`Seed`], [`Stream`]), their schemas and the files that keep them (MCAP).
//! It knows nothing that moves.

mod seed;
mod time;

pub use seed::{Seed, Stream};
pub use time::SimTime;
