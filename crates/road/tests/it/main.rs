//! The road floor seen from outside: formats, geometry, routes, pictures.

mod locate;
mod opendrive;
mod shared;
mod yongchuan;
