//! Time, seeds and records: what everything that happens in Westline is made of.
//!
//! Everything that happens is a record: a topic, a time, a payload. This crate owns the clock that stamps them
//! ([`SimTime`]), the luck that decides them ([`Seed`], [`Stream`]), their schemas (`schema`), the files that keep
//! them (`Recording`, `RecordingReader`) and the tables drawn from them (`Table`, `Rows`); and, for readers of files on
//! every floor, how what is wrong with a file is gathered ([`Problems`]). It knows nothing that moves. Schemas, files and
//! tables come with the feature `files`, which is on by default.

#[cfg(feature = "files")]
mod error;
mod problem;
#[cfg(feature = "files")]
mod reader;
#[cfg(feature = "files")]
mod recording;
#[cfg(feature = "files")]
pub mod scene;
#[cfg(feature = "files")]
pub mod schema;
mod seed;
#[cfg(feature = "files")]
mod table;
mod time;
#[cfg(feature = "files")]
mod wire;

#[cfg(feature = "files")]
pub use error::RecordError;
pub use problem::{Problems, line_of};
#[cfg(feature = "files")]
pub use reader::{Place, Record, RecordingReader};
#[cfg(feature = "files")]
pub use recording::{Recording, RecordingInfo, RecordingTotals};
#[cfg(feature = "files")]
pub use schema::Payload;
pub use seed::{Seed, Stream};
#[cfg(feature = "files")]
pub use table::{Cell, Column, ColumnKind, Rows, Table};
pub use time::SimTime;
