//! Live days and recordings behind the interface that pages use.

mod http;
mod stage;
mod words;
