//! Tests of the scenario floor at its public seam.

mod asserted_states;
mod bad_input;
mod distributions;
mod lifecycle;
mod public_files;
mod signals;
