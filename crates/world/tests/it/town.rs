//! A small town for tests and examples: streets in a square grid, lights in the middle, houses in the blocks.

use road::RoadNetwork;
use road::builder::{LaneSpec, Node, NodeId, NodeKind, Street, StreetGraph, build};
use road::draft::{AreaDraft, AreaKind, LaneKind, RoadClass};
use std::sync::Arc;

/// Streets are this far apart.
pub const BLOCK_M: f64 = 220.0;

/// `side` × `side` junctions, with stubs of street to the edge of the map, `lanes` driving lanes each way.
pub fn town(side: usize, lanes: usize) -> Arc<RoadNetwork> {
    let mut graph = StreetGraph::new("test town");
    let places = side + 2;
    let mut node = vec![None; places * places];
    for row in 0..places {
        for column in 0..places {
            let on_edge = |place: usize| place == 0 || place == places - 1;
            if on_edge(row) && on_edge(column) {
                continue;
            }
            let is_fringe = on_edge(row) || on_edge(column);
            let is_lit = !is_fringe && (row + column) % 2 == 0;
            node[row * places + column] = Some(graph.add_node(Node {
                id: format!("n{row}_{column}"),
                x_m: column as f64 * BLOCK_M,
                y_m: row as f64 * BLOCK_M,
                z_m: 0.0,
                kind: if is_lit { NodeKind::Signals } else { NodeKind::Plain },
                has_crossings: !is_fringe,
                ..Node::default()
            }));
        }
    }
    let mut join = |a: Option<NodeId>, b: Option<NodeId>, id: String| {
        if let (Some(from), Some(to)) = (a, b) {
            let mut cross_section = vec![LaneSpec::new(LaneKind::Driving, 3.4); lanes];
            cross_section.push(LaneSpec::new(LaneKind::Sidewalk, 3.0));
            graph.add_street(Street {
                id,
                from,
                to,
                class: RoadClass::Town,
                speed_mps_max: 50.0 / 3.6,
                forward: cross_section.clone(),
                backward: cross_section,
                ..Street::default()
            });
        }
    };
    for row in 0..places {
        for column in 0..places {
            let here = node[row * places + column];
            if column + 1 < places && row > 0 && row + 1 < places {
                join(here, node[row * places + column + 1], format!("e{row}_{column}"));
            }
            if row + 1 < places && column > 0 && column + 1 < places {
                join(here, node[(row + 1) * places + column], format!("s{row}_{column}"));
            }
        }
    }
    for row in 0..places - 1 {
        for column in 0..places - 1 {
            let (x_m, y_m) = (column as f64 * BLOCK_M, row as f64 * BLOCK_M);
            for (a, b) in [(25.0, 25.0), (25.0, 145.0), (145.0, 25.0), (145.0, 145.0)] {
                let (west, south) = (x_m + a, y_m + b);
                let outline_m = vec![
                    [west, south],
                    [west + 50.0, south],
                    [west + 50.0, south + 50.0],
                    [west, south + 50.0],
                ];
                graph.areas.push(AreaDraft {
                    kind: AreaKind::Building,
                    name: String::new(),
                    outline_m,
                    height_m: 12.0,
                });
            }
        }
    }
    let built = build(&graph).unwrap_or_else(|error| panic!("{error}"));
    Arc::new(RoadNetwork::compile(&built.draft).unwrap_or_else(|error| panic!("{error}")))
}
