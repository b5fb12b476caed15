//! Lines: a site's folder, its timetable, its fleet and its passengers, and the day they make together.
//!
//! A [`Site`] is read from a folder (on disk or embedded); [`ServiceDay`] puts its fleet and passengers into a
//! [`world::World`], gives the vehicles their missions, and measures what comes of it ([`DayMeasures`]). It decides
//! *where and when* vehicles go, never *how* they drive there; it knows no recording, no report and no ledger.

mod distribution;
mod measures;

pub use distribution::Distribution;
pub use measures::*;
