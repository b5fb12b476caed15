//! Tests of the scenario floor at its public seam.

mod public_files;
