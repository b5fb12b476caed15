//! V2X messages as ETSI ITS defines them: typed values, their JSON and UPER forms, packets, captures, security.
//!
//! A capture holds frames; a frame holds a GeoNetworking packet with its BTP header, in a security envelope or not; the
//! packet holds a message, which JSON shows to people and scripts. Knows no vehicle and no road: what is sent and when is
//! decided elsewhere (`network::facilities`).
//!
//! ```text
//! message        the kinds, their numbers and ports; to bytes and back
//! json           values as people and scripts write them
//! geonetworking  packets with their headers
//! capture        pcap and pcapng files
//! dissect        a frame, layer by layer
//! security       certificates, signed envelopes, who is refused
//! vam, denm      what the library of messages lacks
//! hex            bytes as people write them
//! ```
//!
//! It stands below everything that moves, so that its thousands of generated types are built once.

pub mod capture;
mod cpm_containers;
pub mod denm;
pub mod dissect;
pub mod geonetworking;
pub mod hex;
pub mod json;
pub mod message;
pub mod security;
pub mod vam;

pub use message::{Message, MessageError, MessageKind};
