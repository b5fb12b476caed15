//! From transmitter to receiver: what a radio wave loses on its way, and what is left of it worth in bits.
//!
//! ```text
//! path_loss    TR 38.901 and TR 37.885: path loss, line of sight, walls, spread of shadowing
//! rows         tables of links in, path loss out
//! antenna      which way a sector sends
//! shadowing    fields of luck that belong to places
//! obstacles    ground and buildings in the way
//! environment  gains of all cells at a place
//! gain_map     the same, kept for every square of a site
//! coding       channel quality, modulation, transport blocks, their errors (TS 38.214)
//! link         signal, rate, latency and chance of a packet
//! handover     which cell serves a moving vehicle
//! scheduler    a cell slot by slot: slices, proportional fairness, repetitions
//! queue        a server and its theory
//! calibration  TR 38.901's large-scale calibration beside what companies reported
//! ```

pub mod antenna;
pub mod calibration;
pub mod coding;
pub mod environment;
pub mod gain_map;
pub mod handover;
pub mod link;
pub mod obstacles;
pub mod path_loss;
pub mod queue;
pub mod rows;
pub mod scheduler;
pub mod shadowing;
