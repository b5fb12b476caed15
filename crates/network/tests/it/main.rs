//! The network floor seen from outside: messages, packets, captures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod captures;
mod generation;
mod hostile;
mod reference;
mod security;
mod shared;
mod sidelink;
mod values;
