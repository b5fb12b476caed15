//! The network as its users see it: links, traces, when who sends what.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod generation;
mod path_loss;
mod radio;
mod remote;
#[path = "../../../road/tests/it/shared.rs"]
mod shared;
mod sidelink;
mod site;
mod small;
mod supervision;
mod trace;
