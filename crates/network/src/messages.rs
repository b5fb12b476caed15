//! V2X messages as ETSI ITS defines them: typed values, their JSON and UPER forms, packets, captures.
//!
//! A capture (`capture`) holds frames; a frame holds a GeoNetworking packet with its BTP header (`geonetworking`), in a
//! security envelope or not; the packet holds a message (`message`), which `json` shows to people and scripts.
//! Knows no vehicle and no road: what is sent and when is decided elsewhere.

pub mod capture;
mod cpm_containers;
pub mod denm;
pub mod dissect;
pub mod geonetworking;
pub mod json;
pub mod message;
pub mod vam;

pub use message::{Message, MessageError, MessageKind};
