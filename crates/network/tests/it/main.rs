//! The network as its users see it.

mod path_loss;
mod shared;
mod trace;
