//! Streets laid on the ground: heights of a grid added to those that layers ask for.
//!
//! In go the street graph, whose heights are above level ground, and the grid; out comes the graph with heights above the
//! grid's zero. A street on the ground follows it, a bridge or a tunnel runs straight from end to end. What the ground
//! does between two corners far apart is asked too; slopes that no street has are smoothed by asking around each place.

use crate::builder::{ShapePoint, StreetGraph};
use crate::heights::HeightGrid;

/// The ground is asked at least so often along a street.
const ASKED_EVERY_M: f64 = 50.0;
/// Each height is the mean of the place and of four others so far away: grids are noisy, and a street is graded.
const SMOOTHED_M: f64 = 15.0;

/// Raises all nodes and streets of a graph.
pub(super) fn lay(graph: &mut StreetGraph, grid: &HeightGrid, notes: &mut Vec<String>) {
    let Some(plane) = graph.geo_reference else { return };
    let mut unknown = 0;
    let mut ground_m = |x_m: f64, y_m: f64| {
        let around = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];
        let (mut sum_m, mut count) = (0.0, 0);
        for [east, north] in around {
            let [latitude_deg, longitude_deg] =
                plane.to_geographic_deg(x_m + SMOOTHED_M * east, y_m + SMOOTHED_M * north);
            if let Some(height_m) = grid.height_m(latitude_deg, longitude_deg) {
                sum_m += height_m;
                count += 1;
            }
        }
        if count > 0 {
            return sum_m / f64::from(count);
        }
        unknown += 1;
        grid.mean_m()
    };
    // Above the ground, by layers; and the ground.
    let above_m: Vec<f64> = graph.nodes.iter().map(|node| node.z_m).collect();
    let base_m: Vec<f64> = graph.nodes.iter().map(|node| ground_m(node.x_m, node.y_m)).collect();
    for street in &mut graph.streets {
        let ends = [street.from, street.to].map(|node| node.0 as usize);
        let is_carried = !street.structures.is_empty();
        let node = |end: usize| ShapePoint {
            x_m: graph.nodes[ends[end]].x_m,
            y_m: graph.nodes[ends[end]].y_m,
            z_m: None,
        };
        let mut corners = vec![node(0)];
        corners.append(&mut street.shape);
        corners.push(node(1));
        let legs_m: Vec<f64> = corners
            .windows(2)
            .map(|pair| libm::hypot(pair[1].x_m - pair[0].x_m, pair[1].y_m - pair[0].y_m))
            .collect();
        let length_m: f64 = legs_m.iter().sum();
        let between = |values: &[f64], share: f64| values[ends[0]] + share * (values[ends[1]] - values[ends[0]]);
        let mut along_m = 0.0;
        for (leg, pair) in legs_m.iter().zip(corners.windows(2)) {
            let parts = if is_carried {
                1
            } else {
                ((leg / ASKED_EVERY_M).ceil() as usize).clamp(1, 1_000)
            };
            for part in 1..=parts {
                let share = part as f64 / parts as f64;
                let is_corner = part == parts;
                let at = ShapePoint {
                    x_m: pair[0].x_m + share * (pair[1].x_m - pair[0].x_m),
                    y_m: pair[0].y_m + share * (pair[1].y_m - pair[0].y_m),
                    z_m: pair[1].z_m.filter(|_| is_corner),
                };
                let done = (along_m + share * leg) / length_m.max(1e-9);
                let z_m = if is_carried {
                    at.z_m.map(|above| above + between(&base_m, done))
                } else {
                    let above = at.z_m.unwrap_or_else(|| between(&above_m, done));
                    Some(above + ground_m(at.x_m, at.y_m))
                };
                street.shape.push(ShapePoint { z_m, ..at });
            }
            along_m += leg;
        }
        // The last is the node itself.
        street.shape.pop();
    }
    for (node, base_m) in graph.nodes.iter_mut().zip(base_m) {
        node.z_m += base_m;
    }
    if unknown > 0 {
        notes.push(format!(
            "of {unknown} places the height grid knows nothing; they lie at its mean, {:.1} m",
            grid.mean_m()
        ));
    }
}
