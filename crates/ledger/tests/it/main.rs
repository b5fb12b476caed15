//! Tests of the ledger at its public seam.

mod foreign_vectors;
mod shared;
