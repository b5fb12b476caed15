//! The road floor seen from outside: formats, geometry, routes, pictures.

mod draw;
mod locate;
mod opendrive;
mod shared;
mod yongchuan;
