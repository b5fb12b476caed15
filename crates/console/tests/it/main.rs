//! Live days and recordings behind the interface that pages use, and who may ask.

mod access;
mod http;
mod replay;
mod stage;
mod words;
