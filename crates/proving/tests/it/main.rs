//! Tests of the proving floor at its public seam.

mod bad_suites;
mod built_in_suites;
mod campaigns;
mod fleet;
mod playground;
mod records;
mod verdicts;
