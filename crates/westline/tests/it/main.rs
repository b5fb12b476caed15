//! Tests of the whole program: the floors of the workspace and the command as its user types it.

mod floors;
mod map;
mod scenario;
