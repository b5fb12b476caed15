//! Heights from layers: bridges over, and tunnels under, the streets they cross.

use super::pieces::Piece;
use super::vertices::Vertices;
use std::collections::BTreeMap;

/// Rise of a layer over the one below: clearance and deck.
const LAYER_M: f64 = 6.5;
/// Approaches to a bridge are not steeper than this.
const RAMP_GRADE: f64 = 0.06;

/// Heights of vertices and of pieces' middles, from layers.
pub(super) struct Heights {
    pub(super) vertex: BTreeMap<i64, f64>,
    /// Extra height in the middle of a piece, for short bridges between vertices on the ground.
    pub(super) middle: BTreeMap<usize, f64>,
}

/// Lifts bridges over, and sinks tunnels under, the streets they cross; the approaches rise and fall gently. Streets
/// that only cross water stay level.
pub(super) fn heights(pieces: &[Piece], vertices: &Vertices) -> Heights {
    let mut vertex: BTreeMap<i64, f64> = vertices.all.keys().map(|&id| (vertices.root(id), 0.0)).collect();
    let mut middle = BTreeMap::new();
    let ends = |piece: &Piece| piece.ends().map(|node| vertices.root(node));
    for (index, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.tags.layer != 0) {
        let crosses = pieces.iter().any(|other| {
            other.tags.layer != piece.tags.layer
                && !other.nodes.iter().any(|node| piece.nodes.contains(node))
                && lines_cross(&piece.points, &other.points)
        });
        if !crosses {
            continue;
        }
        let rise = LAYER_M * f64::from(piece.tags.layer);
        for end in ends(piece) {
            let z = vertex.get_mut(&end).expect("every end has a height");
            if rise.abs() > z.abs() {
                *z = rise;
            }
        }
        middle.insert(index, rise);
    }
    // Relax until no street is steeper than a ramp may be; each round moves heights one street further.
    for _ in 0..64 {
        let mut changed = false;
        for piece in pieces {
            let [a, b] = ends(piece);
            let reach = RAMP_GRADE * piece.length_m();
            for (high, low) in [(a, b), (b, a)] {
                let (z_high, z_low) = (vertex[&high], vertex[&low]);
                if z_high > 0.0 && z_low < z_high - reach {
                    vertex.insert(low, z_high - reach);
                    changed = true;
                } else if z_high < 0.0 && z_low > z_high + reach {
                    vertex.insert(low, z_high + reach);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    Heights { vertex, middle }
}

/// Whether two polylines cross in plan view.
fn lines_cross(a: &[[f64; 2]], b: &[[f64; 2]]) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    a.windows(2).any(|s| {
        b.windows(2).any(|t| {
            side(s[0], s[1], t[0]) * side(s[0], s[1], t[1]) < 0.0
                && side(t[0], t[1], s[0]) * side(t[0], t[1], s[1]) < 0.0
        })
    })
}
