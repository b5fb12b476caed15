//! The network as its users see it: links, traces, messages, packets, captures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod captures;
mod generation;
mod hostile;
mod path_loss;
mod radio;
mod reference;
mod remote;
mod security;
#[path = "../../../road/tests/it/shared.rs"]
mod shared;
mod sidelink;
mod site;
mod small;
mod trace;
mod values;
