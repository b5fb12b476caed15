//! The network as its users see it.

mod path_loss;
mod radio;
mod shared;
mod site;
mod small;
mod trace;
