//! Time, seeds and records: what everything that happens in Westline is made of.
//!
//! Everything that happens is a record: a topic, a time, a payload. This crate owns the clock that stamps them
//! ([`SimTime`]), the luck that decides them ([`Seed`], [`Stream`]), their schemas ([`schema`]), the files that keep
//! them ([`Recording`], [`RecordingReader`]) and the tables drawn from them ([`Table`], [`Rows`]); and, for readers of files on
//! every floor, how what is wrong with a file is gathered ([`Problems`]). It knows nothing that moves.

mod error;
mod problem;
mod reader;
mod recording;
pub mod scene;
pub mod schema;
mod seed;
mod table;
mod time;
mod wire;

pub use error::RecordError;
pub use problem::{Problems, line_of};
pub use reader::{Place, Record, RecordingReader};
pub use recording::{Recording, RecordingInfo, RecordingTotals};
pub use schema::Payload;
pub use seed::{Seed, Stream};
pub use table::{Cell, Column, ColumnKind, Rows, Table};
pub use time::SimTime;
