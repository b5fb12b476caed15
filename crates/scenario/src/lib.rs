//! OpenSCENARIO: what should happen, played exactly; and measures of what did.
//!
//! In go scenario files with their catalogs and maps, read once through a [`Library`]; [`read()`] makes a [`model::Scenario`]
//! of them, plain data with every name resolved. It knows no service and no command line.

mod automated;
pub mod campaign;
mod compare;
mod concrete;
pub mod distribution;
pub mod document;
mod files;
pub mod measures;
pub mod model;
pub mod osi;
pub mod picture;
mod play;
mod problem;
mod read;
pub mod recording;
pub mod roads;
mod run;
pub mod schema;
mod scope;
pub mod support;
pub mod track;

pub use automated::{Automated, automated};
pub use concrete::concrete;
pub use distribution::Distribution;
pub use files::{Document, Files, Library, normal_path, text_of};
pub use play::{Body, Chauffeur, Command, Driver, Happening, Inputs, Lights, Motion, Player, State};
pub use problem::{Place, Problem, ScenarioError, Severity};
pub use read::{ReadOptions, Reading, read};
pub use run::{Caller, End, Run};
