//! OpenDRIVE in and out: the text of a map file to a [`MapDraft`](crate::draft::MapDraft) and back.
//!
//! [`read`] understands 1.4 to 1.8 and keeps the analytic records (lines, spirals, cubics) as the author wrote them;
//! [`write()`] makes a 1.7 file (1.8 where a lane runs against its side) that other tools read, and keeps what the standard
//! has no place for in `userData` whose codes begin with `westline.`; [`diagnose`] adds the findings of an independent
//! reader, the crate `xodr`, for authors who want to mend their file. Neither opens a file, and neither judges whether
//! the roads make sense: that is `RoadNetwork::compile`.
//!
//! ```text
//! read        header, roads, plan view, heights, junctions, controllers, areas
//! lanes       lane sections, lanes, road marks
//! signals     lights and signs, and what catalogues call them
//! objects     crosswalks, stops, buildings, bridges, tunnels
//! vocabulary  the standard's words for our enums, used by reader and writer alike
//! write       a draft to text
//! diagnose    our findings and those of `xodr`
//! ```
//!
//! Source: ASAM OpenDRIVE 1.8.1; clauses are named where they decide something.

mod diagnose;
mod lanes;
mod objects;
mod read;
mod signals;
mod vocabulary;
mod write;

pub use diagnose::diagnose;
pub(crate) use read::geo_reference;
pub use read::read;
pub use write::write;

/// Longest file that is read, bytes: ten times the largest city map known to us (130 MB, all of a town of 1,500 km²
/// with every marking), and small enough that its element tree fits into the memory of a small machine.
pub const FILE_BYTES_MAX: usize = 1 << 30;
/// Most XML nodes in a file. A node costs some 100 bytes in memory.
pub const NODES_MAX: u32 = 40_000_000;
/// Deepest nesting of elements; the standard needs 9.
pub const NESTING_MAX: usize = 64;
/// Largest magnitude of any number, in the unit of its attribute. Beyond it a metre is no longer exact to 1e-6.
pub const NUMBER_MAX: f64 = 1e9;
/// Most errors shown of one file; the rest is counted.
pub const ERRORS_MAX: usize = 100;
