//! SUMO networks in: what a `.net.xml` says, as roads, junctions and lights.
//!
//! In goes the text of a network as netconvert writes it; out comes a [`MapDraft`]. An edge becomes a road, whose lanes
//! run through every point of the file; each connection becomes a connecting road, rounded through the points of its
//! internal lanes; a junction's request table becomes priorities between them; `tlLogic` programs become controllers
//! step by step. Coordinates stay those of the network, so that positions compare with SUMO's own output.
//!
//! ```text
//! read         the file's records
//! permission   what vehicle classes make of a lane
//! carriageway  an edge's lanes on one reference line
//! connection   the way through a junction
//! build        roads, junctions, right of way
//! light        programs and heads, crossings
//! ```
//! Source: Eclipse SUMO's documentation, "Networks/SUMO Road Networks" and "Simulation/Traffic Lights".

mod build;
mod carriageway;
mod connection;
mod light;
mod permission;
mod read;

use crate::draft::MapDraft;
use crate::{MapReading, RoadError};

/// Reads a network. `file` is the name to show in messages, and becomes the map's name.
pub fn read(file: &str, text: &str) -> Result<MapReading, RoadError> {
    let document = crate::document::Document::parse(file, text, "net")?;
    let net = read::net(&document);
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let mut draft = MapDraft {
        name: name.split('.').next().unwrap_or(name).to_owned(),
        geo_reference: net.geo_reference,
        ..MapDraft::default()
    };
    build::build(&document, &net, &mut draft);
    let notes = document.finish()?;
    Ok(MapReading { draft, notes })
}

/// A point of a shape: east, north, up.
type Point = [f64; 3];

/// Points nearer than this are one: the file gives centimetres.
const SAME_M: f64 = 2e-3;

/// Distance in plan view.
fn distance_m(a: Point, b: Point) -> f64 {
    libm::hypot(b[0] - a[0], b[1] - a[1])
}

/// Unit vector from one point to another.
fn direction(a: Point, b: Point) -> [f64; 2] {
    let length_m = distance_m(a, b);
    if length_m > 0.0 {
        [(b[0] - a[0]) / length_m, (b[1] - a[1]) / length_m]
    } else {
        [1.0, 0.0]
    }
}

/// A shape without points that repeat one another; its two ends are kept.
fn distinct(shape: &[Point]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::with_capacity(shape.len());
    for &point in shape {
        if points.last().is_none_or(|&last| distance_m(last, point) > SAME_M) {
            points.push(point);
        }
    }
    if let (Some(&end), true) = (shape.last(), points.len() > 1)
        && let Some(last) = points.last_mut()
    {
        *last = end;
    }
    points
}
