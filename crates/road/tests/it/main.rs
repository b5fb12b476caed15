//! The road floor seen from outside: formats, geometry, routes, pictures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod damage;
mod draw;
mod export;
mod heights;
mod lateral;
mod locate;
mod netconvert;
mod opendrive;
mod shared;
mod sight;
mod speed;
mod standard;
mod sumo;
mod virtual_junction;
mod yongchuan;
