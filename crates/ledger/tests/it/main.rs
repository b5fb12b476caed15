//! Tests of the ledger at its public seam.

mod accounts;
mod foreign_vectors;
mod playground;
mod shared;
mod storage;
