//! Maps out, for tools of other trades: GeoJSON for maps on the Earth, glTF for scenes in space.
//!
//! OpenDRIVE is written by [`opendrive::write`](crate::opendrive::write). Everything here is text or bytes of one map,
//! the same for the same map; no file is opened.
//!
//! ```text
//! geojson   lanes, crossings, lights, stops and areas as features (RFC 7946)
//! surface   the roads as triangles by material
//! ground    how high what stands beside them is
//! gltf      triangles as binary glTF 2.0
//! ```

mod geojson;
mod gltf;
mod ground;
mod surface;

pub use geojson::geojson;
pub use gltf::gltf;
