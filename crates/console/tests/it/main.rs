//! Live days and recordings behind the interface that pages use.

mod http;
mod replay;
mod stage;
mod words;
