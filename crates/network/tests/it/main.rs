//! The network floor seen from outside: messages, packets, captures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod captures;
mod hostile;
mod reference;
mod shared;
mod values;
