//! The test base in software: suites, campaigns, verdicts, evidence.
//!
//! In go a suite file (logical scenarios with their laws, criteria by clause), a vehicle's data sheet and a driver; out
//! come runs as tables, verdicts with their margins, statistics that say how sure they are, evidence, and a test record
//! that anyone can check. Built on `scenario`, which plays; it knows no ledger, no pages and no command line.
//!
//! ```text
//! suite, suite_file, shelf   what is asked for; as TOML; those that come with the program
//! parameter, sampler, sobol  which concrete values the runs have
//! figure, verdict, stand     what a run shows, how it is judged, who plays it
//! run_table, campaign        runs as rows, kept as they are played, gone on with after a kill
//! fleet                      a campaign on any number of machines
//! result, coverage, compare  what a campaign came to, clause by clause; what it has seen; two of them side by side
//! statistics, rare_event     shares and small probabilities with their intervals
//! search, hunt               failures found, their boundary followed, the plainest case of them
//! tree, test_record          digests over the evidence, checked offline to the byte
//! ```

pub mod campaign;
pub mod compare;
pub mod coverage;
pub mod digest;
pub mod evidence;
pub mod figure;
pub mod fleet;
pub mod hunt;
pub mod parameter;
mod problem;
pub mod rare_event;
pub mod result;
pub mod run_table;
pub mod sampler;
pub mod search;
pub mod shelf;
pub mod sobol;
pub mod stand;
pub mod statistics;
pub mod suite;
pub mod suite_file;
pub mod test_record;
pub mod tree;
pub mod verdict;

pub use campaign::{Campaign, Progress};
pub use problem::{ProvingError, hint_for_name};
pub use result::Outcome;
pub use stand::{Stand, UnderTest};
pub use suite::Suite;
