//! The consortium ledger.

mod crypto;
mod error;
pub mod hex;
pub mod merkle;

pub use crypto::*;
pub use error::LedgerError;
