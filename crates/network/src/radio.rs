//! From transmitter to receiver: what a radio wave loses on its way, and what is left of it worth in bits.
//!
//! ```text
//! path_loss  TR 38.901 and TR 37.885: path loss, line of sight, into buildings, spread of shadowing
//! rows       tables of links in, path loss out
//! ```

pub mod path_loss;
pub mod rows;
