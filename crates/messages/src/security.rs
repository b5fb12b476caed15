//! Security of V2X messages: certificates, signed envelopes, and the gate that refuses what must not be believed.
//!
//! A small public-key infrastructure (`pki`): a root certifies authorization authorities, they certify the tickets that
//! stations sign with. `envelope` signs a packet with a ticket and opens one; `gate` decides, message by message, whether to
//! believe it, and counts what it refused. Keys come from the caller's random bytes, signatures need none (RFC 6979), so a
//! seeded run signs the same bytes. Knows no message and no file.
//!
//! Sources: IEEE 1609.2-2022 (structures, clauses 5 and 6), ETSI TS 103 097 V2.1.1 (profiles),
//! FIPS 186-5 (ECDSA on P-256, by the crate `p256`).

pub mod envelope;
pub mod gate;
pub mod pki;
pub mod time;
mod wire;

pub use envelope::{Envelope, EnvelopeError};
pub use gate::{Gate, Refusal};
pub use pki::{Certificate, Credential, PkiError};
pub use time::ItsTime;
