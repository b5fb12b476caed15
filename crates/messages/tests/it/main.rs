//! The messages as their users see them: values, bytes, packets, captures, envelopes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod captures;
mod hostile;
mod reference;
mod security;
#[path = "../../../road/tests/it/shared.rs"]
mod shared;
mod values;
