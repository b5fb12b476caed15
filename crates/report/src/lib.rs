//! Pictures and pages made from what was measured.
//!
//! In go the plain numbers of a day ([`service::DayMeasures`]), the map that it was played on and how it was made
//! ([`Provenance`]); out comes one self-contained page ([`day_page`]), or a single picture. The report decides nothing
//! and measures nothing: where a figure needs a definition, it is the one of the struct that holds it.
//!
//! ```text
//! page       the page of a day: sections in the order an operator reads them
//! test_report the report of a campaign of the test base, as a page and as sheets
//! pdf        sheets: text, tables and pictures as PDF
//! pictures   each section's pictures: what is drawn of which measures
//! plot       axes, lines, bars, bands: a picture of numbers with units
//! axis       ranges and ticks
//! svg        elements and text of a picture
//! wording    numbers, times and places as people write them
//! ```

mod axis;
mod page;
mod pdf;
mod pictures;
mod plot;
mod svg;
mod test_report;
mod wording;

pub use axis::Axis;
pub use page::{DayReport, Provenance, day_page};
pub use plot::{Layer, Plot};
pub use test_report::{ProvingProvenance, ProvingReport, Storyboard, proving_page, proving_pdf};
