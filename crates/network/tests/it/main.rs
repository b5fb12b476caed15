//! The network as its users see it.

mod path_loss;
mod radio;
mod remote;
mod shared;
mod site;
mod small;
mod trace;
